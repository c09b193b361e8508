//! Last in, first out: Treiber's stack over a [slab](super::slab), bounded or not.
//!
//! Treiber, "Systems Programming: Coping with Parallelism", IBM RJ 5118 (1986). The head is one word, a tag and the number of the top
//! node; each node links to the one below. Two things are added:
//!
//! * **A bound that is exact.** Each node knows its depth, and that of the top is the length. So "full" and the length are read
//!   off the stack itself. (Taking "no node is free" for "full" would be wrong: a popper that has taken its item and not yet given the
//!   node back makes a stack full and empty at once, for ever if it stops there.)
//! * **Nodes to spare.** The slab has more nodes than the bound, and grows if more threads than that are inside at once, so one that
//!   stops with a node in hand takes no room from the others.
//!
//! # Invariants
//!
//! 1. Those of the slab; the head is tagged as that of the free list is, so no value of it comes twice.
//! 2. The links of the nodes in the stack do not change while they are there.
//! 3. A node's depth is 1 more than that of the node below, and the bound at most.
//!
//! # Where operations take effect
//!
//! * A push and a pop: at the compare-exchange of the head that succeeds. It follows on the very store that was read before
//!   (invariant 1), so the link that was read meanwhile was that of the top.
//! * "Empty": at the load of the head.
//! * "Full" and the length: at the first of two loads of the head that read the same value. Between them the depth of the
//!   top was read; had that been of a later use of the node, then by its `Acquire` the second load would come after the change of the head
//!   that took the node out, and read another value.
//!
//! # Memory ordering
//!
//! A push releases its item and its link with the exchange of the head, and whoever loads the head acquires them; see
//! [the slab](super::slab) for release sequences. `SeqCst` on the exchanges is for [the gate](super) alone: for the stack itself a
//! push would do with `Release` and a pop with `Relaxed`.
//!
//! # Progress
//!
//! Lock-free, all of it; `len` and the looks too (they begin again only when another operation has succeeded). No elimination: a
//! push and a pop that meet could exchange the item beside the head. That takes arrays of exchangers and pays on many cores
//! (Hendler, Shavit, Yerushalmi, SPAA 2004); on the two that we had nothing can be measured that speaks for it.

use super::slab::{Index, NONE, Slab, high, low, pack};
use super::{Container, drop_rest};
use crate::platform::atomic::{
    AtomicU64,
    Ordering::{Acquire, Relaxed, Release, SeqCst},
};
use crate::platform::{Mutant, mutated};
use crossbeam_utils::CachePadded;
use std::fmt;

/// See the module.
pub struct Stack<T> {
    /// Tag and top node.
    head: CachePadded<AtomicU64>,
    slab: Slab<T>,
    /// The greatest depth.
    capacity: u32,
}

/// Nodes beyond the capacity, for threads that are inside.
const SPARE: usize = 16;
/// A slab allocates this many nodes at once, and no more.
const ALLOCATED_AT_ONCE: usize = 1024;

impl<T> Stack<T> {
    /// A stack for up to `capacity` items, all of whose memory is allocated now if that is not more than a thousand.
    ///
    /// # Panics
    ///
    /// If `capacity` is 0 or more than 2^31.
    pub fn bounded(capacity: usize) -> Self {
        let first = (capacity.saturating_add(SPARE)).min(ALLOCATED_AT_ONCE);
        Stack::with(capacity, Slab::with_first_block(first))
    }

    /// A stack without a bound but that of 2^32 - 2 items.
    pub fn unbounded() -> Self {
        Stack { head: Self::nothing(), slab: Slab::new(32), capacity: u32::MAX }
    }

    /// The same as `bounded`, with a first block of `first` nodes: for models that are to see the slab grow.
    ///
    /// # Panics
    ///
    /// As `bounded`.
    pub fn with_first_block(capacity: usize, first: usize) -> Self {
        Stack::with(capacity, Slab::new(first))
    }

    fn with(capacity: usize, slab: Slab<T>) -> Self {
        assert!((1..=1 << 31).contains(&capacity), "tollgate: a stack for {capacity} items");
        Stack { head: Self::nothing(), slab, capacity: capacity as u32 }
    }

