//! The candidate cores of the queues beside the present one, all behind the same small face ([`Blocking`]), and the whole `Queue`.
//!
//! ```text
//! cargo bench -p tollgate-benches --bench cores                      # about two minutes
//! cargo bench -p tollgate-benches --bench cores -- '2P2C'            # cases with this in their names
//! cargo bench -p tollgate-benches --bench cores -- --rounds 60
//! TOLLGATE_PLACEMENT=spread cargo bench -p tollgate-benches --bench cores
//! ```
//!
//! In each round every contestant plays once, for a few milliseconds, beginning with another one each time; what counts is the
//! ratio to the locked core *in the same round*, and of these the median, so that a neighbour's burst meets few ratios and a slow
//! minute none. In brackets the quartiles. The items are counted and summed; a core that loses one fails.
//!
//! Two clocks (on Linux): the one on the wall, which is what matters on a machine of one's own; and the processor time of all threads
//! together, system calls included, which says something also where neighbours take the processors away. The second cannot say
//! how long anybody waited.

use std::hint::black_box;
use std::time::{Duration, Instant};
use tollgate::experimental_cores::{Blocking, Claimed, Container, Ring};
use tollgate::{LifoQueue, Queue};
use tollgate_benches::arena::usage::processor_time;
use tollgate_benches::core::Locked;
use tollgate_benches::regime::Regime;
use tollgate_benches::{Apart, team};

/// How long one contestant plays in one round, about.
const ROUND: Duration = Duration::from_millis(4);
/// The clock by which that is meant: processor time, so that a busy machine does not make the rounds of a few items.
const CLOCK: usize = if cfg!(target_os = "linux") { 1 } else { 0 };

/// What the cases need.
trait Line: Sync {
    fn put(&self, item: u64);
    fn get(&self) -> u64;
    fn try_pair(&self, item: u64) -> u64;
}

impl<C: Container<u64> + Sync> Line for Blocking<u64, C> {
    #[inline]
    fn put(&self, item: u64) {
        Blocking::put(self, item);
    }

    #[inline]
    fn get(&self) -> u64 {
        Blocking::get(self)
    }

    #[inline]
    fn try_pair(&self, item: u64) -> u64 {
        self.core().try_push(item).unwrap();
        self.core().try_pop().unwrap()
    }
}

macro_rules! lines {
    ($($Queue:ident)*) => {$(
        impl Line for $Queue<u64> {
            #[inline]
            fn put(&self, item: u64) {
                $Queue::put(self, item).unwrap();
            }

            #[inline]
            fn get(&self) -> u64 {
                $Queue::get(self).unwrap()
            }

            #[inline]
            fn try_pair(&self, item: u64) -> u64 {
                self.try_put(item).unwrap();
                self.try_get().unwrap()
            }
        }
    )*};
}

lines!(Queue LifoQueue);

#[derive(Clone, Copy)]
enum Case {
    /// One thread, a push and a pop in turn.
    Pair,
    /// So many putters, and as many getters.
    Flow(usize),
}

/// Nanoseconds an item: by the wall, and of processor time.
type Times = [f64; 2];

/// Plays `count` items.
type Play = Box<dyn Fn(u64) -> Times>;

fn player<L: Line + 'static>(case: Case, new: impl Fn() -> L + 'static) -> Play {
    Box::new(move |count| {
        let Apart(line) = &Apart(new());
        let used = processor_time();
        let (took, count) = match case {
            Case::Pair => {
                let began = Instant::now();
                for item in 0..count {
                    assert_eq!(black_box(line.try_pair(black_box(item))), item);
                }
                (began.elapsed(), count)
            }
            Case::Flow(pairs) => {
                let each = count.div_ceil(pairs as u64);
                let member = |member| {
                    if member % 2 == 0 {
                        (0..each).for_each(|item| line.put(item));
                        return 0;
                    }
                    (0..each).map(|_| line.get()).sum::<u64>()
                };
                let (took, sums) =
                    team::run("a flow through a core", Regime::Spread, 2 * pairs, member, || ());
                assert_eq!(
                    sums.iter().sum::<u64>(),
                    pairs as u64 * (each * (each - 1) / 2),
                    "items were lost"
                );
                (took, each * pairs as u64)
            }
        };
        let used = processor_time() - used;
        [took, used].map(|time| time.as_nanos() as f64 / count as f64)
    })
}

fn quantile(sorted: &[f64], part: f64) -> f64 {
    sorted[((sorted.len() - 1) as f64 * part).round() as usize]
}

fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    values
}

