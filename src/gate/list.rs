//! The line of waiters: an intrusive, doubly linked list, oldest ticket first.
//!
//! One [`Waiter`] is one waiting thread, on that thread's stack. A list is a plain value without a lock of its own: it
//! belongs to whoever holds the lock that guards it: a gate's small lock, or the lock of the object it serves (a barrier).
//!
//! ```text
//!   head ──► waiter 3 ◄──► waiter 5 ◄──► waiter 6 ◄── tail        next ticket: 7
//! ```
//!
//! # Invariants
//!
//! 1. `linked` is touched only under the list's lock. So are the links, with one exception: the links of a waiter that was
//!    taken off the list belong to whoever took it, until its word is stored to. That is why `linked` is a cell of its own:
//!    a waiter whose time runs out looks at it to learn that it has been picked. (In one cell with the links, that look was
//!    a data race with the notifier's walk along the chain. loom found it.)
//! 2. A waiter stays in place, and alive, from [`WaitList::insert`] until it has been removed or its word has been stored
//!    to. (`Place::leave`, `crowd::Member`, `Rounds::outcome`, and `Rendezvous::offer` and `request` keep this promise.)
//! 3. Tickets rise from head to tail. A waiter keeps its ticket for the whole call, so one that was woken in vain rejoins
//!    where it was.

use super::served::Errand;
use crate::platform::atomic::{
    AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
};
use crate::platform::{Deadline, Spin, UnsafeCell, Wait, futex, spin_until, torn_down};
use crate::watch::ThreadTag;
use std::ptr::{self, NonNull};

/// A waiter's word: nobody has picked it yet, and it is awake.
pub(super) const WAITING: u32 = 0;
/// Nobody has picked it yet, and it sleeps on this word or is about to: whoever picks it has to wake it.
pub(super) const ASLEEP: u32 = 3;
/// The same, on a word that it shares with others. Conditions only.
pub(super) const ASLEEP_TOGETHER: u32 = 6;
/// In a gate: picked as the one wake in flight; it must clear "wake in flight", and pass the wake on.
pub(super) const WOKEN: u32 = 1;
/// In a gate: picked for good; what it waited for has happened.
pub(super) const RELEASED: u32 = 2;
/// In a gate: its errand has been run to its end.
pub(super) const SERVED: u32 = 7;
/// The same, and it goes on in the place of the one who did: see [`served`](super::served).
pub(super) const SERVED_GOES_ON: u32 = 8;
/// Picked for good, and counted in as a sleeper of the lock that it will need. Conditions only.
pub(super) const MOVED: u32 = 4;
/// The same, and it stays until the notifier has given the gate's lock back.
pub(super) const MOVED_STAYS: u32 = 5;

/// One waiting thread.
#[derive(Debug)]
pub(crate) struct Waiter {
    /// What the thread is told by: [`WAITING`], [`ASLEEP`], or what it was told, in the terms of the list's owner. It sleeps on it,
    /// unless it shares a word with others, in a [crowd](super::crowd) or an [epoch](crate::epoch).
    pub(super) word: AtomicU32,
    /// What the thread waits for, in the terms of the object that the gate belongs to.
    pub(super) tag: usize,
    /// What is to be done for it, in a gate that is [served](super::served).
    pub(super) errand: Option<NonNull<Errand<'static>>>,
    /// Whose it is, for the watch.
    pub(super) thread: ThreadTag,
    linked: UnsafeCell<bool>,
    links: UnsafeCell<Links>,
}

#[derive(Debug)]
struct Links {
    previous: *const Waiter,
    next: *const Waiter,
    ticket: Option<u64>,
}

impl Waiter {
    pub(crate) fn new(tag: usize) -> Self {
        Waiter::with(tag, None)
    }

    pub(super) fn with_errand(errand: NonNull<Errand<'static>>) -> Self {
        Waiter::with(0, Some(errand))
    }

    fn with(tag: usize, errand: Option<NonNull<Errand<'static>>>) -> Self {
        let links = Links { previous: ptr::null(), next: ptr::null(), ticket: None };
        Waiter {
            word: AtomicU32::new(WAITING),
            tag,
            errand,
            thread: ThreadTag::mine(),
            linked: UnsafeCell::new(false),
            links: UnsafeCell::new(links),
        }
    }

    /// One futex wait, announced in the word: a waiter that is not asleep costs whoever tells it no system call, and there is
    /// no wake without a wait.
    pub(crate) fn sleep_once(&self, deadline: &Deadline) -> Wait {
        self.sleep_once_on(deadline, futex::EVERY)
    }

    /// The same, listening on these channels alone.
    pub(super) fn sleep_once_on(&self, deadline: &Deadline, channels: u32) -> Wait {
        // Relaxed: on success nothing is read; on failure `told` loads again.
        let announced = self.word.compare_exchange(WAITING, ASLEEP, Relaxed, Relaxed);
        if matches!(announced, Ok(_) | Err(ASLEEP)) {
            futex::wait_on(&self.word, ASLEEP, deadline, channels)
        } else {
            Wait::Changed
        }
    }

