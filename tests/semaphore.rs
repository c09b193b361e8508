//! `Semaphore` with real threads.

mod common;

use common::{A_WHILE, AGES, eventually, thread};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};
use tollgate::{AcquireError, Closed, OwnedPermit, Permit, Semaphore};

fn waiting(semaphore: &Semaphore) -> usize {
    let shown = format!("{semaphore:?}");
    let number = shown.split("waiting: ").nth(1).unwrap().split(',').next().unwrap();
    number.parse().unwrap()
}

#[test]
fn never_more_than_the_permits_are_out() {
    const PERMITS: usize = 3;
    let semaphore = Semaphore::new(PERMITS);
    let out = AtomicUsize::new(0);
    thread::scope(|s| {
        for form in 0..6_usize {
            let (semaphore, out) = (&semaphore, &out);
            s.spawn(move || {
                for round in 0..4_000 {
                    let count = 1 + (round + form) % PERMITS;
                    let permit = match form % 3 {
                        0 => semaphore.acquire_many(count).ok(),
                        1 => semaphore.try_acquire_many(count).ok(),
                        _ => semaphore.acquire_many_timeout(count, Duration::from_micros(50)).ok(),
                    };
                    if let Some(permit) = permit {
                        assert!(out.fetch_add(count, SeqCst) + count <= PERMITS);
                        out.fetch_sub(count, SeqCst);
                        drop(permit);
                    }
                }
            });
        }
    });
    assert_eq!(semaphore.permits(), PERMITS);
}

#[test]
fn a_release_lets_exactly_as_many_through() {
    let semaphore = Semaphore::new(0);
    let through = AtomicUsize::new(0);
    thread::scope(|s| {
        for _ in 0..6 {
            s.spawn(|| {
                semaphore.acquire().unwrap().forget();
                through.fetch_add(1, SeqCst);
            });
        }
        eventually("all wait", || waiting(&semaphore) == 6);
        let mut released = 0;
        for count in [1, 2, 3] {
            semaphore.release(count);
            released += count;
            eventually("as many got through", || through.load(SeqCst) == released);
            assert_eq!(waiting(&semaphore), 6 - released);
        }
    });
    assert_eq!(semaphore.permits(), 0);
}

#[test]
fn sleepers_are_served_in_the_order_in_which_they_came() {
    let semaphore = Semaphore::new(0);
    let served = AtomicUsize::new(0);
    thread::scope(|s| {
        for place in 0..5 {
            let (semaphore, served) = (&semaphore, &served);
            s.spawn(move || {
                semaphore.acquire().unwrap().forget();
                assert_eq!(served.fetch_add(1, SeqCst), place);
            });
            eventually("the next one sleeps", || waiting(semaphore) == place + 1);
        }
        for place in 0..5 {
            semaphore.release(1);
            eventually("it is served", || served.load(SeqCst) == place + 1);
        }
    });
}

#[test]
fn a_request_for_many_is_not_overtaken_by_sleepers_behind_it() {
    let semaphore = Semaphore::new(0);
    thread::scope(|s| {
        let big = s.spawn(|| semaphore.acquire_many(3).map(Permit::forget));
        eventually("the big one sleeps", || waiting(&semaphore) == 1);
        let small = s.spawn(|| semaphore.acquire().map(Permit::forget));
        eventually("the small one sleeps", || waiting(&semaphore) == 2);
        semaphore.release(2);
        thread::sleep(A_WHILE); // not needed for correctness: the small one may wake up too early
        assert_eq!(
            (semaphore.permits(), waiting(&semaphore)),
            (2, 2),
            "there is enough for the small one alone"
        );
        semaphore.release(1);
        big.join().unwrap().unwrap();
        assert_eq!((semaphore.permits(), waiting(&semaphore)), (0, 1));
        semaphore.release(1);
        small.join().unwrap().unwrap();
    });
}

