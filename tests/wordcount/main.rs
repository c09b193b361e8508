//! Runs `examples/wordcount`, the crate's main job on real input, and compares it with counts made here by other means.
//!
//! Nothing here waits for a fixed time and hopes: what is waited for is asked for again and again, with a deadline far beyond
//! anything usual, or is a blocking call in a thread that has such a deadline.

#![cfg(not(any(loom, shuttle, miri)))]

mod cutting;
mod example;
mod expected;
#[cfg(unix)]
mod signals;
#[path = "../../examples/wordcount/words.rs"]
mod words;

use example::{ALL, Json, binary, counts, files_under, run, run_all, start, within_deadline};
use expected::{Expected, uniform_tree, unpleasant_tree};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// As in the example.
const BLOCK: usize = 64 * 1024;

// ---------------------------------------------------------------------------------------------------------------------
// Complete results

#[test]
fn agrees_with_the_recount_on_this_repository_whatever_the_threads_and_capacities() {
    // A copy, so that nobody changes it between the two counts.
    let copy = tempfile::tempdir().unwrap();
    let mut expected = Expected::default();
    for path in files_under(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let text = fs::read(&path).unwrap();
        let name = format!("{}/{}", expected.files % 3, expected.files);
        fs::create_dir_all(copy.path().join(&name).parent().unwrap()).unwrap();
        fs::write(copy.path().join(&name), &text).unwrap();
        expected.add(&text);
    }
    for threads in ["1", "2", "64"] {
        for capacity in ["1", "64"] {
            for open_files in ["1", "16"] {
                let options =
                    ["--threads", threads, "--capacity", capacity, "--open-files", open_files, "--check"];
                let (code, json) = run_all(copy.path(), &options);
                assert_eq!((code, &json["check"]), (Some(0), &Value::from("ok")), "{options:?}");
                expected.assert_is(&json);
            }
        }
    }
}

#[test]
fn counts_this_repository_when_no_path_is_given() {
    let output = Command::new(binary()).arg("--json").stderr(Stdio::null()).output().unwrap();
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(json["path"].as_str().unwrap().ends_with("src"));
    assert!(json["files"].as_u64().unwrap() > 5);
}

#[test]
fn counts_an_unpleasant_tree_rightly_whatever_the_threads_and_capacities() {
    let (top, expected) = unpleasant_tree();
    for options in [
        ["--threads", "1", "--capacity", "1", "--open-files", "1"],
        ["--threads", "2", "--capacity", "64", "--open-files", "16"],
        ["--threads", "64", "--capacity", "1", "--open-files", "3"],
    ] {
        let (code, json) = run_all(top.path(), &[&options[..], &["--check"]].concat());
        assert_eq!((code, &json["check"]), (Some(0), &Value::from("ok")), "{options:?}");
        expected.assert_is(&json);
        assert_eq!(json["directories"], 64);
        assert_eq!(json["files_unreadable"], 0);
    }
}

#[test]
fn counts_a_single_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("file");
    fs::write(&path, "one two TWO").unwrap();
    let (code, json) = run_all(&path, &["--check"]);
    assert_eq!((code, &json["files"], &json["check"]), (Some(0), &1.into(), &"ok".into()));
    assert_eq!(counts(&json), BTreeMap::from([("one".into(), 1), ("two".into(), 2)]));
}

#[test]
fn counts_standard_input() {
    let mut running = start("-", &ALL);
    let mut stdin = running.stdin.take().unwrap();
    within_deadline("write", move || {
        for piece in ["spl", "it wo", "rds \u{6F22}".trim_end(), " and then the end"] {
            stdin.write_all(piece.as_bytes()).unwrap();
        }
    });
    let json = running.end().json();
    let mut expected = Expected::default();
    expected.add("split words 漢 and then the end".as_bytes());
    expected.assert_is(&json);
}

#[test]
fn shows_only_the_most_frequent_words_and_those_in_order() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("file"), "c c c a b b d e").unwrap();
    let ended = run(directory.path(), &["--top", "4"]);
    let lines: Vec<_> = ended.stdout.lines().take(5).map(str::trim).collect();
    assert_eq!(lines, ["3  c", "2  b", "1  a", "1  d", ""]);
    assert_eq!(ended.code, Some(0));
}

#[test]
fn the_numbers_of_waits_are_plausible() {
    let directory = tempfile::tempdir().unwrap();
    for n in 0..50 {
        fs::write(directory.path().join(n.to_string()), "word ").unwrap();
    }
    let (_, json) = run_all(directory.path(), &["--threads", "2"]);
    for (name, tally) in json["waits"].as_object().unwrap() {
        assert!(tally["blocked"].as_u64().unwrap() <= tally["calls"].as_u64().unwrap(), "{name}");
    }
    assert_eq!(json["waits"]["path_put"]["calls"], 50);
    assert_eq!(json["waits"]["open_file"]["calls"], 50);
    // Each of the two readers asked once more than it got.
    assert_eq!(json["waits"]["path_get"]["calls"], 52);
    assert_eq!(json["waits"]["chunk_put"]["calls"], 50);
    assert_eq!(json["waits"]["chunk_get"]["calls"], 52);
}

