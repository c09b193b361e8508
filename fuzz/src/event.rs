//! [`tollgate::Event`]: all forms of waiting, on a set event and a clear one, and waits that a second thread ends.

use crate::forms::{Form, SHORT, past, soon};
use crate::script::{self, Script};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread;
use std::time::Duration;
use tollgate::Event;

/// One call, or a few.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// `set`.
    Set,
    /// `clear`.
    Clear,
    /// A wait. The forms that would wait for ever are a nanosecond.
    Wait(Form),
    /// A wait without end, or with one far away, that another thread ends with `set`; or, if `true`, with `set` and `clear` by
    /// turns.
    Released(Form, bool),
    /// `is_set` and `Debug`.
    Look,
}

impl script::Operation for Operation {
    fn decode(code: u8, argument: u8) -> Self {
        match code % 5 {
            0 => Operation::Set,
            1 => Operation::Clear,
            2 => Operation::Wait(Form::decode(argument)),
            3 => Operation::Released(Form::decode(argument), argument / 7 % 2 == 1),
            _ => Operation::Look,
        }
    }
}

/// Inputs with more of these are cut: each takes two threads.
const MOST_RELEASED: usize = 16;

/// Runs the script.
///
/// # Panics
///
/// Where something is not as it should be.
pub fn run(script: &Script<Operation>) {
    let event = Event::new();
    let mut set = false;
    let mut released = 0;
    for &operation in &script.operations {
        match operation {
            Operation::Set => {
                event.set();
                set = true;
            }
            Operation::Clear => {
                event.clear();
                set = false;
            }
            Operation::Wait(form) => assert_eq!(wait(&event, form.within(!set)), set, "{form:?}"),
            Operation::Released(form, undone) => {
                released += 1;
                if released > MOST_RELEASED {
                    break;
                }
                let form = if form == Form::Plain { Form::Plain } else { Form::LongTime };
                let ended = AtomicBool::new(false);
                thread::scope(|s| {
                    let other = s.spawn(|| {
                        event.set();
                        while undone && !ended.load(SeqCst) {
                            event.clear();
                            event.set();
                        }
                    });
                    assert!(wait(&event, form), "let go");
                    ended.store(true, SeqCst);
                    // See `threads`.
                    other.join().unwrap();
                });
                set = true;
            }
            Operation::Look => assert_eq!(format!("{event:?}"), format!("Event {{ set: {set} }}")),
        }
        assert_eq!(event.is_set(), set, "after {operation:?}");
    }
}

/// Whether it was set.
fn wait(event: &Event, form: Form) -> bool {
    match form {
        Form::Plain => {
            event.wait();
            true
        }
        // `wait` has no `try_` form.
        Form::Try | Form::NoTime => event.wait_timeout(Duration::ZERO),
        Form::ShortTime => event.wait_timeout(SHORT),
        Form::LongTime => event.wait_timeout(Duration::MAX),
        Form::Past => event.wait_deadline(past()),
        Form::Soon => event.wait_deadline(soon()),
    }
}
