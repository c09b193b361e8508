//! `Queue`, items: what is put is got once, nobody sleeps beside an item or a free place, every item is dropped once.

use crate::bodies;
use crate::harness::{Bound, Suite, plain, threads, varied, varied_for};
use crate::lock::{FORMS, Form, SOON};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use tollgate::model::Settings;
use tollgate::{GetError, PutError, Queue, Shutdown};

/// An item that says when it is dropped.
pub(crate) struct Item {
    value: usize,
    ledger: Arc<Ledger>,
}

/// What happened to the items of one execution.
#[derive(Default)]
pub(crate) struct Ledger {
    made: AtomicUsize,
    dropped: AtomicUsize,
    pub(crate) put: AtomicUsize,
    pub(crate) got: AtomicUsize,
    /// The sum of the values that were got.
    sum: AtomicUsize,
}

impl Drop for Item {
    fn drop(&mut self) {
        self.ledger.dropped.fetch_add(1, SeqCst);
    }
}

pub(crate) struct Shared {
    pub(crate) queue: Queue<Item>,
    pub(crate) ledger: Arc<Ledger>,
}

impl Shared {
    pub(crate) fn new(capacity: usize) -> Arc<Self> {
        Arc::new(Shared { queue: Queue::new(capacity), ledger: Arc::default() })
    }

    /// With items 1 and up.
    pub(crate) fn full(capacity: usize) -> Arc<Self> {
        let shared = Shared::new(capacity);
        (1..=capacity).for_each(|value| assert!(shared.put(value, Form::Plain)));
        shared
    }

    fn item(&self, value: usize) -> Item {
        self.ledger.made.fetch_add(1, SeqCst);
        Item { value, ledger: Arc::clone(&self.ledger) }
    }

    /// Whether the item was taken.
    pub(crate) fn put(&self, value: usize, form: Form) -> bool {
        let item = self.item(value);
        let result = match form {
            Form::Plain => self.queue.put(item).map_err(PutError::from),
            Form::Timed => self.queue.put_timeout(item, SOON),
            Form::Try => self.queue.try_put(item),
        };
        if let Err(error) = &result {
            assert!(form != Form::Plain || !error.is_full());
        }
        match result {
            Ok(()) => {
                self.ledger.put.fetch_add(1, SeqCst);
                true
            }
            Err(error) => {
                assert_eq!(error.into_inner().value, value, "the item comes back");
                false
            }
        }
    }

    pub(crate) fn get(&self, form: Form) -> Result<usize, GetError> {
        let item = match form {
            Form::Plain => self.queue.get().map_err(GetError::from),
            Form::Timed => self.queue.get_timeout(SOON),
            Form::Try => self.queue.try_get(),
        }?;
        self.ledger.got.fetch_add(1, SeqCst);
        self.ledger.sum.fetch_add(item.value, SeqCst);
        Ok(item.value)
    }

    /// What was put was got or is still there; what was made was dropped or is still there.
    pub(crate) fn settle(&self) {
        let put = self.ledger.put.load(SeqCst);
        let got = self.ledger.got.load(SeqCst);
        if !self.queue.is_shutdown() {
            assert_eq!(self.queue.len(), put - got);
            assert_eq!(self.queue.is_empty(), put == got);
        }
        let left = self.queue.try_iter().count();
        assert_eq!(
            self.ledger.dropped.load(SeqCst),
            self.ledger.made.load(SeqCst),
            "each item is dropped once"
        );
        assert!(got + left <= put);
    }
}

