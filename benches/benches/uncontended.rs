//! One thread, nobody else: what the fast paths cost, next to the bare atomics that they are made of.
//!
//! Read [`tollgate_benches`] first, for what these figures cannot say.

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion};
use std::hint::black_box;
use std::time::Duration;
use tollgate_benches::condition::{self, BenchCondition};
use tollgate_benches::event::{self, BenchEvent};
use tollgate_benches::lock::{self, BenchLock, BenchTimedLock, TollgateRaw};
use tollgate_benches::queue::{BenchQueue, Crossbeam, Flume, Kanal, MutexVecDeque, StdMpsc};
use tollgate_benches::semaphore::{self, BenchSemaphore, ParkingLotMutexCondvar, StdMutexCondvar};
use tollgate_benches::{Apart, criterion};

type Group<'a> = BenchmarkGroup<'a, WallTime>;

fn main() {
    let mut criterion = criterion();
    locks(&mut criterion);
    timed_locks(&mut criterion);
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

fn semaphores(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("uncontended/acquire+release");
    semaphore_pair::<semaphore::BareAtomics>(&mut group);
    semaphore_pair::<tollgate::Semaphore>(&mut group);
    semaphore_pair::<StdMutexCondvar>(&mut group);
    semaphore_pair::<ParkingLotMutexCondvar>(&mut group);
}

fn semaphore_pair<S: BenchSemaphore>(group: &mut Group<'_>) {
    let Apart(semaphore) = &Apart(S::new(4));
    group.bench_function(S::NAME, |bencher| bencher.iter(|| black_box(semaphore).with(|| ())));
    assert_eq!(semaphore.permits(), 4, "{}", S::NAME);
}

fn conditions(criterion: &mut Criterion) {
    for (name, all) in [("uncontended/notify_one", false), ("uncontended/notify_all", true)] {
        let mut group = criterion.benchmark_group(name);
        notify::<condition::Tollgate>(&mut group, all);
        notify::<condition::Std>(&mut group, all);
        notify::<condition::ParkingLot>(&mut group, all);
    }
}

fn notify<C: BenchCondition>(group: &mut Group<'_>, all: bool) {
    let Apart(condition) = &Apart(C::new());
    if all {
        group.bench_function(C::NAME, |bencher| bencher.iter(|| black_box(condition).notify_all()));
    } else {
        group.bench_function(C::NAME, |bencher| bencher.iter(|| black_box(condition).notify_one()));
    }
}

fn events(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("uncontended/set+wait+clear");
    event::<tollgate::Event>(&mut group);
    event::<event::StdMutexCondvar>(&mut group);
    event::<event::ParkingLotMutexCondvar>(&mut group);
}

fn event<E: BenchEvent>(group: &mut Group<'_>) {
    let Apart(event) = &Apart(E::new());
    group.bench_function(E::NAME, |bencher| {
        bencher.iter(|| {
            let event = black_box(event);
            event.set();
            event.wait();
            event.clear();
        });
    });
}

fn queues(criterion: &mut Criterion) {
    for (name, capacity) in
        [("uncontended/put+get, capacity 1024", 1024), ("uncontended/put+get, unbounded", 0)]
    {
        let mut group = criterion.benchmark_group(name);
        queue_pair::<tollgate::Queue<u64>>(&mut group, capacity);
        queue_pair::<Crossbeam>(&mut group, capacity);
        queue_pair::<Flume>(&mut group, capacity);
        queue_pair::<Kanal>(&mut group, capacity);
        queue_pair::<StdMpsc>(&mut group, capacity);
        queue_pair::<MutexVecDeque>(&mut group, capacity);
    }
}

/// `try_put` and `try_get`, on a queue that holds a few items.
fn queue_pair<Q: BenchQueue>(group: &mut Group<'_>, capacity: usize) {
    const HELD: u64 = 8;
    let Apart(queue) = &Apart(Q::new(capacity));
    (0..HELD).for_each(|item| queue.put(item));
    let (mut next_in, mut next_out) = (HELD, 0);
    group.bench_function(Q::NAME, |bencher| {
        bencher.iter(|| {
            let queue = black_box(queue);
            assert!(queue.try_put(next_in), "{}: refused an item", Q::NAME);
            assert_eq!(queue.try_get(), Some(next_out), "{}: lost the order", Q::NAME);
            next_in += 1;
            next_out += 1;
        });
    });
    assert_eq!(next_in - next_out, HELD);
    (next_out..next_in).for_each(|item| assert_eq!(queue.get(), item, "{}", Q::NAME));
    assert_eq!(queue.try_get(), None, "{}: made up an item", Q::NAME);
}
