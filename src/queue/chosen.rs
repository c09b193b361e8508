//! One of two cores, chosen when a queue is made: under a latch, or without one.
//!
//! Both are the same type to the face, and to users; which one it is costs a branch that always goes the same way. The core without a latch lies
//! in a box: it is larger, and a queue that does not use it should not pay for its size.

use super::Shutdown;
use super::core::{Core, Tell};
use super::error::TooManyDone;
use super::ledger::{Refused, Tasks};
use std::collections::VecDeque;

/// See the module.
pub(crate) enum Chosen<A, B> {
    Latched(A),
    LockFree(Box<B>),
}

/// The same of both.
macro_rules! both {
    ($core:expr, $it:ident => $call:expr) => {
        match $core {
            Chosen::Latched($it) => $call,
            Chosen::LockFree($it) => $call,
        }
    };
}

impl<T, A: Core<T>, B: Core<T>> Core<T> for Chosen<A, B> {
    #[inline]
    fn try_push(&self, item: T, tell: &impl Tell) -> Result<(), (T, Refused)> {
        both!(self, it => it.try_push(item, tell))
    }

    fn try_push_many(&self, items: &mut VecDeque<T>, tell: &impl Tell) -> Result<(), Refused> {
        both!(self, it => it.try_push_many(items, tell))
    }

    #[inline]
    fn try_pop(&self, tell: &impl Tell) -> Result<T, Refused> {
        both!(self, it => it.try_pop(tell))
    }

    fn try_pop_many(&self, most: usize, tell: &impl Tell) -> Result<Vec<T>, Refused> {
        both!(self, it => it.try_pop_many(most, tell))
    }

    #[inline]
    fn room(&self) -> usize {
        both!(self, it => it.room())
    }

    fn surely_ends_push(&self) -> bool {
        both!(self, it => it.surely_ends_push())
    }

    #[inline]
    fn gain(&self) -> usize {
        both!(self, it => it.gain())
    }

    fn surely_ends_pop(&self) -> bool {
        both!(self, it => it.surely_ends_pop())
    }

    #[inline]
    fn len(&self) -> usize {
        both!(self, it => it.len())
    }

    #[inline]
    fn is_full(&self) -> bool {
        both!(self, it => it.is_full())
    }

    #[inline]
    fn is_bounded(&self) -> bool {
        both!(self, it => it.is_bounded())
    }

    fn capacity(&self) -> Option<usize> {
        both!(self, it => it.capacity())
    }

    fn most_capacity(&self) -> Option<usize> {
        both!(self, it => it.most_capacity())
    }

    fn set_capacity(&self, capacity: usize) -> bool {
        both!(self, it => it.set_capacity(capacity))
    }

    #[inline]
    fn is_shut_down(&self) -> bool {
        both!(self, it => it.is_shut_down())
    }

    fn tasks(&self) -> Tasks {
        both!(self, it => it.tasks())
    }

    fn glance(&self) -> Option<(Option<usize>, u64)> {
        both!(self, it => it.glance())
    }

    fn task_done(&self) -> Result<bool, TooManyDone> {
        both!(self, it => it.task_done())
    }

    fn shut_down(&self, how: Shutdown) -> bool {
        both!(self, it => it.shut_down(how))
    }

    fn discard(&self) -> VecDeque<T> {
        both!(self, it => it.discard())
    }

    #[inline]
    fn is_amid_user_code(&self) -> bool {
        both!(self, it => it.is_amid_user_code())
    }

    #[inline]
    fn refuse_reentry(&self, call: &str) {
        both!(self, it => it.refuse_reentry(call));
    }
}