pub(crate) fn models(suite: &mut Suite) {
    for capacity in [1, 2, 0] {
        for put in FORMS {
            for get in FORMS {
                one_putter_one_getter(suite, capacity, put, get);
            }
        }
    }
    for capacity in [1, 2] {
        for put in FORMS {
            two_putters_of_a_full_queue(suite, capacity, put);
        }
    }
    for (a, b) in [(Form::Plain, Form::Plain), (Form::Plain, Form::Timed), (Form::Timed, Form::Try)] {
        two_getters_one_item_each(suite, a, b);
    }
    order(suite);
    a_block_is_used_again(suite);
    looks_publish(suite);
    one_place_for_two(suite);
    many(suite);
    a_timed_get_looks_before_it_says_empty(suite);
    crossed(suite);
    real_locks_inside(suite);
}

fn named(capacity: usize) -> String {
    if capacity == 0 { "queue(unbounded)".to_owned() } else { format!("queue({capacity})") }
}

fn one_putter_one_getter(suite: &mut Suite, capacity: usize, put: Form, get: Form) {
    let name = format!("{}: put {put:?} | get {get:?}", named(capacity));
    // With room for the item, all forms of put take the same steps; one of them stands for all where it takes long.
    let settings = if put == Form::Plain { varied_for(get) } else { plain() };
    suite.add(name, Bound::None, settings, move || {
        let shared = Shared::new(capacity);
        let checked = Arc::clone(&shared);
        threads(
            bodies!([shared]
            { assert!(shared.put(7, put), "there is room for one"); },
            {
                match shared.get(get) {
                    Ok(value) => assert_eq!(value, 7),
                    Err(error) => assert!(get != Form::Plain && error == GetError::Empty),
                }
            }),
            move || checked.settle(),
        );
    });
}

/// A second item waits for room, gets it, or gives up with its item.
fn two_putters_of_a_full_queue(suite: &mut Suite, capacity: usize, form: Form) {
    let name = format!("{}, full", named(capacity));
    suite.add(format!("{name}: put {form:?} | get"), Bound::None, varied_for(form), move || {
        let shared = Shared::full(capacity);
        let checked = Arc::clone(&shared);
        threads(
            bodies!([shared]
            { let put = shared.put(8, form); assert!(put || form != Form::Plain); },
            { assert_eq!(shared.get(Form::Plain), Ok(1)); }),
            move || checked.settle(),
        );
    });
    // With two places and a time-out, within two preemptions, it is 400,000 executions: more than a quick run has time for.
    let bound = if capacity == 2 && form == Form::Timed { 1 } else { 2 };
    suite.add(
        format!("{name}: put {form:?} | put | get x2"),
        Bound::Preemptions(bound),
        plain(),
        move || {
            let shared = Shared::full(capacity);
            let checked = Arc::clone(&shared);
            threads(
                bodies!([shared]
                { let put = shared.put(8, form); assert!(put || form != Form::Plain); },
                { assert!(shared.put(9, Form::Plain)); },
                { for _ in 0..2 { shared.get(Form::Plain).unwrap(); } }),
                move || checked.settle(),
            );
        },
    );
}

fn two_getters_one_item_each(suite: &mut Suite, a: Form, b: Form) {
    for capacity in [1, 0] {
        let name = format!("{}: get {a:?} | get {b:?} | put x2", named(capacity));
        // A put that is woken in vain waits again, and has to be able to give up then too. One setting is as many executions as a quick run
        // has time for.
        let settings = plain().into_iter().map(|settings| Settings { timeouts: 4, ..settings }).collect();
        suite.add(name, Bound::Preemptions(2), settings, move || {
            let shared = Shared::new(capacity);
            let checked = Arc::clone(&shared);
            threads(
                bodies!([shared]
                { assert!(shared.get(a).is_ok() || a != Form::Plain); },
                { assert!(shared.get(b).is_ok() || b != Form::Plain); },
                { for value in 1..=2 {
// Two getters that both give up would leave a plain put without room for ever.
                    let form = if a == Form::Plain { Form::Plain } else { Form::Timed };
                    shared.put(value, form);
                } }),
                move || checked.settle(),
            );
        });
    }
}

