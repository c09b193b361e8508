//! `Event`: no waiter is left behind by a `set`, none is released by anything else, and what came before a `set` is seen.

use crate::bodies;
use crate::harness::{Bound, Suite, plain, threads, varied, varied_for};
use crate::lock::{FORMS, Form, SOON, pairs};
use crate::semaphore::published::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;
use tollgate::Event;
use tollgate::model::sleepers;

#[cfg(loom)]
use loom::sync::atomic::AtomicBool;
#[cfg(shuttle)]
use shuttle::sync::atomic::AtomicBool;

fn wait(event: &Event, form: Form) -> bool {
    match form {
        Form::Plain => {
            event.wait();
            true
        }
        Form::Timed => event.wait_timeout(SOON),
        Form::Try => event.wait_timeout(Duration::ZERO),
    }
}

pub(crate) fn models(suite: &mut Suite) {
    for form in FORMS {
        a_set_reaches_the_waiter(suite, form);
    }
    for (a, b) in pairs().filter(|pair| *pair != (Form::Try, Form::Try)) {
        a_set_reaches_two_waiters(suite, a, b);
    }
    a_sleeper_is_released_though_clear_follows(suite);
    a_wait_ends_by_a_set(suite);
    two_sets(suite);
    looks_publish(suite);
    a_set_that_is_undone_is_seen(suite);
    the_waiter_may_free_the_event(suite);
}

fn a_set_reaches_the_waiter(suite: &mut Suite, form: Form) {
    suite.add(format!("event: {form:?} | write, set"), Bound::None, varied_for(form), move || {
        let shared = Arc::new((Event::new(), Cell::new()));
        let checked = Arc::clone(&shared);
        threads(
            bodies!([shared]
            { if wait(&shared.0, form) { shared.1.expect(1); } },
            { shared.1.write(1); shared.0.set(); }),
            move || assert!(checked.0.is_set()),
        );
    });
}

fn a_set_reaches_two_waiters(suite: &mut Suite, a: Form, b: Form) {
    suite.add(format!("event: {a:?} | {b:?} | set"), Bound::Preemptions(2), varied(), move || {
        let event = Arc::new(Event::new());
        threads(bodies!([event] { wait(&event, a); }, { wait(&event, b); }, { event.set(); }), || {});
    });
}

/// Who sleeps when `set` is called returns. Who did not, may have to be let go by another one.
fn a_sleeper_is_released_though_clear_follows(suite: &mut Suite) {
    for waiters in [1, 2] {
        let bound = if waiters == 1 { Bound::None } else { Bound::Preemptions(2) };
        suite.add(format!("event: Plain x{waiters} | set, clear"), bound, varied(), move || {
            let event = Arc::new(Event::new());
            let waiter = || bodies!([event] { event.wait(); });
            let mut bodies: Vec<_> = (0..waiters).flat_map(|_| waiter()).collect();
            bodies.extend(bodies!([event]
            {
                // A step that comes before or after the other falls asleep: the count is that of this moment.
                assert!(!event.is_set());
                let asleep = sleepers();
                event.set();
                event.clear();
                if asleep < waiters {
                    event.set();
                }
            }));
            threads(bodies, || {});
        });
    }
}

/// A wait returns because the event was set, and for no other reason.
fn a_wait_ends_by_a_set(suite: &mut Suite) {
    suite.add("event: wait, no reason but a set", Bound::None, varied(), || {
        let shared = Arc::new((Event::new(), AtomicUsize::new(0)));
        threads(
            bodies!([shared]
            { shared.0.wait(); assert_eq!(shared.1.load(SeqCst), 1, "released by nobody"); },
            { shared.0.clear(); shared.1.store(1, SeqCst); shared.0.set(); }),
            || {},
        );
    });
}

/// Of two that set, one finds the sleeper.
fn two_sets(suite: &mut Suite) {
    suite.add("event: Plain | set | set", Bound::Preemptions(3), plain(), || {
        let event = Arc::new(Event::new());
        threads(bodies!([event] { event.wait(); }, { event.set(); }, { event.set(); }), || {});
    });
}

fn looks_publish(suite: &mut Suite) {
    suite.add("event: is_set | write, set", Bound::None, plain(), || {
        let shared = Arc::new((Event::new(), Cell::new()));
        threads(
            bodies!([shared]
            { if shared.0.is_set() { shared.1.expect(1); } },
            { shared.1.write(1); shared.0.set(); }),
            || {},
        );
    });
    suite.add("event: is_set | write, clear", Bound::None, plain(), || {
        let shared = Arc::new((Event::new(), Cell::new()));
        shared.0.set();
        threads(
            bodies!([shared]
            { if !shared.0.is_set() { shared.1.expect(1); } },
            { shared.1.write(1); shared.0.clear(); }),
            || {},
        );
    });
}

/// The consumer clears and then looks for work, the producer brings work and then sets: either the event is set in the end, or
/// the work was seen.
fn a_set_that_is_undone_is_seen(suite: &mut Suite) {
    for before in [false, true] {
        let name = format!("event, {}: clear, look | work, set", if before { "set" } else { "clear" });
        suite.add(name, Bound::None, plain(), move || {
            use std::sync::atomic::Ordering::Relaxed;
            let shared = Arc::new((Event::new(), AtomicBool::new(false)));
            let seen = Arc::new(AtomicUsize::new(0));
            if before {
                shared.0.set();
            }
            let (checked, looked) = (Arc::clone(&shared), Arc::clone(&seen));
            threads(
                bodies!([shared, seen]
                { shared.0.clear(); seen.store(shared.1.load(Relaxed).into(), SeqCst); },
                { shared.1.store(true, Relaxed); shared.0.set(); }),
                move || assert!(checked.0.is_set() || looked.load(SeqCst) == 1, "the work lies there"),
            );
        });
    }
}

/// R41: whoever waits frees the event as soon as it is let go, while the other one may still be on its way out of `set`.
fn the_waiter_may_free_the_event(suite: &mut Suite) {
    for form in [Form::Plain, Form::Try] {
        suite.add(format!("event: R41, freed by {form:?} | set"), Bound::None, varied(), move || {
            // An address, since no reference may outlive the event.
            let owned = Box::into_raw(Box::new(Event::new())).expose_provenance();
            let event = move || std::ptr::with_exposed_provenance_mut::<Event>(owned);
            let left = Arc::new(AtomicUsize::new(1));
            let checked = Arc::clone(&left);
            let free = move || {
                // SAFETY: made by `into_raw`, and `set`, which has taken effect, does not touch the event any more.
                drop(unsafe { Box::from_raw(event()) });
            };
            threads(
                bodies!([left]
                {
                    // SAFETY: freed by this thread alone, or after all.
                    if wait(unsafe { &*event() }, form) { free(); left.store(0, SeqCst); }
                },
                {
                    // SAFETY: live until it has been set.
                    unsafe { &*event() }.set();
                }),
                move || {
                    if checked.load(SeqCst) == 1 {
                        free();
                    }
                },
            );
        });
    }
}
