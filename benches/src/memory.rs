//! Peak memory of a round: the system's allocator, which counts while it is told to.
//!
//! To count costs two atomic operations an allocation, so it is done in rounds of their own, and otherwise costs the load of a flag.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{
    AtomicBool, AtomicIsize,
    Ordering::{Relaxed, SeqCst},
};

/// The system's allocator, which can count. To be made the program's global one.
#[derive(Debug)]
pub struct Counting;

static COUNTS: AtomicBool = AtomicBool::new(false);
static NOW: AtomicIsize = AtomicIsize::new(0);
static PEAK: AtomicIsize = AtomicIsize::new(0);

/// The most bytes that were allocated at once while `round` ran, beyond those that were before. `None` unless [`Counting`] is the
/// global allocator.
pub fn peak_of<R>(round: impl FnOnce() -> R) -> (R, Option<u64>) {
    NOW.store(0, SeqCst);
    PEAK.store(0, SeqCst);
    COUNTS.store(true, SeqCst);
    // Shows whether anybody counts.
    drop(std::hint::black_box(Box::new([0_u8; 64])));
    let result = round();
    COUNTS.store(false, SeqCst);
    let peak = PEAK.load(SeqCst);
    (result, u64::try_from(peak).ok().filter(|&bytes| bytes > 0))
}

/// The bytes that are allocated now, beyond those that were before the round. `None` outside a round for memory.
pub fn in_use() -> Option<u64> {
    COUNTS.load(SeqCst).then(|| u64::try_from(NOW.load(SeqCst)).unwrap_or(0))
}

#[inline]
fn count(bytes: isize) {
    if COUNTS.load(Relaxed) {
        let now = NOW.fetch_add(bytes, Relaxed) + bytes;
        if bytes > 0 && now > PEAK.load(Relaxed) {
            PEAK.fetch_max(now, Relaxed);
        }
    }
}

/// A layout's size: at most `isize::MAX`, as its type promises.
#[inline]
fn size(layout: Layout) -> isize {
    layout.size() as isize
}

// SAFETY: the system's allocator does all the work, with the arguments that came; counting touches no memory of a caller.
unsafe impl GlobalAlloc for Counting {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(size(layout));
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(size(layout));
        // SAFETY: the caller's promise.
        unsafe { System.alloc_zeroed(layout) }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        count(-size(layout));
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(block, layout) }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count(new_size as isize - size(layout));
        // SAFETY: the caller's promise.
        unsafe { System.realloc(block, layout, new_size) }
    }
}
