//! The colour of a run: by the hyperparameter that a figure distinguishes.

use super::runs::{Runs, setting_label};
use super::sample::spread;
use super::setting::Setting;
use crate::figure::{Color, LegendEntry, LegendShape, palette};
use crate::model::Parameter;

/// The hyperparameters that are preferred for colours, in this order.
const PREFERRED: [Parameter; 3] = [Parameter::Optimizer, Parameter::LearningRate, Parameter::BatchSize];

/// A colour for each value of one hyperparameter.
pub struct ColorBy {
    parameter: Option<Parameter>,
    settings: Vec<Setting>,
}

impl ColorBy {
    /// Colours by `style`, else by the first hyperparameter that varies over the rows and is not in `shown`, the ones that the figure shows
    /// by other means.
    pub fn new(runs: &Runs<'_>, rows: &[usize], style: Option<Parameter>, shown: &[Parameter]) -> Self {
        Self::with_limit(runs, rows, style, shown, usize::MAX)
    }

    /// Colours as [`ColorBy::new`], by a hyperparameter with up to `limit` values.
    pub fn with_limit(runs: &Runs<'_>, rows: &[usize], style: Option<Parameter>, shown: &[Parameter], limit: usize) -> Self {
        let candidates = style.into_iter().chain(PREFERRED).chain(runs.varied()).filter(|parameter| !shown.contains(parameter));
        for parameter in candidates {
            let settings = runs.distinct_settings(rows, parameter);
            if (2..=limit).contains(&settings.len()) {
                return Self { parameter: Some(parameter), settings };
            }
        }
        Self { parameter: None, settings: Vec::new() }
    }

    /// The hyperparameter; `None` if all runs have one colour.
    pub fn parameter(&self) -> Option<Parameter> {
        self.parameter
    }

    /// The position of a run's value among the values; 0 if all runs have one colour.
    pub fn position(&self, runs: &Runs<'_>, row: usize) -> usize {
        self.parameter.and_then(|parameter| self.settings.binary_search(&runs.setting(row, parameter)).ok()).unwrap_or(0)
    }

    /// The colour of a run.
    pub fn color(&self, runs: &Runs<'_>, row: usize) -> Color {
        self.color_at(self.position(runs, row))
    }

    /// The colour of a position: from a ramp for numbers, which have an order, else from the categorical palette.
    pub fn color_at(&self, position: usize) -> Color {
        if self.settings.len() > 2 && self.are_numbers() || self.settings.len() > palette::CATEGORY_COUNT {
            palette::sequence(position as f64 / (self.settings.len() - 1) as f64)
        } else {
            palette::category(position)
        }
    }

    /// Whether the values are numbers, except for at most one word such as `full`.
    fn are_numbers(&self) -> bool {
        let numbers = self.settings.iter().filter(|setting| setting.number().is_some()).count();
        numbers + 1 >= self.settings.len()
    }

    /// A sentence on the colours that a legend of `limit` entries does not name; `None` for numbers, whose colours are ordered.
    pub fn legend_note(&self, limit: usize) -> Option<String> {
        let parameter = self.parameter.filter(|_| self.settings.len() > limit && !self.are_numbers())?;
        Some(format!("The legend names {limit} of {} values of {}", self.settings.len(), parameter.key()))
    }

    /// Legend entries for up to `limit` evenly spaced values.
    pub fn legend(&self, shape: LegendShape, limit: usize) -> Vec<LegendEntry> {
        let Some(parameter) = self.parameter else { return Vec::new() };
        let entry = |position: usize| {
            let label = setting_label(parameter, self.settings[position]);
            LegendEntry { label, color: self.color_at(position), shape }
        };
        spread(self.settings.len(), limit).map(entry).collect()
    }
}
