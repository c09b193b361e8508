//! The calls that both semaphores have, written once.
//!
//! [`Semaphore`](super::Semaphore) and [`BoundedSemaphore`](super::BoundedSemaphore) are a [`Core`](super::core::Core) each, and
//! differ in `new` and `release` alone.

/// The methods, for a type whose only field is its `core`.
macro_rules! calls {
    ($Semaphore:ident) => {
        impl $Semaphore {
            /// The largest number of permits: `usize::MAX / 8`.
            ///
            /// ```
            #[doc = concat!("assert_eq!(tollgate::", stringify!($Semaphore), "::MAX_PERMITS, usize::MAX / 8);")]
            /// ```
            pub const MAX_PERMITS: usize = core::MAX_PERMITS;

            /// Waits for a permit and takes it.
            ///
            /// # Errors
            ///
            /// [`Closed`], also while waiting.
            ///
            /// ```
            #[doc = concat!("use tollgate::", stringify!($Semaphore), ";")]
            ///
            #[doc = concat!("let semaphore = ", stringify!($Semaphore), "::new(2);")]
            /// let one = semaphore.acquire()?;
            /// assert_eq!((one.count(), semaphore.permits()), (1, 1));
            /// drop(one); // gives it back
            /// assert_eq!(semaphore.permits(), 2);
            /// # Ok::<(), tollgate::Closed>(())
            /// ```
            #[inline]
            #[cfg_attr(feature = "diagnostics", track_caller)]
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
            /// If `count` exceeds [`Self::MAX_PERMITS`].
            ///
            /// ```
            #[doc = concat!("use tollgate::", stringify!($Semaphore), ";")]
            ///
            #[doc = concat!("let semaphore = ", stringify!($Semaphore), "::new(3);")]
            /// let two = semaphore.acquire_many(2).unwrap();
            /// assert_eq!((two.count(), semaphore.permits()), (2, 1));
            /// ```
            #[inline]
            #[cfg_attr(feature = "diagnostics", track_caller)]
            pub fn acquire_many(&self, count: usize) -> Result<Permit<'_>, Closed> {
                self.core.acquire(Kind::$Semaphore, count).map(|()| Permit::new(&self.core, count))
            }

            /// Takes a permit if there is one.
            ///
            /// # Errors
            ///
            /// [`AcquireError::NoPermits`], [`AcquireError::Closed`].
            ///
            /// ```
            #[doc = concat!("use tollgate::{AcquireError, ", stringify!($Semaphore), "};")]
            ///
            #[doc = concat!("let semaphore = ", stringify!($Semaphore), "::new(2);")]
            /// let _one = semaphore.try_acquire().unwrap();
            /// assert_eq!(semaphore.try_acquire_many(2).unwrap_err(), AcquireError::NoPermits);
            /// semaphore.close();
            /// assert_eq!(semaphore.try_acquire().unwrap_err(), AcquireError::Closed);
            /// ```
            #[inline]
            #[cfg_attr(feature = "diagnostics", track_caller)]
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
            /// If `count` exceeds [`Self::MAX_PERMITS`].
            ///
            /// An example: [`try_acquire`](Self::try_acquire).
            #[inline]
            #[cfg_attr(feature = "diagnostics", track_caller)]
            pub fn try_acquire_many(&self, count: usize) -> Result<Permit<'_>, AcquireError> {
                self.acquire_timed(count, Patience::None)
            }

            /// Waits at most `timeout` for a permit. `Duration::ZERO` is one look; `Duration::MAX` is for ever.
            ///
            /// # Errors
            ///
            /// Those of [`AcquireError`].
            ///
            /// ```
            /// use std::time::{Duration, Instant};
            #[doc = concat!("use tollgate::{AcquireError, ", stringify!($Semaphore), "};")]
            ///
            #[doc = concat!("let (semaphore, short) = (", stringify!($Semaphore), "::new(1), Duration::from_millis(1));")]
            /// let _one = semaphore.acquire_timeout(short).unwrap();
            /// assert_eq!(semaphore.acquire_timeout(short).unwrap_err(), AcquireError::TimedOut);
            /// assert_eq!(semaphore.acquire_many_timeout(2, short).unwrap_err(), AcquireError::TimedOut);
            /// let soon = Instant::now() + short;
            /// assert_eq!(semaphore.acquire_deadline(soon).unwrap_err(), AcquireError::TimedOut);
            /// assert_eq!(semaphore.acquire_many_deadline(2, soon).unwrap_err(), AcquireError::TimedOut);
            /// ```
            #[inline]
            #[cfg_attr(feature = "diagnostics", track_caller)]
            pub fn acquire_timeout(&self, timeout: Duration) -> Result<Permit<'_>, AcquireError> {
                self.acquire_timed(1, Patience::timeout(timeout))
            }

            /// Waits for a permit until `deadline` at most. A deadline that has passed is one look.
            ///
            /// # Errors
            ///
            /// Those of [`AcquireError`].
            ///
            /// An example: [`acquire_timeout`](Self::acquire_timeout).
            #[inline]
            #[cfg_attr(feature = "diagnostics", track_caller)]
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
            /// If `count` exceeds [`Self::MAX_PERMITS`].
            ///
            /// An example: [`acquire_timeout`](Self::acquire_timeout).
            #[inline]
            #[cfg_attr(feature = "diagnostics", track_caller)]
            pub fn acquire_many_timeout(
                &self,
                count: usize,
                timeout: Duration,
            ) -> Result<Permit<'_>, AcquireError> {
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
            /// If `count` exceeds [`Self::MAX_PERMITS`].
            ///
            /// An example: [`acquire_timeout`](Self::acquire_timeout).
            #[inline]
            #[cfg_attr(feature = "diagnostics", track_caller)]
            pub fn acquire_many_deadline(
                &self,
                count: usize,
                deadline: Instant,
            ) -> Result<Permit<'_>, AcquireError> {
                self.acquire_timed(count, Patience::Until(deadline))
            }

            /// [`acquire`](Self::acquire) for a permit that keeps the semaphore alive. A call that fails clones no `Arc`.
            ///
            /// # Errors
            ///
            /// [`Closed`], also while waiting.
            ///
            /// ```
            /// use std::sync::Arc;
            #[doc = concat!("use tollgate::", stringify!($Semaphore), ";")]
            ///
            #[doc = concat!("let semaphore = Arc::new(", stringify!($Semaphore), "::new(2));")]
            /// let permit = semaphore.acquire_owned().unwrap();
            /// std::thread::spawn(move || drop(permit)).join().unwrap(); // back from another thread
            /// assert_eq!(semaphore.acquire_many_owned(2).map(|two| two.count()), Ok(2));
            /// ```
            #[inline]
            #[cfg_attr(feature = "diagnostics", track_caller)]
            pub fn acquire_owned(self: &Arc<Self>) -> Result<OwnedPermit, Closed> {
                self.acquire_many_owned(1)
            }

            /// [`acquire_many`](Self::acquire_many) for an owned permit.
            ///
            /// # Errors
            ///
            /// [`Closed`], also while waiting.
            ///
            /// # Panics
            ///
            /// If `count` exceeds [`Self::MAX_PERMITS`].
            ///
            /// An example: [`acquire_owned`](Self::acquire_owned).
            #[inline]
            #[cfg_attr(feature = "diagnostics", track_caller)]
            pub fn acquire_many_owned(self: &Arc<Self>, count: usize) -> Result<OwnedPermit, Closed> {
                self.core.acquire(Kind::$Semaphore, count).map(|()| self.owned(count))
            }

            /// [`try_acquire`](Self::try_acquire) for an owned permit.
            ///
            /// # Errors
            ///
            /// [`AcquireError::NoPermits`], [`AcquireError::Closed`].
            ///
            /// ```
            /// use std::sync::Arc;
            #[doc = concat!("use tollgate::{AcquireError, ", stringify!($Semaphore), "};")]
            ///
            #[doc = concat!("let semaphore = Arc::new(", stringify!($Semaphore), "::new(2));")]
            /// let one = semaphore.try_acquire_owned().unwrap();
            /// assert_eq!(semaphore.try_acquire_many_owned(2).unwrap_err(), AcquireError::NoPermits);
            /// drop(one);
            /// assert_eq!(semaphore.try_acquire_many_owned(2).unwrap().count(), 2);
            /// ```
            #[inline]
            #[cfg_attr(feature = "diagnostics", track_caller)]
            pub fn try_acquire_owned(self: &Arc<Self>) -> Result<OwnedPermit, AcquireError> {
                self.try_acquire_many_owned(1)
            }

            /// [`try_acquire_many`](Self::try_acquire_many) for an owned permit.
            ///
            /// # Errors
            ///
            /// [`AcquireError::NoPermits`], [`AcquireError::Closed`].
            ///
            /// # Panics
            ///
            /// If `count` exceeds [`Self::MAX_PERMITS`].
            ///
            /// An example: [`try_acquire_owned`](Self::try_acquire_owned).
            #[inline]
            #[cfg_attr(feature = "diagnostics", track_caller)]
            pub fn try_acquire_many_owned(
                self: &Arc<Self>,
                count: usize,
            ) -> Result<OwnedPermit, AcquireError> {
                self.acquire_owned_timed(count, Patience::None)
            }

            /// [`acquire_timeout`](Self::acquire_timeout) for an owned permit.
            ///
            /// # Errors
            ///
            /// Those of [`AcquireError`].
            ///
            /// ```
            /// use std::{sync::Arc, time::{Duration, Instant}};
            #[doc = concat!("use tollgate::{AcquireError::TimedOut, ", stringify!($Semaphore), "};")]
            ///
            #[doc = concat!("let (semaphore, short) = (Arc::new(", stringify!($Semaphore), "::new(1)), Duration::from_millis(1));")]
            /// let _one = semaphore.acquire_owned_timeout(short).unwrap();
            /// assert_eq!(semaphore.acquire_many_owned_timeout(2, short).unwrap_err(), TimedOut);
            /// let soon = Instant::now() + short;
            /// assert_eq!(semaphore.acquire_owned_deadline(soon).unwrap_err(), TimedOut);
            /// assert_eq!(semaphore.acquire_many_owned_deadline(2, soon).unwrap_err(), TimedOut);
            /// ```
            #[inline]
            #[cfg_attr(feature = "diagnostics", track_caller)]
            pub fn acquire_owned_timeout(
                self: &Arc<Self>,
                timeout: Duration,
            ) -> Result<OwnedPermit, AcquireError> {
                self.acquire_owned_timed(1, Patience::timeout(timeout))
            }

            /// [`acquire_deadline`](Self::acquire_deadline) for an owned permit.
            ///
            /// # Errors
            ///
            /// Those of [`AcquireError`].
            ///
            /// An example: [`acquire_owned_timeout`](Self::acquire_owned_timeout).
            #[inline]
            #[cfg_attr(feature = "diagnostics", track_caller)]
            pub fn acquire_owned_deadline(
                self: &Arc<Self>,
                deadline: Instant,
            ) -> Result<OwnedPermit, AcquireError> {
                self.acquire_owned_timed(1, Patience::Until(deadline))
            }

            /// [`acquire_many_timeout`](Self::acquire_many_timeout) for an owned permit.
            ///
            /// # Errors
            ///
            /// Those of [`AcquireError`].
            ///
            /// # Panics
            ///
            /// If `count` exceeds [`Self::MAX_PERMITS`].
            ///
            /// An example: [`acquire_owned_timeout`](Self::acquire_owned_timeout).
            #[inline]
            #[cfg_attr(feature = "diagnostics", track_caller)]
            pub fn acquire_many_owned_timeout(
                self: &Arc<Self>,
                count: usize,
                timeout: Duration,
            ) -> Result<OwnedPermit, AcquireError> {
                self.acquire_owned_timed(count, Patience::timeout(timeout))
            }

            /// [`acquire_many_deadline`](Self::acquire_many_deadline) for an owned permit.
            ///
            /// # Errors
            ///
            /// Those of [`AcquireError`].
            ///
            /// # Panics
            ///
            /// If `count` exceeds [`Self::MAX_PERMITS`].
            ///
            /// An example: [`acquire_owned_timeout`](Self::acquire_owned_timeout).
            #[inline]
            #[cfg_attr(feature = "diagnostics", track_caller)]
            pub fn acquire_many_owned_deadline(
                self: &Arc<Self>,
                count: usize,
                deadline: Instant,
            ) -> Result<OwnedPermit, AcquireError> {
                self.acquire_owned_timed(count, Patience::Until(deadline))
            }

            /// Takes all permits that are there at this moment, which may be none: the permit's count says how many. Never waits, and,
            /// like the `try_` forms, does not line up behind those who do.
            ///
            /// # Errors
            ///
            /// [`Closed`].
            ///
            /// ```
            #[doc = concat!("use tollgate::", stringify!($Semaphore), ";")]
            ///
            #[doc = concat!("let semaphore = ", stringify!($Semaphore), "::new(3);")]
            /// let _one = semaphore.acquire().unwrap();
            /// assert_eq!(semaphore.drain().unwrap().count(), 2); // dropped: they are back
            /// assert_eq!((semaphore.forget_permits(9), semaphore.permits()), (2, 0)); // for good
            /// ```
            #[cfg_attr(feature = "diagnostics", track_caller)]
            pub fn drain(&self) -> Result<Permit<'_>, Closed> {
                self.core.drain().map(|count| Permit::new(&self.core, count))
            }

            /// Takes away up to `most` of the permits that are there, for good, and returns how many. Permits that are out are not
            /// touched, and no debt is kept: for exactly `n`, now or later, `acquire_many(n)?.forget()`. Works on a closed
            /// semaphore too, which stays closed.
            ///
            /// An example: [`drain`](Self::drain).
            pub fn forget_permits(&self, most: usize) -> usize {
                self.core.forget_permits(most)
            }

            /// How many permits are there at this moment.
            ///
            /// An example: [`drain`](Self::drain).
            #[inline]
            pub fn permits(&self) -> usize {
                self.core.permits()
            }

            /// Closes the semaphore, for good: every acquisition fails from now on, and those who wait wake up and fail.
            /// Permits that are out stay valid. May be called again.
            ///
            /// ```
            #[doc = concat!("use tollgate::{Closed, ", stringify!($Semaphore), "};")]
            ///
            #[doc = concat!("let semaphore = ", stringify!($Semaphore), "::new(1);")]
            /// let permit = semaphore.acquire().unwrap();
            /// std::thread::scope(|s| {
            ///     let waits = s.spawn(|| semaphore.acquire().map(drop));
            ///     semaphore.close();
            ///     assert_eq!(waits.join().unwrap(), Err(Closed));
            /// });
            /// drop(permit); // it was valid all the time
            /// assert!(semaphore.is_closed());
            /// ```
            pub fn close(&self) {
                self.core.close();
            }

            /// Whether the semaphore has been closed.
            ///
            /// An example: [`close`](Self::close).
            #[inline]
            pub fn is_closed(&self) -> bool {
                self.core.is_closed()
            }

            #[inline]
            #[cfg_attr(feature = "diagnostics", track_caller)]
            fn acquire_timed(&self, count: usize, patience: Patience) -> Result<Permit<'_>, AcquireError> {
                self.core.acquire_timed(Kind::$Semaphore, count, patience).map(|()| Permit::new(&self.core, count))
            }

            #[inline]
            #[cfg_attr(feature = "diagnostics", track_caller)]
            fn acquire_owned_timed(
                self: &Arc<Self>,
                count: usize,
                patience: Patience,
            ) -> Result<OwnedPermit, AcquireError> {
                self.core.acquire_timed(Kind::$Semaphore, count, patience).map(|()| self.owned(count))
            }

            /// A share of the semaphore, which is nothing but its core, for permits that have just been taken.
            #[inline]
            fn owned(self: &Arc<Self>, count: usize) -> OwnedPermit {
                let share = Arc::into_raw(Arc::clone(self));
                // SAFETY: from `into_raw`, of a type that is `repr(transparent)` over `Core`: the same size and alignment, valid as a
                // `Core`, and dropped in the same way, for it has no `Drop` of its own.
                let core = unsafe { Arc::from_raw(share.cast::<Core>()) };
                OwnedPermit::new(core, count)
            }
        }

        impl Default for $Semaphore {
            /// One permit, as in Python.
            fn default() -> Self {
                $Semaphore::new(1)
            }
        }
    };
}
