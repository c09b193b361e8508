//! The books of a queue: how many items and tasks there are, how many items fit, and whether it has been shut down.
//!
//! They lie under one [latch](crate::latch), together with what an order *keeps* there (its items, or an inbox of them), so that an item and its
//! count change in one step. Whatever order the items have, every operation takes effect in its section here, or at
//! its look at the status; that is what makes all of them linearizable together.
//!
//! # The status word
//!
//! A copy of what looks need to know, written under the latch. One word, so that no look sees one change without another that
//! came before it:
//!
//! | bits | | |
//! |---|---|---|
//! | 0, 1 | `OPEN`, `DRAINING` or `CLOSED` | only ever up |
//! | 2 | `FULL` | as many items as the capacity allows, or more: it may have been lowered |
//! | 3.. | number of items | 0 when `CLOSED` |
//!
//! # Steps
//!
//! [`admit`](Ledger::admit) and [`claim`](Ledger::claim) open the books for so many items to come or go, and leave them open until
//! the caller has moved the items ([`Books::added`], [`Books::taken`]). No user code runs meanwhile. An item that is claimed is the
//! claimant's from then on, wherever it lies: a priority queue finds out later which one it is. If that fails, it is
//! [given back](Ledger::give_back).
//!
//! # Memory ordering
//!
//! Sections happen one before the other, and that is all that the gates' handshake needs: no call says "not now" by a look at the status
//! alone, the `try_` forms neither. (A waiter's try after it has joined a line would then have to be ordered behind the joining by fences, and
//! a change before its notifier's look by a second read-modify-write. And a failing try that only looks, be it behind a fence,
//! leaves a thread that puts and then reads a flag of its own unaware of one that sets the flag and then finds the queue empty; found in review.)
//! Looks are for those who spin, and for users: a bare look (`len` and the like) is ordered with nothing.

use super::Shutdown;
use super::error::TooManyDone;
use crate::latch::{Latch, Section};
use crate::platform::atomic::{
    AtomicUsize,
    Ordering::{Acquire, Release},
};
use crate::platform::{Mutant, mutated};

const OPEN: usize = 0;
const DRAINING: usize = 1;
const CLOSED: usize = 2;
const STATE: usize = 3;
const FULL: usize = 4;
const ITEM: usize = 8;
/// What the status word can count. Only items without a size can be so many on a 64-bit system.
pub(super) const MOST_ITEMS: usize = usize::MAX / ITEM;

/// See the module. What every put and get writes comes first, in this order, and fits one cache line with a ring for what is kept (64-bit
/// systems): with it on two lines a queue of capacity 1 was 0.64 to 0.81 times as fast on 16 CPUs.
#[repr(C)]
pub(crate) struct Ledger<S> {
    status: AtomicUsize,
    inside: Latch<Inside<S>>,
    /// The largest capacity that can be set; `None`: there is no bound, ever.
    most: Option<usize>,
}

#[repr(C)]
struct Inside<S> {
    // What a put counts up lies apart: side by side two would be read as one, and stall on the store of the one by the get before.
    kept: S,
    capacity: usize,
    len: usize,
    times_idle: usize,
    /// 64 bits everywhere: without `task_done` it counts all puts there ever were.
    unfinished: u64,
    state: usize,
}

impl<S> Inside<S> {
    /// After a change that may have finished the last task: whether there is none left.
    fn note_if_idle(&mut self) -> bool {
        let idle = self.unfinished == 0;
        self.times_idle =
            self.times_idle.wrapping_add(usize::from(idle && !mutated(Mutant::LedgerIdleUncounted)));
        idle
    }
}

/// Why nothing was admitted or claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// No room, or no item: it may be otherwise later.
    NotNow,
    /// The queue has been shut down.
    ShutDown,
}

/// The state of the tasks at one moment.
pub(crate) struct Tasks {
    pub(crate) unfinished: usize,
    /// How often `unfinished` has come down to 0. A joiner that sees it change has missed nothing.
    pub(crate) times_idle: usize,
}

impl<S> Ledger<S> {
    const_unless_loom! {
        pub(crate) fn unbounded(kept: S) -> Self {
            Ledger::new(kept, usize::MAX, None)
        }
    }

    /// For up to `capacity` items now, and up to `most` later.
    pub(crate) fn bounded(kept: S, capacity: usize, most: usize) -> Self {
        debug_assert!(0 < capacity && capacity <= most);
        Ledger::new(kept, capacity, Some(most))
    }

