//! The futex of this build, whichever that is: run with and without `--cfg tollgate_portable`.

use super::super::futex::{store_and_wake, wait, wait_on, wake, wake_on};
use super::super::{Duration, Instant, Wait};
use super::atomic::{AtomicU32, Ordering::SeqCst};
use super::futex::{Deadline, requeue};
use std::sync::atomic::AtomicUsize;
use std::thread;

const LATER: Duration = Duration::from_millis(30);

/// Waits until one more thread sleeps on `word`, as far as that can be seen from outside: a requeue of nobody tells.
fn until_asleep(word: &AtomicU32, threads: usize) {
    let start = Instant::now();
    // Moving sleepers from a word to itself changes nothing, and counts them.
    while requeue(word, 0, word, 0, u32::MAX).unwrap_or(0) < threads {
        assert!(start.elapsed() < Duration::from_secs(60), "nobody falls asleep");
        thread::sleep(Duration::from_micros(200));
    }
}

#[test]
fn a_word_that_has_changed_is_not_slept_on() {
    let word = AtomicU32::new(1);
    assert_eq!(wait(&word, 0, &Deadline::NEVER), Wait::Changed);
    assert_eq!(wait(&word, 0, &Deadline::after(LATER)), Wait::Changed);
}

#[test]
fn a_wait_ends_at_its_deadline_and_not_before() {
    let word = AtomicU32::new(0);
    let start = Instant::now();
    let deadline = Deadline::after(LATER);
    while wait(&word, 0, &deadline) != Wait::TimedOut {}
    assert!(start.elapsed() >= LATER);
    assert_eq!(wait(&word, 0, &deadline), Wait::TimedOut, "it has passed");
    assert_eq!(wait(&word, 1, &deadline), Wait::Changed, "the word is looked at first");
    let deadline = Deadline::at(Instant::now() + LATER).expect("not yet");
    let start = Instant::now();
    while wait(&word, 0, &deadline) != Wait::TimedOut {}
    assert!(start.elapsed() >= LATER - Duration::from_millis(1));
    assert!(Deadline::at(start).is_none(), "passed");
}

#[test]
fn times_that_no_clock_can_count_are_for_ever() {
    for duration in [
        Duration::MAX,
        Duration::from_secs(u64::MAX),
        Duration::from_secs(u64::MAX / 2),
        Duration::from_secs(i64::MAX as u64),
        Duration::from_secs(i64::MAX as u64 / 1_000_000_000),
        Duration::from_secs(1 << 40),
    ] {
        let word = AtomicU32::new(0);
        thread::scope(|s| {
            let sleeper = s.spawn(|| wait(&word, 0, &Deadline::after(duration)));
            until_asleep(&word, 1);
            // SAFETY: the word is alive.
            unsafe { store_and_wake(&word, 1, SeqCst, |_| true) };
            assert_eq!(sleeper.join().unwrap(), Wait::MaybeWoken, "{duration:?}");
        });
    }
}

/// One wake reaches a timed and an untimed sleeper alike, as many as it says, the longest sleeping first.
#[test]
fn a_wake_reaches_as_many_as_it_says() {
    let word = AtomicU32::new(0);
    let woken = AtomicUsize::new(0);
    thread::scope(|s| {
        // If an assertion fails below, the sleepers must not keep the test from ending.
        struct LetGo<'a>(&'a AtomicU32);
        impl Drop for LetGo<'_> {
            fn drop(&mut self) {
                self.0.swap(1, SeqCst);
                wake(self.0, u32::MAX);
            }
        }
        let _let_go = LetGo(&word);
        for timed in [false, true, false, true] {
            let (word, woken) = (&word, &woken);
            s.spawn(move || {
                let deadline = if timed { Deadline::after(Duration::from_secs(60)) } else { Deadline::NEVER };
                while word.load(SeqCst) == 0 && woken.load(SeqCst) < 4 {
                    if wait(word, 0, &deadline) == Wait::MaybeWoken {
                        woken.fetch_add(1, SeqCst);
                        break;
                    }
                }
            });
        }
        until_asleep(&word, 4);
        for (count, sum) in [(0, 0), (1, 1), (2, 3), (9, 4)] {
            wake(&word, count);
            let start = Instant::now();
            while woken.load(SeqCst) < sum {
                assert!(start.elapsed() < Duration::from_secs(60), "{sum} were to be woken");
                thread::yield_now();
            }
            assert_eq!(woken.load(SeqCst), sum);
        }
    });
}

