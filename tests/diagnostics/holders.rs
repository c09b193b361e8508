//! Who is named, and when not any more.

use super::*;
use std::cell::RefCell;
use std::mem::forget;
use tollgate::diagnostics::{Role, capture_backtraces};
use tollgate::{
    BoundedSemaphore, Condition, Event, Lock, Queue, RLock, RawLock, Rendezvous, Semaphore, Shutdown,
};

/// Who is named as the holder of what the thread of this name waits for.
fn holder_names<'a>(report: &'a Report, name: &str) -> Vec<&'a str> {
    let holders = waiting(report, name).unwrap().holders();
    holders.iter().filter_map(|holder| holder.thread().name()).collect()
}

#[test]
fn a_holder_that_runs_is_named_and_is_no_deadlock() {
    let lock = Arc::new(Lock::new(()).named("runs: lock"));
    let (holder, waiter, go) = (Arc::clone(&lock), Arc::clone(&lock), Arc::new(Event::new()));
    let (held, let_go) = (Arc::new(Event::new()), Arc::clone(&go));
    let says = Arc::clone(&held);
    let holder = spawn("runs: holder", move || {
        let line = line!() + 1;
        let _guard = holder.lock();
        says.set();
        let_go.wait();
        line
    });
    held.wait();
    let waiter = spawn("runs: waiter", move || drop(waiter.lock()));
    let report = until_all_wait(&["runs: waiter", "runs: holder"]);
    let waits = waiting(&report, "runs: waiter").unwrap();
    let holders = waits.holders().to_vec();
    assert_eq!(holder_names(&report, "runs: waiter"), ["runs: holder"]);
    assert!(deadlock_of(&report, "runs: waiter").is_none());
    assert_eq!(waiting(&report, "runs: holder").unwrap().object().kind(), Kind::Event);
    assert_eq!(waits.thread().id(), Some(waiter.thread().id()));
    assert!(!waits.thread().has_ended() && waits.thread().number() != holders[0].thread().number());
    go.set();
    assert_eq!(holder.join().unwrap(), holders[0].place().line());
    waiter.join().unwrap();
    let number = waits.number();
    assert!(super::report().waiting().iter().all(|waiting| waiting.number() != number), "it is over");
}

#[test]
fn a_guard_leaked_by_a_thread_that_has_ended() {
    let lock = Arc::new(Lock::new(()).named("leaked: lock"));
    let theirs = Arc::clone(&lock);
    spawn("leaked: gone", move || forget(theirs.lock())).join().unwrap();
    spawn("leaked: waiter", move || drop(lock.lock()));
    let report = until_all_wait(&["leaked: waiter"]);
    let [holder] = waiting(&report, "leaked: waiter").unwrap().holders() else { panic!("{report}") };
    assert_eq!(holder.thread().name(), Some("leaked: gone"));
    assert!(holder.thread().has_ended() && report.to_string().contains("(#"), "{report}");
    assert!(deadlock_of(&report, "leaked: waiter").is_none(), "no circle");
}

/// One lock dies held, and the next comes to lie where it was.
#[test]
fn a_lock_in_the_place_of_one_that_died_held_has_no_stale_holder() {
    let mut place = Box::new(Lock::new(()).named("reused: old"));
    forget(place.lock());
    let address = &raw const *place;
    *place = Lock::new(()).named("reused: new");
    assert_eq!(address, &raw const *place);
    assert!(!place.is_locked());
    let lock = &*place;
    let (held, go) = (&Event::new(), &Event::new());
    thread::scope(|s| {
        thread::Builder::new()
            .name("reused: holder".to_owned())
            .spawn_scoped(s, move || {
                let _guard = lock.lock();
                held.set();
                go.wait();
            })
            .unwrap();
        held.wait();
        thread::Builder::new()
            .name("reused: waiter".to_owned())
            .spawn_scoped(s, move || drop(lock.lock()))
            .unwrap();
        let report = until_all_wait(&["reused: waiter"]);
        assert_eq!(waiting(&report, "reused: waiter").unwrap().object().name(), Some("reused: new"));
        assert_eq!(holder_names(&report, "reused: waiter"), ["reused: holder"]);
        go.set();
    });
}

