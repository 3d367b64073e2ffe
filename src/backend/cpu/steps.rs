//! The steps of a block: loops over lanes with a rule in them, compiled for each rule, width and SIMD level.
//!
//! The formulas are `kernel`'s. Whole tiles have vectors of their own with AVX2 (`stream`).

use std::marker::PhantomData;

use super::notes::{LIMIT, Theta, Wide, crosses_minimum, fetch_row};
use super::simd::{Loop, Simd};
#[cfg(target_arch = "x86_64")]
use super::stream;
use super::tile::{Column, TILE};
use crate::data::{Centre, Moments};
use crate::kernel::coefficients::{COEFFICIENTS, STEP_FACTORS};
use crate::kernel::optimizers::STATE;
use crate::kernel::stages::SLOTS;
use crate::kernel::{Coefficients, Rule, Stages, State, StepFactors, moments};

/// The columns of N runs that every step reads and writes.
#[derive(Clone, Copy)]
pub struct Lanes<const N: usize> {
    pub theta: [Wide<f32, N>; 2],
    pub state: [Wide<f32, N>; STATE],
}

impl<const N: usize> Lanes<N> {
    pub const ZERO: Self = Self { theta: [Wide::ZERO; 2], state: [Wide::ZERO; STATE] };

    pub fn theta(&self) -> Theta<'_, N> {
        [&self.theta[0].0, &self.theta[1].0]
    }

    /// From a tile's columns, as many of the state as there are.
    pub fn begin(&mut self, theta: &[Column<f32>; 2], state: &[Column<f32>]) {
        for (own, column) in self.theta.iter_mut().zip(theta).chain(self.state.iter_mut().zip(state)) {
            own.begin(column);
        }
    }

    /// Array by array: so small copies are moves, not calls.
    pub fn copy(&mut self, other: &Self, state: usize) {
        for i in 0..2 {
            self.theta[i] = other.theta[i];
        }
        for i in 0..state {
            self.state[i] = other.state[i];
        }
    }
}

/// Where the parameters of N runs stand before a block's first step and after each: rows of weights and biases.
pub struct Path<'p, const N: usize> {
    pub rows: [&'p mut [[f32; N]]; 2],
    /// Whether they are those of the history, in memory that waits for them.
    pub recorded: bool,
}

impl<const N: usize> Path<'_, N> {
    #[inline(always)]
    pub fn keep(&mut self, row: usize, theta: Theta<'_, N>) {
        for i in 0..2 {
            self.rows[i][row] = *theta[i];
        }
        if self.recorded {
            fetch_row::<N>([self.rows[0][row].as_ptr(), self.rows[1][row].as_ptr()]);
        }
    }

    pub fn row(&self, row: usize) -> Theta<'_, N> {
        theta_of(&self.rows, row)
    }
}

fn theta_of<'a, const N: usize>(rows: &'a [&mut [[f32; N]]; 2], row: usize) -> Theta<'a, N> {
    [&rows[0][row], &rows[1][row]]
}

/// Of rules that read none. As a constant: `default` of an array is a call where it is not inlined.
const NO_CLOCK: StepFactors<f32> = [0.0; STEP_FACTORS];

/// The hyperparameters of a lane. Other slots than these are no rule's that has loops of its own.
#[inline(always)]
pub fn hyper_of<const N: usize>(columns: &[Wide<f32, N>; SLOTS], l: usize) -> Coefficients<f32> {
    let mut coefficients = [0.0; COEFFICIENTS];
    for i in 0..SLOTS {
        coefficients[i] = columns[i].0[l];
    }
    coefficients
}

/// The factors of a block.
#[derive(Clone, Copy)]
pub enum Clocks<'a, const N: usize> {
    /// One for all runs, or none at all where the rule reads none.
    Shared(&'a [StepFactors<f32>]),
    /// `[step][slot][lane]`
    Own(&'a [[Wide<f32, N>; STEP_FACTORS]]),
}

impl<const N: usize> Clocks<'_, N> {
    #[inline(always)]
    fn shared(&self, step: usize) -> StepFactors<f32> {
        if let Self::Shared(factors) = self { factors.get(step).copied().unwrap_or(NO_CLOCK) } else { NO_CLOCK }
    }

    /// A row of lanes a slot.
    #[inline(always)]
    fn own(&self, step: usize) -> [Wide<f32, N>; STEP_FACTORS] {
        if let Self::Own(factors) = self { factors[step] } else { [Wide::ZERO; STEP_FACTORS] }
    }

    /// Of a lane, at a step.
    pub fn of(&self, step: usize, lane: usize) -> StepFactors<f32> {
        if let Self::Own(factors) = self { Wide::lane(&factors[step], lane) } else { self.shared(step) }
    }
}

