//! `Condition` with real threads.

mod common;

use common::{A_WHILE, AGES, eventually, thread};
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};
use tollgate::{Condition, Lock, RLock, RLockGuard};

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
fn r45_wait_while_has_one_deadline_over_all_its_wakes() {
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
        let message = panic_of(|| condition.wait(&mut guard));
        assert_eq!(condition.notify_all(), 1); // first: the scope's end waits for it
        assert!(message.contains("two locks at once, the other one by 1; all"), "{message}");
        assert!(other.is_locked(), "as before");
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

/// Waiters beyond the 31st sleep on words of their own, and listened on every channel: moved to the lock, they were woken in the place of
/// the sleeper that the lock was handed to, and everybody slept. Found in review; the model: `condition: a grant passes by the moved`.
#[test]
fn a_lock_is_handed_over_past_many_who_were_moved_to_it() {
    const WAITERS: usize = 48;
    const ROUNDS: usize = 4;
    // Not scoped: threads that sleep for ever are not to keep this test from failing.
    let shared = Arc::new((Lock::new(0), Condition::new(), AtomicUsize::new(0), AtomicUsize::new(0)));
    let spawn = |body: fn(&(Lock<usize>, Condition, AtomicUsize, AtomicUsize))| {
        let shared = Arc::clone(&shared);
        thread::spawn(move || body(&shared))
    };
    let mut threads: Vec<_> = (0..WAITERS)
        .map(|_| {
            spawn(|(round, changed, through, _)| {
                for seen in 0..ROUNDS {
                    changed.wait_while(&mut round.lock(), |round| **round == seen);
                    through.fetch_add(1, SeqCst);
                }
            })
        })
        .collect();
    // Long enough that whoever sleeps for the lock is woken in vain, and soon asks for it to be handed over.
    threads.extend((0..2).map(|_| {
        spawn(|(round, _, _, over)| {
            while over.load(SeqCst) == 0 {
                let _held = round.lock();
                let start = Instant::now();
                while start.elapsed() < Duration::from_micros(300) {}
            }
        })
    }));
    let (round, changed, through, over) = &*shared;
    for count in 1..=ROUNDS {
        eventually("all wait", || changed.waiting() == WAITERS);
        let mut guard = round.lock();
        *guard = count;
        assert_eq!(changed.notify_all(), WAITERS);
        drop(guard);
        eventually("all are through", || through.load(SeqCst) == count * WAITERS);
    }
    over.store(1, SeqCst);
    threads.into_iter().for_each(|thread| thread.join().unwrap());
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

/// What the panic of `call` says.
#[track_caller]
fn panic_of<R>(call: impl FnOnce() -> R) -> String {
    let payload = catch_unwind(AssertUnwindSafe(call)).err().expect("no panic");
    let text = payload.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| payload.downcast_ref::<String>().cloned()).expect("a panic with words")
}

/// Python's `Condition()`: at depth 1 `wait` is like that over a `Lock`, for any value.
#[test]
fn over_an_rlock_at_depth_1_any_value_can_be_waited_with() {
    let (lock, condition) = (RLock::new(Cell::new(0)), Condition::new());
    thread::scope(|s| {
        s.spawn(|| {
            let mut guard = lock.lock();
            condition.wait(&mut guard);
            assert_eq!(guard.get(), 1);
            condition.wait_while(&mut guard, |guard| guard.get() < 3);
            assert_eq!((lock.depth(), guard.get()), (1, 3));
            assert!(!condition.wait_timeout(&mut guard, Duration::ZERO));
            assert!(!condition.wait_while_deadline(&mut guard, Instant::now(), |_| true));
            assert_eq!(*RLockGuard::get_mut(&mut guard).unwrap().get_mut(), 3);
        });
        for count in 1..=3 {
            eventually("it waits", || condition.waiting() == 1);
            let mut guard = lock.lock(); // free, although the waiter still has its guard
            RLockGuard::get_mut(&mut guard).unwrap().set(count);
            drop(guard);
            assert_eq!(condition.notify_one(), 1);
            if count == 2 {
                eventually("it has looked, and waits again", || condition.waiting() == 1);
            }
        }
    });
    assert!(!lock.is_locked());
}

/// The forms of waiting at depth 1, with no time where there is one. The predicate is not met.
fn plain_waits(condition: &Condition, guard: &mut RLockGuard<'_, ()>) -> Vec<String> {
    vec![
        panic_of(|| condition.wait(guard)),
        panic_of(|| condition.wait_timeout(guard, Duration::ZERO)),
        panic_of(|| condition.wait_deadline(guard, Instant::now())),
        panic_of(|| condition.wait_while(guard, |_| true)),
        panic_of(|| condition.wait_while_timeout(guard, Duration::ZERO, |_| true)),
        panic_of(|| condition.wait_while_deadline(guard, Instant::now(), |_| true)),
    ]
}

#[test]
fn a_plain_wait_at_a_greater_depth_panics_and_changes_nothing() {
    let (lock, condition) = (RLock::new(()), Condition::new());
    let mut outer = lock.lock();
    let mut inner = lock.lock();
    for guard in [&mut outer, &mut inner] {
        for message in plain_waits(&condition, guard) {
            assert!(message.contains("wait at depth 2"), "{message}");
            assert!(message.contains("wait_all_levels"), "{message}");
            assert_eq!((lock.depth(), condition.waiting()), (2, 0));
        }
    }
    drop(inner);
    assert!(!condition.wait_timeout(&mut outer, Duration::ZERO), "at depth 1 it is no error");
    std::mem::forget(lock.lock());
    assert_eq!(plain_waits(&condition, &mut outer).len(), 6, "a leaked guard counts");
    assert!(condition.wait_while_timeout(&mut outer, Duration::ZERO, |_| false), "no wait, no error");
}

/// A predicate has the lock, and may take it again and keep the guard.
#[test]
fn a_predicate_that_goes_deeper_is_noticed_at_the_next_wait() {
    let (lock, condition) = (RLock::new(()), Condition::new());
    let mut guard = lock.lock();
    let mut kept = Vec::new();
    let message = panic_of(|| {
        condition.wait_while(&mut guard, |_| {
            kept.push(lock.lock());
            true
        });
    });
    assert!(message.contains("wait at depth 2"), "{message}");
    let mut asked = 0;
    let met = condition.wait_all_levels_while_timeout(&mut guard, Duration::from_millis(1), |_| {
        asked += 1;
        kept.push(lock.lock());
        asked == 1
    });
    assert!(met);
    assert_eq!((lock.depth(), kept.len()), (4, 3));
}

/// Every way out of `wait_all_levels` and its forms leads to the depth that there was: notified, timed out, met, and a panic of the
/// predicate at its first and second look.
#[test]
fn all_levels_are_released_and_taken_back_on_every_way_out() {
    let (lock, condition) = (RLock::new(AtomicUsize::new(0)), Condition::new());
    let soon = Duration::from_millis(1);
    for depth in 1..=3 {
        let mut guard = lock.lock();
        let _outer: Vec<_> = (1..depth).map(|_| lock.lock()).collect();
        let back = |way| assert_eq!((lock.depth(), condition.waiting()), (depth, 0), "{way}");
        for no_time in [Duration::ZERO, soon] {
            assert!(!condition.wait_all_levels_timeout(&mut guard, no_time));
            back("timed out");
            assert!(!condition.wait_all_levels_deadline(&mut guard, Instant::now() + no_time));
            back("deadline");
            assert!(!condition.wait_all_levels_while_timeout(&mut guard, no_time, |_| true));
            back("never met");
        }
        assert!(!condition.wait_all_levels_while_deadline(&mut guard, Instant::now() + soon, |_| true));
        back("never met, deadline");
        for looks in 0..2 {
            let mut asked = 0;
            let message = panic_of(|| {
                condition.wait_all_levels_while_timeout(&mut guard, soon, |_| {
                    assert_eq!(lock.depth(), depth, "when the predicate is asked");
                    assert!(asked < looks, "on purpose");
                    asked += 1;
                    true
                })
            });
            assert_eq!(message, "on purpose");
            back("panicked");
        }
        // Another thread has the whole lock meanwhile, and the waiter comes back alone.
        let forms: [fn(&Condition, &mut RLockGuard<'_, AtomicUsize>); 4] = [
            |condition, guard| condition.wait_all_levels(guard),
            |condition, guard| assert!(condition.wait_all_levels_timeout(guard, AGES)),
            |condition, guard| {
                let before = guard.load(SeqCst);
                condition.wait_all_levels_while(guard, |value| value.load(SeqCst) == before);
            },
            |condition, guard| {
                let before = guard.load(SeqCst);
                let met = condition
                    .wait_all_levels_while_timeout(guard, AGES, |value| value.load(SeqCst) == before);
                assert!(met);
            },
        ];
        for form in forms {
            let before = guard.load(SeqCst);
            thread::scope(|s| {
                s.spawn(|| {
                    eventually("it waits", || condition.waiting() == 1);
                    let other = lock.lock();
                    assert_eq!(lock.depth(), 1);
                    other.fetch_add(1, SeqCst);
                    assert_eq!(condition.notify_one(), 1);
                    thread::sleep(Duration::from_millis(1)); // not needed for correctness: the waiter may come too early
                    assert_eq!(other.load(SeqCst), before + 1);
                });
                form(&condition, &mut guard);
                assert_eq!(guard.load(SeqCst), before + 1);
            });
            back("notified");
        }
    }
    assert!(!lock.is_locked());
}

/// R46, as far as it goes here: a waiter that has one level back has them all. One that took them one by one, or forgot some, would
/// let another thread in when it gives the first of them back.
#[test]
fn r46_whoever_comes_back_from_a_wait_has_all_levels_at_once() {
    let (lock, condition) = (RLock::new(AtomicUsize::new(0)), Condition::new());
    let inside = AtomicUsize::new(0);
    thread::scope(|s| {
        for _ in 0..3 {
            s.spawn(|| {
                for round in 0..1_000 {
                    let outer = lock.lock();
                    let mut inner = lock.lock();
                    let _ = condition.wait_all_levels_timeout(&mut inner, Duration::from_micros(round % 100));
                    assert_eq!(inside.fetch_add(1, SeqCst), 0);
                    drop(inner);
                    assert_eq!(lock.depth(), 1);
                    thread::yield_now();
                    assert_eq!(inside.fetch_sub(1, SeqCst), 1);
                    drop(outer);
                    condition.notify_one();
                }
            });
        }
    });
}

/// What a waiter's outer guard lends is not changed behind its back.
#[test]
fn nobody_borrows_mutably_what_a_waiters_outer_guard_lends() {
    let (lock, condition) = (RLock::new(1), Condition::new());
    thread::scope(|s| {
        s.spawn(|| {
            let outer = lock.lock();
            let lent: &i32 = &outer;
            condition.wait_all_levels(&mut lock.lock());
            assert_eq!(*lent, 1);
        });
        eventually("it waits", || condition.waiting() == 1);
        let mut guard = lock.lock();
        let lent = RLockGuard::get_mut(&mut guard).is_none();
        assert_eq!(condition.notify_one(), 1);
        drop(guard);
        assert!(lent, "though at depth 1");
    });
    let mut guard = lock.lock();
    *RLockGuard::get_mut(&mut guard).expect("nobody waits") = 2;
    assert_eq!(*guard, 2);
}

#[test]
fn a_lock_and_an_rlock_at_once_panic_and_leave_the_depth() {
    let (one, other, condition) = (Lock::new(()), RLock::new(()), Condition::new());
    thread::scope(|s| {
        s.spawn(|| condition.wait(&mut one.lock()));
        eventually("it waits", || condition.waiting() == 1);
        let mut guard = other.lock();
        assert!(panic_of(|| condition.wait(&mut guard)).contains("two locks at once"));
        assert_eq!(other.depth(), 1);
        let _outer = other.lock();
        assert!(panic_of(|| condition.wait_all_levels(&mut guard)).contains("two locks at once"));
        assert_eq!(other.depth(), 2, "as before");
        thread::scope(|s| s.spawn(|| assert!(other.try_lock().is_none())).join().unwrap());
        assert_eq!(condition.notify_all(), 1);
    });
    // And the other way round; between two RLocks as well.
    thread::scope(|s| {
        s.spawn(|| condition.wait(&mut other.lock()));
        eventually("it waits", || condition.waiting() == 1);
        assert!(panic_of(|| condition.wait(&mut one.lock())).contains("two locks at once"));
        let third = RLock::new(());
        assert!(panic_of(|| condition.wait(&mut third.lock())).contains("two locks at once"));
        assert_eq!(condition.notify_all(), 1);
    });
}
