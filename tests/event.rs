//! `Event` with real threads.

mod common;

use common::{A_WHILE, AGES, eventually, thread};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};
use tollgate::Event;

#[test]
fn set_lets_everybody_go_and_clear_nobody() {
    let event = Event::new();
    let released = AtomicUsize::new(0);
    thread::scope(|s| {
        for form in 0..6 {
            let (event, released) = (&event, &released);
            s.spawn(move || {
                match form % 3 {
                    0 => event.wait(),
                    1 => assert!(event.wait_timeout(AGES)),
                    _ => assert!(event.wait_deadline(Instant::now() + AGES)),
                }
                released.fetch_add(1, SeqCst);
            });
        }
        event.clear();
        thread::sleep(A_WHILE); // not needed for correctness: a wait may return too early
        assert_eq!(released.load(SeqCst), 0);
        event.set();
    });
    assert_eq!(released.load(SeqCst), 6);
}

#[test]
fn set_and_clear_may_be_called_again() {
    let event = Event::default();
    for set in [false, true, true, false, false, true] {
        if set {
            event.set()
        } else {
            event.clear()
        }
        assert_eq!(event.is_set(), set);
        assert_eq!(format!("{event:?}"), format!("Event {{ set: {set} }}"));
        assert_eq!(event.wait_timeout(Duration::ZERO), set);
        assert_eq!(event.wait_deadline(Instant::now()), set);
        assert_eq!(event.wait_timeout(Duration::from_nanos(1)), set);
    }
    event.wait();
}

#[test]
fn a_wait_ends_at_its_deadline() {
    let event = Event::new();
    let start = Instant::now();
    assert!(!event.wait_timeout(A_WHILE));
    assert!(start.elapsed() >= A_WHILE);
    let start = Instant::now();
    assert!(!event.wait_deadline(start + A_WHILE));
    assert!(start.elapsed() >= A_WHILE);
}

#[test]
fn duration_max_is_for_ever() {
    let event = Event::new();
    thread::scope(|s| {
        let waiter = s.spawn(|| event.wait_timeout(Duration::MAX));
        thread::sleep(A_WHILE); // not needed for correctness: an overflow would return at once
        event.set();
        assert!(waiter.join().unwrap());
    });
}

/// The state that a `set` leaves behind is there for those who come later (R42: a pulse is not).
#[test]
fn r42_who_comes_after_the_set_is_let_through() {
    let event = Event::new();
    event.set();
    thread::scope(|s| {
        for _ in 0..4 {
            s.spawn(|| event.wait());
        }
    });
}

/// The waiter owns the event and frees it as soon as it is let go.
#[test]
fn r41_the_waiter_may_free_the_event() {
    for round in 0..2_000 {
        let event = Arc::new(Event::new());
        let theirs = Arc::clone(&event);
        thread::scope(|s| {
            s.spawn(move || theirs.set());
            if round % 2 == 0 {
                event.wait();
            } else {
                while !event.is_set() {
                    thread::yield_now();
                }
            }
            drop(event);
        });
    }
}

/// Clear, then look for work: whichever `set` the `clear` has undone, its work is seen.
#[test]
fn no_work_lies_beside_a_clear_event() {
    const ITEMS: usize = 20_000;
    let (event, made) = (Event::new(), AtomicUsize::new(0));
    thread::scope(|s| {
        for _ in 0..2 {
            s.spawn(|| {
                for _ in 0..ITEMS {
                    made.fetch_add(1, SeqCst);
                    event.set();
                }
            });
        }
        let mut seen = 0;
        while seen < 2 * ITEMS {
            assert!(event.wait_timeout(AGES), "{seen} of {} seen, and the event is clear", 2 * ITEMS);
            event.clear();
            seen = made.load(SeqCst);
        }
    });
}

/// R45: a time-out does not begin anew with each wake. (The wakes are in vain: the event is clear again before they
/// arrive, as a rule; whoever was there in time is let go, and waits again with what is left.)
#[test]
fn r45_one_deadline_over_all_wakes() {
    let (event, over) = (Event::new(), AtomicBool::new(false));
    thread::scope(|s| {
        s.spawn(|| {
            let deadline = Instant::now() + A_WHILE * 2;
            while event.wait_deadline(deadline) {}
            assert!(Instant::now() >= deadline);
            over.store(true, SeqCst);
        });
        eventually("the deadline comes", || {
            event.set();
            event.clear();
            over.load(SeqCst)
        });
    });
}

#[cfg(target_os = "linux")]
#[test]
fn a_waiting_thread_uses_no_cpu() {
    let event = Event::new();
    thread::scope(|s| {
        let waiter = s.spawn(|| {
            let before = common::cpu_time();
            event.wait();
            common::cpu_time() - before
        });
        thread::sleep(A_WHILE * 6);
        event.set();
        assert!(waiter.join().unwrap() < A_WHILE);
    });
}
