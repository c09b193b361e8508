//! Bugs of other libraries that concern no one type alone, on real threads; and a check that each bug of the list has a test or a
//! model of its name. Where the numbers come from, and which of these bugs are planted: `loom_tests/planted/README.md`.

mod common;

use common::{AGES, eventually, rust_files};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};
use tollgate::{Barrier, Condition, Event, Lock, Semaphore};

/// The result of a wait with [`AGES`] of time. A thread that nobody wakes looks once more when that is over, and finds what it waited for:
/// that is a lost wake-up all the same.
#[track_caller]
fn woken<R>(wait: impl FnOnce() -> R) -> R {
    let start = Instant::now();
    let result = wait();
    assert!(start.elapsed() < AGES / 4, "nobody woke the waiter");
    result
}

/// R13 (Windows' SRWLOCK): when a writer leaves, all readers have to be let in, though none of them leaves before the last has come.
/// With permits: one thread gives back all of them, and those who get one wait for each other while they hold it.
#[test]
fn r13_all_who_fit_get_in_though_none_of_them_leaves() {
    const READERS: usize = 5;
    for _ in 0..200 {
        let semaphore = Semaphore::new(READERS);
        let inside = Barrier::new(READERS);
        let writer = semaphore.acquire_many(READERS).unwrap();
        thread::scope(|s| {
            for _ in 0..READERS {
                s.spawn(|| {
                    let _permit = woken(|| semaphore.acquire_timeout(AGES)).expect("there is one for each");
                    inside.wait_timeout(AGES / 4).expect("the others are let in too");
                });
            }
            // Often some sleep and some do not.
            thread::yield_now();
            drop(writer);
        });
        assert_eq!(semaphore.permits(), READERS);
    }
}

/// R21 (event-listener): a notification that races the first wait ever. Nothing is set up by the first waiter, so there is nothing to
/// miss: each object is new, and gets one wait and one notification.
#[test]
fn r21_the_first_wait_of_all_misses_nothing() {
    for round in 0..2_000 {
        let (lock, condition) = (Lock::new(false), Condition::new());
        let (event, semaphore) = (Event::new(), Semaphore::new(0));
        thread::scope(|s| {
            s.spawn(|| {
                let mut set = lock.lock();
                let met = woken(|| condition.wait_while_timeout(&mut set, AGES, |set| !**set));
                assert!(met, "the condition, round {round}");
                assert!(woken(|| event.wait_timeout(AGES)), "the event, round {round}");
                woken(|| semaphore.acquire_timeout(AGES)).expect("a permit").forget();
            });
            *lock.lock() = true;
            condition.notify_one();
            event.set();
            semaphore.release(1);
        });
    }
}

/// R30 and R33: a waiter is picked in the moment in which its time runs out. Either it says so and uses it, or the next one is served:
/// what notifiers counted and what waiters got agree, and no permit is lost.
#[test]
fn r30_r33_what_a_time_out_meets_is_used_or_passed_on() {
    let (lock, condition) = (Lock::new(()), Condition::new());
    let (semaphore, taken) = (Semaphore::new(0), AtomicUsize::new(0));
    let (told, heard) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|s| {
        let waiters: Vec<_> = (0..3_u64)
            .map(|waiter| {
                let (lock, condition, semaphore) = (&lock, &condition, &semaphore);
                let (heard, taken) = (&heard, &taken);
                s.spawn(move || {
                    for round in 0..2_000_u64 {
                        let timeout = Duration::from_micros((7 * waiter + 13 * round) % 90);
                        if condition.wait_timeout(&mut lock.lock(), timeout) {
                            heard.fetch_add(1, SeqCst);
                        }
                        if let Ok(permit) = semaphore.acquire_timeout(timeout) {
                            permit.forget();
                            taken.fetch_add(1, SeqCst);
                        }
                    }
                })
            })
            .collect();
        let mut released = 0;
        while !waiters.iter().all(thread::ScopedJoinHandle::is_finished) {
            told.fetch_add(condition.notify_one(), SeqCst);
            if released < taken.load(SeqCst) + 2 {
                semaphore.release(1);
                released += 1;
            }
        }
        assert_eq!(taken.load(SeqCst) + semaphore.permits(), released);
    });
    assert_eq!(told.into_inner(), heard.into_inner(), "notifications counted and notifications used");
}

