//! From the books to a report: who waits at one moment, and who could end each wait.

use super::report::{Holder, Object, Role, Thread, WaitingThread};
use crate::platform::ThreadId;
use crate::watch::registry::{Hold, ObjectName, Registry, Wait};
use crate::watch::{self, Kind};
use std::collections::BTreeMap;

/// Everybody who waits, and for each the place in the list of those who could end the wait; `None` for one who does not wait.
#[derive(Debug, Default)]
pub(super) struct Snapshot {
    pub(super) waiting: Vec<WaitingThread>,
    /// By waiting thread: empty if nobody is known.
    pub(super) enders: Vec<Vec<Option<usize>>>,
}

/// Under the lock of the books: only copies.
pub(super) fn take() -> Snapshot {
    watch::snapshot(|registry| {
        let waits = registry.threads.iter().filter_map(|(&id, thread)| Some((id, thread.waits.last()?)));
        let moment = Moment { registry, waits: waits.collect() };
        let mut waiting: Vec<_> = moment.waits.keys().map(|&id| moment.waiting_thread(id)).collect();
        waiting.sort_by_key(|waiting| waiting.number);
        let places: BTreeMap<_, _> =
            waiting.iter().enumerate().map(|(place, waiting)| (waiting.thread.number, place)).collect();
        let enders = waiting.iter().map(|waiting| match able_to_end(waiting) {
            Some(able) => able.map(|holder| places.get(&holder.thread.number).copied()).collect(),
            None => Vec::new(),
        });
        Snapshot { enders: enders.collect(), waiting }
    })
    .unwrap_or_default()
}

/// Those on whom the wait depends, if that is known.
fn able_to_end(waiting: &WaitingThread) -> Option<impl Iterator<Item = &Holder>> {
    let condition = waiting.object.kind == Kind::Condition;
    // That somebody has once notified is too little to say that nobody else will.
    let known = !condition || waiting.holders.iter().any(|holder| holder.role == Role::MayNotify);
    // A notifier that is gone will not come again; neither will the waiter itself.
    let counts = move |holder: &&Holder| {
        holder.role != Role::LastNotifier
            || !(holder.thread.ended || holder.thread.number == waiting.thread.number)
    };
    known.then(|| waiting.holders.iter().filter(counts))
}

/// The books, and what each thread waits for.
struct Moment<'a> {
    registry: &'a Registry,
    waits: BTreeMap<ThreadId, &'a Wait>,
}

impl<'a> Moment<'a> {
    fn waiting_thread(&self, id: ThreadId) -> WaitingThread {
        let wait = self.waits[&id];
        let (target, timed) = wait.target();
        let role = role_of_holder(target.kind);
        let mut holders: Vec<_> = self.holds(target).map(|hold| self.holder(hold, role)).collect();
        if target.kind == Kind::Condition {
            holders.extend(self.behind(id));
        }
        WaitingThread {
            thread: self.thread(id),
            object: object(target),
            condition: wait.lock.map(|_| object(wait.object)),
            place: wait.place,
            since: wait.since,
            timed,
            number: wait.number,
            holders,
            trace: wait.trace.clone(),
        }
    }

    /// Those who wait for something that thread `id` holds.
    fn behind(&self, id: ThreadId) -> impl Iterator<Item = Holder> {
        let others = self.waits.iter().filter(move |&(&other, wait)| {
            let (wanted, _) = wait.target();
            other != id && wanted.kind != Kind::Condition && self.holds(wanted).any(|hold| hold.thread == id)
        });
        others.map(|(&other, wait)| {
            let Wait { place, since, ref trace, .. } = **wait;
            let thread = self.thread(other);
            Holder { thread, role: Role::MayNotify, place, since, count: 1, trace: trace.clone() }
        })
    }

    /// The holds of an object that count: not that of a condition's waiter which has yet to release the lock (3 of "When it is told").
    fn holds(&self, object: ObjectName) -> impl Iterator<Item = &'a Hold> {
        let releases = move |thread: ThreadId| {
            let lock = self.waits.get(&thread).and_then(|wait| wait.lock);
            lock.is_some_and(|lock| lock.number == object.number)
        };
        let holds = self.registry.objects.get(&object.number).into_iter().flat_map(|object| &object.holds);
        holds.filter(move |hold| !releases(hold.thread))
    }

    fn holder(&self, hold: &Hold, role: Role) -> Holder {
        let Hold { place, since, count, ref trace, .. } = *hold;
        Holder { thread: self.thread(hold.thread), role, place, since, count, trace: trace.clone() }
    }

    #[allow(clippy::useless_conversion, reason = "thread numbers have 32 bits where atomics have no more")]
    fn thread(&self, number: ThreadId) -> Thread {
        match self.registry.threads.get(&number) {
            Some(entry) => {
                let (id, name, ended) = (entry.id, entry.name.clone(), entry.ended);
                Thread { number: number.into(), id, name, ended }
            }
            None => Thread { number: number.into(), id: None, name: None, ended: true },
        }
    }
}

fn role_of_holder(kind: Kind) -> Role {
    match kind {
        Kind::Lock | Kind::RLock => Role::Owner,
        Kind::Condition => Role::LastNotifier,
        _ => Role::LastAcquirer,
    }
}

fn object(name: ObjectName) -> Object {
    Object { number: name.number, kind: name.kind, name: name.name }
}
