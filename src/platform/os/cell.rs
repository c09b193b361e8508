//! `UnsafeCell` in closure style, the shape that loom's cell has.

/// A `std::cell::UnsafeCell` whose pointer is only lent to closures.
#[derive(Debug)]
#[repr(transparent)]
pub(crate) struct UnsafeCell<T: ?Sized>(std::cell::UnsafeCell<T>);

impl<T> UnsafeCell<T> {
    pub(crate) const fn new(value: T) -> Self {
        UnsafeCell(std::cell::UnsafeCell::new(value))
    }

    pub(crate) fn into_inner(self) -> T {
        self.0.into_inner()
    }
}

impl<T: ?Sized> UnsafeCell<T> {
    /// Lends the pointer for a read.
    #[inline(always)]
    pub(crate) fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
        f(self.0.get())
    }

    /// Lends the pointer for a write.
    #[inline(always)]
    pub(crate) fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        f(self.0.get())
    }

    #[inline(always)]
    pub(crate) const fn get_mut(&mut self) -> &mut T {
        self.0.get_mut()
    }
}

#[cfg(any(target_has_atomic = "64", tollgate_two_ended))]
impl<T> UnsafeCell<std::mem::MaybeUninit<T>> {
    /// Makes a cell that holds nothing where the memory of one is, without moving one there.
    ///
    /// # Safety
    ///
    /// `place` is valid for writes.
    pub(crate) unsafe fn make_empty(place: *mut Self) {
        // Whatever the bytes are, they are such a cell.
        let _ = place;
    }
}
