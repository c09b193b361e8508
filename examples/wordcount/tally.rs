//! Measures how often each primitive makes a thread wait.
//!
//! By the means that a user has: every call looks first with the `try_` form, and only if that finds the way barred is the
//! blocking form called, and counted.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use tollgate::{
    AcquireError, Closed, GetError, Lock, LockGuard, Permit, PutError, Queue, Semaphore, ShutDown,
};

/// How often something was called, and how often the caller had to wait.
#[derive(Clone, Copy)]
pub(crate) struct Waits {
    pub(crate) calls: u64,
    pub(crate) blocked: u64,
}

/// Counts the calls that go through it.
#[derive(Default)]
pub(crate) struct Tally {
    // Relaxed: plain sums, read when all threads have been joined.
    calls: AtomicU64,
    blocked: AtomicU64,
}

impl Tally {
    pub(crate) fn waits(&self) -> Waits {
        Waits { calls: self.calls.load(Relaxed), blocked: self.blocked.load(Relaxed) }
    }

    fn called(&self) {
        self.calls.fetch_add(1, Relaxed);
    }

    fn has_to_wait(&self) {
        self.blocked.fetch_add(1, Relaxed);
    }

    pub(crate) fn put<T>(&self, queue: &Queue<T>, item: T) -> Result<(), ShutDown<T>> {
        self.called();
        match queue.try_put(item) {
            Ok(()) => Ok(()),
            Err(PutError::ShutDown(item)) => Err(ShutDown(item)),
            Err(PutError::Full(item)) => {
                self.has_to_wait();
                queue.put(item)
            }
        }
    }

    /// At the end of a queue its getters wait once each, for the shutdown.
    pub(crate) fn get<T>(&self, queue: &Queue<T>) -> Result<T, ShutDown> {
        self.called();
        match queue.try_get() {
            Ok(item) => Ok(item),
            Err(GetError::ShutDown) => Err(ShutDown(())),
            Err(GetError::Empty) => {
                self.has_to_wait();
                queue.get()
            }
        }
    }

    pub(crate) fn acquire<'a>(&self, semaphore: &'a Semaphore) -> Result<Permit<'a>, Closed> {
        self.called();
        match semaphore.try_acquire() {
            Ok(permit) => Ok(permit),
            Err(AcquireError::Closed) => Err(Closed),
            Err(AcquireError::NoPermits | AcquireError::TimedOut) => {
                self.has_to_wait();
                semaphore.acquire()
            }
        }
    }

    pub(crate) fn lock<'a, T>(&self, lock: &'a Lock<T>) -> LockGuard<'a, T> {
        self.called();
        lock.try_lock().unwrap_or_else(|| {
            self.has_to_wait();
            lock.lock()
        })
    }
}
