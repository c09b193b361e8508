//! Several threads at once: throughput. Criterion's unit of work is a *round*: one operation of each thread (for
//! queues, as many items as there are threads on the bigger side), so compare the elements per second.
//!
//! Read [`tollgate_benches`] first, for what these figures cannot say. Throughput least of all can say who is best
//! here.

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, SamplingMode, Throughput};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use tollgate_benches::barrier::BenchBarrier;
use tollgate_benches::condition::{self, BenchCondition, Notify};
use tollgate_benches::event::{self, BenchEvent};
use tollgate_benches::lock::BenchLock;
use tollgate_benches::queue::{BenchQueue, Crossbeam, Flume, Kanal, MutexVecDeque};
use tollgate_benches::semaphore::{AsLock, BenchSemaphore, ParkingLotMutexCondvar, StdMutexCondvar};
use tollgate_benches::{Apart, Section, criterion, team};

type Group<'a> = BenchmarkGroup<'a, WallTime>;

fn main() {
    let mut criterion = criterion();
    locks(&mut criterion);
    semaphores(&mut criterion);
    conditions(&mut criterion);
    events(&mut criterion);
    barriers(&mut criterion);
    queues(&mut criterion);
    criterion.final_summary();
}

/// A group whose samples are of one size: the short ones that criterion would begin with measure how threads start.
fn group<'a>(criterion: &'a mut Criterion, name: &str, elements_per_round: usize) -> Group<'a> {
    let mut group = criterion.benchmark_group(format!("contended/{name}"));
    group.sampling_mode(SamplingMode::Flat).throughput(Throughput::Elements(elements_per_round as u64));
    group
}

const THREADS: [usize; 2] = [2, 8];
/// One who notifies, and sixteen who wait.
const CROWD: usize = 17;
const SECTIONS: [Section; 2] = [Section::Empty, Section::Short];

fn locks(criterion: &mut Criterion) {
    for threads in THREADS {
        for section in SECTIONS {
            let name = format!("lock, {threads} threads, {}", section.name());
            let mut group = group(criterion, &name, threads);
            increments::<tollgate::Lock<u64>>(&mut group, threads, section);
            increments::<std::sync::Mutex<u64>>(&mut group, threads, section);
            increments::<parking_lot::Mutex<u64>>(&mut group, threads, section);
        }
    }
}

/// Each thread increments the number behind the lock once a round.
fn increments<L: BenchLock>(group: &mut Group<'_>, threads: usize, section: Section) {
    group.bench_function(L::NAME, |bencher| {
        bencher.iter_custom(|rounds| {
            let Apart(lock) = &Apart(L::new());
            let (took, _) = team::run(threads, |_| {
                for _ in 0..rounds {
                    lock.with(|value| *value += 1 + section.work(*value));
                }
            });
            let made = rounds * threads as u64;
            assert_eq!(lock.with(|value| *value), made, "{}: two threads were inside at once", L::NAME);
            took
        });
    });
}

fn semaphores(criterion: &mut Criterion) {
    for threads in THREADS {
        for section in SECTIONS {
            let name = format!("semaphore of 1, {threads} threads, {}", section.name());
            let mut group = group(criterion, &name, threads);
            increments::<AsLock<tollgate::Semaphore>>(&mut group, threads, section);
            increments::<AsLock<StdMutexCondvar>>(&mut group, threads, section);
            increments::<AsLock<ParkingLotMutexCondvar>>(&mut group, threads, section);
        }
        for section in SECTIONS {
            let name = format!("semaphore of 4, {threads} threads, {}", section.name());
            let mut group = group(criterion, &name, threads);
            permits::<tollgate::Semaphore>(&mut group, threads, section);
            permits::<StdMutexCondvar>(&mut group, threads, section);
            permits::<ParkingLotMutexCondvar>(&mut group, threads, section);
        }
    }
}

/// Each thread takes one of four permits and gives it back, once a round. Only that all permits are back is checked: to
/// count who is inside would cost as much as what is measured.
fn permits<S: BenchSemaphore>(group: &mut Group<'_>, threads: usize, section: Section) {
    group.bench_function(S::NAME, |bencher| {
        bencher.iter_custom(|rounds| {
            let Apart(semaphore) = &Apart(S::new(4));
            let (took, _) =
                team::run(threads, |_| (0..rounds).fold(0, |done, _| semaphore.with(|| section.work(done))));
            assert_eq!(semaphore.permits(), 4, "{}: the permits are not back", S::NAME);
            took
        });
    });
}

fn conditions(criterion: &mut Criterion) {
    for how in [Notify::AfterUnlock, Notify::UnderLock] {
        let mut group = group(criterion, &format!("ping-pong, {}", how.name()), 2);
        ping_pong::<condition::Tollgate>(&mut group, how);
        ping_pong::<condition::Std>(&mut group, how);
        ping_pong::<condition::ParkingLot>(&mut group, how);
    }
    for how in [Notify::AfterUnlock, Notify::UnderLock] {
        let mut group = group(criterion, &format!("broadcast to {}, {}", CROWD - 1, how.name()), CROWD);
        broadcast::<condition::Tollgate>(&mut group, how);
        broadcast::<condition::Std>(&mut group, how);
        broadcast::<condition::ParkingLot>(&mut group, how);
    }
}

/// Threads meet; the last one notifies all. A round is one meeting.
fn broadcast<C: BenchCondition>(group: &mut Group<'_>, how: Notify) {
    group.bench_function(C::NAME, |bencher| {
        bencher.iter_custom(|rounds| {
            let Apart(condition) = &Apart(C::new());
            let (took, _) = team::run(CROWD, |_| (0..rounds).for_each(|_| condition.meet(CROWD as u64, how)));
            assert_eq!(condition.turns(), CROWD as u64 * rounds, "{}: lost a turn", C::NAME);
            took
        });
    });
}

