//! `Condition`, its crowd: waiters that are moved to the lock, with real locks, or there would be nothing to move to; on one word, on words
//! of their own, and with some that are woken ahead.
//!
//! Where the lock outlives the model it is at rest in the end: each waiter was counted in as its sleeper once, or never.

use crate::bodies;
use crate::harness::{Bound, Suite, threads, varied_real};
use crate::lock::SOON;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use tollgate::model::{LateWakes, Settings, is_at_rest};
use tollgate::{Condition, Lock};

pub(crate) fn models(suite: &mut Suite) {
    a_crowd_is_moved_to_the_lock(suite);
    moves_that_lost_a_wake(suite);
    a_grant_is_not_for_the_moved(suite);
    an_own_word_is_moved_when_its_time_runs_out(suite);
    an_own_word_is_there_until_it_has_been_moved(suite);
}

/// The same settings, with a crowd that sleeps on words of its own; all of it, or all but one.
pub(crate) fn apart(base: Settings) -> [Settings; 2] {
    [Settings { sharers: 0, ..base }, Settings { sharers: 1, ..base }]
}

/// The same, and with one waiter that is woken by the call that moves the others.
fn beds(base: Settings) -> [Settings; 4] {
    let [none, one] = apart(base);
    let ahead = |base| Settings { woken_ahead: 1, ..base };
    [none, one, ahead(base), ahead(one)]
}

/// Who is notified under the lock is moved to the lock, asleep or not. Late wakes stay off: they would look at the lock after its last
/// owner has freed it.
fn a_crowd_is_moved_to_the_lock(suite: &mut Suite) {
    let real = Settings { real_locks: true, ..Settings::default() };
    let settings = || {
        let varied = varied_real().into_iter().filter(|settings| settings.late_wakes.is_none());
        varied.chain(beds(real)).collect::<Vec<_>>()
    };
    for under_lock in [false, true] {
        let where_ = if under_lock { "under" } else { "after" };
        let notify = move |shared: &(Lock<bool>, Condition)| {
            let mut guard = shared.0.lock();
            *guard = true;
            let _held = Some(guard).filter(|_| under_lock);
            shared.1.notify_all();
        };
        suite.add(
            format!("condition: wait_while, lock | notify_all {where_} the lock, real locks"),
            Bound::Preemptions(4),
            settings(),
            move || {
                let shared = Arc::new((Lock::new(false), Condition::new()));
                let checked = Arc::clone(&shared);
                threads(
                    bodies!([shared, notify]
                    {
                        shared.1.wait_while(&mut shared.0.lock(), |changed| !**changed);
                        drop(shared.0.lock());
                    },
                    { notify(&shared); drop(shared.0.lock()); }),
                    move || assert!(is_at_rest(&checked.0)),
                );
            },
        );
        suite.add(
            format!("condition: two wait_while | notify_all {where_} the lock, real locks"),
            Bound::Preemptions(2),
            settings(),
            move || {
                let shared = Arc::new((Lock::new(false), Condition::new()));
                let checked = Arc::clone(&shared);
                threads(
                    bodies!([shared, notify]
                    { shared.1.wait_while(&mut shared.0.lock(), |changed| !**changed); },
                    { shared.1.wait_while(&mut shared.0.lock(), |changed| !**changed); },
                    { notify(&shared); }),
                    move || assert!(is_at_rest(&checked.0)),
                );
            },
        );
        suite.add(
            format!("condition: wait_timeout | lock, release | notify_all {where_} the lock, real locks"),
            Bound::Preemptions(2),
            settings(),
            move || {
                let shared = Arc::new((Lock::new(false), Condition::new()));
                let checked = Arc::clone(&shared);
                threads(
                    bodies!([shared, notify]
                    {
                        let mut guard = shared.0.lock();
                        let met = shared.1.wait_while_timeout(&mut guard, SOON, |changed| !**changed);
                        assert_eq!(met, *guard);
                    },
                    { drop(shared.0.lock()); },
                    { notify(&shared); }),
                    move || assert!(is_at_rest(&checked.0)),
                );
            },
        );
    }
}

