//! Variations of a run, trained in memory: one run with its path and figures, grids over two hyperparameters, and orbits over one.
//!
//! The HTML report calls these functions in the page, at every movement of a slider.

mod adjustable;
mod variation;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

pub use self::adjustable::Adjustable;
pub use self::variation::{AxisRequest, Variation};

use self::variation::Varied;
use super::errors::Error;
use super::figures::{Selection, selected_figures};
use super::runs::Runs;
use super::sweep::Sweep;
use super::{expected, fit};
use crate::backend::Backend;
use crate::config::Experiment;
use crate::model::{Curvature, Params, Path, Verdict};
use crate::sweep::{Problems, replay, trained};

/// A request to train one variation.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct ExploreRequest {
    /// The run, and its changed hyperparameters.
    #[serde(flatten)]
    pub variation: Variation,
    /// Names of the figures to return, such as `contour`.
    #[serde(default)]
    pub figures: Vec<String>,
    /// Whether to return [`Explored::sets`].
    #[serde(default)]
    pub command: bool,
}

/// A request to train a grid of variations.
#[derive(Clone, Debug, Deserialize)]
pub struct GridRequest {
    /// The run, and its changed hyperparameters.
    #[serde(flatten)]
    pub variation: Variation,
    /// The columns.
    pub x: AxisRequest,
    /// The rows, from bottom to top.
    pub y: AxisRequest,
}

/// A request to train variations over one hyperparameter.
#[derive(Clone, Debug, Deserialize)]
pub struct OrbitRequest {
    /// The run, and its changed hyperparameters.
    #[serde(flatten)]
    pub variation: Variation,
    /// The varied hyperparameter.
    pub x: AxisRequest,
    /// The number of updates to return from the end of each run.
    pub last: usize,
}

/// A request for the predictions of a neuron during the training of a variation.
#[derive(Clone, Debug, Deserialize)]
pub struct PredictionRequest {
    /// The run, and its changed hyperparameters.
    #[serde(flatten)]
    pub variation: Variation,
    /// Weight and bias.
    pub parameters: Params<f64>,
    /// The range of the unscaled feature.
    pub range: [f64; 2],
}

/// The expected J of plain SGD after the last update, with the band of 80 % of all seeds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Prediction {
    /// `E[J]`.
    pub mean: f64,
    /// The 10 % quantile.
    pub low: f64,
    /// The 90 % quantile.
    pub high: f64,
}

/// An eigenvector of the Hessian at the optimum.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Direction {
    /// The eigenvalue.
    pub eigenvalue: f64,
    /// The unit vector `[weight, bias]`.
    pub vector: Params<f64>,
}

/// The result of one variation. Numbers that do not exist or are not finite are `None`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explored {
    /// The settings in words.
    pub name: String,
    /// The verdict in words.
    pub verdict: String,
    /// J after the last update.
    pub loss: Option<f64>,
    /// J*.
    pub minimum: Option<f64>,
    /// J − J* after the last update.
    pub excess: Option<f64>,
    /// The mean of J over the last window.
    pub mean_loss: Option<f64>,
    /// The mean of J − J* over the last window.
    pub mean_excess: Option<f64>,
    /// The share of the drift in `mean_excess`.
    pub drift_share: Option<f64>,
    /// The share of the displacement along the flattest direction in `mean_excess`.
    pub valley_share: Option<f64>,
    /// J on the test rows after the last update.
    pub test_loss: Option<f64>,
    /// The first batch, counted from 1, whose update left the valid range.
    pub diverged_at: Option<u64>,
    /// The number of epochs until the optimum was reached.
    pub epochs_to_reach: Option<u32>,
    /// The number of valid updates.
    pub steps: u64,
    /// Updates in one epoch.
    pub batches_per_epoch: usize,
    /// The largest learning rate at which full-batch training is stable; only for plain SGD.
    pub stability_limit: Option<f64>,
    /// The optimum `[weight, bias]`.
    pub optimum: Option<Params<f64>>,
    /// Eigenvectors of the Hessian at the optimum, the flattest direction first; empty where the curvature is unknown.
    pub directions: Vec<Direction>,
    /// The theory of plain SGD; only together with figures.
    pub predicted: Option<Prediction>,
    /// The hyperparameters that may be changed.
    pub settings: Vec<Adjustable>,
    /// The `--set` arguments that give this run alone; `None` unless requested, and if no arguments give it.
    pub sets: Option<Vec<String>>,
    /// The requested figures by name.
    pub figures: Map<String, Json>,
}

