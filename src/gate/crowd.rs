//! The crowd: those who wait at a condition, and will all want one lock when they are notified.
//!
//! The line is the gate's, and with it who is notified: exactly the n longest waiting. What differs is where they sleep. A wake for
//! each would be a system call for each, and then all but one would find the lock taken and sleep again. So they sleep on *one* word,
//! which each notification changes, and `notify_all` needs one system call for all of them:
//!
//! * **Is the lock held** (by the notifier, as a rule), then the sleepers are *moved*: counted in as sleepers of the lock, in the
//!   lock's own word, and requeued to that word in the kernel. Each release of the lock wakes one, as it would any sleeper of the lock.
//!   A few, one in four and no more than there are other CPUs, are woken at once, by the call that moves the rest: woken one after the
//!   other, each by the one before, sixteen on sixteen CPUs took three times as long.
//! * **Is it free**, they are woken, all by one call.
//!
//! Fewer than all cannot be moved (the kernel moves those that come first to it, not those that are first in line) but woken: each
//! sleeper listens on the futex channel of its ticket, so that a wake for few passes the others by. There are 31 channels (the 32nd is for
//! the starving sleeper of a lock, and nobody who may be moved to one listens on it); whoever joins
//! a longer line sleeps on a word of its own, and is woken or moved by a call of its own. (With tickets that shared channels a
//! `notify_one` among 1000 woke 32 of them, 31 in vain.) If some in the middle of a line give up, those who
//! come later may share a channel with older ones; then a wake for one wakes the others too, who look, and sleep on.
//!
//! Three other ways were measured, with 16 waiters on two CPUs, per round, in microseconds (std: 52 and 118, parking_lot: 82 and
//! 63, for a lock that is free and one that is held): a word for each and a wake for each, 69 and 127; a few woken, and each that
//! has the lock wakes the next one, 75 to 350. The numbers of this file: `cargo bench -p tollgate-benches --bench arena -- broadcast`.
//!
//! # What a waiter's word says
//!
//! `WAITING`, `ASLEEP` and `ASLEEP_TOGETHER` (announced; it sleeps or is about to, on this word or on the crowd's), `RELEASED` (notified;
//! acquire the lock), `MOVED` (notified; counted in as a sleeper of the lock), `MOVED_STAYS` (the same, and the notifier is not done with
//! this word, or with the lock, before it gives the gate's lock back).
//! It is told under the gate's lock; so whoever finds itself taken off the line has been told.
//!
//! # No lost wake-up
//!
//! A waiter reads the crowd's word, then its own, and sleeps only while the crowd's is what it read. A notifier stores to the
//! waiter's own word and then changes the crowd's. If the waiter reads the change, it sees that it has been told (`Release`, and the
//! `Acquire` of its load); if not, the kernel refuses the sleep, or the wake or move that follows the change finds it asleep. For a
//! waiter that sleeps on its own word that word is both.
//!
//! After a signal the kernel compares again: a moved waiter then compares the crowd's word, which was changed before the move, and
//! comes out to look.
//!
//! # Why a move takes nobody along who was not notified
//!
//! Everybody in the line is notified. Those who join after that join under the gate's lock, which the notifier holds until the move
//! is done. And those who were notified before, and told to acquire the lock, may still sleep here, since they are woken after the gate's
//! lock (under it, the woken slept again at once, on that lock: `benches/JOURNAL.md`); so while such a wake is under way nobody is
//! moved, and all are woken. (A first version moved such a waiter along, uncounted. Found in review;
//! `condition: notified before, not moved` and `Mutant::CrowdMovesAmidWake` keep it.)
//!
//! # Why a moved waiter is woken
//!
//! It sleeps on the lock's word without having compared it, so invariant 2 of [`RawLock`] does not hold by itself. If the notifier does
//! not hold the lock, whoever does may release it between the counting and the move: it sees a sleeper, sets `WAKING`, and its wake
//! finds nobody. If the call that moved them has also woken one, that one is on its way to the lock: it takes it, and its release
//! finds the others; or it sees it held, and clears `WAKING` in the same step, so that the release finds them. (The counting sets
//! `WAKING` for it, so that a release before that need not wake another.) If it has woken nobody, the notifier looks at the lock's word after the
//! move, and wakes one sleeper unless the word is such that the next release will. (Found in review; `Mutant::CrowdMovedUnseen` keeps
//! it.) The lock is alive for that look, since the last of the moved waiters does not go on before it has had the gate's lock.
//!
//! A moved waiter does not listen on the channel of the lock's starving sleeper: the wake that goes with a grant would wake it in vain, and
//! nobody the other one, for whom the lock stays reserved. (Waiters on words of their own first listened on all channels. With forty of them,
//! and two threads that kept taking the lock, everybody slept within seconds. Found in review; `Mutant::CrowdListensForGrant` keeps it.)
//!
//! A moved waiter that was not asleep (it was spinning, or on its way) has been counted in like the others, and goes on as a
//! sleeper of the lock that has not fallen asleep yet; see [`RawLock::acquire_counted`].
//!
//! # Why a waiter's own word is alive when it is moved
//!
//! The kernel moves by address, and whoever has been told may go, and sleep at the same address for another reason. So a
//! waiter that is seen asleep on its own word is told `MOVED_STAYS`. One that falls asleep between that look and the telling is woken,
//! which does a stranger no harm.

