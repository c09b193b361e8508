//! Deadlocks, built on purpose; and whether they are certain.

use super::common::{A_WHILE, AGES};
use super::*;
use std::mem::forget;
use tollgate::diagnostics::Role;
use tollgate::{BoundedSemaphore, Condition, Event, Lock, RLock, RLockGuard, RawLock, Semaphore};

#[test]
fn two_locks_taken_crosswise_are_a_certain_deadlock() {
    let (locks, meet) =
        (Arc::new((Lock::new(()).named("two: left"), Lock::new(()).named("two: right"))), meeting(2));
    let (theirs, theirs_meet) = (Arc::clone(&locks), Arc::clone(&meet));
    spawn("two: lefty", move || {
        let _left = locks.0.lock();
        meet.wait().unwrap();
        let _right = locks.1.lock();
    });
    spawn("two: righty", move || {
        let _right = theirs.1.lock();
        theirs_meet.wait().unwrap();
        let _left = theirs.0.lock();
    });
    let report = until_deadlocked("two: lefty");
    let deadlock = deadlock_of(&report, "two: lefty").unwrap();
    assert!(deadlock.is_certain());
    assert_eq!(deadlock.threads().len(), 2);
    for waiting in deadlock.threads() {
        let [holder] = waiting.holders() else { panic!("{waiting:?}") };
        let (me, wanted, other) = match waiting.thread().name().unwrap() {
            "two: lefty" => ("two: lefty", "two: right", "two: righty"),
            _ => ("two: righty", "two: left", "two: lefty"),
        };
        assert_eq!(waiting.thread().name(), Some(me));
        assert_eq!((waiting.object().kind(), waiting.object().name()), (Kind::Lock, Some(wanted)));
        assert_eq!((holder.thread().name(), holder.role(), holder.count()), (Some(other), Role::Owner, 1));
        assert!(!waiting.is_timed() && waiting.condition().is_none());
        for place in [waiting.place(), holder.place()] {
            assert!(place.file().ends_with("deadlocks.rs"), "{place}");
        }
        assert!(holder.since() <= waiting.since());
    }
    // For people.
    let text = report.to_string();
    for part in ["DEADLOCK of 2:", "thread \"two: lefty\"", "waits for Lock \"two: right\"", "deadlocks.rs:"]
    {
        assert!(text.contains(part), "{part}:\n{text}");
    }
    assert!(deadlock.to_string().contains("held by thread \"two: righty\""), "{deadlock}");
}

#[test]
fn a_ring_of_three_is_shown_in_its_order() {
    let ring = Arc::new((
        Lock::new(()).named("ring: a"),
        RLock::new(()).named("ring: b"),
        Lock::new(()).named("ring: c"),
    ));
    let meet = meeting(3);
    for (name, first, second) in [("ring: 1", 0, 1), ("ring: 2", 1, 2), ("ring: 3", 2, 0)] {
        let (ring, meet) = (Arc::clone(&ring), Arc::clone(&meet));
        let lock = move |ring: &(Lock<()>, RLock<()>, Lock<()>), which| match which {
            0 => forget(ring.0.lock()),
            1 => forget(ring.1.lock()),
            _ => forget(ring.2.lock()),
        };
        spawn(name, move || {
            lock(&ring, first);
            meet.wait().unwrap();
            lock(&ring, second);
        });
    }
    let report = until_deadlocked("ring: 1");
    let deadlock = deadlock_of(&report, "ring: 1").unwrap();
    assert!(deadlock.is_certain());
    let mut order = names(deadlock);
    let first = order.iter().position(|&name| name == "ring: 1").unwrap();
    order.rotate_left(first);
    assert_eq!(order, ["ring: 1", "ring: 2", "ring: 3"]);
    let mut order = objects(deadlock);
    order.rotate_left(first);
    assert_eq!(order, [(Kind::RLock, "ring: b"), (Kind::Lock, "ring: c"), (Kind::Lock, "ring: a")]);
}

#[test]
fn a_thread_that_locks_twice_waits_for_itself() {
    let lock = Arc::new(Lock::new(()).named("self: lock"));
    let victims_lock = Arc::clone(&lock);
    spawn("self: twice", move || {
        let _once = lock.lock();
        let _twice = lock.lock();
    });
    let report = until_deadlocked("self: twice");
    let deadlock = deadlock_of(&report, "self: twice").unwrap();
    assert!(deadlock.is_certain());
    assert_eq!(names(deadlock), ["self: twice"]);
    // Who waits for it is stuck behind the deadlock, and no part of it.
    spawn("self: victim", move || drop(victims_lock.lock()));
    let report = until_all_wait(&["self: victim"]);
    assert!(deadlock_of(&report, "self: victim").is_none());
    let victim = waiting(&report, "self: victim").unwrap();
    assert_eq!(victim.holders()[0].thread().name(), Some("self: twice"));
}

