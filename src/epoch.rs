//! The epoch: one word that any number of threads wait out, and one system call that wakes them all.
//!
//! [`Event`](crate::Event) and [`Barrier`](crate::Barrier) release everybody at once, whoever it is, and have no order
//! among those who wait. So their waiters sleep on one shared word instead of each on its own, as at a
//! [`gate`](crate::gate): a call per sleeper, made by one thread, is what a gate's `release_all` costs.
//!
//! | bits | name | meaning |
//! |---|---|---|
//! | 0 | `SLEEPERS` | somebody sleeps until the present epoch is over, or is about to |
//! | 1.. | epoch | its number; an event is set in odd ones |
//!
//! | | waiter ([`Epoch::wait_out`]) | who ends the epoch |
//! |---|---|---|
//! | 1 | has seen epoch e, in which what it waits for has not happened | the next epoch, without `SLEEPERS`: one read-modify-write |
//! | 2 | spins while nobody sleeps | were there sleepers? wake them all, by address |
//! | 3 | sets `SLEEPERS` while the epoch is e | |
//! | 4 | sleeps while the word is e with `SLEEPERS`; from 3 if that was in vain | |
//!
//! **No lost wake-up.** A thread falls asleep only on a word with `SLEEPERS` and its own epoch, as compared by the
//! kernel. The step that ends the epoch comes later in the word's order, sees `SLEEPERS`, and is followed by a wake for
//! all. No fence is needed: it is all one word.
//!
//! **Nobody is released by a late wake.** A wake says nothing; who wakes up compares epochs, and one that waits for a
//! later epoch's end sleeps again. And nobody is overtaken: a later epoch is never mistaken for the one that was seen,
//! so a waiter leaves though the next epoch has ended too.
//!
//! **Wakes never exceed sleeps.** A wake needs `SLEEPERS` in the epoch that ends; the thread that set it makes a futex
//! wait after that. At most one wake an epoch. (The bit may be left over in an odd epoch of an event, in which nobody
//! waits: it is not looked at.)
//!
//! **The end of an epoch is the last access to the word**: the wake goes by address alone (R41 of the historical bugs).
//!
//! # Assumption
//!
//! There are 2^31 epochs. A thread that does nothing between two of its own steps, while exactly a multiple of 2^31
//! epochs pass (at 100 ns each, 3.6 minutes for the first), takes the epoch for the one that it has seen, and waits for
//! the next end.
//!
//! # Why one word
//!
//! Barriers of 2, 4, 16 and 32 threads on 2 CPUs, against `std`'s, each the median of 7 interleaved rounds, in two runs
//! beside other work: woken by a call each 2.4, 1.5, 1.3, 1.2 times as fast; each woken thread waking two more 2.3,
//! 1.5, 1.3 to 1.6, 1.3 to 1.5; one word for all 2.3 to 2.6, 1.6 to 1.9, 1.5 to 1.7, 1.6 to 1.7. Events with 16 and 32
//! sleepers, from `set` to the last return: by one word 1.2 to 1.4 times as fast as by a call each or by a tree.
//!
//! Spinning ends as soon as somebody sleeps: the call for that one is due anyway, and where there are more threads than
//! CPUs a spinner keeps those from running that it waits for. (32 threads on 2 busy CPUs, against spinning on: a barrier
//! took 0.3 of the time, an event 0.4.)

use crate::platform::atomic::{
    AtomicU32,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};
use crate::platform::{Deadline, Mutant, Spin, Wait, futex, mutated};

const SLEEPERS: u32 = 1;
/// The lowest bit of the number: whether it is odd.
const ODD: u32 = 1 << 1;

/// The number of an epoch, in its place in the word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Number(u32);

impl Number {
    const fn of(word: u32) -> Self {
        Number(word & !SLEEPERS)
    }

    pub(crate) const fn is_odd(self) -> bool {
        self.0 & ODD != 0
    }

    /// The word at the beginning of the next epoch.
    const fn next(self) -> u32 {
        self.0.wrapping_add(ODD)
    }
}

/// See the module.
pub(crate) struct Epoch {
    word: AtomicU32,
}

impl Epoch {
    const_unless_loom! {
        /// Epoch 0.
        pub(crate) fn new() -> Self {
            Epoch { word: AtomicU32::new(0) }
        }
    }

    /// The present epoch.
    #[inline]
    pub(crate) fn now(&self) -> Number {
        // Acquire: what was done before the step that began this epoch, or published in it, is visible from here on.
        Number::of(self.word.load(Acquire))
    }

