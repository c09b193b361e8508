//! The game of life, on patterns whose future is known.

use crate::program::{Running, run};
use crate::{folder, text};

/// The board at the end, in O and dots without those at the ends of lines, and what is said about it before the time.
fn play(options: &[&str]) -> (Vec<String>, String) {
    let ended = run("life", &[&["--plain"], options].concat());
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    let (board, about): (Vec<_>, Vec<_>) =
        ended.stdout.lines().partition(|line| !line.contains(':') && !line.contains(' '));
    (
        board.iter().map(|&line| line.to_owned()).collect(),
        about.join("\n").split(" threads").next().unwrap().to_owned(),
    )
}

#[test]
fn a_glider_moves_one_cell_down_and_right_in_four_generations() {
    for (generations, expected) in [
        ("0", [".O....", "..O...", "OOO...", "......", "......", "......"]),
        ("4", ["......", "..O...", "...O..", ".OOO..", "......", "......"]),
        // Six times four: around the board, whose edges meet.
        ("24", [".O....", "..O...", "OOO...", "......", "......", "......"]),
    ] {
        for threads in ["1", "2", "3", "6", "64"] {
            let options = [
                "--pattern",
                "glider",
                "--width",
                "6",
                "--height",
                "6",
                "--generations",
                generations,
                "--threads",
                threads,
            ];
            let (board, about) = play(&options);
            assert_eq!(board, expected, "{generations} generations, {threads} threads");
            let used = threads.parse::<u32>().unwrap().min(6);
            assert_eq!(about, format!("generation {generations}: 5 alive, {used}"));
        }
    }
}

#[test]
fn the_number_of_threads_makes_no_difference() {
    let noise = |threads| {
        play(&["--generations", "60", "--width", "50", "--height", "31", "--seed", "7", "--threads", threads])
            .0
    };
    let expected = noise("1");
    assert_eq!(expected.len(), 31);
    for threads in ["2", "5", "31"] {
        assert_eq!(noise(threads), expected, "{threads} threads");
    }
}

#[test]
fn ends_when_nothing_changes_any_more() {
    let folder = folder(&[("square", "! Four, that stay.\n....\n.##.\n.**\n")]);
    let pattern = folder.path().join("square");
    let options =
        ["--pattern", text(&pattern), "--width", "4", "--height", "4", "--generations", "1000000000000"];
    let ended = run("life", &[&["--plain", "--threads", "2"], &options[..]].concat());
    assert_eq!(ended.code, Some(0));
    assert!(
        ended.stdout.starts_with("....\n.OO.\n.OO.\n....\ngeneration 1: 4 alive, 2 threads, "),
        "{}",
        ended.stdout
    );
    assert!(ended.stdout.ends_with("\nnothing changes any more\n"), "{}", ended.stdout);
}

#[test]
fn two_rows_are_one_line_of_blocks() {
    let options = ["--pattern", "glider", "--width", "4", "--height", "3", "--generations", "0"];
    let ended = run("life", &options);
    assert!(ended.stdout.starts_with(" ▀▄\n▀▀▀\ngeneration 0"), "{}", ended.stdout);
}

#[test]
fn patterns_that_do_not_fit_or_are_none_are_refused() {
    let folder = folder(&[("text", "hello")]);
    let file = folder.path().join("text");
    for (options, why) in [
        (["--pattern", "gun", "--width", "10"], "the pattern does not fit on 10 x 40 cells"),
        (
            ["--pattern", text(&file), "--width", "10"],
            "'h' in the pattern: O, # and * are alive, . and blanks are not",
        ),
    ] {
        let ended = run("life", &options);
        assert_eq!(ended.told(), (Some(2), vec![], vec![format!("life: {why}").as_str()]));
    }
    let missing = run("life", &["--pattern", "no such pattern"]);
    assert_eq!((missing.code, missing.stderr.lines().count()), (Some(2), 1), "{}", missing.stderr);
}

#[cfg(target_os = "linux")]
#[test]
fn ctrl_c_breaks_the_barrier_and_everybody_goes_home() {
    use crate::program::DEADLINE;
    use std::time::Instant;

    // A glider gun never rests, and this is more than anybody will wait for.
    let options = ["--pattern", "gun", "--plain", "--threads", "3", "--generations", "1000000000000"];
    let running = Running::start("life", options);
    let started = Instant::now();
    let handles_signals = |pid| {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap();
        u64::from_str_radix(caught.trim(), 16).unwrap() & 1 << (2 - 1) != 0
    };
    while !handles_signals(running.pid) {
        assert!(started.elapsed() < DEADLINE, "it never handles signals");
        std::thread::yield_now();
    }
    let killed = std::process::Command::new("kill").args(["-INT", &running.pid.to_string()]).status();
    assert!(killed.unwrap().success());
    let ended = running.end();
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(130), ""));
    assert!(ended.stdout.contains("\ngeneration "), "{}", ended.stdout);
}
