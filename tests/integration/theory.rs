//! The theory of SGD against simulated runs: 4,000 seeds trained by the CPU backend, and full-batch runs of the float64 reference.

use std::fmt::Write as _;

use gradsweep::analysis::theory::{EpochMap, SampledEpochs, Sgd, floor, rate_for_floor};
use gradsweep::backend::reference::Reference;
use gradsweep::backend::{Backend, RecordOptions, cpu::Cpu};
use gradsweep::config::Experiment;
use gradsweep::model::{Params, Problem};
use gradsweep::sweep::{Problems, batch_order};

use crate::common::sweeps::{load_with, train};

const ADVERTISING: &[u8] = include_bytes!("../../configs/data/advertising.csv");
const CURVES: &[u8] = include_bytes!("../golden/data/curves.csv");

/// A sweep of SGD from (0.6, 0).
struct Case<'a> {
    columns: &'a str,
    data: &'a [u8],
    scale: &'a str,
    batch_size: &'a str,
    epochs: u64,
    momentum: f64,
    nesterov: bool,
    /// The learning rate as a share of the full-batch stability limit.
    share: f64,
}

const TV: &str = "feature = \"TV\"\ntarget = \"sales\"";
/// Reads 157 of the 200 rows, so that the last batch is short.
const TV_157: &str = "feature = \"TV\"\ntarget = \"sales\"\ntest_size = 43";

impl<'a> Case<'a> {
    fn new(data: &'a [u8], columns: &'a str, scale: &'a str, batch_size: &'a str, share: f64) -> Self {
        Self { columns, data, scale, batch_size, epochs: 10, momentum: 0.0, nesterov: false, share }
    }

    fn momentum(self, momentum: f64, nesterov: bool) -> Self {
        Self { momentum, nesterov, ..self }
    }

    fn experiment(&self, rate: f64, seeds: usize, shuffle: bool) -> Experiment {
        let Self { columns, scale, batch_size, epochs, momentum, nesterov, .. } = self;
        let mut text = format!("[data]\npath = \"data.csv\"\n{columns}\nscale = \"{scale}\"\n[model]\ninitial_weight = 0.6\n");
        let _ = writeln!(text, "[training]\nbatch_size = {batch_size}\nepochs = {epochs}\nshuffle = {shuffle}");
        let _ = writeln!(text, "[sweep.parameters]\nlearning_rate = [{rate:e}]");
        let _ = writeln!(text, "optimizer = {{ name = \"sgd\", momentum = {momentum:?}, nesterov = {nesterov} }}");
        if seeds > 1 {
            let _ = writeln!(text, "\"training.seed\" = {{ min = 0, max = {}, step = 1 }}", seeds - 1);
        }
        load_with(&text, self.data)
    }
}

/// The experiment of a case at its learning rate, and its problem.
fn prepare(case: &Case<'_>, seeds: usize, shuffle: bool) -> (Experiment, Problem) {
    let problem = Problems::new(&case.experiment(0.1, 1, shuffle)).unwrap().all.remove(0);
    let rate = case.share * problem.quadratic.stability_limit(case.momentum, case.nesterov);
    (case.experiment(rate, seeds, shuffle), problem)
}

/// J − J* of every run after each of these updates, which are multiples of `every`.
fn simulated(experiment: &Experiment, problem: &Problem, backend: &dyn Backend, every: u64, updates: &[u64]) -> Vec<Vec<f64>> {
    let (plan, outcomes) = train(experiment, backend, RecordOptions { every, epochs: false });
    let mut excess = vec![Vec::new(); updates.len()];
    for (group, outcome) in plan.groups.iter().zip(&outcomes) {
        let history = outcome.history.as_ref().unwrap();
        for run in 0..group.members.len() {
            for (own, &update) in excess.iter_mut().zip(updates) {
                let index = history.blocks.index(run, history.point_of(update).unwrap());
                own.push(problem.quadratic.excess(f64::from(history.weight[index]), f64::from(history.bias[index])));
            }
        }
    }
    excess
}

/// The first point of every run.
const START: Params<f64> = Params::new(0.6_f32 as f64, 0.0);

