//! `RLock`, and `Condition` over it: one thread at a time whatever the depth, nobody takes itself for the owner who is not, levels
//! come back together.
//!
//! Two things show that nobody else is inside: the value of the lock itself, borrowed mutably at depth 1, and a cell beside it that
//! is written at any depth. loom reports accesses that race.

use crate::bodies;
use crate::harness::{Bound, Suite, plain, threads, varied, varied_for};
use crate::lock::{Form, SOON, pairs};
use crate::semaphore::published::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use tollgate::model::Settings;
use tollgate::{Condition, OwnedMappedRLockGuard, OwnedRLockGuard, RLock, RLockGuard};

pub(crate) fn models(suite: &mut Suite) {
    for (a, b) in pairs() {
        each_nests(suite, &[a, b], Bound::None);
    }
    each_nests(suite, &[Form::Plain, Form::Timed, Form::Plain], Bound::Preemptions(2));
    the_owner_is_known_to_itself_alone(suite);
    the_last_unlock_may_free_the_lock(suite);
    the_last_owned_guard_frees_the_lock(suite);
    nobody_gets_in_while_an_owned_guard_is_mapped(suite);
    a_wait_at_depth_1(suite);
    for timed in [false, true] {
        all_levels_are_released_and_come_back(suite, timed);
    }
    all_levels_are_released_with_an_owned_guard(suite);
    what_a_waiter_lends_is_not_changed(suite);
}

/// The abstract lock inside, and the real one.
fn both() -> Vec<Settings> {
    vec![Settings::default(), Settings { real_locks: true, ..Settings::default() }]
}

fn lock<T>(lock: &RLock<T>, form: Form) -> Option<RLockGuard<'_, T>> {
    match form {
        Form::Plain => Some(lock.lock()),
        Form::Timed => lock.lock_timeout(SOON),
        Form::Try => lock.try_lock(),
    }
}

/// Each thread locks twice in its form, the second time for certain, and gives back one level after the other.
fn each_nests(suite: &mut Suite, forms: &[Form], bound: Bound) {
    let forms = forms.to_vec();
    let name: Vec<_> = forms.iter().map(|form| format!("{form:?}")).collect();
    suite.add(format!("rlock: {}", name.join(" | ")), bound, both(), move || {
        let shared = Arc::new((RLock::new(0), Cell::new()));
        let entered = Arc::new(AtomicUsize::new(0));
        let bodies = forms
            .iter()
            .map(|&form| {
                let (shared, entered) = (Arc::clone(&shared), Arc::clone(&entered));
                Box::new(move || {
                    let (value, beside) = &*shared;
                    let Some(mut outer) = lock(value, form) else { return assert_ne!(form, Form::Plain) };
                    let inner = lock(value, form).expect("the owner's");
                    beside.write(2);
                    drop(inner);
                    beside.write(1);
                    *RLockGuard::get_mut(&mut outer).expect("the only guard") += 1;
                    entered.fetch_add(1, SeqCst);
                }) as Box<dyn FnOnce() + Send>
            })
            .collect();
        threads(bodies, move || {
            assert!(!shared.0.is_locked());
            assert_eq!(*shared.0.try_lock().expect("nobody holds the lock"), entered.load(SeqCst));
        });
    });
}

/// A thread reads its own number in the owner's place when it has the lock, and else some other, however stale.
fn the_owner_is_known_to_itself_alone(suite: &mut Suite) {
    suite.add("rlock: each knows whether it is the owner", Bound::None, plain(), || {
        let lock = Arc::new(RLock::new(()));
        let check = |lock: &RLock<()>| {
            let guard = lock.lock();
            assert!(lock.is_owned());
            drop(guard);
            assert!(!lock.is_owned());
        };
        threads(bodies!([lock] { check(&lock); }, { check(&lock); check(&lock); }), || {});
    });
    suite.add("rlock: two owners and an onlooker", Bound::Preemptions(3), plain(), || {
        let lock = Arc::new(RLock::new(()));
        threads(
            bodies!([lock]
            { drop(lock.lock()); assert!(!lock.is_owned()); },
            { drop(lock.lock()); assert_eq!(lock.depth(), 0); },
            { assert!(!lock.is_owned()); assert_eq!(lock.depth(), 0); }),
            || {},
        );
    });
}

