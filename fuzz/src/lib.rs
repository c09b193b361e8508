//! Sequences of operations, made of bytes, run on one of tollgate's types and on a plain model side by side.
//!
//! One thread: what is compared is what each call returns, the order of items, who owns them, and the state afterwards.
//! What happens between threads is the business of `loom_tests`.
//!
//! ```text
//! cargo install cargo-fuzz --version 0.13.2 --locked
//! cargo +nightly fuzz run queue -- -max_total_time=60    # in the repository's root
//! cargo +nightly fuzz run queue fuzz/artifacts/queue/crash-…    # that one input again
//! cargo +nightly fuzz fmt queue fuzz/artifacts/queue/crash-…    # its operations, readable
//! cargo +nightly fuzz tmin queue fuzz/artifacts/queue/crash-…   # the shortest input that still fails
//! ```
//!
//! libFuzzer keeps what it finds interesting in `fuzz/corpus/queue`. Only a few small inputs of it are in git, each
//! named for what it does; leave the rest out.
//!
//! # Without nightly
//!
//! `cargo test --manifest-path fuzz/Cargo.toml` replays the corpus with the stable compiler, and beside it some
//! thousand random sequences from a fixed seed. To keep a finding for good, fix it, and put its minimized input into
//! the corpus under a name that says what went wrong.
//!
//! # Adding a target
//!
//! A module here with the operations, the model and a `run` that panics where the two differ; a file of three lines in
//! `fuzz_targets/`; a `[[bin]]` in `Cargo.toml`; a directory in `corpus/`; a line in `tests/replay.rs`.

pub mod condition;
pub mod forms;
pub mod lock;
mod panics;
pub mod queue;
pub mod script;
pub mod semaphore;
pub mod threads;
