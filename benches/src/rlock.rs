//! Re-entrant locks around a number.

use crate::lock::Beside;
#[cfg(target_os = "linux")]
use std::cell::UnsafeCell;

/// A re-entrant lock around a number.
pub trait BenchRLock: Sync {
    /// Whose it is.
    const NAME: &'static str;
    /// A free lock around 0.
    fn new() -> Self;
    /// Locks, runs `section`, unlocks.
    fn with<R>(&self, section: impl FnOnce(&Beside) -> R) -> R;

    /// Locks three levels deep, runs `section`, unlocks.
    #[inline]
    fn with_three_levels<R>(&self, section: impl FnOnce(&Beside) -> R) -> R {
        self.with(|_| self.with(|_| self.with(section)))
    }
}

impl BenchRLock for tollgate::RLock<Beside> {
    const NAME: &'static str = "tollgate::RLock";

    fn new() -> Self {
        tollgate::RLock::new(Beside::default())
    }

    #[inline]
    fn with<R>(&self, section: impl FnOnce(&Beside) -> R) -> R {
        section(&self.lock())
    }
}

impl BenchRLock for parking_lot::ReentrantMutex<Beside> {
    const NAME: &'static str = "parking_lot::ReentrantMutex";

    fn new() -> Self {
        parking_lot::ReentrantMutex::new(Beside::default())
    }

    #[inline]
    fn with<R>(&self, section: impl FnOnce(&Beside) -> R) -> R {
        section(&self.lock())
    }
}

impl BenchRLock for usync::ReentrantMutex<Beside> {
    const NAME: &'static str = "usync::ReentrantMutex";

    fn new() -> Self {
        usync::ReentrantMutex::new(Beside::default())
    }

    #[inline]
    fn with<R>(&self, section: impl FnOnce(&Beside) -> R) -> R {
        section(&self.lock())
    }
}

/// The C library's recursive mutex, and the number.
#[cfg(target_os = "linux")]
#[derive(Debug)]
pub struct PthreadRecursive {
    mutex: Box<UnsafeCell<libc::pthread_mutex_t>>,
    value: Beside,
}

// SAFETY: made to be used by several threads, through its address.
#[cfg(target_os = "linux")]
unsafe impl Sync for PthreadRecursive {}

#[cfg(target_os = "linux")]
impl BenchRLock for PthreadRecursive {
    const NAME: &'static str = "pthread recursive mutex";

    fn new() -> Self {
        // SAFETY: both are plain data, which the calls below write; the box keeps the mutex in its place.
        let (mutex, mut attributes) =
            unsafe { (Box::new(UnsafeCell::new(std::mem::zeroed())), std::mem::zeroed()) };
        // SAFETY: as above.
        let made = unsafe {
            libc::pthread_mutexattr_init(&raw mut attributes) == 0
                && libc::pthread_mutexattr_settype(&raw mut attributes, libc::PTHREAD_MUTEX_RECURSIVE) == 0
                && libc::pthread_mutex_init(mutex.get(), &raw const attributes) == 0
                && libc::pthread_mutexattr_destroy(&raw mut attributes) == 0
        };
        assert!(made, "a recursive mutex");
        PthreadRecursive { mutex, value: Beside::default() }
    }

    #[inline]
    fn with<R>(&self, section: impl FnOnce(&Beside) -> R) -> R {
        // SAFETY: initialised above, as below.
        unsafe { libc::pthread_mutex_lock(self.mutex.get()) };
        let result = section(&self.value);
        // SAFETY: this thread holds it.
        unsafe { libc::pthread_mutex_unlock(self.mutex.get()) };
        result
    }
}

#[cfg(target_os = "linux")]
impl Drop for PthreadRecursive {
    fn drop(&mut self) {
        // SAFETY: initialised in `new`, and free.
        unsafe { libc::pthread_mutex_destroy(self.mutex.get()) };
    }
}
