//! Handles that shut their queue down when nobody is left on one side.
//!
//! A channel is a queue of any order, and a count of the handles of each side, in one shared allocation.
//!
//! # The end
//!
//! The last handle of a side shuts the queue down ([`Shutdown::Drain`]), once, for good: a count that has come down to 0 never goes
//! up again, so a weak handle that finds it there stays weak. When the last sender goes, receivers get what is left, and then an
//! error. When the last receiver goes, nobody will ever get what is left: senders that wait, or come later, have their items back,
//! and the items in the queue are dropped at once, lest they keep alive what their senders wait for (R8 of the historical bugs).
//!
//! # Memory ordering
//!
//! A count goes down with `Release` and the last one looks at it with `Acquire`: what was done through any handle of a side happens before
//! the shutdown. It goes up with `Relaxed`: the new handle comes from an old one, or, from a weak one, by way of a count that is not 0.

use super::{
    BlockingQueue, GetError, Iter, PutError, PutManyError, ShutDown, Shutdown, Task, TooManyDone, TryIter,
};
use crate::platform::atomic::{
    AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
    fence,
};
use crate::platform::{Duration, Instant, Mutant, mutated, torn_down};
use std::fmt;
use std::sync::Arc;

/// Makes a channel of a queue, of whatever order and bound: a handle to put, and a handle to get.
///
/// Both can be cloned, and sent to other threads. When the last [`Sender`] is dropped, receivers get what is left, and then
/// [`ShutDown`]. When the last [`Receiver`] is dropped, what is left is dropped too and counts as done, so that no `join` waits for it,
/// and senders have their items back in a [`ShutDown`].
///
/// What the handles do not have is a call away: `receiver.queue()` is the queue, with [all that it can](BlockingQueue).
///
/// For those who would otherwise have to know who puts last: see [`Queue::shutdown`](super::Queue::shutdown).
///
/// ```
/// use tollgate::{Queue, channel};
///
/// let (sender, receiver) = channel(Queue::bounded(8));
/// std::thread::scope(|s| {
///     for worker in 0..3 {
///         let sender = sender.clone();
///         s.spawn(move || sender.put(worker).unwrap());
///     }
///     drop(sender); // or the loop below would never end
///     assert_eq!(receiver.iter().sum::<i32>(), 3);
/// });
/// ```
///
/// To end it at once, whatever is left, keep a handle that keeps nothing open. (A weak sender is of use as long as there are senders, a
/// weak receiver as long as there are receivers.)
///
/// ```
/// # use tollgate::{Queue, ShutDown, Shutdown, channel};
/// let (sender, receiver) = channel(Queue::unbounded());
/// let control = sender.downgrade(); // for whoever may end it
/// sender.put_many(0..9).unwrap();
/// control.upgrade().unwrap().shutdown(Shutdown::Immediate);
/// assert_eq!((receiver.get(), sender.put(9)), (Err(ShutDown(())), Err(ShutDown(9))));
/// ```
pub fn channel<Q: BlockingQueue>(queue: Q) -> (Sender<Q>, Receiver<Q>) {
    let shared = Arc::new(Shared { queue, senders: Side::new(), receivers: Side::new() });
    (Sender { shared: Arc::clone(&shared) }, Receiver { shared })
}

struct Shared<Q> {
    queue: Q,
    senders: Side,
    receivers: Side,
}

/// How many handles a side has.
struct Side(AtomicUsize);

impl Side {
    fn new() -> Self {
        Side(AtomicUsize::new(1))
    }

    /// One more, by one that is there.
    fn enter(&self) {
        let before = self.0.fetch_add(1, Relaxed);
        let most = usize::MAX / 2;
        assert!(
            before < most,
            "channel: clone of a handle, of which there are {before}; a side has at most {most}"
        );
    }

    /// One more, unless there is none.
    fn enter_if_open(&self) -> bool {
        let mut count = self.0.load(Relaxed);
        while count > 0 {
            match self.0.compare_exchange_weak(count, count + 1, Relaxed, Relaxed) {
                Ok(_) => return true,
                Err(now) => count = now,
            }
        }
        false
    }

