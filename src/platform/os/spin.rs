//! Spinning: bounded in time, read-only between two looks, and given up by threads for which it never pays.
//!
//! A count of `pause` instructions means 0.3 µs on one machine and 4.5 µs on another, so the pause is timed once per
//! process and all lengths here are nanoseconds. On a machine with one CPU nothing spins.
//!
//! Five shapes, because five different things are being waited for (figures from an experiment on two Zen 4 CPUs;
//! `benches` repeats them):
//!
//! * [`Spin::for_latch`]: somebody is inside a section of a few nanoseconds, or has been stopped there by the system. First look after
//!   0.2 µs, then up to 1.6 µs between them, 10 µs in all.
//! * [`Spin::for_clash`]: somebody else has changed the word for which a compare-exchange was meant, and has its line. One pause of 0.4 µs, in which they can
//!   do several things without losing it. (Four permits and two threads on two CPUs twice as fast, other semaphores 1.1 to 1.5; a stack without a latch
//!   half again as fast.)
//! * [`Spin::for_lock`]: somebody is inside a critical section. The first look comes late (0.8 µs), each gap is twice as long as the one
//!   before, and the last 5 µs have a look every 40 ns, with the lock asked for (`raw_lock`'s heir): eight tight first looks made two threads four times slower, because each look at a lock that is
//!   free half of the time steals it and moves two cache lines. (Gaps of 1.6 µs at most made 8 to 32 threads on 16 CPUs two to three times slower.)
//! * [`Spin::for_hand_off`]: somebody is about to produce something. Eight tight looks, then up to 0.4 µs between
//!   them, 40 µs in all: it has to outlast a wake-up across CPUs (15 to 30 µs on a virtual machine), or both sides
//!   sleep and each wake-up is longer than the other's patience.
//! * [`Spin::for_flow`]: one of many items, or of many places, is about to come. A short spin whose first look comes late while that has
//!   been paying, then others may run (`give_way`), then a hand-off's spin. Each look takes a cache line from the one that is waited for; who
//!   looks as soon as one item is there gets them one by one, and slows the other side down to that. So the first pause is as long as 1.6 µs, but
//!   no longer than it takes to fill the queue. (Of 0.4 to 0.8 µs whatever the room: a pipeline of four threads on 16 CPUs was 3 to 4 times
//!   slower, other flows through much room 1.2 to 2.4, through eight places 1.1.)
//!
//! Where that never pays (long waits) each thread remembers, for each shape but the latch's: after k failures in
//! a row it skips the next 2^k - 1 (at most 63) spins; a success halves k. Where those that it waits for share its CPU ([`same_cpu`]) a
//! single failure of a hand-off's is proof, and it skips 1023. (With 63 there too, threads that hand something to each other on one CPU were 0.5 to 0.9 times as
//! fast. With 1023 for everybody who fails often, threads on two CPUs might go on sleeping, each until another has been woken.)

use super::super::Patience;
use super::clock::Stopwatch;
use super::give_way::GiveWay;
use super::same_cpu;
use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::thread::LocalKey;
use std::time::Instant;

/// `pause` instructions per 6.4 µs, or 0 while nobody has timed them.
static PAUSES: AtomicU32 = AtomicU32::new(0);
/// The unit that [`PAUSES`] counts for, in nanoseconds.
const UNIT: u32 = 6_400;
/// The value of [`PAUSES`] on a machine with one CPU.
const NEVER: u32 = u32::MAX;

thread_local! {
    /// How often in a row spins of each shape failed in this thread, and how many are still to be skipped.
    static LOCKS: Cell<Memory> = const { Cell::new(Memory { failures: 0, skip: 0 }) };
    static HAND_OFFS: Cell<Memory> = const { Cell::new(Memory { failures: 0, skip: 0 }) };
    static SHORT: Cell<Memory> = const { Cell::new(Memory { failures: 0, skip: 0 }) };
    /// In how many waits for a flow too little was there after a late first look.
    static FLOWS: Cell<Memory> = const { Cell::new(Memory { failures: 0, skip: 0 }) };
}

/// The first pause before a look at a flow, in nanoseconds.
const PATIENT: u32 = 1_600;
/// It is no longer than it takes the other side to begin, and to move so many items as there are places.
const BEGIN: u32 = 150;
const AN_ITEM: u32 = 12;
/// With so few places it is not worth while.
const TOO_FEW: usize = 3;
/// So much has to be there after it, or all that the queue has room for.
const WORTH_WAITING: usize = 8;

#[derive(Clone, Copy)]
struct Memory {
    failures: u8,
    skip: u16,
}

const MOST_FAILURES: u8 = 6;
/// As good as so many.
const SAME_CPU: u8 = 10;

impl Memory {
    const fn after(failures: u8) -> Memory {
        Memory { failures, skip: (1 << failures) - 1 }
    }

