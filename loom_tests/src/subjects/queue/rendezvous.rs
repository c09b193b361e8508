//! The queue without room: a put and a get meet.
//!
//! Two phases for who waits: it lines up, and later it was met, refused, or gives up. Who finds the other side in line meets its
//! head at once.

use super::super::leave;
use super::flavor::Orders;
use super::real::{Item, Ledgered};
use super::{QueueAnswer, QueueOp, QueueOp::*, join};
use crate::subject::{CallId, Progress, Subject, continues, returns};
use strum::IntoEnumIterator as _;
use tollgate::Rendezvous;

/// A `Rendezvous`.
#[derive(Debug)]
pub struct RendezvousSubject;

impl Orders for Rendezvous<Item> {
    fn make(_maxsize: usize) -> Self {
        Rendezvous::new()
    }
}

/// Who is in line on either side, who has been met or refused and not come out yet; tasks and joiners as in a queue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct RendezvousState {
    offers: Vec<CallId>,
    requests: Vec<CallId>,
    /// Putters whose item was taken.
    taken: Vec<CallId>,
    /// Getters, and what they were handed.
    handed: Vec<(CallId, CallId)>,
    refused: Vec<CallId>,
    unfinished: usize,
    shut_down: bool,
    joiners: Vec<CallId>,
}

impl Subject for RendezvousSubject {
    type Op = QueueOp;
    type Answer = QueueAnswer;
    type Real = Ledgered<Rendezvous<Item>>;
    type State = RendezvousState;

    const SAMPLE: usize = 30;

    fn name() -> String {
        "Rendezvous".to_owned()
    }

    fn operations() -> Vec<QueueOp> {
        let others = [PutMany, TryPutMany, PutManyTimeout, GetMany, TryGetMany, GetManyTimeout];
        let others = [&others[..], &[TryWork, Narrow, Widen, First, Close, Rest]].concat();
        QueueOp::iter().filter(|op| !others.contains(op)).collect()
    }

    fn alphabets() -> Vec<Vec<QueueOp>> {
        let first = vec![Put, TryPut, Get, TryGet, GetTimeout];
        let second = vec![PutTimeout, GetTimeout, Get, Drain, Len];
        let third = vec![Put, GetTimeout, TaskDone, JoinTimeout, Unfinished];
        crate::program::cover(&Self::operations(), &[first, second, third])
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

    fn real() -> Self::Real {
        Ledgered::new(0)
    }

    fn call(real: &Self::Real, call: CallId, op: QueueOp) -> QueueAnswer {
        real.call(call, op)
    }

    fn after(real: Self::Real) {
        real.end();
    }

    fn start() -> RendezvousState {
        RendezvousState::default()
    }

    fn step(
        state: &RendezvousState,
        call: CallId,
        op: QueueOp,
        phase: u8,
    ) -> Vec<(RendezvousState, Progress<QueueAnswer>)> {
        let mut next = state.clone();
        match op {
            Put | Get | PutTimeout | GetTimeout if phase > 0 => next.comes_out(call, op),
            Put | TryPut | PutTimeout | Get | TryGet | GetTimeout if state.shut_down => {
                returns(next, QueueAnswer::ShutDown)
            }
            Put | TryPut | PutTimeout => {
                if !next.requests.is_empty() {
                    let getter = next.requests.remove(0);
                    next.handed.push((getter, call));
                    next.unfinished += 1;
                    return returns(next, QueueAnswer::Done);
                }
                if op == TryPut {
                    return returns(next, QueueAnswer::Full);
                }
                next.offers.push(call);
                continues(next)
            }
            Get | TryGet | GetTimeout => {
                if !next.offers.is_empty() {
                    let item = next.offers.remove(0);
                    next.taken.push(item);
                    next.unfinished += 1;
                    return returns(next, QueueAnswer::Got(item));
                }
                if op == TryGet {
                    return returns(next, QueueAnswer::Empty);
                }
                next.requests.push(call);
                continues(next)
            }
            TaskDone if state.unfinished == 0 => returns(next, QueueAnswer::TooManyDone),
            TaskDone => {
                next.unfinished -= 1;
                if next.unfinished == 0 {
                    next.joiners.clear();
                }
                returns(next, QueueAnswer::Done)
            }
            Join | JoinTimeout => {
                let joined = join(&mut next.joiners, state.unfinished, call, op, phase);
                joined.into_iter().map(|progress| (next.clone(), progress)).collect()
            }
            Drain => {
                next.shut_down = true;
                next.refused.append(&mut next.offers);
                next.refused.append(&mut next.requests);
                next.refused.sort_unstable();
                returns(next, QueueAnswer::Done)
            }
            Len => returns(next, QueueAnswer::Number(state.offers.len())),
            Unfinished => returns(next, QueueAnswer::Number(state.unfinished)),
            IsShutdown => returns(next, QueueAnswer::Is(state.shut_down)),
            Rest => {
                let (unfinished, shut_down) = (state.unfinished, state.shut_down);
                returns(next, QueueAnswer::Rest { items: vec![], unfinished, shut_down })
            }
            _ => unreachable!("no program has {op:?}"),
        }
    }

    fn blocked_by(_frozen: QueueOp, _other: QueueOp) -> Option<&'static str> {
        Some("the latch of the table")
    }
}

impl RendezvousState {
    /// One that was in line.
    fn comes_out(mut self, call: CallId, op: QueueOp) -> Vec<(Self, Progress<QueueAnswer>)> {
        if leave(&mut self.taken, call) {
            return returns(self, QueueAnswer::Done);
        }
        if let Some(place) = self.handed.iter().position(|&(getter, _)| getter == call) {
            let (_, item) = self.handed.remove(place);
            return returns(self, QueueAnswer::Got(item));
        }
        if leave(&mut self.refused, call) {
            return returns(self, QueueAnswer::ShutDown);
        }
        match op {
            PutTimeout if leave(&mut self.offers, call) => returns(self, QueueAnswer::Full),
            GetTimeout if leave(&mut self.requests, call) => returns(self, QueueAnswer::Empty),
            _ => vec![],
        }
    }
}
