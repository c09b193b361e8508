//! First in, first out, by two latches: putters meet at one end, getters at the other, and the two sides meet only where they have to.
//!
//! Each end counts what has *passed* it, in a word that the other side reads, and remembers how far it last saw the other one. A put is
//! a section at the tail: while the remembered head leaves room, it touches nothing that getters write but the slot. A get is
//! one at the head. (Michael and Scott, PODC 1996, have a lock for each end; Lamport 1983 the positions; what each side remembers is
//! Rutgers' and MCRingBuffer's, Lee and others, 2010.)
//!
//! # Saying no
//!
//! Whoever finds no item at the head enters a section at the *tail* before it says so, and whoever finds no room one at the head. So an
//! operation that says "not now" has been in the section order of those who could have made it say otherwise: that is what the gates'
//! handshake needs ("Under a latch" there, with the other side's sections), and what a user's own handshake over a queue needs, a put and then
//! a look at a flag against the flag set and then a failing get.
//!
//! # Invariants
//!
//! 1. `head <= tail`, and a push leaves `tail - head <= capacity`. There are `tail - head` items at any moment.
//! 2. `tail.passed` changes only in sections at the tail, `head.passed` at the head; both only grow. So what is remembered is never more than what is so.
//! 3. A slot is written by who is at the tail, before `tail.passed` counts it, and read by who is at the head, after it has seen that count
//!    and before `head.passed` counts it.
//! 4. A block's `next` is written by who is at the tail, before `tail.passed` counts an item there. Who is at the head goes on to it for such an item, and
//!    then nobody at the tail comes back to the block before.
//! 5. `spare` is null, or a block that is linked nowhere. Only who is at the head puts one there, where it sees none, and only who is at the tail
//!    takes it.
//! 6. State and capacity change in sections of both ends, one inside the other, and are read in a section of either.
//! 7. Sections are nested in the order tail, head, tasks.
//!
//! # Where operations take effect
//!
//! A put and a get at the store to their end's `passed`; a batch of gets that takes fewer than it may, at its load of `tail.passed`: what is put
//! between the two stays there, and who looks at the length then counts both. A batch of puts is puts, one section for as many as there seems to be room for. "Full" and "empty" in the section at the other end: what is loaded of the own end there may be
//! old, so less than what is so (2), and if even that leaves no room (no item), there is none. Lengths at the load of the head between two
//! loads of the tail that read the same. A shutdown that drains, at its store to `tail.passed`, which carries a flag; an immediate one at its store to
//! `head.passed`, which brings the head to the tail and carries a flag too.
//!
//! # Memory ordering
//!
//! Sections at one end happen one before the other. Between the ends: `passed` is stored with `Release` and loaded with `Acquire`, the item on the way
//! from tail to head, its absence on the way back. `spare` the same, a block with nothing in it.
//!
//! # Tasks
//!
//! A task is an item that has passed the tail, until it is reported. Reports are counted under a third latch. One that finds none left
//! to report looks again in a section at the tail. Whether it was the last is decided by a count of the tail that may be old: then a
//! put that nothing orders before the report comes after it. A joiner has counted in a section at the tail and at the tasks, so what it has seen unfinished
//! every later report sees too.
//!
//! # Cost
//!
//! One read-modify-write for a put, a get, a batch of either, and a report. One more to say no.
//!
//! # Memory
//!
//! A ring, if the bound is not far. Otherwise blocks: of 32 items at first, each twice as large as the one before, up to 4 KiB. One that has been emptied is
//! kept for the next time the tail needs one, if none is kept yet, and freed otherwise. (Without it, and with small blocks, an unbounded queue on 16 CPUs was 0.5 to 0.85
//! times as fast as one latch around a ring: two threads allocate and free in turns. `benches/JOURNAL.md`.)

