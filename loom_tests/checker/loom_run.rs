//! Runs a program under the loom that is linked in.
//!
//! The last thread of the program is the explorer's main thread. Only programs with joins join: a join adds dependent operations
//! (and loom 0.7.2 prints a debugging line at each). What is read goes into `std` cells, which the explorer does not see.
//!
//! Where final values are asked for, the last one out reads every location. Such a read must not race with earlier writes:
//! it would add backtracking points there. So each thread ends with an acquiring and releasing read-modify-write of a counter,
//! and all accesses happen before those reads, for loom's reduction too. The steps on the counter come after all other
//! operations of their threads and add no order of these that would be new; but they add executions, in which loom may come
//! across what it would else have missed. So most programs are run without. (An `unsync_load` would need no counter, but
//! it returns the write executed last, not the last in modification order.)

use crate::program::{AR, Op, Outcomes, Program, Rlx, SC};
use loom::sync::atomic::{AtomicU32, fence};
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tollgate_loom_tests::runner::guarded;

/// A program that takes longer than this is too large.
const LIMIT: Duration = Duration::from_secs(60);

/// Whether the final values are asked for. Without them, no step on the counter is needed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Finals {
    Read,
    /// The outcomes are registers alone.
    Skip,
}

impl Finals {
    /// Complete outcomes, as they are asked for.
    pub(crate) fn project(self, program: &Program, outcomes: Outcomes) -> Outcomes {
        match self {
            Finals::Read => outcomes,
            Finals::Skip => {
                outcomes.into_iter().map(|outcome| outcome[..program.registers()].to_vec()).collect()
            }
        }
    }
}

/// What loom did.
pub(crate) struct Reached {
    pub(crate) outcomes: Outcomes,
    pub(crate) executions: usize,
    /// Why it is not all that loom would explore.
    pub(crate) cut: Option<String>,
}

#[derive(Default)]
struct Record {
    outcomes: Outcomes,
    executions: usize,
}

struct Shared {
    locations: Vec<AtomicU32>,
    done: AtomicU32,
    left: AtomicUsize,
    finals: Finals,
    registers: Mutex<Vec<u32>>,
}

/// Explores without a bound.
pub(crate) fn explore(program: &Program, finals: Finals) -> Reached {
    let record = Arc::new(Mutex::new(Record::default()));
    let body = {
        let (record, program) = (Arc::clone(&record), Arc::new(program.clone()));
        move || execute(&program, finals, &record)
    };
    let mut builder = loom::model::Builder::new();
    builder.max_branches = 1_000;
    builder.checkpoint_interval = 1_000;
    builder.max_duration = Some(LIMIT);
    builder.preemption_bound = None;
    let start = Instant::now();
    let cut = match guarded(|| builder.check(body)) {
        Err(message) => Some(message),
        Ok(()) if start.elapsed() >= LIMIT => Some(format!("cut short after {LIMIT:?}")),
        Ok(()) => None,
    };
    let record = std::mem::take(&mut *record.lock().unwrap_or_else(|poisoned| poisoned.into_inner()));
    Reached { outcomes: record.outcomes, executions: record.executions, cut }
}

fn execute(program: &Arc<Program>, finals: Finals, record: &Arc<Mutex<Record>>) {
    record.lock().unwrap().executions += 1;
    let shared = Arc::new(Shared {
        locations: program.initial.iter().map(|&value| AtomicU32::new(value)).collect(),
        done: AtomicU32::new(0),
        left: AtomicUsize::new(program.threads.len()),
        finals,
        registers: Mutex::new(vec![0; program.registers()]),
    });
    let mut others: Vec<_> = (0..program.main()).map(|_| None).collect();
    let body = |thread| {
        let (shared, program, record) = (Arc::clone(&shared), Arc::clone(program), Arc::clone(record));
        move || run_thread(&program, thread, &shared, &record, |_| ())
    };
    run_thread(program, program.main(), &shared, record, |step| {
        for (thread, other) in others.iter_mut().enumerate() {
            if program.spawned[thread] == step {
                *other = Some(loom::thread::spawn(body(thread)));
            }
        }
        for (thread, other) in others.iter_mut().enumerate() {
            if program.joined[thread] == Some(step) {
                let joined = other.take().map(loom::thread::JoinHandle::join);
                assert!(joined.is_none_or(|joined| joined.is_ok()), "a thread panicked");
            }
        }
    });
}

/// `before` is called in front of each operation, and once behind the last, with how many were before.
fn run_thread(
    program: &Program,
    thread: usize,
    shared: &Shared,
    record: &Mutex<Record>,
    mut before: impl FnMut(usize),
) {
    let numbers = &program.register_numbers()[thread];
    for (step, (&op, &number)) in program.threads[thread].iter().zip(numbers).enumerate() {
        before(step);
        if let Some(value) = perform(op, &shared.locations) {
            shared.registers.lock().unwrap()[number] = value;
        }
    }
    before(program.threads[thread].len());
    if shared.finals == Finals::Read {
        shared.done.fetch_add(1, AR);
    }
    if shared.left.fetch_sub(1, SC) == 1 {
        let mut outcome = shared.registers.lock().unwrap().clone();
        if shared.finals == Finals::Read {
            outcome.extend(shared.locations.iter().map(|location| location.load(Rlx)));
        }
        record.lock().unwrap().outcomes.insert(outcome);
    }
}

fn perform(op: Op, locations: &[AtomicU32]) -> Option<u32> {
    match op {
        Op::Load(at, order) => Some(locations[at].load(order)),
        Op::Store(at, value, order) => {
            locations[at].store(value, order);
            None
        }
        Op::Swap(at, value, order) => Some(locations[at].swap(value, order)),
        Op::FetchAdd(at, by, order) => Some(locations[at].fetch_add(by, order)),
        Op::CompareExchange(at, expected, new, success, failure) => {
            let (Ok(old) | Err(old)) = locations[at].compare_exchange(expected, new, success, failure);
            Some(old)
        }
        Op::Fence(order) => {
            fence(order);
            None
        }
    }
}
