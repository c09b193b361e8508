//! Queues of C++ libraries, for numbers, through the C functions of `cpp/peers.cc`: with the feature `cpp_peers`, where their headers
//! are installed. Their memory comes from allocators of their own, so it is not counted.

use crate::queue::{BenchQueue, Get, Put};
use std::ffi::{CStr, c_char, c_void};
use std::marker::PhantomData;
use std::ptr::NonNull;

/// What a queue can do. All but `make` take what that has made.
#[derive(Debug)]
#[repr(C)]
pub struct Face {
    make: unsafe extern "C" fn(capacity: usize) -> *mut c_void,
    destroy: unsafe extern "C" fn(queue: *mut c_void),
    put: unsafe extern "C" fn(queue: *mut c_void, item: u64),
    try_put: unsafe extern "C" fn(queue: *mut c_void, item: u64) -> bool,
    get: unsafe extern "C" fn(queue: *mut c_void) -> u64,
    try_get: unsafe extern "C" fn(queue: *mut c_void, item: *mut u64) -> bool,
}

/// A kind of queue.
pub trait Kind: 'static {
    /// Its name.
    const NAME: &'static str;
    /// What it can do, if its library is there.
    fn face() -> Option<&'static Face>;
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $type:ident, $name:literal, $face:ident;)*) => {
        // SAFETY: as peers.cc defines them, constants all.
        unsafe extern "C" {
            $(safe static $face: Option<&'static Face>;)*
        }

        $(
            $(#[$doc])*
            #[derive(Debug)]
            pub struct $type;

            impl Kind for $type {
                const NAME: &'static str = $name;

                fn face() -> Option<&'static Face> {
                    $face
                }
            }
        )*
    };
}

kinds! {
    /// `moodycamel::BlockingConcurrentQueue`, without tokens. First come, first served only among the items of one producer.
    MoodycamelBlocking, "moodycamel blocking", tollgate_moodycamel_blocking;
    /// `moodycamel::ConcurrentQueue`, which cannot wait.
    Moodycamel, "moodycamel (cannot wait)", tollgate_moodycamel;
    /// `tbb::concurrent_bounded_queue`.
    TbbBounded, "TBB bounded_queue", tollgate_tbb_bounded;
    /// `tbb::concurrent_queue`, which cannot wait.
    Tbb, "TBB queue (cannot wait)", tollgate_tbb;
    /// `tbb::concurrent_priority_queue`, which cannot wait.
    TbbHeap, "TBB priority_queue", tollgate_tbb_heap;
    /// `boost::lockfree::queue`, which cannot wait.
    Boost, "Boost queue (cannot wait)", tollgate_boost;
    /// `boost::lockfree::stack`, which cannot wait.
    BoostStack, "Boost stack (cannot wait)", tollgate_boost_stack;
}

/// Names and versions of the libraries that are there.
pub fn versions() -> Vec<String> {
    // SAFETY: as peers.cc defines it.
    unsafe extern "C" {
        safe fn tollgate_cpp_versions() -> *const c_char;
    }
    // SAFETY: a literal of C++.
    let lines = unsafe { CStr::from_ptr(tollgate_cpp_versions()) };
    lines.to_string_lossy().lines().map(str::to_owned).collect()
}

/// A queue of that kind.
#[derive(Debug)]
pub struct Cpp<K> {
    face: &'static Face,
    queue: NonNull<c_void>,
    _kind: PhantomData<fn() -> K>,
}

// SAFETY: all these queues are for many threads at once, on either end.
unsafe impl<K> Sync for Cpp<K> {}

impl<K> Drop for Cpp<K> {
    fn drop(&mut self) {
        // SAFETY: made by this face, and nobody uses it any more.
        unsafe { (self.face.destroy)(self.queue.as_ptr()) };
    }
}

impl<K: Kind> BenchQueue<u64> for Cpp<K> {
    const NAME: &'static str = K::NAME;
    const COUNTED: bool = false;
    type Putter<'a> = &'a Self;
    type Getter<'a> = &'a Self;

    fn new(capacity: usize) -> Self {
        let face = K::face().expect("a library that is there");
        // SAFETY: any capacity will do.
        let queue = NonNull::new(unsafe { (face.make)(capacity) }).expect("a queue");
        Cpp { face, queue, _kind: PhantomData }
    }

    fn putter(&self) -> &Self {
        self
    }

    fn getter(&self) -> &Self {
        self
    }
}

impl<K> Put<u64> for Cpp<K> {
    #[inline]
    fn put(&self, item: u64) {
        // SAFETY: made by this face, as below.
        unsafe { (self.face.put)(self.queue.as_ptr(), item) };
    }

    #[inline]
    fn try_put(&self, item: u64) -> bool {
        // SAFETY: as above.
        unsafe { (self.face.try_put)(self.queue.as_ptr(), item) }
    }
}

impl<K> Get<u64> for Cpp<K> {
    #[inline]
    fn get(&self) -> u64 {
        // SAFETY: as above.
        unsafe { (self.face.get)(self.queue.as_ptr()) }
    }

    #[inline]
    fn try_get(&self) -> Option<u64> {
        let mut item = 0;
        // SAFETY: as above, and there is room for the item.
        unsafe { (self.face.try_get)(self.queue.as_ptr(), &raw mut item) }.then_some(item)
    }
}
