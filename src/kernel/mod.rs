//! The formulas of training: update rules, activations, losses, gradients and cycle detection.
//!
//! Each formula is written once, generic over [`Number`], which is f32, f64 or a SIMD vector. It has a WGSL twin of equal name under
//! `shaders/`. This module contains no threads, devices or files.

pub mod activations;
pub mod blocks;
pub mod cases;
pub mod coefficients;
pub mod cycle;
pub mod functions;
pub mod layout;
pub mod losses;
pub mod moments;
pub mod number;
pub mod optimizers;
pub mod options;
pub mod rounding;
pub mod rows;
pub mod schedules;
pub mod verdict_window;

pub use activations::ActivationFn;
pub use coefficients::{Coefficients, FactorInputs, StepFactorGenerator, StepFactors, coefficients};
pub use losses::{LossFn, LossForm};
pub use number::{Float32, Functions, Mask, Number};
pub use optimizers::{Rule, State, Update, Variant};
pub use options::Options;
pub use rows::RowEvaluator;
pub use schedules::RateSchedule;
pub use verdict_window::{MAX_ROW_POINTS, VerdictWindow, WindowPart};
