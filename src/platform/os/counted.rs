//! `std`'s atomics with counters, for the cost tests of the library itself (`cfg(test)` only).
//!
//! Costs are counted per thread, so tests may run side by side. What is counted does not depend on the machine:
//! read-modify-write operations, plain loads and stores, fences, futex calls.

use std::cell::Cell;
use std::sync::atomic as real;

pub(crate) use real::Ordering;

/// What the calling thread has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cost {
    pub(crate) rmws: u64,
    pub(crate) loads: u64,
    pub(crate) stores: u64,
    pub(crate) fences: u64,
    pub(crate) futex_waits: u64,
    pub(crate) futex_wakes: u64,
    pub(crate) futex_requeues: u64,
}

thread_local! {
    static COST: Cell<Cost> = const {
        Cell::new(Cost { rmws: 0, loads: 0, stores: 0, fences: 0, futex_waits: 0, futex_wakes: 0, futex_requeues: 0 })
    };
}

fn count(update: impl FnOnce(&mut Cost)) {
    let mut cost = COST.get();
    update(&mut cost);
    COST.set(cost);
}

pub(crate) fn count_futex_wait() {
    count(|cost| cost.futex_waits += 1);
}

pub(crate) fn count_futex_wake() {
    count(|cost| cost.futex_wakes += 1);
}

pub(crate) fn count_futex_requeue() {
    count(|cost| cost.futex_requeues += 1);
}

/// What the calling thread has done since it was started.
pub(crate) fn total() -> Cost {
    COST.get()
}

/// What `f` does in the calling thread.
pub(crate) fn cost_of<R>(f: impl FnOnce() -> R) -> Cost {
    let before = total();
    f();
    let after = total();
    Cost {
        rmws: after.rmws - before.rmws,
        loads: after.loads - before.loads,
        stores: after.stores - before.stores,
        fences: after.fences - before.fences,
        futex_waits: after.futex_waits - before.futex_waits,
        futex_wakes: after.futex_wakes - before.futex_wakes,
        futex_requeues: after.futex_requeues - before.futex_requeues,
    }
}

pub(crate) fn fence(order: Ordering) {
    count(|cost| cost.fences += 1);
    real::fence(order);
}

macro_rules! counted {
    ($name:ident, $int:ty) => {
        #[derive(Debug, Default)]
        #[repr(transparent)]
        pub(crate) struct $name(real::$name);

        #[allow(dead_code)]
        impl $name {
            pub(crate) const fn new(value: $int) -> Self {
                $name(real::$name::new(value))
            }

            pub(crate) fn load(&self, order: Ordering) -> $int {
                count(|cost| cost.loads += 1);
                self.0.load(order)
            }

            pub(crate) fn store(&self, value: $int, order: Ordering) {
                count(|cost| cost.stores += 1);
                self.0.store(value, order);
            }

            pub(crate) fn swap(&self, value: $int, order: Ordering) -> $int {
                count(|cost| cost.rmws += 1);
                self.0.swap(value, order)
            }

            pub(crate) fn fetch_add(&self, value: $int, order: Ordering) -> $int {
                count(|cost| cost.rmws += 1);
                self.0.fetch_add(value, order)
            }

            pub(crate) fn fetch_sub(&self, value: $int, order: Ordering) -> $int {
                count(|cost| cost.rmws += 1);
                self.0.fetch_sub(value, order)
            }

            pub(crate) fn fetch_and(&self, value: $int, order: Ordering) -> $int {
                count(|cost| cost.rmws += 1);
                self.0.fetch_and(value, order)
            }

            pub(crate) fn fetch_or(&self, value: $int, order: Ordering) -> $int {
                count(|cost| cost.rmws += 1);
                self.0.fetch_or(value, order)
            }

            pub(crate) fn compare_exchange(
                &self,
                current: $int,
                new: $int,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$int, $int> {
                count(|cost| cost.rmws += 1);
                self.0.compare_exchange(current, new, success, failure)
            }

            pub(crate) fn compare_exchange_weak(
                &self,
                current: $int,
                new: $int,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$int, $int> {
                count(|cost| cost.rmws += 1);
                self.0.compare_exchange_weak(current, new, success, failure)
            }
        }
    };
}

#[cfg(not(target_has_atomic = "64"))]
pub(crate) use AtomicU32 as AtomicThreadId;
#[cfg(target_has_atomic = "64")]
pub(crate) use AtomicU64 as AtomicThreadId;

counted!(AtomicU32, u32);
#[cfg(target_has_atomic = "64")]
counted!(AtomicU64, u64);
counted!(AtomicUsize, usize);

/// The same for a pointer.
#[cfg(target_has_atomic = "64")]
#[derive(Debug)]
#[repr(transparent)]
pub(crate) struct AtomicPtr<T>(real::AtomicPtr<T>);

#[cfg(target_has_atomic = "64")]
impl<T> AtomicPtr<T> {
    pub(crate) const fn new(value: *mut T) -> Self {
        AtomicPtr(real::AtomicPtr::new(value))
    }

    pub(crate) fn load(&self, order: Ordering) -> *mut T {
        count(|cost| cost.loads += 1);
        self.0.load(order)
    }

    pub(crate) fn store(&self, value: *mut T, order: Ordering) {
        count(|cost| cost.stores += 1);
        self.0.store(value, order);
    }

    pub(crate) fn compare_exchange(
        &self,
        current: *mut T,
        new: *mut T,
        success: Ordering,
        failure: Ordering,
    ) -> Result<*mut T, *mut T> {
        count(|cost| cost.rmws += 1);
        self.0.compare_exchange(current, new, success, failure)
    }
}
