//! [`tollgate::Queue`], [`LifoQueue`] and [`PriorityQueue`] against a [`Model`] that is as plain as Python's documentation of `queue`.
//! One format for all three: a script says nothing of the order.
//!
//! Plain forms (`put`, `get`, `join`, `iter`) wait for ever where nobody else is there to end the wait; so they run
//! where the model says that they will not wait, and where they would, the form that looks once runs instead.
//!
//! # Items
//!
//! Each item is numbered and records that it was dropped, in a ledger. At the end every item must have been dropped
//! exactly once: one that vanished shows as 0, one that was duplicated as 2. Two kinds of items do more when they are
//! dropped *by an immediate shutdown*:
//!
//! * [`Kind::Panics`] panics. The shutdown must drop all the others nevertheless, leave the right state, and go on
//!   with the first of the panics.
//! * [`Kind::Visits`] uses the queue that is dropping it, which must be shut down and empty by then, and not locked.

use crate::forms::{Form, SHORT, past, soon};
use arbitrary::Arbitrary;
use std::cell::{Cell, RefCell};
use std::cmp::Ordering;
use std::collections::VecDeque;
use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;
use std::time::Duration;
use tollgate::{
    BlockingQueue, GetError, LifoQueue, PriorityQueue, PutError, Queue, ShutDown, Shutdown, TooManyDone,
};

/// One input of the fuzzer.
#[derive(Clone, Debug, Arbitrary)]
pub struct Script {
    /// The queue's capacity, modulo [`CAPACITIES`]; 0 is unbounded.
    pub capacity: u8,
    /// What is done with it. Only the first [`MOST_OPERATIONS`] are.
    pub operations: Vec<Operation>,
}

/// Capacities are smaller than this.
pub const CAPACITIES: u8 = 6;
/// More operations than this make an input slow, and not more interesting.
pub const MOST_OPERATIONS: usize = 256;

/// One call, or a few.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Arbitrary)]
pub enum Operation {
    /// One of the forms of `put`.
    Put(Form, Kind),
    /// `try_put_many` of plain items.
    PutMany(u8),
    /// One of the forms of `get`.
    Get(Form),
    /// `task_done`.
    TaskDone,
    /// One of the forms of `join`.
    Join(Form),
    /// `shutdown`.
    Shutdown(How),
    /// `len`, `is_empty`, `is_full`, `unfinished`, `capacity`, `is_shutdown`, and what `Debug` shows.
    Look,
    /// At most so many items from `try_iter`.
    TryIter(u8),
    /// At most so many items from `iter`, where it does not wait.
    Iter(u8),
}

/// What an item does when an immediate shutdown drops it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Arbitrary)]
pub enum Kind {
    /// Nothing.
    Plain,
    /// It panics.
    Panics,
    /// It uses the queue.
    Visits,
}

/// [`Shutdown`], for the fuzzer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Arbitrary)]
pub enum How {
    /// [`Shutdown::Drain`].
    Drain,
    /// [`Shutdown::Immediate`].
    Immediate,
}

/// Which item leaves first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The oldest.
    Fifo,
    /// The newest.
    Lifo,
    /// The oldest of those with the smallest [`priority`].
    Priority,
}

/// How a priority queue compares items.
fn priority(id: usize) -> usize {
    id * 5 % 7
}

/// What the queue should be.
#[derive(Clone, Debug)]
pub struct Model {
    order: Order,
    items: VecDeque<(usize, Kind)>,
    capacity: Option<usize>,
    unfinished: usize,
    shutdown: Option<How>,
}

impl Model {
    /// An open, empty queue. 0 is unbounded.
    pub fn new(order: Order, maxsize: usize) -> Self {
        let capacity = (maxsize > 0).then_some(maxsize);
        Model { order, items: VecDeque::new(), capacity, unfinished: 0, shutdown: None }
    }

    fn is_full(&self) -> bool {
        self.capacity.is_some_and(|capacity| self.items.len() >= capacity)
    }

    /// Whether a plain `put` would wait.
    fn put_waits(&self) -> bool {
        self.shutdown.is_none() && self.is_full()
    }

    /// Whether a plain `get` would wait.
    fn get_waits(&self) -> bool {
        self.shutdown.is_none() && self.items.is_empty()
    }