    /// What it was told, if it was.
    pub(crate) fn told(&self) -> Option<u32> {
        // Acquire: what was done before it was told is visible from here on.
        match self.word.load(Acquire) {
            WAITING | ASLEEP => None,
            told => Some(told),
        }
    }

    /// What it is told, once it is: looks for a while, and then sleeps. `None` if `deadline` comes first; it is still in its line then, or has
    /// been picked.
    pub(crate) fn until_told(&self, deadline: &Deadline) -> Option<u32> {
        if self.told().is_none() {
            spin_until(Spin::for_hand_off(), || self.told().is_some());
        }
        loop {
            if let Some(told) = self.told() {
                return Some(told);
            }
            if self.sleep_once(deadline) == Wait::TimedOut {
                return self.told();
            }
        }
    }

    /// Sets `linked` and returns what it was.
    ///
    /// # Safety
    ///
    /// Invariant 1: the caller holds the list's lock.
    unsafe fn set_linked(&self, now: bool) -> bool {
        // SAFETY: exclusive by contract.
        self.linked.with_mut(|linked| unsafe { std::mem::replace(&mut *linked, now) })
    }

    /// Its number in the order of arrival; 0 for one that has never been in a line.
    ///
    /// # Safety
    ///
    /// Invariant 1: the caller holds the list's lock, or has taken this waiter off the list.
    pub(super) unsafe fn ticket(&self) -> u64 {
        // SAFETY: by contract.
        unsafe { self.links(|links| links.ticket.unwrap_or(0)) }
    }

    /// # Safety
    ///
    /// Invariant 1: the caller holds the list's lock, or has taken this waiter off the list.
    unsafe fn links<R>(&self, f: impl FnOnce(&mut Links) -> R) -> R {
        // SAFETY: exclusive by contract, and no reference leaves the closure.
        self.links.with_mut(|links| f(unsafe { &mut *links }))
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        futex::end_of(&self.word);
        if !torn_down() {
            // For the models: its end is an access, and must come after that of whoever told it.
            // SAFETY: by invariant 2 nobody else has it any more.
            unsafe { self.links(|_| ()) };
        }
    }
}

/// Dropped by a panic in the middle of a wait, which only a system without a futex can cause: the line would keep a pointer
/// to a waiter that is gone.
pub(crate) struct Untold;

impl Drop for Untold {
    fn drop(&mut self) {
        if !torn_down() {
            std::process::abort();
        }
    }
}

/// The line. All pointers in it are to live waiters (invariant 2).
#[derive(Debug)]
pub(crate) struct WaitList {
    head: *const Waiter,
    tail: *const Waiter,
    next_ticket: u64,
}

impl WaitList {
    pub(crate) const fn new() -> Self {
        WaitList { head: ptr::null(), tail: ptr::null(), next_ticket: 0 }
    }

    /// The tag of the oldest waiter.
    pub(super) fn head_tag(&self) -> Option<usize> {
        // SAFETY: null or a live waiter (invariant 2); `tag` never changes.
        unsafe { self.head.as_ref() }.map(|head| head.tag)
    }

    /// Whether `waiter` is the oldest in the line.
    pub(super) fn is_first(&self, waiter: &Waiter) -> bool {
        ptr::eq(self.head, waiter)
    }

    /// Puts `waiter` into the line: at the end, or where its ticket belongs if it has one. Returns its ticket.
    ///
    /// # Safety
    ///
    /// The caller holds the list's lock; `waiter` is in no list, and keeps invariant 2.
    pub(crate) unsafe fn insert(&mut self, waiter: &Waiter) -> u64 {
        // SAFETY: under the list's lock, for this and for all other waiters touched below (invariants 1 and 2).
        unsafe {
            let previous = match waiter.links(|links| links.ticket) {
                // A newcomer: at the end.
                None => {
                    self.next_ticket += 1;
                    waiter.links(|links| links.ticket = Some(self.next_ticket));
                    self.tail
                }
                // One that rejoins: behind those that are older, of whom there are few.
                ticket => {
                    let mut older = ptr::null();
                    let mut next = self.head;
                    while let Some(other) = next.as_ref() {
                        let (is_older, after) = other.links(|links| (links.ticket < ticket, links.next));
                        if !is_older {
                            break;
                        }
                        (older, next) = (next, after);
                    }
                    older
                }
            };
            let next = match previous.as_ref() {
                Some(previous) => {
                    previous.links(|links| std::mem::replace(&mut links.next, ptr::from_ref(waiter)))
                }
                None => std::mem::replace(&mut self.head, ptr::from_ref(waiter)),
            };
            match next.as_ref() {
                Some(next) => next.links(|links| links.previous = ptr::from_ref(waiter)),
                None => self.tail = ptr::from_ref(waiter),
            }
            waiter.links(|links| {
                links.previous = previous;
                links.next = next;
            });
            waiter.set_linked(true);
            waiter.ticket()
        }
    }

