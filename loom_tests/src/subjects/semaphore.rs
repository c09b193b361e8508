//! `Semaphore`: permits are forgotten when acquired, and released by operations of their own.
//!
//! The answers depend on the number of permits and on `close` alone. The line is in the model because of who may *sleep*: a
//! sleeper is promised to be served when it is the first one, so a request for many holds up those behind it, though there
//! may be enough for them; and newcomers line up behind somebody who has waited too long. Whoever is awake may be faster.

use super::leave;
use crate::subject::{CallId, Progress, SOON, Subject, continues, returns};
use tollgate::{AcquireError, Closed, Permit, Semaphore};

/// A `Semaphore` with this many permits.
#[derive(Debug)]
pub struct SemaphoreSubject<const PERMITS: usize>;

/// What is done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "named after the methods")]
pub enum SemaphoreOp {
    Acquire(u8),
    TryAcquire(u8),
    AcquireTimeout(u8),
    Release(u8),
    /// Acquires one and drops the permit, which gives it back.
    Pass,
    Close,
    Permits,
    IsClosed,
}

use SemaphoreOp::*;

/// What it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "plain words")]
pub enum SemaphoreAnswer {
    Done,
    NoPermits,
    TimedOut,
    Refused,
    Permits(usize),
    Closed(bool),
}

use SemaphoreAnswer::{Done, NoPermits, Refused, TimedOut};

/// Permits, whether closed, and who is in the line.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SemaphoreState {
    permits: usize,
    closed: bool,
    line: Vec<CallId>,
}

fn keep(acquired: Result<Permit<'_>, AcquireError>) -> SemaphoreAnswer {
    match acquired {
        Ok(permit) => {
            permit.forget();
            Done
        }
        Err(AcquireError::NoPermits) => NoPermits,
        Err(AcquireError::TimedOut) => TimedOut,
        Err(AcquireError::Closed) => Refused,
    }
}

/// How many permits a blocking or timed operation waits for.
fn needs(op: SemaphoreOp) -> Option<usize> {
    match op {
        Acquire(count) | AcquireTimeout(count) => Some(usize::from(count)),
        Pass => Some(1),
        _ => None,
    }
}

impl<const PERMITS: usize> Subject for SemaphoreSubject<PERMITS> {
    type Op = SemaphoreOp;
    type Answer = SemaphoreAnswer;
    type Real = Semaphore;
    type State = SemaphoreState;

    fn name() -> String {
        format!("Semaphore({PERMITS})")
    }

    fn operations() -> Vec<SemaphoreOp> {
        let mut all = Vec::new();
        for count in [1, 2] {
            all.extend([Acquire(count), TryAcquire(count), AcquireTimeout(count), Release(count)]);
        }
        all.extend([Pass, Close, Permits, IsClosed]);
        all
    }

    fn alphabets() -> Vec<Vec<SemaphoreOp>> {
        let first = vec![Acquire(1), AcquireTimeout(1), AcquireTimeout(2), Release(2), Close];
        crate::program::cover(&Self::operations(), &[first])
    }

    fn last() -> SemaphoreOp {
        Permits
    }

    fn timed(op: SemaphoreOp) -> SemaphoreOp {
        match op {
            Acquire(count) => AcquireTimeout(count),
            Pass => AcquireTimeout(1),
            op => op,
        }
    }

    fn real() -> Semaphore {
        Semaphore::new(PERMITS)
    }

    fn call(semaphore: &Semaphore, _: CallId, op: SemaphoreOp) -> SemaphoreAnswer {
        match op {
            Acquire(count) => keep(semaphore.acquire_many(count.into()).map_err(AcquireError::from)),
            TryAcquire(count) => keep(semaphore.try_acquire_many(count.into())),
            AcquireTimeout(count) => keep(semaphore.acquire_many_timeout(count.into(), SOON)),
            Release(count) => {
                semaphore.release(count.into());
                Done
            }
            Pass => match semaphore.acquire() {
                Ok(permit) => {
                    drop(permit);
                    Done
                }
                Err(Closed) => Refused,
            },
            Close => {
                semaphore.close();
                Done
            }
            Permits => SemaphoreAnswer::Permits(semaphore.permits()),
            IsClosed => SemaphoreAnswer::Closed(semaphore.is_closed()),
        }
    }

    fn start() -> SemaphoreState {
        SemaphoreState { permits: PERMITS, closed: false, line: Vec::new() }
    }

    fn step(
        state: &SemaphoreState,
        call: CallId,
        op: SemaphoreOp,
        phase: u8,
    ) -> Vec<(SemaphoreState, Progress<SemaphoreAnswer>)> {
        let mut next = state.clone();
        match op {
            Release(count) => {
                next.permits += usize::from(count);
                returns(next, Done)
            }
            Close => {
                next.closed = true;
                returns(next, Done)
            }
            Permits => returns(next, SemaphoreAnswer::Permits(state.permits)),
            IsClosed => returns(next, SemaphoreAnswer::Closed(state.closed)),
            TryAcquire(_) if state.closed => returns(next, Refused),
            TryAcquire(count) if state.permits < usize::from(count) => returns(next, NoPermits),
            TryAcquire(count) => {
                next.permits -= usize::from(count);
                returns(next, Done)
            }
            Acquire(_) | AcquireTimeout(_) | Pass => {
                let count = needs(op).unwrap_or(0);
                let waits = leave(&mut next.line, call);
                if phase > 0 && !waits {
                    // The second half of `Pass`.
                    next.permits += 1;
                    return returns(next, Done);
                }
                let mut outcomes = Vec::new();
                if state.closed {
                    return returns(next, Refused);
                }
                if !waits && (state.permits < count || !state.line.is_empty()) {
                    let mut joined = next.clone();
                    joined.line.push(call);
                    outcomes.extend(continues(joined));
                }
                if state.permits >= count {
                    next.permits -= count;
                    let taken = if op == Pass { continues(next) } else { returns(next, Done) };
                    outcomes.extend(taken);
                } else if waits && matches!(op, AcquireTimeout(_)) {
                    outcomes.extend(returns(next, TimedOut));
                }
                outcomes
            }
        }
    }

    fn may_sleep(state: &SemaphoreState, call: CallId, op: SemaphoreOp, _: u8) -> bool {
        if matches!(op, AcquireTimeout(_)) || state.closed || !state.line.contains(&call) {
            return false;
        }
        let enough = needs(op).is_none_or(|count| state.permits >= count);
        state.line.first() != Some(&call) || !enough
    }

    fn blocked_by(frozen: SemaphoreOp, other: SemaphoreOp) -> Option<&'static str> {
        let joins = |op| matches!(op, AcquireTimeout(count) if usize::from(count) > PERMITS);
        match other {
            Pass if frozen == Pass => Some("the permit, which is out"),
            Release(_) | Close | Pass if joins(frozen) => Some("the gate's lock"),
            _ if joins(frozen) && joins(other) => Some("the gate's lock"),
            _ => None,
        }
    }
}
