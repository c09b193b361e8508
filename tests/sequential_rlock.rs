//! Property tests of `RLock`: on one thread, every sequence of calls on guards of either kind does what a plain model says.

use proptest::collection::vec;
use proptest::prelude::*;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tollgate::{
    Condition, MappedRLockGuard, OwnedMappedRLockGuard, OwnedRLockGuard, RLock, RLockGuard, RLockMut,
};

/// A deadline that has passed.
fn past() -> Instant {
    Instant::now()
}

const NO_TIME: Duration = Duration::from_nanos(1);

#[derive(Clone, Debug)]
enum RLockCall {
    Lock(u8),
    LockOwned(u8),
    Drop(usize),
    Map(usize),
    TryMap(usize, bool),
    Leak(usize),
    /// A mutable borrow of this guard, kept while the lock is tried, or leaked.
    Borrow(usize, bool),
    /// A wait on this guard, plain or of all levels.
    Wait(usize, bool),
    Elsewhere,
}

fn rlock_call() -> impl Strategy<Value = RLockCall> {
    let which = any::<usize>;
    let choice = any::<bool>;
    prop_oneof![
        3 => (0..4_u8).prop_map(RLockCall::Lock),
        3 => (0..4_u8).prop_map(RLockCall::LockOwned),
        5 => which().prop_map(RLockCall::Drop),
        1 => which().prop_map(RLockCall::Map),
        2 => (which(), choice()).prop_map(|(which, is_there)| RLockCall::TryMap(which, is_there)),
        1 => which().prop_map(RLockCall::Leak),
        3 => (which(), choice()).prop_map(|(which, leak)| RLockCall::Borrow(which, leak)),
        2 => (which(), choice()).prop_map(|(which, all)| RLockCall::Wait(which, all)),
        1 => Just(RLockCall::Elsewhere),
    ]
}

