//! [`tollgate::Condition`]: timed waits with nobody to notify, predicates that notify, wait and panic, and waits that a second
//! thread ends.
//!
//! The lock is held by one guard all the time, but while a wait has released it. Two locks take turns. An `RLock` is held for one
//! operation at a time.

use crate::forms::{Form, SHORT, past, soon};
use crate::panics::{assert_bangs, bang};
use crate::script::{self, Script};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::thread;
use std::time::Duration;
use tollgate::{Condition, Lock, LockGuard, RLock};

/// One call, or a few.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Notifies so many, though nobody waits; 255 is `notify_all`, 1 is `notify_one`.
    Notify(u8),
    /// A timed form of `wait`, which times out. The forms that would wait for ever are a nanosecond.
    Wait(Form),
    /// One of the forms of `wait_while`, with a predicate that says at its call with this number (0, 1, or never) that the wait
    /// is over, and does something else at each.
    WaitWhile(Form, Calls, Habit),
    /// A wait without end, or with one far away, that another thread ends by notifying so many: with `wait` or, if `true`, with
    /// `wait_while`.
    Notified(Form, bool, u8),
    /// A wait over an `RLock` at this depth, which another thread ends; with `wait_all_levels` or, if `true`, with a predicate. At
    /// depth 1 without one it is `wait`.
    NotifiedAtDepth(Form, u8, bool),
    /// Goes on with the other lock.
    OtherLock,
    /// `waiting` and `Debug`.
    Look,
}

/// When a predicate ends the wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "plain words")]
pub enum Calls {
    First,
    Second,
    Never,
}

/// What a predicate does beside answering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Habit {
    /// Nothing.
    Quiet,
    /// It panics instead of ending the wait.
    Panics,
    /// It notifies everybody, and looks at the lock.
    Notifies,
    /// It waits on the same condition, for no time.
    Waits,
}

impl script::Operation for Operation {
    fn decode(code: u8, argument: u8) -> Self {
        let form = Form::decode(argument);
        let rest = argument / 7;
        match code % 7 {
            0 => Operation::Notify(argument),
            1 => Operation::Wait(form),
            2 => {
                let calls = [Calls::First, Calls::Second, Calls::Never][usize::from(rest % 3)];
                let habits = [Habit::Quiet, Habit::Panics, Habit::Notifies, Habit::Waits];
                Operation::WaitWhile(form, calls, habits[usize::from(rest / 3 % 4)])
            }
            3 => Operation::Notified(form, rest % 2 == 1, rest / 2 % 4),
            4 => Operation::OtherLock,
            5 => Operation::Look,
            _ => Operation::NotifiedAtDepth(form, 1 + rest / 2 % 3, rest % 2 == 1),
        }
    }
}

/// Inputs with more of these are cut: each takes two threads.
const MOST_NOTIFIED: usize = 16;

/// Runs the script.
///
/// # Panics
///
/// Where something is not as it should be.
pub fn run(script: &Script<Operation>) {
    let condition = Condition::new();
    let locks = [Lock::new(0_u32), Lock::new(1_000_000)];
    // How often each value has been changed under its lock.
    let mut expected = [0, 1_000_000];
    let reentrant = RLock::new(AtomicU32::new(0));
    let mut current = 0;
    let mut guard = locks[0].lock();
    let mut notified = 0;
    for &operation in &script.operations {
        let lock = &locks[current];
        let value = &mut expected[current];
        match operation {
            Operation::Notify(count) => assert_eq!(notify(&condition, count), 0, "nobody waits"),
            Operation::Wait(form) => {
                let end = wait(&condition, &mut guard, form.within(true));
                assert!(!end, "wait, {form:?}: notified by nobody");
            }
            Operation::WaitWhile(form, calls, habit) => {
                wait_while_alone(&condition, lock, &mut guard, form, calls, habit, value);
            }
            Operation::Notified(form, with_predicate, count) => {
                notified += 1;
                if notified > MOST_NOTIFIED {
                    break;
                }
                wait_for_another(&condition, lock, &mut guard, form, with_predicate, count);
                *value += 1;
            }
            Operation::NotifiedAtDepth(form, depth, with_predicate) => {
                notified += 1;
                if notified > MOST_NOTIFIED {
                    break;
                }
                wait_at_depth(&condition, &reentrant, form, depth, with_predicate);
            }
            Operation::OtherLock => {
                current = 1 - current;
                guard = locks[current].lock();
                assert_eq!(*guard, expected[current]);
                continue;
            }
            Operation::Look => {
                assert_eq!(condition.waiting(), 0);
                assert_eq!(format!("{condition:?}"), "Condition { waiting: 0 }");
            }
        }
        assert!(lock.is_locked(), "the guard is back after {operation:?}");
        assert_eq!(*guard, *value, "the value after {operation:?}");
        assert_eq!(condition.waiting(), 0, "who waits after {operation:?}");
    }
    drop(guard);
    assert!(!locks[0].is_locked() && !locks[1].is_locked());
}

fn notify(condition: &Condition, count: u8) -> usize {
    match count {
        1 => condition.notify_one(),
        u8::MAX => condition.notify_all(),
        count => condition.notify(count.into()),
    }
}

