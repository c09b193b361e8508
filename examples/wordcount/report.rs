//! Prints the result, for people and for programs.

use crate::check::Verdict;
use crate::pipeline::Outcome;
use indicatif::HumanBytes;
use serde_json::{Map, Value, json};
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// For people.
pub(crate) fn text(path: &Path, outcome: &Outcome, verdict: Option<&Verdict>, top: usize) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    for (word, count) in most_frequent(outcome, top) {
        writeln!(out, "{count:>10}  {word}")?;
    }
    writeln!(out)?;
    if outcome.interrupted {
        writeln!(out, "PARTIAL RESULT: interrupted; this is what was counted until then")?;
    }
    writeln!(out, "{:<20}{}", "path", path.display())?;
    for (name, number) in outcome.totals.each() {
        writeln!(out, "{:<20}{number}", name.replace('_', " "))?;
        let examples = match name {
            "files_unreadable" => &outcome.unreadable,
            "files_invalid_utf8" => &outcome.invalid_utf8,
            _ => continue,
        };
        for example in examples {
            writeln!(out, "{:<20}  {example}", "")?;
        }
        if number > examples.len() as u64 {
            writeln!(out, "{:<20}  …", "")?;
        }
    }
    writeln!(out, "{:<20}{}", "distinct words", outcome.distinct_words())?;
    writeln!(out, "{:<20}{:.3?}", "elapsed", outcome.elapsed)?;
    let (bytes, files) =
        (per_second(outcome.totals.bytes, outcome), per_second(outcome.totals.files, outcome));
    writeln!(out, "{:<20}{}/s, {files:.0} files/s", "speed", HumanBytes(bytes as u64))?;
    writeln!(out, "had to wait")?;
    for (name, waits) in &outcome.waits {
        writeln!(out, "  {:<18}{} of {} times", name.replace('_', " "), waits.blocked, waits.calls)?;
    }
    match verdict {
        None => {}
        Some(Verdict::Same) => writeln!(out, "check: ok")?,
        Some(Verdict::Interrupted) => writeln!(out, "check: not finished, interrupted")?,
        Some(Verdict::Different(differences)) => {
            writeln!(out, "check: FAILED")?;
            for difference in differences {
                writeln!(out, "  {difference}")?;
            }
        }
    }
    out.flush()
}

/// For programs: one object on one line. Its numbers have the names that [`text`] shows, with `_` for blanks.
pub(crate) fn json(path: &Path, outcome: &Outcome, verdict: Option<&Verdict>, top: usize) -> io::Result<()> {
    let top: Vec<Value> = most_frequent(outcome, top)
        .into_iter()
        .map(|(word, count)| json!({ "word": word, "count": count }))
        .collect();
    let waits: Map<String, Value> = (outcome.waits.iter())
        .map(|(name, waits)| (name.to_string(), json!({ "calls": waits.calls, "blocked": waits.blocked })))
        .collect();
    let mut object = json!({
        "path": path.to_string_lossy(),
        "partial": outcome.interrupted,
        "top": top,
        "distinct_words": outcome.distinct_words(),
        "unreadable": outcome.unreadable,
        "invalid_utf8": outcome.invalid_utf8,
        "seconds": outcome.elapsed.as_secs_f64(),
        "bytes_per_second": per_second(outcome.totals.bytes, outcome),
        "files_per_second": per_second(outcome.totals.files, outcome),
        "waits": waits,
    });
    for (name, number) in outcome.totals.each() {
        object[name] = number.into();
    }
    object["check"] = match verdict {
        None => Value::Null,
        Some(Verdict::Same) => "ok".into(),
        Some(Verdict::Interrupted) => "interrupted".into(),
        Some(Verdict::Different(differences)) => differences.clone().into(),
    };
    let mut out = io::stdout().lock();
    writeln!(out, "{object}")?;
    out.flush()
}

/// The `top` most frequent words; those that are equally frequent in alphabetical order.
fn most_frequent(outcome: &Outcome, top: usize) -> Vec<(&str, u64)> {
    let mut words: Vec<_> = outcome.words().collect();
    let rank = |a: &(&str, u64), b: &(&str, u64)| b.1.cmp(&a.1).then(a.0.cmp(b.0));
    // Only those that are shown need to be in order; there may be millions.
    if top < words.len() {
        words.select_nth_unstable_by(top, rank);
        words.truncate(top);
    }
    words.sort_unstable_by(rank);
    words
}

fn per_second(number: u64, outcome: &Outcome) -> f64 {
    number as f64 / outcome.elapsed.as_secs_f64()
}
