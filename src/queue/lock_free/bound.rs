//! How many items fit: two places for a capacity, of which the core's own word says which one counts.
//!
//! A new capacity goes into the other place; then the exchange of that word which says so is the moment from which it counts. Stored where the old one is, it
//! would count for whoever has already seen the word.

use crate::latch::{Latch, Section};
use crate::platform::atomic::{
    AtomicU32,
    Ordering::{Acquire, Release},
};

/// See the module.
pub(super) struct Bound {
    capacities: [AtomicU32; 2],
    /// For who sets one.
    setting: Latch<()>,
    /// The largest that can be set; `None`: there is no bound, ever.
    most: Option<usize>,
}

impl Bound {
    pub(super) fn new(capacity: usize, most: Option<usize>) -> Self {
        debug_assert!(0 < capacity && most.is_none_or(|most| capacity <= most));
        let capacities = [AtomicU32::new(capacity as u32), AtomicU32::new(capacity as u32)];
        Bound { capacities, setting: Latch::new(()), most }
    }

    pub(super) fn most(&self) -> Option<usize> {
        self.most
    }

    /// The capacity in a place; for a word that is not the newest any more, any number.
    #[inline]
    pub(super) fn at(&self, second: bool) -> u32 {
        // Acquire: if this is a later one than the word named, then so that our next load of the word comes after its exchange.
        self.capacities[usize::from(second)].load(Acquire)
    }

    /// A turn at setting this capacity; `None` if it is not to be had.
    pub(super) fn turn_for(&self, capacity: usize) -> Option<Section<'_, ()>> {
        let can_be_had = capacity > 0 && self.most.is_some_and(|most| capacity <= most);
        can_be_had.then(|| self.setting.enter())
    }

    /// Stores the capacity in a place. In a turn, and not where the one that counts is.
    pub(super) fn store(&self, second: bool, capacity: usize) {
        // Release: see `at`.
        self.capacities[usize::from(second)].store(capacity as u32, Release);
    }
}
