//! What has been done so far: a value under a `Lock`, and a bar that shows it, driven by a `Condition`.

use crate::tally::{Tally, Waits};
use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};
use tollgate::{Condition, Lock};

/// Of unreadable files and the like, so many are named.
const EXAMPLES: usize = 5;

/// Numbers about the files. Those of the single words are in the shards.
#[derive(Clone, Copy, Default)]
pub(crate) struct Totals {
    pub(crate) directories: u64,
    /// Read to the end.
    pub(crate) files: u64,
    /// Read in part only, because of Ctrl-C.
    pub(crate) files_cut_short: u64,
    pub(crate) files_unreadable: u64,
    pub(crate) files_invalid_utf8: u64,
    pub(crate) special_files: u64,
    pub(crate) linked_directories: u64,
    pub(crate) bytes: u64,
    pub(crate) words: u64,
    pub(crate) invalid_sequences: u64,
}

impl Totals {
    pub(crate) fn each(&self) -> [(&'static str, u64); 10] {
        [
            ("directories", self.directories),
            ("files", self.files),
            ("files_cut_short", self.files_cut_short),
            ("files_unreadable", self.files_unreadable),
            ("files_invalid_utf8", self.files_invalid_utf8),
            ("special_files", self.special_files),
            ("linked_directories", self.linked_directories),
            ("bytes", self.bytes),
            ("words", self.words),
            ("invalid_sequences", self.invalid_sequences),
        ]
    }
}

/// What the threads report.
#[derive(Default)]
pub(crate) struct Progress {
    pub(crate) totals: Totals,
    /// How many files the walker has found.
    pub(crate) found: u64,
    /// Some of those files, each with its error.
    pub(crate) unreadable: Vec<String>,
    /// Some of those files.
    pub(crate) invalid_utf8: Vec<String>,
    ended: bool,
}

impl Progress {
    pub(crate) fn add_unreadable(&mut self, path: &Path, error: &io::Error) {
        self.totals.files_unreadable += 1;
        if self.unreadable.len() < EXAMPLES {
            self.unreadable.push(format!("{}: {error}", path.display()));
        }
    }

    pub(crate) fn add_invalid_utf8(&mut self, path: &Path) {
        self.totals.files_invalid_utf8 += 1;
        if self.invalid_utf8.len() < EXAMPLES {
            self.invalid_utf8.push(path.display().to_string());
        }
    }
}

/// Where the threads report, and from where the bar is drawn.
#[derive(Default)]
pub(crate) struct Board {
    progress: Lock<Progress>,
    ended: Condition,
    tally: Tally,
}

impl Board {
    pub(crate) fn report<R>(&self, change: impl FnOnce(&mut Progress) -> R) -> R {
        change(&mut self.tally.lock(&self.progress))
    }

    /// Draws the bar anew each `frame` until the end. `indicatif` shows nothing where standard error is no terminal.
    pub(crate) fn show(&self, frame: Duration) {
        let style = ProgressStyle::with_template("{spinner} {msg}").expect("a valid template");
        let bar = ProgressBar::new_spinner().with_style(style);
        let started = Instant::now();
        loop {
            let mut progress = self.progress.lock();
            let ended = self.ended.wait_while_timeout(&mut progress, frame, |progress| !progress.ended);
            let (totals, found) = (progress.totals, progress.found);
            // Drawing takes time, and the others need the lock.
            drop(progress);
            if ended {
                break;
            }
            let speed = HumanBytes((totals.bytes as f64 / started.elapsed().as_secs_f64()) as u64);
            let (files, words) = (HumanCount(totals.files), HumanCount(totals.words));
            bar.set_message(format!("{files} of {} files, {words} words, {speed}/s", HumanCount(found)));
            bar.tick();
        }
        bar.finish_and_clear();
    }

    /// Ends [`Board::show`] at once.
    pub(crate) fn end(&self) {
        self.progress.lock().ended = true;
        self.ended.notify_all();
    }

    /// What has been reported, which is then gone from here.
    pub(crate) fn take(&self) -> Progress {
        std::mem::take(&mut self.progress.lock())
    }

    pub(crate) fn waits(&self) -> Waits {
        self.tally.waits()
    }
}