use super::Shutdown;
use super::core::{Core, Tell};
use super::error::TooManyDone;
use super::face::drop_each;
use super::ledger::{Refused, Tasks};
use super::store::ALLOCATED_AT_ONCE;
use crate::latch::{Latch, Section};
use crate::platform::atomic::{
    AtomicPtr, AtomicU64, AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
};
use crate::platform::{Mutant, UnsafeCell, mutated, torn_down};
use crossbeam_utils::CachePadded;
use std::collections::VecDeque;
use std::mem::MaybeUninit;
use std::ptr;

/// In `tail.passed`: no more puts. In `head.passed`: no more gets either.
const OVER: u64 = 1 << 63;

/// See the module.
pub(crate) struct Ends<T> {
    tail: CachePadded<End<T>>,
    head: CachePadded<End<T>>,
    capacity: AtomicUsize,
    /// The largest capacity that can be set; `None`: there is no bound, ever.
    most: Option<usize>,
    /// Where the first item is put. Written at the tail, before anything is counted there (3).
    first: UnsafeCell<*mut Block<T>>,
    reports: Latch<Reports>,
    spare: AtomicPtr<Block<T>>,
}

/// One end: what both sides read, and what only those in its sections do.
#[repr(C)]
struct End<T> {
    passed: AtomicU64,
    /// How far the other end was when those here last looked.
    seen: AtomicU64,
    inside: Latch<Inside<T>>,
}

/// All that a put or a get uses is on one cache line with what comes before (64-bit systems).
#[repr(C)]
struct Inside<T> {
    passed: u64,
    block: *mut Block<T>,
    /// Those of the block.
    slots: *const Slot<T>,
    len: u32,
    /// The next one.
    at: u32,
    state: State,
    /// At the head: how many items an immediate shutdown has left to be taken out.
    discarded: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Open,
    Draining,
    Closed,
}

type Slot<T> = UnsafeCell<MaybeUninit<T>>;

struct Reports {
    /// How many tasks are done or discarded.
    done: u64,
    times_idle: usize,
}

/// Slots, and those that come after them: another block, or in a ring the same.
struct Block<T> {
    slots: Box<[Slot<T>]>,
    next: UnsafeCell<*mut Block<T>>,
}

// SAFETY: it owns items that threads hand each other, one owner at a time (invariant 3), and never lends one.
unsafe impl<T: Send> Send for Ends<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Ends<T> {}

impl<T> Block<T> {
    /// So many slots have the largest blocks of a queue that grows: 4 KiB, if an item has 8 bytes or more.
    const MOST: usize = if cfg!(any(loom, shuttle)) {
        1
    } else if size_of::<T>() < 8 {
        512
    } else if size_of::<T>() < 4096 {
        4096 / size_of::<T>()
    } else {
        1
    };
    const FIRST: usize = if Self::MOST < 32 { Self::MOST } else { 32 };

    fn allocate(slots: usize) -> *mut Self {
        let mut room = Box::<[Slot<T>]>::new_uninit_slice(slots);
        for slot in &mut room {
            // SAFETY: within the allocation.
            unsafe { UnsafeCell::make_empty(slot.as_mut_ptr()) };
        }
        // SAFETY: each of them was just made.
        let slots = unsafe { room.assume_init() };
        Box::into_raw(Box::new(Block { slots, next: UnsafeCell::new(ptr::null_mut()) }))
    }
}

impl<T> Inside<T> {
    /// # Safety
    ///
    /// The block is there, and stays until this end has gone on from it.
    unsafe fn go_to(&mut self, block: *mut Block<T>) {
        self.block = block;
        // SAFETY: by contract.
        let slots = unsafe { &(*block).slots };
        (self.slots, self.len, self.at) = (slots.as_ptr(), slots.len() as u32, 0);
    }
}

impl<T> End<T> {
    const_unless_loom! {
        fn new() -> Self {
            let inside = Inside {
                passed: 0,
                block: ptr::null_mut(),
                slots: ptr::null(),
                len: 0,
                at: 0,
                state: State::Open,
                discarded: 0,
            };
            End { passed: AtomicU64::new(0), seen: AtomicU64::new(0), inside: Latch::new(inside) }
        }
    }

