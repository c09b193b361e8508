//! The Linux futex: sleep while a word holds a value, until a moment of the monotonic clock.
//!
//! All calls are process-private. A deadline is computed once, as the absolute `CLOCK_MONOTONIC` time that
//! `FUTEX_WAIT_BITSET` takes, so that neither a spurious wake-up (R45) nor a step of the wall clock (R48) moves it.

use super::super::{Duration, Instant, Wait};
use super::atomic::AtomicU32;
use super::same_cpu::{about_to_wake, asleep};
use std::ffi::c_long;
use std::ptr;

/// What `SYS_futex` reads as `struct timespec`: two longs, also on 32-bit systems whose libc has a 64-bit `time_t`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
struct Timespec {
    seconds: c_long,
    nanos: c_long,
}

/// When a wait ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(Option<Timespec>);

impl Deadline {
    /// No end.
    pub(crate) const NEVER: Deadline = Deadline(None);

    /// `duration` from now; never, if the clock cannot count that far.
    pub(crate) fn after(duration: Duration) -> Self {
        let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: `now` is valid for writes.
        let status = unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut now) };
        assert_eq!(status, 0, "tollgate: CLOCK_MONOTONIC cannot be read");
        #[allow(clippy::unnecessary_cast, reason = "both are narrower on 32-bit systems")]
        let (now_seconds, now_nanos) = (now.tv_sec as i64, now.tv_nsec as i64);
        let mut nanos = now_nanos + i64::from(duration.subsec_nanos());
        let carry = nanos / 1_000_000_000;
        nanos %= 1_000_000_000;
        let seconds = i64::try_from(duration.as_secs())
            .ok()
            .and_then(|whole| whole.checked_add(now_seconds))
            .and_then(|whole| whole.checked_add(carry))
            // The kernel refuses seconds that it cannot turn into 64-bit nanoseconds.
            .filter(|&whole| whole <= i64::MAX / 1_000_000_000)
            .and_then(|whole| c_long::try_from(whole).ok());
        Deadline(seconds.map(|seconds| Timespec { seconds, nanos: nanos as c_long }))
    }

    /// Whether it is no end at all.
    #[cfg(feature = "diagnostics")]
    pub(crate) fn is_never(&self) -> bool {
        self.0.is_none()
    }

    /// The deadline `instant`, or `None` if that has passed.
    pub(crate) fn at(instant: Instant) -> Option<Self> {
        let left = instant.saturating_duration_since(Instant::now());
        if left.is_zero() { None } else { Some(Deadline::after(left)) }
    }
}

/// Sleeps while `word` holds `expected`, until woken on one of `channels` or `deadline`. Compare and sleep are one step. May
/// return early.
pub(crate) fn wait_on(word: &AtomicU32, expected: u32, deadline: &Deadline, channels: u32) -> Wait {
    #[cfg(test)]
    super::counted::count_futex_wait();
    let timespec = deadline.0.as_ref().map_or(ptr::null(), ptr::from_ref);
    // SAFETY: `word` is a live, aligned 32-bit atomic for the whole call; `timespec` is null or points into
    // `deadline`; the other arguments are plain numbers.
    let status = asleep(|| unsafe {
        libc::syscall(
            libc::SYS_futex,
            ptr::from_ref(word),
            libc::FUTEX_WAIT_BITSET | libc::FUTEX_PRIVATE_FLAG,
            expected,
            timespec,
            ptr::null::<u32>(),
            channels,
        )
    });
    if status == 0 {
        return Wait::MaybeWoken;
    }
    match std::io::Error::last_os_error().raw_os_error() {
        Some(libc::EAGAIN) => Wait::Changed,
        Some(libc::ETIMEDOUT) => Wait::TimedOut,
        Some(libc::EINTR) => Wait::MaybeWoken,
        // Only a kernel without futexes or a wrong argument gets here; going on would be a busy loop.
        error => panic!("tollgate: futex wait failed: {error:?}"),
    }
}

/// Wakes up to `count` of those who sleep on the word at this address, on one of `channels`, the longest sleeping first.
/// Nothing is dereferenced: the word may be gone, and then a stranger may be woken, which every wait tolerates.
pub(crate) fn wake_on(word: *const AtomicU32, count: u32, channels: u32) {
    if count == 0 {
        return; // the kernel would wake one
    }
    #[cfg(test)]
    super::counted::count_futex_wake();
    about_to_wake();
    // SAFETY: FUTEX_WAKE_BITSET takes the address as a key and never reads through it in a private futex; a dead or
    // unmapped address gives an error, which changes nothing.
    unsafe {
        libc::syscall(
            libc::SYS_futex,
            word,
            libc::FUTEX_WAKE_BITSET | libc::FUTEX_PRIVATE_FLAG,
            i32::try_from(count).unwrap_or(i32::MAX),
            ptr::null::<Timespec>(),
            ptr::null::<u32>(),
            channels,
        );
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
    about_to_wake();
    // SAFETY: `from` is a live, aligned 32-bit atomic for the whole call; `to` is a key, and not read.
    let status = unsafe {
        libc::syscall(
            libc::SYS_futex,
            ptr::from_ref(from),
            libc::FUTEX_CMP_REQUEUE | libc::FUTEX_PRIVATE_FLAG,
            i32::try_from(wake).unwrap_or(i32::MAX),
            // The kernel reads the number of those to move where a wait has its time-out.
            i32::try_from(moved).unwrap_or(i32::MAX) as usize,
            to,
            expected,
        )
    };
    usize::try_from(status).ok()
}

/// The word ends here: a notion of the models, see there.
#[inline(always)]
pub(crate) fn end_of(_: &AtomicU32) {}

/// A wake that is one step with the store before it: a notion of the models; here every wake comes when it comes.
pub(crate) fn wake_in_step(word: *const AtomicU32, count: u32) {
    wake_on(word, count, !0);
}
