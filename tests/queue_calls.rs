//! The calls that all queues have: batches, tasks, a capacity that changes, iterators, with real threads.

mod common;

use common::{A_WHILE, AGES, eventually, thread};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};
use tollgate::{
    BlockingQueue, CapacityError, GetError, LifoQueue, PriorityQueue, PutError, PutManyError, Queue,
    ShutDown, Shutdown, Task, TooManyDone,
};

fn waits(queue: &impl std::fmt::Debug, who: &str) -> bool {
    format!("{queue:?}").contains(&format!("waiting_{who}: 1"))
}

/// What a panic says.
fn message(call: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(call)).expect_err("a panic");
    match panic.downcast::<String>() {
        Ok(message) => *message,
        Err(panic) => (*panic.downcast::<&str>().unwrap()).to_owned(),
    }
}

#[test]
fn a_batch_waits_for_room_and_comes_out_in_order() {
    for capacity in [1, 2, 64, 0] {
        let queue = Queue::new(capacity);
        thread::scope(|s| {
            let putter = s.spawn(|| queue.put_many(0..100));
            let mut got = Vec::new();
            while got.len() < 100 {
                let some = queue.get_many(7).unwrap();
                assert!((1..=7).contains(&some.len()), "{}", some.len());
                got.extend(some);
            }
            assert!(got.into_iter().eq(0..100), "capacity {capacity}");
            assert_eq!(putter.join().unwrap(), Ok(100));
        });
        assert_eq!(queue.unfinished(), 100);
    }
}

#[test]
fn a_batch_that_does_not_fit_comes_back_in_part() {
    let queue = Queue::bounded(3);
    assert_eq!(queue.try_put_many(0..0), Ok(0));
    assert_eq!(queue.try_put_many(0..2), Ok(2));
    let refused = PutManyError { put: 1, rest: PutError::Full(vec![3, 4]) };
    assert_eq!(queue.try_put_many(2..5), Err(refused));
    let start = Instant::now();
    let refused = PutManyError { put: 0, rest: PutError::Full(vec![5, 6]) };
    assert_eq!(queue.put_many_timeout(5..7, A_WHILE), Err(refused.clone()));
    assert!(start.elapsed() >= A_WHILE);
    assert_eq!(queue.put_many_deadline(5..7, start), Err(refused));
    assert_eq!(queue.unfinished(), 3, "what was not put is no task");
    assert_eq!(queue.try_get_many(2), Ok(vec![0, 1]));
    assert_eq!(queue.get_many_timeout(9, AGES), Ok(vec![2]), "it waits for the first only");
    assert_eq!(queue.try_get_many(2), Err(GetError::Empty));
    assert_eq!(queue.get_many_timeout(2, A_WHILE), Err(GetError::Empty));
    assert_eq!(queue.get_many_deadline(2, start), Err(GetError::Empty));
    assert_eq!(queue.get_many(0), Ok(vec![]), "nothing is wanted, and waited for");
    queue.shutdown(Shutdown::Drain);
    let error = queue.put_many(7..9).unwrap_err();
    assert_eq!(error, PutManyError { put: 0, rest: PutError::ShutDown(vec![7, 8]) });
    assert_eq!(error.to_string(), "queue shut down after 0 items");
    assert_eq!(error.into_rest(), [7, 8]);
    assert_eq!(queue.get_many(3), Err(ShutDown(())));
}

/// R38 of the historical bugs: a batch that fails loses the rest.
#[test]
fn r38_a_batch_that_waits_has_its_rest_back_when_the_queue_is_shut_down() {
    for how in [Shutdown::Drain, Shutdown::Immediate] {
        let queue = Queue::bounded(2);
        let item = Arc::new(());
        thread::scope(|s| {
            let putter = s.spawn(|| queue.put_many(vec![Arc::clone(&item); 5]));
            eventually("it waits", || waits(&queue, "putters"));
            queue.shutdown(how);
            let PutManyError { put, rest } = putter.join().unwrap().unwrap_err();
            assert_eq!((put, rest.is_full()), (2, false));
            assert_eq!(rest.into_inner().len(), 3);
        });
        let left = if how == Shutdown::Drain { 2 } else { 0 };
        assert_eq!(Arc::strong_count(&item), 1 + left, "{how:?}");
    }
}

