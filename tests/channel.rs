//! `channel` with real threads: who goes last ends it.

mod common;

use common::{AGES, eventually, thread};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tollgate::{
    GetError, LifoQueue, PriorityQueue, PutError, Queue, ShutDown, Shutdown, TooManyDone, channel,
};

#[test]
fn receivers_get_what_is_left_when_the_last_sender_has_gone() {
    let (sender, receiver) = channel(Queue::bounded(8));
    thread::scope(|s| {
        for n in 0..4 {
            let sender = sender.clone();
            s.spawn(move || (0..100).for_each(|item| sender.put(n * 100 + item).unwrap()));
        }
        drop(sender);
        let receivers: Vec<_> = (0..3)
            .map(|_| {
                let receiver = receiver.clone();
                s.spawn(move || receiver.iter().collect::<Vec<_>>())
            })
            .collect();
        let mut all: Vec<_> = receivers.into_iter().flat_map(|receiver| receiver.join().unwrap()).collect();
        all.sort_unstable();
        assert!(all.into_iter().eq(0..400));
    });
    assert_eq!((receiver.senders(), receiver.get()), (0, Err(ShutDown(()))));
}

#[test]
fn senders_have_their_items_back_when_the_last_receiver_has_gone() {
    let (sender, receiver) = channel(Queue::bounded(1));
    let other = receiver.clone();
    sender.put(1).unwrap();
    thread::scope(|s| {
        let waits = s.spawn(|| sender.put(2));
        eventually("it waits", || format!("{sender:?}").contains("waiting_putters: 1"));
        drop(receiver);
        assert_eq!(sender.try_put(3), Err(PutError::Full(3)), "one is left");
        drop(other);
        assert_eq!(waits.join().unwrap(), Err(ShutDown(2)));
    });
    assert_eq!(sender.put_many([4, 5]).unwrap_err().into_rest(), [4, 5]);
    assert_eq!((sender.receivers(), sender.queue().unfinished()), (0, 0));
}

/// R8 of the historical bugs: messages that hold the sender's way to be answered lie in a channel without receivers, and the sender
/// waits for an answer.
#[test]
fn what_is_left_without_receivers_is_dropped_at_once() {
    let (requests, server) = channel(Queue::unbounded());
    let (reply, answers) = channel(Queue::<u32>::unbounded());
    assert!(requests.put(reply).is_ok());
    drop(server);
    assert_eq!(answers.get_timeout(AGES), Err(GetError::ShutDown), "and not after ages");
    drop(requests);
}

#[test]
fn all_orders_have_channels() {
    let (sender, receiver) = channel(LifoQueue::unbounded());
    sender.put_many(0..3).unwrap();
    drop(sender);
    assert!(receiver.iter().eq([2, 1, 0]));
    let (sender, receiver) = channel(PriorityQueue::new(3));
    sender.put_many([3, 1, 2]).unwrap();
    assert_eq!(receiver.get_many(2), Ok(vec![1, 2]));
    assert_eq!(receiver.try_iter().count(), 1);
}

#[test]
fn weak_handles_keep_nothing_open() {
    let (sender, receiver) = channel(Queue::unbounded());
    let (weak, weak_receiver) = (sender.downgrade(), receiver.downgrade());
    let again = weak.upgrade().unwrap();
    assert_eq!((receiver.senders(), sender.receivers()), (2, 1));
    assert!(again.same_channel(&sender) && weak_receiver.upgrade().unwrap().same_channel(&receiver));
    assert!(!again.same_channel(&channel(Queue::unbounded()).0));
    drop(sender);
    again.put(1).unwrap();
    drop(again);
    assert!(weak.upgrade().is_none(), "R25: not after the end");
    assert_eq!((receiver.get(), receiver.get()), (Ok(1), Err(ShutDown(()))));
    drop(receiver);
    assert!(weak_receiver.upgrade().is_none() && weak_receiver.clone().upgrade().is_none());
}

