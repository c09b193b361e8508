//! `Queue` with real threads.

mod common;

use common::{A_WHILE, AGES, eventually, thread};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};
use tollgate::{GetError, PutError, Queue, ShutDown, Shutdown, TooManyDone};

fn waiting(queue: &Queue<impl Sized>) -> (usize, usize) {
    let shown = format!("{queue:?}");
    let number = |name: &str| {
        shown.split(&format!("{name}: ")).nth(1).unwrap().split(',').next().unwrap().parse().unwrap()
    };
    (number("waiting_getters"), number("waiting_putters"))
}

#[test]
fn every_item_is_got_once_and_in_the_order_of_its_putter() {
    for capacity in [1, 2, 64, 0] {
        let queue = Queue::new(capacity);
        const PUTTERS: usize = 3;
        const EACH: usize = 5_000;
        let mut got: Vec<_> = thread::scope(|s| {
            let getters: Vec<_> = (0..3)
                .map(|form| {
                    let queue = &queue;
                    s.spawn(move || {
                        let mut mine: Vec<(usize, usize)> = Vec::new();
                        loop {
                            let item = match form {
                                0 => queue.get().map_err(GetError::from),
                                1 => queue.get_timeout(Duration::from_micros(20)),
                                _ => queue.get_deadline(Instant::now() + AGES),
                            };
                            match item {
                                Ok(item) => mine.push(item),
                                Err(GetError::Empty) => {}
                                Err(GetError::ShutDown) => break,
                            }
                        }
                        // One getter sees the items of one putter in their order.
                        for putter in 0..PUTTERS {
                            let order: Vec<_> =
                                mine.iter().filter(|item| item.0 == putter).map(|item| item.1).collect();
                            assert!(order.is_sorted());
                        }
                        mine
                    })
                })
                .collect();
            let putters: Vec<_> = (0..PUTTERS)
                .map(|putter| {
                    let queue = &queue;
                    s.spawn(move || {
                        for number in 0..EACH {
                            let mut item = (putter, number);
                            loop {
                                let put = match putter {
                                    0 => queue.put(item).map_err(PutError::from),
                                    1 => queue.put_timeout(item, Duration::from_micros(20)),
                                    _ => queue.put_deadline(item, Instant::now() + AGES),
                                };
                                match put {
                                    Ok(()) => break,
                                    Err(PutError::Full(back)) => item = back,
                                    Err(PutError::ShutDown(_)) => panic!("not yet"),
                                }
                            }
                        }
                    })
                })
                .collect();
            putters.into_iter().for_each(|putter| putter.join().unwrap());
            queue.shutdown(Shutdown::Drain);
            getters.into_iter().flat_map(|getter| getter.join().unwrap()).collect()
        });
        got.sort_unstable();
        let all: Vec<_> =
            (0..PUTTERS).flat_map(|putter| (0..EACH).map(move |number| (putter, number))).collect();
        assert_eq!(got, all, "capacity {capacity}");
        assert_eq!(queue.unfinished(), PUTTERS * EACH);
    }
}

#[test]
fn a_full_queue_and_an_empty_one_say_so() {
    let queue = Queue::bounded(2);
    assert_eq!((queue.len(), queue.capacity(), queue.is_empty(), queue.is_full()), (0, Some(2), true, false));
    assert_eq!(queue.try_get(), Err(GetError::Empty));
    queue.put(1).unwrap();
    queue.try_put(2).unwrap();
    assert_eq!((queue.len(), queue.is_empty(), queue.is_full()), (2, false, true));
    assert_eq!(queue.try_put(3), Err(PutError::Full(3)), "the item comes back");
    assert_eq!(queue.put_timeout(3, Duration::ZERO), Err(PutError::Full(3)));
    let start = Instant::now();
    assert_eq!(queue.put_timeout(3, A_WHILE), Err(PutError::Full(3)));
    assert!(start.elapsed() >= A_WHILE);
    assert_eq!(queue.put_deadline(3, start), Err(PutError::Full(3)));
    assert_eq!(queue.unfinished(), 2, "a put that failed is no task");
    assert_eq!((queue.get(), queue.get_timeout(Duration::MAX)), (Ok(1), Ok(2)));
    let start = Instant::now();
    assert_eq!(queue.get_timeout(A_WHILE), Err(GetError::Empty));
    assert!(start.elapsed() >= A_WHILE);
    assert_eq!(queue.get_timeout(Duration::ZERO), Err(GetError::Empty));
    assert_eq!(queue.get_deadline(start), Err(GetError::Empty));
    assert_eq!(waiting(&queue), (0, 0));
}

