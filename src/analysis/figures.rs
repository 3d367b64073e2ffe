//! The choice of figures for a sweep and for a comparison.

use super::errors::Error;
use super::filter::{Filter, filtered, filters_label};
use super::paths::PathCache;
use super::problems::{Rankings, by_problem};
use super::runs::Runs;
use super::sweep::Sweep;
use super::{batch_sizes, contour, final_loss, fit, heatmap, learning_rates, losses, parameters, small_multiples};
use crate::figure::Figure;
use crate::model::Parameter;
use crate::text;

/// The runs and figures that `plot` draws. The default is all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Run numbers; empty for all runs.
    pub runs: Vec<u64>,
    /// Pairs of key and value that runs must have.
    pub filters: Vec<(String, String)>,
    /// Names of figures, or their beginnings; empty for all figures.
    pub names: Vec<String>,
}

/// The figures of all runs of a sweep, in reading order. A sweep without runs has none.
///
/// # Errors
///
/// If a path cannot be read or replayed.
pub fn figures(sweep: &Sweep<'_>) -> Result<Vec<Figure>, Error> {
    let rows = sweep.table().rows();
    if rows.is_empty() { Ok(Vec::new()) } else { figures_of(sweep, &rows, &[]) }
}

/// The figures of some runs. Titles name the filters.
///
/// # Errors
///
/// If a key or a name is unknown, there is no such run, no run matches, or a path cannot be read or replayed.
pub fn selected_figures(sweep: &Sweep<'_>, selection: &Selection) -> Result<Vec<Figure>, Error> {
    let runs = sweep.table();
    let filters = Filter::parse(&selection.filters)?;
    let mut rows = filtered(&runs, &filters)?;
    if !selection.runs.is_empty() {
        let chosen = numbered(&runs, &selection.runs)?;
        rows.retain(|row| chosen.contains(row));
    }
    if rows.is_empty() {
        return Err(Error::NoRuns);
    }
    let mut figures = figures_of(sweep, &rows, &selection.names)?;
    if !filters.is_empty() {
        for figure in &mut figures {
            figure.title = format!("{}, where {}", figure.title, filters_label(&filters));
        }
    }
    if let Some(name) = selection.names.iter().find(|name| !figures.iter().any(|figure| figure.name.starts_with(name.as_str()))) {
        let known: Vec<String> = figures_of(sweep, &rows, &[])?.into_iter().map(|figure| figure.name).collect();
        return Err(Error::NoSuchFigure { name: name.clone(), known: text::list(&known) });
    }
    figures.retain(|figure| selection.names.is_empty() || selection.names.iter().any(|name| figure.name.starts_with(name.as_str())));
    Ok(figures)
}

/// The rows of the runs with some numbers, ascending.
pub fn numbered(runs: &Runs<'_>, numbers: &[u64]) -> Result<Vec<usize>, Error> {
    let known = &runs.table.run;
    let row = |&run: &u64| {
        known.binary_search(&run).map_err(|_| {
            let [first, last] = [known.first(), known.last()].map(|run| run.copied().unwrap_or_default());
            Error::NoSuchRun { run, available: format!("{}, {first} to {last}", text::count(known.len(), "run")) }
        })
    };
    let mut rows: Vec<usize> = numbers.iter().map(row).collect::<Result<_, _>>()?;
    rows.sort_unstable();
    rows.dedup();
    Ok(rows)
}

/// The figures of some rows. If `names` has names, kinds of figures to which none of them belongs are left out.
fn figures_of(sweep: &Sweep<'_>, rows: &[usize], names: &[String]) -> Result<Vec<Figure>, Error> {
    let runs = sweep.table();
    let several = |parameter| runs.distinct_settings(rows, parameter).len() > 1;
    // A kind of figure has one name, or several that begin with it.
    let is_wanted = |kind: &str| names.is_empty() || names.iter().any(|name| name.starts_with(kind) || kind.starts_with(name.as_str()));
    let problems = by_problem(&runs, rows);
    let rankings = Rankings::new(&runs, rows, &problems);
    let mut cache = PathCache::new(sweep);
    let mut figures = Vec::new();
    if is_wanted("contour") {
        figures.extend(contour::figures(&mut cache, &rankings, None)?);
    }
    if several(Parameter::LearningRate) {
        if is_wanted("learning_rate") {
            figures.extend(small_multiples::figures(&mut cache, &rankings, Parameter::LearningRate, None)?);
        }
        if is_wanted("final_loss") {
            figures.push(final_loss::figure(&rankings, Parameter::LearningRate, None));
        }
    }
    if is_wanted("heatmap") {
        figures.extend(heatmap::default_axes(&runs).map(|axes| heatmap::figure(&runs, rows, axes)));
    }
    if is_wanted("parameters") {
        figures.push(parameters::figure(&mut cache, &rankings, None)?);
    }
    if is_wanted("rates") {
        figures.extend(learning_rates::figure(&rankings.all)?);
    }
    if is_wanted("losses") {
        figures.push(losses::figure(&cache, &rankings.all)?);
    }
    if is_wanted("batch_sizes") && several(Parameter::BatchSize) {
        figures.extend(batch_sizes::figure(&cache, &rankings)?);
    }
    if is_wanted("fit") {
        figures.push(fit::figure(&rankings.all, None));
    }
    for figure in &mut figures {
        let notes = [std::mem::take(&mut figure.note)].into_iter().chain(missing_runs(&runs)).filter(|note| !note.is_empty());
        figure.note = notes.collect::<Vec<String>>().join(". ");
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
    let problems = by_problem(&runs, rows);
    let rankings = Rankings::new(&runs, rows, &problems);
    let mut cache = PathCache::new(sweep);
    let mut figures = small_multiples::figures(&mut cache, &rankings, by, style)?;
    figures.push(final_loss::figure(&rankings, by, style));
    if by == Parameter::BatchSize {
        figures.extend(batch_sizes::figure(&cache, &rankings)?);
    }
    figures.push(fit::figure(&rankings.all, style.or(Some(by))));
    Ok(figures)
}
