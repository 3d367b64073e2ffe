//! The cost surface J(w, b) of a problem: J − J*, isolines, and the regions that they enclose within a frame.
//!
//! For a quadratic cost everything has a closed form (`isoline`), exact at every condition number. Any other cost is sampled on a grid over
//! the frame, which misses a valley that is narrower than a cell. Pictures of many rows evaluate groups of similar rows (`row_groups`).

use std::sync::OnceLock;

use contour::ContourBuilder;
use rayon::prelude::*;

use super::frame::Frame;
use super::isoline::Isoline;
use super::row_groups::RowGroups;
use crate::kernel::RowEvaluator;
use crate::model::{Curvature, Params, Problem, Quadratic, Rows, problem};

/// Cells of the grid along each axis.
const CELLS: usize = 192;

/// The lowest log10(J − J*) of a sampled cell.
const LOWEST: f64 = -30.0;

/// A polyline.
pub type Line = Vec<[f64; 2]>;
/// A region: its outer ring, then the rings of its holes.
pub type Area = Vec<Line>;

/// J on the training rows as a function of weight and bias.
pub enum CostSurface<'a> {
    /// A linear neuron under the mean squared error.
    Quadratic(&'a Quadratic),
    /// Any other cost.
    General(GeneralCost<'a>),
}

/// A cost without a closed form for its isolines.
pub struct GeneralCost<'a> {
    pub cost: Box<dyn Fn(Params<f64>) -> f64 + Sync + 'a>,
    pub optimum: Option<Params<f64>>,
    /// The curvature at the optimum; `None` if J is not smooth there.
    pub curvature: Option<Curvature>,
    /// J at the optimum; 0 without an optimum, which is a lower bound of every loss except Poisson's.
    pub minimum: f64,
    /// J − J* up to which a run counts as converged; 0 without an optimum.
    pub convergence_excess: f64,
    /// The rows; `None` for a cost that is not a mean over rows.
    pub rows: Option<(RowEvaluator, &'a Rows)>,
    /// J from the groups of many rows, once it is needed.
    pub groups: OnceLock<Option<Box<GroupedCost>>>,
}

impl GeneralCost<'_> {
    /// J − J* to the accuracy of a picture.
    fn drawn_excess(&self, theta: Params<f64>) -> f64 {
        let groups = self.groups.get_or_init(|| {
            let groups = self.rows.and_then(|(evaluator, rows)| RowGroups::new(evaluator, rows, self.optimum))?;
            Some(Box::new(match self.optimum {
                Some(optimum) => self.grouped(groups, optimum),
                None => GroupedCost { groups, origin: Params::splat(0.0), loss: self.minimum, slope: Params::splat(0.0) },
            }))
        });
        groups.as_ref().map_or_else(|| (self.cost)(theta) - self.minimum, |groups| groups.excess(theta)).max(0.0)
    }

    /// The cost of the groups, corrected at the optimum. Slopes are differences over the convergence region. A cost with kinks has no correction of its
    /// slope, because its differences are those of a few kinks.
    fn grouped(&self, groups: RowGroups, optimum: Params<f64>) -> GroupedCost {
        let error = |theta: Params<f64>| groups.loss(theta) - (self.cost)(theta);
        let radii = self.convergence_radii();
        let slope = |axis: usize| {
            let moved = |step: f64| {
                let mut theta = optimum;
                theta[axis] += step;
                error(theta)
            };
            (moved(radii[axis]) - moved(-radii[axis])) / (2.0 * radii[axis])
        };
        let slope = if self.curvature.is_some() { Params([slope(0), slope(1)]) } else { Params::splat(0.0) };
        GroupedCost { origin: optimum, loss: self.minimum + error(optimum), slope, groups }
    }

    /// As [`CostSurface::convergence_radii`]. The ellipse ½δᵀHδ = e has the half extent √(2e(H⁻¹)ᵢᵢ) along axis i.
    fn convergence_radii(&self) -> Params<f64> {
        let radii = self.curvature.map_or([0.0; 2], |curvature| {
            let [[a, c], [_, b]] = curvature.hessian;
            let determinant = a * b - c * c;
            if determinant > 0.0 { [b, a].map(|entry| (2.0 * self.convergence_excess * entry / determinant).sqrt()) } else { [0.0; 2] }
        });
        positive(radii, self.optimum.unwrap_or(Params::splat(1.0)))
    }
}

