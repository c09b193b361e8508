//! The guards of an `RLock` that own a share of it, with real threads; and parts of values.

mod common;

use common::{AGES, eventually};
use std::cell::Cell;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant};
use tollgate::{
    Condition, MappedRLockGuard, OwnedMappedRLockGuard, OwnedRLockGuard, RLock, RLockGuard,
    ReentrantWaitGuard,
};

#[test]
fn owned_and_borrowing_guards_are_levels_of_one_lock() {
    fn begin(lock: Arc<RLock<Cell<u8>>>) -> OwnedRLockGuard<Cell<u8>> {
        lock.lock_owned()
    }
    let lock = Arc::new(RLock::new(Cell::new(1)));
    let first = begin(Arc::clone(&lock));
    let second = lock.lock();
    let more = [
        lock.try_lock_owned().unwrap(),
        lock.lock_owned_timeout(Duration::ZERO).unwrap(),
        lock.lock_owned_timeout(Duration::MAX).unwrap(),
        lock.lock_owned_deadline(Instant::now()).unwrap(),
    ];
    assert_eq!((lock.depth(), Arc::strong_count(&lock)), (6, 6), "each owned one has a share");
    thread::scope(|s| {
        s.spawn(|| {
            assert!(lock.try_lock_owned().is_none());
            assert!(lock.lock_owned_timeout(Duration::from_nanos(1)).is_none());
            assert!(lock.lock_owned_deadline(Instant::now()).is_none());
        });
    });
    assert_eq!(Arc::strong_count(&lock), 6, "attempts that fail clone nothing");
    first.set(2);
    drop(first);
    assert_eq!((lock.depth(), second.get(), more[0].get()), (5, 2, 2));
    drop(more);
    assert_eq!((lock.depth(), Arc::strong_count(&lock)), (1, 1));
    drop(second);
    let other = Arc::clone(&lock);
    thread::spawn(move || other.lock_owned_timeout(AGES).unwrap().set(3)).join().unwrap();
    assert_eq!(Arc::into_inner(lock).unwrap().into_inner().get(), 3, "all shares have been given up");
}

/// R46: one guard becomes another, and its level is held all the time.
#[test]
fn r46_guards_of_parts_keep_their_level_and_those_without_the_part_come_back() {
    let lock = Arc::new(RLock::new((1, vec![2, 3])));
    let whole = RLockGuard::try_map(lock.lock(), |pair| pair.1.get(2)).unwrap_err();
    let list = RLockGuard::try_map(whole, |pair| Some(&pair.1)).unwrap();
    let list = MappedRLockGuard::try_map(list, |list| list.get(2)).unwrap_err();
    let last = MappedRLockGuard::try_map(list, |list| list.get(1)).unwrap();
    assert_eq!(format!("{last} {last:?} {}", lock.depth()), "3 3 1");

    let whole = OwnedRLockGuard::try_map(lock.lock_owned(), |pair| pair.1.get(2)).unwrap_err();
    assert_eq!(format!("{whole:?}"), "(1, [2, 3])");
    let list = OwnedRLockGuard::try_map(whole, |pair| Some(&pair.1)).unwrap();
    let list = OwnedMappedRLockGuard::try_map(list, |list| list.get(2)).unwrap_err();
    let slice = OwnedMappedRLockGuard::map(list, Vec::as_slice);
    let first = OwnedMappedRLockGuard::try_map(slice, |list| list.first()).unwrap();
    assert_eq!(format!("{first} {first:?} {}", lock.depth()), "2 2 2");
    assert_eq!(Arc::strong_count(&lock), 2);
    drop(last);
    assert_eq!((*first, lock.depth()), (2, 1));
    drop(first);
    assert_eq!((lock.is_locked(), Arc::strong_count(&lock)), (false, 1));
}

#[test]
fn a_closure_that_panics_gives_back_level_and_share() {
    fn on_purpose<T>() -> T {
        panic!("on purpose")
    }
    let lock = Arc::new(RLock::new(0_u8));
    let _outer = lock.lock();
    let panics: [fn(&Arc<RLock<u8>>); 8] = [
        |lock| drop(RLockGuard::map(lock.lock(), |_| -> &u8 { on_purpose() })),
        |lock| drop(RLockGuard::try_map(lock.lock(), |_| -> Option<&u8> { on_purpose() })),
        |lock| {
            let part = RLockGuard::map(lock.lock(), |value| value);
            drop(MappedRLockGuard::map(part, |_| -> &u8 { on_purpose() }));
        },
        |lock| {
            let part = RLockGuard::map(lock.lock(), |value| value);
            drop(MappedRLockGuard::try_map(part, |_| -> Option<&u8> { on_purpose() }));
        },
        |lock| drop(OwnedRLockGuard::map(lock.lock_owned(), |_| -> &u8 { on_purpose() })),
        |lock| drop(OwnedRLockGuard::try_map(lock.lock_owned(), |_| -> Option<&u8> { on_purpose() })),
        |lock| {
            let part = OwnedRLockGuard::map(lock.lock_owned(), |value| value);
            drop(OwnedMappedRLockGuard::map(part, |_| -> &u8 { on_purpose() }));
        },
        |lock| {
            let part = OwnedRLockGuard::map(lock.lock_owned(), |value| value);
            drop(OwnedMappedRLockGuard::try_map(part, |_| -> Option<&u8> { on_purpose() }));
        },
    ];
    for panics in panics {
        assert!(catch_unwind(AssertUnwindSafe(|| panics(&lock))).is_err());
        assert_eq!((lock.depth(), Arc::strong_count(&lock)), (1, 1));
    }
}

