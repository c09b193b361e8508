//! `Queue` with a few places: whoever makes room puts for a putter that waits, whoever brings an item gets for a getter that waits. Nobody
//! sleeps beside what it waits for, on either side.

use crate::bodies;
use crate::harness::{Bound, Suite, plain, threads};
use crate::lock::{Form, SOON};
use crate::queue::Shared;
use crate::queue_orders::{a_batch_of_gets_wakes_all_for_whom_there_is_room, more_room_wakes_putters};
use std::sync::Arc;
use tollgate::model::Settings;
use tollgate::{Queue, Shutdown};

pub(crate) fn models(suite: &mut Suite) {
    what_is_served_serves_others(suite);
    a_line_is_served_to_its_end(suite);
    batches_in_line(suite);
    one_gives_up(suite);
    the_line_is_let_go(suite);
}

/// And when everybody who has to wait has waited too long: then newcomers line up.
fn also_late(settings: Vec<Settings>) -> Vec<Settings> {
    let late = settings.iter().map(|&settings| Settings { too_long: true, ..settings });
    settings.iter().copied().chain(late).collect()
}

/// And when everybody who serves leaves the next step to those whom it has served.
fn also_passed_on(settings: Vec<Settings>) -> Vec<Settings> {
    let passed_on = Settings { rounds: 0, ..settings[0] };
    settings.into_iter().chain([passed_on]).collect()
}

/// With two places under one latch, not one.
fn two_places(settings: Vec<Settings>) -> Vec<Settings> {
    settings.into_iter().map(|settings| Settings { few: 2, ..settings }).collect()
}

/// The item of a putter in line may be what a getter in line waits for, and the other way round.
fn what_is_served_serves_others(suite: &mut Suite) {
    suite.add(
        "queue(1): two put | two get",
        Bound::Preemptions(1),
        also_passed_on(also_late(plain())),
        || {
            let shared = Shared::new(1);
            let checked = Arc::clone(&shared);
            threads(
                bodies!([shared]
            { assert!(shared.put(1, Form::Plain)); },
            { assert!(shared.put(2, Form::Plain)); },
            { shared.get(Form::Plain).unwrap(); },
            { shared.get(Form::Plain).unwrap(); }),
                move || checked.settle(),
            );
        },
    );
}

/// Room for two is for two that wait.
fn a_line_is_served_to_its_end(suite: &mut Suite) {
    a_batch_of_gets_wakes_all_for_whom_there_is_room(suite, "queue(2 in a line)", two_places(plain()));
    more_room_wakes_putters(suite, "queue(1 of 2 in a line)", Form::Plain, two_places(plain()));
    suite.add(
        "queue(2 in a line): get | get | put_many(2)",
        Bound::Preemptions(2),
        also_passed_on(two_places(plain())),
        || {
            let queue = Arc::new(Queue::bounded(2));
            let checked = Arc::clone(&queue);
            threads(
                bodies!([queue]
                { queue.get().unwrap(); },
                { queue.get().unwrap(); },
                { assert_eq!(queue.put_many([1, 2]), Ok(2)); }),
                move || assert!(checked.is_empty()),
            );
        },
    );
}

/// A batch in line is put by parts, in its order, by others.
fn batches_in_line(suite: &mut Suite) {
    suite.add(
        "queue(2 in a line): put_many x3 | get x3",
        Bound::Preemptions(2),
        also_passed_on(two_places(plain())),
        || {
            let queue = Arc::new(Queue::bounded(2));
            let checked = Arc::clone(&queue);
            threads(
                bodies!([queue]
                { assert_eq!(queue.put_many([1, 2, 3]), Ok(3)); },
                { for value in 1..=3 { assert_eq!(queue.get(), Ok(value)); } }),
                move || assert!(checked.is_empty()),
            );
        },
    );
    // Who has moved in a part of a batch has served nobody to the end, and leaves nothing to it.
    suite.add(
        "queue(1), full: put_many(2) | get | get",
        Bound::Preemptions(2),
        also_passed_on(plain()),
        || {
            let queue = Arc::new(Queue::bounded(1));
            queue.put(0).unwrap();
            let checked = Arc::clone(&queue);
            threads(
                bodies!([queue]
            { assert_eq!(queue.put_many([1, 2]), Ok(2)); },
            { queue.get().unwrap(); },
            { queue.get().unwrap(); }),
                move || assert_eq!(checked.len(), 1),
            );
        },
    );
    suite.add("queue(1), full: put_many_timeout x2 | get", Bound::Preemptions(3), plain(), || {
        let queue = Arc::new(Queue::bounded(1));
        queue.put(0).unwrap();
        let checked = Arc::clone(&queue);
        threads(
            bodies!([queue]
            {
                if let Err(error) = queue.put_many_timeout([1, 2], SOON) {
                    assert_eq!(error.put + error.rest.into_inner().len(), 2);
                }
            },
            { assert_eq!(queue.get(), Ok(0)); }),
            move || assert!(checked.len() <= 1),
        );
    });
}

/// Who gives up takes its item along, and leaves those behind it their turn. One that is served as its time runs out does what was left to it.
fn one_gives_up(suite: &mut Suite) {
    let passed_on = also_passed_on(plain());
    suite.add(
        "queue(1), full: get | get | put Timed, or else Plain",
        Bound::Preemptions(2),
        passed_on,
        || {
            let shared = Shared::full(1);
            let checked = Arc::clone(&shared);
            threads(
                bodies!([shared]
            { shared.get(Form::Plain).unwrap(); },
            { shared.get(Form::Plain).unwrap(); },
            { assert!(shared.put(2, Form::Timed) || shared.put(3, Form::Plain)); }),
                move || checked.settle(),
            );
        },
    );
    suite.add(
        "queue(1): get Timed | get Timed | put",
        Bound::Preemptions(2),
        also_passed_on(also_late(plain())),
        || {
            let shared = Shared::new(1);
            let checked = Arc::clone(&shared);
            threads(
                bodies!([shared]
            { _ = shared.get(Form::Timed); },
            { _ = shared.get(Form::Timed); },
            { assert!(shared.put(1, Form::Plain)); }),
                move || checked.settle(),
            );
        },
    );
}

/// A shutdown meets those in line, and those who serve them.
fn the_line_is_let_go(suite: &mut Suite) {
    for how in [Shutdown::Drain, Shutdown::Immediate] {
        let name = format!("queue(1), full: put | get | shutdown({how:?})");
        suite.add(name, Bound::Preemptions(2), also_passed_on(plain()), move || {
            let shared = Shared::full(1);
            let checked = Arc::clone(&shared);
            threads(
                bodies!([shared]
                { shared.put(2, Form::Plain); },
                { _ = shared.get(Form::Plain); },
                { shared.queue.shutdown(how); }),
                move || checked.settle(),
            );
        });
    }
}
