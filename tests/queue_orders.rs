//! `LifoQueue` and `PriorityQueue`: which item comes first, and comparisons that misbehave.

mod common;

use common::{AGES, eventually, thread};
use std::cell::Cell;
use std::cmp::Ordering;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};
use tollgate::{GetError, LifoQueue, Prioritized, PriorityQueue, PutError, ShutDown, Shutdown};

#[test]
fn the_last_item_comes_out_first() {
    let queue = LifoQueue::bounded(3);
    queue.put_many([1, 2, 3]).unwrap();
    assert_eq!(queue.try_put(4), Err(PutError::Full(4)));
    assert_eq!((queue.get(), queue.try_get_many(2)), (Ok(3), Ok(vec![2, 1])));
    assert_eq!(queue.try_get(), Err(GetError::Empty));
    assert_eq!((LifoQueue::<u8>::new(0).capacity(), LifoQueue::<u8>::new(7).capacity()), (None, Some(7)));
}

#[test]
fn the_smallest_item_comes_out_first_and_equal_ones_in_the_order_of_their_puts() {
    let queue = PriorityQueue::unbounded();
    for item in 0..1000 {
        queue.put(Prioritized { priority: item * 7 % 5, item }).unwrap();
    }
    assert_eq!(queue.with_first(|first| first.item), Some(0));
    assert_eq!(queue.len(), 1000, "it stays");
    let mut last = (0, -1);
    for Prioritized { priority, item } in queue {
        assert!(last < (priority, item), "{last:?} before {:?}", (priority, item));
        last = (priority, item);
    }
    assert_eq!(PriorityQueue::from_iter([3, 1, 2]).into_sorted_vec(), [1, 2, 3]);
    assert_eq!(PriorityQueue::<u8>::unbounded().into_sorted_vec(), []);
    assert_eq!(PriorityQueue::<u8>::unbounded().with_first(|_| ()), None);
    let queue = PriorityQueue::from_iter([2, 1]);
    queue.shutdown(Shutdown::Drain);
    assert_eq!(queue.with_first(|first| *first), Some(1), "it can still be got");
    queue.shutdown(Shutdown::Immediate);
    assert_eq!((queue.with_first(|first| *first), queue.len()), (None, 0));
}

#[test]
fn prioritized_items_are_compared_by_priority_alone() {
    let (a, b) = (Prioritized { priority: 1, item: "a" }, Prioritized { priority: 1, item: "b" });
    assert_eq!((a == b, a.cmp(&b), a.partial_cmp(&b)), (true, Ordering::Equal, Some(Ordering::Equal)));
    assert!(a < Prioritized { priority: 2, item: "a" });
}

/// Getters and putters at once: each getter's items of one batch come in order, and none is lost.
#[test]
fn nothing_is_lost_or_doubled_in_either_order() {
    const EACH: usize = 3_000;
    for capacity in [1, 3, 0] {
        let (lifo, priority) = (LifoQueue::new(capacity), PriorityQueue::new(capacity));
        let mut got: Vec<_> = thread::scope(|s| {
            for thread in 0..2 {
                let (lifo, priority) = (&lifo, &priority);
                s.spawn(move || {
                    for n in 0..EACH {
                        lifo.put(2 * n + thread).unwrap();
                        priority.put(2 * n + thread).unwrap();
                    }
                });
            }
            let getters: Vec<_> = (0..3)
                .map(|_| {
                    s.spawn(|| {
                        let mut mine = Vec::new();
                        loop {
                            let (one, others) = (lifo.get(), priority.get_many(2));
                            if one.is_err() && others.is_err() {
                                break;
                            }
                            mine.extend(one.map(|n| (0, n)));
                            let others = others.unwrap_or_default();
                            assert!(others.is_sorted());
                            mine.extend(others.into_iter().map(|n| (1, n)));
                        }
                        mine
                    })
                })
                .collect();
            s.spawn(|| {
                eventually("all are put", || lifo.unfinished() + priority.unfinished() == 4 * EACH);
                lifo.shutdown(Shutdown::Drain);
                priority.shutdown(Shutdown::Drain);
            });
            getters.into_iter().flat_map(|getter| getter.join().unwrap()).collect()
        });
        got.sort_unstable();
        let all: Vec<_> = (0..2).flat_map(|queue| (0..2 * EACH).map(move |n| (queue, n))).collect();
        assert_eq!(got.len(), all.len(), "capacity {capacity}");
        assert_eq!(got, all);
    }
}

