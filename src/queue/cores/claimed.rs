//! First in, first out, bounded, claim then publish: the fast rival of [`super::Ring`], and not lock-free.
//!
//! Vyukov's bounded queue (1024cores.net, 2011): a push claims a position by one exchange of `tail`, writes its item into the slot itself
//! and publishes it by the slot's turn; a pop likewise with `head`. One read-modify-write for each. Turns are counted as in [`super::Ring`]:
//! `2l` waits for the item of lap `l`, `2l + 1` has it. (Vyukov's own numbers take a full slot for a free one at capacity 1.)
//!
//! His try-operations say "full" or "empty" while another thread has claimed the slot and not come through with it, and so are
//! not linearizable. Here they ask the positions. A push is in the queue from its claim on: if the slot does not have
//! the turn that an operation needs, and the positions say that there is an item (or room), then somebody is in the middle
//! of an operation there, and it waits for that one: a bounded spin, then naps.
//!
//! # Invariants
//!
//! 1. `head <= tail <= head + n`, and there are `tail - head` items at any moment.
//! 2. Between the exchange that claims a position and the store of the slot's next turn, the slot belongs to who claimed it.
//! 3. A position is claimed for a push only by one who saw the turn `2l` of its slot while `tail` was there, so after the pop a lap before
//!    has left it; for a pop, the turn `2l + 1`.
//!
//! # Where operations take effect
//!
//! * A push and a pop: at the exchange that claims.
//! * "Empty" and "full", and the length: at the load of the other position between two loads of the own one that read the same.
//!
//! # Memory ordering
//!
//! The slot's turn is stored with `Release` and loaded with `Acquire`: the item on the way in, its absence on the way out. The
//! positions publish nothing by themselves; they are loaded with `Acquire` and move with `Release` so that who sees one position also sees
//! what its owner had seen of the other: otherwise "empty" could be said of a `tail` that is older than the `head` beside it.
//! `SeqCst` is for [the gate](super).
//!
//! # Progress
//!
//! A thread that stops between its claim and its turn's store blocks whoever needs that slot: the pop of that item, all later pops, and
//! when the ring has come round, all pushes. Nobody burns a core for it.

use super::line::Line;
use super::{Container, drop_rest};
use crate::platform::atomic::{
    AtomicU32, AtomicU64,
    Ordering::{Acquire, Relaxed, Release, SeqCst},
};
use crate::platform::{Mutant, Spin, UnsafeCell, mutated, nap, spin_until};
use crossbeam_utils::CachePadded;
use std::fmt;
use std::mem::MaybeUninit;

/// See the module.
pub struct Claimed<T> {
    tail: CachePadded<AtomicU64>,
    head: CachePadded<AtomicU64>,
    slots: Box<[Slot<T>]>,
    line: Line,
}

struct Slot<T> {
    turn: AtomicU32,
    item: UnsafeCell<MaybeUninit<T>>,
}

// SAFETY: it owns items that threads hand each other, one owner at a time (invariant 2), and never lends one.
unsafe impl<T: Send> Send for Claimed<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Claimed<T> {}

impl<T> Claimed<T> {
    /// A ring for `capacity` items. All memory is allocated now.
    ///
    /// # Panics
    ///
    /// If `capacity` is 0 or more than 2^30.
    pub fn new(capacity: usize) -> Self {
        let line = Line::new(capacity);
        let mut slots = Box::<[Slot<T>]>::new_uninit_slice(capacity);
        for slot in &mut slots {
            let slot = slot.as_mut_ptr();
            // SAFETY: within the allocation; field by field, so that large items do not pass through the stack.
            unsafe {
                (&raw mut (*slot).turn).write(AtomicU32::new(0));
                UnsafeCell::make_empty(&raw mut (*slot).item);
            }
        }
        Claimed {
            tail: CachePadded::new(AtomicU64::new(0)),
            head: CachePadded::new(AtomicU64::new(0)),
            // SAFETY: each of them was just made.
            slots: unsafe { slots.assume_init() },
            line,
        }
    }

    #[inline]
    fn slot(&self, position: u64) -> &Slot<T> {
        &self.slots[self.line.slot(position)]
    }

