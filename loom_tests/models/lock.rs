//! `Lock` and `RawLock`, the real algorithm: mutual exclusion, no lost wake-up, time-outs that race releases, hand-over.

use crate::bodies;
use crate::harness::{Bound, Suite, threads, varied_with_heirs};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;
use tollgate::model::Settings;
use tollgate::{Lock, LockGuard, MappedLockGuard, OwnedLockGuard, OwnedMappedLockGuard, RawLock};

/// The forms of locking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Plain,
    Timed,
    Try,
}

pub(crate) const FORMS: [Form; 3] = [Form::Plain, Form::Timed, Form::Try];
pub(crate) const SOON: Duration = Duration::from_millis(10);

/// All unordered pairs of forms.
pub(crate) fn pairs() -> impl Iterator<Item = (Form, Form)> {
    (0..3).flat_map(|a| (a..3).map(move |b| (FORMS[a], FORMS[b])))
}

fn lock<T>(lock: &Lock<T>, form: Form) -> Option<LockGuard<'_, T>> {
    match form {
        Form::Plain => Some(lock.lock()),
        Form::Timed => lock.lock_timeout(SOON),
        Form::Try => lock.try_lock(),
    }
}

pub(crate) fn models(suite: &mut Suite) {
    for (a, b) in pairs() {
        each_locks(suite, &[(a, 1), (b, 1)], Bound::None);
    }
    each_locks(suite, &[(Form::Plain, 2), (Form::Plain, 1)], Bound::None);
    each_locks(suite, &[(Form::Plain, 2), (Form::Timed, 1)], Bound::None);
    each_locks(suite, &[(Form::Plain, 2), (Form::Plain, 2)], Bound::Preemptions(3));
    each_locks(suite, &[(Form::Timed, 2), (Form::Plain, 2)], Bound::Preemptions(3));
    each_locks(suite, &[(Form::Plain, 1), (Form::Plain, 1), (Form::Plain, 1)], Bound::Preemptions(4));
    each_locks(suite, &[(Form::Plain, 2), (Form::Timed, 1), (Form::Plain, 1)], Bound::Preemptions(3));
    each_locks(suite, &[(Form::Timed, 1), (Form::Timed, 1), (Form::Plain, 2)], Bound::Preemptions(3));
    each_locks(
        suite,
        &[(Form::Plain, 4), (Form::Plain, 4), (Form::Timed, 4), (Form::Try, 4)],
        Bound::ShuttleOnly,
    );
    another_thread_releases(suite);
    a_raw_lock_publishes(suite);
    a_grant_is_not_released(suite);
    nobody_gets_past_a_starving_sleeper(suite);
    a_lock_is_passed_beside_sleepers(suite);
    a_release_of_a_free_lock_changes_nothing(suite);
    the_last_unlock_may_free_the_lock(suite);
    the_last_owned_guard_frees_the_lock(suite);
    nobody_gets_in_while_a_guard_is_mapped(suite);
}

/// With three threads these are the historical bugs of bits and counts in the word: R16 and R33 (a time-out races the release;
/// `LockTimeoutIgnoresGrant`), R43 (a barger forgets the sleepers; a planted patch), R44 (the first sleeper says nothing;
/// `LockSleeperUncounted`).
///
/// Every thread locks some number of times in its form and adds one to the value. No addition is lost, no two threads are
/// inside at once (loom's cell would report the race), and every plain `lock` gets through.
fn each_locks(suite: &mut Suite, program: &[(Form, usize)], bound: Bound) {
    let program = program.to_vec();
    let name: Vec<_> = program.iter().map(|(form, times)| format!("{form:?}x{times}")).collect();
    suite.add(format!("lock: {}", name.join(" | ")), bound, varied_with_heirs(), move || {
        let value = Arc::new(Lock::new(0));
        let entered = Arc::new(AtomicUsize::new(0));
        let bodies = program
            .iter()
            .map(|&(form, times)| {
                let (value, entered) = (Arc::clone(&value), Arc::clone(&entered));
                Box::new(move || {
                    for _ in 0..times {
                        match lock(&value, form) {
                            Some(mut guard) => {
                                entered.fetch_add(1, SeqCst);
                                *guard += 1;
                            }
                            None => assert_ne!(form, Form::Plain),
                        }
                    }
                }) as Box<dyn FnOnce() + Send>
            })
            .collect();
        threads(bodies, move || {
            assert!(!value.is_locked());
            assert_eq!(*value.try_lock().expect("nobody holds the lock"), entered.load(SeqCst));
        });
    });
}

