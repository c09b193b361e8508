//! Whether a history can be explained: the search of Wing and Gong (1993) with Lowe's memory (2017).
//!
//! Depth first through the orders in which the calls can have taken effect; what has been tried is remembered by how far
//! each call has come and the model's state, since the way there makes no difference to what is possible from there. A call
//! may take effect, phase by phase, once every call that had answered before it was made has done so.
//!
//! The crate `lincheck` is not used: its models cannot wait, take effect in phases or allow several answers, and it runs
//! loom itself, while these histories also come from shuttle and from real threads.

use crate::history::History;
use crate::subject::{CallId, Progress, Subject};
use std::collections::HashSet;
use std::fmt;

/// How far a call has come: its phase, or this.
const ENDED: u8 = u8::MAX;

/// A history that no order of its calls explains.
pub struct Unexplained<S: Subject> {
    history: History<S>,
    /// The steps of the longest attempt, with the state that it led to.
    longest: (Vec<CallId>, S::State),
}

/// How the report of an unexplained history begins.
pub const UNEXPLAINED: &str = "no order of the calls explains all answers:";

impl<S: Subject> fmt::Display for Unexplained<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (steps, state) = &self.longest;
        writeln!(f, "{UNEXPLAINED}")?;
        write!(f, "{}", self.history)?;
        writeln!(f, "  the longest attempt takes the steps of calls {steps:?}, to {state:?}")
    }
}

impl<S: Subject> fmt::Debug for Unexplained<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Looks for an order that explains the history. A call that has not returned may have taken effect or not.
pub fn check<S: Subject>(history: History<S>) -> Result<(), Box<Unexplained<S>>> {
    let progress = vec![0; history.calls.len()];
    // Who answered first has probably taken effect first.
    let mut order: Vec<_> = (0..history.calls.len()).collect();
    order.sort_by_key(|&call| history.calls[call].answered.as_ref().map_or(u32::MAX, |&(time, _)| time));
    let mut search =
        Search { history: &history, order, seen: HashSet::new(), steps: Vec::new(), longest: None };
    if search.explains(&progress, S::start()) {
        return Ok(());
    }
    let longest = search.longest.unwrap_or_else(|| (Vec::new(), S::start()));
    Err(Box::new(Unexplained { history, longest }))
}

struct Search<'a, S: Subject> {
    history: &'a History<S>,
    order: Vec<usize>,
    seen: HashSet<(Vec<u8>, S::State)>,
    steps: Vec<CallId>,
    longest: Option<(Vec<CallId>, S::State)>,
}

