//! Composition of the WGSL modules: files are concatenated, the optimizer is a choice of file, its variant a set of override constants.

use super::unroll::{self, unrolled};
use super::workgroup_shape::WorkgroupShape;
use crate::kernel::{Coefficients, LossForm, Rule, State, Variant};
use crate::model::{Neuron, Optimizer};
use crate::with_rule;

const ACTIVATIONS: &str = include_str!("../../../shaders/activations.wgsl");
const ROWS: &str = include_str!("../../../shaders/rows.wgsl");
const LOSSES: &str = include_str!("../../../shaders/losses.wgsl");
const MOMENTS: &str = include_str!("../../../shaders/moments.wgsl");
const FUNCTIONS: &str = include_str!("../../../shaders/functions.wgsl");
const OPTIONS: &str = include_str!("../../../shaders/options.wgsl");
const RULES: &str = include_str!("../../../shaders/optimizers/mod.wgsl");
const ERROR_SUMS: &str = include_str!("../../../shaders/error_sums.wgsl");
const BLOCKS: &str = include_str!("../../../shaders/blocks.wgsl");
const VERDICT_WINDOW: &str = include_str!("../../../shaders/verdict_window.wgsl");
const CYCLE: &str = include_str!("../../../shaders/cycle.wgsl");
const RUN_STATE: &str = include_str!("../../../shaders/run_state.wgsl");
const TRAIN: &str = include_str!("../../../shaders/train.wgsl");
const FROM_MOMENTS: &str = include_str!("../../../shaders/evaluation/from_moments.wgsl");
const FROM_ROWS: &str = include_str!("../../../shaders/evaluation/from_rows.wgsl");
const GENERATOR: &str = include_str!("../../../shaders/data/generator.wgsl");
const FLOAT64: &str = include_str!("../../../shaders/data/float64.wgsl");
const BATCH_WINDOW: &str = include_str!("../../../shaders/data/batch_window.wgsl");
const ORDER: &str = include_str!("../../../shaders/data/order.wgsl");
const BATCH_MOMENTS: &str = include_str!("../../../shaders/data/moments.wgsl");
const REORDER_ROWS: &str = include_str!("../../../shaders/data/reorder_rows.wgsl");
const METRICS: &str = include_str!("../../../shaders/metrics.wgsl");
const LIMITS: &str = include_str!("../../../shaders/limits.wgsl");
const SURFACE: &str = include_str!("../../../shaders/surface.wgsl");

/// The functions of training without entry points: moments, an optimizer's rule, and options. `verify` appends probes.
pub fn training_functions(optimizer: Optimizer) -> String {
    [MOMENTS, &rule(Variant::with_all_flags(optimizer)), OPTIONS].concat()
}

/// The functions of cycle detection.
pub fn cycle_functions() -> String {
    CYCLE.to_owned()
}

/// Elementary functions, activations and losses.
pub fn elementary_functions() -> String {
    [FUNCTIONS, ACTIVATIONS, LOSSES].concat()
}

/// The functions that build batches: the generator of batch orders, and sums in float64.
pub fn batch_functions() -> String {
    [GENERATOR, FLOAT64].concat()
}

/// The slots of coefficients and state that a variant of a rule uses, which are the first ones, and its initial state.
pub struct UsedSlots {
    pub coefficients: usize,
    pub state: usize,
    /// `None`: all zeros.
    pub initial_state: Option<fn(&Coefficients<f32>) -> State<f32>>,
}

impl UsedSlots {
    pub fn of(variant: Variant) -> Self {
        with_rule!(variant, R => Self {
            coefficients: R::COEFFICIENTS,
            state: R::STATE,
            initial_state: R::INITIAL.then_some(R::initial),
        })
    }
}

/// A shader that builds batches of joined batch orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BatchStage {
    /// Shuffles the rows.
    Order,
    /// Sums the moments of batches.
    Moments,
    /// Copies rows into batch order.
    ReorderRows,
}

impl BatchStage {
    /// All stages in the order in which they run.
    pub const ALL: [Self; 3] = [Self::Order, Self::Moments, Self::ReorderRows];
}

