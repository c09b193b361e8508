//! What a call costs when it waits, counted: the rest of `cost_tests`.
//!
//! Where a test has to know that a thread sleeps and nothing says so, it gives it [`TIME_TO_SLEEP`]. One that still spins then asks for
//! less than the bound, and the test for less than it could.

use crate::platform::Duration;
use crate::platform::counted::{Cost, cost_of, total};
use crate::{
    Barrier, Condition, Event, Lock, OwnedRLockGuard, Queue, RLock, RawLock, Rendezvous, Semaphore, Shutdown,
};
use std::sync::Arc;
use std::thread;

const TIME_TO_SLEEP: Duration = Duration::from_millis(50);
const A_MOMENT: Duration = Duration::from_millis(1);

/// What each thread has done from its start to its end, added up.
fn sum<'a>(costs: impl IntoIterator<Item = &'a Cost>) -> (u64, u64) {
    costs
        .into_iter()
        .fold((0, 0), |(waits, wakes), cost| (waits + cost.futex_waits, wakes + cost.futex_wakes))
}

/// One sleep that nobody ends. Of a lock: the attempt, to ask to be next and to withdraw, to count oneself in and out again. What stands on a gate takes its lock twice
/// beside, to join the line and to leave it; a condition releases the user's lock and takes it again. At a rendezvous it is three sections, to look,
/// to line up and to leave. No read-modify-write is made in a loop, however long the wait.
#[test]
fn a_time_out_is_one_sleep_and_a_fixed_number_of_rmws() {
    fn assert_cost(what: &str, rmws: u64, call: impl FnOnce()) {
        let cost = cost_of(call);
        // On a busy machine the time may be up before the thread has fallen asleep.
        assert!(cost.futex_waits <= 1 && cost.futex_wakes == 0, "{what}: {cost:?}");
        assert!(cost.rmws <= rmws, "{what}: {cost:?}");
    }
    // A spurious return would be a second sleep: the kernel has them, though not without signals or reuse of addresses.
    let (lock, raw, reentrant) = (Lock::new(()), RawLock::new(), Arc::new(RLock::new(())));
    let _held = (lock.lock(), raw.acquire(), reentrant.lock());
    let (semaphore, event, condition) = (Semaphore::new(0), Event::new(), Condition::new());
    thread::scope(|s| {
        s.spawn(|| {
            assert_cost("Lock", 5, || assert!(lock.lock_timeout(A_MOMENT).is_none()));
            assert_cost("RawLock", 5, || assert!(!raw.acquire_timeout(A_MOMENT)));
            assert_cost("RLock", 5, || assert!(reentrant.lock_timeout(A_MOMENT).is_none()));
            assert_cost("RLock, owned", 5, || assert!(reentrant.lock_owned_timeout(A_MOMENT).is_none()));
            assert_cost("Semaphore", 8, || drop(semaphore.acquire_timeout(A_MOMENT)));
            assert_cost("Event", 1, || assert!(!event.wait_timeout(A_MOMENT)));
            let meeting = Rendezvous::new();
            assert_cost("Rendezvous, put", 4, || assert!(meeting.put_timeout(1, A_MOMENT).is_err()));
            assert_cost("Rendezvous, get", 4, || assert!(meeting.get_timeout(A_MOMENT).is_err()));
            let (one, full) = (Queue::<u8>::bounded(1), Queue::bounded(1));
            full.put(1).unwrap();
            assert_cost("Queue with room for one, put", 10, || {
                assert!(full.put_timeout(2, A_MOMENT).is_err())
            });
            assert_cost("Queue with room for one, get", 10, || assert!(one.get_timeout(A_MOMENT).is_err()));
            assert_cost("Rendezvous, get_many", 4, || {
                assert!(meeting.get_many_timeout(2, A_MOMENT).is_err())
            });
            let other = Lock::new(());
            let mut guard = other.lock();
            assert_cost("Condition", 10, || assert!(!condition.wait_timeout(&mut guard, A_MOMENT)));
        });
    });
}

