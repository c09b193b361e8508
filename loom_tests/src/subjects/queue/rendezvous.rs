//! The queue without room: a put and a get meet.
//!
//! Two phases for who waits: it lines up, and later it was met, refused, or gives up. Who finds the other side in line meets its
//! head at once. A batch of puts is two puts, one after the other; a batch of gets takes what is on offer in one step, or one
//! item, and another one in a later step. A task that is got and dropped is a get and a report.

use super::super::leave;
use super::flavor::Orders;
use super::real::{Item, Ledgered, SECOND};
use super::{QueueAnswer, QueueOp, QueueOp::*, join};
use crate::subject::{CallId, Progress, Subject, continues, returns};
use strum::IntoEnumIterator as _;
use tollgate::Rendezvous;

/// A `Rendezvous`: in batches, with tasks that are got and dropped, or else with single items and all the rest.
#[derive(Debug)]
pub struct RendezvousSubject<const BATCHES: bool>;

impl Orders for Rendezvous<Item> {
    fn make(_maxsize: usize) -> Self {
        Rendezvous::new()
    }
}

/// Who is in line on either side, who has been met or refused and not come out yet; tasks and joiners as in a queue. Items have the numbers of
/// their puts, which also stand for the putters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct RendezvousState {
    offers: Vec<CallId>,
    requests: Vec<CallId>,
    /// Items that were taken, and their putters do not know it.
    taken: Vec<CallId>,
    /// Getters, and what they were handed.
    handed: Vec<(CallId, CallId)>,
    /// Items and getters.
    refused: Vec<CallId>,
    /// Batches whose first item has been put.
    begun: Vec<CallId>,
    /// Getters of batches, and what they have.
    extending: Vec<(CallId, CallId)>,
    unfinished: usize,
    shut_down: bool,
    joiners: Vec<CallId>,
}

impl<const BATCHES: bool> Subject for RendezvousSubject<BATCHES> {
    type Op = QueueOp;
    type Answer = QueueAnswer;
    type Real = Ledgered<Rendezvous<Item>>;
    type State = RendezvousState;

    const SAMPLE: usize = 30;

    fn name() -> String {
        if BATCHES { "Rendezvous, batches" } else { "Rendezvous" }.to_owned()
    }

    fn operations() -> Vec<QueueOp> {
        let batches = [PutMany, TryPutMany, PutManyTimeout, GetMany, TryGetMany, GetManyTimeout];
        if BATCHES {
            return [&batches[..], &[Put, GetTimeout, TryWork, JoinTimeout, Close]].concat();
        }
        let others = [&batches[..], &[TryWork, Narrow, Widen, First, Close, Rest]].concat();
        QueueOp::iter().filter(|op| !others.contains(op)).collect()
    }

    fn alphabets() -> Vec<Vec<QueueOp>> {
        if BATCHES {
            let first = vec![PutMany, PutManyTimeout, GetMany, GetManyTimeout, Close];
            return crate::program::cover(&Self::operations(), &[first]);
        }
        let first = vec![Put, TryPut, Get, TryGet, GetTimeout];
        let second = vec![PutTimeout, GetTimeout, Get, Drain, Len];
        let third = vec![Put, GetTimeout, TaskDone, JoinTimeout, Unfinished];
        crate::program::cover(&Self::operations(), &[first, second, third])
    }

