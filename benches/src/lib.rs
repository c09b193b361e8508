//! What the benches share: one small trait for each kind of primitive, its implementations for tollgate, the peers
//! and the base lines, and the threads that run a contended case.
//!
//! ```text
//! cargo bench -p tollgate-benches                          # everything, a few minutes
//! cargo bench -p tollgate-benches --bench uncontended      # one thread
//! cargo bench -p tollgate-benches --bench contended queue  # criterion's filter: only names with "queue"
//! cargo bench -p tollgate-benches --bench semaphores       # semaphores against all peers, in turns, with waits: see `arena`
//! cargo bench -p tollgate-benches -- --test                # each case once: do they still run?
//! TOLLGATE_PLACEMENT=spread cargo bench -p tollgate-benches --bench contended
//! ```
//!
//! Each case is written once, generic over the trait, so all peers run the same code. Each run is checked: increments
//! are counted, permits must be back, what went into a queue must come out of it. A primitive that loses something
//! panics (or hangs, and is stopped by [`team`]'s watchdog); it never looks fast.
//!
//! # What these figures cannot say
//!
//! * Criterion measures one library after the other. On a shared machine the clock rate, the neighbours and the
//!   distance between the CPUs change meanwhile, so a difference between two rows may be a difference between two
//!   minutes. The confidence interval it prints is about the samples of one minute.
//! * Throughput alone rewards unfairness: the fastest contended lock is the one that a single thread keeps. There is no
//!   longest wait in criterion's figures, and no count for the unluckiest thread.
//! * One CPU, more CPUs and busy neighbours each reverse rankings. What ran beside the benches decides which of these a
//!   figure is about, unless the threads are placed: see [`team`].
//! * The default times are short, so that everything runs in minutes. Longer ones: `-- --measurement-time 5`.
//!
//! [`arena`] has none of these faults: its contestants take turns in short rounds, and it reports waits. Semaphores are compared
//! there; for the other types that is a later issue. Until then criterion's figures are for finding regressions of an order
//! of magnitude and for looking at one fast path at a time; they support no claim about which library is faster.

pub mod arena;
pub mod barrier;
pub mod condition;
pub mod core;
pub mod event;
pub mod lock;
pub mod queue;
pub mod semaphore;
pub mod team;

use criterion::Criterion;
use std::hint::black_box;
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

/// How much is done while a lock or permit is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// Nothing but the increment that is checked at the end.
    Empty,
    /// Dependent arithmetic of a fixed length: some 50 ns at 3 GHz.
    Short,
    /// Twenty times as much.
    Long,
}

impl Section {
    /// The section's name in the list of results.
    pub fn name(self) -> &'static str {
        match self {
            Section::Empty => "empty",
            Section::Short => "50 ns",
            Section::Long => "1 us",
        }
    }

    /// Does the work. The result is 0, and is there only when the work on `before` is done: add it to what is
    /// protected, or a processor that looks far ahead overlaps one section with the next, and 50 ns cost 5.
    #[inline]
    pub fn work(self, before: u64) -> u64 {
        let steps = match self {
            Section::Empty => return 0,
            Section::Short => STEPS,
            Section::Long => 20 * STEPS,
        };
        let zero = black_box(0);
        (0..steps).fold(before, |x, _| x.wrapping_mul(x | 1).wrapping_add(1)) & zero
    }
}

/// Steps of [`Section::Short`], of an "or", a multiplication and an addition: five cycles, each needing the last.
const STEPS: u32 = 35;
