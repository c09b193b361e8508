//! The guards that own a share of the lock, an `Arc`: of the whole value, and of a part of it; and the calls that make them.
//!
//! What [`crate::lock`]'s `owned` says of the last owner and of what a shared guard must not give away holds here too: release
//! first, share second, and there is no way from a guard to its lock. Beyond that:
//!
//! 1. *Each guard has a share of its own*, so the lock lives as long as an owned guard of any level.
//! 2. A guard gives up its level first and its share second. If that is the last share nobody has a guard any more, since those that
//!    borrow the lock borrow it from a share: the value is dropped with the lock free (but for levels that were leaked), by the
//!    thread that held it.

use super::{NotSend, RLock, RLockMut};
use crate::platform::{Duration, Instant, Patience, torn_down};
use crate::raw_lock::RawLock;
use crate::raw_rlock::RawRLock;
use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::ptr::{self, NonNull};
use std::sync::Arc;

impl<T: ?Sized> RLock<T> {
    /// [`lock`](RLock::lock), with a guard that owns a share of the lock instead of borrowing it.
    ///
    /// ```
    /// use std::{cell::RefCell, sync::Arc};
    /// use tollgate::{OwnedRLockGuard, RLock};
    ///
    /// /// Needs no lifetime.
    /// struct Session {
    ///     log: OwnedRLockGuard<RefCell<Vec<String>>>,
    /// }
    ///
    /// let log = Arc::new(RLock::new(RefCell::new(vec![])));
    /// let session = Session { log: log.lock_owned() };
    /// session.log.borrow_mut().push("begun".to_owned());
    /// log.lock().borrow_mut().push("in the same thread".to_owned());
    /// drop(session);
    /// assert!(!log.is_locked());
    /// ```
    ///
    /// # Panics
    ///
    /// See [`RLock`](RLock#panics).
    ///
    /// # Cost
    ///
    /// Beside that of [`lock`](RLock::lock), a clone of the `Arc` for a guard, and its drop, also for one level more; an attempt that
    /// fails clones nothing.
    #[inline]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn lock_owned(self: &Arc<Self>) -> OwnedRLockGuard<T> {
        self.raw.acquire();
        OwnedRLockGuard::new(Arc::clone(self))
    }

    /// [`try_lock`](RLock::try_lock), for a guard that owns a share of the lock.
    ///
    /// # Panics
    ///
    /// See [`RLock`](RLock#panics).
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::time::{Duration, Instant};
    /// use tollgate::RLock;
    ///
    /// let (lock, short) = (Arc::new(RLock::new(1)), Duration::from_millis(1));
    /// let _first = lock.try_lock_owned().unwrap();
    /// let _second = lock.lock_owned_timeout(short).unwrap(); // it is ours
    /// let theirs = Arc::clone(&lock);
    /// std::thread::spawn(move || assert!(theirs.lock_owned_deadline(Instant::now() + short).is_none())).join().unwrap();
    /// ```
    #[inline]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn try_lock_owned(self: &Arc<Self>) -> Option<OwnedRLockGuard<T>> {
        self.lock_owned_within(Patience::None)
    }

    /// [`lock_timeout`](RLock::lock_timeout), for a guard that owns a share of the lock.
    ///
    /// # Panics
    ///
    /// See [`RLock`](RLock#panics).
    ///
    /// An example: [`try_lock_owned`](Self::try_lock_owned).
    #[inline]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn lock_owned_timeout(self: &Arc<Self>, timeout: Duration) -> Option<OwnedRLockGuard<T>> {
        self.lock_owned_within(Patience::timeout(timeout))
    }

    /// [`lock_deadline`](RLock::lock_deadline), for a guard that owns a share of the lock.
    ///
    /// # Panics
    ///
    /// See [`RLock`](RLock#panics).
    ///
    /// An example: [`try_lock_owned`](Self::try_lock_owned).
    #[inline]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn lock_owned_deadline(self: &Arc<Self>, deadline: Instant) -> Option<OwnedRLockGuard<T>> {
        self.lock_owned_within(Patience::Until(deadline))
    }

    #[inline]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    fn lock_owned_within(self: &Arc<Self>, patience: Patience) -> Option<OwnedRLockGuard<T>> {
        self.raw.acquire_within(patience).then(|| OwnedRLockGuard::new(Arc::clone(self)))
    }
}

