//! `RawLock` under `lock_api`, with the features `lock_api` and `lock_api_04`: the same claims for both versions.

#![cfg(any(feature = "lock_api", feature = "lock_api_04"))]

mod common;

macro_rules! version {
    ($version:ident, $lock_api:ident) => {
        mod $version {
            use super::common::{A_WHILE, AGES};
            use $lock_api::{MappedMutexGuard, Mutex, MutexGuard, RawMutex};
            use static_assertions::{assert_impl_all, assert_not_impl_any};
            use std::cell::Cell;
            use std::thread;
            use std::time::{Duration, Instant};
            use tollgate::RawLock;

            type Locked<T> = Mutex<RawLock, T>;

            // Any thread may release.
            assert_impl_all!(MutexGuard<'static, RawLock, u8>: Send, Sync);
            assert_not_impl_any!(MutexGuard<'static, RawLock, Cell<u8>>: Sync);
            assert_impl_all!(Locked<Cell<u8>>: Send, Sync);
            #[cfg(not(feature = "diagnostics"))]
            static_assertions::assert_eq_size!(Locked<u32>, u64);

            static TOTAL: Locked<u64> = Mutex::new(0);

            #[test]
            fn one_thread_at_a_time_is_inside() {
                thread::scope(|s| {
                    for form in 0..4 {
                        s.spawn(move || {
                            for _ in 0..1_000 {
                                *match form {
                                    0 | 1 => TOTAL.lock(),
                                    2 => TOTAL.try_lock_for(AGES).unwrap(),
                                    _ => TOTAL.try_lock_until(Instant::now() + AGES).unwrap(),
                                } += 1;
                            }
                        });
                    }
                });
                assert_eq!(*TOTAL.lock(), 4_000);
            }

            #[test]
            fn a_held_lock_times_out() {
                let lock = Locked::new(1);
                let guard = lock.lock();
                assert!(lock.is_locked());
                assert!(lock.try_lock().is_none());
                assert!(lock.try_lock_for(Duration::ZERO).is_none());
                let start = Instant::now();
                assert!(lock.try_lock_for(A_WHILE).is_none());
                assert!(start.elapsed() >= A_WHILE);
                let start = Instant::now();
                assert!(lock.try_lock_until(start + A_WHILE).is_none());
                assert!(start.elapsed() >= A_WHILE);
                assert!(lock.try_lock_until(start).is_none(), "passed");
                drop(guard);
                assert!(!lock.is_locked());
                assert_eq!(*lock.try_lock_for(Duration::MAX).unwrap(), 1);
                assert_eq!(*lock.try_lock_until(start).unwrap(), 1, "a free lock, whatever the time");
            }

            #[test]
            fn another_thread_may_drop_the_guard() {
                let lock = Locked::new(1);
                let guard = lock.lock();
                thread::scope(|s| {
                    s.spawn(move || drop(guard));
                });
                assert_eq!(*lock.try_lock().unwrap(), 1);
            }

            #[test]
            fn a_guard_can_be_mapped_let_go_for_a_moment_and_leaked() {
                let lock = Locked::new((1, 2));
                let mut guard = lock.lock();
                MutexGuard::unlocked(&mut guard, || lock.lock().1 = 3);
                assert!(lock.is_locked());
                let second: MappedMutexGuard<'_, _, _> = MutexGuard::map(guard, |pair| &mut pair.1);
                assert_eq!(*second, 3);
                std::mem::forget(second);
                assert!(lock.try_lock().is_none());
                assert_eq!(lock.into_inner(), (1, 3));
            }

            #[test]
            fn what_the_lock_itself_knows_agrees() {
                let raw = <RawLock as RawMutex>::INIT;
                assert!(!RawMutex::is_locked(&raw));
                raw.acquire();
                assert!(RawMutex::is_locked(&raw));
                let lock = Locked::from_raw(raw, 1);
                assert!(lock.try_lock().is_none(), "locked from the start");
            }
        }
    };
}

#[cfg(feature = "lock_api")]
version!(version_05, lock_api);
#[cfg(feature = "lock_api_04")]
version!(version_04, lock_api_04);
