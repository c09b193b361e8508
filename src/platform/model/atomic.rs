//! The explorer's atomics, with every ordering a [site](super::sites) that a model can weaken.
//!
//! They also notice when they are used after they were dropped, which neither explorer does: a waiter that has left its function,
//! a lock that its next owner has freed.

pub(crate) use super::explorer::Ordering;

use super::explorer;
use super::sites::{self, Part};
use std::ptr;

/// Says whether the atomic it lies in is still there. Looked at after an operation, at which other threads may have run.
#[derive(Debug)]
struct Alive(u64);

const ALIVE: u64 = 0x0A11_FE51_DE0F_A70A;

impl Alive {
    #[track_caller]
    fn check(&self) {
        // SAFETY: valid for reads. Volatile: in a model that fails here the memory is not what its type says any more.
        let now = unsafe { ptr::read_volatile(&raw const self.0) };
        assert!(now == ALIVE, "an atomic is used after it was dropped");
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        // SAFETY: valid for writes. Volatile, for the sake of those who look later and must not.
        unsafe { ptr::write_volatile(&raw mut self.0, 0) };
    }
}

#[track_caller]
pub(crate) fn fence(order: Ordering) {
    if let Some(order) = sites::fence(order) {
        explorer::fence(order);
    }
}

macro_rules! atomic {
    ($name:ident, $int:ty) => {
        #[derive(Debug)]
        pub(crate) struct $name(explorer::$name, Alive);

        #[allow(dead_code, reason = "not every operation is used on every type")]
        impl $name {
            const_unless_loom! {
                pub(crate) fn new(value: $int) -> Self {
                    $name(explorer::$name::new(value), Alive(ALIVE))
                }
            }

            #[track_caller]
            pub(crate) fn load(&self, order: Ordering) -> $int {
                let value = self.0.load(sites::ordering(Part::Load, order));
                self.1.check();
                value
            }

            #[track_caller]
            pub(crate) fn store(&self, value: $int, order: Ordering) {
                self.0.store(value, sites::ordering(Part::Store, order));
                self.1.check();
            }

            atomic!(@rmw swap fetch_add fetch_sub fetch_and fetch_or: $int);

            atomic!(@exchange compare_exchange compare_exchange_weak: $int);
        }
    };
    (@rmw $($method:ident)+: $int:ty) => {
        $(
            #[track_caller]
            pub(crate) fn $method(&self, value: $int, order: Ordering) -> $int {
                let before = self.0.$method(value, sites::ordering(Part::ReadModifyWrite, order));
                self.1.check();
                before
            }
        )+
    };
    (@exchange $($method:ident)+: $int:ty) => {
        $(
            #[track_caller]
            pub(crate) fn $method(
                &self,
                current: $int,
                new: $int,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$int, $int> {
                let success = sites::ordering(Part::ReadModifyWrite, success);
                let failure = sites::ordering(Part::Failure, failure);
                let result = self.0.$method(current, new, success, failure);
                self.1.check();
                result
            }
        )+
    };
}

pub(crate) use AtomicU64 as AtomicThreadId;

atomic!(AtomicU32, u32);
atomic!(AtomicU64, u64);
atomic!(AtomicUsize, usize);

/// The same for a pointer.
#[derive(Debug)]
pub(crate) struct AtomicPtr<T>(explorer::AtomicPtr<T>, Alive);

impl<T> AtomicPtr<T> {
    const_unless_loom! {
        pub(crate) fn new(value: *mut T) -> Self {
            AtomicPtr(explorer::AtomicPtr::new(value), Alive(ALIVE))
        }
    }

    #[track_caller]
    pub(crate) fn load(&self, order: Ordering) -> *mut T {
        let value = self.0.load(sites::ordering(Part::Load, order));
        self.1.check();
        value
    }

    #[track_caller]
    pub(crate) fn store(&self, value: *mut T, order: Ordering) {
        self.0.store(value, sites::ordering(Part::Store, order));
        self.1.check();
    }

    #[track_caller]
    pub(crate) fn compare_exchange(
        &self,
        current: *mut T,
        new: *mut T,
        success: Ordering,
        failure: Ordering,
    ) -> Result<*mut T, *mut T> {
        let success = sites::ordering(Part::ReadModifyWrite, success);
        let failure = sites::ordering(Part::Failure, failure);
        let result = self.0.compare_exchange(current, new, success, failure);
        self.1.check();
        result
    }
}
