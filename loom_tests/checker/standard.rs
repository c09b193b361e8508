//! C++20's memory model by brute force: every candidate execution, judged by the axioms of the standard.
//!
//! The programs have no branches and no data flow but through their locations, so a candidate is: which compare-exchanges
//! succeed, a modification order for each location, and for each read the write it reads. It is allowed when
//! ([intro.races], [atomics.order] of N4861):
//!
//! * *happens before*, the closure of sequenced-before and synchronizes-with, is acyclic. Release sequences are chains of
//!   read-modify-writes; fences synchronize through the accesses on either side of them;
//! * *coherence*: nothing that happens before an access is coherence-ordered after it. Coherence-ordered before is the closure
//!   of modification order, reads-from, and reads-before (a read, and the writes after the one it read);
//! * a read-modify-write reads the write just before its own;
//! * there is a total order S of all `SeqCst` accesses and fences, consistent with *strongly happens before* and with
//!   coherence order: if A is coherence-ordered before B, then A, or a fence that happens before A, comes before B, or a
//!   fence after which B happens. Such an order exists if those constraints have no cycle.
//!
//! The standard forbids no load buffering, and neither does this. [`Model::Rc11`] does (sequenced-before and reads-from
//! together must have no cycle): that is the part of the standard which an explorer that runs the program can reach.
//!
//! [intro.races]: https://timsong-cpp.github.io/cppwp/n4861/intro.races
//! [atomics.order]: https://timsong-cpp.github.io/cppwp/n4861/atomics.order

use crate::program::{Op, Outcome, Outcomes, Program, Rlx, SC, Step, acquires, releases};
use std::sync::atomic::Ordering;

/// Which axioms.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Model {
    Cpp20,
    /// And no cycle of sequenced-before and reads-from.
    Rc11,
}

/// What the program can do under the axioms.
pub(crate) fn outcomes(program: &Program, model: Model) -> Outcomes {
    let mut ends = Outcomes::new();
    let conditional: Vec<_> = program
        .threads
        .iter()
        .enumerate()
        .flat_map(|(thread, ops)| {
            let conditional = |&(_, op): &(usize, &Op)| matches!(op, Op::CompareExchange(..));
            ops.iter().enumerate().filter(conditional).map(move |(step, _)| (thread, step))
        })
        .collect();
    for successes in 0..1_u32 << conditional.len() {
        let succeeds = |thread, step| {
            let number = conditional.iter().position(|&place| place == (thread, step));
            number.is_none_or(|number| successes >> number & 1 != 0)
        };
        Candidates::new(program, succeeds).judge(model, &mut ends);
    }
    ends
}

/// A set of events, by their numbers.
type Events = u32;

/// For each event, those it comes before.
#[derive(Clone)]
struct Relation(Vec<Events>);

impl Relation {
    fn empty(events: usize) -> Self {
        assert!(events <= Events::BITS as usize, "too large a program");
        Relation(vec![0; events])
    }

    fn add(&mut self, before: usize, after: usize) {
        self.0[before] |= 1 << after;
    }

    fn has(&self, before: usize, after: usize) -> bool {
        self.0[before] >> after & 1 != 0
    }

    fn close(mut self) -> Self {
        for middle in 0..self.0.len() {
            let beyond = self.0[middle];
            for row in &mut self.0 {
                if *row >> middle & 1 != 0 {
                    *row |= beyond;
                }
            }
        }
        self
    }

    /// Of a closed relation.
    fn is_acyclic(&self) -> bool {
        (0..self.0.len()).all(|event| !self.has(event, event))
    }
}

/// An operation in its place, or the initial write of a location.
#[derive(Clone, Copy)]
struct Event {
    op: Option<Op>,
    thread: usize,
    at: Option<usize>,
    reads: bool,
    writes: bool,
    order: Ordering,
}

impl Event {
    fn fence(&self) -> bool {
        self.at.is_none()
    }

    fn same_thread(&self, other: &Event) -> bool {
        self.op.is_some() && other.op.is_some() && self.thread == other.thread
    }
}

/// All candidates in which the same compare-exchanges succeed.
struct Candidates<'a> {
    program: &'a Program,
    /// First the initial writes, then thread by thread.
    events: Vec<Event>,
    sequenced: Relation,
}

