//! The build scheduler, on small graphs.

use crate::program::run;
use crate::{folder, text};
use std::fs;
use std::path::Path;

/// Runs it in a folder with this `Makefile` and these options.
fn build(folder: &Path, options: &[&str]) -> (Option<i32>, String, String) {
    let file = folder.join("Makefile");
    let ended = run("build", &[&["--file", text(&file), "-C", text(folder)], options].concat());
    (ended.code, ended.stdout, ended.stderr)
}

fn refused(makefile: &str, goals: &[&str]) -> String {
    let folder = folder(&[("Makefile", makefile)]);
    let (code, stdout, stderr) = build(folder.path(), goals);
    assert_eq!((code, stdout.as_str(), stderr.lines().count()), (Some(2), "", 1), "{stderr}");
    stderr.split_once("Makefile: ").unwrap().1.trim_end().to_owned()
}

#[test]
fn cycles_are_named_from_end_to_end() {
    assert_eq!(refused("all: a\na: b\nb: c\nc: a\n", &[]), "a cycle: a -> b -> c -> a");
    assert_eq!(refused("all: all\n", &[]), "a cycle: all -> all");
}

#[test]
fn what_nobody_builds_is_named_with_who_needs_it() {
    assert_eq!(refused("all: a\na: missing.c\n", &[]), "no rule and no file for missing.c, which a needs");
    assert_eq!(refused("all:\n", &["some"]), "no rule and no file for some");
}

#[test]
fn lines_that_mean_nothing_are_refused() {
    assert_eq!(refused("", &[]), "no rule");
    assert_eq!(refused("\tcc\n", &[]), "a command before the first rule: cc");
    assert_eq!(refused("all\n", &[]), "neither a rule nor a command after a tab: all");
    assert_eq!(refused(": a\n", &[]), "a rule without a target: : a");
    assert_eq!(refused("a:\n\tcc\na:\n\tcc\n", &[]), "a second rule with commands for a");
}

#[test]
fn a_file_that_is_not_there_is_one_line_and_exit_code_2() {
    let ended = run("build", &["--file", "/no/such/file"]);
    assert_eq!((ended.code, ended.stderr.lines().count()), (Some(2), 1), "{}", ended.stderr);
    assert!(ended.stderr.starts_with("build: /no/such/file: "), "{}", ended.stderr);
}