#[test]
fn zero_is_unbounded_for_new_and_a_panic_for_bounded() {
    let queue = Queue::new(0);
    assert_eq!((queue.capacity(), queue.is_full()), (None, false));
    for number in 0..100_000 {
        queue.try_put(number).unwrap();
    }
    assert!(queue.try_iter().eq(0..100_000));
    assert_eq!(Queue::<u8>::new(7).capacity(), Some(7));
    assert_eq!(Queue::<u8>::bounded(usize::MAX).capacity(), Some(usize::MAX));
    let message = *catch_unwind(|| Queue::<u8>::bounded(0)).unwrap_err().downcast::<&str>().unwrap();
    assert!(message.starts_with("Queue::bounded(0)"), "{message}");
}

#[test]
fn join_waits_for_task_done_and_not_for_an_empty_queue() {
    let queue = Queue::unbounded();
    queue.join(); // at once on a fresh queue
    queue.put(1).unwrap();
    queue.put(2).unwrap();
    queue.try_iter().for_each(drop);
    assert!(!queue.join_timeout(A_WHILE));
    assert!(!queue.join_timeout(Duration::ZERO));
    assert!(!queue.join_deadline(Instant::now() + A_WHILE));
    queue.task_done().unwrap();
    thread::scope(|s| {
        let joiners: Vec<_> = (0..3).map(|_| s.spawn(|| queue.join_timeout(AGES))).collect();
        queue.task_done().unwrap();
        joiners.into_iter().for_each(|joiner| assert!(joiner.join().unwrap()));
    });
    assert_eq!(queue.task_done(), Err(TooManyDone));
    assert_eq!(queue.unfinished(), 0);
    queue.join(); // again
    queue.put(3).unwrap();
    assert_eq!(queue.unfinished(), 1);
}

/// A joiner waits for a moment without tasks, and need not be awake in it.
#[test]
fn join_returns_after_an_idle_moment_that_is_over() {
    // Often: who takes its one look in that moment needs no memory of it.
    for _ in 0..30 {
        let queue = Queue::unbounded();
        queue.put(0).unwrap();
        thread::scope(|s| {
            let joiner = s.spawn(|| queue.join_timeout(Duration::from_secs(5)));
            // Again, with more time, if it had not begun to wait.
            for millis in [3, 30, 3_000] {
                thread::sleep(Duration::from_millis(millis));
                queue.task_done().unwrap();
                queue.put(1).unwrap();
                thread::sleep(Duration::from_millis(1));
                if joiner.is_finished() {
                    break;
                }
            }
            assert!(joiner.join().unwrap(), "there was a moment without tasks");
        });
    }
}

#[test]
fn a_draining_shutdown_gives_out_what_is_there() {
    let queue = Queue::bounded(2);
    queue.put(1).unwrap();
    queue.put(2).unwrap();
    thread::scope(|s| {
        let putters: Vec<_> = (3..6)
            .map(|item| {
                s.spawn({
                    let queue = &queue;
                    move || queue.put(item)
                })
            })
            .collect();
        eventually("they wait", || waiting(&queue).1 == 3);
        queue.shutdown(Shutdown::Drain);
        let mut back: Vec<_> =
            putters.into_iter().map(|putter| putter.join().unwrap().unwrap_err().into_inner()).collect();
        back.sort_unstable();
        assert_eq!(back, [3, 4, 5], "all putters are woken and have their items back");
    });
    assert!(queue.is_shutdown());
    assert_eq!(queue.try_put(9), Err(PutError::ShutDown(9)), "shut down comes before full");
    assert_eq!(queue.put(9), Err(ShutDown(9)));
    assert_eq!(queue.len(), 2);
    assert_eq!((queue.get(), queue.try_get()), (Ok(1), Ok(2)));
    assert_eq!((queue.get(), queue.try_get()), (Err(ShutDown(())), Err(GetError::ShutDown)));
    assert_eq!(queue.get_timeout(AGES), Err(GetError::ShutDown), "the time-out is not waited for");
    assert_eq!(queue.unfinished(), 2);
    queue.shutdown(Shutdown::Drain); // idempotent
    queue.task_done().unwrap();
    queue.task_done().unwrap();
    queue.join();
}

