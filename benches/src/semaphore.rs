//! Semaphores.

use crate::lock::{BenchLock, Beside};
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
