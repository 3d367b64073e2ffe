//! The mean squared error of a linear neuron, a paraboloid: its optimum, Hessian and stability limits.
//!
//! `J(w, b) = mean((w·x + b − y)²)` over rows, without a ½, in float64. Sums are taken about the means to avoid cancellation.

/// The mean squared error over a set of rows, as a function of weight and bias.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quadratic {
    /// Number of rows.
    pub rows: usize,
    /// Mean of the feature.
    pub mean_x: f64,
    /// Mean of the target.
    pub mean_y: f64,
    /// Population variances and covariance.
    pub var_x: f64,
    /// Population variance of the target.
    pub var_y: f64,
    /// Population covariance.
    pub cov_xy: f64,
    /// The optimum. For a constant feature, the point nearest to the origin on the line of optima.
    pub weight: f64,
    /// Bias of the optimum.
    pub bias: f64,
    /// J at the optimum.
    pub loss: f64,
    /// `[[∂²J/∂w², ∂²J/∂w∂b], [.., ∂²J/∂b²]]` = 2/n [[Σx², Σx], [Σx, n]].
    pub hessian: [[f64; 2]; 2],
    /// Smallest and largest eigenvalue of the Hessian.
    pub eigenvalues: [f64; 2],
}

impl Quadratic {
    /// The cost of the rows `(x, y)`, at least one.
    pub fn of(x: &[f64], y: &[f64]) -> Self {
        let n = x.len() as f64;
        // The mean of equal values is exact, so that their variance is exactly 0.
        let mean = |values: &[f64]| match common_value(values) {
            Some(value) => value,
            None => values.iter().sum::<f64>() / n,
        };
        let (mean_x, mean_y) = (mean(x), mean(y));
        let (mut var_x, mut var_y, mut cov_xy) = (0.0, 0.0, 0.0);
        for (&x, &y) in x.iter().zip(y) {
            let (dx, dy) = (x - mean_x, y - mean_y);
            var_x += dx * dx;
            var_y += dy * dy;
            cov_xy += dx * dy;
        }
        (var_x, var_y, cov_xy) = (var_x / n, var_y / n, cov_xy / n);
        let constant = var_x <= 0.0;
        let (weight, bias) = if constant {
            let norm = 1.0 + mean_x * mean_x;
            (mean_x * (mean_y / norm), mean_y / norm)
        } else {
            let weight = cov_xy / var_x;
            (weight, mean_y - weight * mean_x)
        };
        let loss =
            x.iter().zip(y).map(|(&x, &y)| weight.mul_add(x - mean_x, mean_y - y)).map(|residual| residual * residual).sum::<f64>() / n;
        let hessian = [[2.0 * (var_x + mean_x * mean_x), 2.0 * mean_x], [2.0 * mean_x, 2.0]];
        Self {
            rows: x.len(),
            mean_x,
            mean_y,
            var_x,
            var_y,
            cov_xy,
            weight,
            bias,
            loss,
            hessian,
            eigenvalues: eigenvalues(hessian[0][0], 4.0 * var_x),
        }
    }

    /// J at a point: J at the optimum plus the quadratic form of the deviation.
    pub fn at(&self, weight: f64, bias: f64) -> f64 {
        self.loss + self.excess(weight, bias)
    }

    /// J(w, b) − J*, without cancellation: Var(x)·δw² + (δb + δw·x̄)².
    pub fn excess(&self, weight: f64, bias: f64) -> f64 {
        let (dw, db) = (weight - self.weight, bias - self.bias);
        let level = dw.mul_add(self.mean_x, db);
        self.var_x.mul_add(dw * dw, level * level)
    }

    /// The condition number λmax / λmin; `None` for a constant feature.
    pub fn condition(&self) -> Option<f64> {
        (self.eigenvalues[0] > 0.0).then(|| self.eigenvalues[1] / self.eigenvalues[0])
    }

    /// The largest learning rate at which full-batch gradient descent converges: 2/λmax, with momentum 2(1+β)/λmax, with
    /// Nesterov momentum 2(1+β)/((1+2β)λmax).
    pub fn stability_limit(&self, momentum: f64, nesterov: bool) -> f64 {
        let limit = 2.0 * (1.0 + momentum) / self.eigenvalues[1];
        if nesterov { limit / (1.0 + 2.0 * momentum) } else { limit }
    }
}

/// The value that all elements share, if they are equal.
fn common_value(values: &[f64]) -> Option<f64> {
    values.first().copied().filter(|first| values.iter().all(|value| value == first))
}

/// The eigenvalues of `[[a, c], [c, 2]]` from `a` and the determinant; the smaller one by division, which avoids cancellation.
fn eigenvalues(a: f64, determinant: f64) -> [f64; 2] {
    let trace = a + 2.0;
    let root = (trace * trace - 4.0 * determinant).max(0.0).sqrt();
    let largest = f64::midpoint(trace, root);
    [determinant / largest, largest]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_without_noise_has_loss_zero_and_its_own_parameters() {
        let q = Quadratic::of(&[1.0, 2.0, 4.0], &[5.0, 7.0, 11.0]);
        assert!((q.weight - 2.0).abs() < 1e-14 && (q.bias - 3.0).abs() < 1e-14);
        assert!(q.loss < 1e-28);
        assert!((q.at(0.0, 0.0) - (25.0 + 49.0 + 121.0) / 3.0).abs() < 1e-12);
    }

    #[test]
    fn a_constant_feature_has_no_condition_number() {
        let q = Quadratic::of(&[3.0, 3.0], &[1.0, 2.0]);
        assert_eq!(q.condition(), None);
        assert!((q.weight * 3.0 + q.bias - 1.5).abs() < 1e-15);
        assert!((q.loss - 0.25).abs() < 1e-15);
    }

    #[test]
    fn equal_values_have_no_variance_whatever_their_value() {
        // The float64 mean of 20 rows of 14.62, summed one by one, is not 14.62.
        for value in [14.62, 0.1, 1e-12, -3e14] {
            let q = Quadratic::of(&[value; 20], &[1.0, 2.0, 3.0, 4.0].repeat(5));
            assert_eq!((q.mean_x, q.var_x, q.cov_xy, q.condition()), (value, 0.0, 0.0, None));
            let q = Quadratic::of(&[1.0, 2.0, 3.0, 4.0].repeat(5), &[value; 20]);
            assert_eq!((q.mean_y, q.var_y, q.weight, q.bias, q.loss), (value, 0.0, 0.0, value, 0.0));
        }
    }
}
