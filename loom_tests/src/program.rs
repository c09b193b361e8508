//! Programs, and which of them there are.
//!
//! A program is what each of a few threads does with the one shared object. Threads are not ordered: of the programs that
//! differ in the order of threads alone, one stands for all. A program in which some thread may wait for ever according to
//! the sequential model is left out, since its explorer would rightly report a deadlock; timed forms take the place of plain
//! ones there.

use crate::random::Random;
use crate::subject::{CallId, Progress, Subject};
use std::collections::{BTreeSet, HashSet};
use std::fmt;

/// The operations of each thread, in order.
pub struct Program<S: Subject> {
    threads: Vec<Vec<S::Op>>,
}

impl<S: Subject> Program<S> {
    /// The program with these threads, in their one order.
    pub fn new(mut threads: Vec<Vec<S::Op>>) -> Self {
        threads.sort_unstable();
        Program { threads }
    }

    /// What each thread does.
    pub fn threads(&self) -> &[Vec<S::Op>] {
        &self.threads
    }

    /// Whether this is one of the subject's [`regressions`](Subject::regressions).
    pub fn is_regression(&self) -> bool {
        S::regressions().into_iter().any(|threads| Program::<S>::new(threads).threads == self.threads)
    }

    /// The number of the first call of this thread.
    pub fn first_call(&self, thread: usize) -> CallId {
        self.threads[..thread].iter().map(|ops| ops.len() as CallId).sum()
    }

    /// Whether the threads can come to a point where some of them wait and none goes on. `None` if there are more than
    /// `limit` states to look at.
    pub fn may_wait_for_ever(&self, limit: usize) -> Option<bool> {
        let start = Point::<S> { threads: vec![(0, 0); self.threads.len()], state: S::start() };
        let mut seen = HashSet::from([start.clone()]);
        let mut open = vec![start];
        while let Some(point) = open.pop() {
            let mut running = 0;
            let mut sleeping = 0;
            for (thread, ops) in self.threads.iter().enumerate() {
                let (at, phase) = point.threads[thread];
                let Some(&op) = ops.get(usize::from(at)) else { continue };
                let call = self.first_call(thread) + at;
                running += 1;
                sleeping += usize::from(S::may_sleep(&point.state, call, op, phase));
                for (state, progress) in S::step(&point.state, call, op, phase) {
                    let mut next = Point { threads: point.threads.clone(), state };
                    next.threads[thread] = match progress {
                        Progress::Returns(_) => (at + 1, 0),
                        Progress::Continues => (at, phase + 1),
                    };
                    if seen.insert(next.clone()) {
                        open.push(next);
                    }
                }
            }
            if running > 0 && sleeping == running {
                return Some(true);
            }
            if seen.len() > limit {
                return None;
            }
        }
        Some(false)
    }

    /// `count` threads with `length` operations each, drawn from all. While one of them may wait for ever, or that would take
    /// more than `limit` states to tell, plain forms are replaced by timed ones.
    pub fn random(random: &mut Random, count: usize, length: usize, limit: usize) -> Self {
        let operations = S::operations();
        let mut threads: Vec<Vec<S::Op>> =
            (0..count).map(|_| (0..length).map(|_| random.pick(&operations)).collect()).collect();
        let mut places: Vec<_> = (0..count).flat_map(|t| (0..length).map(move |at| (t, at))).collect();
        places.retain(|&(thread, at)| S::timed(threads[thread][at]) != threads[thread][at]);
        random.shuffle(&mut places);
        loop {
            let program = Program::new(threads.clone());
            if places.is_empty() || program.may_wait_for_ever(limit) == Some(false) {
                return program;
            }
            // A few at once: each look at the model takes its time.
            for _ in 0..places.len().div_ceil(4) {
                if let Some((thread, at)) = places.pop() {
                    threads[thread][at] = S::timed(threads[thread][at]);
                }
            }
        }
    }
}

struct Point<S: Subject> {
    /// The next call and its phase.
    threads: Vec<(CallId, u8)>,
    state: S::State,
}

// Derives would ask `S` itself for these.
impl<S: Subject> Clone for Point<S> {
    fn clone(&self) -> Self {
        Point { threads: self.threads.clone(), state: self.state.clone() }
    }
}

impl<S: Subject> PartialEq for Point<S> {
    fn eq(&self, other: &Self) -> bool {
        self.threads == other.threads && self.state == other.state
    }
}

impl<S: Subject> Eq for Point<S> {}

impl<S: Subject> std::hash::Hash for Point<S> {
    fn hash<H: std::hash::Hasher>(&self, hasher: &mut H) {
        self.threads.hash(hasher);
        self.state.hash(hasher);
    }
}

