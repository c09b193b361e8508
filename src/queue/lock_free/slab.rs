//! Nodes by number: a slab that grows in blocks which never move, and a free list through them.
//!
//! What the lock-free cores publish is a number of 32 bits, which fits into one word together with a tag or a turn; so no operation
//! needs a double-width compare-exchange, and none follows a pointer that somebody may have freed: memory of a slab is given back when
//! the slab goes, and not before. That is what makes reclamation schemes (hazard pointers, epochs) unnecessary, and it is the price:
//! the memory of the highest tide stays.
//!
//! The free list is Treiber's stack ("Systems Programming: Coping with Parallelism", IBM RJ 5118, 1986) with a tag in its head.
//! Block 0 has 2^s nodes, block k has 2^(s+k-1), so that the first k blocks together are a power of two and the block of a node is a
//! matter of shifts.
//!
//! # Invariants
//!
//! 1. *One owner.* At any moment every node below `fresh` belongs to exactly one of: the free list; the core, by its published number;
//!    one thread, between [`Slab::take`] and publishing it, or between withdrawing it and [`Slab::give`]. Only its owner touches its
//!    item, and only a thread does.
//! 2. *No value of a head comes twice.* Every change of the free list's head raises its tag. So a compare-exchange that succeeds followed
//!    on the very store that its expected value was read from, and what was read of the node meanwhile is what it held.
//! 3. *Blocks stay.* The pointer to a block is set once, before any node of it is known to anybody.
//!
//! The tag has 32 bits. To be deceived, a thread has to stop between its load and its compare-exchange for at least 2^32 changes
//! (about a minute of changes every 15 ns, one after the other), wake up at exactly a multiple of that, and find the same node on
//! top: 1 in 2^32 for a thread that stops so long. We call that never.
//!
//! # Memory ordering
//!
//! All changes of a head are read-modify-writes, so each continues the release sequences of all before it: an `Acquire` load sees what
//! every earlier `Release` published, whoever wrote last.
//!
//! # Progress
//!
//! Lock-free: a compare-exchange fails because another one succeeded, and a thread that stops takes one node with it at most.
//! `take` calls the allocator when all nodes are in use: for 33 blocks in the life of a slab at most (threads that race each make the
//! block, and all but one free theirs), and not at all in a bounded core with no more threads inside than spare nodes.

use crate::platform::atomic::{
    AtomicPtr, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};
use crate::platform::{UnsafeCell, after_clash};
use crossbeam_utils::CachePadded;
use std::mem::MaybeUninit;
use std::ptr;

/// A node's number.
pub(in crate::queue) type Index = u32;

/// The number of no node.
pub(in crate::queue) const NONE: Index = Index::MAX;

/// Two numbers in one word.
pub(in crate::queue) const fn pack(high: u32, low: u32) -> u64 {
    (high as u64) << 32 | low as u64
}

/// The upper one: a tag, a depth, a turn.
pub(in crate::queue) const fn high(word: u64) -> u32 {
    (word >> 32) as u32
}

/// The lower one: a node's number.
pub(in crate::queue) const fn low(word: u64) -> u32 {
    word as u32
}

pub(in crate::queue) struct Node<T> {
    /// For the owner's use: a number of this node's (in [`super::Stack`], its depth), and the next node.
    pub(in crate::queue) link: AtomicU64,
    item: UnsafeCell<MaybeUninit<T>>,
}

/// As many as there are numbers for, if block 0 has one node.
const BLOCKS: usize = 33;

/// See the module.
pub(in crate::queue) struct Slab<T> {
    /// Tag and first node of the free list.
    free: CachePadded<AtomicU64>,
    /// The lowest number that was never given out.
    fresh: CachePadded<AtomicU64>,
    blocks: [AtomicPtr<Node<T>>; BLOCKS],
    /// Block 0 has 2^shift nodes.
    shift: u32,
}

// SAFETY: it owns items that threads hand each other, one owner at a time (invariant 1), and never lends one.
unsafe impl<T: Send> Send for Slab<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Slab<T> {}

impl<T> Slab<T> {
    /// An empty slab, whose first block has at least this many nodes.
    pub(in crate::queue) fn new(first: usize) -> Self {
        assert!(first < 1 << 31, "tollgate: more than 2^31 items");
        Slab {
            free: CachePadded::new(AtomicU64::new(pack(0, NONE))),
            fresh: CachePadded::new(AtomicU64::new(0)),
            blocks: std::array::from_fn(|_| AtomicPtr::new(ptr::null_mut())),
            shift: first.next_power_of_two().trailing_zeros(),
        }
    }

    /// The same, with the first block allocated.
    pub(in crate::queue) fn with_first_block(first: usize) -> Self {
        let slab = Slab::new(first);
        slab.allocate(0);
        slab
    }

    /// The block of a node, and its place there.
    fn locate(&self, index: Index) -> (usize, usize) {
        match index >> self.shift {
            0 => (0, index as usize),
            beyond => {
                let block = beyond.ilog2() as usize + 1;
                (block, index as usize - (self.size(block)))
            }
        }
    }

    /// How many nodes a block has; also how many there are before it, but for block 0.
    fn size(&self, block: usize) -> usize {
        1 << (self.shift as usize + block.saturating_sub(1))
    }

    /// A node that somebody has got from [`take`](Slab::take), now or before.
    #[inline]
    pub(in crate::queue) fn node(&self, index: Index) -> &Node<T> {
        let (block, place) = self.locate(index);
        // Relaxed: who took the number first saw the block, and whoever has the number from another thread, by an Acquire of what it
        // was published with, comes after that.
        let first = self.blocks[block].load(Relaxed);
        debug_assert!(!first.is_null(), "tollgate: a node without a block");
        // SAFETY: invariant 3, and `locate` stays within the block.
        unsafe { &*first.add(place) }
    }

