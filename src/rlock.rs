//! `RLock<T>`: a value that one thread at a time may use, and that its thread may lock again.
//!
//! A [`RawRLock`] and the value. Several guards of one thread may be alive at once, so a guard lends `&T` alone. A mutable
//! borrow is a guard of its own, [`RLockMut`]: an exclusive borrow of the one [`RLockGuard`] there is does not keep its thread from
//! locking again and reading through the new guard, so re-entry has to know (invariant 3 of [`RawRLock`]'s module). A plain `&mut T`
//! could not tell when it ends.
//!
//! (R15 of the historical bugs: `std`'s guard was `Sync` for every `T`, and a `Cell` could be reached from two threads.)

use crate::platform::{Duration, Instant, Patience, UnsafeCell, torn_down};
use crate::raw_lock::RawLock;
use crate::raw_rlock::RawRLock;
use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

/// Mutual exclusion around a value, for a thread that may come by more than once.
///
/// Python's `threading.RLock` with the data inside. The thread that holds the lock takes it again at once, in every form, and
/// the lock is free when all its guards are gone, in whatever order. Not poisoned: guards dropped by a panic give back their
/// levels.
///
/// | Python | Rust |
/// |---|---|
/// | `with rlock: …` | `let guard = rlock.lock(); …` |
/// | `rlock.acquire(blocking=False)` | [`rlock.try_lock()`](RLock::try_lock) |
/// | `rlock.acquire(timeout=0.5)` | [`rlock.lock_timeout(Duration::from_millis(500))`](RLock::lock_timeout) |
/// | `rlock.locked()` | [`rlock.is_locked()`](RLock::is_locked) |
/// | `rlock._is_owned()`, `rlock._recursion_count()` (private) | [`rlock.is_owned()`](RLock::is_owned), [`rlock.depth()`](RLock::depth) |
///
/// ```
/// use std::cell::Cell;
/// use tollgate::RLock;
///
/// struct Account {
///     balance: RLock<Cell<i64>>,
/// }
///
/// impl Account {
///     fn deposit(&self, amount: i64) {
///         let balance = self.balance.lock();
///         balance.set(balance.get() + amount);
///     }
///
///     /// Both or neither are seen by others, though `deposit` locks too.
///     fn deposit_twice(&self, amount: i64) {
///         let _both = self.balance.lock();
///         self.deposit(amount);
///         self.deposit(amount);
///     }
/// }
///
/// let account = Account { balance: RLock::default() };
/// std::thread::scope(|s| {
///     for _ in 0..4 {
///         s.spawn(|| account.deposit_twice(1));
///     }
/// });
/// assert_eq!(account.balance.lock().get(), 8);
/// ```
///
/// A guard gives `&T`, since there may be others: put a `Cell` or `RefCell` inside, or use [`RLockGuard::get_mut`] where there is only
/// one. With a [`Condition`](crate::Condition), see [there](crate::Condition#over-an-rlock).
///
/// # Memory ordering
///
/// Everything before the last unlock happens before everything after the acquisition that follows it.
///
/// # Fairness
///
/// That of [`RawLock`]: barging, bounded by a hand-over to sleepers that have waited for about a millisecond.
/// The owner never waits.
///
/// # Panics
///
/// Every form of locking panics, and nothing has changed, when its thread already holds the lock
/// and has its value borrowed by [`RLockGuard::get_mut`], or holds 4,294,967,294 levels.
///
/// # Cost
///
/// 24 bytes beside the value. Uncontended, two atomic read-modify-write operations for the first lock and the last unlock,
/// none for those in between; no system call, no allocation.
pub struct RLock<T: ?Sized> {
    raw: RawRLock,
    value: UnsafeCell<T>,
}

// SAFETY: the lock hands out access to `T` to one thread at a time, so sharing it needs `T: Send` alone. (The exception, waiting at
// a depth greater than 1, asks for `T: Sync` itself.)
unsafe impl<T: ?Sized + Send> Sync for RLock<T> {}
// SAFETY: moving the lock moves the value.
unsafe impl<T: ?Sized + Send> Send for RLock<T> {}

/// `*const ()` is neither `Send` nor `Sync`: guards stay in their thread, whatever features are on.
type NotSend = PhantomData<*const ()>;

impl<T> RLock<T> {
    const_unless_loom! {
        /// A free lock around `value`.
        pub fn new(value: T) -> Self {
            RLock { raw: RawRLock::new(), value: UnsafeCell::new(value) }
        }
    }

    named!(raw);