/// R45: the time-out of a batch is one, however often it gets a part of what it wants.
#[test]
fn a_batch_has_one_time_out() {
    let queue = Queue::bounded(1);
    thread::scope(|s| {
        let putter = s.spawn(|| {
            let start = Instant::now();
            let put = queue.put_many_timeout(0..1000, Duration::from_millis(200));
            (put.unwrap_err().put, start.elapsed())
        });
        while !putter.is_finished() {
            thread::sleep(Duration::from_millis(20));
            _ = queue.try_get();
        }
        let (put, took) = putter.join().unwrap();
        assert!(put > 1 && put < 1000, "{put}");
        assert!(took < Duration::from_secs(10), "{took:?}");
    });
}

/// An iterator that panics has changed nothing; one that uses the queue may (R36).
#[test]
fn the_iterator_of_a_batch_runs_before_its_first_put_and_outside_every_lock() {
    let queue = Queue::bounded(4);
    let panics = (0..3).inspect(|n| assert!(*n < 2, "on purpose"));
    assert_eq!(message(|| _ = queue.put_many(panics)), "on purpose");
    assert_eq!((queue.len(), queue.unfinished()), (0, 0));
    let uses = (0..2).inspect(|n| queue.put(10 + n).unwrap());
    assert_eq!(queue.put_many(uses), Ok(2));
    assert_eq!(queue.try_get_many(9), Ok(vec![10, 11, 0, 1]));
}

#[test]
fn a_task_is_done_when_it_is_dropped() {
    let queue = Queue::unbounded();
    queue.put_many(0..6).unwrap();
    let mut task = queue.get_task().unwrap();
    *task += 40;
    assert_eq!((*task, format!("{task:?}")), (40, "Task(40)".to_owned()));
    assert_eq!(queue.unfinished(), 6);
    drop(task);
    assert_eq!(queue.unfinished(), 5);
    drop(queue.try_get_task().unwrap());
    drop(queue.get_task_timeout(Duration::ZERO).unwrap());
    drop(queue.get_task_deadline(Instant::now()).unwrap());
    assert_eq!(queue.unfinished(), 2);
    // A panic is the end of a task too.
    let panics = || {
        let _task = queue.get_task().unwrap();
        panic!("on purpose");
    };
    assert_eq!(message(panics), "on purpose");
    assert_eq!(queue.unfinished(), 1);
    assert_eq!(Task::into_item(queue.get_task().unwrap()), 5);
    assert_eq!(queue.unfinished(), 1, "reported by hand");
    assert_eq!(queue.task_done(), Ok(()));
    // By value, and not done before it has ended, by a panic too.
    queue.put(6).unwrap();
    let unfinished = Task::complete(queue.get_task().unwrap(), |item| (item, queue.unfinished()));
    assert_eq!((unfinished, queue.unfinished()), ((6, 1), 0));
    queue.put(7).unwrap();
    assert_eq!(message(|| Task::complete(queue.get_task().unwrap(), |_| panic!("on purpose"))), "on purpose");
    assert_eq!(queue.unfinished(), 0);
    assert_eq!(queue.try_get_task().unwrap_err(), GetError::Empty);
    queue.shutdown(Shutdown::Drain);
    assert_eq!(queue.get_task().unwrap_err(), ShutDown(()));
}

/// Who waits in `join` finds the items gone, and not only reported.
#[test]
fn a_task_drops_its_item_before_it_reports_it() {
    struct Looks(Weak<Queue<Looks>>, Arc<AtomicUsize>);
    impl Drop for Looks {
        fn drop(&mut self) {
            self.1.store(self.0.upgrade().unwrap().unfinished(), SeqCst);
        }
    }
    let (queue, seen) = (Arc::new(Queue::unbounded()), Arc::new(AtomicUsize::new(9)));
    assert!(queue.put(Looks(Arc::downgrade(&queue), Arc::clone(&seen))).is_ok());
    drop(queue.get_task());
    assert_eq!((seen.load(SeqCst), queue.unfinished()), (1, 0));
}

#[test]
fn one_report_too_many_is_not_the_tasks_error() {
    let queue = Queue::unbounded();
    queue.put(1).unwrap();
    let task = queue.get_task().unwrap();
    queue.task_done().unwrap();
    drop(task);
    assert_eq!((queue.unfinished(), queue.task_done()), (0, Err(TooManyDone)));
}

