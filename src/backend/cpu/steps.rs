//! The step loop: consecutive batches of a tile, for every update rule, every option and both sources of gradients.
//!
//! The loop applies all batches to K vectors of runs. The vectors are independent, so an out-of-order CPU works on several at once and
//! hides the latency of the chain of dependent instructions from a vector's gradient to its new parameters. K vectors cover a tile; their
//! parameters and the state of the rule stay in registers, or in the nearest cache where they are too many. The formulas are in `kernel`.

use std::marker::PhantomData;

use super::column::{Column, load_params, load_slots, store_params, store_slots};
use super::gradient::{FromMoments, FromRows, GradientSource, Gradients};
use super::isa::{Isa, Kernel};
use super::tile::{TileCoefficients, TileState};
use super::vector::{TILE, Vector};
use crate::kernel::coefficients::STEP_FACTORS;
use crate::kernel::optimizers::STATE;
use crate::kernel::options::{BatchAction, OPTION_VALUES, RunCoefficients, RunState};
use crate::kernel::{Rule, StepFactors, Update};
use crate::model::Params;

/// Consecutive batches of the runs of a tile.
pub struct Steps<'a> {
    /// Number of batches.
    pub len: usize,
    /// Number of runs of the tile. Columns are padded to whole vectors.
    pub runs: usize,
    pub state: &'a mut TileState,
    pub coefficients: &'a TileCoefficients,
    pub gradients: Gradients<'a>,
    pub factors: Factors<'a>,
    /// The action of each batch; empty for a group without options.
    pub actions: &'a [BatchAction],
    /// Receives Σ(w² + b²) over the parameters after each batch, for the divergence test.
    pub squared_norms: Option<&'a mut Column<f32>>,
    /// Receives the parameters after each batch, one row of all runs of the tile for each.
    pub path: Option<Params<&'a mut [[f32; TILE]]>>,
}

/// The step factors of a batch; the last slot is the scheduled learning rate.
pub type BatchFactors<T> = [T; STEP_FACTORS + 1];

/// The step factors of consecutive batches.
#[derive(Clone, Copy)]
pub enum Factors<'a> {
    /// All runs of the group have equal step factors. Empty if the rule reads none and the learning rate is constant.
    Shared(&'a [BatchFactors<f32>]),
    /// The step factors differ between runs.
    PerRun(&'a [BatchFactors<Column<f32>>]),
}

impl Factors<'_> {
    /// The factors of one batch.
    pub fn one(&self, step: usize) -> Self {
        match self {
            Self::Shared(steps) => Self::Shared(steps.get(step..=step).unwrap_or_default()),
            Self::PerRun(steps) => Self::PerRun(&steps[step..=step]),
        }
    }

    #[inline(always)]
    fn at<V: Vector>(&self, step: usize, v: usize) -> BatchFactors<V> {
        let mut factors = [V::splat(0.0); STEP_FACTORS + 1];
        match self {
            Self::Shared(steps) => {
                for slot in 0..=STEP_FACTORS {
                    factors[slot] = V::splat(steps[step][slot]);
                }
            }
            Self::PerRun(steps) => {
                for slot in 0..=STEP_FACTORS {
                    factors[slot] = V::load(&steps[step][slot].0, v);
                }
            }
        }
        factors
    }
}

/// The step loop of a rule. A function pointer, so that only the loop is compiled for each rule and not its callers.
pub type StepsFn = fn(Isa, Steps<'_>);

/// The step loop of a rule, with or without options.
pub fn steps<R: Rule, const OPTIONS: bool>(isa: Isa, steps: Steps<'_>) {
    isa.run(StepLoop::<R, OPTIONS> { steps, rule: PhantomData });
}

struct StepLoop<'a, R, const OPTIONS: bool> {
    steps: Steps<'a>,
    rule: PhantomData<R>,
}

