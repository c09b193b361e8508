//! No watch: types without a size, calls without a body.

use super::Kind;
use crate::platform::{Deadline, Patience};

/// On each object that can be waited for.
#[derive(Debug)]
pub(crate) struct Tag;

impl Tag {
    #[inline(always)]
    pub(crate) const fn new(_: Kind) -> Self {
        Tag
    }

    /// For locks inside the crate, which are not watched.
    #[inline(always)]
    pub(crate) const fn unwatched() -> Self {
        Tag
    }

    #[inline(always)]
    pub(crate) const fn set_name(&mut self, _: &'static str) {}

    /// The calling thread begins to wait, until what is returned is dropped.
    #[inline(always)]
    pub(crate) fn waits(&self, _: Patience) -> Waiting {
        Waiting
    }

    /// The calling thread begins to wait for a notification, without `lock`, which it then needs again.
    #[inline(always)]
    pub(crate) fn waits_without(&self, _: &Tag, _: Option<Deadline>) -> Waiting {
        Waiting
    }

    /// The calling thread has acquired the lock.
    #[inline(always)]
    pub(crate) fn acquired(&self) {}

    /// The calling thread has acquired so many permits.
    #[inline(always)]
    pub(crate) fn acquired_permits(&self, _: usize) {}

    /// The lock is about to be released.
    #[inline(always)]
    pub(crate) fn releases(&self) {}

    /// So many permits have been given back, or will not be.
    #[inline(always)]
    pub(crate) fn lost_permits(&self, _: usize) {}

    /// The calling thread notifies.
    #[inline(always)]
    pub(crate) fn notifies(&self) {}
}

/// A wait, from its begin to its end.
#[derive(Debug)]
pub(crate) struct Waiting;

impl Waiting {
    /// The wait for a notification is over; the thread needs its lock.
    #[inline(always)]
    pub(crate) fn wants_lock(&self) {}

    /// And has it.
    #[inline(always)]
    pub(crate) fn has_lock(&self, _: &Tag) {}
}

/// A thread, for those who notify it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ThreadTag;

impl ThreadTag {
    #[inline(always)]
    pub(crate) fn mine() -> Self {
        ThreadTag
    }

    /// It is about to be told that it was notified, and needs its lock now.
    #[inline(always)]
    pub(crate) fn notified(self) {}
}
