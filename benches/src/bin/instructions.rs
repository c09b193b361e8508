//! Counts the instructions of each operation: see [`tollgate_benches::instructions`].

use std::process::ExitCode;

fn main() -> ExitCode {
    tollgate_benches::instructions::run()
}
