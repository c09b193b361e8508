//! What a run found, as it is printed, and as it is written to a file for [`chart`](crate::chart).

use super::machine::Machine;
use super::score::Score;
use super::stats::{mean_of_medians, quantile};
use crate::regime::Regime;
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// A whole run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    /// Where it ran, and with what.
    pub machine: Machine,
    /// How.
    pub schedule: Schedule,
    /// What came out.
    pub cases: Vec<CaseReport>,
    /// The same, per family and regime.
    pub summaries: Vec<Summary>,
}

/// How long everything takes.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Schedule {
    /// Rounds of each contestant that count, half of them for choosing the best peer.
    pub rounds: usize,
    /// Rounds of each contestant for waits.
    pub wait_rounds: usize,
    /// How long one is, with few threads.
    pub millis: f64,
    /// Whether it is played only to see that it can be.
    #[serde(default)]
    pub rehearsal: bool,
}

/// A case in a regime.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CaseReport {
    /// The kind of thing.
    pub family: String,
    /// What was done.
    pub case: String,
    /// Where the threads ran.
    pub regime: Regime,
    /// How many there were.
    pub threads: usize,
    /// The ratio below which it is lost.
    pub bar: f64,
    /// Ours first.
    pub standings: Vec<Standing>,
    /// Ours against the best peer.
    pub score: Option<Score>,
}

/// One contestant in a case.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Standing {
    /// Whose it is.
    pub name: String,
    /// Whether it is ours.
    pub ours: bool,
    /// Operations a second, in each round.
    pub rates: Vec<f64>,
    /// What the unluckiest thread got of its fair share, the median of all rounds.
    pub unluckiest: f64,
    /// CPU seconds for a million operations.
    pub cpu_per_million: f64,
    /// Times that a thread gave up its CPU, per operation.
    pub sleeps_per_operation: f64,
    /// Times that a thread's CPU was taken away, per operation.
    pub preemptions_per_operation: f64,
    /// How long an operation waited.
    pub waits: Option<Waits>,
    /// The most memory in use at once.
    pub peak_bytes: Option<u64>,
    /// What of it was still in use when all had been taken out.
    #[serde(default)]
    pub kept_bytes: Option<u64>,
    /// What it lost, or made up.
    pub wrong: Option<String>,
}

/// How long an operation waited, in microseconds.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Waits {
    /// Half of them, at most.
    pub p50: f64,
    /// 99 %.
    pub p99: f64,
    /// 99.9 %.
    pub p999: f64,
    /// All.
    pub longest: f64,
}

/// The cases of a family in a regime, or all that are played by two threads or more, taken together.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Summary {
    /// The kind of thing.
    pub family: String,
    /// Where the threads ran.
    pub regime: Regime,
    /// How many cases were scored.
    pub cases: usize,
    /// The geometric mean of their ratios.
    pub mean: f64,
    /// The lower end of its 95 % interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// How many were lost.
    pub lost: usize,
    /// How many have no score, because no peer was fair enough to set a bar, or because there is none of ours.
    pub unscored: usize,
    /// In how many our unluckiest thread got less than a tenth of its fair share.
    pub unfair: usize,
}

impl Standing {
    /// Operations a second: the lower quartile, the median, the upper quartile.
    pub fn rate(&self) -> [f64; 3] {
        [0.25, 0.5, 0.75].map(|part| quantile(&self.rates, part))
    }

    /// Why it sets no bar, if it does not.
    pub fn remark(&self) -> String {
        match &self.wrong {
            Some(wrong) => format!("WRONG: {wrong}"),
            None if self.is_fair() => String::new(),
            None if self.ours => "starves".to_owned(),
            None => "starves: sets no bar".to_owned(),
        }
    }
}

impl CaseReport {
    /// The case as it is printed.
    pub fn text(&self) -> String {
        let mut text = format!("{}: {} [{}]\n", self.family, self.case, self.regime.name());
        for standing in &self.standings {
            let [low, rate, high] = standing.rate();
            write!(
                text,
                "  {:<24} {:>9.3} M/s ({:>8.3} to {:>8.3})  unluckiest {:>4.2}  cpu {:>8.3} us/op  sleeps {:>6.3}/op",
                standing.name,
                rate / 1e6,
                low / 1e6,
                high / 1e6,
                standing.unluckiest,
                standing.cpu_per_million,
                standing.sleeps_per_operation,
            )
            .expect("a string has room");
            if let Some(waits) = standing.waits {
                write!(
                    text,
                    "  waits {} / {} / {}",
                    microseconds(waits.p50),
                    microseconds(waits.p99),
                    microseconds(waits.longest)
                )
                .expect("a string has room");
            }
            if let Some(bytes) = standing.peak_bytes {
                write!(text, "  {} kB", bytes / 1000).expect("a string has room");
            }
            if let Some(bytes) = standing.kept_bytes {
                write!(text, ", {} kB kept", bytes / 1000).expect("a string has room");
            }
            writeln!(text, "  {}", standing.remark()).expect("a string has room");
        }
        match &self.score {
            Some(score) => writeln!(
                text,
                "  => {:.2} of {} ({:.2} to {:.2}), bar {:.2}{}",
                score.ratio,
                score.against,
                score.low,
                score.high,
                self.bar,
                if score.lost { ", LOST" } else { "" }
            ),
            None if self.standings.iter().any(|standing| standing.ours) => {
                writeln!(text, "  => not scored: nobody to compare with is fair")
            }
            None => writeln!(text, "  => not scored: ours is to come"),
        }
        .expect("a string has room");
        text
    }
}

