//! The arena's reports as SVG charts and Markdown tables.
//!
//! ```text
//! cargo run --release -p tollgate-benches --bin chart -- target/arena.json     # benches/RESULTS.md and benches/results/
//! cargo run --release -p tollgate-benches --bin chart -- one.json two.json --out /tmp/results
//! ```
//!
//! Of a case that is in several files, the last one counts.

mod markdown;
mod plot;

use crate::arena::machine::Machine;
use crate::arena::report::{CaseReport, Report, Schedule, summaries};
use clap::Parser;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Turns the arena's JSON into SVG charts and Markdown.
#[derive(Debug, Parser)]
#[command(name = "chart")]
struct Arguments {
    /// What `--bench arena -- --json FILE` has written.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Where `RESULTS.md` and the folder `results` go.
    #[arg(long, value_name = "FOLDER", default_value = env!("CARGO_MANIFEST_DIR"))]
    out: PathBuf,
}

/// Several runs, as one.
#[derive(Debug)]
struct Runs {
    made: Vec<(Machine, Schedule)>,
    cases: Vec<CaseReport>,
}

/// Does what the command line says.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    match draw_all(&arguments.files, &arguments.out) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("chart: {error}");
            ExitCode::FAILURE
        }
    }
}

fn draw_all(files: &[PathBuf], out: &Path) -> Result<(), Box<dyn Error>> {
    let mut reports = Vec::new();
    for file in files {
        let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
        reports.push(serde_json::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))?);
    }
    let runs = Runs::merge(reports);
    let results = out.join("results");
    fs::create_dir_all(&results)?;
    for family in runs.families() {
        plot::ratios(&runs, family, &results.join(format!("{family}.svg")))?;
        fs::write(results.join(format!("{family}.md")), markdown::details(&runs, family))?;
    }
    let path = out.join("RESULTS.md");
    fs::write(&path, markdown::results(&runs, &summaries(&runs.cases)))?;
    println!("{}, and charts and tables in {}", path.display(), results.display());
    Ok(())
}

impl Runs {
    fn merge(reports: Vec<Report>) -> Self {
        let mut runs = Runs { made: Vec::new(), cases: Vec::new() };
        for report in reports {
            runs.made.push((report.machine, report.schedule));
            for case in report.cases {
                let key = |case: &CaseReport| (case.family.clone(), case.case.clone(), case.regime);
                match runs.cases.iter_mut().find(|known| key(known) == key(&case)) {
                    Some(known) => *known = case,
                    None => runs.cases.push(case),
                }
            }
        }
        runs
    }

    /// Families, in the order in which they were played.
    fn families(&self) -> Vec<&str> {
        let mut families: Vec<&str> = Vec::new();
        for case in &self.cases {
            if !families.contains(&case.family.as_str()) {
                families.push(&case.family);
            }
        }
        families
    }

    /// The cases of a family, each in all its regimes.
    fn of(&self, family: &str) -> Vec<(&str, Vec<&CaseReport>)> {
        let mut names: Vec<(&str, Vec<&CaseReport>)> = Vec::new();
        for case in self.cases.iter().filter(|case| case.family == family) {
            match names.iter_mut().find(|(name, _)| *name == case.case) {
                Some((_, cases)) => cases.push(case),
                None => names.push((&case.case, vec![case])),
            }
        }
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arena::play::play;
    use crate::cases;
    use crate::regime::Regime;

    const SCHEDULE: Schedule = Schedule { rounds: 2, wait_rounds: 1, millis: 0.2, rehearsal: true };

    fn report(regimes: &[Regime]) -> Report {
        let all = cases::all();
        let few = || all.iter().filter(|case| case.family == "rlock" && case.threads <= 2);
        let cases: Vec<_> = regimes
            .iter()
            .flat_map(|&regime| few().map(move |case| play(case, regime, SCHEDULE, || ())))
            .collect();
        let summaries = summaries(&cases);
        Report { machine: Machine::describe(), schedule: SCHEDULE, cases, summaries }
    }

    #[test]
    fn what_the_arena_writes_becomes_charts_and_tables() {
        let folder = std::env::temp_dir().join(format!("tollgate-chart-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join("arena.json");
        let report = report(&[Regime::Free]);
        fs::write(&file, serde_json::to_string(&report).unwrap()).unwrap();
        draw_all(&[file.clone(), file], &folder).unwrap();
        let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
        assert!(read("RESULTS.md").contains("| rlock |"));
        assert!(read("results/rlock.md").contains("tollgate::RLock"));
        assert!(read("results/rlock.svg").starts_with("<svg"));
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn of_a_case_in_several_files_the_last_one_counts() {
        let first = report(&[Regime::Free]);
        let mut second = first.clone();
        second.cases.truncate(1);
        second.cases[0].threads = 77;
        let count = first.cases.len();
        let runs = Runs::merge(vec![first, second]);
        assert_eq!(runs.cases.len(), count);
        assert_eq!(runs.cases[0].threads, 77);
        assert_eq!(runs.made.len(), 2);
    }
}
