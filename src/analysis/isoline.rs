//! Isolines of a quadratic cost in closed form, clipped to a frame: ellipses, or pairs of parallel lines for a constant feature.
//!
//! With δw = w − w* and l = δb + δw·x̄, J − J* = Var(x)·δw² + l². The isoline J − J* = e is therefore
//! `δw = √(e/Var(x))·cos t, l = √e·sin t`. It is exact at every condition number, where a grid would miss a narrow valley.

use std::f64::consts::{PI, TAU};

use super::frame::Frame;
use crate::model::Quadratic;

/// The number of points of a whole ellipse. An arc has a proportional number, at least [`ARC_POINTS`].
const ELLIPSE_POINTS: usize = 256;
const ARC_POINTS: usize = 64;

/// The line `J − J* = excess`.
#[derive(Clone, Copy, Debug)]
pub struct Isoline<'a> {
    quadratic: &'a Quadratic,
    excess: f64,
}

/// A part of an isoline inside the frame: from border to border, or a closed ellipse.
type Arc = Vec<[f64; 2]>;

impl<'a> Isoline<'a> {
    /// The isoline at a positive `excess`.
    pub fn new(quadratic: &'a Quadratic, excess: f64) -> Self {
        Self { quadratic, excess }
    }

    /// The parts of the isoline inside the frame, counterclockwise around the optimum.
    pub fn arcs(&self, frame: &Frame) -> Vec<Arc> {
        if self.is_strip() {
            return self.borders(frame);
        }
        let cuts = self.cuts(frame);
        if cuts.is_empty() {
            return if frame.contains(self.point(0.0)) { vec![self.arc(0.0, TAU)] } else { Vec::new() };
        }
        let ends = cuts.iter().skip(1).copied().chain([cuts[0] + TAU]);
        let inside = |&(from, to): &(f64, f64)| frame.contains(self.point(f64::midpoint(from, to)));
        let clamp = |mut arc: Arc| {
            let last = arc.len() - 1;
            arc[0] = frame.clamp(arc[0]);
            arc[last] = frame.clamp(arc[last]);
            arc
        };
        cuts.iter().copied().zip(ends).filter(inside).map(|(from, to)| clamp(self.arc(from, to))).collect()
    }

    /// The border of the region `J − J* ≤ excess` inside the frame, counterclockwise; `None` if they do not intersect.
    pub fn region(&self, frame: &Frame) -> Option<Vec<[f64; 2]>> {
        let corners = frame.corners();
        let below = |&[w, b]: &[f64; 2]| self.quadratic.excess(w, b) <= self.excess;
        if corners.iter().all(below) {
            return Some(corners.to_vec());
        }
        let arcs = self.arcs(frame);
        if self.is_strip() {
            return strip(&corners, &arcs, below);
        }
        match arcs.as_slice() {
            [] => None,
            [whole] if whole.first() == whole.last() => Some(whole.clone()),
            arcs => Some(joined(arcs, frame)),
        }
    }

    /// Whether the isoline is a pair of lines: a constant feature leaves one direction without curvature.
    fn is_strip(&self) -> bool {
        self.quadratic.var_x <= 0.0
    }

    /// The half axes along δw (at l = 0) and along l.
    fn radii(&self) -> [f64; 2] {
        [(self.excess / self.quadratic.var_x).sqrt(), self.excess.sqrt()]
    }

    /// The point at an angle of the ellipse.
    fn point(&self, t: f64) -> [f64; 2] {
        let [across, along] = self.radii();
        let q = self.quadratic;
        let dw = across * libm::cos(t);
        [q.weight + dw, q.bias + (along * libm::sin(t) - dw * q.mean_x)]
    }

