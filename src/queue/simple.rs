//! [`SimpleQueue`]: nothing but put and get.

use super::core::Core;
use super::error::{GetError, PutError};
use super::face::Face;
use super::fifo_core::Unbounded;
use crate::platform::{Duration, Instant, Patience};
use crate::watch::Kind;
use std::fmt;

/// An unbounded first-in, first-out queue without tasks and shutdown. Python's `queue.SimpleQueue`.
///
/// A put cannot fail, and waits for nobody but for the few instructions that another thread has the items under a latch. It may be
/// called from anywhere in your code, also from destructors that run because the same queue is being used: no code of
/// yours runs under that latch. (But for a global allocator, which may run there when the queue grows: it must not put.)
///
/// # Python and Rust
///
/// Python:
///
/// ```python
/// from queue import Empty, SimpleQueue
///
/// log = SimpleQueue()
/// log.put("started")
/// assert log.get() == "started"
/// try:
///     log.get(timeout=0.01)
/// except Empty:
///     pass
/// ```
///
/// Rust:
///
/// ```
/// use std::time::Duration;
/// use tollgate::SimpleQueue;
///
/// # #[cfg(not(loom))]
/// static LOG: SimpleQueue<&str> = SimpleQueue::new();
/// # #[cfg(loom)] fn main() {}
/// # #[cfg(not(loom))] fn main() {
/// LOG.put("started");
/// assert_eq!(LOG.get(), "started");
/// assert_eq!(LOG.get_timeout(Duration::from_millis(10)), None);
/// # }
/// ```
///
/// # Memory ordering
///
/// Everything before a put happens before everything after the get of its item, and after a look that counts it.
///
/// # Fairness
///
/// Sleeping getters are woken first come, first served; a thread that is awake may be faster, until a sleeper has been woken in vain
/// after about a millisecond.
///
/// # Panics
///
/// An item's destructor may panic, and put: it runs outside every lock.
///
/// # Errors
///
/// None: a put cannot fail, and a get that has no more time returns `None`.
///
/// # Cancellation
///
/// A get that gives up leaves nothing behind; a notification that was meant for it goes to the next in line.
///
/// # Poisoning
///
/// There is none: a thread that panics has put and got what it had put and got.
///
/// # Cost
///
/// Blocking, for a few instructions at a time: puts hold up puts, and gets gets. Uncontended, a put is one atomic read-modify-write
/// operation, and so is a get; a `try_get` in vain is two; no system call. The queue takes blocks of up to 4 KiB (or of one item) as it
/// grows, and gives them back, all but one.
pub struct SimpleQueue<T> {
    face: Face<T, Unbounded<T>>,
}

impl<T> SimpleQueue<T> {
    const_unless_loom! {
        /// An empty queue.
        ///
        /// An example: [`put`](Self::put).
        pub fn new() -> Self {
            SimpleQueue { face: Face::new(Kind::SimpleQueue, Unbounded::unbounded()) }
        }
    }

    named!(face);

    /// Adds an item.
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    /// use tollgate::SimpleQueue;
    ///
    /// let (queue, short) = (SimpleQueue::new(), Duration::from_millis(1));
    /// assert_eq!((queue.try_get(), queue.get_timeout(short)), (None, None));
    /// queue.put(1);
    /// queue.put(2);
    /// assert_eq!((queue.len(), queue.get()), (2, 1));
    /// assert_eq!(queue.get_deadline(Instant::now() + short), Some(2));
    /// assert!(queue.is_empty());
    /// ```
    #[inline]
    pub fn put(&self, item: T) {
        match self.face.put(item, Patience::None) {
            Ok(()) => {}
            Err(PutError::Full(_) | PutError::ShutDown(_)) => {
                unreachable!("tollgate: a queue without bound and end refuses an item")
            }
        }
    }

    /// Takes the oldest item, after waiting for one if there is none.
    ///
    /// An example: [`put`](Self::put).
    #[inline]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn get(&self) -> T {
        match self.get_within(Patience::Forever) {
            Some(item) => item,
            None => unreachable!("tollgate: a get without a deadline timed out"),
        }
    }

    /// Takes the oldest item if there is one.
    ///
    /// An example: [`put`](Self::put).
    #[inline]
    #[doc(alias = "get_nowait")]
    pub fn try_get(&self) -> Option<T> {
        self.get_within(Patience::None)
    }

    /// Takes the oldest item, after waiting at most `timeout` for one. `Duration::ZERO` is one look; `Duration::MAX` is for
    /// ever.
    ///
    /// An example: [`put`](Self::put).
    #[inline]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn get_timeout(&self, timeout: Duration) -> Option<T> {
        self.get_within(Patience::timeout(timeout))
    }

    /// Takes the oldest item, after waiting for one until `deadline` at most. A deadline that has passed is one look.
    ///
    /// An example: [`put`](Self::put).
    #[inline]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn get_deadline(&self, deadline: Instant) -> Option<T> {
        self.get_within(Patience::Until(deadline))
    }

    #[inline]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    fn get_within(&self, patience: Patience) -> Option<T> {
        match self.face.get(patience) {
            Ok(item) => Some(item),
            Err(GetError::Empty) => None,
            Err(GetError::ShutDown) => unreachable!("tollgate: a queue without end has been shut down"),
        }
    }

    /// How many items are there at this moment.
    ///
    /// An example: [`put`](Self::put).
    #[inline]
    #[doc(alias = "qsize")]
    pub fn len(&self) -> usize {
        self.face.core().len()
    }

    /// Whether there is no item at this moment.
    ///
    /// An example: [`put`](Self::put).
    #[inline]
    #[doc(alias = "empty")]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T> Default for SimpleQueue<T> {
    fn default() -> Self {
        SimpleQueue::new()
    }
}

/// Shows numbers, not items; never waits for an item.
impl<T> fmt::Debug for SimpleQueue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimpleQueue")
            .field("len", &self.len())
            .field("waiting_getters", &self.face.waiting().0)
            .finish_non_exhaustive()
    }
}
