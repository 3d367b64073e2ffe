//! The choice of the runs that a figure draws.

use super::runs::Runs;
use crate::space;

/// One tenth of a sample are the runs with the lowest loss; the others are evenly spaced.
const BEST_SHARE: usize = 10;

/// Up to `limit` of the rows, which ascend: all of them, or the best few and an evenly spaced rest, ascending.
pub fn sample(runs: &Runs<'_>, rows: &[usize], limit: usize) -> Vec<usize> {
    if rows.len() <= limit {
        return rows.to_vec();
    }
    let mut by_cost: Vec<(f64, usize)> = rows.iter().map(|&row| (runs.mean_excess(row), row)).collect();
    let best = limit.div_ceil(BEST_SHARE);
    by_cost.select_nth_unstable_by(best, |a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut chosen: Vec<usize> = by_cost[..best].iter().map(|&(_, row)| row).collect();
    chosen.sort_unstable();
    let others: Vec<usize> = rows.iter().copied().filter(|row| chosen.binary_search(row).is_err()).collect();
    chosen.extend(spread(others.len(), limit - best).map(|position| others[position]));
    chosen.sort_unstable();
    chosen
}

/// Up to `count` evenly spaced positions in `0..len`, including both ends; the middle if `count` is 1.
pub fn spread(len: usize, count: usize) -> impl Iterator<Item = usize> {
    space::spread(len as u64, count as u64).map(|position| position as usize)
}