/// A guard of a whole value, or of a part of it.
enum Level<'a> {
    Whole(RLockGuard<'a, u32>),
    Part(MappedRLockGuard<'a, u32>),
    OwnedWhole(OwnedRLockGuard<u32>),
    OwnedPart(OwnedMappedRLockGuard<u32, u32>),
}

impl Level<'_> {
    fn part(self) -> Self {
        match self {
            Level::Whole(guard) => Level::Part(RLockGuard::map(guard, |value| value)),
            Level::Part(guard) => Level::Part(MappedRLockGuard::map(guard, |value| value)),
            Level::OwnedWhole(guard) => Level::OwnedPart(OwnedRLockGuard::map(guard, |value| value)),
            Level::OwnedPart(guard) => Level::OwnedPart(OwnedMappedRLockGuard::map(guard, |value| value)),
        }
    }

    fn try_part(self, is_there: bool) -> Self {
        match self {
            Level::Whole(guard) => RLockGuard::try_map(guard, |value| is_there.then_some(value))
                .map_or_else(Level::Whole, Level::Part),
            Level::Part(guard) => MappedRLockGuard::try_map(guard, |value| is_there.then_some(value))
                .map_or_else(Level::Part, Level::Part),
            Level::OwnedWhole(guard) => OwnedRLockGuard::try_map(guard, |value| is_there.then_some(value))
                .map_or_else(Level::OwnedWhole, Level::OwnedPart),
            Level::OwnedPart(guard) => {
                OwnedMappedRLockGuard::try_map(guard, |value| is_there.then_some(value))
                    .map_or_else(Level::OwnedPart, Level::OwnedPart)
            }
        }
    }

    fn owns(&self) -> bool {
        matches!(self, Level::OwnedWhole(_) | Level::OwnedPart(_))
    }

    fn value(&self) -> u32 {
        match self {
            Level::Whole(guard) => **guard,
            Level::Part(guard) => **guard,
            Level::OwnedWhole(guard) => **guard,
            Level::OwnedPart(guard) => **guard,
        }
    }

    /// A mutable borrow from a whole guard, if nothing else lends the value.
    fn borrow(&mut self) -> Option<RLockMut<'_, u32>> {
        match self {
            Level::Whole(guard) => RLockGuard::get_mut(guard),
            Level::OwnedWhole(guard) => OwnedRLockGuard::get_mut(guard),
            _ => unreachable!("a part"),
        }
    }

    /// A wait that nobody notifies, if this is a whole guard.
    fn wait(&mut self, condition: &Condition, all: bool) -> Option<bool> {
        match self {
            Level::Whole(guard) if all => Some(condition.wait_all_levels_timeout(guard, NO_TIME)),
            Level::OwnedWhole(guard) if all => Some(condition.wait_all_levels_timeout(guard, NO_TIME)),
            Level::Whole(guard) => Some(condition.wait_timeout(guard, Duration::ZERO)),
            Level::OwnedWhole(guard) => Some(condition.wait_timeout(guard, Duration::ZERO)),
            _ => None,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    /// R18: no operation on a guard forgets a level, nor a share.
    #[test]
    fn r18_an_rlock_does_what_its_model_says(calls in vec(rlock_call(), 0..40)) {
        let (lock, condition) = (Arc::new(RLock::new(0)), Condition::new());
        // The value, how many levels have been leaked, and how many shares with them.
        let (mut value, mut leaked, mut shares) = (0, 0, 0);
        let mut levels: Vec<Level<'_>> = Vec::new();
        for call in calls {
            let depth = levels.len() + leaked;
            let at = |which: usize| which % levels.len().max(1);
            match call {
                RLockCall::Lock(form) => levels.push(Level::Whole(match form {
                    0 => lock.lock(),
                    1 => lock.try_lock().unwrap(),
                    2 => lock.lock_timeout(NO_TIME).unwrap(),
                    _ => lock.lock_deadline(past()).unwrap(),
                })),
                RLockCall::LockOwned(form) => levels.push(Level::OwnedWhole(match form {
                    0 => lock.lock_owned(),
                    1 => lock.try_lock_owned().unwrap(),
                    2 => lock.lock_owned_timeout(NO_TIME).unwrap(),
                    _ => lock.lock_owned_deadline(past()).unwrap(),
                })),
                RLockCall::Elsewhere => std::thread::scope(|s| {
                    let elsewhere = || {
                        let free = (lock.try_lock().is_some(), lock.try_lock_owned().is_some());
                        (lock.is_owned(), lock.depth(), free)
                    };
                    prop_assert_eq!(s.spawn(elsewhere).join().unwrap(), (false, 0, (depth == 0, depth == 0)));
                    Ok(())
                })?,
                _ if levels.is_empty() => {}
                RLockCall::Drop(which) => drop(levels.swap_remove(at(which))),
                RLockCall::Map(which) => {
                    let part = levels.swap_remove(at(which)).part();
                    levels.push(part);
                }
                RLockCall::TryMap(which, is_there) => {
                    let level = levels.swap_remove(at(which)).try_part(is_there);
                    levels.push(level);
                }
                RLockCall::Leak(which) => {
                    let level = levels.swap_remove(at(which));
                    shares += usize::from(level.owns());
                    std::mem::forget(level);
                    leaked += 1;
                }
                RLockCall::Borrow(which, leak) => {
                    let which = at(which);
                    if !matches!(levels[which], Level::Whole(_) | Level::OwnedWhole(_)) {
                        continue;
                    }
                    let Some(mut borrowed) = levels[which].borrow() else {
                        prop_assert!(depth > 1, "the only guard");
                        continue;
                    };
                    prop_assert_eq!(depth, 1);
                    *borrowed += 1;
                    value += 1;
                    if leak {
                        let again = catch_unwind(AssertUnwindSafe(|| drop(lock.try_lock_owned())));
                        prop_assert!(again.is_err(), "while it is borrowed mutably");
                        std::mem::forget(borrowed);
                        *levels[which].borrow().unwrap() += 1;
                        value += 1;
                    }
                }
                RLockCall::Wait(which, all) => {
                    let which = at(which);
                    let waited =
                        catch_unwind(AssertUnwindSafe(|| levels[which].wait(&condition, all)));
                    match waited {
                        Ok(notified) => prop_assert!(
                            notified.is_none_or(|notified| !notified && (all || depth == 1))
                        ),
                        Err(_) => prop_assert!(!all && depth > 1, "a wait at depth {} panicked", depth),
                    }
                }
            }
            let depth = levels.len() + leaked;
            prop_assert_eq!(lock.depth(), depth);
            prop_assert_eq!(lock.is_owned(), depth > 0);
            prop_assert_eq!(lock.is_locked(), depth > 0);
            let owned = levels.iter().filter(|level| level.owns()).count();
            prop_assert_eq!(Arc::strong_count(&lock), 1 + owned + shares);
            for level in &levels {
                prop_assert_eq!(level.value(), value);
            }
        }
        drop(levels);
        prop_assert_eq!(lock.is_locked(), leaked > 0);
        for _ in 0..shares {
            // SAFETY: the count includes the shares of the leaked guards, which nobody else will give up.
            unsafe { Arc::decrement_strong_count(Arc::as_ptr(&lock)) };
        }
        prop_assert_eq!(Arc::into_inner(lock).unwrap().into_inner(), value);
    }
}
