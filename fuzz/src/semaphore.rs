//! [`tollgate::Semaphore`] and [`tollgate::BoundedSemaphore`] against a number, with permits, borrowed and owned, that are
//! split, merged, dropped, forgotten, leaked and unwound through. Each script runs on both.

use crate::forms::{Form, SHORT, past, soon};
use crate::panics::{assert_bangs, bang, catch};
use crate::script::{self, Script};
use std::fmt::Debug;
use std::mem;
use std::sync::Arc;
use std::time::Duration;
use tollgate::{AcquireError, BoundedSemaphore, Closed, OverRelease, OwnedPermit, Permit, Semaphore};

/// One call, or a few.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// One permit.
    Acquire(Form),
    /// So many, which may be none.
    AcquireMany(Form, u8),
    /// All that there are.
    AcquireAll(Form),
    /// So many, which may be none, as an owned permit.
    AcquireOwned(Form, u8),
    /// More than there can ever be, which panics.
    AcquireTooMany(Form),
    /// `drain`.
    Drain,
    /// `forget_permits`.
    ForgetPermits(u8),
    /// Splits so many off the permit with this number.
    Split(u8, u8),
    /// Merges the permit that was taken last into another one.
    Merge(u8),
    /// Merges a permit of another semaphore into the one with this number, which panics.
    MergeAnother(u8),
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
    /// One more than there is room for, which panics, or is an error.
    ReleaseTooMany,
    /// `close`.
    Close,
    /// `Debug`.
    Look,
}

impl script::Operation for Operation {
    fn decode(code: u8, argument: u8) -> Self {
        let form = Form::decode(argument);
        match code % 19 {
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
            12 => Operation::Look,
            13 => Operation::AcquireOwned(form, argument / 7 % 8),
            14 => Operation::Drain,
            15 => Operation::ForgetPermits(argument % 8),
            16 => Operation::Split(argument / 8, argument % 8),
            17 => Operation::Merge(argument),
            _ => Operation::MergeAnother(argument),
        }
    }
}

/// A semaphore of either kind: all that a script does with it.
trait Semaphores: Debug + Sized {
    /// Its name in `Debug`, and what stands before its permits there.
    const SHOWN: &'static str;
    /// How many permits there can be, if there were `FIRST`.
    const BOUND: usize;
    fn new(permits: usize) -> Self;
    fn call(&self, form: Form, count: usize) -> Result<Permit<'_>, AcquireError>;
    fn call_owned(self: &Arc<Self>, form: Form, count: usize) -> Result<OwnedPermit, AcquireError>;
    fn drain(&self) -> Result<Permit<'_>, Closed>;
    fn forget_permits(&self, most: usize) -> usize;
    /// Whether that worked; a panic is a way of saying no.
    fn release(&self, count: usize) -> bool;
    fn close(&self);
    fn is_closed(&self) -> bool;
    fn permits(&self) -> usize;
}

macro_rules! semaphores {
    ($Semaphore:ident, $shown:literal, $bound:expr, $released:expr) => {
        impl Semaphores for $Semaphore {
            const SHOWN: &'static str = $shown;
            const BOUND: usize = $bound;
            fn new(permits: usize) -> Self {
                $Semaphore::new(permits)
            }
            fn call(&self, form: Form, count: usize) -> Result<Permit<'_>, AcquireError> {
                match form {
                    Form::Plain if count == 1 => self.acquire().map_err(AcquireError::from),
                    Form::Try if count == 1 => self.try_acquire(),
                    Form::NoTime if count == 1 => self.acquire_timeout(Duration::ZERO),
                    Form::ShortTime if count == 1 => self.acquire_timeout(SHORT),
                    Form::LongTime if count == 1 => self.acquire_timeout(Duration::MAX),
                    Form::Past if count == 1 => self.acquire_deadline(past()),
                    Form::Soon if count == 1 => self.acquire_deadline(soon()),
                    Form::Plain => self.acquire_many(count).map_err(AcquireError::from),
                    Form::Try => self.try_acquire_many(count),
                    Form::NoTime => self.acquire_many_timeout(count, Duration::ZERO),
                    Form::ShortTime => self.acquire_many_timeout(count, SHORT),
                    Form::LongTime => self.acquire_many_timeout(count, Duration::MAX),
                    Form::Past => self.acquire_many_deadline(count, past()),
                    Form::Soon => self.acquire_many_deadline(count, soon()),
                }
            }
            fn call_owned(self: &Arc<Self>, form: Form, count: usize) -> Result<OwnedPermit, AcquireError> {
                match form {
                    Form::Plain if count == 1 => self.acquire_owned().map_err(AcquireError::from),
                    Form::Try if count == 1 => self.try_acquire_owned(),
                    Form::NoTime if count == 1 => self.acquire_owned_timeout(Duration::ZERO),
                    Form::ShortTime if count == 1 => self.acquire_owned_timeout(SHORT),
                    Form::LongTime if count == 1 => self.acquire_owned_timeout(Duration::MAX),
                    Form::Past if count == 1 => self.acquire_owned_deadline(past()),
                    Form::Soon if count == 1 => self.acquire_owned_deadline(soon()),
                    Form::Plain => self.acquire_many_owned(count).map_err(AcquireError::from),
                    Form::Try => self.try_acquire_many_owned(count),
                    Form::NoTime => self.acquire_many_owned_timeout(count, Duration::ZERO),
                    Form::ShortTime => self.acquire_many_owned_timeout(count, SHORT),
                    Form::LongTime => self.acquire_many_owned_timeout(count, Duration::MAX),
                    Form::Past => self.acquire_many_owned_deadline(count, past()),
                    Form::Soon => self.acquire_many_owned_deadline(count, soon()),
                }
            }
            fn drain(&self) -> Result<Permit<'_>, Closed> {
                self.drain()
            }
            fn forget_permits(&self, most: usize) -> usize {
                self.forget_permits(most)
            }
            fn release(&self, count: usize) -> bool {
                let released: fn(&Self, usize) -> bool = $released;
                released(self, count)
            }
            fn close(&self) {
                self.close();
            }
            fn is_closed(&self) -> bool {
                self.is_closed()
            }
            fn permits(&self) -> usize {
                self.permits()
            }
        }
    };
}

