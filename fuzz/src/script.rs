//! Scripts of operations, two bytes each: what is done, and with what. (`queue` is older and has a format of its own.)
//!
//! A changed byte changes one operation, and seeds can be written down by name: `tests/seeds.rs`.

use arbitrary::{Arbitrary, Unstructured};
use std::fmt::Debug;

/// One step of a script.
pub trait Operation: Copy + Debug + PartialEq {
    /// Every pair of bytes is an operation.
    fn decode(code: u8, argument: u8) -> Self;
}

/// One input of the fuzzer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script<O> {
    /// What is done, in turn.
    pub operations: Vec<O>,
}

/// More operations than this make an input slow, and not more interesting.
const MOST_OPERATIONS: usize = 128;

impl<O: Operation> Script<O> {
    /// An odd byte at the end means nothing.
    pub fn decode(bytes: &[u8]) -> Self {
        let pairs = bytes.chunks_exact(2).take(MOST_OPERATIONS);
        Script { operations: pairs.map(|pair| O::decode(pair[0], pair[1])).collect() }
    }

    /// The bytes of these operations: of each the first pair that means it.
    ///
    /// # Panics
    ///
    /// If no pair of bytes means one of them.
    pub fn encode(operations: &[O]) -> Vec<u8> {
        let pair = |operation: &O| {
            let mut pairs = (0..=255).flat_map(|code| (0..=255).map(move |argument| [code, argument]));
            pairs.find(|pair| O::decode(pair[0], pair[1]) == *operation)
        };
        operations
            .iter()
            .flat_map(|operation| pair(operation).unwrap_or_else(|| panic!("{operation:?} has no bytes")))
            .collect()
    }
}

impl<'a, O: Operation> Arbitrary<'a> for Script<O> {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        let all = bytes.len();
        Ok(Script::decode(bytes.bytes(all)?))
    }

    fn arbitrary_take_rest(bytes: Unstructured<'a>) -> arbitrary::Result<Self> {
        Ok(Script::decode(bytes.take_rest()))
    }
}