/// The map of an epoch of a case.
fn theory(experiment: &Experiment, problem: &Problem, orders: usize) -> EpochMap {
    let settings = experiment.space.run(0).unwrap().settings;
    let order = batch_order(experiment, problem, &settings).unwrap();
    EpochMap::new(&SampledEpochs::with_orders(problem, &order, orders).unwrap(), &Sgd::of(&settings).unwrap())
}

const RUNS: usize = 4000;

#[test]
fn shuffled_runs_have_the_expected_loss_and_band() {
    let curves = |batch_size, share| Case::new(CURVES, "feature = \"x\"\ntarget = \"line\"", "none", batch_size, share);
    let cases = [
        Case::new(ADVERTISING, TV, "standard", "8", 0.01),
        Case::new(ADVERTISING, TV, "standard", "8", 0.1),
        Case::new(ADVERTISING, TV, "standard", "8", 0.4),
        Case::new(ADVERTISING, TV_157, "standard", "32", 0.03),
        Case::new(ADVERTISING, TV_157, "standard", "32", 0.2).momentum(0.9, false),
        Case::new(ADVERTISING, TV_157, "standard", "8", 0.05).momentum(0.9, true),
        Case::new(ADVERTISING, TV, "none", "32", 0.2),
        Case::new(ADVERTISING, TV, "none", "8", 0.02).momentum(0.9, false),
        curves("8", 0.1),
        curves("32", 0.1).momentum(0.9, false),
    ];
    let cpu = Cpu::open(None, None).unwrap();
    for (number, case) in cases.iter().enumerate() {
        let (experiment, problem) = prepare(case, RUNS, true);
        let theory = theory(&experiment, &problem, 8192);
        let order = batch_order(&experiment, &problem, &experiment.space.run(0).unwrap().settings).unwrap();
        let batches = order.batches() as u64;
        // Ends of epochs, and updates within them.
        let updates = [1, batches, 2 * batches, 5 * batches, 7 * batches + 2, case.epochs * batches];
        let found = simulated(&experiment, &problem, &cpu, 1, &updates);
        let expected = theory.after(&theory.start(&[START]), updates);
        for ((update, found), expected) in updates.iter().zip(found).zip(expected) {
            let (mean, error) = mean_and_error(&found);
            let deviation = (mean - expected.mean_excess()) / error;
            let [low, high] = expected.band();
            let inside = found.iter().filter(|excess| (low..=high).contains(excess)).count() as f64 / RUNS as f64;
            let place = format!("case {number}, update {update}: J - J* {mean:e}, expected {:e}", expected.mean_excess());
            assert!(deviation.abs() <= 3.0, "{place}, {deviation:.1} standard errors");
            assert!((0.77..=0.83).contains(&inside), "{place}, {inside} of the runs are inside the band of 80 %");
        }
    }
}

/// The mean of values, and its standard error.
fn mean_and_error(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0);
    (mean, (variance / n).sqrt())
}

/// J − J* after each update of one run, and its expectation, which is exact where nothing is random.
#[test]
fn runs_without_randomness_have_exactly_the_expected_loss() {
    for momentum in [(0.0, false), (0.9, false), (0.9, true)] {
        for share in [0.003, 0.1, 0.9, 1.05] {
            for (scale, batch_size, shuffle) in [("none", "\"full\"", true), ("standard", "\"full\"", true), ("standard", "10", false)] {
                let share = if shuffle { share } else { share / 10.0 };
                let case = Case::new(ADVERTISING, TV_157, scale, batch_size, share).momentum(momentum.0, momentum.1);
                let (experiment, problem) = prepare(&Case { epochs: 30, ..case }, 1, shuffle);
                let theory = theory(&experiment, &problem, 1);
                let updates = [0, 1, 2, 3, 10, 30];
                let found = simulated(&experiment, &problem, &Reference, 1, &updates);
                for (found, expected) in found.iter().zip(theory.after(&theory.start(&[START]), updates)) {
                    let expected = expected.mean_excess();
                    // The history has weight and bias in float32, with an error of up to 5e-7 in the deviation.
                    let allowed = 1e-5 * expected + 1e-6 * expected.sqrt() + 1e-12;
                    let place = format!("momentum {momentum:?}, {share} of the limit, scale {scale}, batch {batch_size}");
                    assert!((found[0] - expected).abs() <= allowed, "{place}: {} instead of {expected}", found[0]);
                }
            }
        }
    }
}

