//! Programs too large to be exhausted, under shuttle: four to seven threads with four operations each, random schedules and
//! PCT ones (Burckhardt and others, ASPLOS 2010).
//!
//! shuttle is sequentially consistent, so the order in which it runs calls is their order in time, and histories are checked
//! as they are. Programs and schedules come from fixed seeds. A failure prints its schedule, for `shuttle::replay`.

use crate::report::{self, Job, Outcome};
use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};
use std::sync::Arc;
use tollgate::model::{Mutant, Settings};
use tollgate_loom_tests::Subject;
use tollgate_loom_tests::execution::{Execution, assert_linearizable};
use tollgate_loom_tests::program::Program;
use tollgate_loom_tests::random::Random;
use tollgate_loom_tests::runner::varied;

const THREADS: [usize; 4] = [4, 5, 6, 7];
const LENGTH: usize = 4;
/// A program with more states than this gets timed forms instead of plain ones.
const STATES: usize = 20_000;

/// How many times its sample a subject gets programs, and schedules of either kind for each program.
fn sizes(full: bool) -> (usize, usize) {
    if full { (2, 500) } else { (1, 100) }
}

pub(crate) fn about(full: bool) -> String {
    let (_, schedules) = sizes(full);
    format!(
        "random programs of 4 to 7 threads with {LENGTH} operations; {schedules} random schedules and as many PCT ones for each."
    )
}

/// The jobs of one subject. None is left out: plain forms that may wait for ever become timed ones.
pub(crate) fn jobs<S: Subject>(full: bool, mutant: Option<Mutant>) -> (Vec<Job>, usize) {
    let (programs, schedules) = sizes(full);
    let programs = programs * S::SAMPLE;
    let mut random = Random::new(2);
    let job = |number: usize| {
        let threads = THREADS[number % THREADS.len()];
        let program = Arc::new(Program::<S>::random(&mut random, threads, LENGTH, STATES));
        let settings = settings::<S>(number, mutant);
        let name = format!("{program}");
        let run = move || sample(&program, settings, number as u64, schedules);
        Job { name, run: Box::new(run) }
    };
    ((0..programs).map(job).collect(), 0)
}

/// Each program gets one of the ways in which a model can vary, in turn; half of them the real locks inside. Whether threads ask for a lock
/// before they sleep, how soon those who serve leave that to others, and what only a condition's crowd goes by, is taken in turns of other lengths, so that each meets each.
fn settings<S: Subject>(number: usize, mutant: Option<Mutant>) -> Settings {
    let real_locks = S::IS_LOCK || number / 4 % 2 == 1;
    let sharers = [u32::MAX, 0, 1][number % 3];
    let woken_ahead = u32::from(number % 5 < 2);
    let heirs = number % 7 < 3;
    let rounds = if number % 11 < 5 { 0 } else { u32::MAX };
    let counts = Settings { rounds, sharers, woken_ahead, ..Settings::default() };
    let base = Settings { timeouts: 8, real_locks, heirs, mutant, ..counts };
    let varied = varied(base);
    varied[number / 8 % varied.len()]
}

fn sample<S: Subject>(program: &Arc<Program<S>>, settings: Settings, seed: u64, schedules: usize) -> Outcome {
    let mut total = Outcome::default();
    total.add(run(program, settings, RandomScheduler::new_from_seed(seed, schedules)));
    if total.failure.is_none() {
        total.add(run(program, settings, PctScheduler::new_from_seed(seed, 3, schedules)));
    }
    total
}

fn run<S: Subject>(
    program: &Arc<Program<S>>,
    settings: Settings,
    scheduler: impl Scheduler + 'static,
) -> Outcome {
    let mut config = shuttle::Config::new();
    config.silence_warnings = true;
    report::explore(program, settings, execute, |body| {
        shuttle::Runner::new(scheduler, config).run(body);
    })
}

fn execute<S: Subject>(execution: Arc<Execution<S>>) {
    let recorder = execution.recorder();
    let body = |thread| {
        let execution = Arc::clone(&execution);
        move || execution.thread(thread, || ())
    };
    let threads: Vec<_> =
        (0..execution.threads()).map(|thread| shuttle::thread::spawn(body(thread))).collect();
    for thread in threads {
        thread.join().unwrap();
    }
    let Some(execution) = Arc::into_inner(execution) else {
        panic!("a thread has ended and still has its share")
    };
    execution.end();
    assert_linearizable(&recorder);
}
