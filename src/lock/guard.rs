//! The guards that borrow the lock: of the whole value, and of a part of it.

use super::{Lock, NotSend};
use crate::platform::torn_down;
use crate::raw_lock::RawLock;
use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

/// The right to use the value of a [`Lock`]. Dropping it releases the lock.
///
/// Stays in the thread that locked: it is not `Send`. A guard that is leaked leaves the lock locked, and nothing worse.
///
/// ```
/// use tollgate::{Lock, LockGuard};
///
/// fn add(mut total: LockGuard<'_, u32>, n: u32) {
///     *total += n;
/// } // released
///
/// let total = Lock::new(1);
/// add(total.lock(), 2);
/// assert_eq!(total.into_inner(), 3);
/// ```
#[must_use = "the lock is released as soon as its guard is dropped"]
pub struct LockGuard<'a, T: ?Sized> {
    lock: &'a Lock<T>,
    not_send: NotSend,
}

// SAFETY: a shared guard gives `&T` alone.
unsafe impl<T: ?Sized + Sync> Sync for LockGuard<'_, T> {}

impl<'a, T: ?Sized> LockGuard<'a, T> {
    /// The caller has just acquired `lock`.
    #[inline]
    pub(super) fn new(lock: &'a Lock<T>) -> Self {
        LockGuard { lock, not_send: PhantomData }
    }

    /// The lock whose guard this is.
    #[inline]
    pub(crate) fn raw(&self) -> &'a RawLock {
        &self.lock.raw
    }

    /// A guard for a part of the value.
    ///
    /// An associated function, so that it does not hide a method of `T`: `LockGuard::map(guard, |pair| &mut pair.0)`.
    ///
    /// ```
    /// use tollgate::{Lock, LockGuard};
    ///
    /// let pair = Lock::new((1, "one"));
    /// let mut first = LockGuard::map(pair.lock(), |pair| &mut pair.0);
    /// *first = 2;
    /// drop(first);
    /// assert_eq!(*pair.lock(), (2, "one"));
    /// ```
    ///
    /// # Panics
    ///
    /// If `part` panics, the lock is released.
    pub fn map<U: ?Sized>(mut guard: Self, part: impl FnOnce(&mut T) -> &mut U) -> MappedLockGuard<'a, U> {
        let part = NonNull::from(part(&mut guard));
        MappedLockGuard::new(guard.into_raw(), part)
    }

    /// A guard for a part of the value, if it has that part; the guard of the whole otherwise. The lock is held all the
    /// time.
    ///
    /// ```
    /// use tollgate::{Lock, LockGuard};
    ///
    /// let list = Lock::new(vec![1, 2]);
    /// let second = LockGuard::try_map(list.lock(), |list| list.get_mut(1));
    /// assert_eq!(*second.unwrap(), 2);
    /// let third = LockGuard::try_map(list.lock(), |list| list.get_mut(2));
    /// third.unwrap_err().push(3);
    /// ```
    ///
    /// A closure that has more to say than "no" can leave it in a variable.
    ///
    /// # Errors
    ///
    /// The guard, if `part` gives none.
    ///
    /// # Panics
    ///
    /// If `part` panics, the lock is released.
    pub fn try_map<U: ?Sized>(
        mut guard: Self,
        part: impl FnOnce(&mut T) -> Option<&mut U>,
    ) -> Result<MappedLockGuard<'a, U>, Self> {
        match part(&mut guard).map(NonNull::from) {
            Some(part) => Ok(MappedLockGuard::new(guard.into_raw(), part)),
            None => Err(guard),
        }
    }

    /// The lock, which stays locked.
    fn into_raw(self) -> &'a RawLock {
        ManuallyDrop::new(self).raw()
    }
}

impl<T: ?Sized> Deref for LockGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the guard's thread holds the lock, so nobody else has a reference to the value; mutable ones borrow
        // the guard mutably.
        self.lock.value.with(|value| unsafe { &*value })
    }
}

impl<T: ?Sized> DerefMut for LockGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as in `deref`, and `&mut self` excludes shared references.
        self.lock.value.with_mut(|value| unsafe { &mut *value })
    }
}

