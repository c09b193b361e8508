//! The cured loom's reductions lose nothing where threads block either: small programs over the futex of the models, explored
//! without any reduction, with dependencies alone, and with sleep sets, reach the same outcomes. Some are written by hand, others
//! are random programs over the subjects. (Programs of plain atomics are the `checker`'s business.)

use crate::bodies;
use crate::harness::threads;
use loom::reduction::{self, Reduction};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tollgate::model::{Settings, forget_sleepers, set};
use tollgate::{Condition, Lock, Queue, RawLock, Semaphore};
use tollgate_loom_tests::Subject;
use tollgate_loom_tests::execution::Execution;
use tollgate_loom_tests::program::Program as RandomProgram;
use tollgate_loom_tests::random::Random;
use tollgate_loom_tests::runner::{full, varied};
use tollgate_loom_tests::subjects::{ForEach, for_each};

/// What happened, call by call. Sorted: the order in which independent steps run is not an outcome. Whoever has the lock also
/// notes how many had it before, which is one.
type Log = Arc<Mutex<BTreeSet<String>>>;
type Outcomes = BTreeSet<BTreeSet<String>>;

struct Program {
    name: &'static str,
    settings: Settings,
    body: fn(Log),
}

const SOON: Duration = Duration::from_millis(1);

fn programs() -> Vec<Program> {
    let real = Settings { real_locks: true, ..Settings::default() };
    vec![
        Program {
            name: "lock | lock, spurious wake-up",
            settings: Settings { spurious: 1, ..real },
            body: |log| {
                let raw = Arc::new(RawLock::new());
                threads(
                    bodies!([raw, log]
                    { raw.acquire(); note(&log, "a has it"); raw.release().unwrap(); },
                    { raw.acquire(); note(&log, "b has it"); raw.release().unwrap(); }),
                    || {},
                );
            },
        },
        Program {
            name: "lock | lock with a time-out",
            settings: real,
            body: |log| {
                let raw = Arc::new(RawLock::new());
                threads(
                    bodies!([raw, log]
                    { raw.acquire(); note(&log, "a has it"); raw.release().unwrap(); },
                    {
                        let acquired = raw.acquire_timeout(SOON);
                        note(&log, if acquired { "b has it" } else { "b gives up" });
                        if acquired { raw.release().unwrap(); }
                    }),
                    || {},
                );
            },
        },
        Program {
            name: "lock, which another releases | look",
            settings: real,
            body: |log| {
                let raw = Arc::new(RawLock::new());
                raw.acquire();
                threads(
                    bodies!([raw, log]
                    { raw.acquire(); note(&log, "a has it"); },
                    { raw.release().unwrap(); note(&log, if raw.is_locked() { "locked" } else { "free" }); }),
                    || {},
                );
            },
        },
        Program {
            name: "lock twice | lock with a time-out, hand-over",
            settings: Settings { too_long: true, timeouts: 2, ..real },
            body: |log| {
                let raw = Arc::new(RawLock::new());
                threads(
                    bodies!([raw, log]
                    {
                        for name in ["a has it", "a has it again"] {
                            raw.acquire();
                            note(&log, name);
                            raw.release().unwrap();
                        }
                    },
                    {
                        let acquired = raw.acquire_timeout(SOON);
                        note(&log, if acquired { "b has it" } else { "b gives up" });
                        if acquired { raw.release().unwrap(); }
                    }),
                    || {},
                );
            },
        },
        Program {
            name: "get with a time-out | put",
            settings: Settings::default(),
            body: |log| {
                let queue = Arc::new(Queue::bounded(1));
                threads(
                    bodies!([queue, log]
                    { note(&log, if queue.get_timeout(SOON).is_ok() { "got" } else { "gave up" }); },
                    { queue.put(1).unwrap(); note(&log, if queue.is_empty() { "empty" } else { "there" }); }),
                    || {},
                );
            },
        },
        Program {
            name: "wait with a time-out | notify",
            settings: Settings::default(),
            body: |log| {
                let shared = Arc::new((Lock::new(()), Condition::new()));
                threads(
                    bodies!([shared, log]
                    {
                        let mut guard = shared.0.lock();
                        let notified = shared.1.wait_timeout(&mut guard, SOON);
                        note(&log, if notified { "notified" } else { "gave up" });
                    },
                    { note(&log, if shared.1.notify_one() == 1 { "one" } else { "nobody" }); }),
                    || {},
                );
            },
        },
        Program {
            name: "acquire a permit | release it",
            settings: Settings::default(),
            body: |log| {
                let semaphore = Arc::new(Semaphore::new(0));
                threads(
                    bodies!([semaphore, log]
                    { let permit = semaphore.acquire().unwrap(); note(&log, "a has it"); permit.forget(); },
                    { semaphore.release(1); note(&log, if semaphore.permits() == 1 { "one" } else { "none" }); }),
                    || {},
                );
            },
        },
    ]
}

