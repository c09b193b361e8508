//! What is said of too many permits. `new` is a `const fn`, in which nothing is formatted, so this writes its numbers itself.

use super::core::MAX_PERMITS;
use crate::watch::Kind;

/// The longest text has some 100 bytes: see the test.
const ROOM: usize = 128;

struct Text {
    bytes: [u8; ROOM],
    len: usize,
}

impl Text {
    const fn new() -> Self {
        Text { bytes: [0; ROOM], len: 0 }
    }

    /// What does not fit is left out.
    const fn byte(mut self, byte: u8) -> Self {
        if self.len < ROOM {
            self.bytes[self.len] = byte;
            self.len += 1;
        }
        self
    }

    const fn words(mut self, words: &str) -> Self {
        let (words, mut at) = (words.as_bytes(), 0);
        while at < words.len() {
            self = self.byte(words[at]);
            at += 1;
        }
        self
    }

    const fn number(self, number: usize) -> Self {
        let text = if number > 9 { self.number(number / 10) } else { self };
        text.byte(b'0' + (number % 10) as u8)
    }

    const fn as_str(&self) -> &str {
        let (text, _) = self.bytes.as_slice().split_at(self.len);
        match std::str::from_utf8(text) {
            Ok(text) => text,
            Err(_) => "a semaphore of too many permits",
        }
    }
}

const fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::BoundedSemaphore => "BoundedSemaphore",
        _ => "Semaphore",
    }
}

const fn text(kind: Kind, permits: usize) -> Text {
    let call = Text::new().words(name(kind)).words("::new(").number(permits);
    call.words("): a semaphore has at most ").number(MAX_PERMITS).words(" permits")
}

/// Panics, by the name of the call and its argument.
#[cold]
pub(super) const fn too_many(kind: Kind, permits: usize) -> ! {
    let text = text(kind, permits);
    panic!("{}", text.as_str())
}

/// The same for a request.
#[cold]
#[cfg_attr(feature = "diagnostics", track_caller)]
pub(super) fn too_many_requested(kind: Kind, count: usize) -> ! {
    panic!("{}: {count} permits requested, and at most {MAX_PERMITS} can be", name(kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_text_has_room() {
        let longest = text(Kind::BoundedSemaphore, usize::MAX);
        assert!(longest.len < ROOM, "{}", longest.len);
        let expected =
            format!("BoundedSemaphore::new({}): a semaphore has at most {MAX_PERMITS} permits", usize::MAX);
        assert_eq!(longest.as_str(), expected);
        assert!(text(Kind::Semaphore, 0).as_str().starts_with("Semaphore::new(0): "));
    }
}
