//! The guides show what is there: a block under "From `FILE`:" stands in that file, line by line; and every block that no
//! doctest compiles is such a block. What a page says of costs and tests is held against those.

mod common;

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

/// The front page's table of costs, row by row: what the row is about, and, for each number there, the test in `src/cost_tests.rs` that asserts it, and
/// what that calls it.
const COSTS: [(&str, &[(&str, &str)]); 12] = [
    ("[`Lock`], [`RawLock`]", &[("an_uncontended_lock_pair_is_two_rmws", "lock")]),
    (
        "[`RLock`]",
        &[(
            "the_first_lock_and_the_last_unlock_of_an_rlock_are_two_rmws_and_reentry_is_none",
            "nested, first and last",
        )],
    ),
    ("[`Semaphore`], [`BoundedSemaphore`]", &[("an_uncontended_semaphore_pair_is_two_rmws", "acquire_many")]),
    ("[`Barrier`]", &[("a_barrier_of_one_is_three_rmws", "wait")]),
    ("[`Queue`], [`LifoQueue`], [`SimpleQueue`]", &[("an_uncontended_put_or_get_is_one_rmw", "put")]),
    ("[`PriorityQueue`]: a put, a get", &[(PRIORITY, "put"), (PRIORITY, "get")]),
    ("[`Queue::lock_free`]: a put, a get", &[(FIFO_WITHOUT, "put"), (FIFO_WITHOUT, "get")]),
    ("[`LifoQueue::lock_free`]: a put, a get", &[(LIFO_WITHOUT, "put"), (LIFO_WITHOUT, "get")]),
    ("`get_task` and its end", &[("a_batch_is_one_rmw", "get_task"), (PRIORITY, "get_task")]),
    ("a [`Sender`] or [`Receiver`]", &[("a_handle_costs_what_its_queue_costs", "clone and drop")]),
    (
        "`try_put` to a full queue",
        &[("to_say_full_or_empty_is_two_rmws_with_room_for_four_or_more", "try_put to a full queue")],
    ),
    (
        "the same of the others",
        &[("an_uncontended_put_or_get_is_one_rmw", "try_put to a full queue of three")],
    ),
];
const PRIORITY: &str = "an_uncontended_pair_of_a_priority_queue_is_four_rmws";
const FIFO_WITHOUT: &str = "without_a_latch_first_in_first_out_a_put_is_four_rmws_and_a_get_is_two";
const LIFO_WITHOUT: &str = "without_a_latch_a_put_is_three_rmws_and_a_get_is_two";

#[test]
fn the_costs_of_the_front_page_are_those_that_are_asserted() {
    let page = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let tests = fs::read_to_string(root().join("src/cost_tests.rs")).unwrap();
    let asserted = |test: &str, label: &str| -> u32 {
        let body = tests.split(&format!("fn {test}()")).nth(1).unwrap_or_else(|| panic!("no test {test}"));
        let body = body.split("\n}\n").next().unwrap();
        let call = body
            .split(&format!("assert_cost(\"{label}\", "))
            .nth(1)
            .unwrap_or_else(|| panic!("{test} does not assert {label:?}"));
        call.split(',').next().unwrap().parse().unwrap()
    };
    for (about, by) in COSTS {
        let row = page
            .lines()
            .find(|line| line.starts_with(&format!("//! | {about}")))
            .unwrap_or_else(|| panic!("no row {about}"));
        let cells: Vec<_> = row.split('|').collect();
        let numbers: Vec<u32> =
            cells[2].split(|c: char| !c.is_ascii_digit()).filter_map(|text| text.parse().ok()).collect();
        let expected: Vec<_> = by.iter().map(|(test, label)| asserted(test, label)).collect();
        assert_eq!(numbers, expected, "{row}");
    }
}

/// The functions and the path of a Rust file, for whoever looks for a test by a part of its name.
fn searched(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    let functions = text.split("fn ").skip(1).filter_map(|rest| rest.split('(').next());
    functions.chain([&*file.to_string_lossy()]).collect::<Vec<_>>().join("\n")
}

/// Where `cargo test` with these arguments looks, and for what. `None`: not in this package, or with a placeholder.
fn looked_for<'a>(words: &[&'a str]) -> Option<(Vec<PathBuf>, Option<&'a str>)> {
    let (mut folders, mut filter, mut words) = (Vec::new(), None, words.iter());
    while let Some(word) = words.next() {
        match *word {
            "--lib" => folders.push(root().join("src")),
            "--test" => {
                let name = words.next()?;
                let file = root().join("tests").join(name);
                folders.push(if file.is_dir() { file } else { file.with_extension("rs") });
            }
            "--features" => _ = words.next()?,
            "--doc" | "--release" => {}
            other if other.starts_with('-') => return None,
            other => filter = Some(other),
        }
    }
    if folders.is_empty() {
        folders = ["src", "tests"].map(|folder| root().join(folder)).into();
    }
    Some((folders, filter))
}

/// A page that says `cargo test …` names tests that are there: a command that runs nothing succeeds, too.
#[test]
fn every_test_that_a_page_names_exists() {
    let others =
        ["README.md", "CONTRIBUTING.md", "VERIFICATION.md", "docs/queues.md", "docs/costs.md", "src/lib.rs"];
    // CONTRIBUTING.md is not in the published package.
    let others = others
        .into_iter()
        .filter_map(|page| Some((page.to_owned(), fs::read_to_string(root().join(page)).ok()?)));
    let mut commands = 0;
    for (page, text) in pages().into_iter().chain(others) {
        for command in text.split('`').skip(1).step_by(2).filter_map(|code| code.strip_prefix("cargo test")) {
            let words: Vec<_> = command.split_whitespace().collect();
            let Some((places, filter)) = looked_for(&words).filter(|_| !command.contains('[')) else {
                continue;
            };
            let files = places.iter().flat_map(|place| match place.is_dir() {
                true => common::rust_files(place),
                false => vec![place.clone()],
            });
            let found = files
                .filter(|file| file.exists())
                .any(|file| filter.is_none_or(|filter| searched(&file).contains(filter)));
            assert!(found, "{page}: nothing to run for `cargo test{command}`");
            commands += 1;
        }
    }
    assert!(commands > 60, "the search looks in the wrong place: {commands}");
}

/// The table of CONTRIBUTING.md says of each file of tests what it shows.
#[test]
fn every_file_of_tests_is_in_the_table() {
    // Not in the published package.
    let Ok(page) = fs::read_to_string(root().join("CONTRIBUTING.md")) else { return };
    for entry in fs::read_dir(root().join("tests")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if path.extension().is_some_and(|extension| extension == "rs") || path.join("main.rs").exists() {
            assert!(page.contains(&format!("`{name}`")), "tests/{name} is not in the table");
        }
    }
}
