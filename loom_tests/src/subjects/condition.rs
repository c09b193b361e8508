//! `Condition`, over a `Lock` around a flag.
//!
//! A wait has phases: it joins the line and releases the lock; when it has been notified, or has left the line because its
//! time was up, it takes the lock back and looks at the flag. The lock itself need not be in the model: nobody holds it for
//! longer than one of these steps. A notification picks the longest waiting, and says how many that were.

use super::leave;
use crate::subject::{CallId, Progress, SOON, Subject, continues, returns};
use std::time::Duration;
use strum::{EnumIter, IntoEnumIterator as _};
use tollgate::{Condition, Lock};

/// A `Condition`, and a flag that is down.
#[derive(Debug)]
pub struct ConditionSubject;

/// What is done with them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter)]
#[expect(missing_docs, reason = "named after the methods")]
pub enum ConditionOp {
    Wait,
    WaitTimeout,
    /// `wait_timeout` with no time at all.
    WaitZero,
    /// `wait_while` the flag is down.
    WaitWhile,
    WaitWhileTimeout,
    NotifyOne,
    NotifyTwo,
    NotifyAll,
    /// Raises the flag under the lock, then notifies one without the lock.
    RaiseThenNotifyOne,
    /// Raises the flag and notifies all under the lock.
    RaiseAndNotifyAll,
    /// Takes the flag down.
    Lower,
    Waiting,
}

use ConditionOp::*;

/// What it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "plain words")]
pub enum ConditionAnswer {
    /// What the wait said, and the flag under the lock that it has taken back.
    Waited {
        notified: bool,
        flag: bool,
    },
    Notified(usize),
    Waiting(usize),
    Done,
}

/// The flag, who is in the line, and who was picked and has not yet gone on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ConditionState {
    flag: bool,
    line: Vec<CallId>,
    picked: Vec<CallId>,
}

impl ConditionState {
    fn notify(&mut self, count: usize) -> ConditionAnswer {
        let count = count.min(self.line.len());
        self.picked.extend(self.line.drain(..count));
        self.picked.sort_unstable();
        ConditionAnswer::Notified(count)
    }
}

/// The shared object.
#[derive(Debug, Default)]
pub struct Flagged {
    flag: Lock<bool>,
    changed: Condition,
}

impl Subject for ConditionSubject {
    type Op = ConditionOp;
    type Answer = ConditionAnswer;
    type Real = Flagged;
    type State = ConditionState;

    fn name() -> String {
        "Condition".to_owned()
    }

    fn operations() -> Vec<ConditionOp> {
        ConditionOp::iter().collect()
    }

    fn alphabets() -> Vec<Vec<ConditionOp>> {
        let first = vec![WaitTimeout, WaitWhileTimeout, NotifyOne, RaiseThenNotifyOne, RaiseAndNotifyAll];
        let second = vec![WaitWhile, WaitTimeout, RaiseThenNotifyOne, RaiseAndNotifyAll, Lower];
        crate::program::cover(&Self::operations(), &[first, second])
    }

    fn last() -> ConditionOp {
        Waiting
    }

    fn timed(op: ConditionOp) -> ConditionOp {
        match op {
            Wait => WaitTimeout,
            WaitWhile => WaitWhileTimeout,
            op => op,
        }
    }

    fn real() -> Flagged {
        Flagged::default()
    }

