//! The guards that borrow the lock: of the whole value, and of a part of it.
//!
//! Both lend the value shared, and each is one level. Those that own a share of the lock: [`super::owned`].

use super::{NotSend, RLock, RLockMut};
use crate::platform::torn_down;
use crate::raw_lock::RawLock;
use crate::raw_rlock::RawRLock;
use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::ptr::NonNull;

/// The right to look at the value of an [`RLock`]. Dropping it gives back one level; the last one releases the lock.
///
/// Stays in the thread that locked: it is not `Send`. A guard that is leaked leaves the lock with its thread, and nothing worse.
///
/// ```compile_fail,E0277
/// let lock = tollgate::RLock::new(0);
/// let guard = lock.lock();
/// std::thread::scope(|s| {
///     s.spawn(move || drop(guard));
/// });
/// ```
///
/// It does not lend the value mutably but through [`RLockGuard::get_mut`]:
///
/// ```compile_fail,E0594
/// let lock = tollgate::RLock::new(0);
/// let mut guard = lock.lock();
/// *guard = 1;
/// ```
///
/// An example: [`RLock::lock`].
#[must_use = "the lock is given back as soon as its guard is dropped"]
pub struct RLockGuard<'a, T: ?Sized> {
    lock: &'a RLock<T>,
    not_send: NotSend,
}

// SAFETY: a shared guard gives `&T` alone.
unsafe impl<T: ?Sized + Sync> Sync for RLockGuard<'_, T> {}

impl<'a, T: ?Sized> RLockGuard<'a, T> {
    /// The calling thread has just acquired `lock`.
    #[inline]
    pub(super) fn new(lock: &'a RLock<T>) -> Self {
        RLockGuard { lock, not_send: PhantomData }
    }

    /// The lock that this guard and the others of its thread hold together.
    pub(crate) fn raw(&self) -> &'a RawLock {
        self.lock.raw.raw()
    }

    /// How many levels its thread holds.
    pub(crate) fn levels(&mut self) -> u32 {
        // SAFETY: a guard exists only in the thread that holds the lock, and `&mut` of one is there too, since it is not `Send`.
        unsafe { self.lock.raw.levels() }
    }

    /// Prepares the lock for being released as a whole.
    ///
    /// # Safety
    ///
    /// Nothing but a release of [`raw`](RLockGuard::raw), an acquisition and [`step_in`](RLockGuard::step_in) follows. At a greater
    /// depth than 1 the value is `Sync`.
    pub(crate) unsafe fn step_out(&mut self) -> u32 {
        // SAFETY: the guard is in the thread that holds the lock, as in `levels`, and borrowed exclusively; the rest is the
        // caller's.
        unsafe { self.lock.raw.step_out() }
    }

    /// The end of [`step_out`](RLockGuard::step_out).
    ///
    /// # Safety
    ///
    /// [`raw`](RLockGuard::raw) has been acquired again, and `levels` are those that `step_out` returned.
    pub(crate) unsafe fn step_in(&mut self, levels: u32) {
        // SAFETY: by contract.
        unsafe { self.lock.raw.step_in(levels) }
    }

    /// The value, mutably, if nothing else lends it: at depth 1, and while no other thread is in a
    /// [`wait_all_levels`](crate::Condition::wait_all_levels) with outer guards. Guards that were leaked count.
    ///
    /// Until the borrow is dropped, locking again panics.
    ///
    /// ```
    /// use tollgate::{RLock, RLockGuard};
    ///
    /// let list = RLock::new(vec![1]);
    /// let mut guard = list.lock();
    /// RLockGuard::get_mut(&mut guard).unwrap().push(2);
    ///
    /// let again = list.lock();
    /// assert!(RLockGuard::get_mut(&mut guard).is_none()); // `again` may be looking
    /// assert_eq!(*again, [1, 2]);
    /// ```
    ///
    /// The borrow ends before the guard is used again:
    ///
    /// ```compile_fail,E0502
    /// # use tollgate::{RLock, RLockGuard};
    /// let lock = RLock::new(1);
    /// let mut guard = lock.lock();
    /// let mut value = RLockGuard::get_mut(&mut guard).unwrap();
    /// let seen = &*guard;
    /// *value = 2;
    /// assert_eq!(*seen, 1);
    /// ```
    #[inline]
    pub fn get_mut(guard: &mut Self) -> Option<RLockMut<'_, T>> {
        let lock = guard.lock;
        // SAFETY: the guard is in the thread that holds the lock, as in `levels`; it is borrowed for as long as what is returned
        // lives.
        unsafe { lock.raw.borrow() }.then(|| RLockMut::new(lock))
    }

    /// A guard for a part of the value.
    ///
    /// An associated function, so that it does not hide a method of `T`: `RLockGuard::map(guard, |pair| &pair.0)`.
    ///
    /// ```
    /// use tollgate::{RLock, RLockGuard};
    ///
    /// let pair = RLock::new((1, "one"));
    /// let name = RLockGuard::map(pair.lock(), |pair| pair.1);
    /// assert_eq!(*name, *"one");
    /// assert_eq!(pair.depth(), 1);
    /// ```
    ///
    /// # Panics
    ///
    /// If `part` panics, the guard is dropped.
    pub fn map<U: ?Sized>(guard: Self, part: impl FnOnce(&T) -> &U) -> MappedRLockGuard<'a, U> {
        let part = NonNull::from(part(&guard));
        MappedRLockGuard::new(guard.into_raw(), part)
    }

    /// A guard for a part of the value, if it has that part; the guard of the whole otherwise. The level is held all the time.
    ///
    /// ```
    /// use tollgate::{RLock, RLockGuard};
    ///
    /// let list = RLock::new(vec![1, 2]);
    /// let second = RLockGuard::try_map(list.lock(), |list| list.get(1));
    /// assert_eq!(*second.unwrap(), 2);
    /// let whole = RLockGuard::try_map(list.lock(), |list| list.get(2)).unwrap_err();
    /// assert_eq!((whole.len(), list.depth()), (2, 1));
    /// ```
    ///
    /// # Errors
    ///
    /// The guard, if `part` gives none.
    ///
    /// # Panics
    ///
    /// If `part` panics, the guard is dropped.
    pub fn try_map<U: ?Sized>(
        guard: Self,
        part: impl FnOnce(&T) -> Option<&U>,
    ) -> Result<MappedRLockGuard<'a, U>, Self> {
        match part(&guard).map(NonNull::from) {
            Some(part) => Ok(MappedRLockGuard::new(guard.into_raw(), part)),
            None => Err(guard),
        }
    }

    /// The lock, of which this guard's level stays held.
    fn into_raw(self) -> &'a RawRLock {
        &ManuallyDrop::new(self).lock.raw
    }
}

