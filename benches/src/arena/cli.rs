//! The arena's command line.

use super::Case;
use super::machine::{Machine, Ticks};
use super::play::play;
use super::report::{Report, Schedule, summaries};
use crate::cases;
use crate::regime::Regime;
use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Contention, measured: all contestants of a case take turns, in each regime.
#[derive(Debug, Parser)]
#[command(name = "arena")]
struct Arguments {
    /// All cases, in twice as many rounds. Otherwise a selection that takes less than 3 minutes.
    #[arg(long)]
    full: bool,
    /// Only cases with this in their name, "FAMILY: CASE"; of all cases, not of the selection. May be repeated.
    #[arg(long = "filter", value_name = "TEXT")]
    filters: Vec<String>,
    /// The same.
    #[arg(value_name = "TEXT")]
    words: Vec<String>,
    /// Only these regimes. May be repeated.
    #[arg(long = "regime", value_enum)]
    regimes: Vec<Regime>,
    /// Writes all that was found, for the charts and tables of the command `chart`.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Rounds of each contestant, half of them for choosing the best peer.
    #[arg(long)]
    rounds: Option<usize>,
    /// How long a round is, with few threads.
    #[arg(long)]
    millis: Option<f64>,
    /// Says what would be played, and about how long that would take.
    #[arg(long)]
    list: bool,
    /// Plays everything for a moment, to see whether it runs.
    #[arg(long)]
    test: bool,
    /// What `cargo bench` passes.
    #[arg(long, hide = true)]
    bench: bool,
}

const QUICK: Schedule = Schedule { rounds: 8, wait_rounds: 1, millis: 8.0, rehearsal: false };
const FULL: Schedule = Schedule { rounds: 16, wait_rounds: 2, millis: 8.0, rehearsal: false };
const TEST: Schedule = Schedule { rounds: 1, wait_rounds: 1, millis: 0.2, rehearsal: true };

impl Arguments {
    fn schedule(&self) -> Schedule {
        let usual = match self {
            _ if self.test => TEST,
            _ if self.full => FULL,
            _ => QUICK,
        };
        Schedule {
            rounds: self.rounds.unwrap_or(usual.rounds).max(1),
            millis: self.millis.unwrap_or(usual.millis),
            ..usual
        }
    }

    fn wants(&self, case: &Case) -> bool {
        let mut filters = self.filters.iter().chain(&self.words).peekable();
        if filters.peek().is_none() {
            return case.quick || self.full || self.test;
        }
        let name = format!("{}: {}", case.family, case.name);
        filters.any(|filter| name.contains(filter.as_str()))
    }

    fn regimes(&self) -> Vec<Regime> {
        match self.regimes.as_slice() {
            [] if self.test => vec![Regime::Free],
            [] if cfg!(not(target_os = "linux")) => vec![Regime::Free],
            [] => Regime::ALL.to_vec(),
            some => some.to_vec(),
        }
    }
}

/// Does what the command line says.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let schedule = arguments.schedule();
    let regimes = arguments.regimes();
    let cases: Vec<_> = cases::all().into_iter().filter(|case| arguments.wants(case)).collect();
    if cases.is_empty() {
        eprintln!("arena: no case has that in its name; see --list");
        return ExitCode::FAILURE;
    }
    let estimate: Duration = regimes
        .iter()
        .flat_map(|&regime| cases.iter().map(move |case| schedule.estimate(case, regime)))
        .sum();
    if arguments.list {
        list(&cases, &regimes, estimate);
        return ExitCode::SUCCESS;
    }
    let file = arguments.json.as_deref().map(from_where_cargo_was_called);
    let file = file.as_deref();
    let report = file
        .map_or(Ok(()), make_folder_of)
        .and_then(|()| play_all(&cases, &regimes, schedule, estimate, arguments.test, file));
    match report {
        Ok(report) => conclude(&report, arguments.test),
        Err(error) => {
            eprintln!("arena: cannot write {}: {error}", file.unwrap_or(Path::new("")).display());
            ExitCode::FAILURE
        }
    }
}

/// `cargo bench` starts this in the package's folder, and `cargo run`, with which the file is read, where it is called itself: in the repository, as
/// everything here.
fn from_where_cargo_was_called(file: &Path) -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    match std::env::current_dir() {
        Ok(here) if here == package => package.parent().unwrap_or(package).join(file),
        _ => file.to_owned(),
    }
}

/// Before anything is played: whether there is a place for the file.
fn make_folder_of(file: &Path) -> io::Result<()> {
    file.parent().map_or(Ok(()), std::fs::create_dir_all)
}

/// A run that is cut off keeps what it had so long ago.
const SAVED_EACH: Duration = Duration::from_secs(20);

/// In one step: whoever reads the file finds all of it.
fn save(report: &Report, file: &Path) -> io::Result<()> {
    let unfinished = file.with_extension("part");
    std::fs::write(&unfinished, serde_json::to_string_pretty(report).expect("plain data"))?;
    std::fs::rename(unfinished, file)
}

