//! A crowd of idle threads, up to ten thousand, that all wait at one object, while a few others work. Does it cost them anything?
//!
//! Semaphores, conditions and queues: one thread asks, whoever of the crowd is woken answers, and waits again. Locks and events, which
//! wake nobody in particular: two threads work with another lock, or two other events. What the crowd's threads use is not counted, nor
//! how long it takes to start and to dismiss them.

use super::differ;
use super::events::Release;
use super::flow::{END, Play as QueuePlay};
use super::locks::{Increment, Play as LockPlay};
use super::semaphores::Play as SemaphorePlay;
use super::{conditions, events, locks, plural, queues, semaphores};
use crate::Apart;
use crate::arena::Case;
use crate::arena::round::{Round, Setting};
use crate::arena::usage::processor_time;
use crate::event::BenchEvent;
use crate::lock::BenchLock;
use crate::monitor::{Monitor, Signal};
use crate::queue::{BenchQueue, Get, Item, Put};
use crate::semaphore::BenchSemaphore;
use crate::team::Watchdog;
use crate::work::Work;
use std::sync::atomic::{
    AtomicBool, AtomicUsize,
    Ordering::{Acquire, Release as Publish},
};
use std::thread::{self, Builder};
use std::time::{Duration, Instant};

/// So many idle threads.
#[derive(Clone, Copy)]
struct Idle(usize);

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for count in [1, 1_000, 10_000] {
        let idle = Idle(count);
        let case = |family, threads, bar| {
            let name = format!("{} idle", plural(count, "waiter"));
            let mut case = Case::new(family, name, threads);
            case.bar = bar;
            case.compete = false;
            case.idle = count;
            case.quick = count == 1_000 && family == "condition";
            // To start ten thousand threads takes half a second.
            case.most_rounds = if count > 1 { 6 } else { usize::MAX };
            case
        };
        let mut lock = case("lock", 2, 0.9);
        locks::contestants::<u64>(&mut lock, idle);
        let mut semaphore = case("semaphore", 2, 0.9);
        semaphores::contestants(&mut semaphore, idle);
        let mut condition = case("condition", 2, 1.0);
        conditions::contestants(&mut condition, idle);
        let mut event = case("event", 2, 0.9);
        events::contestants(&mut event, idle);
        let mut queue = case("queue", 2, 0.7);
        queues::everybody(&mut queue, (count + 1, count + 1), 0, idle);
        cases.extend([lock, semaphore, condition, event, queue]);
    }
    cases
}

impl Idle {
    /// Plays with the crowd waiting: each of its threads in `wait`, which returns after `dismiss`.
    fn beside(
        self,
        setting: Setting<'_>,
        wait: impl Fn() + Sync,
        dismiss: impl FnOnce(usize),
        play: impl FnOnce() -> Round,
    ) -> Round {
        // A frame of `wait` is small, and ten thousand usual stacks are 20 GB, of addresses at least.
        const STACK: usize = 128 << 10;
        let count = if setting.rehearsal { self.0.min(20) } else { self.0 };
        let _watchdog = Watchdog::start(setting.whose);
        let arrived = AtomicUsize::new(0);
        let member = |index| {
            setting.regime.place(index);
            arrived.fetch_add(1, Publish);
            wait();
        };
        thread::scope(|scope| {
            let member = &member;
            for index in 0..count {
                let thread = Builder::new().stack_size(STACK).spawn_scoped(scope, move || member(index));
                thread.expect("one more thread");
            }
            while arrived.load(Acquire) < count {
                thread::sleep(Duration::from_millis(1));
            }
            until_quiet();
            let round = play();
            dismiss(count);
            round
        })
    }
}

/// Waits until this process uses next to no CPU: until all who wait are asleep. For two seconds at most: some peers may never sleep.
fn until_quiet() {
    const LOOK: Duration = Duration::from_millis(4);
    let began = Instant::now();
    loop {
        let before = processor_time();
        thread::sleep(LOOK);
        if processor_time() - before < LOOK / 10 || began.elapsed() > Duration::from_secs(2) {
            break;
        }
    }
}

/// The round of a thread that asks, and is told whether the answer is right. An operation is a question and its answer.
fn ask(setting: Setting<'_>, question: impl Fn(u64) -> bool + Sync) -> Round {
    let right = AtomicBool::new(true);
    let played = setting.play(1, |player| {
        for number in 0.. {
            if !player.has_time() {
                break;
            }
            if !player.timed(|| question(number)) {
                right.store(false, Publish);
            }
        }
    });
    played.round((!right.into_inner()).then(|| "a wrong answer".to_owned()))
}