semaphores!(Semaphore, "Semaphore { ", Semaphore::MAX_PERMITS, |semaphore, count| {
    catch(|| semaphore.release(count)).is_ok()
});
semaphores!(BoundedSemaphore, "BoundedSemaphore { bound: 3, ", FIRST, |semaphore, count| {
    match semaphore.release(count) {
        Ok(()) => true,
        Err(OverRelease) => false,
    }
});

/// A permit of either kind.
enum Held<'a> {
    Borrowed(Permit<'a>),
    Owned(OwnedPermit),
}

impl Held<'_> {
    fn count(&self) -> usize {
        match self {
            Held::Borrowed(permit) => permit.count(),
            Held::Owned(permit) => permit.count(),
        }
    }

    fn forget(self) {
        match self {
            Held::Borrowed(permit) => permit.forget(),
            Held::Owned(permit) => permit.forget(),
        }
    }

    fn split(&mut self, count: usize) -> Option<Self> {
        match self {
            Held::Borrowed(permit) => permit.split(count).map(Held::Borrowed),
            Held::Owned(permit) => permit.split(count).map(Held::Owned),
        }
    }

    /// Whether both were of one kind, and so could be merged; `other` comes back if not.
    fn merge(&mut self, other: Self) -> Result<(), Self> {
        match (self, other) {
            (Held::Borrowed(permit), Held::Borrowed(other)) => permit.merge(other),
            (Held::Owned(permit), Held::Owned(other)) => permit.merge(other),
            (_, other) => return Err(other),
        }
        Ok(())
    }
}

/// What should be.
struct Model {
    bound: usize,
    permits: usize,
    closed: bool,
}

const FIRST: usize = 3;

/// Runs the script on semaphores of three permits and on the model.
///
/// # Panics
///
/// Where they differ.
pub fn run(script: &Script<Operation>) {
    run_on::<Semaphore>(script);
    run_on::<BoundedSemaphore>(script);
}

