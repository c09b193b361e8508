//! Turns what the arena measured into `RESULTS.md` and its charts: see [`tollgate_benches::chart`].

use std::process::ExitCode;

fn main() -> ExitCode {
    tollgate_benches::chart::run()
}
