//! One thread, nobody else: what the fast paths cost, next to the bare atomics that they are made of.
//!
//! Read [`tollgate_benches`] first, for what these figures cannot say.

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion};
use std::collections::VecDeque;
use std::hint::black_box;
use std::sync::atomic::{
    AtomicU64,
    Ordering::{AcqRel, Acquire, Relaxed},
};
use std::time::Duration;
use tollgate_benches::event::{self, BenchEvent, Flag};
use tollgate_benches::lock::{self, BenchLock, BenchTimedLock, Beside, TollgateRaw};
use tollgate_benches::monitor::{Monitor, ParkingLot, Signal, Std, Tollgate, Usync};
use tollgate_benches::queue::{
    AsyncChannel, BenchQueue, Crossbeam, CrossfireMpmc, CrossfireMpmcUnbounded, Flume, FromMonitor, Get,
    Kanal, Put, StdMpsc, StdMpscUnbounded,
};
use tollgate_benches::rlock::BenchRLock;
use tollgate_benches::semaphore::{self, BenchSemaphore, Counted};
use tollgate_benches::{Apart, criterion};

type Group<'a> = BenchmarkGroup<'a, WallTime>;

fn main() {
    let mut criterion = criterion();
    locks(&mut criterion);
    timed_locks(&mut criterion);
    rlocks(&mut criterion);
    semaphores(&mut criterion);
    conditions(&mut criterion);
    events(&mut criterion);
    queues(&mut criterion);
    criterion.final_summary();
}

fn locks(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("uncontended/lock+unlock");
    lock_pair::<lock::BareAtomics>(&mut group);
    lock_pair::<tollgate::Lock<u64>>(&mut group);
    lock_pair::<TollgateRaw>(&mut group);
    lock_pair::<std::sync::Mutex<u64>>(&mut group);
    lock_pair::<parking_lot::Mutex<u64>>(&mut group);
    lock_pair::<usync::Mutex<u64>>(&mut group);
    lock_pair::<lock::Saa>(&mut group);
    #[cfg(target_os = "linux")]
    lock_pair::<tollgate_benches::pthread::Pthread<u64>>(&mut group);
}

fn lock_pair<L: BenchLock>(group: &mut Group<'_>) {
    let Apart(lock) = &Apart(L::new());
    group.bench_function(L::NAME, |bencher| bencher.iter(|| black_box(lock).pair()));
    assert_eq!(lock.with(|value| *value), 0, "{}", L::NAME);
}

fn timed_locks(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("uncontended/lock_timeout+unlock");
    timed_lock_pair::<tollgate::Lock<u64>>(&mut group);
    timed_lock_pair::<TollgateRaw>(&mut group);
    timed_lock_pair::<parking_lot::Mutex<u64>>(&mut group);
}

fn timed_lock_pair<L: BenchTimedLock>(group: &mut Group<'_>) {
    let Apart(lock) = &Apart(L::new());
    let timeout = Duration::from_secs(1);
    group.bench_function(L::NAME, |bencher| {
        bencher.iter(|| assert!(black_box(lock).pair_timeout(black_box(timeout)), "{}", L::NAME));
    });
}

fn rlocks(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("uncontended/rlock+unlock");
    lock_pair::<lock::BareAtomics>(&mut group);
    rlock_pair::<tollgate::RLock<Beside>>(&mut group, false);
    rlock_pair::<parking_lot::ReentrantMutex<Beside>>(&mut group, false);
    rlock_pair::<usync::ReentrantMutex<Beside>>(&mut group, false);
    #[cfg(target_os = "linux")]
    rlock_pair::<tollgate_benches::rlock::PthreadRecursive>(&mut group, false);
    drop(group);
    let mut group = criterion.benchmark_group("uncontended/rlock+unlock, entered again");
    let Apart(depth) = &Apart(AtomicU64::new(1));
    group.bench_function("bare load + store, twice", |bencher| {
        bencher.iter(|| {
            let depth = black_box(depth);
            depth.store(depth.load(Relaxed) + 1, Relaxed);
            black_box(depth).store(depth.load(Relaxed) - 1, Relaxed);
        });
    });
    rlock_pair::<tollgate::RLock<Beside>>(&mut group, true);
    rlock_pair::<parking_lot::ReentrantMutex<Beside>>(&mut group, true);
    rlock_pair::<usync::ReentrantMutex<Beside>>(&mut group, true);
    #[cfg(target_os = "linux")]
    rlock_pair::<tollgate_benches::rlock::PthreadRecursive>(&mut group, true);
}

fn rlock_pair<L: BenchRLock>(group: &mut Group<'_>, again: bool) {
    let Apart(lock) = &Apart(L::new());
    let mut bench = || {
        group.bench_function(L::NAME, |bencher| bencher.iter(|| black_box(lock).with(|_| ())));
    };
    if again { lock.with(|_| bench()) } else { bench() }
}

fn semaphores(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("uncontended/acquire+release");
    semaphore_pair::<semaphore::BareAtomics>(&mut group);
    semaphore_pair::<tollgate::Semaphore>(&mut group);
    #[cfg(target_os = "linux")]
    semaphore_pair::<semaphore::Posix>(&mut group);
    semaphore_pair::<saa::Semaphore>(&mut group);
    semaphore_pair::<async_lock::Semaphore>(&mut group);
    semaphore_pair::<tokio::sync::Semaphore>(&mut group);
    semaphore_pair::<Counted<Std<usize>>>(&mut group);
    semaphore_pair::<Counted<ParkingLot<usize>>>(&mut group);
}

