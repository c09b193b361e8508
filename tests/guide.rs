//! The guides show what is there: a block under "From `FILE`:" stands in that file, line by line; and every block that no
//! doctest compiles is such a block.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn pages() -> Vec<(String, String)> {
    let files = fs::read_dir(root().join("src/guide")).unwrap().map(|entry| entry.unwrap().path());
    let mut pages: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .map(|path| {
            (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read_to_string(path).unwrap())
        })
        .collect();
    pages.sort();
    pages
}

#[test]
fn what_is_shown_from_a_file_is_there() {
    let mut shown = 0;
    for (page, text) in pages() {
        for piece in text.split("\nFrom `").skip(1) {
            let (file, rest) =
                piece.split_once("`:\n\n```").unwrap_or_else(|| panic!("{page}: a block follows: {piece}"));
            let (_, block) = rest.split_once('\n').unwrap();
            let (block, _) = block.split_once("```").unwrap();
            // In the published package there is no such crate.
            let Ok(there) = fs::read_to_string(root().join(file)) else { continue };
            assert!(there.contains(block), "{page} shows what is not in {file}:\n{block}");
            shown += 1;
        }
    }
    assert!(shown > 3 || !root().join("examples/own_models").exists(), "{shown}");
}

/// `ignore` and `no_run` are for nothing else.
#[test]
fn every_other_block_of_rust_is_run() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    for (page, text) in pages().into_iter().chain([("README.md".to_owned(), readme)]) {
        for (before, fence) in
            text.split("\n```").collect::<Vec<_>>().windows(2).step_by(2).map(|pair| (pair[0], pair[1]))
        {
            let language = fence.lines().next().unwrap_or_default();
            let is_shown = before.trim_end().rsplit('\n').next().unwrap().starts_with("From `");
            // The README's model is compared by `tests/readme.rs`.
            let is_compared = page == "README.md" && fence.contains("loom::model(|| {");
            match language {
                "ignore" | "rust,ignore" => assert!(is_shown || is_compared, "{page}: not compiled:{fence}"),
                "" | "rust" | "compile_fail" | "python" | "sh" | "toml" | "yaml" | "text" => {}
                _ => assert!(language.starts_with("compile_fail,E"), "{page}: what is {language:?}?"),
            }
        }
    }
}

/// The table of the book names every page, and the front page names the book.
#[test]
fn every_page_is_in_the_book() {
    let book = fs::read_to_string(root().join("src/guide/mod.rs")).unwrap();
    for (page, _) in pages() {
        let module = page.trim_end_matches(".md");
        assert!(book.contains(&format!("//! | [`{module}`] |")), "{page} is not in the table");
        assert!(book.contains(&format!("include_str!(\"{page}\")")), "{page} is not in the book");
    }
}

/// In that of its letters alone.
#[test]
fn the_glossary_is_in_order() {
    let text = fs::read_to_string(root().join("src/guide/glossary.md")).unwrap();
    let words: Vec<_> =
        text.lines().filter_map(|line| Some(line.strip_prefix("| **")?.split_once("**")?.0)).collect();
    assert!(words.len() > 40, "{}", words.len());
    let letters = |word: &&str| word.replace(['-', ' '], "");
    assert!(words.is_sorted_by_key(letters), "{words:?}");
}
