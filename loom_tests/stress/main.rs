//! Random programs on real threads, each history checked: `cargo stress [FILTER]`.
//!
//! Three or four threads with three or four operations each start together and run as the machine pleases; the calls are
//! ordered by a counter of `std`. Many different programs, each many times: what a model leaves out (the real futex, the real
//! clock, spinning, reordering by the processor) has a chance to show. `TOLLGATE_STRESS_SECONDS` for each subject, 2 by
//! default; `TOLLGATE_STRESS_SEED` draws other programs.
//!
//! A program that has not ended after 30 seconds is printed, and the process aborted. No channels of `std` are used, so that
//! ThreadSanitizer has nothing to complain of but us.

#[cfg(not(any(loom, shuttle)))]
mod hammer;

#[cfg(not(any(loom, shuttle)))]
fn main() -> std::process::ExitCode {
    hammer::run()
}

#[cfg(any(loom, shuttle))]
fn main() -> std::process::ExitCode {
    eprintln!("error: a model build has no real threads; use `cargo stress`, with RUSTFLAGS unset");
    std::process::ExitCode::FAILURE
}