    /// One less; whether that was the last.
    fn leave(&self) -> bool {
        // Release: what was done through this handle is visible to the last one, below.
        if self.0.fetch_sub(1, Release) > 1 {
            return false;
        }
        // Acquire: see there.
        fence(Acquire);
        true
    }

    fn count(&self) -> usize {
        self.0.load(Relaxed)
    }
}

/// The end of a channel that puts. See [`channel()`].
///
/// An example: [`channel()`].
pub struct Sender<Q: BlockingQueue> {
    shared: Arc<Shared<Q>>,
}

/// The end of a channel that gets. See [`channel()`].
///
/// An example: [`channel()`].
pub struct Receiver<Q: BlockingQueue> {
    shared: Arc<Shared<Q>>,
}

/// A handle that keeps neither side of a channel open: made by [`Sender::downgrade`].
///
/// ```
/// use tollgate::{Queue, channel};
///
/// let (sender, receiver) = channel(Queue::unbounded());
/// let weak = sender.downgrade();
/// weak.upgrade().unwrap().put(1).unwrap();
/// drop(sender);
/// assert!(weak.upgrade().is_none()); // it has kept nothing open
/// assert!(receiver.iter().eq([1]));
/// ```
pub struct WeakSender<Q: BlockingQueue> {
    shared: Arc<Shared<Q>>,
}

/// A handle that keeps neither side of a channel open: made by [`Receiver::downgrade`].
///
/// ```
/// use tollgate::{Queue, channel};
///
/// let (sender, receiver) = channel(Queue::unbounded());
/// let weak = receiver.downgrade();
/// drop(receiver);
/// assert!(weak.upgrade().is_none());
/// assert!(sender.put(1).is_err());
/// ```
pub struct WeakReceiver<Q: BlockingQueue> {
    shared: Arc<Shared<Q>>,
}

impl<Q: BlockingQueue> Drop for Sender<Q> {
    fn drop(&mut self) {
        if !torn_down() && self.shared.senders.leave() && !mutated(Mutant::ChannelSendersLeaveOpen) {
            self.shared.queue.shutdown(Shutdown::Drain);
        }
    }
}

impl<Q: BlockingQueue> Drop for Receiver<Q> {
    fn drop(&mut self) {
        if !torn_down() && self.shared.receivers.leave() {
            let leave_items = mutated(Mutant::ChannelReceiversLeaveItems);
            self.shared.queue.shutdown(if leave_items { Shutdown::Drain } else { Shutdown::Immediate });
        }
    }
}