/// Those who are moved sleep on under the other word: a wake of the first does not reach them, one of the second does, and a
/// deadline still holds.
#[test]
fn requeue_moves_sleepers_with_their_deadlines() {
    let (from, to) = (AtomicU32::new(0), AtomicU32::new(0));
    assert_eq!(requeue(&from, 1, &to, 1, 1), None, "the word has changed");
    thread::scope(|s| {
        let untimed = s.spawn(|| wait(&from, 0, &Deadline::NEVER));
        until_asleep(&from, 1);
        let timed = s.spawn(|| wait(&from, 0, &Deadline::after(Duration::from_millis(300))));
        until_asleep(&from, 2);
        assert_eq!(requeue(&from, 0, &to, 0, 9), Some(2));
        wake(&from, 9);
        until_asleep(&to, 2);
        wake(&to, 1);
        assert_eq!(untimed.join().unwrap(), Wait::MaybeWoken, "the longest sleeping");
        assert_eq!(timed.join().unwrap(), Wait::TimedOut);
    });
    assert_eq!(requeue(&to, 0, &from, 9, 9), Some(0), "nobody is left");
}

#[test]
fn requeue_may_wake_some_and_move_the_rest() {
    let (from, to) = (AtomicU32::new(0), AtomicU32::new(0));
    thread::scope(|s| {
        let sleepers: Vec<_> = (0..3).map(|_| s.spawn(|| wait(&from, 0, &Deadline::NEVER))).collect();
        until_asleep(&from, 3);
        assert_eq!(requeue(&from, 0, &to, 1, 9), Some(3));
        until_asleep(&to, 2);
        wake(&to, 9);
        sleepers.into_iter().for_each(|sleeper| assert_eq!(sleeper.join().unwrap(), Wait::MaybeWoken));
    });
}

/// A wake of an address where nothing lives any more does nothing.
#[test]
fn a_wake_of_a_dead_address_is_harmless() {
    let word = Box::new(AtomicU32::new(0));
    let address = &raw const *word;
    drop(word);
    wake(address, 1);
    wake(std::ptr::null(), 1);
}

/// Many threads in pairs pass a token back and forth, with time-outs in between: no wake is lost, no table entry stays.
#[test]
fn no_wake_is_lost_among_time_outs() {
    thread::scope(|s| {
        for _ in 0..4 {
            s.spawn(|| {
                let turn = AtomicU32::new(0);
                thread::scope(|s| {
                    for me in 0..2_u32 {
                        let turn = &turn;
                        s.spawn(move || {
                            for round in 0..500_u64 {
                                while turn.load(SeqCst) != me {
                                    let deadline = match round % 3 {
                                        0 => Deadline::NEVER,
                                        1 => Deadline::after(Duration::from_micros(round % 40)),
                                        _ => Deadline::after(Duration::from_secs(60)),
                                    };
                                    wait(turn, 1 - me, &deadline);
                                }
                                // SAFETY: the word outlives both threads.
                                unsafe { store_and_wake(turn, 1 - me, SeqCst, |_| true) };
                            }
                        });
                    }
                });
            });
        }
    });
}

/// A wake on a channel passes by those who do not listen on it, though they have slept longer.
#[test]
fn a_wake_reaches_those_on_its_channel() {
    let word = AtomicU32::new(0);
    thread::scope(|s| {
        let first = s.spawn(|| wait_on(&word, 0, &Deadline::NEVER, 1));
        until_asleep(&word, 1);
        let second = s.spawn(|| wait_on(&word, 0, &Deadline::NEVER, 2));
        until_asleep(&word, 2);
        wake_on(&word, u32::MAX, 4);
        wake_on(&word, u32::MAX, 2);
        assert_eq!(second.join().unwrap(), Wait::MaybeWoken);
        until_asleep(&word, 1);
        assert!(!first.is_finished());
        wake(&word, 1);
        assert_eq!(first.join().unwrap(), Wait::MaybeWoken);
    });
}
