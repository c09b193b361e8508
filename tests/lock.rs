//! `Lock` and `RawLock` with real threads.

mod common;

use common::{A_WHILE, AGES, eventually};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};
use tollgate::{Lock, LockGuard, NotLocked, RawLock};

#[test]
fn one_thread_at_a_time_is_inside() {
    let inside = AtomicUsize::new(0);
    let value = Lock::new(0_u64);
    thread::scope(|s| {
        for form in 0..4 {
            let (inside, value) = (&inside, &value);
            s.spawn(move || {
                for round in 0..20_000_u64 {
                    let guard = match (form + round) % 4 {
                        0 => Some(value.lock()),
                        1 => value.try_lock(),
                        2 => value.lock_timeout(Duration::from_micros(round % 50)),
                        _ => value.lock_deadline(Instant::now() + AGES),
                    };
                    if let Some(mut guard) = guard {
                        assert_eq!(inside.fetch_add(1, SeqCst), 0);
                        *guard += 1;
                        assert_eq!(inside.fetch_sub(1, SeqCst), 1);
                    }
                }
            });
        }
    });
    // The plain forms and the generous deadlines always get through.
    assert!(*value.lock() >= 40_000);
}

#[test]
fn more_threads_than_cpus_all_get_through() {
    let value = Lock::new(0_u64);
    thread::scope(|s| {
        for _ in 0..32 {
            s.spawn(|| {
                for _ in 0..500 {
                    let mut guard = value.lock();
                    *guard += 1;
                    if *guard % 100 == 0 {
                        thread::yield_now(); // sometimes the holder is descheduled
                    }
                }
            });
        }
    });
    assert_eq!(*value.lock(), 16_000);
}

#[test]
fn five_waiters_one_release_each() {
    let raw = RawLock::new();
    let through = AtomicUsize::new(0);
    raw.acquire();
    thread::scope(|s| {
        for _ in 0..5 {
            s.spawn(|| {
                raw.acquire();
                through.fetch_add(1, SeqCst);
            });
        }
        for released in 0..5 {
            assert!(through.load(SeqCst) <= released);
            raw.release().unwrap();
            eventually("the next waiter gets through", || through.load(SeqCst) > released);
        }
    });
    assert!(raw.is_locked(), "the last waiter did not release");
}

#[test]
fn any_thread_may_release_a_raw_lock() {
    let raw = RawLock::new();
    raw.acquire();
    thread::scope(|s| {
        s.spawn(|| raw.release().unwrap());
    });
    assert!(raw.try_acquire());
}

#[test]
fn release_of_a_free_lock_is_an_error_that_changes_nothing() {
    let raw = RawLock::new();
    assert_eq!(raw.release(), Err(NotLocked));
    assert!(raw.try_acquire());
    assert_eq!(raw.release(), Ok(()));
    assert_eq!(raw.release(), Err(NotLocked));
    assert_eq!(NotLocked.to_string(), "release of a RawLock that is not locked");
}

#[test]
fn a_held_lock_times_out_and_stays_held() {
    let lock = Lock::new(());
    let guard = lock.lock();
    thread::scope(|s| {
        s.spawn(|| {
            let start = Instant::now();
            assert!(lock.lock_timeout(A_WHILE).is_none());
            assert!(start.elapsed() >= A_WHILE);
            let start = Instant::now();
            assert!(lock.lock_deadline(Instant::now() + A_WHILE).is_none());
            assert!(start.elapsed() >= A_WHILE);
            assert!(lock.try_lock().is_none());
            assert!(lock.is_locked());
        });
    });
    drop(guard);
    assert!(lock.try_lock().is_some());
    assert!(!lock.is_locked());
}

#[test]
fn no_time_is_one_look_and_too_much_time_is_for_ever() {
    let lock = Lock::new(());
    let past = Instant::now();
    assert!(lock.lock_timeout(Duration::ZERO).is_some());
    assert!(lock.lock_timeout(Duration::MAX).is_some());
    assert!(lock.lock_deadline(past).is_some(), "a free lock is taken, whatever the time");
    let guard = lock.lock();
    thread::scope(|s| {
        s.spawn(|| {
            assert!(lock.lock_timeout(Duration::ZERO).is_none());
            assert!(lock.lock_timeout(Duration::from_nanos(1)).is_none());
            assert!(lock.lock_deadline(past).is_none());
        });
    });
    thread::scope(|s| {
        let waiter = s.spawn(|| drop(lock.lock_timeout(Duration::MAX).expect("waits for ever")));
        thread::sleep(A_WHILE); // not needed for correctness: lets the waiter sleep
        drop(guard);
        waiter.join().unwrap();
    });
}

#[test]
fn a_timed_waiter_gets_a_lock_that_becomes_free() {
    let lock = Lock::new(());
    let guard = lock.lock();
    thread::scope(|s| {
        let waiter = s.spawn(|| lock.lock_timeout(AGES).is_some());
        thread::sleep(A_WHILE); // not needed for correctness: lets the waiter sleep
        drop(guard);
        assert!(waiter.join().unwrap());
    });
}

