//! Iterators that take items out of a shared queue.

use super::Queue;
use std::fmt;

/// Takes items, waiting for each; made by [`Queue::iter`].
#[must_use = "iterators are lazy"]
pub struct Iter<'a, T> {
    queue: &'a Queue<T>,
}

/// Takes items without waiting; made by [`Queue::try_iter`].
#[must_use = "iterators are lazy"]
pub struct TryIter<'a, T> {
    queue: &'a Queue<T>,
}

impl<'a, T> Iter<'a, T> {
    pub(super) fn new(queue: &'a Queue<T>) -> Self {
        Iter { queue }
    }
}

impl<'a, T> TryIter<'a, T> {
    pub(super) fn new(queue: &'a Queue<T>) -> Self {
        TryIter { queue }
    }
}

impl<T> Iterator for Iter<'_, T> {
    type Item = T;

    #[cfg_attr(feature = "diagnostics", track_caller)]
    fn next(&mut self) -> Option<T> {
        self.queue.get().ok()
    }
}

impl<T> Iterator for TryIter<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.queue.try_get().ok()
    }
}

impl<'a, T> IntoIterator for &'a Queue<T> {
    type Item = T;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

impl<T> fmt::Debug for Iter<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Iter").field(self.queue).finish()
    }
}

impl<T> fmt::Debug for TryIter<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TryIter").field(self.queue).finish()
    }
}
