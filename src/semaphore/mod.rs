//! `Semaphore` and `BoundedSemaphore`: one mechanism, [`core`], with two faces that differ in what a release may do.
//!
//! | | `Semaphore` | `BoundedSemaphore` |
//! |---|---|---|
//! | bound | `MAX_PERMITS` | what it was made with |
//! | a `release` beyond it | panics: 2^61 permits are a wrong program, and nobody could act on an error | `Err(OverRelease)` |
//! | a permit dropped beyond it | changes nothing | changes nothing |
//!
//! | file | holds |
//! |---|---|
//! | `core` | the word, the bound and the gate; order of service, memory ordering |
//! | `calls` | the calls that both have, documented |
//! | `permit` | `Permit` and `OwnedPermit`, for both |
//! | `error` | the errors |
//! | `refused` | the panic of `new` |

#[macro_use]
mod calls;
mod bounded;
mod core;
mod error;
mod permit;
mod refused;

pub use bounded::BoundedSemaphore;
pub use error::{AcquireError, Closed, OverRelease};
pub use permit::{OwnedPermit, Permit};

use self::core::Core;
use crate::platform::{Duration, Instant, Patience};
use crate::watch::Kind;
use std::fmt;
use std::sync::Arc;

/// A number of permits that threads take and give back. Python's `threading.Semaphore`.
///
/// # Python and Rust
///
/// Python:
///
/// ```python
/// from threading import Semaphore
///
/// connections = Semaphore(2)
///
/// with connections:
///     if connections.acquire(timeout=0.5):
///         connections.release()
/// connections.release(3)
/// assert all(connections.acquire(blocking=False) for _ in range(5))
/// ```
///
/// Rust:
///
/// ```
/// use {std::time::Duration, tollgate::Semaphore};
///
/// let connections = Semaphore::new(2);
/// {
///     let _permit = connections.acquire().unwrap();
///     let second = connections.acquire_timeout(Duration::from_millis(500));
///     drop(second); // gives it back, if there was one
/// }
/// connections.release(3);
/// assert_eq!(connections.permits(), 5);
/// ```
///
/// | Python | Rust |
/// |---|---|
/// | `with semaphore: …` | `let permit = semaphore.acquire()?; …` |
/// | `semaphore.acquire(blocking=False)` | [`semaphore.try_acquire()`](Semaphore::try_acquire) |
/// | `semaphore.acquire(timeout=0.5)` | [`semaphore.acquire_timeout(…)`](Semaphore::acquire_timeout) |
/// | `semaphore.acquire()` without `with` | `semaphore.acquire()?.forget()` |
/// | `semaphore.release(n)` | [`semaphore.release(n)`](Semaphore::release) |
///
/// A permit is a value: it can be [counted](Permit::count), [split](Permit::split), [merged](Permit::merge) and
/// [forgotten](Permit::forget); `acquire_owned` and its forms give one that [keeps the semaphore alive](OwnedPermit).
/// Calls of other libraries:
///
/// | there | here |
/// |---|---|
/// | tokio `available_permits`, `add_permits(n)`, `forget_permits(n)` | `permits`, `release(n)`, [`forget_permits(n)`](Semaphore::forget_permits) |
/// | Java `drainPermits()` | [`drain()?`](Semaphore::drain)`.forget()`; or keep the permit, and they come back |
/// | Java `reducePermits(n)` | `acquire_many(n)?.forget()`, which waits where Java counts below zero; or `forget_permits(n)`, which takes fewer |
///
/// # Memory ordering
///
/// Everything before a release happens before everything after an acquisition that takes one of its permits. Everything
/// before a `close` happens before everything after an acquisition that fails because of it.
///
/// # Fairness
///
/// Sleepers are woken first come, first served; a request for many permits holds back the sleepers behind it, until it is served
/// or gives up. A thread that is awake may take permits ahead of sleepers, until a sleeper has been woken in vain after about a
/// millisecond. From then on until it is served, blocking calls line up behind it instead of trying first; while it sleeps, each
/// other thread gets ahead of it at most once more, with the call that it is in. Only a timed call may still take what is there when
/// its time is up, and `try_` forms and `drain`, which never line up.
///
/// # Panics
///
/// `new` and `release`, if there would be more than [`Semaphore::MAX_PERMITS`]; a request for more than that; [`Permit::merge`] with a permit
/// of another semaphore. Nothing is lost.
///
/// # Errors
///
/// An acquisition fails with [`Closed`] once the semaphore has been closed, also while it waits; the `try_` and timed forms also when there
/// were too few permits, or not in time: [`AcquireError`].
///
/// # Cancellation
///
/// A wait ends with its permits, with its time, or with [`close`](Semaphore::close); nothing else interrupts it. One that gives up has taken
/// nothing, and those who waited behind it and can be served now are.
///
/// # Poisoning
///
/// There is none. A permit that a panic drops comes back. One that was forgotten before does not: what was to be released by hand stays
/// out.
///
/// # Cost
///
/// Uncontended, one atomic read-modify-write operation to acquire and one to release, no system call, no allocation. An owned permit
/// costs two more, those of its `Arc`. To split and to merge cost none. 104 bytes on 64-bit systems, of which 56 keep the permits and the
/// line of waiters on different cache lines.
#[repr(transparent)]
pub struct Semaphore {
    core: Core,
}

calls!(Semaphore);

impl Semaphore {
    const_unless_loom! {
        /// A semaphore with this many permits.
        ///
        /// # Panics
        ///
        /// If `permits` exceeds [`Semaphore::MAX_PERMITS`].
        ///
        /// An example: [`release`](Self::release).
        pub fn new(permits: usize) -> Self {
            Semaphore { core: Core::new(Kind::Semaphore, permits, Self::MAX_PERMITS) }
        }
    }

    named!(core);

    /// Adds `count` permits, whether or not they were acquired before, and wakes those who can now be served. Works on a
    /// closed semaphore too.
    ///
    /// # Panics
    ///
    /// If there would be more than [`Semaphore::MAX_PERMITS`]. The permits are then as before. (A [`BoundedSemaphore`] returns an error
    /// instead, at a bound of your own.)
    ///
    /// ```
    /// use tollgate::Semaphore;
    ///
    /// let ready = Semaphore::new(0);
    /// std::thread::scope(|s| {
    ///     s.spawn(|| ready.release(2)); // permits that nobody had acquired
    ///     ready.acquire_many(2).unwrap().forget();
    /// });
    /// ```
    #[inline]
    #[track_caller]
    pub fn release(&self, count: usize) {
        assert!(
            self.core.add(count),
            "Semaphore::release({count}): more than {} permits",
            Semaphore::MAX_PERMITS
        );
    }
}

impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.core.show(&mut f.debug_struct("Semaphore"))
    }
}
