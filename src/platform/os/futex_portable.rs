//! A futex for systems that have none with a time-out: one table of parked threads.
//!
//! One table serves timed and untimed waits alike, so that a wake reaches both, first come, first served. A waiter
//! puts an entry into the bucket of its word's address, after it has compared the word under the bucket's lock;
//! wakers store the word first and take the same lock, so compare and sleep are one step. Each entry holds a share of
//! its thread's [`Parker`]; a waker takes the entry out under the lock and unparks afterwards, so a time-out and a wake
//! exclude each other.
//!
//! A thread that sleeps without a deadline sleeps through `atomic-wait` where that crate compiles (Linux, macOS,
//! FreeBSD, Windows); one with a deadline, or on another system, through a mutex and a condition variable. Not
//! `std::thread::park`: it would swallow tokens that the user's own code left.
//!
//! Unlike the kernel's, this futex allocates: an entry when a thread sleeps, a list when some are woken. So a global allocator
//! must not be built on it.
//!
//! On Linux `RUSTFLAGS="--cfg tollgate_portable"` selects this file instead of the kernel's futex; the test suite
//! runs on it too.

use super::super::{Duration, Instant, Wait};
use super::atomic::{AtomicU32, Ordering};
use super::same_cpu::{about_to_wake, asleep};
use std::collections::VecDeque;
use std::ptr;
use std::sync::atomic::AtomicU32 as Flag;
use std::sync::atomic::Ordering::{Acquire, Release};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// When a wait ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(Option<Instant>);

impl Deadline {
    /// No end.
    pub(crate) const NEVER: Deadline = Deadline(None);

    /// `duration` from now; never, if the clock cannot count that far.
    pub(crate) fn after(duration: Duration) -> Self {
        Deadline(Instant::now().checked_add(duration))
    }

    /// Whether it is no end at all.
    #[cfg(feature = "diagnostics")]
    pub(crate) fn is_never(&self) -> bool {
        self.0.is_none()
    }

    /// The deadline `instant`, or `None` if that has passed.
    pub(crate) fn at(instant: Instant) -> Option<Self> {
        if instant <= Instant::now() { None } else { Some(Deadline(Some(instant))) }
    }
}

/// Untimed sleeping on a flag, where `atomic-wait` has it.
#[cfg(any(
    all(target_os = "linux", tollgate_portable),
    target_os = "freebsd",
    target_os = "macos",
    target_os = "ios",
    windows
))]
mod untimed {
    pub(super) const POSSIBLE: bool = true;
    pub(super) use atomic_wait::{wait, wake_one};
}

#[cfg(not(any(
    all(target_os = "linux", tollgate_portable),
    target_os = "freebsd",
    target_os = "macos",
    target_os = "ios",
    windows
)))]
mod untimed {
    pub(super) const POSSIBLE: bool = false;
    pub(super) fn wait(_: &super::Flag, _: u32) {}
    pub(super) fn wake_one(_: &super::Flag) {}
}

const SLEEPING: u32 = 0;
const WOKEN: u32 = 1;

/// Where one thread sleeps. Shared, so that a waker may still hold it when the thread is long gone.
#[derive(Debug)]
struct Parker {
    flag: Flag,
    /// Guards `flag` for waits with a deadline.
    lock: Mutex<()>,
    woken: Condvar,
}

impl Parker {
    fn new() -> Arc<Self> {
        Arc::new(Parker { flag: Flag::new(SLEEPING), lock: Mutex::new(()), woken: Condvar::new() })
    }

    fn park(&self) {
        // Acquire: what the waker did before `unpark` is visible to whoever returns from here.
        while self.flag.load(Acquire) == SLEEPING {
            if untimed::POSSIBLE {
                untimed::wait(&self.flag, SLEEPING);
            } else {
                let guard = relock(self.lock.lock());
                if self.flag.load(Acquire) == SLEEPING {
                    drop(relock(self.woken.wait(guard)));
                }
            }
        }
    }

    /// Sleeps until woken (`true`) or `deadline`.
    fn park_until(&self, deadline: Instant) -> bool {
        let mut guard = relock(self.lock.lock());
        loop {
            if self.flag.load(Acquire) == WOKEN {
                return true;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            guard = relock(self.woken.wait_timeout(guard, left)).0;
        }
    }

    fn unpark(&self) {
        about_to_wake();
        let guard = relock(self.lock.lock());
        self.flag.store(WOKEN, Release);
        drop(guard);
        self.woken.notify_one();
        untimed::wake_one(&self.flag);
    }
}

/// Nothing in this file runs user code under a lock, so a poisoned lock guards a sound value.
fn relock<G>(result: Result<G, PoisonError<G>>) -> G {
    result.unwrap_or_else(PoisonError::into_inner)
}

thread_local! {
    static PARKER: Arc<Parker> = Parker::new();
}

#[derive(Debug)]
struct Entry {
    address: usize,
    channels: u32,
    parker: Arc<Parker>,
}

type Bucket = Mutex<VecDeque<Entry>>;

const BUCKETS: usize = 64;
static TABLE: [Bucket; BUCKETS] = [const { Mutex::new(VecDeque::new()) }; BUCKETS];

fn index(address: usize) -> usize {
    // Fibonacci hashing of the address in words; the top bits are the well mixed ones.
    (address >> 2).wrapping_mul(0x9E37_79B9_7F4A_7C15_u64 as usize) >> (usize::BITS - 6)
}

fn bucket(address: usize) -> MutexGuard<'static, VecDeque<Entry>> {
    relock(TABLE[index(address)].lock())
}