/// The release makes one call, the one who slept none.
#[test]
fn a_lock_handed_to_a_sleeper_is_one_wake() {
    fn assert_one_wake(what: &str, held: impl FnOnce(), wait: impl FnOnce() + Send) {
        thread::scope(|s| {
            let sleeper = s.spawn(move || {
                wait();
                total()
            });
            thread::sleep(TIME_TO_SLEEP);
            let released = cost_of(held);
            let slept = sleeper.join().unwrap();
            assert!(released.futex_wakes <= 1 && released.rmws <= 2, "{what}: {released:?}");
            assert!(slept.futex_wakes == 0 && slept.futex_waits >= released.futex_wakes, "{what}: {slept:?}");
        });
    }
    let lock = Lock::new(());
    let guard = lock.lock();
    assert_one_wake("Lock", || drop(guard), || drop(lock.lock()));
    let raw = RawLock::new();
    raw.acquire();
    assert_one_wake("RawLock", || raw.release().unwrap(), || raw.acquire());
    let reentrant = Arc::new(RLock::new(()));
    let guards = (reentrant.lock(), reentrant.lock_owned());
    assert_one_wake("RLock", || drop(guards), || drop(reentrant.lock()));
}

/// Whoever comes second pays for the section and for the word of whom it meets, and wakes that one if it sleeps. Whoever came first has paid for a
/// look, for lining up, for saying that it sleeps; a getter for fetching what it was handed, too.
#[test]
fn a_partner_that_waits_is_met_by_two_rmws_and_at_most_one_wake() {
    fn assert_costs(
        what: &str,
        first: impl Fn(&Rendezvous<u8>) + Sync,
        rmws_of_first: u64,
        second: impl FnOnce(&Rendezvous<u8>),
        rmws_of_second: u64,
    ) {
        let meeting = Rendezvous::new();
        thread::scope(|s| {
            let waiter = s.spawn(|| {
                first(&meeting);
                total()
            });
            // Who looks at the table is in the way of those who line up: so not before they sleep.
            thread::sleep(TIME_TO_SLEEP);
            while meeting.is_empty() && meeting.is_full() {
                thread::yield_now();
            }
            let met = cost_of(|| second(&meeting));
            let waited = waiter.join().unwrap();
            assert_eq!((met.rmws, met.fences, met.futex_waits), (rmws_of_second, 0, 0), "{what}: {met:?}");
            assert!(met.futex_wakes <= waited.futex_waits.min(1), "{what}: {met:?} for {waited:?}");
            assert!(waited.rmws <= rmws_of_first && waited.futex_wakes == 0, "{what}: {waited:?}");
        });
    }
    let put = |meeting: &Rendezvous<u8>| meeting.put(1).unwrap();
    let get = |meeting: &Rendezvous<u8>| _ = meeting.get().unwrap();
    let refused = |meeting: &Rendezvous<u8>| assert!(meeting.put(1).is_err());
    assert_costs("put", get, 4, put, 2);
    assert_costs("try_put", get, 4, |meeting| meeting.try_put(1).unwrap(), 2);
    assert_costs("get", put, 3, get, 2);
    assert_costs("try_get", put, 3, |meeting| _ = meeting.try_get().unwrap(), 2);
    // And a look how much memory it will take.
    assert_costs("get_many", put, 3, |meeting| assert_eq!(meeting.get_many(9), Ok(vec![1])), 3);
    // Who was refused takes its item back.
    assert_costs("shutdown", refused, 4, |meeting| meeting.shutdown(Shutdown::Drain), 2);
}

#[test]
fn owned_guards_of_an_rlock_cost_what_the_others_do() {
    // And two of the `Arc` each, which are not counted here.
    let lock = Arc::new(RLock::new(0));
    let two =
        |cost: Cost| assert_eq!((cost.rmws, cost.fences, cost.futex_waits, cost.futex_wakes), (2, 0, 0, 0));
    two(cost_of(|| drop(lock.lock_owned())));
    two(cost_of(|| drop(lock.try_lock_owned())));
    two(cost_of(|| drop((lock.lock_owned(), lock.lock(), lock.lock_owned()))));
    two(cost_of(|| drop(OwnedRLockGuard::map(lock.lock_owned(), |value| value))));
    let mut outer = lock.lock_owned();
    assert_eq!(cost_of(|| drop(lock.lock_owned())), Cost { loads: 1, ..Cost::default() });
    assert_eq!(cost_of(|| *OwnedRLockGuard::get_mut(&mut outer).unwrap() += 1), Cost::default());
}

