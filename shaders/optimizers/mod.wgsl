// Definitions that all rules share: layouts, variant flags and functions of Keras' base optimizer. Twin: src/kernel/optimizers/mod.rs. The host appends
// `step`, which calls the rule of the pipeline.

const COEFFICIENTS: u32 = 13u;
const STATE: u32 = 6u;
const STEP_FACTORS: u32 = 3u;

alias Coefficients = array<f32, COEFFICIENTS>;
alias State = array<f32, STATE>;
alias StepFactors = array<f32, STEP_FACTORS>;

// Whether any run of the group has momentum, and the flag of the variant: nesterov, centered, amsgrad, or for Ftrl a power other than the square root.
override MOMENTUM: bool = false;
override FLAG: bool = false;

const LARGEST: f32 = 3.4028234e38;

// Slots `first` and `first + 1` of a state: one number each for weight and bias.
fn pair(state: ptr<function, State>, first: u32) -> vec2<f32> {
    return vec2<f32>((*state)[first], (*state)[first + 1u]);
}

// Stores one number each for weight and bias.
fn set_pair(state: ptr<function, State>, first: u32, value: vec2<f32>) {
    (*state)[first] = value.x;
    (*state)[first + 1u] = value.y;
}

// The parameter after decoupled weight decay.
fn decayed(theta: f32, decay: f32, rate: f32) -> f32 {
    return theta - (theta * decay) * rate;
}

fn clip(x: f32, bound: f32) -> f32 {
    return clamp(x, -bound, bound);
}
