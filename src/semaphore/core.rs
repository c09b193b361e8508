//! The mechanism of both semaphores: a number of permits in a word, a bound, and a gate.
//!
//! # The word
//!
//! Bit 0 is `CLOSED`, the rest is the number of permits that are there. Four things change it, each one read-modify-write:
//!
//! | | change | |
//! |---|---|---|
//! | [`take`](Core::take) | down, while not `CLOSED` | acquisitions, `drain` |
//! | [`add`](Core::add) | up, to the bound at most | `release`, permits that come back |
//! | [`forget_permits`](Core::forget_permits) | down | `CLOSED` stays as it is (R28 of the historical bugs: a closed semaphore that opened again) |
//! | [`close`](Core::close) | sets `CLOSED`, for good | |
//!
//! Up is a compare-exchange and not a `fetch_add`: permits beyond the bound must be refused before anybody can take them. Those
//! who find too few wait at the gate, tagged with the number they need, under the policy of one wake in flight: see
//! [`crate::gate`] for the protocol and for the argument that no wake is lost. Only `add` and `close` can make an attempt
//! succeed, so only they tell the gate.
//!
//! # Invariants
//!
//! 1. There are never more permits than the bound, and the bound is at most `MAX_PERMITS`: no sum below overflows.
//! 2. A permit never counts more than `MAX_PERMITS`, so its count times `PERMIT` does not overflow either.
//!
//! # Order of service
//!
//! Sleepers are woken in the order in which they began to wait. The one at the head is woken when what is there would
//! serve it, so a request for many is not overtaken by sleepers that came later and need fewer. Whoever is awake may be
//! faster (barging): newcomers, and a sleeper that was woken while an older one was awake too, and in vain.
//!
//! *How often.* A sleeper that is woken in vain after about a millisecond closes the gate when it rejoins, and opens it when it has
//! been served or gives up. A call looks whether the gate is open before each attempt that it makes unasked: the first one, those
//! while it spins, the second try after it has joined. While the gate is closed and the sleeper is in the line, permits are
//! therefore taken ahead of it only
//!
//! * by calls that were under way at the closing: each other thread once at most, for its next call lines up (`order_tests.rs` counts);
//! * by timed calls, in the one look at the end of their time;
//! * by `try_` forms and `drain`, which never wait and take what they find.
//!
//! When the sleeper has been picked it is awake itself, and out of the line until it has been served or has rejoined by its old
//! ticket: in these few instructions those behind it may be picked and served.
//!
//! # Memory ordering
//!
//! `add` is a `SeqCst` read-modify-write, which makes it the fence of the gate's handshake for free; it is a `Release` for
//! those who take permits, with `Acquire`. All changes of the word are read-modify-writes, so a release sequence goes on through
//! all of them, and the relaxed ones of `forget_permits` too.

use super::error::{AcquireError, Closed};
use super::refused;
use crate::gate::Gate;
use crate::platform::atomic::{
    AtomicUsize,
    Ordering::{Acquire, Relaxed, Release, SeqCst},
    fence,
};
use crate::platform::{Mutant, Patience, Spin, after_clash, mutated};
use crate::watch::{Kind, Tag};
use std::fmt;

const CLOSED: usize = 1;
const PERMIT: usize = 2;

/// The largest number of permits.
pub(super) const MAX_PERMITS: usize = usize::MAX >> 3;

/// See the module.
#[repr(C)]
pub(super) struct Core {
    word: AtomicUsize,
    /// What follows is only read while nobody waits, and stays in every CPU's cache on a line that the permits are not on: so a release that
    /// looks at the gate after its compare-exchange need not fetch back a line that somebody else has taken meanwhile. (Four permits, two
    /// threads: 1.4 to 1.5 times as fast on 16 CPUs; eight: 1.3 to 1.4.)
    apart: [u64; 7],
    gate: Gate,
    bound: usize,
    tag: Tag,
}

impl Core {
    const_unless_loom! {
        pub(super) fn new(kind: Kind, permits: usize, bound: usize) -> Self {
            if permits > bound || bound > MAX_PERMITS {
                refused::too_many(kind, permits);
            }
            Core { word: AtomicUsize::new(permits * PERMIT), apart: [0; 7], gate: Gate::new(), bound, tag: Tag::new(kind) }
        }
    }

    const_unless_loom! {
        pub(super) fn set_name(&mut self, name: &'static str) {
            self.tag.set_name(name);
        }
    }