/// First in, first out, also through a queue of one place, where both sides have to wait.
fn order(suite: &mut Suite) {
    for capacity in [1, 2, 0] {
        suite.add(
            format!("{}: put x2 | get x2, in order", named(capacity)),
            Bound::Preemptions(3),
            varied(),
            move || {
                let shared = Shared::new(capacity);
                let checked = Arc::clone(&shared);
                threads(
                    bodies!([shared]
                    { for value in 1..=2 { shared.put(value, Form::Plain); } },
                    { for value in 1..=2 { assert_eq!(shared.get(Form::Plain), Ok(value)); } }),
                    move || checked.settle(),
                );
            },
        );
    }
}

/// A block that has been emptied is used again: not before its items were read.
fn a_block_is_used_again(suite: &mut Suite) {
    suite.add("queue(unbounded), of two: put | get x2", Bound::None, plain(), || {
        let shared = Shared::new(0);
        (1..=2).for_each(|value| assert!(shared.put(value, Form::Plain)));
        let checked = Arc::clone(&shared);
        threads(
            bodies!([shared]
            { shared.put(3, Form::Plain); },
            { for value in 1..=2 { assert_eq!(shared.get(Form::Plain), Ok(value)); } }),
            move || checked.settle(),
        );
    });
}

/// Whoever sees an item in the queue, without taking it, sees what was done before it was put; and so with the end.
fn looks_publish(suite: &mut Suite) {
    use crate::semaphore::published::Cell;
    for capacity in [1, 2] {
        for how in [Shutdown::Drain, Shutdown::Immediate] {
            let name = format!("{}: is_shutdown | write, shutdown({how:?})", named(capacity));
            suite.add(name, Bound::None, plain(), move || {
                let shared = Arc::new((Queue::<()>::bounded(capacity), Cell::new()));
                threads(
                    bodies!([shared]
                { if shared.0.is_shutdown() { shared.1.expect(1); } },
                { shared.1.write(1); shared.0.shutdown(how); }),
                    || {},
                );
            });
        }
    }
    suite.add("queue(1): is_empty | write, put", Bound::None, plain(), || {
        let shared = Arc::new((Queue::bounded(1), Cell::new()));
        threads(
            bodies!([shared]
            { if !shared.0.is_empty() { shared.1.expect(1); } },
            { shared.1.write(1); shared.0.put(()).unwrap(); }),
            || {},
        );
    });
}

/// Two putters both see the last free place; one gets it.
fn one_place_for_two(suite: &mut Suite) {
    suite.add("queue(1): two try_put", Bound::None, plain(), || {
        let queue = Arc::new(Queue::bounded(1));
        let checked = Arc::clone(&queue);
        threads(
            bodies!([queue]
            { let _ = queue.try_put(1); },
            { let _ = queue.try_put(2); }),
            move || assert_eq!(checked.len(), 1),
        );
    });
}

fn many(suite: &mut Suite) {
    for capacity in [1, 2, 0] {
        let name = format!("{}: 2 putters, 2 getters, 3 items each", named(capacity));
        suite.add(name, Bound::ShuttleOnly, varied(), move || {
            let shared = Shared::new(capacity);
            let checked = Arc::clone(&shared);
            threads(
                bodies!([shared]
                { for value in 0..3 { shared.put(value, Form::Plain); } },
                { for value in 3..6 { while !shared.put(value, Form::Timed) {} } },
                { for _ in 0..3 { shared.get(Form::Plain).unwrap(); } },
                { for _ in 0..3 { while shared.get(Form::Timed).is_err() {} } }),
                move || {
                    assert_eq!(checked.ledger.sum.load(SeqCst), 15);
                    checked.settle();
                },
            );
        });
    }
}

