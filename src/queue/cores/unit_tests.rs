//! Cores in one thread, and what they cost.

use super::line::Line;
use super::{Claimed, Container, Ring, Stack};
use crate::platform::counted::{Cost, cost_of};
use std::cell::Cell;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

fn pseudo_random(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state >> 16
}

/// Pushes and pops at random, beside the sequential model.
fn follows_the_model(core: &impl Container<Box<u64>>, capacity: usize, lifo: bool) {
    let mut model = VecDeque::new();
    let mut random = 0x9e37_79b9_7f4a_7c15 ^ capacity as u64;
    for number in 0..20_000 {
        // By turns more of the one and of the other, so that both ends are reached.
        if pseudo_random(&mut random) % 8 < if number / 500 % 2 == 0 { 5 } else { 3 } {
            match core.try_push(Box::new(number)) {
                Ok(()) => model.push_back(number),
                Err(back) => {
                    assert_eq!(*back, number);
                    assert_eq!(model.len(), capacity);
                }
            }
            assert!(model.len() <= capacity);
        } else {
            let expected = if lifo { model.pop_back() } else { model.pop_front() };
            assert_eq!(core.try_pop().map(|item| *item), expected);
        }
        assert_eq!(core.len(), model.len());
        assert_eq!(core.has_item(), !model.is_empty());
        assert_eq!(core.is_empty(), model.is_empty());
        assert_eq!(core.has_room(), model.len() < capacity);
    }
}

#[test]
fn cores_follow_the_model() {
    for capacity in [1, 2, 3, 4, 5, 7, 8, 100] {
        follows_the_model(&Stack::bounded(capacity, capacity), capacity, true);
        follows_the_model(&Stack::with_first_block(capacity, 1), capacity, true);
        follows_the_model(&Ring::new(capacity), capacity, false);
        follows_the_model(&Ring::with_first_block(capacity, 1), capacity, false);
        follows_the_model(&Claimed::new(capacity), capacity, false);
    }
    follows_the_model(&Stack::unbounded(), usize::MAX, true);
}

#[test]
fn positions_count_without_a_gap() {
    for capacity in [1, 2, 3, 5, 8, 1000] {
        let line = Line::new(capacity);
        let mut position = 0;
        for number in 0..4 * capacity {
            assert_eq!(line.slot(position), number % capacity);
            assert_eq!(line.turn(position) as usize, 2 * (number / capacity));
            let mut ahead = position;
            for distance in 0..=capacity {
                assert_eq!(line.between(position, ahead), distance);
                ahead = line.next(ahead);
            }
            position = line.next(position);
        }
    }
}

/// An item that counts its drops, and panics at one of them.
struct Fragile(Rc<Cell<usize>>, bool);

impl Drop for Fragile {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
        assert!(!self.1, "as asked");
    }
}

fn drops_all(core: impl Container<Fragile>) {
    let drops = Rc::new(Cell::new(0));
    for number in 0..8 {
        assert!(core.try_push(Fragile(Rc::clone(&drops), number == 3)).is_ok());
    }
    drop(core.try_pop());
    assert_eq!(drops.get(), 1);
    assert!(catch_unwind(AssertUnwindSafe(|| drop(core))).is_err());
    assert_eq!(drops.get(), 8);
}

#[test]
fn a_panicking_destructor_does_not_stop_the_others() {
    drops_all(Stack::bounded(8, 8));
    drops_all(Stack::unbounded());
    drops_all(Ring::new(8));
    drops_all(Claimed::new(8));
}

#[test]
#[should_panic = "a ring for 0 items"]
fn no_ring_without_room() {
    drop(Ring::<u8>::new(0));
}

/// R7 of the historical bugs: a block of large items on the stack, which has room for some of them here.
#[test]
fn large_items_do_not_pass_through_the_stack_in_blocks() {
    type Large = [u8; 1 << 17];
    std::thread::Builder::new()
        .stack_size(3 << 20)
        .spawn(|| {
            for core in
                [&Ring::<Large>::new(32) as &dyn Container<Large>, &Claimed::new(64), &Stack::bounded(32, 32)]
            {
                assert!(core.try_push([7; 1 << 17]).is_ok());
                assert_eq!(core.try_pop().unwrap()[5], 7);
            }
        })
        .unwrap()
        .join()
        .unwrap();
}

/// Read-modify-writes of a push and of a pop that meet nobody, after the first.
fn costs(core: &impl Container<u64>) -> (u64, u64) {
    for _ in 0..3 {
        core.try_push(1).unwrap();
        core.try_pop().unwrap();
    }
    let push = cost_of(|| core.try_push(1).unwrap());
    let pop = cost_of(|| assert_eq!(core.try_pop(), Some(1)));
    assert_eq!((push.fences, pop.fences), (0, 0));
    let look = cost_of(|| {
        core.len();
        core.has_item();
        core.has_room();
    });
    assert_eq!(look, Cost { loads: look.loads, ..Cost::default() }, "a look only loads");
    (push.rmws, pop.rmws)
}

#[test]
fn what_a_push_and_a_pop_cost() {
    assert_eq!(costs(&Stack::bounded(8, 8)), (3, 2));
    assert_eq!(costs(&Stack::unbounded()), (3, 2));
    assert_eq!(costs(&Ring::new(8)), (3, 3));
    assert_eq!(costs(&Claimed::new(8)), (1, 1));
}
