//! The cost of a problem as pictures need it: how high J stands over its floor, lines of equal J, and what they enclose in a frame.
//!
//! Of a paraboloid all of it comes from the formula (`isoline`), exact at every condition number. Any other cost is sampled on a grid
//! over the frame; a valley narrower than a cell of it would be lost.

use contour::ContourBuilder;
use rayon::prelude::*;

use super::frame::Frame;
use super::isoline::Isoline;
use crate::kernel::RowEvaluator;
use crate::model::{Curvature, Problem, Quadratic, verdict};

/// Cells of the grid along each axis.
const CELLS: usize = 192;

/// Nothing is drawn of what is nearer to the floor: 10^-30.
const LOWEST: f64 = -30.0;

/// A stretch of a line, and an area: its border, then its holes.
pub type Line = Vec<[f64; 2]>;
pub type Area = Vec<Line>;

/// J over the plane of weight and bias.
pub enum Ground<'a> {
    Paraboloid(&'a Quadratic),
    Any(Any<'a>),
}

/// A cost without a formula for its lines.
pub struct Any<'a> {
    pub cost: Box<dyn Fn([f64; 2]) -> f64 + Sync + 'a>,
    pub optimum: Option<[f64; 2]>,
    /// Of the optimum, where J is smooth.
    pub curvature: Option<Curvature>,
    /// J at the optimum; without one 0, which no loss but Poisson's falls below.
    pub floor: f64,
    /// J − floor up to which a run counts as having reached; 0: never.
    pub reached: f64,
}

impl<'a> Ground<'a> {
    /// The ground of a problem, over its training rows.
    pub fn of(problem: &'a Problem) -> Self {
        if problem.neuron.is_quadratic() {
            return Self::Paraboloid(&problem.quadratic);
        }
        let direct = RowEvaluator::of(&problem.neuron);
        let floor = problem.optimum.map_or(0.0, |optimum| optimum.loss);
        Self::Any(Any {
            cost: Box::new(move |theta| direct.loss(&problem.train, theta)),
            optimum: problem.optimum.map(|optimum| [optimum.weight, optimum.bias]),
            curvature: problem.optimum.and_then(|optimum| optimum.curvature),
            floor,
            reached: problem.reached_loss().map_or(0.0, |reached| (reached - floor).max(0.0)),
        })
    }

    /// J at a point.
    pub fn cost(&self, theta: [f64; 2]) -> f64 {
        match self {
            Self::Paraboloid(quadratic) => quadratic.at(theta[0], theta[1]),
            Self::Any(any) => (any.cost)(theta),
        }
    }

    pub fn optimum(&self) -> Option<[f64; 2]> {
        match self {
            Self::Paraboloid(quadratic) => Some([quadratic.weight, quadratic.bias]),
            Self::Any(any) => any.optimum,
        }
    }

    /// J at the optimum; without one what J does not fall below.
    pub fn floor(&self) -> f64 {
        match self {
            Self::Paraboloid(quadratic) => quadratic.loss,
            Self::Any(any) => any.floor,
        }
    }

    /// J over its floor.
    pub fn excess(&self, [weight, bias]: [f64; 2]) -> f64 {
        match self {
            Self::Paraboloid(quadratic) => quadratic.excess(weight, bias),
            Self::Any(any) => ((any.cost)([weight, bias]) - any.floor).max(0.0),
        }
    }

    /// Whether the optimum fits perfectly: nothing is a multiple of its J.
    pub fn is_perfect(&self) -> bool {
        match self {
            Self::Paraboloid(quadratic) => quadratic.loss <= 1e-12 * quadratic.var_y,
            Self::Any(any) => any.floor.abs() <= 1e-12,
        }
    }

    /// λmax/λmin at the optimum; `None` where a direction is flat, or nothing is known of it.
    pub fn condition(&self) -> Option<f64> {
        match self {
            Self::Paraboloid(quadratic) => quadratic.condition(),
            Self::Any(any) => any.curvature.and_then(|curvature| curvature.condition()),
        }
    }