    /// Takes `waiter` out, wherever it is. `false` if it was not in the line: somebody has picked it.
    ///
    /// # Safety
    ///
    /// The caller holds the list's lock; `waiter` is in this list or in none.
    pub(crate) unsafe fn remove(&mut self, waiter: &Waiter) -> bool {
        // SAFETY: under the list's lock, for this waiter and its neighbours (invariants 1 and 2).
        unsafe {
            if !waiter.set_linked(false) {
                return false;
            }
            let (previous, next) = waiter.links(|links| (links.previous, links.next));
            match previous.as_ref() {
                Some(previous) => previous.links(|links| links.next = next),
                None => self.head = next,
            }
            match next.as_ref() {
                Some(next) => next.links(|links| links.previous = previous),
                None => self.tail = previous,
            }
            true
        }
    }

    /// Takes the `count` oldest waiters out, as a chain that now belongs to the caller.
    ///
    /// # Safety
    ///
    /// As of [`WaitList::take_while`].
    pub(crate) unsafe fn take(&mut self, count: usize) -> Chain {
        let mut left = count;
        let wanted = |_: &Waiter| {
            let more = left > 0;
            left = left.saturating_sub(1);
            more
        };
        // SAFETY: by contract.
        unsafe { self.take_while(wanted) }
    }

    /// Takes waiters out, the oldest first, until one is not `wanted`, as a chain that now belongs to the caller.
    ///
    /// # Safety
    ///
    /// The caller holds the list's lock, and stores to the word of every waiter in the chain, soon.
    pub(super) unsafe fn take_while(&mut self, mut wanted: impl FnMut(&Waiter) -> bool) -> Chain {
        let first = self.head;
        let mut length = 0;
        // SAFETY: under the list's lock, all waiters in the list are live (invariants 1 and 2).
        unsafe {
            let mut last: Option<&Waiter> = None;
            while let Some(waiter) = self.head.as_ref().filter(|head| wanted(head)) {
                waiter.set_linked(false);
                self.head = waiter.links(|links| links.next);
                last = Some(waiter);
                length += 1;
            }
            let Some(last) = last else { return Chain { next: ptr::null(), length } };
            last.links(|links| links.next = ptr::null());
            match self.head.as_ref() {
                Some(head) => head.links(|links| links.previous = ptr::null()),
                None => self.tail = ptr::null(),
            }
        }
        Chain { next: first, length }
    }
}

/// Waiters that were taken off the line and not yet told. Each stays alive until its word is stored to.
#[derive(Debug)]
pub(crate) struct Chain {
    next: *const Waiter,
    length: usize,
}

impl Chain {
    pub(super) fn len(&self) -> usize {
        self.length
    }

    /// Stores `value` to the word of each waiter, and wakes those that sleep on it.
    pub(crate) fn tell(mut self, value: u32) {
        while let Some(waiter) = self.next() {
            // SAFETY: the waiter stays alive until its word is stored to (invariant 2).
            let word = unsafe { &raw const (*waiter).word };
            // Release: what was done before is visible to the waiter. The last access to the waiter.
            // SAFETY: as above.
            unsafe { futex::store_and_wake(word, value, Release, |before| before == ASLEEP) };
        }
    }

    /// The next waiter. It may be gone as soon as its word is stored to.
    pub(super) fn next(&mut self) -> Option<*const Waiter> {
        // SAFETY: null or a waiter that belongs to this chain and has not been told yet (invariants 1 and 2).
        let waiter = unsafe { self.next.as_ref() }?;
        // SAFETY: as above.
        self.next = unsafe { waiter.links(|links| links.next) };
        self.length -= 1;
        Some(waiter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The waiters that are taken, in order; they count as told.
    fn taken(list: &mut WaitList, count: usize) -> Vec<*const Waiter> {
        // SAFETY: one thread, and the waiters outlive the chain.
        let mut chain = unsafe { list.take(count) };
        std::iter::from_fn(|| chain.next()).collect()
    }

    #[test]
    fn the_oldest_come_first_and_keep_their_places() {
        let waiters = [Waiter::new(0), Waiter::new(1), Waiter::new(2), Waiter::new(3)];
        let [a, b, c, d] = &waiters;
        let at = |waiter: &Waiter| ptr::from_ref(waiter);
        let mut list = WaitList::new();
        // SAFETY: one thread, each waiter in no list when it is inserted, and all outlive the list's use.
        unsafe {
            [a, b, c].into_iter().for_each(|waiter| _ = list.insert(waiter));
            assert_eq!(taken(&mut list, 2), [at(a), at(b)]);
            // Woken in vain: back to where they were, before those that came later.
            list.insert(b);
            list.insert(d);
            list.insert(a);
            assert!(list.remove(c) && !list.remove(c));
        }
        assert_eq!(list.head_tag(), Some(0));
        assert_eq!(taken(&mut list, 1), [at(a)]);
        assert_eq!(taken(&mut list, usize::MAX), [at(b), at(d)]);
        assert_eq!((list.head_tag(), taken(&mut list, 1)), (None, Vec::new()));
    }
}