/// A sleeper that was woken in vain after a millisecond goes before newcomers. It needs two permits and there is one: a blocking
/// newcomer lines up all the same, and takes the permit in its last look.
#[test]
fn newcomers_line_up_behind_a_sleeper_that_has_waited_too_long() {
    // Again if the sleeper was fast enough to get its permits.
    eventually("a newcomer lines up", || {
        let semaphore = Semaphore::new(0);
        thread::scope(|s| {
            let sleeper = s.spawn(|| semaphore.acquire_many(2).map(Permit::forget));
            eventually("it waits", || waiting(&semaphore) == 1);
            thread::sleep(Duration::from_millis(2));
            semaphore.release(2);
            let _ = semaphore.try_acquire_many(2).map(Permit::forget);
            eventually("it is back, or through", || waiting(&semaphore) == 1 || sleeper.is_finished());
            semaphore.release(1);
            let start = Instant::now();
            let taken = semaphore.acquire_timeout(A_WHILE).map(Permit::forget);
            let lined_up = taken.is_ok() && start.elapsed() >= A_WHILE;
            semaphore.close();
            let _ = sleeper.join().unwrap();
            lined_up
        })
    });
}

/// R32: the request at the head gives up, and the permits that are there serve the one behind it.
#[test]
fn r32_a_big_request_that_gives_up_lets_those_behind_it_through() {
    let semaphore = Semaphore::new(0);
    thread::scope(|s| {
        let big = s.spawn(|| semaphore.acquire_many_timeout(2, A_WHILE * 4).map(Permit::forget));
        eventually("the big one sleeps", || waiting(&semaphore) == 1);
        let small = s.spawn(|| semaphore.acquire_timeout(AGES).map(Permit::forget));
        eventually("the small one sleeps", || waiting(&semaphore) == 2);
        semaphore.release(1);
        assert_eq!(big.join().unwrap(), Err(AcquireError::TimedOut));
        assert_eq!(small.join().unwrap(), Ok(()));
    });
}

#[test]
fn permits_come_back_by_drop_also_by_a_panic_and_not_after_forget() {
    let semaphore = Semaphore::new(4);
    let permit = semaphore.acquire_many(3).unwrap();
    assert_eq!((permit.count(), semaphore.permits()), (3, 1));
    drop(permit);
    assert_eq!(semaphore.permits(), 4);
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _permit = semaphore.acquire().unwrap();
        panic!("on purpose");
    }));
    assert!(panicked.is_err());
    assert_eq!(semaphore.permits(), 4);
    semaphore.acquire_many(2).unwrap().forget();
    std::mem::forget(semaphore.acquire().unwrap());
    assert_eq!(semaphore.permits(), 1);
    semaphore.release(3);
    assert_eq!(semaphore.permits(), 4);
}

/// R9: whatever is leaked stays out, and nothing else is harmed.
#[test]
fn r9_leaked_permits_stay_out() {
    let semaphore = Arc::new(Semaphore::new(5));
    let mut permit = semaphore.acquire_many(3).unwrap();
    std::mem::forget(permit.split(1).unwrap());
    std::mem::forget(semaphore.acquire_owned().unwrap());
    permit.merge(semaphore.drain().unwrap());
    assert_eq!((permit.count(), semaphore.permits()), (3, 0));
    drop(permit);
    assert_eq!((semaphore.permits(), Arc::strong_count(&semaphore)), (3, 2));
    // The leaked share; so that no sanitizer complains.
    // SAFETY: it was counted, and nobody else gives it back.
    unsafe { Arc::decrement_strong_count(Arc::as_ptr(&semaphore)) };
}

#[test]
fn permits_are_split_and_merged() {
    let (semaphore, other) = (Semaphore::new(4), Semaphore::new(1));
    let mut permit = semaphore.acquire_many(3).unwrap();
    assert!(permit.split(4).is_none());
    assert_eq!(permit.count(), 3, "nothing has changed");
    let mut two = permit.split(2).unwrap();
    let none = two.split(0).unwrap();
    assert_eq!((permit.count(), two.count(), none.count(), semaphore.permits()), (1, 2, 0, 1));
    drop(permit);
    assert_eq!(semaphore.permits(), 2);
    two.merge(none);
    two.merge(semaphore.acquire().unwrap());
    assert_eq!((two.count(), semaphore.permits()), (3, 1));
    let all = two.split(3).unwrap();
    drop(two);
    assert_eq!(semaphore.permits(), 1, "there was nothing left in it");
    all.forget();
    assert_eq!((semaphore.permits(), other.permits()), (1, 1));
}