fn list(cases: &[Case], regimes: &[Regime], estimate: Duration) {
    for case in cases {
        let names: Vec<_> = case.contestants.iter().map(|contestant| contestant.name).collect();
        println!("{}: {}: {}", case.family, case.name, names.join(", "));
    }
    let regimes: Vec<_> = regimes.iter().map(|regime| regime.name()).collect();
    println!("{} cases in {}: about {} s", cases.len(), regimes.join(", "), estimate.as_secs());
}

fn play_all(
    cases: &[Case],
    regimes: &[Regime],
    schedule: Schedule,
    estimate: Duration,
    quiet: bool,
    file: Option<&Path>,
) -> io::Result<Report> {
    let (machine, before) = (Machine::describe(), Ticks::now());
    let mut report = Report { machine, schedule, cases: Vec::new(), summaries: Vec::new() };
    let style = ProgressStyle::with_template("{elapsed} of about {prefix} s  {wide_bar}  {msg}")
        .expect("a valid template");
    let bar = ProgressBar::new(estimate.as_micros() as u64).with_style(style);
    bar.set_prefix(estimate.as_secs().to_string());
    let (begun, mut saved) = (Instant::now(), Instant::now());
    for &regime in regimes {
        let _neighbours = regime.neighbours();
        for case in cases {
            bar.set_message(format!("{}: {} [{}]", case.family, case.name, regime.name()));
            let whole = schedule.estimate(case, regime).as_micros() as u64;
            let from = bar.position();
            let rounds = schedule.rounds_of(case) as u64;
            let played = play(case, regime, schedule, || bar.inc(whole / rounds.max(1)));
            bar.set_position(from + whole);
            // By what it took so far.
            let part = bar.position() as f64 / estimate.as_micros().max(1) as f64;
            bar.set_prefix(format!("{:.0}", begun.elapsed().as_secs_f64() / part.max(1e-9)));
            if !quiet {
                bar.suspend(|| println!("{}", played.text()));
            }
            report.cases.push(played);
            if let Some(file) = file.filter(|_| saved.elapsed() > SAVED_EACH) {
                report.sum_up(before);
                save(&report, file)?;
                saved = Instant::now();
            }
        }
    }
    bar.finish_and_clear();
    report.sum_up(before);
    if let Some(file) = file {
        save(&report, file)?;
    }
    Ok(report)
}

impl Report {
    /// What the cases so far come to, and how the machine is by now.
    fn sum_up(&mut self, before: Ticks) {
        self.machine.after(before);
        self.summaries = summaries(&self.cases);
    }
}

/// Prints what it comes to.
fn conclude(report: &Report, test: bool) -> ExitCode {
    if test {
        println!("arena: {} cases ran", report.cases.len());
    } else {
        report.summaries.iter().for_each(|summary| println!("{}", summary.text()));
        let machine = &report.machine;
        println!(
            "{} CPUs, {}, {}; load {} before, {} after",
            machine.cpus, machine.model, machine.kernel, machine.load_before, machine.load_after
        );
    }
    let wrong =
        report.cases.iter().flat_map(|case| case.standings.iter().map(move |standing| (case, standing)));
    let mut status = ExitCode::SUCCESS;
    for (case, standing) in wrong {
        if let Some(wrong) = &standing.wrong {
            println!("WRONG: {}: {}: {}: {wrong}", case.family, case.case, standing.name);
            // A peer that is wrong is a finding, not a failure.
            if standing.ours {
                status = ExitCode::FAILURE;
            }
        }
    }
    status
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(words: &[&str]) -> Arguments {
        Arguments::try_parse_from([&["arena"], words].concat()).expect("valid arguments")
    }

    #[test]
    fn a_quick_run_is_a_selection_and_a_filter_is_of_all_cases() {
        let all = cases::all();
        let wanted = |words: &[&str]| {
            let arguments = arguments(words);
            all.iter().filter(|case| arguments.wants(case)).count()
        };
        assert_eq!(wanted(&["--full"]), all.len());
        assert_eq!(wanted(&["--test", "--bench"]), all.len());
        assert!(wanted(&[]) < all.len() / 2 && wanted(&[]) > 10);
        assert!(wanted(&["lock: 32 threads"]) > 0);
        assert_eq!(wanted(&["--filter", "no such case"]), 0);
    }

    #[test]
    fn a_quick_run_takes_less_than_three_minutes_by_our_own_estimate() {
        let arguments = arguments(&[]);
        let cases = cases::all();
        let estimate: Duration = Regime::ALL
            .iter()
            .flat_map(|&regime| cases.iter().map(move |case| (case, regime)))
            .filter(|(case, _)| arguments.wants(case))
            .map(|(case, regime)| QUICK.estimate(case, regime))
            .sum();
        // One CPU takes twice as long as two: there each thread waits for more turns.
        let limit = if crate::regime::cpus() == 1 { 300 } else { 160 };
        assert!(estimate < Duration::from_secs(limit), "{estimate:?}");
    }

    #[test]
    fn every_case_has_a_name_of_its_own_and_ours_comes_first() {
        let mut names = std::collections::HashSet::new();
        for case in cases::all() {
            assert!(case.contestants.iter().skip(1).all(|contestant| !contestant.ours), "{}", case.name);
            assert!(names.insert(format!("{}: {}", case.family, case.name)), "{} twice", case.name);
        }
    }
}
