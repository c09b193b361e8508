//! What there is to say about a type so that everything else can be generated.

use std::fmt::Debug;
use std::hash::Hash;
use std::time::Duration;

/// The number of a call in its program: the calls of the first thread come first. Also the value that a `put` puts.
pub type CallId = u8;

/// The time-out of all timed forms. In a model its length means nothing; on real threads it races with the others.
pub const SOON: Duration = Duration::from_micros(30);

/// What a step of a call leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress<A> {
    /// The call has taken effect, and this is its answer.
    Returns(A),
    /// A part of the call has taken effect, and another will: its next phase.
    Continues,
}

/// A type under test: its operations, and a sequential model that says what they answer.
///
/// # Operations
///
/// Every operation stands for itself: no guard outlives its call. Permits are forgotten and released by other operations,
/// a lock is held within one operation only (but for a `RawLock`, which any thread may release).
///
/// # The model
///
/// A history is right if its calls can be put in an order, each between its invocation and its response, in which
/// [`step`](Subject::step) allows every answer. Most calls take effect in one step. One that does so in several *phases*
/// (it joins a line; later it was notified) takes them in turn, and steps of other calls may come between.
///
/// * No entry: the call waits in this state. Where a plain form waits, its timed form may answer that the time is up, and
///   its `try_` form answers at once.
/// * Several entries: the specification allows any of them.
pub trait Subject: Sized + Send + Sync + 'static {
    /// One operation, with its arguments.
    type Op: Copy + Debug + Eq + Ord + Hash + Send + Sync + 'static;
    /// What an operation answers.
    type Answer: Clone + Debug + Eq + Hash + Send + 'static;
    /// The object that the threads share.
    type Real: Send + Sync + 'static;
    /// The state of the sequential model.
    type State: Clone + Eq + Hash + Debug;

    /// Whether the subject is a lock. Models then run with the real lock; those of other types with its specification.
    const IS_LOCK: bool = false;

    /// How many programs with up to two operations a thread the quick run under loom draws. Fewer for a subject that adds little
    /// to another one.
    const SAMPLE: usize = 60;

    /// What the reports call it.
    fn name() -> String;

    /// All operations that programs are made of.
    fn operations() -> Vec<Self::Op>;

    /// Sets of at most five operations, from which programs with two operations a thread are made. Every pair of
    /// operations meets in one of them; the first set is the one to look at when there is time for one only.
    fn alphabets() -> Vec<Vec<Self::Op>> {
        crate::program::cover(&Self::operations(), &[])
    }

    /// Programs beyond the generated ones: the smallest for each bug that larger ones have found.
    fn regressions() -> Vec<Vec<Vec<Self::Op>>> {
        Vec::new()
    }

    /// The operation that looks at the final state, after all threads have ended. It must not wait.
    fn last() -> Self::Op;

    /// The form of `op` that gives up; `op` itself if it never waits.
    fn timed(op: Self::Op) -> Self::Op;

    /// A new object.
    fn real() -> Self::Real;

    /// Performs one operation.
    fn call(real: &Self::Real, call: CallId, op: Self::Op) -> Self::Answer;

    /// Looks at what is left when everything is over: whether each item was dropped once. Panics if not.
    fn after(real: Self::Real) {
        drop(real);
    }

    /// The model of a new object.
    fn start() -> Self::State;

    /// What the model allows `call` to do in this state. `phase` counts its [`Progress::Continues`].
    fn step(
        state: &Self::State,
        call: CallId,
        op: Self::Op,
        phase: u8,
    ) -> Vec<(Self::State, Progress<Self::Answer>)>;

    /// Whether a call that is between two phases can no longer give this answer. Only makes the search shorter.
    fn is_doomed(state: &Self::State, call: CallId, op: Self::Op, answer: &Self::Answer) -> bool {
        let _ = (state, call, op, answer);
        false
    }

    /// Whether a real call may sleep in this state for as long as nothing changes. More than having no step, where the
    /// specification lets one waiter hold up others.
    fn may_sleep(state: &Self::State, call: CallId, op: Self::Op, phase: u8) -> bool {
        Self::step(state, call, op, phase).is_empty()
    }

    /// Whether a thread that stops for ever in the middle of `frozen` may keep `other` from ending, on a new object: by
    /// what, or `None` if it never can. The `freeze` target holds it against every point in `frozen`.
    fn blocked_by(frozen: Self::Op, other: Self::Op) -> Option<&'static str>;
}

/// The one outcome of a step that ends its call.
pub fn returns<S, A>(state: S, answer: A) -> Vec<(S, Progress<A>)> {
    vec![(state, Progress::Returns(answer))]
}

/// The one outcome of a step after which the call goes on.
pub fn continues<S, A>(state: S) -> Vec<(S, Progress<A>)> {
    vec![(state, Progress::Continues)]
}
