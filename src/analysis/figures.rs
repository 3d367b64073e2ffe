//! The choice of figures for a sweep and for a comparison.

use super::errors::Error;
use super::paths::PathCache;
use super::runs::Runs;
use super::sweep::Sweep;
use super::{batch_sizes, contour, final_loss, fit, heatmap, learning_rates, losses, parameters, small_multiples};
use crate::figure::Figure;
use crate::model::Parameter;
use crate::text;

/// The figures of a sweep, in reading order. A sweep without runs has none.
///
/// # Errors
///
/// If a path cannot be read or replayed.
pub fn figures(sweep: &Sweep<'_>) -> Result<Vec<Figure>, Error> {
    let runs = sweep.table();
    let rows = runs.rows();
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let mut cache = PathCache::new(sweep);
    let mut figures = contour::figures(&mut cache, &rows, None)?;
    if runs.varies(Parameter::LearningRate) {
        figures.extend(small_multiples::figures(&mut cache, &rows, Parameter::LearningRate, None)?);
        figures.push(final_loss::figure(&runs, &rows, Parameter::LearningRate, None));
    }
    figures.extend(heatmap::default_axes(&runs).map(|axes| heatmap::figure(&runs, &rows, axes)));
    figures.push(parameters::figure(&mut cache, &rows, None)?);
    figures.extend(learning_rates::figure(&runs, &rows)?);
    figures.push(losses::figure(&cache, &rows)?);
    if runs.varies(Parameter::BatchSize) {
        figures.extend(batch_sizes::figure(&cache, &rows)?);
    }
    figures.push(fit::figure(&runs, &rows, None));
    for figure in &mut figures {
        figure.caption.extend(missing_runs(&runs));
    }
    Ok(figures)
}

/// A note on the runs that are not in the run table: those of a large sweep that are not sampled, or those that an interrupted sweep did not
/// train.
fn missing_runs(runs: &Runs<'_>) -> Option<String> {
    let [known, all] = [runs.table.run.len() as u64, runs.experiment.space.len()];
    (known < all).then(|| format!("The figure is based on {} of {} runs", text::grouped(known), text::grouped(all)))
}

/// The figures of a comparison: the values of a hyperparameter next to each other. `rows` holds at least one row.
pub fn side_by_side(sweep: &Sweep<'_>, rows: &[usize], by: Parameter, style: Option<Parameter>) -> Result<Vec<Figure>, Error> {
    let runs = sweep.table();
    let mut cache = PathCache::new(sweep);
    let mut figures = small_multiples::figures(&mut cache, rows, by, style)?;
    figures.push(final_loss::figure(&runs, rows, by, style));
    if by == Parameter::BatchSize {
        figures.extend(batch_sizes::figure(&cache, rows)?);
    }
    figures.push(fit::figure(&runs, rows, style.or(Some(by))));
    Ok(figures)
}
