//! `Rendezvous`: a put and a get meet or neither has happened, whatever time-outs and shutdowns come between.

use crate::bodies;
use crate::harness::{Bound, Suite, plain, threads, varied, varied_for};
use crate::lock::{Form, SOON, pairs};
use crate::semaphore::published::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use tollgate::model::{Settings, sleepers};
use tollgate::{GetError, PutError, Rendezvous, Shutdown};

/// One to meet at, and how many puts and gets there were.
struct Meeting {
    here: Rendezvous<usize>,
    put: AtomicUsize,
    got: AtomicUsize,
    cell: Cell,
}

impl Meeting {
    fn new() -> Arc<Self> {
        Arc::new(Meeting {
            here: Rendezvous::new(),
            put: AtomicUsize::new(0),
            got: AtomicUsize::new(0),
            cell: Cell::new(),
        })
    }

    fn put(&self, form: Form) -> Result<(), PutError<usize>> {
        let result = match form {
            Form::Plain => self.here.put(1).map_err(PutError::from),
            Form::Timed => self.here.put_timeout(1, SOON),
            Form::Try => self.here.try_put(1),
        };
        match result {
            Ok(()) => _ = self.put.fetch_add(1, SeqCst),
            Err(PutError::Full(item) | PutError::ShutDown(item)) => assert_eq!(item, 1),
        }
        result
    }

    fn get(&self, form: Form) -> Result<usize, GetError> {
        let result = match form {
            Form::Plain => self.here.get().map_err(GetError::from),
            Form::Timed => self.here.get_timeout(SOON),
            Form::Try => self.here.try_get(),
        };
        if result.is_ok() {
            self.got.fetch_add(1, SeqCst);
        }
        result
    }

    /// As many puts as gets, and nobody left in line.
    fn settled(&self) -> usize {
        let (put, got) = (self.put.load(SeqCst), self.got.load(SeqCst));
        assert_eq!((put, self.here.unfinished()), (got, got));
        assert!(self.here.is_empty() && self.here.is_full());
        put
    }
}

/// Whether the one may be left without a partner for good: a plain form beside one that gives up.
fn may_strand(a: Form, b: Form) -> bool {
    (a == Form::Plain) != (b == Form::Plain)
}

pub(crate) fn models(suite: &mut Suite) {
    for (a, b) in pairs() {
        if !may_strand(a, b) {
            put_and_get(suite, a, b);
            if a != b {
                put_and_get(suite, b, a);
            }
        }
    }
    what_a_putter_did_before(suite);
    for form in [Form::Plain, Form::Timed] {
        shutdown(suite, form);
    }
    two_putters(suite);
    two_getters(suite);
    a_batch_of_puts_tells_how_far_it_came(suite);
    a_batch_of_gets_leaves_nobody_behind(suite);
    a_join_waits_for_what_was_taken(suite);
    a_moment_without_tasks_is_enough(suite);
}

/// Either both succeed or neither does.
fn put_and_get(suite: &mut Suite, putter: Form, getter: Form) {
    let name = format!("rendezvous: put, {putter:?} | get, {getter:?}");
    let form = if putter == Form::Plain { getter } else { putter };
    suite.add(name, Bound::None, varied_for(form), move || {
        let meeting = Meeting::new();
        let after = Arc::clone(&meeting);
        threads(bodies!([meeting] { _ = meeting.put(putter); }, { _ = meeting.get(getter); }), move || {
            let met = after.settled();
            assert!(met == 1 || putter != Form::Plain);
        });
    });
}

fn what_a_putter_did_before(suite: &mut Suite) {
    suite.add("rendezvous: write, put | get, read", Bound::None, plain(), || {
        let meeting = Meeting::new();
        threads(
            bodies!([meeting]
            {
                meeting.cell.write(1);
                meeting.put(Form::Plain).unwrap();
            },
            {
                meeting.get(Form::Plain).unwrap();
                meeting.cell.expect(1);
            }),
            || {},
        );
    });
}

/// Whoever waits is refused.
fn shutdown(suite: &mut Suite, form: Form) {
    suite.add(format!("rendezvous: put, {form:?} | shutdown"), Bound::None, varied_for(form), move || {
        let meeting = Meeting::new();
        threads(
            bodies!([meeting] { assert!(meeting.put(form).is_err()); }, { meeting.here.shutdown(Shutdown::Drain); }),
            || {},
        );
    });
    suite.add(format!("rendezvous: get, {form:?} | shutdown"), Bound::None, varied_for(form), move || {
        let meeting = Meeting::new();
        threads(
            bodies!([meeting] { assert!(meeting.get(form).is_err()); }, { meeting.here.shutdown(Shutdown::Immediate); }),
            || {},
        );
    });
    suite.add(
        format!("rendezvous: put | get, {form:?} | shutdown"),
        Bound::Preemptions(2),
        varied_for(form),
        move || {
            let meeting = Meeting::new();
            let after = Arc::clone(&meeting);
            threads(
                bodies!([meeting]
            { _ = meeting.put(Form::Plain); },
            { _ = meeting.get(form); },
            { meeting.here.shutdown(Shutdown::Drain); }),
                move || _ = after.settled(),
            );
        },
    );
}