/// So that a failure of the two that follow ends too.
#[cfg(all(target_has_atomic = "64", not(tollgate_one_latch)))]
const LIMIT: Duration = Duration::from_secs(10);

/// With room for a few items nobody has to run again for its call to be done: what is observed here is so when the other call returns.
#[cfg(all(target_has_atomic = "64", not(tollgate_one_latch)))]
#[test]
fn with_room_for_a_few_whoever_comes_serves_those_who_wait() {
    for capacity in 1..=3 {
        let queue = &Queue::bounded(capacity);
        thread::scope(|s| {
            let getters: Vec<_> = (0..2)
                .map(|number| {
                    let getter = s.spawn(|| queue.get_timeout(LIMIT));
                    eventually("it waits", || waiting(queue).0 == number + 1);
                    getter
                })
                .collect();
            queue.put(0).unwrap();
            assert_eq!(
                (queue.try_get(), waiting(queue).0),
                (Err(GetError::Empty), 1),
                "it has gone to the first getter"
            );
            queue.put(1).unwrap();
            assert_eq!((queue.try_get(), waiting(queue).0), (Err(GetError::Empty), 0));
            for (number, getter) in getters.into_iter().enumerate() {
                assert_eq!(getter.join().unwrap(), Ok(number), "the longest waiting first");
            }
        });
        thread::scope(|s| {
            (0..capacity).for_each(|item| queue.put(item).unwrap());
            for number in 0..3 {
                s.spawn(move || queue.put_timeout(capacity + number, LIMIT).unwrap());
                eventually("it waits", || waiting(queue).1 == number + 1);
            }
            for item in 0..3 {
                assert_eq!(queue.get(), Ok(item));
                assert_eq!(
                    (queue.is_full(), waiting(queue).1),
                    (true, 2 - item),
                    "the next item has moved in"
                );
            }
            let many = queue.get_many(usize::MAX).unwrap();
            assert_eq!(many, (3..3 + capacity).collect::<Vec<_>>(), "in the order in which they waited");
        });
    }
}

/// More room for two that wait, and for a batch that waits: what fits is there at once.
#[cfg(all(target_has_atomic = "64", not(tollgate_one_latch)))]
#[test]
fn with_room_for_a_few_more_room_is_used_at_once() {
    let queue = &Queue::resizable(1, 3);
    queue.put(0).unwrap();
    thread::scope(|s| {
        s.spawn(|| queue.put_timeout(1, LIMIT).unwrap());
        eventually("it waits", || waiting(queue).1 == 1);
        let batch = s.spawn(|| queue.put_many_timeout([2, 3], LIMIT));
        eventually("it waits", || waiting(queue).1 == 2);
        queue.set_capacity(3).unwrap();
        assert_eq!((queue.len(), waiting(queue).1), (3, 1), "a part of the batch waits for the rest");
        assert_eq!((queue.get(), queue.len(), waiting(queue).1), (Ok(0), 3, 0));
        assert_eq!(batch.join().unwrap(), Ok(2));
    });
    assert_eq!(queue.get_many(usize::MAX), Ok(vec![1, 2, 3]));
}

