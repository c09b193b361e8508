//! The specification of a lock: one step to take it, one to give it back. Models put it in the place of the real ones, see
//! `abstract_locks`.

use super::atomic::{
    AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
};
use super::{Deadline, Wait, futex};

const FREE: u32 = 0;
const HELD: u32 = 1;

/// Waits until the lock is free and takes it; `false` if the time is up first.
pub(crate) fn acquire_until(word: &AtomicU32, deadline: &Deadline) -> bool {
    loop {
        let timed_out = futex::wait(word, HELD, deadline) == Wait::TimedOut;
        if word.compare_exchange(FREE, HELD, Acquire, Relaxed).is_ok() {
            return true;
        }
        if timed_out {
            return false;
        }
    }
}

/// Waits until the lock is free and takes it.
pub(crate) fn acquire(word: &AtomicU32) {
    let acquired = acquire_until(word, &Deadline::NEVER);
    debug_assert!(acquired);
}

/// Gives the lock back. It has no count of its sleepers, so each release wakes one.
///
/// # Safety
///
/// `word` is live until the store, which is the last access; and the caller holds the lock.
pub(crate) unsafe fn release(word: *const AtomicU32) {
    // SAFETY: by contract.
    unsafe { futex::store_and_wake(word, FREE, Release, |_| true) };
}
