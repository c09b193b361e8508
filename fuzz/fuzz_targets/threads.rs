//! `cargo +nightly fuzz run threads`: see [`tollgate_fuzz::threads`].

#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_fuzz::script::Script;
use tollgate_fuzz::threads::{Call, ROUNDS, run};

fuzz_target!(|script: Script<Call>| run(&script, ROUNDS));
