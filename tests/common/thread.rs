//! `std::thread`, with a scope whose end ThreadSanitizer sees.
//!
//! The end of a scope orders what its threads did before what follows, by atomics inside `std`, which comes compiled without
//! instrumentation; a test that looks at what they left, or reuses the memory, was then reported as a race. Here the same
//! order is made once more, by atomics of the test's own.

use std::sync::Arc;
use std::sync::atomic::{
    AtomicUsize,
    Ordering::{Acquire, Release},
};
pub use std::thread::{Builder, ScopedJoinHandle};
pub use std::thread::{current, sleep, spawn, yield_now};

#[derive(Clone)]
pub struct Scope<'scope, 'env: 'scope> {
    scope: &'scope std::thread::Scope<'scope, 'env>,
    ended: Arc<AtomicUsize>,
}

/// Added when a thread ends, by a panic too.
struct Ended(Arc<AtomicUsize>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.fetch_add(1, Release);
    }
}

impl<'scope> Scope<'scope, '_> {
    pub fn spawn<T: Send + 'scope>(
        &self,
        body: impl FnOnce() -> T + Send + 'scope,
    ) -> ScopedJoinHandle<'scope, T> {
        let ended = Ended(Arc::clone(&self.ended));
        self.scope.spawn(move || {
            let _ended = ended;
            body()
        })
    }
}

pub fn scope<'env, T>(body: impl for<'scope> FnOnce(&Scope<'scope, 'env>) -> T) -> T {
    let ended = Arc::new(AtomicUsize::new(0));
    let result = std::thread::scope(|scope| body(&Scope { scope, ended: Arc::clone(&ended) }));
    ended.load(Acquire);
    result
}
