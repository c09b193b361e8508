//! Batches: one item after the other, since each needs a partner of its own.

use super::super::{GetError, PutError, PutManyError};
use super::Rendezvous;
use crate::platform::{Duration, Instant, Patience};

impl<T> Rendezvous<T> {
    #[cfg_attr(feature = "diagnostics", track_caller)]
    fn put_many_within(
        &self,
        items: impl IntoIterator<Item = T>,
        patience: Patience,
    ) -> Result<usize, PutManyError<T>> {
        let patience = patience.fixed();
        // Before the first put: user code.
        let items: Vec<T> = items.into_iter().collect();
        let mut items = items.into_iter();
        let mut put = 0;
        while let Some(item) = items.next() {
            let mut with_rest = |item| std::iter::once(item).chain(items.by_ref()).collect();
            match self.put_within(item, patience) {
                Ok(()) => put += 1,
                Err(PutError::Full(item)) => {
                    return Err(PutManyError { put, rest: PutError::Full(with_rest(item)) });
                }
                Err(PutError::ShutDown(item)) => {
                    return Err(PutManyError { put, rest: PutError::ShutDown(with_rest(item)) });
                }
            }
        }
        Ok(put)
    }

    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub(super) fn get_many_within(&self, most: usize, patience: Patience) -> Result<Vec<T>, GetError> {
        if most == 0 {
            return Ok(Vec::new());
        }
        match self.collect_many(most) {
            Err(GetError::Empty) if patience != Patience::None => {
                let mut items = vec![self.get_contended(patience)?];
                if most > 1 {
                    items.extend(self.collect_many(most - 1).unwrap_or_default());
                }
                Ok(items)
            }
            ended => ended,
        }
    }

    /// Hands over one item after the other. How many: all.
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    /// use tollgate::Rendezvous;
    ///
    /// let meeting = Rendezvous::new();
    /// std::thread::scope(|s| {
    ///     s.spawn(|| meeting.put_many([1, 2, 3]).unwrap());
    ///     assert_eq!((meeting.get(), meeting.get(), meeting.get()), (Ok(1), Ok(2), Ok(3)));
    /// });
    /// // Nobody waits for these.
    /// assert!(meeting.is_empty() && meeting.is_full());
    /// let error = meeting.try_put_many([4, 5]).unwrap_err();
    /// assert_eq!((error.put, error.into_rest()), (0, vec![4, 5]));
    /// assert!(meeting.put_many_timeout([4, 5], Duration::from_millis(1)).is_err());
    /// assert!(meeting.put_many_deadline([4, 5], Instant::now()).is_err());
    /// ```
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn put_many<I: IntoIterator<Item = T>>(&self, items: I) -> Result<usize, PutManyError<T>> {
        self.put_many_within(items, Patience::Forever)
    }

    /// The same, to getters that wait already.
    ///
    /// An example: [`put_many`](Self::put_many).
    pub fn try_put_many<I: IntoIterator<Item = T>>(&self, items: I) -> Result<usize, PutManyError<T>> {
        self.put_many_within(items, Patience::None)
    }

    /// The same, waiting at most `timeout` in all.
    ///
    /// An example: [`put_many`](Self::put_many).
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn put_many_timeout<I>(&self, items: I, timeout: Duration) -> Result<usize, PutManyError<T>>
    where
        I: IntoIterator<Item = T>,
    {
        self.put_many_within(items, Patience::timeout(timeout))
    }

    /// The same, waiting until `deadline` at most.
    ///
    /// An example: [`put_many`](Self::put_many).
    #[cfg_attr(feature = "diagnostics", track_caller)]
    pub fn put_many_deadline<I>(&self, items: I, deadline: Instant) -> Result<usize, PutManyError<T>>
    where
        I: IntoIterator<Item = T>,
    {
        self.put_many_within(items, Patience::Until(deadline))
    }
}
