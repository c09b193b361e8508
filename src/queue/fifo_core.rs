//! Which core stands behind a queue that is first in, first out.
//!
//! | queue | core | |
//! |---|---|---|
//! | unbounded | [`Ends`] | a latch at each end, and blocks |
//! | bounded, room for [`ENOUGH_FOR_TWO`] items and more | [`Ends`] | a latch at each end, and a ring, or blocks beyond 1024 |
//! | bounded, less room | [`Locked`] | one latch, and a ring |
//!
//! Where a few items fit, a putter looks at the head for almost every item, and a getter at the tail: then both write and read two lines
//! where one latch has one. Measured: `benches/JOURNAL.md`.
//!
//! A system without 64-bit atomics has [`Locked`] everywhere, and so has one built with `--cfg tollgate_one_latch`, which is for
//! measuring, and for seeing that this compiles and holds.

use super::core::Locked;
use super::store::Stored;
#[cfg(all(target_has_atomic = "64", not(tollgate_one_latch)))]
use super::{either::Either, ends::Ends};
use std::collections::VecDeque;

/// One latch.
type OneLatch<T> = Locked<T, Stored<VecDeque<T>>>;

/// Behind a queue that has no bound.
#[cfg(all(target_has_atomic = "64", not(tollgate_one_latch)))]
pub(crate) type Unbounded<T> = Ends<T>;
#[cfg(not(all(target_has_atomic = "64", not(tollgate_one_latch))))]
pub(crate) type Unbounded<T> = OneLatch<T>;

/// Behind one that may have one.
#[cfg(all(target_has_atomic = "64", not(tollgate_one_latch)))]
pub(crate) type Fifo<T> = Either<OneLatch<T>, Ends<T>>;
#[cfg(not(all(target_has_atomic = "64", not(tollgate_one_latch))))]
pub(crate) type Fifo<T> = OneLatch<T>;

/// From so many items on. Models explore both.
#[cfg(all(target_has_atomic = "64", not(tollgate_one_latch)))]
const ENOUGH_FOR_TWO: usize = if cfg!(any(loom, shuttle)) { 2 } else { 4 };

#[cfg(all(target_has_atomic = "64", not(tollgate_one_latch)))]
impl<T> Fifo<T> {
    const_unless_loom! {
        pub(super) fn unbounded() -> Self {
            Either::Other(Ends::unbounded())
        }
    }

    /// For up to `capacity` items now, and up to `most` later.
    pub(super) fn bounded(capacity: usize, most: usize) -> Self {
        if most < ENOUGH_FOR_TWO {
            Either::One(OneLatch::bounded(capacity, most))
        } else {
            Either::Other(Ends::bounded(capacity, most))
        }
    }
}