    /// Waits until epoch `seen` is over; `false` if the deadline comes first.
    #[cold]
    pub(crate) fn wait_out(&self, seen: Number, deadline: &Deadline) -> bool {
        let mut spin = Spin::for_hand_off();
        while spin.pause() {
            let word = self.word.load(Relaxed);
            if Number::of(word) != seen || word & SLEEPERS != 0 {
                break;
            }
        }
        let over = self.now() != seen;
        spin.ended(over);
        if over {
            return true;
        }
        loop {
            let wait = self.sleep_once(seen, deadline);
            if wait == Wait::MaybeWoken && mutated(Mutant::EpochTrustsWake) {
                return true;
            }
            // One look more, also when time is up: an end that races the deadline wins.
            if self.now() != seen {
                return true;
            }
            if wait == Wait::TimedOut {
                return false;
            }
        }
    }

    /// One futex wait in epoch `seen`, announced in the word.
    fn sleep_once(&self, seen: Number, deadline: &Deadline) -> Wait {
        let mut word = self.word.load(Relaxed);
        while word & SLEEPERS == 0 && !mutated(Mutant::EpochSleepsUnannounced) {
            if Number::of(word) != seen {
                return Wait::Changed;
            }
            // Relaxed: it publishes nothing.
            match self.word.compare_exchange_weak(word, word | SLEEPERS, Relaxed, Relaxed) {
                Ok(_) => break,
                Err(now) => word = now,
            }
        }
        let announced = if mutated(Mutant::EpochSleepsUnannounced) { 0 } else { SLEEPERS };
        futex::wait(&self.word, seen.0 | announced, deadline)
    }

    /// Ends the epoch if it is even, and wakes those who wait for that. In any case a read-modify-write that publishes
    /// what was done before; in any case the last access to `self`.
    #[inline]
    pub(crate) fn end_even(&self) {
        let address = &raw const self.word;
        if mutated(Mutant::EventSetOnlyLooks) && self.now().is_odd() {
            return;
        }
        // Release: to those who see an odd epoch, or any later one: all changes are read-modify-writes.
        let before = self.word.fetch_or(ODD, Release);
        if before & (ODD | SLEEPERS) == SLEEPERS {
            futex::wake(address, u32::MAX);
        }
    }

    /// Ends the epoch if it is odd. Nobody waits for the end of an odd one.
    pub(crate) fn end_odd(&self) {
        let mut word = self.word.load(Relaxed);
        while Number::of(word).is_odd() {
            let next = if mutated(Mutant::EventClearKeepsEpoch) {
                word & !(ODD | SLEEPERS)
            } else {
                Number::of(word).next()
            };
            // Acquire: what was published in this epoch is visible from here on. Release: to those who see it over.
            match self.word.compare_exchange_weak(word, next, AcqRel, Relaxed) {
                Ok(_) => break,
                Err(now) => word = now,
            }
        }
    }

    /// Ends the epoch, odd or even, where nobody else can. Those who wait are to be woken afterwards.
    pub(crate) fn end(&self) -> Sleepers {
        // Relaxed: what it means is published otherwise.
        let next = Number::of(self.word.load(Relaxed)).next();
        let before = self.word.swap(next, Relaxed);
        debug_assert!(Number::of(before).next() == next, "tollgate: an epoch ended twice");
        Sleepers((before & SLEEPERS != 0).then_some(&raw const self.word))
    }
}

/// A step for the models: somebody who comes later, and uses a word that is gone.
#[cfg(any(loom, shuttle))]
impl Drop for Epoch {
    fn drop(&mut self) {
        futex::end_of(&self.word);
    }
}

/// Those who slept until the end of an epoch, and have yet to be woken.
#[must_use = "they sleep on"]
pub(crate) struct Sleepers(Option<*const AtomicU32>);

impl Sleepers {
    /// Wakes them, by address: the word may be gone.
    pub(crate) fn wake(self) {
        if let Some(word) = self.0 {
            futex::wake(word, u32::MAX);
        }
    }
}

#[cfg(test)]
impl Epoch {
    /// Whether somebody has announced that it sleeps, in this epoch.
    pub(crate) fn has_sleepers(&self) -> bool {
        self.word.load(Relaxed) & SLEEPERS != 0
    }

    /// A wake that nobody has reason to send.
    pub(crate) fn wake_in_vain(&self) {
        futex::wake(&self.word, u32::MAX);
    }
}
