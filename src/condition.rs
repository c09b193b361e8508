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
//! `notify_all` under the lock wakes nobody: it moves the waiters to the lock, each release of which then wakes one. With the lock
//! free it wakes all by one system call. See [`crate::gate`], `crowd`.

use crate::gate::Crowd;
use crate::lock::{LockGuard, OwnedLockGuard};
use crate::platform::{Deadline, Duration, Instant, Mutant, Patience, mutated};
use crate::raw_lock::RawLock;
use std::fmt;

mod sealed {
    use crate::raw_lock::RawLock;

    /// A method of a sealed trait can be called through any bound on the trait, and the lock of somebody else's guard must
    /// not be had so: only this crate can make a key.
    #[derive(Debug)]
    pub struct Key(pub(super) ());

    /// What a condition needs of a guard.
    pub trait Guarded {
        /// The lock that the guard holds.
        fn raw(&self, key: Key) -> &RawLock;
    }
}

impl<T: ?Sized> sealed::Guarded for LockGuard<'_, T> {
    fn raw(&self, _: sealed::Key) -> &RawLock {
        LockGuard::raw(self)
    }
}

impl<T: ?Sized> sealed::Guarded for OwnedLockGuard<T> {
    fn raw(&self, _: sealed::Key) -> &RawLock {
        OwnedLockGuard::raw(self)
    }
}

/// A guard with which one can wait on a [`Condition`]: [`LockGuard`], [`OwnedLockGuard`]. Sealed.
///
/// It gives no way to the lock behind the guard:
///
/// ```compile_fail,E0061
/// fn open<G: tollgate::WaitGuard>(guard: &G) {
///     guard.raw().release().unwrap();
/// }
/// ```
pub trait WaitGuard: sealed::Guarded {}

impl<T: ?Sized> WaitGuard for LockGuard<'_, T> {}
impl<T: ?Sized> WaitGuard for OwnedLockGuard<T> {}

/// Lets threads wait, under a lock, until they are notified. Python's `threading.Condition`, without the lock inside.
///
/// | Python | Rust |
/// |---|---|
/// | `condition = Condition(lock)` | `Condition::new()`; the lock comes with the guard |
/// | `with condition: condition.wait()` | `let mut guard = lock.lock(); condition.wait(&mut guard)` |
/// | `condition.wait_for(predicate)` | [`condition.wait_while(&mut guard, …)`](Condition::wait_while), with the predicate negated |
/// | `condition.notify(n)`, `notify_all()` | the same; the lock need not be held |
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
/// # Memory ordering
///
/// That of the lock, which is held again when a wait returns.
///
/// # Panics
///
/// Waiting panics when other threads are waiting on this condition with another lock. The lock is held as before.
///
/// # Cost
///
/// With nobody waiting, `notify_one`, `notify` and `notify_all` are one load. 32 bytes on a 64-bit system, no allocation.
pub struct Condition {
    crowd: Crowd,
}

impl Condition {
    const_unless_loom! {
        /// A condition with nobody waiting.
        pub fn new() -> Self {
            Condition { crowd: Crowd::new() }
        }
    }

    /// Releases the lock, waits until notified, and locks again.
    ///
    /// # Panics
    ///
    /// If other threads are waiting on this condition with another lock.
    pub fn wait<G: WaitGuard>(&self, guard: &mut G) {
        let notified = self.wait_within(guard, Patience::Forever);
        debug_assert!(notified);
    }

    /// Waits until notified (`true`) or until `timeout` has passed (`false`). The lock is held again in both cases, however
    /// long that takes. `Duration::ZERO` releases the lock and takes it again; `Duration::MAX` is for ever.
    ///
    /// # Panics
    ///
    /// If other threads are waiting on this condition with another lock.
    #[must_use = "whether the wait was notified or timed out"]
    pub fn wait_timeout<G: WaitGuard>(&self, guard: &mut G, timeout: Duration) -> bool {
        self.wait_within(guard, Patience::timeout(timeout))
    }