#[track_caller]
fn assert_panics_with(what: &str, call: impl FnOnce()) {
    let panic = catch_unwind(AssertUnwindSafe(call)).expect_err("it panics");
    let message = panic.downcast_ref::<String>().cloned();
    let message = message.or(panic.downcast_ref::<&str>().map(ToString::to_string)).unwrap();
    assert!(message.contains(what), "{message}");
}

#[test]
fn permits_of_two_semaphores_are_not_merged_and_none_is_lost() {
    let (here, there) = (Arc::new(Semaphore::new(2)), Arc::new(Semaphore::new(2)));
    let mut permit = here.acquire().unwrap();
    assert_panics_with("of two semaphores", || permit.merge(there.acquire().unwrap()));
    assert_eq!((permit.count(), here.permits(), there.permits()), (1, 1, 2));
    let mut owned = here.acquire_owned().unwrap();
    assert_panics_with("of two semaphores", || owned.merge(there.acquire_many_owned(2).unwrap()));
    assert_eq!((owned.count(), here.permits(), there.permits()), (1, 0, 2));
    drop((permit, owned));
    assert_eq!((here.permits(), there.permits()), (2, 2));
}

/// R29: the count of a permit does not overflow either.
#[test]
fn r29_permits_beyond_the_limit_are_not_merged() {
    let semaphore = Semaphore::new(Semaphore::MAX_PERMITS);
    let mut permit = semaphore.drain().unwrap();
    semaphore.release(1);
    assert_panics_with("MAX_PERMITS", || permit.merge(semaphore.acquire().unwrap()));
    assert_eq!((permit.count(), semaphore.permits()), (Semaphore::MAX_PERMITS, 1));
}

#[test]
fn drain_takes_what_is_there() {
    let semaphore = Semaphore::new(3);
    let all = semaphore.drain().unwrap();
    let none = semaphore.drain().unwrap();
    assert_eq!((all.count(), none.count(), semaphore.permits()), (3, 0, 0));
    drop((none, all));
    assert_eq!(semaphore.permits(), 3);
    semaphore.close();
    assert_eq!(semaphore.drain().map(Permit::forget), Err(Closed));
    assert_eq!(semaphore.permits(), 3);
}

#[test]
fn drained_permits_that_come_back_serve_sleepers() {
    let semaphore = Semaphore::new(2);
    thread::scope(|s| {
        let mut all = semaphore.drain().unwrap();
        let sleeper = s.spawn(|| semaphore.acquire_many(2).map(Permit::forget));
        eventually("it sleeps", || waiting(&semaphore) == 1);
        drop(all.split(1));
        assert_eq!((semaphore.permits(), waiting(&semaphore)), (1, 1));
        drop(all);
        sleeper.join().unwrap().unwrap();
    });
}

/// R28: a closed semaphore stays closed.
#[test]
fn r28_forgetting_permits_keeps_a_closed_semaphore_closed() {
    let semaphore = Semaphore::new(5);
    assert_eq!((semaphore.forget_permits(2), semaphore.permits()), (2, 3));
    semaphore.close();
    assert_eq!((semaphore.forget_permits(1), semaphore.permits()), (1, 2));
    assert_eq!((semaphore.forget_permits(usize::MAX), semaphore.permits()), (2, 0));
    assert_eq!(semaphore.forget_permits(1), 0);
    assert!(semaphore.is_closed());
    semaphore.release(1);
    assert_eq!(semaphore.acquire().map(Permit::forget), Err(Closed));
}

