//! `RLock` with real threads. Over a `Condition`: `tests/condition.rs`.

mod common;

use common::{A_WHILE, AGES, eventually, thread};
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};
use tollgate::{MappedRLockGuard, RLock, RLockGuard};

/// What the panic of `call` says.
#[track_caller]
fn panic_of<R>(call: impl FnOnce() -> R) -> String {
    let payload = catch_unwind(AssertUnwindSafe(call)).err().expect("no panic");
    let text = payload.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| payload.downcast_ref::<String>().cloned()).expect("a panic with words")
}

/// The lock in each form. The owner is never kept waiting, a free lock is taken at once.
fn in_every_form<T>(lock: &RLock<T>) -> [RLockGuard<'_, T>; 6] {
    [
        lock.lock(),
        lock.try_lock().unwrap(),
        lock.lock_timeout(Duration::ZERO).unwrap(),
        lock.lock_timeout(Duration::MAX).unwrap(),
        lock.lock_deadline(Instant::now()).unwrap(),
        lock.lock_deadline(Instant::now() + AGES).unwrap(),
    ]
}

#[test]
fn one_thread_at_a_time_is_inside_however_deep() {
    let inside = AtomicUsize::new(0);
    let value = RLock::new(Cell::new(0_u64));
    thread::scope(|s| {
        for form in 0..4 {
            let (inside, value) = (&inside, &value);
            s.spawn(move || {
                for round in 0..10_000_u64 {
                    let outer = match (form + round) % 4 {
                        0 => Some(value.lock()),
                        1 => value.try_lock(),
                        2 => value.lock_timeout(Duration::from_micros(round % 50)),
                        _ => value.lock_deadline(Instant::now() + AGES),
                    };
                    assert_eq!(value.is_owned(), outer.is_some());
                    let Some(outer) = outer else { continue };
                    assert_eq!(inside.fetch_add(1, SeqCst), 0);
                    let inner = value.try_lock().expect("the owner's");
                    assert_eq!(value.depth(), 2);
                    inner.set(inner.get() + 1);
                    assert_eq!(inside.fetch_sub(1, SeqCst), 1);
                    // In either order.
                    if round % 2 == 0 { drop(outer) } else { drop(inner) }
                }
            });
        }
    });
    // The plain forms and the generous deadlines always get through.
    assert!(value.lock().get() >= 20_000);
}

#[test]
fn the_owner_gets_in_at_once_in_every_form_and_others_do_not() {
    let lock = RLock::new(());
    let guards = in_every_form(&lock);
    assert_eq!(lock.depth(), 6);
    let elsewhere = || {
        assert!(lock.is_locked() && !lock.is_owned());
        assert_eq!(lock.depth(), 0);
        assert!(lock.try_lock().is_none());
        assert!(lock.lock_timeout(Duration::ZERO).is_none());
        assert!(lock.lock_deadline(Instant::now()).is_none());
    };
    let mut left = guards.len();
    for guard in guards {
        assert_eq!(lock.depth(), left);
        thread::scope(|s| s.spawn(elsewhere).join().unwrap());
        drop(guard);
        left -= 1;
    }
    assert!(!lock.is_locked() && !lock.is_owned());
    thread::scope(|s| s.spawn(|| drop(in_every_form(&lock))).join().unwrap());
}

#[test]
fn a_held_lock_times_out_for_others() {
    let lock = RLock::new(());
    let (_outer, _inner) = (lock.lock(), lock.lock());
    thread::scope(|s| {
        s.spawn(|| {
            let forms: [fn(&RLock<()>) -> bool; 2] = [
                |lock| lock.lock_timeout(A_WHILE).is_none(),
                |lock| lock.lock_deadline(Instant::now() + A_WHILE).is_none(),
            ];
            for form in forms {
                let start = Instant::now();
                assert!(form(&lock));
                assert!(start.elapsed() >= A_WHILE);
            }
        });
    });
    assert_eq!(lock.depth(), 2);
}

#[test]
fn a_waiter_gets_in_when_the_last_level_is_given_back() {
    let lock = RLock::new(Cell::new(0));
    let (outer, inner) = (lock.lock(), lock.lock());
    thread::scope(|s| {
        let waiter = s.spawn(|| lock.lock_timeout(AGES).expect("free in the end").get());
        drop(outer);
        thread::sleep(A_WHILE); // not needed for correctness: lets the waiter sleep, and come too early
        inner.set(1);
        drop(inner);
        assert_eq!(waiter.join().unwrap(), 1);
    });
}

