//! The values of the varied hyperparameters, and the axes of heatmaps.

use serde::Serialize;

use super::levels::Levels;
use super::runs::Runs;
use super::sample::spread;
use super::setting::Setting;
use super::sweep::Sweep;
use crate::figure::ticks::axis;
use crate::figure::{Axis, Scale, Tick};
use crate::model::{Parameter, Scale as ParameterScale};

/// The largest number of values on an axis.
const VALUES: usize = 1_000;

/// The deviation from equal distances, relative to the distance, up to which values are drawn on a numeric axis.
const UNEVEN: f64 = 0.02;

/// A varied hyperparameter with its distinct values.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AxisValues {
    /// The key of the hyperparameter.
    pub key: &'static str,
    /// Logarithmic for positive values of a hyperparameter that is usually varied by factors.
    pub scale: Scale,
    /// At most as many evenly spread values as a heatmap has columns, in order.
    pub values: Vec<Setting>,
}

impl AxisValues {
    /// An axis for some values, in order.
    fn new(parameter: Parameter, all: &[Setting]) -> Self {
        let lowest = all.iter().find_map(|value| value.number());
        let is_log = parameter.facts().scale == ParameterScale::Log && lowest.is_some_and(|lowest| lowest > 0.0);
        Self {
            key: parameter.key(),
            scale: if is_log { Scale::Log } else { Scale::Linear },
            values: spread(all.len(), VALUES).map(|position| all[position]).collect(),
        }
    }
}

/// The varied hyperparameters, seeds included.
pub fn axis_values(sweep: &Sweep<'_>) -> Vec<AxisValues> {
    let runs = sweep.table();
    let rows = runs.rows();
    let axis = |parameter: Parameter| AxisValues::new(parameter, &runs.distinct_settings(&rows, parameter));
    runs.experiment.space.varied().into_iter().map(axis).collect()
}

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
    pub fn new(runs: &Runs<'_>, rows: &[usize], parameter: Parameter) -> (Self, Vec<Option<usize>>) {
        let Levels { settings: all, positions } = with_empty_bins(runs, parameter, runs.levels(rows, parameter));
        let AxisValues { values: settings, scale, .. } = AxisValues::new(parameter, &all);
        let mut places: Vec<Option<usize>> = vec![None; all.len()];
        for (place, position) in spread(all.len(), VALUES).enumerate() {
            places[position] = Some(place);
        }
        let positions: Vec<Option<usize>> = positions.into_iter().map(|position| places[position as usize]).collect();
        let mut examples = vec![rows[0]; settings.len()];
        for (&row, position) in rows.iter().zip(&positions).rev() {
            if let Some(position) = *position {
                examples[position] = row;
            }
        }
        let numbers: Vec<f64> = settings.iter().filter_map(|setting| setting.number()).collect();
        let scaled = |value: f64| if scale == Scale::Log { libm::log10(value) } else { value };
        let unscaled = |value: f64| if scale == Scale::Log { libm::exp10(value) } else { value };
        let [first, last] = [numbers.first(), numbers.last()].map(|end| end.map_or(0.0, |&end| scaled(end)));
        let step = (last - first) / (numbers.len().max(2) - 1) as f64;
        let is_even = |(position, &value): (usize, &f64)| (scaled(value) - first - step * position as f64).abs() <= UNEVEN * step;
        let is_numeric = numbers.len() == settings.len() && numbers.len() > 1 && numbers.iter().enumerate().all(is_even);
        let axis = if is_numeric {
            axis(parameter.key(), scale, [unscaled(first - step / 2.0), unscaled(last + step / 2.0)])
        } else {
            let ticks = spread(settings.len(), 12).map(|at| Tick { at: at as f64, label: settings[at].to_string() }).collect();
            let range = [-0.5, settings.len() as f64 - 0.5];
            Axis { label: parameter.key().into(), scale: Scale::Linear, range, ticks }
        };
        (Self { parameter, settings, examples, count: all.len(), axis, is_numeric }, positions)
    }

    /// The position of a run's value; `None` if it is left out.
    pub fn position(&self, runs: &Runs<'_>, row: usize) -> Option<usize> {
        self.settings.binary_search(&runs.level(row, self.parameter)).ok()
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

/// The levels, with the empty bins between the first and the last one, so that cells have equal distances.
fn with_empty_bins(runs: &Runs<'_>, parameter: Parameter, levels: Levels) -> Levels {
    let Some(bins) = runs.bins(parameter) else { return levels };
    let (first, last) = (levels.settings.first().copied(), levels.settings.last().copied());
    let between = |bin: &Setting| first.is_some_and(|first| first <= *bin) && last.is_some_and(|last| *bin <= last);
    let mut settings: Vec<Setting> = bins.all().into_iter().filter(between).chain(levels.settings.iter().copied()).collect();
    settings.sort_unstable();
    settings.dedup();
    let places: Vec<u32> = levels.settings.iter().map(|own| settings.partition_point(|setting| setting < own) as u32).collect();
    Levels { positions: levels.positions.iter().map(|&position| places[position as usize]).collect(), settings }
}