/// R35: see the model of this name in `lock.rs`. Neither level's unlock touches the lock after the last release.
fn the_last_unlock_may_free_the_lock(suite: &mut Suite) {
    suite.add("rlock: R35, freed by the next owner", Bound::None, both(), || {
        let owned = Box::into_raw(Box::new(RLock::new(2_usize))).expose_provenance();
        let leave = move || {
            let lock = std::ptr::with_exposed_provenance_mut::<RLock<usize>>(owned);
            // SAFETY: the lock is freed by whoever enters last, and this thread has not entered yet.
            let mut outer = unsafe { &*lock }.lock();
            *RLockGuard::get_mut(&mut outer).expect("the only guard") -= 1;
            // SAFETY: still locked by this thread.
            let inner = unsafe { &*lock }.lock();
            let last = *inner == 0;
            drop(outer);
            drop(inner);
            if last {
                // SAFETY: made by `into_raw`; the other thread has been inside, and an unlock ends with its release.
                drop(unsafe { Box::from_raw(lock) });
            }
        };
        threads(bodies!([leave] { leave() }, { leave() }), || {});
    });
}

/// R35 with guards that own a share: each thread gives up its other share while it holds two levels, so whoever leaves last frees the
/// lock whose last level its guard has just given back; once, and with what both have done. Late wakes stay off, as in `lock.rs`.
fn the_last_owned_guard_frees_the_lock(suite: &mut Suite) {
    struct Count {
        entered: AtomicUsize,
        seen_by_drop: Arc<AtomicUsize>,
    }
    impl Drop for Count {
        fn drop(&mut self) {
            self.seen_by_drop.fetch_add(*self.entered.get_mut(), SeqCst);
        }
    }
    for form in [Form::Plain, Form::Timed] {
        let name = format!("rlock: R35, freed by its last guard, Plain | {form:?}");
        suite.add(name, Bound::None, both(), move || {
            let seen_by_drop = Arc::new(AtomicUsize::new(0));
            let gave_up = Arc::new(AtomicUsize::new(0));
            let count = Count { entered: AtomicUsize::new(0), seen_by_drop: Arc::clone(&seen_by_drop) };
            let lock = Arc::new(RLock::new(count));
            let bodies = bodies!([lock, gave_up]
            {
                let (outer, inner) = (lock.lock_owned(), lock.lock_owned());
                drop(lock);
                inner.entered.fetch_add(1, SeqCst);
                drop(outer);
                inner.entered.fetch_add(1, SeqCst);
            },
            {
                let guard = if form == Form::Plain { Some(lock.lock_owned()) } else { lock.lock_owned_timeout(SOON) };
                let again = guard.is_some().then(|| lock.lock_owned());
                drop(lock);
                match guard {
                    Some(guard) => {
                        let part = OwnedRLockGuard::map(guard, |count| &count.entered);
                        part.fetch_add(1, SeqCst);
                        drop(again);
                        part.fetch_add(1, SeqCst);
                    }
                    None => _ = gave_up.fetch_add(2, SeqCst),
                }
            });
            drop(lock);
            threads(bodies, move || assert_eq!(seen_by_drop.load(SeqCst) + gave_up.load(SeqCst), 4));
        });
    }
}

