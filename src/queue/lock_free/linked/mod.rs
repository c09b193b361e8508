//! First in, first out: Michael and Scott's queue over a [slab](super::slab), with a bound, an end, tasks and batches.
//!
//! Michael and Scott, "Simple, Fast, and Practical Non-Blocking and Blocking Concurrent Queue Algorithms", PODC 1996. A chain of nodes; the head
//! names the one before the first item, the tail the last one or one that was. Four things are different:
//!
//! * **Positions.** Head and tail carry the position of their node beside its number: the first node has 0, each one more than the one before. So the
//!   length is a difference, the bound is checked by it, and no value of either word comes back before 2^32 items have passed.
//! * **The item lies in a node of its own**, whose number is in the link that leads to its node. In the original a getter copies the item before it
//!   knows that it is its own; an item of Rust's may not be looked at like that. So an item takes two nodes; they are taken by one exchange and given back by one.
//! * **The end is in the chain**: the link of the last node says whether another may follow. A push that has not seen the shutdown fails at its exchange.
//! * **Batches.** A chain is pushed by one exchange, and popped by one.
//!
//! # A link
//!
//! | | bits 32..64 | bits 0..32 |
//! |---|---|---|
//! | of the last node | its position | `END`, perhaps `CLOSED`, and how often the capacity has been set |
//! | of another one | the node with the next item | the next node |
//! | of a free one | 0 | the next free one, or `NONE`, which is no end |
//!
//! # Invariants
//!
//! 1. Those of the slab: one owner, and blocks stay.
//! 2. The chain from the node of the head leads over that of the tail to one last node; positions grow by 1. Head and tail only go forward, along the chain, and
//!    the head not beyond the tail.
//! 3. The link of a node in the chain changes in this order: ends (each raises the count, or sets `CLOSED`), then once to its successor. After `CLOSED` it has none.
//!    So no value of a link that is an end comes back: the position is in it.
//! 4. The capacity that holds is in the cell that the last bit of the count names; it does not change there. Who sets one writes it to the other cell, one
//!    thread at a time, and then raises the count. A push leaves no more items than that.
//! 5. Who moves the head owns the nodes that it has passed, and the items of those to which it has come.
//! 6. *A task for every item*: it is counted before the push, and not taken back after it.
//!
//! # Where operations take effect
//!
//! * A push: when the tail passes its node, by whoever's exchange. Its exchange of the last link makes that certain, and nobody can tell the two apart:
//!   whoever would meet the node moves the tail past it first. A chain is pushed node by node.
//! * A pop: at its exchange of the head. A pop of many takes what the tail had passed when it looked, so it may take fewer than there are by then.
//! * "Empty": at an exchange of the head's link for itself. It is an end with the position of the head: that was the last node, and the head there, since it is not beyond.
//! * "Full": at an exchange of the head for itself, between two loads of the last link that read the same: meanwhile nobody pushed, popped, or set a capacity.
//! * Shutdown, draining: at the exchange that sets `CLOSED`. An immediate one is that, and then an exchange that moves the head to the last
//!   node, for nobody pushes any more: two steps, and a third for [the tasks](super::tasks).
//! * "Shut down": at the load of a last link that is `CLOSED`; for good.
//! * A new capacity: at the exchange of the last link.
//! * The length: at the load of the tail between two loads of the head that read the same.
//!
//! # Memory ordering
//!
//! Getters that say no meet pushes at the last link; each push acquires the link that it follows on, so pushes happen one before the other, and those exchanges
//! for itself in between. Putters that say no meet pops, and new capacities, at the head. These exchanges are `AcqRel`: "Saying no" in [the module above](super).
//!
//! What is read of a node between a load of head or tail and an exchange that succeeds is of that use of the node: it is taken from the chain only after the
//! head has passed it, and the head after the tail. The exchange of the tail is `Release`, and getters acquire it, for that alone.
//!
//! # Progress
//!
//! Lock-free, but for two new capacities at once. Who finds the tail behind moves it on; a thread that stops takes two nodes along, or the chain of its batch.

mod chain;
mod core;

