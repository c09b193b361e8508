//! How a put and a get meet: the table, and those who wait at it.
//!
//! A dual queue, as in Java's `SynchronousQueue` (Scherer, Lea and Scott, PPoPP 2006), under one [latch](crate::latch). Whoever finds no partner
//! lines up in the [table](Table): putters with an *offer*, which holds their item, getters with a *request*. Whoever comes and finds the other side
//! in line serves its head in the same section, and tells it afterwards: an offer's item goes to the getter, an item for a request lies
//! among the *handed* ones until the getter has woken. So everything takes effect in one section, and nobody needs to be there twice.
//!
//! # Invariants
//!
//! 1. Not both: while there is an offer that can be taken, there is no request. Whoever comes serves before it lines up.
//! 2. `putters` and `offers` have the same order, and until the shutdown the same members; `getters` and `requests` always.
//! 3. Who is in line leaves it under the latch: served or refused by another, who then tells it, or by itself when its time is up. Who finds itself taken
//!    out when its time is up was served or refused, and has not timed out.
//! 4. An item is in one place: with its putter, in an offer, among the handed ones, or with its getter. A refused offer is its putter's to
//!    collect, a handed item its getter's; neither is anybody else's from then on.
//! 5. `handed` has room for the items of all `requests` beside those in it: a request reserves it. An allocator may unwind, so whoever needs
//!    memory reserves it before the first change of its section; nothing else in a section unwinds. To serve takes none.
//!
//! *No lost wake-up*: one is told for each that is taken out of a line, after the section in which it was, and by its own word. *Wakes never exceed
//! sleeps*: a word that does not say asleep costs no system call.
//!
//! # Memory ordering
//!
//! Sections happen one before the other. An item passes through one section of its putter and one of its getter, in this order; that a sleeper
//! was served, it learns by an acquire load of what the other side stored with release, after its own section.

use super::super::error::{GetError, PutError};
use super::Rendezvous;
use crate::gate::{Chain, Untold, WaitList, Waiter};
use crate::latch::Section;
use crate::platform::{Deadline, Mutant, Patience, mutated};
use std::collections::VecDeque;

/// What a waiter is told: its partner has come. (0 and 3 say that it waits.)
const MET: u32 = 1;
/// What a waiter is told: none will come any more.
const REFUSED: u32 = 2;

/// Under the latch.
pub(super) struct Table<T> {
    putters: WaitList,
    offers: VecDeque<(u64, T)>,
    getters: WaitList,
    requests: VecDeque<u64>,
    handed: VecDeque<(u64, T)>,
    pub(super) shut_down: bool,
    pub(super) unfinished: usize,
    /// How often the last task was reported as done.
    pub(super) times_idle: usize,
}

// SAFETY: the waiters in the lines are made to be used by other threads; the items are `Send`.
unsafe impl<T: Send> Send for Table<T> {}

impl<T> Table<T> {
    pub(super) const fn new() -> Self {
        Table {
            putters: WaitList::new(),
            offers: VecDeque::new(),
            getters: WaitList::new(),
            requests: VecDeque::new(),
            handed: VecDeque::new(),
            shut_down: false,
            unfinished: 0,
            times_idle: 0,
        }
    }

    /// How many putters and how many getters can be met.
    pub(super) fn waiting(&self) -> (usize, usize) {
        (if self.shut_down { 0 } else { self.offers.len() }, self.requests.len())
    }

    /// Hands `item` to the getter that has waited longest, who is to be told.
    fn serve(&mut self, item: T) -> Result<Chain, PutError<T>> {
        if self.shut_down {
            return Err(PutError::ShutDown(item));
        }
        let Some(request) = self.requests.pop_front() else { return Err(PutError::Full(item)) };
        debug_assert!(self.handed.len() < self.handed.capacity(), "tollgate: a request without room");
        self.handed.push_back((request, item));
        self.unfinished += 1;
        // SAFETY: under the latch; the one in the chain, whose request that was (invariant 2), is told by the caller.
        Ok(unsafe { self.getters.take(1) })
    }

    /// How many offers can be taken, at least one.
    fn on_offer(&self) -> Result<usize, GetError> {
        match self.offers.len() {
            _ if self.shut_down => Err(GetError::ShutDown),
            0 => Err(GetError::Empty),
            count => Ok(count),
        }
    }

