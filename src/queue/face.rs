//! The blocking face that all queues share: a core, and a gate for each kind of waiting.
//!
//! Getters wait while there is nothing to get, putters while there is no room, joiners while tasks are unfinished. Getters
//! and putters wait under the policy of one wake in flight: an item put while getters sleep wakes one, unless a wake is
//! under way; each woken getter that finds more behind what it took wakes the next. So n items wake at most n getters, and
//! no item lies while a getter sleeps and no wake is in flight. Joiners are all woken when the last task is done, and look
//! whether that was so since they came: the one who finished it may have been slow to say so, and new tasks may have come
//! (a joiner that took the word for it returned with its own task undone; found in review).
//!
//! Shutdown is a state of the core, not a pulse: whoever comes later finds it (R42 of the historical bugs). The order within
//! `shutdown` is: state and accounting in one step of the core, then all wake-ups, then the user's destructors, outside
//! every lock; a destructor that panics does not keep the others from running.
//!
//! Every change of a core ends with a `SeqCst` read-modify-write, which is the notifier's half of the gates' handshake.

use super::Shutdown;
use super::core::{Core, Remains};
use super::error::{GetError, PutError, ShutDown, TooManyDone};
use crate::gate::Gate;
use crate::platform::{Mutant, Patience, mutated};
use crate::watch::{Kind, Tag};
use crossbeam_utils::CachePadded;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// See the module.
pub(crate) struct Face<T, C> {
    core: CachePadded<C>,
    getters: CachePadded<Gate>,
    putters: CachePadded<Gate>,
    joiners: Gate,
    tag: Tag,
    items: PhantomData<fn() -> T>,
}

impl<T, C> Face<T, C> {
    const_unless_loom! {
        pub(crate) fn new(core: C) -> Self {
            Face {
                core: CachePadded::new(core),
                getters: CachePadded::new(Gate::new()),
                putters: CachePadded::new(Gate::new()),
                joiners: Gate::new(),
                tag: Tag::new(Kind::Queue),
                items: PhantomData,
            }
        }
    }

    const_unless_loom! {
        pub(crate) fn set_name(&mut self, name: &'static str) {
            self.tag.set_name(name);
        }
    }
}

impl<T, C: Core<T>> Face<T, C> {
    pub(crate) fn core(&self) -> &C {
        &self.core
    }

    /// The one body of all forms of `put`.
    #[inline]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub(crate) fn put(&self, item: T, patience: Patience) -> Result<(), PutError<T>> {
        let mut item = item;
        if patience == Patience::None || self.putters.admits_newcomers() {
            match self.core.try_push(item) {
                Ok(()) => {
                    self.item_was_put();
                    return Ok(());
                }
                Err(PutError::Full(back)) if patience != Patience::None => item = back,
                ended => return ended,
            }
        }
        self.put_contended(item, patience)
    }

    #[cold]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    fn put_contended(&self, item: T, patience: Patience) -> Result<(), PutError<T>> {
        let _waiting = self.tag.waits(patience);
        let mut waiting = Some(item);
        let attempt = || match self.core.try_push(waiting.take()?) {
            Err(PutError::Full(back)) => {
                waiting = Some(back);
                None
            }
            ended => Some(ended),
        };
        match self.putters.wait(0, patience, attempt, |_| self.core.ends_push()) {
            Some(Ok(())) => {
                self.item_was_put();
                Ok(())
            }
            Some(refused) => refused,
            None => match waiting {
                Some(item) => Err(PutError::Full(item)),
                None => unreachable!("tollgate: a put that was not made has lost its item"),
            },
        }
    }

    /// The one body of all forms of `get`.
    #[inline]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub(crate) fn get(&self, patience: Patience) -> Result<T, GetError> {
        let first = if patience == Patience::None || self.getters.admits_newcomers() {
            self.core.try_pop()
        } else {
            Err(GetError::Empty)
        };
        let got = match first {
            Err(GetError::Empty) if patience != Patience::None => self.get_contended(patience),
            ended => ended,
        };
        if got.is_ok() && self.core.capacity().is_some() && !mutated(Mutant::QueueGetWithoutNotify) {
            self.putters.notify_after_rmw(|_| self.core.ends_push());
        }
        got
    }

    #[cold]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    fn get_contended(&self, patience: Patience) -> Result<T, GetError> {
        let _waiting = self.tag.waits(patience);
        let attempt = || match self.core.try_pop() {
            Err(GetError::Empty) => None,
            ended => Some(ended),
        };
        self.getters.wait(0, patience, attempt, |_| self.core.ends_pop()).unwrap_or(Err(GetError::Empty))
    }

    #[inline]
    fn item_was_put(&self) {
        if !mutated(Mutant::QueuePutWithoutNotify) {
            self.getters.notify_after_rmw(|_| self.core.ends_pop());
        }
    }

    pub(crate) fn task_done(&self) -> Result<(), TooManyDone> {
        if self.core.task_done()? && !mutated(Mutant::QueueDoneWithoutNotify) {
            self.joiners.release_all();
        }
        Ok(())
    }

    /// The one body of all forms of `join`. Whether no task was left.
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub(crate) fn join(&self, patience: Patience) -> bool {
        let first = self.core.tasks();
        // Also when new tasks came in the moment after.
        let was_idle = || {
            let now = self.core.tasks();
            now.unfinished == 0 || now.times_idle != first.times_idle
        };
        first.unfinished == 0 || {
            let _waiting = self.tag.waits(patience);
            self.joiners.wait_for(patience, was_idle)
        }
    }

    pub(crate) fn shut_down(&self, how: Shutdown) {
        let Remains { discarded, idle } = self.core.shut_down(how);
        if !mutated(Mutant::QueueShutdownWithoutWake) {
            if idle {
                self.joiners.release_all();
            }
            self.getters.release_all();
            self.putters.release_all();
        }
        drop_each(discarded);
    }

    /// How many threads wait to get and to put.
    pub(crate) fn waiting(&self) -> (usize, usize) {
        (self.getters.waiting(), self.putters.waiting())
    }
}

/// Drops all items, whatever their destructors do. The first panic goes on at the end; what later ones carry is leaked, since
/// dropping it may panic too.
fn drop_each<T>(items: impl IntoIterator<Item = T>) {
    let mut first_panic = None;
    for item in items {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| drop(item))) {
            match first_panic {
                None => first_panic = Some(panic),
                Some(_) => std::mem::forget(panic),
            }
        }
    }
    if let Some(panic) = first_panic {
        resume_unwind(panic);
    }
}

/// For `put`, which waits for ever: a full queue is not one of its outcomes.
pub(crate) fn never_full<T>(result: Result<(), PutError<T>>) -> Result<(), ShutDown<T>> {
    match result {
        Ok(()) => Ok(()),
        Err(PutError::ShutDown(item)) => Err(ShutDown(item)),
        Err(PutError::Full(_)) => unreachable!("tollgate: a put without a deadline timed out"),
    }
}

/// For `get`, which waits for ever: an empty queue is not one of its outcomes.
pub(crate) fn never_empty<T>(result: Result<T, GetError>) -> Result<T, ShutDown> {
    match result {
        Ok(item) => Ok(item),
        Err(GetError::ShutDown) => Err(ShutDown(())),
        Err(GetError::Empty) => unreachable!("tollgate: a get without a deadline timed out"),
    }
}
