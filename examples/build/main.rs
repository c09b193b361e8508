//! Builds what a file of rules describes, on many threads, the most urgent job first: a `PriorityQueue` of jobs.
//!
//! ```text
//!                    ┌──────────────── those that waited for nothing else ───────────────┐
//!                    ▼                                                                   │
//! jobs that    ──▶ PriorityQueue ──▶ workers, which run ──▶ Lock<Progress>: each job that
//! need nothing     longest chain     the commands           needs this one waits for one less
//!                  first
//! ```
//!
//! Urgent is what the longest chain of other jobs waits for. A worker gets each job as a *task*, whose guard reports it done when it
//! is dropped, and before that puts those jobs that have become ready. So the number of unfinished tasks falls to
//! zero exactly when nothing more can be built, and `join` returns then: nobody counts, and a worker that panics does not hang
//! the build.
//!
//! ```text
//! cargo run --release --example build -- --file examples/build/sample.mk --jobs 4
//! ```
//!
//! `graph.rs` reads the file and finds cycles, `run.rs` has the workers.

mod graph;
mod run;

use clap::Parser;
use clap::builder::RangedU64ValueParser;
use graph::Graph;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// Something could not be built.
const FAILED: u8 = 1;
/// The file says nothing that could be built. `clap` uses it for wrong options too.
const UNUSABLE: u8 = 2;

/// Builds the targets of a file in the manner of `make`: rules with prerequisites, and commands below them that begin with a tab.
///
/// A target is built if it is not there, or is older than a prerequisite, or if a prerequisite was built. In commands `$@` is the
/// target, `$<` the first prerequisite, `$^` all of them, `$$` a dollar sign; `@` before a command keeps it from being shown.
/// There are no variables, patterns or conditions.
#[derive(Parser)]
#[command(name = "build")]
struct Options {
    /// What to build [default: the first target of the file]
    goals: Vec<String>,

    /// The file with the rules
    #[arg(short, long, value_name = "FILE", default_value = "Makefile")]
    file: PathBuf,

    /// Where commands run, and what names of files are relative to
    #[arg(short = 'C', long, value_name = "DIRECTORY", default_value = ".")]
    directory: PathBuf,

    /// How many jobs run at a time [default: one per CPU]
    #[arg(short, long, value_name = "N", value_parser = RangedU64ValueParser::<usize>::new().range(1..=1024))]
    jobs: Option<usize>,

    /// After a failure, go on with what does not depend on it
    #[arg(short, long)]
    keep_going: bool,

    /// Show the commands of all that would be built, in an order in which that can be done, and run none
    #[arg(short = 'n', long)]
    dry_run: bool,
}

fn main() -> ExitCode {
    match build(&Options::parse()) {
        Ok(code) => ExitCode::from(code),
        Err(trouble) => {
            eprintln!("build: {trouble}");
            ExitCode::from(UNUSABLE)
        }
    }
}

fn build(options: &Options) -> Result<u8, String> {
    let named = options.file.display();
    let text = std::fs::read_to_string(&options.file).map_err(|error| format!("{named}: {error}"))?;
    let graph = Graph::read(&text).map_err(|trouble| format!("{named}: {trouble}"))?;
    let plan =
        graph.plan(&options.goals, &options.directory).map_err(|trouble| format!("{named}: {trouble}"))?;
    let jobs = options.jobs.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let outcome = run::run(&plan, &options.directory, jobs, options.keep_going, options.dry_run);

    for (target, why) in &outcome.failed {
        eprintln!("build: {target}: {why}");
    }
    let unbuilt = outcome.unbuilt.join(" ");
    if !unbuilt.is_empty() {
        eprintln!("build: not built: {unbuilt}");
    }
    let (built, current) = (outcome.built, outcome.current);
    // That nobody reads it, as after `build | head`, is no failure of the build.
    _ = writeln!(io::stdout(), "{built} built, {current} up to date, {} failed", outcome.failed.len());
    Ok(if outcome.failed.is_empty() { 0 } else { FAILED })
}
