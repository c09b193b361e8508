//! `Send`, `Sync`, unwind safety and sizes, pinned: changing one is a breaking change or a cost, and must be meant.

use static_assertions::{assert_impl_all, assert_not_impl_any};
use std::cell::Cell;
use std::error::Error;
use std::fmt::{Debug, Display};
use std::mem::size_of;
use std::ops::DerefMut;
use std::rc::Rc;
use std::sync::MutexGuard;
use tollgate::*;

// A lock makes `Send` values shareable, and adds nothing to values that are not.
assert_impl_all!(Lock<Cell<u8>>: Send, Sync, Debug);
assert_not_impl_any!(Lock<Rc<u8>>: Send, Sync);
assert_impl_all!(RawLock: Send, Sync, Debug, Default);

// Guards stay in their thread. A shared guard gives `&T`, so it is as shareable as `T`. R15 and R19 of the historical bugs are
// guards that were more than that.
assert_not_impl_any!(LockGuard<'static, u8>: Send);
assert_not_impl_any!(MappedLockGuard<'static, u8>: Send);
assert_impl_all!(LockGuard<'static, u8>: Sync);
assert_impl_all!(MappedLockGuard<'static, u8>: Sync);
assert_not_impl_any!(LockGuard<'static, Cell<u8>>: Sync);
assert_not_impl_any!(MappedLockGuard<'static, Cell<u8>>: Sync);
// The same, also around another lock's guard, which is `Sync` and not `Send`.
assert_not_impl_any!(Lock<MutexGuard<'static, u8>>: Send, Sync);
assert_impl_all!(LockGuard<'static, MutexGuard<'static, u8>>: Sync);
// Guards that own a share of the lock: the same. What is around the part of a mapped one is out of its reach.
assert_not_impl_any!(OwnedLockGuard<u8>: Send);
assert_not_impl_any!(OwnedMappedLockGuard<u8, u8>: Send);
assert_impl_all!(OwnedLockGuard<u8>: Sync);
assert_impl_all!(OwnedLockGuard<MutexGuard<'static, u8>>: Sync);
assert_impl_all!(OwnedMappedLockGuard<Cell<u8>, u8>: Sync);
assert_not_impl_any!(OwnedLockGuard<Cell<u8>>: Sync);
assert_not_impl_any!(OwnedMappedLockGuard<u8, Cell<u8>>: Sync);

// The same for the reentrant one. R15: `std`'s guard was `Sync` whatever it guarded.
assert_impl_all!(RLock<Cell<u8>>: Send, Sync, Debug, Default);
assert_not_impl_any!(RLock<Rc<u8>>: Send, Sync);
assert_not_impl_any!(RLock<MutexGuard<'static, u8>>: Send, Sync);
assert_not_impl_any!(RLockGuard<'static, u8>: Send);
assert_not_impl_any!(RLockMut<'static, u8>: Send);
assert_not_impl_any!(MappedRLockGuard<'static, u8>: Send);
assert_impl_all!(RLockGuard<'static, u8>: Sync, Debug, Display);
assert_impl_all!(RLockMut<'static, u8>: Sync, Debug);
assert_impl_all!(MappedRLockGuard<'static, u8>: Sync, Debug);
assert_not_impl_any!(RLockGuard<'static, Cell<u8>>: Sync, DerefMut);
assert_not_impl_any!(RLockMut<'static, Cell<u8>>: Sync);
assert_not_impl_any!(MappedRLockGuard<'static, Cell<u8>>: Sync, DerefMut);
assert_impl_all!(RLockGuard<'static, MutexGuard<'static, u8>>: Sync);
assert_not_impl_any!(OwnedRLockGuard<u8>: Send);
assert_not_impl_any!(OwnedMappedRLockGuard<u8, u8>: Send);
assert_impl_all!(OwnedRLockGuard<u8>: Sync, Debug, Display);
assert_impl_all!(OwnedRLockGuard<MutexGuard<'static, u8>>: Sync);
assert_impl_all!(OwnedMappedRLockGuard<Cell<u8>, u8>: Sync, Debug, Display);
assert_not_impl_any!(OwnedRLockGuard<Cell<u8>>: Sync, DerefMut);
assert_not_impl_any!(OwnedMappedRLockGuard<u8, Cell<u8>>: Sync, DerefMut);

assert_impl_all!(Semaphore: Send, Sync, Debug, Default);
assert_impl_all!(BoundedSemaphore: Send, Sync, Debug, Default);
assert_impl_all!(Permit<'static>: Send, Sync, Debug);
assert_impl_all!(OwnedPermit: Send, Sync, Debug);
assert_impl_all!(Condition: Send, Sync, Debug, Default);
assert_impl_all!(Event: Send, Sync, Debug, Default);

// Without an action a barrier is what it seems. An action runs in any of the threads, one at a time: it must be `Send`, and need not
// be `Sync`.
assert_impl_all!(Barrier: Send, Sync, Debug);
assert_impl_all!(Barrier<Box<dyn FnMut() + Send>>: Send, Sync, Debug);
assert_impl_all!(Barrier<dyn FnMut() + Send>: Send, Sync, Debug);
assert_not_impl_any!(Barrier<Box<dyn FnMut()>>: Send, Sync);
assert_impl_all!(BarrierWait: Send, Sync, Debug, Copy);

assert_impl_all!(Queue<Cell<u8>>: Send, Sync, Debug, Default);
assert_not_impl_any!(Queue<Rc<u8>>: Send, Sync);
assert_impl_all!(Iter<'static, Queue<Cell<u8>>>: Send, Sync);
assert_impl_all!(LifoQueue<Cell<u8>>: Send, Sync, Debug, Default);
assert_not_impl_any!(LifoQueue<Rc<u8>>: Send, Sync);
assert_impl_all!(PriorityQueue<Cell<u8>>: Send, Sync, Debug, Default);
assert_not_impl_any!(PriorityQueue<Rc<u8>>: Send, Sync);
assert_impl_all!(Task<'static, Queue<Cell<u8>>>: Send, Debug);
assert_not_impl_any!(Task<'static, Queue<Cell<u8>>>: Sync);
assert_impl_all!(Task<'static, Queue<u8>>: Send, Sync);
assert_impl_all!(Rendezvous<Cell<u8>>: Send, Sync, Debug, Default);
assert_not_impl_any!(Rendezvous<Rc<u8>>: Send, Sync);
assert_impl_all!(SimpleQueue<Cell<u8>>: Send, Sync, Debug, Default);
assert_not_impl_any!(SimpleQueue<Rc<u8>>: Send, Sync);
assert_impl_all!(Sender<LifoQueue<Cell<u8>>>: Send, Sync, Clone, Debug);
assert_impl_all!(Receiver<LifoQueue<Cell<u8>>>: Send, Sync, Clone, Debug);
assert_impl_all!(WeakSender<Queue<Cell<u8>>>: Send, Sync, Clone, Debug);
assert_not_impl_any!(Sender<Queue<Rc<u8>>>: Send, Sync);

// Only the guards of whole values can wait.
assert_impl_all!(LockGuard<'static, u8>: WaitGuard);
assert_impl_all!(RLockGuard<'static, Cell<u8>>: WaitGuard);
assert_not_impl_any!(MappedRLockGuard<'static, u8>: WaitGuard);
assert_not_impl_any!(RLockMut<'static, u8>: WaitGuard);
assert_impl_all!(OwnedLockGuard<u8>: WaitGuard);
assert_impl_all!(OwnedRLockGuard<Cell<u8>>: WaitGuard);
assert_not_impl_any!(OwnedMappedRLockGuard<u8, u8>: WaitGuard);
// Beside other guards of its thread only one of a value that is `Sync`.
assert_impl_all!(RLockGuard<'static, u8>: ReentrantWaitGuard);
assert_impl_all!(OwnedRLockGuard<u8>: ReentrantWaitGuard);
assert_not_impl_any!(RLockGuard<'static, Cell<u8>>: ReentrantWaitGuard);
assert_not_impl_any!(OwnedRLockGuard<Cell<u8>>: ReentrantWaitGuard);
assert_not_impl_any!(LockGuard<'static, u8>: ReentrantWaitGuard);
assert_not_impl_any!(MappedLockGuard<'static, u8>: WaitGuard);
assert_not_impl_any!(OwnedMappedLockGuard<u8, u8>: WaitGuard);
assert_not_impl_any!(MutexGuard<'static, u8>: WaitGuard);

// Errors are errors, whatever they carry.
assert_impl_all!(NotLocked: Error, Send, Sync);
assert_impl_all!(Closed: Error, Send, Sync);
assert_impl_all!(AcquireError: Error, Send, Sync);
assert_impl_all!(OverRelease: Error, Send, Sync);
assert_impl_all!(Broken: Error, Send, Sync);
assert_impl_all!(ShutDown<Cell<u8>>: Error, Send);
assert_impl_all!(PutError<Rc<u8>>: Error);
assert_impl_all!(PutManyError<Rc<u8>>: Error);
assert_impl_all!(CapacityError: Error, Send, Sync);
assert_impl_all!(GetError: Error, Send, Sync);
assert_impl_all!(TooManyDone: Error, Send, Sync);

/// With the feature `diagnostics` each object has a name and a number beside.
#[cfg(not(feature = "diagnostics"))]
mod sizes {
    use super::*;
    use static_assertions::{assert_eq_size, const_assert};

    assert_eq_size!(RawLock, u32);
    assert_eq_size!(Event, u32);
    assert_eq_size!(Lock<()>, u32);
    assert_eq_size!(Lock<u32>, u64);
    assert_eq_size!(LockGuard<'static, u64>, usize);
    assert_eq_size!(Option<LockGuard<'static, u64>>, usize);
    assert_eq_size!(Option<OwnedLockGuard<u64>>, usize);
    #[cfg(target_pointer_width = "64")]
    const_assert!(size_of::<RLock<()>>() == 24);
    assert_eq_size!(RLockGuard<'static, u64>, Option<RLockGuard<'static, u64>>, usize);
    assert_eq_size!(Option<OwnedRLockGuard<u64>>, usize);
    #[cfg(target_pointer_width = "64")]
    const_assert!(size_of::<Condition>() == 40);
    #[cfg(target_pointer_width = "64")]
    const_assert!(size_of::<Semaphore>() == 104);
    assert_eq_size!(BoundedSemaphore, Semaphore);
    assert_eq_size!(Permit<'static>, OwnedPermit, [usize; 2]);
    assert_eq_size!(Result<Permit<'static>, Closed>, Result<OwnedPermit, Closed>, [usize; 2]);
    #[cfg(target_pointer_width = "64")]
    const_assert!(size_of::<Barrier>() == 104);
}

/// All of these can be `static`.
static _LOCK: Lock<Vec<u8>> = Lock::new(Vec::new());
static _RLOCK: RLock<Vec<u8>> = RLock::new(Vec::new());
static _RAW: RawLock = RawLock::new();
static _SEMAPHORE: Semaphore = Semaphore::new(3);
static _BOUNDED: BoundedSemaphore = BoundedSemaphore::new(3);
static _CONDITION: Condition = Condition::new();
static _EVENT: Event = Event::new();
static _BARRIER: Barrier = Barrier::new(3);
static _ACTING: Barrier = Barrier::with_action(3, (|| ()) as fn()).with_timeout(std::time::Duration::MAX);
static _QUEUE: Queue<String> = Queue::unbounded();
static _RENDEZVOUS: Rendezvous<String> = Rendezvous::new();
static _SIMPLE: SimpleQueue<String> = SimpleQueue::new();
static _LIFO: LifoQueue<String> = LifoQueue::unbounded();
static _PRIORITY: PriorityQueue<String> = PriorityQueue::unbounded();
/// With a name as well; it takes no room without the feature `diagnostics`.
static _NAMED: Lock<Vec<u8>> = Lock::new(Vec::new()).named("named");

/// R15, R19: the assertions above, and so this file, do not compile if a guard can be sent, or shared beyond what its value allows.
#[test]
fn r15_r19_the_assertions_above_compiled() {
    assert!(size_of::<RawLock>() == 4 || cfg!(feature = "diagnostics"));
}

// Nothing is poisoned, and no user code runs under an internal lock.
assert_impl_all!(Semaphore: std::panic::UnwindSafe, std::panic::RefUnwindSafe);
assert_impl_all!(BoundedSemaphore: std::panic::UnwindSafe, std::panic::RefUnwindSafe);
assert_impl_all!(Condition: std::panic::UnwindSafe, std::panic::RefUnwindSafe);
assert_impl_all!(Event: std::panic::UnwindSafe, std::panic::RefUnwindSafe);
assert_impl_all!(RawLock: std::panic::UnwindSafe, std::panic::RefUnwindSafe);
