//! loom's own memory rules by brute force: every interleaving and every legal read, each operation and each fence a step of
//! its own, and no partial-order reduction at all.
//!
//! # The rules of loom 0.7.2
//!
//! Time is counted per thread: each operation and each fence is a tick. A *view* says how many ticks of each thread are
//! known. A write keeps
//!
//! * `known`: its thread's view when it was made; what is in it happened before the write;
//! * `order`: a view that stands for its place in modification order, which is partial: a write is before another if its
//!   `order` is the smaller view;
//! * `gives`: what a reader that acquires joins to its view;
//! * `seen`: the tick of each thread at which it first read (or made) the write. The write is *seen by* a thread whose view
//!   has such a tick: because it has read it, or because somebody who has read it happens before.
//!
//! **Load**: any of the last seven writes that is not before a write that the thread has seen (nor, for a `SeqCst` load of
//! a `SeqCst` write, before another `SeqCst` write). The write read then comes after all that the thread has seen and all
//! that happened before: their `order` is joined to its own. **Store**: its `order` is the thread's view joined with that
//! of all writes seen. **Read-modify-write**: reads any write that is before no other, and hands on the `gives` of what
//! it read, which makes release sequences. It does *not* bind later stores to come after it (tokio-rs/loom#254, #282,
//! #389). A compare-exchange that fails reads the newest write too. **Orderings**: `SeqCst` accesses are `AcqRel` but for
//! the rule for loads above. A release fence remembers the view, which every later write gives. An acquire fence joins
//! what the writes that are seen give. A `SeqCst` fence is both, and then joins the one global view of all `SeqCst` fences to
//! its own and its own to that.
//!
//! loom does not close the partial order: a write that has grown later than another does not take along those that were
//! after it. So what two loads of one location leave behind may depend on which came first, although a reduction rightly
//! takes them for independent. [`Rules::Closed`] closes it. Then loads do commute; each of its outcomes is one of loom's
//! rules, and has to be reached whatever the reduction. The others are false alarms, raised or not as it happens.
//!
//! loom compares the `order` of writes and panics if two are equal; such a program is reported, not compared.
//!
//! The final values are what a thread reads that has joined all others, one load for each location.

use crate::program::{Location, Op, Outcomes, Program, SC, Step, THREADS, acquires, releases};
use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::atomic::Ordering;

/// How many writes of a location loom remembers.
pub(crate) const HISTORY: usize = 7;

const NEVER: u8 = u8::MAX;

/// What becomes of modification order when a load makes a write later.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rules {
    /// As in loom.
    Loom,
    /// What was after that write stays after it.
    Closed,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
struct View([u8; THREADS]);

