//! Litmus tests: small programs whose allowed outcomes are written down by hand.
//!
//! Each row is judged four ways. What C++20 allows is written here, and has to be what [`crate::standard`] finds. What
//! loom's rules allow is that set but for the *known gaps*, written here too, and has to be what [`crate::weak`] finds.
//! And the loom that is linked in has to reach exactly what its rules allow.

use crate::loom_run::{Finals, explore};
use crate::program::{AR, Acq, Op::*, Outcomes, Program, Rel, Rlx, SC};
use crate::standard::{self, Model};
use crate::weak::{self, Rules};

const X: usize = 0;
const Y: usize = 1;
const Z: usize = 2;

/// One program and what it may do.
struct Row {
    name: &'static str,
    program: Program,
    finals: Finals,
    /// Allowed by C++20: registers, and after a bar final values, a digit each; or `not` and those forbidden of all
    /// combinations of 0 and 1.
    allowed: &'static str,
    gap: Gap,
}

/// Where loom's rules differ from C++20.
enum Gap {
    None,
    /// Allowed, and never shown.
    Hides(&'static str, &'static str),
    /// Forbidden, and shown.
    Shows(&'static str, &'static str),
}

fn rows() -> Vec<Row> {
    let row = |name, allowed, threads: &[&[crate::program::Op]]| Row {
        name,
        program: Program::new(threads.iter().map(|ops| ops.to_vec()).collect()),
        finals: if allowed_has_finals(allowed) { Finals::Read } else { Finals::Skip },
        allowed,
        gap: Gap::None,
    };
    let gap = |row: Row, gap| Row { gap, ..row };
    const SC_GAP: &str = "SeqCst accesses are AcqRel";
    const RMW_GAP: &str = "a store may slip before a swap that has not read it";
    const LB_GAP: &str = "no load buffering";
    const FENCE_GAP: &str = "an acquire fence takes what others have read";
    vec![
        row("#392: load, store | load", "00 01", &[&[Load(X, Rlx), Store(X, 1, Rlx)], &[Load(X, Rlx)]]),
        row(
            "#392: load, compare-exchange | load",
            "000 001",
            &[&[Load(X, Rlx), CompareExchange(X, 0, 1, AR, Rlx)], &[Load(X, Rlx)]],
        ),
        row(
            "#392: the same under a try-lock",
            "0001 0010 0011 1000 1001",
            &[
                &[CompareExchange(Y, 0, 1, Acq, Rlx), Load(X, Rlx), Store(X, 1, Rlx), Store(Y, 0, Rel)],
                &[CompareExchange(Y, 0, 1, Acq, Rlx), Load(X, Rlx)],
            ],
        ),
        row(
            "#166: a redundant load between two stores",
            "100 101 110 111",
            &[
                &[Store(X, 1, SC), Store(Y, 1, SC), Store(Y, 0, SC), Load(X, SC), Store(X, 0, SC)],
                &[Load(Y, SC), Load(X, SC)],
            ],
        ),
        row(
            "store buffering, relaxed",
            "not",
            &[&[Store(X, 1, Rlx), Load(Y, Rlx)], &[Store(Y, 1, Rlx), Load(X, Rlx)]],
        ),
        row(
            "store buffering, fences",
            "not 00",
            &[&[Store(X, 1, Rlx), Fence(SC), Load(Y, Rlx)], &[Store(Y, 1, Rlx), Fence(SC), Load(X, Rlx)]],
        ),
        row(
            "store buffering, one fence",
            "not",
            &[&[Store(X, 1, Rlx), Fence(SC), Load(Y, Rlx)], &[Store(Y, 1, Rlx), Load(X, Rlx)]],
        ),
        row(
            "store buffering, AcqRel fences",
            "not",
            &[&[Store(X, 1, Rlx), Fence(AR), Load(Y, Rlx)], &[Store(Y, 1, Rlx), Fence(AR), Load(X, Rlx)]],
        ),
        gap(
            row(
                "store buffering, SeqCst accesses",
                "not 00",
                &[&[Store(X, 1, SC), Load(Y, SC)], &[Store(Y, 1, SC), Load(X, SC)]],
            ),
            Gap::Shows("00", SC_GAP),
        ),
        gap(
            row(
                "store buffering, SeqCst swaps and loads",
                "0001 0100 0101",
                &[&[Swap(X, 1, SC), Load(Y, SC)], &[Swap(Y, 1, SC), Load(X, SC)]],
            ),
            Gap::Shows("0000", SC_GAP),
        ),
        row(
            "message passing, relaxed",
            "not",
            &[&[Store(X, 1, Rlx), Store(Y, 1, Rlx)], &[Load(Y, Rlx), Load(X, Rlx)]],
        ),
        row(
            "message passing, release and acquire",
            "not 10",
            &[&[Store(X, 1, Rlx), Store(Y, 1, Rel)], &[Load(Y, Acq), Load(X, Rlx)]],
        ),
        row(
            "message passing, fences",
            "not 10",
            &[&[Store(X, 1, Rlx), Fence(Rel), Store(Y, 1, Rlx)], &[Load(Y, Rlx), Fence(Acq), Load(X, Rlx)]],
        ),
        row(
            "message passing through a read-modify-write",
            "000 001 010 011 100 101 111 121",
            &[&[Store(X, 1, Rlx), Store(Y, 1, Rel)], &[FetchAdd(Y, 1, Rlx)], &[Load(Y, Acq), Load(X, Rlx)]],
        ),
        gap(
            row(
                "message passing, the fence in a third thread",
                "000 001 010 011 100 101 110 111",
                &[
                    &[Store(X, 1, Rlx), Store(Y, 1, Rel)],
                    &[Load(Y, Rlx), Store(Z, 1, Rel)],
                    &[Load(Z, Acq), Fence(Acq), Load(X, Rlx)],
                ],
            ),
            Gap::Hides("110", FENCE_GAP),
        ),
        row(
            "independent reads, acquire",
            "not",
            &[
                &[Store(X, 1, Rel)],
                &[Store(Y, 1, Rel)],
                &[Load(X, Acq), Load(Y, Acq)],
                &[Load(Y, Acq), Load(X, Acq)],
            ],
        ),
        row(
            "independent reads, fences",
            "not 1010",
            &[
                &[Store(X, 1, Rlx)],
                &[Store(Y, 1, Rlx)],
                &[Load(X, Rlx), Fence(SC), Load(Y, Rlx)],
                &[Load(Y, Rlx), Fence(SC), Load(X, Rlx)],
            ],
        ),
        gap(
            row(
                "independent reads, SeqCst accesses",
                "not 1010",
                &[
                    &[Store(X, 1, SC)],
                    &[Store(Y, 1, SC)],
                    &[Load(X, SC), Load(Y, SC)],
                    &[Load(Y, SC), Load(X, SC)],
                ],
            ),
            Gap::Shows("1010", SC_GAP),
        ),
        row(
            "coherence: read, read",
            "00 01 02 11 12 22",
            &[&[Store(X, 1, Rlx), Store(X, 2, Rlx)], &[Load(X, Rlx), Load(X, Rlx)]],
        ),
        row(
            "coherence: read, read, after a write of one's own",
            "11 21 22",
            &[&[Store(X, 1, Rlx)], &[Store(X, 2, Rlx), Load(X, Rlx), Load(X, Rlx)]],
        ),
        row(
            "coherence: readers agree on the order of two writes",
            "100 101 102 111 121 122 200 201 202 211 212 221 222",
            &[&[Store(X, 1, Rlx)], &[Store(X, 2, Rlx), Load(X, Rlx)], &[Load(X, Rlx), Load(X, Rlx)]],
        ),
        row(
            "coherence: write, write",
            "|2 |3",
            &[&[Store(X, 1, Rlx), Store(X, 2, Rlx)], &[Store(X, 3, Rlx)]],
        ),
        row(
            "coherence: read, write",
            "0|1 0|2 2|1",
            &[&[Load(X, Rlx), Store(X, 1, Rlx)], &[Store(X, 2, Rlx)]],
        ),
        row(
            "coherence: write, read",
            "1|1 1|2 2|2",
            &[&[Store(X, 1, Rlx), Load(X, Rlx)], &[Store(X, 2, Rlx)]],
        ),
        row(
            "two writes each, relaxed",
            "|11 |12 |21 |22",
            &[&[Store(X, 1, Rlx), Store(Y, 2, Rlx)], &[Store(Y, 1, Rlx), Store(X, 2, Rlx)]],
        ),
        row(
            "two writes each, fences",
            "|12 |21 |22",
            &[
                &[Store(X, 1, Rlx), Fence(SC), Store(Y, 2, Rlx)],
                &[Store(Y, 1, Rlx), Fence(SC), Store(X, 2, Rlx)],
            ],
        ),
        gap(
            row(
                "load buffering, relaxed",
                "not",
                &[&[Load(X, Rlx), Store(Y, 1, Rlx)], &[Load(Y, Rlx), Store(X, 1, Rlx)]],
            ),
            Gap::Hides("11", LB_GAP),
        ),
        row(
            "load buffering, release and acquire",
            "not 11",
            &[&[Load(X, Acq), Store(Y, 1, Rel)], &[Load(Y, Acq), Store(X, 1, Rel)]],
        ),
        row("two increments", "01|2 10|2", &[&[FetchAdd(X, 1, Rlx)], &[FetchAdd(X, 1, Rlx)]]),
        gap(
            row(
                "#254, #389: a swap and a store",
                "01|2 02|2 21|1",
                &[&[Swap(X, 1, Rlx), Load(X, Rlx)], &[Store(X, 2, Rlx)]],
            ),
            Gap::Shows("01|1", RMW_GAP),
        ),
        row(
            "fences in another order than the increments before them",
            "0011 0110 0111 1001 1100 1101",
            &[
                &[Store(Z, 1, Rlx), FetchAdd(X, 1, Rlx), Fence(SC), Load(Y, Rlx)],
                &[Store(Y, 1, Rlx), FetchAdd(X, 1, Rlx), Fence(SC), Load(Z, Rlx)],
            ],
        ),
        row(
            "a fence that comes before that of an earlier store",
            "not",
            &[&[Store(X, 1, Rlx), Store(Y, 1, Rlx), Fence(SC)], &[Load(Y, Rlx), Fence(SC), Load(X, Rlx)]],
        ),
        // A SeqCst load looks at modification order, which the other thread's load settles: the two do not commute.
        row(
            "a SeqCst load before a load that orders the writes",
            "001 002 011 012 101 102 111 112 201 202 211 212",
            &[
                &[Load(Y, SC)],
                &[Load(X, Rlx), Store(Y, 1, SC), Load(Y, Rlx)],
                &[Store(Y, 2, SC), Store(X, 1, Rlx)],
            ],
        ),
        // What a sleep set must not cut: the third thread sleeps where the second one's load is to be overtaken by its
        // store, and it is the first thread that has to go on there.
        row(
            "three threads in a chain",
            "0000 0001 0010 0011 1000 1001 1010 1011",
            &[
                &[Load(Z, Rlx), Store(X, 1, Rlx)],
                &[FetchAdd(Z, 1, Rlx), Load(Y, Rlx)],
                &[Load(X, Rlx), Store(Y, 1, Rlx)],
            ],
        ),
    ]
}

