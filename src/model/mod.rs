//! The words of training: optimizers, hyperparameters, the problem that a run solves, its quadratic, and the verdict on a run.
//!
//! This room knows bounds, defaults and rules of judgement. It does not know TOML, run indices, or how a step is computed.

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
pub use problem::{Problem, Rows};
pub use quadratic::Quadratic;
pub use schedule::Schedule;
pub use settings::{MissingParameter, Settings};
pub use verdict::{RunStatistics, Verdict};