impl<'a> Candidates<'a> {
    fn new(program: &'a Program, succeeds: impl Fn(usize, usize) -> bool) -> Self {
        let mut events: Vec<_> = (0..program.locations())
            .map(|at| Event { op: None, thread: 0, at: Some(at), reads: false, writes: true, order: Rlx })
            .collect();
        for (thread, ops) in program.threads.iter().enumerate() {
            for (step, &op) in ops.iter().enumerate() {
                let succeeds = succeeds(thread, step);
                let order = match op {
                    Op::CompareExchange(.., failure) if !succeeds => failure,
                    Op::Load(_, order)
                    | Op::Store(_, _, order)
                    | Op::Swap(_, _, order)
                    | Op::FetchAdd(_, _, order)
                    | Op::CompareExchange(_, _, _, order, _)
                    | Op::Fence(order) => order,
                };
                let writes = op.writes() && succeeds;
                events.push(Event {
                    op: Some(op),
                    thread,
                    at: op.location(),
                    reads: op.reads(),
                    writes,
                    order,
                });
            }
        }
        let mut sequenced = Relation::empty(events.len());
        for (before, one) in events.iter().enumerate() {
            for (after, other) in events.iter().enumerate().skip(before + 1) {
                // The initial writes come before all threads.
                if other.op.is_some() && (one.op.is_none() || one.thread == other.thread) {
                    sequenced.add(before, after);
                }
            }
        }
        Candidates { program, events, sequenced }
    }

    fn judge(&self, model: Model, ends: &mut Outcomes) {
        let mut orders: Vec<Vec<Vec<usize>>> = Vec::new();
        for at in 0..self.program.locations() {
            let mut of_location = Vec::new();
            self.extend_order(at, &mut vec![at], &mut of_location);
            orders.push(of_location);
        }
        self.each_order(&orders, &mut Vec::new(), &mut |candidate| {
            self.choose_reads(self.program.locations(), candidate, model, ends);
        });
    }

    /// All modification orders of a location in which each thread's writes are in its order, as coherence demands.
    fn extend_order(&self, at: usize, order: &mut Vec<usize>, all: &mut Vec<Vec<usize>>) {
        let mut complete = true;
        for (event, this) in self.events.iter().enumerate() {
            if this.op.is_none() || this.at != Some(at) || !this.writes || order.contains(&event) {
                continue;
            }
            complete = false;
            let first = !self.events[..event].iter().enumerate().any(|(earlier, other)| {
                other.same_thread(this) && other.at == Some(at) && other.writes && !order.contains(&earlier)
            });
            if first {
                order.push(event);
                self.extend_order(at, order, all);
                order.pop();
            }
        }
        if complete {
            all.push(order.clone());
        }
    }

