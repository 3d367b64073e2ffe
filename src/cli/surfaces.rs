//! Writes surfaces/<problem>.npy: J on a grid of weight and bias, for `[surface]` and together with figures.

use std::path::Path;

use gradsweep::backend::Backend;
use gradsweep::config::{Experiment, SurfaceAxis, SurfaceRows};
use gradsweep::model::{Problem, Rows};
use gradsweep::store::{Surface, write_surface};
use gradsweep::sweep::Problems;
use gradsweep::table::RunTable;

use super::failure::Failure;

/// Cells per axis, unless the config sets them; fewer, down to the second number, where J is computed from many rows.
const COUNT: u32 = 257;
const LEAST_COUNT: u32 = 33;
/// The number of rows that a surface evaluates, unless the config sets its cells: about a second on one core.
const ROWS: f64 = 3e8;
/// The largest number of surfaces that are written without `[surface]`.
const DEFAULT_SURFACES: usize = 16;

/// Writes the surface of each problem. Returns the number of cells beyond float32.
pub fn write(
    experiment: &Experiment,
    problems: &Problems,
    runs: &RunTable,
    backend: &dyn Backend,
    directory: &Path,
) -> Result<u64, Failure> {
    let mut all_saturated = 0;
    let count = if experiment.surface.requested { problems.all.len() } else { problems.all.len().min(DEFAULT_SURFACES) };
    for problem in &problems.all[..count] {
        let (name, rows) = rows(problem, experiment.surface.rows);
        if rows.is_empty() {
            return Err(Failure::usage(format!(
                "[surface] rows = \"{name}\": the split has no {name} rows; set data.test_size, or rows = \"train\""
            )));
        }
        let count = default_count(problem, &rows);
        let weight = cells(experiment.surface.weight.unwrap_or_else(|| {
            around(count, problem.optimum.map(|optimum| optimum.weight), starts_and_ends(runs, problem, &runs.weight, &runs.initial_weight))
        }));
        let bias = cells(experiment.surface.bias.unwrap_or_else(|| {
            around(count, problem.optimum.map(|optimum| optimum.bias), starts_and_ends(runs, problem, &runs.bias, &runs.initial_bias))
        }));
        let costs = backend.surface(&problem.neuron, &rows, &weight, &bias)?;
        let saturated_cells = costs.iter().filter(|&&cost| cost >= f32::MAX).count() as u64;
        let surface =
            Surface { problem: problem.id, quantity: problem.neuron.loss.name().into(), rows: name.into(), weight, bias, saturated_cells };
        write_surface(directory, &surface, &costs)?;
        all_saturated += saturated_cells;
    }
    Ok(all_saturated)
}

/// The rows that `[surface]` selects, with their name.
fn rows(problem: &Problem, which: SurfaceRows) -> (&'static str, Rows) {
    match which {
        SurfaceRows::Train => ("train", problem.train.clone()),
        SurfaceRows::Test => ("test", problem.test.clone()),
        SurfaceRows::All => {
            let join = |a: &[f32], b: &[f32]| [a, b].concat();
            ("all", Rows { x: join(&problem.train.x, &problem.test.x), y: join(&problem.train.y, &problem.test.y) })
        }
    }
}

/// The range of starts and ends of the problem's runs that did not diverge, without the outer 5 % on each side; `None` if all diverged.
fn starts_and_ends(runs: &RunTable, problem: &Problem, end: &[f32], start: &[f32]) -> Option<[f64; 2]> {
    let own = (0..runs.run.len()).filter(|&row| runs.problem[row] as usize == problem.id && runs.diverged_at[row].is_none());
    let mut values: Vec<f64> = own.flat_map(|row| [f64::from(start[row]), f64::from(end[row])]).collect();
    let cut = values.len() / 20;
    let last = values.len().checked_sub(cut + 1)?;
    let [low, high] = [cut, last].map(|place| *values.select_nth_unstable_by(place, f64::total_cmp).1);
    Some([low, high])
}

/// The number of cells of an axis that the config does not set.
fn default_count(problem: &Problem, rows: &Rows) -> u32 {
    if problem.neuron.is_quadratic() { COUNT } else { ((ROWS / rows.len() as f64).sqrt() as u32).clamp(LEAST_COUNT, COUNT) }
}

/// An axis that contains the optimum, if there is one, and the range, with a margin of 10 %.
fn around(count: u32, optimum: Option<f64>, range: Option<[f64; 2]>) -> SurfaceAxis {
    let optimum = optimum.or(range.map(|[low, _]| low)).unwrap_or(0.0);
    let [low, high] = range.unwrap_or([optimum; 2]);
    let (min, max) = (low.min(optimum), high.max(optimum));
    let margin = if max > min { 0.1 * (max - min) } else { optimum.abs().max(1.0) };
    SurfaceAxis { min: min - margin, max: max + margin, count }
}

/// The positions of the cells of an axis.
fn cells(axis: SurfaceAxis) -> Vec<f64> {
    let last = f64::from(axis.count.saturating_sub(1)).max(1.0);
    (0..axis.count).map(|i| axis.min + (axis.max - axis.min) * (f64::from(i) / last)).collect()
}
