//! `Barrier`: threads that wait for each other.
//!
//! [`rounds`] is how they meet and part; this is the face, and the action.
//!
//! The action runs in the thread of the last one to arrive, under no lock but its own: it may call `waiting`,
//! `is_broken`, `abort` and `reset`. Its own lock is there because of the last two: a round that was reset while its
//! action ran lets the next one begin, and that one's action must not run beside it. Who gets that lock looks whether
//! its round is still there.

mod rounds;

use crate::lock::Lock;
use crate::platform::{Duration, Instant, Mutant, Patience, mutated};
use crate::watch::{Kind, Tag};
use rounds::{Arrival, Outcome, Rounds};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// The barrier was broken: a thread's time ran out, the action panicked, or somebody called [`abort`](Barrier::abort) or
/// [`reset`](Barrier::reset). `BrokenBarrierError` in Python.
///
/// ```
/// use std::time::Duration;
/// use tollgate::{Barrier, Broken};
///
/// let barrier = Barrier::new(2);
/// assert_eq!(barrier.wait_timeout(Duration::from_millis(1)), Err(Broken)); // nobody else came
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the barrier was broken")
    }
}

impl std::error::Error for Broken {}

/// What a thread learns when it passes a [`Barrier`].
///
/// ```
/// use tollgate::Barrier;
///
/// let barrier = Barrier::new(1);
/// let passed = barrier.wait().unwrap();
/// assert_eq!((passed.index(), passed.is_leader()), (0, true));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BarrierWait {
    index: usize,
    leader: bool,
}

impl BarrierWait {
    /// The thread's place in the order of arrival: 0 for the first one, `parties - 1` for the last. What `wait` returns
    /// in Python.
    ///
    /// An example: [`BarrierWait`].
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }

    /// Whether this thread was the last one to arrive, which ran the action: true for exactly one thread a round.
    ///
    /// An example: [`BarrierWait`].
    #[must_use]
    pub fn is_leader(&self) -> bool {
        self.leader
    }
}