    /// J over its floor up to which a run counts as having reached.
    pub fn reached(&self) -> f64 {
        match self {
            Self::Paraboloid(quadratic) => (verdict::reached(quadratic.loss, quadratic.var_y) - quadratic.loss).max(0.0),
            Self::Any(any) => any.reached,
        }
    }

    /// How far the region that counts as reached extends from the optimum in weight and in bias, as far as the curvature tells;
    /// along a direction without curvature, how far it does for the other parameter fixed. Never 0.
    pub fn reach(&self) -> [f64; 2] {
        let radii = match self {
            Self::Paraboloid(quadratic) => {
                let radius = self.reached().sqrt();
                if quadratic.var_x > 0.0 {
                    let across = radius / quadratic.var_x.sqrt();
                    [across, libm::hypot(radius, across * quadratic.mean_x)]
                } else {
                    [radius / (quadratic.hessian[0][0] / 2.0).sqrt().max(1.0), radius]
                }
            }
            // J − J* = ½δᵀHδ = e reaches √(2e(H⁻¹)ᵢᵢ) along each axis.
            Self::Any(Any { curvature: Some(curvature), reached, .. }) => {
                let [[a, c], [_, b]] = curvature.hessian;
                let determinant = a * b - c * c;
                if determinant > 0.0 { [b, a].map(|entry| (2.0 * reached * entry / determinant).sqrt()) } else { [0.0; 2] }
            }
            Self::Any(_) => [0.0; 2],
        };
        let optimum = self.optimum().unwrap_or([1.0; 2]);
        [0, 1].map(|axis| radii[axis].max(1e-3 * optimum[axis].abs().max(1e-3)))
    }

    /// The ground inside a frame.
    pub fn on(&self, frame: Frame) -> Map<'_> {
        match self {
            Self::Paraboloid(quadratic) => Map { frame, kind: Kind::Formula(quadratic) },
            Self::Any(_) => {
                let [w, b] = [frame.weight, frame.bias].map(|[low, high]| [low, (high - low) / CELLS as f64]);
                let place =
                    |cell: usize| [w[0] + (cell % CELLS) as f64 * w[1] + w[1] / 2.0, b[0] + (cell / CELLS) as f64 * b[1] + b[1] / 2.0];
                let level = |cell: usize| libm::log10(self.excess(place(cell)).min(f64::MAX)).max(LOWEST);
                Map { frame, kind: Kind::Grid((0..CELLS * CELLS).into_par_iter().map(level).collect()) }
            }
        }
    }
}

/// A frame with its ground.
pub struct Map<'a> {
    pub frame: Frame,
    kind: Kind<'a>,
}

enum Kind<'a> {
    Formula(&'a Quadratic),
    /// log10(J − floor), `[bias][weight]`, in the middle of each cell.
    Grid(Vec<f64>),
}

