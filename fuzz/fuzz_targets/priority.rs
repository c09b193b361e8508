//! `cargo +nightly fuzz run priority`: see [`tollgate_fuzz::queue`].

#![no_main]

use libfuzzer_sys::fuzz_target;
use std::ffi::c_char;
use tollgate_fuzz::queue::{Script, run_priority};

fuzz_target!(|script: Script| run_priority(&script));

/// A leak that is meant: of the panics of several items, a shutdown leaks all but the first.
// SAFETY: the leak checker defines this name for this use, and nobody else does.
#[unsafe(no_mangle)]
pub extern "C" fn __lsan_default_suppressions() -> *const c_char {
    c"leak:tollgate::queue::face::drop_each".as_ptr()
}
