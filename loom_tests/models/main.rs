//! The models of tollgate's types: `cargo loom [FILTER]`, `cargo shuttle [FILTER]`.
//!
//! Each model is a small program of two or three threads over the public API. Under loom all its interleavings are
//! explored, time-outs and spurious wake-ups included, up to the bound that its row in the report names; under shuttle it
//! runs with random schedules. `harness` says how, the other files hold the models, one type each.
//!
//! The run fails when a model fails, when none ran, when a bound or a `LOOM_*` variable would have cut one short, when a
//! mutant (a line of the library switched off) is not noticed by any model, and when the build lacks the cfg.

#[cfg(any(loom, shuttle))]
mod barrier;
#[cfg(any(loom, shuttle))]
mod channel;
#[cfg(any(loom, shuttle))]
mod condition;
#[cfg(any(loom, shuttle))]
mod cores;
#[cfg(any(loom, shuttle))]
mod crowd;
#[cfg(any(loom, shuttle))]
mod event;
#[cfg(any(loom, shuttle))]
mod harness;
#[cfg(any(loom, shuttle))]
mod lock;
#[cfg(any(loom, shuttle))]
mod lock_free;
#[cfg(any(loom, shuttle))]
mod mutants;
#[cfg(any(loom, shuttle))]
mod platform;
#[cfg(any(loom, shuttle))]
mod queue;
#[cfg(any(loom, shuttle))]
mod queue_end;
#[cfg(any(loom, shuttle))]
mod queue_orders;
#[cfg(any(loom, shuttle))]
mod queue_served;
#[cfg(any(loom, shuttle))]
mod readme;
#[cfg(tollgate_cured_loom)]
mod reduction;
#[cfg(any(loom, shuttle))]
mod rendezvous;
#[cfg(any(loom, shuttle))]
mod rlock;
#[cfg(any(loom, shuttle))]
mod semaphore;
#[cfg(any(loom, shuttle))]
mod semaphore_permits;
#[cfg(any(loom, shuttle))]
mod source;

#[cfg(any(loom, shuttle))]
fn main() -> std::process::ExitCode {
    let mut suite = harness::Suite::default();
    platform::models(&mut suite);
    lock::models(&mut suite);
    rlock::models(&mut suite);
    semaphore::models(&mut suite);
    semaphore_permits::models(&mut suite);
    condition::models(&mut suite);
    crowd::models(&mut suite);
    event::models(&mut suite);
    barrier::models(&mut suite);
    queue::models(&mut suite);
    queue_end::models(&mut suite);
    queue_orders::models(&mut suite);
    queue_served::models(&mut suite);
    channel::models(&mut suite);
    rendezvous::models(&mut suite);
    lock_free::models(&mut suite);
    cores::models(&mut suite);
    readme::models(&mut suite);
    harness::run(suite, mutants::trials)
}

#[cfg(not(any(loom, shuttle)))]
fn main() -> std::process::ExitCode {
    eprintln!("error: built without `--cfg loom` or `--cfg shuttle`, so there is nothing to explore");
    eprintln!(
        "  use `cargo loom` or `cargo shuttle`, with RUSTFLAGS unset: a RUSTFLAGS from outside wins over theirs"
    );
    std::process::ExitCode::FAILURE
}