/// The result of one run of a grid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum GridCell {
    /// The number of epochs until J reached the optimum.
    Converged(f32),
    /// The mean of J − J* over the last window, or of J without an optimum.
    Other(f32),
    /// The number of updates until a parameter left the valid range.
    Diverged(f32),
}

/// A trained variation.
#[derive(Clone, Debug, PartialEq)]
pub struct Exploration {
    /// The result.
    pub explored: Explored,
    /// The path, with a point after every update.
    pub path: Path,
    /// J at each point of the path.
    pub cost: Vec<f64>,
}

/// Trains one variation. `problems` are those of the sweep.
///
/// # Errors
///
/// If there is no such run or key, a value is out of bounds, the run is too long, or the backend fails.
pub fn explore(
    experiment: &Experiment,
    problems: &Problems,
    backend: &dyn Backend,
    request: &ExploreRequest,
) -> Result<Exploration, Error> {
    let varied = Varied::new(experiment, problems, &request.variation, Vec::new())?;
    let (own, problems) = (&varied.experiment, &*varied.problems);
    let failed = |source| varied.failed(source);
    let table = trained(own, problems, backend).map_err(failed)?;
    let path = replay(own, problems, backend, &[0]).map_err(failed)?.pop().unwrap_or_default();
    let runs = Runs { experiment: own, problems: &problems.all, table: &table };
    let surface = runs.surface(0);
    let cost = (0..path.len()).map(|point| surface.cost(path.at(point))).collect();
    let mut explored = result(&runs, &path);
    explored.settings = adjustable::adjustable(experiment, &varied);
    explored.sets = if request.command { varied.sets(experiment) } else { None };
    if !request.figures.is_empty() {
        let paths = |_: &[u64]| Ok(vec![path.clone()]);
        let sweep = Sweep { experiment: own, problems: &problems.all, runs: &table, paths: &paths };
        let selection = Selection { names: request.figures.clone(), ..Selection::default() };
        for figure in selected_figures(&sweep, &selection)? {
            explored.figures.insert(figure.name.clone(), serde_json::to_value(&figure).unwrap_or_default());
        }
        explored.predicted = predicted(&runs, path.last_step());
    }
    Ok(Exploration { explored, path, cost })
}

/// Trains a grid of variations and returns its cells, row by row from the lower left.
///
/// # Errors
///
/// As [`explore`], or if the grid has too many runs or updates.
pub fn grid(experiment: &Experiment, problems: &Problems, backend: &dyn Backend, request: &GridRequest) -> Result<Vec<GridCell>, Error> {
    let varied = Varied::new(experiment, problems, &request.variation, vec![request.y.axis()?, request.x.axis()?])?;
    let table = trained(&varied.experiment, &varied.problems, backend).map_err(|source| varied.failed(source))?;
    let runs = Runs { experiment: &varied.experiment, problems: &varied.problems.all, table: &table };
    let cell = |row: usize| match (table.diverged_at[row], table.verdict[row], runs.epochs_to_reach(row)) {
        (Some(update), ..) => GridCell::Diverged(update as f32),
        (None, Verdict::Converged, Some(epochs)) => GridCell::Converged(epochs as f32),
        _ => GridCell::Other(runs.mean_excess(row) as f32),
    };
    Ok((0..table.run.len()).map(cell).collect())
}

