//! The share of the variance of the final J − J* that each varied hyperparameter explains alone: main effects of the functional ANOVA.
//!
//! On a full grid with equal weights the main effect of a hyperparameter is the variance of the means over all other axes (F. Hutter, H. Hoos,
//! K. Leyton-Brown, "An efficient approach for assessing hyperparameter importance", 2014), so the shares are exact. What the shares lack to 1
//! is the share of interactions.
//!
//! Of a sampled sweep, PED-ANOVA compares the best tenth of the runs with all runs (S. Watanabe, A. Bansal, F. Hutter, "PED-ANOVA: efficiently
//! quantifying hyperparameter importance in arbitrary subspaces", 2023): the Pearson divergence of the distributions of one hyperparameter,
//! Σ p·(q/p − 1)² over its values or bins, where p is the share of all runs and q that of the best. A hyperparameter without influence has the
//! divergence that a random choice of as many runs is expected to have, which is subtracted.
//!
//! The decomposed value is log10 of the mean of J − J* over the last updates, within the axis of the final-loss figure: diverged runs and runs
//! above the start count as the largest J − J* of a start, because such a run is of no more use than no training.

use std::ops::Range;

use serde::Serialize;

use super::ranges::CostAxis;
use super::runs::Runs;
use super::sweep::Sweep;
use crate::figure::Scale;
use crate::model::Parameter;
use crate::space::{Branch, Space};

/// The quantity of which a hyperparameter has a share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportanceMeasure {
    /// The variance of log10(mean J − J*) on a full grid.
    Variance,
    /// The sum of the divergences of all hyperparameters in a sampled sweep.
    Divergence,
}

/// The share of the best runs, relative to which divergences are computed.
const BEST_SHARE: f64 = 0.1;

/// The share of a hyperparameter in the differences between runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Importance {
    /// The quantity that is shared.
    pub measure: ImportanceMeasure,
    /// The optimizer, and the schedule if it varies, whose runs are decomposed; `None` for all runs of the sweep.
    pub block: Option<String>,
    /// The key of the hyperparameter.
    pub key: &'static str,
    /// From 0 to 1.
    pub share: f64,
}

/// The importance of each varied hyperparameter, seeds included, largest first.
///
/// If all optimizers and schedules have the same axes, the optimizer and the schedule are axes of one grid. Otherwise the optimizer has a share
/// of the variance of all runs, and the other hyperparameters have shares of that of the runs with their optimizer and schedule.
///
/// The result is empty if runs are missing, if only one hyperparameter varies, if the runs do not differ, or if their J − J* are not comparable:
/// without an optimum, or with several losses.
pub fn importance(sweep: &Sweep<'_>) -> Vec<Importance> {
    let runs = sweep.table();
    let Some(values) = log_costs(&runs) else { return Vec::new() };
    let space = &runs.experiment.space;
    let trunk = [Parameter::Optimizer, Parameter::ScheduleName];
    let axes = |branch: &Branch| branch.axes.iter().map(|axis| axis.parameter).collect::<Vec<Parameter>>();
    if space.sampling().is_some() {
        return sampled_importance(&runs, &values);
    }
    if is_one_grid(&runs) {
        let parameters = [&trunk[..], &axes(&space.branches[0])].concat();
        return at_least_two(shares(&runs, &values, 0..values.len(), &parameters, None));
    }
    let mut all = shares(&runs, &values, 0..values.len(), &trunk[..1], None);
    for branch in &space.branches {
        let rows = branch.first as usize..(branch.first + branch.len) as usize;
        all.extend(at_least_two(shares(&runs, &values, rows, &axes(branch), Some(&block_name(space, branch)))));
    }
    all
}

/// log10(mean J − J*) of all runs, by run number.
fn log_costs(runs: &Runs<'_>) -> Option<Vec<f64>> {
    let rows = runs.rows();
    let loss = runs.problems.first()?.neuron.loss;
    if rows.is_empty() || rows.len() as u64 != runs.experiment.space.len() || runs.problems.iter().any(|other| other.neuron.loss != loss) {
        return None;
    }
    let costs = || rows.iter().map(|&row| runs.mean_excess(row));
    let axis = CostAxis::new(runs, &rows, costs());
    (axis.scale == Scale::Log).then(|| costs().map(|cost| libm::log10(axis.clamp(cost))).collect())
}

/// Whether every combination of optimizer and schedule has the same axes.
fn is_one_grid(runs: &Runs<'_>) -> bool {
    let branches = &runs.experiment.space.branches;
    let firsts: Vec<usize> = branches.iter().map(|branch| branch.first as usize).collect();
    let count = |parameter| runs.distinct_settings(&firsts, parameter).len();
    let is_product = count(Parameter::Optimizer) * count(Parameter::ScheduleName) == branches.len();
    is_product && branches.iter().all(|branch| branch.axes == branches[0].axes)
}

