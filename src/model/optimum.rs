//! The optimum of a problem: from a formula if J is a paraboloid, else by a search in float64.
//!
//! The search uses J and its gradient as a black box, in coordinates that standardise the feature. Its starts include steep lines through each
//! part of the data, because an activation that saturates makes many local minima. The most promising starts that differ descend by restarted
//! Nelder–Mead, which works at kinks too, and the best end is finished with Newton steps where J is smooth. The result is not proven to be
//! global; `agreement` is the share of descents that ended at its J. If J decreases without bound outwards, as for separable classes with a
//! logistic loss, there is no optimum.

use super::{Params, Quadratic};

/// The minimum of J.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Optimum {
    /// Weight of the optimum.
    pub weight: f64,
    /// Bias of the optimum.
    pub bias: f64,
    /// J at the optimum.
    pub loss: f64,
    /// The share of the descents that ended at this J; 1 for a formula.
    pub agreement: f64,
    /// The Hessian; `None` if J has a kink at the optimum.
    pub curvature: Option<Curvature>,
}

/// A Hessian and its eigenvalues in ascending order. Without a bias, both eigenvalues are ∂²J/∂w².
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Curvature {
    /// Second derivatives of J at the optimum.
    pub hessian: [[f64; 2]; 2],
    /// Eigenvalues of the Hessian, in ascending order.
    pub eigenvalues: [f64; 2],
}

impl Curvature {
    fn of(hessian: [[f64; 2]; 2], use_bias: bool) -> Self {
        let [[a, c], [_, b]] = hessian;
        if !use_bias {
            return Self { hessian: [[a, 0.0], [0.0, 0.0]], eigenvalues: [a; 2] };
        }
        let largest = f64::midpoint(a + b, libm::hypot(a - b, 2.0 * c));
        let smallest = if largest == 0.0 { 0.0 } else { (a * b - c * c) / largest };
        Self { hessian, eigenvalues: [smallest, largest] }
    }

    /// The condition number λmax / λmin; `None` if a direction is flat.
    pub fn condition(&self) -> Option<f64> {
        (self.eigenvalues[0] > 0.0).then(|| self.eigenvalues[1] / self.eigenvalues[0])
    }

    /// The largest learning rate at which full-batch gradient descent is stable at the optimum, as `Quadratic::stability_limit`.
    /// `None` if J is not convex in any direction.
    pub fn stability_limit(&self, momentum: f64, nesterov: bool) -> Option<f64> {
        let limit = 2.0 * (1.0 + momentum) / self.eigenvalues[1];
        (self.eigenvalues[1] > 0.0).then_some(if nesterov { limit / (1.0 + 2.0 * momentum) } else { limit })
    }
}

impl Optimum {
    /// Weight and bias.
    pub const fn params(&self) -> Params<f64> {
        Params::new(self.weight, self.bias)
    }
}

impl From<&Quadratic> for Optimum {
    fn from(quadratic: &Quadratic) -> Self {
        Self {
            weight: quadratic.weight,
            bias: quadratic.bias,
            loss: quadratic.loss,
            agreement: 1.0,
            curvature: Some(Curvature { hessian: quadratic.hessian, eigenvalues: quadratic.eigenvalues }),
        }
    }
}

/// J and its gradient at some parameters.
pub trait Cost: Fn(Params<f64>) -> (f64, Params<f64>) {}
impl<F: Fn(Params<f64>) -> (f64, Params<f64>)> Cost for F {}