use super::list::{ASLEEP, ASLEEP_TOGETHER, MOVED, MOVED_STAYS, RELEASED, WAITING, Waiter};
use super::{Gate, WAITER};
use crate::platform::atomic::{
    AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
};
use crate::platform::{Deadline, Mutant, Spin, Wait, crowd_sizes, futex, mutated, spin_until, torn_down};
use crate::raw_lock::{ANY_BUT_STARVING, CHANNELS, RawLock};
use crate::watch::Waiting;
use std::cell::Cell;
use std::fmt;
use std::ptr;

/// How many waiters sleep on the crowd's word, each on a channel of its own; the others, on words of their own.
fn sharers() -> u32 {
    crowd_sizes::sharers(CHANNELS)
}

/// See the module.
#[repr(C)]
pub(crate) struct Crowd {
    gate: Gate,
    /// What they sleep on, together: a number that every notification of theirs changes.
    parked: AtomicU32,
    /// How many notifiers have told waiters and not yet woken them. It grows under the gate's lock.
    waking: AtomicU32,
}

impl Crowd {
    const_unless_loom! {
        pub(crate) fn new() -> Self {
            Crowd { gate: Gate::new(), parked: AtomicU32::new(0), waking: AtomicU32::new(0) }
        }
    }

    /// How many are waiting at this moment.
    pub(crate) fn waiting(&self) -> usize {
        self.gate.waiting()
    }

    /// Joins the line, releases `lock`, sleeps until notified (`true`) or until `deadline`, which is `None` if there is no time at
    /// all, and acquires the lock again. Notifications count from before the release on.
    ///
    /// An error, and nothing has happened, if the line holds a waiter with another lock.
    ///
    /// # Safety
    ///
    /// The calling code holds the lock, and nobody else will release it.
    pub(crate) unsafe fn wait(
        &self,
        lock: &RawLock,
        deadline: Option<Deadline>,
        waiting: Waiting,
    ) -> Result<bool, AnotherLock> {
        let waiter = Waiter::new(ptr::from_ref(lock).expose_provenance());
        let member = Member {
            crowd: self,
            waiter: &waiter,
            lock,
            waiting,
            stage: Cell::new(Stage::Outside),
            slept: Cell::new(false),
            amid_panic: torn_down(),
        };
        if mutated(Mutant::ConditionJoinsAfterUnlock) {
            // SAFETY: by contract.
            unsafe { lock.unlock() };
            member.stage.set(Stage::InLine);
        }
        let (bed, first) = member.join()?;
        if member.stage.replace(Stage::InLine) == Stage::Outside {
            // SAFETY: by contract. From here on the member acquires it again when it is dropped.
            unsafe { lock.unlock() };
        }
        Ok(match deadline {
            // In a crowd it would be long until it paid, and take the CPU from those who are to change something.
            Some(_) if first && spin_until(Spin::for_hand_off(), || member.told()) => true,
            Some(deadline) => member.sleep(&deadline, bed),
            None => member.leave(),
        })
    }

    /// Notifies the `count` longest waiting, exactly, and returns how many that were.
    ///
    /// With nobody waiting this is one load. What orders that load after the caller's change is the lock, which the waiters
    /// held when they joined.
    #[inline]
    pub(crate) fn notify(&self, count: usize) -> usize {
        if self.gate.word.load(Relaxed) < WAITER || count == 0 {
            return 0;
        }
        self.notify_waiting(count)
    }