    /// What a put without waiting returns.
    fn put(&mut self, id: usize, kind: Kind) -> Result<(), PutError<usize>> {
        if self.shutdown.is_some() {
            return Err(PutError::ShutDown(id));
        }
        if self.is_full() {
            return Err(PutError::Full(id));
        }
        self.items.push_back((id, kind));
        self.unfinished += 1;
        Ok(())
    }

    /// What a get without waiting returns.
    fn get(&mut self) -> Result<usize, GetError> {
        let first = match self.order {
            Order::Fifo => 0,
            Order::Lifo => self.items.len().wrapping_sub(1),
            Order::Priority => {
                let all = 0..self.items.len();
                all.min_by_key(|&at| (priority(self.items[at].0), at)).unwrap_or_default()
            }
        };
        match self.items.remove(first) {
            Some((id, _)) => Ok(id),
            None if self.shutdown.is_some() => Err(GetError::ShutDown),
            None => Err(GetError::Empty),
        }
    }

    fn task_done(&mut self) -> Result<(), TooManyDone> {
        self.unfinished = self.unfinished.checked_sub(1).ok_or(TooManyDone)?;
        Ok(())
    }

    /// What an immediate shutdown discards. `task_done` may have been called for items that are still there; Python
    /// stops at 0 then.
    fn shutdown(&mut self, how: How) -> Vec<(usize, Kind)> {
        if how == How::Drain {
            self.shutdown = self.shutdown.or(Some(How::Drain));
            return Vec::new();
        }
        self.shutdown = Some(How::Immediate);
        self.unfinished = self.unfinished.saturating_sub(self.items.len());
        let mut discarded: Vec<_> = self.items.drain(..).collect();
        if self.order == Order::Lifo {
            discarded.reverse();
        }
        discarded
    }
}

/// How often each item was dropped, and what items need to know when they are.
#[derive(Default)]
struct Ledger {
    drops: RefCell<Vec<u32>>,
    /// Set while an immediate shutdown runs: only then do the items misbehave.
    armed: Cell<bool>,
    /// Whose destructors have panicked, in order.
    panicked: RefCell<Vec<usize>>,
    /// What a visitor does.
    visit: RefCell<Option<Box<dyn Fn()>>>,
}

struct Item {
    id: usize,
    kind: Kind,
    ledger: Rc<Ledger>,
}

/// What the first [`Kind::Panics`] item panics with. Of no size, as what later ones panic with: a shutdown leaks that, and the fuzzer looks for
/// leaks.
struct First;
struct Later;

impl Drop for Item {
    fn drop(&mut self) {
        self.ledger.drops.borrow_mut()[self.id] += 1;
        if !self.ledger.armed.get() {
            return;
        }
        match self.kind {
            Kind::Plain => {}
            // Not `panic!`: libFuzzer's panic hook would end the process.
            Kind::Panics => {
                let mut panicked = self.ledger.panicked.borrow_mut();
                panicked.push(self.id);
                let first = panicked.len() == 1;
                drop(panicked);
                resume_unwind(if first { Box::new(First) } else { Box::new(Later) })
            }
            Kind::Visits => self.ledger.visit.borrow().as_ref().expect("armed with a queue")(),
        }
    }
}

impl Ord for Item {
    fn cmp(&self, other: &Self) -> Ordering {
        priority(self.id).cmp(&priority(other.id))
    }
}

impl PartialOrd for Item {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Item {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Item {}

/// Runs the script on a `Queue` and on the model.
///
/// # Panics
///
/// Where the two differ.
pub fn run(script: &Script) {
    run_both(script, Order::Fifo, Queue::new);
}

/// The same for a `LifoQueue`.
///
/// # Panics
///
/// Where the two differ.
pub fn run_lifo(script: &Script) {
    run_both(script, Order::Lifo, LifoQueue::new);
}

/// The same for a `PriorityQueue`.
///
/// # Panics
///
/// Where the two differ.
pub fn run_priority(script: &Script) {
    run_both(script, Order::Priority, PriorityQueue::new);
}

fn run_both<Q>(script: &Script, order: Order, make: fn(usize) -> Q)
where
    Q: BlockingQueue<Item = Item> + Debug + 'static,
{
    let maxsize = usize::from(script.capacity % CAPACITIES);
    let mut twin = Twin::new(make(maxsize), Model::new(order, maxsize));
    for operation in script.operations.iter().take(MOST_OPERATIONS) {
        twin.step(*operation);
        twin.look();
    }
    twin.end();
}

/// The queue and its model.
struct Twin<Q> {
    queue: Rc<Q>,
    model: Model,
    ledger: Rc<Ledger>,
}

impl<Q: BlockingQueue<Item = Item> + Debug + 'static> Twin<Q> {
    fn new(queue: Q, model: Model) -> Self {
        let queue = Rc::new(queue);
        let ledger = Rc::new(Ledger::default());
        let visited = Rc::downgrade(&queue);
        *ledger.visit.borrow_mut() = Some(Box::new(move || {
            let queue = visited.upgrade().expect("the queue is being shut down, not dropped");
            assert!(queue.is_shutdown(), "an item is dropped before the queue is shut down");
            assert_eq!(queue.len(), 0, "an item is dropped before the queue is empty");
            assert_eq!(queue.try_get().map(|item| item.id), Err(GetError::ShutDown));
            queue.shutdown(Shutdown::Drain);
            assert!(queue.is_shutdown());
        }));
        Twin { queue, model, ledger }
    }