/// The sizes of the slopes and intercepts at which the search starts, in units of the standardised feature; both signs and 0 are used.
const SIZES: [f64; 5] = [0.1, 0.3, 1.0, 3.0, 8.0];
/// The sizes of further slopes. With a slope this large an activation saturates within the data.
const STEEP: [f64; 8] = [0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0];
/// The values of the standardised feature at which w·x + b has one of the `LEVELS` for the further slopes.
const ROOTS: [f64; 13] = [-3.0, -2.2, -1.6, -1.2, -0.8, -0.4, 0.0, 0.4, 0.8, 1.2, 1.6, 2.2, 3.0];
/// 0, and where `hard_sigmoid` and the smooth activations begin to saturate.
const LEVELS: [f64; 3] = [0.0, -3.0, 3.0];
/// The number of starts that a short descent improves, and of improved starts that a full descent continues.
const SHORT_DESCENTS: usize = 48;
const DESCENTS: usize = 8;
/// The distance, in units, beyond which a minimum is taken as a sign that J has none.
const FAR: f64 = 1e3;
/// The largest number of rounds of a full descent, and the number of simplex steps per round.
const ROUNDS: usize = 12;
const STEPS: usize = 125;
/// The simplex steps of a short descent.
const SHORT_STEPS: usize = 40;
/// The number of Newton steps at the end.
const POLISH: usize = 8;
/// A point is exact if a Newton step would reduce J by less than this share.
const EXACT: f64 = 1e-13;

/// A point in the coordinates of [`Frame`] with its J.
type Candidate = (f64, Params<f64>);

/// Searches for the optimum. `quadratic` is that of the training rows and only sets units; `rough` may be the cost of fewer rows.
pub fn search(cost: impl Cost, rough: impl Cost, quadratic: &Quadratic, use_bias: bool) -> Option<Optimum> {
    let frame = Frame::new(quadratic, use_bias);
    let unit = unit(quadratic);
    let rough = |u: Params<f64>| finite(rough(frame.theta(u)).0);
    let mut starts = starts(unit, use_bias);
    starts.push(frame.coordinates(Params::new(quadratic.weight, quadratic.bias)));
    let ranked = distinct(starts.into_iter().map(|u| (rough(u), u)).collect(), SHORT_DESCENTS);
    let improved = ranked.into_iter().map(|start| descend(&rough, start, &frame, unit, [1, SHORT_STEPS])).collect();
    let full = [ROUNDS, STEPS];
    let ends: Vec<Candidate> = distinct(improved, DESCENTS).into_iter().map(|start| descend(&rough, start, &frame, unit, full)).collect();
    let lowest = ends.iter().map(|end| end.0).min_by(f64::total_cmp)?;
    // Of several ends on a plateau the nearest one is finished, because a distant one looks like a J without a minimum.
    let norm = |end: &&Candidate| norm(end.1);
    let equal = ends.iter().filter(|end| end.0 <= lowest + 1e-12 * lowest.abs());
    let &(_, from) = equal.min_by(|a, b| norm(a).total_cmp(&norm(b)))?;
    let agreeing = ends.iter().filter(|end| end.0 - lowest <= 1e-6 * lowest.abs() + 1e-12).count();
    refine(&cost, &frame, from, unit).map(|optimum| Optimum { agreement: agreeing as f64 / ends.len() as f64, ..optimum })
}

/// The optimum that a descent from the point `theta` ends at; `None` if J decreases without bound outwards.
pub fn descent(cost: impl Cost, theta: Params<f64>, quadratic: &Quadratic, use_bias: bool) -> Option<Optimum> {
    let frame = Frame::new(quadratic, use_bias);
    refine(&cost, &frame, frame.coordinates(theta), unit(quadratic))
}

/// The scale of predictions.
fn unit(quadratic: &Quadratic) -> f64 {
    (quadratic.var_y.sqrt() + quadratic.mean_y.abs()).max(1.0)
}

