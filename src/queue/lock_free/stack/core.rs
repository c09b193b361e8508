//! The calls of the stack: [`Core`].

use super::super::super::Shutdown;
use super::super::super::core::{Core, Tell};
use super::super::super::error::TooManyDone;
use super::super::super::ledger::{Refused, Tasks};
use super::super::slab::{NONE, high, low, pack};
use super::chain::Chain;
use super::{CELL, CLOSED, MOST, SHUT, Stack, TURN};
use crate::platform::atomic::Ordering::{Relaxed, Release};
use crate::platform::{Mutant, mutated};
use std::collections::VecDeque;

impl<T> Core<T> for Stack<T> {
    #[inline]
    fn try_push(&self, item: T, tell: &impl Tell) -> Result<(), (T, Refused)> {
        let mut found = match self.admit() {
            Ok(found) => found,
            Err(refused) => return Err((item, refused)),
        };
        let node = self.node_with(item);
        self.front.tasks.add(1);
        loop {
            // Release: see `depth`.
            self.slab.node(node).link.store(pack(found.depth + 1, low(found.head)), Release);
            if self.exchange(found.head, pack(high(found.head), node)).is_ok() {
                return Ok(());
            }
            found = match self.admit() {
                Ok(found) => found,
                Err(refused) => {
                    self.front.tasks.withdraw(1, tell);
                    return Err((self.take_apart(node), refused));
                }
            };
        }
    }

    fn try_push_many(&self, items: &mut VecDeque<T>, tell: &impl Tell) -> Result<(), Refused> {
        let mut chain = Chain { top: NONE, len: 0 };
        let mut counted = 0;
        let refused = loop {
            let admitted = self.admit();
            // As many as there is room for now, more or less than a moment ago.
            let room = admitted.map_or(0, |found| found.room as usize);
            while chain.len as usize > room {
                items.push_front(self.take_top(&mut chain));
            }
            let found = match admitted {
                Ok(found) => found,
                Err(refused) => break Some(refused),
            };
            let more = items.len().min(room - chain.len as usize);
            for item in items.drain(..more) {
                let node = self.node_with(item);
                // Release: see `depth`.
                self.slab.node(node).link.store(pack(0, chain.top), Release);
                chain = Chain { top: node, len: chain.len + 1 };
            }
            if more > 0 {
                self.front.tasks.add(more);
                counted += more;
            }
            self.link(chain, found);
            if self.exchange(found.head, pack(high(found.head), chain.top)).is_ok() {
                break None;
            }
        };
        if counted > chain.len as usize {
            self.front.tasks.withdraw(counted - chain.len as usize, tell);
        }
        refused.map_or(Ok(()), Err)
    }

    #[inline]
    fn try_pop(&self, tell: &impl Tell) -> Result<T, Refused> {
        let mut head = self.head();
        loop {
            let top = low(head);
            if top == NONE {
                if high(head) & SHUT != 0 {
                    return Err(Refused::ShutDown);
                }
                match self.says_no(head) {
                    Ok(refused) => return Err(refused),
                    Err(now) => head = now,
                }
                continue;
            }
            // Relaxed: if it is not the link of the top, the exchange fails.
            let next = low(self.slab.node(top).link.load(Relaxed));
            match self.exchange(head, pack(high(head).wrapping_add(TURN), next)) {
                Ok(_) => {
                    // SAFETY: taken out by us, with the item that its pusher wrote before it published the node.
                    let item = unsafe { self.slab.read(top) };
                    self.slab.give(top, top);
                    tell.room();
                    return Ok(item);
                }
                Err(now) => head = now,
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
        match self.bound.most() {
            None if high(self.head()) & SHUT == 0 => MOST,
            None => 1,
            Some(_) => self.look(|head| match high(head) & SHUT {
                0 => self.capacity_by(head).saturating_sub(self.depth(head)) as usize,
                _ => 1,
            }),
        }
    }

    fn surely_ends_push(&self) -> bool {
        !matches!(self.admit(), Err(Refused::NotNow))
    }

    fn gain(&self) -> usize {
        self.look(|head| (self.depth(head) as usize).max(usize::from(high(head) & SHUT != 0)))
    }

    fn surely_ends_pop(&self) -> bool {
        let mut head = self.head();
        while low(head) == NONE && high(head) & SHUT == 0 {
            match self.says_no(head) {
                Ok(_) => return false,
                Err(now) => head = now,
            }
        }
        true
    }

    fn len(&self) -> usize {
        self.look(|head| self.depth(head) as usize)
    }

    fn is_full(&self) -> bool {
        self.look(|head| self.depth(head) >= self.capacity_by(head))
    }

    fn is_bounded(&self) -> bool {
        self.bound.most().is_some()
    }

    fn capacity(&self) -> Option<usize> {
        self.bound.most()?;
        Some(self.look(|head| self.capacity_by(head) as usize))
    }

    fn most_capacity(&self) -> Option<usize> {
        self.bound.most()
    }

    fn set_capacity(&self, capacity: usize) -> bool {
        let Some(_turn) = self.bound.turn_for(capacity) else { return false };
        let mut head = self.head();
        let other = (high(head) & CELL == 0) != mutated(Mutant::StackCapacityInPlace);
        self.bound.store(other, capacity);
        while let Err(now) = self.exchange(head, pack((high(head) ^ CELL).wrapping_add(TURN), low(head))) {
            head = now;
        }
        true
    }

    fn is_shut_down(&self) -> bool {
        high(self.head()) & SHUT != 0
    }

    fn tasks(&self) -> Tasks {
        self.front.tasks.look()
    }

    fn glance(&self) -> Option<(Option<usize>, u64)> {
        Some((self.capacity(), self.front.tasks.glance()))
    }

    fn task_done(&self) -> Result<bool, TooManyDone> {
        self.front.tasks.done()
    }

    fn shut_down(&self, how: Shutdown) -> bool {
        if how == Shutdown::Drain {
            // Release: as in `exchange`. What it should acquire, the fence does with which the face wakes everybody.
            self.front.head.fetch_or(pack(SHUT, 0), Release);
            return self.front.tasks.look().unfinished == 0;
        }
        let mut head = self.head();
        while high(head) & CLOSED == 0 {
            let depth = self.depth(head);
            match self.exchange(head, pack(high(head).wrapping_add(TURN) | SHUT | CLOSED, NONE)) {
                Ok(_) => {
                    // Relaxed: see `take_discarded`. There is one such chain in the life of a queue.
                    self.discarded.swap(low(head), Relaxed);
                    let discarded = if mutated(Mutant::QueueDiscardUncounted) { 0 } else { depth };
                    return self.front.tasks.take_back(discarded as usize);
                }
                Err(now) => head = now,
            }
        }
        self.front.tasks.look().unfinished == 0
    }

    fn discard(&self) -> VecDeque<T> {
        self.take_discarded().collect()
    }
}
