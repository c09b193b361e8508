//! Queues: one blocking face, and cores that hold the items.

mod core;
#[cfg(all(feature = "experimental_cores", target_has_atomic = "64"))]
pub(crate) mod cores;
mod error;
mod face;
mod iter;

pub use error::{GetError, PutError, ShutDown, TooManyDone};
pub use iter::{Iter, TryIter};

use self::core::{Core, Locked};
use crate::platform::{Duration, Instant, Patience};
use face::{Face, never_empty, never_full};
use std::fmt;

/// What becomes of the items that a queue holds when it is shut down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shutdown {
    /// They can still be got; when they are, `get` fails. `queue.shutdown()` in Python.
    Drain,
    /// They are dropped, and counted as done; `get` fails at once. `queue.shutdown(immediate=True)`.
    Immediate,
}

/// A first-in, first-out queue between threads, bounded or not. Python's `queue.Queue`.
///
/// One object for all: share it by reference in scoped threads, or in an [`Arc`](std::sync::Arc). Nobody counts who puts: as in
/// Python, whoever knows that the last putter is done calls [`shutdown`](Queue::shutdown).
///
/// | Python | Rust |
/// |---|---|
/// | `Queue(maxsize)` | [`Queue::new(maxsize)`](Queue::new): 0 is unbounded here too; or [`Queue::bounded`], [`Queue::unbounded`] |
/// | `put(item)`, `put_nowait(item)`, `put(item, timeout=…)` | [`put`](Queue::put), [`try_put`](Queue::try_put), [`put_timeout`](Queue::put_timeout) |
/// | `get()`, `get_nowait()`, `get(timeout=…)` | [`get`](Queue::get), [`try_get`](Queue::try_get), [`get_timeout`](Queue::get_timeout) |
/// | `task_done()`, `join()` | [`task_done`](Queue::task_done), [`join`](Queue::join), and with time-outs |
/// | `shutdown(immediate=False)` | [`shutdown(Shutdown::Drain)`](Queue::shutdown) |
/// | `qsize()`, `empty()`, `full()` | [`len`](Queue::len), [`is_empty`](Queue::is_empty), [`is_full`](Queue::is_full) |
///
/// ```
/// use tollgate::{Queue, Shutdown};
///
/// let queue = Queue::bounded(2);
/// std::thread::scope(|s| {
///     s.spawn(|| {
///         for n in 1..=100 {
///             queue.put(n).unwrap(); // waits while two items lie there
///         }
///         queue.shutdown(Shutdown::Drain);
///     });
///     let sum: u32 = queue.iter().sum(); // ends when the queue is shut down and empty
///     assert_eq!(sum, 5050);
/// });
/// ```
///
/// # Memory ordering
///
/// Everything before a put happens before everything after the get of its item. Everything before a `task_done` happens
/// before the return of a `join` that it let through. Everything before a `shutdown` happens before everything after a call
/// that fails because of it.
///
/// # Fairness
///
/// Sleeping getters are woken first come, first served, and so are sleeping putters; a thread that is awake may be faster,
/// until a sleeper has been woken in vain after about a millisecond.
///
/// # Progress and cost
///
/// Blocking: the items are under a lock, for a few instructions at a time. Uncontended, a put is three atomic
/// read-modify-write operations, and so is a get; no system call. A bounded queue of up to
/// 1024 items does not allocate after it has been made. An unbounded one grows by doubling, and gives memory back.
///
/// # Panics in your code
///
/// An item's destructor runs outside every lock, and may use the queue.
pub struct Queue<T> {
    face: Face<T, Locked<T>>,
}

impl<T> Queue<T> {
    /// A queue for `maxsize` items; 0 means unbounded, as in Python.
    pub fn new(maxsize: usize) -> Self {
        if maxsize == 0 { Self::unbounded() } else { Self::bounded(maxsize) }
    }

    /// A queue for up to `capacity` items.
    ///
    /// # Panics
    ///
    /// If `capacity` is 0.
    pub fn bounded(capacity: usize) -> Self {
        assert!(
            capacity > 0,
            "Queue::bounded(0): a queue without room can hold no item; for an unbounded queue use Queue::unbounded()"
        );
        Queue { face: Face::new(Locked::bounded(capacity)) }
    }

    const_unless_loom! {
        /// A queue without a bound.
        pub fn unbounded() -> Self {
            Queue { face: Face::new(Locked::unbounded()) }
        }
    }

    /// Adds an item, after waiting for room if there is none.
    ///
    /// # Errors
    ///
    /// [`ShutDown`] with the item, if the queue has been shut down, also while waiting.
    ///
    /// # Panics
    ///
    /// This and every other `put`, if there are `usize::MAX / 4` items. Nothing has changed then but for the item, which is gone.
    #[inline]
    pub fn put(&self, item: T) -> Result<(), ShutDown<T>> {
        never_full(self.face.put(item, Patience::Forever))
    }

    /// Adds an item if there is room.
    ///
    /// # Errors
    ///
    /// Those of [`PutError`], with the item.
    #[inline]
    pub fn try_put(&self, item: T) -> Result<(), PutError<T>> {
        self.face.put(item, Patience::None)
    }

    /// Adds an item, after waiting at most `timeout` for room. `Duration::ZERO` is one look; `Duration::MAX` is for ever.
    ///
    /// # Errors
    ///
    /// Those of [`PutError`], with the item.
    #[inline]
    pub fn put_timeout(&self, item: T, timeout: Duration) -> Result<(), PutError<T>> {
        self.face.put(item, Patience::timeout(timeout))
    }

