//! Philosophers who cannot eat: what the report of the feature `diagnostics` says of a deadlock, and three ways not to have one.
//!
//! ```text
//!              fork 0                 Philosopher n needs fork n, to the left, and fork n + 1, to the right. When each has
//!          p4         p0              the left one in hand and reaches for the right one, nobody will ever eat:
//!      fork 4           fork 1
//!         p3             p1             p0 ─▶ fork 1, held by p1 ─▶ fork 2, held by p2 ─▶ … ─▶ fork 0, held by p0
//!          fork 3    fork 2
//!                p2
//! ```
//!
//! In life that takes bad luck, and comes once a month. Here the greedy take their first fork together, by a `Barrier`: bad luck is
//! certain. The main thread asks `diagnostics::report()` again and again, as a watchdog would, and leaves when it shows a deadlock
//! that is certain.
//!
//! | manners | the cure |
//! |---|---|
//! | `greedy` | none |
//! | `ordered` | the fork with the smaller number first: no circle can close |
//! | `patient` | who waits too long for the second fork lays the first one down: `lock_timeout` |
//! | `seated` | one seat less than forks, by a `Semaphore`: somebody always has two |
//!
//! ```text
//! cargo run --release --features diagnostics --example philosophers -- --manners greedy
//! ```

use clap::{Parser, ValueEnum};
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tollgate::{Barrier, Event, Lock, LockGuard, Semaphore, diagnostics};

/// They wait for each other.
const DEADLOCKED: u8 = 1;

/// How often the watchdog looks.
const LOOK: Duration = Duration::from_millis(20);

/// Seats philosophers around a table with a fork between each two, and watches.
#[derive(Clone, Parser)]
#[command(name = "philosophers")]
struct Options {
    /// How they take their forks
    #[arg(long, value_enum, default_value = "greedy")]
    manners: Manners,

    /// How many there are
    #[arg(long, value_name = "N", default_value = "5", value_parser = clap::value_parser!(u8).range(2..=FORKS.len() as i64))]
    philosophers: u8,

    /// How often each of them wants to eat
    #[arg(long, value_name = "N", default_value_t = 1000)]
    meals: u64,

    /// How long the patient wait for the second fork, in microseconds
    #[arg(long, value_name = "US", default_value_t = 50)]
    patience: u64,

    /// Show, below each place of the report, the calls that led there
    #[arg(long)]
    backtraces: bool,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Manners {
    /// The left fork, then the right one: a deadlock
    Greedy,
    /// The one with the smaller number first
    Ordered,
    /// The left one down again if the right one does not come
    Patient,
    /// One seat fewer than forks
    Seated,
}

/// The names that the report shows. `named` is a `const fn` and takes what lives for ever.
const FORKS: [&str; 12] = [
    "fork 0", "fork 1", "fork 2", "fork 3", "fork 4", "fork 5", "fork 6", "fork 7", "fork 8", "fork 9",
    "fork 10", "fork 11",
];

struct Table {
    options: Options,
    /// Each counts how often it was eaten with.
    forks: Vec<Lock<u64>>,
    seats: Semaphore,
    /// All greedy ones have their first fork.
    reached: Barrier,
    /// Of all that have got up.
    up: Lock<usize>,
    over: Event,
}

impl Table {
    fn new(options: &Options) -> Self {
        let count = usize::from(options.philosophers);
        Table {
            options: options.clone(),
            forks: FORKS[..count].iter().map(|name| Lock::new(0).named(name)).collect(),
            seats: Semaphore::new(count - 1).named("seats"),
            reached: Barrier::new(count).named("all have a fork"),
            up: Lock::new(0),
            over: Event::new(),
        }
    }

    fn dine(&self, philosopher: usize) {
        let (left, right) = (&self.forks[philosopher], &self.forks[(philosopher + 1) % self.forks.len()]);
        for meal in 0..self.options.meals {
            match self.options.manners {
                Manners::Greedy => {
                    let first = left.lock();
                    if meal == 0 {
                        self.reached.wait().expect("nobody breaks it");
                    }
                    eat(first, right.lock());
                }
                // The last one's right fork is fork 0.
                Manners::Ordered if philosopher + 1 == self.forks.len() => {
                    let first = right.lock();
                    eat(left.lock(), first);
                }
                Manners::Ordered => eat(left.lock(), right.lock()),
                Manners::Patient => self.eat_patiently(left, right),
                Manners::Seated => {
                    let _seat = self.seats.acquire().expect("nobody closes it");
                    eat(left.lock(), right.lock());
                }
            }
        }
        let mut up = self.up.lock();
        *up += 1;
        if *up == self.forks.len() {
            self.over.set();
        }
    }

    fn eat_patiently(&self, left: &Lock<u64>, right: &Lock<u64>) {
        loop {
            let first = left.lock();
            if let Some(second) = right.lock_timeout(Duration::from_micros(self.options.patience)) {
                return eat(first, second);
            }
            drop(first);
            // Or all might go on in step for ever.
            std::thread::yield_now();
        }
    }
}

fn eat(mut left: LockGuard<'_, u64>, mut right: LockGuard<'_, u64>) {
    *left += 1;
    *right += 1;
}

/// A line. That nobody reads it any more is no failure.
fn say(text: std::fmt::Arguments<'_>) {
    _ = writeln!(io::stdout(), "{text}");
}

fn main() -> ExitCode {
    let options = Options::parse();
    diagnostics::capture_backtraces(options.backtraces);
    let table = Arc::new(Table::new(&options));
    // Not scoped: those who wait for each other never end, and the process ends around them.
    for philosopher in 0..table.forks.len() {
        let table = Arc::clone(&table);
        let thread = std::thread::Builder::new().name(format!("philosopher {philosopher}"));
        if let Err(error) = thread.spawn(move || table.dine(philosopher)) {
            eprintln!("philosophers: cannot start a thread: {error}");
            return ExitCode::from(2);
        }
    }
    while !table.over.wait_timeout(LOOK) {
        let report = diagnostics::report();
        if report.deadlocks().iter().any(|deadlock| deadlock.is_certain()) {
            _ = write!(io::stdout(), "{report}");
            return ExitCode::from(DEADLOCKED);
        }
    }
    let eaten: u64 = table.forks.iter().map(|fork| *fork.lock()).sum();
    say(format_args!("{} philosophers have eaten {} meals", options.philosophers, eaten / 2));
    ExitCode::SUCCESS
}
