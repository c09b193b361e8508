//! Last in, first out: Treiber's stack over a [slab](super::slab), with a bound, an end and tasks.
//!
//! Treiber, "Systems Programming: Coping with Parallelism", IBM RJ 5118 (1986). The head is one word: the number of the top node, and a
//! mark; each node links to the one below. Four things are added:
//!
//! * **A bound that is exact.** Each node knows its depth, and that of the top is the length. So "full" and the length are read
//!   off the stack itself. (Taking "no node is free" for "full" would be wrong: a popper that has taken its item and not yet given the
//!   node back makes a stack full and empty at once, for ever if it stops there.)
//! * **Nodes to spare.** The slab has more nodes than the bound, and grows if more threads than that are inside at once, so one that
//!   stops with a node in hand takes no room from the others.
//! * **An end.** Whether the queue was shut down is in the head too, so that a push which has not seen it fails at its exchange. An immediate
//!   shutdown takes the whole chain in the step that says so.
//! * **Batches.** A chain is pushed by one exchange, and popped by one.
//!
//! # The head
//!
//! | bits | | |
//! |---|---|---|
//! | 0..32 | top | the top node, or `NONE` |
//! | 32 | `SHUT` | no more pushes |
//! | 33 | `CLOSED` | nothing can be popped either; only ever with `SHUT` and `NONE` |
//! | 34 | `CELL` | which of the two capacities holds |
//! | 35..64 | turn | raised by every pop, and with every new capacity |
//!
//! # Invariants
//!
//! 1. Those of the slab: one owner, and blocks stay.
//! 2. *No value of the head comes back.* Between two turns nodes only come, each another one, the bits of the end are set once, and `CELL` stays. So an
//!    exchange of the head that succeeds followed on the very store that its expected value was read from, but for exchanges of a value for itself.
//! 3. The links of the nodes in the stack do not change while they are there: they lead down, and a node's depth is 1 more than that of the node below.
//! 4. The capacity in the cell that `CELL` names does not change. Who sets one writes it to the other cell, one thread at a time, and then turns
//!    the bit. A push leaves a depth of no more than the capacity that holds.
//! 5. *A task for every item*: it is counted before the push, and not taken back after it.
//!
//! # Where operations take effect
//!
//! * A push, a pop, of one item or a chain, a shutdown, a new capacity: at the exchange of the head that succeeds.
//! * "Empty" and "full": at an exchange of the head for itself. It followed on the store that was read before (2), so what was read of the top
//!   meanwhile, and of the capacity, was so.
//! * "Shut down": at the load of the head that says so; for good.
//! * Looks (length, capacity): at the first of two loads of the head that read the same. Between them the depth of the
//!   top was read; had that been of a later use of the node, then by its `Acquire` the second load would come after the change of the head
//!   that took the node out, and read another value.
//! * Tasks: [at the task count](super::tasks). So a put is two steps, its task and its item, and an immediate shutdown two also: the items are gone, and then
//!   their tasks.
//!
//! # Memory ordering
//!
//! The exchanges of the head, those for itself too, are `AcqRel`: each happens before the next. That is the notifiers' half of the
//! [gates' handshake](super); and it makes all that is read between a load of the head and an exchange that succeeds a matter of
//! invariants alone. For let a thread read a link (or a capacity) that was written for a later use, and its exchange succeed
//! nevertheless. The writer came after the change of the head that took the node out (that turned the bit), and that change after the exchange, which it acquired:
//! so the read happened before the write that it read from.
//!
//! Links are released and acquired for looks alone, which have no exchange. Who follows a chain before the exchange has said that it is the right one may come by
//! numbers whose blocks it has not seen made; then it is not the right one.
//!
//! # Progress
//!
//! Lock-free, all of it, but for two new capacities at once; `len` and the looks too (they begin again only when another operation has succeeded). No elimination: a
//! push and a pop that meet could exchange the item beside the head. That takes arrays of exchangers and pays on many cores
//! (Hendler, Shavit, Yerushalmi, SPAA 2004); on the two that we had nothing can be measured that speaks for it.
//!
//! The turn has 29 bits. To be deceived, a thread has to stop between its load and its exchange for exactly a multiple of 2^29 pops (about ten seconds
//! of them, one after the other) and find the same node on top: 1 in 2^29 for a thread that stops so long. We call that never.

mod chain;
mod core;

use super::super::face::drop_each;
use super::super::ledger::Refused;
use super::super::store::ALLOCATED_AT_ONCE;
use super::bound::Bound;
use super::slab::{NONE, Slab, high, low, pack};
use super::tasks::TaskCount;
use crate::platform::atomic::{
    AtomicU32, AtomicU64,
    Ordering::{AcqRel, Acquire, Relaxed},
};
use crate::platform::{Mutant, after_clash, mutated, torn_down};
use crossbeam_utils::CachePadded;

