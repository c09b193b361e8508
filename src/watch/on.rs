//! The watch that keeps books.
//!
//! Every call takes the registry's lock once, so watched locks that share nothing do share that. A call that comes from within
//! another one in the same thread does nothing (the books' own allocations may end up in locks).

use super::Kind;
use super::registry::{Hold, ObjectName, Place, Registry, Trace, Wait};
use crate::platform::observer::{self, Mutex, OnceLock};
use crate::platform::{Deadline, Duration, Patience, ThreadId, UnsafeCell, thread_id};
use std::backtrace::Backtrace;
use std::panic::{Location, RefUnwindSafe};
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
    /// In a cell, though it changes in `set_name` alone: a lock may be freed by its next owner while a `&self` of the release is still
    /// there, which only memory inside cells allows (R35).
    object: UnsafeCell<Described>,
    number: OnceLock<u64>,
}

/// `kind` is `None` if the object is not watched.
#[derive(Clone, Copy, Debug)]
struct Described {
    kind: Option<Kind>,
    name: Option<&'static str>,
}

// SAFETY: `object` is written through `&mut` only.
unsafe impl Sync for Tag {}
// As without the feature: what a panic leaves behind is as good as what was there before.
impl RefUnwindSafe for Tag {}

impl Tag {
    pub(crate) const fn new(kind: Kind) -> Self {
        Tag::described(Some(kind))
    }

    /// For locks inside the crate, which are not watched.
    pub(crate) const fn unwatched() -> Self {
        Tag::described(None)
    }

    const fn described(kind: Option<Kind>) -> Self {
        Tag { object: UnsafeCell::new(Described { kind, name: None }), number: OnceLock::new() }
    }

    pub(crate) const fn set_name(&mut self, name: &'static str) {
        self.object.get_mut().name = Some(name);
    }

    /// `None` if the object is not watched, or the thread is in the watch already.
    fn object(&self) -> Option<ObjectName> {
        // SAFETY: nobody writes while there is a `&self`.
        let Described { kind, name } = self.object.with(|object| unsafe { *object });
        let kind = kind?;
        let number = match self.number.get() {
            Some(&number) => number,
            None => {
                let new = keep(Registry::new_number)?;
                *self.number.get_or_init(|| new)
            }
        };
        Some(ObjectName { number, kind, name })
    }

    /// The calling thread begins to wait, until what is returned is dropped.
    #[track_caller]
    pub(crate) fn waits(&self, patience: Patience) -> Waiting {
        match patience {
            // One look is no wait.
            Patience::None => Waiting { number: 0, thread: 0, place: Location::caller() },
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
        let (thread, place) = (thread_id(), Location::caller());
        let begun = self.object().and_then(|object| {
            let (trace, since) = (trace(), observer::now());
            keep(|registry| {
                let number = registry.new_number();
                let wait = Wait { number, object, lock, wants_lock: false, timed, place, since, trace };
                registry.wait_begins(thread, thread_ends, wait);
                number
            })
        });
        Waiting { number: begun.unwrap_or(0), thread, place }
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
            keep(|registry| registry.nobody_holds(number));
        }
    }

    /// So many permits have been given back, or will not be.
    pub(crate) fn lost_permits(&self, count: usize) {
        if let Some(&number) = self.number.get() {
            let me = thread_id();
            keep(|registry| registry.lost_permits(me, number, count));
        }
    }

    /// The calling thread notifies. The last to do so is entered as if it held the condition.
    #[track_caller]
    pub(crate) fn notifies(&self) {
        self.hold(1, Location::caller());
    }
}

/// What is entered about an object ends with it, a hold by a leaked guard too.
impl Drop for Tag {
    fn drop(&mut self) {
        if let Some(&number) = self.number.get() {
            keep(|registry| registry.nobody_holds(number));
        }
    }
}

/// A wait, from its begin to its end.
#[derive(Debug)]
pub(crate) struct Waiting {
    /// 0 if it is not in the books.
    number: u64,
    thread: ThreadId,
    place: Place,
}

impl Waiting {
    /// The wait for a notification is over; the thread needs its lock.
    pub(crate) fn wants_lock(&self) {
        if self.number != 0 {
            ThreadTag(self.thread).notified();
        }
    }

    /// And has it.
    pub(crate) fn has_lock(&self, lock: &Tag) {
        self.end();
        lock.hold(1, self.place);
    }

    fn end(&self) {
        if self.number != 0 {
            keep(|registry| registry.wait_ends(self.thread, self.number));
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

#[cfg(test)]
mod tests {
    use super::*;

    fn is_entered(number: u64) -> bool {
        snapshot(|registry| registry.objects.contains_key(&number)).unwrap()
    }

    #[test]
    fn what_is_dropped_while_it_is_held_leaves_no_entry() {
        let tag = Tag::new(Kind::Lock);
        tag.acquired();
        let number = tag.object().unwrap().number;
        assert!(is_entered(number));
        let moved = Box::new(tag);
        assert!(is_entered(number));
        drop(moved);
        assert!(!is_entered(number));
    }

    #[test]
    fn locks_inside_the_crate_are_not_watched() {
        let tag = Tag::unwatched();
        tag.acquired();
        assert!(tag.object().is_none() && tag.number.get().is_none());
        assert_eq!(tag.waits(Patience::Forever).number, 0);
    }

    /// What the books themselves do, in an allocator's hook for instance.
    #[test]
    fn a_call_amid_a_call_of_the_same_thread_does_nothing() {
        let (outer, inner) = (Tag::new(Kind::Lock), Tag::new(Kind::Lock));
        outer.acquired();
        let nested = keep(|_| {
            inner.acquired();
            inner.number.get().is_some()
        });
        assert_eq!(nested, Some(false));
        inner.acquired();
        assert!(is_entered(inner.object().unwrap().number));
    }
}
