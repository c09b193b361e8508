//! Nothing outside `src/platform` names atomics, threads, clocks, cells, loom or shuttle: whatever does would behave
//! differently in a model than in use, or not be modelled at all.

use std::fs;
use std::path::{Path, PathBuf};

/// What only the platform may name. `std::sync::Arc` is the same in every back end, and allowed.
const FORBIDDEN: &[&str] = &[
    "std::sync::atomic",
    "core::sync::atomic",
    "std::sync::Mutex",
    "std::sync::Condvar",
    "std::sync::RwLock",
    "std::sync::Once",
    "std::sync::Barrier",
    "std::sync::mpsc",
    "std::cell::UnsafeCell",
    "std::thread",
    "thread_local!",
    "std::time",
    "std::hint::spin_loop",
    "core::hint",
    "Instant::now",
    "loom::",
    "shuttle::",
    "libc::",
    "atomic_wait",
];

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The code of a line: without its comment. (No file of the crate has `//` in a string.)
fn code(line: &str) -> &str {
    line.split("//").next().unwrap_or(line)
}

#[test]
fn nothing_outside_the_platform_names_what_only_the_platform_may_name() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&source, &mut files);
    files.retain(|file| !file.starts_with(source.join("platform")));
    assert!(files.len() >= 8, "the grep looks in the wrong place: {files:?}");
    let mut offences = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        // These tests run on the counted back end, with real threads.
        let library = text.split("#[cfg(test)]\nmod tests").next().unwrap_or(&text);
        if file.to_string_lossy().ends_with("_tests.rs") {
            continue;
        }
        for (number, line) in library.lines().enumerate() {
            for forbidden in FORBIDDEN.iter().filter(|&&forbidden| code(line).contains(forbidden)) {
                offences.push(format!("{}:{}: {forbidden}", file.display(), number + 1));
            }
        }
    }
    assert!(offences.is_empty(), "use crate::platform instead:\n{}", offences.join("\n"));
}

/// R48 of the historical bugs: a time-out on the wall clock, which somebody sets back. There is no wall clock here to wait for, in
/// the platform neither.
#[test]
fn nothing_names_the_wall_clock() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&source, &mut files);
    let mut monotonic = 0;
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for line in text.lines().map(code) {
            for wall_clock in ["SystemTime", "UNIX_EPOCH", "CLOCK_REALTIME", "gettimeofday"] {
                assert!(!line.contains(wall_clock), "{}: {wall_clock}", file.display());
            }
            monotonic += usize::from(line.contains("CLOCK_MONOTONIC") || line.contains("Instant"));
        }
    }
    assert!(monotonic > 0, "the grep looks in the wrong place");
}

#[test]
fn arrows_point_down() {
    // Floor by floor: what each may import from the crate, beside the platform.
    let allowed: &[(&str, &[&str])] = &[
        ("raw_lock.rs", &[]),
        ("lock_api.rs", &["raw_lock"]),
        ("lock/mod.rs", &["raw_lock"]),
        ("lock/guard.rs", &["raw_lock", "Condition"]),
        ("lock/owned.rs", &["raw_lock", "LockGuard", "Condition"]),
        ("gate/list.rs", &[]),
        ("gate/place.rs", &[]),
        ("gate/mod.rs", &["raw_lock"]),
        ("epoch.rs", &[]),
        ("semaphore/core.rs", &["gate"]),
        ("semaphore/permit.rs", &[]),
        ("semaphore/calls.rs", &["semaphore"]),
        ("semaphore/mod.rs", &[]),
        ("semaphore/bounded.rs", &["semaphore"]),
        ("semaphore/error.rs", &[]),
        ("raw_rlock.rs", &["raw_lock"]),
        ("rlock.rs", &["raw_lock", "raw_rlock"]),
        ("condition.rs", &["gate", "lock", "raw_lock", "rlock"]),
        ("event.rs", &["epoch"]),
        ("barrier/rounds.rs", &["epoch", "gate", "lock"]),
        ("barrier/mod.rs", &["lock"]),
        ("queue/core.rs", &["lock"]),
        ("queue/face.rs", &["gate"]),
        ("queue/mod.rs", &[]),
        ("queue/error.rs", &[]),
        ("queue/iter.rs", &[]),
        ("queue/cores/mod.rs", &[]),
        ("queue/cores/slab.rs", &[]),
        ("queue/cores/line.rs", &[]),
        ("queue/cores/stack.rs", &[]),
        ("queue/cores/ring.rs", &[]),
        ("queue/cores/claimed.rs", &[]),
        ("queue/cores/blocking.rs", &["gate"]),
    ];
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for (file, floors) in allowed {
        let text = fs::read_to_string(source.join(file)).unwrap();
        for line in text.lines().map(code).filter(|line| line.contains("crate::")) {
            for path in line.split("crate::").skip(1) {
                let module = path.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or("");
                assert!(
                    module == "platform" || floors.contains(&module),
                    "{file} imports crate::{module}, which is not below it"
                );
            }
        }
    }
}
