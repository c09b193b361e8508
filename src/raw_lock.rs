//! The lock that everything else is built on: four bytes, no data, no owner.
//!
//! # The word
//!
//! | bits | name | meaning |
//! |---|---|---|
//! | 0 | `LOCKED` | somebody holds the lock |
//! | 1 | `WAKING` | a wake is in flight: nobody needs to send another |
//! | 2 | `STARVING` | a sleeper has waited too long: the next release hands the lock over |
//! | 3 | `GRANTED` | with `LOCKED` and `STARVING`: nobody holds the lock, it is reserved for the starving sleeper |
//! | 4 | `HEIR` | with `LOCKED`: a thread that is awake has asked to be next |
//! | 5 | `PASSED` | with `HEIR`: nobody holds the lock, it is the heir's |
//! | 6.. | sleepers | threads between counting themselves in and acquiring or giving up |
//!
//! Sleepers sleep on this word itself, expecting what they last saw, less a wake or grant under way (invariant 2), so a
//! release that they have not seen makes the kernel refuse the sleep. The starving one listens on a channel of its own
//! (`FUTEX_WAIT_BITSET`), so that it can be woken though others have slept longer. Every change is one read-modify-write of the
//! one word; nothing is ever stored over it, so no bit is lost (a three-state word with a plain swap loses its starving bit, and
//! its last woken thread makes a futile wake).
//!
//! # Acquire
//!
//! One `fetch_or` of `LOCKED`, which takes the lock if the bit was not set, whoever sleeps. (A compare-exchange of 0 would fail first while
//! anybody sleeps: eight threads on one CPU took 1.5 times as long.) Otherwise: spin with read-only looks, bounded in time, in the end as the
//! *heir*, to whom the next release passes the lock; then count oneself in (only while `LOCKED` is seen), and sleep. Whoever is awake
//! may take a lock that is free (barging); a sleeper that takes it counts itself out in the same step.
//!
//! # Release
//!
//! One compare-exchange `LOCKED -> 0`, which fails if anybody sleeps or has asked to be next. Then another one, and until it succeeds the lock is
//! still ours, decides what to do, by the first of these that is so:
//!
//! * a grant or a pass is under way: nobody holds the lock, so this release (by another thread, of a `RawLock`) is an error;
//! * somebody is starving: keep `LOCKED`, set `GRANTED`, wake that one, and nobody else can take the lock;
//! * there is an heir: keep `LOCKED`, set `PASSED`, wake nobody, and nobody else can take the lock;
//! * somebody sleeps and no wake is in flight: release, set `WAKING`, then wake one;
//! * a wake in flight: release, wake nobody. The thread that was woken has not decided what it does yet.
//!
//! **The release is the last access to the lock's memory**: what follows is a wake by address alone. The next owner may
//! free the lock at once (R35 of the historical bugs).
//!
//! A `fetch_sub` would do for a release that does not yet know whether somebody sleeps, and needs a load before it (on the
//! Intel machine where this was measured, a pair with load and subtraction took 17.5 ns, with the compare-exchange 13 to 15)
//! and a wake by address after it when a sleeper came in between, for which no sleep need have happened.
//!
//! # Invariants
//!
//! 1. At most one thread holds the lock: `LOCKED` goes from 0 to 1 only by the read-modify-write of its taker, and a
//!    grant or a pass changes owner without passing through 0.
//! 2. *No lost wake-up.* A counted sleeper sleeps only on a word with `LOCKED` and without `WAKING`, as compared by the kernel.
//!    If neither `GRANTED` nor `PASSED` is set, the release that ends this ownership will see a sleeper and no wake in flight, and wake; or it passes
//!    the lock to an heir, who will release it, and find no other heir then: nobody asks to be next meanwhile (7). If `GRANTED` is set, the starving
//!    sleeper will own the lock next, and release it. While `WAKING` is set nobody falls asleep: the wake that goes with
//!    it reaches a thread that slept before, or else every counted thread is still on its way to sleep, finds the word changed, and
//!    looks again. Whoever comes out clears the bit, and sleeps again only in a step that saw `LOCKED`. The starving sleeper does not
//!    fall asleep while `GRANTED` is set, and the wake that goes with that is for it alone. (Sleepers that a condition moves here have not
//!    compared the word; the condition looks after them, see `gate::crowd`.)
//!
//!    (Sleeping on a word *with* `WAKING`, on the ground that somebody else is in flight, loses wake-ups: between that look and
//!    the kernel's comparison the one in flight may acquire, clear the bit and leave, another release set it and wake nobody,
//!    and a newcomer restore the count; the word is the same, and all sleep. shuttle found it with four threads; loom, with
//!    three, had not. `Mutant::LockSleepsAmidWake` keeps it.)
//! 3. `WAKING` and `STARVING` imply a sleeper: each is set in a step that sees one, and cleared by whoever leaves (a wake
//!    in flight) or by the thread that set it (starving). So without sleepers the word is 0, or `LOCKED` and what belongs to an heir. And never both: the step
//!    that sets `STARVING` clears `WAKING`, and no release sets that again until the starving sleeper has gone.
//! 4. `GRANTED` implies `STARVING`, and the one thread that set that takes the grant, also if its time is up. So a grant never
//!    stays behind. Until it is taken, releases are refused: one that cleared `LOCKED` would let one thread in beside
//!    the next owner, and one that took the grant back would be a second release of one acquisition (`RawLockSubject::regressions`;
//!    both were there, and found by generated programs and by counting under shuttle).
//! 5. *Wakes never exceed sleeps*: each wake sets `WAKING` or `GRANTED` in a step that sees a sleeper; only a thread back
//!    from a futex wait clears them, one of the two (invariant 3), once per wait. (But for a thread that a condition has moved here
//!    awake, and that finds the lock free: it may clear a `WAKING` whose wake found nobody. And the look after a move may send one more, if
//!    the lock was released between the counting and the move. Those whom a condition wakes ahead, up to four, slept on its word, and share one
//!    `WAKING`, set in the step that counts them in.)
//! 6. *Bounded bypass*: a sleeper that has been awake in vain and has waited about 1 ms sets `STARVING`, unless another one has.
//!    From that step on nobody gets past it: the next release, that of the present owner (or of the heir to whom the lock has just been
//!    passed), hands it the lock. (For one that a condition
//!    has moved here the time counts from when it first comes out. The first version let
//!    whichever sleeper came out first take the grant, and newcomers that waited got past the starving one.)
//!
//! 7. *The heir.* `PASSED` implies `HEIR`, and that `LOCKED`. One thread has set `HEIR`, and clears both in one step at the end of its spin: it owns
//!    the lock if `PASSED` was among them, and has withdrawn if not. So a pass never stays behind either, and until it is taken releases are refused. Nobody
//!    asks to be next while somebody is starving, or while others sleep and none of them is being woken: those who are awake could pass the lock to and
//!    fro for ever, and no release would wake one. A starving sleeper comes before an heir, unless the lock has been passed already.
//!
//!    Why: a lock that is taken again as soon as it is released is free for 20 ns in each section, which who looks from another CPU does not see in time. So
//!    the spin failed, the thread slept, and the next release had to wake it: 10 µs and more on a virtual machine, every 30 µs. (Two threads, sections of 1 µs: 1.3 to 1.4 times
//!    as fast with an heir. Who asks after 2.4 µs instead of 25 makes short sections slower, 0.65 to 0.95.)
//!
//!    It costs: an heir that is stopped by the system in its 5 µs keeps the lock from everybody else until it runs again, as a holder does that is
//!    stopped. And a woken sleeper does not find the lock free while heirs follow each other; it gets it by starving, then.
//!
//! # Memory ordering
//!
//! Taking the lock is an `Acquire` read-modify-write of a value in the release sequence headed by the last `Release`
//! (all changes are read-modify-writes), so everything before a release happens before everything after the next
//! acquire. Counting, asking, clearing and leaving are `Relaxed`: they publish nothing. A grant or a pass is the releaser's
//! `Release` step, taken by an `Acquire` one.
//!
//! # Progress and cost
//!
//! Blocking, by who holds the lock and by whom it is being handed or passed to. (In the child of a `fork` that may be a thread that is not there.)
//! Uncontended: two read-modify-writes a pair, no fence, no system call. Spinning is bounded (30 µs per sleep); there is no `sched_yield`.

