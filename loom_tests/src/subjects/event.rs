//! `Event`. A wait has two phases where the event is not set: it joins those who wait; later a `set` has released it, or its time was
//! up. A `set` releases those who wait at that moment, whatever `clear` does afterwards.

use super::leave;
use crate::subject::{CallId, Progress, SOON, Subject, continues, returns};
use std::time::Duration;
use tollgate::Event;

/// An `Event` that is not set.
#[derive(Debug)]
pub struct EventSubject;

/// What is done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "named after the methods")]
pub enum EventOp {
    Set,
    Clear,
    IsSet,
    Wait,
    WaitTimeout,
    /// `wait_timeout` with no time at all.
    WaitZero,
}

use EventOp::*;

/// Whether the event is set, who waits, and who has been released and has not yet returned.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct EventState {
    set: bool,
    waiting: Vec<CallId>,
    released: Vec<CallId>,
}

impl Subject for EventSubject {
    type Op = EventOp;
    /// Of waits and looks, whether the event was set; `true` of the others.
    type Answer = bool;
    type Real = Event;
    type State = EventState;

    fn name() -> String {
        "Event".to_owned()
    }

    fn operations() -> Vec<EventOp> {
        vec![Set, Clear, IsSet, Wait, WaitTimeout, WaitZero]
    }

    fn alphabets() -> Vec<Vec<EventOp>> {
        crate::program::cover(&Self::operations(), &[vec![Set, Clear, Wait, WaitTimeout, IsSet]])
    }

    fn last() -> EventOp {
        IsSet
    }

    fn timed(op: EventOp) -> EventOp {
        if op == Wait { WaitTimeout } else { op }
    }

    fn real() -> Event {
        Event::new()
    }

    fn call(event: &Event, _: CallId, op: EventOp) -> bool {
        match op {
            Set => event.set(),
            Clear => event.clear(),
            IsSet => return event.is_set(),
            Wait => event.wait(),
            WaitTimeout => return event.wait_timeout(SOON),
            WaitZero => return event.wait_timeout(Duration::ZERO),
        }
        true
    }

    fn start() -> EventState {
        EventState::default()
    }

    fn step(state: &EventState, call: CallId, op: EventOp, phase: u8) -> Vec<(EventState, Progress<bool>)> {
        let mut next = state.clone();
        match op {
            Set => {
                next.set = true;
                next.released.append(&mut next.waiting);
                next.released.sort_unstable();
                returns(next, true)
            }
            Clear => {
                next.set = false;
                returns(next, true)
            }
            IsSet | WaitZero => returns(next, state.set),
            Wait | WaitTimeout if phase == 0 => {
                if state.set {
                    return returns(next, true);
                }
                next.waiting.push(call);
                next.waiting.sort_unstable();
                continues(next)
            }
            Wait | WaitTimeout if leave(&mut next.released, call) => returns(next, true),
            Wait => vec![],
            WaitTimeout => {
                leave(&mut next.waiting, call);
                returns(next, false)
            }
        }
    }

    fn blocked_by(_: EventOp, _: EventOp) -> Option<&'static str> {
        None
    }
}
