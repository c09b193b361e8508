//! Panics that are part of what is tested.

use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

std::thread_local! {
    static EXPECTED: Cell<bool> = const { Cell::new(false) };
}

/// Runs `call`, and returns what it panicked with. libFuzzer's panic hook would end the process, so panics of the library are
/// kept from it.
pub(crate) fn catch<R>(call: impl FnOnce() -> R) -> Result<R, Box<dyn Any + Send>> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let hook = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !EXPECTED.get() {
                hook(info);
            }
        }));
    });
    let before = EXPECTED.replace(true);
    let result = panic::catch_unwind(AssertUnwindSafe(call));
    EXPECTED.set(before);
    result
}

/// What user code panics with here.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Bang;

/// Panics, as user code may.
pub(crate) fn bang() -> ! {
    panic::resume_unwind(Box::new(Bang))
}

/// Asserts that `call` ended by [`bang`], and not by a failed assertion.
#[track_caller]
pub(crate) fn assert_bangs<R>(call: impl FnOnce() -> R) {
    match panic::catch_unwind(AssertUnwindSafe(call)) {
        Ok(_) => panic!("the panic was swallowed"),
        Err(payload) if payload.is::<Bang>() => {}
        Err(payload) => panic::resume_unwind(payload),
    }
}
