//! How often a sleeper that has waited too long can be overtaken, counted: on real threads, without sleeping and hoping.
//!
//! Beneath the public types, because here a wake in vain can be had at will, and the gate be seen to be closed.

use super::*;
use crate::platform::{Duration, Instant};
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst as InOrder;
use std::thread;

const THREADS: usize = 4;

#[track_caller]
fn eventually(what: &str, happened: impl Fn() -> bool) {
    let start = Instant::now();
    while !happened() {
        assert!(start.elapsed() < Duration::from_secs(60), "never happened: {what}");
        thread::sleep(Duration::from_micros(200));
    }
}

/// Closes the core when a test fails, or its threads would never end.
struct CloseAtEnd<'a>(&'a Core);

impl Drop for CloseAtEnd<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// Wakes the one sleeper in vain until it has closed the gate.
fn close_the_gate(core: &Core) {
    eventually("the gate closes", || {
        // Asked under the gate's lock, so that it is in the line when this ends.
        core.gate.notify_after_rmw(|_| core.gate.admits_newcomers());
        !core.gate.admits_newcomers()
    });
}

/// There is a permit for each newcomer; the sleeper needs one more.
#[test]
fn a_thread_overtakes_a_sleeper_that_has_waited_too_long_at_most_once() {
    let core = &Core::new(Kind::Semaphore, THREADS, MAX_PERMITS);
    let taken = [const { AtomicUsize::new(0) }; THREADS];
    let enough = AtomicBool::new(false);
    thread::scope(|s| {
        let _close = CloseAtEnd(core);
        let sleeper = s.spawn(|| core.acquire(Kind::Semaphore, THREADS + 1));
        eventually("it sleeps", || core.gate.waiting() == 1);
        for taken in &taken {
            let enough = &enough;
            // Together they never want more than there is: nobody but the sleeper waits before the gate closes.
            s.spawn(move || {
                while !enough.load(InOrder) && core.acquire(Kind::Semaphore, 1).is_ok() {
                    taken.fetch_add(1, InOrder);
                    core.add(1);
                }
            });
        }
        eventually("they overtake it", || taken.iter().all(|taken| taken.load(InOrder) > 10));
        close_the_gate(core);
        let before: Vec<_> = taken.iter().map(|taken| taken.load(InOrder)).collect();
        eventually("they line up", || core.gate.waiting() == THREADS + 1);
        assert_eq!(core.permits(), THREADS, "and yet there is enough for them");
        for (taken, before) in taken.iter().zip(before) {
            let more = taken.load(InOrder) - before;
            assert!(more <= 1, "one thread overtook it {more} times");
        }
        enough.store(true, InOrder);
        core.add(1);
        sleeper.join().unwrap().unwrap();
        core.add(THREADS + 1);
    });
    assert!(core.gate.admits_newcomers(), "open again");
}

/// Those who do not wait take what is there; those whose time is up look once.
#[test]
fn those_who_do_not_line_up_take_what_is_there() {
    let core = &Core::new(Kind::Semaphore, 2, 5);
    thread::scope(|s| {
        let _close = CloseAtEnd(core);
        let sleeper = s.spawn(|| core.acquire(Kind::Semaphore, 5));
        eventually("it sleeps", || core.gate.waiting() == 1);
        close_the_gate(core);
        assert_eq!(core.acquire_timed(Kind::Semaphore, 1, Patience::None), Ok(()));
        assert_eq!(core.acquire_timed(Kind::Semaphore, 1, Patience::For(Duration::from_millis(5))), Ok(()));
        assert_eq!(
            core.acquire_timed(Kind::Semaphore, 1, Patience::For(Duration::from_millis(5))),
            Err(AcquireError::TimedOut)
        );
        assert!(core.add(2));
        assert_eq!(core.drain(), Ok(2));
        assert!(core.add(5));
        assert_eq!(sleeper.join().unwrap(), Ok(()));
    });
}
