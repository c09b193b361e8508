//! The blocking face that all queues share: a core, and a gate for each kind of waiting.
//!
//! Getters wait while there is nothing to get, putters while there is no room, joiners while tasks are unfinished. Getters
//! and putters wait under the policy of one wake in flight: an item put while getters sleep wakes one, unless a wake is
//! under way; each woken getter that finds more behind what it took wakes the next. So n items wake at most n getters, and
//! no item lies while a getter sleeps and no wake is in flight. With room for a few items they are served instead: whoever brings an item hands it to
//! the getter that has waited longest, and whoever makes room moves in the item of the putter that has (`gate::served`). Joiners are all woken when the last task is done, and look
//! whether that was so since they came: the one who finished it may have been slow to say so, and new tasks may have come
//! (a joiner that took the word for it returned with its own task undone; found in review).
//!
//! A batch waits like one item: a `put_many` that finds room for a part of it puts that, tells the getters, and goes back to its
//! place in line for the rest; one deadline holds for all of it.
//!
//! Shutdown is a state of the core, not a pulse: whoever comes later finds it (R42 of the historical bugs). The order within
//! `shutdown` is: state and accounting in one step of the core, then all wake-ups, then the discarded items are taken out, and the
//! user's destructors run, outside every lock; a destructor that panics does not keep the others from running.
//!
//! Every change of a core is a section of a latch, and so is every try that ends in vain, and that is the gates' handshake: see "Under a latch" there.

use super::Shutdown;
use super::core::{Core, Tell};
use super::error::{GetError, PutError, PutManyError, ShutDown, TooManyDone};
use super::ledger::Refused;
use crate::gate::{Gate, Serving, Step};
use crate::platform::{Mutant, Patience, Spin, mutated, rounds_of_serving};
use crate::watch::{Kind, Tag};
use crossbeam_utils::CachePadded;
use std::collections::VecDeque;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// Whoever serves those who wait goes from one side to the other so often, and then leaves it to somebody else.
const MOST_ROUNDS: u32 = 64;

/// See the module.
pub(crate) struct Face<T, C> {
    core: CachePadded<C>,
    getters: CachePadded<Gate>,
    putters: CachePadded<Gate>,
    joiners: Gate,
    tag: Tag,
    items: PhantomData<fn() -> T>,
}

impl<T, C> Face<T, C> {
    const_unless_loom! {
        pub(crate) fn new(kind: Kind, core: C) -> Self {
            Face {
                core: CachePadded::new(core),
                getters: CachePadded::new(Gate::new()),
                putters: CachePadded::new(Gate::new()),
                joiners: Gate::new(),
                tag: Tag::new(kind),
                items: PhantomData,
            }
        }
    }

    const_unless_loom! {
        pub(crate) fn set_name(&mut self, name: &'static str) {
            self.tag.set_name(name);
        }
    }
}

impl<T, C: Core<T>> Face<T, C> {
    pub(crate) fn core(&self) -> &C {
        &self.core
    }

    /// The one body of all forms of `put`.
    #[inline(always)] // A call and what comes back from it are a third of what an uncontended put or get costs.
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub(crate) fn put(&self, item: T, patience: Patience) -> Result<(), PutError<T>> {
        let mut item = item;
        let tries = match patience {
            Patience::None => true,
            // A look may be wrong; then the wait's own tries, which are made in sections, put it right.
            _ => self.putters.admits_newcomers() && self.core.room() > 0,
        };
        if tries {
            match self.core.try_push(item, self) {
                Ok(()) => {
                    self.items();
                    return Ok(());
                }
                Err((back, Refused::NotNow)) if patience != Patience::None => item = back,
                Err((back, refused)) => return Err(refused.put(back)),
            }
        }
        self.put_contended(item, patience)
    }

