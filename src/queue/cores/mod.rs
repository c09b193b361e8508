//! Containers that may come to stand behind the queues, beside those of [`super::core`] and [`super::lock_free`]. None of them ever waits for an
//! item or for room.
//!
//! They are candidates: the feature `experimental_cores` opens them to the benches and models that decide about them, and no queue
//! uses one yet, but for [`Stack`], which `LifoQueue::lock_free` has and which is here to be looked at alone. What was measured is in `benches/JOURNAL.md`.
//!
//! | core | order | bound | progress | read-modify-writes of a push and of a pop |
//! |---|---|---|---|---|
//! | [`Stack`] | last in, first out | any, or none | lock-free | 3 (one for its task), 2 |
//! | [`Ring`] | first in, first out | any from 1 | lock-free | 3, 3 |
//! | [`Claimed`] | first in, first out | any from 1 | a push or a pop may wait for the one whose slot it needs | 1, 1 |
//!
//! "Lock-free" says that a thread which stops for ever in the middle of an operation keeps no other from ending. The allocator is not
//! counted: a core may call it, rarely (see [its nodes](super::lock_free::slab)).
//!
//! All operations are linearizable together, `len` and the looks included. Each file names the points at which they take effect.
//!
//! # Behind a gate
//!
//! A face that waits needs, for each change, a `SeqCst` read-modify-write of a word that the tries and looks of those who wait read (see
//! `sc_handshake` in the platform). It is the step at which the change takes effect: of the slot in [`Ring`], of the position in [`Claimed`]. For the sake of nobody else these steps are `SeqCst`. [`Blocking`] is the smallest such
//! face.

mod blocking;
mod claimed;
mod line;
mod ring;
#[cfg(all(test, not(any(loom, shuttle))))]
mod unit_tests;

pub use super::lock_free::Stack;
pub use blocking::Blocking;
pub use claimed::Claimed;
pub use ring::Ring;

use super::core::{Core, Nobody};

/// What a face needs of a core, whatever its order.
pub trait Container<T> {
    /// Adds an item, or gives it back if there is no room.
    ///
    /// # Errors
    ///
    /// The item, if there is no room.
    fn try_push(&self, item: T) -> Result<(), T>;
    /// Takes the first item in the core's order.
    fn try_pop(&self) -> Option<T>;
    /// How many items there are.
    fn len(&self) -> usize;
    /// Whether `try_push` would succeed. A look: writes nothing that others have to see.
    fn has_room(&self) -> bool;
    /// Whether `try_pop` would succeed. A look.
    fn has_item(&self) -> bool;
    /// Whether there is no item.
    fn is_empty(&self) -> bool {
        !self.has_item()
    }
}

/// The same calls, without tasks and end.
impl<T> Container<T> for Stack<T> {
    #[inline]
    fn try_push(&self, item: T) -> Result<(), T> {
        Core::try_push(self, item, &Nobody).map_err(|(item, _)| item)
    }

    #[inline]
    fn try_pop(&self) -> Option<T> {
        Core::try_pop(self, &Nobody).ok()
    }

    fn len(&self) -> usize {
        Core::len(self)
    }

    fn has_room(&self) -> bool {
        Core::room(self) > 0
    }

    fn has_item(&self) -> bool {
        Core::gain(self) > 0
    }
}

impl<T> std::fmt::Debug for Stack<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stack").field("len", &Core::len(self)).finish_non_exhaustive()
    }
}

/// Drops what is left in a core. When a destructor panics, the others run nevertheless; a second panic meanwhile aborts, as with
/// std's collections.
fn drop_rest<T>(pop: impl Fn() -> Option<T>) {
    struct Rest<T, F: Fn() -> Option<T>>(F);

    impl<T, F: Fn() -> Option<T>> Drop for Rest<T, F> {
        fn drop(&mut self) {
            while let Some(item) = (self.0)() {
                drop(item);
            }
        }
    }

    // Unwinding out of an iteration drops `rest`, which goes on behind the item that panicked.
    let rest = Rest(pop);
    while let Some(item) = (rest.0)() {
        drop(item);
    }
}
