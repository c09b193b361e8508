//! What happened in one execution, as the callers saw it: when each call was made and when it answered what.

use crate::program::Program;
use crate::subject::{CallId, Subject};
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// One call.
pub struct Call<S: Subject> {
    /// Its thread; the one after all threads looks at the final state.
    pub thread: usize,
    /// What it does.
    pub op: S::Op,
    /// When it was made, if it was.
    pub invoked: Option<u32>,
    /// When it answered what, if it did.
    pub answered: Option<(u32, S::Answer)>,
}

impl<S: Subject> Clone for Call<S> {
    fn clone(&self) -> Self {
        Call { answered: self.answered.clone(), ..*self }
    }
}

impl<S: Subject> fmt::Debug for Call<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "thread {} {:?} at {:?}: {:?}", self.thread, self.op, self.invoked, self.answered)
    }
}

/// All calls of a program, by their numbers.
pub struct History<S: Subject> {
    /// See [`CallId`].
    pub calls: Vec<Call<S>>,
}

/// Records a history while it happens. Its clock and its notes are of `std`: the explorers do not see them.
pub struct Recorder<S: Subject> {
    clock: AtomicU32,
    calls: Vec<Mutex<Call<S>>>,
}

impl<S: Subject> Recorder<S> {
    /// For a program, and for the look at its final state.
    pub fn new(program: &Program<S>) -> Self {
        let threads = program.threads().iter().map(Vec::as_slice).enumerate();
        let end = (program.threads().len(), &[S::last()][..]);
        let mut calls = Vec::new();
        for (thread, ops) in threads.chain([end]) {
            let made = |&op| Mutex::new(Call { thread, op, invoked: None, answered: None });
            calls.extend(ops.iter().map(made));
        }
        Recorder { clock: AtomicU32::new(0), calls }
    }

    /// The number of the last call.
    pub fn last(&self) -> CallId {
        (self.calls.len() - 1) as CallId
    }

    /// The operation of this call.
    pub fn op(&self, call: CallId) -> S::Op {
        self.note(call).op
    }

    /// The call is about to be made.
    pub fn invoked(&self, call: CallId) {
        let now = self.clock.fetch_add(1, SeqCst);
        self.note(call).invoked = Some(now);
    }

    /// The call has answered.
    pub fn answered(&self, call: CallId, answer: S::Answer) {
        let now = self.clock.fetch_add(1, SeqCst);
        self.note(call).answered = Some((now, answer));
    }

    /// What has happened so far.
    pub fn history(&self) -> History<S> {
        History { calls: (0..=self.last()).map(|call| self.note(call).clone()).collect() }
    }

    fn note(&self, call: CallId) -> MutexGuard<'_, Call<S>> {
        self.calls[usize::from(call)].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Subject> fmt::Debug for Recorder<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.history(), f)
    }
}

/// One line a call, in the order in which they were made.
impl<S: Subject> fmt::Display for History<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut order: Vec<_> =
            (0..self.calls.len()).filter(|&call| self.calls[call].invoked.is_some()).collect();
        order.sort_by_key(|&call| self.calls[call].invoked);
        writeln!(f, "  call  thread  from    to  operation -> answer")?;
        for number in order {
            let call = &self.calls[number];
            let thread =
                if number + 1 == self.calls.len() { "end".to_owned() } else { call.thread.to_string() };
            let from = call.invoked.unwrap_or(0);
            write!(f, "  {number:>4}  {thread:>6}  {from:>4}  ")?;
            match &call.answered {
                Some((to, answer)) => writeln!(f, "{to:>4}  {:?} -> {answer:?}", call.op)?,
                None => writeln!(f, "   -  {:?} has not returned", call.op)?,
            }
        }
        Ok(())
    }
}

impl<S: Subject> fmt::Debug for History<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