impl<S: Subject> fmt::Display for Program<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", S::name())?;
        for (thread, ops) in self.threads.iter().enumerate() {
            f.write_str(if thread > 0 { " | " } else { "" })?;
            for (at, op) in ops.iter().enumerate() {
                write!(f, "{}{op:?}", if at > 0 { ", " } else { "" })?;
            }
        }
        Ok(())
    }
}

impl<S: Subject> fmt::Debug for Program<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Which programs to generate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// All pairs of operations, all triples over the first alphabet, and this many of the programs of two threads with up
    /// to two operations each, drawn with a fixed seed.
    Sample(usize),
    /// All pairs of operations, and over every alphabet all triples and all programs of two threads with up to two each.
    All,
}

/// What was generated.
#[derive(Debug)]
pub struct Generated<S: Subject> {
    /// Those to be run, without repetitions.
    pub programs: Vec<Program<S>>,
    /// How many more there are that may wait for ever.
    pub skipped: usize,
}

/// No program of two or three threads comes near.
const STATES: usize = 1_000_000;

/// The programs of a subject.
pub fn generate<S: Subject>(choice: Choice) -> Generated<S> {
    let mut chosen = BTreeSet::new();
    let operations = S::operations();
    multisets(&operations, 2, &mut |threads| chosen.insert(threads.iter().map(|&op| vec![op]).collect()));
    let mut deep = BTreeSet::new();
    for (number, alphabet) in S::alphabets().iter().enumerate() {
        if number == 0 || choice == Choice::All {
            multisets(alphabet, 3, &mut |threads| {
                chosen.insert(threads.iter().map(|&op| vec![op]).collect())
            });
        }
        multisets(&sequences(alphabet), 2, &mut |threads| deep.insert(Program::<S>::new(threads).threads));
    }
    let mut deep: Vec<_> = deep.difference(&chosen).cloned().collect();
    let mut room = usize::MAX;
    if let Choice::Sample(size) = choice {
        Random::new(1).shuffle(&mut deep);
        room = size;
    }
    let mut generated = Generated { programs: Vec::new(), skipped: 0 };
    let mut add = |threads| {
        let program = Program::<S>::new(threads);
        let ends = program.may_wait_for_ever(STATES) == Some(false);
        if ends {
            generated.programs.push(program);
        } else {
            generated.skipped += 1;
        }
        ends
    };
    for threads in S::regressions() {
        add(threads);
    }
    for threads in chosen {
        add(threads);
    }
    for threads in deep {
        if room == 0 {
            break;
        }
        room -= usize::from(add(threads));
    }
    generated
}

/// All sequences of one or two of these.
fn sequences<T: Copy>(alphabet: &[T]) -> Vec<Vec<T>> {
    let ones = alphabet.iter().map(|&op| vec![op]);
    let twos = alphabet.iter().flat_map(|&first| alphabet.iter().map(move |&second| vec![first, second]));
    ones.chain(twos).collect()
}

/// Calls `each` with every choice of `size` of these, repetitions allowed, order ignored.
fn multisets<T: Clone>(from: &[T], size: usize, each: &mut impl FnMut(Vec<T>) -> bool) {
    fn extend<T: Clone>(
        from: &[T],
        start: usize,
        size: usize,
        chosen: &mut Vec<T>,
        each: &mut impl FnMut(Vec<T>) -> bool,
    ) {
        if chosen.len() == size {
            each(chosen.clone());
            return;
        }
        for next in start..from.len() {
            chosen.push(from[next].clone());
            extend(from, next, size, chosen, each);
            chosen.pop();
        }
    }
    extend(from, 0, size, &mut Vec::new(), each);
}

/// The most operations in an alphabet.
pub const ALPHABET: usize = 5;

