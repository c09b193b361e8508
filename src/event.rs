//! `Event`: a flag to wait for.
//!
//! An [`Epoch`], and nothing else: the event is set in odd epochs. `set` ends an even one, `clear` an odd one. A waiter
//! has seen an even epoch and waits until that is over; so it returns though `clear` followed at once, and a `set` that
//! is late in its waking releases nobody who began to wait after the `clear`.
//!
//! `set` on a set event is a read-modify-write too, and not just a look. The usual consumer does `clear` and then looks
//! for work, the usual producer brings work and then does `set`. If that `set` only looked, the `clear` could come
//! after its look and before its writes are seen: the work would lie there, and the event would be clear. As it is,
//! either the `clear` comes first and the event stays set, or the `clear` reads what the `set` wrote, and the work is
//! seen. (`Mutant::EventSetOnlyLooks`.)

use crate::epoch::{Epoch, Number};
use crate::platform::{Duration, Instant, Patience};
use crate::watch::{Kind, Tag};
use std::fmt;

/// A flag that threads wait for. Python's `threading.Event`.
///
/// | Python | Rust |
/// |---|---|
/// | `event = Event()` | `Event::new()` |
/// | `event.set()`, `clear()`, `is_set()` | the same |
/// | `event.wait()` | [`event.wait()`](Event::wait) |
/// | `event.wait(timeout)` | [`event.wait_timeout(timeout)`](Event::wait_timeout), [`wait_deadline`](Event::wait_deadline) |
///
/// # Python and Rust
///
/// Python:
///
/// ```python
/// from threading import Event, Thread
///
/// ready = Event()
///
/// worker = Thread(target=ready.wait)
/// worker.start()
/// ready.set()
/// worker.join()
/// assert ready.is_set()  # until somebody clears it
/// ready.clear()
/// assert not ready.wait(timeout=0.001)
/// ```
///
/// Rust:
///
/// ```
/// use tollgate::Event;
///
/// static READY: Event = Event::new();
///
/// let worker = std::thread::spawn(|| READY.wait());
/// READY.set();
/// worker.join().unwrap();
/// assert!(READY.is_set()); // until somebody clears it
/// READY.clear();
/// assert!(!READY.wait_timeout(std::time::Duration::from_millis(1)));
/// ```
///
/// # What `set` promises
///
/// Every thread that waits when it is called returns, also if `clear` follows at once. A thread that begins to wait after
/// that `clear` waits for the next `set`. Both may be called again without effect on the flag.
///
/// # Memory ordering
///
/// Everything before a `set`, or before a `clear` of a set event, happens before everything after a call that sees it:
/// a wait, `is_set`, a `clear` that undoes it. This holds for the `set` of an event that is set, too: who clears the
/// event and then looks for work sees the work of every `set` that the `clear` has undone.
///
/// # Fairness
///
/// All waiters are released at once.
///
/// # Panics
///
/// No call panics.
///
/// # Errors
///
/// None. The timed forms are `false` when the time ran out.
///
/// # Cancellation
///
/// A wait ends with a `set` or with its time; nothing else interrupts it. One that gives up leaves nothing behind.
///
/// # Poisoning
///
/// There is none. A thread that panics before its `set` leaves the others waiting: let them wait with a time-out, or `set` in a
/// destructor.
///
/// # Cost
///
/// Four bytes. `wait` on a set event and `is_set` are one load; `set` is one atomic read-modify-write, `clear` a load
/// and, if the event is set, another. A `set` wakes any number of sleepers with one system call, and makes none if
/// nobody sleeps. After its read-modify-write it does not touch the event any more: a thread that returns from `wait`
/// may free it.
pub struct Event {
    epoch: Epoch,
    tag: Tag,
}

impl Event {
    const_unless_loom! {
        /// An event that is not set.
        ///
        /// An example: [`set`](Self::set).
        pub fn new() -> Self {
            Event { epoch: Epoch::new(), tag: Tag::new(Kind::Event) }
        }
    }

    named!(tag);

