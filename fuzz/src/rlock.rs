//! [`tollgate::RLock`]: any number of guards at once, mapped, leaked, waited with and dropped in any order.
//!
//! The model is a number: how many guards there are, leaked ones included. Everything follows from it, and from whether the only
//! guard's value is borrowed mutably.

use crate::forms::{Form, SHORT, past, soon};
use crate::panics::{assert_bangs, bang, catch};
use crate::script::{self, Script};
use std::mem;
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use tollgate::{
    Condition, MappedRLockGuard, OwnedMappedRLockGuard, OwnedRLockGuard, RLock, RLockGuard, RLockMut,
    ReentrantWaitGuard,
};

/// One call, or a few. A guard is named by its place among those in hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// One of the forms of locking, by the owner or when the lock is free: it never waits.
    Lock(Form),
    /// Drops a guard.
    Unlock(u8),
    /// Replaces a guard by one of a half of what it gives.
    Map(u8),
    /// The same, with a closure that panics: the guard is gone.
    MapPanics(u8),
    /// Leaks a guard.
    Leak(u8),
    /// `get_mut`, and a change through it; meanwhile locking again panics.
    Change(u8),
    /// `get_mut`, leaked.
    LeakBorrow(u8),
    /// Drops all guards by a panic.
    Unwind,
    /// A timed wait: plain, which panics beside other guards, or of all levels. Nobody notifies.
    Wait(u8, bool, Form),
    /// One of the forms in another thread.
    Elsewhere(Form),
    /// `Debug`.
    Look,
    /// Drops all guards, takes the value out of the lock, and goes on with a new one.
    TakeOut,
    /// One of the forms of `lock_owned`.
    LockOwned(Form),
    /// `try_map` of a guard, to a half that is there or not: then the guard comes back.
    TryMap(u8, bool),
}

impl script::Operation for Operation {
    fn decode(code: u8, argument: u8) -> Self {
        let form = Form::decode(argument);
        let rest = argument / 7;
        match code % 14 {
            0 => Operation::Lock(form),
            1 => Operation::Unlock(argument),
            2 => Operation::Map(argument),
            3 => Operation::MapPanics(argument),
            4 => Operation::Leak(argument),
            5 => Operation::Change(argument),
            6 => Operation::LeakBorrow(argument),
            7 => Operation::Unwind,
            8 => Operation::Wait(rest / 2, rest % 2 == 1, form),
            9 => Operation::Elsewhere(form),
            10 => Operation::Look,
            11 => Operation::TakeOut,
            12 => Operation::LockOwned(form),
            _ => Operation::TryMap(argument / 2, argument % 2 == 1),
        }
    }
}

