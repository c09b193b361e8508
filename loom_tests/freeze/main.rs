//! What a thread that stops for ever in the middle of one operation does to another: `cargo freeze [FILTER]` (shuttle).
//!
//! For each pair of operations: the first thread is frozen after its first step, its second, and so on until it comes to
//! its end; each time the second thread must then come to its own end alone, or it is blocked. Every subject says which pairs
//! block, and by what ([`Subject::blocked_by`]); that has to be right both ways: a pair that is said to be independent is
//! never blocked, and one that is said to block does so somewhere.
//!
//! On a new object (so "never blocked" says nothing of a full queue), with the real locks. Pairs in which somebody would wait by
//! specification are left out. A timed form that gives up has come to its end.

#[cfg(shuttle)]
mod freezer;

#[cfg(shuttle)]
fn main() -> std::process::ExitCode {
    freezer::run()
}

#[cfg(not(shuttle))]
fn main() -> std::process::ExitCode {
    eprintln!("error: built without `--cfg shuttle`; use `cargo freeze`, with RUSTFLAGS unset");
    std::process::ExitCode::FAILURE
}
