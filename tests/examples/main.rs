//! Runs the programs of `examples/` (the word count has tests of its own) on small input whose result is known.
//!
//! Nothing here waits for a fixed time and hopes: what takes time is waited for with a deadline far beyond anything usual, and of
//! times only lower bounds are asserted.

#![cfg(not(any(loom, shuttle, miri)))]

mod build;
mod crawl;
mod life;
#[cfg(feature = "diagnostics")]
mod philosophers;
mod portscan;
#[path = "../common/example.rs"]
mod program;

use program::run;
use std::fs;
use std::path::Path;

/// The examples that this file is about.
const EXAMPLES: [&str; 4] = ["build", "crawl", "life", "portscan"];

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// As an argument.
fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn each_example_explains_itself_and_its_options() {
    for example in EXAMPLES {
        let ended = run(example, &["--help"]);
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{example}");
        let options: Vec<_> = ended.stdout.lines().filter(|line| line.contains("--")).collect();
        assert!(options.len() > 3, "{example}: {}", ended.stdout);
        // Each option has a sentence: on its line or on the next one.
        let lines: Vec<_> = ended.stdout.lines().map(str::trim).collect();
        for (place, line) in lines.iter().enumerate().filter(|(_, line)| line.starts_with('-')) {
            let explained =
                line.split("  ").count() > 1 || lines.get(place + 1).is_some_and(|next| next.len() > 5);
            assert!(explained, "{example}: {line}");
        }
    }
}

#[test]
fn options_that_make_no_sense_are_refused() {
    for (example, arguments) in [
        ("build", ["--jobs", "0"]),
        ("crawl", ["--burst", "0"]),
        ("life", ["--threads", "0"]),
        ("portscan", ["--at-once", "0"]),
        ("portscan", ["--ports", "0"]),
        ("portscan", ["--ports", "80-70"]),
    ] {
        let ended = run(example, &arguments);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{example} {arguments:?}");
        assert!(ended.stderr.contains(arguments[0]), "{example}: {}", ended.stderr);
    }
}

#[test]
fn every_example_is_run_by_a_test() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let programs = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let mut programs: Vec<_> = programs
        .filter(|entry| entry.path().join("main.rs").exists())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    programs.sort();
    let mut tested = [&EXAMPLES[..], &["philosophers", "wordcount"]].concat();
    tested.sort();
    assert_eq!(programs, tested);
}