#[test]
fn reentry_is_no_wait_and_the_first_level_is_what_is_held() {
    let locks = Arc::new((RLock::new(()).named("rlock: a"), RLock::new(()).named("rlock: b")));
    let (theirs, meet) = (Arc::clone(&locks), meeting(2));
    let theirs_meet = Arc::clone(&meet);
    spawn("rlock: 1", move || {
        let (_a, _again, _and_again) = (locks.0.lock(), locks.0.lock(), locks.0.lock());
        meet.wait().unwrap();
        let _b = locks.1.lock();
    });
    spawn("rlock: 2", move || {
        let b = theirs.1.lock();
        let again = theirs.1.lock();
        drop(b);
        theirs_meet.wait().unwrap();
        let _a = theirs.0.lock();
        drop(again);
    });
    let report = until_deadlocked("rlock: 1");
    let deadlock = deadlock_of(&report, "rlock: 1").unwrap();
    assert!(deadlock.is_certain());
    assert!(objects(deadlock).iter().all(|(kind, _)| *kind == Kind::RLock));
}

/// Both leave by themselves.
#[test]
fn a_time_limit_makes_it_possible_only() {
    let (locks, meet) =
        (Arc::new((Lock::new(()).named("timed: a"), Lock::new(()).named("timed: b"))), meeting(2));
    let (theirs, theirs_meet) = (Arc::clone(&locks), Arc::clone(&meet));
    spawn("timed: patient", move || {
        let _a = locks.0.lock();
        meet.wait().unwrap();
        let _b = locks.1.lock();
    });
    spawn("timed: impatient", move || {
        let _b = theirs.1.lock();
        theirs_meet.wait().unwrap();
        let _a = theirs.0.lock_timeout(10 * AGES);
    });
    let report = until_deadlocked("timed: patient");
    let deadlock = deadlock_of(&report, "timed: patient").unwrap();
    assert!(!deadlock.is_certain());
    let timed = |name| waiting(&report, name).unwrap().is_timed();
    assert!(timed("timed: impatient") && !timed("timed: patient"));
    assert!(report.to_string().contains("possible deadlock of 2:"), "{report}");
    // Certain ones come first.
    let certain: Vec<_> = report.deadlocks().iter().map(Deadlock::is_certain).collect();
    assert!(certain.is_sorted_by(|a, b| a >= b), "{certain:?}");
}

/// The nested monitor: who is to notify needs a lock that the waiter kept.
#[test]
fn a_waiter_that_kept_a_lock_and_a_notifier_that_wants_it_are_a_possible_deadlock() {
    let shared = Arc::new((
        Lock::new(()).named("nested: outer"),
        Lock::new(0).named("nested: inner"),
        Condition::new().named("nested: changed"),
    ));
    let theirs = Arc::clone(&shared);
    spawn("nested: waiter", move || {
        let _outer = shared.0.lock();
        let mut inner = shared.1.lock();
        shared.2.wait_while(&mut inner, |value| **value == 0);
    });
    let report = until_all_wait(&["nested: waiter"]);
    let waiter = waiting(&report, "nested: waiter").unwrap();
    assert_eq!(waiter.object().kind(), Kind::Condition);
    assert!(waiter.holders().is_empty() && deadlock_of(&report, "nested: waiter").is_none());
    spawn("nested: notifier", move || {
        let _outer = theirs.0.lock();
        *theirs.1.lock() = 1;
        theirs.2.notify_one();
    });
    let report = until_deadlocked("nested: waiter");
    let deadlock = deadlock_of(&report, "nested: waiter").unwrap();
    assert!(!deadlock.is_certain(), "anybody may notify");
    let mut parts = objects(deadlock);
    parts.sort_by_key(|&(_, name)| name);
    assert_eq!(parts, [(Kind::Condition, "nested: changed"), (Kind::Lock, "nested: outer")]);
    let holder = &waiting(&report, "nested: waiter").unwrap().holders()[0];
    assert_eq!((holder.role(), holder.thread().name()), (Role::MayNotify, Some("nested: notifier")));
}

