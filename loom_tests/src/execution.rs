//! One run of a program: its object, its record, and what its threads do.

use crate::history::Recorder;
use crate::linearize;
use crate::program::Program;
use crate::subject::{CallId, Subject};
use std::fmt;
use std::sync::Arc;

/// One run of a program. The threads share it by `Arc`; whoever is left with the last one [ends](Execution::end) it.
pub struct Execution<S: Subject> {
    program: Arc<Program<S>>,
    real: S::Real,
    recorder: Arc<Recorder<S>>,
}

impl<S: Subject> fmt::Debug for Execution<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Execution").field("program", &self.program).field("so far", &self.recorder).finish()
    }
}

impl<S: Subject> Execution<S> {
    /// A run that has not begun, of a new object.
    pub fn new(program: &Arc<Program<S>>) -> Self {
        let recorder = Arc::new(Recorder::new(program));
        Execution { program: Arc::clone(program), real: S::real(), recorder }
    }

    /// Its record, to be looked at also when the run fails.
    pub fn recorder(&self) -> Arc<Recorder<S>> {
        Arc::clone(&self.recorder)
    }

    /// How many threads it has.
    pub fn threads(&self) -> usize {
        self.program.threads().len()
    }

    /// What this thread does. `border` is executed directly before each invocation and directly before each response.
    pub fn thread(&self, thread: usize, border: impl Fn()) {
        let first = self.program.first_call(thread);
        for at in 0..self.program.threads()[thread].len() {
            self.call(first + at as CallId, &border);
        }
    }

    fn call(&self, call: CallId, border: impl Fn()) {
        let op = self.recorder.op(call);
        // Both are recorded in the step of their border: where borders are steps that exclude each other, which of two calls came
        // first is then part of what is explored.
        border();
        self.recorder.invoked(call);
        let answer = S::call(&self.real, call, op);
        border();
        self.recorder.answered(call, answer);
    }

    /// After all threads: looks at the final state, and at what is left behind.
    pub fn end(self) {
        self.call(self.recorder.last(), || ());
        S::after(self.real);
    }
}

/// Behind the last operation of a loom thread: whoever calls this later sees what the thread did. It is no step and costs no
/// exploration.
///
/// Stock loom offers a fence for that, one step with the operation before it, at the price that later `SeqCst` fences of others
/// order more than they should. The cured loom has what is meant.
#[cfg(loom)]
pub fn end_thread() {
    #[cfg(tollgate_cured_loom)]
    loom::reduction::end_thread();
    #[cfg(not(tollgate_cured_loom))]
    {
        loom::stop_exploring();
        loom::sync::atomic::fence(loom::sync::atomic::Ordering::SeqCst);
        loom::explore();
    }
}

/// Panics unless the model explains what was recorded.
pub fn assert_linearizable<S: Subject>(recorder: &Recorder<S>) {
    if let Err(unexplained) = linearize::check(recorder.history()) {
        panic!("{unexplained}");
    }
}