/// R18: every operation on guards keeps the count. (`sequential.rs` draws sequences of them.)
#[test]
fn r18_guards_are_dropped_mapped_and_leaked_in_any_order() {
    let lock = RLock::new((1, [2, 3]));
    let first = lock.lock();
    let list = RLockGuard::map(lock.lock(), |pair| &pair.1);
    let last = MappedRLockGuard::map(list, |list| &list[1]);
    assert_eq!((lock.depth(), *last), (2, 3));
    drop(first);
    assert_eq!((lock.depth(), *last), (1, 3));
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _ = RLockGuard::map(lock.lock(), |_| -> &u8 { panic!("on purpose") });
    }));
    assert!(panicked.is_err());
    assert_eq!(lock.depth(), 1, "one level given back on the way out");
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _ = MappedRLockGuard::map(last, |_| -> &u8 { panic!("on purpose") });
    }));
    assert!(panicked.is_err());
    assert!(!lock.is_locked());
    std::mem::forget(lock.lock());
    drop(lock.lock());
    assert_eq!(lock.depth(), 1, "the leaked one");
    thread::scope(|s| s.spawn(|| assert!(lock.try_lock().is_none())).join().unwrap());
    assert_eq!(lock.into_inner(), (1, [2, 3]));
}

#[test]
fn a_mutable_borrow_needs_the_only_guard() {
    let mut lock = RLock::new(vec![1]);
    let mut guard = lock.lock();
    RLockGuard::get_mut(&mut guard).unwrap().push(2);
    let mut again = lock.lock();
    assert!(RLockGuard::get_mut(&mut guard).is_none());
    assert!(RLockGuard::get_mut(&mut again).is_none());
    drop(guard);
    RLockGuard::get_mut(&mut again).unwrap().push(3);
    let first = RLockGuard::map(lock.lock(), |list| &list[0]);
    assert!(RLockGuard::get_mut(&mut again).is_none(), "a mapped guard lends it too");
    drop(first);
    std::mem::forget(lock.lock());
    assert!(RLockGuard::get_mut(&mut again).is_none(), "so may a leaked one");
    drop(again);
    lock.get_mut().push(4);
    assert_eq!(lock.into_inner(), [1, 2, 3, 4]);
}

/// An exclusive borrow of the one guard does not keep its thread from locking again, and reading beside the `&mut`.
#[test]
fn who_borrows_mutably_cannot_lock_again() {
    let lock = RLock::new(1);
    let mut guard = lock.lock();
    let mut value = RLockGuard::get_mut(&mut guard).unwrap();
    let forms: [fn(&RLock<i32>); 4] = [
        |lock| drop(lock.lock()),
        |lock| drop(lock.try_lock()),
        |lock| drop(lock.lock_timeout(AGES)),
        |lock| drop(lock.lock_deadline(Instant::now())),
    ];
    for form in forms {
        let message = panic_of(|| form(&lock));
        assert!(message.contains("borrowed mutably"), "{message}");
        assert_eq!(lock.depth(), 1);
    }
    assert_eq!(format!("{lock:?}"), "RLock { value: <locked> }", "Debug does not panic");
    *value += 1;
    assert_eq!(format!("{value:?}"), "2");
    drop(value);
    forms.iter().for_each(|form| form(&lock));
    // A leaked one ends with another, or with the guard.
    std::mem::forget(RLockGuard::get_mut(&mut guard).unwrap());
    *RLockGuard::get_mut(&mut guard).unwrap() += 1;
    assert_eq!(*lock.lock(), 3);
    std::mem::forget(RLockGuard::get_mut(&mut guard).unwrap());
    drop(guard);
    assert!(!lock.is_locked());
    assert_eq!(*lock.lock(), 3);
}

#[test]
fn a_panic_gives_back_every_level_and_poisons_nothing() {
    let lock = RLock::new(Cell::new(1));
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let (_outer, inner) = (lock.lock(), lock.lock());
        inner.set(2);
        panic!("on purpose");
    }));
    assert!(panicked.is_err());
    assert!(!lock.is_locked());
    assert_eq!(lock.lock().get(), 2, "as the panic left it");
}

#[test]
fn a_thread_that_ended_with_the_lock_keeps_it_from_all_others() {
    let lock = RLock::new(());
    thread::scope(|s| s.spawn(|| std::mem::forget(lock.lock())).join().unwrap());
    for _ in 0..100 {
        // The system gives the ended thread's id and thread-locals to some of these.
        thread::scope(|s| s.spawn(|| assert!(!lock.is_owned() && lock.try_lock().is_none())).join().unwrap());
    }
    assert!(lock.is_locked());
}