/// The optimum that a descent from a point ends at; `None` if J decreases without bound outwards.
fn refine(cost: &impl Cost, frame: &Frame, from: Params<f64>, unit: f64) -> Option<Optimum> {
    let cost = |u: Params<f64>| {
        let (loss, gradient) = cost(frame.theta(u));
        (finite(loss), frame.pulled(gradient))
    };
    let loss = |u: Params<f64>| cost(u).0;
    // On many rows a descent takes long. Where J is smooth, Newton's method needs fewer evaluations.
    let newton = polish(&cost, from, frame.use_bias);
    let is_exact = |newton: Newton| newton.decrease <= EXACT * newton.loss.abs();
    let end = if Newton::at(&cost, newton, frame.use_bias).is_some_and(is_exact) {
        newton
    } else {
        let (_, end) = descend(&loss, (loss(from), from), frame, unit * 1e-3, [ROUNDS, STEPS]);
        polish(&cost, end, frame.use_bias)
    };
    if end.0.iter().any(|u| u.abs() > FAR * unit) || falls_outwards(&loss, end, unit) {
        return None;
    }
    let Params([weight, bias]) = frame.theta(end);
    let curvature = hessian(&cost, end).map(|hessian| Curvature::of(frame.pushed(hessian), frame.use_bias));
    Some(Optimum { weight, bias, loss: loss(end), agreement: 1.0, curvature })
}

/// The points from which the search starts: a grid, and steep lines through each part of the data.
fn starts(unit: f64, use_bias: bool) -> Vec<Params<f64>> {
    let signed = |sizes: &[f64]| sizes.iter().flat_map(|&size| [size, -size]).collect::<Vec<f64>>();
    let mut starts = Vec::new();
    for scale in if unit > 1.0 { vec![1.0, unit] } else { vec![1.0] } {
        let values: Vec<f64> = [0.0].into_iter().chain(signed(&SIZES)).map(|size| size * scale).collect();
        for &slope in &values {
            starts.extend(values.iter().map(|&intercept| Params::new(slope, intercept)));
        }
        for slope in signed(&STEEP) {
            starts.extend(LEVELS.iter().flat_map(|level| ROOTS.map(|root| Params::new(slope * scale, level - slope * scale * root))));
        }
    }
    if !use_bias {
        for start in &mut starts {
            start[1] = 0.0;
        }
        starts.sort_by(|a, b| a[0].total_cmp(&b[0]));
        starts.dedup();
    }
    starts
}

/// The lowest candidates that are not close to a lower one, at most `count`.
fn distinct(mut candidates: Vec<Candidate>, count: usize) -> Vec<Candidate> {
    const CLOSE: f64 = 0.4;
    candidates.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut chosen: Vec<Candidate> = Vec::new();
    for candidate in candidates {
        // Differences are relative for large values and absolute for small ones.
        let gap = |other: &Candidate, i: usize| (libm::asinh(4.0 * other.1[i]) - libm::asinh(4.0 * candidate.1[i])).abs();
        if chosen.iter().all(|other| gap(other, 0).max(gap(other, 1)) > CLOSE) {
            chosen.push(candidate);
            if chosen.len() == count {
                break;
            }
        }
    }
    chosen
}

/// The root mean square of the feature, or 1 if the feature is 0 in all rows.
fn root_mean_square(quadratic: &Quadratic) -> f64 {
    let size = libm::hypot(quadratic.var_x.sqrt(), quadratic.mean_x);
    if size > 0.0 { size } else { 1.0 }
}

/// Whether J still decreases outwards from a minimum that is itself far out.
fn falls_outwards(loss: &dyn Fn(Params<f64>) -> f64, end: Params<f64>, unit: f64) -> bool {
    let out = end.map(|u| 2.0 * u);
    norm(end) > 20.0 * unit && loss(out) < loss(end)
}

fn norm(Params([weight, bias]): Params<f64>) -> f64 {
    libm::hypot(weight, bias)
}

fn finite(loss: f64) -> f64 {
    if loss.is_finite() { loss } else { f64::MAX }
}

/// The coordinates u = (slope·w, centre·w + b): weight and bias for a standardised feature. Without a bias, the second one is unused.
#[derive(Clone, Copy)]
struct Frame {
    slope: f64,
    centre: f64,
    use_bias: bool,
}

