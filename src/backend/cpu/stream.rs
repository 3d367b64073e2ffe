//! Steps of a whole tile with AVX2: its eight vectors follow each other through the stages of a rule.
//!
//! A vector's step is a chain of some 80 cycles: gradient, root, division, update. A loop that takes one vector after the other lets the CPU
//! find the next vectors' work by looking ahead, past instructions that wait; a core that is shared with another thread looks half as
//! far. Here a turn finishes one vector, divides for the one behind it, takes the roots of the next and the gradient of a fourth, in
//! this order, so that hardly an instruction waits for one that stands just before it. Measured in `docs/performance.md`.
//!
//! The formulas are `kernel`'s.

use super::notes::{Wide, fetch_row, passed};
use super::tile::TILE;
use super::vector::{Vector, WIDTH};
use crate::data::{Centre, Moments};
use crate::kernel::coefficients::{CLOCK, HYPER};
use crate::kernel::optimizers::STATE;
use crate::kernel::stages::Between;
use crate::kernel::{Clock, Hyper, Number, Rule, Stages, State, neuron};

/// Vectors of a tile.
const VECTORS: usize = TILE / WIDTH;

/// Steps with the same clock for all runs of a tile.
pub struct Steps<'a, const N: usize> {
    pub theta: &'a mut [Wide<f32, N>; 2],
    pub state: &'a mut [Wide<f32, N>; STATE],
    pub hyper: &'a [Wide<f32, N>; HYPER],
    /// Σ(w² + b²) after each step is added here, unless steps are bounded.
    pub energy: &'a mut Wide<f32, N>,
    pub centre: Centre,
    /// Of each step's batch.
    pub moments: &'a [Moments],
    /// As many, or none where the rule reads none.
    pub clocks: &'a [Clock<f32>],
}

/// Where parameters are left after each step.
#[derive(Debug)]
pub struct Path<'a, const N: usize> {
    pub rows: [&'a mut [[f32; N]]; 2],
    /// Whether the rows are not in a cache yet.
    pub far: bool,
}

/// Takes a tile through some steps; N is that of a tile.
///
/// # Safety
/// The CPU has AVX2 and FMA.
pub unsafe fn steps<R: Rule, const N: usize>(steps: Steps<'_, N>, path: Option<Path<'_, N>>) {
    debug_assert_eq!(N, TILE);
    let origin = steps.centre.is_origin();
    let none = Path { rows: [&mut [], &mut []], far: false };
    // SAFETY: as the caller says.
    unsafe {
        match (origin, path) {
            (true, None) => through::<R, N, true, false>(steps, none),
            (false, None) => through::<R, N, false, false>(steps, none),
            (true, Some(path)) => through::<R, N, true, true>(steps, path),
            (false, Some(path)) => through::<R, N, false, true>(steps, path),
        }
    }
}

/// What a step has for all runs.
#[derive(Clone, Copy)]
struct Now {
    moments: Moments,
    clock: Clock<Vector>,
}

/// Ends a stage: what is computed, loaded and stored before this is so before what stands behind, and the first `count` values are there.
/// The compiler would sort a turn by vectors again, and keep in registers, of which there are too few, what is better read from the
/// nearest cache.
#[inline(always)]
fn end<const K: usize>(values: &mut [Vector; K], count: usize) {
    for value in values.iter_mut().take(count) {
        // SAFETY: only called inside functions that are compiled with AVX2.
        *value = unsafe { value.here() };
    }
}

impl<const N: usize> Steps<'_, N> {
    /// What a step has for all runs.
    #[inline(always)]
    fn at<R: Rule>(&self, step: usize) -> Now {
        let mut clock = [Vector::of(0.0); CLOCK];
        if R::CLOCK > 0 {
            for slot in 0..CLOCK {
                clock[slot] = Vector::of(self.clocks[step][slot]);
            }
        }
        Now { moments: self.moments[step], clock }
    }

    #[inline(always)]
    fn theta(&self, v: usize) -> [Vector; 2] {
        [Vector::load(&self.theta[0].0, v), Vector::load(&self.theta[1].0, v)]
    }

    #[inline(always)]
    fn hyper(&self, v: usize) -> Hyper<Vector> {
        let mut hyper = [Vector::load(&self.hyper[0].0, v); HYPER];
        for i in 1..HYPER {
            hyper[i] = Vector::load(&self.hyper[i].0, v);
        }
        hyper
    }

    #[inline(always)]
    fn state(&self, v: usize) -> State<Vector> {
        let mut state = [Vector::load(&self.state[0].0, v); STATE];
        for i in 1..STATE {
            state[i] = Vector::load(&self.state[i].0, v);
        }
        state
    }

    #[inline(always)]
    fn renew<R: Rule>(&mut self, v: usize, state: &State<Vector>) {
        for i in 0..R::STATE {
            state[i].store(&mut self.state[i].0, v);
        }
    }

    #[inline(always)]
    fn gradient<const ORIGIN: bool>(&self, v: usize, now: &Now) -> [Vector; 2] {
        let Now { moments, .. } = now;
        let theta = self.theta(v);
        let slope = if ORIGIN { neuron::slope_at_origin(moments, &self.centre, theta) } else { neuron::slope(moments, &self.centre, theta) };
        let mut gradient = slope.gradient;
        end(&mut gradient, 2);
        gradient
    }

    #[inline(always)]
    fn begin<R: Rule>(&mut self, v: usize, gradient: [Vector; 2]) -> Between<Vector> {
        let mut state = self.state(v);
        let mut begun = R::Stages::begin(&self.hyper(v), gradient, &mut state);
        self.renew::<R>(v, &state);
        end(&mut begun, R::Stages::BEGUN);
        begun
    }

    #[inline(always)]
    fn divide<R: Rule>(&self, v: usize, now: &Now, begun: Between<Vector>) -> Between<Vector> {
        let mut divided = R::Stages::divide(&self.hyper(v), &now.clock, begun);
        end(&mut divided, R::Stages::DIVIDED);
        divided
    }

    /// The new parameters.
    #[inline(always)]
    fn finish<R: Rule>(&mut self, v: usize, divided: Between<Vector>) -> [Vector; 2] {
        let mut state = self.state(v);
        let next = R::Stages::finish(&self.hyper(v), self.theta(v), divided, &mut state);
        self.renew::<R>(v, &state);
        if !R::BOUNDED {
            let energy = &mut self.energy.0;
            next[0].mul_add(next[0], next[1].mul_add(next[1], Vector::load(energy, v))).store(energy, v);
        }
        for i in 0..2 {
            next[i].store(&mut self.theta[i].0, v);
        }
        next
    }
}

