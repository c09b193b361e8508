//! Bursts: many items are put, and then all of them are taken. What an emptied queue still holds is looked at too.

use super::differ;
use super::flow::Play;
use crate::arena::round::{LastStep, Round, Setting};
use crate::queue::{BenchQueue, Get, Item, Put};
use crate::{Apart, memory};
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Threads that all put their part of so many items into an unbounded queue, meet, and all take as many.
#[derive(Clone, Copy)]
pub(super) struct Burst {
    pub(super) threads: usize,
    pub(super) items: u64,
}

impl<T: Item> Play<T> for Burst {
    /// An operation is an item put and taken. The sum of all has to come out, and nothing more.
    fn round<Q: BenchQueue<T>>(self, setting: Setting<'_>) -> Round {
        let items = if setting.rehearsal { self.items.min(1000) } else { self.items };
        let each = items / self.threads as u64;
        let before = memory::in_use();
        let Apart(queue) = &Apart(Q::new(0));
        let meeting = Barrier::new(self.threads);
        let (put, got) = (AtomicU64::new(0), AtomicU64::new(0));
        let last = LastStep::default();
        let played = setting.play(self.threads, |player| {
            let (putter, getter) = (queue.putter(), queue.getter());
            for step in 0.. {
                last.before(player, step);
                let first = ((player.index as u64) << 40) + step * each;
                let mut sum = 0_u64;
                for number in first..first + each {
                    let item = T::of(number);
                    player.timed(|| putter.put(item));
                    sum = sum.wrapping_add(number);
                }
                put.fetch_add(sum, Relaxed);
                meeting.wait();
                let sum = (0..each).fold(0_u64, |sum, _| sum.wrapping_add(getter.get().number()));
                got.fetch_add(sum, Relaxed);
                meeting.wait();
                if last.was(step) {
                    break;
                }
            }
        });
        let kept = memory::in_use().zip(before).map(|(now, before)| now.saturating_sub(before));
        let rest = std::iter::from_fn(|| queue.getter().try_get()).count();
        let wrong = differ("(sum of items)", put.into_inner(), got.into_inner());
        let mut round = played.round(wrong.or_else(|| differ("items too many", 0, rest as u64)));
        round.kept = kept;
        round
    }
}