/// A place where a fixed number of threads wait for each other, round after round. Python's `threading.Barrier`.
///
/// | Python | Rust |
/// |---|---|
/// | `barrier = Barrier(n)` | `Barrier::new(n)` |
/// | `Barrier(n, action)` | [`Barrier::with_action(n, action)`](Barrier::with_action) |
/// | `Barrier(n, timeout=t)` | [`Barrier::new(n).with_timeout(t)`](Barrier::with_timeout) |
/// | `barrier.wait()`, `wait(timeout)` | the same, [`wait_timeout`](Barrier::wait_timeout), [`wait_deadline`](Barrier::wait_deadline) |
/// | `barrier.reset()`, `abort()` | the same |
/// | `parties`, `n_waiting`, `broken` | `parties()`, [`waiting()`](Barrier::waiting), [`is_broken()`](Barrier::is_broken) |
/// | `BrokenBarrierError` | [`Broken`] |
///
/// # Python and Rust
///
/// Python:
///
/// ```python
/// from threading import Barrier, Lock, Thread
///
/// total, sums, lock = 0, [], Lock()
/// # Runs once a round, when all have arrived and before any of them goes on.
/// barrier = Barrier(3, action=lambda: sums.append(total))
///
/// def work(n):
///     global total
///     for _ in range(2):
///         with lock:
///             total += n
///         barrier.wait()
///
/// threads = [Thread(target=work, args=(n,)) for n in (1, 10, 100)]
/// for thread in threads:
///     thread.start()
/// for thread in threads:
///     thread.join()
/// assert sums == [111, 222]
/// ```
///
/// Rust:
///
/// ```
/// use tollgate::Barrier;
/// use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
///
/// let (sum, mut sums) = (AtomicU32::new(0), Vec::new());
/// // Runs once a round, when all have arrived and before any of them goes on.
/// let barrier = Barrier::with_action(3, || sums.push(sum.load(Relaxed)));
/// std::thread::scope(|s| {
///     for n in [1, 10, 100] {
///         let (barrier, sum) = (&barrier, &sum);
///         s.spawn(move || {
///             for _ in 0..2 {
///                 sum.fetch_add(n, Relaxed);
///                 barrier.wait().unwrap();
///             }
///         });
///     }
/// });
/// assert_eq!(sums, [111, 222]);
/// ```
///
/// # The action's type
///
/// A barrier without an action is a `Barrier`, and needs no allocation. One with an action is a `Barrier<A>`, which may
/// borrow what it uses; where the type has to have a name, `Arc<Barrier<dyn FnMut() + Send>>` takes any.
///
/// # Rounds
///
/// When as many threads as there are `parties` have arrived, the last one runs the action, and all of them go on with
/// `Ok`. The next to arrive begin the next round, also if some have not left yet, and if there are more threads than
/// parties. A thread's result is that of the round in which it arrived, whatever has happened to the barrier since.
///
/// A round *breaks*, and all who have arrived in it get [`Broken`], when
///
/// * the time of one of them runs out before all have arrived. A success that races the deadline wins. Once all have
///   arrived nobody's time runs out: they wait for the action, and so do those who come to join the next round;
/// * the action panics. The panic goes on in the thread that ran it;
/// * somebody calls [`abort`](Barrier::abort) or [`reset`](Barrier::reset). A thread that has passed the barrier and
///   has not returned yet is not hit.
///
/// The barrier then stays broken, and each `wait` fails at once, until `reset`. A `reset` itself does not leave it broken.
///
/// # Memory ordering
///
/// Everything that the threads of a round did before they arrived happens before the action, and that before everything
/// after they have passed.
///
/// # Fairness
///
/// All of a round are released at once. With more threads than parties, those who arrive first are in the round.
///
/// # Panics
///
/// `new` and `with_action` with 0 parties. A `wait` in which the action panics.
///
/// # Errors
///
/// [`Broken`]: see [Rounds](#rounds).
///
/// # Cancellation
///
/// A wait ends with its round, whole or broken, or with its time, which breaks the round for all who are in it; so do
/// [`abort`](Barrier::abort) and [`reset`](Barrier::reset), from any thread.
///
/// # Poisoning
///
/// There is none beside the barrier's being broken, and `reset` mends that. An action that panics breaks its round. A thread that panics
/// before it arrives leaves the others waiting: give them a time-out, or call `abort` in a destructor.
///
/// # Cost
///
/// 104 bytes on a 64-bit system, with an action no larger than a pointer; no allocation. An arrival takes a small lock:
/// two atomic read-modify-writes. All who sleep until a round is over are woken with one system call, and none is made
/// if nobody sleeps. (One that has seen the end of the round and falls asleep before it is told how it ended gets a
/// call of its own.) Waiting spins for about 40 µs at most, and not where others sleep already.
pub struct Barrier<A: ?Sized = fn()> {
    rounds: Rounds,
    timeout: Option<Duration>,
    acts: bool,
    tag: Tag,
    action: Lock<A>,
}

impl Barrier {
    const_unless_loom! {
        /// A barrier for this many threads.
        ///
        /// # Panics
        ///
        /// If `parties` is 0.
        ///
        /// An example: [`wait`](Self::wait).
        pub fn new(parties: usize) -> Self {
            assert!(parties > 0, "Barrier::new(0): a barrier needs at least one party");
            const fn nothing() {}
            Barrier { rounds: Rounds::new(parties), timeout: None, acts: false, tag: Tag::new(Kind::Barrier), action: Lock::tagged(Tag::unwatched(), nothing) }
        }
    }
}

