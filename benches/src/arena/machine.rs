//! The machine that a run was made on, and the versions that took part: no figure means anything without them.

use crate::regime::cpus;
use serde::{Deserialize, Serialize};
use std::fs;
use std::process::Command;

/// Where a run was made.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Machine {
    /// CPUs that the run could use.
    pub cpus: usize,
    /// What they call themselves.
    pub model: String,
    /// The kernel.
    pub kernel: String,
    /// Others' load when the run began: the average of the last minute.
    pub load_before: String,
    /// The same at the end, our own threads included.
    pub load_after: String,
    /// CPU time that the host gave to others meanwhile, of all that there was. Of virtual machines.
    pub stolen: Option<f64>,
    /// The commit of this repository.
    pub commit: String,
    /// When it began, in UTC.
    pub date: String,
    /// The command's arguments.
    pub arguments: Vec<String>,
    /// The peers' versions.
    pub peers: Vec<String>,
}

/// The peers of the lock file.
const PEERS: [&str; 11] = [
    "async-channel",
    "async-lock",
    "crossbeam-channel",
    "crossfire",
    "flume",
    "kanal",
    "parking_lot",
    "parking_lot_core",
    "saa",
    "tokio",
    "usync",
];

impl Machine {
    /// This machine, before a run.
    pub fn describe() -> Self {
        let no_answer = || "unknown".to_owned();
        let model = fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
            let line = text.lines().find(|line| line.starts_with("model name"))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        });
        Machine {
            cpus: cpus(),
            model: model.unwrap_or_else(no_answer),
            kernel: answer("uname", &["-sr"]).unwrap_or_else(no_answer),
            load_before: load(),
            load_after: String::new(),
            stolen: None,
            commit: answer("git", &["describe", "--always", "--dirty"]).unwrap_or_else(no_answer),
            date: answer("date", &["-u", "+%Y-%m-%d %H:%M"]).unwrap_or_else(no_answer),
            arguments: std::env::args().skip(1).filter(|argument| argument != "--bench").collect(),
            peers: peers(include_str!("../../../Cargo.lock")),
        }
    }

    /// Notes what can be known only afterwards.
    pub fn after(&mut self, before: Ticks) {
        self.load_after = load();
        self.stolen = before.stolen_since();
    }
}

/// CPU time of the whole machine so far, as the kernel counts it.
#[derive(Clone, Copy, Debug)]
pub struct Ticks(Option<(u64, u64)>);

impl Ticks {
    /// Up to now.
    pub fn now() -> Self {
        let read = || {
            let text = fs::read_to_string("/proc/stat").ok()?;
            let fields: Vec<u64> =
                text.lines().next()?.split_whitespace().skip(1).filter_map(|n| n.parse().ok()).collect();
            // user, nice, system, idle, iowait, irq, softirq, steal.
            Some((fields.iter().take(8).sum(), *fields.get(7)?))
        };
        Ticks(read())
    }

    fn stolen_since(self) -> Option<f64> {
        let ((all_before, before), (all, stolen)) = (self.0?, Ticks::now().0?);
        (all > all_before).then(|| (stolen - before) as f64 / (all - all_before) as f64)
    }
}

fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or("unknown").to_owned()
}

/// What a program says, if it runs and succeeds.
pub(crate) fn answer(program: &str, arguments: &[&str]) -> Option<String> {
    let output =
        Command::new(program).args(arguments).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn peers(lock_file: &str) -> Vec<String> {
    let mut found = vec![format!("std of {}", answer("rustc", &["-V"]).unwrap_or_default())];
    let mut name = "";
    #[cfg(cpp_shim)]
    found.extend(crate::cpp::versions());
    for line in lock_file.lines() {
        if let Some(quoted) = line.strip_prefix("name = ") {
            name = quoted.trim_matches('"');
        } else if let Some(version) = line.strip_prefix("version = ") {
            if PEERS.contains(&name) {
                found.push(format!("{name} {}", version.trim_matches('"')));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_peer_has_a_version_in_the_lock_file() {
        let machine = Machine::describe();
        assert!(machine.peers.len() > PEERS.len(), "{:?}", machine.peers);
        assert!(machine.cpus > 0);
    }
}
