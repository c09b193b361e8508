//! `cargo +nightly fuzz run queue`: see [`tollgate_fuzz::queue`].

#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_fuzz::queue::{Script, run};

fuzz_target!(|script: Script| run(&script));
