//! Lines of the theory of SGD on a heatmap of the learning rate and another hyperparameter.

use rayon::prelude::*;

use super::axis_values::CellAxis;
use super::expected::largest_converging_rate;
use super::heatmap_grid::Grid;
use super::runs::Runs;
use super::sample::spread;
use crate::figure::{Dash, Layer, palette};
use crate::model::Parameter;

/// The dash of the stability limit, and of the line at which the noise floor is the convergence threshold.
pub const LIMIT_DASH: Dash = Dash::Dashed;
pub const FLOOR_DASH: Dash = Dash::Dotted;

/// The largest number of values of the other hyperparameter for which the noise floor is computed. It is smooth between them.
const FLOORS: usize = 24;

/// The hyperparameters on which the noise floor depends, beside the problem.
const OF_FLOOR: [Parameter; 3] = [Parameter::BatchSize, Parameter::Momentum, Parameter::Nesterov];

/// The axis of the learning rate, the other one, and whether the learning rate is on the x axis.
struct RateAxes<'a> {
    rate: &'a CellAxis,
    other: &'a CellAxis,
    is_rate_x: bool,
}

impl<'a> RateAxes<'a> {
    /// The axes of a grid; `None` without a learning rate.
    fn of(Grid { x, y, .. }: &'a Grid<'_>) -> Option<Self> {
        match [x.parameter, y.parameter] {
            [Parameter::LearningRate, _] => Some(Self { rate: x, other: y, is_rate_x: true }),
            [_, Parameter::LearningRate] => Some(Self { rate: y, other: x, is_rate_x: false }),
            _ => None,
        }
    }

    /// A line with a label through learning rates at positions of the other axis, which ascend.
    fn line(&self, rates: &[(usize, f64)], dash: Dash, label: &str) -> Vec<Layer> {
        let rates: Vec<(usize, f64)> = rates.iter().filter_map(|&(position, rate)| Some((position, self.rate.coordinate(rate)?))).collect();
        let (Some(&first), Some(&last)) = (rates.first(), rates.last()) else { return Vec::new() };
        let mut points: Vec<[f64; 2]> = rates.iter().map(|&(position, at)| [at, self.other.center(position)]).collect();
        // The line ends at the border, not in the middle of the outer cells.
        if first.0 == 0 {
            points.insert(0, [first.1, self.other.axis.range[0]]);
        }
        if last.0 + 1 == self.other.settings.len() {
            points.push([last.1, self.other.axis.range[1]]);
        }
        if !self.is_rate_x {
            points = points.into_iter().map(|[x, y]| [y, x]).collect();
        }
        let line = |color, width, dash| Layer::Line { points: points.clone(), color, width, dash };
        vec![
            line(palette::WHITE, 3.4, Dash::Solid),
            line(palette::INK, 1.6, dash),
            Layer::LineLabel { points: along(&points), text: label.into(), color: palette::INK },
        ]
    }
}

/// Eight points on each segment of a line, where its label may stand.
fn along(points: &[[f64; 2]]) -> Vec<[f64; 2]> {
    const PER_SEGMENT: usize = 8;
    let between = |pair: &[[f64; 2]]| {
        let (from, to) = (pair[0], pair[1]);
        (0..PER_SEGMENT).map(move |step| [0, 1].map(|axis| from[axis] + (to[axis] - from[axis]) * step as f64 / PER_SEGMENT as f64))
    };
    points.windows(2).flat_map(between).collect()
}

/// The stability limit of SGD for each value of the other axis, if one axis is the learning rate and all runs are of SGD.
pub fn stability_limit(runs: &Runs<'_>, grid: &Grid<'_>) -> Vec<Layer> {
    let Some(axes) = RateAxes::of(grid) else { return Vec::new() };
    // Of each value of the other axis one run: limits do not depend on what else is swept, unless they differ.
    let limits: Option<Vec<(usize, f64)>> =
        axes.other.examples.iter().enumerate().map(|(position, &row)| Some((position, runs.stability_limit(row)?))).collect();
    limits.map_or_else(Vec::new, |limits| axes.line(&limits, LIMIT_DASH, "stability limit"))
}

/// The learning rate at which the noise floor of SGD is the convergence threshold, for some values of the other axis. There is no line if a cell
/// holds settings with several floors.
pub fn noise_floor(runs: &Runs<'_>, grid: &Grid<'_>) -> Vec<Layer> {
    let Some(axes) = RateAxes::of(grid).filter(|_| !grid.tuned.iter().any(|parameter| OF_FLOOR.contains(parameter))) else {
        return Vec::new();
    };
    let examples = &axes.other.examples;
    let positions: Vec<usize> = spread(examples.len(), FLOORS).collect();
    let rate = |&position: &usize| Some((position, largest_converging_rate(runs, examples[position])?));
    let rates: Vec<(usize, f64)> = positions.par_iter().filter_map(rate).collect();
    axes.line(&rates, FLOOR_DASH, "noise floor")
}