/// J − J* from groups of rows. A plane corrects loss and slope at the optimum, because the optimum of the groups is a little beside that of all rows.
pub struct GroupedCost {
    groups: RowGroups,
    /// The optimum of all rows.
    origin: Params<f64>,
    /// The loss of the groups that stands for J*.
    loss: f64,
    /// The slope of the groups that all rows do not have.
    slope: Params<f64>,
}

impl GroupedCost {
    fn excess(&self, theta: Params<f64>) -> f64 {
        let plane = [0, 1].map(|axis| self.slope[axis] * (theta[axis] - self.origin[axis]));
        self.groups.loss(theta) - self.loss - plane[0] - plane[1]
    }
}

/// Radii of at least a thousandth of the parameters.
fn positive(radii: [f64; 2], optimum: Params<f64>) -> Params<f64> {
    Params([0, 1].map(|axis| radii[axis].max(1e-3 * optimum[axis].abs().max(1e-3))))
}

impl<'a> CostSurface<'a> {
    /// The cost surface of a problem.
    pub fn of(problem: &'a Problem) -> Self {
        if problem.neuron.is_quadratic() {
            return Self::Quadratic(&problem.quadratic);
        }
        let direct = RowEvaluator::of(&problem.neuron);
        let minimum = problem.optimum.map_or(0.0, |optimum| optimum.loss);
        Self::General(GeneralCost {
            cost: Box::new(move |theta| direct.loss(&problem.train, theta)),
            optimum: problem.optimum.map(|optimum| optimum.params()),
            curvature: problem.optimum.and_then(|optimum| optimum.curvature),
            minimum,
            convergence_excess: problem.tolerance().unwrap_or(0.0),
            rows: Some((direct, &problem.train)),
            groups: OnceLock::new(),
        })
    }

    /// J at a point.
    pub fn cost(&self, theta: Params<f64>) -> f64 {
        match self {
            Self::Quadratic(quadratic) => quadratic.at(theta.weight(), theta.bias()),
            Self::General(cost) => (cost.cost)(theta),
        }
    }

    /// The optimum, if there is one.
    pub fn optimum(&self) -> Option<Params<f64>> {
        match self {
            Self::Quadratic(quadratic) => Some(Params::new(quadratic.weight, quadratic.bias)),
            Self::General(cost) => cost.optimum,
        }
    }

    /// J*: J at the optimum, or a lower bound of J without one.
    pub fn minimum(&self) -> f64 {
        match self {
            Self::Quadratic(quadratic) => quadratic.loss,
            Self::General(cost) => cost.minimum,
        }
    }

    /// J − J* at a point.
    pub fn excess(&self, theta: Params<f64>) -> f64 {
        match self {
            Self::Quadratic(quadratic) => quadratic.excess(theta.weight(), theta.bias()),
            Self::General(cost) => ((cost.cost)(theta) - cost.minimum).max(0.0),
        }
    }

    /// J − J* at a point to the accuracy of a picture, in a time that does not grow with the number of rows.
    pub fn drawn_excess(&self, theta: Params<f64>) -> f64 {
        match self {
            Self::Quadratic(_) => self.excess(theta),
            Self::General(cost) => cost.drawn_excess(theta),
        }
    }

    /// J at a point to the accuracy of a picture.
    pub fn drawn_cost(&self, theta: Params<f64>) -> f64 {
        match self {
            Self::Quadratic(_) => self.cost(theta),
            Self::General(cost) => cost.minimum + cost.drawn_excess(theta),
        }
    }

    /// Whether J* is 0, so that the ratio J/J* does not exist.
    pub fn is_perfect_fit(&self) -> bool {
        match self {
            Self::Quadratic(quadratic) => quadratic.loss <= 1e-12 * quadratic.var_y,
            Self::General(cost) => cost.minimum.abs() <= 1e-12,
        }
    }

    /// The condition number λmax/λmin at the optimum; `None` if a direction is flat or the curvature is unknown.
    pub fn condition(&self) -> Option<f64> {
        match self {
            Self::Quadratic(quadratic) => quadratic.condition(),
            Self::General(cost) => cost.curvature.and_then(|curvature| curvature.condition()),
        }
    }

    /// J − J* up to which a run counts as converged.
    pub fn convergence_excess(&self) -> f64 {
        match self {
            Self::Quadratic(quadratic) => problem::tolerance(quadratic.loss, quadratic.var_y),
            Self::General(cost) => cost.convergence_excess,
        }
    }

