//! The ranking of settings by the mean of J over the last updates, as the median over seeds.

use std::borrow::Cow;
use std::ops::Range;

use super::levels::Levels;
use super::runs::{Runs, is_seed};
use super::setting::Setting;
use super::statistics::{self, VERDICTS};
use crate::model::problem::ranked_by_excess;
use crate::model::{Loss, Parameter, Problem};
use crate::text;

/// The largest relative difference of two numbers that are printed with the same four digits.
const ALIKE: f64 = 1e-3;

/// One setting of all hyperparameters except seeds, and the runs that have it.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// Positions in `Ranking::rows`.
    rows: Range<usize>,
    /// The median over seeds of the ranked cost, J − J* or J; infinite if it depends on a diverged run.
    pub cost: f64,
}

/// The candidates with one value of a hyperparameter, under one loss.
#[derive(Clone, Debug, PartialEq)]
pub struct TunedGroup {
    /// The value.
    pub value: Setting,
    /// The name of the loss. Costs of different losses are not comparable.
    pub loss: &'static str,
    /// The number of candidates, and of their runs.
    pub candidates: usize,
    pub runs: usize,
    /// The best candidate; the first of equals.
    pub best: Candidate,
    /// The number of other candidates that tie with the best one.
    pub ties: usize,
}

/// Median, 10 % and 90 % quantiles over the seeds of a candidate, and other statistics of its runs.
#[derive(Clone, Debug, PartialEq)]
pub struct CandidateSummary {
    /// 10 %, 50 % and 90 % quantiles of the mean of J over the last updates; `None` if a quantile depends on a diverged run.
    pub loss: [Option<f64>; 3],
    /// The median of the mean of J − J*; `None` without an optimum.
    pub excess: Option<f64>,
    /// The median J on the test rows after the last update; `None` without test rows.
    pub test_loss: Option<f64>,
    /// Number of runs per verdict, in the order of `Verdict::ALL`.
    pub verdicts: [u64; VERDICTS],
    /// The median number of epochs until J reached the optimum, over the runs that reached it.
    pub epochs_to_reach: Option<f64>,
}

/// The candidates of some runs. Figures and sentences share one, so that they name the same best run.
///
/// The ranked cost of a run is the mean of J − J* over its last updates, or of J (see [`ranked_by_excess`]).
#[derive(Clone)]
pub struct Ranking<'a> {
    runs: Runs<'a>,
    /// The rows, as given.
    all: &'a [usize],
    /// The rows, grouped by candidate.
    rows: Cow<'a, [usize]>,
    candidates: Vec<Candidate>,
    /// The row that stands for the best candidate of each loss.
    best: Vec<usize>,
}

impl<'a> Ranking<'a> {
    /// Groups rows, which ascend, into candidates. Runs that differ only in seeds are one candidate, except for the seed `by`. In a sampled sweep each
    /// run is a candidate, or each bin of the hyperparameter `by`, if it has bins.
    pub fn new(runs: &Runs<'a>, rows: &'a [usize], by: Option<Parameter>) -> Self {
        let (rows_of_candidates, candidates) = Self::group_by_setting(runs, rows, by);
        let mut ranking = Self { runs: *runs, all: rows, rows: rows_of_candidates, candidates, best: Vec::new() };
        ranking.best = ranking.best_of_each_loss();
        ranking
    }

    /// The rows grouped by candidate, and the candidates.
    fn group_by_setting(runs: &Runs<'_>, rows: &'a [usize], by: Option<Parameter>) -> (Cow<'a, [usize]>, Vec<Candidate>) {
        let space = &runs.experiment.space;
        let is_pooled = |parameter| is_seed(parameter) && Some(parameter) != by;
        let by_excess = ranked_by_excess(&present_problems(runs, rows));
        let cost = |row: usize| f64::from(runs.table.cost(row, by_excess[runs.table.problem[row] as usize]));
        if let Some(by) = by.filter(|&by| runs.bins(by).is_some()) {
            return Self::group_by_bin(runs, rows, by, cost);
        }
        if space.sampling().is_some() || !space.varied().into_iter().any(is_pooled) {
            let candidate = |(position, &row): (usize, &usize)| Candidate { rows: position..position + 1, cost: cost(row) };
            return (Cow::Borrowed(rows), rows.iter().enumerate().map(candidate).collect());
        }
        let mut keyed: Vec<(u64, usize)> = rows.iter().map(|&row| (space.first_like(runs.table.run[row], is_pooled), row)).collect();
        keyed.sort_unstable();
        let candidates = candidates(&keyed, cost);
        (keyed.into_iter().map(|(_, row)| row).collect(), candidates)
    }

