//! What several test files use.

#![allow(dead_code, unreachable_pub, unused_imports, reason = "each test file uses a part of it")]

pub mod thread;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Long enough for anything that has to happen on a loaded machine.
pub const AGES: Duration = Duration::from_secs(60);
/// Long enough to be noticed, short enough for a test.
pub const A_WHILE: Duration = Duration::from_millis(50);

/// Waits until `happened`, and fails after [`AGES`].
#[track_caller]
pub fn eventually(what: &str, mut happened: impl FnMut() -> bool) {
    let start = Instant::now();
    while !happened() {
        assert!(start.elapsed() < AGES, "never happened: {what}");
        thread::sleep(Duration::from_micros(200));
    }
}

/// The CPU time that the calling thread has used so far.
#[cfg(target_os = "linux")]
pub fn cpu_time() -> Duration {
    // The first field of schedstat: nanoseconds on a CPU.
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(stat.split(' ').next().unwrap().parse().unwrap())
}

/// The Rust files below a folder.
pub fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}
