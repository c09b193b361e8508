//! `BoundedSemaphore` with real threads: what it does other than a `Semaphore`. What they share is in `semaphore.rs`.

mod common;

use common::{A_WHILE, AGES, eventually, thread};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};
use tollgate::{AcquireError, BoundedSemaphore, Closed, OverRelease, OwnedPermit, Permit, Semaphore};

fn waiting(semaphore: &BoundedSemaphore) -> usize {
    let shown = format!("{semaphore:?}");
    let number = shown.split("waiting: ").nth(1).unwrap().split(',').next().unwrap();
    number.parse().unwrap()
}

#[test]
fn releasing_too_many_is_an_error_and_changes_nothing() {
    let semaphore = BoundedSemaphore::new(3);
    for count in [1, 3, BoundedSemaphore::MAX_PERMITS, usize::MAX] {
        assert_eq!(semaphore.release(count), Err(OverRelease));
        assert_eq!(semaphore.permits(), 3);
    }
    semaphore.acquire_many(2).unwrap().forget();
    assert_eq!(semaphore.release(3), Err(OverRelease), "one of three would fit, and two");
    assert_eq!(semaphore.permits(), 1);
    assert_eq!(semaphore.release(2), Ok(()));
    assert_eq!(semaphore.release(0), Ok(()));
    assert_eq!((semaphore.permits(), semaphore.bound()), (3, 3));
    assert_eq!(OverRelease.to_string(), "semaphore released too many times");
    // It works on.
    drop(semaphore.acquire_many(3).unwrap());
    assert_eq!(semaphore.permits(), 3);
}

/// Python: `BoundedSemaphore(0).release()` raises `ValueError`.
#[test]
fn nothing_comes_back_to_a_semaphore_of_none() {
    let semaphore = BoundedSemaphore::new(0);
    assert_eq!(semaphore.release(1), Err(OverRelease));
    assert_eq!(semaphore.try_acquire().map(Permit::forget), Err(AcquireError::NoPermits));
    assert_eq!(semaphore.acquire_timeout(A_WHILE).map(Permit::forget), Err(AcquireError::TimedOut));
    assert_eq!(semaphore.drain().unwrap().count(), 0);
    assert_eq!((semaphore.bound(), semaphore.permits()), (0, 0));
    assert_eq!(BoundedSemaphore::default().bound(), 1);
    assert!(catch_unwind(|| BoundedSemaphore::new(BoundedSemaphore::MAX_PERMITS + 1)).is_err());
}

#[test]
fn a_permit_without_room_changes_nothing() {
    let semaphore = BoundedSemaphore::new(3);
    let mut permit = semaphore.acquire_many(2).unwrap();
    semaphore.release(1).unwrap();
    assert_eq!(semaphore.permits(), 2);
    let one = permit.split(1).unwrap();
    drop(one);
    assert_eq!(semaphore.permits(), 3);
    drop(permit);
    assert_eq!(semaphore.permits(), 3, "there was no room");
    // Nor does it panic amid a panic, which would end the process.
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _permit = semaphore.acquire().unwrap();
        semaphore.release(1).unwrap();
        panic!("on purpose");
    }));
    assert!(panicked.is_err());
    assert_eq!(semaphore.permits(), 3);
}

#[test]
fn a_permit_of_more_than_there_is_room_for_gives_none_of_them() {
    let semaphore = BoundedSemaphore::new(3);
    let permit = semaphore.acquire_many(2).unwrap();
    semaphore.release(1).unwrap();
    drop(permit);
    assert_eq!(semaphore.permits(), 2);
}

/// Releases that are refused are refused before anybody can take what they would have brought.
#[test]
fn a_refused_release_serves_nobody() {
    let semaphore = BoundedSemaphore::new(2);
    semaphore.acquire().unwrap().forget();
    thread::scope(|s| {
        let sleeper = s.spawn(|| semaphore.acquire_many_timeout(2, A_WHILE).map(Permit::forget));
        eventually("it sleeps or has given up", || waiting(&semaphore) == 1 || sleeper.is_finished());
        for _ in 0..100 {
            assert_eq!(semaphore.release(2), Err(OverRelease));
        }
        assert_eq!(sleeper.join().unwrap(), Err(AcquireError::TimedOut));
    });
    assert_eq!(semaphore.permits(), 1);
}

#[test]
fn a_request_for_more_than_the_bound_waits_until_the_semaphore_is_closed() {
    let semaphore = BoundedSemaphore::new(2);
    thread::scope(|s| {
        let big = s.spawn(|| semaphore.acquire_many(3).map(Permit::forget));
        eventually("it sleeps", || waiting(&semaphore) == 1);
        assert_eq!(semaphore.try_acquire_many(3).map(Permit::forget), Err(AcquireError::NoPermits));
        drop(semaphore.try_acquire_many(2).unwrap());
        semaphore.close();
        assert_eq!(big.join().unwrap(), Err(Closed));
    });
}

