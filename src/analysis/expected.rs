//! The expected loss of plain SGD in figures.

use super::bands::Band;
use super::runs::Runs;
use super::theory::{self, EpochMap, SampledEpochs, SecondMoment, Sgd, rate_for_floor};
use crate::data::Shuffle;
use crate::kernel::{VerdictWindow, WindowPart};
use crate::model::{Parameter, Params, Settings};
use crate::sweep::batch_order;

/// The number of sampled orders: an error of 3 % is not visible on a logarithmic axis.
const ORDERS: usize = 64;

/// The largest number of batches in an epoch for which a floor is computed: the time is in proportion to it, 0.1 s at this number.
const BATCHES: usize = 1_000;

/// The theory of a run that is trained by plain SGD, and its start.
struct Expectation {
    map: EpochMap,
    start: SecondMoment,
    /// The number of batches in an epoch.
    batches: u64,
    settings: Settings,
}

impl Expectation {
    /// The theory of runs that differ in their seeds alone, at least one; `None` unless they are trained by plain SGD, J is a paraboloid and there are few
    /// enough rows.
    fn of(runs: &Runs<'_>, rows: &[usize]) -> Option<Self> {
        let &row = rows.first().filter(|&&row| runs.problem(row).train.len() <= theory::MAX_ROWS)?;
        let settings = runs.experiment.space.run(runs.table.run[row])?.settings;
        let sgd = Sgd::of(&settings)?;
        let order = batch_order(runs.experiment, runs.problem(row), &settings).ok()?;
        let map = EpochMap::new(&SampledEpochs::with_orders(runs.problem(row), &order, ORDERS)?, &sgd);
        let starts: Vec<Params<f64>> = rows.iter().map(|&row| runs.start(row)).collect();
        Some(Self { start: map.start(&starts), map, batches: order.batches() as u64, settings })
    }
}

/// The expected J after these numbers of updates, which ascend, as the middle of a band that holds 80 % of all seeds. `rows` differ in their seeds
/// alone. `None` unless they are trained by plain SGD and J is a paraboloid.
pub fn losses(runs: &Runs<'_>, rows: &[usize], updates: &[u64]) -> Option<Band> {
    let expectation = Expectation::of(runs, rows)?;
    let minimum = runs.problem(rows[0]).quadratic.loss;
    let mut band = Band::default();
    for (&update, deviation) in updates.iter().zip(expectation.map.after(&expectation.start, updates.iter().copied())) {
        let [low, high] = deviation.band();
        for (line, excess) in [(&mut band.low, low), (&mut band.median, deviation.mean_excess()), (&mut band.high, high)] {
            line.push([update as f64, minimum + excess]);
        }
    }
    Some(band)
}

/// The expected mean of J − J* over the last window. `rows` differ in their seeds alone. `None` unless they are trained by plain SGD and J is a
/// paraboloid.
pub fn mean_excess(runs: &Runs<'_>, rows: &[usize]) -> Option<f64> {
    let expectation = Expectation::of(runs, rows)?;
    let epochs = expectation.settings.number(Parameter::Epochs)? as u64;
    let window = VerdictWindow::new(expectation.batches, epochs, 1, false);
    Some(expectation.map.mean_excess(&expectation.start, window.start(WindowPart::Last) + 1..window.steps + 1))
}

/// The largest learning rate at which the floor of the expected J − J* is within the tolerance of `converged`, for the batch size and the momentum
/// of a run. `None` unless it is trained by plain SGD with shuffled mini-batches, not too many in an epoch, and J is a paraboloid.
pub fn largest_converging_rate(runs: &Runs<'_>, row: usize) -> Option<f64> {
    let settings = runs.experiment.space.run(runs.table.run[row])?.settings;
    let (sgd, problem) = (Sgd::of(&settings)?, runs.problem(row));
    let order = batch_order(runs.experiment, problem, &settings).ok()?;
    let has_floor = order.shuffle != Shuffle::None && (2..=BATCHES).contains(&order.batches());
    let tolerance = runs.surface(row).convergence_excess();
    if has_floor && tolerance > 0.0 { rate_for_floor(problem, order.batch_size, &sgd, tolerance) } else { None }
}