/// A lock acquired by one thread is released by another, while a third party waits for it.
fn another_thread_releases(suite: &mut Suite) {
    for form in FORMS {
        suite.add(
            format!("raw lock: {form:?} | released by another"),
            Bound::None,
            varied_with_heirs(),
            move || {
                let raw = Arc::new(RawLock::new());
                raw.acquire();
                let checked = Arc::clone(&raw);
                threads(
                    bodies!([raw]
                {
                    let acquired = match form {
                        Form::Plain => { raw.acquire(); true }
                        Form::Timed => raw.acquire_timeout(SOON),
                        Form::Try => raw.try_acquire(),
                    };
                    if acquired {
                        raw.release().unwrap();
                    }
                },
                { raw.release().unwrap() }),
                    move || assert!(!checked.is_locked()),
                );
            },
        );
    }
    // Releases by threads that do not hold the lock, also while it is being handed over. Acquisitions and successful
    // releases alternate, so their numbers agree in the end.
    suite.add(
        "raw lock: acquire x2 | acquire | release x3 by another",
        Bound::Preemptions(3),
        varied_with_heirs().into_iter().map(|settings| Settings { timeouts: 6, ..settings }).collect(),
        || {
            let raw = Arc::new(RawLock::new());
            let balance = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
            let (checked, counted) = (Arc::clone(&raw), Arc::clone(&balance));
            threads(
                bodies!([raw, balance]
                {
                    for _ in 0..2 {
                        if raw.acquire_timeout(SOON) { balance.0.fetch_add(1, SeqCst); }
                    }
                },
                { if raw.acquire_timeout(SOON) { balance.0.fetch_add(1, SeqCst); } },
                {
                    for _ in 0..3 {
                        if raw.release().is_ok() { balance.1.fetch_add(1, SeqCst); }
                    }
                }),
                move || {
                    let held = usize::from(checked.is_locked());
                    assert_eq!(counted.0.load(SeqCst), counted.1.load(SeqCst) + held);
                },
            );
        },
    );
}

/// What is written under a `RawLock` is seen under it, whatever the forms.
fn a_raw_lock_publishes(suite: &mut Suite) {
    use crate::semaphore::published::Cell;
    suite.add("raw lock: acquire, write, release, twice", Bound::None, varied_with_heirs(), || {
        let shared = Arc::new((RawLock::new(), Cell::new()));
        threads(
            bodies!([shared]
            { shared.0.acquire(); shared.1.write(1); shared.0.release().unwrap(); },
            { if shared.0.try_acquire() { shared.1.write(2); shared.0.release().unwrap(); } }),
            || {},
        );
    });
}

/// A release that meets a hand-over is one too many, and changes nothing. (It used to clear the lock and leave the grant, which let
/// a second owner in.) Each acquisition is released once.
fn a_grant_is_not_released(suite: &mut Suite) {
    let settings = Settings { real_locks: true, too_long: true, timeouts: 4, ..Settings::default() };
    let settings = vec![settings, Settings { heirs: true, ..settings }];
    suite.add("raw lock: a grant is not released", Bound::Preemptions(3), settings, || {
        let raw = Arc::new(RawLock::new());
        let balance = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
        let (checked, counted) = (Arc::clone(&raw), Arc::clone(&balance));
        let release = |raw: &RawLock, balance: &(AtomicUsize, AtomicUsize)| {
            let released = raw.release().is_ok();
            balance.1.fetch_add(usize::from(released), SeqCst);
            released
        };
        threads(
            bodies!([raw, balance]
            { raw.acquire(); balance.0.fetch_add(1, SeqCst); },
            {
                for _ in 0..2 {
                    if !raw.try_acquire() { return; }
                    balance.0.fetch_add(1, SeqCst);
                    // The sleeper is woken in vain and asks for a hand-over; the next release may find it under way.
                    release(&raw, &balance);
                }
                if release(&raw, &balance) && raw.try_acquire() {
                    balance.0.fetch_add(1, SeqCst);
                    assert!(!raw.acquire_timeout(SOON), "acquired twice");
                    // The sleeper is not to sleep for ever.
                    release(&raw, &balance);
                }
            }),
            move || {
                let held = usize::from(checked.is_locked());
                assert_eq!(counted.0.load(SeqCst), counted.1.load(SeqCst) + held, "acquired, released");
            },
        );
    });
}

