//! The varied hyperparameters with their values.

use serde::Serialize;

use super::heatmap_grid::VALUES;
use super::sample::spread;
use super::setting::Setting;
use super::sweep::Sweep;
use crate::figure::Scale;
use crate::model::{Parameter, Scale as ParameterScale};

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

/// The varied hyperparameters, seeds included.
pub fn axis_values(sweep: &Sweep<'_>) -> Vec<AxisValues> {
    let runs = sweep.table();
    let rows = runs.rows();
    let axis = |parameter: Parameter| {
        let all = runs.distinct_settings(&rows, parameter);
        let is_positive = all.iter().filter_map(|value| value.number()).all(|number| number > 0.0);
        let is_log = parameter.facts().scale == ParameterScale::Log && is_positive;
        AxisValues {
            key: parameter.key(),
            scale: if is_log { Scale::Log } else { Scale::Linear },
            values: spread(all.len(), VALUES).map(|position| all[position]).collect(),
        }
    };
    runs.experiment.space.varied().into_iter().map(axis).collect()
}
