//! [`LifoQueue`]: last in, first out.

use super::any::Sealed;
use super::calls::calls;
use super::core::{Core, Locked};
#[cfg(target_has_atomic = "64")]
use super::either::Either;
use super::face::{Face, never_empty, never_full};
use super::impls::{blocking, impls};
use super::iter;
#[cfg(target_has_atomic = "64")]
use super::lock_free::{self, Stack};
use super::store::Stored;
use super::{
    BlockingQueue, CapacityError, GetError, IntoIter, Iter, PutError, PutManyError, ShutDown, Shutdown, Task,
    TooManyDone, TryIter,
};
use crate::platform::{Duration, Instant, Patience};
use crate::watch::Kind;
use std::fmt;

/// A last-in, first-out queue between threads, bounded or not: a stack whose ends wait. Python's `queue.LifoQueue`.
///
/// The calls are those of [`Queue`](super::Queue), and what is said there holds here; only the newest item is the first to leave.
/// So what is put in one go by [`put_many`](LifoQueue::put_many) comes out in reverse.
///
/// # Python and Rust
///
/// Python:
///
/// ```python
/// from queue import LifoQueue
///
/// children = {"/": ["a", "b"], "/a": [], "/b": []}
/// todo, seen = LifoQueue(), []
/// todo.put("/")
/// while not todo.empty():
///     folder = todo.get()  # depth first
///     for name in children[folder]:
///         todo.put(folder + name)
///     seen.append(folder)
/// assert seen == ["/", "/b", "/a"]
/// ```
///
/// Rust:
///
/// ```
/// use tollgate::LifoQueue;
/// # let children = |folder: &str| if folder == "/" { vec!["a", "b"] } else { vec![] };
///
/// let todo = LifoQueue::from_iter(["/".to_owned()]);
/// let mut seen = Vec::new();
/// while let Ok(folder) = todo.try_get() { // depth first
///     for name in children(&folder) {
///         todo.put(format!("{folder}{name}")).unwrap();
///     }
///     seen.push(folder);
/// }
/// assert_eq!(seen, ["/", "/b", "/a"]);
/// ```
///
/// # Memory ordering
///
/// Everything before a put happens before everything after the get of its item, and after a look that counts it. Everything
/// before a `task_done` happens before the return of a `join` that it let through. Everything before a `shutdown` happens before
/// everything after a call that fails because of it.
///
/// # Fairness
///
/// Sleeping getters are woken first come, first served, and so are sleeping putters; a thread that is awake may be faster,
/// until a sleeper has been woken in vain after about a millisecond.
///
/// # Panics
///
/// [`LifoQueue::bounded`] of 0. An item's destructor may panic, and use the queue: it runs outside every lock.
///
/// # Errors
///
/// The item comes back in the error of a put that failed. [`ShutDown`] comes before full and empty; see the calls.
///
/// # Cancellation
///
/// A wait ends with room or an item, with its time, or with [`shutdown`](LifoQueue::shutdown); nothing else interrupts it. One that gives
/// up leaves nothing behind.
///
/// # Poisoning
///
/// There is none. A thread that panics between `get` and `task_done` leaves its task unfinished, as in Python: a `join` then waits until
/// its time is up. [`get_task`](LifoQueue::get_task) is for that: its guard reports the task done though the thread panics.
///
/// # Cost
///
/// As for [`Queue`](super::Queue): blocking; one read-modify-write operation for a put, a get, or a batch, uncontended; no system call.
/// [`LifoQueue::lock_free`] makes one that is not blocking and costs more.
pub struct LifoQueue<T> {
    face: Face<T, Kept<T>>,
}

impl<T> LifoQueue<T> {
    const_unless_loom! {
        /// A queue without a bound.
        ///
        /// An example: [`get`](Self::get).
        pub fn unbounded() -> Self {
            LifoQueue { face: Face::new(Kind::LifoQueue, latched(Latched::unbounded())) }
        }
    }

    /// A queue for up to `capacity` items, and later, by [`set_capacity`](Self::set_capacity), for any number up to `most`.
    ///
    /// # Panics
    ///
    /// Unless `0 < capacity <= most`.
    ///
    /// An example: [`set_capacity`](Self::set_capacity).
    pub fn resizable(capacity: usize, most: usize) -> Self {
        assert!(
            0 < capacity && capacity <= most,
            "LifoQueue::resizable({capacity}, {most}): a capacity is at least 1, and at most the largest that can be set later"
        );
        LifoQueue { face: Face::new(Kind::LifoQueue, latched(Latched::bounded(capacity, most))) }
    }

    /// The same as [`new`](Self::new), without a latch: a thread that is stopped in the middle of a call, wherever and for how long, holds up no other
    /// call, as long as nobody waits. (Who waits stands in a line, and that has a lock.)
    ///
    /// Everything else is as on this page, but for these. A put that is under way may already be counted by [`unfinished`](Self::unfinished), and by a
    /// [`join`](Self::join), also if it then fails; an immediate shutdown drops items first, and then counts them as done. [`set_capacity`](Self::set_capacity) waits for
    /// another one that is under way. Memory is given back when the queue is dropped, and not before.
    ///
    /// It costs more where nobody is stopped: three read-modify-writes for a put and two for a get, instead of one. Take it for
    /// what it promises, not for speed.
    ///
    /// On targets without atomics of 64 bits this constructor does not exist.
    ///
    /// # Panics
    ///
    /// If `maxsize` is more than 2^30. A put, if there are 2^31 items.
    ///
    /// ```
    /// use tollgate::{LifoQueue, PutError};
    ///
    /// let queue = LifoQueue::lock_free(2);
    /// assert_eq!(queue.put_many([1, 2]), Ok(2));
    /// assert_eq!(queue.try_put(3), Err(PutError::Full(3)));
    /// assert_eq!((queue.get(), queue.get()), (Ok(2), Ok(1)));
    /// assert_eq!(LifoQueue::<u8>::lock_free(0).capacity(), None);
    /// ```
    #[cfg(target_has_atomic = "64")]
    pub fn lock_free(maxsize: usize) -> Self {
        let most = lock_free::MOST;
        assert!(
            maxsize <= most,
            "LifoQueue::lock_free({maxsize}): a queue without a latch is made for {most} items at most"
        );
        let core = if maxsize == 0 { Stack::unbounded() } else { Stack::bounded(maxsize, maxsize) };
        LifoQueue { face: Face::new(Kind::LifoQueue, Either::Rare(Box::new(core))) }
    }
}

type Latched<T> = Locked<T, Stored<Vec<T>>>;
#[cfg(target_has_atomic = "64")]
type Kept<T> = Either<Box<Stack<T>>, Latched<T>>;
/// There is no other one.
#[cfg(not(target_has_atomic = "64"))]
type Kept<T> = Latched<T>;

const_unless_loom! {
    /// Under a latch.
    fn latched<T>(core: Latched<T>) -> Kept<T> {
        #[cfg(target_has_atomic = "64")]
        return Either::Usual(core);
        #[cfg(not(target_has_atomic = "64"))]
        core
    }
}

calls!(LifoQueue);
impls!(LifoQueue);
