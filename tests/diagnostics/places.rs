//! Where a thread waits, in each form of each call: in the line of the user's code, not in the crate.

use super::common::AGES;
use super::*;
use std::time::Instant;
use tollgate::{
    BoundedSemaphore, Condition, Event, Lock, Queue, RLock, RLockGuard, RawLock, Receiver, Rendezvous,
    Semaphore, Sender, Shutdown, channel,
};

/// All of them such that every call waits.
struct Busy {
    lock: Arc<Lock<()>>,
    rlock: RLock<()>,
    raw: RawLock,
    semaphore: Arc<Semaphore>,
    bounded: Arc<BoundedSemaphore>,
    condition: Condition,
    event: Event,
    barrier: Barrier,
    empty: Queue<u8>,
    full: Queue<u8>,
    empty_ends: (Sender<Queue<u8>>, Receiver<Queue<u8>>),
    full_ends: (Sender<Queue<u8>>, Receiver<Queue<u8>>),
    /// Nobody comes.
    meeting: Rendezvous<u8>,
    /// One task is not done.
    met: Rendezvous<u8>,
    free: RLock<()>,
}

/// One call a line.
macro_rules! calls {
    ($($call:expr;)+) => {
        [$((stringify!($call), $call as fn(&Busy))),+]
    };
}

fn deadline() -> Instant {
    Instant::now() + AGES
}

/// Waits with this call until it is reported, ends it, and looks where it was said to wait.
fn reported_file(name: &str, call: fn(&Busy)) -> (bool, String, u32) {
    let lock = Arc::new(Lock::new(()));
    let busy = Arc::new(Busy {
        lock: Arc::clone(&lock),
        rlock: RLock::new(()),
        raw: RawLock::new(),
        semaphore: Arc::new(Semaphore::new(0)),
        bounded: Arc::new(BoundedSemaphore::new(1)),
        condition: Condition::new(),
        event: Event::new(),
        barrier: Barrier::new(2),
        empty: Queue::bounded(1),
        full: Queue::bounded(1),
        empty_ends: channel(Queue::bounded(1)),
        full_ends: channel(Queue::bounded(1)),
        meeting: Rendezvous::new(),
        met: Rendezvous::new(),
        free: RLock::new(()),
    });
    let (held, rheld, permit) = (busy.lock.lock(), busy.rlock.lock(), busy.bounded.acquire().unwrap());
    busy.raw.acquire();
    busy.full.put(1).unwrap();
    busy.full_ends.0.put(1).unwrap();
    thread::scope(|s| {
        s.spawn(|| busy.met.get());
        busy.met.put(1).unwrap();
    });
    let theirs = Arc::clone(&busy);
    let thread = spawn(name, move || call(&theirs));
    let report = until_all_wait(&[name]);
    let place = waiting(&report, name).unwrap().place();
    drop((held, rheld, permit));
    busy.raw.release().unwrap();
    busy.semaphore.close();
    busy.event.set();
    busy.barrier.abort();
    busy.empty.shutdown(Shutdown::Immediate);
    busy.full.shutdown(Shutdown::Immediate);
    busy.empty_ends.1.shutdown(Shutdown::Immediate);
    busy.full_ends.0.shutdown(Shutdown::Immediate);
    busy.meeting.shutdown(Shutdown::Drain);
    busy.met.task_done().unwrap();
    common::eventually(name, || {
        busy.condition.notify_all();
        thread.is_finished()
    });
    thread.join().unwrap();
    (waiting(&report, name).unwrap().is_timed(), place.file().to_owned(), place.line())
}

