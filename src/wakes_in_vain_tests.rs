//! Waiters that are woken in vain: a time-out holds for the whole call (R45 of the historical bugs), and after a millisecond
//! newcomers line up.
//!
//! Beneath the public types, because there a wake in vain can be had at will: a notification at a gate whose state never
//! changes, a futex wake of a lock that stays held. The models cannot see this: they have no clock.

use crate::gate::{Gate, Serving, Step};
use crate::platform::{Duration, Instant, Patience, Spin, futex};
use crate::raw_lock::RawLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread;

const TIMEOUT: Patience = Patience::For(Duration::from_millis(500));
/// Who waits gives up in the end, so that a failure of a test ends too.
const LONG: Patience = Patience::For(Duration::from_secs(20));

/// `wait` times out while `wake` is called all the time, far more often than its time-out is long.
#[track_caller]
fn times_out(wait: impl FnOnce() -> bool + Send, wake: impl Fn()) {
    thread::scope(|s| {
        let waiter = s.spawn(wait);
        let start = Instant::now();
        while !waiter.is_finished() {
            assert!(start.elapsed() < Duration::from_secs(10), "the time-out begins anew with each wake");
            wake();
            thread::sleep(Duration::from_micros(200));
        }
        assert!(waiter.join().unwrap(), "it timed out");
    });
}

/// Does `step` from time to time until something has happened, within ten seconds from `start`.
#[track_caller]
fn until(start: Instant, what: &str, happened: &dyn Fn() -> bool, step: impl Fn()) {
    while !happened() {
        assert!(start.elapsed() < Duration::from_secs(10), "never happened: {what}");
        step();
        thread::sleep(Duration::from_micros(200));
    }
}

#[test]
fn a_wait_has_one_deadline_over_all_its_wakes() {
    let gate = Gate::new();
    let wait = || gate.wait(0, TIMEOUT, || None::<()>, Spin::for_hand_off(), || 0, |_| false).is_none();
    times_out(wait, || gate.notify_after_rmw(|_| true));
}

#[test]
fn a_join_has_one_deadline_over_all_its_wakes() {
    let gate = Gate::new();
    times_out(|| !gate.wait_for(TIMEOUT, || false), || gate.release_all());
}

#[test]
fn a_lock_has_one_deadline_over_all_its_wakes() {
    let lock = RawLock::new();
    lock.acquire();
    // Its one field is the word that its sleepers sleep on.
    times_out(|| !lock.acquire_within(TIMEOUT), || futex::wake((&raw const lock).cast(), 1));
}

#[test]
fn a_waiter_woken_in_vain_closes_the_gate_until_it_is_served() {
    let (gate, served) = (Gate::new(), AtomicBool::new(false));
    let start = Instant::now();
    let wake_until = |what: &str, happened: &dyn Fn() -> bool| {
        until(start, what, happened, || gate.notify_after_rmw(|_| true));
    };
    thread::scope(|s| {
        let waiter = s.spawn(|| {
            gate.wait(0, LONG, || served.load(SeqCst).then_some(()), Spin::for_hand_off(), || 0, |_| false)
        });
        wake_until("the gate closes", &|| !gate.admits_newcomers());
        served.store(true, SeqCst);
        wake_until("the waiter is served", &|| waiter.is_finished());
        assert_eq!(waiter.join().unwrap(), Some(()));
    });
    assert!(gate.admits_newcomers(), "open again");
}

#[test]
fn who_is_passed_over_for_too_long_closes_a_gate_that_is_served() {
    let (gate, there) = (&Gate::new(), &AtomicBool::new(false));
    let start = Instant::now();
    let serve_until = |what: &str, happened: &dyn Fn() -> bool| {
        until(start, what, happened, || _ = gate.serve(false));
    };
    for leaves in [false, true] {
        thread::scope(|s| {
            let patience = if leaves { TIMEOUT } else { LONG };
            let waiter = s.spawn(move || until_there(gate, there, patience));
            serve_until("the gate closes", &|| !gate.admits_newcomers());
            there.store(!leaves, SeqCst);
            serve_until("the waiter leaves", &|| waiter.is_finished());
            assert_eq!(waiter.join().unwrap(), !leaves);
        });
        assert!(gate.admits_newcomers(), "open again");
        there.store(false, SeqCst);
    }
}

