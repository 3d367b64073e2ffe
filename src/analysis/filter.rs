//! Filters of runs, such as `optimizer=sgd`, and the keys of hyperparameters as users write them.

use super::errors::Error;
use super::runs::Runs;
use super::setting::Setting;
use crate::config::meant_key;
use crate::model::Parameter;
use crate::text;

/// The largest number of values that a message lists.
const LISTED: usize = 12;

/// A hyperparameter and the value that runs must have, as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    parameter: Parameter,
    value: String,
}

impl Filter {
    /// Reads pairs of key and value.
    ///
    /// # Errors
    ///
    /// If a key is unknown.
    pub fn parse(filters: &[(String, String)]) -> Result<Vec<Self>, Error> {
        filters.iter().map(|(key, value)| Ok(Self { parameter: parameter(key)?, value: value.clone() })).collect()
    }

    /// Whether a run has the value. `full` is a batch of all training rows; `none` is a hyperparameter that is off or that the run lacks.
    fn matches(&self, runs: &Runs<'_>, row: usize) -> bool {
        let setting = runs.setting(row, self.parameter);
        let is_full = self.parameter == Parameter::BatchSize && self.value.eq_ignore_ascii_case("full");
        if is_full { runs.batches(row) == 1 } else { setting.matches(&self.value) }
    }

    /// The filtered hyperparameter.
    pub fn parameter(&self) -> Parameter {
        self.parameter
    }

    fn label(&self) -> String {
        format!("{} = {}", self.parameter.key(), self.value)
    }
}

/// The filters in words: `optimizer = sgd and batch_size = 10`.
pub fn filters_label(filters: &[Filter]) -> String {
    text::list(&filters.iter().map(Filter::label).collect::<Vec<String>>())
}

/// Filters in words as a part of a file name: `optimizer = sgd` becomes `optimizer-sgd`.
pub fn slug(label: &str) -> String {
    let joined = label.replace(" = ", "-").replace(" and ", "-").replace(", ", "-");
    joined.chars().map(|c| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '_' }).collect()
}

/// The rows of the runs that match all filters, ascending.
///
/// # Errors
///
/// If no run matches, or if there are no runs.
pub fn filtered(runs: &Runs<'_>, filters: &[Filter]) -> Result<Vec<usize>, Error> {
    let all = runs.rows();
    if all.is_empty() {
        return Err(Error::NoRuns);
    }
    let rows: Vec<usize> = all.iter().copied().filter(|&row| filters.iter().all(|filter| filter.matches(runs, row))).collect();
    if !rows.is_empty() {
        return Ok(rows);
    }
    let available = |filter: &Filter| {
        let values: Vec<String> = runs.distinct_settings(&all, filter.parameter).iter().map(Setting::to_string).collect();
        let half = LISTED / 2;
        let shown = if values.len() > LISTED { [&values[..half], &["..".into()], &values[values.len() - half..]].concat() } else { values };
        format!("the values of {} are {}", filter.parameter.key(), shown.join(", "))
    };
    let available = filters.iter().map(available).collect::<Vec<String>>().join("; ");
    Err(Error::NoMatch { filter: filters_label(filters), available })
}

/// The hyperparameter with a key.
///
/// # Errors
///
/// If there is none; the error has the key that was probably meant.
pub fn parameter(key: &str) -> Result<Parameter, Error> {
    let exact = Parameter::all().find(|parameter| parameter.key() == key);
    exact.ok_or_else(|| {
        let known: Vec<&'static str> = Parameter::all().map(Parameter::key).collect();
        Error::UnknownKey { key: key.into(), nearest: meant_key(key, &known), known: text::list(&known) }
    })
}