    #[cold]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    fn put_contended(&self, item: T, patience: Patience) -> Result<(), PutError<T>> {
        let within = self.patience_here(patience);
        let _waiting = self.tag.waits(within);
        let (mut waiting, mut ended) = (Some(item), None);
        self.wait_for_room(within, |tell| {
            let Some(item) = waiting.take() else { return Step::Nothing };
            match self.core.try_push(item, &tell) {
                Ok(()) => ended = Some(Ok(())),
                Err((back, Refused::NotNow)) => {
                    waiting = Some(back);
                    return Step::Nothing;
                }
                Err((back, refused)) => ended = Some(Err(refused.put(back))),
            }
            Step::All
        });
        match (ended, waiting) {
            (Some(ended), _) => ended,
            (None, Some(item)) => {
                no_room_here(patience, "put");
                Err(PutError::Full(item))
            }
            (None, None) => unreachable!("tollgate: a put that was not made has lost its item"),
        }
    }

    /// The one body of all forms of `put_many`. How many were put: all.
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub(crate) fn put_many(&self, items: VecDeque<T>, patience: Patience) -> Result<usize, PutManyError<T>> {
        let (count, mut rest) = (items.len(), items);
        if rest.is_empty() {
            return Ok(0);
        }
        let mut shut_down = false;
        // Puts what there is room for. Ends when all are put, or none ever will be.
        let mut attempt = |tell: Option<&Self>| {
            let before = rest.len();
            let result = self.core.try_push_many(&mut rest, &tell);
            shut_down = result == Err(Refused::ShutDown);
            match rest.len() {
                0 => Step::All,
                _ if shut_down => Step::All,
                now if now < before => Step::Part,
                _ => Step::Nothing,
            }
        };
        let tries = match patience {
            Patience::None => true,
            _ => self.putters.admits_newcomers() && self.core.room() > 0,
        };
        let first = if tries { attempt(Some(self)) } else { Step::Nothing };
        if first != Step::Nothing {
            self.items();
        }
        if first != Step::All && patience != Patience::None {
            let within = self.patience_here(patience);
            let _waiting = self.tag.waits(within);
            self.wait_for_room(within, attempt);
        }
        if rest.is_empty() {
            return Ok(count);
        }
        let put = count - rest.len();
        let rest = Vec::from(rest);
        if shut_down {
            return Err(PutManyError { put, rest: PutError::ShutDown(rest) });
        }
        no_room_here(patience, "put_many");
        Err(PutManyError { put, rest: PutError::Full(rest) })
    }

    /// Waits until `attempt` has come to its end, which there has to be room for, or patience to its.
    fn wait_for_room(&self, patience: Patience, mut attempt: impl FnMut(Option<&Self>) -> Step) {
        let spin = self.spin(patience);
        if self.core.serves() {
            let mut errand = || attempt(None);
            let look = || self.core.room() > 0;
            let changed = || self.serve(Side::Getters);
            // SAFETY: the errand has items, which are `Send` if other threads use this queue, and the queue; all of this gate need room; see `Order::SERVES`.
            unsafe { self.putters.wait_to_be_served(patience, &mut errand, spin, look, changed) };
            return;
        }
        let attempt = || {
            let step = attempt(Some(self));
            if step != Step::Nothing {
                self.items();
            }
            (step == Step::All).then_some(())
        };
        let serves = |_| self.core.surely_ends_push();
        self.putters.wait(0, patience, attempt, spin, || self.core.room(), serves);
    }

    /// Of a putter or a getter.
    fn spin(&self, patience: Patience) -> Spin {
        Spin::for_flow(patience, self.core.most_capacity().unwrap_or(usize::MAX))
    }

    /// A call from within user code that the core runs cannot wait: those whom it would wait for wait for that code. So it looks
    /// once, and does not line up.
    fn patience_here(&self, patience: Patience) -> Patience {
        if self.core.is_amid_user_code() { Patience::None } else { patience }
    }

    /// The one body of all forms of `get`.
    #[inline(always)] // As `put`.
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub(crate) fn get(&self, patience: Patience) -> Result<T, GetError> {
        self.core.refuse_reentry("get");
        self.get_by(patience, |tell| self.core.try_pop(&tell))
    }

    /// The one body of all forms of `get_many`.
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub(crate) fn get_many(&self, most: usize, patience: Patience) -> Result<Vec<T>, GetError> {
        self.core.refuse_reentry("get_many");
        if most == 0 {
            return Ok(Vec::new());
        }
        self.get_by(patience, |tell| self.core.try_pop_many(most, &tell))
    }

    #[inline(always)] // As `put`.
    #[cfg_attr(feature = "diagnostics", track_caller)]
    fn get_by<R>(
        &self,
        patience: Patience,
        pop: impl Fn(Option<&Self>) -> Result<R, Refused>,
    ) -> Result<R, GetError> {
        let tries = match patience {
            Patience::None => true,
            // As in `put`.
            _ => self.getters.admits_newcomers() && self.core.gain() > 0,
        };
        if tries {
            match pop(Some(self)) {
                Err(Refused::NotNow) if patience != Patience::None => {}
                ended => return ended.map_err(Refused::get),
            }
        }
        self.get_contended(patience, pop)
    }

    #[cold]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    fn get_contended<R>(
        &self,
        patience: Patience,
        pop: impl Fn(Option<&Self>) -> Result<R, Refused>,
    ) -> Result<R, GetError> {
        let _waiting = self.tag.waits(patience);
        let spin = self.spin(patience);
        let mut got = Err(Refused::NotNow);
        let mut attempt = |tell| {
            got = pop(tell);
            if matches!(got, Err(Refused::NotNow)) { Step::Nothing } else { Step::All }
        };
        if self.core.serves() {
            let mut errand = || attempt(None);
            let look = || self.core.gain() > 0;
            let changed = || self.serve(Side::Putters);
            // SAFETY: as in `wait_for_room`; all of this gate need an item.
            unsafe { self.getters.wait_to_be_served(patience, &mut errand, spin, look, changed) };
        } else {
            let attempt = || (attempt(Some(self)) == Step::All).then_some(());
            let serves = |_| self.core.surely_ends_pop();
            self.getters.wait(0, patience, attempt, spin, || self.core.gain(), serves);
        }
        got.map_err(Refused::get)
    }

    pub(crate) fn task_done(&self) -> Result<(), TooManyDone> {
        if self.core.task_done()? && !mutated(Mutant::QueueDoneWithoutNotify) {
            self.joiners.release_all();
        }
        Ok(())
    }

    /// The one body of all forms of `join`. Whether no task was left.
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub(crate) fn join(&self, patience: Patience) -> bool {
        let first = self.core.tasks();
        // Also when new tasks came in the moment after.
        let was_idle = || {
            let now = self.core.tasks();
            now.unfinished == 0 || now.times_idle != first.times_idle
        };
        first.unfinished == 0 || {
            let _waiting = self.tag.waits(patience);
            self.joiners.wait_for(patience, was_idle)
        }
    }

    /// From now on so many items fit. Whether that was to be had.
    pub(crate) fn set_capacity(&self, capacity: usize) -> bool {
        let set = self.core.set_capacity(capacity);
        if set && !mutated(Mutant::QueueCapacityWithoutNotify) {
            self.room();
        }
        set
    }

    pub(crate) fn shut_down(&self, how: Shutdown) {
        let idle = self.core.shut_down(how);
        if !mutated(Mutant::QueueShutdownWithoutWake) {
            if idle {
                self.joiners.release_all();
            }
            self.getters.release_all();
            self.putters.release_all();
        }
        if how == Shutdown::Immediate {
            drop_each(self.core.discard());
        }
    }

    /// How many threads wait to get and to put.
    pub(crate) fn waiting(&self) -> (usize, usize) {
        (self.getters.waiting(), self.putters.waiting())
    }
}

