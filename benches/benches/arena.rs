//! Many threads, all peers in turns: see [`tollgate_benches::arena`].

use std::process::ExitCode;
use tollgate_benches::{arena, memory, regime};

/// Counts in rounds for memory, and only then.
#[global_allocator]
static ALLOCATOR: memory::Counting = memory::Counting;

fn main() -> ExitCode {
    regime::be_a_hog_if_told();
    arena::cli::run()
}