impl View {
    fn join(&mut self, other: View) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine = (*mine).max(theirs);
        }
    }

    /// Whether all of this is known to `other`.
    fn within(self, other: View) -> bool {
        self.0.iter().zip(other.0).all(|(&mine, theirs)| mine <= theirs)
    }

    fn before(self, other: View) -> bool {
        self != other && self.within(other)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Write {
    at: u8,
    /// The thread that made it.
    by: u8,
    seq_cst: bool,
    value: u32,
    known: View,
    order: View,
    gives: View,
    seen: [u8; THREADS],
}

impl Write {
    fn seen_by(&self, view: View) -> bool {
        self.seen.iter().zip(view.0).any(|(&tick, known)| tick != NEVER && tick <= known)
    }
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
struct Thread {
    next: u8,
    view: View,
    /// The view at the last release fence.
    released: View,
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct State {
    threads: [Thread; THREADS],
    fences: View,
    /// Of all locations, in the order of execution.
    writes: Vec<Write>,
    registers: Vec<u32>,
}

/// Why there is nothing to compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GivenUp {
    /// loom would run into its own assertion that no two writes have the same place in modification order.
    LoomPanics,
    /// More states than the caller wanted.
    TooLarge,
}

/// What the program can do.
pub(crate) fn outcomes(program: &Program, rules: Rules, most_states: usize) -> Result<Outcomes, GivenUp> {
    let numbers = program.register_numbers();
    let mut seen = HashSet::with_hasher(BuildHasherDefault::<Mix>::default());
    let mut open = vec![State::start(program)];
    let mut ends = Outcomes::new();
    while let Some(state) = open.pop() {
        if seen.len() > most_states {
            return Err(GivenUp::TooLarge);
        }
        let mut ended = true;
        let next = |thread: usize| usize::from(state.threads[thread].next);
        for (thread, ops) in program.threads.iter().enumerate() {
            let step = next(thread);
            let Some(&op) = ops.get(step) else { continue };
            ended = false;
            if !program.may_step(thread, next) {
                continue;
            }
            let mut state = state.clone();
            if thread == program.main() {
                state.join(program);
            }
            state.step(thread, op, numbers[thread][step], rules, &mut |mut after| {
                if thread == program.main() {
                    after.spawn(program);
                }
                if seen.insert(after.clone()) {
                    open.push(after);
                }
            })?;
        }
        if ended {
            state.end(program.locations(), &mut ends)?;
        }
    }
    Ok(ends)
}

impl State {
    fn start(program: &Program) -> State {
        let mut threads = [Thread::default(); THREADS];
        for (number, thread) in threads.iter_mut().enumerate().take(program.threads.len()) {
            thread.view.0[number] = 1;
        }
        // Made before the threads start, so known to and seen by all of them.
        let first = |(at, &value): (usize, &u32)| Write {
            at: at as u8,
            by: 0,
            seq_cst: false,
            value,
            known: View::default(),
            order: View::default(),
            gives: View::default(),
            seen: [0; THREADS],
        };
        let writes = program.initial.iter().enumerate().map(first).collect();
        State { threads, fences: View::default(), writes, registers: vec![0; program.registers()] }
    }

    /// Joins the threads that the main thread waits for before its next step.
    fn join(&mut self, program: &Program) {
        let main = program.main();
        let step = usize::from(self.threads[main].next);
        for other in (0..main).filter(|&other| program.joined[other] == Some(step)) {
            let theirs = self.threads[other].view;
            self.threads[main].view.join(theirs);
        }
    }

    /// Spawns the threads that the main thread spawns after the step it has just taken.
    fn spawn(&mut self, program: &Program) {
        let main = program.main();
        let Thread { next, view, .. } = self.threads[main];
        for other in (0..main).filter(|&other| program.spawned[other] == usize::from(next)) {
            self.threads[other].view.join(view);
        }
    }

    fn of(&self, at: Location) -> impl Iterator<Item = (usize, &Write)> {
        self.writes.iter().enumerate().filter(move |(_, write)| usize::from(write.at) == at)
    }

    /// All that one operation of a thread can do.
    fn step(
        &self,
        me: usize,
        op: Op,
        register: usize,
        rules: Rules,
        then: &mut dyn FnMut(State),
    ) -> Result<(), GivenUp> {
        let mut base = self.clone();
        base.threads[me].next += 1;
        base.threads[me].view.0[me] += 1;
        match op {
            Op::Fence(order) => {
                base.fence(me, order);
                then(base);
            }
            Op::Store(at, value, order) => {
                base.write(me, at, value, View::default(), order);
                then(base);
            }
            Op::Load(at, order) => {
                for index in base.readable(base.threads[me].view, at, order == SC)? {
                    let mut after = base.clone();
                    after.registers[register] = after.read(me, index, rules);
                    after.acquire(me, index, order);
                    then(after);
                }
            }
            Op::Swap(at, _, order) | Op::FetchAdd(at, _, order) | Op::CompareExchange(at, _, _, order, _) => {
                for index in base.newest(at)? {
                    let mut after = base.clone();
                    let old = after.read(me, index, rules);
                    after.registers[register] = old;
                    match op.step(old) {
                        Step::Write(new) => {
                            after.acquire(me, index, order);
                            let gives = after.writes[index].gives;
                            after.write(me, at, new, gives, order);
                        }
                        Step::Keep => {
                            if let Op::CompareExchange(.., failure) = op {
                                after.acquire(me, index, failure);
                            }
                        }
                    }
                    then(after);
                }
            }
        }
        Ok(())
    }

    fn is_before(&self, one: usize, other: usize) -> Result<bool, GivenUp> {
        let (one, other) = (self.writes[one].order, self.writes[other].order);
        if one == other { Err(GivenUp::LoomPanics) } else { Ok(one.before(other)) }
    }

    /// What a load may return.
    fn readable(&self, view: View, at: Location, seq_cst: bool) -> Result<Vec<usize>, GivenUp> {
        let mut readable = Vec::new();
        'candidates: for (index, write) in self.of(at) {
            for (other, newer) in self.of(at).filter(|&(other, _)| other != index) {
                let hidden = newer.seen_by(view) || (seq_cst && write.seq_cst && newer.seq_cst);
                if self.is_before(index, other)? && hidden {
                    continue 'candidates;
                }
            }
            readable.push(index);
        }
        Ok(readable)
    }

    /// What a read-modify-write may read.
    fn newest(&self, at: Location) -> Result<Vec<usize>, GivenUp> {
        let mut newest = Vec::new();
        'candidates: for (index, _) in self.of(at) {
            for (other, _) in self.of(at).filter(|&(other, _)| other != index) {
                if self.is_before(index, other)? {
                    continue 'candidates;
                }
            }
            newest.push(index);
        }
        Ok(newest)
    }

    /// Reads a write: it comes after what is seen and what happened before.
    fn read(&mut self, me: usize, index: usize, rules: Rules) -> u32 {
        let view = self.threads[me].view;
        let mut order = self.writes[index].order;
        for (_, other) in self.of(usize::from(self.writes[index].at)) {
            if other.seen_by(view) || other.known.before(view) {
                order.join(other.order);
            }
        }
        let write = &mut self.writes[index];
        // Joining the order of the write itself changes nothing.
        write.order = order;
        if write.seen[me] == NEVER {
            write.seen[me] = view.0[me];
        }
        let (at, value) = (write.at, write.value);
        if rules == Rules::Closed {
            self.close(at);
        }
        value
    }

    /// Makes each write later than all that it is known to come after: those whose tick is in its order.
    fn close(&mut self, at: u8) {
        let mut grown = true;
        while grown {
            grown = false;
            for one in 0..self.writes.len() {
                for other in 0..self.writes.len() {
                    let (before, after) = (self.writes[one], self.writes[other]);
                    let by = usize::from(before.by);
                    let known = before.known.0[by] <= after.order.0[by];
                    if before.at == at && after.at == at && known && !before.order.within(after.order) {
                        self.writes[other].order.join(before.order);
                        grown = true;
                    }
                }
            }
        }
    }

    fn acquire(&mut self, me: usize, index: usize, order: Ordering) {
        if acquires(order) {
            self.threads[me].view.join(self.writes[index].gives);
        }
    }

    fn write(&mut self, me: usize, at: Location, value: u32, mut gives: View, order: Ordering) {
        let Thread { view, released, .. } = self.threads[me];
        let mut place = view;
        for (_, other) in self.of(at) {
            if other.seen_by(view) {
                place.join(other.order);
            }
        }
        gives.join(released);
        if releases(order) {
            gives.join(view);
        }
        let mut seen = [NEVER; THREADS];
        seen[me] = view.0[me];
        let at = at as u8;
        if self.writes.iter().filter(|write| write.at == at).count() == HISTORY {
            let oldest = self.writes.iter().position(|write| write.at == at);
            oldest.map(|oldest| self.writes.remove(oldest));
        }
        self.writes.push(Write {
            at,
            by: me as u8,
            seq_cst: order == SC,
            value,
            known: view,
            order: place,
            gives,
            seen,
        });
    }

    fn fence(&mut self, me: usize, order: Ordering) {
        let thread = &mut self.threads[me];
        if acquires(order) {
            // Location by location, oldest first. What is learnt on the way counts for the writes that follow, as in loom.
            for at in 0..crate::program::LOCATIONS {
                for write in self.writes.iter().filter(|write| usize::from(write.at) == at) {
                    if write.seen_by(thread.view) {
                        thread.view.join(write.gives);
                    }
                }
            }
        }
        if releases(order) {
            thread.released = thread.view;
        }
        if order == SC {
            thread.view.join(self.fences);
            self.fences.join(thread.view);
        }
    }

    /// The outcomes of a state in which all threads have ended.
    fn end(self, locations: usize, ends: &mut Outcomes) -> Result<(), GivenUp> {
        let mut view = View::default();
        for thread in &self.threads {
            view.join(thread.view);
        }
        let mut outcomes = vec![self.registers.clone()];
        for at in 0..locations {
            let last: Vec<_> =
                self.readable(view, at, false)?.into_iter().map(|index| self.writes[index].value).collect();
            let with = |outcome: &Vec<u32>| -> Vec<_> {
                last.iter().map(|&value| [&outcome[..], &[value]].concat()).collect()
            };
            outcomes = outcomes.iter().flat_map(with).collect();
        }
        ends.extend(outcomes);
        Ok(())
    }
}

/// A hash that is fast on many small fields. States are compared in full where it collides.
#[derive(Default)]
struct Mix(u64);

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        self.0.rotate_left(26)
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u8(&mut self, value: u8) {
        self.write_u64(value.into());
    }

    fn write_u32(&mut self, value: u32) {
        self.write_u64(value.into());
    }

    fn write_usize(&mut self, value: usize) {
        self.write_u64(value as u64);
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = (self.0.rotate_left(5) ^ value).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
}
