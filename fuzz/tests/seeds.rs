//! The seeds of the corpora, by name (but those of `queue`, whose format cannot be written down). The committed files must be
//! these; `TOLLGATE_WRITE_SEEDS=1 cargo test --manifest-path fuzz/Cargo.toml --test seeds` writes them.

use std::fs;
use std::path::Path;
use tollgate_fuzz::forms::Form;
use tollgate_fuzz::script::{Operation, Script};
use tollgate_fuzz::{barrier, condition, event, lock, rendezvous, rlock, semaphore, simple_queue, threads};

/// Writes or compares the seeds of one target.
fn seeds<O: Operation>(target: &str, seeds: &[(&str, &[O])]) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    for (name, operations) in seeds {
        let bytes = Script::encode(operations);
        assert_eq!(Script::<O>::decode(&bytes).operations, *operations, "{target}/{name}");
        let file = corpus.join(name);
        if std::env::var_os("TOLLGATE_WRITE_SEEDS").is_some() {
            fs::create_dir_all(&corpus).unwrap();
            fs::write(&file, bytes).unwrap();
        } else {
            assert!(fs::read(&file).is_ok_and(|found| found == bytes), "{}: write the seeds", file.display());
        }
    }
}

/// The operation in each of the forms.
fn forms<O>(operation: impl Fn(Form) -> O) -> impl Iterator<Item = O> {
    Form::ALL.into_iter().map(operation)
}

#[test]
fn seeds_of_lock() {
    use lock::Operation::*;
    let free = Vec::from_iter(forms(Lock).flat_map(|lock| [lock, Add(1), Unlock]));
    let held = Vec::from_iter([Lock(Form::Plain)].into_iter().chain(forms(Lock)).chain([Look, Unlock, Look]));
    let raw =
        Vec::from_iter(forms(RawAcquire).flat_map(|acquire| [acquire, acquire, RawRelease, RawRelease]));
    seeds(
        "lock",
        &[
            ("free_in_every_form", &free),
            ("held_in_every_form", &held),
            ("raw_in_every_form", &raw),
            (
                "raw_released_by_another_thread",
                &[RawAcquire(Form::Plain), RawReleaseElsewhere, RawAcquire(Form::Try)],
            ),
            (
                "parts_of_parts",
                &[
                    Lock(Form::Plain),
                    Add(1),
                    Map(true),
                    Add(2),
                    Map(false),
                    Add(4),
                    Map(true),
                    Look,
                    Unlock,
                    Look,
                ],
            ),
            (
                "parts_that_are_not_there",
                &[
                    Lock(Form::Plain),
                    TryMap(None),
                    Add(1),
                    TryMap(Some(true)),
                    TryMap(None),
                    Add(2),
                    TryMap(Some(false)),
                    TryMap(None),
                    Add(4),
                    Unlock,
                    Look,
                ],
            ),
            (
                "closures_that_panic_release",
                &[
                    Lock(Form::Plain),
                    MapPanics,
                    Lock(Form::Try),
                    Map(false),
                    MapPanics,
                    Lock(Form::Try),
                    Map(true),
                    Map(true),
                    MapPanics,
                    Look,
                ],
            ),
            (
                "unwinding_releases",
                &[Lock(Form::Plain), UnwindWithGuard, Lock(Form::Try), Map(true), UnwindWithGuard, Look],
            ),
            (
                "leaked_guards_keep",
                &[Lock(Form::Plain), Leak, Lock(Form::Soon), Unlock, Look, TakeOut, Lock(Form::Try)],
            ),
            (
                "debug_that_panics_releases",
                &[ShowPanics, Look, Lock(Form::Plain), ShowPanics, Add(1), Unlock, Look],
            ),
            (
                "the_value_moves_on",
                &[Lock(Form::Plain), Add(7), TakeOut, Lock(Form::Plain), Map(false), Add(1), TakeOut, Look],
            ),
        ],
    );
}

