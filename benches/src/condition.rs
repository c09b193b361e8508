//! A condition and a lock around the number of the turn.

/// Where a notifier is when it notifies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notify {
    /// It holds the lock, as Python's rules want it.
    UnderLock,
    /// It has released the lock.
    AfterUnlock,
}

impl Notify {
    /// The name in the list of results.
    pub fn name(self) -> &'static str {
        match self {
            Notify::UnderLock => "notify under lock",
            Notify::AfterUnlock => "notify after unlock",
        }
    }
}

/// A condition, and a lock around a number of turns taken.
pub trait BenchCondition: Sync {
    /// Whose it is.
    const NAME: &'static str;
    /// No turn taken.
    fn new() -> Self;
    /// Waits until the number of turns is `me` modulo 2, takes one, and notifies one.
    fn turn(&self, me: u64, how: Notify);
    /// Takes a turn, and returns when the number of turns is a multiple of `parties` again, as a barrier would. The last one
    /// notifies all.
    fn meet(&self, parties: u64, how: Notify);
    /// How many turns were taken.
    fn turns(&self) -> u64;
    /// `notify_one`.
    fn notify_one(&self);
    /// `notify_all`.
    fn notify_all(&self);
}

/// tollgate's.
#[derive(Debug, Default)]
pub struct Tollgate {
    turns: tollgate::Lock<u64>,
    changed: tollgate::Condition,
}

impl BenchCondition for Tollgate {
    const NAME: &'static str = "tollgate::Condition";

    fn new() -> Self {
        Self::default()
    }

    #[inline]
    fn turn(&self, me: u64, how: Notify) {
        let mut turns = self.turns.lock();
        while *turns % 2 != me {
            self.changed.wait(&mut turns);
        }
        *turns += 1;
        if how == Notify::AfterUnlock {
            drop(turns);
        }
        self.changed.notify_one();
    }

    #[inline]
    fn meet(&self, parties: u64, how: Notify) {
        let mut turns = self.turns.lock();
        *turns += 1;
        let enough = turns.next_multiple_of(parties);
        if *turns == enough {
            if how == Notify::AfterUnlock {
                drop(turns);
            }
            self.changed.notify_all();
            return;
        }
        while *turns < enough {
            self.changed.wait(&mut turns);
        }
    }

    fn turns(&self) -> u64 {
        *self.turns.lock()
    }

    #[inline]
    fn notify_one(&self) {
        self.changed.notify_one();
    }

    #[inline]
    fn notify_all(&self) {
        self.changed.notify_all();
    }
}

/// std's.
#[derive(Debug, Default)]
pub struct Std {
    turns: std::sync::Mutex<u64>,
    changed: std::sync::Condvar,
}

impl BenchCondition for Std {
    const NAME: &'static str = "std::Condvar";

    fn new() -> Self {
        Self::default()
    }

    #[inline]
    fn turn(&self, me: u64, how: Notify) {
        let mut turns = self.turns.lock().unwrap();
        while *turns % 2 != me {
            turns = self.changed.wait(turns).unwrap();
        }
        *turns += 1;
        if how == Notify::AfterUnlock {
            drop(turns);
        }
        self.changed.notify_one();
    }

    #[inline]
    fn meet(&self, parties: u64, how: Notify) {
        let mut turns = self.turns.lock().unwrap();
        *turns += 1;
        let enough = turns.next_multiple_of(parties);
        if *turns == enough {
            if how == Notify::AfterUnlock {
                drop(turns);
            }
            self.changed.notify_all();
            return;
        }
        while *turns < enough {
            turns = self.changed.wait(turns).unwrap();
        }
    }

    fn turns(&self) -> u64 {
        *self.turns.lock().unwrap()
    }

    #[inline]
    fn notify_one(&self) {
        self.changed.notify_one();
    }

    #[inline]
    fn notify_all(&self) {
        self.changed.notify_all();
    }
}

/// parking_lot's.
#[derive(Debug, Default)]
pub struct ParkingLot {
    turns: parking_lot::Mutex<u64>,
    changed: parking_lot::Condvar,
}

impl BenchCondition for ParkingLot {
    const NAME: &'static str = "parking_lot::Condvar";

    fn new() -> Self {
        Self::default()
    }

    #[inline]
    fn turn(&self, me: u64, how: Notify) {
        let mut turns = self.turns.lock();
        while *turns % 2 != me {
            self.changed.wait(&mut turns);
        }
        *turns += 1;
        if how == Notify::AfterUnlock {
            drop(turns);
        }
        self.changed.notify_one();
    }

    #[inline]
    fn meet(&self, parties: u64, how: Notify) {
        let mut turns = self.turns.lock();
        *turns += 1;
        let enough = turns.next_multiple_of(parties);
        if *turns == enough {
            if how == Notify::AfterUnlock {
                drop(turns);
            }
            self.changed.notify_all();
            return;
        }
        while *turns < enough {
            self.changed.wait(&mut turns);
        }
    }

    fn turns(&self) -> u64 {
        *self.turns.lock()
    }

    #[inline]
    fn notify_one(&self) {
        self.changed.notify_one();
    }

    #[inline]
    fn notify_all(&self) {
        self.changed.notify_all();
    }
}
