//! [`PriorityQueue`]: smallest first.

use super::any::Sealed;
use super::calls::calls;
use super::core::{Core, Locked};
use super::face::{Face, never_empty, never_full};
use super::heaped::{Heaped, Inbox};
use super::impls::{blocking, impls};
use super::iter;
use super::ledger::Ledger;
use super::{
    BlockingQueue, CapacityError, GetError, IntoIter, Iter, PutError, PutManyError, ShutDown, Shutdown, Task,
    TooManyDone, TryIter,
};
use crate::platform::{Duration, Instant, Patience};
use crate::watch::Kind;
use std::cmp::Ordering;
use std::fmt;

/// A queue between threads from which the smallest item leaves first, bounded or not. Python's `queue.PriorityQueue`.
///
/// Strict: a get returns the smallest of all items that are there. Stable: of equal items the one that was put first, which
/// Python does not promise. The calls are those of [`Queue`](super::Queue), and what is said there holds here.
///
/// Items are compared by their [`Ord`]; wrap them in [`Prioritized`] to have them compared by something else, and in
/// [`Reverse`](std::cmp::Reverse) to have the largest first.
///
/// # Python and Rust
///
/// Python:
///
/// ```python
/// from itertools import count
/// from queue import PriorityQueue
///
/// queue, number = PriorityQueue(), count()
/// queue.put((2, next(number), "later"))  # numbered, lest jobs be compared
/// queue.put((1, next(number), "soon"))
/// assert queue.get()[2] == "soon"
/// ```
///
/// Rust:
///
/// ```
/// use tollgate::{Prioritized, PriorityQueue};
///
/// let queue = PriorityQueue::unbounded();
/// queue.put(Prioritized { priority: 2, item: "later" }).unwrap();
/// queue.put(Prioritized { priority: 1, item: "soon" }).unwrap();
/// assert_eq!(queue.with_first(|first| first.priority), Some(1));
/// assert_eq!(queue.get().unwrap().item, "soon");
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
/// [`PriorityQueue::bounded`] of 0.
///
/// Comparisons and the closure of [`with_first`](PriorityQueue::with_first) run under the getters' lock:
///
/// * they may put, look at numbers, report tasks, and shut down;
/// * they must not get, or look at the first item: that panics;
/// * they cannot wait for room: a `put` that finds none panics, and its other forms look once;
/// * all other gets wait for them, however long they take, the `try_` and timed forms too;
/// * whoever changes the order of an item while it is in the queue, through a `Cell`, gets some order or other.
///
/// When one panics, the get that ran it has changed nothing: the items are all there, in order, and the queue is as usable as
/// before. But while that get was under way, what it was about to take counted as taken: a `try_get` of another thread may have found the queue empty, and
/// putters may have used the room, so that a bounded queue holds more than fits.
///
/// The destructors of items that the queue drops run outside every lock, and may use the queue. (An item whose `put` from within a
/// comparison panics is dropped there, and must not.)
///
/// # Errors
///
/// The item comes back in the error of a put that failed. [`ShutDown`] comes before full and empty; see the calls.
///
/// # Cancellation
///
/// A wait ends with room or an item, with its time, or with [`shutdown`](PriorityQueue::shutdown); nothing else interrupts it. One that
/// gives up leaves nothing behind.
///
/// # Poisoning
///
/// There is none. A thread that panics between `get` and `task_done` leaves its task unfinished, as in Python: a `join` then waits until
/// its time is up. [`get_task`](PriorityQueue::get_task) is for that: its guard reports the task done though the thread panics.
///
/// # Cost
///
/// Blocking. A put drops its item into an inbox, under a latch, for a few instructions, and compares nothing. Getters compare, one at
/// a time, under a lock of their own, which nobody else waits for (but an immediate shutdown, when it has woken everybody, to drop
/// what is left). Uncontended, a put is one atomic read-modify-write operation and a get three; no system call. A bounded queue of
/// up to 1024 items does not allocate after it has been made (it has three buffers for them).
pub struct PriorityQueue<T: Ord> {
    face: Face<T, Locked<T, Heaped<T>>>,
}

impl<T: Ord> PriorityQueue<T> {
    const_unless_loom! {
        /// A queue without a bound.
        ///
        /// An example: [`get`](Self::get).
        pub fn unbounded() -> Self {
            PriorityQueue { face: Face::new(Kind::PriorityQueue, Locked::new(Ledger::unbounded(Inbox::new()), Heaped::new())) }
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
            "PriorityQueue::resizable({capacity}, {most}): a capacity is at least 1, and at most the largest that can be set later"
        );
        let ledger = Ledger::bounded(Inbox::with_capacity(most), capacity, most);
        PriorityQueue {
            face: Face::new(Kind::PriorityQueue, Locked::new(ledger, Heaped::with_capacity(most))),
        }
    }

    /// Shows `look` the item that would be got now, if there is one; it stays.
    ///
    /// All getters wait for `look`; see [`PriorityQueue`](PriorityQueue#panics).
    ///
    /// # Panics
    ///
    /// If called from within a comparison of its items, or from within itself.
    ///
    /// ```
    /// use tollgate::PriorityQueue;
    ///
    /// let queue = PriorityQueue::from_iter([3, 1, 2]);
    /// assert_eq!(queue.with_first(|first| *first), Some(1));
    /// assert_eq!(queue.len(), 3);
    /// assert_eq!(queue.into_sorted_vec(), [1, 2, 3]);
    /// ```
    pub fn with_first<R>(&self, look: impl FnOnce(&T) -> R) -> Option<R> {
        let Locked { ledger, order } = self.face.core();
        order.with_first(ledger, look)
    }

    /// The items, smallest first.
    ///
    /// An example: [`with_first`](Self::with_first).
    pub fn into_sorted_vec(self) -> Vec<T> {
        self.try_get_many(usize::MAX).unwrap_or_default()
    }
}

calls!(PriorityQueue where T: Ord);
impls!(PriorityQueue where T: Ord);

/// An item with a priority; only the priority is compared.
///
/// Two that are equal need not have equal items. For larger priorities first: `priority: Reverse(p)`, with
/// [`Reverse`](std::cmp::Reverse) of `std`.
///
/// ```
/// use tollgate::{Prioritized, PriorityQueue};
///
/// let queue = PriorityQueue::unbounded();
/// for (priority, item) in [(2, "later"), (1, "soon"), (1, "soon, too")] {
///     queue.put(Prioritized { priority, item }).unwrap();
/// }
/// let order: Vec<_> = queue.try_iter().map(|next| next.item).collect();
/// assert_eq!(order, ["soon", "soon, too", "later"]);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Prioritized<P, T> {
    /// Smaller ones leave first.
    pub priority: P,
    /// Anything.
    pub item: T,
}

impl<P: PartialEq, T> PartialEq for Prioritized<P, T> {
    fn eq(&self, other: &Self) -> bool {
        self.priority == other.priority
    }
}

impl<P: Eq, T> Eq for Prioritized<P, T> {}

impl<P: PartialOrd, T> PartialOrd for Prioritized<P, T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.priority.partial_cmp(&other.priority)
    }
}

impl<P: Ord, T> Ord for Prioritized<P, T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.priority.cmp(&other.priority)
    }
}
