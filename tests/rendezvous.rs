//! [`Rendezvous`]: a put and a get meet, or nothing happens.
#![cfg(not(any(loom, shuttle)))]

mod common;

use common::thread;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};
use tollgate::{CapacityError, GetError, PutError, Rendezvous, ShutDown, Shutdown, TooManyDone, channel};

const SHORT: Duration = Duration::from_millis(5);
const LONG: Duration = Duration::from_secs(20);

fn until(mut met: impl FnMut() -> bool) {
    let start = Instant::now();
    while !met() {
        assert!(start.elapsed() < LONG, "it does not come about");
        thread::yield_now();
    }
}

#[test]
fn alone_nobody_gets_anywhere_and_items_come_back() {
    let meeting = Rendezvous::new();
    let at = Instant::now() + SHORT;
    assert_eq!(meeting.try_put(1), Err(PutError::Full(1)));
    assert_eq!(meeting.put_timeout(1, SHORT), Err(PutError::Full(1)));
    assert_eq!(meeting.put_deadline(1, at), Err(PutError::Full(1)));
    assert_eq!(meeting.try_get(), Err(GetError::Empty));
    assert_eq!(meeting.get_timeout(SHORT), Err(GetError::Empty));
    assert_eq!(meeting.get_deadline(Instant::now() + SHORT), Err(GetError::Empty));
    assert_eq!(meeting.get_many_timeout(2, SHORT), Err(GetError::Empty));
    assert_eq!(meeting.try_get_many(0), Ok(vec![]));
    assert!(meeting.try_get_task().is_err() && meeting.get_task_timeout(SHORT).is_err());
    let error = meeting.put_many_timeout([1, 2], SHORT).unwrap_err();
    assert_eq!((error.put, error.rest), (0, PutError::Full(vec![1, 2])));
    assert_eq!((meeting.len(), meeting.is_full(), meeting.capacity()), (0, true, Some(0)));
    assert_eq!(meeting.set_capacity(1), Err(CapacityError { most: Some(0) }));
    assert_eq!((meeting.unfinished(), meeting.task_done()), (0, Err(TooManyDone)));
    assert!(meeting.join_timeout(SHORT));
}

#[test]
fn a_put_returns_only_when_its_item_was_taken() {
    let (meeting, taken) = (Rendezvous::new(), AtomicUsize::new(0));
    thread::scope(|scope| {
        let putter = scope.spawn(|| {
            meeting.put(7).unwrap();
            taken.load(SeqCst)
        });
        until(|| meeting.len() == 1);
        thread::sleep(SHORT);
        assert!(!putter.is_finished());
        taken.store(1, SeqCst);
        assert_eq!(meeting.try_get(), Ok(7));
        assert_eq!(putter.join().unwrap(), 1);
    });
    assert_eq!(meeting.unfinished(), 1);
    assert!(!meeting.join_timeout(SHORT));
    meeting.task_done().unwrap();
    meeting.join();
}

#[test]
fn a_try_put_serves_a_getter_that_waits_and_no_second_time() {
    let meeting = Rendezvous::new();
    thread::scope(|scope| {
        let getter = scope.spawn(|| meeting.get());
        until(|| !meeting.is_full());
        assert_eq!(meeting.try_put(1), Ok(()));
        assert_eq!(meeting.try_put(2), Err(PutError::Full(2)));
        assert_eq!(getter.join().unwrap(), Ok(1));
    });
}

#[test]
fn putters_and_getters_are_served_first_come_first_served() {
    let meeting = Rendezvous::new();
    thread::scope(|scope| {
        for i in 0..3 {
            let meeting = &meeting;
            scope.spawn(move || meeting.put(i).unwrap());
            until(|| meeting.len() == i + 1);
        }
        assert_eq!(meeting.get_many(2), Ok(vec![0, 1]));
        assert_eq!(meeting.get(), Ok(2));
    });
}

#[test]
fn a_withdrawn_offer_leaves_the_others_in_order() {
    let meeting = Rendezvous::new();
    thread::scope(|scope| {
        scope.spawn(|| meeting.put(1).unwrap());
        until(|| meeting.len() == 1);
        assert_eq!(meeting.put_timeout(2, SHORT), Err(PutError::Full(2)));
        scope.spawn(|| meeting.put(3).unwrap());
        until(|| meeting.len() == 2);
        assert_eq!(meeting.get_many(9), Ok(vec![1, 3]));
    });
}

#[test]
fn shutdown_refuses_whoever_waits_and_whoever_comes() {
    for how in [Shutdown::Drain, Shutdown::Immediate] {
        let (offers, requests) = (Rendezvous::new(), Rendezvous::<i32>::new());
        thread::scope(|scope| {
            let putter = scope.spawn(|| offers.put(1));
            let batch = scope.spawn(|| offers.put_many([2, 3]));
            let getter = scope.spawn(|| requests.get());
            until(|| offers.len() == 2 && !requests.is_full());
            offers.shutdown(how);
            requests.shutdown(how);
            assert_eq!(offers.try_get(), Err(GetError::ShutDown));
            assert_eq!((offers.len(), requests.is_full()), (0, true));
            assert_eq!(putter.join().unwrap(), Err(ShutDown(1)));
            assert_eq!(batch.join().unwrap().unwrap_err().into_rest(), [2, 3]);
            assert_eq!(getter.join().unwrap(), Err(ShutDown(())));
        });
        assert_eq!(offers.put(4), Err(ShutDown(4)));
        assert_eq!(offers.try_put(4), Err(PutError::ShutDown(4)));
        assert_eq!(offers.iter().count() + offers.try_iter().count(), 0);
        assert!(offers.is_shutdown());
        assert_eq!(offers.unfinished(), 0);
    }
}

