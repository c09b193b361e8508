//! The scheduler that freezes a thread, and the table.

use shuttle::scheduler::{Schedule, Scheduler, Task, TaskId};
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use tollgate::model::Settings;
use tollgate_loom_tests::Subject;
use tollgate_loom_tests::program::Program;
use tollgate_loom_tests::subjects::{ForEach, for_each};

/// The tasks of an execution, in the order of their creation.
const MAIN: usize = 0;
const FROZEN: usize = 1;
const OTHER: usize = 2;

/// A thread that has not come to its end after so many steps alone never will.
const PATIENCE: usize = 1_000;

/// What an execution tells.
#[derive(Debug, Default)]
struct Seen {
    frozen_ended: AtomicBool,
    other_ended: AtomicBool,
    /// The first thread came to its end before it was to be frozen.
    never_frozen: AtomicBool,
    blocked: AtomicBool,
}

/// Runs the first thread for `steps`, then the second one as long as it goes on, then both.
struct Freezer {
    begun: bool,
    steps: usize,
    patience: usize,
    turn: bool,
    seen: Arc<Seen>,
}

impl Scheduler for Freezer {
    fn new_execution(&mut self) -> Option<Schedule> {
        let first = !std::mem::replace(&mut self.begun, true);
        first.then(|| Schedule::new(0))
    }

    fn next_task(&mut self, runnable: &[&Task], _: Option<TaskId>, _: bool) -> Option<TaskId> {
        // shuttle may also offer sleepers, to wake them up in vain.
        let awake = || runnable.iter().filter(|task| task.runnable()).map(|task| task.id());
        let find = |number| awake().find(|&id| usize::from(id) == number);
        // It starts the others, and then waits for them.
        if let Some(main) = find(MAIN) {
            return Some(main);
        }
        if self.steps > 0 && find(FROZEN).is_some() {
            self.steps -= 1;
            return find(FROZEN);
        }
        if self.patience == PATIENCE {
            self.seen.never_frozen.store(self.seen.frozen_ended.load(SeqCst), SeqCst);
        }
        if self.patience > 0 && find(OTHER).is_some() {
            self.patience -= 1;
            return find(OTHER);
        }
        if !self.seen.other_ended.load(SeqCst) {
            self.seen.blocked.store(true, SeqCst);
        }
        // In turns: each may need the other one to go on.
        self.turn = !self.turn;
        if self.turn { find(FROZEN).or(find(OTHER)) } else { find(OTHER).or(find(FROZEN)) }
    }

    fn next_u64(&mut self) -> u64 {
        // The model's timed waits ask whether to go on waiting: no.
        u64::MAX
    }
}

/// Freezes `frozen` at every point in turn. How often, and at how many of these points `other` was blocked.
fn freeze<S: Subject>(frozen: S::Op, other: S::Op) -> (usize, usize) {
    let mut blocked = 0;
    for steps in 1.. {
        let seen = Arc::new(Seen::default());
        let scheduler =
            Freezer { begun: false, steps, patience: PATIENCE, turn: false, seen: Arc::clone(&seen) };
        tollgate::model::forget_sleepers();
        tollgate::model::set(Settings { timeouts: 8, real_locks: true, ..Settings::default() });
        let mut config = shuttle::Config::new();
        config.silence_warnings = true;
        let told = Arc::clone(&seen);
        shuttle::Runner::new(scheduler, config).run(move || {
            let (real, seen) = (Arc::new(S::real()), Arc::clone(&told));
            let first = {
                let (real, seen) = (Arc::clone(&real), Arc::clone(&seen));
                shuttle::thread::spawn(move || {
                    S::call(&real, 0, frozen);
                    seen.frozen_ended.store(true, SeqCst);
                })
            };
            let second = {
                let real = Arc::clone(&real);
                shuttle::thread::spawn(move || {
                    S::call(&real, 1, other);
                    seen.other_ended.store(true, SeqCst);
                })
            };
            first.join().unwrap();
            second.join().unwrap();
            S::after(Arc::into_inner(real).expect("both threads have ended"));
        });
        if seen.never_frozen.load(SeqCst) {
            return (steps - 1, blocked);
        }
        blocked += usize::from(seen.blocked.load(SeqCst));
    }
    unreachable!()
}

struct Table {
    filter: String,
    pairs: usize,
    freezes: usize,
    wrong: usize,
}

impl ForEach for Table {
    fn subject<S: Subject>(&mut self) {
        if !S::name().contains(&self.filter) {
            return;
        }
        for other in S::operations() {
            // Who blocks it, by what; and how often it was tried.
            let mut reasons: BTreeMap<&str, Vec<String>> = BTreeMap::new();
            let mut freezes = 0;
            let mut pairs = 0;
            for frozen in S::operations() {
                let waits = |threads: Vec<Vec<S::Op>>| {
                    Program::<S>::new(threads).may_wait_for_ever(1_000) != Some(false)
                };
                if waits(vec![vec![other]])
                    || waits(vec![vec![frozen]])
                    || waits(vec![vec![frozen], vec![other]])
                {
                    continue;
                }
                let (tried, blocked) = freeze::<S>(frozen, other);
                freezes += tried;
                pairs += 1;
                match (S::blocked_by(frozen, other), blocked) {
                    (None, 0) => {}
                    (Some(reason), 1..) => reasons.entry(reason).or_default().push(format!("{frozen:?}")),
                    (said, _) => {
                        self.wrong += 1;
                        println!(
                            "  WRONG: {}: {other:?} while {frozen:?} is frozen: said to be blocked by {said:?}, blocked at {blocked} of {tried} points",
                            S::name()
                        );
                    }
                }
            }
            self.pairs += pairs;
            self.freezes += freezes;
            let progress: Vec<_> =
                reasons.iter().map(|(reason, by)| format!("{reason} (in {})", by.join(", "))).collect();
            let progress = match (pairs, progress.is_empty()) {
                (0, _) => "waits by specification".to_owned(),
                (_, true) => "never blocked".to_owned(),
                _ => format!("blocked by {}", progress.join("; ")),
            };
            println!("  {:<13} {:<20} {freezes:>5}  {progress}", S::name(), format!("{other:?}"));
        }
    }
}

pub(crate) fn run() -> ExitCode {
    let filter = std::env::args().nth(1).unwrap_or_default();
    println!("  {:<13} {:<20} {:>5}  progress", "subject", "operation", "tried");
    let mut table = Table { filter, pairs: 0, freezes: 0, wrong: 0 };
    for_each(&mut table);
    println!("{} pairs, {} freezes, {} not as said", table.pairs, table.freezes, table.wrong);
    if table.wrong > 0 || table.freezes == 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
