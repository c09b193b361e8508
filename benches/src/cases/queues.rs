//! FIFO queues: five shapes, four capacities, three kinds of item; ping-pong; and one thread alone.

use super::flow::{Flow, PingPong, Play, TryPair, ours, peer};
use crate::arena::Case;
use crate::monitor::{ParkingLot, Std};
use crate::queue::{
    AsyncChannel, Crossbeam, CrossfireMpmc, CrossfireMpmcUnbounded, CrossfireMpsc, CrossfireMpscUnbounded,
    CrossfireSpsc, CrossfireSpscUnbounded, Flume, FromMonitor, Item, Kanal, StdMpsc, StdMpscUnbounded,
};
use std::collections::VecDeque;

/// Below this part of the best peer, a case is lost.
const BAR: f64 = 0.7;

const SHAPES: [(usize, usize); 5] = [(1, 1), (4, 1), (1, 4), (2, 2), (8, 8)];
/// 0 is unbounded.
const CAPACITIES: [usize; 4] = [1, 64, 1024, 0];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for capacity in [1024, 0] {
        let room = if capacity == 0 { "unbounded".to_owned() } else { format!("capacity {capacity}") };
        let mut case = Case::new("queue", format!("try pair of 1 thread, {room}"), 1);
        case.quick = capacity == 1024;
        contestants::<u64>(&mut case, (1, 1), capacity, TryPair { capacity });
        cases.push(case);
    }
    let mut case = Case::new("queue", "ping-pong, capacity 1".to_owned(), 2);
    case.bar = BAR;
    case.compete = false;
    case.quick = true;
    contestants::<u64>(&mut case, (1, 1), 1, PingPong { capacity: 1 });
    cases.push(case);
    flows::<u64>(&mut cases);
    flows::<[u64; 8]>(&mut cases);
    flows::<Box<u64>>(&mut cases);
    cases
}

fn flows<T: Item>(cases: &mut Vec<Case>) {
    for (producers, consumers) in SHAPES {
        for capacity in CAPACITIES {
            let flow = Flow::new(producers, consumers, capacity);
            let mut case = Case::new("queue", format!("{}, {}", flow.name(), T::NAME), flow.threads());
            case.bar = BAR;
            case.memory = true;
            case.quick = T::NAME == "u64"
                && matches!((producers, consumers, capacity), (1, 1, 1 | 64 | 0) | (4, 1, 64) | (2, 2, 1024));
            contestants::<T>(&mut case, (producers, consumers), capacity, flow);
            cases.push(case);
        }
    }
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
