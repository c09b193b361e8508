//! What can go wrong with a queue. The item always comes back.

use std::error::Error;
use std::fmt;

/// The queue has been shut down.
///
/// For `put`, with the item that it did not take: `ShutDown(item)`; for `get`, with nothing: `ShutDown(())`.
///
/// ```
/// use tollgate::{Queue, ShutDown, Shutdown};
///
/// let queue = Queue::unbounded();
/// queue.shutdown(Shutdown::Drain);
/// assert_eq!(queue.put("late").unwrap_err().into_inner(), "late");
/// assert_eq!(queue.get(), Err(ShutDown(())));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ShutDown<T = ()>(pub T);

/// Why a `try_` or timed put did not take the item, and the item.
///
/// ```
/// use tollgate::{PutError, Queue};
///
/// let queue = Queue::from_iter([1]);
/// queue.put(2).unwrap(); // it has no bound
/// let queue = Queue::bounded(1);
/// queue.put(1).unwrap();
/// let error = queue.try_put(2).unwrap_err();
/// assert!(error.is_full());
/// assert_eq!((error.to_string().as_str(), error.into_inner()), ("queue full", 2));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum PutError<T> {
    /// No room: at the moment of a `try_put`, or until the deadline.
    Full(T),
    /// The queue has been shut down.
    ShutDown(T),
}

/// What a batch did not put, and why. The items before it were put, and stay.
///
/// ```
/// use tollgate::{PutManyError, Queue};
///
/// let queue = Queue::bounded(1);
/// let error: PutManyError<_> = queue.try_put_many(["here", "there"]).unwrap_err();
/// assert_eq!(error.to_string(), "queue full after 1 items");
/// assert_eq!((error.put, error.into_rest()), (1, vec!["there"]));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct PutManyError<T> {
    /// How many items were put.
    pub put: usize,
    /// The others, in order. [`PutError::Full`] from the `try_` and timed forms only.
    pub rest: PutError<Vec<T>>,
}

/// The capacity that was asked for is not to be had: it is 0, or larger than the one that the queue was made for.
///
/// ```
/// use tollgate::{CapacityError, Queue};
///
/// let queue = Queue::<u8>::resizable(1, 4);
/// assert_eq!(queue.set_capacity(9), Err(CapacityError { most: Some(4) }));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CapacityError {
    /// The largest capacity that can be set; `None` if the queue was made without a bound, and stays so.
    pub most: Option<usize>,
}

/// Why a `try_` or timed get gave no item.
///
/// ```
/// use tollgate::{GetError, Queue, Shutdown};
///
/// fn next(queue: &Queue<u8>) -> Option<u8> {
///     match queue.try_get() {
///         Ok(item) => Some(item),
///         Err(GetError::Empty) => None,    // perhaps later
///         Err(GetError::ShutDown) => None, // never again
///     }
/// }
///
/// assert_eq!(next(&Queue::from_iter([1])), Some(1));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GetError {
    /// No item: at the moment of a `try_get`, or until the deadline.
    Empty,
    /// The queue has been shut down, and gives out no more items.
    ShutDown,
}

/// More calls of `task_done` than items were put.
///
/// ```
/// use tollgate::{Queue, TooManyDone};
///
/// assert_eq!(Queue::<u8>::unbounded().task_done(), Err(TooManyDone));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyDone;

impl<T> ShutDown<T> {
    /// The item.
    ///
    /// An example: [`ShutDown`].
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> PutError<T> {
    /// The item.
    ///
    /// An example: [`ShutDown`].
    pub fn into_inner(self) -> T {
        match self {
            PutError::Full(item) | PutError::ShutDown(item) => item,
        }
    }

    /// Whether the queue had no room.
    ///
    /// An example: [`PutError`].
    pub fn is_full(&self) -> bool {
        matches!(self, PutError::Full(_))
    }
}

impl<T> PutManyError<T> {
    /// The items that were not put, in order.
    ///
    /// An example: [`PutManyError`].
    pub fn into_rest(self) -> Vec<T> {
        self.rest.into_inner()
    }
}

impl<T> From<ShutDown<T>> for PutError<T> {
    fn from(ShutDown(item): ShutDown<T>) -> Self {
        PutError::ShutDown(item)
    }
}

impl From<ShutDown> for GetError {
    fn from(_: ShutDown) -> Self {
        GetError::ShutDown
    }
}

const SHUT_DOWN: &str = "queue shut down";

// The items need not be `Debug`: an error must be reportable whatever it carries.
impl<T> fmt::Debug for ShutDown<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ShutDown(..)")
    }
}

impl<T> fmt::Display for ShutDown<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(SHUT_DOWN)
    }
}

impl<T> Error for ShutDown<T> {}

impl<T> fmt::Debug for PutError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PutError::Full(_) => "Full(..)",
            PutError::ShutDown(_) => "ShutDown(..)",
        })
    }
}

impl<T> fmt::Display for PutError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PutError::Full(_) => "queue full",
            PutError::ShutDown(_) => SHUT_DOWN,
        })
    }
}

impl<T> Error for PutError<T> {}

impl<T> fmt::Debug for PutManyError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PutManyError").field("put", &self.put).field("rest", &self.rest).finish()
    }
}

impl<T> fmt::Display for PutManyError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} after {} items", self.rest, self.put)
    }
}

impl<T> Error for PutManyError<T> {}

impl fmt::Display for CapacityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.most {
            Some(0) => f.write_str("a rendezvous has no room"),
            Some(most) => write!(f, "capacity not between 1 and {most}"),
            None => f.write_str("queue made without a bound"),
        }
    }
}

impl Error for CapacityError {}

impl fmt::Display for GetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            GetError::Empty => "queue empty",
            GetError::ShutDown => SHUT_DOWN,
        })
    }
}

impl Error for GetError {}

impl fmt::Display for TooManyDone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("task_done called more often than items were put")
    }
}

impl Error for TooManyDone {}
