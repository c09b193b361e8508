//! Locks around a number, or whatever else a case puts there.

use std::cell::UnsafeCell;
use std::sync::atomic::{
    AtomicU32, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};
use std::time::Duration;

/// A lock around a value.
pub trait BenchLock<T = u64>: Sync {
    /// Whose it is.
    const NAME: &'static str;
    /// A free lock.
    fn new(value: T) -> Self;
    /// Locks, runs `section`, unlocks.
    fn with<R>(&self, section: impl FnOnce(&mut T) -> R) -> R;
    /// Locks and unlocks, and does not touch the value.
    #[inline]
    fn pair(&self) {
        self.with(|_| ());
    }
}

/// A lock that also has a timed form.
pub trait BenchTimedLock: BenchLock {
    /// As [`BenchLock::pair`], waiting at most `timeout`. Whether it got the lock.
    fn pair_timeout(&self, timeout: Duration) -> bool;
}

impl<T: Send> BenchLock<T> for tollgate::Lock<T> {
    const NAME: &'static str = "tollgate::Lock";

    fn new(value: T) -> Self {
        tollgate::Lock::new(value)
    }

    #[inline]
    fn with<R>(&self, section: impl FnOnce(&mut T) -> R) -> R {
        section(&mut self.lock())
    }
}

impl BenchTimedLock for tollgate::Lock<u64> {
    #[inline]
    fn pair_timeout(&self, timeout: Duration) -> bool {
        self.lock_timeout(timeout).is_some()
    }
}

impl<T: Send> BenchLock<T> for std::sync::Mutex<T> {
    const NAME: &'static str = "std::Mutex";

    fn new(value: T) -> Self {
        std::sync::Mutex::new(value)
    }

    #[inline]
    fn with<R>(&self, section: impl FnOnce(&mut T) -> R) -> R {
        section(&mut self.lock().unwrap())
    }
}

impl<T: Send> BenchLock<T> for parking_lot::Mutex<T> {
    const NAME: &'static str = "parking_lot::Mutex";

    fn new(value: T) -> Self {
        parking_lot::Mutex::new(value)
    }

    #[inline]
    fn with<R>(&self, section: impl FnOnce(&mut T) -> R) -> R {
        section(&mut self.lock())
    }
}

impl<T: Send> BenchLock<T> for usync::Mutex<T> {
    const NAME: &'static str = "usync::Mutex";

    fn new(value: T) -> Self {
        usync::Mutex::new(value)
    }

    #[inline]
    fn with<R>(&self, section: impl FnOnce(&mut T) -> R) -> R {
        section(&mut self.lock())
    }
}

#[cfg(target_os = "linux")]
impl<T: Send> BenchLock<T> for crate::pthread::Pthread<T> {
    const NAME: &'static str = "pthread_mutex_t";

    fn new(value: T) -> Self {
        crate::monitor::Monitor::new(value)
    }

    #[inline]
    fn with<R>(&self, section: impl FnOnce(&mut T) -> R) -> R {
        section(&mut crate::monitor::Monitor::lock(self))
    }
}

impl BenchTimedLock for parking_lot::Mutex<u64> {
    #[inline]
    fn pair_timeout(&self, timeout: Duration) -> bool {
        self.try_lock_for(timeout).is_some()
    }
}

/// The number beside a lock that has none inside. Atomic to need no `unsafe`; loaded and stored, so that a lock that
/// lets two in at once loses increments.
#[derive(Debug, Default)]
pub struct Beside(AtomicU64);

impl Beside {
    /// A number.
    pub fn new(value: u64) -> Self {
        Beside(AtomicU64::new(value))
    }

    /// Runs `section` on the number.
    #[inline]
    pub fn with<R>(&self, section: impl FnOnce(&mut u64) -> R) -> R {
        let mut value = self.0.load(Relaxed);
        let result = section(&mut value);
        self.0.store(value, Relaxed);
        result
    }
}

/// [`tollgate::RawLock`], and the number.
#[derive(Debug, Default)]
pub struct TollgateRaw {
    lock: tollgate::RawLock,
    value: Beside,
}

impl BenchLock for TollgateRaw {
    const NAME: &'static str = "tollgate::RawLock";

    fn new(value: u64) -> Self {
        TollgateRaw { lock: tollgate::RawLock::new(), value: Beside::new(value) }
    }

    #[inline]
    fn with<R>(&self, section: impl FnOnce(&mut u64) -> R) -> R {
        self.lock.acquire();
        let result = self.value.with(section);
        self.lock.release().unwrap();
        result
    }

    #[inline]
    fn pair(&self) {
        self.lock.acquire();
        self.lock.release().unwrap();
    }
}

impl BenchTimedLock for TollgateRaw {
    #[inline]
    fn pair_timeout(&self, timeout: Duration) -> bool {
        self.lock.acquire_timeout(timeout) && self.lock.release().is_ok()
    }
}

/// [`saa::Lock`], and the value.
#[derive(Debug, Default)]
pub struct Saa<T> {
    lock: saa::Lock,
    value: UnsafeCell<T>,
}

// SAFETY: the value is reached while the lock is held only, by one thread at a time.
unsafe impl<T: Send> Sync for Saa<T> {}

impl<T: Send> BenchLock<T> for Saa<T> {
    const NAME: &'static str = "saa::Lock";

    fn new(value: T) -> Self {
        Saa { lock: saa::Lock::default(), value: UnsafeCell::new(value) }
    }

    #[inline]
    fn with<R>(&self, section: impl FnOnce(&mut T) -> R) -> R {
        self.lock.lock_sync();
        // SAFETY: this thread holds the lock, and `section` cannot keep the reference.
        let result = section(unsafe { &mut *self.value.get() });
        self.lock.release_lock();
        result
    }
}

/// The base line of a lock of two read-modify-writes: nothing but them, as far as one thread can tell.
#[derive(Debug, Default)]
pub struct BareAtomics {
    word: AtomicU32,
    value: Beside,
}

impl BareAtomics {
    #[inline]
    fn lock(&self) {
        assert!(self.word.compare_exchange(0, 1, Acquire, Relaxed).is_ok(), "a base line for one thread");
    }

    #[inline]
    fn unlock(&self) {
        assert!(self.word.swap(0, Release) == 1, "a base line for one thread");
    }
}

impl BenchLock for BareAtomics {
    const NAME: &'static str = "bare compare_exchange + swap";

    fn new(value: u64) -> Self {
        BareAtomics { word: AtomicU32::new(0), value: Beside::new(value) }
    }

    #[inline]
    fn with<R>(&self, section: impl FnOnce(&mut u64) -> R) -> R {
        self.lock();
        let result = self.value.with(section);
        self.unlock();
        result
    }

    #[inline]
    fn pair(&self) {
        self.lock();
        self.unlock();
    }
}
