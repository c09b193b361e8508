//! One thread, nobody else: each operation, of everybody who has it, beside the bare atomics that it is made of. Timed by the bench
//! `uncontended`, counted in instructions by the program `instructions`.

use crate::Apart;
use crate::barrier::BenchBarrier;
use crate::event::{self, BenchEvent, Flag};
use crate::lock::{self, BenchLock, BenchTimedLock, Beside, TollgateRaw};
use crate::monitor::{Monitor, ParkingLot, Signal, Std, Tollgate, Usync};
use crate::queue::{
    AsyncChannel, BenchQueue, Crossbeam, CrossfireMpmc, CrossfireMpmcUnbounded, Flume, FromMonitor, Get,
    Kanal, Put, StdMpsc, StdMpscUnbounded,
};
use crate::rlock::BenchRLock;
use crate::semaphore::{self, BenchSemaphore, Counted};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::fmt;
use std::hint::black_box;
use std::sync::Once;
use std::sync::atomic::{
    AtomicU64,
    Ordering::{AcqRel, Acquire, Relaxed},
};
use std::thread;
use std::time::{Duration, Instant};

/// An operation, and those who have it.
#[derive(Debug)]
pub struct Operation {
    /// What is done.
    pub name: &'static str,
    /// By whom. The base line comes first, where there is one.
    pub by: Vec<Runner>,
}

/// One who does an operation so many times, on an object made for that, and checks afterwards that all is well.
pub struct Runner {
    /// Whose it is.
    pub name: &'static str,
    /// Does it so many times. How long that took, without what comes before and after.
    pub run: Box<dyn Fn(u64) -> Duration>,
}

impl fmt::Debug for Runner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runner").field("name", &self.name).finish_non_exhaustive()
    }
}

fn runner(name: &'static str, run: impl Fn(u64) -> Duration + 'static) -> Runner {
    Runner { name, run: Box::new(run) }
}

#[inline(always)]
fn repeat(times: u64, mut operation: impl FnMut()) -> Duration {
    let began = Instant::now();
    for _ in 0..times {
        operation();
    }
    began.elapsed()
}

/// Makes this a process of two threads, once. In one of a single thread, the C library leaves out its atomics.
fn be_two_threads() {
    static DONE: Once = Once::new();
    DONE.call_once(|| {
        _ = thread::spawn(|| {
            loop {
                thread::park()
            }
        })
    });
}

/// All operations.
pub fn operations() -> Vec<Operation> {
    be_two_threads();
    let named = |name, by| Operation { name, by };
    vec![
        named("lock+unlock", lock_pairs()),
        named("try_lock of a held lock", tries()),
        named("lock_timeout+unlock", timed_lock_pairs()),
        named("rlock+unlock", rlock_pairs()),
        named("rlock+unlock, entered again", reentries()),
        named("acquire+release", semaphore_pairs()),
        named("notify_one", notifications(false)),
        named("notify_all", notifications(true)),
        named("wait on a set event", events(true)),
        named("set+wait+clear", events(false)),
        named("wait at a barrier of one", barriers()),
        named("put+get, capacity 1024", queues(1024)),
        named("put+get, unbounded", queues(0)),
        named("put+get, last in, first out", stacks()),
        named("put+get, smallest of 100 first", heaps()),
    ]
}

fn lock_pairs() -> Vec<Runner> {
    vec![
        lock_pair::<lock::BareAtomics>(),
        lock_pair::<tollgate::Lock<u64>>(),
        lock_pair::<TollgateRaw>(),
        lock_pair::<std::sync::Mutex<u64>>(),
        lock_pair::<parking_lot::Mutex<u64>>(),
        lock_pair::<usync::Mutex<u64>>(),
        lock_pair::<lock::Saa<u64>>(),
        #[cfg(target_os = "linux")]
        lock_pair::<crate::pthread::Pthread<u64>>(),
    ]
}

fn lock_pair<L: BenchLock>() -> Runner {
    runner(L::NAME, |times| {
        let Apart(lock) = &Apart(L::new(0));
        let took = repeat(times, || black_box(lock).pair());
        assert_eq!(lock.with(|value| *value), 0, "{}", L::NAME);
        took
    })
}

fn tries() -> Vec<Runner> {
    fn tried<L>(
        name: &'static str,
        new: fn(u64) -> L,
        held: fn(&L, &dyn Fn() -> Duration) -> Duration,
        fails: fn(&L) -> bool,
    ) -> Runner
    where
        L: 'static,
    {
        runner(name, move |times| {
            let Apart(lock) = &Apart(new(0));
            held(lock, &|| repeat(times, || assert!(fails(black_box(lock)))))
        })
    }
    vec![
        tried(
            tollgate::Lock::<u64>::NAME,
            tollgate::Lock::new,
            |lock, run| lock.with(|_| run()),
            |lock| lock.try_lock().is_none(),
        ),
        tried(
            std::sync::Mutex::<u64>::NAME,
            std::sync::Mutex::new,
            |lock, run| lock.with(|_| run()),
            |lock| lock.try_lock().is_err(),
        ),
        tried(
            parking_lot::Mutex::<u64>::NAME,
            parking_lot::Mutex::new,
            |lock, run| lock.with(|_| run()),
            |lock| lock.try_lock().is_none(),
        ),
        tried(
            usync::Mutex::<u64>::NAME,
            usync::Mutex::new,
            |lock, run| lock.with(|_| run()),
            |lock| lock.try_lock().is_none(),
        ),
    ]
}