fn run_on<S: Semaphores>(script: &Script<Operation>) {
    let semaphore = &Arc::new(S::new(FIRST));
    let mut model = Model { bound: S::BOUND, permits: FIRST, closed: false };
    let mut held: Vec<Held<'_>> = Vec::new();
    let mut leaked = 0;
    for &operation in &script.operations {
        step(operation, semaphore, &mut held, &mut leaked, &mut model);
        assert_eq!(semaphore.permits(), model.permits, "permits after {operation:?}");
        assert_eq!(semaphore.is_closed(), model.closed, "is_closed after {operation:?}");
        let owned = held.iter().filter(|permit| matches!(permit, Held::Owned(_))).count();
        assert_eq!(Arc::strong_count(semaphore), 1 + owned + leaked, "shares after {operation:?}");
    }
    for _ in 0..leaked {
        // SAFETY: the share of a permit that was leaked, so that nobody else gives it back.
        unsafe { Arc::decrement_strong_count(Arc::as_ptr(semaphore)) };
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

    /// Permits come back unless there is no room for them: whether there was.
    fn give_back(&mut self, count: usize) -> bool {
        let fits = count <= self.bound - self.permits;
        if fits {
            self.permits += count;
        }
        fits
    }
}

fn step<'a, S: Semaphores>(
    operation: Operation,
    semaphore: &'a Arc<S>,
    held: &mut Vec<Held<'a>>,
    leaked: &mut usize,
    model: &mut Model,
) {
    match operation {
        Operation::Acquire(form) => acquire(form, 1, semaphore, held, model),
        Operation::AcquireMany(form, count) => acquire(form, count.into(), semaphore, held, model),
        Operation::AcquireAll(form) => acquire(form, model.permits, semaphore, held, model),
        Operation::AcquireOwned(form, count) => {
            let (form, expected) = expect(form, count.into(), model);
            let permit = semaphore.call_owned(form, count.into());
            let answer = permit.as_ref().map(OwnedPermit::count).map_err(|error| *error);
            assert_eq!(answer, expected, "{count} permits, owned, {form:?}");
            held.extend(permit.map(Held::Owned));
        }
        Operation::AcquireTooMany(form) => {
            let ended =
                catch(|| semaphore.call(form, Semaphore::MAX_PERMITS + 1).map(|permit| permit.count()));
            assert!(ended.is_err(), "more than MAX_PERMITS: {ended:?}");
        }
        Operation::Drain => {
            let expected = model.acquire(model.permits).expect("a drain never waits");
            let permit = semaphore.drain().map_err(AcquireError::from);
            let answer = permit.as_ref().map(Permit::count).map_err(|error| *error);
            assert_eq!(answer, expected, "drain");
            held.extend(permit.map(Held::Borrowed));
        }
        Operation::ForgetPermits(most) => {
            let count = model.permits.min(most.into());
            assert_eq!(semaphore.forget_permits(most.into()), count, "forget_permits({most})");
            model.permits -= count;
        }
        Operation::Split(number, count) => {
            let half = place(held, number).and_then(|place| {
                let (before, count) = (held[place].count(), usize::from(count));
                let half = held[place].split(count);
                assert_eq!(half.is_some(), count <= before, "split({count}) of {before}");
                assert_eq!(held[place].count() + half.as_ref().map_or(0, Held::count), before);
                half
            });
            held.extend(half);
        }
        Operation::Merge(number) => {
            let Some(last) = held.pop() else { return };
            let count = last.count();
            let other = match place(held, number) {
                None => Err(last),
                Some(place) => {
                    let before = held[place].count();
                    let alike = mem::discriminant(&held[place]) == mem::discriminant(&last);
                    if alike && count > Semaphore::MAX_PERMITS - before {
                        model.give_back(count);
                        assert!(catch(|| held[place].merge(last).is_ok()).is_err(), "more than MAX_PERMITS");
                        return;
                    }
                    let merged = held[place].merge(last);
                    assert_eq!(held[place].count(), before + if merged.is_ok() { count } else { 0 });
                    merged
                }
            };
            held.extend(other.err());
        }
        Operation::MergeAnother(number) => {
            let Some(place) = place(held, number) else { return };
            let another = Arc::new(S::new(FIRST));
            let before = held[place].count();
            let ended = catch(|| match &mut held[place] {
                Held::Owned(permit) => permit.merge(another.call_owned(Form::Try, 2).unwrap()),
                // A borrowed one of a semaphore that is gone soon does not fit into one that stays: the types say so.
                Held::Borrowed(permit) => {
                    let mut permit = permit.split(0).unwrap();
                    permit.merge(another.call(Form::Try, 2).unwrap());
                }
            });
            assert!(ended.is_err(), "permits of two semaphores were merged");
            assert_eq!((held[place].count(), another.permits()), (before, FIRST));
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
        Operation::Forget(number) => pick(held, number).into_iter().for_each(Held::forget),
        Operation::Leak(number) => {
            if let Some(permit) = pick(held, number) {
                *leaked += usize::from(matches!(permit, Held::Owned(_)));
                mem::forget(permit);
            }
        }
        Operation::Release(count) => {
            let fits = model.give_back(count.into());
            assert_eq!(semaphore.release(count.into()), fits, "release({count})");
        }
        Operation::ReleaseToTheLimit => {
            assert!(semaphore.release(model.bound - model.permits), "release to the limit");
            model.permits = model.bound;
        }
        Operation::ReleaseTooMany => {
            let count = model.bound - model.permits + 1;
            assert!(!semaphore.release(count), "release beyond the limit");
        }
        Operation::Close => {
            semaphore.close();
            model.closed = true;
        }
        Operation::Look => assert_eq!(
            format!("{semaphore:?}"),
            format!("{}permits: {}, waiting: 0, closed: {} }}", S::SHOWN, model.permits, model.closed),
        ),
    }
}

/// The form that runs, and what it answers.
fn expect(form: Form, count: usize, model: &mut Model) -> (Form, Result<usize, AcquireError>) {
    let expected = model.acquire(count);
    let form = form.within(expected.is_none());
    let late = match form {
        Form::Try | Form::NoTime => AcquireError::NoPermits,
        _ => AcquireError::TimedOut,
    };
    (form, expected.unwrap_or(Err(late)))
}

fn acquire<'a, S: Semaphores>(
    form: Form,
    count: usize,
    semaphore: &'a Arc<S>,
    held: &mut Vec<Held<'a>>,
    model: &mut Model,
) {
    let (form, expected) = expect(form, count, model);
    let permit = semaphore.call(form, count);
    let answer = permit.as_ref().map(Permit::count).map_err(|error| *error);
    assert_eq!(answer, expected, "{count} permits, {form:?}");
    held.extend(permit.map(Held::Borrowed));
}

/// Which of the permits that are held has this number.
fn place(held: &[Held<'_>], number: u8) -> Option<usize> {
    usize::from(number).checked_rem(held.len())
}

/// Takes one of the permits that are held.
fn pick<'a>(held: &mut Vec<Held<'a>>, number: u8) -> Option<Held<'a>> {
    place(held, number).map(|place| held.swap_remove(place))
}