/// The right to look at the value of an [`RLock`], and a share in its ownership. Dropping it gives back one level, and then the
/// share: the last owner frees lock and value.
///
/// Made by [`RLock::lock_owned`] and its other forms. Apart from the lifetime that it lacks it is an
/// [`RLockGuard`](crate::RLockGuard): one level like any other, in the thread that locked, with which a
/// [`Condition`](crate::Condition) can be waited on. One that is leaked leaves the lock with its thread, and never freed.
///
/// ```compile_fail,E0277
/// let lock = std::sync::Arc::new(tollgate::RLock::new(0));
/// let guard = lock.lock_owned();
/// std::thread::spawn(move || drop(guard));
/// ```
///
/// It does not lend the value mutably but through [`OwnedRLockGuard::get_mut`]:
///
/// ```compile_fail,E0594
/// let lock = std::sync::Arc::new(tollgate::RLock::new(0));
/// let mut guard = lock.lock_owned();
/// *guard = 1;
/// ```
///
/// An example: [`RLock::lock_owned`].
#[must_use = "the lock is given back as soon as its guard is dropped"]
pub struct OwnedRLockGuard<T: ?Sized> {
    lock: Arc<RLock<T>>,
    not_send: NotSend,
}

// SAFETY: a shared guard gives `&T` alone; there is no way from it to the `Arc`.
unsafe impl<T: ?Sized + Sync> Sync for OwnedRLockGuard<T> {}

impl<T: ?Sized> OwnedRLockGuard<T> {
    /// The calling thread has just acquired `lock`.
    #[inline]
    fn new(lock: Arc<RLock<T>>) -> Self {
        OwnedRLockGuard { lock, not_send: PhantomData }
    }

    /// The lock that this guard and the others of its thread hold together.
    pub(crate) fn raw(&self) -> &RawLock {
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
    /// Nothing but a release of [`raw`](OwnedRLockGuard::raw), an acquisition and [`step_in`](OwnedRLockGuard::step_in) follows. At a
    /// greater depth than 1 the value is `Sync`.
    pub(crate) unsafe fn step_out(&mut self) -> u32 {
        // SAFETY: the guard is in the thread that holds the lock, as in `levels`, and borrowed exclusively; the rest is the
        // caller's.
        unsafe { self.lock.raw.step_out() }
    }

    /// The end of [`step_out`](OwnedRLockGuard::step_out).
    ///
    /// # Safety
    ///
    /// [`raw`](OwnedRLockGuard::raw) has been acquired again, and `levels` are those that `step_out` returned.
    pub(crate) unsafe fn step_in(&mut self, levels: u32) {
        // SAFETY: by contract.
        unsafe { self.lock.raw.step_in(levels) }
    }

    /// The value, mutably, if nothing else lends it: see [`RLockGuard::get_mut`](crate::RLockGuard::get_mut).
    ///
    /// ```
    /// use std::sync::Arc;
    /// use tollgate::{OwnedRLockGuard, RLock};
    ///
    /// let list = Arc::new(RLock::new(vec![1]));
    /// let mut guard = list.lock_owned();
    /// OwnedRLockGuard::get_mut(&mut guard).unwrap().push(2);
    /// let again = list.lock();
    /// assert!(OwnedRLockGuard::get_mut(&mut guard).is_none()); // `again` may be looking
    /// assert_eq!(*again, [1, 2]);
    /// ```
    ///
    /// The borrow ends before the guard does, which may free the value:
    ///
    /// ```compile_fail,E0505
    /// # use tollgate::{OwnedRLockGuard, RLock};
    /// let mut guard = std::sync::Arc::new(RLock::new(1)).lock_owned();
    /// let mut value = OwnedRLockGuard::get_mut(&mut guard).unwrap();
    /// drop(guard);
    /// *value = 2;
    /// ```
    #[inline]
    pub fn get_mut(guard: &mut Self) -> Option<RLockMut<'_, T>> {
        let lock = &*guard.lock;
        // SAFETY: the guard is in the thread that holds the lock, as in `levels`; it is borrowed for as long as what is returned
        // lives.
        unsafe { lock.raw.borrow() }.then(|| RLockMut::new(lock))
    }

    /// A guard for a part of the value. It too owns a share of the whole.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use tollgate::{OwnedRLockGuard, RLock};
    ///
    /// let name = OwnedRLockGuard::map(Arc::new(RLock::new((1, "one"))).lock_owned(), |pair| &pair.1);
    /// assert_eq!(*name, "one");
    /// ```
    ///
    /// # Panics
    ///
    /// If `part` panics, the guard is dropped.
    pub fn map<U: ?Sized>(guard: Self, part: impl FnOnce(&T) -> &U) -> OwnedMappedRLockGuard<T, U> {
        let part = NonNull::from(part(&guard));
        OwnedMappedRLockGuard::new(guard.into_lock(), part)
    }

