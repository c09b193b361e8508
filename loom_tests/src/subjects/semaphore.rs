//! `Semaphore` and `BoundedSemaphore`: permits are forgotten when acquired, and released by operations of their own.
//!
//! One subject for both: a bounded one refuses a release beyond its first number of permits, and a permit that comes back when
//! there is no room for it changes nothing.
//!
//! The answers depend on the number of permits and on `close` alone. The line is in the model because of who may *sleep*: a
//! sleeper is promised to be served when it is the first one, so a request for many holds up those behind it, though there
//! may be enough for them; and newcomers line up behind somebody who has waited too long. Whoever is awake may be faster.

use super::leave;
use crate::subject::{CallId, Progress, SOON, Subject, continues, returns};
use std::fmt::Debug;
use std::marker::PhantomData;
use tollgate::{AcquireError, BoundedSemaphore, Closed, Permit, Semaphore};

/// A `Semaphore` with this many permits.
pub type SemaphoreSubject<const PERMITS: usize> = Counting<Semaphore, PERMITS>;
/// A `BoundedSemaphore` with this many permits.
pub type BoundedSemaphoreSubject<const PERMITS: usize> = Counting<BoundedSemaphore, PERMITS>;

/// Either of them.
#[derive(Debug)]
pub struct Counting<S, const PERMITS: usize>(PhantomData<S>);

/// The calls of both, which have the same names.
#[expect(missing_docs, reason = "named after the methods")]
pub trait Counts: Debug + Send + Sync + 'static {
    /// What the reports call it.
    const NAME: &'static str;
    /// Whether there are never more permits than in the beginning.
    const BOUNDED: bool;
    fn new(permits: usize) -> Self;
    fn acquire_many(&self, count: usize) -> Result<Permit<'_>, Closed>;
    fn try_acquire_many(&self, count: usize) -> Result<Permit<'_>, AcquireError>;
    fn acquire_many_soon(&self, count: usize) -> Result<Permit<'_>, AcquireError>;
    fn drain(&self) -> Result<Permit<'_>, Closed>;
    fn forget_permits(&self, most: usize) -> usize;
    fn release(&self, count: usize) -> Result<(), tollgate::OverRelease>;
    fn close(&self);
    fn is_closed(&self) -> bool;
    fn permits(&self) -> usize;
}

macro_rules! counts {
    ($Semaphore:ident, $bounded:literal, $release:expr) => {
        impl Counts for $Semaphore {
            const NAME: &'static str = stringify!($Semaphore);
            const BOUNDED: bool = $bounded;
            fn new(permits: usize) -> Self {
                $Semaphore::new(permits)
            }
            fn acquire_many(&self, count: usize) -> Result<Permit<'_>, Closed> {
                self.acquire_many(count)
            }
            fn try_acquire_many(&self, count: usize) -> Result<Permit<'_>, AcquireError> {
                self.try_acquire_many(count)
            }
            fn acquire_many_soon(&self, count: usize) -> Result<Permit<'_>, AcquireError> {
                self.acquire_many_timeout(count, SOON)
            }
            fn drain(&self) -> Result<Permit<'_>, Closed> {
                self.drain()
            }
            fn forget_permits(&self, most: usize) -> usize {
                self.forget_permits(most)
            }
            fn release(&self, count: usize) -> Result<(), tollgate::OverRelease> {
                let release: fn(&Self, usize) -> Result<(), tollgate::OverRelease> = $release;
                release(self, count)
            }
            fn close(&self) {
                self.close();
            }
            fn is_closed(&self) -> bool {
                self.is_closed()
            }
            fn permits(&self) -> usize {
                self.permits()
            }
        }
    };
}

counts!(Semaphore, false, |semaphore, count| {
    semaphore.release(count);
    Ok(())
});
counts!(BoundedSemaphore, true, BoundedSemaphore::release);

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
    /// Takes all and forgets them.
    Drain,
    ForgetPermits(u8),
    /// Takes two if they are there, splits one off, drops it, then the other.
    Split,
    /// Takes one if it is there, then another, merges them and drops what it has.
    Merge,
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
    OverRelease,
    Permits(usize),
    Closed(bool),
}

use SemaphoreAnswer::{Done, NoPermits, OverRelease, Refused, TimedOut};

/// Permits, whether closed, who is in the line, and which `Merge` has two.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SemaphoreState {
    permits: usize,
    closed: bool,
    line: Vec<CallId>,
    merged: Vec<CallId>,
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

impl<S: Counts, const PERMITS: usize> Counting<S, PERMITS> {
    /// Adds permits, if there is room for them.
    fn add(state: &mut SemaphoreState, count: usize) -> SemaphoreAnswer {
        if S::BOUNDED && state.permits + count > PERMITS {
            return OverRelease;
        }
        state.permits += count;
        Done
    }
}

