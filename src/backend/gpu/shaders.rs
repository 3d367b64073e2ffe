//! The WGSL modules, composed: files are concatenated, the optimizer is chosen by file, its variant by override constants.

use crate::model::Optimizer;

const NEURON: &str = include_str!("../../../shaders/neuron.wgsl");
const ERRORS: &str = include_str!("../../../shaders/errors.wgsl");
const BLOCKS: &str = include_str!("../../../shaders/blocks.wgsl");
const TRAIN: &str = include_str!("../../../shaders/train_moments.wgsl");
const METRICS: &str = include_str!("../../../shaders/metrics.wgsl");
const SURFACE: &str = include_str!("../../../shaders/surface.wgsl");

/// The mathematics without a loop around it: the neuron and an optimizer's rule. `tests/twins.rs` appends its own entry points.
pub fn functions(optimizer: Optimizer) -> String {
    [NEURON, rule(optimizer)].concat()
}

/// An optimizer's file.
fn rule(optimizer: Optimizer) -> &'static str {
    match optimizer {
        Optimizer::Sgd => include_str!("../../../shaders/optimizers/sgd.wgsl"),
        Optimizer::Rmsprop => include_str!("../../../shaders/optimizers/rmsprop.wgsl"),
        Optimizer::Adam => include_str!("../../../shaders/optimizers/adam.wgsl"),
    }
}

/// The training module of an optimizer.
pub fn training(optimizer: Optimizer) -> String {
    [NEURON, ERRORS, BLOCKS, rule(optimizer), TRAIN].concat()
}

pub fn metrics() -> String {
    [NEURON, ERRORS, METRICS].concat()
}

pub fn surface() -> String {
    SURFACE.to_owned()
}

/// Every module that is ever handed to a device, by name.
pub fn composed() -> Vec<(String, String)> {
    let training = Optimizer::ALL.map(|optimizer| (format!("train_moments with {}", optimizer.name()), training(optimizer)));
    training.into_iter().chain([("metrics".to_owned(), metrics()), ("surface".to_owned(), surface())]).collect()
}
