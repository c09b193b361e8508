//! LIFO and priority queues: flows as of FIFO queues, and for priorities threads that take one of many items and put another.
//!
//! Nobody else offers these as blocking types, so the peers are what people write.

use super::flow::{Flow, Hold, Play, ours, peer};
use super::threads;
use crate::arena::Case;
use crate::monitor::{ParkingLot, Std};
use crate::queue::FromMonitor;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (producers, consumers) in [(1, 1), (2, 2), (8, 8)] {
        for capacity in [1, 64, 1024, 0] {
            let flow = Flow::new(producers, consumers, capacity);
            let quick = (producers, consumers, capacity) == (2, 2, 1024);
            let case = |family| {
                let mut case = Case::new(family, flow.name(), flow.threads());
                case.memory = true;
                case.quick = quick;
                case
            };
            cases.push(lifo(case("lifo"), flow));
            cases.push(priority(case("priority"), flow.scattered()));
        }
    }
    for items in [1_000, 100_000] {
        for count in [1, 2, 8] {
            let name = format!("{}, {items} items held", threads(count));
            cases.push(priority(Case::new("priority", name, count), Hold { threads: count, items }));
        }
    }
    cases
}

fn lifo(mut case: Case, play: impl Play<u64>) -> Case {
    type Stack = Vec<u64>;
    ours::<u64, tollgate::LifoQueue<u64>>(&mut case, play);
    peer::<u64, FromMonitor<Stack, Std<Stack>>>(&mut case, play);
    peer::<u64, FromMonitor<Stack, ParkingLot<Stack>>>(&mut case, play);
    case
}

fn priority(mut case: Case, play: impl Play<u64>) -> Case {
    type Heap = BinaryHeap<Reverse<u64>>;
    ours::<u64, tollgate::PriorityQueue<u64>>(&mut case, play);
    peer::<u64, FromMonitor<Heap, Std<Heap>>>(&mut case, play);
    peer::<u64, FromMonitor<Heap, ParkingLot<Heap>>>(&mut case, play);
    case
}
