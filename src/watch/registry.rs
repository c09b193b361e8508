//! The books: which thread waits for what, and who holds what. Plain data, changed under one lock; see [`crate::watch`] for when.
//!
//! Nothing is kept about what is neither held nor waited for: an object has an entry while somebody holds it (a condition,
//! while it has a last notifier), a thread until it ends, or longer if it has leaked guards.

use super::Kind;
use crate::platform::observer::{self, StdThreadId};
use crate::platform::{Instant, ThreadId};
use std::backtrace::Backtrace;
use std::collections::BTreeMap;
use std::panic::Location;
use std::sync::Arc;

pub(crate) type Place = &'static Location<'static>;
pub(crate) type Trace = Option<Arc<Backtrace>>;

/// An object, by a number that no other one ever has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ObjectName {
    pub(crate) number: u64,
    pub(crate) kind: Kind,
    pub(crate) name: Option<&'static str>,
}

/// A thread holds something. At a condition: the thread has notified.
#[derive(Clone, Debug)]
pub(crate) struct Hold {
    pub(crate) thread: ThreadId,
    pub(crate) count: usize,
    pub(crate) place: Place,
    pub(crate) since: Instant,
    pub(crate) trace: Trace,
}

/// A thread waits.
#[derive(Clone, Debug)]
pub(crate) struct Wait {
    pub(crate) number: u64,
    pub(crate) object: ObjectName,
    /// The lock that a condition's waiter has given up, or is about to.
    pub(crate) lock: Option<ObjectName>,
    /// It does not wait for the condition any more, but for the lock.
    pub(crate) wants_lock: bool,
    pub(crate) timed: bool,
    pub(crate) place: Place,
    pub(crate) since: Instant,
    pub(crate) trace: Trace,
}

