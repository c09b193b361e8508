//! [`tollgate::Semaphore`] against a number, with permits that are dropped, forgotten, leaked and unwound through.

use crate::forms::{Form, SHORT, past, soon};
use crate::panics::{assert_bangs, bang, catch};
use crate::script::{self, Script};
use std::mem;
use std::time::Duration;
use tollgate::{AcquireError, Permit, Semaphore};

/// One call, or a few.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// One permit.
    Acquire(Form),
    /// So many, which may be none.
    AcquireMany(Form, u8),
    /// All that there are.
    AcquireAll(Form),
    /// More than there can ever be, which panics.
    AcquireTooMany(Form),
    /// Drops the permit with this number.
    Drop(u8),
    /// Unwinds through its scope.
    Unwind(u8),
    /// `Permit::forget`.
    Forget(u8),
    /// `mem::forget`.
    Leak(u8),
    /// `release`.
    Release(u8),
    /// As many as there is room for.
    ReleaseToTheLimit,
    /// One more than there is room for, which panics.
    ReleaseTooMany,
    /// `close`.
    Close,
    /// `Debug`.
    Look,
}

impl script::Operation for Operation {
    fn decode(code: u8, argument: u8) -> Self {
        let form = Form::decode(argument);
        match code % 13 {
            0 => Operation::Acquire(form),
            1 => Operation::AcquireMany(form, argument / 7 % 8),
            2 => Operation::AcquireAll(form),
            3 => Operation::AcquireTooMany(form),
            4 => Operation::Drop(argument),
            5 => Operation::Unwind(argument),
            6 => Operation::Forget(argument),
            7 => Operation::Leak(argument),
            8 => Operation::Release(argument % 8),
            9 => Operation::ReleaseToTheLimit,
            10 => Operation::ReleaseTooMany,
            11 => Operation::Close,
            _ => Operation::Look,
        }
    }
}

/// What should be.
struct Model {
    permits: usize,
    closed: bool,
}

const FIRST: usize = 3;

/// Runs the script on a semaphore of three permits and on the model.
///
/// # Panics
///
/// Where the two differ.
pub fn run(script: &Script<Operation>) {
    let semaphore = Semaphore::new(FIRST);
    let mut model = Model { permits: FIRST, closed: false };
    let mut held: Vec<Permit<'_>> = Vec::new();
    for &operation in &script.operations {
        step(operation, &semaphore, &mut held, &mut model);
        assert_eq!(semaphore.permits(), model.permits, "permits after {operation:?}");
        assert_eq!(semaphore.is_closed(), model.closed, "is_closed after {operation:?}");
    }
}

impl Model {
    /// What an attempt answers, if it does not wait.
    fn acquire(&mut self, count: usize) -> Option<Result<usize, AcquireError>> {
        if self.closed {
            return Some(Err(AcquireError::Closed));
        }
        self.permits = self.permits.checked_sub(count)?;
        Some(Ok(count))
    }

    /// A dropped permit comes back unless there is no room for it.
    fn give_back(&mut self, count: usize) {
        if count <= Semaphore::MAX_PERMITS - self.permits {
            self.permits += count;
        }
    }
}

fn step<'a>(operation: Operation, semaphore: &'a Semaphore, held: &mut Vec<Permit<'a>>, model: &mut Model) {
    match operation {
        Operation::Acquire(form) => acquire(form, 1, semaphore, held, model),
        Operation::AcquireMany(form, count) => acquire(form, count.into(), semaphore, held, model),
        Operation::AcquireAll(form) => acquire(form, model.permits, semaphore, held, model),
        Operation::AcquireTooMany(form) => {
            let ended =
                catch(|| call(form, Semaphore::MAX_PERMITS + 1, semaphore).map(|permit| permit.count()));
            assert!(ended.is_err(), "more than MAX_PERMITS: {ended:?}");
        }
        Operation::Drop(number) => {
            if let Some(permit) = pick(held, number) {
                model.give_back(permit.count());
                drop(permit);
            }
        }
        Operation::Unwind(number) => {
            if let Some(permit) = pick(held, number) {
                model.give_back(permit.count());
                assert_bangs(move || {
                    let _permit = permit;
                    bang()
                });
            }
        }
        Operation::Forget(number) => pick(held, number).into_iter().for_each(Permit::forget),
        Operation::Leak(number) => pick(held, number).into_iter().for_each(mem::forget),
        Operation::Release(count) => {
            let fits = usize::from(count) <= Semaphore::MAX_PERMITS - model.permits;
            let ended = catch(|| semaphore.release(count.into()));
            assert_eq!(ended.is_ok(), fits, "release({count})");
            model.give_back(count.into());
        }
        Operation::ReleaseToTheLimit => {
            semaphore.release(Semaphore::MAX_PERMITS - model.permits);
            model.permits = Semaphore::MAX_PERMITS;
        }
        Operation::ReleaseTooMany => {
            let count = Semaphore::MAX_PERMITS - model.permits + 1;
            assert!(catch(|| semaphore.release(count)).is_err(), "release beyond the limit");
        }
        Operation::Close => {
            semaphore.close();
            model.closed = true;
        }
        Operation::Look => assert_eq!(
            format!("{semaphore:?}"),
            format!("Semaphore {{ permits: {}, waiting: 0, closed: {} }}", model.permits, model.closed),
        ),
    }
}

fn acquire<'a>(
    form: Form,
    count: usize,
    semaphore: &'a Semaphore,
    held: &mut Vec<Permit<'a>>,
    model: &mut Model,
) {
    let expected = model.acquire(count);
    let form = form.within(expected.is_none());
    let late = match form {
        Form::Try | Form::NoTime => AcquireError::NoPermits,
        _ => AcquireError::TimedOut,
    };
    let permit = call(form, count, semaphore);
    let answer = permit.as_ref().map(Permit::count).map_err(|error| *error);
    assert_eq!(answer, expected.unwrap_or(Err(late)), "{count} permits, {form:?}");
    held.extend(permit);
}

fn call(form: Form, count: usize, semaphore: &Semaphore) -> Result<Permit<'_>, AcquireError> {
    if count == 1 {
        return match form {
            Form::Plain => semaphore.acquire().map_err(AcquireError::from),
            Form::Try => semaphore.try_acquire(),
            Form::NoTime => semaphore.acquire_timeout(Duration::ZERO),
            Form::ShortTime => semaphore.acquire_timeout(SHORT),
            Form::LongTime => semaphore.acquire_timeout(Duration::MAX),
            Form::Past => semaphore.acquire_deadline(past()),
            Form::Soon => semaphore.acquire_deadline(soon()),
        };
    }
    match form {
        Form::Plain => semaphore.acquire_many(count).map_err(AcquireError::from),
        Form::Try => semaphore.try_acquire_many(count),
        Form::NoTime => semaphore.acquire_many_timeout(count, Duration::ZERO),
        Form::ShortTime => semaphore.acquire_many_timeout(count, SHORT),
        Form::LongTime => semaphore.acquire_many_timeout(count, Duration::MAX),
        Form::Past => semaphore.acquire_many_deadline(count, past()),
        Form::Soon => semaphore.acquire_many_deadline(count, soon()),
    }
}

/// Takes one of the permits that are held.
fn pick<'a>(held: &mut Vec<Permit<'a>>, number: u8) -> Option<Permit<'a>> {
    let place = usize::from(number).checked_rem(held.len())?;
    Some(held.swap_remove(place))
}
