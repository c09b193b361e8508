//! The reentrant lock without its value: a [`RawLock`], who holds it, and how many times over.
//!
//! # State
//!
//! | field | holds | written |
//! |---|---|---|
//! | `raw` | the lock itself | |
//! | `owner` | the number of the thread that holds it, or [`NOBODY`] | under the lock, read by everybody |
//! | `depth` | how many levels the owner holds; [`BORROWED`]: one, and the value is borrowed mutably | under the lock |
//! | `lent` | how many threads wait with the lock released whose outer guards still lend the value | under the lock |
//!
//! The first level takes `raw` and writes the owner's number; the last one takes the number away and releases `raw`. In between
//! the owner recognises itself by one load and counts: no read-modify-write, whatever the form, since nobody else can be in
//! its way.
//!
//! # Invariants
//!
//! 1. If `owner` is a thread's number, that thread holds `raw`. The number is written after the acquisition and cleared before the
//!    release, both by that thread, in a condition's wait too.
//! 2. `depth` is at least the number of guards, mapped ones included, that the owner has. Guards that are leaked stay counted.
//! 3. *Mutable borrows.* The owner may take the lock again at any time, also while it has the value borrowed from a guard; so
//!    an exclusive borrow of the guard alone does not make one of the value. A mutable borrow needs depth 1, so that no other guard of
//!    this thread lends the value, and `lent == 0`, so that no guard of another one does. While it lasts `depth` is `BORROWED`,
//!    and taking the lock again is refused. One that is leaked ends when its guard is used for something else.
//! 4. `depth` never wraps: at [`DEEPEST`] another level is refused. (At zero with guards alive the lock would be free.)
//! 5. *Waiting* at depth 1 lends nothing, since the wait borrows the only guard. At a greater depth outer guards lend `&T` while
//!    other threads have the lock, so the value must be `Sync`, and `lent` keeps them from borrowing it mutably. Number and depth
//!    come back after the one acquisition that stands for all levels, with the lock held: nobody else is ever between two of them.
//!
//! # Memory ordering
//!
//! The owner check is a `Relaxed` load, and all writes of `owner` are `Relaxed`. The question is only ever "is it me?", and the
//! answer follows from coherence of this one word. My number is written by me alone (no other thread has it, ever), and a load
//! returns no write older than my own last one. If that was my number, I hold the lock and nobody overwrites it; so I read it.
//! If it was `NOBODY`, every newer write is another thread's, of another number; so I do not read mine.
//! What the lock protects, `depth` and `lent` included, is published by `raw`.
//!
//! # Cost
//!
//! First and last level: the two read-modify-writes of `raw`, and two plain stores. Re-entry and its end: none.

use crate::platform::atomic::{AtomicThreadId, Ordering::Relaxed};
use crate::platform::{Mutant, Patience, ThreadId, UnsafeCell, mutated, thread_id};
use crate::raw_lock::RawLock;
use crate::watch::{Kind, Tag};

/// No thread has this number.
const NOBODY: ThreadId = 0;
/// The owner is at depth 1 and has borrowed the value mutably.
const BORROWED: u32 = u32::MAX;
/// As many levels as there can be.
const DEEPEST: u32 = BORROWED - 1;

/// See the module.
pub(crate) struct RawRLock {
    raw: RawLock,
    held: UnsafeCell<Held>,
    owner: AtomicThreadId,
}

/// What the lock itself protects.
struct Held {
    depth: u32,
    lent: u32,
}

impl Held {
    fn levels(&self) -> u32 {
        if self.depth == BORROWED { 1 } else { self.depth }
    }
}

// SAFETY: `held` is only used by the thread that holds `raw`; by invariant 1 the owner is one.
unsafe impl Sync for RawRLock {}

impl RawRLock {
    const_unless_loom! {
        pub(crate) fn new() -> Self {
            RawRLock {
                raw: RawLock::tagged(Tag::new(Kind::RLock)),
                held: UnsafeCell::new(Held { depth: 0, lent: 0 }),
                owner: AtomicThreadId::new(NOBODY),
            }
        }
    }

    const_unless_loom! {
        pub(crate) fn set_name(&mut self, name: &'static str) {
            self.raw.set_name(name);
        }
    }