/// A time with the unit that suits it.
pub fn microseconds(time: f64) -> String {
    match time {
        short if short < 1.0 => format!("{:.0} ns", short * 1e3),
        medium if medium < 1e3 => format!("{medium:.1} us"),
        long => format!("{:.1} ms", long / 1e3),
    }
}

/// Families and regimes, in the order in which they were played; then, if there are several, all of them together: every case of two
/// threads or more.
pub fn summaries(cases: &[CaseReport]) -> Vec<Summary> {
    let mut summaries: Vec<Summary> = Vec::new();
    for case in cases {
        let known = |summary: &Summary| summary.family == case.family && summary.regime == case.regime;
        if !summaries.iter().any(known) {
            let of_its_kind =
                |other: &&CaseReport| other.family == case.family && other.regime == case.regime;
            summaries.extend(summary(&case.family, case.regime, cases.iter().filter(of_its_kind)));
        }
    }
    if cases.iter().any(|case| case.family != cases[0].family) {
        for regime in Regime::ALL {
            let blocking = |case: &&CaseReport| case.threads > 1 && case.regime == regime;
            summaries.extend(summary("all", regime, cases.iter().filter(blocking)));
        }
    }
    summaries
}

fn summary<'a>(family: &str, regime: Regime, cases: impl Iterator<Item = &'a CaseReport>) -> Option<Summary> {
    let cases: Vec<_> = cases.collect();
    let scores: Vec<_> = cases.iter().filter_map(|case| case.score.as_ref()).collect();
    let unfair =
        |case: &CaseReport| case.standings.iter().any(|standing| standing.ours && !standing.is_fair());
    if scores.is_empty() {
        return None;
    }
    let ratios: Vec<_> = scores.iter().map(|score| score.ratios.as_slice()).collect();
    let mean = mean_of_medians(&ratios);
    Some(Summary {
        family: family.to_owned(),
        regime,
        cases: scores.len(),
        mean: mean.value,
        low: mean.low,
        high: mean.high,
        lost: scores.iter().filter(|score| score.lost).count(),
        unscored: cases.len() - scores.len(),
        unfair: cases.iter().filter(|case| unfair(case)).count(),
    })
}

impl Summary {
    /// The summary as it is printed.
    pub fn text(&self) -> String {
        format!(
            "{:<10} {:<7} {:>5.2} of the best peer of each case ({:.2} to {:.2}), {} cases, {} lost, {} not scored, {} unfair",
            self.family,
            self.regime.name(),
            self.mean,
            self.low,
            self.high,
            self.cases,
            self.lost,
            self.unscored,
            self.unfair
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(family: &str, regime: Regime, ratio: f64) -> CaseReport {
        CaseReport {
            family: family.to_owned(),
            case: "a case".to_owned(),
            regime,
            threads: 2,
            bar: 0.9,
            standings: vec![Standing { ours: true, ..Standing::default() }],
            score: Some(Score {
                against: "a peer".to_owned(),
                ratio,
                low: ratio,
                high: ratio,
                lost: ratio < 0.9,
                ratios: vec![ratio; 5],
            }),
        }
    }

    #[test]
    fn a_summary_is_of_one_family_or_of_all_in_one_regime() {
        let cases = [
            case("lock", Regime::Free, 2.0),
            case("lock", Regime::One, 8.0),
            case("lock", Regime::Free, 0.5),
            case("queue", Regime::Free, 3.0),
        ];
        let found: Vec<_> = summaries(&cases)
            .into_iter()
            .map(|found| {
                (
                    found.family,
                    found.regime,
                    found.cases,
                    found.lost,
                    found.unfair,
                    (found.mean * 100.0).round(),
                )
            })
            .collect();
        let expected = [
            ("lock".to_owned(), Regime::Free, 2, 1, 2, 100.0),
            ("lock".to_owned(), Regime::One, 1, 0, 1, 800.0),
            ("queue".to_owned(), Regime::Free, 1, 0, 1, 300.0),
            ("all".to_owned(), Regime::Free, 3, 1, 3, 144.0),
            ("all".to_owned(), Regime::One, 1, 0, 1, 800.0),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_report_survives_its_file() {
        let written = serde_json::to_string(&case("lock", Regime::Busy, 2.0)).unwrap();
        let read: CaseReport = serde_json::from_str(&written).unwrap();
        assert_eq!(written, serde_json::to_string(&read).unwrap());
        assert!(written.contains("\"busy\""));
    }
}
