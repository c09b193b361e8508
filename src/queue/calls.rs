//! The calls that all queues have, written once.
//!
//! [`Queue`](super::Queue), [`LifoQueue`](super::LifoQueue) and [`PriorityQueue`](super::PriorityQueue) are a
//! [`Face`](super::face::Face) each, over different cores; they differ in their constructors alone, and in what only one order can do.

/// The calls, for a type whose only field is its `face`; and what a panic says of one that has no room, if there is something to be said.
macro_rules! calls {
    ($Queue:ident $(where T: $Ord:ident)? $(; $without_room:literal)?) => {
        impl<T $(: $Ord)?> $Queue<T> {
            /// A queue for `maxsize` items; 0 means unbounded, as in Python.
            ///
            /// ```
            #[doc = concat!("use tollgate::", stringify!($Queue), ";")]
            ///
            #[doc = concat!("assert_eq!(", stringify!($Queue), "::<u8>::new(8).capacity(), Some(8));")]
            #[doc = concat!("assert_eq!(", stringify!($Queue), "::<u8>::new(0).capacity(), None);")]
            /// ```
            pub fn new(maxsize: usize) -> Self {
                if maxsize == 0 { Self::unbounded() } else { Self::bounded(maxsize) }
            }

            named!(face);

            /// A queue for up to `capacity` items.
            ///
            /// # Panics
            ///
            /// If `capacity` is 0.
            ///
            /// An example: [`put`](Self::put).
            pub fn bounded(capacity: usize) -> Self {
                assert!(
                    capacity > 0,
                    concat!(
                        stringify!($Queue),
                        "::bounded(0): a queue without room can hold no item; for an unbounded queue use ",
                        stringify!($Queue),
                        "::unbounded()" $(, $without_room)?
                    )
                );
                Self::resizable(capacity, capacity)
            }

            /// Adds an item, after waiting for room if there is none.
            ///
            /// # Errors
            ///
            /// [`ShutDown`] with the item, if the queue has been shut down, also while waiting.
            ///
            /// # Panics
            ///
            /// This and every other `put`, if there are `usize::MAX / 8` items. The item is dropped then, and nothing else has changed.
            ///
            /// ```
            #[doc = concat!("use tollgate::{", stringify!($Queue), ", ShutDown, Shutdown};")]
            ///
            #[doc = concat!("let queue = ", stringify!($Queue), "::bounded(1);")]
            /// std::thread::scope(|s| {
            ///     s.spawn(|| {
            ///         queue.put(1).unwrap();
            ///         queue.put(2).unwrap(); // waits until the first one has been got
            ///     });
            ///     assert_eq!((queue.get(), queue.get()), (Ok(1), Ok(2)));
            /// });
            /// queue.shutdown(Shutdown::Drain);
            /// let ShutDown(item) = queue.put(3).unwrap_err();
            /// assert_eq!(item, 3);
            /// ```
            #[inline]
            #[cfg_attr(feature = "diagnostics", track_caller)]
            pub fn put(&self, item: T) -> Result<(), ShutDown<T>> {
                never_full(self.face.put(item, Patience::Forever))
            }

            /// Adds an item if there is room.
            ///
            /// # Errors
            ///
            /// Those of [`PutError`], with the item.
            ///
            /// ```
            #[doc = concat!("use tollgate::{", stringify!($Queue), ", PutError, Shutdown};")]
            ///
            #[doc = concat!("let queue = ", stringify!($Queue), "::bounded(1);")]
            /// assert_eq!(queue.try_put(1), Ok(()));
            /// assert_eq!(queue.try_put(2), Err(PutError::Full(2)));
            /// queue.shutdown(Shutdown::Drain);
            /// assert_eq!(queue.try_put(2), Err(PutError::ShutDown(2)));
            /// ```
            #[inline]
            #[doc(alias = "put_nowait")]
            pub fn try_put(&self, item: T) -> Result<(), PutError<T>> {
                self.face.put(item, Patience::None)
            }

            /// Adds an item, after waiting at most `timeout` for room. `Duration::ZERO` is one look; `Duration::MAX` is for ever.
            ///
            /// # Errors
            ///
            /// Those of [`PutError`], with the item.
            ///
            /// ```
            /// use std::time::{Duration, Instant};
            #[doc = concat!("use tollgate::{", stringify!($Queue), ", PutError};")]
            ///
            #[doc = concat!("let (queue, short) = (", stringify!($Queue), "::bounded(1), Duration::from_millis(1));")]
            /// queue.put(1).unwrap();
            /// assert_eq!(queue.put_timeout(2, short), Err(PutError::Full(2)));
            /// assert_eq!(queue.put_deadline(2, Instant::now() + short), Err(PutError::Full(2)));
            /// ```
            #[inline]
            #[cfg_attr(feature = "diagnostics", track_caller)]
            pub fn put_timeout(&self, item: T, timeout: Duration) -> Result<(), PutError<T>> {
                self.face.put(item, Patience::timeout(timeout))
            }

            /// Adds an item, after waiting for room until `deadline` at most. A deadline that has passed is one look.
            ///
            /// # Errors
            ///
            /// Those of [`PutError`], with the item.
            ///
            /// An example: [`put_timeout`](Self::put_timeout).
            #[inline]
            #[cfg_attr(feature = "diagnostics", track_caller)]
            pub fn put_deadline(&self, item: T, deadline: Instant) -> Result<(), PutError<T>> {
                self.face.put(item, Patience::Until(deadline))
            }

            /// Adds items in order, waiting for room as often as it takes; returns how many: all. Cheaper than as many calls of [`put`](Self::put):
            /// those for which there is room go in together, and wake one getter, who wakes the next.
            ///
            /// Each item is put on its own: others may come between them, and be got before the last one is put. The items are taken from
            /// the iterator before the first of them is put. What was put before an error stays.
            ///
            /// # Errors
            ///
            /// [`PutManyError`] with the items that were not put, if the queue has been shut down, also while waiting.
            ///
            /// ```
            #[doc = concat!("use tollgate::{", stringify!($Queue), ", Shutdown};")]
            ///
            #[doc = concat!("let queue = ", stringify!($Queue), "::bounded(2);")]
            /// std::thread::scope(|s| {
            ///     s.spawn(|| {
            ///         assert_eq!(queue.put_many(0..100), Ok(100)); // in as many pieces as it takes
            ///         queue.shutdown(Shutdown::Drain);
            ///     });
            ///     assert_eq!(queue.iter().sum::<u32>(), 4950);
            /// });
            /// let error = queue.put_many([7, 8]).unwrap_err();
            /// assert_eq!((error.put, error.into_rest()), (0, vec![7, 8]));
            /// ```
            #[cfg_attr(feature = "diagnostics", track_caller)]
            pub fn put_many<I: IntoIterator<Item = T>>(&self, items: I) -> Result<usize, PutManyError<T>> {
                self.face.put_many(items.into_iter().collect(), Patience::Forever)
            }

            /// Adds as many of these items, in order, as there is room for. See [`put_many`](Self::put_many).
            ///
            /// # Errors
            ///
            /// Those of [`PutManyError`], with the items that were not put.
            ///
            /// ```
            /// use std::time::{Duration, Instant};
            #[doc = concat!("use tollgate::", stringify!($Queue), ";")]
            ///
            #[doc = concat!("let (queue, short) = (", stringify!($Queue), "::bounded(2), Duration::from_millis(1));")]
            /// let error = queue.try_put_many([1, 2, 3, 4]).unwrap_err();
            /// assert_eq!((error.put, error.rest.is_full()), (2, true));
            /// let error = queue.put_many_timeout(error.into_rest(), short).unwrap_err();
            /// let error = queue.put_many_deadline(error.into_rest(), Instant::now() + short).unwrap_err();
            /// assert_eq!((error.put, error.into_rest()), (0, vec![3, 4]));
            /// ```
            pub fn try_put_many<I: IntoIterator<Item = T>>(&self, items: I) -> Result<usize, PutManyError<T>> {
                self.face.put_many(items.into_iter().collect(), Patience::None)
            }

            /// Adds items in order, waiting at most `timeout` in all for room. See [`put_many`](Self::put_many).
            ///
            /// # Errors
            ///
            /// Those of [`PutManyError`], with the items that were not put.
            ///
            /// An example: [`try_put_many`](Self::try_put_many).
            #[cfg_attr(feature = "diagnostics", track_caller)]
            pub fn put_many_timeout<I>(&self, items: I, timeout: Duration) -> Result<usize, PutManyError<T>>
            where
                I: IntoIterator<Item = T>,
            {
                self.face.put_many(items.into_iter().collect(), Patience::timeout(timeout))
            }

            /// Adds items in order, waiting for room until `deadline` at most. See [`put_many`](Self::put_many).
            ///
            /// # Errors
            ///
            /// Those of [`PutManyError`], with the items that were not put.
            ///
            /// An example: [`try_put_many`](Self::try_put_many).
            #[cfg_attr(feature = "diagnostics", track_caller)]
            pub fn put_many_deadline<I>(&self, items: I, deadline: Instant) -> Result<usize, PutManyError<T>>
            where
                I: IntoIterator<Item = T>,
            {
                self.face.put_many(items.into_iter().collect(), Patience::Until(deadline))
            }

            /// Takes the first item, after waiting for one if there is none.
            ///
            /// # Errors
            ///
            /// [`ShutDown`], if the queue has been shut down and has no item to give, also while waiting.
            ///
            /// ```
            #[doc = concat!("use tollgate::{", stringify!($Queue), ", ShutDown, Shutdown};")]
            ///
            #[doc = concat!("let queue = ", stringify!($Queue), "::unbounded();")]
            /// std::thread::scope(|s| {
            ///     let getter = s.spawn(|| (queue.get(), queue.get()));
            ///     queue.put("item").unwrap();
            ///     queue.shutdown(Shutdown::Drain); // what has been put can still be got
            ///     assert_eq!(getter.join().unwrap(), (Ok("item"), Err(ShutDown(()))));
            /// });
            /// ```
            #[inline]
            #[cfg_attr(feature = "diagnostics", track_caller)]
            pub fn get(&self) -> Result<T, ShutDown> {
                never_empty(self.face.get(Patience::Forever))
            }

            /// Takes the first item if there is one.
            ///
            /// # Errors
            ///
            /// Those of [`GetError`].
            ///
            /// ```
            /// use std::time::{Duration, Instant};
            #[doc = concat!("use tollgate::{GetError, ", stringify!($Queue), ", Shutdown};")]
            ///
            #[doc = concat!("let (queue, short) = (", stringify!($Queue), "::<u8>::unbounded(), Duration::from_millis(1));")]
            /// assert_eq!(queue.try_get(), Err(GetError::Empty));
            /// assert_eq!(queue.get_timeout(short), Err(GetError::Empty));
            /// assert_eq!(queue.get_deadline(Instant::now() + short), Err(GetError::Empty));
            /// queue.shutdown(Shutdown::Drain);
            /// assert_eq!(queue.try_get(), Err(GetError::ShutDown));
            /// ```
            #[inline]
            #[doc(alias = "get_nowait")]
            pub fn try_get(&self) -> Result<T, GetError> {
                self.face.get(Patience::None)
            }

            /// Takes the first item, after waiting at most `timeout` for one. `Duration::ZERO` is one look; `Duration::MAX` is for
            /// ever.
            ///
            /// # Errors
            ///
            /// Those of [`GetError`].
            ///
            /// An example: [`try_get`](Self::try_get).
            #[inline]
            #[cfg_attr(feature = "diagnostics", track_caller)]
            pub fn get_timeout(&self, timeout: Duration) -> Result<T, GetError> {
                self.face.get(Patience::timeout(timeout))
            }

            /// Takes the first item, after waiting for one until `deadline` at most. A deadline that has passed is one look.
            ///
            /// # Errors
            ///
            /// Those of [`GetError`].
            ///
            /// An example: [`try_get`](Self::try_get).
            #[inline]
            #[cfg_attr(feature = "diagnostics", track_caller)]
            pub fn get_deadline(&self, deadline: Instant) -> Result<T, GetError> {
                self.face.get(Patience::Until(deadline))
            }

            /// Takes the first items, up to `most`, after waiting until there is one. So there is at least one in what it returns, unless
            /// `most` is 0: then it returns at once. They are taken in one step, and one putter is woken, who wakes the next.
            ///
            /// # Errors
            ///
            /// [`ShutDown`], if the queue has been shut down and has no item to give, also while waiting.
            ///
            /// ```
            /// use std::time::{Duration, Instant};
            #[doc = concat!("use tollgate::{GetError, ", stringify!($Queue), "};")]
            ///
            #[doc = concat!("let queue = ", stringify!($Queue), "::from_iter([\"a\", \"b\", \"c\"]);")]
            /// assert_eq!(queue.get_many(2).map(|items| items.len()), Ok(2));
            /// assert_eq!(queue.get_many(2).map(|items| items.len()), Ok(1)); // waits for the first one alone
            /// let short = Duration::from_millis(1);
            /// assert_eq!(queue.try_get_many(2), Err(GetError::Empty));
            /// assert_eq!(queue.get_many_timeout(2, short), Err(GetError::Empty));
            /// assert_eq!(queue.get_many_deadline(2, Instant::now() + short), Err(GetError::Empty));
            /// ```
            #[cfg_attr(feature = "diagnostics", track_caller)]
            pub fn get_many(&self, most: usize) -> Result<Vec<T>, ShutDown> {
                never_empty(self.face.get_many(most, Patience::Forever))
            }

            /// Takes the first items, up to `most`, if there is one. See [`get_many`](Self::get_many).
            ///
            /// # Errors
            ///
            /// Those of [`GetError`].
            ///
            /// An example: [`get_many`](Self::get_many).
            pub fn try_get_many(&self, most: usize) -> Result<Vec<T>, GetError> {
                self.face.get_many(most, Patience::None)
            }

            /// Takes the first items, up to `most`, after waiting at most `timeout` for one. See [`get_many`](Self::get_many).
            ///
            /// # Errors
            ///
            /// Those of [`GetError`].
            ///
            /// An example: [`get_many`](Self::get_many).
            #[cfg_attr(feature = "diagnostics", track_caller)]
            pub fn get_many_timeout(&self, most: usize, timeout: Duration) -> Result<Vec<T>, GetError> {
                self.face.get_many(most, Patience::timeout(timeout))
            }

            /// Takes the first items, up to `most`, after waiting for one until `deadline` at most. See [`get_many`](Self::get_many).
            ///
            /// # Errors
            ///
            /// Those of [`GetError`].
            ///
            /// An example: [`get_many`](Self::get_many).
            #[cfg_attr(feature = "diagnostics", track_caller)]
            pub fn get_many_deadline(&self, most: usize, deadline: Instant) -> Result<Vec<T>, GetError> {
                self.face.get_many(most, Patience::Until(deadline))
            }

            /// [`get`](Self::get), in a guard that calls [`task_done`](Self::task_done) when it is dropped, by a panic too.
            ///
            /// # Errors
            ///
            /// [`ShutDown`], if the queue has been shut down and has no item to give, also while waiting.
            ///
            /// ```
            #[doc = concat!("use tollgate::", stringify!($Queue), ";")]
            ///
            #[doc = concat!("let queue = ", stringify!($Queue), "::from_iter([\"work\"]);")]
            /// let task = queue.get_task().unwrap();
            /// assert_eq!((*task, queue.len(), queue.unfinished()), ("work", 0, 1));
            /// drop(task);
            /// queue.join(); // nothing is unfinished
            /// ```
            #[inline]
            #[cfg_attr(feature = "diagnostics", track_caller)]
            pub fn get_task(&self) -> Result<Task<'_, Self>, ShutDown> {
                Ok(Task::new(self, self.get()?))
            }

            /// [`try_get`](Self::try_get), in a guard: see [`get_task`](Self::get_task).
            ///
            /// # Errors
            ///
            /// Those of [`GetError`].
            ///
            /// ```
            /// use std::time::{Duration, Instant};
            #[doc = concat!("use tollgate::{GetError, ", stringify!($Queue), "};")]
            ///
            #[doc = concat!("let (queue, short) = (", stringify!($Queue), "::from_iter([7, 7]), Duration::from_millis(1));")]
            /// assert_eq!(*queue.try_get_task().unwrap(), 7); // done at the end of the statement
            /// assert_eq!(*queue.get_task_timeout(short).unwrap(), 7);
            /// assert_eq!(queue.get_task_deadline(Instant::now() + short).unwrap_err(), GetError::Empty);
            /// assert_eq!(queue.unfinished(), 0);
            /// ```
            #[inline]
            pub fn try_get_task(&self) -> Result<Task<'_, Self>, GetError> {
                Ok(Task::new(self, self.try_get()?))
            }

            /// [`get_timeout`](Self::get_timeout), in a guard: see [`get_task`](Self::get_task).
            ///
            /// # Errors
            ///
            /// Those of [`GetError`].
            ///
            /// An example: [`try_get_task`](Self::try_get_task).
            #[inline]
            #[cfg_attr(feature = "diagnostics", track_caller)]
            pub fn get_task_timeout(&self, timeout: Duration) -> Result<Task<'_, Self>, GetError> {
                Ok(Task::new(self, self.get_timeout(timeout)?))
            }

            /// [`get_deadline`](Self::get_deadline), in a guard: see [`get_task`](Self::get_task).
            ///
            /// # Errors
            ///
            /// Those of [`GetError`].
            ///
            /// An example: [`try_get_task`](Self::try_get_task).
            #[inline]
            #[cfg_attr(feature = "diagnostics", track_caller)]
            pub fn get_task_deadline(&self, deadline: Instant) -> Result<Task<'_, Self>, GetError> {
                Ok(Task::new(self, self.get_deadline(deadline)?))
            }

            /// How many items are there at this moment. 0 after an immediate shutdown.
            ///
            /// ```
            #[doc = concat!("use tollgate::", stringify!($Queue), ";")]
            ///
            #[doc = concat!("let queue = ", stringify!($Queue), "::bounded(2);")]
            /// assert_eq!((queue.len(), queue.is_empty(), queue.is_full()), (0, true, false));
            /// queue.put_many([1, 2]).unwrap();
            /// assert_eq!((queue.len(), queue.is_empty(), queue.is_full()), (2, false, true));
            /// ```
            #[inline]
            #[doc(alias = "qsize")]
            pub fn len(&self) -> usize {
                self.face.core().len()
            }

            /// Whether there is no item at this moment.
            ///
            /// An example: [`len`](Self::len).
            #[inline]
            #[doc(alias = "empty")]
            pub fn is_empty(&self) -> bool {
                self.len() == 0
            }

            /// Whether there is no room at this moment. An unbounded queue never is full.
            ///
            /// An example: [`len`](Self::len).
            #[inline]
            #[doc(alias = "full")]
            pub fn is_full(&self) -> bool {
                self.face.core().is_full()
            }

            /// How many items fit; `None` if the queue is unbounded.
            ///
            /// An example: [`set_capacity`](Self::set_capacity).
            pub fn capacity(&self) -> Option<usize> {
                self.face.core().capacity()
            }

            /// From now on up to `capacity` items fit. If there are more, they stay, and every `put` waits until there are fewer. If there is room
            /// now, those who wait for it are woken.
            ///
            /// # Errors
            ///
            /// [`CapacityError`], and nothing has changed, if `capacity` is 0 or larger than the one that the queue was made for:
            /// see [`resizable`](Self::resizable). A queue that was made without a bound stays without.
            ///
            /// ```
            #[doc = concat!("use tollgate::", stringify!($Queue), ";")]
            ///
            #[doc = concat!("let queue = ", stringify!($Queue), "::resizable(1, 4);")]
            /// queue.put(1).unwrap();
            /// queue.set_capacity(2).unwrap();
            /// queue.put(2).unwrap();
            /// assert_eq!((queue.capacity(), queue.is_full()), (Some(2), true));
            /// assert_eq!(queue.set_capacity(5).unwrap_err().most, Some(4));
            /// ```
            pub fn set_capacity(&self, capacity: usize) -> Result<(), CapacityError> {
                match self.face.set_capacity(capacity) {
                    true => Ok(()),
                    false => Err(CapacityError { most: self.face.core().most_capacity() }),
                }
            }

            /// How many items have been put and not yet been reported by [`task_done`](Self::task_done).
            ///
            /// An example: [`task_done`](Self::task_done).
            pub fn unfinished(&self) -> usize {
                self.face.core().tasks().unfinished
            }

            /// Reports that the work on one item is done. Call it once for each item that was got, when [`join`](Self::join) is
            /// to be used; or have [`get_task`](Self::get_task) do it.
            ///
            /// # Errors
            ///
            /// [`TooManyDone`], and nothing has changed, if no item is unfinished.
            ///
            /// ```
            /// use std::time::{Duration, Instant};
            #[doc = concat!("use tollgate::{", stringify!($Queue), ", TooManyDone};")]
            ///
            #[doc = concat!("let (queue, short) = (", stringify!($Queue), "::from_iter([1, 2]), Duration::from_millis(1));")]
            /// std::thread::scope(|s| {
            ///     s.spawn(|| {
            ///         while let Ok(_item) = queue.try_get() {
            ///             queue.task_done().unwrap(); // when the work is done
            ///         }
            ///     });
            ///     queue.join();
            /// });
            /// assert!(queue.join_timeout(short) && queue.join_deadline(Instant::now() + short));
            /// assert_eq!((queue.unfinished(), queue.task_done()), (0, Err(TooManyDone)));
            /// ```
            pub fn task_done(&self) -> Result<(), TooManyDone> {
                self.face.task_done()
            }

            /// Waits until every item that was put has been reported by [`task_done`](Self::task_done), or was dropped by an
            /// immediate shutdown. A shutdown as such does not end it: somebody may still be working on an item. It knows nothing of what
            /// will be put: if that is to be done too, wait for those who put first.
            ///
            /// An example: [`task_done`](Self::task_done).
            #[cfg_attr(feature = "diagnostics", track_caller)]
            pub fn join(&self) {
                let idle = self.face.join(Patience::Forever);
                debug_assert!(idle);
            }

            /// Waits at most `timeout` until no item is unfinished; whether that was reached.
            ///
            /// An example: [`task_done`](Self::task_done).
            #[must_use = "whether all tasks were done or the time ran out"]
            #[cfg_attr(feature = "diagnostics", track_caller)]
            pub fn join_timeout(&self, timeout: Duration) -> bool {
                self.face.join(Patience::timeout(timeout))
            }

            /// Waits until no item is unfinished, until `deadline` at most; whether that was reached.
            ///
            /// An example: [`task_done`](Self::task_done).
            #[must_use = "whether all tasks were done or the time ran out"]
            #[cfg_attr(feature = "diagnostics", track_caller)]
            pub fn join_deadline(&self, deadline: Instant) -> bool {
                self.face.join(Patience::Until(deadline))
            }

            /// Shuts the queue down, for good: every `put` fails from now on, and those who wait for room wake up and fail. What is
            /// in the queue can still be got ([`Shutdown::Drain`]) or is dropped and counted as done ([`Shutdown::Immediate`]);
            /// then every `get` fails, and those who wait for an item wake up and fail.
            ///
            /// May be called again; an immediate shutdown after a draining one drops what is left.
            ///
            /// # Panics
            ///
            /// If the destructor of a dropped item panics: the first such panic goes on when all items have been dropped and
            /// everybody has been woken.
            ///
            /// ```
            #[doc = concat!("use tollgate::{", stringify!($Queue), ", Shutdown};")]
            ///
            #[doc = concat!("let (drained, dropped) = (", stringify!($Queue), "::from_iter([1]), ", stringify!($Queue), "::from_iter([1]));")]
            /// drained.shutdown(Shutdown::Drain);
            /// assert!(drained.is_shutdown());
            /// assert_eq!((drained.get().is_ok(), drained.get().is_ok()), (true, false));
            /// dropped.shutdown(Shutdown::Immediate);
            /// assert!(dropped.get().is_err());
            /// ```
            pub fn shutdown(&self, how: Shutdown) {
                self.face.shut_down(how);
            }

            /// Whether the queue has been shut down. It may still have items to give.
            ///
            /// An example: [`shutdown`](Self::shutdown).
            pub fn is_shutdown(&self) -> bool {
                self.face.core().is_shut_down()
            }

            /// Takes items, waiting for each, until the queue has been shut down and has no more to give. Does not call
            /// [`task_done`](Self::task_done).
            ///
            /// ```
            #[doc = concat!("use tollgate::{", stringify!($Queue), ", Shutdown};")]
            ///
            #[doc = concat!("let queue = ", stringify!($Queue), "::from_iter([1, 2, 3]);")]
            /// assert_eq!(queue.try_iter().take(2).count(), 2);
            /// queue.shutdown(Shutdown::Drain);
            /// assert_eq!(queue.iter().count(), 1); // ends, since the queue has
            /// ```
            pub fn iter(&self) -> Iter<'_, Self> {
                Iter::new(self)
            }

            /// Takes items as long as there are any, without waiting. Does not call [`task_done`](Self::task_done).
            ///
            /// An example: [`iter`](Self::iter).
            pub fn try_iter(&self) -> TryIter<'_, Self> {
                TryIter::new(self)
            }
        }
    };
}

pub(super) use calls;