/// Sleeps while `word` holds `expected`, until woken on one of `channels` or `deadline`. Compare and sleep are one step.
pub(crate) fn wait_on(word: &AtomicU32, expected: u32, deadline: &Deadline, channels: u32) -> Wait {
    #[cfg(test)]
    super::counted::count_futex_wait();
    let address = ptr::from_ref(word).addr();
    // A thread whose locals are being destroyed gets a parker for this one wait.
    let parker = PARKER.try_with(Arc::clone).unwrap_or_else(|_| Parker::new());
    {
        let mut bucket = bucket(address);
        // Relaxed: the bucket's lock orders this load after the store of a waker that found no entry here, and
        // whoever returns looks at the state again with the ordering it needs.
        if word.load(Ordering::Relaxed) != expected {
            return Wait::Changed;
        }
        parker.flag.store(SLEEPING, std::sync::atomic::Ordering::Relaxed);
        bucket.push_back(Entry { address, channels, parker: Arc::clone(&parker) });
    }
    match deadline.0 {
        None => asleep(|| parker.park()),
        Some(deadline) => {
            if !asleep(|| parker.park_until(deadline)) {
                if withdraw(&parker, address) {
                    return Wait::TimedOut;
                }
                // A waker has taken the entry out and is about to unpark; the parker is not free before that.
                parker.park();
            }
        }
    }
    Wait::MaybeWoken
}

/// Takes the entry of `parker` out again. `false` if a waker was faster.
fn withdraw(parker: &Arc<Parker>, address: usize) -> bool {
    let remove = |bucket: &mut VecDeque<Entry>| {
        let place = bucket.iter().position(|entry| Arc::ptr_eq(&entry.parker, parker));
        place.map(|place| bucket.remove(place)).is_some()
    };
    if remove(&mut bucket(address)) {
        return true;
    }
    // Woken, or moved by a requeue. Rare, so: every bucket at once, in the order in which requeue locks them.
    let mut all: Vec<_> = TABLE.iter().map(|bucket| relock(bucket.lock())).collect();
    all.iter_mut().any(|bucket| remove(bucket))
}

/// Takes up to `count` entries of `address`, on one of `channels`, out of `bucket`, the oldest first.
fn take(bucket: &mut VecDeque<Entry>, address: usize, count: u32, channels: u32) -> Vec<Entry> {
    let mut taken = Vec::new();
    let mut place = 0;
    while place < bucket.len() && taken.len() < count as usize {
        if bucket[place].address == address && bucket[place].channels & channels != 0 {
            taken.extend(bucket.remove(place));
        } else {
            place += 1;
        }
    }
    taken
}

/// Wakes up to `count` of those who sleep on the word at this address, on one of `channels`, the longest sleeping first.
/// Nothing is dereferenced.
pub(crate) fn wake_on(word: *const AtomicU32, count: u32, channels: u32) {
    if count == 0 {
        return;
    }
    #[cfg(test)]
    super::counted::count_futex_wake();
    let woken = take(&mut bucket(word.addr()), word.addr(), count, channels);
    for entry in woken {
        entry.parker.unpark();
    }
}

/// If `from` still holds `expected`: wakes up to `wake` of its sleepers and moves up to `moved` more to `to`, where
/// they go on sleeping. Returns how many were woken or moved, `None` if the word had changed.
pub(crate) fn requeue(
    from: &AtomicU32,
    expected: u32,
    to: *const AtomicU32,
    wake: u32,
    moved: u32,
) -> Option<usize> {
    #[cfg(test)]
    super::counted::count_futex_requeue();
    let (source, target) = (ptr::from_ref(from).addr(), to.addr());
    let (woken, count) = {
        // Both buckets, the lower index first, so that two requeues cannot deadlock.
        let (low, high) = (index(source).min(index(target)), index(source).max(index(target)));
        let mut first = relock(TABLE[low].lock());
        let mut second = (low != high).then(|| relock(TABLE[high].lock()));
        if from.load(Ordering::Relaxed) != expected {
            return None;
        }
        let (source_bucket, target_bucket) = match &mut second {
            None => (&mut *first, None),
            Some(second) if index(source) == low => (&mut *first, Some(&mut **second)),
            Some(second) => (&mut **second, Some(&mut *first)),
        };
        let woken = take(source_bucket, source, wake, !0);
        let mut moving = take(source_bucket, source, moved, !0);
        let count = woken.len() + moving.len();
        for entry in &mut moving {
            entry.address = target;
        }
        target_bucket.unwrap_or(source_bucket).extend(moving);
        (woken, count)
    };
    for entry in woken {
        entry.parker.unpark();
    }
    Some(count)
}

/// The word ends here: a notion of the models, see there.
#[inline(always)]
pub(crate) fn end_of(_: &AtomicU32) {}

/// A wake that is one step with the store before it: a notion of the models; here every wake comes when it comes.
pub(crate) fn wake_in_step(word: *const AtomicU32, count: u32) {
    wake_on(word, count, !0);
}
