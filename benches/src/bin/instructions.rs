//! Counts the instructions of each operation: see [`tollgate_benches::instructions`].

use std::process::ExitCode;

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn main() -> ExitCode {
    tollgate_benches::instructions::run()
}

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
fn main() -> ExitCode {
    eprintln!("instructions: made for x86-64 Linux");
    ExitCode::FAILURE
}
