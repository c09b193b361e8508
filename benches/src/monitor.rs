//! A value, a lock and two conditions: what people build the rest from where a library has no more. One implementation of each
//! semaphore, event or queue "from a mutex and a condition" serves for all libraries that have the two.

use std::fmt;
use std::ops::DerefMut;

/// Whom a signal is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// The only one, where there is one kind of waiter; getters of a queue.
    First,
    /// Putters of a queue.
    Second,
}

/// A value, a lock around it and two conditions.
pub trait Monitor<T>: Sync {
    /// Whose lock and condition.
    const NAME: &'static str;
    /// The lock's guard.
    type Guard<'a>: DerefMut<Target = T>
    where
        Self: 'a;
    /// A free one.
    fn new(value: T) -> Self;
    /// Locks.
    fn lock(&self) -> Self::Guard<'_>;
    /// Waits to be notified; may return without.
    fn wait<'a>(&'a self, guard: Self::Guard<'a>, signal: Signal) -> Self::Guard<'a>;
    /// Wakes one waiter.
    fn notify_one(&self, signal: Signal);
    /// Wakes all.
    fn notify_all(&self, signal: Signal);
}

/// tollgate's.
#[derive(Debug)]
pub struct Tollgate<T>(tollgate::Lock<T>, [tollgate::Condition; 2]);

impl<T: Send> Monitor<T> for Tollgate<T> {
    const NAME: &'static str = "tollgate";
    type Guard<'a>
        = tollgate::LockGuard<'a, T>
    where
        T: 'a;

    fn new(value: T) -> Self {
        Tollgate(tollgate::Lock::new(value), Default::default())
    }

    #[inline]
    fn lock(&self) -> Self::Guard<'_> {
        self.0.lock()
    }

    #[inline]
    fn wait<'a>(&'a self, mut guard: Self::Guard<'a>, signal: Signal) -> Self::Guard<'a> {
        self.1[signal as usize].wait(&mut guard);
        guard
    }

    #[inline]
    fn notify_one(&self, signal: Signal) {
        self.1[signal as usize].notify_one();
    }

    #[inline]
    fn notify_all(&self, signal: Signal) {
        self.1[signal as usize].notify_all();
    }
}

/// std's.
#[derive(Debug)]
pub struct Std<T>(std::sync::Mutex<T>, [std::sync::Condvar; 2]);

impl<T: Send> Monitor<T> for Std<T> {
    const NAME: &'static str = "std Mutex+Condvar";
    type Guard<'a>
        = std::sync::MutexGuard<'a, T>
    where
        T: 'a;

    fn new(value: T) -> Self {
        Std(std::sync::Mutex::new(value), Default::default())
    }

    #[inline]
    fn lock(&self) -> Self::Guard<'_> {
        self.0.lock().unwrap()
    }

    #[inline]
    fn wait<'a>(&'a self, guard: Self::Guard<'a>, signal: Signal) -> Self::Guard<'a> {
        self.1[signal as usize].wait(guard).unwrap()
    }

    #[inline]
    fn notify_one(&self, signal: Signal) {
        self.1[signal as usize].notify_one();
    }

    #[inline]
    fn notify_all(&self, signal: Signal) {
        self.1[signal as usize].notify_all();
    }
}

/// A monitor of a library that follows `lock_api`.
macro_rules! monitor_like_lock_api {
    ($(#[$doc:meta])* $type:ident, $library:ident, $name:literal) => {
        $(#[$doc])*
        pub struct $type<T>($library::Mutex<T>, [$library::Condvar; 2]);

        impl<T> fmt::Debug for $type<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($type)).finish_non_exhaustive()
            }
        }

        impl<T: Send> Monitor<T> for $type<T> {
            const NAME: &'static str = $name;
            type Guard<'a>
                = $library::MutexGuard<'a, T>
            where
                T: 'a;

            fn new(value: T) -> Self {
                $type($library::Mutex::new(value), Default::default())
            }

            #[inline]
            fn lock(&self) -> Self::Guard<'_> {
                self.0.lock()
            }

            #[inline]
            fn wait<'a>(&'a self, mut guard: Self::Guard<'a>, signal: Signal) -> Self::Guard<'a> {
                self.1[signal as usize].wait(&mut guard);
                guard
            }

            #[inline]
            fn notify_one(&self, signal: Signal) {
                self.1[signal as usize].notify_one();
            }

            #[inline]
            fn notify_all(&self, signal: Signal) {
                self.1[signal as usize].notify_all();
            }
        }
    };
}

monitor_like_lock_api! {
    /// parking_lot's.
    ParkingLot, parking_lot, "parking_lot Mutex+Condvar"
}
monitor_like_lock_api! {
    /// usync's.
    Usync, usync, "usync Mutex+Condvar"
}
