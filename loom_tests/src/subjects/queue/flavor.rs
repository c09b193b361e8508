//! The queues under test, by one name each: their order, and what is done with them.

use super::QueueOp::{self, *};
use super::real::Item;
use strum::IntoEnumIterator as _;
use tollgate::{BlockingQueue, LifoQueue, PriorityQueue, Queue};

/// Which item leaves first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The oldest.
    Fifo,
    /// The newest.
    Lifo,
    /// The oldest of those with the smallest priority.
    Priority,
}

/// A kind of queue, and of programs.
pub trait Flavor: Send + Sync + 'static {
    /// Which item leaves first.
    const ORDER: Order;
    /// Whether no call waits for another thread that does not wait itself.
    const LOCK_FREE: bool = false;
    /// See [`Subject::SAMPLE`](crate::Subject::SAMPLE).
    const SAMPLE: usize;
    /// The type.
    type Queue: Orders + Send + Sync + 'static;
    /// What the reports call it.
    fn name() -> &'static str;
    /// What programs are made of.
    fn operations() -> Vec<QueueOp>;
    /// See [`Subject::alphabets`](crate::Subject::alphabets).
    fn alphabets() -> Vec<Vec<QueueOp>>;
}

/// What is not in [`BlockingQueue`].
pub trait Orders: BlockingQueue<Item = Item> {
    /// `new`.
    fn make(maxsize: usize) -> Self;
    /// `lock_free`.
    fn lock_free(_maxsize: usize) -> Self {
        unimplemented!("there is no such queue of this order")
    }
    /// The number of the first item.
    fn first(&self) -> Option<u8> {
        unimplemented!("no program of this order asks for it")
    }
}

macro_rules! orders {
    ($($Queue:ident { $($more:tt)* })*) => {$(
        impl Orders for $Queue<Item> {
            fn make(maxsize: usize) -> Self {
                $Queue::new(maxsize)
            }

            $($more)*
        }
    )*};
}

orders! {
    Queue {
        fn lock_free(maxsize: usize) -> Self {
            Queue::lock_free(maxsize)
        }
    }
    LifoQueue {
        fn lock_free(maxsize: usize) -> Self {
            LifoQueue::lock_free(maxsize)
        }
    }
    PriorityQueue {
        fn first(&self) -> Option<u8> {
            self.with_first(|item| item.value)
        }
    }
}

/// First in, first out.
#[derive(Debug)]
pub struct Fifo;

impl Flavor for Fifo {
    const ORDER: Order = Order::Fifo;
    const SAMPLE: usize = 60;
    type Queue = Queue<Item>;

    fn name() -> &'static str {
        "Queue"
    }

    fn operations() -> Vec<QueueOp> {
        let others = [PutMany, TryPutMany, PutManyTimeout, GetMany, TryGetMany, GetManyTimeout];
        let others = [&others[..], &[TryWork, Narrow, Widen, First, Rest]].concat();
        QueueOp::iter().filter(|op| !others.contains(op)).collect()
    }

    fn alphabets() -> Vec<Vec<QueueOp>> {
        let first = vec![Put, TryPut, Get, TryGet, GetTimeout];
        let second = vec![PutTimeout, GetTimeout, Drain, Close, Len];
        let third = vec![TryPut, TaskDone, JoinTimeout, Close, Unfinished];
        vec![first, second, third]
    }
}

/// The same type, in batches, with tasks and a capacity that changes between 1 and what it is.
#[derive(Debug)]
pub struct Batches;

impl Flavor for Batches {
    const ORDER: Order = Order::Fifo;
    const SAMPLE: usize = 20;
    type Queue = Queue<Item>;

    fn name() -> &'static str {
        "Queue, batches"
    }

    fn operations() -> Vec<QueueOp> {
        vec![
            PutMany,
            TryPutMany,
            PutManyTimeout,
            GetMany,
            TryGetMany,
            GetManyTimeout,
            TryWork,
            Narrow,
            Widen,
            Close,
        ]
    }

    fn alphabets() -> Vec<Vec<QueueOp>> {
        vec![vec![TryPutMany, GetMany, TryGetMany, Narrow, Close]]
    }
}

