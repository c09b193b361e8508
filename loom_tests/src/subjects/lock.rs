//! `Lock<T>`: each operation adds one under the lock. The value is the evidence of mutual exclusion.
//!
//! Two phases, taking the lock and releasing it, because others can see the time between: `try_lock` fails.

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

/// The value, and whether somebody holds the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LockState {
    value: u32,
    held: bool,
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
        LockState { value: 0, held: false }
    }

    fn step(&state: &LockState, _: CallId, op: LockOp, phase: u8) -> Vec<(LockState, Progress<LockAnswer>)> {
        let LockState { value, held } = state;
        match op {
            IsLocked => returns(state, LockAnswer::Locked(held)),
            _ if phase == 1 => returns(LockState { value: value + 1, held: false }, LockAnswer::Was(value)),
            _ if !held => continues(LockState { value, held: true }),
            Lock | LockMapped => vec![],
            TryLock | LockTimeout => returns(state, LockAnswer::Failed),
        }
    }

    fn blocked_by(frozen: LockOp, other: LockOp) -> Option<&'static str> {
        (frozen != IsLocked && matches!(other, Lock | LockMapped)).then_some("the lock, which is held")
    }
}
