//! A ring of one to three places inside the ledger: small items lie on the cache line that says they are there.
//!
//! With room for one item every put and every get moves what the other side has just written. In memory of their own the items were two of
//! six such moves.
//!
//! Those who wait for one of so few places, or for one of so few items, are served: see `gate::served`.
//!
//! # Invariant
//!
//! There are items in `len` of the [`FEW`] places, from `first` on and around; none in the others.

use super::face::drop_each;
use super::store::Store;
use std::collections::VecDeque;
use std::iter;
use std::mem::MaybeUninit;
use std::ptr;

/// So many places, whatever the capacity.
pub(super) const FEW: usize = 3;

/// See the module.
pub(crate) struct Few<T> {
    places: Places<T>,
    first: u32,
    len: u32,
}

/// Items that are larger than a word lie elsewhere, so that a queue of such is no larger.
#[derive(Clone, Copy)]
union Places<T> {
    near: [MaybeUninit<u64>; FEW],
    /// Room for [`FEW`] items, or null.
    far: *mut T,
}

// SAFETY: it owns its items, and its memory.
unsafe impl<T: Send> Send for Few<T> {}

impl<T> Few<T> {
    const NEAR: bool = size_of::<T>() <= size_of::<u64>() && align_of::<T>() <= align_of::<u64>();

    /// The place that comes so many after the first one, which has to be less than [`FEW`].
    fn place(&mut self, after: u32) -> *mut T {
        let at = (self.first + after) as usize % FEW;
        if Self::NEAR {
            // SAFETY: any bytes are such words; within the array.
            unsafe { (&raw mut self.places.near[at]).cast() }
        } else {
            // SAFETY: of items of this size `far` is what there is.
            let far = unsafe { self.places.far };
            debug_assert!(!far.is_null(), "tollgate: an item for a queue without places");
            // SAFETY: within the allocation.
            unsafe { far.add(at) }
        }
    }
}

impl<T> Store<T> for Few<T> {
    const EMPTY: Self = Few {
        places: if Self::NEAR {
            Places { near: [MaybeUninit::uninit(); FEW] }
        } else {
            Places { far: ptr::null_mut() }
        },
        first: 0,
        len: 0,
    };
    const FEW: bool = true;

    fn with_room_for(items: usize) -> Self {
        debug_assert!(items <= FEW);
        let mut few = Self::EMPTY;
        if !Self::NEAR {
            few.places.far = Box::into_raw(Box::<[T; FEW]>::new_uninit()).cast();
        }
        few
    }

    fn push(&mut self, item: T) {
        debug_assert!((self.len as usize) < FEW, "tollgate: more items than places");
        // SAFETY: a place, and by the invariant an empty one.
        unsafe { self.place(self.len).write(item) };
        self.len += 1;
    }

    fn pop(&mut self) -> Option<T> {
        self.len = self.len.checked_sub(1)?;
        // SAFETY: by the invariant there is an item, and from now on there is none.
        let item = unsafe { self.place(0).read() };
        self.first = (self.first + 1) % FEW as u32;
        Some(item)
    }

    fn len(&self) -> usize {
        self.len as usize
    }

    fn slots(&self) -> usize {
        FEW
    }

    fn shrink_to(&mut self, _: usize) {}

    fn into_ordered(mut self) -> VecDeque<T> {
        iter::from_fn(|| self.pop()).collect()
    }
}

impl<T> Drop for Few<T> {
    fn drop(&mut self) {
        let far = if Self::NEAR {
            ptr::null_mut()
        } else {
            // SAFETY: as in `place`.
            unsafe { self.places.far }
        };
        // Freed after the items are dropped, also when one of them panics.
        let _far = (!far.is_null()).then(|| {
            // SAFETY: from `with_room_for`, and nobody else's.
            unsafe { Box::from_raw(far.cast::<MaybeUninit<[T; FEW]>>()) }
        });
        drop_each(iter::from_fn(|| self.pop()));
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;
    use std::rc::Rc;

    fn comes_out_as_it_went_in<T: Clone + PartialEq + std::fmt::Debug>(items: [T; 5]) {
        let mut few = Few::with_room_for(FEW);
        for turn in 0..7 {
            for count in 0..=FEW {
                let some: Vec<T> = items.iter().cycle().skip(turn).take(count).cloned().collect();
                some.iter().for_each(|item| few.push(item.clone()));
                assert_eq!(few.len(), count);
                let out: Vec<T> = iter::from_fn(|| few.pop()).collect();
                assert_eq!(out, some);
            }
        }
        few.push(items[0].clone());
        few.push(items[1].clone());
        assert_eq!(few.into_ordered(), [items[0].clone(), items[1].clone()]);
    }

    #[test]
    fn items_of_any_size_come_out_as_they_went_in() {
        comes_out_as_it_went_in([(); 5]);
        comes_out_as_it_went_in([1_u8, 2, 3, 4, 5]);
        comes_out_as_it_went_in([1, 2, 3, 4, 5].map(Box::new));
        comes_out_as_it_went_in([1, 2, 3, 4, 5].map(|n| n.to_string()));
        comes_out_as_it_went_in([1_u128, 2, 3, 4, 5]);
        comes_out_as_it_went_in([1, 2, 3, 4, 5].map(|n| [n; 4096]));
    }

    #[test]
    fn what_is_left_is_dropped_once() {
        let near = Rc::new(());
        let far = (Rc::clone(&near), [0; 4]);
        let (mut small, mut large) = (Few::with_room_for(3), Few::with_room_for(3));
        for _ in 0..3 {
            small.push(Rc::clone(&near));
            large.push(far.clone());
        }
        drop(small.pop());
        drop(large.pop());
        small.push(Rc::clone(&near));
        assert_eq!(Rc::strong_count(&near), 2 + 3 + 2);
        drop((small, large));
        drop(Few::<Rc<()>>::EMPTY);
        assert_eq!(Rc::strong_count(&near), 2);
    }
}
