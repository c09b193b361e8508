//! `cargo +nightly fuzz run condition`: see [`tollgate_fuzz::condition`].

#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_fuzz::condition::{Operation, run};
use tollgate_fuzz::script::Script;

fuzz_target!(|script: Script<Operation>| run(&script));