impl<T: ?Sized> Deref for RLockGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the guard's thread holds the lock, or is waiting with a value that is `Sync`. A mutable reference exists only
        // while no guard but the one that it borrows exclusively does, by invariant 3 of the lock; and this one is borrowed.
        self.lock.value.with(|value| unsafe { &*value })
    }
}

impl<T: ?Sized> Drop for RLockGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        if torn_down() {
            return;
        }
        // SAFETY: a guard exists only in the thread that holds the lock, and this one is gone.
        unsafe { RawRLock::release(&raw const self.lock.raw) }
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RLockGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for RLockGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// The right to look at a part of the value of an [`RLock`], made by [`RLockGuard::map`] and
/// [`RLockGuard::try_map`]. Dropping it gives back one level.
///
/// A [`Condition`](crate::Condition) does not take it: at depth 1 waiting would release the lock while the part is still
/// pointed at.
///
/// ```compile_fail,E0277
/// use tollgate::{Condition, RLock, RLockGuard};
///
/// let lock = RLock::new((1, 2));
/// let mut part = RLockGuard::map(lock.lock(), |pair| &pair.0);
/// Condition::new().wait(&mut part);
/// ```
///
/// An example: [`RLockGuard::map`].
#[must_use = "the lock is given back as soon as its guard is dropped"]
pub struct MappedRLockGuard<'a, U: ?Sized> {
    raw: &'a RawRLock,
    part: NonNull<U>,
    shared: PhantomData<&'a U>,
    not_send: NotSend,
}

// SAFETY: a shared guard gives `&U` alone.
unsafe impl<U: ?Sized + Sync> Sync for MappedRLockGuard<'_, U> {}

impl<'a, U: ?Sized> MappedRLockGuard<'a, U> {
    /// A level of `raw` is held, and `part` was made from a `&` into its value; both are given up in favour of this guard.
    fn new(raw: &'a RawRLock, part: NonNull<U>) -> Self {
        MappedRLockGuard { raw, part, shared: PhantomData, not_send: PhantomData }
    }

    /// A guard for a part of the part.
    ///
    /// # Panics
    ///
    /// If `part` panics, the guard is dropped.
    ///
    /// An example: [`RLockGuard::map`].
    pub fn map<V: ?Sized>(guard: Self, part: impl FnOnce(&U) -> &V) -> MappedRLockGuard<'a, V> {
        let part = NonNull::from(part(&guard));
        MappedRLockGuard::new(ManuallyDrop::new(guard).raw, part)
    }

    /// A guard for a part of the part, if there is one; this guard otherwise. See [`RLockGuard::try_map`].
    ///
    /// # Errors
    ///
    /// The guard, if `part` gives none.
    ///
    /// # Panics
    ///
    /// If `part` panics, the guard is dropped.
    ///
    /// An example: [`RLockGuard::try_map`].
    pub fn try_map<V: ?Sized>(
        guard: Self,
        part: impl FnOnce(&U) -> Option<&V>,
    ) -> Result<MappedRLockGuard<'a, V>, Self> {
        match part(&guard).map(NonNull::from) {
            Some(part) => Ok(MappedRLockGuard::new(ManuallyDrop::new(guard).raw, part)),
            None => Err(guard),
        }
    }
}

impl<U: ?Sized> Deref for MappedRLockGuard<'_, U> {
    type Target = U;

    #[inline]
    fn deref(&self) -> &U {
        // SAFETY: the pointer was made from a `&` to the locked value, and this guard has taken over the level of the one that
        // lent it, so there has been no mutable reference since.
        unsafe { self.part.as_ref() }
    }
}

impl<U: ?Sized> Drop for MappedRLockGuard<'_, U> {
    #[inline]
    fn drop(&mut self) {
        if torn_down() {
            return;
        }
        // SAFETY: made from a guard whose level was given up in its favour.
        unsafe { RawRLock::release(self.raw) }
    }
}

impl<U: ?Sized + fmt::Debug> fmt::Debug for MappedRLockGuard<'_, U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<U: ?Sized + fmt::Display> fmt::Display for MappedRLockGuard<'_, U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
