//! `cargo +nightly fuzz run priority`: see [`tollgate_fuzz::queue`].

#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_fuzz::queue::{Script, run_priority};

fuzz_target!(|script: Script| run_priority(&script));
