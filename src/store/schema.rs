//! The columns of runs.parquet, as values.

use crate::backend::Outcome;
use crate::model::{Parameter, Verdict};

/// A column of a hyperparameter, a value per run; `None` is null: the run does not have it.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    Float(Vec<Option<f64>>),
    Integer(Vec<Option<i64>>),
    Boolean(Vec<Option<bool>>),
    Text(Vec<Option<&'static str>>),
}

/// Rows of runs.parquet: consecutive runs. Numbers that are not finite are nulls in the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunTable {
    /// Run numbers, ascending.
    pub run: Vec<u64>,
    /// The run's problem, by its number in problems.parquet.
    pub problem: Vec<u32>,
    /// The hyperparameters that the sweep varies, and always optimizer, learning_rate and batch_size ("full" is the number of
    /// training rows), under their keys.
    pub settings: Vec<(Parameter, Column)>,
    pub initial_weight: Vec<f32>,
    pub initial_bias: Vec<f32>,
    pub weight: Vec<f32>,
    pub bias: Vec<f32>,
    /// Updates that count: all, or one less than `diverged_at`.
    pub steps: Vec<u64>,
    /// NaN stands for null: no test rows, or beyond float32.
    pub train_loss: Vec<f32>,
    pub test_loss: Vec<f32>,
    pub train_mse: Vec<f32>,
    pub test_mse: Vec<f32>,
    pub train_mae: Vec<f32>,
    pub test_mae: Vec<f32>,
    pub verdict: Vec<Verdict>,
    /// The first epoch, from 0, at whose end J was within reach of the optimum.
    pub reached_epoch: Vec<Option<u32>>,
    /// J − J* on the training rows at the row's (weight, bias).
    pub excess: Vec<f32>,
    /// Steps of the last epoch that passed the minimum along the step, and how many steps it has.
    pub passes: Vec<u32>,
    /// The first batch, from 1, whose result was outside.
    pub diverged_at: Vec<Option<u64>>,
}

/// A run whose epochs or history are written: where its rows stand in a group's outcome.
#[derive(Clone, Copy, Debug)]
pub struct Selected<'a> {
    pub run: u64,
    pub outcome: &'a Outcome,
    /// The run's position in the group.
    pub lane: usize,
}