    /// The value. Nobody can hold the lock, since it is owned here.
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<T: ?Sized> RLock<T> {
    /// Takes the lock: at once if the calling thread has it already, else when it is free.
    ///
    /// # Panics
    ///
    /// See [`RLock`](RLock#panics).
    #[inline]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn lock(&self) -> RLockGuard<'_, T> {
        self.raw.acquire();
        RLockGuard::new(self)
    }

    /// Takes the lock if it is free or the calling thread has it already.
    ///
    /// # Panics
    ///
    /// See [`RLock`](RLock#panics).
    #[inline]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn try_lock(&self) -> Option<RLockGuard<'_, T>> {
        self.lock_within(Patience::None)
    }

    /// Waits at most `timeout` for the lock; not at all if the calling thread has it already.
    ///
    /// `Duration::ZERO` is one look; `Duration::MAX` is for ever.
    ///
    /// # Panics
    ///
    /// See [`RLock`](RLock#panics).
    #[inline]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn lock_timeout(&self, timeout: Duration) -> Option<RLockGuard<'_, T>> {
        self.lock_within(Patience::timeout(timeout))
    }

    /// Waits for the lock until `deadline` at most; not at all if the calling thread has it already. A deadline that has passed is
    /// one look.
    ///
    /// # Panics
    ///
    /// See [`RLock`](RLock#panics).
    #[inline]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn lock_deadline(&self, deadline: Instant) -> Option<RLockGuard<'_, T>> {
        self.lock_within(Patience::Until(deadline))
    }

    #[inline]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    fn lock_within(&self, patience: Patience) -> Option<RLockGuard<'_, T>> {
        self.raw.acquire_within(patience).then(|| RLockGuard::new(self))
    }

    /// Whether some thread holds the lock at this moment. Unless it is the caller, it may have changed when the caller looks.
    #[inline]
    pub fn is_locked(&self) -> bool {
        self.raw.is_locked()
    }

    /// Whether the calling thread holds the lock.
    #[inline]
    pub fn is_owned(&self) -> bool {
        self.raw.is_owned()
    }

    /// How many times over the calling thread holds the lock: once for each of its guards, leaked ones included. 0 if it does not.
    #[inline]
    pub fn depth(&self) -> usize {
        self.raw.depth() as usize
    }

    /// The value, without locking: `&mut self` proves that nobody has the lock.
    #[inline]
    pub fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }
}

impl<T: Default> Default for RLock<T> {
    fn default() -> Self {
        RLock::new(T::default())
    }
}

impl<T> From<T> for RLock<T> {
    fn from(value: T) -> Self {
        RLock::new(value)
    }
}

/// Shows the value if the lock is free at this moment or held by the calling thread; never waits.
impl<T: ?Sized + fmt::Debug> fmt::Debug for RLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("RLock");
        // Also for the owner under a level of its own: the value's `Debug` may drop the other guards.
        let guard = if self.raw.refuses() { None } else { self.try_lock() };
        match guard {
            Some(guard) => debug.field("value", &&*guard),
            None => debug.field("value", &format_args!("<locked>")),
        };
        debug.finish()
    }
}

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
    fn new(lock: &'a RLock<T>) -> Self {
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
        unsafe { lock.raw.borrow() }.then(|| RLockMut { lock, exclusive: PhantomData, not_send: PhantomData })
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
        let raw = &guard.lock.raw;
        let _ = ManuallyDrop::new(guard);
        MappedRLockGuard { raw, part, shared: PhantomData, not_send: PhantomData }
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

/// The value of an [`RLock`], borrowed mutably from its only guard by [`RLockGuard::get_mut`].
///
/// While it lives, its thread must not lock again: that panics. One that is leaked ends with the next use of its guard that changes
/// it: a drop, a wait, another `get_mut`.
pub struct RLockMut<'a, T: ?Sized> {
    lock: &'a RLock<T>,
    exclusive: PhantomData<&'a mut T>,
    not_send: NotSend,
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

/// The right to look at a part of the value of an [`RLock`], made by [`RLockGuard::map`]. Dropping it gives back one level.
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
    /// A guard for a part of the part.
    pub fn map<V: ?Sized>(guard: Self, part: impl FnOnce(&U) -> &V) -> MappedRLockGuard<'a, V> {
        let part = NonNull::from(part(&guard));
        let raw = guard.raw;
        let _ = ManuallyDrop::new(guard);
        MappedRLockGuard { raw, part, shared: PhantomData, not_send: PhantomData }
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