    /// How much has passed, as the other side sees it.
    #[inline]
    fn passed(&self) -> u64 {
        // Acquire: the items behind that count, or their absence.
        self.passed.load(Acquire) & !OVER
    }
}

impl<T> Ends<T> {
    const_unless_loom! {
        pub(crate) fn unbounded() -> Self {
            Ends::new(usize::MAX, None)
        }
    }

    const_unless_loom! {
        fn new(capacity: usize, most: Option<usize>) -> Self {
            Ends {
                tail: CachePadded::new(End::new()),
                head: CachePadded::new(End::new()),
                capacity: AtomicUsize::new(capacity),
                most,
                first: UnsafeCell::new(ptr::null_mut()),
                reports: Latch::new(Reports { done: 0, times_idle: 0 }),
                spare: AtomicPtr::new(ptr::null_mut()),
            }
        }
    }

    /// For up to `capacity` items now, and up to `most` later.
    pub(crate) fn bounded(capacity: usize, most: usize) -> Self {
        debug_assert!(0 < capacity && capacity <= most);
        let mut ends = Ends::new(capacity, Some(most));
        if most <= ALLOCATED_AT_ONCE {
            let ring = Block::allocate(most);
            // SAFETY: just made, and nobody else's.
            unsafe { (*ring).next = UnsafeCell::new(ring) };
            ends.first = UnsafeCell::new(ring);
            // SAFETY: as above.
            unsafe {
                ends.tail.inside.enter().go_to(ring);
                ends.head.inside.enter().go_to(ring);
            }
        }
        ends
    }

    /// At the tail: how many of `wanted` items there is room for.
    #[inline]
    fn room_for(&self, tail: &Inside<T>, wanted: usize) -> Result<usize, Refused> {
        if tail.state != State::Open && !mutated(Mutant::QueuePutsAfterShutdown) {
            return Err(Refused::ShutDown);
        }
        // Relaxed: invariant 6.
        let capacity = self.capacity.load(Relaxed);
        // Relaxed: only used in sections at this end, and by looks.
        let mut head = self.tail.seen.load(Relaxed);
        let room = |head| capacity.saturating_sub((tail.passed - head) as usize);
        if room(head) < wanted {
            head = self.head.passed();
            self.tail.seen.store(head, Relaxed);
        }
        match if mutated(Mutant::QueuePutsBeyondCapacity) { wanted } else { wanted.min(room(head)) } {
            0 => Err(Refused::NotNow),
            count => Ok(count),
        }
    }

    /// At the head: how many of `wanted` items there are.
    #[inline]
    fn there(&self, head: &Inside<T>, wanted: usize) -> usize {
        // Relaxed: as in `room_for`.
        let mut tail = self.head.seen.load(Relaxed);
        if ((tail - head.passed) as usize) < wanted {
            tail = self.tail.passed();
            self.head.seen.store(tail, Relaxed);
        }
        wanted.min((tail - head.passed) as usize)
    }

    /// At the tail: into the next slot, which is empty.
    #[inline]
    fn write(&self, tail: &mut Inside<T>, item: T) {
        if tail.at == tail.len {
            self.go_on_at_the_tail(tail);
        }
        // SAFETY: invariant 3; a block at the tail is not freed (4).
        unsafe { (*tail.slots.add(tail.at as usize)).with_mut(|slot| _ = (*slot).write(item)) };
        tail.at += 1;
        tail.passed += 1;
    }

    #[cold]
    fn go_on_at_the_tail(&self, tail: &mut Inside<T>) {
        let block = tail.block;
        // SAFETY: invariant 4.
        let mut next = if block.is_null() { block } else { unsafe { (*block).next.with(|next| *next) } };
        if next.is_null() {
            next = self.another(tail.len as usize);
            // SAFETY: a block at the tail is not freed (invariant 4).
            let from = if block.is_null() { &self.first } else { unsafe { &(*block).next } };
            // SAFETY: invariant 4: nobody reads it before an item is counted there.
            from.with_mut(|from| unsafe { *from = next });
        }
        // SAFETY: invariant 4.
        unsafe { tail.go_to(next) };
    }

