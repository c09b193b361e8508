//! Queues without a latch: the same promises as of those with one, in small programs for their orderings, and for what a history does not show (data
//! races in the items, items dropped twice, nodes lost, sleepers beside an item). Linearizability is checked by the generated programs.

use crate::bodies;
use crate::harness::{Bound, Suite, plain, threads, varied, varied_for};
use crate::lock::{FORMS, Form, SOON};
use crate::semaphore::published::Cell;
use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use tollgate::model::Settings;
use tollgate::{BlockingQueue, GetError, LifoQueue, PutError, Queue, Shutdown};

/// An item that says when it is dropped. Its box is memory that a second owner would free twice.
pub(crate) struct Item(Box<usize>, Arc<AtomicUsize>);

impl Drop for Item {
    fn drop(&mut self) {
        self.1.fetch_add(1, SeqCst);
    }
}

/// Which queue.
trait Kind: Send + Sync + 'static {
    type Queue: BlockingQueue<Item = Item> + Debug + Send + Sync + 'static;
    const NAME: &'static str;
    const LIFO: bool;
    fn new(maxsize: usize) -> Self::Queue;
}

struct Lifo;

impl Kind for Lifo {
    type Queue = LifoQueue<Item>;
    const NAME: &'static str = "lock-free lifo";
    const LIFO: bool = true;

    fn new(maxsize: usize) -> Self::Queue {
        LifoQueue::lock_free(maxsize)
    }
}

struct Fifo;

impl Kind for Fifo {
    type Queue = Queue<Item>;
    const NAME: &'static str = "lock-free fifo";
    const LIFO: bool = false;

    fn new(maxsize: usize) -> Self::Queue {
        Queue::lock_free(maxsize)
    }
}

struct Shared<K: Kind> {
    queue: K::Queue,
    made: AtomicUsize,
    dropped: Arc<AtomicUsize>,
    put: AtomicUsize,
    got: AtomicUsize,
}

impl<K: Kind> Shared<K> {
    fn new(maxsize: usize) -> Arc<Self> {
        let zero = AtomicUsize::default;
        Arc::new(Shared {
            queue: K::new(maxsize),
            made: zero(),
            dropped: Arc::default(),
            put: zero(),
            got: zero(),
        })
    }

    fn with(maxsize: usize, items: usize) -> Arc<Self> {
        let shared = Self::new(maxsize);
        (0..items).for_each(|value| assert!(shared.put(value, Form::Try)));
        shared
    }

    fn item(&self, value: usize) -> Item {
        self.made.fetch_add(1, SeqCst);
        Item(Box::new(value), Arc::clone(&self.dropped))
    }

    fn put(&self, value: usize, form: Form) -> bool {
        let item = self.item(value);
        let result = match form {
            Form::Plain => self.queue.put(item).map_err(PutError::from),
            Form::Timed => self.queue.put_timeout(item, SOON),
            Form::Try => self.queue.try_put(item),
        };
        match result {
            Ok(()) => {
                self.put.fetch_add(1, SeqCst);
                true
            }
            Err(error) => {
                assert!(form != Form::Plain || !error.is_full());
                assert_eq!(*error.into_inner().0, value, "another item came back");
                false
            }
        }
    }

    /// How many of two.
    fn put_two(&self, value: usize, waits: bool) -> usize {
        let items = [self.item(value), self.item(value + 1)];
        let result = if waits { self.queue.put_many(items) } else { self.queue.try_put_many(items) };
        let put = match result {
            Ok(put) => put,
            Err(error) => {
                let put = error.put;
                let rest: Vec<_> = error.into_rest().iter().map(|item| *item.0).collect();
                assert_eq!(rest, [value, value + 1][put..], "other items came back");
                put
            }
        };
        self.put.fetch_add(put, SeqCst);
        put
    }

    fn get(&self, form: Form) -> Result<usize, GetError> {
        let item = match form {
            Form::Plain => self.queue.get().map_err(GetError::from),
            Form::Timed => self.queue.get_timeout(SOON),
            Form::Try => self.queue.try_get(),
        }?;
        self.got.fetch_add(1, SeqCst);
        Ok(*item.0)
    }