impl Frame {
    /// Coordinates in which the feature of these rows has mean 0 and deviation 1, if the neuron has a bias; else a root mean square of 1.
    fn new(quadratic: &Quadratic, use_bias: bool) -> Self {
        let deviation = quadratic.var_x.sqrt();
        if use_bias && deviation > 0.0 {
            Self { slope: deviation, centre: quadratic.mean_x, use_bias }
        } else {
            Self { slope: root_mean_square(quadratic), centre: 0.0, use_bias }
        }
    }

    fn theta(&self, u: Params<f64>) -> Params<f64> {
        let weight = u.weight() / self.slope;
        Params::new(weight, if self.use_bias { u.bias() - self.centre * weight } else { 0.0 })
    }

    fn coordinates(&self, Params([weight, bias]): Params<f64>) -> Params<f64> {
        Params::new(self.slope * weight, if self.use_bias { self.centre * weight + bias } else { 0.0 })
    }

    /// Converts ∂J/∂θ to ∂J/∂u.
    fn pulled(&self, Params([by_weight, by_bias]): Params<f64>) -> Params<f64> {
        Params::new((by_weight - self.centre * by_bias) / self.slope, by_bias)
    }

    /// Converts a Hessian with respect to u to one with respect to (w, b).
    fn pushed(&self, h: [[f64; 2]; 2]) -> [[f64; 2]; 2] {
        let (s, c) = (self.slope, self.centre);
        let across = s * h[0][1] + c * h[1][1];
        [[s * s * h[0][0] + 2.0 * s * c * h[0][1] + c * c * h[1][1], across], [across, h[1][1]]]
    }
}

/// The Nelder–Mead method, restarted with a smaller simplex until a round no longer improves J; `rounds` and `steps` limit it. Without a bias it moves
/// along the first coordinate only.
fn descend(loss: &dyn Fn(Params<f64>) -> f64, start: Candidate, frame: &Frame, unit: f64, [rounds, steps]: [usize; 2]) -> Candidate {
    let mut best = start;
    let mut size = 0.25 * unit;
    for round in 0..rounds {
        let before = best.0;
        let Params([a, b]) = best.1;
        // The axes of the simplex turn, so that a valley along one of them does not stop the descent.
        let across = if frame.use_bias { size } else { 0.0 };
        let second = if round % 2 == 0 { Params::new(a, b + across) } else { Params::new(a - size, b + across) };
        let first = Params::new(a + size, if round % 2 == 0 { b } else { b + across });
        let mut simplex = [best, at(loss, first), at(loss, second)];
        for _ in 0..steps {
            simplex.sort_by(|p, q| p.0.total_cmp(&q.0));
            improve(loss, &mut simplex);
        }
        simplex.sort_by(|p, q| p.0.total_cmp(&q.0));
        best = simplex[0];
        if round >= 3 && before - best.0 <= 1e-13 * before.abs() {
            break;
        }
        size *= 0.1;
    }
    best
}

fn at(loss: &dyn Fn(Params<f64>) -> f64, u: Params<f64>) -> Candidate {
    (loss(u), u)
}

/// One Nelder–Mead step of a sorted simplex: reflect, expand, contract or shrink.
fn improve(loss: &dyn Fn(Params<f64>) -> f64, simplex: &mut [Candidate; 3]) {
    let middle = [0, 1].map(|i| f64::midpoint(simplex[0].1[i], simplex[1].1[i]));
    let along = |t: f64| at(loss, Params([0, 1].map(|i| middle[i] + t * (middle[i] - simplex[2].1[i]))));
    let reflected = along(1.0);
    if reflected.0 < simplex[0].0 {
        let expanded = along(2.0);
        simplex[2] = if expanded.0 < reflected.0 { expanded } else { reflected };
        return;
    }
    if reflected.0 < simplex[1].0 {
        simplex[2] = reflected;
        return;
    }
    let contracted = along(if reflected.0 < simplex[2].0 { 0.5 } else { -0.5 });
    if contracted.0 < simplex[2].0.min(reflected.0) {
        simplex[2] = contracted;
        return;
    }
    for k in 1..3 {
        simplex[k] = at(loss, Params([0, 1].map(|i| f64::midpoint(simplex[0].1[i], simplex[k].1[i]))));
    }
}