impl Wait {
    /// What it waits for at the moment, and whether it will give up by itself.
    pub(crate) fn target(&self) -> (ObjectName, bool) {
        match self.lock {
            // However it was notified, a waiter comes back with its lock, without a time limit.
            Some(lock) if self.wants_lock => (lock, false),
            _ => (self.object, self.timed),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Thread {
    pub(crate) id: Option<StdThreadId>,
    pub(crate) name: Option<Arc<str>>,
    /// Its locals are being destroyed, or it is gone.
    pub(crate) ended: bool,
    /// What it waits for is the last one; those before have been interrupted by code of the user that waits itself (an `Ord`).
    pub(crate) waits: Vec<Wait>,
    /// How many holds it has.
    holds: usize,
}

#[derive(Debug)]
pub(crate) struct Object {
    pub(crate) holds: Vec<Hold>,
}

#[derive(Debug)]
pub(crate) struct Registry {
    pub(crate) threads: BTreeMap<ThreadId, Thread>,
    pub(crate) objects: BTreeMap<u64, Object>,
    last_number: u64,
}

impl Registry {
    pub(crate) const fn new() -> Self {
        Registry { threads: BTreeMap::new(), objects: BTreeMap::new(), last_number: 0 }
    }

    /// For an object or a wait.
    pub(crate) fn new_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    /// The calling thread's entry, which is made if there is none.
    fn this_thread(&mut self, me: ThreadId, at_its_end: fn()) -> &mut Thread {
        self.threads.entry(me).or_insert_with(|| {
            let lives = observer::at_thread_end(at_its_end);
            let (id, name) = if lives {
                let (id, name) = observer::this_thread();
                (Some(id), name.map(Arc::from))
            } else {
                (None, None)
            };
            Thread { id, name, ended: !lives, waits: Vec::new(), holds: 0 }
        })
    }

    pub(crate) fn wait_begins(&mut self, me: ThreadId, at_its_end: fn(), wait: Wait) {
        self.this_thread(me, at_its_end).waits.push(wait);
    }

    pub(crate) fn wait_ends(&mut self, me: ThreadId, number: u64) {
        if let Some(thread) = self.threads.get_mut(&me) {
            thread.waits.retain(|wait| wait.number != number);
        }
        self.clear_away(me);
    }

    /// A waiter of a condition, which cannot be in any other wait.
    pub(crate) fn notified(&mut self, thread: ThreadId) {
        if let Some(wait) = self.threads.get_mut(&thread).and_then(|thread| thread.waits.last_mut()) {
            wait.wants_lock = wait.lock.is_some();
        }
    }

    pub(crate) fn acquired(&mut self, object: ObjectName, at_its_end: fn(), hold: Hold) {
        self.this_thread(hold.thread, at_its_end);
        if !matches!(object.kind, Kind::Semaphore | Kind::BoundedSemaphore) {
            // There can be one alone. (A `RawLock` may have been released before its acquisition was entered.)
            self.nobody_holds(object.number);
        }
        let holds = &mut self.objects.entry(object.number).or_insert(Object { holds: Vec::new() }).holds;
        match holds.iter_mut().find(|before| before.thread == hold.thread) {
            Some(before) => {
                let count = before.count.saturating_add(hold.count);
                *before = Hold { count, ..hold };
            }
            None => {
                let thread = hold.thread;
                holds.push(hold);
                self.change_holds(thread, 1);
            }
        }
    }

    /// The object is being released, or is no more.
    pub(crate) fn nobody_holds(&mut self, object: u64) {
        for hold in self.objects.remove(&object).into_iter().flat_map(|object| object.holds) {
            self.change_holds(hold.thread, -1);
        }
    }

    /// Permits do not say who took them, and may be given back by another thread: those of the calling thread are taken for the ones,
    /// else those that were taken longest ago.
    pub(crate) fn lost_permits(&mut self, me: ThreadId, object: u64, count: usize) {
        let Some(entry) = self.objects.get_mut(&object) else { return };
        entry.holds.sort_by_key(|hold| (hold.thread != me, hold.since));
        let (mut left, mut gone) = (count, Vec::new());
        entry.holds.retain_mut(|hold| {
            let taken = hold.count.min(left);
            hold.count -= taken;
            left -= taken;
            if hold.count == 0 {
                gone.push(hold.thread);
            }
            hold.count > 0
        });
        if entry.holds.is_empty() {
            self.objects.remove(&object);
        }
        gone.into_iter().for_each(|thread| self.change_holds(thread, -1));
    }

    pub(crate) fn thread_ends(&mut self, me: ThreadId) {
        if let Some(thread) = self.threads.get_mut(&me) {
            thread.ended = true;
        }
        self.clear_away(me);
    }

    fn change_holds(&mut self, thread: ThreadId, by: isize) {
        if let Some(entry) = self.threads.get_mut(&thread) {
            entry.holds = entry.holds.saturating_add_signed(by);
        }
        self.clear_away(thread);
    }

    /// Strikes out a thread that has ended and left nothing behind.
    fn clear_away(&mut self, thread: ThreadId) {
        let idle = |thread: &Thread| thread.ended && thread.holds == 0 && thread.waits.is_empty();
        if self.threads.get(&thread).is_some_and(idle) {
            self.threads.remove(&thread);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: ObjectName = ObjectName { number: 1, kind: Kind::Lock, name: None };
    const SEMAPHORE: ObjectName = ObjectName { number: 2, kind: Kind::Semaphore, name: None };
    /// Not this thread's real number: the entries are made up.
    const ME: ThreadId = 1;

    fn hold(thread: ThreadId, count: usize) -> Hold {
        Hold { thread, count, place: Location::caller(), since: observer::now(), trace: None }
    }

    fn counts(registry: &Registry) -> Vec<(ThreadId, usize)> {
        registry.objects[&SEMAPHORE.number].holds.iter().map(|hold| (hold.thread, hold.count)).collect()
    }

    #[test]
    fn nothing_is_left_of_what_has_ended() {
        let mut registry = Registry::new();
        registry.acquired(LOCK, || (), hold(ME, 1));
        registry.acquired(SEMAPHORE, || (), hold(ME, 2));
        registry.thread_ends(ME);
        // It has left guards behind.
        assert!(registry.threads[&ME].ended);
        registry.nobody_holds(LOCK.number);
        registry.lost_permits(ME + 1, SEMAPHORE.number, 1);
        assert_eq!(registry.threads.len(), 1);
        registry.lost_permits(ME + 1, SEMAPHORE.number, 1);
        assert!(registry.threads.is_empty() && registry.objects.is_empty(), "{registry:?}");
    }

    #[test]
    fn own_permits_go_first_and_then_the_oldest() {
        let mut registry = Registry::new();
        for (thread, count) in [(3, 1), (2, 2), (1, 1), (2, 1)] {
            registry.acquired(SEMAPHORE, || (), hold(thread, count));
        }
        registry.lost_permits(1, SEMAPHORE.number, 1);
        assert_eq!(counts(&registry), [(3, 1), (2, 3)]);
        registry.lost_permits(1, SEMAPHORE.number, 2);
        assert_eq!(counts(&registry), [(2, 2)]);
        // More than anybody is known to have.
        registry.lost_permits(1, SEMAPHORE.number, 5);
        assert!(registry.objects.is_empty());
    }

    #[test]
    fn a_lock_has_one_holder() {
        let mut registry = Registry::new();
        registry.acquired(LOCK, || (), hold(1, 1));
        registry.acquired(LOCK, || (), hold(2, 1));
        assert_eq!(registry.objects[&LOCK.number].holds.len(), 1);
        assert_eq!(registry.threads[&1].holds, 0);
    }
}