    /// A guard for a part of the value, if it has that part; the guard of the whole otherwise. See
    /// [`RLockGuard::try_map`](crate::RLockGuard::try_map).
    ///
    /// # Errors
    ///
    /// The guard, if `part` gives none.
    ///
    /// # Panics
    ///
    /// If `part` panics, the guard is dropped.
    ///
    /// An example: [`RLockGuard::try_map`](super::RLockGuard::try_map).
    pub fn try_map<U: ?Sized>(
        guard: Self,
        part: impl FnOnce(&T) -> Option<&U>,
    ) -> Result<OwnedMappedRLockGuard<T, U>, Self> {
        match part(&guard).map(NonNull::from) {
            Some(part) => Ok(OwnedMappedRLockGuard::new(guard.into_lock(), part)),
            None => Err(guard),
        }
    }

    /// The share of the lock, of which this guard's level stays held.
    fn into_lock(self) -> Arc<RLock<T>> {
        let guard = ManuallyDrop::new(self);
        // SAFETY: `guard` is neither used nor dropped any more, so this moves the `Arc` out of it.
        unsafe { ptr::read(&raw const guard.lock) }
    }
}

impl<T: ?Sized> Deref for OwnedRLockGuard<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: as for an `RLockGuard`: the guard's thread holds the lock, or is waiting with a value that is `Sync`; and by
        // invariant 3 of the lock a mutable reference exists only while this guard, the only one, is borrowed exclusively.
        self.lock.value.with(|value| unsafe { &*value })
    }
}