macro_rules! handles {
    ($Handle:ident, $Weak:ident, $side:ident) => {
        impl<Q: BlockingQueue> Clone for $Handle<Q> {
            fn clone(&self) -> Self {
                self.shared.$side.enter();
                $Handle { shared: Arc::clone(&self.shared) }
            }
        }

        impl<Q: BlockingQueue> Clone for $Weak<Q> {
            fn clone(&self) -> Self {
                $Weak { shared: Arc::clone(&self.shared) }
            }
        }

        impl<Q: BlockingQueue> $Handle<Q> {
            /// A handle that does not count: it does not keep this side open.
            ///
            /// ```
            /// use tollgate::{LifoQueue, channel};
            ///
            /// let (sender, receiver) = channel(LifoQueue::<u8>::bounded(2));
            /// let (second, weak) = (sender.clone(), receiver.downgrade());
            /// assert_eq!((sender.senders(), receiver.receivers()), (2, 1));
            /// assert!(second.same_channel(&sender) && weak.upgrade().unwrap().same_channel(&receiver));
            /// assert_eq!(second.queue().capacity(), Some(2));
            /// ```
            pub fn downgrade(&self) -> $Weak<Q> {
                $Weak { shared: Arc::clone(&self.shared) }
            }

            /// The queue: for looks, and for the calls that a handle does not have.
            ///
            /// An example: [`downgrade`](Self::downgrade).
            pub fn queue(&self) -> &Q {
                &self.shared.queue
            }

            /// How many senders there are at this moment; weak ones are not counted.
            ///
            /// An example: [`downgrade`](Self::downgrade).
            pub fn senders(&self) -> usize {
                self.shared.senders.count()
            }

            /// How many receivers there are at this moment; weak ones are not counted.
            ///
            /// An example: [`downgrade`](Self::downgrade).
            pub fn receivers(&self) -> usize {
                self.shared.receivers.count()
            }

            /// As the queue's `shutdown`: the whole channel ends, however many handles there are.
            ///
            /// An example: [`channel()`].
            pub fn shutdown(&self, how: Shutdown) {
                self.shared.queue.shutdown(how)
            }

            /// As the queue's `join`: waits until every item that was put is reported as done.
            ///
            /// An example: [`Receiver::task_done`].
            #[cfg_attr(feature = "diagnostics", track_caller)]
            pub fn join(&self) {
                self.shared.queue.join()
            }

            /// As the queue's `join_timeout`: `true` if all was done, `false` if the time ran out before.
            ///
            /// An example: [`Receiver::task_done`].
            #[must_use = "whether all tasks were done or the time ran out"]
            #[cfg_attr(feature = "diagnostics", track_caller)]
            pub fn join_timeout(&self, timeout: Duration) -> bool {
                self.shared.queue.join_timeout(timeout)
            }

            /// As the queue's `join_deadline`: `true` if all was done, `false` if the time ran out before.
            ///
            /// An example: [`Receiver::task_done`].
            #[must_use = "whether all tasks were done or the time ran out"]
            #[cfg_attr(feature = "diagnostics", track_caller)]
            pub fn join_deadline(&self, deadline: Instant) -> bool {
                self.shared.queue.join_deadline(deadline)
            }

            /// How many items were put and are not reported as done, at this moment.
            ///
            /// An example: [`Receiver::task_done`].
            pub fn unfinished(&self) -> usize {
                self.shared.queue.unfinished()
            }
        }

        impl<Q: BlockingQueue> $Weak<Q> {
            /// A handle that counts, unless the last one of this side has gone.
            ///
            /// An example: [`WeakSender`].
            pub fn upgrade(&self) -> Option<$Handle<Q>> {
                let open = self.shared.$side.enter_if_open();
                open.then(|| $Handle { shared: Arc::clone(&self.shared) })
            }
        }

        impl<Q: BlockingQueue + fmt::Debug> fmt::Debug for $Handle<Q> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($Handle)).field(&self.shared.queue).finish()
            }
        }

        impl<Q: BlockingQueue + fmt::Debug> fmt::Debug for $Weak<Q> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($Weak)).field(&self.shared.queue).finish()
            }
        }
    };
}

handles!(Sender, WeakSender, senders);
handles!(Receiver, WeakReceiver, receivers);

