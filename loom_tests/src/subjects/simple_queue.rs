//! `SimpleQueue`: what is put is got once and in order.

use crate::subject::{CallId, Progress, SOON, Subject, returns};
use strum::{EnumIter, IntoEnumIterator as _};
use tollgate::SimpleQueue;

/// A `SimpleQueue`.
#[derive(Debug)]
pub struct SimpleQueueSubject;

/// What is done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter)]
#[expect(missing_docs, reason = "named after the methods")]
pub enum SimpleQueueOp {
    Put,
    Get,
    TryGet,
    GetTimeout,
    Len,
    /// Gets whatever is left; for the end.
    Rest,
}

use SimpleQueueOp::*;

/// What it answers: nothing, an item, no item, a number, or the rest.
type Answer = Result<Vec<CallId>, usize>;

const NONE: Answer = Ok(Vec::new());

impl Subject for SimpleQueueSubject {
    type Op = SimpleQueueOp;
    type Answer = Answer;
    type Real = SimpleQueue<Box<CallId>>;
    type State = Vec<CallId>;

    const SAMPLE: usize = 10;

    fn name() -> String {
        "SimpleQueue".to_owned()
    }

    fn operations() -> Vec<SimpleQueueOp> {
        SimpleQueueOp::iter().filter(|&op| op != Rest).collect()
    }

    fn last() -> SimpleQueueOp {
        Rest
    }

    fn timed(op: SimpleQueueOp) -> SimpleQueueOp {
        if op == Get { GetTimeout } else { op }
    }

    fn real() -> Self::Real {
        SimpleQueue::new()
    }

    fn call(queue: &Self::Real, call: CallId, op: SimpleQueueOp) -> Answer {
        let got = |item: Option<Box<CallId>>| Ok(item.map(|item| *item).into_iter().collect());
        match op {
            Put => {
                queue.put(Box::new(call));
                NONE
            }
            Get => Ok(vec![*queue.get()]),
            TryGet => got(queue.try_get()),
            GetTimeout => got(queue.get_timeout(SOON)),
            Len => Err(queue.len()),
            Rest => Ok(std::iter::from_fn(|| queue.try_get()).map(|item| *item).collect()),
        }
    }

    fn start() -> Vec<CallId> {
        Vec::new()
    }

    fn step(
        items: &Vec<CallId>,
        call: CallId,
        op: SimpleQueueOp,
        _: u8,
    ) -> Vec<(Vec<CallId>, Progress<Answer>)> {
        let mut next = items.clone();
        match op {
            Put => {
                next.push(call);
                returns(next, NONE)
            }
            Get | TryGet | GetTimeout if !items.is_empty() => {
                let first = next.remove(0);
                returns(next, Ok(vec![first]))
            }
            Get => vec![],
            TryGet | GetTimeout => returns(next, NONE),
            Len => returns(next, Err(items.len())),
            Rest => {
                let rest = std::mem::take(&mut next);
                returns(next, Ok(rest))
            }
        }
    }

    fn blocked_by(frozen: SimpleQueueOp, other: SimpleQueueOp) -> Option<&'static str> {
        match (frozen, other) {
            (Put | TryGet | GetTimeout, Put | TryGet | GetTimeout) => Some("a latch at one end"),
            _ => None,
        }
    }
}