    fn get_two(&self) -> Vec<usize> {
        let items = self.queue.try_get_many(2).unwrap_or_default();
        self.got.fetch_add(items.len(), SeqCst);
        items.iter().map(|item| *item.0).collect()
    }

    /// When all is over: what was put was got, dropped by a shutdown, or is still there; what was made was dropped once.
    fn settle(&self) {
        let left = self.put.load(SeqCst) - self.got.load(SeqCst);
        if !self.queue.is_shutdown() {
            assert_eq!(self.queue.len(), left);
            assert_eq!(self.queue.is_empty(), left == 0);
        }
        let rest = self.queue.try_iter().count();
        assert!(rest == left || self.queue.is_shutdown() && rest <= left, "each item is got once");
        assert_eq!(self.dropped.load(SeqCst), self.made.load(SeqCst), "each item is dropped once");
    }
}

pub(crate) fn models(suite: &mut Suite) {
    all::<Lifo>(suite);
    all::<Fifo>(suite);
}

fn all<K: Kind>(suite: &mut Suite) {
    for capacity in [1, 0] {
        for form in FORMS {
            one_item::<K>(suite, capacity, form);
        }
    }
    room_for_one::<K>(suite);
    order::<K>(suite);
    two_sides::<K>(suite);
    batches::<K>(suite);
    crossed::<K>(suite);
    neither_goes_unseen::<K>(suite);
    looks::<K>(suite);
    capacity::<K>(suite);
    for how in [Shutdown::Drain, Shutdown::Immediate] {
        the_end::<K>(suite, how);
    }
    tasks::<K>(suite);
}

fn add<K: Kind>(
    suite: &mut Suite,
    name: &str,
    bound: Bound,
    settings: Vec<Settings>,
    start: impl Fn() -> Arc<Shared<K>> + Send + Sync + 'static,
    bodies: impl Fn(Arc<Shared<K>>) -> Vec<Box<dyn FnOnce() + Send>> + Send + Sync + 'static,
) {
    suite.add(format!("{}{name}", K::NAME), bound, settings, move || {
        let shared = start();
        let checked = Arc::clone(&shared);
        threads(bodies(shared), move || checked.settle());
    });
}

/// A wait for an item, and for room.
fn one_item<K: Kind>(suite: &mut Suite, capacity: usize, form: Form) {
    let settings = varied_for(form);
    let start = move || Shared::<K>::new(capacity);
    add::<K>(
        suite,
        &format!("({capacity}): put | get {form:?}"),
        Bound::None,
        settings,
        start,
        move |shared| {
            bodies!([shared]
            { assert!(shared.put(7, Form::Plain)); },
            {
                match shared.get(form) {
                    Ok(value) => assert_eq!(value, 7),
                    Err(error) => assert!(form != Form::Plain && error == GetError::Empty),
                }
            })
        },
    );
    if capacity == 1 {
        let name = format!("(1), full: put {form:?} | get");
        add::<K>(
            suite,
            &name,
            Bound::Preemptions(3),
            varied_for(form),
            || Shared::with(1, 1),
            move |shared| {
                bodies!([shared]
            { assert!(shared.put(7, form) || form != Form::Plain); },
            { assert_eq!(shared.get(Form::Plain), Ok(0)); })
            },
        );
    }
}

/// One of two gets the last place.
fn room_for_one<K: Kind>(suite: &mut Suite) {
    suite.add(format!("{}(1): two try_put", K::NAME), Bound::None, plain(), || {
        let shared = Shared::<K>::new(1);
        let checked = Arc::clone(&shared);
        threads(
            bodies!([shared]
            { shared.put(1, Form::Try); },
            { shared.put(2, Form::Try); }),
            move || {
                assert_eq!((checked.queue.len(), checked.queue.unfinished()), (1, 1));
                checked.settle();
            },
        );
    });
}

fn order<K: Kind>(suite: &mut Suite) {
    for capacity in [1, 2] {
        let name = format!("({capacity}): put x2 | get x2");
        let start = move || Shared::<K>::new(capacity);
        add::<K>(suite, &name, Bound::Preemptions(2), plain(), start, move |shared| {
            bodies!([shared]
            { for value in 1..=2 { shared.put(value, Form::Plain); } },
            {
                let got = [shared.get(Form::Plain).unwrap(), shared.get(Form::Plain).unwrap()];
                assert!(got == [1, 2] || K::LIFO && capacity > 1 && got == [2, 1], "{got:?}");
            })
        });
    }
}

