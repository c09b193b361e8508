//! The C library's mutex and conditions as a [`Monitor`].

use crate::monitor::{Monitor, Signal};
use std::cell::UnsafeCell;
use std::fmt;
use std::ops::{Deref, DerefMut};

/// The C library's. In a box, since they must not move.
pub struct Pthread<T>(Box<PthreadParts<T>>);

struct PthreadParts<T> {
    mutex: UnsafeCell<libc::pthread_mutex_t>,
    conditions: [UnsafeCell<libc::pthread_cond_t>; 2],
    value: UnsafeCell<T>,
}

impl<T> fmt::Debug for Pthread<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pthread").finish_non_exhaustive()
    }
}

// SAFETY: the value is reached through the mutex's guard only, one thread at a time.
unsafe impl<T: Send> Sync for Pthread<T> {}
// SAFETY: nobody refers to it while it moves, and the box keeps its parts in place.
unsafe impl<T: Send> Send for Pthread<T> {}

/// Holds the mutex.
#[derive(Debug)]
pub struct PthreadGuard<'a, T>(&'a Pthread<T>);

impl<T> Deref for PthreadGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: this thread holds the mutex.
        unsafe { &*self.0.0.value.get() }
    }
}

impl<T> DerefMut for PthreadGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as above.
        unsafe { &mut *self.0.0.value.get() }
    }
}

impl<T> Drop for PthreadGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: this thread holds the mutex.
        let status = unsafe { libc::pthread_mutex_unlock(self.0.0.mutex.get()) };
        debug_assert_eq!(status, 0);
    }
}

impl<T: Send> Monitor<T> for Pthread<T> {
    const NAME: &'static str = "pthread mutex+cond";
    type Guard<'a>
        = PthreadGuard<'a, T>
    where
        T: 'a;

    fn new(value: T) -> Self {
        Pthread(Box::new(PthreadParts {
            mutex: UnsafeCell::new(libc::PTHREAD_MUTEX_INITIALIZER),
            conditions: [const { UnsafeCell::new(libc::PTHREAD_COND_INITIALIZER) }; 2],
            value: UnsafeCell::new(value),
        }))
    }

    #[inline]
    fn lock(&self) -> Self::Guard<'_> {
        // SAFETY: initialised, and in its place.
        let status = unsafe { libc::pthread_mutex_lock(self.0.mutex.get()) };
        debug_assert_eq!(status, 0);
        PthreadGuard(self)
    }

    #[inline]
    fn wait<'a>(&'a self, guard: Self::Guard<'a>, signal: Signal) -> Self::Guard<'a> {
        let condition = self.0.conditions[signal as usize].get();
        // SAFETY: both initialised, and the guard is the proof that this thread holds the mutex.
        let status = unsafe { libc::pthread_cond_wait(condition, self.0.mutex.get()) };
        debug_assert_eq!(status, 0);
        guard
    }

    #[inline]
    fn notify_one(&self, signal: Signal) {
        // SAFETY: initialised.
        unsafe { libc::pthread_cond_signal(self.0.conditions[signal as usize].get()) };
    }

    #[inline]
    fn notify_all(&self, signal: Signal) {
        // SAFETY: initialised.
        unsafe { libc::pthread_cond_broadcast(self.0.conditions[signal as usize].get()) };
    }
}

impl<T> Drop for Pthread<T> {
    fn drop(&mut self) {
        for condition in &self.0.conditions {
            // SAFETY: initialised, and nobody waits.
            unsafe { libc::pthread_cond_destroy(condition.get()) };
        }
        // SAFETY: initialised, and free.
        unsafe { libc::pthread_mutex_destroy(self.0.mutex.get()) };
    }
}
