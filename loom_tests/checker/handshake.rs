//! The one place where the library leans on `SeqCst` accesses, under C++20's rules ([`crate::standard`]).
//!
//! loom takes `SeqCst` accesses for `AcqRel`, so it cannot check the notifier's half of the gate's handshake as it is
//! compiled (`sc_handshake` in `src/platform/os/mod.rs`). Nor does it see that what a condition's waiter reads of the crowd's word
//! orders what it reads of its own: to loom a read-modify-write reads the newest value in any case. Here are the access sequences of the library, one program for each
//! way in which a notifier and a waiter meet: `x` is the word of state, `y` the gate's word, `z` a lock. Where two threads
//! take the lock, it is a count of steps, so that the order in which they had it can be read off.
//!
//! *Bad* is: the notifier sees nobody to wake, and the waiter sees nothing to take. It has to be impossible. Then each access
//! is weakened by one step, and each fence too, and removed. A weakening makes the bad outcome possible (it is *noticed*),
//! or the handshake does not need what it takes away, and the table says so and why it is there.
//!
//! The models of `cargo loom` have a `SeqCst` fence at `sc_handshake`: with it, loom's rules have to exclude the bad outcome
//! too, and without it they must not (or the fence were for nothing).

use crate::program::{AR, Acq, Op, Op::*, Outcomes, Program, Rel, Rlx, SC};
use crate::standard::{self, Model};
use crate::weak::{self, Rules};
use std::sync::atomic::Ordering;

/// The word of state: permits, or a word of a candidate core.
const X: usize = 0;
/// The gate's word, scaled down: bit 0 a wake in flight, then the waiters.
const Y: usize = 1;
/// The gate's lock, or a queue's latch.
const Z: usize = 2;

const WAKING: u32 = 1;
const WAITER: u32 = 2;
/// Above the waiters of all programs.
const CLOSED: u32 = 16;
const PERMIT: u32 = 2;
/// Subtracts one.
const MINUS: u32 = u32::MAX;

/// An access, and what it returns in the bad outcome if that matters.
#[derive(Clone, Copy)]
struct Step {
    op: Op,
    returns: Option<u32>,
    /// Why it is as strong as it is, if not for the handshake.
    spare: Option<&'static str>,
    /// `sc_handshake` follows.
    handshake: bool,
}

impl Step {
    fn returns(self, value: u32) -> Self {
        Step { returns: Some(value), ..self }
    }

    /// Not as strong for the handshake's sake.
    fn spare(self, why: &'static str) -> Self {
        Step { spare: Some(why), ..self }
    }

    fn then_sc_handshake(self) -> Self {
        Step { handshake: true, ..self }
    }
}

fn step(op: Op) -> Step {
    Step { op, returns: None, spare: None, handshake: false }
}

/// One way to meet.
struct Case {
    name: &'static str,
    initial: [u32; 3],
    threads: Vec<Vec<Step>>,
    /// Less than the library does, so that the bad outcome is possible: why it does more.
    too_little: bool,
}

const EXCLUSION: &str = "it is for mutual exclusion";
const DATA: &str = "it is for what the notifier did before";

