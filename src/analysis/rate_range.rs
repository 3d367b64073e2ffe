//! The learning rates around the best one that are nearly as good, and whether the range of the sweep ends too early.

use rustc_hash::FxHashMap;

use super::levels::Levels;
use super::ranking::{Candidate, Ranking};
use super::runs::{Runs, is_seed};
use super::sentences::creeps_along_valley;
use super::setting::Setting;
use crate::model::problem::VARIANCE_TOLERANCE;
use crate::model::{Parameter, Verdict};

/// Two settings are nearly equally good if their J are equal within this fraction.
const NEARLY: f64 = 0.05;
/// A range is extended by this factor.
const EXTENSION: f64 = 10.0;

/// The learning rates around the best candidate of a group.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RateRange {
    /// The smallest and the largest of the neighbouring rates with nearly the best J; `None` without other rates.
    pub good: Option<[f64; 2]>,
    /// The rate to which the sweep should be extended, if the best rate is the smallest or the largest and misses the optimum, unless other rates
    /// cannot help: in a long valley, and where a slow run has the smallest rate.
    pub extend_to: Option<f64>,
}

/// The learning rates of a ranking, with the settings that they share.
pub struct RateRanges<'a> {
    runs: Runs<'a>,
    ranking: &'a Ranking<'a>,
    /// Rate and cost of the candidates that differ in the learning rate alone, in ascending order of rates, by their first run. In a sampled sweep, where
    /// no two runs differ in the learning rate alone, of all candidates with one value of the compared hyperparameter, by its position.
    rates: FxHashMap<u64, Vec<(f64, f64)>>,
    /// The compared hyperparameter and its values, in a sampled sweep.
    sampled: Option<(Parameter, Vec<Setting>)>,
}

impl<'a> RateRanges<'a> {
    /// Collects the learning rates of a ranking by a hyperparameter. They are empty if the sweep does not vary them, and in a comparison of learning
    /// rates, whose rows have one rate each.
    pub fn new(ranking: &'a Ranking<'a>, by: Parameter) -> Self {
        let mut ranges = Self { runs: ranking.runs(), ranking, rates: FxHashMap::default(), sampled: None };
        let is_sampled = ranges.runs.experiment.space.sampling().is_some();
        if is_sampled {
            ranges.sampled = Some((by, ranges.runs.distinct_settings(&ranking.first_rows(), by)));
        }
        if is_sampled && by != Parameter::LearningRate && ranges.runs.bins(by).is_none() {
            for candidate in ranking.candidates() {
                let Some(rate) = ranges.rate(candidate) else { continue };
                ranges.rates.entry(ranges.first_like(candidate)).or_default().push((rate, candidate.cost));
            }
        } else if !is_sampled && ranges.runs.varies(Parameter::LearningRate) && by != Parameter::LearningRate {
            let Levels { settings, positions } = ranges.runs.levels(&ranking.first_rows(), Parameter::LearningRate);
            for (candidate, position) in ranking.candidates().iter().zip(positions) {
                let Some(rate) = settings[position as usize].number() else { continue };
                ranges.rates.entry(ranges.first_like(candidate)).or_default().push((rate, candidate.cost));
            }
        }
        for rates in ranges.rates.values_mut() {
            rates.sort_by(|a, b| a.0.total_cmp(&b.0));
            rates.dedup_by(|a, b| a.0 == b.0);
        }
        ranges
    }

    /// The range around a candidate, among the candidates that differ from it in the learning rate alone.
    pub fn around(&self, best: &Candidate) -> RateRange {
        let rates = self.rates.get(&self.first_like(best)).map_or(&[][..], Vec::as_slice);
        let position = self.rate(best).and_then(|own| rates.binary_search_by(|(rate, _)| rate.total_cmp(&own)).ok());
        let Some(position) = position.filter(|_| rates.len() > 1 && best.cost.is_finite()) else { return RateRange::default() };
        let (runs, row) = (&self.runs, self.ranking.representative(best));
        let largest_cost = best.cost + NEARLY * runs.mean_loss(row).abs() + VARIANCE_TOLERANCE * runs.problem(row).quadratic.var_y;
        if self.sampled.is_some() {
            let mut good = rates.iter().filter(|(_, cost)| *cost <= largest_cost).map(|(rate, _)| *rate);
            let lowest = good.next().unwrap_or(rates[position].0);
            return RateRange { good: Some([lowest, good.next_back().unwrap_or(lowest)]), extend_to: None };
        }
        let is_good = |&&(_, cost): &&(f64, f64)| cost <= largest_cost;
        let below = rates[..position].iter().rev().take_while(is_good).count();
        let above = rates[position + 1..].iter().take_while(is_good).count();
        let best_rate = rates[position].0;
        let extend_to = if position == 0 {
            Some(best_rate / EXTENSION).filter(|_| runs.table.verdict[row] != Verdict::Slow)
        } else if position + 1 == rates.len() {
            let limit = runs.stability_limit(row).unwrap_or(f64::INFINITY);
            Some(limit.min(EXTENSION * best_rate)).filter(|end| *end >= 2.0 * best_rate)
        } else {
            None
        };
        let misses = runs.table.verdict[row] != Verdict::Converged && best_rate > 0.0 && runs.surface(row).optimum().is_some();
        let is_useful = misses && !creeps_along_valley(runs, row);
        RateRange { good: Some([rates[position - below].0, rates[position + above].0]), extend_to: extend_to.filter(|_| is_useful) }
    }

    fn rate(&self, candidate: &Candidate) -> Option<f64> {
        self.runs.setting(self.ranking.rows(candidate)[0], Parameter::LearningRate).number()
    }

    /// The first run with the settings of a candidate, apart from its learning rate and seeds; in a sampled sweep the position of its value of the
    /// compared hyperparameter.
    fn first_like(&self, candidate: &Candidate) -> u64 {
        if let Some((by, settings)) = &self.sampled {
            let own = self.runs.setting(self.ranking.rows(candidate)[0], *by);
            return settings.binary_search(&own).unwrap_or(0) as u64;
        }
        let is_ignored = |parameter| parameter == Parameter::LearningRate || is_seed(parameter);
        self.runs.experiment.space.first_like(self.runs.table.run[self.ranking.rows(candidate)[0]], is_ignored)
    }
}
