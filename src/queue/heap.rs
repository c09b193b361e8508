//! A heap of four children a node, whose comparisons may panic: each item is there at every moment, or lifted out by a [`Hole`], which puts it back when
//! it is dropped; and the order is made anew afterwards.
//!
//! Smallest first, and among equals the one with the smaller ticket, which is the one that was put first.
//!
//! # Invariant
//!
//! The first `heaped` entries are a heap. While an operation compares, `heaped` is 0: a panic leaves a heap of nothing and a number
//! of entries in any order, from which the next operation makes a heap.
//!
//! # Cost
//!
//! Four children make half as many levels as two, each with two comparisons more: as many comparisons (two for each doubling of the length), half
//! the moves, and one cache line a level where an entry has 16 bytes. Which child comes first is no branch where a comparison is likely to be one
//! instruction ([`Entry::IS_PLAIN`]): a branch that goes either way is mispredicted every other time, 1.6 times the time of a pop and a push with a
//! thousand numbers. It is one where a comparison reads what lies elsewhere: there the processor goes on with a guess while the memory is on its
//! way, which is worth twice as much (a hundred thousand strings). Measured: `benches/JOURNAL.md`.

use std::cmp::Ordering;
use std::mem::{ManuallyDrop, needs_drop};
use std::ptr;

/// An item, and when it was put.
pub(super) struct Entry<T> {
    pub(super) item: T,
    pub(super) ticket: u64,
}

impl<T: Ord> Entry<T> {
    /// Whether items are likely to be compared by their own bytes.
    const IS_PLAIN: bool = !needs_drop::<T>() && size_of::<T>() <= 16;

    #[inline]
    fn comes_before(&self, other: &Self) -> bool {
        let order = self.item.cmp(&other.item);
        // By itself, so that what is left is one of two.
        if order == Ordering::Equal {
            return comes_first(self.ticket, other.ticket);
        }
        order == Ordering::Less
    }
}

/// Of equals.
#[cold]
fn comes_first(ticket: u64, other: u64) -> bool {
    ticket < other
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
        self.make_heap(self.entries.len());
        self.entries.first().map(|entry| &entry.item)
    }

    /// Takes the smallest item out. If a comparison panics, nothing is taken.
    pub(super) fn pop(&mut self) -> Option<Entry<T>> {
        let last = self.entries.len().checked_sub(1)?;
        // The last of the new ones need not go up its way to come down again: it takes the place of the first, or is the first.
        let is_new = self.heaped <= last;
        if is_new {
            self.make_heap(last);
        }
        if last > 0 {
            self.heaped = 0;
            if !(is_new && self.entries[last].comes_before(&self.entries[0])) {
                self.entries.swap(0, last);
                sift_down(&mut self.entries[..last], 0);
            }
        }
        self.heaped = last;
        self.entries.pop()
    }

    /// Of the first `len` entries.
    fn make_heap(&mut self, len: usize) {
        let from = std::mem::replace(&mut self.heaped, 0);
        if len - from > from {
            // More new ones than old ones: in linear time.
            for parent in (0..len.div_ceil(CHILDREN)).rev() {
                sift_down(&mut self.entries[..len], parent);
            }
        } else {
            (from..len).for_each(|new| sift_up(&mut self.entries, new));
        }
        self.heaped = len;
    }
}

/// How many children a node has.
const CHILDREN: usize = 4;

fn sift_up<T: Ord>(entries: &mut [Entry<T>], at: usize) {
    let parent = |at: usize| (at > 0).then(|| (at - 1) / CHILDREN);
    let Some(mut above) = parent(at).filter(|&above| entries[at].comes_before(&entries[above])) else {
        // Most stay where they are, and a look is less than to lift it and to lay it back.
        return;
    };
    let mut hole = Hole::new(entries, at);
    loop {
        hole.move_to(above);
        match parent(above) {
            Some(next) if hole.lifted.comes_before(hole.other(next)) => above = next,
            _ => return,
        }
    }
}

fn sift_down<T: Ord>(entries: &mut [Entry<T>], at: usize) {
    let mut hole = Hole::new(entries, at);
    while let Some(child) = hole.first_child() {
        if !hole.other(child).comes_before(&hole.lifted) {
            return;
        }
        hole.move_to(child);
    }
}

/// A place from which an entry has been lifted, to move others there instead of exchanging them. Dropped, also by a panic, it lays the entry where it is
/// then: so each entry is in the slice once.
struct Hole<'a, T> {
    entries: &'a mut [Entry<T>],
    at: usize,
    /// The other one, at `at`, is not used, and is overwritten in the end.
    lifted: ManuallyDrop<Entry<T>>,
}

