//! A chart of a family: a row for each case, a dot for each regime where our ratio to the best peer is, with its interval.

use super::Runs;
use crate::regime::Regime;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::error::Error;
use std::path::Path;

const WIDTH: i32 = 960;
/// The part for the names of cases.
const LEFT: i32 = 330;
const RIGHT: i32 = 930;
const TOP: i32 = 64;
/// The height of a regime's line within a row, and what is between two rows.
const LINE: i32 = 9;
const GAP: i32 = 10;
/// Ratios at the chart's ends. What is beyond lies on the edge.
const LEAST: f64 = 1.0 / 16.0;
const MOST: f64 = 16.0;

fn color(regime: Regime) -> RGBColor {
    match regime {
        Regime::Spread => RGBColor(31, 119, 180),
        Regime::Free => RGBColor(44, 160, 44),
        Regime::One => RGBColor(148, 103, 189),
        Regime::Busy => RGBColor(214, 95, 14),
    }
}

fn x(ratio: f64) -> i32 {
    let place = (ratio.clamp(LEAST, MOST) / LEAST).ln() / (MOST / LEAST).ln();
    LEFT + (place * f64::from(RIGHT - LEFT)) as i32
}

/// Draws the chart. Its lines at 1 and at the family's bar (that of its first case) tell wins from losses.
pub(super) fn ratios(runs: &Runs, family: &str, path: &Path) -> Result<(), Box<dyn Error>> {
    let rows = runs.of(family);
    let regimes: Vec<_> = Regime::ALL
        .into_iter()
        .filter(|&regime| runs.cases.iter().any(|case| case.regime == regime))
        .collect();
    let row_height = LINE * regimes.len() as i32 + GAP;
    let bottom = TOP + row_height * rows.len() as i32;
    let height = bottom + 34;
    let area = SVGBackend::new(path, (WIDTH as u32, height as u32)).into_drawing_area();
    area.fill(&WHITE)?;
    let text = |size: i32, horizontal| {
        ("sans-serif", size).into_font().color(&BLACK).pos(Pos::new(horizontal, VPos::Center))
    };
    let title =
        format!("{family}: our rate through that of each case's best peer (right of 1: ours is faster)");
    area.draw(&Text::new(title, (14, 18), text(16, HPos::Left)))?;
    for (number, &regime) in regimes.iter().enumerate() {
        let left = LEFT + 110 * number as i32;
        area.draw(&Circle::new((left, 42), 4, color(regime).filled()))?;
        area.draw(&Text::new(regime.name(), (left + 10, 42), text(13, HPos::Left)))?;
    }
    for exponent in -4..=4 {
        let ratio = 2_f64.powi(exponent);
        let gray = if exponent == 0 { BLACK.mix(0.8) } else { BLACK.mix(0.12) };
        area.draw(&PathElement::new([(x(ratio), TOP - 6), (x(ratio), bottom)], gray))?;
        let label = if exponent < 0 {
            format!("1/{}", 2_i32.pow(exponent.unsigned_abs()))
        } else {
            ratio.to_string()
        };
        area.draw(&Text::new(label, (x(ratio), bottom + 14), text(12, HPos::Center)))?;
    }
    if let Some(bar) = rows.first().and_then(|(_, cases)| cases.first()).map(|case| case.bar) {
        area.draw(&PathElement::new([(x(bar), TOP - 6), (x(bar), bottom)], RED.mix(0.5)))?;
    }
    for (row, (name, cases)) in rows.iter().enumerate() {
        let top = TOP + row_height * row as i32;
        let middle = top + (row_height - GAP) / 2;
        area.draw(&Text::new((*name).to_owned(), (LEFT - 10, middle), text(12, HPos::Right)))?;
        for case in cases {
            let Some(score) = &case.score else { continue };
            let line = regimes.iter().position(|&regime| regime == case.regime).unwrap_or(0);
            let y = top + LINE * line as i32 + LINE / 2;
            let color = color(case.regime);
            area.draw(&PathElement::new([(x(score.low), y), (x(score.high), y)], color.stroke_width(2)))?;
            area.draw(&Circle::new((x(score.ratio), y), 3, color.filled()))?;
        }
    }
    area.present()?;
    Ok(())
}