    /// Takes up to `most` items, at least one, from the putters that have waited longest, who are to be told.
    fn collect<R>(
        &mut self,
        most: usize,
        into: impl FnOnce(&mut VecDeque<(u64, T)>, usize) -> R,
    ) -> Result<(R, Chain), GetError> {
        let count = self.on_offer()?.min(most);
        let items = into(&mut self.offers, count);
        self.unfinished += count;
        // SAFETY: under the latch; those in the chain, whose offers these were (invariant 2), are told by the caller.
        Ok((items, unsafe { self.putters.take(count) }))
    }
}

impl<T> Rendezvous<T> {
    /// Hands `item` to a getter that waits.
    fn serve(&self, item: T) -> Result<(), PutError<T>> {
        let mut section = self.table.enter();
        let getter = section.serve(item)?;
        tell(section, getter, MET, Mutant::RendezvousServesSilently);
        Ok(())
    }

    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub(super) fn put_within(&self, item: T, patience: Patience) -> Result<(), PutError<T>> {
        match self.serve(item) {
            Err(PutError::Full(item)) => match patience.deadline() {
                None => Err(PutError::Full(item)),
                Some(deadline) => {
                    let _waiting = self.tag.waits(patience);
                    self.offer(item, &deadline)
                }
            },
            ended => ended,
        }
    }

    /// Serves, or lines up and waits to be served.
    #[cold]
    fn offer(&self, item: T, deadline: &Deadline) -> Result<(), PutError<T>> {
        let waiter = Waiter::new(0);
        let mut section = self.table.enter();
        // Invariant 5. (If it unwinds, the section ends before the item is dropped.)
        section.offers.reserve(1);
        let looked = if mutated(Mutant::RendezvousPutterLooksOnce) {
            Err(PutError::Full(item))
        } else {
            section.serve(item)
        };
        let item = match looked {
            Err(PutError::Full(item)) => item,
            Err(refused) => return Err(refused),
            Ok(getter) => {
                tell(section, getter, MET, Mutant::RendezvousServesSilentlyLate);
                return Ok(());
            }
        };
        let table = &mut *section;
        // SAFETY: under the latch; the waiter is new, and this frame stays until it is told or has left the line (`Untold`).
        let ticket = unsafe { table.putters.insert(&waiter) };
        table.offers.push_back((ticket, item));
        drop(section);
        let untold = Untold;
        let mut told = waiter.until_told(deadline);
        let mut withdrawn = None;
        if told.is_none() {
            let mut table = self.table.enter();
            // SAFETY: under the latch; it is in this line, or has been taken out of it, and in no other.
            if unsafe { table.putters.remove(&waiter) } || mutated(Mutant::RendezvousTimeoutTakesBack) {
                withdrawn = Some(take(&mut table.offers, ticket));
            }
        }
        if told.is_none() && withdrawn.is_none() {
            // Invariant 3: whoever took it out is about to say why.
            told = waiter.until_told(&Deadline::NEVER);
        }
        std::mem::forget(untold);
        match (withdrawn, told) {
            (Some(item), _) => Err(PutError::Full(item)),
            (None, Some(MET)) => Ok(()),
            // Invariant 4: a refused offer is still there.
            (None, _) => Err(PutError::ShutDown(take(&mut self.table.enter().offers, ticket))),
        }
    }

    /// Takes up to `most` items from putters that wait.
    fn collect<R>(
        &self,
        most: usize,
        into: impl FnOnce(&mut VecDeque<(u64, T)>, usize) -> R,
    ) -> Result<R, GetError> {
        let mut section = self.table.enter();
        let (items, putters) = section.collect(most, into)?;
        tell(section, putters, MET, Mutant::RendezvousCollectsSilently);
        Ok(items)
    }

    fn collect_one(&self) -> Result<T, GetError> {
        self.collect(1, |offers, _| first(offers))
    }