impl<'a, T> Hole<'a, T> {
    fn new(entries: &'a mut [Entry<T>], at: usize) -> Self {
        // SAFETY: a reference can be read through; the original is not used any more: see `lifted`.
        let lifted = ManuallyDrop::new(unsafe { ptr::read(&raw const entries[at]) });
        Hole { entries, at, lifted }
    }

    /// One that is not the hole.
    #[inline]
    fn other(&self, at: usize) -> &Entry<T> {
        debug_assert_ne!(at, self.at);
        &self.entries[at]
    }

    /// The entry there goes into the hole, and the hole goes there.
    #[inline]
    fn move_to(&mut self, from: usize) {
        debug_assert_ne!(from, self.at);
        let (from_there, here) = (&raw const self.entries[from], self.at);
        // SAFETY: both are in the slice, and not the same. What lay in the hole was a copy of `lifted`, or of what has moved away, and is not dropped.
        unsafe { ptr::copy_nonoverlapping(from_there, &raw mut self.entries[here], 1) };
        self.at = from;
    }
}

impl<T: Ord> Hole<'_, T> {
    /// Of the children of this place, the one that comes first.
    #[inline]
    fn first_child(&self) -> Option<usize> {
        let children = CHILDREN * self.at + 1;
        if let Some([first, second, third, fourth]) = self.entries.get(children..children + CHILDREN) {
            if Entry::<T>::IS_PLAIN {
                let left = usize::from(second.comes_before(first));
                let right = 2 + usize::from(fourth.comes_before(third));
                let of_right = self.other(children + right).comes_before(self.other(children + left));
                return Some(children + if of_right { right } else { left });
            }
        }
        (children..self.entries.len().min(children + CHILDREN))
            .reduce(|first, next| if self.other(next).comes_before(self.other(first)) { next } else { first })
    }
}

impl<T> Drop for Hole<'_, T> {
    fn drop(&mut self) {
        // SAFETY: `at` is in the slice, and what lies there is a copy of another: see `move_to`. `lifted` is not used again.
        unsafe { ptr::copy_nonoverlapping(&raw const *self.lifted, &raw mut self.entries[self.at], 1) };
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

    /// A number, or what holds one.
    #[derive(PartialEq, Eq)]
    struct Touchy<N>(N);

    impl<N: Ord> PartialOrd for Touchy<N> {
        fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
            Some(self.cmp(other))
        }
    }

    impl<N: Ord> Ord for Touchy<N> {
        fn cmp(&self, other: &Self) -> Ordering {
            let left = PATIENCE.get();
            assert!(left > 0, "on purpose");
            PATIENCE.set(left - 1);
            self.0.cmp(&other.0)
        }
    }

    fn drained<N: Ord>(heap: &mut Heap<Touchy<N>>) -> Vec<(N, u64)> {
        std::iter::from_fn(|| heap.pop()).map(|entry| (entry.item.0, entry.ticket)).collect()
    }

    /// Of both kinds.
    #[test]
    fn plain_is_what_has_its_bytes_in_it() {
        const { assert!(Entry::<Touchy<u32>>::IS_PLAIN) };
        const { assert!(!Entry::<Touchy<Box<u32>>>::IS_PLAIN) };
    }

    #[test]
    fn a_comparison_that_panics_anywhere_loses_nothing_and_leaves_the_order() {
        panics_anywhere(|number| number);
        panics_anywhere(Box::new);
    }

    fn panics_anywhere<N: Ord + std::fmt::Debug>(make: impl Fn(u32) -> N) {
        let mut panics = 0;
        for patience in 0..60 {
            let mut heap = Heap::new();
            let mut all = Vec::new();
            let entry = |n: u64| Entry { item: Touchy(make(((n * 7) % 5) as u32)), ticket: n };
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
        in_order(|number| number);
        in_order(Box::new);
    }

    fn in_order<N: Ord + Clone + std::fmt::Debug>(make: impl Fn(u32) -> N) {
        for batch in [1, 3, 50] {
            let mut heap = Heap::new();
            let (mut ticket, mut left) = (0, Vec::new());
            for round in 0..40 {
                for n in 0..batch {
                    let value = make((ticket * 31 + n) as u32 % 17);
                    heap.append(&mut vec![Entry { item: Touchy(value.clone()), ticket }]);
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
