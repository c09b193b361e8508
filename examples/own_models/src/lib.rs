//! A help desk: clients put questions into a queue, workers answer them, a client whose patience ends reminds or withdraws.
//!
//! This is a user's crate, with code of its own on top of tollgate's `Lock`, `Condition` and `Queue`, and three kinds of tests
//! of that code:
//!
//! ```text
//! cargo test                                       # real threads
//! RUSTFLAGS="--cfg loom" cargo test --release      # every interleaving and every time-out of small programs
//! RUSTFLAGS="--cfg shuttle" cargo test --release   # random ones, of larger programs too
//! ```

#[cfg(all(test, any(loom, shuttle)))]
mod models;
mod sync;
#[cfg(all(test, not(any(loom, shuttle))))]
mod tests;

use std::mem;
use std::sync::Arc;
use std::time::Duration;
use sync::thread;
use tollgate::{Condition, Lock, Queue, Shutdown};

/// Where questions wait for a worker.
pub struct Desk<Q, A> {
    questions: Queue<(Q, Arc<Reply<A>>)>,
}

/// What a client holds until its question is answered.
#[must_use = "an answer that nobody waits for is lost"]
pub struct Ticket<A> {
    reply: Arc<Reply<A>>,
}

struct Reply<A> {
    state: Lock<State<A>>,
    answered: Condition,
}

enum State<A> {
    Open,
    Answered(A),
    /// The answer has been taken, or will not be.
    Settled,
}

/// The desk takes no more questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed;

impl<Q, A> Desk<Q, A> {
    /// An open desk, at which `room` questions can wait.
    pub fn new(room: usize) -> Self {
        Desk { questions: Queue::bounded(room) }
    }

    /// Puts a question, as soon as there is room.
    pub fn submit(&self, question: Q) -> Result<Ticket<A>, Closed> {
        let reply = Arc::new(Reply { state: Lock::new(State::Open), answered: Condition::new() });
        self.questions.put((question, Arc::clone(&reply))).map_err(|_| Closed)?;
        Ok(Ticket { reply })
    }

    /// Puts a question and waits for the answer; see [`Ticket::wait_until_answered`].
    pub fn ask(&self, question: Q, patience: Duration, remind: impl FnMut()) -> Result<A, Closed> {
        Ok(self.submit(question)?.wait_until_answered(patience, remind))
    }

    /// Answers what comes until the desk is closed. How many of the answers were wanted.
    pub fn serve(&self, mut answer: impl FnMut(Q) -> A) -> usize {
        self.questions.iter().map(|(question, reply)| usize::from(reply.answer(answer(question)))).sum()
    }

    /// Answers what is there. How many of the answers were wanted.
    pub fn serve_waiting(&self, mut answer: impl FnMut(Q) -> A) -> usize {
        self.questions.try_iter().map(|(question, reply)| usize::from(reply.answer(answer(question)))).sum()
    }

    /// No more questions. Those that wait are still answered.
    pub fn close(&self) {
        self.questions.shutdown(Shutdown::Drain);
    }
}

impl<Q: Send + 'static, A: Send + 'static> Desk<Q, A> {
    /// Starts a thread that [serves](Desk::serve).
    pub fn start_worker(
        self: &Arc<Self>,
        answer: impl FnMut(Q) -> A + Send + 'static,
    ) -> thread::JoinHandle<usize> {
        let desk = Arc::clone(self);
        thread::spawn(move || desk.serve(answer))
    }
}

impl<A> Ticket<A> {
    /// Waits for the answer, for `patience` at most.
    pub fn wait(&self, patience: Duration) -> Option<A> {
        let mut state = self.reply.state.lock();
        let open = |state: &mut tollgate::LockGuard<'_, State<A>>| matches!(**state, State::Open);
        if !self.reply.answered.wait_while_timeout(&mut state, patience, open) {
            return None;
        }
        take(&mut state)
    }

    /// Waits as long as it takes, and calls `remind` whenever `patience` has run out.
    pub fn wait_until_answered(self, patience: Duration, mut remind: impl FnMut()) -> A {
        loop {
            match self.wait(patience) {
                Some(answer) => return answer,
                None => remind(),
            }
        }
    }

    /// Gives up; the worker will learn that its answer was not wanted. Unless it has answered already: here it is.
    pub fn withdraw(self) -> Option<A> {
        take(&mut self.reply.state.lock())
    }
}

fn take<A>(state: &mut State<A>) -> Option<A> {
    match mem::replace(state, State::Settled) {
        State::Answered(answer) => Some(answer),
        State::Open | State::Settled => None,
    }
}

impl<A> Reply<A> {
    /// Whether somebody wanted to know.
    fn answer(&self, answer: A) -> bool {
        let mut state = self.state.lock();
        if matches!(*state, State::Settled) {
            return false;
        }
        *state = State::Answered(answer);
        drop(state);
        self.answered.notify_one();
        true
    }
}
