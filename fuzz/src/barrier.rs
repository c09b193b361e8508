//! [`tollgate::Barrier`]: a barrier for one and one for two, with an action that panics, aborts and resets, and rounds that a
//! second thread completes.

use crate::forms::{Form, SHORT, past, soon};
use crate::panics::{assert_bangs, bang};
use crate::script::{self, Script};
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;
use tollgate::{Barrier, BarrierWait, Broken};

/// One call, or a few.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// A wait of this thread alone. On the barrier for two it breaks that, in a form that comes back.
    Alone(Form),
    /// A round of two: another thread waits too.
    Together(Form),
    /// `abort`.
    Abort,
    /// `reset`.
    Reset,
    /// What the action does from now on.
    Habit(Habit),
    /// Goes on with the other barrier.
    OtherBarrier,
    /// `Debug`.
    Look,
}

/// What an action does beside counting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "plain words")]
pub enum Habit {
    Quiet,
    Panics,
    Aborts,
    Resets,
}

const HABITS: [Habit; 4] = [Habit::Quiet, Habit::Panics, Habit::Aborts, Habit::Resets];

impl script::Operation for Operation {
    fn decode(code: u8, argument: u8) -> Self {
        match code % 7 {
            0 => Operation::Alone(Form::decode(argument)),
            1 => Operation::Together(Form::decode(argument)),
            2 => Operation::Abort,
            3 => Operation::Reset,
            4 => Operation::Habit(HABITS[usize::from(argument) % HABITS.len()]),
            5 => Operation::OtherBarrier,
            _ => Operation::Look,
        }
    }
}

type Acting = Barrier<Box<dyn FnMut() + Send>>;

/// Inputs with more rounds of two are cut: each takes two threads.
const MOST_TOGETHER: usize = 16;

/// What the action reads and counts.
#[derive(Debug, Default)]
struct Watched {
    habit: AtomicU8,
    acted: AtomicUsize,
}

fn barrier(parties: usize, watched: &Arc<Watched>) -> Arc<Acting> {
    Arc::new_cyclic(|itself: &Weak<Acting>| {
        let (itself, watched) = (itself.clone(), Arc::clone(watched));
        let action: Box<dyn FnMut() + Send> = Box::new(move || {
            let barrier = itself.upgrade().expect("it is being used");
            assert_eq!((barrier.waiting(), barrier.is_broken()), (parties, false), "all have arrived");
            watched.acted.fetch_add(1, SeqCst);
            match HABITS[usize::from(watched.habit.load(SeqCst))] {
                Habit::Quiet => {}
                Habit::Panics => bang(),
                Habit::Aborts => barrier.abort(),
                Habit::Resets => barrier.reset(),
            }
        });
        Barrier::with_action(parties, action)
    })
}

/// Runs the script.
///
/// # Panics
///
/// Where something is not as it should be.
pub fn run(script: &Script<Operation>) {
    let watched = Arc::new(Watched::default());
    let barriers = [barrier(1, &watched), barrier(2, &watched)];
    let mut broken = [false; 2];
    let mut habit = Habit::Quiet;
    let (mut current, mut acted, mut together) = (0, 0, 0);
    for &operation in &script.operations {
        let (parties, barrier) = (current + 1, &barriers[current]);
        match operation {
            Operation::Alone(form) if parties == 1 && !broken[0] => {
                acted += 1;
                if habit == Habit::Panics {
                    assert_bangs(|| wait(barrier, form));
                } else {
                    let place = wait(barrier, form).map(|wait| (wait.index(), wait.is_leader()));
                    let expected = if habit == Habit::Quiet { Ok((0, true)) } else { Err(Broken) };
                    assert_eq!(place, expected, "{habit:?}");
                }
                broken[0] = matches!(habit, Habit::Panics | Habit::Aborts);
            }
            Operation::Alone(form) => {
                assert_eq!(wait(barrier, form.within(!broken[current])), Err(Broken));
                broken[current] = true;
            }
            Operation::Together(form) => {
                together += 1;
                if together > MOST_TOGETHER {
                    break;
                }
                if parties == 1 || broken[1] || habit == Habit::Panics {
                    continue;
                }
                acted += 1;
                let form = if form == Form::Plain { Form::Plain } else { Form::LongTime };
                let places = thread::scope(|s| {
                    let other = s.spawn(|| wait(barrier, Form::Plain));
                    [wait(barrier, form), other.join().unwrap()]
                });
                if habit == Habit::Quiet {
                    let mut places = places.map(|wait| wait.map(|wait| (wait.index(), wait.is_leader())));
                    places.sort_by_key(|place| place.map_or(0, |(index, _)| index));
                    assert_eq!(places, [Ok((0, false)), Ok((1, true))]);
                } else {
                    assert_eq!(places, [Err(Broken); 2], "{habit:?}");
                }
                broken[1] = habit == Habit::Aborts;
            }
            Operation::Abort => {
                barrier.abort();
                broken[current] = true;
            }
            Operation::Reset => {
                barrier.reset();
                broken[current] = false;
            }
            Operation::Habit(next) => {
                habit = next;
                let number = HABITS.iter().position(|&other| other == next).unwrap_or(0);
                watched.habit.store(number as u8, SeqCst);
            }
            Operation::OtherBarrier => current = 1 - current,
            Operation::Look => {
                let expected =
                    format!("Barrier {{ parties: {parties}, waiting: 0, broken: {}, .. }}", broken[current]);
                assert_eq!(format!("{barrier:?}"), expected);
            }
        }
        for (barrier, broken) in barriers.iter().zip(broken) {
            assert_eq!((barrier.waiting(), barrier.is_broken()), (0, broken), "after {operation:?}");
        }
        assert_eq!(watched.acted.load(SeqCst), acted, "how often the action ran, after {operation:?}");
    }
}

fn wait(barrier: &Acting, form: Form) -> Result<BarrierWait, Broken> {
    match form {
        Form::Plain => barrier.wait(),
        // `wait` has no `try_` form.
        Form::Try | Form::NoTime => barrier.wait_timeout(Duration::ZERO),
        Form::ShortTime => barrier.wait_timeout(SHORT),
        Form::LongTime => barrier.wait_timeout(Duration::MAX),
        Form::Past => barrier.wait_deadline(past()),
        Form::Soon => barrier.wait_deadline(soon()),
    }
}