    /// The same of a number that may be anything's that was once a link's: `None` if it is no node's, or that of one whose block is not in sight.
    pub(in crate::queue) fn node_in_sight(&self, index: Index) -> Option<&Node<T>> {
        if index == NONE {
            return None;
        }
        let (block, place) = self.locate(index);
        // Acquire: the block's nodes.
        let first = self.blocks[block].load(Acquire);
        // SAFETY: invariant 3, and `locate` stays within the block.
        (!first.is_null()).then(|| unsafe { &*first.add(place) })
    }

    /// A node for the caller alone.
    #[inline]
    pub(in crate::queue) fn take(&self) -> Index {
        loop {
            // Acquire: the link of the first node, as `give` has set it, and that its item is gone.
            let head = self.free.load(Acquire);
            if low(head) == NONE {
                return self.take_fresh();
            }
            // Relaxed: if this is not the link that was set when `head` was, then `head` has changed and the exchange fails.
            let next = low(self.node(low(head)).link.load(Relaxed));
            let new = pack(high(head).wrapping_add(1), next);
            // Relaxed: a success follows on the store that was read (invariant 2), with Acquire.
            if self.free.compare_exchange(head, new, Relaxed, Relaxed).is_ok() {
                return low(head);
            }
            after_clash();
        }
    }

    /// Two nodes for the caller alone.
    #[inline]
    pub(in crate::queue) fn take_two(&self) -> (Index, Index) {
        // Acquire: as in `take`.
        let mut head = self.free.load(Acquire);
        while low(head) != NONE {
            // Relaxed: as in `take`, both.
            let second = low(self.node(low(head)).link.load(Relaxed));
            let Some(node) = self.node_in_sight(second) else { break };
            let new = pack(high(head).wrapping_add(1), low(node.link.load(Relaxed)));
            // Relaxed: as in `take`.
            let taken = self.free.compare_exchange(head, new, Relaxed, Acquire);
            match taken {
                Ok(_) => return (low(head), second),
                Err(now) => head = now,
            }
        }
        (self.take(), self.take())
    }

    #[cold]
    fn take_fresh(&self) -> Index {
        let index = self.fresh.fetch_add(1, Relaxed);
        assert!(index < 1 << 31, "tollgate: more than 2^31 nodes");
        let (block, _) = self.locate(index as Index);
        // Acquire: the block's nodes, if another thread has made it.
        if self.blocks[block].load(Acquire).is_null() {
            self.allocate(block);
        }
        index as Index
    }

    /// Makes a block, unless another thread is faster.
    fn allocate(&self, block: usize) {
        let mut nodes = Box::<[Node<T>]>::new_uninit_slice(self.size(block));
        for node in &mut nodes {
            let node = node.as_mut_ptr();
            // SAFETY: within the allocation; field by field, so that large items do not pass through the stack.
            unsafe {
                (&raw mut (*node).link).write(AtomicU64::new(pack(0, NONE)));
                UnsafeCell::make_empty(&raw mut (*node).item);
            }
        }
        // SAFETY: each of them was just made.
        let nodes = Box::into_raw(unsafe { nodes.assume_init() });
        // Release: the nodes, for `take_fresh` of other threads. Acquire: theirs, if they were faster.
        let set = self.blocks[block].compare_exchange(ptr::null_mut(), nodes.cast(), Release, Acquire);
        if set.is_err() {
            // SAFETY: from `into_raw`, and nobody else knows of it.
            drop(unsafe { Box::from_raw(nodes) });
        }
    }

    /// Takes a chain of nodes back, linked from `first` to `last`, which may be the same. The caller owns them, and their items are gone.
    #[inline]
    pub(in crate::queue) fn give(&self, first: Index, last: Index) {
        let node = self.node(last);
        loop {
            let head = self.free.load(Relaxed);
            // Release: for those who still take the node for the core's, and read its upper half or go on by its lower. See `Stack::depth`.
            node.link.store(pack(0, low(head)), Release);
            let new = pack(high(head).wrapping_add(1), first);
            // Release: the links, and that the items are gone.
            if self.free.compare_exchange(head, new, Release, Relaxed).is_ok() {
                return;
            }
            after_clash();
        }
    }

    /// Puts an item into a node.
    ///
    /// # Safety
    ///
    /// The caller owns the node, which has no item.
    #[inline]
    pub(in crate::queue) unsafe fn write(&self, index: Index, item: T) {
        // SAFETY: invariant 1.
        self.node(index).item.with_mut(|place| unsafe { (*place).write(item) });
    }

    /// Takes the item out of a node.
    ///
    /// # Safety
    ///
    /// The caller owns the node, which has an item.
    #[inline]
    pub(in crate::queue) unsafe fn read(&self, index: Index) -> T {
        // SAFETY: invariant 1; by contract there is an item, and from now on there is none.
        self.node(index).item.with_mut(|place| unsafe { (*place).assume_init_read() })
    }
}

/// Frees the blocks. Items are the core's business.
impl<T> Drop for Slab<T> {
    fn drop(&mut self) {
        if crate::platform::torn_down() {
            return;
        }
        for (number, block) in self.blocks.iter().enumerate() {
            let first = block.load(Relaxed);
            if !first.is_null() {
                // SAFETY: from `allocate`, with this size; nobody else is left.
                drop(unsafe { Box::from_raw(ptr::slice_from_raw_parts_mut(first, self.size(number))) });
            }
        }
    }
}
