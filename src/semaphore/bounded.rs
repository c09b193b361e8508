//! `BoundedSemaphore`: a semaphore to which no more can come back than went out.

use super::core::{self, Core};
use super::error::{AcquireError, Closed, OverRelease};
use super::permit::{OwnedPermit, Permit};
use crate::platform::{Duration, Instant, Patience};
use crate::watch::Kind;
use std::fmt;
use std::sync::Arc;

/// A [`Semaphore`](crate::Semaphore) that never has more permits than it began with: to release too many is an error.
/// Python's `threading.BoundedSemaphore`.
///
/// # Python and Rust
///
/// Python:
///
/// ```python
/// from threading import BoundedSemaphore
///
/// slots = BoundedSemaphore(2)
/// slots.acquire()
/// slots.release()
/// try:
///     slots.release()
///     assert False, "one too many"
/// except ValueError:
///     assert slots.acquire(blocking=False)
/// ```
///
/// Rust:
///
/// ```
/// use tollgate::{BoundedSemaphore, OverRelease};
///
/// let slots = BoundedSemaphore::new(2);
/// slots.acquire().unwrap().forget();
/// slots.release(1).unwrap();
/// assert_eq!(slots.release(1), Err(OverRelease)); // one too many
/// assert_eq!((slots.permits(), slots.bound()), (2, 2));
/// ```
///
/// | Python | Rust |
/// |---|---|
/// | `with semaphore: …` | `let permit = semaphore.acquire()?; …` |
/// | `semaphore.acquire(blocking=False)` | [`semaphore.try_acquire()`](BoundedSemaphore::try_acquire) |
/// | `semaphore.acquire(timeout=0.5)` | [`semaphore.acquire_timeout(…)`](BoundedSemaphore::acquire_timeout) |
/// | `semaphore.acquire()` without `with` | `semaphore.acquire()?.forget()` |
/// | `semaphore.release(n)`, which may raise `ValueError` | [`semaphore.release(n)?`](BoundedSemaphore::release) |
///
/// A [`Permit`] gives back what it took, so a program that forgets none cannot release too many. If somebody has released permits that
/// were out, the permit that comes last finds no room: its drop changes nothing.
///
/// A request for more permits than the bound is never served: it waits until its time is up or the semaphore is closed, and holds
/// back those behind it.
///
/// # Memory ordering
///
/// That of a [`Semaphore`](crate::Semaphore#memory-ordering). A `release` that is refused orders nothing.
///
/// # Fairness
///
/// That of a [`Semaphore`](crate::Semaphore#fairness).
///
/// # Panics
///
/// `new` with more than [`BoundedSemaphore::MAX_PERMITS`]; a request for more than that; [`Permit::merge`] with a permit of another semaphore.
///
/// # Errors
///
/// [`OverRelease`] when there would be more permits than the bound: nothing has changed. Those of acquisitions are a
/// [`Semaphore`](crate::Semaphore#errors)'s.
///
/// # Cancellation
///
/// That of a [`Semaphore`](crate::Semaphore#cancellation).
///
/// # Poisoning
///
/// There is none: a permit that a panic drops comes back.
///
/// # Cost
///
/// That of a [`Semaphore`](crate::Semaphore#cost). A `release` that is refused is a load.
#[repr(transparent)]
pub struct BoundedSemaphore {
    core: Core,
}

calls!(BoundedSemaphore);

impl BoundedSemaphore {
    const_unless_loom! {
        /// A semaphore with this many permits, and never more.
        ///
        /// # Panics
        ///
        /// If `permits` exceeds [`BoundedSemaphore::MAX_PERMITS`].
        ///
        /// An example: [`release`](Self::release).
        pub fn new(permits: usize) -> Self {
            BoundedSemaphore { core: Core::new(Kind::BoundedSemaphore, permits, permits) }
        }
    }

    named!(core);

    /// Adds `count` permits, and wakes those who can now be served. Works on a closed semaphore too.
    ///
    /// # Errors
    ///
    /// [`OverRelease`] if there would be more than [`bound`](Self::bound). Then none of them is added.
    ///
    /// ```
    /// use tollgate::{BoundedSemaphore, OverRelease};
    ///
    /// let semaphore = BoundedSemaphore::new(2);
    /// semaphore.acquire().unwrap().forget();
    /// assert_eq!(semaphore.release(2), Err(OverRelease)); // and nothing has changed
    /// assert_eq!((semaphore.release(1), semaphore.permits(), semaphore.bound()), (Ok(()), 2, 2));
    /// ```
    #[inline]
    pub fn release(&self, count: usize) -> Result<(), OverRelease> {
        if self.core.add(count) { Ok(()) } else { Err(OverRelease) }
    }

    /// The largest number of permits, which is that of the beginning.
    ///
    /// An example: [`release`](Self::release).
    #[inline]
    pub fn bound(&self) -> usize {
        self.core.bound()
    }
}

impl fmt::Debug for BoundedSemaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.core.show(f.debug_struct("BoundedSemaphore").field("bound", &self.bound()))
    }
}
