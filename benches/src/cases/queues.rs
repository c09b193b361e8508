//! FIFO queues: five shapes, four capacities, three kinds of item; items of mixed sizes; eight threads on each CPU; ping-pong; one
//! thread alone; bursts; pipelines; producers that sleep.

use super::bursts::Burst;
use super::cpp;
use super::flow::{Flow, PingPong, Play, TryPair, ours, peer, room};
use super::sleepers::Sleepers;
use super::stages::Pipeline;
use super::threads;
use crate::arena::Case;
use crate::monitor::{ParkingLot, Std};
use crate::queue::{
    AsyncChannel, Crossbeam, CrossfireMpmc, CrossfireMpmcUnbounded, CrossfireMpsc, CrossfireMpscUnbounded,
    CrossfireSpsc, CrossfireSpscUnbounded, Flume, FromMonitor, Item, Kanal, StdMpsc, StdMpscUnbounded,
};
use crate::regime::cpus;
use crate::work::Work;
use std::collections::VecDeque;
use std::time::Duration;

/// Below this part of the best peer, a case is lost.
const BAR: f64 = 0.7;

const SHAPES: [(usize, usize); 5] = [(1, 1), (4, 1), (1, 4), (2, 2), (8, 8)];
/// 0 is unbounded.
const CAPACITIES: [usize; 4] = [1, 64, 1024, 0];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for capacity in [1024, 0] {
        let mut case = Case::new("queue", format!("try pair of 1 thread, {}", room(capacity)), 1);
        case.quick = capacity == 1024;
        let play = TryPair { capacity, last_first: false };
        everybody(&mut case, (1, 1), capacity, play);
        cpp::queues_that_never_wait(&mut case, play);
        cases.push(case);
    }
    let mut ping_pong = together("ping-pong, capacity 1".to_owned(), 2);
    ping_pong.quick = true;
    everybody(&mut ping_pong, (1, 1), 1, PingPong { capacity: 1 });
    cases.push(ping_pong);
    for flow in flows() {
        let mut case = apart(format!("{}, u64", flow.name()), flow);
        case.quick = matches!(
            (flow.producers, flow.consumers, flow.capacity),
            (1, 1, 1 | 64 | 0) | (4, 1, 64) | (2, 2, 1024)
        );
        everybody(&mut case, flow.shape(), flow.capacity, flow);
        cases.push(case);
    }
    cases.extend(flows().map(of_other_items::<[u64; 8]>));
    cases.extend(flows().map(of_other_items::<Box<u64>>));
    let bounded = |flow: &Flow| matches!(flow.shape(), (1, 1) | (2, 2)) && flow.capacity >= 64;
    cases.extend(flows().filter(bounded).map(of_other_items::<Box<[u64]>>));
    for capacity in [64, 0] {
        let flow = Flow::new(4 * cpus(), 4 * cpus(), capacity);
        let mut case = apart(format!("4 producers and 4 consumers a CPU, {}", room(capacity)), flow);
        everybody(&mut case, flow.shape(), capacity, flow);
        cases.push(case);
    }
    cases.extend([(1, 10_000), (1, 1_000_000), (4, 100_000)].map(|(count, items)| burst(count, items)));
    for capacity in [64, 1024] {
        for work in [Work::NONE, Work::NS_500] {
            let name = format!("pipeline of 4 stages, {}, {} each", room(capacity), work.name());
            let mut case = together(name, Pipeline::STAGES);
            case.quick = capacity == 64 && work == Work::NS_500;
            everybody(&mut case, (1, 1), capacity, Pipeline { capacity, work });
            cases.push(case);
        }
    }
    cases.extend([(1, 100), (1, 2000), (4, 1000)].map(|(pairs, micros)| sleepers(pairs, micros)));
    cases
}

fn flows() -> impl Iterator<Item = Flow> {
    SHAPES.into_iter().flat_map(|(producers, consumers)| {
        CAPACITIES.into_iter().map(move |capacity| Flow::new(producers, consumers, capacity))
    })
}

/// A case of threads that go their own ways.
fn apart(name: String, flow: Flow) -> Case {
    let mut case = Case::new("queue", name, flow.threads());
    case.bar = BAR;
    case.memory = true;
    case
}

/// A case of threads that need each other.
fn together(name: String, count: usize) -> Case {
    let mut case = Case::new("queue", name, count);
    case.bar = BAR;
    case.compete = false;
    case
}

fn of_other_items<T: Item>(flow: Flow) -> Case {
    let mut case = apart(format!("{}, {}", flow.name(), T::NAME), flow);
    contestants::<T>(&mut case, flow.shape(), flow.capacity, flow);
    case
}

fn burst(count: usize, items: u64) -> Case {
    let mut case = together(format!("burst of {items}, {}", threads(count)), count);
    case.memory = true;
    case.quick = items == 10_000;
    // A million takes longer than a round.
    case.least = Duration::from_nanos(100 * items);
    everybody(&mut case, (count, count), 0, Burst { threads: count, items });
    case
}

fn sleepers(pairs: usize, micros: u64) -> Case {
    let mut case = together(format!("{pairs}P{pairs}C, producers sleep for {micros} us"), 2 * pairs);
    case.quick = micros == 100;
    case.least = Duration::from_micros(20 * micros);
    everybody(&mut case, (pairs, pairs), 64, Sleepers { pairs, gap: Duration::from_micros(micros) });
    case
}

/// Adds everybody who can serve so many producers and consumers, for numbers: C++'s too, where they are there.
pub(super) fn everybody(case: &mut Case, shape: (usize, usize), capacity: usize, play: impl Play<u64>) {
    contestants::<u64>(case, shape, capacity, play);
    cpp::queues(case, shape, capacity, play);
}

/// Adds everybody who can serve so many producers and consumers.
fn contestants<T: Item>(case: &mut Case, shape: (usize, usize), capacity: usize, play: impl Play<T>) {
    ours::<T, tollgate::Queue<T>>(case, play);
    peer::<T, Crossbeam<T>>(case, play);
    peer::<T, Flume<T>>(case, play);
    peer::<T, Kanal<T>>(case, play);
    peer::<T, AsyncChannel<T>>(case, play);
    match capacity {
        0 => peer::<T, CrossfireMpmcUnbounded<T>>(case, play),
        _ => peer::<T, CrossfireMpmc<T>>(case, play),
    }
    match (shape, capacity) {
        ((1, 1), 0) => peer::<T, CrossfireSpscUnbounded<T>>(case, play),
        ((1, 1), _) => peer::<T, CrossfireSpsc<T>>(case, play),
        ((_, 1), 0) => peer::<T, CrossfireMpscUnbounded<T>>(case, play),
        ((_, 1), _) => peer::<T, CrossfireMpsc<T>>(case, play),
        _ => {}
    }
    match (shape, capacity) {
        ((_, 1), 0) => peer::<T, StdMpscUnbounded<T>>(case, play),
        ((_, 1), _) => peer::<T, StdMpsc<T>>(case, play),
        _ => {}
    }
    peer::<T, FromMonitor<VecDeque<T>, Std<VecDeque<T>>>>(case, play);
    peer::<T, FromMonitor<VecDeque<T>, ParkingLot<VecDeque<T>>>>(case, play);
}
