//! Conditions: two threads that take turns; one that lets sixteen go; and `notify` when nobody waits.

use crate::Apart;
use crate::arena::Case;
use crate::arena::round::{LastStep, Round, Setting};
use crate::cases::differ;
use crate::condition::{Notify, meet, turn};
use crate::monitor::{Monitor, ParkingLot, Signal, Std, Tollgate, Usync};

/// One who notifies, and sixteen who wait.
const CROWD: usize = 17;

/// A play for any lock and condition.
pub(super) trait Play: Copy + 'static {
    fn round<M: Monitor<u64>>(self, setting: Setting<'_>) -> Round;
}

/// Adds everybody.
pub(super) fn contestants(case: &mut Case, play: impl Play) {
    case.ours("tollgate::Condition", move |setting| play.round::<Tollgate<u64>>(setting));
    case.peer("std::Condvar", move |setting| play.round::<Std<u64>>(setting));
    case.peer("parking_lot::Condvar", move |setting| play.round::<ParkingLot<u64>>(setting));
    case.peer("usync::Condvar", move |setting| play.round::<Usync<u64>>(setting));
    #[cfg(target_os = "linux")]
    case.peer("pthread_cond_t", move |setting| play.round::<crate::pthread::Pthread<u64>>(setting));
}

fn case(name: String, threads: usize, quick: bool, play: impl Play) -> Case {
    let mut case = Case::new("condition", name, threads);
    case.compete = false;
    case.quick = quick;
    contestants(&mut case, play);
    case
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for how in [Notify::AfterUnlock, Notify::UnderLock] {
        let quick = how == Notify::UnderLock;
        cases.push(case(format!("ping-pong, {}", how.name()), 2, quick, PingPong(how)));
    }
    for how in [Notify::AfterUnlock, Notify::UnderLock] {
        let quick = how == Notify::UnderLock;
        cases.push(case(format!("broadcast to {}, {}", CROWD - 1, how.name()), CROWD, quick, Broadcast(how)));
    }
    cases.push(case("notify_one without waiters".to_owned(), 1, false, InVain));
    cases
}

#[derive(Clone, Copy)]
struct PingPong(Notify);

impl Play for PingPong {
    /// Two threads take turns. An operation is a turn.
    fn round<M: Monitor<u64>>(self, setting: Setting<'_>) -> Round {
        let Apart(monitor) = &Apart(M::new(0));
        let last = LastStep::default();
        let played = setting.play(2, |player| {
            let me = player.index as u64;
            for step in 0.. {
                last.before(player, step);
                player.timed(|| turn(monitor, me, self.0));
                if last.was(step) {
                    break;
                }
            }
        });
        let mut round = played.round(None);
        round.wrong = differ("turns", round.operations, *monitor.lock());
        round
    }
}

#[derive(Clone, Copy)]
struct Broadcast(Notify);

impl Play for Broadcast {
    /// Threads meet; the last one notifies all. An operation is one thread's part in a meeting.
    fn round<M: Monitor<u64>>(self, setting: Setting<'_>) -> Round {
        let Apart(monitor) = &Apart(M::new(0));
        let last = LastStep::default();
        let played = setting.play(CROWD, |player| {
            for step in 0.. {
                last.before(player, step);
                player.timed(|| meet(monitor, CROWD as u64, self.0));
                if last.was(step) {
                    break;
                }
            }
        });
        let mut round = played.round(None);
        round.wrong = differ("turns", round.operations, *monitor.lock());
        round
    }
}

#[derive(Clone, Copy)]
struct InVain;

impl Play for InVain {
    /// One thread notifies nobody. A hundred times before it looks at the referee, or that would be what is measured.
    fn round<M: Monitor<u64>>(self, setting: Setting<'_>) -> Round {
        let Apart(monitor) = &Apart(M::new(0));
        let played = setting.play(1, |player| {
            while player.has_time() {
                for _ in 0..99 {
                    std::hint::black_box(monitor).notify_one(Signal::First);
                }
                player.did(99);
                player.timed(|| monitor.notify_one(Signal::First));
            }
        });
        played.round(None)
    }
}