fn timed_lock_pairs() -> Vec<Runner> {
    fn pair<L: BenchTimedLock>() -> Runner {
        runner(L::NAME, |times| {
            let Apart(lock) = &Apart(L::new(0));
            let timeout = Duration::from_secs(1);
            repeat(times, || assert!(black_box(lock).pair_timeout(black_box(timeout)), "{}", L::NAME))
        })
    }
    vec![pair::<tollgate::Lock<u64>>(), pair::<TollgateRaw>(), pair::<parking_lot::Mutex<u64>>()]
}

fn rlock_pairs() -> Vec<Runner> {
    vec![
        lock_pair::<lock::BareAtomics>(),
        rlock_pair::<tollgate::RLock<Beside>>(),
        rlock_pair::<parking_lot::ReentrantMutex<Beside>>(),
        rlock_pair::<usync::ReentrantMutex<Beside>>(),
        #[cfg(target_os = "linux")]
        rlock_pair::<crate::rlock::PthreadRecursive>(),
    ]
}

fn rlock_pair<L: BenchRLock>() -> Runner {
    runner(L::NAME, |times| {
        let Apart(lock) = &Apart(L::new());
        repeat(times, || black_box(lock).with(|_| ()))
    })
}

fn reentries() -> Vec<Runner> {
    fn reentry<L: BenchRLock>() -> Runner {
        runner(L::NAME, |times| {
            let Apart(lock) = &Apart(L::new());
            lock.with(|_| repeat(times, || black_box(lock).with(|_| ())))
        })
    }
    let bare = runner("bare load + store, twice", |times| {
        let Apart(depth) = &Apart(AtomicU64::new(1));
        repeat(times, || {
            let depth = black_box(depth);
            depth.store(depth.load(Relaxed) + 1, Relaxed);
            black_box(depth).store(depth.load(Relaxed) - 1, Relaxed);
        })
    });
    vec![
        bare,
        reentry::<tollgate::RLock<Beside>>(),
        reentry::<parking_lot::ReentrantMutex<Beside>>(),
        reentry::<usync::ReentrantMutex<Beside>>(),
        #[cfg(target_os = "linux")]
        reentry::<crate::rlock::PthreadRecursive>(),
    ]
}

fn semaphore_pairs() -> Vec<Runner> {
    fn pair<S: BenchSemaphore>() -> Runner {
        runner(S::NAME, |times| {
            let Apart(semaphore) = &Apart(S::new(4));
            let took = repeat(times, || black_box(semaphore).with(|| ()));
            assert_eq!(semaphore.permits(), 4, "{}", S::NAME);
            took
        })
    }
    vec![
        pair::<semaphore::BareAtomics>(),
        pair::<tollgate::Semaphore>(),
        #[cfg(target_os = "linux")]
        pair::<semaphore::Posix>(),
        pair::<saa::Semaphore>(),
        pair::<async_lock::Semaphore>(),
        pair::<tokio::sync::Semaphore>(),
        pair::<Counted<Std<usize>>>(),
        pair::<Counted<ParkingLot<usize>>>(),
    ]
}

/// Of a condition at which nobody waits.
fn notifications(all: bool) -> Vec<Runner> {
    fn notify<M: Monitor<u64>>(all: bool) -> Runner {
        runner(M::NAME, move |times| {
            let Apart(monitor) = &Apart(M::new(0));
            match all {
                true => repeat(times, || black_box(monitor).notify_all(Signal::First)),
                false => repeat(times, || black_box(monitor).notify_one(Signal::First)),
            }
        })
    }
    let bare = runner("bare load", |times| {
        let Apart(waiters) = &Apart(AtomicU64::new(0));
        repeat(times, || _ = black_box(black_box(waiters).load(Acquire)))
    });
    vec![
        bare,
        notify::<Tollgate<u64>>(all),
        notify::<Std<u64>>(all),
        notify::<ParkingLot<u64>>(all),
        notify::<Usync<u64>>(all),
        #[cfg(target_os = "linux")]
        notify::<crate::pthread::Pthread<u64>>(all),
    ]
}

fn events(only_wait: bool) -> Vec<Runner> {
    fn event<E: BenchEvent>(only_wait: bool) -> Runner {
        runner(E::NAME, move |times| {
            let Apart(event) = &Apart(E::new());
            event.set();
            if only_wait {
                return repeat(times, || black_box(event).wait());
            }
            repeat(times, || {
                let event = black_box(event);
                event.set();
                event.wait();
                event.clear();
            })
        })
    }
    vec![
        event::<event::BareAtomics>(only_wait),
        event::<tollgate::Event>(only_wait),
        event::<Flag<Std<bool>>>(only_wait),
        event::<Flag<ParkingLot<bool>>>(only_wait),
        event::<Flag<Usync<bool>>>(only_wait),
    ]
}

