//! The calls that all queues have, written once.
//!
//! [`Queue`](super::Queue), [`LifoQueue`](super::LifoQueue) and [`PriorityQueue`](super::PriorityQueue) are a
//! [`Face`](super::face::Face) each, over different cores; they differ in their constructors alone, and in what only one order can do.

/// The calls, for a type whose only field is its `face`.
macro_rules! calls {
    ($Queue:ident $(where T: $Ord:ident)?) => {
        impl<T $(: $Ord)?> $Queue<T> {
            /// A queue for `maxsize` items; 0 means unbounded, as in Python.
            pub fn new(maxsize: usize) -> Self {
                if maxsize == 0 { Self::unbounded() } else { Self::bounded(maxsize) }
            }

            named!(face);

            /// A queue for up to `capacity` items.
            ///
            /// # Panics
            ///
            /// If `capacity` is 0.
            pub fn bounded(capacity: usize) -> Self {
                assert!(
                    capacity > 0,
                    concat!(
                        stringify!($Queue),
                        "::bounded(0): a queue without room can hold no item; for an unbounded queue use ",
                        stringify!($Queue),
                        "::unbounded()"
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
            /// This and every other `put`, if there are `usize::MAX / 8` items. Nothing has changed then but for the item, which is gone.
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
            #[inline]
            pub fn try_put(&self, item: T) -> Result<(), PutError<T>> {
                self.face.put(item, Patience::None)
            }

            /// Adds an item, after waiting at most `timeout` for room. `Duration::ZERO` is one look; `Duration::MAX` is for ever.
            ///
            /// # Errors
            ///
            /// Those of [`PutError`], with the item.
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
            #[cfg_attr(feature = "diagnostics", track_caller)]
            pub fn put_many<I: IntoIterator<Item = T>>(&self, items: I) -> Result<usize, PutManyError<T>> {
                self.face.put_many(items.into_iter().collect(), Patience::Forever)
            }

            /// Adds as many of these items, in order, as there is room for. See [`put_many`](Self::put_many).
            ///
            /// # Errors
            ///
            /// Those of [`PutManyError`], with the items that were not put.
            pub fn try_put_many<I: IntoIterator<Item = T>>(&self, items: I) -> Result<usize, PutManyError<T>> {
                self.face.put_many(items.into_iter().collect(), Patience::None)
            }

            /// Adds items in order, waiting at most `timeout` in all for room. See [`put_many`](Self::put_many).
            ///
            /// # Errors
            ///
            /// Those of [`PutManyError`], with the items that were not put.
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
            #[inline]
            pub fn try_get(&self) -> Result<T, GetError> {
                self.face.get(Patience::None)
            }

            /// Takes the first item, after waiting at most `timeout` for one. `Duration::ZERO` is one look; `Duration::MAX` is for
            /// ever.
            ///
            /// # Errors
            ///
            /// Those of [`GetError`].
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
            #[cfg_attr(feature = "diagnostics", track_caller)]
            pub fn get_many(&self, most: usize) -> Result<Vec<T>, ShutDown> {
                never_empty(self.face.get_many(most, Patience::Forever))
            }

            /// Takes the first items, up to `most`, if there is one. See [`get_many`](Self::get_many).
            ///
            /// # Errors
            ///
            /// Those of [`GetError`].
            pub fn try_get_many(&self, most: usize) -> Result<Vec<T>, GetError> {
                self.face.get_many(most, Patience::None)
            }

            /// Takes the first items, up to `most`, after waiting at most `timeout` for one. See [`get_many`](Self::get_many).
            ///
            /// # Errors
            ///
            /// Those of [`GetError`].
            #[cfg_attr(feature = "diagnostics", track_caller)]
            pub fn get_many_timeout(&self, most: usize, timeout: Duration) -> Result<Vec<T>, GetError> {
                self.face.get_many(most, Patience::timeout(timeout))
            }

            /// Takes the first items, up to `most`, after waiting for one until `deadline` at most. See [`get_many`](Self::get_many).
            ///
            /// # Errors
            ///
            /// Those of [`GetError`].
            #[cfg_attr(feature = "diagnostics", track_caller)]
            pub fn get_many_deadline(&self, most: usize, deadline: Instant) -> Result<Vec<T>, GetError> {
                self.face.get_many(most, Patience::Until(deadline))
            }

            /// [`get`](Self::get), in a guard that calls [`task_done`](Self::task_done) when it is dropped, by a panic too.
            ///
            /// # Errors
            ///
            /// [`ShutDown`], if the queue has been shut down and has no item to give, also while waiting.
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
            #[inline]
            pub fn try_get_task(&self) -> Result<Task<'_, Self>, GetError> {
                Ok(Task::new(self, self.try_get()?))
            }

            /// [`get_timeout`](Self::get_timeout), in a guard: see [`get_task`](Self::get_task).
            ///
            /// # Errors
            ///
            /// Those of [`GetError`].
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
            #[inline]
            #[cfg_attr(feature = "diagnostics", track_caller)]
            pub fn get_task_deadline(&self, deadline: Instant) -> Result<Task<'_, Self>, GetError> {
                Ok(Task::new(self, self.get_deadline(deadline)?))
            }

            /// How many items are there at this moment. 0 after an immediate shutdown.
            #[inline]
            pub fn len(&self) -> usize {
                self.face.core().len()
            }

            /// Whether there is no item at this moment.
            #[inline]
            pub fn is_empty(&self) -> bool {
                self.len() == 0
            }

            /// Whether there is no room at this moment. An unbounded queue never is full.
            #[inline]
            pub fn is_full(&self) -> bool {
                self.face.core().is_full()
            }

            /// How many items fit; `None` if the queue is unbounded.
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
            pub fn set_capacity(&self, capacity: usize) -> Result<(), CapacityError> {
                match self.face.set_capacity(capacity) {
                    true => Ok(()),
                    false => Err(CapacityError { most: self.face.core().most_capacity() }),
                }
            }

            /// How many items have been put and not yet been reported by [`task_done`](Self::task_done).
            pub fn unfinished(&self) -> usize {
                self.face.core().tasks().unfinished
            }

            /// Reports that the work on one item is done. Call it once for each item that was got, when [`join`](Self::join) is
            /// to be used; or have [`get_task`](Self::get_task) do it.
            ///
            /// # Errors
            ///
            /// [`TooManyDone`], and nothing has changed, if no item is unfinished.
            pub fn task_done(&self) -> Result<(), TooManyDone> {
                self.face.task_done()
            }

            /// Waits until every item that was put has been reported by [`task_done`](Self::task_done), or was dropped by an
            /// immediate shutdown. A shutdown as such does not end it: somebody may still be working on an item.
            #[cfg_attr(feature = "diagnostics", track_caller)]
            pub fn join(&self) {
                let idle = self.face.join(Patience::Forever);
                debug_assert!(idle);
            }

            /// Waits at most `timeout` until no item is unfinished; whether that was reached.
            #[must_use = "whether all tasks were done or the time ran out"]
            #[cfg_attr(feature = "diagnostics", track_caller)]
            pub fn join_timeout(&self, timeout: Duration) -> bool {
                self.face.join(Patience::timeout(timeout))
            }

            /// Waits until no item is unfinished, until `deadline` at most; whether that was reached.
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
            pub fn shutdown(&self, how: Shutdown) {
                self.face.shut_down(how);
            }

            /// Whether the queue has been shut down. It may still have items to give.
            pub fn is_shutdown(&self) -> bool {
                self.face.core().is_shut_down()
            }

            /// Takes items, waiting for each, until the queue has been shut down and has no more to give. Does not call
            /// [`task_done`](Self::task_done).
            pub fn iter(&self) -> Iter<'_, Self> {
                Iter::new(self)
            }

            /// Takes items as long as there are any, without waiting. Does not call [`task_done`](Self::task_done).
            pub fn try_iter(&self) -> TryIter<'_, Self> {
                TryIter::new(self)
            }
        }
    };
}

pub(super) use calls;
