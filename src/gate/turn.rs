//! Notified in turn: a crowd that needs one lock comes out a few at a time.
//!
//! Whoever notifies many waiters that will all want the same lock would wake a herd: one system call each, and then all but one
//! find the lock taken and sleep again. So [`Gate::notify_in_turn`](super::Gate::notify_in_turn) takes all of them off the line,
//! which is what being notified means, but tells only the first [`WIDTH`]. Each of them gets the waiters behind it in its strand, and
//! tells the next one as soon as it has the lock: that one wakes up while the first is inside.
//!
//! ```text
//!   notifier ──tells──► 1 ──has the lock, tells──► 3 ──► 5
//!            ──tells──► 2 ──has the lock, tells──► 4 ──► 6
//! ```
//!
//! Moving the sleepers to the lock's word inside the kernel (`FUTEX_REQUEUE`) would come to the same number of calls: there each
//! unlock wakes the next, one step later than here. It needs one futex word for all sleepers, or a call for each.
//!
//! **No notification is lost**: a waiter that was taken off the line cannot leave before it has been told, also if its time is up
//! (it has to wait for the lock in any case), and [`Turn`] tells the next one in its destructor. **The price**: a thread that is
//! stopped between being told and having the lock holds up those behind it in its strand.

use super::list::{RELEASED, Waiter};
use super::tell;
use crate::platform::{Mutant, mutated, torn_down};

/// How many of a crowd are on their way to the lock at a time. One in the models, so that two waiters make a strand.
pub(super) const WIDTH: usize = if cfg!(any(loom, shuttle)) { 1 } else { 2 };

/// What a notified waiter owes to the next one in its strand. Drop it with the lock in hand.
#[derive(Debug)]
#[must_use = "to be dropped when the lock is held again"]
pub(crate) struct Turn {
    next: *const Waiter,
    /// Made by a destructor in the course of a panic, and not itself struck by it.
    amid_panic: bool,
}

impl Turn {
    /// # Safety
    ///
    /// `next` is null, or a waiter that was taken off its line for good, has not been told, and will be told by nobody else.
    pub(super) unsafe fn of(next: *const Waiter) -> Self {
        Turn { next, amid_panic: torn_down() }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if (torn_down() && !self.amid_panic) || mutated(Mutant::GateTurnForgotten) {
            return;
        }
        // SAFETY: null or a waiter that stays alive until it is told, by the contract of `of`.
        if let Some(next) = unsafe { self.next.as_ref() } {
            // SAFETY: as above.
            unsafe { tell(&raw const next.word, RELEASED) };
        }
    }
}