/// Who puts first and then gets finds something, whatever the other one does; nodes are used again meanwhile.
fn two_sides<K: Kind>(suite: &mut Suite) {
    for form in [Form::Try, Form::Plain] {
        let name = format!("(1): put, get | put, get, {form:?}");
        let bound = if form == Form::Try { Bound::None } else { Bound::Preemptions(2) };
        add::<K>(
            suite,
            &name,
            bound,
            plain(),
            || Shared::new(1),
            move |shared| {
                bodies!([shared]
            { if shared.put(1, form) { assert!(shared.get(form).is_ok() || form == Form::Try); } },
            { if shared.put(2, form) { assert!(shared.get(form).is_ok() || form == Form::Try); } })
            },
        );
    }
    add::<K>(
        suite,
        "(2), one: get, put | get, put",
        Bound::Preemptions(3),
        plain(),
        || Shared::with(2, 1),
        |shared| {
            bodies!([shared]
        { shared.get(Form::Try).ok(); assert!(shared.put(8, Form::Try)); },
        { shared.get(Form::Try).ok(); assert!(shared.put(9, Form::Try)); })
        },
    );
    add::<K>(
        suite,
        "(0): get | get | put x2",
        if K::LIFO { Bound::Preemptions(1) } else { Bound::ShuttleOnly },
        plain(),
        || Shared::new(0),
        |shared| {
            bodies!([shared]
        { shared.get(Form::Plain).unwrap(); },
        { shared.get(Form::Plain).unwrap(); },
        { for value in 1..=2 { shared.put(value, Form::Plain); } })
        },
    );
}

fn batches<K: Kind>(suite: &mut Suite) {
    add::<K>(
        suite,
        "(2): put_many x2 | put",
        Bound::Preemptions(3),
        plain(),
        || Shared::new(2),
        |shared| {
            bodies!([shared]
        { assert!(shared.put_two(1, false) >= 1, "one may be in the way, not two"); },
        { shared.put(3, Form::Try); })
        },
    );
    add::<K>(
        suite,
        "(1): put_many x2 | get x2",
        Bound::Preemptions(2),
        plain(),
        || Shared::new(1),
        |shared| {
            bodies!([shared]
        { assert_eq!(shared.put_two(1, true), 2); },
        { for value in 1..=2 { assert_eq!(shared.get(Form::Plain), Ok(value)); } })
        },
    );
    add::<K>(
        suite,
        "(3), full: get_many(2) | get, put",
        Bound::Preemptions(3),
        plain(),
        || Shared::with(3, 3),
        |shared| {
            bodies!([shared]
        {
            let got = shared.get_two();
            let ordered = if K::LIFO { got[0] > got[1] || got[0] == 9 } else { got[0] < got[1] };
            assert!(got.len() == 2 && (ordered || got.contains(&9)), "{got:?}");
        },
        { assert!(shared.get(Form::Try).is_ok() && shared.put(9, Form::Try)); })
        },
    );
    // The links of a stale top lead to a node in a block that was made meanwhile.
    add::<K>(
        suite,
        "(0), four: get_many(2) | put, get x2",
        Bound::Preemptions(3),
        plain(),
        || Shared::with(0, 4),
        |shared| {
            bodies!([shared]
        { assert_eq!(shared.get_two().len(), 2); },
        { assert!(shared.put(9, Form::Try) && shared.get(Form::Try).is_ok()); shared.get(Form::Try).ok(); })
        },
    );
    add::<K>(
        suite,
        "(3), two: get_many(2) | put, get",
        Bound::Preemptions(3),
        plain(),
        || Shared::with(3, 2),
        |shared| {
            bodies!([shared]
        { assert_eq!(shared.get_two().len(), 2, "two were there all the time, or three"); },
        { assert!(shared.put(9, Form::Try)); shared.get(Form::Try).ok(); })
        },
    );
    add::<K>(
        suite,
        "(0), two: get_many(2) | put_many x2",
        Bound::Preemptions(3),
        plain(),
        || Shared::with(0, 2),
        |shared| {
            bodies!([shared]
        {
            let got = shared.get_two();
            let expected = if K::LIFO { [[1, 0], [8, 7]].contains(&[got[0], got[1]]) } else { got == [0, 1] };
            assert!(expected, "{got:?}: a batch is there as a whole or not at all");
        },
        { assert_eq!(shared.put_two(7, false), 2); })
        },
    );
}

