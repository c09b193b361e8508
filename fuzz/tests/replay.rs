//! Replays the committed corpus, and random sequences from fixed seeds, with the stable compiler.

use arbitrary::{Arbitrary, Unstructured};
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use tollgate_fuzz::queue;

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

#[test]
fn random_sequences_on_a_queue_pass() {
    for seed in 1..=2_000 {
        let Some(script) = script::<queue::Script>(&noise(seed)) else { continue };
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| queue::run(&script))) {
            eprintln!("failed: seed {seed}: {script:?}");
            resume_unwind(panic);
        }
    }
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
