//! Every schedule of a program, under loom.
//!
//! Each program is explored twice. *With fences*: a `SeqCst` fence before each invocation and each response makes the
//! order in which loom runs two calls the order in time that linearizability is about (without it a call may rightly see
//! the past, and a correct history look wrong); every execution's history is checked. *Without fences*, which would hide a
//! missing ordering of ours: data races, lost wake-ups, leaks, items dropped twice or never.
//!
//! Those with at most two preemptions come first; if they are more than the cap, the program counts as cut off. If they are few, all
//! interleavings follow, and if those are not more than the cap, the program is exhausted. (To try all first cost two thirds more, and
//! exhausted 2 in a hundred more: with more than that few there are nearly always too many in all.)

use crate::report::{self, Explored, Job, Outcome};
use loom::sync::atomic::{Ordering::SeqCst, fence};
use std::sync::Arc;
use tollgate::model::{Mutant, Settings};
use tollgate_loom_tests::Subject;
use tollgate_loom_tests::execution::{Execution, assert_linearizable, end_thread};
use tollgate_loom_tests::program::{Choice, Program, generate};
use tollgate_loom_tests::runner;

/// Executions for each bound that is tried.
const CAP: usize = 2_000;
const PREEMPTIONS: usize = 2;
/// With so many bounded ones or fewer, all are tried.
const FEW: usize = 250;

pub(crate) fn about(_: bool) -> String {
    format!(
        "at most {CAP} executions for each program, setting and bound; timed waits may time out 8 times a thread.\n\
         exhausted: all interleavings; bounded: those with at most {PREEMPTIONS} preemptions, if they are more than {FEW} or all more than {CAP};\n\
         cut off: the first {CAP} of these."
    )
}

/// The jobs of one subject, and how many programs were left out.
pub(crate) fn jobs<S: Subject>(full: bool, mutant: Option<Mutant>) -> (Vec<Job>, usize) {
    let generated = generate::<S>(if full { Choice::All } else { Choice::Sample(S::SAMPLE) });
    let job = |program| {
        let program = Arc::new(program);
        let name = format!("{program}");
        Job { name, run: Box::new(move || explore_all::<S>(&program, full, mutant)) }
    };
    (generated.programs.into_iter().map(job).collect(), generated.skipped)
}

/// The settings to explore a program with.
fn settings<S: Subject>(varied: bool, mutant: Option<Mutant>) -> Vec<Settings> {
    // The budget counts waits, and a call that is woken in vain waits again.
    let base = Settings { timeouts: 8, real_locks: S::IS_LOCK, mutant, ..Settings::default() };
    let mut settings = if varied { runner::varied(base).into() } else { vec![base] };
    if S::IS_LOCK {
        let heirs = Settings { heirs: true, ..base };
        settings.push(heirs);
        if varied {
            settings.push(Settings { too_long: true, ..heirs });
        }
    }
    settings
}

fn explore_all<S: Subject>(program: &Arc<Program<S>>, full: bool, mutant: Option<Mutant>) -> Outcome {
    let mut total = Outcome::default();
    // A mutant, or an old bug, may show under one of the settings only. In a full run, the smallest programs see them all.
    let small = program.threads().iter().all(|calls| calls.len() <= 1);
    let varied = (full && small) || mutant.is_some() || program.is_regression();
    for settings in settings::<S>(varied, mutant) {
        for fences in [true, false] {
            total.add(explore(program, settings, fences));
            if total.failure.is_some() {
                return total;
            }
        }
    }
    total
}

fn explore<S: Subject>(program: &Arc<Program<S>>, settings: Settings, fences: bool) -> Outcome {
    let (mut outcome, complete) = explore_within(program, settings, fences, Some(PREEMPTIONS));
    outcome.explored = if complete { Explored::Bounded } else { Explored::CutOff };
    if outcome.failure.is_none() && complete && outcome.executions <= FEW {
        let (all, complete) = explore_within(program, settings, fences, None);
        outcome.executions += all.executions;
        outcome.failure = all.failure;
        if complete {
            outcome.explored = Explored::Exhausted;
        }
    }
    outcome
}

/// One exploration, and whether it came to its end.
fn explore_within<S: Subject>(
    program: &Arc<Program<S>>,
    settings: Settings,
    fences: bool,
    preemptions: Option<usize>,
) -> (Outcome, bool) {
    let mut builder = loom::model::Builder::new();
    builder.max_branches = 10_000;
    builder.preemption_bound = preemptions;
    // Looked at only every so many executions, and before the next: this stops after exactly `CAP`.
    builder.checkpoint_interval = CAP + 1;
    builder.max_permutations = Some(CAP + 1);
    let execute = move |execution| execute(execution, fences);
    let mut outcome = report::explore(program, settings, execute, |body| builder.check(body));
    if let Some(failure) = &mut outcome.failure {
        let how = if fences { "with fences" } else { "without fences" };
        *failure += &format!(", {how}, preemption bound {preemptions:?}");
    }
    assert!(outcome.executions > 0 || outcome.failure.is_some(), "the explorer ran nothing");
    let complete = outcome.executions < CAP;
    (outcome, complete)
}

/// One execution. No thread is joined (a join adds steps): the last one out ends it.
fn execute<S: Subject>(execution: Arc<Execution<S>>, fences: bool) {
    let body = |thread| {
        let execution = Arc::clone(&execution);
        move || {
            execution.thread(thread, || {
                if fences {
                    fence(SeqCst);
                }
            });
            // So that the last one out sees what all the others did.
            end_thread();
            let recorder = execution.recorder();
            if let Some(last) = Arc::into_inner(execution) {
                last.end();
                if fences {
                    assert_linearizable(&recorder);
                }
            }
        }
    };
    let mut bodies: Vec<_> = (0..execution.threads()).map(body).collect();
    drop(execution);
    let main = bodies.pop();
    for body in bodies {
        loom::thread::spawn(body);
    }
    if let Some(main) = main {
        main();
    }
}
