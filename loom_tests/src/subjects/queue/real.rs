//! The real queue, with items that are counted, and its calls.

use super::flavor::Orders;
use super::{QueueAnswer, QueueOp, QueueOp::*};
use crate::subject::{CallId, SOON};
use std::cmp::Ordering;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use tollgate::{GetError, PutError, PutManyError, Shutdown};

/// The second item of a batch; the first has the number of the call.
pub(super) const SECOND: CallId = 128;

/// How a priority queue compares the items of these numbers.
pub(super) fn priority(value: CallId) -> u8 {
    value % 2
}

/// The shared object.
#[derive(Debug)]
pub struct Ledgered<Q> {
    queue: Q,
    ledger: Arc<Ledger>,
}

/// How often the item of each number was made and dropped.
type Ledger = [(AtomicUsize, AtomicUsize); CallId::MAX as usize + 1];

/// An item that says when it is dropped.
#[derive(Debug)]
pub struct Item {
    pub(super) value: CallId,
    ledger: Arc<Ledger>,
}

impl Drop for Item {
    fn drop(&mut self) {
        self.ledger[usize::from(self.value)].1.fetch_add(1, SeqCst);
    }
}

impl Ord for Item {
    fn cmp(&self, other: &Self) -> Ordering {
        priority(self.value).cmp(&priority(other.value))
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

impl<Q> Ledgered<Q> {
    fn item(&self, value: CallId) -> Item {
        self.ledger[usize::from(value)].0.fetch_add(1, SeqCst);
        Item { value, ledger: Arc::clone(&self.ledger) }
    }

    fn batch(&self, call: CallId) -> [Item; 2] {
        [self.item(call), self.item(call + SECOND)]
    }
}

fn put(result: Result<(), PutError<Item>>, value: CallId) -> QueueAnswer {
    let (answer, item) = match result {
        Ok(()) => return QueueAnswer::Done,
        Err(PutError::Full(item)) => (QueueAnswer::Full, item),
        Err(PutError::ShutDown(item)) => (QueueAnswer::ShutDown, item),
    };
    assert_eq!(item.value, value, "another item came back");
    answer
}

fn put_many(result: Result<usize, PutManyError<Item>>, call: CallId) -> QueueAnswer {
    let PutManyError { put, rest } = match result {
        Ok(count) => {
            assert_eq!(count, 2);
            return QueueAnswer::Done;
        }
        Err(error) => error,
    };
    let full = rest.is_full();
    let rest: Vec<_> = rest.into_inner().into_iter().map(|item| item.value).collect();
    assert_eq!(rest, [call, call + SECOND][put..], "other items came back");
    QueueAnswer::Part { put, full }
}

fn got(result: Result<Item, GetError>) -> QueueAnswer {
    match result {
        Ok(item) => QueueAnswer::Got(item.value),
        Err(GetError::Empty) => QueueAnswer::Empty,
        Err(GetError::ShutDown) => QueueAnswer::ShutDown,
    }
}

fn got_many(result: Result<Vec<Item>, GetError>) -> QueueAnswer {
    match result {
        Ok(items) => QueueAnswer::GotMany(items.into_iter().map(|item| item.value).collect()),
        Err(GetError::Empty) => QueueAnswer::Empty,
        Err(GetError::ShutDown) => QueueAnswer::ShutDown,
    }
}

impl<Q: Orders> Ledgered<Q> {
    pub(super) fn new(maxsize: usize) -> Self {
        Ledgered::of(Q::make(maxsize))
    }

    pub(super) fn of(queue: Q) -> Self {
        Ledgered { queue, ledger: Arc::new(std::array::from_fn(|_| Default::default())) }
    }

    pub(super) fn call(&self, call: CallId, op: QueueOp) -> QueueAnswer {
        let queue = &self.queue;
        let done = |()| QueueAnswer::Done;
        match op {
            Put => put(queue.put(self.item(call)).map_err(PutError::from), call),
            TryPut => put(queue.try_put(self.item(call)), call),
            PutTimeout => put(queue.put_timeout(self.item(call), SOON), call),
            PutMany => put_many(queue.put_many(self.batch(call)), call),
            TryPutMany => put_many(queue.try_put_many(self.batch(call)), call),
            PutManyTimeout => put_many(queue.put_many_timeout(self.batch(call), SOON), call),
            Get => got(queue.get().map_err(GetError::from)),
            TryGet => got(queue.try_get()),
            GetTimeout => got(queue.get_timeout(SOON)),
            GetMany => got_many(queue.get_many(2).map_err(GetError::from)),
            TryGetMany => got_many(queue.try_get_many(2)),
            GetManyTimeout => got_many(queue.get_many_timeout(2, SOON)),
            TryWork => match queue.try_get_task() {
                Ok(_task) => QueueAnswer::Done,
                Err(error) => got(Err(error)),
            },
            TaskDone => queue.task_done().map_or(QueueAnswer::TooManyDone, done),
            Join => {
                queue.join();
                QueueAnswer::Done
            }
            JoinTimeout if queue.join_timeout(SOON) => QueueAnswer::Done,
            JoinTimeout => QueueAnswer::TimedOut,
            Drain | Close => {
                queue.shutdown(if op == Drain { Shutdown::Drain } else { Shutdown::Immediate });
                QueueAnswer::Done
            }
            Narrow => queue.set_capacity(1).map_or_else(|error| panic!("{error}"), done),
            Widen => {
                queue.set_capacity(3).expect_err("it was made for two");
                queue.set_capacity(2).map_or_else(|error| panic!("{error}"), done)
            }
            First => queue.first().map_or(QueueAnswer::Empty, QueueAnswer::Got),
            Len => QueueAnswer::Number(queue.len()),
            Unfinished => QueueAnswer::Number(queue.unfinished()),
            IsShutdown => QueueAnswer::Is(queue.is_shutdown()),
            Rest => QueueAnswer::Rest {
                unfinished: queue.unfinished(),
                items: queue.try_iter().map(|item| item.value).collect(),
                shut_down: queue.is_shutdown(),
            },
        }
    }

    pub(super) fn end(self) {
        let Ledgered { queue, ledger } = self;
        drop(queue);
        for (value, (made, dropped)) in ledger.iter().enumerate() {
            let (made, dropped) = (made.load(SeqCst), dropped.load(SeqCst));
            assert_eq!(made, dropped, "item {value}: made {made} times, dropped {dropped} times");
        }
    }
}
