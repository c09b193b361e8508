//! The latch: a lock around a few instructions of the library's own.
//!
//! [`RawLock`](crate::RawLock) pays for its promises with a second read-modify-write: a release has to learn whether somebody sleeps. A
//! latch promises less, so that its release is a plain store, and a queue's put or get one read-modify-write in all. In return
//! nobody is told of a release. Who finds the latch held looks again for 10 µs, and then takes naps, of 50 µs at first and
//! of up to 1.6 ms when the holder was stopped inside: so nobody burns a core, and a CPU that the holder needs is let go.
//!
//! That is for sections of a few nanoseconds. Around longer ones naps starve their takers (in an experiment, with sections of
//! 1 µs, one of two threads got nothing); so no user code runs under a latch, but for a global allocator, nor does anything wait there. Some
//! sections are longer: those of batches and of large items, and those in which an unbounded queue grows. Therefore who has napped four times
//! says so, and whoever comes then naps once before it tries: the impatient one gets in between. (Found in review.)
//!
//! # Invariants
//!
//! 1. At most one thread holds the latch: the word goes from 0 to 1 only by its taker's compare-exchange, and back only by the store
//!    of who holds it.
//! 2. The release is the last access to the latch's memory, and nothing follows it, not even a wake.
//! 3. *No lost wake-up*: there are no wakes. A nap ends by itself.
//! 4. `impatient` is the number of those who have napped often and are not in yet; nothing but courtesy depends on it.
//!
//! # Memory ordering
//!
//! The store releases what was done under the latch, the compare-exchange acquires it: sections are totally ordered, and each happens before
//! the next. That order is also what a gate's notifiers rely on, see "Under a latch" [there](crate::gate).
//!
//! # Progress and cost
//!
//! Blocking, by whoever is inside. One read-modify-write for a section, no fence, and no system call but for naps. Not fair.

use crate::platform::atomic::{
    AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
};
use crate::platform::{Spin, UnsafeCell, abstract_lock, abstract_locks, nap, spin_until, torn_down};
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

const FREE: u32 = 0;
const HELD: u32 = 1;
/// So many naps are enough.
const PATIENT: u32 = 4;

/// See the module. The word comes first, for [`Ledger`](crate::queue).
#[repr(C)]
pub(crate) struct Latch<T> {
    word: AtomicU32,
    impatient: AtomicU32,
    value: UnsafeCell<T>,
}

// SAFETY: the value is used by one thread at a time (invariant 1), which may then be any.
unsafe impl<T: Send> Send for Latch<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Latch<T> {}

impl<T> Latch<T> {
    const_unless_loom! {
        pub(crate) fn new(value: T) -> Self {
            Latch { word: AtomicU32::new(FREE), impatient: AtomicU32::new(0), value: UnsafeCell::new(value) }
        }
    }

    /// Begins a section.
    #[inline]
    pub(crate) fn enter(&self) -> Section<'_, T> {
        self.enter_after(self.enter_at_once())
    }

    /// The first half of [`enter`](Self::enter): a section, if none is open at this moment and nobody has waited long. For a short way that leaves the
    /// rest to another function, which goes on by [`enter_after`](Self::enter_after).
    #[inline]
    pub(crate) fn enter_at_once(&self) -> Option<Section<'_, T>> {
        let courtesy = !abstract_locks() && self.impatient.load(Relaxed) != 0;
        (!courtesy && self.take()).then(|| Section { latch: self, not_send: PhantomData })
    }

    /// The second half.
    #[inline]
    pub(crate) fn enter_after<'a>(&'a self, begun: Option<Section<'a, T>>) -> Section<'a, T> {
        begun.unwrap_or_else(|| {
            self.enter_contended();
            Section { latch: self, not_send: PhantomData }
        })
    }

    /// Begins a section if none is open at this moment. For those who may not wait, and tell nobody.
    pub(crate) fn try_enter(&self) -> Option<Section<'_, T>> {
        self.take().then(|| Section { latch: self, not_send: PhantomData })
    }

    #[inline]
    fn take(&self) -> bool {
        // Acquire: what was done in the sections before.
        self.word.compare_exchange(FREE, HELD, Acquire, Relaxed).is_ok()
    }

    #[cold]
    fn enter_contended(&self) {
        if abstract_locks() {
            abstract_lock::acquire(&self.word);
            return;
        }
        let others = self.impatient.load(Relaxed);
        if others != 0 {
            nap(&self.impatient, others, 0);
        }
        let enters = || self.word.load(Relaxed) == FREE && self.take();
        let mut naps = 0;
        while !enters() && !spin_until(Spin::for_latch(), enters) {
            nap(&self.word, HELD, naps);
            naps += 1;
            if naps == PATIENT {
                self.impatient.fetch_add(1, Relaxed);
            }
        }
        if naps >= PATIENT {
            self.impatient.fetch_sub(1, Relaxed);
        }
    }
}

