//! tollgate's queues.

use super::{BenchQueue, Get, Put};

/// A queue that is both of its ends, with the calls of `tollgate::Queue`.
macro_rules! like_tollgate_queue {
    ($type:ident, $name:literal $(, $bound:ident)?) => {
        impl<T: Send $(+ $bound)?> BenchQueue<T> for tollgate::$type<T> {
            const NAME: &'static str = $name;
            type Putter<'a>
                = &'a Self
            where
                T: 'a;
            type Getter<'a>
                = &'a Self
            where
                T: 'a;

            fn new(capacity: usize) -> Self {
                tollgate::$type::new(capacity)
            }

            fn putter(&self) -> &Self {
                self
            }

            fn getter(&self) -> &Self {
                self
            }
        }

        impl<T: Send $(+ $bound)?> Put<T> for tollgate::$type<T> {
            #[inline]
            fn put(&self, item: T) {
                assert!(tollgate::$type::put(self, item).is_ok());
            }

            #[inline]
            fn try_put(&self, item: T) -> bool {
                tollgate::$type::try_put(self, item).is_ok()
            }
        }

        impl<T: Send $(+ $bound)?> Get<T> for tollgate::$type<T> {
            #[inline]
            fn get(&self) -> T {
                tollgate::$type::get(self).unwrap()
            }

            #[inline]
            fn try_get(&self) -> Option<T> {
                tollgate::$type::try_get(self).ok()
            }
        }
    };
}

like_tollgate_queue!(Queue, "tollgate::Queue");
like_tollgate_queue!(LifoQueue, "tollgate::LifoQueue");
like_tollgate_queue!(PriorityQueue, "tollgate::PriorityQueue", Ord);
