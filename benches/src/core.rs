//! The present core of the queues as a [`Container`], to be measured beside the candidates behind the same small face: items under a
//! lock, and a copy of their number beside it for looks. Without the task count and the shutdown state, which cost it nothing more, and
//! which the candidates do not have either.

use std::collections::VecDeque;
use std::sync::atomic::{
    AtomicUsize,
    Ordering::{Acquire, SeqCst},
};
use tollgate::Lock;
use tollgate::experimental_cores::Container;

/// Items under a lock. `LIFO`: the last one comes first.
#[derive(Debug)]
pub struct Locked<const LIFO: bool> {
    items: Lock<VecDeque<u64>>,
    status: AtomicUsize,
    capacity: usize,
}

impl<const LIFO: bool> Locked<LIFO> {
    /// For so many items.
    pub fn new(capacity: usize) -> Self {
        let items = Lock::new(VecDeque::with_capacity(capacity.min(1024)));
        Locked { items, status: AtomicUsize::new(0), capacity }
    }
}

impl<const LIFO: bool> Container<u64> for Locked<LIFO> {
    #[inline]
    fn try_push(&self, item: u64) -> Result<(), u64> {
        if !self.has_room() {
            return Err(item);
        }
        let mut items = self.items.lock();
        if items.len() >= self.capacity {
            return Err(item);
        }
        items.push_back(item);
        self.status.swap(items.len(), SeqCst);
        Ok(())
    }

    #[inline]
    fn try_pop(&self) -> Option<u64> {
        if !self.has_item() {
            return None;
        }
        let mut items = self.items.lock();
        let item = if LIFO { items.pop_back() } else { items.pop_front() }?;
        self.status.swap(items.len(), SeqCst);
        Some(item)
    }

    fn len(&self) -> usize {
        self.status.load(Acquire)
    }

    fn has_room(&self) -> bool {
        self.len() < self.capacity
    }

    fn has_item(&self) -> bool {
        self.len() > 0
    }
}
