//! `Barrier`: all of a round or none, each told what became of its own round, the action once and in between.

use crate::bodies;
use crate::harness::{self, Bound, Suite, threads};
use crate::lock::{FORMS, Form, SOON, pairs};
use crate::semaphore::published::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tollgate::model::Settings;
use tollgate::{Barrier, BarrierWait, Broken};

type Acting = Barrier<Box<dyn FnMut() + Send>>;

fn wait<A: FnMut() + Send>(barrier: &Barrier<A>, form: Form) -> Result<BarrierWait, Broken> {
    match form {
        Form::Plain => barrier.wait(),
        Form::Timed => barrier.wait_timeout(SOON),
        Form::Try => barrier.wait_timeout(Duration::ZERO),
    }
}

/// Places of those who have passed, `None` of those who have not, in some order.
type Results = Arc<Mutex<Vec<Option<usize>>>>;

fn note(results: &Results, result: Result<BarrierWait, Broken>) {
    let index = result.ok().map(|wait| wait.index());
    results.lock().unwrap().push(index);
}

/// Whether everybody passed; they agree, and their places are a permutation.
fn passed(results: &Results) -> bool {
    let mut results = results.lock().unwrap().clone();
    results.sort_unstable();
    if results.iter().all(Option::is_none) {
        return false;
    }
    assert_eq!(results, (0..results.len()).map(Some).collect::<Vec<_>>());
    true
}

/// A barrier whose action counts.
fn counting(parties: usize) -> (Arc<Acting>, Arc<AtomicUsize>) {
    let acted = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&acted);
    (Arc::new(Barrier::with_action(parties, Box::new(move || _ = counted.fetch_add(1, SeqCst)))), acted)
}

/// Time-outs enough. Whoever ends a round wakes all that sleep then, and a thread of the next round may be among them: it sleeps once
/// more, and has to be able to time out then too. (Under loom the last two steps of an end are one.)
fn patient(settings: Vec<Settings>) -> Vec<Settings> {
    let more = |settings| Settings { timeouts: if cfg!(shuttle) { 4 } else { 1 }, ..settings };
    settings.into_iter().map(more).collect()
}

fn plain() -> Vec<Settings> {
    patient(harness::plain())
}

fn varied() -> Vec<Settings> {
    patient(harness::varied())
}

fn varied_for(form: Form) -> Vec<Settings> {
    patient(harness::varied_for(form))
}

pub(crate) fn models(suite: &mut Suite) {
    for (a, b) in pairs() {
        all_or_none(suite, a, b);
    }
    arrivals_publish(suite);
    the_action_publishes(suite);
    nobody_gives_up_a_full_round(suite);
    an_action_that_panics_breaks(suite);
    for form in FORMS {
        who_has_passed_is_not_hit(suite, form);
    }
    abort_and_reset_amid_a_round(suite);
    abort_amid_an_action(suite);
    an_action_may_use_the_barrier(suite);
    three_threads_on_two_places(suite);
    a_newcomer_waits_for_the_action(suite);
    the_waiter_may_free_the_barrier(suite);
}

fn all_or_none(suite: &mut Suite, a: Form, b: Form) {
    let settings = if a == Form::Plain && b == Form::Plain { varied() } else { varied_for(Form::Timed) };
    suite.add(format!("barrier(2): {a:?} | {b:?}"), Bound::None, settings, move || {
        let (barrier, results) = (Arc::new(Barrier::new(2)), Results::default());
        let (checked, noted) = (Arc::clone(&barrier), Arc::clone(&results));
        threads(
            bodies!([barrier, results]
            { note(&results, wait(&barrier, a)); },
            { note(&results, wait(&barrier, b)); }),
            move || {
                let passed = passed(&noted);
                assert!(passed || (a, b) != (Form::Plain, Form::Plain));
                assert_eq!((checked.waiting(), checked.is_broken()), (0, !passed));
            },
        );
    });
}

fn arrivals_publish(suite: &mut Suite) {
    suite.add("barrier(2): write, wait, read | the same", Bound::None, varied(), || {
        let shared = Arc::new((Barrier::new(2), Cell::new(), Cell::new()));
        threads(
            bodies!([shared]
            { shared.1.write(1); shared.0.wait().unwrap(); shared.2.expect(1); },
            { shared.2.write(1); shared.0.wait().unwrap(); shared.1.expect(1); }),
            || {},
        );
    });
}

fn the_action_publishes(suite: &mut Suite) {
    suite.add("barrier(2), action: it sees all, all see it", Bound::None, plain(), || {
        let cells = Arc::new((Cell::new(), Cell::new(), Cell::new()));
        let sums = Arc::clone(&cells);
        let barrier = Arc::new(Barrier::with_action(2, move || {
            sums.0.expect(1);
            sums.1.expect(1);
            sums.2.write(2);
        }));
        threads(
            bodies!([barrier, cells]
            { cells.0.write(1); barrier.wait().unwrap(); cells.2.expect(2); },
            { cells.1.write(1); barrier.wait().unwrap(); cells.2.expect(2); }),
            || {},
        );
    });
}

