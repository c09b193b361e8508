//! `Condition`: waiting under a lock until somebody says that something has changed.
//!
//! A [`Crowd`] and nothing else. A waiter joins the line while it still holds the user's lock, then
//! releases the lock, sleeps, and locks again. So whoever takes the lock after the waiter released it sees the waiter
//! in the line: no notification is lost, and no fence is needed; a notifier that finds nobody pays one load.
//!
//! Waiters are tagged with the address of their lock. That is how a second lock is noticed, and the address means something
//! only while a waiter with that tag is in the line, holding a borrow of it.
//!
//! A waiter whose time runs out leaves the line under the gate's lock. If it has been picked by then, it was notified,
//! and its wait says so: the notification is used, not lost. (CPython loses it: it returns `False` although the token was
//! spent. R33 of the historical bugs is the same with a lock.)
//!
//! # Over an `RLock`
//!
//! What is released is the [`RawLock`] inside, whole. Before, the thread steps out of its levels, and afterwards in again
//! ([`Outside`]), both with the lock held: nobody comes between the levels. At depth 1 the wait borrows the only guard there is, so
//! nothing is lent while others have the lock. At a greater depth outer guards lend `&T`: that is sound for a `T: Sync` alone, and
//! `wait` cannot ask for that, so it refuses, and `wait_all_levels` asks. (And nobody else may change the value through a `&mut T`
//! meanwhile: the lock counts those who wait so, see `RawRLock`.) A predicate may lock again and keep the guard, so each single wait
//! looks at the depth.
//!
//! `notify_all` under the lock wakes one in four at most, and moves the other waiters to the lock, each release of which then wakes one. With
//! the lock free it wakes all. Either way that is one system call for 31 waiters, and one more for each beyond. See [`crate::gate`], `crowd`.

mod guards;

pub use guards::{ReentrantWaitGuard, WaitGuard};

use self::guards::{Levels, Outside};
use crate::gate::{AnotherLock, Crowd};
use crate::platform::{Deadline, Duration, Instant, Mutant, Patience, mutated};
use crate::raw_lock::RawLock;
use crate::watch::{Kind, Tag};
use std::fmt;

