//! Pipes, Ctrl-C, and what happens while there is nothing to do.

use crate::BLOCK;
use crate::example::{ALL, Ended, Json, Running, counts, start, within_deadline};
use crate::expected::Expected;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) fn make_fifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// A named pipe, and the directory that it is in.
fn fifo() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("pipe");
    make_fifo(&path);
    (directory, path)
}

/// Returns when the example has opened it too, which is after it has begun to handle signals.
fn open_writer(fifo: &Path) -> fs::File {
    let fifo = fifo.to_owned();
    within_deadline("nobody opens the pipe", move || fs::OpenOptions::new().write(true).open(fifo)).unwrap()
}

fn interrupt(running: &Running) {
    let killed = Command::new("kill").args(["-INT", &running.pid.to_string()]).status();
    assert!(killed.unwrap().success());
}

fn assert_interrupted(ended: &Ended) -> Value {
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(130), ""));
    let json = ended.json();
    assert_eq!(json["partial"], true);
    json
}

#[test]
fn a_named_pipe_is_read_to_its_end() {
    let (_directory, path) = fifo();
    let running = start(&path, &ALL);
    let mut writer = open_writer(&path);
    within_deadline("write", move || writer.write_all(b"from a pipe, from a writer")).unwrap();
    let json = running.end().json();
    let mut expected = Expected::default();
    expected.add(b"from a pipe, from a writer");
    expected.assert_is(&json);
}

#[test]
fn ctrl_c_ends_it_while_it_waits_for_a_writer_that_writes_nothing() {
    for threads in ["1", "64"] {
        let (_directory, path) = fifo();
        let running = start(&path, &[&ALL[..], &["--threads", threads]].concat());
        let _writer = open_writer(&path);
        interrupt(&running);
        assert_eq!(assert_interrupted(&running.end())["bytes"], 0);
    }
}

#[test]
fn ctrl_c_while_a_pipe_is_read_gives_what_was_read() {
    const WRITTEN: usize = 1 << 20;
    let (_directory, path) = fifo();
    let running = start(&path, &[&ALL[..], &["--capacity", "1"]].concat());
    let mut writer = open_writer(&path);
    let writer = within_deadline("write", move || {
        writer.write_all(&b"example ".repeat(WRITTEN / 8)).unwrap();
        writer
    });
    interrupt(&running);
    let json = assert_interrupted(&running.end());
    drop(writer);
    // The rest may be in the pipe, in the hands of the thread that reads it, or in the queue behind that: one block each,
    // and what that thread has kept back of an earlier one.
    let bytes = json["bytes"].as_u64().unwrap();
    assert!((WRITTEN - 4 * BLOCK..=WRITTEN).contains(&(bytes as usize)), "{bytes}");
    assert_eq!(bytes % 8, 0);
    assert_eq!(counts(&json), BTreeMap::from([("example".into(), bytes / 8)]));
    assert_eq!((&json["files"], &json["files_cut_short"]), (&0.into(), &1.into()));
}

#[cfg(target_os = "linux")]
mod linux {
    use super::*;
    use crate::example::DEADLINE;
    use crate::expected::uniform_tree;
    use std::thread;
    use std::time::{Duration, Instant};

