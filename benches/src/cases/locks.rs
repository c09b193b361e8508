//! Locks: 1 to 32 threads, a section under the lock of 0, 50 ns or 1 µs, and none or 500 ns of work between two.

use super::{differ, threads};
use crate::Apart;
use crate::arena::Case;
use crate::arena::round::{Round, Setting};
use crate::lock::{BenchLock, Saa};
use crate::work::Work;

/// Below this part of the best peer, a case is lost.
const BAR: f64 = 0.9;

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for count in [1, 2, 4, 8, 16, 32] {
        for section in [Work::NONE, Work::NS_50, Work::US_1] {
            for think in [Work::NONE, Work::NS_500] {
                let name =
                    format!("{}, {} section, {} between", threads(count), section.name(), think.name());
                let mut case = Case::new("lock", name, count);
                case.bar = BAR;
                // The corners that differ most.
                case.quick = match think {
                    Work::NONE => matches!(count, 2 | 8) || (count == 1 && section == Work::NONE),
                    _ => count == 8 && section == Work::US_1,
                };
                let play = Play { threads: count, section, think };
                case.ours(tollgate::Lock::<u64>::NAME, move |setting| {
                    play.round::<tollgate::Lock<u64>>(setting)
                });
                play.peer::<std::sync::Mutex<u64>>(&mut case);
                play.peer::<parking_lot::Mutex<u64>>(&mut case);
                play.peer::<usync::Mutex<u64>>(&mut case);
                play.peer::<Saa>(&mut case);
                #[cfg(target_os = "linux")]
                play.peer::<crate::pthread::Pthread<u64>>(&mut case);
                cases.push(case);
            }
        }
    }
    cases
}

#[derive(Clone, Copy)]
struct Play {
    threads: usize,
    section: Work,
    think: Work,
}

impl Play {
    fn peer<L: BenchLock + 'static>(self, case: &mut Case) {
        case.peer(L::NAME, move |setting| self.round::<L>(setting));
    }

    /// Each thread increments the number behind the lock. An operation is one increment; its wait ends when the thread has the lock.
    fn round<L: BenchLock>(self, setting: Setting<'_>) -> Round {
        let Apart(lock) = &Apart(L::new());
        let played = setting.play(self.threads, |player| {
            let mut before = 0;
            while player.has_time() {
                let asked = player.clock();
                let (waited, worked) = lock.with(|value| {
                    let waited = asked.map(|asked| asked.elapsed());
                    let worked = self.section.after(before);
                    *value += 1 + worked;
                    (waited, worked)
                });
                player.waited(waited);
                player.did(1);
                before = self.think.after(worked);
            }
        });
        let mut round = played.round(None);
        round.wrong = differ("increments", round.operations, lock.with(|value| *value));
        round
    }
}