    /// Whether a spin is worth while, in a thread that remembers this.
    fn allows(memory: &'static LocalKey<Cell<Memory>>) -> bool {
        let now = memory.get();
        memory.set(Memory { skip: now.skip.saturating_sub(1), ..now });
        now.skip == 0
    }

    /// As [`allows`](Self::allows), for a spin that waits for others to run at all. (A lock's holder, and the other side of a flow, may be elsewhere than those who
    /// ran here while this thread slept: eight threads on two CPUs, sections of 1 µs, 0.8 to 0.9 times as fast; two producers and two consumers 0.9.)
    fn allows_with_others(memory: &'static LocalKey<Cell<Memory>>) -> bool {
        let now = memory.get();
        if now.failures > 0 {
            match same_cpu::is_shared() {
                true if now.failures < SAME_CPU => memory.set(Memory::after(SAME_CPU)),
                false if now.failures > MOST_FAILURES => memory.set(Memory::after(MOST_FAILURES)),
                _ => {}
            }
        }
        Memory::allows(memory)
    }

    fn note(memory: &'static LocalKey<Cell<Memory>>, found: bool) {
        let Memory { failures, .. } = memory.get();
        memory.set(if found {
            same_cpu::is_not_shared();
            Memory { failures: failures.min(MOST_FAILURES) / 2, skip: 0 }
        } else if failures == SAME_CPU {
            Memory::after(SAME_CPU)
        } else {
            Memory::after((failures + 1).min(MOST_FAILURES))
        });
    }
}

/// Nanoseconds between looks at a lock that was not seen free in most of the budget: it is taken again as soon as it is
/// released, and seldom free for longer than that. (Sections of 50 ns, two threads: 1.7 times as fast.)
const TIGHT: u32 = 40;

/// Pauses between looks.
#[derive(Clone, Copy, Debug)]
struct Shape {
    /// The budget, in nanoseconds.
    budget: u32,
    /// Looks with a single pause between them, first.
    tight: u32,
    /// Nanoseconds until the next look.
    next: u32,
    /// No gap between two looks grows beyond this.
    widest: u32,
    /// With so much of the budget left, looks are tight again.
    closing: u32,
}

const HAND_OFF: Shape = Shape { budget: 40_000, tight: 8, next: 50, widest: 400, closing: 0 };
/// A flow that goes on at all is soon there.
const SHORTLY: Shape = Shape { budget: 2_000, ..HAND_OFF };

/// One spin: a bounded sequence of pauses between looks.
#[derive(Debug)]
pub(crate) struct Spin {
    /// Before the rest: a short spin, and then letting others run. Only of flows.
    before: Option<(Shape, GiveWay)>,
    shape: Shape,
    /// A pause before the first look.
    first: u32,
    /// Whether the look that comes is the one after that pause.
    patient: bool,
    /// How much has to be there at that look.
    worth: usize,
    /// The memory of the spin that is going on.
    memory: Option<&'static LocalKey<Cell<Memory>>>,
    /// The thread's memory of spins of this shape, if it has one.
    memories: Option<&'static LocalKey<Cell<Memory>>>,
}

impl Spin {
    /// The shape for waiting until a latch is free: 10 µs.
    pub(crate) fn for_latch() -> Self {
        Spin::without_memory(Shape { budget: 10_000, tight: 0, next: 200, widest: 1_600, closing: 0 })
    }

    /// The shape for trying a compare-exchange again that has met another: one pause of 0.4 µs.
    pub(crate) fn for_clash() -> Self {
        Spin::without_memory(Shape { budget: 400, tight: 0, next: 400, widest: 400, closing: 0 })
    }

    /// The shape for waiting until a lock is free: 30 µs.
    pub(crate) fn for_lock() -> Self {
        let allowed = Memory::allows(&LOCKS);
        Spin::new(
            &LOCKS,
            allowed,
            Shape { budget: 30_000, tight: 0, next: 800, widest: 12_800, closing: 15_000 },
        )
    }

    /// Tells the thread's memory how long it has slept for a lock: if only for a moment, it had better have spun on. (A lock that is taken
    /// again at once, for sections of 1 µs: every release woke the sleeper, in vain, and both paid for it; 0.57 of what it is now.)
    /// But on one CPU a sleep is brief because it lets the holder run.
    pub(crate) fn slept_for_lock(asleep: &Stopwatch) {
        if LOCKS.get().failures > 0 && !same_cpu::is_shared() && asleep.brief() {
            LOCKS.set(Memory { failures: 0, skip: 0 });
        }
    }

    /// The shape for waiting until somebody has produced something: 40 µs.
    pub(crate) fn for_hand_off() -> Self {
        Spin::new(&HAND_OFFS, Memory::allows_with_others(&HAND_OFFS), HAND_OFF)
    }