/// R38 of the historical bugs: a batch that fails loses the rest.
#[test]
fn r38_a_batch_tells_what_was_taken_and_gives_the_rest_back() {
    let meeting = Rendezvous::new();
    thread::scope(|scope| {
        let putter = scope.spawn(|| meeting.put_many([1, 2, 3]));
        assert_eq!(meeting.get(), Ok(1));
        until(|| meeting.len() == 1);
        meeting.shutdown(Shutdown::Drain);
        let error = putter.join().unwrap().unwrap_err();
        assert_eq!((error.put, error.rest), (1, PutError::ShutDown(vec![2, 3])));
    });
}

/// A joiner waits for a moment without tasks, and need not be awake in it.
#[test]
fn join_returns_after_an_idle_moment_that_is_over() {
    let meet = |meeting: &Rendezvous<u8>| {
        thread::scope(|scope| {
            scope.spawn(|| meeting.put(1).unwrap());
            meeting.get().unwrap();
        });
    };
    // Often: who takes its one look in that moment needs no memory of it.
    for _ in 0..30 {
        let meeting = Rendezvous::new();
        meet(&meeting);
        thread::scope(|scope| {
            let joiner = scope.spawn(|| meeting.join_timeout(LONG));
            // Again, with more time, if it had not begun to wait.
            for millis in [3, 30, 3_000] {
                thread::sleep(Duration::from_millis(millis));
                // A getter that is served within the call leaves no time for a look between the two.
                let getter = scope.spawn(|| meeting.get());
                until(|| !meeting.is_full());
                meeting.task_done().unwrap();
                meeting.try_put(1).unwrap();
                getter.join().unwrap().unwrap();
                thread::sleep(Duration::from_millis(1));
                if joiner.is_finished() {
                    break;
                }
            }
            assert!(joiner.join().unwrap(), "there was a moment without tasks");
        });
    }
}

#[test]
fn tasks_and_handles_work() {
    let (sender, receiver) = channel(Rendezvous::new());
    thread::scope(|scope| {
        scope.spawn(move || sender.put(1).unwrap());
        assert_eq!(receiver.get(), Ok(1));
        assert!(receiver.get().is_err());
    });
    let meeting = Rendezvous::new();
    thread::scope(|scope| {
        scope.spawn(|| meeting.put(1).unwrap());
        drop(meeting.get_task().unwrap());
        meeting.join();
    });
}

/// Time-outs race the partner on both sides: each item ends exactly once, with its getter or back with its putter, whose call says which.
#[test]
fn under_racing_time_outs_no_item_is_lost_doubled_or_dropped_twice() {
    struct Counted(Arc<AtomicUsize>);
    impl Drop for Counted {
        fn drop(&mut self) {
            self.0.fetch_add(1, SeqCst);
        }
    }
    const EACH: usize = 4000;
    let drops = Arc::new(AtomicUsize::new(0));
    let (put, got, putting) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(2));
    let meeting = Rendezvous::new();
    thread::scope(|scope| {
        for n in 0..2_u64 {
            let (meeting, put, got, putting, drops) = (&meeting, &put, &got, &putting, &drops);
            scope.spawn(move || {
                for i in 0..EACH {
                    let wait = Duration::from_micros((i as u64 * 7 + n) % 90 + 1);
                    match meeting.put_timeout(Counted(drops.clone()), wait) {
                        Ok(()) => _ = put.fetch_add(1, SeqCst),
                        Err(error) => assert!(error.is_full()),
                    }
                }
                putting.fetch_sub(1, SeqCst);
            });
            scope.spawn(move || {
                let mut i = n;
                while putting.load(SeqCst) > 0 {
                    i += 1;
                    if meeting.get_timeout(Duration::from_micros(i * 11 % 90 + 1)).is_ok() {
                        got.fetch_add(1, SeqCst);
                    }
                }
            });
        }
    });
    let put = put.load(SeqCst);
    assert!(put > 0);
    assert_eq!((got.load(SeqCst), meeting.unfinished()), (put, put));
    assert_eq!(drops.load(SeqCst), 2 * EACH);
}

#[test]
fn many_threads_pass_everything_on_once() {
    const EACH: usize = 5000;
    let (meeting, sum) = (Rendezvous::new(), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| (1..=EACH).for_each(|i| meeting.put(i).unwrap()));
            scope.spawn(|| (1..=EACH).for_each(|_| _ = sum.fetch_add(meeting.get().unwrap(), SeqCst)));
        }
    });
    assert_eq!(sum.into_inner(), 3 * EACH * (EACH + 1) / 2);
}
