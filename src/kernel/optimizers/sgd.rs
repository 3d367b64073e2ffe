//! Stochastic gradient descent, with momentum and Nesterov's look-ahead. Twin: `shaders/optimizers/sgd.wgsl`.
//!
//! ```text
//! v ← μv − ηg        θ ← θ + v        Nesterov: θ ← θ + μv − ηg, with the new v
//! ```
//!
//! The rate sits inside v. Without momentum v is −ηg, so μ = 0 gives the same bits in each variant. Source: Keras 3, `SGD`.

use super::{Between, Coefficients, Number, Real, Rule, Stages, State, StepFactors, stages};

/// Coefficients: η, μ. State: v of weight and bias.
#[derive(Debug)]
pub struct Sgd<const MOMENTUM: bool, const NESTEROV: bool>;

impl<const MOMENTUM: bool, const NESTEROV: bool> Rule for Sgd<MOMENTUM, NESTEROV> {
    type Stages = Self;

    const STATE: usize = if MOMENTUM { 2 } else { 0 };
    const COEFFICIENTS: usize = 2;
    const STEP_FACTORS: usize = 0;

    fn inertia(coefficients: &Coefficients<f32>) -> Option<[f32; 3]> {
        let [rate, momentum, ..] = *coefficients;
        let momentum = if MOMENTUM { momentum } else { 0.0 };
        Some([rate, momentum, if NESTEROV { 1.0 + momentum } else { 1.0 }])
    }

    #[inline(always)]
    fn step<T: Real>(coefficients: &Coefficients<T>, factors: &StepFactors<T>, theta: [T; 2], g: [T; 2], state: &mut State<T>) -> [T; 2] {
        stages::through::<Self, T>(coefficients, factors, theta, g, state)
    }
}

/// Between: θ's change.
impl<const MOMENTUM: bool, const NESTEROV: bool> Stages for Sgd<MOMENTUM, NESTEROV> {
    const FUSED: bool = true;
    const STREAMS: bool = true;
    const BEGUN: usize = 2;
    const DIVIDED: usize = 2;

    #[inline(always)]
    fn begin<T: Number>(coefficients: &Coefficients<T>, g: [T; 2], state: &mut State<T>) -> Between<T> {
        let [rate, momentum, ..] = *coefficients;
        let mut change = [rate; 2];
        for i in 0..2 {
            change[i] = -(rate * g[i]);
            if MOMENTUM {
                state[i] = momentum.mul_add(state[i], change[i]);
                change[i] = if NESTEROV { momentum.mul_add(state[i], change[i]) } else { state[i] };
            }
        }
        let [weight, bias] = change;
        [weight, bias, rate, rate, rate, rate]
    }

    #[inline(always)]
    fn divide<T: Number>(_: &Coefficients<T>, _: &StepFactors<T>, begun: Between<T>) -> Between<T> {
        begun
    }

    #[inline(always)]
    fn finish<T: Number>(_: &Coefficients<T>, theta: [T; 2], divided: Between<T>, _: &mut State<T>) -> [T; 2] {
        [theta[0] + divided[0], theta[1] + divided[1]]
    }
}