impl LockPlay<u64> for Idle {
    fn round<L: BenchLock<u64>>(self, setting: Setting<'_>) -> Round {
        let Apart(held) = &Apart(L::new(0));
        let (go, gone) = (AtomicBool::new(false), AtomicBool::new(false));
        let others = Increment { threads: 2, section: Work::NS_50, think: Work::NONE };
        let mut passed = 0;
        let round = thread::scope(|scope| {
            scope.spawn(|| {
                held.with(|_| {
                    go.store(true, Publish);
                    while !gone.load(Acquire) {
                        thread::sleep(Duration::from_millis(1));
                    }
                });
            });
            while !go.load(Acquire) {
                thread::yield_now();
            }
            let wait = || held.with(|passed| *passed += 1);
            let dismiss = |count| {
                passed = count as u64;
                gone.store(true, Publish);
            };
            self.beside(setting, wait, dismiss, || others.round::<L>(setting))
        });
        let counted = held.with(|passed| *passed);
        let wrong = round.wrong.or_else(|| differ("idle ones let go", passed, counted));
        Round { wrong, ..round }
    }
}

impl SemaphorePlay for Idle {
    /// In the end each of the crowd lets the next one go. (A permit for each at once is too much for async-lock 3.5, whose second
    /// `add_permits(1)` wakes nobody before the first one's waiter has run: the rest would sleep for ever.)
    fn round<S: BenchSemaphore>(self, setting: Setting<'_>) -> Round {
        let (Apart(questions), Apart(answers)) = (&Apart(S::new(0)), &Apart(S::new(0)));
        let over = AtomicBool::new(false);
        let wait = || {
            loop {
                questions.acquire();
                if over.load(Acquire) {
                    break questions.release();
                }
                answers.release();
            }
        };
        let dismiss = |_| {
            over.store(true, Publish);
            questions.release();
        };
        let question = |_| {
            questions.release();
            answers.acquire();
            true
        };
        let round = self.beside(setting, wait, dismiss, || ask(setting, question));
        let left = questions.permits() + answers.permits();
        let wrong = round.wrong.or_else(|| differ("permits", 1, left as u64));
        Round { wrong, ..round }
    }
}

impl conditions::Play for Idle {
    /// An odd number is a question, an even one an answer. All notify after the unlock.
    fn round<M: Monitor<u64>>(self, setting: Setting<'_>) -> Round {
        const OVER: u64 = END - 1;
        let Apart(monitor) = &Apart(M::new(0));
        let wait = || {
            loop {
                let mut number = monitor.lock();
                while *number % 2 == 0 && *number != OVER {
                    number = monitor.wait(number, Signal::First);
                }
                if *number == OVER {
                    break;
                }
                *number += 1;
                drop(number);
                monitor.notify_one(Signal::Second);
            }
        };
        let dismiss = |_| {
            *monitor.lock() = OVER;
            monitor.notify_all(Signal::First);
        };
        let question = |count| {
            *monitor.lock() += 1;
            monitor.notify_one(Signal::First);
            let mut number = monitor.lock();
            while *number % 2 == 1 {
                number = monitor.wait(number, Signal::Second);
            }
            *number == 2 * (count + 1)
        };
        self.beside(setting, wait, dismiss, || ask(setting, question))
    }
}

impl events::Play for Idle {
    fn round<E: BenchEvent>(self, setting: Setting<'_>) -> Round {
        let Apart(never) = &Apart(E::new());
        let others = Release { waiters: 1 };
        self.beside(setting, || never.wait(), |_| never.set(), || others.round::<E>(setting))
    }
}

impl<T: Item> QueuePlay<T> for Idle {
    fn round<Q: BenchQueue<T>>(self, setting: Setting<'_>) -> Round {
        let (Apart(questions), Apart(answers)) = (&Apart(Q::new(0)), &Apart(Q::new(0)));
        let wait = || {
            let (getter, putter) = (questions.getter(), answers.putter());
            loop {
                let number = getter.get().number();
                if number == END {
                    break;
                }
                putter.put(T::of(number + 1));
            }
        };
        let dismiss = |count| {
            let putter = questions.putter();
            (0..count).for_each(|_| putter.put(T::of(END)));
        };
        let question = |number| {
            questions.putter().put(T::of(number));
            answers.getter().get().number() == number + 1
        };
        let round = self.beside(setting, wait, dismiss, || ask(setting, question));
        let left = questions.getter().try_get().or_else(|| answers.getter().try_get());
        let wrong = round.wrong.or(left.map(|_| "an item too many".to_owned()));
        Round { wrong, ..round }
    }
}
