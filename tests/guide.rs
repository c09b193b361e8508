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

/// The front page's table of costs, row by row: what the row is about, and the labels in `src/cost_tests.rs` whose read-modify-writes
/// it gives, in that order.
const COSTS: [(&str, &[&str]); 8] = [
    ("[`Lock`], [`RawLock`]", &["lock"]),
    ("[`RLock`]", &["nested, first and last"]),
    ("[`Semaphore`], [`BoundedSemaphore`]", &["acquire_many"]),
    ("[`Barrier`]", &["wait"]),
    ("[`Queue`], [`LifoQueue`], [`SimpleQueue`]", &["put"]),
    ("[`PriorityQueue`]: a put, a get", &["put", "get"]),
    ("`get_task` and its end", &["get_task", "get_task"]),
    ("a [`Sender`] or [`Receiver`]", &["clone and drop"]),
];

#[test]
fn the_costs_of_the_front_page_are_those_that_are_asserted() {
    let page = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let tests = fs::read_to_string(root().join("src/cost_tests.rs")).unwrap();
    // The priority queue's come last in the file, and have the labels of the other queues'.
    let (tests, of_priority) =
        tests.split_once("fn an_uncontended_pair_of_a_priority_queue").expect("it has its name");
    let asserted = |text: &str, label: &str| -> u32 {
        let call = text
            .split(&format!("assert_cost(\"{label}\", "))
            .nth(1)
            .unwrap_or_else(|| panic!("nothing asserts {label:?}"));
        call.split(',').next().unwrap().parse().unwrap()
    };
    for (about, labels) in COSTS {
        let row = page
            .lines()
            .find(|line| line.starts_with(&format!("//! | {about}")))
            .unwrap_or_else(|| panic!("no row {about}"));
        let cells: Vec<_> = row.split('|').collect();
        let numbers: Vec<u32> =
            cells[2].split(|c: char| !c.is_ascii_digit()).filter_map(|text| text.parse().ok()).collect();
        let mut expected: Vec<_> = labels.iter().map(|label| asserted(tests, label)).collect();
        // Of two, the second is the priority queue's; both, in the row about it alone.
        if about.contains("[`PriorityQueue`]") {
            expected = labels.iter().map(|label| asserted(of_priority, label)).collect();
        } else if labels.len() == 2 {
            expected[1] = asserted(of_priority, labels[1]);
        }
        assert_eq!(numbers, expected, "{row}");
    }
}
