//! The queues: what is put is got once and in its order, tasks are counted, shutdown ends it.
//!
//! `join` returns when no task was left at some moment since it came, also when new ones have come in the moment after: two
//! phases, coming and seeing that. A batch of puts is two puts, each a phase; a batch of gets is one step. A task that is got and
//! dropped is a get and a report.
//!
//! Without a latch a put is three phases: it sees room, counts its task, and puts its item; if there is no room any more, or no queue, it is refused, and takes
//! its task back in a fourth.
//! An immediate shutdown is two phases also: the items are gone, and then they are counted as done. First in, first out it is three, and begins as a draining
//! one; and a batch of gets may leave what has just come.

mod flavor;
mod real;
mod rendezvous;

pub use flavor::{
    Batches, Fifo, Lifo, LockFreeFifo, LockFreeFifoBatches, LockFreeLifo, LockFreeLifoBatches, Priority,
};
pub use rendezvous::RendezvousSubject;

use super::leave;
use crate::subject::{CallId, Progress, Subject, continues, returns};
use flavor::{Flavor, Order, Orders as _};
use real::{Ledgered, SECOND, priority};
use std::marker::PhantomData;
use strum::EnumIter;

/// A queue with this capacity; 0 is unbounded.
#[derive(Debug)]
pub struct QueueSubject<const CAPACITY: usize, F = Fifo>(PhantomData<F>);

/// What is done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter)]
#[expect(missing_docs, reason = "named after the methods")]
pub enum QueueOp {
    Put,
    TryPut,
    PutTimeout,
    /// Two items.
    PutMany,
    TryPutMany,
    PutManyTimeout,
    Get,
    TryGet,
    GetTimeout,
    /// Up to two items.
    GetMany,
    TryGetMany,
    GetManyTimeout,
    /// `try_get_task`, dropped at once.
    TryWork,
    TaskDone,
    Join,
    JoinTimeout,
    Drain,
    Close,
    /// `set_capacity(1)`.
    Narrow,
    /// `set_capacity(2)`.
    Widen,
    /// `with_first`.
    First,
    Len,
    Unfinished,
    IsShutdown,
    /// Gets whatever is left; for the end.
    Rest,
}

use QueueOp::*;

/// What it answers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "plain words")]
pub enum QueueAnswer {
    Done,
    /// The item of this number: that of the call that has put it.
    Got(CallId),
    GotMany(Vec<CallId>),
    Full,
    Empty,
    ShutDown,
    /// A batch that was put in part; whether that was for want of room.
    Part {
        put: usize,
        full: bool,
    },
    TooManyDone,
    TimedOut,
    Number(usize),
    Is(bool),
    Rest {
        items: Vec<CallId>,
        unfinished: usize,
        shut_down: bool,
    },
}

use QueueAnswer::Done;

/// How far the queue has been shut down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Stage {
    Open,
    Draining,
    Closed,
}

/// What a call without a latch has still to say of the tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Uncounted {
    /// So many items were dropped.
    Dropped(usize),
    /// A put was refused, for want of room.
    Full,
    /// A put was refused for good.
    ShutDown,
}

/// Items in the order of their puts, capacity, tasks, stage, the joiners that have not yet seen the queue idle, and who has not yet said
/// what has become of tasks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct QueueState {
    items: Vec<CallId>,
    capacity: usize,
    unfinished: usize,
    stage: Stage,
    joiners: Vec<CallId>,
    uncounted: Vec<(CallId, Uncounted)>,
}

impl QueueState {
    fn finish(&mut self, tasks: usize) {
        self.unfinished -= tasks;
        if self.unfinished == 0 {
            self.joiners.clear();
        }
    }

    /// A first phase without a latch.
    fn has_to_count(mut self, call: CallId, what: Uncounted) -> Vec<(Self, Progress<QueueAnswer>)> {
        self.uncounted.push((call, what));
        self.uncounted.sort_unstable();
        continues(self)
    }

    /// The second one. There may have been too many reports.
    fn counts(&mut self, call: CallId, tasks: usize) -> Uncounted {
        let place = self.uncounted.iter().position(|&(caller, _)| caller == call).expect("a first phase");
        let (_, what) = self.uncounted.remove(place);
        let tasks = if let Uncounted::Dropped(count) = what { count } else { tasks };
        self.finish(tasks.min(self.unfinished));
        what
    }

    fn is_full(&self) -> bool {
        self.capacity > 0 && self.items.len() >= self.capacity
    }

    /// Where the item lies that leaves first.
    fn first(&self, order: Order) -> Option<usize> {
        match order {
            Order::Fifo => (!self.items.is_empty()).then_some(0),
            Order::Lifo => self.items.len().checked_sub(1),
            Order::Priority => (0..self.items.len()).min_by_key(|&at| (priority(self.items[at]), at)),
        }
    }

    fn take(&mut self, order: Order, most: usize) -> Vec<CallId> {
        let mut taken = Vec::new();
        while let Some(at) = self.first(order).filter(|_| taken.len() < most) {
            taken.push(self.items.remove(at));
        }
        taken
    }
}

