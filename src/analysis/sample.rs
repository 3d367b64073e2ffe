//! Which runs are drawn, where there are more than a picture holds.

use super::view::View;
use crate::space;

/// The most runs in a picture.
pub const DRAWN: usize = 200;

/// Of a sample, one in so many is there for its low loss; the others are evenly spread.
const BEST_SHARE: usize = 10;

/// The most points of all paths in memory: sweeps of long runs are sampled more thinly.
const POINTS: u64 = 4_000_000;

/// `limit` of `rows` at most, in their order: all of them, or the best few and the rest evenly spread over the space.
pub fn sample(view: &View<'_>, rows: &[usize], limit: usize) -> Vec<usize> {
    if rows.len() <= limit {
        return rows.to_vec();
    }
    let mut by_loss = rows.to_vec();
    by_loss.sort_by(|&a, &b| view.excess(a).total_cmp(&view.excess(b)).then(a.cmp(&b)));
    let mut chosen: Vec<usize> = by_loss.into_iter().take(limit.div_ceil(BEST_SHARE)).collect();
    let others: Vec<usize> = rows.iter().copied().filter(|row| !chosen.contains(row)).collect();
    chosen.extend(spread(others.len(), limit - chosen.len()).map(|position| others[position]));
    chosen.sort_unstable();
    chosen
}

/// The runs whose paths are drawn.
pub fn drawn(view: &View<'_>, rows: &[usize]) -> Vec<usize> {
    let longest = rows.iter().map(|&row| view.runs.steps[row]).max().unwrap_or(0);
    let affordable = (POINTS / (longest + 1)).max(1) as usize;
    sample(view, rows, DRAWN.min(affordable))
}

/// `count` positions of `0..len`, evenly spread, both ends among them (one: the middle). At most `len`.
pub fn spread(len: usize, count: usize) -> impl Iterator<Item = usize> {
    space::spread(len as u64, count as u64).map(|position| position as usize)
}