fn cases() -> Vec<Case> {
    // `Semaphore::add`.
    let add =
        [step(Load(X, Rlx)), step(CompareExchange(X, 0, PERMIT, SC, Rlx)).returns(0).then_sc_handshake()];
    // The exchange with which a push of a candidate core takes effect (`queue/cores`).
    let publish = step(Swap(X, 4, SC)).returns(0).then_sc_handshake();
    // `Gate::notify`.
    let look = |sees| step(Load(Y, SC)).returns(sees);
    // `Place::join`, and the fence of `Gate::wait`.
    let join = [
        step(CompareExchange(Z, 0, 1, Acq, Rlx)).spare(EXCLUSION),
        step(FetchAdd(Y, WAITER, Rlx)),
        step(CompareExchange(Z, 1, 0, Rel, Rlx)).spare(EXCLUSION),
        step(Fence(SC)),
    ];
    // `Gate::clear_waking`.
    let clear = [step(FetchAdd(Y, MINUS, Rlx)), step(Fence(SC))];
    // `Core::take` of a semaphore, which finds too little and ends there.
    let attempt = step(Load(X, Rlx)).returns(0);
    // The look with which its `try_pop` and `try_push` begin.
    let status = step(Load(X, Acq)).returns(0).spare("it is for the publication of the item");
    // `Gate::release_all`.
    let release_all = [step(Fence(SC)), step(Load(Y, Rlx)).returns(0)];
    let lock = |found| step(FetchAdd(Z, 1, Acq)).returns(found);
    let unlock = |found| step(FetchAdd(Z, 1, Rel)).returns(found);
    // `Visit::drop` of the one that has closed the gate, with the newcomer in the line.
    let opener = [
        step(FetchAdd(Y, CLOSED.wrapping_neg(), Rlx)),
        look(WAITER).spare("the newcomer looks"),
        lock(2).spare("the newcomer looks"),
        attempt,
    ];
    let case = |name, initial, threads: &[&[&[Step]]]| Case {
        name,
        initial,
        threads: threads.iter().map(|parts| parts.concat()).collect(),
        too_little: false,
    };
    vec![
        case("Semaphore::add | Gate::wait", [0; 3], &[&[&add, &[look(0)]], &[&join, &[attempt]]]),
        case("a core: publish | Gate::wait", [0; 3], &[&[&[publish], &[look(0)]], &[&join, &[status]]]),
        // The latch alone is enough, with nothing `SeqCst`: the waiter had it first, so its joining happens before the look.
        case(
            "Queue: a section | Gate::wait, a stale look, then a section",
            [8, 0, 0],
            &[
                &[
                    &[lock(2), step(Swap(X, 4, Rlx)), unlock(3).spare(EXCLUSION)],
                    &[step(Load(Y, Rlx)).returns(0)],
                ],
                &[
                    &[step(FetchAdd(Y, WAITER, Rlx)), step(Load(X, Rlx)).returns(8)],
                    &[lock(0).spare(EXCLUSION), unlock(1)],
                ],
            ],
        ),
        case(
            "Semaphore::add | a woken waiter: clear_waking, try",
            [0, WAKING, 0],
            &[&[&add, &[look(WAKING)]], &[&clear, &[attempt]]],
        ),
        case(
            "Semaphore::add, looks twice | picked, cleared, try",
            [0, WAITER, 0],
            &[
                &[
                    &add,
                    &[look(WAITER).spare("the second look would do")],
                    &[lock(2).spare(EXCLUSION), look(WAKING).spare("the first look does, always")],
                ],
                &[
                    &[lock(0).spare(EXCLUSION), step(FetchAdd(Y, MINUS, Rlx)), unlock(1).spare(EXCLUSION)],
                    &clear,
                    &[attempt],
                ],
            ],
        ),
        case(
            "Semaphore::add, looks twice, the second time Relaxed | picked, cleared, try",
            [0, WAITER, 0],
            &[
                &[&add, &[look(WAITER), lock(2).spare(EXCLUSION), step(Load(Y, Rlx)).returns(WAKING)]],
                &[
                    &[lock(0).spare(EXCLUSION), step(FetchAdd(Y, MINUS, Rlx)), unlock(1).spare(EXCLUSION)],
                    &clear,
                    &[attempt],
                ],
            ],
        ),
        case(
            "Semaphore::add | woken, passes on | its successor",
            [0, WAKING, 0],
            &[
                &[&add, &[look(WAKING)]],
                &[
                    &[step(FetchAdd(Y, MINUS, Rlx))],
                    &[step(Fence(SC)).spare("it is for its own try")],
                    &[look(WAKING).spare("the modification order of the gate's word does")],
                ],
                &[&[step(FetchAdd(Y, WAKING, Rlx))], &clear, &[attempt]],
            ],
        ),
        case(
            "Semaphore::add | woken, passes on, without a fence and Relaxed | its successor",
            [0, WAKING, 0],
            &[
                &[&add, &[look(WAKING)]],
                &[&[step(FetchAdd(Y, MINUS, Rlx)), step(Load(Y, Rlx)).returns(WAKING)]],
                &[&[step(FetchAdd(Y, WAKING, Rlx))], &clear, &[attempt]],
            ],
        ),
        case(
            "Semaphore::add, looks at the head | the head leaves unpicked, passes on",
            [0; 3],
            &[
                &[
                    &[step(CompareExchange(X, 0, PERMIT, SC, Rlx))
                        .spare("it is for those who look without the lock")
                        .returns(0)],
                    &[lock(0).spare(EXCLUSION), unlock(1)],
                ],
                &[&[lock(2), unlock(3).spare(EXCLUSION)], &[attempt]],
            ],
        ),
        case(
            "Semaphore::add | a newcomer at a closed gate, looks | who opens the gate, looks",
            [0, CLOSED, 0],
            &[
                &[&add, &[look(CLOSED)]],
                &[
                    &[lock(0).spare(EXCLUSION), step(FetchAdd(Y, WAITER, Rlx)), unlock(1).spare(EXCLUSION)],
                    &[step(Fence(SC)), look(CLOSED + WAITER).spare("the fence does"), attempt],
                ],
                &[&opener],
            ],
        ),
        Case {
            too_little: true,
            ..case(
                "Semaphore::add | a newcomer at a closed gate, does not look | who opens the gate, looks",
                [0, CLOSED, 0],
                &[
                    &[&add, &[look(CLOSED)]],
                    &[
                        &[lock(0), step(FetchAdd(Y, WAITER, Rlx)), unlock(1)],
                        &[step(Fence(SC)), step(Load(Y, Rlx)).returns(CLOSED + WAITER)],
                    ],
                    &[&opener],
                ],
            )
        },
        case(
            "Semaphore::close | Gate::wait",
            [0; 3],
            &[
                &[
                    &[step(FetchAdd(X, 1, Rel)).spare("a fence follows; Release is for those who fail")],
                    &release_all,
                ],
                &[&join, &[attempt]],
            ],
        ),
        // Here the fences alone would do too, without the sections of both.
        case(
            "Queue::shutdown | Gate::wait, without the latch",
            [0; 3],
            &[
                &[&[step(Store(X, 1, Rel)).spare("a fence follows; Release is for looks")], &release_all],
                &[&join, &[status]],
            ],
        ),
        case(
            "Queue: a section | a woken waiter, which had the latch first: clear_waking, try",
            [0, WAKING, 0],
            &[
                &[&[
                    lock(2),
                    step(Store(X, 1, Rlx)),
                    unlock(3).spare(EXCLUSION),
                    step(Load(Y, Rlx)).returns(WAKING),
                ]],
                &[&[step(FetchAdd(Y, MINUS, Rlx)), lock(0).spare(EXCLUSION), attempt, unlock(1)]],
            ],
        ),
        // X: the waiter's own word, ASLEEP is 3, told is 2. Y: the crowd's.
        case(
            "Crowd::notify | a member is about to announce that it sleeps",
            [0; 3],
            &[
                &[&[step(Swap(X, 2, Rel)).spare(DATA), step(FetchAdd(Y, 1, Rel))]],
                &[&[step(Load(Y, Acq)).returns(1), step(CompareExchange(X, 0, 3, Rlx, Rlx)).returns(0)]],
            ],
        ),
        case(
            "Crowd::notify | a member that has announced it looks again",
            [3, 0, 0],
            &[
                &[&[step(Swap(X, 2, Rel)).spare(DATA), step(FetchAdd(Y, 1, Rel))]],
                &[&[step(Load(Y, Acq)).returns(1), step(Load(X, Acq)).spare(DATA).returns(3)]],
            ],
        ),
        // With `release_all` and `wait_for` as they are, either their fences or the lock would do. The lock alone does.
        case(
            "Queue::task_done | Gate::wait_for, which had the queue's lock first, both without fences",
            [0; 3],
            &[
                &[&[
                    lock(2),
                    step(Store(X, 1, Rlx)),
                    unlock(3).spare(EXCLUSION),
                    step(Load(Y, Rlx)).returns(0),
                ]],
                &[&[step(FetchAdd(Y, WAITER, Rlx)), lock(0).spare(EXCLUSION), attempt, unlock(1)]],
            ],
        ),
        case(
            "Queue::task_done, which had the queue's lock first | Gate::wait_for, both without fences",
            [0; 3],
            &[
                &[&[
                    lock(0).spare(EXCLUSION),
                    step(Store(X, 1, Rlx)),
                    unlock(1),
                    step(Load(Y, Rlx)).returns(0),
                ]],
                &[&[step(FetchAdd(Y, WAITER, Rlx)), lock(2), attempt, unlock(3).spare(EXCLUSION)]],
            ],
        ),
    ]
}