/// The three vectors that are under way between two turns.
struct Flow {
    gradient: [Vector; 2],
    begun: Between<Vector>,
    divided: Between<Vector>,
}

#[target_feature(enable = "avx2,fma")]
fn through<R: Rule, const N: usize, const ORIGIN: bool, const KEEPS: bool>(mut steps: Steps<'_, N>, path: Path<'_, N>) {
    if steps.moments.is_empty() {
        return;
    }
    let mut now = steps.at::<R>(0);
    let gradient = steps.gradient::<ORIGIN>(0, &now);
    let begun = steps.begin::<R>(0, gradient);
    let gradient = steps.gradient::<ORIGIN>(1, &now);
    let divided = steps.divide::<R>(0, &now, begun);
    let begun = steps.begin::<R>(1, gradient);
    let gradient = steps.gradient::<ORIGIN>(2, &now);
    let mut flow = Flow { gradient, begun, divided };
    // The vector that finishes its step, and where it leaves the result.
    macro_rules! finish {
        ($v:expr, $row:expr) => {
            let mut next = steps.finish::<R>($v, flow.divided);
            if KEEPS {
                for i in 0..2 {
                    next[i].store(&mut path.rows[i][$row], $v);
                }
            }
            end(&mut next, 2);
        };
    }
    // A turn: vector `$v` enters the step `now`; those ahead of it may still be in the one before.
    macro_rules! turn {
        ($v:literal, $finishes:expr, $divides:expr) => {
            finish!(($v + VECTORS - 3) % VECTORS, $finishes);
            flow.divided = steps.divide::<R>(($v + VECTORS - 2) % VECTORS, $divides, flow.begun);
            flow.begun = steps.begin::<R>(($v + VECTORS - 1) % VECTORS, flow.gradient);
            flow.gradient = steps.gradient::<ORIGIN>($v, &now);
        };
    }
    turn!(3, 0, &now);
    turn!(4, 0, &now);
    turn!(5, 0, &now);
    turn!(6, 0, &now);
    turn!(7, 0, &now);
    let last = steps.moments.len() - 1;
    for step in 1..=last {
        let before = now;
        now = steps.at::<R>(step);
        turn!(0, step - 1, &before);
        turn!(1, step - 1, &before);
        turn!(2, step - 1, &now);
        turn!(3, step, &now);
        turn!(4, step, &now);
        turn!(5, step, &now);
        turn!(6, step, &now);
        turn!(7, step, &now);
        if KEEPS && path.far {
            fetch_row([&path.rows[0][step], &path.rows[1][step]]);
        }
    }
    finish!(VECTORS - 3, last);
    flow.divided = steps.divide::<R>(VECTORS - 2, &now, flow.begun);
    flow.begun = steps.begin::<R>(VECTORS - 1, flow.gradient);
    finish!(VECTORS - 2, last);
    flow.divided = steps.divide::<R>(VECTORS - 1, &now, flow.begun);
    finish!(VECTORS - 1, last);
}

/// Adds the steps along a path that pass the minimum, by the moments of all rows: `measure::FollowPath` with what a step needs of the last in
/// registers.
///
/// # Safety
/// The CPU has AVX2 and FMA.
#[target_feature(enable = "avx2,fma")]
pub unsafe fn follow<const N: usize>(total: &Moments, centre: &Centre, path: [&[[f32; N]]; 2], passes: &mut Wide<f32, N>) {
    for v in 0..N / WIDTH {
        let mut count = Vector::load(&passes.0, v);
        let mut last = None;
        for (weight, bias) in path[0].iter().zip(path[1]) {
            let to = [Vector::load(weight, v), Vector::load(bias, v)];
            let ahead = neuron::slope(total, centre, to).gradient;
            if let Some((from, behind)) = last {
                count = count + passed([behind, ahead], from, to);
            }
            last = Some((to, ahead));
        }
        count.store(&mut passes.0, v);
    }
}
