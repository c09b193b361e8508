//! `Queue`: what is put is got once and in order, tasks are counted, shutdown ends it.
//!
//! `join` returns when no task was left at some moment since it came, also when new ones have come in the moment after: two
//! phases, coming and seeing that.

use super::leave;
use crate::subject::{CallId, Progress, SOON, Subject, continues, returns};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use strum::{EnumIter, IntoEnumIterator as _};
use tollgate::{GetError, PutError, Queue, Shutdown};

/// A `Queue` with this capacity; 0 is unbounded.
#[derive(Debug)]
pub struct QueueSubject<const CAPACITY: usize>;

/// What is done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter)]
#[expect(missing_docs, reason = "named after the methods")]
pub enum QueueOp {
    Put,
    TryPut,
    PutTimeout,
    Get,
    TryGet,
    GetTimeout,
    TaskDone,
    Join,
    JoinTimeout,
    Drain,
    Close,
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
    /// The item that the call with this number has put.
    Got(CallId),
    Full,
    Empty,
    ShutDown,
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

/// Items, tasks, stage, and the joiners that have not yet seen the queue idle.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct QueueState {
    items: Vec<CallId>,
    unfinished: usize,
    stage: Stage,
    joiners: Vec<CallId>,
}

impl QueueState {
    fn finish(&mut self, tasks: usize) {
        self.unfinished -= tasks;
        if self.unfinished == 0 {
            self.joiners.clear();
        }
    }
}

/// The shared object.
#[derive(Debug)]
pub struct Ledgered {
    queue: Queue<Item>,
    ledger: Arc<Ledger>,
}

/// How often the item of each call was made and dropped.
type Ledger = [(AtomicUsize, AtomicUsize); CallId::MAX as usize + 1];

/// An item that says when it is dropped.
#[derive(Debug)]
struct Item {
    value: CallId,
    ledger: Arc<Ledger>,
}

impl Drop for Item {
    fn drop(&mut self) {
        self.ledger[usize::from(self.value)].1.fetch_add(1, SeqCst);
    }
}

impl Ledgered {
    fn item(&self, value: CallId) -> Item {
        self.ledger[usize::from(value)].0.fetch_add(1, SeqCst);
        Item { value, ledger: Arc::clone(&self.ledger) }
    }
}

fn put(result: Result<(), PutError<Item>>, value: CallId) -> QueueAnswer {
    let (answer, item) = match result {
        Ok(()) => return Done,
        Err(PutError::Full(item)) => (QueueAnswer::Full, item),
        Err(PutError::ShutDown(item)) => (QueueAnswer::ShutDown, item),
    };
    assert_eq!(item.value, value, "another item came back");
    answer
}

fn got(result: Result<Item, GetError>) -> QueueAnswer {
    match result {
        Ok(item) => QueueAnswer::Got(item.value),
        Err(GetError::Empty) => QueueAnswer::Empty,
        Err(GetError::ShutDown) => QueueAnswer::ShutDown,
    }
}

impl<const CAPACITY: usize> Subject for QueueSubject<CAPACITY> {
    type Op = QueueOp;
    type Answer = QueueAnswer;
    type Real = Ledgered;
    type State = QueueState;

    fn name() -> String {
        if CAPACITY == 0 { "Queue".to_owned() } else { format!("Queue({CAPACITY})") }
    }

    fn operations() -> Vec<QueueOp> {
        QueueOp::iter().filter(|&op| op != Rest).collect()
    }

    fn alphabets() -> Vec<Vec<QueueOp>> {
        let first = vec![Put, TryPut, Get, TryGet, GetTimeout];
        let second = vec![PutTimeout, GetTimeout, Drain, Close, Len];
        let third = vec![TryPut, TaskDone, JoinTimeout, Close, Unfinished];
        crate::program::cover(&Self::operations(), &[first, second, third])
    }

    /// A joiner returned with its own task undone, when the one who finished the task before was slow to say so.
    fn regressions() -> Vec<Vec<Vec<QueueOp>>> {
        vec![vec![vec![Put, Join], vec![Get, TaskDone]]]
    }

    fn last() -> QueueOp {
        Rest
    }

    fn timed(op: QueueOp) -> QueueOp {
        match op {
            Put => PutTimeout,
            Get => GetTimeout,
            Join => JoinTimeout,
            op => op,
        }
    }

    fn real() -> Ledgered {
        let queue = Queue::new(CAPACITY);
        Ledgered { queue, ledger: Arc::new(std::array::from_fn(|_| Default::default())) }
    }

