//! What holds the items. A core never waits for an item or for room; that is the face's business.
//!
//! [`Core`] is what the face needs of every core, whatever its order. [`Locked`] is a [`Ledger`] under a latch and an [`Order`] on top; another
//! one, for queues that are first in, first out, is [`Ends`](super::ends). All operations of both are linearizable, and none is lock-free. Those
//! without a latch are in [`lock_free`](super::lock_free).

use super::Shutdown;
use super::error::TooManyDone;
use super::ledger::{Ledger, Refused, Tasks};
use std::collections::VecDeque;

/// A container of items with a task count and a shutdown state. All operations are linearizable together.
///
/// Every change is made in a section, which is one of a latch, or a read-modify-write, `AcqRel`, of a word. A try, or a sure look, that ends with
/// "not now" has been in a section of the latch, or of the word, under which the change would have been made that it waits for: they happen one
/// before the other. That is the notifiers' half of the gates' handshake.
pub(crate) trait Core<T> {
    /// Adds an item, and a task. Tells if a task that was counted has turned out to be none, and there is no other.
    fn try_push(&self, item: T, tell: &impl Tell) -> Result<(), (T, Refused)>;
    /// Adds as many of these as there is room for, in order; at least one, or it is refused. It may also be refused for those that are left. In one
    /// step, or in several that it tells of but for the last.
    fn try_push_many(&self, items: &mut VecDeque<T>, tell: &impl Tell) -> Result<(), Refused>;
    /// Takes the first item in the core's order.
    fn try_pop(&self, tell: &impl Tell) -> Result<T, Refused>;
    /// Takes the first items, as many as there are, up to `most`, which is not 0; at least one, or it is refused.
    fn try_pop_many(&self, most: usize, tell: &impl Tell) -> Result<Vec<T>, Refused>;
    /// How often `try_push` would end with anything but `NotNow`, about; 0 if it would not. A look.
    fn room(&self) -> usize;
    /// Whether it would, in a section.
    fn surely_ends_push(&self) -> bool;
    /// How often `try_pop` would end with anything but `NotNow`; 0 if it would not. A look.
    fn gain(&self) -> usize;
    /// Whether it would, in a section.
    fn surely_ends_pop(&self) -> bool;
    /// How many items there are; none after an immediate shutdown.
    fn len(&self) -> usize;
    /// Whether there is no room.
    fn is_full(&self) -> bool;
    /// Whether there is a bound. It stays so.
    fn is_bounded(&self) -> bool;
    /// How many items fit, if that is bounded.
    fn capacity(&self) -> Option<usize>;
    /// The largest capacity that can be set.
    fn most_capacity(&self) -> Option<usize>;
    /// From now on so many items fit. `false`, and nothing has changed, if that is not to be had.
    fn set_capacity(&self, capacity: usize) -> bool;
    /// Whether the core has been shut down in either way.
    fn is_shut_down(&self) -> bool;
    /// How many tasks are not done, and how often there was none.
    fn tasks(&self) -> Tasks;
    /// Capacity and unfinished tasks; `None` if that could not be seen without waiting.
    fn glance(&self) -> Option<(Option<usize>, u64)>;
    /// One task less. `true` if that was the last.
    fn task_done(&self) -> Result<bool, TooManyDone>;
    /// Shuts down; whether no task is left. Repeating it, or draining after an immediate shutdown, changes nothing.
    fn shut_down(&self, how: Shutdown) -> bool;
    /// After an immediate shutdown: takes out what can no longer be got. To be dropped outside every lock.
    fn discard(&self) -> VecDeque<T>;
    /// Whether those who wait are served, one operation each, rather than woken to try: see `gate::served`. It stays so.
    fn serves(&self) -> bool {
        false
    }
    /// Whether this thread is amid user code that the core runs, and must not wait for what only others of its calls can do.
    fn is_amid_user_code(&self) -> bool {
        false
    }
    /// Panics, by the name of the call, if this thread is amid user code that the core runs.
    fn refuse_reentry(&self, call: &str) {
        _ = call;
    }
}

/// How a core tells those who wait, in the middle of an operation.
pub(crate) trait Tell {
    /// Items have been claimed: there is room.
    fn room(&self);
    /// Items are there (again).
    fn items(&self);
    /// No task is left.
    fn idle(&self);
}

/// Nobody is told.
#[cfg(any(test, feature = "experimental_cores"))]
pub(super) struct Nobody;

