//! What holds the items. A core never waits for an item or for room; that is the face's business.
//!
//! The trait is what the face needs of every core, whatever its order. Its one implementation so far, [`Locked`], is the
//! simple one: a ring buffer, the task count and the shutdown state, under one lock, and a copy of length and state beside it
//! for looks. So every operation is linearizable, at the point in its critical section where it publishes, or at its look, and
//! none is lock-free. Faster cores take its place behind the same trait.

use super::Shutdown;
use super::error::{GetError, PutError, TooManyDone};
use crate::lock::Lock;
use crate::platform::atomic::{
    AtomicUsize,
    Ordering::{Acquire, SeqCst},
};
use crate::platform::{Mutant, mutated};
use crate::watch::Tag;
use std::collections::VecDeque;

/// A container of items with a task count and a shutdown state. All operations are linearizable together.
///
/// Every change ends with a `SeqCst` read-modify-write of a word at which `try_push`, `try_pop` and the looks begin: that is
/// the face's half of the gates' handshake.
pub(crate) trait Core<T> {
    /// Adds an item, and a task.
    fn try_push(&self, item: T) -> Result<(), PutError<T>>;
    /// Takes the first item in the core's order.
    fn try_pop(&self) -> Result<T, GetError>;
    /// Whether `try_push` would do anything but report `Full`. A look.
    fn ends_push(&self) -> bool;
    /// Whether `try_pop` would do anything but report `Empty`. A look.
    fn ends_pop(&self) -> bool;
    /// How many items there are; none after an immediate shutdown.
    fn len(&self) -> usize;
    /// How many items fit, if that is bounded.
    fn capacity(&self) -> Option<usize>;
    /// Whether the core has been shut down in either way.
    fn is_shut_down(&self) -> bool;
    /// How many tasks are not done, and how often there was none.
    fn tasks(&self) -> Tasks;
    /// One task less. `true` if that was the last.
    fn task_done(&self) -> Result<bool, TooManyDone>;
    /// Shuts down. Repeating it, or draining after an immediate shutdown, changes nothing.
    fn shut_down(&self, how: Shutdown) -> Remains<T>;
}

/// The state of the tasks at one moment.
pub(crate) struct Tasks {
    pub(crate) unfinished: usize,
    /// How often `unfinished` has come down to 0. A joiner that sees it change has missed nothing.
    pub(crate) times_idle: usize,
}

/// What an immediate shutdown took out.
pub(crate) struct Remains<T> {
    /// The items, in order. To be dropped outside every lock.
    pub(crate) discarded: VecDeque<T>,
    /// Whether no task is left.
    pub(crate) idle: bool,
}

/// The simple core: everything under one lock.
pub(crate) struct Locked<T> {
    inside: Lock<Inside<T>>,
    /// The number of items times 4, plus the shutdown state: a copy, written under the lock, for looks without it. One
    /// word, so that no look sees the one change without the other.
    status: AtomicUsize,
    capacity: Option<usize>,
}

struct Inside<T> {
    items: VecDeque<T>,
    unfinished: usize,
    times_idle: usize,
    state: usize,
}

impl<T> Inside<T> {
    /// After a change that may have finished the last task: whether there is none left.
    fn note_if_idle(&mut self) -> bool {
        let idle = self.unfinished == 0;
        self.times_idle = self.times_idle.wrapping_add(usize::from(idle));
        idle
    }
}

const OPEN: usize = 0;
const DRAINING: usize = 1;
const CLOSED: usize = 2;
const STATE: usize = 3;
const ITEM: usize = 4;
/// What the status word can count. Only items without a size can be so many on a 64-bit system.
const MOST_ITEMS: usize = usize::MAX / ITEM;

/// A bounded queue allocates its whole ring at once up to this many items; a larger one grows.
const ALLOCATED_AT_ONCE: usize = 1024;
/// A ring of at least this many slots gives half of them back when three quarters are empty.
const WORTH_SHRINKING: usize = 256;

impl<T> Locked<T> {
    const_unless_loom! {
        pub(crate) fn unbounded() -> Self {
            let inside = Inside { items: VecDeque::new(), unfinished: 0, times_idle: 0, state: OPEN };
            Locked { inside: Lock::tagged(Tag::unwatched(), inside), status: AtomicUsize::new(OPEN), capacity: None }
        }
    }

