//! Ideas that were tried and not adopted, each as small as it can be to be measured beside what there is: prototypes without time-outs,
//! models or fairness, for Linux. What came out is in `JOURNAL.md`.
//!
//! ```text
//! cargo bench -p tollgate-benches --bench experiments            # a minute and a half
//! ```
//!
//! * **Combining**: whoever holds the lock also runs the sections of those who wait (`lock.run(|value| …)`); so the value's cache
//!   lines stay where they are. ([Flat combining](https://doi.org/10.1145/1810479.1810540), Hendler and others, SPAA 2010, with a list of
//!   requests for its array.)
//! * **Store**: an unlock without a read-modify-write. Who wants to sleep pays for the fence of both, by `membarrier`, and has the lock
//!   unlocked by a swap for the next 4096 times.
//! * **Measured yields**: a wait that yields its CPU a few times before it sleeps, until a yield has taken longer than 50 µs: then a
//!   stranger ran, and the next thousand waits do not yield.

#[cfg(target_os = "linux")]
mod linux {
    use std::cell::{Cell, UnsafeCell};
    use std::hint::spin_loop;
    use std::ptr;
    use std::sync::Once;
    use std::sync::atomic::{
        AtomicPtr, AtomicU32,
        Ordering::{Acquire, Relaxed, Release, SeqCst},
    };
    use std::thread::{self, Thread};
    use std::time::{Duration, Instant};
    use tollgate_benches::Apart;
    use tollgate_benches::arena::Case;
    use tollgate_benches::arena::play::play;
    use tollgate_benches::arena::report::Schedule;
    use tollgate_benches::cases::{locks, semaphores};
    use tollgate_benches::lock::BenchLock;
    use tollgate_benches::regime::{Regime, be_a_hog_if_told};
    use tollgate_benches::semaphore::BenchSemaphore;
    use tollgate_benches::work::Work;

    fn futex_wait(word: &AtomicU32, expected: u32) {
        // SAFETY: the word is there, and without a time-out nothing else is looked at.
        unsafe {
            libc::syscall(
                libc::SYS_futex,
                word.as_ptr(),
                libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG,
                expected,
                0,
            )
        };
    }

