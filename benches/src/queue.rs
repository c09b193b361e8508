//! Queues of numbers.

use parking_lot::{Condvar, Mutex};
use std::collections::VecDeque;
use std::sync::mpsc;

/// A queue of numbers.
pub trait BenchQueue {
    /// Whose it is.
    const NAME: &'static str;
    /// A queue for this many items; 0 is unbounded.
    fn new(capacity: usize) -> Self;
    /// Puts if there is room. Whether it did.
    fn try_put(&self, item: u64) -> bool;
    /// Takes an item if there is one.
    fn try_get(&self) -> Option<u64>;
    /// Puts, after waiting for room.
    fn put(&self, item: u64);
    /// Takes an item, after waiting for one.
    fn get(&self) -> u64;
}

impl BenchQueue for tollgate::Queue<u64> {
    const NAME: &'static str = "tollgate::Queue";

    fn new(capacity: usize) -> Self {
        tollgate::Queue::new(capacity)
    }

    #[inline]
    fn try_put(&self, item: u64) -> bool {
        tollgate::Queue::try_put(self, item).is_ok()
    }

    #[inline]
    fn try_get(&self) -> Option<u64> {
        tollgate::Queue::try_get(self).ok()
    }

    #[inline]
    fn put(&self, item: u64) {
        tollgate::Queue::put(self, item).unwrap();
    }

    #[inline]
    fn get(&self) -> u64 {
        tollgate::Queue::get(self).unwrap()
    }
}

/// Both ends of one of crossbeam's channels.
#[derive(Debug)]
pub struct Crossbeam(crossbeam_channel::Sender<u64>, crossbeam_channel::Receiver<u64>);

impl BenchQueue for Crossbeam {
    const NAME: &'static str = "crossbeam-channel";

    fn new(capacity: usize) -> Self {
        let (sender, receiver) = match capacity {
            0 => crossbeam_channel::unbounded(),
            _ => crossbeam_channel::bounded(capacity),
        };
        Crossbeam(sender, receiver)
    }

    #[inline]
    fn try_put(&self, item: u64) -> bool {
        self.0.try_send(item).is_ok()
    }

    #[inline]
    fn try_get(&self) -> Option<u64> {
        self.1.try_recv().ok()
    }

    #[inline]
    fn put(&self, item: u64) {
        self.0.send(item).unwrap();
    }

    #[inline]
    fn get(&self) -> u64 {
        self.1.recv().unwrap()
    }
}

/// Both ends of one of flume's channels.
#[derive(Debug)]
pub struct Flume(flume::Sender<u64>, flume::Receiver<u64>);

impl BenchQueue for Flume {
    const NAME: &'static str = "flume";

    fn new(capacity: usize) -> Self {
        let (sender, receiver) = match capacity {
            0 => flume::unbounded(),
            _ => flume::bounded(capacity),
        };
        Flume(sender, receiver)
    }

    #[inline]
    fn try_put(&self, item: u64) -> bool {
        self.0.try_send(item).is_ok()
    }

    #[inline]
    fn try_get(&self) -> Option<u64> {
        self.1.try_recv().ok()
    }

    #[inline]
    fn put(&self, item: u64) {
        self.0.send(item).unwrap();
    }

    #[inline]
    fn get(&self) -> u64 {
        self.1.recv().unwrap()
    }
}

/// Both ends of one of kanal's channels.
#[derive(Debug)]
pub struct Kanal(kanal::Sender<u64>, kanal::Receiver<u64>);

impl BenchQueue for Kanal {
    const NAME: &'static str = "kanal";

    fn new(capacity: usize) -> Self {
        let (sender, receiver) = match capacity {
            0 => kanal::unbounded(),
            _ => kanal::bounded(capacity),
        };
        Kanal(sender, receiver)
    }

    #[inline]
    fn try_put(&self, item: u64) -> bool {
        self.0.try_send(item).unwrap()
    }

    #[inline]
    fn try_get(&self) -> Option<u64> {
        self.1.try_recv().unwrap()
    }