/// `chosen`, and as many more alphabets as it takes for every pair of operations to meet in one: each starts with a pair
/// that has not met, and takes in those operations that make the most new pairs.
pub fn cover<T: Copy + Ord>(operations: &[T], chosen: &[Vec<T>]) -> Vec<Vec<T>> {
    let mut alphabets = chosen.to_vec();
    let mut apart: BTreeSet<(T, T)> = BTreeSet::new();
    multisets(operations, 2, &mut |pair| {
        apart.insert((pair[0].min(pair[1]), pair[0].max(pair[1])));
        true
    });
    let meet = |alphabet: &[T], apart: &mut BTreeSet<(T, T)>| {
        apart.retain(|(one, other)| !(alphabet.contains(one) && alphabet.contains(other)));
    };
    alphabets.iter().for_each(|alphabet| meet(alphabet, &mut apart));
    while let Some(&(one, other)) = apart.first() {
        let mut alphabet = if one == other { vec![one] } else { vec![one, other] };
        while alphabet.len() < ALPHABET {
            let gain = |&op: &T| {
                alphabet.iter().filter(|&&with| apart.contains(&(op.min(with), op.max(with)))).count()
            };
            let rest = operations.iter().filter(|op| !alphabet.contains(op));
            // The first of the best.
            let Some(&best) = rest.rev().max_by_key(|op| gain(op)) else { break };
            alphabet.push(best);
        }
        meet(&alphabet, &mut apart);
        alphabets.push(alphabet);
    }
    alphabets
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subjects::{ForEach, QueueOp::*, QueueSubject, RawLockOp, RawLockSubject, for_each};

    struct EveryPairMeets;

    impl ForEach for EveryPairMeets {
        fn subject<S: Subject>(&mut self) {
            let alphabets = S::alphabets();
            assert!(alphabets.iter().all(|alphabet| alphabet.len() <= ALPHABET), "{}", S::name());
            multisets(&S::operations(), 2, &mut |pair| {
                let meet = |alphabet: &Vec<S::Op>| pair.iter().all(|op| alphabet.contains(op));
                assert!(alphabets.iter().any(meet), "{}: {pair:?} never meet", S::name());
                true
            });
        }
    }

    #[test]
    fn every_pair_of_operations_meets_in_an_alphabet() {
        for_each(&mut EveryPairMeets);
    }

    struct Timed;

    impl ForEach for Timed {
        fn subject<S: Subject>(&mut self) {
            let timed: Vec<_> = S::operations().into_iter().map(S::timed).collect();
            multisets(&timed, 3, &mut |threads| {
                let program = Program::<S>::new(threads.into_iter().map(|op| vec![op]).collect());
                assert_eq!(program.may_wait_for_ever(STATES), Some(false), "{program}");
                true
            });
        }
    }

    #[test]
    fn timed_forms_never_wait_for_ever() {
        for_each(&mut Timed);
    }

    struct Counted;

    impl ForEach for Counted {
        fn subject<S: Subject>(&mut self) {
            let all = generate::<S>(Choice::All);
            let some = generate::<S>(Choice::Sample(50));
            println!(
                "{:<14} {:>2} operations, {:>2} alphabets; all: {:>5} programs, {:>4} may wait for ever; sample: {:>3}, {:>3}",
                S::name(),
                S::operations().len(),
                S::alphabets().len(),
                all.programs.len(),
                all.skipped,
                some.programs.len(),
                some.skipped,
            );
            assert!(all.programs.len() > some.programs.len());
        }
    }

    #[test]
    fn there_are_programs_for_every_subject() {
        for_each(&mut Counted);
    }

    fn waits<S: Subject>(threads: Vec<Vec<S::Op>>) -> Option<bool> {
        Program::<S>::new(threads).may_wait_for_ever(STATES)
    }

    #[test]
    fn what_may_wait_for_ever_is_told_from_what_may_not() {
        type Two = QueueSubject<2>;
        assert_eq!(waits::<Two>(vec![vec![Get], vec![TryPut]]), Some(false));
        assert_eq!(waits::<Two>(vec![vec![Get], vec![TryGet, Put]]), Some(false));
        assert_eq!(waits::<Two>(vec![vec![Get], vec![Put, TryGet]]), Some(true));
        assert_eq!(waits::<Two>(vec![vec![Put, Put, Put], vec![Drain]]), Some(false));
        assert_eq!(waits::<Two>(vec![vec![Put, Join], vec![TaskDone]]), Some(true));
        assert_eq!(waits::<Two>(vec![vec![Put, Join], vec![Get, TaskDone]]), Some(false));
        assert_eq!(waits::<RawLockSubject>(vec![vec![RawLockOp::Acquire]; 2]), Some(true));
        assert_eq!(Program::<Two>::new(vec![vec![TryPut; 4]; 3]).may_wait_for_ever(10), None);
    }

    #[test]
    fn the_order_of_threads_makes_no_difference() {
        let one = Program::<QueueSubject<1>>::new(vec![vec![Get, Put], vec![TryGet]]);
        let other = Program::<QueueSubject<1>>::new(vec![vec![TryGet], vec![Get, Put]]);
        assert_eq!(one.threads(), other.threads());
        assert_eq!((one.first_call(0), one.first_call(1)), (0, 2));
    }

    #[test]
    fn multisets_are_counted_right() {
        let mut count = 0;
        multisets(&sequences(&[1, 2, 3, 4, 5]), 2, &mut |_| {
            count += 1;
            true
        });
        assert_eq!(count, 30 * 31 / 2);
    }
}