    fn step(&mut self, operation: Operation) {
        match operation {
            Operation::Put(form, kind) => self.put(form, kind),
            Operation::PutMany(count) => self.put_many(count),
            Operation::Get(form) => self.get(form),
            Operation::TaskDone => assert_eq!(self.queue.task_done(), self.model.task_done()),
            Operation::Join(form) => self.join(form),
            Operation::Shutdown(How::Drain) => {
                self.queue.shutdown(Shutdown::Drain);
                self.model.shutdown(How::Drain);
            }
            Operation::Shutdown(How::Immediate) => self.shut_down_immediately(),
            Operation::Look => self.look_closely(),
            Operation::TryIter(count) => {
                let got: Vec<_> = self.queue.try_iter().take(count.into()).map(|item| item.id).collect();
                let expected: Vec<_> = (0..count).map_while(|_| self.model.get().ok()).collect();
                assert_eq!(got, expected, "try_iter");
            }
            Operation::Iter(count) => {
                // It ends by itself only when the queue has been shut down.
                let count = match self.model.shutdown {
                    Some(_) => count.into(),
                    None => self.model.items.len().min(count.into()),
                };
                let got: Vec<_> = self.queue.iter().take(count).map(|item| item.id).collect();
                let expected: Vec<_> = (0..count).map_while(|_| self.model.get().ok()).collect();
                assert_eq!(got, expected, "iter");
            }
        }
    }

    fn new_item(&self, kind: Kind) -> Item {
        let mut drops = self.ledger.drops.borrow_mut();
        drops.push(0);
        Item { id: drops.len() - 1, kind, ledger: Rc::clone(&self.ledger) }
    }

    fn put(&mut self, form: Form, kind: Kind) {
        let item = self.new_item(kind);
        let id = item.id;
        let queue = &self.queue;
        let put = match form.within(self.model.put_waits()) {
            Form::Plain => queue.put(item).map_err(|ShutDown(item)| PutError::ShutDown(item)),
            Form::Try => queue.try_put(item),
            Form::NoTime => queue.put_timeout(item, Duration::ZERO),
            Form::ShortTime => queue.put_timeout(item, SHORT),
            Form::LongTime => queue.put_timeout(item, Duration::MAX),
            Form::Past => queue.put_deadline(item, past()),
            Form::Soon => queue.put_deadline(item, soon()),
        };
        let put = put.map_err(|refused| {
            assert_eq!(refused.is_full(), matches!(refused, PutError::Full(_)));
            // The very item comes back.
            match refused {
                PutError::Full(item) => PutError::Full(item.id),
                PutError::ShutDown(item) => PutError::ShutDown(item.id),
            }
        });
        assert_eq!(put, self.model.put(id, kind), "put, {form:?}");
    }

    fn put_many(&mut self, count: u8) {
        let items: Vec<_> = (0..count).map(|_| self.new_item(Kind::Plain)).collect();
        let ids: Vec<_> = items.iter().map(|item| item.id).collect();
        let put = self.queue.try_put_many(items);
        let refused =
            ids.iter().enumerate().find_map(|(at, id)| Some((at, self.model.put(*id, Kind::Plain).err()?)));
        match (put, refused) {
            (Ok(put), None) => assert_eq!(put, ids.len()),
            (Err(error), Some((at, refused))) => {
                assert_eq!((error.put, error.rest.is_full()), (at, refused.is_full()), "put_many");
                let rest: Vec<_> = error.into_rest().iter().map(|item| item.id).collect();
                assert_eq!(rest, ids[at..], "what a batch did not put");
            }
            (put, refused) => panic!("put_many: {:?}, and not {refused:?}", put.map_err(|error| error.put)),
        }
    }

