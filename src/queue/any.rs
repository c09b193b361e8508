//! What code that does not care for the order of items may ask of a queue.

use super::error::{CapacityError, GetError, PutError, PutManyError, ShutDown, TooManyDone};
use super::{Iter, Shutdown, Task, TryIter};
use crate::platform::{Duration, Instant};

/// Keeps [`BlockingQueue`] to the queues of this crate.
pub trait Sealed {}

/// The calls that [`Queue`](super::Queue), [`LifoQueue`](super::LifoQueue), [`PriorityQueue`](super::PriorityQueue) and
/// [`Rendezvous`](super::Rendezvous) have in common, for code that takes any of them. Each does what the method of the same name does.
///
/// Sealed: only the queues of this crate implement it.
///
/// ```
/// use tollgate::{BlockingQueue, LifoQueue, PriorityQueue, Queue};
///
/// fn all<Q: BlockingQueue<Item = u32>>(queue: &Q) -> Vec<u32> {
///     for item in [2, 1, 3] {
///         queue.put(item).unwrap();
///     }
///     queue.try_iter().collect()
/// }
///
/// assert_eq!(all(&Queue::unbounded()), [2, 1, 3]);
/// assert_eq!(all(&LifoQueue::unbounded()), [3, 1, 2]);
/// assert_eq!(all(&PriorityQueue::unbounded()), [1, 2, 3]);
/// ```
#[expect(missing_docs, reason = "as the methods of the same names")]
pub trait BlockingQueue: Sealed + Sized {
    type Item;
    #[cfg_attr(feature = "diagnostics", track_caller)]
    fn put(&self, item: Self::Item) -> Result<(), ShutDown<Self::Item>>;
    fn try_put(&self, item: Self::Item) -> Result<(), PutError<Self::Item>>;
    #[cfg_attr(feature = "diagnostics", track_caller)]
    fn put_timeout(&self, item: Self::Item, timeout: Duration) -> Result<(), PutError<Self::Item>>;
    #[cfg_attr(feature = "diagnostics", track_caller)]
    fn put_deadline(&self, item: Self::Item, deadline: Instant) -> Result<(), PutError<Self::Item>>;
    #[cfg_attr(feature = "diagnostics", track_caller)]
    fn put_many<I>(&self, items: I) -> Result<usize, PutManyError<Self::Item>>
    where
        I: IntoIterator<Item = Self::Item>;
    fn try_put_many<I>(&self, items: I) -> Result<usize, PutManyError<Self::Item>>
    where
        I: IntoIterator<Item = Self::Item>;
    #[cfg_attr(feature = "diagnostics", track_caller)]
    fn put_many_timeout<I>(&self, items: I, timeout: Duration) -> Result<usize, PutManyError<Self::Item>>
    where
        I: IntoIterator<Item = Self::Item>;
    #[cfg_attr(feature = "diagnostics", track_caller)]
    fn put_many_deadline<I>(&self, items: I, deadline: Instant) -> Result<usize, PutManyError<Self::Item>>
    where
        I: IntoIterator<Item = Self::Item>;
    #[cfg_attr(feature = "diagnostics", track_caller)]
    fn get(&self) -> Result<Self::Item, ShutDown>;
    fn try_get(&self) -> Result<Self::Item, GetError>;
    #[cfg_attr(feature = "diagnostics", track_caller)]
    fn get_timeout(&self, timeout: Duration) -> Result<Self::Item, GetError>;
    #[cfg_attr(feature = "diagnostics", track_caller)]
    fn get_deadline(&self, deadline: Instant) -> Result<Self::Item, GetError>;
    #[cfg_attr(feature = "diagnostics", track_caller)]
    fn get_many(&self, most: usize) -> Result<Vec<Self::Item>, ShutDown>;
    fn try_get_many(&self, most: usize) -> Result<Vec<Self::Item>, GetError>;
    #[cfg_attr(feature = "diagnostics", track_caller)]
    fn get_many_timeout(&self, most: usize, timeout: Duration) -> Result<Vec<Self::Item>, GetError>;
    #[cfg_attr(feature = "diagnostics", track_caller)]
    fn get_many_deadline(&self, most: usize, deadline: Instant) -> Result<Vec<Self::Item>, GetError>;
    #[cfg_attr(feature = "diagnostics", track_caller)]
    fn get_task(&self) -> Result<Task<'_, Self>, ShutDown>;
    fn try_get_task(&self) -> Result<Task<'_, Self>, GetError>;
    #[cfg_attr(feature = "diagnostics", track_caller)]
    fn get_task_timeout(&self, timeout: Duration) -> Result<Task<'_, Self>, GetError>;
    #[cfg_attr(feature = "diagnostics", track_caller)]
    fn get_task_deadline(&self, deadline: Instant) -> Result<Task<'_, Self>, GetError>;
    fn task_done(&self) -> Result<(), TooManyDone>;
    #[cfg_attr(feature = "diagnostics", track_caller)]
    fn join(&self);
    #[must_use = "whether all tasks were done or the time ran out"]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    fn join_timeout(&self, timeout: Duration) -> bool;
    #[must_use = "whether all tasks were done or the time ran out"]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    fn join_deadline(&self, deadline: Instant) -> bool;
    fn shutdown(&self, how: Shutdown);
    fn is_shutdown(&self) -> bool;
    fn len(&self) -> usize;
    fn is_empty(&self) -> bool;
    fn is_full(&self) -> bool;
    fn capacity(&self) -> Option<usize>;
    fn set_capacity(&self, capacity: usize) -> Result<(), CapacityError>;
    fn unfinished(&self) -> usize;
    fn iter(&self) -> Iter<'_, Self>;
    fn try_iter(&self) -> TryIter<'_, Self>;
}