/// Who waits.
#[derive(Clone, Copy)]
enum Side {
    Putters,
    Getters,
}

impl<T, C: Core<T>> Face<T, C> {
    /// What those on this side wait for is there, and somebody does.
    #[cold]
    fn tell_those_who_wait(&self, side: Side) {
        match side {
            _ if self.core.serves() => self.serve(side),
            Side::Putters => self.putters.notify_waiters(|_| self.core.surely_ends_push()),
            Side::Getters => self.getters.notify_waiters(|_| self.core.surely_ends_pop()),
        }
    }

    /// Serves those who wait, of this side first. What was done for one side may be what the other one waits for.
    fn serve(&self, first: Side) {
        let mut side = first;
        for round in 1_u32.. {
            let (gate, other) = match side {
                Side::Putters => (&self.putters, Side::Getters),
                Side::Getters => (&self.getters, Side::Putters),
            };
            let serving = gate.serve(round > rounds_of_serving(MOST_ROUNDS));
            if serving != Serving::Changed || mutated(Mutant::QueueServesOneSide) {
                return;
            }
            side = other;
        }
    }
}

impl<T, C: Core<T>> Tell for Face<T, C> {
    #[inline]
    fn room(&self) {
        let told = self.core.is_bounded() && !mutated(Mutant::QueueGetWithoutNotify);
        if told && self.putters.is_to_be_told() {
            self.tell_those_who_wait(Side::Putters);
        }
    }

