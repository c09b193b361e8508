//! Random programs: the loom that is linked in against brute force.
//!
//! * *Inclusion*: every sequentially consistent outcome is reached.
//! * *Equality*: the outcomes reached are those of loom's rules without any reduction ([`crate::weak`]).
//!
//! A missed outcome fails the run, and so does an extra one. The programs that fail are made smaller, one operation at a
//! time, as long as they still fail. Program n of seed s is program 0 of seed s + n.
//!
//! Two things are not asked of loom's reduction. It forgets a write after seven more to the same location, so that stores
//! push out each other: no program here writes a location more often than loom remembers. And outcomes that loom's rules
//! allow only because they do not close modification order ([`weak::Rules::Closed`]) depend on the order of two loads of one
//! location, which the reduction takes for independent. They are false alarms, and counted apart when they are not raised.

use crate::interleavings;
use crate::loom_run::{Finals, explore};
use crate::program::{AR, Acq, Op, Outcomes, Program, Rel, Rlx, SC, show};
use crate::standard::{self, Model};
use crate::weak::{self, GivenUp, Rules};
use fastrand::Rng;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// One program in so many is asked for its final values too. It takes about twenty times as many executions.
const FINALS: u8 = 4;

/// How many failing programs are printed.
const SHOWN: usize = 6;

/// A random program, and whether its final values count: two threads of three or four operations, three of two, or two with
/// a `SeqCst` fence amid up to four others.
fn random(seed: u64) -> (Program, Finals) {
    let mut rng = Rng::with_seed(seed);
    loop {
        let (threads, before, after) = match rng.u8(..3) {
            0 => (2, 3..=4, 0..=0),
            1 => (3, 2..=2, 0..=0),
            _ => (2, 1..=2, 1..=2),
        };
        let locations = if rng.u8(..4) == 0 { 3 } else { 2 };
        let ops = |rng: &mut Rng| {
            let (before, after) = (rng.usize(before.clone()), rng.usize(after.clone()));
            let mut ops: Vec<_> = (0..before + after).map(|_| operation(rng, locations)).collect();
            if after > 0 {
                ops.insert(before, Op::Fence(SC));
            }
            ops
        };
        let threads: Vec<Vec<Op>> = (0..threads).map(|_| ops(&mut rng)).collect();
        let remembered = (0..locations).all(|at| {
            let writes = threads.iter().flatten().filter(|op| op.writes() && op.location() == Some(at));
            writes.count() < weak::HISTORY
        });
        if remembered {
            let finals = if rng.u8(..FINALS) == 0 { Finals::Read } else { Finals::Skip };
            return (Program::new(threads), finals);
        }
    }
}

/// What random programs look like, where the default mixture is not wanted.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    /// How many operations each thread has.
    pub(crate) threads: Vec<usize>,
    pub(crate) locations: usize,
    /// Whether threads are spawned, and joined, at random places of the main thread.
    pub(crate) late: bool,
    pub(crate) joins: bool,
    /// Programs with more states than this by brute force are skipped.
    pub(crate) most_states: usize,
}

/// A random program of this shape.
fn shaped(seed: u64, shape: &Shape) -> Program {
    let mut rng = Rng::with_seed(seed);
    loop {
        let mut ops = |&many: &usize| (0..many).map(|_| operation(&mut rng, shape.locations)).collect();
        let mut program = Program::new(shape.threads.iter().map(&mut ops).collect());
        let remembered = (0..program.locations()).all(|at| {
            let writes = program.threads.iter().flatten();
            writes.filter(|op| op.writes() && op.location() == Some(at)).count() < weak::HISTORY
        });
        let own = program.threads[program.main()].len();
        for (spawned, joined) in program.spawned.iter_mut().zip(&mut program.joined) {
            if shape.late {
                *spawned = rng.usize(..=own);
            }
            if shape.joins && *spawned < own && rng.bool() {
                *joined = Some(rng.usize(*spawned..own));
            }
        }
        if remembered {
            return program;
        }
    }
}

fn operation(rng: &mut Rng, locations: usize) -> Op {
    let at = rng.usize(..locations);
    let value = rng.u32(1..=3);
    match rng.u8(..20) {
        0..6 => Op::Load(at, pick(rng, &[Rlx, Rlx, Acq, SC])),
        6..11 => Op::Store(at, value, pick(rng, &[Rlx, Rlx, Rel, SC])),
        11..13 => Op::Swap(at, value, read_modify_write(rng)),
        13..15 => Op::FetchAdd(at, 1, read_modify_write(rng)),
        15..17 => {
            let success = read_modify_write(rng);
            Op::CompareExchange(at, rng.u32(..=2), value, success, pick(rng, &[Rlx, Acq, SC]))
        }
        17 => Op::Fence(pick(rng, &[Acq, Rel, AR])),
        _ => Op::Fence(SC),
    }
}