std::thread_local! {
    /// What a comparison of this thread does, once.
    static TRICK: Cell<Option<Box<dyn FnOnce()>>> = const { Cell::new(None) };
    /// Whether the next destructor of an item in this thread panics.
    static BOMB: Cell<bool> = const { Cell::new(false) };
}

/// An item whose comparisons play tricks, and whose end is counted.
struct Tricky {
    value: u32,
    ends: Arc<AtomicUsize>,
}

impl Drop for Tricky {
    fn drop(&mut self) {
        self.ends.fetch_add(1, SeqCst);
        assert!(!BOMB.take(), "a destructor");
    }
}

impl Ord for Tricky {
    fn cmp(&self, other: &Self) -> Ordering {
        if let Some(trick) = TRICK.take() {
            trick();
        }
        self.value.cmp(&other.value)
    }
}

impl PartialOrd for Tricky {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Tricky {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Tricky {}

struct Trial {
    queue: Arc<PriorityQueue<Tricky>>,
    ends: Arc<AtomicUsize>,
}

impl Trial {
    fn new(capacity: usize, values: impl IntoIterator<Item = u32>) -> Self {
        let trial = Trial { queue: Arc::new(PriorityQueue::new(capacity)), ends: Arc::default() };
        values.into_iter().for_each(|value| assert!(trial.queue.put(trial.item(value)).is_ok()));
        trial
    }

    fn item(&self, value: u32) -> Tricky {
        Tricky { value, ends: Arc::clone(&self.ends) }
    }

    /// The next comparison of this thread does this.
    fn trick(&self, trick: impl FnOnce(&PriorityQueue<Tricky>) + 'static) {
        let queue = Arc::downgrade(&self.queue);
        TRICK.set(Some(Box::new(move || trick(&queue.upgrade().unwrap()))));
    }

