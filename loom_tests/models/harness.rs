//! Runs models and reports what was explored.
//!
//! Rules that keep models small (each measured, see the loom notes in the crate's history): the explorer's main thread
//! works too; threads are not joined under loom (a join adds two dependent operations per thread), instead the last one out
//! checks the result; what is recorded lives in `std` atomics, which the explorer does not see; shared ownership is
//! `std::sync::Arc`.

use crate::lock::Form;
use crate::mutants::Tally;
use libtest_mimic::{Arguments, Failed, Trial};
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Instant;
use tollgate::model::{LateWakes, Settings};
use tollgate_loom_tests::runner::{self, EXPLORER, full, guarded};

pub(crate) type Body = Arc<dyn Fn() + Send + Sync>;

/// How far a model is explored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bound {
    /// All interleavings.
    None,
    /// All interleavings with at most this many preemptions.
    Preemptions(usize),
    /// Too large for loom: shuttle only.
    ShuttleOnly,
}

/// One program.
#[derive(Clone)]
pub(crate) struct Model {
    pub(crate) name: String,
    pub(crate) bound: Bound,
    pub(crate) settings: Vec<Settings>,
    pub(crate) body: Body,
    /// Looks at what all the executions together have recorded.
    pub(crate) after: Option<Arc<dyn Fn() + Send + Sync>>,
}

/// All programs, in the order of the report.
#[derive(Default)]
pub(crate) struct Suite {
    pub(crate) models: Vec<Model>,
}

impl Suite {
    /// Adds a program, to be explored once with each of the settings.
    pub(crate) fn add(
        &mut self,
        name: impl Into<String>,
        bound: Bound,
        settings: Vec<Settings>,
        body: impl Fn() + Send + Sync + 'static,
    ) {
        self.models.push(Model { name: name.into(), bound, settings, body: Arc::new(body), after: None });
    }

    /// Adds a check of what all executions of the last program together have recorded.
    pub(crate) fn add_final(&mut self, check: impl Fn() + Send + Sync + 'static) {
        if let Some(model) = self.models.last_mut() {
            model.after = Some(Arc::new(check));
        }
    }
}

/// The default alone.
pub(crate) fn plain() -> Vec<Settings> {
    vec![Settings::default()]
}

/// The default and its variations.
pub(crate) fn varied() -> Vec<Settings> {
    runner::varied(Settings::default()).into()
}

/// The same for a program whose sleeps have deadlines: a time-out covers what a spurious wake-up would show.
pub(crate) fn varied_for(form: Form) -> Vec<Settings> {
    varied().into_iter().filter(|settings| form == Form::Plain || settings.spurious == 0).collect()
}

/// The same, with the real lock instead of its specification.
pub(crate) fn varied_real() -> Vec<Settings> {
    let base = Settings { real_locks: true, ..Settings::default() };
    let late = with_late_wakes(base);
    runner::varied(base).into_iter().chain([late, Settings { too_long: true, ..late }]).collect()
}

/// The same, and with threads that ask for the lock before they sleep.
pub(crate) fn varied_with_heirs() -> Vec<Settings> {
    let heirs = Settings { real_locks: true, heirs: true, ..Settings::default() };
    let hasty = Settings { too_long: true, ..heirs };
    varied_real().into_iter().chain([heirs, hasty, with_late_wakes(hasty)]).collect()
}

fn with_late_wakes(base: Settings) -> Settings {
    // SAFETY: the models whose lock is freed by its next owner or its last guard take these settings out again.
    Settings { late_wakes: Some(unsafe { LateWakes::new() }), ..base }
}

fn describe(settings: Settings) -> String {
    let base = Settings::default();
    let mut words = Vec::new();
    if settings.real_locks {
        words.push("real lock".to_owned());
    }
    if settings.rounds != base.rounds {
        words.push(format!("rounds {}", settings.rounds));
    }
    if settings.heirs {
        words.push("heirs".to_owned());
    }
    if settings.late_wakes.is_some() {
        words.push("late wakes".to_owned());
    }
    if settings.spurious != base.spurious {
        words.push(format!("spurious {}", settings.spurious));
    }
    if settings.timeouts != base.timeouts {
        words.push(format!("timeouts {}", settings.timeouts));
    }
    if settings.wake_order != base.wake_order {
        words.push("lifo".to_owned());
    }
    if settings.too_long {
        words.push("too long".to_owned());
    }
    if settings.sharers != base.sharers {
        words.push(format!("sharers {}", settings.sharers));
    }
    if settings.woken_ahead != base.woken_ahead {
        words.push(format!("woken ahead {}", settings.woken_ahead));
    }
    if words.is_empty() { "default".to_owned() } else { words.join(", ") }
}

