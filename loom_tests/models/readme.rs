//! The model that the README shows, word for word; `tests/readme.rs` compares the two.

use crate::harness::{Bound, Suite, plain};
use std::time::Duration;

pub(crate) fn models(suite: &mut Suite) {
    suite.add("readme: a lock, a condition and a time-out", Bound::None, plain(), the_model);
}

/// loom and shuttle have threads of one shape.
#[cfg(shuttle)]
use shuttle as loom;

fn the_model() {
    let shared = std::sync::Arc::new((tollgate::Lock::new(None), tollgate::Condition::new()));
    let theirs = std::sync::Arc::clone(&shared);
    let getter = loom::thread::spawn(move || {
        let mut slot = theirs.0.lock();
        // May time out in the model whenever it could in life, once per thread and execution.
        let filled = theirs.1.wait_while_timeout(&mut slot, Duration::from_secs(1), |slot| slot.is_none());
        assert_eq!(filled, slot.take() == Some(7));
    });
    *shared.0.lock() = Some(7);
    shared.1.notify_one();
    getter.join().unwrap();
}