    /// A joiner that does not look again when it is in line. (It is the gate's look: `GateNoSecondTry`.)
    fn regressions() -> Vec<Vec<Vec<QueueOp>>> {
        if BATCHES { vec![] } else { vec![vec![vec![Put, Join], vec![Get, TaskDone]]] }
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
            Put | TryPut | PutTimeout | PutMany | TryPutMany | PutManyTimeout => next.put(call, op),
            TryWork if phase > 0 => {
                // One report too many is not its error.
                next.finish(state.unfinished.min(1));
                returns(next, QueueAnswer::Done)
            }
            Get | GetTimeout | GetMany | GetManyTimeout if phase > 0 => next.goes_on(call, op),
            Get | TryGet | GetTimeout | GetMany | TryGetMany | GetManyTimeout | TryWork => next.get(call, op),
            TaskDone if state.unfinished == 0 => returns(next, QueueAnswer::TooManyDone),
            TaskDone => {
                next.finish(1);
                returns(next, QueueAnswer::Done)
            }
            Join | JoinTimeout => {
                let joined = join(&mut next.joiners, state.unfinished, call, op, phase);
                joined.into_iter().map(|progress| (next.clone(), progress)).collect()
            }
            Drain | Close => {
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

/// Several outcomes of one step.
type Outcomes = Vec<(RendezvousState, Progress<QueueAnswer>)>;

impl RendezvousState {
    fn finish(&mut self, tasks: usize) {
        self.unfinished -= tasks;
        if self.unfinished == 0 {
            self.joiners.clear();
        }
    }

    /// A step of one put, or of the put that a batch is at.
    fn put(mut self, call: CallId, op: QueueOp) -> Outcomes {
        let many = matches!(op, PutMany | TryPutMany | PutManyTimeout);
        let put = usize::from(self.begun.contains(&call));
        let item = [call, call + SECOND][put];
        let ends = |state, one, full| {
            put_ends(state, call, if many { QueueAnswer::Part { put, full } } else { one })
        };
        let met = if leave(&mut self.taken, item) {
            true
        } else if leave(&mut self.refused, item) || self.shut_down {
            return ends(self, QueueAnswer::ShutDown, false);
        } else if self.offers.contains(&item) {
            if matches!(op, Put | PutMany) {
                return vec![];
            }
            leave(&mut self.offers, item);
            return ends(self, QueueAnswer::Full, true);
        } else if self.requests.is_empty() {
            if matches!(op, TryPut | TryPutMany) {
                return ends(self, QueueAnswer::Full, true);
            }
            self.offers.push(item);
            false
        } else {
            let getter = self.requests.remove(0);
            self.handed.push((getter, item));
            self.handed.sort_unstable();
            self.unfinished += 1;
            true
        };
        match met {
            false => continues(self),
            true if many && put == 0 => {
                self.begun.push(call);
                self.begun.sort_unstable();
                continues(self)
            }
            true => put_ends(self, call, QueueAnswer::Done),
        }
    }

    /// Takes up to so many items that are on offer.
    fn take(&mut self, most: usize) -> Vec<CallId> {
        let count = if self.shut_down { 0 } else { most.min(self.offers.len()) };
        let items: Vec<_> = self.offers.drain(..count).collect();
        self.taken.extend(&items);
        self.taken.sort_unstable();
        self.unfinished += items.len();
        items
    }

    /// The first step of a get.
    fn get(mut self, call: CallId, op: QueueOp) -> Outcomes {
        if self.shut_down {
            return returns(self, QueueAnswer::ShutDown);
        }
        if self.offers.is_empty() {
            if matches!(op, TryGet | TryGetMany | TryWork) {
                return returns(self, QueueAnswer::Empty);
            }
            self.requests.push(call);
            return continues(self);
        }
        let before = self.clone();
        match op {
            TryWork => {
                self.take(1);
                continues(self)
            }
            Get | TryGet | GetTimeout => {
                let item = self.take(1)[0];
                returns(self, QueueAnswer::Got(item))
            }
            _ => {
                let items = self.take(2);
                let mut outcomes = returns(self, QueueAnswer::GotMany(items));
                if op != TryGetMany {
                    // It had looked in vain before.
                    let mut one = before;
                    let item = one.take(1)[0];
                    outcomes.extend(one.extends(call, item));
                }
                outcomes
            }
        }
    }

    /// A batch of gets has one item.
    fn extends(mut self, call: CallId, item: CallId) -> Outcomes {
        self.extending.push((call, item));
        self.extending.sort_unstable();
        continues(self)
    }

    /// A get that was in line, or that has one item of its batch.
    fn goes_on(mut self, call: CallId, op: QueueOp) -> Outcomes {
        let place = |pairs: &[(CallId, CallId)]| pairs.iter().position(|&(getter, _)| getter == call);
        if let Some(place) = place(&self.extending) {
            let (_, item) = self.extending.remove(place);
            let items = [vec![item], self.take(1)].concat();
            return returns(self, QueueAnswer::GotMany(items));
        }
        if let Some(place) = place(&self.handed) {
            let (_, item) = self.handed.remove(place);
            return match op {
                Get | GetTimeout => returns(self, QueueAnswer::Got(item)),
                _ => self.extends(call, item),
            };
        }
        if leave(&mut self.refused, call) {
            return returns(self, QueueAnswer::ShutDown);
        }
        match op {
            GetTimeout | GetManyTimeout if leave(&mut self.requests, call) => {
                returns(self, QueueAnswer::Empty)
            }
            _ => vec![],
        }
    }
}

/// The end of a put.
fn put_ends(mut state: RendezvousState, call: CallId, answer: QueueAnswer) -> Outcomes {
    leave(&mut state.begun, call);
    returns(state, answer)
}
