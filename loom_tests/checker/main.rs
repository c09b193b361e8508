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
mod differential;
#[cfg(loom)]
mod handshake;
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
use tollgate_loom_tests::runner::{self, EXPLORER, full};

/// Compares loom with brute force.
#[cfg(loom)]
#[derive(clap::Parser)]
struct Arguments {
    /// How many random programs [default: 200, or 2000 with TOLLGATE_FULL=1]
    #[arg(long)]
    programs: Option<std::num::NonZeroUsize>,
    /// The seed of the first of them; each has its own, one more than the one before
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Only random programs, of this shape: threads x operations of each, as `4x2`, or operations of each thread, as `3,2,2`;
    /// the last is the main thread
    #[arg(long)]
    shape: Option<String>,
    /// How many locations programs of a shape have at most
    #[arg(long, default_value_t = 2, requires = "shape")]
    locations: usize,
    /// Spawn the threads at random places of the main one
    #[arg(long, requires = "shape")]
    late: bool,
    /// Join some of them there
    #[arg(long, requires = "shape")]
    joins: bool,
    /// Skip programs with more states than this by brute force
    #[arg(long, default_value_t = 300_000, requires = "shape")]
    most_states: usize,
}

#[cfg(loom)]
impl Arguments {
    fn shape(&self) -> Option<differential::Shape> {
        let text = self.shape.as_deref()?;
        let number = |text: &str| text.parse().expect("a shape is like 4x2 or 3,2,2");
        let threads = match text.split_once('x') {
            Some((threads, ops)) => vec![number(ops); number(threads)],
            None => text.split(',').map(number).collect(),
        };
        let Arguments { locations, late, joins, most_states, .. } = *self;
        Some(differential::Shape { threads, locations, late, joins, most_states })
    }
}

#[cfg(loom)]
fn main() -> std::process::ExitCode {
    let arguments = <Arguments as clap::Parser>::parse();
    let programs = arguments.programs.map_or(if full() { 2_000 } else { 200 }, std::num::NonZeroUsize::get);
    if let Err(why) = runner::prepare() {
        eprintln!("error: {why}");
        return std::process::ExitCode::FAILURE;
    }
    println!("linked in: {EXPLORER}");
    if let Some(shape) = arguments.shape() {
        let report = differential::run(programs, arguments.seed, Some(&shape));
        println!(
            "checker: {EXPLORER}; SC outcomes missed {}, outcomes missed {}, extra {}; {} programs fail",
            report.missed_sc, report.missed, report.extra, report.failing,
        );
        return if report.failing == 0 {
            std::process::ExitCode::SUCCESS
        } else {
            std::process::ExitCode::FAILURE
        };
    }
    let litmus = litmus::run();
    let differential = differential::run(programs, arguments.seed, None);
    let handshake = handshake::run();
    println!(
        "checker: {EXPLORER}; litmus {}/{}; differential {} programs (seed {}): SC outcomes missed {}, outcomes missed {}, extra {}; handshake: {}, {} of {} weakenings noticed, {} not needed",
        litmus.right,
        litmus.rows,
        differential.programs,
        arguments.seed,
        differential.missed_sc,
        differential.missed,
        differential.extra,
        match (handshake.is_right(), handshake.safe == handshake.cases) {
            (true, _) => "safe",
            (false, true) => "safe, but WRONG rows above",
            (false, false) => "NOT SAFE",
        },
        handshake.noticed,
        handshake.needed,
        handshake.spare,
    );
    if litmus.right == litmus.rows && differential.failing == 0 && handshake.is_right() {
        std::process::ExitCode::SUCCESS
    } else {
        std::process::ExitCode::FAILURE
    }
}

#[cfg(not(loom))]
fn main() -> std::process::ExitCode {
    eprintln!("error: built without `--cfg loom`, so there is nothing to check");
    eprintln!("  use `cargo checker`, with RUSTFLAGS unset: a RUSTFLAGS from outside wins over its own");
    std::process::ExitCode::FAILURE
}