/// No order of four operations lets both find nothing: a load alone may not say no. Nor may one who sets a flag and then finds nothing go
/// unseen by one who puts and then finds no flag.
fn crossed<K: Kind>(suite: &mut Suite) {
    suite.add(format!("{}: put here, try_get there | the other way round", K::NAME), Bound::None, plain(), || {
        let queues = Arc::new((Shared::<K>::new(0), Shared::<K>::new(0)));
        let found = Arc::new(AtomicUsize::new(0));
        let checked = Arc::clone(&found);
        let shared = (queues, found);
        threads(
            bodies!([shared]
            { shared.0.0.put(1, Form::Try); shared.1.fetch_add(usize::from(shared.0.1.get(Form::Try).is_ok()), SeqCst); },
            { shared.0.1.put(2, Form::Try); shared.1.fetch_add(usize::from(shared.0.0.get(Form::Try).is_ok()), SeqCst); }),
            move || assert!(checked.load(SeqCst) > 0, "both puts came after the other's try_get"),
        );
    });
    suite.add(format!("{}(1): get here, try_put there | the other way round", K::NAME), Bound::None, plain(), || {
        let queues = Arc::new((Shared::<K>::with(1, 1), Shared::<K>::with(1, 1)));
        let found = Arc::new(AtomicUsize::new(0));
        let checked = Arc::clone(&found);
        let shared = (queues, found);
        threads(
            bodies!([shared]
            { shared.0.0.get(Form::Try).unwrap(); shared.1.fetch_add(usize::from(shared.0.1.put(1, Form::Try)), SeqCst); },
            { shared.0.1.get(Form::Try).unwrap(); shared.1.fetch_add(usize::from(shared.0.0.put(2, Form::Try)), SeqCst); }),
            move || assert!(checked.load(SeqCst) > 0, "both gets came after the other's try_put"),
        );
    });
    suite.add(format!("{}: put here, join there | the other way round", K::NAME), Bound::None, plain(), || {
        let queues = Arc::new((Shared::<K>::new(0), Shared::<K>::new(0)));
        let idle = Arc::new(AtomicUsize::new(0));
        let checked = Arc::clone(&idle);
        let shared = (queues, idle);
        threads(
            bodies!([shared]
            { shared.0.0.put(1, Form::Try); shared.1.fetch_add(usize::from(shared.0.1.queue.unfinished() == 0), SeqCst); },
            { shared.0.1.put(2, Form::Try); shared.1.fetch_add(usize::from(shared.0.0.queue.unfinished() == 0), SeqCst); }),
            move || assert!(checked.load(SeqCst) < 2, "both puts came after the other's look"),
        );
    });
    suite.add(format!("{}: task_done here, there | the other way round", K::NAME), Bound::None, plain(), || {
        let queues = Arc::new((Shared::<K>::new(0), Shared::<K>::new(0)));
        let refused = Arc::new(AtomicUsize::new(0));
        let checked = Arc::clone(&refused);
        let shared = (queues, refused);
        threads(
            bodies!([shared]
            { shared.0.0.put(1, Form::Try); shared.1.fetch_add(usize::from(shared.0.1.queue.task_done().is_err()), SeqCst); },
            { shared.0.1.put(2, Form::Try); shared.1.fetch_add(usize::from(shared.0.0.queue.task_done().is_err()), SeqCst); }),
            move || assert!(checked.load(SeqCst) < 2, "both puts came after the other's report"),
        );
    });
}

