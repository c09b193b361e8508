//! Who sets the bar of a case, and where we stand against it.

use super::report::Standing;
use super::stats::{Estimate, mean_of_medians, median};
use serde::{Deserialize, Serialize};

/// The part of its fair share that a peer's unluckiest thread has to get for the peer to set a bar.
pub const FAIR_ENOUGH: f64 = 0.1;

/// Ours against the best peer of a case.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Score {
    /// The peer.
    pub against: String,
    /// Our rate through theirs: the median of the rounds that are scored.
    pub ratio: f64,
    /// The lower end of its 95 % interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// Whether the upper end is below the bar.
    pub lost: bool,
    /// The ratio in each of those rounds.
    pub ratios: Vec<f64>,
}

/// Scores a case: the best peer is chosen in the even rounds, and compared in the odd ones. `None` without ours, without a peer that
/// sets the bar, or with one round only.
pub fn score(standings: &[Standing], bar: f64) -> Option<Score> {
    let ours = standings.iter().find(|standing| standing.ours && standing.wrong.is_none())?;
    let chosen_by = |standing: &Standing| median(&every_other(&standing.rates, 0));
    let best = standings
        .iter()
        .filter(|standing| !standing.ours && standing.sets_the_bar())
        .max_by(|one, other| chosen_by(one).total_cmp(&chosen_by(other)))?;
    let ratios: Vec<_> = every_other(&ours.rates, 1)
        .iter()
        .zip(every_other(&best.rates, 1))
        // An operation a second stands for a round in which nothing was done.
        .map(|(ours, theirs)| ours.max(1.0) / theirs.max(1.0))
        .collect();
    if ratios.is_empty() {
        return None;
    }
    let Estimate { value, low, high } = mean_of_medians(&[&ratios]);
    Some(Score { against: best.name.clone(), ratio: value, low, high, lost: high < bar, ratios })
}

fn every_other(values: &[f64], first: usize) -> Vec<f64> {
    values.iter().skip(first).step_by(2).copied().collect()
}

impl Standing {
    /// Whether it may be what we are compared with.
    pub fn sets_the_bar(&self) -> bool {
        self.wrong.is_none() && self.is_fair()
    }

    /// Whether its unluckiest thread got enough of its share.
    pub fn is_fair(&self) -> bool {
        self.unluckiest >= FAIR_ENOUGH
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(name: &str, ours: bool, rates: &[f64]) -> Standing {
        Standing {
            name: name.to_owned(),
            ours,
            rates: rates.to_vec(),
            unluckiest: 0.9,
            ..Standing::default()
        }
    }

    #[test]
    fn a_known_winner_wins_and_a_known_loser_loses() {
        let ours = standing("ours", true, &[100.0; 10]);
        let slow = standing("slow", false, &[50.0; 10]);
        let fast = standing("fast", false, &[200.0; 10]);
        let won = score(&[ours.clone(), slow.clone()], 0.9).unwrap();
        assert_eq!((won.against.as_str(), won.lost), ("slow", false));
        assert!((won.ratio - 2.0).abs() < 1e-9);
        let lost = score(&[ours, slow, fast], 0.9).unwrap();
        assert_eq!((lost.against.as_str(), lost.lost), ("fast", true));
        assert!((lost.ratio - 0.5).abs() < 1e-9);
    }

    #[test]
    fn a_starving_peer_sets_no_bar() {
        let ours = standing("ours", true, &[100.0; 10]);
        let fair = standing("fair", false, &[90.0; 10]);
        let starving = Standing { unluckiest: 0.01, ..standing("starving", false, &[900.0; 10]) };
        assert_eq!(score(&[ours, starving, fair], 0.9).unwrap().against, "fair");
    }

    #[test]
    fn a_peer_that_loses_items_sets_no_bar_and_we_have_no_score_when_we_do() {
        let ours = standing("ours", true, &[100.0; 10]);
        let fair = standing("fair", false, &[90.0; 10]);
        let wrong = |standing| Standing { wrong: Some("lost an item".to_owned()), ..standing };
        let fast = wrong(standing("fast", false, &[900.0; 10]));
        assert_eq!(score(&[ours.clone(), fast.clone(), fair.clone()], 0.9).unwrap().against, "fair");
        assert!(score(&[ours.clone(), fast], 0.9).is_none());
        assert!(score(&[wrong(ours), fair], 0.9).is_none());
    }

    #[test]
    fn the_best_peer_is_chosen_in_even_rounds_and_scored_in_odd_ones() {
        let ours = standing("ours", true, &[100.0; 6]);
        // Lucky when chosen; the other is the better one afterwards, which must not count.
        let lucky = standing("lucky", false, &[200.0, 50.0, 200.0, 50.0, 200.0, 50.0]);
        let steady = standing("steady", false, &[90.0; 6]);
        let scored = score(&[ours, steady, lucky], 0.9).unwrap();
        assert_eq!(scored.against, "lucky");
        assert!((scored.ratio - 2.0).abs() < 1e-9);
    }

    #[test]
    fn a_case_is_lost_only_when_the_whole_interval_is_below_the_bar() {
        let peer = standing("peer", false, &[100.0; 12]);
        let noisy = [80.0, 70.0, 80.0, 95.0, 80.0, 75.0, 80.0, 96.0, 80.0, 72.0, 80.0, 94.0];
        let near = score(&[standing("ours", true, &noisy), peer.clone()], 0.9).unwrap();
        assert!(near.ratio < 0.9 && near.high > 0.9 && !near.lost, "{near:?}");
        let clear = score(&[standing("ours", true, &[80.0; 12]), peer], 0.9).unwrap();
        assert!(clear.lost);
    }

    #[test]
    fn one_round_is_no_comparison() {
        assert!(score(&[standing("ours", true, &[1.0]), standing("peer", false, &[1.0])], 0.9).is_none());
    }
}
