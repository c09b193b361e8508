//! `cargo +nightly fuzz run semaphore`: see [`tollgate_fuzz::semaphore`].

#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_fuzz::script::Script;
use tollgate_fuzz::semaphore::{Operation, run};

fuzz_target!(|script: Script<Operation>| run(&script));