/// A newcomer that waits while the lock is handed over gets it only after the thread it was handed to.
fn nobody_gets_past_a_starving_sleeper(suite: &mut Suite) {
    let settings = Settings { real_locks: true, too_long: true, timeouts: 1, ..Settings::default() };
    let settings = vec![settings, Settings { heirs: true, ..settings }];
    suite.add("raw lock: nobody gets past a starving sleeper", Bound::Preemptions(3), settings, || {
        let (raw, served) = (Arc::new(RawLock::new()), Arc::new(AtomicUsize::new(0)));
        threads(
            bodies!([raw, served]
            {
                raw.acquire();
                served.fetch_add(1, SeqCst);
                raw.release().unwrap();
            },
            {
                for _ in 0..2 {
                    if !raw.try_acquire() { return; }
                    raw.release().unwrap();
                }
                // Nobody else would have it now: it is the other's, or going to be.
                if !raw.try_acquire() {
                    if !raw.acquire_timeout(SOON) { return; }
                    assert_eq!(served.load(SeqCst), 1, "it got past the one that was first");
                }
                raw.release().unwrap();
            }),
            || {},
        );
    });
}

/// One holds the lock, and two want it: either may be asleep, woken in vain or starving while the other one is the heir, is passed the lock, or withdraws.
fn a_lock_is_passed_beside_sleepers(suite: &mut Suite) {
    suite.add(
        "raw lock: release, try | acquire | acquire",
        Bound::Preemptions(3),
        varied_with_heirs(),
        || {
            let raw = Arc::new(RawLock::new());
            raw.acquire();
            let checked = Arc::clone(&raw);
            threads(
                bodies!([raw]
            {
                raw.release().unwrap();
                if raw.try_acquire() { raw.release().unwrap(); }
            },
            { raw.acquire(); raw.release().unwrap(); },
            { raw.acquire(); raw.release().unwrap(); }),
                move || assert!(!checked.is_locked()),
            );
        },
    );
}

fn a_release_of_a_free_lock_changes_nothing(suite: &mut Suite) {
    suite.add("raw lock: release of a free lock | lock", Bound::None, varied_with_heirs(), || {
        let raw = Arc::new(RawLock::new());
        let checked = Arc::clone(&raw);
        let released = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&released);
        threads(
            bodies!([raw, released]
            { if raw.release().is_ok() { released.fetch_add(1, SeqCst); } },
            { raw.acquire(); if raw.release().is_ok() { released.fetch_add(1, SeqCst); } }),
            move || {
                assert_eq!(counted.load(SeqCst), 1, "one acquisition, one release");
                assert!(!checked.is_locked());
            },
        );
    });
}

/// R35: two threads own the lock together with its value; whoever enters last frees it as soon as it has unlocked, while the other
/// one may still be on its way out of `unlock`. Late wakes stay off: they would look at the freed word.
fn the_last_unlock_may_free_the_lock(suite: &mut Suite) {
    let settings = varied_with_heirs().into_iter().filter(|settings| settings.late_wakes.is_none()).collect();
    suite.add("lock: R35, freed by the next owner", Bound::None, settings, || {
        // An address, since no reference may outlive the lock. (With an `Arc` in each thread nothing is freed before both have
        // unlocked.)
        let owned = Box::into_raw(Box::new(Lock::new(2_usize))).expose_provenance();
        let leave = move || {
            let lock = std::ptr::with_exposed_provenance_mut::<Lock<usize>>(owned);
            // SAFETY: the lock is freed by whoever enters last, and this thread has not entered yet.
            let mut guard = unsafe { &*lock }.lock();
            *guard -= 1;
            let last = *guard == 0;
            drop(guard);
            if last {
                // SAFETY: made by `into_raw`; the other thread has been inside, and an unlock ends with its release.
                drop(unsafe { Box::from_raw(lock) });
            }
        };
        threads(bodies!([leave] { leave() }, { leave() }), || {});
    });
}

