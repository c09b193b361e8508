//! The candidate cores of the queues, in small programs: for their orderings, and for what a history does not show (data races in the
//! items, items dropped twice, nodes lost). Linearizability is checked by the generated programs over the subjects `core …`.

use crate::bodies;
use crate::harness::{Bound, Suite, plain, threads};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use tollgate::experimental_cores::{Blocking, Claimed, Container, Ring, Stack};

/// An item that says when it is dropped. Its box is memory that a second owner would free twice.
struct Item(Box<usize>, Arc<AtomicUsize>);

impl Drop for Item {
    fn drop(&mut self) {
        self.1.fetch_add(1, SeqCst);
    }
}

struct Shared<C> {
    core: C,
    made: AtomicUsize,
    dropped: Arc<AtomicUsize>,
    pushed: AtomicUsize,
    popped: AtomicUsize,
}

impl<C: Container<Item>> Shared<C> {
    fn new(core: C) -> Arc<Self> {
        let zero = AtomicUsize::default;
        Arc::new(Shared { core, made: zero(), dropped: Arc::default(), pushed: zero(), popped: zero() })
    }

    fn push(&self, value: usize) -> bool {
        self.made.fetch_add(1, SeqCst);
        match self.core.try_push(Item(Box::new(value), Arc::clone(&self.dropped))) {
            Ok(()) => {
                self.pushed.fetch_add(1, SeqCst);
                true
            }
            Err(back) => {
                assert_eq!(*back.0, value, "another item came back");
                false
            }
        }
    }

    fn pop(&self) -> Option<usize> {
        let item = self.core.try_pop()?;
        self.popped.fetch_add(1, SeqCst);
        Some(*item.0)
    }

    /// When all is over.
    fn settle(&self) {
        let left = self.pushed.load(SeqCst) - self.popped.load(SeqCst);
        assert_eq!(self.core.len(), left);
        assert_eq!(self.core.has_item(), left > 0);
        let mut rest = 0;
        while self.pop().is_some() {
            rest += 1;
        }
        assert_eq!(rest, left, "each item is popped once");
        assert_eq!(self.dropped.load(SeqCst), self.made.load(SeqCst), "each item is dropped once");
    }
}

pub(crate) fn models(suite: &mut Suite) {
    for capacity in [1, 2] {
        programs(suite, &format!("stack({capacity})"), capacity, move || {
            Stack::with_first_block(capacity, 2)
        });
        programs(suite, &format!("ring({capacity})"), capacity, move || Ring::with_first_block(capacity, 2));
        programs(suite, &format!("claimed({capacity})"), capacity, move || Claimed::new(capacity));
    }
    the_length_is_of_one_moment(suite, "stack(3)", || Stack::with_first_block(3, 4));
    the_length_is_of_one_moment(suite, "ring(3)", || Ring::with_first_block(3, 4));
    the_length_is_of_one_moment(suite, "claimed(3)", || Claimed::new(3));
    looks_publish(suite, "stack(1)", || Stack::with_first_block(1, 1));
    looks_publish(suite, "ring(1)", || Ring::with_first_block(1, 1));
    looks_publish(suite, "claimed(1)", || Claimed::new(1));
    nodes_come_back(suite);
    behind_gates(suite, "ring(1)", || Ring::with_first_block(1, 1));
    behind_gates(suite, "claimed(1)", || Claimed::new(1));
}

/// The same programs for every core.
fn programs<C: Container<Item> + Send + Sync + 'static>(
    suite: &mut Suite,
    name: &str,
    capacity: usize,
    new: impl Fn() -> C + Copy + Send + Sync + 'static,
) {
    suite.add(format!("core {name}: push x2 | pop x2"), Bound::None, plain(), move || {
        let shared = Shared::new(new());
        let checked = Arc::clone(&shared);
        threads(
            bodies!([shared]
            { assert!(shared.push(1)); shared.push(2); },
            { for _ in 0..2 { shared.pop(); } }),
            move || checked.settle(),
        );
    });
    suite.add(format!("core {name}: push | push, pop"), Bound::None, plain(), move || {
        let shared = Shared::new(new());
        let checked = Arc::clone(&shared);
        threads(
            bodies!([shared]
            { shared.push(1); },
            { shared.push(2); assert!(shared.pop().is_some(), "full and empty at once"); }),
            move || checked.settle(),
        );
    });
    if capacity == 2 {
        suite.add(format!("core {name}, one: pop | push, pop"), Bound::None, plain(), move || {
            let shared = Shared::new(new());
            assert!(shared.push(1));
            let checked = Arc::clone(&shared);
            threads(
                bodies!([shared]
                { assert!(shared.pop().is_some(), "never empty"); },
                { assert!(shared.push(2)); assert!(shared.pop().is_some(), "never empty"); }),
                move || checked.settle(),
            );
        });
        suite.add(format!("core {name}, one: push | pop, push"), Bound::None, plain(), move || {
            let shared = Shared::new(new());
            assert!(shared.push(1));
            let checked = Arc::clone(&shared);
            threads(
                bodies!([shared]
                { assert!(shared.push(2), "never full"); },
                { assert!(shared.pop().is_some()); assert!(shared.push(3), "never full"); }),
                move || checked.settle(),
            );
        });
    }
    // All interleavings in a full run; of two slots there are some hundred thousand.
    let bound = if capacity == 1 { Bound::None } else { Bound::Preemptions(2) };
    suite.add(format!("core {name}: push, pop | push, pop"), bound, plain(), move || {
        let shared = Shared::new(new());
        let checked = Arc::clone(&shared);
        threads(
            bodies!([shared]
            { shared.push(1); shared.pop(); },
            { shared.push(2); shared.pop(); }),
            move || {
                assert!(checked.pushed.load(SeqCst) >= 1);
                checked.settle();
            },
        );
    });
    suite.add(format!("core {name}, full: pop, push | pop, push"), bound, plain(), move || {
        let shared = Shared::new(new());
        (0..capacity).for_each(|value| assert!(shared.push(value)));
        assert!(!shared.push(9));
        let checked = Arc::clone(&shared);
        threads(
            bodies!([shared]
            { if shared.pop().is_some() { assert!(shared.push(10), "there was room all the time"); } },
            { if shared.pop().is_some() { assert!(shared.push(11), "there was room all the time"); } }),
            move || checked.settle(),
        );
    });
    suite.add(format!("core {name}: push | push | pop x2"), Bound::Preemptions(2), plain(), move || {
        let shared = Shared::new(new());
        let checked = Arc::clone(&shared);
        threads(
            bodies!([shared]
            { shared.push(1); },
            { shared.push(2); },
            { for _ in 0..2 { shared.pop(); } }),
            move || checked.settle(),
        );
    });
    suite.add(
        format!("core {name}: two each | two each | two each"),
        Bound::ShuttleOnly,
        plain(),
        move || {
            let shared = Shared::new(new());
            let checked = Arc::clone(&shared);
            threads(
                bodies!([shared]
            { shared.push(1); shared.pop(); shared.push(2); },
            { shared.pop(); shared.push(3); shared.pop(); },
            { shared.push(4); shared.core.len(); shared.pop(); }),
                move || checked.settle(),
            );
        },
    );
}

