//! The gate: the one place where anything waits.
//!
//! A gate stands beside a word of state that it knows nothing of: permits, a queue's contents, a predicate under a user's
//! lock. It holds the line of those who wait for that state to change (see [`list`]), a small lock around the line, and a
//! word that can be read without it:
//!
//! | bits | name | meaning |
//! |---|---|---|
//! | 0 | `WAKING` | one waiter has been picked and has not looked at the state yet |
//! | 1 | `CLOSED` | a waiter has waited too long: newcomers line up instead of trying first |
//! | 2.. | waiters | how many are in the line |
//!
//! A notifier that finds no waiters in it pays one load. Each waiter (but those of a [`crowd`]) sleeps on a word of its own, announces there that it
//! is going to sleep, and is taken off the line by its notifier, who makes a system call only if it finds it asleep: so
//! *wakes never exceed sleeps*, and being notified and timing out exclude each other.
//!
//! # Three policies
//!
//! * **Exact** ([`Gate::release_all`]: joiners, shutdown; and conditions, see [`crowd`]): the n longest waiting, no more, no fewer.
//!   Who is picked needs no second look: what it waited for has happened.
//! * **One wake in flight** ([`Gate::notify`]: semaphores, queues): the waiter at the head is woken, if what is there now
//!   would serve it; until it has looked, further notifications do nothing. Whoever is awake may be faster (barging).
//!   A wake for each released permit, or handing each permit to the sleeper at the head, was 2 to 100 times slower in an
//!   experiment.
//! * **Served** ([`Gate::serve`]: queues with room for a few items): whoever changes the state does what the head of the line waits to do. See
//!   [`served`].
//!
//! # The protocol of one wake in flight
//!
//! | | waiter ([`Gate::wait`]) | notifier, after it has changed the state |
//! |---|---|---|
//! | 0 | spin: look, and try when it looks ready; bounded in time, less where it has not been paying | |
//! | 1 | try | its change was, or ended with, a `SeqCst` read-modify-write, which serves as a fence (a queue's: see "Under a latch") |
//! | 2 | join the line | load the word: no waiters, or a wake in flight? done |
//! | 3 | fence | lock; would the head be served? take it off, set `WAKING` |
//! | 4 | try again; on success leave the line | unlock; store to its word; if it is asleep, wake it |
//! | 5 | say so in the own word, and sleep on it | |
//! | 6 | time is up: leave the line, picked or not, and try once more | |
//! | 7 | woken: clear `WAKING`, fence, try. Served: pass the wake on. In vain: rejoin by the old ticket, from 3, and then look whether the head can be served | |
//!
//! **No lost wake-up.** Let the state become such that the head of the line would be served, by a notifier N, while
//! W is that head. Steps 2 to 4 of W and the state change and load of N are a store-buffering pair with a fence on both
//! sides: either N sees W in the line, or W's second try sees the state. If N sees `WAKING`, then some waiter V has not
//! yet cleared it (or N would have seen that): V's clearing, fence and try come after, and the same argument with V's
//! clearing for W's joining says that V sees the state; V takes what it needs and passes the wake on, which looks at the
//! head again under the lock. Whoever leaves the line for another reason (time-out, success of a second try) looks at
//! the new head too: a big request that gives up must not strand the small ones behind it (R32 of the historical bugs).
//!
//! **In vain.** A woken waiter that is not served looks at the head again when it has rejoined: while it was out of the line
//! (or another one was), the head may have changed to one that needs less, and the notifier of what that one needs relied on
//! the wake in flight. Only semaphores have waiters with different needs. (Found in review: two waiters woken in vain by turns,
//! and three permits that lay beside a sleeper who wanted three.)
//!
//! **Passing on** needs no fence of its own. Let V, on its way out, see `WAKING`, set by somebody who picked X, and leave
//! the rest of a state that a notifier N changed (A) to X.
//!
//! * V was woken, so it has cleared `WAKING`, fenced (F), and taken its share. If N saw V's `WAKING`, A comes before F in the
//!   order of `SeqCst` operations; V's load that misses X's clearing puts F before X's fence; so X's try sees A. If N did not,
//!   then N itself picked somebody or saw X's `WAKING`, which X's try answers for.
//! * V leaves unpicked (its time is up, or its second try succeeded). Then N, if it relied on V being the head, looked at the
//!   head under the gate's lock before V left under the same lock: A happens before V's look.
//!
//! (A fence there was a mutant that no model noticed; this is why.)
//!
//! **Bounded barging.** A waiter that was woken in vain after about a millisecond closes the gate: from then on
//! blocking newcomers join the line without trying, and instead make sure that the head is woken. Only calls already under
//! way, and `try_` forms, can still be faster. It opens the gate when it has been served or gives up.
//!
//! A newcomer looks itself, behind its fence, though whoever opens the gate looks at the head too, later in the word's modification
//! order and so with the newcomer in sight. For nothing orders the opener's look behind what a notifier did that saw neither of
//! them in the line: its last fence was for its own try. (Taken for redundant once; `checker` has the program that shows it.)
//!
//! **Under a latch.** Where all changes, tries and looks of `serves` happen in sections of one [`Latch`](crate::latch::Latch), as a queue's
//! do, the sections order what the fences order above. If W's second try came before N's change, then W's joining happens before N's load, which
//! therefore sees it; else the try sees the change. If N sees V's `WAKING`, V's clearing does not happen before N's load, so V's try
//! comes after N's change. If V, which has seen that state in its try, leaves it to X, whose `WAKING` it saw, then in the same way X's try comes after
//! V's. And if the look of a newcomer at a closed gate came before N's change, N saw the newcomer in the line; if it made none, since
//! it saw X's `WAKING`, then X's clearing comes after its joining in the word's order, and that after what N's load saw, so X's try follows N's change. So N's load is `Relaxed`,
//! and a change is one read-modify-write, the latch's. Sections of that kind are also the read-modify-writes, `AcqRel`, of one word: see
//! `queue::lock_free`.
//!
//! Where the two sides have a latch each, a try begins with a section of W's side, and one that takes nothing ends with a section of N's side, and so does a look
//! of `serves`. Every "before" above is then between two sections of one latch: of N's, for a try in vain and a change; of W's, for V's try that took something and
//! X's, which finds there at least what V saw, less what V took.
//!
//! # Memory ordering
//!
//! All changes of the gate's word are `Relaxed`: it publishes nothing. Its *loads* by notifiers (without a latch) are `SeqCst`, and waiters put a
//! fence between their changes of it and their looks at the state: the handshake. What a notifier did before is published by
//! its `Release` store to the waiter's own word, which the waiter reads with `Acquire`; that also hands the waiter's links back.
//! The line itself is under the gate's lock.
//!
//! # Progress
//!
//! Joining, leaving and picking take the gate's lock, for a few instructions. So an operation that finds somebody in the
//! line may have to wait for another thread there; while nobody waits, notifying is one load. "Lock-free" may therefore be
//! said of what stands behind a gate only "while nobody sleeps".
//!
//! No user code runs under the gate's lock. `attempt` may panic (an `Ord` may, in a priority queue): the waiter leaves the
//! line on the way out.