    /// The plain forms, of a semaphore of this kind.
    #[inline]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub(super) fn acquire(&self, kind: Kind, count: usize) -> Result<(), Closed> {
        match self.acquire_within(kind, count, Patience::Forever) {
            Some(result) => result,
            None => unreachable!("tollgate: a wait without a deadline timed out"),
        }
    }

    /// The `try_` and timed forms.
    #[inline]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub(super) fn acquire_timed(
        &self,
        kind: Kind,
        count: usize,
        patience: Patience,
    ) -> Result<(), AcquireError> {
        match self.acquire_within(kind, count, patience) {
            Some(result) => result.map_err(AcquireError::from),
            None if patience == Patience::None => Err(AcquireError::NoPermits),
            None => Err(AcquireError::TimedOut),
        }
    }

    /// The one body of all forms.
    #[inline]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    fn acquire_within(&self, kind: Kind, count: usize, patience: Patience) -> Option<Result<(), Closed>> {
        if count > MAX_PERMITS {
            refused::too_many_requested(kind, count);
        }
        // One look is what the `try_` forms are for; everybody else lines up if sleepers have waited too long.
        let first = match patience {
            Patience::None => self.attempt(count),
            _ if self.gate.admits_newcomers() => self.attempt(count),
            _ => None,
        };
        let taken = match first {
            None if patience == Patience::None => None,
            None => {
                let _waiting = self.tag.waits(patience);
                let serves = |count| self.serves(count);
                let promising = || usize::from(serves(count));
                self.gate.wait(
                    count,
                    patience,
                    || self.attempt(count),
                    Spin::for_hand_off(),
                    promising,
                    serves,
                )
            }
            Some(taken) => Some(taken),
        };
        if let Some(Ok(())) = taken {
            self.tag.acquired_permits(count);
        }
        taken
    }

    /// Takes `count` permits if they are there.
    #[inline]
    fn attempt(&self, count: usize) -> Option<Result<(), Closed>> {
        let taken = self.take(|there| (count <= there).then_some(count))?;
        Some(taken.map(|_| ()))
    }

    /// Takes all permits that are there at this moment, and says how many.
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub(super) fn drain(&self) -> Result<usize, Closed> {
        let taken = self.take(Some).unwrap_or(Ok(0));
        self.tag.acquired_permits(taken.unwrap_or(0));
        taken
    }

    /// Takes `share(there)` of the permits that are there, at most all; `None`, and nothing has changed, if that is none of them.
    #[inline]
    fn take(&self, share: impl Fn(usize) -> Option<usize>) -> Option<Result<usize, Closed>> {
        loop {
            let word = self.word.load(Relaxed);
            if word & CLOSED != 0 {
                // What was done before `close` is visible from here on.
                fence(Acquire);
                return Some(Err(Closed));
            }
            let count = share(word / PERMIT)?;
            // Acquire: what was done before the permits were released is visible from here on.
            if self.word.compare_exchange_weak(word, word - count * PERMIT, Acquire, Relaxed).is_ok() {
                return Some(Ok(count));
            }
            after_clash();
        }
    }

    /// Takes away up to `most` of the permits that are there, closed or not, and says how many.
    pub(super) fn forget_permits(&self, most: usize) -> usize {
        let mut word = self.word.load(Relaxed);
        loop {
            let count = most.min(word / PERMIT);
            // Relaxed: nobody does anything with these permits.
            match self.word.compare_exchange_weak(word, word - count * PERMIT, Relaxed, Relaxed) {
                Ok(_) => return count,
                Err(now) => word = now,
            }
        }
    }

    /// Whether an attempt at `count` permits would end now.
    fn serves(&self, count: usize) -> bool {
        let word = self.word.load(Relaxed);
        word & CLOSED != 0 || word / PERMIT >= count
    }

    /// Adds permits and tells the gate. `false`, and nothing has changed, if there would be more than the bound.
    #[inline]
    pub(super) fn add(&self, count: usize) -> bool {
        if count == 0 {
            return true;
        }
        loop {
            let word = self.word.load(Relaxed);
            // Checked before anything changes, and anew for each value: permits beyond the bound must not be seen, or taken, for a
            // moment.
            if count > self.bound - word / PERMIT {
                return false;
            }
            // SeqCst: the fence of the handshake; and Release, for those who take the permits.
            match self.word.compare_exchange_weak(word, word + count * PERMIT, SeqCst, Relaxed) {
                Ok(_) => break,
                Err(_) if mutated(Mutant::SemaphoreBoundSeenOnce) => {
                    self.word.fetch_add(count * PERMIT, Relaxed);
                    break;
                }
                Err(_) => after_clash(),
            }
        }
        self.tag.lost_permits(count);
        if !mutated(Mutant::SemaphoreReleaseWithoutNotify) {
            self.gate.notify_after_rmw(|count| self.serves(count));
        }
        true
    }

    /// So many permits that are out will not come back as such.
    #[inline]
    pub(super) fn forgotten(&self, count: usize) {
        self.tag.lost_permits(count);
    }

    #[inline]
    pub(super) fn permits(&self) -> usize {
        self.word.load(Acquire) / PERMIT
    }

    #[inline]
    pub(super) fn bound(&self) -> usize {
        self.bound
    }

    pub(super) fn close(&self) {
        // Release: what was done before is visible to those who fail. The handshake's fence is in `release_all`.
        let before = self.word.fetch_or(CLOSED, Release);
        if before & CLOSED == 0 && !mutated(Mutant::SemaphoreCloseWithoutWake) {
            self.gate.release_all();
        }
    }

    #[inline]
    pub(super) fn is_closed(&self) -> bool {
        self.word.load(Acquire) & CLOSED != 0
    }

    /// The fields that both faces show.
    pub(super) fn show(&self, f: &mut fmt::DebugStruct<'_, '_>) -> fmt::Result {
        f.field("permits", &self.permits())
            .field("waiting", &self.gate.waiting())
            .field("closed", &self.is_closed())
            .finish()
    }
}

impl fmt::Debug for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.show(&mut f.debug_struct("Core"))
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
#[path = "order_tests.rs"]
mod order_tests;
