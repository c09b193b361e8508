//! Runs the programs on all cores and reports what was explored.
//!
//! Programs know nothing of each other, and an explorer's state belongs to one thread of the operating system; so each core
//! takes the next program until none is left.

use crate::explorer;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use tollgate::model::{Mutant, Settings};
use tollgate_loom_tests::Subject;
use tollgate_loom_tests::execution::Execution;
use tollgate_loom_tests::history::Recorder;
use tollgate_loom_tests::linearize::UNEXPLAINED;
use tollgate_loom_tests::program::Program;
use tollgate_loom_tests::runner::{self, EXPLORER, full, guarded};
use tollgate_loom_tests::subjects::{ForEach, for_each};

/// One program to be run.
pub(crate) struct Job {
    pub(crate) name: String,
    pub(crate) run: Box<dyn Fn() -> Outcome + Send + Sync>,
}

/// How much of a program was seen, best first. Of no meaning to what is sampled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(shuttle, expect(dead_code, reason = "loom's"))]
pub(crate) enum Explored {
    #[default]
    Exhausted,
    Bounded,
    CutOff,
}

/// What came of a program.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) explorations: usize,
    pub(crate) executions: usize,
    /// The least of its explorations.
    pub(crate) explored: Explored,
    pub(crate) failure: Option<String>,
}

impl Outcome {
    pub(crate) fn add(&mut self, other: Outcome) {
        self.explorations += other.explorations;
        self.executions += other.executions;
        self.explored = self.explored.max(other.explored);
        self.failure = self.failure.take().or(other.failure);
    }
}

/// The jobs of one subject.
struct Group {
    name: String,
    jobs: Vec<Job>,
    skipped: usize,
}

struct Groups {
    options: Options,
    mutant: Option<Mutant>,
    all: Vec<Group>,
}

impl ForEach for Groups {
    fn subject<S: Subject>(&mut self) {
        let (mut jobs, skipped) = explorer::jobs::<S>(self.options.full, self.mutant);
        let (shard, shards) = self.options.shard;
        let mut number = 0;
        jobs.retain(|job| {
            number += 1;
            job.name.contains(&self.options.filter) && number % shards == shard % shards
        });
        if !jobs.is_empty() {
            self.all.push(Group { name: S::name(), jobs, skipped });
        }
    }
}

#[derive(Clone)]
struct Options {
    filter: String,
    mutants: Vec<Mutant>,
    shard: (usize, usize),
    full: bool,
}

impl Options {
    fn parse(arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Options { filter: String::new(), mutants: Vec::new(), shard: (0, 1), full: full() };
        let mut arguments = arguments;
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--mutant" => {
                    let name = arguments.next().ok_or("--mutant needs a name")?;
                    let named = |mutant: &&Mutant| name == "all" || format!("{mutant:?}") == name;
                    options.mutants.extend(Mutant::ALL.iter().filter(named));
                    if options.mutants.is_empty() {
                        return Err(format!("no mutant named {name}"));
                    }
                }
                "--shard" => {
                    let shard = arguments.next().unwrap_or_default();
                    let numbers =
                        shard.split_once('/').and_then(|(k, n)| Some((k.parse().ok()?, n.parse().ok()?)));
                    options.shard = numbers.filter(|&(_, n)| n > 0).ok_or("--shard needs K/N")?;
                }
                option if option.starts_with("--") => return Err(format!("unknown option {option}")),
                filter => options.filter = filter.to_owned(),
            }
        }
        Ok(options)
    }
}

/// Explores a program: `explorer` runs the body that it is given, once for each execution, and `execute` is what that does. The
/// outcome counts as seen to its end.
pub(crate) fn explore<S: Subject>(
    program: &Arc<Program<S>>,
    settings: Settings,
    execute: impl Fn(Arc<Execution<S>>) + Send + Sync + 'static,
    explorer: impl FnOnce(Box<dyn Fn() + Send + Sync>),
) -> Outcome {
    tollgate::model::forget_sleepers();
    tollgate::model::set(settings);
    let executions = Arc::new(AtomicUsize::new(0));
    let record = Arc::new(Mutex::new(None::<Arc<Recorder<S>>>));
    let body = {
        let (program, executions, record) =
            (Arc::clone(program), Arc::clone(&executions), Arc::clone(&record));
        move || {
            executions.fetch_add(1, SeqCst);
            let execution = Arc::new(Execution::new(&program));
            *record.lock().unwrap() = Some(execution.recorder());
            execute(execution);
        }
    };
    let failure = guarded(|| explorer(Box::new(body))).err().map(|message| {
        let message = describe(message, record.lock().unwrap().as_deref());
        format!("{message}  {settings:?}")
    });
    Outcome { explorations: 1, executions: executions.load(SeqCst), failure, ..Outcome::default() }
}

/// A failure, with what had happened until then.
fn describe<S: Subject>(message: String, record: Option<&Recorder<S>>) -> String {
    match record {
        None => message,
        // It shows the history itself.
        Some(_) if message.starts_with(UNEXPLAINED) => message,
        Some(record) => format!("{message}\n{record:?}"),
    }
}

