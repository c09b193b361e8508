//! What a thread or this process has used: CPU time, and of a thread context switches.

use std::ops::{AddAssign, Sub};
use std::time::Duration;

/// The CPU time that this process has used, all threads together.
#[cfg(target_os = "linux")]
pub fn processor_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call writes a time to where it is told.
    let failed = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    assert_eq!(failed, 0);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Nothing: not known here.
#[cfg(not(target_os = "linux"))]
pub fn processor_time() -> Duration {
    Duration::ZERO
}

/// CPU time and context switches of a thread, or of several together.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// Seconds of CPU time, the kernel's included.
    pub cpu: f64,
    /// How often it gave up its CPU to wait.
    pub slept: f64,
    /// How often its CPU was taken away.
    pub preempted: f64,
}

impl Usage {
    /// The calling thread's, since it began.
    #[cfg(target_os = "linux")]
    pub fn of_this_thread() -> Usage {
        // SAFETY: plain data, for which all zeros is a value.
        let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
        // SAFETY: there is room for the answer.
        let answered = unsafe { libc::getrusage(libc::RUSAGE_THREAD, &raw mut usage) };
        assert_eq!(answered, 0, "getrusage: {}", std::io::Error::last_os_error());
        let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
        Usage {
            cpu: seconds(usage.ru_utime) + seconds(usage.ru_stime),
            slept: usage.ru_nvcsw as f64,
            preempted: usage.ru_nivcsw as f64,
        }
    }

    /// Nothing: not known here.
    #[cfg(not(target_os = "linux"))]
    pub fn of_this_thread() -> Usage {
        Usage::default()
    }
}

impl Sub for Usage {
    type Output = Usage;

    fn sub(self, before: Usage) -> Usage {
        Usage {
            cpu: self.cpu - before.cpu,
            slept: self.slept - before.slept,
            preempted: self.preempted - before.preempted,
        }
    }
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Usage) {
        self.cpu += other.cpu;
        self.slept += other.slept;
        self.preempted += other.preempted;
    }
}
