//! [`Rendezvous`]: a queue without room, where a put and a get meet.
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

use super::any::Sealed;
use super::error::{CapacityError, GetError, PutError, PutManyError, ShutDown, TooManyDone};
use super::face::{never_empty, never_full};
use super::impls::blocking;
use super::{BlockingQueue, Iter, Shutdown, Task, TryIter};
use crate::gate::{Chain, Gate, Untold, WaitList, Waiter};
use crate::latch::Latch;
use crate::platform::{Deadline, Duration, Instant, Mutant, Patience, mutated};
use crate::watch::{Kind, Tag};
use std::collections::VecDeque;
use std::fmt;

/// What a waiter is told: its partner has come.
const MET: u32 = 1;
/// What a waiter is told: none will come any more.
const REFUSED: u32 = 2;

/// A queue without room: a put returns when its item has been taken. Java's `SynchronousQueue`, an unbuffered channel in Go; Python has none.
///
/// The calls are those of [`Queue`](super::Queue). Since no item is ever *in* it, some of them say less:
///
/// * [`try_put`](Self::try_put) succeeds if a getter waits, [`try_get`](Self::try_get) if a putter does.
/// * [`capacity`](Self::capacity) is `Some(0)`, and cannot be changed. [`len`](Self::len) is the number of putters that wait;
///   [`is_full`](Self::is_full) is whether no getter does.
/// * [`put_many`](Self::put_many) hands over one item after the other; [`get_many`](Self::get_many) waits for one, and takes what other
///   putters offer at that moment.
/// * Both kinds of [`shutdown`](Self::shutdown) do the same: whoever waits is refused, putters get their items back. What has been
///   taken stays taken.
/// * An item counts as [`unfinished`](Self::unfinished) from when it is taken.
///
/// ```
/// use tollgate::{PutError, Rendezvous, Shutdown};
///
/// let meeting = Rendezvous::new();
/// assert_eq!(meeting.try_put(0), Err(PutError::Full(0))); // nobody waits for it
/// std::thread::scope(|s| {
///     s.spawn(|| {
///         meeting.put(1).unwrap(); // until the other thread has it
///         meeting.shutdown(Shutdown::Drain);
///     });
///     assert_eq!(meeting.get(), Ok(1));
///     assert!(meeting.get().is_err());
/// });
/// assert_eq!((meeting.len(), meeting.capacity(), meeting.unfinished()), (0, Some(0), 1));
/// meeting.task_done().unwrap();
/// meeting.join();
/// assert_eq!(meeting.put_many([2, 3]).unwrap_err().into_rest(), [2, 3]);
/// ```
///
/// # Memory ordering
///
/// Everything before a put happens before everything after the get of its item; everything before a get that found its putter waiting,
/// before everything after that put's return. Everything before a `task_done` happens before the return of a `join` that it let
/// through.
///
/// # Fairness
///
/// First come, first served, among putters and among getters that wait. Nobody can overtake: who comes is served by the head of the other line.
///
/// # Errors
///
/// The item comes back in the error of a put that failed.
///
/// # Cancellation
///
/// A wait ends with a partner, with its time, or with the shutdown; an offer that gives up takes its item with it.
///
/// # Cost
///
/// Blocking. Two read-modify-write operations for a call that finds its partner waiting, of which one tells it, and at most one system
/// call. A wait that gives up looks for its offer or request among all that wait. The table grows to the most that ever waited, and keeps that.
pub struct Rendezvous<T> {
    table: Latch<Table<T>>,
    joiners: Gate,
    tag: Tag,
}

struct Table<T> {
    putters: WaitList,
    offers: VecDeque<(u64, T)>,
    getters: WaitList,
    requests: VecDeque<u64>,
    handed: VecDeque<(u64, T)>,
    shut_down: bool,
    unfinished: usize,
    times_idle: usize,
}

// SAFETY: the waiters in the lines are made to be used by other threads; the items are `Send`.
unsafe impl<T: Send> Send for Table<T> {}