fn read_modify_write(rng: &mut Rng) -> Ordering {
    pick(rng, &[Rlx, Acq, Rel, AR, SC])
}

fn pick(rng: &mut Rng, orders: &[Ordering]) -> Ordering {
    orders[rng.usize(..orders.len())]
}

/// The program with its `SeqCst` accesses as loom takes them.
fn weakened(program: &Program) -> Program {
    let load = |order| if order == SC { Acq } else { order };
    let store = |order| if order == SC { Rel } else { order };
    let both = |order| if order == SC { AR } else { order };
    let weaken = |op: &Op| match *op {
        Op::Load(at, order) => Op::Load(at, load(order)),
        Op::Store(at, value, order) => Op::Store(at, value, store(order)),
        Op::Swap(at, value, order) => Op::Swap(at, value, both(order)),
        Op::FetchAdd(at, by, order) => Op::FetchAdd(at, by, both(order)),
        Op::CompareExchange(at, expected, new, success, failure) => {
            Op::CompareExchange(at, expected, new, both(success), load(failure))
        }
        Op::Fence(order) => Op::Fence(order),
    };
    let threads = program.threads.iter().map(|ops| ops.iter().map(weaken).collect()).collect();
    Program { threads, ..program.clone() }
}

/// One program, judged.
#[derive(Default)]
struct Verdict {
    /// Sequentially consistent outcomes that were not reached.
    missed_sc: Outcomes,
    /// Outcomes of loom's rules, with modification order closed, that were not reached.
    missed: Outcomes,
    /// Outcomes of loom's rules as they are that were not reached either.
    unraised: usize,
    extra: Outcomes,
    executions: usize,
    in_loom: Duration,
    /// How many loom's rules allow.
    outcomes: usize,
    /// Where brute force contradicts itself.
    contradiction: Option<&'static str>,
    /// Nothing to compare: loom would run into its own assertion.
    given_up: Option<GivenUp>,
    cut: Option<String>,
    /// Outcomes of loom's rules that C++20 forbids.
    shown_wrongly: usize,
    /// Outcomes that RC11 allows and loom's rules never show.
    hidden: usize,
}

impl Verdict {
    fn fails(&self) -> bool {
        !(self.missed_sc.is_empty() && self.missed.is_empty() && self.extra.is_empty())
            || self.contradiction.is_some()
            || self.cut.is_some()
    }
}

fn judge(program: &Program, finals: Finals, shape: Option<&Shape>) -> Verdict {
    let project = |outcomes| finals.project(program, outcomes);
    let most_states = shape.map_or(usize::MAX, |shape| shape.most_states);
    let brute = |rules| weak::outcomes(program, rules, most_states).map(project);
    let (ruled, closed) = match (brute(Rules::Loom), brute(Rules::Closed)) {
        (Ok(ruled), Ok(closed)) => (ruled, closed),
        (Err(why), _) | (_, Err(why)) => return Verdict { given_up: Some(why), ..Verdict::default() },
    };
    let sequential = project(interleavings::outcomes(program));
    // The axioms know no spawning and joining, and take long for more than a few operations.
    let (loosely, strictly) = match shape {
        Some(_) => (ruled.clone(), sequential.clone()),
        None => (
            project(standard::outcomes(&weakened(program), Model::Cpp20)),
            project(standard::outcomes(program, Model::Rc11)),
        ),
    };
    let contradiction = if !sequential.is_subset(&closed) {
        Some("loom's rules forbid a sequentially consistent outcome")
    } else if !closed.is_subset(&ruled) {
        Some("closing the modification order allows more")
    } else if !sequential.is_subset(&strictly) {
        Some("RC11 forbids a sequentially consistent outcome")
    } else if shape.is_none() && !strictly.is_subset(&loosely) {
        Some("weaker orderings allow less")
    } else {
        None
    };
    let start = Instant::now();
    let reached = explore(program, finals);
    let in_loom = start.elapsed();
    let unreached = &ruled - &reached.outcomes;
    Verdict {
        missed_sc: &sequential - &reached.outcomes,
        missed: &unreached & &closed,
        unraised: (&unreached - &closed).len(),
        extra: &reached.outcomes - &ruled,
        executions: reached.executions,
        in_loom,
        outcomes: ruled.len(),
        contradiction,
        given_up: None,
        cut: reached.cut,
        shown_wrongly: (&ruled - &loosely).len(),
        hidden: (&strictly - &ruled).len(),
    }
}

