//! The closing words of a sweep.

use serde::Serialize;

use crate::config::Experiment;
use crate::model::Problem;
use crate::store::RunTable;

/// A run among the best.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Best {
    pub run: u64,
    /// What it was trained with, as far as the sweep varies it: `optimizer sgd, learning_rate 0.1`.
    pub settings: String,
    pub train_loss: f64,
    pub weight: f64,
    pub bias: f64,
    pub verdict: &'static str,
    /// The first epoch, from 0, at whose end it was within reach of the optimum.
    pub reached_epoch: Option<u32>,
}

/// What a sweep showed. Its `Display` is the text that ends a run on stdout.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Diagnosis {
    /// Runs by verdict, in the order of `Verdict::ALL`; those without a run are left out.
    pub counts: Vec<(&'static str, u64)>,
    /// The runs with the lowest loss, best first.
    pub best: Vec<Best>,
    pub sentence: String,
    /// The argument of `--set` that the sentence ends on: `KEY=VALUE`.
    pub remedy: Option<String>,
}

/// Judges a sweep by the ends of its runs.
pub fn diagnosis(experiment: &Experiment, problems: &[Problem], runs: &RunTable) -> Diagnosis {
    Diagnosis { counts: Vec::new(), best: Vec::new(), sentence: String::new(), remedy: None }
}

impl std::fmt::Display for Diagnosis {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.sentence)
    }
}
