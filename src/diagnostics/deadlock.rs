//! Deadlocks: threads that wait for each other and for nobody else.
//!
//! First, who is stuck: a thread that waits, when everybody who is known to be able to end its wait is stuck too. (The largest such set: all
//! who wait, less those who depend on somebody who runs or on nobody known, and so on.) One holder of several that runs is enough
//! for a semaphore's waiter not to be stuck. A lock has one holder, so for locks alone this is the usual wait-for graph.
//!
//! Then, among the stuck, the strongly connected components of the graph "depends on": petgraph's, which are Tarjan's (SIAM Journal on
//! Computing 1(2), 1972). Those that are stuck behind a component are its victims, and no part of it.

use super::report::{Role, WaitingThread};
use super::snapshot::Snapshot;
use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

/// Threads that wait for each other.
///
/// An example: [the module](super).
#[derive(Clone, Debug)]
pub struct Deadlock {
    certain: bool,
    waiting: Vec<WaitingThread>,
}

impl Deadlock {
    /// Whether it is one beyond doubt: see [the module](super#certain-and-possible). Else it is possible.
    ///
    /// An example: [the module](super).
    #[must_use]
    pub fn is_certain(&self) -> bool {
        self.certain
    }

    /// Its threads. As far as each depends on one other alone, in that order: each waits for the one after it, and the last one for the first.
    ///
    /// An example: [the module](super).
    pub fn threads(&self) -> impl ExactSizeIterator<Item = &WaitingThread> {
        self.waiting.iter()
    }
}

/// Certain ones first.
pub(super) fn find(snapshot: &Snapshot) -> Vec<Deadlock> {
    let stuck = stuck(&snapshot.enders);
    let mut graph = DiGraph::<(), ()>::new();
    let nodes: Vec<_> = snapshot.enders.iter().map(|_| graph.add_node(())).collect();
    for (waiting, enders) in snapshot.enders.iter().enumerate().filter(|&(waiting, _)| stuck[waiting]) {
        for &ender in enders.iter().flatten() {
            graph.update_edge(nodes[waiting], nodes[ender], ());
        }
    }
    let circular =
        |component: &Vec<NodeIndex>| component.len() > 1 || graph.contains_edge(component[0], component[0]);
    let components = tarjan_scc(&graph).into_iter().filter(circular);
    let mut deadlocks: Vec<_> = components.map(|component| deadlock(snapshot, &graph, &component)).collect();
    deadlocks.sort_by_key(|deadlock: &Deadlock| (!deadlock.certain, deadlock.waiting[0].number));
    deadlocks
}

/// The largest set of which nobody depends on anybody outside, or on nobody.
fn stuck(enders: &[Vec<Option<usize>>]) -> Vec<bool> {
    let mut stuck = vec![true; enders.len()];
    loop {
        let before = stuck.clone();
        for (waiting, enders) in enders.iter().enumerate() {
            let depends = |ender: &Option<usize>| ender.is_some_and(|ender| stuck[ender]);
            stuck[waiting] &= !enders.is_empty() && enders.iter().all(depends);
        }
        if stuck == before {
            return stuck;
        }
    }
}

fn deadlock(snapshot: &Snapshot, graph: &DiGraph<(), ()>, component: &[NodeIndex]) -> Deadlock {
    // From the one that has waited longest along the edges, and then those that this has missed.
    let mut left: Vec<_> = component.to_vec();
    left.sort();
    let mut order = vec![left.remove(0)];
    while !left.is_empty() {
        let next = left.iter().position(|&node| graph.contains_edge(order[order.len() - 1], node));
        order.push(left.remove(next.unwrap_or(0)));
    }
    let waiting: Vec<_> = order.iter().map(|node| snapshot.waiting[node.index()].clone()).collect();
    Deadlock { certain: waiting.iter().all(is_for_good), waiting }
}

/// Whether the wait can only be ended by the owner of a lock.
fn is_for_good(waiting: &WaitingThread) -> bool {
    !waiting.timed && waiting.holders.iter().all(|holder| holder.role == Role::Owner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_depends_on_somebody_that_runs_is_not_stuck() {
        // 0 and 1 wait for each other; 2 for 0, or for one that runs; 3 for 0 alone; 4 for nobody known; 5 for 4.
        let enders =
            [vec![Some(1)], vec![Some(0)], vec![Some(0), None], vec![Some(0)], vec![], vec![Some(4)]];
        assert_eq!(stuck(&enders), [true, true, false, true, false, false]);
    }
}
