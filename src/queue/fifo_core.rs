//! Which core stands behind a queue that is first in, first out.
//!
//! | queue | core | |
//! |---|---|---|
//! | unbounded | [`Ends`](super::ends) | a latch at each end, and blocks |
//! | bounded, room for four items and more | [`Ends`](super::ends) | a latch at each end, and a ring, or blocks beyond 1024 |
//! | bounded, less room | [`Locked`] | one latch, and [a few places](super::few) on its line; those who wait are served |
//!
//! Where a few items fit, a putter looks at the head for almost every item, and a getter at the tail: then both write and read two lines
//! where one latch has one. Measured: `benches/JOURNAL.md`.
//!
//! A system without 64-bit atomics has [`Locked`] and a growing ring everywhere, where nobody is served, and so has a build with `--cfg tollgate_one_latch`, which
//! is for measuring, and for seeing that this compiles and holds.

use super::core::Locked;
use super::store::Stored;

#[cfg(not(all(target_has_atomic = "64", not(tollgate_one_latch))))]
mod choice {
    use super::{Locked, Stored};
    use std::collections::VecDeque;

    pub(crate) type Unbounded<T> = Fifo<T>;
    pub(crate) type Fifo<T> = Locked<T, Stored<VecDeque<T>>>;
}

#[cfg(all(target_has_atomic = "64", not(tollgate_one_latch)))]
mod choice {
    use super::super::{
        either::Either,
        ends::Ends,
        few::{FEW, Few},
    };
    use super::{Locked, Stored};
    use crate::platform::few_places;

    /// Behind a queue that has no bound.
    pub(crate) type Unbounded<T> = Ends<T>;
    /// Behind one that may have one.
    pub(crate) type Fifo<T> = Either<Locked<T, Stored<Few<T>>>, Ends<T>>;

    impl<T> Fifo<T> {
        const_unless_loom! {
            pub(in super::super) fn unbounded() -> Self {
                Either::Usual(Ends::unbounded())
            }
        }

        /// For up to `capacity` items now, and up to `most` later.
        pub(in super::super) fn bounded(capacity: usize, most: usize) -> Self {
            if most <= few_places(FEW) {
                Either::Rare(Locked::bounded(capacity, most))
            } else {
                Either::Usual(Ends::bounded(capacity, most))
            }
        }
    }
}

pub(crate) use choice::{Fifo, Unbounded};
