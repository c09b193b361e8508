//! Iterators that take items out of a queue.

use super::BlockingQueue;
use std::fmt;

/// Takes items, waiting for each; made by `iter`.
///
/// ```
/// use tollgate::{Queue, Shutdown};
///
/// let queue = Queue::from_iter([1, 2]);
/// queue.shutdown(Shutdown::Drain);
/// assert!(queue.iter().eq([1, 2]));
/// ```
#[must_use = "iterators are lazy"]
pub struct Iter<'a, Q> {
    queue: &'a Q,
}

/// Takes items without waiting; made by `try_iter`.
///
/// ```
/// use tollgate::Queue;
///
/// let queue = Queue::from_iter([1, 2]);
/// assert!(queue.try_iter().eq([1, 2])); // and does not wait for more
/// ```
#[must_use = "iterators are lazy"]
pub struct TryIter<'a, Q> {
    queue: &'a Q,
}

/// Takes the items that are left in a queue that is nobody else's any more, without waiting; made by `into_iter`.
///
/// ```
/// use tollgate::PriorityQueue;
///
/// let queue = PriorityQueue::from_iter([2, 1]);
/// assert!(queue.into_iter().eq([1, 2]));
/// ```
#[must_use = "iterators are lazy"]
pub struct IntoIter<Q> {
    queue: Q,
}

impl<'a, Q> Iter<'a, Q> {
    pub(super) fn new(queue: &'a Q) -> Self {
        Iter { queue }
    }
}

impl<'a, Q> TryIter<'a, Q> {
    pub(super) fn new(queue: &'a Q) -> Self {
        TryIter { queue }
    }
}

impl<Q> IntoIter<Q> {
    pub(super) fn new(queue: Q) -> Self {
        IntoIter { queue }
    }
}

impl<Q: BlockingQueue> Iterator for Iter<'_, Q> {
    type Item = Q::Item;

    #[cfg_attr(feature = "diagnostics", track_caller)]
    fn next(&mut self) -> Option<Q::Item> {
        self.queue.get().ok()
    }
}

impl<Q: BlockingQueue> Iterator for TryIter<'_, Q> {
    type Item = Q::Item;

    #[cfg_attr(feature = "diagnostics", track_caller)]
    fn next(&mut self) -> Option<Q::Item> {
        self.queue.try_get().ok()
    }
}

impl<Q: BlockingQueue> Iterator for IntoIter<Q> {
    type Item = Q::Item;

    #[cfg_attr(feature = "diagnostics", track_caller)]
    fn next(&mut self) -> Option<Q::Item> {
        self.queue.try_get().ok()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let len = self.queue.len();
        (len, Some(len))
    }
}

impl<Q: BlockingQueue> ExactSizeIterator for IntoIter<Q> {}

impl<Q: fmt::Debug> fmt::Debug for Iter<'_, Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Iter").field(self.queue).finish()
    }
}

impl<Q: fmt::Debug> fmt::Debug for TryIter<'_, Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TryIter").field(self.queue).finish()
    }
}

impl<Q: fmt::Debug> fmt::Debug for IntoIter<Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("IntoIter").field(&self.queue).finish()
    }
}

/// Puts items into a queue that nobody else uses at the time. Panics before it takes an item that cannot be put.
pub(super) fn extend<Q: BlockingQueue>(name: &str, queue: &Q, items: impl IntoIterator<Item = Q::Item>) {
    let mut items = items.into_iter();
    while items.size_hint().1 != Some(0) {
        assert!(!queue.is_shutdown(), "{name}::extend: the queue has been shut down");
        assert!(!queue.is_full(), "{name}::extend: the queue is full, with {} items", queue.len());
        let Some(item) = items.next() else { return };
        // Nobody else is there; but the iterator may have kept a way to the queue.
        assert!(
            queue.try_put(item).is_ok(),
            "{name}::extend: the iterator of the items has filled the queue or shut it down"
        );
    }
}
