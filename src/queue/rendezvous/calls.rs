//! The calls, for users.

use super::super::face::{never_empty, never_full};
use super::super::{CapacityError, GetError, Iter, PutError, ShutDown, Shutdown, Task, TryIter};
use super::Rendezvous;
use crate::platform::{Duration, Instant, Patience};

macro_rules! forms {
    ($(#[doc = $doc:literal])* $plain:ident, $try:ident, $timeout:ident, $deadline:ident, $within:ident
        ($($arg:ident: $Arg:ty)?) -> $Sure:ty | $Timed:ty, $sure:expr) => {
        $(#[doc = $doc])*
        ///
        /// An example: [`Rendezvous`].
        #[cfg_attr(feature = "diagnostics", track_caller)]
        pub fn $plain(&self $(, $arg: $Arg)?) -> $Sure {
            $sure(self.$within($($arg,)? Patience::Forever))
        }

        /// The same, without waiting.
        ///
        /// An example: [`Rendezvous`].
        pub fn $try(&self $(, $arg: $Arg)?) -> $Timed {
            self.$within($($arg,)? Patience::None)
        }

        /// The same, waiting at most `timeout`; `Duration::ZERO` is one look.
        ///
        /// An example: [`Rendezvous`].
        #[cfg_attr(feature = "diagnostics", track_caller)]
        pub fn $timeout(&self $(, $arg: $Arg)?, timeout: Duration) -> $Timed {
            self.$within($($arg,)? Patience::timeout(timeout))
        }

        /// The same, waiting until `deadline` at most.
        ///
        /// An example: [`Rendezvous`].
        #[cfg_attr(feature = "diagnostics", track_caller)]
        pub fn $deadline(&self $(, $arg: $Arg)?, deadline: Instant) -> $Timed {
            self.$within($($arg,)? Patience::Until(deadline))
        }
    };
}

impl<T> Rendezvous<T> {
    forms! {
        /// Hands an item to a getter, and returns when it has been taken.
        put, try_put, put_timeout, put_deadline, put_within(item: T) -> Result<(), ShutDown<T>> | Result<(), PutError<T>>, never_full
    }

    forms! {
        /// Takes an item from a putter, after waiting for one if none waits.
        get, try_get, get_timeout, get_deadline, get_within() -> Result<T, ShutDown> | Result<T, GetError>, never_empty
    }

    forms! {
        /// Takes an item from a putter, and then what other putters offer at that moment, up to `most` in all.
        get_many, try_get_many, get_many_timeout, get_many_deadline, get_many_within(most: usize) -> Result<Vec<T>, ShutDown> | Result<Vec<T>, GetError>, never_empty
    }

    forms! {
        /// As [`get`](Self::get), with a guard that reports the item as done when it is dropped.
        get_task, try_get_task, get_task_timeout, get_task_deadline, task_within() -> Result<Task<'_, Self>, ShutDown> | Result<Task<'_, Self>, GetError>, never_empty
    }

    #[cfg_attr(feature = "diagnostics", track_caller)]
    fn task_within(&self, patience: Patience) -> Result<Task<'_, Self>, GetError> {
        Ok(Task::new(self, self.get_within(patience)?))
    }

    /// How many putters wait at this moment; 0 after a shutdown.
    ///
    /// An example: [`Rendezvous`].
    pub fn len(&self) -> usize {
        self.table.enter().waiting().0
    }

    /// Whether no putter waits at this moment.
    ///
    /// An example: [`put_many`](Self::put_many).
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether no getter waits at this moment, so that a `try_put` would fail.
    ///
    /// An example: [`put_many`](Self::put_many).
    pub fn is_full(&self) -> bool {
        self.table.enter().waiting().1 == 0
    }

    /// `Some(0)`.
    ///
    /// An example: [`Rendezvous`].
    pub fn capacity(&self) -> Option<usize> {
        Some(0)
    }

    /// Fails: this has no room, and never will.
    ///
    /// # Errors
    ///
    /// [`CapacityError`], always, with `most: Some(0)`.
    ///
    /// An example: [`join`](Self::join).
    pub fn set_capacity(&self, _capacity: usize) -> Result<(), CapacityError> {
        Err(CapacityError { most: Some(0) })
    }

    /// Shuts down, for good: everybody who waits to put or to get is refused, and so is whoever comes later. Both kinds do the same, since
    /// there is nothing inside.
    ///
    /// An example: [`Rendezvous`].
    pub fn shutdown(&self, _how: Shutdown) {
        self.refuse_all();
    }

    /// Whether it has been shut down.
    ///
    /// ```
    /// use tollgate::{Rendezvous, Shutdown};
    ///
    /// let meeting = Rendezvous::new();
    /// std::thread::scope(|s| {
    ///     s.spawn(|| {
    ///         (1..4).for_each(|n| meeting.put(n).unwrap());
    ///         meeting.shutdown(Shutdown::Drain);
    ///     });
    ///     assert_eq!(meeting.iter().sum::<i32>(), 6); // ends with the shutdown
    /// });
    /// assert!(meeting.is_shutdown());
    /// assert_eq!(meeting.try_iter().next(), None);
    /// ```
    pub fn is_shutdown(&self) -> bool {
        self.table.enter().shut_down
    }

    /// Takes items, waiting for each, until the shutdown.
    ///
    /// An example: [`is_shutdown`](Self::is_shutdown).
    pub fn iter(&self) -> Iter<'_, Self> {
        Iter::new(self)
    }

    /// Takes items as long as putters wait.
    ///
    /// An example: [`is_shutdown`](Self::is_shutdown).
    pub fn try_iter(&self) -> TryIter<'_, Self> {
        TryIter::new(self)
    }
}
