//! What a report is made of.

use super::deadlock::{self, Deadlock};
use super::snapshot::Snapshot;
use crate::platform::Instant;
use crate::platform::observer::StdThreadId;
use crate::watch::Kind;
use std::backtrace::Backtrace;
use std::panic::Location;
use std::sync::Arc;

/// What all threads waited for at one moment. `Display` shows it for people to read.
///
/// ```
/// use std::sync::Arc;
/// use tollgate::{Lock, diagnostics};
///
/// let lock = Arc::new(Lock::new(0).named("accounts"));
/// let held = lock.lock();
/// let theirs = Arc::clone(&lock);
/// let waits = std::thread::Builder::new().name("payments".into()).spawn(move || *theirs.lock() += 1).unwrap();
/// let report = loop {
///     let report = diagnostics::report();
///     if !report.waiting().is_empty() {
///         break report;
///     }
///     std::thread::yield_now();
/// };
/// let waiting = &report.waiting()[0];
/// assert_eq!(waiting.thread().name(), Some("payments"));
/// assert_eq!((waiting.object().kind(), waiting.object().name()), (diagnostics::Kind::Lock, Some("accounts")));
/// assert!(waiting.condition().is_none() && !waiting.is_timed() && waiting.place().line() > 0);
/// let holder = &waiting.holders()[0];
/// assert_eq!((holder.role(), holder.count()), (diagnostics::Role::Owner, 1));
/// assert_eq!(holder.thread().id(), Some(std::thread::current().id()));
/// assert!(holder.since() <= waiting.since() && !holder.thread().has_ended());
/// assert!(holder.backtrace().is_none() && waiting.backtrace().is_none()); // `capture_backtraces(true)` was not called
/// // Numbers tell waits, threads and objects of two reports apart.
/// assert_ne!(waiting.thread().number(), holder.thread().number());
/// assert!(waiting.number() > 0 && waiting.object().number() > 0);
/// assert!(report.deadlocks().is_empty()); // the holder runs
/// drop(held);
/// waits.join().unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Report {
    pub(super) taken: Instant,
    pub(super) waiting: Vec<WaitingThread>,
    deadlocks: Vec<Deadlock>,
}

impl Report {
    pub(super) fn new(taken: Instant, snapshot: Snapshot) -> Self {
        let deadlocks = deadlock::find(&snapshot);
        Report { taken, waiting: snapshot.waiting, deadlocks }
    }

    /// Every thread that waits, those that have waited longest first.
    ///
    /// An example: [`Report`].
    #[must_use]
    pub fn waiting(&self) -> &[WaitingThread] {
        &self.waiting
    }

    /// The deadlocks, certain ones first.
    ///
    /// An example: [`Report`].
    #[must_use]
    pub fn deadlocks(&self) -> &[Deadlock] {
        &self.deadlocks
    }
}

/// A thread that waits.
///
/// An example: [`Report`].
#[derive(Clone, Debug)]
pub struct WaitingThread {
    pub(super) thread: Thread,
    pub(super) object: Object,
    pub(super) condition: Option<Object>,
    pub(super) place: &'static Location<'static>,
    pub(super) since: Instant,
    pub(super) timed: bool,
    pub(super) number: u64,
    pub(super) holders: Vec<Holder>,
    pub(super) trace: Option<Arc<Backtrace>>,
}

impl WaitingThread {
    /// The thread.
    ///
    /// An example: [`Report`].
    #[must_use]
    pub fn thread(&self) -> &Thread {
        &self.thread
    }

    /// What it waits for. In a condition's wait that is the condition, and then, when it has been notified or is out of time, its lock.
    ///
    /// An example: [`Report`].
    #[must_use]
    pub fn object(&self) -> &Object {
        &self.object
    }

    /// The condition in whose wait the thread is, if it is in one.
    ///
    /// An example: [`Report`].
    #[must_use]
    pub fn condition(&self) -> Option<&Object> {
        self.condition.as_ref()
    }

    /// The call in which it waits.
    ///
    /// An example: [`Report`].
    #[must_use]
    pub fn place(&self) -> &'static Location<'static> {
        self.place
    }

    /// When it began to.
    ///
    /// An example: [`Report`].
    #[must_use]
    pub fn since(&self) -> Instant {
        self.since
    }

