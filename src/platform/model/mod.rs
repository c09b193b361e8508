//! The back end of model builds (`--cfg loom`, `--cfg shuttle`): the explorer's atomics, cells and threads, and a
//! futex made of them.
//!
//! What a model of *your* code sees is described at [`crate::model`]; this is how it is done.

pub(crate) mod atomic;
mod futex_table;
mod settings;
mod sites;

#[cfg(loom)]
mod explorer {
    pub(crate) use loom::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence};
    pub(crate) use loom::thread;
    pub(crate) use loom::thread_local;
}

#[cfg(shuttle)]
mod explorer {
    pub(crate) use shuttle::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence};
    pub(crate) use shuttle::thread;
    pub(crate) use shuttle::thread_local;
}

pub(crate) mod futex {
    pub(crate) use super::futex_table::{end_of, requeue, wait_on, wake_in_step, wake_on};
}

pub use futex_table::{forget_sleepers, sleepers};
pub use settings::{LateWakes, Settings, WakeOrder, current, set};
pub use sites::{Change, Part, Site, recorded};

use super::{Duration, Instant, Mutant, Patience};
use std::cell::Cell;

/// A choice of the explorer: a wait with this deadline may time out whenever a real one could.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    timed: bool,
}

impl Deadline {
    pub(crate) const NEVER: Deadline = Deadline { timed: false };

    /// `Duration::MAX` means for ever here too: no clock counts that far.
    pub(crate) fn after(duration: Duration) -> Self {
        Deadline { timed: duration != Duration::MAX }
    }

    /// A model has no clock, and reading the real one would make executions differ from their replay: under loom every
    /// instant lies ahead, under shuttle one in four has passed.
    pub(crate) fn at(_: Instant) -> Option<Self> {
        #[cfg(shuttle)]
        if shuttle::rand::Rng::gen_bool(&mut shuttle::rand::thread_rng(), 0.25) {
            return None;
        }
        Some(Deadline { timed: true })
    }
}

/// "Waited too long": a setting, see [`Settings::too_long`].
#[derive(Debug)]
pub(crate) struct Stopwatch;

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Stopwatch
    }

    pub(crate) fn too_long(&self) -> bool {
        #[cfg(shuttle)]
        return current().too_long && shuttle::rand::Rng::gen_bool(&mut shuttle::rand::thread_rng(), 0.5);
        #[cfg(loom)]
        current().too_long
    }
}

/// Models do not spin: a spin adds states and finds nothing that a sleep does not. Except for the last look at a lock, where the
/// setting says so: what is done there is more than looking.
#[derive(Debug)]
pub(crate) struct Spin {
    looks: u32,
}

impl Spin {
    const NONE: Spin = Spin { looks: 0 };

    pub(crate) fn for_lock() -> Self {
        Spin { looks: current().heirs.into() }
    }

    pub(crate) fn for_latch() -> Self {
        Spin::NONE
    }

    pub(crate) fn for_clash() -> Self {
        Spin::NONE
    }

    pub(crate) fn for_hand_off() -> Self {
        Spin::NONE
    }

    pub(crate) fn slept_for_lock(_: &Stopwatch) {}

    pub(crate) fn for_flow(_: Patience, _: usize) -> Self {
        Spin::NONE
    }

    pub(crate) fn pause(&mut self) -> bool {
        let looks = self.looks > 0;
        self.looks = 0;
        looks
    }

    pub(crate) fn pause_shortly(&mut self) -> bool {
        false
    }

    pub(crate) fn nearly_spent(&self) -> bool {
        true
    }

    pub(crate) fn finds(&mut self, _: usize) {}

    pub(crate) fn ended(&self, _: bool) {}
}

/// See the function of this name in `platform/os/mod.rs`: loom weakens `SeqCst` accesses to `AcqRel`, so the fence
/// that they stand for is made explicit. This is the one line that differs from what is compiled for use.
#[track_caller]
pub(crate) fn sc_handshake() {
    atomic::fence(atomic::Ordering::SeqCst);
}

/// The number of a model thread; never 0.
pub(crate) type ThreadId = u64;

