//! Cutting, without the threads around it.

use crate::expected::words_of;
use crate::words::{Cutter, MAX_WORD_CHARS, Tokenizer, cut_up};
use proptest::prelude::*;
use std::io;
use std::ops::ControlFlow;

/// Text made of what is hard to cut.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let fragment = prop_oneof![
        Just("a".as_bytes()),
        Just("É".as_bytes()),
        Just("漢".as_bytes()),
        Just("𝐀".as_bytes()),
        Just(" ".as_bytes()),
        Just("\u{3000}".as_bytes()),
        Just(&b"\x80"[..]),
        Just(&b"\xE6\xBC"[..]),
        Just(&b"\xF0\x9D\x90"[..]),
        Just(&b"\xC3"[..]),
        Just(&b"\xFF"[..]),
    ];
    let times = prop_oneof![4 => 1..4_usize, 1 => 1000..6000_usize];
    proptest::collection::vec((fragment, times), 0..12)
        .prop_map(|parts| parts.into_iter().flat_map(|(fragment, times)| fragment.repeat(times)).collect())
}

/// Gives as much at a time as it likes.
struct Reluctant<'a> {
    text: &'a [u8],
    sizes: std::iter::Cycle<std::slice::Iter<'a, usize>>,
}

impl io::Read for Reluctant<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        assert!(!room.is_empty());
        let size = (*self.sizes.next().unwrap()).min(room.len()).min(self.text.len());
        let (now, later) = self.text.split_at(size);
        room[..size].copy_from_slice(now);
        self.text = later;
        Ok(size)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn the_words_do_not_depend_on_where_the_text_is_cut(
        text in text(),
        sizes in proptest::collection::vec(prop_oneof![1..10_usize, 1000..9000_usize], 1..6),
        block in (MAX_WORD_CHARS + 1) * 4..3 * (MAX_WORD_CHARS + 1) * 4,
    ) {
        let (expected, expected_invalid) = words_of(&text);
        let mut found = Vec::new();
        let (mut invalid, mut bytes) = (0, Vec::new());
        let source = Reluctant { text: &text, sizes: sizes.iter().cycle() };
        let end = cut_up(source, block, |chunk| {
            assert!(!chunk.is_empty() && chunk.len() <= block);
            // A tokenizer of its own for each chunk: nothing goes from one to the next.
            let mut tokenizer = Tokenizer::default();
            invalid += tokenizer.feed(&chunk, |word| found.push(word.to_owned()));
            tokenizer.finish(|word| found.push(word.to_owned()));
            bytes.extend(chunk);
            ControlFlow::Continue(())
        });
        prop_assert_eq!(end.unwrap(), ControlFlow::Continue(()));
        prop_assert!(bytes == text);
        prop_assert_eq!(found, expected);
        prop_assert_eq!(invalid, expected_invalid);
    }
}

#[test]
#[should_panic(expected = "no room for the longest word")]
fn a_block_shorter_than_the_longest_word_is_refused() {
    Cutter::new(MAX_WORD_CHARS);
}
