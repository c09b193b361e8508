//! The forms of a blocking call.

use arbitrary::Arbitrary;
use std::time::{Duration, Instant};

/// How long a call is willing to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Arbitrary)]
pub enum Form {
    /// For ever; or the `try_` form, where that would wait.
    Plain,
    /// The `try_` form.
    Try,
    /// `Duration::ZERO`.
    NoTime,
    /// A nanosecond.
    ShortTime,
    /// `Duration::MAX`; or a nanosecond, where that would wait.
    LongTime,
    /// A deadline that has passed.
    Past,
    /// A deadline in a moment.
    Soon,
}

impl Form {
    /// All of them.
    pub const ALL: [Form; 7] =
        [Form::Plain, Form::Try, Form::NoTime, Form::ShortTime, Form::LongTime, Form::Past, Form::Soon];

    /// Every number stands for one.
    pub(crate) fn decode(number: u8) -> Form {
        Form::ALL[usize::from(number) % Form::ALL.len()]
    }

    /// The form that runs: one that comes back soon if this call `waits`.
    pub(crate) fn within(self, waits: bool) -> Form {
        match self {
            Form::Plain if waits => Form::Try,
            Form::LongTime if waits => Form::ShortTime,
            form => form,
        }
    }
}

pub(crate) const SHORT: Duration = Duration::from_nanos(1);

pub(crate) fn past() -> Instant {
    let now = Instant::now();
    now.checked_sub(Duration::from_secs(1)).unwrap_or(now)
}

pub(crate) fn soon() -> Instant {
    Instant::now() + SHORT
}