struct Scores {
    rounds: usize,
    filter: String,
    /// Name, and the logarithms of the medians of all blocking cases.
    flows: Vec<(&'static str, Vec<[f64; 2]>)>,
}

impl Scores {
    /// The first contestant is what the others are compared with.
    fn play(&mut self, name: &str, case: Case, contestants: &[(&'static str, Play)]) {
        if !name.contains(&self.filter) {
            return;
        }
        // As many items as the first one gets through in a round.
        let mut count = 256;
        while count < 1 << 20 && contestants[0].1(count)[CLOCK] * (count as f64) < ROUND.as_nanos() as f64 {
            count *= 2;
        }
        let mut times: Vec<Vec<Times>> = vec![Vec::new(); contestants.len()];
        for round in 0..self.rounds {
            for turn in 0..contestants.len() {
                let number = (turn + round) % contestants.len();
                times[number].push(contestants[number].1(count));
            }
        }
        println!("{name}");
        for (number, (contestant, _)) in contestants.iter().enumerate() {
            let mut medians = [1.0; 2];
            print!("  {contestant:<16}");
            for (clock, what) in ["wall", "processor"].into_iter().enumerate() {
                // How many times as fast.
                let pairs = times[0].iter().zip(&times[number]);
                let ratios = sorted(pairs.map(|(locked, own)| locked[clock] / own[clock]).collect());
                medians[clock] = quantile(&ratios, 0.5);
                print!(
                    "   {what} {:>9.1} ns, {:>5.2} of locked [{:.2} {:.2}]",
                    quantile(&sorted(times[number].iter().map(|time| time[clock]).collect()), 0.5),
                    medians[clock],
                    quantile(&ratios, 0.25),
                    quantile(&ratios, 0.75),
                );
            }
            println!();
            if let Case::Flow(_) = case {
                match self.flows.iter_mut().find(|(known, _)| known == contestant) {
                    Some((_, logs)) => logs.push(medians.map(f64::ln)),
                    None => self.flows.push((contestant, vec![medians.map(f64::ln)])),
                }
            }
        }
    }
}

fn fifo(case: Case, capacity: usize) -> Vec<(&'static str, Play)> {
    vec![
        ("locked FIFO", player(case, move || Blocking::new(Locked::<false>::new(capacity)))),
        ("Claimed", player(case, move || Blocking::new(Claimed::new(capacity)))),
        ("Ring", player(case, move || Blocking::new(Ring::new(capacity)))),
        ("(Queue, whole)", player(case, move || Queue::bounded(capacity))),
    ]
}

/// Whole queues: under a latch, and without one. 0 is unbounded.
fn whole(case: Case, capacity: usize, lifo: bool) -> Vec<(&'static str, Play)> {
    if lifo {
        let plain = player(case, move || LifoQueue::new(capacity));
        return vec![
            ("LifoQueue", plain),
            ("LIFO lock_free", player(case, move || LifoQueue::lock_free(capacity))),
        ];
    }
    vec![
        ("Queue", player(case, move || Queue::new(capacity))),
        ("FIFO lock_free", player(case, move || Queue::lock_free(capacity))),
    ]
}

fn main() {
    let mut scores = Scores { rounds: 31, filter: String::new(), flows: Vec::new() };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            // cargo's.
            "--bench" => {}
            "--test" => scores.rounds = 1,
            "--rounds" => {
                let rounds = arguments.next().and_then(|number| number.parse().ok());
                scores.rounds = rounds.expect("a number of rounds");
            }
            other => other.clone_into(&mut scores.filter),
        }
    }
    scores.play("FIFO(64), one thread, try pair", Case::Pair, &fifo(Case::Pair, 64));
    for (lifo, order) in [(false, "FIFO"), (true, "LIFO")] {
        for capacity in [64, 0] {
            scores.play(
                &format!("whole {order}({capacity}), one thread, try pair"),
                Case::Pair,
                &whole(Case::Pair, capacity, lifo),
            );
            for pairs in [1, 2] {
                let case = Case::Flow(pairs);
                scores.play(
                    &format!("whole {order}({capacity}), {pairs}P{pairs}C"),
                    case,
                    &whole(case, capacity, lifo),
                );
            }
        }
        for pairs in [1, 2] {
            let case = Case::Flow(pairs);
            scores.play(&format!("whole {order}(1024), {pairs}P{pairs}C"), case, &whole(case, 1024, lifo));
        }
    }
    for pairs in [1, 2, 4] {
        let case = Case::Flow(pairs);
        for capacity in [1, 64, 1024] {
            scores.play(&format!("FIFO({capacity}), {pairs}P{pairs}C"), case, &fifo(case, capacity));
        }
    }
    for (contestant, logs) in &scores.flows {
        let mean = |clock: usize| (logs.iter().map(|log| log[clock]).sum::<f64>() / logs.len() as f64).exp();
        let (wall, processor) = (mean(0), mean(1));
        println!(
            "{contestant:<16} wall {wall:.2}, processor {processor:.2} of locked, geometric mean of {} blocking cases",
            logs.len()
        );
    }
}
