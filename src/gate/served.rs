//! Being served: who waits leaves an errand with its place in the line, and whoever changes the state runs it.
//!
//! The third policy of a gate, for a queue with room for an item or a few. There a wake carries one item at most, so the policy of one wake in flight is
//! a switch to another thread for every item, and another one to find out that somebody was faster. Instead a getter that has made room moves
//! in the item of the putter at the head of the line, and a putter that has brought an item hands it to the getter at the head; only then they are
//! told, and woken if they sleep. On one CPU, where each call waits, one getter that runs takes the items of all putters that wait, and
//! each putter finds its call done when it runs next: 2 to 6 times as many items as before (`benches/JOURNAL.md`). With more room it does not pay, for there a
//! wake carries many items.
//!
//! # The protocol
//!
//! | | waiter ([`Gate::wait_to_be_served`]) | who has changed the state, in a section of a latch |
//! |---|---|---|
//! | 0 | spin for a moment: look, and try when it looks ready | |
//! | 1 | lock; join the line; *serve*; unlock | load the word: no waiters? done |
//! | 2 | look at its own word for a while, let others run, then sleep on it | lock; *serve*; unlock |
//! | 3 | time is up: leave the line; if that worked, try once more | tell those served; wake those of them that sleep |
//! | 4 | released, since the state has changed for good: try once more | |
//! | 5 | served, and told to go on: do what the right column does, for the other side | |
//!
//! To *serve* is to run the errand of the head, and to take the head out of the line if that did all of it, until one fails. What was done for others may
//! serve the other side, at another gate: that is the caller's to see to, when this gate's lock is free again.
//!
//! # Invariants
//!
//! 1. A gate is served, or notified, for all its life. In the line of one that is served each waiter has an errand.
//! 2. An errand is run under the gate's lock while its waiter is in the line, and by its waiter alone before and after. Its frame stays until the waiter is
//!    told, or has left the line: invariant 2 of [`list`](super::list).
//! 3. All errands of a line need the same: if one cannot be run to its end, then neither can another.
//! 4. Errands run no user code (but an allocator, for what a batch of gets returns), do not panic, and enter no gate.
//! 5. While the gate is closed, the head of the line is the one that closed it.
//!
//! **No lost wake-up.** Let N change the state, in a section, such that an errand could be run, to its end or in part, while W is in the line. Some errand E was the last one that
//! failed, run under the lock after W joined, or by W as it joined. If E's section came before N's, then W's joining happens before N's load, so N sees somebody and
//! serves; or N leaves that to those it has served and tells so, who look after they were told, and see W too. (If nobody was served to the end, there is nobody to leave it to, and N goes on itself.)
//! If E's section came after N's, E saw what N did, and whatever made it fail in spite of that was done by somebody after N. So there is an item beside a getter in
//! line for as long as somebody is about to serve, and no longer. Whoever leaves the line need not look for those behind it (3).
//!
//! **Wakes** are told one for each that is served, by its own word: never more than sleeps, and none in vain.
//!
//! **Bounded barging.** Between a change and the serving that follows somebody else may be faster. A head whose errand fails about a millisecond after it came
//! closes the gate: until it has gone, blocking newcomers join the line and are served in order. Then only calls already under way, `try_` forms, and the last try of a
//! call whose time is up can still be faster.
//!
//! # Progress
//!
//! As of the other policies: whoever finds somebody in line may have to wait for the gate's lock. It is held while an errand waits for the latch, so a thread that is stopped amid a
//! section holds up those who serve, who join and who give up.
//!
//! Whoever serves one side serves the other side next if that may help, and so on until one of them is not to be helped. Those who were served may come back for
//! more at once, so one thread might do the work of all for ever, within a call of its own that has long had what it wanted. Therefore it goes on for a number of
//! rounds only. Then all who are served to their end in one more go on in its place ([`Serving::PassedOn`]), as soon as they run, as if they had changed the state
//! themselves. Until one of them does, somebody in line may have what it waits for beside it, unless another one serves, or its time is up and it looks itself.

use super::list::{Chain, SERVED, SERVED_GOES_ON, WaitList, Waiter};
use super::place::{Pick, Place};
use super::{CLOSED, Gate, Untold, WAITER};
use crate::platform::atomic::Ordering::Relaxed;
use crate::platform::{Mutant, Patience, Spin, Stopwatch, UnsafeCell, mutated, spin_until};
use std::ptr::NonNull;

/// How far an errand came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing has changed.
    Nothing,
    /// A part is done, and there is more to do.
    Part,
    /// All.
    All,
}

/// What has come of serving a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Serving {
    /// Nothing.
    Nothing,
    /// The state has changed, and the caller sees to what follows from that.
    Changed,
    /// The state has changed, and those who were served see to it.
    PassedOn,
}

/// What is to be done for a waiter.
pub(super) struct Errand<'a> {
    run: UnsafeCell<&'a mut dyn FnMut() -> Step>,
    since: Stopwatch,
}

