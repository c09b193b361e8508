//! Property tests: on one thread, every sequence of calls does what a plain model says. `RLock`: `sequential_rlock.rs`.

use proptest::collection::vec;
use proptest::prelude::*;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tollgate::{
    AcquireError, Barrier, BlockingQueue, BoundedSemaphore, Broken, CapacityError, Closed, Condition, Event,
    GetError, LifoQueue, Lock, LockGuard, MappedLockGuard, OverRelease, OwnedLockGuard, OwnedMappedLockGuard,
    Permit, Prioritized, PriorityQueue, PutError, PutManyError, Queue, RawLock, Rendezvous, Semaphore,
    ShutDown, Shutdown, TooManyDone,
};

/// A deadline that has passed.
fn past() -> Instant {
    Instant::now()
}

const NO_TIME: Duration = Duration::from_nanos(1);

#[derive(Clone, Debug)]
enum QueueCall {
    Put,
    TryPut,
    PutTimeout,
    PutDeadline,
    Get,
    TryGet,
    GetTimeout,
    GetDeadline,
    TaskDone,
    JoinTimeout,
    TryIter(usize),
    TryPutMany(u32),
    TryGetMany(usize),
    TryGetTask,
    SetCapacity(usize),
    Shutdown(bool),
}

fn queue_call() -> impl Strategy<Value = QueueCall> {
    prop_oneof![
        4 => Just(QueueCall::Put),
        4 => Just(QueueCall::TryPut),
        1 => Just(QueueCall::PutTimeout),
        1 => Just(QueueCall::PutDeadline),
        3 => Just(QueueCall::Get),
        3 => Just(QueueCall::TryGet),
        1 => Just(QueueCall::GetTimeout),
        1 => Just(QueueCall::GetDeadline),
        3 => Just(QueueCall::TaskDone),
        1 => Just(QueueCall::JoinTimeout),
        1 => (0..4_usize).prop_map(QueueCall::TryIter),
        2 => (0..4_u32).prop_map(QueueCall::TryPutMany),
        2 => (0..4_usize).prop_map(QueueCall::TryGetMany),
        1 => Just(QueueCall::TryGetTask),
        1 => (0..7_usize).prop_map(QueueCall::SetCapacity),
        1 => any::<bool>().prop_map(QueueCall::Shutdown),
    ]
}

/// Where the item that leaves first lies among those that were put.
type First = fn(&[u32]) -> usize;

/// What a queue is, without threads.
struct QueueModel {
    items: Vec<u32>,
    first: First,
    most: usize,
    capacity: usize,
    unfinished: usize,
    shut_down: bool,
}

impl QueueModel {
    fn is_full(&self) -> bool {
        self.capacity > 0 && self.items.len() >= self.capacity
    }

    fn put(&mut self, item: u32) -> Result<(), PutError<u32>> {
        if self.shut_down {
            return Err(PutError::ShutDown(item));
        }
        if self.is_full() {
            return Err(PutError::Full(item));
        }
        self.items.push(item);
        self.unfinished += 1;
        Ok(())
    }

    fn put_many(&mut self, items: Vec<u32>) -> Result<usize, PutManyError<u32>> {
        for (put, &item) in items.iter().enumerate() {
            let rest = || items[put..].to_vec();
            match self.put(item) {
                Ok(()) => {}
                Err(PutError::Full(_)) => return Err(PutManyError { put, rest: PutError::Full(rest()) }),
                Err(PutError::ShutDown(_)) => {
                    return Err(PutManyError { put, rest: PutError::ShutDown(rest()) });
                }
            }
        }
        Ok(items.len())
    }

    fn get(&mut self) -> Result<u32, GetError> {
        if self.items.is_empty() {
            return Err(if self.shut_down { GetError::ShutDown } else { GetError::Empty });
        }
        Ok(self.items.remove((self.first)(&self.items)))
    }

    fn get_many(&mut self, most: usize) -> Result<Vec<u32>, GetError> {
        match self.get() {
            Ok(first) => Ok([first].into_iter().chain((1..most).map_while(|_| self.get().ok())).collect()),
            Err(error) => Err(error),
        }
    }

    fn task_done(&mut self) -> Result<(), TooManyDone> {
        self.unfinished = self.unfinished.checked_sub(1).ok_or(TooManyDone)?;
        Ok(())
    }

