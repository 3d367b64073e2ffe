//! The settings that a figure with lines draws: the best for each value of the coloured hyperparameter.

use super::color_by::ColorBy;
use super::ranking::Ranking;
use super::sample::spread;

/// A setting and its runs, which differ only in their seeds.
pub struct BestSetting {
    /// The rows of the runs, ascending.
    pub rows: Vec<usize>,
    /// The row of the run with the median cost.
    pub representative: usize,
}

/// The best setting for each of up to `limit` values of the coloured hyperparameter, in the order of the values, and the best of each loss.
/// Without colours, the best of each loss alone.
pub fn best_settings(ranking: &Ranking<'_>, color_by: &ColorBy, limit: usize) -> Vec<BestSetting> {
    let mut groups = color_by.parameter().map_or_else(Vec::new, |parameter| ranking.best_by(parameter));
    groups.sort_by_key(|group| group.value);
    let mut shown: Vec<BestSetting> = spread(groups.len(), limit)
        .map(|position| &groups[position].best)
        .map(|best| BestSetting { rows: ranking.rows(best).to_vec(), representative: ranking.representative(best) })
        .collect();
    for &best in ranking.best_of_losses() {
        if shown.iter().all(|setting| !setting.rows.contains(&best)) {
            shown.push(BestSetting { rows: ranking.rows_like(best).to_vec(), representative: best });
        }
    }
    shown
}