/// Runs the threads of one execution, the last of them on the explorer's main thread, and `check` after the last has ended.
pub(crate) fn threads(bodies: Vec<Box<dyn FnOnce() + Send>>, check: impl FnOnce() + Send + 'static) {
    #[cfg(loom)]
    {
        let left = Arc::new(AtomicUsize::new(bodies.len()));
        let check = Arc::new(Mutex::new(Some(check)));
        let mut bodies: Vec<_> = bodies
            .into_iter()
            .map(|body| {
                let (left, check) = (Arc::clone(&left), Arc::clone(&check));
                move || {
                    body();
                    // So that the last one out sees what all the others did.
                    tollgate_loom_tests::execution::end_thread();
                    if left.fetch_sub(1, SeqCst) == 1 {
                        if let Some(check) = check.lock().unwrap().take() {
                            check();
                        }
                    }
                }
            })
            .collect();
        let main = bodies.pop();
        for body in bodies {
            loom::thread::spawn(body);
        }
        if let Some(main) = main {
            main();
        }
    }
    #[cfg(shuttle)]
    {
        let threads: Vec<_> = bodies.into_iter().map(shuttle::thread::spawn).collect();
        for thread in threads {
            thread.join().unwrap();
        }
        check();
    }
}

/// The bodies of threads, each with the named values cloned into it: `bodies!([shared] { … }, { … })`.
#[macro_export]
macro_rules! bodies {
    (@one [$($shared:ident),*] $body:block) => {{
        $(#[allow(unused_variables)]
        let $shared = ::std::clone::Clone::clone(&$shared);)*
        ::std::boxed::Box::new(move || $body) as ::std::boxed::Box<dyn FnOnce() + Send>
    }};
    ($shared:tt $($body:block),+ $(,)?) => {
        vec![$($crate::bodies!(@one $shared $body)),+]
    };
}

/// How far an exploration came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(loom, expect(dead_code, reason = "Sampled is shuttle's"))]
#[cfg_attr(shuttle, expect(dead_code, reason = "the others are loom's"))]
pub(crate) enum Explored {
    /// All of it.
    Exhausted,
    /// All of it with at most this many preemptions.
    Preemptions(usize),
    /// The limit of executions was reached.
    CutOff,
    /// Random schedules.
    Sampled,
}

impl std::fmt::Display for Explored {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Explored::Exhausted => f.write_str("exhausted"),
            Explored::Preemptions(count) => write!(f, "preemptions <= {count}"),
            Explored::CutOff => f.write_str("cut off"),
            Explored::Sampled => f.write_str("sampled"),
        }
    }
}

/// What one exploration did.
pub(crate) struct Report {
    pub(crate) explored: Explored,
    pub(crate) executions: usize,
    pub(crate) seconds: f64,
}

/// How many executions a model may take before it counts as too large for its bound. A count and not a time: it is the same on
/// every machine, so that what passes here does not fail on a slower one.
#[cfg(loom)]
const LIMIT: usize = 2_000_000;

/// How many executions a loom may take to do without a bound, or with a higher one than it is sure to reach.
#[cfg(loom)]
fn attempt() -> usize {
    if full() { 40_000 } else { 20_000 }
}

/// What a stock loom falls back to, for models that only a cured one can exhaust.
#[cfg(all(loom, not(tollgate_cured_loom)))]
const FALL_BACK: Bound = Bound::Preemptions(2);