fn note(log: &Log, what: &str) {
    let mut log = log.lock().unwrap();
    let nth = log.iter().filter(|line| line.contains("has it")).count();
    let line = if what.contains("has it") { format!("{what}, {nth} before") } else { what.to_owned() };
    log.insert(line);
}

/// All logs that an exploration ends with, and how many executions it took; `None` if these were too many.
fn outcomes(program: &Program, reduction: Reduction) -> (Outcomes, usize, bool) {
    forget_sleepers();
    set(program.settings);
    reduction::set(reduction);
    let seen = Arc::new(Mutex::new(Outcomes::new()));
    let executions = Arc::new(AtomicUsize::new(0));
    let (body, all, count) = (program.body, Arc::clone(&seen), Arc::clone(&executions));
    let last = Arc::new(Mutex::new(Log::default()));
    let limit = if reduction == Reduction::None { 100_000 } else { LIMIT };
    explorer(limit).check(move || {
        // The log of the execution before is complete now: its last thread may end after its main one.
        let log = Log::default();
        let before = std::mem::replace(&mut *last.lock().unwrap(), Arc::clone(&log));
        all.lock().unwrap().insert(before.lock().unwrap().clone());
        count.fetch_add(1, SeqCst);
        body(log);
    });
    reduction::set(Reduction::SleepSets);
    let executions = executions.load(SeqCst);
    let seen = seen.lock().unwrap().clone();
    (seen, executions, executions < limit - 1)
}

const LIMIT: usize = 1_000_000;

fn explorer(limit: usize) -> loom::model::Builder {
    let mut builder = loom::model::Builder::new();
    builder.checkpoint_interval = 1_000;
    builder.max_branches = 10_000;
    builder.max_permutations = Some(limit);
    builder
}

/// Compares the three; where there are too many executions without a reduction, the other two.
pub(crate) fn agree() -> Result<String, String> {
    let mut report = String::new();
    for program in programs() {
        let mut reference: Option<(&str, Outcomes)> = None;
        report += &format!("\n    {}:", program.name);
        for (name, reduction) in [
            ("without", Reduction::None),
            ("dependencies", Reduction::Dependencies),
            ("sleep sets", Reduction::SleepSets),
        ] {
            let (reached, executions, complete) = outcomes(&program, reduction);
            if !complete {
                report += &format!(" {name} too many;");
                continue;
            }
            report += &format!(" {name} {executions};");
            match &reference {
                None => reference = Some((name, reached)),
                Some((_, all)) if *all == reached => {}
                Some((other, all)) => {
                    return Err(format!("{}: with {name} {reached:?}, with {other} {all:?}", program.name));
                }
            }
        }
        let (_, all) = reference.ok_or("nothing was complete")?;
        report += &format!(" outcomes {}", all.len());
    }
    Ok(report)
}

/// The answers of all calls, and then the look at the end.
type Answers = BTreeSet<Vec<String>>;

/// Random programs of every subject, from these seeds on.
struct RandomPrograms {
    seeds: std::ops::Range<u64>,
    /// Programs with more executions than this are not compared.
    limit: usize,
    compared: usize,
    without: usize,
    too_large: usize,
    executions: usize,
    outcomes: usize,
    wrong: Vec<String>,
}

impl ForEach for RandomPrograms {
    fn subject<S: Subject>(&mut self) {
        for seed in self.seeds.clone() {
            self.compare::<S>(seed);
        }
    }
}

