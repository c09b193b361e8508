//! `Condition` with real threads.

mod common;

use common::{A_WHILE, AGES, eventually};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};
use tollgate::{Condition, Lock};

#[test]
fn notify_wakes_exactly_as_many_of_the_longest_waiting() {
    let (lock, condition) = (Lock::new(()), Condition::new());
    let woken = Lock::new(Vec::new());
    thread::scope(|s| {
        for place in 0..6 {
            let (lock, condition, woken) = (&lock, &condition, &woken);
            s.spawn(move || {
                let mut guard = lock.lock();
                assert!(condition.wait_timeout(&mut guard, AGES));
                woken.lock().push(place);
            });
            eventually("the next one waits", || condition.waiting() == place + 1);
        }
        assert_eq!(condition.notify(0), 0);
        assert_eq!(condition.notify_one(), 1);
        eventually("one woke", || woken.lock().len() == 1);
        assert_eq!(condition.notify(2), 2);
        eventually("three woke", || woken.lock().len() == 3);
        assert_eq!(condition.waiting(), 3);
        let mut first = woken.lock().clone();
        first.sort_unstable();
        assert_eq!(first, [0, 1, 2], "the longest waiting");
        assert_eq!(condition.notify(99), 3);
    });
    assert_eq!(condition.notify_all(), 0, "with nobody waiting nothing is kept");
    assert!(!condition.wait_timeout(&mut lock.lock(), Duration::from_millis(1)));
}

#[test]
fn there_are_no_spurious_wake_ups() {
    let (lock, condition) = (Lock::new(()), Condition::new());
    let (returned, notified) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|s| {
        for _ in 0..4 {
            s.spawn(|| {
                for _ in 0..500 {
                    let mut guard = lock.lock();
                    if condition.wait_timeout(&mut guard, Duration::from_micros(100)) {
                        returned.fetch_add(1, SeqCst);
                    }
                }
            });
        }
        s.spawn(|| {
            for _ in 0..2_000 {
                notified.fetch_add(condition.notify_one(), SeqCst);
                thread::yield_now();
            }
        });
    });
    // As many waits were true as notifications found somebody: none was lost, none invented, time-outs or not.
    assert_eq!(returned.load(SeqCst), notified.load(SeqCst));
}

#[test]
fn the_lock_is_free_while_waiting_and_held_again_afterwards() {
    let (lock, condition) = (Lock::new(0), Condition::new());
    thread::scope(|s| {
        s.spawn(|| {
            let mut guard = lock.lock();
            condition.wait(&mut guard);
            assert_eq!(*guard, 1);
            *guard = 2;
            assert!(lock.is_locked());
        });
        eventually("it waits", || condition.waiting() == 1);
        let mut guard = lock.lock(); // free, although the waiter still has its guard
        *guard = 1;
        condition.notify_one();
        thread::sleep(A_WHILE); // not needed for correctness: the waiter may try to come back too early
        assert_eq!(*guard, 1, "the waiter returns with the lock alone");
    });
    assert_eq!(*lock.lock(), 2);
}

#[test]
fn a_wait_ends_at_its_deadline_with_the_lock_held() {
    let (lock, condition) = (Lock::new(()), Condition::new());
    let mut guard = lock.lock();
    let start = Instant::now();
    assert!(!condition.wait_timeout(&mut guard, A_WHILE));
    assert!(start.elapsed() >= A_WHILE);
    let start = Instant::now();
    assert!(!condition.wait_deadline(&mut guard, Instant::now() + A_WHILE));
    assert!(start.elapsed() >= A_WHILE);
    assert!(!condition.wait_timeout(&mut guard, Duration::ZERO));
    assert!(!condition.wait_deadline(&mut guard, start));
    assert!(lock.is_locked());
    assert_eq!(condition.waiting(), 0);
}

