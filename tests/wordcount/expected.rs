//! What is right: the definition of a word, by other means than the example's, and trees with a known answer.

use crate::BLOCK;
use crate::example::counts;
use crate::words::MAX_WORD_CHARS;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

/// The words of a text, and its invalid sequences. The whole text at once, by a lossy conversion.
pub(crate) fn words_of(text: &[u8]) -> (Vec<String>, u64) {
    let lossy = String::from_utf8_lossy(text);
    let valid: usize = text.utf8_chunks().map(|part| part.valid().matches('\u{FFFD}').count()).sum();
    let invalid = lossy.matches('\u{FFFD}').count() - valid;
    let mut words = Vec::new();
    for run in lossy.split(|c: char| !c.is_alphanumeric()) {
        let chars: Vec<char> = run.chars().collect();
        words.extend(
            chars.chunks(MAX_WORD_CHARS).map(|word| word.iter().flat_map(|c| c.to_lowercase()).collect()),
        );
    }
    (words, invalid as u64)
}

#[derive(Default)]
pub(crate) struct Expected {
    counts: BTreeMap<String, u64>,
    pub(crate) files: u64,
    bytes: u64,
    invalid_sequences: u64,
    files_invalid_utf8: u64,
}

impl Expected {
    pub(crate) fn add(&mut self, text: &[u8]) {
        let (words, invalid) = words_of(text);
        words.into_iter().for_each(|word| *self.counts.entry(word).or_default() += 1);
        self.files += 1;
        self.bytes += text.len() as u64;
        self.invalid_sequences += invalid;
        self.files_invalid_utf8 += u64::from(invalid > 0);
    }

    pub(crate) fn assert_is(&self, json: &Value) {
        let of = |name: &str| json[name].as_u64().unwrap_or_else(|| panic!("{name} is no number"));
        assert_eq!(json["partial"], false);
        assert_eq!(of("files"), self.files);
        assert_eq!(of("files_cut_short"), 0);
        assert_eq!(of("bytes"), self.bytes);
        assert_eq!(of("invalid_sequences"), self.invalid_sequences);
        assert_eq!(of("files_invalid_utf8"), self.files_invalid_utf8);
        assert_eq!(of("words"), self.counts.values().sum::<u64>());
        // Not `assert_eq`: nobody reads two such maps.
        let found = counts(json);
        let different: Vec<_> = (self.counts.iter().chain(&found))
            .filter(|(word, _)| self.counts.get(*word) != found.get(*word))
            .take(5)
            .collect();
        assert!(different.is_empty(), "different: {different:?}");
    }
}

/// Numbers that look random.
fn noise(seed: u64) -> impl Iterator<Item = u8> {
    let mut state = seed;
    std::iter::repeat_with(move || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 56) as u8
    })
}

/// A directory with a bit of everything that is unpleasant, and the right answer.
pub(crate) fn unpleasant_tree() -> (tempfile::TempDir, Expected) {
    let top = tempfile::tempdir().unwrap();
    let mut expected = Expected::default();
    let mut add = |name: &str, text: &[u8]| {
        let path = top.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        expected.add(text);
    };
    add("empty", b"");
    add("only separators", b" \n.,;\t -- ");
    add("one word and no newline", b"Word");
    add("lower case", "ΣΊΣΥΦΟΣ İstanbul STRASSE straße Ǆ x² ½ ٣ 漢字".as_bytes());
    let sentence = "The quick brown Fox, naïve Ærøskøbing; Привет мир! 漢字 𝐀𝐁 42 don't\n";
    add("huge", sentence.repeat(3_000_000 / sentence.len()).as_bytes());
    add("huge line", "no newline in here ".repeat(20_000).as_bytes());
    add("huge word", "x".repeat(10 * BLOCK + 17).as_bytes());
    add("huge word of wide characters", "é𝐀".repeat(BLOCK).as_bytes());
    add(
        "words longer than the longest",
        format!("{} ", "y".repeat(MAX_WORD_CHARS + 1)).repeat(200).as_bytes(),
    );
    add("words as long as the longest", format!("{} ", "z".repeat(MAX_WORD_CHARS)).repeat(200).as_bytes());
    add("binary", &noise(1).take(300_000).collect::<Vec<_>>());
    add("zeros", &[0; 200_000]);
    add("continuation bytes", &[0x80; 200_000]);
    add("lead bytes", &[0xF0; 200_000]);
    add("latin1", b"caf\xE9 na\xEFve \xFF\xFE end");
    add("cut off", "word 漢".as_bytes().split_last().unwrap().1);
    // Characters, words and invalid sequences across the end of the first block, at every offset.
    for shift in 0..8 {
        let mut text = "a ".repeat(BLOCK / 2 - 4).into_bytes();
        text.resize(text.len() + shift, b'b');
        text.extend("𝐀漢é".as_bytes());
        add(&format!("across/valid {shift}"), &text);
        text.truncate(BLOCK - 8 + shift);
        text.extend(b"\xF0\x9D\x90 \xE6\xBC z\x80\x80\x80\x80\x80y");
        add(&format!("across/invalid {shift}"), &text);
    }
    let deep: PathBuf = (0..60).map(|level| level.to_string()).collect();
    add(deep.join("bottom").to_str().unwrap(), b"deep down");
    for n in 0..300 {
        add(&format!("many/{n}"), format!("file {n} of many, number{n}\n").as_bytes());
    }
    fs::create_dir(top.path().join("empty directory")).unwrap();
    (top, expected)
}

/// Files with the same words, so that a partial result can be checked without knowing which files it is about.
pub(crate) fn uniform_tree(files: u64) -> tempfile::TempDir {
    let top = tempfile::tempdir().unwrap();
    for n in 0..files {
        fs::write(top.path().join(n.to_string()), "same words in each file ").unwrap();
    }
    top
}
