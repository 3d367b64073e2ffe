//! The colour of a run: by the hyperparameter that a figure distinguishes.

use super::runs::{Runs, setting_label};
use super::sample::spread;
use super::setting::Setting;
use crate::figure::{Color, Dash, LegendEntry, LegendShape, palette};
use crate::model::Parameter;

/// The hyperparameters that are preferred for colours, in this order.
const PREFERRED: [Parameter; 4] = [Parameter::Optimizer, Parameter::ScheduleName, Parameter::LearningRate, Parameter::BatchSize];

/// Hyperparameters whose values are names that need no key.
const NAMES: [Parameter; 4] = [Parameter::Optimizer, Parameter::ScheduleName, Parameter::Activation, Parameter::Loss];

/// Up to this number of ordered values, each one has a legend entry; the number of entries for more values.
const ALL_NUMBERS: usize = 8;
const NUMBERS: usize = 6;

/// A colour and a dash for each value of one hyperparameter.
pub struct ColorBy {
    parameter: Option<Parameter>,
    settings: Vec<Setting>,
    /// The category of all runs if there is no hyperparameter to distinguish: that of their optimizer.
    single: usize,
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
        let single = rows.first().and_then(|&row| runs.optimizer(row)).map_or(0, |optimizer| optimizer as usize);
        for parameter in candidates {
            let settings = runs.distinct_settings(rows, parameter);
            if (2..=limit).contains(&settings.len()) {
                return Self { parameter: Some(parameter), settings, single };
            }
        }
        Self { parameter: None, settings: Vec::new(), single }
    }

    /// The number of values that colours distinguish.
    pub fn values(&self) -> usize {
        self.settings.len()
    }

    /// The hyperparameter; `None` if all runs have one colour.
    pub fn parameter(&self) -> Option<Parameter> {
        self.parameter
    }

    /// The position of a run's value among the values; 0 if all runs have one colour.
    pub fn position(&self, runs: &Runs<'_>, row: usize) -> usize {
        self.parameter.and_then(|parameter| self.settings.binary_search(&runs.level(row, parameter)).ok()).unwrap_or(0)
    }

    /// The colour of a run.
    pub fn color(&self, runs: &Runs<'_>, row: usize) -> Color {
        self.color_at(self.position(runs, row))
    }

    /// The dash of a run's lines.
    pub fn dash(&self, runs: &Runs<'_>, row: usize) -> Dash {
        self.dash_at(self.position(runs, row))
    }

    /// The colour of a position: from a ramp for numbers, which have an order, else from the palette of categories.
    pub fn color_at(&self, position: usize) -> Color {
        match self.category(position) {
            Some(category) => palette::category(category),
            None => palette::sequence(position as f64 / (self.settings.len() - 1) as f64),
        }
    }

    /// The dash of a position. Lines of ordered values are solid.
    pub fn dash_at(&self, position: usize) -> Dash {
        self.category(position).map_or(Dash::Solid, palette::category_dash)
    }

    /// The category of a position; `None` for ordered values. A word keeps its category in every figure and sweep: its place among the words
    /// that the hyperparameter accepts.
    fn category(&self, position: usize) -> Option<usize> {
        let Some(parameter) = self.parameter else { return Some(self.single) };
        if self.are_numbers() {
            return None;
        }
        let words = parameter.facts().kind.words();
        match self.settings[position] {
            Setting::Word(word) => Some(words.iter().position(|known| *known == word).unwrap_or(position)),
            Setting::Absent | Setting::Number(_) | Setting::Range { .. } | Setting::Drawn(_) => Some(words.len() + position),
        }
    }

    /// Whether the values are numbers, except for at most one word such as `full`.
    fn are_numbers(&self) -> bool {
        let numbers = self.settings.iter().filter(|setting| setting.number().is_some()).count();
        numbers + 1 >= self.settings.len()
    }

    /// The legend of the lines of some runs. If all lines have one colour, it names the run, or the optimizer of several runs.
    pub fn legend(&self, runs: &Runs<'_>, drawn: &[usize]) -> Vec<LegendEntry> {
        if self.parameter.is_none() {
            let Some(&row) = drawn.first() else { return Vec::new() };
            let label = if drawn.len() == 1 { runs.name(row) } else { runs.setting(row, Parameter::Optimizer).to_string() };
            return vec![LegendEntry { label, color: self.color_at(0), shape: LegendShape::Line(self.dash_at(0)) }];
        }
        let positions: Vec<usize> = drawn.iter().map(|&row| self.position(runs, row)).collect();
        self.entries(positions).into_iter().map(|(_, entry)| entry).collect()
    }

    /// The legend entries of some positions: of all words, or of a few evenly spaced numbers. Empty without a hyperparameter.
    pub fn entries(&self, mut positions: Vec<usize>) -> Vec<(usize, LegendEntry)> {
        let Some(parameter) = self.parameter else { return Vec::new() };
        positions.sort_unstable();
        positions.dedup();
        let entry = |position: usize| {
            let label = match self.settings[position] {
                // A name tells its hyperparameter.
                Setting::Word(word) if NAMES.contains(&parameter) && word != "none" => word.to_owned(),
                setting => setting_label(parameter, setting),
            };
            (position, LegendEntry { label, color: self.color_at(position), shape: LegendShape::Line(self.dash_at(position)) })
        };
        let limit = if self.are_numbers() && positions.len() > ALL_NUMBERS { NUMBERS } else { positions.len() };
        spread(positions.len(), limit).map(|place| entry(positions[place])).collect()
    }
}