/// R35 with guards that own a share: each thread gives up its other share while it holds the lock, so whoever leaves last frees the
/// lock that its guard has just released; once, and with what both have done. Late wakes stay off, as above.
fn the_last_owned_guard_frees_the_lock(suite: &mut Suite) {
    struct Count {
        entered: usize,
        seen_by_drop: Arc<AtomicUsize>,
    }
    impl Drop for Count {
        fn drop(&mut self) {
            self.seen_by_drop.fetch_add(self.entered, SeqCst);
        }
    }
    let settings: Vec<_> =
        varied_with_heirs().into_iter().filter(|settings| settings.late_wakes.is_none()).collect();
    for form in [Form::Plain, Form::Timed] {
        let name = format!("lock: R35, freed by its last guard, Plain | {form:?}");
        suite.add(name, Bound::None, settings.clone(), move || {
            let seen_by_drop = Arc::new(AtomicUsize::new(0));
            let gave_up = Arc::new(AtomicUsize::new(0));
            let count = Count { entered: 0, seen_by_drop: Arc::clone(&seen_by_drop) };
            let lock = Arc::new(Lock::new(count));
            let bodies = bodies!([lock, gave_up]
            {
                let mut guard = lock.lock_owned();
                drop(lock);
                guard.entered += 1;
            },
            {
                let guard = if form == Form::Plain { Some(lock.lock_owned()) } else { lock.lock_owned_timeout(SOON) };
                drop(lock);
                match guard {
                    Some(guard) => *OwnedLockGuard::map(guard, |count| &mut count.entered) += 1,
                    None => _ = gave_up.fetch_add(1, SeqCst),
                }
            });
            drop(lock);
            threads(bodies, move || assert_eq!(seen_by_drop.load(SeqCst) + gave_up.load(SeqCst), 2));
        });
    }
}

/// R46: one guard becomes another, and the lock is held all the time: nobody sees the value between two changes.
fn nobody_gets_in_while_a_guard_is_mapped(suite: &mut Suite) {
    for owned in [false, true] {
        let name = format!(
            "lock: R46, nobody gets in while {} guard is mapped",
            if owned { "an owned" } else { "a" }
        );
        suite.add(name, Bound::None, varied_with_heirs(), move || {
            let lock = Arc::new(Lock::new([0; 2]));
            threads(
                bodies!([lock]
                {
                    if owned {
                        let mut whole = lock.lock_owned();
                        whole[0] = 1;
                        let whole = OwnedLockGuard::try_map(whole, |_| None::<&mut i32>).unwrap_err();
                        let pair = OwnedLockGuard::map(whole, |pair| pair);
                        let pair = OwnedMappedLockGuard::try_map(pair, |_| None::<&mut i32>).unwrap_err();
                        let pair = OwnedMappedLockGuard::try_map(pair, |pair| pair.get_mut(..)).unwrap();
                        *OwnedMappedLockGuard::map(pair, |pair| &mut pair[1]) = 1;
                    } else {
                        let mut whole = lock.lock();
                        whole[0] = 1;
                        let whole = LockGuard::try_map(whole, |_| None::<&mut i32>).unwrap_err();
                        let pair = LockGuard::map(whole, |pair| pair);
                        let pair = MappedLockGuard::try_map(pair, |_| None::<&mut i32>).unwrap_err();
                        let pair = MappedLockGuard::try_map(pair, |pair| pair.get_mut(..)).unwrap();
                        *MappedLockGuard::map(pair, |pair| &mut pair[1]) = 1;
                    }
                },
                {
                    let pair = lock.lock();
                    assert_eq!(pair[0], pair[1], "between two changes");
                }),
                || {},
            );
        });
    }
}