impl<R: Rule, const OPTIONS: bool> Kernel for StepLoop<'_, R, OPTIONS> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector, const K: usize>(mut self) {
        let (gradients, runs) = (self.steps.gradients, self.steps.runs);
        for pack in 0..runs.div_ceil(K * V::LANES).min(TILE / (K * V::LANES)) {
            match gradients {
                Gradients::Moments { centre, batches } if !OPTIONS && centre.is_origin() => {
                    self.pack::<V, _, K>(pack * K, FromMoments::<true>::new(centre, batches));
                }
                Gradients::Moments { centre, batches } => self.pack::<V, _, K>(pack * K, FromMoments::<false>::new(centre, batches)),
                Gradients::Rows { functions, batches } => self.pack::<V, _, K>(pack * K, FromRows::new(functions, batches)),
            }
        }
    }
}

impl<R: Rule, const OPTIONS: bool> StepLoop<'_, R, OPTIONS> {
    /// Applies all batches to K vectors of runs, from the `first`-th on.
    #[inline(always)]
    fn pack<V: Vector, G: GradientSource, const K: usize>(&mut self, first: usize, mut gradients: G) {
        let Steps { len, state: tile, coefficients, factors, actions, squared_norms, path, .. } = &mut self.steps;
        let zero = V::splat(0.0);
        let mut theta = [Params::splat(zero); K];
        let mut rules = [[zero; STATE]; K];
        let mut norms = [zero; K];
        for k in 0..K {
            theta[k] = load_params(&tile.theta, first + k);
            rules[k] = load_slots(&tile.rule, R::STATE, first + k);
        }
        for step in 0..*len {
            gradients.prepare(step, &theta);
            let mut row = path.as_mut().map(|Params([weights, biases])| [&mut weights[step], &mut biases[step]]);
            for k in 0..K {
                let v = first + k;
                let mut coefficients = RunCoefficients {
                    rule: load_slots::<V, _>(&coefficients.rule, R::COEFFICIENTS, v),
                    options: load_slots::<V, _>(&coefficients.options, if OPTIONS { OPTION_VALUES } else { 0 }, v),
                };
                let gradient = gradients.at(k, theta[k]);
                let mut now: StepFactors<V> = [zero; STEP_FACTORS];
                let is_scheduled = OPTIONS && actions[step].options.scheduled;
                if R::STEP_FACTORS > 0 || is_scheduled {
                    let all = factors.at::<V>(step, v);
                    #[expect(clippy::manual_memcpy, reason = "a copied slice leaves registers: Adam at half of its speed")]
                    for slot in 0..R::STEP_FACTORS {
                        now[slot] = all[slot];
                    }
                    if is_scheduled {
                        coefficients.rule[0] = all[STEP_FACTORS];
                    }
                }
                if OPTIONS {
                    let mut state = RunState {
                        theta: theta[k],
                        rule: rules[k],
                        gradient_sum: load_params(&tile.gradient_sum, v),
                        average: load_params(&tile.average, v),
                    };
                    coefficients.batch::<R>(&actions[step], &now, gradient, &mut state);
                    store_params(state.gradient_sum, &mut tile.gradient_sum, v);
                    store_params(state.average, &mut tile.average, v);
                    (theta[k], rules[k]) = (state.theta, state.rule);
                } else {
                    let update = Update { coefficients: &coefficients.rule, factors: &now, theta: theta[k], g: gradient };
                    theta[k] = R::step(&update, &mut rules[k]);
                }
                let [weight, bias] = theta[k].0;
                if squared_norms.is_some() {
                    norms[k] = weight.mul_add(weight, bias.mul_add(bias, norms[k]));
                }
                if let Some([weights, biases]) = &mut row {
                    weight.store_in_path(weights, v);
                    bias.store_in_path(biases, v);
                }
            }
        }
        for k in 0..K {
            store_params(theta[k], &mut tile.theta, first + k);
            store_slots(&rules[k], &mut tile.rule, R::STATE, first + k);
            if let Some(squared_norms) = squared_norms {
                norms[k].store(&mut squared_norms.0, first + k);
            }
        }
    }
}
