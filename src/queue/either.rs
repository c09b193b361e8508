//! One core or another behind the same queue, chosen when it is made. What that costs is a branch that always goes the same way, and the rarer one
//! a jump: its code lies elsewhere, so that the other's has the registers for itself.
//!
//! A core that lies in a box is one too: for one that is large and seldom chosen, so that the others need not have its size.

use super::Shutdown;
use super::core::{Core, Tell};
use super::error::TooManyDone;
use super::ledger::{Refused, Tasks};
use std::collections::VecDeque;

/// See the module.
pub(crate) enum Either<R, U> {
    Rare(R),
    Usual(U),
}

/// Where this is called it goes seldom.
#[inline]
#[cold]
fn seldom() {}

/// All of [`Core`], by the core that `$inside` finds in `self`.
macro_rules! forward {
    (#[$inline:meta] $inside:ident) => {
        forward! { #[$inline] $inside:
            fn try_push(&self, item: T, tell: &impl Tell) -> Result<(), (T, Refused)>;
            fn try_push_many(&self, items: &mut VecDeque<T>, tell: &impl Tell) -> Result<(), Refused>;
            fn try_pop(&self, tell: &impl Tell) -> Result<T, Refused>;
            fn try_pop_many(&self, most: usize, tell: &impl Tell) -> Result<Vec<T>, Refused>;
            fn room(&self) -> usize;
            fn surely_ends_push(&self) -> bool;
            fn gain(&self) -> usize;
            fn surely_ends_pop(&self) -> bool;
            fn len(&self) -> usize;
            fn is_full(&self) -> bool;
            fn is_bounded(&self) -> bool;
            fn capacity(&self) -> Option<usize>;
            fn most_capacity(&self) -> Option<usize>;
            fn set_capacity(&self, capacity: usize) -> bool;
            fn is_shut_down(&self) -> bool;
            fn tasks(&self) -> Tasks;
            fn glance(&self) -> Option<(Option<usize>, u64)>;
            fn task_done(&self) -> Result<bool, TooManyDone>;
            fn shut_down(&self, how: Shutdown) -> bool;
            fn discard(&self) -> VecDeque<T>;
            fn serves(&self) -> bool;
            fn is_amid_user_code(&self) -> bool;
            fn refuse_reentry(&self, call: &str);
        }
    };
    (#[$inline:meta] $inside:ident: $(fn $name:ident(&self $(, $argument:ident: $Argument:ty)*) $(-> $Return:ty)?;)*) => {$(
        #[$inline]
        fn $name(&self $(, $argument: $Argument)*) $(-> $Return)? {
            $inside!(self, core => core.$name($($argument),*))
        }
    )*};
}

macro_rules! one_or_other {
    ($either:expr, $core:ident => $call:expr) => {
        match $either {
            Either::Rare($core) => {
                seldom();
                $call
            }
            Either::Usual($core) => $call,
        }
    };
}

macro_rules! boxed {
    ($place:expr, $core:ident => $call:expr) => {{
        let $core: &C = &**$place;
        $call
    }};
}

impl<T, R: Core<T>, U: Core<T>> Core<T> for Either<R, U> {
    forward!(
        #[inline]
        one_or_other
    );
}

impl<T, C: Core<T>> Core<T> for Box<C> {
    forward!(
        #[inline(never)]
        boxed
    );
}