/// One of them gives up, wherever it is in line: the other is served.
fn two_putters(suite: &mut Suite) {
    suite.add("rendezvous: put, Timed | put | get", Bound::Preemptions(2), plain(), || {
        let meeting = Meeting::new();
        let after = Arc::clone(&meeting);
        threads(
            bodies!([meeting]
            {
                if meeting.put(Form::Timed).is_ok() {
                    meeting.get(Form::Plain).unwrap();
                }
            },
            { meeting.put(Form::Plain).unwrap(); },
            { meeting.get(Form::Plain).unwrap(); }),
            move || assert!(after.settled() > 0),
        );
    });
}

fn two_getters(suite: &mut Suite) {
    suite.add("rendezvous: get, Timed | get | put", Bound::Preemptions(2), plain(), || {
        let meeting = Meeting::new();
        let after = Arc::clone(&meeting);
        threads(
            bodies!([meeting]
            {
                if meeting.get(Form::Timed).is_ok() {
                    meeting.put(Form::Plain).unwrap();
                }
            },
            { meeting.get(Form::Plain).unwrap(); },
            { meeting.put(Form::Plain).unwrap(); }),
            move || assert!(after.settled() > 0),
        );
    });
}

/// What was not put comes back, whoever ends it.
fn a_batch_of_puts_tells_how_far_it_came(suite: &mut Suite) {
    suite.add("rendezvous: R38, put_many | get, shutdown", Bound::Preemptions(3), varied(), || {
        let meeting = Meeting::new();
        threads(
            bodies!([meeting]
            {
                let error = meeting.here.put_many([1, 2, 3]).unwrap_err();
                assert_eq!((error.put, error.rest), (1, PutError::ShutDown(vec![2, 3])));
            },
            {
                assert_eq!(meeting.here.get(), Ok(1));
                meeting.here.shutdown(Shutdown::Drain);
            }),
            || {},
        );
    });
    // Either of its waits may end so.
    let twice = vec![Settings { timeouts: 2, ..Settings::default() }];
    suite.add("rendezvous: R38, put_many, Timed | get, Timed", Bound::Preemptions(3), twice, || {
        let meeting = Meeting::new();
        let after = Arc::clone(&meeting);
        threads(
            bodies!([meeting]
            {
                let put = meeting.here.put_many_timeout([1, 2], SOON).unwrap_or_else(|error| {
                    assert_eq!(error.rest, PutError::Full([1, 2][error.put..].to_vec()));
                    error.put
                });
                meeting.put.fetch_add(put, SeqCst);
            },
            { _ = meeting.get(Form::Timed); }),
            move || _ = after.settled(),
        );
    });
}

/// Whether it takes both at once or one after the other.
fn a_batch_of_gets_leaves_nobody_behind(suite: &mut Suite) {
    suite.add("rendezvous: get_many, get | put | put", Bound::Preemptions(2), plain(), || {
        let meeting = Meeting::new();
        let after = Arc::clone(&meeting);
        threads(
            bodies!([meeting]
            {
                let got = meeting.here.get_many(2).unwrap().len();
                meeting.got.fetch_add(got, SeqCst);
                if got == 1 {
                    meeting.get(Form::Plain).unwrap();
                }
            },
            { meeting.put(Form::Plain).unwrap(); },
            { meeting.put(Form::Plain).unwrap(); }),
            move || assert_eq!(after.settled(), 2),
        );
    });
}

/// Who waits when the last task is done is let through, although there is one again when it looks.
fn a_moment_without_tasks_is_enough(suite: &mut Suite) {
    suite.add("rendezvous: put, join | get, task_done, get | put", Bound::Preemptions(2), plain(), || {
        let (meeting, joins) = (Meeting::new(), Arc::new(AtomicUsize::new(0)));
        threads(
            bodies!([meeting, joins]
            {
                meeting.put(Form::Plain).unwrap();
                joins.store(1, SeqCst);
                meeting.here.join();
            },
            {
                meeting.get(Form::Plain).unwrap();
                // A step that comes before or after the joiner's look: the count is that of this moment.
                assert_eq!(meeting.here.unfinished(), 1);
                let both_sleep = joins.load(SeqCst) == 1 && sleepers() == 2;
                meeting.here.task_done().unwrap();
                meeting.get(Form::Plain).unwrap();
                if !both_sleep {
                    meeting.here.task_done().unwrap();
                }
            },
            { meeting.put(Form::Plain).unwrap(); }),
            || {},
        );
    });
}

fn a_join_waits_for_what_was_taken(suite: &mut Suite) {
    suite.add("rendezvous: put, join | get, write, done", Bound::Preemptions(3), varied(), || {
        let meeting = Meeting::new();
        threads(
            bodies!([meeting]
            {
                meeting.put(Form::Plain).unwrap();
                meeting.here.join();
                meeting.cell.expect(1);
            },
            {
                meeting.get(Form::Plain).unwrap();
                meeting.cell.write(1);
                meeting.here.task_done().unwrap();
            }),
            || {},
        );
    });
}