#[test]
fn each_call_is_reported_where_it_stands() {
    let first_line = line!() + 2;
    let calls = calls! {
        |busy: &Busy| drop(busy.lock.lock());
        |busy: &Busy| drop(busy.lock.lock_timeout(AGES));
        |busy: &Busy| drop(busy.lock.lock_deadline(deadline()));
        |busy: &Busy| drop(busy.lock.lock_owned());
        |busy: &Busy| drop(busy.lock.lock_owned_timeout(AGES));
        |busy: &Busy| drop(busy.lock.lock_owned_deadline(deadline()));
        |busy: &Busy| drop(busy.rlock.lock());
        |busy: &Busy| drop(busy.rlock.lock_timeout(AGES));
        |busy: &Busy| drop(busy.rlock.lock_deadline(deadline()));
        |busy: &Busy| busy.raw.acquire();
        |busy: &Busy| _ = busy.raw.acquire_timeout(AGES);
        |busy: &Busy| _ = busy.raw.acquire_deadline(deadline());
        |busy: &Busy| drop(busy.semaphore.acquire());
        |busy: &Busy| drop(busy.semaphore.acquire_many(2));
        |busy: &Busy| drop(busy.semaphore.acquire_timeout(AGES));
        |busy: &Busy| drop(busy.semaphore.acquire_deadline(deadline()));
        |busy: &Busy| drop(busy.semaphore.acquire_many_timeout(2, AGES));
        |busy: &Busy| drop(busy.semaphore.acquire_many_deadline(2, deadline()));
        |busy: &Busy| drop(busy.semaphore.acquire_owned());
        |busy: &Busy| drop(busy.semaphore.acquire_many_owned(2));
        |busy: &Busy| drop(busy.semaphore.acquire_owned_timeout(AGES));
        |busy: &Busy| drop(busy.semaphore.acquire_owned_deadline(deadline()));
        |busy: &Busy| drop(busy.semaphore.acquire_many_owned_timeout(2, AGES));
        |busy: &Busy| drop(busy.semaphore.acquire_many_owned_deadline(2, deadline()));
        |busy: &Busy| drop(busy.bounded.acquire());
        |busy: &Busy| busy.condition.wait(&mut busy.free.lock());
        |busy: &Busy| _ = busy.condition.wait_timeout(&mut busy.free.lock(), AGES);
        |busy: &Busy| _ = busy.condition.wait_deadline(&mut busy.free.lock(), deadline());
        |busy: &Busy| busy.condition.wait_while(&mut busy.free.lock(), once());
        |busy: &Busy| _ = busy.condition.wait_while_timeout(&mut busy.free.lock(), AGES, once());
        |busy: &Busy| _ = busy.condition.wait_while_deadline(&mut busy.free.lock(), deadline(), once());
        |busy: &Busy| busy.condition.wait_all_levels(&mut busy.free.lock());
        |busy: &Busy| _ = busy.condition.wait_all_levels_timeout(&mut busy.free.lock(), AGES);
        |busy: &Busy| _ = busy.condition.wait_all_levels_deadline(&mut busy.free.lock(), deadline());
        |busy: &Busy| busy.condition.wait_all_levels_while(&mut busy.free.lock(), once());
        |busy: &Busy| _ = busy.condition.wait_all_levels_while_timeout(&mut busy.free.lock(), AGES, once());
        |busy: &Busy| _ = busy.condition.wait_all_levels_while_deadline(&mut busy.free.lock(), deadline(), once());
        |busy: &Busy| busy.event.wait();
        |busy: &Busy| _ = busy.event.wait_timeout(AGES);
        |busy: &Busy| _ = busy.event.wait_deadline(deadline());
        |busy: &Busy| _ = busy.barrier.wait();
        |busy: &Busy| _ = busy.barrier.wait_timeout(AGES);
        |busy: &Busy| _ = busy.barrier.wait_deadline(deadline());
        |busy: &Busy| _ = busy.empty.get();
        |busy: &Busy| _ = busy.empty.get_timeout(AGES);
        |busy: &Busy| _ = busy.empty.get_deadline(deadline());
        |busy: &Busy| _ = busy.empty.iter().next();
        |busy: &Busy| _ = busy.full.put(2);
        |busy: &Busy| _ = busy.full.put_timeout(2, AGES);
        |busy: &Busy| _ = busy.full.put_deadline(2, deadline());
        |busy: &Busy| busy.full.join();
        |busy: &Busy| _ = busy.full.join_timeout(AGES);
        |busy: &Busy| _ = busy.full.join_deadline(deadline());
        |busy: &Busy| _ = busy.meeting.put(2);
        |busy: &Busy| _ = busy.meeting.put_timeout(2, AGES);
        |busy: &Busy| _ = busy.meeting.put_deadline(2, deadline());
        |busy: &Busy| _ = busy.meeting.put_many([2]);
        |busy: &Busy| _ = busy.meeting.put_many_timeout([2], AGES);
        |busy: &Busy| _ = busy.meeting.put_many_deadline([2], deadline());
        |busy: &Busy| _ = busy.meeting.get();
        |busy: &Busy| _ = busy.meeting.get_timeout(AGES);
        |busy: &Busy| _ = busy.meeting.get_deadline(deadline());
        |busy: &Busy| _ = busy.meeting.get_many(1);
        |busy: &Busy| _ = busy.meeting.get_many_timeout(1, AGES);
        |busy: &Busy| _ = busy.meeting.get_many_deadline(1, deadline());
        |busy: &Busy| _ = busy.meeting.get_task();
        |busy: &Busy| _ = busy.meeting.get_task_timeout(AGES);
        |busy: &Busy| _ = busy.meeting.get_task_deadline(deadline());
        |busy: &Busy| _ = busy.meeting.iter().next();
        |busy: &Busy| busy.met.join();
        |busy: &Busy| _ = busy.met.join_timeout(AGES);
        |busy: &Busy| _ = busy.met.join_deadline(deadline());
        |busy: &Busy| _ = busy.full_ends.0.put(2);
        |busy: &Busy| _ = busy.full_ends.0.put_timeout(2, AGES);
        |busy: &Busy| _ = busy.full_ends.0.put_deadline(2, deadline());
        |busy: &Busy| _ = busy.full_ends.0.put_many([2]);
        |busy: &Busy| busy.full_ends.0.join();
        |busy: &Busy| _ = busy.full_ends.0.join_timeout(AGES);
        |busy: &Busy| _ = busy.full_ends.0.join_deadline(deadline());
        |busy: &Busy| _ = busy.empty_ends.1.get();
        |busy: &Busy| _ = busy.empty_ends.1.get_timeout(AGES);
        |busy: &Busy| _ = busy.empty_ends.1.get_deadline(deadline());
        |busy: &Busy| _ = busy.empty_ends.1.get_many(1);
        |busy: &Busy| _ = busy.empty_ends.1.get_task();
        |busy: &Busy| _ = busy.empty_ends.1.get_task_timeout(AGES);
        |busy: &Busy| _ = busy.empty_ends.1.get_task_deadline(deadline());
        |busy: &Busy| busy.full_ends.1.join();
        |busy: &Busy| _ = busy.full_ends.1.join_timeout(AGES);
        |busy: &Busy| _ = busy.full_ends.1.join_deadline(deadline());
        |busy: &Busy| _ = busy.empty_ends.1.iter().next();
    };
    let wrong: Vec<_> = calls
        .into_iter()
        .zip(first_line..)
        .filter_map(|((text, call), line_of_call)| {
            let (timed, file, line) = reported_file(&format!("place: {text}"), call);
            let meant = (text.contains("_timeout") || text.contains("_deadline"), true, line_of_call);
            let said = (timed, file.ends_with("places.rs"), line);
            (said != meant).then(|| format!("{text}: {said:?}, not {meant:?}; {file}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A predicate that blocks one wait.
fn once() -> impl FnMut(&mut RLockGuard<'_, ()>) -> bool {
    let mut asked = 0;
    move |_| {
        asked += 1;
        asked == 1
    }
}

/// What is held is named by where it was acquired, in the forms that do not wait, too.
#[test]
fn acquisitions_are_named_by_their_places() {
    type Form = fn(&Arc<Lock<()>>);
    let forms: [(Form, u32); 4] = [
        (|lock| std::mem::forget(lock.lock()), line!()),
        (|lock| std::mem::forget(lock.try_lock()), line!()),
        (|lock| std::mem::forget(lock.lock_timeout(AGES)), line!()),
        (|lock| std::mem::forget(lock.try_lock_owned()), line!()),
    ];
    for (number, (form, line)) in forms.into_iter().enumerate() {
        let lock = Arc::new(Lock::new(()));
        form(&lock);
        let name = format!("acquired: {number}");
        spawn(&name, move || drop(lock.lock()));
        let report = until_all_wait(&[&name]);
        let place = waiting(&report, &name).unwrap().holders()[0].place();
        assert_eq!((place.file().ends_with("places.rs"), place.line()), (true, line), "{number}");
    }
}