    fn rest(&self) -> Vec<u32> {
        assert!(TRICK.take().is_none(), "the trick was played");
        self.queue.try_iter().map(|item| item.value).collect()
    }
}

fn message<R>(call: impl FnOnce() -> R) -> String {
    let Err(panic) = catch_unwind(AssertUnwindSafe(call)) else { panic!("no panic") };
    panic
        .downcast::<String>()
        .map_or_else(|panic| (*panic.downcast::<&str>().unwrap()).to_owned(), |text| *text)
}

#[test]
fn a_comparison_that_panics_changes_nothing() {
    let trial = Trial::new(0, [3, 1, 2, 5, 4]);
    trial.trick(|_| panic!("on purpose"));
    assert_eq!(message(|| trial.queue.get()), "on purpose");
    assert_eq!((trial.queue.len(), trial.queue.unfinished()), (5, 5));
    trial.trick(|_| panic!("on purpose"));
    assert_eq!(message(|| trial.queue.get_many(3)), "on purpose");
    trial.trick(|_| panic!("on purpose"));
    assert_eq!(message(|| trial.queue.with_first(|_| ())), "on purpose");
    assert_eq!(message(|| trial.queue.with_first(|_| panic!("by the closure"))), "by the closure");
    assert_eq!(trial.ends.load(SeqCst), 0, "no item was dropped");
    assert!(trial.queue.put(trial.item(0)).is_ok());
    assert_eq!(trial.rest(), [0, 1, 2, 3, 4, 5]);
    assert_eq!(trial.ends.load(SeqCst), 6);
}

/// Whoever waits is told of an item that came back.
#[test]
fn an_item_that_comes_back_after_a_panic_wakes_a_getter() {
    let trial = Trial::new(0, []);
    let (inside, go_on) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
    thread::scope(|s| {
        let (queue, [inside_too, go_on_too]) = (&trial.queue, [Arc::clone(&inside), Arc::clone(&go_on)]);
        assert!(queue.put_many([trial.item(1), trial.item(2)]).is_ok());
        s.spawn(move || {
            TRICK.set(Some(Box::new(move || {
                inside_too.wait();
                go_on_too.wait();
                panic!("on purpose");
            })));
            assert_eq!(message(|| queue.get_many(2)), "on purpose");
        });
        inside.wait();
        // Both items are claimed.
        assert_eq!(queue.try_get().map(|item| item.value), Err(GetError::Empty));
        let getter = s.spawn(|| queue.get_timeout(AGES).map(|item| item.value));
        eventually("it waits", || format!("{queue:?}").contains("waiting_getters: 1"));
        let start = Instant::now();
        go_on.wait();
        assert_eq!(getter.join().unwrap(), Ok(1));
        // Its last look, when the time is up, would find it too.
        assert!(start.elapsed() < AGES / 2, "it was not told");
    });
    assert_eq!(trial.rest(), [2]);
}

/// R36 of the historical bugs: user code inside an operation uses the queue.
#[test]
fn a_comparison_may_put() {
    let trial = Trial::new(0, [3, 1, 2]);
    let zero = trial.item(0);
    trial.trick(move |queue| {
        assert!(queue.put(zero).is_ok());
        assert_eq!((queue.len(), queue.unfinished(), queue.is_shutdown()), (3, 4, false));
    });
    assert_eq!(trial.queue.get().unwrap().value, 1, "0 came after the claim");
    assert_eq!(trial.rest(), [0, 2, 3]);
}

#[test]
fn a_comparison_may_not_get_and_is_told_so() {
    type Call = fn(&PriorityQueue<Tricky>);
    let calls: [(&str, Call); 5] = [
        ("get", |queue| _ = queue.get()),
        ("get", |queue| _ = queue.try_get()),
        ("get", |queue| _ = queue.get_task_timeout(AGES)),
        ("get_many", |queue| _ = queue.get_many(2)),
        ("with_first", |queue| _ = queue.with_first(|_| ())),
    ];
    for (name, call) in calls {
        let expected =
            format!("PriorityQueue: {name} from within a comparison of its items, or from within with_first");
        let trial = Trial::new(0, [3, 1, 2]);
        trial.trick(call);
        assert_eq!(message(|| trial.queue.get()), expected);
        assert_eq!(message(|| trial.queue.with_first(|_| call(&trial.queue))), expected);
        assert_eq!(trial.rest(), [1, 2, 3]);
    }
    // Another queue is another matter.
    let (trial, other) = (Trial::new(0, [2, 1]), Trial::new(0, [4, 3]));
    let its = Arc::clone(&other.queue);
    trial.trick(move |_| assert_eq!(its.get().unwrap().value, 3));
    assert_eq!(trial.queue.get().unwrap().value, 1);
}

/// A put from within a comparison cannot wait: there is no get that would end the wait. If there is room, it need not; the gate may be
/// closed or not.
#[test]
fn a_put_from_within_a_comparison_does_not_wait() {
    let trial = Trial::new(3, [3, 1, 2]);
    let (four, five) = (trial.item(4), trial.item(5));
    trial.trick(move |queue| {
        assert!(queue.put(four).is_ok(), "the get has made room already");
        assert!(queue.put_timeout(five, AGES).is_err_and(|error| error.is_full()));
    });
    assert_eq!(trial.queue.get().unwrap().value, 1);
    let (five, six) = (trial.item(5), trial.item(6));
    trial.trick(move |queue| {
        assert!(queue.put(five).is_ok());
        _ = queue.put(six);
    });
    let expected = "PriorityQueue: put from within a comparison of its items cannot wait for room";
    assert_eq!(message(|| trial.queue.get()), expected);
    assert_eq!(trial.queue.len(), 4, "one more than fits, since the claimed one came back");
    assert_eq!(trial.rest(), [2, 3, 4, 5]);
}

/// A getter amid a comparison holds up neither putters, nor looks, nor a shutdown's wake-ups.
#[test]
fn nobody_but_getters_waits_for_a_comparison() {
    for how in [Shutdown::Drain, Shutdown::Immediate] {
        let trial = Trial::new(3, [3, 1, 2]);
        let queue = &trial.queue;
        let (inside, go_on) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
        thread::scope(|s| {
            let putter = s.spawn(|| queue.put(trial.item(0)).is_ok());
            eventually("it waits", || format!("{queue:?}").contains("waiting_putters: 1"));
            let getter = s.spawn({
                let [inside, go_on] = [Arc::clone(&inside), Arc::clone(&go_on)];
                move || {
                    TRICK.set(Some(Box::new(move || {
                        inside.wait();
                        go_on.wait();
                    })));
                    queue.get().map(|item| item.value)
                }
            });
            inside.wait();
            assert!(
                putter.join().unwrap(),
                "it is told of room when an item is claimed, not when it is found"
            );
            assert!(queue.try_put(trial.item(9)).is_err_and(|error| error.is_full()));
            assert_eq!((queue.len(), queue.unfinished(), queue.task_done()), (3, 4, Ok(())));
            let late = s.spawn(|| queue.put(trial.item(8)).is_ok());
            eventually("it waits", || format!("{queue:?}").contains("waiting_putters: 1"));
            let shutdown = s.spawn(|| queue.shutdown(how));
            assert!(!late.join().unwrap(), "woken though a comparison is under way");
            assert_eq!(queue.len(), if how == Shutdown::Drain { 3 } else { 0 });
            go_on.wait();
            assert_eq!(getter.join().unwrap(), Ok(1), "claimed before the shutdown");
            shutdown.join().unwrap();
        });
        let rest = if how == Shutdown::Drain { vec![0, 2, 3] } else { vec![] };
        assert_eq!(trial.rest(), rest);
        assert_eq!(trial.ends.load(SeqCst), 6, "every item is dropped");
    }
}

#[test]
fn a_comparison_may_shut_the_queue_down() {
    for panics in [false, true] {
        let trial = Trial::new(0, [3, 1, 2]);
        let ends = Arc::clone(&trial.ends);
        trial.trick(move |queue| {
            queue.shutdown(Shutdown::Immediate);
            assert_eq!((queue.len(), queue.unfinished()), (0, 1));
            assert_eq!(ends.load(SeqCst), 0, "not under the lock");
            assert!(!panics, "on purpose");
        });
        if panics {
            assert_eq!(message(|| trial.queue.get()), "on purpose");
        } else {
            assert_eq!(trial.queue.get().unwrap().value, 1, "claimed before the shutdown");
        }
        assert_eq!(trial.ends.load(SeqCst), 3, "all are dropped when the get returns");
        assert_eq!(trial.queue.unfinished(), usize::from(!panics));
        assert_eq!(trial.queue.get().map(|item| item.value), Err(ShutDown(())));
    }
}

/// The item that was claimed goes with those that were discarded, and so does its task. (It stayed open for ever; found in review.)
#[test]
fn a_destructor_may_panic_when_a_comparison_has_shut_the_queue_down() {
    for many in [false, true] {
        let trial = Trial::new(0, [3, 1, 2]);
        trial.trick(|queue| {
            queue.shutdown(Shutdown::Immediate);
            BOMB.set(true);
        });
        let queue = &trial.queue;
        let said = if many { message(|| queue.get_many(2)) } else { message(|| queue.get_task()) };
        assert_eq!(said, "a destructor");
        assert_eq!((queue.unfinished(), trial.ends.load(SeqCst)), (0, 3));
        assert!(queue.join_timeout(Duration::ZERO));
    }
}

#[test]
fn a_joiner_is_told_when_a_claimed_item_comes_back_to_a_queue_that_was_shut_down() {
    let trial = Trial::new(0, [1, 2]);
    let queue = &trial.queue;
    thread::scope(|s| {
        let joiner = s.spawn(|| queue.join_timeout(AGES));
        thread::sleep(common::A_WHILE);
        trial.trick(|queue| {
            queue.shutdown(Shutdown::Immediate);
            panic!("on purpose");
        });
        let start = Instant::now();
        assert_eq!(message(|| queue.get()), "on purpose");
        assert!(joiner.join().unwrap());
        assert!(start.elapsed() < AGES / 2, "it was not told");
    });
}

/// R7: items of a megabyte.
#[test]
fn large_items_do_not_overflow_the_stack() {
    let work = || {
        let (lifo, priority) = (LifoQueue::bounded(2), PriorityQueue::bounded(2));
        let big: Box<[u8; 1 << 20]> = vec![7_u8; 1 << 20].into_boxed_slice().try_into().unwrap();
        lifo.put(*big).unwrap();
        priority.put(*big).unwrap();
        assert!(lifo.try_iter().chain(priority.try_iter()).all(|item| item[1 << 19] == 7));
        #[cfg(target_has_atomic = "64")]
        {
            let lifo = LifoQueue::lock_free(64);
            lifo.put(*big).unwrap();
            assert!(lifo.try_iter().all(|item| item[1 << 19] == 7));
        }
    };
    thread::Builder::new().stack_size(32 << 20).spawn(work).unwrap().join().unwrap();
}
