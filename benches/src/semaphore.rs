//! Semaphores.

#[cfg(target_os = "linux")]
use crate::Apart;
use crate::monitor::{Monitor, Signal};
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
    /// Takes a permit, to be given back by [`release`](Self::release), of whatever thread.
    fn acquire(&self);
    /// Gives a permit back, or adds one.
    fn release(&self);
    /// Takes a permit, runs `section`, gives the permit back.
    #[inline]
    fn with<R>(&self, section: impl FnOnce() -> R) -> R {
        self.acquire();
        let result = section();
        self.release();
        result
    }
    /// How many permits are there, while nobody uses it.
    fn permits(&self) -> usize;
}

impl BenchSemaphore for tollgate::Semaphore {
    const NAME: &'static str = "tollgate::Semaphore";

    fn new(permits: usize) -> Self {
        tollgate::Semaphore::new(permits)
    }

    #[inline]
    fn acquire(&self) {
        tollgate::Semaphore::acquire(self).unwrap().forget();
    }

    #[inline]
    fn release(&self) {
        tollgate::Semaphore::release(self, 1);
    }

    #[inline]
    fn with<R>(&self, section: impl FnOnce() -> R) -> R {
        let _permit = tollgate::Semaphore::acquire(self).unwrap();
        section()
    }

    fn permits(&self) -> usize {
        tollgate::Semaphore::permits(self)
    }
}

/// `acquire_blocking`.
impl BenchSemaphore for async_lock::Semaphore {
    const NAME: &'static str = "async-lock";

    fn new(permits: usize) -> Self {
        async_lock::Semaphore::new(permits)
    }

    #[inline]
    fn acquire(&self) {
        self.acquire_blocking().forget();
    }

    #[inline]
    fn release(&self) {
        self.add_permits(1);
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
    fn acquire(&self) {
        self.blocking_acquire().unwrap().forget();
    }

    #[inline]
    fn release(&self) {
        self.add_permits(1);
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
    fn acquire(&self) {
        // SAFETY: made by `sem_init`, as below. It fails only when a signal comes.
        while unsafe { libc::sem_wait(self.0.0.get()) } != 0 {}
    }

    #[inline]
    fn release(&self) {
        // SAFETY: as above.
        unsafe { libc::sem_post(self.0.0.get()) };
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

impl BenchSemaphore for saa::Semaphore {
    const NAME: &'static str = "saa";

    fn new(permits: usize) -> Self {
        saa::Semaphore::with_permits(permits)
    }

    #[inline]
    fn acquire(&self) {
        self.acquire_sync();
    }

    #[inline]
    fn release(&self) {
        saa::Semaphore::release(self);
    }

    fn permits(&self) -> usize {
        self.available_permits(Acquire)
    }
}

/// What people write where the library has no semaphore: a number, a lock and a condition.
#[derive(Debug)]
pub struct Counted<M>(M);

impl<M: Monitor<usize>> BenchSemaphore for Counted<M> {
    const NAME: &'static str = M::NAME;

    fn new(permits: usize) -> Self {
        Counted(M::new(permits))
    }

    #[inline]
    fn acquire(&self) {
        let mut permits = self.0.lock();
        while *permits == 0 {
            permits = self.0.wait(permits, Signal::First);
        }
        *permits -= 1;
    }

    #[inline]
    fn release(&self) {
        *self.0.lock() += 1;
        self.0.notify_one(Signal::First);
    }

    fn permits(&self) -> usize {
        *self.0.lock()
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
    fn acquire(&self) {
        let mut permits = self.0.load(Relaxed);
        loop {
            assert!(permits > 0, "a base line that never waits");
            match self.0.compare_exchange_weak(permits, permits - 1, Acquire, Relaxed) {
                Ok(_) => break,
                Err(now) => permits = now,
            }
        }
    }

    #[inline]
    fn release(&self) {
        self.0.fetch_add(1, Release);
    }

    fn permits(&self) -> usize {
        self.0.load(Acquire)
    }
}
