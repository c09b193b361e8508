//! [`Queue`]: first in, first out.

use super::any::Sealed;
use super::calls::calls;
use super::core::Core;
#[cfg(target_has_atomic = "64")]
use super::either::Either;
use super::face::{Face, never_empty, never_full};
use super::fifo_core::Fifo;
use super::impls::{blocking, impls};
use super::iter;
#[cfg(target_has_atomic = "64")]
use super::lock_free::{self, Linked};
use super::{
    BlockingQueue, CapacityError, GetError, IntoIter, Iter, PutError, PutManyError, Rendezvous, ShutDown,
    Shutdown, Task, TooManyDone, TryIter,
};
use crate::platform::{Duration, Instant, Patience};
use crate::watch::Kind;
use std::fmt;

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
/// | `task_done()`, `join()` | [`task_done`](Queue::task_done), or [`get_task`](Queue::get_task), which cannot be forgotten; [`join`](Queue::join), and with time-outs |
/// | `shutdown(immediate=False)` | [`shutdown(Shutdown::Drain)`](Queue::shutdown) |
/// | `qsize()`, `empty()`, `full()` | [`len`](Queue::len), [`is_empty`](Queue::is_empty), [`is_full`](Queue::is_full) |
/// | – | [`put_many`](Queue::put_many), [`get_many`](Queue::get_many), [`set_capacity`](Queue::set_capacity), [`iter`](Queue::iter) |
///
/// # Python and Rust
///
/// Python:
///
/// ```python
/// # Python 3.13
/// from queue import Queue, ShutDown
/// from threading import Thread
///
/// queue = Queue(maxsize=2)
///
/// def produce():
///     for n in range(1, 101):
///         queue.put(n)  # waits while two items lie there
///     queue.shutdown()
///
/// Thread(target=produce).start()
/// total = 0
/// try:
///     while True:
///         total += queue.get()
/// except ShutDown:
///     assert total == 5050
/// ```
///
/// Rust:
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
/// Everything before a put happens before everything after the get of its item, and after a look that counts it. Everything
/// before a `task_done` happens before the return of a `join` that it let through. Everything before a `shutdown` happens before
/// everything after a call that fails because of it.
///
/// # Fairness
///
/// Sleeping getters are woken first come, first served, and so are sleeping putters; a thread that is awake may be faster,
/// until a sleeper has been woken in vain after about a millisecond. With room for one to three items those in line are not woken to try, but served
/// by whoever brings an item or makes room: again in order, and again unless somebody is faster in that moment, for a millisecond.
///
/// # Panics
///
/// [`Queue::bounded`] of 0. An item's destructor may panic, and use the queue: it runs outside every lock. So may the iterator of a
/// batch, which is read to its end before the first item is put.
///
/// # Errors
///
/// The item comes back in the error of a put that failed. [`ShutDown`] comes before full and empty; see the calls.
///
/// # Cancellation
///
/// A wait ends with room or an item, with its time, or with [`shutdown`](Queue::shutdown); nothing else interrupts it. One that gives up
/// leaves nothing behind: the item comes back, and a notification that was meant for it goes to the next in line.
///
/// # Poisoning
///
/// There is none. A thread that panics between `get` and `task_done` leaves its task unfinished, as in Python: a `join` then waits until
/// its time is up. [`get_task`](Queue::get_task) is for that: its guard reports the task done though the thread panics.
///
/// # Cost
///
/// Blocking: the items are under latches, for a few instructions at a time, or as many moves as a batch has items. With room for
/// four items or more there is one at each end, so that puts and gets hold each other up only where the queue is empty or full; with less
/// room, one. Uncontended, a put is one atomic read-modify-write operation, and so is a get, and a batch of either; no fence, no system call. A
/// `try_` form that fails is two (with less room, one). Who waits spins and yields for a bounded time before it sleeps: `docs/queues.md`. A
/// bounded queue of up to 1024 items does not allocate after it has been made. Others take blocks of up to 4 KiB (or of one item) as
/// they grow, and give them back, all but one. [`Queue::lock_free`] makes one that is not blocking and costs more.
///
/// A lock for each end is Michael and Scott's ("Simple, fast, and practical non-blocking and blocking concurrent queue algorithms", PODC
/// 1996); that each side remembers how far it last saw the other is MCRingBuffer's (Lee, Bu and Chandranmenon, IPDPS 2010).
pub struct Queue<T> {
    face: Face<T, Kept<T>>,
}