    fn futex_wake(word: &AtomicU32) {
        // SAFETY: the kernel only takes the address.
        unsafe {
            libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG, 1)
        };
    }

    /// Looks about every 0.8 µs for about 30 µs; whether `done` was ever so.
    fn spin_until(mut done: impl FnMut() -> bool) -> bool {
        let began = Instant::now();
        loop {
            (0..32).for_each(|_| spin_loop());
            if done() {
                return true;
            }
            if began.elapsed() > Duration::from_micros(30) {
                return false;
            }
        }
    }

    /// A lock that runs sections for others.
    #[derive(Debug, Default)]
    struct Combining {
        word: AtomicU32,
        requests: Apart<AtomicPtr<Request>>,
        value: UnsafeCell<u64>,
    }

    // SAFETY: the value is reached by whoever has set the word.
    unsafe impl Sync for Combining {}

    /// One who waits. Lies in its frame, until `state` is `DONE`.
    struct Request {
        next: *mut Request,
        /// Runs the section, and keeps its result.
        run: unsafe fn(section: *mut (), value: *mut u64),
        section: *mut (),
        state: AtomicU32,
        thread: Thread,
    }

    const WAITING: u32 = 0;
    const ASLEEP: u32 = 1;
    const DONE: u32 = 2;

    impl Combining {
        fn try_lock(&self) -> bool {
            self.word.load(Relaxed) == 0 && self.word.compare_exchange(0, 1, SeqCst, Relaxed).is_ok()
        }

        /// Runs what others ask for, and unlocks. A request pushed after the last look is its pusher's own to run, or the next holder's:
        /// one of the two sees the other, since push, unlock and both looks are SeqCst.
        fn serve_and_unlock(&self) {
            loop {
                self.serve();
                self.word.store(0, SeqCst);
                if self.requests.0.load(SeqCst).is_null() || !self.try_lock() {
                    break;
                }
            }
        }

        fn serve(&self) {
            let mut request = self.requests.0.swap(ptr::null_mut(), Acquire);
            while !request.is_null() {
                // SAFETY: a request stays in its frame until it is done, and the lock is held.
                request = unsafe {
                    let next = (*request).next;
                    ((*request).run)((*request).section, self.value.get());
                    let thread = (*request).thread.clone();
                    if (*request).state.swap(DONE, Release) == ASLEEP {
                        thread.unpark();
                    }
                    next
                };
            }
        }

        #[cold]
        fn ask(&self, run: unsafe fn(*mut (), *mut u64), section: *mut ()) {
            let mut head = self.requests.0.load(Relaxed);
            let mut request = Request {
                next: head,
                run,
                section,
                state: AtomicU32::new(WAITING),
                thread: thread::current(),
            };
            let this = &raw mut request;
            while let Err(now) = self.requests.0.compare_exchange(head, this, SeqCst, Relaxed) {
                head = now;
                // SAFETY: this frame's own, not shared before the push succeeds.
                unsafe { (*this).next = now };
            }
            // SAFETY: the others use it by shared references from now on, but for `next`, which they only read.
            let state = unsafe { &(*this).state };
            let served = || {
                if state.load(Acquire) == DONE {
                    return true;
                }
                if self.try_lock() {
                    self.serve_and_unlock();
                }
                state.load(Acquire) == DONE
            };
            if served() || spin_until(served) {
                return;
            }
            if state.compare_exchange(WAITING, ASLEEP, Acquire, Acquire).is_ok() {
                while state.load(Acquire) != DONE {
                    thread::park();
                }
            }
        }
    }

    impl BenchLock for Combining {
        const NAME: &'static str = "combining";

        fn new(value: u64) -> Self {
            Combining { value: UnsafeCell::new(value), ..Self::default() }
        }

        fn with<R>(&self, section: impl FnOnce(&mut u64) -> R) -> R {
            if self.try_lock() {
                // SAFETY: the lock is held.
                let result = section(unsafe { &mut *self.value.get() });
                self.serve_and_unlock();
                return result;
            }
            /// Runs a section that lies there with room for its result.
            unsafe fn run<R, F: FnOnce(&mut u64) -> R>(section: *mut (), value: *mut u64) {
                // SAFETY: `section` is what `with` has put there, and `value` the lock's, which is held.
                let ((section, result), value) =
                    unsafe { (&mut *section.cast::<(Option<F>, Option<R>)>(), &mut *value) };
                *result = section.take().map(|section| section(value));
            }
            fn runner<R, F: FnOnce(&mut u64) -> R>(_: &F) -> unsafe fn(*mut (), *mut u64) {
                run::<R, F>
            }
            // The bench's sections may run in any thread.
            let run = runner(&section);
            let mut both = (Some(section), None::<R>);
            self.ask(run, (&raw mut both).cast());
            both.1.expect("the section has run")
        }
    }

    /// A lock that is unlocked by a store, while nobody has slept for a while.
    #[derive(Debug, Default)]
    struct Store {
        /// 0 is free, 1 locked, 2 locked and somebody may sleep.
        word: AtomicU32,
        /// How often it is still to be unlocked by a swap; written by the holder and by those who want to sleep.
        swaps: AtomicU32,
        value: UnsafeCell<u64>,
    }

    // SAFETY: the value is reached by whoever has set the word.
    unsafe impl Sync for Store {}

    const SWAPS: u32 = 4096;

    /// All threads of this process have passed a fence when it returns.
    fn fence_of_all() {
        const PRIVATE_EXPEDITED: libc::c_int = 8;
        const REGISTER_PRIVATE_EXPEDITED: libc::c_int = 16;
        static REGISTERED: Once = Once::new();
        let call = |command: libc::c_int| {
            // SAFETY: takes numbers only.
            let failed = unsafe { libc::syscall(libc::SYS_membarrier, command, 0, 0) };
            assert_eq!(failed, 0, "membarrier: {}", std::io::Error::last_os_error());
        };
        REGISTERED.call_once(|| call(REGISTER_PRIVATE_EXPEDITED));
        call(PRIVATE_EXPEDITED);
    }

    impl Store {
        #[cold]
        fn lock_contended(&self) {
            let free = || self.word.load(Relaxed) == 0;
            if spin_until(|| free() && self.word.compare_exchange(0, 1, Acquire, Relaxed).is_ok()) {
                return;
            }
            loop {
                // Whoever goes to sleep, or has slept, sets the mode: the holder's look at it after its store sees it, or its store was
                // before the fence, and is seen here.
                if self.swaps.swap(SWAPS, SeqCst) == 0 {
                    fence_of_all();
                }
                match self.word.swap(2, Acquire) {
                    0 => return,
                    _ => futex_wait(&self.word, 2),
                }
            }
        }

        fn unlock(&self) {
            if self.swaps.load(Relaxed) == 0 {
                self.word.store(0, Release);
                // Memory is read after the release: for a lock that outlives its users.
                if self.swaps.load(Relaxed) != 0 {
                    futex_wake(&self.word);
                }
            } else if self.word.swap(0, Release) == 2 {
                futex_wake(&self.word);
            } else {
                // Nobody slept: some day this is over. A setting of the mode that this loses was made by one who holds it set still.
                let left = self.swaps.load(Relaxed);
                if left > 0 {
                    let _ = self.swaps.compare_exchange(left, left - 1, Relaxed, Relaxed);
                }
            }
        }
    }

    impl BenchLock for Store {
        const NAME: &'static str = "store (membarrier)";

        fn new(value: u64) -> Self {
            Store { value: UnsafeCell::new(value), ..Self::default() }
        }

        fn with<R>(&self, section: impl FnOnce(&mut u64) -> R) -> R {
            if self.word.compare_exchange(0, 1, Acquire, Relaxed).is_err() {
                self.lock_contended();
            }
            // SAFETY: the lock is held.
            let result = section(unsafe { &mut *self.value.get() });
            self.unlock();
            result
        }
    }

    /// A semaphore whose waiters yield before they sleep. `MEASURED`: until that was slow.
    #[derive(Debug)]
    struct Yielding<const MEASURED: bool> {
        permits: AtomicU32,
        sleepers: AtomicU32,
    }

    const YIELDS: u32 = 4;
    const SLOW: Duration = Duration::from_micros(50);

    thread_local! {
        /// Waits of this thread that are not to yield.
        static QUIET: Cell<u32> = const { Cell::new(0) };
    }

    impl<const MEASURED: bool> Yielding<MEASURED> {
        fn try_acquire(&self) -> bool {
            let permits = self.permits.load(Relaxed);
            permits > 0 && self.permits.compare_exchange(permits, permits - 1, SeqCst, Relaxed).is_ok()
        }

        fn try_by_yielding(&self) -> bool {
            if MEASURED && QUIET.get() > 0 {
                QUIET.set(QUIET.get() - 1);
                return false;
            }
            (0..YIELDS).any(|_| {
                let began = Instant::now();
                thread::yield_now();
                if MEASURED && began.elapsed() > SLOW {
                    QUIET.set(1000);
                }
                self.try_acquire()
            })
        }
    }

    impl<const MEASURED: bool> BenchSemaphore for Yielding<MEASURED> {
        const NAME: &'static str = if MEASURED { "yields, measured" } else { "yields" };

        fn new(permits: usize) -> Self {
            Yielding { permits: AtomicU32::new(permits as u32), sleepers: AtomicU32::new(0) }
        }

        fn acquire(&self) {
            let looks = || {
                (0..64).any(|_| {
                    spin_loop();
                    self.try_acquire()
                })
            };
            if self.try_acquire() || looks() || self.try_by_yielding() {
                return;
            }
            self.sleepers.fetch_add(1, SeqCst);
            while !self.try_acquire() {
                futex_wait(&self.permits, 0);
            }
            self.sleepers.fetch_sub(1, SeqCst);
        }

        fn release(&self) {
            self.permits.fetch_add(1, SeqCst);
            if self.sleepers.load(SeqCst) > 0 {
                futex_wake(&self.permits);
            }
        }

        fn permits(&self) -> usize {
            self.permits.load(SeqCst) as usize
        }
    }

    pub(super) fn main() {
        be_a_hog_if_told();
        let test = std::env::args().any(|argument| argument == "--test");
        let schedule = Schedule {
            rounds: if test { 1 } else { 12 },
            wait_rounds: 1,
            millis: if test { 0.2 } else { 8.0 },
            rehearsal: test,
        };
        let mut cases = Vec::new();
        for threads in [1, 2, 8] {
            for (section, think) in
                [(Work::NONE, Work::NONE), (Work::NS_50, Work::NONE), (Work::US_1, Work::NS_500)]
            {
                let name = format!("{threads} threads, {} section, {} between", section.name(), think.name());
                let mut case = Case::new("experiment", name, threads);
                let play = locks::Increment { threads, section, think };
                locks::contestants::<u64>(&mut case, play);
                locks::peer::<u64, Combining>(&mut case, play);
                locks::peer::<u64, Store>(&mut case, play);
                cases.push(case);
            }
        }
        let mut case = Case::new("experiment", "hand-off between two threads".to_owned(), 2);
        case.compete = false;
        semaphores::contestants(&mut case, semaphores::HandOff);
        semaphores::peer::<Yielding<true>>(&mut case, semaphores::HandOff);
        semaphores::peer::<Yielding<false>>(&mut case, semaphores::HandOff);
        cases.push(case);
        for regime in if test { vec![Regime::Free] } else { Regime::ALL.to_vec() } {
            let _neighbours = regime.neighbours();
            for case in &cases {
                println!("{}", play(case, regime, schedule, || ()).text());
            }
        }
    }
}

fn main() {
    #[cfg(target_os = "linux")]
    linux::main();
}