/// Time may run out before all have arrived, and not while the action runs.
fn nobody_gives_up_a_full_round(suite: &mut Suite) {
    suite.add("barrier(2), action: Timed | Plain", Bound::None, plain(), || {
        let ((barrier, acted), results) = (counting(2), Results::default());
        let (checked, noted) = (Arc::clone(&barrier), Arc::clone(&results));
        threads(
            bodies!([barrier, results]
            { note(&results, wait(&barrier, Form::Timed)); },
            { note(&results, wait(&barrier, Form::Plain)); }),
            move || {
                let passed = passed(&noted);
                assert_eq!(acted.load(SeqCst), usize::from(passed));
                assert_eq!((checked.waiting(), checked.is_broken()), (0, !passed));
            },
        );
    });
}

fn an_action_that_panics_breaks(suite: &mut Suite) {
    suite.add("barrier(2), action panics: Plain | Plain", Bound::None, plain(), || {
        let barrier = Arc::new(Barrier::with_action(2, || resume_unwind(Box::new("on purpose"))));
        let panics = Arc::new(AtomicUsize::new(0));
        let (checked, counted) = (Arc::clone(&barrier), Arc::clone(&panics));
        let enter =
            move |barrier: &Barrier<_>, panics: &AtomicUsize| match catch_unwind(AssertUnwindSafe(|| {
                barrier.wait()
            })) {
                Ok(result) => assert_eq!(result, Err(Broken)),
                Err(payload) if payload.downcast_ref() == Some(&"on purpose") => {
                    _ = panics.fetch_add(1, SeqCst)
                }
                // The explorer's own.
                Err(payload) => resume_unwind(payload),
            };
        threads(
            bodies!([barrier, panics] { enter(&barrier, &panics) }, { enter(&barrier, &panics) }),
            move || {
                assert!(checked.is_broken());
                assert_eq!(counted.load(SeqCst), 1, "the one that ran it, and it alone");
            },
        );
    });
}

/// A round that is over is over, though a later one is broken or reset, or begins, before somebody has left.
fn who_has_passed_is_not_hit(suite: &mut Suite, form: Form) {
    type Then = fn(&Barrier);
    let then: [(&str, Then); 3] = [
        ("abort", |b| b.abort()),
        ("reset", |b| b.reset()),
        ("a broken round", |b| _ = b.wait_timeout(SOON)),
    ];
    for (name, then) in then {
        // The last one is the largest by far.
        let settings = if name == "a broken round" { plain() } else { varied_for(form) };
        suite.add(format!("barrier(2): {form:?} | wait, then {name}"), Bound::None, settings, move || {
            let barrier = Arc::new(Barrier::new(2));
            threads(
                bodies!([barrier]
                { let first = wait(&barrier, form); assert!(first.is_ok() || form != Form::Plain); },
                { if barrier.wait().is_ok() { then(&barrier); } }),
                || {},
            );
        });
    }
}

fn abort_and_reset_amid_a_round(suite: &mut Suite) {
    for (name, breaks) in [("abort", true), ("reset", false)] {
        suite.add(format!("barrier(2): Timed | Timed | {name}"), Bound::Preemptions(2), plain(), move || {
            let (barrier, results) = (Arc::new(Barrier::new(2)), Results::default());
            let (checked, noted) = (Arc::clone(&barrier), Arc::clone(&results));
            threads(
                bodies!([barrier, results]
                { note(&results, wait(&barrier, Form::Timed)); },
                { note(&results, wait(&barrier, Form::Timed)); },
                { if breaks { barrier.abort() } else { barrier.reset() } }),
                move || {
                    passed(&noted);
                    assert!(checked.is_broken() || !breaks);
                    assert_eq!(checked.waiting(), 0);
                },
            );
        });
    }
}

/// Whoever aborts has the last word, also when the action has begun.
fn abort_amid_an_action(suite: &mut Suite) {
    for (name, breaks) in [("abort", true), ("reset", false)] {
        suite.add(format!("barrier(1), action: Plain | {name}"), Bound::None, plain(), move || {
            let ((barrier, acted), results) = (counting(1), Results::default());
            let (checked, noted) = (Arc::clone(&barrier), Arc::clone(&results));
            threads(
                bodies!([barrier, results]
                { note(&results, barrier.wait()); },
                { if breaks { barrier.abort() } else { barrier.reset() } }),
                move || {
                    assert!(!passed(&noted) || acted.load(SeqCst) == 1);
                    assert_eq!((checked.waiting(), checked.is_broken()), (0, breaks));
                },
            );
        });
    }
    suite.add("barrier(2), action: Plain | Plain | abort", Bound::Preemptions(2), plain(), || {
        let ((barrier, acted), results) = (counting(2), Results::default());
        let (checked, noted) = (Arc::clone(&barrier), Arc::clone(&results));
        threads(
            bodies!([barrier, results]
            { note(&results, barrier.wait()); },
            { note(&results, barrier.wait()); },
            { barrier.abort(); }),
            move || {
                assert!(!passed(&noted) || acted.load(SeqCst) == 1);
                assert!(checked.is_broken());
            },
        );
    });
}

