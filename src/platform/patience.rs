//! How long a caller is willing to wait, before anyone has looked at a clock.
//!
//! Every blocking operation has four forms (plain, `try_`, `_timeout`, `_deadline`) and one body. The forms differ in
//! their [`Patience`] alone. A clock is read only when the caller really has to wait: [`Patience::deadline`] is called
//! once, on the way into the slow path, and the deadline it gives holds for all the sleeps of that call (R45 of the
//! historical bugs: a relative time-out that starts anew at each spurious wake-up).

use super::{Deadline, Duration, Instant};

/// How long a caller is willing to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    /// The `try_` forms: one look.
    None,
    /// The plain forms.
    Forever,
    /// The `_timeout` forms, with a duration above zero.
    For(Duration),
    /// The `_deadline` forms.
    Until(Instant),
}

impl Patience {
    /// The patience of a `_timeout` form: a zero duration is one look.
    #[inline]
    pub(crate) fn timeout(duration: Duration) -> Self {
        if duration.is_zero() { Patience::None } else { Patience::For(duration) }
    }

    /// Whether it lasts for ever, or long enough that a time slice of another process does not matter.
    #[cfg_attr(any(loom, shuttle), expect(dead_code, reason = "models do not spin"))]
    pub(crate) fn is_long(self) -> bool {
        const LONG: Duration = Duration::from_millis(50);
        match self {
            Patience::None => false,
            Patience::Forever => true,
            Patience::For(duration) => duration >= LONG,
            Patience::Until(instant) => instant.saturating_duration_since(Instant::now()) >= LONG,
        }
    }

    /// The same for several waits in a row, which share its time.
    pub(crate) fn fixed(self) -> Self {
        match self {
            Patience::For(duration) => {
                Instant::now().checked_add(duration).map_or(Patience::Forever, Patience::Until)
            }
            other => other,
        }
    }

    /// The moment at which this patience ends, counted from now; `None` when it ended already and there is nothing to
    /// wait for. A duration too long for the clock means for ever.
    #[cold]
    pub(crate) fn deadline(self) -> Option<Deadline> {
        match self {
            Patience::None => None,
            Patience::Forever => Some(Deadline::NEVER),
            Patience::For(duration) => Some(Deadline::after(duration)),
            Patience::Until(instant) => Deadline::at(instant),
        }
    }
}
