// Options of Keras' base optimizer, which wrap every rule. Twin: src/kernel/options.rs, which has the formulas. The host concatenates it after a rule.

// Gradient clipping. 0: none; 1: each gradient by itself; 2: by the global norm.
override CLIP: u32 = 0u;
// Whether weight decay is applied before the rule.
override DECAY: bool = false;
// Batches per update (gradient accumulation).
override ACCUMULATION: u32 = 1u;
// Whether an exponential moving average of the parameters is computed.
override AVERAGE: bool = false;
// Updates between two replacements of the parameters by their average; 0: never.
override OVERWRITE: u32 = 0u;
// Whether the learning rate follows a schedule.
override SCHEDULED: bool = false;
// Whether the neuron has a bias.
override BIAS: bool = true;

const OPTION_VALUES: u32 = 3u;

// Clipping bound, weight decay, momentum of the average.
alias OptionValues = array<f32, OPTION_VALUES>;

// The state of the options between batches.
struct OptionState {
    // Sum of the gradients since the last update.
    sum: vec2<f32>,
    average: vec2<f32>,
}

// Whether batch k, counted from 0, ends with an update.
fn updates(k: u32) -> bool {
    return (k + 1u) % ACCUMULATION == 0u;
}

fn starts_average(k: u32) -> bool {
    return k < ACCUMULATION;
}

fn overwrites(k: u32) -> bool {
    return OVERWRITE > 0u && (k / ACCUMULATION + 1u) % max(OVERWRITE, 1u) == 0u;
}

// The gradient after clipping.
fn clipped(bound: f32, g: vec2<f32>) -> vec2<f32> {
    if CLIP == 1u {
        return vec2<f32>(clip(g.x, bound), clip(g.y, bound));
    }
    if CLIP == 2u {
        let norm = sqrt(fma(g.x, g.x, g.y * g.y));
        return g * (bound / max(norm, bound));
    }
    return g;
}

fn averaged(momentum: f32, average: f32, theta: f32) -> f32 {
    return momentum * average + (1.0 - momentum) * theta;
}

// The parameters after batch k (counted from 0), whose gradient at `theta` is `g`.
fn batch_step(
    k: u32,
    values: OptionValues,
    coefficients: Coefficients,
    factors: StepFactors,
    theta: vec2<f32>,
    g: vec2<f32>,
    state: ptr<function, State>,
    option_state: ptr<function, OptionState>,
) -> vec2<f32> {
    var next = theta;
    var gradient = g;
    if ACCUMULATION > 1u {
        (*option_state).sum += g;
        gradient = (*option_state).sum / f32(ACCUMULATION);
        if updates(k) {
            (*option_state).sum = vec2<f32>(0.0);
        }
    }
    if updates(k) {
        if DECAY {
            next = vec2<f32>(decayed(theta.x, values[1], coefficients[0]), decayed(theta.y, values[1], coefficients[0]));
        }
        let bounded = clipped(values[0], gradient);
        next = step(coefficients, factors, next, select(bounded.xx, bounded, BIAS), state);
        next.y = select(theta.y, next.y, BIAS);
    }
    if AVERAGE {
        let old = (*option_state).average;
        let average = vec2<f32>(averaged(values[2], old.x, next.x), averaged(values[2], old.y, next.y));
        (*option_state).average = select(average, next, starts_average(k));
        next = select(next, (*option_state).average, overwrites(k));
    }
    return next;
}