    /// The other position at a moment at which `own` was at `position`; `None` if it has moved on.
    #[inline]
    fn beside(&self, own: &AtomicU64, position: u64, other: &AtomicU64) -> Option<u64> {
        // Acquire: what moved it was seen by who moved it; see the module.
        let there = other.load(Acquire);
        // Relaxed: behind an `Acquire`, and the same that was seen before, or of no use.
        (own.load(Relaxed) == position || mutated(Mutant::ClaimedLooksOnce)).then_some(there)
    }

    /// Waits until the slot's turn is another than `seen`: somebody is in the middle of an operation there.
    #[cold]
    fn wait_for(slot: &Slot<T>, seen: u32) {
        // Acquire in vain: the caller looks again.
        let moved = || slot.turn.load(Relaxed) != seen;
        if !spin_until(Spin::for_hand_off(), moved) {
            for naps in 0.. {
                if moved() {
                    return;
                }
                nap(&slot.turn, seen, naps);
            }
        }
    }

    /// Both positions, at one moment.
    fn ends(&self) -> (u64, u64) {
        loop {
            // Acquire: see the module.
            let tail = self.tail.load(Acquire);
            if let Some(head) = self.beside(&self.tail, tail, &self.head) {
                return (head, tail);
            }
        }
    }
}

impl<T> Container<T> for Claimed<T> {
    #[inline]
    fn try_push(&self, item: T) -> Result<(), T> {
        loop {
            // Acquire: see the module.
            let tail = self.tail.load(Acquire);
            let slot = self.slot(tail);
            let wanted = self.line.turn(tail);
            // Acquire: that the item before is gone.
            let turn = slot.turn.load(Acquire);
            if turn == wanted {
                let next = self.line.next(tail);
                // Release: see the module. SeqCst: the gate.
                if self.tail.compare_exchange(tail, next, SeqCst, Relaxed).is_ok() {
                    // SAFETY: invariants 2 and 3: claimed, and empty.
                    slot.item.with_mut(|place| unsafe { (*place).write(item) });
                    // Release: the item.
                    slot.turn.store(wanted.wrapping_add(1), Release);
                    return Ok(());
                }
                continue;
            }
            match self.beside(&self.tail, tail, &self.head) {
                Some(_) if mutated(Mutant::ClaimedTrustsTurns) => return Err(item),
                Some(head) if self.line.between(head, tail) >= self.slots.len() => return Err(item),
                Some(_) => Self::wait_for(slot, turn),
                None => {}
            }
        }
    }

    #[inline]
    fn try_pop(&self) -> Option<T> {
        loop {
            // Acquire: see the module.
            let head = self.head.load(Acquire);
            let slot = self.slot(head);
            let wanted = self.line.turn(head).wrapping_add(1);
            // Acquire: the item.
            let turn = slot.turn.load(Acquire);
            if turn == wanted {
                let next = self.line.next(head);
                // Release: see the module. SeqCst: the gate.
                if self.head.compare_exchange(head, next, SeqCst, Relaxed).is_ok() {
                    // SAFETY: invariants 2 and 3: claimed, and with an item, which is taken out once.
                    let item = slot.item.with_mut(|place| unsafe { (*place).assume_init_read() });
                    // Release: that it is gone.
                    slot.turn.store(wanted.wrapping_add(1), Release);
                    return Some(item);
                }
                continue;
            }
            match self.beside(&self.head, head, &self.tail) {
                Some(_) if mutated(Mutant::ClaimedTrustsTurns) => return None,
                Some(tail) if tail == head => return None,
                Some(_) => Self::wait_for(slot, turn),
                None => {}
            }
        }
    }

    fn len(&self) -> usize {
        let (head, tail) = self.ends();
        self.line.between(head, tail)
    }

    fn has_room(&self) -> bool {
        self.len() < self.slots.len()
    }

    fn has_item(&self) -> bool {
        let (head, tail) = self.ends();
        head != tail
    }
}

impl<T> Drop for Claimed<T> {
    fn drop(&mut self) {
        if !crate::platform::torn_down() {
            drop_rest(|| self.try_pop());
        }
    }
}

impl<T> fmt::Debug for Claimed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claimed").field("len", &self.len()).field("capacity", &self.slots.len()).finish()
    }
}