/// Trains variations over one hyperparameter. Returns two columns with [`OrbitRequest::last`] values for each variation: J − J* (J without an
/// optimum) and the weight, after each of the last updates. Values that do not exist, and those of a diverged run, are NaN.
///
/// # Errors
///
/// As [`grid`].
pub fn orbit(experiment: &Experiment, problems: &Problems, backend: &dyn Backend, request: &OrbitRequest) -> Result<[Vec<f32>; 2], Error> {
    let varied = Varied::new(experiment, problems, &request.variation, vec![request.x.axis()?])?;
    let numbers: Vec<u64> = (0..varied.experiment.space.len()).collect();
    let paths = replay(&varied.experiment, &varied.problems, backend, &numbers).map_err(|source| varied.failed(source))?;
    let surface = super::cost_surface::CostSurface::of(&varied.problems.all[varied.problem]);
    let mut columns = [Vec::new(), Vec::new()];
    for path in &paths {
        let first = if path.diverged_at.is_some() { path.len() } else { path.len().saturating_sub(request.last) };
        for point in first..path.len() {
            let theta = path.at(point);
            columns[0].push(surface.excess(theta) as f32);
            columns[1].push(path.params[0][point]);
        }
        let missing = request.last - (path.len() - first);
        for column in &mut columns {
            column.resize(column.len() + missing, f32::NAN);
        }
    }
    Ok(columns)
}

/// The predictions of a neuron over a range of the unscaled feature, as points of the figure of the fit.
///
/// # Errors
///
/// As [`explore`].
pub fn predictions(experiment: &Experiment, problems: &Problems, request: &PredictionRequest) -> Result<Vec<[f64; 2]>, Error> {
    let varied = Varied::new(experiment, problems, &request.variation, Vec::new())?;
    Ok(fit::prediction(&varied.problems.all[varied.problem], request.parameters, request.range))
}

/// The result of the only run of a table.
fn result(runs: &Runs<'_>, path: &Path) -> Explored {
    let known = |value: f64| value.is_finite().then_some(value);
    let share = |value: f32| known(f64::from(value));
    let problem = runs.problem(0);
    Explored {
        name: runs.name(0),
        verdict: runs.verdict(0),
        loss: known(runs.loss(0)),
        minimum: problem.optimum.map(|optimum| optimum.loss),
        excess: problem.optimum.and_then(|_| known(runs.excess(0))),
        mean_loss: known(runs.mean_loss(0)),
        mean_excess: problem.optimum.and_then(|_| known(runs.mean_excess(0))),
        drift_share: share(runs.table.drift_share[0]),
        valley_share: share(runs.table.valley_share[0]),
        test_loss: known(runs.test_loss(0)),
        diverged_at: runs.table.diverged_at[0],
        epochs_to_reach: runs.epochs_to_reach(0),
        steps: path.last_step(),
        batches_per_epoch: path.batches_per_epoch,
        stability_limit: runs.stability_limit(0),
        optimum: runs.surface(0).optimum(),
        directions: problem.optimum.and_then(|optimum| optimum.curvature).map_or_else(Vec::new, |curvature| directions(&curvature)),
        predicted: None,
        settings: Vec::new(),
        sets: None,
        figures: Map::new(),
    }
}

/// The eigenvectors of a Hessian `[[a, c], [c, b]]`: (λ − b, c) and its normal.
fn directions(curvature: &Curvature) -> Vec<Direction> {
    let [[a, c], [_, b]] = curvature.hessian;
    let [flat, steep] = curvature.eigenvalues;
    // Of two parallel forms of the steep vector, the one without cancellation.
    let [x, y] = if a >= b { [steep - b, c] } else { [c, steep - a] };
    let length = libm::hypot(x, y);
    let [x, y] = if length > 0.0 { [x / length, y / length] } else { [1.0, 0.0] };
    vec![Direction { eigenvalue: flat, vector: Params::new(-y, x) }, Direction { eigenvalue: steep, vector: Params::new(x, y) }]
}

/// The theory at the end of the only run of a table.
fn predicted(runs: &Runs<'_>, last: u64) -> Option<Prediction> {
    let band = expected::losses(runs, &[0], &[last])?;
    let end = |line: &[[f64; 2]]| line.last().map(|point| point[1]).filter(|value| value.is_finite());
    Some(Prediction { mean: end(&band.median)?, low: end(&band.low)?, high: end(&band.high)? })
}
