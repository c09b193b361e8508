//! `cargo +nightly fuzz run lifo`: see [`tollgate_fuzz::queue`].

#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_fuzz::queue::{Script, run_lifo};

fuzz_target!(|script: Script| run_lifo(&script));