mod crowd;
mod list;
mod place;
mod served;

use crate::platform::atomic::{
    AtomicU32,
    Ordering::{Relaxed, SeqCst},
    fence,
};
use crate::platform::{Mutant, Patience, Spin, Stopwatch, UnsafeCell, mutated, sc_handshake};
use crate::raw_lock::RawLock;
use crate::watch::Tag;
pub(crate) use crowd::{AnotherLock, Crowd};
pub(crate) use list::{Chain, Untold, WaitList, Waiter};
use list::{RELEASED, WOKEN};
use place::{Pick, Place, Visit};
pub(crate) use served::{Serving, Step};
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};

const WAKING: u32 = 1;
const CLOSED: u32 = 1 << 1;
const WAITER: u32 = 1 << 2;

/// See the module.
#[repr(C)]
pub(crate) struct Gate {
    word: AtomicU32,
    lock: RawLock,
    line: UnsafeCell<WaitList>,
}

// SAFETY: the line is only used under the lock, and the waiters in it are made to be used by other threads.
unsafe impl Send for Gate {}
// SAFETY: as above.
unsafe impl Sync for Gate {}

// No user code runs under its lock, so a panic leaves nothing half done.
impl UnwindSafe for Gate {}
impl RefUnwindSafe for Gate {}

