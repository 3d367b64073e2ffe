//! Checks of a config against its data: the split, the scales, the labels, and the lengths and numbers of runs.

use super::diagnostics::{CheckedTable, Diagnostics};
use super::error::{Diagnostic, Location};
use super::experiment::{Experiment, HistoryRuns, SurfaceRows};
use super::step_count::{self, EpochBatches};
use super::sweep_spec::SweepSpec;
use super::toml_tree::{TomlTable, TomlValue};
use crate::data::ScalingError;
use crate::model::loss::Labels;
use crate::model::precision::{self, Column};
use crate::model::{Loss, Neuron, Parameter, Problem, ProblemKey, Value, problem};
use crate::text;

/// The written form of a config, for the locations of errors.
pub struct CheckContext<'a> {
    pub spec: &'a SweepSpec,
    pub data: &'a CheckedTable,
    pub root: &'a TomlTable,
}

impl CheckContext<'_> {
    fn data(&self, key: &str) -> Option<&Location> {
        self.data.get(key).map(|entry| &entry.node.location)
    }

    /// The location of the value of `table.key`, if the config has it.
    fn value(&self, table: &str, key: &str) -> Option<&Location> {
        match &self.root.get(table)?.node.value {
            TomlValue::Table(table) => table.get(key).map(|entry| &entry.node.location),
            _ => None,
        }
    }
}

/// An error at a location, or about the whole file if the key is absent.
fn diagnostic(location: Option<&Location>, title: impl Into<String>) -> Diagnostic {
    match location {
        Some(location) => Diagnostic::at(location, title),
        None => Diagnostic::whole(title),
    }
}

/// The largest number of updates of a run: kernels count them in 32 bits.
const STEPS_MAX: u64 = u32::MAX as u64;

/// Checks an experiment against its data, and adds the errors and warnings to the diagnostics.
pub fn check(experiment: &Experiment, locations: &CheckContext<'_>, diagnostics: &mut Diagnostics) {
    history_runs(experiment, locations, diagnostics);
    averages(experiment, locations, diagnostics);
    let Some(split) = experiment.first_split() else { return };
    let split = match split {
        Ok(split) if split.train.is_empty() => {
            let location = locations.data("test_rows").or_else(|| locations.data("train_rows"));
            diagnostics.errors.push(diagnostic(location, "no row is left for training").label("all rows are test rows"));
            return;
        }
        Ok(split) => split,
        Err(error) => {
            let location = locations.data("test_size");
            diagnostics.errors.push(diagnostic(location, error.to_string()).label("too many test rows").help("use a smaller test_size"));
            return;
        }
    };
    steps(experiment, split.train.len(), locations, diagnostics);
    batches(experiment, split.train.len(), locations, diagnostics);
    if split.test.is_empty() && experiment.surface.rows == SurfaceRows::Test {
        let wrong = diagnostic(locations.value("surface", "rows"), "`surface.rows` is \"test\", but there are no test rows");
        diagnostics.errors.push(wrong.label("no test rows").help("set data.test_size, or rows = \"train\""));
    }
    if !experiment.data.test.is_random() && experiment.space.varied().contains(&Parameter::DataSeed) {
        diagnostics.warn("`data.seed` has no effect: without test_size the split is not random");
    }
    let problem = |scale, neuron| Problem::new(0, &experiment.dataset, split.clone(), ProblemKey { split_seed: None, scale, neuron });
    let scales: Vec<_> = words(experiment, Parameter::DataScale).into_iter().map(|scale| problem(scale, Neuron::LINEAR)).collect();
    for warning in scales.iter().flatten().flat_map(|problem| problem.warnings(&experiment.dataset)) {
        if !diagnostics.warnings.contains(&warning) {
            diagnostics.warn(warning);
        }
    }
    let losses = words(experiment, Parameter::Loss).into_iter().filter_map(Loss::from_name);
    let losses = losses.map(|loss| problem("none", Neuron { loss, ..Neuron::LINEAR })).filter(is_about_labels);
    for error in scales.into_iter().chain(losses).filter_map(Result::err) {
        diagnostics.errors.push(unfit(&error, locations));
    }
}

fn is_about_labels(problem: &Result<Problem, problem::Error>) -> bool {
    matches!(problem, Err(problem::Error::Label(_)))
}

/// Every listed value of a hyperparameter in the sweep, and the first of each range, possibly with repetitions.
fn values(experiment: &Experiment, parameter: Parameter) -> Vec<Value> {
    let values = experiment.space.branches.iter().flat_map(|branch| match branch.axis(parameter) {
        Some(axis) => axis.values.examples(),
        None => branch.settings.get(parameter).into_iter().collect(),
    });
    values.collect()
}

/// Every word that is a value of a hyperparameter in the sweep, each once.
fn words(experiment: &Experiment, parameter: Parameter) -> Vec<&'static str> {
    let mut words = Vec::new();
    for value in values(experiment, parameter) {
        if let Value::Choice(word) = value
            && !words.contains(&word)
        {
            words.push(word);
        }
    }
    words
}

