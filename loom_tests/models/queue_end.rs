//! `Queue`, the end: `join` and `shutdown` reach everybody, and count what they should.

use crate::bodies;
use crate::harness::{Bound, Suite, plain, threads, varied, varied_for};
use crate::lock::{FORMS, Form, SOON};
use crate::queue::Shared;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use tollgate::model::{Settings, sleepers};
use tollgate::{GetError, Queue, Semaphore, Shutdown};

pub(crate) fn models(suite: &mut Suite) {
    for how in [Shutdown::Drain, Shutdown::Immediate] {
        // One latch, and one at each end.
        for capacity in [1, 2] {
            for form in FORMS {
                shutdown_against_get(suite, capacity, how, form);
                shutdown_against_put(suite, capacity, how, form);
            }
            shutdown_against_put_and_get(suite, capacity, how);
        }
    }
    for timed in [false, true] {
        join_against_task_done(suite, timed);
    }
    join_does_not_take_an_old_word_for_a_new_one(suite);
    a_moment_without_tasks_is_enough(suite);
    join_against_immediate_shutdown(suite);
    destructors_come_last(suite);
}

/// A getter sees the item that was there before a draining shutdown, and the shutdown after it; nobody sleeps on.
fn shutdown_against_get(suite: &mut Suite, capacity: usize, how: Shutdown, form: Form) {
    suite.add(
        format!("queue({capacity}): get {form:?} | shutdown({how:?})"),
        Bound::None,
        varied_for(form),
        move || {
            let shared = Shared::new(capacity);
            let checked = Arc::clone(&shared);
            threads(
                bodies!([shared]
            {
                let error = shared.get(form).expect_err("nothing was put");
                assert!(error == GetError::ShutDown || form != Form::Plain);
            },
            { shared.queue.shutdown(how); }),
                move || checked.settle(),
            );
        },
    );
    suite.add(
        format!("queue({capacity}), full: get {form:?} x{} | shutdown({how:?})", capacity + 1),
        Bound::None,
        if capacity == 1 { varied_for(form) } else { plain() },
        move || {
            let shared = Shared::full(capacity);
            let checked = Arc::clone(&shared);
            threads(
                bodies!([shared]
            {
                for value in 1..=capacity {
                    let got = shared.get(form);
                    match how {
                        Shutdown::Drain => assert_eq!(got, Ok(value)),
                        Shutdown::Immediate => assert!(got == Ok(value) || got == Err(GetError::ShutDown)),
                    }
                }
                let last = shared.get(form).expect_err("there is no more");
                assert!(last == GetError::ShutDown || form != Form::Plain);
            },
            { shared.queue.shutdown(how); }),
                move || {
                    assert_eq!(checked.queue.len(), 0);
                    // What was discarded is done.
                    assert_eq!(checked.queue.unfinished(), checked.ledger.got.load(SeqCst));
                    checked.settle();
                },
            );
        },
    );
}

/// A putter that waits for room is told; its item comes back, or was taken before and is drained or dropped.
fn shutdown_against_put(suite: &mut Suite, capacity: usize, how: Shutdown, form: Form) {
    suite.add(
        format!("queue({capacity}), full: put {form:?} | shutdown({how:?})"),
        Bound::None,
        varied_for(form),
        move || {
            let shared = Shared::full(capacity);
            let checked = Arc::clone(&shared);
            threads(
                bodies!([shared]
            { assert!(!shared.put(8, form), "there is no room, and nobody makes any"); },
            { shared.queue.shutdown(how); }),
                move || checked.settle(),
            );
        },
    );
    suite.add(
        format!("queue({capacity}): put {form:?} | shutdown({how:?})"),
        Bound::None,
        varied_for(form),
        move || {
            let shared = Shared::new(capacity);
            let checked = Arc::clone(&shared);
            threads(
                bodies!([shared]
            { shared.put(1, form); },
            { shared.queue.shutdown(how); }),
                move || {
                    let left = checked.queue.len();
                    let put = checked.ledger.put.load(SeqCst);
                    match how {
                        Shutdown::Drain => assert_eq!(left, put),
                        Shutdown::Immediate => assert_eq!((left, checked.queue.unfinished()), (0, 0)),
                    }
                    checked.settle();
                },
            );
        },
    );
}

fn shutdown_against_put_and_get(suite: &mut Suite, capacity: usize, how: Shutdown) {
    suite.add(
        format!("queue({capacity}): put x{} | get until shut down | shutdown({how:?})", capacity + 1),
        Bound::Preemptions(2),
        varied(),
        move || {
            let shared = Shared::new(capacity);
            let checked = Arc::clone(&shared);
            threads(
                bodies!([shared]
                { for value in 1..=capacity + 1 { if !shared.put(value, Form::Plain) { break; } } },
                { while shared.get(Form::Plain).is_ok() {} },
                { shared.queue.shutdown(how); }),
                move || {
                    if how == Shutdown::Drain {
                        assert_eq!(checked.ledger.put.load(SeqCst), checked.ledger.got.load(SeqCst));
                    }
                    checked.settle();
                },
            );
        },
    );
}

