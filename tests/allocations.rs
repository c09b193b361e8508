//! No call allocates, whether it waits or not: counted in an allocator of the test's own. (The books of the feature `diagnostics` do.)
#![cfg(not(feature = "diagnostics"))]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;
use tollgate::{
    Barrier, BoundedSemaphore, Condition, Event, LifoQueue, Lock, OwnedRLockGuard, PriorityQueue, Queue,
    RLock, RawLock, Rendezvous, Semaphore,
};

thread_local! {
    /// Allocations of this thread.
    static COUNT: Cell<usize> = const { Cell::new(0) };
    /// Bytes that it has allocated and not given back.
    static HELD: Cell<isize> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: the system's allocator, and a number.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // Fails in a thread that is ending, where nothing is counted.
        let _ = COUNT.try_with(|count| count.set(count.get() + 1));
        let _ = HELD.try_with(|held| held.set(held.get() + layout.size() as isize));
        // SAFETY: by contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        let _ = HELD.try_with(|held| held.set(held.get() - layout.size() as isize));
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
    assert_allocates(0, "RLock", || {
        let lock = RLock::new(1);
        let (outer, _inner) = (lock.lock(), lock.try_lock());
        drop(outer);
    });
    let shared = Arc::new(RLock::new((1, 2)));
    assert_allocates(0, "an owned guard", || {
        let _outer = shared.lock();
        drop(OwnedRLockGuard::map(shared.lock_owned(), |pair| &pair.0));
    });
    assert_allocates(0, "Condition", || assert_eq!(Condition::new().notify_all(), 0));
    assert_allocates(0, "Event", || {
        let event = Event::new();
        event.set();
        event.wait();
        event.clear();
    });
    assert_allocates(0, "Barrier", || {
        let mut rounds = 0;
        let barrier = Barrier::with_action(1, || rounds += 1);
        assert!(barrier.wait().is_ok());
        barrier.abort();
        barrier.reset();
    });
}

/// Nor do those that sleep: a waiter lies in its own frame. (The portable back end has a table of those who are parked.)
#[cfg(all(target_os = "linux", not(tollgate_portable)))]
#[test]
fn calls_that_wait_allocate_nothing() {
    const MOMENT: Duration = Duration::from_millis(1);
    let (lock, raw, reentrant) = (Lock::new(()), RawLock::new(), Arc::new(RLock::new(())));
    let _held = (lock.lock(), raw.acquire(), reentrant.lock());
    let (semaphore, event, barrier) = (Semaphore::new(0), Event::new(), Barrier::new(2));
    std::thread::scope(|s| {
        s.spawn(|| {
            assert_allocates(0, "Lock", || assert!(lock.lock_timeout(MOMENT).is_none()));
            assert_allocates(0, "RawLock", || assert!(!raw.acquire_timeout(MOMENT)));
            assert_allocates(0, "RLock", || assert!(reentrant.lock_owned_timeout(MOMENT).is_none()));
            assert_allocates(0, "Semaphore", || assert!(semaphore.acquire_timeout(MOMENT).is_err()));
            assert_allocates(0, "Event", || assert!(!event.wait_timeout(MOMENT)));
            assert_allocates(0, "Barrier", || assert!(barrier.wait_timeout(MOMENT).is_err()));
            assert_allocates(0, "Condition", || {
                let lock = RLock::new(());
                let _outer = lock.lock();
                assert!(!Condition::new().wait_all_levels_timeout(&mut lock.lock(), MOMENT));
            });
        });
    });
}

/// A bounded queue has its memory from the beginning; an unbounded one takes it as it grows, and gives it back.
#[test]
fn queues_allocate_when_they_are_made_or_grow() {
    let (queue, lifo, priority) =
        (Queue::bounded(1024), LifoQueue::bounded(1024), PriorityQueue::bounded(1024));
    assert_allocates(0, "bounded queues", || {
        for round in 0..3 {
            for item in 0..1024 {
                queue.put(item).unwrap();
                lifo.put(item).unwrap();
                priority.put(item * 7 % 1024).unwrap();
            }
            assert!(queue.is_full() && lifo.is_full() && priority.is_full(), "{round}");
            assert!(queue.try_iter().zip(lifo.try_iter()).zip(priority.try_iter()).count() == 1024);
            // `zip` has taken one more of each but the last.
            assert!(queue.is_empty() && lifo.is_empty() && priority.is_empty());
        }
    });
    #[cfg(target_has_atomic = "64")]
    {
        let lifo = LifoQueue::lock_free(1000);
        assert_allocates(0, "a bounded queue without a latch", || {
            for item in 0..3000 {
                lifo.put(item).unwrap();
                if lifo.is_full() {
                    assert_eq!(lifo.try_iter().count(), 1000);
                }
            }
        });
    }
    let queue = Queue::unbounded();
    assert_allocates(0, "an unbounded queue that is not used", || {
        drop(std::hint::black_box(Queue::<u8>::unbounded()))
    });
    let before = HELD.get();
    queue.put_many(0..100_000).unwrap();
    let lifo = LifoQueue::from_iter(0..100_000);
    let priority = PriorityQueue::from_iter(0..100_000);
    for item in 0..100_000 {
        assert_eq!((queue.get(), lifo.get(), priority.get()), (Ok(item), Ok(99_999 - item), Ok(item)));
    }
    let kept = HELD.get() - before;
    assert!(kept < 3 * 256 * 16 * 2, "{kept} bytes are kept for three empty queues");
}

/// A rendezvous allocates when more wait than ever did, in the call that waits: not to serve, and a second time as many have room.
#[cfg(all(target_os = "linux", not(tollgate_portable)))]
#[test]
fn a_rendezvous_allocates_for_those_who_wait_and_not_to_serve() {
    const MOMENT: Duration = Duration::from_millis(1);
    let meeting = Rendezvous::new();
    assert_allocates(0, "nobody waits", || {
        assert!(Rendezvous::new().try_put(1).is_err() && meeting.try_get().is_err());
        assert!(meeting.try_get_many(9).is_err());
    });
    assert_allocates(1, "the first offer", || assert!(meeting.put_timeout(1, MOMENT).is_err()));
    // A place in line, and one for what it will be handed.
    assert_allocates(2, "the first request", || assert!(meeting.get_timeout(MOMENT).is_err()));
    assert_allocates(0, "the next ones", || {
        assert!(meeting.put_timeout(1, MOMENT).is_err() && meeting.get_timeout(MOMENT).is_err());
    });
    let meeting = Rendezvous::new();
    std::thread::scope(|s| {
        s.spawn(|| assert_allocates(2, "the first get", || assert_eq!(meeting.get(), Ok(1))));
        while meeting.is_full() {
            std::thread::yield_now();
        }
        assert_allocates(0, "a getter is served", || meeting.put(1).unwrap());
    });
    std::thread::scope(|s| {
        s.spawn(|| assert_allocates(1, "the first put", || meeting.put(2).unwrap()));
        while meeting.is_empty() {
            std::thread::yield_now();
        }
        assert_allocates(0, "a putter is met", || assert_eq!(meeting.get(), Ok(2)));
    });
}
