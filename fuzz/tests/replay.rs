//! Replays the committed corpus, and random sequences from fixed seeds, with the stable compiler.

use arbitrary::{Arbitrary, Unstructured};
use std::fmt::Debug;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use tollgate_fuzz::script::Script;
use tollgate_fuzz::{
    barrier, condition, event, lock, queue, rendezvous, rlock, semaphore, simple_queue, threads,
};

/// Reads an operation sequence out of bytes as libFuzzer's target does.
fn script<T: for<'a> Arbitrary<'a>>(bytes: &[u8]) -> Option<T> {
    T::arbitrary_take_rest(Unstructured::new(bytes)).ok()
}

/// Runs every file in `corpus/<target>`, and names the one that fails.
fn replay<T: for<'a> Arbitrary<'a>>(target: &str, run: impl Fn(&T)) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    let mut files: Vec<_> = fs::read_dir(&corpus).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "{} is empty", corpus.display());
    for file in files {
        let Some(script) = script::<T>(&fs::read(&file).unwrap()) else { continue };
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| run(&script))) {
            eprintln!("failed: {}", file.display());
            resume_unwind(panic);
        }
    }
}

#[test]
fn the_corpus_of_queue_passes() {
    replay("queue", queue::run);
}

/// The same scripts, and what the fuzzer kept of its own.
#[test]
fn the_corpora_of_the_other_orders_pass() {
    for target in ["queue", "lifo"] {
        replay(target, queue::run_lifo);
    }
    for target in ["queue", "priority"] {
        replay(target, queue::run_priority);
    }
}

#[test]
fn the_corpus_of_simple_queue_passes() {
    replay("simple_queue", simple_queue::run);
}

#[test]
fn the_corpus_of_rendezvous_passes() {
    replay("rendezvous", rendezvous::run);
}

#[test]
fn the_corpus_of_lock_passes() {
    replay("lock", lock::run);
}

#[test]
fn the_corpus_of_rlock_passes() {
    replay("rlock", rlock::run);
}

#[test]
fn the_corpus_of_semaphore_passes() {
    replay("semaphore", semaphore::run);
}

#[test]
fn the_corpus_of_condition_passes() {
    replay("condition", condition::run);
}

#[test]
fn the_corpus_of_event_passes() {
    replay("event", event::run);
}

#[test]
fn the_corpus_of_barrier_passes() {
    replay("barrier", barrier::run);
}

/// Many times each: what happens depends on the machine too.
#[test]
fn the_corpus_of_threads_passes() {
    replay("threads", |script| threads::run(script, 500));
}

/// Of one that a target lacks, nobody would hear.
#[test]
fn every_corpus_has_a_target() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let names = |folder: &str| {
        let entries = fs::read_dir(package.join(folder)).unwrap().map(|entry| entry.unwrap().path());
        let mut names: Vec<_> =
            entries.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(names("corpus"), names("fuzz_targets"));
    let tests = fs::read_to_string(package.join("tests/replay.rs")).unwrap();
    let manifest = fs::read_to_string(package.join("Cargo.toml")).unwrap();
    for name in names("corpus") {
        assert!(tests.contains(&format!("\"{name}\"")), "no test replays the corpus of {name}");
        assert!(manifest.contains(&format!("name = \"{name}\"\n")), "no target {name} in Cargo.toml");
    }
}

/// Runs as many random scripts.
fn random<T: for<'a> Arbitrary<'a> + Debug>(seeds: u64, run: impl Fn(&T)) {
    for seed in 1..=seeds {
        let Some(script) = script::<T>(&noise(seed)) else { continue };
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| run(&script))) {
            eprintln!("failed: seed {seed}: {script:?}");
            resume_unwind(panic);
        }
    }
}

#[test]
fn random_sequences_on_a_queue_pass() {
    random(2_000, queue::run);
    random(2_000, queue::run_lifo);
    random(2_000, queue::run_priority);
}

#[test]
fn random_sequences_on_a_simple_queue_pass() {
    random(100, |script: &Script<simple_queue::Operation>| simple_queue::run(script));
}

#[test]
fn random_sequences_at_a_rendezvous_pass() {
    random(100, |script: &Script<rendezvous::Operation>| rendezvous::run(script));
}

#[test]
fn random_sequences_on_a_lock_pass() {
    random(2_000, |script: &Script<lock::Operation>| lock::run(script));
}

#[test]
fn random_sequences_on_an_rlock_pass() {
    random(2_000, |script: &Script<rlock::Operation>| rlock::run(script));
}

#[test]
fn random_sequences_on_a_semaphore_pass() {
    random(2_000, |script: &Script<semaphore::Operation>| semaphore::run(script));
}

#[test]
fn random_sequences_on_a_condition_pass() {
    random(200, |script: &Script<condition::Operation>| condition::run(script));
}

#[test]
fn random_sequences_on_an_event_pass() {
    random(500, |script: &Script<event::Operation>| event::run(script));
}

#[test]
fn random_sequences_on_a_barrier_pass() {
    random(500, |script: &Script<barrier::Operation>| barrier::run(script));
}

#[test]
fn random_programs_of_threads_pass() {
    random(500, |script: &Script<threads::Call>| threads::run(script, threads::ROUNDS));
}

/// Up to 512 bytes of noise (xorshift).
fn noise(seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    let length = usize::from(next()) * 2 + 1;
    (0..length).map(|_| next()).collect()
}
