//! The one door to the outside.
//!
//! Everything above this module is plain code over atomics, cells, a futex, a clock and a spin hint; it takes all of
//! them from here and from nowhere else (`tests/the_platform_is_the_only_door.rs` greps for that). Three back ends of
//! one shape stand behind the door:
//!
//! | build | back end | futex | time-outs |
//! |---|---|---|---|
//! | ordinary, Linux | `os` | the kernel's, absolute `CLOCK_MONOTONIC` deadlines | the clock |
//! | ordinary, elsewhere, or `--cfg tollgate_portable` | `os` | a table of parked threads | the clock |
//! | `--cfg loom` | `model` | a table of model threads | a choice of the explorer |
//! | `--cfg shuttle` | `model` | the same | a random choice |
//!
//! # The shape
//!
//! * `atomic`: `AtomicU32`, `AtomicUsize`, `AtomicThreadId`, `Ordering`, `fence`.
//! * `UnsafeCell`: closure style (`with`, `with_mut`), so that loom can watch each access.
//! * `futex`: `wait`, `wake`, `requeue`, and `store_and_wake` on top of them.
//! * `Deadline`: when a wait ends. Nothing else may decide that time is up.
//! * `Stopwatch`: the "waited too long" decision of hand-offs. In a model, a setting.
//! * `thread_id`: a number for the calling thread that no other thread ever has.
//! * `nap`: a short sleep of who waits on another's unfinished operation. In a model, a yield.
//! * `Spin`: a bounded pause between two looks at a word. In a model, no spinning at all.
//! * `sc_handshake`: see there; the one place that leans on `SeqCst` accesses.
//! * `crowd_sizes`: how many sleepers share a word, and how many are woken at once. In a model, settings.
//! * `abstract_locks`: whether `RawLock` and `Latch` are replaced by their specification, `abstract_lock` (models only).
//! * `observer`: what the feature `diagnostics` needs beside; ordinary builds only.
//! * `torn_down`: whether destructors must leave everything alone (a failed model being unwound).
//! * `mutated`: whether one line is switched off (models only; how the models are shown to be able to fail).

#[cfg(all(loom, shuttle))]
compile_error!("choose one explorer: `--cfg loom` or `--cfg shuttle`");

#[cfg(not(any(loom, shuttle)))]
mod os;
#[cfg(not(any(loom, shuttle)))]
use os as back_end;

#[cfg(any(loom, shuttle))]
pub(crate) mod model;
#[cfg(any(loom, shuttle))]
use model as back_end;

pub(crate) mod abstract_lock;
pub(crate) mod futex;
mod patience;

pub(crate) use back_end::atomic;
#[cfg(all(target_has_atomic = "64", not(tollgate_one_latch)))]
pub(crate) use back_end::few_places;
pub(crate) use back_end::{
    Deadline, Spin, Stopwatch, ThreadId, UnsafeCell, abstract_locks, crowd_sizes, mutated, nap,
    rounds_of_serving, sc_handshake, thread_id, torn_down,
};
pub(crate) use patience::Patience;
pub(crate) use std::time::{Duration, Instant};

#[cfg(all(test, not(any(loom, shuttle))))]
pub(crate) use os::counted;
#[cfg(all(feature = "diagnostics", not(any(loom, shuttle))))]
pub(crate) use os::observer;

/// What a compare-exchange that has met another does before it loads the word again: a moment in which the others, who have the line, can do
/// several things. What it found is old by then, so the callers do not look at it.
#[cold]
pub(crate) fn after_clash() {
    Spin::for_clash().pause();
}

/// Looks whether `met`, again and again within the budget of `spin`. Not at once: the caller has looked.
#[inline]
pub(crate) fn spin_until(mut spin: Spin, mut met: impl FnMut() -> bool) -> bool {
    while spin.pause() {
        if met() {
            spin.ended(true);
            return true;
        }
    }
    spin.ended(false);
    false
}

/// How a futex wait ended. None of the three says that a wake was meant for the caller: look at the state again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    /// The word did not hold the expected value; the caller never slept.
    Changed,
    /// The deadline passed.
    TimedOut,
    /// Woken, or returned for no reason at all.
    MaybeWoken,
}