fn barriers() -> Vec<Runner> {
    fn wait<B: BenchBarrier>() -> Runner {
        runner(B::NAME, |times| {
            let Apart(barrier) = &Apart(B::new(1));
            repeat(times, || assert!(black_box(barrier).wait()))
        })
    }
    vec![
        wait::<tollgate::Barrier>(),
        wait::<std::sync::Barrier>(),
        wait::<saa::Barrier>(),
        #[cfg(target_os = "linux")]
        wait::<crate::barrier::Pthread>(),
    ]
}

/// `try_put` and `try_get`.
fn queues(capacity: usize) -> Vec<Runner> {
    type Line = VecDeque<u64>;
    let bare = runner("bare fetch_add, twice", |times| {
        let ends = &[Apart(AtomicU64::new(0)), Apart(AtomicU64::new(0))];
        repeat(times, || {
            let [Apart(tail), Apart(head)] = black_box(ends);
            black_box(tail.fetch_add(1, AcqRel) + head.fetch_add(1, AcqRel));
        })
    });
    let mut queues = vec![
        bare,
        queue_pair::<tollgate::Queue<u64>>(capacity),
        queue_pair::<Crossbeam<u64>>(capacity),
        queue_pair::<Flume<u64>>(capacity),
        queue_pair::<Kanal<u64>>(capacity),
        queue_pair::<AsyncChannel<u64>>(capacity),
    ];
    if capacity == 0 {
        queues.push(queue_pair::<CrossfireMpmcUnbounded<u64>>(capacity));
        queues.push(queue_pair::<StdMpscUnbounded<u64>>(capacity));
    } else {
        queues.push(queue_pair::<CrossfireMpmc<u64>>(capacity));
        queues.push(queue_pair::<StdMpsc<u64>>(capacity));
    }
    queues.push(queue_pair::<FromMonitor<Line, Std<Line>>>(capacity));
    queues.push(queue_pair::<FromMonitor<Line, ParkingLot<Line>>>(capacity));
    #[cfg(cpp_shim)]
    {
        use crate::cpp::{Boost, Cpp, Kind, Moodycamel, MoodycamelBlocking, Tbb, TbbBounded};
        fn cpp<K: Kind>(capacity: usize) -> Option<Runner> {
            K::face().map(|_| queue_pair::<Cpp<K>>(capacity))
        }
        queues.extend(cpp::<TbbBounded>(capacity));
        if capacity == 0 {
            queues.extend(
                [cpp::<MoodycamelBlocking>(0), cpp::<Moodycamel>(0), cpp::<Tbb>(0)].into_iter().flatten(),
            );
            queues.extend(cpp::<Boost>(0));
        }
    }
    queues
}

fn stacks() -> Vec<Runner> {
    type Stack = Vec<u64>;
    vec![
        pair_of::<tollgate::LifoQueue<u64>>(0, 8, |put| put),
        pair_of::<FromMonitor<Stack, Std<Stack>>>(0, 8, |put| put),
        pair_of::<FromMonitor<Stack, ParkingLot<Stack>>>(0, 8, |put| put),
    ]
}

fn heaps() -> Vec<Runner> {
    type Heap = BinaryHeap<Reverse<u64>>;
    const HELD: u64 = 100;
    vec![
        pair_of::<tollgate::PriorityQueue<u64>>(0, HELD, |put| put - HELD),
        pair_of::<FromMonitor<Heap, Std<Heap>>>(0, HELD, |put| put - HELD),
        pair_of::<FromMonitor<Heap, ParkingLot<Heap>>>(0, HELD, |put| put - HELD),
    ]
}

fn queue_pair<Q: BenchQueue<u64>>(capacity: usize) -> Runner {
    const HELD: u64 = 8;
    pair_of::<Q>(capacity, HELD, |put| put - HELD)
}

/// `try_put` and `try_get`, on a queue that holds some items; what comes out after a number went in.
fn pair_of<Q: BenchQueue<u64>>(capacity: usize, held: u64, comes_out: fn(u64) -> u64) -> Runner {
    runner(Q::NAME, move |times| {
        let Apart(queue) = &Apart(Q::new(capacity));
        let (putter, getter) = (queue.putter(), queue.getter());
        (0..held).for_each(|item| putter.put(item));
        let mut next = held;
        let took = repeat(times, || {
            assert!(black_box(&putter).try_put(next), "{}: refused an item", Q::NAME);
            assert_eq!(black_box(&getter).try_get(), Some(comes_out(next)), "{}: lost the order", Q::NAME);
            next += 1;
        });
        let left = (0..held).filter(|_| getter.try_get().is_some()).count() as u64;
        assert!(left == held && getter.try_get().is_none(), "{}: lost an item, or made one up", Q::NAME);
        took
    })
}
