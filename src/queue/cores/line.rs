//! Positions in a ring of any size, without a division: the lap in the upper bits, the slot in the lower ones, as many of
//! these as the capacity needs (crossbeam's `ArrayQueue` counts so). What is left for the laps does not run out: 2^33 of them at the
//! largest capacity, 2^63 at capacity 1.

/// The positions of a ring.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    capacity: u64,
    /// How many bits a slot's number takes.
    bits: u32,
}

impl Line {
    /// # Panics
    ///
    /// If `capacity` is 0 or more than 2^30.
    pub(super) fn new(capacity: usize) -> Self {
        assert!((1..=1 << 30).contains(&capacity), "tollgate: a ring for {capacity} items");
        Line { capacity: capacity as u64, bits: capacity.next_power_of_two().trailing_zeros() }
    }

    /// The slot of a position.
    #[inline]
    pub(super) fn slot(self, position: u64) -> usize {
        (position & ((1 << self.bits) - 1)) as usize
    }

    /// The turn at which the slot of a position waits for its item.
    #[inline]
    pub(super) fn turn(self, position: u64) -> u32 {
        (position >> self.bits << 1) as u32
    }

    /// The next position.
    #[inline]
    pub(super) fn next(self, position: u64) -> u64 {
        if self.slot(position) as u64 + 1 < self.capacity {
            position + 1
        } else {
            ((position >> self.bits) + 1) << self.bits
        }
    }

    /// How many positions it is from one to another that is not before it and not more than a lap away.
    #[inline]
    pub(super) fn between(self, from: u64, to: u64) -> usize {
        let laps = (to >> self.bits).wrapping_sub(from >> self.bits);
        let ahead = laps.wrapping_mul(self.capacity).wrapping_add(self.slot(to) as u64);
        ahead.wrapping_sub(self.slot(from) as u64) as usize
    }
}
