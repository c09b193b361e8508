//! Barriers: 2 to 32 parties, again and again. usync 0.2.1 does not take part: with four parties its barrier livelocks.

use super::differ;
use crate::Apart;
use crate::arena::Case;
use crate::arena::round::{LastStep, Round, Setting};
use crate::barrier::BenchBarrier;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

pub(super) fn cases() -> Vec<Case> {
    let parties = |count: usize| {
        let name = format!("{count} parties");
        let mut case = Case::new("barrier", name, count);
        case.bar = 0.9;
        case.compete = false;
        case.quick = count == 4;
        let play = Rounds { parties: count };
        case.ours(tollgate::Barrier::NAME, move |setting| play.round::<tollgate::Barrier>(setting));
        play.peer::<std::sync::Barrier>(&mut case);
        play.peer::<saa::Barrier>(&mut case);
        #[cfg(target_os = "linux")]
        play.peer::<crate::barrier::Pthread>(&mut case);
        case
    };
    [2, 4, 16, 32].map(parties).into()
}

#[derive(Clone, Copy)]
struct Rounds {
    parties: usize,
}

impl Rounds {
    fn peer<B: BenchBarrier + 'static>(self, case: &mut Case) {
        case.peer(B::NAME, move |setting| self.round::<B>(setting));
    }

    /// All threads meet, again and again; of each meeting, one is the leader. An operation is one thread's part in a meeting.
    fn round<B: BenchBarrier>(self, setting: Setting<'_>) -> Round {
        let Apart(barrier) = &Apart(B::new(self.parties));
        let Apart(led) = &Apart(AtomicU64::new(0));
        let last = LastStep::default();
        let played = setting.play(self.parties, |player| {
            let mut leads = 0;
            for step in 0.. {
                last.before(player, step);
                leads += u64::from(player.timed(|| barrier.wait()));
                if last.was(step) {
                    break;
                }
            }
            led.fetch_add(leads, Relaxed);
        });
        let mut round = played.round(None);
        let meetings = round.operations / self.parties as u64;
        round.wrong = differ("leaders", meetings, led.load(Relaxed));
        round
    }
}