    /// The shape for waiting until a flow of items, or of room for them, goes on: 2 µs, then others may run, and then a hand-off. The
    /// first look comes late as long as much is there by then; no more than `most` can be.
    /// Only a wait that may be long lets others run: that may take longer than a short one has.
    pub(crate) fn for_flow(patience: Patience, most: usize) -> Self {
        let full = u32::try_from(most).unwrap_or(u32::MAX).saturating_mul(AN_ITEM).saturating_add(BEGIN);
        let first = if most > TOO_FEW && Memory::allows(&FLOWS) { PATIENT.min(full) } else { 0 };
        let shortly = if Memory::allows(&SHORT) { SHORTLY } else { Shape { budget: 0, ..SHORTLY } };
        let before = Some((shortly, GiveWay::new(patience.is_long())));
        Spin {
            first,
            worth: most.min(WORTH_WAITING),
            before,
            ..Spin::new(&HAND_OFFS, Memory::allows(&HAND_OFFS), HAND_OFF)
        }
    }

    /// Tells a flow's memory that so much is there.
    pub(crate) fn finds(&mut self, much: usize) {
        if std::mem::take(&mut self.patient) {
            Memory::note(&FLOWS, much >= self.worth);
        }
    }

    /// A spin of this shape, or none in a thread for which it has not been paying.
    fn new(memories: &'static LocalKey<Cell<Memory>>, allowed: bool, shape: Shape) -> Self {
        let budget = if allowed { shape.budget } else { 0 };
        let shape = Shape { budget, ..shape };
        Spin { memories: Some(memories), ..Spin::without_memory(shape) }
    }

    fn without_memory(shape: Shape) -> Self {
        Spin { before: None, shape, first: 0, patient: false, worth: 0, memory: None, memories: None }
    }

    /// Pauses until it is time for the next look. `false` when the budget is spent.
    #[inline]
    pub(crate) fn pause(&mut self) -> bool {
        if self.pause_shortly() {
            return true;
        }
        if let Some((_, give_way)) = &mut self.before {
            if give_way.once() {
                return true;
            }
            // Others want this CPU, and have run: spinning keeps them from running again.
            if give_way.others {
                return false;
            }
            self.before = None;
        }
        let per_unit = pauses_per_unit();
        if per_unit == NEVER || !self.shape.pause(&mut self.first, &mut self.patient, per_unit) {
            return false;
        }
        self.memory = self.memories;
        true
    }

    /// As [`pause`](Self::pause), as long as the spin is short; what is left is for later.
    #[inline]
    pub(crate) fn pause_shortly(&mut self) -> bool {
        let per_unit = pauses_per_unit();
        let Some((shortly, _)) = &mut self.before else { return false };
        if per_unit != NEVER && shortly.pause(&mut self.first, &mut self.patient, per_unit) {
            self.memory = Some(&SHORT);
            return true;
        }
        if let Some(memory) = self.memory.take() {
            Memory::note(memory, false);
        }
        false
    }

    /// Whether looks are tight from here on: what may still be done before a sleep should be done now.
    pub(crate) fn nearly_spent(&self) -> bool {
        self.shape.budget <= self.shape.closing
    }

    /// Tells the thread's memory how this spin ended.
    pub(crate) fn ended(&self, found: bool) {
        if let Some(memory) = self.memory {
            Memory::note(memory, found);
        }
    }
}

impl Shape {
    /// Pauses once, if that is within the budget.
    #[inline]
    fn pause(&mut self, first: &mut u32, patient: &mut bool, per_unit: u32) -> bool {
        if self.budget == 0 {
            return false;
        }
        *patient = *first > 0;
        let now = if *patient {
            std::mem::take(first)
        } else if self.tight > 0 {
            self.tight -= 1;
            std::hint::spin_loop();
            return true;
        } else if self.budget <= self.closing {
            TIGHT
        } else {
            let now = self.next;
            self.next = (now * 2).min(self.widest);
            now
        };
        let now = now.min(self.budget);
        // A pause may take longer than that.
        self.budget = self.budget.saturating_sub(now.max(UNIT / per_unit));
        pause_for(now, per_unit);
        true
    }
}

fn pause_for(nanos: u32, per_unit: u32) {
    let pauses = (u64::from(nanos) * u64::from(per_unit) / u64::from(UNIT)).max(1);
    for _ in 0..pauses {
        std::hint::spin_loop();
    }
}

#[inline]
fn pauses_per_unit() -> u32 {
    match PAUSES.load(Relaxed) {
        0 => calibrate(),
        known => known,
    }
}

