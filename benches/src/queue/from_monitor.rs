//! What people write: a container under a lock, and two conditions, notified after the unlock. For all three orders, of any library
//! that has a mutex and a condition.

use super::{BenchQueue, Get, Put};
use crate::monitor::{Monitor, Signal};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::marker::PhantomData;

/// Where the items lie. Decides the order.
pub trait Container: Send {
    /// What lies there.
    type Item;
    /// With room for so many.
    fn with_capacity(capacity: usize) -> Self;
    /// Adds one.
    fn push(&mut self, item: Self::Item);
    /// Takes the next.
    fn pop(&mut self) -> Option<Self::Item>;
    /// How many there are.
    fn len(&self) -> usize;
    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

macro_rules! container {
    ($type:ty, $wrap:expr, $unwrap:expr, $push:ident, $pop:ident $(, $bound:ident)?) => {
        impl<T: Send $(+ $bound)?> Container for $type {
            type Item = T;

            fn with_capacity(capacity: usize) -> Self {
                Self::with_capacity(capacity)
            }

            #[inline]
            fn push(&mut self, item: T) {
                self.$push($wrap(item));
            }

            #[inline]
            fn pop(&mut self) -> Option<T> {
                self.$pop().map($unwrap)
            }

            #[inline]
            fn len(&self) -> usize {
                self.len()
            }
        }
    };
}

container!(VecDeque<T>, |item| item, |item| item, push_back, pop_front);
container!(Vec<T>, |item| item, |item| item, push, pop);
container!(BinaryHeap<Reverse<T>>, Reverse, |Reverse(item)| item, push, pop, Ord);

/// The container `C` in the monitor `M`.
#[derive(Debug)]
pub struct FromMonitor<C, M> {
    items: M,
    capacity: usize,
    _container: PhantomData<fn() -> C>,
}

impl<C: Container, M: Monitor<C>> FromMonitor<C, M> {
    #[inline]
    fn taken(&self, items: M::Guard<'_>) {
        drop(items);
        if self.capacity != usize::MAX {
            self.items.notify_one(Signal::Second);
        }
    }

    #[inline]
    fn add(&self, mut items: M::Guard<'_>, item: C::Item) {
        items.push(item);
        drop(items);
        self.items.notify_one(Signal::First);
    }
}

impl<C: Container, M: Monitor<C>> BenchQueue<C::Item> for FromMonitor<C, M> {
    const NAME: &'static str = M::NAME;
    type Putter<'a>
        = &'a Self
    where
        Self: 'a;
    type Getter<'a>
        = &'a Self
    where
        Self: 'a;

    fn new(capacity: usize) -> Self {
        let items = M::new(C::with_capacity(capacity));
        let capacity = if capacity == 0 { usize::MAX } else { capacity };
        FromMonitor { items, capacity, _container: PhantomData }
    }

    fn putter(&self) -> &Self {
        self
    }

    fn getter(&self) -> &Self {
        self
    }
}

impl<C: Container, M: Monitor<C>> Put<C::Item> for FromMonitor<C, M> {
    #[inline]
    fn put(&self, item: C::Item) {
        let mut items = self.items.lock();
        while items.len() >= self.capacity {
            items = self.items.wait(items, Signal::Second);
        }
        self.add(items, item);
    }

    #[inline]
    fn try_put(&self, item: C::Item) -> bool {
        let items = self.items.lock();
        let room = items.len() < self.capacity;
        if room {
            self.add(items, item);
        }
        room
    }
}

impl<C: Container, M: Monitor<C>> Get<C::Item> for FromMonitor<C, M> {
    #[inline]
    fn get(&self) -> C::Item {
        let mut items = self.items.lock();
        loop {
            if let Some(item) = items.pop() {
                self.taken(items);
                return item;
            }
            items = self.items.wait(items, Signal::First);
        }
    }

    #[inline]
    fn try_get(&self) -> Option<C::Item> {
        let mut items = self.items.lock();
        let item = items.pop()?;
        self.taken(items);
        Some(item)
    }
}
