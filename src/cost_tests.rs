//! What each operation costs, counted: read-modify-writes, loads, fences, futex calls. None of it depends on the machine.
//!
//! The counters are those of the calling thread (`platform::counted`). A number that changes here is a change of a promise
//! in the docs.

use crate::platform::counted::{Cost, cost_of, total};
use crate::platform::{Duration, Instant};
use crate::{
    Barrier, BoundedSemaphore, Condition, Event, LifoQueue, Lock, PriorityQueue, Queue, RLock, RLockGuard,
    RawLock, Rendezvous, Semaphore, Shutdown, SimpleQueue, channel,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;

/// No futex call, and this many read-modify-writes and fences.
#[track_caller]
fn assert_cost(what: &str, rmws: u64, fences: u64, operation: impl FnOnce()) {
    let cost = cost_of(operation);
    assert_eq!((cost.futex_waits, cost.futex_wakes), (0, 0), "{what}: futex calls; {cost:?}");
    assert_eq!((cost.rmws, cost.fences), (rmws, fences), "{what}: read-modify-writes, fences; {cost:?}");
}

#[test]
fn an_uncontended_lock_pair_is_two_rmws() {
    let lock = Lock::new(0);
    assert_cost("lock", 2, 0, || drop(lock.lock()));
    assert_cost("try_lock", 2, 0, || drop(lock.try_lock()));
    // The clock is not read either, but that is not counted here.
    assert_cost("lock_timeout", 2, 0, || drop(lock.lock_timeout(Duration::from_secs(1))));
    assert_cost("lock_deadline", 2, 0, || drop(lock.lock_deadline(Instant::now())));
    let raw = RawLock::new();
    assert_cost("acquire, release", 2, 0, || {
        raw.acquire();
        raw.release().unwrap();
    });
    let shared = Arc::new(Lock::new(0));
    // And two of the `Arc`, which are not counted here.
    assert_cost("lock_owned", 2, 0, || drop(shared.lock_owned()));
    let _held = lock.lock();
    assert_cost("try_lock of a held lock", 1, 0, || assert!(lock.try_lock().is_none()));
    assert_cost("is_locked", 0, 0, || assert!(lock.is_locked()));
}

/// R16 of the historical bugs: waiters whose time-outs race a release leave a bit of themselves behind, and the lock is never
/// free again. Here the lock costs afterwards what it cost before.
#[test]
fn r16_time_outs_that_race_releases_leave_nothing_in_the_word() {
    for round in 0..10 {
        let lock = Lock::new(());
        thread::scope(|s| {
            for waiter in 0..4_u64 {
                let lock = &lock;
                s.spawn(move || {
                    for step in 0..20_u64 {
                        let timeout = Duration::from_micros((12 * round + 7 * waiter + 13 * step) % 120);
                        drop(lock.lock_timeout(timeout));
                    }
                });
            }
            for _ in 0..20 {
                let _held = lock.lock();
                thread::yield_now();
            }
        });
        assert_cost("lock, after time-outs", 2, 0, || drop(lock.lock()));
    }
}

#[test]
fn the_first_lock_and_the_last_unlock_of_an_rlock_are_two_rmws_and_reentry_is_none() {
    let lock = RLock::new(0);
    let second = Duration::from_secs(1);
    assert_cost("lock", 2, 0, || drop(lock.lock()));
    assert_cost("try_lock", 2, 0, || drop(lock.try_lock()));
    assert_cost("lock_timeout", 2, 0, || drop(lock.lock_timeout(second)));
    assert_cost("lock_deadline", 2, 0, || drop(lock.lock_deadline(Instant::now())));
    assert_cost("nested, first and last", 2, 0, || drop((lock.lock(), lock.lock(), lock.lock())));
    let mut outer = lock.lock();
    // One load: is it me?
    let one_load = Cost { loads: 1, ..Cost::default() };
    assert_eq!(cost_of(|| drop(lock.lock())), one_load);
    assert_eq!(cost_of(|| drop(lock.try_lock())), one_load);
    assert_eq!(cost_of(|| drop(lock.lock_timeout(second))), one_load);
    assert_eq!(cost_of(|| drop(lock.lock_deadline(Instant::now()))), one_load);
    assert_eq!(cost_of(|| assert!(lock.is_owned())), one_load);
    assert_eq!(cost_of(|| assert_eq!(lock.depth(), 1)), one_load);
    assert_eq!(cost_of(|| *RLockGuard::get_mut(&mut outer).unwrap() += 1), Cost::default());
    thread::scope(|s| {
        s.spawn(|| assert_cost("try_lock of another's", 1, 0, || assert!(lock.try_lock().is_none())));
    });
}

#[test]
fn an_uncontended_semaphore_pair_is_two_rmws() {
    let semaphore = Semaphore::new(3);
    assert_cost("acquire", 2, 0, || drop(semaphore.acquire()));
    assert_cost("acquire_many", 2, 0, || drop(semaphore.acquire_many(3)));
    assert_cost("acquire_timeout", 2, 0, || drop(semaphore.acquire_timeout(Duration::from_secs(1))));
    assert_cost("release", 1, 0, || semaphore.release(1));
    assert_cost("try_acquire of too many", 0, 0, || drop(semaphore.try_acquire_many(9)));
    assert_cost("drain, and back", 2, 0, || drop(semaphore.drain()));
    assert_cost("forget_permits", 1, 0, || _ = semaphore.forget_permits(1));
    assert_cost("acquire, split, merge", 2, 0, || {
        let mut permit = semaphore.acquire_many(3).unwrap();
        let half = permit.split(1).unwrap();
        permit.merge(half);
    });
    let shared = Arc::new(semaphore);
    // Two more in `std`, those of the `Arc`.
    assert_cost("acquire_owned", 2, 0, || drop(shared.acquire_owned()));
}

#[test]
fn an_uncontended_pair_of_a_bounded_semaphore_is_two_rmws() {
    let semaphore = BoundedSemaphore::new(3);
    assert_cost("acquire", 2, 0, || drop(semaphore.acquire()));
    assert_cost("acquire_many_timeout", 2, 0, || {
        drop(semaphore.acquire_many_timeout(3, Duration::from_secs(1)))
    });
    assert_cost("release of too many", 0, 0, || assert!(semaphore.release(1).is_err()));
    assert_cost("acquire, release", 2, 0, || {
        semaphore.acquire().unwrap().forget();
        semaphore.release(1).unwrap();
    });
}

#[test]
fn an_event_is_one_load_or_one_rmw() {
    let event = Event::new();
    let one_load = Cost { loads: 1, ..Cost::default() };
    assert_eq!(cost_of(|| event.clear()), one_load, "clear of a clear event");
    assert_eq!(cost_of(|| assert!(!event.wait_timeout(Duration::ZERO))), one_load, "a look");
    let set = Cost { rmws: 1, ..Cost::default() };
    assert_eq!(cost_of(|| event.set()), set, "set with nobody waiting");
    assert_eq!(cost_of(|| event.set()), set, "set of a set event");
    assert_eq!(cost_of(|| assert!(event.is_set())), one_load);
    assert_eq!(cost_of(|| event.wait()), one_load, "wait on a set event");
    assert_eq!(cost_of(|| event.clear()), Cost { rmws: 1, loads: 1, ..Cost::default() });
}

/// However many sleep, one system call. And none for a `set` that follows, nor in an epoch in which nobody slept.
#[test]
fn a_set_wakes_all_sleepers_with_one_call() {
    let event = Event::new();
    let returned = AtomicUsize::new(0);
    thread::scope(|s| {
        for _ in 0..5 {
            s.spawn(|| {
                assert_eq!(cost_of(|| event.wait()).futex_wakes, 0);
                returned.fetch_add(1, Relaxed);
            });
        }
        while !event.has_sleepers() {
            thread::yield_now();
        }
        assert_eq!(cost_of(|| event.set()).futex_wakes, 1);
        assert_eq!(cost_of(|| event.set()).futex_wakes, 0);
    });
    assert_eq!(returned.load(Relaxed), 5);
    event.clear();
    assert_eq!(cost_of(|| event.set()).futex_wakes, 0, "nobody slept since");
}

/// The lock around the arrival, and nothing else until somebody has to wait.
#[test]
fn a_barrier_of_one_is_three_rmws() {
    let barrier = Barrier::new(1);
    assert_cost("wait", 3, 0, || assert!(barrier.wait().is_ok()));
    assert_cost("abort, reset", 4, 0, || {
        barrier.abort();
        barrier.reset();
    });
}

/// One call for all who sleep until the round is over, and one for each who fell asleep between its end and being told.
#[test]
fn a_barrier_wakes_all_sleepers_with_one_call() {
    let barrier = Barrier::new(6);
    thread::scope(|s| {
        for _ in 0..5 {
            s.spawn(|| assert_eq!(cost_of(|| _ = barrier.wait()).futex_wakes, 0));
        }
        while barrier.waiting() < 5 {
            thread::yield_now();
        }
        // Until they have stopped spinning. If one has not, the test asks for less than it could.
        thread::sleep(Duration::from_millis(50));
        let wakes = cost_of(|| assert!(barrier.wait().unwrap().is_leader())).futex_wakes;
        assert!(wakes <= 2, "{wakes} wakes");
    });
}

#[test]
fn a_notification_that_finds_nobody_is_one_load() {
    let condition = Condition::new();
    for cost in [cost_of(|| condition.notify_one()), cost_of(|| condition.notify_all())] {
        assert_eq!(cost, Cost { loads: 1, ..Cost::default() });
    }
}

/// What it costs to say "full" or "empty" by two latches.
const NO_BY_TWO: u64 = if cfg!(tollgate_one_latch) { 1 } else { 2 };

#[test]
fn an_uncontended_put_or_get_is_one_rmw() {
    for room in [2, 100] {
        let queue = Queue::bounded(room);
        assert_cost("put", 1, 0, || queue.put(1).unwrap());
        assert_cost("get", 1, 0, || _ = queue.get());
    }
    let queue = Queue::bounded(3);
    assert_cost("try_get of an empty queue of three", 1, 0, || _ = queue.try_get());
    queue.put_many(0..3).unwrap();
    assert_cost("try_put to a full queue of three", 1, 0, || _ = queue.try_put(1));
    let queue = Queue::unbounded();
    // So that blocks are changed: that costs none either.
    for _ in 0..200 {
        assert_cost("put, unbounded", 1, 0, || queue.put(1).unwrap());
    }
    for _ in 0..200 {
        assert_cost("get, unbounded", 1, 0, || _ = queue.get());
    }
    let queue = SimpleQueue::new();
    assert_cost("put, simple", 1, 0, || queue.put(1));
    assert_cost("get, simple", 1, 0, || _ = queue.get());
    let queue = LifoQueue::bounded(2);
    assert_cost("put, last in, first out", 1, 0, || queue.put(1).unwrap());
    assert_cost("get, last in, first out", 1, 0, || _ = queue.get());
}

/// With a latch at each end that is a section at the other one too.
#[cfg(not(tollgate_one_latch))]
#[test]
fn to_say_full_or_empty_is_two_rmws_with_room_for_four_or_more() {
    let queue = Queue::bounded(4);
    assert_cost("try_get of an empty queue", 2, 0, || _ = queue.try_get());
    queue.put_many(0..4).unwrap();
    assert_cost("try_put to a full queue", 2, 0, || _ = queue.try_put(1));
    let (unbounded, simple) = (Queue::<()>::unbounded(), SimpleQueue::<()>::new());
    assert_cost("try_get, unbounded", 2, 0, || _ = unbounded.try_get());
    assert_cost("try_get, simple", 2, 0, || _ = simple.try_get());
}

/// A node for the item, its task, and the item's place; and the node back.
#[test]
#[cfg(target_has_atomic = "64")]
fn without_a_latch_a_put_is_three_rmws_and_a_get_is_two() {
    for queue in [LifoQueue::lock_free(100), LifoQueue::lock_free(0)] {
        // The first nodes are taken otherwise.
        queue.put_many(0..100).unwrap();
        queue.get_many(100).unwrap();
        assert_cost("put", 3, 0, || queue.put(1).unwrap());
        assert_cost("get", 2, 0, || _ = queue.get());
        assert_cost("try_get of an empty queue", 1, 0, || _ = queue.try_get());
        assert_cost("put_many: a node for each, and two", 102, 0, || _ = queue.put_many(0..100).unwrap());
        if queue.is_full() {
            assert_cost("try_put to a full queue", 1, 0, || _ = queue.try_put(1));
        }
        assert_cost("get_many", 2, 0, || assert_eq!(queue.get_many(30).unwrap().len(), 30));
        assert_cost("get_many, all", 2, 0, || assert_eq!(queue.get_many(100).unwrap().len(), 70));
        assert_cost("looks", 0, 0, || _ = (queue.is_full(), queue.is_empty(), queue.len(), queue.capacity()));
        assert_cost("task_done, unfinished", 2, 0, || _ = (queue.task_done(), queue.unfinished()));
    }
}

/// Two nodes for the item, its task, its place, and the tail; the place, and the nodes back.
#[test]
#[cfg(target_has_atomic = "64")]
fn without_a_latch_first_in_first_out_a_put_is_four_rmws_and_a_get_is_two() {
    for queue in [Queue::lock_free(100), Queue::lock_free(0)] {
        // The first nodes are taken otherwise.
        queue.put_many(0..100).unwrap();
        queue.get_many(100).unwrap();
        assert_cost("put", 4, 0, || queue.put(1).unwrap());
        assert_cost("get", 2, 0, || _ = queue.get());
        assert_cost("try_get of an empty queue", 1, 0, || _ = queue.try_get());
        assert_cost("put_many: nodes for each, and three", 103, 0, || _ = queue.put_many(0..100).unwrap());
        if queue.is_full() {
            assert_cost("try_put to a full queue", 1, 0, || _ = queue.try_put(1));
            assert_cost("set_capacity, and a latch", 3, 0, || queue.set_capacity(50).unwrap());
        }
        assert_cost("get_many", 2, 0, || assert_eq!(queue.get_many(30).unwrap().len(), 30));
        assert_cost("get_many, all", 2, 0, || assert_eq!(queue.get_many(100).unwrap().len(), 70));
        assert_cost("looks", 0, 0, || _ = (queue.is_full(), queue.is_empty(), queue.len(), queue.capacity()));
        assert_cost("task_done, unfinished", 2, 0, || _ = (queue.task_done(), queue.unfinished()));
    }
}

/// A handle costs nothing beside its queue, until it is made or dropped.
#[test]
fn a_handle_costs_what_its_queue_costs() {
    let (sender, receiver) = channel(Queue::bounded(2));
    assert_cost("put", 1, 0, || sender.put(1).unwrap());
    assert_cost("get", 1, 0, || _ = receiver.get());
    // And as many of the `Arc`.
    assert_cost("clone and drop", 2, 0, || drop(sender.clone()));
}

/// However many items it has.
#[test]
fn a_batch_is_one_rmw() {
    let queue = Queue::bounded(100);
    assert_cost("put_many", 1, 0, || _ = queue.put_many(0..100).unwrap());
    assert_cost("try_put_many to a full queue", NO_BY_TWO, 0, || assert!(queue.try_put_many(0..2).is_err()));
    assert_cost("get_many", 1, 0, || assert_eq!(queue.get_many(100).unwrap().len(), 100));
    assert_cost("try_get_many of an empty queue", NO_BY_TWO, 0, || assert!(queue.try_get_many(2).is_err()));
    queue.put(1).unwrap();
    // The get, and the report.
    assert_cost("get_task", 2, 0, || drop(queue.get_task()));
    let last = Queue::from_iter([1]);
    // The fence with which joiners are told.
    assert_cost("get_task, the last one", 2, 1, || drop(last.get_task()));
    assert_cost("set_capacity", NO_BY_TWO, 0, || queue.set_capacity(50).unwrap());
    assert_cost("looks", 0, 0, || {
        assert!((queue.is_full(), queue.is_empty(), queue.len()) == (false, true, 0))
    });
    assert_cost("capacity, unfinished", 1 + NO_BY_TWO, 0, || _ = (queue.capacity(), queue.unfinished()));
}

/// A lock for the heap, which a put does not need, and the ledger's latch.
#[test]
fn an_uncontended_pair_of_a_priority_queue_is_four_rmws() {
    for queue in [PriorityQueue::bounded(100), PriorityQueue::unbounded()] {
        assert_cost("put", 1, 0, || queue.put(1).unwrap());
        assert_cost("get", 3, 0, || _ = queue.get());
        assert_cost("put_many", 1, 0, || _ = queue.put_many(0..100).unwrap());
        assert_cost("with_first", 3, 0, || assert_eq!(queue.with_first(|first| *first), Some(0)));
        assert_cost("get_many", 3, 0, || assert_eq!(queue.get_many(100).unwrap().len(), 100));
        queue.put(1).unwrap();
        assert_cost("get_task", 4, 0, || drop(queue.get_task()));
        assert_cost("try_get of an empty queue", 1, 0, || _ = queue.try_get());
        assert_cost("with_first of an empty queue", 1, 0, || _ = queue.with_first(|_| ()));
    }
}

/// The latch of the table, whatever the call finds there; and the fence with which joiners are told.
#[test]
fn a_rendezvous_where_nobody_waits_is_one_rmw() {
    let meeting = Rendezvous::new();
    assert_cost("try_put, no getter waits", 1, 0, || assert!(meeting.try_put(1).is_err()));
    assert_cost("try_put_many, no getter waits", 1, 0, || assert!(meeting.try_put_many([1, 2]).is_err()));
    assert_cost("try_get, no putter waits", 1, 0, || assert!(meeting.try_get().is_err()));
    assert_cost("try_get_many, no putter waits", 1, 0, || assert!(meeting.try_get_many(2).is_err()));
    assert_cost("a look", 1, 0, || assert!(meeting.put_timeout(1, Duration::ZERO).is_err()));
    assert_cost("join, no task", 1, 0, || meeting.join());
    assert_cost("len, is_full, unfinished", 3, 0, || {
        assert_eq!((meeting.len(), meeting.is_full(), meeting.unfinished()), (0, true, 0));
    });
    thread::scope(|s| {
        s.spawn(|| meeting.get());
        meeting.put(1).unwrap();
    });
    assert_cost("task_done, the last one", 1, 1, || meeting.task_done().unwrap());
    assert_cost("shutdown, nobody waits", 1, 0, || meeting.shutdown(Shutdown::Drain));
    assert_cost("put after the shutdown", 1, 0, || assert!(meeting.put(1).is_err()));
    assert_cost("get after the shutdown", 1, 0, || assert!(meeting.get().is_err()));
}

/// One release, one wake; and the waiter sleeps as often as it says.
#[test]
fn a_hand_off_to_a_sleeper_is_one_wake() {
    let semaphore = Semaphore::new(0);
    thread::scope(|s| {
        let sleeper = s.spawn(|| cost_of(|| semaphore.acquire().unwrap().forget()));
        while !format!("{semaphore:?}").contains("waiting: 1") {
            thread::yield_now();
        }
        let wakes = cost_of(|| semaphore.release(1)).futex_wakes;
        let waits = sleeper.join().unwrap().futex_waits;
        assert_eq!(wakes, 1);
        assert!(waits >= 1);
    });
}

/// The sums over all threads of a contended run: no wake without a sleep. For each move of a condition's waiters to their lock there may be
/// two more: a release that comes between the counting and the move wakes nobody, and if a moved waiter that was awake takes the lock and gives it
/// back meanwhile, so does the look after the move (invariant 5 of `RawLock`).
#[track_caller]
fn assert_no_needless_wakes(what: &str, threads: Vec<Box<dyn FnOnce() + Send + '_>>) {
    let (mut waits, mut wakes, mut moves) = (0, 0, 0);
    thread::scope(|s| {
        let handles: Vec<_> = threads
            .into_iter()
            .map(|body| {
                s.spawn(move || {
                    body();
                    total()
                })
            })
            .collect();
        for cost in handles.into_iter().map(|handle| handle.join().unwrap()) {
            waits += cost.futex_waits;
            wakes += cost.futex_wakes;
            moves += cost.futex_requeues;
        }
    });
    assert!(wakes <= waits + 2 * moves, "{what}: {wakes} wakes for {waits} sleeps, {moves} moves");
}

fn boxed<'a>(body: impl FnOnce() + Send + 'a) -> Box<dyn FnOnce() + Send + 'a> {
    Box::new(body)
}

