//! `Semaphore`: a number of permits, a word and a gate.
//!
//! # The word
//!
//! Bit 0 is `CLOSED`, the rest is the number of permits that are there. Taking n permits and giving them back is one
//! compare-exchange each (not a `fetch_add`: too many permits must be refused before anybody can take them); nothing else
//! changes the word but closing it. Those who find too few wait at the gate, tagged
//! with the number they need, under the policy of one wake in flight: see [`crate::gate`] for the protocol and for the
//! argument that no wake is lost.
//!
//! # Order of service
//!
//! Sleepers are woken in the order in which they began to wait. The one at the head is woken when what is there would
//! serve it, so a request for many is not overtaken by sleepers that came later and need fewer. Whoever is awake may be
//! faster (barging): newcomers, and a sleeper that was woken while an older one was awake too, and in vain. When a sleeper
//! has been woken in vain after about a millisecond, blocking newcomers line up behind it.
//!
//! # Memory ordering
//!
//! `release` is a `SeqCst` read-modify-write, which makes it the fence of the gate's handshake for free; it is a
//! `Release` for the acquirers, which take permits with `Acquire`.

use crate::gate::Gate;
use crate::platform::atomic::{
    AtomicUsize,
    Ordering::{Acquire, Relaxed, Release, SeqCst},
    fence,
};
use crate::platform::{Duration, Instant, Mutant, Patience, mutated, torn_down};
use std::fmt;

const CLOSED: usize = 1;
const PERMIT: usize = 2;

/// The semaphore has been closed: no permit will be given out again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed;

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("semaphore closed")
    }
}

impl std::error::Error for Closed {}

/// Why a `try_` or timed acquisition gave no permit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AcquireError {
    /// Too few permits at the moment of the call (`try_` forms, and a time-out of zero).
    NoPermits,
    /// Too few permits until the deadline, which may have passed before the call.
    TimedOut,
    /// The semaphore has been closed.
    Closed,
}

impl fmt::Display for AcquireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            AcquireError::NoPermits => "not enough permits",
            AcquireError::TimedOut => "timed out waiting for permits",
            AcquireError::Closed => "semaphore closed",
        })
    }
}

impl std::error::Error for AcquireError {}

impl From<Closed> for AcquireError {
    fn from(_: Closed) -> Self {
        AcquireError::Closed
    }
}

/// A number of permits that threads take and give back. Python's `threading.Semaphore`.
///
/// | Python | Rust |
/// |---|---|
/// | `with semaphore: …` | `let permit = semaphore.acquire()?; …` |
/// | `semaphore.acquire(blocking=False)` | [`semaphore.try_acquire()`](Semaphore::try_acquire) |
/// | `semaphore.acquire(timeout=0.5)` | [`semaphore.acquire_timeout(…)`](Semaphore::acquire_timeout) |
/// | `semaphore.acquire()` without `with` | `semaphore.acquire()?.forget()` |
/// | `semaphore.release(n)` | [`semaphore.release(n)`](Semaphore::release) |
///
/// ```
/// use tollgate::Semaphore;
///
/// let connections = Semaphore::new(2);
/// let first = connections.acquire().unwrap();
/// let _second = connections.acquire().unwrap();
/// assert!(connections.try_acquire().is_err());
/// drop(first);
/// assert!(connections.try_acquire().is_ok());
/// ```
///
/// # Memory ordering
///
/// Everything before a release happens before everything after an acquisition that takes one of its permits. Everything
/// before a `close` happens before everything after an acquisition that fails because of it.
///
/// # Fairness
///
/// Sleepers are woken first come, first served; a request for many permits holds back the sleepers behind it. A thread
/// that is awake may take permits ahead of sleepers, until a sleeper has been woken in vain after about a millisecond: from
/// then on, blocking calls line up behind it. `try_` forms never line up.
///
/// # Cost
///
/// Uncontended, one atomic read-modify-write operation to acquire and one to release, no system call, no allocation.
pub struct Semaphore {
    word: AtomicUsize,
    gate: Gate,
}

impl Semaphore {
    /// The largest number of permits.
    pub const MAX_PERMITS: usize = usize::MAX >> 3;

    const_unless_loom! {
        /// A semaphore with this many permits.
        ///
        /// # Panics
        ///
        /// If `permits` exceeds [`Semaphore::MAX_PERMITS`].
        pub fn new(permits: usize) -> Self {
            assert!(permits <= Self::MAX_PERMITS, "Semaphore::new: more than Semaphore::MAX_PERMITS permits");
            Semaphore { word: AtomicUsize::new(permits * PERMIT), gate: Gate::new() }
        }
    }