    pub(super) fn collect_many(&self, most: usize) -> Result<Vec<T>, GetError> {
        let there = self.table.enter().on_offer()?;
        // Outside the latch; a guess, put right in the section (invariant 5).
        let mut items = Vec::with_capacity(there.min(most));
        self.collect(most, |offers, count| {
            items.reserve(count);
            items.extend(offers.drain(..count).map(|(_, item)| item));
            items
        })
    }

    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub(super) fn get_within(&self, patience: Patience) -> Result<T, GetError> {
        match self.collect_one() {
            Err(GetError::Empty) => self.get_contended(patience),
            ended => ended,
        }
    }

    /// After a look in vain.
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub(super) fn get_contended(&self, patience: Patience) -> Result<T, GetError> {
        let Some(deadline) = patience.deadline() else { return Err(GetError::Empty) };
        let _waiting = self.tag.waits(patience);
        self.request(&deadline)
    }

    /// Takes an item, or lines up and waits to be served.
    #[cold]
    fn request(&self, deadline: &Deadline) -> Result<T, GetError> {
        let waiter = Waiter::new(0);
        let mut section = self.table.enter();
        let table = &mut *section;
        // Invariant 5.
        table.requests.reserve(1);
        table.handed.reserve(table.requests.len() + 1);
        let looked = if mutated(Mutant::RendezvousGetterLooksOnce) {
            Err(GetError::Empty)
        } else {
            section.collect(1, |offers, _| first(offers))
        };
        match looked {
            Err(GetError::Empty) => {}
            Err(refused) => return Err(refused),
            Ok((item, putter)) => {
                tell(section, putter, MET, Mutant::RendezvousCollectsSilentlyLate);
                return Ok(item);
            }
        }
        let table = &mut *section;
        // SAFETY: under the latch; the waiter is new, and this frame stays until it is told or has left the line (`Untold`).
        let ticket = unsafe { table.getters.insert(&waiter) };
        table.requests.push_back(ticket);
        drop(section);
        let untold = Untold;
        let mut told = waiter.until_told(deadline);
        let mut left = false;
        if told.is_none() {
            let mut table = self.table.enter();
            // SAFETY: under the latch; it is in this line, or has been taken out of it, and in no other.
            left = unsafe { table.getters.remove(&waiter) } || mutated(Mutant::RendezvousTimeoutTakesBack);
            if left && !mutated(Mutant::RendezvousRequestStays) {
                table.requests.retain(|&request| request != ticket);
            }
        }
        if told.is_none() && !left {
            // Invariant 3, as in `offer`.
            told = waiter.until_told(&Deadline::NEVER);
        }
        std::mem::forget(untold);
        match told {
            None => Err(GetError::Empty),
            Some(MET) => Ok(take(&mut self.table.enter().handed, ticket)),
            Some(_) => Err(GetError::ShutDown),
        }
    }

    /// Ends all waiting, for good.
    pub(super) fn refuse_all(&self) {
        let mut section = self.table.enter();
        let table = &mut *section;
        table.shut_down = true;
        table.requests.clear();
        // SAFETY: under the latch; all in both chains are told below. Refused offers stay for their putters.
        let (putters, getters) = unsafe { (table.putters.take(usize::MAX), table.getters.take(usize::MAX)) };
        tell(section, putters, REFUSED, Mutant::RendezvousRefusesPuttersSilently);
        if !mutated(Mutant::RendezvousRefusesGettersSilently) {
            getters.tell(REFUSED);
        }
    }
}

/// Ends the section, and then tells those who were taken out of a line in it.
fn tell<T>(section: Section<'_, Table<T>>, chain: Chain, what: u32, silently: Mutant) {
    drop(section);
    if !mutated(silently) {
        chain.tell(what);
    }
}

fn first<T>(offers: &mut VecDeque<(u64, T)>) -> T {
    match offers.pop_front() {
        Some((_, item)) => item,
        None => unreachable!("tollgate: an offer is counted and not there"),
    }
}

/// The item of this ticket, which nobody else may take (invariant 4).
fn take<T>(items: &mut VecDeque<(u64, T)>, ticket: u64) -> T {
    let place = items.iter().position(|&(of, _)| of == ticket);
    match place.and_then(|place| items.remove(place)) {
        Some((_, item)) => item,
        None => unreachable!("tollgate: an item that nobody else may take has gone"),
    }
}