    fn wait_until(what: &str, mut met: impl FnMut() -> bool) {
        let deadline = Instant::now() + DEADLINE;
        while !met() {
            assert!(Instant::now() < deadline, "not within the deadline: {what}");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// From now on SIGINT does not simply kill it.
    fn wait_until_it_handles_signals(running: &Running) {
        wait_until("a handler for SIGINT", || {
            let status = fs::read_to_string(format!("/proc/{}/status", running.pid)).unwrap();
            let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap();
            u64::from_str_radix(caught.trim(), 16).unwrap() & 1 << (2 - 1) != 0
        });
    }

    #[test]
    fn ctrl_c_ends_it_while_it_waits_for_somebody_to_open_the_pipe() {
        let (_directory, path) = fifo();
        let running = start(&path, &ALL);
        wait_until_it_handles_signals(&running);
        interrupt(&running);
        assert_eq!(assert_interrupted(&running.end())["bytes"], 0);
    }

    #[test]
    fn ctrl_c_ends_it_while_it_waits_for_standard_input() {
        let mut running = start("-", &ALL);
        // Kept open: it is not the end of the input that ends it.
        let stdin = running.stdin.take();
        wait_until_it_handles_signals(&running);
        interrupt(&running);
        assert_interrupted(&running.end());
        drop(stdin);
    }

    #[test]
    fn ctrl_c_may_come_at_any_time() {
        const FILES: u64 = 2000;
        let top = uniform_tree(FILES);
        for n in 0..10 {
            let options = [&ALL[..], &["--threads", ["1", "2", "64"][n % 3], "--capacity", "1"]].concat();
            let running = start(top.path(), &options);
            wait_until_it_handles_signals(&running);
            thread::sleep(Duration::from_millis(2 * n as u64));
            // It may have ended by now, and that is right too.
            let _ = Command::new("kill").args(["-INT", &running.pid.to_string()]).output();
            let ended = running.end();
            assert_eq!(ended.stderr, "");
            let json = ended.json();
            let chunks = json["files"].as_u64().unwrap() + json["files_cut_short"].as_u64().unwrap();
            assert_eq!(json["bytes"], 24 * chunks);
            assert!(counts(&json).values().all(|&count| count == chunks));
            match ended.code {
                Some(0) => assert_eq!(chunks, FILES),
                Some(130) => assert_eq!(json["partial"], true),
                other => panic!("exit code {other:?}"),
            }
        }
    }

    /// User and system time, in ticks of 10 ms.
    fn cpu_ticks(pid: u32) -> u64 {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        // The name, in parentheses, may hold anything. `utime` and `stime` are the fields 14 and 15, and 3 comes after it.
        let fields: Vec<_> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        fields[14 - 3].parse::<u64>().unwrap() + fields[15 - 3].parse::<u64>().unwrap()
    }

    /// How often each thread has gone to sleep.
    fn sleeps(pid: u32) -> BTreeMap<String, u64> {
        let tasks = fs::read_dir(format!("/proc/{pid}/task")).unwrap();
        // One that has just ended cannot be asked any more.
        tasks
            .filter_map(|task| fs::read_to_string(task.ok()?.path().join("status")).ok())
            .map(|status| {
                let field = |name| status.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim();
                let times = field("voluntary_ctxt_switches:").parse().unwrap();
                (format!("{} {}", field("Name:"), field("Pid:")), times)
            })
            .collect()
    }

    #[test]
    fn waiting_for_input_takes_no_cpu_and_wakes_nobody_but_the_progress_bar() {
        let (_directory, path) = fifo();
        let running = start(&path, &[&ALL[..], &["--threads", "64"]].concat());
        let mut writer = open_writer(&path);
        let others = || {
            let mut sleeps = sleeps(running.pid);
            sleeps.retain(|thread, _| !thread.starts_with("progress "));
            sleeps
        };
        // First let them all go to sleep: 64 readers and counters, without the walker, which is done.
        let mut before = others();
        wait_until("nobody stirs", || {
            thread::sleep(Duration::from_millis(100));
            let last = std::mem::replace(&mut before, others());
            last == before && before.keys().filter(|name| name.starts_with("counter-")).count() == 64
        });
        let ticks = cpu_ticks(running.pid);
        thread::sleep(Duration::from_secs(1));
        let ticks = cpu_ticks(running.pid) - ticks;
        assert!(ticks < 5, "{ticks} ticks of CPU time in a second of nothing");
        assert_eq!(others(), before, "somebody woke up");

        // And it was not dead.
        within_deadline("write", move || writer.write_all(b"at last")).unwrap();
        let json = running.end().json();
        assert_eq!(counts(&json), BTreeMap::from([("at".into(), 1), ("last".into(), 1)]));
    }
}