/// And what comes to lie in its old place has nothing to do with it.
#[test]
fn a_lock_that_moves_keeps_its_holder() {
    let mut place = Lock::new(()).named("moved: lock");
    forget(place.lock());
    let moved = Arc::new(std::mem::replace(&mut place, Lock::new(()).named("moved: next")));
    drop(place.lock());
    let me = thread::current().id();
    spawn("moved: waiter", move || drop(moved.lock()));
    let report = until_all_wait(&["moved: waiter"]);
    let waits = waiting(&report, "moved: waiter").unwrap();
    assert_eq!(waits.object().name(), Some("moved: lock"));
    let [holder] = waits.holders() else { panic!("{report}") };
    assert_eq!(holder.thread().id(), Some(me));
}

#[test]
fn a_permit_that_comes_back_from_another_thread_takes_the_name_away() {
    let semaphore = Arc::new(Semaphore::new(3).named("permits: three"));
    let taken = Arc::clone(&semaphore);
    let acquirer = spawn("permits: acquirer", move || {
        let mut two = taken.acquire_many_owned(2).unwrap();
        let one = two.split(1).unwrap();
        (two, one, taken.acquire_owned().unwrap())
    });
    let (two, one, last) = acquirer.join().unwrap();
    let theirs = Arc::clone(&semaphore);
    let waiter = spawn("permits: waiter", move || drop(theirs.acquire_many(3).unwrap()));
    let count = |report: &Report| {
        let holders = waiting(report, "permits: waiter").unwrap().holders().iter();
        holders.map(|holder| holder.count()).sum::<usize>()
    };
    let report = until_all_wait(&["permits: waiter"]);
    assert_eq!(holder_names(&report, "permits: waiter"), ["permits: acquirer"]);
    assert_eq!(
        (count(&report), waiting(&report, "permits: waiter").unwrap().holders()[0].role()),
        (3, Role::LastAcquirer)
    );
    drop(two);
    assert_eq!(count(&super::report()), 2);
    // Forgotten: it does not come back as a permit, so nobody is named for it.
    one.forget();
    assert_eq!(count(&super::report()), 1);
    drop(last);
    let report = super::report();
    assert!(waiting(&report, "permits: waiter").unwrap().holders().is_empty());
    semaphore.release(1);
    waiter.join().unwrap();
}

