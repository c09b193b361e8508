//! `SimpleQueue` with real threads.

mod common;

use common::{A_WHILE, AGES, eventually, thread};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};
use tollgate::SimpleQueue;

#[test]
fn items_come_out_in_order_and_an_empty_queue_says_so() {
    let queue = SimpleQueue::new();
    (0..1000).for_each(|item| queue.put(item));
    assert_eq!((queue.len(), queue.is_empty()), (1000, false));
    (0..1000).for_each(|item| assert_eq!(queue.get(), item));
    assert!(queue.is_empty());
    assert_eq!((queue.try_get(), queue.get_timeout(Duration::ZERO)), (None, None));
    let start = Instant::now();
    assert_eq!(queue.get_timeout(A_WHILE), None);
    assert!(start.elapsed() >= A_WHILE);
    assert_eq!(queue.get_deadline(start), None);
    queue.put(1);
    assert_eq!(queue.get_deadline(start), Some(1), "a deadline that has passed is one look");
    assert_eq!(format!("{queue:?}"), "SimpleQueue { len: 0, waiting_getters: 0, .. }");
}

#[test]
fn a_put_wakes_a_getter() {
    let queue = SimpleQueue::default();
    thread::scope(|s| {
        let getter = s.spawn(|| (queue.get(), queue.get_timeout(AGES)));
        eventually("it waits", || format!("{queue:?}").contains("waiting_getters: 1"));
        queue.put(1);
        queue.put(2);
        assert_eq!(getter.join().unwrap(), (1, Some(2)));
    });
}

/// R36 of the historical bugs (CPython's `SimpleQueue` was made for it): a destructor that runs because the queue is used puts into it,
/// and into it again.
#[test]
fn a_destructor_may_put_into_the_queue_that_runs_it() {
    struct Phoenix {
        queue: Arc<SimpleQueue<Phoenix>>,
        lives: u32,
        drops: Arc<AtomicUsize>,
    }
    impl Drop for Phoenix {
        fn drop(&mut self) {
            self.drops.fetch_add(1, SeqCst);
            if self.lives > 0 {
                let (queue, drops) = (Arc::clone(&self.queue), Arc::clone(&self.drops));
                self.queue.put(Phoenix { queue, lives: self.lives - 1, drops });
            }
        }
    }
    let (queue, drops) = (Arc::new(SimpleQueue::new()), Arc::new(AtomicUsize::new(0)));
    queue.put(Phoenix { queue: Arc::clone(&queue), lives: 5, drops: Arc::clone(&drops) });
    while let Some(item) = queue.try_get() {
        drop(item);
    }
    assert_eq!((drops.load(SeqCst), queue.len()), (6, 0));
}

/// The item is let go as soon as it is out: no slot keeps it.
#[test]
fn the_queue_keeps_nothing_of_what_was_got() {
    let (queue, item) = (SimpleQueue::new(), Arc::new(()));
    queue.put(Arc::clone(&item));
    drop(queue.get());
    assert_eq!(Arc::strong_count(&item), 1);
    queue.put(Arc::clone(&item));
    drop(queue);
    assert_eq!(Arc::strong_count(&item), 1);
}

#[test]
fn every_item_is_got_once() {
    const EACH: usize = 5_000;
    let queue = SimpleQueue::new();
    let mut got: Vec<_> = thread::scope(|s| {
        for putter in 0..3 {
            let queue = &queue;
            s.spawn(move || (0..EACH).for_each(|n| queue.put(putter * EACH + n)));
        }
        let getters: Vec<_> =
            (0..3).map(|_| s.spawn(|| (0..EACH).map(|_| queue.get()).collect::<Vec<_>>())).collect();
        getters.into_iter().flat_map(|getter| getter.join().unwrap()).collect()
    });
    got.sort_unstable();
    assert!(got.into_iter().eq(0..3 * EACH));
}
