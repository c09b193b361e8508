//! A report, for people to read.

use super::{Deadlock, Holder, Object, Report, Role, Thread, WaitingThread};
use crate::platform::Instant;
use std::fmt;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let certain = self.deadlocks().iter().filter(|deadlock| deadlock.is_certain()).count();
        let possible = self.deadlocks().len() - certain;
        writeln!(f, "threads that wait: {}; deadlocks: {certain}, possible: {possible}", self.waiting.len())?;
        for deadlock in self.deadlocks() {
            show_deadlock(f, deadlock, self.taken)?;
        }
        let in_none = |waiting: &&WaitingThread| {
            !self.deadlocks().iter().flat_map(Deadlock::threads).any(|other| other.number == waiting.number)
        };
        for waiting in self.waiting.iter().filter(in_none) {
            show_waiting(f, waiting, self.taken)?;
        }
        Ok(())
    }
}

impl fmt::Display for Deadlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show_deadlock(f, self, super::observer::now())
    }
}

fn show_deadlock(f: &mut fmt::Formatter<'_>, deadlock: &Deadlock, now: Instant) -> fmt::Result {
    let certain = if deadlock.is_certain() { "DEADLOCK" } else { "possible deadlock" };
    writeln!(f, "{certain} of {}:", deadlock.threads().len())?;
    deadlock.threads().try_for_each(|waiting| show_waiting(f, waiting, now))
}

fn show_waiting(f: &mut fmt::Formatter<'_>, waiting: &WaitingThread, now: Instant) -> fmt::Result {
    let WaitingThread { thread, object, place, .. } = waiting;
    let ago = now.saturating_duration_since(waiting.since);
    let timed = if waiting.timed { ", with a time limit" } else { "" };
    writeln!(f, "  {thread} waits for {object}")?;
    if let Some(condition) = waiting.condition.filter(|condition| condition.number != object.number) {
        writeln!(f, "    coming back from {condition}")?;
    }
    writeln!(f, "    at {place}, since {ago:.1?}{timed}")?;
    show_trace(f, waiting.backtrace())?;
    for holder in &waiting.holders {
        let Holder { thread, place, .. } = holder;
        match holder.role {
            Role::Owner => writeln!(f, "    held by {thread}, from {place}")?,
            Role::LastAcquirer if holder.count == 1 => {
                writeln!(f, "    last acquired by {thread}, at {place}")?
            }
            Role::LastAcquirer => {
                writeln!(f, "    {} of it last acquired by {thread}, at {place}", holder.count)?;
            }
            Role::LastNotifier => writeln!(f, "    last notified by {thread}, at {place}")?,
            Role::MayNotify => writeln!(f, "    what it holds is what {thread} waits for, at {place}")?,
        }
        show_trace(f, holder.backtrace())?;
    }
    Ok(())
}

fn show_trace(f: &mut fmt::Formatter<'_>, trace: Option<&std::backtrace::Backtrace>) -> fmt::Result {
    match trace {
        Some(trace) => trace.to_string().lines().try_for_each(|line| writeln!(f, "      | {line}")),
        None => Ok(()),
    }
}

/// `thread "worker" (#3)`.
impl fmt::Display for Thread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ended = if self.ended { ", ended" } else { "" };
        match self.name() {
            Some(name) => write!(f, "thread {name:?} (#{}{ended})", self.number),
            None => write!(f, "a thread without a name (#{}{ended})", self.number),
        }
    }
}

/// `Lock "accounts" (#7)`.
impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name {
            Some(name) => write!(f, "{:?} {name:?} (#{})", self.kind, self.number),
            None => write!(f, "{:?} (#{})", self.kind, self.number),
        }
    }
}