/// R46: one guard becomes another, and its level is held all the time: nobody is inside meanwhile.
fn nobody_gets_in_while_an_owned_guard_is_mapped(suite: &mut Suite) {
    suite.add("rlock: R46, nobody gets in while an owned guard is mapped", Bound::None, both(), || {
        let shared = Arc::new((Arc::new(RLock::new([1, 2])), Cell::new()));
        threads(
            bodies!([shared]
            {
                let (lock, beside) = &*shared;
                let whole = lock.lock_owned();
                beside.write(1);
                let whole = OwnedRLockGuard::try_map(whole, |_| None::<&i32>).unwrap_err();
                let pair = OwnedRLockGuard::map(whole, |pair| pair);
                beside.write(2);
                let pair = OwnedMappedRLockGuard::try_map(pair, |_| None::<&i32>).unwrap_err();
                let last = OwnedMappedRLockGuard::try_map(pair, |pair| pair.last()).unwrap();
                beside.write(3);
                let last = OwnedMappedRLockGuard::map(last, |last| last);
                beside.write(4);
                assert_eq!((*last, lock.depth()), (2, 1));
            },
            {
                let (lock, beside) = &*shared;
                let _whole = lock.lock_owned();
                beside.write(5);
            }),
            || {},
        );
    });
}

/// At depth 1 a wait lends nothing: another thread changes the value by a mutable borrow, and the waiter sees it and owns the
/// lock.
fn a_wait_at_depth_1(suite: &mut Suite) {
    for timed in [false, true] {
        let form = if timed { "wait_while_timeout" } else { "wait_while" };
        let settings = varied_for(if timed { Form::Timed } else { Form::Plain });
        suite.add(format!("rlock: {form} | get_mut, notify_one"), Bound::None, settings, move || {
            let shared = Arc::new((RLock::new(false), Condition::new()));
            threads(
                bodies!([shared]
                {
                    let (changed, condition) = &*shared;
                    let mut guard = changed.lock();
                    if timed {
                        let met = condition.wait_while_timeout(&mut guard, SOON, |changed| !**changed);
                        assert_eq!(met, *guard);
                    } else {
                        condition.wait_while(&mut guard, |changed| !**changed);
                        assert!(*guard);
                    }
                    assert_eq!(changed.depth(), 1);
                    assert!(RLockGuard::get_mut(&mut guard).is_some());
                },
                {
                    let (changed, condition) = &*shared;
                    let mut guard = changed.lock();
                    *RLockGuard::get_mut(&mut guard).expect("nobody lends it") = true;
                    drop(guard);
                    condition.notify_one();
                }),
                || {},
            );
        });
    }
}

/// A waiter at depth 2 gives way to another thread, which gets all of the lock; and back at depth 2 the waiter has it until it has
/// given back two levels (R46, as far as it goes here).
fn all_levels_are_released_and_come_back(suite: &mut Suite, timed: bool) {
    let form = if timed { "wait_all_levels_while_timeout" } else { "wait_all_levels_while" };
    let settings = if timed { varied_for(Form::Timed) } else { varied() };
    suite.add(format!("rlock: {form} | raise, notify"), Bound::None, settings, move || {
        // The flag is of `std`, the explorer does not see it; the cell it does.
        let shared = Arc::new((RLock::new(AtomicBool::new(false)), Condition::new(), Cell::new()));
        threads(
            bodies!([shared]
            {
                let (flag, raised, beside) = &*shared;
                let outer = flag.lock();
                let mut inner = flag.lock();
                let down = |flag: &mut RLockGuard<'_, AtomicBool>| !flag.load(SeqCst);
                if timed {
                    let met = raised.wait_all_levels_while_timeout(&mut inner, SOON, down);
                    assert_eq!(met, inner.load(SeqCst));
                } else {
                    raised.wait_all_levels_while(&mut inner, down);
                }
                assert!(flag.is_owned());
                assert_eq!(flag.depth(), 2);
                drop(inner);
                beside.write(1);
                assert_eq!(flag.depth(), 1);
                drop(outer);
                assert!(!flag.is_owned());
            },
            {
                let (flag, raised, beside) = &*shared;
                let guard = flag.lock();
                assert_eq!(flag.depth(), 1);
                guard.store(true, SeqCst);
                raised.notify_one();
                beside.write(2);
            }),
            || {},
        );
    });
    let form = if timed { "wait_all_levels_timeout" } else { "wait_all_levels" };
    let settings = if timed { varied_for(Form::Timed) } else { varied() };
    suite.add(format!("rlock: {form}, depth 2 | depth 2"), Bound::None, settings, move || {
        let shared = Arc::new((RLock::new(AtomicBool::new(false)), Condition::new(), Cell::new()));
        threads(
            bodies!([shared]
            {
                let (over, condition, beside) = &*shared;
                let outer = over.lock();
                let mut inner = over.lock();
                if !over.lock().swap(true, SeqCst) {
                    if timed {
                        let _ = condition.wait_all_levels_timeout(&mut inner, SOON);
                    } else {
                        condition.wait_all_levels(&mut inner);
                    }
                }
                assert_eq!(over.depth(), 2);
                drop(outer);
                beside.write(1);
                assert!(over.try_lock().is_some_and(|_| over.depth() == 2));
            },
            {
                let (over, condition, beside) = &*shared;
                let _outer = over.lock();
                let inner = over.lock();
                if inner.swap(true, SeqCst) {
                    condition.notify_one();
                }
                beside.write(2);
            }),
            || {},
        );
    });
}