impl<A: FnMut() + Send> Barrier<A> {
    const_unless_loom! {
        /// A barrier for this many threads, the last of which runs `action`, once a round, before any of them goes on.
        ///
        /// The action may use the barrier, but not wait on it: it would wait for itself.
        ///
        /// # Panics
        ///
        /// If `parties` is 0.
        ///
        /// ```
        /// use tollgate::Barrier;
        ///
        /// let mut rounds = 0;
        /// let barrier = Barrier::with_action(2, || rounds += 1);
        /// std::thread::scope(|s| {
        ///     for _ in 0..2 {
        ///         s.spawn(|| (0..5).for_each(|_| drop(barrier.wait().unwrap())));
        ///     }
        /// });
        /// drop(barrier); // its action has borrowed it
        /// assert_eq!(rounds, 5);
        /// ```
        pub fn with_action(parties: usize, action: A) -> Self {
            assert!(parties > 0, "Barrier::with_action(0, …): a barrier needs at least one party");
            Barrier { rounds: Rounds::new(parties), timeout: None, acts: true, tag: Tag::new(Kind::Barrier), action: Lock::tagged(Tag::unwatched(), action) }
        }
    }
}

impl<A> Barrier<A> {
    const_unless_loom! {
        /// The same barrier, on which a plain [`wait`](Barrier::wait) is a [`wait_timeout`](Barrier::wait_timeout) with this
        /// time-out. The other forms go by their own.
        ///
        /// An example: [`wait_timeout`](Self::wait_timeout).
        #[must_use]
        pub fn with_timeout(mut self, timeout: Duration) -> Self {
            self.timeout = Some(timeout);
            self
        }
    }

    named!(tag);
}

impl<A: FnMut() + Send + ?Sized> Barrier<A> {
    /// Arrives, and waits until all have arrived.
    ///
    /// # Errors
    ///
    /// [`Broken`].
    ///
    /// # Panics
    ///
    /// If the action does, and this is the thread that runs it.
    ///
    /// ```
    /// use tollgate::Barrier;
    ///
    /// let barrier = Barrier::new(3);
    /// std::thread::scope(|s| {
    ///     let threads: Vec<_> = (0..3).map(|_| s.spawn(|| barrier.wait().unwrap())).collect();
    ///     let mut passed: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    ///     passed.sort_by_key(|passed| passed.index());
    ///     assert!(passed.iter().map(|passed| (passed.index(), passed.is_leader())).eq([(0, false), (1, false), (2, true)]));
    /// });
    /// ```
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn wait(&self) -> Result<BarrierWait, Broken> {
        self.wait_within(self.timeout.map_or(Patience::Forever, Patience::timeout))
    }

    /// Arrives, and waits at most `timeout` until all have arrived; then breaks the barrier. `Duration::ZERO` is one look: only the
    /// last one passes; `Duration::MAX` is for ever.
    ///
    /// The time covers the wait for the others. An action is waited for beyond it: that of the own round, and that of the round
    /// before if it still runs on arrival, after which the time may be up at once.
    ///
    /// # Errors
    ///
    /// [`Broken`].
    ///
    /// # Panics
    ///
    /// If the action does, and this is the thread that runs it.
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    /// use tollgate::{Barrier, Broken};
    ///
    /// let short = Duration::from_millis(1);
    /// let barrier = Barrier::new(2).with_timeout(short);
    /// assert_eq!(barrier.wait(), Err(Broken)); // the time of the barrier itself
    /// barrier.reset();
    /// assert_eq!(barrier.wait_timeout(short), Err(Broken));
    /// barrier.reset();
    /// assert_eq!(barrier.wait_deadline(Instant::now() + short), Err(Broken));
    /// ```
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn wait_timeout(&self, timeout: Duration) -> Result<BarrierWait, Broken> {
        self.wait_within(Patience::timeout(timeout))
    }

