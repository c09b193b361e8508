//! A pipeline: four threads in a row, with a queue between each two.

use super::differ;
use super::flow::{END, Play};
use crate::Apart;
use crate::arena::round::{Round, Setting};
use crate::queue::{BenchQueue, Get, Item, Put};
use crate::work::Work;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The first thread makes items, the next two pass them on, the last one takes them; each works on each.
#[derive(Clone, Copy)]
pub(super) struct Pipeline {
    pub(super) capacity: usize,
    pub(super) work: Work,
}

impl Pipeline {
    pub(super) const STAGES: usize = 4;
}

impl<T: Item> Play<T> for Pipeline {
    /// An operation is an item that has come to the end; its wait is that of the last thread for it. With one thread at each end of each
    /// queue, every stage has to see the numbers in order.
    fn round<Q: BenchQueue<T>>(self, setting: Setting<'_>) -> Round {
        let queues: [_; Self::STAGES - 1] = std::array::from_fn(|_| Apart(Q::new(self.capacity)));
        let (made, errors) = (AtomicU64::new(0), AtomicU64::new(0));
        let played = setting.play(Self::STAGES, |player| {
            let from = player.index.checked_sub(1).map(|left| queues[left].0.getter());
            let to = queues.get(player.index).map(|Apart(queue)| queue.putter());
            let mut before = 0;
            for count in 0.. {
                let asked = player.clock();
                let number = match &from {
                    Some(getter) => getter.get().number(),
                    None if player.has_time() => count,
                    None => END,
                };
                if number == END {
                    if from.is_none() {
                        made.store(count, Relaxed);
                    }
                    to.as_ref().inspect(|putter| putter.put(T::of(END)));
                    break;
                }
                if number != count {
                    errors.fetch_add(1, Relaxed);
                }
                if to.is_none() {
                    player.waited(asked.map(|asked| asked.elapsed()));
                    player.did(1);
                }
                before = self.work.after(before + number);
                to.as_ref().inspect(|putter| putter.put(T::of(number + before)));
            }
        });
        let end = Self::STAGES - 1..Self::STAGES;
        let mut round = played.round_of(end, &[], None);
        let wrong = differ("items out of order", 0, errors.into_inner());
        round.wrong = wrong.or_else(|| differ("items", made.into_inner(), round.operations));
        round
    }
}
