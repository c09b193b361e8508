//! Smallest first: a heap under a lock of its own, and an inbox in the ledger.
//!
//! A put drops its item into the inbox, under the ledger's latch, and runs no user code. A get takes the heap's lock, then claims an
//! item in the ledger and empties the inbox into its heap, in one step; then it compares, under the heap's lock alone. So
//! putters, looks, `task_done` and `shutdown` never wait for a comparison; getters wait for each other's.
//!
//! **Linearizable.** What a get returns is the smallest of all that was there at its claim: the heap and the inbox of that moment. No other
//! get comes between, since the heap's lock is held from before the claim until the item is out.
//!
//! # User code
//!
//! Comparisons, and the closure of `with_first`, run under the heap's lock, and nothing else does. Its holder is recorded.
//!
//! * They may put: that is the inbox. If there is no room, they cannot wait for it: only a get makes room, and all gets wait for
//!   them.
//! * They may not get, nor look at the first item: that panics, by name.
//! * If they panic, what was claimed is given back, no item is out of place, and the panic goes on: see [`Heap`].
//! * They may shut the queue down at once. The items are then dropped by the call that runs them, when it has released the heap's lock.

use super::core::{Order, Tell};
use super::face::drop_each;
use super::heap::{Entry, Heap};
use super::ledger::{GivenBack, Ledger, Refused};
use super::store::{ALLOCATED_AT_ONCE, shrunk};
use crate::lock::Lock;
use crate::platform::atomic::{AtomicThreadId, AtomicU32, Ordering::Relaxed};
use crate::platform::{ThreadId, thread_id};
use crate::watch::Tag;
use std::any::Any;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// What lies in the ledger.
pub(crate) struct Inbox<T> {
    entries: Vec<Entry<T>>,
    next_ticket: u64,
}

impl<T> Inbox<T> {
    pub(super) const fn new() -> Self {
        Inbox { entries: Vec::new(), next_ticket: 0 }
    }

    pub(super) fn with_capacity(capacity: usize) -> Self {
        Inbox { entries: Vec::with_capacity(capacity.min(ALLOCATED_AT_ONCE)), next_ticket: 0 }
    }
}

/// See the module.
pub(crate) struct Heaped<T> {
    inside: Lock<Inside<T>>,
    /// Who holds that lock. Written by the holder; only its own name means anything to a reader.
    holder: AtomicThreadId,
    /// Whether user code under the lock has shut the queue down at once. Used by the holder alone.
    abandoned: AtomicU32,
}

struct Inside<T> {
    heap: Heap<T>,
    /// Empty; changes places with the inbox, so that its memory is used again.
    spare: Vec<Entry<T>>,
}

/// What a panic carries.
type Panic = Box<dyn Any + Send>;

/// No thread has this number.
const NOBODY: ThreadId = 0;

impl<T> Heaped<T> {
    const_unless_loom! {
        pub(super) fn new() -> Self {
            Heaped {
                inside: Lock::tagged(Tag::unwatched(), Inside { heap: Heap::new(), spare: Vec::new() }),
                holder: AtomicThreadId::new(NOBODY),
                abandoned: AtomicU32::new(0),
            }
        }
    }

    pub(super) fn with_capacity(capacity: usize) -> Self {
        let slots = capacity.min(ALLOCATED_AT_ONCE);
        Heaped {
            inside: Lock::tagged(
                Tag::unwatched(),
                Inside { heap: Heap::with_capacity(slots), spare: Vec::with_capacity(slots) },
            ),
            holder: AtomicThreadId::new(NOBODY),
            abandoned: AtomicU32::new(0),
        }
    }

    fn is_held_here(&self) -> bool {
        // Relaxed: this thread reads its own name only if it wrote it itself, last.
        self.holder.load(Relaxed) == thread_id()
    }

    /// Takes the heap's lock; has `enter` claim in the ledger and empty the inbox; runs `compare`, which may run user code; and
    /// releases the lock. If the user code shut the queue down, drops what is left. If it panics, or a destructor does, `undo` gives
    /// the claim back: under the lock in the first case, so that whoever waits for it sees the items again, and not the end of a
    /// drained queue (found in review).
    fn with_heap<C, R, U>(
        &self,
        ledger: &Ledger<Inbox<T>>,
        enter: impl FnOnce(&mut Vec<Entry<T>>) -> Result<C, Refused>,
        compare: impl FnOnce(&mut Heap<T>, &C) -> R,
        undo: impl Fn(&C) -> U,
    ) -> Result<Result<R, (U, Panic)>, Refused> {
        let mut inside = self.inside.lock();
        let Inside { heap, spare } = &mut *inside;
        let claim = enter(spare)?;
        heap.append(spare);
        self.holder.store(thread_id(), Relaxed);
        let result = catch_unwind(AssertUnwindSafe(|| compare(heap, &claim)));
        self.holder.store(NOBODY, Relaxed);
        let result = result.map_err(|panic| (undo(&claim), panic));
        if !ledger.is_bounded() {
            if let Some(slots) = shrunk(heap.len(), heap.slots()) {
                heap.shrink_to(slots);
            }
            if let Some(slots) = shrunk(heap.len(), spare.capacity()) {
                spare.shrink_to(slots);
            }
        }
        let abandoned = self.abandoned.load(Relaxed) != 0;
        self.abandoned.store(0, Relaxed);
        drop(inside);
        let result = match result {
            Ok(result) if !abandoned => return Ok(Ok(result)),
            result => result,
        };
        let dropped =
            abandoned.then(|| catch_unwind(AssertUnwindSafe(|| drop_each(self.discard_all(ledger)))));
        Ok(match (result, dropped) {
            // Two at once: the first goes on.
            (Err(first), Some(Err(second))) => {
                std::mem::forget(second);
                Err(first)
            }
            // The queue has been shut down at once, so what was claimed counts as discarded, like the others.
            (Ok(_), Some(Err(panic))) => Err((undo(&claim), panic)),
            (result, _) => result,
        })
    }