    /// Each combination of modification orders whose read-modify-writes find what they need.
    fn each_order<'o>(
        &self,
        orders: &'o [Vec<Vec<usize>>],
        chosen: &mut Vec<&'o Vec<usize>>,
        then: &mut dyn FnMut(&mut Candidate),
    ) {
        if let Some(of_location) = orders.get(chosen.len()) {
            for order in of_location {
                chosen.push(order);
                self.each_order(orders, chosen, then);
                chosen.pop();
            }
            return;
        }
        let mut candidate = Candidate {
            orders: chosen.iter().map(|&order| order.clone()).collect(),
            values: vec![0; self.events.len()],
            source: vec![None; self.events.len()],
        };
        for (at, order) in candidate.orders.iter().enumerate() {
            let mut before = order[0];
            candidate.values[before] = self.program.initial[at];
            for &event in &order[1..] {
                let old = candidate.values[before];
                candidate.values[event] = match self.events[event].op {
                    Some(Op::Store(_, value, _)) => value,
                    Some(op) => {
                        candidate.source[event] = Some(before);
                        match op.step(old) {
                            Step::Write(new) => new,
                            Step::Keep => return,
                        }
                    }
                    None => unreachable!("an initial write comes first"),
                };
                before = event;
            }
        }
        then(&mut candidate);
    }

    /// Each choice of a write for each read that does not write.
    fn choose_reads(&self, from: usize, candidate: &mut Candidate, model: Model, ends: &mut Outcomes) {
        let next =
            (from..self.events.len()).find(|&event| self.events[event].reads && !self.events[event].writes);
        let Some(event) = next else {
            if self.allows(candidate, model) {
                ends.insert(self.outcome(candidate));
            }
            return;
        };
        let Some(at) = self.events[event].at else { return };
        for write in candidate.orders[at].clone() {
            if let Some(Op::CompareExchange(_, expected, ..)) = self.events[event].op {
                if candidate.values[write] == expected {
                    continue;
                }
            }
            candidate.source[event] = Some(write);
            self.choose_reads(event + 1, candidate, model, ends);
        }
        candidate.source[event] = None;
    }

    fn outcome(&self, candidate: &Candidate) -> Outcome {
        let registers = candidate.source.iter().flatten().map(|&write| candidate.values[write]);
        let finals =
            candidate.orders.iter().filter_map(|order| order.last()).map(|&last| candidate.values[last]);
        registers.chain(finals).collect()
    }

    fn allows(&self, candidate: &Candidate, model: Model) -> bool {
        let count = self.events.len();
        let sequenced = &self.sequenced;
        let mut coherence = Relation::empty(count);
        for order in &candidate.orders {
            for (place, &write) in order.iter().enumerate() {
                for &later in &order[place + 1..] {
                    coherence.add(write, later);
                }
            }
        }
        let mut causes = sequenced.clone();
        for (read, source) in candidate.source.iter().enumerate() {
            let &Some(source) = source else { continue };
            coherence.add(source, read);
            causes.add(source, read);
            if let Some(at) = self.events[read].at {
                let later = candidate.orders[at].iter().skip_while(|&&write| write != source).skip(1);
                for &later in later.filter(|&&later| later != read) {
                    coherence.add(read, later);
                }
            }
        }
        if model == Model::Rc11 && !causes.close().is_acyclic() {
            return false;
        }
        let synchronizes = self.synchronizes(candidate);
        let mut happens = sequenced.clone();
        for (row, more) in happens.0.iter_mut().zip(&synchronizes.0) {
            *row |= more;
        }
        let happens = happens.close();
        let coherence = coherence.close();
        let coherent = (0..count).all(|one| {
            !happens.has(one, one)
                && !coherence.has(one, one)
                && (0..count).all(|other| !(happens.has(one, other) && coherence.has(other, one)))
        });
        coherent && self.has_total_order(&synchronizes, &happens, &coherence)
    }

    fn synchronizes(&self, candidate: &Candidate) -> Relation {
        let mut synchronizes = Relation::empty(self.events.len());
        for (read, &source) in candidate.source.iter().enumerate() {
            let sinks: Vec<_> = self
                .events
                .iter()
                .enumerate()
                .filter(|&(event, this)| {
                    acquires(this.order)
                        && (event == read || (this.fence() && self.sequenced.has(read, event)))
                })
                .map(|(event, _)| event)
                .collect();
            // Back along the release sequence: each link but its head is a read-modify-write.
            let mut link = source;
            while let Some(write) = link {
                for (event, this) in self.events.iter().enumerate() {
                    let fence = this.fence() && self.sequenced.has(event, write);
                    if releases(this.order) && (event == write || fence) {
                        sinks.iter().for_each(|&sink| synchronizes.add(event, sink));
                    }
                }
                link = candidate.source[write];
            }
        }
        synchronizes
    }

    /// Whether the constraints on S have no cycle.
    fn has_total_order(&self, synchronizes: &Relation, happens: &Relation, coherence: &Relation) -> bool {
        let count = self.events.len();
        let seq_cst: Vec<_> = (0..count).filter(|&event| self.events[event].order == SC).collect();
        if seq_cst.len() < 2 {
            return true;
        }
        let mut strongly = self.sequenced.clone();
        for one in 0..count {
            for other in 0..count {
                let both = self.events[one].order == SC && self.events[other].order == SC;
                let between = (0..count).any(|first| {
                    self.sequenced.has(one, first)
                        && (0..count).any(|last| happens.has(first, last) && self.sequenced.has(last, other))
                });
                if (both && synchronizes.has(one, other)) || between {
                    strongly.add(one, other);
                }
            }
        }
        let strongly = strongly.close();
        let mut total = Relation::empty(count);
        for &one in &seq_cst {
            for &other in &seq_cst {
                if strongly.has(one, other) {
                    total.add(one, other);
                }
            }
        }
        // What stands for an access in S: itself, and the fences before it or after it.
        let stands = |access: usize, event: usize, fence_is_related: bool| {
            event == access || (self.events[event].fence() && fence_is_related)
        };
        for one in 0..count {
            for other in (0..count).filter(|&other| coherence.has(one, other)) {
                for &earlier in seq_cst.iter().filter(|&&event| stands(one, event, happens.has(event, one))) {
                    for &later in
                        seq_cst.iter().filter(|&&event| stands(other, event, happens.has(other, event)))
                    {
                        total.add(earlier, later);
                    }
                }
            }
        }
        total.close().is_acyclic()
    }
}

/// One execution, but for the relations that follow from it.
struct Candidate {
    /// The modification order of each location.
    orders: Vec<Vec<usize>>,
    /// What each write writes.
    values: Vec<u32>,
    /// What each read reads.
    source: Vec<Option<usize>>,
}