/// In the upper half of the head.
const SHUT: u32 = 1;
const CLOSED: u32 = 1 << 1;
const CELL: u32 = 1 << 2;
const TURN: u32 = 1 << 3;

/// The most items that a bounded one is made for.
pub(crate) const MOST: usize = 1 << 30;
/// Nodes beyond the capacity, for threads that are inside.
const SPARE: usize = 16;

/// So many nodes are made at once for so many items. In a model two: each node is more to explore.
fn first_block(items: usize) -> usize {
    if cfg!(any(loom, shuttle)) { 2 } else { items.saturating_add(SPARE).min(ALLOCATED_AT_ONCE) }
}

/// See the module.
#[cfg_attr(
    not(feature = "experimental_cores"),
    expect(unreachable_pub, reason = "a candidate for benches and models too")
)]
pub struct Stack<T> {
    front: CachePadded<Front>,
    slab: Slab<T>,
    bound: Bound,
    /// The chain that an immediate shutdown has taken and that is still to be dropped.
    discarded: AtomicU32,
}

/// What every put writes.
#[repr(C)]
struct Front {
    head: AtomicU64,
    tasks: TaskCount,
}

/// What a push found: the head, the depth of its top, and how many items more there is room for.
#[derive(Clone, Copy)]
struct Found {
    head: u64,
    depth: u32,
    room: u32,
}

impl<T> Stack<T> {
    /// For up to `capacity` items now, and up to `most` later; all of the memory for up to a thousand is allocated now.
    pub(crate) fn bounded(capacity: usize, most: usize) -> Self {
        Stack::new(capacity, Some(most), Slab::with_first_block(first_block(most)))
    }

    /// Without a bound but that of 2^31 items.
    pub(crate) fn unbounded() -> Self {
        Stack::new(u32::MAX as usize, None, Slab::new(first_block(SPARE)))
    }

    /// For up to `capacity` items, with a first block of `first` nodes: for models that are to see the slab grow.
    #[cfg(feature = "experimental_cores")]
    pub fn with_first_block(capacity: usize, first: usize) -> Self {
        Stack::new(capacity, Some(capacity), Slab::new(first))
    }

    fn new(capacity: usize, most: Option<usize>, slab: Slab<T>) -> Self {
        debug_assert!(most.is_none_or(|most| most <= MOST));
        let head = AtomicU64::new(pack(0, NONE));
        Stack {
            front: CachePadded::new(Front { head, tasks: TaskCount::new() }),
            slab,
            bound: Bound::new(capacity, most),
            discarded: AtomicU32::new(NONE),
        }
    }

    #[inline]
    fn head(&self) -> u64 {
        // Acquire: the top node, whoever pushed it; and the capacity.
        self.front.head.load(Acquire)
    }

    /// Changes the head; what it is now if it was another. AcqRel: see "Memory ordering" in the module.
    #[inline]
    fn exchange(&self, head: u64, new: u64) -> Result<u64, u64> {
        self.front.head.compare_exchange(head, new, AcqRel, Relaxed).map_err(|_| {
            after_clash();
            self.head()
        })
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

    /// How many items fit; for a head that is not the newest any more, any number.
    #[inline]
    fn capacity_by(&self, head: u64) -> u32 {
        self.bound.at(high(head) & CELL != 0)
    }

    /// What can be read with a head, at one moment.
    #[inline]
    fn look<R>(&self, what: impl Fn(u64) -> R) -> R {
        let mut head = self.head();
        loop {
            let seen = what(head);
            match self.head() {
                same if same == head || mutated(Mutant::StackLooksOnce) => return seen,
                now => head = now,
            }
        }
    }

    /// What a push is to follow on. What it is worth, the exchange of the head decides; "not now" is decided here.
    #[inline]
    fn admit(&self) -> Result<Found, Refused> {
        let mut head = self.head();
        loop {
            if high(head) & SHUT != 0 && !mutated(Mutant::QueuePutsAfterShutdown) {
                return Err(Refused::ShutDown);
            }
            let depth = self.depth(head);
            let room = self.capacity_by(head).saturating_sub(depth);
            if room > 0 || mutated(Mutant::QueuePutsBeyondCapacity) {
                return Ok(Found { head, depth, room: room.max(1) });
            }
            match self.says_no(head) {
                Ok(refused) => return Err(refused),
                Err(now) => head = now,
            }
        }
    }

    /// "Not now", if the head is still this one.
    #[inline]
    fn says_no(&self, head: u64) -> Result<Refused, u64> {
        if mutated(Mutant::StackSaysNoAtOnce) {
            return Ok(Refused::NotNow);
        }
        self.exchange(head, head).map(|_| Refused::NotNow)
    }
}

impl<T> Drop for Stack<T> {
    fn drop(&mut self) {
        if torn_down() {
            return;
        }
        let left = self.pop_chain(u32::MAX).ok().map(|chain| self.empty(chain));
        drop_each(left.into_iter().flatten().chain(self.take_discarded()));
    }
}
