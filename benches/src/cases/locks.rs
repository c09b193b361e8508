//! Locks: 1 to 32 threads, a section under the lock of 0, 50 ns or 1 µs, and none or 500 ns of work between two. Eight threads on each CPU.
//! A hash map under a lock. Many locks, each hardly contended.

use super::{differ, plural, threads};
use crate::Apart;
use crate::arena::Case;
use crate::arena::round::{Player, Round, Setting};
use crate::lock::{BenchLock, Saa};
use crate::regime::cpus;
use crate::work::Work;
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};

/// Below this part of the best peer, a case is lost.
const BAR: f64 = 0.9;

/// A play for any lock around a `T`.
pub trait Play<T>: Copy + 'static {
    /// Plays a round.
    fn round<L: BenchLock<T>>(self, setting: Setting<'_>) -> Round;
}

/// Adds everybody.
pub fn contestants<T: Send + 'static>(case: &mut Case, play: impl Play<T>) {
    let name = <tollgate::Lock<T> as BenchLock<T>>::NAME;
    case.ours(name, move |setting| play.round::<tollgate::Lock<T>>(setting));
    peer::<T, std::sync::Mutex<T>>(case, play);
    peer::<T, parking_lot::Mutex<T>>(case, play);
    peer::<T, usync::Mutex<T>>(case, play);
    peer::<T, Saa<T>>(case, play);
    #[cfg(target_os = "linux")]
    peer::<T, crate::pthread::Pthread<T>>(case, play);
}

/// Adds a peer.
pub fn peer<T, L: BenchLock<T> + 'static>(case: &mut Case, play: impl Play<T>) {
    case.peer(L::NAME, move |setting| play.round::<L>(setting));
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for count in [1, 2, 4, 8, 16, 32] {
        for section in [Work::NONE, Work::NS_50, Work::US_1] {
            for think in [Work::NONE, Work::NS_500] {
                let play = Increment { threads: count, section, think };
                let mut case = play.case(threads(count));
                // The corners that differ most.
                case.quick = think == Work::NONE
                    && match count {
                        1 => section == Work::NONE,
                        2 => true,
                        8 => section != Work::US_1,
                        _ => false,
                    };
                cases.push(case);
            }
        }
    }
    for (section, think) in [(Work::NS_50, Work::NONE), (Work::US_1, Work::NS_500)] {
        let play = Increment { threads: 8 * cpus(), section, think };
        cases.push(play.case("8 threads a CPU".to_owned()));
    }
    for count in [2, 8, 32] {
        let mut case = case(format!("hash map, {}", threads(count)), count);
        case.quick = count == 8;
        contestants(&mut case, Lookups { threads: count });
        cases.push(case);
    }
    for locks in [64, 4096] {
        for count in [2, 8] {
            let mut case = case(format!("{}, {}", plural(locks, "lock"), threads(count)), count);
            contestants(&mut case, Scattered { threads: count, locks });
            cases.push(case);
        }
    }
    cases
}

fn case(name: String, count: usize) -> Case {
    let mut case = Case::new("lock", name, count);
    case.bar = BAR;
    case
}

/// Threads that increment the number behind one lock.
#[derive(Clone, Copy, Debug)]
pub struct Increment {
    /// How many.
    pub threads: usize,
    /// What they do under the lock.
    pub section: Work,
    /// What they do between two sections.
    pub think: Work,
}

impl Increment {
    fn case(self, who: String) -> Case {
        let name = format!("{who}, {} section, {} between", self.section.name(), self.think.name());
        let mut case = case(name, self.threads);
        contestants(&mut case, self);
        case
    }
}

/// An operation under `lock`; its wait ends when the thread has the lock.
#[inline]
fn operation<T, L: BenchLock<T>, R>(
    player: &mut Player<'_>,
    lock: &L,
    section: impl FnOnce(&mut T) -> R,
) -> R {
    let asked = player.clock();
    let (waited, result) = lock.with(|value| {
        let waited = asked.map(|asked| asked.elapsed());
        (waited, section(value))
    });
    player.waited(waited);
    player.did(1);
    result
}

impl Play<u64> for Increment {
    fn round<L: BenchLock<u64>>(self, setting: Setting<'_>) -> Round {
        let Apart(lock) = &Apart(L::new(0));
        let played = setting.play(self.threads, |player| {
            let mut before = 0;
            while player.has_time() {
                let worked = operation(player, lock, |value: &mut u64| {
                    let worked = self.section.after(before);
                    *value += 1 + worked;
                    worked
                });
                before = self.think.after(worked);
            }
        });
        let mut round = played.round(None);
        round.wrong = differ("increments", round.operations, lock.with(|value| *value));
        round
    }
}

/// Threads that share a hash map of std's under a lock: of ten operations one inserts, one removes and eight look up, keys by chance.
#[derive(Clone, Copy)]
struct Lookups {
    threads: usize,
}

type Map = HashMap<u64, u64>;

impl Lookups {
    /// Half of them are there, on average.
    const KEYS: u64 = 1024;

    /// What belongs to a key, and to no other.
    fn value(key: u64) -> u64 {
        key * 3 + 1
    }
}

impl Play<Map> for Lookups {
    /// In the end as many entries have to be there as were inserted and not removed, and no key may ever have another's value.
    fn round<L: BenchLock<Map>>(self, setting: Setting<'_>) -> Round {
        let half: Map = (0..Self::KEYS).step_by(2).map(|key| (key, Self::value(key))).collect();
        let (entries, errors) = (AtomicI64::new(half.len() as i64), AtomicU64::new(0));
        let Apart(lock) = &Apart(L::new(half));
        let played = setting.play(self.threads, |player| {
            let mut random = fastrand::Rng::with_seed(player.index as u64);
            let (mut more, mut wrong) = (0, 0);
            while player.has_time() {
                let (key, what) = (random.u64(..Self::KEYS), random.u32(..10));
                let found = operation(player, lock, |map: &mut Map| match what {
                    0 => {
                        let before = map.insert(key, Self::value(key));
                        more += i64::from(before.is_none());
                        before
                    }
                    1 => {
                        let removed = map.remove(&key);
                        more -= i64::from(removed.is_some());
                        removed
                    }
                    _ => map.get(&key).copied(),
                });
                wrong += u64::from(found.is_some_and(|value| value != Self::value(key)));
            }
            entries.fetch_add(more, Relaxed);
            errors.fetch_add(wrong, Relaxed);
        });
        let left = lock.with(|map| map.len() as u64);
        let wrong = differ("entries", entries.into_inner() as u64, left);
        played.round(wrong.or_else(|| differ("values of other keys", 0, errors.into_inner())))
    }
}

/// Threads that increment the number behind one of many locks, by chance: as in a table with a lock for each row. The locks lie side by
/// side, so their size counts.
#[derive(Clone, Copy)]
struct Scattered {
    threads: usize,
    locks: usize,
}

impl Play<u64> for Scattered {
    fn round<L: BenchLock<u64>>(self, setting: Setting<'_>) -> Round {
        let locks: Vec<_> = (0..self.locks).map(|_| L::new(0)).collect();
        let played = setting.play(self.threads, |player| {
            let mut random = fastrand::Rng::with_seed(player.index as u64);
            let mut before = 0;
            while player.has_time() {
                before = operation(player, &locks[random.usize(..locks.len())], |value: &mut u64| {
                    let worked = Work::NS_50.after(before);
                    *value += 1 + worked;
                    worked
                });
            }
        });
        let mut round = played.round(None);
        let counted = locks.iter().map(|lock| lock.with(|value| *value)).sum();
        round.wrong = differ("increments", round.operations, counted);
        round
    }
}
