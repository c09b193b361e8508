//! First in, first out, bounded, lock-free: a ring of slots that say everything, and two positions that only help to find them.
//!
//! The line of Shann, Huang and Chen, "A practical nonblocking queue algorithm using compare-and-swap" (ICPADS 2000), as corrected by
//! Colvin and Groves (ICECCS 2005): a slot is filled first, the position moves on second, and whoever finds it lagging moves it. With
//! two changes: the count in a slot is the *turn* of the slot, and so says by itself what a position has to be compared with there,
//! also in a ring of one slot; and what lies in a slot is the number of a [slab's](crate::queue::lock_free::slab) node, in which the item was written
//! before. So nobody ever waits for an item on its way, as in Vyukov's ring and its descendants.
//!
//! Position `p` of the queue (its `p`-th item ever) is the slot `p mod n` in its lap `l = p div n`, for any capacity `n` from 1. A slot's
//! word holds its turn and a node:
//!
//! ```text
//!   turn 2l       empty, waits for the item of lap l
//!   turn 2l + 1   full, with the item of lap l in the node
//!   turn 2l + 2   empty, waits for lap l + 1 …
//! ```
//!
//! # Invariants
//!
//! 1. A slot's turns follow each other without a gap. So no value of a word comes twice (in 2^31 laps; see the slab about its tag).
//! 2. Positions are filled in order: `p` is filled by one who saw `tail = p`, and `tail` gets from `p` to `p + 1` only when `p` has been
//!    filled. So when somebody has seen `tail = p`, everything before `p` was filled, and `tail` is behind by 1 at most.
//! 3. Positions are emptied in order: the same with `head`. While `head` lags, the slot that it shows may have been filled again, for
//!    the lap after: "over" is every turn beyond `2l + 1`. (Only `2l + 2` was, once; then a thread that stopped between the two steps of a
//!    pop from a full ring kept all others from popping. The model "push, pop | push, pop" of one slot found it.)
//! 4. A node in a slot belongs to the ring, any other to a thread or to the slab; there are more of them than slots.
//!
//! # Where operations take effect
//!
//! * A push and a pop: at the exchange of the slot's word that succeeds.
//! * "Empty": at the load of a slot that finds turn `2l` where `head` was. Everything before that position has been taken
//!   (3), it has not been filled, and so nothing behind it has (2): there is no item. The other position is not looked at.
//! * "Full": at the load of a slot that finds turn `2l - 1` where `tail` was. All before `tail` is filled (2); of these the oldest that can
//!   still be there, `n` before it, is; so are the others (3): there are `n` items.
//! * The length: at the second of three loads, see `len`.
//!
//! In each case one load or exchange decides, and no two words have to be read at the same moment. That is why the try-operations are
//! linearizable without an effort.
//!
//! # Memory ordering
//!
//! The exchange of a slot releases the item's node, and a load of it acquires that. `head` and `tail` move with `Release` and are read
//! with `Acquire`, so that who sees a position also sees that the slots before it had their turns (2, 3): otherwise it might look at a
//! slot and see a turn long past. For the same reason a push loads its slot with `Acquire`, though it needs no item there: when it finds
//! the position filled and moves the tail on, it stands in for the filler, and has to have seen what that one had. (It was `Relaxed` for a
//! while. The model "full: pop, push | pop, push" then found a push that saw another thread's push and not the same thread's pop before,
//! and said "full" of a ring that was not.) `SeqCst` on the slot's exchanges is for [the gate](super).
//!
//! # Progress
//!
//! Lock-free, all of it: a position that lags is moved by whoever needs it, and a thread that stops takes one node with it, for which
//! the slab has others.
//!
//! # Why not another one
//!
//! *SCQ* (Nikolaev, DISC 2019) needs two rings of indices, four read-modify-writes for an operation, and a power of two; and its
//! queue of items says "full" while a popper has an index in hand, empty or not: with one that stopped there a queue of capacity 1 is
//! full for ever. *LPRQ* (Romanov, Koval, PPoPP 2023) is unbounded, of closed rings.

use super::super::lock_free::slab::{NONE, Slab, high, low, pack};
use super::line::Line;
use super::{Container, drop_rest};
use crate::platform::atomic::{
    AtomicU64,
    Ordering::{Acquire, Relaxed, Release, SeqCst},
};
use crate::platform::{Mutant, mutated};
use crossbeam_utils::CachePadded;
use std::fmt;

/// See the module.
pub struct Ring<T> {
    /// Where the next item goes; 1 behind at most.
    tail: CachePadded<AtomicU64>,
    /// Where the next item is taken; 1 behind at most.
    head: CachePadded<AtomicU64>,
    slots: Box<[AtomicU64]>,
    slab: Slab<T>,
    line: Line,
}

/// Nodes beyond the capacity, for threads that are inside.
const SPARE: usize = 16;

/// How far a slot's turn is from that of a position.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// Full, with the item of the lap before.
    Before,
    /// Empty, for this lap.
    Empty,
    /// Full, with the item of this lap.
    Full,
    /// This lap is over, and the next one may have begun.
    Over,
}

impl<T> Ring<T> {
    /// A ring for `capacity` items. All memory is allocated now.
    ///
    /// # Panics
    ///
    /// If `capacity` is 0 or more than 2^30.
    pub fn new(capacity: usize) -> Self {
        Ring::with(capacity, Slab::with_first_block(capacity.saturating_add(SPARE)))
    }

