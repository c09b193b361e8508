//! An arena: the contestants of a case take turns, one short round each, again and again, so that a change of the machine (its clock
//! rate, its neighbours, where its CPUs are) meets all of them alike.
//!
//! * **Who is compared.** The best peer of a case is chosen in the even rounds and scored in the odd ones; else the luckiest would be
//!   chosen. A peer whose unluckiest thread gets less than a tenth of its fair share is shown, and does not set the bar.
//! * **The score** is the median of the odd rounds' ratios, ours to the peer's, with the 95 % interval of a bootstrap over rounds. A case
//!   is lost when the interval's upper end is below 1.
//! * **Waits.** Clocks would cost as much as what is measured, so the longest wait is from rounds of their own, which do not count
//!   for throughput.

use std::time::Duration;

/// What a contestant did in one round.
#[derive(Clone, Copy, Debug, Default)]
pub struct Round {
    /// Operations a second, of all threads together.
    pub rate: f64,
    /// What the unluckiest thread got of its fair share: 1 is fair, 0 is nothing.
    pub unluckiest: f64,
    /// The longest that an operation waited; only where it was measured.
    pub longest_wait: Duration,
}

/// How a contestant plays a round: of this length, with clocks or without.
pub type Play<'a> = Box<dyn Fn(Duration, bool) -> Round + 'a>;

/// How long everything takes.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    /// Rounds of each contestant that count, half of them for choosing the best peer.
    pub rounds: usize,
    /// How long one is.
    pub length: Duration,
}

/// One contestant's record in a case.
#[derive(Debug)]
pub struct Record {
    /// Whose it is.
    pub name: &'static str,
    rates: Vec<f64>,
    unluckiest: Vec<f64>,
    longest_wait: Duration,
}

impl Record {
    /// Operations a second, the median of all rounds.
    fn rate(&self) -> f64 {
        median(self.rates.clone())
    }

    /// The median share of the unluckiest thread.
    fn unluckiest(&self) -> f64 {
        median(self.unluckiest.clone())
    }

    fn of_rounds(&self, odd: bool) -> impl Iterator<Item = f64> + '_ {
        self.rates.iter().skip(usize::from(odd)).step_by(2).copied()
    }

    fn sets_the_bar(&self) -> bool {
        self.unluckiest() >= 0.1
    }
}

/// Ours against the best peer.
#[derive(Clone, Debug)]
pub struct Score {
    /// The peer.
    pub against: &'static str,
    /// Our rate through theirs, in each of the rounds that are scored.
    ratios: Vec<f64>,
}

/// Plays a case, whose first contestant is ours, and prints it.
pub fn play(case: &str, contestants: &[(&'static str, Play<'_>)], schedule: Schedule) -> Option<Score> {
    let mut records: Vec<_> = contestants
        .iter()
        .map(|&(name, _)| Record {
            name,
            rates: Vec::new(),
            unluckiest: Vec::new(),
            longest_wait: Duration::ZERO,
        })
        .collect();
    for round in 0..schedule.rounds {
        // Nobody always comes after the same one.
        for turn in 0..contestants.len() {
            let number = (turn + round) % contestants.len();
            let played = contestants[number].1(schedule.length, false);
            records[number].rates.push(played.rate);
            records[number].unluckiest.push(played.unluckiest);
        }
        if round % 4 == 0 {
            for ((_, play), record) in contestants.iter().zip(&mut records) {
                record.longest_wait = record.longest_wait.max(play(schedule.length, true).longest_wait);
            }
        }
    }
    println!("{case}");
    for record in &records {
        println!(
            "  {:<28} {:>10.3} M/s   unluckiest {:>5.2} of its share   longest wait {:>9.3} ms{}",
            record.name,
            record.rate() / 1e6,
            record.unluckiest(),
            record.longest_wait.as_secs_f64() * 1e3,
            if record.sets_the_bar() { "" } else { "   (sets no bar)" }
        );
    }
    let (ours, peers) = records.split_first()?;
    let best = peers.iter().filter(|peer| peer.sets_the_bar()).max_by(|one, other| {
        median(one.of_rounds(false).collect()).total_cmp(&median(other.of_rounds(false).collect()))
    });
    let Some(best) = best else {
        println!("  => no peer sets the bar: not scored");
        return None;
    };
    let ratios: Vec<_> =
        ours.of_rounds(true).zip(best.of_rounds(true)).map(|(ours, theirs)| ours / theirs).collect();
    let score = Score { against: best.name, ratios };
    println!("  => {}", summary(std::slice::from_ref(&score)));
    Some(score)
}

/// The geometric mean of the scores with its interval, and which bar the cases set.
pub fn summary(scores: &[Score]) -> String {
    const SAMPLES: usize = 2_000;
    let mean = |medians: Vec<f64>| {
        (medians.iter().map(|ratio| ratio.ln()).sum::<f64>() / medians.len() as f64).exp()
    };
    let value = mean(scores.iter().map(|score| median(score.ratios.clone())).collect());
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut below = |limit: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 16) as usize % limit
    };
    let mut samples: Vec<_> = (0..SAMPLES)
        .map(|_| {
            let resampled = scores.iter().map(|score| {
                let again = score.ratios.iter().map(|_| score.ratios[below(score.ratios.len())]);
                median(again.collect())
            });
            mean(resampled.collect())
        })
        .collect();
    samples.sort_by(f64::total_cmp);
    let (low, high) = (samples[SAMPLES / 40], samples[SAMPLES - 1 - SAMPLES / 40]);
    let against = match scores {
        [score] => score.against.to_owned(),
        scores => format!("the best peer of each of {} cases, geometric mean", scores.len()),
    };
    format!("{value:.2} of {against} ({low:.2} to {high:.2}){}", if high < 1.0 { ", LOST" } else { "" })
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => 0.0,
        odd if odd % 2 == 1 => values[odd / 2],
        even => f64::midpoint(values[even / 2 - 1], values[even / 2]),
    }
}