    /// At the tail: a block to come after one of so many slots.
    fn another(&self, slots: usize) -> *mut Block<T> {
        // Acquire: that its slots are empty.
        let spare = self.spare.load(Acquire);
        if spare.is_null() {
            return Block::allocate((2 * slots).clamp(Block::<T>::FIRST, Block::<T>::MOST));
        }
        // Relaxed: who sees it puts another one there, and reads nothing.
        self.spare.store(ptr::null_mut(), Relaxed);
        // SAFETY: invariant 5: it is ours.
        unsafe { (*spare).next.with_mut(|next| *next = ptr::null_mut()) };
        spare
    }

    /// At the head: out of the next slot, which has an item.
    #[inline]
    fn read(&self, head: &mut Inside<T>) -> T {
        if head.at == head.len {
            self.go_on_at_the_head(head);
        }
        // SAFETY: invariant 3; a block at the head is not freed.
        let item = unsafe { (*head.slots.add(head.at as usize)).with_mut(|slot| (*slot).assume_init_read()) };
        head.at += 1;
        head.passed += 1;
        item
    }

    #[cold]
    fn go_on_at_the_head(&self, head: &mut Inside<T>) {
        let block = head.block;
        // SAFETY: a block at the head is freed below, when this end has gone on from it.
        let from = if block.is_null() { &self.first } else { unsafe { &(*block).next } };
        // SAFETY: invariant 4: there is an item behind it.
        unsafe { head.go_to(from.with(|next| *next)) };
        if block.is_null() || block == head.block {
            return;
        }
        // Nobody comes back to it: invariant 4. Relaxed: nothing is read there.
        if self.spare.load(Relaxed).is_null() {
            // Release: that its slots are empty.
            self.spare.store(block, Release);
        } else {
            // SAFETY: as said.
            drop(unsafe { Box::from_raw(block) });
        }
    }

    /// Ends a section in which items were put.
    #[inline]
    fn put(&self, tail: Section<'_, Inside<T>>) {
        // Release: the items.
        self.tail.passed.store(tail.passed, Release);
    }

    /// Ends a section in which items were taken.
    #[inline]
    fn taken(&self, head: Section<'_, Inside<T>>) {
        // Release: that the slots are empty.
        self.head.passed.store(head.passed, Release);
    }

    /// Whether a push would end with "not now", in a section at the head.
    fn is_surely_full(&self) -> bool {
        if mutated(Mutant::QueueSaysNoAtOnce) {
            return !self.is_shut_down();
        }
        let head = self.head.inside.enter();
        let used = (self.tail.passed() - head.passed) as usize;
        // Relaxed: invariant 6.
        head.state == State::Open && used >= self.capacity.load(Relaxed)
    }

    /// Why a pop would end without an item, in a section at the tail.
    fn surely_none(&self) -> Option<Refused> {
        if mutated(Mutant::QueueSaysNoAtOnce) {
            return Some(if self.is_shut_down() { Refused::ShutDown } else { Refused::NotNow });
        }
        let tail = self.tail.inside.enter();
        let none = self.head.passed() == tail.passed;
        none.then_some(if tail.state == State::Open { Refused::NotNow } else { Refused::ShutDown })
    }

    /// At the tail: whether an item can be put there by what is seen from there.
    #[inline]
    fn has_room_at_sight(&self, tail: &Inside<T>) -> bool {
        // Relaxed: as in `room_for`.
        let used = (tail.passed - self.tail.seen.load(Relaxed)) as usize;
        tail.state == State::Open && used < self.capacity.load(Relaxed)
    }

    /// All of `try_push`, of which the beginning may have been made. By itself, so that the short way, which most take, keeps few registers: whatever it
    /// would have to store first, its read-modify-write would wait for.
    #[cold]
    #[inline(never)]
    fn push_slowly(&self, begun: Option<Section<'_, Inside<T>>>, item: T) -> Result<(), (T, Refused)> {
        let mut tail = self.tail.inside.enter_after(begun);
        loop {
            match self.room_for(&tail, 1) {
                Ok(_) => {
                    self.write(&mut tail, item);
                    self.put(tail);
                    return Ok(());
                }
                Err(Refused::ShutDown) => return Err((item, Refused::ShutDown)),
                Err(Refused::NotNow) => {}
            }
            drop(tail);
            if self.is_surely_full() {
                return Err((item, Refused::NotNow));
            }
            tail = self.tail.inside.enter();
        }
    }

