//! What all ways of checking tollgate's types share: programs instead of examples.
//!
//! A [`Subject`] is a type under test: its operations and a sequential model of them, one short file each in [`subjects`].
//! From these alone
//!
//! * [`program`] generates programs, and leaves out those that may wait for ever according to the model;
//! * [`execution`] runs a program's threads and records a [`history`];
//! * [`linearize`] searches for an order of the calls that the model allows and that explains every answer.
//!
//! [`runner`] is what the targets themselves have in common.
//!
//! The targets differ in what decides about the order of steps: `programs` explores all schedules (loom) or samples them
//! (shuttle), `freeze` stops a thread in the middle, `stress` leaves it to the machine. Nothing here depends on which.

pub mod execution;
pub mod history;
pub mod linearize;
pub mod program;
pub mod random;
pub mod runner;
pub mod subject;
pub mod subjects;

pub use subject::{CallId, Progress, Subject};