fn allowed_has_finals(allowed: &str) -> bool {
    allowed.contains('|')
}

fn parse(text: &str) -> Outcomes {
    let digits = |word: &str| word.chars().filter_map(|char| char.to_digit(10)).collect();
    text.split_whitespace().map(digits).collect()
}

impl Row {
    fn allowed(&self) -> Outcomes {
        let Some(forbidden) = self.allowed.strip_prefix("not") else { return parse(self.allowed) };
        let registers = self.program.registers();
        let all = (0..1_u32 << registers).map(|bits| (0..registers).map(|at| bits >> at & 1).collect());
        let all: Outcomes = all.collect();
        &all - &parse(forbidden)
    }

    fn show(&self, outcomes: &Outcomes) -> String {
        crate::program::show(outcomes, self.program.registers())
    }
}

/// How many rows were as they should be.
pub(crate) struct Report {
    pub(crate) rows: usize,
    pub(crate) right: usize,
}

/// Judges all rows and prints them.
pub(crate) fn run() -> Report {
    let mut report = Report { rows: 0, right: 0 };
    println!("litmus: outcomes allowed by C++20, by loom's rules, reached by the loom linked in");
    for row in rows() {
        report.rows += 1;
        let allowed = row.allowed();
        let (ruled, note) = match row.gap {
            Gap::None => (allowed.clone(), String::new()),
            Gap::Hides(what, why) => (&allowed - &parse(what), format!("; known gap: hides {what}: {why}")),
            Gap::Shows(what, why) => (&allowed | &parse(what), format!("; known gap: shows {what}: {why}")),
        };
        let project = |outcomes| row.finals.project(&row.program, outcomes);
        let standard = project(standard::outcomes(&row.program, Model::Cpp20));
        let brute = weak::outcomes(&row.program, Rules::Loom, usize::MAX).map(project);
        let reached = explore(&row.program, row.finals);
        let linked = reached.outcomes;
        let mut wrong = Vec::new();
        let mut compare = |what: &str, found: &Outcomes, expected: &Outcomes| {
            for (less, how) in [(expected - found, "lacks"), (found - expected, "has in excess")] {
                if !less.is_empty() {
                    wrong.push(format!("{what} {how} {}", row.show(&less)));
                }
            }
        };
        compare("C++20 by brute force", &standard, &allowed);
        compare("loom's rules by brute force", &brute.unwrap_or_default(), &ruled);
        compare("the loom linked in", &linked, &ruled);
        wrong.extend(reached.cut.map(|why| format!("the loom linked in was cut short: {why}")));
        report.right += usize::from(wrong.is_empty());
        println!(
            "  {:<56} {:>2} {:>3} {:>3}  {:>6} executions  {}{note}",
            row.name,
            allowed.len(),
            ruled.len(),
            linked.len(),
            reached.executions,
            if wrong.is_empty() { "ok".to_owned() } else { format!("WRONG: {}", wrong.join("; ")) },
        );
    }
    report
}
