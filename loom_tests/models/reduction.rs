//! The cured loom's reductions lose nothing where threads block either: small programs over the futex of the models, explored
//! without any reduction, with dependencies alone, and with sleep sets, reach the same outcomes. (Programs of plain atomics are
//! the `checker`'s business.)

use crate::bodies;
use crate::harness::threads;
use loom::reduction::{self, Reduction};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tollgate::model::{Settings, forget_sleepers, set};
use tollgate::{Condition, Lock, Queue, RawLock, Semaphore};

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
    let mut builder = loom::model::Builder::new();
    builder.checkpoint_interval = 1_000;
    let limit = if reduction == Reduction::None { 100_000 } else { LIMIT };
    builder.max_permutations = Some(limit);
    builder.check(move || {
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