/// Newton steps, as long as they reduce the gradient and do not increase J.
fn polish(cost: &impl Cost, mut u: Params<f64>, use_bias: bool) -> Params<f64> {
    for _ in 0..POLISH {
        let Some(Newton { loss, gradient, step, decrease }) = Newton::at(cost, u, use_bias) else { break };
        let next = Params::new(u[0] - step[0], u[1] - step[1]);
        let (next_loss, next_gradient) = cost(next);
        if !(norm(next_gradient) < norm(gradient) && next_loss <= loss + 1e-12 * loss.abs()) {
            break;
        }
        u = next;
        if decrease <= f64::EPSILON * loss.abs() {
            break;
        }
    }
    u
}

/// A step of Newton's method.
struct Newton {
    loss: f64,
    gradient: Params<f64>,
    step: Params<f64>,
    /// The decrease of J that the quadratic model predicts.
    decrease: f64,
}

impl Newton {
    /// The step at a point; `None` if J has a kink or is not convex there.
    fn at(cost: &impl Cost, u: Params<f64>, use_bias: bool) -> Option<Self> {
        let (loss, g) = cost(u);
        let [[a, c], [_, b]] = hessian(cost, u)?;
        let determinant = a * b - c * c;
        let step = match use_bias {
            true if a > 0.0 && determinant > 0.0 => Params::new((b * g[0] - c * g[1]) / determinant, (a * g[1] - c * g[0]) / determinant),
            false if a > 0.0 => Params::new(g[0] / a, 0.0),
            _ => return None,
        };
        Some(Self { loss, gradient: g, step, decrease: 0.5 * (g[0] * step[0] + g[1] * step[1]) })
    }
}

