//! The threads, the watchdog and the report.
//!
//! The threads live as long as the run. Between two runs of a program they meet at a counter, spinning for a moment and then
//! yielding, so that they start within a fraction of a microsecond of each other.

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::ScopedJoinHandle;
use std::time::{Duration, Instant};
use tollgate_loom_tests::Subject;
use tollgate_loom_tests::execution::Execution;
use tollgate_loom_tests::history::Recorder;
use tollgate_loom_tests::linearize;
use tollgate_loom_tests::program::Program;
use tollgate_loom_tests::random::Random;
use tollgate_loom_tests::subjects::{ForEach, for_each};

/// How often one program runs.
const REPETITIONS: usize = 200;
/// How long one run may take. None of them waits for anything but the others, and for time-outs of microseconds.
const DEADLINE: Duration = Duration::from_secs(30);
/// A program with more states than this gets timed forms instead of plain ones.
const STATES: usize = 20_000;

/// What is running at this moment, and since when, for the watchdog.
#[derive(Default)]
struct Watched {
    ended: AtomicBool,
    /// Runs begun.
    beat: AtomicU64,
    what: Mutex<String>,
}

/// Aborts the process when a run takes too long.
fn watch(watched: &Watched) {
    let mut last = (0, Instant::now());
    while !watched.ended.load(SeqCst) {
        std::thread::sleep(Duration::from_millis(50));
        let beat = watched.beat.load(SeqCst);
        if beat != last.0 {
            last = (beat, Instant::now());
        } else if last.1.elapsed() > DEADLINE {
            let what = watched.what.lock().unwrap_or_else(PoisonError::into_inner);
            eprintln!(
                "error: a program has not ended after {DEADLINE:?}; threads sleep beside what they wait for:\n{what}"
            );
            std::process::abort();
        }
    }
}

/// A place where threads meet before they go on together.
#[derive(Default)]
struct Meeting(AtomicUsize);

impl Meeting {
    /// Waits until `count` threads have come, for the `round`-th time.
    fn join(&self, round: usize, count: usize) {
        self.0.fetch_add(1, SeqCst);
        let mut looks = 0;
        while self.0.load(SeqCst) < (round + 1) * count {
            looks += 1;
            if looks < 1_000 { std::hint::spin_loop() } else { std::thread::yield_now() }
        }
    }
}

/// Joins threads while their handles are still there: a handle that is dropped earlier is freed behind a fence, and
/// ThreadSanitizer knows no fences.
fn join_all(threads: Vec<ScopedJoinHandle<'_, ()>>) {
    for thread in threads {
        if let Err(panic) = thread.join() {
            std::panic::resume_unwind(panic);
        }
    }
}

/// Runs a program many times. The report of the first run that went wrong.
fn repeat<S: Subject>(program: &Arc<Program<S>>, watched: &Watched) -> Result<(), String> {
    let count = program.threads().len();
    // All objects are made beforehand, so that threads have nothing to do between their runs.
    let runs: Vec<Execution<S>> = (0..REPETITIONS).map(|_| Execution::new(program)).collect();
    let meeting = Meeting::default();
    std::thread::scope(|scope| {
        let body = |thread| {
            let (runs, meeting) = (&runs, &meeting);
            move || {
                for (round, run) in runs.iter().enumerate() {
                    if thread == 0 {
                        *watched.what.lock().unwrap_or_else(PoisonError::into_inner) = format!("{program}");
                        watched.beat.fetch_add(1, SeqCst);
                    }
                    meeting.join(round, count);
                    run.thread(thread, || ());
                }
            }
        };
        let threads: Vec<_> = (0..count).map(|thread| scope.spawn(body(thread))).collect();
        join_all(threads);
    });
    for run in runs {
        let recorder: Arc<Recorder<S>> = run.recorder();
        run.end();
        linearize::check(recorder.history()).map_err(|unexplained| format!("{unexplained}"))?;
    }
    Ok(())
}

struct Stress<'a> {
    filter: String,
    seconds: f64,
    seed: u64,
    watched: &'a Watched,
    programs: usize,
    failed: usize,
}

impl ForEach for Stress<'_> {
    fn subject<S: Subject>(&mut self) {
        if !S::name().contains(&self.filter) {
            return;
        }
        let start = Instant::now();
        let mut random = Random::new(self.seed);
        let mut programs = 0;
        let mut failed = 0;
        while start.elapsed().as_secs_f64() < self.seconds {
            let (threads, length) = (3 + random.below(2), 3 + random.below(2));
            let program = Arc::new(Program::<S>::random(&mut random, threads, length, STATES));
            programs += 1;
            if let Err(failure) = repeat(&program, self.watched) {
                failed += 1;
                println!("FAILED {program}\n{failure}");
            }
        }
        let (runs, seconds) = (programs * REPETITIONS, start.elapsed().as_secs_f64());
        println!("  {:<14} {programs:>8} {runs:>10} {failed:>7} {seconds:>9.1}", S::name());
        self.programs += programs;
        self.failed += failed;
    }
}

/// A number from the environment.
fn setting(name: &str, default: f64) -> f64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

pub(crate) fn run() -> ExitCode {
    let watched = Watched::default();
    let mut stress = Stress {
        filter: std::env::args().nth(1).unwrap_or_default(),
        seconds: setting("TOLLGATE_STRESS_SECONDS", 2.0),
        seed: setting("TOLLGATE_STRESS_SEED", 3.0) as u64,
        watched: &watched,
        programs: 0,
        failed: 0,
    };
    println!("  {:<14} {:>8} {:>10} {:>7} {:>9}", "subject", "programs", "runs", "failed", "seconds");
    std::thread::scope(|scope| {
        let watcher = scope.spawn(|| watch(&watched));
        for_each(&mut stress);
        watched.ended.store(true, SeqCst);
        join_all(vec![watcher]);
    });
    println!(
        "{} programs, {} runs, {} failed",
        stress.programs,
        stress.programs * REPETITIONS,
        stress.failed
    );
    if stress.failed > 0 || stress.programs == 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