use crate::platform::atomic::{
    AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
};
use crate::platform::{
    Deadline, Duration, Instant, Mutant, Patience, Spin, Stopwatch, Wait, abstract_lock, abstract_locks,
    futex, mutated, spin_until,
};
use crate::watch::{Kind, Tag};
use std::fmt;

const LOCKED: u32 = 1;
const WAKING: u32 = 1 << 1;
const STARVING: u32 = 1 << 2;
const GRANTED: u32 = 1 << 3;
const HEIR: u32 = 1 << 4;
const PASSED: u32 = 1 << 5;
const SLEEPER: u32 = 1 << 6;

/// What the starving sleeper listens on, and nobody else: the wake that goes with a grant is for it alone.
const STARVING_CHANNEL: u32 = 1 << CHANNELS;
/// What the others listen on. A release without a grant wakes any of them.
const CHANNEL: u32 = 1;

/// How many channels there are for those whom a condition may move here: all but the starving sleeper's, the last.
pub(crate) const CHANNELS: u32 = u32::BITS - 1;
/// All of these.
pub(crate) const ANY_BUT_STARVING: u32 = !STARVING_CHANNEL;

/// Whether any thread is counted in.
const fn sleepers(word: u32) -> bool {
    word >= SLEEPER
}

/// Whether a thread that is awake may ask to be next: the lock is held, nobody else has asked, and no sleeper has to wait longer for it.
fn may_announce(word: u32) -> bool {
    word & (LOCKED | HEIR | STARVING) == LOCKED && (!sleepers(word) || word & WAKING != 0)
}

