//! Clipping to a rectangle: lines by the algorithm of Liang and Barsky, polygons by that of Sutherland and Hodgman.

use super::canvas::{Point, Rect};

/// The parts of a polyline inside a rectangle.
pub fn lines(points: &[Point], rect: &Rect) -> Vec<Vec<Point>> {
    let mut parts: Vec<Vec<Point>> = Vec::new();
    for pair in points.windows(2) {
        let Some([from, to]) = segment(pair[0], pair[1], rect) else { continue };
        match parts.last_mut() {
            Some(part) if part.last() == Some(&from) => part.push(to),
            _ => parts.push(vec![from, to]),
        }
    }
    parts
}

/// The part of a segment inside a rectangle.
fn segment(from: Point, to: Point, rect: &Rect) -> Option<[Point; 2]> {
    let (dx, dy) = (to[0] - from[0], to[1] - from[1]);
    let (mut enter, mut leave) = (0.0_f64, 1.0_f64);
    let sides = [(-dx, from[0] - rect.left), (dx, rect.right - from[0]), (-dy, from[1] - rect.top), (dy, rect.bottom - from[1])];
    for (direction, distance) in sides {
        if direction == 0.0 {
            if distance < 0.0 {
                return None;
            }
        } else if direction < 0.0 {
            enter = enter.max(distance / direction);
        } else {
            leave = leave.min(distance / direction);
        }
    }
    let at = |share: f64| [from[0] + dx * share, from[1] + dy * share];
    let ends = [if enter > 0.0 { at(enter) } else { from }, if leave < 1.0 { at(leave) } else { to }];
    (enter <= leave).then_some(ends)
}

/// A ring clipped to a rectangle; empty for a ring outside.
pub fn ring(points: &[Point], rect: &Rect) -> Vec<Point> {
    let mut ring = points.to_vec();
    // The signed distance to each side: positive inside.
    let sides: [&dyn Fn(Point) -> f64; 4] = [&|p| p[0] - rect.left, &|p| rect.right - p[0], &|p| p[1] - rect.top, &|p| rect.bottom - p[1]];
    for inside in sides {
        let mut cut = Vec::with_capacity(ring.len() + 4);
        for (index, &to) in ring.iter().enumerate() {
            let from = ring[(index + ring.len() - 1) % ring.len()];
            let (a, b) = (inside(from), inside(to));
            if (a >= 0.0) != (b >= 0.0) {
                let share = a / (a - b);
                cut.push([from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share]);
            }
            if b >= 0.0 {
                cut.push(to);
            }
        }
        ring = cut;
    }
    ring
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RECT: Rect = Rect { left: 0.0, top: 0.0, right: 100.0, bottom: 50.0 };

    fn inside(point: &Point) -> bool {
        (-1e-6..=100.0 + 1e-6).contains(&point[0]) && (-1e-6..=50.0 + 1e-6).contains(&point[1])
    }

    proptest! {
        #[test]
        fn clipped_points_are_inside(points in proptest::collection::vec((-1e3..1e3_f64, -1e3..1e3_f64), 2..30)) {
            let points: Vec<Point> = points.into_iter().map(|(x, y)| [x, y]).collect();
            prop_assert!(lines(&points, &RECT).iter().flatten().all(inside));
            prop_assert!(ring(&points, &RECT).iter().all(inside));
        }
    }

    #[test]
    fn a_line_inside_is_unchanged_and_one_across_is_cut_at_the_border() {
        assert_eq!(lines(&[[1.0, 1.0], [2.0, 3.0], [4.0, 4.0]], &RECT), [vec![[1.0, 1.0], [2.0, 3.0], [4.0, 4.0]]]);
        assert_eq!(lines(&[[-50.0, 25.0], [150.0, 25.0]], &RECT), [vec![[0.0, 25.0], [100.0, 25.0]]]);
        // A diverging run jumps from −10¹² to 10¹² at a slope of a thousandth.
        let far = lines(&[[-1e12, 24.0 - 1e9], [1e12, 24.0 + 1e9]], &RECT);
        assert!(far[0].iter().all(|point| (point[1] - 24.0).abs() < 0.2), "{far:?}");
        assert_eq!(ring(&[[-10.0, -10.0], [200.0, -10.0], [200.0, 200.0], [-10.0, 200.0]], &RECT).len(), 4);
    }
}
