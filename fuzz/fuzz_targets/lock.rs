//! `cargo +nightly fuzz run lock`: see [`tollgate_fuzz::lock`].

#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_fuzz::lock::{Operation, run};
use tollgate_fuzz::script::Script;

fuzz_target!(|script: Script<Operation>| run(&script));