#[test]
fn a_mutable_borrow_needs_the_only_guard_of_either_kind() {
    let lock = Arc::new(RLock::new(1));
    let mut owned = lock.lock_owned();
    *OwnedRLockGuard::get_mut(&mut owned).unwrap() += 1;
    let mut borrowing = lock.lock();
    assert!(OwnedRLockGuard::get_mut(&mut owned).is_none());
    assert!(RLockGuard::get_mut(&mut borrowing).is_none());
    drop(borrowing);
    let part = OwnedRLockGuard::map(lock.lock_owned(), |value| value);
    assert!(OwnedRLockGuard::get_mut(&mut owned).is_none(), "a part lends it too");
    drop(part);
    let value = OwnedRLockGuard::get_mut(&mut owned).unwrap();
    let forms: [fn(&Arc<RLock<i32>>); 2] =
        [|lock| drop(lock.lock_owned()), |lock| drop(lock.try_lock_owned())];
    for again in forms {
        assert!(catch_unwind(AssertUnwindSafe(|| again(&lock))).is_err(), "locked beside a `&mut`");
        assert_eq!((lock.depth(), Arc::strong_count(&lock)), (1, 2));
    }
    // A leaked one ends with its guard.
    std::mem::forget(value);
    drop(owned);
    assert!(!lock.is_locked());
    assert_eq!(*lock.lock_owned(), 2);
}

/// R9: what is leaked keeps the lock with its thread, and the lock from being freed; and nothing worse.
#[test]
fn r9_leaked_guards_keep_level_and_share() {
    type Pair = Arc<RLock<[u8; 2]>>;
    let leaks: [fn(&Pair); 4] = [
        |lock| std::mem::forget(lock.lock_owned()),
        |lock| std::mem::forget(lock.lock_owned_timeout(AGES)),
        |lock| std::mem::forget(OwnedRLockGuard::map(lock.lock_owned(), |pair| &pair[0])),
        |lock| std::mem::forget(OwnedRLockGuard::try_map(lock.lock_owned(), |_| None::<&u8>)),
    ];
    for leak in leaks {
        let lock = Arc::new(RLock::new([5, 6]));
        thread::scope(|s| s.spawn(|| leak(&lock)).join().unwrap());
        assert!(lock.is_locked() && !lock.is_owned());
        assert!(lock.try_lock_owned().is_none());
        assert!(lock.lock_owned_timeout(Duration::from_nanos(1)).is_none());
        assert_eq!(Arc::strong_count(&lock), 2, "the leaked share");
        // It can still be given back, so that tools that look for leaks find none.
        // SAFETY: the count includes the share of the leaked guard, which nobody else will give up.
        unsafe { Arc::decrement_strong_count(Arc::as_ptr(&lock)) };
        assert_eq!(Arc::into_inner(lock).unwrap().into_inner(), [5, 6]);
    }
}

/// R35 in one thread: the guard holds the last share of the lock that it releases. The value finds the lock free.
#[test]
fn r35_the_last_owned_guard_frees_the_lock_after_its_release() {
    struct Watched(Arc<AtomicUsize>, Cell<Option<Weak<RLock<Watched>>>>);
    impl Drop for Watched {
        fn drop(&mut self) {
            self.0.fetch_add(1, SeqCst);
            let lock = self.1.take().expect("has been set");
            assert!(lock.upgrade().is_none(), "dropped while it is shared");
            // SAFETY: the memory is there as long as `lock` is; what is dropped is this value, and of a lock nothing but its value
            // has a destructor. `is_locked` looks at an atomic beside it.
            assert!(!unsafe { &*lock.as_ptr() }.is_locked(), "dropped under the lock");
        }
    }
    let dropped = Arc::new(AtomicUsize::new(0));
    for depth in 1..=3 {
        for mapped in [false, true] {
            dropped.store(0, SeqCst);
            let lock = Arc::new(RLock::new(Watched(Arc::clone(&dropped), Cell::new(None))));
            let alive = Arc::downgrade(&lock);
            lock.lock().1.set(Some(alive.clone()));
            let mut guards: Vec<_> = (0..depth).map(|_| lock.lock_owned()).collect();
            drop(lock);
            let last = guards.pop().unwrap();
            if mapped {
                let part = OwnedRLockGuard::map(last, |watched| &watched.0);
                drop(guards);
                assert_eq!((alive.strong_count(), dropped.load(SeqCst)), (1, 0));
                assert!(alive.upgrade().is_some_and(|lock| lock.depth() == 1));
                drop(part);
            } else {
                drop(last);
                assert_eq!(dropped.load(SeqCst), usize::from(depth == 1));
                drop(guards);
            }
            assert_eq!((alive.strong_count(), dropped.load(SeqCst)), (0, 1));
        }
    }
}