/// All that are one step weaker; `None`: removed.
fn weaker(op: Op) -> Vec<Option<Op>> {
    let both = |order| match order {
        SC => vec![AR],
        AR => vec![Acq, Rel],
        Acq | Rel => vec![Rlx],
        _ => vec![],
    };
    let one = |order, half: Ordering| match order {
        SC => vec![half],
        Rlx => vec![],
        _ => vec![Rlx],
    };
    match op {
        Load(at, order) => one(order, Acq).into_iter().map(|order| Some(Load(at, order))).collect(),
        Store(at, value, order) => {
            one(order, Rel).into_iter().map(|order| Some(Store(at, value, order))).collect()
        }
        Swap(at, value, order) => both(order).into_iter().map(|order| Some(Swap(at, value, order))).collect(),
        FetchAdd(at, by, order) => {
            both(order).into_iter().map(|order| Some(FetchAdd(at, by, order))).collect()
        }
        CompareExchange(at, expected, new, success, failure) => {
            let weaken = |success| Some(CompareExchange(at, expected, new, success, failure));
            both(success).into_iter().map(weaken).collect()
        }
        Fence(SC) => vec![Some(Fence(AR)), None],
        Fence(_) => vec![None],
    }
}

impl Case {
    fn program(&self) -> Program {
        let ops = |steps: &Vec<Step>| steps.iter().map(|step| step.op).collect();
        Program::starting_with(self.initial.to_vec(), self.threads.iter().map(ops).collect())
    }

