//! `Lock` and `RawLock` with real threads.

mod common;

use common::{A_WHILE, AGES, eventually, thread};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};
use tollgate::{
    Condition, Lock, LockGuard, MappedLockGuard, NotLocked, OwnedLockGuard, OwnedMappedLockGuard, RawLock,
};

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

/// Waits for a lock that is about to be released. A waiter that nobody wakes comes out too, after [`AGES`], and finds the lock free.
#[track_caller]
fn lock_before_ages<T>(lock: &Lock<T>) -> LockGuard<'_, T> {
    let start = Instant::now();
    let guard = lock.lock_timeout(AGES).expect("it becomes free");
    assert!(start.elapsed() < AGES / 2, "nobody woke the waiter");
    guard
}

/// R44 of the historical bugs: the first to sleep does not say so, and the release wakes nobody.
#[test]
fn r44_a_timed_waiter_gets_a_lock_that_becomes_free() {
    let lock = Lock::new(());
    let guard = lock.lock();
    thread::scope(|s| {
        let waiter = s.spawn(|| drop(lock_before_ages(&lock)));
        thread::sleep(A_WHILE); // not needed for correctness: lets the waiter sleep
        drop(guard);
        waiter.join().unwrap();
    });
}

/// R43: whoever takes the lock without having slept forgets those who sleep.
#[test]
fn r43_bargers_do_not_forget_the_sleepers() {
    let lock = Lock::new(0_u64);
    let through = AtomicUsize::new(0);
    thread::scope(|s| {
        for _ in 0..3 {
            s.spawn(|| {
                for _ in 0..300 {
                    let mut guard = lock_before_ages(&lock);
                    *guard += 1;
                    thread::yield_now(); // the others fall asleep
                }
                through.fetch_add(1, SeqCst);
            });
        }
        let start = Instant::now();
        while through.load(SeqCst) < 3 && start.elapsed() < AGES {
            drop(lock.try_lock());
        }
    });
    assert_eq!(lock.into_inner(), 900);
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

/// R9 of the historical bugs: what happens to a guard that is never dropped is nobody's undefined behaviour.
#[test]
fn r9_a_leaked_guard_leaves_the_lock_locked_and_nothing_worse() {
    let leaks: [fn(&Lock<[u8; 2]>); 4] = [
        |lock| std::mem::forget(lock.lock()),
        |lock| std::mem::forget(lock.lock_timeout(AGES)),
        |lock| std::mem::forget(LockGuard::map(lock.lock(), |pair| &mut pair[0])),
        |lock| std::mem::forget(LockGuard::try_map(lock.lock(), |_| None::<&mut u8>)),
    ];
    for leak in leaks {
        let lock = Lock::new([5, 6]);
        leak(&lock);
        assert!(lock.try_lock().is_none());
        assert!(lock.lock_timeout(Duration::from_nanos(1)).is_none());
        assert_eq!(lock.into_inner(), [5, 6]);
    }
    let shared = Arc::new(Lock::new([5, 6]));
    std::mem::forget(shared.lock_owned());
    assert!(shared.try_lock_owned().is_none());
    assert_eq!(Arc::strong_count(&shared), 2, "the leaked share");
    let other = Arc::new(Lock::new([5, 6]));
    std::mem::forget(OwnedLockGuard::map(other.lock_owned(), |pair| &mut pair[1]));
    assert!(other.is_locked());
    // What was leaked can still be given back, so that tools that look for leaks find none.
    for lock in [shared, other] {
        // SAFETY: each count includes the share of a leaked guard, which nobody else will give up.
        unsafe { Arc::decrement_strong_count(Arc::as_ptr(&lock)) };
    }
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
fn a_guard_without_the_part_comes_back() {
    let lock = Lock::new((1, vec![2, 3]));
    let whole = LockGuard::try_map(lock.lock(), |pair| pair.1.get_mut(2)).unwrap_err();
    assert!(lock.is_locked());
    let list = LockGuard::try_map(whole, |pair| Some(&mut pair.1)).unwrap();
    let mut list = MappedLockGuard::try_map(list, |list| list.get_mut(2)).unwrap_err();
    list.push(4);
    *MappedLockGuard::try_map(list, |list| list.get_mut(2)).unwrap() += 10;
    assert_eq!(*lock.lock(), (1, vec![2, 3, 14]));
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _ = LockGuard::try_map(lock.lock(), |_| -> Option<&mut u8> { panic!("on purpose") });
    }));
    assert!(panicked.is_err());
    assert!(!lock.is_locked(), "released on the way out");
}

