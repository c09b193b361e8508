//! The models are able to fail: each line of [`Mutant`] is switched off in turn, and some model must notice.
//!
//! For each mutant the models that are made to notice it are tried, the cheapest first.

use crate::harness::{Bound, Model, Suite, Verdict, fails};
use crate::{condition, lock, queue, queue_end, semaphore};
use tollgate::model::{Mutant, Settings};

/// Where to look, and what it takes to see it.
struct Hunt {
    /// Models whose name begins so, in this order.
    names: &'static [&'static str],
    settings: Settings,
}

fn hunt(mutant: Mutant) -> Hunt {
    let base = Settings::default();
    let real = Settings { real_locks: true, ..base };
    let (names, settings): (&[_], _) = match mutant {
        Mutant::LockTimeoutIgnoresGrant => {
            (&["lock: Plainx2 | Timedx1"], Settings { too_long: true, ..real })
        }
        Mutant::LockReleaseWithoutWake
        | Mutant::LockSleeperUncounted
        | Mutant::LockAcquireRelaxed
        | Mutant::LockReleaseRelaxed => (&["lock: Plainx1 | Plainx1"], real),
        Mutant::LockWakingNeverCleared => (&["lock: Plainx1 | Plainx1 | Plainx1"], real),
        Mutant::GateNoPassOn => (&["semaphore(0): R32"], base),
        Mutant::GateTimeoutSwallowsWake => (&["semaphore(0): Timed of 1 | Plain of 1 | release(2)"], base),
        Mutant::GateWakingNeverCleared => (&["semaphore(0): Plain of 1 | Plain of 1 | release(2)"], base),
        Mutant::GateRmwWithoutFence
        | Mutant::GateWaiterWithoutFence
        | Mutant::GateNoSecondTry
        | Mutant::GateNotifyWithoutWake
        | Mutant::SemaphoreReleaseWithoutNotify
        | Mutant::SemaphoreAcquireRelaxed
        | Mutant::SemaphoreCloseWithoutWake => {
            (&["semaphore: Plain of 1 | release(1)", "semaphore: Plain of 1 | close"], base)
        }
        Mutant::LockSleepsAmidWake => (&["lock: Plainx4"], real),
        Mutant::GateVainWithoutLook => (&["semaphore(0): vain by turns"], base),
        // The notifier's last look at the waiter's links, against the waiter that rejoins.
        Mutant::GateNotifyRelaxed => (&["semaphore(0): Plain of 1 | release(1), Try"], base),
        Mutant::ConditionJoinsAfterUnlock
        | Mutant::ConditionNotifyWithoutWake
        | Mutant::ConditionTimeoutSwallowsNotify => (&["condition: "], base),
        Mutant::QueuePutWithoutNotify | Mutant::QueueGetWithoutNotify => {
            (&["queue(1): put Plain | get Plain", "queue(1), full: put Plain | get"], base)
        }
        Mutant::GateClearWithoutFence => (&["semaphore(0): Plain | Plain | release(1) x2"], base),
        Mutant::GateReleaseAllWithoutFence => {
            (&["queue(1): get Plain | shutdown", "semaphore: Plain of 1 | close"], base)
        }
        Mutant::QueueShutdownWithoutWake => (&["queue(1): get Plain | shutdown"], base),
        Mutant::QueueDoneWithoutNotify | Mutant::QueueDiscardUncounted => (&["queue: join"], base),
    };
    Hunt { names, settings: Settings { mutant: Some(mutant), ..settings } }
}

/// One trial for each mutant.
pub(crate) fn trials() -> Vec<(Mutant, Verdict)> {
    // shuttle knows no weak memory: it cannot see a missing ordering or fence.
    let weak = [
        Mutant::LockAcquireRelaxed,
        Mutant::LockReleaseRelaxed,
        Mutant::SemaphoreAcquireRelaxed,
        Mutant::GateNotifyRelaxed,
        Mutant::GateRmwWithoutFence,
        Mutant::GateClearWithoutFence,
        Mutant::GateReleaseAllWithoutFence,
        Mutant::GateWaiterWithoutFence,
    ];
    // What only shows with four threads is for shuttle.
    let large = [Mutant::GateVainWithoutLook, Mutant::LockSleepsAmidWake];
    Mutant::ALL
        .iter()
        .filter(|mutant| if cfg!(loom) { !large.contains(mutant) } else { !weak.contains(mutant) })
        .map(|&mutant| (mutant, Box::new(move || verdict(mutant)) as Verdict))
        .collect()
}

fn verdict(mutant: Mutant) -> Result<String, String> {
    let mut suite = Suite::default();
    lock::models(&mut suite);
    semaphore::models(&mut suite);
    condition::models(&mut suite);
    queue::models(&mut suite);
    queue_end::models(&mut suite);
    let Hunt { names, settings } = hunt(mutant);
    let usable = |model: &&Model| cfg!(shuttle) || model.bound != Bound::ShuttleOnly;
    for name in names {
        for model in suite.models.iter().filter(usable).filter(|model| model.name.starts_with(name)) {
            // Random schedules may need another draw; all interleavings do not.
            let draws = if cfg!(shuttle) { 20 } else { 1 };
            if (0..draws).any(|_| fails(&model.body, model.bound, settings)) {
                // A model that fails anyway notices nothing.
                let alone = Settings { mutant: None, ..settings };
                if fails(&model.body, model.bound, alone) {
                    return Err(format!("{} fails without the mutant", model.name));
                }
                return Ok(model.name.clone());
            }
        }
    }
    Err(format!("survived: no model among those named {names:?} notices it"))
}