impl RandomPrograms {
    fn compare<S: Subject>(&mut self, seed: u64) {
        let mut random = Random::new(seed);
        let (threads, length) = random.pick(&[(2, 1), (2, 2), (2, 2), (3, 1), (2, 3)]);
        let program = Arc::new(RandomProgram::<S>::random(&mut random, threads, length, 100_000));
        let base =
            Settings { timeouts: 8, real_locks: S::IS_LOCK || random.below(2) == 0, ..Settings::default() };
        let settings = random.pick(&[&[base][..], &varied(base)].concat());
        let reach = |reduction, limit| answers(&program, settings, reduction, limit);
        let (dependencies, executions) = reach(Reduction::Dependencies, self.limit);
        let Some(dependencies) = dependencies else {
            self.too_large += 1;
            return;
        };
        self.executions += executions;
        let (sleep_sets, _) = reach(Reduction::SleepSets, self.limit);
        let (without, _) = reach(Reduction::None, self.limit / 4);
        self.compared += 1;
        self.without += usize::from(without.is_some());
        self.outcomes += dependencies.len();
        let without_too = without.as_ref().is_none_or(|without| *without == dependencies);
        if sleep_sets.as_ref() != Some(&dependencies) || !without_too {
            let count = |answers: &Option<Answers>| answers.as_ref().map(Answers::len);
            self.wrong.push(format!(
                "seed {seed}, {program}, {settings:?}: outcomes with sleep sets {:?}, with dependencies {}, without {:?}; differing {:?}",
                count(&sleep_sets),
                dependencies.len(),
                count(&without),
                sleep_sets.unwrap_or_default().symmetric_difference(&without.unwrap_or(dependencies)).collect::<Vec<_>>(),
            ));
        }
    }
}

/// All answers that an exploration ends with, unless it took too many executions.
fn answers<S: Subject>(
    program: &Arc<RandomProgram<S>>,
    settings: Settings,
    reduction: Reduction,
    limit: usize,
) -> (Option<Answers>, usize) {
    forget_sleepers();
    set(settings);
    reduction::set(reduction);
    let seen = Arc::new(Mutex::new(Answers::new()));
    let executions = Arc::new(AtomicUsize::new(0));
    let (all, count, program) = (Arc::clone(&seen), Arc::clone(&executions), Arc::clone(program));
    explorer(limit).check(move || {
        count.fetch_add(1, SeqCst);
        let execution = Arc::new(Execution::new(&program));
        let bodies = (0..program.threads().len()).map(|thread| {
            let execution = Arc::clone(&execution);
            Box::new(move || execution.thread(thread, || ())) as Box<dyn FnOnce() + Send>
        });
        let (bodies, all) = (bodies.collect(), Arc::clone(&all));
        threads(bodies, move || {
            let recorder = execution.recorder();
            Arc::into_inner(execution).expect("a thread has ended and still has its share").end();
            let answer = |call: tollgate_loom_tests::history::Call<S>| {
                format!("{:?}", call.answered.map(|(_, answer)| answer))
            };
            all.lock().unwrap().insert(recorder.history().calls.into_iter().map(answer).collect());
        });
    });
    reduction::set(Reduction::SleepSets);
    let executions = executions.load(SeqCst);
    let seen = seen.lock().unwrap().clone();
    ((executions < limit - 1).then_some(seen), executions)
}

/// Compares random programs; a few in a quick run. `TOLLGATE_REDUCTION_SEED` says where to start.
pub(crate) fn agree_on_random() -> Result<String, String> {
    let first = std::env::var("TOLLGATE_REDUCTION_SEED").map_or(1, |seed| seed.parse().expect("a number"));
    let (many, limit) = if full() { (40, 30_000) } else { (4, 10_000) };
    let mut programs = RandomPrograms {
        seeds: first..first + many,
        limit,
        compared: 0,
        without: 0,
        too_large: 0,
        executions: 0,
        outcomes: 0,
        wrong: Vec::new(),
    };
    for_each(&mut programs);
    if !programs.wrong.is_empty() {
        return Err(programs.wrong.join("\n"));
    }
    Ok(format!(
        "{} random programs, seeds {first} to {}, {} of them also without: outcomes {}, executions with dependencies {}; too large {}",
        programs.compared,
        programs.seeds.end - 1,
        programs.without,
        programs.outcomes,
        programs.executions,
        programs.too_large,
    ))
}
