//! The workers, and what they leave behind.

use crate::graph::Job;
use std::cmp::Reverse;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::SystemTime;
use tollgate::{Lock, Prioritized, PriorityQueue, Shutdown};

/// What came of it.
pub(crate) struct Outcome {
    pub(crate) built: usize,
    pub(crate) current: usize,
    /// Targets, each with what went wrong.
    pub(crate) failed: Vec<(String, String)>,
    /// What was neither built nor tried.
    pub(crate) unbuilt: Vec<String>,
}

/// How far a job is.
#[derive(Clone, Copy, PartialEq)]
enum State {
    /// For so many of its prerequisites.
    Waits(usize),
    Built,
    Current,
    Failed,
}

struct Progress {
    states: Vec<State>,
    failed: Vec<(String, String)>,
}

/// The place of a job in the plan; those with long chains first, equal ones as they became ready.
type Ready = Prioritized<Reverse<usize>, usize>;

struct Build<'a> {
    plan: &'a [Job],
    directory: &'a Path,
    dry: bool,
    keep_going: bool,
    ready: PriorityQueue<Ready>,
    progress: Lock<Progress>,
    /// Held while a command's output is shown, so that those of two commands do not mix.
    terminal: Lock<()>,
}

pub(crate) fn run(plan: &[Job], directory: &Path, jobs: usize, keep_going: bool, dry: bool) -> Outcome {
    let build = Build {
        plan,
        directory,
        dry,
        keep_going,
        // Without a bound, since those who put are those who get: a bounded one could have them all wait for room.
        ready: PriorityQueue::unbounded(),
        progress: Lock::new(Progress {
            states: plan.iter().map(|job| State::Waits(job.jobs_needed)).collect(),
            failed: Vec::new(),
        }),
        terminal: Lock::new(()),
    };
    (0..plan.len()).filter(|&place| plan[place].jobs_needed == 0).for_each(|place| build.put(place));
    std::thread::scope(|threads| {
        for _ in 0..jobs.min(plan.len()) {
            threads.spawn(|| build.work());
        }
        // Every job has been built, has failed, or waits for one that has.
        build.ready.join();
        build.ready.shutdown(Shutdown::Drain);
    });
    build.outcome()
}

/// A line. That nobody reads it any more, as after `build | head`, is no reason to stop.
fn say(mut to: impl Write, line: &str) {
    _ = writeln!(to, "{line}");
}

impl Build<'_> {
    fn put(&self, place: usize) {
        let ready = Prioritized { priority: Reverse(self.plan[place].chain), item: place };
        // Once it is shut down, after a failure, nobody wants to know what has become ready.
        _ = self.ready.put(ready);
    }

    fn work(&self) {
        // A task, not an item: it is reported as done when it is dropped, and by then what it made ready has been put.
        while let Ok(task) = self.ready.get_task() {
            let job = &self.plan[task.item];
            let end = self.build(job);
            let mut progress = self.progress.lock();
            progress.states[task.item] = match &end {
                Ok(state) => *state,
                Err(_) => State::Failed,
            };
            let mut now_ready = Vec::new();
            match end {
                Ok(_) => {
                    for &other in &job.needed_by {
                        let State::Waits(left) = &mut progress.states[other] else { continue };
                        *left -= 1;
                        if *left == 0 {
                            now_ready.push(other);
                        }
                    }
                }
                Err(why) => progress.failed.push((job.target.clone(), why)),
            }
            let stop = !self.keep_going && !progress.failed.is_empty();
            drop(progress);
            if stop {
                // What is ready is dropped, and counts as done; what runs is finished.
                self.ready.shutdown(Shutdown::Immediate);
            }
            now_ready.into_iter().for_each(|place| self.put(place));
        }
    }

    fn build(&self, job: &Job) -> Result<State, String> {
        if self.is_current(job) {
            return Ok(State::Current);
        }
        for command in &job.commands {
            let (shown, command) = match command.strip_prefix('@') {
                Some(command) => (self.dry, command),
                None => (true, command.as_str()),
            };
            if self.dry {
                say(io::stdout(), command);
                continue;
            }
            let (shell, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
            let mut child = Command::new(shell);
            let output =
                child.args([flag, command]).current_dir(self.directory).stdin(Stdio::null()).output();
            let output = output.map_err(|error| format!("cannot run {shell}: {error}"))?;
            let _terminal = self.terminal.lock();
            if shown {
                say(io::stdout(), command);
            }
            _ = io::stdout().write_all(&output.stdout);
            _ = io::stderr().write_all(&output.stderr);
            if !output.status.success() {
                return Err(format!("{command}: {}", output.status));
            }
        }
        Ok(State::Built)
    }

    /// Whether the target is there, and newer than all that it is made from.
    fn is_current(&self, job: &Job) -> bool {
        let changed = |name: &String| -> Option<SystemTime> {
            fs::metadata(self.directory.join(name)).ok()?.modified().ok()
        };
        let Some(target) = changed(&job.target) else { return false };
        // Of a prerequisite that was built just now and is no file, the time is not known: it counts as new.
        !self.needs_built(job)
            && job.needs.iter().all(|need| changed(need).is_some_and(|need| need <= target))
    }

    fn needs_built(&self, job: &Job) -> bool {
        let progress = self.progress.lock();
        let built =
            |(other, state): (&Job, &State)| *state == State::Built && job.needs.contains(&other.target);
        self.plan.iter().zip(&progress.states).any(built)
    }

    fn outcome(self) -> Outcome {
        let Progress { states, failed } = self.progress.into_inner();
        let count = |state| states.iter().filter(|other| **other == state).count();
        let waits = |&(_, state): &(&Job, &State)| matches!(state, State::Waits(_));
        let unbuilt =
            self.plan.iter().zip(&states).filter(waits).map(|(job, _)| job.target.clone()).collect();
        Outcome { built: count(State::Built), current: count(State::Current), failed, unbuilt }
    }
}