#[test]
fn an_owned_guard_needs_no_borrow_of_the_lock() {
    fn begin(lock: Arc<Lock<String>>) -> OwnedLockGuard<String> {
        let mut guard = lock.lock_owned();
        guard.push('a');
        guard
    }
    let lock = Arc::new(Lock::new(String::new()));
    let guard = begin(Arc::clone(&lock));
    assert_eq!(format!("{guard} {guard:?} {lock:?}"), r#"a "a" Lock { value: <locked> }"#);
    assert!(lock.try_lock_owned().is_none());
    assert!(lock.lock_owned_timeout(Duration::from_nanos(1)).is_none());
    assert!(lock.lock_owned_deadline(Instant::now()).is_none());
    let mut part = OwnedLockGuard::try_map(guard, |text| text.get_mut(..1)).unwrap();
    part.make_ascii_uppercase();
    assert_eq!(format!("{part} {part:?}"), r#"A "A""#);
    let part = OwnedMappedLockGuard::try_map(part, |_| None::<&mut u8>).unwrap_err();
    let part = OwnedMappedLockGuard::map(part, |text| text);
    assert!(lock.is_locked());
    drop(part);
    assert_eq!(*lock.try_lock_owned().unwrap(), "A");
    assert_eq!(*lock.lock_owned_timeout(AGES).unwrap(), "A");
    assert_eq!(*lock.lock_owned_deadline(Instant::now()).unwrap(), "A", "a free lock, whatever the time");
    assert_eq!(Arc::into_inner(lock).unwrap().into_inner(), "A", "all shares have been given up");
    let panics: [fn(OwnedLockGuard<u8>); 2] = [
        |guard| drop(OwnedLockGuard::map(guard, |_| -> &mut u8 { panic!("on purpose") })),
        |guard| drop(OwnedLockGuard::try_map(guard, |_| -> Option<&mut u8> { panic!("on purpose") })),
    ];
    for panics in panics {
        let lock = Arc::new(Lock::new(0));
        assert!(catch_unwind(AssertUnwindSafe(|| panics(lock.lock_owned()))).is_err());
        assert!(!lock.is_locked(), "released on the way out");
        assert_eq!(Arc::strong_count(&lock), 1);
    }
}

#[test]
fn an_attempt_at_an_owned_guard_clones_nothing() {
    let lock = Arc::new(Lock::new(()));
    let guard = lock.lock_owned();
    assert_eq!(Arc::strong_count(&lock), 2);
    let begun = AtomicBool::new(false);
    thread::scope(|s| {
        let waiter = s.spawn(|| {
            begun.store(true, SeqCst);
            assert!(lock.lock_owned_timeout(A_WHILE).is_none());
        });
        eventually("it waits", || begun.load(SeqCst));
        while !waiter.is_finished() {
            assert_eq!(Arc::strong_count(&lock), 2);
        }
    });
    drop(guard);
    assert_eq!(Arc::strong_count(&lock), 1);
}

/// What is locked here looks at its lock when it is dropped.
struct Watched {
    lock: std::sync::Weak<Lock<Option<Watched>>>,
    dropped: Arc<AtomicUsize>,
}

impl Drop for Watched {
    fn drop(&mut self) {
        if let Some(lock) = self.lock.upgrade() {
            assert!(!lock.is_locked(), "dropped under the lock");
        }
        self.dropped.fetch_add(1, SeqCst);
    }
}

/// R35 in one thread: the guard holds the last share of the lock that it releases.
#[test]
fn r35_the_last_owned_guard_frees_the_lock() {
    let dropped = Arc::new(AtomicUsize::new(0));
    for mapped in [false, true] {
        dropped.store(0, SeqCst);
        let watched = || Watched { lock: std::sync::Weak::new(), dropped: Arc::clone(&dropped) };
        let lock = Arc::new(Lock::new([watched(), watched()]));
        let alive = Arc::downgrade(&lock);
        let guard = lock.lock_owned();
        drop(lock);
        if mapped {
            let part = OwnedLockGuard::map(guard, |pair| &mut pair[0]);
            assert_eq!((alive.strong_count(), dropped.load(SeqCst)), (1, 0));
            drop(part);
        } else {
            drop(guard);
        }
        assert_eq!((alive.strong_count(), dropped.load(SeqCst)), (0, 2));
    }
}

/// The idiom of the docs: the value that was there goes after the release.
#[test]
fn a_replaced_value_is_dropped_after_the_release() {
    let dropped = Arc::new(AtomicUsize::new(0));
    let lock = Arc::new(Lock::new(None));
    let watched = || Some(Watched { lock: Arc::downgrade(&lock), dropped: Arc::clone(&dropped) });
    *lock.lock() = watched();
    let first = std::mem::replace(&mut *lock.lock(), watched());
    let second = std::mem::take(&mut *lock.lock());
    assert_eq!(dropped.load(SeqCst), 0);
    drop((first, second));
    assert_eq!(dropped.load(SeqCst), 2);
}

#[test]
fn a_clone_that_panics_releases_the_lock() {
    struct Unclonable;
    impl Clone for Unclonable {
        fn clone(&self) -> Self {
            panic!("on purpose")
        }
    }
    let lock = Lock::new(Some(Unclonable));
    assert!(catch_unwind(AssertUnwindSafe(|| lock.lock().clone())).is_err());
    assert!(!lock.is_locked());
}

#[test]
fn a_condition_waits_with_an_owned_guard() {
    let (items, more) = (Arc::new(Lock::new(Vec::new())), Condition::new());
    let mut guard = items.lock_owned();
    assert!(!more.wait_timeout(&mut guard, Duration::from_millis(1)));
    thread::scope(|s| {
        s.spawn(|| {
            items.lock().push(7); // waits for the wait
            more.notify_one();
        });
        assert!(more.wait_while_timeout(&mut guard, AGES, |items| items.is_empty()));
    });
    assert_eq!(*guard, [7]);
    assert!(items.is_locked(), "held again");
}

#[test]
fn debug_never_waits() {
    let lock = Lock::new(3);
    assert_eq!(format!("{lock:?}"), "Lock { value: 3 }");
    let guard = lock.lock();
    assert_eq!(format!("{lock:?}"), "Lock { value: <locked> }");
    thread::scope(|s| {
        s.spawn(|| assert_eq!(format!("{lock:?}"), "Lock { value: <locked> }"));
    });
    assert_eq!(format!("{guard:?} {guard}"), "3 3");
    assert_eq!(format!("{:?}", RawLock::new()), "RawLock { locked: false }");
}

/// A value whose `Debug` shows the lock that it lies in: locked, by whoever shows it.
#[test]
fn debug_of_a_lock_inside_itself_ends() {
    struct Inside(std::sync::Weak<Lock<Inside>>);
    impl std::fmt::Debug for Inside {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "in {:?}", self.0.upgrade())
        }
    }
    let lock = Arc::new_cyclic(|lock| Lock::new(Inside(lock.clone())));
    assert_eq!(format!("{lock:?}"), "Lock { value: in Some(Lock { value: <locked> }) }");
    assert!(!lock.is_locked());
}

/// R35: the owner that comes last frees the lock, possibly while the one before is still on its way out of `unlock`.
#[test]
fn r35_the_next_owner_may_free_the_lock_at_once() {
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
