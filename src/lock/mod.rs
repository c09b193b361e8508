//! `Lock<T>`: a value that one thread at a time may use.
//!
//! A [`RawLock`] and the value. The guard is the right to both: it exists only while its thread holds the lock, so a
//! `&T` or `&mut T` borrowed from it is exclusive. A mapped guard is a type of its own and not accepted by
//! [`Condition`](crate::Condition): waiting releases the lock, and another thread could meanwhile change the value that
//! the mapped pointer points into (an enum's variant, a vector's buffer).
//!
//! Guards come in two kinds: those that borrow the lock ([`guard`]), and those that own a share of it ([`owned`]).

mod guard;
mod owned;

pub use guard::{LockGuard, MappedLockGuard};
pub use owned::{OwnedLockGuard, OwnedMappedLockGuard};

use crate::platform::{Duration, Instant, Patience, UnsafeCell};
use crate::raw_lock::RawLock;
use crate::watch::{Kind, Tag};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// Mutual exclusion around a value.
///
/// Python's `threading.Lock` with the data inside. Not reentrant, and not [poisoned](#poisoning).
///
/// | Python | Rust |
/// |---|---|
/// | `with lock: …` | `let guard = lock.lock(); …` |
/// | `lock.acquire(blocking=False)` | [`lock.try_lock()`](Lock::try_lock) |
/// | `lock.acquire(timeout=0.5)` | [`lock.lock_timeout(Duration::from_millis(500))`](Lock::lock_timeout) |
/// | `lock.locked()` | [`lock.is_locked()`](Lock::is_locked) |
/// | release by another thread | [`RawLock`] |
/// | a guard that borrows nothing | [`lock.lock_owned()`](Lock::lock_owned), of an `Arc<Lock<T>>` |
///
/// # Python and Rust
///
/// Python:
///
/// ```python
/// from threading import Lock, Thread
///
/// total, lock = 0, Lock()
///
/// def add(n):
///     global total
///     with lock:
///         total += n
///
/// threads = [Thread(target=add, args=(n,)) for n in range(4)]
/// for thread in threads:
///     thread.start()
/// for thread in threads:
///     thread.join()
/// assert total == 6
/// ```
///
/// Rust:
///
/// ```
/// use tollgate::Lock;
///
/// static TOTAL: Lock<u64> = Lock::new(0);
///
/// std::thread::scope(|s| {
///     for n in 0..4 {
///         s.spawn(move || *TOTAL.lock() += n);
///     }
/// });
/// assert_eq!(*TOTAL.lock(), 6);
/// ```
///
/// # Reading and replacing the value
///
/// A guard without a name lives to the end of its statement:
///
/// ```
/// # use tollgate::Lock;
/// # use std::time::Duration;
/// let lock = Lock::new(vec![1]);
/// let copy = lock.lock().clone(); // if the clone panics, the lock is released
/// let old = std::mem::replace(&mut *lock.lock(), vec![2]);
/// assert_eq!(copy, old);
/// # let one_second = Duration::from_secs(1);
/// let old = lock.lock_timeout(one_second).map(|mut value| std::mem::take(&mut *value));
/// assert_eq!(old, Some(vec![2]));
/// ```
///
/// The names are what keeps the old values until the lock is free. An assignment (`*lock.lock() = new`) and a `drop` around the
/// `replace` run their destructors *under* the lock, and one that uses this lock waits for itself. There are no methods
/// `get_cloned`, `set` and `replace` (`std` has them on nightly only): each would wait in one way alone, where a guard can be
/// had in four.
///
/// # Memory ordering
///
/// Everything before the release of a lock happens before everything after the acquisition that follows it.
///
/// # Fairness
///
/// That of [`RawLock`]: barging, bounded by a hand-over to sleepers that have waited for about a millisecond,
/// and by one to threads that have spun for 25 µs.
///
/// # Panics
///
/// No call panics. A thread that locks twice waits for itself: for ever, or until its time is up.
///
/// # Errors
///
/// The `try_` and timed forms are `None` if the lock was not to be had.
///
/// # Cancellation
///
/// A wait ends with the lock or with its time; nothing else interrupts it. One that gives up leaves nothing behind: the lock is as if it
/// had not been asked for, and if it was handed over just then, it is taken, and the call succeeds.
///
/// # Poisoning
///
/// There is none. When a thread panics while it holds the lock, the guard releases it on the way out, and the next thread sees the value
/// as the panic left it, as in Python. A value that must not be seen half-changed has to be repaired or marked by whoever changes
/// it. A guard that is leaked leaves the lock locked.
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
        ///
        /// An example: [`lock`](Self::lock).
        pub fn new(value: T) -> Self {
            Lock::tagged(Tag::new(Kind::Lock), value)
        }
    }

    const_unless_loom! {
        /// A free lock that the watch knows by this tag.
        pub(crate) fn tagged(tag: Tag, value: T) -> Self {
            Lock { raw: RawLock::tagged(tag), value: UnsafeCell::new(value) }
        }
    }

    named!(raw);

    /// The value. Nobody else can hold the lock, since it is owned here.
    ///
    /// An example: [`lock`](Self::lock).
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<T: ?Sized> Lock<T> {
    /// Waits until the lock is free and takes it.
    ///
    /// A thread that locks twice without unlocking waits for itself, for ever.
    ///
    /// ```
    /// use tollgate::Lock;
    ///
    /// let mut lock = Lock::new(1);
    /// {
    ///     let mut value = lock.lock();
    ///     *value += 1;
    ///     assert!(lock.is_locked());
    /// } // released
    /// *lock.get_mut() += 1; // `&mut lock`: nobody else has it
    /// assert_eq!(lock.into_inner(), 3);
    /// ```
    #[inline]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn lock(&self) -> LockGuard<'_, T> {
        self.raw.acquire();
        LockGuard::new(self)
    }

    /// Takes the lock if it is free.
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    /// use tollgate::Lock;
    ///
    /// let (lock, short) = (Lock::new(1), Duration::from_millis(1));
    /// let held = lock.try_lock().unwrap();
    /// assert!(lock.try_lock().is_none());
    /// assert!(lock.lock_timeout(short).is_none());
    /// assert!(lock.lock_deadline(Instant::now() + short).is_none());
    /// drop(held);
    /// assert_eq!(lock.lock_timeout(short).map(|value| *value), Some(1));
    /// ```
    #[inline]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn try_lock(&self) -> Option<LockGuard<'_, T>> {
        self.lock_within(Patience::None)
    }

    /// Waits at most `timeout` for the lock.
    ///
    /// `Duration::ZERO` is one look; `Duration::MAX` is for ever.
    ///
    /// An example: [`try_lock`](Self::try_lock).
    #[inline]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn lock_timeout(&self, timeout: Duration) -> Option<LockGuard<'_, T>> {
        self.lock_within(Patience::timeout(timeout))
    }

    /// Waits for the lock until `deadline` at most. A deadline that has passed is one look.
    ///
    /// An example: [`try_lock`](Self::try_lock).
    #[inline]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn lock_deadline(&self, deadline: Instant) -> Option<LockGuard<'_, T>> {
        self.lock_within(Patience::Until(deadline))
    }

    #[inline]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    fn lock_within(&self, patience: Patience) -> Option<LockGuard<'_, T>> {
        self.raw.acquire_within(patience).then(|| LockGuard::new(self))
    }

    /// Waits until the lock is free and takes it, with a guard that owns a share of the lock instead of borrowing it.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use tollgate::{Lock, OwnedLockGuard};
    ///
    /// /// Needs no lifetime.
    /// struct Session {
    ///     log: OwnedLockGuard<Vec<String>>,
    /// }
    ///
    /// let log = Arc::new(Lock::new(vec![]));
    /// let mut session = Session { log: log.lock_owned() };
    /// session.log.push("begun".to_owned());
    /// assert!(log.is_locked());
    /// drop(session);
    /// assert_eq!(*log.lock(), ["begun"]);
    /// ```
    ///
    /// # Cost
    ///
    /// Beside that of [`lock`](Lock::lock), a clone of the `Arc` for a guard, and its drop; an attempt that fails clones nothing.
    #[inline]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn lock_owned(self: &Arc<Self>) -> OwnedLockGuard<T> {
        self.raw.acquire();
        OwnedLockGuard::new(Arc::clone(self))
    }

    /// Takes the lock if it is free, with a guard that owns a share of it.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::time::{Duration, Instant};
    /// use tollgate::Lock;
    ///
    /// let (lock, short) = (Arc::new(Lock::new(1)), Duration::from_millis(1));
    /// let held = lock.try_lock_owned().unwrap();
    /// assert!(lock.lock_owned_timeout(short).is_none());
    /// assert!(lock.lock_owned_deadline(Instant::now() + short).is_none());
    /// assert_eq!((*held, Arc::strong_count(&lock)), (1, 2)); // a share for `held`, none for the others
    /// ```
    #[inline]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn try_lock_owned(self: &Arc<Self>) -> Option<OwnedLockGuard<T>> {
        self.lock_owned_within(Patience::None)
    }

    /// Waits at most `timeout` for the lock, for a guard that owns a share of it.
    ///
    /// `Duration::ZERO` is one look; `Duration::MAX` is for ever.
    ///
    /// An example: [`try_lock_owned`](Self::try_lock_owned).
    #[inline]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn lock_owned_timeout(self: &Arc<Self>, timeout: Duration) -> Option<OwnedLockGuard<T>> {
        self.lock_owned_within(Patience::timeout(timeout))
    }

    /// Waits for the lock until `deadline` at most, for a guard that owns a share of it. A deadline that has passed is one
    /// look.
    ///
    /// An example: [`try_lock_owned`](Self::try_lock_owned).
    #[inline]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn lock_owned_deadline(self: &Arc<Self>, deadline: Instant) -> Option<OwnedLockGuard<T>> {
        self.lock_owned_within(Patience::Until(deadline))
    }

    #[inline]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    fn lock_owned_within(self: &Arc<Self>, patience: Patience) -> Option<OwnedLockGuard<T>> {
        self.raw.acquire_within(patience).then(|| OwnedLockGuard::new(Arc::clone(self)))
    }

    /// Whether some thread holds the lock at this moment. True or false, it may have changed when the caller looks.
    ///
    /// An example: [`lock`](Self::lock).
    #[inline]
    pub fn is_locked(&self) -> bool {
        self.raw.is_locked()
    }

    /// The value, without locking: `&mut self` proves that nobody else has the lock.
    ///
    /// An example: [`lock`](Self::lock).
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

/// For models: whether nobody holds the lock, waits for it or is counted as its sleeper, when no call is under way.
///
/// ```
/// # #[cfg(loom)] {
/// use tollgate::{Lock, model::is_at_rest};
///
/// loom::model(|| {
///     let lock = Lock::new(0);
///     *lock.lock() += 1;
///     assert!(is_at_rest(&lock));
/// });
/// # }
/// ```
#[cfg(any(loom, shuttle))]
pub fn is_at_rest<T: ?Sized>(lock: &Lock<T>) -> bool {
    lock.raw.is_at_rest()
}
