//! `Condition`: no notification is lost, each goes to exactly as many waiters as it says, a time-out that races one uses it.

use crate::bodies;
use crate::crowd::apart;
use crate::harness::{Bound, Suite, plain, threads, varied, varied_for};
use crate::lock::{Form, SOON};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use tollgate::model::Settings;
use tollgate::{Condition, Lock};

pub(crate) fn models(suite: &mut Suite) {
    for timed in [false, true] {
        for under_lock in [false, true] {
            for all in [false, true] {
                a_change_reaches_the_waiter(suite, timed, under_lock, all);
            }
        }
    }
    a_wait_is_true_exactly_when_it_was_notified(suite);
    a_wait_ends_by_a_notification(suite);
    two_waiters(suite);
    one_notification_serves_one_of_two_waiters(suite);
    a_wait_with_no_time_leaves_nothing_behind(suite);
    notified_before_a_new_waiter(suite);
    a_predicate_may_notify(suite);
    real_locks_inside(suite);
}

/// The waiter sees the change, or is notified of it.
fn a_change_reaches_the_waiter(suite: &mut Suite, timed: bool, under_lock: bool, all: bool) {
    let name = format!(
        "condition: wait_while{} | {} {} the lock",
        if timed { "_timeout" } else { "" },
        if all { "notify_all" } else { "notify_one" },
        if under_lock { "under" } else { "after" },
    );
    let mut settings = varied_for(if timed { Form::Timed } else { Form::Plain });
    settings.push(apart(Settings::default())[0]);
    suite.add(name, Bound::None, settings, move || {
        let shared = Arc::new((Lock::new(false), Condition::new()));
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
            },
            {
                let (changed, condition) = &*shared;
                let notify = || if all { condition.notify_all() } else { condition.notify_one() };
                let mut guard = changed.lock();
                *guard = true;
                if under_lock {
                    notify();
                    drop(guard);
                } else {
                    drop(guard);
                    notify();
                }
            }),
            || {},
        );
    });
}

/// `notify_one` says whether it found somebody, the wait says whether it was notified; they agree.
fn a_wait_is_true_exactly_when_it_was_notified(suite: &mut Suite) {
    suite.add("condition: wait_timeout | notify_one, they agree", Bound::None, varied(), || {
        let shared = Arc::new((Lock::new(()), Condition::new()));
        let counts = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
        let checked = Arc::clone(&counts);
        threads(
            bodies!([shared, counts]
            {
                let mut guard = shared.0.lock();
                if shared.1.wait_timeout(&mut guard, SOON) { counts.0.fetch_add(1, SeqCst); }
            },
            { counts.1.fetch_add(shared.1.notify_one(), SeqCst); }),
            move || assert_eq!(checked.0.load(SeqCst), checked.1.load(SeqCst)),
        );
    });
}

/// A wait returns because it was notified, and for no other reason.
fn a_wait_ends_by_a_notification(suite: &mut Suite) {
    #[derive(Default)]
    struct State {
        waiting: bool,
        notified: bool,
        over: bool,
    }
    suite.add("condition: wait, no reason but a notification", Bound::None, varied(), || {
        let shared = Arc::new((Lock::new(State::default()), Condition::new()));
        threads(
            bodies!([shared]
            {
                let mut state = shared.0.lock();
                if !state.over {
                    state.waiting = true;
                    shared.1.wait(&mut state);
                    assert!(state.notified, "woken by nobody");
                }
            },
            {
                let mut state = shared.0.lock();
                state.over = true;
                if state.waiting {
                    state.notified = true;
                    shared.1.notify_one();
                }
            }),
            || {},
        );
    });
}

fn two_waiters(suite: &mut Suite) {
    for all in [false, true] {
        let how = if all { "notify_all" } else { "notify(2)" };
        let settings = varied().into_iter().chain(apart(Settings::default())).collect();
        suite.add(format!("condition: two wait_while | {how}"), Bound::Preemptions(2), settings, move || {
            let shared = Arc::new((Lock::new(false), Condition::new()));
            threads(
                bodies!([shared]
                { let mut guard = shared.0.lock(); shared.1.wait_while(&mut guard, |changed| !**changed); },
                { let mut guard = shared.0.lock(); shared.1.wait_while(&mut guard, |changed| !**changed); },
                {
                    *shared.0.lock() = true;
                    if all { shared.1.notify_all() } else { shared.1.notify(2) };
                }),
                || {},
            );
        });
    }
    suite.add("condition: two wait_while, token each | notify_one x2", Bound::Preemptions(2), plain(), || {
        let shared = Arc::new((Lock::new(0), Condition::new()));
        threads(
            bodies!([shared]
            { let mut guard = shared.0.lock(); shared.1.wait_while(&mut guard, |tokens| **tokens == 0); *guard -= 1; },
            { let mut guard = shared.0.lock(); shared.1.wait_while(&mut guard, |tokens| **tokens == 0); *guard -= 1; },
            { for _ in 0..2 { *shared.0.lock() += 1; shared.1.notify_one(); } }),
            || {},
        );
    });
}