    fn call(real: &Flagged, _: CallId, op: ConditionOp) -> ConditionAnswer {
        let Flagged { flag, changed } = real;
        let waited = |notified, flag: bool| ConditionAnswer::Waited { notified, flag };
        match op {
            Wait => {
                let mut guard = flag.lock();
                changed.wait(&mut guard);
                waited(true, *guard)
            }
            WaitTimeout | WaitZero => {
                let mut guard = flag.lock();
                let time = if op == WaitZero { Duration::ZERO } else { SOON };
                let notified = changed.wait_timeout(&mut guard, time);
                waited(notified, *guard)
            }
            WaitWhile => {
                let mut guard = flag.lock();
                changed.wait_while(&mut guard, |flag| !**flag);
                waited(true, *guard)
            }
            WaitWhileTimeout => {
                let mut guard = flag.lock();
                let met = changed.wait_while_timeout(&mut guard, SOON, |flag| !**flag);
                waited(met, *guard)
            }
            NotifyOne => ConditionAnswer::Notified(changed.notify_one()),
            NotifyTwo => ConditionAnswer::Notified(changed.notify(2)),
            NotifyAll => ConditionAnswer::Notified(changed.notify_all()),
            RaiseThenNotifyOne => {
                *flag.lock() = true;
                ConditionAnswer::Notified(changed.notify_one())
            }
            RaiseAndNotifyAll => {
                let mut guard = flag.lock();
                *guard = true;
                ConditionAnswer::Notified(changed.notify_all())
            }
            Lower => {
                *flag.lock() = false;
                ConditionAnswer::Done
            }
            Waiting => ConditionAnswer::Waiting(changed.waiting()),
        }
    }

    fn start() -> ConditionState {
        ConditionState::default()
    }

    fn step(
        state: &ConditionState,
        call: CallId,
        op: ConditionOp,
        phase: u8,
    ) -> Vec<(ConditionState, Progress<ConditionAnswer>)> {
        let mut next = state.clone();
        let flag = state.flag;
        match op {
            Wait | WaitTimeout | WaitZero | WaitWhile | WaitWhileTimeout => {
                let predicate = matches!(op, WaitWhile | WaitWhileTimeout);
                let picked = leave(&mut next.picked, call);
                let waits = leave(&mut next.line, call);
                if predicate && flag && !waits {
                    // First look, or awake again.
                    returns(next, ConditionAnswer::Waited { notified: true, flag })
                } else if phase == 0 || (picked && predicate) {
                    next.line.push(call);
                    continues(next)
                } else if waits {
                    // Time is up: out of the line, and from now on not notified.
                    if matches!(op, Wait | WaitWhile) { vec![] } else { continues(next) }
                } else {
                    returns(next, ConditionAnswer::Waited { notified: picked, flag })
                }
            }
            NotifyOne | NotifyTwo | NotifyAll => {
                let count = match op {
                    NotifyOne => 1,
                    NotifyTwo => 2,
                    _ => usize::MAX,
                };
                let answer = next.notify(count);
                returns(next, answer)
            }
            RaiseThenNotifyOne if phase == 0 => {
                next.flag = true;
                continues(next)
            }
            RaiseThenNotifyOne => {
                let answer = next.notify(1);
                returns(next, answer)
            }
            // One step, though the flag is raised a moment before: nobody can look at it until the lock is released.
            RaiseAndNotifyAll => {
                next.flag = true;
                let answer = next.notify(usize::MAX);
                returns(next, answer)
            }
            Lower => {
                next.flag = false;
                returns(next, ConditionAnswer::Done)
            }
            Waiting => returns(next, ConditionAnswer::Waiting(state.line.len())),
        }
    }

    fn is_doomed(state: &ConditionState, call: CallId, op: ConditionOp, answer: &ConditionAnswer) -> bool {
        let ConditionAnswer::Waited { notified, .. } = *answer else { return false };
        matches!(op, Wait | WaitTimeout | WaitZero)
            && !state.line.contains(&call)
            && state.picked.contains(&call) != notified
    }

    fn blocked_by(frozen: ConditionOp, other: ConditionOp) -> Option<&'static str> {
        let waits = |op| matches!(op, WaitTimeout | WaitZero | WaitWhileTimeout);
        let locks = |op| waits(op) || matches!(op, RaiseThenNotifyOne | RaiseAndNotifyAll | Lower);
        if locks(frozen) && locks(other) {
            Some("the user's lock")
        } else if waits(frozen) && matches!(other, NotifyOne | NotifyTwo | NotifyAll) {
            Some("the gate's lock")
        } else {
            None
        }
    }
}
