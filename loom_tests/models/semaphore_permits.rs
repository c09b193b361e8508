//! `Semaphore` and `BoundedSemaphore`: what else changes the number of permits, against those who acquire: releases that are
//! refused, `drain`, `forget_permits`, leaks, and the permit that frees its semaphore.

use crate::bodies;
use crate::harness::{Bound, Suite, plain, threads, varied, varied_for, varied_real};
use crate::lock::{FORMS, Form, SOON};
use crate::semaphore::published;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use tollgate::model::Settings;
use tollgate::{AcquireError, BoundedSemaphore, Closed, OverRelease, OwnedPermit, Permit, Semaphore};

pub(crate) fn models(suite: &mut Suite) {
    for form in FORMS {
        refused_while_acquired(suite, form);
    }
    two_releases_and_room_for_one(suite);
    a_permit_comes_back_beside_a_release(suite);
    drain_against_release(suite);
    drain_against_close(suite);
    drained_from_under_a_woken_sleeper(suite);
    forgotten_against_close(suite);
    forgotten_amid_a_release_sequence(suite);
    leaked(suite);
    a_time_out_leaves_no_trace(suite);
    who_times_out_amid_a_wake(suite);
    the_last_owned_permit_frees(suite);
}

/// Either the permit is out, and there is room; or it is there, and there is none. In the end there is one.
fn refused_while_acquired(suite: &mut Suite, form: Form) {
    let name = format!("bounded semaphore(1): {form:?} of 1 | release(1)");
    suite.add(name, Bound::None, plain(), move || {
        let semaphore = Arc::new(BoundedSemaphore::new(1));
        let checked = Arc::clone(&semaphore);
        threads(
            bodies!([semaphore]
            {
                let permit = match form {
                    Form::Plain => semaphore.acquire().map_err(AcquireError::from),
                    Form::Timed => semaphore.acquire_timeout(SOON),
                    Form::Try => semaphore.try_acquire(),
                };
                drop(permit.expect("there is never less than one"));
            },
            { let _: Result<(), OverRelease> = semaphore.release(1); assert!(semaphore.permits() <= 1); }),
            move || assert_eq!(checked.permits(), 1),
        );
    });
}

fn two_releases_and_room_for_one(suite: &mut Suite) {
    suite.add("bounded semaphore(1), one out: release(1) | release(1)", Bound::None, plain(), || {
        let semaphore = Arc::new(BoundedSemaphore::new(1));
        semaphore.acquire().unwrap().forget();
        let released = Arc::new(AtomicUsize::new(0));
        let (checked, counted) = (Arc::clone(&semaphore), Arc::clone(&released));
        threads(
            bodies!([semaphore, released]
            { released.fetch_add(semaphore.release(1).is_ok().into(), SeqCst); },
            { released.fetch_add(semaphore.release(1).is_ok().into(), SeqCst); }),
            move || assert_eq!((counted.load(SeqCst), checked.permits()), (1, 1)),
        );
    });
}

/// Whichever of the two comes first serves the sleeper; the other finds room then, or changes nothing.
fn a_permit_comes_back_beside_a_release(suite: &mut Suite) {
    suite.add(
        "bounded semaphore(1), one out: Plain of 1 | drop | release(1)",
        Bound::Preemptions(2),
        varied(),
        || {
            let semaphore = Arc::new(BoundedSemaphore::new(1));
            let permit = semaphore.acquire_owned().unwrap();
            let checked = Arc::clone(&semaphore);
            let mut bodies = bodies!([semaphore]
            { semaphore.acquire().unwrap().forget(); },
            { let _: Result<(), OverRelease> = semaphore.release(1); });
            bodies.insert(0, Box::new(move || drop(permit)));
            threads(bodies, move || assert!(checked.permits() <= 1));
        },
    );
}

/// All that is taken is there; who drains sees what was done before the release.
fn drain_against_release(suite: &mut Suite) {
    suite.add("semaphore(0): drain | write, release(1)", Bound::None, plain(), || {
        let shared = Arc::new((Semaphore::new(0), published::Cell::new()));
        let drained = Arc::new(AtomicUsize::new(0));
        let (checked, counted) = (Arc::clone(&shared), Arc::clone(&drained));
        threads(
            bodies!([shared, drained]
            {
                let permit = shared.0.drain().unwrap();
                if permit.count() > 0 {
                    shared.1.expect(1);
                }
                drained.store(permit.count(), SeqCst);
                permit.forget();
            },
            { shared.1.write(1); shared.0.release(1); }),
            move || assert_eq!(checked.0.permits() + counted.load(SeqCst), 1),
        );
    });
}

fn drain_against_close(suite: &mut Suite) {
    suite.add("semaphore(2): drain | write, close", Bound::None, plain(), || {
        let shared = Arc::new((Semaphore::new(2), published::Cell::new()));
        let drained = Arc::new(AtomicUsize::new(0));
        let (checked, counted) = (Arc::clone(&shared), Arc::clone(&drained));
        threads(
            bodies!([shared, drained]
            {
                match shared.0.drain() {
                    Ok(permit) => { drained.store(permit.count(), SeqCst); permit.forget(); }
                    Err(Closed) => shared.1.expect(1),
                }
            },
            { shared.1.write(1); shared.0.close(); }),
            move || {
                assert!(checked.0.is_closed());
                // All or none.
                let counts = (counted.load(SeqCst), checked.0.permits());
                assert!(matches!(counts, (2, 0) | (0, 2)), "{counts:?}");
            },
        );
    });
}

