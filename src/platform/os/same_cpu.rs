//! Whether those for whom a thread waits run on its own CPU. Then spinning only keeps them from running.
//!
//! A spin that fails does not say why: the others may be on this CPU, or on another and asleep themselves, each until the other one wakes it,
//! a wake-up later than anybody spins. In the first case no spin ever pays; in the second the next one that lasts long enough puts both back on their feet.
//!
//! So each CPU has a count of the wakes that threads have sent from it. A thread that goes to sleep on a CPU whose count has changed when it comes back
//! has let somebody run there who woke somebody: itself, or a thread that it kept waiting like itself. The count is written before a system
//! call and read around one; it is a hint, lost updates and CPUs that share a count included.

#[cfg(target_os = "linux")]
mod counts {
    use crossbeam_utils::CachePadded;
    use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

    /// With more CPUs than this, some share one.
    const CPUS: usize = 64;
    static WAKES: [CachePadded<AtomicU32>; CPUS] = [const { CachePadded::new(AtomicU32::new(0)) }; CPUS];

    /// That of the CPU on which the thread runs.
    fn here() -> &'static AtomicU32 {
        // SAFETY: no memory is involved. A failure is a negative number, and as good as any.
        let cpu = unsafe { libc::sched_getcpu() };
        &WAKES[cpu as usize % CPUS]
    }

    /// Before a wake.
    pub(super) fn wakes() {
        let count = here();
        // Not one step: another thread of this CPU hardly ever comes between, and then one of two is counted.
        count.store(count.load(Relaxed).wrapping_add(1), Relaxed);
    }

    /// Runs `sleep`; whether somebody has sent a wake from here meanwhile.
    pub(super) fn wakes_while<R>(sleep: impl FnOnce() -> R) -> (R, bool) {
        let count = here();
        let before = count.load(Relaxed);
        let result = sleep();
        (result, count.load(Relaxed) != before)
    }
}

#[cfg(not(target_os = "linux"))]
mod counts {
    pub(super) fn wakes() {}

    pub(super) fn wakes_while<R>(sleep: impl FnOnce() -> R) -> (R, bool) {
        (sleep(), false)
    }
}

use std::cell::Cell;

thread_local! {
    static SHARED: Cell<bool> = const { Cell::new(false) };
}

/// To be called by a thread that is about to wake others.
pub(super) fn about_to_wake() {
    counts::wakes();
}

/// Runs `sleep`, and remembers whether others ran here meanwhile.
pub(super) fn asleep<R>(sleep: impl FnOnce() -> R) -> R {
    let (result, shared) = counts::wakes_while(sleep);
    SHARED.set(shared);
    result
}

/// Whether this thread, when it slept last, let others run on its CPU that woke somebody.
pub(super) fn is_shared() -> bool {
    SHARED.get()
}

/// For a thread that has found out otherwise: by a spin that ended well.
pub(super) fn is_not_shared() {
    SHARED.set(false);
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::super::atomic::{AtomicU32, Ordering::Relaxed};
    use super::super::futex::{Deadline, wait_on, wake_on};
    use super::*;
    use std::time::Duration;

    fn stay_on(cpu: usize) -> bool {
        // SAFETY: plain numbers, and a set of CPUs of the size that is said.
        unsafe {
            let mut set: libc::cpu_set_t = std::mem::zeroed();
            libc::CPU_SET(cpu, &mut set);
            libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &set) == 0
        }
    }

    /// Two threads that take turns, and whether the second one says that its CPU is shared: the last time, and ever not.
    fn take_turns(cpus: [usize; 2], turns: u32) -> Option<(bool, bool)> {
        let turn = AtomicU32::new(0);
        let play = &|me: u32, cpu: usize| {
            let mut not_shared = false;
            if !stay_on(cpu) {
                turn.store(u32::MAX, Relaxed);
            }
            loop {
                match turn.load(Relaxed) {
                    now if now >= turns => break,
                    now if now % 2 == me => {
                        _ = turn.compare_exchange(now, now + 1, Relaxed, Relaxed);
                        wake_on(&turn, 1, !0);
                    }
                    now => {
                        _ = wait_on(&turn, now, &Deadline::after(Duration::from_secs(5)), !0);
                        not_shared |= !is_shared();
                    }
                }
            }
            wake_on(&turn, 1, !0);
            (is_shared(), not_shared)
        };
        std::thread::scope(|scope| {
            let threads = [0, 1].map(|me| scope.spawn(move || play(me, cpus[me as usize])));
            // Joined one by one: ThreadSanitizer does not see what the scope itself waits for.
            let [_, second] = threads.map(|thread| thread.join().unwrap());
            (turn.load(Relaxed) != u32::MAX).then_some(second)
        })
    }

    #[test]
    fn a_thread_that_sleeps_knows_whether_the_others_run_on_its_cpu() {
        // On CPUs that this process may use, if there are such.
        if let Some((shared, _)) = take_turns([0, 0], 200) {
            assert!(shared, "they took turns on one CPU");
        }
        if let Some((_, ever_not)) = take_turns([0, 1], 2_000) {
            assert!(ever_not, "other tests run here too, but not at every turn");
        }
        asleep(|| ());
        is_not_shared();
        assert!(!is_shared());
    }
}