/// Two threads meet at a queue: the one has put something elsewhere and then asks, and gets the old answer; the other changes the answer and then looks
/// elsewhere. One of them sees the other.
fn neither_goes_unseen<K: Kind>(suite: &mut Suite) {
    type Asks<K> = fn(&Shared<K>) -> bool;
    type Changes<K> = fn(&Shared<K>);
    // Capacity and items there, the question, the change.
    type Case<K> = (&'static str, usize, usize, Asks<K>, Changes<K>);
    let cases: [Case<K>; 10] = [
        ("get | put", 1, 0, |at| at.get(Form::Try) == Err(GetError::Empty), |at| _ = at.put(7, Form::Try)),
        ("get | put_many", 2, 0, |at| at.get(Form::Try).is_err(), |at| _ = at.put_two(7, false)),
        ("put | get", 1, 1, |at| !at.put(7, Form::Try), |at| _ = at.get(Form::Try)),
        ("put | get_many", 1, 1, |at| !at.put(7, Form::Try), |at| _ = at.get_two()),
        (
            "get | shutdown(Drain)",
            1,
            0,
            |at| at.get(Form::Try) == Err(GetError::Empty),
            |at| at.queue.shutdown(Shutdown::Drain),
        ),
        (
            "get | shutdown(Immediate)",
            1,
            0,
            |at| at.get(Form::Try) == Err(GetError::Empty),
            |at| at.queue.shutdown(Shutdown::Immediate),
        ),
        ("no task | put", 1, 0, |at| at.queue.unfinished() == 0, |at| _ = at.put(7, Form::Try)),
        ("two tasks | task_done", 2, 2, |at| at.queue.unfinished() == 2, |at| at.queue.task_done().unwrap()),
        ("a task | task_done", 1, 1, |at| at.queue.unfinished() == 1, |at| at.queue.task_done().unwrap()),
        (
            "a task | shutdown(Immediate)",
            1,
            1,
            |at| at.queue.unfinished() == 1,
            |at| at.queue.shutdown(Shutdown::Immediate),
        ),
    ];
    for (name, capacity, items, asks, changes) in cases {
        suite.add(format!("{}: neither unseen: {name}", K::NAME), Bound::None, plain(), move || {
            let queues = Arc::new((Shared::<K>::with(capacity, items), Shared::<K>::new(1)));
            let seen = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
            let checked = Arc::clone(&seen);
            let shared = (queues, seen);
            threads(
                bodies!([shared]
                { shared.0.1.put(1, Form::Try); shared.1.0.store(usize::from(asks(&shared.0.0)), SeqCst); },
                { changes(&shared.0.0); shared.1.1.store(usize::from(shared.0.1.queue.is_empty()), SeqCst); }),
                move || assert!(checked.0.load(SeqCst) + checked.1.load(SeqCst) < 2, "neither saw the other"),
            );
        });
    }
    suite.add(format!("{}: write, shutdown(Immediate) | unfinished", K::NAME), Bound::None, plain(), || {
        let shared = (Shared::<K>::with(0, 1), Arc::new(Cell::new()));
        threads(
            bodies!([shared]
            { shared.1.write(1); shared.0.queue.shutdown(Shutdown::Immediate); },
            { if shared.0.queue.unfinished() == 0 { shared.1.expect(1); } }),
            || {},
        );
    });
}

/// Who sees an item, or a task, also sees what its putter did before. Lengths are those of one moment.
fn looks<K: Kind>(suite: &mut Suite) {
    for look in ["is_empty", "unfinished", "is_shutdown", "Debug"] {
        suite.add(format!("{}: {look} | write, put", K::NAME), Bound::None, plain(), move || {
            let shared = Shared::<K>::new(1);
            let cell = Arc::new(Cell::new());
            let checked = Arc::clone(&shared);
            threads(
                bodies!([shared, cell]
                {
                    let seen = match look {
                        "is_empty" => !shared.queue.is_empty(),
                        "unfinished" => shared.queue.unfinished() > 0,
                        "is_shutdown" => shared.queue.is_shutdown(),
                        _ => !format!("{:?}", shared.queue).contains("unfinished: 0"),
                    };
                    if seen { cell.expect(1); }
                },
                { cell.write(1); if look == "is_shutdown" { shared.queue.shutdown(Shutdown::Drain); } else { shared.put(1, Form::Try); } }),
                move || checked.settle(),
            );
        });
    }
    let mut len_while = |other: &str, lengths: std::ops::RangeInclusive<usize>, work: fn(&Shared<K>)| {
        let name = format!("(3), two: len | {other}");
        add::<K>(
            suite,
            &name,
            Bound::None,
            plain(),
            || Shared::with(3, 2),
            move |shared| {
                let lengths = lengths.clone();
                bodies!([shared, lengths]
            { let len = shared.queue.len(); assert!(lengths.contains(&len), "{len}"); },
            { work(&shared); })
            },
        );
    };
    len_while("get, put", 1..=2, |shared| {
        shared.get(Form::Try).unwrap();
        assert!(!shared.queue.is_full() && shared.put(3, Form::Try));
    });
    len_while("put, get", 2..=3, |shared| {
        assert!(shared.put(3, Form::Try) && shared.queue.is_full());
        shared.get(Form::Try).unwrap();
    });
    len_while("get, put, get", 1..=2, |shared| {
        shared.get(Form::Try).unwrap();
        shared.put(3, Form::Try);
        shared.get(Form::Try).unwrap();
    });
    // Nodes that come back in another order are at another depth, before they are there again.
    add::<K>(
        suite,
        "(3), three: len | get_many(2), put_many x2",
        Bound::None,
        plain(),
        || Shared::with(3, 3),
        |shared| {
            bodies!([shared]
        { let len = shared.queue.len(); assert!(len == 3 || len == 1 || !K::LIFO && len == 2, "{len}"); },
        { assert_eq!((shared.get_two().len(), shared.put_two(7, false)), (2, 2)); })
        },
    );
    add::<K>(
        suite,
        "(3), three: len x2 | get_many(2), put",
        Bound::None,
        plain(),
        || Shared::with(3, 3),
        |shared| {
            bodies!([shared]
        {
            let place = |len| [3, 1, 2].iter().position(|&known| known == len);
            let first = place(shared.queue.len());
            assert!(first.is_some() && first <= place(shared.queue.len()), "no length comes early");
        },
        { assert_eq!(shared.get_two().len(), 2); assert!(shared.put(7, Form::Try)); })
        },
    );
}

fn capacity<K: Kind>(suite: &mut Suite) {
    let narrow = |items| {
        let shared = Shared::<K>::new(2);
        shared.queue.set_capacity(1).unwrap();
        assert_eq!(shared.queue.capacity(), Some(1));
        (0..items).for_each(|value| assert!(shared.put(value, Form::Try)));
        shared
    };
    for form in [Form::Plain, Form::Timed] {
        let name = format!("(1 of 2), full: put {form:?} | set_capacity(2)");
        add::<K>(
            suite,
            &name,
            Bound::None,
            varied_for(form),
            move || narrow(1),
            move |shared| {
                bodies!([shared]
            { assert!(shared.put(2, form) || form == Form::Timed); },
            { shared.queue.set_capacity(2).unwrap(); })
            },
        );
    }
    // If there was no room for the one, and then one item, nobody can have put another by the old capacity since.
    suite.add(
        format!("{}(2), one: set_capacity(1) | put | put, len", K::NAME),
        Bound::Preemptions(2),
        plain(),
        || {
            let shared = Shared::<K>::with(2, 1);
            let put = Arc::new(AtomicUsize::new(0));
            let refused = Arc::new(AtomicUsize::new(0));
            let (checked, put_at_last, refused_at_one) =
                (Arc::clone(&shared), Arc::clone(&put), Arc::clone(&refused));
            threads(
                bodies!([shared, put, refused]
            { shared.queue.set_capacity(1).unwrap(); },
            { put.store(usize::from(shared.put(1, Form::Try)), SeqCst); },
            { refused.store(usize::from(!shared.put(2, Form::Try) && shared.queue.len() == 1), SeqCst); }),
                move || {
                    assert!(
                        put_at_last.load(SeqCst) + refused_at_one.load(SeqCst) < 2,
                        "put by the old capacity"
                    );
                    assert_eq!(checked.queue.capacity(), Some(1));
                    checked.settle();
                },
            );
        },
    );
    suite.add(format!("{}(3): set_capacity(1), set_capacity(2) | capacity x2", K::NAME), Bound::None, plain(), || {
        let shared = Shared::<K>::new(3);
        threads(
            bodies!([shared]
            { shared.queue.set_capacity(1).unwrap(); shared.queue.set_capacity(2).unwrap(); },
            {
                let place = |capacity| [Some(3), Some(1), Some(2)].iter().position(|&known| known == capacity);
                let first = place(shared.queue.capacity());
                assert!(first.is_some() && first <= place(shared.queue.capacity()), "no capacity comes early");
            }),
            || {},
        );
    });
    add::<K>(
        suite,
        "(2): set_capacity(1), set_capacity(2) | capacity",
        Bound::None,
        plain(),
        || Shared::new(2),
        |shared| {
            bodies!([shared]
        { shared.queue.set_capacity(1).unwrap(); shared.queue.set_capacity(2).unwrap(); },
        { assert!(matches!(shared.queue.capacity(), Some(1 | 2))); })
        },
    );
    add::<K>(
        suite,
        "(2): set_capacity(1) | set_capacity(2), put",
        Bound::Preemptions(3),
        plain(),
        || Shared::with(2, 1),
        |shared| {
            bodies!([shared]
        { shared.queue.set_capacity(1).unwrap(); },
        { shared.queue.set_capacity(2).unwrap(); shared.put(5, Form::Try); })
        },
    );
}

fn the_end<K: Kind>(suite: &mut Suite, how: Shutdown) {
    for form in FORMS {
        let name = format!("(1): get {form:?} | shutdown({how:?})");
        add::<K>(
            suite,
            &name,
            Bound::None,
            varied_for(form),
            || Shared::new(1),
            move |shared| {
                bodies!([shared]
            {
                let error = shared.get(form).expect_err("nothing was put");
                assert!(error == GetError::ShutDown || form != Form::Plain);
            },
            { shared.queue.shutdown(how); })
            },
        );
        let name = format!("(1), full: put {form:?} | shutdown({how:?})");
        add::<K>(
            suite,
            &name,
            Bound::None,
            varied_for(form),
            || Shared::with(1, 1),
            move |shared| {
                bodies!([shared]
            { assert!(!shared.put(2, form), "there is no room, and nobody makes any"); },
            { shared.queue.shutdown(how); })
            },
        );
    }
    suite.add(
        format!("{}(2), one: put | get x2 | shutdown({how:?})", K::NAME),
        Bound::Preemptions(2),
        plain(),
        move || {
            let shared = Shared::<K>::with(2, 1);
            let checked = Arc::clone(&shared);
            threads(
                bodies!([shared]
            { shared.put(1, Form::Try); },
            { for _ in 0..2 { shared.get(Form::Try).ok(); } },
            { shared.queue.shutdown(how); }),
                move || {
                    let (put, got) = (checked.put.load(SeqCst), checked.got.load(SeqCst));
                    match how {
                        Shutdown::Drain => {
                            assert_eq!((checked.queue.len(), checked.queue.unfinished()), (put - got, put))
                        }
                        Shutdown::Immediate => {
                            assert_eq!((checked.queue.len(), checked.queue.unfinished()), (0, got))
                        }
                    }
                    checked.settle();
                },
            );
        },
    );
    add::<K>(
        suite,
        &format!("(2): put_many x2 | shutdown({how:?}), len"),
        Bound::Preemptions(3),
        plain(),
        || Shared::new(2),
        move |shared| {
            bodies!([shared]
            { assert!([0, 2].contains(&shared.put_two(1, false)), "all or none"); },
            {
                shared.queue.shutdown(how);
                let first = shared.queue.len();
                assert_eq!(shared.queue.len(), first, "nothing is put any more");
            })
        },
    );
    suite.add(format!("{}: write, shutdown({how:?}) | get, look", K::NAME), Bound::None, plain(), move || {
        let shared = Shared::<K>::new(1);
        let cell = Arc::new(Cell::new());
        threads(
            bodies!([shared, cell]
            { cell.write(1); shared.queue.shutdown(how); },
            { if shared.get(Form::Try) == Err(GetError::ShutDown) || shared.queue.is_shutdown() { cell.expect(1); } }),
            || {},
        );
    });
    // Two at once: the items are dropped once, and counted once.
    if how == Shutdown::Immediate {
        suite.add(format!("{}(2), two: shutdown | shutdown, len", K::NAME), Bound::None, plain(), || {
            let shared = Shared::<K>::with(2, 2);
            let checked = Arc::clone(&shared);
            threads(
                bodies!([shared]
                { shared.queue.shutdown(Shutdown::Immediate); },
                { shared.queue.shutdown(Shutdown::Immediate); assert_eq!(shared.queue.len(), 0); }),
                move || {
                    assert_eq!(checked.queue.unfinished(), 0);
                    checked.settle();
                },
            );
        });
    }
}

fn tasks<K: Kind>(suite: &mut Suite) {
    suite.add(format!("{}: join | get, task_done", K::NAME), Bound::None, varied(), || {
        let shared = Shared::<K>::with(0, 1);
        let work = Arc::new(Cell::new());
        let checked = Arc::clone(&shared);
        threads(
            bodies!([shared, work]
            { shared.queue.join(); work.expect(1); },
            { shared.get(Form::Plain).unwrap(); work.write(1); shared.queue.task_done().unwrap(); }),
            move || assert!(checked.queue.task_done().is_err()),
        );
    });
    suite.add(format!("{}: join | task_done x2", K::NAME), Bound::None, plain(), || {
        let shared = Shared::<K>::with(0, 2);
        let work = Arc::new(Cell::new());
        threads(
            bodies!([shared, work]
            { shared.queue.join(); work.expect(1); },
            { work.write(1); shared.queue.task_done().unwrap(); shared.queue.task_done().unwrap(); }),
            || {},
        );
    });
    suite.add(
        format!("{}: join | write, task_done | task_done", K::NAME),
        Bound::Preemptions(3),
        plain(),
        || {
            let shared = Shared::<K>::with(0, 2);
            let work = Arc::new(Cell::new());
            threads(
                bodies!([shared, work]
            { shared.queue.join(); work.expect(1); },
            { work.write(1); shared.queue.task_done().unwrap(); },
            { shared.queue.task_done().unwrap(); }),
                || {},
            );
        },
    );
    // No task was left for a moment: that is enough for who waited then, although there is one again.
    add::<K>(
        suite,
        ": join | task_done, put",
        Bound::None,
        plain(),
        || Shared::with(0, 1),
        |shared| {
            bodies!([shared]
                { shared.queue.join(); },
                {
                    // A step that comes before or after the joiner's look: the count is that of this moment.
                assert_eq!(shared.queue.unfinished(), 1);
                // It sleeps, so it came before.
                let waits = tollgate::model::sleepers() == 1;
                shared.queue.task_done().unwrap();
                if waits { shared.put(2, Form::Try); }
            })
        },
    );
    // A joiner that was released too early waits again, and has to be able to give up then too.
    let settings = vec![Settings { timeouts: 2, ..Settings::default() }];
    add::<K>(
        suite,
        ": task_done | put, join_timeout",
        Bound::None,
        settings,
        || Shared::with(0, 1),
        |shared| {
            bodies!([shared]
            { shared.queue.task_done().unwrap(); },
            {
                shared.put(2, Form::Plain);
                if shared.queue.unfinished() == 1 {
                    assert!(!shared.queue.join_timeout(SOON), "the second item was never done");
                }
            })
        },
    );
    for how in [Shutdown::Drain, Shutdown::Immediate] {
        let name = format!(": put | shutdown({how:?}), get, task_done, join");
        add::<K>(
            suite,
            &name,
            Bound::None,
            plain(),
            || Shared::new(0),
            move |shared| {
                bodies!([shared]
                { shared.put(1, Form::Try); },
                {
                    shared.queue.shutdown(how);
                    if shared.get(Form::Try).is_ok() { shared.queue.task_done().unwrap(); }
                    shared.queue.join();
                })
            },
        );
        let name = format!(": put_many x2 | shutdown({how:?}), get x2, task_done, join");
        add::<K>(
            suite,
            &name,
            Bound::Preemptions(3),
            plain(),
            || Shared::new(0),
            move |shared| {
                bodies!([shared]
                { shared.put_two(1, false); },
                {
                    shared.queue.shutdown(how);
                    while shared.get(Form::Try).is_ok() { shared.queue.task_done().unwrap(); }
                    shared.queue.join();
                })
            },
        );
    }
    add::<K>(
        suite,
        ": join | shutdown(Immediate) with an item",
        Bound::None,
        varied(),
        || Shared::with(0, 1),
        |shared| {
            bodies!([shared]
        { shared.queue.join(); },
        { shared.queue.shutdown(Shutdown::Immediate); })
        },
    );
}
