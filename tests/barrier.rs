//! `Barrier` with real threads.

mod common;

use common::{A_WHILE, AGES, eventually, thread};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};
use tollgate::{Barrier, Broken, Event, Lock};

#[test]
fn each_round_has_every_place_once_and_one_leader() {
    const PARTIES: usize = 5;
    const ROUNDS: usize = 1_000;
    let barrier = Barrier::new(PARTIES);
    let places: Vec<_> = (0..ROUNDS).map(|_| AtomicUsize::new(0)).collect();
    thread::scope(|s| {
        for _ in 0..PARTIES {
            s.spawn(|| {
                for round in &places {
                    let wait = barrier.wait().unwrap();
                    assert_eq!(wait.is_leader(), wait.index() == PARTIES - 1);
                    round.fetch_add(1 << (8 * wait.index()), SeqCst);
                }
            });
        }
    });
    assert!(places.iter().all(|round| round.load(SeqCst) == 0x01_01_01_01_01));
    assert_eq!((barrier.waiting(), barrier.is_broken()), (0, false));
}

/// Places are given in the order of arrival.
#[test]
fn the_last_to_arrive_is_the_leader() {
    let barrier = Barrier::new(3);
    thread::scope(|s| {
        for place in 0..2 {
            let barrier = &barrier;
            s.spawn(move || assert_eq!(barrier.wait().unwrap().index(), place));
            eventually("it has arrived", || barrier.waiting() == place + 1);
        }
        let last = barrier.wait().unwrap();
        assert!(last.is_leader());
        assert_eq!(last.index(), 2);
    });
}

#[test]
fn nobody_passes_before_all_have_arrived() {
    const PARTIES: usize = 4;
    let barrier = Barrier::new(PARTIES);
    let arrived = AtomicUsize::new(0);
    thread::scope(|s| {
        for _ in 0..PARTIES {
            s.spawn(|| {
                for round in 1..=2_000 {
                    arrived.fetch_add(1, SeqCst);
                    barrier.wait().unwrap();
                    assert!(arrived.load(SeqCst) >= round * PARTIES, "round {round}");
                }
            });
        }
    });
}

#[test]
fn more_threads_than_parties_meet_in_groups() {
    const ROUNDS: usize = 5_000;
    let barrier = Barrier::new(2);
    let places = [AtomicUsize::new(0), AtomicUsize::new(0)];
    thread::scope(|s| {
        for _ in 0..6 {
            s.spawn(|| {
                while let Ok(wait) = barrier.wait() {
                    let before = places[wait.index()].fetch_add(1, SeqCst);
                    if wait.is_leader() && before + 1 == ROUNDS {
                        barrier.abort();
                    }
                }
            });
        }
    });
    let [first, last] = places.map(AtomicUsize::into_inner);
    assert_eq!(first, last, "one of each in a group of two");
    assert!(last >= ROUNDS);
}

#[test]
fn one_party_never_waits() {
    let mut rounds = 0;
    let barrier = Barrier::with_action(1, || rounds += 1);
    for _ in 0..3 {
        assert!(barrier.wait().unwrap().is_leader());
        assert!(barrier.wait_timeout(Duration::ZERO).unwrap().is_leader());
        assert!(barrier.wait_deadline(Instant::now()).unwrap().is_leader());
    }
    assert_eq!(rounds, 9);
}

#[test]
fn no_party_at_all_panics_and_names_the_rule() {
    for made in [|| _ = Barrier::new(0), || _ = Barrier::with_action(0, || ())] {
        let message = *catch_unwind(made).expect_err("no parties").downcast::<&str>().unwrap();
        assert!(message.contains("at least one party"), "{message}");
    }
}

#[test]
fn the_action_runs_once_a_round_after_all_arrivals_and_before_all_departures() {
    const PARTIES: usize = 4;
    const ROUNDS: usize = 1_000;
    let (arrived, mut rounds) = (AtomicUsize::new(0), Vec::new());
    let acted = AtomicUsize::new(0);
    let barrier = Barrier::with_action(PARTIES, || {
        // Nobody has gone on: then it would have been counted for the next round.
        rounds.push(arrived.load(SeqCst));
        acted.fetch_add(1, SeqCst);
    });
    thread::scope(|s| {
        for _ in 0..PARTIES {
            s.spawn(|| {
                for round in 1..=ROUNDS {
                    arrived.fetch_add(1, SeqCst);
                    barrier.wait().unwrap();
                    assert!(acted.load(SeqCst) >= round, "gone on before the action");
                }
            });
        }
    });
    assert_eq!(rounds, (1..=ROUNDS).map(|round| round * PARTIES).collect::<Vec<_>>());
}