    /// Waits for a permit and takes it.
    ///
    /// # Errors
    ///
    /// [`Closed`], also while waiting.
    #[inline]
    pub fn acquire(&self) -> Result<Permit<'_>, Closed> {
        self.acquire_many(1)
    }

    /// Waits until `count` permits are there at once, and takes them.
    ///
    /// # Errors
    ///
    /// [`Closed`], also while waiting.
    ///
    /// # Panics
    ///
    /// If `count` exceeds [`Semaphore::MAX_PERMITS`].
    #[inline]
    pub fn acquire_many(&self, count: usize) -> Result<Permit<'_>, Closed> {
        match self.acquire_within(count, Patience::Forever) {
            Some(result) => result,
            None => unreachable!("tollgate: a wait without a deadline timed out"),
        }
    }

    /// Takes a permit if there is one.
    ///
    /// # Errors
    ///
    /// [`AcquireError::NoPermits`], [`AcquireError::Closed`].
    #[inline]
    pub fn try_acquire(&self) -> Result<Permit<'_>, AcquireError> {
        self.try_acquire_many(1)
    }

    /// Takes `count` permits if they are there.
    ///
    /// # Errors
    ///
    /// [`AcquireError::NoPermits`], [`AcquireError::Closed`].
    ///
    /// # Panics
    ///
    /// If `count` exceeds [`Semaphore::MAX_PERMITS`].
    #[inline]
    pub fn try_acquire_many(&self, count: usize) -> Result<Permit<'_>, AcquireError> {
        self.acquire_timed(count, Patience::None)
    }

    /// Waits at most `timeout` for a permit. `Duration::ZERO` is one look; `Duration::MAX` is for ever.
    ///
    /// # Errors
    ///
    /// Those of [`AcquireError`].
    #[inline]
    pub fn acquire_timeout(&self, timeout: Duration) -> Result<Permit<'_>, AcquireError> {
        self.acquire_timed(1, Patience::timeout(timeout))
    }

    /// Waits for a permit until `deadline` at most. A deadline that has passed is one look.
    ///
    /// # Errors
    ///
    /// Those of [`AcquireError`].
    #[inline]
    pub fn acquire_deadline(&self, deadline: Instant) -> Result<Permit<'_>, AcquireError> {
        self.acquire_timed(1, Patience::Until(deadline))
    }

    /// Waits at most `timeout` until `count` permits are there at once.
    ///
    /// # Errors
    ///
    /// Those of [`AcquireError`].
    ///
    /// # Panics
    ///
    /// If `count` exceeds [`Semaphore::MAX_PERMITS`].
    #[inline]
    pub fn acquire_many_timeout(&self, count: usize, timeout: Duration) -> Result<Permit<'_>, AcquireError> {
        self.acquire_timed(count, Patience::timeout(timeout))
    }

    /// Waits until `deadline` at most until `count` permits are there at once.
    ///
    /// # Errors
    ///
    /// Those of [`AcquireError`].
    ///
    /// # Panics
    ///
    /// If `count` exceeds [`Semaphore::MAX_PERMITS`].
    #[inline]
    pub fn acquire_many_deadline(&self, count: usize, deadline: Instant) -> Result<Permit<'_>, AcquireError> {
        self.acquire_timed(count, Patience::Until(deadline))
    }

    /// Adds `count` permits, whether or not they were acquired before, and wakes those who can now be served. Works on a
    /// closed semaphore too.
    ///
    /// # Panics
    ///
    /// If there would be more than [`Semaphore::MAX_PERMITS`]. The permits are then as before.
    #[inline]
    pub fn release(&self, count: usize) {
        assert!(self.add(count), "Semaphore::release: more than Semaphore::MAX_PERMITS permits");
    }

    /// How many permits are there at this moment.
    #[inline]
    pub fn permits(&self) -> usize {
        self.word.load(Acquire) / PERMIT
    }

    /// Closes the semaphore, for good: every acquisition fails from now on, and those who wait wake up and fail.
    /// Permits that are out stay valid. May be called again.
    pub fn close(&self) {
        // Release: what was done before is visible to those who fail. The handshake's fence is in `release_all`.
        let before = self.word.fetch_or(CLOSED, Release);
        if before & CLOSED == 0 && !mutated(Mutant::SemaphoreCloseWithoutWake) {
            self.gate.release_all();
        }
    }

    /// Whether the semaphore has been closed.
    #[inline]
    pub fn is_closed(&self) -> bool {
        self.word.load(Acquire) & CLOSED != 0
    }

    #[inline]
    fn acquire_timed(&self, count: usize, patience: Patience) -> Result<Permit<'_>, AcquireError> {
        match self.acquire_within(count, patience) {
            Some(result) => result.map_err(AcquireError::from),
            None if patience == Patience::None => Err(AcquireError::NoPermits),
            None => Err(AcquireError::TimedOut),
        }
    }

    /// The one body of all forms.
    #[inline]
    fn acquire_within(&self, count: usize, patience: Patience) -> Option<Result<Permit<'_>, Closed>> {
        assert!(count <= Self::MAX_PERMITS, "Semaphore: more than Semaphore::MAX_PERMITS permits requested");
        // One look is what the `try_` forms are for; everybody else lines up if sleepers have waited too long.
        let first = match patience {
            Patience::None => self.attempt(count),
            _ if self.gate.admits_newcomers() => self.attempt(count),
            _ => None,
        };
        let taken = match first {
            None if patience == Patience::None => return None,
            None => self.gate.wait(count, patience, || self.attempt(count), |count| self.serves(count))?,
            Some(taken) => taken,
        };
        Some(taken.map(|()| Permit { semaphore: self, count }))
    }

    /// Takes `count` permits if they are there.
    #[inline]
    fn attempt(&self, count: usize) -> Option<Result<(), Closed>> {
        // Acquire: what was done before the permits were released is visible from here on. Release sequences: all changes
        // of the word are read-modify-writes.
        let mut word = self.word.load(Relaxed);
        loop {
            if word & CLOSED != 0 {
                // What was done before `close` is visible from here on.
                fence(Acquire);
                return Some(Err(Closed));
            }
            if word / PERMIT < count {
                return None;
            }
            match self.word.compare_exchange_weak(word, word - count * PERMIT, Acquire, Relaxed) {
                Ok(_) => return Some(Ok(())),
                Err(now) => word = now,
            }
        }
    }

    /// Whether an attempt at `count` permits would end now.
    fn serves(&self, count: usize) -> bool {
        let word = self.word.load(Relaxed);
        word & CLOSED != 0 || word / PERMIT >= count
    }

    /// Adds permits and tells the gate. `false`, and nothing has changed, if there would be too many.
    #[inline]
    fn add(&self, count: usize) -> bool {
        if count == 0 {
            return true;
        }
        let mut word = self.word.load(Relaxed);
        loop {
            // Checked before anything changes: permits beyond the limit must not be seen, or taken, for a moment.
            if count > Self::MAX_PERMITS - word / PERMIT {
                return false;
            }
            // SeqCst: the fence of the handshake; and Release, for those who take the permits.
            match self.word.compare_exchange_weak(word, word + count * PERMIT, SeqCst, Relaxed) {
                Ok(_) => break,
                Err(now) => word = now,
            }
        }
        if !mutated(Mutant::SemaphoreReleaseWithoutNotify) {
            self.gate.notify_after_rmw(|count| self.serves(count));
        }
        true
    }
}

impl Default for Semaphore {
    /// One permit, as in Python.
    fn default() -> Self {
        Semaphore::new(1)
    }
}

impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Semaphore")
            .field("permits", &self.permits())
            .field("waiting", &self.gate.waiting())
            .field("closed", &self.is_closed())
            .finish()
    }
}

/// Permits taken from a [`Semaphore`]. Dropping it gives them back; if somebody has meanwhile released so many that there
/// would be more than [`Semaphore::MAX_PERMITS`], it changes nothing.
#[derive(Debug)]
#[must_use = "the permit is given back as soon as it is dropped"]
pub struct Permit<'a> {
    semaphore: &'a Semaphore,
    count: usize,
}

impl Permit<'_> {
    /// How many permits these are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Keeps the permits out: they come back only by [`Semaphore::release`].
    pub fn forget(mut self) {
        self.count = 0;
    }
}

impl Drop for Permit<'_> {
    #[inline]
    fn drop(&mut self) {
        if self.count > 0 && !torn_down() {
            self.semaphore.add(self.count);
        }
    }
}