/// The latch is held.
pub(crate) struct Section<'a, T> {
    latch: &'a Latch<T>,
    /// It ends where it began.
    not_send: PhantomData<*const ()>,
}

impl<T> Deref for Section<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: invariant 1; mutable references borrow the section mutably.
        self.latch.value.with(|value| unsafe { &*value })
    }
}

impl<T> DerefMut for Section<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: invariant 1, and `&mut self` excludes other references.
        self.latch.value.with_mut(|value| unsafe { &mut *value })
    }
}

impl<T> Drop for Section<'_, T> {
    #[inline]
    fn drop(&mut self) {
        if torn_down() {
            return;
        }
        if abstract_locks() {
            // SAFETY: the section borrows the latch, so it is live until the release.
            unsafe { abstract_lock::release(&self.latch.word) };
            return;
        }
        // Release: what was done in this section.
        self.latch.word.store(FREE, Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;
    use std::sync::atomic::AtomicBool;
    use std::thread;
    use std::time::Duration;

    #[test]
    fn sections_exclude_each_other() {
        let latch = Latch::new(0_u64);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..50_000).for_each(|_| *latch.enter() += 1));
            }
        });
        assert_eq!(*latch.enter(), 200_000);
    }

    /// Sections that are long, one after the other, leave hardly a moment between them; others get in all the same. (Without `impatient` one of 20 waited 5 to 7 s.)
    #[test]
    fn whoever_has_waited_long_gets_in_between_long_sections() {
        let latch = Latch::new(0_u64);
        let (done, all_there) = (AtomicBool::new(false), Barrier::new(3));
        let most = thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    all_there.wait();
                    while !done.load(Relaxed) {
                        let mut section = latch.enter();
                        (0..200_000).for_each(|_| *section = std::hint::black_box(*section + 1));
                    }
                });
            }
            all_there.wait();
            let waits = (0..20).map(|_| {
                thread::sleep(Duration::from_millis(1));
                let start = std::time::Instant::now();
                drop(latch.enter());
                start.elapsed()
            });
            let most = waits.max();
            done.store(true, Relaxed);
            most
        });
        assert!(most < Some(Duration::from_secs(2)), "{most:?}");
    }

    /// Whoever finds it held for long sleeps, and comes in by itself when it is free.
    #[test]
    fn a_holder_that_stops_inside_costs_naps_and_no_core() {
        let latch = Latch::new(());
        let entered = AtomicBool::new(false);
        let section = latch.enter();
        thread::scope(|scope| {
            let waiter = scope.spawn(|| {
                let slept = crate::platform::counted::cost_of(|| drop(latch.enter())).futex_waits;
                entered.store(true, Relaxed);
                slept
            });
            thread::sleep(Duration::from_millis(30));
            assert!(!entered.load(Relaxed));
            drop(section);
            let slept = waiter.join().unwrap();
            // 5 short naps, then at most one in 1.6 ms (unless that thread was late to come).
            assert!(slept <= 5 + 30, "{slept} naps in 30 ms");
        });
    }
}
