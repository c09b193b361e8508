//! A binary heap whose comparisons may panic: items are only ever exchanged with each other, so each of them is there at every
//! moment, and the order is made anew afterwards.
//!
//! Smallest first, and among equals the one with the smaller ticket, which is the one that was put first.
//!
//! # Invariant
//!
//! The first `heaped` entries are a heap. While an operation compares, `heaped` is 0: a panic leaves a heap of nothing and a number
//! of entries in any order, from which the next operation makes a heap.

use std::cmp::Ordering;

/// An item, and when it was put.
pub(super) struct Entry<T> {
    pub(super) item: T,
    pub(super) ticket: u64,
}

impl<T: Ord> Entry<T> {
    fn comes_before(&self, other: &Self) -> bool {
        match self.item.cmp(&other.item) {
            Ordering::Less => true,
            Ordering::Equal => self.ticket < other.ticket,
            Ordering::Greater => false,
        }
    }
}

/// See the module.
pub(super) struct Heap<T> {
    entries: Vec<Entry<T>>,
    heaped: usize,
}

impl<T> Heap<T> {
    pub(super) const fn new() -> Self {
        Heap { entries: Vec::new(), heaped: 0 }
    }

    pub(super) fn with_capacity(capacity: usize) -> Self {
        Heap { entries: Vec::with_capacity(capacity), heaped: 0 }
    }

    /// Takes in `entries`, without comparing them.
    pub(super) fn append(&mut self, entries: &mut Vec<Entry<T>>) {
        self.entries.append(entries);
    }

    /// All entries, in any order.
    pub(super) fn take(&mut self) -> Vec<Entry<T>> {
        self.heaped = 0;
        std::mem::take(&mut self.entries)
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn slots(&self) -> usize {
        self.entries.capacity()
    }

    pub(super) fn shrink_to(&mut self, slots: usize) {
        self.entries.shrink_to(slots);
    }
}

impl<T: Ord> Heap<T> {
    /// The smallest item.
    pub(super) fn first(&mut self) -> Option<&T> {
        self.make_heap();
        self.entries.first().map(|entry| &entry.item)
    }

    /// Takes the smallest item out. If a comparison panics, nothing is taken.
    pub(super) fn pop(&mut self) -> Option<Entry<T>> {
        self.make_heap();
        let last = self.entries.len().checked_sub(1)?;
        self.heaped = 0;
        self.entries.swap(0, last);
        sift_down(&mut self.entries[..last], 0);
        self.heaped = last;
        self.entries.pop()
    }

    fn make_heap(&mut self) {
        let len = self.entries.len();
        let from = std::mem::replace(&mut self.heaped, 0);
        if len - from > from {
            // More new ones than old ones: in linear time.
            for parent in (0..len / 2).rev() {
                sift_down(&mut self.entries, parent);
            }
        } else {
            (from..len).for_each(|new| sift_up(&mut self.entries, new));
        }
        self.heaped = len;
    }
}

fn sift_up<T: Ord>(entries: &mut [Entry<T>], mut at: usize) {
    while at > 0 {
        let parent = (at - 1) / 2;
        if !entries[at].comes_before(&entries[parent]) {
            return;
        }
        entries.swap(at, parent);
        at = parent;
    }
}

fn sift_down<T: Ord>(entries: &mut [Entry<T>], mut at: usize) {
    loop {
        let (left, right) = (2 * at + 1, 2 * at + 2);
        if left >= entries.len() {
            return;
        }
        let right_first = right < entries.len() && entries[right].comes_before(&entries[left]);
        let child = if right_first { right } else { left };
        if !entries[child].comes_before(&entries[at]) {
            return;
        }
        entries.swap(at, child);
        at = child;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    std::thread_local! {
        /// After so many comparisons the next one panics.
        static PATIENCE: Cell<u32> = const { Cell::new(u32::MAX) };
    }

    #[derive(PartialEq, Eq)]
    struct Touchy(u32);

    impl PartialOrd for Touchy {
        fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
            Some(self.cmp(other))
        }
    }

    impl Ord for Touchy {
        fn cmp(&self, other: &Self) -> Ordering {
            let left = PATIENCE.get();
            assert!(left > 0, "on purpose");
            PATIENCE.set(left - 1);
            self.0.cmp(&other.0)
        }
    }

    fn drained(heap: &mut Heap<Touchy>) -> Vec<(u32, u64)> {
        std::iter::from_fn(|| heap.pop()).map(|entry| (entry.item.0, entry.ticket)).collect()
    }

    #[test]
    fn a_comparison_that_panics_anywhere_loses_nothing_and_leaves_the_order() {
        let mut panics = 0;
        for patience in 0..60 {
            let mut heap = Heap::new();
            let mut all = Vec::new();
            let entry = |n: u64| Entry { item: Touchy(((n * 7) % 5) as u32), ticket: n };
            for n in 0..12 {
                heap.append(&mut vec![entry(n)]);
                all.push((entry(n).item.0, n));
            }
            PATIENCE.set(patience);
            let mut got = Vec::new();
            while let Ok(Some(entry)) = catch_unwind(AssertUnwindSafe(|| heap.pop())) {
                got.push((entry.item.0, entry.ticket));
            }
            panics += u32::from(PATIENCE.get() == 0);
            PATIENCE.set(u32::MAX);
            got.extend(drained(&mut heap));
            all.sort_unstable();
            assert_eq!(got, all, "after {patience} comparisons");
        }
        assert!(panics > 30, "{panics}");
    }

    #[test]
    fn few_new_entries_and_many_come_out_in_order() {
        for batch in [1, 3, 50] {
            let mut heap = Heap::new();
            let (mut ticket, mut left) = (0, Vec::new());
            for round in 0..40 {
                for n in 0..batch {
                    let value = (ticket * 31 + n) as u32 % 17;
                    heap.append(&mut vec![Entry { item: Touchy(value), ticket }]);
                    left.push((value, ticket));
                    ticket += 1;
                }
                if round % 2 == 0 {
                    left.sort_unstable();
                    let entry = heap.pop().unwrap();
                    assert_eq!((entry.item.0, entry.ticket), left.remove(0));
                }
            }
            left.sort_unstable();
            assert_eq!(drained(&mut heap), left);
        }
    }
}