    /// The same of `try_pop`.
    #[cold]
    #[inline(never)]
    fn pop_slowly(&self, begun: Option<Section<'_, Inside<T>>>, tell: &impl Tell) -> Result<T, Refused> {
        let mut head = self.head.inside.enter_after(begun);
        loop {
            if self.there(&head, 1) > 0 {
                let item = self.read(&mut head);
                self.taken(head);
                tell.room();
                return Ok(item);
            }
            drop(head);
            if let Some(refused) = self.surely_none() {
                return Err(refused);
            }
            head = self.head.inside.enter();
        }
    }

    /// How much has passed each end, at one moment, head first.
    fn both(&self) -> (u64, u64) {
        loop {
            let tail = self.tail.passed();
            let head = self.head.passed();
            // Relaxed: behind an `Acquire` of what has seen the tail at least so far as the head is.
            if self.tail.passed.load(Relaxed) & !OVER == tail {
                return (head, tail);
            }
        }
    }

    fn take_discarded(&self) -> Option<T> {
        let mut head = self.head.inside.enter();
        head.discarded = head.discarded.checked_sub(1)?;
        let passed = head.passed;
        let item = self.read(&mut head);
        // It had passed already.
        head.passed = passed;
        Some(item)
    }
}

impl<T> Core<T> for Ends<T> {
    #[inline]
    fn try_push(&self, item: T, _: &impl Tell) -> Result<(), (T, Refused)> {
        match self.tail.inside.enter_at_once() {
            Some(mut tail) if tail.at != tail.len && self.has_room_at_sight(&tail) => {
                self.write(&mut tail, item);
                self.put(tail);
                Ok(())
            }
            begun => self.push_slowly(begun, item),
        }
    }

    fn try_push_many(&self, items: &mut VecDeque<T>, _: &impl Tell) -> Result<(), Refused> {
        loop {
            let mut tail = self.tail.inside.enter();
            match self.room_for(&tail, items.len()) {
                Ok(count) => {
                    items.drain(..count).for_each(|item| self.write(&mut tail, item));
                    self.put(tail);
                    if items.is_empty() {
                        return Ok(());
                    }
                }
                Err(Refused::ShutDown) => return Err(Refused::ShutDown),
                Err(Refused::NotNow) => drop(tail),
            }
            // That there is no room for the rest was seen from this end alone.
            if self.is_surely_full() {
                return Err(Refused::NotNow);
            }
        }
    }

    #[inline]
    fn try_pop(&self, tell: &impl Tell) -> Result<T, Refused> {
        match self.head.inside.enter_at_once() {
            Some(mut head) if head.at != head.len && self.there(&head, 1) > 0 => {
                let item = self.read(&mut head);
                self.taken(head);
                tell.room();
                Ok(item)
            }
            begun => self.pop_slowly(begun, tell),
        }
    }

    fn try_pop_many(&self, most: usize, tell: &impl Tell) -> Result<Vec<T>, Refused> {
        loop {
            // Outside the latch; a guess.
            let mut items = Vec::with_capacity(most.min(self.len()));
            let mut head = self.head.inside.enter();
            let count = self.there(&head, most);
            if count > 0 {
                items.extend((0..count).map(|_| self.read(&mut head)));
                self.taken(head);
                tell.room();
                return Ok(items);
            }
            drop(head);
            if let Some(refused) = self.surely_none() {
                return Err(refused);
            }
        }
    }

