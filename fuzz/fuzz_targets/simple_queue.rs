//! `cargo +nightly fuzz run simple_queue`: see [`tollgate_fuzz::simple_queue`].

#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_fuzz::script::Script;
use tollgate_fuzz::simple_queue::{Operation, run};

fuzz_target!(|script: Script<Operation>| run(&script));