/// Some steps of N runs, of whatever rule.
pub struct Steps<'a, 'p, const N: usize> {
    pub lanes: &'a mut Lanes<N>,
    pub coefficients: &'a [Wide<f32, N>; SLOTS],
    /// Σ(w² + b²) after each step is added here, unless steps are bounded.
    pub energy: &'a mut Wide<f32, N>,
    /// Whether anybody asks for that sum: else it may be left out.
    pub summed: bool,
    pub centre: Centre,
    /// Of each step's batch.
    pub moments: &'a [Moments],
    pub factors: Clocks<'a, N>,
    pub path: Option<&'a mut Path<'p, N>>,
}

/// The same as a loop over lanes. `ALIKE` where runs share their factors, `ORIGIN` where the centre's abscissa is 0.
struct ByLane<'a, 'p, R, const N: usize, const ALIKE: bool, const ORIGIN: bool>(Steps<'a, 'p, N>, PhantomData<R>);

impl<R: Rule, const N: usize, const ALIKE: bool, const ORIGIN: bool> Loop for ByLane<'_, '_, R, N, ALIKE, ORIGIN> {
    #[inline(always)]
    fn run(self) {
        let Steps { lanes: all, coefficients, energy: sum, centre, moments, factors, mut path, .. } = self.0;
        // Copies, so that the compiler sees that nothing else is written where they are.
        let (mut lanes, mut energy) = (*all, *sum);
        for (step, moments) in moments.iter().enumerate() {
            let shared = if ALIKE { factors.shared(step) } else { [0.0; STEP_FACTORS] };
            let own = factors.own(step);
            for l in 0..N {
                let theta = Wide::lane(&lanes.theta, l);
                let mut state = Wide::lane(&lanes.state, l);
                let slope = if ORIGIN {
                    moments::moment_gradient_at_origin(moments, &centre, theta)
                } else {
                    moments::moment_gradient(moments, &centre, theta)
                };
                let coefficients = hyper_of(coefficients, l);
                let now = if ALIKE { shared } else { Wide::lane(&own, l) };
                let next = R::step(&coefficients, &now, theta, slope.gradient, &mut state);
                if !R::BOUNDED {
                    energy.0[l] = next[0].mul_add(next[0], next[1].mul_add(next[1], energy.0[l]));
                }
                lanes.theta[0].0[l] = next[0];
                lanes.theta[1].0[l] = next[1];
                for i in 0..R::STATE {
                    lanes.state[i].0[l] = state[i];
                }
            }
            if let Some(path) = &mut path {
                path.keep(step + 1, lanes.theta());
            }
        }
        all.copy(&lanes, R::STATE);
        *sum = energy;
    }
}

/// The steps of a block again, for one run that seems to have left the range, with a test after each.
pub struct Again<'a> {
    pub coefficients: Coefficients<f32>,
    /// Where the block begins.
    pub state: State<f32>,
    pub theta: [f32; 2],
    pub centre: Centre,
    pub moments: &'a [Moments],
    /// Of each step.
    pub factors: &'a [StepFactors<f32>],
    /// The moments of all rows, where steps that pass the minimum are counted.
    pub total: Option<&'a Moments>,
    pub left: &'a mut Option<Left>,
}

/// How a run left the range.
#[derive(Clone, Copy, Debug)]
pub struct Left {
    /// The step that did, from 0.
    pub step: usize,
    /// Where it began.
    pub theta: [f32; 2],
    /// Steps before it that passed the minimum.
    pub crossings: u32,
}

struct AgainBy<'a, R>(Again<'a>, PhantomData<R>);