/// One line of the algorithms that a model can switch off, to show that some model then fails.
///
/// Outside the model back ends [`mutated`] is a constant `false`, and the switch compiles to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(any(loom, shuttle)), expect(unreachable_pub, reason = "public as `tollgate::model::Mutant`"))]
pub enum Mutant {
    /// `RawLock`: a waiter that gave up takes its count along but leaves a grant behind.
    LockTimeoutIgnoresGrant,
    /// `RawLock`: a woken waiter that found the lock taken leaves WAKING set.
    LockWakingNeverCleared,
    /// `RawLock`: a sleeper may fall asleep while a wake is in flight.
    LockSleepsAmidWake,
    /// `RawLock`: a release by another thread takes a lock that is being handed over for a held one.
    LockGrantReleased,
    /// `RawLock`: any sleeper may take a grant.
    LockGrantForAnyone,
    /// `RawLock`: a release by another thread takes a lock that is being passed to the heir for a held one.
    LockPassReleased,
    /// `RawLock`: an heir that gives up leaves behind what has just been passed to it.
    LockHeirLeavesPass,
    /// `RawLock`: a sleeper does not count itself.
    LockSleeperUncounted,
    /// `Gate`: no second try between joining the list and sleeping.
    GateNoSecondTry,
    /// `Gate`: a woken waiter does not pass the wake on.
    GateNoPassOn,
    /// `Gate`: a waiter that was picked and gave up swallows its notification.
    GateTimeoutSwallowsWake,
    /// `Gate`: a woken waiter leaves "wake in flight" set.
    GateWakingNeverCleared,
    /// `Gate`: a waiter that was woken in vain does not look whether the head can be served.
    GateVainWithoutLook,
    /// `Gate`: a notifier that has the gate's lock does not look again whether a wake is in flight.
    GateNoSecondLook,
    /// `Gate`: a newcomer at a closed gate does not see to it that the head is woken.
    GateNewcomerSilent,
    /// `Gate`: whoever gives up does not try once more.
    GateNoLastTry,
    /// `Gate`: a return from the futex counts as a notification.
    GateTrustsWake,
    /// `Crowd`: a notification leaves the word that its waiters sleep on as it is.
    CrowdUnchanged,
    /// `Crowd`: moved waiters are not counted in as sleepers of the lock.
    CrowdMovedUncounted,
    /// `Crowd`: one sleeper of the lock more than waiters are moved is counted in.
    CrowdMovedCountedTwice,
    /// `Crowd`: a waiter that sleeps on its own word listens on all channels, and may be moved to the lock's word.
    CrowdListensForGrant,
    /// `Crowd`: a waiter that is moved from its own word does not wait for the notifier.
    CrowdMovedAloneGoesOn,
    /// `Crowd`: waiters are moved though others have been told and not yet woken.
    CrowdMovesAmidWake,
    /// `Crowd`: after a move the notifier does not look at the lock.
    CrowdMovedUnseen,
    /// `Crowd`: the last of the moved waiters does not wait for the notifier.
    CrowdLastGoesOn,
    /// `Gate`: who has served somebody does not say so.
    GateServesSilently,
    /// `Gate`: who serves a line stops after one.
    GateServesOneWaiter,
    /// `Gate`: who joins a line that is served does not look whether its errand can be run.
    GateServedJoinsBlindly,
    /// `Gate`: whose errand was run by itself tells nobody that the state has changed.
    GateServedTellsNobody,
    /// `Gate`: who waits for an event takes a release for it.
    GateTrustsRelease,
    /// `RLock`: the last release leaves the owner's name behind.
    RLockOwnerStays,
    /// `RLock`: the owner's name is taken away after the release.
    RLockOwnerClearedLate,
    /// `RLock`: whoever the owner is, the caller takes itself for it.
    RLockOwnerNotCompared,
    /// `RLock`: a waiter does not say that it is the owner again.
    RLockOwnerNotRestored,
    /// `RLock`: a waiter comes back at depth 1.
    RLockDepthNotRestored,
    /// `RLock`: nobody is told that the outer guards of a waiter still lend the value.
    RLockLentUncounted,
    /// `Semaphore`: `release` does not tell the gate.
    SemaphoreReleaseWithoutNotify,
    /// `Semaphore`: `close` does not wake.
    SemaphoreCloseWithoutWake,
    /// `Semaphore`: a release that has lost a race does not look at the bound again.
    SemaphoreBoundSeenOnce,
    /// `Condition`: the waiter joins the list only after it has released the lock.
    ConditionJoinsAfterUnlock,
    /// `Condition`: `notify` finds its waiter and drops it.
    ConditionNotifyWithoutWake,
    /// `Condition`: a waiter whose time ran out does not look whether it was notified.
    ConditionTimeoutSwallowsNotify,
    /// `Condition`: a timed wait on a predicate does not ask it again when the time is up.
    ConditionNoLastLook,
    /// `Epoch`: a sleeper does not say so.
    EpochSleepsUnannounced,
    /// `Epoch`: a return from the futex counts as the epoch's end.
    EpochTrustsWake,
    /// `Event`: `clear` goes back to the epoch before the `set`.
    EventClearKeepsEpoch,
    /// `Event`: `set` on a set event is a look.
    EventSetOnlyLooks,
    /// `Barrier`: a newcomer joins a round that is full and waits for its action.
    BarrierJoinsFullRound,
    /// `Barrier`: who is out of time does not look whether its round is over.
    BarrierTimeoutBreaksLaterRound,
    /// `Barrier`: who is out of time breaks a round that waits for its action alone.
    BarrierTimeoutBreaksFullRound,
    /// `Barrier`: when the action has run nobody looks whether its round is over.
    BarrierActionEndsLaterRound,
    /// `Barrier`: an action that panics leaves the others waiting.
    BarrierPanicBreaksNothing,
    /// `Barrier`: waiters are told before the lock is released.
    BarrierTellsUnderLock,
    /// `Queue`: `put` does not look again, in its section, whether the queue was shut down.
    QueuePutsAfterShutdown,
    /// `Queue`: `put` does not look again, in its section, whether there is room.
    QueuePutsBeyondCapacity,
    /// `Queue`, by two latches: who finds nothing at its own end does not look at the other one.
    QueueSaysNoAtOnce,
    /// `Queue`: `put` does not tell the getters.
    QueuePutWithoutNotify,
    /// `Queue`: `get` does not tell the putters.
    QueueGetWithoutNotify,
    /// `Queue`, with few places: who has served those who wait on one side leaves the other side alone.
    QueueServesOneSide,
    /// `Gate`: a waiter that was served and is to go on does not.
    GateServedStops,
    /// `Gate`: the same, of one whose time has run out.
    GateServedLateStops,
    /// `Gate`: who is to leave what follows to others does so, though it has served nobody to the end.
    GatePassesOnToNobody,
    /// `Queue`: `set_capacity` does not tell the putters.
    QueueCapacityWithoutNotify,
    /// `Queue`: the last `task_done` does not tell the joiners.
    QueueDoneWithoutNotify,
    /// `Queue`, under one latch: nobody counts how often there was no task.
    LedgerIdleUncounted,
    /// The same, with a latch at each end.
    EndsIdleUncounted,
    /// `Queue`: `shutdown` does not wake those who wait.
    QueueShutdownWithoutWake,
    /// `channel`: the last sender does not shut the queue down.
    ChannelSendersLeaveOpen,
    /// `channel`: the last receiver leaves the items where they are.
    ChannelReceiversLeaveItems,
    /// `Queue`: items discarded by `shutdown` are not counted as done.
    QueueDiscardUncounted,
    /// `Rendezvous`: who finds a getter in line hands it an item and does not tell it.
    RendezvousServesSilently,
    /// The same at a putter's second look.
    RendezvousServesSilentlyLate,
    /// `Rendezvous`: who takes items from putters in line does not tell them.
    RendezvousCollectsSilently,
    /// The same at a getter's second look.
    RendezvousCollectsSilentlyLate,
    /// `Rendezvous`: `shutdown` does not tell the putters in line.
    RendezvousRefusesPuttersSilently,
    /// `Rendezvous`: `shutdown` does not tell the getters in line.
    RendezvousRefusesGettersSilently,
    /// `Rendezvous`: a putter lines up without looking, in the same section, whether a getter is in line.
    RendezvousPutterLooksOnce,
    /// `Rendezvous`: a getter lines up without looking, in the same section, whether a putter is in line.
    RendezvousGetterLooksOnce,
    /// `Rendezvous`: whoever's time is up has not been met, though it was taken out of its line.
    RendezvousTimeoutTakesBack,
    /// `Rendezvous`: the request of a getter whose time is up stays.
    RendezvousRequestStays,
    /// `Rendezvous`: the last `task_done` does not tell the joiners.
    RendezvousDoneWithoutNotify,
    /// `Rendezvous`: nobody counts how often there was no task.
    RendezvousIdleUncounted,
    /// `LifoQueue`, without a latch: a look takes head and depth for those of one moment without loading the head again.
    StackLooksOnce,
    /// The same: "not now" is said by a load alone.
    StackSaysNoAtOnce,
    /// The same: a new capacity is stored where the old one is.
    StackCapacityInPlace,
    /// `Queue`, without a latch: "not now" is said by a load alone.
    LinkedSaysNoAtOnce,
    /// The same: who says "full" does not look again whether the capacity was set.
    LinkedFullSeenOnce,
    /// The same: a new capacity is stored where the old one is.
    LinkedCapacityInPlace,
    /// The same: a get goes on past the tail.
    LinkedLeavesTailBehind,
    /// The same: a look takes head and tail for those of one moment without loading the head again.
    LinkedLooksOnce,
    /// Tasks without a latch: nobody counts how often there was none.
    TasksIdleUncounted,
    /// The same: a put that failed takes the last task back and does not tell the joiners.
    TasksTakenBackInSilence,
    /// `Ring`: nobody moves on a position that another thread has left lagging.
    #[cfg(feature = "experimental_cores")]
    RingHelpsNobody,
    /// `Ring`: `len` does not look again whether the tail's slot was filled meanwhile.
    #[cfg(feature = "experimental_cores")]
    RingLenLooksOnce,
    /// `Claimed`: "full" and "empty" are said by the turn alone, as in Vyukov's queue.
    #[cfg(feature = "experimental_cores")]
    ClaimedTrustsTurns,
    /// `Claimed`: an operation does not look whether its position is the newest before it waits, nor before it counts.
    #[cfg(feature = "experimental_cores")]
    ClaimedLooksOnce,
    /// A memory ordering, a fence or a wake, by its place in the source.
    #[cfg(any(loom, shuttle))]
    Site(model::Site, model::Change),
}