/// Times the pause instruction, about 20 µs, once per process. A preempted measurement would read too long, so the
/// shortest of five counts.
#[cold]
fn calibrate() -> u32 {
    const SAMPLE: u32 = 100;
    let pauses = match other_cpus() {
        0 => NEVER,
        _ => {
            let shortest = (0..5)
                .map(|_| {
                    let start = Instant::now();
                    for _ in 0..SAMPLE {
                        std::hint::spin_loop();
                    }
                    start.elapsed().as_nanos()
                })
                .min();
            let nanos = shortest.unwrap_or(1).clamp(1, 1_000_000) as u32;
            (SAMPLE * UNIT / nanos).max(1)
        }
    };
    PAUSES.store(pauses, Relaxed);
    pauses
}

/// How many CPUs there are beside one.
pub(crate) fn other_cpus() -> u32 {
    static CPUS: AtomicU32 = AtomicU32::new(0);
    let known = match CPUS.load(Relaxed) {
        0 => {
            let counted = u32::try_from(cpus()).unwrap_or(u32::MAX).max(1);
            CPUS.store(counted, Relaxed);
            counted
        }
        known => known,
    };
    known - 1
}

/// How many CPUs the machine has, whichever of them this thread may use: the answer is kept for the whole process, so the
/// affinity of the thread that happens to ask must not decide it.
#[cfg(target_os = "linux")]
fn cpus() -> usize {
    // SAFETY: no memory is involved.
    let online = unsafe { libc::sysconf(libc::_SC_NPROCESSORS_ONLN) };
    usize::try_from(online).unwrap_or(2)
}

#[cfg(not(target_os = "linux"))]
fn cpus() -> usize {
    std::thread::available_parallelism().map_or(2, std::num::NonZero::get)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// In a thread of its own, whose memory is empty.
    fn afresh(test: fn()) {
        if pauses_per_unit() != NEVER {
            std::thread::spawn(test).join().unwrap();
        }
    }

    #[test]
    fn a_lock_spin_ends_within_its_budget_of_pauses() {
        afresh(|| {
            let mut spin = Spin::for_lock();
            let (mut looks, mut nearly_spent_after) = (0, None);
            while spin.pause() {
                looks += 1;
                if spin.nearly_spent() {
                    nearly_spent_after.get_or_insert(looks);
                }
            }
            // 0.8 + 1.6 + 3.2 + 6.4 + 12.8 = 24.8 µs, then 130 of 40 ns, or as many as fit if a pause takes longer.
            let gap = TIGHT.max(UNIT / pauses_per_unit());
            if gap <= 800 {
                assert_eq!((looks, nearly_spent_after), (5 + 5_200_u32.div_ceil(gap), Some(5)));
            }
            assert!(!spin.pause());
        });
    }

    #[test]
    fn a_spin_takes_about_the_time_it_says() {
        afresh(|| {
            // The shortest of many: other threads can only make it longer.
            let shortest = (0..50)
                .map(|_| {
                    let start = Instant::now();
                    let mut spin = Spin::for_lock();
                    while spin.pause() {}
                    start.elapsed()
                })
                .min();
            assert!(shortest > Some(Duration::from_micros(10)), "{shortest:?}");
        });
    }

    #[test]
    fn a_thread_for_which_spinning_never_pays_stops_spinning() {
        for shape in [Spin::for_lock, Spin::for_hand_off] {
            if pauses_per_unit() == NEVER {
                return;
            }
            std::thread::spawn(move || {
                let mut spun = 0;
                for _ in 0..640 {
                    let mut spin = shape();
                    if spin.pause() {
                        spun += 1;
                        while spin.pause() {}
                    }
                    spin.ended(false);
                }
                // 6 while it learns, then one in 64.
                assert!((6..=20).contains(&spun), "{spun} of 640 waits spun");
                let mut spin = shape();
                while !spin.pause() {
                    spin = shape();
                }
                spin.ended(true);
                assert!(shape().pause(), "a success is not rewarded");
            })
            .join()
            .unwrap();
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn on_a_cpu_that_is_shared_one_failure_is_enough() {
        afresh(|| {
            let spins = |waits: u32| {
                let mut spun = 0;
                for _ in 0..waits {
                    let mut spin = Spin::for_hand_off();
                    if spin.pause() {
                        spun += 1;
                        while spin.pause() {}
                    }
                    spin.ended(false);
                }
                spun
            };
            let share = || {
                while !same_cpu::is_shared() {
                    same_cpu::asleep(same_cpu::about_to_wake);
                }
            };
            share();
            assert!(Spin::for_hand_off().pause(), "it has not tried");
            assert_eq!(spins(1), 1);
            share();
            assert_eq!(spins(1023), 0);
            assert_eq!(spins(1), 1);
            assert_eq!(spins(1023), 0);
            // It has slept, and nobody ran here.
            same_cpu::is_not_shared();
            assert_eq!(spins(640), 10);
        });
    }
}
