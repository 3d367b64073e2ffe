//! The table of runs as values: one column per hyperparameter and result, the schema of runs.parquet.
//!
//! It knows no files: `store` reads and writes them, `analysis` and `sweep` need only the values.

use crate::backend::Outcome;
use crate::model::{Kind, Parameter, Value, Verdict};

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
    /// The hyperparameters that the sweep varies, and always `optimizer`, `learning_rate` and `batch_size` ("full" is the number of
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
    pub crossings: Vec<u32>,
    /// After how many epochs a run came back to where it was, again and again.
    pub cycle_period: Vec<Option<u32>>,
    /// The first batch, from 1, whose result was outside.
    pub diverged_at: Vec<Option<u64>>,
}

impl RunTable {
    /// The rows at these positions.
    pub fn take(&self, rows: &[usize]) -> Self {
        fn of<T: Clone>(column: &[T], rows: &[usize]) -> Vec<T> {
            rows.iter().map(|&row| column[row].clone()).collect()
        }
        let settings = self.settings.iter().map(|(parameter, column)| {
            let column = match column {
                Column::Float(values) => Column::Float(of(values, rows)),
                Column::Integer(values) => Column::Integer(of(values, rows)),
                Column::Boolean(values) => Column::Boolean(of(values, rows)),
                Column::Text(values) => Column::Text(of(values, rows)),
            };
            (*parameter, column)
        });
        Self {
            run: of(&self.run, rows),
            problem: of(&self.problem, rows),
            settings: settings.collect(),
            initial_weight: of(&self.initial_weight, rows),
            initial_bias: of(&self.initial_bias, rows),
            weight: of(&self.weight, rows),
            bias: of(&self.bias, rows),
            steps: of(&self.steps, rows),
            train_loss: of(&self.train_loss, rows),
            test_loss: of(&self.test_loss, rows),
            train_mse: of(&self.train_mse, rows),
            test_mse: of(&self.test_mse, rows),
            train_mae: of(&self.train_mae, rows),
            test_mae: of(&self.test_mae, rows),
            verdict: of(&self.verdict, rows),
            reached_epoch: of(&self.reached_epoch, rows),
            excess: of(&self.excess, rows),
            crossings: of(&self.crossings, rows),
            cycle_period: of(&self.cycle_period, rows),
            diverged_at: of(&self.diverged_at, rows),
        }
    }

    /// Adds the rows of another table with the same hyperparameters behind these.
    pub fn append(&mut self, other: &Self) {
        if self.settings.is_empty() {
            self.settings = other.settings.iter().map(|(parameter, column)| (*parameter, column.like())).collect();
        }
        for ((_, column), (_, more)) in self.settings.iter_mut().zip(&other.settings) {
            column.append(more);
        }
        self.run.extend(&other.run);
        self.problem.extend(&other.problem);
        self.initial_weight.extend(&other.initial_weight);
        self.initial_bias.extend(&other.initial_bias);
        self.weight.extend(&other.weight);
        self.bias.extend(&other.bias);
        self.steps.extend(&other.steps);
        self.train_loss.extend(&other.train_loss);
        self.test_loss.extend(&other.test_loss);
        self.train_mse.extend(&other.train_mse);
        self.test_mse.extend(&other.test_mse);
        self.train_mae.extend(&other.train_mae);
        self.test_mae.extend(&other.test_mae);
        self.verdict.extend(&other.verdict);
        self.reached_epoch.extend(&other.reached_epoch);
        self.excess.extend(&other.excess);
        self.crossings.extend(&other.crossings);
        self.cycle_period.extend(&other.cycle_period);
        self.diverged_at.extend(&other.diverged_at);
    }
}

impl Column {
    /// An empty column of a hyperparameter's type.
    pub fn of(parameter: Parameter) -> Self {
        match parameter.facts().kind {
            Kind::Float { .. } | Kind::FloatOr { .. } => Self::Float(Vec::new()),
            Kind::Integer { .. } | Kind::IntegerOr { .. } => Self::Integer(Vec::new()),
            Kind::Boolean => Self::Boolean(Vec::new()),
            Kind::Choice(_) | Kind::Name(..) => Self::Text(Vec::new()),
        }
    }

    /// Adds a value; null where it is not of the column's type.
    pub fn push(&mut self, value: Option<Value>) {
        match (self, value) {
            (Self::Float(cells), Some(Value::Float(value))) => cells.push(Some(value)),
            (Self::Float(cells), Some(Value::Integer(value))) => cells.push(Some(value as f64)),
            (Self::Integer(cells), Some(Value::Integer(value))) => cells.push(Some(value)),
            (Self::Boolean(cells), Some(Value::Boolean(value))) => cells.push(Some(value)),
            (Self::Text(cells), Some(Value::Choice(word))) => cells.push(Some(word)),
            (Self::Float(cells), _) => cells.push(None),
            (Self::Integer(cells), _) => cells.push(None),
            (Self::Boolean(cells), _) => cells.push(None),
            (Self::Text(cells), _) => cells.push(None),
        }
    }

    /// Adds the last cell so many times more.
    pub fn again(&mut self, more: usize) {
        fn again<T: Copy>(cells: &mut Vec<Option<T>>, more: usize) {
            let last = cells.last().copied().flatten();
            cells.resize(cells.len() + more, last);
        }
        match self {
            Self::Float(cells) => again(cells, more),
            Self::Integer(cells) => again(cells, more),
            Self::Boolean(cells) => again(cells, more),
            Self::Text(cells) => again(cells, more),
        }
    }

    /// Adds the cells of another column of the same type.
    pub fn append(&mut self, other: &Self) {
        match (self, other) {
            (Self::Float(cells), Self::Float(more)) => cells.extend(more),
            (Self::Integer(cells), Self::Integer(more)) => cells.extend(more),
            (Self::Boolean(cells), Self::Boolean(more)) => cells.extend(more),
            (Self::Text(cells), Self::Text(more)) => cells.extend(more),
            _ => {}
        }
    }

    /// An empty column of the same type.
    fn like(&self) -> Self {
        match self {
            Self::Float(_) => Self::Float(Vec::new()),
            Self::Integer(_) => Self::Integer(Vec::new()),
            Self::Boolean(_) => Self::Boolean(Vec::new()),
            Self::Text(_) => Self::Text(Vec::new()),
        }
    }
}

/// A run whose epochs or history are written: where its rows stand in a group's outcome.
#[derive(Clone, Copy, Debug)]
pub struct Selected<'a> {
    pub run: u64,
    pub outcome: &'a Outcome,
    /// The run's position in the group.
    pub lane: usize,
}