#[test]
fn a_panic_releases_the_lock_and_poisons_nothing() {
    let lock = Lock::new(1);
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let mut guard = lock.lock();
        *guard = 2;
        panic!("on purpose");
    }));
    assert!(panicked.is_err());
    assert_eq!(*lock.lock(), 2, "as the panic left it");
}

#[test]
fn a_leaked_guard_leaves_the_lock_locked_and_nothing_worse() {
    let lock = Lock::new(5);
    std::mem::forget(lock.lock());
    assert!(lock.try_lock().is_none());
    assert_eq!(lock.into_inner(), 5);
}

#[test]
fn the_value_can_be_had_without_locking_by_its_owner() {
    let mut lock = Lock::from(String::from("a"));
    lock.get_mut().push('b');
    assert_eq!(lock.into_inner(), "ab");
    assert_eq!(Lock::<u8>::default().into_inner(), 0);
}

#[test]
fn unsized_values_can_be_locked() {
    let lock: Arc<Lock<[u8]>> = Arc::new(Lock::new([1, 2, 3]));
    lock.lock()[0] = 9;
    assert_eq!(&*lock.lock(), &[9, 2, 3]);
    let shown: Box<Lock<dyn Fn() -> u8 + Send>> = Box::new(Lock::new(|| 7));
    assert_eq!((shown.lock())(), 7);
}

#[test]
fn a_mapped_guard_holds_the_lock_until_it_is_dropped() {
    let lock = Lock::new((1, vec![2, 3]));
    let mut last = LockGuard::map(lock.lock(), |pair| &mut pair.1);
    last.push(4);
    let mut first = tollgate::MappedLockGuard::map(last, |list| &mut list[0]);
    *first += 10;
    assert!(lock.is_locked());
    drop(first);
    assert_eq!(*lock.lock(), (1, vec![12, 3, 4]));
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _ = LockGuard::map(lock.lock(), |_| -> &mut u8 { panic!("on purpose") });
    }));
    assert!(panicked.is_err());
    assert!(!lock.is_locked(), "released on the way out");
}

#[test]
fn debug_never_waits() {
    let lock = Lock::new(3);
    assert_eq!(format!("{lock:?}"), "Lock { value: 3 }");
    let guard = lock.lock();
    assert_eq!(format!("{lock:?}"), "Lock { value: <locked> }");
    assert_eq!(format!("{guard:?} {guard}"), "3 3");
    assert_eq!(format!("{:?}", RawLock::new()), "RawLock { locked: false }");
}

/// R35: the owner that comes last frees the lock, possibly while the one before is still on its way out of `unlock`.
#[test]
fn the_next_owner_may_free_the_lock_at_once() {
    for _ in 0..2_000 {
        // An address: an `Arc` in each thread would keep the lock until both have unlocked.
        let owned = Box::into_raw(Box::new(Lock::new(2_usize))).expose_provenance();
        let start = Arc::new(Barrier::new(2));
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let start = Arc::clone(&start);
                thread::spawn(move || {
                    let lock = std::ptr::with_exposed_provenance_mut::<Lock<usize>>(owned);
                    start.wait();
                    // SAFETY: the lock is freed by whoever enters last, and this thread has not entered yet.
                    let mut guard = unsafe { &*lock }.lock();
                    *guard -= 1;
                    let last = *guard == 0;
                    drop(guard);
                    if last {
                        // SAFETY: made by `into_raw`; the other thread has been inside, and an unlock ends with its release.
                        drop(unsafe { Box::from_raw(lock) });
                    }
                    last
                })
            })
            .collect();
        let last: usize = threads.into_iter().map(|thread| usize::from(thread.join().unwrap())).sum();
        assert_eq!(last, 1);
    }
}

/// Bounded bypass: two greedy threads that hold the lock almost all the time cannot keep a third out.
#[test]
fn a_sleeper_is_served_beside_greedy_threads() {
    let lock = Lock::new(0_u64);
    let stop = AtomicBool::new(false);
    thread::scope(|s| {
        for _ in 0..2 {
            s.spawn(|| {
                while !stop.load(SeqCst) {
                    let mut guard = lock.lock();
                    for _ in 0..200 {
                        *guard = std::hint::black_box(*guard + 1);
                    }
                }
            });
        }
        let start = Instant::now();
        for _ in 0..20 {
            assert!(lock.lock_timeout(AGES).is_some(), "starved");
        }
        stop.store(true, SeqCst);
        assert!(start.elapsed() < AGES);
    });
}

/// Waiting costs no CPU: half a second of it, less than a twentieth on the CPU.
#[cfg(target_os = "linux")]
#[test]
fn a_waiter_uses_no_cpu() {
    let lock = Lock::new(());
    let guard = lock.lock();
    thread::scope(|s| {
        let waiter = s.spawn(|| {
            let before = common::cpu_time();
            assert!(lock.lock_timeout(Duration::from_millis(500)).is_none());
            common::cpu_time() - before
        });
        let used = waiter.join().unwrap();
        assert!(used < Duration::from_millis(25), "{used:?} of CPU in half a second of waiting");
    });
    drop(guard);
}