#[test]
fn an_action_may_look_at_its_barrier() {
    let looks = Arc::new(Lock::new(Vec::new()));
    let barrier = Arc::new_cyclic(|itself: &std::sync::Weak<Barrier<Box<dyn FnMut() + Send>>>| {
        let (itself, looks) = (itself.clone(), Arc::clone(&looks));
        let action: Box<dyn FnMut() + Send> = Box::new(move || {
            let barrier = itself.upgrade().unwrap();
            looks.lock().push((barrier.waiting(), barrier.is_broken()));
        });
        Barrier::with_action(2, action)
    });
    thread::scope(|s| {
        s.spawn(|| barrier.wait().unwrap());
        barrier.wait().unwrap();
    });
    assert_eq!(*looks.lock(), [(2, false)]);
    assert_eq!(barrier.waiting(), 0);
}

#[test]
fn an_action_that_panics_breaks_the_barrier_until_it_is_reset() {
    let panics = AtomicBool::new(true);
    let barrier = Barrier::with_action(3, || {
        if panics.load(SeqCst) {
            resume_unwind(Box::new("on purpose"));
        }
    });
    let (broken, panicked) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let enter = || match catch_unwind(AssertUnwindSafe(|| barrier.wait())) {
        Ok(result) => {
            assert_eq!(result, Err(Broken));
            broken.fetch_add(1, SeqCst);
        }
        Err(panic) => {
            assert_eq!(panic.downcast_ref(), Some(&"on purpose"));
            panicked.fetch_add(1, SeqCst);
        }
    };
    thread::scope(|s| (0..3).for_each(|_| _ = s.spawn(enter)));
    assert_eq!((broken.load(SeqCst), panicked.load(SeqCst)), (2, 1));
    assert!(barrier.is_broken());
    assert_eq!(barrier.wait(), Err(Broken), "at once");
    barrier.reset();
    panics.store(false, SeqCst);
    thread::scope(|s| (0..3).for_each(|_| _ = s.spawn(|| barrier.wait().unwrap())));
}

#[test]
fn whose_time_runs_out_breaks_it_for_all() {
    let barrier = Barrier::new(4);
    thread::scope(|s| {
        for _ in 0..2 {
            s.spawn(|| assert_eq!(barrier.wait(), Err(Broken)));
        }
        eventually("both wait", || barrier.waiting() == 2);
        let start = Instant::now();
        assert_eq!(barrier.wait_timeout(A_WHILE), Err(Broken));
        assert!(start.elapsed() >= A_WHILE);
    });
    assert_eq!((barrier.waiting(), barrier.is_broken()), (0, true));
    assert_eq!(barrier.wait(), Err(Broken));
    assert_eq!(barrier.wait_timeout(AGES), Err(Broken));
    barrier.reset();
    assert!(!barrier.is_broken());
    assert_eq!(barrier.wait_timeout(Duration::ZERO), Err(Broken), "one look, and not the last one");
    assert!(barrier.is_broken());
    barrier.reset();
    assert_eq!(barrier.wait_deadline(Instant::now()), Err(Broken));
}

#[test]
fn the_default_time_out_is_that_of_plain_waits_alone() {
    let barrier = Barrier::new(2).with_timeout(A_WHILE);
    let start = Instant::now();
    assert_eq!(barrier.wait(), Err(Broken));
    assert!(start.elapsed() >= A_WHILE);
    barrier.reset();
    thread::scope(|s| {
        let own = s.spawn(|| barrier.wait_timeout(AGES));
        thread::sleep(A_WHILE * 2);
        assert!(barrier.wait().is_ok(), "an own time-out wins over the default");
        assert!(own.join().unwrap().is_ok());
    });
    let barrier = Barrier::with_action(2, || ()).with_timeout(Duration::ZERO);
    assert_eq!(barrier.wait(), Err(Broken));
}

#[test]
fn abort_breaks_for_those_who_wait_and_those_who_come() {
    let barrier = Barrier::new(3);
    thread::scope(|s| {
        for _ in 0..2 {
            s.spawn(|| assert_eq!(barrier.wait(), Err(Broken)));
        }
        eventually("both wait", || barrier.waiting() == 2);
        barrier.abort();
        assert_eq!(barrier.wait(), Err(Broken));
    });
    barrier.reset();
    barrier.abort(); // without anybody waiting, too
    assert!(barrier.is_broken());
    assert_eq!(barrier.wait(), Err(Broken));
}

#[test]
fn reset_breaks_for_those_who_wait_and_opens_a_fresh_round() {
    let barrier = Barrier::new(3);
    thread::scope(|s| {
        for _ in 0..2 {
            s.spawn(|| assert_eq!(barrier.wait(), Err(Broken)));
        }
        eventually("both wait", || barrier.waiting() == 2);
        barrier.reset();
        assert_eq!((barrier.waiting(), barrier.is_broken()), (0, false));
        // The next round works straight away.
        let next: Vec<_> = (0..2).map(|_| s.spawn(|| barrier.wait())).collect();
        assert!(barrier.wait().is_ok());
        next.into_iter().for_each(|thread| assert!(thread.join().unwrap().is_ok()));
    });
    barrier.reset(); // of an empty round: nothing
    assert_eq!((barrier.waiting(), barrier.is_broken()), (0, false));
}

