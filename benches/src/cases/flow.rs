//! Plays for queues of any order: producers and consumers, two threads that toss an item to and fro, one thread alone, and threads that
//! take an item and put another.

use super::differ;
use crate::Apart;
use crate::arena::Case;
use crate::arena::round::{LastStep, Round, Setting};
use crate::queue::{BenchQueue, Get, Item, Put};
use std::sync::atomic::{
    AtomicU64, AtomicUsize,
    Ordering::{AcqRel, Relaxed},
};

/// The number that says that there are no more.
pub(super) const END: u64 = u64::MAX;

/// A play for any queue of items `T`.
pub(super) trait Play<T: Item>: Copy + 'static {
    fn round<Q: BenchQueue<T>>(self, setting: Setting<'_>) -> Round;
}

/// Adds a peer.
pub(super) fn peer<T: Item, Q: BenchQueue<T> + 'static>(case: &mut Case, play: impl Play<T>) {
    case.peer(Q::NAME, move |setting| play.round::<Q>(setting));
    case.contestants.last_mut().expect("just added").counted = Q::COUNTED;
}

/// Adds ours.
pub(super) fn ours<T: Item, Q: BenchQueue<T> + 'static>(case: &mut Case, play: impl Play<T>) {
    case.ours(Q::NAME, move |setting| play.round::<Q>(setting));
}

/// "capacity 64".
pub(super) fn room(capacity: usize) -> String {
    if capacity == 0 { "unbounded".to_owned() } else { format!("capacity {capacity}") }
}

/// Numbers without any order, as priorities, of which none is [`END`].
fn scattered(number: u64) -> u64 {
    number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 1
}

/// A number in no order, so small that millions of them can be added.
fn later(number: u64) -> u64 {
    scattered(number) >> 24
}

/// Producers put as fast as they can, consumers take.
#[derive(Clone, Copy)]
pub(super) struct Flow {
    pub(super) producers: usize,
    pub(super) consumers: usize,
    /// 0 is unbounded.
    pub(super) capacity: usize,
    /// Whether the numbers are in no order.
    scattered: bool,
}

impl Flow {
    pub(super) fn new(producers: usize, consumers: usize, capacity: usize) -> Self {
        Flow { producers, consumers, capacity, scattered: false }
    }

    pub(super) fn scattered(self) -> Self {
        Flow { scattered: true, ..self }
    }

    pub(super) fn threads(&self) -> usize {
        self.producers + self.consumers
    }

    pub(super) fn shape(&self) -> (usize, usize) {
        (self.producers, self.consumers)
    }

    /// "4P1C, capacity 64".
    pub(super) fn name(&self) -> String {
        format!("{}P{}C, {}", self.producers, self.consumers, room(self.capacity))
    }

    fn number(&self, producer: usize, count: u64) -> u64 {
        let number = ((producer as u64) << 40) + count;
        if self.scattered { scattered(number) } else { number }
    }
}

impl<T: Item> Play<T> for Flow {
    /// An operation is an item that came out. The last producer to stop leaves a message for each consumer; what a stack has left below
    /// them is taken afterwards. The sum of all numbers that went in has to come out.
    fn round<Q: BenchQueue<T>>(self, setting: Setting<'_>) -> Round {
        let Apart(queue) = &Apart(Q::new(self.capacity));
        let producing = AtomicUsize::new(self.producers);
        let (put, got) = (AtomicU64::new(0), AtomicU64::new(0));
        let played = setting.play(self.threads(), |player| {
            let mut sum = 0_u64;
            if player.index < self.producers {
                let putter = queue.putter();
                for count in 0.. {
                    if !player.has_time() {
                        break;
                    }
                    let number = self.number(player.index, count);
                    let item = T::of(number);
                    player.timed(|| putter.put(item));
                    sum = sum.wrapping_add(number);
                }
                put.fetch_add(sum, Relaxed);
                if producing.fetch_sub(1, AcqRel) == 1 {
                    (0..self.consumers).for_each(|_| putter.put(T::of(END)));
                }
            } else {
                let getter = queue.getter();
                loop {
                    let asked = player.clock();
                    let number = getter.get().number();
                    if number == END {
                        break;
                    }
                    player.waited(asked.map(|asked| asked.elapsed()));
                    player.did(1);
                    sum = sum.wrapping_add(number);
                }
                got.fetch_add(sum, Relaxed);
            }
        });
        let getter = queue.getter();
        let rest =
            std::iter::from_fn(|| getter.try_get()).fold(0_u64, |sum, item| sum.wrapping_add(item.number()));
        let counted = got.into_inner().wrapping_add(rest);
        let producers = 0..self.producers;
        let consumers = self.producers..self.threads();
        let wrong = differ("(sum of items)", put.into_inner(), counted);
        played.round_of(consumers.clone(), &[producers, consumers], wrong)
    }
}

