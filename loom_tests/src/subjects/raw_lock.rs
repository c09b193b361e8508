//! `RawLock`: acquire and release are operations of their own, by any thread.
//!
//! A release may hand the lock over to one of those who wait, whichever that is: nobody holds it then, and only that one can take
//! it.

use super::leave;
use crate::subject::{CallId, Progress, SOON, Subject, continues, returns};
use tollgate::{NotLocked, RawLock};

/// A free `RawLock`.
#[derive(Debug)]
pub struct RawLockSubject;

/// What is done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "named after the methods")]
pub enum RawLockOp {
    Acquire,
    TryAcquire,
    AcquireTimeout,
    Release,
    IsLocked,
}

use RawLockOp::*;

/// Whether it is locked, for whom it is reserved, and who waits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct RawLockState {
    locked: bool,
    reserved: Option<CallId>,
    line: Vec<CallId>,
}

impl Subject for RawLockSubject {
    type Op = RawLockOp;
    type Answer = bool;
    type Real = RawLock;
    type State = RawLockState;

    const IS_LOCK: bool = true;

    fn name() -> String {
        "RawLock".to_owned()
    }

    fn operations() -> Vec<RawLockOp> {
        vec![Acquire, TryAcquire, AcquireTimeout, Release, IsLocked]
    }

    /// The first: a release while the lock was reserved left the grant behind, and the thread that had acquired the free lock
    /// could acquire it again; mended so that it took the grant back, it was one release too many. The second: a newcomer took
    /// what was handed to a starving sleeper.
    fn regressions() -> Vec<Vec<Vec<RawLockOp>>> {
        let twice = [TryAcquire, Release, TryAcquire, Release, Release, TryAcquire, AcquireTimeout, Release];
        let past = [TryAcquire, Release, TryAcquire, Release, TryAcquire, AcquireTimeout, Release];
        vec![vec![twice.to_vec(), vec![Acquire]], vec![past.to_vec(), vec![Acquire]]]
    }

    fn last() -> RawLockOp {
        IsLocked
    }

    fn timed(op: RawLockOp) -> RawLockOp {
        if op == Acquire { AcquireTimeout } else { op }
    }

    fn real() -> RawLock {
        RawLock::new()
    }

    fn call(lock: &RawLock, _: CallId, op: RawLockOp) -> bool {
        match op {
            Acquire => {
                lock.acquire();
                true
            }
            TryAcquire => lock.try_acquire(),
            AcquireTimeout => lock.acquire_timeout(SOON),
            Release => lock.release() != Err(NotLocked),
            IsLocked => lock.is_locked(),
        }
    }

    fn start() -> RawLockState {
        RawLockState::default()
    }

    fn step(state: &RawLockState, call: CallId, op: RawLockOp, _: u8) -> Vec<(RawLockState, Progress<bool>)> {
        let mut next = state.clone();
        match op {
            IsLocked => returns(next, state.locked),
            TryAcquire if state.locked || state.reserved.is_some() => returns(next, false),
            Acquire | TryAcquire | AcquireTimeout => {
                let waits = leave(&mut next.line, call);
                if !state.locked && state.reserved.is_none_or(|owner| owner == call) {
                    next.locked = true;
                    next.reserved = None;
                    returns(next, true)
                } else if !waits {
                    next.line.push(call);
                    next.line.sort_unstable();
                    continues(next)
                } else if op == Acquire {
                    vec![]
                } else {
                    returns(next, false)
                }
            }
            Release if !state.locked => returns(next, false),
            Release => {
                next.locked = false;
                let mut outcomes = returns(next.clone(), true);
                for &owner in &state.line {
                    outcomes.extend(returns(RawLockState { reserved: Some(owner), ..next.clone() }, true));
                }
                outcomes
            }
        }
    }

    fn blocked_by(_: RawLockOp, _: RawLockOp) -> Option<&'static str> {
        None
    }
}
