//! The vocabulary of training: optimizers, hyperparameters, the problem that a run solves, its optimum, and the verdict on a run.
//!
//! This module defines bounds, defaults and verdicts. It does not depend on configs, run numbers, or the computation of steps.

#[macro_use]
mod named;

pub mod activation;
pub mod hyperparameters;
pub mod initializer;
pub mod loss;
pub mod neuron;
pub mod optimizer;
pub mod optimum;
pub mod parameter;
pub mod params;
pub mod path;
pub mod precision;
pub mod problem;
pub mod quadratic;
pub mod schedule;
pub mod settings;
pub mod verdict;

pub use activation::Activation;
pub use initializer::{Initializer, Start};
pub use loss::Loss;
pub use neuron::Neuron;
pub use optimizer::Optimizer;
pub use optimum::{Curvature, Optimum};
pub use parameter::{Kind, Parameter, ParameterTable, Scale, Value};
pub use params::{PARAMS, Params};
pub use path::{EpochMetrics, Path};
pub use problem::{Problem, ProblemKey, Rows};
pub use quadratic::Quadratic;
pub use schedule::Schedule;
pub use settings::{MissingParameter, Settings};
pub use verdict::{Figures, RunStatistics, Verdict, VerdictRule, WindowMeans};
