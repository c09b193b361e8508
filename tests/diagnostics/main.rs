//! The reports of the feature `diagnostics`, on real threads.
//!
//! Threads that are deadlocked stay so: they are left behind. All tests share one report, so each looks for its own names in it, and
//! none asks how much there is.
#![cfg(all(feature = "diagnostics", not(any(loom, shuttle))))]

#[path = "../common/mod.rs"]
mod common;
mod deadlocks;
mod holders;
mod places;
mod truth;

use common::eventually;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use tollgate::Barrier;
use tollgate::diagnostics::{Deadlock, Kind, Report, WaitingThread, report};

/// A thread with a name.
fn spawn<T: Send + 'static>(name: &str, work: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    thread::Builder::new().name(name.to_owned()).spawn(work).unwrap()
}

/// Where threads meet in the middle of what they do.
fn meeting(parties: usize) -> Arc<Barrier> {
    Arc::new(Barrier::new(parties))
}

/// What a thread of this name waits for.
fn waiting<'a>(report: &'a Report, name: &str) -> Option<&'a WaitingThread> {
    report.waiting().iter().find(|waiting| waiting.thread().name() == Some(name))
}

/// The deadlock that a thread of this name is part of.
fn deadlock_of<'a>(report: &'a Report, name: &str) -> Option<&'a Deadlock> {
    let part_of = |deadlock: &&Deadlock| names(deadlock).contains(&name);
    report.deadlocks().iter().find(part_of)
}

fn names(deadlock: &Deadlock) -> Vec<&str> {
    deadlock.threads().filter_map(|waiting| waiting.thread().name()).collect()
}

/// What each thread of a deadlock waits for.
fn objects(deadlock: &Deadlock) -> Vec<(Kind, &str)> {
    let object = |waiting: &WaitingThread| (waiting.object().kind(), waiting.object().name().unwrap_or("?"));
    deadlock.threads().map(object).collect()
}

/// The first report of which `holds`.
#[track_caller]
fn until(what: &str, holds: impl Fn(&Report) -> bool) -> Report {
    let mut last = None;
    eventually(what, || {
        let report = report();
        let held = holds(&report);
        last = held.then_some(report);
        held
    });
    last.unwrap()
}

/// The first report in which the thread of this name is part of a deadlock.
#[track_caller]
fn until_deadlocked(name: &str) -> Report {
    until(&format!("a deadlock of {name}"), |report| deadlock_of(report, name).is_some())
}

/// The first report in which threads of all these names wait.
#[track_caller]
fn until_all_wait(names: &[&str]) -> Report {
    until(&format!("{names:?} wait"), |report| names.iter().all(|name| waiting(report, name).is_some()))
}
