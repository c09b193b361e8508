//! The language of the checker: a few straight-line threads of atomic operations on up to three words.
//!
//! Every operation that reads puts what it read into a register of its own; registers are never operands. So a program is
//! fixed but for the values it reads, and its *outcome* is all registers, thread by thread, and then the final value of
//! each location: the last in modification order.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::atomic::Ordering;

/// The memory orderings, under short names.
pub(crate) use std::sync::atomic::Ordering::{
    AcqRel as AR, Acquire as Acq, Relaxed as Rlx, Release as Rel, SeqCst as SC,
};

/// The largest number of threads: one less than loom's, which the checker does not need.
pub(crate) const THREADS: usize = 4;
/// The largest number of locations.
pub(crate) const LOCATIONS: usize = 3;

/// A location, by its number.
pub(crate) type Location = usize;

/// One step of a thread.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Op {
    Load(Location, Ordering),
    Store(Location, u32, Ordering),
    Swap(Location, u32, Ordering),
    /// Wraps.
    FetchAdd(Location, u32, Ordering),
    /// Location, expected, new, ordering of success and of failure.
    CompareExchange(Location, u32, u32, Ordering, Ordering),
    Fence(Ordering),
}

/// What a read-modify-write does with what it has read.
pub(crate) enum Step {
    Write(u32),
    /// A compare-exchange that has failed.
    Keep,
}

impl Op {
    pub(crate) fn location(self) -> Option<Location> {
        match self {
            Op::Load(at, _)
            | Op::Store(at, _, _)
            | Op::Swap(at, _, _)
            | Op::FetchAdd(at, _, _)
            | Op::CompareExchange(at, _, _, _, _) => Some(at),
            Op::Fence(_) => None,
        }
    }

    pub(crate) fn reads(self) -> bool {
        !matches!(self, Op::Store(..) | Op::Fence(_))
    }

    /// Whether it may write.
    pub(crate) fn writes(self) -> bool {
        !matches!(self, Op::Load(..) | Op::Fence(_))
    }

    /// What a read-modify-write that read `old` does.
    pub(crate) fn step(self, old: u32) -> Step {
        match self {
            Op::Swap(_, new, _) => Step::Write(new),
            Op::FetchAdd(_, by, _) => Step::Write(old.wrapping_add(by)),
            Op::CompareExchange(_, expected, new, _, _) if old == expected => Step::Write(new),
            Op::CompareExchange(..) => Step::Keep,
            Op::Load(..) | Op::Store(..) | Op::Fence(_) => unreachable!("not a read-modify-write"),
        }
    }
}

/// Whether a read or fence with this ordering acquires.
pub(crate) fn acquires(order: Ordering) -> bool {
    matches!(order, Acq | AR | SC)
}

/// Whether a write or fence with this ordering releases.
pub(crate) fn releases(order: Ordering) -> bool {
    matches!(order, Rel | AR | SC)
}

/// Threads, and what the locations hold before they start.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Program {
    pub(crate) initial: Vec<u32>,
    /// The last is the main thread.
    pub(crate) threads: Vec<Vec<Op>>,
    /// After how many of its own operations the main thread spawns each of the others.
    pub(crate) spawned: Vec<usize>,
    /// Before which of its operations the main thread joins each of the others, if it does. It spawns first.
    pub(crate) joined: Vec<Option<usize>>,
}

/// All registers in order, then the final values.
pub(crate) type Outcome = Vec<u32>;
pub(crate) type Outcomes = BTreeSet<Outcome>;

impl Program {
    /// With as many locations as are used, all 0 at first.
    pub(crate) fn new(threads: Vec<Vec<Op>>) -> Self {
        let last = threads.iter().flatten().filter_map(|op| op.location()).max();
        let locations = last.map_or(0, |last| last + 1);
        assert!(locations <= LOCATIONS && threads.len() <= THREADS, "too large a program");
        Program::starting_with(vec![0; locations], threads)
    }

    /// With all threads spawned at once, and nobody joined.
    pub(crate) fn starting_with(initial: Vec<u32>, threads: Vec<Vec<Op>>) -> Self {
        let others = threads.len().saturating_sub(1);
        Program { initial, threads, spawned: vec![0; others], joined: vec![None; others] }
    }