/// A thread is known by the same name while its thread-locals are being destroyed, and needs none of its own destroyed.
#[test]
fn it_can_be_used_in_the_destructors_of_thread_locals() {
    type Counter = RLock<Cell<u32>>;
    type Held = (RLockGuard<'static, Cell<u32>>, &'static Counter);
    struct AtExit(RefCell<Option<Held>>);
    impl Drop for AtExit {
        fn drop(&mut self) {
            let (guard, lock) = self.0.take().unwrap();
            assert!(lock.is_owned());
            lock.lock().set(lock.depth() as u32 * 10);
            drop(guard);
            assert!(!lock.is_owned() && lock.try_lock().is_some());
            lock.lock().set(lock.lock().get() + 1);
        }
    }
    thread_local! { static AT_EXIT: AtExit = const { AtExit(RefCell::new(None)) }; }
    static LOCK: Counter = RLock::new(Cell::new(0));
    thread::spawn(|| AT_EXIT.with(|at_exit| *at_exit.0.borrow_mut() = Some((LOCK.lock(), &LOCK))))
        .join()
        .unwrap();
    assert_eq!(LOCK.lock().get(), 21, "the depth is that of two guards when the value is set");
}

/// Threads that no `std` function made are told apart like others.
#[cfg(target_os = "linux")]
#[test]
fn threads_of_the_system_are_owners_too() {
    extern "C" fn body(lock: *mut libc::c_void) -> *mut libc::c_void {
        // SAFETY: the lock outlives the thread, which is joined.
        let lock = unsafe { &*lock.cast::<RLock<Cell<u32>>>() };
        let (outer, _inner) = (lock.lock(), lock.lock());
        outer.set(outer.get() + lock.depth() as u32);
        std::ptr::null_mut()
    }
    let lock = RLock::new(Cell::new(0));
    let shared = (&raw const lock).cast_mut().cast();
    let held = lock.lock();
    let mut threads: [libc::pthread_t; 2] = [0; 2];
    for thread in &mut threads {
        // SAFETY: plain attributes, and a body of the right type.
        assert_eq!(unsafe { libc::pthread_create(thread, std::ptr::null(), body, shared) }, 0);
    }
    drop(held);
    for thread in threads {
        // SAFETY: made above, and joined once.
        assert_eq!(unsafe { libc::pthread_join(thread, std::ptr::null_mut()) }, 0);
    }
    assert_eq!(lock.into_inner().get(), 4);
}

#[test]
fn the_value_can_be_had_without_locking_by_its_owner() {
    let mut lock = RLock::from(String::from("a"));
    lock.get_mut().push('b');
    assert_eq!(lock.into_inner(), "ab");
    assert_eq!(RLock::<u8>::default().into_inner(), 0);
    let shown: Box<RLock<dyn Fn() -> u8 + Send>> = Box::new(RLock::new(|| 7));
    assert_eq!((shown.lock())(), 7, "unsized values can be locked");
}

#[test]
fn debug_never_waits() {
    let lock = RLock::new(3);
    assert_eq!(format!("{lock:?}"), "RLock { value: 3 }");
    let guard = lock.lock();
    assert_eq!(format!("{lock:?}"), "RLock { value: 3 }", "the owner can look");
    let elsewhere = || assert_eq!(format!("{lock:?}"), "RLock { value: <locked> }");
    thread::scope(|s| s.spawn(elsewhere).join().unwrap());
    assert_eq!(format!("{guard:?} {guard} {:?}", RLockGuard::map(lock.lock(), |value| value)), "3 3 3");
    assert_eq!(lock.depth(), 1);
}

/// R35: the owner that comes last frees the lock, possibly while the one before is still on its way out of its last unlock.
#[test]
fn r35_the_next_owner_may_free_the_lock_at_once() {
    for _ in 0..2_000 {
        // An address: an `Arc` in each thread would keep the lock until both have unlocked.
        let owned = Box::into_raw(Box::new(RLock::new(Cell::new(2_usize)))).expose_provenance();
        let start = Arc::new(Barrier::new(2));
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let start = Arc::clone(&start);
                thread::spawn(move || {
                    let lock = std::ptr::with_exposed_provenance_mut::<RLock<Cell<usize>>>(owned);
                    start.wait();
                    // SAFETY: the lock is freed by whoever enters last, and this thread has not entered yet.
                    let outer = unsafe { &*lock }.lock();
                    outer.set(outer.get() - 1);
                    let last = outer.get() == 0;
                    // SAFETY: still locked by this thread.
                    let inner = unsafe { &*lock }.lock();
                    drop(outer);
                    drop(inner);
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

#[test]
fn whether_it_is_owned_is_about_the_caller() {
    let lock = RLock::new(());
    let held = AtomicUsize::new(0);
    thread::scope(|s| {
        for me in 1..=2 {
            let (lock, held) = (&lock, &held);
            s.spawn(move || {
                for _ in 0..5_000 {
                    assert!(!lock.is_owned());
                    let _guard = lock.lock();
                    held.store(me, SeqCst);
                    assert!(lock.is_owned());
                    assert_eq!(held.load(SeqCst), me);
                }
            });
        }
    });
    eventually("it is free", || !lock.is_locked());
}
