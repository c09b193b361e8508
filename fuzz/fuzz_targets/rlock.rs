//! `cargo +nightly fuzz run rlock`: see [`tollgate_fuzz::rlock`].

#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_fuzz::rlock::{Operation, run};
use tollgate_fuzz::script::Script;

fuzz_target!(|script: Script<Operation>| run(&script));