    fn set_capacity(&mut self, capacity: usize) -> Result<(), CapacityError> {
        if capacity == 0 || self.most < capacity {
            return Err(CapacityError { most: (self.most > 0).then_some(self.most) });
        }
        self.capacity = capacity;
        Ok(())
    }

    fn shut_down(&mut self, immediate: bool) {
        self.shut_down = true;
        if immediate {
            self.unfinished = self.unfinished.saturating_sub(self.items.len());
            self.items.clear();
        }
    }
}

/// The calls, all in one thread, on a queue and on its model.
fn does_what_its_model_says<Q: BlockingQueue<Item = u32> + IntoIterator<Item = u32>>(
    queue: Q,
    most: usize,
    first: First,
    calls: Vec<QueueCall>,
) -> Result<(), TestCaseError> {
    let mut model =
        QueueModel { items: vec![], first, most, capacity: most, unfinished: 0, shut_down: false };
    for (item, call) in (0..).step_by(10).zip(calls) {
        match call {
            QueueCall::Put => match model.put(item) {
                Ok(()) => prop_assert_eq!(queue.put(item), Ok(())),
                Err(PutError::ShutDown(item)) => prop_assert_eq!(queue.put(item), Err(ShutDown(item))),
                Err(PutError::Full(_)) => {} // would wait for ever
            },
            QueueCall::TryPut => prop_assert_eq!(queue.try_put(item), model.put(item)),
            QueueCall::PutTimeout => prop_assert_eq!(queue.put_timeout(item, NO_TIME), model.put(item)),
            QueueCall::PutDeadline => prop_assert_eq!(queue.put_deadline(item, past()), model.put(item)),
            QueueCall::TryPutMany(count) => {
                let items: Vec<_> = (item..item + count).collect();
                prop_assert_eq!(queue.try_put_many(items.clone()), model.put_many(items));
            }
            QueueCall::Get => match model.get() {
                Ok(item) => prop_assert_eq!(queue.get(), Ok(item)),
                Err(GetError::ShutDown) => prop_assert_eq!(queue.get(), Err(ShutDown(()))),
                Err(GetError::Empty) => {} // would wait for ever
            },
            QueueCall::TryGet => prop_assert_eq!(queue.try_get(), model.get()),
            QueueCall::GetTimeout => prop_assert_eq!(queue.get_timeout(NO_TIME), model.get()),
            QueueCall::GetDeadline => prop_assert_eq!(queue.get_deadline(past()), model.get()),
            QueueCall::TryGetMany(most) => {
                let expected = if most == 0 { Ok(vec![]) } else { model.get_many(most) };
                prop_assert_eq!(queue.try_get_many(most), expected);
            }
            QueueCall::TryGetTask => {
                let got = queue.try_get_task().map(|task| *task);
                prop_assert_eq!(got, model.get());
                if got.is_ok() {
                    _ = model.task_done();
                }
            }
            QueueCall::TaskDone => prop_assert_eq!(queue.task_done(), model.task_done()),
            QueueCall::JoinTimeout => prop_assert_eq!(queue.join_timeout(NO_TIME), model.unfinished == 0),
            QueueCall::TryIter(most) => {
                let got: Vec<_> = queue.try_iter().take(most).collect();
                let expected: Vec<_> = (0..most).map_while(|_| model.get().ok()).collect();
                prop_assert_eq!(got, expected);
            }
            QueueCall::SetCapacity(capacity) => {
                prop_assert_eq!(queue.set_capacity(capacity), model.set_capacity(capacity));
            }
            QueueCall::Shutdown(immediate) => {
                queue.shutdown(if immediate { Shutdown::Immediate } else { Shutdown::Drain });
                model.shut_down(immediate);
            }
        }
        prop_assert_eq!(queue.len(), model.items.len());
        prop_assert_eq!(queue.is_empty(), model.items.is_empty());
        prop_assert_eq!(queue.is_full(), model.is_full());
        prop_assert_eq!(queue.capacity(), (model.capacity > 0).then_some(model.capacity));
        prop_assert_eq!(queue.unfinished(), model.unfinished);
        prop_assert_eq!(queue.is_shutdown(), model.shut_down);
    }
    let left: Vec<_> = std::iter::from_fn(|| model.get().ok()).collect();
    prop_assert_eq!(queue.into_iter().collect::<Vec<_>>(), left);
    Ok(())
}

