//! The models are able to fail: one line of the library is made wrong at a time, and some model must notice.
//!
//! Two kinds of mutants. [`Mutant`]s of logic (a second look, a count, a passing on) are switches in the code. Mutants of memory
//! orderings, fences and wakes need none: every call of the platform that names an ordering, makes a fence or wakes is a
//! [`Site`] known by its place in the source; each is weakened by one step, or left out. A first short run of all models
//! finds the sites, and they are compared with the orderings that the source names.
//!
//! What no model notices has to be in [`UNNOTICED`], with the reason; in a full run those are tried too, and a reason that is
//! refuted is a failure.

use crate::harness::{Bound, Model, Suite, Verdict, fails, glance, hunts};
use crate::source::{self, Place, from_root};
use crate::{
    barrier, channel, condition, cores, crowd, event, lock, lock_free, queue, queue_end, queue_orders,
    queue_served, rendezvous, rlock, semaphore, semaphore_permits,
};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, atomic::Ordering::Relaxed};
use tollgate::model::{Change, Mutant, Part, Settings, Site, recorded};
use tollgate_loom_tests::runner::full;

/// A change that no model notices, and why.
struct Unnoticed {
    file: &'static str,
    /// Part of the line of the call.
    code: &'static str,
    /// What is done to it; `None`: whatever is.
    change: Option<&'static str>,
    reason: Reason,
}

