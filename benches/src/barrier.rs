//! Barriers. usync 0.2.1 has one, too, which never ends with four parties or more: its rounds livelock. It is left out.

/// A barrier.
pub trait BenchBarrier: Sync {
    /// Whose it is.
    const NAME: &'static str;
    /// A barrier for so many threads.
    fn new(parties: usize) -> Self;
    /// Waits until all have arrived; whether this thread is the one of its round that others are not.
    fn wait(&self) -> bool;
}

impl BenchBarrier for tollgate::Barrier {
    const NAME: &'static str = "tollgate::Barrier";

    fn new(parties: usize) -> Self {
        tollgate::Barrier::new(parties)
    }

    #[inline]
    fn wait(&self) -> bool {
        tollgate::Barrier::wait(self).unwrap().is_leader()
    }
}

impl BenchBarrier for std::sync::Barrier {
    const NAME: &'static str = "std::sync::Barrier";

    fn new(parties: usize) -> Self {
        std::sync::Barrier::new(parties)
    }

    #[inline]
    fn wait(&self) -> bool {
        std::sync::Barrier::wait(self).is_leader()
    }
}

impl BenchBarrier for saa::Barrier {
    const NAME: &'static str = "saa::Barrier";

    fn new(parties: usize) -> Self {
        saa::Barrier::with_count(parties)
    }

    #[inline]
    fn wait(&self) -> bool {
        self.wait_sync()
    }
}

/// The C library's.
#[cfg(target_os = "linux")]
#[derive(Debug)]
pub struct Pthread(Box<std::cell::UnsafeCell<libc::pthread_barrier_t>>);

// SAFETY: made to be used by several threads, through its address.
#[cfg(target_os = "linux")]
unsafe impl Sync for Pthread {}

#[cfg(target_os = "linux")]
impl BenchBarrier for Pthread {
    const NAME: &'static str = "pthread_barrier_t";

    fn new(parties: usize) -> Self {
        let parties = u32::try_from(parties).expect("a few threads");
        // SAFETY: plain data, which `pthread_barrier_init` writes; the box keeps it in its place.
        let barrier = Pthread(Box::new(unsafe { std::mem::zeroed() }));
        // SAFETY: as above.
        let status = unsafe { libc::pthread_barrier_init(barrier.0.get(), std::ptr::null(), parties) };
        assert_eq!(status, 0);
        barrier
    }

    #[inline]
    fn wait(&self) -> bool {
        // SAFETY: initialised above.
        let status = unsafe { libc::pthread_barrier_wait(self.0.get()) };
        assert!(status == 0 || status == libc::PTHREAD_BARRIER_SERIAL_THREAD);
        status == libc::PTHREAD_BARRIER_SERIAL_THREAD
    }
}

#[cfg(target_os = "linux")]
impl Drop for Pthread {
    fn drop(&mut self) {
        // SAFETY: initialised in `new`, and nobody waits.
        unsafe { libc::pthread_barrier_destroy(self.0.get()) };
    }
}
