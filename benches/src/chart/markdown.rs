//! The tables.

use super::Runs;
use crate::arena::report::{CaseReport, Standing, Summary, microseconds};
use crate::arena::score::FAIR_ENOUGH;
use crate::regime::Regime;
use std::fmt::Write as _;

/// A line of Markdown at the end of `$text`.
macro_rules! line {
    ($text:expr, $($format:tt)*) => { writeln!($text, $($format)*).expect("a string has room") };
}

/// `RESULTS.md`.
pub(super) fn results(runs: &Runs, summaries: &[Summary]) -> String {
    let mut text = String::new();
    line!(text, "# Against the best peer of each case\n");
    line!(text, "Written by the second of these commands; nothing here is edited by hand.\n");
    line!(text, "```sh");
    line!(text, "cargo bench -p tollgate-benches --bench arena -- --full --json target/arena.json");
    line!(text, "cargo run --release -p tollgate-benches --bin chart -- target/arena.json");
    line!(text, "```\n");
    machines(&mut text, runs);
    line!(text, "## How to read it\n");
    line!(
        text,
        "All contestants of a case take turns in short rounds. The best peer is chosen in the even rounds and compared in"
    );
    line!(
        text,
        "the odd ones. A ratio is our rate through the best peer's, above 1 ours is faster; the 95 % interval beside it is of"
    );
    line!(
        text,
        "a bootstrap over rounds. A case is lost when the interval's upper end is below its bar. A peer whose unluckiest"
    );
    line!(
        text,
        "thread gets less than {FAIR_ENOUGH} of its fair share sets no bar; where no peer is left, a case is not scored. Unfair: cases in which this"
    );
    line!(
        text,
        "happens to ours. The family \"all\" is every case of two threads or more. A case says in its source, `benches/src/cases`, what an"
    );
    line!(text, "operation is.\n");
    for regime in Regime::ALL {
        line!(text, "* **{}**: {}", regime.name(), regime.means());
    }
    line!(text, "\n## In short\n");
    line!(
        text,
        "| family | regime | geometric mean | 95 % interval | cases | lost | not scored | unfair |\n|---|---|---|---|---|---|---|---|"
    );
    for summary in summaries {
        line!(
            text,
            "| {} | {} | {:.2} | {:.2} to {:.2} | {} | {} | {} | {} |",
            summary.family,
            summary.regime.name(),
            summary.mean,
            summary.low,
            summary.high,
            summary.cases,
            summary.lost,
            summary.unscored,
            summary.unfair
        );
    }
    lost(&mut text, runs);
    for family in runs.families() {
        line!(text, "\n## {family}\n");
        line!(text, "![{family}](results/{family}.svg)\n");
        line!(text, "Everything that was measured: [results/{family}.md](results/{family}.md).\n");
        ratios(&mut text, runs, family);
    }
    text
}

fn machines(text: &mut String, runs: &Runs) {
    line!(text, "## Where and when\n");
    for (machine, schedule) in &runs.made {
        line!(
            text,
            "* {} UTC, commit {}: {} CPUs, {}, {}. Load {} before, {} after{}. `{}`: {} rounds of {} ms of each contestant.",
            machine.date,
            machine.commit,
            machine.cpus,
            machine.model,
            machine.kernel,
            machine.load_before,
            machine.load_after,
            machine.stolen.map_or(String::new(), |part| format!(
                "; the host gave {:.1} % of the CPU time to others",
                part * 100.0
            )),
            machine.arguments.join(" "),
            schedule.rounds,
            schedule.millis
        );
    }
    if let Some((machine, _)) = runs.made.last() {
        line!(text, "* Peers: {}.\n", machine.peers.join(", "));
    }
}

fn lost(text: &mut String, runs: &Runs) {
    line!(text, "\n## Lost\n");
    let lost: Vec<_> = runs
        .cases
        .iter()
        .filter_map(|case| Some((case, case.score.as_ref().filter(|score| score.lost)?)))
        .collect();
    if lost.is_empty() {
        line!(text, "Nothing.");
        return;
    }
    line!(
        text,
        "| family | case | regime | ratio | interval | bar | best peer |\n|---|---|---|---|---|---|---|"
    );
    for (case, score) in lost {
        line!(
            text,
            "| {} | {} | {} | {:.2} | {:.2} to {:.2} | {} | {} |",
            case.family,
            case.case,
            case.regime.name(),
            score.ratio,
            score.low,
            score.high,
            case.bar,
            score.against
        );
    }
}

fn ratios(text: &mut String, runs: &Runs, family: &str) {
    let regimes: Vec<_> = Regime::ALL
        .into_iter()
        .filter(|&regime| runs.cases.iter().any(|case| case.regime == regime))
        .collect();
    let heads: Vec<_> = regimes.iter().map(|regime| regime.name()).collect();
    line!(text, "| case | {} |\n|---|{}", heads.join(" | "), "---|".repeat(heads.len()));
    for (name, cases) in runs.of(family) {
        let cells: Vec<_> = regimes
            .iter()
            .map(|&regime| {
                cases.iter().find(|case| case.regime == regime).map_or(String::new(), |case| ratio(case))
            })
            .collect();
        line!(text, "| {name} | {} |", cells.join(" | "));
    }
}

fn ratio(case: &CaseReport) -> String {
    let Some(score) = &case.score else { return "not scored".to_owned() };
    let mark = if score.lost { "**" } else { "" };
    format!("{mark}{:.2}{mark} ({:.2} to {:.2}) {}", score.ratio, score.low, score.high, score.against)
}

/// Everything about a family.
pub(super) fn details(runs: &Runs, family: &str) -> String {
    let mut text = String::new();
    line!(text, "# {family}: everything that was measured\n");
    line!(
        text,
        "Rates in million operations a second, median (quartiles). Unluckiest: what the unluckiest thread got of its fair"
    );
    line!(
        text,
        "share. Sleeps and preemptions: context switches of either kind per operation. Waits: from rounds of their own. Kept: what an"
    );
    line!(
        text,
        "emptied queue still holds; of libraries with an allocator of their own, memory is not known."
    );
    for (name, cases) in runs.of(family) {
        for case in cases {
            line!(text, "\n## {name}, {}\n", case.regime.name());
            line!(
                text,
                "| | M/s | unluckiest | CPU s per M | sleeps | preemptions | wait p50 | p99 | p99.9 | longest | peak memory | kept | |\n|{}",
                "---|".repeat(13)
            );
            case.standings.iter().for_each(|standing| row(&mut text, standing));
            line!(text, "\n{}", ratio(case));
        }
    }
    text
}

fn row(text: &mut String, standing: &Standing) {
    let [low, rate, high] = standing.rate().map(|rate| rate / 1e6);
    let waits = standing.waits.map_or([const { String::new() }; 4], |waits| {
        [waits.p50, waits.p99, waits.p999, waits.longest].map(microseconds)
    });
    line!(
        text,
        "| {} | {rate:.3} ({low:.3} to {high:.3}) | {:.2} | {:.3} | {:.4} | {:.4} | {} | {} | {} | {} |",
        standing.name,
        standing.unluckiest,
        standing.cpu_per_million,
        standing.sleeps_per_operation,
        standing.preemptions_per_operation,
        waits.join(" | "),
        kilobytes(standing.peak_bytes),
        kilobytes(standing.kept_bytes),
        standing.remark()
    );
}

fn kilobytes(bytes: Option<u64>) -> String {
    bytes.map_or(String::new(), |bytes| format!("{} kB", bytes / 1000))
}
