//! The guards that own a share of the lock, an `Arc`: of the whole value, and of a part of it.
//!
//! # The last owner
//!
//! A guard may hold the last share: then dropping it frees the lock and the value. So the order of a drop is fixed, release
//! first, share second (R35 of the historical bugs, in one thread). It is that of the language: the body of `drop`, then
//! the fields.
//!
//! # What a shared guard must not give away
//!
//! Guards are `Sync` where the value is, and a `Sync` value need not be `Send` (`std`'s `MutexGuard` is not). If `&guard` led to
//! the `Arc`, another thread could clone it from there, become the last owner, and drop a value that must not leave its
//! thread. (R19 and R24 are bugs of this kind.) So there is no way from a guard to its lock.

use super::{Lock, NotSend};
use crate::platform::torn_down;
use crate::raw_lock::RawLock;
use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::ptr::{self, NonNull};
use std::sync::Arc;

/// The right to use the value of a [`Lock`], and a share in its ownership. Dropping it releases the lock, and then gives up
/// the share: the last owner frees lock and value.
///
/// Made by [`Lock::lock_owned`] and its other forms. Apart from the lifetime that it lacks it is a
/// [`LockGuard`](crate::LockGuard): it stays in the thread that locked, a [`Condition`](crate::Condition) takes it, and a
/// guard that is leaked leaves the lock locked, and never freed.
///
/// An example: [`Lock::lock_owned`].
#[must_use = "the lock is released as soon as its guard is dropped"]
pub struct OwnedLockGuard<T: ?Sized> {
    lock: Arc<Lock<T>>,
    not_send: NotSend,
}

// SAFETY: a shared guard gives `&T` alone; see "What a shared guard must not give away".
unsafe impl<T: ?Sized + Sync> Sync for OwnedLockGuard<T> {}

impl<T: ?Sized> OwnedLockGuard<T> {
    /// The caller has just acquired `lock`.
    #[inline]
    pub(super) fn new(lock: Arc<Lock<T>>) -> Self {
        OwnedLockGuard { lock, not_send: PhantomData }
    }

    /// The lock that the guard holds.
    #[inline]
    pub(crate) fn raw(&self) -> &RawLock {
        &self.lock.raw
    }

    /// A guard for a part of the value. It too owns a share of the whole.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use tollgate::{Lock, OwnedLockGuard};
    ///
    /// let pair = Arc::new(Lock::new((1, "one")));
    /// let mut first = OwnedLockGuard::map(pair.lock_owned(), |pair| &mut pair.0);
    /// *first = 2;
    /// drop(first);
    /// assert_eq!(*pair.lock(), (2, "one"));
    /// ```
    ///
    /// # Panics
    ///
    /// If `part` panics, the lock is released.
    pub fn map<U: ?Sized>(
        mut guard: Self,
        part: impl FnOnce(&mut T) -> &mut U,
    ) -> OwnedMappedLockGuard<T, U> {
        let part = NonNull::from(part(&mut guard));
        OwnedMappedLockGuard::new(guard.into_lock(), part)
    }

    /// A guard for a part of the value, if it has that part; the guard of the whole otherwise. The lock is held all the
    /// time. See [`LockGuard::try_map`](crate::LockGuard::try_map).
    ///
    /// # Errors
    ///
    /// The guard, if `part` gives none.
    ///
    /// # Panics
    ///
    /// If `part` panics, the lock is released.
    ///
    /// An example: [`LockGuard::try_map`](super::LockGuard::try_map).
    pub fn try_map<U: ?Sized>(
        mut guard: Self,
        part: impl FnOnce(&mut T) -> Option<&mut U>,
    ) -> Result<OwnedMappedLockGuard<T, U>, Self> {
        match part(&mut guard).map(NonNull::from) {
            Some(part) => Ok(OwnedMappedLockGuard::new(guard.into_lock(), part)),
            None => Err(guard),
        }
    }

