//! Understanding: a sweep's results become a diagnosis in words, a comparison, and figures.
//!
//! The input is a value ([`Sweep`]), and so is every result: nothing is printed or drawn here, and this room knows no files. Paths
//! are asked for run by run ([`Paths`]): whoever has them reads or replays them. Everything is float64 and a function of the input
//! alone: no time, host, path or backend gets into a figure.

mod batches;
mod compare;
mod contour;
mod diagnosis;
mod draw;
mod finals;
mod fit;
mod frame;
mod ground;
mod hue;
mod isoline;
mod level;
mod losses;
mod multiples;
mod rates;
mod remedy;
mod sample;
mod series;
mod surface;
mod tally;
mod trails;
mod view;

pub use compare::{Comparison, Group, compare};
pub use diagnosis::{Best, Diagnosis, diagnosis};

use crate::config::Experiment;
use crate::figure::Figure;
use crate::model::{Parameter, Problem};
use crate::table::RunTable;

use trails::Trails;
use view::View;

/// The results of a sweep, and where its paths come from.
#[derive(Clone, Copy)]
pub struct Sweep<'a> {
    pub experiment: &'a Experiment,
    /// By their number.
    pub problems: &'a [Problem],
    /// All runs, or those there are of an incomplete sweep.
    pub runs: &'a RunTable,
    pub paths: &'a dyn Paths,
}

/// One run, step by step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Path {
    /// Before the first update and after each one that counts.
    pub weight: Vec<f32>,
    pub bias: Vec<f32>,
    /// One point an epoch, from 0; those from the epoch on that holds a diverging batch are left out.
    pub epochs: Vec<EpochPoint>,
    /// The loss of each update's batch at the parameters before the update.
    pub batch_loss: Vec<f64>,
    pub batches_per_epoch: usize,
}

/// Keras' running means over an epoch's batches, and the losses on the test rows after it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct EpochPoint {
    pub loss: f64,
    pub mae: f64,
    pub val_loss: Option<f64>,
    pub val_mae: Option<f64>,
}

/// What went wrong where a path was asked for.
pub type PathError = Box<dyn std::error::Error + Send + Sync>;

/// Where paths come from.
pub trait Paths {
    /// The path of the run of that number.
    fn path(&self, run: u64) -> Result<Path, PathError>;
}

/// Why a sweep cannot be analysed as asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the path of run {run} is not available")]
    Path { run: u64, source: PathError },
    #[error(transparent)]
    MissingParameter(#[from] crate::model::MissingParameter),
    #[error("there is no run to compare")]
    NoRuns,
    #[error("unknown key `{key}`{}; the keys are {known}", nearest.map(|key| format!(": did you mean `{key}`?")).unwrap_or_default())]
    UnknownKey { key: String, nearest: Option<&'static str>, known: String },
    #[error("no run has {filter}; {there}")]
    NoMatch {
        /// The filters, as given.
        filter: String,
        /// For each key, the values that there are.
        there: String,
    },
}

impl<'a> Sweep<'a> {
    fn view(&self) -> View<'a> {
        View { experiment: self.experiment, problems: self.problems, runs: self.runs }
    }
}

/// The figures that make sense for a sweep, in the order in which they explain it. None for no run.
pub fn figures(sweep: &Sweep<'_>) -> Result<Vec<Figure>, Error> {
    let view = sweep.view();
    let rows = view.rows();
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let mut trails = Trails::new(sweep);
    let mut figures = contour::figures(&mut trails, &rows, None)?;
    if view.varies(Parameter::LearningRate) {
        figures.extend(multiples::figures(&mut trails, &rows, Parameter::LearningRate, None)?);
        figures.push(finals::figure(&view, &rows, Parameter::LearningRate, None));
    }
    figures.push(series::figure(&mut trails, &rows, None)?);
    figures.extend(rates::figure(&view, &rows)?);
    figures.push(losses::figure(&trails, &rows)?);
    if view.varies(Parameter::BatchSize) {
        figures.extend(batches::figure(&trails, &rows)?);
    }
    figures.push(fit::figure(&view, &rows, None));
    Ok(figures)
}

/// The figures that show the values of a hyperparameter side by side, over some rows (at least one).
fn side_by_side(sweep: &Sweep<'_>, rows: &[usize], by: Parameter, style: Option<Parameter>) -> Result<Vec<Figure>, Error> {
    let view = sweep.view();
    let mut trails = Trails::new(sweep);
    let mut figures = multiples::figures(&mut trails, rows, by, style)?;
    figures.push(finals::figure(&view, rows, by, style));
    if by == Parameter::BatchSize {
        figures.extend(batches::figure(&trails, rows)?);
    }
    figures.push(fit::figure(&view, rows, style.or(Some(by))));
    Ok(figures)
}
