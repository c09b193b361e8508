//! Linked nodes that belong to one thread: on their way into the stack, or out of it.

use super::super::super::ledger::Refused;
use super::super::slab::{Index, NONE, high, low, pack};
use super::{Found, SHUT, Stack, TURN};
use crate::platform::atomic::Ordering::{Relaxed, Release};
use std::iter;

/// So many linked nodes that belong to one thread.
#[derive(Clone, Copy)]
pub(super) struct Chain {
    pub(super) top: Index,
    pub(super) len: u32,
}

impl<T> Stack<T> {
    /// A node with an item, for the caller alone.
    #[inline]
    pub(super) fn node_with(&self, item: T) -> Index {
        let node = self.slab.take();
        // SAFETY: just taken.
        unsafe { self.slab.write(node, item) };
        node
    }

    /// The item of a node of the caller's, which goes back.
    #[cold]
    pub(super) fn take_apart(&self, node: Index) -> T {
        // SAFETY: the caller's, and written to by `node_with`.
        let item = unsafe { self.slab.read(node) };
        self.slab.give(node, node);
        item
    }

    /// Links a chain to a top that has been found, and gives each node its depth.
    pub(super) fn link(&self, chain: Chain, found: Found) {
        let mut node = chain.top;
        for above in 0..chain.len {
            // Relaxed: the caller's own, up to the last one, of which it only keeps the depth.
            let below = low(self.slab.node(node).link.load(Relaxed));
            let below = if above + 1 == chain.len { low(found.head) } else { below };
            // Release: see `depth`.
            self.slab.node(node).link.store(pack(found.depth + chain.len - above, below), Release);
            node = below;
        }
    }

    /// Takes a chain of up to `most` nodes off the top.
    pub(super) fn pop_chain(&self, most: u32) -> Result<Chain, Refused> {
        let mut head = self.head();
        loop {
            if low(head) == NONE {
                if high(head) & SHUT != 0 {
                    return Err(Refused::ShutDown);
                }
                match self.says_no(head) {
                    Ok(refused) => return Err(refused),
                    Err(now) => head = now,
                }
                continue;
            }
            let depth = self.depth(head);
            let (len, mut next) = if depth <= most { (depth, NONE) } else { (most, low(head)) };
            for _ in 0..if depth <= most { 0 } else { most } {
                // If there is none, or none in sight, these are not the links of a stack of this depth: the exchange will fail.
                let Some(node) = self.slab.node_in_sight(next) else { break };
                // Relaxed: as in `try_pop`.
                next = low(node.link.load(Relaxed));
            }
            match self.exchange(head, pack(high(head).wrapping_add(TURN), next)) {
                Ok(_) => return Ok(Chain { top: low(head), len }),
                Err(now) => head = now,
            }
        }
    }

    /// The items of a chain of the caller's, from the top; its nodes go back when the last is out.
    pub(super) fn empty(&self, chain: Chain) -> impl Iterator<Item = T> {
        let mut node = chain.top;
        (0..chain.len).map(move |number| {
            // SAFETY: taken out by us, with the item that its pusher wrote before it published the node.
            let item = unsafe { self.slab.read(node) };
            // Relaxed: ours.
            let next = low(self.slab.node(node).link.load(Relaxed));
            if number + 1 == chain.len {
                self.slab.give(chain.top, node);
            }
            node = next;
            item
        })
    }

    /// Takes out the chain that an immediate shutdown has left.
    pub(super) fn take_discarded(&self) -> impl Iterator<Item = T> {
        // Relaxed: who is here has seen `CLOSED` in the head, and with it all that was pushed before.
        let mut node = self.discarded.swap(NONE, Relaxed);
        iter::from_fn(move || {
            let this = (node != NONE).then_some(node)?;
            // Relaxed: ours.
            node = low(self.slab.node(this).link.load(Relaxed));
            Some(self.take_apart(this))
        })
    }

    /// Takes the top off a chain of the caller's, which was not pushed.
    pub(super) fn take_top(&self, chain: &mut Chain) -> T {
        let top = chain.top;
        // Relaxed: ours.
        chain.top = low(self.slab.node(top).link.load(Relaxed));
        chain.len -= 1;
        self.take_apart(top)
    }
}