#[test]
fn wait_while_has_one_deadline_over_all_its_wakes() {
    let (lock, condition) = (Lock::new(()), Condition::new());
    let waiting = AtomicUsize::new(1);
    thread::scope(|s| {
        s.spawn(|| {
            let mut guard = lock.lock();
            let start = Instant::now();
            assert!(!condition.wait_while_timeout(&mut guard, A_WHILE * 4, |_| true));
            assert!(start.elapsed() >= A_WHILE * 4);
            waiting.store(0, SeqCst);
        });
        // Notified far more often than the time-out is long; a time-out that began anew each time would never end.
        eventually("the wait ends although it is notified all the time", || {
            condition.notify_all();
            waiting.load(SeqCst) == 0
        });
    });
}

#[test]
fn wait_while_asks_first_and_once_more_after_the_deadline() {
    let (lock, condition) = (Lock::new(3), Condition::new());
    let mut guard = lock.lock();
    let mut asked = 0;
    condition.wait_while(&mut guard, |_| {
        asked += 1;
        false
    });
    assert_eq!(asked, 1);
    let mut asked = 0;
    let met = condition.wait_while_timeout(&mut guard, Duration::from_millis(1), |value| {
        asked += 1;
        **value -= 1;
        **value > 1
    });
    assert!(met, "met at the second look, which came after the time-out");
    assert_eq!(asked, 2);
    assert!(!condition.wait_while_deadline(&mut guard, Instant::now(), |_| true));
    assert!(condition.wait_while_timeout(&mut guard, Duration::ZERO, |_| false));
}

#[test]
fn a_predicate_that_panics_leaves_the_lock_held_by_its_guard() {
    let (lock, condition) = (Lock::new(()), Condition::new());
    let mut guard = lock.lock();
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        condition.wait_while_timeout(&mut guard, AGES, |_| panic!("on purpose"))
    }));
    assert!(panicked.is_err());
    assert!(lock.is_locked());
    drop(guard);
    assert!(!lock.is_locked());
    assert_eq!(condition.waiting(), 0);
}

#[test]
fn two_locks_at_once_panic_and_one_after_the_other_do_not() {
    let (one, other, condition) = (Lock::new(()), Lock::new(()), Condition::new());
    thread::scope(|s| {
        s.spawn(|| condition.wait(&mut one.lock()));
        eventually("it waits", || condition.waiting() == 1);
        let mut guard = other.lock();
        let panicked = catch_unwind(AssertUnwindSafe(|| condition.wait(&mut guard)));
        let message = *panicked.expect_err("two locks").downcast::<&str>().unwrap();
        assert!(message.contains("two locks at once"), "{message}");
        assert!(other.is_locked(), "as before");
        assert_eq!(condition.notify_all(), 1);
    });
    assert!(!condition.wait_timeout(&mut other.lock(), Duration::from_millis(1)));
}

#[test]
fn a_bounded_buffer_of_one_loses_nothing() {
    let (buffer, room, items) = (Lock::new(None), Condition::new(), Condition::new());
    const COUNT: u64 = 5_000;
    let sum = AtomicUsize::new(0);
    thread::scope(|s| {
        for _ in 0..2 {
            s.spawn(|| {
                for value in 0..COUNT {
                    let mut buffer = buffer.lock();
                    room.wait_while(&mut buffer, |buffer| buffer.is_some());
                    *buffer = Some(value);
                    drop(buffer);
                    items.notify_one();
                }
            });
            s.spawn(|| {
                for _ in 0..COUNT {
                    let mut buffer = buffer.lock();
                    items.wait_while(&mut buffer, |buffer| buffer.is_none());
                    let value = buffer.take().unwrap();
                    drop(buffer);
                    room.notify_one();
                    sum.fetch_add(value as usize, SeqCst);
                }
            });
        }
    });
    assert_eq!(sum.load(SeqCst), (COUNT * (COUNT - 1)) as usize);
}

#[cfg(target_os = "linux")]
#[test]
fn a_waiter_uses_no_cpu() {
    let (lock, condition) = (Lock::new(()), Condition::new());
    let before = common::cpu_time();
    assert!(!condition.wait_timeout(&mut lock.lock(), Duration::from_millis(500)));
    let used = common::cpu_time() - before;
    assert!(used < Duration::from_millis(25), "{used:?} of CPU in half a second of waiting");
}