impl<Q: BlockingQueue> Sender<Q> {
    /// Whether this and the other handle are of one channel.
    ///
    /// An example: [`downgrade`](Self::downgrade).
    pub fn same_channel(&self, other: &Sender<Q>) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// As the queue's `put`. Fails when the last receiver has gone.
    ///
    /// # Errors
    ///
    /// [`ShutDown`] with the item.
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    /// use tollgate::{PutError, Queue, channel};
    ///
    /// let (sender, receiver) = channel(Queue::bounded(1));
    /// let short = Duration::from_millis(1);
    /// sender.put(1).unwrap();
    /// assert_eq!(sender.try_put(2), Err(PutError::Full(2)));
    /// assert_eq!(sender.put_timeout(2, short), Err(PutError::Full(2)));
    /// assert_eq!(sender.put_deadline(2, Instant::now() + short), Err(PutError::Full(2)));
    /// drop(receiver); // nobody will get it
    /// assert_eq!(sender.put_many([2, 3]).unwrap_err().into_rest(), [2, 3]);
    /// ```
    #[inline]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn put(&self, item: Q::Item) -> Result<(), ShutDown<Q::Item>> {
        self.shared.queue.put(item)
    }

    /// As the queue's `try_put`.
    ///
    /// # Errors
    ///
    /// Those of [`PutError`], with the item.
    ///
    /// An example: [`put`](Self::put).
    #[inline]
    pub fn try_put(&self, item: Q::Item) -> Result<(), PutError<Q::Item>> {
        self.shared.queue.try_put(item)
    }

    /// As the queue's `put_timeout`.
    ///
    /// # Errors
    ///
    /// Those of [`PutError`], with the item.
    ///
    /// An example: [`put`](Self::put).
    #[inline]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn put_timeout(&self, item: Q::Item, timeout: Duration) -> Result<(), PutError<Q::Item>> {
        self.shared.queue.put_timeout(item, timeout)
    }

    /// As the queue's `put_deadline`.
    ///
    /// # Errors
    ///
    /// Those of [`PutError`], with the item.
    ///
    /// An example: [`put`](Self::put).
    #[inline]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn put_deadline(&self, item: Q::Item, deadline: Instant) -> Result<(), PutError<Q::Item>> {
        self.shared.queue.put_deadline(item, deadline)
    }

    /// As the queue's `put_many`; for its other forms see [`queue`](Self::queue).
    ///
    /// # Errors
    ///
    /// [`PutManyError`] with the items that were not put.
    ///
    /// An example: [`put`](Self::put).
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn put_many<I>(&self, items: I) -> Result<usize, PutManyError<Q::Item>>
    where
        I: IntoIterator<Item = Q::Item>,
    {
        self.shared.queue.put_many(items)
    }
}

