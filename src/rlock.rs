//! `RLock<T>`: a value that one thread at a time may use, and that its thread may lock again.
//!
//! A [`RawRLock`] and the value. Several guards of one thread may be alive at once, so a guard lends `&T` alone. A mutable
//! borrow is a guard of its own, [`RLockMut`]: an exclusive borrow of the one [`RLockGuard`] there is does not keep its thread from
//! locking again and reading through the new guard, so re-entry has to know (invariant 3 of [`RawRLock`]'s module). A plain `&mut T`
//! could not tell when it ends.
//!
//! (R15 of the historical bugs: `std`'s guard was `Sync` for every `T`, and a `Cell` could be reached from two threads.)
//!
//! Guards come in two kinds: those that borrow the lock ([`guard`]), and those that own a share of it ([`owned`]).

mod exclusive;
mod guard;
mod owned;

pub use exclusive::RLockMut;
pub use guard::{MappedRLockGuard, RLockGuard};
pub use owned::{OwnedMappedRLockGuard, OwnedRLockGuard};

use crate::platform::{Duration, Instant, Patience, UnsafeCell};
use crate::raw_rlock::RawRLock;
use std::fmt;
use std::marker::PhantomData;

/// Mutual exclusion around a value, for a thread that may come by more than once.
///
/// Python's `threading.RLock` with the data inside. The thread that holds the lock takes it again at once, in every form, and
/// the lock is free when all its guards are gone, in whatever order.
///
/// | Python | Rust |
/// |---|---|
/// | `with rlock: …` | `let guard = rlock.lock(); …` |
/// | `rlock.acquire(blocking=False)` | [`rlock.try_lock()`](RLock::try_lock) |
/// | `rlock.acquire(timeout=0.5)` | [`rlock.lock_timeout(Duration::from_millis(500))`](RLock::lock_timeout) |
/// | `rlock.locked()` | [`rlock.is_locked()`](RLock::is_locked) |
/// | `rlock._is_owned()`, `rlock._recursion_count()` (private) | [`rlock.is_owned()`](RLock::is_owned), [`rlock.depth()`](RLock::depth) |
/// | a guard that borrows nothing | [`rlock.lock_owned()`](RLock::lock_owned), of an `Arc<RLock<T>>` |
///
/// # Python and Rust
///
/// Python:
///
/// ```python
/// from threading import RLock, Thread
///
/// class Account:
///     def __init__(self):
///         self.lock, self.balance = RLock(), 0
///
///     def deposit(self, amount):
///         with self.lock:
///             self.balance += amount
///
///     def deposit_twice(self, amount):
///         with self.lock:  # both or neither are seen by others, though deposit locks too
///             self.deposit(amount)
///             self.deposit(amount)
///
/// account = Account()
/// threads = [Thread(target=account.deposit_twice, args=(1,)) for _ in range(4)]
/// for thread in threads:
///     thread.start()
/// for thread in threads:
///     thread.join()
/// assert account.balance == 8
/// ```
///
/// Rust:
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
/// That of [`RawLock`](crate::RawLock#fairness): barging, bounded by a hand-over to sleepers that have waited for about a millisecond,
/// and by one to threads that have spun for 25 µs.
/// The owner never waits.
///
/// # Panics
///
/// Every form of locking panics, and nothing has changed, when its thread already holds the lock
/// and has its value borrowed by [`RLockGuard::get_mut`], or holds 4,294,967,294 levels.
///
/// # Errors
///
/// The `try_` and timed forms are `None` if the lock was not to be had. For its owner they always succeed.
///
/// # Cancellation
///
/// A wait ends with the lock or with its time; nothing else interrupts it. One that gives up leaves nothing behind.
///
/// # Poisoning
///
/// There is none. Guards that a panic drops give back their levels, and the last one releases the lock; the next thread sees the value as
/// the panic left it. A panic that is caught further out, where outer guards are alive, gives back the inner levels alone.
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
        ///
        /// An example: [`lock`](Self::lock).
        pub fn new(value: T) -> Self {
            RLock { raw: RawRLock::new(), value: UnsafeCell::new(value) }
        }
    }

    named!(raw);

    /// The value. Nobody can hold the lock, since it is owned here.
    ///
    /// An example: [`lock`](Self::lock).
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
    ///
    /// ```
    /// use tollgate::{RLock, RLockGuard};
    ///
    /// let mut lock = RLock::new(vec![1]);
    /// {
    ///     let mut outer = lock.lock();
    ///     RLockGuard::get_mut(&mut outer).unwrap().push(2); // at depth 1
    ///     let inner = lock.lock(); // at once: it is ours
    ///     assert_eq!((inner.len(), lock.depth(), lock.is_owned()), (2, 2, true));
    /// } // the last guard releases it
    /// assert!(!lock.is_locked());
    /// lock.get_mut().push(3);
    /// assert_eq!(lock.into_inner(), [1, 2, 3]);
    /// ```
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
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    /// use tollgate::RLock;
    ///
    /// let (lock, short) = (RLock::new(0), Duration::from_millis(1));
    /// let _held = lock.try_lock().unwrap();
    /// assert!(lock.try_lock().is_some() && lock.lock_timeout(short).is_some());
    /// std::thread::scope(|s| {
    ///     s.spawn(|| assert!(lock.try_lock().is_none() && lock.lock_deadline(Instant::now() + short).is_none()));
    /// });
    /// ```
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
    ///
    /// An example: [`try_lock`](Self::try_lock).
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
    ///
    /// An example: [`try_lock`](Self::try_lock).
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
    ///
    /// An example: [`lock`](Self::lock).
    #[inline]
    pub fn is_locked(&self) -> bool {
        self.raw.is_locked()
    }

    /// Whether the calling thread holds the lock.
    ///
    /// An example: [`lock`](Self::lock).
    #[inline]
    pub fn is_owned(&self) -> bool {
        self.raw.is_owned()
    }

    /// How many times over the calling thread holds the lock: once for each of its guards, leaked ones included. 0 if it does not.
    ///
    /// An example: [`lock`](Self::lock).
    #[inline]
    pub fn depth(&self) -> usize {
        self.raw.depth() as usize
    }

    /// The value, without locking: `&mut self` proves that nobody has the lock.
    ///
    /// An example: [`lock`](Self::lock).
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
