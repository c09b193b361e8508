//! Work of a known length, to do under a lock or between two locks.

use std::hint::black_box;

/// Dependent arithmetic that takes about so many nanoseconds at 3 GHz.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Work(u32);

/// Steps of 50 ns. A step is an "or", a multiplication and an addition: five cycles, and each needs the last.
const STEPS_OF_50_NS: u32 = 35;

impl Work {
    /// Nothing.
    pub const NONE: Work = Work(0);
    /// 50 ns.
    pub const NS_50: Work = Work(50);
    /// 500 ns.
    pub const NS_500: Work = Work(500);
    /// 1 µs.
    pub const US_1: Work = Work(1000);

    /// How long, for the names of cases.
    pub fn name(self) -> String {
        match self.0 {
            whole if whole % 1000 == 0 && whole > 0 => format!("{} us", whole / 1000),
            nanoseconds => format!("{nanoseconds} ns"),
        }
    }

    /// Does the work. The result is 0, and is there only when the work on `before` is done: add it to what is
    /// protected, or a processor that looks far ahead overlaps one section with the next, and 50 ns cost 5.
    #[inline]
    pub fn after(self, before: u64) -> u64 {
        if self.0 == 0 {
            return 0;
        }
        let zero = black_box(0);
        let steps = self.0 * STEPS_OF_50_NS / 50;
        (0..steps).fold(before, |x, _| x.wrapping_mul(x | 1).wrapping_add(1)) & zero
    }
}
