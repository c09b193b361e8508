//! Giving way: a `sched_yield` that is measured, and given up where it does not pay.
//!
//! With all threads on one CPU nobody's spinning can help; what a waiting thread can do is let the others run. Sleeping does that for two
//! system calls, a wake by the other side and two switches; a yield for one call and the same switches, and nobody need know of it (with
//! producer and consumer on one CPU and room for 64 items: 71 ns an item for 640). But a yield has no bound: beside a process that
//! computes, it returns a time slice later, 2.5 to 4 ms. So each one is timed, and the time says which it was:
//!
//! * as short as a call that does nothing: nobody else wants this CPU. The caller may spin on it; this thread will not ask again for a
//!   while (2^k - 1 waits, at most 63, after k times in a row);
//! * long enough for somebody else to have run: look, and give way again, up to four times;
//! * longer than [`TOO_LONG`]: a stranger has run. Nobody in the process yields for [a while](Ban), and for twice as long if it happens again within
//!   as long after that, up to a second. So beside busy processes it costs a time slice seven times, and then less than one hundredth of the time.
//!   If all goes well for as long as it was forbidden, it begins anew. (With 0.7 ms, and up to a minute, sixteen threads of one process on one CPU were strangers to each other
//!   now and then, and then nobody yielded for a minute: over all cases of queues on one CPU, one after the other, 0.63 of the best peers.)

use std::cell::Cell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::{Duration, Instant};

const TOO_LONG: Duration = Duration::from_micros(2_000);
/// Milliseconds.
const FIRST: u32 = 16;
const LAST: u32 = 1_024;
/// How often in one wait, at most.
const TIMES: u32 = 4;
/// A yield that takes half as long again as the shortest one has let somebody run, or one in ten has not; within these bounds, in
/// nanoseconds.
const SHORT: std::ops::RangeInclusive<u32> = 200..=10_000;

/// The shortest yield there has been, in nanoseconds.
static SHORTEST: AtomicU32 = AtomicU32::new(u32::MAX);
static BAN: Ban = Ban { since: AtomicU32::new(0), length: AtomicU32::new(0) };

thread_local! {
    /// How often in a row this thread had its CPU to itself, and how many waits are still to go by until it asks again.
    static ALONE: Cell<(u8, u8)> = const { Cell::new((0, 0)) };
}

/// The yields of one wait.
#[derive(Debug)]
pub(super) struct GiveWay {
    left: u32,
    /// Whether somebody else ran, the last time.
    pub(super) others: bool,
}

impl GiveWay {
    /// For a wait that begins now.
    pub(super) fn new(allowed: bool) -> Self {
        let (times, skip) = ALONE.get();
        ALONE.set((times, skip.saturating_sub(1)));
        GiveWay { left: if allowed && skip == 0 { TIMES } else { 0 }, others: false }
    }

    /// Lets others run; `false` if that is not, or no longer, to be done.
    pub(super) fn once(&mut self) -> bool {
        if self.left == 0 {
            return false;
        }
        self.left -= 1;
        if BAN.covers(millis()) {
            self.left = 0;
            return false;
        }
        let before = Instant::now();
        std::thread::yield_now();
        let took = before.elapsed();
        if took > TOO_LONG {
            self.left = 0;
            self.others = true;
            BAN.begin(millis());
            return true;
        }
        let took = took.as_nanos() as u32;
        let shortest = SHORTEST.fetch_min(took, Relaxed).min(took);
        let (times, skip) = ALONE.get();
        if took < (shortest / 2).saturating_mul(3).clamp(*SHORT.start(), *SHORT.end()) {
            self.left = 0;
            self.others = false;
            let times = (times + 1).min(6);
            ALONE.set((times, (1 << times) - 1));
        } else {
            self.others = true;
            ALONE.set((times / 2, skip));
        }
        true
    }
}

/// When a stranger ran last, in milliseconds since the first yield, and for how long nobody yields since then.
#[derive(Debug)]
struct Ban {
    since: AtomicU32,
    length: AtomicU32,
}

impl Ban {
    /// The milliseconds wrap after 49 days; something may then be forbidden that has been allowed for long, for a second at most.
    fn covers(&self, now: u32) -> bool {
        now.wrapping_sub(self.since.load(Relaxed)) < self.length.load(Relaxed)
    }

    /// A stranger has run.
    #[cold]
    fn begin(&self, now: u32) {
        // Another thread was in a yield when the stranger ran, and has said so.
        if self.covers(now) {
            return;
        }
        let last = self.length.load(Relaxed);
        let free = now.wrapping_sub(self.since.load(Relaxed)).saturating_sub(last);
        let length = if free < last { (last * 2).min(LAST) } else { FIRST };
        self.since.store(now, Relaxed);
        self.length.store(length, Relaxed);
    }
}

fn millis() -> u32 {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_millis() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_that_keep_coming_forbid_yields_for_a_second_at_most_and_are_forgotten() {
        let ban = Ban { since: AtomicU32::new(0), length: AtomicU32::new(0) };
        // Across the end of the milliseconds.
        let mut now = u32::MAX - 300;
        assert!(!ban.covers(now));
        for length in [16, 32, 64, 128, 256, 512, 1_024, 1_024] {
            ban.begin(now);
            assert!(ban.covers(now) && ban.covers(now.wrapping_add(length - 1)));
            // Nothing is added by who says so too.
            ban.begin(now.wrapping_add(length - 1));
            now = now.wrapping_add(length);
            assert!(!ban.covers(now), "{length}");
        }
        // As long without a stranger as it was forbidden: it begins anew.
        ban.begin(now.wrapping_add(1_024));
        assert!(
            ban.covers(now.wrapping_add(1_024 + FIRST - 1)) && !ban.covers(now.wrapping_add(1_024 + FIRST))
        );
    }
}