    fn with_modelled_handshake(&self) -> Program {
        let ops = |steps: &Vec<Step>| {
            steps
                .iter()
                .flat_map(|step| [Some(step.op), step.handshake.then_some(Fence(SC))])
                .flatten()
                .collect()
        };
        Program::starting_with(self.initial.to_vec(), self.threads.iter().map(ops).collect())
    }

    fn is_bad(&self, outcomes: &Outcomes) -> bool {
        let bad: Vec<_> =
            self.threads.iter().flatten().filter(|step| step.op.reads()).map(|step| step.returns).collect();
        outcomes
            .iter()
            .any(|outcome| bad.iter().zip(outcome).all(|(bad, found)| bad.is_none_or(|bad| bad == *found)))
    }

    /// Whether the bad outcome is possible with one operation replaced, or removed.
    fn notices(&self, thread: usize, place: usize, weaker: Option<Op>) -> bool {
        let mut program = self.program();
        match weaker {
            Some(op) => program.threads[thread][place] = op,
            None => drop(program.threads[thread].remove(place)),
        }
        self.is_bad(&standard::outcomes(&program, Model::Cpp20))
    }

    /// Weakens every operation in turn.
    fn weaken(&self, report: &mut Report) {
        for (thread, steps) in self.threads.iter().enumerate() {
            for (place, step) in steps.iter().enumerate() {
                for weaker in weaker(step.op) {
                    let noticed = self.notices(thread, place, weaker);
                    let verdict = match (step.spare, noticed) {
                        (None, true) => "noticed",
                        (None, false) => "NOT NOTICED",
                        (Some(_), false) => "not needed:",
                        (Some(_), true) => "NOTICED, against what the table says:",
                    };
                    let weaker = weaker.map_or("removed".to_owned(), |op| op.to_string());
                    let verdict = format!("{verdict} {}", step.spare.unwrap_or(""));
                    println!("      {:<20} -> {weaker:<22} {}", step.op.to_string(), verdict.trim_end());
                    let (count, noticed_of_them) = match step.spare {
                        None => (&mut report.needed, &mut report.noticed),
                        Some(_) => (&mut report.spare, &mut report.spare_noticed),
                    };
                    *count += 1;
                    *noticed_of_them += usize::from(noticed);
                }
            }
        }
    }
}

/// What the cases said.
#[derive(Default)]
pub(crate) struct Report {
    pub(crate) cases: usize,
    /// Cases that are safe; or not, where they do too little.
    pub(crate) safe: usize,
    /// Weakenings of what the handshake needs.
    pub(crate) needed: usize,
    pub(crate) noticed: usize,
    /// Weakenings of what it does not need; and those that were noticed all the same.
    pub(crate) spare: usize,
    pub(crate) spare_noticed: usize,
    /// Cases in which loom's rules and the modelled handshake do not fit.
    pub(crate) misfits: usize,
}

impl Report {
    pub(crate) fn is_right(&self) -> bool {
        self.safe == self.cases && self.noticed == self.needed && self.spare_noticed == 0 && self.misfits == 0
    }
}

/// Judges all cases and prints them.
pub(crate) fn run() -> Report {
    let mut report = Report::default();
    println!("handshake: the library's own sequences under C++20's rules; each access weakened by one step");
    for case in cases() {
        report.cases += 1;
        let safe = !case.is_bad(&standard::outcomes(&case.program(), Model::Cpp20));
        report.safe += usize::from(safe != case.too_little);
        let say = |bad| if bad { "POSSIBLE" } else { "impossible" };
        println!("  {}: bad outcome {}", case.name, say(!safe));
        println!("    {}", case.program());
        if case.too_little {
            println!("      {}: too little", if safe { "WRONG" } else { "right" });
            continue;
        }
        if case.threads.iter().flatten().any(|step| step.handshake) {
            let bad = |program: Program| {
                weak::outcomes(&program, Rules::Loom, usize::MAX)
                    .map_or(true, |outcomes| case.is_bad(&outcomes))
            };
            let (without, with) = (bad(case.program()), bad(case.with_modelled_handshake()));
            if with || !without {
                report.misfits += 1;
                println!("    WRONG: by loom's rules {}, with the models' fence {}", say(without), say(with));
            }
        }
        case.weaken(&mut report);
    }
    report
}
