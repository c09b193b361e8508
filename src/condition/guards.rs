//! The guards with which one can wait, and how their thread steps out of its levels for a wait: see "Over an `RLock`" in [`super`].

use crate::lock::{LockGuard, OwnedLockGuard};
use crate::platform::torn_down;
use crate::raw_lock::RawLock;
use crate::rlock::{OwnedRLockGuard, RLockGuard};

mod sealed {
    use crate::raw_lock::RawLock;

    /// A method of a sealed trait can be called through any bound on the trait, and the lock of somebody else's guard must
    /// not be had so: only this crate can make a key.
    #[derive(Debug)]
    pub struct Key(pub(super) ());

    /// What a condition needs of a guard. Only an [`RLock`](crate::RLock) has levels.
    pub trait Guarded {
        /// The lock that the guard holds.
        fn raw(&self, key: Key) -> &RawLock;

        /// How many guards of this thread hold it.
        fn levels(&mut self, _: Key) -> u32 {
            1
        }

        /// Before the lock is released, whatever its levels; how many there were.
        ///
        /// # Safety
        ///
        /// Nothing but a release of `raw`, an acquisition and [`Guarded::step_in`] follows. If there is more than one level, the value
        /// is `Sync`.
        unsafe fn step_out(&mut self, _: Key) -> u32 {
            1
        }

        /// After the lock has been acquired again.
        ///
        /// # Safety
        ///
        /// `raw` has been acquired again, and `levels` is what `step_out` returned.
        unsafe fn step_in(&mut self, _: Key, levels: u32) {
            let _ = levels;
        }
    }
}

impl<T: ?Sized> sealed::Guarded for LockGuard<'_, T> {
    fn raw(&self, _: sealed::Key) -> &RawLock {
        LockGuard::raw(self)
    }
}

impl<T: ?Sized> sealed::Guarded for RLockGuard<'_, T> {
    fn raw(&self, _: sealed::Key) -> &RawLock {
        RLockGuard::raw(self)
    }

    fn levels(&mut self, _: sealed::Key) -> u32 {
        RLockGuard::levels(self)
    }

    unsafe fn step_out(&mut self, _: sealed::Key) -> u32 {
        // SAFETY: by contract.
        unsafe { RLockGuard::step_out(self) }
    }

    unsafe fn step_in(&mut self, _: sealed::Key, levels: u32) {
        // SAFETY: by contract.
        unsafe { RLockGuard::step_in(self, levels) }
    }
}

impl<T: ?Sized> sealed::Guarded for OwnedRLockGuard<T> {
    fn raw(&self, _: sealed::Key) -> &RawLock {
        OwnedRLockGuard::raw(self)
    }

    fn levels(&mut self, _: sealed::Key) -> u32 {
        OwnedRLockGuard::levels(self)
    }

    unsafe fn step_out(&mut self, _: sealed::Key) -> u32 {
        // SAFETY: by contract.
        unsafe { OwnedRLockGuard::step_out(self) }
    }

    unsafe fn step_in(&mut self, _: sealed::Key, levels: u32) {
        // SAFETY: by contract.
        unsafe { OwnedRLockGuard::step_in(self, levels) }
    }
}

impl<T: ?Sized> sealed::Guarded for OwnedLockGuard<T> {
    fn raw(&self, _: sealed::Key) -> &RawLock {
        OwnedLockGuard::raw(self)
    }
}

/// A guard with which one can wait on a [`Condition`](crate::Condition): [`LockGuard`], [`OwnedLockGuard`], [`RLockGuard`],
/// [`OwnedRLockGuard`]. Sealed.
///
/// ```
/// use std::time::Duration;
/// use tollgate::{Condition, Lock, RLock, WaitGuard};
///
/// fn pause<G: WaitGuard>(condition: &Condition, guard: &mut G) -> bool {
///     condition.wait_timeout(guard, Duration::from_millis(1))
/// }
///
/// let never = Condition::new();
/// assert!(!pause(&never, &mut Lock::new(0).lock()) && !pause(&never, &mut RLock::new(0).lock()));
/// ```
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
impl<T: ?Sized> WaitGuard for RLockGuard<'_, T> {}
impl<T: ?Sized> WaitGuard for OwnedLockGuard<T> {}
impl<T: ?Sized> WaitGuard for OwnedRLockGuard<T> {}

/// A guard with which one can wait though its thread has others of the same [`RLock`](crate::RLock): [`RLockGuard`] and
/// [`OwnedRLockGuard`] of a value that is `Sync`. Sealed, as [`WaitGuard`] is.
///
/// While such a wait lasts the other guards lend the value, and other threads have the lock. Whoever implements this for a guard
/// promises that its value is `Sync`.
///
/// ```
/// use std::time::Duration;
/// use tollgate::{Condition, RLock, ReentrantWaitGuard};
///
/// fn pause<G: ReentrantWaitGuard>(condition: &Condition, guard: &mut G) -> bool {
///     condition.wait_all_levels_timeout(guard, Duration::from_millis(1))
/// }
///
/// let lock = RLock::new(0);
/// let _outer = lock.lock();
/// assert!(!pause(&Condition::new(), &mut lock.lock())); // nobody has notified
/// ```
pub trait ReentrantWaitGuard: WaitGuard {}

impl<T: ?Sized + Sync> ReentrantWaitGuard for RLockGuard<'_, T> {}
impl<T: ?Sized + Sync> ReentrantWaitGuard for OwnedRLockGuard<T> {}

/// Of how many levels a wait may find the lock held. `All` is for guards of values that are `Sync`.
#[derive(Clone, Copy)]
pub(super) enum Levels {
    One,
    All,
}

/// A guard whose thread has stepped out of its levels, for one wait. It steps in again when this is dropped: at the end of every wait,
/// and on the way of a panic out of it.
pub(super) struct Outside<'a, G: WaitGuard> {
    guard: &'a mut G,
    levels: u32,
}

impl<'a, G: WaitGuard> Outside<'a, G> {
    pub(super) fn new(guard: &'a mut G, levels: Levels) -> Self {
        let held = guard.levels(sealed::Key(()));
        if held > 1 && matches!(levels, Levels::One) {
            several_levels(held);
        }
        // SAFETY: this value is made for `wait_once` alone, which releases the lock and acquires it or does neither, and steps in
        // afterwards; it is not leaked. If there is more than one level, the value is `Sync`: those who pass `All` have a
        // `ReentrantWaitGuard`.
        let levels = unsafe { guard.step_out(sealed::Key(())) };
        Outside { guard, levels }
    }

    /// The lock that the thread still holds.
    pub(super) fn raw(&self) -> &RawLock {
        self.guard.raw(sealed::Key(()))
    }
}

impl<G: WaitGuard> Drop for Outside<'_, G> {
    fn drop(&mut self) {
        if !torn_down() {
            // SAFETY: `wait_once` is over, so the lock is held.
            unsafe { self.guard.step_in(sealed::Key(()), self.levels) }
        }
    }
}

/// Nothing has changed.
#[cold]
fn several_levels(held: u32) -> ! {
    panic!(
        "Condition: wait at depth {held} of an RLock, whose outer guards still lend the value; wait at depth 1, or use wait_all_levels, \
         for which the value has to be Sync"
    );
}