#[test]
fn wakes_never_exceed_sleeps_in_a_contended_run() {
    let lock = Lock::new(0_u64);
    let work = || {
        for _ in 0..5_000 {
            let mut guard = lock.lock();
            for _ in 0..50 {
                *guard = std::hint::black_box(*guard + 1);
            }
        }
    };
    assert_no_needless_wakes("Lock", (0..8).map(|_| boxed(work)).collect());

    let semaphore = Semaphore::new(2);
    let work = || (0..5_000).for_each(|_| drop(semaphore.acquire()));
    assert_no_needless_wakes("Semaphore", (0..8).map(|_| boxed(work)).collect());

    let bounded = BoundedSemaphore::new(2);
    let work = || {
        for count in (1..=2).cycle().take(5_000) {
            drop(bounded.acquire_many(count));
        }
    };
    assert_no_needless_wakes("BoundedSemaphore", (0..8).map(|_| boxed(work)).collect());

    for capacity in [1, 16] {
        let queue = Queue::bounded(capacity);
        let put = || (0..3_000).for_each(|item| queue.put(item).unwrap());
        let get = || (0..3_000).for_each(|_| _ = queue.get());
        let threads = (0..8).map(|n| if n % 2 == 0 { boxed(put) } else { boxed(get) }).collect();
        assert_no_needless_wakes("Queue", threads);

        let queue = PriorityQueue::bounded(capacity);
        let put = || (0..600).for_each(|_| _ = queue.put_many(0..5).unwrap());
        let get = || (0..3_000).for_each(|_| _ = queue.get());
        let threads = (0..8).map(|n| if n % 2 == 0 { boxed(put) } else { boxed(get) }).collect();
        assert_no_needless_wakes("PriorityQueue, in batches", threads);
    }

    let meeting = Rendezvous::new();
    let put = || (0..3_000).for_each(|item| meeting.put(item).unwrap());
    let get = || (0..3_000).for_each(|_| _ = meeting.get());
    let threads = (0..8).map(|n| if n % 2 == 0 { boxed(put) } else { boxed(get) }).collect();
    assert_no_needless_wakes("Rendezvous", threads);

    for parties in [2, 4] {
        let barrier = Barrier::new(parties);
        let rounds = AtomicUsize::new(0);
        let meet = || {
            while let Ok(wait) = barrier.wait() {
                if wait.is_leader() && rounds.fetch_add(1, Relaxed) == 3_000 {
                    barrier.abort();
                }
            }
        };
        assert_no_needless_wakes("Barrier", (0..parties * 2).map(|_| boxed(meet)).collect());
    }

    let (there, back) = (Event::new(), Event::new());
    let play = |mine: &Event, theirs: &Event| {
        for _ in 0..3_000 {
            mine.wait();
            mine.clear();
            theirs.set();
        }
    };
    there.set();
    let threads = vec![boxed(|| play(&there, &back)), boxed(|| play(&back, &there))];
    assert_no_needless_wakes("Event", threads);

    let (value, condition) = (Lock::new(0), Condition::new());
    let give = || {
        for _ in 0..2_000 {
            *value.lock() += 1;
            condition.notify_one();
        }
    };
    let take = || {
        for _ in 0..2_000 {
            let mut value = value.lock();
            condition.wait_while(&mut value, |value| **value == 0);
            *value -= 1;
        }
    };
    let threads = (0..4).map(|n| if n % 2 == 0 { boxed(give) } else { boxed(take) }).collect();
    assert_no_needless_wakes("Condition", threads);
}