impl<T: ?Sized> Drop for OwnedRLockGuard<T> {
    #[inline]
    fn drop(&mut self) {
        if torn_down() {
            return;
        }
        // SAFETY: a guard exists only in the thread that holds the lock, and this one is gone. Its share of the lock lives until
        // after this call.
        unsafe { RawRLock::release(&raw const self.lock.raw) }
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for OwnedRLockGuard<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for OwnedRLockGuard<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// The right to look at a part of the value of an [`RLock`], and a share in the ownership of the whole. Made by
/// [`OwnedRLockGuard::map`] and [`OwnedRLockGuard::try_map`]. Dropping it gives back one level, and then the share.
///
/// A [`Condition`](crate::Condition) does not take it: at depth 1 waiting would release the lock while the part is still
/// pointed at.
///
/// ```compile_fail,E0277
/// use std::sync::Arc;
/// use tollgate::{Condition, OwnedRLockGuard, RLock};
///
/// let lock = Arc::new(RLock::new((1, 2)));
/// let mut part = OwnedRLockGuard::map(lock.lock_owned(), |pair| &pair.0);
/// Condition::new().wait(&mut part);
/// ```
///
/// A part may be a borrow of something else, which the guard then must not outlive, whatever the lifetime in its type stands for:
///
/// ```compile_fail
/// use std::{marker::PhantomData, sync::Arc};
/// use tollgate::{OwnedMappedRLockGuard, OwnedRLockGuard, RLock};
///
/// type Part<'c> = (String, PhantomData<fn(&'c ())>); // a Part<'c> is a Part<'static>
///
/// fn extended<'c>(victim: &'c Part<'c>) -> OwnedMappedRLockGuard<i32, Part<'static>> {
///     let step: OwnedMappedRLockGuard<i32, Part<'c>> = OwnedRLockGuard::map(Arc::new(RLock::new(0)).lock_owned(), |_| victim);
///     step // the type of the guard is not that generous
/// }
/// ```
///
/// An example: [`OwnedRLockGuard::map`].
#[must_use = "the lock is given back as soon as its guard is dropped"]
pub struct OwnedMappedRLockGuard<T: ?Sized, U: ?Sized> {
    lock: Arc<RLock<T>>,
    part: NonNull<U>,
    /// Invariant in `U`, which a `NonNull` is not: a lifetime in `U` is one that the part may borrow for, and must not grow.
    invariant: PhantomData<*mut U>,
    not_send: NotSend,
}

// SAFETY: a shared guard gives `&U` alone; the whole is used by nobody but the thread that drops the guard.
unsafe impl<T: ?Sized, U: ?Sized + Sync> Sync for OwnedMappedRLockGuard<T, U> {}

impl<T: ?Sized, U: ?Sized> OwnedMappedRLockGuard<T, U> {
    /// A level of `lock` is held, and `part` was made from a `&` into its value; both are given up in favour of this guard.
    fn new(lock: Arc<RLock<T>>, part: NonNull<U>) -> Self {
        OwnedMappedRLockGuard { lock, part, invariant: PhantomData, not_send: PhantomData }
    }

    /// A guard for a part of the part, which must not borrow anything: the new guard does not know `U`, nor how long that lives.
    /// [`OwnedMappedLockGuard::map`](crate::OwnedMappedLockGuard::map) has the reason.
    ///
    /// ```compile_fail,E0521
    /// use std::sync::Arc;
    /// use tollgate::{OwnedMappedRLockGuard, OwnedRLockGuard, RLock};
    ///
    /// fn extended<'c>(victim: &'c String, token: &'c ()) -> OwnedMappedRLockGuard<i32, String> {
    ///     let step: OwnedMappedRLockGuard<i32, &'c ()> =
    ///         OwnedRLockGuard::map(Arc::new(RLock::new(0)).lock_owned(), |_| Box::leak(Box::new(token)));
    ///     OwnedMappedRLockGuard::map(step, |_: &&'c ()| victim)
    /// }
    /// ```
    ///
    /// ```
    /// use std::sync::Arc;
    /// use tollgate::{OwnedMappedRLockGuard, OwnedRLockGuard, RLock};
    ///
    /// let lock = Arc::new(RLock::new((vec![1, 2], "rest")));
    /// let items = OwnedRLockGuard::map(lock.lock_owned(), |pair| &pair.0);
    /// let Err(items) = OwnedMappedRLockGuard::try_map(items, |items| items.get(9)) else { panic!("two items") };
    /// assert_eq!(*OwnedMappedRLockGuard::map(items, |items| &items[0]), 1);
    /// assert!(!lock.is_locked());
    /// ```
    ///
    /// # Panics
    ///
    /// If `part` panics, the guard is dropped.
    pub fn map<V: ?Sized>(guard: Self, part: impl FnOnce(&U) -> &V) -> OwnedMappedRLockGuard<T, V>
    where
        U: 'static,
    {
        let part = NonNull::from(part(&guard));
        OwnedMappedRLockGuard::new(guard.into_lock(), part)
    }

    /// A guard for a part of the part, if there is one; this guard otherwise. See
    /// [`RLockGuard::try_map`](crate::RLockGuard::try_map), and [`map`](OwnedMappedRLockGuard::map) for why the part must not borrow.
    ///
    /// ```compile_fail,E0521
    /// use std::sync::Arc;
    /// use tollgate::{OwnedMappedRLockGuard, OwnedRLockGuard, RLock};
    ///
    /// fn extended<'c>(victim: &'c String, token: &'c ()) -> OwnedMappedRLockGuard<i32, String> {
    ///     let step: OwnedMappedRLockGuard<i32, &'c ()> =
    ///         OwnedRLockGuard::map(Arc::new(RLock::new(0)).lock_owned(), |_| Box::leak(Box::new(token)));
    ///     OwnedMappedRLockGuard::try_map(step, |_: &&'c ()| Some(victim)).ok().unwrap()
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// The guard, if `part` gives none.
    ///
    /// # Panics
    ///
    /// If `part` panics, the guard is dropped.
    ///
    /// An example: [`map`](Self::map).
    pub fn try_map<V: ?Sized>(
        guard: Self,
        part: impl FnOnce(&U) -> Option<&V>,
    ) -> Result<OwnedMappedRLockGuard<T, V>, Self>
    where
        U: 'static,
    {
        match part(&guard).map(NonNull::from) {
            Some(part) => Ok(OwnedMappedRLockGuard::new(guard.into_lock(), part)),
            None => Err(guard),
        }
    }

    /// The share of the lock, of which this guard's level stays held.
    fn into_lock(self) -> Arc<RLock<T>> {
        let guard = ManuallyDrop::new(self);
        // SAFETY: `guard` is neither used nor dropped any more, so this moves the `Arc` out of it.
        unsafe { ptr::read(&raw const guard.lock) }
    }
}

impl<T: ?Sized, U: ?Sized> Deref for OwnedMappedRLockGuard<T, U> {
    type Target = U;

    #[inline]
    fn deref(&self) -> &U {
        // SAFETY: the pointer was made from a `&` into the locked value, which this guard's share keeps alive; and this guard has
        // taken over the level of the one that lent it, so there has been no mutable reference since.
        unsafe { self.part.as_ref() }
    }
}

impl<T: ?Sized, U: ?Sized> Drop for OwnedMappedRLockGuard<T, U> {
    #[inline]
    fn drop(&mut self) {
        if torn_down() {
            return;
        }
        // SAFETY: made from a guard whose level was given up in its favour. The share of the lock lives until after this call.
        unsafe { RawRLock::release(&raw const self.lock.raw) }
    }
}

impl<T: ?Sized, U: ?Sized + fmt::Debug> fmt::Debug for OwnedMappedRLockGuard<T, U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized, U: ?Sized + fmt::Display> fmt::Display for OwnedMappedRLockGuard<T, U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