    fn nothing() -> CachePadded<AtomicU64> {
        CachePadded::new(AtomicU64::new(pack(0, NONE)))
    }

    /// The depth of the top node; for a head that is not the newest any more, any number.
    #[inline]
    fn depth(&self, head: u64) -> u32 {
        match low(head) {
            NONE => 0,
            // Acquire: if another user of the node has written this, then so that our next load of the head comes after its taking out.
            top => high(self.slab.node(top).link.load(Acquire)),
        }
    }

    /// A head and its depth, at one moment.
    #[inline]
    fn look(&self) -> (u64, u32) {
        // Acquire: the top node.
        let mut head = self.head.load(Acquire);
        loop {
            let depth = self.depth(head);
            // Acquire: it may be the first load of the next round.
            match self.head.load(Acquire) {
                same if same == head || mutated(Mutant::StackLooksOnce) => return (head, depth),
                now => head = now,
            }
        }
    }

    /// A head and a depth below the capacity; what they are worth, the exchange of the head decides. `None` if the stack is full.
    #[inline]
    fn room(&self) -> Option<(u64, u32)> {
        // Acquire: the top node.
        let head = self.head.load(Acquire);
        let depth = self.depth(head);
        if depth < self.capacity {
            return Some((head, depth));
        }
        let (head, depth) = self.look();
        (depth < self.capacity).then_some((head, depth))
    }

    /// Publishes a node of the caller's. `false` if there is no room.
    #[inline]
    fn push_node(&self, node: Index, mut seen: Option<(u64, u32)>) -> bool {
        while let Some((head, depth)) = seen {
            // Release: for those who still take the node for an earlier top, see `depth`.
            self.slab.node(node).link.store(pack(depth + 1, low(head)), Release);
            let new = pack(high(head).wrapping_add(1), node);
            // Release: the item and the link. SeqCst: the gate.
            if self.head.compare_exchange(head, new, SeqCst, Relaxed).is_ok() {
                return true;
            }
            seen = self.room();
        }
        false
    }
}

impl<T> Container<T> for Stack<T> {
    #[inline]
    fn try_push(&self, item: T) -> Result<(), T> {
        let seen = self.room();
        if seen.is_none() {
            return Err(item);
        }
        let node = self.slab.take();
        // SAFETY: just taken.
        unsafe { self.slab.write(node, item) };
        if self.push_node(node, seen) {
            return Ok(());
        }
        // SAFETY: not published, and written to above.
        let item = unsafe { self.slab.read(node) };
        self.slab.give(node);
        Err(item)
    }

    #[inline]
    fn try_pop(&self) -> Option<T> {
        // Acquire: the item and the link of the top node.
        let mut head = self.head.load(Acquire);
        loop {
            let top = low(head);
            if top == NONE {
                return None;
            }
            // Relaxed: if it is not the link of the top, the exchange fails.
            let next = low(self.slab.node(top).link.load(Relaxed));
            let new = pack(high(head).wrapping_add(1), next);
            // SeqCst: the gate. Acquire of a failure: as above.
            match self.head.compare_exchange(head, new, SeqCst, Acquire) {
                Ok(_) => {
                    // SAFETY: taken out by us, with the item that its pusher wrote before it published the node.
                    let item = unsafe { self.slab.read(top) };
                    self.slab.give(top);
                    return Some(item);
                }
                Err(now) => head = now,
            }
        }
    }

    fn len(&self) -> usize {
        self.look().1 as usize
    }

    fn has_room(&self) -> bool {
        self.room().is_some()
    }

    fn has_item(&self) -> bool {
        // Acquire: who learns of an item also sees what its pusher did before.
        low(self.head.load(Acquire)) != NONE
    }
}

impl<T> Drop for Stack<T> {
    fn drop(&mut self) {
        if !crate::platform::torn_down() {
            drop_rest(|| self.try_pop());
        }
    }
}

impl<T> fmt::Debug for Stack<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stack").field("len", &self.len()).field("capacity", &self.capacity).finish()
    }
}