impl<T: ?Sized> Drop for LockGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        if torn_down() {
            return;
        }
        // SAFETY: a guard exists only while its thread holds the lock.
        unsafe { self.lock.raw.unlock() }
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for LockGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for LockGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// The right to use a part of the value of a [`Lock`], made by [`LockGuard::map`] and
/// [`LockGuard::try_map`]. Dropping it releases the lock.
///
/// A [`Condition`](crate::Condition) does not take it: waiting would release the lock while the part is still
/// pointed at.
///
/// ```compile_fail,E0277
/// use tollgate::{Condition, Lock, LockGuard};
///
/// let lock = Lock::new((1, 2));
/// let mut part = LockGuard::map(lock.lock(), |pair| &mut pair.0);
/// Condition::new().wait(&mut part);
/// ```
///
/// An example: [`LockGuard::map`].
#[must_use = "the lock is released as soon as its guard is dropped"]
pub struct MappedLockGuard<'a, U: ?Sized> {
    raw: &'a RawLock,
    part: NonNull<U>,
    exclusive: PhantomData<&'a mut U>,
    not_send: NotSend,
}

// SAFETY: a shared guard gives `&U` alone.
unsafe impl<U: ?Sized + Sync> Sync for MappedLockGuard<'_, U> {}

impl<'a, U: ?Sized> MappedLockGuard<'a, U> {
    /// `raw` is held, and `part` was made from a `&mut` into its value; both are given up in favour of this guard.
    fn new(raw: &'a RawLock, part: NonNull<U>) -> Self {
        MappedLockGuard { raw, part, exclusive: PhantomData, not_send: PhantomData }
    }

    /// A guard for a part of the part.
    ///
    /// # Panics
    ///
    /// If `part` panics, the lock is released.
    ///
    /// An example: [`LockGuard::map`].
    pub fn map<V: ?Sized>(mut guard: Self, part: impl FnOnce(&mut U) -> &mut V) -> MappedLockGuard<'a, V> {
        let part = NonNull::from(part(&mut guard));
        MappedLockGuard::new(ManuallyDrop::new(guard).raw, part)
    }

    /// A guard for a part of the part, if there is one; this guard otherwise. See [`LockGuard::try_map`].
    ///
    /// # Errors
    ///
    /// The guard, if `part` gives none.
    ///
    /// # Panics
    ///
    /// If `part` panics, the lock is released.
    ///
    /// An example: [`LockGuard::try_map`].
    pub fn try_map<V: ?Sized>(
        mut guard: Self,
        part: impl FnOnce(&mut U) -> Option<&mut V>,
    ) -> Result<MappedLockGuard<'a, V>, Self> {
        match part(&mut guard).map(NonNull::from) {
            Some(part) => Ok(MappedLockGuard::new(ManuallyDrop::new(guard).raw, part)),
            None => Err(guard),
        }
    }
}

impl<U: ?Sized> Deref for MappedLockGuard<'_, U> {
    type Target = U;

    #[inline]
    fn deref(&self) -> &U {
        // SAFETY: the pointer was made from a `&mut` into the locked value, the lock is still held, and this guard is
        // the only one.
        unsafe { self.part.as_ref() }
    }
}

impl<U: ?Sized> DerefMut for MappedLockGuard<'_, U> {
    #[inline]
    fn deref_mut(&mut self) -> &mut U {
        // SAFETY: as in `deref`, and `&mut self` excludes shared references.
        unsafe { self.part.as_mut() }
    }
}

impl<U: ?Sized> Drop for MappedLockGuard<'_, U> {
    #[inline]
    fn drop(&mut self) {
        if torn_down() {
            return;
        }
        // SAFETY: made from a guard whose release was given up in its favour.
        unsafe { self.raw.unlock() }
    }
}

impl<U: ?Sized + fmt::Debug> fmt::Debug for MappedLockGuard<'_, U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<U: ?Sized + fmt::Display> fmt::Display for MappedLockGuard<'_, U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
