//! Instructions that each operation of [`crate::single`] takes, counted by valgrind's callgrind: a second opinion that does not depend
//! on the machine's mood, only on the compiler and what it compiles for.
//!
//! ```text
//! cargo run --release -p tollgate-benches --bin instructions                       # all of them, two minutes
//! cargo run --release -p tollgate-benches --bin instructions -- 'lock+unlock'      # operations with this in their names
//! cargo run --release -p tollgate-benches --bin instructions -- --out benches/INSTRUCTIONS.md
//! ```
//!
//! Each pair of an operation and a library is one program under callgrind, twice: with few repetitions and with many. The difference,
//! through that of the repetitions, is what one costs, with the loop around it: the base lines show how much that is.

use crate::arena::machine::answer;
use crate::single;
use clap::Parser;
use indicatif::ProgressBar;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

/// Counts the instructions of each operation by valgrind's callgrind.
#[derive(Debug, Parser)]
#[command(name = "instructions")]
struct Arguments {
    /// Only operations with one of these in their names.
    filters: Vec<String>,
    /// Writes the table there, instead of showing it.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Only what this library does.
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// Does the operation of exactly this name so many times, and counts nothing: what callgrind runs.
    #[arg(long, value_name = "TIMES")]
    repeat: Option<u64>,
}

const FEW: u64 = 2_000;
const MANY: u64 = 12_000;

/// Does what the command line says.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(times) = arguments.repeat {
        return repeat(&arguments, times);
    }
    match table(&arguments) {
        Ok(table) => match &arguments.out {
            None => print!("{table}"),
            Some(file) => {
                if let Err(error) = std::fs::write(file, table) {
                    eprintln!("instructions: {}: {error}", file.display());
                    return ExitCode::FAILURE;
                }
            }
        },
        Err(error) => {
            eprintln!("instructions: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn repeat(arguments: &Arguments, times: u64) -> ExitCode {
    for operation in single::operations() {
        for runner in operation.by {
            if arguments.filters == [operation.name] && arguments.by.as_deref() == Some(runner.name) {
                (runner.run)(times);
                return ExitCode::SUCCESS;
            }
        }
    }
    eprintln!("instructions: no such operation, or not of that library");
    ExitCode::FAILURE
}

fn table(arguments: &Arguments) -> Result<String, String> {
    let wanted = |name: &str| {
        arguments.filters.is_empty() || arguments.filters.iter().any(|filter| name.contains(filter))
    };
    let is_by = |name: &str| arguments.by.as_deref().is_none_or(|by| by == name);
    let pairs: Vec<_> = single::operations()
        .into_iter()
        .filter(|operation| wanted(operation.name))
        .flat_map(|operation| operation.by.into_iter().map(move |runner| (operation.name, runner.name)))
        .filter(|(_, by)| is_by(by))
        .collect();
    if pairs.is_empty() {
        return Err("nothing has that in its name".to_owned());
    }
    let version = answer("valgrind", &["--version"]).ok_or("valgrind is needed, and does not run")?;
    let compiler = answer("rustc", &["-V"]).unwrap_or_default();
    let mut text = format!(
        "# Instructions an operation\n\nWritten by this command; nothing here is edited by hand.\n\n```sh\n\
         cargo run --release -p tollgate-benches --bin instructions -- --out benches/INSTRUCTIONS.md\n```\n\n\
         {version}, {compiler}, {}-{}. One thread, nobody else. An atomic read-modify-write is one instruction here, and some 20\n\
         cycles on most processors: these figures tell how much is around the atomics, not how long it takes. System calls count as\n\
         the instruction that makes them. The loop around the operation is in each figure.\n",
        std::env::consts::ARCH,
        std::env::consts::OS,
    );
    let bar = ProgressBar::new(pairs.len() as u64);
    let mut heading = "";
    for (operation, by) in pairs {
        if operation != heading {
            heading = operation;
            write!(text, "\n| {operation} | instructions |\n|---|---|\n").expect("a string has room");
        }
        let counted = collected(operation, by, MANY)? - collected(operation, by, FEW)?;
        writeln!(text, "| {by} | {:.1} |", counted as f64 / (MANY - FEW) as f64).expect("a string has room");
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(text)
}

/// The instructions of a whole program that does it so many times.
fn collected(operation: &str, by: &str, times: u64) -> Result<i64, String> {
    let this = std::env::current_exe().map_err(|error| error.to_string())?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(this)
        .args([operation, "--by", by, "--repeat", &times.to_string()])
        .output()
        .map_err(|error| format!("valgrind: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let count = said.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok());
    count
        .filter(|_| output.status.success())
        .ok_or_else(|| format!("{operation}, {by}: valgrind ended with {}:\n{said}", output.status))
}