#[cfg(any(test, feature = "experimental_cores"))]
impl Tell for Nobody {
    fn room(&self) {}
    fn items(&self) {}
    fn idle(&self) {}
}

/// In what order items leave, over what is kept in the ledger.
pub(crate) trait Order<T> {
    /// What lies under the ledger's latch.
    type Kept;
    /// Puts an item there. Runs no user code.
    fn keep(kept: &mut Self::Kept, item: T);
    /// Takes the first item.
    fn pop(&self, ledger: &Ledger<Self::Kept>, tell: &impl Tell) -> Result<T, Refused>;
    /// Takes the first items, up to `most`.
    fn pop_many(&self, ledger: &Ledger<Self::Kept>, most: usize, tell: &impl Tell)
    -> Result<Vec<T>, Refused>;
    /// Takes out all that is left after an immediate shutdown.
    fn discard(&self, ledger: &Ledger<Self::Kept>) -> VecDeque<T>;
    /// See [`Core::serves`]. Then its operations run no user code, and do not panic.
    const SERVES: bool = false;
    /// See [`Core::is_amid_user_code`].
    fn is_amid_user_code(&self) -> bool {
        false
    }
    /// See [`Core::refuse_reentry`].
    fn refuse_reentry(&self, call: &str) {
        _ = call;
    }
}

/// The simple core: the books under a latch, and an order.
pub(crate) struct Locked<T, O: Order<T>> {
    pub(super) ledger: Ledger<O::Kept>,
    pub(super) order: O,
}

impl<T, O: Order<T>> Locked<T, O> {
    pub(super) const fn new(ledger: Ledger<O::Kept>, order: O) -> Self {
        Locked { ledger, order }
    }
}

impl<T, O: Order<T>> Core<T> for Locked<T, O> {
    #[inline]
    fn try_push(&self, item: T, _: &impl Tell) -> Result<(), (T, Refused)> {
        match self.ledger.admit(1) {
            Ok(mut books) => {
                O::keep(books.kept(), item);
                books.added();
                Ok(())
            }
            Err(refused) => Err((item, refused)),
        }
    }

    fn try_push_many(&self, items: &mut VecDeque<T>, _: &impl Tell) -> Result<(), Refused> {
        let mut books = self.ledger.admit(items.len())?;
        let count = books.count();
        for item in items.drain(..count) {
            O::keep(books.kept(), item);
        }
        books.added();
        Ok(())
    }

    #[inline]
    fn try_pop(&self, tell: &impl Tell) -> Result<T, Refused> {
        self.order.pop(&self.ledger, tell)
    }

    fn try_pop_many(&self, most: usize, tell: &impl Tell) -> Result<Vec<T>, Refused> {
        self.order.pop_many(&self.ledger, most, tell)
    }

    #[inline]
    fn room(&self) -> usize {
        self.ledger.room()
    }

    fn surely_ends_push(&self) -> bool {
        self.ledger.surely_ends_put()
    }

    #[inline]
    fn gain(&self) -> usize {
        self.ledger.gain()
    }

    fn surely_ends_pop(&self) -> bool {
        self.ledger.surely_ends_get()
    }

    fn len(&self) -> usize {
        self.ledger.len()
    }

    fn is_full(&self) -> bool {
        self.ledger.is_full()
    }

    fn is_bounded(&self) -> bool {
        self.ledger.is_bounded()
    }

    fn capacity(&self) -> Option<usize> {
        self.ledger.capacity()
    }

    fn most_capacity(&self) -> Option<usize> {
        self.ledger.most()
    }

    fn set_capacity(&self, capacity: usize) -> bool {
        self.ledger.set_capacity(capacity)
    }

    fn is_shut_down(&self) -> bool {
        self.ledger.is_shut_down()
    }

    fn tasks(&self) -> Tasks {
        self.ledger.tasks()
    }

    fn glance(&self) -> Option<(Option<usize>, u64)> {
        self.ledger.glance()
    }

    fn task_done(&self) -> Result<bool, TooManyDone> {
        self.ledger.task_done()
    }

    fn shut_down(&self, how: Shutdown) -> bool {
        self.ledger.shut_down(how)
    }

    fn discard(&self) -> VecDeque<T> {
        self.order.discard(&self.ledger)
    }

    #[inline]
    fn serves(&self) -> bool {
        O::SERVES
    }

    fn is_amid_user_code(&self) -> bool {
        self.order.is_amid_user_code()
    }

    fn refuse_reentry(&self, call: &str) {
        self.order.refuse_reentry(call);
    }
}
