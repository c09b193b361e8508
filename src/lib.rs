//! Blocking concurrency with the vocabulary of Python's `threading` and `queue`: [`Lock`], [`RLock`], [`RawLock`],
//! [`Semaphore`], [`BoundedSemaphore`], [`Condition`], [`Event`], [`Barrier`], [`Queue`], [`SimpleQueue`], [`LifoQueue`],
//! [`PriorityQueue`], [`Rendezvous`].
//!
//! Every call that waits has a plain, a `_timeout` and a `_deadline` form (iterators but the plain one), and a `try_` form where that means something. It blocks its
//! thread: in async code call it by your runtime's `spawn_blocking`, or use a library whose waits are futures. The types are built on the system's
//! futex, are explored by model checkers with time-outs and spurious wake-ups included, and can be put into your own loom
//! and shuttle models: see [Model builds](#model-builds).
//!
//! ```
//! use tollgate::{Lock, Queue, Shutdown};
//!
//! let (paths, total) = (Queue::bounded(8), Lock::new(0));
//! std::thread::scope(|s| {
//!     for _ in 0..4 {
//!         s.spawn(|| paths.iter().for_each(|path: String| *total.lock() += path.len()));
//!     }
//!     ["a", "bb", "ccc"].into_iter().for_each(|path| paths.put(path.to_owned()).unwrap());
//!     paths.shutdown(Shutdown::Drain);
//! });
//! assert_eq!(total.into_inner(), 6);
//! ```
//!
//! # Which one
//!
//! | You want | Use |
//! |---|---|
//! | one thread at a time at a value | [`Lock<T>`] |
//! | the same, for a thread that may lock again what it holds | [`RLock<T>`] |
//! | a lock that another thread releases | [`RawLock`] |
//! | at most n at a time | [`Semaphore`], or [`BoundedSemaphore`], to which no more can come back than went out |
//! | to wait until a value under a lock has changed | [`Condition`] |
//! | to wait until a flag is set | [`Event`] |
//! | threads to wait for each other | [`Barrier`] |
//! | to hand items from threads to threads, in their order | [`Queue`] |
//! | the newest first, or the smallest first | [`LifoQueue`], [`PriorityQueue`] |
//! | a queue that ends when nobody puts, or nobody gets, any more | [`channel()`] on top of any of these but a [`SimpleQueue`] |
//! | a queue that has no end, and whose put cannot fail | [`SimpleQueue`] |
//! | a put that returns when its item was taken | [`Rendezvous`] |
//!
//! # From Python
//!
//! | Python | Rust |
//! |---|---|
//! | `Lock()`, `with lock:` | [`Lock::new(value)`](Lock), `let mut value = lock.lock();` |
//! | `Lock()` released elsewhere; `RLock()` | [`RawLock`]; [`RLock`] |
//! | `Semaphore(n)`, `BoundedSemaphore(n)` | [`Semaphore::new(n)`](Semaphore), [`BoundedSemaphore::new(n)`](BoundedSemaphore): an acquisition is a [`Permit`] |
//! | `Condition()`, `wait_for(ready)` | [`Condition`] beside a lock, [`wait_while(&mut guard, not_ready)`](Condition::wait_while) |
//! | `Event()`, `Barrier(n, action)` | [`Event`], [`Barrier::with_action(n, action)`](Barrier::with_action) |
//! | `Queue(maxsize)`, `LifoQueue`, `PriorityQueue` | [`Queue::new(maxsize)`](Queue::new), [`LifoQueue`], [`PriorityQueue`] with [`Prioritized`] |
//! | `put`, `get`; `_nowait`; `timeout=t` | `put`, `get`; `try_put`, `try_get`; `put_timeout`, `get_timeout`, and `_deadline` |
//! | `task_done`, `join`, `shutdown(immediate)` | the same, and [`get_task`](Queue::get_task), which cannot be forgotten |
//! | `Full`, `Empty`, `ShutDown`, `BrokenBarrierError` | [`PutError`], [`GetError`], [`ShutDown`], [`Broken`]: values, not exceptions |
//! | `SimpleQueue()` | [`SimpleQueue`] |
//!
//! # The book
//!
//! Pages that are longer than a type's own:
//! [from `threading` and `queue` to this crate](guide::from_python), with whole programs in both languages;
//! a page for each family, which to choose, what may be relied on, pitfalls, a whole program:
//! [locks](guide::locks), [semaphores](guide::semaphores), [conditions, events and barriers](guide::condition_event_barrier), [queues](guide::queues);
//! [mistakes, and what they look like](guide::misuse);
//! [model-check your own code](guide::own_models), and [do so in CI](guide::ci);
//! [how it works](guide::how_it_works), floor by floor;
//! [a glossary](guide::glossary);
//! and [every feature beside what others have](guide::features), with the reason where there is none.
//! The package's `examples` are whole programs: a word count, a port scanner, a build scheduler, a crawler, the game of life, and the dining philosophers.
//!
//! # What it costs
//!
//! Counted, not timed, by `src/cost_tests.rs`, on the path where nobody else is there. None of these makes a system call.
//!
//! | operation | atomic read-modify-writes |
//! |---|---|
//! | [`Lock`], [`RawLock`]: lock and unlock, in every form | 2 |
//! | [`RLock`]: first lock and last unlock; again by the same thread | 2; one load |
//! | [`Semaphore`], [`BoundedSemaphore`]: acquire any number and give them back | 2 |
//! | [`Condition`]: notify, with nobody waiting | one load |
//! | [`Event`]: wait on a set one, or look; set | one load; 1 |
//! | [`Barrier`]: an arrival that is the last | 3 |
//! | [`Queue`], [`LifoQueue`], [`SimpleQueue`]: a put, a get, or a batch of any number | 1 |
//! | [`PriorityQueue`]: a put, a get | 1, 3 |
//! | [`Queue::lock_free`]: a put, a get | 4, 2 |
//! | [`LifoQueue::lock_free`]: a put, a get | 3, 2 |
//! | `get_task` and its end: of a [`Queue`], of a [`PriorityQueue`] | 2, 4; and a fence when it was the last task |
//! | a [`Sender`] or [`Receiver`], beside its queue: put and get; clone and drop | none; 2 |
//! | `try_put` to a full queue, `try_get` from an empty one: of a [`Queue`] with room for four or more, and of a [`SimpleQueue`] | 2 |
//! | the same of the others | 1 |
//! | a queue's `len`, `is_empty`, `is_full` | none |
//!
//! | guarantee | |
//! |---|---|
//! | who waits sleeps, after at most about 40 µs of spinning | `cargo test uses_no_cpu` |
//! | wakes never exceed sleeps (one more for a move of a condition's waiters to their lock) | `cargo test --lib wakes_never_exceed_sleeps` |
//! | [`Event::set`] and [`Condition::notify_all`] make one system call, however many sleep | `cargo test --lib cost`, `cargo test --lib one_system_call` |
//! | a release wakes one sleeper by one system call | `cargo test --lib a_hand_off_to_a_sleeper` |
//!
//! The README has what else is promised, each with the command that shows it, and what is not.
//!
//! # Time
//!
//! `_timeout` takes a [`Duration`](std::time::Duration) from now, `_deadline` an [`Instant`](std::time::Instant). Both are
//! measured on the monotonic clock, once per call, however often the thread wakes up in between. `Duration::ZERO` and
//! instants in the past are one look; a time too far away to be counted is for ever. A success that races the deadline wins.
//!
//! # Panics and leaks
//!
//! Nothing is poisoned: a guard dropped by a panic releases its lock. A guard or permit that is leaked keeps what it holds,
//! and nothing worse. Your code (destructors, predicates) never runs under an internal lock, but for a
//! barrier's action, which is one at a time, and the comparisons of a priority queue and the closure of its `with_first`.
//!
//! # Features and cfgs
//!
//! | | what it does | costs when off |
//! |---|---|---|
//! | feature `diagnostics` | the module `diagnostics`: who waits for what, who holds it, who waits in a circle | nothing |
//! | features `lock_api`, `lock_api_04` | [`RawLock`] implements `RawMutex` and `RawMutexTimed` of lock_api 0.5, of 0.4 | nothing |
//! | feature `experimental_cores` | candidates for our own benches and models: not for users, no promise | nothing |
//! | `--cfg loom`, `--cfg shuttle` | [model builds](#model-builds) | nothing: neither explorer is downloaded |
//! | `--cfg tollgate_portable` | on Linux, the futex of systems that have none with a time-out | nothing |
//!
//! No feature is on by default, and every combination of them compiles.
//!
//! # Diagnostics
//!
//! With the feature `diagnostics` a module of that name reports which threads wait for what, who holds it, and which wait for each other. Each
//! type can be given a name for that by its `named`, which is a `const fn`, there without the feature too, and then does nothing.
//!
//! # Model builds
//!
//! With `RUSTFLAGS="--cfg loom"` (or `--cfg shuttle`) the whole crate runs on [loom]'s (or [shuttle]'s) atomics and
//! threads, and a module `model` with settings appears. Timed waits may then time out whenever a real one could, once per
//! thread and execution by default; instants are not compared with any clock, and `new` is not `const` under loom. A guard
//! that is dropped by a panic does not release its lock in a model build: that is how a failing model ends. [The guide](guide::own_models)
//! shows models.
//!
//! [loom]: https://docs.rs/loom
//! [shuttle]: https://docs.rs/shuttle