impl Mutant {
    /// Every mutant but those of [`model::Site`]s, which [`model::recorded`] finds.
    #[cfg(any(loom, shuttle))]
    pub const ALL: &[Mutant] = &[
        Mutant::LockTimeoutIgnoresGrant,
        Mutant::LockWakingNeverCleared,
        Mutant::LockSleepsAmidWake,
        Mutant::LockGrantReleased,
        Mutant::LockGrantForAnyone,
        Mutant::LockPassReleased,
        Mutant::LockHeirLeavesPass,
        Mutant::LockSleeperUncounted,
        Mutant::GateNoSecondTry,
        Mutant::GateNoPassOn,
        Mutant::GateTimeoutSwallowsWake,
        Mutant::GateWakingNeverCleared,
        Mutant::GateVainWithoutLook,
        Mutant::GateNoSecondLook,
        Mutant::GateNewcomerSilent,
        Mutant::GateNoLastTry,
        Mutant::GateTrustsWake,
        Mutant::CrowdUnchanged,
        Mutant::CrowdMovedUncounted,
        Mutant::CrowdMovedCountedTwice,
        Mutant::CrowdListensForGrant,
        Mutant::CrowdMovedAloneGoesOn,
        Mutant::CrowdMovesAmidWake,
        Mutant::CrowdMovedUnseen,
        Mutant::CrowdLastGoesOn,
        Mutant::GateServesSilently,
        Mutant::GateServesOneWaiter,
        Mutant::GateServedJoinsBlindly,
        Mutant::GateServedTellsNobody,
        Mutant::GateTrustsRelease,
        Mutant::RLockOwnerStays,
        Mutant::RLockOwnerClearedLate,
        Mutant::RLockOwnerNotCompared,
        Mutant::RLockOwnerNotRestored,
        Mutant::RLockDepthNotRestored,
        Mutant::RLockLentUncounted,
        Mutant::SemaphoreReleaseWithoutNotify,
        Mutant::SemaphoreCloseWithoutWake,
        Mutant::SemaphoreBoundSeenOnce,
        Mutant::ConditionJoinsAfterUnlock,
        Mutant::ConditionNotifyWithoutWake,
        Mutant::ConditionTimeoutSwallowsNotify,
        Mutant::ConditionNoLastLook,
        Mutant::EpochSleepsUnannounced,
        Mutant::EpochTrustsWake,
        Mutant::EventClearKeepsEpoch,
        Mutant::EventSetOnlyLooks,
        Mutant::BarrierJoinsFullRound,
        Mutant::BarrierTimeoutBreaksLaterRound,
        Mutant::BarrierTimeoutBreaksFullRound,
        Mutant::BarrierActionEndsLaterRound,
        Mutant::BarrierPanicBreaksNothing,
        Mutant::BarrierTellsUnderLock,
        Mutant::QueuePutsAfterShutdown,
        Mutant::QueuePutsBeyondCapacity,
        Mutant::QueueSaysNoAtOnce,
        Mutant::QueuePutWithoutNotify,
        Mutant::QueueGetWithoutNotify,
        Mutant::QueueServesOneSide,
        Mutant::GateServedStops,
        Mutant::GateServedLateStops,
        Mutant::GatePassesOnToNobody,
        Mutant::QueueCapacityWithoutNotify,
        Mutant::QueueDoneWithoutNotify,
        Mutant::LedgerIdleUncounted,
        Mutant::EndsIdleUncounted,
        Mutant::QueueShutdownWithoutWake,
        Mutant::ChannelSendersLeaveOpen,
        Mutant::ChannelReceiversLeaveItems,
        Mutant::QueueDiscardUncounted,
        Mutant::RendezvousServesSilently,
        Mutant::RendezvousServesSilentlyLate,
        Mutant::RendezvousCollectsSilently,
        Mutant::RendezvousCollectsSilentlyLate,
        Mutant::RendezvousRefusesPuttersSilently,
        Mutant::RendezvousRefusesGettersSilently,
        Mutant::RendezvousPutterLooksOnce,
        Mutant::RendezvousGetterLooksOnce,
        Mutant::RendezvousTimeoutTakesBack,
        Mutant::RendezvousRequestStays,
        Mutant::RendezvousDoneWithoutNotify,
        Mutant::RendezvousIdleUncounted,
        Mutant::StackLooksOnce,
        Mutant::StackSaysNoAtOnce,
        Mutant::StackCapacityInPlace,
        Mutant::LinkedSaysNoAtOnce,
        Mutant::LinkedFullSeenOnce,
        Mutant::LinkedCapacityInPlace,
        Mutant::LinkedLeavesTailBehind,
        Mutant::LinkedLooksOnce,
        Mutant::TasksIdleUncounted,
        Mutant::TasksTakenBackInSilence,
        #[cfg(feature = "experimental_cores")]
        Mutant::RingHelpsNobody,
        #[cfg(feature = "experimental_cores")]
        Mutant::RingLenLooksOnce,
        #[cfg(feature = "experimental_cores")]
        Mutant::ClaimedTrustsTurns,
        #[cfg(feature = "experimental_cores")]
        Mutant::ClaimedLooksOnce,
    ];
}
