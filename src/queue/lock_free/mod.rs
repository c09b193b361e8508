//! Cores without a latch: no operation of one waits for another thread. `LifoQueue::lock_free` has one, and `Queue::lock_free`.
//!
//! | module | |
//! |---|---|
//! | `slab` | nodes by number, which never move and are not freed before the core is |
//! | `bound` | how many items fit, now and at most |
//! | `tasks` | how many tasks are not done, and how often there was none |
//! | `stack` | last in, first out |
//! | `linked` | first in, first out |
//!
//! They cost more than those under a latch, which put and get with one read-modify-write: what they are for is a thread that may be stopped
//! at any point (by a debugger, by the scheduler for long, by a signal handler that does not return) and must hold up nobody. They need atomics of 64 bits:
//! where a target has none, the constructors that ask for such a core do not exist. (Falling back on a latch there would break, silently, the
//! one promise that they are chosen for.)
//!
//! # Saying no
//!
//! Under a latch every change and every try is a section, and sections happen one before the other. That is what the gates' handshake
//! leans on ("Under a latch" in [`crate::gate`]), and what a user's own handshake over a queue needs: a put and then a look at a flag,
//! against the flag set and then a get that finds nothing. Here the sections are the read-modify-writes of *one word*, all of them `AcqRel`:
//! each reads what the one before it wrote, so they too happen one before the other. So the rule is
//!
//! * each change that a waiter of a gate waits for is a successful exchange of that gate's word of the core, and
//! * whoever says "not now" has exchanged that word too: for itself, if that is still what it was when the answer was found.
//!
//! A load alone would not do: two threads that each put to one queue and then find the other's empty could both be right by the loads of
//! weak memory, and by no order of their calls. What ends for good (shut down, and empty) may be said by a load.
//!
//! No operation needs `SeqCst`, nor a fence; and what a model explores is what is compiled.
//!
//! # Progress
//!
//! Lock-free, but for the allocator, which a core calls when it needs more nodes than it ever had: whoever stops for ever, at any point of
//! any call, keeps no other call from its end. Two exceptions, neither on the way of an item: `set_capacity` takes its turn with other
//! `set_capacity`s, under a latch; and whoever finds somebody *waiting* takes the lock of the gate's line, as with every queue. So a `try_` form is never
//! held up as long as nobody waits, and whoever waits does so by its own choice. `cargo freeze lock_free` holds all pairs against that.

mod bound;
mod linked;
pub(super) mod slab;
mod stack;
mod tasks;

pub(super) use linked::{Linked, MOST as MOST_LINKED};
pub(super) use stack::MOST;
#[cfg_attr(
    not(feature = "experimental_cores"),
    expect(unreachable_pub, reason = "a candidate for benches and models too")
)]
pub use stack::Stack;