/// R43: a thread that is awake takes what the sleeper was woken for, all of it, and gives it back.
fn drained_from_under_a_woken_sleeper(suite: &mut Suite) {
    suite.add(
        "semaphore(0): R43, Plain of 1 | release(1), drain, drop",
        Bound::Preemptions(3),
        varied(),
        || {
            let semaphore = Arc::new(Semaphore::new(0));
            threads(
                bodies!([semaphore]
            { semaphore.acquire().unwrap().forget(); },
            { semaphore.release(1); drop(semaphore.drain()); }),
                || {},
            );
        },
    );
}

/// R28: a closed semaphore stays closed.
fn forgotten_against_close(suite: &mut Suite) {
    suite.add("semaphore(2): R28, forget_permits(1) | close", Bound::None, plain(), || {
        let semaphore = Arc::new(Semaphore::new(2));
        let checked = Arc::clone(&semaphore);
        threads(
            bodies!([semaphore]
            { assert_eq!(semaphore.forget_permits(1), 1); },
            { semaphore.close(); }),
            move || {
                assert!(checked.is_closed());
                assert_eq!(checked.permits(), 1);
                assert_eq!(checked.acquire().map(Permit::forget), Err(Closed));
            },
        );
    });
}

/// What is taken away between a release and an acquisition does not come between them: a change of the word is a part of the
/// release sequence, a relaxed one too.
fn forgotten_amid_a_release_sequence(suite: &mut Suite) {
    suite.add(
        "semaphore(0): Plain of 1 | forget_permits(1) | write, release(2)",
        Bound::Preemptions(2),
        plain(),
        || {
            let shared = Arc::new((Semaphore::new(0), published::Cell::new()));
            threads(
                bodies!([shared]
                { shared.0.acquire().unwrap().forget(); shared.1.expect(1); },
                { shared.0.forget_permits(1); },
                { shared.1.write(1); shared.0.release(2); }),
                || {},
            );
        },
    );
}

/// R9: a permit that is leaked stays out, and nobody else is harmed.
fn leaked(suite: &mut Suite) {
    suite.add("semaphore(2): R9, leaked | Plain of 1", Bound::None, plain(), || {
        let semaphore = Arc::new(Semaphore::new(2));
        let checked = Arc::clone(&semaphore);
        threads(
            bodies!([semaphore]
            { std::mem::forget(semaphore.acquire().unwrap()); },
            { drop(semaphore.acquire().unwrap()); }),
            move || assert_eq!(checked.permits(), 1),
        );
    });
}

/// R16: what a time-out leaves behind (a count, a bit) would keep the next one from being woken.
fn a_time_out_leaves_no_trace(suite: &mut Suite) {
    suite.add(
        "semaphore(0): R16, Timed of 1, Plain of 1 | release(1) x2",
        Bound::Preemptions(3),
        varied_for(Form::Timed),
        || {
            let semaphore = Arc::new(Semaphore::new(0));
            let timed = Arc::new(AtomicUsize::new(0));
            let (checked, counted) = (Arc::clone(&semaphore), Arc::clone(&timed));
            threads(
                bodies!([semaphore, timed]
                {
                    let first = semaphore.acquire_timeout(SOON).map(Permit::forget);
                    timed.store(first.is_ok().into(), SeqCst);
                    semaphore.acquire().unwrap().forget();
                },
                { semaphore.release(1); semaphore.release(1); }),
                move || assert_eq!(checked.permits() + counted.load(SeqCst), 1),
            );
        },
    );
}

/// R30, R33: one permit comes; whoever gets it in time gives it back; whoever does not must leave it, and the wake, to the other.
fn who_times_out_amid_a_wake(suite: &mut Suite) {
    // Woken in vain, it waits a second time.
    let settings = varied_for(Form::Timed).into_iter().map(|settings| Settings { timeouts: 2, ..settings });
    suite.add(
        "semaphore(0): R33, Timed of 1 | Plain of 1 | release(1)",
        Bound::Preemptions(2),
        settings.collect(),
        || {
            let semaphore = Arc::new(Semaphore::new(0));
            threads(
                bodies!([semaphore]
                { drop(semaphore.acquire_timeout(SOON)); },
                { semaphore.acquire().unwrap().forget(); },
                { semaphore.release(1); }),
                || {},
            );
        },
    );
}

/// R35: the permit that is dropped last gives back its permit, wakes who waits, and then frees the semaphore, whose atomics notice
/// when they are used after that.
fn the_last_owned_permit_frees(suite: &mut Suite) {
    suite.add(
        "semaphore(1): R35, two owned, the last one frees",
        Bound::Preemptions(3),
        varied_real(),
        || {
            let semaphore = Arc::new(Semaphore::new(1));
            let watch = Arc::downgrade(&semaphore);
            let enter = |semaphore: Arc<Semaphore>| {
                let permit: OwnedPermit = semaphore.acquire_owned().unwrap();
                drop(semaphore);
                drop(permit);
            };
            let bodies = bodies!([semaphore] { enter(semaphore) }, { enter(semaphore) });
            drop(semaphore);
            threads(bodies, move || assert!(watch.upgrade().is_none(), "nobody owns it"));
        },
    );
}