/// Lets threads wait, under a lock, until they are notified. Python's `threading.Condition`, without the lock inside.
///
/// | Python | Rust |
/// |---|---|
/// | `condition = Condition()` | `Condition::new()`, with an [`RLock`](crate::RLock): [see below](#over-an-rlock) |
/// | `condition = Condition(lock)` | `Condition::new()`; the lock comes with the guard |
/// | `with condition: condition.wait()` | `let mut guard = lock.lock(); condition.wait(&mut guard)` |
/// | `condition.wait_for(predicate)` | [`condition.wait_while(&mut guard, …)`](Condition::wait_while), with the predicate negated |
/// | `condition.notify(n)`, `notify_all()` | the same; the lock need not be held |
///
/// # Python and Rust
///
/// Python:
///
/// ```python
/// from threading import Condition, Lock, Thread
///
/// items, more = [], Condition(Lock())
///
/// def take():
///     with more:
///         more.wait_for(lambda: items)
///         items.remove(7)
///
/// taker = Thread(target=take)
/// taker.start()
/// with more:
///     items.append(7)
///     more.notify()
/// taker.join()
/// assert not items
/// ```
///
/// Rust:
///
/// ```
/// use tollgate::{Condition, Lock};
///
/// let (items, more) = (Lock::new(Vec::new()), Condition::new());
/// std::thread::scope(|s| {
///     s.spawn(|| {
///         let mut items = items.lock();
///         more.wait_while(&mut items, |items| items.is_empty());
///         assert_eq!(items.pop(), Some(7));
///     });
///     items.lock().push(7);
///     more.notify_one();
/// });
/// assert!(items.lock().is_empty());
/// ```
///
/// # No spurious wake-ups
///
/// A wait returns because it was notified, or because its time was up, and says which.
///
/// # What a notification promises
///
/// It goes to those who are waiting when it is called, the longest waiting first, and to no one who begins to wait later.
/// With nobody waiting it does nothing. In Python the notifier must hold the lock; here it need not. But the *change* that
/// waiters look for must be made under the lock, or a waiter may miss it between its look and its wait.
///
/// # Over an `RLock`
///
/// Python's `Condition()` is over an `RLock`, so that methods which lock can call each other, and `wait` releases all levels. Here
/// [`wait`](Condition::wait) and its forms work at depth 1, and refuse to at a greater one: the outer guards lend `&T`, and others will
/// have the lock. [`wait_all_levels`](Condition::wait_all_levels) and its forms release all levels, for a value that is `Sync`, and
/// come back at the same depth. So this program
///
/// ```python
/// from threading import Condition, Thread
///
/// class Stock:
///     def __init__(self):
///         self.changed = Condition()
///         self.boxes = 0
///
///     def put(self):
///         with self.changed:
///             self.boxes += 1
///             self.changed.notify()
///
///     def take(self):
///         with self.changed:
///             self.changed.wait_for(lambda: self.boxes > 0)
///             self.boxes -= 1
///
///     def take_pair(self):
///         with self.changed:  # take() locks again, and may wait
///             self.take()
///             self.take()
///
/// stock = Stock()
/// taker = Thread(target=stock.take_pair)
/// taker.start()
/// stock.put()
/// stock.put()
/// taker.join()
/// assert stock.boxes == 0
/// ```
///
/// becomes
///
/// ```
/// use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
/// use tollgate::{Condition, RLock};
///
/// #[derive(Default)]
/// struct Stock {
///     boxes: RLock<AtomicU32>, // an atomic for the sake of `Sync`; it is the lock that orders
///     changed: Condition,
/// }
///
/// impl Stock {
///     fn put(&self) {
///         self.boxes.lock().fetch_add(1, Relaxed);
///         self.changed.notify_one();
///     }
///
///     fn take(&self) {
///         let mut boxes = self.boxes.lock();
///         self.changed.wait_all_levels_while(&mut boxes, |boxes| boxes.load(Relaxed) == 0);
///         boxes.fetch_sub(1, Relaxed);
///     }
///
///     fn take_pair(&self) {
///         let _level = self.boxes.lock(); // `take` locks again, and may wait
///         self.take();
///         self.take();
///     }
/// }
///
/// let stock = Stock::default();
/// std::thread::scope(|s| {
///     s.spawn(|| stock.take_pair());
///     stock.put();
///     stock.put();
/// });
/// assert!(!stock.boxes.is_locked());
/// ```
///
/// # Memory ordering
///
/// That of the lock, which is held again when a wait returns.
///
/// # Fairness
///
/// The longest waiting are notified first. Once notified they compete for the lock by its rules: another thread may have it before.
///
/// # Panics
///
/// Waiting panics when other threads are waiting on this condition with another lock, and, but for `wait_all_levels` and its forms,
/// when the calling thread holds more than one level of an `RLock`. The lock is held as before, at the same depth.
///
/// # Errors
///
/// None. The timed forms are `false` when the time ran out; those with a predicate, when it still said yes then.
///
/// # Cancellation
///
/// A wait ends with a notification or with its time; nothing else interrupts it. On every way out the lock is held again, at the depth
/// there was. A notification that meets a waiter whose time has just run out is that waiter's, and its wait says so: it is not lost.
///
/// # Poisoning
///
/// There is none. If a predicate panics, the guard still holds the lock, and its drop releases it: the next thread sees the value as the
/// panic left it. A thread that panics before it has notified leaves the others waiting.
///
/// # Cost
///
/// With nobody waiting, `notify_one`, `notify` and `notify_all` are one load. 40 bytes on a 64-bit system, no allocation.
pub struct Condition {
    crowd: Crowd,
    tag: Tag,
}

impl Condition {
    const_unless_loom! {
        /// A condition with nobody waiting.
        ///
        /// An example: [`notify`](Self::notify).
        pub fn new() -> Self {
            Condition { crowd: Crowd::new(), tag: Tag::new(Kind::Condition) }
        }
    }

