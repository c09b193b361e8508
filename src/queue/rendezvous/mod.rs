//! [`Rendezvous`]: a queue without room, where a put and a get meet.
//!
//! | module | |
//! |---|---|
//! | `meeting` | how they meet: the table, who waits at it, invariants |
//! | `calls` | the calls, but for |
//! | `batches` | those with many items, and |
//! | `tasks` | what was taken and is not done |

mod batches;
mod calls;
mod meeting;
mod tasks;

use super::any::Sealed;
use super::impls::blocking;
use super::{
    BlockingQueue, CapacityError, GetError, Iter, PutError, PutManyError, ShutDown, Shutdown, Task,
    TooManyDone, TryIter,
};
use crate::gate::Gate;
use crate::latch::Latch;
use crate::platform::{Duration, Instant};
use crate::watch::{Kind, Tag};
use meeting::Table;
use std::fmt;

/// A queue without room: a put returns when its item has been taken. Java's `SynchronousQueue`, an unbuffered channel in Go; Python has none.
///
/// The calls are those of [`Queue`](super::Queue). Since no item is ever *in* it, some of them say less:
///
/// * [`try_put`](Self::try_put) succeeds if a getter waits, [`try_get`](Self::try_get) if a putter does.
/// * [`capacity`](Self::capacity) is `Some(0)`, and cannot be changed. [`len`](Self::len) is the number of putters that wait;
///   [`is_full`](Self::is_full) is whether no getter does.
/// * [`put_many`](Self::put_many) hands over one item after the other; [`get_many`](Self::get_many) waits for one, and takes what other
///   putters offer at that moment.
/// * Both kinds of [`shutdown`](Self::shutdown) do the same: whoever waits is refused, putters get their items back. What has been
///   taken stays taken.
/// * An item counts as [`unfinished`](Self::unfinished) from when it is taken.
///
/// ```
/// use tollgate::{PutError, Rendezvous, Shutdown};
///
/// let meeting = Rendezvous::new();
/// assert_eq!(meeting.try_put(0), Err(PutError::Full(0))); // nobody waits for it
/// std::thread::scope(|s| {
///     s.spawn(|| {
///         meeting.put(1).unwrap(); // until the other thread has it
///         meeting.shutdown(Shutdown::Drain);
///     });
///     assert_eq!(meeting.get(), Ok(1));
///     assert!(meeting.get().is_err());
/// });
/// assert_eq!((meeting.len(), meeting.capacity(), meeting.unfinished()), (0, Some(0), 1));
/// meeting.task_done().unwrap();
/// meeting.join();
/// assert_eq!(meeting.put_many([2, 3]).unwrap_err().into_rest(), [2, 3]);
/// ```
///
/// # Memory ordering
///
/// Everything before a put happens before everything after the get of its item; everything before a get that found its putter waiting,
/// before everything after that put's return. Everything before a `task_done` happens before the return of a `join` that it let
/// through.
///
/// # Fairness
///
/// First come, first served, among putters and among getters that wait. Nobody can overtake: who comes is served by the head of the other line.
///
/// # Errors
///
/// The item comes back in the error of a put that failed.
///
/// # Cancellation
///
/// A wait ends with a partner, with its time, or with the shutdown; an offer that gives up takes its item with it.
///
/// # Cost
///
/// Blocking. Two read-modify-write operations for a call that finds its partner waiting, of which one tells it, and at most one system
/// call; one if it finds none and does not wait. A put that waits makes three, a get four, and sleeps. `get_many` makes one more, and allocates what it
/// returns. A wait that gives up looks for its offer or request among all that wait. The table grows to the most that ever waited, in the
/// call that waits, and keeps that; to hand an item over takes no memory.
pub struct Rendezvous<T> {
    table: Latch<Table<T>>,
    joiners: Gate,
    tag: Tag,
}

impl<T> Rendezvous<T> {
    const_unless_loom! {
        /// One where nobody waits yet.
        ///
        /// An example: [`Rendezvous`].
        pub fn new() -> Self {
            Rendezvous { table: Latch::new(Table::new()), joiners: Gate::new(), tag: Tag::new(Kind::Rendezvous) }
        }
    }

    named!(tag);
}

blocking!(Rendezvous);

/// One where nobody waits yet.
impl<T> Default for Rendezvous<T> {
    fn default() -> Self {
        Rendezvous::new()
    }
}

/// Shows numbers, not items; never waits for a partner.
impl<T> fmt::Debug for Rendezvous<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let table = self.table.enter();
        let ((putters, getters), shut_down) = (table.waiting(), table.shut_down);
        drop(table);
        f.debug_struct("Rendezvous")
            .field("waiting_getters", &getters)
            .field("waiting_putters", &putters)
            .field("shut_down", &shut_down)
            .finish_non_exhaustive()
    }
}
