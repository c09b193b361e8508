//! `cargo +nightly fuzz run event`: see [`tollgate_fuzz::event`].

#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_fuzz::event::{Operation, run};
use tollgate_fuzz::script::Script;

fuzz_target!(|script: Script<Operation>| run(&script));