    named!(tag);

    /// Releases the lock, waits until notified, and locks again.
    ///
    /// # Panics
    ///
    /// If other threads are waiting on this condition with another lock, or the guard is one of several of an `RLock`.
    ///
    /// ```
    /// use tollgate::{Condition, Lock};
    ///
    /// let (turn, changed) = (Lock::new(0), Condition::new());
    /// std::thread::scope(|s| {
    ///     s.spawn(|| {
    ///         let mut turn = turn.lock();
    ///         while *turn != 1 {
    ///             changed.wait(&mut turn); // `wait_while` is this loop
    ///         }
    ///         *turn = 2;
    ///     });
    ///     *turn.lock() = 1;
    ///     changed.notify_one();
    /// });
    /// assert_eq!(turn.into_inner(), 2);
    /// ```
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn wait<G: WaitGuard>(&self, guard: &mut G) {
        let notified = self.wait_within(guard, Patience::Forever);
        debug_assert!(notified);
    }

    /// Waits until notified (`true`) or until `timeout` has passed (`false`). The lock is held again in both cases, however
    /// long that takes. `Duration::ZERO` releases the lock and takes it again; `Duration::MAX` is for ever.
    ///
    /// # Panics
    ///
    /// If other threads are waiting on this condition with another lock, or the guard is one of several of an `RLock`.
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    /// use tollgate::{Condition, Lock};
    ///
    /// let (lock, never, short) = (Lock::new(()), Condition::new(), Duration::from_millis(1));
    /// let mut guard = lock.lock();
    /// assert!(!never.wait_timeout(&mut guard, short));
    /// assert!(!never.wait_deadline(&mut guard, Instant::now() + short));
    /// ```
    #[must_use = "whether the wait was notified or timed out"]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn wait_timeout<G: WaitGuard>(&self, guard: &mut G, timeout: Duration) -> bool {
        self.wait_within(guard, Patience::timeout(timeout))
    }

    /// Waits until notified (`true`) or until `deadline` (`false`). The lock is held again in both cases.
    ///
    /// # Panics
    ///
    /// If other threads are waiting on this condition with another lock, or the guard is one of several of an `RLock`.
    ///
    /// An example: [`wait_timeout`](Self::wait_timeout).
    #[must_use = "whether the wait was notified or timed out"]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn wait_deadline<G: WaitGuard>(&self, guard: &mut G, deadline: Instant) -> bool {
        self.wait_within(guard, Patience::Until(deadline))
    }

    /// Waits as long as `blocked` says so. It is asked first before any wait, and then after each notification, with the lock
    /// held. If it panics, the panic goes on with the lock held by `guard`.
    ///
    /// `blocked` is handed the guard, not the value as in `std`: to wait for the number in a lock to reach 10, write `|n| **n < 10`.
    ///
    /// # Panics
    ///
    /// If other threads are waiting on this condition with another lock, or the guard is one of several of an `RLock`.
    ///
    /// ```
    /// use tollgate::{Condition, Lock};
    ///
    /// let (items, changed) = (Lock::new(Vec::new()), Condition::new());
    /// std::thread::scope(|s| {
    ///     s.spawn(|| {
    ///         items.lock().push("item");
    ///         changed.notify_one();
    ///     });
    ///     let mut items = items.lock();
    ///     changed.wait_while(&mut items, |items| items.is_empty());
    ///     assert_eq!(items.pop(), Some("item"));
    /// });
    /// ```
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn wait_while<G: WaitGuard>(&self, guard: &mut G, blocked: impl FnMut(&mut G) -> bool) {
        let unblocked = self.wait_while_within(guard, Levels::One, Patience::Forever, blocked);
        debug_assert!(unblocked);
    }

    /// Waits as long as `blocked` says so, for `timeout` at most: one deadline over all the waits. `true`: `blocked` said no; `false`: the
    /// time ran out and it still said yes. It is asked once more after the deadline.
    ///
    /// # Panics
    ///
    /// If other threads are waiting on this condition with another lock, or the guard is one of several of an `RLock`.
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    /// use tollgate::{Condition, Lock};
    ///
    /// let (count, changed, short) = (Lock::new(0), Condition::new(), Duration::from_millis(1));
    /// let mut count = count.lock();
    /// assert!(!changed.wait_while_timeout(&mut count, short, |count| **count == 0)); // out of time
    /// *count = 1;
    /// assert!(changed.wait_while_deadline(&mut count, Instant::now(), |count| **count == 0)); // met at once
    /// ```
    #[must_use = "`true`: `blocked` said no; `false`: the time ran out and it still said yes"]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn wait_while_timeout<G: WaitGuard>(
        &self,
        guard: &mut G,
        timeout: Duration,
        blocked: impl FnMut(&mut G) -> bool,
    ) -> bool {
        self.wait_while_within(guard, Levels::One, Patience::timeout(timeout), blocked)
    }

    /// Waits as long as `blocked` says so, until `deadline` at most. `true`: `blocked` said no; `false`: the time ran out and it still
    /// said yes. It is asked once more after the deadline.
    ///
    /// # Panics
    ///
    /// If other threads are waiting on this condition with another lock, or the guard is one of several of an `RLock`.
    ///
    /// An example: [`wait_while_timeout`](Self::wait_while_timeout).
    #[must_use = "`true`: `blocked` said no; `false`: the time ran out and it still said yes"]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn wait_while_deadline<G: WaitGuard>(
        &self,
        guard: &mut G,
        deadline: Instant,
        blocked: impl FnMut(&mut G) -> bool,
    ) -> bool {
        self.wait_while_within(guard, Levels::One, Patience::Until(deadline), blocked)
    }

    /// Releases all levels of an `RLock`, waits until notified, and takes them all back.
    ///
    /// Outer guards lend `&T` while other threads have the lock, so it takes a `T: Sync`; and meanwhile those cannot have the value
    /// mutably by [`RLockGuard::get_mut`](crate::RLockGuard::get_mut).
    ///
    /// ```compile_fail,E0277
    /// use std::cell::Cell;
    /// use tollgate::{Condition, RLock};
    ///
    /// let lock = RLock::new(Cell::new(0));
    /// Condition::new().wait_all_levels(&mut lock.lock());
    /// ```
    ///
    /// # Panics
    ///
    /// If other threads are waiting on this condition with another lock.
    ///
    /// ```
    /// use tollgate::{Condition, RLock};
    ///
    /// let (lock, changed) = (RLock::new(()), Condition::new());
    /// std::thread::scope(|s| {
    ///     s.spawn(|| {
    ///         let (_outer, mut inner) = (lock.lock(), lock.lock());
    ///         changed.wait_all_levels(&mut inner); // `wait` would panic: depth 2
    ///         assert_eq!(lock.depth(), 2); // all levels are back
    ///     });
    ///     while changed.notify_one() == 0 {
    ///         std::thread::yield_now();
    ///     }
    /// });
    /// ```
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn wait_all_levels<G: ReentrantWaitGuard>(&self, guard: &mut G) {
        let notified = self.wait_outside(guard, Levels::All, Patience::Forever.deadline());
        debug_assert!(notified);
    }

    /// Releases all levels of an `RLock` and waits until notified (`true`) or until `timeout` has passed (`false`). All levels are
    /// held again in both cases.
    ///
    /// # Panics
    ///
    /// If other threads are waiting on this condition with another lock.
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    /// use tollgate::{Condition, RLock};
    ///
    /// let (lock, never, short) = (RLock::new(0), Condition::new(), Duration::from_millis(1));
    /// let (_outer, mut inner) = (lock.lock(), lock.lock());
    /// assert!(!never.wait_all_levels_timeout(&mut inner, short));
    /// assert!(!never.wait_all_levels_deadline(&mut inner, Instant::now() + short));
    /// ```
    #[must_use = "whether the wait was notified or timed out"]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn wait_all_levels_timeout<G: ReentrantWaitGuard>(&self, guard: &mut G, timeout: Duration) -> bool {
        self.wait_outside(guard, Levels::All, Patience::timeout(timeout).deadline())
    }

    /// Releases all levels of an `RLock` and waits until notified (`true`) or until `deadline` (`false`). All levels are held again
    /// in both cases.
    ///
    /// # Panics
    ///
    /// If other threads are waiting on this condition with another lock.
    ///
    /// An example: [`wait_all_levels_timeout`](Self::wait_all_levels_timeout).
    #[must_use = "whether the wait was notified or timed out"]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn wait_all_levels_deadline<G: ReentrantWaitGuard>(&self, guard: &mut G, deadline: Instant) -> bool {
        self.wait_outside(guard, Levels::All, Patience::Until(deadline).deadline())
    }

    /// [`wait_while`](Condition::wait_while), with all levels of an `RLock` released in each wait. They are held when `blocked` is
    /// asked, and when it panics.
    ///
    /// # Panics
    ///
    /// If other threads are waiting on this condition with another lock.
    ///
    /// ```
    /// use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
    /// use std::time::{Duration, Instant};
    /// use tollgate::{Condition, RLock};
    ///
    /// let (boxes, changed) = (RLock::new(AtomicU32::new(0)), Condition::new());
    /// std::thread::scope(|s| {
    ///     s.spawn(|| {
    ///         boxes.lock().store(1, Relaxed);
    ///         changed.notify_one();
    ///     });
    ///     let (_outer, mut inner) = (boxes.lock(), boxes.lock());
    ///     changed.wait_all_levels_while(&mut inner, |boxes| boxes.load(Relaxed) == 0);
    ///     let short = Duration::from_millis(1);
    ///     assert!(!changed.wait_all_levels_while_timeout(&mut inner, short, |boxes| boxes.load(Relaxed) == 1));
    ///     let now = Instant::now();
    ///     assert!(changed.wait_all_levels_while_deadline(&mut inner, now, |boxes| boxes.load(Relaxed) == 0));
    /// });
    /// ```
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn wait_all_levels_while<G: ReentrantWaitGuard>(
        &self,
        guard: &mut G,
        blocked: impl FnMut(&mut G) -> bool,
    ) {
        let unblocked = self.wait_while_within(guard, Levels::All, Patience::Forever, blocked);
        debug_assert!(unblocked);
    }

    /// [`wait_while_timeout`](Condition::wait_while_timeout), with all levels of an `RLock` released in each wait.
    ///
    /// # Panics
    ///
    /// If other threads are waiting on this condition with another lock.
    ///
    /// An example: [`wait_all_levels_while`](Self::wait_all_levels_while).
    #[must_use = "`true`: `blocked` said no; `false`: the time ran out and it still said yes"]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn wait_all_levels_while_timeout<G: ReentrantWaitGuard>(
        &self,
        guard: &mut G,
        timeout: Duration,
        blocked: impl FnMut(&mut G) -> bool,
    ) -> bool {
        self.wait_while_within(guard, Levels::All, Patience::timeout(timeout), blocked)
    }

    /// [`wait_while_deadline`](Condition::wait_while_deadline), with all levels of an `RLock` released in each wait.
    ///
    /// # Panics
    ///
    /// If other threads are waiting on this condition with another lock.
    ///
    /// An example: [`wait_all_levels_while`](Self::wait_all_levels_while).
    #[must_use = "`true`: `blocked` said no; `false`: the time ran out and it still said yes"]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn wait_all_levels_while_deadline<G: ReentrantWaitGuard>(
        &self,
        guard: &mut G,
        deadline: Instant,
        blocked: impl FnMut(&mut G) -> bool,
    ) -> bool {
        self.wait_while_within(guard, Levels::All, Patience::Until(deadline), blocked)
    }

    /// Wakes the longest waiting thread, if any. How many were woken.
    ///
    /// An example: [`notify`](Self::notify).
    #[inline]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn notify_one(&self) -> usize {
        self.notify(1)
    }

    /// Wakes the `count` longest waiting threads, or all if there are fewer. How many were woken.
    ///
    /// ```
    /// use tollgate::{Condition, Lock};
    ///
    /// let (go, changed) = (Lock::new(0), Condition::new());
    /// assert_eq!(changed.notify_one(), 0); // nobody waits
    /// std::thread::scope(|s| {
    ///     for _ in 0..5 {
    ///         s.spawn(|| changed.wait(&mut go.lock()));
    ///     }
    ///     while changed.waiting() < 5 {
    ///         std::thread::yield_now();
    ///     }
    ///     let _held = go.lock(); // or some would have gone before the others are notified
    ///     assert_eq!((changed.notify(2), changed.notify_one(), changed.notify_all()), (2, 1, 2));
    /// });
    /// ```
    #[inline]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn notify(&self, count: usize) -> usize {
        if mutated(Mutant::ConditionNotifyWithoutWake) {
            return 0;
        }
        self.tag.notifies();
        self.crowd.notify(count)
    }

    /// Wakes all threads that are waiting. How many were woken.
    ///
    /// An example: [`notify`](Self::notify).
    #[inline]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn notify_all(&self) -> usize {
        self.notify(usize::MAX)
    }

    /// How many threads are waiting at this moment.
    ///
    /// An example: [`notify`](Self::notify).
    pub fn waiting(&self) -> usize {
        self.crowd.waiting()
    }

    #[cfg_attr(feature = "diagnostics", track_caller)]
    fn wait_within<G: WaitGuard>(&self, guard: &mut G, patience: Patience) -> bool {
        self.wait_outside(guard, Levels::One, patience.deadline())
    }

    #[cfg_attr(feature = "diagnostics", track_caller)]
    fn wait_while_within<G: WaitGuard>(
        &self,
        guard: &mut G,
        levels: Levels,
        patience: Patience,
        mut blocked: impl FnMut(&mut G) -> bool,
    ) -> bool {
        if !blocked(guard) {
            return true;
        }
        // One deadline for all the waits, computed when it is clear that there will be one.
        let deadline = patience.deadline();
        loop {
            let notified = self.wait_outside(guard, levels, deadline);
            if !notified && mutated(Mutant::ConditionNoLastLook) {
                return false;
            }
            if !blocked(guard) {
                return true;
            }
            if !notified {
                return false;
            }
        }
    }

    /// One wait, with all levels released meanwhile.
    #[cfg_attr(feature = "diagnostics", track_caller)]
    fn wait_outside<G: WaitGuard>(&self, guard: &mut G, levels: Levels, deadline: Option<Deadline>) -> bool {
        let outside = Outside::new(guard, levels);
        let notified = self.wait_once(outside.raw(), deadline);
        // Before the panic: its hook is user code, and may use the lock.
        drop(outside);
        notified.unwrap_or_else(|AnotherLock { waiting }| two_locks(waiting))
    }

    /// One wait, with the lock released meanwhile. No deadline means that there is no time at all. An error, and nothing has happened, if
    /// others are waiting with another lock.
    #[cfg_attr(feature = "diagnostics", track_caller)]
    fn wait_once(&self, lock: &RawLock, deadline: Option<Deadline>) -> Result<bool, AnotherLock> {
        let waiting = self.tag.waits_without(lock.tag(), deadline);
        // SAFETY: the caller's guard holds the lock, and is borrowed mutably for the whole wait.
        unsafe { self.crowd.wait(lock, deadline, waiting) }
    }
}

/// Nothing has changed.
#[cold]
fn two_locks(waiting: usize) -> ! {
    panic!(
        "Condition: waited on with two locks at once, the other one by {waiting}; all threads that wait at the same time must use one lock"
    );
}

impl Default for Condition {
    fn default() -> Self {
        Condition::new()
    }
}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Condition").field("waiting", &self.waiting()).finish()
    }
}
