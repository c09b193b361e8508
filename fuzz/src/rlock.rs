//! [`tollgate::RLock`]: any number of guards at once, mapped, leaked, waited with and dropped in any order.
//!
//! The model is a number: how many guards there are, leaked ones included. Everything follows from it, and from whether the only
//! guard's value is borrowed mutably.

use crate::forms::{Form, SHORT, past, soon};
use crate::panics::{assert_bangs, bang, catch};
use crate::script::{self, Script};
use std::mem;
use std::thread;
use std::time::Duration;
use tollgate::{Condition, MappedRLockGuard, RLock, RLockGuard};

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
}

impl script::Operation for Operation {
    fn decode(code: u8, argument: u8) -> Self {
        let form = Form::decode(argument);
        let rest = argument / 7;
        match code % 12 {
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
            _ => Operation::TakeOut,
        }
    }
}

/// What is in hand.
enum Level<'a> {
    Whole(RLockGuard<'a, [u32; 2]>),
    Half(MappedRLockGuard<'a, u32>),
}

/// What should be.
struct Model {
    value: [u32; 2],
    leaked: usize,
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
        let mut lock = RLock::new(value);
        let mut model = Model { value, leaked: 0, borrowed: false };
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
            for level in &hand {
                match level {
                    Level::Whole(guard) => assert_eq!(**guard, model.value, "the value after {operation:?}"),
                    Level::Half(guard) => assert!(model.value.contains(guard), "a half after {operation:?}"),
                }
            }
        }
        drop(hand);
        assert_eq!(lock.is_locked(), model.leaked > 0);
        // Also when a guard was leaked.
        assert_eq!(*lock.get_mut(), model.value, "get_mut");
        value = lock.into_inner();
        assert_eq!(value, model.value, "into_inner");
    }
}

fn step<'a>(
    operation: Operation,
    lock: &'a RLock<[u32; 2]>,
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
        Operation::Elsewhere(form) => {
            let form = form.within(depth > 0);
            thread::scope(|s| {
                let acquired = s.spawn(|| acquire(lock, form).is_some()).join().unwrap();
                assert_eq!(acquired, depth == 0, "elsewhere, {form:?}");
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
            let half = usize::from(which % 2);
            let part = match hand.swap_remove(place(which)) {
                Level::Whole(guard) => RLockGuard::map(guard, |value| {
                    assert!(lock.is_owned());
                    &value[half]
                }),
                Level::Half(guard) => MappedRLockGuard::map(guard, |half| half),
            };
            assert!(model.value.contains(&part), "what the part points at");
            hand.push(Level::Half(part));
        }
        Operation::MapPanics(which) => {
            match hand.swap_remove(place(which)) {
                Level::Whole(guard) => assert_bangs(|| RLockGuard::map(guard, |_| -> &u32 { bang() })),
                Level::Half(guard) => assert_bangs(|| MappedRLockGuard::map(guard, |_| -> &u32 { bang() })),
            }
            model.borrowed = false;
        }
        Operation::Leak(which) => {
            mem::forget(hand.swap_remove(place(which)));
            model.leaked += 1;
        }
        Operation::Change(which) | Operation::LeakBorrow(which) => {
            let which = place(which);
            let Level::Whole(guard) = &mut hand[which] else { return };
            let borrowed = RLockGuard::get_mut(guard);
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
            let Level::Whole(guard) = &mut hand[which] else { return };
            if all {
                assert!(!wait_all_levels(condition, guard, form), "notified by nobody");
                // Where the predicate was met at once there was no wait.
                model.borrowed &= matches!(form, Form::Plain | Form::LongTime);
            } else {
                let waited = catch(|| condition.wait_timeout(guard, Duration::ZERO));
                assert_eq!(waited.ok(), (depth == 1).then_some(false), "wait at depth {depth}");
                model.borrowed &= depth > 1;
            }
            assert_eq!(condition.waiting(), 0);
        }
    }
}

fn acquire(lock: &RLock<[u32; 2]>, form: Form) -> Option<RLockGuard<'_, [u32; 2]>> {
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
fn wait_all_levels(condition: &Condition, guard: &mut RLockGuard<'_, [u32; 2]>, form: Form) -> bool {
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
