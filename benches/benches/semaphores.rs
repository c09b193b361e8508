//! Semaphores in the arena: 1 and 4 permits, 2, 8 and 32 threads, sections of 0, 50 ns and 1 us; and the uncontended pair.
//!
//! The list of cases and of peers is fixed here, before anything is tuned.
//!
//! ```text
//! cargo bench -p tollgate-benches --bench semaphores                          # about four minutes
//! cargo bench -p tollgate-benches --bench semaphores -- '1 permit, 8 threads' # cases with this in their names
//! cargo bench -p tollgate-benches --bench semaphores -- --rounds 40 --millis 50
//! TOLLGATE_PLACEMENT=spread cargo bench -p tollgate-benches --bench semaphores
//! ```

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};
use tollgate_benches::arena::{self, Play, Round, Schedule};
#[cfg(target_os = "linux")]
use tollgate_benches::semaphore::Posix;
use tollgate_benches::semaphore::{BenchSemaphore, ParkingLotMutexCondvar, StdMutexCondvar};
use tollgate_benches::{Apart, Section, team};

const PERMITS: [usize; 2] = [1, 4];
const THREADS: [usize; 3] = [2, 8, 32];
const SECTIONS: [Section; 3] = [Section::Empty, Section::Short, Section::Long];

fn main() {
    let mut schedule = Schedule { rounds: 20, length: Duration::from_millis(20) };
    let mut filter = String::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut number = || arguments.next().and_then(|number| number.parse::<u32>().ok()).expect("a number");
        match argument.as_str() {
            // cargo's.
            "--bench" => {}
            "--test" => schedule = Schedule { rounds: 2, length: Duration::from_millis(1) },
            "--rounds" => schedule.rounds = number() as usize,
            "--millis" => schedule.length = Duration::from_millis(number().into()),
            other => other.clone_into(&mut filter),
        }
    }
    let plural = |count| if count == 1 { "" } else { "s" };
    let play = |permits, threads: usize, section: Section| {
        // Long enough for each thread to have its turns on a CPU.
        let schedule = Schedule { length: schedule.length * (threads as u32).div_ceil(4), ..schedule };
        let case = format!(
            "{permits} permit{}, {threads} thread{}, {}",
            plural(permits),
            plural(threads),
            section.name()
        );
        let played = case.contains(&filter);
        played
            .then(|| arena::play(&case, &contestants(Case { permits, threads, section }), schedule))
            .flatten()
    };
    play(1, 1, Section::Empty);
    let mut scores = Vec::new();
    for permits in PERMITS {
        for threads in THREADS {
            for section in SECTIONS {
                scores.extend(play(permits, threads, section));
            }
        }
    }
    if !scores.is_empty() {
        println!("contended: {}", arena::summary(&scores));
    }
}

#[derive(Clone, Copy)]
struct Case {
    permits: usize,
    threads: usize,
    section: Section,
}

/// Ours first. `BoundedSemaphore` is the same code with another bound, and no peer.
fn contestants(case: Case) -> Vec<(&'static str, Play<'static>)> {
    let mut all = vec![case.contestant::<tollgate::Semaphore>()];
    #[cfg(target_os = "linux")]
    all.push(case.contestant::<Posix>());
    all.push(case.contestant::<async_lock::Semaphore>());
    all.push(case.contestant::<tokio::sync::Semaphore>());
    all.push(case.contestant::<StdMutexCondvar>());
    all.push(case.contestant::<ParkingLotMutexCondvar>());
    all
}

impl Case {
    fn contestant<S: BenchSemaphore>(self) -> (&'static str, Play<'static>) {
        (S::NAME, Box::new(move |length, clocks| self.round::<S>(length, clocks)))
    }

    /// Every thread takes a permit and gives it back until the time is up.
    fn round<S: BenchSemaphore>(self, length: Duration, clocks: bool) -> Round {
        let Apart(semaphore) = &Apart(S::new(self.permits));
        let Apart(over) = &Apart(AtomicBool::new(false));
        let (took, members) = team::run(self.threads + 1, |member| {
            if member == self.threads {
                thread::sleep(length);
                over.store(true, Relaxed);
                return (0, Duration::ZERO);
            }
            let (mut done, mut work, mut longest) = (0_u64, 0, Duration::ZERO);
            while !over.load(Relaxed) {
                if clocks {
                    let asked = Instant::now();
                    let (waited, worked) = semaphore.with(|| (asked.elapsed(), self.section.work(work)));
                    longest = longest.max(waited);
                    work = worked;
                } else {
                    work = semaphore.with(|| self.section.work(work));
                }
                done += 1;
            }
            (done + work, longest)
        });
        assert_eq!(semaphore.permits(), self.permits, "{}: the permits are not back", S::NAME);
        let all: u64 = members.iter().map(|(done, _)| done).sum();
        let least = members[..self.threads].iter().map(|&(done, _)| done).min().unwrap_or(0);
        Round {
            rate: all as f64 / took.as_secs_f64(),
            unluckiest: if all == 0 { 0.0 } else { (least * self.threads as u64) as f64 / all as f64 },
            longest_wait: members.iter().map(|&(_, longest)| longest).max().unwrap_or_default(),
        }
    }
}
