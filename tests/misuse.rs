//! The mistakes of the guide (`src/guide/misuse.md`) that do not compile: each fails for the reason that stands above it. That they
//! fail at all is what the doctests say; the stable compiler looks at no error code there.

#![cfg(not(any(loom, shuttle, miri)))]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

/// A block, and the code in the sentence above it.
fn mistakes(guide: &str) -> Vec<(String, Option<String>)> {
    let mut found = Vec::new();
    let mut pieces = guide.split("```");
    let mut before = pieces.next().unwrap();
    while let (Some(block), Some(after)) = (pieces.next(), pieces.next()) {
        let (language, code) = block.split_once('\n').unwrap();
        if let Some(fails) = language.strip_prefix("compile_fail") {
            let named = before.split('`').find(|piece| piece.len() == 5 && piece.starts_with('E'));
            assert_eq!(fails.strip_prefix(','), named, "the fence and the sentence differ: {code}");
            found.push((code.to_owned(), named.map(str::to_owned)));
        }
        before = after;
    }
    found
}

/// The library as this test was linked with it: the newest.
fn library(deps: &Path) -> PathBuf {
    let files = fs::read_dir(deps).unwrap().map(|entry| entry.unwrap().path());
    let is_it = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        name.starts_with("libtollgate-") && name.ends_with(".rlib")
    };
    let written = |path: &PathBuf| {
        fs::metadata(path).and_then(|data| data.modified()).unwrap_or(SystemTime::UNIX_EPOCH)
    };
    files.filter(is_it).max_by_key(written).expect("the library has been built")
}

/// What the compiler says about a program.
fn compiled(name: &str, program: &str) -> (bool, String) {
    let exe = std::env::current_exe().unwrap();
    let deps = exe.parent().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(format!("{name}.rs"));
    fs::write(&file, program).unwrap();
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc)
        .args(["--edition=2024", "--crate-type=bin", "--emit=metadata", "--color=never"])
        .arg(format!("--extern=tollgate={}", library(deps).display()))
        .arg(format!("-Ldependency={}", deps.display()))
        .arg("--out-dir")
        .args([folder.path(), &file])
        .output()
        .unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// As rustdoc does: attributes of the crate first, the rest in `main`.
fn program(block: &str) -> String {
    let (attributes, code): (Vec<_>, Vec<_>) = block.lines().partition(|line| line.starts_with("#!["));
    format!("{}\nfn main() {{\n{}\n}}\n", attributes.join("\n"), code.join("\n"))
}

#[test]
fn each_mistake_is_refused_for_the_reason_that_the_guide_names() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/guide/misuse.md");
    let mistakes = mistakes(&fs::read_to_string(guide).unwrap());
    assert!(mistakes.len() > 10, "the search looks in the wrong place: {}", mistakes.len());
    for (number, (block, code)) in mistakes.iter().enumerate() {
        let (compiles, said) = compiled(&format!("mistake_{number}"), &program(block));
        assert!(!compiles, "it compiles:\n{block}");
        let errors: Vec<_> = said.lines().filter(|line| line.starts_with("error")).collect();
        match code {
            // Often more than one, of the same kind: the last line counts them.
            Some(code) => {
                let (last, errors) = errors.split_last().unwrap();
                let expected = format!("error[{code}]");
                assert!(
                    errors.iter().all(|line| line.starts_with(&expected)) && !errors.is_empty(),
                    "{block}\n{said}"
                );
                assert!(last.starts_with("error: aborting"), "{said}");
            }
            // Of a lint.
            None => assert!(errors[0].starts_with("error: unused ") && errors.len() == 2, "{block}\n{said}"),
        }
    }
}

/// What is wrong with the blocks is nothing else: with the mistake mended they compile.
#[test]
fn a_program_without_a_mistake_compiles() {
    let (compiles, said) =
        compiled("right", &program("let counter = tollgate::Lock::new(0);\n*counter.lock() += 1;"));
    assert!(compiles, "{said}");
}

/// What begins a message: the type whose rule was broken, or, for what no program can cause, the crate.
const SUBJECTS: [&str; 12] = [
    "tollgate: ",
    "::",
    "{name}::",
    "{}",
    "Barrier::",
    "Condition: ",
    "PriorityQueue",
    "Queue::",
    "LifoQueue::",
    "RLock: ",
    "Semaphore",
    "channel: ",
];

/// Every panic that the library can cause says what it is about. (Not those of models, of candidates, and of tests.)
#[test]
fn every_panic_names_its_type_or_the_crate() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let left_out = ["platform/model", "queue/cores", "guide"].map(|folder| source.join(folder));
    let (mut found, mut nameless) = (0, Vec::new());
    for file in common::rust_files(&source) {
        if left_out.iter().any(|folder| file.starts_with(folder))
            || file.to_string_lossy().ends_with("_tests.rs")
        {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        // Unit tests come last in their file.
        let text = text.split("\n#[cfg(test)]\nmod tests").next().unwrap();
        let text = text.split("\n#[cfg(all(test").next().unwrap();
        let code: Vec<_> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        let code = code.join("\n");
        for call in ["panic!(", " assert!(", " assert_eq!(", "unreachable!(", ".expect("] {
            for rest in code.split(call).skip(1) {
                found += 1;
                let message = rest.split('"').nth(1).unwrap_or_default();
                let said = SUBJECTS.iter().any(|subject| message.starts_with(subject));
                if !said {
                    nameless.push(format!("{}: {call}{message}", file.display()));
                }
            }
        }
        found += code.matches(".unwrap()").count();
        if code.contains(".unwrap()") {
            nameless.push(format!("{}: an unwrap says nothing", file.display()));
        }
    }
    assert!(found > 20, "the search looks in the wrong place: {found}");
    assert!(nameless.is_empty(), "{}", nameless.join("\n"));
}