#[test]
fn the_end_does_not_wait_for_the_next_picture_of_the_progress_bar() {
    let top = uniform_tree(1);
    // The first would come after a day.
    run(top.path(), &["--refresh", "86400000"]);
}

// ---------------------------------------------------------------------------------------------------------------------
// What cannot be counted

#[test]
fn a_missing_path_is_one_line_on_stderr_and_exit_code_2() {
    let ended = run("/no/such/path", &ALL);
    assert_eq!(ended.code, Some(2));
    assert_eq!(ended.stdout, "");
    assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
    assert!(ended.stderr.contains("/no/such/path"), "{}", ended.stderr);
}

#[test]
fn numbers_that_make_no_sense_are_refused() {
    for option in ["--threads", "--capacity", "--open-files"] {
        let ended = run(".", &[option, "0"]);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
        assert!(
            ended.stderr.contains(option) && ended.stderr.contains("0 is not in 1.."),
            "{}",
            ended.stderr
        );
    }
}

#[test]
fn check_is_refused_for_what_can_be_read_only_once() {
    let ended = run("-", &["--check"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
    assert!(ended.stderr.contains("--check"), "{}", ended.stderr);
}

#[test]
fn a_reader_that_has_seen_enough_of_the_output_is_no_failure() {
    let mut child = Command::new(binary())
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    // Only now does it come to its end.
    drop(child.stdin.take());
    let output = within_deadline("the example", || child.wait_with_output()).unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
}

#[cfg(unix)]
#[test]
fn links_pipes_and_unreadable_files_in_a_tree_are_counted_and_harm_nothing() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let (top, mut expected) = unpleasant_tree();
    let at = |name: &str| top.path().join(name);
    symlink("nowhere", at("dangling")).unwrap();
    symlink("itself", at("itself")).unwrap();
    symlink(top.path(), at("many/cycle")).unwrap();
    symlink("one word and no newline", at("link to a file")).unwrap();
    expected.add(b"Word");
    signals::make_fifo(&at("pipe"));
    symlink("pipe", at("link to a pipe")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();

    fs::write(at("forbidden"), "secret").unwrap();
    fs::set_permissions(at("forbidden"), fs::Permissions::from_mode(0o000)).unwrap();
    // Permissions do not bind the superuser.
    let forbidden = fs::File::open(at("forbidden")).is_err();
    if !forbidden {
        expected.add(b"secret");
    }

    for threads in ["1", "64"] {
        let (code, json) = run_all(top.path(), &["--threads", threads, "--check"]);
        assert_eq!((code, &json["check"]), (Some(0), &Value::from("ok")));
        expected.assert_is(&json);
        assert_eq!(json["files_unreadable"], 2 + u64::from(forbidden));
        assert_eq!(json["linked_directories"], 1);
        assert_eq!(json["special_files"], 3);
        let named = json["unreadable"].to_string();
        assert!(named.contains("dangling") && named.contains("itself"), "{named}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_opens_but_cannot_be_read_is_unreadable() {
    // Reading address 0 of one's own memory fails.
    let (code, json) = run_all("/proc/self/mem", &[]);
    assert_eq!((code, &json["files"], &json["files_unreadable"]), (Some(0), &0.into(), &1.into()));
}

// ---------------------------------------------------------------------------------------------------------------------
// Partial results

#[test]
fn an_interrupted_run_counts_what_was_handed_over_and_no_more() {
    const FILES: u64 = 500;
    let top = uniform_tree(FILES);
    for (threads, capacity) in [(1, 1), (1, 64), (2, 1), (2, 64), (64, 1), (64, 64)] {
        for after in [0, 1, 100] {
            let options = [
                ["--threads", &threads.to_string()],
                ["--capacity", &capacity.to_string()],
                ["--interrupt-after-files", &after.to_string()],
            ];
            let (code, json) = run_all(top.path(), options.as_flattened());
            assert_eq!((code, &json["partial"]), (Some(130), &Value::from(true)), "{options:?}");
            let of = |name: &str| json[name].as_u64().unwrap();
            // Those that were at work when it happened may finish their file.
            assert!((after..after + threads).contains(&of("files")), "{options:?}: {}", of("files"));
            // Each file is one chunk. Of those that were cut short, it was counted too: it had been handed over.
            let chunks = of("files") + of("files_cut_short");
            assert!(chunks < after + threads || after == 0 && chunks == 0, "{options:?}: {chunks}");
            assert_eq!(of("bytes"), 24 * chunks, "{options:?}");
            let each = ["each", "file", "in", "same", "words"].map(|word| (word.to_owned(), chunks));
            assert_eq!(counts(&json), BTreeMap::from(each).into_iter().filter(|entry| entry.1 > 0).collect());
        }
    }
}

#[test]
fn an_interrupted_run_says_that_its_result_is_partial_and_skips_the_check() {
    let top = uniform_tree(10);
    let ended = run(top.path(), &["--interrupt-after-files", "3", "--check", "--threads", "1"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(130), ""));
    assert!(ended.stdout.contains("PARTIAL") && !ended.stdout.contains("check:"), "{}", ended.stdout);
}
