//! Semaphores.

#[cfg(target_os = "linux")]
use crate::Apart;
use crate::lock::{BenchLock, Beside};
#[cfg(target_os = "linux")]
use std::cell::UnsafeCell;
use std::sync::atomic::{
    AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
};

/// A semaphore.
pub trait BenchSemaphore: Sync {
    /// Whose it is.
    const NAME: &'static str;
    /// A semaphore with this many permits.
    fn new(permits: usize) -> Self;
    /// Takes a permit, runs `section`, gives the permit back.
    fn with<R>(&self, section: impl FnOnce() -> R) -> R;
    /// How many permits are there, while nobody uses it.
    fn permits(&self) -> usize;
}

impl BenchSemaphore for tollgate::Semaphore {
    const NAME: &'static str = "tollgate::Semaphore";

    fn new(permits: usize) -> Self {
        tollgate::Semaphore::new(permits)
    }

    #[inline]
    fn with<R>(&self, section: impl FnOnce() -> R) -> R {
        let _permit = self.acquire().unwrap();
        section()
    }

    fn permits(&self) -> usize {
        tollgate::Semaphore::permits(self)
    }
}

impl BenchSemaphore for tollgate::BoundedSemaphore {
    const NAME: &'static str = "tollgate::BoundedSemaphore";

    fn new(permits: usize) -> Self {
        tollgate::BoundedSemaphore::new(permits)
    }

    #[inline]
    fn with<R>(&self, section: impl FnOnce() -> R) -> R {
        let _permit = self.acquire().unwrap();
        section()
    }

    fn permits(&self) -> usize {
        tollgate::BoundedSemaphore::permits(self)
    }
}

/// `acquire_blocking`.
impl BenchSemaphore for async_lock::Semaphore {
    const NAME: &'static str = "async-lock";

    fn new(permits: usize) -> Self {
        async_lock::Semaphore::new(permits)
    }

    #[inline]
    fn with<R>(&self, section: impl FnOnce() -> R) -> R {
        let _permit = self.acquire_blocking();
        section()
    }

    fn permits(&self) -> usize {
        self.available_permits()
    }
}

/// `blocking_acquire`, outside any runtime.
impl BenchSemaphore for tokio::sync::Semaphore {
    const NAME: &'static str = "tokio";

    fn new(permits: usize) -> Self {
        tokio::sync::Semaphore::new(permits)
    }

    #[inline]
    fn with<R>(&self, section: impl FnOnce() -> R) -> R {
        let _permit = self.blocking_acquire().unwrap();
        section()
    }

    fn permits(&self) -> usize {
        self.available_permits()
    }
}

/// POSIX: `sem_t` of the C library. It must not move once it has been made.
#[cfg(target_os = "linux")]
pub struct Posix(Box<Apart<UnsafeCell<libc::sem_t>>>);

#[cfg(target_os = "linux")]
impl std::fmt::Debug for Posix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Posix").field(&self.permits()).finish()
    }
}

// SAFETY: it is made to be used by several threads.
#[cfg(target_os = "linux")]
unsafe impl Sync for Posix {}

#[cfg(target_os = "linux")]
impl BenchSemaphore for Posix {
    const NAME: &'static str = "POSIX sem_t";

    fn new(permits: usize) -> Self {
        // SAFETY: plain data, for which all zeros is a value.
        let semaphore = Box::new(Apart(UnsafeCell::new(unsafe { std::mem::zeroed() })));
        // SAFETY: the memory is there, and nobody uses it yet.
        let made = unsafe { libc::sem_init(semaphore.0.get(), 0, u32::try_from(permits).unwrap()) };
        assert_eq!(made, 0, "sem_init: {}", std::io::Error::last_os_error());
        Posix(semaphore)
    }

    #[inline]
    fn with<R>(&self, section: impl FnOnce() -> R) -> R {
        // SAFETY: made by `sem_init`, as below. It fails only when a signal comes.
        while unsafe { libc::sem_wait(self.0.0.get()) } != 0 {}
        let result = section();
        // SAFETY: as above.
        unsafe { libc::sem_post(self.0.0.get()) };
        result
    }

