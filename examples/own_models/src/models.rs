//! The models of this crate: small programs of its calls, explored by loom or shuttle.

use super::{Closed, Desk, Reply, State, Ticket};
use crate::sync::thread;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

/// A model has no clock: a timed wait may time out at any point, or not at all. But at most once per thread and execution
/// (`tollgate::model::Settings::timeouts`); later ones sleep until they are woken. So a loop of retries ends, and a
/// notification that never comes shows as a deadlock instead of as a delay.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often an outcome occurred, in all executions together. With `std`'s atomics, which the explorer does not see.
#[derive(Clone, Default)]
struct Outcomes(Arc<[AtomicUsize; 2]>);

impl Outcomes {
    fn count(&self, timed_out: bool) {
        self.0[usize::from(timed_out)].fetch_add(1, SeqCst);
    }

    fn both_occurred(&self) {
        let [in_time, timed_out] = &*self.0;
        assert!(in_time.load(SeqCst) > 0, "no execution had its answer in time");
        assert!(timed_out.load(SeqCst) > 0, "no execution timed out");
    }
}

/// The client waits once and withdraws, the worker answers what is there: they agree whether the answer was wanted.
#[test]
fn an_answer_is_counted_exactly_when_it_is_received() {
    let outcomes = Outcomes::default();
    let count = outcomes.clone();
    explore("submit, wait, withdraw | serve_waiting", None, move || {
        let desk = Arc::new(Desk::new(1));
        let theirs = Arc::clone(&desk);
        let worker = thread::spawn(move || theirs.serve_waiting(|n: u32| n * 10));
        let ticket = desk.submit(4).unwrap();
        let in_time = ticket.wait(PATIENCE);
        count.count(in_time.is_none());
        let answer = in_time.or_else(|| ticket.withdraw());
        assert_eq!(worker.join().unwrap(), usize::from(answer.is_some()));
    });
    outcomes.both_occurred();
}

/// A loop around a timed call: whatever times out, the client is answered in the end.
#[test]
fn a_patient_client_is_answered() {
    let outcomes = Outcomes::default();
    let count = outcomes.clone();
    explore("wait until answered | serve_waiting", None, move || {
        let desk = Arc::new(Desk::new(1));
        let ticket = desk.submit(4).unwrap();
        thread::spawn(move || desk.serve_waiting(|n: u32| n * 10));
        let mut reminders = 0;
        let answer = ticket.wait_until_answered(PATIENCE, || reminders += 1);
        assert_eq!(answer, 40);
        count.count(reminders > 0);
    });
    outcomes.both_occurred();
}

/// All of it at once: too large for loom to exhaust, so up to a bound, and the report says so.
#[test]
fn a_worker_serves_until_the_desk_is_closed() {
    let outcomes = Outcomes::default();
    let count = outcomes.clone();
    explore("ask, close, ask | serve", Some(3), move || {
        let desk = Arc::new(Desk::new(1));
        let worker = desk.start_worker(|n: u32| n * 10);
        let mut reminders = 0;
        assert_eq!(desk.ask(4, PATIENCE, || reminders += 1), Ok(40));
        count.count(reminders > 0);
        desk.close();
        assert_eq!(desk.ask(5, PATIENCE, || ()), Err(Closed));
        assert_eq!(worker.join().unwrap(), 1);
    });
    outcomes.both_occurred();
}

/// Three clients and two workers: out of reach for loom.
#[cfg(shuttle)]
#[test]
fn every_client_gets_its_own_answer() {
    explore("3 x ask, close | 2 x serve", None, || {
        let desk = Arc::new(Desk::new(1));
        let workers: Vec<_> = (0..2).map(|_| desk.start_worker(|n: u32| n * 10)).collect();
        let clients: Vec<_> = (1..=3)
            .map(|n| {
                let desk = Arc::clone(&desk);
                thread::spawn(move || assert_eq!(desk.ask(n, PATIENCE, || ()), Ok(n * 10)))
            })
            .collect();
        clients.into_iter().for_each(|client| client.join().unwrap());
        desk.close();
        assert_eq!(workers.into_iter().map(|worker| worker.join().unwrap()).sum::<usize>(), 3);
    });
}