    #[cold]
    fn notify_waiting(&self, count: usize) -> usize {
        let mut channels = 0;
        // One on its own word, to be woken after the gate's lock.
        let mut alone = None;
        let (notified, moved) = self.gate.locked(|line| {
            let lock = line.head_tag();
            // SAFETY: under the gate's lock; every word in the chain is stored to below.
            let mut chain = unsafe { line.take(count) };
            let notified = chain.len();
            let left = self.gate.word.fetch_sub(WAITER * notified as u32, Relaxed) / WAITER - notified as u32;
            // SAFETY: a waiter that has not been told borrows the lock that its tag is the address of.
            let lock = lock.map(|lock| unsafe { &*ptr::with_exposed_provenance::<RawLock>(lock) });
            // Acquire: those whom others have told have been woken, too.
            let amid_wake = self.waking.load(Acquire) != 0 && !mutated(Mutant::CrowdMovesAmidWake);
            let ahead = crowd_sizes::woken_ahead(notified);
            let target = lock.filter(|lock| left == 0 && !amid_wake && lock.adopt(notified, ahead > 0));
            let mut asleep_on_the_lock = false;
            // If the line was longer and no longer is, those who slept alone in it are woken.
            let some_alone = target.is_some() && notified > sharers() as usize;
            while let Some(waiter) = chain.next() {
                // SAFETY: it is alive until it is told, and its links belong to the chain.
                let (word, channel) = unsafe { (&raw const (*waiter).word, channel((*waiter).ticket())) };
                // Relaxed: who sleeps stays until it has been told or has had the gate's lock.
                // SAFETY: as above.
                let sleeps_alone = some_alone && unsafe { &*word }.load(Relaxed) == ASLEEP;
                let goes_on = sleeps_alone && mutated(Mutant::CrowdMovedAloneGoesOn);
                let last = chain.len() == 0 && !mutated(Mutant::CrowdLastGoesOn);
                let stays = (sleeps_alone || last) && !goes_on;
                let told = match target {
                    None => RELEASED,
                    Some(_) if stays => MOVED_STAYS,
                    Some(_) => MOVED,
                };
                // SAFETY: as above.
                unsafe { (*waiter).thread }.notified();
                // Release: what the notifier did is visible to the waiter. The last access to it, unless it stays.
                // SAFETY: as above.
                match (unsafe { &*word }.swap(told, Release), target) {
                    (ASLEEP_TOGETHER, _) => channels |= channel,
                    (ASLEEP, Some(lock)) if sleeps_alone => {
                        // SAFETY: it has been told to stay until the gate's lock is given back.
                        match futex::requeue(unsafe { &*word }, told, lock.word(), 0, 1) {
                            Some(count) => asleep_on_the_lock |= count > 0,
                            None => futex::wake_at(word),
                        }
                    }
                    (ASLEEP, _) => {
                        if let Some(earlier) = alone.replace(word) {
                            futex::wake_at(earlier);
                        }
                    }
                    _ => {}
                }
            }
            if channels != 0 {
                // Release: whoever reads it sees that it has been told.
                let change = u32::from(!mutated(Mutant::CrowdUnchanged));
                let parked = self.parked.fetch_add(change, Release).wrapping_add(change);
                match target.map(|lock| futex::requeue(&self.parked, parked, lock.word(), ahead, u32::MAX)) {
                    None => _ = self.waking.fetch_add(1, Relaxed),
                    // The word changes under this gate's lock only, so this is a system that does not requeue. They come out counted.
                    Some(None) => futex::wake_on(&self.parked, u32::MAX, channels),
                    // One at least has been woken, if any of them slept.
                    Some(Some(count)) if ahead > 0 && count > 0 => asleep_on_the_lock = false,
                    Some(Some(count)) => asleep_on_the_lock |= count > 0,
                }
            }
            if let Some(lock) = target.filter(|_| asleep_on_the_lock && !mutated(Mutant::CrowdMovedUnseen)) {
                lock.look_after_move();
            }
            (notified, target.is_some())
        });
        if let Some(word) = alone {
            futex::wake_at(word);
        }
        if channels != 0 && !moved {
            futex::wake_on(&self.parked, u32::MAX, channels);
            // Release: whoever sees none under way comes after this wake.
            self.waking.fetch_sub(1, Release);
        }
        notified
    }
}

/// What a member sleeps on.
#[derive(Clone, Copy, Debug)]
enum Bed {
    /// The crowd's word, listening on this channel.
    Shared(u32),
    /// Its own.
    Own,
}

/// The channel that the waiter with this ticket listens on.
fn channel(ticket: u64) -> u32 {
    1 << (ticket % u64::from(CHANNELS))
}

/// Where a member is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// It holds the lock, and is in no line.
    Outside,
    /// In the line, or taken off it.
    InLine,
    /// Not in the line, without the lock.
    Left,
    /// The same, and counted in as a sleeper of the lock.
    Counted,
}

