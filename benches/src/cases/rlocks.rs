//! Re-entrant locks: 1 to 32 threads, a section of 0 or 50 ns, one or three levels deep.

use super::{differ, threads};
use crate::Apart;
use crate::arena::Case;
use crate::arena::round::{Round, Setting};
use crate::lock::Beside;
use crate::rlock::BenchRLock;
use crate::work::Work;

/// Below this part of the best peer, a case is lost.
const BAR: f64 = 0.9;

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for count in [1, 2, 8, 32] {
        for section in [Work::NONE, Work::NS_50] {
            for levels in [1, 3] {
                let name = format!("{}, {} section, depth {levels}", threads(count), section.name());
                let mut case = Case::new("rlock", name, count);
                case.bar = BAR;
                case.quick = count == 8 && section == Work::NS_50 && levels == 3;
                let play = Play { threads: count, section, levels };
                type Ours = tollgate::RLock<Beside>;
                case.ours(Ours::NAME, move |setting| play.round::<Ours>(setting));
                play.peer::<parking_lot::ReentrantMutex<Beside>>(&mut case);
                play.peer::<usync::ReentrantMutex<Beside>>(&mut case);
                #[cfg(target_os = "linux")]
                play.peer::<crate::rlock::PthreadRecursive>(&mut case);
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
    levels: u32,
}

impl Play {
    fn peer<L: BenchRLock + 'static>(self, case: &mut Case) {
        case.peer(L::NAME, move |setting| self.round::<L>(setting));
    }

    /// Each thread increments the number behind the lock, at the innermost level.
    fn round<L: BenchRLock>(self, setting: Setting<'_>) -> Round {
        let Apart(lock) = &Apart(L::new());
        let played = setting.play(self.threads, |player| {
            let mut before = 0;
            while player.has_time() {
                let asked = player.clock();
                let section = |value: &Beside| {
                    let waited = asked.map(|asked| asked.elapsed());
                    let worked = self.section.after(before);
                    value.with(|value| *value += 1 + worked);
                    (waited, worked)
                };
                let (waited, worked) = match self.levels {
                    1 => lock.with(section),
                    _ => lock.with_three_levels(section),
                };
                player.waited(waited);
                player.did(1);
                before = worked;
            }
        });
        let mut round = played.round(None);
        round.wrong = differ("increments", round.operations, lock.with(|value| value.with(|value| *value)));
        round
    }
}