/// Whether it was notified.
fn wait(condition: &Condition, guard: &mut LockGuard<'_, u32>, form: Form) -> bool {
    match form {
        Form::Plain => {
            condition.wait(guard);
            true
        }
        // `wait` has no `try_` form.
        Form::Try | Form::NoTime => condition.wait_timeout(guard, Duration::ZERO),
        Form::ShortTime => condition.wait_timeout(guard, SHORT),
        Form::LongTime => condition.wait_timeout(guard, Duration::MAX),
        Form::Past => condition.wait_deadline(guard, past()),
        Form::Soon => condition.wait_deadline(guard, soon()),
    }
}

/// Whether the predicate ended it.
fn wait_while<'a>(
    condition: &Condition,
    guard: &mut LockGuard<'a, u32>,
    form: Form,
    blocked: impl FnMut(&mut LockGuard<'a, u32>) -> bool,
) -> bool {
    match form {
        Form::Plain => {
            condition.wait_while(guard, blocked);
            true
        }
        Form::Try | Form::NoTime => condition.wait_while_timeout(guard, Duration::ZERO, blocked),
        Form::ShortTime => condition.wait_while_timeout(guard, SHORT, blocked),
        Form::LongTime => condition.wait_while_timeout(guard, Duration::MAX, blocked),
        Form::Past => condition.wait_while_deadline(guard, past(), blocked),
        Form::Soon => condition.wait_while_deadline(guard, soon(), blocked),
    }
}

/// The predicate is asked before the wait and, if it said no, once more after the time-out.
fn wait_while_alone<'a>(
    condition: &Condition,
    lock: &'a Lock<u32>,
    guard: &mut LockGuard<'a, u32>,
    form: Form,
    calls: Calls,
    habit: Habit,
    value: &mut u32,
) {
    let last = match calls {
        Calls::First => 0,
        Calls::Second => 1,
        Calls::Never => u32::MAX,
    };
    let mut asked = 0;
    let blocked = |guard: &mut LockGuard<'a, u32>| {
        assert!(lock.is_locked() && lock.try_lock().is_none(), "predicates run under the lock");
        **guard += 1;
        let over = asked == last;
        asked += 1;
        match habit {
            Habit::Quiet => {}
            Habit::Panics if over => bang(),
            Habit::Panics => {}
            Habit::Notifies => assert_eq!(condition.notify_all(), 0, "who asks does not wait"),
            Habit::Waits => assert!(!condition.wait_timeout(guard, Duration::ZERO)),
        }
        !over
    };
    let form = form.within(calls != Calls::First);
    if habit == Habit::Panics && calls != Calls::Never {
        assert_bangs(|| wait_while(condition, guard, form, blocked));
    } else {
        let met = wait_while(condition, guard, form, blocked);
        assert_eq!(met, calls != Calls::Never, "wait_while, {form:?}");
    }
    let expected = if calls == Calls::First { 1 } else { 2 };
    assert_eq!(asked, expected, "how often the predicate was asked");
    *value += expected;
}

/// Another thread changes the value under the lock, and notifies `count`, but never nobody for good.
fn wait_for_another(
    condition: &Condition,
    lock: &Lock<u32>,
    guard: &mut LockGuard<'_, u32>,
    form: Form,
    with_predicate: bool,
    count: u8,
) {
    let form = if form == Form::Plain { Form::Plain } else { Form::LongTime };
    let before = **guard;
    thread::scope(|s| {
        let other = s.spawn(|| {
            while condition.waiting() == 0 {
                thread::yield_now();
            }
            *lock.lock() += 1;
            let told = notify(condition, count);
            assert_eq!(told, usize::from(count > 0), "notify({count}) with one waiter");
            if count == 0 {
                assert_eq!(condition.notify_all(), 1);
            }
        });
        let ended = if with_predicate {
            wait_while(condition, guard, form, |value| **value == before)
        } else {
            wait(condition, guard, form)
        };
        assert!(ended, "notified");
        assert_eq!(**guard, before + 1);
        // See `threads`.
        other.join().unwrap();
    });
}

/// Another thread has all of the lock while this one waits; it comes back at the depth it had.
fn wait_at_depth(
    condition: &Condition,
    lock: &RLock<AtomicU32>,
    form: Form,
    depth: u8,
    with_predicate: bool,
) {
    let _outer: Vec<_> = (1..depth).map(|_| lock.lock()).collect();
    let mut guard = lock.lock();
    let before = guard.load(Relaxed);
    thread::scope(|s| {
        let other = s.spawn(|| {
            while condition.waiting() == 0 {
                thread::yield_now();
            }
            let guard = lock.lock();
            assert_eq!(lock.depth(), 1);
            guard.store(before + 1, Relaxed);
            assert_eq!(condition.notify_one(), 1);
        });
        let ended = match (form, with_predicate) {
            (Form::Plain, true) => {
                condition.wait_all_levels_while(&mut guard, |value| value.load(Relaxed) == before);
                true
            }
            (_, true) => condition.wait_all_levels_while_timeout(&mut guard, Duration::MAX, |value| {
                assert_eq!(lock.depth(), depth.into());
                value.load(Relaxed) == before
            }),
            (Form::Plain, false) if depth == 1 => {
                condition.wait(&mut guard);
                true
            }
            (Form::Plain, false) => {
                condition.wait_all_levels(&mut guard);
                true
            }
            (_, false) => condition.wait_all_levels_timeout(&mut guard, Duration::MAX),
        };
        assert!(ended, "notified");
        assert_eq!(lock.depth(), depth.into());
        assert_eq!(guard.load(Relaxed), before + 1);
        other.join().unwrap();
    });
}
