//! The stages of a rule that has a fused loop: what waits for a root or a division ends a stage, so that vectors of runs can follow each
//! other through them (`backend::cpu::stream`), and no unit waits for a single vector's chain of results.

use super::{Coefficients, Number, State, StepFactors};

/// What a stage hands to the next; each rule says what stands where. Slots that it does not name are anything.
pub type Between<T> = [T; BETWEEN];

/// Slots of [`Between`].
pub const BETWEEN: usize = 6;

/// Hyperparameters of a rule that has loops of its own, at most: the first so many slots.
pub const SLOTS: usize = 5;

/// A rule in four stages, one after the other the whole of [`Rule::step`](super::Rule::step).
pub trait Stages {
    /// Whether a plain run of the rule has loops of its own, fused with the gradient. They are compiled for every SIMD level and width, so
    /// that only the rules that most sweeps ask for have them.
    const FUSED: bool;
    /// Whether the stages have loops of their own too, where a tile's vectors follow each other (`backend::cpu::stream`).
    const STREAMS: bool;
    /// How many slots [`Self::begin`] and [`Self::root`], and [`Self::divide`], hand on: the first so many.
    const BEGUN: usize;
    const DIVIDED: usize;

    /// From the gradient to what roots are taken of; the state is renewed in place.
    fn begin<T: Number>(coefficients: &Coefficients<T>, g: [T; 2], state: &mut State<T>) -> Between<T>;

    /// The roots, in the places of what they are taken of.
    #[inline(always)]
    fn root<T: Number>(_: &Coefficients<T>, begun: Between<T>) -> Between<T> {
        begun
    }

    /// The division.
    fn divide<T: Number>(coefficients: &Coefficients<T>, factors: &StepFactors<T>, begun: Between<T>) -> Between<T>;

    /// The new parameters. Slots of the state that [`Self::begin`] does not touch may be renewed here.
    fn finish<T: Number>(coefficients: &Coefficients<T>, theta: [T; 2], divided: Between<T>, state: &mut State<T>) -> [T; 2];
}

/// All stages of a rule, for one number or vector.
#[inline(always)]
pub fn through<R: Stages, T: Number>(
    coefficients: &Coefficients<T>,
    factors: &StepFactors<T>,
    theta: [T; 2],
    g: [T; 2],
    state: &mut State<T>,
) -> [T; 2] {
    let rooted = R::root(coefficients, R::begin(coefficients, g, state));
    R::finish(coefficients, theta, R::divide(coefficients, factors, rooted), state)
}

/// The stages of a rule that has none: it is taken as a whole, by [`Rule::step`](super::Rule::step).
#[derive(Debug)]
pub struct Whole;

impl Stages for Whole {
    const FUSED: bool = false;
    const STREAMS: bool = false;
    const BEGUN: usize = 0;
    const DIVIDED: usize = 0;

    fn begin<T: Number>(_: &Coefficients<T>, _: [T; 2], _: &mut State<T>) -> Between<T> {
        [T::of(0.0); BETWEEN]
    }

    fn divide<T: Number>(_: &Coefficients<T>, _: &StepFactors<T>, begun: Between<T>) -> Between<T> {
        begun
    }

    fn finish<T: Number>(_: &Coefficients<T>, theta: [T; 2], _: Between<T>, _: &mut State<T>) -> [T; 2] {
        theta
    }
}
