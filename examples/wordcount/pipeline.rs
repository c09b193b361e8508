//! The threads, what they share, and how they end.
//!
//! # Ending
//!
//! | thread | ends when |
//! |---|---|
//! | walker | everything has been walked; or `put` says that the path queue is shut down |
//! | readers | the path queue has been shut down and has no more to give; or the semaphore is closed |
//! | counters | the chunk queue has been shut down and is empty: every chunk that was handed over is counted |
//! | progress | it is told so |
//!
//! All of them are joined, in this order, also after Ctrl-C. One thread may be left behind: see [`Pipeline::forward`].

use crate::progress::{Board, Totals};
use crate::shards::{Counts, Shards, add};
use crate::tally::{Tally, Waits};
use crate::tree::{Found, Root, Source};
use crate::words::{Tokenizer, cut_up};
use std::io;
use std::ops::ControlFlow;
use std::panic::resume_unwind;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::{self, Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};
use tollgate::{Queue, Semaphore, Shutdown};

/// The most that is read at once. The chunks in memory are at most this long, and as many as the queue's capacity and two per thread.
const BLOCK: usize = 64 * 1024;
/// A counter merges its words into the shards when it has so many different ones.
const LOCAL_WORDS: usize = 4096;

/// The result. Complete, unless `interrupted`.
pub(crate) struct Outcome {
    pub(crate) interrupted: bool,
    pub(crate) totals: Totals,
    /// Each word is in one of the shards.
    pub(crate) shards: Vec<Counts>,
    pub(crate) unreadable: Vec<String>,
    pub(crate) invalid_utf8: Vec<String>,
    pub(crate) elapsed: Duration,
    /// How often threads had to wait, and for what.
    pub(crate) waits: Vec<(&'static str, Waits)>,
}

impl Outcome {
    pub(crate) fn distinct_words(&self) -> usize {
        self.shards.iter().map(Counts::len).sum()
    }

    pub(crate) fn words(&self) -> impl Iterator<Item = (&str, u64)> {
        self.shards.iter().flatten().map(|(word, &count)| (word.as_str(), count))
    }
}

/// What the chunks of one file have in common.
struct FileRecord {
    path: PathBuf,
    invalid_utf8: AtomicBool,
}

/// Text that can be counted by itself: see [`crate::words`].
struct Chunk {
    file: Arc<FileRecord>,
    text: Vec<u8>,
}

/// What comes out of a pipe.
enum Piece {
    Text(Vec<u8>),
    End(io::Result<()>),
}

/// Everything that the threads share.
pub(crate) struct Pipeline {
    paths: Queue<Source>,
    open_files: Semaphore,
    chunks: Queue<Chunk>,
    stream: Arc<Queue<Piece>>,
    shards: Shards,
    board: Board,
    interrupted: AtomicBool,
    interrupt_after_files: Option<u64>,
    path_put: Tally,
    path_get: Tally,
    open_file: Tally,
    chunk_put: Tally,
    chunk_get: Tally,
}

impl Pipeline {
    pub(crate) fn new(capacity: usize, open_files: usize, interrupt_after_files: Option<u64>) -> Self {
        Pipeline {
            paths: Queue::bounded(capacity),
            open_files: Semaphore::new(open_files),
            chunks: Queue::bounded(capacity),
            stream: Arc::new(Queue::bounded(1)),
            shards: Shards::default(),
            board: Board::default(),
            interrupted: AtomicBool::new(false),
            interrupt_after_files,
            path_put: Tally::default(),
            path_get: Tally::default(),
            open_file: Tally::default(),
            chunk_put: Tally::default(),
            chunk_get: Tally::default(),
        }
    }