impl<Q: BlockingQueue> Receiver<Q> {
    /// Whether this and the other handle are of one channel.
    ///
    /// An example: [`downgrade`](Self::downgrade).
    pub fn same_channel(&self, other: &Receiver<Q>) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// As the queue's `get`. Fails when the last sender has gone and nothing is left.
    ///
    /// # Errors
    ///
    /// [`ShutDown`].
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    /// use tollgate::{GetError, Queue, channel};
    ///
    /// let (sender, receiver) = channel(Queue::bounded(8));
    /// sender.put_many(1..=5).unwrap();
    /// assert_eq!((receiver.get(), receiver.try_get()), (Ok(1), Ok(2)));
    /// assert_eq!(receiver.get_many(2), Ok(vec![3, 4]));
    /// drop(receiver.get_task()); // the fifth
    /// let short = Duration::from_millis(1);
    /// assert_eq!(receiver.get_timeout(short), Err(GetError::Empty));
    /// assert_eq!(receiver.get_deadline(Instant::now() + short), Err(GetError::Empty));
    /// drop(sender); // nobody will put any more
    /// assert_eq!(receiver.try_get(), Err(GetError::ShutDown));
    /// assert_eq!((receiver.iter().count(), receiver.try_iter().count()), (0, 0));
    /// ```
    #[inline]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn get(&self) -> Result<Q::Item, ShutDown> {
        self.shared.queue.get()
    }

    /// As the queue's `try_get`.
    ///
    /// # Errors
    ///
    /// Those of [`GetError`].
    ///
    /// An example: [`get`](Self::get).
    #[inline]
    pub fn try_get(&self) -> Result<Q::Item, GetError> {
        self.shared.queue.try_get()
    }

    /// As the queue's `get_timeout`.
    ///
    /// # Errors
    ///
    /// Those of [`GetError`].
    ///
    /// An example: [`get`](Self::get).
    #[inline]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn get_timeout(&self, timeout: Duration) -> Result<Q::Item, GetError> {
        self.shared.queue.get_timeout(timeout)
    }

    /// As the queue's `get_deadline`.
    ///
    /// # Errors
    ///
    /// Those of [`GetError`].
    ///
    /// An example: [`get`](Self::get).
    #[inline]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn get_deadline(&self, deadline: Instant) -> Result<Q::Item, GetError> {
        self.shared.queue.get_deadline(deadline)
    }

    /// As the queue's `get_many`; for its other forms see [`queue`](Self::queue).
    ///
    /// # Errors
    ///
    /// [`ShutDown`].
    ///
    /// An example: [`get`](Self::get).
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn get_many(&self, most: usize) -> Result<Vec<Q::Item>, ShutDown> {
        self.shared.queue.get_many(most)
    }

    /// As the queue's `get_task`: the item, reported as done when the [`Task`] is dropped.
    ///
    /// # Errors
    ///
    /// [`ShutDown`].
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    /// use tollgate::{Queue, channel};
    ///
    /// let (sender, receiver) = channel(Queue::unbounded());
    /// sender.put_many(["a", "b", "c", "d"]).unwrap();
    /// let far = Duration::from_secs(60);
    /// assert_eq!(*receiver.get_task().unwrap(), "a"); // done at the end of the statement
    /// assert_eq!(*receiver.try_get_task().unwrap(), "b");
    /// assert_eq!(*receiver.get_task_timeout(far).unwrap(), "c");
    /// assert_eq!(*receiver.get_task_deadline(Instant::now() + far).unwrap(), "d");
    /// sender.join(); // does not wait
    /// ```
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn get_task(&self) -> Result<Task<'_, Q>, ShutDown> {
        self.shared.queue.get_task()
    }

    /// As the queue's `try_get_task`.
    ///
    /// # Errors
    ///
    /// Those of [`GetError`].
    ///
    /// An example: [`get_task`](Self::get_task).
    pub fn try_get_task(&self) -> Result<Task<'_, Q>, GetError> {
        self.shared.queue.try_get_task()
    }

    /// As the queue's `get_task_timeout`.
    ///
    /// # Errors
    ///
    /// Those of [`GetError`].
    ///
    /// An example: [`get_task`](Self::get_task).
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn get_task_timeout(&self, timeout: Duration) -> Result<Task<'_, Q>, GetError> {
        self.shared.queue.get_task_timeout(timeout)
    }

    /// As the queue's `get_task_deadline`.
    ///
    /// # Errors
    ///
    /// Those of [`GetError`].
    ///
    /// An example: [`get_task`](Self::get_task).
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn get_task_deadline(&self, deadline: Instant) -> Result<Task<'_, Q>, GetError> {
        self.shared.queue.get_task_deadline(deadline)
    }

    /// As the queue's `task_done`: an item that was got is done. A [`get_task`](Self::get_task) cannot forget it.
    ///
    /// # Errors
    ///
    /// [`TooManyDone`], if there is none that is not.
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    /// use tollgate::{Queue, TooManyDone, channel};
    ///
    /// let (sender, receiver) = channel(Queue::unbounded());
    /// sender.put("item").unwrap();
    /// let _item = receiver.get();
    /// assert!(!sender.join_timeout(Duration::from_millis(1)), "got is not done");
    /// assert_eq!((receiver.unfinished(), receiver.task_done()), (1, Ok(())));
    /// sender.join();
    /// assert!(receiver.join_deadline(Instant::now()));
    /// assert_eq!(receiver.task_done(), Err(TooManyDone));
    /// ```
    pub fn task_done(&self) -> Result<(), TooManyDone> {
        self.shared.queue.task_done()
    }

    /// Takes items, waiting for each, until the last sender has gone and nothing is left. `for item in &receiver` is the same.
    ///
    /// An example: [`get`](Self::get).
    pub fn iter(&self) -> Iter<'_, Q> {
        self.shared.queue.iter()
    }

    /// Takes items as long as there are any, without waiting.
    ///
    /// An example: [`get`](Self::get).
    pub fn try_iter(&self) -> TryIter<'_, Q> {
        self.shared.queue.try_iter()
    }
}

/// As [`iter`](Receiver::iter).
impl<'a, Q: BlockingQueue> IntoIterator for &'a Receiver<Q> {
    type Item = Q::Item;
    type IntoIter = Iter<'a, Q>;

    fn into_iter(self) -> Iter<'a, Q> {
        self.iter()
    }
}