use super::super::face::drop_each;
use super::super::ledger::Refused;
use super::super::store::ALLOCATED_AT_ONCE;
use super::bound::Bound;
use super::slab::{Index, NONE, Slab, high, low, pack};
use super::tasks::TaskCount;
use crate::platform::atomic::{
    AtomicU64,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};
use crate::platform::{Mutant, mutated, torn_down};
use crossbeam_utils::CachePadded;

/// In the lower half of the last link.
const END: u32 = 1 << 31;
const CLOSED: u32 = 1 << 30;
const COUNT: u32 = (1 << 29) - 1;

/// The most items that a bounded one is made for.
pub(crate) const MOST: usize = 1 << 29;
/// Nodes beyond those for the items, for threads that are inside.
const SPARE: usize = 16;

/// See the module.
pub(crate) struct Linked<T> {
    /// Position and number of the node before the first item.
    head: CachePadded<AtomicU64>,
    back: CachePadded<Back>,
    slab: Slab<T>,
    bound: Bound,
    /// What an immediate shutdown has left: how many items, and the node before them.
    discarded: AtomicU64,
}

/// What every put writes.
#[repr(C)]
struct Back {
    /// Position and number of the last node, or of one that was.
    tail: AtomicU64,
    tasks: TaskCount,
}

/// The last node, at some moment: as the tail names it, and its link.
#[derive(Clone, Copy)]
struct Last {
    tail: u64,
    link: u64,
}

/// Whether a link's lower half is that of a last node.
fn is_end(low: u32) -> bool {
    low & END != 0 && low != NONE
}

impl<T> Linked<T> {
    /// For up to `capacity` items now, and up to `most` later; all of the memory for up to a thousand is allocated now.
    pub(crate) fn bounded(capacity: usize, most: usize) -> Self {
        let first = if cfg!(any(loom, shuttle)) { 4 } else { (2 * most + SPARE).min(2 * ALLOCATED_AT_ONCE) };
        Linked::new(capacity, Some(most), Slab::with_first_block(first))
    }

    /// Without a bound but that of memory, and of 2^30 items.
    pub(crate) fn unbounded() -> Self {
        Linked::new(u32::MAX as usize, None, Slab::new(if cfg!(any(loom, shuttle)) { 4 } else { 64 }))
    }

    fn new(capacity: usize, most: Option<usize>, slab: Slab<T>) -> Self {
        debug_assert!(most.is_none_or(|most| most <= MOST));
        let first = slab.take();
        slab.node(first).link.store(pack(0, END), Relaxed);
        Linked {
            head: CachePadded::new(AtomicU64::new(pack(0, first))),
            back: CachePadded::new(Back { tail: AtomicU64::new(pack(0, first)), tasks: TaskCount::new() }),
            slab,
            bound: Bound::new(capacity, most),
            discarded: AtomicU64::new(pack(0, NONE)),
        }
    }

    #[inline]
    fn head(&self) -> u64 {
        // Acquire: its node, and how far the tail had come when the head came there.
        self.head.load(Acquire)
    }

    /// Changes the head. AcqRel: see "Memory ordering" in the module.
    #[inline]
    fn exchange_head(&self, head: u64, new: u64) -> bool {
        self.head.compare_exchange(head, new, AcqRel, Relaxed).is_ok()
    }

    #[inline]
    fn tail(&self) -> u64 {
        // Acquire: its node; and see "Memory ordering" in the module.
        self.back.tail.load(Acquire)
    }

    /// Moves the tail on. `false` if somebody else has.
    #[inline]
    fn pass(&self, tail: u64, new: u64) -> bool {
        // Release: the new node, and see "Memory ordering" in the module.
        self.back.tail.compare_exchange(tail, new, Release, Relaxed).is_ok()
    }

    #[inline]
    fn link(&self, node: Index) -> u64 {
        // Acquire: the node, and item, that it leads to, or the capacity. (It may be of a later use of the node; then the loads that follow show, if not now
        // then soon, that head or tail have gone on.)
        self.slab.node(node).link.load(Acquire)
    }

