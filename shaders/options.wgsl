// What Keras' base class does around every rule. Twin: src/kernel/options.rs, which has the formulas. The host composes it behind a rule.

// How gradients are clipped: not, each on its own, by their common norm.
override CLIP: u32 = 0u;
// Whether the base class decays parameters.
override DECAY: bool = false;
// Batches of an update.
override ACCUMULATION: u32 = 1u;
// Whether an average is kept.
override AVERAGE: bool = false;
// The average replaces the parameters with each so-many-th update; 0: never.
override OVERWRITE: u32 = 0u;
// Whether the rate follows a schedule.
override SCHEDULED: bool = false;
// Whether there is a bias.
override BIAS: bool = true;

const OPTION_VALUES: u32 = 3u;

// The bound of clipping, the decay, the momentum of the average.
alias Values = array<f32, OPTION_VALUES>;

struct Carried {
    // Of the gradients since the last update.
    sum: vec2<f32>,
    average: vec2<f32>,
}

fn updates(k: u32) -> bool {
    return (k + 1u) % ACCUMULATION == 0u;
}

fn starts_average(k: u32) -> bool {
    return k < ACCUMULATION;
}

fn overwrites(k: u32) -> bool {
    return OVERWRITE > 0u && (k / ACCUMULATION + 1u) % max(OVERWRITE, 1u) == 0u;
}

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

// The parameters after batch k, from 0, whose gradient at `theta` is `g`.
fn batch_step(
    k: u32,
    values: Values,
    coefficients: Coefficients,
    factors: StepFactors,
    theta: vec2<f32>,
    g: vec2<f32>,
    state: ptr<function, State>,
    carried: ptr<function, Carried>,
) -> vec2<f32> {
    var next = theta;
    var gradient = g;
    if ACCUMULATION > 1u {
        (*carried).sum += g;
        gradient = (*carried).sum / f32(ACCUMULATION);
        if updates(k) {
            (*carried).sum = vec2<f32>(0.0);
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
        let old = (*carried).average;
        let average = vec2<f32>(averaged(values[2], old.x, next.x), averaged(values[2], old.y, next.y));
        (*carried).average = select(average, next, starts_average(k));
        next = select(next, (*carried).average, overwrites(k));
    }
    return next;
}
