//! An item that reports itself as done.

use super::BlockingQueue;
use crate::platform::torn_down;
use std::fmt;
use std::ops::{Deref, DerefMut};

/// An item that was got, and the duty to report it: [`task_done`](BlockingQueue::task_done) is called when this is dropped, after
/// the item, and by a panic too. Made by `get_task` and its other forms.
///
/// A task that is leaked is never done, and a `join` waits for it.
///
/// ```
/// use tollgate::{Queue, Task};
///
/// let queue = Queue::from_iter(["a", "b"]);
/// let mut task = queue.get_task().unwrap();
/// *task = "A";
/// drop(task); // done
/// let item = Task::into_item(queue.get_task().unwrap());
/// assert_eq!((item, queue.unfinished()), ("b", 1));
/// queue.task_done().unwrap();
///
/// queue.put("c").unwrap();
/// let item = Task::complete(queue.get_task().unwrap(), |item| item.to_owned()); // by value
/// assert_eq!((item.as_str(), queue.unfinished()), ("c", 0));
/// ```
#[must_use = "if unused, the item is dropped and reported as done at once"]
pub struct Task<'a, Q: BlockingQueue> {
    // In this order: who waits in `join` finds the item gone.
    item: Q::Item,
    duty: Duty<'a, Q>,
}

struct Duty<'a, Q: BlockingQueue> {
    queue: &'a Q,
}

impl<Q: BlockingQueue> Drop for Duty<'_, Q> {
    fn drop(&mut self) {
        if torn_down() {
            return;
        }
        // One too many is the error of whoever called `task_done` for this item as well.
        _ = self.queue.task_done();
    }
}

impl<'a, Q: BlockingQueue> Task<'a, Q> {
    pub(super) fn new(queue: &'a Q, item: Q::Item) -> Self {
        Task { item, duty: Duty { queue } }
    }

    /// Does something with the item, by value; the task is done when that has ended, by a panic too.
    ///
    /// An example: [`Task`].
    pub fn complete<R>(task: Self, work: impl FnOnce(Q::Item) -> R) -> R {
        let Task { item, duty } = task;
        let result = work(item);
        drop(duty);
        result
    }

    /// The item, without the report: call [`task_done`](BlockingQueue::task_done) yourself.
    ///
    /// An example: [`Task`].
    pub fn into_item(task: Self) -> Q::Item {
        std::mem::forget(task.duty);
        task.item
    }
}

impl<Q: BlockingQueue> Deref for Task<'_, Q> {
    type Target = Q::Item;

    fn deref(&self) -> &Q::Item {
        &self.item
    }
}

impl<Q: BlockingQueue> DerefMut for Task<'_, Q> {
    fn deref_mut(&mut self) -> &mut Q::Item {
        &mut self.item
    }
}

impl<Q: BlockingQueue<Item: fmt::Debug>> fmt::Debug for Task<'_, Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Task").field(&self.item).finish()
    }
}