/// By the last digit, and then by age.
fn smallest(items: &[u32]) -> usize {
    (0..items.len()).min_by_key(|&at| (items[at] / 10 % 3, at)).unwrap()
}

/// Compared by what [`smallest`] looks at.
fn prioritized(item: u32) -> Prioritized<u32, u32> {
    Prioritized { priority: item / 10 % 3, item }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_queue_does_what_its_model_says(capacity in 0..5_usize, calls in vec(queue_call(), 0..60)) {
        does_what_its_model_says(Queue::new(capacity), capacity, |_| 0, calls)?;
    }

    #[test]
    fn a_lifo_queue_does_what_its_model_says(capacity in 0..5_usize, calls in vec(queue_call(), 0..60)) {
        does_what_its_model_says(LifoQueue::new(capacity), capacity, |items| items.len() - 1, calls)?;
    }

    #[test]
    #[cfg(target_has_atomic = "64")]
    fn a_queue_without_a_latch_does_what_its_model_says(capacity in 0..5_usize, calls in vec(queue_call(), 0..60)) {
        does_what_its_model_says(Queue::lock_free(capacity), capacity, |_| 0, calls)?;
    }

    #[test]
    #[cfg(target_has_atomic = "64")]
    fn a_lifo_queue_without_a_latch_does_what_its_model_says(capacity in 0..5_usize, calls in vec(queue_call(), 0..60)) {
        does_what_its_model_says(LifoQueue::lock_free(capacity), capacity, |items| items.len() - 1, calls)?;
    }

    #[test]
    fn a_priority_queue_does_what_its_model_says(capacity in 0..5_usize, calls in vec(queue_call(), 0..60)) {
        let least = |items: &[u32]| (0..items.len()).min_by_key(|&at| items[at]).unwrap();
        does_what_its_model_says(PriorityQueue::new(capacity), capacity, least, calls)?;
    }

    /// What is put and what is got by turns, in batches.
    #[test]
    fn a_priority_queue_is_stable(batches in vec((0..40_u32, 0..40_usize), 0..20)) {
        let (queue, mut model, mut next) = (PriorityQueue::unbounded(), Vec::new(), 0);
        for (put, get) in batches {
            let new: Vec<_> = (next..next + put).collect();
            next += put;
            queue.put_many(new.iter().map(|&item| prioritized(item))).unwrap();
            model.extend(new);
            let expected: Vec<_> =
                (0..get.min(model.len())).map(|_| model.remove(smallest(&model))).collect();
            let got: Vec<_> = queue.try_iter().take(get).map(|got| got.item).collect();
            prop_assert_eq!(got, expected);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    /// Alone nobody meets anybody, but for `Get`, for which another thread comes and puts.
    #[test]
    fn a_rendezvous_does_what_its_model_says(calls in vec(queue_call(), 0..40)) {
        let meeting = Rendezvous::new();
        let (mut unfinished, mut shut_down) = (0_usize, false);
        for (item, call) in (0..).step_by(10).zip(calls) {
            let nobody_gets =
                |item| if shut_down { PutError::ShutDown(item) } else { PutError::Full(item) };
            let nobody_puts = || if shut_down { GetError::ShutDown } else { GetError::Empty };
            match call {
                QueueCall::Put if shut_down => prop_assert_eq!(meeting.put(item), Err(ShutDown(item))),
                QueueCall::Put => {} // would wait for ever
                QueueCall::TryPut => prop_assert_eq!(meeting.try_put(item), Err(nobody_gets(item))),
                QueueCall::PutTimeout => {
                    prop_assert_eq!(meeting.put_timeout(item, NO_TIME), Err(nobody_gets(item)));
                }
                QueueCall::PutDeadline => {
                    prop_assert_eq!(meeting.put_deadline(item, past()), Err(nobody_gets(item)));
                }
                QueueCall::Get if shut_down => prop_assert_eq!(meeting.get(), Err(ShutDown(()))),
                QueueCall::Get => {
                    let (put, got) = std::thread::scope(|s| {
                        let putter = s.spawn(|| meeting.put(item));
                        let got = meeting.get();
                        (putter.join().unwrap(), got)
                    });
                    prop_assert_eq!((put, got), (Ok(()), Ok(item)));
                    unfinished += 1;
                }
                QueueCall::TryGet => prop_assert_eq!(meeting.try_get(), Err(nobody_puts())),
                QueueCall::GetTimeout => prop_assert_eq!(meeting.get_timeout(NO_TIME), Err(nobody_puts())),
                QueueCall::GetDeadline => prop_assert_eq!(meeting.get_deadline(past()), Err(nobody_puts())),
                QueueCall::TryPutMany(count) => {
                    let items: Vec<_> = (item..item + count).collect();
                    let expected = match shut_down {
                        _ if count == 0 => Ok(0),
                        true => Err(PutManyError { put: 0, rest: PutError::ShutDown(items.clone()) }),
                        false => Err(PutManyError { put: 0, rest: PutError::Full(items.clone()) }),
                    };
                    prop_assert_eq!(meeting.try_put_many(items), expected);
                }
                QueueCall::TryGetMany(most) => {
                    let expected = if most == 0 { Ok(vec![]) } else { Err(nobody_puts()) };
                    prop_assert_eq!(meeting.try_get_many(most), expected);
                }
                QueueCall::TryGetTask => {
                    prop_assert_eq!(meeting.try_get_task().map(|task| *task), Err(nobody_puts()));
                }
                QueueCall::TaskDone => {
                    prop_assert_eq!(meeting.task_done().is_ok(), unfinished > 0);
                    unfinished = unfinished.saturating_sub(1);
                }
                QueueCall::JoinTimeout => prop_assert_eq!(meeting.join_timeout(NO_TIME), unfinished == 0),
                QueueCall::TryIter(most) => prop_assert_eq!(meeting.try_iter().take(most).count(), 0),
                QueueCall::SetCapacity(capacity) => {
                    let never = Err(CapacityError { most: Some(0) });
                    prop_assert_eq!(meeting.set_capacity(capacity), never);
                }
                QueueCall::Shutdown(immediate) => {
                    meeting.shutdown(if immediate { Shutdown::Immediate } else { Shutdown::Drain });
                    shut_down = true;
                }
            }
            prop_assert_eq!((meeting.len(), meeting.is_empty(), meeting.is_full()), (0, true, true));
            prop_assert_eq!((meeting.capacity(), meeting.unfinished()), (Some(0), unfinished));
            prop_assert_eq!(meeting.is_shutdown(), shut_down);
        }
    }
}

#[derive(Clone, Debug)]
enum SemaphoreCall {
    Acquire(usize),
    TryAcquire(usize),
    AcquireTimeout(usize),
    AcquireDeadline(usize),
    Release(usize),
    Drain,
    ForgetPermits(usize),
    DropPermit(usize),
    Forget(usize),
    Split(usize, usize),
    Merge(usize),
    Close,
}

fn semaphore_call() -> impl Strategy<Value = SemaphoreCall> {
    prop_oneof![
        4 => (0..4_usize).prop_map(SemaphoreCall::Acquire),
        4 => (0..4_usize).prop_map(SemaphoreCall::TryAcquire),
        1 => (0..4_usize).prop_map(SemaphoreCall::AcquireTimeout),
        1 => (0..4_usize).prop_map(SemaphoreCall::AcquireDeadline),
        2 => (0..3_usize).prop_map(SemaphoreCall::Release),
        4 => any::<usize>().prop_map(SemaphoreCall::DropPermit),
        1 => any::<usize>().prop_map(SemaphoreCall::Forget),
        1 => Just(SemaphoreCall::Drain),
        1 => (0..3_usize).prop_map(SemaphoreCall::ForgetPermits),
        2 => (any::<usize>(), 0..4_usize).prop_map(|(which, count)| SemaphoreCall::Split(which, count)),
        2 => any::<usize>().prop_map(SemaphoreCall::Merge),
        1 => Just(SemaphoreCall::Close),
    ]
}

/// The calls of a semaphore of either kind, all in one thread, beside a number. `$release` returns `Result<(), OverRelease>`.
macro_rules! semaphore_does_what_its_model_says {
    ($Semaphore:ident, $permits:ident, $calls:ident, $bound:expr, $release:expr) => {{
        let semaphore = $Semaphore::new($permits);
        let release: fn(&$Semaphore, usize) -> Result<(), OverRelease> = $release;
        let (mut there, mut closed) = ($permits, false);
        let mut out: Vec<Permit<'_>> = Vec::new();
        for call in $calls {
            let expected = |count: usize, late: AcquireError| match () {
                () if closed => Err(AcquireError::Closed),
                () if there < count => Err(late),
                () => Ok(()),
            };
            let place = |which: usize| which.checked_rem(out.len());
            let fits = |count: usize| there + count <= $bound;
            let (count, late, got) = match call {
                // Would wait for ever.
                SemaphoreCall::Acquire(count) if !closed && there < count => continue,
                SemaphoreCall::Acquire(count) => {
                    let got = semaphore.acquire_many(count).map_err(|Closed| AcquireError::Closed);
                    (count, AcquireError::TimedOut, got)
                }
                SemaphoreCall::TryAcquire(count) => {
                    (count, AcquireError::NoPermits, semaphore.try_acquire_many(count))
                }
                SemaphoreCall::AcquireTimeout(count) => {
                    (count, AcquireError::TimedOut, semaphore.acquire_many_timeout(count, NO_TIME))
                }
                SemaphoreCall::AcquireDeadline(count) => {
                    (count, AcquireError::TimedOut, semaphore.acquire_many_deadline(count, past()))
                }
                SemaphoreCall::Drain => {
                    let got = semaphore.drain().map_err(|Closed| AcquireError::Closed);
                    (there, AcquireError::NoPermits, got)
                }
                SemaphoreCall::ForgetPermits(most) => {
                    prop_assert_eq!(semaphore.forget_permits(most), most.min(there));
                    there -= most.min(there);
                    continue;
                }
                SemaphoreCall::Release(count) => {
                    prop_assert_eq!(release(&semaphore, count).is_ok(), fits(count));
                    there += if fits(count) { count } else { 0 };
                    prop_assert_eq!(semaphore.permits(), there);
                    continue;
                }
                SemaphoreCall::DropPermit(which) => {
                    if let Some(place) = place(which) {
                        let count = out[place].count();
                        there += if fits(count) { count } else { 0 };
                        drop(out.swap_remove(place));
                        prop_assert_eq!(semaphore.permits(), there);
                    }
                    continue;
                }
                SemaphoreCall::Forget(which) => {
                    if let Some(place) = place(which) {
                        out.swap_remove(place).forget();
                    }
                    continue;
                }
                SemaphoreCall::Split(which, count) => {
                    if let Some(place) = place(which) {
                        let before = out[place].count();
                        let half = out[place].split(count);
                        prop_assert_eq!(half.as_ref().map(Permit::count), (count <= before).then_some(count));
                        prop_assert_eq!(out[place].count(), before.checked_sub(count).unwrap_or(before));
                        out.extend(half);
                    }
                    continue;
                }
                SemaphoreCall::Merge(which) => {
                    if out.len() > 1 {
                        let other = out.pop().unwrap();
                        let place = which % out.len();
                        let sum = out[place].count() + other.count();
                        out[place].merge(other);
                        prop_assert_eq!(out[place].count(), sum);
                    }
                    continue;
                }
                SemaphoreCall::Close => {
                    semaphore.close();
                    closed = true;
                    continue;
                }
            };
            match (expected(count, late), got) {
                (Ok(()), Ok(permit)) => {
                    there -= count;
                    prop_assert_eq!(permit.count(), count);
                    out.push(permit);
                }
                (Err(expected), Err(got)) => prop_assert_eq!(expected, got),
                (expected, got) => prop_assert!(false, "expected {:?}, got {:?}", expected, got),
            }
            prop_assert_eq!(semaphore.permits(), there);
            prop_assert_eq!(semaphore.is_closed(), closed);
        }
        for permit in out {
            let count = permit.count();
            there += if there + count <= $bound { count } else { 0 };
            drop(permit);
            prop_assert_eq!(semaphore.permits(), there);
        }
    }};
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_semaphore_does_what_its_model_says(permits in 0..6_usize, calls in vec(semaphore_call(), 0..60)) {
        semaphore_does_what_its_model_says!(Semaphore, permits, calls, usize::MAX, |semaphore, count| {
            semaphore.release(count);
            Ok(())
        });
    }

    #[test]
    fn a_bounded_semaphore_does_what_its_model_says(
        permits in 0..6_usize,
        calls in vec(semaphore_call(), 0..60),
    ) {
        semaphore_does_what_its_model_says!(BoundedSemaphore, permits, calls, permits, BoundedSemaphore::release);
    }

    #[test]
    fn a_raw_lock_does_what_its_model_says(calls in vec(0..5_u8, 0..60)) {
        let raw = RawLock::new();
        let mut locked = false;
        for call in calls {
            match call {
                0 if locked => {} // would wait for ever
                0 => raw.acquire(),
                1 => prop_assert_eq!(raw.try_acquire(), !locked),
                2 => prop_assert_eq!(raw.acquire_timeout(NO_TIME), !locked),
                3 => prop_assert_eq!(raw.acquire_deadline(past()), !locked),
                _ => prop_assert_eq!(raw.release().is_ok(), locked),
            }
            locked = call != 4;
            prop_assert_eq!(raw.is_locked(), locked);
        }
    }
}

/// What is done with a lock's guards, of which one at a time is in hand.
#[derive(Clone, Debug)]
enum GuardCall {
    Lock(u8),
    LockOwned(u8),
    Map,
    TryMap(bool),
    Wait,
    Add(u32),
    Drop,
}

fn guard_call() -> impl Strategy<Value = GuardCall> {
    prop_oneof![
        4 => (0..4_u8).prop_map(GuardCall::Lock),
        4 => (0..4_u8).prop_map(GuardCall::LockOwned),
        2 => Just(GuardCall::Map),
        4 => any::<bool>().prop_map(GuardCall::TryMap),
        2 => Just(GuardCall::Wait),
        4 => (0..9_u32).prop_map(GuardCall::Add),
        2 => Just(GuardCall::Drop),
    ]
}

enum Hand<'a> {
    Empty,
    Whole(LockGuard<'a, [u32; 2]>),
    Part(MappedLockGuard<'a, u32>),
    OwnedWhole(OwnedLockGuard<[u32; 2]>),
    OwnedPart(OwnedMappedLockGuard<[u32; 2], u32>),
}

impl Hand<'_> {
    fn part(self) -> Self {
        match self {
            Hand::Whole(guard) => Hand::Part(LockGuard::map(guard, |pair| &mut pair[1])),
            Hand::Part(guard) => Hand::Part(MappedLockGuard::map(guard, |part| part)),
            Hand::OwnedWhole(guard) => Hand::OwnedPart(OwnedLockGuard::map(guard, |pair| &mut pair[1])),
            Hand::OwnedPart(guard) => Hand::OwnedPart(OwnedMappedLockGuard::map(guard, |part| part)),
            Hand::Empty => Hand::Empty,
        }
    }

    fn try_part(self, is_there: bool) -> Self {
        match self {
            Hand::Whole(guard) => LockGuard::try_map(guard, |pair| is_there.then_some(&mut pair[1]))
                .map_or_else(Hand::Whole, Hand::Part),
            Hand::Part(guard) => MappedLockGuard::try_map(guard, |part| is_there.then_some(part))
                .map_or_else(Hand::Part, Hand::Part),
            Hand::OwnedWhole(guard) => {
                OwnedLockGuard::try_map(guard, |pair| is_there.then_some(&mut pair[1]))
                    .map_or_else(Hand::OwnedWhole, Hand::OwnedPart)
            }
            Hand::OwnedPart(guard) => OwnedMappedLockGuard::try_map(guard, |part| is_there.then_some(part))
                .map_or_else(Hand::OwnedPart, Hand::OwnedPart),
            Hand::Empty => Hand::Empty,
        }
    }

    /// The number that this guard adds to, and where it lies.
    fn number(&mut self) -> Option<(usize, &mut u32)> {
        match self {
            Hand::Empty => None,
            Hand::Whole(guard) => Some((0, &mut guard[0])),
            Hand::Part(guard) => Some((1, guard)),
            Hand::OwnedWhole(guard) => Some((0, &mut guard[0])),
            Hand::OwnedPart(guard) => Some((1, guard)),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    /// R18 of the historical bugs: operations on guards that forget a count, or that the lock is held.
    #[test]
    fn r18_guards_do_what_their_model_says(calls in vec(guard_call(), 0..60)) {
        let lock = Arc::new(Lock::new([0; 2]));
        let condition = Condition::new();
        let mut values = [0; 2];
        let mut hand = Hand::Empty;
        for call in calls {
            let held = !matches!(hand, Hand::Empty);
            match call {
                GuardCall::Lock(0) | GuardCall::LockOwned(0) if held => {} // would wait for ever
                GuardCall::Lock(form) => {
                    let got = match form {
                        0 => Some(lock.lock()),
                        1 => lock.try_lock(),
                        2 => lock.lock_timeout(NO_TIME),
                        _ => lock.lock_deadline(past()),
                    };
                    prop_assert_eq!(got.is_some(), !held);
                    hand = got.map_or(hand, Hand::Whole);
                }
                GuardCall::LockOwned(form) => {
                    let got = match form {
                        0 => Some(lock.lock_owned()),
                        1 => lock.try_lock_owned(),
                        2 => lock.lock_owned_timeout(NO_TIME),
                        _ => lock.lock_owned_deadline(past()),
                    };
                    prop_assert_eq!(got.is_some(), !held);
                    hand = got.map_or(hand, Hand::OwnedWhole);
                }
                GuardCall::Map => hand = hand.part(),
                GuardCall::TryMap(is_there) => hand = hand.try_part(is_there),
                GuardCall::Wait => match &mut hand {
                    Hand::Whole(guard) => prop_assert!(!condition.wait_timeout(guard, NO_TIME)),
                    Hand::OwnedWhole(guard) => prop_assert!(!condition.wait_timeout(guard, NO_TIME)),
                    _ => {}
                },
                GuardCall::Add(number) => {
                    if let Some((place, value)) = hand.number() {
                        *value += number;
                        values[place] += number;
                        prop_assert_eq!(*value, values[place]);
                    }
                }
                GuardCall::Drop => hand = Hand::Empty,
            }
            prop_assert_eq!(lock.is_locked(), !matches!(hand, Hand::Empty));
            let shares = if matches!(hand, Hand::OwnedWhole(_) | Hand::OwnedPart(_)) { 2 } else { 1 };
            prop_assert_eq!(Arc::strong_count(&lock), shares);
        }
        drop(hand);
        prop_assert_eq!(Arc::into_inner(lock).map(Lock::into_inner), Some(values));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_event_does_what_its_model_says(calls in vec(0..5_u8, 0..60)) {
        let event = Event::new();
        let mut set = false;
        for call in calls {
            match call {
                0 => event.set(),
                1 => event.clear(),
                2 if set => event.wait(),
                2 => {} // would wait for ever
                3 => prop_assert_eq!(event.wait_timeout(NO_TIME), set),
                _ => prop_assert_eq!(event.wait_deadline(past()), set),
            }
            set = call == 0 || (set && call != 1);
            prop_assert_eq!(event.is_set(), set);
        }
    }

    /// A thread alone passes a barrier for one, and breaks any other.
    #[test]
    fn a_barrier_does_what_its_model_says(parties in 1..3_usize, default in any::<bool>(), calls in vec(0..5_u8, 0..60)) {
        let mut acted = 0;
        let barrier = Barrier::with_action(parties, || acted += 1);
        let barrier = if default { barrier.with_timeout(NO_TIME) } else { barrier };
        let (mut broken, mut passed) = (false, 0);
        for call in calls {
            let waited = match call {
                0 => {
                    barrier.abort();
                    broken = true;
                    None
                }
                1 => {
                    barrier.reset();
                    broken = false;
                    None
                }
                2 if default || broken || parties == 1 => Some(barrier.wait()),
                2 => None, // would wait for ever
                3 => Some(barrier.wait_timeout(NO_TIME)),
                _ => Some(barrier.wait_deadline(past())),
            };
            if let Some(waited) = waited {
                broken |= parties > 1;
                passed += usize::from(!broken);
                let place = waited.map(|wait| (wait.index(), wait.is_leader()));
                prop_assert_eq!(place, if broken { Err(Broken) } else { Ok((0, true)) });
            }
            prop_assert_eq!(barrier.is_broken(), broken);
            prop_assert_eq!((barrier.parties(), barrier.waiting()), (parties, 0));
        }
        prop_assert_eq!(acted, passed);
    }
}