#[test]
fn seeds_of_rlock() {
    use rlock::Operation::*;
    let nested = Vec::from_iter(forms(Lock).chain([Look]).chain((0..7).map(Unlock)).chain([Look]));
    let elsewhere =
        Vec::from_iter(forms(Elsewhere).chain([Lock(Form::Plain), Lock(Form::Try)]).chain(forms(Elsewhere)));
    let waits = |all| {
        let wait = move |form| Wait(0, all, form);
        let deeper = forms(wait).chain([Lock(Form::Try), Lock(Form::Try)]).chain(forms(wait));
        Vec::from_iter([Lock(Form::Plain)].into_iter().chain(deeper).chain([Unlock(2), Look]))
    };
    let owned = Vec::from_iter(forms(LockOwned).chain([Look]).chain((0..7).map(Unlock)).chain([Look]));
    let owned_waits = |all| {
        let wait = move |form| Wait(0, all, form);
        let deeper = forms(wait).chain([Lock(Form::Try), LockOwned(Form::Try)]).chain(forms(wait));
        Vec::from_iter([LockOwned(Form::Plain)].into_iter().chain(deeper).chain([Unlock(2), Look]))
    };
    seeds(
        "rlock",
        &[
            ("nested_in_every_form", &nested),
            ("others_in_every_form", &elsewhere),
            ("waits_at_depth_1_and_3", &waits(false)),
            ("waits_of_all_levels", &waits(true)),
            (
                "first_come_first_dropped",
                &[Lock(Form::Plain), Lock(Form::Plain), Unlock(0), Elsewhere(Form::Try), Unlock(0), Look],
            ),
            (
                "parts_of_parts",
                &[
                    Lock(Form::Plain),
                    Lock(Form::Plain),
                    Map(1),
                    Map(1),
                    Change(0),
                    Unlock(1),
                    Change(0),
                    MapPanics(0),
                    Look,
                ],
            ),
            (
                "one_guard_may_change",
                &[Lock(Form::Plain), Change(0), Lock(Form::Soon), Change(0), Change(1), Unlock(0), Change(0)],
            ),
            (
                "leaked_guards_count",
                &[
                    Lock(Form::Plain),
                    Lock(Form::Plain),
                    Leak(0),
                    Change(0),
                    Unlock(0),
                    Elsewhere(Form::Try),
                    TakeOut,
                    Lock(Form::Try),
                ],
            ),
            (
                "leaked_borrows_end_with_the_guard",
                &[
                    Lock(Form::Plain),
                    LeakBorrow(0),
                    Lock(Form::Plain),
                    Look,
                    Change(0),
                    LeakBorrow(0),
                    Wait(0, false, Form::NoTime),
                    Lock(Form::Plain),
                    Unlock(0),
                    LeakBorrow(0),
                    Unlock(0),
                    Elsewhere(Form::Plain),
                ],
            ),
            ("owned_in_every_form", &owned),
            (
                "owned_parts_and_parts_that_are_not_there",
                &[
                    LockOwned(Form::Plain),
                    Change(0),
                    TryMap(0, false),
                    Lock(Form::Plain),
                    TryMap(1, false),
                    TryMap(1, true),
                    TryMap(1, true),
                    TryMap(0, true),
                    TryMap(1, false),
                    Unlock(1),
                    Map(0),
                    Look,
                    LockOwned(Form::Try),
                    MapPanics(1),
                    MapPanics(0),
                    Look,
                ],
            ),
            (
                "owned_leaked_guards_keep_their_share",
                &[
                    LockOwned(Form::Plain),
                    LeakBorrow(0),
                    LockOwned(Form::Plain),
                    Unlock(0),
                    LockOwned(Form::Plain),
                    Leak(0),
                    Elsewhere(Form::Try),
                    TakeOut,
                    LockOwned(Form::Try),
                    Unwind,
                    Look,
                ],
            ),
            ("owned_waits_at_depth_1_and_3", &owned_waits(false)),
            ("owned_waits_of_all_levels", &owned_waits(true)),
            (
                "unwinding_gives_back_every_level",
                &[Lock(Form::Plain), Lock(Form::Plain), Map(0), Unwind, Elsewhere(Form::Try), Look],
            ),
        ],
    );
}

