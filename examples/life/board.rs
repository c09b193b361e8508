//! A board of cells, which threads may read and write at the same time; what they then see is for others to order.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

pub(crate) const GLIDER: &str = ".O.\n..O\nOOO";
pub(crate) const PENTOMINO: &str = ".OO\nOO.\n.O.";
/// Gosper's: a glider every 30 generations.
pub(crate) const GUN: &str = "\
........................O...........
......................O.O...........
............OO......OO............OO
...........O...O....OO............OO
OO........O.....O...OO..............
OO........O...O.OO....O.O...........
..........O.....O.......O...........
...........O...O....................
............OO......................";

pub(crate) struct Board {
    width: usize,
    height: usize,
    cells: Vec<AtomicBool>,
}

impl Board {
    pub(crate) fn new(width: usize, height: usize) -> Self {
        let cells = (0..width * height).map(|_| AtomicBool::new(false)).collect();
        Board { width, height, cells }
    }

    /// A third of the cells, the same for the same seed.
    pub(crate) fn noise(width: usize, height: usize, seed: u64) -> Self {
        let board = Board::new(width, height);
        let mut state = seed;
        for cell in &board.cells {
            // splitmix64.
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut bits = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            cell.store((bits ^ (bits >> 31)) % 3 == 0, Relaxed);
        }
        board
    }

    /// A pattern in the upper left.
    pub(crate) fn with(width: usize, height: usize, pattern: &str) -> Result<Self, String> {
        let board = Board::new(width, height);
        let lines = pattern.lines().filter(|line| !line.starts_with('!'));
        for (row, line) in lines.enumerate() {
            for (column, c) in line.trim_end().chars().enumerate() {
                match c {
                    'O' | '#' | '*' if row < height && column < width => {
                        board.at(row, column).store(true, Relaxed)
                    }
                    'O' | '#' | '*' => {
                        return Err(format!("the pattern does not fit on {width} x {height} cells"));
                    }
                    '.' | ' ' => {}
                    other => {
                        return Err(format!(
                            "{other:?} in the pattern: O, # and * are alive, . and blanks are not"
                        ));
                    }
                }
            }
        }
        Ok(board)
    }

    fn at(&self, row: usize, column: usize) -> &AtomicBool {
        &self.cells[row * self.width + column]
    }

    /// Writes one row of the generation after `before`. Edges meet.
    pub(crate) fn write_row_after(&self, before: &Board, row: usize) {
        let rows = [(row + self.height - 1) % self.height, row, (row + 1) % self.height];
        for column in 0..self.width {
            let columns = [(column + self.width - 1) % self.width, column, (column + 1) % self.width];
            let alive = |row: usize, column: usize| before.at(row, column).load(Relaxed);
            let around =
                rows.iter().flat_map(|&row| columns.map(|column| u8::from(alive(row, column)))).sum::<u8>();
            // With itself: three are two neighbours and a living cell, or three and a dead one.
            self.at(row, column).store(around == 3 || around == 4 && alive(row, column), Relaxed);
        }
    }

    pub(crate) fn same_as(&self, other: &Board) -> bool {
        self.cells.iter().zip(&other.cells).all(|(one, other)| one.load(Relaxed) == other.load(Relaxed))
    }

    pub(crate) fn alive(&self) -> usize {
        self.cells.iter().filter(|cell| cell.load(Relaxed)).count()
    }

    /// A line for each row, or for each two.
    pub(crate) fn picture(&self, plain: bool) -> String {
        let alive = |row: usize, column| row < self.height && self.at(row, column).load(Relaxed);
        let mut picture = String::new();
        for row in (0..self.height).step_by(if plain { 1 } else { 2 }) {
            let line: String = (0..self.width)
                .map(|column| match (alive(row, column), alive(row + 1, column)) {
                    (true, _) if plain => 'O',
                    (false, _) if plain => '.',
                    (true, true) => '█',
                    (true, false) => '▀',
                    (false, true) => '▄',
                    (false, false) => ' ',
                })
                .collect();
            _ = writeln!(picture, "{}", line.trim_end());
        }
        picture
    }
}
