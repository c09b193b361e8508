//! The rounds of a barrier: who has arrived, how a round ends, and how everybody learns of it.
//!
//! A round collects arrivals under a small lock. Whoever ends it, the last one to arrive or one that breaks it, does
//! three things:
//!
//! 1. under the lock: takes all its waiters as a chain, and ends the [epoch](crate::epoch), so that nobody falls asleep
//!    any more and the next round can begin;
//! 2. after the lock: tells each waiter the outcome, by its own word, on its own stack;
//! 3. wakes those who sleep until the epoch is over: one call for all.
//!
//! A waiter waits the epoch out, and then the moment until it is told. So *rounds never mix*: what a waiter returns is
//! what it was told, whatever has become of the barrier meanwhile; and *whoever ends a round touches the barrier no
//! more* once another may leave: that is when it is told, after the lock has been released (R35, R41 of the historical
//! bugs). Outcomes in words of the barrier would have to be kept until the last one has left.
//!
//! (Told one by one they could also be woken so, and the epoch were not needed; [there](crate::epoch) is what that
//! costs. Those who have not been told yet may look at the epoch when the first one leaves; so with more than two
//! parties no one but the last to leave may free the barrier. And Rust does not let a caller rely on it, whatever the number: fields
//! outside of cells count as borrowed until each call has returned. `Event` and `RawLock` are all cell.)
//!
//! ```text
//!            arrivals              the last one, with an action
//!   Open ──────────────► Open ─────────────────────────────────► Full
//!    ▲                    │ time-out, abort                       │
//!    │ reset              ▼                abort, action panics   │ action returns, reset: Open
//!    └───────────────── Broken ◄──────────────────────────────────┘
//! ```
//!
//! # Invariants
//!
//! 1. A round is an epoch, and ends by the one change of the epoch, under the lock. Whoever wants to end a round
//!    compares epochs there: a time-out, and an action that returns, may come too late.
//! 2. The line holds the waiters of the present round; `arrived` counts them, and the one that runs the action. Both
//!    are empty in `Broken`.
//! 3. In `Full` all have arrived and the action runs: nobody arrives, and nobody's time runs out.

use super::Broken;
use crate::epoch::Epoch;
pub(super) use crate::epoch::Number;
use crate::gate::{Untold, WaitList, Waiter};
use crate::lock::{Lock, LockGuard};
#[cfg(any(loom, shuttle))]
use crate::platform::torn_down;
use crate::platform::{Deadline, Mutant, Patience, mutated};
use crate::watch::Tag;

/// What the waiters of a round are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum Outcome {
    Passed = 1,
    Broken = 2,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Open,
    Full,
    Broken,
}

struct State {
    line: WaitList,
    arrived: usize,
    phase: Phase,
}

// SAFETY: the waiters in the line are made to be used by other threads; the rest is plain data.
unsafe impl Send for State {}

/// What an arrival has led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    /// The round is over; the place in it.
    Passed(usize),
    /// The caller was the last one, and has to run the action and then [`Rounds::finish`] the round.
    Last(Number),
}

/// See the module.
pub(super) struct Rounds {
    parties: usize,
    epoch: Epoch,
    state: Lock<State>,
}

impl Rounds {
    const_unless_loom! {
        pub(super) fn new(parties: usize) -> Self {
            let state = State { line: WaitList::new(), arrived: 0, phase: Phase::Open };
            Rounds { parties, epoch: Epoch::new(), state: Lock::tagged(Tag::unwatched(), state) }
        }
    }

    pub(super) fn parties(&self) -> usize {
        self.parties
    }

    pub(super) fn waiting(&self) -> usize {
        self.state.lock().arrived
    }

    pub(super) fn is_broken(&self) -> bool {
        self.state.lock().phase == Phase::Broken
    }

    /// How many have arrived, and whether it is broken; `None` if another thread looks or changes it at this moment. For `Debug`, which does
    /// not wait.
    pub(super) fn glance(&self) -> Option<(usize, bool)> {
        self.state.try_lock().map(|state| (state.arrived, state.phase == Phase::Broken))
    }

