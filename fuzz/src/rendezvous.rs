//! [`tollgate::Rendezvous`] against two numbers: every call alone, in all forms, and meetings with a second thread, from either side.
//!
//! Each item is numbered, and a ledger counts its drops: at the end each must have been dropped exactly once. Some items call the rendezvous
//! while they are dropped.

use crate::forms::{Form, SHORT, past, soon};
use crate::panics::{assert_bangs, bang};
use crate::script::{self, Script};
use std::sync::{Arc, Mutex, Weak};
use std::thread;
use std::time::Duration;
use tollgate::{GetError, PutError, PutManyError, Rendezvous, Shutdown};

/// One call, or a meeting of two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// A form of `put`, without a partner.
    Put(Form),
    /// A form of `put_many` of so many, without a partner.
    PutMany(Form, u8),
    /// `put_many` of an iterator that panics after so many items.
    PutManyPanics(u8),
    /// A form of `get`, without a partner.
    Get(Form),
    /// A form of `get_many` of up to so many, without a partner.
    GetMany(Form, u8),
    /// Another thread gets what is put here; for ever, or for a time that is as good.
    Gives(Way, bool),
    /// Another thread puts what is got here.
    Takes(Way, bool),
    /// `task_done`.
    Done,
    /// A form of `join`.
    Join(Form),
    /// `shutdown`; whether an immediate one.
    Shutdown(bool),
    /// `len` and its like, and `Debug`.
    Look,
}

/// How items change hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// One, which does nothing when it is dropped.
    Plain,
    /// One, which calls the rendezvous when it is dropped.
    Visitor,
    /// Two in a batch.
    Batch,
    /// One, as a task when it is got.
    Task,
}

impl script::Operation for Operation {
    fn decode(code: u8, argument: u8) -> Self {
        let (form, count) = (Form::decode(argument), argument / 7 % 4);
        let way = [Way::Plain, Way::Visitor, Way::Batch, Way::Task][usize::from(argument % 4)];
        let forever = argument / 4 % 2 == 0;
        match code % 12 {
            0 => Operation::Put(form),
            1 => Operation::PutMany(form, count),
            2 => Operation::PutManyPanics(count),
            3 => Operation::Get(form),
            4 => Operation::GetMany(form, count),
            5 | 6 => Operation::Gives(way, forever),
            7 | 8 => Operation::Takes(way, forever),
            9 => [Operation::Done, Operation::Done, Operation::Look, Operation::Shutdown(forever)]
                [usize::from(argument % 4)],
            10 => Operation::Join(form),
            _ => Operation::Look,
        }
    }
}

/// Inputs with more of these are cut: each takes two threads.
const MOST_MEETINGS: usize = 16;

struct Item {
    id: usize,
    visits: Option<Weak<Rendezvous<Item>>>,
    drops: Drops,
}

type Drops = Arc<Mutex<Vec<u32>>>;

impl Item {
    fn new(drops: &Drops, visits: Option<Weak<Rendezvous<Item>>>) -> Self {
        let mut counts = drops.lock().unwrap();
        counts.push(0);
        Item { id: counts.len() - 1, visits, drops: Arc::clone(drops) }
    }
}

impl Drop for Item {
    fn drop(&mut self) {
        self.drops.lock().unwrap()[self.id] += 1;
        let Some(meeting) = self.visits.take().and_then(|meeting| meeting.upgrade()) else { return };
        assert!(meeting.try_put(Item::new(&self.drops, None)).is_err() && meeting.try_get().is_err());
    }
}

/// Runs the script.
///
/// # Panics
///
/// Where rendezvous and numbers differ.
pub fn run(script: &Script<Operation>) {
    let mut twin = Twin {
        meeting: Arc::new(Rendezvous::new()),
        drops: Drops::default(),
        unfinished: 0,
        shut_down: false,
    };
    let mut meetings = 0;
    for &operation in &script.operations {
        if matches!(operation, Operation::Gives(..) | Operation::Takes(..)) {
            meetings += 1;
            if meetings > MOST_MEETINGS {
                break;
            }
        }
        twin.step(operation);
        let numbers = (twin.meeting.unfinished(), twin.meeting.is_shutdown());
        assert_eq!(numbers, (twin.unfinished, twin.shut_down), "after {operation:?}");
    }
    let drops = twin.drops;
    drop(twin.meeting);
    assert!(drops.lock().unwrap().iter().all(|&drops| drops == 1), "{drops:?}");
}

