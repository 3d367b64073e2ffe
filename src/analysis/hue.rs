//! Which colour a run has: by the hyperparameter that a picture tells apart.

use super::draw;
use super::level::Level;
use super::sample::spread;
use super::view::{View, describe};
use crate::figure::{Color, LegendEntry, LegendShape};
use crate::model::Parameter;

/// The order in which hyperparameters are told apart by colour.
const FIRST: [Parameter; 3] = [Parameter::Optimizer, Parameter::LearningRate, Parameter::BatchSize];

/// Colours by level of one hyperparameter.
pub struct Hue {
    parameter: Option<Parameter>,
    levels: Vec<Level>,
}

impl Hue {
    /// By `style`, else by the first that varies over `rows` and is not among `shown`, which the picture tells apart otherwise.
    pub fn new(view: &View<'_>, rows: &[usize], style: Option<Parameter>, shown: &[Parameter]) -> Self {
        Self::few(view, rows, style, shown, usize::MAX)
    }

    /// The same among hyperparameters of at most so many values.
    pub fn few(view: &View<'_>, rows: &[usize], style: Option<Parameter>, shown: &[Parameter], most: usize) -> Self {
        let candidates = style.into_iter().chain(FIRST).chain(view.varied()).filter(|parameter| !shown.contains(parameter));
        for parameter in candidates {
            let levels = view.levels(rows, parameter);
            if (2..=most).contains(&levels.len()) {
                return Self { parameter: Some(parameter), levels };
            }
        }
        Self { parameter: None, levels: Vec::new() }
    }

    pub fn parameter(&self) -> Option<Parameter> {
        self.parameter
    }

    /// Where a row's level stands among the levels; 0 where nothing is told apart.
    pub fn position(&self, view: &View<'_>, row: usize) -> usize {
        self.parameter.and_then(|parameter| self.levels.binary_search(&view.level(row, parameter)).ok()).unwrap_or(0)
    }

    pub fn color(&self, view: &View<'_>, row: usize) -> Color {
        self.shade(self.position(view, row))
    }

    /// The colour of a position: a ramp for numbers, which have an order, else colours that differ.
    pub fn shade(&self, position: usize) -> Color {
        let numbers = self.levels.iter().filter(|level| level.number().is_some()).count();
        if self.levels.len() > 2 && numbers + 1 >= self.levels.len() || self.levels.len() > draw::CATEGORIES {
            draw::ramp(position as f64 / (self.levels.len() - 1) as f64)
        } else {
            draw::category(position)
        }
    }

    /// Entries for `most` levels, evenly spread where there are more.
    pub fn legend(&self, shape: LegendShape, most: usize) -> Vec<LegendEntry> {
        let Some(parameter) = self.parameter else { return Vec::new() };
        let entry = |position: usize| LegendEntry { label: describe(parameter, self.levels[position]), color: self.shade(position), shape };
        spread(self.levels.len(), most).map(entry).collect()
    }
}