/// R25: a handle that is leaked keeps its side open, and nothing worse.
#[test]
fn a_leaked_sender_keeps_the_channel_open() {
    let (sender, receiver) = channel(Queue::unbounded());
    std::mem::forget(sender.clone());
    drop(sender);
    assert_eq!((receiver.senders(), receiver.try_get()), (1, Err::<u8, _>(GetError::Empty)));
    receiver.queue().shutdown(Shutdown::Drain);
    assert_eq!(receiver.get(), Err(ShutDown(())));
}

#[test]
fn tasks_and_joins_go_through_handles() {
    let (sender, receiver) = channel(Queue::unbounded());
    sender.put_many(0..10).unwrap();
    thread::scope(|s| {
        s.spawn(|| {
            while let Ok(task) = receiver.get_task() {
                assert!(*task < 10)
            }
        });
        sender.queue().join();
        drop(sender);
    });
    assert_eq!(receiver.queue().unfinished(), 0);
}

/// Each form of `get_task`, of `join`, and the calls beside them, without a way by the queue.
#[test]
fn handles_have_the_accounting() {
    let (sender, receiver) = channel(Queue::unbounded());
    sender.put_many(0..5).unwrap();
    assert_eq!((receiver.get(), receiver.task_done()), (Ok(0), Ok(())));
    assert_eq!(receiver.try_get_task().map(|task| *task), Ok(1));
    assert_eq!(receiver.get_task_timeout(AGES).map(|task| *task), Ok(2));
    assert_eq!(receiver.get_task_deadline(Instant::now() + AGES).map(|task| *task), Ok(3));
    assert_eq!((sender.unfinished(), receiver.unfinished()), (1, 1));
    assert!(!sender.join_timeout(Duration::ZERO) && !receiver.join_deadline(Instant::now()));
    thread::scope(|s| {
        let joins = s.spawn(|| (sender.join_timeout(AGES), receiver.join_deadline(Instant::now() + AGES)));
        assert_eq!(receiver.get_task().map(|task| *task), Ok(4));
        assert_eq!(joins.join().unwrap(), (true, true));
    });
    sender.join();
    receiver.join();
    assert_eq!(receiver.task_done(), Err(TooManyDone));
    assert_eq!(receiver.try_get_task().map(|task| *task), Err(GetError::Empty));
    assert_eq!(receiver.get_task_timeout(Duration::ZERO).map(|task| *task), Err(GetError::Empty));
}

#[test]
fn either_handle_ends_it_for_all() {
    let (sender, receiver) = channel(Queue::unbounded());
    let control = sender.downgrade();
    sender.put_many(0..3).unwrap();
    receiver.shutdown(Shutdown::Drain);
    assert_eq!((sender.put(3), receiver.get()), (Err(ShutDown(3)), Ok(0)));
    control.upgrade().unwrap().shutdown(Shutdown::Immediate);
    assert_eq!(receiver.get(), Err(ShutDown(())));
    assert_eq!(sender.unfinished(), 1, "what was got is not done, what was dropped is");
}

#[test]
fn a_receiver_is_iterated_over_until_the_end() {
    let (sender, receiver) = channel(Queue::bounded(1));
    let mut got = Vec::new();
    thread::scope(|s| {
        s.spawn(move || (0..10).for_each(|item| sender.put(item).unwrap()));
        for item in &receiver {
            got.push(item);
        }
    });
    assert!(got.into_iter().eq(0..10));
}

/// R1, R2, R3: receivers go while senders put the first items of all; every item is dropped once.
#[test]
fn nothing_is_lost_or_freed_twice_when_receivers_go_early() {
    for round in 0..300 {
        let item = Arc::new(());
        let (sender, receiver) = channel(Queue::unbounded());
        thread::scope(|s| {
            for _ in 0..2 {
                let (sender, item) = (sender.clone(), &item);
                s.spawn(move || while sender.put(Arc::clone(item)).is_ok() {});
            }
            s.spawn(move || {
                (0..round % 40).for_each(|_| drop(receiver.get()));
                drop(receiver);
            });
        });
        assert_eq!(Arc::strong_count(&item), 1, "round {round}");
        drop(sender);
    }
}