    /// One level more, after a wait if another thread has the lock.
    #[inline]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub(crate) fn acquire(&self) {
        let me = thread_id();
        if self.is_owned_by(me) {
            self.enter_again();
        } else {
            self.raw.acquire();
            self.enter(me);
        }
    }

    /// The same for as long as patience lasts; whether there is one level more.
    #[inline]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub(crate) fn acquire_within(&self, patience: Patience) -> bool {
        let me = thread_id();
        if self.is_owned_by(me) {
            self.enter_again();
            return true;
        }
        let acquired = self.raw.acquire_within(patience);
        if acquired {
            self.enter(me);
        }
        acquired
    }

    /// One level less. By pointer, since the next owner may free the lock as soon as the last level is given back: a reference
    /// would have to live until this function returns.
    ///
    /// # Safety
    ///
    /// The calling thread has a guard of its own and gives it up.
    #[inline]
    pub(crate) unsafe fn release(this: *const Self) {
        let leave = |held: &mut Held| {
            let last = held.levels() == 1;
            held.depth = held.levels() - 1;
            last
        };
        // SAFETY: a guard exists only in the thread that holds the lock, and the lock is alive while it is held.
        if unsafe { (*this).with_held(leave) } {
            // SAFETY: as above.
            let forget_owner = || unsafe { (*this).owner.store(NOBODY, Relaxed) };
            if !mutated(Mutant::RLockOwnerStays) && !mutated(Mutant::RLockOwnerClearedLate) {
                forget_owner();
            }
            // SAFETY: this was the last level. The last access to the lock.
            unsafe { (*this).raw.unlock() };
            if mutated(Mutant::RLockOwnerClearedLate) {
                forget_owner();
            }
        }
    }

    #[inline]
    pub(crate) fn is_locked(&self) -> bool {
        self.raw.is_locked()
    }

    /// Whether the calling thread holds the lock.
    #[inline]
    pub(crate) fn is_owned(&self) -> bool {
        self.is_owned_by(thread_id())
    }

    /// How many levels the calling thread holds.
    #[inline]
    pub(crate) fn depth(&self) -> u32 {
        // SAFETY: asked for by the owner alone.
        if self.is_owned() { unsafe { self.levels() } } else { 0 }
    }

    /// Whether the calling thread holds the lock and would be refused another level.
    pub(crate) fn refuses(&self) -> bool {
        // SAFETY: asked for by the owner alone.
        self.is_owned() && unsafe { self.with_held(|held| held.depth >= DEEPEST) }
    }

    /// The lock that all levels together hold.
    pub(crate) fn raw(&self) -> &RawLock {
        &self.raw
    }

    /// How many levels are held.
    ///
    /// # Safety
    ///
    /// The calling thread holds the lock.
    #[inline]
    pub(crate) unsafe fn levels(&self) -> u32 {
        // SAFETY: by contract.
        unsafe { self.with_held(|held| held.levels()) }
    }

    /// Begins a mutable borrow of the value, if nothing else lends it: invariant 3.
    ///
    /// # Safety
    ///
    /// The calling thread has a guard and borrows it exclusively until [`RawRLock::end_borrow`], or for ever.
    #[inline]
    pub(crate) unsafe fn borrow(&self) -> bool {
        // SAFETY: a guard exists only in the thread that holds the lock.
        unsafe {
            self.with_held(|held| {
                let alone = held.levels() == 1 && held.lent == 0;
                if alone {
                    held.depth = BORROWED;
                }
                alone
            })
        }
    }

    /// Ends a mutable borrow.
    ///
    /// # Safety
    ///
    /// [`RawRLock::borrow`] has succeeded in the calling thread, and the borrow is over.
    #[inline]
    pub(crate) unsafe fn end_borrow(&self) {
        // SAFETY: the thread still has its guard.
        unsafe { self.with_held(|held| held.depth = 1) }
    }

    /// Prepares a lock that is held for being released as a whole; how many levels there are.
    ///
    /// # Safety
    ///
    /// The calling thread has a guard and borrows it exclusively. Nothing but a release of [`RawRLock::raw`], an acquisition
    /// and [`RawRLock::step_in`] follows. At a greater depth than 1 the value is `Sync`.
    pub(crate) unsafe fn step_out(&self) -> u32 {
        // SAFETY: a guard exists only in the thread that holds the lock.
        unsafe {
            self.with_held(|held| {
                let levels = held.levels();
                // One for each thread that waits: it cannot overflow.
                held.lent += u32::from(levels > 1 && !mutated(Mutant::RLockLentUncounted));
                self.owner.store(NOBODY, Relaxed);
                levels
            })
        }
    }

    /// Gives the owner and its levels back to a lock that was stepped out of and has been acquired again.
    ///
    /// # Safety
    ///
    /// The calling thread has got these levels from [`RawRLock::step_out`], and holds [`RawRLock::raw`].
    pub(crate) unsafe fn step_in(&self, levels: u32) {
        // SAFETY: the lock is held, by contract.
        unsafe {
            self.with_held(|held| {
                held.lent -= u32::from(levels > 1 && !mutated(Mutant::RLockLentUncounted));
                held.depth = if mutated(Mutant::RLockDepthNotRestored) { 1 } else { levels };
            });
        }
        if !mutated(Mutant::RLockOwnerNotRestored) {
            self.owner.store(thread_id(), Relaxed);
        }
    }

    /// See "Memory ordering".
    #[inline]
    fn is_owned_by(&self, me: ThreadId) -> bool {
        let owner = self.owner.load(Relaxed);
        owner == me || (owner != NOBODY && mutated(Mutant::RLockOwnerNotCompared))
    }

    /// The calling thread has just acquired `raw`.
    #[inline]
    fn enter(&self, me: ThreadId) {
        // SAFETY: acquired by this thread.
        unsafe { self.with_held(|held| held.depth = 1) };
        self.owner.store(me, Relaxed);
    }

    /// One level more for the owner.
    #[inline]
    fn enter_again(&self) {
        // SAFETY: called by the owner alone.
        let depth = unsafe {
            self.with_held(|held| {
                let depth = held.depth;
                if depth < DEEPEST {
                    held.depth += 1;
                }
                depth
            })
        };
        if depth >= DEEPEST {
            refuse(depth);
        }
    }

    /// # Safety
    ///
    /// The calling thread holds the lock. `f` calls nothing that uses it.
    #[inline]
    unsafe fn with_held<R>(&self, f: impl FnOnce(&mut Held) -> R) -> R {
        // SAFETY: only the thread that holds the lock comes here, and not from within `f`, so the reference is the only one.
        self.held.with_mut(|held| f(unsafe { &mut *held }))
    }
}