/// The same, but somebody who has notified before runs.
#[test]
fn a_notifier_that_runs_may_do_it_again() {
    let shared = Arc::new((
        Lock::new(()).named("again: outer"),
        Lock::new(()).named("again: inner"),
        Condition::new().named("again: changed"),
    ));
    shared.2.notify_all();
    let (waiter, blocked) = (Arc::clone(&shared), Arc::clone(&shared));
    let threads = [
        spawn("again: waiter", move || {
            let _outer = waiter.0.lock();
            waiter.2.wait(&mut waiter.1.lock());
        }),
        spawn("again: blocked", move || {
            until("it waits", |report| {
                waiting(report, "again: waiter")
                    .is_some_and(|waiter| waiter.object().kind() == Kind::Condition)
            });
            let _outer = blocked.0.lock();
        }),
    ];
    let report = until("it is blocked", |report| {
        waiting(report, "again: blocked").is_some_and(|blocked| !blocked.holders().is_empty())
    });
    assert!(deadlock_of(&report, "again: waiter").is_none());
    let roles: Vec<_> =
        waiting(&report, "again: waiter").unwrap().holders().iter().map(|h| h.role()).collect();
    assert_eq!(roles, [Role::LastNotifier, Role::MayNotify]);
    shared.2.notify_all();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

/// A waiter that was notified wants its lock, without a limit; whoever has that waits for what the waiter kept.
#[test]
fn a_notified_waiter_that_wants_its_lock_back_is_part_of_a_certain_deadlock() {
    for (waiter_name, notifier_name, notify_all) in
        [("back: waiter 1", "back: notifier 1", false), ("back: waiter 2", "back: notifier 2", true)]
    {
        let shared = Arc::new((
            RLock::new(()).named("back: kept"),
            RLock::new(()).named("back: lock"),
            Condition::new().named("back: changed"),
        ));
        let theirs = Arc::clone(&shared);
        spawn(waiter_name, move || {
            let _kept = shared.0.lock();
            let mut guard = shared.1.lock();
            // With a limit, which the way back does not have.
            let _ = shared.2.wait_timeout(&mut guard, 10 * AGES);
        });
        until(waiter_name, |report| {
            waiting(report, waiter_name).is_some_and(|waiter| waiter.object().kind() == Kind::Condition)
        });
        spawn(notifier_name, move || {
            let _lock = theirs.1.lock();
            // All are moved to the lock; one is woken.
            let notified = if notify_all { theirs.2.notify_all() } else { theirs.2.notify_one() };
            assert_eq!(notified, 1);
            let _kept = theirs.0.lock();
        });
        let report = until_deadlocked(waiter_name);
        let deadlock = deadlock_of(&report, waiter_name).unwrap();
        assert!(deadlock.is_certain(), "{report}");
        let waiter = waiting(&report, waiter_name).unwrap();
        assert_eq!((waiter.object().kind(), waiter.object().name()), (Kind::RLock, Some("back: lock")));
        assert_eq!(waiter.condition().unwrap().name(), Some("back: changed"));
        assert!(!waiter.is_timed());
        assert!(report.to_string().contains("coming back from Condition \"back: changed\""), "{report}");
    }
}

/// The same for one whose time is up, which nobody has told anything. (It may be up before the other one comes; so both try again.)
#[test]
fn a_waiter_out_of_time_wants_its_lock_back() {
    let shared = Arc::new((
        Lock::new(()).named("late: kept"),
        Lock::new(()).named("late: lock"),
        Condition::new().named("late: changed"),
    ));
    let theirs = Arc::clone(&shared);
    spawn("late: waiter", move || {
        loop {
            let _kept = shared.0.lock();
            let _ = shared.2.wait_timeout(&mut shared.1.lock(), A_WHILE);
        }
    });
    spawn("late: other", move || {
        loop {
            until("it waits", |report| {
                let waiter = waiting(report, "late: waiter");
                waiter.is_some_and(|waiter| waiter.object().kind() == Kind::Condition)
            });
            let _lock = theirs.1.lock();
            let _kept = theirs.0.lock();
        }
    });
    let report = until("a certain one", |report| {
        deadlock_of(report, "late: waiter").is_some_and(Deadlock::is_certain)
    });
    assert_eq!(waiting(&report, "late: waiter").unwrap().object().name(), Some("late: lock"));
}

#[test]
fn semaphores_used_as_locks_are_a_possible_deadlock() {
    let shared =
        Arc::new((Semaphore::new(1).named("sem: a"), BoundedSemaphore::new(1).named("sem: b"), meeting(2)));
    let theirs = Arc::clone(&shared);
    spawn("sem: 1", move || {
        let _a = shared.0.acquire().unwrap();
        shared.2.wait().unwrap();
        let _b = shared.1.acquire().unwrap();
    });
    spawn("sem: 2", move || {
        let _b = theirs.1.acquire().unwrap();
        theirs.2.wait().unwrap();
        let _a = theirs.0.acquire().unwrap();
    });
    let report = until_deadlocked("sem: 1");
    let deadlock = deadlock_of(&report, "sem: 1").unwrap();
    assert!(!deadlock.is_certain());
    let mut parts = objects(deadlock);
    parts.sort_by_key(|&(_, name)| name);
    assert_eq!(parts, [(Kind::Semaphore, "sem: a"), (Kind::BoundedSemaphore, "sem: b")]);
    let holder = &waiting(&report, "sem: 1").unwrap().holders()[0];
    assert_eq!((holder.role(), holder.thread().name()), (Role::LastAcquirer, Some("sem: 2")));
}

#[test]
fn a_semaphore_of_two_is_no_deadlock_while_one_of_its_permits_may_come_back() {
    let shared = Arc::new((Semaphore::new(2).named("of two"), meeting(2), Event::new()));
    let (first, second) = (Arc::clone(&shared), Arc::clone(&shared));
    spawn("of two: 1", move || {
        let _one = first.0.acquire().unwrap();
        first.1.wait().unwrap();
        let _another = first.0.acquire().unwrap();
    });
    spawn("of two: 2", move || {
        let _one = second.0.acquire().unwrap();
        second.1.wait().unwrap();
        second.2.wait();
        let _another = second.0.acquire().unwrap();
    });
    let report = until("both wait, the second for the event", |report| {
        let kind = |name| waiting(report, name).map(|waiting| waiting.object().kind());
        kind("of two: 1") == Some(Kind::Semaphore) && kind("of two: 2") == Some(Kind::Event)
    });
    assert!(deadlock_of(&report, "of two: 1").is_none());
    assert_eq!(waiting(&report, "of two: 1").unwrap().holders().len(), 2);
    shared.2.set();
    let report = until_deadlocked("of two: 1");
    let mut parts = names(deadlock_of(&report, "of two: 1").unwrap());
    parts.sort_unstable();
    assert_eq!(parts, ["of two: 1", "of two: 2"]);
}

#[test]
fn a_raw_lock_may_be_released_by_anybody() {
    let lock = Arc::new(RawLock::new().named("raw"));
    let theirs = Arc::clone(&lock);
    let thread = spawn("raw: twice", move || {
        theirs.acquire();
        theirs.acquire();
    });
    let report = until_deadlocked("raw: twice");
    let deadlock = deadlock_of(&report, "raw: twice").unwrap();
    assert!(!deadlock.is_certain());
    let [holder] = deadlock.threads().next().unwrap().holders() else { panic!("{report}") };
    assert_eq!((holder.role(), holder.thread().name()), (Role::LastAcquirer, Some("raw: twice")));
    lock.release().unwrap();
    thread.join().unwrap();
    lock.release().unwrap();
}

/// A guard of a part holds the whole; an owned one is a guard.
#[test]
fn mapped_and_owned_guards_hold() {
    let locks = Arc::new((
        Arc::new(Lock::new((1, 2)).named("mapped: lock")),
        RLock::new((1, 2)).named("mapped: rlock"),
        meeting(2),
    ));
    let theirs = Arc::clone(&locks);
    spawn("mapped: 1", move || {
        let _part = tollgate::OwnedLockGuard::map(locks.0.lock_owned(), |pair| &mut pair.0);
        locks.2.wait().unwrap();
        let _other = locks.1.lock();
    });
    spawn("mapped: 2", move || {
        let _part = RLockGuard::map(theirs.1.lock(), |pair| &pair.0);
        theirs.2.wait().unwrap();
        let _other = tollgate::LockGuard::map(theirs.0.lock(), |pair| &mut pair.1);
    });
    let report = until_deadlocked("mapped: 1");
    assert!(deadlock_of(&report, "mapped: 1").unwrap().is_certain());
}
