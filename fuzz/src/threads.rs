//! Programs of two to four real threads, on each of the types, checked for linearizability.
//!
//! The operations, their sequential models and the search for an order of the calls that explains all answers are those of
//! `tollgate-loom-tests`; there, programs are generated, here they grow where libFuzzer sees new code. What a run does depends
//! on the machine too, so each program runs a few times, and a finding may need many runs to be seen again:
//! `cargo +nightly fuzz run threads FILE -- -runs=10000`.
//!
//! A program in which, by the model, some thread might wait for ever gets the timed forms of its calls instead.

use crate::script::{self, Script};
use std::sync::{Arc, Barrier};
use std::thread;
use tollgate_loom_tests::Subject;
use tollgate_loom_tests::execution::{Execution, assert_linearizable};
use tollgate_loom_tests::program::Program;
use tollgate_loom_tests::subjects::{ForEach, for_each};

/// One call. The first of a script calls nothing: its `op` says on which type the others are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// Which thread makes it.
    pub thread: u8,
    /// The place of the operation in [`Subject::operations`], modulo their number.
    pub op: u8,
}

/// Programs have at most so many threads.
pub const THREADS: u8 = 4;
/// A thread makes at most so many calls; others are left out.
pub const MOST_CALLS: usize = 4;
/// How often libFuzzer's target runs each program.
pub const ROUNDS: usize = 4;
/// A program whose model has more states is taken for one that may wait for ever.
const STATES: usize = 2_000;

impl script::Operation for Call {
    fn decode(code: u8, argument: u8) -> Self {
        Call { thread: code % THREADS, op: argument }
    }
}

/// Runs the program so many times.
///
/// # Panics
///
/// When the answers of a run are not those of any order of its calls.
pub fn run(script: &Script<Call>, rounds: usize) {
    let Some((first, calls)) = script.operations.split_first() else { return };
    let mut count = Count(0);
    for_each(&mut count);
    for_each(&mut RunOn { chosen: usize::from(first.op) % count.0, number: 0, calls, rounds });
}

struct Count(usize);

impl ForEach for Count {
    fn subject<S: Subject>(&mut self) {
        self.0 += 1;
    }
}

/// Runs the calls on the subject with the chosen number.
struct RunOn<'a> {
    chosen: usize,
    number: usize,
    calls: &'a [Call],
    rounds: usize,
}

impl ForEach for RunOn<'_> {
    fn subject<S: Subject>(&mut self) {
        if self.number == self.chosen {
            let program = Arc::new(program::<S>(self.calls));
            for _ in 0..self.rounds {
                execute(&program);
            }
        }
        self.number += 1;
    }
}

fn program<S: Subject>(calls: &[Call]) -> Program<S> {
    let operations = S::operations();
    let mut threads = vec![Vec::new(); usize::from(THREADS)];
    for call in calls {
        let thread = &mut threads[usize::from(call.thread)];
        if thread.len() < MOST_CALLS {
            thread.push(operations[usize::from(call.op) % operations.len()]);
        }
    }
    threads.retain(|thread| !thread.is_empty());
    let program = Program::new(threads.clone());
    if program.may_wait_for_ever(STATES) == Some(false) {
        return program;
    }
    Program::new(threads.into_iter().map(|thread| thread.into_iter().map(S::timed).collect()).collect())
}

fn execute<S: Subject>(program: &Arc<Program<S>>) {
    let execution = Execution::new(program);
    let recorder = execution.recorder();
    let count = program.threads().len();
    let start = Barrier::new(count);
    thread::scope(|s| {
        let threads: Vec<_> = (0..count)
            .map(|number| {
                let (execution, start) = (&execution, &start);
                s.spawn(move || {
                    start.wait();
                    execution.thread(number, || ());
                })
            })
            .collect();
        // A scope ends before its threads have quite gone, and what they still hold would be reported as leaked.
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
    execution.end();
    assert_linearizable(&recorder);
}
