//! One round of one contestant: a team that works until the referee calls time.
//!
//! A round ends by the clock, not after a number of operations, so nothing caps a score. What is reported was counted by each thread
//! for itself; clocks are read in rounds of their own, since two readings cost as much as a short operation.

use super::usage::Usage;
use crate::regime::Regime;
use crate::{Apart, team};
use hdrhistogram::Histogram;
use std::ops::Range;
use std::sync::atomic::{
    AtomicBool, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};
use std::thread;
use std::time::{Duration, Instant};

/// What a round is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// To count operations: no clocks, nothing else.
    Throughput,
    /// To time each operation.
    Waits,
    /// To count bytes.
    Memory,
}

/// What a contestant is told about the round it is to play.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'a> {
    /// Case and contestant, should it never end.
    pub whose: &'a str,
    /// Where its threads run.
    pub regime: Regime,
    /// How long.
    pub length: Duration,
    /// What for.
    pub mode: Mode,
    /// Whether it is played only to see that it can be: with few items, few threads.
    pub rehearsal: bool,
}

/// What came out of a round.
#[derive(Debug)]
pub struct Round {
    /// Operations that count.
    pub operations: u64,
    /// Operations a second, of all threads together.
    pub rate: f64,
    /// What the unluckiest thread got of its fair share: 1 is fair, 0 is nothing.
    pub unluckiest: f64,
    /// CPU time and context switches of all threads.
    pub usage: Usage,
    /// How long each operation took, in nanoseconds; of rounds for waits.
    pub waits: Option<Histogram<u64>>,
    /// Bytes that it still held when all had been taken out; of rounds for memory, where that is looked at.
    pub kept: Option<u64>,
    /// What was lost, or made up; then nothing else counts.
    pub wrong: Option<String>,
}

/// Nanoseconds from 1 to a minute, to two digits.
pub(crate) fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 60_000_000_000, 2).expect("valid bounds")
}

/// One thread of a round.
#[derive(Debug)]
pub struct Player<'a> {
    /// Its number.
    pub index: usize,
    over: &'a AtomicBool,
    waits: Option<Histogram<u64>>,
    done: u64,
}

impl Player<'_> {
    /// Whether there is time for another operation.
    #[inline]
    pub fn has_time(&self) -> bool {
        !self.over.load(Relaxed)
    }

    /// Counts so many operations.
    #[inline]
    pub fn did(&mut self, operations: u64) {
        self.done += operations;
    }

    /// The time, in a round for waits.
    #[inline]
    pub fn clock(&self) -> Option<Instant> {
        if self.waits.is_some() { Some(Instant::now()) } else { None }
    }

    /// Notes how long an operation took that was timed.
    #[inline]
    pub fn waited(&mut self, wait: Option<Duration>) {
        if let (Some(waits), Some(wait)) = (&mut self.waits, wait) {
            waits.saturating_record((wait.as_nanos() as u64).max(1));
        }
    }

    /// Counts `operation`, and times it in a round for waits.
    #[inline]
    pub fn timed<R>(&mut self, operation: impl FnOnce() -> R) -> R {
        let asked = self.clock();
        let result = operation();
        self.waited(asked.map(|asked| asked.elapsed()));
        self.did(1);
        result
    }
}

/// What the threads of a round did, each for itself.
#[derive(Debug)]
pub struct Played {
    took: Duration,
    done: Vec<u64>,
    usage: Usage,
    waits: Option<Histogram<u64>>,
}