#[test]
fn a_shutdown_wakes_all_getters() {
    for how in [Shutdown::Drain, Shutdown::Immediate] {
        let queue = Queue::<u8>::unbounded();
        thread::scope(|s| {
            let getters: Vec<_> = (0..4).map(|_| s.spawn(|| queue.get())).collect();
            eventually("they wait", || waiting(&queue).0 == 4);
            queue.shutdown(how);
            getters.into_iter().for_each(|getter| assert_eq!(getter.join().unwrap(), Err(ShutDown(()))));
        });
        assert_eq!(queue.get(), Err(ShutDown(())), "and those who come later");
    }
}

#[test]
fn an_immediate_shutdown_drops_what_is_there_and_counts_it_as_done() {
    let queue = Queue::bounded(4);
    let item = Arc::new(());
    for _ in 0..4 {
        queue.put(Arc::clone(&item)).unwrap();
    }
    drop(queue.get().unwrap());
    thread::scope(|s| {
        let joiner = s.spawn(|| queue.join_timeout(AGES));
        queue.shutdown(Shutdown::Immediate);
        assert_eq!(Arc::strong_count(&item), 1, "dropped");
        assert_eq!(
            (queue.len(), queue.is_empty(), queue.unfinished()),
            (0, true, 1),
            "one was taken and stays open"
        );
        assert_eq!(queue.try_get(), Err(GetError::ShutDown));
        queue.task_done().unwrap();
        assert!(joiner.join().unwrap());
    });
    assert_eq!(queue.task_done(), Err(TooManyDone));
}

#[test]
fn an_immediate_shutdown_may_follow_a_draining_one_and_not_the_reverse() {
    let queue = Queue::unbounded();
    queue.put(1).unwrap();
    queue.shutdown(Shutdown::Drain);
    assert_eq!(queue.len(), 1);
    queue.shutdown(Shutdown::Immediate);
    queue.shutdown(Shutdown::Drain);
    assert_eq!((queue.len(), queue.get()), (0, Err(ShutDown(()))));
    queue.join();
}

/// `task_done` counts puts, not gets, so it may come before the get. Found by `tests/sequential.rs`.
#[test]
fn an_immediate_shutdown_after_an_early_task_done_counts_no_further_than_zero() {
    let queue = Queue::unbounded();
    queue.put(1).unwrap();
    queue.task_done().unwrap();
    queue.shutdown(Shutdown::Immediate);
    assert_eq!((queue.unfinished(), queue.len()), (0, 0));
    queue.join();
}

#[test]
fn iterators_end_with_the_queue() {
    let queue = Queue::bounded(3);
    thread::scope(|s| {
        let sum = s.spawn(|| queue.iter().sum::<i32>());
        let more = s.spawn(|| {
            let mut sum = 0;
            for item in &queue {
                sum += item;
            }
            sum
        });
        (1..=100).for_each(|item| queue.put(item).unwrap());
        queue.shutdown(Shutdown::Drain);
        assert_eq!(sum.join().unwrap() + more.join().unwrap(), 5050);
    });
    assert_eq!(queue.try_iter().next(), None);
}

/// An item whose destructor uses the queue it lies in (R36), and may panic.
struct Reentrant {
    queue: Arc<Queue<Reentrant>>,
    panics: bool,
    dropped: Arc<AtomicUsize>,
}

impl Drop for Reentrant {
    fn drop(&mut self) {
        self.dropped.fetch_add(1, SeqCst);
        assert_eq!(self.queue.len(), 0, "accounting comes before destructors");
        assert_eq!(self.queue.unfinished(), 0);
        let leaf = Arc::clone(&self.dropped);
        assert!(self.queue.is_shutdown());
        drop(self.queue.try_get());
        self.queue.join();
        drop(leaf);
        assert!(!self.panics, "on purpose");
    }
}

