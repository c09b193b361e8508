//! The watch that keeps books.
//!
//! Every call takes the registry's lock once, so watched locks that share nothing do share that. A call that comes from within
//! another one in the same thread does nothing (the books' own allocations may end up in locks).

use super::Kind;
use super::registry::{Hold, ObjectName, Place, Registry, Trace, Wait};
use crate::platform::observer::{self, Mutex, OnceLock};
use crate::platform::{Deadline, Duration, Patience, ThreadId, thread_id};
use std::backtrace::Backtrace;
use std::panic::Location;
use std::sync::Arc;

static REGISTRY: Mutex<Registry> = Mutex::new(Registry::new());

/// Changes the books, unless the thread is doing so already.
fn keep<R>(f: impl FnOnce(&mut Registry) -> R) -> Option<R> {
    observer::undisturbed(|| f(&mut observer::locked(&REGISTRY)))
}

/// What `f` sees in the books at one moment.
pub(crate) fn snapshot<R>(f: impl FnOnce(&Registry) -> R) -> Option<R> {
    keep(|registry| f(registry))
}

fn thread_ends() {
    let me = thread_id();
    keep(|registry| registry.thread_ends(me));
}

/// Captured outside the registry's lock: it takes long.
fn trace() -> Trace {
    if !observer::traces() {
        return None;
    }
    observer::undisturbed(|| Arc::new(Backtrace::force_capture()))
}

/// On each object that can be waited for. Its number is given out at its first use and never again, so an object may move, and
/// another one may come to lie in its place.
#[derive(Debug)]
pub(crate) struct Tag {
    kind: Option<Kind>,
    name: Option<&'static str>,
    number: OnceLock<u64>,
}

impl Tag {
    pub(crate) const fn new(kind: Kind) -> Self {
        Tag { kind: Some(kind), name: None, number: OnceLock::new() }
    }

    /// For locks inside the crate, which are not watched.
    pub(crate) const fn unwatched() -> Self {
        Tag { kind: None, name: None, number: OnceLock::new() }
    }

    pub(crate) const fn set_name(&mut self, name: &'static str) {
        self.name = Some(name);
    }

    /// `None` if the object is not watched, or the thread is in the watch already.
    fn object(&self) -> Option<ObjectName> {
        let kind = self.kind?;
        let number = match self.number.get() {
            Some(&number) => number,
            None => {
                let new = keep(Registry::new_number)?;
                *self.number.get_or_init(|| new)
            }
        };
        Some(ObjectName { number, kind, name: self.name })
    }

    /// The calling thread begins to wait, until what is returned is dropped.
    #[track_caller]
    pub(crate) fn waits(&self, patience: Patience) -> Waiting {
        match patience {
            // One look is no wait.
            Patience::None => Waiting { number: 0, place: Location::caller() },
            // A time that no clock counts to is none.
            Patience::Forever | Patience::For(Duration::MAX) => self.begin(false, None),
            Patience::For(_) | Patience::Until(_) => self.begin(true, None),
        }
    }

    /// The calling thread begins to wait for a notification, without `lock`, which it then needs again.
    #[track_caller]
    pub(crate) fn waits_without(&self, lock: &Tag, deadline: Option<Deadline>) -> Waiting {
        let timed = deadline.is_none_or(|deadline| !deadline.is_never());
        self.begin(timed, lock.object())
    }

    #[track_caller]
    fn begin(&self, timed: bool, lock: Option<ObjectName>) -> Waiting {
        let place = Location::caller();
        let begun = self.object().and_then(|object| {
            let (me, trace, since) = (thread_id(), trace(), observer::now());
            keep(|registry| {
                let number = registry.new_number();
                let wait = Wait { number, object, lock, wants_lock: false, timed, place, since, trace };
                registry.wait_begins(me, thread_ends, wait);
                number
            })
        });
        Waiting { number: begun.unwrap_or(0), place }
    }

    /// The calling thread has acquired the lock.
    #[track_caller]
    pub(crate) fn acquired(&self) {
        self.hold(1, Location::caller());
    }

    /// The calling thread has acquired so many permits.
    #[track_caller]
    pub(crate) fn acquired_permits(&self, count: usize) {
        if count > 0 {
            self.hold(count, Location::caller());
        }
    }

    fn hold(&self, count: usize, place: Place) {
        if let Some(object) = self.object() {
            let (thread, trace, since) = (thread_id(), trace(), observer::now());
            let hold = Hold { thread, count, place, since, trace };
            keep(|registry| registry.acquired(object, thread_ends, hold));
        }
    }

    /// The lock is about to be released.
    pub(crate) fn releases(&self) {
        if let Some(&number) = self.number.get() {
            keep(|registry| registry.releases(number));
        }
    }

    /// So many permits have been given back, or will not be.
    pub(crate) fn lost_permits(&self, count: usize) {
        if let Some(&number) = self.number.get() {
            let me = thread_id();
            keep(|registry| registry.lost_permits(me, number, count));
        }
    }

    /// The calling thread notifies.
    #[track_caller]
    pub(crate) fn notifies(&self) {
        let place = Location::caller();
        if let Some(object) = self.object() {
            let (thread, trace, since) = (thread_id(), trace(), observer::now());
            let hold = Hold { thread, count: 1, place, since, trace };
            keep(|registry| registry.notifies(object, thread_ends, hold));
        }
    }
}

/// What is entered about an object ends with it, a hold by a leaked guard too.
impl Drop for Tag {
    fn drop(&mut self) {
        if let Some(&number) = self.number.get() {
            keep(|registry| registry.object_ends(number));
        }
    }
}

/// A wait, from its begin to its end.
#[derive(Debug)]
pub(crate) struct Waiting {
    /// 0 if it is not in the books.
    number: u64,
    place: Place,
}

impl Waiting {
    /// The wait for a notification is over; the thread needs its lock.
    pub(crate) fn wants_lock(&self) {
        ThreadTag::mine().notified();
    }

    /// And has it.
    pub(crate) fn has_lock(&self, lock: &Tag) {
        self.end();
        lock.hold(1, self.place);
    }

    fn end(&self) {
        if self.number != 0 {
            let me = thread_id();
            keep(|registry| registry.wait_ends(me, self.number));
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.end();
    }
}

/// A thread, for those who notify it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ThreadTag(ThreadId);

impl ThreadTag {
    pub(crate) fn mine() -> Self {
        ThreadTag(thread_id())
    }

    /// It is about to be told that it was notified, and needs its lock now.
    pub(crate) fn notified(self) {
        keep(|registry| registry.notified(self.0));
    }
}