#[test]
fn the_capacity_of_a_live_queue_changes() {
    let queue = Queue::resizable(1, 4);
    assert_eq!(queue.capacity(), Some(1));
    queue.put(1).unwrap();
    thread::scope(|s| {
        let putters: Vec<_> = (2..5)
            .map(|n| {
                s.spawn({
                    let queue = &queue;
                    move || queue.put(n)
                })
            })
            .collect();
        eventually("they wait", || format!("{queue:?}").contains("waiting_putters: 3"));
        queue.set_capacity(4).unwrap();
        putters.into_iter().for_each(|putter| putter.join().unwrap().unwrap());
    });
    assert!(queue.is_full());
    assert_eq!(queue.set_capacity(2), Ok(()));
    assert_eq!((queue.len(), queue.is_full(), queue.capacity()), (4, true, Some(2)), "what is there stays");
    queue.get().unwrap();
    queue.get().unwrap();
    assert_eq!(queue.try_put(9), Err(PutError::Full(9)));
    queue.get().unwrap();
    assert_eq!(queue.try_put(9), Ok(()));
    for bad in [0, 5, usize::MAX] {
        assert_eq!(queue.set_capacity(bad), Err(CapacityError { most: Some(4) }));
    }
    assert_eq!(queue.capacity(), Some(2), "nothing has changed");
    assert_eq!(Queue::<u8>::unbounded().set_capacity(3), Err(CapacityError { most: None }));
    assert_eq!(
        Queue::<u8>::bounded(3).set_capacity(4).unwrap_err().to_string(),
        "capacity not between 1 and 3"
    );
    assert_eq!(
        message(|| _ = Queue::<u8>::resizable(5, 4)),
        "Queue::resizable(5, 4): a capacity is at least 1, and at most the largest that can be set later"
    );
    assert_eq!(
        message(|| _ = LifoQueue::<u8>::resizable(0, 4)),
        "LifoQueue::resizable(0, 4): a capacity is at least 1, and at most the largest that can be set later"
    );
}

/// All three orders, by the trait that they share.
fn collects<Q: BlockingQueue<Item = u32> + FromIterator<u32> + Extend<u32> + IntoIterator<Item = u32>>(
    name: &str,
    order: [u32; 4],
    bounded: Q,
) {
    let mut queue = Q::from_iter([3, 1, 2]);
    assert_eq!((queue.capacity(), queue.len(), queue.unfinished()), (None, 3, 3));
    queue.extend([4]);
    let mut rest = queue.into_iter();
    assert_eq!(rest.next(), Some(order[0]));
    assert!(rest.eq(order[1..].iter().copied()), "and it ends, though nobody has shut it down");

    let mut full = bounded;
    assert_eq!(full.capacity(), Some(2));
    full.extend(0..2); // knows that it has no more
    let mut items = [5, 6].into_iter().filter(|_| true); // does not
    assert_eq!(
        message(|| full.extend(&mut items)),
        format!("{name}::extend: the queue is full, with 2 items")
    );
    assert_eq!(items.next(), Some(5), "none was taken");
    full.shutdown(Shutdown::Drain);
    assert_eq!(message(|| full.extend([7])), format!("{name}::extend: the queue has been shut down"));
    assert_eq!(full.into_iter().count(), 2);
}

#[test]
fn queues_are_made_of_iterators_and_become_iterators() {
    collects("Queue", [3, 1, 2, 4], Queue::bounded(2));
    collects("LifoQueue", [4, 2, 1, 3], LifoQueue::bounded(2));
    collects("PriorityQueue", [1, 2, 3, 4], PriorityQueue::bounded(2));
}

#[test]
fn an_immediate_shutdown_leaves_nothing_to_into_iter() {
    let queue = Queue::from_iter([1, 2]);
    queue.shutdown(Shutdown::Immediate);
    assert_eq!(queue.into_iter().len(), 0);
}

/// R29: at the borders of batches and buffers.
#[test]
fn batches_of_every_size_around_the_borders() {
    fn check<Q: BlockingQueue<Item = usize>>(queue: Q) {
        for size in [1, 2, 31, 32, 33, 255, 256, 257, 1023, 1024, 1025, 3000] {
            assert_eq!(queue.put_many(0..size), Ok(size));
            let mut got = queue.get_many(size - 1).unwrap_or_default();
            assert_eq!((got.len(), queue.len()), (size - 1, 1));
            got.extend(queue.get_many(usize::MAX).unwrap());
            got.sort_unstable();
            assert!(got.into_iter().eq(0..size));
            assert_eq!(queue.try_get_many(1), Err(GetError::Empty));
        }
    }
    check(Queue::unbounded());
    check(Queue::bounded(3000));
    check(LifoQueue::unbounded());
    check(PriorityQueue::unbounded());
    check(PriorityQueue::bounded(3000));
}

