//! Conway's game of life on many threads, in step by a `Barrier`.
//!
//! ```text
//!            generation n is read                    generation n + 1 is read
//! worker 0 ──── rows 0..k of n + 1 are written ──┐ ┌── rows 0..k of n + 2 are written ──
//! worker 1 ──── rows k..2k ──────────────────────┤ ├── …
//! worker 2 ──── …                  Barrier::wait ┤ ├
//!                                                └─┘
//!                       the last to arrive runs the action: it draws n + 1, and says when it is enough
//! ```
//!
//! There are two boards, and each worker owns a band of rows of both: it reads one board, its neighbours' rows too, and writes its rows
//! of the other. One barrier a generation is enough: nobody passes it before all have written, so nobody reads half a generation;
//! and nobody writes over the board that is read before all have arrived for the next time. Cells are atomics with `Relaxed`
//! accesses, as what orders them is the barrier: everything before the arrivals of a round happens before everything after.
//!
//! Ctrl-C aborts the barrier; all workers have `Broken` from it then, wherever they are, and end.
//!
//! ```text
//! cargo run --release --example life -- --pattern gun --generations 300 --pause 30
//! ```

mod board;

use board::Board;
use clap::Parser;
use clap::builder::RangedU64ValueParser;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};
use tollgate::{Barrier, Event};

/// There is no board. `clap` uses it for wrong options too.
const UNUSABLE: u8 = 2;
/// Ended by Ctrl-C: 128 + SIGINT, as in a shell.
const INTERRUPTED: u8 = 130;

/// Plays Conway's game of life on a board whose edges meet.
#[derive(Parser)]
#[command(name = "life")]
struct Options {
    /// What to begin with: noise, glider, pentomino, gun; or a file in which O, # or * is a living cell
    #[arg(long, value_name = "NAME|FILE", default_value = "noise")]
    pattern: String,

    /// Columns of the board
    #[arg(long, value_name = "N", default_value = "78")]
    #[arg(value_parser = RangedU64ValueParser::<usize>::new().range(1..=10_000))]
    width: usize,

    /// Rows of the board
    #[arg(long, value_name = "N", default_value = "40")]
    #[arg(value_parser = RangedU64ValueParser::<usize>::new().range(1..=10_000))]
    height: usize,

    /// How many generations to play
    #[arg(long, value_name = "N", default_value_t = 100)]
    generations: u64,

    /// How many threads play [default: one per CPU]
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<usize>::new().range(1..=1024))]
    threads: Option<usize>,

    /// What the noise is made from
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,

    /// On a terminal, how long to show each generation, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 50)]
    pause: u64,

    /// Draw with O and . instead of blocks
    #[arg(long)]
    plain: bool,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(code) => ExitCode::from(code),
        Err(trouble) => {
            eprintln!("life: {trouble}");
            ExitCode::from(UNUSABLE)
        }
    }
}

/// The two boards, and what is read of them.
struct Game {
    boards: [Board; 2],
    enough: AtomicBool,
    interrupted: Event,
}

fn run(options: &Options) -> Result<u8, String> {
    let (width, height) = (options.width, options.height);
    let pattern = match options.pattern.as_str() {
        "noise" => None,
        "glider" => Some(board::GLIDER.to_owned()),
        "pentomino" => Some(board::PENTOMINO.to_owned()),
        "gun" => Some(board::GUN.to_owned()),
        file => Some(
            std::fs::read_to_string(file)
                .map_err(|error| format!("{file}: {error}; nor is it noise, glider, pentomino or gun"))?,
        ),
    };
    let first = match pattern {
        None => Board::noise(width, height, options.seed),
        Some(pattern) => Board::with(width, height, &pattern)?,
    };
    let threads =
        options.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    // A worker without a row would only wait.
    let threads = threads.min(height);

    let game = Arc::new(Game {
        boards: [first, Board::new(width, height)],
        enough: AtomicBool::new(options.generations == 0),
        interrupted: Event::new(),
    });
    let animated = io::stdout().is_terminal();
    let mut generation = 0;
    let action = {
        let game = Arc::clone(&game);
        let (generations, pause, plain) =
            (options.generations, Duration::from_millis(options.pause), options.plain);
        // The last to arrive runs this, while all others wait.
        move || {
            generation += 1;
            let [before, after] = game.boards_at(generation - 1);
            // What does not change will not.
            let still = before.same_as(after);
            if animated {
                // To the corner, over the last picture.
                show(format_args!("\x1b[H\x1b[J{}generation {generation}", after.picture(plain)));
                _ = game.interrupted.wait_timeout(pause);
            }
            game.enough.store(still || generation == generations, Relaxed);
        }
    };
    // The type has to have a name: Ctrl-C's handler has a share.
    let barrier: Arc<Barrier<dyn FnMut() + Send>> = Arc::new(Barrier::with_action(threads, action));
    let (theirs, playing) = (Arc::clone(&barrier), Arc::clone(&game));
    let interrupt = move || {
        theirs.abort();
        playing.interrupted.set();
    };
    ctrlc::set_handler(interrupt).map_err(|error| format!("cannot handle Ctrl-C: {error}"))?;

    let started = Instant::now();
    let played: Vec<u64> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|worker| {
                let (game, barrier) = (&game, &barrier);
                let rows = worker * height / threads..(worker + 1) * height / threads;
                scope.spawn(move || game.play(rows, barrier))
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().expect("workers do not panic")).collect()
    });
    // A round is over for all or broken for all: they have played equally many.
    let played = played[0];
    let last = &game.boards[(played % 2) as usize];
    let took = started.elapsed();
    show(format_args!(
        "{}generation {played}: {} alive, {threads} threads, {took:.1?}",
        last.picture(options.plain),
        last.alive()
    ));
    if played > 0 && !barrier.is_broken() && game.boards[0].same_as(&game.boards[1]) {
        show(format_args!("nothing changes any more"));
    }
    Ok(if barrier.is_broken() { INTERRUPTED } else { 0 })
}

impl Game {
    /// The boards of a generation and of the one after it.
    fn boards_at(&self, generation: u64) -> [&Board; 2] {
        let [even, odd] = &self.boards;
        if generation % 2 == 0 { [even, odd] } else { [odd, even] }
    }

    /// One worker's rows, until it is enough. How many generations it has played to their end.
    fn play(&self, rows: std::ops::Range<usize>, barrier: &Barrier<dyn FnMut() + Send>) -> u64 {
        let mut generation = 0;
        while !self.enough.load(Relaxed) {
            let [before, after] = self.boards_at(generation);
            rows.clone().for_each(|row| after.write_row_after(before, row));
            if barrier.wait().is_err() {
                break;
            }
            generation += 1;
        }
        generation
    }
}

/// A line. `life | head` has seen enough; that is no failure.
fn show(text: std::fmt::Arguments<'_>) {
    _ = writeln!(io::stdout(), "{text}");
}
