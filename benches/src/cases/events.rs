//! Events: one thread lets 1 to 32 others go, again and again.

use super::{differ, plural};
use crate::Apart;
use crate::arena::Case;
use crate::arena::round::{LastStep, Round, Setting};
use crate::event::{BenchEvent, Flag};
use crate::monitor::{ParkingLot, Std, Usync};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

/// A play for any event.
pub(super) trait Play: Copy + 'static {
    fn round<E: BenchEvent>(self, setting: Setting<'_>) -> Round;
}

/// Adds everybody.
pub(super) fn contestants(case: &mut Case, play: impl Play) {
    case.ours(tollgate::Event::NAME, move |setting| play.round::<tollgate::Event>(setting));
    peer::<Flag<Std<bool>>>(case, play);
    peer::<Flag<ParkingLot<bool>>>(case, play);
    peer::<Flag<Usync<bool>>>(case, play);
    #[cfg(target_os = "linux")]
    peer::<Flag<crate::pthread::Pthread<bool>>>(case, play);
}

fn peer<E: BenchEvent + 'static>(case: &mut Case, play: impl Play) {
    case.peer(E::NAME, move |setting| play.round::<E>(setting));
}

pub(super) fn cases() -> Vec<Case> {
    let waiters = |count: usize| {
        let mut case = Case::new("event", plural(count, "waiter"), count + 1);
        case.bar = 0.9;
        case.compete = false;
        case.quick = count == 16;
        contestants(&mut case, Release { waiters: count });
        case
    };
    [1, 2, 16, 32].map(waiters).into()
}

#[derive(Clone, Copy)]
pub(super) struct Release {
    pub(super) waiters: usize,
}

impl Play for Release {
    /// The first thread lets all the others go, by two events in turn; the last of them says so by a third. An operation is one
    /// thread's part in that.
    fn round<E: BenchEvent>(self, setting: Setting<'_>) -> Round {
        let Apart(go) = &Apart([E::new(), E::new()]);
        let Apart((gone, count)) = &Apart((E::new(), AtomicUsize::new(0)));
        let last = LastStep::default();
        let played = setting.play(self.waiters + 1, |player| {
            for step in 0.. {
                let (now, next) = (&go[(step % 2) as usize], &go[((step + 1) % 2) as usize]);
                last.before(player, step);
                if player.index > 0 {
                    player.timed(|| now.wait());
                    if count.fetch_add(1, SeqCst) + 1 == (step as usize + 1) * self.waiters {
                        gone.set();
                    }
                } else {
                    player.timed(|| {
                        next.clear();
                        now.set();
                        gone.wait();
                        gone.clear();
                    });
                }
                if last.was(step) {
                    break;
                }
            }
        });
        let mut round = played.round(None);
        let expected = round.operations * self.waiters as u64;
        round.wrong = differ("departures", expected, (count.load(SeqCst) * (self.waiters + 1)) as u64);
        round
    }
}