/// Whether the lock is handed over to the thread that has set `starving`.
fn is_granted(word: u32, starving: u32) -> bool {
    word & GRANTED != 0 && (starving != 0 || mutated(Mutant::LockGrantForAnyone))
}

/// Release of a lock that nobody holds.
///
/// ```
/// use tollgate::{NotLocked, RawLock};
///
/// assert_eq!(RawLock::new().release(), Err(NotLocked));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotLocked;

impl fmt::Display for NotLocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("release of a RawLock that is not locked")
    }
}

impl std::error::Error for NotLocked {}

/// A lock without data and without an owner: any thread may release it. Python's `threading.Lock`.
///
/// Use [`Lock<T>`](crate::Lock) to protect a value; use this where the acquirer and the releaser are different threads
/// or different functions.
///
/// | Python | Rust |
/// |---|---|
/// | `lock = Lock()` | `RawLock::new()` |
/// | `lock.acquire()`, `acquire(blocking=False)` | [`lock.acquire()`](RawLock::acquire), [`try_acquire()`](RawLock::try_acquire) |
/// | `lock.acquire(timeout=0.5)` | [`lock.acquire_timeout(Duration::from_millis(500))`](RawLock::acquire_timeout) |
/// | `lock.release()`, which may raise `RuntimeError` | [`lock.release()?`](RawLock::release) |
/// | `lock.locked()` | [`lock.is_locked()`](RawLock::is_locked) |
///
/// # Python and Rust
///
/// Python:
///
/// ```python
/// from threading import Lock, Thread
///
/// gate = Lock()
/// gate.acquire()
/// assert gate.locked()
/// assert not gate.acquire(blocking=False)
/// opener = Thread(target=gate.release)  # any thread may
/// opener.start()
/// opener.join()
/// try:
///     gate.release()  # not locked: an error that changes nothing
///     assert False
/// except RuntimeError:
///     assert not gate.locked()
/// ```
///
/// Rust:
///
/// ```
/// use tollgate::{NotLocked, RawLock};
///
/// static GATE: RawLock = RawLock::new();
///
/// GATE.acquire();
/// assert!(GATE.is_locked());
/// assert!(!GATE.try_acquire());
/// std::thread::spawn(|| GATE.release().unwrap()).join().unwrap(); // any thread may
/// assert_eq!(GATE.release(), Err(NotLocked)); // an error that changes nothing
/// assert!(!GATE.is_locked());
/// ```
///
/// # Under `lock_api`
///
/// With the feature `lock_api` (its version 0.5, which asks for Rust 1.95) or `lock_api_04` (0.4) this is a `RawMutex` and a
/// `RawMutexTimed`: `lock_api::Mutex<RawLock, T>`. Its guards are `Send`. Not in builds with `--cfg loom`, which have no
/// constant lock.
///
/// # Memory ordering
///
/// Everything before a `release` happens before everything after the acquisition that follows it.
///
/// # Fairness
///
/// Whoever is awake may take a free lock, ahead of those who sleep. One that has spun for about 25 µs asks to be next, if nobody else has, nobody has been
/// sleeping for too long, and either nobody sleeps or one of those is being woken: a release in the 5 µs that follow passes it the lock, and until it runs
/// nobody else has it. The first sleeper that was woken in vain and has waited for
/// about a millisecond is handed the lock by the next release: nobody gets past it any more.
///
/// # Panics
///
/// No call panics.
///
/// # Errors
///
/// [`release`](RawLock::release) of a lock that nobody holds is [`NotLocked`], and changes nothing. Whether the `try_` and timed forms have
/// acquired the lock is their result.
///
/// # Cancellation
///
/// A wait ends with the lock or with its time; nothing else interrupts it. One that gives up leaves nothing behind: if it was handed the
/// lock just then it takes it, and the call succeeds.
///
/// # Poisoning
///
/// There is none, and no guard either: a thread that panics between `acquire` and `release` leaves the lock locked, as one would in Python
/// without `with`. Any other thread may release it.
///
/// # Cost
///
/// Four bytes. Uncontended, two atomic read-modify-write operations for an acquire and release pair, no system call.
pub struct RawLock {
    word: AtomicU32,
    tag: Tag,
}

