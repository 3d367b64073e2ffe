//! Steps of a whole tile with AVX2: its eight vectors follow each other through the stages of a rule.
//!
//! A vector's step is a chain of some 80 cycles: gradient, root, division, update. A loop that takes one vector after the other lets the CPU
//! find the next vectors' work by looking ahead, past instructions that wait; a core that is shared with another thread looks half as
//! far. Here a turn finishes one vector, divides for the one behind it, takes the roots of the next, renews the state of a fourth
//! and takes the gradient of a fifth, in this order, so that hardly an instruction waits for one that stands just before it. Measured in
//! `docs/performance.md`.
//!
//! The formulas are `kernel`'s.

use std::cell::Cell;

use super::notes::{Wide, fetch_row, passed};
use super::steps::{Clocks, Lanes, Path, Steps};
use super::tile::{TILE, Tile};
use super::vector::{Vector, WIDTH, align_frame};
use crate::data::{Centre, Moments};
use crate::kernel::coefficients::STEP_FACTORS;
use crate::kernel::optimizers::STATE;
use crate::kernel::stages::{Between, SLOTS};
use crate::kernel::{Coefficients, Number, Rule, Stages, State, StepFactors, moments};

/// Vectors of a tile.
const VECTORS: usize = TILE / WIDTH;

/// Takes a tile through some steps with the same factors for all runs.
///
/// # Safety
/// The CPU has AVX2 and FMA.
pub unsafe fn steps<R: Rule>(steps: Steps<'_, '_, TILE>) {
    let Steps { lanes: Lanes { theta, state }, coefficients: [a, b, c, d, e], energy, summed, centre, moments, factors, path } = steps;
    let factors = if let Clocks::Shared(factors) = factors { factors } else { &[] };
    let (runs, batches) =
        (Runs { theta, state, coefficients: [a, b, c, d, e], energy }, Batches::<false, false> { centre, moments, factors });
    // SAFETY: as the caller says.
    unsafe {
        if !R::BOUNDED && summed {
            about::<R, true>(runs, batches.known(), path);
        } else {
            about::<R, false>(runs, batches, path);
        }
    }
}

/// The text that fits the centre's abscissa.
///
/// # Safety
/// The CPU has AVX2 and FMA.
unsafe fn about<R: Rule, const SUMMED: bool>(runs: Runs<'_>, batches: Batches<'_, false, SUMMED>, path: Option<&mut Path<'_, TILE>>) {
    // SAFETY: as the caller says.
    unsafe {
        match (batches.centre.is_origin(), path) {
            (true, None) => through::<R, _, false>(runs, batches.known::<true, SUMMED>(), None),
            (false, None) => through::<R, _, false>(runs, batches, None),
            (true, path) => through::<R, _, true>(runs, batches.known::<true, SUMMED>(), path),
            (false, path) => through::<R, _, true>(runs, batches, path),
        }
    }
}

/// Takes a tile through one step whose gradients are known, with a factors for each run.
///
/// # Safety
/// The CPU has AVX2 and FMA.
pub unsafe fn step<R: Rule>(tile: &mut Tile, gradient: &[[f32; TILE]; 2], factors: &[Wide<f32, TILE>; STEP_FACTORS]) {
    let mut nowhere = Wide::ZERO;
    let Tile { theta, state, coefficients: [a, b, c, d, e, ..], .. } = tile;
    let runs = Runs { theta, state, coefficients: [a, b, c, d, e], energy: &mut nowhere };
    // SAFETY: as the caller says.
    unsafe { through::<R, _, false>(runs, Given { gradient, factors }, None) }
}

/// Where the gradients of steps, and their factors, come from.
trait Source {
    /// Whether the places where steps lead are summed.
    const SUMMED: bool;
    /// What a step has for all runs.
    type Now: Copy;

    fn steps(&self) -> usize;
    fn at<R: Rule>(&self, step: usize) -> Self::Now;
    fn gradient(&self, now: &Self::Now, v: usize, theta: [Vector; 2]) -> [Vector; 2];
    fn factors<R: Rule>(&self, now: &Self::Now, v: usize) -> StepFactors<Vector>;
}

