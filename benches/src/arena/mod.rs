//! An arena: the contestants of a case take turns, one short round each, again and again, so that a change of the machine (its clock
//! rate, its neighbours, where its CPUs are) meets all of them alike.
//!
//! ```text
//! cargo bench -p tollgate-benches --bench arena                       # a selection of cases, in all regimes: < 3 minutes
//! cargo bench -p tollgate-benches --bench arena -- --full --json FILE # all of them, and a file for `chart`
//! cargo bench -p tollgate-benches --bench arena -- --list             # what would be played, and how long that takes
//! cargo bench -p tollgate-benches --bench arena -- --filter 'lock, 8 threads' --regime spread
//! ```
//!
//! * **Cases and peers** are fixed in [`crate::cases`], before anything is tuned. Each case is written once, generic over a small
//!   trait; so all contestants run the same code.
//! * **Verified.** After each round it is checked that nothing was lost or made up: increments, permits, turns, the items of a queue.
//!   A contestant that fails is shown as wrong, and plays no further. One that never ends takes the program down, by name.
//! * **Who is compared.** The best peer of a case is chosen in the even rounds and scored in the odd ones; else the luckiest would be
//!   chosen. A peer whose unluckiest thread gets less than a tenth of its fair share is shown, and does not set the bar.
//! * **The score** is the median of the odd rounds' ratios, ours to the peer's, with the 95 % interval of a bootstrap over rounds. A
//!   case is lost when the interval's upper end is below the case's bar.
//! * **Waits and memory** are measured in rounds of their own, which do not count for throughput.
//! * **Regimes.** Rankings change with where the threads run and beside whom; see [`Regime`](crate::regime::Regime).

pub mod cli;
pub mod machine;
pub mod play;
pub mod report;
pub mod round;
pub mod score;
pub mod stats;
pub mod usage;

use round::{Round, Setting};
use std::fmt;
use std::time::Duration;

/// Something to be played by several contestants.
#[derive(Debug)]
pub struct Case {
    /// What kind of thing plays it.
    pub family: &'static str,
    /// What is done.
    pub name: String,
    /// Threads that take part.
    pub threads: usize,
    /// Whether one thread can get more done than another.
    pub compete: bool,
    /// Whether it belongs to the selection for a quick run.
    pub quick: bool,
    /// The part of the best peer's rate below which the case is lost.
    pub bar: f64,
    /// Whether peak memory is of interest.
    pub memory: bool,
    /// How long a round is at least: where one operation takes long.
    pub least: Duration,
    /// How many rounds count at most: where a round is dear.
    pub most_rounds: usize,
    /// Threads beside those that take part, which each round starts and ends.
    pub idle: usize,
    /// Who plays.
    pub contestants: Vec<Contestant>,
}

impl Case {
    /// A case without contestants, outside the quick selection, whose threads compete and whose bar is the best peer.
    pub fn new(family: &'static str, name: String, threads: usize) -> Self {
        Case {
            family,
            name,
            threads,
            compete: true,
            quick: false,
            bar: 1.0,
            memory: false,
            least: Duration::ZERO,
            most_rounds: usize::MAX,
            idle: 0,
            contestants: Vec::new(),
        }
    }

    /// Adds ours.
    pub fn ours(&mut self, name: &'static str, play: impl Fn(Setting<'_>) -> Round + 'static) {
        self.contestants.push(Contestant { name, ours: true, counted: true, play: Box::new(play) });
    }

    /// Adds a peer.
    pub fn peer(&mut self, name: &'static str, play: impl Fn(Setting<'_>) -> Round + 'static) {
        self.contestants.push(Contestant { name, ours: false, counted: true, play: Box::new(play) });
    }
}

/// One that plays a case.
pub struct Contestant {
    /// Whose it is.
    pub name: &'static str,
    /// Whether it is ours.
    pub ours: bool,
    /// Whether its memory comes from this program's allocator, which counts.
    pub counted: bool,
    /// Plays a round.
    pub play: Box<dyn Fn(Setting<'_>) -> Round>,
}

impl fmt::Debug for Contestant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contestant")
            .field("name", &self.name)
            .field("ours", &self.ours)
            .finish_non_exhaustive()
    }
}
