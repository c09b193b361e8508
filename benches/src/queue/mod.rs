//! Queues and channels, as their two ends. A thread puts or gets by a handle of its own: a reference where an end may be shared,
//! the guard of a lock that is held to the end where only one thread may use it. So every operation is the library's, and no more.

mod channels;
mod from_monitor;
mod ours;

pub use channels::{
    AsyncChannel, Crossbeam, CrossfireMpmc, CrossfireMpmcUnbounded, CrossfireMpsc, CrossfireMpscUnbounded,
    CrossfireSpsc, CrossfireSpscUnbounded, Flume, Kanal, StdMpsc, StdMpscUnbounded,
};
pub use from_monitor::{Container, FromMonitor};

use std::sync::{Mutex, MutexGuard};

/// A queue.
pub trait BenchQueue<T>: Sync {
    /// Whose it is.
    const NAME: &'static str;
    /// Whether its memory comes from this program's allocator, which counts.
    const COUNTED: bool = true;
    /// What a producer uses.
    type Putter<'a>: Put<T>
    where
        Self: 'a;
    /// What a consumer uses.
    type Getter<'a>: Get<T>
    where
        Self: 'a;
    /// A queue for this many items; 0 is unbounded.
    fn new(capacity: usize) -> Self;
    /// A handle for a producer.
    fn putter(&self) -> Self::Putter<'_>;
    /// A handle for a consumer.
    fn getter(&self) -> Self::Getter<'_>;
}

/// The end where items go in.
pub trait Put<T> {
    /// Puts, after waiting for room.
    fn put(&self, item: T);
    /// Puts if there is room. Whether it did.
    fn try_put(&self, item: T) -> bool;
}

/// The end where items come out.
pub trait Get<T> {
    /// Takes an item, after waiting for one.
    fn get(&self) -> T;
    /// Takes an item if there is one.
    fn try_get(&self) -> Option<T>;
}

/// Where a queue keeps one of its ends.
pub trait End {
    /// The end.
    type Of;
    /// What a thread gets to use it.
    type Handle<'a>
    where
        Self: 'a;
    /// Keeps it.
    fn keep(end: Self::Of) -> Self;
    /// A handle to use it.
    fn handle(&self) -> Self::Handle<'_>;
}

/// An end that any thread may use.
#[derive(Debug)]
pub struct Shared<E>(E);

/// An end for one thread.
#[derive(Debug)]
pub struct Single<E>(Mutex<E>);

impl<E> End for Shared<E> {
    type Of = E;
    type Handle<'a>
        = &'a E
    where
        E: 'a;

    fn keep(end: E) -> Self {
        Shared(end)
    }

    fn handle(&self) -> &E {
        &self.0
    }
}

impl<E> End for Single<E> {
    type Of = E;
    type Handle<'a>
        = MutexGuard<'a, E>
    where
        E: 'a;

    fn keep(end: E) -> Self {
        Single(Mutex::new(end))
    }

    fn handle(&self) -> MutexGuard<'_, E> {
        self.0.try_lock().expect("an end for one thread")
    }
}

macro_rules! by_handle {
    ($handle:ty) => {
        impl<T, E: Put<T>> Put<T> for $handle {
            #[inline]
            fn put(&self, item: T) {
                E::put(self, item);
            }

            #[inline]
            fn try_put(&self, item: T) -> bool {
                E::try_put(self, item)
            }
        }

        impl<T, E: Get<T>> Get<T> for $handle {
            #[inline]
            fn get(&self) -> T {
                E::get(self)
            }

            #[inline]
            fn try_get(&self) -> Option<T> {
                E::try_get(self)
            }
        }
    };
}

by_handle!(&E);
by_handle!(MutexGuard<'_, E>);

/// What goes through a queue: a number, in a guise. The largest number is not an item, but a message that there are no more.
pub trait Item: Send + Unpin + 'static {
    /// For the names of cases.
    const NAME: &'static str;
    /// The number in its guise.
    fn of(number: u64) -> Self;
    /// The number.
    fn number(&self) -> u64;
}

impl Item for u64 {
    const NAME: &'static str = "u64";

    #[inline]
    fn of(number: u64) -> Self {
        number
    }

    #[inline]
    fn number(&self) -> u64 {
        *self
    }
}

impl Item for [u64; 8] {
    const NAME: &'static str = "64 bytes";

    #[inline]
    fn of(number: u64) -> Self {
        [number; 8]
    }

    /// Torn items have no number, but some other one.
    #[inline]
    fn number(&self) -> u64 {
        self.iter().fold(0, |all, part| all | part)
    }
}

impl Item for Box<u64> {
    const NAME: &'static str = "Box";

    #[inline]
    fn of(number: u64) -> Self {
        Box::new(number)
    }

    #[inline]
    fn number(&self) -> u64 {
        **self
    }
}

/// 8 bytes to 4 kilobytes, as the number has it: half of them have 8, a quarter 16, and so on, so each size is as much memory.
impl Item for Box<[u64]> {
    const NAME: &'static str = "mixed sizes";

    fn of(number: u64) -> Self {
        let by_chance = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        vec![number; 1 << by_chance.trailing_zeros().min(9)].into()
    }

    /// Torn items have no number, but some other one.
    fn number(&self) -> u64 {
        self.iter().fold(0, |all, part| all | part)
    }
}