/// Nothing has changed.
#[cold]
fn refuse(depth: u32) -> ! {
    if depth == BORROWED {
        panic!("RLock: locked again while its value is borrowed mutably; drop the RLockMut first");
    }
    panic!("RLock: locked {DEEPEST} times by one thread and never unlocked; there is no deeper level");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::Duration;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    /// The forms of taking the lock.
    const FORMS: [fn(&RawRLock); 3] = [
        RawRLock::acquire,
        |lock| assert!(lock.acquire_within(Patience::None)),
        |lock| assert!(lock.acquire_within(Patience::For(Duration::from_secs(60)))),
    ];

    #[test]
    fn a_level_too_deep_is_a_panic_that_changes_nothing() {
        let lock = RawRLock::new();
        lock.acquire();
        // SAFETY: held. As if DEEPEST - 1 guards had been leaked.
        unsafe { lock.with_held(|held| held.depth = DEEPEST - 1) };
        for form in FORMS {
            assert!(!lock.refuses());
            form(&lock);
            assert_eq!(lock.depth(), DEEPEST);
            assert!(lock.refuses());
            for form in FORMS {
                let panic = catch_unwind(AssertUnwindSafe(|| form(&lock))).expect_err("too deep");
                let message = panic.downcast_ref::<String>().unwrap();
                assert!(message.contains("no deeper level"), "{message}");
                assert_eq!(lock.depth(), DEEPEST);
            }
            // SAFETY: held.
            unsafe { RawRLock::release(&raw const lock) };
            assert_eq!(lock.depth(), DEEPEST - 1);
            assert!(lock.is_locked() && lock.is_owned());
        }
    }
}