    /// The main thread: the last one.
    pub(crate) fn main(&self) -> usize {
        self.threads.len() - 1
    }

    /// Whether a thread that has operations left has been spawned, and waits for nobody; `next` says how far each thread is.
    pub(crate) fn may_step(&self, thread: usize, next: impl Fn(usize) -> usize) -> bool {
        if thread != self.main() {
            return next(self.main()) >= self.spawned[thread];
        }
        let step = next(thread);
        let awaited = (0..thread).filter(|&other| self.joined[other] == Some(step));
        awaited.into_iter().all(|other| next(other) == self.threads[other].len())
    }

    pub(crate) fn locations(&self) -> usize {
        self.initial.len()
    }

    /// How many operations.
    pub(crate) fn size(&self) -> usize {
        self.threads.iter().map(Vec::len).sum()
    }

    /// How many operations read.
    pub(crate) fn registers(&self) -> usize {
        self.threads.iter().flatten().filter(|op| op.reads()).count()
    }

    /// The register of each operation that reads, by thread and step.
    pub(crate) fn register_numbers(&self) -> Vec<Vec<usize>> {
        let mut next = 0;
        let number = |op: &Op| {
            let this = next;
            next += usize::from(op.reads());
            this
        };
        let mut number = number;
        self.threads.iter().map(|ops| ops.iter().map(&mut number).collect()).collect()
    }

    /// Without the `step`th operation of `thread`, and without the thread if that was its last and it is not the main one.
    pub(crate) fn without(&self, thread: usize, step: usize) -> Program {
        let mut less = self.clone();
        less.threads[thread].remove(step);
        if thread == self.main() {
            let earlier = |at: usize| if at > step { at - 1 } else { at };
            less.spawned.iter_mut().for_each(|at| *at = earlier(*at));
            less.joined.iter_mut().for_each(|at| *at = at.map(earlier));
        } else if less.threads[thread].is_empty() {
            less.threads.remove(thread);
            less.spawned.remove(thread);
            less.joined.remove(thread);
        }
        less
    }
}

fn short(order: Ordering) -> &'static str {
    match order {
        Rlx => "rlx",
        Acq => "acq",
        Rel => "rel",
        AR => "acqrel",
        _ => "sc",
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |at: Location| ["x", "y", "z"][at];
        match *self {
            Op::Load(at, order) => write!(f, "{}.load({})", name(at), short(order)),
            Op::Store(at, value, order) => write!(f, "{}.store({value},{})", name(at), short(order)),
            Op::Swap(at, value, order) => write!(f, "{}.swap({value},{})", name(at), short(order)),
            Op::FetchAdd(at, by, order) => write!(f, "{}.add({},{})", name(at), by as i32, short(order)),
            Op::CompareExchange(at, expected, new, success, failure) => {
                write!(f, "{}.cas({expected}->{new},{},{})", name(at), short(success), short(failure))
            }
            Op::Fence(order) => write!(f, "fence({})", short(order)),
        }
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.initial.iter().any(|&value| value != 0) {
            write!(f, "{:?} ", self.initial)?;
        }
        for (number, ops) in self.threads.iter().enumerate() {
            let mut ops: Vec<_> = ops.iter().map(Op::to_string).collect();
            if number == self.main() {
                for (other, &at) in self.spawned.iter().enumerate().filter(|&(_, &at)| at > 0) {
                    ops[at - 1] += &format!("; spawn {other}");
                }
                for (other, at) in self.joined.iter().enumerate() {
                    if let Some(op) = at.and_then(|at| ops.get_mut(at)) {
                        *op = format!("join {other}; {op}");
                    }
                }
            }
            write!(f, "{}{}", if number == 0 { "" } else { " || " }, ops.join("; "))?;
        }
        Ok(())
    }
}

/// Outcomes as text: registers, a bar, final values.
pub(crate) fn show(outcomes: &Outcomes, registers: usize) -> String {
    let digits = |values: &[u32]| values.iter().map(u32::to_string).collect::<String>();
    let show = |outcome: &Outcome| {
        let (registers, finals) = outcome.split_at(registers);
        format!("{}|{}", digits(registers), digits(finals))
    };
    outcomes.iter().map(show).collect::<Vec<_>>().join(" ")
}
