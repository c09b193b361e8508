//! `channel`: the last handle of a side ends it, once, and everybody hears of it.

use crate::bodies;
use crate::harness::{Bound, Suite, plain, threads, varied};
use crate::semaphore::published::Cell;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use tollgate::{BlockingQueue, LifoQueue, PriorityQueue, Queue, Receiver, Sender, ShutDown, channel};

type Item = usize;

/// Handles, to be taken by the threads whose they are.
struct Ends<Q: BlockingQueue> {
    senders: [Mutex<Option<Sender<Q>>>; 2],
    receiver: Mutex<Option<Receiver<Q>>>,
    cell: Cell,
}

impl<Q: BlockingQueue> Ends<Q> {
    fn new(queue: Q) -> Arc<Self> {
        let (sender, receiver) = channel(queue);
        let senders = [Some(sender.clone()), Some(sender)].map(Mutex::new);
        Arc::new(Ends { senders, receiver: Mutex::new(Some(receiver)), cell: Cell::new() })
    }

    fn sender(&self, number: usize) -> Sender<Q> {
        self.senders[number].lock().unwrap().take().unwrap()
    }

    fn receiver(&self) -> Receiver<Q> {
        self.receiver.lock().unwrap().take().unwrap()
    }
}

pub(crate) fn models(suite: &mut Suite) {
    the_last_sender_ends_it(suite, "fifo", || Queue::bounded(1));
    the_last_sender_ends_it(suite, "lifo", || LifoQueue::bounded(1));
    the_last_sender_ends_it(suite, "priority", || PriorityQueue::bounded(1));
    what_was_done_before_a_sender_went(suite);
    the_last_receiver_ends_it(suite);
    a_weak_sender_against_the_last(suite);
}

fn the_last_sender_ends_it<Q>(suite: &mut Suite, order: &str, make: fn() -> Q)
where
    Q: BlockingQueue<Item = Item> + Send + Sync + 'static,
{
    suite.add(format!("queue, channel: get | drop, {order}"), Bound::None, varied(), move || {
        let ends = Ends::new(make());
        drop(ends.sender(1));
        threads(
            bodies!([ends]
            { assert_eq!(ends.receiver().get(), Err(ShutDown(()))); },
            { drop(ends.sender(0)); }),
            || {},
        );
    });
}

fn what_was_done_before_a_sender_went(suite: &mut Suite) {
    suite.add("queue, channel: write, drop | drop, get", Bound::None, plain(), || {
        let ends = Ends::new(Queue::<Item>::bounded(1));
        threads(
            bodies!([ends]
            {
                ends.cell.write(1);
                drop(ends.sender(0));
            },
            {
                drop(ends.sender(1));
                assert_eq!(ends.receiver().get(), Err(ShutDown(())));
                ends.cell.expect(1);
            }),
            || {},
        );
    });
    // A third thread may hear of it before the last sender comes to the fences that `shutdown` ends with.
    suite.add("queue, channel: write, drop | drop | get", Bound::Preemptions(2), plain(), || {
        let ends = Ends::new(Queue::<Item>::bounded(1));
        threads(
            bodies!([ends]
            {
                ends.cell.write(1);
                drop(ends.sender(0));
            },
            { drop(ends.sender(1)); },
            {
                assert_eq!(ends.receiver().get(), Err(ShutDown(())));
                ends.cell.expect(1);
            }),
            || {},
        );
    });
}

/// An item whose end is counted.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}

/// R8: the sender that waits has its item back, and what lies in the queue is dropped at once, and not with the last sender.
fn the_last_receiver_ends_it(suite: &mut Suite) {
    suite.add("queue, channel: put, put | drop", Bound::None, varied(), || {
        let ends = Ends::new(Queue::bounded(1));
        threads(
            bodies!([ends]
            {
                let (sender, dropped) = (ends.sender(0), Arc::new(AtomicUsize::new(0)));
                let put = (0..2).map_while(|_| sender.put(Counted(Arc::clone(&dropped))).ok()).count();
                assert!(put <= 1);
                // The receiver may still be at it; when the queue is empty it is not counted any more.
                if sender.receivers() == 0 && sender.queue().is_empty() && put == 0 {
                    assert_eq!(dropped.load(SeqCst), 1, "the one that came back");
                }
            },
            {
                drop(ends.receiver());
                assert!(ends.senders[1].lock().unwrap().as_ref().unwrap().queue().is_empty());
            }),
            || {},
        );
    });
}

fn a_weak_sender_against_the_last(suite: &mut Suite) {
    suite.add("queue, channel: upgrade, put | drop, get", Bound::None, plain(), || {
        let ends = Ends::new(Queue::bounded(1));
        let weak = ends.sender(1).downgrade();
        let shared = Arc::new((ends, weak));
        threads(
            bodies!([shared]
            {
                if let Some(sender) = shared.1.upgrade() {
                    sender.put(7).unwrap();
                }
            },
            {
                drop(shared.0.sender(0));
                let receiver = shared.0.receiver();
                let got = receiver.get();
                assert!(got == Ok(7) || got == Err(ShutDown(())) && shared.1.upgrade().is_none());
            }),
            || {},
        );
    });
}