    /// Counts everything under `root` with `threads` readers and as many counters, and shows how far it is each `frame`. To be called
    /// once.
    pub(crate) fn run(&self, root: &Root, threads: usize, frame: Duration) -> Outcome {
        if self.interrupt_after_files == Some(0) {
            self.interrupt();
        }
        let started = Instant::now();
        thread::scope(|scope| {
            let _guard = AbortOnPanic(self);
            let bar = self.spawn(scope, "progress".into(), || self.board.show(frame));
            let walker = self.spawn(scope, "walker".into(), || self.walk(root));
            let workers = |name, work: fn(&Self, usize)| -> Vec<_> {
                let worker = |n| self.spawn(scope, format!("{name}-{n}"), move || work(self, n));
                (0..threads).map(worker).collect()
            };
            let readers = workers("reader", |this, _| this.read());
            let counters = workers("counter", Self::count);

            join_all([walker]);
            join_all(readers);
            // Nobody is left who could put a chunk; those that are there are still counted.
            self.chunks.shutdown(Shutdown::Drain);
            join_all(counters);
            self.board.end();
            join_all([bar]);
        });
        self.outcome(started.elapsed())
    }

    /// What Ctrl-C does; whether it was the first time. Nothing more is begun, but what was begun is done properly:
    ///
    /// 1. The path queue drops its paths: the walker's next `put` and the readers' next `get` fail.
    /// 2. The semaphore is closed, for the readers that have a path and wait for their turn to open it.
    /// 3. A reader that waits for a pipe is woken; the others stop after the chunk they are at.
    /// 4. From there on, all is as at the normal end: see [`Pipeline::run`].
    pub(crate) fn interrupt(&self) -> bool {
        // Relaxed: it carries no data, and who sees it late reads one block more.
        let first = !self.interrupted.swap(true, Relaxed);
        self.paths.shutdown(Shutdown::Immediate);
        self.open_files.close();
        self.stream.shutdown(Shutdown::Immediate);
        first
    }

    pub(crate) fn is_interrupted(&self) -> bool {
        self.interrupted.load(Relaxed)
    }

    fn spawn<'scope, 'env>(
        &'env self,
        scope: &'scope Scope<'scope, 'env>,
        name: String,
        work: impl FnOnce() + Send + 'scope,
    ) -> ScopedJoinHandle<'scope, ()> {
        let guarded = move || {
            let _guard = AbortOnPanic(self);
            work();
        };
        thread::Builder::new()
            .name(name)
            .spawn_scoped(scope, guarded)
            .expect("the system has no more threads")
    }

