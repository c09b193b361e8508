//! The explorer's atomics, with every ordering a [site](super::sites) that a model can weaken.

pub(crate) use super::explorer::Ordering;

use super::explorer;
use super::sites::{self, Part};

#[track_caller]
pub(crate) fn fence(order: Ordering) {
    if let Some(order) = sites::fence(order) {
        explorer::fence(order);
    }
}

macro_rules! atomic {
    ($name:ident, $int:ty) => {
        #[derive(Debug)]
        pub(crate) struct $name(explorer::$name);

        #[allow(dead_code, reason = "not every operation is used on every type")]
        impl $name {
            const_unless_loom! {
                pub(crate) fn new(value: $int) -> Self {
                    $name(explorer::$name::new(value))
                }
            }

            #[track_caller]
            pub(crate) fn load(&self, order: Ordering) -> $int {
                self.0.load(sites::ordering(Part::Load, order))
            }

            atomic!(@rmw swap fetch_add fetch_sub fetch_and fetch_or: $int);

            #[track_caller]
            pub(crate) fn compare_exchange(
                &self,
                current: $int,
                new: $int,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$int, $int> {
                let success = sites::ordering(Part::ReadModifyWrite, success);
                let failure = sites::ordering(Part::Failure, failure);
                self.0.compare_exchange(current, new, success, failure)
            }

            #[track_caller]
            pub(crate) fn compare_exchange_weak(
                &self,
                current: $int,
                new: $int,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$int, $int> {
                let success = sites::ordering(Part::ReadModifyWrite, success);
                let failure = sites::ordering(Part::Failure, failure);
                self.0.compare_exchange_weak(current, new, success, failure)
            }
        }
    };
    (@rmw $($method:ident)+: $int:ty) => {
        $(
            #[track_caller]
            pub(crate) fn $method(&self, value: $int, order: Ordering) -> $int {
                self.0.$method(value, sites::ordering(Part::ReadModifyWrite, order))
            }
        )+
    };
}

atomic!(AtomicU32, u32);
atomic!(AtomicUsize, usize);
