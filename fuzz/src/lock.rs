//! [`tollgate::Lock`], its guards and their parts, and [`tollgate::RawLock`].
//!
//! One guard at a time is in hand. What a call finds follows from whether the lock is held: by that guard, or by one that was
//! leaked. User code that runs in between panics and uses the lock: closures of `map`, and the value's `Debug`.

use crate::forms::{Form, SHORT, past, soon};
use crate::panics::{assert_bangs, bang};
use crate::script::{self, Script};
use std::cell::Cell;
use std::fmt;
use std::mem;
use std::thread;
use std::time::Duration;
use tollgate::{Lock, LockGuard, MappedLockGuard, NotLocked, RawLock};

/// One call, or a few.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// One of the forms of `lock`.
    Lock(Form),
    /// Drops the guard.
    Unlock,
    /// Changes the value through whatever guard is in hand.
    Add(u8),
    /// From the whole to a half, from a half to a byte: the first or the second.
    Map(bool),
    /// The same with a closure that panics: the lock is released.
    MapPanics,
    /// `try_map`, with a part to be had or without: then the guard comes back.
    TryMap(Option<bool>),
    /// Leaks the guard: the lock stays locked.
    Leak,
    /// Unwinds through the scope of the guard: the lock is released.
    UnwindWithGuard,
    /// `is_locked` and `Debug`.
    Look,
    /// `Debug` of a value whose `Debug` panics: the lock is as before.
    ShowPanics,
    /// `get_mut` and `into_inner`, then a new lock around the same value.
    TakeOut,
    /// One of the forms of `RawLock::acquire`.
    RawAcquire(Form),
    /// `RawLock::release`.
    RawRelease,
    /// The same in another thread.
    RawReleaseElsewhere,
}

impl script::Operation for Operation {
    fn decode(code: u8, argument: u8) -> Self {
        match code % 14 {
            0 => Operation::Lock(Form::decode(argument)),
            1 => Operation::Unlock,
            2 => Operation::Add(argument),
            3 => Operation::Map(argument & 1 == 1),
            4 => Operation::MapPanics,
            5 => Operation::Leak,
            6 => Operation::UnwindWithGuard,
            7 => Operation::Look,
            8 => Operation::ShowPanics,
            9 => Operation::TakeOut,
            10 => Operation::RawAcquire(Form::decode(argument)),
            11 => Operation::RawRelease,
            12 => Operation::RawReleaseElsewhere,
            _ => Operation::TryMap([None, Some(false), Some(true)][usize::from(argument) % 3]),
        }
    }
}

/// What is locked.
struct Value {
    halves: [[u8; 2]; 2],
    show_panics: Cell<bool>,
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.show_panics.replace(false) {
            bang();
        }
        self.halves.fmt(f)
    }
}

/// What is in hand.
enum Hand<'a> {
    Nothing,
    Whole(LockGuard<'a, Value>),
    Half(MappedLockGuard<'a, [u8; 2]>),
    Byte(MappedLockGuard<'a, u8>),
}

/// What should be.
struct Model {
    halves: [[u8; 2]; 2],
    locked: bool,
    /// Which half is in hand, and which byte of it.
    half: usize,
    byte: usize,
    raw_locked: bool,
}

/// Runs the script on the locks and on the model.
///
/// # Panics
///
/// Where the two differ.
pub fn run(script: &Script<Operation>) {
    let raw = RawLock::new();
    let mut model = Model { halves: [[0; 2]; 2], locked: false, half: 0, byte: 0, raw_locked: false };
    let mut operations = script.operations.iter().copied().peekable();
    while operations.peek().is_some() {
        let value = Value { halves: model.halves, show_panics: Cell::new(false) };
        let mut lock = Lock::new(value);
        model.locked = false;
        let mut hand = Hand::Nothing;
        for operation in operations.by_ref().take_while(|operation| *operation != Operation::TakeOut) {
            hand = step(operation, &lock, hand, &raw, &mut model);
            assert_eq!(lock.is_locked(), model.locked, "is_locked after {operation:?}");
            assert_eq!(raw.is_locked(), model.raw_locked, "raw, is_locked after {operation:?}");
        }
        drop(hand);
        // Also when a guard was leaked.
        assert_eq!(lock.get_mut().halves, model.halves, "get_mut");
        assert_eq!(lock.into_inner().halves, model.halves, "into_inner");
    }
}

fn step<'a>(
    operation: Operation,
    lock: &'a Lock<Value>,
    hand: Hand<'a>,
    raw: &RawLock,
    model: &mut Model,
) -> Hand<'a> {
    match operation {
        Operation::Lock(form) => {
            let waits = model.locked;
            let guard = acquire(lock, form.within(waits));
            assert_eq!(guard.is_some(), !waits, "lock, {form:?}");
            match guard {
                Some(guard) => {
                    assert_eq!(guard.halves, model.halves, "the value");
                    model.locked = true;
                    return Hand::Whole(guard);
                }
                None => return hand,
            }
        }
        Operation::Unlock => return released(hand, model),
        Operation::Add(number) => return add(number, hand, model),
        Operation::Map(second) => return map(usize::from(second), lock, hand, model),
        Operation::TryMap(second) => return try_map(second.map(usize::from), lock, hand, model),
        Operation::MapPanics => match hand {
            Hand::Nothing => {}
            Hand::Whole(guard) => {
                assert_bangs(|| LockGuard::map(guard, |_| -> &mut u8 { bang() }));
                model.locked = false;
            }
            Hand::Half(guard) => {
                assert_bangs(|| MappedLockGuard::map(guard, |_| -> &mut u8 { bang() }));
                model.locked = false;
            }
            Hand::Byte(guard) => {
                assert_bangs(|| MappedLockGuard::map(guard, |_| -> &mut u8 { bang() }));
                model.locked = false;
            }
        },
        Operation::Leak => mem::forget(hand),
        Operation::UnwindWithGuard => {
            let held = !matches!(hand, Hand::Nothing);
            assert_bangs(move || {
                let _hand = hand;
                bang()
            });
            model.locked &= !held;
        }
        Operation::Look => {
            let value = if model.locked { "<locked>".to_owned() } else { format!("{:?}", model.halves) };
            assert_eq!(format!("{lock:?}"), format!("Lock {{ value: {value} }}"));
            assert_eq!(format!("{raw:?}"), format!("RawLock {{ locked: {} }}", model.raw_locked));
            return hand;
        }
        Operation::ShowPanics => {
            if let Hand::Whole(guard) = &hand {
                guard.show_panics.set(true);
                assert_bangs(|| format!("{guard:?}"));
            } else if let Some(guard) = lock.try_lock() {
                guard.show_panics.set(true);
                drop(guard);
                assert_bangs(|| format!("{lock:?}"));
            }
            return hand;
        }
        Operation::TakeOut => unreachable!("ends the lock, see `run`"),
        Operation::RawAcquire(form) => {
            let waits = model.raw_locked;
            assert_eq!(raw_acquire(raw, form.within(waits)), !waits, "raw, {form:?}");
            model.raw_locked = true;
            return hand;
        }
        Operation::RawRelease | Operation::RawReleaseElsewhere => {
            let released = if operation == Operation::RawRelease {
                raw.release()
            } else {
                thread::scope(|s| s.spawn(|| raw.release()).join().unwrap())
            };
            assert_eq!(released, if model.raw_locked { Ok(()) } else { Err(NotLocked) }, "{operation:?}");
            model.raw_locked = false;
            return hand;
        }
    }
    Hand::Nothing
}