// What a model is for: two mistakes that tests with real threads would hardly find.

impl<A> Reply<A> {
    /// Wrong: notifies before there is anything to see. In life a time-out hides it.
    fn notify_and_then_answer(&self, answer: A) {
        self.answered.notify_one();
        *self.state.lock() = State::Answered(answer);
    }
}

#[test]
#[should_panic(expected = "deadlock")]
fn a_notification_before_the_change_is_found() {
    explore("wait until answered | notify, then answer", None, || {
        let desk = Arc::new(Desk::new(1));
        let ticket = desk.submit(4).unwrap();
        thread::spawn(move || {
            for (question, reply) in desk.questions.try_iter() {
                reply.notify_and_then_answer(question * 10);
            }
        });
        assert_eq!(ticket.wait_until_answered(PATIENCE, || ()), 40);
    });
}

impl<A> Ticket<A> {
    /// Wrong: takes the time-out's word for it that there is no answer.
    fn withdraw_without_a_look(self) -> Option<A> {
        *self.reply.state.lock() = State::Settled;
        None
    }
}

#[test]
#[should_panic(expected = "they agree")]
fn an_answer_lost_to_a_time_out_is_found() {
    explore("submit, wait, withdraw without a look | serve_waiting", None, || {
        let desk = Arc::new(Desk::new(1));
        let theirs = Arc::clone(&desk);
        let worker = thread::spawn(move || theirs.serve_waiting(|n: u32| n * 10));
        let ticket = desk.submit(4).unwrap();
        let answer = ticket.wait(PATIENCE).or_else(|| ticket.withdraw_without_a_look());
        assert_eq!(worker.join().unwrap(), usize::from(answer.is_some()), "they agree");
    });
}

/// Explores one model and says how much that was: under loom to the end, or, if it is too large for that, all interleavings
/// with at most so many `preemptions`. A model that is cut short has failed.
fn explore(name: &str, preemptions: Option<usize>, model: impl Fn() + Send + Sync + 'static) {
    // An earlier model on this thread may have failed.
    tollgate::model::forget_sleepers();
    let executions = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&executions);
    let counted = move || {
        counter.fetch_add(1, SeqCst);
        model();
    };
    let start = Instant::now();
    let explored = run(preemptions, counted);
    let seconds = start.elapsed().as_secs_f64();
    let executions = executions.load(SeqCst);
    assert!(executions > 1, "the explorer ran next to nothing");
    // Past libtest's capture: whoever reads the log should see it.
    let row = format!("{name:<60} {executions:>8} executions {seconds:>6.1} s  {explored}\n");
    std::io::stderr().write_all(row.as_bytes()).unwrap();
}

#[cfg(loom)]
fn run(preemptions: Option<usize>, model: impl Fn() + Send + Sync + 'static) -> String {
    // Executions, not seconds: the same on every machine. It is less than a minute on most.
    const LIMIT: usize = 600_000;

    // With one of them set, loom cuts models short and still calls them passed.
    let cutting: Vec<_> =
        std::env::vars().map(|(name, _)| name).filter(|name| name.starts_with("LOOM_")).collect();
    assert!(cutting.is_empty(), "{} set: unset it", cutting.join(", "));

    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = preemptions;
    builder.max_branches = 10_000;
    builder.max_permutations = Some(LIMIT);
    // loom looks at the limit when it has run so many.
    builder.checkpoint_interval = 1_000;
    let executions = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&executions);
    builder.check(move || {
        counter.fetch_add(1, SeqCst);
        model();
    });
    let executions = executions.load(SeqCst);
    assert!(executions < LIMIT - 1, "cut short after {executions} executions: too large for its bound");
    preemptions.map_or("exhausted".to_owned(), |count| format!("preemptions <= {count}"))
}

#[cfg(shuttle)]
fn run(_: Option<usize>, model: impl Fn() + Send + Sync + 'static) -> String {
    shuttle::check_random(model, 20_000);
    "sampled".to_owned()
}
