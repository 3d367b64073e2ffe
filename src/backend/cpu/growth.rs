//! How far the runs of a tile can get in some blocks, under a rule whose steps nothing bounds but what it keeps itself (`Rule::inertia`).
//!
//! The gradient of the mean squared error is linear, so |θ| and |v|, the larger of weight's and bias's each, cannot grow faster than
//!
//! ```text
//! |v| ← μ|v| + η(h|θ| + c)        |θ| ← |θ| + k|v|
//! ```
//!
//! with the steepest h and c of any batch. Where that leads nowhere near the limit, nobody looks whether a run left the range, nor sums what
//! would tell. The text is linear in where it begins, so that blocks are asked by three products.

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
    /// Whether no gradient inside the range overflows float32: only then a bound of θ says all.
    pub fn is_finite(&self) -> bool {
        self.slope * f64::from(LIMIT) + self.rest <= f64::from(f32::MAX) / 4.0
    }

    /// Of `moments::slope`'s formula, term by term.
    pub fn of(window: &Window, centre: &Centre) -> Self {
        let away = f64::from(centre.weight.abs().max(centre.bias.abs()));
        let x = f64::from(centre.x.abs());
        let mut steepest = Self::default();
        for moments in &window.moments {
            let Moments { u, uu, r, ru, .. } = *moments;
            let [u, uu, r, ru] = [u.abs().into(), uu.abs().into(), r.abs().into(), f64::from(ru.abs())];
            let by_bias = u + 2.0 * (1.0 + x);
            let by_weight = uu + u * (1.0 + x) + x * by_bias;
            let slope = by_weight.max(by_bias);
            steepest.slope = steepest.slope.max(slope);
            steepest.rest = steepest.rest.max(slope * away + r.max(ru + x * r));
        }
        steepest
    }
}

/// Where some steps lead at most: |θ| and |v| behind them, as so much of |θ| and of |v| before them, and what comes on its own.
#[derive(Clone, Copy, Debug)]
struct Bound {
    theta: [f64; 3],
    velocity: [f64; 3],
}

impl Bound {
    /// Of no step.
    const STILL: Self = Self { theta: [1.0, 0.0, 0.0], velocity: [0.0, 1.0, 0.0] };

    /// Of one, by η, μ and k.
    fn step(pull: Pull, [rate, momentum, reach]: [f64; 3]) -> Self {
        let velocity = [rate * pull.slope, momentum, rate * pull.rest];
        Self { theta: [1.0 + reach * velocity[0], reach * velocity[1], reach * velocity[2]], velocity }
    }

    /// Of these steps and others behind them.
    fn then(&self, next: &Self) -> Self {
        let mut both = Self::STILL;
        for (led, [theta, velocity, rest]) in [(&mut both.theta, next.theta), (&mut both.velocity, next.velocity)] {
            for i in 0..3 {
                led[i] = theta * self.theta[i] + velocity * self.velocity[i];
            }
            led[2] += rest;
        }
        both
    }

    /// Whether no run that begins with these can leave the range; not where one is NaN.
    fn stays(&self, [theta, velocity]: [f32; 2]) -> bool {
        let led = self.theta[0] * f64::from(theta) + self.theta[1] * f64::from(velocity) + self.theta[2];
        // A quarter of the limit is left for what float32 rounds.
        led <= f64::from(LIMIT) / 4.0
    }
}

/// Where 1, 2, 4 and 8 blocks lead at most: looking takes as long as some steps.
#[derive(Clone, Copy, Debug)]
pub struct Growth([Bound; 4]);

impl Growth {
    /// Of blocks of so many steps, by η, μ and k.
    pub fn of(pull: Pull, inertia: [f32; 3], steps: usize) -> Self {
        let [rate, momentum, reach] = inertia;
        let mut power = Bound::step(pull, [f64::from(rate), f64::from(momentum), f64::from(reach)]);
        let (mut block, mut left) = (Bound::STILL, steps);
        while left > 0 {
            if left % 2 == 1 {
                block = block.then(&power);
            }
            power = power.then(&power);
            left /= 2;
        }
        let two = block.then(&block);
        let four = two.then(&two);
        Self([block, two, four, four.then(&four)])
    }

    /// In how many blocks no run can leave the range that begins with these; 0 where one is NaN.
    pub fn blocks(&self, begun: [f32; 2]) -> usize {
        self.0.iter().rposition(|bound| bound.stays(begun)).map_or(0, |longest| 1 << longest)
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
        let mut steps = 0;
        for (bound, blocks) in growth.0.iter().zip([1, 2, 4, 8]) {
            while steps < 7 * blocks {
                velocity = 0.5 * velocity + 0.25 * (3.0 * theta + 0.5);
                theta += 1.5 * velocity;
                steps += 1;
            }
            let led = bound.theta[0] * 2.0 + bound.theta[1] * 0.75 + bound.theta[2];
            assert!((led / theta - 1.0).abs() < 1e-12, "{led} {theta}");
        }
    }

    #[test]
    fn blocks_are_as_many_as_lead_nowhere_near_the_limit() {
        // |θ| doubles with each step.
        let growth = Growth::of(Pull { slope: 1.0, rest: 0.0 }, [1.0, 0.0, 1.0], 2);
        let limit = LIMIT / 4.0;
        for (begun, blocks) in [(limit / 4.0, 1), (limit / 3.0, 0), (limit / 16.0, 2), (limit / 255.0, 2), (limit / 70_000.0, 8), (0.0, 8)]
        {
            assert_eq!(growth.blocks([begun, 0.0]), blocks, "{begun}");
        }
    }

    #[test]
    fn what_is_large_or_no_number_does_not_stay() {
        let growth = Growth::of(Pull { slope: 2.0, rest: 1.0 }, [0.1, 0.9, 1.0], 16);
        assert!(growth.blocks([1.0, 1.0]) > 0);
        for out in [1e12, f32::INFINITY, f32::NAN] {
            assert_eq!((growth.blocks([out, 0.0]), growth.blocks([0.0, out])), (0, 0), "{out}");
        }
        assert_eq!(Growth::of(Pull { slope: 2.0, rest: 1.0 }, [f32::NAN, 0.9, 1.0], 16).blocks([1.0, 1.0]), 0);
        assert_eq!(Growth::of(Pull { slope: 1e6, rest: 1.0 }, [1.0, 0.0, 1.0], 16).blocks([1.0, 0.0]), 0);
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
