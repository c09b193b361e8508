//! `Semaphore`: permits are conserved, nobody sleeps while there is what they wait for, time-outs and `close` included.

use crate::bodies;
use crate::harness::{Bound, Suite, plain, threads, varied, varied_for};
use crate::lock::{FORMS, Form, SOON, pairs};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use tollgate::model::Settings;
use tollgate::{AcquireError, Permit, Semaphore};
use tollgate_loom_tests::runner::full;

fn acquire(semaphore: &Semaphore, count: usize, form: Form) -> Result<Permit<'_>, AcquireError> {
    match form {
        Form::Plain => Ok(semaphore.acquire_many(count)?),
        Form::Timed => semaphore.acquire_many_timeout(count, SOON),
        Form::Try => semaphore.try_acquire_many(count),
    }
}

pub(crate) fn models(suite: &mut Suite) {
    for form in FORMS {
        acquire_against_release(suite, form);
        acquire_against_close(suite, form);
    }
    looks_publish(suite);
    for (a, b) in pairs() {
        each_takes_and_gives_back(suite, 1, &[(a, 1), (b, 1)], Bound::None);
    }
    each_takes_and_gives_back(suite, 2, &[(Form::Plain, 2), (Form::Plain, 1)], Bound::None);
    each_takes_and_gives_back(suite, 2, &[(Form::Plain, 2), (Form::Timed, 2)], Bound::None);
    each_takes_and_gives_back(suite, 3, &[(Form::Plain, 2), (Form::Plain, 2)], Bound::Preemptions(4));
    each_takes_and_gives_back(
        suite,
        1,
        &[(Form::Plain, 1), (Form::Plain, 1), (Form::Plain, 1)],
        Bound::Preemptions(2),
    );
    each_takes_and_gives_back(
        suite,
        2,
        &[(Form::Plain, 2), (Form::Timed, 1), (Form::Plain, 1)],
        Bound::Preemptions(2),
    );
    each_takes_and_gives_back(
        suite,
        2,
        &[(Form::Plain, 2), (Form::Timed, 1), (Form::Plain, 1), (Form::Timed, 2), (Form::Try, 1)],
        Bound::ShuttleOnly,
    );
    releases_one_by_one_for_a_request_of_two(suite);
    two_sleepers_one_release_of_two(suite);
    two_sleepers_two_releases(suite);
    a_big_request_that_gives_up_lets_the_small_one_through(suite);
    two_sleepers_woken_in_vain_by_turns(suite);
    a_barger_does_not_strand_a_sleeper(suite);
    real_locks_inside(suite);
}

/// A permit that comes reaches whoever waits for it, with everything that was written before.
fn acquire_against_release(suite: &mut Suite, form: Form) {
    // R21: the first wait of all against a notification.
    suite.add(format!("semaphore: {form:?} of 1 | release(1) (R21)"), Bound::None, varied(), move || {
        let shared = Arc::new((Semaphore::new(0), published::Cell::new()));
        let got = Arc::new(AtomicUsize::new(0));
        let (checked, counted) = (Arc::clone(&shared), Arc::clone(&got));
        threads(
            bodies!([shared, got]
            {
                match acquire(&shared.0, 1, form) {
                    Ok(permit) => { permit.forget(); shared.1.expect(1); got.store(1, SeqCst); }
                    Err(error) => {
                        assert_ne!(form, Form::Plain);
                        let expected = if form == Form::Try { AcquireError::NoPermits } else { AcquireError::TimedOut };
                        assert_eq!(error, expected);
                    }
                }
            },
            { shared.1.write(1); shared.0.release(1); }),
            move || assert_eq!(checked.0.permits() + counted.load(SeqCst), 1),
        );
    });
}

fn acquire_against_close(suite: &mut Suite, form: Form) {
    suite.add(format!("semaphore: {form:?} of 1 | close"), Bound::None, varied(), move || {
        let semaphore = Arc::new(Semaphore::new(0));
        let checked = Arc::clone(&semaphore);
        threads(
            bodies!([semaphore]
            {
                let error = acquire(&semaphore, 1, form).map(Permit::forget).expect_err("there are no permits");
                if form == Form::Plain {
                    assert_eq!(error, AcquireError::Closed);
                }
            },
            { semaphore.close(); }),
            move || {
                assert!(checked.is_closed());
                assert_eq!(checked.acquire().map(Permit::forget), Err(tollgate::Closed));
            },
        );
    });
}

/// `close` publishes: whoever fails because of it, or sees it, sees what was done before. So does whoever sees the permits.
fn looks_publish(suite: &mut Suite) {
    suite.add("semaphore: acquire fails | write, close", Bound::None, plain(), || {
        let shared = Arc::new((Semaphore::new(0), published::Cell::new()));
        threads(
            bodies!([shared]
            { shared.0.acquire().map(Permit::forget).expect_err("there are no permits"); shared.1.expect(1); },
            { shared.1.write(1); shared.0.close(); }),
            || {},
        );
    });
    suite.add("semaphore: is_closed | write, close", Bound::None, plain(), || {
        let shared = Arc::new((Semaphore::new(0), published::Cell::new()));
        threads(
            bodies!([shared]
            { if shared.0.is_closed() { shared.1.expect(1); } },
            { shared.1.write(1); shared.0.close(); }),
            || {},
        );
    });
    suite.add("semaphore: permits | write, release", Bound::None, plain(), || {
        let shared = Arc::new((Semaphore::new(0), published::Cell::new()));
        threads(
            bodies!([shared]
            { if shared.0.permits() == 1 { shared.1.expect(1); } },
            { shared.1.write(1); shared.0.release(1); }),
            || {},
        );
    });
}