/// `join` returns once the task is done, and then sees what was done before `task_done`.
fn join_against_task_done(suite: &mut Suite, timed: bool) {
    use crate::semaphore::published::Cell;
    let name = format!("queue: join{} | get, task_done", if timed { "_timeout" } else { "" });
    suite.add(name, Bound::None, varied(), move || {
        let shared = Shared::new(0);
        shared.put(1, Form::Plain);
        let work = Arc::new(Cell::new());
        let checked = Arc::clone(&shared);
        threads(
            bodies!([shared, work]
            {
                if timed {
                    if shared.queue.join_timeout(SOON) { work.expect(1); }
                } else {
                    shared.queue.join();
                    work.expect(1);
                }
            },
            {
                shared.get(Form::Plain).unwrap();
                work.write(1);
                shared.queue.task_done().unwrap();
            }),
            move || {
                assert_eq!(checked.queue.unfinished(), 0);
                assert!(checked.queue.task_done().is_err());
            },
        );
    });
    if !timed {
        // One latch at each end, and one.
        for (name, capacity) in [("queue", 0), ("queue(1)", 1)] {
            suite.add(format!("{name}: join | task_done x2"), Bound::None, plain(), move || {
                let shared = Shared::new(capacity);
                for value in 1..=2 {
                    shared.put(value, Form::Plain);
                    shared.get(Form::Plain).unwrap();
                }
                let work = Arc::new(Cell::new());
                threads(
                    bodies!([shared, work]
                    { shared.queue.join(); work.expect(1); },
                    { shared.queue.task_done().unwrap(); work.write(1); shared.queue.task_done().unwrap(); }),
                    || {},
                );
            });
        }
        suite.add("queue: join | join | task_done", Bound::Preemptions(3), plain(), || {
            let shared = Shared::new(0);
            shared.put(1, Form::Plain);
            threads(
                bodies!([shared]
                { shared.queue.join(); },
                { shared.queue.join(); },
                { shared.queue.task_done().unwrap(); }),
                || {},
            );
        });
    }
}

/// `join` is about the moments of its own call: an item put before it, and never done, keeps it from returning, although the
/// last task before that item was done a moment ago and the one who did it is slow to say so.
fn join_does_not_take_an_old_word_for_a_new_one(suite: &mut Suite) {
    // A joiner that was released too early waits again, and has to be able to give up then too.
    let settings = vec![Settings { timeouts: 2, ..Settings::default() }];
    suite.add("queue: task_done | put, join_timeout", Bound::None, settings, || {
        let shared = Shared::new(0);
        shared.put(1, Form::Plain);
        shared.get(Form::Plain).unwrap();
        threads(
            bodies!([shared]
            { shared.queue.task_done().unwrap(); },
            {
                shared.put(2, Form::Plain);
                if shared.queue.unfinished() == 1 {
                    assert!(!shared.queue.join_timeout(SOON), "the second item was never done");
                }
            }),
            || {},
        );
    });
}

/// Who waits when the last task is done is let through, although there is one again when it looks.
fn a_moment_without_tasks_is_enough(suite: &mut Suite) {
    // One latch, and one at each end.
    for capacity in [1, 2] {
        suite.add(format!("queue({capacity}): join | task_done, put"), Bound::None, plain(), move || {
            let shared = Shared::new(capacity);
            shared.put(1, Form::Plain);
            shared.get(Form::Plain).unwrap();
            threads(
                bodies!([shared]
                { shared.queue.join(); },
                {
                    // A step that comes before or after the joiner's look: the count is that of this moment.
                    assert_eq!(shared.queue.unfinished(), 1);
                    let waits = sleepers() == 1;
                    shared.queue.task_done().unwrap();
                    if waits {
                        shared.put(2, Form::Plain);
                    }
                }),
                || {},
            );
        });
    }
}

/// Discarded items count as done; one that was got stays open until its `task_done`.
fn join_against_immediate_shutdown(suite: &mut Suite) {
    suite.add("queue: join | shutdown(Immediate) with an item", Bound::None, varied(), || {
        let shared = Shared::new(0);
        shared.put(1, Form::Plain);
        let checked = Arc::clone(&shared);
        threads(
            bodies!([shared]
            { shared.queue.join(); },
            { shared.queue.shutdown(Shutdown::Immediate); }),
            move || checked.settle(),
        );
    });
    suite.add("queue: join | get, task_done | shutdown(Immediate)", Bound::Preemptions(2), varied(), || {
        let shared = Shared::new(0);
        shared.put(1, Form::Plain);
        let checked = Arc::clone(&shared);
        threads(
            bodies!([shared]
            { shared.queue.join(); },
            { if shared.get(Form::Try).is_ok() { shared.queue.task_done().unwrap(); } },
            { shared.queue.shutdown(Shutdown::Immediate); }),
            move || {
                assert_eq!(checked.queue.unfinished(), 0);
                checked.settle();
            },
        );
    });
}

/// An item that, when it is dropped, uses the queue it lay in, and waits for the putter that waits there.
struct Waits(Option<(Arc<Queue<Waits>>, Arc<Semaphore>)>);

impl Drop for Waits {
    fn drop(&mut self) {
        if let Some((queue, putter_is_back)) = self.0.take() {
            if !std::thread::panicking() {
                assert_eq!((queue.len(), queue.unfinished()), (0, 0));
                putter_is_back.acquire().unwrap().forget();
            }
        }
    }
}

/// R36: when destructors run, all locks are free and everybody has been woken.
fn destructors_come_last(suite: &mut Suite) {
    // One latch, and one at each end.
    for capacity in [1, 2] {
        suite.add(
            format!("queue({capacity}), full: R36, put | shutdown(Immediate), drop waits"),
            Bound::Preemptions(3),
            plain(),
            move || {
                let queue = Arc::new(Queue::bounded(capacity));
                let back = Arc::new(Semaphore::new(0));
                assert!(queue.put(Waits(Some((Arc::clone(&queue), Arc::clone(&back))))).is_ok());
                (1..capacity).for_each(|_| assert!(queue.put(Waits(None)).is_ok()));
                threads(
                    bodies!([queue, back]
                { assert!(queue.put(Waits(None)).is_err()); back.release(1); },
                { queue.shutdown(Shutdown::Immediate); }),
                    || {},
                );
            },
        );
    }
}
