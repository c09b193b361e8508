//! Tasks: items that were taken and have not been reported as done. Joiners wait at a gate of their own.

use super::super::TooManyDone;
use super::Rendezvous;
use crate::platform::{Duration, Instant, Mutant, Patience, mutated};

impl<T> Rendezvous<T> {
    /// Whether no task is left within that time; or was, at some moment since the call.
    #[cfg_attr(feature = "diagnostics", track_caller)]
    fn join_within(&self, patience: Patience) -> bool {
        let look = || {
            let table = self.table.enter();
            (table.unfinished, table.times_idle)
        };
        let first = look();
        first.0 == 0 || {
            let _waiting = self.tag.waits(patience);
            self.joiners.wait_for(patience, || {
                let now = look();
                now.0 == 0 || now.1 != first.1
            })
        }
    }

    /// How many items have been taken and not yet been reported by [`task_done`](Self::task_done).
    ///
    /// An example: [`Rendezvous`].
    pub fn unfinished(&self) -> usize {
        self.table.enter().unfinished
    }

    /// Reports that the work on one item is done.
    ///
    /// An example: [`Rendezvous`].
    ///
    /// # Errors
    ///
    /// [`TooManyDone`], and nothing has changed, if no item is unfinished.
    pub fn task_done(&self) -> Result<(), TooManyDone> {
        let mut table = self.table.enter();
        table.unfinished = table.unfinished.checked_sub(1).ok_or(TooManyDone)?;
        if table.unfinished == 0 {
            table.times_idle =
                table.times_idle.wrapping_add(usize::from(!mutated(Mutant::RendezvousIdleUncounted)));
            drop(table);
            if !mutated(Mutant::RendezvousDoneWithoutNotify) {
                self.joiners.release_all();
            }
        }
        Ok(())
    }

    /// Waits until every item that was taken has been reported by [`task_done`](Self::task_done). Offers do not count.
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    /// use tollgate::Rendezvous;
    ///
    /// let meeting = Rendezvous::new();
    /// std::thread::scope(|s| {
    ///     s.spawn(|| meeting.put(1).unwrap());
    ///     drop(meeting.get_task().unwrap()); // reported when it is dropped
    ///     meeting.join();
    /// });
    /// assert!(meeting.join_timeout(Duration::ZERO) && meeting.join_deadline(Instant::now()));
    /// assert!(meeting.set_capacity(1).is_err()); // it has no room
    /// ```
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn join(&self) {
        self.join_within(Patience::Forever);
    }

    /// The same, at most for `timeout`; whether that was reached.
    ///
    /// An example: [`join`](Self::join).
    #[must_use = "whether all tasks were done or the time ran out"]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn join_timeout(&self, timeout: Duration) -> bool {
        self.join_within(Patience::timeout(timeout))
    }

    /// The same, until `deadline` at most; whether that was reached.
    ///
    /// An example: [`join`](Self::join).
    #[must_use = "whether all tasks were done or the time ran out"]
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn join_deadline(&self, deadline: Instant) -> bool {
        self.join_within(Patience::Until(deadline))
    }
}