/// From within the action all have arrived and nothing is broken; and it may break its own round.
fn an_action_may_use_the_barrier(suite: &mut Suite) {
    for aborts in [false, true] {
        let name = format!("barrier(2), action {}: Plain | Plain", if aborts { "aborts" } else { "looks" });
        suite.add(name, Bound::None, plain(), move || {
            let barrier = Arc::new_cyclic(|itself: &std::sync::Weak<Acting>| {
                let itself = itself.clone();
                let action: Box<dyn FnMut() + Send> = Box::new(move || {
                    let barrier = itself.upgrade().expect("its threads hold it");
                    assert_eq!((barrier.waiting(), barrier.is_broken()), (2, false));
                    if aborts {
                        barrier.abort();
                        assert_eq!((barrier.waiting(), barrier.is_broken()), (0, true));
                    }
                });
                Barrier::with_action(2, action)
            });
            threads(
                bodies!([barrier]
                { assert_eq!(barrier.wait().is_err(), aborts); },
                { assert_eq!(barrier.wait().is_err(), aborts); }),
                || {},
            );
        });
    }
}

/// Two rounds or one or none, three threads, two parties: each round has one first and one last.
fn three_threads_on_two_places(suite: &mut Suite) {
    let twice = vec![Settings { timeouts: 4, ..Settings::default() }];
    suite.add("barrier(2): Timed x2 | Timed | Timed", Bound::Preemptions(2), twice, || {
        let (barrier, results) = (Arc::new(Barrier::new(2)), Results::default());
        let noted = Arc::clone(&results);
        threads(
            bodies!([barrier, results]
            { for _ in 0..2 { note(&results, wait(&barrier, Form::Timed)); } },
            { note(&results, wait(&barrier, Form::Timed)); },
            { note(&results, wait(&barrier, Form::Timed)); }),
            move || {
                let results = noted.lock().unwrap();
                let count = |index| results.iter().filter(|&&result| result == index).count();
                assert_eq!(count(Some(0)), count(Some(1)));
                assert_eq!(count(None) % 2, 0);
            },
        );
    });
}

fn a_newcomer_waits_for_the_action(suite: &mut Suite) {
    // One may be woken in vain, by the end of the round before.
    let twice = vec![Settings { timeouts: 2, ..Settings::default() }];
    suite.add("barrier(2), action: three Timed", Bound::Preemptions(2), twice, || {
        let ((barrier, acted), results) = (counting(2), Results::default());
        let noted = Arc::clone(&results);
        threads(
            bodies!([barrier, results]
            { note(&results, wait(&barrier, Form::Timed)); },
            { note(&results, wait(&barrier, Form::Timed)); },
            { note(&results, wait(&barrier, Form::Timed)); }),
            move || {
                let mut results = noted.lock().unwrap().clone();
                results.sort_unstable();
                let passed = acted.load(SeqCst);
                let expected = if passed == 1 { [None, Some(0), Some(1)] } else { [None; 3] };
                assert_eq!(results, expected);
            },
        );
    });
}

/// R35, R41: the one that has waited frees the barrier as soon as it returns; the last one to arrive may still be on its way out.
fn the_waiter_may_free_the_barrier(suite: &mut Suite) {
    for acts in [false, true] {
        let name = format!("barrier(2){}: R41, freed by the first", if acts { ", action" } else { "" });
        suite.add(name, Bound::None, if acts { plain() } else { varied() }, move || {
            let barrier: Box<Acting> = Box::new(Barrier::with_action(2, Box::new(|| ())));
            let plain = Box::into_raw(Box::new(Barrier::new(2))).expose_provenance();
            let acting = Box::into_raw(barrier).expose_provenance();
            let meet = move || {
                // Addresses, since no reference may outlive the barrier.
                let plain = std::ptr::with_exposed_provenance_mut::<Barrier>(plain);
                let acting = std::ptr::with_exposed_provenance_mut::<Acting>(acting);
                // SAFETY: freed by the one that came first, when it has passed; the other one, which came last, is done with the
                // barrier by then.
                let place = unsafe { if acts { (*acting).wait() } else { (*plain).wait() } };
                if place.unwrap().index() == 0 {
                    // SAFETY: made by `into_raw`; see above.
                    unsafe { drop((Box::from_raw(plain), Box::from_raw(acting))) };
                }
            };
            threads(bodies!([meet] { meet() }, { meet() }), || {});
        });
    }
}