#[test]
fn seeds_of_semaphore() {
    use semaphore::Operation::*;
    let enough = Vec::from_iter(forms(Acquire).flat_map(|acquire| [acquire, Look, Drop(0)]));
    let many =
        Vec::from_iter(forms(|form| AcquireMany(form, 2)).flat_map(|acquire| [acquire, acquire, Drop(0)]));
    let none = Vec::from_iter([AcquireAll(Form::Plain)].into_iter().chain(forms(Acquire)));
    let too_many = Vec::from_iter(forms(AcquireTooMany));
    let closed =
        Vec::from_iter([Close].into_iter().chain(forms(Acquire)).chain(forms(|form| AcquireMany(form, 5))));
    let owned = Vec::from_iter(
        forms(|form| AcquireOwned(form, 2))
            .chain(forms(|form| AcquireOwned(form, 1)))
            .flat_map(|acquire| [acquire, acquire, Drop(0)]),
    );
    seeds(
        "semaphore",
        &[
            ("enough_in_every_form", &enough),
            ("two_at_a_time_in_every_form", &many),
            ("none_in_every_form", &none),
            ("too_many_panic", &too_many),
            ("closed_in_every_form", &closed),
            (
                "none_at_all_is_granted",
                &[AcquireAll(Form::Plain), AcquireMany(Form::Plain, 0), Drop(1), Drop(0), Look],
            ),
            (
                "forgotten_and_released",
                &[Acquire(Form::Plain), Forget(0), Look, Release(2), AcquireMany(Form::Try, 4), Look],
            ),
            ("leaked_stay_out", &[AcquireMany(Form::Plain, 3), Leak(0), Acquire(Form::Soon), Look]),
            ("unwinding_gives_back", &[AcquireMany(Form::Plain, 3), Unwind(0), AcquireMany(Form::Try, 3)]),
            (
                "no_room_for_a_dropped_permit",
                &[
                    Acquire(Form::Plain),
                    ReleaseToTheLimit,
                    Drop(0),
                    Release(1),
                    ReleaseTooMany,
                    Look,
                    AcquireAll(Form::Try),
                    Drop(0),
                ],
            ),
            (
                "released_after_close",
                &[Acquire(Form::Plain), Close, Drop(0), Release(1), Look, Acquire(Form::Plain)],
            ),
            ("owned_in_every_form", &owned),
            (
                "split_and_merged",
                &[
                    AcquireMany(Form::Plain, 3),
                    Split(0, 4),
                    Split(0, 1),
                    Split(1, 0),
                    Merge(0),
                    Merge(0),
                    Split(0, 3),
                    Drop(0),
                    Drop(0),
                    Look,
                ],
            ),
            (
                "permits_of_another_semaphore",
                &[
                    AcquireOwned(Form::Try, 1),
                    Acquire(Form::Try),
                    MergeAnother(0),
                    MergeAnother(1),
                    Merge(0),
                    Drop(0),
                ],
            ),
            (
                "merged_beyond_the_limit",
                &[ReleaseToTheLimit, Drain, Release(1), Acquire(Form::Try), Merge(0), Look, Drop(0), Look],
            ),
            (
                "drained_and_forgotten",
                &[
                    Drain,
                    Drain,
                    Drop(1),
                    Drop(0),
                    ForgetPermits(2),
                    Drain,
                    Close,
                    Drain,
                    ForgetPermits(1),
                    Drop(0),
                ],
            ),
            (
                "forgotten_after_close_stays_closed",
                &[
                    Close,
                    ForgetPermits(1),
                    ForgetPermits(7),
                    ForgetPermits(1),
                    Look,
                    Release(2),
                    Acquire(Form::Plain),
                ],
            ),
        ],
    );
}