impl RawLock {
    const_unless_loom! {
        /// A free lock.
        ///
        /// An example: [`acquire`](Self::acquire).
        pub fn new() -> Self {
            RawLock::tagged(Tag::new(Kind::RawLock))
        }
    }

    const_unless_loom! {
        /// A free lock that the watch knows by this tag.
        pub(crate) fn tagged(tag: Tag) -> Self {
            RawLock { word: AtomicU32::new(0), tag }
        }
    }

    named!(tag);

    const_unless_loom! {
        pub(crate) fn set_name(&mut self, name: &'static str) {
            self.tag.set_name(name);
        }
    }

    pub(crate) fn tag(&self) -> &Tag {
        &self.tag
    }

    /// Waits until the lock is free and takes it. `lock.acquire()` in Python.
    ///
    /// The lock is not reentrant: a thread that acquires it twice waits until another thread releases it.
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    /// use tollgate::RawLock;
    ///
    /// let (lock, short) = (RawLock::new(), Duration::from_millis(1));
    /// lock.acquire();
    /// assert!(lock.is_locked() && !lock.try_acquire());
    /// assert!(!lock.acquire_timeout(short) && !lock.acquire_deadline(Instant::now() + short));
    /// std::thread::scope(|s| {
    ///     s.spawn(|| lock.release().unwrap()); // by another thread
    ///     lock.acquire();
    /// });
    /// ```
    #[inline]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn acquire(&self) {
        if !self.take() {
            let _waiting = self.tag.waits(Patience::Forever);
            self.acquire_forever();
        }
        self.tag.acquired();
    }

    /// The same, for a wait that the watch knows of.
    #[inline]
    pub(crate) fn acquire_unwatched(&self) {
        if !self.take() {
            self.acquire_forever();
        }
    }

    /// Takes the lock if it is free. `lock.acquire(blocking=False)`.
    ///
    /// An example: [`acquire`](Self::acquire).
    #[inline]
    #[must_use = "if the result is false, the lock was not acquired"]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn try_acquire(&self) -> bool {
        self.acquire_within(Patience::None)
    }

    /// Waits at most `timeout` for the lock; whether it was acquired. `lock.acquire(timeout=…)`.
    ///
    /// `Duration::ZERO` is one look; `Duration::MAX` is for ever.
    ///
    /// An example: [`acquire`](Self::acquire).
    #[inline]
    #[must_use = "if the result is false, the lock was not acquired"]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn acquire_timeout(&self, timeout: Duration) -> bool {
        self.acquire_within(Patience::timeout(timeout))
    }

    /// Waits until `deadline` at most; whether the lock was acquired. A deadline that has passed is one look.
    ///
    /// An example: [`acquire`](Self::acquire).
    #[inline]
    #[must_use = "if the result is false, the lock was not acquired"]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn acquire_deadline(&self, deadline: Instant) -> bool {
        self.acquire_within(Patience::Until(deadline))
    }

    /// Releases the lock, whoever acquired it. `lock.release()`.
    ///
    /// # Errors
    ///
    /// [`NotLocked`], and nothing has changed, if nobody holds the lock.
    ///
    /// An example: [`acquire`](Self::acquire).
    #[inline]
    pub fn release(&self) -> Result<(), NotLocked> {
        self.tag.releases();
        let released = self.give();
        // An abstract lock has no count of its sleepers, so each release wakes.
        if abstract_locks() && released.is_ok() {
            futex::wake(&self.word, 1);
        }
        released.or_else(|word| self.release_contended(word))
    }

    /// Whether somebody holds the lock at this moment. `lock.locked()`. A lock that is being handed over is held by nobody, though
    /// `try_acquire` fails.
    ///
    /// An example: [`acquire`](Self::acquire).
    #[inline]
    pub fn is_locked(&self) -> bool {
        self.word.load(Relaxed) & (LOCKED | GRANTED | PASSED) == LOCKED
    }

    /// The one body of all forms of `acquire`.
    #[inline]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub(crate) fn acquire_within(&self, patience: Patience) -> bool {
        let acquired = self.take() || {
            let _waiting = self.tag.waits(patience);
            self.acquire_contended(patience)
        };
        if acquired {
            self.tag.acquired();
        }
        acquired
    }

    /// Releases a lock that the caller holds.
    ///
    /// # Safety
    ///
    /// The calling code holds the lock, and nobody else will release it.
    #[inline]
    pub(crate) unsafe fn unlock(&self) {
        self.tag.releases();
        if abstract_locks() {
            // SAFETY: `self` is live until the store, which is the last access.
            unsafe { abstract_lock::release(&self.word) };
            return;
        }
        // If it succeeds, the last access to `self`.
        if let Err(word) = self.give() {
            let released = self.release_contended(word);
            debug_assert!(released.is_ok(), "tollgate: unlock of a free lock");
        }
    }

    /// Takes the lock if it is free, whoever sleeps.
    #[inline]
    fn take(&self) -> bool {
        // Acquire: what the last holder did is visible from here on.
        self.word.fetch_or(LOCKED, Acquire) & LOCKED == 0
    }

    /// Gives back a lock that nobody waits for, asleep or as the heir; else the word, another than plain `LOCKED`.
    #[inline]
    fn give(&self) -> Result<(), u32> {
        // Release: what the holder did is visible to the next acquirer.
        self.word.compare_exchange(LOCKED, 0, Release, Relaxed).map(|_| ())
    }

    /// Apart from `acquire_contended`, so that the fast path need not build a `Patience`.
    #[cold]
    fn acquire_forever(&self) {
        let acquired = self.acquire_contended(Patience::Forever);
        debug_assert!(acquired);
    }

    /// Acquires a lock that was just seen locked.
    #[cold]
    fn acquire_contended(&self, patience: Patience) -> bool {
        if abstract_locks() {
            return patience
                .deadline()
                .is_some_and(|deadline| abstract_lock::acquire_until(&self.word, &deadline));
        }
        let Some(deadline) = patience.deadline() else { return false };
        let mut word = LOCKED;
        if self.spin(&mut word) {
            return true;
        }
        // Count ourselves in. Only while the lock is held: its release will then see us.
        loop {
            if word & LOCKED == 0 {
                if self.take_free(&mut word) {
                    return true;
                }
                continue;
            }
            let counted = word + if mutated(Mutant::LockSleeperUncounted) { 0 } else { SLEEPER };
            match self.word.compare_exchange_weak(word, counted, Relaxed, Relaxed) {
                Ok(_) => {
                    word = counted;
                    break;
                }
                Err(now) => word = now,
            }
        }
        self.sleep_until_acquired(word, &deadline, None)
    }

    /// Counts `count` threads in as sleepers, if somebody holds the lock. Each of them then calls [`RawLock::acquire_counted`];
    /// until it does, it may be asleep on [`RawLock::word`], listening on [`ANY_BUT_STARVING`] or fewer. With `amid_wake` the caller is going to wake one of them, so that no release
    /// need do it.
    pub(crate) fn adopt(&self, count: usize, amid_wake: bool) -> bool {
        if abstract_locks() {
            return false;
        }
        let mut word = self.word.load(Relaxed);
        // Only while the lock is held: who would find it free had better wake up.
        while word & LOCKED != 0 {
            let mut counted =
                if mutated(Mutant::CrowdMovedUncounted) { word } else { word + SLEEPER * count as u32 };
            if mutated(Mutant::CrowdMovedCountedTwice) {
                counted += SLEEPER;
            }
            // Invariant 3: never both.
            if amid_wake && word & STARVING == 0 {
                counted |= WAKING;
            }
            match self.word.compare_exchange_weak(word, counted, Relaxed, Relaxed) {
                Ok(_) => return true,
                Err(now) => word = now,
            }
        }
        false
    }

    /// To be called when sleepers have been moved to the word after [`RawLock::adopt`]: a release in between may have relied on a
    /// wake that found none of them. Wakes one, unless the next release will.
    pub(crate) fn look_after_move(&self) {
        // A read-modify-write, to see every release that comes before it; one that comes later finds them. Relaxed: the calls of the
        // futex before and after order it.
        let word = self.word.fetch_or(0, Relaxed);
        if word & (LOCKED | WAKING) != LOCKED {
            futex::wake(&self.word, 1);
        }
    }

    /// For models: whether nobody holds it or is counted in, and no bit has stayed behind (invariant 3).
    #[cfg(any(loom, shuttle))]
    pub(crate) fn is_at_rest(&self) -> bool {
        self.word.load(Relaxed) == 0
    }

    /// What sleepers sleep on.
    pub(crate) fn word(&self) -> *const AtomicU32 {
        &raw const self.word
    }

    /// Acquires the lock for a thread that has been [adopted](RawLock::adopt). `woken` if a futex wait of its has just ended by a
    /// wake, which may have been that of a release.
    #[cold]
    pub(crate) fn acquire_counted(&self, woken: bool) {
        let word = self.word.load(Relaxed);
        let looks = woken || word & LOCKED == 0;
        self.sleep_until_acquired(word, &Deadline::NEVER, looks.then_some(Wait::MaybeWoken));
    }

    /// The loop of a counted sleeper. `ended`: how its last sleep ended, if it is to look first; else `word` was seen with `LOCKED`.
    fn sleep_until_acquired(&self, mut word: u32, deadline: &Deadline, mut ended: Option<Wait>) -> bool {
        let asleep = Stopwatch::start();
        // `STARVING` once this thread has set it, and then a grant is meant for this thread.
        let mut starving = 0;
        loop {
            // `word` was seen with LOCKED and counts us. Invariant 2: if a wake or a grant to us is under way, this returns at once.
            let (under_way, channel) =
                if starving == 0 { (WAKING, CHANNEL) } else { (WAKING | GRANTED, STARVING_CHANNEL) };
            let expected = if mutated(Mutant::LockSleepsAmidWake) { word } else { word & !under_way };
            let wait =
                ended.take().unwrap_or_else(|| futex::wait_on(&self.word, expected, deadline, channel));
            word = self.word.load(Relaxed);
            if wait == Wait::MaybeWoken {
                Spin::slept_for_lock(&asleep);
                self.spin_awake(&mut word, starving);
            }
            loop {
                // What this thread may do with what it sees, in one step: take a grant, take a free lock, give up,
                // or clear the way for the next wake and sleep again.
                let gives_up = wait == Wait::TimedOut;
                let free = word & LOCKED == 0;
                let granted =
                    is_granted(word, starving) && !(gives_up && mutated(Mutant::LockTimeoutIgnoresGrant));
                let leaves = granted || free || gives_up;
                let mut next = if mutated(Mutant::LockWakingNeverCleared) { word } else { word & !WAKING };
                if granted {
                    next &= !GRANTED;
                } else if free {
                    next |= LOCKED;
                }
                if leaves {
                    next = (next & !starving).wrapping_sub(SLEEPER);
                } else if word & STARVING == 0 && asleep.too_long() {
                    next |= STARVING;
                }
                if next != word {
                    // Acquire: for the two ways out that acquire; see "Memory ordering".
                    if let Err(now) = self.word.compare_exchange_weak(word, next, Acquire, Relaxed) {
                        word = now;
                        continue;
                    }
                }
                if leaves {
                    return granted || free;
                }
                starving |= next & !word & STARVING;
                word = next;
                break;
            }
        }
    }

    /// Takes the lock while it is free. `false` once it is seen locked.
    fn take_free(&self, word: &mut u32) -> bool {
        // Acquire: what the last holder did is visible from here on.
        while *word & LOCKED == 0 {
            match self.word.compare_exchange_weak(*word, *word | LOCKED, Acquire, Relaxed) {
                Ok(_) => return true,
                Err(now) => *word = now,
            }
        }
        false
    }

    /// Looks at the word from time to time; takes the lock if it is seen free. `false` when the budget is spent.
    fn spin(&self, word: &mut u32) -> bool {
        let mut spin = Spin::for_lock();
        while spin.pause() {
            *word = self.word.load(Relaxed);
            if self.take_free(word) {
                spin.ended(true);
                return true;
            }
            if spin.nearly_spent() && self.announce_heir(word) {
                return self.spin_as_heir(spin, word);
            }
        }
        spin.ended(false);
        false
    }

    /// Asks for the lock to be passed to this thread, if nobody is in the way: see invariant 7.
    fn announce_heir(&self, word: &mut u32) -> bool {
        while may_announce(*word) {
            // Relaxed: it publishes nothing.
            match self.word.compare_exchange_weak(*word, *word | HEIR, Relaxed, Relaxed) {
                Ok(_) => return true,
                Err(now) => *word = now,
            }
        }
        false
    }

    /// The rest of a spin: until the lock has been passed to this thread, or it withdraws.
    fn spin_as_heir(&self, mut spin: Spin, word: &mut u32) -> bool {
        while spin.pause() && self.word.load(Relaxed) & PASSED == 0 {}
        // In one step, so that a lock that is passed at the last moment is not left behind. Acquire: what the last holder did, if it was passed.
        let before = self.word.fetch_and(!(HEIR | PASSED), Acquire);
        *word = before & !(HEIR | PASSED);
        let passed = before & PASSED != 0 && !mutated(Mutant::LockHeirLeavesPass);
        spin.ended(passed);
        passed
    }

    /// The same for a counted sleeper that was woken in vain: waits for a word that lets it go on.
    fn spin_awake(&self, word: &mut u32, starving: u32) {
        let in_vain = |word: u32| word & LOCKED != 0 && !is_granted(word, starving);
        if in_vain(*word) {
            spin_until(Spin::for_lock(), || {
                *word = self.word.load(Relaxed);
                !in_vain(*word)
            });
        }
    }

    /// Releases a lock whose word was seen as `word`, not plain `LOCKED`.
    #[cold]
    fn release_contended(&self, mut word: u32) -> Result<(), NotLocked> {
        let address = &raw const self.word;
        loop {
            let granted = word & GRANTED != 0 && !mutated(Mutant::LockGrantReleased);
            let passed = word & PASSED != 0 && !mutated(Mutant::LockPassReleased);
            if word & LOCKED == 0 || granted || passed {
                return Err(NotLocked);
            }
            debug_assert!(
                word & (WAKING | STARVING) != WAKING | STARVING,
                "tollgate: invariant 3 of RawLock"
            );
            let (next, channels) = if word & STARVING != 0 {
                (word | GRANTED, STARVING_CHANNEL)
            } else if word & HEIR != 0 {
                (word | PASSED, 0)
            } else if sleepers(word) && word & WAKING == 0 {
                ((word & !LOCKED) | WAKING, futex::EVERY)
            } else {
                (word & !LOCKED, 0)
            };
            // Release: what the holder did is visible to the next acquirer. The last access to `self`.
            match self.word.compare_exchange_weak(word, next, Release, Relaxed) {
                Ok(_) => {
                    if channels != 0 {
                        futex::wake_on(address, 1, channels);
                    }
                    return Ok(());
                }
                Err(now) => word = now,
            }
        }
    }
}

