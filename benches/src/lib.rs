//! What the benches share.
//!
//! ```text
//! cargo bench -p tollgate-benches --bench arena                  # many threads, all peers in turns: < 3 minutes; see `arena`
//! cargo bench -p tollgate-benches --bench arena -- --full --json target/arena.json
//! cargo run --release -p tollgate-benches --bin chart -- target/arena.json   # RESULTS.md and its charts
//! cargo bench -p tollgate-benches --bench uncontended            # one thread, each operation beside the bare atomics in it
//! cargo run --release -p tollgate-benches --bin instructions     # the same operations, counted in instructions by valgrind
//! cargo bench -p tollgate-benches -- --test                      # everything for a moment: does it still run?
//! ```
//!
//! With `--features cpp_peers` C++'s queues take part: those whose headers are installed, or in the folders that
//! `TOLLGATE_CPP_INCLUDE` names; `benches/build.rs` says more.
//!
//! * One small trait for each kind of primitive, and its implementations for tollgate, the peers and the base lines: [`lock`],
//!   [`semaphore`], [`condition`], [`event`], [`barrier`], [`queue`]. Where a library has no more than a mutex and a condition,
//!   what people build from these stands in: [`monitor`].
//! * [`single`]: what one thread does alone, for `uncontended` and [`instructions`].
//! * [`cases`]: what is played, by whom. [`arena`]: how it is played, scored and reported. [`chart`]: the report as pictures.
//!
//! `uncontended` is criterion's. It measures one library after the other, so on a shared machine a difference between two rows may be
//! one between two minutes: compare rows of one group in one run, and distrust a few per cent.

pub mod arena;
pub mod barrier;
pub mod cases;
pub mod chart;
pub mod condition;
pub mod core;
#[cfg(all(test, target_os = "linux", target_arch = "x86_64"))]
mod costs;
#[cfg(cpp_shim)]
pub mod cpp;
pub mod event;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub mod instructions;
pub mod lock;
pub mod memory;
pub mod monitor;
#[cfg(target_os = "linux")]
pub mod pthread;
pub mod queue;
pub mod regime;
pub mod rlock;
pub mod semaphore;
pub mod single;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub mod steps;
pub mod team;
pub mod work;

use criterion::Criterion;
use std::time::Duration;

/// Criterion with the short times that all benches use unless the command line says otherwise.
pub fn criterion() -> Criterion {
    Criterion::default()
        .without_plots()
        .sample_size(12)
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_millis(300))
        // Bootstrap samples: the default of 100,000 would take longer than the measurements.
        .nresamples(2_000)
        .configure_from_args()
}

/// Keeps `T` off the cache lines of its neighbours, and off those that are prefetched with them.
#[repr(align(128))]
#[derive(Debug, Default)]
pub struct Apart<T>(pub T);