pub(crate) fn run() -> ExitCode {
    let options = Options::parse(std::env::args().skip(1));
    let options = match options.and_then(|options| runner::prepare().map(|()| options)) {
        Ok(options) => options,
        Err(why) => {
            eprintln!("error: {why}");
            return ExitCode::FAILURE;
        }
    };
    println!("explorer: {EXPLORER}");
    if options.mutants.is_empty() { run_all(&options) } else { hunt(&options) }
}

fn groups(options: &Options, mutant: Option<Mutant>) -> Vec<Group> {
    let mut groups = Groups { options: options.clone(), mutant, all: Vec::new() };
    for_each(&mut groups);
    groups.all
}

/// What came of all programs of a subject.
#[derive(Default)]
struct Row {
    programs: [usize; 3],
    failed: usize,
    executions: usize,
    explorations: usize,
    seconds: f64,
}

fn run_all(options: &Options) -> ExitCode {
    println!("{}\n", explorer::about(options.full));
    let groups = groups(options, None);
    let rows: Vec<Mutex<Row>> = groups.iter().map(|_| Mutex::default()).collect();
    work(&groups, &|group, job, outcome, seconds| {
        let mut row = rows[group].lock().unwrap_or_else(PoisonError::into_inner);
        row.executions += outcome.executions;
        row.explorations += outcome.explorations;
        row.seconds += seconds;
        match &outcome.failure {
            None => row.programs[outcome.explored as usize] += 1,
            Some(failure) => {
                row.failed += 1;
                println!("FAILED {}\n{failure}\n", job.name);
            }
        }
        true
    });
    println!("  subject        programs  skipped exhausted  bounded  cut off  failed   executions   seconds");
    let (mut programs, mut failed, mut executions, mut explorations) = (0, 0, 0, 0);
    for (group, row) in groups.iter().zip(rows) {
        let row = row.into_inner().unwrap_or_else(PoisonError::into_inner);
        let seen = row.programs.map(|count| if cfg!(loom) { count.to_string() } else { "-".to_owned() });
        let [exhausted, bounded, cut_off] = seen;
        println!(
            "  {:<14} {:>8} {:>8} {exhausted:>9} {bounded:>8} {cut_off:>8} {:>7} {:>12} {:>9.1}",
            group.name,
            group.jobs.len(),
            group.skipped,
            row.failed,
            row.executions,
            row.seconds,
        );
        programs += group.jobs.len();
        failed += row.failed;
        executions += row.executions;
        explorations += row.explorations;
    }
    println!("{programs} programs, {explorations} explorations, {executions} executions, {failed} failed");
    println!("skipped: may wait for ever according to the sequential model. seconds: of one core.");
    if programs == 0 {
        eprintln!("error: no program ran");
    }
    if failed > 0 || programs == 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Looks for a program that notices each mutant.
fn hunt(options: &Options) -> ExitCode {
    let mut survivors = 0;
    for &mutant in &options.mutants {
        let start = Instant::now();
        let groups = groups(options, Some(mutant));
        let killer = Mutex::new(None);
        let executions = AtomicUsize::new(0);
        work(&groups, &|_, job, outcome, _| {
            executions.fetch_add(outcome.executions, SeqCst);
            let Some(failure) = &outcome.failure else { return true };
            let mut killer = killer.lock().unwrap_or_else(PoisonError::into_inner);
            killer.get_or_insert_with(|| (job.name.clone(), failure.clone()));
            false
        });
        let killer = killer.into_inner().unwrap_or_else(PoisonError::into_inner);
        let effort =
            format!("{:>9} executions, {:>6.1} s", executions.into_inner(), start.elapsed().as_secs_f64());
        match killer {
            Some((name, failure)) => {
                println!("{:<32} {effort}  noticed by {name}", format!("{mutant:?}"));
                if options.mutants.len() == 1 {
                    println!("{failure}");
                }
            }
            None => {
                survivors += 1;
                println!("{:<32} {effort}  SURVIVED", format!("{mutant:?}"));
            }
        }
    }
    println!("{} mutants, {survivors} survived", options.mutants.len());
    if survivors > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Runs all jobs, on all cores, until `done` (which gets the group's number, the job, its outcome and its seconds) says no.
fn work(groups: &[Group], done: &(dyn Fn(usize, &Job, &Outcome, f64) -> bool + Sync)) {
    let all: Vec<_> = groups
        .iter()
        .enumerate()
        .flat_map(|(group, it)| it.jobs.iter().map(move |job| (group, job)))
        .collect();
    let next = AtomicUsize::new(0);
    let stopped = AtomicBool::new(false);
    let cores = std::thread::available_parallelism().map_or(1, |n| n.get());
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while let Some(&(group, job)) = all.get(next.fetch_add(1, SeqCst)) {
                    if stopped.load(SeqCst) {
                        break;
                    }
                    let start = Instant::now();
                    let outcome = (job.run)();
                    if !done(group, job, &outcome, start.elapsed().as_secs_f64()) {
                        stopped.store(true, SeqCst);
                    }
                }
            });
        }
    });
}
