//! The tasks of a lock-free core: how many are not done, and how often there was none, in one word.
//!
//! | bits | | |
//! |---|---|---|
//! | 0..16 | times idle | how often the number of tasks has come down to 0; wraps |
//! | 16.. | unfinished | tasks that are not done |
//!
//! Both in one, so that a joiner who sees the one unchanged has seen the other no later: with a second word, the one who did the last task before
//! may be slow to count it, and a joiner with a task of its own take that for its own.
//!
//! # A put under way
//!
//! A put counts its task *before* its item can be got, lest somebody report what has not been counted; if there turns out to be no room, or no queue any
//! more, it takes the task back. So `unfinished` may count puts that are under way, and a task may come and go that never had an item, even after a shutdown;
//! a joiner who came meanwhile waits for that too. If that was the last task, the joiners are told as by a report.
//!
//! # Bounds
//!
//! 2^48 tasks: at a put every 15 ns, with never a report, the number wraps after 48 days, and only `unfinished` and `join` read it. To take a change for
//! none, a joiner has to sleep through a multiple of 2^16 idle moments between being woken and looking; it then waits for the next one.
//!
//! # Memory ordering
//!
//! `AcqRel` for the read-modify-writes, of which there is one for each change and one for each sure look: they happen one before
//! the other ("Saying no" in [the module above](super)). So what was done before a report is seen by whom it lets through.

use super::super::core::Tell;
use super::super::error::TooManyDone;
use super::super::ledger::Tasks;
use crate::platform::atomic::{
    AtomicU64,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};
use crate::platform::{Mutant, mutated};

const TASK: u64 = 1 << 16;
const TIMES: u64 = TASK - 1;

/// See the module.
pub(super) struct TaskCount(AtomicU64);

impl TaskCount {
    pub(super) fn new() -> Self {
        TaskCount(AtomicU64::new(0))
    }

    /// So many more, of items that nobody can get yet.
    #[inline]
    pub(super) fn add(&self, count: usize) {
        // Acquire, Release: see the module.
        self.0.fetch_add(count as u64 * TASK, AcqRel);
    }

    /// One less. `true` if that was the last.
    pub(super) fn done(&self) -> Result<bool, TooManyDone> {
        let mut word = self.0.load(Relaxed);
        loop {
            let left = (word / TASK).checked_sub(1);
            // Acquire, Release: see the module. "Too many" is an answer that may be another one later, so it writes what it has read.
            match self.0.compare_exchange(word, left.map_or(word, |left| with(word, left)), AcqRel, Relaxed) {
                Ok(_) => return left.map(|left| left == 0).ok_or(TooManyDone),
                Err(now) => word = now,
            }
        }
    }

    /// Takes back the tasks of items that were not put, and tells if none is left.
    #[cold]
    pub(super) fn withdraw(&self, count: usize, tell: &impl Tell) {
        if self.take_back(count) && !mutated(Mutant::TasksTakenBackInSilence) {
            tell.idle();
        }
    }

    /// So many less, of items that nobody will get, or as many as there are: `task_done` may have been called for an item that still
    /// lay there. Whether there is none left.
    pub(super) fn take_back(&self, count: usize) -> bool {
        let mut word = self.0.load(Relaxed);
        loop {
            let left = (word / TASK).saturating_sub(count as u64);
            // Release: see the module. What it should acquire, the fence does with which a shutdown wakes; who was refused wakes nobody, but when it
            // was the last, and then by that fence too.
            match self.0.compare_exchange(word, with(word, left), Release, Relaxed) {
                Ok(_) => return left == 0,
                Err(now) => word = now,
            }
        }
    }

    /// The state of the tasks at one moment.
    pub(super) fn look(&self) -> Tasks {
        // Acquire, Release: see the module. A joiner that finds no task says something that may be otherwise later.
        let word = self.0.fetch_add(0, AcqRel);
        let unfinished = usize::try_from(word / TASK).unwrap_or(usize::MAX);
        Tasks { unfinished, times_idle: (word & TIMES) as usize }
    }

    /// How many there are. Ordered with nothing that others do later.
    pub(super) fn glance(&self) -> u64 {
        // Acquire: what was done before the tasks were counted.
        self.0.load(Acquire) / TASK
    }
}

/// The word that follows on this one, with so many tasks left.
fn with(word: u64, left: u64) -> u64 {
    let idle = u64::from(left == 0 && !mutated(Mutant::TasksIdleUncounted));
    left * TASK + (word.wrapping_add(idle) & TIMES)
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn times_idle_wraps_and_leaves_the_tasks_alone() {
        let tasks = TaskCount::new();
        for _ in 0..TASK + 5 {
            tasks.add(1);
            assert!(tasks.done().unwrap());
        }
        tasks.add(3);
        let now = tasks.look();
        assert_eq!((now.unfinished, now.times_idle, tasks.glance()), (3, 5, 3));
        assert!(!tasks.done().unwrap());
        assert!(tasks.take_back(7));
        assert!(tasks.done().is_err());
        assert_eq!(tasks.look().times_idle, 6);
    }
}
