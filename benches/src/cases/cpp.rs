//! C++'s queues among the contestants, where [`crate::cpp`] has them; otherwise nobody.

use super::flow::Play;
use crate::arena::Case;

#[cfg(cpp_shim)]
use crate::cpp::{Boost, BoostStack, Cpp, Kind, Moodycamel, MoodycamelBlocking, Tbb, TbbBounded, TbbHeap};

#[cfg(cpp_shim)]
fn peer<K: Kind>(case: &mut Case, play: impl Play<u64>) {
    if K::face().is_some() {
        super::flow::peer::<u64, Cpp<K>>(case, play);
    }
}

#[cfg(not(cpp_shim))]
macro_rules! peer {
    ($kind:ident, $case:expr, $play:expr) => {
        let _ = (&$case, &$play);
    };
}
#[cfg(cpp_shim)]
macro_rules! peer {
    ($kind:ident, $case:expr, $play:expr) => {
        peer::<$kind>($case, $play);
    };
}

/// FIFO queues that wait. TBB's with one thread at each end only: others wait for their turn in it by spinning, and with more threads than
/// CPUs, beside others' work, a round has taken more than a minute.
pub(super) fn queues(case: &mut Case, shape: (usize, usize), capacity: usize, play: impl Play<u64>) {
    if shape == (1, 1) {
        peer!(TbbBounded, case, play);
    }
    if capacity == 0 {
        peer!(MoodycamelBlocking, case, play);
    }
}

/// FIFO queues, without bounds, that cannot.
pub(super) fn queues_that_never_wait(case: &mut Case, play: impl Play<u64>) {
    peer!(Moodycamel, case, play);
    peer!(Tbb, case, play);
    peer!(Boost, case, play);
}

/// Stacks, which cannot wait.
pub(super) fn stacks(case: &mut Case, play: impl Play<u64>) {
    peer!(BoostStack, case, play);
}

/// Priority queues, which cannot wait.
pub(super) fn heaps(case: &mut Case, play: impl Play<u64>) {
    peer!(TbbHeap, case, play);
}