    const_unless_loom! {
        fn new(kept: S, capacity: usize, most: Option<usize>) -> Self {
            let inside = Inside { kept, len: 0, unfinished: 0, capacity, times_idle: 0, state: OPEN };
            Ledger { status: AtomicUsize::new(OPEN), inside: Latch::new(inside), most }
        }
    }

    /// Publishes the state of `inside`, which the caller has changed in this section.
    #[inline]
    fn publish(&self, inside: &Inside<S>) {
        let full = if inside.len >= inside.capacity { FULL } else { 0 };
        // Release: whoever learns of an item from the status also sees what its putter did before.
        self.status.store(inside.len * ITEM + full + inside.state, Release);
    }

    #[inline]
    fn status(&self) -> usize {
        // Acquire: see `publish`.
        self.status.load(Acquire)
    }

    /// How many items `admit` would take, were the capacity what it can be at most; 1 if it would refuse for good. A look.
    #[inline]
    pub(crate) fn room(&self) -> usize {
        let status = self.status();
        match status & (STATE | FULL) {
            OPEN => self.most.map_or(MOST_ITEMS, |most| most.saturating_sub(status / ITEM).max(1)),
            FULL => 0,
            _ => 1,
        }
    }

    /// Whether `admit` would do anything but report `NotNow`, in a section of its own.
    pub(crate) fn surely_ends_put(&self) -> bool {
        let inside = self.inside.enter();
        inside.state != OPEN || inside.len < inside.capacity
    }

    /// How many items `claim` would find; 1 if it would refuse for good. A look.
    #[inline]
    pub(crate) fn gain(&self) -> usize {
        let status = self.status();
        (status / ITEM).max(usize::from(status & STATE != OPEN))
    }

    /// Whether `claim` would do anything but report `NotNow`, in a section of its own.
    pub(crate) fn surely_ends_get(&self) -> bool {
        let inside = self.inside.enter();
        inside.state != OPEN || inside.len > 0
    }

    /// How many items there are. A look.
    pub(crate) fn len(&self) -> usize {
        self.status() / ITEM
    }

    /// Whether there is no room. A look.
    pub(crate) fn is_full(&self) -> bool {
        self.status() & FULL != 0
    }

    /// Whether the queue has been shut down in either way. A look.
    pub(crate) fn is_shut_down(&self) -> bool {
        self.status() & STATE != OPEN
    }

    /// Whether the queue has been shut down at once. A look.
    pub(crate) fn is_closed(&self) -> bool {
        self.status() & STATE == CLOSED
    }

    /// Whether there is a bound. It stays so.
    pub(crate) fn is_bounded(&self) -> bool {
        self.most.is_some()
    }