/// A round that was reset while its action ran: the next one's action waits until it has ended, and does not run at all
/// if its own round is over by then.
#[test]
fn actions_never_run_side_by_side_nor_for_a_round_that_is_over() {
    let (started, go_on, acted) = (Event::new(), Event::new(), AtomicUsize::new(0));
    let barrier = Barrier::with_action(1, || {
        acted.fetch_add(1, SeqCst);
        started.set();
        go_on.wait();
    });
    thread::scope(|s| {
        let first = s.spawn(|| barrier.wait());
        started.wait();
        barrier.reset();
        let second = s.spawn(|| barrier.wait());
        eventually("the second has arrived", || barrier.waiting() == 1);
        barrier.abort();
        assert_eq!(acted.load(SeqCst), 1);
        go_on.set();
        assert_eq!(first.join().unwrap(), Err(Broken), "it was reset");
        assert_eq!(second.join().unwrap(), Err(Broken), "it was aborted");
    });
    assert_eq!(acted.load(SeqCst), 1);
    assert!(barrier.is_broken());
}

/// Time does not run out while the action of a full round runs, nor for those who wait to join the next.
#[test]
fn a_full_round_waits_for_its_action() {
    let (started, go_on) = (Event::new(), Event::new());
    let barrier = Barrier::with_action(2, || {
        started.set();
        go_on.wait();
    });
    thread::scope(|s| {
        let first = s.spawn(|| barrier.wait_timeout(AGES));
        eventually("it has arrived", || barrier.waiting() == 1);
        let second = s.spawn(|| barrier.wait());
        started.wait();
        let newcomer = s.spawn(|| barrier.wait_timeout(Duration::from_millis(1)));
        assert_eq!((barrier.waiting(), barrier.is_broken()), (2, false));
        go_on.set();
        assert_eq!(first.join().unwrap().map(|wait| wait.index()), Ok(0));
        assert_eq!(second.join().unwrap().map(|wait| wait.index()), Ok(1));
        assert_eq!(newcomer.join().unwrap(), Err(Broken), "alone in the next round");
    });
    assert!(barrier.is_broken());
}

/// R35, R41: the one that waited frees the barrier as soon as it has passed. (Its own `Arc` is not the last one, as a
/// rule; the models free it under the feet of the other.)
#[test]
fn r41_whoever_leaves_last_frees_the_barrier() {
    for _ in 0..1_000 {
        let barrier = Arc::new(Barrier::new(2));
        let theirs = Arc::clone(&barrier);
        thread::scope(|s| {
            s.spawn(move || theirs.wait().unwrap());
            barrier.wait().unwrap();
            drop(barrier);
        });
    }
}

/// R42: who comes after an `abort` does not wait for a wake that has been.
#[test]
fn r42_an_abort_is_a_state() {
    let barrier = Barrier::new(2);
    thread::scope(|s| {
        for _ in 0..4 {
            s.spawn(|| while barrier.wait_timeout(AGES).is_ok() {});
        }
        thread::sleep(Duration::from_millis(5));
        barrier.abort();
    });
}

/// Time-outs, aborts and resets race with arrivals: a round is all or nothing.
#[test]
fn all_of_a_round_pass_or_none() {
    const PARTIES: usize = 3;
    let rounds = if cfg!(debug_assertions) { 1_500 } else { 6_000 };
    let acted = AtomicUsize::new(0);
    let barrier = Barrier::with_action(PARTIES, || _ = acted.fetch_add(1, SeqCst));
    let passed = AtomicUsize::new(0);
    let left = AtomicUsize::new(PARTIES);
    thread::scope(|s| {
        for thread in 0..PARTIES {
            let (barrier, passed, left) = (&barrier, &passed, &left);
            s.spawn(move || {
                for round in 0..rounds {
                    let timeout = Duration::from_micros([20, 50, 500][(round + thread) % 3]);
                    passed.fetch_add(barrier.wait_timeout(timeout).is_ok().into(), SeqCst);
                }
                left.fetch_sub(1, SeqCst);
            });
        }
        s.spawn(|| {
            for turn in 0.. {
                if left.load(SeqCst) == 0 {
                    break;
                }
                if turn % 7 == 0 {
                    barrier.abort()
                } else {
                    barrier.reset()
                }
                thread::sleep(Duration::from_micros(50));
            }
        });
    });
    // An action that ran for a round that was reset meanwhile let nobody through.
    assert_eq!(passed.load(SeqCst) % PARTIES, 0);
    assert!(passed.load(SeqCst) <= acted.load(SeqCst) * PARTIES);
}

#[cfg(target_os = "linux")]
#[test]
fn a_waiting_thread_uses_no_cpu() {
    let barrier = Barrier::new(2);
    thread::scope(|s| {
        let waiter = s.spawn(|| {
            let before = common::cpu_time();
            barrier.wait().unwrap();
            common::cpu_time() - before
        });
        thread::sleep(A_WHILE * 6);
        barrier.wait().unwrap();
        assert!(waiter.join().unwrap() < A_WHILE);
    });
}