    /// The half extents of the convergence region in weight and in bias, from the curvature at the optimum. Along a flat direction the other
    /// parameter is held fixed. Always positive.
    pub fn convergence_radii(&self) -> Params<f64> {
        let quadratic = match self {
            Self::Quadratic(quadratic) => quadratic,
            Self::General(cost) => return cost.convergence_radii(),
        };
        let radius = self.convergence_excess().sqrt();
        let radii = if quadratic.var_x > 0.0 {
            let across = radius / quadratic.var_x.sqrt();
            [across, libm::hypot(radius, across * quadratic.mean_x)]
        } else {
            [radius / (quadratic.hessian[0][0] / 2.0).sqrt().max(1.0), radius]
        };
        positive(radii, Params::new(quadratic.weight, quadratic.bias))
    }

    /// The part of the surface within a frame.
    pub fn within(&self, frame: Frame) -> ContourMap<'_> {
        match self {
            Self::Quadratic(quadratic) => ContourMap { frame, kind: Kind::Formula(quadratic) },
            Self::General(_) => {
                let [w, b] = [frame.weight, frame.bias].map(|[low, high]| [low, (high - low) / CELLS as f64]);
                let along = |[low, width]: [f64; 2], cell: usize| low + cell as f64 * width + width / 2.0;
                let place = |cell: usize| Params::new(along(w, cell % CELLS), along(b, cell / CELLS));
                let level = |cell: usize| libm::log10(self.drawn_excess(place(cell)).min(f64::MAX)).max(LOWEST);
                ContourMap { frame, kind: Kind::Grid((0..CELLS * CELLS).into_par_iter().map(level).collect()) }
            }
        }
    }
}

/// A cost surface within a frame, for drawing its contours.
pub struct ContourMap<'a> {
    pub frame: Frame,
    kind: Kind<'a>,
}

enum Kind<'a> {
    Formula(&'a Quadratic),
    /// log10(J − J*) at the centre of each cell, in the order `[bias][weight]`.
    Grid(Vec<f64>),
}