/// Why no model notices a change.
#[derive(Clone, Copy)]
enum Reason {
    /// It makes no difference.
    Equivalent(&'static str),
    /// It is beyond the models, and `checker` notices it by C++20's rules.
    Checker(&'static str),
    /// It is beyond the models, and the essay of its file says why it is needed: weaker than a check, and listed apart.
    Argued(&'static str),
}

const UNNOTICED: &[Unnoticed] = &[
    Unnoticed {
        file: "gate/mod.rs",
        code: "if is_to_be_told(self.word.load(SeqCst)) {",
        change: None,
        reason: Reason::Checker("in models a fence stands in for it"),
    },
    Unnoticed {
        file: "gate/mod.rs",
        code: "fence(SeqCst); // For those whose `arrived` takes no lock.",
        change: None,
        reason: Reason::Equivalent(
            "the one event so far, `join`, is looked for under the queue's latch, or by a read-modify-write of the count of tasks, which orders it; `checker` says the same of a latch",
        ),
    },
    Unnoticed {
        file: "gate/crowd.rs",
        code: "self.parked.fetch_add(",
        change: None,
        reason: Reason::Checker("to loom a read-modify-write of the own word reads the newest"),
    },
    Unnoticed {
        file: "gate/crowd.rs",
        code: "self.crowd.parked.load(Acquire)",
        change: None,
        reason: Reason::Checker("the other half of that"),
    },
    Unnoticed {
        file: "gate/crowd.rs",
        code: "self.waking.load(Acquire)",
        change: None,
        reason: Reason::Argued("puts the move after the wake that it read the end of"),
    },
    Unnoticed {
        file: "gate/crowd.rs",
        code: "self.waking.fetch_sub(1, Release)",
        change: None,
        reason: Reason::Argued("the other half of that"),
    },
    Unnoticed {
        file: "queue/channel.rs",
        code: "fence(Acquire);",
        change: None,
        reason: Reason::Argued(
            "in models the fence that stands in for the publication of the shutdown acquires as well; in life nothing else does",
        ),
    },
    Unnoticed {
        file: "queue/lock_free/slab.rs",
        code: "let taken = self.free.compare_exchange(",
        change: Some("Relaxed"),
        reason: Reason::Argued(
            "as in `take`; here it takes a third thread, whose nodes are in a block that was made meanwhile",
        ),
    },
    Unnoticed {
        file: "queue/cores/",
        code: "compare_exchange(head, new, SeqCst, Relaxed)",
        change: Some("AcqRel"),
        reason: Reason::Checker("in models a fence stands in for it"),
    },
    Unnoticed {
        file: "queue/cores/",
        code: "compare_exchange(head, new, SeqCst, Relaxed)",
        change: Some("Release"),
        reason: Reason::Equivalent("a push reads nothing that others have written"),
    },
    Unnoticed {
        file: "queue/cores/",
        code: "compare_exchange(head, new, SeqCst, Acquire)",
        change: Some("AcqRel"),
        reason: Reason::Checker("in models a fence stands in for it"),
    },
    Unnoticed {
        file: "queue/cores/",
        code: "compare_exchange(head, new, SeqCst, Acquire)",
        change: Some("Acquire"),
        reason: Reason::Equivalent("the load before it acquired, and a pop publishes nothing by the head"),
    },
    Unnoticed {
        file: "queue/cores/",
        code: "compare_exchange(head, new, SeqCst, Acquire)",
        change: Some("Release"),
        reason: Reason::Equivalent("the load before it acquired, and a pop publishes nothing by the head"),
    },
    Unnoticed {
        file: "queue/cores/",
        code: "compare_exchange(word, full, SeqCst, Relaxed)",
        change: Some("AcqRel"),
        reason: Reason::Checker("in models a fence stands in for it"),
    },
    Unnoticed {
        file: "queue/cores/",
        code: "compare_exchange(word, full, SeqCst, Relaxed)",
        change: Some("Release"),
        reason: Reason::Equivalent("a push reads nothing that others have written"),
    },
    Unnoticed {
        file: "queue/cores/",
        code: "compare_exchange(word, empty, SeqCst, Relaxed)",
        change: Some("AcqRel"),
        reason: Reason::Checker("in models a fence stands in for it"),
    },
    Unnoticed {
        file: "queue/cores/",
        code: "compare_exchange(word, empty, SeqCst, Relaxed)",
        change: Some("Release"),
        reason: Reason::Equivalent("the load before it acquired"),
    },
    Unnoticed {
        file: "queue/cores/claimed.rs",
        code: "compare_exchange(tail, next, SeqCst, Relaxed)",
        change: Some("AcqRel"),
        reason: Reason::Checker("in models a fence stands in for it"),
    },
    Unnoticed {
        file: "queue/cores/claimed.rs",
        code: "compare_exchange(tail, next, SeqCst, Relaxed)",
        change: Some("Release"),
        reason: Reason::Equivalent("it follows on the store that was loaded, with Acquire"),
    },
    Unnoticed {
        file: "queue/cores/claimed.rs",
        code: "compare_exchange(head, next, SeqCst, Relaxed)",
        change: Some("AcqRel"),
        reason: Reason::Checker("in models a fence stands in for it"),
    },
    Unnoticed {
        file: "queue/cores/claimed.rs",
        code: "compare_exchange(head, next, SeqCst, Relaxed)",
        change: Some("Release"),
        reason: Reason::Equivalent("it follows on the store that was loaded, with Acquire"),
    },
    Unnoticed {
        file: "semaphore/core.rs",
        code: "word + count * PERMIT, SeqCst",
        change: Some("AcqRel"),
        reason: Reason::Checker("in models a fence stands in for it"),
    },
    Unnoticed {
        file: "semaphore/core.rs",
        code: "word + count * PERMIT, SeqCst",
        change: Some("Release"),
        reason: Reason::Equivalent("who releases reads nothing that others have written"),
    },
];

/// Switches of logic that no model notices, and why.
const UNNOTICED_LOGIC: &[(Mutant, Reason)] = &[(
    Mutant::GateNewcomerSilent,
    Reason::Checker(
        "takes a stale read after three preemptions of three threads, more executions than a hunt has",
    ),
)];

/// What became of the mutants.
#[derive(Default)]
pub(crate) struct Tally {
    killed: usize,
    equivalent: Vec<String>,
    checker: Vec<String>,
    argued: Vec<String>,
    survived: Vec<String>,
}

impl Tally {
    /// The last lines of the report, if any mutant was tried.
    pub(crate) fn print(&self) {
        let (killed, equivalent) = (self.killed, self.equivalent.len());
        let (checker, survived) = (self.checker.len(), self.survived.len());
        let argued = self.argued.len();
        let all = killed + equivalent + checker + argued + survived;
        if all == 0 {
            return;
        }
        println!(
            "{all} mutants, {killed} killed, {checker} left to the checker, {argued} argued, {equivalent} equivalent, {survived} survived"
        );
        let lists = [
            ("equivalent", &self.equivalent),
            ("checker", &self.checker),
            ("argued", &self.argued),
            ("survived", &self.survived),
        ];
        for (what, lines) in lists {
            lines.iter().for_each(|line| println!("  {what}: {line}"));
        }
    }
}

/// Where a mutant of logic is looked for first: the beginnings of names, and settings if those of the models do not do.
fn hunt(mutant: Mutant) -> (&'static [&'static str], Option<Settings>) {
    let base = Settings::default();
    let real = Settings { real_locks: true, ..base };
    match mutant {
        Mutant::LockTimeoutIgnoresGrant => {
            (&["lock: Plainx2 | Timedx1"], Some(Settings { too_long: true, ..real }))
        }
        Mutant::LockGrantReleased => (&["raw lock: a grant is not released"], None),
        Mutant::LockGrantForAnyone => (&["raw lock: nobody gets past"], None),
        Mutant::LockPassReleased => (&["raw lock: acquire x2"], None),
        Mutant::LockHeirLeavesPass => (&["lock: Plainx1 | Plainx1"], None),
        Mutant::LockSleeperUncounted => (&["lock: Plainx1 | Plainx1"], None),
        Mutant::LockWakingNeverCleared => (&["lock: Plainx1 | Plainx1 | Plainx1"], None),
        Mutant::LockSleepsAmidWake => (&["lock: Plainx4"], None),
        Mutant::RLockOwnerStays | Mutant::RLockOwnerClearedLate | Mutant::RLockOwnerNotCompared => {
            (&["rlock: Plain | Plain"], None)
        }
        Mutant::RLockOwnerNotRestored | Mutant::RLockDepthNotRestored | Mutant::RLockLentUncounted => {
            (&["rlock: wait_all"], None)
        }
        Mutant::GateNoPassOn => (&["semaphore(0): R32"], None),
        Mutant::GateTimeoutSwallowsWake => (&["semaphore(0): Timed of 1 | Plain of 1 | release(2)"], None),
        Mutant::GateWakingNeverCleared => (&["semaphore(0): Plain of 1 | Plain of 1 | release(2)"], None),
        Mutant::GateNoSecondTry
        | Mutant::SemaphoreReleaseWithoutNotify
        | Mutant::SemaphoreCloseWithoutWake => {
            (&["semaphore: Plain of 1 | release(1)", "semaphore: Plain of 1 | close"], None)
        }
        Mutant::SemaphoreBoundSeenOnce => (&["bounded semaphore(1), one out: release"], None),
        Mutant::GateVainWithoutLook => (&["semaphore(0): vain by turns"], None),
        Mutant::GateNoLastTry => (&["queue: get | put, try_get, put x3"], None),
        Mutant::GateNewcomerSilent => (&["semaphore", "queue"], None),
        Mutant::GateServesSilently | Mutant::GateServedJoinsBlindly => {
            (&["queue(1): put Plain | get Plain", "queue(1), full: put Plain | get"], None)
        }
        Mutant::GateServesOneWaiter => (&["queue(2 in a line"], None),
        Mutant::GateServedTellsNobody | Mutant::QueueServesOneSide | Mutant::GateServedStops => {
            (&["queue(1): two put"], None)
        }
        Mutant::GateServedLateStops => (&["queue(1), full: get | get | put Timed"], None),
        Mutant::GatePassesOnToNobody => (&["queue(1), full: put_many(2)"], None),
        Mutant::GateTrustsRelease => (&["queue: task_done | put, join_timeout"], None),
        Mutant::LedgerIdleUncounted => (&["queue(1): join"], None),
        Mutant::EndsIdleUncounted => (&["queue(2): join"], None),
        Mutant::QueueDoneWithoutNotify | Mutant::QueueDiscardUncounted => (&["queue: join"], None),
        Mutant::ConditionJoinsAfterUnlock
        | Mutant::ConditionNotifyWithoutWake
        | Mutant::ConditionTimeoutSwallowsNotify
        | Mutant::ConditionNoLastLook
        | Mutant::GateTrustsWake => (&["condition: "], None),
        Mutant::CrowdMovesAmidWake => (&["condition: notified before"], None),
        Mutant::CrowdMovedUnseen => (&["condition: released during the move"], None),
        Mutant::CrowdMovedCountedTwice => (&["condition: wait_while, lock"], None),
        Mutant::CrowdListensForGrant => (&["condition: a grant"], None),
        Mutant::CrowdMovedAloneGoesOn => (&["condition: told, and moved"], None),
        Mutant::CrowdLastGoesOn => (&["condition: the waiter frees the lock"], None),
        Mutant::CrowdUnchanged | Mutant::CrowdMovedUncounted => {
            (&["condition: two wait_while | notify_all", "condition: wait_while, lock"], None)
        }
        Mutant::QueuePutWithoutNotify | Mutant::QueueGetWithoutNotify => {
            (&["queue(1): put Plain | get Plain", "queue(1), full: put Plain | get"], None)
        }
        Mutant::QueueSaysNoAtOnce => (&["queue: put here"], None),
        Mutant::QueueCapacityWithoutNotify => (&["queue(1 of 2), full: put Plain"], None),
        Mutant::ChannelSendersLeaveOpen => (&["queue, channel: get | drop"], None),
        Mutant::ChannelReceiversLeaveItems => (&["queue, channel: put, put | drop"], None),
        Mutant::QueueShutdownWithoutWake => (&["queue(1): get Plain | shutdown"], None),
        Mutant::QueuePutsAfterShutdown => (&["queue(1), full: put Plain | shutdown", "queue(1): put"], None),
        Mutant::QueuePutsBeyondCapacity => (&["queue(1): two try_put"], None),
        Mutant::GateNoSecondLook => (&["semaphore", "queue"], None),
        Mutant::EpochSleepsUnannounced => (&["event: Plain | write, set"], None),
        Mutant::EpochTrustsWake => (&["event: wait, no reason"], Some(Settings { spurious: 1, ..base })),
        Mutant::EventClearKeepsEpoch => (&["event: Plain x1 | set, clear"], None),
        Mutant::EventSetOnlyLooks => (&["event, set: clear, look"], None),
        Mutant::BarrierJoinsFullRound => (&["barrier(2), action: three Timed"], None),
        Mutant::BarrierTimeoutBreaksLaterRound => (&["barrier(2): Plain | Timed"], None),
        Mutant::BarrierTimeoutBreaksFullRound => (&["barrier(2), action: Timed | Plain"], None),
        Mutant::BarrierActionEndsLaterRound => (&["barrier(1), action: Plain | abort"], None),
        Mutant::BarrierPanicBreaksNothing => (&["barrier(2), action panics"], None),
        Mutant::BarrierTellsUnderLock => (&["barrier(2): R41"], None),
        Mutant::RendezvousServesSilently
        | Mutant::RendezvousServesSilentlyLate
        | Mutant::RendezvousCollectsSilently
        | Mutant::RendezvousCollectsSilentlyLate
        | Mutant::RendezvousPutterLooksOnce
        | Mutant::RendezvousGetterLooksOnce
        | Mutant::RendezvousTimeoutTakesBack
        | Mutant::RendezvousRequestStays => (&["rendezvous: "], None),
        Mutant::RendezvousRefusesPuttersSilently => (&["rendezvous: put, Plain | shutdown"], None),
        Mutant::RendezvousRefusesGettersSilently => (&["rendezvous: get, Plain | shutdown"], None),
        Mutant::RendezvousIdleUncounted => (&["rendezvous: put, join | get, task_done, get"], None),
        Mutant::RendezvousDoneWithoutNotify => (&["rendezvous: put, join"], None),
        Mutant::StackLooksOnce => (&["lock-free lifo(3)"], None),
        Mutant::StackSaysNoAtOnce => (&["lock-free lifo: put here"], None),
        Mutant::StackCapacityInPlace => (&["lock-free lifo(2), one: set_capacity"], None),
        Mutant::LinkedSaysNoAtOnce => (&["lock-free fifo: put here"], None),
        Mutant::LinkedFullSeenOnce => (&["lock-free fifo(1 of 2), full: put"], None),
        Mutant::LinkedCapacityInPlace => (&["lock-free fifo(2), one: set_capacity"], None),
        Mutant::LinkedLeavesTailBehind => (&["lock-free fifo"], None),
        Mutant::LinkedLooksOnce => (&["lock-free fifo(3)"], None),
        Mutant::TasksIdleUncounted => (&["lock-free lifo: join | task_done, put"], None),
        Mutant::TasksTakenBackInSilence => (&["lock-free lifo: put"], None),
        Mutant::RingHelpsNobody => (&["core ring(1): push"], None),
        Mutant::RingLenLooksOnce => (&["core ring(3)"], None),
        Mutant::ClaimedTrustsTurns => (&["core claimed(1): push | push, pop"], None),
        Mutant::ClaimedLooksOnce => (&["core claimed"], None),
        Mutant::Site(..) => (&[], None),
    }
}

/// The models that use the code of a file, by the beginnings of their names.
fn users(file: &str) -> &'static [&'static str] {
    match file {
        "src/raw_lock.rs" | "src/lock.rs" => &["lock: ", "raw lock: ", "condition: "],
        "src/raw_rlock.rs" | "src/rlock.rs" => &["rlock: "],
        file if file.starts_with("src/semaphore/") => &["semaphore", "bounded semaphore"],
        "src/condition.rs" => &["condition: "],
        "src/epoch.rs" => &["event", "barrier"],
        "src/event.rs" => &["event"],
        "src/gate/list.rs" => &["semaphore", "condition: ", "barrier"],
        file if file.starts_with("src/barrier/") => &["barrier"],
        "src/queue/lock_free/slab.rs" => &["lock-free", "core ring"],
        file if file.starts_with("src/queue/lock_free/stack/") => &["lock-free lifo"],
        file if file.starts_with("src/queue/lock_free/linked/") => &["lock-free fifo"],
        file if file.starts_with("src/queue/lock_free/") => &["lock-free"],
        "src/queue/cores/ring.rs" => &["core ring"],
        "src/queue/cores/claimed.rs" => &["core claimed"],
        file if file.starts_with("src/queue/rendezvous/") => &["rendezvous"],
        "src/queue/channel.rs" => &["queue, channel"],
        file if file.starts_with("src/queue/") => &["queue"],
        _ => &["semaphore", "condition: ", "queue"],
    }
}

fn suite() -> Vec<Model> {
    let mut suite = Suite::default();
    lock::models(&mut suite);
    rlock::models(&mut suite);
    semaphore::models(&mut suite);
    semaphore_permits::models(&mut suite);
    condition::models(&mut suite);
    crowd::models(&mut suite);
    event::models(&mut suite);
    barrier::models(&mut suite);
    queue::models(&mut suite);
    queue_end::models(&mut suite);
    queue_orders::models(&mut suite);
    queue_served::models(&mut suite);
    channel::models(&mut suite);
    lock_free::models(&mut suite);
    cores::models(&mut suite);
    rendezvous::models(&mut suite);
    suite.models.retain(|model| cfg!(shuttle) || model.bound != Bound::ShuttleOnly);
    suite.models
}

/// All sites that the models come by in their first executions, in the order of the source.
fn sites() -> Vec<Site> {
    let mut sites = recorded(|| {
        for model in suite() {
            for &settings in &model.settings {
                glance(&model.body, settings);
            }
        }
    });
    // The futex of the models is no part of the library.
    sites.retain(|site| !site.file.contains("platform"));
    sites.sort_by_key(|site| (from_root(site.file), site.line, site.column));
    sites
}

/// Where the orderings named in the source and those that models come by are not the same: calls that no model makes, orderings
/// that are no argument of a call, sites without a call in the source.
fn misfits(sites: &[Site], texts: &BTreeMap<String, String>) -> Vec<String> {
    let mut named: BTreeMap<(&str, Place), [Vec<String>; 2]> = BTreeMap::new();
    for (file, text) in texts {
        for (place, orderings) in source::orderings(text) {
            named.entry((file, place)).or_default()[0] = orderings;
        }
    }
    for site in sites {
        let (Part::Load(order)
        | Part::Store(order)
        | Part::ReadModifyWrite(order)
        | Part::Failure(order)
        | Part::Fence(order)) = site.part
        else {
            continue;
        };
        if order != Relaxed {
            let place = (from_root(site.file), (site.line, site.column));
            named.entry(place).or_default()[1].push(format!("{order:?}"));
        }
    }
    let misfits = named.into_iter().filter_map(|((file, (line, column)), [mut here, mut reached])| {
        here.sort();
        reached.sort();
        (here != reached).then(|| format!("{file}:{line}:{column}: named {here:?}, reached {reached:?}"))
    });
    misfits.collect()
}

/// One trial for each mutant, one for the completeness of the list, and the tally that they fill.
pub(crate) fn trials() -> (Vec<(String, Verdict)>, Arc<Mutex<Tally>>) {
    let tally = Arc::new(Mutex::new(Tally::default()));
    let mut trials: Vec<(String, Verdict)> = Vec::new();
    // What only shows with four threads, or with a deadline that has passed, is for shuttle.
    let large = [
        Mutant::GateVainWithoutLook,
        Mutant::LockSleepsAmidWake,
        Mutant::GateNoLastTry,
        Mutant::GateNoSecondLook,
    ];
    // Random schedules, and sequential consistency, do not come by these.
    let small = [
        Mutant::CrowdLastGoesOn,
        Mutant::RLockOwnerStays,
        Mutant::EventSetOnlyLooks,
        Mutant::QueueSaysNoAtOnce,
        Mutant::StackSaysNoAtOnce,
        Mutant::LinkedSaysNoAtOnce,
        Mutant::LinkedFullSeenOnce,
    ];
    let skipped: &[Mutant] = if cfg!(shuttle) { &small } else { &large };
    for &mutant in Mutant::ALL.iter().filter(|mutant| !skipped.contains(mutant)) {
        let (names, settings) = hunt(mutant);
        let reason = UNNOTICED_LOGIC.iter().find(|(known, _)| *known == mutant).map(|&(_, reason)| reason);
        trials.push(trial(format!("{mutant:?}"), mutant, names, settings, reason, &tally));
    }
    let sites = sites();
    let texts = source::texts();
    for &site in &sites {
        let file = from_root(site.file);
        let code = texts[file].lines().nth(site.line as usize - 1).unwrap_or_default().trim().to_owned();
        for change in site.changes() {
            // shuttle knows no weak memory: it cannot see a missing ordering or fence.
            if cfg!(shuttle) && site.part != Part::Wake {
                continue;
            }
            let done = match change {
                Change::Weaker(order) => format!("{order:?}"),
                Change::Gone => "gone".to_owned(),
            };
            let name = format!("{}:{} {:?} -> {done}", &file["src/".len()..], site.line, site.part);
            let reason = UNNOTICED
                .iter()
                .find(|known| {
                    file.contains(known.file)
                        && code.contains(known.code)
                        && known.change.is_none_or(|change| change == done)
                })
                .map(|known| known.reason);
            trials.push(trial(name, Mutant::Site(site, change), users(file), None, reason, &tally));
        }
    }
    let misfits = misfits(&sites, &texts);
    let complete = move || match misfits.is_empty() {
        true => Ok(format!("{} sites", sites.len())),
        false => Err(format!("not what models come by:\n  {}", misfits.join("\n  "))),
    };
    trials.push(("every ordering in the source".to_owned(), Box::new(complete)));
    (trials, tally)
}

fn trial(
    name: String,
    mutant: Mutant,
    names: &'static [&'static str],
    settings: Option<Settings>,
    reason: Option<Reason>,
    tally: &Arc<Mutex<Tally>>,
) -> (String, Verdict) {
    let tally = Arc::clone(tally);
    let title = name.clone();
    let verdict = move || {
        let noticed = match reason {
            Some(_) if !full() => None,
            // What is said to make no difference is tried as the models' first settings have it.
            Some(_) => noticed_by(mutant, names, settings, 1)?,
            None => noticed_by(mutant, names, settings, usize::MAX)?,
        };
        let mut tally = tally.lock().unwrap();
        match (noticed, reason) {
            (Some(model), None) => {
                tally.killed += 1;
                Ok(format!("noticed by {model}"))
            }
            (None, Some(Reason::Equivalent(reason))) => {
                tally.equivalent.push(format!("{title}: {reason}"));
                Ok(format!("equivalent: {reason}"))
            }
            (None, Some(Reason::Checker(reason))) => {
                tally.checker.push(format!("{title}: {reason}"));
                Ok(format!("left to the checker: {reason}"))
            }
            (None, Some(Reason::Argued(reason))) => {
                tally.argued.push(format!("{title}: {reason}"));
                Ok(format!("argued: {reason}"))
            }
            (
                Some(model),
                Some(Reason::Equivalent(reason) | Reason::Checker(reason) | Reason::Argued(reason)),
            ) => Err(format!("noticed by {model}, against the reason given: {reason}")),
            (None, None) => {
                tally.survived.push(title);
                Err(format!("survived: no model of {names:?} notices it"))
            }
        }
    };
    (name, Box::new(verdict))
}

