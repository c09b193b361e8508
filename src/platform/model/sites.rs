//! Mutants of orderings, fences and wakes: every call of the platform that names one is a [`Site`], known by its place in the
//! source, and a model can be run with that one site weakened. Nothing in the algorithms has to be prepared for it, so none
//! can be forgotten.

use super::{Mutant, current};
use crate::platform::model::explorer::Ordering;
use std::cell::RefCell;
use std::panic::Location;

/// A place in the library that names an ordering, or is a fence or a wake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Site {
    /// The source file, as the compiler names it.
    pub file: &'static str,
    /// The line.
    pub line: u32,
    /// The column.
    pub column: u32,
    /// What of the call it is.
    pub part: Part,
}

/// What a [`Site`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// The ordering of a load.
    Load(Ordering),
    /// The ordering of a store.
    Store(Ordering),
    /// The ordering of a swap or another read-modify-write; of a compare-exchange, when it succeeds.
    ReadModifyWrite(Ordering),
    /// The ordering of a compare-exchange that fails.
    Failure(Ordering),
    /// A fence.
    Fence(Ordering),
    /// A wake.
    Wake,
}

/// What is done to a [`Site`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Change {
    /// The ordering becomes this one.
    Weaker(Ordering),
    /// The fence or the wake is left out.
    Gone,
}

impl Site {
    #[track_caller]
    fn here(part: Part) -> Self {
        let place = Location::caller();
        Site { file: place.file(), line: place.line(), column: place.column(), part }
    }

    /// All that can be done to it, one step each. A `SeqCst` access is `AcqRel` to loom and gets a second step for that.
    pub fn changes(self) -> Vec<Change> {
        use Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};
        let weaker: &[Ordering] = match self.part {
            Part::Wake => return vec![Change::Gone],
            Part::Fence(SeqCst) => return vec![Change::Weaker(AcqRel), Change::Gone],
            Part::Fence(AcqRel) => {
                return vec![Change::Weaker(Acquire), Change::Weaker(Release), Change::Gone];
            }
            Part::Fence(_) => return vec![Change::Gone],
            Part::Load(SeqCst) | Part::Failure(SeqCst) => &[Acquire, Relaxed],
            Part::Store(SeqCst) => &[Release, Relaxed],
            Part::ReadModifyWrite(SeqCst) => &[AcqRel, Acquire, Release],
            Part::ReadModifyWrite(AcqRel) => &[Acquire, Release],
            Part::Load(Relaxed) | Part::Store(Relaxed) => &[],
            Part::ReadModifyWrite(Relaxed) | Part::Failure(Relaxed) => &[],
            Part::Load(_) | Part::Store(_) | Part::ReadModifyWrite(_) | Part::Failure(_) => &[Relaxed],
        };
        weaker.iter().map(|&weaker| Change::Weaker(weaker)).collect()
    }
}

std::thread_local! {
    static RECORDED: RefCell<Option<Vec<Site>>> = const { RefCell::new(None) };
}

/// Runs `f` and returns the sites that models on this thread came by meanwhile.
pub fn recorded(f: impl FnOnce()) -> Vec<Site> {
    RECORDED.set(Some(Vec::new()));
    f();
    RECORDED.take().unwrap_or_default()
}

/// Notes the site, and returns what the running model does to it.
fn change(site: Site) -> Option<Change> {
    RECORDED.with_borrow_mut(|recorded| {
        if let Some(recorded) = recorded {
            if !recorded.contains(&site) {
                recorded.push(site);
            }
        }
    });
    match current().mutant {
        Some(Mutant::Site(mutated, change)) if mutated == site => Some(change),
        _ => None,
    }
}

/// The ordering that the call has in the running model.
#[track_caller]
pub(super) fn ordering(part: fn(Ordering) -> Part, ordering: Ordering) -> Ordering {
    match change(Site::here(part(ordering))) {
        Some(Change::Weaker(weaker)) => weaker,
        _ => ordering,
    }
}

/// The fence that is made in the running model, if any.
#[track_caller]
pub(super) fn fence(ordering: Ordering) -> Option<Ordering> {
    match change(Site::here(Part::Fence(ordering))) {
        Some(Change::Weaker(weaker)) => Some(weaker),
        Some(Change::Gone) => None,
        None => Some(ordering),
    }
}

/// Whether the wake is made in the running model.
#[track_caller]
pub(super) fn wakes() -> bool {
    change(Site::here(Part::Wake)).is_none()
}
