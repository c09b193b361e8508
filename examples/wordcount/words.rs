//! What a word is, and where text may be cut so that the words stay whole.
//!
//! A **word** is a maximal run of alphanumeric characters ([`char::is_alphanumeric`]), each put into lower case by
//! [`char::to_lowercase`]. Everything else separates, and so does whatever is not UTF-8; invalid sequences are counted as
//! [`slice::utf8_chunks`] finds them, which is one for each U+FFFD that a lossy conversion would show.
//!
//! Memory must stay bounded when somebody feeds a gigabyte without a separator. So a run of more than [`MAX_WORD_CHARS`]
//! characters counts as several words: a new one begins after every [`MAX_WORD_CHARS`] characters *from the start of the run*.
//!
//! A **chunk** is text that can be tokenized without what comes before or after it. [`Cutter`] makes chunks that begin where
//! a run begins, or a multiple of [`MAX_WORD_CHARS`] after that; so the words do not depend on where the cuts fall.

use std::io::{self, Read};
use std::ops::ControlFlow;

/// From here on a run of alphanumeric characters is the next word.
pub(crate) const MAX_WORD_CHARS: usize = 1024;

/// The longest encoding of a character.
const MAX_CHAR_BYTES: usize = 4;

/// Finds words in text that comes in pieces.
#[derive(Default)]
pub(crate) struct Tokenizer {
    /// The word that has begun, in lower case.
    word: String,
    /// How many characters of the text it is; in lower case there may be more.
    chars: usize,
}

impl Tokenizer {
    /// Passes to `found` each word that ends in `text`, and returns the number of invalid UTF-8 sequences. A word may go on
    /// in the next piece, the encoding of a character must not.
    pub(crate) fn feed(&mut self, text: &[u8], mut found: impl FnMut(&str)) -> u64 {
        let mut invalid = 0;
        for part in text.utf8_chunks() {
            for c in part.valid().chars() {
                if !c.is_alphanumeric() {
                    self.finish(&mut found);
                    continue;
                }
                if self.chars == MAX_WORD_CHARS {
                    self.finish(&mut found);
                }
                self.chars += 1;
                if c.is_ascii() {
                    self.word.push(c.to_ascii_lowercase());
                } else {
                    self.word.extend(c.to_lowercase());
                }
            }
            if !part.invalid().is_empty() {
                self.finish(&mut found);
                invalid += 1;
            }
        }
        invalid
    }

    /// Ends the word that has begun, if any.
    pub(crate) fn finish(&mut self, mut found: impl FnMut(&str)) {
        if self.chars > 0 {
            found(&self.word);
            self.word.clear();
            self.chars = 0;
        }
    }
}

/// Collects what is read from one file, and cuts it into chunks.
pub(crate) struct Cutter {
    block: Vec<u8>,
    filled: usize,
}

impl Cutter {
    /// Chunks will be of at most `block_len` bytes. The block must hold the longest word, and the start of one more character,
    /// or there would be nothing to cut off a full block.
    pub(crate) fn new(block_len: usize) -> Self {
        assert!(block_len >= (MAX_WORD_CHARS + 1) * MAX_CHAR_BYTES, "no room for the longest word");
        Cutter { block: vec![0; block_len], filled: 0 }
    }

    /// Where to read to. Never empty.
    pub(crate) fn room(&mut self) -> &mut [u8] {
        &mut self.block[self.filled..]
    }

    /// `read` more bytes are in the room: the longest chunk that ends well.
    pub(crate) fn add(&mut self, read: usize) -> Option<Vec<u8>> {
        self.filled += read;
        self.take(last_cut(&self.block[..self.filled]))
    }

    /// There is no more: the rest.
    pub(crate) fn finish(&mut self) -> Option<Vec<u8>> {
        self.take(self.filled)
    }

    fn take(&mut self, len: usize) -> Option<Vec<u8>> {
        if len == 0 {
            return None;
        }
        let chunk = self.block[..len].to_vec();
        self.block.copy_within(len..self.filled, 0);
        self.filled -= len;
        Some(chunk)
    }
}

/// Reads `source` to its end and hands it over in chunks of at most `block_len` bytes, one per read, so that a slow source
/// is not held back until a block is full. What was read before an error is handed over too.
pub(crate) fn cut_up(
    mut source: impl Read,
    block_len: usize,
    mut hand_over: impl FnMut(Vec<u8>) -> ControlFlow<()>,
) -> io::Result<ControlFlow<()>> {
    let mut cutter = Cutter::new(block_len);
    let result = loop {
        match source.read(cutter.room()) {
            Ok(0) => break Ok(()),
            Ok(read) => {
                if let Some(chunk) = cutter.add(read) {
                    if hand_over(chunk).is_break() {
                        return Ok(ControlFlow::Break(()));
                    }
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => break Err(error),
        }
    };
    // That the receiver wants no more after the last chunk changes nothing: the source has been read to its end.
    if let Some(rest) = cutter.finish() {
        let _ = hand_over(rest);
    }
    result.map(ControlFlow::Continue)
}

/// How much of `text`, which begins where a chunk may begin, can be cut off as a chunk while more text may follow.
fn last_cut(text: &[u8]) -> usize {
    let whole = whole_chars(text);
    match last_run(&text[..whole]) {
        // All of it is one run: as many words of full length as there are.
        0 => full_words(&text[..whole]),
        start => start,
    }
}

/// How much of `text` is there without a character at the end whose encoding may go on.
///
/// Cutting there changes no decoding: a byte that is not a continuation byte (`10xxxxxx`) begins a new sequence, valid or
/// not, whatever is before it; and a continuation byte that comes later than its lead byte allows is a sequence by itself.
pub(crate) fn whole_chars(text: &[u8]) -> usize {
    let tail = text.len().saturating_sub(MAX_CHAR_BYTES - 1);
    let Some(lead) = (tail..text.len()).rfind(|&at| begins_sequence(text[at])) else {
        return text.len();
    };
    let needs = match text[lead] {
        0xF0.. => 4,
        0xE0.. => 3,
        0xC0.. => 2,
        _ => 1,
    };
    if text.len() - lead < needs { lead } else { text.len() }
}

/// Where the run of alphanumeric characters begins that ends `text`; its length if there is none.
fn last_run(text: &[u8]) -> usize {
    let mut start = text.len();
    while let Some(at) = (start.saturating_sub(MAX_CHAR_BYTES)..start).rfind(|&at| begins_sequence(text[at]))
    {
        // One character, and not one with something invalid after it.
        let Ok(c) = std::str::from_utf8(&text[at..start]) else { break };
        if !c.starts_with(char::is_alphanumeric) {
            break;
        }
        start = at;
    }
    start
}

/// The length of all the words of [`MAX_WORD_CHARS`] characters in `run`.
fn full_words(run: &[u8]) -> usize {
    let starts: Vec<usize> = (0..run.len()).filter(|&at| begins_sequence(run[at])).collect();
    let chars = starts.len() / MAX_WORD_CHARS * MAX_WORD_CHARS;
    starts.get(chars).copied().unwrap_or(run.len())
}

fn begins_sequence(byte: u8) -> bool {
    byte & 0b1100_0000 != 0b1000_0000
}