impl ContourMap<'_> {
    /// The largest J − J*.
    pub fn highest(&self) -> f64 {
        match &self.kind {
            Kind::Formula(quadratic) => self.frame.corners().map(|[w, b]| quadratic.excess(w, b)).into_iter().fold(0.0, f64::max),
            Kind::Grid(levels) => libm::exp10(levels.iter().copied().fold(LOWEST, f64::max)),
        }
    }

    /// The parts of the isoline `J − J* = excess` inside the frame.
    pub fn lines(&self, excess: f64) -> Vec<Line> {
        match &self.kind {
            Kind::Formula(quadratic) => Isoline::new(quadratic, excess).arcs(&self.frame),
            // Rings also follow the border of the frame. Those parts do not belong to the isoline.
            Kind::Grid(_) => self.areas(excess).into_iter().flatten().flat_map(|ring| self.off_border(&ring)).collect(),
        }
    }

    /// The region `J − J* ≤ excess` inside the frame.
    pub fn areas(&self, excess: f64) -> Vec<Area> {
        match &self.kind {
            Kind::Formula(quadratic) => Isoline::new(quadratic, excess).region(&self.frame).into_iter().map(|ring| vec![ring]).collect(),
            Kind::Grid(levels) => {
                let [w, b] = [self.frame.weight, self.frame.bias].map(|[low, high]| [low, (high - low) / CELLS as f64]);
                let builder = ContourBuilder::new(CELLS, CELLS, true).x_origin(w[0]).x_step(w[1]).y_origin(b[0]).y_step(b[1]);
                // `contour` encloses values above a threshold, so the sign is inverted.
                let depths: Vec<f64> = levels.iter().map(|level| -level).collect();
                let contours = builder.contours(&depths, &[-libm::log10(excess)]).unwrap_or_default();
                let polygons = contours.into_iter().flat_map(|contour| contour.into_inner().0);
                let rings = polygons.map(|polygon| {
                    let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
                    rings.map(|ring| ring.coords().map(|at| self.frame.clamp([at.x, at.y])).collect()).collect()
                });
                rings.collect()
            }
        }
    }

    /// The parts of a closed ring that do not follow the border of the frame.
    fn off_border(&self, ring: &[[f64; 2]]) -> Vec<Line> {
        let is_on_border = |point: &[f64; 2]| self.frame.relative(*point).iter().any(|share| !(1e-9..=1.0 - 1e-9).contains(share));
        let mut parts: Vec<Line> = Vec::new();
        let mut open = false;
        for pair in ring.windows(2) {
            if is_on_border(&pair[0]) && is_on_border(&pair[1]) {
                open = false;
                continue;
            }
            match parts.last_mut().filter(|_| open) {
                Some(part) => part.push(pair[1]),
                None => parts.push(pair.to_vec()),
            }
            open = true;
        }
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quadratic() -> Quadratic {
        Quadratic::of(&[-1.0, 0.0, 1.0, 2.0], &[1.0, 2.9, 5.1, 7.0])
    }

    /// A quadratic as a general cost.
    fn general(quadratic: &Quadratic) -> CostSurface<'_> {
        CostSurface::General(GeneralCost {
            cost: Box::new(|Params([w, b])| quadratic.at(w, b)),
            optimum: Some(Params::new(quadratic.weight, quadratic.bias)),
            curvature: Some(Curvature { hessian: quadratic.hessian, eigenvalues: quadratic.eigenvalues }),
            minimum: quadratic.loss,
            convergence_excess: CostSurface::Quadratic(quadratic).convergence_excess(),
            rows: None,
            groups: OnceLock::new(),
        })
    }

    /// A cost without an optimum.
    fn without_optimum<'a>(cost: Box<dyn Fn(Params<f64>) -> f64 + Sync + 'a>) -> CostSurface<'a> {
        CostSurface::General(GeneralCost {
            cost,
            optimum: None,
            curvature: None,
            minimum: 0.0,
            convergence_excess: 0.0,
            rows: None,
            groups: OnceLock::new(),
        })
    }

    /// Twice the area inside a ring.
    fn doubled(ring: &[[f64; 2]]) -> f64 {
        ring.iter().zip(ring.iter().cycle().skip(1)).map(|(a, b)| a[0] * b[1] - a[1] * b[0]).sum::<f64>().abs()
    }

    fn area(areas: &[Area]) -> f64 {
        areas.iter().map(|area| doubled(&area[0]) - area[1..].iter().map(|hole| doubled(hole)).sum::<f64>()).sum::<f64>() / 2.0
    }

    #[test]
    fn a_sampled_surface_matches_the_closed_form() {
        let quadratic = quadratic();
        let (formula, grid) = (CostSurface::Quadratic(&quadratic), general(&quadratic));
        let frame = Frame { weight: [-1.0, 4.0], bias: [0.5, 6.0] };
        let (exact, sampled) = (formula.within(frame), grid.within(frame));
        for excess in [0.05, 0.5, 3.0, 8.0, 1e3] {
            let [a, b] = [&exact, &sampled].map(|map| area(&map.areas(excess)));
            assert!((a - b).abs() < 0.01 * a + 2e-3, "{excess}: {a} and {b}");
            for [w, b] in sampled.lines(excess).into_iter().flatten() {
                assert!((quadratic.excess(w, b) / excess - 1.0).abs() < 0.1, "{excess}: {w} {b}");
            }
            assert_eq!(sampled.lines(excess).is_empty(), exact.lines(excess).is_empty());
        }
        assert!((sampled.highest() / exact.highest() - 1.0).abs() < 0.05);
        for axis in 0..2 {
            assert!((grid.convergence_radii()[axis] / formula.convergence_radii()[axis] - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn regions_may_have_holes_and_several_parts() {
        // Two pits in a plain.
        let pit = |Params([w, b]): Params<f64>, at: f64| (w - at) * (w - at) + b * b;
        let cost = Box::new(move |theta| pit(theta, -1.0).min(pit(theta, 1.0)).min(0.5));
        let surface = without_optimum(cost);
        let map = surface.within(Frame { weight: [-3.0, 3.0], bias: [-2.0, 2.0] });
        assert_eq!(map.areas(0.25).len(), 2);
        assert_eq!(map.lines(0.25).len(), 2);
        assert!((area(&map.areas(0.25)) - 2.0 * std::f64::consts::PI * 0.25).abs() < 0.02);
        // A ring-shaped valley between two circles.
        let cost = Box::new(|Params([w, b]): Params<f64>| (libm::hypot(w, b) - 1.0).abs());
        let areas = without_optimum(cost).within(Frame { weight: [-2.0, 2.0], bias: [-2.0, 2.0] }).areas(0.5);
        assert_eq!((areas.len(), areas[0].len()), (1, 2));
        assert!((area(&areas) - std::f64::consts::PI * (2.25 - 0.25)).abs() < 0.05);
    }
}
