//! The cells of a heatmap: the values of two hyperparameters, and the result of the best setting of each pair.

use rayon::prelude::*;

use super::levels::Levels;
use super::ranking::{Candidate, Ranking};
use super::runs::{Runs, is_seed};
use super::sample::spread;
use super::setting::Setting;
use super::statistics;
use crate::figure::ticks::axis;
use crate::figure::{Axis, Scale, Tick};
use crate::model::Scale as ParameterScale;
use crate::model::{Parameter, Verdict};

/// The largest number of values on an axis.
pub const VALUES: usize = 1_000;

/// The deviation from equal distances, relative to the distance, up to which values are drawn on a numeric axis.
const UNEVEN: f64 = 0.02;

/// The values of a hyperparameter on an axis, one row or column of cells each.
pub struct CellAxis {
    pub parameter: Parameter,
    pub settings: Vec<Setting>,
    /// A row with each value.
    pub examples: Vec<usize>,
    /// The number of values of the sweep, of which `settings` has at most [`VALUES`].
    pub count: usize,
    /// In units of the hyperparameter if its values have equal distances, otherwise in units of positions.
    pub axis: Axis,
    is_numeric: bool,
}

impl CellAxis {
    /// The axis, and the position of each row's value on it; `None` if the value is left out.
    fn new(runs: &Runs<'_>, rows: &[usize], parameter: Parameter) -> (Self, Vec<Option<usize>>) {
        let Levels { settings: all, positions } = runs.levels(rows, parameter);
        let mut places: Vec<Option<usize>> = vec![None; all.len()];
        let settings: Vec<Setting> = spread(all.len(), VALUES)
            .enumerate()
            .map(|(place, position)| {
                places[position] = Some(place);
                all[position]
            })
            .collect();
        let positions: Vec<Option<usize>> = positions.into_iter().map(|position| places[position as usize]).collect();
        let mut examples = vec![rows[0]; settings.len()];
        for (&row, position) in rows.iter().zip(&positions).rev() {
            if let Some(position) = *position {
                examples[position] = row;
            }
        }
        let numbers: Vec<f64> = settings.iter().filter_map(|setting| setting.number()).collect();
        let is_log = parameter.facts().scale == ParameterScale::Log && numbers.first().is_some_and(|&first| first > 0.0);
        let scaled = |value: f64| if is_log { libm::log10(value) } else { value };
        let unscaled = |value: f64| if is_log { libm::exp10(value) } else { value };
        let [first, last] = [numbers.first(), numbers.last()].map(|end| end.map_or(0.0, |&end| scaled(end)));
        let step = (last - first) / (numbers.len().max(2) - 1) as f64;
        let is_even = |(position, &value): (usize, &f64)| (scaled(value) - first - step * position as f64).abs() <= UNEVEN * step;
        let is_numeric = numbers.len() == settings.len() && numbers.len() > 1 && numbers.iter().enumerate().all(is_even);
        let axis = if is_numeric {
            let range = [unscaled(first - step / 2.0), unscaled(last + step / 2.0)];
            axis(parameter.key(), if is_log { Scale::Log } else { Scale::Linear }, range)
        } else {
            let ticks = spread(settings.len(), 12).map(|at| Tick { at: at as f64, label: settings[at].to_string() }).collect();
            let range = [-0.5, settings.len() as f64 - 0.5];
            Axis { label: parameter.key().into(), scale: Scale::Linear, range, ticks }
        };
        (Self { parameter, settings, examples, count: all.len(), axis, is_numeric }, positions)
    }

    /// The position of a run's value; `None` if it is left out.
    pub fn position(&self, runs: &Runs<'_>, row: usize) -> Option<usize> {
        self.settings.binary_search(&runs.setting(row, self.parameter)).ok()
    }

    /// The coordinate of the centre of a cell.
    pub fn center(&self, position: usize) -> f64 {
        self.settings[position].number().filter(|_| self.is_numeric).unwrap_or(position as f64)
    }

