//! `cargo +nightly fuzz run rendezvous`: see [`tollgate_fuzz::rendezvous`].

#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_fuzz::rendezvous::{Operation, run};
use tollgate_fuzz::script::Script;

fuzz_target!(|script: Script<Operation>| run(&script));
