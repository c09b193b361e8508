//! Counts the words of a directory tree on many threads, with one of each thing that this crate has.
//!
//! ```text
//!            paths                                   chunks
//! walker ──▶ Queue ──▶ readers ────────────────────▶ Queue ──▶ counters ──▶ 16 shards of the result,
//!           bounded    under a Semaphore: at most   bounded       │         each under a Lock
//!                      n open files                               ▼
//!                                                      Lock<Progress>, Condition ──▶ progress bar
//! ```
//!
//! Every arrow waits by sleeping: a full queue stops those who fill it, an empty one those who empty it, so memory is
//! bounded and nobody spins, however slow the disk or the writer of a pipe is. The end runs down the same arrows: the walker
//! shuts the path queue down, the readers drain it and end, then the chunk queue is shut down, the counters drain it and end.
//! Ctrl-C starts the same movement in the middle: see [`pipeline::Pipeline::interrupt`].
//!
//! ```text
//! cargo run --release --example wordcount -- ~/src --check
//! ```
//!
//! Read on in `pipeline.rs`, which has the threads, and then in `shards.rs` and `progress.rs`, where they leave what they
//! found. `words.rs` says what a word is and where text may be cut, `tree.rs` finds the files, `tally.rs` measures how often
//! each primitive made a thread wait, `report.rs` prints, `check.rs` counts again on one thread.

mod check;
mod pipeline;
mod progress;
mod report;
mod shards;
mod tally;
mod tree;
mod words;

use clap::Parser;
use clap::builder::RangedU64ValueParser;
use pipeline::Pipeline;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tree::Root;

/// The sequential recount found something else.
const DIFFERENT: u8 = 1;
/// Nothing could be counted. `clap` uses it for wrong options too.
const UNUSABLE: u8 = 2;
/// Ended by Ctrl-C: 128 + SIGINT, as in a shell.
const INTERRUPTED: u8 = 130;

/// Counts words, in parallel.
///
/// A word is a maximal run of alphanumeric characters, in lower case. What is not UTF-8 separates words, and is counted.
/// A run of more than 1024 characters counts as several words of 1024 characters, and the rest.
#[derive(Parser)]
#[command(name = "wordcount")]
struct Options {
    /// A directory, a file, a named pipe, or `-` for standard input. Symbolic links to directories in a tree are not followed
    #[arg(default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/src"))]
    path: PathBuf,

    /// How many threads read, and how many count [default: one per CPU]
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<usize>::new().range(1..=1024))]
    threads: Option<usize>,

    /// How many paths, and how many chunks of text, may lie in the queues
    #[arg(long, value_name = "N", default_value = "64")]
    #[arg(value_parser = RangedU64ValueParser::<usize>::new().range(1..=1_000_000))]
    capacity: usize,

    /// How many files may be open at a time
    #[arg(long, value_name = "N", default_value = "16")]
    #[arg(value_parser = RangedU64ValueParser::<usize>::new().range(1..=1_000_000))]
    open_files: usize,

    /// How many of the most frequent words to print
    #[arg(long, value_name = "N", default_value_t = 20)]
    top: usize,

    /// Count again on one thread, and compare. Not for pipes, which can be read only once
    #[arg(long)]
    check: bool,

    /// Print the result as one JSON object, and nothing else on standard output
    #[arg(long)]
    json: bool,

    /// How many milliseconds the progress may be out of date
    #[arg(long, value_name = "MS", default_value = "100")]
    #[arg(value_parser = RangedU64ValueParser::<u64>::new().range(1..))]
    refresh: u64,

    /// For tests: does what Ctrl-C does, when N files have been read
    #[arg(long, value_name = "N", hide = true)]
    interrupt_after_files: Option<u64>,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(code) => ExitCode::from(code),
        Err(trouble) => {
            eprintln!("wordcount: {trouble}");
            ExitCode::from(UNUSABLE)
        }
    }
}

fn run(options: &Options) -> Result<u8, String> {
    let root = Root::of(&options.path).map_err(|error| format!("{}: {error}", options.path.display()))?;
    if options.check && !root.can_be_read_twice() {
        return Err(format!("--check reads everything twice, and {} cannot be", options.path.display()));
    }
    let threads =
        options.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));

    let pipeline =
        Arc::new(Pipeline::new(options.capacity, options.open_files, options.interrupt_after_files));
    ctrlc::set_handler({
        let pipeline = Arc::clone(&pipeline);
        // Who asks twice means it: a file on a dead network drive can block a reader for as long as it likes.
        move || {
            if !pipeline.interrupt() {
                std::process::exit(INTERRUPTED.into());
            }
        }
    })
    .map_err(|error| format!("cannot handle Ctrl-C: {error}"))?;

    let outcome = pipeline.run(&root, threads, Duration::from_millis(options.refresh));
    let verdict = (options.check && !outcome.interrupted)
        .then(|| check::check(&root, &outcome, || pipeline.is_interrupted()));

    let written = if options.json {
        report::json(&options.path, &outcome, verdict.as_ref(), options.top)
    } else {
        report::text(&options.path, &outcome, verdict.as_ref(), options.top)
    };
    match written {
        // `wordcount | head` has seen enough; that is no failure.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            return Err(format!("cannot write the result: {error}"));
        }
        _ => {}
    }
    Ok(match verdict {
        _ if outcome.interrupted => INTERRUPTED,
        Some(check::Verdict::Interrupted) => INTERRUPTED,
        Some(check::Verdict::Different(_)) => DIFFERENT,
        Some(check::Verdict::Same) | None => 0,
    })
}