struct Twin {
    meeting: Arc<Rendezvous<Item>>,
    drops: Drops,
    unfinished: usize,
    shut_down: bool,
}

impl Twin {
    fn item(&self) -> Item {
        Item::new(&self.drops, None)
    }

    fn items(&self, way: Way) -> Vec<Item> {
        match way {
            Way::Plain | Way::Task => vec![self.item()],
            Way::Visitor => vec![Item::new(&self.drops, Some(Arc::downgrade(&self.meeting)))],
            Way::Batch => vec![self.item(), self.item()],
        }
    }

    /// What a get says that meets nobody.
    fn in_vain(&self) -> GetError {
        if self.shut_down { GetError::ShutDown } else { GetError::Empty }
    }

    /// That these came back.
    fn assert_back(&self, error: PutError<Vec<Item>>, ids: &[usize]) {
        assert_eq!(error.is_full(), !self.shut_down);
        let back: Vec<_> = error.into_inner().iter().map(|item| item.id).collect();
        assert_eq!(back, ids, "other items came back");
    }

    fn step(&mut self, operation: Operation) {
        let meeting = &*self.meeting;
        // A call after the shutdown does not wait.
        let waits = !self.shut_down;
        match operation {
            Operation::Put(form) => {
                let item = self.item();
                let id = item.id;
                let error = put(meeting, form.within(waits), item).expect_err("nobody gets");
                let as_batch = |item| vec![item];
                let error = match error {
                    PutError::Full(item) => PutError::Full(as_batch(item)),
                    PutError::ShutDown(item) => PutError::ShutDown(as_batch(item)),
                };
                self.assert_back(error, &[id]);
            }
            Operation::PutMany(form, count) => {
                let items: Vec<_> = (0..count).map(|_| self.item()).collect();
                let ids: Vec<_> = items.iter().map(|item| item.id).collect();
                match put_many(meeting, form.within(waits), items) {
                    Ok(count) => assert_eq!((count, ids.len()), (0, 0)),
                    Err(PutManyError { put, rest }) => {
                        assert_eq!(put, 0);
                        self.assert_back(rest, &ids);
                    }
                }
            }
            Operation::PutManyPanics(count) => {
                let items =
                    (0..count).map(|_| self.item()).chain(std::iter::once_with(|| -> Item { bang() }));
                assert_bangs(|| _ = meeting.put_many(items));
            }
            Operation::Get(form) => {
                let got = get(meeting, form.within(waits)).map(|item| item.id);
                assert_eq!(got, Err(self.in_vain()));
            }
            Operation::GetMany(form, most) => {
                let got = get_many(meeting, form.within(waits && most > 0), most.into());
                let expected = if most == 0 { Ok(0) } else { Err(self.in_vain()) };
                assert_eq!(got.map(|items| items.len()), expected);
            }
            Operation::Gives(..) | Operation::Takes(..) if self.shut_down => {
                assert!(meeting.put_many(self.items(Way::Batch)).is_err() && meeting.get_many(2).is_err());
            }
            Operation::Gives(way, forever) => {
                let (form, items) = (if forever { Form::Plain } else { Form::LongTime }, self.items(way));
                let ids: Vec<_> = items.iter().map(|item| item.id).collect();
                thread::scope(|s| {
                    let getter = s.spawn(|| {
                        (0..ids.len()).map(|_| meeting.get().unwrap()).map(|item| item.id).collect::<Vec<_>>()
                    });
                    match way {
                        Way::Batch => assert_eq!(put_many(meeting, form, items).ok(), Some(2)),
                        _ => items.into_iter().for_each(|item| assert!(put(meeting, form, item).is_ok())),
                    }
                    assert_eq!(getter.join().unwrap(), ids);
                });
                self.unfinished += ids.len();
            }
            Operation::Takes(way, forever) => {
                let (form, items) = (if forever { Form::Plain } else { Form::LongTime }, self.items(way));
                let ids: Vec<_> = items.iter().map(|item| item.id).collect();
                thread::scope(|s| {
                    let putter = s.spawn(|| meeting.put_many(items).is_ok());
                    let mut got = Vec::new();
                    while got.len() < ids.len() {
                        match way {
                            Way::Batch => {
                                let items = get_many(meeting, form, 2).unwrap();
                                got.extend(items.iter().map(|item| item.id));
                            }
                            Way::Task => got.push(meeting.get_task().unwrap().id),
                            _ => got.push(get(meeting, form).unwrap().id),
                        }
                    }
                    assert_eq!(got, ids);
                    assert!(putter.join().unwrap());
                });
                self.unfinished += if way == Way::Task { 0 } else { ids.len() };
            }
            Operation::Done => {
                assert_eq!(meeting.task_done().is_ok(), self.unfinished > 0);
                self.unfinished = self.unfinished.saturating_sub(1);
            }
            Operation::Join(form) => {
                let idle = self.unfinished == 0;
                let joined = match form.within(!idle) {
                    Form::Plain => {
                        meeting.join();
                        true
                    }
                    Form::Try | Form::NoTime => meeting.join_timeout(Duration::ZERO),
                    Form::ShortTime => meeting.join_timeout(SHORT),
                    Form::LongTime => meeting.join_timeout(Duration::MAX),
                    Form::Past => meeting.join_deadline(past()),
                    Form::Soon => meeting.join_deadline(soon()),
                };
                assert_eq!(joined, idle);
            }
            Operation::Shutdown(immediate) => {
                meeting.shutdown(if immediate { Shutdown::Immediate } else { Shutdown::Drain });
                self.shut_down = true;
            }
            Operation::Look => {
                let shown = format!(
                    "Rendezvous {{ waiting_getters: 0, waiting_putters: 0, shut_down: {}, .. }}",
                    self.shut_down
                );
                assert_eq!(format!("{meeting:?}"), shown);
                let looks = (meeting.len(), meeting.is_empty(), meeting.is_full(), meeting.capacity());
                assert_eq!(looks, (0, true, true, Some(0)));
                assert!(meeting.set_capacity(1).is_err());
            }
        }
    }
}