/// The moments of batches, about the abscissa 0 or any other.
struct Batches<'a, const ORIGIN: bool, const SUMMED: bool> {
    centre: Centre,
    moments: &'a [Moments],
    factors: &'a [StepFactors<f32>],
}

impl<'a, const ORIGIN: bool, const SUMMED: bool> Batches<'a, ORIGIN, SUMMED> {
    /// The same, with more known of them.
    fn known<const AT_ORIGIN: bool, const SUMS: bool>(self) -> Batches<'a, AT_ORIGIN, SUMS> {
        let Self { centre, moments, factors } = self;
        Batches { centre, moments, factors }
    }
}

impl<const ORIGIN: bool, const SUMS: bool> Source for Batches<'_, ORIGIN, SUMS> {
    const SUMMED: bool = SUMS;
    type Now = (Moments, StepFactors<Vector>);

    #[inline(always)]
    fn steps(&self) -> usize {
        self.moments.len()
    }

    #[inline(always)]
    fn at<R: Rule>(&self, step: usize) -> Self::Now {
        let mut factors = [Vector::of(0.0); STEP_FACTORS];
        if R::STEP_FACTORS > 0 {
            for slot in 0..STEP_FACTORS {
                factors[slot] = Vector::of(self.factors[step][slot]);
            }
        }
        (self.moments[step], factors)
    }

    #[inline(always)]
    fn gradient(&self, (moments, _): &Self::Now, _: usize, theta: [Vector; 2]) -> [Vector; 2] {
        let slope = if ORIGIN {
            moments::moment_gradient_at_origin(moments, &self.centre, theta)
        } else {
            moments::moment_gradient(moments, &self.centre, theta)
        };
        slope.gradient
    }

    #[inline(always)]
    fn factors<R: Rule>(&self, (_, factors): &Self::Now, _: usize) -> StepFactors<Vector> {
        *factors
    }
}

/// One step's.
struct Given<'a> {
    gradient: &'a [[f32; TILE]; 2],
    factors: &'a [Wide<f32, TILE>; STEP_FACTORS],
}

impl Source for Given<'_> {
    const SUMMED: bool = false;
    type Now = ();

    #[inline(always)]
    fn steps(&self) -> usize {
        1
    }

    #[inline(always)]
    fn at<R: Rule>(&self, _: usize) -> Self::Now {}

    #[inline(always)]
    fn gradient(&self, (): &Self::Now, v: usize, _: [Vector; 2]) -> [Vector; 2] {
        [Vector::load(&self.gradient[0], v), Vector::load(&self.gradient[1], v)]
    }

    #[inline(always)]
    fn factors<R: Rule>(&self, (): &Self::Now, v: usize) -> StepFactors<Vector> {
        let mut factors = [Vector::of(0.0); STEP_FACTORS];
        if R::STEP_FACTORS > 0 {
            for slot in 0..STEP_FACTORS {
                factors[slot] = Vector::load(&self.factors[slot].0, v);
            }
        }
        factors
    }
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

/// The columns of a tile.
struct Runs<'a> {
    theta: &'a mut [Wide<f32, TILE>; 2],
    state: &'a mut [Wide<f32, TILE>; STATE],
    coefficients: [&'a Wide<f32, TILE>; SLOTS],
    energy: &'a mut Wide<f32, TILE>,
}

/// The vectors of a tile, and what their steps need.
struct Vectors<'a, S> {
    runs: Runs<'a>,
    source: S,
}

