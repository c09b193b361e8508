//! Real threads and real time: shows that it works, not that it always does. That is what `models` is for.

use super::{Closed, Desk};
use std::sync::Arc;
use std::time::Duration;

#[test]
fn clients_get_their_answers() {
    let desk = Arc::new(Desk::new(2));
    let workers: Vec<_> = (0..2).map(|_| desk.start_worker(|n: u32| n * 10)).collect();
    std::thread::scope(|s| {
        for n in 0..8 {
            let desk = &desk;
            s.spawn(move || assert_eq!(desk.ask(n, Duration::from_millis(1), || ()), Ok(n * 10)));
        }
    });
    desk.close();
    assert_eq!(workers.into_iter().map(|worker| worker.join().unwrap()).sum::<usize>(), 8);
    assert_eq!(desk.ask(9, Duration::ZERO, || ()), Err(Closed));
}

#[test]
fn a_question_that_was_withdrawn_is_not_counted() {
    let desk = Desk::new(1);
    let ticket = desk.submit(4).unwrap();
    assert_eq!(ticket.wait(Duration::ZERO), None);
    assert_eq!(ticket.withdraw(), None);
    assert_eq!(desk.serve_waiting(|n: u32| n * 10), 0);
}