#[test]
fn owned_permits_come_in_every_form() {
    let semaphore = Arc::new(Semaphore::new(1));
    let soon = || Instant::now() + A_WHILE;
    drop(semaphore.acquire_owned().unwrap());
    drop(semaphore.acquire_many_owned(1).unwrap());
    drop(semaphore.try_acquire_owned().unwrap());
    drop(semaphore.try_acquire_many_owned(1).unwrap());
    drop(semaphore.acquire_owned_timeout(A_WHILE).unwrap());
    drop(semaphore.acquire_owned_deadline(soon()).unwrap());
    drop(semaphore.acquire_many_owned_timeout(1, A_WHILE).unwrap());
    drop(semaphore.acquire_many_owned_deadline(1, soon()).unwrap());
    assert_eq!((semaphore.permits(), Arc::strong_count(&semaphore)), (1, 1));
    let mut permit = semaphore.acquire_owned().unwrap();
    let forget = OwnedPermit::forget;
    let soon = || Instant::now() + Duration::from_millis(1);
    let short = Duration::from_millis(1);
    assert_eq!(semaphore.try_acquire_owned().map(forget), Err(AcquireError::NoPermits));
    assert_eq!(semaphore.try_acquire_many_owned(2).map(forget), Err(AcquireError::NoPermits));
    assert_eq!(semaphore.acquire_owned_timeout(short).map(forget), Err(AcquireError::TimedOut));
    assert_eq!(semaphore.acquire_owned_deadline(soon()).map(forget), Err(AcquireError::TimedOut));
    assert_eq!(semaphore.acquire_many_owned_timeout(2, short).map(forget), Err(AcquireError::TimedOut));
    assert_eq!(semaphore.acquire_many_owned_deadline(2, soon()).map(forget), Err(AcquireError::TimedOut));
    semaphore.close();
    assert_eq!(semaphore.acquire_owned().map(forget), Err(Closed));
    assert_eq!(semaphore.acquire_many_owned(2).map(forget), Err(Closed));
    assert_eq!(Arc::strong_count(&semaphore), 2, "the one permit's");
    let half = permit.split(0).unwrap();
    assert_eq!(Arc::strong_count(&semaphore), 3);
    permit.merge(half);
    permit.forget();
    assert_eq!((semaphore.permits(), Arc::strong_count(&semaphore)), (0, 1));
}

#[test]
fn an_owned_permit_keeps_its_semaphore_alive() {
    let semaphore = Arc::new(Semaphore::new(2));
    let watch = Arc::downgrade(&semaphore);
    let mut permit = semaphore.acquire_many_owned(2).unwrap();
    drop(semaphore);
    let other = permit.split(1).unwrap();
    thread::spawn(move || drop(permit)).join().unwrap();
    assert_eq!(watch.upgrade().unwrap().permits(), 1);
    drop(other);
    assert!(watch.upgrade().is_none());
}

/// What is dropped last gives its permits back to sleepers, and frees the semaphore that they have left.
#[test]
fn owned_permits_wake_sleepers_and_the_last_one_frees() {
    for _ in 0..200 {
        let semaphore = Arc::new(Semaphore::new(1));
        let watch = Arc::downgrade(&semaphore);
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let semaphore = Arc::clone(&semaphore);
                thread::spawn(move || {
                    let permit = semaphore.acquire_owned().unwrap();
                    drop(semaphore);
                    drop(permit);
                })
            })
            .collect();
        drop(semaphore);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert!(watch.upgrade().is_none());
    }
}

#[test]
fn a_permit_may_be_given_back_by_another_thread() {
    let semaphore = Semaphore::new(1);
    let permit = semaphore.acquire().unwrap();
    thread::scope(|s| {
        s.spawn(move || drop(permit));
    });
    assert_eq!(semaphore.permits(), 1);
}

#[test]
fn close_fails_everybody_and_stays() {
    let semaphore = Semaphore::new(0);
    thread::scope(|s| {
        let plain = s.spawn(|| semaphore.acquire().map(Permit::forget));
        let many = s.spawn(|| semaphore.acquire_many(5).map(Permit::forget));
        let timed = s.spawn(|| semaphore.acquire_timeout(AGES).map(Permit::forget));
        eventually("all wait", || waiting(&semaphore) == 3);
        semaphore.close();
        assert_eq!(plain.join().unwrap(), Err(Closed));
        assert_eq!(many.join().unwrap(), Err(Closed));
        assert_eq!(timed.join().unwrap(), Err(AcquireError::Closed));
    });
    semaphore.close();
    semaphore.release(2); // what is out may still come back
    assert!(semaphore.is_closed());
    assert_eq!(semaphore.permits(), 2);
    assert_eq!(semaphore.try_acquire().map(Permit::forget), Err(AcquireError::Closed));
    assert_eq!(semaphore.acquire().map(Permit::forget), Err(Closed));
}

