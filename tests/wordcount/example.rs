//! The example, run and its result read.

#[path = "../common/example.rs"]
mod any;

pub(crate) use any::{DEADLINE, Ended, Running, files_under, within_deadline};
use serde_json::Value;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::PathBuf;

pub(crate) fn binary() -> PathBuf {
    any::binary("wordcount")
}

pub(crate) fn start(path: impl AsRef<OsStr>, options: &[&str]) -> Running {
    let options = options.iter().map(|option| OsStr::new(*option));
    Running::start("wordcount", options.chain([OsStr::new("--"), path.as_ref()]))
}

pub(crate) trait Json {
    /// What it printed, as JSON.
    fn json(&self) -> Value;
}

impl Json for Ended {
    fn json(&self) -> Value {
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
    start(path, options).end()
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
