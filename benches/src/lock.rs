//! Locks around a number.

use std::sync::atomic::{
    AtomicU32, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};
use std::time::Duration;

/// A lock around a number.
pub trait BenchLock: Sync {
    /// Whose it is.
    const NAME: &'static str;
    /// A free lock around 0.
    fn new() -> Self;
    /// Locks, runs `section`, unlocks.
    fn with<R>(&self, section: impl FnOnce(&mut u64) -> R) -> R;
    /// Locks and unlocks, and does not touch the number.
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

impl BenchLock for tollgate::Lock<u64> {
    const NAME: &'static str = "tollgate::Lock";

    fn new() -> Self {
        tollgate::Lock::new(0)
    }

    #[inline]
    fn with<R>(&self, section: impl FnOnce(&mut u64) -> R) -> R {
        section(&mut self.lock())
    }
}

impl BenchTimedLock for tollgate::Lock<u64> {
    #[inline]
    fn pair_timeout(&self, timeout: Duration) -> bool {
        self.lock_timeout(timeout).is_some()
    }
}

impl BenchLock for std::sync::Mutex<u64> {
    const NAME: &'static str = "std::Mutex";

    fn new() -> Self {
        std::sync::Mutex::new(0)
    }

    #[inline]
    fn with<R>(&self, section: impl FnOnce(&mut u64) -> R) -> R {
        section(&mut self.lock().unwrap())
    }
}

impl BenchLock for parking_lot::Mutex<u64> {
    const NAME: &'static str = "parking_lot::Mutex";

    fn new() -> Self {
        parking_lot::Mutex::new(0)
    }

    #[inline]
    fn with<R>(&self, section: impl FnOnce(&mut u64) -> R) -> R {
        section(&mut self.lock())
    }
}

impl BenchLock for usync::Mutex<u64> {
    const NAME: &'static str = "usync::Mutex";

    fn new() -> Self {
        usync::Mutex::new(0)
    }

    #[inline]
    fn with<R>(&self, section: impl FnOnce(&mut u64) -> R) -> R {
        section(&mut self.lock())
    }
}

#[cfg(target_os = "linux")]
impl BenchLock for crate::pthread::Pthread<u64> {
    const NAME: &'static str = "pthread_mutex_t";

    fn new() -> Self {
        crate::monitor::Monitor::new(0)
    }

    #[inline]
    fn with<R>(&self, section: impl FnOnce(&mut u64) -> R) -> R {
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

    fn new() -> Self {
        Self::default()
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

/// [`saa::Lock`], and the number.
#[derive(Debug, Default)]
pub struct Saa {
    lock: saa::Lock,
    value: Beside,
}

impl BenchLock for Saa {
    const NAME: &'static str = "saa::Lock";

    fn new() -> Self {
        Self::default()
    }

    #[inline]
    fn with<R>(&self, section: impl FnOnce(&mut u64) -> R) -> R {
        self.lock.lock_sync();
        let result = self.value.with(section);
        self.lock.release_lock();
        result
    }

    #[inline]
    fn pair(&self) {
        self.lock.lock_sync();
        self.lock.release_lock();
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

    fn new() -> Self {
        Self::default()
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