    fn permits(&self) -> usize {
        let mut value = 0;
        // SAFETY: as above, and there is room for the value.
        unsafe { libc::sem_getvalue(self.0.0.get(), &raw mut value) };
        usize::try_from(value).unwrap()
    }
}

#[cfg(target_os = "linux")]
impl Drop for Posix {
    fn drop(&mut self) {
        // SAFETY: made by `sem_init`, and nobody uses it any more.
        unsafe { libc::sem_destroy(self.0.0.get()) };
    }
}

/// What people write where the library has no semaphore: a number, a lock and a condition. Of std.
#[derive(Debug)]
pub struct StdMutexCondvar {
    permits: std::sync::Mutex<usize>,
    more: std::sync::Condvar,
}

impl BenchSemaphore for StdMutexCondvar {
    const NAME: &'static str = "std Mutex+Condvar";

    fn new(permits: usize) -> Self {
        StdMutexCondvar { permits: std::sync::Mutex::new(permits), more: std::sync::Condvar::new() }
    }

    #[inline]
    fn with<R>(&self, section: impl FnOnce() -> R) -> R {
        let mut permits = self.permits.lock().unwrap();
        while *permits == 0 {
            permits = self.more.wait(permits).unwrap();
        }
        *permits -= 1;
        drop(permits);
        let result = section();
        *self.permits.lock().unwrap() += 1;
        self.more.notify_one();
        result
    }

    fn permits(&self) -> usize {
        *self.permits.lock().unwrap()
    }
}

/// The same of parking_lot.
#[derive(Debug)]
pub struct ParkingLotMutexCondvar {
    permits: parking_lot::Mutex<usize>,
    more: parking_lot::Condvar,
}

impl BenchSemaphore for ParkingLotMutexCondvar {
    const NAME: &'static str = "parking_lot Mutex+Condvar";

    fn new(permits: usize) -> Self {
        ParkingLotMutexCondvar {
            permits: parking_lot::Mutex::new(permits),
            more: parking_lot::Condvar::new(),
        }
    }

    #[inline]
    fn with<R>(&self, section: impl FnOnce() -> R) -> R {
        let mut permits = self.permits.lock();
        while *permits == 0 {
            self.more.wait(&mut permits);
        }
        *permits -= 1;
        drop(permits);
        let result = section();
        *self.permits.lock() += 1;
        self.more.notify_one();
        result
    }

    fn permits(&self) -> usize {
        *self.permits.lock()
    }
}

/// The base line: nothing but the atomics. Never waits: for as many threads as permits at most.
#[derive(Debug)]
pub struct BareAtomics(AtomicUsize);

impl BenchSemaphore for BareAtomics {
    const NAME: &'static str = "bare compare_exchange + fetch_add";

    fn new(permits: usize) -> Self {
        BareAtomics(AtomicUsize::new(permits))
    }

    #[inline]
    fn with<R>(&self, section: impl FnOnce() -> R) -> R {
        let mut permits = self.0.load(Relaxed);
        loop {
            assert!(permits > 0, "a base line that never waits");
            match self.0.compare_exchange_weak(permits, permits - 1, Acquire, Relaxed) {
                Ok(_) => break,
                Err(now) => permits = now,
            }
        }
        let result = section();
        self.0.fetch_add(1, Release);
        result
    }

    fn permits(&self) -> usize {
        self.0.load(Acquire)
    }
}

/// A semaphore of one permit is a lock; behind it, increments are checked as behind any other.
#[derive(Debug)]
pub struct AsLock<S> {
    semaphore: S,
    value: Beside,
}

impl<S: BenchSemaphore> BenchLock for AsLock<S> {
    const NAME: &'static str = S::NAME;

    fn new() -> Self {
        AsLock { semaphore: S::new(1), value: Beside::default() }
    }

    #[inline]
    fn with<R>(&self, section: impl FnOnce(&mut u64) -> R) -> R {
        self.semaphore.with(|| self.value.with(section))
    }
}