impl<S: Source> Vectors<'_, S> {
    #[inline(always)]
    fn theta(&self, v: usize) -> [Vector; 2] {
        [Vector::load(&self.runs.theta[0].0, v), Vector::load(&self.runs.theta[1].0, v)]
    }

    #[inline(always)]
    fn coefficients(&self, v: usize) -> Coefficients<Vector> {
        let [a, b, c, d, e] = self.runs.coefficients;
        let [a, b, c, d, e] =
            [Vector::load(&a.0, v), Vector::load(&b.0, v), Vector::load(&c.0, v), Vector::load(&d.0, v), Vector::load(&e.0, v)];
        [a, b, c, d, e, a, a, a, a, a, a, a, a]
    }

    #[inline(always)]
    fn state(&self, v: usize) -> State<Vector> {
        let [a, b, c, d, e, f] = &*self.runs.state;
        [
            Vector::load(&a.0, v),
            Vector::load(&b.0, v),
            Vector::load(&c.0, v),
            Vector::load(&d.0, v),
            Vector::load(&e.0, v),
            Vector::load(&f.0, v),
        ]
    }

    #[inline(always)]
    fn renew<R: Rule>(&mut self, v: usize, state: &State<Vector>) {
        for i in 0..R::STATE {
            state[i].store(&mut self.runs.state[i].0, v);
        }
    }

    #[inline(always)]
    fn gradient(&self, v: usize, now: &S::Now) -> [Vector; 2] {
        let mut gradient = self.source.gradient(now, v, self.theta(v));
        end(&mut gradient, 2);
        gradient
    }

    #[inline(always)]
    fn begin<R: Rule>(&mut self, v: usize, gradient: [Vector; 2]) -> Between<Vector> {
        let mut state = self.state(v);
        let mut begun = R::Stages::begin(&self.coefficients(v), gradient, &mut state);
        self.renew::<R>(v, &state);
        end(&mut begun, R::Stages::BEGUN);
        begun
    }

    #[inline(always)]
    fn root<R: Rule>(&self, v: usize, begun: Between<Vector>) -> Between<Vector> {
        let mut rooted = R::Stages::root(&self.coefficients(v), begun);
        end(&mut rooted, R::Stages::BEGUN);
        rooted
    }

    #[inline(always)]
    fn divide<R: Rule>(&self, v: usize, now: &S::Now, begun: Between<Vector>) -> Between<Vector> {
        let mut divided = R::Stages::divide(&self.coefficients(v), &self.source.factors::<R>(now, v), begun);
        end(&mut divided, R::Stages::DIVIDED);
        divided
    }

    /// The new parameters.
    #[inline(always)]
    fn finish<R: Rule>(&mut self, v: usize, divided: Between<Vector>) -> [Vector; 2] {
        let mut state = self.state(v);
        let next = R::Stages::finish(&self.coefficients(v), self.theta(v), divided, &mut state);
        self.renew::<R>(v, &state);
        if S::SUMMED {
            let energy = &mut self.runs.energy.0;
            next[0].mul_add(next[0], next[1].mul_add(next[1], Vector::load(energy, v))).store(energy, v);
        }
        for i in 0..2 {
            next[i].store(&mut self.runs.theta[i].0, v);
        }
        next
    }
}

/// The four vectors that are under way between two turns.
struct Flow {
    gradient: [Vector; 2],
    begun: Between<Vector>,
    rooted: Between<Vector>,
    divided: Between<Vector>,
}