/// Every thread takes some permits at once and gives them back. There are never more out than there are; in the end all are
/// back; every plain acquisition gets through.
fn each_takes_and_gives_back(suite: &mut Suite, permits: usize, program: &[(Form, usize)], bound: Bound) {
    let program = program.to_vec();
    let name: Vec<_> = program.iter().map(|(form, count)| format!("{form:?} of {count}")).collect();
    let name = format!("semaphore({permits}): {}", name.join(" | "));
    // A time-out covers what a spurious wake-up would show.
    let timed = program.iter().any(|&(form, _)| form == Form::Timed);
    let settings = if timed { varied_for(Form::Timed) } else { varied() };
    suite.add(name, bound, settings, move || {
        let semaphore = Arc::new(Semaphore::new(permits));
        let out = Arc::new(AtomicUsize::new(0));
        let bodies = program
            .iter()
            .map(|&(form, count)| {
                let (semaphore, out) = (Arc::clone(&semaphore), Arc::clone(&out));
                Box::new(move || match acquire(&semaphore, count, form) {
                    Ok(permit) => {
                        assert!(out.fetch_add(count, SeqCst) + count <= permits);
                        out.fetch_sub(count, SeqCst);
                        drop(permit);
                    }
                    Err(_) => assert_ne!(form, Form::Plain),
                }) as Box<dyn FnOnce() + Send>
            })
            .collect();
        threads(bodies, move || assert_eq!(semaphore.permits(), permits));
    });
}

fn releases_one_by_one_for_a_request_of_two(suite: &mut Suite) {
    suite.add("semaphore(0): Plain of 2 | release(1) x2", Bound::None, varied(), || {
        let semaphore = Arc::new(Semaphore::new(0));
        let checked = Arc::clone(&semaphore);
        threads(
            bodies!([semaphore]
            { semaphore.acquire_many(2).unwrap().forget(); },
            { semaphore.release(1); semaphore.release(1); }),
            move || assert_eq!(checked.permits(), 0),
        );
    });
}

/// One release of two permits serves two sleepers: the one that is woken passes the wake on.
fn two_sleepers_one_release_of_two(suite: &mut Suite) {
    for (name, form) in [("Plain", Form::Plain), ("Timed", Form::Timed)] {
        suite.add(
            format!("semaphore(0): {name} of 1 | Plain of 1 | release(2) (R30)"),
            Bound::Preemptions(2),
            varied(),
            move || {
                let semaphore = Arc::new(Semaphore::new(0));
                threads(
                    bodies!([semaphore]
                    {
                        let taken = acquire(&semaphore, 1, form).map(Permit::forget);
                        assert!(taken.is_ok() || form == Form::Timed);
                    },
                    { semaphore.acquire().unwrap().forget(); },
                    { semaphore.release(2); }),
                    || {},
                );
            },
        );
    }
}

/// The third preemption is a million executions.
fn at_most() -> Bound {
    Bound::Preemptions(if full() { 3 } else { 2 })
}

fn two_sleepers_two_releases(suite: &mut Suite) {
    suite.add("semaphore(0): Plain | Plain | release(1) x2", at_most(), plain(), || {
        let semaphore = Arc::new(Semaphore::new(0));
        threads(
            bodies!([semaphore]
            { semaphore.acquire().unwrap().forget(); },
            { semaphore.acquire().unwrap().forget(); },
            { semaphore.release(1); semaphore.release(1); }),
            || {},
        );
    });
}

/// R32: the sleeper at the head needs more than there is and gives up; the one behind it fits.
fn a_big_request_that_gives_up_lets_the_small_one_through(suite: &mut Suite) {
    suite.add("semaphore(0): R32, Timed of 2 | Plain of 1 | release(1)", at_most(), varied(), || {
        let semaphore = Arc::new(Semaphore::new(0));
        threads(
            bodies!([semaphore]
            {
                let big = acquire(&semaphore, 2, Form::Timed).map(Permit::forget);
                assert_eq!(big, Err(AcquireError::TimedOut));
            },
            { semaphore.acquire().unwrap().forget(); },
            { semaphore.release(1); }),
            || {},
        );
    });
}

