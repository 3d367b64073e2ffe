//! The linear neuron under the mean squared error: gradient and loss of a batch from its moments. Twin: `shaders/moments.wgsl`.
//!
//! ```text
//! δw = w − w₀     c = (b − b₀) + δw·x₀                  the deviation from the centre line, at the centre abscissa
//! ∂L/∂b = 2mean(u)·δw + 2c − 2mean(r)
//! h     = 2mean(u²)·δw + 2mean(u)·c − 2mean(ru)
//! ∂L/∂w = h + x₀·∂L/∂b
//! L     = ½(δw·(h − 2mean(ru)) + c·(∂L/∂b − 2mean(r))) + mean(r²)
//! ```

use super::Number;
use crate::data::{Centre, Moments};
use crate::model::Params;

/// The gradient of a batch's mean loss, and the intermediate values from which [`loss`] continues.
#[derive(Clone, Copy, Debug)]
pub struct MomentGradient<T> {
    /// ∂L/∂w, ∂L/∂b
    pub gradient: Params<T>,
    /// δw of the module's formulas.
    dw: T,
    /// c of the module's formulas.
    deviation: T,
    /// h of the module's formulas.
    gradient_u: T,
}

/// The gradient of a batch's mean loss at (weight, bias), from the moments of the batch.
#[inline(always)]
pub fn moment_gradient<T: Number>(moments: &Moments, centre: &Centre, Params([weight, bias]): Params<T>) -> MomentGradient<T> {
    let (u, uu) = (T::splat(moments.u), T::splat(moments.uu));
    let (r, ru) = (T::splat(moments.r), T::splat(moments.ru));
    let x = T::splat(centre.x);
    let dw = weight - T::splat(centre.weight);
    let deviation = dw.mul_add(x, bias - T::splat(centre.bias));
    let gradient_b = u.mul_add(dw, T::splat(2.0).mul_add(deviation, -r));
    let gradient_u = uu.mul_add(dw, u.mul_add(deviation, -ru));
    MomentGradient { gradient: Params([x.mul_add(gradient_b, gradient_u), gradient_b]), dw, deviation, gradient_u }
}

/// [`moment_gradient`] for x₀ = 0, with identical bits and fewer operations: terms with the factor x₀ are left out.
#[inline(always)]
pub fn moment_gradient_at_origin<T: Number>(moments: &Moments, centre: &Centre, Params([weight, bias]): Params<T>) -> MomentGradient<T> {
    let (u, uu) = (T::splat(moments.u), T::splat(moments.uu));
    let (r, ru) = (T::splat(moments.r), T::splat(moments.ru));
    let dw = weight - T::splat(centre.weight);
    let deviation = bias - T::splat(centre.bias);
    // Doubling is exact, so this sum is rounded once, like the fused one.
    let gradient_b = u.mul_add(dw, (deviation + deviation) - r);
    let gradient_u = uu.mul_add(dw, u.mul_add(deviation, -ru));
    MomentGradient { gradient: Params([gradient_u, gradient_b]), dw, deviation, gradient_u }
}

/// The mean loss of the batch at the point of its gradient.
#[inline(always)]
pub fn loss<T: Number>(moments: &Moments, at: &MomentGradient<T>) -> T {
    let half = T::splat(0.5);
    let of_deviation = (half * at.deviation) * (at.gradient[1] - T::splat(moments.r));
    (half * at.dw).mul_add(at.gradient_u - T::splat(moments.ru), of_deviation) + T::splat(moments.rr)
}

/// The deviation of the mean prediction, δb + δw·x̄, from the mean of x and the deviation of the parameters from the optimum. Without cancellation, J − J* of
/// a quadratic cost is Var(x)·δw² plus its square.
#[inline(always)]
pub fn mean_deviation<T: Number>(mean: T, deviation: Params<T>) -> T {
    deviation[0].mul_add(mean, deviation[1])
}

/// ŷ − y of one row.
#[inline(always)]
pub fn error<T: Number>(Params([weight, bias]): Params<T>, x: T, y: T) -> T {
    weight.mul_add(x, bias) - y
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::cases::Point;

    #[test]
    fn both_gradients_have_identical_bits_at_the_origin() {
        let points = Point::all();
        let at_origin = points.iter().filter(|point| point.centre.is_origin());
        assert!(at_origin.clone().count() >= 20);
        for point in at_origin {
            let (full, short) = (
                moment_gradient(&point.moments, &point.centre, point.theta),
                moment_gradient_at_origin(&point.moments, &point.centre, point.theta),
            );
            let bits = |at: &MomentGradient<f32>| (at.gradient.map(f32::to_bits).0, loss(&point.moments, at).to_bits());
            assert_eq!(bits(&full), bits(&short), "{point:?}");
        }
    }
}
