//! Producers that sleep between items: how long an item takes to a consumer that has had time to fall asleep.

use super::differ;
use super::flow::{END, Play};
use crate::Apart;
use crate::arena::round::{Round, Setting};
use crate::queue::{BenchQueue, Get, Item, Put};
use std::sync::atomic::{
    AtomicU64, AtomicUsize,
    Ordering::{AcqRel, Relaxed},
};
use std::thread;
use std::time::{Duration, Instant};

/// As many producers as consumers; each producer sleeps for so long after each item.
#[derive(Clone, Copy)]
pub(super) struct Sleepers {
    pub(super) pairs: usize,
    pub(super) gap: Duration,
}

impl<T: Item> Play<T> for Sleepers {
    /// An item is the time at which it was put. An operation is an item that came out, its wait is how long it was on its way, and the
    /// rate is that of the time that all were on their way: a million a second is a microsecond each. Which of the consumers gets an
    /// item is of no account: the others sleep.
    fn round<Q: BenchQueue<T>>(self, setting: Setting<'_>) -> Round {
        let Apart(queue) = &Apart(Q::new(64));
        let began = Instant::now();
        let now = || began.elapsed().as_nanos() as u64;
        let producing = AtomicUsize::new(self.pairs);
        let (put, got, on_the_way) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
        let played = setting.play(2 * self.pairs, |player| {
            let mut sum = 0_u64;
            if player.index < self.pairs {
                let putter = queue.putter();
                while player.has_time() {
                    thread::sleep(self.gap);
                    let number = now();
                    putter.put(T::of(number));
                    sum = sum.wrapping_add(number);
                }
                put.fetch_add(sum, Relaxed);
                if producing.fetch_sub(1, AcqRel) == 1 {
                    (0..self.pairs).for_each(|_| putter.put(T::of(END)));
                }
            } else {
                let getter = queue.getter();
                let mut took = 0;
                loop {
                    let number = getter.get().number();
                    if number == END {
                        break;
                    }
                    let wait = now().saturating_sub(number);
                    took += wait;
                    player.waited(Some(Duration::from_nanos(wait)));
                    player.did(1);
                    sum = sum.wrapping_add(number);
                }
                got.fetch_add(sum, Relaxed);
                on_the_way.fetch_add(took, Relaxed);
            }
        });
        let getter = queue.getter();
        let rest =
            std::iter::from_fn(|| getter.try_get()).fold(0_u64, |sum, item| sum.wrapping_add(item.number()));
        let wrong = differ("(sum of items)", put.into_inner(), got.into_inner().wrapping_add(rest));
        let mut round = played.round_of(self.pairs..2 * self.pairs, &[], wrong);
        round.rate = round.operations as f64 * 1e9 / on_the_way.into_inner().max(1) as f64;
        round
    }
}