#[test]
fn no_permits_and_no_time() {
    let semaphore = Semaphore::new(1);
    let past = Instant::now();
    assert!(semaphore.acquire_timeout(Duration::ZERO).is_ok());
    assert!(semaphore.acquire_deadline(past).is_ok(), "a permit that is there is taken, whatever the time");
    assert!(semaphore.acquire_timeout(Duration::MAX).is_ok());
    assert!(semaphore.acquire_many(0).is_ok());
    let _permit = semaphore.acquire().unwrap();
    assert_eq!(semaphore.try_acquire().map(Permit::forget), Err(AcquireError::NoPermits));
    assert_eq!(semaphore.acquire_timeout(Duration::ZERO).map(Permit::forget), Err(AcquireError::NoPermits));
    assert_eq!(semaphore.acquire_deadline(past).map(Permit::forget), Err(AcquireError::TimedOut));
    let start = Instant::now();
    assert_eq!(semaphore.acquire_timeout(A_WHILE).map(Permit::forget), Err(AcquireError::TimedOut));
    assert!(start.elapsed() >= A_WHILE);
    let start = Instant::now();
    let many = semaphore.acquire_many_deadline(9, Instant::now() + A_WHILE).map(Permit::forget);
    assert_eq!(many, Err(AcquireError::TimedOut));
    assert!(start.elapsed() >= A_WHILE);
    assert_eq!(waiting(&semaphore), 0);
}

#[test]
fn too_many_permits_panic_and_change_nothing() {
    let semaphore = Semaphore::new(Semaphore::MAX_PERMITS);
    for count in [1, Semaphore::MAX_PERMITS, usize::MAX] {
        assert!(catch_unwind(AssertUnwindSafe(|| semaphore.release(count))).is_err());
        assert_eq!(semaphore.permits(), Semaphore::MAX_PERMITS);
    }
    semaphore.release(0);
    let message = catch_unwind(|| Semaphore::new(Semaphore::MAX_PERMITS + 1)).expect_err("one too many");
    let most = Semaphore::MAX_PERMITS;
    let expected = format!("Semaphore::new({}): a semaphore has at most {most} permits", most + 1);
    assert_eq!(message.downcast_ref(), Some(&expected));
    assert!(
        catch_unwind(AssertUnwindSafe(|| semaphore.acquire_many(usize::MAX).map(Permit::forget))).is_err()
    );
    assert_eq!(Semaphore::default().permits(), 1);
}

/// The limit is checked before anything changes: permits beyond it are never there for a sleeper to take.
#[test]
fn a_release_beyond_the_limit_serves_nobody() {
    let semaphore = Semaphore::new(1);
    thread::scope(|s| {
        let sleeper = s.spawn(|| semaphore.acquire_many_timeout(2, A_WHILE).map(Permit::forget));
        eventually("it sleeps or has given up", || waiting(&semaphore) == 1 || sleeper.is_finished());
        for _ in 0..100 {
            let released = catch_unwind(AssertUnwindSafe(|| semaphore.release(Semaphore::MAX_PERMITS)));
            assert!(released.is_err());
        }
        assert_eq!(sleeper.join().unwrap(), Err(AcquireError::TimedOut));
    });
    assert_eq!(semaphore.permits(), 1);
}

/// ... and a permit that comes back when there is no room for it changes nothing, instead of wrapping the count.
#[test]
fn a_permit_without_room_changes_nothing() {
    let semaphore = Semaphore::new(Semaphore::MAX_PERMITS);
    let permits: Vec<_> = (0..8)
        .map(|_| {
            let permit = semaphore.acquire_many(Semaphore::MAX_PERMITS).unwrap();
            semaphore.release(Semaphore::MAX_PERMITS);
            permit
        })
        .collect();
    drop(permits);
    assert_eq!(semaphore.permits(), Semaphore::MAX_PERMITS);
}

#[cfg(target_os = "linux")]
#[test]
fn a_waiter_uses_no_cpu() {
    let semaphore = Semaphore::new(0);
    thread::scope(|s| {
        let waiter = s.spawn(|| {
            let before = common::cpu_time();
            assert!(semaphore.acquire_timeout(Duration::from_millis(500)).is_err());
            common::cpu_time() - before
        });
        let used = waiter.join().unwrap();
        assert!(used < Duration::from_millis(25), "{used:?} of CPU in half a second of waiting");
    });
}