/// R33: one of two waiters may time out just as it is notified. The notifications found and those used agree.
fn one_notification_serves_one_of_two_waiters(suite: &mut Suite) {
    let settings = varied().into_iter().chain(apart(Settings::default())).collect();
    suite.add("condition: R33, two wait_timeout | notify_one", Bound::Preemptions(3), settings, || {
        let shared = Arc::new((Lock::new(()), Condition::new()));
        let counts = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
        let checked = Arc::clone(&counts);
        threads(
            bodies!([shared, counts]
            {
                let mut guard = shared.0.lock();
                if shared.1.wait_timeout(&mut guard, SOON) { counts.0.fetch_add(1, SeqCst); }
            },
            {
                let mut guard = shared.0.lock();
                if shared.1.wait_timeout(&mut guard, SOON) { counts.0.fetch_add(1, SeqCst); }
            },
            { counts.1.fetch_add(shared.1.notify_one(), SeqCst); }),
            move || {
                assert!(checked.1.load(SeqCst) <= 1, "one notification, one waiter");
                assert_eq!(checked.0.load(SeqCst), checked.1.load(SeqCst));
            },
        );
    });
}

fn a_wait_with_no_time_leaves_nothing_behind(suite: &mut Suite) {
    suite.add("condition: wait_timeout(0) | notify_one, they agree", Bound::None, plain(), || {
        let shared = Arc::new((Lock::new(()), Condition::new()));
        let counts = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
        let checked = (Arc::clone(&shared), Arc::clone(&counts));
        threads(
            bodies!([shared, counts]
            {
                let mut guard = shared.0.lock();
                if shared.1.wait_timeout(&mut guard, std::time::Duration::ZERO) { counts.0.fetch_add(1, SeqCst); }
            },
            { counts.1.fetch_add(shared.1.notify_one(), SeqCst); }),
            move || {
                assert_eq!(checked.1.0.load(SeqCst), checked.1.1.load(SeqCst));
                assert_eq!(checked.0.1.waiting(), 0);
            },
        );
    });
}

/// A notification is for those who wait when it is made: a waiter that has been notified, and waits again while the notifier
/// still holds the lock, is not notified a second time by the same call.
fn notified_before_a_new_waiter(suite: &mut Suite) {
    let twice = vec![Settings { timeouts: 2, ..Settings::default() }];
    suite.add("condition: wait_timeout x2 | one notify(2)", Bound::None, twice, || {
        let shared = Arc::new((Lock::new(()), Condition::new()));
        let counts = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
        let checked = Arc::clone(&counts);
        threads(
            bodies!([shared, counts]
            {
                let mut guard = shared.0.lock();
                for _ in 0..2 {
                    if shared.1.wait_timeout(&mut guard, SOON) { counts.0.fetch_add(1, SeqCst); } else { break; }
                }
            },
            {
                let _guard = shared.0.lock();
                counts.1.fetch_add(shared.1.notify(2), SeqCst);
            }),
            move || {
                assert!(checked.1.load(SeqCst) <= 1, "only one thread was ever waiting");
                assert_eq!(checked.0.load(SeqCst), checked.1.load(SeqCst));
            },
        );
    });
}

/// R31: the predicate is the user's code, and may use the condition that asks it. Here the waiter that comes through wakes the next.
fn a_predicate_may_notify(suite: &mut Suite) {
    suite.add("condition: R31, a predicate notifies", Bound::Preemptions(2), plain(), || {
        let shared = Arc::new((Lock::new(false), Condition::new()));
        let wait = |(changed, condition): &(Lock<bool>, Condition)| {
            condition.wait_while(&mut changed.lock(), |changed| !**changed || condition.notify_one() > 1);
        };
        threads(
            bodies!([shared, wait]
            { wait(&shared); },
            { wait(&shared); },
            { *shared.0.lock() = true; shared.1.notify_one(); }),
            || {},
        );
    });
}

/// The composite: the user's lock and the gate's are the real ones.
fn real_locks_inside(suite: &mut Suite) {
    let real = Settings { real_locks: true, ..Settings::default() };
    for timed in [false, true] {
        let form = if timed { "wait_timeout" } else { "wait_while" };
        suite.add(
            format!("condition: {form} | notify_one, real locks"),
            Bound::Preemptions(3),
            vec![real],
            move || {
                let shared = Arc::new((Lock::new(false), Condition::new()));
                threads(
                    bodies!([shared]
                {
                    let mut guard = shared.0.lock();
                    if timed {
                        let _ = shared.1.wait_timeout(&mut guard, SOON);
                    } else {
                        shared.1.wait_while(&mut guard, |changed| !**changed);
                    }
                },
                { *shared.0.lock() = true; shared.1.notify_one(); }),
                    || {},
                );
            },
        );
    }
}