impl Errand<'_> {
    /// # Safety
    ///
    /// Nobody else runs it at the same time.
    unsafe fn run(&self) -> Step {
        // SAFETY: exclusive by contract.
        self.run.with_mut(|run| unsafe { (*run)() })
    }
}

impl Gate {
    /// Serves those in the line, if there is anybody. With `passes_on` they go on in the caller's place, if they are served to their end.
    pub(crate) fn serve(&self, passes_on: bool) -> Serving {
        if !self.is_to_be_told() {
            return Serving::Nothing;
        }
        let (served, changed) = self.locked(|line| self.serve_line(line));
        let passes_on = passes_on && (served.len() > 0 || mutated(Mutant::GatePassesOnToNobody));
        if !mutated(Mutant::GateServesSilently) {
            served.tell(if passes_on { SERVED_GOES_ON } else { SERVED });
        }
        match (changed, passes_on) {
            (false, _) => Serving::Nothing,
            (true, false) => Serving::Changed,
            (true, true) => Serving::PassedOn,
        }
    }

    /// Under the lock. Those in the chain are to be told.
    fn serve_line(&self, line: &mut WaitList) -> (Chain, bool) {
        let (mut changed, mut late) = (false, false);
        let run_to_its_end = |head: &Waiter| {
            if changed && mutated(Mutant::GateServesOneWaiter) {
                return false;
            }
            let Some(errand) = head.errand else { unreachable!("tollgate: a waiter without an errand") };
            // SAFETY: under the lock, and in the line (invariant 2).
            let errand = unsafe { errand.as_ref() };
            // SAFETY: as above.
            let step = unsafe { errand.run() };
            changed |= step != Step::Nothing;
            late = step != Step::All && errand.since.too_long();
            step == Step::All
        };
        // A panic would leave the lock taken, and those untold who were served before.
        let untold = Untold;
        // SAFETY: under the lock; the word of each waiter in the chain is stored to by the caller.
        let served = unsafe { line.take_while(run_to_its_end) };
        std::mem::forget(untold);
        if served.len() > 0 {
            self.word.fetch_sub(WAITER * served.len() as u32, Relaxed);
        }
        if late {
            self.word.fetch_or(CLOSED, Relaxed);
        } else if served.len() > 0 {
            self.open();
        }
        (served, changed)
    }

    /// Under the lock: the head, which may have closed the gate, has left the line.
    pub(super) fn open(&self) {
        if !self.admits_newcomers() {
            self.word.fetch_and(!CLOSED, Relaxed);
        }
    }

    /// Waits until `errand` has been run to its end, by this thread or by whoever serves this gate; `false` if patience runs out first.
    ///
    /// First it looks for a moment, as `spin` says; `promising` is such a look, which may be wrong. `changed` is called whenever this thread has changed the
    /// state, by this errand or by others', and when another one has and left what follows from that to this thread.
    ///
    /// # Safety
    ///
    /// Any thread that uses this gate may run `errand`, so what that captures is `Send`; and invariants 1, 3 and 4 of the module.
    #[cold]
    pub(crate) unsafe fn wait_to_be_served(
        &self,
        patience: Patience,
        errand: &mut dyn FnMut() -> Step,
        mut spin: Spin,
        promising: impl Fn() -> bool,
        changed: impl Fn(),
    ) -> bool {
        let tell_if = |did| {
            if did && !mutated(Mutant::GateServedTellsNobody) {
                changed();
            }
        };
        let telling = |step| {
            tell_if(step != Step::Nothing);
            step == Step::All
        };
        let Some(deadline) = patience.deadline() else { return telling(errand()) };
        while self.admits_newcomers() && spin.pause_shortly() {
            if promising() && telling(errand()) {
                spin.ended(true);
                return true;
            }
        }
        let errand = Errand { run: UnsafeCell::new(errand), since: Stopwatch::start() };
        // Not for ever, as the cast says: what is declared here is dropped in the order place, waiter, errand, and the place does not end before the waiter is told
        // or has left (invariant 2).
        let waiter = Waiter::with_errand(NonNull::from(&errand).cast());
        let place = Place::new(self, &waiter);
        let (served, others) = self.locked(|line| {
            place.join_locked(line);
            if mutated(Mutant::GateServedJoinsBlindly) {
                // SAFETY: nobody is taken.
                return (unsafe { line.take(0) }, false);
            }
            self.serve_line(line)
        });
        served.tell(SERVED);
        tell_if(others);
        if waiter.told().is_none() {
            spin_until(spin, || waiter.told().is_some());
        }
        match place.sleep(&deadline) {
            (Pick::Served { goes_on }, late) => {
                let stops = mutated(Mutant::GateServedStops) || late && mutated(Mutant::GateServedLateStops);
                tell_if(goes_on && !stops);
                true
            }
            (Pick::Nobody, _) if mutated(Mutant::GateNoLastTry) => false,
            // It has given up, and a success that races the deadline wins; or it was released, and nothing is as it was, for good.
            // SAFETY: it is neither in the line nor about to be told (invariant 2).
            _ => telling(unsafe { errand.run() }),
        }
    }
}
