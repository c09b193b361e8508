//! LIFO and priority queues: flows as of FIFO queues, and for priorities threads that take one of many items and put another.
//!
//! Nobody else offers these as blocking types, so the peers are what people write. Where nobody has to wait, C++'s take part as well.

use super::flow::{Flow, Hold, Play, TryPair, ours, peer};
use super::{cpp, threads};
use crate::arena::Case;
use crate::monitor::{ParkingLot, Std};
use crate::queue::FromMonitor;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

pub(super) fn cases() -> Vec<Case> {
    let mut pair = Case::new("lifo", "try pair of 1 thread, unbounded".to_owned(), 1);
    let play = TryPair { capacity: 0, last_first: true };
    lifo(&mut pair, play);
    cpp::stacks(&mut pair, play);
    let mut cases = vec![pair];
    for (producers, consumers) in [(1, 1), (2, 2), (8, 8)] {
        for capacity in [1, 64, 1024, 0] {
            let flow = Flow::new(producers, consumers, capacity);
            let quick = (producers, consumers, capacity) == (2, 2, 1024);
            for family in ["lifo", "priority"] {
                let mut case = Case::new(family, flow.name(), flow.threads());
                case.memory = true;
                case.quick = quick;
                match family {
                    "lifo" => lifo(&mut case, flow),
                    _ => priority(&mut case, flow.scattered()),
                }
                cases.push(case);
            }
        }
    }
    for items in [1_000, 100_000] {
        for count in [1, 2, 8] {
            let name = format!("{}, {items} items held", threads(count));
            let mut case = Case::new("priority", name, count);
            let play = Hold { threads: count, items };
            priority(&mut case, play);
            cpp::heaps(&mut case, play);
            cases.push(case);
        }
    }
    cases
}

fn lifo(case: &mut Case, play: impl Play<u64>) {
    type Stack = Vec<u64>;
    ours::<u64, tollgate::LifoQueue<u64>>(case, play);
    peer::<u64, FromMonitor<Stack, Std<Stack>>>(case, play);
    peer::<u64, FromMonitor<Stack, ParkingLot<Stack>>>(case, play);
}

fn priority(case: &mut Case, play: impl Play<u64>) {
    type Heap = BinaryHeap<Reverse<u64>>;
    ours::<u64, tollgate::PriorityQueue<u64>>(case, play);
    peer::<u64, FromMonitor<Heap, Std<Heap>>>(case, play);
    peer::<u64, FromMonitor<Heap, ParkingLot<Heap>>>(case, play);
}
