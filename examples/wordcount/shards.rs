//! The counts of all words, in shards that each have a `Lock`, so that those who merge their counts seldom meet.

use crate::tally::{Tally, Waits};
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use tollgate::Lock;

const SHARDS: usize = 16;

pub(crate) type Counts = HashMap<String, u64>;

/// Counts one more `word`, and allocates only if it is new.
pub(crate) fn add(counts: &mut Counts, word: &str) {
    match counts.get_mut(word) {
        Some(count) => *count += 1,
        None => {
            counts.insert(word.to_owned(), 1);
        }
    }
}

#[derive(Default)]
pub(crate) struct Shards {
    shards: [Lock<Counts>; SHARDS],
    /// Chooses the shard of a word. Not the hash of the maps: words of one shard would be too much alike by that.
    choice: RandomState,
    tally: Tally,
}

impl Shards {
    /// Adds `counts`, and empties it. Each counter begins with another shard, so that they do not meet at every one.
    pub(crate) fn merge(&self, counter: usize, counts: &mut Counts) {
        let mut portions: [Vec<(String, u64)>; SHARDS] = Default::default();
        for (word, count) in counts.drain() {
            portions[self.choice.hash_one(&word) as usize % SHARDS].push((word, count));
        }
        for n in 0..SHARDS {
            let at = (counter + n) % SHARDS;
            if portions[at].is_empty() {
                continue;
            }
            let mut shard = self.tally.lock(&self.shards[at]);
            for (word, count) in portions[at].drain(..) {
                *shard.entry(word).or_default() += count;
            }
        }
    }

    /// The counts, which are then gone from here. Each word is in one of the maps.
    pub(crate) fn take(&self) -> Vec<Counts> {
        self.shards.iter().map(|shard| std::mem::take(&mut *shard.lock())).collect()
    }

    pub(crate) fn waits(&self) -> Waits {
        self.tally.waits()
    }
}
