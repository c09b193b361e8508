//! What the arena plays, and who plays it: fixed here, before anything is tuned.

mod barriers;
mod bursts;
mod conditions;
mod cpp;
mod events;
mod flow;
mod idle;
pub mod locks;
mod orders;
mod queues;
mod rlocks;
pub mod semaphores;
mod sleepers;
mod stages;

use crate::arena::Case;

/// All cases, in the order in which they are played.
pub fn all() -> Vec<Case> {
    [
        locks::cases(),
        rlocks::cases(),
        semaphores::cases(),
        conditions::cases(),
        events::cases(),
        barriers::cases(),
        queues::cases(),
        orders::cases(),
        idle::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// "1 thread", "2 threads".
fn threads(count: usize) -> String {
    plural(count, "thread")
}

fn plural(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        more => format!("{more} {what}s"),
    }
}

/// "expected 3 turns, counted 4", if they differ.
fn differ(what: &str, expected: u64, counted: u64) -> Option<String> {
    (expected != counted).then(|| format!("expected {expected} {what}, counted {counted}"))
}
