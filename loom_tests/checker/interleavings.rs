//! Sequential consistency by brute force: every interleaving, every state once, nothing left out.

use crate::program::{Op, Outcomes, Program, Step};
use std::collections::HashSet;

#[derive(Clone, PartialEq, Eq, Hash)]
struct State {
    next: Vec<usize>,
    memory: Vec<u32>,
    registers: Vec<u32>,
}

/// What the program can do under sequential consistency.
pub(crate) fn outcomes(program: &Program) -> Outcomes {
    let numbers = program.register_numbers();
    let start = State {
        next: vec![0; program.threads.len()],
        memory: program.initial.clone(),
        registers: vec![0; program.registers()],
    };
    let mut seen = HashSet::from([start.clone()]);
    let mut open = vec![start];
    let mut ends = Outcomes::new();
    while let Some(state) = open.pop() {
        let mut ended = true;
        for (thread, ops) in program.threads.iter().enumerate() {
            let step = state.next[thread];
            let Some(&op) = ops.get(step) else { continue };
            ended = false;
            if !program.may_step(thread, |thread| state.next[thread]) {
                continue;
            }
            let mut after = state.clone();
            after.next[thread] += 1;
            if let Some(at) = op.location() {
                let old = state.memory[at];
                if op.reads() {
                    after.registers[numbers[thread][step]] = old;
                }
                match op {
                    Op::Load(..) | Op::Fence(_) => {}
                    Op::Store(_, value, _) => after.memory[at] = value,
                    _ => {
                        if let Step::Write(value) = op.step(old) {
                            after.memory[at] = value;
                        }
                    }
                }
            }
            if seen.insert(after.clone()) {
                open.push(after);
            }
        }
        if ended {
            ends.insert([state.registers, state.memory].concat());
        }
    }
    ends
}