    /// Arrives, and waits until `deadline` at most until all have arrived; then breaks the barrier. A deadline that has
    /// passed is one look: only the last one passes. Actions are waited for as in [`wait_timeout`](Barrier::wait_timeout).
    ///
    /// # Errors
    ///
    /// [`Broken`].
    ///
    /// # Panics
    ///
    /// If the action does, and this is the thread that runs it.
    ///
    /// An example: [`wait_timeout`](Self::wait_timeout).
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn wait_deadline(&self, deadline: Instant) -> Result<BarrierWait, Broken> {
        self.wait_within(Patience::Until(deadline))
    }

    /// The one body of all forms.
    #[cfg_attr(feature = "diagnostics", track_caller)]
    fn wait_within(&self, patience: Patience) -> Result<BarrierWait, Broken> {
        let last = self.parties() - 1;
        let arrival = {
            let _waiting = self.tag.waits(patience);
            self.rounds.arrive(patience, self.acts)?
        };
        match arrival {
            Arrival::Passed(index) => Ok(BarrierWait { index, leader: index == last }),
            Arrival::Last(round) => {
                self.act(round)?;
                Ok(BarrierWait { index: last, leader: true })
            }
        }
    }

    /// Runs the action of a full round, and ends that.
    fn act(&self, round: rounds::Number) -> Result<(), Broken> {
        let mut action = self.action.lock();
        if !self.rounds.is_present(round) {
            return Err(Broken);
        }
        let result = catch_unwind(AssertUnwindSafe(&mut *action));
        // Before the others go: one of them may free the barrier.
        drop(action);
        match result {
            Ok(()) => self.rounds.finish(round, Outcome::Passed),
            Err(panic) => {
                if !mutated(Mutant::BarrierPanicBreaksNothing) {
                    // Whether it was broken before makes no difference to the panic.
                    let _ = self.rounds.finish(round, Outcome::Broken);
                }
                resume_unwind(panic)
            }
        }
    }
}

impl<A: ?Sized> Barrier<A> {
    /// Breaks the barrier, for those who wait and for all who come, until [`reset`](Barrier::reset).
    ///
    /// ```
    /// use tollgate::{Barrier, Broken};
    ///
    /// let barrier = Barrier::new(2);
    /// std::thread::scope(|s| {
    ///     let waits = s.spawn(|| barrier.wait());
    ///     while barrier.waiting() == 0 {
    ///         std::thread::yield_now();
    ///     }
    ///     barrier.abort();
    ///     assert_eq!(waits.join().unwrap(), Err(Broken));
    /// });
    /// assert!(barrier.is_broken());
    /// barrier.reset();
    /// assert!(!barrier.is_broken());
    /// ```
    pub fn abort(&self) {
        self.rounds.abort();
    }

    /// Opens a fresh round. Those who wait get [`Broken`]; a barrier that is broken is so no more. Does nothing if nobody
    /// waits on an unbroken barrier.
    ///
    /// An example: [`abort`](Self::abort).
    pub fn reset(&self) {
        self.rounds.reset();
    }

    /// How many threads have to arrive.
    ///
    /// ```
    /// assert_eq!(tollgate::Barrier::new(3).parties(), 3);
    /// ```
    #[must_use]
    pub fn parties(&self) -> usize {
        self.rounds.parties()
    }

    /// How many threads have arrived in the present round. 0 when it is over or broken; all of them while the action runs.
    ///
    /// An example: [`abort`](Self::abort).
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.rounds.waiting()
    }

    /// Whether the barrier is broken at this moment.
    ///
    /// An example: [`abort`](Self::abort).
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.rounds.is_broken()
    }
}

/// Never waits: what cannot be seen at once, since another thread is arriving at this very moment, is `<busy>`.
impl<A: ?Sized> fmt::Debug for Barrier<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Barrier");
        debug.field("parties", &self.parties());
        match self.rounds.glance() {
            Some((waiting, broken)) => debug.field("waiting", &waiting).field("broken", &broken),
            None => debug.field("waiting", &format_args!("<busy>")).field("broken", &format_args!("<busy>")),
        };
        debug.finish_non_exhaustive()
    }
}
