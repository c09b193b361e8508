//! The checker is checked: `cargo checker`.
//!
//! loom 0.7.2 forgets all but the last access of an atomic when it decides what to explore next, and so calls programs
//! complete whose outcomes it never reached (tokio-rs/loom#166, #392). This compares the loom that is linked in with brute
//! force, on litmus tests with outcomes written down by hand and on random programs. Nothing here is shared with loom but
//! its public types: `weak` follows its memory rules, `interleavings` sequential consistency, `standard` the axioms of C++20,
//! each without any reduction.
//!
//! `handshake` asks the third of these about the one place where the library leans on `SeqCst` accesses, which loom weakens.
//!
//! The run fails when loom misses an outcome, or reaches one that its rules do not allow. With stock loom it does fail.

#[cfg(loom)]
mod interleavings;
#[cfg(loom)]
mod litmus;
#[cfg(loom)]
mod loom_run;
#[cfg(loom)]
mod program;
#[cfg(loom)]
mod standard;
#[cfg(loom)]
mod weak;

#[cfg(loom)]
fn main() -> std::process::ExitCode {
    loom_run::quieten();
    let litmus = litmus::run();
    println!("checker: {}; litmus {}/{}", loom_run::LINKED, litmus.right, litmus.rows);
    std::process::ExitCode::SUCCESS
}

#[cfg(not(loom))]
fn main() -> std::process::ExitCode {
    eprintln!("error: built without `--cfg loom`, so there is nothing to check");
    eprintln!("  use `cargo checker`, with RUSTFLAGS unset: a RUSTFLAGS from outside wins over its own");
    std::process::ExitCode::FAILURE
}
