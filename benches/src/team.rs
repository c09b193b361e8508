//! A team of threads that plays one round of a case, and a watchdog for rounds that never end.
//!
//! The threads meet at a barrier, note the time, work, and note the time again. The case took from the first
//! beginning to the last end; so a member that the scheduler lets in late costs time, and is not left out of the
//! count.

use crate::regime::Regime;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Barrier, Once};
use std::thread;
use std::time::{Duration, Instant};

/// No case may take longer than this many seconds: it has lost a wake-up or an item, and waits for ever.
const TOO_LONG: usize = 60;

/// Runs `member(0)`, …, `member(size - 1)`, each in a thread of its own where the regime wants it, and `referee` in the calling
/// thread meanwhile. How long the members took, and what they returned. `whose` names the round, should it never end.
///
/// # Panics
///
/// If a member does.
pub fn run<R: Send>(
    whose: &str,
    regime: Regime,
    size: usize,
    member: impl Fn(usize) -> R + Sync,
    referee: impl FnOnce(),
) -> (Duration, Vec<R>) {
    let _watchdog = Watchdog::start(whose);
    COUNTED.call_once(count_cpus);
    let start = Barrier::new(size + 1);
    let timed_member = |index| {
        regime.place(index);
        start.wait();
        let began = Instant::now();
        let result = member(index);
        (began, Instant::now(), result)
    };
    let timed: Vec<_> = thread::scope(|scope| {
        let timed_member = &timed_member;
        let team: Vec<_> = (0..size).map(|index| scope.spawn(move || timed_member(index))).collect();
        start.wait();
        referee();
        team.into_iter().map(|member| member.join().expect("a member of the team panicked")).collect()
    });
    let began = timed.iter().map(|(began, ..)| *began).min().expect("a team has members");
    let ended = timed.iter().map(|(_, ended, _)| *ended).max().expect("a team has members");
    (ended - began, timed.into_iter().map(|(.., result)| result).collect())
}

static COUNTED: Once = Once::new();

/// Waits once for everybody who counts the CPUs when that happens. In a thread that is not pinned.
fn count_cpus() {
    let lock = tollgate::Lock::new(());
    let held = lock.lock();
    assert!(lock.lock_timeout(Duration::from_micros(1)).is_none());
    drop(held);
    // It asks whether it runs on one CPU, and spins or yields.
    crossfire::detect_backoff_cfg();
    let (sender, receiver) = kanal::bounded(0);
    thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(Duration::from_millis(1));
            sender.send(()).unwrap();
        });
        receiver.recv().unwrap();
    });
}

/// Ends the process, with a message, unless it is dropped in time. A thread that waits for ever cannot be made to
/// panic.
#[derive(Debug)]
pub struct Watchdog {
    /// Closing the channel calls the dog off.
    _leash: Sender<()>,
}

impl Watchdog {
    /// Watches what is done until the result is dropped. `whose` names it.
    pub fn start(whose: &str) -> Self {
        let whose = whose.to_owned();
        let (leash, closed) = channel();
        thread::spawn(move || {
            // One after the other: a machine that was suspended meanwhile loses one of them.
            let second = || closed.recv_timeout(Duration::from_secs(1)) == Err(RecvTimeoutError::Timeout);
            if (0..TOO_LONG).all(|_| second()) {
                eprintln!("tollgate-benches: {whose}: has not ended within {TOO_LONG} s: something was lost");
                std::process::abort();
            }
        });
        Watchdog { _leash: leash }
    }
}
