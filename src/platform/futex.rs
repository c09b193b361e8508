//! The futex, as the floors above see it: the calls of the back end, and what is made of them.

use super::atomic::{AtomicU32, Ordering};
use super::{Deadline, Wait, back_end};

pub(crate) use back_end::futex::{end_of, requeue, wait_on, wake_on};

/// All channels. A sleeper listens on a set of channels, and a wake goes to a set of channels: it reaches those who have one in
/// common with it.
pub(crate) const EVERY: u32 = !0;

/// Sleeps while `word` holds `expected`, until woken or `deadline`; may return early.
pub(crate) fn wait(word: &AtomicU32, expected: u32, deadline: &Deadline) -> Wait {
    wait_on(word, expected, deadline, EVERY)
}

/// Wakes up to `count` of those who sleep on the word at this address, the longest sleeping first.
#[cfg_attr(any(loom, shuttle), track_caller)]
pub(crate) fn wake(word: *const AtomicU32, count: u32) {
    wake_on(word, count, EVERY);
}

/// Wakes one of those who sleep at this address. The word may be gone: if a stranger sleeps there by now, every wait tolerates that.
#[cfg_attr(any(loom, shuttle), track_caller)]
pub(crate) fn wake_at(word: *const AtomicU32) {
    back_end::futex::wake_in_step(word, 1);
}

/// Swaps `value` in and, if the word held a value for which `sleeps`, wakes its one waiter. The swap is the last access to
/// the memory: the waiter may return and free the word at once, and the wake goes by address alone. It may then hit a stranger,
/// which every wait tolerates.
///
/// # Safety
///
/// `word` must be live until the swap.
#[cfg_attr(any(loom, shuttle), track_caller)]
pub(crate) unsafe fn store_and_wake(
    word: *const AtomicU32,
    value: u32,
    ordering: Ordering,
    sleeps: impl FnOnce(u32) -> bool,
) {
    // SAFETY: live by contract; the reference ends with the statement.
    let before = unsafe { &*word }.swap(value, ordering);
    if sleeps(before) {
        wake_at(word);
    }
}
