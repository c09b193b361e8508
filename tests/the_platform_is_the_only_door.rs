//! Nothing outside `src/platform` names atomics, threads, clocks, cells, loom or shuttle: whatever does would behave
//! differently in a model than in use, or not be modelled at all.

mod common;

use common::rust_files;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// What only the platform may name. The diagnostics' books are under `std`'s mutex: that too comes through the platform, from
/// `platform/os/observer.rs`. `std::sync::Arc` is the same in every back end, and allowed.
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

/// The code of a line: without its comment. (No file of the crate has `//` in a string.)
fn code(line: &str) -> &str {
    line.split("//").next().unwrap_or(line)
}

#[test]
fn nothing_outside_the_platform_names_what_only_the_platform_may_name() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = rust_files(&source);
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

/// The graph library serves one question in one file.
#[test]
fn petgraph_is_named_where_deadlocks_are_looked_for_alone() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = rust_files(&source);
    let names = |file: &&PathBuf| {
        fs::read_to_string(file).unwrap().lines().any(|line| code(line).contains("petgraph"))
    };
    let naming: Vec<_> = files.iter().filter(names).collect();
    assert_eq!(naming, [&source.join("diagnostics/deadlock.rs")]);
}

/// R48 of the historical bugs: a time-out on the wall clock, which somebody sets back. There is no wall clock here to wait for, in
/// the platform neither.
#[test]
fn r48_nothing_names_the_wall_clock() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut monotonic = 0;
    for file in rust_files(&source) {
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

/// A thread that has nothing to do sleeps. (Beside a busy process a `sched_yield` that was not measured cost milliseconds.) The one that
/// is measured is for those who wait for a queue's items or room.
#[test]
fn nothing_yields_the_processor_unmeasured() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = rust_files(&source);
    // The models' threads have no other way of letting others run.
    files.retain(|file| {
        !file.starts_with(source.join("platform/model"))
            && !file.to_string_lossy().ends_with("_tests.rs")
            && *file != source.join("platform/os/give_way.rs")
    });
    let users = |name: &str| {
        let using =
            |file: &&PathBuf| fs::read_to_string(file).unwrap().lines().any(|line| code(line).contains(name));
        files
            .iter()
            .filter(using)
            .map(|file| file.strip_prefix(&source).unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(users("GiveWay::new"), [Path::new("platform/os/spin.rs")]);
    let mut waits = users("for_flow");
    waits.retain(|file| !file.starts_with("platform") && !file.starts_with("queue/cores"));
    assert_eq!(waits, [Path::new("queue/face.rs")]);
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let library = text.split("#[cfg(test)]\nmod tests").next().unwrap_or(&text);
        for line in library.lines().map(code) {
            let yields = ["yield_now", "sched_yield"].iter().any(|name| line.contains(name));
            assert!(!yields, "{}: {line}", file.display());
        }
    }
}

#[test]
fn arrows_point_down() {
    // Floor by floor: what each imports from the crate, beside the platform. The others import nothing.
    let allowed: &[(&str, &[&str])] = &[
        // What the diagnostics are told, and the books. It stands below the locks and on none of them.
        ("diagnostics/mod.rs", &["watch"]),
        ("diagnostics/snapshot.rs", &["watch"]),
        ("diagnostics/report.rs", &["watch"]),
        ("raw_lock.rs", &["watch"]),
        ("lock_api.rs", &["raw_lock"]),
        ("lock/mod.rs", &["raw_lock", "watch"]),
        ("lock/guard.rs", &["raw_lock"]),
        ("lock/owned.rs", &["raw_lock"]),
        ("gate/list.rs", &["watch"]),
        ("gate/crowd.rs", &["raw_lock", "watch"]),
        ("gate/mod.rs", &["raw_lock", "watch"]),
        ("semaphore/core.rs", &["gate", "watch"]),
        ("semaphore/mod.rs", &["watch"]),
        ("semaphore/bounded.rs", &["watch"]),
        ("semaphore/refused.rs", &["watch"]),
        ("raw_rlock.rs", &["raw_lock", "watch"]),
        ("rlock.rs", &["raw_rlock"]),
        ("rlock/guard.rs", &["raw_lock", "raw_rlock"]),
        ("rlock/owned.rs", &["raw_lock", "raw_rlock"]),
        ("condition.rs", &["gate", "raw_lock", "watch"]),
        ("condition/guards.rs", &["lock", "raw_lock", "rlock"]),
        ("event.rs", &["epoch", "watch"]),
        ("barrier/rounds.rs", &["epoch", "gate", "lock", "watch"]),
        ("barrier/mod.rs", &["lock", "watch"]),
        ("queue/ledger.rs", &["latch"]),
        ("queue/lock_free/slab.rs", &["queue"]),
        ("queue/lock_free/bound.rs", &["latch"]),
        ("queue/ends.rs", &["latch"]),
        ("queue/rendezvous/meeting.rs", &["gate", "latch"]),
        ("queue/rendezvous/mod.rs", &["gate", "latch", "watch"]),
        ("queue/heaped.rs", &["lock", "watch"]),
        ("queue/face.rs", &["gate", "watch"]),
        ("queue/fifo.rs", &["watch"]),
        ("queue/lifo.rs", &["watch"]),
        ("queue/priority.rs", &["watch"]),
        ("queue/simple.rs", &["watch"]),
        ("queue/cores/blocking.rs", &["gate"]),
    ];
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = BTreeMap::new();
    for file in rust_files(&source) {
        let name = file.strip_prefix(&source).unwrap().to_str().unwrap().replace('\\', "/");
        if name == "lib.rs" || name.ends_with("_tests.rs") {
            continue;
        }
        let text = fs::read_to_string(file).unwrap();
        let mut floors = BTreeSet::new();
        for line in text.lines().map(code) {
            for path in line.split("crate::").skip(1) {
                let module = path.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or("");
                floors.insert(module.to_owned());
            }
        }
        floors.remove("platform");
        if !floors.is_empty() {
            found.insert(name, floors);
        }
    }
    let allowed: BTreeMap<String, BTreeSet<String>> = allowed
        .iter()
        .map(|(file, floors)| ((*file).to_owned(), floors.iter().map(|&floor| floor.to_owned()).collect()))
        .collect();
    for (file, floors) in &found {
        assert_eq!(Some(floors), allowed.get(file), "what {file} imports, and what it may, being above it");
    }
    let stale: Vec<_> = allowed.keys().filter(|&file| !found.contains_key(file)).collect();
    assert!(stale.is_empty(), "these are no more, or import nothing: {stale:?}");
}
