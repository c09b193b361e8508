//! No deadlock is called certain that is none, and no holder is lost, while threads move.

use super::*;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc;
use std::time::Duration;
use tollgate::{Condition, Lock, OwnedPermit, RLock, RawLock, Semaphore};

const THREADS: usize = 6;
const STEPS: usize = 1500;
const SHORT: Duration = Duration::from_micros(50);

/// Threads may take `first`, `second`, `third` and `levels` in this order only, without a time limit. So there never is a deadlock, and
/// often almost one.
struct Shared {
    first: Lock<()>,
    second: Lock<()>,
    third: Lock<()>,
    levels: RLock<()>,
    raw: RawLock,
    changed: Condition,
    all_levels_changed: Condition,
    permits: Arc<Semaphore>,
}

fn step(shared: &Shared, choice: usize, permits: &mpsc::Sender<OwnedPermit>) {
    match choice % 12 {
        0 => drop((shared.first.lock(), shared.second.lock())),
        1 => drop((shared.second.lock(), shared.third.lock(), shared.levels.lock())),
        // Against the order, with a limit or none at all.
        2 => drop((shared.second.lock(), shared.first.lock_timeout(SHORT))),
        3 => drop((shared.third.lock(), shared.second.try_lock(), shared.first.try_lock())),
        4 => {
            let outer = shared.levels.lock();
            let inner = shared.levels.lock();
            drop(outer);
            drop((inner, shared.third.lock_timeout(SHORT)));
        }
        // Notified under no lock by whoever comes by, also before the waiter has released its lock.
        5 => shared.changed.wait(&mut shared.third.lock()),
        6 => drop((shared.changed.notify_one(), shared.third.lock(), shared.changed.notify_all())),
        7 => {
            let _kept = shared.first.lock();
            let _ = shared.changed.wait_timeout(&mut shared.third.lock(), SHORT);
        }
        8 => {
            let _level = shared.levels.lock();
            let _ = shared.all_levels_changed.wait_all_levels_timeout(&mut shared.levels.lock(), SHORT);
        }
        9 => {
            shared.all_levels_changed.notify_one();
            let _ = permits.send(shared.permits.acquire_owned().unwrap());
        }
        10 => {
            shared.raw.acquire();
            drop((shared.first.lock(), shared.third.lock()));
            shared.raw.release().unwrap();
        }
        _ => drop((shared.first.lock(), shared.second.lock_timeout(SHORT), shared.levels.lock())),
    }
}

#[test]
fn no_certain_deadlock_is_reported_where_none_can_be() {
    let shared = Arc::new(Shared {
        first: Lock::new(()).named("truth: first"),
        second: Lock::new(()).named("truth: second"),
        third: Lock::new(()).named("truth: third"),
        levels: RLock::new(()).named("truth: levels"),
        raw: RawLock::new().named("truth: raw"),
        changed: Condition::new().named("truth: changed"),
        all_levels_changed: Condition::new().named("truth: all levels"),
        permits: Arc::new(Semaphore::new(2).named("truth: permits")),
    });
    let (sender, receiver) = mpsc::channel::<OwnedPermit>();
    // Permits come back from another thread.
    let receiver = spawn("truth: receiver", move || receiver.into_iter().for_each(drop));
    let running = Arc::new(AtomicUsize::new(THREADS));
    let threads: Vec<_> = (0..THREADS)
        .map(|thread| {
            let (shared, running, sender) = (Arc::clone(&shared), Arc::clone(&running), sender.clone());
            spawn("truth: worker", move || {
                let mut random = thread as u64 + 1;
                for _ in 0..STEPS {
                    random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                    step(&shared, (random >> 33) as usize, &sender);
                }
                running.fetch_sub(1, SeqCst);
            })
        })
        .collect();
    drop(sender);
    let (mut reports, mut contended, mut possible) = (0, 0, 0);
    while running.load(SeqCst) > 0 {
        shared.changed.notify_all();
        let report = report();
        let ours = |waiting: &WaitingThread| waiting.thread().name() == Some("truth: worker");
        for deadlock in report.deadlocks().iter().filter(|deadlock| deadlock.threads().any(ours)) {
            assert!(!deadlock.is_certain(), "{deadlock}");
            possible += 1;
        }
        reports += 1;
        let blocked = |waiting: &&WaitingThread| ours(waiting) && !waiting.holders().is_empty();
        contended += report.waiting().iter().filter(blocked).count();
    }
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    receiver.join().unwrap();
    println!("{reports} reports, {contended} blocked threads in them, {possible} possible deadlocks");
    // It has looked, and there was something to see.
    assert!(contended > 100, "{reports} reports, {contended} blocked");
    assert!(report().waiting().iter().all(|waiting| waiting.thread().name() != Some("truth: worker")));
}

/// The next owner may be entered while the last one is still on its way out.
#[test]
fn whoever_waits_for_what_a_thread_holds_names_that_thread_alone() {
    let locks = Arc::new((Lock::new(()).named("names: lock"), RLock::new(()).named("names: rlock")));
    let threads: Vec<_> = ["names: 1", "names: 2", "names: 3"]
        .into_iter()
        .map(|me| {
            let locks = Arc::clone(&locks);
            spawn(me, move || {
                let mut named = 0;
                for round in 0..2000 {
                    let guards = if round % 2 == 0 {
                        (Some(locks.0.lock()), None)
                    } else {
                        (None, Some(locks.1.lock()))
                    };
                    let object = if round % 2 == 0 { "names: lock" } else { "names: rlock" };
                    // Sometimes no look, so that the lock changes hands fast.
                    if round % 8 < 2 {
                        for waiting in report().waiting() {
                            if waiting.object().name() == Some(object) {
                                let names: Vec<_> =
                                    waiting.holders().iter().map(|holder| holder.thread().name()).collect();
                                assert_eq!(names, [Some(me)]);
                                named += 1;
                            }
                        }
                    }
                    drop(guards);
                }
                named
            })
        })
        .collect();
    // So that those who change the books wait for each other, and come in any order.
    let done = Arc::new(AtomicUsize::new(0));
    let all_done = Arc::clone(&done);
    let looker = spawn("names: looker", move || {
        while all_done.load(SeqCst) == 0 {
            drop(report());
        }
    });
    let named: Vec<usize> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    done.fetch_add(1, SeqCst);
    looker.join().unwrap();
    assert!(named.iter().sum::<usize>() > 50, "hardly anybody waited: {named:?}");
}
