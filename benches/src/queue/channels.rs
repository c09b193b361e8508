//! The peers' channels.

use super::{BenchQueue, End, Get, Item, Put, Shared, Single};
use std::sync::mpsc;

/// What a type of sender does. `|sender, item|`.
macro_rules! sender {
    ($type:ty, |$end:ident, $item:ident| $put:expr, $try_put:expr) => {
        impl<T: Item> Put<T> for $type {
            #[inline]
            fn put(&self, $item: T) {
                let $end = self;
                assert!($put.is_ok());
            }

            #[inline]
            fn try_put(&self, $item: T) -> bool {
                let $end = self;
                $try_put
            }
        }
    };
}

/// What a type of receiver does. `|receiver|`.
macro_rules! receiver {
    ($type:ty, |$end:ident| $get:expr, $try_get:expr) => {
        impl<T: Item> Get<T> for $type {
            #[inline]
            fn get(&self) -> T {
                let $end = self;
                $get.expect("the queue holds both ends")
            }

            #[inline]
            fn try_get(&self) -> Option<T> {
                let $end = self;
                $try_get
            }
        }
    };
}

/// A queue of a sender and a receiver.
macro_rules! channel {
    ($(#[$doc:meta])* $type:ident, $name:literal, $putter:ty, $getter:ty, |$capacity:ident| $make:expr) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $type<T: Item>($putter, $getter);

        impl<T: Item> BenchQueue<T> for $type<T> {
            const NAME: &'static str = $name;
            type Putter<'a> = <$putter as End>::Handle<'a>;
            type Getter<'a> = <$getter as End>::Handle<'a>;

            fn new($capacity: usize) -> Self {
                let (sender, receiver) = $make;
                $type(End::keep(sender), End::keep(receiver))
            }

            fn putter(&self) -> Self::Putter<'_> {
                self.0.handle()
            }

            fn getter(&self) -> Self::Getter<'_> {
                self.1.handle()
            }
        }
    };
}

sender!(crossbeam_channel::Sender<T>, |end, item| end.send(item), end.try_send(item).is_ok());
receiver!(crossbeam_channel::Receiver<T>, |end| end.recv(), end.try_recv().ok());
channel! {
    /// crossbeam-channel.
    Crossbeam, "crossbeam-channel", Shared<crossbeam_channel::Sender<T>>, Shared<crossbeam_channel::Receiver<T>>,
    |capacity| if capacity == 0 { crossbeam_channel::unbounded() } else { crossbeam_channel::bounded(capacity) }
}

sender!(flume::Sender<T>, |end, item| end.send(item), end.try_send(item).is_ok());
receiver!(flume::Receiver<T>, |end| end.recv(), end.try_recv().ok());
channel! {
    /// flume.
    Flume, "flume", Shared<flume::Sender<T>>, Shared<flume::Receiver<T>>,
    |capacity| if capacity == 0 { flume::unbounded() } else { flume::bounded(capacity) }
}

sender!(kanal::Sender<T>, |end, item| end.send(item), end.try_send(item).unwrap());
receiver!(kanal::Receiver<T>, |end| end.recv(), end.try_recv().unwrap());
channel! {
    /// kanal.
    Kanal, "kanal", Shared<kanal::Sender<T>>, Shared<kanal::Receiver<T>>,
    |capacity| if capacity == 0 { kanal::unbounded() } else { kanal::bounded(capacity) }
}

sender!(async_channel::Sender<T>, |end, item| end.send_blocking(item), end.try_send(item).is_ok());
receiver!(async_channel::Receiver<T>, |end| end.recv_blocking(), end.try_recv().ok());
channel! {
    /// async-channel, by its blocking calls.
    AsyncChannel, "async-channel", Shared<async_channel::Sender<T>>, Shared<async_channel::Receiver<T>>,
    |capacity| if capacity == 0 { async_channel::unbounded() } else { async_channel::bounded(capacity) }
}

sender!(mpsc::SyncSender<T>, |end, item| end.send(item), end.try_send(item).is_ok());
sender!(mpsc::Sender<T>, |end, item| end.send(item), end.send(item).is_ok());
receiver!(mpsc::Receiver<T>, |end| end.recv(), end.try_recv().ok());
channel! {
    /// std's `sync_channel`. One consumer only.
    StdMpsc, "std::mpsc", Shared<mpsc::SyncSender<T>>, Single<mpsc::Receiver<T>>,
    |capacity| mpsc::sync_channel(capacity)
}
channel! {
    /// std's `channel`. One consumer only.
    StdMpscUnbounded, "std::mpsc", Shared<mpsc::Sender<T>>, Single<mpsc::Receiver<T>>, |_capacity| mpsc::channel()
}

// crossfire has an implementation for each number of producers and consumers, so each case gets the one made for it. Senders and
// receivers of one type serve several of them.

/// The bounded and the unbounded channel of one of crossfire's modules.
macro_rules! crossfire {
    ($module:ident, $name:literal, $bounded:ident, $unbounded:ident, $put:ident $sender:ident, $get:ident $receiver:ident) => {
        channel! {
            /// One of crossfire's.
            $bounded, $name,
            $put<crossfire::$sender<crossfire::$module::Array<T>>>,
            $get<crossfire::$receiver<crossfire::$module::Array<T>>>,
            |capacity| crossfire::$module::bounded_blocking(capacity)
        }
        channel! {
            /// One of crossfire's.
            $unbounded, $name,
            $put<crossfire::$sender<crossfire::$module::List<T>>>,
            $get<crossfire::$receiver<crossfire::$module::List<T>>>,
            |_capacity| crossfire::$module::unbounded_blocking()
        }
    };
}

/// What the ends of one of crossfire's channels do.
macro_rules! crossfire_ends {
    ($flavor:ty, $sender:ident, $receiver:ident) => {
        sender!(crossfire::$sender<$flavor>, |end, item| end.send(item), end.try_send(item).is_ok());
        receiver!(crossfire::$receiver<$flavor>, |end| end.recv(), end.try_recv().ok());
    };
}

crossfire_ends!(crossfire::mpmc::Array<T>, MTx, MRx);
crossfire_ends!(crossfire::mpmc::List<T>, MTx, MRx);
crossfire_ends!(crossfire::mpsc::Array<T>, MTx, Rx);
// Also spsc's: the same type.
crossfire_ends!(crossfire::mpsc::List<T>, MTx, Rx);
crossfire_ends!(crossfire::spsc::Array<T>, Tx, Rx);
sender!(crossfire::Tx<crossfire::spsc::List<T>>, |end, item| end.send(item), end.try_send(item).is_ok());

crossfire!(mpmc, "crossfire", CrossfireMpmc, CrossfireMpmcUnbounded, Shared MTx, Shared MRx);
crossfire!(mpsc, "crossfire mpsc", CrossfireMpsc, CrossfireMpscUnbounded, Shared MTx, Single Rx);
crossfire!(spsc, "crossfire spsc", CrossfireSpsc, CrossfireSpscUnbounded, Single Tx, Single Rx);