/// What is in hand.
enum Level<'a> {
    Whole(RLockGuard<'a, Value>),
    Half(MappedRLockGuard<'a, u32>),
    OwnedWhole(OwnedRLockGuard<Value>),
    OwnedHalf(OwnedMappedRLockGuard<Value, u32>),
}

type Value = [u32; 2];

impl<'a> Level<'a> {
    /// A half of the whole, or what a half gives. In between `looks` is called.
    fn map(self, half: usize, looks: impl FnOnce()) -> Self {
        match self {
            Level::Whole(guard) => Level::Half(RLockGuard::map(guard, |value| {
                looks();
                &value[half]
            })),
            Level::Half(guard) => Level::Half(MappedRLockGuard::map(guard, |half| half)),
            Level::OwnedWhole(guard) => Level::OwnedHalf(OwnedRLockGuard::map(guard, |value| {
                looks();
                &value[half]
            })),
            Level::OwnedHalf(guard) => Level::OwnedHalf(OwnedMappedRLockGuard::map(guard, |half| half)),
        }
    }

    /// The same if it `is_there`; if not, the guard as it was.
    fn try_map(self, half: usize, is_there: bool) -> Self {
        match self {
            Level::Whole(guard) => {
                let tried = RLockGuard::try_map(guard, |value| is_there.then_some(&value[half]));
                tried.map_or_else(Level::Whole, Level::Half)
            }
            Level::Half(guard) => {
                let tried = MappedRLockGuard::try_map(guard, |half| is_there.then_some(half));
                tried.map_or_else(Level::Half, Level::Half)
            }
            Level::OwnedWhole(guard) => {
                let tried = OwnedRLockGuard::try_map(guard, |value| is_there.then_some(&value[half]));
                tried.map_or_else(Level::OwnedWhole, Level::OwnedHalf)
            }
            Level::OwnedHalf(guard) => {
                let tried = OwnedMappedRLockGuard::try_map(guard, |half| is_there.then_some(half));
                tried.map_or_else(Level::OwnedHalf, Level::OwnedHalf)
            }
        }
    }

    fn map_panics(self) {
        match self {
            Level::Whole(guard) => assert_bangs(|| RLockGuard::map(guard, |_| -> &u32 { bang() })),
            Level::Half(guard) => assert_bangs(|| MappedRLockGuard::map(guard, |_| -> &u32 { bang() })),
            Level::OwnedWhole(guard) => assert_bangs(|| OwnedRLockGuard::map(guard, |_| -> &u32 { bang() })),
            Level::OwnedHalf(guard) => {
                assert_bangs(|| OwnedMappedRLockGuard::map(guard, |_| -> &u32 { bang() }));
            }
        }
    }

    fn is_whole(&self) -> bool {
        matches!(self, Level::Whole(_) | Level::OwnedWhole(_))
    }

    fn is_owned(&self) -> bool {
        matches!(self, Level::OwnedWhole(_) | Level::OwnedHalf(_))
    }

    /// Only of a whole one.
    fn get_mut(&mut self) -> Option<RLockMut<'_, Value>> {
        match self {
            Level::Whole(guard) => RLockGuard::get_mut(guard),
            Level::OwnedWhole(guard) => OwnedRLockGuard::get_mut(guard),
            Level::Half(_) | Level::OwnedHalf(_) => unreachable!("a half"),
        }
    }

    fn assert_shows(&self, value: Value, operation: Operation) {
        match self {
            Level::Whole(guard) => assert_eq!(**guard, value, "the value after {operation:?}"),
            Level::OwnedWhole(guard) => assert_eq!(**guard, value, "the value after {operation:?}"),
            Level::Half(guard) => assert!(value.contains(guard), "a half after {operation:?}"),
            Level::OwnedHalf(guard) => assert!(value.contains(guard), "a half after {operation:?}"),
        }
    }
}

/// What should be.
struct Model {
    value: [u32; 2],
    leaked: usize,
    /// Those that owned a share of the lock.
    leaked_shares: usize,
    /// The borrow of the only guard was leaked, and the guard has not been used since.
    borrowed: bool,
}

/// More threads than this make an input slow.
const MOST_THREADS: usize = 16;

