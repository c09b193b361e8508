//! Litmus tests: what the abstract lock and the settings promise to the models that stand on them.

use crate::harness::{Bound, Suite, plain, threads};
use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tollgate::model::Settings;
use tollgate::{Lock, RawLock, Semaphore};

#[cfg(loom)]
use loom::sync::atomic::{AtomicUsize as ModelAtomic, Ordering::Relaxed};
#[cfg(shuttle)]
use shuttle::sync::atomic::{AtomicUsize as ModelAtomic, Ordering::Relaxed};

/// Collects outcomes over all executions of a model and compares them at its end.
struct Outcomes<T>(Arc<Mutex<HashSet<T>>>);

pub(crate) fn models(suite: &mut Suite) {
    store_buffering_across_two_locks(suite);
    a_lock_publishes(suite);
    timed_waits_may_time_out_and_need_not(suite);
    retry_loops_end(suite);
    park_tokens_are_left_alone(suite);
}

impl<T: Eq + std::hash::Hash> Outcomes<T> {
    fn new() -> Self {
        Outcomes(Arc::default())
    }

    fn share(&self) -> Self {
        Outcomes(Arc::clone(&self.0))
    }

    fn add(&self, outcome: T) {
        self.0.lock().unwrap().insert(outcome);
    }
}

/// The abstract lock must not be stronger than acquire and release: two threads that each store to one word, pass through
/// a lock of their own, and load the other word, may both read the old value. A lock that is sequentially consistent
/// (loom's own mutex is) would hide missing fences in everything that is modelled on top of it.
fn store_buffering_across_two_locks(suite: &mut Suite) {
    if cfg!(shuttle) {
        return;
    }
    for real_locks in [false, true] {
        let seen = Arc::new(AtomicUsize::new(0));
        let name = if real_locks { "real" } else { "abstract" };
        let settings = Settings { real_locks, ..Settings::default() };
        let recorded = Arc::clone(&seen);
        suite.add(
            format!("litmus: store buffering across {name} locks"),
            Bound::None,
            vec![settings],
            move || {
                let x = Arc::new(ModelAtomic::new(0));
                let y = Arc::new(ModelAtomic::new(0));
                let (left, right) = (Arc::new(RawLock::new()), Arc::new(RawLock::new()));
                let reads = Arc::new((AtomicUsize::new(9), AtomicUsize::new(9)));
                let (recorded, checked) = (Arc::clone(&recorded), Arc::clone(&reads));
                threads(
                    crate::bodies!([x, y, left, right, reads]
                    {
                        x.store(1, Relaxed);
                        left.acquire();
                        left.release().unwrap();
                        reads.0.store(y.load(Relaxed), SeqCst);
                    },
                    {
                        y.store(1, Relaxed);
                        right.acquire();
                        right.release().unwrap();
                        reads.1.store(x.load(Relaxed), SeqCst);
                    }),
                    move || {
                        if checked.0.load(SeqCst) == 0 && checked.1.load(SeqCst) == 0 {
                            recorded.fetch_add(1, SeqCst);
                        }
                    },
                );
            },
        );
        suite.add_final(move || {
            assert!(
                seen.load(SeqCst) > 0,
                "0/0 was never seen: the lock is stronger than acquire and release"
            )
        });
    }
}

/// ... nor weaker: what is written under it is seen under it.
fn a_lock_publishes(suite: &mut Suite) {
    for real_locks in [false, true] {
        let name = if real_locks { "real" } else { "abstract" };
        let settings = Settings { real_locks, ..Settings::default() };
        suite.add(format!("litmus: the {name} lock publishes"), Bound::None, vec![settings], || {
            let lock = Arc::new(Lock::new((0, 0)));
            threads(
                crate::bodies!([lock]
                { let mut pair = lock.lock(); pair.0 += 1; pair.1 += 1; },
                { let pair = lock.lock(); assert_eq!(pair.0, pair.1); }),
                || {},
            );
        });
    }
}

/// A token that the user's own `unpark` has left is there for the user's own `park`, whatever slept in between.
fn park_tokens_are_left_alone(suite: &mut Suite) {
    #[cfg(loom)]
    use loom::thread;
    #[cfg(shuttle)]
    use shuttle::thread;
    suite.add("model: a token of the user's survives a wait", Bound::None, plain(), || {
        let lock = Arc::new(Lock::new(0));
        threads(
            crate::bodies!([lock]
            { *lock.lock() += 1; },
            {
                thread::current().unpark();
                *lock.lock() += 1;
                thread::park();
            }),
            || {},
        );
    });
}

/// Both outcomes of a race between a time-out and a release are explored.
fn timed_waits_may_time_out_and_need_not(suite: &mut Suite) {
    let outcomes = Outcomes::new();
    let all = outcomes.share();
    suite.add("settings: a timed wait may time out and need not", Bound::None, plain(), move || {
        let semaphore = Arc::new(Semaphore::new(0));
        let outcomes = outcomes.share();
        let result = Arc::new(AtomicUsize::new(9));
        let seen = Arc::clone(&result);
        threads(
            crate::bodies!([semaphore, result]
            {
                let got = semaphore.acquire_timeout(Duration::from_secs(1));
                result.store(usize::from(got.map(|permit| permit.forget()).is_ok()), SeqCst);
            },
            { semaphore.release(1); }),
            move || outcomes.add(seen.load(SeqCst)),
        );
    });
    suite.add_final(move || assert_eq!(*all.0.lock().unwrap(), HashSet::from([0, 1])));
}

/// A loop around a timed call ends, because time-outs have a budget; `Duration::MAX` has none to spend.
fn retry_loops_end(suite: &mut Suite) {
    suite.add("settings: a loop around a timed call ends", Bound::None, plain(), || {
        let semaphore = Arc::new(Semaphore::new(0));
        threads(
            crate::bodies!([semaphore]
            { while semaphore.acquire_timeout(Duration::from_millis(1)).map(|permit| permit.forget()).is_err() {} },
            { semaphore.release(1); }),
            || {},
        );
    });
    suite.add("settings: Duration::MAX never times out", Bound::None, plain(), || {
        let semaphore = Arc::new(Semaphore::new(0));
        threads(
            crate::bodies!([semaphore]
            { semaphore.acquire_timeout(Duration::MAX).unwrap().forget(); },
            { semaphore.release(1); }),
            || {},
        );
    });
}