    /// Whether it will give up by itself: a `_timeout` or `_deadline` form.
    ///
    /// An example: [`Report`].
    #[must_use]
    pub fn is_timed(&self) -> bool {
        self.timed
    }

    /// The number of this wait, which no other one has: to see whether two reports show the same.
    ///
    /// An example: [`Report`].
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Who holds what it waits for, or is known to be able to end the wait. May be empty: nobody is known.
    ///
    /// An example: [`Report`].
    #[must_use]
    pub fn holders(&self) -> &[Holder] {
        &self.holders
    }

    /// Where it waits, if backtraces were on: [`capture_backtraces`](super::capture_backtraces).
    ///
    /// An example: [`Report`].
    #[must_use]
    pub fn backtrace(&self) -> Option<&Backtrace> {
        self.trace.as_deref()
    }
}

/// A thread, as it was named when it first used a watched object.
///
/// An example: [`Report`].
#[derive(Clone, Debug)]
pub struct Thread {
    pub(super) number: u64,
    pub(super) id: Option<StdThreadId>,
    pub(super) name: Option<Arc<str>>,
    pub(super) ended: bool,
}

impl Thread {
    /// Its number in this crate, which no other thread ever has.
    ///
    /// An example: [`Report`].
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Its `std` id. `None` if it was first seen while its thread-locals were being destroyed, when it cannot be asked.
    ///
    /// An example: [`Report`].
    #[must_use]
    pub fn id(&self) -> Option<StdThreadId> {
        self.id
    }

    /// Its name, if it has one.
    ///
    /// An example: [`Report`].
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Whether its thread-locals were being destroyed, or it was gone, with guards or permits left behind.
    ///
    /// An example: [`Report`].
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.ended
    }
}

/// Something that threads wait for.
///
/// An example: [`Report`].
#[derive(Clone, Copy, Debug)]
pub struct Object {
    pub(super) number: u64,
    pub(super) kind: Kind,
    pub(super) name: Option<&'static str>,
}

impl Object {
    /// Its number, which no other object ever has.
    ///
    /// An example: [`Report`].
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// What it is.
    ///
    /// An example: [`Report`].
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The name that it was given by `named`.
    ///
    /// An example: [`Report`].
    #[must_use]
    pub fn name(&self) -> Option<&'static str> {
        self.name
    }
}

/// What is known of a thread that could end a wait.
///
/// An example: [`Report`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Role {
    /// It holds the lock, and nobody else can release it.
    Owner,
    /// It was the last to acquire the `RawLock`, or has acquired permits that have not come back. Another thread may give them back.
    LastAcquirer,
    /// It was the last to notify the condition.
    LastNotifier,
    /// It waits for something that the condition's waiter holds, and cannot notify before.
    MayNotify,
}

/// A thread that holds what another one waits for, or is known to be able to end the wait.
///
/// An example: [`Report`].
#[derive(Clone, Debug)]
pub struct Holder {
    pub(super) thread: Thread,
    pub(super) role: Role,
    pub(super) place: &'static Location<'static>,
    pub(super) since: Instant,
    pub(super) count: usize,
    pub(super) trace: Option<Arc<Backtrace>>,
}

impl Holder {
    /// The thread.
    ///
    /// An example: [`Report`].
    #[must_use]
    pub fn thread(&self) -> &Thread {
        &self.thread
    }

    /// What is known of it.
    ///
    /// An example: [`Report`].
    #[must_use]
    pub fn role(&self) -> Role {
        self.role
    }

    /// Where it acquired the lock or, most recently, permits; where it notified, or waits. For a lock that it has got back from a
    /// condition, the call of that wait.
    ///
    /// An example: [`Report`].
    #[must_use]
    pub fn place(&self) -> &'static Location<'static> {
        self.place
    }

    /// When it did.
    ///
    /// An example: [`Report`].
    #[must_use]
    pub fn since(&self) -> Instant {
        self.since
    }

    /// How many permits it has; 1 for everything else.
    ///
    /// An example: [`Report`].
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// Where it acquired, if backtraces were on: [`capture_backtraces`](super::capture_backtraces).
    ///
    /// An example: [`Report`].
    #[must_use]
    pub fn backtrace(&self) -> Option<&Backtrace> {
        self.trace.as_deref()
    }
}