impl Gate {
    const_unless_loom! {
        pub(crate) fn new() -> Self {
            Gate { word: AtomicU32::new(0), lock: RawLock::tagged(Tag::unwatched()), line: UnsafeCell::new(WaitList::new()) }
        }
    }

    /// How many are in the line at this moment.
    pub(crate) fn waiting(&self) -> usize {
        (self.word.load(Relaxed) / WAITER) as usize
    }

    /// Whether a blocking newcomer may try before it joins the line. One load.
    #[inline]
    pub(crate) fn admits_newcomers(&self) -> bool {
        self.word.load(Relaxed) & CLOSED == 0
    }

    /// Tells the gate that the state has changed by a `SeqCst` read-modify-write; see [`Gate::notify`].
    #[inline]
    pub(crate) fn notify_after_rmw(&self, serves: impl Fn(usize) -> bool) {
        sc_handshake();
        self.notify(serves);
    }

    /// Whether a change of the state, in a section of a [`Latch`](crate::latch::Latch) or what stands for one, is to be told here: by
    /// [`Gate::notify_waiters`], or [`Gate::serve`]. One load.
    #[inline]
    pub(crate) fn is_to_be_told(&self) -> bool {
        // Relaxed: see "Under a latch" in the module.
        is_to_be_told(self.word.load(Relaxed))
    }

    /// Wakes the head of the line if `serves(its tag)` and no wake is in flight. The state change came before, with a
    /// fence between.
    #[inline]
    fn notify(&self, serves: impl Fn(usize) -> bool) {
        // SeqCst: the second half of the handshake, see `sc_handshake`.
        if is_to_be_told(self.word.load(SeqCst)) {
            self.notify_waiters(serves);
        }
    }

    /// The same, when somebody [is to be told](Gate::is_to_be_told). `serves` looks in a section too, if it is to say no.
    #[cold]
    pub(crate) fn notify_waiters(&self, serves: impl Fn(usize) -> bool) {
        let picked = self.locked(|line| {
            // Relaxed: it reads what the first load did or something later, so that one's handshake holds for it too.
            let another = self.word.load(Relaxed) & WAKING != 0 && !mutated(Mutant::GateNoSecondLook);
            if another || !line.head_tag().is_some_and(serves) {
                return None;
            }
            // SAFETY: under the lock; the word of the one waiter in the chain is stored to below.
            let chain = unsafe { line.take(1) };
            // Relaxed: the word publishes nothing, the waiter's own word does.
            let before = self.word.fetch_add(WAKING.wrapping_sub(WAITER), Relaxed);
            // A second one would carry into CLOSED.
            debug_assert!(before & WAKING == 0, "tollgate: two wakes in flight");
            Some(chain)
        });
        if let Some(chain) = picked {
            chain.tell(WOKEN);
        }
    }

    /// Wakes everybody: the state has changed for good (closed, shut down, nothing left to do).
    pub(crate) fn release_all(&self) {
        // The notifier's half of the handshake.
        fence(SeqCst);
        if self.word.load(Relaxed) < WAITER {
            return;
        }
        let chain = self.locked(|line| {
            // SAFETY: under the lock; every word in the chain is stored to below.
            let chain = unsafe { line.take(usize::MAX) };
            self.word.fetch_sub(WAITER * chain.len() as u32, Relaxed);
            chain
        });
        chain.tell(RELEASED);
    }

