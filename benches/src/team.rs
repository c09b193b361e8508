//! A team of threads that runs one contended case; where its threads run; and a watchdog for cases that never end.
//!
//! The threads meet at a barrier, note the time, work, and note the time again. The case took from the first
//! beginning to the last end; so a member that the scheduler lets in late costs time, and is not left out of the
//! count.

use std::env;
use std::num::NonZero;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Barrier, Once};
use std::thread;
use std::time::{Duration, Instant};

/// No case may take longer than this: it has lost a wake-up or an item, and waits for ever.
const TOO_LONG: Duration = Duration::from_secs(60);

/// Runs `member(0)`, …, `member(size - 1)`, each in a thread of its own. How long that took, and what they returned.
///
/// # Panics
///
/// If a member does.
pub fn run<R: Send>(size: usize, member: impl Fn(usize) -> R + Sync) -> (Duration, Vec<R>) {
    let _watchdog = Watchdog::start();
    COUNTED.call_once(count_cpus);
    let start = Barrier::new(size);
    let timed_member = |index| {
        place(index);
        start.wait();
        let began = Instant::now();
        let result = member(index);
        (began, Instant::now(), result)
    };
    let timed: Vec<_> = thread::scope(|scope| {
        let timed_member = &timed_member;
        let team: Vec<_> = (0..size).map(|index| scope.spawn(move || timed_member(index))).collect();
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
    let (sender, receiver) = kanal::bounded(0);
    thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(Duration::from_millis(1));
            sender.send(()).unwrap();
        });
        receiver.recv().unwrap();
    });
}

/// Puts the calling thread, a team's member `index`, on the CPU that the environment asks for.
///
/// # Panics
///
/// If that is impossible: figures must not lie about where they come from.
fn place(index: usize) {
    let cpus = thread::available_parallelism().map_or(1, NonZero::get);
    match env::var("TOLLGATE_PLACEMENT").as_deref() {
        Err(_) | Ok("free") => {}
        Ok("spread") => pin(index % cpus),
        Ok("one") => pin(cpus - 1),
        Ok(other) => panic!("TOLLGATE_PLACEMENT={other}: not free, spread or one"),
    }
}

#[cfg(target_os = "linux")]
fn pin(cpu: usize) {
    // SAFETY: the set is plain data, for which all zeros is a value, the empty set; the kernel only reads it.
    let pinned = unsafe {
        let mut set = std::mem::zeroed();
        libc::CPU_SET(cpu, &mut set);
        libc::sched_setaffinity(0, size_of_val(&set), &raw const set)
    };
    assert_eq!(pinned, 0, "cannot pin to CPU {cpu}: {}", std::io::Error::last_os_error());
}

#[cfg(not(target_os = "linux"))]
fn pin(_: usize) {
    panic!("TOLLGATE_PLACEMENT is for Linux");
}

/// Ends the process, with a message, unless it is dropped in time. A thread that waits for ever cannot be made to
/// panic.
struct Watchdog {
    /// Closing the channel calls the dog off.
    _leash: Sender<()>,
}

impl Watchdog {
    fn start() -> Self {
        let (leash, closed) = channel();
        thread::spawn(move || {
            if closed.recv_timeout(TOO_LONG) == Err(RecvTimeoutError::Timeout) {
                eprintln!(
                    "tollgate-benches: this case has not ended within {TOO_LONG:?}: something was lost"
                );
                std::process::abort();
            }
        });
        Watchdog { _leash: leash }
    }
}