/// In a line that is served.
fn until_there(gate: &Gate, there: &AtomicBool, patience: Patience) -> bool {
    let mut errand = || if there.swap(false, SeqCst) { Step::All } else { Step::Nothing };
    // SAFETY: it captures a reference to an atomic, which is `Send`; it changes nothing if it fails.
    unsafe { gate.wait_to_be_served(patience, &mut errand, Spin::for_hand_off(), || false, || {}) }
}

/// The one who was served then does what follows, once; one that was not has nothing to do.
#[test]
fn what_follows_is_left_to_those_who_are_served_to_their_end() {
    const PART: usize = 1;
    const ALL: usize = 2;
    for (passes_on, expected) in [(false, Serving::Changed), (true, Serving::PassedOn)] {
        let (gate, there, went_on) = (&Gate::new(), &AtomicUsize::new(0), &AtomicUsize::new(0));
        assert_eq!(gate.serve(passes_on), Serving::Nothing, "nobody is there");
        thread::scope(|s| {
            let waiter = s.spawn(move || {
                let mut errand = || match there.swap(0, SeqCst) {
                    ALL => Step::All,
                    PART => Step::Part,
                    _ => Step::Nothing,
                };
                let (spin, goes_on) = (Spin::for_hand_off(), || _ = went_on.fetch_add(1, SeqCst));
                // SAFETY: as in `until_there`.
                unsafe { gate.wait_to_be_served(LONG, &mut errand, spin, || false, goes_on) }
            });
            until(Instant::now(), "it is in line", &|| gate.waiting() == 1, || {});
            assert_eq!(gate.serve(passes_on), Serving::Nothing, "nothing is there");
            there.store(PART, SeqCst);
            assert_eq!(gate.serve(passes_on), Serving::Changed, "nobody is there to leave it to");
            there.store(ALL, SeqCst);
            assert_eq!(gate.serve(passes_on), expected);
            assert!(waiter.join().unwrap());
        });
        assert_eq!(went_on.load(SeqCst), usize::from(passes_on));
    }
}

/// Who leaves from behind it leaves the gate closed; so does who is served before it, if it has waited too long by then.
#[test]
fn only_the_head_that_closed_a_gate_that_is_served_opens_it() {
    let (gate, there) = (&Gate::new(), &AtomicBool::new(false));
    let start = Instant::now();
    let until = |what: &str, happened: &dyn Fn() -> bool| until(start, what, happened, || {});
    thread::scope(|s| {
        let mut in_line = 0;
        let mut joins = |patience| {
            let waiter = s.spawn(move || until_there(gate, there, patience));
            in_line += 1;
            until("it is in line", &|| gate.waiting() == in_line);
            waiter
        };
        let waiters = [joins(LONG), joins(LONG)];
        until("the gate closes", &|| {
            gate.serve(false);
            !gate.admits_newcomers()
        });
        let gives_up = joins(Patience::For(Duration::from_millis(20)));
        assert!(!gives_up.join().unwrap());
        assert!(!gate.admits_newcomers(), "the head is still there");
        there.store(true, SeqCst);
        assert_eq!((gate.serve(false), gate.waiting()), (Serving::Changed, 1));
        assert!(!gate.admits_newcomers(), "the next one has waited for long too");
        there.store(true, SeqCst);
        assert_eq!((gate.serve(false), gate.waiting()), (Serving::Changed, 0));
        assert!(gate.admits_newcomers(), "open again");
        waiters.into_iter().for_each(|waiter| assert!(waiter.join().unwrap()));
    });
}

/// Those who are not admitted have not had it.
#[test]
fn a_deadline_that_has_passed_is_one_look() {
    let passed = Patience::Until(Instant::now());
    assert_eq!(Gate::new().wait(0, passed, || Some(7), Spin::for_hand_off(), || 1, |_| true), Some(7));
}
