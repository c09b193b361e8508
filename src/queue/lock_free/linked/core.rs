//! The calls of the linked queue: [`Core`].

use super::super::super::Shutdown;
use super::super::super::core::{Core, Tell};
use super::super::super::error::TooManyDone;
use super::super::super::ledger::{Refused, Tasks};
use super::super::slab::{high, low, pack};
use super::chain::Pair;
use super::{CLOSED, COUNT, END, Linked, MOST};
use crate::platform::atomic::Ordering::{AcqRel, Relaxed};
use crate::platform::{Mutant, mutated};
use std::collections::VecDeque;

impl<T> Core<T> for Linked<T> {
    #[inline]
    fn try_push(&self, item: T, tell: &impl Tell) -> Result<(), (T, Refused)> {
        let (mut last, _) = match self.admit() {
            Ok(found) => found,
            Err(refused) => return Err((item, refused)),
        };
        let pair = self.pair_with(item);
        self.back.tasks.add(1);
        loop {
            let position = high(last.tail).wrapping_add(1);
            // Relaxed: the exchange publishes it.
            self.slab.node(pair.node).link.store(pack(position, low(last.link)), Relaxed);
            if self.exchange_link(low(last.tail), last.link, pack(pair.item, pair.node)) {
                self.pass(last.tail, pack(position, pair.node));
                return Ok(());
            }
            last = match self.admit() {
                Ok((last, _)) => last,
                Err(refused) => {
                    self.back.tasks.withdraw(1, tell);
                    return Err((self.take_apart(pair), refused));
                }
            };
        }
    }

    /// In as many chains as it takes: room that pops have made meanwhile does not show at the link, so that there is none is said, as always, by `admit`.
    fn try_push_many(&self, items: &mut VecDeque<T>, tell: &impl Tell) -> Result<(), Refused> {
        let mut pairs = VecDeque::<Pair>::new();
        let (mut counted, mut put) = (0, 0);
        let refused = loop {
            let admitted = self.admit();
            // As many as there is room for now, more or less than a moment ago.
            let room = admitted.map_or(0, |(_, room)| room as usize);
            for pair in pairs.drain(pairs.len().min(room)..).rev() {
                items.push_front(self.take_apart(pair));
            }
            let last = match admitted {
                Ok((last, _)) => last,
                Err(refused) => break Some(refused),
            };
            let more = items.len().min(room - pairs.len());
            if more > 0 {
                pairs.extend(items.drain(..more).map(|item| self.pair_with(item)));
                self.back.tasks.add(more);
                counted += more;
            }
            let link = self.chain_up(&pairs, last);
            let Some(&Pair { node: end, .. }) = pairs.back() else { break None };
            if self.exchange_link(low(last.tail), last.link, link) {
                let position = high(last.tail).wrapping_add(pairs.len() as u32);
                if !self.pass(last.tail, pack(position, end)) {
                    // Somebody moves the tail on node by node.
                    self.last();
                }
                put += pairs.len();
                pairs.clear();
                if items.is_empty() {
                    break None;
                }
                tell.items();
            }
        };
        if counted > put {
            self.back.tasks.withdraw(counted - put, tell);
        }
        match refused {
            // Those that were put have been told of; the rest never will be.
            Some(Refused::ShutDown) => Err(Refused::ShutDown),
            Some(Refused::NotNow) if put == 0 => Err(Refused::NotNow),
            _ => Ok(()),
        }
    }

    #[inline]
    fn try_pop(&self, tell: &impl Tell) -> Result<T, Refused> {
        loop {
            let (head, link) = self.first()?;
            if self.exchange_head(head, pack(high(head).wrapping_add(1), low(link))) {
                let item = self.take_apart(Pair { node: low(head), item: high(link) });
                tell.room();
                return Ok(item);
            }
        }
    }

    fn try_pop_many(&self, most: usize, tell: &impl Tell) -> Result<Vec<T>, Refused> {
        let chain = self.pop_chain(u32::try_from(most).unwrap_or(u32::MAX))?;
        let mut items = Vec::with_capacity(chain.len as usize);
        items.extend(self.empty(chain));
        tell.room();
        Ok(items)
    }

    fn room(&self) -> usize {
        let head = self.head();
        let last = self.last();
        match self.bound.most() {
            _ if low(last.link) & CLOSED != 0 => 1,
            None => MOST,
            Some(_) => {
                let len = high(last.tail).wrapping_sub(high(head));
                self.capacity_by(last.link).saturating_sub(len) as usize
            }
        }
    }

    fn surely_ends_push(&self) -> bool {
        !matches!(self.admit(), Err(Refused::NotNow))
    }

    fn gain(&self) -> usize {
        match self.length() {
            0 => usize::from(self.is_shut_down()),
            len => len as usize,
        }
    }

    fn surely_ends_pop(&self) -> bool {
        !matches!(self.first(), Err(Refused::NotNow))
    }

    fn len(&self) -> usize {
        self.length() as usize
    }

    fn is_full(&self) -> bool {
        loop {
            let head = self.head();
            let last = self.last();
            let capacity = self.capacity_by(last.link);
            if self.link(low(last.tail)) == last.link && self.head() == head {
                return high(last.tail).wrapping_sub(high(head)) >= capacity;
            }
        }
    }

    fn is_bounded(&self) -> bool {
        self.bound.most().is_some()
    }

    fn capacity(&self) -> Option<usize> {
        self.bound.most()?;
        loop {
            let last = self.last();
            let capacity = self.capacity_by(last.link);
            if self.link(low(last.tail)) == last.link {
                return Some(capacity as usize);
            }
        }
    }

    fn most_capacity(&self) -> Option<usize> {
        self.bound.most()
    }

    fn set_capacity(&self, capacity: usize) -> bool {
        let Some(_turn) = self.bound.turn_for(capacity) else { return false };
        loop {
            let last = self.last();
            let raise = u32::from(!mutated(Mutant::LinkedCapacityInPlace));
            let count = (low(last.link) & COUNT).wrapping_add(raise) & COUNT;
            self.bound.store(count & 1 != 0, capacity);
            let end = END | low(last.link) & CLOSED | count;
            if self.exchange_link(low(last.tail), last.link, pack(high(last.tail), end)) {
                break;
            }
        }
        // AcqRel: putters who say no exchange the head, too.
        self.head.fetch_add(0, AcqRel);
        true
    }

    fn is_shut_down(&self) -> bool {
        low(self.last().link) & CLOSED != 0
    }

    fn tasks(&self) -> Tasks {
        self.back.tasks.look()
    }

    fn glance(&self) -> Option<(Option<usize>, u64)> {
        Some((self.capacity(), self.back.tasks.glance()))
    }

    fn task_done(&self) -> Result<bool, TooManyDone> {
        self.back.tasks.done()
    }

    fn shut_down(&self, how: Shutdown) -> bool {
        let last = self.close();
        if how == Shutdown::Drain {
            return self.back.tasks.look().unfinished == 0;
        }
        loop {
            let head = self.head();
            let left = high(last).wrapping_sub(high(head));
            if left == 0 {
                return self.back.tasks.look().unfinished == 0;
            }
            if self.exchange_head(head, last) {
                // Relaxed: see `take_discarded`. Once in the life of a queue.
                self.discarded.swap(pack(left, low(head)), Relaxed);
                let discarded = if mutated(Mutant::QueueDiscardUncounted) { 0 } else { left };
                return self.back.tasks.take_back(discarded as usize);
            }
        }
    }

    fn discard(&self) -> VecDeque<T> {
        self.take_discarded().collect()
    }
}
