//! Uncontended calls allocate nothing: counted in an allocator of the test's own. (The books of the feature `diagnostics` do.)
#![cfg(not(feature = "diagnostics"))]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Arc;
use tollgate::{BoundedSemaphore, Lock, RawLock, Semaphore};

thread_local! {
    /// Allocations of this thread.
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: the system's allocator, and a number.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // Fails in a thread that is ending, where nothing is counted.
        let _ = COUNT.try_with(|count| count.set(count.get() + 1));
        // SAFETY: by contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: by contract.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[track_caller]
fn assert_allocates(expected: usize, what: &str, calls: impl FnOnce()) {
    let before = COUNT.get();
    calls();
    assert_eq!(COUNT.get() - before, expected, "allocations: {what}");
}

#[test]
fn uncontended_calls_allocate_nothing() {
    assert_allocates(1, "the count works", || drop(std::hint::black_box(Box::new(1))));
    assert_allocates(0, "Lock", || *Lock::new(1).lock() += 1);
    assert_allocates(0, "RawLock", || {
        let lock = RawLock::new();
        lock.acquire();
        lock.release().unwrap();
    });
    assert_allocates(0, "Semaphore", || {
        let semaphore = Semaphore::new(3);
        let mut permit = semaphore.acquire_many(2).unwrap();
        let half = permit.split(1).unwrap();
        permit.merge(semaphore.drain().unwrap());
        permit.merge(half);
        assert!(semaphore.try_acquire().is_err());
    });
    assert_allocates(0, "BoundedSemaphore", || {
        let semaphore = BoundedSemaphore::new(3);
        drop(semaphore.acquire().unwrap());
        semaphore.release(1).unwrap_err();
    });
    let shared = Arc::new(Semaphore::new(1));
    assert_allocates(0, "an owned permit", || drop(shared.acquire_owned().unwrap()));
}