    /// Opens the books for up to `wanted` new items, as many as there is room for, at least one.
    #[inline]
    pub(crate) fn admit(&self, wanted: usize) -> Result<Books<'_, S>, Refused> {
        let inside = self.inside.enter();
        if inside.state != OPEN && !mutated(Mutant::QueuePutsAfterShutdown) {
            return Err(Refused::ShutDown);
        }
        let mut count = wanted.min(inside.capacity.saturating_sub(inside.len));
        if mutated(Mutant::QueuePutsBeyondCapacity) {
            count = wanted;
        }
        if count == 0 {
            return Err(Refused::NotNow);
        }
        let len = inside.len;
        assert!(
            count <= MOST_ITEMS - len,
            "Queue::put: {count} items more than the {len} there are; a queue of any order holds at most {MOST_ITEMS}"
        );
        Ok(Books { ledger: self, inside, count })
    }

    /// Opens the books for up to `wanted` items to go, as many as there are, at least one.
    #[inline]
    pub(crate) fn claim(&self, wanted: usize) -> Result<Books<'_, S>, Refused> {
        let inside = self.inside.enter();
        match wanted.min(inside.len) {
            0 if inside.state == OPEN => Err(Refused::NotNow),
            0 => Err(Refused::ShutDown),
            count => Ok(Books { ledger: self, inside, count }),
        }
    }

    /// Takes back `count` items that were claimed and could not be found. What became of them.
    pub(crate) fn give_back(&self, count: usize) -> GivenBack {
        let mut inside = self.inside.enter();
        if inside.state == CLOSED {
            // Discarded like the others.
            inside.unfinished = inside.unfinished.saturating_sub(count as u64);
            return GivenBack::Discarded { idle: inside.note_if_idle() };
        }
        inside.len += count;
        self.publish(&inside);
        GivenBack::There
    }

    /// What is kept, to be looked at or taken out, with the number of items that can be got.
    pub(crate) fn with_kept<R>(&self, look: impl FnOnce(&mut S, usize) -> R) -> R {
        let mut inside = self.inside.enter();
        let len = inside.len;
        look(&mut inside.kept, len)
    }

    /// How many items fit, if that is bounded.
    pub(crate) fn capacity(&self) -> Option<usize> {
        self.most?;
        Some(self.inside.enter().capacity)
    }

    /// The largest capacity that can be set.
    pub(crate) fn most(&self) -> Option<usize> {
        self.most
    }

    /// From now on up to `capacity` items fit. `false`, and nothing has changed, if that is not to be had.
    pub(crate) fn set_capacity(&self, capacity: usize) -> bool {
        if capacity == 0 || self.most.is_none_or(|most| capacity > most) {
            return false;
        }
        let mut inside = self.inside.enter();
        inside.capacity = capacity;
        self.publish(&inside);
        true
    }

    pub(crate) fn tasks(&self) -> Tasks {
        let inside = self.inside.enter();
        let unfinished = usize::try_from(inside.unfinished).unwrap_or(usize::MAX);
        Tasks { unfinished, times_idle: inside.times_idle }
    }

    /// How many items fit, if that is bounded, and how many tasks are unfinished; `None` if somebody is at the books. For `Debug`, which does
    /// not wait.
    pub(crate) fn glance(&self) -> Option<(Option<usize>, u64)> {
        let inside = self.inside.try_enter()?;
        Some((self.most.map(|_| inside.capacity), inside.unfinished))
    }

    /// One task less. `true` if that was the last.
    pub(crate) fn task_done(&self) -> Result<bool, TooManyDone> {
        let mut inside = self.inside.enter();
        inside.unfinished = inside.unfinished.checked_sub(1).ok_or(TooManyDone)?;
        Ok(inside.note_if_idle())
    }

    /// Shuts down; whether no task is left. Repeating it, or draining after an immediate shutdown, changes nothing. After an
    /// immediate one no item can be claimed; those that are still kept are to be taken out and dropped.
    pub(crate) fn shut_down(&self, how: Shutdown) -> bool {
        let mut inside = self.inside.enter();
        match how {
            Shutdown::Drain => inside.state = inside.state.max(DRAINING),
            Shutdown::Immediate => {
                inside.state = CLOSED;
                let discarded = std::mem::take(&mut inside.len);
                if !mutated(Mutant::QueueDiscardUncounted) {
                    // Only what is discarded: tasks that were taken stay open. Saturating, as in CPython: `task_done` may
                    // have been called for an item that still lay here.
                    inside.unfinished = inside.unfinished.saturating_sub(discarded as u64);
                }
            }
        }
        self.publish(&inside);
        inside.note_if_idle()
    }
}

/// What became of items that were given back.
pub(crate) enum GivenBack {
    /// They can be got again.
    There,
    /// The queue has been shut down at once meanwhile; whether no task is left.
    Discarded { idle: bool },
}

/// The open books: the latch is held, and `count` items are to be moved.
pub(crate) struct Books<'a, S> {
    ledger: &'a Ledger<S>,
    inside: Section<'a, Inside<S>>,
    count: usize,
}

impl<S> Books<'_, S> {
    #[inline]
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    #[inline]
    pub(crate) fn kept(&mut self) -> &mut S {
        &mut self.inside.kept
    }

    /// Closes the books: `count` items, and tasks, have come.
    #[inline]
    pub(crate) fn added(mut self) {
        self.inside.len += self.count;
        self.inside.unfinished += self.count as u64;
        self.ledger.publish(&self.inside);
    }

    /// Closes the books: `count` items have gone.
    #[inline]
    pub(crate) fn taken(mut self) {
        self.inside.len -= self.count;
        self.ledger.publish(&self.inside);
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn a_glance_does_not_wait_for_open_books() {
        let ledger = Ledger::bounded((), 2, 4);
        let books = ledger.admit(1).unwrap();
        assert_eq!(ledger.glance(), None);
        books.added();
        assert_eq!(ledger.glance(), Some((Some(2), 1)));
    }
}