    #[inline]
    fn put(&self, item: u64) {
        self.0.send(item).unwrap();
    }

    #[inline]
    fn get(&self) -> u64 {
        self.1.recv().unwrap()
    }
}

/// Both ends of one of std's channels. One consumer only, so it runs in the cases of one thread alone.
#[derive(Debug)]
pub enum StdMpsc {
    /// `sync_channel`.
    Bounded(mpsc::SyncSender<u64>, mpsc::Receiver<u64>),
    /// `channel`.
    Unbounded(mpsc::Sender<u64>, mpsc::Receiver<u64>),
}

impl StdMpsc {
    #[inline]
    fn receiver(&self) -> &mpsc::Receiver<u64> {
        match self {
            StdMpsc::Bounded(_, receiver) | StdMpsc::Unbounded(_, receiver) => receiver,
        }
    }
}

impl BenchQueue for StdMpsc {
    const NAME: &'static str = "std::mpsc";

    fn new(capacity: usize) -> Self {
        if capacity == 0 {
            let (sender, receiver) = mpsc::channel();
            StdMpsc::Unbounded(sender, receiver)
        } else {
            let (sender, receiver) = mpsc::sync_channel(capacity);
            StdMpsc::Bounded(sender, receiver)
        }
    }

    #[inline]
    fn try_put(&self, item: u64) -> bool {
        match self {
            StdMpsc::Bounded(sender, _) => sender.try_send(item).is_ok(),
            StdMpsc::Unbounded(sender, _) => sender.send(item).is_ok(),
        }
    }

    #[inline]
    fn try_get(&self) -> Option<u64> {
        self.receiver().try_recv().ok()
    }

    #[inline]
    fn put(&self, item: u64) {
        match self {
            StdMpsc::Bounded(sender, _) => sender.send(item).unwrap(),
            StdMpsc::Unbounded(sender, _) => sender.send(item).unwrap(),
        }
    }

    #[inline]
    fn get(&self) -> u64 {
        self.receiver().recv().unwrap()
    }
}

/// What people write: a ring under a lock, and two conditions, notified after the unlock. Of parking_lot, because std's
/// `notify_one` is a system call even with nobody waiting.
#[derive(Debug)]
pub struct MutexVecDeque {
    items: Mutex<VecDeque<u64>>,
    item: Condvar,
    room: Condvar,
    capacity: usize,
}

impl MutexVecDeque {
    #[inline]
    fn notify_room(&self) {
        if self.capacity != usize::MAX {
            self.room.notify_one();
        }
    }
}

impl BenchQueue for MutexVecDeque {
    const NAME: &'static str = "parking_lot Mutex<VecDeque>+Condvar";

    fn new(capacity: usize) -> Self {
        let items = Mutex::new(VecDeque::with_capacity(capacity));
        let capacity = if capacity == 0 { usize::MAX } else { capacity };
        MutexVecDeque { items, item: Condvar::new(), room: Condvar::new(), capacity }
    }

    #[inline]
    fn try_put(&self, item: u64) -> bool {
        let mut items = self.items.lock();
        if items.len() >= self.capacity {
            return false;
        }
        items.push_back(item);
        drop(items);
        self.item.notify_one();
        true
    }

    #[inline]
    fn try_get(&self) -> Option<u64> {
        let item = self.items.lock().pop_front()?;
        self.notify_room();
        Some(item)
    }

    #[inline]
    fn put(&self, item: u64) {
        let mut items = self.items.lock();
        while items.len() >= self.capacity {
            self.room.wait(&mut items);
        }
        items.push_back(item);
        drop(items);
        self.item.notify_one();
    }

    #[inline]
    fn get(&self) -> u64 {
        let mut items = self.items.lock();
        let item = loop {
            match items.pop_front() {
                Some(item) => break item,
                None => self.item.wait(&mut items),
            }
        };
        drop(items);
        self.notify_room();
        item
    }
}
