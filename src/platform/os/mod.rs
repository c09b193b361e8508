//! The back end of ordinary builds: `std`'s atomics, the system's futex and clock.

mod cell;
mod clock;
mod give_way;
#[cfg(feature = "diagnostics")]
pub(crate) mod observer;
mod same_cpu;
mod spin;
mod thread_id;

#[cfg(test)]
mod futex_tests;

// riscv32 has no `SYS_futex`, and x32 gives it a time of another shape.
#[cfg(all(
    target_os = "linux",
    not(tollgate_portable),
    not(target_arch = "riscv32"),
    not(all(target_arch = "x86_64", target_pointer_width = "32"))
))]
#[path = "futex_linux.rs"]
pub(crate) mod futex;

#[cfg(not(all(
    target_os = "linux",
    not(tollgate_portable),
    not(target_arch = "riscv32"),
    not(all(target_arch = "x86_64", target_pointer_width = "32"))
)))]
#[path = "futex_portable.rs"]
pub(crate) mod futex;

#[cfg(not(test))]
pub(crate) mod atomic {
    pub(crate) use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering, fence};

    #[cfg(not(target_has_atomic = "64"))]
    pub(crate) use std::sync::atomic::AtomicU32 as AtomicThreadId;
    #[cfg(target_has_atomic = "64")]
    pub(crate) use std::sync::atomic::AtomicU64 as AtomicThreadId;

    #[cfg(target_has_atomic = "64")]
    pub(crate) use std::sync::atomic::{AtomicPtr, AtomicU64};
}

#[cfg(test)]
pub(crate) mod counted;
#[cfg(test)]
pub(crate) use counted as atomic;

pub(crate) use cell::UnsafeCell;
pub(crate) use clock::Stopwatch;
pub(crate) use futex::Deadline;
pub(crate) use spin::Spin;
pub(crate) use thread_id::{ThreadId, thread_id};

use super::Mutant;

/// The notifier's half of a store-buffering handshake whose first step was a `SeqCst` read-modify-write.
///
/// The notifier does `A: SeqCst RMW of X; sc_handshake(); B: SeqCst load of S`, the waiter `C: RMW of S;
/// fence(SeqCst); D: load or RMW of X`. Not both may B miss C and D miss A. Proof in the C++20 model, with `F` the
/// waiter's fence and `<` the total order of all `SeqCst` operations: if B misses C, B is coherence-ordered before C,
/// which happens before F, so B < F. If D misses A, D is coherence-ordered before A and F happens before D, so F < A.
/// A is sequenced before B and both are `SeqCst`, so A < B. Together A < B < F < A, a contradiction. So no fence is
/// needed on this side, and this function is empty.
///
/// loom treats `SeqCst` *accesses* as `AcqRel` and would report a lost wake-up that cannot happen; its back end puts
/// a `fence(SeqCst)` here. That makes this the one line that loom does not check as compiled.
#[inline(always)]
pub(crate) fn sc_handshake() {}

/// How many waiters of a condition do what; see `gate::crowd`.
pub(crate) mod crowd_sizes {
    /// So many sleep on one word, told apart by as many channels of a futex.
    #[inline(always)]
    pub(crate) const fn sharers(channels: u32) -> u32 {
        channels
    }

    /// So many of those that are moved to a lock are woken at once: one in four, four at most, and no more than other CPUs can run. (Sixteen
    /// waiters on sixteen CPUs, thousand a second: 0.15 with none, 0.28, 0.38, 0.46 with one, two, three, 0.46 with four, 0.46 with eight, for twice the
    /// CPU time, 0.23 with fifteen. One waiter woken while the lock is held, on one CPU: 0.21 -> 0.13.) None where they run on the CPU of the
    /// one who holds the lock: 1.1 times as fast on one CPU, and on two.
    pub(crate) fn woken_ahead(moved: usize) -> u32 {
        if super::same_cpu::is_shared() {
            return 0;
        }
        ((moved / 4).min(4) as u32).min(super::spin::other_cpus())
    }
}

/// With room for so many items a queue serves those who wait. Models say otherwise, to explore both.
#[cfg(all(target_has_atomic = "64", not(tollgate_one_latch)))]
#[inline(always)]
pub(crate) const fn few_places(few: usize) -> usize {
    few
}

/// So often somebody serves those who wait at a queue. Models say otherwise, to explore both.
#[inline(always)]
pub(crate) const fn rounds_of_serving(rounds: u32) -> u32 {
    rounds
}

/// Models may replace `RawLock` by its specification; ordinary builds never do.
#[inline(always)]
pub(crate) const fn abstract_locks() -> bool {
    false
}

/// Whether this thread belongs to a failed model that is being unwound; ordinary builds have none.
#[inline(always)]
pub(crate) const fn torn_down() -> bool {
    false
}

/// Models may switch single lines off; ordinary builds never do.
#[inline(always)]
pub(crate) const fn mutated(_: Mutant) -> bool {
    false
}

/// Sleeps for a moment if the word still holds `seen`: for who waits on another's unfinished operation, which nobody announces.
/// Each nap is twice as long as the one before, from 50 µs to 1.6 ms; `before` is how many there were.
#[cold]
pub(crate) fn nap(word: &atomic::AtomicU32, seen: u32, before: u32) {
    let nap = std::time::Duration::from_micros(50) * (1 << before.min(5));
    super::futex::wait(word, seen, &Deadline::after(nap));
}