    fn discard_all(&self, ledger: &Ledger<Inbox<T>>) -> VecDeque<T> {
        let mut entries = self.inside.lock().heap.take();
        entries.append(&mut ledger.with_kept(|inbox, _| std::mem::take(&mut inbox.entries)));
        entries.into_iter().map(|entry| entry.item).collect()
    }
}

impl<T: Ord> Heaped<T> {
    /// Shows `look` the first item, if there is one.
    pub(super) fn with_first<R>(&self, ledger: &Ledger<Inbox<T>>, look: impl FnOnce(&T) -> R) -> Option<R> {
        self.refuse_reentry("with_first");
        // As in `pop`.
        if ledger.len() == 0 && ledger.with_kept(|_, len| len == 0) {
            return None;
        }
        let enter = |spare: &mut Vec<Entry<T>>| {
            ledger.with_kept(|inbox, len| {
                if len == 0 {
                    return Err(Refused::NotNow);
                }
                std::mem::swap(spare, &mut inbox.entries);
                Ok(())
            })
        };
        let looked = self.with_heap(ledger, enter, |heap, ()| heap.first().map(look), |()| ()).ok()?;
        looked.unwrap_or_else(|((), panic)| resume_unwind(panic))
    }

    /// Claims up to `most` items and takes them out into `taken`. If a comparison panics, all of them are given back; if a destructor
    /// does, of what a shutdown from within a comparison has discarded, those that were taken are discarded too.
    fn take<C: Default + IntoIterator>(
        &self,
        ledger: &Ledger<Inbox<T>>,
        most: usize,
        tell: &impl Tell,
        each: impl FnOnce(&mut Heap<T>, usize, &mut C),
    ) -> Result<C, Refused> {
        // Not the lock, which a comparison may have for long: from the closing bit on nothing is there.
        if ledger.is_closed() {
            return Err(Refused::ShutDown);
        }
        let enter = |spare: &mut Vec<Entry<T>>| {
            let mut books = ledger.claim(most)?;
            let count = books.count();
            std::mem::swap(spare, &mut books.kept().entries);
            books.taken();
            // Now, and not when the item is found: putters need not wait for comparisons.
            tell.room();
            Ok(count)
        };
        let mut taken = C::default();
        let outcome = self.with_heap(
            ledger,
            enter,
            |heap, &count| each(heap, count, &mut taken),
            |&count| ledger.give_back(count),
        )?;
        let Err((given_back, panic)) = outcome else { return Ok(taken) };
        match given_back {
            GivenBack::There => tell.items(),
            GivenBack::Discarded { idle } => {
                if idle {
                    tell.idle();
                }
            }
        }
        if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop_each(taken))) {
            std::mem::forget(second);
        }
        resume_unwind(panic)
    }
}

impl<T: Ord> Order<T> for Heaped<T> {
    type Kept = Inbox<T>;

    fn keep(inbox: &mut Inbox<T>, item: T) {
        inbox.entries.push(Entry { item, ticket: inbox.next_ticket });
        inbox.next_ticket += 1;
    }

    fn pop(&self, ledger: &Ledger<Inbox<T>>, tell: &impl Tell) -> Result<T, Refused> {
        // An empty queue is seen without the heap's lock.
        if ledger.gain() == 0 && !ledger.surely_ends_get() {
            return Err(Refused::NotNow);
        }
        let first = self.take(ledger, 1, tell, |heap, _, first: &mut Option<T>| {
            *first = heap.pop().map(|entry| entry.item);
        })?;
        let Some(item) = first else { unreachable!("tollgate: an item is counted and not there") };
        Ok(item)
    }

    fn pop_many(&self, ledger: &Ledger<Inbox<T>>, most: usize, tell: &impl Tell) -> Result<Vec<T>, Refused> {
        if ledger.gain() == 0 && !ledger.surely_ends_get() {
            return Err(Refused::NotNow);
        }
        let first = self.take(ledger, most, tell, |heap, count, first: &mut Vec<Entry<T>>| {
            first.reserve_exact(count);
            let popped =
                catch_unwind(AssertUnwindSafe(|| first.extend((0..count).map_while(|_| heap.pop()))));
            if let Err(panic) = popped {
                heap.append(first);
                resume_unwind(panic);
            }
        })?;
        Ok(first.into_iter().map(|entry| entry.item).collect())
    }

    fn discard(&self, ledger: &Ledger<Inbox<T>>) -> VecDeque<T> {
        if self.is_held_here() {
            self.abandoned.store(1, Relaxed);
            return VecDeque::new();
        }
        self.discard_all(ledger)
    }

    fn is_amid_user_code(&self) -> bool {
        self.is_held_here()
    }

    #[inline]
    fn refuse_reentry(&self, call: &str) {
        assert!(
            !self.is_held_here(),
            "PriorityQueue: {call} from within a comparison of its items, or from within with_first"
        );
    }
}
