//! Semaphores: 1 and 4 permits, 2 to 32 threads, a section of 0, 50 ns or 1 µs; a pair of one thread; and two threads that hand a permit
//! to and fro. Eight threads on each CPU, and a permit for each CPU. Pools of connections. async-lock lets one thread keep the permit in
//! some cases, and then sets no bar.

use super::{differ, plural, threads};
use crate::Apart;
use crate::arena::Case;
use crate::arena::round::{LastStep, Round, Setting};
use crate::lock::Beside;
use crate::monitor::{ParkingLot, Std};
use crate::regime::cpus;
use crate::semaphore::{BenchSemaphore, Counted};
use crate::work::Work;
use std::sync::atomic::{
    AtomicBool, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};
use std::thread;
use std::time::Duration;

/// Below this part of the best peer, a case is lost.
const BAR: f64 = 0.9;

/// A play for any semaphore.
pub trait Play: Copy + 'static {
    /// Plays a round.
    fn round<S: BenchSemaphore>(self, setting: Setting<'_>) -> Round;
}

/// Adds everybody.
pub fn contestants(case: &mut Case, play: impl Play) {
    case.ours(tollgate::Semaphore::NAME, move |setting| play.round::<tollgate::Semaphore>(setting));
    #[cfg(target_os = "linux")]
    peer::<crate::semaphore::Posix>(case, play);
    peer::<saa::Semaphore>(case, play);
    peer::<async_lock::Semaphore>(case, play);
    peer::<tokio::sync::Semaphore>(case, play);
    peer::<Counted<Std<usize>>>(case, play);
    peer::<Counted<ParkingLot<usize>>>(case, play);
}

/// Adds a peer.
pub fn peer<S: BenchSemaphore + 'static>(case: &mut Case, play: impl Play) {
    case.peer(S::NAME, move |setting| play.round::<S>(setting));
}

pub(super) fn cases() -> Vec<Case> {
    let crowd = |permits, count, section| {
        let who = format!("{}, {}", plural(permits, "permit"), threads(count));
        Crowd { permits, threads: count, section }.case(who)
    };
    let mut cases = vec![hand_off(), crowd(1, 1, Work::NONE)];
    for permits in [1, 4] {
        for count in [2, 8, 32] {
            for section in [Work::NONE, Work::NS_50, Work::US_1] {
                cases.push(crowd(permits, count, section));
            }
        }
    }
    for section in [Work::NS_50, Work::US_1] {
        let play = Crowd { permits: cpus(), threads: 8 * cpus(), section };
        cases.push(play.case("1 permit and 8 threads a CPU".to_owned()));
    }
    for (connections, count, using) in [(2, 8, Using::Cpu(Work::US_1)), (8, 32, Using::Wire)] {
        let name = format!("pool of {connections}, {}, {} each", threads(count), using.name());
        let mut case = Case::new("semaphore", name, count);
        case.bar = BAR;
        // Who sleeps has no need of time slices.
        case.compete = using != Using::Wire;
        contestants(&mut case, Pool { connections, threads: count, using });
        cases.push(case);
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

#[derive(Clone, Copy)]
struct Crowd {
    permits: usize,
    threads: usize,
    section: Work,
}

impl Crowd {
    fn case(self, who: String) -> Case {
        let mut case =
            Case::new("semaphore", format!("{who}, {} section", self.section.name()), self.threads);
        case.bar = BAR;
        case.quick = matches!(self, Crowd { permits: 1 | 4, threads: 8, section: Work::NS_50 });
        contestants(&mut case, self);
        case
    }
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

/// Two threads that hand a permit to and fro.
#[derive(Clone, Copy, Debug)]
pub struct HandOff;

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

/// Threads that share a few connections: with a permit each finds a free one, uses it, puts it back, and works for 500 ns.
#[derive(Clone, Copy)]
struct Pool {
    connections: usize,
    threads: usize,
    using: Using,
}

/// What is done with a connection.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Using {
    /// Its user computes.
    Cpu(Work),
    /// Its user waits for an answer: it sleeps for 100 µs and what the kernel adds, some 50 µs.
    Wire,
}

impl Using {
    fn name(self) -> String {
        match self {
            Using::Cpu(work) => work.name(),
            Using::Wire => "a sleep of 100 us".to_owned(),
        }
    }

    fn work(self, before: u64) -> u64 {
        match self {
            Using::Cpu(work) => work.after(before),
            Using::Wire => {
                thread::sleep(Duration::from_micros(100));
                0
            }
        }
    }
}

/// Counts its uses as one does who is alone: two users at once show.
#[derive(Debug, Default)]
struct Connection {
    taken: AtomicBool,
    uses: Beside,
}

impl Play for Pool {
    /// An operation is one use of a connection; its wait ends with the permit. Whoever has a permit and looks at all connections ten
    /// thousand times without finding a free one has been let in beside too many others.
    fn round<S: BenchSemaphore>(self, setting: Setting<'_>) -> Round {
        const LOOKS: usize = 10_000;
        let Apart(semaphore) = &Apart(S::new(self.connections));
        let connections: Vec<Apart<Connection>> = (0..self.connections).map(|_| Apart::default()).collect();
        let turned_away = AtomicU64::new(0);
        let played = setting.play(self.threads, |player| {
            let mut before = 0;
            while player.has_time() {
                let asked = player.clock();
                let (waited, worked) = semaphore.with(|| {
                    let waited = asked.map(|asked| asked.elapsed());
                    let from = player.index % connections.len();
                    let mut all = connections[from..].iter().chain(&connections[..from]).cycle();
                    let free = all
                        .by_ref()
                        .take(LOOKS * connections.len())
                        .find(|Apart(connection)| !connection.taken.swap(true, Acquire));
                    let Some(Apart(connection)) = free else {
                        turned_away.fetch_add(1, Relaxed);
                        return (waited, 0);
                    };
                    let worked = self.using.work(before);
                    connection.uses.with(|uses| *uses += 1 + worked);
                    connection.taken.store(false, Release);
                    (waited, worked)
                });
                player.waited(waited);
                player.did(1);
                before = Work::NS_500.after(worked);
            }
        });
        let mut round = played.round(None);
        let uses = connections.iter().map(|Apart(connection)| connection.uses.with(|uses| *uses)).sum();
        let lost = differ("permits", self.connections as u64, semaphore.permits() as u64);
        let let_in = differ("turned away", 0, turned_away.into_inner());
        round.wrong = lost.or(let_in).or_else(|| differ("uses", round.operations, uses));
        round
    }
}