#[test]
fn destructors_may_use_the_queue_and_panic_and_all_run() {
    let queue = Arc::new(Queue::unbounded());
    let dropped = Arc::new(AtomicUsize::new(0));
    for number in 0..5 {
        let item =
            Reentrant { queue: Arc::clone(&queue), panics: number % 2 == 1, dropped: Arc::clone(&dropped) };
        assert!(queue.put(item).is_ok());
    }
    let panicked = catch_unwind(AssertUnwindSafe(|| queue.shutdown(Shutdown::Immediate)));
    let message = *panicked.expect_err("the first panic goes on").downcast::<&str>().unwrap();
    assert_eq!(message, "on purpose");
    assert_eq!(dropped.load(SeqCst), 5, "all were dropped, each once");
    queue.join();
}

/// An item that only counts its ends, so that a second one is counted too.
struct Counted<'a>(&'a AtomicUsize);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}

#[test]
fn discarded_items_are_dropped_once() {
    let dropped = AtomicUsize::new(0);
    let queue = Queue::unbounded();
    (0..5).for_each(|_| assert!(queue.put(Counted(&dropped)).is_ok()));
    queue.shutdown(Shutdown::Immediate);
    assert_eq!(dropped.load(SeqCst), 5);
    drop(queue);
    assert_eq!(dropped.load(SeqCst), 5);
}

#[test]
fn what_is_left_in_a_dropped_queue_is_dropped() {
    let item = Arc::new(());
    let queue = Queue::unbounded();
    for _ in 0..100 {
        queue.put(Arc::clone(&item)).unwrap();
    }
    drop(queue);
    assert_eq!(Arc::strong_count(&item), 1);
}

/// R7: an item of a megabyte, on a thread whose stack has room for a few of them, not for a block of them.
#[test]
fn large_items_do_not_overflow_the_stack() {
    let work = || {
        let queue = Queue::bounded(3);
        let item = vec![7_u8; 1 << 20];
        let big: Box<[u8; 1 << 20]> = item.into_boxed_slice().try_into().unwrap();
        for _ in 0..3 {
            queue.put(*big).unwrap();
        }
        assert!(queue.try_iter().all(|item| item[1 << 19] == 7));
        #[cfg(target_has_atomic = "64")]
        {
            let queue = Queue::lock_free(64);
            queue.put(*big).unwrap();
            assert!(queue.try_iter().all(|item| item[1 << 19] == 7));
        }
    };
    thread::Builder::new().stack_size(32 << 20).spawn(work).unwrap().join().unwrap();
}

#[test]
fn memory_comes_back_after_a_burst() {
    // Seen through the items: a queue that held 100,000 and holds 10 again still works in order. How many bytes are kept
    // is asserted beside the core.
    let queue = Queue::unbounded();
    for round in 0..3 {
        (0..100_000).for_each(|item| queue.put(item + round).unwrap());
        (0..100_000).for_each(|item| assert_eq!(queue.get(), Ok(item + round)));
        assert!(queue.is_empty());
    }
}

#[test]
fn errors_read_well() {
    assert_eq!(ShutDown(5).to_string(), "queue shut down");
    assert_eq!(PutError::Full(5).to_string(), "queue full");
    assert_eq!(PutError::ShutDown(5).to_string(), "queue shut down");
    assert_eq!(GetError::Empty.to_string(), "queue empty");
    assert_eq!(GetError::ShutDown.to_string(), "queue shut down");
    assert_eq!(TooManyDone.to_string(), "task_done called more often than items were put");
    assert_eq!(format!("{:?} {:?}", PutError::Full(()), ShutDown(())), "Full(..) ShutDown(..)");
    assert!(PutError::Full(5).is_full() && !PutError::ShutDown(5).is_full());
}

#[cfg(target_os = "linux")]
#[test]
fn a_getter_a_putter_and_a_joiner_use_no_cpu() {
    let queue = Queue::<u8>::bounded(1);
    queue.put(1).unwrap();
    let before = common::cpu_time();
    assert!(!queue.join_timeout(Duration::from_millis(200)));
    assert!(queue.put_timeout(2, Duration::from_millis(200)).is_err());
    queue.get().unwrap();
    assert!(queue.get_timeout(Duration::from_millis(200)).is_err());
    let used = common::cpu_time() - before;
    assert!(used < Duration::from_millis(25), "{used:?} of CPU in 0.6 seconds of waiting");
}
