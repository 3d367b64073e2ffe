//! The choice of the frame: it contains the optimum and the paths, except for distant points of diverging paths.

use super::cost_surface::CostSurface;
use super::frame::Frame;
use super::paths::DrawnPath;
use crate::model::Params;

/// Margin around the optimum and the paths, as a fraction of their extent.
const MARGIN: f64 = 0.08;

/// Points with J − J* above this multiple of the largest J − J* at a start may be outside.
const FAR: f64 = 1.25;

/// Up to this fraction of the paths may leave the frame on each side.
const OUTLIERS: f64 = 0.2;

/// The frame extends at least this multiple of the convergence radius around the optimum; in a narrower region distances would be invisible.
const CONVERGENCE_RADII: f64 = 1.5;

/// The frame around the optimum, if there is one, and the paths.
pub fn frame_around<'p>(surface: &CostSurface<'_>, paths: impl Iterator<Item = &'p DrawnPath> + Clone) -> Frame {
    let excess = |&point: &[f64; 2]| surface.drawn_excess(Params(point));
    let start = paths.clone().filter_map(|path| path.points.first()).map(excess).fold(0.0, f64::max);
    let far = (FAR * start).max(surface.convergence_excess());
    let extents: Vec<[[f64; 2]; 2]> = paths.filter_map(|path| extent(path.points.iter().filter(|point| excess(point) <= far))).collect();
    let (optimum, radii) = (surface.optimum(), surface.convergence_radii());
    let [weight, bias] = [0, 1].map(|axis| {
        let [low, high] = [0, 1].map(|end| extents.iter().map(|extent| extent[axis][end]).collect::<Vec<f64>>());
        let (low, high) = (without_outliers(low, false), without_outliers(high, true));
        let middle = optimum.map_or_else(|| low.zip(high).map_or(0.0, |(low, high)| f64::midpoint(low, high)), |optimum| optimum[axis]);
        let radius = CONVERGENCE_RADII * radii[axis];
        let (low, high) = (low.unwrap_or(middle).min(middle - radius), high.unwrap_or(middle).max(middle + radius));
        let margin = MARGIN * (high - low);
        [low - margin, high + margin]
    });
    Frame { weight, bias }
}

/// The ranges of weight and bias over some points; `None` without points.
fn extent<'p>(points: impl Iterator<Item = &'p [f64; 2]>) -> Option<[[f64; 2]; 2]> {
    points.copied().fold(None, |extent, point| {
        let extent: [[f64; 2]; 2] = extent.unwrap_or(point.map(|v| [v, v]));
        Some([0, 1].map(|i| [extent[i][0].min(point[i]), extent[i][1].max(point[i])]))
    })
}

/// The lowest (or highest) value after removal of the outliers on that side.
fn without_outliers(mut values: Vec<f64>, highest: bool) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let skipped = (OUTLIERS * values.len().saturating_sub(1) as f64) as usize;
    let position = if highest { values.len().checked_sub(1 + skipped)? } else { skipped };
    values.get(position).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Quadratic;

    fn path(points: &[[f64; 2]]) -> DrawnPath {
        DrawnPath { row: 0, points: points.to_vec(), steps: (0..points.len() as u64).collect() }
    }

    fn quadratic() -> Quadratic {
        Quadratic::of(&[-1.0, 0.0, 1.0, 2.0], &[1.0, 2.9, 5.1, 7.0])
    }

    #[test]
    fn a_frame_contains_path_and_optimum() {
        let q = quadratic();
        let path = path(&[[-4.0, 1.0], [0.0, -2.0], [1.5, 2.0]]);
        let frame = frame_around(&CostSurface::Quadratic(&q), [&path].into_iter());
        assert!(path.points.iter().all(|&point| frame.contains(point)));
        assert!(frame.contains([q.weight, q.bias]));
    }

    #[test]
    fn a_diverging_run_does_not_extend_the_frame() {
        let q = quadratic();
        let good = path(&[[-4.0, 1.0], [1.5, 2.0]]);
        let bad = path(&[[-4.0, 1.0], [30.0, 2.0], [-3e3, 2e3], [1e9, -1e9]]);
        assert_eq!(
            frame_around(&CostSurface::Quadratic(&q), [&good, &bad].into_iter()),
            frame_around(&CostSurface::Quadratic(&q), [&good].into_iter())
        );
    }

    #[test]
    fn a_start_at_the_optimum_still_gives_a_frame() {
        for q in [quadratic(), Quadratic::of(&[1.0, 2.0, 3.0], &[0.0; 3]), Quadratic::of(&[2.0, 2.0], &[0.0; 2])] {
            let path = path(&[[q.weight, q.bias]]);
            let frame = frame_around(&CostSurface::Quadratic(&q), [&path].into_iter());
            assert!(frame.weight[1] > frame.weight[0] && frame.bias[1] > frame.bias[0], "{frame:?}");
            assert!(frame.contains([q.weight, q.bias]));
        }
    }
}