    /// The walker: puts everything that is to be read into the path queue.
    fn walk(&self, root: &Root) {
        let _ = root.walk(|found| {
            match found {
                Found::Source(source) => {
                    if self.path_put.put(&self.paths, source).is_err() {
                        return ControlFlow::Break(());
                    }
                    self.board.report(|progress| progress.found += 1);
                }
                Found::Unreadable(path, error) => {
                    self.board.report(|progress| progress.add_unreadable(&path, &error))
                }
                Found::Directory => self.board.report(|progress| progress.totals.directories += 1),
                Found::LinkedDirectory => {
                    self.board.report(|progress| progress.totals.linked_directories += 1)
                }
                Found::Special => self.board.report(|progress| progress.totals.special_files += 1),
            }
            // There may be a million directories without a file.
            if self.is_interrupted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        self.paths.shutdown(Shutdown::Drain);
    }

    /// A reader: cuts files into chunks, and puts those into the chunk queue.
    fn read(&self) {
        while let Ok(source) = self.path_get.get(&self.paths) {
            let Ok(permit) = self.open_file.acquire(&self.open_files) else { break };
            let path = source.path().to_owned();
            let file = Arc::new(FileRecord { path, invalid_utf8: AtomicBool::new(false) });
            let hand_over = |text| self.hand_over(&file, text);
            let read = match source {
                Source::File(_) => source.open().and_then(|text| cut_up(text, BLOCK, hand_over)),
                Source::Stream(_) | Source::Stdin => self.forward(source, hand_over),
            };
            drop(permit);
            match read {
                Ok(ControlFlow::Continue(())) => self.report_file(),
                Ok(ControlFlow::Break(())) => {
                    self.board.report(|progress| progress.totals.files_cut_short += 1)
                }
                Err(error) => self.board.report(|progress| progress.add_unreadable(&file.path, &error)),
            }
        }
    }

    fn hand_over(&self, file: &Arc<FileRecord>, text: Vec<u8>) -> ControlFlow<()> {
        let chunk = Chunk { file: Arc::clone(file), text };
        let put = self.chunk_put.put(&self.chunks, chunk);
        if put.is_err() || self.is_interrupted() {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    /// Reads a pipe, so that Ctrl-C need not wait for it.
    ///
    /// No safe and portable call ends another thread's `open` or `read`, and one of a pipe may last for ever. So a thread of
    /// its own does that, and passes on what it gets through a queue; and *that* can be shut down. If it is, this thread
    /// is left behind: it will end with its next chunk, or with the process, which is near. What it has in hand then, a
    /// word that has not ended for instance, is not counted.
    fn forward(
        &self,
        source: Source,
        mut hand_over: impl FnMut(Vec<u8>) -> ControlFlow<()>,
    ) -> io::Result<ControlFlow<()>> {
        let stream = Arc::clone(&self.stream);
        let pump = thread::Builder::new().name("pump".into()).spawn(move || {
            let pass_on = |text| match stream.put(Piece::Text(text)) {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            };
            let read = source.open().and_then(|text| cut_up(text, BLOCK, pass_on));
            // Fails if nobody wants to know.
            let _ = stream.put(Piece::End(read.map(|_| ())));
        })?;
        for piece in self.stream.iter() {
            match piece {
                Piece::Text(text) => {
                    if hand_over(text).is_break() {
                        break;
                    }
                }
                Piece::End(read) => {
                    pass_panic_on(pump.join());
                    return read.map(ControlFlow::Continue);
                }
            }
        }
        Ok(ControlFlow::Break(()))
    }

    /// A counter: counts chunks by itself, and now and then merges its counts into the shards.
    fn count(&self, number: usize) {
        let mut tokenizer = Tokenizer::default();
        let mut counts = Counts::new();
        while let Ok(Chunk { file, text }) = self.chunk_get.get(&self.chunks) {
            let mut words = 0;
            let mut found = |word: &str| {
                words += 1;
                add(&mut counts, word);
            };
            let invalid = tokenizer.feed(&text, &mut found);
            tokenizer.finish(&mut found);
            if counts.len() >= LOCAL_WORDS {
                self.shards.merge(number, &mut counts);
            }
            // Relaxed: one thread finds it unset, and that is all that is wanted of it.
            let first_invalid = invalid > 0 && !file.invalid_utf8.swap(true, Relaxed);
            self.board.report(|progress| {
                progress.totals.bytes += text.len() as u64;
                progress.totals.words += words;
                progress.totals.invalid_sequences += invalid;
                if first_invalid {
                    progress.add_invalid_utf8(&file.path);
                }
            });
        }
        self.shards.merge(number, &mut counts);
    }

    fn report_file(&self) {
        let files = self.board.report(|progress| {
            progress.totals.files += 1;
            progress.totals.files
        });
        if self.interrupt_after_files == Some(files) {
            self.interrupt();
        }
    }

    /// The threads have been joined: nothing changes any more.
    fn outcome(&self, elapsed: Duration) -> Outcome {
        let mut progress = self.board.take();
        progress.unreadable.sort();
        progress.invalid_utf8.sort();
        Outcome {
            interrupted: self.is_interrupted(),
            totals: progress.totals,
            shards: self.shards.take(),
            unreadable: progress.unreadable,
            invalid_utf8: progress.invalid_utf8,
            elapsed,
            waits: vec![
                ("path_put", self.path_put.waits()),
                ("path_get", self.path_get.waits()),
                ("open_file", self.open_file.waits()),
                ("chunk_put", self.chunk_put.waits()),
                ("chunk_get", self.chunk_get.waits()),
                ("shard_lock", self.shards.waits()),
                ("progress_lock", self.board.waits()),
            ],
        }
    }
}

fn join_all<'scope>(threads: impl IntoIterator<Item = ScopedJoinHandle<'scope, ()>>) {
    threads.into_iter().for_each(|thread| pass_panic_on(thread.join()));
}

/// If the thread has panicked, so does this one; [`AbortOnPanic`] has seen to it that the others end.
fn pass_panic_on(joined: thread::Result<()>) {
    joined.unwrap_or_else(|panic| resume_unwind(panic));
}

/// Lets nobody wait for a thread that has panicked.
struct AbortOnPanic<'a>(&'a Pipeline);

impl Drop for AbortOnPanic<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.interrupt();
            self.0.chunks.shutdown(Shutdown::Immediate);
            self.0.board.end();
        }
    }
}
