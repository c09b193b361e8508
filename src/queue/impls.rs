//! The traits that all queues implement, written once: those of `std`, and [`BlockingQueue`](super::BlockingQueue) by way of the
//! methods of [`calls`](super::calls).

/// The traits, for a type with those methods.
macro_rules! impls {
    ($Queue:ident $(where T: $Ord:ident)?) => {
        /// An unbounded queue.
        impl<T $(: $Ord)?> Default for $Queue<T> {
            fn default() -> Self {
                $Queue::unbounded()
            }
        }

        /// Shows numbers, not items, and never waits: capacity and unfinished tasks are `<busy>` if another thread is putting or getting at
        /// this very moment.
        impl<T $(: $Ord)?> fmt::Debug for $Queue<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let (getters, putters) = self.face.waiting();
                let mut debug = f.debug_struct(stringify!($Queue));
                debug.field("len", &self.len());
                match self.face.core().glance() {
                    Some((capacity, unfinished)) => {
                        debug.field("capacity", &capacity).field("unfinished", &unfinished)
                    }
                    None => debug
                        .field("capacity", &format_args!("<busy>"))
                        .field("unfinished", &format_args!("<busy>")),
                };
                debug
                    .field("waiting_getters", &getters)
                    .field("waiting_putters", &putters)
                    .field("shut_down", &self.is_shutdown())
                    .finish_non_exhaustive()
            }
        }

        /// As [`iter`](BlockingQueue::iter).
        impl<'a, T $(: $Ord)?> IntoIterator for &'a $Queue<T> {
            type Item = T;
            type IntoIter = Iter<'a, $Queue<T>>;

            fn into_iter(self) -> Iter<'a, $Queue<T>> {
                self.iter()
            }
        }

        /// Takes what is left, without waiting. Does not call [`task_done`](BlockingQueue::task_done).
        impl<T $(: $Ord)?> IntoIterator for $Queue<T> {
            type Item = T;
            type IntoIter = IntoIter<$Queue<T>>;

            fn into_iter(self) -> IntoIter<$Queue<T>> {
                IntoIter::new(self)
            }
        }

        /// An unbounded queue of these items.
        impl<T $(: $Ord)?> FromIterator<T> for $Queue<T> {
            fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
                let mut queue = $Queue::unbounded();
                queue.extend(items);
                queue
            }
        }

        /// Puts items, without waiting.
        ///
        /// # Panics
        ///
        /// If the queue is full or has been shut down, before it takes another item from the iterator; unless the iterator's
        /// `size_hint` says that there is none.
        impl<T $(: $Ord)?> Extend<T> for $Queue<T> {
            fn extend<I: IntoIterator<Item = T>>(&mut self, items: I) {
                iter::extend(stringify!($Queue), self, items);
            }
        }

        blocking!($Queue $(where T: $Ord)?);
    };
}