/// 4 producers, 6 consumers, and a shutdown in the middle: all threads end, and nothing is lost (CPython's own test).
#[test]
fn everybody_ends_when_the_queue_is_shut_down_in_the_middle() {
    fn check<Q: BlockingQueue<Item = usize> + Sync>(queue: Q, how: Shutdown) {
        let (put, got) = (AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|s| {
            for _ in 0..4 {
                s.spawn(|| {
                    while queue.put(1).is_ok() {
                        put.fetch_add(1, SeqCst);
                    }
                });
            }
            for consumer in 0..6 {
                let (queue, got) = (&queue, &got);
                s.spawn(move || {
                    loop {
                        let some = match consumer {
                            0..3 => queue.get().map(|_| 1),
                            _ => queue.get_many(3).map(|items| items.len()),
                        };
                        match some {
                            Ok(count) => _ = got.fetch_add(count, SeqCst),
                            Err(ShutDown(())) => break,
                        }
                    }
                });
            }
            eventually("many items", || got.load(SeqCst) > 2_000);
            queue.shutdown(how);
        });
        let (put, got) = (put.into_inner(), got.into_inner());
        assert_eq!((queue.len(), got == put), (0, how == Shutdown::Drain || got == put));
        assert!(got <= put);
        assert_eq!(queue.unfinished(), got);
    }
    for how in [Shutdown::Drain, Shutdown::Immediate] {
        check(Queue::bounded(8), how);
        check(LifoQueue::bounded(8), how);
        #[cfg(target_has_atomic = "64")]
        {
            check(Queue::lock_free(8), how);
            check(LifoQueue::lock_free(8), how);
        }
        check(PriorityQueue::bounded(8), how);
    }
}

/// R6: a length that is the difference of two moving ends, and below zero for a moment.
#[test]
fn lengths_stay_within_bounds_while_both_ends_move() {
    fn check<Q: BlockingQueue<Item = usize> + Sync>(queue: Q) {
        thread::scope(|s| {
            s.spawn(|| (0..20_000).for_each(|item| queue.put(item).unwrap()));
            s.spawn(|| (0..20_000).for_each(|_| _ = queue.get().unwrap()));
            s.spawn(|| (0..5_000).for_each(|_| assert!(queue.len() <= 3)));
        });
        assert_eq!((queue.len(), queue.unfinished()), (0, 20_000));
    }
    check(Queue::bounded(3));
    check(LifoQueue::bounded(3));
    #[cfg(target_has_atomic = "64")]
    {
        check(Queue::lock_free(3));
        check(LifoQueue::lock_free(3));
    }
    check(PriorityQueue::bounded(3));
}

/// R10: a time-out that races a put leaves nothing behind for the next call to stumble upon.
#[test]
fn a_get_after_a_time_out_that_raced_a_put_is_a_get_like_any_other() {
    let queue = Queue::unbounded();
    thread::scope(|s| {
        let putter = s.spawn(|| {
            for item in 0..2_000 {
                queue.put(item).unwrap();
                thread::sleep(Duration::from_micros(item % 40));
            }
        });
        let mut expected = 0;
        while expected < 2_000 {
            let item = queue.get_timeout(Duration::from_micros(20)).ok();
            let item = item.unwrap_or_else(|| queue.get().unwrap());
            assert_eq!(item, expected);
            expected += 1;
        }
        putter.join().unwrap();
    });
}

/// R39: the queue ends while a reference to what it gave out is still there.
#[test]
fn a_task_that_is_out_when_the_queue_is_shut_down_is_still_to_be_done() {
    for how in [Shutdown::Drain, Shutdown::Immediate] {
        let queue = Queue::from_iter([1, 2]);
        let task = queue.get_task().unwrap();
        queue.shutdown(how);
        let left = if how == Shutdown::Drain { 2 } else { 1 };
        assert_eq!((*task, queue.unfinished()), (1, left));
        assert!(!queue.join_timeout(Duration::ZERO));
        drop(task);
        _ = queue.get_task();
        assert!(queue.join_timeout(AGES), "{how:?}");
    }
}