    /// Sets the event, and lets all go who wait for it.
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    /// use tollgate::Event;
    ///
    /// let (event, short) = (Event::new(), Duration::from_millis(1));
    /// assert!(!event.is_set() && !event.wait_timeout(short) && !event.wait_deadline(Instant::now() + short));
    /// std::thread::scope(|s| {
    ///     s.spawn(|| event.wait());
    ///     event.set(); // it waits no more, whether it has begun to or not
    /// });
    /// event.clear();
    /// assert!(!event.is_set());
    /// ```
    #[inline]
    pub fn set(&self) {
        self.epoch.end_even();
    }

    /// Makes the event not set.
    ///
    /// An example: [`set`](Self::set).
    #[inline]
    pub fn clear(&self) {
        self.epoch.end_odd();
    }

    /// Whether the event is set at this moment.
    ///
    /// An example: [`set`](Self::set).
    #[inline]
    pub fn is_set(&self) -> bool {
        self.epoch.now().is_odd()
    }

    /// Waits until the event is set.
    ///
    /// An example: [`set`](Self::set).
    #[inline]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn wait(&self) {
        let set = self.wait_within(Patience::Forever);
        debug_assert!(set);
    }

    /// Waits at most `timeout` until the event is set: whether it was. `Duration::ZERO` is one look; `Duration::MAX` is
    /// for ever.
    ///
    /// An example: [`set`](Self::set).
    #[inline]
    #[must_use = "whether the event was set or the time ran out"]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn wait_timeout(&self, timeout: Duration) -> bool {
        self.wait_within(Patience::timeout(timeout))
    }

    /// Waits until `deadline` at most until the event is set: whether it was. A deadline that has passed is one look.
    ///
    /// An example: [`set`](Self::set).
    #[inline]
    #[must_use = "whether the event was set or the time ran out"]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn wait_deadline(&self, deadline: Instant) -> bool {
        self.wait_within(Patience::Until(deadline))
    }

    /// The one body of all forms.
    #[inline]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    fn wait_within(&self, patience: Patience) -> bool {
        let now = self.epoch.now();
        now.is_odd() || self.wait_contended(now, patience)
    }

    #[cold]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    fn wait_contended(&self, seen: Number, patience: Patience) -> bool {
        let _waiting = self.tag.waits(patience);
        patience.deadline().is_some_and(|deadline| self.epoch.wait_out(seen, &deadline))
    }
}

#[cfg(test)]
impl Event {
    /// Whether somebody sleeps, or is about to.
    pub(crate) fn has_sleepers(&self) -> bool {
        self.epoch.has_sleepers()
    }
}

impl Default for Event {
    fn default() -> Self {
        Event::new()
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event").field("set", &self.is_set()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn until(what: &str, happened: impl Fn() -> bool) {
        let start = Instant::now();
        while !happened() {
            assert!(start.elapsed() < Duration::from_secs(20), "never happened: {what}");
            std::thread::yield_now();
        }
    }

    /// A bare flag passes CPython's test of this by luck.
    #[test]
    fn who_slept_when_it_was_set_returns_though_clear_followed_at_once() {
        for _ in 0..300 {
            let event = Event::new();
            std::thread::scope(|s| {
                let waiter = s.spawn(|| event.wait_timeout(Duration::from_secs(30)));
                until("it sleeps", || event.has_sleepers());
                event.set();
                event.clear();
                until("it returns", || waiter.is_finished());
                assert!(waiter.join().unwrap());
            });
        }
    }

    /// A wake that arrives late, from a `set` that has been undone, lets nobody go.
    #[test]
    fn a_late_wake_releases_nobody() {
        let event = Event::new();
        std::thread::scope(|s| {
            let waiter = s.spawn(|| event.wait_timeout(Duration::from_millis(100)));
            until("it returns", || {
                event.epoch.wake_in_vain();
                waiter.is_finished()
            });
            assert!(!waiter.join().unwrap(), "and its time ran on (R45)");
        });
    }
}
