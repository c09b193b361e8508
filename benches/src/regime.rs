//! Where the threads of a case run, and beside whom. Rankings are reversed by it, so each result names its regime.

use serde::{Deserialize, Serialize};
use std::num::NonZero;
use std::process::{Child, Command, Stdio};
use std::thread;

/// Where the threads of a case run, and beside whom.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, clap::ValueEnum, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Regime {
    /// Pinned: thread i on CPU i, modulo their number.
    Spread,
    /// Where the system puts them.
    Free,
    /// Pinned, all on one CPU.
    One,
    /// As `free`, beside a process on each CPU that computes without end.
    Busy,
}

impl Regime {
    /// All of them.
    pub const ALL: [Regime; 4] = [Regime::Spread, Regime::Free, Regime::One, Regime::Busy];

    /// The name on the command line and in the results.
    pub fn name(self) -> &'static str {
        match self {
            Regime::Spread => "spread",
            Regime::Free => "free",
            Regime::One => "one",
            Regime::Busy => "busy",
        }
    }

    /// What it means, for the tables.
    pub fn means(self) -> &'static str {
        match self {
            Regime::Spread => "thread i pinned to CPU i, modulo their number",
            Regime::Free => "not pinned",
            Regime::One => "all threads pinned to one CPU",
            Regime::Busy => "not pinned, beside a CPU-bound process on every CPU",
        }
    }

    /// CPUs that a case can use in it. Beside a busy process, half of one is left.
    pub fn cpus(self) -> f64 {
        match self {
            Regime::Spread | Regime::Free => cpus() as f64,
            Regime::One => 1.0,
            Regime::Busy => cpus() as f64 / 2.0,
        }
    }

    /// Puts the calling thread, number `index` of its team, where the regime wants it.
    ///
    /// # Panics
    ///
    /// If that is impossible: figures must not lie about where they come from.
    pub fn place(self, index: usize) {
        match self {
            Regime::Spread => pin(index % cpus()),
            Regime::One => pin(cpus() - 1),
            Regime::Free | Regime::Busy => {}
        }
    }

    /// Starts what has to run beside the cases, until the result is dropped.
    pub fn neighbours(self) -> Neighbours {
        let count = if self == Regime::Busy { cpus() } else { 0 };
        Neighbours((0..count).map(start_hog).collect())
    }
}

/// CPUs of this machine that this process may use.
pub fn cpus() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// Processes that compute without end.
#[derive(Debug)]
pub struct Neighbours(Vec<Child>);

impl Drop for Neighbours {
    fn drop(&mut self) {
        for child in &mut self.0 {
            // It may have ended; then there is nothing to do.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The variable that makes this program a hog on the CPU that it names.
const HOG: &str = "TOLLGATE_BENCHES_HOG";

fn start_hog(cpu: usize) -> Child {
    let this = std::env::current_exe().expect("the path of this program");
    // A pipe that nobody writes to: it closes when we end, however that happens, and then the hog ends too.
    let hog = Command::new(this).env(HOG, cpu.to_string()).stdin(Stdio::piped()).spawn();
    hog.expect("a second process of this program")
}

/// Computes until the parent process is gone, if this process was started for that. To be called first in `main`.
pub fn be_a_hog_if_told() {
    let Ok(cpu) = std::env::var(HOG) else { return };
    pin(cpu.parse().expect("the number of a CPU"));
    thread::spawn(|| {
        loop {
            std::hint::black_box(crate::work::Work::US_1.after(1));
        }
    });
    // The end of the parent.
    let _ = std::io::Read::read(&mut std::io::stdin(), &mut [0]);
    std::process::exit(0);
}

#[cfg(target_os = "linux")]
fn pin(cpu: usize) {
    // SAFETY: the set is plain data, for which all zeros is a value, the empty set; the kernel only reads it.
    let pinned = unsafe {
        let mut set = std::mem::zeroed();
        libc::CPU_SET(cpu, &mut set);
        libc::sched_setaffinity(0, size_of_val(&set), &raw const set)
    };
    assert_eq!(pinned, 0, "cannot pin to CPU {cpu}: {}", std::io::Error::last_os_error());
}

#[cfg(not(target_os = "linux"))]
fn pin(_: usize) {
    panic!("pinning is for Linux: use --regime free");
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    fn cpus_when_placed(regime: Regime) -> usize {
        thread::spawn(move || {
            regime.place(1);
            cpus()
        })
        .join()
        .unwrap()
    }

    #[test]
    fn pinned_threads_have_one_cpu_and_others_all() {
        assert_eq!(cpus_when_placed(Regime::One), 1);
        assert_eq!(cpus_when_placed(Regime::Spread), 1);
        assert_eq!(cpus_when_placed(Regime::Free), cpus());
    }
}
