//! The orders that know their first item at once: items lie in the ledger itself, a ring (first in, first out) or a stack (last in,
//! first out).

use super::core::{Locked, Order, Tell};
use super::ledger::{Ledger, Refused};
use std::collections::VecDeque;
use std::marker::PhantomData;

/// A bounded queue allocates its whole room at once up to this many items; a larger one grows.
pub(super) const ALLOCATED_AT_ONCE: usize = 1024;
/// A buffer of at least this many slots gives half of them back when three quarters are empty.
const WORTH_SHRINKING: usize = 256;

/// A buffer from which items leave in an order.
pub(crate) trait Store<T>: Sized {
    const EMPTY: Self;
    /// Whether there are so few places that those who wait are [served](Order::SERVES).
    const FEW: bool = false;
    fn with_room_for(items: usize) -> Self;
    fn push(&mut self, item: T);
    fn pop(&mut self) -> Option<T>;
    fn len(&self) -> usize;
    fn slots(&self) -> usize;
    fn shrink_to(&mut self, slots: usize);
    /// All items, the first to leave first.
    fn into_ordered(self) -> VecDeque<T>;
}

/// Gives memory back after a burst.
pub(super) fn shrunk(len: usize, slots: usize) -> Option<usize> {
    (slots >= WORTH_SHRINKING && len < slots / 4).then_some(slots / 2)
}

impl<T> Store<T> for VecDeque<T> {
    const EMPTY: Self = VecDeque::new();

    fn with_room_for(items: usize) -> Self {
        VecDeque::with_capacity(items)
    }

    fn push(&mut self, item: T) {
        self.push_back(item);
    }

    fn pop(&mut self) -> Option<T> {
        self.pop_front()
    }

    fn len(&self) -> usize {
        VecDeque::len(self)
    }

    fn slots(&self) -> usize {
        self.capacity()
    }

    fn shrink_to(&mut self, slots: usize) {
        VecDeque::shrink_to(self, slots);
    }

    fn into_ordered(self) -> VecDeque<T> {
        self
    }
}

impl<T> Store<T> for Vec<T> {
    const EMPTY: Self = Vec::new();

    fn with_room_for(items: usize) -> Self {
        Vec::with_capacity(items)
    }

    fn push(&mut self, item: T) {
        Vec::push(self, item);
    }

    fn pop(&mut self) -> Option<T> {
        Vec::pop(self)
    }

    fn len(&self) -> usize {
        Vec::len(self)
    }

    fn slots(&self) -> usize {
        self.capacity()
    }

    fn shrink_to(&mut self, slots: usize) {
        Vec::shrink_to(self, slots);
    }

    fn into_ordered(mut self) -> VecDeque<T> {
        self.reverse();
        self.into()
    }
}

impl<T, S: Store<T>> Locked<T, Stored<S>> {
    const_unless_loom! {
        pub(super) fn unbounded() -> Self {
            Locked::new(Ledger::unbounded(S::EMPTY), Stored::new())
        }
    }

    /// For up to `capacity` items now, and up to `most` later.
    pub(super) fn bounded(capacity: usize, most: usize) -> Self {
        let items = S::with_room_for(most.min(ALLOCATED_AT_ONCE));
        Locked::new(Ledger::bounded(items, capacity, most), Stored::new())
    }
}

/// The order of a [`Store`].
pub(crate) struct Stored<S>(PhantomData<fn() -> S>);

impl<S> Stored<S> {
    pub(super) const fn new() -> Self {
        Stored(PhantomData)
    }
}

impl<T, S: Store<T>> Order<T> for Stored<S> {
    type Kept = S;
    const SERVES: bool = S::FEW;

    fn keep(store: &mut S, item: T) {
        store.push(item);
    }

    #[inline]
    fn pop(&self, ledger: &Ledger<S>, tell: &impl Tell) -> Result<T, Refused> {
        let mut books = ledger.claim(1)?;
        let Some(item) = books.kept().pop() else {
            unreachable!("tollgate: an item is counted and not there")
        };
        let store = books.kept();
        if let Some(slots) = shrunk(store.len(), store.slots()).filter(|_| !ledger.is_bounded()) {
            store.shrink_to(slots);
        }
        books.taken();
        tell.room();
        Ok(item)
    }

    fn pop_many(&self, ledger: &Ledger<S>, most: usize, tell: &impl Tell) -> Result<Vec<T>, Refused> {
        // Outside the lock; a guess.
        let mut items = Vec::with_capacity(most.min(ledger.len()));
        let mut books = ledger.claim(most)?;
        let count = books.count();
        let store = books.kept();
        items.extend(std::iter::from_fn(|| store.pop()).take(count));
        debug_assert_eq!(items.len(), count, "tollgate: items are counted and not there");
        if let Some(slots) = shrunk(store.len(), store.slots()).filter(|_| !ledger.is_bounded()) {
            store.shrink_to(slots);
        }
        books.taken();
        tell.room();
        Ok(items)
    }

    fn discard(&self, ledger: &Ledger<S>) -> VecDeque<T> {
        ledger.with_kept(|store, _| std::mem::replace(store, S::EMPTY)).into_ordered()
    }
}