#[test]
fn a_shutdown_with_nobody_waiting_makes_no_system_call() {
    let queue = Queue::bounded(2);
    queue.put(1).unwrap();
    let cost = cost_of(|| queue.shutdown(Shutdown::Immediate));
    assert_eq!((cost.futex_waits, cost.futex_wakes), (0, 0));
}

/// Under the lock most are not even woken: the waiters are moved to the lock, whose releases wake them one by one.
#[test]
fn notify_all_is_one_system_call() {
    const WAITERS: usize = 5;
    for under_lock in [true, false] {
        let (go, condition) = (Lock::new(false), Condition::new());
        thread::scope(|s| {
            let waiters: Vec<_> = (0..WAITERS)
                .map(|_| {
                    s.spawn(|| {
                        condition.wait_while(&mut go.lock(), |go| !**go);
                        total()
                    })
                })
                .collect();
            while !format!("{condition:?}").contains(&format!("waiting: {WAITERS}")) {
                thread::yield_now();
            }
            let mut guard = go.lock();
            *guard = true;
            let guard = Some(guard).filter(|_| under_lock);
            let cost = cost_of(|| assert_eq!(condition.notify_all(), WAITERS));
            assert!(cost.futex_wakes + cost.futex_requeues <= 1, "{cost:?}");
            let released = cost_of(|| drop(guard));
            assert!(released.futex_wakes <= 1, "{released:?}");
            let waiters = waiters.into_iter().map(|waiter| waiter.join().unwrap());
            let (waits, wakes) = waiters
                .fold((0, 0), |(waits, wakes), cost| (waits + cost.futex_waits, wakes + cost.futex_wakes));
            let wakes = wakes + cost.futex_wakes + released.futex_wakes;
            assert!(wakes <= waits, "under the lock: {under_lock}; {wakes} wakes for {waits} sleeps");
        });
    }
}