impl<T> Table<T> {
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
    const_unless_loom! {
        /// One where nobody waits yet.
        ///
        /// An example: [`Rendezvous`].
        pub fn new() -> Self {
            let table = Table {
                putters: WaitList::new(),
                offers: VecDeque::new(),
                getters: WaitList::new(),
                requests: VecDeque::new(),
                handed: VecDeque::new(),
                shut_down: false,
                unfinished: 0,
                times_idle: 0,
            };
            Rendezvous { table: Latch::new(table), joiners: Gate::new(), tag: Tag::new(Kind::Queue) }
        }
    }

    named!(tag);

    /// Hands `item` to a getter that waits.
    fn serve(&self, item: T) -> Result<(), PutError<T>> {
        let mut section = self.table.enter();
        let getter = section.serve(item)?;
        drop(section);
        if !mutated(Mutant::RendezvousTellsNobody) {
            getter.tell(MET);
        }
        Ok(())
    }

    #[cfg_attr(feature = "diagnostics", track_caller)]
    fn put_within(&self, item: T, patience: Patience) -> Result<(), PutError<T>> {
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
        let looked = if mutated(Mutant::RendezvousLooksOnce) {
            Err(PutError::Full(item))
        } else {
            section.serve(item)
        };
        let item = match looked {
            Err(PutError::Full(item)) => item,
            Err(refused) => return Err(refused),
            Ok(getter) => {
                drop(section);
                getter.tell(MET);
                return Ok(());
            }
        };
        let table = &mut *section;
        // SAFETY: under the latch; the waiter is new, and stays until it is told or has left.
        let ticket = unsafe { table.putters.insert(&waiter) };
        table.offers.push_back((ticket, item));
        drop(section);
        let untold = Untold;
        let mut told = waiter.until_told(deadline);
        let mut withdrawn = None;
        if told.is_none() {
            let mut table = self.table.enter();
            // SAFETY: under the latch; it is in this line, or has been taken out of it.
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
        drop(section);
        putters.tell(MET);
        Ok(items)
    }

    fn collect_one(&self) -> Result<T, GetError> {
        self.collect(1, |offers, _| first(offers))
    }

    fn collect_many(&self, most: usize) -> Result<Vec<T>, GetError> {
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
    fn get_within(&self, patience: Patience) -> Result<T, GetError> {
        match self.collect_one() {
            Err(GetError::Empty) => self.get_contended(patience),
            ended => ended,
        }
    }

    /// After a look in vain.
    #[cfg_attr(feature = "diagnostics", track_caller)]
    fn get_contended(&self, patience: Patience) -> Result<T, GetError> {
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
        match section.collect(1, |offers, _| first(offers)) {
            Err(GetError::Empty) => {}
            Err(refused) => return Err(refused),
            Ok((item, putter)) => {
                drop(section);
                putter.tell(MET);
                return Ok(item);
            }
        }
        let table = &mut *section;
        // SAFETY: under the latch; the waiter is new, and stays until it is told or has left.
        let ticket = unsafe { table.getters.insert(&waiter) };
        table.requests.push_back(ticket);
        drop(section);
        let untold = Untold;
        let mut told = waiter.until_told(deadline);
        let mut left = false;
        if told.is_none() {
            let mut table = self.table.enter();
            // SAFETY: under the latch; it is in this line, or has been taken out of it.
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

    #[cfg_attr(feature = "diagnostics", track_caller)]
    fn put_many_within(
        &self,
        items: impl IntoIterator<Item = T>,
        patience: Patience,
    ) -> Result<usize, PutManyError<T>> {
        let patience = patience.fixed();
        // Before the first put: user code.
        let items: Vec<T> = items.into_iter().collect();
        let mut items = items.into_iter();
        let mut put = 0;
        while let Some(item) = items.next() {
            let mut with_rest = |item| std::iter::once(item).chain(items.by_ref()).collect();
            match self.put_within(item, patience) {
                Ok(()) => put += 1,
                Err(PutError::Full(item)) => {
                    return Err(PutManyError { put, rest: PutError::Full(with_rest(item)) });
                }
                Err(PutError::ShutDown(item)) => {
                    return Err(PutManyError { put, rest: PutError::ShutDown(with_rest(item)) });
                }
            }
        }
        Ok(put)
    }

    #[cfg_attr(feature = "diagnostics", track_caller)]
    fn get_many_within(&self, most: usize, patience: Patience) -> Result<Vec<T>, GetError> {
        if most == 0 {
            return Ok(Vec::new());
        }
        match self.collect_many(most) {
            Err(GetError::Empty) if patience != Patience::None => {
                let mut items = vec![self.get_contended(patience)?];
                if most > 1 {
                    items.extend(self.collect_many(most - 1).unwrap_or_default());
                }
                Ok(items)
            }
            ended => ended,
        }
    }

    /// Whether no task is left within that time; or was, at some moment since the call.
    #[cfg_attr(feature = "diagnostics", track_caller)]
    fn join_within(&self, patience: Patience) -> bool {
        let look = || {
            let table = self.table.enter();
            (table.unfinished, table.times_idle)
        };
        let first = look();
        first.0 == 0 || {
            let _waiting = self.tag.waits(patience);
            self.joiners.wait_for(patience, || {
                let now = look();
                now.0 == 0 || now.1 != first.1
            })
        }
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

macro_rules! forms {
    ($(#[doc = $doc:literal])* $plain:ident, $try:ident, $timeout:ident, $deadline:ident, $within:ident
        ($($arg:ident: $Arg:ty)?) -> $Sure:ty | $Timed:ty, $sure:expr) => {
        $(#[doc = $doc])*
        ///
        /// An example: [`Rendezvous`].
        #[cfg_attr(feature = "diagnostics", track_caller)]
        pub fn $plain(&self $(, $arg: $Arg)?) -> $Sure {
            $sure(self.$within($($arg,)? Patience::Forever))
        }

        /// The same, without waiting.
        ///
        /// An example: [`Rendezvous`].
        pub fn $try(&self $(, $arg: $Arg)?) -> $Timed {
            self.$within($($arg,)? Patience::None)
        }

        /// The same, waiting at most `timeout`; `Duration::ZERO` is one look.
        ///
        /// An example: [`Rendezvous`].
        #[cfg_attr(feature = "diagnostics", track_caller)]
        pub fn $timeout(&self $(, $arg: $Arg)?, timeout: Duration) -> $Timed {
            self.$within($($arg,)? Patience::timeout(timeout))
        }

        /// The same, waiting until `deadline` at most.
        ///
        /// An example: [`Rendezvous`].
        #[cfg_attr(feature = "diagnostics", track_caller)]
        pub fn $deadline(&self $(, $arg: $Arg)?, deadline: Instant) -> $Timed {
            self.$within($($arg,)? Patience::Until(deadline))
        }
    };
}

impl<T> Rendezvous<T> {
    forms! {
        /// Hands an item to a getter, and returns when it has been taken.
        put, try_put, put_timeout, put_deadline, put_within(item: T) -> Result<(), ShutDown<T>> | Result<(), PutError<T>>, never_full
    }

    forms! {
        /// Takes an item from a putter, after waiting for one if none waits.
        get, try_get, get_timeout, get_deadline, get_within() -> Result<T, ShutDown> | Result<T, GetError>, never_empty
    }

    forms! {
        /// Takes an item from a putter, and then what other putters offer at that moment, up to `most` in all.
        get_many, try_get_many, get_many_timeout, get_many_deadline, get_many_within(most: usize) -> Result<Vec<T>, ShutDown> | Result<Vec<T>, GetError>, never_empty
    }

    forms! {
        /// As [`get`](Self::get), with a guard that reports the item as done when it is dropped.
        get_task, try_get_task, get_task_timeout, get_task_deadline, task_within() -> Result<Task<'_, Self>, ShutDown> | Result<Task<'_, Self>, GetError>, never_empty
    }

    #[cfg_attr(feature = "diagnostics", track_caller)]
    fn task_within(&self, patience: Patience) -> Result<Task<'_, Self>, GetError> {
        Ok(Task::new(self, self.get_within(patience)?))
    }

    /// Hands over one item after the other. How many: all.
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    /// use tollgate::Rendezvous;
    ///
    /// let meeting = Rendezvous::new();
    /// std::thread::scope(|s| {
    ///     s.spawn(|| meeting.put_many([1, 2, 3]).unwrap());
    ///     assert_eq!((meeting.get(), meeting.get(), meeting.get()), (Ok(1), Ok(2), Ok(3)));
    /// });
    /// // Nobody waits for these.
    /// assert!(meeting.is_empty() && meeting.is_full());
    /// let error = meeting.try_put_many([4, 5]).unwrap_err();
    /// assert_eq!((error.put, error.into_rest()), (0, vec![4, 5]));
    /// assert!(meeting.put_many_timeout([4, 5], Duration::from_millis(1)).is_err());
    /// assert!(meeting.put_many_deadline([4, 5], Instant::now()).is_err());
    /// ```
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn put_many<I: IntoIterator<Item = T>>(&self, items: I) -> Result<usize, PutManyError<T>> {
        self.put_many_within(items, Patience::Forever)
    }

    /// The same, to getters that wait already.
    ///
    /// An example: [`put_many`](Self::put_many).
    pub fn try_put_many<I: IntoIterator<Item = T>>(&self, items: I) -> Result<usize, PutManyError<T>> {
        self.put_many_within(items, Patience::None)
    }

    /// The same, waiting at most `timeout` in all.
    ///
    /// An example: [`put_many`](Self::put_many).
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn put_many_timeout<I>(&self, items: I, timeout: Duration) -> Result<usize, PutManyError<T>>
    where
        I: IntoIterator<Item = T>,
    {
        self.put_many_within(items, Patience::timeout(timeout))
    }

    /// The same, waiting until `deadline` at most.
    ///
    /// An example: [`put_many`](Self::put_many).
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn put_many_deadline<I>(&self, items: I, deadline: Instant) -> Result<usize, PutManyError<T>>
    where
        I: IntoIterator<Item = T>,
    {
        self.put_many_within(items, Patience::Until(deadline))
    }

    /// How many putters wait at this moment; 0 after a shutdown.
    ///
    /// An example: [`Rendezvous`].
    pub fn len(&self) -> usize {
        let table = self.table.enter();
        if table.shut_down { 0 } else { table.offers.len() }
    }

    /// Whether no putter waits at this moment.
    ///
    /// An example: [`put_many`](Self::put_many).
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether no getter waits at this moment, so that a `try_put` would fail.
    ///
    /// An example: [`put_many`](Self::put_many).
    pub fn is_full(&self) -> bool {
        self.table.enter().requests.is_empty()
    }

    /// `Some(0)`.
    ///
    /// An example: [`Rendezvous`].
    pub fn capacity(&self) -> Option<usize> {
        Some(0)
    }

    /// Fails: this has no room, and never will.
    ///
    /// # Errors
    ///
    /// [`CapacityError`], always, with `most: Some(0)`.
    ///
    /// An example: [`join`](Self::join).
    pub fn set_capacity(&self, _capacity: usize) -> Result<(), CapacityError> {
        Err(CapacityError { most: Some(0) })
    }

    /// How many items have been taken and not yet been reported by [`task_done`](Self::task_done).
    ///
    /// An example: [`Rendezvous`].
    pub fn unfinished(&self) -> usize {
        self.table.enter().unfinished
    }

    /// Reports that the work on one item is done.
    ///
    /// An example: [`Rendezvous`].
    ///
    /// # Errors
    ///
    /// [`TooManyDone`], and nothing has changed, if no item is unfinished.
    pub fn task_done(&self) -> Result<(), TooManyDone> {
        let mut table = self.table.enter();
        table.unfinished = table.unfinished.checked_sub(1).ok_or(TooManyDone)?;
        if table.unfinished == 0 {
            table.times_idle = table.times_idle.wrapping_add(1);
            drop(table);
            self.joiners.release_all();
        }
        Ok(())
    }

    /// Waits until every item that was taken has been reported by [`task_done`](Self::task_done). Offers do not count.
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    /// use tollgate::Rendezvous;
    ///
    /// let meeting = Rendezvous::new();
    /// std::thread::scope(|s| {
    ///     s.spawn(|| meeting.put(1).unwrap());
    ///     drop(meeting.get_task().unwrap()); // reported when it is dropped
    ///     meeting.join();
    /// });
    /// assert!(meeting.join_timeout(Duration::ZERO) && meeting.join_deadline(Instant::now()));
    /// assert!(meeting.set_capacity(1).is_err()); // it has no room
    /// ```
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn join(&self) {
        self.join_within(Patience::Forever);
    }

    /// The same, at most for `timeout`; whether that was reached.
    ///
    /// An example: [`join`](Self::join).
    #[must_use = "whether all tasks were done or the time ran out"]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn join_timeout(&self, timeout: Duration) -> bool {
        self.join_within(Patience::timeout(timeout))
    }

    /// The same, until `deadline` at most; whether that was reached.
    ///
    /// An example: [`join`](Self::join).
    #[must_use = "whether all tasks were done or the time ran out"]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn join_deadline(&self, deadline: Instant) -> bool {
        self.join_within(Patience::Until(deadline))
    }

    /// Shuts down, for good: everybody who waits to put or to get is refused, and so is whoever comes later. Both kinds do the same, since
    /// there is nothing inside.
    ///
    /// An example: [`Rendezvous`].
    pub fn shutdown(&self, _how: Shutdown) {
        let mut section = self.table.enter();
        let table = &mut *section;
        table.shut_down = true;
        table.requests.clear();
        // SAFETY: under the latch; all in both chains are told below. Refused offers stay for their putters.
        let (putters, getters) = unsafe { (table.putters.take(usize::MAX), table.getters.take(usize::MAX)) };
        drop(section);
        putters.tell(REFUSED);
        getters.tell(REFUSED);
    }

    /// Whether it has been shut down.
    ///
    /// ```
    /// use tollgate::{Rendezvous, Shutdown};
    ///
    /// let meeting = Rendezvous::new();
    /// std::thread::scope(|s| {
    ///     s.spawn(|| {
    ///         (1..4).for_each(|n| meeting.put(n).unwrap());
    ///         meeting.shutdown(Shutdown::Drain);
    ///     });
    ///     assert_eq!(meeting.iter().sum::<i32>(), 6); // ends with the shutdown
    /// });
    /// assert!(meeting.is_shutdown());
    /// assert_eq!(meeting.try_iter().next(), None);
    /// ```
    pub fn is_shutdown(&self) -> bool {
        self.table.enter().shut_down
    }

    /// Takes items, waiting for each, until the shutdown.
    ///
    /// An example: [`is_shutdown`](Self::is_shutdown).
    pub fn iter(&self) -> Iter<'_, Self> {
        Iter::new(self)
    }

    /// Takes items as long as putters wait.
    ///
    /// An example: [`is_shutdown`](Self::is_shutdown).
    pub fn try_iter(&self) -> TryIter<'_, Self> {
        TryIter::new(self)
    }
}

blocking!(Rendezvous);

/// One where nobody waits yet.
impl<T> Default for Rendezvous<T> {
    fn default() -> Self {
        Rendezvous::new()
    }
}

/// Shows numbers, not items; never waits for a partner.
impl<T> fmt::Debug for Rendezvous<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let table = self.table.enter();
        let (getters, shut_down) = (table.requests.len(), table.shut_down);
        drop(table);
        f.debug_struct("Rendezvous")
            .field("waiting_getters", &getters)
            .field("waiting_putters", &self.len())
            .field("shut_down", &shut_down)
            .finish_non_exhaustive()
    }
}