    #[inline]
    fn room(&self) -> usize {
        // Relaxed: a look; the remembered head first, which is on the same line as the tail.
        let tail = self.tail.passed.load(Relaxed);
        let Some(most) = self.most else { return usize::MAX };
        if tail & OVER != 0 {
            return 1;
        }
        let capacity = self.capacity.load(Relaxed);
        let mut used = tail.saturating_sub(self.tail.seen.load(Relaxed)) as usize;
        if used >= capacity {
            let head = self.head.passed.load(Relaxed);
            if head & OVER != 0 {
                return 1;
            }
            used = tail.saturating_sub(head) as usize;
        }
        if used >= capacity { 0 } else { most.saturating_sub(used).max(1) }
    }

    fn surely_ends_push(&self) -> bool {
        !self.is_surely_full()
    }

    #[inline]
    fn gain(&self) -> usize {
        // Relaxed: a look; the remembered tail first, which is on the same line as the head.
        let head = self.head.passed.load(Relaxed);
        if head & OVER != 0 {
            return 1;
        }
        let known = self.head.seen.load(Relaxed).saturating_sub(head);
        if known > 0 {
            return known as usize;
        }
        let tail = self.tail.passed.load(Relaxed);
        match (tail & !OVER).saturating_sub(head) {
            0 => usize::from(tail & OVER != 0),
            there => there as usize,
        }
    }

    fn surely_ends_pop(&self) -> bool {
        self.surely_none() != Some(Refused::NotNow)
    }

    fn len(&self) -> usize {
        let (head, tail) = self.both();
        (tail - head) as usize
    }

    fn is_full(&self) -> bool {
        let (head, tail) = self.both();
        (tail - head) as usize >= self.capacity.load(Relaxed)
    }

    fn is_bounded(&self) -> bool {
        self.most.is_some()
    }

    fn capacity(&self) -> Option<usize> {
        self.most?;
        let _tail = self.tail.inside.enter();
        Some(self.capacity.load(Relaxed))
    }

    fn most_capacity(&self) -> Option<usize> {
        self.most
    }

    fn set_capacity(&self, capacity: usize) -> bool {
        if capacity == 0 || self.most.is_none_or(|most| capacity > most) {
            return false;
        }
        let _tail = self.tail.inside.enter();
        let _head = self.head.inside.enter();
        // Relaxed: invariant 6.
        self.capacity.store(capacity, Relaxed);
        true
    }

    fn is_shut_down(&self) -> bool {
        // Acquire: what was done before the shutdown. The tail first: what makes the head so comes with nothing at the tail.
        self.tail.passed.load(Acquire) & OVER != 0 || self.head.passed.load(Acquire) & OVER != 0
    }

    fn tasks(&self) -> Tasks {
        let tail = self.tail.inside.enter();
        let reports = self.reports.enter();
        let unfinished = usize::try_from(tail.passed - reports.done).unwrap_or(usize::MAX);
        Tasks { unfinished, times_idle: reports.times_idle }
    }

    fn glance(&self) -> Option<(Option<usize>, u64)> {
        let tail = self.tail.inside.try_enter()?;
        let reports = self.reports.try_enter()?;
        // Relaxed: invariant 6.
        Some((self.most.map(|_| self.capacity.load(Relaxed)), tail.passed - reports.done))
    }

    fn task_done(&self) -> Result<bool, TooManyDone> {
        let mut reports = self.reports.enter();
        let mut all = self.tail.passed();
        if reports.done == all {
            drop(reports);
            let tail = self.tail.inside.enter();
            all = tail.passed;
            reports = self.reports.enter();
            if reports.done == all {
                return Err(TooManyDone);
            }
        }
        reports.done += 1;
        Ok(reports.note_if_idle(all))
    }

