//! Generated programs over every subject, each history checked: `cargo programs` (loom), `cargo shuttle-programs`.
//!
//! ```text
//! cargo programs [FILTER] [--mutant NAME | --mutant all] [--shard K/N]
//! ```
//!
//! `FILTER` is a part of a program's name, such as `'Queue(1)'` or `'Condition: NotifyOne | WaitTimeout'`. `--shard` runs
//! every N-th program. With a mutant (a line of the library switched off) the run succeeds when some program notices.
//! `TOLLGATE_FULL=1` runs all programs, with more settings and larger caps: some hundred million executions.
//!
//! Every limit is a number of executions, so that a run does the same on every machine.

#[cfg(loom)]
mod exhaust;
#[cfg(any(loom, shuttle))]
mod report;
#[cfg(shuttle)]
mod sample;

#[cfg(loom)]
use exhaust as explorer;
#[cfg(shuttle)]
use sample as explorer;

#[cfg(any(loom, shuttle))]
fn main() -> std::process::ExitCode {
    report::run()
}

#[cfg(not(any(loom, shuttle)))]
fn main() -> std::process::ExitCode {
    eprintln!("error: built without `--cfg loom` or `--cfg shuttle`, so there is nothing to explore");
    eprintln!("  use `cargo programs` or `cargo shuttle-programs`, with RUSTFLAGS unset");
    std::process::ExitCode::FAILURE
}
