//! The candidate cores of the queues: what is pushed is popped once and in order, and "full", "empty" and the length are true at some
//! moment of their call.

use crate::subject::{CallId, Progress, Subject, returns};
use std::fmt::Debug;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use strum::{EnumIter, IntoEnumIterator as _};
use tollgate::experimental_cores::{Claimed, Container, Ring, Stack};

/// Which core.
pub trait Kind: Debug + Sized + Send + Sync + 'static {
    /// The core itself.
    type Core: Container<CoreItem> + Send + Sync + 'static;
    /// What the reports call it.
    const NAME: &'static str;
    /// Whether the last item comes out first.
    const LIFO: bool = false;
    /// A core for so many items, whose slab, if it has one, begins with a single node.
    fn new(capacity: usize) -> Self::Core;
    /// Whether `other` may have to wait while `frozen` has stopped.
    fn blocked_by(_frozen: CoreOp, _other: CoreOp) -> Option<&'static str> {
        None
    }
}

/// [`Stack`].
#[derive(Debug)]
pub struct StackKind;

impl Kind for StackKind {
    type Core = Stack<CoreItem>;
    const NAME: &'static str = "Stack";
    const LIFO: bool = true;

    fn new(capacity: usize) -> Self::Core {
        Stack::with_first_block(capacity, 1)
    }
}

/// [`Ring`].
#[derive(Debug)]
pub struct RingKind;

impl Kind for RingKind {
    type Core = Ring<CoreItem>;
    const NAME: &'static str = "Ring";

    fn new(capacity: usize) -> Self::Core {
        Ring::with_first_block(capacity, 1)
    }
}

/// [`Claimed`].
#[derive(Debug)]
pub struct ClaimedKind;

impl Kind for ClaimedKind {
    type Core = Claimed<CoreItem>;
    const NAME: &'static str = "Claimed";

    fn new(capacity: usize) -> Self::Core {
        Claimed::new(capacity)
    }

    fn blocked_by(frozen: CoreOp, other: CoreOp) -> Option<&'static str> {
        // On a new ring: what is claimed by the push and not there yet.
        (frozen == CoreOp::Push && other == CoreOp::Pop).then_some("the push of the item")
    }
}

/// A core with this capacity.
#[derive(Debug)]
pub struct CoreSubject<K, const CAPACITY: usize>(PhantomData<fn() -> K>);

/// What is done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter)]
#[expect(missing_docs, reason = "named after the methods")]
pub enum CoreOp {
    Push,
    Pop,
    Len,
    /// Pops whatever is left; for the end.
    Rest,
}

use CoreOp::{Len, Pop, Push, Rest};

/// What it answers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "plain words")]
pub enum CoreAnswer {
    Done,
    Full,
    /// The item that the call with this number has pushed.
    Got(CallId),
    Empty,
    Number(usize),
    Rest(Vec<CallId>),
}

/// How often the item of each call was made and dropped.
type Ledger = [(AtomicUsize, AtomicUsize); CallId::MAX as usize + 1];

/// An item that says when it is dropped.
#[derive(Debug)]
pub struct CoreItem {
    value: CallId,
    ledger: Arc<Ledger>,
}

impl Drop for CoreItem {
    fn drop(&mut self) {
        self.ledger[usize::from(self.value)].1.fetch_add(1, SeqCst);
    }
}

/// The shared object.
#[derive(Debug)]
pub struct LedgeredCore<C> {
    core: C,
    ledger: Arc<Ledger>,
}

impl<K: Kind, const CAPACITY: usize> Subject for CoreSubject<K, CAPACITY> {
    type Op = CoreOp;
    type Answer = CoreAnswer;
    type Real = LedgeredCore<K::Core>;
    type State = Vec<CallId>;

    const SAMPLE: usize = 15;

    fn name() -> String {
        format!("core {}({CAPACITY})", K::NAME)
    }

    fn operations() -> Vec<CoreOp> {
        CoreOp::iter().filter(|&op| op != Rest).collect()
    }

    /// Those in which a plain Vyukov ring says what is not so.
    fn regressions() -> Vec<Vec<Vec<CoreOp>>> {
        vec![vec![vec![Push], vec![Push, Pop]], vec![vec![Push, Pop], vec![Pop, Push]]]
    }

    fn last() -> CoreOp {
        Rest
    }

    fn timed(op: CoreOp) -> CoreOp {
        op
    }

    fn real() -> Self::Real {
        LedgeredCore { core: K::new(CAPACITY), ledger: Arc::new(std::array::from_fn(|_| Default::default())) }
    }

    fn call(real: &Self::Real, call: CallId, op: CoreOp) -> CoreAnswer {
        let core = &real.core;
        let pop = || core.try_pop().map(|item| item.value);
        match op {
            Push => {
                real.ledger[usize::from(call)].0.fetch_add(1, SeqCst);
                match core.try_push(CoreItem { value: call, ledger: Arc::clone(&real.ledger) }) {
                    Ok(()) => CoreAnswer::Done,
                    Err(item) => {
                        assert_eq!(item.value, call, "another item came back");
                        CoreAnswer::Full
                    }
                }
            }
            Pop => pop().map_or(CoreAnswer::Empty, CoreAnswer::Got),
            Len => CoreAnswer::Number(core.len()),
            Rest => CoreAnswer::Rest(std::iter::from_fn(pop).collect()),
        }
    }

    fn after(real: Self::Real) {
        let LedgeredCore { core, ledger } = real;
        drop(core);
        for (call, (made, dropped)) in ledger.iter().enumerate() {
            let (made, dropped) = (made.load(SeqCst), dropped.load(SeqCst));
            assert_eq!(made, dropped, "item of call {call}: made {made} times, dropped {dropped} times");
        }
    }

    fn start() -> Vec<CallId> {
        Vec::new()
    }

    fn step(
        state: &Vec<CallId>,
        call: CallId,
        op: CoreOp,
        _: u8,
    ) -> Vec<(Vec<CallId>, Progress<CoreAnswer>)> {
        let mut next = state.clone();
        match op {
            Push if state.len() >= CAPACITY => returns(next, CoreAnswer::Full),
            Push => {
                next.push(call);
                returns(next, CoreAnswer::Done)
            }
            Pop if state.is_empty() => returns(next, CoreAnswer::Empty),
            Pop => {
                let item = next.remove(if K::LIFO { state.len() - 1 } else { 0 });
                returns(next, CoreAnswer::Got(item))
            }
            Len => returns(next, CoreAnswer::Number(state.len())),
            Rest => {
                let mut items = std::mem::take(&mut next);
                if K::LIFO {
                    items.reverse();
                }
                returns(next, CoreAnswer::Rest(items))
            }
        }
    }

    fn blocked_by(frozen: CoreOp, other: CoreOp) -> Option<&'static str> {
        K::blocked_by(frozen, other)
    }
}
