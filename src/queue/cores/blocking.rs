//! The smallest face that waits: a core and two gates. What the queues' own face does for items and room, without tasks and shutdown;
//! so that cores can be measured, and their part of the gates' handshake explored, before one of them is chosen.

use super::Container;
use crate::gate::Gate;
use crate::platform::{Patience, Spin};
use crossbeam_utils::CachePadded;
use std::fmt;
use std::marker::PhantomData;

/// A core behind gates.
pub struct Blocking<T, C> {
    core: C,
    getters: CachePadded<Gate>,
    putters: CachePadded<Gate>,
    items: PhantomData<fn() -> T>,
}

impl<T, C: Container<T>> Blocking<T, C> {
    /// Every change of `core` has to be a `SeqCst` read-modify-write of a word that its tries and looks begin with.
    pub fn new(core: C) -> Self {
        let gate = || CachePadded::new(Gate::new());
        Blocking { core, getters: gate(), putters: gate(), items: PhantomData }
    }

    /// What is behind.
    pub fn core(&self) -> &C {
        &self.core
    }

    /// Adds an item, after waiting for room if there is none.
    #[inline]
    pub fn put(&self, item: T) {
        if let Err(item) = self.core.try_push(item) {
            self.put_contended(item);
        }
        self.getters.notify_after_rmw(|_| self.core.has_item());
    }

    #[cold]
    fn put_contended(&self, item: T) {
        let mut waiting = Some(item);
        let attempt = || match self.core.try_push(waiting.take()?) {
            Ok(()) => Some(()),
            Err(back) => {
                waiting = Some(back);
                None
            }
        };
        let room = || self.core.has_room();
        let much = || usize::from(room());
        let put = self.putters.wait(
            0,
            Patience::Forever,
            attempt,
            Spin::for_flow(Patience::Forever, usize::MAX),
            much,
            |_| room(),
        );
        debug_assert!(put.is_some());
    }

    /// Takes the first item, after waiting for one if there is none.
    #[inline]
    pub fn get(&self) -> T {
        let item = self.core.try_pop().unwrap_or_else(|| self.get_contended());
        self.putters.notify_after_rmw(|_| self.core.has_room());
        item
    }

    #[cold]
    fn get_contended(&self) -> T {
        let much = || self.core.len();
        let items = |_| self.core.has_item();
        let got = self.getters.wait(
            0,
            Patience::Forever,
            || self.core.try_pop(),
            Spin::for_flow(Patience::Forever, usize::MAX),
            much,
            items,
        );
        match got {
            Some(item) => item,
            None => unreachable!("tollgate: a get without a deadline timed out"),
        }
    }
}

impl<T, C: fmt::Debug> fmt::Debug for Blocking<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blocking").field("core", &self.core).finish_non_exhaustive()
    }
}
