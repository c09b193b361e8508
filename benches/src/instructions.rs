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
//! through that of the repetitions, is what one costs, with the loop around it: the base lines show how much that is. Then the same
//! again one step at a time, for the kinds of instructions that cost most: [`crate::steps`].

use crate::arena::machine::answer;
use crate::{single, steps};
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
    #[arg(long, value_name = "TIMES", hide = true)]
    repeat: Option<u64>,
    /// Stops three times, for its parent to count what is done meanwhile.
    #[arg(long, hide = true)]
    steps: bool,
}

const FEW: u64 = 2_000;
const MANY: u64 = 12_000;
/// One step at a time, fewer have to do. Unbounded queues take a new block each 31 or 32 items.
const FEW_STEPS: u64 = 32;
const MANY_STEPS: u64 = FEW_STEPS + 31 * 32;

/// Does what the command line says.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.repeat.is_some() || arguments.steps {
        return repeat(&arguments);
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

/// The child's part.
fn repeat(arguments: &Arguments) -> ExitCode {
    let is_it = |operation: &single::Operation| arguments.filters == [operation.name];
    let by = |operation: single::Operation| {
        operation.by.into_iter().find(|runner| arguments.by.as_deref() == Some(runner.name))
    };
    let Some(runner) = single::operations().into_iter().find(is_it).and_then(by) else {
        eprintln!("instructions: no such operation, or not of that library");
        return ExitCode::FAILURE;
    };
    let run = |times| _ = (runner.run)(times);
    run(arguments.repeat.unwrap_or(1));
    if arguments.steps {
        steps::stop();
        run(FEW_STEPS);
        steps::stop();
        run(MANY_STEPS);
        steps::stop();
    }
    ExitCode::SUCCESS
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
         {version}, {compiler}, {}-{}. One thread works, another sleeps. The loop around the operation is in the first figure.\n\
         RMWs are atomic read-modify-writes of memory that others may see, each some 20 cycles; fences include those of the frame's\n\
         own memory, which are made for that. Counted at each step, by `benches/src/steps.rs`; the instructions by callgrind.\n",
        std::env::consts::ARCH,
        std::env::consts::OS,
    );
    let bar = ProgressBar::new(pairs.len() as u64);
    let mut heading = "";
    for (operation, by) in pairs {
        if operation != heading {
            heading = operation;
            write!(
                text,
                "\n| {operation} | instructions | RMWs | fences | system calls |\n|---|---|---|---|---|\n"
            )
            .expect("a string has room");
        }
        let counted = collected(operation, by, MANY)? - collected(operation, by, FEW)?;
        let steps = steps::count(program(operation, by)?.arg("--steps"), FEW_STEPS, MANY_STEPS)?;
        writeln!(
            text,
            "| {by} | {:.1} | {} | {} | {} |",
            counted as f64 / (MANY - FEW) as f64,
            short(steps.rmws),
            short(steps.fences),
            short(steps.calls)
        )
        .expect("a string has room");
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(text)
}

/// The instructions of a whole program that does it so many times.
fn collected(operation: &str, by: &str, times: u64) -> Result<i64, String> {
    let program = program(operation, by)?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program.get_program())
        .args(program.get_args())
        .args(["--repeat", &times.to_string()])
        .output()
        .map_err(|error| format!("valgrind: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let count = said.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok());
    count
        .filter(|_| output.status.success())
        .ok_or_else(|| format!("{operation}, {by}: valgrind ended with {}:\n{said}", output.status))
}

/// This program, as a child that does one thing.
fn program(operation: &str, by: &str) -> Result<Command, String> {
    let mut program = Command::new(std::env::current_exe().map_err(|error| error.to_string())?);
    program.args([operation, "--by", by]);
    Ok(program)
}

/// "2", "0.03".
fn short(number: f64) -> String {
    if number.fract() == 0.0 { number.to_string() } else { format!("{number:.2}") }
}