    /// Waits until `attempt` succeeds; `None` when patience runs out first. The caller has tried once, or was not
    /// admitted.
    ///
    /// First it looks for a while, as `spin` says.
    /// `serves(tag)` is a look without side effects: whether an attempt by a waiter with this tag would succeed now. `promising` is
    /// another one, which may be wrong for a moment: how many attempts like this waiter's would succeed.
    #[cold]
    pub(crate) fn wait<R>(
        &self,
        tag: usize,
        patience: Patience,
        mut attempt: impl FnMut() -> Option<R>,
        mut spin: Spin,
        promising: impl Fn() -> usize,
        serves: impl Fn(usize) -> bool + Copy,
    ) -> Option<R> {
        let Some(deadline) = patience.deadline() else {
            // A deadline that has passed is one look, and those who were not admitted have not had it.
            return attempt();
        };
        if self.admits_newcomers() {
            let mut result = None;
            while result.is_none() && spin.pause() {
                let much = promising();
                spin.finds(much);
                if much > 0 && self.admits_newcomers() {
                    result = attempt();
                }
            }
            spin.ended(result.is_some());
            if result.is_some() {
                return result;
            }
        }
        let waiter = Waiter::new(tag);
        let mut visit = Visit::new(Place::new(self, &waiter), serves);
        let waiting = Stopwatch::start();
        visit.place.join();
        let mut newcomer = true;
        loop {
            // The waiter's half of the handshake: a notifier that did not see us in the line changed the state before our look.
            fence(SeqCst);
            if newcomer && !self.admits_newcomers() {
                // Those who waited too long come first; but what is there now must not lie unseen: see "Bounded barging".
                if !mutated(Mutant::GateNewcomerSilent) {
                    self.notify(serves);
                }
            } else if !mutated(Mutant::GateNoSecondTry) {
                if let Some(result) = attempt() {
                    return Some(result);
                }
                // Woken and in vain, for this waiter; but the head may be another one by now, and need less.
                if !newcomer && !mutated(Mutant::GateVainWithoutLook) {
                    self.notify(serves);
                }
            }
            newcomer = false;
            let (pick, timed_out) = visit.place.sleep(&deadline);
            match pick {
                // One look more: a success that races the deadline wins, and a newcomer may not have had one.
                Pick::Nobody if mutated(Mutant::GateNoLastTry) => return None,
                Pick::Nobody => return attempt(),
                Pick::Woken if timed_out && mutated(Mutant::GateTimeoutSwallowsWake) => return None,
                Pick::Woken => self.clear_waking(),
                Pick::Released | Pick::Served { .. } => {}
            }
            if let Some(result) = attempt() {
                return Some(result);
            }
            if timed_out {
                return None;
            }
            visit.rejoin(waiting.too_long());
        }
    }

    /// Waits until `arrived()`, which is asked whenever [`Gate::release_all`] is called; `false` when patience runs out first.
    #[cold]
    pub(crate) fn wait_for(&self, patience: Patience, arrived: impl Fn() -> bool) -> bool {
        let Some(deadline) = patience.deadline() else { return false };
        let waiter = Waiter::new(0);
        let place = Place::new(self, &waiter);
        loop {
            place.join();
            // The waiter's half of the handshake, as in `wait`.
            fence(SeqCst); // For those whose `arrived` takes no lock.
            if !mutated(Mutant::GateNoSecondTry) && arrived() {
                return true;
            }
            let (_, timed_out) = place.sleep(&deadline);
            // Asked again: who releases may be late, and mean others, who have gone.
            if arrived() || (!timed_out && mutated(Mutant::GateTrustsRelease)) {
                return true;
            }
            if timed_out {
                return false;
            }
        }
    }

    fn clear_waking(&self) {
        if !mutated(Mutant::GateWakingNeverCleared) {
            self.word.fetch_and(!WAKING, Relaxed);
        }
        // The waiter's half of the handshake again: who saw WAKING left it to us to see the state.
        fence(SeqCst);
    }

    /// Takes `waiter` out of the line. `false` if it was not there: somebody has picked it.
    ///
    /// # Safety
    ///
    /// `waiter` was inserted into this line.
    unsafe fn withdraw(&self, waiter: &Waiter) -> bool {
        self.locked(|line| {
            let was_first = line.is_first(waiter);
            // SAFETY: under the lock, and by contract.
            let left = unsafe { line.remove(waiter) };
            if left {
                self.word.fetch_sub(WAITER, Relaxed);
            }
            // Invariant 5 of `served`.
            if left && was_first && waiter.errand.is_some() {
                self.open();
            }
            left
        })
    }

    /// Runs `f` on the line, under the gate's lock.
    fn locked<R>(&self, f: impl FnOnce(&mut WaitList) -> R) -> R {
        self.lock.acquire();
        // SAFETY: under the lock.
        let result = self.line.with_mut(|line| f(unsafe { &mut *line }));
        // SAFETY: acquired above. Nothing that runs under the lock panics.
        unsafe { self.lock.unlock() };
        result
    }
}

/// Somebody is in the line, and no wake is in flight.
#[inline]
fn is_to_be_told(word: u32) -> bool {
    word >= WAITER && word & WAKING == 0
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").field("waiting", &self.waiting()).finish()
    }
}
