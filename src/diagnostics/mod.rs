//! Who waits for what, who holds it, and who waits for whom in a circle. With the feature `diagnostics`; not in model builds.
//!
//! ```
//! use std::sync::Arc;
//! use tollgate::{Lock, diagnostics};
//!
//! let accounts = Arc::new((Lock::new(1).named("checking"), Lock::new(2).named("savings")));
//! let (ours, theirs) = (Arc::clone(&accounts), Arc::clone(&accounts));
//! let barrier = Arc::new(tollgate::Barrier::new(2));
//! let theirs_barrier = Arc::clone(&barrier);
//!
//! // Each has one of the locks, and wants the other one.
//! std::thread::spawn(move || {
//!     let _from = ours.0.lock();
//!     barrier.wait().unwrap();
//!     let _to = ours.1.lock();
//! });
//! std::thread::spawn(move || {
//!     let _from = theirs.1.lock();
//!     theirs_barrier.wait().unwrap();
//!     let _to = theirs.0.lock();
//! });
//!
//! let report = loop {
//!     let report = diagnostics::report();
//!     if report.deadlocks().iter().any(|deadlock| deadlock.is_certain()) {
//!         break report;
//!     }
//!     std::thread::yield_now();
//! };
//! println!("{report}");
//! assert_eq!(report.deadlocks()[0].threads().count(), 2);
//! assert!(report.to_string().contains("Lock \"savings\""));
//! ```
//!
//! # What is seen
//!
//! Every thread that waits in a call of this crate, plain or timed, however it got there: [`Report::waiting`]. For each: what it waits
//! for, by the name that [`named`](crate::Lock::named) gave it; where in the code (`#[track_caller]`); since when; and who holds it, with the place where that was
//! acquired. With [`capture_backtraces`] there are backtraces beside the places, of what begins after that.
//!
//! Waits of other libraries, for a socket or a thread to end are not seen: a thread in one of them counts as running. So does one that
//! waits, inside this crate, for *your* code to end in another thread: for a comparison of a priority queue's items or the closure of
//! `with_first`, and for a barrier's action.
//!
//! # Certain and possible
//!
//! A [`Deadlock`] is a set of threads each of which waits for something that only others of the set are known to give. It is
//! *certain* if
//!
//! * each waits for a [`Lock`](crate::Lock) or an [`RLock`](crate::RLock), whose guards stay in the thread that acquired it, and
//! * none of them will give up: a thread that waits with a time limit leaves by itself.
//!
//! A thread that comes back from a condition, notified or out of time, waits for its lock without a limit, and is counted so.
//!
//! What is called certain is so: the report sees one moment in which all of these waits were on and all of these locks held, and
//! from which the threads cannot get away. (`src/watch/mod.rs` has the argument.) Everything else is *possible*:
//!
//! | waited for | who is named | why only possible |
//! |---|---|---|
//! | `RawLock` | the last acquirer | any thread may release it |
//! | `Semaphore`, `BoundedSemaphore` | those who acquired permits last and, as far as is known, have them out | permits move between threads; `release` needs none; [`forget`](crate::Permit::forget) takes the name away |
//! | `Condition` | those who wait for something that the waiter holds; and who notified last | any thread may notify |
//!
//! A condition's waiter is counted in only if it holds something that another thread waits for, and not if the last notifier is
//! neither waiting nor gone. Waits for an `Event`, a `Barrier` or a `Queue` are shown and lead to nobody.
//!
//! # Cost
//!
//! With the feature off there is none: no bytes, no instructions; `named` exists and does nothing. With it on, each acquisition
//! and each release takes one lock that all objects share, reads the clock and may allocate; the types are larger. That is for finding
//! a deadlock, not for production. Auto traits are the same; but all types then have a destructor, so a `const fn` of yours that drops
//! one does not compile with it.
//!
//! Do not use this crate's locks in a global allocator with the feature on: the books allocate.
//!
//! # Exactness
//!
//! A report does not stop anybody: when it is printed, threads that were not deadlocked have gone on. [`WaitingThread::number`] tells whether two
//! reports show the same wait. An object that is dropped takes its entries along, numbers are never used again, and a lock that
//! moves keeps its number; so nothing stale is shown of a lock whose guard was leaked. That guard's thread is shown as the holder, also
//! when it [has ended](Thread::has_ended).

mod deadlock;
mod report;
mod show;
mod snapshot;

pub use crate::watch::Kind;
pub use deadlock::Deadlock;
pub use report::{Holder, Object, Report, Role, Thread, WaitingThread};

use crate::platform::observer;

/// What all threads wait for at this moment.
///
/// Takes the lock that every watched call takes, once and for as long as it takes to copy what is in the books. Can be called at any time and
/// from any thread, with locks of this crate held too.
///
/// An example: [`Report`].
#[must_use]
pub fn report() -> Report {
    Report::new(observer::now(), snapshot::take())
}

/// Whether waits and acquisitions that begin from now on come with a backtrace: [`WaitingThread::backtrace`],
/// [`Holder::backtrace`]. Off at first. It makes each of them many times slower.
///
/// ```
/// use tollgate::{Lock, diagnostics};
///
/// diagnostics::capture_backtraces(true);
/// let lock = Lock::new(0);
/// let held = lock.lock();
/// std::thread::scope(|s| {
///     s.spawn(|| *lock.lock() += 1);
///     let report = loop {
///         let report = diagnostics::report();
///         if !report.waiting().is_empty() {
///             break report;
///         }
///         std::thread::yield_now();
///     };
///     let waiting = &report.waiting()[0];
///     assert!(waiting.backtrace().is_some() && waiting.holders()[0].backtrace().is_some());
///     drop(held);
/// });
/// ```
pub fn capture_backtraces(on: bool) {
    observer::set_traces(on);
}
