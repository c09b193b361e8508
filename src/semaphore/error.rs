//! What the calls of semaphores fail with.

use std::fmt;

/// The semaphore has been closed: no permit will be given out again.
///
/// ```
/// use tollgate::{AcquireError, Closed, Semaphore};
///
/// let semaphore = Semaphore::new(1);
/// semaphore.close();
/// assert_eq!(semaphore.acquire().unwrap_err(), Closed);
/// assert_eq!(AcquireError::from(Closed), AcquireError::Closed);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed;

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("semaphore closed")
    }
}

impl std::error::Error for Closed {}

/// Why a `try_` or timed acquisition gave no permit.
///
/// ```
/// use std::time::Duration;
/// use tollgate::{AcquireError, Semaphore};
///
/// let semaphore = Semaphore::new(0);
/// assert_eq!(semaphore.try_acquire().unwrap_err(), AcquireError::NoPermits);
/// assert_eq!(semaphore.acquire_timeout(Duration::from_millis(1)).unwrap_err(), AcquireError::TimedOut);
/// ```
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

/// A [`BoundedSemaphore`](crate::BoundedSemaphore) would have had more permits than its bound. Nothing has changed.
///
/// ```
/// use tollgate::{BoundedSemaphore, OverRelease};
///
/// assert_eq!(BoundedSemaphore::new(1).release(1), Err(OverRelease));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverRelease;

impl fmt::Display for OverRelease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("semaphore released too many times")
    }
}

impl std::error::Error for OverRelease {}