    /// The same, with a slab that begins with `first` nodes: for models that are to see it grow.
    ///
    /// # Panics
    ///
    /// As `new`.
    pub fn with_first_block(capacity: usize, first: usize) -> Self {
        Ring::with(capacity, Slab::new(first))
    }

    fn with(capacity: usize, slab: Slab<T>) -> Self {
        let line = Line::new(capacity);
        Ring {
            tail: CachePadded::new(AtomicU64::new(0)),
            head: CachePadded::new(AtomicU64::new(0)),
            slots: (0..capacity).map(|_| AtomicU64::new(pack(0, NONE))).collect(),
            slab,
            line,
        }
    }

    #[inline]
    fn slot(&self, position: u64) -> &AtomicU64 {
        &self.slots[self.line.slot(position)]
    }

    /// What a slot's word says to who looks from this position.
    #[inline]
    fn turn(&self, word: u64, position: u64) -> Turn {
        match high(word).wrapping_sub(self.line.turn(position)) {
            0 => Turn::Empty,
            1 => Turn::Full,
            u32::MAX => Turn::Before,
            _ => Turn::Over,
        }
    }

    /// Moves `end` on from a position that has been filled, or emptied, unless somebody has.
    #[inline]
    fn advance(&self, end: &AtomicU64, position: u64) {
        // Release: the turn that the slot of `position` has had.
        let _ = end.compare_exchange(position, self.line.next(position), Release, Relaxed);
    }

    /// The tail, and the word of its slot, which has not been filled; the latter is what was loaded last.
    #[inline]
    fn true_tail(&self) -> (u64, u64) {
        loop {
            // Acquire: the turns of the slots before.
            let tail = self.tail.load(Acquire);
            // Acquire: what the filler of this position had seen, for whom we may move the tail on: see the module.
            let word = self.slot(tail).load(Acquire);
            match self.turn(word, tail) {
                Turn::Before | Turn::Empty => return (tail, word),
                Turn::Full | Turn::Over if mutated(Mutant::RingHelpsNobody) => {}
                Turn::Full | Turn::Over => self.advance(&self.tail, tail),
            }
        }
    }

    /// The head, and the word of its slot, which has not been emptied; the latter is what was loaded last.
    #[inline]
    fn true_head(&self) -> (u64, u64) {
        loop {
            // Acquire: the turns of the slots before.
            let head = self.head.load(Acquire);
            // Acquire: the node and its item.
            let word = self.slot(head).load(Acquire);
            match self.turn(word, head) {
                Turn::Empty | Turn::Full => return (head, word),
                Turn::Over => self.advance(&self.head, head),
                // Only of an old load: who sees a head sees the slots before it emptied.
                Turn::Before => {}
            }
        }
    }
}

impl<T> Container<T> for Ring<T> {
    #[inline]
    fn try_push(&self, item: T) -> Result<(), T> {
        let (mut tail, mut word) = self.true_tail();
        if self.turn(word, tail) == Turn::Before {
            return Err(item);
        }
        let node = self.slab.take();
        // SAFETY: just taken.
        unsafe { self.slab.write(node, item) };
        loop {
            if self.turn(word, tail) == Turn::Before {
                // SAFETY: not published, and written to above.
                let item = unsafe { self.slab.read(node) };
                self.slab.give(node, node);
                return Err(item);
            }
            let full = pack(self.line.turn(tail).wrapping_add(1), node);
            // Release: the node's item. SeqCst: the gate.
            if self.slot(tail).compare_exchange(word, full, SeqCst, Relaxed).is_ok() {
                self.advance(&self.tail, tail);
                return Ok(());
            }
            (tail, word) = self.true_tail();
        }
    }

    #[inline]
    fn try_pop(&self) -> Option<T> {
        loop {
            let (head, word) = self.true_head();
            if self.turn(word, head) == Turn::Empty {
                return None;
            }
            let empty = pack(self.line.turn(head).wrapping_add(2), NONE);
            // SeqCst: the gate. That the item is gone, the slab says to who gets the node.
            if self.slot(head).compare_exchange(word, empty, SeqCst, Relaxed).is_ok() {
                self.advance(&self.head, head);
                // SAFETY: invariant 4: it was the ring's, and we have taken it out, with the item of its pusher.
                let item = unsafe { self.slab.read(low(word)) };
                self.slab.give(low(word), low(word));
                return Some(item);
            }
        }
    }

    /// The position `tail` is not filled from the first load of its slot to the second; at the load of the head's slot between
    /// them, `head` is what has not been emptied. So there is a moment at which both are as found.
    fn len(&self) -> usize {
        loop {
            let (tail, _) = self.true_tail();
            let (head, _) = self.true_head();
            // Relaxed: behind the load of the head's slot, which was an `Acquire`.
            let again = self.slot(tail).load(Relaxed);
            let unfilled = matches!(self.turn(again, tail), Turn::Before | Turn::Empty);
            if unfilled || mutated(Mutant::RingLenLooksOnce) {
                return self.line.between(head, tail);
            }
        }
    }

    fn has_room(&self) -> bool {
        let (tail, word) = self.true_tail();
        self.turn(word, tail) == Turn::Empty
    }

    fn has_item(&self) -> bool {
        let (head, word) = self.true_head();
        self.turn(word, head) == Turn::Full
    }
}

impl<T> Drop for Ring<T> {
    fn drop(&mut self) {
        if !crate::platform::torn_down() {
            drop_rest(|| self.try_pop());
        }
    }
}

impl<T> fmt::Debug for Ring<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ring").field("len", &self.len()).field("capacity", &self.slots.len()).finish()
    }
}