    /// The coordinate of a number, interpolated between centres of cells; `None` outside of them on an axis of positions.
    pub fn coordinate(&self, value: f64) -> Option<f64> {
        if self.is_numeric {
            return Some(value);
        }
        let numbers: Vec<f64> = self.settings.iter().map(|setting| setting.number()).collect::<Option<_>>()?;
        let above = numbers.partition_point(|&number| number < value);
        let (&low, &high) = (numbers.get(above.checked_sub(1)?)?, numbers.get(above)?);
        let is_log = self.parameter.facts().scale == ParameterScale::Log && low > 0.0;
        let share = if is_log { libm::log(value / low) / libm::log(high / low) } else { (value - low) / (high - low) };
        Some((above - 1) as f64 + share)
    }
}

/// The result of the best setting of a cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum CellResult {
    /// The number of epochs until J reached the optimum.
    Converged { epochs: f64 },
    /// The mean of J − J* over the last updates.
    Other { excess: f64 },
    /// The number of updates until a parameter left the valid range.
    Diverged { updates: f64 },
}

/// The cells of a panel, row by row from the lower left.
pub struct Grid<'a> {
    pub x: CellAxis,
    pub y: CellAxis,
    pub cells: Vec<Option<CellResult>>,
    pub ranking: Ranking<'a>,
    /// The best setting of all cells.
    pub best: Option<Candidate>,
    /// The hyperparameters other than seeds over which a cell takes the best setting, and the largest number of seeds of a setting.
    pub tuned: Vec<Parameter>,
    pub seeds: usize,
}

impl<'a> Grid<'a> {
    /// The cells of some rows.
    pub fn new(runs: &Runs<'a>, rows: &'a [usize], [x, y]: [Parameter; 2]) -> Self {
        let by = [x, y].into_iter().find(|&parameter| is_seed(parameter));
        let ranking = Ranking::new(runs, rows, by);
        let first_rows = ranking.first_rows();
        let [(x, columns), (y, lines)] = [x, y].map(|parameter| CellAxis::new(runs, &first_rows, parameter));
        let mut best: Vec<Option<&Candidate>> = vec![None; x.settings.len() * y.settings.len()];
        let mut seeds = 1;
        for ((candidate, column), line) in ranking.candidates().iter().zip(columns).zip(lines) {
            seeds = seeds.max(ranking.rows(candidate).len());
            let (Some(column), Some(line)) = (column, line) else { continue };
            let cell = &mut best[line * x.settings.len() + column];
            if cell.is_none_or(|known| candidate.cost < known.cost) {
                *cell = Some(candidate);
            }
        }
        let cells = best.par_iter().map(|candidate| candidate.map(|candidate| result(runs, &ranking, candidate))).collect();
        let is_tuned =
            |parameter: &Parameter| ![x.parameter, y.parameter].contains(parameter) && runs.distinct_settings(rows, *parameter).len() > 1;
        let tuned = runs.varied().into_iter().filter(is_tuned).collect();
        let best = ranking.candidates().iter().reduce(|best, other| ranking.better(best, other)).cloned();
        Self { x, y, cells, ranking, best, tuned, seeds }
    }
}

/// The result of a setting: that of the run with the median cost, or the median time of divergence.
fn result(runs: &Runs<'_>, ranking: &Ranking<'_>, candidate: &Candidate) -> CellResult {
    let own = ranking.rows(candidate);
    if candidate.cost.is_infinite() {
        let updates: Vec<f64> = own.iter().filter_map(|&row| runs.table.diverged_at[row]).map(|update| update as f64).collect();
        return statistics::quantile(&updates, 0.5)
            .map_or(CellResult::Other { excess: f64::INFINITY }, |updates| CellResult::Diverged { updates });
    }
    let row = if let [only] = own { *only } else { ranking.representative(candidate) };
    match runs.epochs_to_reach(row).filter(|_| runs.table.verdict[row] == Verdict::Converged) {
        Some(epochs) => CellResult::Converged { epochs: f64::from(epochs) },
        None => CellResult::Other { excess: runs.mean_excess(row) },
    }
}
