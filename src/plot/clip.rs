//! Clipping to a panel: lines by Liang and Barsky, areas by Sutherland and Hodgman.

use super::canvas::{Rect, Spot};

/// The pieces of a polyline inside the rectangle.
pub fn lines(points: &[Spot], rect: &Rect) -> Vec<Vec<Spot>> {
    let mut pieces: Vec<Vec<Spot>> = Vec::new();
    for pair in points.windows(2) {
        let Some([from, to]) = segment(pair[0], pair[1], rect) else { continue };
        match pieces.last_mut() {
            Some(piece) if piece.last() == Some(&from) => piece.push(to),
            _ => pieces.push(vec![from, to]),
        }
    }
    pieces
}

/// The part of a segment inside the rectangle.
fn segment(from: Spot, to: Spot, rect: &Rect) -> Option<[Spot; 2]> {
    let (dx, dy) = (to[0] - from[0], to[1] - from[1]);
    let (mut enter, mut leave) = (0.0_f64, 1.0_f64);
    let sides = [(-dx, from[0] - rect.left), (dx, rect.right - from[0]), (-dy, from[1] - rect.top), (dy, rect.bottom - from[1])];
    for (toward, room) in sides {
        if toward == 0.0 {
            if room < 0.0 {
                return None;
            }
        } else if toward < 0.0 {
            enter = enter.max(room / toward);
        } else {
            leave = leave.min(room / toward);
        }
    }
    let at = |share: f64| [from[0] + dx * share, from[1] + dy * share];
    let ends = [if enter > 0.0 { at(enter) } else { from }, if leave < 1.0 { at(leave) } else { to }];
    (enter <= leave).then_some(ends)
}

/// A ring cut to the rectangle; empty where nothing is left.
pub fn ring(points: &[Spot], rect: &Rect) -> Vec<Spot> {
    let mut ring = points.to_vec();
    // Distance to the inside of each side: positive is inside.
    let sides: [&dyn Fn(Spot) -> f64; 4] = [&|p| p[0] - rect.left, &|p| rect.right - p[0], &|p| p[1] - rect.top, &|p| rect.bottom - p[1]];
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

    fn inside(spot: &Spot) -> bool {
        (-1e-6..=100.0 + 1e-6).contains(&spot[0]) && (-1e-6..=50.0 + 1e-6).contains(&spot[1])
    }

    proptest! {
        #[test]
        fn nothing_is_left_outside(points in proptest::collection::vec((-1e3..1e3_f64, -1e3..1e3_f64), 2..30)) {
            let points: Vec<Spot> = points.into_iter().map(|(x, y)| [x, y]).collect();
            prop_assert!(lines(&points, &RECT).iter().flatten().all(inside));
            prop_assert!(ring(&points, &RECT).iter().all(inside));
        }
    }

    #[test]
    fn a_line_inside_stays_and_one_across_is_cut_at_the_border() {
        assert_eq!(lines(&[[1.0, 1.0], [2.0, 3.0], [4.0, 4.0]], &RECT), [vec![[1.0, 1.0], [2.0, 3.0], [4.0, 4.0]]]);
        assert_eq!(lines(&[[-50.0, 25.0], [150.0, 25.0]], &RECT), [vec![[0.0, 25.0], [100.0, 25.0]]]);
        // A diverging run: from 10¹² on one side to 10¹² on the other, at a slope of a thousandth.
        let far = lines(&[[-1e12, 24.0 - 1e9], [1e12, 24.0 + 1e9]], &RECT);
        assert!(far[0].iter().all(|spot| (spot[1] - 24.0).abs() < 0.2), "{far:?}");
        assert_eq!(ring(&[[-10.0, -10.0], [200.0, -10.0], [200.0, 200.0], [-10.0, 200.0]], &RECT).len(), 4);
    }
}