/// R35 between threads: two guards, each with its thread's only share, and the last one to leave frees.
#[test]
fn r35_whoever_leaves_last_frees_the_lock_at_once() {
    for round in 0..2_000 {
        let lock = Arc::new(RLock::new(Cell::new(0)));
        let alive = Arc::downgrade(&lock);
        let leave = move |lock: Arc<RLock<Cell<u32>>>| {
            let (outer, inner) = (lock.lock_owned(), lock.lock_owned());
            drop(lock);
            inner.set(inner.get() + 1);
            if round % 2 == 0 {
                drop(outer);
                return inner.get();
            }
            drop(inner);
            outer.get()
        };
        let theirs = Arc::clone(&lock);
        let there = thread::spawn(move || leave(theirs));
        let here = leave(lock);
        assert_eq!(here + there.join().unwrap(), 3, "one of them came first");
        assert_eq!(alive.strong_count(), 0);
    }
}

#[test]
fn a_condition_waits_with_an_owned_guard_at_depth_1_alone() {
    let (lock, condition) = (Arc::new(RLock::new(Cell::new(0))), Condition::new());
    let mut guard = lock.lock_owned();
    assert!(!condition.wait_timeout(&mut guard, Duration::from_millis(1)));
    thread::scope(|s| {
        let lock = Arc::clone(&lock);
        let condition = &condition;
        s.spawn(move || {
            lock.lock().set(7); // waits for the wait
            condition.notify_one();
        });
        assert!(condition.wait_while_timeout(&mut guard, AGES, |value| value.get() == 0));
    });
    assert_eq!((guard.get(), lock.depth()), (7, 1));
    let _outer = lock.lock();
    let refused =
        catch_unwind(AssertUnwindSafe(|| condition.wait_timeout(&mut guard, Duration::ZERO))).unwrap_err();
    assert!(refused.downcast_ref::<String>().unwrap().contains("at depth 2"));
    assert_eq!((lock.depth(), condition.waiting()), (2, 0));
}

/// Timed forms that nobody notifies, and then the plain ones, which need another thread to have the whole lock.
#[test]
fn all_levels_are_released_with_either_kind_of_guard() {
    type Value = AtomicUsize;

    fn every_form<G: ReentrantWaitGuard + Deref<Target = Value>>(lock: &Arc<RLock<Value>>, guard: &mut G) {
        let condition = &Condition::new();
        let soon = Duration::from_millis(1);
        assert!(!condition.wait_all_levels_timeout(guard, soon));
        assert!(!condition.wait_all_levels_deadline(guard, Instant::now() + soon));
        assert!(!condition.wait_all_levels_while_timeout(guard, soon, |_| true));
        assert!(!condition.wait_all_levels_while_deadline(guard, Instant::now() + soon, |_| true));
        assert_eq!(lock.depth(), 2);
        thread::scope(|s| {
            s.spawn(|| {
                for _ in 0..2 {
                    eventually("it waits", || condition.waiting() == 1);
                    let whole = lock.lock_owned();
                    assert_eq!(lock.depth(), 1);
                    whole.fetch_add(1, SeqCst);
                    assert_eq!(condition.notify_one(), 1);
                }
            });
            condition.wait_all_levels(guard);
            assert_eq!((guard.load(SeqCst), lock.depth()), (1, 2));
            condition.wait_all_levels_while(guard, |value| value.load(SeqCst) == 1);
            assert_eq!((guard.load(SeqCst), lock.depth()), (2, 2));
        });
    }

    for owned_waits in [false, true] {
        let lock = Arc::new(RLock::new(AtomicUsize::new(0)));
        let (mut owned, mut borrowing) = (lock.lock_owned(), lock.lock());
        if owned_waits {
            every_form(&lock, &mut owned);
        } else {
            every_form(&lock, &mut borrowing);
        }
        drop(owned);
        assert_eq!((borrowing.load(SeqCst), lock.depth()), (2, 1));
    }
}