/// Drops operations as long as the program still fails.
fn shrink(mut program: Program, finals: Finals, shape: Option<&Shape>) -> Program {
    'smaller: loop {
        for thread in 0..program.threads.len() {
            for step in 0..program.threads[thread].len() {
                let less = program.without(thread, step);
                if less.size() > 0 && judge(&less, finals, shape).fails() {
                    program = less;
                    continue 'smaller;
                }
            }
        }
        return program;
    }
}

/// What the programs together said.
#[derive(Default)]
pub(crate) struct Report {
    pub(crate) programs: usize,
    pub(crate) failing: usize,
    pub(crate) missed_sc: usize,
    pub(crate) missed: usize,
    pub(crate) extra: usize,
}

/// Judges the programs; prints what they said together, and the smallest that fail.
pub(crate) fn run(programs: usize, seed: u64, shape: Option<&Shape>) -> Report {
    let start = Instant::now();
    let mut report = Report { programs, ..Report::default() };
    let (mut executions, mut outcomes, mut asserts, mut too_large) = (0, 0, 0, 0);
    let (mut unraised, mut shown_wrongly, mut hidden) = (0, 0, 0);
    let mut in_loom = Duration::ZERO;
    let mut failing = Vec::new();
    for seed in (seed..).take(programs) {
        let (program, finals) = match shape {
            Some(shape) => (shaped(seed, shape), Finals::Skip),
            None => random(seed),
        };
        let verdict = judge(&program, finals, shape);
        report.missed_sc += verdict.missed_sc.len();
        report.missed += verdict.missed.len();
        report.extra += verdict.extra.len();
        executions += verdict.executions;
        outcomes += verdict.outcomes;
        asserts += usize::from(verdict.given_up == Some(GivenUp::LoomPanics));
        too_large += usize::from(verdict.given_up == Some(GivenUp::TooLarge));
        unraised += verdict.unraised;
        shown_wrongly += verdict.shown_wrongly;
        hidden += verdict.hidden;
        in_loom += verdict.in_loom;
        if verdict.fails() {
            failing.push((seed, program, finals));
        }
    }
    report.failing = failing.len();
    println!(
        "differential: {programs} random programs, seeds {seed} to {}: {outcomes} outcomes by loom's rules, {executions} executions",
        seed.saturating_add(programs as u64 - 1)
    );
    println!(
        "  loom {:.1} s, brute force {:.1} s",
        in_loom.as_secs_f64(),
        (start.elapsed() - in_loom).as_secs_f64()
    );
    if let Some(shape) = shape {
        println!(
            "  {shape:?}: too large {too_large}, loom's own assertion {asserts}, false alarms not raised {unraised}"
        );
        if !failing.is_empty() {
            show_failing(failing, Some(shape));
        }
        return report;
    }
    println!(
        "  loom's rules against C++20: {shown_wrongly} outcomes shown that are forbidden, {hidden} never shown that RC11 allows; \
         programs on which loom's own assertion fails: {asserts}; false alarms not raised: {unraised}"
    );
    if !failing.is_empty() {
        show_failing(failing, None);
    }
    report
}

fn show_failing(failing: Vec<(u64, Program, Finals)>, shape: Option<&Shape>) {
    let seeds: Vec<_> = failing.iter().map(|(seed, ..)| seed.to_string()).collect();
    println!("  {} programs fail, of seeds {}", seeds.len(), seeds.join(" "));
    let mut smallest: Vec<_> = failing
        .into_iter()
        .map(|(seed, program, finals)| (shrink(program, finals, shape), finals, seed))
        .collect();
    smallest.sort_by_key(|(program, _, seed)| (program.size(), *seed));
    for (program, finals, seed) in smallest.into_iter().take(SHOWN) {
        let verdict = judge(&program, finals, shape);
        println!("  from seed {seed}: {program}");
        for (what, outcomes) in [
            ("sequentially consistent, missed", &verdict.missed_sc),
            ("missed", &verdict.missed),
            ("extra", &verdict.extra),
        ] {
            if !outcomes.is_empty() {
                println!("    {what}: {}", show(outcomes, program.registers()));
            }
        }
        for why in verdict.contradiction.map(str::to_owned).into_iter().chain(verdict.cut) {
            println!("    {why}");
        }
    }
}