impl<R: Rule> Loop for AgainBy<'_, R> {
    #[inline(always)]
    fn run(self) {
        let Again { coefficients, mut state, mut theta, centre, moments, factors, total, left } = self.0;
        let mut passed = 0;
        for (step, (moments, factors)) in moments.iter().zip(factors).enumerate() {
            let gradient = moments::moment_gradient(moments, &centre, theta).gradient;
            let next = R::step(&coefficients, factors, theta, gradient, &mut state);
            if !(next[0].abs() <= LIMIT && next[1].abs() <= LIMIT) {
                *left = Some(Left { step, theta, crossings: passed });
                return;
            }
            passed += u32::from(total.is_some_and(|total| crosses_minimum(total, &centre, theta, next)));
            theta = next;
        }
    }
}

/// So many runs are few: one vector of them.
pub const FEW: usize = if cfg!(target_arch = "aarch64") { 4 } else { 8 };

/// Steps of N runs by a rule.
pub type StepsBy<const N: usize> = fn(Simd, Steps<'_, '_, N>);

/// A rule behind pointers: these are compiled for each, what stands around them once.
#[derive(Clone, Copy)]
pub struct Fused {
    /// How many slots the rule reads or touches.
    pub coefficients: usize,
    pub state: usize,
    pub factors: usize,
    /// Whether its steps are bounded.
    pub bounded: bool,
    /// See [`Rule::inertia`].
    pub inertia: fn(&Coefficients<f32>) -> Option<[f32; 3]>,
    pub few: StepsBy<FEW>,
    pub whole: StepsBy<TILE>,
    pub again: fn(Simd, Again<'_>),
}

impl Fused {
    /// `None` for a rule that is taken as a whole: the constant alone keeps loops of it from being compiled.
    pub fn of<R: Rule>() -> Option<Self> {
        const { assert!(!(<R::Stages as Stages>::FUSED || <R::Stages as Stages>::STREAMS) || R::COEFFICIENTS <= SLOTS) };
        if <R::Stages as Stages>::FUSED {
            Some(Self {
                coefficients: R::COEFFICIENTS,
                state: R::STATE,
                factors: R::STEP_FACTORS,
                bounded: R::BOUNDED,
                inertia: R::inertia,
                few: few::<R>,
                whole: whole::<R>,
                again: |simd, again| simd.run_fused::<true, false>(AgainBy(again, PhantomData::<R>)),
            })
        } else {
            None
        }
    }
}

/// Few runs wait for each other's results and not for units: they have one text about any abscissa, for all levels.
fn few<R: Rule>(simd: Simd, steps: Steps<'_, '_, FEW>) {
    let rule = PhantomData::<R>;
    if R::STEP_FACTORS > 0 && matches!(steps.factors, Clocks::Own(_)) {
        simd.run_fused::<true, false>(ByLane::<_, FEW, false, false>(steps, rule));
    } else {
        simd.run_fused::<true, false>(ByLane::<_, FEW, true, false>(steps, rule));
    }
}

/// The text that fits. Lanes with factors of their own wait for these: one about any abscissa is enough.
fn whole<R: Rule>(simd: Simd, steps: Steps<'_, '_, TILE>) {
    let (rule, origin) = (PhantomData::<R>, steps.centre.is_origin());
    if R::STEP_FACTORS > 0 && matches!(steps.factors, Clocks::Own(_)) {
        return simd.run_fused::<true, true>(ByLane::<_, TILE, false, false>(steps, rule));
    }
    #[cfg(target_arch = "x86_64")]
    if <R::Stages as Stages>::STREAMS {
        if simd == Simd::Avx2 {
            // SAFETY: the level is only chosen where `is_available` has seen its features.
            return unsafe { stream::steps::<R>(steps) };
        }
        return if origin {
            simd.run_fused::<false, true>(ByLane::<_, TILE, true, true>(steps, rule));
        } else {
            simd.run_fused::<false, true>(ByLane::<_, TILE, true, false>(steps, rule));
        };
    }
    if origin {
        simd.run_fused::<true, true>(ByLane::<_, TILE, true, true>(steps, rule));
    } else {
        simd.run_fused::<true, true>(ByLane::<_, TILE, true, false>(steps, rule));
    }
}