/// A getter that has waited too long closes the gate. A call that comes then and runs out of time must still look once, and find
/// the item that lies there all the time.
fn a_timed_get_looks_before_it_says_empty(suite: &mut Suite) {
    for form in ["get_timeout", "get_deadline"] {
        let settings = vec![Settings { too_long: true, timeouts: 5, ..Settings::default() }];
        let name = format!("queue: get | put, try_get, put x3, {form}");
        suite.add(name, Bound::ShuttleOnly, settings, move || {
            let shared = Shared::new(0);
            threads(
                bodies!([shared]
                { shared.get(Form::Plain).unwrap(); },
                {
                    shared.put(0, Form::Plain);
                    let _ = shared.get(Form::Try);
                    for value in 1..=3 {
                        shared.put(value, Form::Plain);
                    }
                    // The other thread takes one of them, at most.
                    let got = match form {
                        "get_timeout" => shared.queue.get_timeout(SOON),
                        _ => shared.queue.get_deadline(std::time::Instant::now()),
                    };
                    assert!(got.is_ok());
                }),
                || {},
            );
        });
    }
}

/// Two threads each put to one queue and try the other's: no order of the four operations lets both find nothing. A look alone that says
/// so would not be enough.
fn crossed(suite: &mut Suite) {
    suite.add("queue: put here, try_get there | the other way round", Bound::None, plain(), || {
        let queues = Arc::new((Queue::unbounded(), Queue::unbounded()));
        let found = Arc::new(AtomicUsize::new(0));
        let checked = Arc::clone(&found);
        let shared = (queues, found);
        threads(
            bodies!([shared]
            {
                shared.0.0.put(1).unwrap();
                shared.1.fetch_add(usize::from(shared.0.1.try_get().is_ok()), SeqCst);
            },
            {
                shared.0.1.put(2).unwrap();
                shared.1.fetch_add(usize::from(shared.0.0.try_get().is_ok()), SeqCst);
            }),
            move || assert!(checked.load(SeqCst) > 0, "both puts came after the other's try_get"),
        );
    });
    for capacity in [1, 2] {
        crossed_full(suite, capacity);
    }
}

fn crossed_full(suite: &mut Suite, capacity: usize) {
    let name = format!("{}: get here, try_put there | the other way round", named(capacity));
    suite.add(name, Bound::None, plain(), move || {
        let full = || {
            let queue = Queue::bounded(capacity);
            (0..capacity).for_each(|_| queue.put(0).unwrap());
            queue
        };
        let queues = Arc::new((full(), full()));
        let put = Arc::new(AtomicUsize::new(0));
        let checked = Arc::clone(&put);
        let shared = (queues, put);
        threads(
            bodies!([shared]
            {
                shared.0.0.get().unwrap();
                shared.1.fetch_add(usize::from(shared.0.1.try_put(1).is_ok()), SeqCst);
            },
            {
                shared.0.1.get().unwrap();
                shared.1.fetch_add(usize::from(shared.0.0.try_put(2).is_ok()), SeqCst);
            }),
            move || assert!(checked.load(SeqCst) > 0, "both gets came after the other's try_put"),
        );
    });
}

/// The composite: the real lock around the items and in the gates.
fn real_locks_inside(suite: &mut Suite) {
    let real = Settings { real_locks: true, ..Settings::default() };
    suite.add("queue(1): put | get, real locks", Bound::Preemptions(3), vec![real], || {
        let shared = Shared::new(1);
        let checked = Arc::clone(&shared);
        threads(
            bodies!([shared]
            { shared.put(1, Form::Plain); },
            { assert_eq!(shared.get(Form::Plain), Ok(1)); }),
            move || checked.settle(),
        );
    });
    let real = Settings { real_locks: true, ..Settings::default() };
    suite.add("queue(1): put | try_put, real latch", Bound::None, vec![real], || {
        let shared = Shared::new(1);
        let checked = Arc::clone(&shared);
        threads(
            bodies!([shared]
            { shared.put(1, Form::Try); },
            { shared.put(2, Form::Try); }),
            move || {
                assert_eq!(checked.queue.len(), 1);
                checked.settle();
            },
        );
    });
}
