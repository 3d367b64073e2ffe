//! The cells of a heatmap: the result of the best setting of each pair of values of two hyperparameters.

use rayon::prelude::*;

use super::axis_values::CellAxis;
use super::ranking::{Candidate, Ranking};
use super::runs::{Runs, is_seed};
use super::statistics;
use crate::model::{Parameter, Verdict};

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
