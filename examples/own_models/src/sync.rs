//! The threads of this crate: the explorer's in a model, `std`'s otherwise.
//!
//! `tollgate`'s types switch by themselves. What else two threads share (atomics, above all) belongs here too, or the explorer
//! does not see it; `Arc` can stay `std`'s.

#[cfg(loom)]
pub(crate) use loom::thread;
#[cfg(shuttle)]
pub(crate) use shuttle::thread;
#[cfg(not(any(loom, shuttle)))]
pub(crate) use std::thread;