/// The same with a guard that owns a share around one that borrows, and the only share of its thread. The waiter times out or is
/// notified; in both cases it has two levels, one share, and the lock.
fn all_levels_are_released_with_an_owned_guard(suite: &mut Suite) {
    let name = "rlock: wait_all_levels_timeout, owned, depth 2 | lock_owned, notify";
    suite.add(name, Bound::None, varied_for(Form::Timed), || {
        let shared = Arc::new((Arc::new(RLock::new(AtomicBool::new(false))), Condition::new(), Cell::new()));
        threads(
            bodies!([shared]
            {
                let (flag, raised, beside) = &*shared;
                let (mut owned, borrowing) = (flag.lock_owned(), flag.lock());
                if !owned.load(SeqCst) {
                    let notified = raised.wait_all_levels_timeout(&mut owned, SOON);
                    assert!(!notified || borrowing.load(SeqCst));
                }
                assert_eq!(flag.depth(), 2);
                drop(borrowing);
                beside.write(1);
                drop(owned);
                assert!(!flag.is_owned());
            },
            {
                let (flag, raised, beside) = &*shared;
                let guard = flag.lock_owned();
                assert_eq!(flag.depth(), 1);
                guard.store(true, SeqCst);
                raised.notify_one();
                beside.write(2);
            }),
            || {},
        );
    });
}

/// While a waiter's outer guard lends the value nobody borrows it mutably, though at depth 1; afterwards one may.
fn what_a_waiter_lends_is_not_changed(suite: &mut Suite) {
    suite.add("rlock: wait_all_levels, lent | get_mut", Bound::None, varied_for(Form::Timed), || {
        let shared = Arc::new((RLock::new(1), Condition::new()));
        let lends = Arc::new(AtomicBool::new(false));
        threads(
            bodies!([shared, lends]
            {
                let (value, condition) = &*shared;
                let outer = value.lock();
                let mut inner = value.lock();
                let lent: &usize = &outer;
                let before = *lent;
                lends.store(true, SeqCst);
                let _ = condition.wait_all_levels_timeout(&mut inner, SOON);
                lends.store(false, SeqCst);
                assert_eq!(*lent, before);
            },
            {
                let (value, condition) = &*shared;
                let mut guard = value.lock();
                let mutable = RLockGuard::get_mut(&mut guard);
                assert_eq!(mutable.is_none(), lends.load(SeqCst));
                if let Some(mut value) = mutable { *value += 1; }
                condition.notify_one();
            }),
            || {},
        );
    });
}
