//! Flags to wait for.

use crate::monitor::{Monitor, Signal};
use std::sync::atomic::{
    AtomicU32,
    Ordering::{Acquire, Relaxed, SeqCst},
};

/// A flag that is set and cleared, and waited for.
pub trait BenchEvent: Sync {
    /// Whose it is.
    const NAME: &'static str;
    /// One that is not set.
    fn new() -> Self;
    /// Sets it, and lets all go who wait.
    fn set(&self);
    /// Makes it not set.
    fn clear(&self);
    /// Waits until it is set.
    fn wait(&self);
}

impl BenchEvent for tollgate::Event {
    const NAME: &'static str = "tollgate::Event";

    fn new() -> Self {
        tollgate::Event::new()
    }

    #[inline]
    fn set(&self) {
        tollgate::Event::set(self);
    }

    #[inline]
    fn clear(&self) {
        tollgate::Event::clear(self);
    }

    #[inline]
    fn wait(&self) {
        tollgate::Event::wait(self);
    }
}

/// What people write where the library has no event: a flag, a lock and a condition.
#[derive(Debug)]
pub struct Flag<M>(M);

impl<M: Monitor<bool>> BenchEvent for Flag<M> {
    const NAME: &'static str = M::NAME;

    fn new() -> Self {
        Flag(M::new(false))
    }

    #[inline]
    fn set(&self) {
        *self.0.lock() = true;
        self.0.notify_all(Signal::First);
    }

    #[inline]
    fn clear(&self) {
        *self.0.lock() = false;
    }

    #[inline]
    fn wait(&self) {
        let mut set = self.0.lock();
        while !*set {
            set = self.0.wait(set, Signal::First);
        }
    }
}

/// The base line: nothing but the atomics. Never sleeps: for one thread.
#[derive(Debug, Default)]
pub struct BareAtomics(AtomicU32);

impl BenchEvent for BareAtomics {
    const NAME: &'static str = "bare swap, load, store";

    fn new() -> Self {
        Self::default()
    }

    #[inline]
    fn set(&self) {
        self.0.swap(1, SeqCst);
    }

    #[inline]
    fn clear(&self) {
        self.0.store(0, Relaxed);
    }

    #[inline]
    fn wait(&self) {
        assert!(self.0.load(Acquire) == 1, "a base line for one thread");
    }
}