/// Two threads and two queues: each takes an item from one and puts it into the other.
#[derive(Clone, Copy)]
pub(super) struct PingPong {
    pub(super) capacity: usize,
}

impl<T: Item> Play<T> for PingPong {
    fn round<Q: BenchQueue<T>>(self, setting: Setting<'_>) -> Round {
        let queues = [Apart(Q::new(self.capacity)), Apart(Q::new(self.capacity))];
        let last = LastStep::default();
        queues[0].0.putter().put(T::of(0));
        let played = setting.play(2, |player| {
            let getter = queues[player.index].0.getter();
            let putter = queues[1 - player.index].0.putter();
            for step in 0.. {
                let number = player.timed(|| getter.get()).number();
                last.before(player, step);
                putter.put(T::of(number + 1));
                if last.was(step) {
                    break;
                }
            }
        });
        let mut round = played.round(None);
        let left: Vec<_> = queues
            .iter()
            .filter_map(|Apart(queue)| queue.getter().try_get())
            .map(|item| item.number())
            .collect();
        if left != [round.operations] {
            round.wrong = Some(format!("tossed {} times, left {left:?}", round.operations));
        }
        round
    }
}

/// One thread puts and takes, on a queue that holds some items, without waiting.
#[derive(Clone, Copy)]
pub(super) struct TryPair {
    pub(super) capacity: usize,
    /// Whether what was put last comes first.
    pub(super) last_first: bool,
}

impl<T: Item> Play<T> for TryPair {
    fn round<Q: BenchQueue<T>>(self, setting: Setting<'_>) -> Round {
        const HELD: u64 = 8;
        let Apart(queue) = &Apart(Q::new(self.capacity));
        let errors = AtomicU64::new(0);
        let played = setting.play(1, |player| {
            let (putter, getter) = (queue.putter(), queue.getter());
            (0..HELD).for_each(|number| putter.put(T::of(number)));
            let mut next = 0;
            while player.has_time() {
                let item =
                    player.timed(|| if putter.try_put(T::of(next + HELD)) { getter.try_get() } else { None });
                let expected = if self.last_first { next + HELD } else { next };
                if item.is_none_or(|item| item.number() != expected) {
                    errors.fetch_add(1, Relaxed);
                    break;
                }
                next += 1;
            }
        });
        played.round(differ("errors", 0, errors.into_inner()))
    }
}

/// Threads that take an item and put a later one, on a queue that holds many: as timers do.
#[derive(Clone, Copy)]
pub(super) struct Hold {
    pub(super) threads: usize,
    pub(super) items: u64,
}

impl<T: Item> Play<T> for Hold {
    fn round<Q: BenchQueue<T>>(self, setting: Setting<'_>) -> Round {
        let Apart(queue) = &Apart(Q::new(0));
        let putter = queue.putter();
        (0..self.items).for_each(|number| putter.put(T::of(later(number))));
        let played = setting.play(self.threads, |player| {
            let (putter, getter) = (queue.putter(), queue.getter());
            while player.has_time() {
                player.timed(|| {
                    let number = getter.get().number();
                    putter.put(T::of(number + 1 + later(number)));
                });
            }
        });
        let getter = queue.getter();
        let left = std::iter::from_fn(|| getter.try_get()).count();
        played.round(differ("items", self.items, left as u64))
    }
}
