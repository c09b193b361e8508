//! Flags to wait for.

/// A flag that is set and cleared, and waited for.
pub trait BenchEvent: Sync {
    /// Whose it is.
    const NAME: &'static str;
    /// One that is not set.
    fn new() -> Self;
    /// Sets it, and lets all go who wait.
    fn set(&self);
    /// Makes it not set.
    fn clear(&self);
    /// Waits until it is set.
    fn wait(&self);
}

impl BenchEvent for tollgate::Event {
    const NAME: &'static str = "tollgate::Event";

    fn new() -> Self {
        tollgate::Event::new()
    }

    #[inline]
    fn set(&self) {
        tollgate::Event::set(self);
    }

    #[inline]
    fn clear(&self) {
        tollgate::Event::clear(self);
    }

    #[inline]
    fn wait(&self) {
        tollgate::Event::wait(self);
    }
}

/// What people write where the library has no event: a flag, a lock and a condition. Of std.
#[derive(Debug, Default)]
pub struct StdMutexCondvar {
    set: std::sync::Mutex<bool>,
    changed: std::sync::Condvar,
}

impl BenchEvent for StdMutexCondvar {
    const NAME: &'static str = "std Mutex+Condvar";

    fn new() -> Self {
        StdMutexCondvar::default()
    }

    #[inline]
    fn set(&self) {
        *self.set.lock().unwrap() = true;
        self.changed.notify_all();
    }

    #[inline]
    fn clear(&self) {
        *self.set.lock().unwrap() = false;
    }

    #[inline]
    fn wait(&self) {
        let mut set = self.set.lock().unwrap();
        while !*set {
            set = self.changed.wait(set).unwrap();
        }
    }
}

/// The same of parking_lot.
#[derive(Debug, Default)]
pub struct ParkingLotMutexCondvar {
    set: parking_lot::Mutex<bool>,
    changed: parking_lot::Condvar,
}

impl BenchEvent for ParkingLotMutexCondvar {
    const NAME: &'static str = "parking_lot Mutex+Condvar";

    fn new() -> Self {
        ParkingLotMutexCondvar::default()
    }

    #[inline]
    fn set(&self) {
        *self.set.lock() = true;
        self.changed.notify_all();
    }

    #[inline]
    fn clear(&self) {
        *self.set.lock() = false;
    }

    #[inline]
    fn wait(&self) {
        let mut set = self.set.lock();
        while !*set {
            self.changed.wait(&mut set);
        }
    }
}
