//! The mathematics: each rule as one scalar text over `f32 | f64`, with its WGSL twin of the same name under `shaders/`.
//!
//! Lanes are loops around these functions (`backend::cpu`). This room knows no threads, devices or files.

pub mod activations;
pub mod blocks;
pub mod cases;
pub mod coefficients;
pub mod cycle;
pub mod direct;
pub mod functions;
pub mod layout;
pub mod losses;
pub mod neuron;
pub mod optimizers;
pub mod options;
pub mod real;
pub mod schedules;
pub mod stages;

pub use activations::Response;
pub use coefficients::{Clock, Hyper, Ticker, Timing, hyper};
pub use direct::Direct;
pub use functions::Functions;
pub use losses::{Algebraic, Form, Penalty};
pub use optimizers::{Rule, State, Variant};
pub use options::Options;
pub use real::{Number, Real};
pub use schedules::Rates;
pub use stages::Stages;