/// Two threads take turns. A round is there and back.
fn ping_pong<C: BenchCondition>(group: &mut Group<'_>, how: Notify) {
    group.bench_function(C::NAME, |bencher| {
        bencher.iter_custom(|rounds| {
            let Apart(condition) = &Apart(C::new());
            let (took, _) = team::run(2, |me| (0..rounds).for_each(|_| condition.turn(me as u64, how)));
            assert_eq!(condition.turns(), 2 * rounds, "{}: lost a turn", C::NAME);
            took
        });
    });
}

fn events(criterion: &mut Criterion) {
    for waiters in [1, 2, 16, 32] {
        let mut group = group(criterion, &format!("event, {waiters} waiters"), waiters);
        releases::<tollgate::Event>(&mut group, waiters);
        releases::<event::StdMutexCondvar>(&mut group, waiters);
        releases::<event::ParkingLotMutexCondvar>(&mut group, waiters);
    }
}

/// One thread lets all the others go, by two events in turn; the last of them says so by a third. A round is both.
fn releases<E: BenchEvent>(group: &mut Group<'_>, waiters: usize) {
    group.bench_function(E::NAME, |bencher| {
        bencher.iter_custom(|rounds| {
            let Apart(go) = &Apart([E::new(), E::new()]);
            let Apart(gone) = &Apart((E::new(), AtomicUsize::new(0)));
            let (took, _) = team::run(waiters + 1, |me| {
                for round in 0..rounds {
                    let (now, next) = (&go[(round % 2) as usize], &go[((round + 1) % 2) as usize]);
                    if me > 0 {
                        now.wait();
                        if (gone.1.fetch_add(1, SeqCst) + 1) as u64 == (round + 1) * waiters as u64 {
                            gone.0.set();
                        }
                    } else {
                        next.clear();
                        now.set();
                        gone.0.wait();
                        gone.0.clear();
                    }
                }
            });
            let expected = rounds * waiters as u64;
            assert_eq!(gone.1.load(SeqCst) as u64, expected, "{}: let somebody go too early", E::NAME);
            took
        });
    });
}

fn barriers(criterion: &mut Criterion) {
    for parties in [2, 4, 16, 32] {
        let mut group = group(criterion, &format!("barrier, {parties} parties"), parties);
        rounds::<tollgate::Barrier>(&mut group, parties);
        rounds::<std::sync::Barrier>(&mut group, parties);
        #[cfg(target_os = "linux")]
        rounds::<tollgate_benches::barrier::Pthread>(&mut group, parties);
    }
}

fn rounds<B: BenchBarrier>(group: &mut Group<'_>, parties: usize) {
    group.bench_function(B::NAME, |bencher| {
        bencher.iter_custom(|rounds| {
            let Apart(barrier) = &Apart(B::new(parties));
            let (took, led) =
                team::run(parties, |_| (0..rounds).map(|_| u64::from(barrier.wait())).sum::<u64>());
            assert_eq!(led.into_iter().sum::<u64>(), rounds, "{}: one leader a round", B::NAME);
            took
        });
    });
}

fn queues(criterion: &mut Criterion) {
    for (producers, consumers) in [(1, 1), (4, 1), (1, 4), (2, 2)] {
        for capacity in [1, 64, 1024, 0] {
            let room = if capacity == 0 { "unbounded".to_owned() } else { format!("capacity {capacity}") };
            let per_round = producers.max(consumers);
            let name = format!("queue, {producers}P{consumers}C, {room}");
            let flow = Flow { producers, consumers, capacity, per_round: per_round as u64 };
            let mut group = group(criterion, &name, per_round);
            flow.bench::<tollgate::Queue<u64>>(&mut group);
            flow.bench::<Crossbeam>(&mut group);
            flow.bench::<Flume>(&mut group);
            flow.bench::<Kanal>(&mut group);
            flow.bench::<MutexVecDeque>(&mut group);
        }
    }
}

/// Producers put numbered items as fast as they can; each consumer takes its share of them.
#[derive(Clone, Copy)]
struct Flow {
    producers: usize,
    consumers: usize,
    /// 0 is unbounded.
    capacity: usize,
    /// Items per round: one for each thread on the bigger side, and whole numbers for those on the other.
    per_round: u64,
}

impl Flow {
    fn bench<Q: BenchQueue + Sync>(self, group: &mut Group<'_>) {
        group.bench_function(BenchmarkId::from_parameter(Q::NAME), |bencher| {
            bencher.iter_custom(|rounds| self.run::<Q>(rounds));
        });
    }

    fn run<Q: BenchQueue + Sync>(self, rounds: u64) -> std::time::Duration {
        let Apart(queue) = &Apart(Q::new(self.capacity));
        let items = rounds * self.per_round;
        let (puts, gets) = (items / self.producers as u64, items / self.consumers as u64);
        let (took, sums) = team::run(self.producers + self.consumers, |member| {
            if member < self.producers {
                let first = member as u64 * puts;
                (first..first + puts).for_each(|item| queue.put(item));
                0
            } else {
                (0..gets).fold(0_u64, |sum, _| sum.wrapping_add(queue.get()))
            }
        });
        let got = sums.into_iter().fold(0, u64::wrapping_add);
        let put = (0..items).fold(0, u64::wrapping_add);
        assert_eq!(got, put, "{}: what came out is not what went in", Q::NAME);
        assert_eq!(queue.try_get(), None, "{}: made up an item", Q::NAME);
        took
    }
}