/// One waiter's stay. However it ends, by a panic too, the waiter does not outlive its place in the line, and the lock is held again.
struct Member<'a> {
    crowd: &'a Crowd,
    waiter: &'a Waiter,
    lock: &'a RawLock,
    /// Its wait, for the watch.
    waiting: Waiting,
    stage: Cell<Stage>,
    /// Whether it has slept since it was told.
    slept: Cell<bool>,
    /// Made by a destructor in the course of a panic, and not itself struck by it.
    amid_panic: bool,
}

impl Member<'_> {
    /// Joins the line. What to sleep on, and whether nobody else was in the line.
    fn join(&self) -> Result<(Bed, bool), AnotherLock> {
        let gate = &self.crowd.gate;
        gate.locked(|line| {
            if line.head_tag().is_some_and(|head| head != self.waiter.tag) {
                return Err(AnotherLock { waiting: self.crowd.waiting() });
            }
            // SAFETY: under the lock; the waiter is in no list, and is borrowed by this member, which does not end before the
            // waiter has been removed or told.
            let ticket = unsafe { line.insert(self.waiter) };
            // Relaxed: whoever locks the user's lock after us sees it.
            let others = gate.word.fetch_add(WAITER, Relaxed) / WAITER;
            let bed = if others < sharers() { Bed::Shared(channel(ticket)) } else { Bed::Own };
            Ok((bed, others == 0))
        })
    }

    /// Sleeps until told (`true`), or until `deadline` and then leaves the line.
    fn sleep(&self, deadline: &Deadline, bed: Bed) -> bool {
        loop {
            let wait = match bed {
                Bed::Own if mutated(Mutant::CrowdListensForGrant) => self.waiter.sleep_once(deadline),
                // It may be moved to the lock's word, where a grant's wake is not for it.
                Bed::Own => self.waiter.sleep_once_on(deadline, ANY_BUT_STARVING),
                Bed::Shared(channel) => {
                    // Acquire: if this is the number after we were told, we see that we were.
                    let seen = self.crowd.parked.load(Acquire);
                    // Relaxed: on success nothing is read; on failure `told` loads again. Having just said that it sleeps, it does: a
                    // notifier that saw it will send a wake, and wakes never exceed sleeps. (A look here sent one wake too many in some
                    // thousand rounds.)
                    let word = &self.waiter.word;
                    let announced = word.compare_exchange(WAITING, ASLEEP_TOGETHER, Relaxed, Relaxed).is_ok();
                    if !announced && self.told() {
                        return true;
                    }
                    futex::wait_on(&self.crowd.parked, seen, deadline, channel)
                }
            };
            self.slept.set(wait == Wait::MaybeWoken);
            if self.told() {
                return true;
            }
            if wait == Wait::TimedOut {
                return self.leave();
            }
            if wait == Wait::MaybeWoken && mutated(Mutant::GateTrustsWake) {
                return true;
            }
        }
    }

    /// Leaves the line. `true` if the waiter has been notified instead.
    fn leave(&self) -> bool {
        // SAFETY: the waiter was inserted into this line.
        if unsafe { self.crowd.gate.withdraw(self.waiter) } {
            self.stage.set(Stage::Left);
            return false;
        }
        // Taken off the line, and therefore told.
        self.told() && !mutated(Mutant::ConditionTimeoutSwallowsNotify)
    }

    fn told(&self) -> bool {
        // Acquire: what the notifier did is visible from here on.
        match self.waiter.word.load(Acquire) {
            WAITING | ASLEEP | ASLEEP_TOGETHER => return false,
            told @ (MOVED | MOVED_STAYS) => {
                if told == MOVED_STAYS && self.stage.get() != Stage::Counted {
                    // The notifier is about to look at the lock, which lives as long as we do not go on, or to name our word to the kernel.
                    self.crowd.gate.locked(|_| ());
                }
                self.stage.set(Stage::Counted);
            }
            _ => self.stage.set(Stage::Left),
        }
        true
    }
}

impl Drop for Member<'_> {
    fn drop(&mut self) {
        if torn_down() && !self.amid_panic {
            return;
        }
        if self.stage.get() == Stage::InLine {
            self.leave();
        }
        if self.stage.get() == Stage::Outside {
            return;
        }
        self.waiting.wants_lock();
        match self.stage.get() {
            Stage::Counted => self.lock.acquire_counted(self.slept.get()),
            _ => self.lock.acquire_unwatched(),
        }
        self.waiting.has_lock(self.lock.tag());
    }
}

impl fmt::Debug for Crowd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Crowd").field("waiting", &self.waiting()).finish()
    }
}

/// The line holds a waiter with another lock.
#[derive(Debug)]
pub(crate) struct AnotherLock {
    /// How many are in it.
    pub(crate) waiting: usize,
}
