//! A futex for models.
//!
//! loom and shuttle run all threads of an execution on one operating system thread, so the table of sleepers is plain
//! data in a `std` thread-local. It changes only directly after an atomic operation of the explorer, with no point in
//! between at which another thread could run; the two are one step.
//!
//! * **Compare and sleep.** [`look`] is a compare-exchange that never succeeds: one scheduling point that reads the
//!   newest value and, to loom's partial-order reduction, conflicts with every other access of the word. Directly
//!   after it the sleeper is entered.
//! * **Time-outs are choices.** A timed wait takes two steps: compare and enter; then, at some later point that the
//!   explorer picks, another `look`: if a wake came before, it was woken; if not, the deadline has struck. Since the
//!   thread stays runnable, every order of the two is explored. The number of such waits per thread and execution is
//!   bounded ([`super::Settings::timeouts`]), later ones sleep until they are woken.
//! * **Spurious wake-ups** are the same with [`super::Settings::spurious`]. An untimed wait beyond that budget blocks for
//!   good, so that a lost wake-up is a deadlock that the explorer reports.
//! * **Wakes** are one step with the store that they follow: the word may be gone before the wake, so the model cannot
//!   look at it again. With [`super::Settings::late_wakes`] a plain [`wake_on`] is a step of its own, in models that keep
//!   their words alive. [`wake_in_step`] stays one step: its word has one waiter, which either sleeps and is woken or
//!   finds the word changed.
//!
//! What the model does not give: happens-before. A real futex call orders nothing either, as far as we rely on it. The
//! one exception is an untimed wait that ends by a wake: blocking needs the explorer's `unpark`, and that synchronises.

use super::atomic::{AtomicU32, Ordering};
use super::explorer::{thread, thread_local};
use super::{Deadline, WakeOrder, current, sites};
use crate::platform::Wait;
use std::cell::{Cell, RefCell};
use std::ptr;
use std::rc::Rc;

/// A value that no futex word of the crate ever holds.
const NEVER_STORED: u32 = 0xDEAD_F07E;

/// One scheduling point that reads the newest value of the word and conflicts with every other access.
fn look(word: &AtomicU32) -> u32 {
    match word.compare_exchange(NEVER_STORED, NEVER_STORED, Ordering::Relaxed, Ordering::Relaxed) {
        Ok(value) | Err(value) => value,
    }
}

struct Sleeper {
    address: Cell<usize>,
    channels: u32,
    woken: Cell<bool>,
    /// Whether the thread is blocked in the explorer. Only such a thread may be unparked: loom joins the waker's
    /// clock into a running one too, and a token would be left for later.
    parked: Cell<bool>,
    thread: thread::Thread,
}

struct Table {
    execution: u64,
    sleepers: Vec<Rc<Sleeper>>,
}

std::thread_local! {
    static TABLE: RefCell<Table> = const { RefCell::new(Table { execution: 0, sleepers: Vec::new() }) };
}

thread_local! {
    /// What is left of the calling model thread's budgets: time-outs, spurious wake-ups.
    static BUDGET: Budget = Budget {
        timeouts: Cell::new(current().timeouts),
        spurious: Cell::new(current().spurious),
    };
}

struct Budget {
    timeouts: Cell<usize>,
    spurious: Cell<usize>,
}

/// Which execution this is. A failed execution leaves its sleepers in the table; the next one must not see them.
#[cfg(loom)]
fn execution() -> u64 {
    use std::hash::{Hash, Hasher};

    /// Keeps the first word that is hashed: loom's `ThreadId` is the pair (execution, thread) and hashes in order.
    struct First(Option<u64>);
    impl Hasher for First {
        fn finish(&self) -> u64 {
            self.0.unwrap_or(0)
        }
        fn write(&mut self, bytes: &[u8]) {
            let mut word = [0; 8];
            word[..bytes.len().min(8)].copy_from_slice(&bytes[..bytes.len().min(8)]);
            self.0.get_or_insert(u64::from_ne_bytes(word));
        }
    }
    let mut hasher = First(None);
    thread::current().id().hash(&mut hasher);
    hasher.finish()
}

/// shuttle stops at its first failure; what that leaves behind is dropped by [`forget_sleepers`].
#[cfg(shuttle)]
fn execution() -> u64 {
    0
}

fn with_table<R>(f: impl FnOnce(&mut Vec<Rc<Sleeper>>) -> R) -> R {
    let execution = execution();
    TABLE.with(|table| {
        let mut table = table.borrow_mut();
        if table.execution != execution {
            table.execution = execution;
            table.sleepers.clear();
        }
        f(&mut table.sleepers)
    })
}

/// How many threads sleep, or are about to: their wait has compared the word.
pub fn sleepers() -> usize {
    with_table(|sleepers| sleepers.len())
}

/// Drops what a failed execution left behind. Call before a model is started on a thread that saw one fail.
pub fn forget_sleepers() {
    TABLE.with(|table| table.borrow_mut().sleepers.clear());
}

