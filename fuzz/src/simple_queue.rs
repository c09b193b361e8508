//! [`tollgate::SimpleQueue`] against a deque: all forms of getting, items whose destructors put and panic, bursts that make its memory grow and
//! shrink, and waits that a second thread's put ends.
//!
//! Each item is numbered, and a ledger counts its drops: at the end each must have been dropped exactly once.

use crate::forms::{Form, SHORT, past, soon};
use crate::panics::{assert_bangs, bang};
use crate::script::{self, Script};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::{Rc, Weak};
use std::thread;
use std::time::Duration;
use tollgate::SimpleQueue;

/// One call, or a few.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// `put`.
    Put(Kind),
    /// One of the forms of `get`, and what was got is dropped.
    Get(Form),
    /// So many times 16 puts, and then as many gets.
    Burst(u8),
    /// A get without end, or with one far away, from another queue, that another thread's put ends.
    Handed(Form),
    /// `len`, `is_empty` and `Debug`.
    Look,
}

/// What an item does when it is dropped after it was got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing.
    Plain,
    /// It puts another item, a plain one, into the queue that it was in.
    Puts,
    /// It panics.
    Panics,
}

impl script::Operation for Operation {
    fn decode(code: u8, argument: u8) -> Self {
        match code % 6 {
            0 | 1 => Operation::Put([Kind::Plain, Kind::Puts, Kind::Panics][usize::from(argument % 3)]),
            2 => Operation::Get(Form::decode(argument)),
            3 => Operation::Burst(argument % 32),
            4 => Operation::Handed(Form::decode(argument)),
            _ => Operation::Look,
        }
    }
}

/// Inputs with more of these are cut: each takes two threads.
const MOST_HANDED: usize = 16;
/// Later ones do nothing: they make an input slow, and not more interesting.
const MOST_BURSTS: usize = 4;

struct Item {
    id: usize,
    kind: Kind,
    shared: Rc<Shared>,
}

/// What items need when they are dropped.
struct Shared {
    queue: Weak<SimpleQueue<Item>>,
    drops: RefCell<Vec<u32>>,
    /// Unset when the queue itself is dropped, with what is left in it.
    armed: Cell<bool>,
}

impl Shared {
    fn item(self: &Rc<Self>, kind: Kind) -> Item {
        let mut drops = self.drops.borrow_mut();
        drops.push(0);
        Item { id: drops.len() - 1, kind, shared: Rc::clone(self) }
    }
}

impl Drop for Item {
    fn drop(&mut self) {
        self.shared.drops.borrow_mut()[self.id] += 1;
        if !self.shared.armed.get() {
            return;
        }
        match self.kind {
            Kind::Plain => {}
            Kind::Puts => {
                let queue = self.shared.queue.upgrade().expect("armed while the queue is there");
                queue.put(self.shared.item(Kind::Plain));
            }
            Kind::Panics => bang(),
        }
    }
}

/// Runs the script.
///
/// # Panics
///
/// Where queue and deque differ.
pub fn run(script: &Script<Operation>) {
    let mut shared = None;
    let queue = Rc::new_cyclic(|queue| {
        shared =
            Some(Rc::new(Shared { queue: queue.clone(), drops: RefCell::default(), armed: Cell::new(true) }));
        SimpleQueue::new()
    });
    let shared = shared.expect("made with the queue");
    let other = SimpleQueue::new();
    let mut twin = Twin { queue, shared, model: VecDeque::new() };
    let (mut handed, mut bursts) = (0, 0);
    for &operation in &script.operations {
        match operation {
            Operation::Put(kind) => twin.put(kind),
            Operation::Get(form) => twin.get(form),
            Operation::Burst(_) if bursts == MOST_BURSTS => {}
            Operation::Burst(sixteens) => {
                bursts += 1;
                let count = usize::from(sixteens) * 16;
                (0..count).for_each(|_| twin.put(Kind::Plain));
                (0..count).for_each(|_| twin.get(Form::Try));
            }
            Operation::Handed(form) => {
                handed += 1;
                if handed > MOST_HANDED {
                    break;
                }
                let form = if form == Form::Plain { Form::Plain } else { Form::LongTime };
                thread::scope(|s| {
                    let putter = s.spawn(|| other.put(handed));
                    assert_eq!(get(&other, form), Some(handed), "handed over");
                    // See `threads`.
                    putter.join().unwrap();
                });
            }
            Operation::Look => {
                let len = twin.model.len();
                let shown = format!("SimpleQueue {{ len: {len}, waiting_getters: 0, .. }}");
                assert_eq!(format!("{:?}", twin.queue), shown);
            }
        }
        assert_eq!(twin.queue.len(), twin.model.len(), "after {operation:?}");
        assert_eq!(twin.queue.is_empty(), twin.model.is_empty(), "after {operation:?}");
    }
    twin.end();
}

struct Twin {
    queue: Rc<SimpleQueue<Item>>,
    shared: Rc<Shared>,
    model: VecDeque<(usize, Kind)>,
}

impl Twin {
    fn put(&mut self, kind: Kind) {
        let item = self.shared.item(kind);
        self.model.push_back((item.id, kind));
        self.queue.put(item);
    }

    fn get(&mut self, form: Form) {
        let got = get(&self.queue, form.within(self.model.is_empty()));
        let expected = self.model.pop_front();
        assert_eq!(got.as_ref().map(|item| (item.id, item.kind)), expected, "get, {form:?}");
        let Some(item) = got else { return };
        let kind = item.kind;
        match kind {
            Kind::Plain => drop(item),
            Kind::Puts => {
                drop(item);
                self.model.push_back((self.shared.drops.borrow().len() - 1, Kind::Plain));
            }
            Kind::Panics => assert_bangs(|| drop(item)),
        }
    }

    /// What is left goes with the queue.
    fn end(self) {
        let Twin { queue, shared, model } = self;
        let left: Vec<_> = model.iter().map(|(id, _)| *id).collect();
        for (id, drops) in shared.drops.borrow().iter().enumerate() {
            assert_eq!(*drops, u32::from(!left.contains(&id)), "item {id}");
        }
        shared.armed.set(false);
        drop(queue);
        assert!(shared.drops.borrow().iter().all(|drops| *drops == 1), "{:?}", shared.drops);
    }
}

/// What was got within the time that the form gives.
fn get<T>(queue: &SimpleQueue<T>, form: Form) -> Option<T> {
    match form {
        Form::Plain => Some(queue.get()),
        Form::Try => queue.try_get(),
        Form::NoTime => queue.get_timeout(Duration::ZERO),
        Form::ShortTime => queue.get_timeout(SHORT),
        Form::LongTime => queue.get_timeout(Duration::MAX),
        Form::Past => queue.get_deadline(past()),
        Form::Soon => queue.get_deadline(soon()),
    }
}
