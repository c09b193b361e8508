//! Finds, builds and runs the examples.

#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Output, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

/// Nothing here takes a tenth of that.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// The built example of this name. `cargo test` builds it before this runs, `cargo test --test NAME` does not.
pub fn binary(name: &str) -> PathBuf {
    // One cargo at a time: they would wait for each other anyway, and build twice. And once is enough: cargo leaves alone what
    // is newer than those sources that it was made of.
    static BUILT: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let mut built = BUILT.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let exe = std::env::current_exe().unwrap();
    let profile = exe.parent().and_then(Path::parent).expect("in target/<profile>/deps");
    let binary = profile.join("examples").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    if !built.contains(name) {
        if !is_newer_than_its_sources(name, &binary) {
            build_into(name, profile);
        }
        built.insert(name.to_owned());
    }
    assert!(binary.exists(), "no {}: run `cargo build --example {name}`", binary.display());
    binary
}

fn is_newer_than_its_sources(name: &str, binary: &Path) -> bool {
    let changed = |path: &Path| fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sources = [files_under(package.join("src")), files_under(package.join("examples").join(name))];
    sources.concat().iter().all(|source| changed(source) <= changed(binary))
}

pub fn files_under(top: PathBuf) -> Vec<PathBuf> {
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

fn build_into(name: &str, profile: &Path) {
    let profile_name = match profile.file_name().and_then(OsStr::to_str) {
        Some("debug") => "test",
        other => other.unwrap(),
    };
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.args(["build", "--quiet", "--example", name, "--profile", profile_name, "--target-dir"]);
    build.arg(profile.parent().unwrap()).current_dir(env!("CARGO_MANIFEST_DIR"));
    if cfg!(feature = "diagnostics") {
        build.args(["--features", "diagnostics"]);
    }
    assert!(build.status().is_ok_and(|status| status.success()), "the example {name} cannot be built");
}

/// A running example, which ends with this value at the latest.
pub struct Running {
    pub pid: u32,
    pub stdin: Option<ChildStdin>,
    output: Receiver<io::Result<Output>>,
    done: bool,
}

impl Running {
    pub fn start(name: &str, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Running {
        let mut child = Command::new(binary(name))
            .args(arguments)
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

    pub fn end(mut self) -> Ended {
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

/// What an example has left.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    /// Its exit code, the lines that it printed, and those of its complaints.
    pub fn told(&self) -> (Option<i32>, Vec<&str>, Vec<&str>) {
        (self.code, self.stdout.lines().collect(), self.stderr.lines().collect())
    }
}

pub fn run(name: &str, arguments: &[&str]) -> Ended {
    Running::start(name, arguments).end()
}

/// A blocking call, which must not block for ever.
pub fn within_deadline<T: Send + 'static>(what: &str, call: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, result) = channel();
    thread::spawn(move || sender.send(call()));
    result.recv_timeout(DEADLINE).unwrap_or_else(|_| panic!("blocked: {what}"))
}