/// Explores one program under one setting, as far as `bound` says. A cured loom first tries to do without the bound; in a full run
/// it then raises it as far as it can. Panics when the explorer finds a failure, and when the model is too large for its bound.
pub(crate) fn explore(body: &Body, bound: Bound, settings: Settings) -> Report {
    #[cfg(tollgate_cured_loom)]
    if let Bound::Preemptions(count) = bound {
        let report = explore_within(body, Bound::None, settings, attempt());
        if report.explored != Explored::CutOff {
            return report;
        }
        if full() {
            let mut best = explore_within(body, bound, settings, LIMIT);
            assert_complete(&best);
            for count in count + 1.. {
                let report = explore_within(body, Bound::Preemptions(count), settings, attempt());
                if report.explored == Explored::CutOff {
                    break;
                }
                best = report;
            }
            return best;
        }
    }
    #[cfg(all(loom, not(tollgate_cured_loom)))]
    if bound == Bound::None {
        let report = explore_within(body, bound, settings, attempt());
        if report.explored != Explored::CutOff {
            return report;
        }
        return explore(body, FALL_BACK, settings);
    }
    #[cfg(loom)]
    let limit = LIMIT;
    #[cfg(shuttle)]
    let limit = if full() { 5_000 } else { 2_000 };
    let report = explore_within(body, bound, settings, limit);
    assert_complete(&report);
    report
}

fn assert_complete(report: &Report) {
    assert!(
        report.explored != Explored::CutOff,
        "cut short after {} executions: the model is too large for its bound",
        report.executions
    );
}

/// The same, once.
fn explore_within(body: &Body, bound: Bound, settings: Settings, limit: usize) -> Report {
    tollgate::model::forget_sleepers();
    tollgate::model::set(settings);
    let executions = Arc::new(AtomicUsize::new(0));
    let start = Instant::now();
    let counted = {
        let (executions, body) = (Arc::clone(&executions), Arc::clone(body));
        move || {
            executions.fetch_add(1, SeqCst);
            body();
        }
    };
    #[cfg(loom)]
    let explored = {
        let mut builder = loom::model::Builder::new();
        builder.max_branches = 10_000;
        builder.checkpoint_interval = limit.clamp(1, 1_000);
        builder.max_permutations = Some(limit);
        builder.preemption_bound = match bound {
            Bound::None => None,
            Bound::Preemptions(count) => Some(count),
            Bound::ShuttleOnly => panic!("a model for shuttle alone"),
        };
        builder.check(counted);
        match bound {
            // loom says nothing when it stops at its limit, one before it.
            _ if executions.load(SeqCst) >= limit - 1 => Explored::CutOff,
            Bound::Preemptions(count) => Explored::Preemptions(count),
            _ => Explored::Exhausted,
        }
    };
    #[cfg(shuttle)]
    let explored = {
        let _ = bound;
        let rounds = limit;
        let counted = Arc::new(counted);
        let mut config = shuttle::Config::new();
        config.silence_warnings = true;
        let random = shuttle::scheduler::RandomScheduler::new(rounds);
        let again = Arc::clone(&counted);
        shuttle::Runner::new(random, config.clone()).run(move || again());
        let pct = shuttle::scheduler::PctScheduler::new(3, rounds / 2);
        shuttle::Runner::new(pct, config).run(move || counted());
        Explored::Sampled
    };
    Report { explored, executions: executions.load(SeqCst), seconds: start.elapsed().as_secs_f64() }
}

/// Within which bounds to look for a failure, one after the other, and in how many executions. Most failures need few preemptions, and few executions
/// then.
pub(crate) fn hunts(bound: Bound) -> Vec<(Bound, usize)> {
    if cfg!(shuttle) {
        return vec![(bound, HUNT / 20), (bound, HUNT)];
    }
    let bounds = match bound {
        Bound::Preemptions(most @ 1..=2) => (1..=most).map(Bound::Preemptions).collect(),
        _ => vec![Bound::Preemptions(1), Bound::Preemptions(2), bound],
    };
    bounds.into_iter().map(|bound| (bound, HUNT)).collect()
}

/// Whether exploring finds a failure, without the explorer's report on the screen.
pub(crate) fn fails(body: &Body, (bound, executions): (Bound, usize), settings: Settings) -> bool {
    guarded(|| explore_within(body, bound, settings, executions)).is_err()
}

/// The first executions of a model, whatever comes of them.
pub(crate) fn glance(body: &Body, settings: Settings) {
    let _ = guarded(|| explore_within(body, Bound::Preemptions(2), settings, GLANCE));
}

