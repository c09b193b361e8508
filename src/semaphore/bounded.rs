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
/// <table><tr><th>Python</th><th>Rust</th></tr><tr><td>
///
/// ```python
/// from threading import BoundedSemaphore
///
/// slots = BoundedSemaphore(2)
/// slots.acquire()
/// slots.release()
/// try:
///     slots.release()
/// except ValueError:
///     print("released too many times")
/// ```
///
/// </td><td>
///
/// ```
/// use tollgate::{BoundedSemaphore, OverRelease};
///
/// let slots = BoundedSemaphore::new(2);
/// slots.acquire().unwrap().forget();
/// slots.release(1).unwrap();
/// if let Err(OverRelease) = slots.release(1) {
///     println!("released too many times");
/// }
/// assert_eq!((slots.permits(), slots.bound()), (2, 2));
/// ```
///
/// </td></tr></table>
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
/// Memory ordering, fairness and cost are those of a [`Semaphore`](crate::Semaphore#memory-ordering).
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
    #[inline]
    pub fn release(&self, count: usize) -> Result<(), OverRelease> {
        if self.core.add(count) { Ok(()) } else { Err(OverRelease) }
    }

    /// The largest number of permits, which is that of the beginning.
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