impl<S: Subject> Search<'_, S> {
    fn explains(&mut self, progress: &[u8], state: S::State) -> bool {
        let calls = &self.history.calls;
        let open = |call: usize| progress[call] != ENDED;
        // No call that was made after this time can take effect: one that answered then has yet to.
        let Some(horizon) = (0..calls.len())
            .filter(|&call| open(call))
            .filter_map(|call| calls[call].answered.as_ref())
            .map(|&(time, _)| time)
            .min()
        else {
            return true;
        };
        let doomed = |call: usize| match &calls[call].answered {
            Some((_, answer)) if open(call) && progress[call] > 0 => {
                S::is_doomed(&state, call as CallId, calls[call].op, answer)
            }
            _ => false,
        };
        if (0..calls.len()).any(doomed) {
            return false;
        }
        if !self.seen.insert((progress.to_vec(), state.clone())) {
            return false;
        }
        if self.longest.as_ref().is_none_or(|(steps, _)| steps.len() < self.steps.len()) {
            self.longest = Some((self.steps.clone(), state.clone()));
        }
        for at in 0..self.order.len() {
            let number = self.order[at];
            let call = &calls[number];
            if !open(number) || call.invoked.is_none_or(|invoked| invoked > horizon) {
                continue;
            }
            for (next, step) in S::step(&state, number as CallId, call.op, progress[number]) {
                let mut progress = progress.to_vec();
                progress[number] = match step {
                    Progress::Continues => progress[number] + 1,
                    Progress::Returns(answer) => {
                        if call.answered.as_ref().is_some_and(|(_, given)| *given != answer) {
                            continue;
                        }
                        ENDED
                    }
                };
                self.steps.push(number as CallId);
                if self.explains(&progress, next) {
                    return true;
                }
                self.steps.pop();
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::Call;
    use crate::subjects::{ConditionAnswer, LockAnswer, QueueAnswer};
    use crate::subjects::{ConditionOp, ConditionSubject, LockOp, LockSubject, QueueOp, QueueSubject};

    /// Operation, when made, when answered what (`None`: not yet).
    type Short<S> = (<S as Subject>::Op, u32, Option<(u32, <S as Subject>::Answer)>);

    fn explained<S: Subject>(calls: &[Short<S>]) -> bool {
        let call = |(op, from, answered): &Short<S>| Call::<S> {
            thread: 0,
            op: *op,
            invoked: Some(*from),
            answered: answered.clone(),
        };
        check(History { calls: calls.iter().map(call).collect() }).is_ok()
    }

    type One = QueueSubject<1>;
    use QueueAnswer::{Done, Empty, Full, Got, ShutDown};
    use QueueOp::*;

    #[test]
    fn one_call_after_the_other_is_in_order() {
        assert!(explained::<One>(&[(Put, 0, Some((1, Done))), (TryGet, 2, Some((3, Got(0))))]));
        assert!(!explained::<One>(&[(Put, 0, Some((1, Done))), (TryGet, 2, Some((3, Empty)))]));
        assert!(!explained::<One>(&[(TryGet, 0, Some((1, Got(1)))), (Put, 2, Some((3, Done)))]));
    }

    #[test]
    fn calls_at_the_same_time_are_in_either_order() {
        assert!(explained::<One>(&[(Put, 0, Some((3, Done))), (TryGet, 1, Some((2, Got(0))))]));
        assert!(explained::<One>(&[(Put, 0, Some((3, Done))), (TryGet, 1, Some((2, Empty)))]));
        assert!(!explained::<One>(&[(Put, 0, Some((3, Done))), (TryGet, 1, Some((2, Got(1))))]));
    }

    #[test]
    fn an_item_is_got_once_and_in_order() {
        let got = |first, second| {
            [
                (TryPut, 0, Some((1, Done))),
                (TryPut, 2, Some((3, Done))),
                (TryGet, 4, Some((7, Got(first)))),
                (TryGet, 5, Some((6, Got(second)))),
            ]
        };
        assert!(explained::<QueueSubject<2>>(&got(0, 1)));
        assert!(explained::<QueueSubject<2>>(&got(1, 0)));
        assert!(!explained::<QueueSubject<2>>(&got(0, 0)));
        assert!(!explained::<One>(&got(0, 1)), "the second did not fit");
        let mut apart = got(1, 0);
        apart[2].2 = Some((5, Got(1)));
        apart[3].1 = 6;
        apart[3].2 = Some((7, Got(0)));
        assert!(!explained::<QueueSubject<2>>(&apart), "out of order");
    }

    /// The answer of a plain Vyukov queue: full while another put has claimed the place and not filled it.
    #[test]
    fn full_and_empty_at_once_are_not_explained() {
        let calls = [
            (Put, 0, Some((5, Done))),
            (TryPut, 1, Some((2, Full))),
            (TryGet, 3, Some((4, Empty))),
            (Rest, 6, Some((7, QueueAnswer::Rest { items: vec![0], unfinished: 1, shut_down: false }))),
        ];
        assert!(!explained::<One>(&calls));
    }

    #[test]
    fn the_final_state_is_checked() {
        let rest = |items, unfinished| QueueAnswer::Rest { items, unfinished, shut_down: false };
        let calls = |rest| [(Put, 0, Some((1, Done))), (Rest, 2, Some((3, rest)))];
        assert!(explained::<One>(&calls(rest(vec![0], 1))));
        assert!(!explained::<One>(&calls(rest(vec![], 1))));
        assert!(!explained::<One>(&calls(rest(vec![0], 0))));
    }

    #[test]
    fn a_call_that_has_not_returned_may_have_taken_effect_or_not() {
        for answer in [Got(0), Empty] {
            assert!(explained::<One>(&[(Put, 0, None), (TryGet, 1, Some((2, answer)))]));
        }
        assert!(!explained::<One>(&[(Put, 1, None), (TryGet, 2, Some((3, ShutDown)))]));
    }

    #[test]
    fn a_join_returns_if_the_queue_was_idle_meanwhile() {
        let calls = |join_from| {
            [
                (Put, 0, Some((1, Done))),
                (TaskDone, 4, Some((5, Done))),
                (Put, 6, Some((7, Done))),
                (Join, join_from, Some((9, Done))),
            ]
        };
        assert!(!explained::<One>(&calls(2)), "the second put must wait for a get");
        assert!(explained::<QueueSubject<2>>(&calls(2)));
        assert!(!explained::<QueueSubject<2>>(&calls(8)), "it came when all was over");
    }

    #[test]
    fn a_notification_goes_to_who_waits_and_to_no_more_than_it_says() {
        use ConditionOp::*;
        let waited = |notified| ConditionAnswer::Waited { notified, flag: false };
        let calls = |count, first, second| {
            [
                (WaitTimeout, 0, Some((4, waited(first)))),
                (WaitTimeout, 1, Some((5, waited(second)))),
                (NotifyOne, 2, Some((3, ConditionAnswer::Notified(count)))),
            ]
        };
        assert!(explained::<ConditionSubject>(&calls(1, true, false)));
        assert!(explained::<ConditionSubject>(&calls(1, false, true)));
        assert!(explained::<ConditionSubject>(&calls(0, false, false)));
        assert!(!explained::<ConditionSubject>(&calls(1, false, false)), "lost");
        assert!(!explained::<ConditionSubject>(&calls(1, true, true)), "doubled");
        assert!(!explained::<ConditionSubject>(&calls(0, true, false)), "out of nowhere");
    }

    #[test]
    fn try_lock_fails_only_while_somebody_holds_the_lock() {
        use LockAnswer::{Failed, Was};
        assert!(explained::<LockSubject>(&[
            (LockOp::Lock, 0, Some((3, Was(0)))),
            (LockOp::TryLock, 1, Some((2, Failed))),
        ]));
        assert!(!explained::<LockSubject>(&[
            (LockOp::Lock, 0, Some((1, Was(0)))),
            (LockOp::TryLock, 2, Some((3, Failed))),
        ]));
        assert!(!explained::<LockSubject>(&[
            (LockOp::Lock, 0, Some((2, Was(0)))),
            (LockOp::Lock, 1, Some((3, Was(0)))),
        ]));
    }
}