impl Default for RawLock {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for RawLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawLock").field("locked", &self.is_locked()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::counted::cost_of;

    /// Until the thread that waits for the lock is starving.
    fn starve(lock: &RawLock) {
        let start = Instant::now();
        while lock.word.load(Relaxed) & STARVING == 0 {
            assert!(start.elapsed() < Duration::from_secs(10), "it never asks for the lock");
            futex::wake(&lock.word, 1);
            std::thread::sleep(Duration::from_micros(200));
        }
    }

    /// What a release makes of a word: [`NotLocked`] where it is one too many.
    #[test]
    fn a_release_passes_the_lock_to_an_heir_and_before_that_to_a_starving_sleeper() {
        let asleep = 2 * SLEEPER;
        let table = [
            (LOCKED, Ok(0)),
            (LOCKED | asleep, Ok(WAKING | asleep)),
            (LOCKED | WAKING | asleep, Ok(WAKING | asleep)),
            (LOCKED | HEIR, Ok(LOCKED | HEIR | PASSED)),
            (LOCKED | HEIR | asleep, Ok(LOCKED | HEIR | PASSED | asleep)),
            (LOCKED | HEIR | WAKING | asleep, Ok(LOCKED | HEIR | PASSED | WAKING | asleep)),
            (LOCKED | STARVING | asleep, Ok(LOCKED | STARVING | GRANTED | asleep)),
            (LOCKED | STARVING | HEIR | asleep, Ok(LOCKED | STARVING | GRANTED | HEIR | asleep)),
            (LOCKED | STARVING | GRANTED | asleep, Err(NotLocked)),
            (LOCKED | STARVING | GRANTED | HEIR | asleep, Err(NotLocked)),
            (LOCKED | HEIR | PASSED, Err(NotLocked)),
            (LOCKED | HEIR | PASSED | STARVING | asleep, Err(NotLocked)),
            (WAKING | asleep, Err(NotLocked)),
            (0, Err(NotLocked)),
        ];
        for (word, after) in table {
            let lock = RawLock::new();
            lock.word.store(word, Relaxed);
            let mut released = Ok(());
            let wakes = cost_of(|| released = lock.release()).futex_wakes;
            assert_eq!(released.map(|()| lock.word.load(Relaxed)), after, "{word:#b}");
            let told = after.is_ok_and(|after| after & !word & (WAKING | GRANTED) != 0);
            assert_eq!(wakes, u64::from(told), "{word:#b}");
            if released.is_err() {
                assert_eq!(lock.word.load(Relaxed), word, "an error changes nothing");
            }
            assert!(!lock.is_locked(), "{word:#b}");
        }
    }

