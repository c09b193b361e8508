//! One thread, nobody else: what the fast paths cost, next to the bare atomics that they are made of.
//!
//! Read [`tollgate_benches`] first, for what these figures cannot say. The operations are those of [`tollgate_benches::single`].

use tollgate_benches::{criterion, single};

fn main() {
    let mut criterion = criterion();
    for operation in single::operations() {
        let mut group = criterion.benchmark_group(format!("uncontended/{}", operation.name));
        for runner in operation.by {
            group.bench_function(runner.name, |bencher| bencher.iter_custom(|times| (runner.run)(times)));
        }
    }
    criterion.final_summary();
}
