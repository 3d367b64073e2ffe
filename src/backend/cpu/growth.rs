//! How far the runs of a tile can get in a block, under a rule whose steps nothing bounds but what it keeps itself (`Rule::inertia`).
//!
//! The gradient of the mean squared error is linear, so |θ| and |v|, the larger of weight's and bias's each, cannot grow faster than
//!
//! ```text
//! |v| ← μ|v| + η(h|θ| + c)        |θ| ← |θ| + k|v|
//! ```
//!
//! with the steepest h and c of any batch. Where that leads nowhere near the limit, nobody looks whether a run left the range, nor sums what
//! would tell. The text is linear in where it begins, so that a block is asked by three products.

use super::notes::{LIMIT, Wide};
use super::simd::Loop;
use crate::backend::batches::Window;
use crate::data::{Centre, Moments};

/// A gradient of any batch of a window is at most `slope`·|θ| + `rest`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pull {
    slope: f64,
    rest: f64,
}

impl Pull {
    /// Of `neuron::slope`'s formula, term by term.
    pub fn of(window: &Window, centre: &Centre) -> Self {
        let away = f64::from(centre.weight.abs().max(centre.bias.abs()));
        let x = f64::from(centre.x.abs());
        let mut steepest = Self::default();
        for moments in &window.moments {
            let Moments { u, uu, r, ru, .. } = *moments;
            let [u, uu, r, ru] = [u, uu, r, ru].map(|moment| f64::from(moment.abs()));
            let by_bias = u + 2.0 * (1.0 + x);
            let by_weight = uu + u * (1.0 + x) + x * by_bias;
            let slope = by_weight.max(by_bias);
            steepest.slope = steepest.slope.max(slope);
            steepest.rest = steepest.rest.max(slope * away + r.max(ru + x * r));
        }
        steepest
    }
}

/// Where a block leads at most: so much of the largest |θ| and |v| of its beginning, and what comes on its own.
#[derive(Clone, Copy, Debug)]
pub struct Growth {
    theta: f64,
    velocity: f64,
    rest: f64,
}

impl Growth {
    /// In so many steps, by η, μ and k.
    pub fn of(pull: Pull, inertia: [f32; 3], steps: usize) -> Self {
        let [rate, momentum, reach] = inertia.map(f64::from);
        let (mut theta, mut velocity) = ([1.0, 0.0, 0.0], [0.0, 1.0, 0.0]);
        for _ in 0..steps {
            for i in 0..3 {
                let rest = if i == 2 { pull.rest } else { 0.0 };
                velocity[i] = momentum * velocity[i] + rate * (pull.slope * theta[i] + rest);
                theta[i] += reach * velocity[i];
            }
        }
        Self { theta: theta[0], velocity: theta[1], rest: theta[2] }
    }

    /// Whether no run that begins with these can leave the range; not where one is NaN.
    pub fn stays(&self, [theta, velocity]: [f32; 2]) -> bool {
        // A quarter of the limit is left for what float32 rounds.
        self.theta * f64::from(theta) + self.velocity * f64::from(velocity) + self.rest <= f64::from(LIMIT) / 4.0
    }
}

/// The largest size in some columns; NaN where one is, 0 of none.
pub struct Largest<'a, const N: usize> {
    pub columns: &'a [Wide<f32, N>],
    pub size: &'a mut f32,
}

impl<const N: usize> Loop for Largest<'_, N> {
    #[inline(always)]
    fn run(self) {
        // Bits of sizes are in their order, with NaN behind infinity.
        let mut largest = [0_u32; N];
        for column in self.columns {
            for l in 0..N {
                let bits = column.0[l].abs().to_bits();
                largest[l] = if bits > largest[l] { bits } else { largest[l] };
            }
        }
        let mut of_all = 0;
        for l in 0..N {
            of_all = if largest[l] > of_all { largest[l] } else { of_all };
        }
        *self.size = f32::from_bits(of_all);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_what_steps_of_the_worst_case_come_to() {
        let pull = Pull { slope: 3.0, rest: 0.5 };
        let growth = Growth::of(pull, [0.25, 0.5, 1.5], 7);
        let (mut theta, mut velocity) = (2.0_f64, 0.75_f64);
        for _ in 0..7 {
            velocity = 0.5 * velocity + 0.25 * (3.0 * theta + 0.5);
            theta += 1.5 * velocity;
        }
        let led = growth.theta * 2.0 + growth.velocity * 0.75 + growth.rest;
        assert!((led / theta - 1.0).abs() < 1e-12, "{led} {theta}");
    }

    #[test]
    fn what_is_large_or_no_number_does_not_stay() {
        let growth = Growth::of(Pull { slope: 2.0, rest: 1.0 }, [0.1, 0.9, 1.0], 16);
        assert!(growth.stays([1.0, 1.0]));
        for out in [1e12, f32::INFINITY, f32::NAN] {
            assert!(!growth.stays([out, 0.0]) && !growth.stays([0.0, out]), "{out}");
        }
        assert!(!Growth::of(Pull { slope: 2.0, rest: 1.0 }, [f32::NAN, 0.9, 1.0], 16).stays([1.0, 1.0]));
        assert!(!Growth::of(Pull { slope: 1e6, rest: 1.0 }, [1.0, 0.0, 1.0], 16).stays([1.0, 0.0]));
    }

    #[test]
    fn the_largest_of_columns_knows_what_is_no_number() {
        let mut column = Wide([0.5_f32; 8]);
        column.0[3] = -2.0;
        let largest = |columns: &[Wide<f32, 8>]| {
            let mut size = -1.0;
            Largest { columns, size: &mut size }.run();
            size
        };
        assert_eq!([largest(&[column]), largest(&[])], [2.0, 0.0]);
        column.0[6] = f32::NAN;
        assert!(largest(&[]) == 0.0 && largest(&[column]).is_nan());
    }
}