    /// The share of the lock, which stays locked.
    fn into_lock(self) -> Arc<Lock<T>> {
        let guard = ManuallyDrop::new(self);
        // SAFETY: `guard` is neither used nor dropped any more, so this moves the `Arc` out of it.
        unsafe { ptr::read(&raw const guard.lock) }
    }
}

impl<T: ?Sized> Deref for OwnedLockGuard<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the guard's thread holds the lock, so nobody else has a reference to the value; mutable ones borrow
        // the guard mutably.
        self.lock.value.with(|value| unsafe { &*value })
    }
}

impl<T: ?Sized> DerefMut for OwnedLockGuard<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as in `deref`, and `&mut self` excludes shared references.
        self.lock.value.with_mut(|value| unsafe { &mut *value })
    }
}

impl<T: ?Sized> Drop for OwnedLockGuard<T> {
    #[inline]
    fn drop(&mut self) {
        if torn_down() {
            return;
        }
        // SAFETY: a guard exists only while its thread holds the lock. The share of the lock lives until after this call.
        unsafe { self.raw().unlock() }
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for OwnedLockGuard<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for OwnedLockGuard<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// The right to use a part of the value of a [`Lock`], and a share in the ownership of the whole. Made by
/// [`OwnedLockGuard::map`] and [`OwnedLockGuard::try_map`]. Dropping it releases the lock, and then gives up the share.
///
/// A [`Condition`](crate::Condition) does not take it: waiting would release the lock while the part is still pointed at.
///
/// ```compile_fail,E0277
/// use std::sync::Arc;
/// use tollgate::{Condition, Lock, OwnedLockGuard};
///
/// let lock = Arc::new(Lock::new((1, 2)));
/// let mut part = OwnedLockGuard::map(lock.lock_owned(), |pair| &mut pair.0);
/// Condition::new().wait(&mut part);
/// ```
///
/// An example: [`OwnedLockGuard::map`].
#[must_use = "the lock is released as soon as its guard is dropped"]
pub struct OwnedMappedLockGuard<T: ?Sized, U: ?Sized> {
    lock: Arc<Lock<T>>,
    part: NonNull<U>,
    /// Invariant in `U`, as a `&mut U` is and a `NonNull` is not.
    exclusive: PhantomData<*mut U>,
    not_send: NotSend,
}

// SAFETY: a shared guard gives `&U` alone; the whole is used by nobody but the thread that drops the guard.
unsafe impl<T: ?Sized, U: ?Sized + Sync> Sync for OwnedMappedLockGuard<T, U> {}

impl<T: ?Sized, U: ?Sized> OwnedMappedLockGuard<T, U> {
    /// `lock` is held, and `part` was made from a `&mut` into its value; both are given up in favour of this guard.
    fn new(lock: Arc<Lock<T>>, part: NonNull<U>) -> Self {
        OwnedMappedLockGuard { lock, part, exclusive: PhantomData, not_send: PhantomData }
    }

    /// A guard for a part of the part, which must not borrow anything: the new guard does not know `U`, nor how long that lives.
    ///
    /// # Panics
    ///
    /// If `part` panics, the lock is released.
    ///
    /// # Why not for every part
    ///
    /// A closure from `&mut U` to `&mut V` may assume that what `U` borrows outlives the borrow of `U`. So it could give back something
    /// else that lives as long, and a guard without `U` would outlive it:
    ///
    /// ```compile_fail,E0521
    /// use std::sync::Arc;
    /// use tollgate::{Lock, OwnedLockGuard, OwnedMappedLockGuard};
    ///
    /// fn extended<'c>(victim: &'c mut String, token: &'c ()) -> OwnedMappedLockGuard<i32, String> {
    ///     let step: OwnedMappedLockGuard<i32, &'c ()> =
    ///         OwnedLockGuard::map(Arc::new(Lock::new(0)).lock_owned(), |_| Box::leak(Box::new(token)));
    ///     OwnedMappedLockGuard::map(step, |_: &mut &'c ()| victim)
    /// }
    /// ```
    ///
    /// What owns is as good as any:
    ///
    /// ```
    /// use std::sync::Arc;
    /// use tollgate::{Lock, OwnedLockGuard, OwnedMappedLockGuard};
    ///
    /// let lock = Arc::new(Lock::new((vec![1, 2], "rest")));
    /// let items = OwnedLockGuard::map(lock.lock_owned(), |pair| &mut pair.0);
    /// let Err(items) = OwnedMappedLockGuard::try_map(items, |items| items.get_mut(9)) else { panic!("two items") };
    /// *OwnedMappedLockGuard::map(items, |items| &mut items[0]) = 7;
    /// assert_eq!(lock.lock().0, [7, 2]);
    /// ```
    pub fn map<V: ?Sized>(mut guard: Self, part: impl FnOnce(&mut U) -> &mut V) -> OwnedMappedLockGuard<T, V>
    where
        U: 'static,
    {
        let part = NonNull::from(part(&mut guard));
        OwnedMappedLockGuard::new(guard.into_lock(), part)
    }

    /// A guard for a part of the part, if there is one; this guard otherwise. See
    /// [`LockGuard::try_map`](crate::LockGuard::try_map), and [`map`](OwnedMappedLockGuard::map) for why the part must not borrow.
    ///
    /// ```compile_fail,E0521
    /// use std::sync::Arc;
    /// use tollgate::{Lock, OwnedLockGuard, OwnedMappedLockGuard};
    ///
    /// fn extended<'c>(victim: &'c mut String, token: &'c ()) -> OwnedMappedLockGuard<i32, String> {
    ///     let step: OwnedMappedLockGuard<i32, &'c ()> =
    ///         OwnedLockGuard::map(Arc::new(Lock::new(0)).lock_owned(), |_| Box::leak(Box::new(token)));
    ///     OwnedMappedLockGuard::try_map(step, |_: &mut &'c ()| Some(victim)).ok().unwrap()
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// The guard, if `part` gives none.
    ///
    /// # Panics
    ///
    /// If `part` panics, the lock is released.
    ///
    /// An example: [`map`](Self::map).
    pub fn try_map<V: ?Sized>(
        mut guard: Self,
        part: impl FnOnce(&mut U) -> Option<&mut V>,
    ) -> Result<OwnedMappedLockGuard<T, V>, Self>
    where
        U: 'static,
    {
        match part(&mut guard).map(NonNull::from) {
            Some(part) => Ok(OwnedMappedLockGuard::new(guard.into_lock(), part)),
            None => Err(guard),
        }
    }

    /// The share of the lock, which stays locked.
    fn into_lock(self) -> Arc<Lock<T>> {
        let guard = ManuallyDrop::new(self);
        // SAFETY: `guard` is neither used nor dropped any more, so this moves the `Arc` out of it.
        unsafe { ptr::read(&raw const guard.lock) }
    }
}

impl<T: ?Sized, U: ?Sized> Deref for OwnedMappedLockGuard<T, U> {
    type Target = U;

    #[inline]
    fn deref(&self) -> &U {
        // SAFETY: the pointer was made from a `&mut` into the locked value, which this guard's share keeps alive; the lock is
        // still held, and this guard is the only one.
        unsafe { self.part.as_ref() }
    }
}

impl<T: ?Sized, U: ?Sized> DerefMut for OwnedMappedLockGuard<T, U> {
    #[inline]
    fn deref_mut(&mut self) -> &mut U {
        // SAFETY: as in `deref`, and `&mut self` excludes shared references.
        unsafe { self.part.as_mut() }
    }
}

impl<T: ?Sized, U: ?Sized> Drop for OwnedMappedLockGuard<T, U> {
    #[inline]
    fn drop(&mut self) {
        if torn_down() {
            return;
        }
        // SAFETY: made from a guard whose release was given up in its favour. The share of the lock lives until after this
        // call.
        unsafe { self.lock.raw.unlock() }
    }
}

impl<T: ?Sized, U: ?Sized + fmt::Debug> fmt::Debug for OwnedMappedLockGuard<T, U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized, U: ?Sized + fmt::Display> fmt::Display for OwnedMappedLockGuard<T, U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
