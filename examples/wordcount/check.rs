//! The same count on one thread, by plain code: no queue, no lock, no chunks. It shares the walk and the tokenizer.

use crate::pipeline::Outcome;
use crate::progress::Totals;
use crate::shards::{Counts, add};
use crate::tree::{Found, Root, Source};
use crate::words::{Tokenizer, whole_chars};
use std::io::{self, Read};
use std::ops::ControlFlow;

/// So many differences are shown.
const SHOWN: usize = 10;

pub(crate) enum Verdict {
    Same,
    /// One line for each difference.
    Different(Vec<String>),
    /// By Ctrl-C.
    Interrupted,
}

/// Counts again and compares. A file that has changed in between is a difference too.
pub(crate) fn check(root: &Root, outcome: &Outcome, interrupted: impl Fn() -> bool) -> Verdict {
    let mut recount = Recount::default();
    let walked = root.walk(|found| {
        match found {
            Found::Source(source) => match recount.read(&source, &interrupted) {
                Ok(ControlFlow::Continue(())) => recount.totals.files += 1,
                Ok(stop) => return stop,
                Err(_) => recount.totals.files_unreadable += 1,
            },
            Found::Unreadable(..) => recount.totals.files_unreadable += 1,
            Found::Directory => recount.totals.directories += 1,
            Found::LinkedDirectory => recount.totals.linked_directories += 1,
            Found::Special => recount.totals.special_files += 1,
        }
        if interrupted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    if walked.is_break() {
        return Verdict::Interrupted;
    }
    let mut differences = recount.differences(outcome);
    if differences.is_empty() {
        return Verdict::Same;
    }
    if differences.len() > SHOWN {
        let more = differences.len() - SHOWN;
        differences.truncate(SHOWN);
        differences.push(format!("and {more} more"));
    }
    Verdict::Different(differences)
}

#[derive(Default)]
struct Recount {
    totals: Totals,
    counts: Counts,
}

impl Recount {
    fn read(&mut self, source: &Source, interrupted: impl Fn() -> bool) -> io::Result<ControlFlow<()>> {
        let mut file = source.open()?;
        let mut tokenizer = Tokenizer::default();
        let mut block = vec![0; 32 * 1024];
        let (mut held, mut invalid) = (0, 0);
        let read = loop {
            match file.read(&mut block[held..]) {
                Ok(0) => break Ok(ControlFlow::Continue(())),
                Ok(read) => {
                    let filled = held + read;
                    self.totals.bytes += read as u64;
                    // A word may go on in the next block, but the tokenizer wants whole characters.
                    let whole = whole_chars(&block[..filled]);
                    invalid += self.feed(&mut tokenizer, &block[..whole]);
                    block.copy_within(whole..filled, 0);
                    held = filled - whole;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break Err(error),
            }
            if interrupted() {
                break Ok(ControlFlow::Break(()));
            }
        };
        invalid += self.feed(&mut tokenizer, &block[..held]);
        tokenizer.finish(|word| self.found(word));
        self.totals.invalid_sequences += invalid;
        self.totals.files_invalid_utf8 += u64::from(invalid > 0);
        read
    }

    fn feed(&mut self, tokenizer: &mut Tokenizer, text: &[u8]) -> u64 {
        tokenizer.feed(text, |word| self.found(word))
    }

    fn found(&mut self, word: &str) {
        self.totals.words += 1;
        add(&mut self.counts, word);
    }

    /// Empty if the parallel count has found the same.
    fn differences(&self, outcome: &Outcome) -> Vec<String> {
        let mut differences = Vec::new();
        for ((name, parallel), (_, sequential)) in outcome.totals.each().into_iter().zip(self.totals.each()) {
            if parallel != sequential {
                differences.push(format!("{name}: {parallel} in parallel, {sequential} on one thread"));
            }
        }
        let (parallel, sequential) = (outcome.distinct_words(), self.counts.len());
        if parallel != sequential {
            differences.push(format!("distinct words: {parallel} in parallel, {sequential} on one thread"));
        }
        for (word, parallel) in outcome.words() {
            let sequential = self.counts.get(word).copied().unwrap_or(0);
            if parallel != sequential {
                differences.push(format!("{word:?}: {parallel} in parallel, {sequential} on one thread"));
            }
        }
        differences
    }
}
