//! `RLock<T>`: each operation adds one under the lock, through one guard or the second of two. The value is the evidence of mutual
//! exclusion.
//!
//! From the outside that is a `Lock`, and the model is its; what a thread sees of its own levels is asserted in the call. A
//! thread that holds nothing never takes itself for the owner: `IsOwned`.

use super::lock::{LockAnswer, LockOp, LockState, LockSubject};
use crate::subject::{CallId, Progress, SOON, Subject, returns};
use std::sync::Arc;
use tollgate::{OwnedRLockGuard, RLockGuard};

/// A free `RLock` around 0.
#[derive(Debug)]
pub struct RLockSubject;

/// What is done with it: how the lock is taken to add one. Twice: in this form, and then in another one, which cannot fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "named after the methods")]
pub enum RLockOp {
    Lock,
    LockTwice,
    TryLockTwice,
    LockTimeoutTwice,
    /// With guards that own a share, outer and inner.
    LockOwnedTwice,
    IsLocked,
    IsOwned,
}

use RLockOp::*;

type Guard<'a> = RLockGuard<'a, u32>;

fn add(lock: &tollgate::RLock<u32>, guard: Option<Guard<'_>>) -> LockAnswer {
    let Some(mut guard) = guard else { return LockAnswer::Failed };
    assert!(lock.is_owned() && lock.depth() == 1);
    let mut value = RLockGuard::get_mut(&mut guard).expect("the only guard");
    *value += 1;
    LockAnswer::Was(*value - 1)
}

/// `inner` is dropped last, or first.
fn add_inside<'a>(
    lock: &'a tollgate::RLock<u32>,
    guard: Option<Guard<'a>>,
    inner: impl FnOnce() -> Option<Guard<'a>>,
    last: bool,
) -> LockAnswer {
    let Some(mut outer) = guard else { return LockAnswer::Failed };
    let mut inner = inner().expect("the owner's");
    assert!(lock.is_owned() && lock.depth() == 2);
    assert!(RLockGuard::get_mut(&mut inner).is_none() && RLockGuard::get_mut(&mut outer).is_none());
    if last {
        drop(outer);
        add(lock, Some(inner))
    } else {
        drop(inner);
        add(lock, Some(outer))
    }
}

/// The same with guards that own a share, of which the first is dropped first.
fn add_owned(lock: &Arc<tollgate::RLock<u32>>) -> LockAnswer {
    let outer = lock.lock_owned();
    let mut inner = lock.lock_owned();
    assert!(lock.is_owned() && lock.depth() == 2);
    assert!(OwnedRLockGuard::get_mut(&mut inner).is_none());
    drop(outer);
    let mut value = OwnedRLockGuard::get_mut(&mut inner).expect("the only guard");
    *value += 1;
    LockAnswer::Was(*value - 1)
}

/// How others see it.
fn outside(op: RLockOp) -> LockOp {
    match op {
        Lock | LockTwice | LockOwnedTwice => LockOp::Lock,
        TryLockTwice => LockOp::TryLock,
        LockTimeoutTwice => LockOp::LockTimeout,
        IsLocked | IsOwned => LockOp::IsLocked,
    }
}

impl Subject for RLockSubject {
    type Op = RLockOp;
    type Answer = LockAnswer;
    type Real = Arc<tollgate::RLock<u32>>;
    type State = LockState;

    /// Not with the real `RawLock`, which has programs of its own.
    const IS_LOCK: bool = false;
    const SAMPLE: usize = 10;

    fn name() -> String {
        "RLock".to_owned()
    }

    fn operations() -> Vec<RLockOp> {
        vec![Lock, LockTwice, TryLockTwice, LockTimeoutTwice, LockOwnedTwice, IsLocked, IsOwned]
    }

    fn alphabets() -> Vec<Vec<RLockOp>> {
        let first = vec![LockTwice, TryLockTwice, LockTimeoutTwice];
        crate::program::cover(&Self::operations(), &[first])
    }

    fn last() -> RLockOp {
        TryLockTwice
    }

    fn timed(op: RLockOp) -> RLockOp {
        match op {
            Lock | LockTwice | LockOwnedTwice => LockTimeoutTwice,
            op => op,
        }
    }

    fn real() -> Arc<tollgate::RLock<u32>> {
        Arc::new(tollgate::RLock::new(0))
    }

    fn call(lock: &Arc<tollgate::RLock<u32>>, _: CallId, op: RLockOp) -> LockAnswer {
        let inner_try = || lock.try_lock();
        let inner_timed = || lock.lock_timeout(SOON);
        let inner_plain = || Some(lock.lock());
        match op {
            Lock => add(lock, Some(lock.lock())),
            LockTwice => add_inside(lock, Some(lock.lock()), inner_try, true),
            TryLockTwice => add_inside(lock, lock.try_lock(), inner_timed, false),
            LockOwnedTwice => add_owned(lock),
            LockTimeoutTwice => add_inside(lock, lock.lock_timeout(SOON), inner_plain, true),
            IsLocked => LockAnswer::Locked(lock.is_locked()),
            IsOwned => LockAnswer::Locked(lock.is_owned() || lock.depth() > 0),
        }
    }

    fn start() -> LockState {
        LockSubject::start()
    }

    fn step(
        state: &LockState,
        call: CallId,
        op: RLockOp,
        phase: u8,
    ) -> Vec<(LockState, Progress<LockAnswer>)> {
        match op {
            IsOwned => returns(state.clone(), LockAnswer::Locked(false)),
            op => LockSubject::step(state, call, outside(op), phase),
        }
    }

    fn blocked_by(frozen: RLockOp, other: RLockOp) -> Option<&'static str> {
        LockSubject::blocked_by(outside(frozen), outside(other))
    }
}