explorer::thread_local! {
    static MINE: ThreadId = fresh_id();
}

/// The calling model thread's number: all of them share one thread of the operating system.
pub(crate) fn thread_id() -> ThreadId {
    MINE.with(|&mine| mine)
}

/// Unlike any other on this thread of the operating system, so also unlike those of earlier executions.
fn fresh_id() -> ThreadId {
    std::thread_local! {
        static LAST: Cell<ThreadId> = const { Cell::new(0) };
    }
    LAST.set(LAST.get() + 1);
    LAST.get()
}

/// Whether `RawLock` and `Latch` are their specification (one step to take, one to give back) instead of the real algorithms.
pub(crate) fn abstract_locks() -> bool {
    !current().real_locks
}

/// Settings: see [`Settings::sharers`] and [`Settings::woken_ahead`].
pub(crate) mod crowd_sizes {
    pub(crate) fn sharers(channels: u32) -> u32 {
        super::current().sharers.min(channels)
    }

    pub(crate) fn woken_ahead(moved: usize) -> u32 {
        super::current().woken_ahead.min(moved as u32)
    }
}

/// A setting: see [`Settings::few`].
#[cfg(all(target_has_atomic = "64", not(tollgate_one_latch)))]
pub(crate) fn few_places(few: usize) -> usize {
    current().few.min(few)
}

/// A setting: see [`Settings::rounds`].
pub(crate) fn rounds_of_serving(rounds: u32) -> u32 {
    current().rounds.min(rounds)
}

/// Whether this thread belongs to a failed model that is being unwound. The explorer has no execution any more then, and an
/// operation in a destructor would panic a second time, which aborts the process and hides the first panic.
pub(crate) fn torn_down() -> bool {
    std::thread::panicking()
}

/// Whether this line is switched off in the running model.
pub(crate) fn mutated(mutant: Mutant) -> bool {
    current().mutant == Some(mutant)
}

/// loom's cell reports every pair of accesses that race; shuttle has none, so there it is the plain one.
#[derive(Debug)]
pub(crate) struct UnsafeCell<T: ?Sized> {
    #[cfg(loom)]
    cell: loom::cell::UnsafeCell<T>,
    #[cfg(shuttle)]
    cell: std::cell::UnsafeCell<T>,
}

impl<T> UnsafeCell<T> {
    #[cfg(loom)]
    pub(crate) fn new(value: T) -> Self {
        UnsafeCell { cell: loom::cell::UnsafeCell::new(value) }
    }

    #[cfg(shuttle)]
    pub(crate) const fn new(value: T) -> Self {
        UnsafeCell { cell: std::cell::UnsafeCell::new(value) }
    }

    pub(crate) fn into_inner(self) -> T {
        self.cell.into_inner()
    }
}

impl<T: ?Sized> UnsafeCell<T> {
    pub(crate) fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
        #[cfg(loom)]
        return self.cell.with(f);
        #[cfg(shuttle)]
        f(self.cell.get())
    }

    pub(crate) fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        #[cfg(loom)]
        return self.cell.with_mut(f);
        #[cfg(shuttle)]
        f(self.cell.get())
    }

    pub(crate) fn get_mut(&mut self) -> &mut T {
        // SAFETY: `&mut self` is exclusive; the lifetime is that of the borrow.
        self.with_mut(|pointer| unsafe { &mut *pointer })
    }
}

#[cfg(target_has_atomic = "64")]
impl<T> UnsafeCell<std::mem::MaybeUninit<T>> {
    /// Makes a cell that holds nothing where the memory of one is.
    ///
    /// # Safety
    ///
    /// `place` is valid for writes.
    pub(crate) unsafe fn make_empty(place: *mut Self) {
        // SAFETY: by contract.
        unsafe { place.write(UnsafeCell::new(std::mem::MaybeUninit::uninit())) };
    }
}

/// A look later: models do not sleep for a while. The explorer runs others first.
pub(crate) fn nap(_: &atomic::AtomicU32, _: u32, _: u32) {
    explorer::thread::yield_now();
}