#[test]
fn seeds_of_simple_queue() {
    use simple_queue::{Kind, Operation::*};
    let empty = Vec::from_iter(forms(Get).chain([Look]));
    let full = Vec::from_iter(forms(Get).flat_map(|get| [Put(Kind::Plain), Look, get]));
    let handed = Vec::from_iter(forms(Handed));
    let puts = Vec::from_iter([Put(Kind::Puts); 3].into_iter().chain([Get(Form::Try); 7]));
    seeds(
        "simple_queue",
        &[
            ("empty_in_every_form", &empty),
            ("full_in_every_form", &full),
            ("handed_over_in_every_form", &handed),
            ("destructors_that_put", &puts),
            (
                "destructors_that_panic",
                &[
                    Put(Kind::Panics),
                    Put(Kind::Plain),
                    Put(Kind::Panics),
                    Get(Form::Plain),
                    Get(Form::Soon),
                    Get(Form::LongTime),
                    Look,
                ],
            ),
            (
                "dropped_with_what_is_left",
                &[Put(Kind::Plain), Put(Kind::Puts), Put(Kind::Panics), Get(Form::Try)],
            ),
            (
                "grows_and_shrinks",
                &[Burst(31), Put(Kind::Plain), Burst(1), Get(Form::Past), Burst(31), Look, Get(Form::NoTime)],
            ),
        ],
    );
}

#[test]
fn seeds_of_rendezvous() {
    use rendezvous::{Operation::*, Way};
    let alone = Vec::from_iter(
        forms(Put)
            .chain(forms(Get))
            .chain(forms(|form| PutMany(form, 2)))
            .chain(forms(|form| GetMany(form, 2)))
            .chain([Look]),
    );
    let closed = Vec::from_iter([Shutdown(false)].into_iter().chain(alone.iter().copied()));
    let ways = |meet: fn(Way, bool) -> rendezvous::Operation| {
        let ways = [Way::Plain, Way::Visitor, Way::Batch, Way::Task];
        Vec::from_iter(ways.into_iter().flat_map(|way| [meet(way, true), meet(way, false)]).chain([Look]))
    };
    let joins = Vec::from_iter(forms(Join).chain([Takes(Way::Batch, true)]).chain(forms(Join)).chain([
        Done,
        Join(Form::Soon),
        Done,
        Done,
        Join(Form::Plain),
    ]));
    seeds(
        "rendezvous",
        &[
            ("alone_in_every_form", &alone),
            ("shut_down_in_every_form", &closed),
            ("gives_in_every_way", &ways(Gives)),
            ("takes_in_every_way", &ways(Takes)),
            ("joins_in_every_form", &joins),
            (
                "batches_of_none_and_iterators_that_panic",
                &[PutMany(Form::Plain, 0), GetMany(Form::Plain, 0), PutManyPanics(0), PutManyPanics(3), Look],
            ),
            (
                "tasks_outlive_the_shutdown",
                &[
                    Gives(Way::Plain, true),
                    Shutdown(true),
                    Gives(Way::Plain, true),
                    Join(Form::NoTime),
                    Done,
                    Join(Form::Plain),
                    Look,
                ],
            ),
        ],
    );
}

#[test]
fn seeds_of_condition() {
    use condition::{Calls, Habit, Operation::*};
    let alone = Vec::from_iter(forms(Wait));
    let whiles = |calls, habit| Vec::from_iter(forms(|form| WaitWhile(form, calls, habit)));
    let notified =
        Vec::from_iter([0, 1, 2, 3].into_iter().flat_map(|count| {
            [false, true].map(|with_predicate| Notified(Form::Plain, with_predicate, count))
        }));
    let deep = Vec::from_iter([1, 2, 3].into_iter().flat_map(|depth| {
        [Form::Plain, Form::LongTime]
            .into_iter()
            .flat_map(move |form| [false, true].map(|with| NotifiedAtDepth(form, depth, with)))
    }));
    seeds(
        "condition",
        &[
            ("nobody_waits", &[Notify(0), Notify(1), Notify(7), Notify(255), Look]),
            ("times_out_in_every_form", &alone),
            ("met_at_once_in_every_form", &whiles(Calls::First, Habit::Quiet)),
            ("met_after_the_time_out", &whiles(Calls::Second, Habit::Quiet)),
            ("never_met", &whiles(Calls::Never, Habit::Quiet)),
            ("panics_at_once", &whiles(Calls::First, Habit::Panics)),
            ("panics_after_the_time_out", &whiles(Calls::Second, Habit::Panics)),
            ("predicates_that_notify", &whiles(Calls::Second, Habit::Notifies)),
            ("predicates_that_wait", &whiles(Calls::Never, Habit::Waits)),
            ("another_thread_notifies", &notified),
            ("another_thread_notifies_at_every_depth", &deep),
            (
                "two_locks_in_turn",
                &[
                    Wait(Form::Soon),
                    OtherLock,
                    Notified(Form::LongTime, true, 1),
                    OtherLock,
                    Wait(Form::Past),
                    Look,
                ],
            ),
        ],
    );
}