    /// Or those who are awake could pass the lock to and fro past those who sleep, for ever.
    #[test]
    fn nobody_asks_to_be_next_past_sleepers_of_whom_none_is_being_woken() {
        for (word, may) in [
            (LOCKED, true),
            (LOCKED | WAKING | SLEEPER, true),
            (LOCKED | SLEEPER, false),
            (LOCKED | STARVING | SLEEPER, false),
            (LOCKED | STARVING | GRANTED | SLEEPER, false),
            (LOCKED | HEIR, false),
            (LOCKED | HEIR | WAKING | SLEEPER, false),
            (LOCKED | HEIR | PASSED, false),
            (0, false),
            (WAKING | SLEEPER, false),
        ] {
            assert_eq!(may_announce(word), may, "{word:#b}");
        }
    }

    #[test]
    fn an_heir_owns_what_was_passed_to_it_and_withdraws_otherwise() {
        for (before, owns) in [(LOCKED | HEIR | PASSED, true), (LOCKED | HEIR, false)] {
            let lock = RawLock::new();
            lock.word.store(before | WAKING | SLEEPER, Relaxed);
            let mut word = 0;
            assert_eq!(lock.spin_as_heir(Spin::for_lock(), &mut word), owns);
            assert_eq!(word, LOCKED | WAKING | SLEEPER);
            assert_eq!(lock.word.load(Relaxed), word);
        }
    }