    /// Adds an item, after waiting for room until `deadline` at most. A deadline that has passed is one look.
    ///
    /// # Errors
    ///
    /// Those of [`PutError`], with the item.
    #[inline]
    pub fn put_deadline(&self, item: T, deadline: Instant) -> Result<(), PutError<T>> {
        self.face.put(item, Patience::Until(deadline))
    }

    /// Takes the oldest item, after waiting for one if there is none.
    ///
    /// # Errors
    ///
    /// [`ShutDown`], if the queue has been shut down and has no item to give, also while waiting.
    #[inline]
    pub fn get(&self) -> Result<T, ShutDown> {
        never_empty(self.face.get(Patience::Forever))
    }

    /// Takes the oldest item if there is one.
    ///
    /// # Errors
    ///
    /// Those of [`GetError`].
    #[inline]
    pub fn try_get(&self) -> Result<T, GetError> {
        self.face.get(Patience::None)
    }

    /// Takes the oldest item, after waiting at most `timeout` for one. `Duration::ZERO` is one look; `Duration::MAX` is for
    /// ever.
    ///
    /// # Errors
    ///
    /// Those of [`GetError`].
    #[inline]
    pub fn get_timeout(&self, timeout: Duration) -> Result<T, GetError> {
        self.face.get(Patience::timeout(timeout))
    }

    /// Takes the oldest item, after waiting for one until `deadline` at most. A deadline that has passed is one look.
    ///
    /// # Errors
    ///
    /// Those of [`GetError`].
    #[inline]
    pub fn get_deadline(&self, deadline: Instant) -> Result<T, GetError> {
        self.face.get(Patience::Until(deadline))
    }

    /// How many items are there at this moment. 0 after an immediate shutdown.
    #[inline]
    pub fn len(&self) -> usize {
        self.face.core().len()
    }

    /// Whether there is no item at this moment.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether there is no room at this moment. An unbounded queue never is full.
    #[inline]
    pub fn is_full(&self) -> bool {
        self.capacity().is_some_and(|capacity| self.len() >= capacity)
    }

    /// How many items fit; `None` if the queue is unbounded.
    #[inline]
    pub fn capacity(&self) -> Option<usize> {
        self.face.core().capacity()
    }

    /// How many items have been put and not yet been reported by [`task_done`](Queue::task_done).
    pub fn unfinished(&self) -> usize {
        self.face.core().tasks().unfinished
    }

    /// Reports that the work on one item is done. Call it once for each item that was got, when [`join`](Queue::join) is
    /// to be used.
    ///
    /// # Errors
    ///
    /// [`TooManyDone`], and nothing has changed, if no item is unfinished.
    pub fn task_done(&self) -> Result<(), TooManyDone> {
        self.face.task_done()
    }

    /// Waits until every item that was put has been reported by [`task_done`](Queue::task_done), or was dropped by an
    /// immediate shutdown. A shutdown as such does not end it: somebody may still be working on an item.
    pub fn join(&self) {
        let idle = self.face.join(Patience::Forever);
        debug_assert!(idle);
    }

    /// Waits at most `timeout` until no item is unfinished; whether that was reached.
    #[must_use = "whether all tasks were done or the time ran out"]
    pub fn join_timeout(&self, timeout: Duration) -> bool {
        self.face.join(Patience::timeout(timeout))
    }

    /// Waits until no item is unfinished, until `deadline` at most; whether that was reached.
    #[must_use = "whether all tasks were done or the time ran out"]
    pub fn join_deadline(&self, deadline: Instant) -> bool {
        self.face.join(Patience::Until(deadline))
    }

    /// Shuts the queue down, for good: every `put` fails from now on, and those who wait for room wake up and fail. What is
    /// in the queue can still be got ([`Shutdown::Drain`]) or is dropped and counted as done ([`Shutdown::Immediate`]);
    /// then every `get` fails, and those who wait for an item wake up and fail.
    ///
    /// May be called again; an immediate shutdown after a draining one drops what is left.
    ///
    /// # Panics
    ///
    /// If the destructor of a dropped item panics: the first such panic goes on when all items have been dropped and
    /// everybody has been woken.
    pub fn shutdown(&self, how: Shutdown) {
        self.face.shut_down(how);
    }

    /// Whether the queue has been shut down. It may still have items to give.
    pub fn is_shutdown(&self) -> bool {
        self.face.core().is_shut_down()
    }

    /// Takes items, waiting for each, until the queue has been shut down and has no more to give. Does not call
    /// [`task_done`](Queue::task_done).
    pub fn iter(&self) -> Iter<'_, T> {
        Iter::new(self)
    }

    /// Takes items as long as there are any, without waiting. Does not call [`task_done`](Queue::task_done).
    pub fn try_iter(&self) -> TryIter<'_, T> {
        TryIter::new(self)
    }
}

/// An unbounded queue.
impl<T> Default for Queue<T> {
    fn default() -> Self {
        Queue::unbounded()
    }
}

/// Shows numbers, not items; never waits for an item or for room.
impl<T> fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (getters, putters) = self.face.waiting();
        f.debug_struct("Queue")
            .field("len", &self.len())
            .field("capacity", &self.capacity())
            .field("waiting_getters", &getters)
            .field("waiting_putters", &putters)
            .field("shut_down", &self.is_shutdown())
            .finish_non_exhaustive()
    }
}