/// Two items to begin with; the length that is read while another thread works is one that there was.
fn the_length_is_of_one_moment<C: Container<Item> + Send + Sync + 'static>(
    suite: &mut Suite,
    name: &str,
    new: impl Fn() -> C + Copy + Send + Sync + 'static,
) {
    let mut len_while = |other: &str, lengths: std::ops::RangeInclusive<usize>, work: fn(&Shared<C>)| {
        suite.add(format!("core {name}, two: len | {other}"), Bound::None, plain(), move || {
            let shared = Shared::new(new());
            assert!(shared.push(1) && shared.push(2));
            let (checked, lengths) = (Arc::clone(&shared), lengths.clone());
            threads(
                bodies!([shared, lengths]
                { let len = shared.core.len(); assert!(lengths.contains(&len), "{len}"); },
                { work(&shared); }),
                move || checked.settle(),
            );
        });
    };
    len_while("pop", 1..=2, |shared| {
        assert!(shared.pop().is_some());
        assert!(shared.core.has_item() && shared.core.has_room());
    });
    len_while("push", 2..=3, |shared| {
        assert!(shared.push(3));
        assert!(shared.core.has_item() && !shared.core.has_room());
    });
    len_while("pop, push, pop", 1..=2, |shared| {
        assert!(shared.pop().is_some() && shared.push(3) && shared.pop().is_some());
    });
}

/// Who learns of an item by a look also sees what its pusher did before.
fn looks_publish<C: Container<Item> + Send + Sync + 'static>(
    suite: &mut Suite,
    name: &str,
    new: impl Fn() -> C + Copy + Send + Sync + 'static,
) {
    use crate::semaphore::published::Cell;
    for by_length in [false, true] {
        let look = if by_length { "len" } else { "has_item" };
        suite.add(format!("core {name}: {look} | write, push"), Bound::None, plain(), move || {
            let shared = Shared::new(new());
            let cell = Arc::new(Cell::new());
            let checked = Arc::clone(&shared);
            threads(
                bodies!([shared, cell]
                {
                    let seen = if by_length { shared.core.len() > 0 } else { shared.core.has_item() };
                    if seen { cell.expect(1); }
                },
                { cell.write(1); shared.push(1); }),
                move || checked.settle(),
            );
        });
    }
}

/// Two at once make the slab grow; afterwards both nodes are there again.
fn nodes_come_back(suite: &mut Suite) {
    suite.add("core stack(4): push | push, then four", Bound::None, plain(), || {
        let shared = Shared::new(Stack::with_first_block(4, 1));
        let checked = Arc::clone(&shared);
        threads(
            bodies!([shared]
            { assert!(shared.push(1)); },
            { assert!(shared.push(2)); }),
            move || {
                assert!(checked.push(3) && checked.push(4) && !checked.push(5));
                checked.settle();
            },
        );
    });
}

/// The core's half of the gates' handshake.
fn behind_gates<C: Container<Item> + Send + Sync + 'static>(
    suite: &mut Suite,
    name: &str,
    new: impl Fn() -> C + Copy + Send + Sync + 'static,
) {
    suite.add(
        format!("core {name} behind gates: put x2 | get x2"),
        Bound::Preemptions(2),
        plain(),
        move || {
            let dropped: Arc<AtomicUsize> = Arc::default();
            let queue = Arc::new(Blocking::new(new()));
            let count = Arc::clone(&dropped);
            threads(
                bodies!([queue, dropped]
            { for value in 1..=2 { queue.put(Item(Box::new(value), Arc::clone(&dropped))); } },
            { for value in 1..=2 { assert_eq!(*queue.get().0, value); } }),
                move || assert_eq!(count.load(SeqCst), 2),
            );
        },
    );
}
