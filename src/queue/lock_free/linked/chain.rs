//! Linked nodes that belong to one thread: on their way into the queue, or out of it.

use super::super::super::ledger::Refused;
use super::super::slab::{Index, NONE, high, low, pack};
use super::{Last, Linked, is_end};
use crate::platform::atomic::Ordering::Relaxed;
use std::collections::VecDeque;

/// So many items on their way out, and the node before them.
#[derive(Clone, Copy)]
pub(super) struct Chain {
    pub(super) before: Index,
    pub(super) len: u32,
}

/// An item on its way in: a node for its place, and one that holds it.
#[derive(Clone, Copy)]
pub(super) struct Pair {
    pub(super) node: Index,
    pub(super) item: Index,
}

impl<T> Linked<T> {
    #[inline]
    pub(super) fn pair_with(&self, item: T) -> Pair {
        let (node, holder) = self.slab.take_two();
        // SAFETY: just taken.
        unsafe { self.slab.write(holder, item) };
        Pair { node, item: holder }
    }

    /// The item of a pair of the caller's, whose nodes go back.
    #[inline]
    pub(super) fn take_apart(&self, pair: Pair) -> T {
        // SAFETY: the caller's, and written to by `pair_with`.
        let item = unsafe { self.slab.read(pair.item) };
        // Relaxed: `give` publishes it.
        self.slab.node(pair.item).link.store(pack(0, pair.node), Relaxed);
        self.slab.give(pair.item, pair.node);
        item
    }

    /// Links pairs, the first to leave first, with the end behind them; the link that leads to them.
    pub(super) fn chain_up(&self, pairs: &VecDeque<Pair>, last: Last) -> u64 {
        let position = high(last.tail).wrapping_add(pairs.len() as u32);
        let mut next = pack(position, low(last.link));
        for pair in pairs.iter().rev() {
            // Relaxed: the exchange publishes it.
            self.slab.node(pair.node).link.store(next, Relaxed);
            next = pack(pair.item, pair.node);
        }
        next
    }

    /// Takes up to `most` items, of those that the tail has passed.
    pub(super) fn pop_chain(&self, most: u32) -> Result<Chain, Refused> {
        loop {
            let (head, link) = self.first()?;
            let there = high(self.tail()).wrapping_sub(high(head));
            let len = most.min(there);
            let mut node = Some(low(link));
            for _ in 1..len {
                // Relaxed: if it is not the link of this use of the node, the exchange fails.
                node = node
                    .and_then(|node| self.slab.node_in_sight(node))
                    .map(|node| low(node.link.load(Relaxed)))
                    .filter(|&next| next != NONE && !is_end(next));
            }
            // If there is none, or none in sight, these are not the links of the chain behind this head: any exchange fails, and shows the head of now.
            // (A look again would do, but for a model, which may show the old one for ever.)
            let new = node.map_or(head, |node| pack(high(head).wrapping_add(len), node));
            if self.exchange_head(head, new) && new != head {
                return Ok(Chain { before: low(head), len });
            }
        }
    }

    /// The items of a chain of the caller's; its nodes go back when the last is out.
    pub(super) fn empty(&self, chain: Chain) -> impl Iterator<Item = T> {
        let (mut node, mut first, mut behind) = (chain.before, NONE, NONE);
        (0..chain.len).map(move |number| {
            // Relaxed: ours; when the head passed it, its successor was acquired. The last one by `first`, the others by the tail that had passed them.
            let link = self.slab.node(node).link.load(Relaxed);
            let holder = high(link);
            // SAFETY: invariant 5, with the item that its pusher wrote before it published the node.
            let item = unsafe { self.slab.read(holder) };
            // Relaxed: `give` publishes it.
            self.slab.node(holder).link.store(pack(0, node), Relaxed);
            if first == NONE {
                first = holder;
            } else {
                // Relaxed: as above.
                self.slab.node(behind).link.store(pack(0, holder), Relaxed);
            }
            if number + 1 == chain.len {
                self.slab.give(first, node);
            }
            behind = node;
            node = low(link);
            item
        })
    }

    /// Takes out what an immediate shutdown has left.
    pub(super) fn take_discarded(&self) -> impl Iterator<Item = T> {
        // Relaxed: who is here has seen the head at the last node, and with it all that was pushed.
        let left = self.discarded.swap(pack(0, NONE), Relaxed);
        self.empty(Chain { before: low(left), len: high(left) })
    }
}
