//! Semaphores: 1 and 4 permits, 2 to 32 threads, a section of 0, 50 ns or 1 µs; a pair of one thread; and two threads that hand a permit
//! to and fro. async-lock lets one thread keep the permit in some cases, and then sets no bar.

use super::{differ, plural, threads};
use crate::Apart;
use crate::arena::Case;
use crate::arena::round::{LastStep, Round, Setting};
use crate::lock::Beside;
use crate::monitor::{ParkingLot, Std};
use crate::semaphore::{BenchSemaphore, Counted};
use crate::work::Work;

/// Below this part of the best peer, a case is lost.
const BAR: f64 = 0.9;

/// A play for any semaphore.
trait Play: Copy + 'static {
    fn round<S: BenchSemaphore>(self, setting: Setting<'_>) -> Round;
}

/// Adds everybody.
fn contestants(case: &mut Case, play: impl Play) {
    case.ours(tollgate::Semaphore::NAME, move |setting| play.round::<tollgate::Semaphore>(setting));
    #[cfg(target_os = "linux")]
    peer::<crate::semaphore::Posix>(case, play);
    peer::<saa::Semaphore>(case, play);
    peer::<async_lock::Semaphore>(case, play);
    peer::<tokio::sync::Semaphore>(case, play);
    peer::<Counted<Std<usize>>>(case, play);
    peer::<Counted<ParkingLot<usize>>>(case, play);
}

fn peer<S: BenchSemaphore + 'static>(case: &mut Case, play: impl Play) {
    case.peer(S::NAME, move |setting| play.round::<S>(setting));
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = vec![hand_off(), crowd(1, 1, Work::NONE)];
    for permits in [1, 4] {
        for count in [2, 8, 32] {
            for section in [Work::NONE, Work::NS_50, Work::US_1] {
                cases.push(crowd(permits, count, section));
            }
        }
    }
    cases
}

fn hand_off() -> Case {
    let mut case = Case::new("semaphore", "hand-off between two threads".to_owned(), 2);
    case.bar = BAR;
    case.compete = false;
    case.quick = true;
    contestants(&mut case, HandOff);
    case
}

fn crowd(permits: usize, count: usize, section: Work) -> Case {
    let name = format!("{}, {}, {} section", plural(permits, "permit"), threads(count), section.name());
    let mut case = Case::new("semaphore", name, count);
    case.bar = BAR;
    case.quick = count == 8 && section == Work::NS_50;
    contestants(&mut case, Crowd { permits, threads: count, section });
    case
}

#[derive(Clone, Copy)]
struct Crowd {
    permits: usize,
    threads: usize,
    section: Work,
}

impl Play for Crowd {
    /// Each thread takes a permit and gives it back. With one permit, it increments a number meanwhile, so that two at once show; with
    /// more, only that all permits are back is checked: to count who is inside would cost as much as what is measured.
    fn round<S: BenchSemaphore>(self, setting: Setting<'_>) -> Round {
        let Apart(semaphore) = &Apart(S::new(self.permits));
        let Apart(number) = &Apart(Beside::default());
        let alone = self.permits == 1;
        let played = setting.play(self.threads, |player| {
            let mut before = 0;
            while player.has_time() {
                let asked = player.clock();
                let (waited, worked) = semaphore.with(|| {
                    let waited = asked.map(|asked| asked.elapsed());
                    let worked = self.section.after(before);
                    if alone {
                        number.with(|number| *number += 1 + worked);
                    }
                    (waited, worked)
                });
                player.waited(waited);
                player.did(1);
                before = worked;
            }
        });
        let mut round = played.round(None);
        let lost = differ("permits", self.permits as u64, semaphore.permits() as u64);
        let counted = if alone { number.with(|number| *number) } else { round.operations };
        round.wrong = lost.or_else(|| differ("increments", round.operations, counted));
        round
    }
}

#[derive(Clone, Copy)]
struct HandOff;

impl Play for HandOff {
    /// Each waits for its semaphore, and then releases the other's. An operation is half of there and back.
    fn round<S: BenchSemaphore>(self, setting: Setting<'_>) -> Round {
        let semaphores = [Apart(S::new(1)), Apart(S::new(0))];
        let last = LastStep::default();
        let played = setting.play(2, |player| {
            let (Apart(mine), Apart(other)) = (&semaphores[player.index], &semaphores[1 - player.index]);
            for step in 0.. {
                player.timed(|| mine.acquire());
                last.before(player, step);
                other.release();
                if last.was(step) {
                    break;
                }
            }
        });
        let permits = semaphores.iter().map(|Apart(semaphore)| semaphore.permits() as u64).sum();
        played.round(differ("permits", 1, permits))
    }
}
