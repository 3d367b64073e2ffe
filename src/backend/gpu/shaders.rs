//! The WGSL modules, composed: files are concatenated, the optimizer is chosen by file, its variant by override constants.

use super::shape::Shape;
use super::unroll::unrolled;
use crate::kernel::{Coefficients, LossForm, Rule, State, Variant};
use crate::model::{Activation, Loss, Neuron, Optimizer};
use crate::with_rule;

const ACTIVATIONS: &str = include_str!("../../../shaders/activations.wgsl");
const DIRECT: &str = include_str!("../../../shaders/rows.wgsl");
const LOSSES: &str = include_str!("../../../shaders/losses.wgsl");
const NEURON: &str = include_str!("../../../shaders/moments.wgsl");
const FUNCTIONS: &str = include_str!("../../../shaders/functions.wgsl");
const OPTIONS: &str = include_str!("../../../shaders/options.wgsl");
const RULES: &str = include_str!("../../../shaders/optimizers/mod.wgsl");
const ERRORS: &str = include_str!("../../../shaders/errors.wgsl");
const BLOCKS: &str = include_str!("../../../shaders/blocks.wgsl");
const CYCLE: &str = include_str!("../../../shaders/cycle.wgsl");
const RUN: &str = include_str!("../../../shaders/run.wgsl");
const TRAIN: &str = include_str!("../../../shaders/train_moments.wgsl");
const MOMENTS: &str = include_str!("../../../shaders/sources/moments.wgsl");
const ROWS: &str = include_str!("../../../shaders/sources/rows.wgsl");
const GENERATOR: &str = include_str!("../../../shaders/data/generator.wgsl");
const FLOAT64: &str = include_str!("../../../shaders/data/float64.wgsl");
const WINDOW: &str = include_str!("../../../shaders/data/window.wgsl");
const ORDER: &str = include_str!("../../../shaders/data/order.wgsl");
const BATCH_MOMENTS: &str = include_str!("../../../shaders/data/moments.wgsl");
const ROWS_IN_ORDER: &str = include_str!("../../../shaders/data/rows.wgsl");
const METRICS: &str = include_str!("../../../shaders/metrics.wgsl");
const LIMITS: &str = include_str!("../../../shaders/limits.wgsl");
const SURFACE: &str = include_str!("../../../shaders/surface.wgsl");

/// The mathematics without a loop around it: the neuron and an optimizer's rule. `tests/conditional/twins.rs` appends its own entry points.
pub fn functions(optimizer: Optimizer) -> String {
    [NEURON, &rule(Variant::whole(optimizer)), OPTIONS].concat()
}

/// The watch of a cycle.
pub fn watching() -> String {
    CYCLE.to_owned()
}

/// Elementary functions, activations and losses.
pub fn elementary() -> String {
    [FUNCTIONS, ACTIVATIONS, LOSSES].concat()
}

/// The first slots of hyperparameters and state, which are all that a variant of a rule knows, and how its state begins.
pub struct Used {
    pub coefficients: usize,
    pub state: usize,
    pub initial: Option<fn(&Coefficients<f32>) -> State<f32>>,
}

impl Used {
    pub fn of(variant: Variant) -> Self {
        with_rule!(variant, R => Self { coefficients: R::COEFFICIENTS, state: R::STATE, initial: R::INITIAL.then_some(R::initial) })
    }
}

/// What makes the batches of joined orders on the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Making {
    /// Shuffles the rows.
    Order,
    /// Sums the moments of batches.
    Moments,
    /// Puts rows in batch order.
    Rows,
}

impl Making {
    pub const ALL: [Self; 3] = [Self::Order, Self::Moments, Self::Rows];

    /// The name of the entry point.
    pub fn entry(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::Moments => "moments",
            Self::Rows => "rows_in_order",
        }
    }

    pub fn module(self) -> String {
        let own = match self {
            Self::Order => [GENERATOR, WINDOW, ORDER].concat(),
            Self::Moments => [FLOAT64, WINDOW, BATCH_MOMENTS].concat(),
            Self::Rows => [WINDOW, ROWS_IN_ORDER].concat(),
        };
        cut(Shape::PLAIN) + &own
    }
}

/// What batches are made with: the generator of orders, and sums in float64.
pub fn batch_functions() -> String {
    [GENERATOR, FLOAT64].concat()
}