    fn get(&mut self, form: Form) {
        let queue = &self.queue;
        let got = match form.within(self.model.get_waits()) {
            Form::Plain => queue.get().map_err(|ShutDown(())| GetError::ShutDown),
            Form::Try => queue.try_get(),
            Form::NoTime => queue.get_timeout(Duration::ZERO),
            Form::ShortTime => queue.get_timeout(SHORT),
            Form::LongTime => queue.get_timeout(Duration::MAX),
            Form::Past => queue.get_deadline(past()),
            Form::Soon => queue.get_deadline(soon()),
        };
        assert_eq!(got.map(|item| item.id), self.model.get(), "get, {form:?}");
    }

    fn join(&mut self, form: Form) {
        let queue = &self.queue;
        let waits = self.model.unfinished > 0;
        let idle = match form.within(waits) {
            Form::Plain => {
                queue.join();
                true
            }
            // `join` has no `try_` form.
            Form::Try | Form::NoTime => queue.join_timeout(Duration::ZERO),
            Form::ShortTime => queue.join_timeout(SHORT),
            Form::LongTime => queue.join_timeout(Duration::MAX),
            Form::Past => queue.join_deadline(past()),
            Form::Soon => queue.join_deadline(soon()),
        };
        assert_eq!(idle, !waits, "join, {form:?}");
    }

    fn shut_down_immediately(&mut self) {
        let discarded = self.model.shutdown(How::Immediate);
        self.ledger.armed.set(true);
        let ended = catch_unwind(AssertUnwindSafe(|| self.queue.shutdown(Shutdown::Immediate)));
        self.ledger.armed.set(false);
        for (id, _) in &discarded {
            assert_eq!(self.ledger.drops.borrow()[*id], 1, "item {id} is not dropped by the shutdown");
        }
        // In what order those of a priority queue are dropped is not said.
        let mut panicked = self.ledger.panicked.take();
        let mut panics: Vec<_> =
            discarded.iter().filter(|(_, kind)| *kind == Kind::Panics).map(|(id, _)| *id).collect();
        if self.model.order == Order::Priority {
            panicked.sort_unstable();
            panics.sort_unstable();
        }
        assert_eq!(panicked, panics, "whose destructors panic");
        match ended {
            Ok(()) => assert_eq!(panics, [], "the shutdown swallowed a panic"),
            Err(panic) if panic.is::<Later>() => {
                panic!("the shutdown went on with another panic than the first")
            }
            Err(panic) if panic.is::<First>() => {}
            Err(other) => resume_unwind(other),
        }
    }

    /// After each operation.
    fn look(&self) {
        assert_eq!(self.queue.len(), self.model.items.len(), "len");
        assert_eq!(self.queue.unfinished(), self.model.unfinished, "unfinished");
        assert_eq!(self.queue.is_shutdown(), self.model.shutdown.is_some(), "is_shutdown");
    }

    fn look_closely(&self) {
        let (queue, model) = (&self.queue, &self.model);
        assert_eq!(queue.is_empty(), model.items.is_empty(), "is_empty");
        assert_eq!(queue.is_full(), model.is_full(), "is_full");
        assert_eq!(queue.capacity(), model.capacity, "capacity");
        let shown = format!("{queue:?}");
        let expected = format!(
            "{} {{ len: {}, capacity: {:?}, unfinished: {}, waiting_getters: 0, waiting_putters: 0, shut_down: {}, .. }}",
            match model.order {
                Order::Fifo => "Queue",
                Order::Lifo => "LifoQueue",
                Order::Priority => "PriorityQueue",
            },
            model.items.len(),
            model.capacity,
            model.unfinished,
            model.shutdown.is_some(),
        );
        assert_eq!(shown, expected);
    }

    /// Drops the queue with what is in it. Then every item must have been dropped, once.
    fn end(self) {
        let left: Vec<_> = self.model.items.iter().map(|(id, _)| *id).collect();
        for (id, drops) in self.ledger.drops.borrow().iter().enumerate() {
            let expected = u32::from(!left.contains(&id));
            assert_eq!(*drops, expected, "drops of item {id}, before the queue's end");
        }
        drop(self.queue);
        for (id, drops) in self.ledger.drops.borrow().iter().enumerate() {
            assert_eq!(*drops, 1, "drops of item {id}, after the queue's end");
        }
    }
}
