//! The mutable borrow of the value, from the only guard there is. Why it is a guard of its own: see [`super`], and invariant 3 of
//! [`RawRLock`](crate::raw_rlock::RawRLock)'s module.

use super::{NotSend, RLock};
use crate::platform::torn_down;
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

/// The value of an [`RLock`], borrowed mutably from its only guard by [`RLockGuard::get_mut`](crate::RLockGuard::get_mut)
/// or [`OwnedRLockGuard::get_mut`](crate::OwnedRLockGuard::get_mut).
///
/// While it lives, its thread must not lock again: that panics. One that is leaked ends with the next use of its guard that changes
/// it: a drop, a wait, another `get_mut`.
///
/// An example: [`RLockGuard::get_mut`](super::RLockGuard::get_mut).
pub struct RLockMut<'a, T: ?Sized> {
    lock: &'a RLock<T>,
    exclusive: PhantomData<&'a mut T>,
    not_send: NotSend,
}

impl<'a, T: ?Sized> RLockMut<'a, T> {
    /// The lock's `borrow` has just succeeded, and its only guard is borrowed exclusively for `'a`.
    #[inline]
    pub(super) fn new(lock: &'a RLock<T>) -> Self {
        RLockMut { lock, exclusive: PhantomData, not_send: PhantomData }
    }
}

// SAFETY: a shared one gives `&T` alone.
unsafe impl<T: ?Sized + Sync> Sync for RLockMut<'_, T> {}

impl<T: ?Sized> Deref for RLockMut<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the only reference to the value, by invariant 3 of the lock, but for others made from this one.
        self.lock.value.with(|value| unsafe { &*value })
    }
}

impl<T: ?Sized> DerefMut for RLockMut<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as in `deref`, and `&mut self` excludes those.
        self.lock.value.with_mut(|value| unsafe { &mut *value })
    }
}

impl<T: ?Sized> Drop for RLockMut<'_, T> {
    #[inline]
    fn drop(&mut self) {
        if torn_down() {
            return;
        }
        // SAFETY: made by a `borrow` that succeeded, in this thread, and gone.
        unsafe { self.lock.raw.end_borrow() }
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RLockMut<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