#[target_feature(enable = "avx2,fma")]
fn through<R: Rule, S: Source, const KEEPS: bool>(runs: Runs<'_>, source: S, path: Option<&mut Path<'_, TILE>>) {
    if source.steps() == 0 {
        return;
    }
    align_frame();
    let nowhere = [const { Cell::new([0.0; WIDTH]) }; VECTORS];
    let recorded = path.as_ref().is_some_and(|path| path.recorded);
    let rows = path.map_or([&[][..]; 2], |Path { rows: [weight, bias], .. }| [rows(&mut weight[1..]), rows(&mut bias[1..])]);
    // Where steps leave their results.
    let place = |step: usize| if KEEPS { [&rows[0][step], &rows[1][step]] } else { [&nowhere; 2] };
    let mut steps = Vectors { runs, source };
    let mut now = steps.source.at::<R>(0);
    let gradient = steps.gradient(0, &now);
    let begun = steps.begin::<R>(0, gradient);
    let gradient = steps.gradient(1, &now);
    let rooted = steps.root::<R>(0, begun);
    let begun = steps.begin::<R>(1, gradient);
    let gradient = steps.gradient(2, &now);
    let divided = steps.divide::<R>(0, &now, rooted);
    let rooted = steps.root::<R>(1, begun);
    let begun = steps.begin::<R>(2, gradient);
    let gradient = steps.gradient(3, &now);
    let mut flow = Flow { gradient, begun, rooted, divided };
    // The vector that finishes its step, and where it leaves the result.
    macro_rules! finish {
        ($v:expr, $place:expr) => {
            let mut next = steps.finish::<R>($v, flow.divided);
            if KEEPS {
                for i in 0..2 {
                    $place[i][$v].set(next[i].lanes());
                }
            }
            end(&mut next, 2);
        };
    }
    // A turn: vector `$v` enters the step `now`; those ahead of it may still be in the one before.
    macro_rules! turn {
        ($v:expr, $finishes:expr, $divides:expr) => {
            finish!(($v + VECTORS - 4) % VECTORS, $finishes);
            flow.divided = steps.divide::<R>(($v + VECTORS - 3) % VECTORS, $divides, flow.rooted);
            flow.rooted = steps.root::<R>(($v + VECTORS - 2) % VECTORS, flow.begun);
            flow.begun = steps.begin::<R>(($v + VECTORS - 1) % VECTORS, flow.gradient);
            flow.gradient = steps.gradient($v, &now);
        };
    }
    let mut to = place(0);
    for v in 4..VECTORS {
        turn!(v, to, &now);
    }
    for step in 1..steps.source.steps() {
        let (before, left) = (now, to);
        (now, to) = (steps.source.at::<R>(step), place(step));
        turn!(0, left, &before);
        turn!(1, left, &before);
        turn!(2, left, &before);
        turn!(3, left, &now);
        turn!(4, to, &now);
        turn!(5, to, &now);
        turn!(6, to, &now);
        turn!(7, to, &now);
        if KEEPS && recorded {
            fetch_row::<TILE>([to[0].as_ptr().cast(), to[1].as_ptr().cast()]);
        }
    }
    finish!(VECTORS - 4, to);
    flow.divided = steps.divide::<R>(VECTORS - 3, &now, flow.rooted);
    flow.rooted = steps.root::<R>(VECTORS - 2, flow.begun);
    flow.begun = steps.begin::<R>(VECTORS - 1, flow.gradient);
    finish!(VECTORS - 3, to);
    flow.divided = steps.divide::<R>(VECTORS - 2, &now, flow.rooted);
    flow.rooted = steps.root::<R>(VECTORS - 1, flow.begun);
    finish!(VECTORS - 2, to);
    flow.divided = steps.divide::<R>(VECTORS - 1, &now, flow.rooted);
    finish!(VECTORS - 1, to);
}

/// A column of a tile, vector by vector.
type Row = [Cell<[f32; WIDTH]>; VECTORS];

/// Rows of a column, in which two steps may be under way.
fn rows(column: &mut [[f32; TILE]]) -> &[Row] {
    let vectors = column.as_flattened_mut().as_chunks_mut().0;
    Cell::from_mut(vectors).as_slice_of_cells().as_chunks().0
}

/// Adds the steps along a path that pass the minimum, by the moments of all rows: `measure::FollowPath` with what a step needs of the last in
/// registers.
///
/// # Safety
/// The CPU has AVX2 and FMA.
#[target_feature(enable = "avx2,fma")]
pub unsafe fn follow<const N: usize>(total: &Moments, centre: &Centre, path: [&[[f32; N]]; 2], crossings: &mut Wide<f32, N>) {
    align_frame();
    for v in 0..N / WIDTH {
        let mut count = Vector::load(&crossings.0, v);
        let mut last = None;
        for (weight, bias) in path[0].iter().zip(path[1]) {
            let to = [Vector::load(weight, v), Vector::load(bias, v)];
            let ahead = moments::moment_gradient(total, centre, to).gradient;
            if let Some((from, behind)) = last {
                count = count + passed([behind, ahead], from, to);
            }
            last = Some((to, ahead));
        }
        count.store(&mut crossings.0, v);
    }
}