#[test]
fn seeds_of_event() {
    use event::Operation::*;
    let clear = Vec::from_iter(forms(Wait));
    let set = Vec::from_iter([Set].into_iter().chain(forms(Wait)));
    let released =
        |undone| Vec::from_iter(forms(|form| Released(form, undone)).flat_map(|wait| [Clear, wait]));
    seeds(
        "event",
        &[
            ("clear_in_every_form", &clear),
            ("set_in_every_form", &set),
            ("set_and_cleared_again", &[Clear, Set, Set, Look, Clear, Clear, Look, Set, Wait(Form::Plain)]),
            ("another_thread_sets", &released(false)),
            ("another_thread_sets_and_clears", &released(true)),
        ],
    );
}

#[test]
fn seeds_of_barrier() {
    use barrier::Habit as Does;
    use barrier::Operation::*;
    let one = Vec::from_iter(forms(Alone));
    let breaks =
        Vec::from_iter([OtherBarrier].into_iter().chain(forms(Alone).flat_map(|wait| [wait, Look, Reset])));
    let two = Vec::from_iter([OtherBarrier].into_iter().chain(forms(Together)));
    let acting =
        |habit| [Habit(habit), Alone(Form::Plain), Look, Reset, Alone(Form::Soon), OtherBarrier, Reset];
    let acting =
        |habit| Vec::from_iter(acting(habit).into_iter().chain([Together(Form::Plain), Reset, Look]));
    seeds(
        "barrier",
        &[
            ("one_in_every_form", &one),
            ("alone_among_two_in_every_form", &breaks),
            ("two_in_every_form", &two),
            (
                "aborted_and_reset",
                &[Abort, Alone(Form::Plain), Abort, Reset, Reset, Alone(Form::Plain), Look],
            ),
            ("actions_that_panic", &acting(Does::Panics)),
            ("actions_that_abort", &acting(Does::Aborts)),
            ("actions_that_reset", &acting(Does::Resets)),
        ],
    );
}

/// One program for each type, whose operations are named by their places in `Subject::operations`.
#[test]
fn seeds_of_threads() {
    let program = |subject: u8, program: &[&[u8]]| {
        let calls = program
            .iter()
            .zip(0..)
            .flat_map(|(ops, thread)| ops.iter().map(move |&op| threads::Call { thread, op }));
        Vec::from_iter([threads::Call { thread: 0, op: subject }].into_iter().chain(calls))
    };
    seeds(
        "threads",
        &[
            ("raw_lock", &program(0, &[&[0, 3], &[2, 3], &[1]])),
            ("lock", &program(1, &[&[0, 1], &[2, 0], &[0], &[1, 1]])),
            ("semaphore", &program(2, &[&[0, 6], &[2, 5], &[4, 3]])),
            ("condition", &program(5, &[&[1, 1], &[1], &[4, 5]])),
            ("queue_of_one", &program(6, &[&[0, 1, 2], &[3, 5, 4], &[5, 2]])),
            ("queue_of_two_and_tasks", &program(7, &[&[0, 0, 7], &[3, 6, 3, 6], &[1, 11]])),
            ("rlock", &program(9, &[&[0, 1], &[3, 5], &[2, 4]])),
            ("condition_over_an_rlock", &program(10, &[&[2, 0], &[4], &[6, 5]])),
            ("event", &program(11, &[&[3, 1], &[0, 1], &[4, 0]])),
            ("barrier_of_two", &program(12, &[&[0, 1], &[0, 4], &[1, 3]])),
            ("barrier_with_action", &program(13, &[&[1, 1], &[1, 3], &[2, 4]])),
            ("bounded_semaphore", &program(4, &[&[0, 12], &[3, 7], &[14, 15]])),
            ("queue_shut_down", &program(8, &[&[0, 1], &[3, 3], &[10, 0], &[9, 4]])),
        ],
    );
}