/// The Hessian by differences of the gradient, of order h⁴; `None` if two step widths disagree, because J has a kink.
fn hessian(cost: &impl Cost, u: Params<f64>) -> Option<[[f64; 2]; 2]> {
    let differences = |h: f64| {
        let column = |i: usize| {
            let moved = |t: f64| {
                let mut v = u;
                v[i] += t;
                cost(v).1
            };
            let (up, down) = (moved(h), moved(-h));
            [(up[0] - down[0]) / (2.0 * h), (up[1] - down[1]) / (2.0 * h)]
        };
        [column(0), column(1)]
    };
    let width = 1e-3 * u[0].abs().max(u[1].abs()).max(1.0);
    let (wide, narrow) = (differences(width), differences(0.5 * width));
    let size = narrow.iter().flatten().fold(0.0_f64, |size, v| size.max(v.abs()));
    let mut result = [[0.0; 2]; 2];
    for i in 0..2 {
        for j in 0..2 {
            if !((wide[i][j] - narrow[i][j]).abs() <= 1e-3 * size) {
                return None;
            }
            result[i][j] = (4.0 * narrow[i][j] - wide[i][j]) / 3.0;
        }
    }
    let across = f64::midpoint(result[0][1], result[1][0]);
    Some([[result[0][0], across], [across, result[1][1]]])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of a line with noise by hand.
    const X: [f64; 6] = [100.0, 120.0, 150.0, 170.0, 210.0, 260.0];
    const Y: [f64; 6] = [3.0, 4.5, 4.0, 6.5, 7.0, 9.5];

    fn mean(f: impl Fn(f64, f64) -> (f64, f64), Params([w, b]): Params<f64>) -> (f64, Params<f64>) {
        let (mut loss, mut gradient) = (0.0, Params::splat(0.0));
        for (x, y) in X.into_iter().zip(Y) {
            let (l, s) = f(w * x + b, y);
            loss += l / 6.0;
            gradient[0] += s * x / 6.0;
            gradient[1] += s / 6.0;
        }
        (loss, gradient)
    }

    #[test]
    fn search_finds_what_the_formula_knows() {
        let quadratic = Quadratic::of(&X, &Y);
        let cost = |theta| mean(|z, y| ((z - y) * (z - y), 2.0 * (z - y)), theta);
        let found = search(cost, cost, &quadratic, true).unwrap();
        assert!((found.weight - quadratic.weight).abs() < 1e-10 && (found.bias - quadratic.bias).abs() < 1e-8, "{found:?}");
        let curvature = found.curvature.unwrap();
        for i in 0..2 {
            assert!((curvature.eigenvalues[i] / quadratic.eigenvalues[i] - 1.0).abs() < 1e-6, "{curvature:?} {quadratic:?}");
        }
    }

    #[test]
    fn search_finds_the_median_line_where_there_is_no_gradient() {
        // Least absolute deviations passes through two of the points; all pairs are tried.
        let quadratic = Quadratic::of(&X, &Y);
        let cost = |theta| mean(|z, y| ((z - y).abs(), (z - y).signum()), theta);
        let pairs = (0..6).flat_map(|i| (i + 1..6).map(move |j| (i, j)));
        let through = |(i, j): (usize, usize)| {
            let w = (Y[j] - Y[i]) / (X[j] - X[i]);
            cost(Params::new(w, Y[i] - w * X[i])).0
        };
        let least = pairs.map(through).fold(f64::INFINITY, f64::min);
        let found = search(cost, cost, &quadratic, true).unwrap();
        assert!((found.loss - least).abs() < 1e-6 * least, "{found:?} against {least}");
        assert_eq!(found.curvature, None);
    }

    #[test]
    fn separable_classes_have_no_logistic_optimum_and_mixed_ones_have() {
        let logistic = |bits: [f64; 6]| {
            move |Params([w, b]): Params<f64>| {
                let (mut loss, mut gradient) = (0.0, Params::splat(0.0));
                for (x, y) in X.into_iter().zip(bits) {
                    let z: f64 = w * x + b;
                    loss += (z.max(0.0) + libm::log1p(libm::exp(-z.abs())) - y * z) / 6.0;
                    let s = 1.0 / (1.0 + libm::exp(-z)) - y;
                    gradient[0] += s * x / 6.0;
                    gradient[1] += s / 6.0;
                }
                (loss, gradient)
            }
        };
        let apart = [0.0, 0.0, 0.0, 1.0, 1.0, 1.0];
        let mixed = [0.0, 1.0, 0.0, 1.0, 0.0, 1.0];
        let quadratic = |bits: &[f64]| Quadratic::of(&X, bits);
        assert_eq!(search(logistic(apart), logistic(apart), &quadratic(&apart), true), None);
        let found = search(logistic(mixed), logistic(mixed), &quadratic(&mixed), true).unwrap();
        let (_, gradient) = logistic(mixed)(found.params());
        assert!(gradient[0].abs() < 1e-9 && gradient[1].abs() < 1e-11, "{found:?} {gradient:?}");
        assert!(found.curvature.unwrap().condition().unwrap() > 1.0);
    }

    #[test]
    fn without_a_bias_the_line_through_the_origin_is_found() {
        let sums = X.into_iter().zip(Y).fold((0.0, 0.0), |(xy, xx), (x, y)| (xy + x * y, xx + x * x));
        let cost = |theta| {
            let (loss, gradient) = mean(|z, y| ((z - y) * (z - y), 2.0 * (z - y)), theta);
            (loss, Params::new(gradient.weight(), 0.0))
        };
        let found = search(cost, cost, &Quadratic::of(&X, &Y), false).unwrap();
        assert!((found.weight - sums.0 / sums.1).abs() < 1e-10 && found.bias == 0.0, "{found:?}");
        assert!((found.curvature.unwrap().eigenvalues[1] / (sums.1 / 3.0) - 1.0).abs() < 1e-9);
    }
}
