//! Queues: one blocking face, and cores that hold the items. For users: `docs/queues.md`.
//!
//! | module | |
//! |---|---|
//! | `calls`, `impls` | the calls and traits that all three have, documented |
//! | `any` | the same as a trait, for code that takes any of them |
//! | `task`, `iter`, `error` | what calls return |
//! | `face` | who waits, and who wakes whom |
//! | `core` | what the face needs of a container |
//! | `ledger` | numbers of items and tasks, capacity, shutdown: under one lock, with a word for looks |
//! | `store` | first in, first out, and last in, first out, under that one lock |
//! | `ends` | first in, first out, with a lock at each end |
//! | `fifo_core` | which of the two a queue has |
//! | `either` | one core or another |
//! | `lock_free` | first in, first out, and last in, first out, without a lock |
//! | `heaped`, `heap` | smallest first |
//! | `fifo`, `lifo`, `priority` | the types |
//! | `simple` | a fourth one, with the least of calls |
//! | `rendezvous` | one without room: a put and a get meet |
//! | `channel` | handles that shut their queue down |

mod any;
mod calls;
mod channel;
mod core;
#[cfg(all(feature = "experimental_cores", target_has_atomic = "64"))]
pub(crate) mod cores;
#[cfg(target_has_atomic = "64")]
mod either;
#[cfg(target_has_atomic = "64")]
#[cfg_attr(tollgate_one_latch, allow(dead_code, reason = "the other core is to be seen"))]
mod ends;
mod error;
mod face;
#[cfg_attr(tollgate_one_latch, allow(dead_code, reason = "the other store is to be seen"))]
mod few;
mod fifo;
mod fifo_core;
mod heap;
mod heaped;
mod impls;
mod iter;
mod ledger;
mod lifo;
#[cfg(target_has_atomic = "64")]
mod lock_free;
mod priority;
mod rendezvous;
mod simple;
mod store;
mod task;

pub use any::BlockingQueue;
pub use channel::{Receiver, Sender, WeakReceiver, WeakSender, channel};
pub use error::{CapacityError, GetError, PutError, PutManyError, ShutDown, TooManyDone};
pub use fifo::Queue;
pub use iter::{IntoIter, Iter, TryIter};
pub use lifo::LifoQueue;
pub use priority::{Prioritized, PriorityQueue};
pub use rendezvous::Rendezvous;
pub use simple::SimpleQueue;
pub use task::Task;

/// What becomes of the items that a queue holds when it is shut down.
///
/// ```
/// use tollgate::{Queue, Shutdown};
///
/// let (drained, dropped) = (Queue::from_iter([1]), Queue::from_iter([1]));
/// drained.shutdown(Shutdown::Drain);
/// dropped.shutdown(Shutdown::Immediate);
/// assert_eq!((drained.len(), dropped.len()), (1, 0));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shutdown {
    /// They can still be got; when they are, `get` fails. `queue.shutdown()` in Python.
    Drain,
    /// They are dropped, and counted as done; `get` fails at once. `queue.shutdown(immediate=True)`.
    Immediate,
}