    /// The rows grouped by their bin of a hyperparameter and by their loss: each bin is one candidate, whose cost is that of its median run.
    fn group_by_bin(runs: &Runs<'_>, rows: &'a [usize], by: Parameter, cost: impl Fn(usize) -> f64) -> (Cow<'a, [usize]>, Vec<Candidate>) {
        let positions = runs.levels(rows, by).positions;
        let loss = |row: usize| runs.problem(row).neuron.loss.name();
        let mut keyed: Vec<((&str, u32), usize)> = rows.iter().zip(positions).map(|(&row, bin)| ((loss(row), bin), row)).collect();
        keyed.sort_unstable();
        let candidates = candidates(&keyed, cost);
        (keyed.into_iter().map(|(_, row)| row).collect(), candidates)
    }

    /// The ranking with the runs of each value of `by` apart: this one, unless `by` is a seed or has bins.
    pub fn with_values_of(&self, by: Parameter) -> Cow<'_, Self> {
        if is_seed(by) || self.runs.bins(by).is_some() {
            Cow::Owned(Self::new(&self.runs, self.all, Some(by)))
        } else {
            Cow::Borrowed(self)
        }
    }

    /// The runs of the sweep.
    pub fn runs(&self) -> Runs<'a> {
        self.runs
    }

    /// All ranked rows, ascending.
    pub fn all_rows(&self) -> &'a [usize] {
        self.all
    }

    /// The first row of each candidate, in the order of the candidates.
    pub fn first_rows(&self) -> Vec<usize> {
        self.candidates.iter().map(|candidate| self.rows(candidate)[0]).collect()
    }

    /// All candidates, in the order of run numbers.
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    /// The rows of a candidate, ascending; never empty.
    pub fn rows(&self, candidate: &Candidate) -> &[usize] {
        &self.rows[candidate.rows.clone()]
    }

    /// The rows of the candidate to which a row belongs; empty if it is not ranked.
    pub fn rows_like(&self, row: usize) -> &[usize] {
        self.candidates.iter().map(|candidate| self.rows(candidate)).find(|own| own.binary_search(&row).is_ok()).unwrap_or_default()
    }

    /// The row of the run that stands for a candidate: the one with the median cost, or the better of the two in the middle; the first of equals.
    pub fn representative(&self, candidate: &Candidate) -> usize {
        if let [only] = self.rows(candidate) {
            return *only;
        }
        let mut own: Vec<(f64, usize)> = self.rows(candidate).iter().map(|&row| (self.runs.mean_excess(row), row)).collect();
        own.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let median = own[(own.len() - 1) / 2].0;
        own[own.partition_point(|(cost, _)| cost.total_cmp(&median).is_lt())].1
    }

    /// The candidate with the lower cost; of equals, the one whose runs have lower numbers.
    pub fn better<'c>(&self, a: &'c Candidate, b: &'c Candidate) -> &'c Candidate {
        let order = a.cost.total_cmp(&b.cost).then_with(|| self.rows(a)[0].cmp(&self.rows(b)[0]));
        if order.is_le() { a } else { b }
    }

    /// The row that stands for the best candidate: the setting with the lowest median cost over seeds, and of its runs the one with the median cost.
    /// Of several losses, the first one counts: costs of different losses are not comparable.
    pub fn best(&self) -> Option<usize> {
        self.best.first().copied()
    }

    /// The row that stands for the best candidate of each loss, losses in the order of their first problem.
    pub fn best_of_losses(&self) -> &[usize] {
        &self.best
    }

    fn best_of_each_loss(&self) -> Vec<usize> {
        let mut best: Vec<(Loss, &Candidate)> = Vec::new();
        for candidate in &self.candidates {
            let loss = self.loss(candidate);
            match best.iter_mut().find(|(other, _)| *other == loss) {
                Some((_, best)) => *best = self.better(best, candidate),
                None => best.push((loss, candidate)),
            }
        }
        best.sort_by_key(|(loss, _)| self.runs.problems.iter().position(|problem| problem.neuron.loss == *loss));
        best.into_iter().map(|(_, candidate)| self.representative(candidate)).collect()
    }

    /// The best candidate for each value of a hyperparameter and each loss: losses by name, and the values of a loss by the cost of their best
    /// candidates.
    pub fn best_by(&self, parameter: Parameter) -> Vec<TunedGroup> {
        let Levels { settings, positions } = self.runs.levels(&self.first_rows(), parameter);
        // The candidates of each loss and value, values in order.
        let mut own: Vec<(Loss, Vec<Vec<&Candidate>>)> = Vec::new();
        for (candidate, position) in self.candidates.iter().zip(positions) {
            let loss = self.loss(candidate);
            let known = own.iter().position(|(other, _)| *other == loss).unwrap_or_else(|| {
                own.push((loss, vec![Vec::new(); settings.len()]));
                own.len() - 1
            });
            own[known].1[position as usize].push(candidate);
        }
        let group = |(loss, values): &(Loss, Vec<Vec<&Candidate>>)| {
            let groups = settings.iter().zip(values).filter_map(|(value, own)| self.group(*loss, *value, own));
            groups.collect::<Vec<TunedGroup>>()
        };
        let mut groups: Vec<TunedGroup> = own.iter().flat_map(group).collect();
        // The sort is stable: of equals, the smaller value comes first.
        groups.sort_by(|a, b| a.loss.cmp(b.loss).then(a.best.cost.total_cmp(&b.best.cost)));
        groups
    }

    /// The candidates with one value; `None` without candidates.
    fn group(&self, loss: Loss, value: Setting, own: &[&Candidate]) -> Option<TunedGroup> {
        let best = own.iter().copied().reduce(|a, b| self.better(a, b))?;
        Some(TunedGroup {
            value,
            loss: loss.name(),
            candidates: own.len(),
            runs: own.iter().map(|candidate| candidate.rows.len()).sum(),
            best: best.clone(),
            ties: own.iter().filter(|other| **other != best && self.tie(best, other)).count(),
        })
    }

    /// Whether two candidates of one loss tie: their J are printed with the same digits. A candidate whose cost is infinite ties with none.
    pub fn tie(&self, a: &Candidate, b: &Candidate) -> bool {
        let [a, b] = [a, b].map(|candidate| self.mean_loss(candidate));
        // The comparison of differences is fast.
        a.is_finite() && (a - b).abs() <= ALIKE * a.abs() && text::rounded_loss(a) == text::rounded_loss(b)
    }

    /// The median over seeds of the mean of J over the last updates; infinite if it depends on a diverged run.
    fn mean_loss(&self, candidate: &Candidate) -> f64 {
        match self.rows(candidate) {
            [only] => self.runs.mean_loss(*only),
            own => {
                let losses: Vec<f64> = own.iter().map(|&row| self.runs.mean_loss(row)).collect();
                statistics::quantile(&losses, 0.5).unwrap_or(f64::INFINITY)
            }
        }
    }

    /// Statistics of a candidate.
    pub fn summary(&self, candidate: &Candidate) -> CandidateSummary {
        let (runs, own) = (&self.runs, self.rows(candidate));
        let median = |value: &dyn Fn(usize) -> f64| statistics::quantile(&own.iter().map(|&row| value(row)).collect::<Vec<_>>(), 0.5);
        let losses: Vec<f64> = own.iter().map(|&row| runs.mean_loss(row)).collect();
        let has_optimum = own.iter().all(|&row| runs.problem(row).optimum.is_some());
        let has_test = own.iter().all(|&row| !runs.problem(row).test.is_empty());
        let reached: Vec<f64> = own.iter().filter_map(|&row| runs.epochs_to_reach(row)).map(f64::from).collect();
        CandidateSummary {
            loss: statistics::quantiles(&losses),
            excess: median(&|row| runs.mean_excess(row)).filter(|_| has_optimum),
            test_loss: median(&|row| runs.test_loss(row)).filter(|_| has_test),
            verdicts: statistics::verdict_counts(runs, own),
            epochs_to_reach: statistics::quantile(&reached, 0.5),
        }
    }

    fn loss(&self, candidate: &Candidate) -> Loss {
        self.runs.problem(self.rows(candidate)[0]).neuron.loss
    }
}

/// One candidate for each key of rows that are sorted by their keys. Its cost is the median.
fn candidates<K: PartialEq>(keyed: &[(K, usize)], cost: impl Fn(usize) -> f64) -> Vec<Candidate> {
    let mut first = 0;
    let candidate = |own: &[(K, usize)]| {
        let costs: Vec<f64> = own.iter().map(|&(_, row)| cost(row)).collect();
        let rows = first..first + own.len();
        first = rows.end;
        Candidate { rows, cost: statistics::quantile(&costs, 0.5).unwrap_or(f64::INFINITY) }
    };
    keyed.chunk_by(|a, b| a.0 == b.0).map(candidate).collect()
}

/// The problems that have rows.
fn present_problems<'a>(runs: &Runs<'a>, rows: &[usize]) -> Vec<&'a Problem> {
    let mut has_rows = vec![false; runs.problems.len()];
    for &row in rows {
        has_rows[runs.table.problem[row] as usize] = true;
    }
    runs.problems.iter().zip(has_rows).filter(|(_, has_rows)| *has_rows).map(|(problem, _)| problem).collect()
}
