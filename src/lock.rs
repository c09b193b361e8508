//! `Lock<T>`: a value that one thread at a time may use.
//!
//! A [`RawLock`] and the value. The guard is the right to both: it exists only while its thread holds the lock, so a
//! `&T` or `&mut T` borrowed from it is exclusive. A mapped guard is a type of its own and not accepted by
//! [`Condition`](crate::Condition): waiting releases the lock, and another thread could meanwhile change the value that
//! the mapped pointer points into (an enum's variant, a vector's buffer).

use crate::platform::{Duration, Instant, Patience, UnsafeCell, torn_down};
use crate::raw_lock::RawLock;
use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

/// Mutual exclusion around a value.
///
/// Python's `threading.Lock` with the data inside. Not reentrant, and not poisoned: when a thread panics while it
/// holds the lock, the guard releases it on the way out and the next thread sees the value as the panic left it, as in
/// Python. A value that must not be seen half-changed needs to be repaired or marked by whoever changes it.
///
/// | Python | Rust |
/// |---|---|
/// | `with lock: …` | `let guard = lock.lock(); …` |
/// | `lock.acquire(blocking=False)` | [`lock.try_lock()`](Lock::try_lock) |
/// | `lock.acquire(timeout=0.5)` | [`lock.lock_timeout(Duration::from_millis(500))`](Lock::lock_timeout) |
/// | `lock.locked()` | [`lock.is_locked()`](Lock::is_locked) |
/// | release by another thread | [`RawLock`] |
///
/// ```
/// use tollgate::Lock;
///
/// static TOTAL: Lock<u64> = Lock::new(0);
///
/// std::thread::scope(|s| {
///     for _ in 0..4 {
///         s.spawn(|| *TOTAL.lock() += 1);
///     }
/// });
/// assert_eq!(*TOTAL.lock(), 4);
/// ```
///
/// # Memory ordering
///
/// Everything before the release of a lock happens before everything after the acquisition that follows it.
///
/// # Fairness
///
/// That of [`RawLock`]: barging, bounded by a hand-over to sleepers that have waited for about a millisecond.
///
/// # Cost
///
/// Four bytes beside the value. Uncontended, two atomic read-modify-write operations for a lock and unlock pair, no
/// system call, no allocation. A contended lock spins for at most 30 µs before each sleep.
pub struct Lock<T: ?Sized> {
    raw: RawLock,
    value: UnsafeCell<T>,
}

// SAFETY: the lock hands out access to `T` to one thread at a time, so sharing it needs `T: Send` alone.
unsafe impl<T: ?Sized + Send> Sync for Lock<T> {}
// SAFETY: moving the lock moves the value.
unsafe impl<T: ?Sized + Send> Send for Lock<T> {}

/// `*const ()` is neither `Send` nor `Sync`: guards stay in their thread, whatever features are on.
type NotSend = PhantomData<*const ()>;

impl<T> Lock<T> {
    const_unless_loom! {
        /// A free lock around `value`.
        pub fn new(value: T) -> Self {
            Lock { raw: RawLock::new(), value: UnsafeCell::new(value) }
        }
    }

    /// The value. Nobody else can hold the lock, since it is owned here.
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<T: ?Sized> Lock<T> {
    /// Waits until the lock is free and takes it.
    ///
    /// A thread that locks twice without unlocking waits for itself, for ever.
    #[inline]
    pub fn lock(&self) -> LockGuard<'_, T> {
        self.raw.acquire();
        LockGuard::new(self)
    }

    /// Takes the lock if it is free.
    #[inline]
    pub fn try_lock(&self) -> Option<LockGuard<'_, T>> {
        self.lock_within(Patience::None)
    }

    /// Waits at most `timeout` for the lock.
    ///
    /// `Duration::ZERO` is one look; `Duration::MAX` is for ever.
    #[inline]
    pub fn lock_timeout(&self, timeout: Duration) -> Option<LockGuard<'_, T>> {
        self.lock_within(Patience::timeout(timeout))
    }

    /// Waits for the lock until `deadline` at most. A deadline that has passed is one look.
    #[inline]
    pub fn lock_deadline(&self, deadline: Instant) -> Option<LockGuard<'_, T>> {
        self.lock_within(Patience::Until(deadline))
    }

    #[inline]
    fn lock_within(&self, patience: Patience) -> Option<LockGuard<'_, T>> {
        self.raw.acquire_within(patience).then(|| LockGuard::new(self))
    }

    /// Whether some thread holds the lock at this moment. True or false, it may have changed when the caller looks.
    #[inline]
    pub fn is_locked(&self) -> bool {
        self.raw.is_locked()
    }

    /// The value, without locking: `&mut self` proves that nobody else has the lock.
    #[inline]
    pub fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }
}

impl<T: Default> Default for Lock<T> {
    fn default() -> Self {
        Lock::new(T::default())
    }
}

impl<T> From<T> for Lock<T> {
    fn from(value: T) -> Self {
        Lock::new(value)
    }
}

/// Shows the value if the lock is free at this moment; never waits.
impl<T: ?Sized + fmt::Debug> fmt::Debug for Lock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Lock");
        match self.try_lock() {
            Some(guard) => debug.field("value", &&*guard),
            None => debug.field("value", &format_args!("<locked>")),
        };
        debug.finish()
    }
}

/// The right to use the value of a [`Lock`]. Dropping it releases the lock.
///
/// Stays in the thread that locked: it is not `Send`. A guard that is leaked leaves the lock locked, and nothing worse.
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
    fn new(lock: &'a Lock<T>) -> Self {
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
        let raw = guard.raw();
        let _ = ManuallyDrop::new(guard);
        MappedLockGuard { raw, part, exclusive: PhantomData, not_send: PhantomData }
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

/// The right to use a part of the value of a [`Lock`], made by [`LockGuard::map`]. Dropping it releases the lock.
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
    /// A guard for a part of the part.
    pub fn map<V: ?Sized>(mut guard: Self, part: impl FnOnce(&mut U) -> &mut V) -> MappedLockGuard<'a, V> {
        let part = NonNull::from(part(&mut guard));
        let raw = guard.raw;
        let _ = ManuallyDrop::new(guard);
        MappedLockGuard { raw, part, exclusive: PhantomData, not_send: PhantomData }
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