/// A variant of an optimizer's rule, as `step`.
fn rule(variant: Variant) -> String {
    let optimizer = variant.optimizer;
    macro_rules! files {
        ($($name:literal),*) => {
            [$(include_str!(concat!("../../../shaders/optimizers/", $name, ".wgsl"))),*].concat()
        };
    }
    let own = match optimizer {
        Optimizer::Sgd => files!("sgd"),
        Optimizer::Rmsprop => files!("rmsprop"),
        Optimizer::Adam => files!("adam"),
        Optimizer::Adamw => files!("adam", "adamw"),
        Optimizer::Adadelta => files!("adadelta"),
        Optimizer::Adagrad => files!("adagrad"),
        Optimizer::Adamax => files!("adamax"),
        Optimizer::Adafactor => files!("adafactor"),
        Optimizer::Nadam => files!("adam", "nadam"),
        Optimizer::Ftrl => files!("ftrl"),
        Optimizer::Lion => files!("lion"),
        Optimizer::Lamb => files!("adam", "lamb"),
        Optimizer::Muon => files!("muon"),
    };
    let Used { coefficients, state, initial } = Used::of(variant);
    let begins_full = initial.is_some();
    let name = optimizer.name();
    let step = format!(
        "
const USED_COEFFICIENTS: u32 = {coefficients}u;
const USED_STATE: u32 = {state}u;
// Whether the state begins with anything but zeros.
const BEGINS_FULL: bool = {begins_full};

fn step(coefficients: Coefficients, factors: StepFactors, theta: vec2<f32>, g: vec2<f32>, state: ptr<function, State>) -> vec2<f32> {{
    return {name}(coefficients, factors, theta, g, state);
}}
"
    );
    [FUNCTIONS, RULES, &own, &step].concat()
}

/// The direct path of a neuron, behind the elementary functions: its activation and loss, chosen.
fn direct(neuron: &Neuron) -> String {
    let (activation, form, use_bias) = (neuron.activation.name(), neuron.form(), neuron.use_bias);
    let penalty = match form {
        LossForm::Logits => "return loss_logits(z, y);".to_owned(),
        _ => format!("let at = loss_{}(response.x, y);\n    return vec2<f32>(at.x, at.y * response.y);", form.name()),
    };
    let choice = format!(
        "
const USE_BIAS: bool = {use_bias};

fn respond(z: f32) -> vec2<f32> {{
    return activation_{activation}(z);
}}

fn penalize(z: f32, response: vec2<f32>, y: f32) -> vec2<f32> {{
    {penalty}
}}

"
    );
    [ACTIVATIONS, LOSSES, &choice, DIRECT].concat()
}

/// The training module of a rule and a neuron, in threads of a shape.
pub fn training(variant: Variant, neuron: &Neuron, shape: Shape) -> String {
    let source = if neuron.is_quadratic() { [ERRORS, MOMENTS].concat() } else { [&direct(neuron), ROWS].concat() };
    let module = [&cut(shape), NEURON, BLOCKS, CYCLE, &rule(variant), OPTIONS, RUN, TRAIN, &source].concat();
    unrolled(&module, shape.runs)
}

/// A shape's constants.
fn cut(shape: Shape) -> String {
    let Shape { runs, workgroup } = shape;
    format!("const RUNS: u32 = {runs}u;\nconst WORKGROUP: u32 = {workgroup}u;\n\n")
}

/// The module of a neuron's metrics, in threads of a shape.
pub fn metrics(neuron: &Neuron, shape: Shape) -> String {
    unrolled(&[&cut(shape), FUNCTIONS, &direct(neuron), METRICS].concat(), shape.runs)
}

pub fn surface() -> String {
    SURFACE.to_owned()
}

pub fn limits() -> String {
    LIMITS.to_owned()
}

/// Every module that is ever handed to a device, by name.
pub fn composed() -> Vec<(String, String)> {
    let moments = Optimizer::ALL.map(|optimizer| {
        (format!("train_moments with {}", optimizer.name()), training(Variant::whole(optimizer), &Neuron::LINEAR, Shape::PLAIN))
    });
    let rows = Neuron { activation: Activation::Sigmoid, loss: Loss::BinaryCrossentropy, ..Neuron::LINEAR };
    let rows = Optimizer::ALL.map(|optimizer| {
        (
            format!("training from rows with {}", optimizer.name()),
            training(Variant::whole(optimizer), &rows, Shape { runs: 4, ..Shape::PLAIN }),
        )
    });
    let neurons = Activation::ALL.into_iter().flat_map(|activation| Loss::ALL.map(|loss| Neuron { activation, loss, ..Neuron::LINEAR }));
    let metrics = neurons.map(|neuron| (format!("metrics of {neuron:?}"), metrics(&neuron, Shape::PLAIN)));
    let makings = Making::ALL.map(|making| (format!("{} of a window", making.entry()), making.module()));
    let others = [("surface".to_owned(), surface()), ("limits".to_owned(), limits())];
    moments.into_iter().chain(rows).chain(metrics).chain(makings).chain(others).collect()
}
