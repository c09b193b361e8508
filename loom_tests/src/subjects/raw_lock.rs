//! `RawLock`: acquire and release are operations of their own, by any thread.

use crate::subject::{CallId, Progress, SOON, Subject, returns};
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

impl Subject for RawLockSubject {
    type Op = RawLockOp;
    type Answer = bool;
    type Real = RawLock;
    /// Whether it is locked.
    type State = bool;

    const IS_LOCK: bool = true;

    fn name() -> String {
        "RawLock".to_owned()
    }

    fn operations() -> Vec<RawLockOp> {
        vec![Acquire, TryAcquire, AcquireTimeout, Release, IsLocked]
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

    fn start() -> bool {
        false
    }

    fn step(&locked: &bool, _: CallId, op: RawLockOp, _: u8) -> Vec<(bool, Progress<bool>)> {
        match op {
            Acquire if locked => vec![],
            Acquire | TryAcquire | AcquireTimeout => returns(true, !locked),
            Release => returns(false, locked),
            IsLocked => returns(locked, locked),
        }
    }

    fn blocked_by(frozen: RawLockOp, other: RawLockOp) -> Option<&'static str> {
        let takes = matches!(frozen, Acquire | TryAcquire | AcquireTimeout);
        (takes && other == Acquire).then_some("the lock, which is held")
    }
}