    /// The points between two angles.
    fn arc(&self, from: f64, to: f64) -> Arc {
        let share = (to - from) / TAU;
        if share >= 1.0 {
            let mut whole: Arc = (0..ELLIPSE_POINTS).map(|i| self.point(TAU * i as f64 / ELLIPSE_POINTS as f64)).collect();
            whole.push(whole[0]);
            return whole;
        }
        let count = ARC_POINTS.max((share * ELLIPSE_POINTS as f64) as usize);
        (0..=count).map(|i| self.point(from + (to - from) * i as f64 / count as f64)).collect()
    }

    /// The angles at which the ellipse crosses the four lines of the frame: in [0, 2π), ascending.
    fn cuts(&self, frame: &Frame) -> Vec<f64> {
        let q = self.quadratic;
        let [across, along] = self.radii();
        let tilt = across * q.mean_x;
        let (reach, phase) = (libm::hypot(along, tilt), libm::atan2(tilt, along));
        let mut cuts = Vec::with_capacity(8);
        for w in frame.weight {
            let share = (w - q.weight) / across;
            if share.abs() < 1.0 {
                cuts.extend([libm::acos(share), -libm::acos(share)]);
            }
        }
        for b in frame.bias {
            let share = (b - q.bias) / reach;
            if share.abs() < 1.0 {
                cuts.extend([phase + libm::asin(share), phase + PI - libm::asin(share)]);
            }
        }
        for cut in &mut cuts {
            *cut = cut.rem_euclid(TAU);
        }
        cuts.sort_by(f64::total_cmp);
        cuts
    }

    /// The parts of both lines of a strip inside the frame.
    fn borders(&self, frame: &Frame) -> Vec<Arc> {
        let q = self.quadratic;
        let along = self.excess.sqrt();
        let mut lines = Vec::new();
        for level in [-along, along] {
            let bias_at = |w: f64| q.bias + (level - (w - q.weight) * q.mean_x);
            let weight_at = |b: f64| q.weight + (level - (b - q.bias)) / q.mean_x;
            let mut ends: Vec<[f64; 2]> = frame.weight.into_iter().map(|w| [w, bias_at(w)]).collect();
            ends.extend(frame.bias.into_iter().map(|b| [weight_at(b), b]).filter(|end| end[0].is_finite()));
            ends.retain(|&end| frame.contains(end));
            ends.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
            if let [first, .., last] = ends[..] {
                lines.push(vec![first, last]);
            }
        }
        lines
    }
}

/// Joins arcs along the border of the frame, counterclockwise. The region is convex, so it is on the left of arcs and border.
fn joined(arcs: &[Arc], frame: &Frame) -> Vec<[f64; 2]> {
    let corners = frame.corners();
    let mut ring = Vec::new();
    for (i, arc) in arcs.iter().enumerate() {
        ring.extend_from_slice(arc);
        let next = &arcs[(i + 1) % arcs.len()];
        let (exit, entry) = (frame.border_position(arc[arc.len() - 1]), frame.border_position(next[0]));
        // An arc may end where the next one starts, up to rounding.
        let entry = if entry < exit - 1e-9 { entry + 4.0 } else { entry };
        let mut corner = libm::floor(exit) + 1.0;
        while corner < entry {
            ring.push(corners[corner as usize % 4]);
            corner += 1.0;
        }
    }
    ring
}