/// A step of a `join`: it comes, and in a later phase returns if no task has been left since, as `joiners` says, or gives up.
fn join(
    joiners: &mut Vec<CallId>,
    unfinished: usize,
    call: CallId,
    op: QueueOp,
    phase: u8,
) -> Option<Progress<QueueAnswer>> {
    let not_yet = leave(joiners, call);
    if unfinished == 0 || (phase > 0 && !not_yet) {
        Some(Progress::Returns(Done))
    } else if phase == 0 {
        joiners.push(call);
        joiners.sort_unstable();
        Some(Progress::Continues)
    } else if op == Join {
        None
    } else {
        Some(Progress::Returns(QueueAnswer::TimedOut))
    }
}

/// What a queue without a latch does in other steps than one with it.
fn step_without_latch(
    state: &QueueState,
    call: CallId,
    op: QueueOp,
    phase: u8,
    order: Order,
) -> Option<Vec<(QueueState, Progress<QueueAnswer>)>> {
    let mut next = state.clone();
    let steps = match op {
        // Its task is counted.
        Put | TryPut | PutTimeout if phase % 4 == 2 => {
            if state.stage == Stage::Open && !state.is_full() {
                next.items.push(call);
                return Some(returns(next, Done));
            }
            let why = if state.stage == Stage::Open { Uncounted::Full } else { Uncounted::ShutDown };
            next.has_to_count(call, why)
        }
        Put | TryPut | PutTimeout if phase % 4 == 3 => match next.counts(call, 1) {
            Uncounted::Full if op == Put => continues(next),
            // It goes on waiting, or has no more time.
            Uncounted::Full if op == PutTimeout => {
                [continues(next.clone()), returns(next, QueueAnswer::Full)].concat()
            }
            Uncounted::Full => returns(next, QueueAnswer::Full),
            _ => returns(next, QueueAnswer::ShutDown),
        },
        // It has seen room, and counts its task, whatever has become of the room.
        Put | TryPut | PutTimeout if phase % 4 == 1 => {
            next.unfinished += 1;
            continues(next)
        }
        Put | TryPut | PutTimeout if state.stage == Stage::Open && !state.is_full() => continues(next),
        GetMany | TryGetMany | GetManyTimeout if order == Order::Fifo && state.items.len() > 1 => {
            let left = |count| {
                let mut next = state.clone();
                let taken = next.take(order, count);
                (next, Progress::Returns(QueueAnswer::GotMany(taken)))
            };
            vec![left(1), left(2)]
        }
        Close if phase == 0 && order == Order::Fifo => {
            next.stage = state.stage.max(Stage::Draining);
            continues(next)
        }
        Close if phase == u8::from(order == Order::Fifo) => {
            next.stage = Stage::Closed;
            next.items.clear();
            next.has_to_count(call, Uncounted::Dropped(state.items.len()))
        }
        Close => {
            next.counts(call, 0);
            returns(next, Done)
        }
        _ => return None,
    };
    Some(steps)
}

impl<const CAPACITY: usize, F: Flavor> Subject for QueueSubject<CAPACITY, F> {
    type Op = QueueOp;
    type Answer = QueueAnswer;
    type Real = Ledgered<F::Queue>;
    type State = QueueState;

    const SAMPLE: usize = F::SAMPLE;

    fn name() -> String {
        if CAPACITY == 0 { F::name().to_owned() } else { format!("{}({CAPACITY})", F::name()) }
    }

    fn operations() -> Vec<QueueOp> {
        F::operations()
    }

    fn alphabets() -> Vec<Vec<QueueOp>> {
        crate::program::cover(&Self::operations(), &F::alphabets())
    }

    /// A joiner returned with its own task undone, when the one who finished the task before was slow to say so. And a batch that was put in part said
    /// "full" by what it remembered of the other end, where a batch of gets had begun before it.
    fn regressions() -> Vec<Vec<Vec<QueueOp>>> {
        let old_word = vec![vec![Put, Join], vec![Get, TaskDone]];
        let old_end = vec![vec![TryPutMany, TryWork, TryGetMany], vec![TryPutMany]];
        let of = |op, program| Self::operations().contains(&op).then_some(program);
        [of(Join, old_word), of(TryWork, old_end)].into_iter().flatten().collect()
    }

    fn last() -> QueueOp {
        Rest
    }

    fn timed(op: QueueOp) -> QueueOp {
        match op {
            Put => PutTimeout,
            PutMany => PutManyTimeout,
            Get => GetTimeout,
            GetMany => GetManyTimeout,
            Join => JoinTimeout,
            op => op,
        }
    }

    fn real() -> Self::Real {
        if F::LOCK_FREE { Ledgered::of(F::Queue::lock_free(CAPACITY)) } else { Ledgered::new(CAPACITY) }
    }

    fn call(real: &Self::Real, call: CallId, op: QueueOp) -> QueueAnswer {
        real.call(call, op)
    }

    fn after(real: Self::Real) {
        real.end();
    }

