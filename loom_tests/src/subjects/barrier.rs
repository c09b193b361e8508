//! `Barrier`, without an action and with one that counts how often it runs.
//!
//! A wait has phases: it arrives; later it has been told how its round ended, or breaks it because its time is up. The last one to
//! arrive runs the action in phases of their own, between which the barrier may be aborted or reset.

use crate::subject::{CallId, Progress, SOON, Subject, continues, returns};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;
use tollgate::{Barrier, BarrierWait, Broken};

/// A `Barrier` for so many parties, with an action or without.
#[derive(Debug)]
pub struct BarrierSubject<const PARTIES: usize, const ACTS: bool>;

/// What is done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "named after the methods")]
pub enum BarrierOp {
    Wait,
    WaitTimeout,
    /// `wait_timeout` with no time at all.
    WaitZero,
    Abort,
    Reset,
    Waiting,
    IsBroken,
    /// Looks at everything, at the end.
    Look,
}

use BarrierOp::*;

/// What it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "plain words")]
pub enum BarrierAnswer {
    Passed { index: usize, leader: bool },
    Refused,
    Done,
    Waiting(usize),
    Broken(bool),
    Rest { waiting: usize, broken: bool, acted: usize },
}

/// The present round, and what those of earlier ones are told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct BarrierState {
    /// In the order of arrival; without the one that runs the action.
    line: Vec<CallId>,
    /// All have arrived, and this one runs the action.
    full: Option<CallId>,
    /// Whose action runs, of this round or of one that was reset.
    acting: Option<CallId>,
    broken: bool,
    acted: usize,
    /// Who has been told what, and has not yet returned.
    told: Vec<(CallId, BarrierAnswer)>,
}

impl BarrierState {
    fn arrived(&self) -> usize {
        self.line.len() + usize::from(self.full.is_some())
    }

    fn end(&mut self, passed: bool) {
        let members: Vec<_> = self.line.drain(..).chain(self.full.take()).collect();
        let last = members.len() - 1;
        for (index, call) in members.into_iter().enumerate() {
            let passed = passed.then_some(BarrierAnswer::Passed { index, leader: index == last });
            self.told.push((call, passed.unwrap_or(BarrierAnswer::Refused)));
        }
        self.told.sort_unstable_by_key(|&(call, _)| call);
    }

    fn fail(&mut self, broken: bool) {
        if self.arrived() > 0 {
            self.end(false);
        }
        self.broken = broken;
    }

    fn told(&mut self, call: CallId) -> Option<BarrierAnswer> {
        let place = self.told.iter().position(|&(other, _)| other == call)?;
        Some(self.told.remove(place).1)
    }
}

/// The shared object.
pub struct Counted {
    barrier: Arc<Barrier<dyn FnMut() + Send>>,
    acted: Arc<AtomicUsize>,
}

impl fmt::Debug for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.barrier.fmt(f)
    }
}

fn answer(result: Result<BarrierWait, Broken>) -> BarrierAnswer {
    match result {
        Ok(wait) => BarrierAnswer::Passed { index: wait.index(), leader: wait.is_leader() },
        Err(Broken) => BarrierAnswer::Refused,
    }
}

impl<const PARTIES: usize, const ACTS: bool> Subject for BarrierSubject<PARTIES, ACTS> {
    type Op = BarrierOp;
    type Answer = BarrierAnswer;
    type Real = Counted;
    type State = BarrierState;

    fn name() -> String {
        format!("Barrier({PARTIES}{})", if ACTS { ", action" } else { "" })
    }

    fn operations() -> Vec<BarrierOp> {
        vec![Wait, WaitTimeout, WaitZero, Abort, Reset, Waiting, IsBroken]
    }

    fn alphabets() -> Vec<Vec<BarrierOp>> {
        crate::program::cover(&Self::operations(), &[vec![Wait, WaitTimeout, Abort, Reset]])
    }

    fn last() -> BarrierOp {
        Look
    }

    fn timed(op: BarrierOp) -> BarrierOp {
        if op == Wait { WaitTimeout } else { op }
    }

    fn real() -> Counted {
        let acted = Arc::new(AtomicUsize::new(0));
        let barrier: Arc<Barrier<dyn FnMut() + Send>> = if ACTS {
            let acted = Arc::clone(&acted);
            Arc::new(Barrier::with_action(PARTIES, move || _ = acted.fetch_add(1, SeqCst)))
        } else {
            Arc::new(Barrier::new(PARTIES))
        };
        Counted { barrier, acted }
    }

    fn call(real: &Counted, _: CallId, op: BarrierOp) -> BarrierAnswer {
        let Counted { barrier, acted } = real;
        match op {
            Wait => answer(barrier.wait()),
            WaitTimeout => answer(barrier.wait_timeout(SOON)),
            WaitZero => answer(barrier.wait_timeout(Duration::ZERO)),
            Abort => {
                barrier.abort();
                BarrierAnswer::Done
            }
            Reset => {
                barrier.reset();
                BarrierAnswer::Done
            }
            Waiting => BarrierAnswer::Waiting(barrier.waiting()),
            IsBroken => BarrierAnswer::Broken(barrier.is_broken()),
            Look => {
                let (waiting, broken) = (barrier.waiting(), barrier.is_broken());
                BarrierAnswer::Rest { waiting, broken, acted: acted.load(SeqCst) }
            }
        }
    }

    fn start() -> BarrierState {
        BarrierState::default()
    }

    fn step(
        state: &BarrierState,
        call: CallId,
        op: BarrierOp,
        phase: u8,
    ) -> Vec<(BarrierState, Progress<BarrierAnswer>)> {
        let mut next = state.clone();
        match op {
            Wait | WaitTimeout | WaitZero if phase == 0 => {
                if state.broken {
                    returns(next, BarrierAnswer::Refused)
                } else if state.full.is_some() {
                    vec![]
                } else if state.line.len() + 1 < PARTIES {
                    next.line.push(call);
                    continues(next)
                } else if ACTS {
                    next.full = Some(call);
                    continues(next)
                } else {
                    next.line.push(call);
                    next.end(true);
                    let told = next.told(call).unwrap_or(BarrierAnswer::Refused);
                    returns(next, told)
                }
            }
            Wait | WaitTimeout | WaitZero => {
                let acts = state.acting == Some(call);
                if acts {
                    next.acting = None;
                }
                if let Some(told) = next.told(call) {
                    returns(next, told)
                } else if acts {
                    next.end(true);
                    let told = next.told(call).unwrap_or(BarrierAnswer::Refused);
                    returns(next, told)
                } else if state.full == Some(call) {
                    if state.acting.is_some() {
                        return vec![];
                    }
                    next.acting = Some(call);
                    next.acted += 1;
                    continues(next)
                } else if op != Wait && state.full.is_none() {
                    next.fail(true);
                    next.told(call);
                    returns(next, BarrierAnswer::Refused)
                } else {
                    vec![]
                }
            }
            Abort | Reset => {
                next.fail(op == Abort);
                returns(next, BarrierAnswer::Done)
            }
            Waiting => returns(next, BarrierAnswer::Waiting(state.arrived())),
            IsBroken => returns(next, BarrierAnswer::Broken(state.broken)),
            Look => {
                let (waiting, broken, acted) = (state.arrived(), state.broken, state.acted);
                returns(next, BarrierAnswer::Rest { waiting, broken, acted })
            }
        }
    }

    fn blocked_by(_: BarrierOp, _: BarrierOp) -> Option<&'static str> {
        Some("the barrier's lock")
    }
}