fn acquire(lock: &Lock<Value>, form: Form) -> Option<LockGuard<'_, Value>> {
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

fn raw_acquire(raw: &RawLock, form: Form) -> bool {
    match form {
        Form::Plain => {
            raw.acquire();
            true
        }
        Form::Try => raw.try_acquire(),
        Form::NoTime => raw.acquire_timeout(Duration::ZERO),
        Form::ShortTime => raw.acquire_timeout(SHORT),
        Form::LongTime => raw.acquire_timeout(Duration::MAX),
        Form::Past => raw.acquire_deadline(past()),
        Form::Soon => raw.acquire_deadline(soon()),
    }
}

fn released<'a>(hand: Hand<'a>, model: &mut Model) -> Hand<'a> {
    // A leaked guard keeps the lock.
    model.locked &= matches!(hand, Hand::Nothing);
    Hand::Nothing
}

fn add<'a>(number: u8, mut hand: Hand<'a>, model: &mut Model) -> Hand<'a> {
    let (half, byte) = (model.half, model.byte);
    let (real, expected) = match &mut hand {
        Hand::Nothing => return hand,
        Hand::Whole(value) => (&mut value.halves[0][0], &mut model.halves[0][0]),
        Hand::Half(part) => (&mut part[1], &mut model.halves[half][1]),
        Hand::Byte(part) => (&mut **part, &mut model.halves[half][byte]),
    };
    assert_eq!(real, expected, "what the guard points at");
    *real = real.wrapping_add(number);
    *expected = expected.wrapping_add(number);
    hand
}

fn map<'a>(which: usize, lock: &Lock<Value>, hand: Hand<'a>, model: &mut Model) -> Hand<'a> {
    let held = || assert!(lock.is_locked() && lock.try_lock().is_none(), "held while `map` runs");
    match hand {
        Hand::Nothing => Hand::Nothing,
        Hand::Whole(guard) => {
            model.half = which;
            Hand::Half(LockGuard::map(guard, |value| {
                held();
                &mut value.halves[which]
            }))
        }
        Hand::Half(guard) => {
            model.byte = which;
            Hand::Byte(MappedLockGuard::map(guard, |half| {
                held();
                &mut half[which]
            }))
        }
        Hand::Byte(guard) => Hand::Byte(MappedLockGuard::map(guard, |byte| byte)),
    }
}

fn try_map<'a>(which: Option<usize>, lock: &Lock<Value>, hand: Hand<'a>, model: &mut Model) -> Hand<'a> {
    let held = || assert!(lock.is_locked() && lock.try_lock().is_none(), "held while `try_map` runs");
    let (hand, mapped) = match hand {
        Hand::Nothing => return Hand::Nothing,
        Hand::Whole(guard) => {
            model.half = which.unwrap_or(model.half);
            LockGuard::try_map(guard, |value| {
                held();
                value.halves.get_mut(which?)
            })
            .map_or_else(|guard| (Hand::Whole(guard), false), |part| (Hand::Half(part), true))
        }
        Hand::Half(guard) => {
            model.byte = which.unwrap_or(model.byte);
            MappedLockGuard::try_map(guard, |half| {
                held();
                half.get_mut(which?)
            })
            .map_or_else(|guard| (Hand::Half(guard), false), |part| (Hand::Byte(part), true))
        }
        Hand::Byte(guard) => MappedLockGuard::try_map(guard, |byte| which.map(|_| byte))
            .map_or_else(|guard| (Hand::Byte(guard), false), |part| (Hand::Byte(part), true)),
    };
    assert_eq!(mapped, which.is_some(), "`try_map` gives what the closure gave");
    hand
}