fn semaphore_pair<S: BenchSemaphore>(group: &mut Group<'_>) {
    let Apart(semaphore) = &Apart(S::new(4));
    group.bench_function(S::NAME, |bencher| bencher.iter(|| black_box(semaphore).with(|| ())));
    assert_eq!(semaphore.permits(), 4, "{}", S::NAME);
}

fn conditions(criterion: &mut Criterion) {
    for (name, all) in [("uncontended/notify_one", false), ("uncontended/notify_all", true)] {
        let mut group = criterion.benchmark_group(name);
        let Apart(waiters) = &Apart(AtomicU64::new(0));
        group.bench_function("bare load", |bencher| bencher.iter(|| black_box(waiters).load(Acquire)));
        notify::<Tollgate<u64>>(&mut group, all);
        notify::<Std<u64>>(&mut group, all);
        notify::<ParkingLot<u64>>(&mut group, all);
        notify::<Usync<u64>>(&mut group, all);
        #[cfg(target_os = "linux")]
        notify::<tollgate_benches::pthread::Pthread<u64>>(&mut group, all);
    }
}

fn notify<M: Monitor<u64>>(group: &mut Group<'_>, all: bool) {
    let Apart(monitor) = &Apart(M::new(0));
    if all {
        group.bench_function(M::NAME, |bencher| {
            bencher.iter(|| black_box(monitor).notify_all(Signal::First));
        });
    } else {
        group.bench_function(M::NAME, |bencher| {
            bencher.iter(|| black_box(monitor).notify_one(Signal::First));
        });
    }
}

fn events(criterion: &mut Criterion) {
    for (name, only_wait) in
        [("uncontended/wait on a set event", true), ("uncontended/set+wait+clear", false)]
    {
        let mut group = criterion.benchmark_group(name);
        event::<event::BareAtomics>(&mut group, only_wait);
        event::<tollgate::Event>(&mut group, only_wait);
        event::<Flag<Std<bool>>>(&mut group, only_wait);
        event::<Flag<ParkingLot<bool>>>(&mut group, only_wait);
        event::<Flag<Usync<bool>>>(&mut group, only_wait);
    }
}

fn event<E: BenchEvent>(group: &mut Group<'_>, only_wait: bool) {
    let Apart(event) = &Apart(E::new());
    event.set();
    if only_wait {
        group.bench_function(E::NAME, |bencher| bencher.iter(|| black_box(event).wait()));
    } else {
        group.bench_function(E::NAME, |bencher| {
            bencher.iter(|| {
                let event = black_box(event);
                event.set();
                event.wait();
                event.clear();
            });
        });
    }
}

fn queues(criterion: &mut Criterion) {
    for (name, capacity) in
        [("uncontended/put+get, capacity 1024", 1024), ("uncontended/put+get, unbounded", 0)]
    {
        let mut group = criterion.benchmark_group(name);
        let ends = &[Apart(AtomicU64::new(0)), Apart(AtomicU64::new(0))];
        group.bench_function("bare fetch_add, twice", |bencher| {
            bencher.iter(|| {
                let [Apart(tail), Apart(head)] = black_box(ends);
                tail.fetch_add(1, AcqRel) + head.fetch_add(1, AcqRel)
            });
        });
        queue_pair::<tollgate::Queue<u64>>(&mut group, capacity);
        queue_pair::<Crossbeam<u64>>(&mut group, capacity);
        queue_pair::<Flume<u64>>(&mut group, capacity);
        queue_pair::<Kanal<u64>>(&mut group, capacity);
        queue_pair::<AsyncChannel<u64>>(&mut group, capacity);
        if capacity == 0 {
            queue_pair::<CrossfireMpmcUnbounded<u64>>(&mut group, capacity);
            queue_pair::<StdMpscUnbounded<u64>>(&mut group, capacity);
        } else {
            queue_pair::<CrossfireMpmc<u64>>(&mut group, capacity);
            queue_pair::<StdMpsc<u64>>(&mut group, capacity);
        }
        queue_pair::<FromMonitor<VecDeque<u64>, Std<VecDeque<u64>>>>(&mut group, capacity);
        queue_pair::<FromMonitor<VecDeque<u64>, ParkingLot<VecDeque<u64>>>>(&mut group, capacity);
    }
}

/// `try_put` and `try_get`, on a queue that holds a few items.
fn queue_pair<Q: BenchQueue<u64>>(group: &mut Group<'_>, capacity: usize) {
    const HELD: u64 = 8;
    let Apart(queue) = &Apart(Q::new(capacity));
    let (putter, getter) = (queue.putter(), queue.getter());
    (0..HELD).for_each(|item| putter.put(item));
    let (mut next_in, mut next_out) = (HELD, 0);
    group.bench_function(Q::NAME, |bencher| {
        bencher.iter(|| {
            assert!(black_box(&putter).try_put(next_in), "{}: refused an item", Q::NAME);
            assert_eq!(black_box(&getter).try_get(), Some(next_out), "{}: lost the order", Q::NAME);
            next_in += 1;
            next_out += 1;
        });
    });
    assert_eq!(next_in - next_out, HELD);
    (next_out..next_in).for_each(|item| assert_eq!(getter.get(), item, "{}", Q::NAME));
    assert_eq!(getter.try_get(), None, "{}: made up an item", Q::NAME);
}
