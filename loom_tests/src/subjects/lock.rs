//! `Lock<T>`: each operation adds one under the lock. The value is the evidence of mutual exclusion.
//!
//! Taking the lock and releasing it are phases, because others can see the time between: `try_lock` fails. A release may hand
//! the lock over to one of those who wait, as for a `RawLock`.

use super::leave;
use crate::subject::{CallId, Progress, SOON, Subject, continues, returns};
use tollgate::LockGuard;

/// A free `Lock` around 0.
#[derive(Debug)]
pub struct LockSubject;

/// What is done with it: how the lock is taken to add one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "named after the methods")]
pub enum LockOp {
    Lock,
    TryLock,
    LockTimeout,
    /// The same through a mapped guard.
    LockMapped,
    IsLocked,
}

use LockOp::*;

/// What it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "plain words")]
pub enum LockAnswer {
    /// The value before one was added.
    Was(u32),
    Failed,
    Locked(bool),
}

/// The value, whether the lock is held, for whom it is reserved, and who waits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct LockState {
    value: u32,
    held: bool,
    reserved: Option<CallId>,
    line: Vec<CallId>,
}

fn add(guard: Option<LockGuard<'_, u32>>) -> LockAnswer {
    match guard {
        None => LockAnswer::Failed,
        Some(mut guard) => {
            *guard += 1;
            LockAnswer::Was(*guard - 1)
        }
    }
}

impl Subject for LockSubject {
    type Op = LockOp;
    type Answer = LockAnswer;
    type Real = tollgate::Lock<u32>;
    type State = LockState;

    const IS_LOCK: bool = true;

    fn name() -> String {
        "Lock".to_owned()
    }

    fn operations() -> Vec<LockOp> {
        vec![Lock, TryLock, LockTimeout, LockMapped, IsLocked]
    }

    fn last() -> LockOp {
        TryLock
    }

    fn timed(op: LockOp) -> LockOp {
        if matches!(op, Lock | LockMapped) { LockTimeout } else { op }
    }

    fn real() -> tollgate::Lock<u32> {
        tollgate::Lock::new(0)
    }

    fn call(lock: &tollgate::Lock<u32>, _: CallId, op: LockOp) -> LockAnswer {
        match op {
            Lock => add(Some(lock.lock())),
            TryLock => add(lock.try_lock()),
            LockTimeout => add(lock.lock_timeout(SOON)),
            LockMapped => {
                let mut value = LockGuard::map(lock.lock(), |value| value);
                *value += 1;
                LockAnswer::Was(*value - 1)
            }
            IsLocked => LockAnswer::Locked(lock.is_locked()),
        }
    }

    fn start() -> LockState {
        LockState::default()
    }

    fn step(
        state: &LockState,
        call: CallId,
        op: LockOp,
        phase: u8,
    ) -> Vec<(LockState, Progress<LockAnswer>)> {
        let mut next = state.clone();
        let waits = leave(&mut next.line, call);
        if op == IsLocked {
            returns(next, LockAnswer::Locked(state.held))
        } else if phase > 0 && !waits {
            // Holds the lock.
            next.value += 1;
            let answer = LockAnswer::Was(state.value);
            next.held = false;
            let mut outcomes = returns(next.clone(), answer);
            for &owner in &state.line {
                outcomes.extend(returns(LockState { reserved: Some(owner), ..next.clone() }, answer));
            }
            outcomes
        } else if !state.held && state.reserved.is_none_or(|owner| owner == call) {
            next.held = true;
            next.reserved = None;
            continues(next)
        } else if !waits && op != TryLock {
            next.line.push(call);
            next.line.sort_unstable();
            continues(next)
        } else if matches!(op, Lock | LockMapped) {
            vec![]
        } else {
            returns(next, LockAnswer::Failed)
        }
    }

    fn blocked_by(frozen: LockOp, other: LockOp) -> Option<&'static str> {
        (frozen != IsLocked && matches!(other, Lock | LockMapped)).then_some("the lock, which is held")
    }
}
