//! Names for threads that are never given out twice.
//!
//! The system's thread ids and the addresses of thread-locals are used again after a thread's end, and the thread that has one
//! next would take a lock whose guard was leaked for its own. So each thread takes a number from a counter when it first asks,
//! whoever created it, and keeps it in a thread-local without a destructor: nothing is registered and nothing cleaned up, and it
//! can be asked for while other thread-locals are being destroyed. (Where `std` keeps thread-locals behind keys of the system,
//! a thread whose number has been cleared away gets a second one then: still nobody else's.)
//!
//! 64 bits do not run out: a thread a nanosecond for five hundred years. On the few targets without 64-bit atomics the number has
//! 32, and the thread that would have to use one again panics instead.

use std::cell::Cell;
use std::sync::atomic::Ordering::Relaxed;

#[cfg(not(target_has_atomic = "64"))]
use std::sync::atomic::AtomicU32 as Counter;
#[cfg(target_has_atomic = "64")]
use std::sync::atomic::AtomicU64 as Counter;

/// The number of a thread; never 0.
#[cfg(target_has_atomic = "64")]
pub(crate) type ThreadId = u64;
#[cfg(not(target_has_atomic = "64"))]
pub(crate) type ThreadId = u32;

/// The number that was given out last.
static LAST: Counter = Counter::new(0);

thread_local! {
    /// 0 until the thread has asked for its number.
    static MINE: Cell<ThreadId> = const { Cell::new(0) };
}

/// The calling thread's number.
#[inline]
pub(crate) fn thread_id() -> ThreadId {
    match MINE.get() {
        0 => {
            let new = next(&LAST);
            MINE.set(new);
            new
        }
        mine => mine,
    }
}

/// Relaxed: that each number comes once follows from the order of the counter's own changes.
#[cold]
fn next(last: &Counter) -> ThreadId {
    match last.fetch_update(Relaxed, Relaxed, |last| last.checked_add(1)) {
        Ok(last) => last + 1,
        Err(_) => panic!("tollgate: more threads than numbers for them; none is given out twice"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use std::thread;

    #[test]
    fn a_thread_keeps_its_number_and_no_other_gets_it() {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                thread::spawn(|| {
                    // One after the other, so that the system may use its ids again.
                    let ids: Vec<_> = (0..50)
                        .map(|_| thread::spawn(|| [thread_id(), thread_id()]).join().unwrap())
                        .collect();
                    assert!(ids.iter().all(|[first, second]| first == second));
                    ids.into_iter().map(|[id, _]| id)
                })
            })
            .collect();
        let ids: HashSet<_> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        assert_eq!(ids.len(), 200);
        assert!(!ids.contains(&0));
    }

    #[test]
    fn numbers_that_run_out_are_not_used_again() {
        let last = Counter::new(ThreadId::MAX - 1);
        assert_eq!(next(&last), ThreadId::MAX);
        for _ in 0..2 {
            assert!(std::panic::catch_unwind(|| next(&last)).is_err());
        }
    }
}