/// Two sleepers with different needs, the older one needs less, and both are woken in vain: whichever comes back last has to
/// look for the other. In the end the permits would serve the older one, and it must not sleep.
fn two_sleepers_woken_in_vain_by_turns(suite: &mut Suite) {
    suite.add("semaphore(0): vain by turns", Bound::ShuttleOnly, varied(), || {
        let semaphore = Arc::new(Semaphore::new(0));
        let served = Arc::new(Semaphore::new(0));
        threads(
            bodies!([semaphore, served]
            { if semaphore.acquire_many(3).map(Permit::forget).is_ok() { served.release(1); } },
            { if seen_waiting(&semaphore, 1) { let _ = semaphore.acquire_many(5).map(Permit::forget); } },
            {
                if seen_waiting(&semaphore, 2) {
                    semaphore.release(3);
                    let first = semaphore.try_acquire_many(3).map(Permit::forget).is_ok();
                    semaphore.release(5);
                    let second = semaphore.try_acquire_many(5).map(Permit::forget).is_ok();
                    if first || second {
                        semaphore.release(3);
                    }
                    // Whichever way that went, there were three for the one who needs three.
                    served.acquire().unwrap().forget();
                }
                semaphore.close();
            }),
            || {},
        );
    });
}

/// Whether so many are seen to wait within a few looks; a schedule in which they are not is of no interest.
fn seen_waiting(semaphore: &Semaphore, count: usize) -> bool {
    (0..30).any(|_| {
        #[cfg(shuttle)]
        shuttle::thread::yield_now();
        format!("{semaphore:?}").contains(&format!("waiting: {count}"))
    })
}

/// A thread that is awake takes the permit for which a sleeper was woken, and gives it back.
fn a_barger_does_not_strand_a_sleeper(suite: &mut Suite) {
    // All interleavings: 456,646 executions with the default settings, over a minute; more with the others.
    suite.add(
        "semaphore(0): Plain of 1 | release(1), Try, release (R43)",
        Bound::Preemptions(3),
        varied(),
        || {
            let semaphore = Arc::new(Semaphore::new(0));
            threads(
                bodies!([semaphore]
            { semaphore.acquire().unwrap().forget(); },
            { semaphore.release(1); drop(semaphore.try_acquire()); }),
                || {},
            );
        },
    );
    let gentle = vec![Settings::default(), Settings { too_long: true, ..Settings::default() }];
    suite.add("semaphore(1): Plain x2 | Plain x2", Bound::Preemptions(3), gentle, || {
        let semaphore = Arc::new(Semaphore::new(1));
        threads(
            bodies!([semaphore]
            { for _ in 0..2 { drop(semaphore.acquire().unwrap()); } },
            { for _ in 0..2 { drop(semaphore.acquire().unwrap()); } }),
            || {},
        );
    });
}

/// The composite: the gate's own lock is the real one.
fn real_locks_inside(suite: &mut Suite) {
    let real = Settings { real_locks: true, ..Settings::default() };
    suite.add("semaphore(0): Plain of 1 | release(1), real locks", Bound::None, vec![real], || {
        let semaphore = Arc::new(Semaphore::new(0));
        threads(
            bodies!([semaphore]
            { semaphore.acquire().unwrap().forget(); },
            { semaphore.release(1); }),
            || {},
        );
    });
    suite.add("semaphore(0): Timed of 1 | release(1), real locks", Bound::Preemptions(3), vec![real], || {
        let semaphore = Arc::new(Semaphore::new(0));
        threads(
            bodies!([semaphore]
            { drop(semaphore.acquire_timeout(SOON)); },
            { semaphore.release(1); }),
            || {},
        );
    });
    suite.add("semaphore: as a lock around a value", Bound::None, plain(), || {
        let shared = Arc::new((Semaphore::new(1), published::Cell::new()));
        threads(
            bodies!([shared]
            { let _permit = shared.0.acquire().unwrap(); shared.1.write(1); },
            { let _permit = shared.0.acquire().unwrap(); shared.1.write(2); }),
            || {},
        );
    });
}

/// A value that is only correct to touch in the order that the type under test gives: loom's cell reports every other access
/// as a race.
pub(crate) mod published {
    #[cfg(loom)]
    type Inner = loom::cell::UnsafeCell<usize>;
    #[cfg(shuttle)]
    type Inner = std::sync::atomic::AtomicUsize;

    pub(crate) struct Cell(Inner);

    // SAFETY: racing accesses are what the model looks for; loom panics before the second one is made.
    #[allow(clippy::non_send_fields_in_send_ty)]
    unsafe impl Send for Cell {}
    // SAFETY: as above.
    unsafe impl Sync for Cell {}

    impl Cell {
        pub(crate) fn new() -> Self {
            Cell(Inner::new(0))
        }

        pub(crate) fn write(&self, value: usize) {
            #[cfg(loom)]
            // SAFETY: loom has just checked that nobody else accesses the cell.
            self.0.with_mut(|cell| unsafe { *cell = value });
            #[cfg(shuttle)]
            self.0.store(value, std::sync::atomic::Ordering::SeqCst);
        }

        pub(crate) fn expect(&self, value: usize) {
            #[cfg(loom)]
            // SAFETY: loom has just checked that nobody writes the cell.
            self.0.with(|cell| assert_eq!(unsafe { *cell }, value));
            #[cfg(shuttle)]
            assert_eq!(self.0.load(std::sync::atomic::Ordering::SeqCst), value);
        }
    }
}
