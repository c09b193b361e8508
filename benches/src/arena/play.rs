//! Plays a case in a regime: interleaved rounds of all its contestants.

use super::report::{CaseReport, Schedule, Standing, Waits};
use super::round::{Mode, Round, Setting, histogram};
use super::score::score;
use super::stats::median;
use super::usage::Usage;
use super::{Case, Contestant};
use crate::memory;
use crate::regime::Regime;
use hdrhistogram::Histogram;
use std::time::Duration;

impl Schedule {
    /// How long a round of this case is. Where threads compete, each has to have two turns on a CPU, or to get nothing says more about
    /// the scheduler's time slice (often 4 ms) than about a lock.
    pub fn length(&self, case: &Case, regime: Regime) -> Duration {
        let (per_cpu, most) = if case.compete { (1.0, 32.0) } else { (4.0, 4.0) };
        let crowd = (case.threads as f64 / (per_cpu * regime.cpus())).ceil().clamp(1.0, most);
        let least = if self.rehearsal { Duration::ZERO } else { case.least };
        Duration::from_secs_f64(self.millis * crowd / 1e3).max(least)
    }

    /// What is played, one after the other: all contestants do the first, then all the second.
    fn modes(&self, case: &Case) -> Vec<Mode> {
        let mut modes = vec![Mode::Throughput; self.rounds.min(case.most_rounds)];
        modes.extend(vec![Mode::Waits; self.wait_rounds]);
        if case.memory {
            modes.push(Mode::Memory);
        }
        modes
    }

    /// Rounds of all contestants together.
    pub fn rounds_of(&self, case: &Case) -> usize {
        self.modes(case).len() * case.contestants.len()
    }

    /// About how long the case will take. To start and to join threads takes time too.
    pub fn estimate(&self, case: &Case, regime: Regime) -> Duration {
        const THREAD: Duration = Duration::from_micros(60);
        let round = self.length(case, regime) + THREAD * (case.threads + case.idle) as u32;
        round * self.rounds_of(case) as u32
    }
}

/// What is known about a contestant so far.
struct Record<'a> {
    contestant: &'a Contestant,
    whose: String,
    rates: Vec<f64>,
    unluckiest: Vec<f64>,
    usage: Usage,
    operations: u64,
    waits: Histogram<u64>,
    peak: Option<u64>,
    kept: Option<u64>,
    wrong: Option<String>,
}

/// Plays the case. `tick` is called after each round.
pub fn play(case: &Case, regime: Regime, schedule: Schedule, tick: impl Fn()) -> CaseReport {
    let mut records: Vec<_> =
        case.contestants.iter().map(|contestant| Record::new(case, contestant)).collect();
    let length = schedule.length(case, regime);
    let setting =
        Setting { whose: "", regime, length, mode: Mode::Throughput, rehearsal: schedule.rehearsal };
    for (number, mode) in schedule.modes(case).into_iter().enumerate() {
        // Nobody always comes after the same one.
        for turn in 0..records.len() {
            let next = (turn + number) % records.len();
            records[next].play(Setting { mode, ..setting });
            tick();
        }
    }
    let standings: Vec<_> = records.into_iter().map(Record::standing).collect();
    let score = score(&standings, case.bar);
    CaseReport {
        family: case.family.to_owned(),
        case: case.name.clone(),
        regime,
        threads: case.threads,
        bar: case.bar,
        standings,
        score,
    }
}

impl<'a> Record<'a> {
    fn new(case: &Case, contestant: &'a Contestant) -> Self {
        Record {
            contestant,
            whose: format!("{}: {}: {}", case.family, case.name, contestant.name),
            rates: Vec::new(),
            unluckiest: Vec::new(),
            usage: Usage::default(),
            operations: 0,
            waits: histogram(),
            peak: None,
            kept: None,
            wrong: None,
        }
    }