/// `release(n)` is no more wakes than there are permits, and than there are sleepers; those that the woken pass on included.
#[test]
fn a_release_of_many_wakes_no_more_than_it_serves() {
    for (sleepers, released) in [(3, 2), (3, 3), (2, 9), (1, 1)] {
        let semaphore = Semaphore::new(0);
        thread::scope(|s| {
            let threads: Vec<_> = (0..sleepers)
                .map(|_| {
                    s.spawn(|| {
                        let _ = semaphore.acquire().map(crate::Permit::forget);
                        total()
                    })
                })
                .collect();
            while !format!("{semaphore:?}").contains(&format!("waiting: {sleepers}")) {
                thread::yield_now();
            }
            thread::sleep(TIME_TO_SLEEP);
            let mine = cost_of(|| semaphore.release(released));
            let (served, left) = (sleepers.min(released), sleepers.saturating_sub(released));
            while threads.iter().filter(|thread| thread.is_finished()).count() < served {
                thread::yield_now();
            }
            // The rest gets a wake each.
            semaphore.release(left);
            let costs: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
            assert!(mine.futex_wakes <= 1, "one wake in flight: {mine:?}");
            let (waits, wakes) = sum(&costs);
            let wakes = wakes + mine.futex_wakes;
            assert!(
                wakes <= sleepers as u64 && wakes <= waits,
                "{wakes} wakes for {waits} sleeps of {sleepers}"
            );
        });
    }
}

/// Notified with the lock held nobody is woken, but moved, in one call; the release then wakes one. With the lock free it is one wake
/// of the notifier.
#[test]
fn one_notification_is_one_call() {
    for under_lock in [true, false] {
        let (go, condition) = (Lock::new(false), Condition::new());
        thread::scope(|s| {
            let waiter = s.spawn(|| {
                condition.wait_while(&mut go.lock(), |go| !**go);
                total()
            });
            while condition.waiting() == 0 {
                thread::yield_now();
            }
            thread::sleep(TIME_TO_SLEEP);
            let mut guard = go.lock();
            *guard = true;
            let guard = Some(guard).filter(|_| under_lock);
            let notified = cost_of(|| assert_eq!(condition.notify_one(), 1));
            assert!(notified.futex_wakes <= 1 && notified.futex_waits == 0, "{notified:?}");
            let released = cost_of(|| drop(guard));
            assert!(released.futex_wakes <= 1, "{released:?}");
            let waited = waiter.join().unwrap();
            assert_eq!(waited.futex_wakes, 0, "{waited:?}");
        });
    }
}

/// Contended runs that `cost_tests` has not: of the reentrant lock, and of forms whose time runs out.
#[test]
fn wakes_never_exceed_sleeps_with_levels_and_time_outs() {
    #[track_caller]
    fn assert_no_needless_wakes(what: &str, body: impl Fn(u64) + Sync) {
        let costs: Vec<_> = thread::scope(|s| {
            let threads: Vec<_> = (0..6)
                .map(|me| {
                    let body = &body;
                    s.spawn(move || {
                        (0..2_000).for_each(|round| body(me + round));
                        total()
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let (waits, wakes) = sum(&costs);
        assert!(wakes <= waits, "{what}: {wakes} wakes for {waits} sleeps");
    }
    let work = || (0..50).for_each(|n| _ = std::hint::black_box(n));
    let moment = |round: u64| Duration::from_micros(13 * round % 70);

    let reentrant = Arc::new(RLock::new(()));
    assert_no_needless_wakes("RLock", |round| {
        let outer = reentrant.lock();
        let _inner = (round % 2 == 0).then(|| reentrant.lock_owned());
        work();
        drop(outer);
    });
    let lock = Lock::new(());
    assert_no_needless_wakes("Lock, time-outs", |round| {
        let _guard = lock.lock_timeout(moment(round));
        work();
    });
    let semaphore = Semaphore::new(2);
    assert_no_needless_wakes("Semaphore, time-outs", |round| {
        let _permit = semaphore.acquire_many_timeout(1 + (round % 2) as usize, moment(round));
        work();
    });
    let meeting = Rendezvous::new();
    assert_no_needless_wakes("Rendezvous, time-outs", |round| {
        if round % 2 == 0 {
            let _ = meeting.put_timeout(round, moment(round));
        } else {
            let _ = meeting.get_timeout(moment(round));
        }
    });
    let barrier = Barrier::new(2);
    assert_no_needless_wakes("Barrier, time-outs", |round| {
        if barrier.wait_timeout(moment(round)).is_err() {
            barrier.reset();
        }
    });
}