/// R34 (CPython): a waiter leaves early, and what its waker is about to touch lay in its frame. Each wait here is in a frame that is
/// overwritten as soon as it returns; AddressSanitizer sees what the assertions do not.
#[test]
fn r34_nobody_touches_the_frame_of_a_waiter_that_has_left() {
    #[inline(never)]
    fn wait(condition: &Condition, lock: &Lock<()>, semaphore: &Semaphore, timeout: Duration) {
        let _ = condition.wait_timeout(&mut lock.lock(), timeout);
        let _ = semaphore.acquire_timeout(timeout).map(tollgate::Permit::forget);
    }
    #[inline(never)]
    fn overwrite() -> usize {
        let frame = std::hint::black_box([0x5a_u8; 2048]);
        frame.iter().filter(|&&byte| byte != 0x5a).count()
    }
    let (lock, condition, semaphore) = (Lock::new(()), Condition::new(), Semaphore::new(0));
    thread::scope(|s| {
        let waiters: Vec<_> = (0..3_u64)
            .map(|waiter| {
                let (lock, condition, semaphore) = (&lock, &condition, &semaphore);
                s.spawn(move || {
                    for round in 0..2_000_u64 {
                        wait(
                            condition,
                            lock,
                            semaphore,
                            Duration::from_micros((11 * waiter + 7 * round) % 80),
                        );
                        assert_eq!(overwrite(), 0, "somebody has written to a frame that was free");
                    }
                })
            })
            .collect();
        while !waiters.iter().all(thread::ScopedJoinHandle::is_finished) {
            condition.notify_all();
            semaphore.release(1);
        }
    });
}

/// R43 and R44 for what stands on the gate: the first to sleep is seen, and a thread that takes a permit without having slept does not
/// make those be forgotten who have.
#[test]
fn r43_r44_bargers_at_a_semaphore_do_not_forget_the_sleepers() {
    let semaphore = Arc::new(Semaphore::new(1));
    let through = AtomicUsize::new(0);
    thread::scope(|s| {
        for _ in 0..3 {
            s.spawn(|| {
                for _ in 0..200 {
                    let permit = woken(|| semaphore.acquire_timeout(AGES)).expect("it comes back");
                    thread::yield_now(); // the others fall asleep
                    drop(permit);
                }
                through.fetch_add(1, SeqCst);
            });
        }
        eventually("all are through", || {
            (0..100).for_each(|_| drop(semaphore.try_acquire()));
            through.load(SeqCst) == 3
        });
    });
    assert_eq!(semaphore.permits(), 1);
}

/// The numbers `R…` of a name, whatever stands around them: `r30_r33_a_time_out`, `condition: R33, two`.
fn numbers(name: &str) -> impl Iterator<Item = u32> {
    name.split(|c: char| !c.is_ascii_alphanumeric())
        .filter_map(|word| word.strip_prefix(['r', 'R'])?.parse().ok())
}

/// Each bug that concerns the lock family is in the *name* of a test or a model, so that it can be asked for.
#[test]
fn each_bug_of_the_list_has_a_test_or_a_model_of_its_name() {
    const LIST: [u32; 20] = [9, 13, 15, 16, 18, 21, 30, 32, 33, 34, 35, 36, 38, 41, 42, 43, 44, 45, 46, 48];
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let models = root.join("loom_tests/models");
    if !models.exists() {
        return; // in the published package, where there are no models
    }
    let mut files = Vec::new();
    for folder in [root.join("src"), root.join("tests"), models] {
        files.extend(rust_files(&folder));
    }
    let mut named = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for line in text.lines().map(str::trim).filter(|line| !line.starts_with("//")) {
            if let Some(name) = line.strip_prefix("fn ") {
                named.extend(numbers(name.split('(').next().unwrap_or_default()));
            } else if file.to_string_lossy().contains("models") {
                // The names of models are the only strings with a colon there.
                let strings = line.split('"').skip(1).step_by(2).filter(|string| string.contains(": "));
                named.extend(strings.flat_map(numbers));
            }
        }
    }
    let missing: Vec<_> = LIST.iter().filter(|number| !named.contains(number)).collect();
    assert!(missing.is_empty(), "no test and no model is named after R{missing:?}");
}