#[test]
fn what_the_longest_chain_waits_for_is_first() {
    // One thread, so that the order is the queue's. `b` begins a chain of three, `c` one of two; `a` and `d` are equals, and come as
    // they are written.
    let makefile = "all: a b3 c2 d\na:\n\techo a\nb3: b2\n\techo b3\nb2: b\n\techo b2\nb:\n\techo b\n\
                    c2: c\n\techo c2\nc:\n\techo c\nd:\n\techo d\n";
    let folder = folder(&[("Makefile", makefile)]);
    let (code, stdout, stderr) = build(folder.path(), &["--jobs", "1", "--dry-run"]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    let order: Vec<_> = stdout.lines().map(|line| line.trim_start_matches("echo ")).collect();
    assert_eq!(order, ["b", "c", "b2", "a", "d", "c2", "b3", "8 built, 0 up to date, 0 failed"]);
}

/// What runs commands of a Unix shell.
#[cfg(unix)]
mod commands {
    use super::*;

    const PROGRAM: &str = "\
# Everything.
program: main.o util.o
\tcat $^ > $@

main.o: main.c util.h
\t@cp $< $@
util.o: util.c \\
        util.h
\tcp $< $@; echo \"$$(cat util.h)\" >&2
";

    fn program() -> tempfile::TempDir {
        folder(&[("Makefile", PROGRAM), ("main.c", "main "), ("util.c", "util "), ("util.h", "header")])
    }

    /// The commands that were shown, in the order of the alphabet.
    fn shown(stdout: &str) -> Vec<&str> {
        let mut lines: Vec<_> = stdout.lines().collect();
        let last = lines.pop();
        lines.sort_unstable();
        lines.into_iter().chain(last).collect()
    }

    #[test]
    fn builds_what_is_not_there_and_then_what_has_changed() {
        for jobs in ["1", "2", "16"] {
            let folder = program();
            let (code, stdout, stderr) = build(folder.path(), &["--jobs", jobs]);
            let expected = ["cat main.o util.o > program", "cp util.c util.o; echo \"$(cat util.h)\" >&2"];
            assert_eq!(shown(&stdout), [&expected[..], &["3 built, 0 up to date, 0 failed"]].concat());
            assert_eq!((code, stderr.as_str()), (Some(0), "header\n"));
            assert_eq!(fs::read_to_string(folder.path().join("program")).unwrap(), "main util ");

            let (code, stdout, _) = build(folder.path(), &["--jobs", jobs]);
            assert_eq!((code, stdout.as_str()), (Some(0), "0 built, 3 up to date, 0 failed\n"));

            // As if `main.c` had been written after everything.
            let later = std::time::SystemTime::now() + std::time::Duration::from_secs(60);
            fs::File::open(folder.path().join("main.c")).unwrap().set_modified(later).unwrap();
            let (_, stdout, _) = build(folder.path(), &["--jobs", jobs]);
            assert_eq!(shown(&stdout), [expected[0], "2 built, 1 up to date, 0 failed"]);

            // Only the goal, and what it needs.
            fs::remove_file(folder.path().join("util.o")).unwrap();
            let (_, stdout, _) = build(folder.path(), &["--jobs", jobs, "util.o"]);
            assert_eq!(shown(&stdout), [expected[1], "1 built, 0 up to date, 0 failed"]);
        }
    }

    #[test]
    fn jobs_that_need_each_other_at_the_same_time_are_run_at_the_same_time() {
        // Each waits for the other one at a pipe.
        let makefile = "all: left right\nleft:\n\techo left > pipe\nright:\n\tcat pipe\n";
        let folder = folder(&[("Makefile", makefile)]);
        assert!(
            std::process::Command::new("mkfifo").arg(folder.path().join("pipe")).status().unwrap().success()
        );
        let (code, stdout, _) = build(folder.path(), &["--jobs", "2"]);
        assert_eq!(code, Some(0), "{stdout}");
        assert!(stdout.contains("cat pipe\nleft\n"), "{stdout}");
    }

    const FAILING: &str =
        "all: good bad\ngood: bad2\n\techo good\nbad:\n\techo about to fail; exit 3\nbad2:\n\techo fine\n";

    #[test]
    fn after_a_failure_nothing_else_is_begun() {
        let folder = folder(&[(
            "Makefile",
            "all: after bad\nafter: bad\n\techo after\nbad:\n\techo trying; exit 3\n",
        )]);
        let (code, stdout, stderr) = build(folder.path(), &["--jobs", "4"]);
        assert_eq!(code, Some(1));
        assert_eq!(stdout, "echo trying; exit 3\ntrying\n0 built, 0 up to date, 1 failed\n");
        assert_eq!(stderr, "build: bad: echo trying; exit 3: exit status: 3\nbuild: not built: after all\n");
    }

    #[test]
    fn with_keep_going_all_is_built_that_does_not_depend_on_the_failure() {
        for jobs in ["1", "8"] {
            let folder = folder(&[("Makefile", FAILING)]);
            let (code, stdout, stderr) = build(folder.path(), &["--jobs", jobs, "--keep-going"]);
            assert_eq!(code, Some(1));
            assert!(
                stdout.contains("\ngood\n") && stdout.ends_with("2 built, 0 up to date, 1 failed\n"),
                "{stdout}"
            );
            assert!(stderr.ends_with("build: not built: all\n"), "{stderr}");
        }
    }

    #[test]
    fn the_sample_builds() {
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder =
            folder(&[("src/lib.rs", "//! One.\n\n#[test]\nfn a() {}\n"), ("src/a/b.rs", "unsafe {}\n")]);
        let sample = package.join("examples/build/sample.mk");
        let ended = run("build", &["-f", text(&sample), "-C", text(folder.path()), "-j", "3"]);
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
        assert!(ended.stdout.contains("lines: 5\nunsafe blocks: 1\ntests: 1\n6 built"), "{}", ended.stdout);
    }
}