/// Which model fails with the mutant, in the first so many of its settings.
fn noticed_by(
    mutant: Mutant,
    names: &[&str],
    settings: Option<Settings>,
    most: usize,
) -> Result<Option<String>, String> {
    // Random schedules may need another draw, where a mutant is known to be rare; all interleavings do not.
    let draws = match mutant {
        _ if cfg!(loom) => 1,
        Mutant::Site(..) => 1,
        _ => 20,
    };
    let suite = suite();
    let models =
        || names.iter().flat_map(|&name| suite.iter().filter(move |model| model.name.starts_with(name)));
    let first = models().map(|model| (model, settings.or(model.settings.first().copied())));
    let others = models().filter(|_| settings.is_none()).flat_map(|model| {
        model.settings.iter().skip(1).take(most - 1).map(move |&settings| (model, Some(settings)))
    });
    let all: Vec<_> = first.chain(others).filter_map(|(model, settings)| Some((model, settings?))).collect();
    // A short look at all models before a long one at any: what few preemptions of a late one show costs less than many of an early one.
    let steps = all.iter().map(|(model, _)| hunts(model.bound).len()).max().unwrap_or(0);
    for step in 0..steps {
        for &(model, settings) in &all {
            let Some(&hunt) = hunts(model.bound).get(step) else { continue };
            let with = Settings { mutant: Some(mutant), ..settings };
            let draws = if step + 1 < steps { 1 } else { draws };
            if (0..draws).any(|_| fails(&model.body, hunt, with)) {
                // A model that fails anyway notices nothing.
                if fails(&model.body, hunt, settings) {
                    return Err(format!("{} fails without the mutant", model.name));
                }
                return Ok(Some(model.name.clone()));
            }
        }
    }
    Ok(None)
}