    fn shut_down(&self, how: Shutdown) -> bool {
        let mut tail = self.tail.inside.enter();
        let mut head = self.head.inside.enter();
        let mut reports = self.reports.enter();
        match how {
            Shutdown::Drain => {
                tail.state = tail.state.max(State::Draining);
                // Release: what was done before.
                self.tail.passed.store(tail.passed | OVER, Release);
            }
            Shutdown::Immediate => {
                let discarded = tail.passed - head.passed;
                // Only what is discarded: tasks that were taken stay open. No further than what there is, as in CPython: `task_done` may
                // have been called for an item that still lay here.
                if !mutated(Mutant::QueueDiscardUncounted) {
                    reports.done = (reports.done + discarded).min(tail.passed);
                }
                (tail.state, head.discarded) = (State::Closed, head.discarded + discarded);
                head.passed = tail.passed;
                self.head.seen.store(tail.passed, Relaxed);
                // Release: as above.
                self.head.passed.store(head.passed | OVER, Release);
            }
        }
        head.state = tail.state;
        reports.note_if_idle(tail.passed)
    }

    fn discard(&self) -> VecDeque<T> {
        std::iter::from_fn(|| self.take_discarded()).collect()
    }
}

impl Reports {
    /// After a change that may have finished the last of `all` tasks: whether there is none left.
    fn note_if_idle(&mut self, all: u64) -> bool {
        let idle = self.done == all;
        self.times_idle =
            self.times_idle.wrapping_add(usize::from(idle && !mutated(Mutant::EndsIdleUncounted)));
        idle
    }
}

/// Frees the blocks, also when the destructor of an item panics.
struct Free<'a, T>(&'a Ends<T>);

impl<T> Drop for Free<'_, T> {
    fn drop(&mut self) {
        // After all that was done at the tail; a model knows no other order between that and this.
        drop(self.0.tail.inside.enter());
        let mut block = self.0.head.inside.enter().block;
        // Relaxed: as above.
        let spare = self.0.spare.load(Relaxed);
        if !spare.is_null() {
            // SAFETY: invariant 5.
            drop(unsafe { Box::from_raw(spare) });
        }
        if block.is_null() {
            // SAFETY: the last use of the queue; nobody writes it any more.
            block = self.0.first.with(|first| unsafe { *first });
        }
        while !block.is_null() {
            // SAFETY: the last use of the queue; from the head on, nothing was freed.
            let this = unsafe { Box::from_raw(block) };
            // SAFETY: as above.
            let next = this.next.with(|next| unsafe { *next });
            block = if next == block { ptr::null_mut() } else { next };
        }
    }
}

impl<T> Drop for Ends<T> {
    fn drop(&mut self) {
        if torn_down() {
            return;
        }
        let _free = Free(self);
        let left = || {
            let mut head = self.head.inside.enter();
            (self.there(&head, 1) > 0).then(|| self.read(&mut head))
        };
        drop_each(std::iter::from_fn(|| self.take_discarded().or_else(left)));
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::super::core::Nobody;
    use super::*;

    #[test]
    fn who_is_stopped_at_one_end_holds_up_nobody_at_the_other() {
        for ends in [Ends::bounded(4, 4), Ends::unbounded()] {
            ends.try_push(1, &Nobody).unwrap();
            ends.try_push(2, &Nobody).unwrap();
            let stopped = ends.tail.inside.enter();
            assert_eq!((ends.try_pop(&Nobody), ends.try_pop(&Nobody)), (Ok(1), Ok(2)));
            assert_eq!((ends.len(), ends.is_shut_down(), ends.glance().is_none()), (0, false, true));
            drop(stopped);
            let stopped = ends.head.inside.enter();
            assert_eq!(
                (ends.try_push(3, &Nobody), ends.try_push(4, &Nobody), ends.len()),
                (Ok(()), Ok(()), 2)
            );
            // Tasks are counted at the tail.
            assert_eq!((ends.task_done(), ends.tasks().unfinished), (Ok(false), 3));
            drop(stopped);
        }
    }

    #[test]
    fn an_emptied_block_is_used_again() {
        let ends = Ends::unbounded();
        let mut blocks = std::collections::HashSet::new();
        for item in 0..10_000 {
            ends.try_push(item, &Nobody).unwrap();
            blocks.insert(ends.tail.inside.enter().block);
            assert_eq!(ends.try_pop(&Nobody), Ok(item));
        }
        // Sizes of 32, 64, …; then two take turns, unless an address comes twice.
        assert!(blocks.len() <= 6, "{} blocks", blocks.len());
    }
}