/// Two lost wake-ups that a review found, in the first version of the move. Every thread keeps its share of the lock until it has
/// released it, so late wakes do no harm.
fn moves_that_lost_a_wake(suite: &mut Suite) {
    let real = Settings { real_locks: true, ..Settings::default() };
    // SAFETY: see above.
    let late = Settings { late_wakes: Some(unsafe { LateWakes::new() }), ..real };
    let heirs = Settings { heirs: true, too_long: true, ..late };
    // Somebody else holds the lock when the waiter is counted in, and has released it when the waiter is moved.
    suite.add(
        "condition: released during the move | wait_while",
        Bound::Preemptions(4),
        [real, late, heirs].into_iter().chain(beds(real)).chain(beds(late)).collect(),
        || {
            let shared = Arc::new((Lock::new(false), Condition::new()));
            let checked = Arc::clone(&shared);
            threads(
                bodies!([shared]
                { drop(shared.0.lock()); },
                { *shared.0.lock() = true; shared.1.notify_all(); },
                { shared.1.wait_while(&mut shared.0.lock(), |changed| !**changed); }),
                move || assert!(is_at_rest(&checked.0)),
            );
        },
    );
    // The lock's last user frees it: the notifier must not look at it later.
    suite.add(
        "condition: the waiter frees the lock after the move",
        Bound::Preemptions(4),
        [real].into_iter().chain(beds(real)).collect(),
        || {
            let condition = Arc::new(Condition::new());
            let lock = Arc::new(Lock::new(false));
            threads(
                bodies!([lock, condition]
                { *lock.lock() = true; drop(lock); condition.notify_all(); },
                { drop(lock.lock()); drop(lock); },
                { condition.wait_while(&mut lock.lock(), |changed| !**changed); drop(lock); }),
                || {},
            );
        },
    );
    // One waiter has been told and not woken when everybody is moved; on a word of its own, too, which another call wakes.
    for (bound, settings) in [(2, vec![late]), (1, apart(late).into())] {
        let name = format!("condition: notified before, not moved, {bound}");
        suite.add(name, Bound::Preemptions(bound), settings, || {
            let shared = Arc::new((Lock::new(false), Condition::new()));
            let checked = Arc::clone(&shared);
            let wait_once = |(over, condition): &(Lock<bool>, Condition)| {
                let mut guard = over.lock();
                if !*guard {
                    condition.wait(&mut guard);
                }
            };
            threads(
                bodies!([shared, wait_once]
                { wait_once(&shared); },
                { shared.1.notify_one(); },
                { let mut over = shared.0.lock(); *over = true; shared.1.notify_all(); },
                { wait_once(&shared); }),
                move || assert!(is_at_rest(&checked.0)),
            );
        });
    }
}

/// A sleeper of the lock asks for a hand-over, and falls asleep behind a waiter that was moved there: the wake that goes with the grant is for
/// the former. (Those that slept on words of their own listened on every channel, also on the starving sleeper's; the waiter was woken, and
/// nobody could release the lock any more. Found in review; `Mutant::CrowdListensForGrant` keeps it.)
fn a_grant_is_not_for_the_moved(suite: &mut Suite) {
    let hasty = Settings { real_locks: true, too_long: true, ..Settings::default() };
    let heirs = Settings { heirs: true, ..hasty };
    let settings = beds(hasty).into_iter().chain([heirs]).collect();
    suite.add("condition: a grant passes by the moved", Bound::Preemptions(2), settings, || {
        let shared = Arc::new((Lock::new(false), Condition::new()));
        let checked = Arc::clone(&shared);
        threads(
            bodies!([shared]
            { drop(shared.0.lock()); },
            {
                let mut guard = shared.0.lock();
                *guard = true;
                shared.1.notify_all();
                drop(guard);
                drop(shared.0.lock());
            },
            { shared.1.wait_while(&mut shared.0.lock(), |changed| !**changed); }),
            move || assert!(is_at_rest(&checked.0)),
        );
    });
}

/// A waiter's time runs out while it is moved from its own word, or has been: it was notified, says so, and is counted once.
fn an_own_word_is_moved_when_its_time_runs_out(suite: &mut Suite) {
    let real = Settings { real_locks: true, ..Settings::default() };
    suite.add("condition: moved when its time runs out", Bound::Preemptions(2), beds(real).into(), || {
        let shared = Arc::new((Lock::new(()), Condition::new()));
        let counts = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
        let checked = (Arc::clone(&shared), Arc::clone(&counts));
        let wait = |shared: &(Lock<()>, Condition), notified: &AtomicUsize| {
            if shared.1.wait_timeout(&mut shared.0.lock(), SOON) {
                notified.fetch_add(1, SeqCst);
            }
        };
        threads(
            bodies!([shared, counts, wait]
            { wait(&shared, &counts.0); },
            {
                let _held = shared.0.lock();
                counts.1.fetch_add(shared.1.notify_all(), SeqCst);
            },
            { wait(&shared, &counts.0); }),
            move || {
                let (shared, counts) = checked;
                assert_eq!(counts.0.load(SeqCst), counts.1.load(SeqCst));
                assert!(is_at_rest(&shared.0));
            },
        );
    });
}

/// A waiter that has been told, and could go, stays until its word has been named to the kernel. It takes somebody else who holds the lock
/// when the waiter is counted in, and releases it before it is moved.
fn an_own_word_is_there_until_it_has_been_moved(suite: &mut Suite) {
    let settings = beds(Settings { real_locks: true, ..Settings::default() }).into();
    suite.add("condition: told, and moved from its own word", Bound::Preemptions(3), settings, || {
        let shared = Arc::new((Lock::new(()), Condition::new()));
        let counts = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
        let checked = (Arc::clone(&shared), Arc::clone(&counts));
        threads(
            bodies!([shared, counts]
            { drop(shared.0.lock()); },
            { counts.1.fetch_add(shared.1.notify_all(), SeqCst); },
            {
                let notified = shared.1.wait_timeout(&mut shared.0.lock(), SOON);
                counts.0.fetch_add(notified.into(), SeqCst);
            }),
            move || {
                let (shared, counts) = checked;
                assert_eq!(counts.0.load(SeqCst), counts.1.load(SeqCst));
                assert!(is_at_rest(&shared.0));
            },
        );
    });
}