impl<S: Counts, const PERMITS: usize> Subject for Counting<S, PERMITS> {
    type Op = SemaphoreOp;
    type Answer = SemaphoreAnswer;
    type Real = S;
    type State = SemaphoreState;

    fn name() -> String {
        format!("{}({PERMITS})", S::NAME)
    }

    fn operations() -> Vec<SemaphoreOp> {
        let mut all = Vec::new();
        for count in [1, 2] {
            all.extend([Acquire(count), TryAcquire(count), AcquireTimeout(count), Release(count)]);
        }
        all.extend([Pass, Close, Permits, IsClosed, Drain, ForgetPermits(1), Split, Merge]);
        all
    }

    fn alphabets() -> Vec<Vec<SemaphoreOp>> {
        let first = if S::BOUNDED {
            vec![Acquire(1), AcquireTimeout(2), Release(1), Release(2), Pass]
        } else {
            vec![Acquire(1), AcquireTimeout(1), AcquireTimeout(2), Release(2), Close]
        };
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

    fn real() -> S {
        S::new(PERMITS)
    }

    fn call(semaphore: &S, _: CallId, op: SemaphoreOp) -> SemaphoreAnswer {
        match op {
            Acquire(count) => keep(semaphore.acquire_many(count.into()).map_err(AcquireError::from)),
            TryAcquire(count) => keep(semaphore.try_acquire_many(count.into())),
            AcquireTimeout(count) => keep(semaphore.acquire_many_soon(count.into())),
            Release(count) => match semaphore.release(count.into()) {
                Ok(()) => Done,
                Err(tollgate::OverRelease) => OverRelease,
            },
            Drain => semaphore.drain().map_or(Refused, |all| {
                let count = all.count();
                all.forget();
                SemaphoreAnswer::Permits(count)
            }),
            ForgetPermits(most) => SemaphoreAnswer::Permits(semaphore.forget_permits(most.into())),
            Split => match semaphore.try_acquire_many(2) {
                Ok(mut permit) => {
                    drop(permit.split(1));
                    assert_eq!(permit.count(), 1);
                    Done
                }
                Err(error) => keep(Err(error)),
            },
            Merge => match semaphore.try_acquire_many(1) {
                Ok(mut permit) => {
                    if let Ok(another) = semaphore.try_acquire_many(1) {
                        permit.merge(another);
                    }
                    SemaphoreAnswer::Permits(permit.count())
                }
                Err(error) => keep(Err(error)),
            },
            Pass => match semaphore.acquire_many(1) {
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
        SemaphoreState { permits: PERMITS, closed: false, line: Vec::new(), merged: Vec::new() }
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
                let answer = Self::add(&mut next, count.into());
                returns(next, answer)
            }
            Drain if state.closed => returns(next, Refused),
            Drain => {
                let count = std::mem::take(&mut next.permits);
                returns(next, SemaphoreAnswer::Permits(count))
            }
            ForgetPermits(most) => {
                let count = state.permits.min(most.into());
                next.permits -= count;
                returns(next, SemaphoreAnswer::Permits(count))
            }
            Split if phase == 0 && state.closed => returns(next, Refused),
            Split if phase == 0 && state.permits < 2 => returns(next, NoPermits),
            Split if phase == 0 => {
                next.permits -= 2;
                continues(next)
            }
            Split => {
                Self::add(&mut next, 1);
                if phase == 1 { continues(next) } else { returns(next, Done) }
            }
            Merge => {
                let got = leave(&mut next.merged, call);
                match phase {
                    0 if state.closed => returns(next, Refused),
                    0 if state.permits == 0 => returns(next, NoPermits),
                    0 => {
                        next.permits -= 1;
                        continues(next)
                    }
                    1 => {
                        if state.permits > 0 && !state.closed {
                            next.permits -= 1;
                            next.merged.push(call);
                            next.merged.sort_unstable();
                        }
                        continues(next)
                    }
                    _ => {
                        let count = 1 + usize::from(got);
                        Self::add(&mut next, count);
                        returns(next, SemaphoreAnswer::Permits(count))
                    }
                }
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
                    Self::add(&mut next, 1);
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
        let held = match frozen {
            Pass => 1,
            Split if PERMITS >= 2 => 2,
            Merge => PERMITS.min(2),
            _ => 0,
        };
        let releases = match other {
            Release(_) => !S::BOUNDED,
            Close | Pass => true,
            Merge => PERMITS >= 1,
            Split => PERMITS >= 2,
            _ => false,
        };
        match other {
            Acquire(_) | Pass if held > 0 && held + needs(other).unwrap_or(0) > PERMITS => {
                Some("the permits, which are out")
            }
            _ if joins(frozen) && (releases || joins(other)) => Some("the gate's lock"),
            _ => None,
        }
    }
}