    fn call(real: &Ledgered, call: CallId, op: QueueOp) -> QueueAnswer {
        let queue = &real.queue;
        match op {
            Put => put(queue.put(real.item(call)).map_err(PutError::from), call),
            TryPut => put(queue.try_put(real.item(call)), call),
            PutTimeout => put(queue.put_timeout(real.item(call), SOON), call),
            Get => got(queue.get().map_err(GetError::from)),
            TryGet => got(queue.try_get()),
            GetTimeout => got(queue.get_timeout(SOON)),
            TaskDone => queue.task_done().map_or(QueueAnswer::TooManyDone, |()| Done),
            Join => {
                queue.join();
                Done
            }
            JoinTimeout => {
                if queue.join_timeout(SOON) {
                    Done
                } else {
                    QueueAnswer::TimedOut
                }
            }
            Drain => {
                queue.shutdown(Shutdown::Drain);
                Done
            }
            Close => {
                queue.shutdown(Shutdown::Immediate);
                Done
            }
            Len => QueueAnswer::Number(queue.len()),
            Unfinished => QueueAnswer::Number(queue.unfinished()),
            IsShutdown => QueueAnswer::Is(queue.is_shutdown()),
            Rest => QueueAnswer::Rest {
                unfinished: queue.unfinished(),
                items: queue.try_iter().map(|item| item.value).collect(),
                shut_down: queue.is_shutdown(),
            },
        }
    }

    fn after(real: Ledgered) {
        let Ledgered { queue, ledger } = real;
        drop(queue);
        for (call, (made, dropped)) in ledger.iter().enumerate() {
            let (made, dropped) = (made.load(SeqCst), dropped.load(SeqCst));
            assert_eq!(made, dropped, "item of call {call}: made {made} times, dropped {dropped} times");
        }
    }

    fn start() -> QueueState {
        QueueState { items: Vec::new(), unfinished: 0, stage: Stage::Open, joiners: Vec::new() }
    }

    fn step(
        state: &QueueState,
        call: CallId,
        op: QueueOp,
        phase: u8,
    ) -> Vec<(QueueState, Progress<QueueAnswer>)> {
        let mut next = state.clone();
        match op {
            Put | TryPut | PutTimeout => {
                if state.stage != Stage::Open {
                    return returns(next, QueueAnswer::ShutDown);
                }
                if CAPACITY > 0 && state.items.len() >= CAPACITY {
                    return if op == Put { vec![] } else { returns(next, QueueAnswer::Full) };
                }
                next.items.push(call);
                next.unfinished += 1;
                returns(next, Done)
            }
            Get | TryGet | GetTimeout => {
                if !state.items.is_empty() {
                    let item = next.items.remove(0);
                    return returns(next, QueueAnswer::Got(item));
                }
                match (state.stage, op) {
                    (Stage::Open, Get) => vec![],
                    (Stage::Open, _) => returns(next, QueueAnswer::Empty),
                    _ => returns(next, QueueAnswer::ShutDown),
                }
            }
            TaskDone if state.unfinished == 0 => returns(next, QueueAnswer::TooManyDone),
            TaskDone => {
                next.finish(1);
                returns(next, Done)
            }
            Join | JoinTimeout => {
                let not_yet = leave(&mut next.joiners, call);
                if state.unfinished == 0 || (phase > 0 && !not_yet) {
                    returns(next, Done)
                } else if phase == 0 {
                    next.joiners.push(call);
                    next.joiners.sort_unstable();
                    continues(next)
                } else if op == Join {
                    vec![]
                } else {
                    returns(next, QueueAnswer::TimedOut)
                }
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
            Len => returns(next, QueueAnswer::Number(state.items.len())),
            Unfinished => returns(next, QueueAnswer::Number(state.unfinished)),
            IsShutdown => returns(next, QueueAnswer::Is(state.stage != Stage::Open)),
            Rest => {
                let items = std::mem::take(&mut next.items);
                let (unfinished, shut_down) = (state.unfinished, state.stage != Stage::Open);
                returns(next, QueueAnswer::Rest { items, unfinished, shut_down })
            }
        }
    }

    fn blocked_by(frozen: QueueOp, other: QueueOp) -> Option<&'static str> {
        // What others can see from outside the core's lock, while it is still held.
        let changes = |op| matches!(op, Put | TryPut | PutTimeout | Drain | Close);
        let locks = |op| changes(op) || matches!(op, TaskDone | Join | JoinTimeout | Unfinished);
        let joins = |op| op == GetTimeout;
        if locks(frozen) && locks(other) || changes(frozen) && matches!(other, TryGet | GetTimeout) {
            Some("the core's lock")
        } else if joins(frozen) && (joins(other) || changes(other)) {
            Some("the getters' gate's lock")
        } else {
            None
        }
    }
}
