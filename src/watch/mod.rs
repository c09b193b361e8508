//! The watch: what the floors above tell the diagnostics.
//!
//! Each object that can be waited for has a [`Tag`]; its calls tell the tag that a thread begins to wait, has acquired, is
//! about to release. With the feature `diagnostics` the tag is a name and a number, and the calls keep the books (`registry`), which
//! `diagnostics::report` reads. Without it, and in model builds, tags have no size and the calls no body (`off`).
//!
//! It lies below the locks, on the platform alone: its own lock is `std`'s, so the watch never watches itself.
//!
//! # When it is told
//!
//! A report must not call a deadlock certain that is none, and it is taken while threads move. The books are changed and read
//! under one lock, so a report sees one moment of them; and the calls are placed so that each entry is true as long as it stands:
//!
//! 1. A *hold* is entered after the acquisition and struck out **before** the release. So a thread that is entered as the holder of
//!    a lock holds it.
//! 2. A *wait* is entered before the thread's first look in vain is acted upon, and struck out after the acquisition, before the
//!    hold is entered. It may stand a moment too long; but then, by 1, nobody else is entered as the holder, and the wait leads nowhere.
//! 3. A thread in a condition's wait is entered as waiting for the condition before it joins the line. Who notifies it enters, before
//!    it tells it, that it waits for its lock now; so does the thread itself when its time is up. It may be notified before it has released
//!    that lock; so while such a wait stands, the thread's hold of that one lock does not count.
//!
//! Of a cycle of threads that wait, untimed, for locks which only their holders can release, entered at one moment, each is therefore in
//! its acquisition (2 and 3, since somebody is entered as the holder), and none of them will release anything. That is a certain deadlock.
//!
//! The lock of the books is a leaf: under it nothing of the crate is called, and no user code but the global allocator.

#[cfg(not(all(feature = "diagnostics", not(any(loom, shuttle)))))]
mod off;
#[cfg(all(feature = "diagnostics", not(any(loom, shuttle))))]
mod on;
#[cfg(all(feature = "diagnostics", not(any(loom, shuttle))))]
pub(crate) mod registry;

#[cfg(not(all(feature = "diagnostics", not(any(loom, shuttle)))))]
pub(crate) use off::{Tag, ThreadTag, Waiting};
#[cfg(all(feature = "diagnostics", not(any(loom, shuttle))))]
pub(crate) use on::{Tag, ThreadTag, Waiting, snapshot};

/// What kind of object a thread waits for.
///
/// An example: [`Report`](crate::diagnostics::Report).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[cfg_attr(
    not(all(feature = "diagnostics", not(any(loom, shuttle)))),
    expect(unreachable_pub, reason = "public as `tollgate::diagnostics::Kind`")
)]
pub enum Kind {
    /// A [`Lock`](crate::Lock), which its holder alone can release.
    Lock,
    /// A [`RLock`](crate::RLock), which its holder alone can release.
    RLock,
    /// A [`RawLock`](crate::RawLock), which any thread may release.
    RawLock,
    /// A [`Semaphore`](crate::Semaphore).
    Semaphore,
    /// A [`BoundedSemaphore`](crate::BoundedSemaphore).
    BoundedSemaphore,
    /// A [`Condition`](crate::Condition).
    Condition,
    /// An [`Event`](crate::Event).
    Event,
    /// A [`Barrier`](crate::Barrier).
    Barrier,
    /// A [`Queue`](crate::Queue): an item, room, or the end of all tasks.
    Queue,
    /// A [`LifoQueue`](crate::LifoQueue), for the same.
    LifoQueue,
    /// A [`PriorityQueue`](crate::PriorityQueue), for the same.
    PriorityQueue,
    /// A [`SimpleQueue`](crate::SimpleQueue): an item.
    SimpleQueue,
    /// A [`Rendezvous`](crate::Rendezvous): a partner, or the end of all tasks.
    Rendezvous,
}
