//! [`RawLock`] behind `lock_api`'s traits, so that `lock_api::Mutex<RawLock, T>` and what others have built on it run on this
//! lock.
//!
//! Two versions of `lock_api` are in use, and a trait of one is a stranger to the other: features `lock_api` (0.5, which asks for
//! Rust 1.95) and `lock_api_04` (0.4, for this crate's own minimum and parking_lot 0.12). The implementations differ in what a
//! successful call returns.
//!
//! * **Guards are `Send`** (`GuardSend`). A `RawLock` has no owner and any thread may release it; that is its contract, and a
//!   `lock_api` guard shows it. Who wants guards that stay in their thread has [`Lock<T>`](crate::Lock).
//! * **`RawMutexFair` is missing.** It hands the lock over at a given release; this lock does so only when somebody has waited too
//!   long.
//! * **`is_locked` is a load.** The default of 0.4 takes the lock to find out.
//! * Not under loom: `INIT` is a constant, and loom's objects cannot be made before a model runs.
//!
//! The traits' contract is met by the invariants of [`crate::raw_lock`]: mutual exclusion is its invariant 1, the orderings are
//! its "Memory ordering". A lock without a destructor may be moved and dropped locked. Nothing here unwinds.

use crate::platform::{Duration, Instant, torn_down};
use crate::raw_lock::RawLock;

/// `unlock` of either version.
///
/// # Safety
///
/// The caller holds `lock`, and gives it up.
unsafe fn unlock(lock: &RawLock) {
    // A model build that fails drops guards while it unwinds: see `torn_down`.
    if !torn_down() {
        // SAFETY: passed on to the caller.
        unsafe { lock.unlock() }
    }
}

#[cfg(feature = "lock_api")]
mod v05 {
    use super::*;
    use ::lock_api::{GuardSend, RawMutex, RawMutexTimed};

    // SAFETY: see above.
    unsafe impl RawMutex for RawLock {
        const INIT: RawLock = RawLock::new();

        type Guard = GuardSend;

        #[inline]
        fn lock(&self) -> GuardSend {
            self.acquire();
            GuardSend::new()
        }

        #[inline]
        fn try_lock(&self) -> Option<GuardSend> {
            self.try_acquire().then(GuardSend::new)
        }

        #[inline]
        unsafe fn unlock(&self, _: GuardSend) {
            // SAFETY: the caller holds the lock and gives it up.
            unsafe { unlock(self) }
        }

        #[inline]
        fn is_locked(&self) -> bool {
            RawLock::is_locked(self)
        }
    }

    // SAFETY: see above.
    unsafe impl RawMutexTimed for RawLock {
        type Duration = Duration;
        type Instant = Instant;

        #[inline]
        fn try_lock_for(&self, timeout: Duration) -> Option<GuardSend> {
            self.acquire_timeout(timeout).then(GuardSend::new)
        }

        #[inline]
        fn try_lock_until(&self, deadline: Instant) -> Option<GuardSend> {
            self.acquire_deadline(deadline).then(GuardSend::new)
        }
    }
}

#[cfg(feature = "lock_api_04")]
mod v04 {
    use super::*;
    use lock_api_04::{GuardSend, RawMutex, RawMutexTimed};

    // SAFETY: see above.
    unsafe impl RawMutex for RawLock {
        const INIT: RawLock = RawLock::new();

        type GuardMarker = GuardSend;

        #[inline]
        fn lock(&self) {
            self.acquire();
        }

        #[inline]
        fn try_lock(&self) -> bool {
            self.try_acquire()
        }

        #[inline]
        unsafe fn unlock(&self) {
            // SAFETY: the caller holds the lock and gives it up.
            unsafe { unlock(self) }
        }

        #[inline]
        fn is_locked(&self) -> bool {
            RawLock::is_locked(self)
        }
    }

    // SAFETY: see above.
    unsafe impl RawMutexTimed for RawLock {
        type Duration = Duration;
        type Instant = Instant;

        #[inline]
        fn try_lock_for(&self, timeout: Duration) -> bool {
            self.acquire_timeout(timeout)
        }

        #[inline]
        fn try_lock_until(&self, deadline: Instant) -> bool {
            self.acquire_deadline(deadline)
        }
    }
}