fn take(budget: &Cell<usize>) -> bool {
    let left = budget.get();
    budget.set(left.saturating_sub(1));
    left > 0
}

pub(crate) fn wait_on(word: &AtomicU32, expected: u32, deadline: &Deadline, channels: u32) -> Wait {
    if look(word) != expected {
        return Wait::Changed;
    }
    let me = Rc::new(Sleeper {
        address: Cell::new(ptr::from_ref(word).addr()),
        channels,
        woken: Cell::new(false),
        parked: Cell::new(false),
        thread: thread::current(),
    });
    with_table(|sleepers| sleepers.push(Rc::clone(&me)));
    let returns_early =
        BUDGET.with(|budget| take(if deadline.timed { &budget.timeouts } else { &budget.spurious }));
    if returns_early {
        #[cfg(shuttle)]
        while !me.woken.get() && shuttle::rand::Rng::gen_bool(&mut shuttle::rand::thread_rng(), 0.5) {
            look(word);
        }
        look(word);
        if !me.woken.get() && me.address.get() != ptr::from_ref(word).addr() {
            // Moved: from now on it is the other word's wakes that this end is ordered with.
            // SAFETY: who is moved to a word, and has not been woken, keeps it alive.
            look(unsafe { &*ptr::with_exposed_provenance(me.address.get()) });
        }
        if me.woken.get() {
            // It did not time out. Without its budget a later wait of the same call would sleep beyond its deadline, and what only
            // the time-out ends would look like a deadlock. An untimed wait that does without its spurious end loses nothing.
            if deadline.timed {
                BUDGET.with(|budget| budget.timeouts.set(budget.timeouts.get() + 1));
            }
            return Wait::MaybeWoken;
        }
        with_table(|sleepers| sleepers.retain(|sleeper| !Rc::ptr_eq(sleeper, &me)));
        return if deadline.timed { Wait::TimedOut } else { Wait::MaybeWoken };
    }
    me.parked.set(true);
    let mut token = false;
    while !me.woken.get() {
        thread::park();
        token |= !me.woken.get();
    }
    if token {
        // That was an `unpark` of the user's, left for a `park` of the user's.
        me.thread.unpark();
    }
    Wait::MaybeWoken
}

/// Takes up to `count` sleepers of `address`, on one of `channels`, out of the table and wakes them. They are taken in one step:
/// to shuttle an `unpark` is a point at which others may run, and who falls asleep then was not meant.
fn wake_at(address: usize, count: u32, channels: u32) -> usize {
    let taken: Vec<_> = with_table(|sleepers| {
        let hears = |sleeper: &Sleeper| sleeper.address.get() == address && sleeper.channels & channels != 0;
        let here = || sleepers.iter().filter(|sleeper| hears(sleeper)).cloned();
        let taken: Vec<_> = match current().wake_order {
            WakeOrder::Fifo => here().take(count as usize).collect(),
            WakeOrder::Lifo => here().rev().take(count as usize).collect(),
        };
        sleepers.retain(|sleeper| !taken.iter().any(|taken| Rc::ptr_eq(taken, sleeper)));
        taken
    });
    taken.iter().for_each(|sleeper| sleeper.woken.set(true));
    for sleeper in &taken {
        if sleeper.parked.get() {
            sleeper.thread.unpark();
        }
    }
    taken.len()
}

#[track_caller]
pub(crate) fn wake_on(word: *const AtomicU32, count: u32, channels: u32) {
    if !sites::wakes() {
        return;
    }
    if current().late_wakes.is_some() {
        // SAFETY: whoever made the setting has promised that words outlive their wakes.
        look(unsafe { &*word });
    }
    wake_at(word.addr(), count, channels);
}

#[track_caller]
pub(crate) fn requeue(
    from: &AtomicU32,
    expected: u32,
    to: *const AtomicU32,
    wake: u32,
    moved: u32,
) -> Option<usize> {
    if !sites::wakes() {
        return Some(0);
    }
    if look(from) != expected {
        return None;
    }
    let source = ptr::from_ref(from).addr();
    let woken = wake_at(source, wake, !0);
    let mut count = 0;
    with_table(|sleepers| {
        for sleeper in sleepers.iter().filter(|sleeper| sleeper.address.get() == source) {
            if count < moved as usize {
                // Exposed for the sleeper that looks at its new word.
                sleeper.address.set(to.expose_provenance());
                count += 1;
            }
        }
    });
    Some(woken + count)
}

/// The word ends here. A step of the explorer's, so that it tries the other order too: somebody who comes later, and uses a word
/// that is gone (R34 of the historical bugs). Without it nothing would tell it that an end and a store make a difference.
pub(crate) fn end_of(word: &AtomicU32) {
    if !super::torn_down() {
        look(word);
    }
}

/// A wake that is one step with the store before it, also where others are not: the word may be gone.
#[track_caller]
pub(crate) fn wake_in_step(word: *const AtomicU32, count: u32) {
    if !sites::wakes() {
        return;
    }
    wake_at(word.addr(), count, !0);
}
