//! Finds, builds and runs the example.

use serde_json::Value;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

/// Nothing here takes a tenth of that.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// The built example. `cargo test` builds it before this runs, `cargo test --test wordcount` does not.
pub(crate) fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let exe = std::env::current_exe().unwrap();
        let profile = exe.parent().and_then(Path::parent).expect("in target/<profile>/deps");
        let binary = profile.join("examples").join(format!("wordcount{}", std::env::consts::EXE_SUFFIX));
        if !is_newer_than_its_sources(&binary) {
            build_into(profile);
        }
        assert!(binary.exists(), "no {}: run `cargo build --example wordcount`", binary.display());
        binary
    })
}

fn is_newer_than_its_sources(binary: &Path) -> bool {
    let changed = |path: &Path| fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sources = [files_under(package.join("src")), files_under(package.join("examples/wordcount"))];
    sources.concat().iter().all(|source| changed(source) <= changed(binary))
}

pub(crate) fn files_under(top: PathBuf) -> Vec<PathBuf> {
    let (mut files, mut ahead) = (Vec::new(), vec![top]);
    while let Some(path) = ahead.pop() {
        if path.is_dir() {
            ahead.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            files.push(path);
        }
    }
    files
}

fn build_into(profile: &Path) {
    let name = match profile.file_name().and_then(OsStr::to_str) {
        Some("debug") => "test",
        other => other.unwrap(),
    };
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args(["build", "--quiet", "--example", "wordcount", "--profile", name, "--target-dir"])
        .arg(profile.parent().unwrap())
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status();
    assert!(built.is_ok_and(|status| status.success()), "the example cannot be built");
}

/// A running example, which ends with this value at the latest.
pub(crate) struct Running {
    pub(crate) pid: u32,
    pub(crate) stdin: Option<ChildStdin>,
    output: Receiver<io::Result<Output>>,
    done: bool,
}

impl Running {
    pub(crate) fn start(path: impl AsRef<OsStr>, options: &[&str]) -> Running {
        let mut child = Command::new(binary())
            .args(options)
            .arg("--")
            .arg(path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (pid, stdin) = (child.id(), child.stdin.take());
        let (sender, output) = channel();
        thread::spawn(move || sender.send(child.wait_with_output()));
        Running { pid, stdin, output, done: false }
    }

    pub(crate) fn end(mut self) -> Ended {
        // Or it would wait for us, if it reads standard input.
        drop(self.stdin.take());
        let output = self.output.recv_timeout(DEADLINE).expect("it does not end").unwrap();
        self.done = true;
        Ended {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.done {
            let _ = Command::new("kill").args(["-KILL", &self.pid.to_string()]).status();
        }
    }
}

pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    pub(crate) fn json(&self) -> Value {
        let json: Value = serde_json::from_str(&self.stdout).unwrap_or_else(|error| {
            panic!("not JSON: {error}\nexit code {:?}\n{}\n{}", self.code, self.stdout, self.stderr)
        });
        // Whatever the result is, its words add up.
        assert_eq!(json["words"].as_u64().unwrap(), counts(&json).values().sum::<u64>());
        assert_eq!(json["distinct_words"].as_u64().unwrap(), counts(&json).len() as u64);
        json
    }
}

/// Everything as JSON, with all words.
pub(crate) const ALL: [&str; 3] = ["--json", "--top", "100000000"];

pub(crate) fn run(path: impl AsRef<OsStr>, options: &[&str]) -> Ended {
    Running::start(path, options).end()
}

pub(crate) fn run_all(path: impl AsRef<OsStr>, options: &[&str]) -> (Option<i32>, Value) {
    let ended = run(path, &[&ALL, options].concat());
    assert_eq!(ended.stderr, "");
    (ended.code, ended.json())
}

pub(crate) fn counts(json: &Value) -> BTreeMap<String, u64> {
    let top = json["top"].as_array().unwrap();
    top.iter()
        .map(|entry| (entry["word"].as_str().unwrap().to_owned(), entry["count"].as_u64().unwrap()))
        .collect()
}

/// A blocking call, which must not block for ever.
pub(crate) fn within_deadline<T: Send + 'static>(what: &str, call: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, result) = channel();
    thread::spawn(move || sender.send(call()));
    result.recv_timeout(DEADLINE).unwrap_or_else(|_| panic!("blocked: {what}"))
}
