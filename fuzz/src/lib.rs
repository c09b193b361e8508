//! Sequences of operations, made of bytes, run on tollgate's types and on plain models side by side.
//!
//! | target | what it runs | what is compared |
//! |---|---|---|
//! | [`queue`] (three targets: `queue`, `lifo`, `priority`), [`simple_queue`], [`rendezvous`], [`lock`], [`rlock`], [`semaphore`], [`condition`], [`event`], [`barrier`] | one thread's calls, in all forms, with user code that panics and re-enters | what each call returns, the order of items, who owns them, the state afterwards |
//! | [`threads`] | two to four threads' calls, on any of the types | whether some order of the calls explains all answers |
//!
//! ```text
//! cargo install cargo-fuzz --version 0.13.2 --locked
//! cargo +nightly fuzz run queue -- -max_total_time=60    # in the repository's root
//! cargo +nightly fuzz run queue fuzz/artifacts/queue/crash-…    # that one input again
//! cargo +nightly fuzz fmt queue fuzz/artifacts/queue/crash-…    # its operations, readable
//! cargo +nightly fuzz tmin queue fuzz/artifacts/queue/crash-…   # the shortest input that still fails
//! ```
//!
//! A finding is a failed assertion with the file that holds its input: of a one-threaded target, the operation after which
//! model and type differ; of `threads`, the table of calls and answers that no order explains. The latter depends on the
//! machine too: run it again some thousand times, with `-- -runs=10000` after the file.
//!
//! libFuzzer keeps what it finds interesting in `fuzz/corpus/<target>`. Only a few small inputs are in git, each named for what
//! it does; leave the rest out. `tests/seeds.rs` writes them, but those of `queue`.
//!
//! # Without nightly
//!
//! `cargo test --manifest-path fuzz/Cargo.toml` replays the corpora with the stable compiler, and beside them some thousand
//! random sequences from fixed seeds. To keep a finding for good, fix it, and put its minimized input into the corpus under
//! a name that says what went wrong.
//!
//! # Adding a target
//!
//! A module here with the operations, the model and a `run` that panics where the two differ; a file of three lines in
//! `fuzz_targets/`; a `[[bin]]` in `Cargo.toml`; its seeds in `tests/seeds.rs`; two tests in `tests/replay.rs`. `.ci/run` finds
//! it by its directory in `corpus/`. `threads` knows a new type as soon as `loom_tests/src/subjects.rs` does.

pub mod barrier;
pub mod condition;
pub mod event;
pub mod forms;
pub mod lock;
mod panics;
pub mod queue;
pub mod rendezvous;
pub mod rlock;
pub mod script;
pub mod semaphore;
pub mod simple_queue;
pub mod threads;