/// The name of the runs of a branch: `rmsprop`, or `rmsprop, cosine_decay` if the schedule varies.
fn block_name(space: &Space, branch: &Branch) -> String {
    let optimizer = branch.optimizer.name();
    let is_scheduled = space.varied().contains(&Parameter::ScheduleName);
    if is_scheduled { format!("{optimizer}, {}", branch.settings.schedule().name()) } else { optimizer.to_owned() }
}

/// A single hyperparameter explains everything, which needs no figure.
fn at_least_two(shares: Vec<Importance>) -> Vec<Importance> {
    if shares.len() < 2 { Vec::new() } else { shares }
}

/// The shares of the hyperparameters that differ within some runs, largest first; empty if the values of the runs do not differ.
fn shares(runs: &Runs<'_>, values: &[f64], rows: Range<usize>, parameters: &[Parameter], block: Option<&str>) -> Vec<Importance> {
    let rows: Vec<usize> = rows.collect();
    let mean = |rows: &[usize]| rows.iter().map(|&row| values[row]).sum::<f64>() / rows.len() as f64;
    let all = mean(&rows);
    let total: f64 = rows.iter().map(|&row| (values[row] - all).powi(2)).sum();
    // Differences of the size of rounding errors are none.
    if total <= rows.len() as f64 * (16.0 * f64::EPSILON * all).powi(2) {
        return Vec::new();
    }
    let share = |&key: &Parameter| {
        let groups = runs.group_by(&rows, key);
        let between: f64 = groups.iter().map(|(_, own)| own.len() as f64 * (mean(own) - all).powi(2)).sum();
        (groups.len() > 1).then(|| Importance {
            measure: ImportanceMeasure::Variance,
            block: block.map(str::to_owned),
            key: key.key(),
            share: (between / total).min(1.0),
        })
    };
    let mut shares: Vec<Importance> = parameters.iter().filter_map(share).collect();
    shares.sort_by(|a, b| b.share.total_cmp(&a.share));
    shares
}

/// The shares of a sampled sweep: of all hyperparameters among all runs, or of those of each optimizer among its runs.
fn sampled_importance(runs: &Runs<'_>, values: &[f64]) -> Vec<Importance> {
    let all = runs.rows();
    let varied = runs.varied();
    let branches = &runs.experiment.space.branches;
    if branches.iter().all(|branch| branch.axes == branches[0].axes) {
        return divergences(runs, values, &all, &varied, None);
    }
    let own = runs.group_by(&all, Parameter::Optimizer).into_iter();
    let blocks = own.flat_map(|(optimizer, rows)| divergences(runs, values, &rows, &varied, Some(&optimizer.to_string())));
    divergences(runs, values, &all, &[Parameter::Optimizer], None).into_iter().chain(blocks).collect()
}

/// The share of each hyperparameter in the sum of the divergences between the best of some runs and all of them, largest first; empty if the runs
/// do not differ.
fn divergences(runs: &Runs<'_>, values: &[f64], rows: &[usize], parameters: &[Parameter], block: Option<&str>) -> Vec<Importance> {
    let mut sorted: Vec<f64> = rows.iter().map(|&row| values[row]).collect();
    sorted.sort_by(f64::total_cmp);
    let Some(&bound) = sorted.get((rows.len() as f64 * BEST_SHARE) as usize) else { return Vec::new() };
    let is_best = |row: &&usize| values[**row] < bound;
    let (count, best) = (rows.len() as f64, rows.iter().filter(is_best).count() as f64);
    if best == 0.0 {
        return Vec::new();
    }
    let divergence = |&key: &Parameter| {
        let groups = runs.group_by(rows, key);
        let term = |own: &[usize]| {
            let (all, best) = (own.len() as f64 / count, own.iter().filter(is_best).count() as f64 / best);
            (best - all).powi(2) / all
        };
        let by_chance = (groups.len() as f64 - 1.0) / best * (count - best) / (count - 1.0);
        let sum: f64 = groups.iter().map(|(_, own)| term(own)).sum();
        (groups.len() > 1).then(|| (key, (sum - by_chance).max(0.0)))
    };
    let found: Vec<(Parameter, f64)> = parameters.iter().filter_map(divergence).collect();
    let total: f64 = found.iter().map(|(_, divergence)| divergence).sum();
    if total == 0.0 {
        return Vec::new();
    }
    let share = |(key, divergence): (Parameter, f64)| Importance {
        measure: ImportanceMeasure::Divergence,
        block: block.map(str::to_owned),
        key: key.key(),
        share: divergence / total,
    };
    let mut shares: Vec<Importance> = found.into_iter().map(share).collect();
    shares.sort_by(|a, b| b.share.total_cmp(&a.share));
    shares
}