/// The module of a batch stage.
pub fn batch_stage(stage: BatchStage) -> String {
    let own = match stage {
        BatchStage::Order => [GENERATOR, BATCH_WINDOW, ORDER].concat(),
        BatchStage::Moments => [FLOAT64, BATCH_WINDOW, BATCH_MOMENTS].concat(),
        BatchStage::ReorderRows => [BATCH_WINDOW, REORDER_ROWS].concat(),
    };
    shape_constants(WorkgroupShape::PLAIN) + &own
}

/// A variant of an optimizer's rule, as the function `step`.
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
    let UsedSlots { coefficients, state, initial_state } = UsedSlots::of(variant);
    let has_initial_state = initial_state.is_some();
    let name = optimizer.name();
    let step = format!(
        "
const USED_COEFFICIENTS: u32 = {coefficients}u;
const USED_STATE: u32 = {state}u;
// Whether the state starts with values other than zeros.
const HAS_INITIAL_STATE: bool = {has_initial_state};

fn step(coefficients: Coefficients, factors: StepFactors, theta: vec2<f32>, g: vec2<f32>, state: ptr<function, State>) -> vec2<f32> {{
    return {name}(coefficients, factors, theta, g, state);
}}
"
    );
    [FUNCTIONS, RULES, &own, &step].concat()
}

/// Evaluation of a neuron from rows, with its activation and loss. The caller composes it after the elementary functions.
fn row_evaluation(neuron: &Neuron) -> String {
    let (activation, form, use_bias) = (neuron.activation.name(), neuron.form(), neuron.use_bias);
    let loss = match form {
        LossForm::Logits => "return loss_logits(z, y);".to_owned(),
        _ => format!("let at = loss_{}(activated.x, y);\n    return vec2<f32>(at.x, at.y * activated.y);", form.name()),
    };
    let choice = format!(
        "
const USE_BIAS: bool = {use_bias};

fn activate(z: f32) -> vec2<f32> {{
    return activation_{activation}(z);
}}

fn loss_at(z: f32, activated: vec2<f32>, y: f32) -> vec2<f32> {{
    {loss}
}}

"
    );
    [ACTIVATIONS, LOSSES, &choice, ROWS].concat()
}

/// The training module of a rule and a neuron. Loops over batches (from moments) and over rows have `steps_per_turn` steps written out.
pub fn training(variant: Variant, neuron: &Neuron, shape: WorkgroupShape, steps_per_turn: u32) -> String {
    // From rows a batch is a loop itself.
    let batches_per_turn = if neuron.is_quadratic() { steps_per_turn } else { 1 };
    let turns = format!("const BATCHES_PER_TURN: u32 = {batches_per_turn}u;\nconst ROWS_PER_TURN: u32 = {steps_per_turn}u;\n");
    let evaluation =
        if neuron.is_quadratic() { [ERROR_SUMS, FROM_MOMENTS].concat() } else { [&row_evaluation(neuron), FROM_ROWS].concat() };
    let rule = rule(variant);
    let module =
        [&turns, &shape_constants(shape), MOMENTS, BLOCKS, VERDICT_WINDOW, CYCLE, &rule, OPTIONS, RUN_STATE, TRAIN, &evaluation].concat();
    // One step per turn needs no loop of its own.
    let written_out = |count: u32| if count > 1 { count } else { 0 };
    let module = unrolled(&module, unroll::BATCHES, written_out(batches_per_turn));
    let module = unrolled(&module, unroll::ROWS, written_out(steps_per_turn));
    unrolled(&module, unroll::RUNS, shape.runs_per_thread)
}

/// The constants of a workgroup shape.
fn shape_constants(shape: WorkgroupShape) -> String {
    let WorkgroupShape { runs_per_thread, threads } = shape;
    format!("const RUNS_PER_THREAD: u32 = {runs_per_thread}u;\nconst WORKGROUP_SIZE: u32 = {threads}u;\n\n")
}

/// The module of a neuron's metrics.
pub fn metrics(neuron: &Neuron, shape: WorkgroupShape) -> String {
    unrolled(&[&shape_constants(shape), FUNCTIONS, &row_evaluation(neuron), METRICS].concat(), unroll::RUNS, shape.runs_per_thread)
}

/// The module of cost surfaces by the closed form.
pub fn surface() -> String {
    SURFACE.to_owned()
}

/// The module of microbenchmarks.
pub fn limits() -> String {
    LIMITS.to_owned()
}
