//! "Has this thread waited too long?", the question behind every hand-off.

use super::super::{Duration, Instant};

/// After this much waiting a sleeper may ask to be served next. Go's mutex uses the same figure.
const TOO_LONG: Duration = Duration::from_millis(1);

/// So long a thread had better have spun.
const BRIEF: Duration = Duration::from_micros(50);

/// Started when a thread goes to sleep for the first time in one call.
#[derive(Debug)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Stopwatch(Instant::now())
    }

    /// Whether that was only a moment ago: not worth the sleep.
    pub(crate) fn brief(&self) -> bool {
        self.0.elapsed() < BRIEF
    }

    /// Whether the thread has waited so long that it may ask to be served before newcomers.
    pub(crate) fn too_long(&self) -> bool {
        self.0.elapsed() >= TOO_LONG
    }
}
