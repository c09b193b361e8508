//! `cargo +nightly fuzz run barrier`: see [`tollgate_fuzz::barrier`].

#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_fuzz::barrier::{Operation, run};
use tollgate_fuzz::script::Script;

fuzz_target!(|script: Script<Operation>| run(&script));