    fn play(&mut self, setting: Setting<'_>) {
        let mode = setting.mode;
        if self.wrong.is_some() || (mode == Mode::Memory && !self.contestant.counted) {
            return;
        }
        let play = || (self.contestant.play)(Setting { whose: &self.whose, ..setting });
        let (round, peak) = if mode == Mode::Memory { memory::peak_of(play) } else { (play(), None) };
        self.kept = self.kept.or(round.kept.filter(|_| peak.is_some()));
        self.peak = self.peak.max(peak);
        self.note(mode, round);
    }

    fn note(&mut self, mode: Mode, round: Round) {
        self.wrong = round.wrong;
        if mode == Mode::Throughput {
            self.rates.push(round.rate);
            self.unluckiest.push(round.unluckiest);
            self.usage += round.usage;
            self.operations += round.operations;
        }
        if let Some(waits) = round.waits {
            self.waits.add(waits).expect("histograms of one kind");
        }
    }

    fn standing(self) -> Standing {
        let each = |total: f64| if self.operations == 0 { 0.0 } else { total / self.operations as f64 };
        let microseconds = |nanoseconds: u64| nanoseconds as f64 / 1e3;
        let waits = (!self.waits.is_empty()).then(|| Waits {
            p50: microseconds(self.waits.value_at_quantile(0.5)),
            p99: microseconds(self.waits.value_at_quantile(0.99)),
            p999: microseconds(self.waits.value_at_quantile(0.999)),
            longest: microseconds(self.waits.max()),
        });
        Standing {
            name: self.contestant.name.to_owned(),
            ours: self.contestant.ours,
            unluckiest: median(&self.unluckiest),
            cpu_per_million: each(self.usage.cpu) * 1e6,
            sleeps_per_operation: each(self.usage.slept),
            preemptions_per_operation: each(self.usage.preempted),
            waits,
            peak_bytes: self.peak,
            kept_bytes: self.kept,
            wrong: self.wrong,
            rates: self.rates,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hint::black_box;

    const SCHEDULE: Schedule = Schedule { rounds: 6, wait_rounds: 1, millis: 20.0, rehearsal: false };

    /// One thread, whose operation takes so many steps.
    fn busy(steps: u64) -> impl Fn(Setting<'_>) -> Round {
        move |setting| {
            let played = setting.play(1, |player| {
                while player.has_time() {
                    player.timed(|| (0..steps).for_each(|step| _ = black_box(step)));
                }
            });
            played.round(None)
        }
    }

    #[test]
    fn a_contestant_that_does_less_work_wins() {
        let mut case = Case::new("test", "steps".to_owned(), 1);
        case.ours("ours", busy(50));
        case.peer("slow", busy(1000));
        let report = play(&case, Regime::Free, SCHEDULE, || ());
        let score = report.score.expect("two contestants");
        assert_eq!(score.against, "slow");
        assert!(score.ratio > 2.0 && !score.lost, "{score:?}");
        assert!(
            report.standings.iter().all(|standing| standing.waits.is_some() && standing.rates.len() == 6)
        );
    }

    #[test]
    fn a_peer_that_is_wrong_is_shown_and_plays_no_further() {
        let mut case = Case::new("test", "wrong".to_owned(), 1);
        case.ours("ours", busy(1000));
        case.peer("honest", busy(1000));
        case.peer("liar", |setting| {
            let played = setting.play(1, |player| player.did(1_000_000_000));
            played.round(Some("made up an item".to_owned()))
        });
        let report = play(&case, Regime::Free, SCHEDULE, || ());
        assert_eq!(report.score.as_ref().expect("an honest peer").against, "honest");
        assert_eq!(report.standings[2].rates.len(), 1);
        assert!(report.text().contains("WRONG: made up an item"));
    }

    #[test]
    fn rounds_grow_with_the_threads_that_share_a_cpu() {
        let mut many = Case::new("test", String::new(), 12);
        assert_eq!(SCHEDULE.length(&many, Regime::One), Duration::from_millis(240));
        many.compete = false;
        assert_eq!(SCHEDULE.length(&many, Regime::One), Duration::from_millis(60));
        many.least = Duration::from_millis(70);
        assert_eq!(SCHEDULE.length(&many, Regime::One), Duration::from_millis(70));
    }
}