/// Runs the script on locks and on the model.
///
/// # Panics
///
/// Where the two differ.
pub fn run(script: &Script<Operation>) {
    let condition = Condition::new();
    let mut value = [0; 2];
    let mut threads = 0;
    let mut operations = script.operations.iter().copied().peekable();
    while operations.peek().is_some() {
        let mut lock = Arc::new(RLock::new(value));
        let mut model = Model { value, leaked: 0, leaked_shares: 0, borrowed: false };
        let mut hand = Vec::new();
        for operation in operations.by_ref().take_while(|operation| *operation != Operation::TakeOut) {
            if matches!(operation, Operation::Elsewhere(_)) {
                threads += 1;
                if threads > MOST_THREADS {
                    continue;
                }
            }
            step(operation, &lock, &condition, &mut hand, &mut model);
            let depth = hand.len() + model.leaked;
            assert_eq!(lock.depth(), depth, "depth after {operation:?}");
            assert_eq!((lock.is_owned(), lock.is_locked()), (depth > 0, depth > 0), "after {operation:?}");
            let shares = hand.iter().filter(|level| level.is_owned()).count() + model.leaked_shares;
            assert_eq!(Arc::strong_count(&lock), 1 + shares, "shares after {operation:?}");
            hand.iter().for_each(|level| level.assert_shows(model.value, operation));
        }
        drop(hand);
        assert_eq!(lock.is_locked(), model.leaked > 0);
        for _ in 0..model.leaked_shares {
            // SAFETY: the count includes the shares of the leaked guards, which nobody else will give up.
            unsafe { Arc::decrement_strong_count(Arc::as_ptr(&lock)) };
        }
        // Also when a guard was leaked.
        let alone = Arc::get_mut(&mut lock).expect("all shares have been given up");
        assert_eq!(*alone.get_mut(), model.value, "get_mut");
        value = Arc::into_inner(lock).expect("the only share").into_inner();
        assert_eq!(value, model.value, "into_inner");
    }
}

fn step<'a>(
    operation: Operation,
    lock: &'a Arc<RLock<Value>>,
    condition: &Condition,
    hand: &mut Vec<Level<'a>>,
    model: &mut Model,
) {
    let depth = hand.len() + model.leaked;
    let place = |which: u8| usize::from(which) % hand.len().max(1);
    match operation {
        Operation::Lock(form) if model.borrowed => {
            assert!(catch(|| acquire(lock, form)).is_err(), "borrowed mutably, {form:?}");
        }
        Operation::Lock(form) => {
            hand.push(Level::Whole(acquire(lock, form).expect("the owner's, or free")));
        }
        Operation::LockOwned(form) if model.borrowed => {
            assert!(catch(|| acquire_owned(lock, form)).is_err(), "borrowed mutably, owned, {form:?}");
        }
        Operation::LockOwned(form) => {
            hand.push(Level::OwnedWhole(acquire_owned(lock, form).expect("the owner's, or free")));
        }
        Operation::Elsewhere(form) => {
            let form = form.within(depth > 0);
            thread::scope(|s| {
                let elsewhere = || (acquire(lock, form).is_some(), acquire_owned(lock, form).is_some());
                let acquired = s.spawn(elsewhere).join().unwrap();
                assert_eq!(acquired, (depth == 0, depth == 0), "elsewhere, {form:?}");
            });
        }
        Operation::Look => {
            let value = if model.borrowed { "<locked>".to_owned() } else { format!("{:?}", model.value) };
            assert_eq!(format!("{lock:?}"), format!("RLock {{ value: {value} }}"));
        }
        Operation::TakeOut => unreachable!("ends the lock, see `run`"),
        _ if hand.is_empty() => {}
        Operation::Unlock(which) => {
            drop(hand.swap_remove(place(which)));
            model.borrowed = false;
        }
        Operation::Map(which) => {
            let level = hand.swap_remove(place(which));
            let part = level.map(usize::from(which % 2), || assert!(lock.is_owned()));
            part.assert_shows(model.value, operation);
            hand.push(part);
        }
        Operation::TryMap(which, is_there) => {
            let level = hand.swap_remove(place(which));
            let whole = level.is_whole();
            let level = level.try_map(usize::from(which % 2), is_there);
            assert_eq!(level.is_whole(), whole && !is_there, "the guard comes back as it was");
            hand.push(level);
        }
        Operation::MapPanics(which) => {
            hand.swap_remove(place(which)).map_panics();
            model.borrowed = false;
        }
        Operation::Leak(which) => {
            let level = hand.swap_remove(place(which));
            model.leaked_shares += usize::from(level.is_owned());
            mem::forget(level);
            model.leaked += 1;
        }
        Operation::Change(which) | Operation::LeakBorrow(which) => {
            let which = place(which);
            if !hand[which].is_whole() {
                return;
            }
            let borrowed = hand[which].get_mut();
            assert_eq!(borrowed.is_some(), depth == 1, "get_mut at depth {depth}");
            let Some(mut borrowed) = borrowed else { return };
            borrowed[which % 2] += 1;
            model.value[which % 2] += 1;
            model.borrowed = matches!(operation, Operation::LeakBorrow(_));
            if model.borrowed {
                mem::forget(borrowed);
            } else {
                assert!(catch(|| lock.lock()).is_err(), "locked again while borrowed mutably");
                drop(borrowed);
            }
        }
        Operation::Unwind => {
            let guards = mem::take(hand);
            assert_bangs(move || {
                let _guards = guards;
                bang()
            });
            model.borrowed = false;
        }
        Operation::Wait(which, all, form) => {
            let which = place(which);
            match &mut hand[which] {
                Level::Whole(guard) => wait(condition, guard, all, form, depth),
                Level::OwnedWhole(guard) => wait(condition, guard, all, form, depth),
                Level::Half(_) | Level::OwnedHalf(_) => return,
            }
            if all {
                // Where the predicate was met at once there was no wait.
                model.borrowed &= matches!(form, Form::Plain | Form::LongTime);
            } else {
                model.borrowed &= depth > 1;
            }
            assert_eq!(condition.waiting(), 0);
        }
    }
}