/// Last in, first out.
#[derive(Debug)]
pub struct Lifo;

impl Flavor for Lifo {
    const ORDER: Order = Order::Lifo;
    const SAMPLE: usize = 10;
    type Queue = LifoQueue<Item>;

    fn name() -> &'static str {
        "LifoQueue"
    }

    fn operations() -> Vec<QueueOp> {
        vec![Put, TryPut, PutTimeout, Get, TryGet, GetTimeout, TryGetMany, Drain, Close]
    }

    fn alphabets() -> Vec<Vec<QueueOp>> {
        vec![vec![TryPut, Get, TryGet, TryGetMany, Close]]
    }
}

/// The same type without a latch, with tasks.
#[derive(Debug)]
pub struct LockFreeLifo;

impl Flavor for LockFreeLifo {
    const ORDER: Order = Order::Lifo;
    const LOCK_FREE: bool = true;
    const SAMPLE: usize = 60;
    type Queue = LifoQueue<Item>;

    fn name() -> &'static str {
        "LifoQueue, lock_free"
    }

    fn operations() -> Vec<QueueOp> {
        Fifo::operations()
    }

    fn alphabets() -> Vec<Vec<QueueOp>> {
        Fifo::alphabets()
    }
}

/// The same in batches, and with a capacity that changes between 1 and what it is.
#[derive(Debug)]
pub struct LockFreeLifoBatches;

impl Flavor for LockFreeLifoBatches {
    const ORDER: Order = Order::Lifo;
    const LOCK_FREE: bool = true;
    const SAMPLE: usize = 40;
    type Queue = LifoQueue<Item>;

    fn name() -> &'static str {
        "LifoQueue, lock_free, batches"
    }

    fn operations() -> Vec<QueueOp> {
        [Batches::operations(), vec![TryPut, TryGet, Drain, Len]].concat()
    }

    fn alphabets() -> Vec<Vec<QueueOp>> {
        vec![
            vec![TryPutMany, TryGetMany, Narrow, Widen, Len],
            vec![TryPutMany, TryPut, TryGet, TryGetMany, Close],
        ]
    }
}

/// First in, first out, without a latch, with tasks.
#[derive(Debug)]
pub struct LockFreeFifo;

impl Flavor for LockFreeFifo {
    const ORDER: Order = Order::Fifo;
    const LOCK_FREE: bool = true;
    const SAMPLE: usize = 60;
    type Queue = Queue<Item>;

    fn name() -> &'static str {
        "Queue, lock_free"
    }

    fn operations() -> Vec<QueueOp> {
        Fifo::operations()
    }

    fn alphabets() -> Vec<Vec<QueueOp>> {
        Fifo::alphabets()
    }
}

/// The same in batches, and with a capacity that changes between 1 and what it is.
#[derive(Debug)]
pub struct LockFreeFifoBatches;

impl Flavor for LockFreeFifoBatches {
    const ORDER: Order = Order::Fifo;
    const LOCK_FREE: bool = true;
    const SAMPLE: usize = 40;
    type Queue = Queue<Item>;

    fn name() -> &'static str {
        "Queue, lock_free, batches"
    }

    fn operations() -> Vec<QueueOp> {
        LockFreeLifoBatches::operations()
    }

    fn alphabets() -> Vec<Vec<QueueOp>> {
        LockFreeLifoBatches::alphabets()
    }
}

/// Smallest first.
#[derive(Debug)]
pub struct Priority;

impl Flavor for Priority {
    const ORDER: Order = Order::Priority;
    const SAMPLE: usize = 20;
    type Queue = PriorityQueue<Item>;

    fn name() -> &'static str {
        "PriorityQueue"
    }

    fn operations() -> Vec<QueueOp> {
        vec![Put, TryPut, PutTimeout, Get, TryGet, GetTimeout, TryGetMany, Drain, Close, Len, First]
    }

    fn alphabets() -> Vec<Vec<QueueOp>> {
        vec![vec![TryPut, Get, TryGet, First, Close]]
    }
}