#[test]
fn waits_that_nobody_is_known_to_end() {
    let shared = Arc::new((
        Event::new().named("plain: event"),
        tollgate::Barrier::new(2).named("plain: barrier"),
        Queue::<u8>::bounded(1).named("plain: empty"),
        Queue::<u8>::bounded(1).named("plain: full"),
        Semaphore::new(0).named("plain: semaphore"),
        [Rendezvous::new().named("plain: offered"), Rendezvous::new().named("plain: asked for")],
    ));
    shared.3.put(1).unwrap();
    type Shared = (Event, tollgate::Barrier, Queue<u8>, Queue<u8>, Semaphore, [Rendezvous<u8>; 2]);
    type Wait = (&'static str, Kind, &'static str, fn(&Shared));
    let waits: [Wait; 8] = [
        ("plain: 1", Kind::Event, "plain: event", |shared| shared.0.wait()),
        ("plain: 2", Kind::Barrier, "plain: barrier", |shared| _ = shared.1.wait()),
        ("plain: 3", Kind::Queue, "plain: empty", |shared| _ = shared.2.get()),
        ("plain: 4", Kind::Queue, "plain: full", |shared| _ = shared.3.put(2)),
        ("plain: 5", Kind::Queue, "plain: full", |shared| shared.3.join()),
        ("plain: 6", Kind::Semaphore, "plain: semaphore", |shared| drop(shared.4.acquire())),
        ("plain: 7", Kind::Rendezvous, "plain: offered", |shared| _ = shared.5[0].put(1)),
        ("plain: 8", Kind::Rendezvous, "plain: asked for", |shared| _ = shared.5[1].get()),
    ];
    let threads = waits.map(|(name, .., wait)| {
        let shared = Arc::clone(&shared);
        spawn(name, move || wait(&shared))
    });
    let report = until_all_wait(&waits.map(|(name, ..)| name));
    for (name, kind, object, _) in waits {
        let waiting = waiting(&report, name).unwrap();
        assert_eq!((waiting.object().kind(), waiting.object().name()), (kind, Some(object)));
        assert!(waiting.holders().is_empty() && deadlock_of(&report, name).is_none(), "{report}");
    }
    shared.0.set();
    shared.1.abort();
    shared.2.shutdown(Shutdown::Immediate);
    shared.3.shutdown(Shutdown::Immediate);
    shared.4.close();
    shared.5.iter().for_each(|meeting| meeting.shutdown(Shutdown::Drain));
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

#[inline(never)]
fn a_function_to_be_found_in_a_backtrace(lock: &Lock<()>) {
    forget(std::hint::black_box(lock).lock());
}

#[test]
fn backtraces_on_request() {
    let lock = Arc::new(Lock::new(()).named("traced: lock"));
    capture_backtraces(true);
    a_function_to_be_found_in_a_backtrace(&lock);
    spawn("traced: waiter", move || drop(lock.lock()));
    let report = until_all_wait(&["traced: waiter"]);
    capture_backtraces(false);
    let waits = waiting(&report, "traced: waiter").unwrap();
    let trace = waits.holders()[0].backtrace().expect("asked for").to_string();
    assert!(trace.contains("a_function_to_be_found_in_a_backtrace"), "{trace}");
    assert!(waits.backtrace().is_some());
}

/// In the destructor of a thread-local, before and after the watch has been told that the thread ends; with a guard kept in one, too.
#[test]
fn locks_can_be_used_while_a_thread_ends() {
    static LOCK: Lock<u32> = Lock::new(0).named("ending: lock");
    static KEPT: RLock<()> = RLock::new(()).named("ending: kept");
    static SEMAPHORE: Semaphore = Semaphore::new(1);
    static CHANGED: Condition = Condition::new();
    struct AtEnd;
    impl Drop for AtEnd {
        fn drop(&mut self) {
            *LOCK.lock() += 1;
            drop((KEPT.lock(), SEMAPHORE.acquire().unwrap()));
            CHANGED.notify_all();
            let _ = CHANGED.wait_timeout(&mut LOCK.lock(), std::time::Duration::from_micros(10));
            assert!(report().waiting().iter().all(|waiting| waiting.object().name() != Some("ending: lock")));
        }
    }
    thread_local! {
        static FIRST: AtEnd = const { AtEnd };
        static GUARD: RefCell<Option<tollgate::RLockGuard<'static, ()>>> = const { RefCell::new(None) };
        static LAST: AtEnd = const { AtEnd };
    }
    for _ in 0..3 {
        spawn("ending", || {
            FIRST.with(|_| ());
            GUARD.with(|guard| *guard.borrow_mut() = Some(KEPT.lock()));
            LAST.with(|_| ());
        })
        .join()
        .unwrap();
        // And without any use before.
        spawn("ending", || FIRST.with(|_| ())).join().unwrap();
    }
    assert_eq!(*LOCK.lock(), 9);
    assert!(!KEPT.is_locked());
}

/// What can be a constant stays one, with a name; and each use of a constant is an object of its own.
#[test]
fn names_are_for_every_type_and_const() {
    static _LOCK: Lock<Vec<u8>> = Lock::new(Vec::new()).named("l");
    static _RLOCK: RLock<Vec<u8>> = RLock::new(Vec::new()).named("r");
    static _SEMAPHORE: Semaphore = Semaphore::new(1).named("s");
    static _BOUNDED: BoundedSemaphore = BoundedSemaphore::new(1).named("b");
    static _CONDITION: Condition = Condition::new().named("c");
    static _EVENT: Event = Event::new().named("e");
    static _BARRIER: tollgate::Barrier = tollgate::Barrier::new(1).named("b");
    static _QUEUE: Queue<String> = Queue::unbounded().named("q");
    static _LIFO: tollgate::LifoQueue<String> = tollgate::LifoQueue::unbounded().named("l");
    static _PRIORITY: tollgate::PriorityQueue<String> = tollgate::PriorityQueue::unbounded().named("p");
    static _SIMPLE: tollgate::SimpleQueue<String> = tollgate::SimpleQueue::new().named("s");
    static _RENDEZVOUS: Rendezvous<String> = Rendezvous::new().named("r");
    #[expect(clippy::declare_interior_mutable_const, reason = "each use is meant to be another lock")]
    const RAW: RawLock = RawLock::new().named("const: raw");
    let locks = Arc::new([RAW, RAW]);
    locks[0].acquire();
    locks[1].acquire();
    let (one, two) = (Arc::clone(&locks), Arc::clone(&locks));
    let threads = [spawn("const: 1", move || one[0].acquire()), spawn("const: 2", move || two[1].acquire())];
    let report = until_all_wait(&["const: 1", "const: 2"]);
    let number = |name| waiting(&report, name).unwrap().object().number();
    assert_ne!(number("const: 1"), number("const: 2"));
    locks.iter().for_each(|lock| lock.release().unwrap());
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}
