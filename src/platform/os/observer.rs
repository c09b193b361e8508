//! What the diagnostics need of the outside: a lock that is not ours, the clock, the thread's name, and its end.
//!
//! The books of the diagnostics are kept under `std`'s mutex, for a lock of our own would ask them to be kept about itself.
//! Nothing else in the crate uses this file, and without the feature `diagnostics` it is not compiled. The model back ends have no
//! counterpart: there is no watch in a model.

use super::super::Instant;
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{MutexGuard, PoisonError};

pub(crate) use std::sync::{Mutex, OnceLock};
pub(crate) use std::thread::ThreadId as StdThreadId;

/// The mutex, poisoned or not: what it guards is changed by code that does not panic half-way.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn now() -> Instant {
    Instant::now()
}

thread_local! {
    /// Whether this thread is in [`undisturbed`].
    static BUSY: Cell<bool> = const { Cell::new(false) };
    /// Told when the thread's locals are destroyed.
    static END: End = const { End(Cell::new(None)) };
}

/// Runs `f`, unless the thread is in such an `f` already: `f` may allocate, and an allocator, or a hook of one, may use locks.
pub(crate) fn undisturbed<R>(f: impl FnOnce() -> R) -> Option<R> {
    struct Done;
    impl Drop for Done {
        fn drop(&mut self) {
            let _ = BUSY.try_with(|busy| busy.set(false));
        }
    }
    if BUSY.try_with(|busy| busy.replace(true)).unwrap_or(true) {
        return None;
    }
    let _done = Done;
    Some(f())
}

struct End(Cell<Option<fn()>>);

impl Drop for End {
    fn drop(&mut self) {
        if let Some(told) = self.0.get() {
            told();
        }
    }
}

/// Has `told` called when the locals of the calling thread are destroyed. `false` if that has happened already.
pub(crate) fn at_thread_end(told: fn()) -> bool {
    END.try_with(|end| end.0.set(Some(told))).is_ok()
}

/// The calling thread, as `std` knows it. Not to be called when [`at_thread_end`] is `false`: it would panic.
pub(crate) fn this_thread() -> (StdThreadId, Option<String>) {
    let thread = std::thread::current();
    (thread.id(), thread.name().map(str::to_owned))
}

static TRACES: AtomicBool = AtomicBool::new(false);

/// Whether backtraces are captured. Relaxed: nothing depends on when a thread learns of it.
pub(crate) fn traces() -> bool {
    TRACES.load(Relaxed)
}

pub(crate) fn set_traces(on: bool) {
    TRACES.store(on, Relaxed);
}
