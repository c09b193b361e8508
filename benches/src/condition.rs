//! A condition and a lock around the number of turns taken: what is done with them, of any library that has the two.

use crate::monitor::{Monitor, Signal};

/// Where a notifier is when it notifies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notify {
    /// It holds the lock, as Python's rules want it.
    UnderLock,
    /// It has released the lock.
    AfterUnlock,
}

impl Notify {
    /// The name in the list of results.
    pub fn name(self) -> &'static str {
        match self {
            Notify::UnderLock => "notify under lock",
            Notify::AfterUnlock => "notify after unlock",
        }
    }
}

/// Waits until the number of turns is `me` modulo 2, takes one, and notifies one.
#[inline]
pub fn turn<M: Monitor<u64>>(monitor: &M, me: u64, how: Notify) {
    let mut turns = monitor.lock();
    while *turns % 2 != me {
        turns = monitor.wait(turns, Signal::First);
    }
    *turns += 1;
    if how == Notify::AfterUnlock {
        drop(turns);
        monitor.notify_one(Signal::First);
    } else {
        monitor.notify_one(Signal::First);
    }
}

/// Takes a turn, and returns when the number of turns is a multiple of `parties` again, as a barrier would. The last one notifies all.
#[inline]
pub fn meet<M: Monitor<u64>>(monitor: &M, parties: u64, how: Notify) {
    let mut turns = monitor.lock();
    *turns += 1;
    let enough = turns.next_multiple_of(parties);
    if *turns == enough {
        if how == Notify::AfterUnlock {
            drop(turns);
            monitor.notify_all(Signal::First);
        } else {
            monitor.notify_all(Signal::First);
        }
        return;
    }
    while *turns < enough {
        turns = monitor.wait(turns, Signal::First);
    }
}
