//! The part of the plane of weight and bias that a picture shows: it holds the optimum and the paths, but for what a run
//! does far outside.

use super::ground::Ground;
use super::trails::Trail;

/// Free space around what must be seen, as a share of its extent.
const MARGIN: f64 = 0.08;

/// Points whose J − J* is beyond so many times the largest one at a start are left to leave the picture.
const FAR: f64 = 1.25;

/// Of the runs' extents so large a share may leave on each side, at most.
const OUTLIERS: f64 = 0.2;

/// The region in which a run counts as having reached fills no less than so large a share of half the picture, in each direction:
/// what is smaller would not be seen as a distance.
const AROUND_REACHED: f64 = 1.5;

/// A rectangle: the ranges of weight and bias.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    pub weight: [f64; 2],
    pub bias: [f64; 2],
}

impl Frame {
    /// The frame around the optimum, if there is one, and the paths.
    pub fn around<'p>(ground: &Ground<'_>, trails: impl Iterator<Item = &'p Trail> + Clone) -> Self {
        let excess = |&point: &[f64; 2]| ground.excess(point);
        let start = trails.clone().filter_map(|trail| trail.points.first()).map(excess).fold(0.0, f64::max);
        let far = (FAR * start).max(ground.reached());
        let extents: Vec<[[f64; 2]; 2]> =
            trails.filter_map(|trail| extent(trail.points.iter().filter(|point| excess(point) <= far))).collect();
        let (optimum, reach) = (ground.optimum(), ground.reach());
        let [weight, bias] = [0, 1].map(|axis| {
            let [low, high] = [0, 1].map(|end| extents.iter().map(|extent| extent[axis][end]).collect::<Vec<f64>>());
            let (low, high) = (inlier(low, false), inlier(high, true));
            let middle = optimum.map_or_else(|| low.zip(high).map_or(0.0, |(low, high)| f64::midpoint(low, high)), |optimum| optimum[axis]);
            let reach = AROUND_REACHED * reach[axis];
            let (low, high) = (low.unwrap_or(middle).min(middle - reach), high.unwrap_or(middle).max(middle + reach));
            let margin = MARGIN * (high - low);
            [low - margin, high + margin]
        });
        Self { weight, bias }
    }

    /// Whether a point is inside or on the border, but for rounding.
    pub fn contains(&self, point: [f64; 2]) -> bool {
        self.share(point).iter().all(|share| (-1e-9..=1.0 + 1e-9).contains(share))
    }

    /// Lower left, lower right, upper right, upper left.
    pub fn corners(&self) -> [[f64; 2]; 4] {
        let ([left, right], [bottom, top]) = (self.weight, self.bias);
        [[left, bottom], [right, bottom], [right, top], [left, top]]
    }

    /// A point in units of the frame: 0 at the left and lower border, 1 at the right and upper.
    pub fn share(&self, [w, b]: [f64; 2]) -> [f64; 2] {
        [(w - self.weight[0]) / (self.weight[1] - self.weight[0]), (b - self.bias[0]) / (self.bias[1] - self.bias[0])]
    }

    /// The point of the frame that is next to a point.
    pub fn clamp(&self, [w, b]: [f64; 2]) -> [f64; 2] {
        [w.clamp(self.weight[0], self.weight[1]), b.clamp(self.bias[0], self.bias[1])]
    }

    /// How far along the border a point on it is: from 0 at the lower left corner counterclockwise to 4, one a side.
    pub fn turn(&self, point: [f64; 2]) -> f64 {
        let [x, y] = self.share(point);
        let sides = [(y, x), (1.0 - x, 1.0 + y), (1.0 - y, 3.0 - x), (x, 4.0 - y)];
        let (_, turn) = sides.into_iter().min_by(|a, b| a.0.abs().total_cmp(&b.0.abs())).unwrap_or_default();
        turn.rem_euclid(4.0)
    }
}

/// The ranges of weight and bias over points; `None` without any.
fn extent<'p>(points: impl Iterator<Item = &'p [f64; 2]>) -> Option<[[f64; 2]; 2]> {
    points.copied().fold(None, |extent, point| {
        let extent: [[f64; 2]; 2] = extent.unwrap_or(point.map(|v| [v, v]));
        Some([0, 1].map(|i| [extent[i][0].min(point[i]), extent[i][1].max(point[i])]))
    })
}

/// The lowest (or highest) of the ends, but for the share of outliers.
fn inlier(mut ends: Vec<f64>, highest: bool) -> Option<f64> {
    ends.sort_by(f64::total_cmp);
    let skipped = (OUTLIERS * ends.len().saturating_sub(1) as f64) as usize;
    let position = if highest { ends.len().checked_sub(1 + skipped)? } else { skipped };
    ends.get(position).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Quadratic;

    fn path(points: &[[f64; 2]]) -> Trail {
        Trail { row: 0, points: points.to_vec(), steps: (0..points.len() as u64).collect() }
    }

    fn quadratic() -> Quadratic {
        Quadratic::of(&[-1.0, 0.0, 1.0, 2.0], &[1.0, 2.9, 5.1, 7.0])
    }

    #[test]
    fn a_frame_holds_path_and_optimum() {
        let q = quadratic();
        let path = path(&[[-4.0, 1.0], [0.0, -2.0], [1.5, 2.0]]);
        let frame = Frame::around(&Ground::Paraboloid(&q), [&path].into_iter());
        assert!(path.points.iter().all(|&point| frame.contains(point)));
        assert!(frame.contains([q.weight, q.bias]));
    }

    #[test]
    fn a_run_that_leaves_does_not_take_the_frame_along() {
        let q = quadratic();
        let good = path(&[[-4.0, 1.0], [1.5, 2.0]]);
        let bad = path(&[[-4.0, 1.0], [30.0, 2.0], [-3e3, 2e3], [1e9, -1e9]]);
        assert_eq!(
            Frame::around(&Ground::Paraboloid(&q), [&good, &bad].into_iter()),
            Frame::around(&Ground::Paraboloid(&q), [&good].into_iter())
        );
    }

    #[test]
    fn a_start_at_the_optimum_still_gives_a_frame() {
        for q in [quadratic(), Quadratic::of(&[1.0, 2.0, 3.0], &[0.0; 3]), Quadratic::of(&[2.0, 2.0], &[0.0; 2])] {
            let path = path(&[[q.weight, q.bias]]);
            let frame = Frame::around(&Ground::Paraboloid(&q), [&path].into_iter());
            assert!(frame.weight[1] > frame.weight[0] && frame.bias[1] > frame.bias[0], "{frame:?}");
            assert!(frame.contains([q.weight, q.bias]));
        }
    }
}