/// Nobody notifies.
fn wait<G: ReentrantWaitGuard>(condition: &Condition, guard: &mut G, all: bool, form: Form, depth: usize) {
    if all {
        assert!(!wait_all_levels(condition, guard, form), "notified by nobody");
    } else {
        let waited = catch(|| condition.wait_timeout(guard, Duration::ZERO));
        assert_eq!(waited.ok(), (depth == 1).then_some(false), "wait at depth {depth}");
    }
}

fn acquire_owned(lock: &Arc<RLock<Value>>, form: Form) -> Option<OwnedRLockGuard<Value>> {
    match form {
        Form::Plain => Some(lock.lock_owned()),
        Form::Try => lock.try_lock_owned(),
        Form::NoTime => lock.lock_owned_timeout(Duration::ZERO),
        Form::ShortTime => lock.lock_owned_timeout(SHORT),
        Form::LongTime => lock.lock_owned_timeout(Duration::MAX),
        Form::Past => lock.lock_owned_deadline(past()),
        Form::Soon => lock.lock_owned_deadline(soon()),
    }
}

fn acquire(lock: &RLock<Value>, form: Form) -> Option<RLockGuard<'_, Value>> {
    match form {
        Form::Plain => Some(lock.lock()),
        Form::Try => lock.try_lock(),
        Form::NoTime => lock.lock_timeout(Duration::ZERO),
        Form::ShortTime => lock.lock_timeout(SHORT),
        Form::LongTime => lock.lock_timeout(Duration::MAX),
        Form::Past => lock.lock_deadline(past()),
        Form::Soon => lock.lock_deadline(soon()),
    }
}

/// Whether it was notified. The forms that would wait for ever are asked for with a predicate that is met.
fn wait_all_levels<G: ReentrantWaitGuard>(condition: &Condition, guard: &mut G, form: Form) -> bool {
    match form {
        Form::Plain => {
            condition.wait_all_levels_while(guard, |_| false);
            false
        }
        Form::LongTime => !condition.wait_all_levels_while_timeout(guard, Duration::MAX, |_| false),
        Form::Try => condition.wait_all_levels_while_timeout(guard, SHORT, |_| true),
        Form::NoTime => condition.wait_all_levels_timeout(guard, Duration::ZERO),
        Form::ShortTime => condition.wait_all_levels_timeout(guard, SHORT),
        Form::Past => condition.wait_all_levels_deadline(guard, past()),
        Form::Soon => condition.wait_all_levels_while_deadline(guard, soon(), |_| true),
    }
}