impl Map<'_> {
    /// The highest J over its floor.
    pub fn highest(&self) -> f64 {
        match &self.kind {
            Kind::Formula(quadratic) => self.frame.corners().map(|[w, b]| quadratic.excess(w, b)).into_iter().fold(0.0, f64::max),
            Kind::Grid(levels) => libm::exp10(levels.iter().copied().fold(LOWEST, f64::max)),
        }
    }

    /// The parts of the line `J − floor = excess` inside the frame.
    pub fn lines(&self, excess: f64) -> Vec<Line> {
        match &self.kind {
            Kind::Formula(quadratic) => Isoline::new(quadratic, excess).arcs(&self.frame),
            // Rings run along the border of the frame too; those stretches are no part of the line.
            Kind::Grid(_) => self.areas(excess).into_iter().flatten().flat_map(|ring| self.off_border(&ring)).collect(),
        }
    }

    /// What of the frame is below `excess`.
    pub fn areas(&self, excess: f64) -> Vec<Area> {
        match &self.kind {
            Kind::Formula(quadratic) => Isoline::new(quadratic, excess).region(&self.frame).into_iter().map(|ring| vec![ring]).collect(),
            Kind::Grid(levels) => {
                let [w, b] = [self.frame.weight, self.frame.bias].map(|[low, high]| [low, (high - low) / CELLS as f64]);
                let builder = ContourBuilder::new(CELLS, CELLS, true).x_origin(w[0]).x_step(w[1]).y_origin(b[0]).y_step(b[1]);
                // The crate encloses what is above a threshold.
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

    /// The stretches of a closed ring that do not run along the frame's border.
    fn off_border(&self, ring: &[[f64; 2]]) -> Vec<Line> {
        let edge = |point: &[f64; 2]| self.frame.share(*point).iter().any(|share| !(1e-9..=1.0 - 1e-9).contains(share));
        let mut stretches: Vec<Line> = Vec::new();
        let mut open = false;
        for pair in ring.windows(2) {
            if edge(&pair[0]) && edge(&pair[1]) {
                open = false;
                continue;
            }
            match stretches.last_mut().filter(|_| open) {
                Some(stretch) => stretch.push(pair[1]),
                None => stretches.push(pair.to_vec()),
            }
            open = true;
        }
        stretches
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quadratic() -> Quadratic {
        Quadratic::of(&[-1.0, 0.0, 1.0, 2.0], &[1.0, 2.9, 5.1, 7.0])
    }

    /// The paraboloid as a cost of which no formula is known.
    fn any(quadratic: &Quadratic) -> Ground<'_> {
        Ground::Any(Any {
            cost: Box::new(|[w, b]| quadratic.at(w, b)),
            optimum: Some([quadratic.weight, quadratic.bias]),
            curvature: Some(Curvature { hessian: quadratic.hessian, eigenvalues: quadratic.eigenvalues }),
            floor: quadratic.loss,
            reached: Ground::Paraboloid(quadratic).reached(),
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
    fn a_grid_shows_what_the_formula_says() {
        let quadratic = quadratic();
        let (formula, grid) = (Ground::Paraboloid(&quadratic), any(&quadratic));
        let frame = Frame { weight: [-1.0, 4.0], bias: [0.5, 6.0] };
        let (exact, sampled) = (formula.on(frame), grid.on(frame));
        for excess in [0.05, 0.5, 3.0, 8.0, 1e3] {
            let [a, b] = [&exact, &sampled].map(|map| area(&map.areas(excess)));
            assert!((a - b).abs() < 0.01 * a + 2e-3, "{excess}: {a} against {b}");
            for [w, b] in sampled.lines(excess).into_iter().flatten() {
                assert!((quadratic.excess(w, b) / excess - 1.0).abs() < 0.1, "{excess}: {w} {b}");
            }
            assert_eq!(sampled.lines(excess).is_empty(), exact.lines(excess).is_empty());
        }
        assert!((sampled.highest() / exact.highest() - 1.0).abs() < 0.05);
        for axis in 0..2 {
            assert!((grid.reach()[axis] / formula.reach()[axis] - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn areas_may_have_holes_and_parts() {
        // Two pits in a plain.
        let pit = |[w, b]: [f64; 2], at: f64| (w - at) * (w - at) + b * b;
        let cost = Box::new(move |theta| pit(theta, -1.0).min(pit(theta, 1.0)).min(0.5));
        let ground = Ground::Any(Any { cost, optimum: None, curvature: None, floor: 0.0, reached: 0.0 });
        let map = ground.on(Frame { weight: [-3.0, 3.0], bias: [-2.0, 2.0] });
        assert_eq!(map.areas(0.25).len(), 2);
        assert_eq!(map.lines(0.25).len(), 2);
        assert!((area(&map.areas(0.25)) - 2.0 * std::f64::consts::PI * 0.25).abs() < 0.02);
        // A ring: what is low lies between two circles.
        let cost = Box::new(|[w, b]: [f64; 2]| (libm::hypot(w, b) - 1.0).abs());
        let ground = Ground::Any(Any { cost, optimum: None, curvature: None, floor: 0.0, reached: 0.0 });
        let areas = ground.on(Frame { weight: [-2.0, 2.0], bias: [-2.0, 2.0] }).areas(0.5);
        assert_eq!((areas.len(), areas[0].len()), (1, 2));
        assert!((area(&areas) - std::f64::consts::PI * (2.25 - 0.25)).abs() < 0.05);
    }
}