    fn start() -> QueueState {
        QueueState {
            items: Vec::new(),
            capacity: CAPACITY,
            unfinished: 0,
            stage: Stage::Open,
            joiners: Vec::new(),
            uncounted: Vec::new(),
        }
    }

    fn step(
        state: &QueueState,
        call: CallId,
        op: QueueOp,
        phase: u8,
    ) -> Vec<(QueueState, Progress<QueueAnswer>)> {
        let mut next = state.clone();
        if F::LOCK_FREE {
            if let Some(steps) = step_without_latch(state, call, op, phase, F::ORDER) {
                return steps;
            }
        }
        match op {
            Put | TryPut | PutTimeout => {
                if state.stage != Stage::Open {
                    return returns(next, QueueAnswer::ShutDown);
                }
                if state.is_full() {
                    return if op == Put { vec![] } else { returns(next, QueueAnswer::Full) };
                }
                next.items.push(call);
                next.unfinished += 1;
                returns(next, Done)
            }
            PutMany | TryPutMany | PutManyTimeout => {
                let put = usize::from(phase);
                if state.stage != Stage::Open {
                    return returns(next, QueueAnswer::Part { put, full: false });
                }
                if state.is_full() {
                    let full = QueueAnswer::Part { put, full: true };
                    return if op == PutMany { vec![] } else { returns(next, full) };
                }
                next.items.push([call, call + SECOND][put]);
                next.unfinished += 1;
                if put == 0 { continues(next) } else { returns(next, Done) }
            }
            Get | TryGet | GetTimeout | GetMany | TryGetMany | GetManyTimeout => {
                let many = matches!(op, GetMany | TryGetMany | GetManyTimeout);
                let taken = next.take(F::ORDER, if many { 2 } else { 1 });
                match (state.stage, op) {
                    _ if !taken.is_empty() && many => returns(next, QueueAnswer::GotMany(taken)),
                    _ if !taken.is_empty() => returns(next, QueueAnswer::Got(taken[0])),
                    (Stage::Open, Get | GetMany) => vec![],
                    (Stage::Open, _) => returns(next, QueueAnswer::Empty),
                    _ => returns(next, QueueAnswer::ShutDown),
                }
            }
            TryWork if phase > 0 => {
                // One report too many is not its error.
                next.finish(state.unfinished.min(1));
                returns(next, Done)
            }
            TryWork if !next.take(F::ORDER, 1).is_empty() => continues(next),
            TryWork if state.stage == Stage::Open => returns(next, QueueAnswer::Empty),
            TryWork => returns(next, QueueAnswer::ShutDown),
            TaskDone if state.unfinished == 0 => returns(next, QueueAnswer::TooManyDone),
            TaskDone => {
                next.finish(1);
                returns(next, Done)
            }
            Join | JoinTimeout => {
                let joined = join(&mut next.joiners, state.unfinished, call, op, phase);
                joined.into_iter().map(|progress| (next.clone(), progress)).collect()
            }
            Drain => {
                next.stage = state.stage.max(Stage::Draining);
                returns(next, Done)
            }
            Close => {
                next.stage = Stage::Closed;
                // An item may have been reported as done while it still lay here.
                next.finish(state.items.len().min(state.unfinished));
                next.items.clear();
                returns(next, Done)
            }
            Narrow | Widen => {
                next.capacity = if op == Narrow { 1 } else { 2 };
                returns(next, Done)
            }
            First => {
                let first = state.first(F::ORDER).map(|at| state.items[at]);
                returns(next, first.map_or(QueueAnswer::Empty, QueueAnswer::Got))
            }
            Len => returns(next, QueueAnswer::Number(state.items.len())),
            Unfinished => returns(next, QueueAnswer::Number(state.unfinished)),
            IsShutdown => returns(next, QueueAnswer::Is(state.stage != Stage::Open)),
            Rest => {
                let items = next.take(F::ORDER, usize::MAX);
                let (unfinished, shut_down) = (state.unfinished, state.stage != Stage::Open);
                returns(next, QueueAnswer::Rest { items, unfinished, shut_down })
            }
        }
    }

    fn blocked_by(frozen: QueueOp, other: QueueOp) -> Option<&'static str> {
        if F::LOCK_FREE {
            let sets = |op| matches!(op, Narrow | Widen);
            // On a new queue nobody waits for room.
            let waits = |op| matches!(op, GetTimeout | GetManyTimeout);
            let wakes = matches!(
                other,
                Put | TryPut | PutTimeout | PutMany | TryPutMany | PutManyTimeout | Drain | Close
            );
            return match () {
                () if sets(frozen) && sets(other) => Some("the latch of those who set a capacity"),
                () if waits(frozen) && (waits(other) || wakes) => Some("the lock of the line of getters"),
                () => None,
            };
        }
        // All but bare looks.
        let locks = |op| !matches!(op, Len | IsShutdown);
        let latch = if F::ORDER == Order::Fifo && CAPACITY != 1 {
            "a latch at one end"
        } else {
            "the ledger's latch"
        };
        // At first the queue is empty, so a get has to look at both ends.
        (locks(frozen) && locks(other)).then_some(latch)
    }
}