impl Setting<'_> {
    /// Runs a team of so many threads. Each has to stop soon after its player says that there is no time left.
    pub fn play(&self, threads: usize, member: impl Fn(&mut Player<'_>) + Sync) -> Played {
        self.play_dyn(threads, &member)
    }

    /// The same, compiled once.
    fn play_dyn(&self, threads: usize, member: &(dyn Fn(&mut Player<'_>) + Sync)) -> Played {
        let Apart(over) = &Apart(AtomicBool::new(false));
        let player = |index| {
            let waits = (self.mode == Mode::Waits).then(histogram);
            let mut player = Player { index, over, waits, done: 0 };
            let before = Usage::of_this_thread();
            member(&mut player);
            let usage = Usage::of_this_thread() - before;
            (player.done, usage, player.waits)
        };
        let referee = || {
            thread::sleep(self.length);
            over.store(true, Relaxed);
        };
        let (took, members) = team::run(self.whose, self.regime, threads, player, referee);
        let mut played = Played { took, done: Vec::new(), usage: Usage::default(), waits: None };
        for (done, usage, waits) in members {
            played.done.push(done);
            played.usage += usage;
            match (&mut played.waits, waits) {
                (Some(all), Some(more)) => all.add(more).expect("histograms of one kind"),
                (none, waits) => *none = waits,
            }
        }
        played
    }
}

impl Played {
    /// The round, in which every thread's operations count, and all threads had the same to do.
    pub fn round(self, wrong: Option<String>) -> Round {
        let everybody = 0..self.done.len();
        self.round_of(everybody.clone(), &[everybody], wrong)
    }

    /// The round, in which the operations of the threads `counting` count; the threads of one group had the same to do.
    pub fn round_of(self, counting: Range<usize>, groups: &[Range<usize>], wrong: Option<String>) -> Round {
        let operations = self.done[counting].iter().sum();
        let unluckiest = groups.iter().map(|group| share_of_the_unluckiest(&self.done[group.clone()]));
        Round {
            operations,
            rate: operations as f64 / self.took.as_secs_f64(),
            unluckiest: unluckiest.min_by(f64::total_cmp).unwrap_or(1.0),
            usage: self.usage,
            waits: self.waits,
            kept: None,
            wrong,
        }
    }
}

/// The least of `done` through their mean.
fn share_of_the_unluckiest(done: &[u64]) -> f64 {
    let all: u64 = done.iter().sum();
    match done.iter().min() {
        Some(&least) if all > 0 => (least * done.len() as u64) as f64 / all as f64,
        _ => 0.0,
    }
}

/// Lets threads that need each other stop after the same step. The first one decides, before it takes the step; the others learn of it
/// by the step itself.
#[derive(Debug)]
pub struct LastStep(AtomicU64);

impl Default for LastStep {
    fn default() -> Self {
        LastStep(AtomicU64::new(u64::MAX))
    }
}

impl LastStep {
    /// To be called before step number `step`; the player with index 0 decides whether it is the last.
    #[inline]
    pub fn before(&self, player: &Player<'_>, step: u64) {
        if player.index == 0 && !player.has_time() {
            self.0.store(step, Release);
        }
    }

    /// To be called after step number `step`, which no thread leaves before the first has begun it: whether it was the last.
    #[inline]
    pub fn was(&self, step: u64) -> bool {
        self.0.load(Acquire) == step
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting(mode: Mode) -> Setting<'static> {
        let length = Duration::from_millis(5);
        Setting { whose: "a test", regime: Regime::Free, length, mode, rehearsal: false }
    }

    #[test]
    fn a_round_counts_what_its_threads_did_and_who_got_least() {
        let played = setting(Mode::Throughput).play(3, |player| player.did([10, 20, 30][player.index]));
        let round = played.round(None);
        assert_eq!(round.operations, 60);
        assert!((round.unluckiest - 0.5).abs() < 1e-9);
        assert!(round.waits.is_none(), "no clocks in a round for throughput");
    }

    #[test]
    fn only_those_who_count_are_counted_and_shares_are_within_groups() {
        let played = setting(Mode::Throughput).play(4, |player| player.did([1, 1, 30, 90][player.index]));
        let round = played.round_of(2..4, &[0..2, 2..4], None);
        assert_eq!(round.operations, 120);
        assert!((round.unluckiest - 0.5).abs() < 1e-9);
    }

    #[test]
    fn a_thread_that_got_nothing_has_no_share_nor_have_those_of_an_idle_round() {
        assert_eq!(share_of_the_unluckiest(&[0, 5]), 0.0);
        assert_eq!(share_of_the_unluckiest(&[0, 0]), 0.0);
        assert_eq!(share_of_the_unluckiest(&[7]), 1.0);
    }

    #[test]
    fn a_round_for_waits_times_each_operation() {
        let played = setting(Mode::Waits).play(2, |player| {
            player.timed(|| thread::sleep(Duration::from_millis(3)));
        });
        let waits = played.round(None).waits.expect("a round for waits");
        assert_eq!(waits.len(), 2);
        assert!(waits.min() >= 2_900_000 && waits.max() < 1_000_000_000);
    }

    #[test]
    fn threads_that_need_each_other_stop_after_the_same_step() {
        let last = LastStep::default();
        let barrier = std::sync::Barrier::new(3);
        let played = setting(Mode::Throughput).play(3, |player| {
            for step in 0.. {
                last.before(player, step);
                barrier.wait();
                player.did(1);
                if last.was(step) {
                    break;
                }
            }
        });
        assert!(played.done.iter().all(|&done| done == played.done[0] && done > 0));
    }
}