#![cfg_attr(docsrs, feature(doc_cfg))]

/// A `const fn`, except under loom, whose objects cannot be made before a model runs.
macro_rules! const_unless_loom {
    ($(#[$meta:meta])* $vis:vis fn $($rest:tt)*) => {
        #[cfg(not(loom))]
        $(#[$meta])*
        $vis const fn $($rest)*
        #[cfg(loom)]
        $(#[$meta])*
        $vis fn $($rest)*
    };
}

/// `named`, for a type whose watch tag is `$tag`. It exists with and without the feature `diagnostics`.
macro_rules! named {
    ($($tag:tt)+) => {
        const_unless_loom! {
            /// The same, with a name for the reports of the feature `diagnostics`. Without the feature, in model builds too, this
            /// does nothing and the name takes no room.
            ///
            /// ```
            /// let accounts = tollgate::Lock::new(0).named("accounts"); // and so for every type
            /// assert_eq!(*accounts.lock(), 0);
            /// ```
            #[must_use]
            #[inline]
            pub fn named(mut self, name: &'static str) -> Self {
                self.$($tag)+.set_name(name);
                self
            }
        }
    };
}

/// The README's examples are tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(any(doc, doctest))]
pub mod guide;

mod barrier;
mod condition;
#[cfg(all(feature = "diagnostics", not(any(loom, shuttle))))]
pub mod diagnostics;
mod epoch;
mod event;
mod gate;
mod latch;
mod lock;
#[cfg(all(any(feature = "lock_api", feature = "lock_api_04"), not(loom)))]
mod lock_api;
mod platform;
mod queue;
mod raw_lock;
mod raw_rlock;
mod rlock;
mod semaphore;
mod watch;

#[cfg(all(test, not(any(loom, shuttle))))]
mod cost_of_waiting_tests;
#[cfg(all(test, not(any(loom, shuttle))))]
mod cost_tests;
#[cfg(all(test, not(any(loom, shuttle))))]
mod wakes_in_vain_tests;

pub use barrier::{Barrier, BarrierWait, Broken};
pub use condition::{Condition, ReentrantWaitGuard, WaitGuard};
pub use event::Event;
pub use lock::{Lock, LockGuard, MappedLockGuard, OwnedLockGuard, OwnedMappedLockGuard};
pub use queue::{
    BlockingQueue, CapacityError, GetError, IntoIter, Iter, LifoQueue, Prioritized, PriorityQueue, PutError,
    PutManyError, Queue, Receiver, Rendezvous, Sender, ShutDown, Shutdown, SimpleQueue, Task, TooManyDone,
    TryIter, WeakReceiver, WeakSender, channel,
};
pub use raw_lock::{NotLocked, RawLock};
pub use rlock::{MappedRLockGuard, OwnedMappedRLockGuard, OwnedRLockGuard, RLock, RLockGuard, RLockMut};
pub use semaphore::{AcquireError, BoundedSemaphore, Closed, OverRelease, OwnedPermit, Permit, Semaphore};

/// Containers that may come to stand behind the queues: for our own benches and models, not covered by semantic versioning.
#[cfg(all(feature = "experimental_cores", target_has_atomic = "64"))]
#[doc(hidden)]
pub mod experimental_cores {
    pub use crate::queue::cores::{Blocking, Claimed, Container, Ring, Stack};
}

/// Settings of model builds. Exists with `--cfg loom` and `--cfg shuttle` only, and is not covered by semantic versioning.
#[cfg(any(loom, shuttle))]
pub mod model {
    pub use crate::lock::is_at_rest;
    pub use crate::platform::Mutant;
    pub use crate::platform::model::{
        Change, LateWakes, Part, Settings, Site, WakeOrder, current, forget_sleepers, recorded, set, sleepers,
    };
}