impl<T> Queue<T> {
    const_unless_loom! {
        /// A queue without a bound.
        ///
        /// An example: [`get`](Self::get).
        pub fn unbounded() -> Self {
            Queue { face: Face::new(Kind::Queue, latched(Fifo::unbounded())) }
        }
    }

    const_unless_loom! {
        /// A queue without room, where a put returns when its item was taken: a [`Rendezvous`], which has the same calls.
        ///
        /// ```
        /// let meeting = tollgate::Queue::rendezvous();
        /// std::thread::scope(|s| {
        ///     s.spawn(|| meeting.put("here").unwrap()); // until the other thread has it
        ///     assert_eq!(meeting.get(), Ok("here"));
        /// });
        /// ```
        pub fn rendezvous() -> Rendezvous<T> {
            Rendezvous::new()
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
            "Queue::resizable({capacity}, {most}): a capacity is at least 1, and at most the largest that can be set later"
        );
        Queue { face: Face::new(Kind::Queue, latched(Fifo::bounded(capacity, most))) }
    }

    /// The same as [`new`](Self::new), without a latch: a thread that is stopped in the middle of a call, wherever and for how long, holds up no other
    /// call, as long as nobody waits. (Who waits stands in a line, and that has a lock.)
    ///
    /// Everything else is as on this page, but for these. A put that is under way may already be counted by [`unfinished`](Self::unfinished), and by a
    /// [`join`](Self::join), also if it then fails. An immediate shutdown refuses puts first, then drops what is there, and then counts it as done.
    /// A batch of gets takes what was there when it looked, and may leave what came in that moment. [`set_capacity`](Self::set_capacity) waits for
    /// another one that is under way. Memory is given back when the queue is dropped, and not before; an item takes that of two.
    ///
    /// It costs more where nobody is stopped: four read-modify-writes for a put and two for a get, instead of one. Take it for
    /// what it promises, not for speed.
    ///
    /// On targets without atomics of 64 bits this constructor does not exist.
    ///
    /// # Panics
    ///
    /// If `maxsize` is more than 2^29. A put, if there are 2^30 items.
    ///
    /// ```
    /// use tollgate::{PutError, Queue};
    ///
    /// let queue = Queue::lock_free(2);
    /// assert_eq!(queue.put_many([1, 2]), Ok(2));
    /// assert_eq!(queue.try_put(3), Err(PutError::Full(3)));
    /// assert_eq!((queue.get(), queue.get()), (Ok(1), Ok(2)));
    /// assert_eq!(Queue::<u8>::lock_free(0).capacity(), None);
    /// ```
    #[cfg(target_has_atomic = "64")]
    pub fn lock_free(maxsize: usize) -> Self {
        let most = lock_free::MOST_LINKED;
        assert!(
            maxsize <= most,
            "Queue::lock_free({maxsize}): a queue without a latch is made for {most} items at most"
        );
        let core = if maxsize == 0 { Linked::unbounded() } else { Linked::bounded(maxsize, maxsize) };
        Queue { face: Face::new(Kind::Queue, Either::Rare(Box::new(core))) }
    }
}

#[cfg(target_has_atomic = "64")]
type Kept<T> = Either<Box<Linked<T>>, Fifo<T>>;
/// There is no other one.
#[cfg(not(target_has_atomic = "64"))]
type Kept<T> = Fifo<T>;

const_unless_loom! {
    /// Under a latch.
    fn latched<T>(core: Fifo<T>) -> Kept<T> {
        #[cfg(target_has_atomic = "64")]
        return Either::Usual(core);
        #[cfg(not(target_has_atomic = "64"))]
        core
    }
}

calls!(Queue; ", for one whose puts wait until their item is taken Rendezvous::new()");
impls!(Queue);