#[test]
fn taking_permits_away_leaves_room_to_release_them() {
    let semaphore = BoundedSemaphore::new(4);
    assert_eq!(semaphore.forget_permits(3), 3);
    assert_eq!((semaphore.permits(), semaphore.bound()), (1, 4));
    semaphore.close();
    assert_eq!(semaphore.forget_permits(3), 1);
    assert!(semaphore.is_closed());
    assert_eq!(semaphore.release(5), Err(OverRelease));
    assert_eq!(semaphore.release(4), Ok(()));
    assert_eq!(semaphore.acquire().map(Permit::forget), Err(Closed));
}

#[test]
fn owned_permits_keep_it_alive() {
    let semaphore = Arc::new(BoundedSemaphore::new(3));
    let watch = Arc::downgrade(&semaphore);
    let mut permit = semaphore.try_acquire_many_owned(2).unwrap();
    permit.merge(semaphore.acquire_owned_timeout(AGES).unwrap());
    let soon = Instant::now() + A_WHILE;
    assert_eq!(
        semaphore.acquire_many_owned_deadline(1, soon).map(OwnedPermit::forget),
        Err(AcquireError::TimedOut)
    );
    drop(semaphore);
    assert_eq!(permit.count(), 3);
    drop(permit.split(1));
    assert_eq!(watch.upgrade().unwrap().permits(), 1);
    drop(permit);
    assert!(watch.upgrade().is_none());
}

/// Threads that take and give back in all ways, and one that releases what it never took: there are never more permits than the
/// bound.
#[test]
fn there_are_never_more_than_the_bound() {
    const BOUND: usize = 3;
    let semaphore = BoundedSemaphore::new(BOUND);
    let refused = AtomicUsize::new(0);
    thread::scope(|s| {
        for thread in 0..4_usize {
            let (semaphore, refused) = (&semaphore, &refused);
            s.spawn(move || {
                for round in 0..3_000 {
                    assert!(semaphore.permits() <= BOUND);
                    match (thread + round) % 4 {
                        0 => drop(semaphore.acquire()),
                        1 => drop(semaphore.drain()),
                        2 => drop(semaphore.acquire_many_timeout(2, Duration::from_micros(50))),
                        _ => {
                            refused.fetch_add(usize::from(semaphore.release(2).is_err()), SeqCst);
                        }
                    }
                }
            });
        }
    });
    // A permit that finds too little room gives none of what it holds; but never is there room for all.
    let left = semaphore.permits();
    assert!((1..=BOUND).contains(&left), "{left}");
    assert_eq!(semaphore.release(BOUND + 1 - left), Err(OverRelease));
    assert_eq!(semaphore.release(BOUND - left), Ok(()));
    assert!(refused.load(SeqCst) > 0);
}

/// Each form, of both types: the message names the one that was called, and nothing has changed.
#[test]
fn a_request_for_too_many_names_its_type_in_every_form() {
    macro_rules! in_every_form {
        ($Semaphore:ident) => {{
            let semaphore = Arc::new($Semaphore::new(1));
            let (many, soon) = (usize::MAX, Duration::from_millis(1));
            let calls: [&dyn Fn(); 8] = [
                &|| drop(semaphore.acquire_many(many)),
                &|| drop(semaphore.try_acquire_many(many)),
                &|| drop(semaphore.acquire_many_timeout(many, soon)),
                &|| drop(semaphore.acquire_many_deadline(many, Instant::now() + soon)),
                &|| drop(semaphore.acquire_many_owned(many)),
                &|| drop(semaphore.try_acquire_many_owned(many)),
                &|| drop(semaphore.acquire_many_owned_timeout(many, soon)),
                &|| drop(semaphore.acquire_many_owned_deadline(many, Instant::now() + soon)),
            ];
            for call in calls {
                let message = catch_unwind(AssertUnwindSafe(call)).expect_err("too many");
                let most = $Semaphore::MAX_PERMITS;
                let name = stringify!($Semaphore);
                let expected = format!("{name}: {many} permits requested, and at most {most} can be");
                assert_eq!(message.downcast_ref(), Some(&expected));
                assert_eq!((semaphore.permits(), Arc::strong_count(&semaphore)), (1, 1));
            }
        }};
    }
    in_every_form!(Semaphore);
    in_every_form!(BoundedSemaphore);
}