    #[test]
    fn a_sleeper_woken_in_vain_after_a_millisecond_is_handed_the_lock() {
        let lock = RawLock::new();
        lock.acquire();
        std::thread::scope(|s| {
            let sleeper = s.spawn(|| lock.acquire_timeout(Duration::from_secs(20)));
            starve(&lock);
            lock.release().unwrap();
            assert!(!lock.try_acquire(), "it is the sleeper's");
            assert!(sleeper.join().unwrap());
        });
    }

    /// Nobody gets past a starving sleeper, not even those who sleep on the word before it.
    #[test]
    fn the_starving_sleeper_is_the_next_owner() {
        let (lock, served) = (RawLock::new(), std::sync::Mutex::new(Vec::new()));
        let wait = |name| {
            assert!(lock.acquire_timeout(Duration::from_secs(20)));
            served.lock().unwrap().push(name);
            lock.release().unwrap();
        };
        lock.acquire();
        std::thread::scope(|s| {
            s.spawn(|| wait("starving"));
            starve(&lock);
            for _ in 0..3 {
                s.spawn(|| wait("newcomer"));
            }
            let start = Instant::now();
            while lock.word.load(Relaxed) / SLEEPER < 4 {
                assert!(start.elapsed() < Duration::from_secs(10), "they never fall asleep");
                std::thread::yield_now();
            }
            // To the end of the line, where the kernel has one.
            for _ in 0..20 {
                futex::wake_on(&lock.word, 1, STARVING_CHANNEL);
                std::thread::sleep(Duration::from_micros(100));
            }
            lock.release().unwrap();
        });
        assert_eq!(served.lock().unwrap()[0], "starving");
    }
}
