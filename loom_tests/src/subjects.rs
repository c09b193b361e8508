//! The types under test, one short file each.

mod barrier;
mod condition;
mod cores;
mod event;
mod lock;
mod queue;
mod raw_lock;
mod rlock;
mod rlock_condition;
mod semaphore;
mod simple_queue;

pub use barrier::{BarrierAnswer, BarrierOp, BarrierSubject};
pub use condition::{ConditionAnswer, ConditionOp, ConditionSubject};
pub use cores::{
    ClaimedKind, CoreAnswer, CoreItem, CoreOp, CoreSubject, Kind, LedgeredCore, RingKind, StackKind,
};
pub use event::{EventOp, EventSubject};
pub use lock::{LockAnswer, LockOp, LockSubject};
pub use queue::{
    Batches, Fifo, Lifo, LockFreeFifo, LockFreeFifoBatches, LockFreeLifo, LockFreeLifoBatches, Priority,
    QueueAnswer, QueueOp, QueueSubject, RendezvousSubject,
};
pub use raw_lock::{RawLockOp, RawLockSubject};
pub use rlock::{RLockOp, RLockSubject};
pub use rlock_condition::{RLockConditionOp, RLockConditionSubject};
pub use semaphore::{
    BoundedSemaphoreSubject, Counting, Counts, SemaphoreAnswer, SemaphoreOp, SemaphoreSubject,
};

pub use simple_queue::{SimpleQueueOp, SimpleQueueSubject};

use crate::Subject;

/// Something to be done with each subject.
pub trait ForEach {
    /// Does it with one.
    fn subject<S: Subject>(&mut self);
}

/// Visits all subjects, in the order of the reports. A new type is added here, and nowhere else.
pub fn for_each(visitor: &mut impl ForEach) {
    visitor.subject::<RawLockSubject>();
    visitor.subject::<LockSubject>();
    visitor.subject::<SemaphoreSubject<0>>();
    visitor.subject::<SemaphoreSubject<1>>();
    visitor.subject::<BoundedSemaphoreSubject<2>>();
    visitor.subject::<ConditionSubject>();
    visitor.subject::<QueueSubject<1>>();
    visitor.subject::<QueueSubject<2>>();
    visitor.subject::<QueueSubject<0>>();
    visitor.subject::<CoreSubject<StackKind, 1>>();
    visitor.subject::<CoreSubject<StackKind, 2>>();
    visitor.subject::<CoreSubject<RingKind, 1>>();
    visitor.subject::<CoreSubject<RingKind, 2>>();
    visitor.subject::<CoreSubject<ClaimedKind, 1>>();
    visitor.subject::<CoreSubject<ClaimedKind, 2>>();
    visitor.subject::<RLockSubject>();
    visitor.subject::<RLockConditionSubject>();
    visitor.subject::<EventSubject>();
    visitor.subject::<BarrierSubject<2, false>>();
    visitor.subject::<BarrierSubject<2, true>>();
    visitor.subject::<QueueSubject<2, Batches>>();
    visitor.subject::<QueueSubject<2, Lifo>>();
    visitor.subject::<QueueSubject<2, Priority>>();
    visitor.subject::<QueueSubject<1, LockFreeLifo>>();
    visitor.subject::<QueueSubject<2, LockFreeLifo>>();
    visitor.subject::<QueueSubject<0, LockFreeLifo>>();
    visitor.subject::<QueueSubject<2, LockFreeLifoBatches>>();
    visitor.subject::<QueueSubject<1, LockFreeFifo>>();
    visitor.subject::<QueueSubject<2, LockFreeFifo>>();
    visitor.subject::<QueueSubject<0, LockFreeFifo>>();
    visitor.subject::<QueueSubject<2, LockFreeFifoBatches>>();
    visitor.subject::<SimpleQueueSubject>();
    visitor.subject::<RendezvousSubject<false>>();
    visitor.subject::<RendezvousSubject<true>>();
}

/// Takes `call` out of a line; whether it was there.
fn leave(line: &mut Vec<crate::CallId>, call: crate::CallId) -> bool {
    let place = line.iter().position(|&other| other == call);
    place.map(|place| line.remove(place)).is_some()
}