    #[inline]
    fn items(&self) {
        if !mutated(Mutant::QueuePutWithoutNotify) && self.getters.is_to_be_told() {
            self.tell_those_who_wait(Side::Getters);
        }
    }

    fn idle(&self) {
        self.joiners.release_all();
    }
}

/// The face, or, in an errand, nobody: whoever runs it sees to those who wait.
impl<T, C: Core<T>> Tell for Option<&Face<T, C>> {
    #[inline]
    fn room(&self) {
        if let Some(face) = self {
            face.room();
        }
    }

    #[inline]
    fn items(&self) {
        if let Some(face) = self {
            face.items();
        }
    }

    fn idle(&self) {
        if let Some(face) = self {
            face.idle();
        }
    }
}

/// A plain form has found no room, and has not waited for it: see `patience_here`.
fn no_room_here(patience: Patience, call: &str) {
    assert!(
        patience != Patience::Forever,
        "PriorityQueue: {call} from within a comparison of its items cannot wait for room"
    );
}

/// Drops all items, whatever their destructors do. The first panic goes on at the end; what later ones carry is leaked, since
/// dropping it may panic too.
pub(super) fn drop_each<T>(items: impl IntoIterator<Item = T>) {
    let mut first_panic = None;
    for item in items {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| drop(item))) {
            match first_panic {
                None => first_panic = Some(panic),
                Some(_) => std::mem::forget(panic),
            }
        }
    }
    if let Some(panic) = first_panic {
        resume_unwind(panic);
    }
}

/// What users are told. Not by `From`, which would be public, and show this type in the documentation of theirs.
impl Refused {
    /// Of a put, with the item.
    fn put<T>(self, item: T) -> PutError<T> {
        match self {
            Refused::NotNow => PutError::Full(item),
            Refused::ShutDown => PutError::ShutDown(item),
        }
    }

    /// Of a get.
    fn get(self) -> GetError {
        match self {
            Refused::NotNow => GetError::Empty,
            Refused::ShutDown => GetError::ShutDown,
        }
    }
}

/// For `put`, which waits for ever: a full queue is not one of its outcomes.
pub(crate) fn never_full<T>(result: Result<(), PutError<T>>) -> Result<(), ShutDown<T>> {
    match result {
        Ok(()) => Ok(()),
        Err(PutError::ShutDown(item)) => Err(ShutDown(item)),
        Err(PutError::Full(_)) => unreachable!("tollgate: a put without a deadline timed out"),
    }
}

/// For `get`, which waits for ever: an empty queue is not one of its outcomes.
pub(crate) fn never_empty<T>(result: Result<T, GetError>) -> Result<T, ShutDown> {
    match result {
        Ok(item) => Ok(item),
        Err(GetError::ShutDown) => Err(ShutDown(())),
        Err(GetError::Empty) => unreachable!("tollgate: a get without a deadline timed out"),
    }
}