/// The error for data that a problem of the sweep cannot be made from.
fn unfit(error: &problem::Error, locations: &CheckContext<'_>) -> Diagnostic {
    match error {
        problem::Error::Label(label) => {
            let location = locations.spec.location(Parameter::Loss).or_else(|| locations.data("target"));
            let remedy = match label.loss.labels() {
                Labels::TwoClasses => "encode the classes as −1 and 1, or as 0 and 1",
                Labels::Probability => "encode the classes as 0 and 1, or use a loss that accepts any label, such as \"mse\"",
                Labels::NotNegative | Labels::Any => "use a loss that accepts any label, such as \"mse\" or \"huber\"",
            };
            diagnostic(location, error.to_string()).label("does not fit the labels").help(remedy)
        }
        problem::Error::TooLarge { column, .. } => {
            let too_large = diagnostic(locations.data(column.name()), error.to_string()).label("too large");
            let help = format!("divide the column by a constant; values up to {:e} are accepted", precision::LARGEST);
            or_scale(too_large.help(help), *column)
        }
        problem::Error::TooSmall { column, largest } => {
            let too_small = diagnostic(locations.data(column.name()), error.to_string()).label("too small");
            let help = format!("multiply the column by a constant such as 1e{}", -libm::floor(libm::log10(*largest)));
            or_scale(too_small.help(help), *column)
        }
        problem::Error::Rounded { column, precision } => {
            diagnostic(locations.data(column.name()), error.to_string()).label("offset too large").help(column.offset_remedy(precision))
        }
        problem::Error::Scaling(ScalingError::Constant { .. }) => {
            let location = locations.spec.location(Parameter::DataScale).or_else(|| locations.data("feature"));
            diagnostic(location, error.to_string()).label("cannot scale a constant").help("use scale = \"none\", or another feature")
        }
    }
}

/// Adds that standardising the feature is a remedy as well.
fn or_scale(diagnostic: Diagnostic, column: Column) -> Diagnostic {
    match column {
        Column::Feature => diagnostic.help("or set data.scale = \"standard\": the limit applies to the scaled values"),
        Column::Target => diagnostic,
    }
}

/// Warns of `ema_*` keys without `use_ema`. Keras ignores them silently.
fn averages(experiment: &Experiment, locations: &CheckContext<'_>, diagnostics: &mut Diagnostics) {
    if values(experiment, Parameter::UseEma).contains(&Value::Boolean(true)) {
        return;
    }
    for parameter in [Parameter::EmaMomentum, Parameter::EmaOverwriteFrequency] {
        if locations.spec.location(parameter).is_some() {
            diagnostics.warn(format!("`{}` has no effect without use_ema = true", parameter.key()));
        }
    }
}

/// Checks that the listed runs of `history.runs` exist.
fn history_runs(experiment: &Experiment, locations: &CheckContext<'_>, diagnostics: &mut Diagnostics) {
    let Some(HistoryRuns::List(runs)) = &experiment.history.runs else { return };
    let len = experiment.space.len();
    if let Some(run) = runs.iter().find(|&&run| run >= len) {
        let wrong = diagnostic(
            locations.value("history", "runs"),
            format!("`history.runs` lists run {run}, but the sweep has {len} run{}", if len == 1 { "" } else { "s" }),
        );
        diagnostics.errors.push(wrong.label(format!("runs are numbered from 0 to {}", len - 1)));
    }
}

/// Checks that no run has more updates than 32 bits count.
fn steps(experiment: &Experiment, rows: usize, locations: &CheckContext<'_>, diagnostics: &mut Diagnostics) {
    let longest = experiment.space.branches.iter().map(|branch| step_count::longest_run(branch, rows)).max().unwrap_or(0);
    if longest > u128::from(STEPS_MAX) {
        let wrong = diagnostic(locations.spec.location(Parameter::Epochs), format!("a run would have {} updates", text::grouped(longest)));
        diagnostics.errors.push(
            wrong
                .label(format!("with {rows} training rows"))
                .help("use fewer epochs or a larger batch_size")
                .note(format!("a run can have at most {} updates, because they are counted in 32 bits", text::grouped(STEPS_MAX))),
        );
    }
}

/// A last batch of fewer than a fourth of the rows of the others is announced: Keras averages over each batch, so its rows have more than four times
/// the weight of others.
const SHORT_LAST_BATCH: u64 = 4;

/// Warns of a very short last batch, and of a batch size in the config that exceeds the number of training rows.
fn batches(experiment: &Experiment, rows: usize, locations: &CheckContext<'_>, diagnostics: &mut Diagnostics) {
    let sizes = step_count::epoch_batches(&experiment.space.branches, rows);
    if let Some(short) = sizes.into_iter().find(|batches| batches.last * SHORT_LAST_BATCH < batches.size) {
        let EpochBatches { size, count, last } = short;
        diagnostics.warn(format!(
            "with batch_size {size} the last of {} batches has {}: it moves the parameters as much as a full batch; a batch_size that divides \
             {rows} has no such batch",
            text::grouped(count),
            if last == 1 { "only 1 row".into() } else { format!("only {last} rows") },
        ));
    }
    if locations.spec.location(Parameter::BatchSize).is_none() {
        return;
    }
    let largest =
        experiment.space.branches.iter().filter_map(|branch| step_count::extent(branch, Parameter::BatchSize)).map(|(_, max)| max).max();
    if let Some(largest) = largest.filter(|&largest| largest > rows as i64) {
        diagnostics.warn(format!("batch_size {largest} exceeds the {rows} training rows; full-batch training will be used"));
    }
}
