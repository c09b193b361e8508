//! The waiter's side: its place in the line, and what it owes to the others when it goes.
//!
//! Both types do their work in `Drop`, so that a function that waits may end in any way, by a panic too.

use super::list::{SERVED, SERVED_GOES_ON, WAITING, WOKEN, WaitList, Waiter};
use super::{CLOSED, Gate, WAITER};
use crate::platform::atomic::Ordering::Relaxed;
use crate::platform::{Deadline, Mutant, Wait, mutated, torn_down};
use std::cell::Cell;

/// By whom a waiter was taken out of the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pick {
    /// By itself: it gave up, or does not need to wait any more.
    Nobody,
    /// By [`Gate::notify`]: it is the wake in flight.
    Woken,
    /// By [`Gate::release_all`].
    Released,
    /// Its errand has been run, by [`Gate::serve`] or somebody who joined; and whether what follows from that is left to it.
    Served { goes_on: bool },
}

/// A waiter's place in the line. However its function ends, by a panic too, the waiter does not outlive its place.
pub(super) struct Place<'a> {
    gate: &'a Gate,
    waiter: &'a Waiter,
    /// In the line, or picked and not yet told.
    in_line: Cell<bool>,
    /// Made by a destructor in the course of a panic, and not itself struck by it.
    amid_panic: bool,
}

impl<'a> Place<'a> {
    pub(super) fn new(gate: &'a Gate, waiter: &'a Waiter) -> Self {
        Place { gate, waiter, in_line: Cell::new(false), amid_panic: torn_down() }
    }

    pub(super) fn join(&self) {
        self.gate.locked(|line| self.join_locked(line));
    }

    pub(super) fn join_locked(&self, line: &mut WaitList) {
        // A waiter that was told and joins again starts anew. Relaxed: nobody else knows it before the lock is released.
        self.waiter.word.swap(WAITING, Relaxed);
        // SAFETY: under the lock; the waiter is in no list, and its memory is borrowed by this place, which does not end
        // before the waiter has been removed or told.
        unsafe { line.insert(self.waiter) };
        self.in_line.set(true);
        // Relaxed: the fence that follows makes it the waiter's half of the handshake.
        self.gate.word.fetch_add(WAITER, Relaxed);
    }

    /// Sleeps until picked, or until `deadline` and then leaves the line. Also whether the deadline has passed: a waiter
    /// that finds itself picked when its time runs out was notified, and has not given up.
    pub(super) fn sleep(&self, deadline: &Deadline) -> (Pick, bool) {
        loop {
            let (pick, wait) = self.sleep_once(deadline);
            if let Some(pick) = pick {
                return (pick, wait == Wait::TimedOut);
            }
            if wait == Wait::TimedOut {
                return (self.leave(), true);
            }
            if wait == Wait::MaybeWoken && mutated(Mutant::GateTrustsWake) {
                return (Pick::Released, false);
            }
        }
    }

    fn sleep_once(&self, deadline: &Deadline) -> (Option<Pick>, Wait) {
        let wait = self.waiter.sleep_once(deadline);
        (self.told(), wait)
    }

    /// Leaves the line; if the waiter has been picked already, waits the moment until it is told.
    pub(super) fn leave(&self) -> Pick {
        // SAFETY: the waiter was inserted into this line.
        if unsafe { self.gate.withdraw(self.waiter) } {
            self.in_line.set(false);
            return Pick::Nobody;
        }
        loop {
            if let (Some(pick), _) = self.sleep_once(&Deadline::NEVER) {
                return pick;
            }
        }
    }

    /// Out of the line, with no wake left in flight. (What was left to a waiter that is served would be lost. But here it is still in line only if a call of its own
    /// panicked meanwhile, and those that such a waiter makes do not.)
    fn end(&self) {
        if self.in_line.get() && self.leave() == Pick::Woken {
            self.gate.clear_waking();
        }
    }

    fn told(&self) -> Option<Pick> {
        let pick = match self.waiter.told()? {
            WOKEN => Pick::Woken,
            SERVED => Pick::Served { goes_on: false },
            SERVED_GOES_ON => Pick::Served { goes_on: true },
            _ => Pick::Released,
        };
        self.in_line.set(false);
        Some(pick)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if torn_down() && !self.amid_panic {
            return;
        }
        self.end();
    }
}

/// What a waiter in [`Gate::wait`] owes to those behind it, whichever way it goes.
pub(super) struct Visit<'a, S: Fn(usize) -> bool + Copy> {
    pub(super) place: Place<'a>,
    serves: S,
    closed_by_us: bool,
}

impl<'a, S: Fn(usize) -> bool + Copy> Visit<'a, S> {
    pub(super) fn new(place: Place<'a>, serves: S) -> Self {
        Visit { place, serves, closed_by_us: false }
    }

    /// Joins again, by the old ticket. The waiter was picked, and has looked in vain.
    pub(super) fn rejoin(&mut self, too_long: bool) {
        let gate = self.place.gate;
        gate.locked(|line| {
            self.place.join_locked(line);
            if too_long && !self.closed_by_us && gate.admits_newcomers() {
                gate.word.fetch_add(CLOSED, Relaxed);
                self.closed_by_us = true;
            }
        });
    }
}

impl<S: Fn(usize) -> bool + Copy> Drop for Visit<'_, S> {
    fn drop(&mut self) {
        if torn_down() && !self.place.amid_panic {
            return;
        }
        let gate = self.place.gate;
        self.place.end();
        if self.closed_by_us {
            gate.word.fetch_sub(CLOSED, Relaxed);
        }
        // There may be more than we took, and the head may be a new one.
        if !mutated(Mutant::GateNoPassOn) {
            // No fence: see "Passing on" in the module.
            gate.notify(self.serves);
        }
    }
}