#[test]
fn the_floor_is_the_mean_excess_after_many_epochs() {
    let cpu = Cpu::open(None, None).unwrap();
    for (batch_size, share, momentum) in [(8, 0.05, 0.0), (8, 0.4, 0.0), (32, 0.1, 0.9)] {
        let text = batch_size.to_string();
        let case = Case { epochs: 120, ..Case::new(ADVERTISING, TV_157, "standard", &text, share).momentum(momentum, false) };
        let (experiment, problem) = prepare(&case, RUNS / 4, true);
        let settings = experiment.space.run(0).unwrap().settings;
        let sgd = Sgd::of(&settings).unwrap();
        let batches = batch_order(&experiment, &problem, &settings).unwrap().batches() as u64;
        let updates: Vec<u64> = (100 * batches + 1..=120 * batches).collect();
        let found = simulated(&experiment, &problem, &cpu, 1, &updates);
        let of_run = |run: usize| found.iter().map(|excess| excess[run]).sum::<f64>() / found.len() as f64;
        let (mean, error) = mean_and_error(&(0..RUNS / 4).map(of_run).collect::<Vec<f64>>());
        let exact = theory(&experiment, &problem, 8192).floor().unwrap();
        assert!((mean - exact).abs() <= 3.0 * error, "{batch_size} {share} {momentum}: {mean} instead of {exact}, standard error {error}");
        let fast = floor(&problem, batch_size, &sgd).unwrap();
        assert!((fast / exact - 1.0).abs() <= 0.02, "{batch_size} {share} {momentum}: {fast} instead of {exact}");
        let rate = rate_for_floor(&problem, batch_size, &sgd, exact).unwrap();
        assert!((rate / sgd.rate - 1.0).abs() <= 0.04, "{batch_size} {share} {momentum}: {rate} instead of {}", sgd.rate);
    }
}

#[test]
fn a_floor_exists_below_the_stability_limit() {
    let problem = prepare(&Case::new(ADVERTISING, TV, "standard", "8", 0.1), 1, true).1;
    for (momentum, nesterov) in [(0.0, false), (0.9, false), (0.9, true)] {
        let limit = problem.quadratic.stability_limit(momentum, nesterov);
        let sgd = |share: f64| Sgd { rate: share * limit, momentum, nesterov };
        assert!(floor(&problem, 200, &sgd(0.99)).unwrap() < 1e-20);
        assert_eq!(floor(&problem, 200, &sgd(1.01)), None);
        // Mini-batches lower the limit: their curvature varies.
        assert_eq!(floor(&problem, 2, &sgd(0.99)), None);
        let [low, high] = [0.001, 0.01].map(|share| floor(&problem, 8, &sgd(share)).unwrap());
        assert!(0.0 < low && low < high / 5.0);
        let rate = rate_for_floor(&problem, 8, &sgd(1.0), 0.01 * problem.quadratic.loss).unwrap();
        assert!((0.001..0.2).contains(&(rate / limit)), "{}", rate / limit);
    }
}

#[test]
fn degenerate_data_have_a_floor() {
    let sgd = Sgd { rate: 0.01, momentum: 0.0, nesterov: false };
    let problem = |data: &'static [u8], loss: &str| {
        let text = format!(
            "[data]\npath = \"d.csv\"\nfeature = \"x\"\ntarget = \"y\"\n[model]\nloss = \"{loss}\"\n[sweep.parameters]\n\"learning_rate\" = [0.1]\noptimizer = [\"sgd\"]"
        );
        Problems::new(&load_with(&text, data)).unwrap().all.remove(0)
    };
    let constant = problem(b"x,y\n3,1\n3,2\n3,4\n", "mse");
    // The mean of q over all six orders of single rows is 0, so J - J* is small but positive.
    assert!(floor(&constant, 1, &sgd).is_some_and(|floor| floor > 0.0 && floor < constant.quadratic.loss));
    assert!(floor(&problem(b"x,y\n3,1\n", "mse"), 1, &sgd).unwrap() < 1e-20);
    assert!(floor(&problem(b"x,y\n1,1\n2,2\n3,3\n", "mse"), 1, &sgd).unwrap() < 1e-20, "a line without noise");
    assert_eq!(floor(&problem(b"x,y\n1,1\n2,2\n3,4\n", "mae"), 1, &sgd), None);
}