    /// Arrives, and waits until the round is over. `acts` says whether there is an action.
    pub(super) fn arrive(&self, patience: Patience, acts: bool) -> Result<Arrival, Broken> {
        let mut state = self.open()?;
        let place = state.arrived;
        state.arrived += 1;
        if state.arrived == self.parties {
            if acts {
                state.phase = Phase::Full;
                return Ok(Arrival::Last(self.epoch.now()));
            }
            self.end(state, Phase::Open, Outcome::Passed);
            return Ok(Arrival::Passed(place));
        }
        let round = self.epoch.now();
        let waiter = Waiter::new(0);
        // SAFETY: under the lock; the waiter is new, and `outcome` returns only when it has been told.
        unsafe { state.line.insert(&waiter) };
        drop(state);
        match self.outcome(&waiter, round, patience) {
            Outcome::Passed => Ok(Arrival::Passed(place)),
            Outcome::Broken => Err(Broken),
        }
    }

    /// The lock, in a round that can be joined.
    fn open(&self) -> Result<LockGuard<'_, State>, Broken> {
        loop {
            let state = self.state.lock();
            match state.phase {
                Phase::Full if !mutated(Mutant::BarrierJoinsFullRound) => {
                    let round = self.epoch.now();
                    drop(state);
                    self.epoch.wait_out(round, &Deadline::NEVER);
                }
                Phase::Broken => return Err(Broken),
                _ => return Ok(state),
            }
        }
    }

    /// Waits until the round is over, and for what became of it. Breaks it when time runs out.
    fn outcome(&self, waiter: &Waiter, round: Number, patience: Patience) -> Outcome {
        let untold = Untold;
        let over = patience.deadline().is_some_and(|deadline| self.epoch.wait_out(round, &deadline));
        if !over {
            self.give_up(round);
        }
        let told = waiter.until_told(&Deadline::NEVER);
        std::mem::forget(untold);
        if told == Some(Outcome::Passed as u32) { Outcome::Passed } else { Outcome::Broken }
    }

    /// Time is up: breaks the round, unless that is over, or full and waits for its action alone.
    fn give_up(&self, round: Number) {
        let state = self.state.lock();
        let present = self.epoch.now() == round || mutated(Mutant::BarrierTimeoutBreaksLaterRound);
        if present && (state.phase == Phase::Open || mutated(Mutant::BarrierTimeoutBreaksFullRound)) {
            self.end(state, Phase::Broken, Outcome::Broken);
        } else if present {
            drop(state);
            self.epoch.wait_out(round, &Deadline::NEVER);
        }
    }

    /// Ends a round whose action has run. An error if it had been broken or reset before.
    pub(super) fn finish(&self, round: Number, outcome: Outcome) -> Result<(), Broken> {
        let state = self.state.lock();
        if self.epoch.now() != round && !mutated(Mutant::BarrierActionEndsLaterRound) {
            return Err(Broken);
        }
        let next = if outcome == Outcome::Passed { Phase::Open } else { Phase::Broken };
        self.end(state, next, outcome);
        Ok(())
    }

    /// Whether this round is still to be finished.
    pub(super) fn is_present(&self, round: Number) -> bool {
        self.epoch.now() == round
    }

    pub(super) fn abort(&self) {
        self.fail(Phase::Broken);
    }

    pub(super) fn reset(&self) {
        self.fail(Phase::Open);
    }

    /// Breaks the present round, if anybody has arrived in it, and goes on with `next`.
    fn fail(&self, next: Phase) {
        let mut state = self.state.lock();
        if state.arrived > 0 {
            self.end(state, next, Outcome::Broken);
        } else {
            state.phase = next;
        }
    }

    /// Ends the present round. The last access to `self` is the release of the lock.
    fn end(&self, mut state: LockGuard<'_, State>, next: Phase, outcome: Outcome) {
        state.arrived = 0;
        state.phase = next;
        // SAFETY: under the lock; all of the chain are told below.
        let chain = unsafe { state.line.take(usize::MAX) };
        let sleepers = self.epoch.end();
        if mutated(Mutant::BarrierTellsUnderLock) {
            chain.tell(outcome as u32);
            drop(state);
        } else {
            drop(state);
            chain.tell(outcome as u32);
        }
        sleepers.wake();
    }
}

/// A step for the models: somebody who comes later, and releases a lock that is gone.
#[cfg(any(loom, shuttle))]
impl Drop for Rounds {
    fn drop(&mut self) {
        if !torn_down() {
            self.state.is_locked();
        }
    }
}