fn put(meeting: &Rendezvous<Item>, form: Form, item: Item) -> Result<(), PutError<Item>> {
    match form {
        Form::Plain => meeting.put(item).map_err(PutError::from),
        Form::Try => meeting.try_put(item),
        Form::NoTime => meeting.put_timeout(item, Duration::ZERO),
        Form::ShortTime => meeting.put_timeout(item, SHORT),
        Form::LongTime => meeting.put_timeout(item, Duration::MAX),
        Form::Past => meeting.put_deadline(item, past()),
        Form::Soon => meeting.put_deadline(item, soon()),
    }
}

fn put_many(meeting: &Rendezvous<Item>, form: Form, items: Vec<Item>) -> Result<usize, PutManyError<Item>> {
    match form {
        Form::Plain => meeting.put_many(items),
        Form::Try => meeting.try_put_many(items),
        Form::NoTime => meeting.put_many_timeout(items, Duration::ZERO),
        Form::ShortTime => meeting.put_many_timeout(items, SHORT),
        Form::LongTime => meeting.put_many_timeout(items, Duration::MAX),
        Form::Past => meeting.put_many_deadline(items, past()),
        Form::Soon => meeting.put_many_deadline(items, soon()),
    }
}

fn get(meeting: &Rendezvous<Item>, form: Form) -> Result<Item, GetError> {
    match form {
        Form::Plain => meeting.get().map_err(GetError::from),
        Form::Try => meeting.try_get(),
        Form::NoTime => meeting.get_timeout(Duration::ZERO),
        Form::ShortTime => meeting.get_timeout(SHORT),
        Form::LongTime => meeting.get_timeout(Duration::MAX),
        Form::Past => meeting.get_deadline(past()),
        Form::Soon => meeting.get_deadline(soon()),
    }
}

fn get_many(meeting: &Rendezvous<Item>, form: Form, most: usize) -> Result<Vec<Item>, GetError> {
    match form {
        Form::Plain => meeting.get_many(most).map_err(GetError::from),
        Form::Try => meeting.try_get_many(most),
        Form::NoTime => meeting.get_many_timeout(most, Duration::ZERO),
        Form::ShortTime => meeting.get_many_timeout(most, SHORT),
        Form::LongTime => meeting.get_many_timeout(most, Duration::MAX),
        Form::Past => meeting.get_many_deadline(most, past()),
        Form::Soon => meeting.get_many_deadline(most, soon()),
    }
}