    /// Changes the link of a node in the chain. AcqRel: see "Memory ordering" in the module.
    #[inline]
    fn exchange_link(&self, node: Index, link: u64, new: u64) -> bool {
        self.slab.node(node).link.compare_exchange(link, new, AcqRel, Relaxed).is_ok()
    }

    /// The last node. Moves the tail to it.
    #[inline]
    fn last(&self) -> Last {
        loop {
            let tail = self.tail();
            let link = self.link(low(tail));
            if !is_end(low(link)) {
                if low(link) != NONE {
                    self.pass(tail, pack(high(tail).wrapping_add(1), low(link)));
                }
            } else if high(link) == high(tail) {
                return Last { tail, link };
            }
        }
    }

    /// How many items fit by the link of a last node; for one that is not the newest any more, any number.
    #[inline]
    fn capacity_by(&self, link: u64) -> u32 {
        self.bound.at(low(link) & 1 != 0)
    }

    /// What a push is to follow on, and how many items more there is room for. What it is worth, the exchange of the link decides; "not
    /// now" is decided here.
    #[inline]
    fn admit(&self) -> Result<(Last, u32), Refused> {
        loop {
            // Before the tail: so the difference is not less than what it is when the tail is seen.
            let head = if self.bound.most().is_some() { self.head() } else { 0 };
            let last = self.last();
            if low(last.link) & CLOSED != 0 && !mutated(Mutant::QueuePutsAfterShutdown) {
                return Err(Refused::ShutDown);
            }
            if self.bound.most().is_none() {
                return Ok((last, u32::MAX));
            }
            let room = self.capacity_by(last.link).saturating_sub(high(last.tail).wrapping_sub(high(head)));
            if room > 0 || mutated(Mutant::QueuePutsBeyondCapacity) {
                return Ok((last, room.max(1)));
            }
            if mutated(Mutant::LinkedSaysNoAtOnce) {
                return Err(Refused::NotNow);
            }
            // Relaxed: who has set a capacity has exchanged the head after it, so if that came before our exchange, it is seen.
            let link = || self.slab.node(low(last.tail)).link.load(Relaxed);
            if self.exchange_head(head, head) && (link() == last.link || mutated(Mutant::LinkedFullSeenOnce))
            {
                return Err(Refused::NotNow);
            }
        }
    }

    /// The head and its link, which leads to the first item. Or that there is none.
    #[inline]
    fn first(&self) -> Result<(u64, u64), Refused> {
        loop {
            let head = self.head();
            let link = self.link(low(head));
            if low(link) == NONE {
                continue;
            }
            if !is_end(low(link)) {
                // The tail first (invariant 2). It is not behind the head.
                if self.tail() == head && !mutated(Mutant::LinkedLeavesTailBehind) {
                    self.pass(head, pack(high(head).wrapping_add(1), low(link)));
                }
                return Ok((head, link));
            }
            if high(link) == high(head) {
                if low(link) & CLOSED != 0 {
                    return Err(Refused::ShutDown);
                }
                if mutated(Mutant::LinkedSaysNoAtOnce) || self.exchange_link(low(head), link, link) {
                    return Err(Refused::NotNow);
                }
            }
        }
    }

    /// How far the tail is ahead of the head, at one moment.
    #[inline]
    fn length(&self) -> u32 {
        let mut head = self.head();
        loop {
            let tail = self.tail();
            match self.head() {
                same if same == head || mutated(Mutant::LinkedLooksOnce) => {
                    return high(tail).wrapping_sub(high(head));
                }
                now => head = now,
            }
        }
    }

    /// Sets `CLOSED`, if nobody has. The last node there will be.
    fn close(&self) -> u64 {
        loop {
            let last = self.last();
            if low(last.link) & CLOSED != 0
                || self.exchange_link(low(last.tail), last.link, last.link | u64::from(CLOSED))
            {
                return last.tail;
            }
        }
    }
}

impl<T> Drop for Linked<T> {
    fn drop(&mut self) {
        if torn_down() {
            return;
        }
        let left = self.pop_chain(u32::MAX).ok().map(|chain| self.empty(chain));
        drop_each(left.into_iter().flatten().chain(self.take_discarded()));
    }
}