    /// Waits until notified (`true`) or until `deadline` (`false`). The lock is held again in both cases.
    ///
    /// # Panics
    ///
    /// If other threads are waiting on this condition with another lock.
    #[must_use = "whether the wait was notified or timed out"]
    pub fn wait_deadline<G: WaitGuard>(&self, guard: &mut G, deadline: Instant) -> bool {
        self.wait_within(guard, Patience::Until(deadline))
    }

    /// Waits as long as `blocked` says so. It is asked first before any wait, and then after each notification, with the lock
    /// held. If it panics, the panic goes on with the lock held by `guard`.
    ///
    /// # Panics
    ///
    /// If other threads are waiting on this condition with another lock.
    pub fn wait_while<G: WaitGuard>(&self, guard: &mut G, blocked: impl FnMut(&mut G) -> bool) {
        let unblocked = self.wait_while_within(guard, Patience::Forever, blocked);
        debug_assert!(unblocked);
    }

    /// Waits as long as `blocked` says so, for `timeout` at most: one deadline over all the waits. `true` if `blocked` said
    /// no, which is asked once more after the deadline.
    ///
    /// # Panics
    ///
    /// If other threads are waiting on this condition with another lock.
    #[must_use = "whether the predicate was met or the time ran out"]
    pub fn wait_while_timeout<G: WaitGuard>(
        &self,
        guard: &mut G,
        timeout: Duration,
        blocked: impl FnMut(&mut G) -> bool,
    ) -> bool {
        self.wait_while_within(guard, Patience::timeout(timeout), blocked)
    }

    /// Waits as long as `blocked` says so, until `deadline` at most. `true` if `blocked` said no, which is asked once more
    /// after the deadline.
    ///
    /// # Panics
    ///
    /// If other threads are waiting on this condition with another lock.
    #[must_use = "whether the predicate was met or the time ran out"]
    pub fn wait_while_deadline<G: WaitGuard>(
        &self,
        guard: &mut G,
        deadline: Instant,
        blocked: impl FnMut(&mut G) -> bool,
    ) -> bool {
        self.wait_while_within(guard, Patience::Until(deadline), blocked)
    }

    /// Wakes the longest waiting thread, if any. How many were woken.
    #[inline]
    pub fn notify_one(&self) -> usize {
        self.notify(1)
    }

    /// Wakes the `count` longest waiting threads, or all if there are fewer. How many were woken.
    #[inline]
    pub fn notify(&self, count: usize) -> usize {
        if mutated(Mutant::ConditionNotifyWithoutWake) {
            return 0;
        }
        self.crowd.notify(count)
    }

    /// Wakes all threads that are waiting. How many were woken.
    #[inline]
    pub fn notify_all(&self) -> usize {
        self.notify(usize::MAX)
    }

    /// How many threads are waiting at this moment.
    pub fn waiting(&self) -> usize {
        self.crowd.waiting()
    }

    fn wait_within<G: WaitGuard>(&self, guard: &mut G, patience: Patience) -> bool {
        self.wait_once(guard.raw(sealed::Key(())), patience.deadline())
    }

    fn wait_while_within<G: WaitGuard>(
        &self,
        guard: &mut G,
        patience: Patience,
        mut blocked: impl FnMut(&mut G) -> bool,
    ) -> bool {
        if !blocked(guard) {
            return true;
        }
        // One deadline for all the waits, computed when it is clear that there will be one.
        let deadline = patience.deadline();
        loop {
            let notified = self.wait_once(guard.raw(sealed::Key(())), deadline);
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

    /// One wait, with the lock released meanwhile. No deadline means that there is no time at all.
    fn wait_once(&self, lock: &RawLock, deadline: Option<Deadline>) -> bool {
        // SAFETY: the caller's guard holds the lock, and is borrowed mutably for the whole wait.
        match unsafe { self.crowd.wait(lock, deadline) } {
            Ok(notified) => notified,
            Err(_) => panic!(
                "Condition: waited on with two locks at once; all threads that wait at the same time must use one lock"
            ),
        }
    }
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