/// [`BlockingQueue`](super::BlockingQueue) alone, for a type with those methods.
macro_rules! blocking {
    ($Queue:ident $(where T: $Ord:ident)?) => {
        impl<T $(: $Ord)?> Sealed for $Queue<T> {}

        impl<T $(: $Ord)?> BlockingQueue for $Queue<T> {
            type Item = T;

            #[inline]
            fn put(&self, item: T) -> Result<(), ShutDown<T>> {
                $Queue::put(self, item)
            }

            #[inline]
            fn try_put(&self, item: T) -> Result<(), PutError<T>> {
                $Queue::try_put(self, item)
            }

            #[inline]
            fn put_timeout(&self, item: T, timeout: Duration) -> Result<(), PutError<T>> {
                $Queue::put_timeout(self, item, timeout)
            }

            #[inline]
            fn put_deadline(&self, item: T, deadline: Instant) -> Result<(), PutError<T>> {
                $Queue::put_deadline(self, item, deadline)
            }

            #[inline]
            fn put_many<I>(&self, items: I) -> Result<usize, PutManyError<T>>
            where
                I: IntoIterator<Item = T>,
            {
                $Queue::put_many(self, items)
            }

            #[inline]
            fn try_put_many<I>(&self, items: I) -> Result<usize, PutManyError<T>>
            where
                I: IntoIterator<Item = T>,
            {
                $Queue::try_put_many(self, items)
            }

            #[inline]
            fn put_many_timeout<I>(&self, items: I, timeout: Duration) -> Result<usize, PutManyError<T>>
            where
                I: IntoIterator<Item = T>,
            {
                $Queue::put_many_timeout(self, items, timeout)
            }

            #[inline]
            fn put_many_deadline<I>(&self, items: I, deadline: Instant) -> Result<usize, PutManyError<T>>
            where
                I: IntoIterator<Item = T>,
            {
                $Queue::put_many_deadline(self, items, deadline)
            }

            #[inline]
            fn get(&self) -> Result<T, ShutDown> {
                $Queue::get(self)
            }

            #[inline]
            fn try_get(&self) -> Result<T, GetError> {
                $Queue::try_get(self)
            }

            #[inline]
            fn get_timeout(&self, timeout: Duration) -> Result<T, GetError> {
                $Queue::get_timeout(self, timeout)
            }

            #[inline]
            fn get_deadline(&self, deadline: Instant) -> Result<T, GetError> {
                $Queue::get_deadline(self, deadline)
            }

            #[inline]
            fn get_many(&self, most: usize) -> Result<Vec<T>, ShutDown> {
                $Queue::get_many(self, most)
            }

            #[inline]
            fn try_get_many(&self, most: usize) -> Result<Vec<T>, GetError> {
                $Queue::try_get_many(self, most)
            }

            #[inline]
            fn get_many_timeout(&self, most: usize, timeout: Duration) -> Result<Vec<T>, GetError> {
                $Queue::get_many_timeout(self, most, timeout)
            }

            #[inline]
            fn get_many_deadline(&self, most: usize, deadline: Instant) -> Result<Vec<T>, GetError> {
                $Queue::get_many_deadline(self, most, deadline)
            }

            #[inline]
            fn get_task(&self) -> Result<Task<'_, Self>, ShutDown> {
                $Queue::get_task(self)
            }

            #[inline]
            fn try_get_task(&self) -> Result<Task<'_, Self>, GetError> {
                $Queue::try_get_task(self)
            }

            #[inline]
            fn get_task_timeout(&self, timeout: Duration) -> Result<Task<'_, Self>, GetError> {
                $Queue::get_task_timeout(self, timeout)
            }

            #[inline]
            fn get_task_deadline(&self, deadline: Instant) -> Result<Task<'_, Self>, GetError> {
                $Queue::get_task_deadline(self, deadline)
            }

            #[inline]
            fn len(&self) -> usize {
                $Queue::len(self)
            }

            #[inline]
            fn is_empty(&self) -> bool {
                $Queue::is_empty(self)
            }

            #[inline]
            fn is_full(&self) -> bool {
                $Queue::is_full(self)
            }

            #[inline]
            fn capacity(&self) -> Option<usize> {
                $Queue::capacity(self)
            }

            fn set_capacity(&self, capacity: usize) -> Result<(), CapacityError> {
                $Queue::set_capacity(self, capacity)
            }

            #[inline]
            fn unfinished(&self) -> usize {
                $Queue::unfinished(self)
            }

            #[inline]
            fn task_done(&self) -> Result<(), TooManyDone> {
                $Queue::task_done(self)
            }

            #[inline]
            fn join(&self) {
                $Queue::join(self)
            }

            #[inline]
            fn join_timeout(&self, timeout: Duration) -> bool {
                $Queue::join_timeout(self, timeout)
            }

            #[inline]
            fn join_deadline(&self, deadline: Instant) -> bool {
                $Queue::join_deadline(self, deadline)
            }

            #[inline]
            fn shutdown(&self, how: Shutdown) {
                $Queue::shutdown(self, how)
            }

            #[inline]
            fn is_shutdown(&self) -> bool {
                $Queue::is_shutdown(self)
            }

            #[inline]
            fn iter(&self) -> Iter<'_, Self> {
                $Queue::iter(self)
            }

            #[inline]
            fn try_iter(&self) -> TryIter<'_, Self> {
                $Queue::try_iter(self)
            }
        }
    };
}

pub(super) use {blocking, impls};