/// The part of the frame between two lines. It is convex, so its points are sorted by their angle around their mean.
fn strip(corners: &[[f64; 2]; 4], lines: &[Arc], below: impl Fn(&[f64; 2]) -> bool) -> Option<Vec<[f64; 2]>> {
    let mut ring: Vec<[f64; 2]> = corners.iter().copied().filter(below).collect();
    ring.extend(lines.iter().flatten());
    if ring.len() < 3 {
        return None;
    }
    let [width, height] = [corners[2][0] - corners[0][0], corners[2][1] - corners[0][1]];
    let n = ring.len() as f64;
    let middle = [0, 1].map(|i| ring.iter().map(|point| point[i]).sum::<f64>() / n);
    let angle = |point: &[f64; 2]| libm::atan2((point[1] - middle[1]) / height, (point[0] - middle[0]) / width);
    ring.sort_by(|a, b| angle(a).total_cmp(&angle(b)));
    Some(ring)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: Frame = Frame { weight: [-1.0, 2.0], bias: [-3.0, 8.0] };

    fn steep() -> Quadratic {
        let x: Vec<f64> = (0..50).map(|i| 100.0 + f64::from(i)).collect();
        let y: Vec<f64> = x.iter().enumerate().map(|(i, x)| 0.1 * x - 4.0 + (i % 3) as f64).collect();
        Quadratic::of(&x, &y)
    }

    /// Twice the area inside a ring; positive if it runs counterclockwise.
    fn doubled_area(ring: &[[f64; 2]]) -> f64 {
        let next = ring.iter().cycle().skip(1);
        ring.iter().zip(next).map(|(a, b)| a[0] * b[1] - a[1] * b[0]).sum()
    }

    #[test]
    fn points_of_an_arc_have_the_requested_excess() {
        let q = steep();
        for excess in [1e-4, 1e-2, 1.0, 1e2, 1e4] {
            for [w, b] in Isoline::new(&q, excess).arcs(&FRAME).into_iter().flatten() {
                assert!((q.excess(w, b) / excess - 1.0).abs() < 1e-9, "{excess}: {}", q.excess(w, b));
                assert!(FRAME.contains([w, b]));
            }
        }
    }

    #[test]
    fn the_area_of_a_region_is_that_of_the_ellipse() {
        let q = steep();
        let wide = Frame { weight: [-1e3, 1e3], bias: [-1e5, 1e5] };
        for excess in [1e-3, 1.0, 50.0] {
            let ring = Isoline::new(&q, excess).region(&wide).unwrap();
            let expected = PI * excess / q.var_x.sqrt();
            assert!((doubled_area(&ring) / 2.0 / expected - 1.0).abs() < 2e-4, "{excess}");
        }
    }

    #[test]
    fn the_area_of_a_clipped_region_matches_a_cell_count() {
        let q = steep();
        let n = 600;
        for excess in [0.5, 20.0, 300.0, 3e3, 3e4, 1e6] {
            let area = Isoline::new(&q, excess).region(&FRAME).map_or(0.0, |ring| doubled_area(&ring) / 2.0);
            let cell = |i: usize, range: [f64; 2]| range[0] + (range[1] - range[0]) * (i as f64 + 0.5) / n as f64;
            let inside = (0..n * n).filter(|i| q.excess(cell(i % n, FRAME.weight), cell(i / n, FRAME.bias)) <= excess).count();
            let counted = inside as f64 / (n * n) as f64 * 33.0;
            assert!((area - counted).abs() < 0.02 * counted + 0.02, "{excess}: {area} instead of {counted}");
        }
    }

    #[test]
    fn a_constant_feature_gives_a_strip() {
        let q = Quadratic::of(&[2.0, 2.0], &[1.0, 3.0]);
        let ring = Isoline::new(&q, 1.0).region(&FRAME).unwrap();
        assert!(ring.iter().all(|&[w, b]| q.excess(w, b) <= 1.0 + 1e-12));
        // The strip between b = 1 − 2w and b = 3 − 2w. Both lines cross the frame from w = −1 to w = 2.
        assert!((doubled_area(&ring) / 2.0 - 6.0).abs() < 1e-12, "{ring:?}");
        assert_eq!(Isoline::new(&q, 1.0).arcs(&FRAME).len(), 2);
    }

    #[test]
    fn a_frame_outside_the_region_is_empty_and_one_inside_is_full() {
        let q = steep();
        let outside = Frame { weight: [q.weight + 50.0, q.weight + 51.0], bias: [q.bias, q.bias + 1.0] };
        assert_eq!(Isoline::new(&q, 1.0).region(&outside), None);
        assert_eq!(Isoline::new(&q, 1e12).region(&outside), Some(outside.corners().to_vec()));
    }
}