    pub(crate) fn bounded(capacity: usize) -> Self {
        let items = VecDeque::with_capacity(capacity.min(ALLOCATED_AT_ONCE));
        let inside = Inside { items, unfinished: 0, times_idle: 0, state: OPEN };
        Locked {
            inside: Lock::tagged(Tag::unwatched(), inside),
            status: AtomicUsize::new(OPEN),
            capacity: Some(capacity),
        }
    }

    /// Publishes the state of `inside`, which the caller has changed under the lock.
    fn publish(&self, inside: &Inside<T>) {
        // SeqCst: the read-modify-write that the gates' handshake asks of a notifier; those who wait look at the status. And
        // Release: whoever learns of an item from the status also sees what its putter did before.
        self.status.swap(inside.items.len() * ITEM + inside.state, SeqCst);
    }

    fn has_room(&self, len: usize) -> bool {
        self.capacity.is_none_or(|capacity| len < capacity)
    }

    fn status(&self) -> (usize, usize) {
        // Acquire: see `locked`.
        let status = self.status.load(Acquire);
        (status / ITEM, status & STATE)
    }
}

impl<T> Core<T> for Locked<T> {
    fn try_push(&self, item: T) -> Result<(), PutError<T>> {
        // A full queue is seen without the lock: those who wait look often.
        if !self.ends_push() {
            return Err(PutError::Full(item));
        }
        let mut inside = self.inside.lock();
        if inside.state != OPEN && !mutated(Mutant::QueuePutsAfterShutdown) {
            return Err(PutError::ShutDown(item));
        }
        if !self.has_room(inside.items.len()) && !mutated(Mutant::QueuePutsBeyondCapacity) {
            return Err(PutError::Full(item));
        }
        assert!(inside.items.len() < MOST_ITEMS, "Queue: more than {MOST_ITEMS} items");
        inside.items.push_back(item);
        inside.unfinished += 1;
        self.publish(&inside);
        Ok(())
    }

    fn try_pop(&self) -> Result<T, GetError> {
        if !self.ends_pop() {
            return Err(GetError::Empty);
        }
        let mut inside = self.inside.lock();
        match inside.items.pop_front() {
            Some(item) => {
                let slots = inside.items.capacity();
                if self.capacity.is_none() && slots >= WORTH_SHRINKING && inside.items.len() < slots / 4 {
                    inside.items.shrink_to(slots / 2);
                }
                self.publish(&inside);
                Ok(item)
            }
            None if inside.state == OPEN => Err(GetError::Empty),
            None => Err(GetError::ShutDown),
        }
    }

    fn ends_push(&self) -> bool {
        let (len, state) = self.status();
        state != OPEN || self.has_room(len)
    }

    fn ends_pop(&self) -> bool {
        let (len, state) = self.status();
        state != OPEN || len > 0
    }

    fn len(&self) -> usize {
        self.status().0
    }

    fn capacity(&self) -> Option<usize> {
        self.capacity
    }

    fn is_shut_down(&self) -> bool {
        self.status().1 != OPEN
    }

    fn tasks(&self) -> Tasks {
        let inside = self.inside.lock();
        Tasks { unfinished: inside.unfinished, times_idle: inside.times_idle }
    }

    fn task_done(&self) -> Result<bool, TooManyDone> {
        let mut inside = self.inside.lock();
        inside.unfinished = inside.unfinished.checked_sub(1).ok_or(TooManyDone)?;
        Ok(inside.note_if_idle())
    }

    fn shut_down(&self, how: Shutdown) -> Remains<T> {
        let mut inside = self.inside.lock();
        let mut discarded = VecDeque::new();
        match how {
            Shutdown::Drain => inside.state = inside.state.max(DRAINING),
            Shutdown::Immediate => {
                inside.state = CLOSED;
                discarded = std::mem::take(&mut inside.items);
                if !mutated(Mutant::QueueDiscardUncounted) {
                    // Only what is discarded: tasks that were taken stay open. Saturating, as in CPython: `task_done` may
                    // have been called for an item that still lay here.
                    inside.unfinished = inside.unfinished.saturating_sub(discarded.len());
                }
            }
        }
        self.publish(&inside);
        Remains { discarded, idle: inside.note_if_idle() }
    }
}
