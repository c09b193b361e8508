//! Permits that come back when dropped: borrowed from a semaphore, or sharing its ownership.

use super::core::{Core, MAX_PERMITS};
use crate::platform::torn_down;
use std::fmt;
use std::mem;
use std::ops::Deref;
use std::ptr;
use std::sync::Arc;

/// What is the same for a borrowed and an owned permit: everything but the way to the semaphore.
macro_rules! permit {
    ($(#[$meta:meta])* $Permit:ident $(<$a:lifetime>)?, $Home:ty) => {
        $(#[$meta])*
        ///
        /// Dropping it gives the permits back, by a panic too. If there would then be more than the semaphore may have, since somebody
        /// has released permits that were out, dropping it gives none of them back; it never panics.
        ///
        /// It may be dropped in another thread, and shared with others.
        #[must_use = "the permit is given back as soon as it is dropped"]
        pub struct $Permit $(<$a>)? {
            home: $Home,
            /// At most `MAX_PERMITS`.
            count: usize,
        }

        impl $(<$a>)? $Permit $(<$a>)? {
            #[inline]
            pub(super) fn new(home: $Home, count: usize) -> Self {
                $Permit { home, count }
            }

            /// How many permits these are.
            ///
            /// An example: [`split`](Self::split).
            #[inline]
            pub fn count(&self) -> usize {
                self.count
            }

            /// Keeps the permits out: they come back only by a `release`.
            ///
            /// An example: [`split`](Self::split).
            pub fn forget(mut self) {
                self.home.forgotten(self.count);
                self.count = 0;
            }

            /// Takes `count` of these permits off, as a permit of its own. `None`, and nothing has changed, if these are fewer.
            ///
            /// The semaphore does not notice: the permits stay out.
            ///
            /// ```
            /// use std::sync::Arc;
            /// use tollgate::Semaphore;
            ///
            /// let semaphore = Arc::new(Semaphore::new(4));
            /// let mut permit = semaphore.acquire_many(3).unwrap();
            /// let part = permit.split(1).unwrap();
            /// assert_eq!((permit.count(), part.count()), (2, 1));
            /// permit.merge(part);
            /// permit.forget(); // three are out now, for good
            /// assert_eq!(semaphore.permits(), 1);
            /// ```
            pub fn split(&mut self, count: usize) -> Option<Self> {
                self.count = self.count.checked_sub(count)?;
                Some($Permit { home: self.home.clone(), count })
            }

            /// Adds the permits of `other` to these. The semaphore does not notice: the permits stay out.
            ///
            /// # Panics
            ///
            /// If `other` is of another semaphore; or if these would be more permits than a semaphore can have, some of which were
            /// then released while they were out. Nothing is lost: each permit goes back where it came from when it is dropped,
            /// `other` at once.
            ///
            /// An example: [`split`](Self::split).
            #[track_caller]
            pub fn merge(&mut self, mut other: Self) {
                let (core, others): (&Core, &Core) = (self.home.deref(), other.home.deref());
                assert!(
                    ptr::eq(core, others),
                    concat!(stringify!($Permit), "::merge: permits of two semaphores, {} and {}"),
                    self.count,
                    other.count
                );
                assert!(
                    other.count <= MAX_PERMITS - self.count,
                    concat!(stringify!($Permit), "::merge: {} and {} permits are more than MAX_PERMITS, {}"),
                    self.count,
                    other.count,
                    MAX_PERMITS
                );
                self.count += mem::take(&mut other.count);
            }
        }

        impl $(<$a>)? Drop for $Permit $(<$a>)? {
            #[inline]
            fn drop(&mut self) {
                if self.count > 0 && !torn_down() {
                    self.home.add(self.count);
                }
            }
        }

        impl $(<$a>)? fmt::Debug for $Permit $(<$a>)? {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($Permit)).field("count", &self.count).finish_non_exhaustive()
            }
        }
    };
}

permit! {
    /// Permits taken from a [`Semaphore`](crate::Semaphore) or a [`BoundedSemaphore`](crate::BoundedSemaphore).
    ///
    /// ```
    /// let seats = tollgate::Semaphore::new(4);
    /// let mut table = seats.acquire_many(3).unwrap();
    /// let one = table.split(1).unwrap();
    /// drop(table); // two of the three are back
    /// assert_eq!(seats.permits(), 3);
    /// let mut all = seats.drain().unwrap();
    /// all.merge(one);
    /// assert_eq!(all.count(), 4);
    /// ```
    ///
    /// It does not outlive its semaphore, which an [`OwnedPermit`] does not have to fear:
    ///
    /// ```compile_fail,E0597
    /// let permit;
    /// {
    ///     let seats = tollgate::Semaphore::new(4);
    ///     permit = seats.acquire().unwrap();
    /// }
    /// assert_eq!(permit.count(), 1);
    /// ```
    Permit<'a>, &'a Core
}

permit! {
    /// Permits that keep their semaphore alive: a [`Permit`] without a borrow, for threads that outlive the scope. From
    /// `acquire_owned` and its forms.
    ///
    /// ```
    /// use std::{sync::Arc, thread};
    ///
    /// let workers = Arc::new(tollgate::Semaphore::new(8));
    /// let permit = workers.acquire_owned().unwrap();
    /// let worker = thread::spawn(move || {
    ///     // … and when the work is done:
    ///     drop(permit);
    /// });
    /// # worker.join().unwrap();
    /// ```
    OwnedPermit, Arc<Core>
}
