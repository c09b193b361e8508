//! The book: from Python to Rust, into your own models, and through the house.
//!
//! | page | for |
//! |---|---|
//! | [`from_python`] | who knows `threading` and `queue`: the calls side by side, what differs, five whole programs |
//! | [`locks`] | who needs a lock: which of three, what each does and costs, pitfalls, a whole program |
//! | [`semaphores`] | the same of the two semaphores |
//! | [`condition_event_barrier`] | the same of three ways to wait for other threads |
//! | [`queues`] | the same of queues: which of them, bounded or not, how it ends |
//! | [`misuse`] | who sees an error, a panic, or nothing at all |
//! | [`own_models`] | who wants to model-check code that uses this crate |
//! | [`ci`] | who wants that in a workflow |
//! | [`how_it_works`] | who wants to know why it works |
//! | [`glossary`] | every word that is used here as if it were known |
//! | [`features`] | every feature beside what Python, std, parking_lot, crossbeam, tokio and others have, and why where there is none |
//!
//! Here for rustdoc alone: builds of the library have no such module. The programs run, in `cargo test --doc`.

/// From `threading` and `queue` to this crate.
#[doc = include_str!("from_python.md")]
pub mod from_python {}

/// Locks: which one, and how to use it.
#[doc = include_str!("locks.md")]
pub mod locks {}

/// Semaphores: which one, and how to use it.
#[doc = include_str!("semaphores.md")]
pub mod semaphores {}

/// `Condition`, `Event`, `Barrier`: which one, and how to use it.
#[doc = include_str!("condition_event_barrier.md")]
pub mod condition_event_barrier {}

/// Which queue, and how to use it.
#[doc = include_str!("../../docs/queues.md")]
pub mod queues {}

/// Mistakes, and what they look like.
#[doc = include_str!("misuse.md")]
pub mod misuse {}

/// Model-check your own code with these types.
#[doc = include_str!("own_models.md")]
pub mod own_models {}

/// Your models in your CI.
#[doc = include_str!("ci.md")]
pub mod ci {}

/// How it works: the floors of the house.
#[doc = include_str!("how_it_works.md")]
pub mod how_it_works {}

/// The words.
#[doc = include_str!("glossary.md")]
pub mod glossary {}

/// What there is here, and what there is elsewhere.
#[doc = include_str!("../../docs/features.md")]
pub mod features {}