/// How many executions the hunt for a mutant and a glance may take.
#[cfg(loom)]
const HUNT: usize = 30_000;
#[cfg(loom)]
const GLANCE: usize = 300;
#[cfg(shuttle)]
const HUNT: usize = 10_000;
#[cfg(shuttle)]
const GLANCE: usize = 50;

/// One line of the report. Printed when it is known, so that a long run shows where it is.
fn print_row(name: &str, settings: Settings, report: &Report) {
    let row = format!(
        "  {name:<58} {:<28} {:>9} executions {:>7.1} s  {}\n",
        describe(settings),
        report.executions,
        report.seconds,
        report.explored
    );
    let _ = std::io::stdout().write_all(row.as_bytes());
}

/// Looks whether some model notices a mutant: which one, or why not.
pub(crate) type Verdict = Box<dyn FnOnce() -> Result<String, String> + Send>;

/// Runs everything that the command line asks for.
pub(crate) fn run(
    suite: Suite,
    mutants: impl FnOnce() -> (Vec<(String, Verdict)>, Arc<Mutex<Tally>>),
) -> ExitCode {
    if let Err(why) = runner::prepare() {
        eprintln!("error: {why}");
        return ExitCode::FAILURE;
    }
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(std::thread::available_parallelism().map_or(1, |n| n.get()));
    let totals = Arc::new(Mutex::new((0_usize, 0_usize, 0_usize)));
    let mut trials = Vec::new();
    for model in suite.models {
        if cfg!(loom) && model.bound == Bound::ShuttleOnly {
            continue;
        }
        let totals = Arc::clone(&totals);
        trials.push(Trial::test(model.name.clone(), move || {
            for &settings in &model.settings {
                let report = explore(&model.body, model.bound, settings);
                if report.executions == 0 {
                    return Err(Failed::from("the explorer ran nothing"));
                }
                print_row(&model.name, settings, &report);
                let mut totals = totals.lock().unwrap();
                totals.0 += 1;
                totals.1 += report.executions;
                totals.2 += usize::from(report.explored == Explored::Exhausted);
            }
            if let Some(after) = model.after {
                after();
            }
            Ok(())
        }));
    }
    #[cfg(tollgate_cured_loom)]
    trials.push(Trial::test("reduction: nothing is lost where threads block", || {
        println!("  reduction: {}", crate::reduction::agree().map_err(Failed::from)?);
        println!("  reduction: {}", crate::reduction::agree_on_random().map_err(Failed::from)?);
        Ok(())
    }));
    let (mutants, tally) = mutants();
    for (name, verdict) in mutants {
        let title = format!("mutant: {name}");
        trials.push(Trial::test(title.clone(), move || match verdict() {
            Ok(how) => {
                let _ = std::io::stdout().write_all(format!("  {title:<58} {how}\n").as_bytes());
                Ok(())
            }
            Err(why) => {
                let _ = std::io::stdout().write_all(format!("  {title:<58} {why}\n").as_bytes());
                Err(Failed::from(why))
            }
        }));
    }

    println!("explorer: {EXPLORER}");
    let listing = arguments.list;
    let conclusion = libtest_mimic::run(&arguments, trials);
    if listing {
        return ExitCode::SUCCESS;
    }
    tally.lock().unwrap().print();
    let (explorations, executions, exhausted) = *totals.lock().unwrap();
    let _ = (explorations, exhausted);
    #[cfg(loom)]
    {
        println!(
            "{EXPLORER}: {explorations} explorations, {executions} executions: {exhausted} exhausted, {} up to the bound in their row",
            explorations - exhausted
        );
        println!("Time-outs: at most 1 per thread and execution, unless the row says otherwise.");
        if cfg!(not(tollgate_cured_loom)) {
            println!(
                "Stock loom forgets all but the last access of an atomic when it decides what to explore next (tokio-rs/loom#166, #392):"
            );
            println!(
                "its \"exhausted\" misses outcomes. `bash loom_tests/cured/run models` explores them all."
            );
        }
        println!("What no loom sees is in VERIFICATION.md.");
    }
    #[cfg(shuttle)]
    println!(
        "{explorations} models, {executions} executions, sampled at random; sequential consistency only."
    );
    if conclusion.num_passed + conclusion.num_failed == 0 {
        eprintln!("error: no model ran");
        return ExitCode::FAILURE;
    }
    conclusion.exit_code()
}
