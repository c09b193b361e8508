//! `Condition`, over an `RLock` around a flag: Python's `Condition()`.
//!
//! Waits at depth 1, and waits at depth 2 that release both levels. To others they are the waits of `ConditionSubject`, and the
//! model is its; that the depth is restored is asserted in the call.

use super::condition::{ConditionAnswer, ConditionOp, ConditionState, ConditionSubject};
use crate::subject::{CallId, Progress, SOON, Subject};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use tollgate::{Condition, RLock, RLockGuard};

/// A `Condition`, and a flag that is down.
#[derive(Debug)]
pub struct RLockConditionSubject;

/// What is done with them. `All`: in an outer guard, with `wait_all_levels` and its forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "named after the methods")]
pub enum RLockConditionOp {
    WaitTimeout,
    WaitAll,
    WaitAllTimeout,
    WaitAllWhile,
    WaitAllWhileTimeout,
    NotifyOne,
    /// Raises the flag and notifies all under the lock.
    RaiseAndNotifyAll,
    /// Takes the flag down.
    Lower,
}

use RLockConditionOp::*;

/// The same over a `Lock`.
fn plain(op: RLockConditionOp) -> ConditionOp {
    match op {
        WaitTimeout | WaitAllTimeout => ConditionOp::WaitTimeout,
        WaitAll => ConditionOp::Wait,
        WaitAllWhile => ConditionOp::WaitWhile,
        WaitAllWhileTimeout => ConditionOp::WaitWhileTimeout,
        NotifyOne => ConditionOp::NotifyOne,
        RaiseAndNotifyAll => ConditionOp::RaiseAndNotifyAll,
        Lower => ConditionOp::Lower,
    }
}

/// The shared object. The explorers do not see the flag; `models/rlock.rs` has a value that they see.
#[derive(Debug, Default)]
pub struct RFlagged {
    flag: RLock<AtomicBool>,
    changed: Condition,
}

impl RFlagged {
    /// A wait at this depth, and the flag afterwards.
    fn wait(
        &self,
        depth: usize,
        wait: impl FnOnce(&Condition, &mut RLockGuard<'_, AtomicBool>) -> bool,
    ) -> ConditionAnswer {
        let _outer = (depth > 1).then(|| self.flag.lock());
        let mut guard = self.flag.lock();
        let notified = wait(&self.changed, &mut guard);
        assert!(self.flag.is_owned());
        assert_eq!(self.flag.depth(), depth);
        ConditionAnswer::Waited { notified, flag: guard.load(Relaxed) }
    }
}

fn down(flag: &mut RLockGuard<'_, AtomicBool>) -> bool {
    !flag.load(Relaxed)
}

impl Subject for RLockConditionSubject {
    type Op = RLockConditionOp;
    type Answer = ConditionAnswer;
    type Real = RFlagged;
    type State = ConditionState;

    const SAMPLE: usize = 10;

    fn name() -> String {
        "Condition/RLock".to_owned()
    }

    fn operations() -> Vec<RLockConditionOp> {
        vec![
            WaitTimeout,
            WaitAll,
            WaitAllTimeout,
            WaitAllWhile,
            WaitAllWhileTimeout,
            NotifyOne,
            RaiseAndNotifyAll,
            Lower,
        ]
    }

    fn alphabets() -> Vec<Vec<RLockConditionOp>> {
        let first = vec![WaitAllTimeout, NotifyOne, RaiseAndNotifyAll];
        let second = vec![WaitAllWhile, WaitAllTimeout, WaitAll, RaiseAndNotifyAll, Lower];
        crate::program::cover(&Self::operations(), &[first, second])
    }

    fn last() -> RLockConditionOp {
        NotifyOne
    }

    fn timed(op: RLockConditionOp) -> RLockConditionOp {
        match op {
            WaitAll => WaitAllTimeout,
            WaitAllWhile => WaitAllWhileTimeout,
            op => op,
        }
    }

    fn real() -> RFlagged {
        RFlagged::default()
    }

    fn call(real: &RFlagged, _: CallId, op: RLockConditionOp) -> ConditionAnswer {
        match op {
            WaitTimeout => real.wait(1, |changed, guard| changed.wait_timeout(guard, SOON)),
            WaitAll => real.wait(2, |changed, guard| {
                changed.wait_all_levels(guard);
                true
            }),
            WaitAllTimeout => real.wait(2, |changed, guard| changed.wait_all_levels_timeout(guard, SOON)),
            WaitAllWhile => real.wait(2, |changed, guard| {
                changed.wait_all_levels_while(guard, down);
                true
            }),
            WaitAllWhileTimeout => {
                real.wait(2, |changed, guard| changed.wait_all_levels_while_timeout(guard, SOON, down))
            }
            NotifyOne => ConditionAnswer::Notified(real.changed.notify_one()),
            RaiseAndNotifyAll => {
                let guard = real.flag.lock();
                guard.store(true, Relaxed);
                ConditionAnswer::Notified(real.changed.notify_all())
            }
            Lower => {
                real.flag.lock().store(false, Relaxed);
                ConditionAnswer::Done
            }
        }
    }

    fn start() -> ConditionState {
        ConditionSubject::start()
    }

    fn step(
        state: &ConditionState,
        call: CallId,
        op: RLockConditionOp,
        phase: u8,
    ) -> Vec<(ConditionState, Progress<ConditionAnswer>)> {
        ConditionSubject::step(state, call, plain(op), phase)
    }

    fn is_doomed(
        state: &ConditionState,
        call: CallId,
        op: RLockConditionOp,
        answer: &ConditionAnswer,
    ) -> bool {
        ConditionSubject::is_doomed(state, call, plain(op), answer)
    }

    fn blocked_by(frozen: RLockConditionOp, other: RLockConditionOp) -> Option<&'static str> {
        ConditionSubject::blocked_by(plain(frozen), plain(other))
    }
}
