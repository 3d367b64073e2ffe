//! Describes an experiment in words (`--dry-run`) and as JSON (manifest.json), in time proportional to the number of axes, not of runs.

use serde_json::{Map, Value as Json, json};

use super::experiment::{Experiment, HistoryRuns, Rng, SurfaceAxis, SurfaceRows};
use super::ranges::format_value;
use super::step_count::{self, EpochBatches, StepCount};
use crate::data::{CsvFormat, TestSize};
use crate::model::optimizer::OPTIONS;
use crate::model::{Initializer, Parameter, Value};
use crate::space::{Axis, Branch, Continuous, Distribution, Values};
use crate::text;

impl Experiment {
    /// The number of training rows, which is equal for all problems of a sweep.
    pub fn train_rows(&self) -> usize {
        self.first_split().and_then(Result::ok).map_or(0, |split| split.train.len())
    }

    /// The number of updates and of epochs of the longest run.
    pub fn longest_run(&self) -> [u64; 2] {
        let rows = self.train_rows();
        let branches = &self.space.branches;
        let steps = branches.iter().map(|branch| step_count::longest_run(branch, rows)).max().unwrap_or(0);
        let epochs = branches.iter().filter_map(|branch| step_count::extent(branch, Parameter::Epochs)).map(|(_, max)| max).max();
        [u64::try_from(steps).unwrap_or(u64::MAX), epochs.unwrap_or(1) as u64]
    }

    /// The number of training rows that all runs together evaluate, if none diverges, with `others` passes over all rows in addition to the epochs of
    /// a run. 0 where gradients follow from moments.
    pub fn rows_evaluated(&self, others: u64) -> u128 {
        if self.space.sampling().is_some() {
            return step_count::sampled_row_passes(&self.space, others).saturating_mul(self.train_rows() as u128);
        }
        let passes = self.space.branches.iter().map(|branch| step_count::row_passes(branch, others));
        passes.fold(0_u128, u128::saturating_add).saturating_mul(self.train_rows() as u128)
    }

    /// The number of updates of all runs together, if none diverges.
    pub fn total_steps(&self) -> StepCount {
        let rows = self.train_rows();
        if self.space.sampling().is_some() {
            return step_count::sampled_steps(&self.space, rows);
        }
        self.space.branches.iter().map(|branch| step_count::total_steps(branch, rows)).fold(
            StepCount { count: 0, exact: true },
            |sum, branch| StepCount { count: sum.count.saturating_add(branch.count), exact: sum.exact && branch.exact },
        )
    }
}

/// The largest number of batch sizes that are described.
const BATCH_SIZES: usize = 8;

/// The batches of an epoch in words: `batch_size 14: 12 batches an epoch, the last of 6 rows`.
fn in_words(batches: EpochBatches) -> String {
    let EpochBatches { size, count, last } = batches;
    let number = if count == 1 { "1 batch".to_owned() } else { format!("{} batches", text::grouped(count)) };
    let last = if batches.is_last_short() { format!(", the last of {}", text::count(last as usize, "row")) } else { String::new() };
    format!("batch_size {size}: {number} an epoch{last}")
}

/// Describes the experiment, one fact per line. Defaults are marked.
pub fn describe(experiment: &Experiment) -> String {
    let mut text = String::new();
    let mut line = |key: &str, value: &str| {
        text.push_str(format!("{key:<18}{value}").trim_end());
        text.push('\n');
    };
    let rows = experiment.dataset.x.len();
    let train = experiment.train_rows();
    let data = &experiment.data;
    line("name", &experiment.name);
    line("data", &format!("{}: \"{}\" -> \"{}\", {rows} rows", data.path.display(), data.format.feature, data.format.target));
    let test = match &data.test {
        TestSize::Rows { test, .. } => test.len(),
        _ => rows - train,
    };
    line("rows", &format!("{train} train, {test} test"));
    let batches = step_count::epoch_batches(&experiment.space.branches, train);
    for (index, &one) in batches.iter().take(BATCH_SIZES).enumerate() {
        line(if index == 0 { "batches" } else { "" }, &in_words(one));
    }
    if batches.len() > BATCH_SIZES {
        line("", &format!("and {} other batch sizes", text::grouped((batches.len() - BATCH_SIZES) as u64)));
    }
    if let Some(positive) = &data.format.positive {
        line("labels", &format!("\"{positive}\" is 1, the other text 0"));
    }
    if experiment.rng == Rng::NumpyLegacy {
        line("rng", "numpy_legacy");
    }
    line("history", &history(experiment));
    line("surface", &surface(experiment));
    let sampling = experiment.space.sampling();
    if let Some(sampling) = sampling {
        line(
            "method",
            &format!("{}, {}, seed {}", sampling.method().name(), text::count(sampling.runs() as usize, "run"), sampling.seed()),
        );
    }
    for (number, branch) in experiment.space.branches.iter().enumerate() {
        line("", "");
        let of_branch = match experiment.space.probability(number) {
            Some(1.0) => "all runs".to_owned(),
            Some(probability) => format!("{} % of the runs", text::short(100.0 * probability, 3)),
            None => numbers(branch),
        };
        line("optimizer", &format!("{}: {of_branch}", branch.optimizer.name()));
        for axis in &branch.axes {
            let words = if sampling.is_some() { drawn_in_words(&axis.values) } else { axis_in_words(axis) };
            line(&format!("  {}", axis.parameter.key()), &words);
        }
        for (parameter, value) in constants(branch).filter(|&(parameter, value)| !is_off(parameter, value)) {
            let default = if branch.has_default(parameter) { "   (default)" } else { "" };
            line(&format!("  {}", parameter.key()), &format!("{}{default}", format_value(value)));
        }
    }
    let StepCount { count, exact } = experiment.total_steps();
    line("", "");
    line("runs", &text::grouped(experiment.space.len()));
    line("updates", &format!("{}{}", if exact { "" } else { "about " }, text::grouped(count)));
    text
}

/// The number of runs of a branch, and their run numbers.
fn numbers(branch: &Branch) -> String {
    match branch.len {
        1 => format!("1 run, number {}", branch.first),
        len => format!("{} runs, numbers {} to {}", text::grouped(len), branch.first, branch.first + len - 1),
    }
}

/// The constant hyperparameters of a branch, in the order of the table.
fn constants(branch: &Branch) -> impl Iterator<Item = (Parameter, Value)> {
    Parameter::all()
        .filter(|parameter| *parameter != Parameter::Optimizer && branch.axis(*parameter).is_none())
        .filter_map(|parameter| Some((parameter, branch.settings.get(parameter)?)))
}

/// Whether the value is the default of an option that every optimizer has. Such options are not listed.
fn is_off(parameter: Parameter, value: Value) -> bool {
    (parameter, value) == (Parameter::ScheduleName, Value::Choice("none"))
        || OPTIONS.iter().any(|&(option, default)| option == parameter && default == Some(value))
}

/// The largest number of values of a list that are described.
const SHOWN: usize = 8;

/// The values that a sampled sweep draws, in words.
fn drawn_in_words(values: &Values) -> String {
    let ends = |values: &Values| values.ends().map(format_value).join(" to ");
    match values {
        Values::List(list) => {
            let shown: Vec<String> = list.iter().take(SHOWN).map(|&value| format_value(value)).collect();
            let more = if list.len() > SHOWN { ", .." } else { "" };
            if list.len() == 1 { shown.join("") } else { format!("one of {}{more}", shown.join(", ")) }
        }
        Values::Continuous(of) => continuous_in_words(of, of.bounds.map(text::exact)),
        Values::Quantized { of, multiples } => {
            let step = match **multiples {
                Values::Steps { step, divisor, .. } => text::exact(step / divisor),
                Values::IntSteps { step, .. } => step.to_string(),
                _ => String::new(),
            };
            let of = continuous_in_words(of, quantized_bounds(of, multiples).map(text::exact));
            if step == "1" { format!("integers, {of}") } else { format!("multiples of {step}, {of}") }
        }
        Values::Mixture(parts) => {
            let mut before = 0.0;
            let part = |(below, values): &(f64, Values)| {
                let share = 100.0 * (below - std::mem::replace(&mut before, *below));
                format!("{} ({} %)", drawn_in_words(values), text::short(share, 3))
            };
            let parts: Vec<String> = parts.iter().take(SHOWN).map(part).collect();
            parts.join("; ")
        }
        Values::Steps { step, divisor, .. } => format!("{} in steps of {}", ends(values), text::exact(step / divisor)),
        Values::IntSteps { step: 1, .. } => format!("integers, uniform from {}", ends(values)),
        Values::IntSteps { step, .. } => format!("{} in steps of {step}", ends(values)),
        Values::Uniform { .. } | Values::LogUniform { .. } | Values::IntUniform { .. } | Values::IntLogUniform { .. } => ends(values),
    }
}

/// The bounds of a rounded distribution: of integers, without the halves that are rounded to them.
fn quantized_bounds(of: &Continuous, multiples: &Values) -> [f64; 2] {
    let [min, max] = of.bounds;
    if matches!(multiples, Values::IntSteps { .. }) { [min.ceil(), max.floor()] } else { [min, max] }
}

fn continuous_in_words(of: &Continuous, [min, max]: [String; 2]) -> String {
    match of.distribution {
        Distribution::Uniform => format!("uniform from {min} to {max}"),
        Distribution::LogUniform => format!("logarithmically uniform from {min} to {max}"),
        Distribution::Normal { mu, sigma } => {
            format!("normal with mean {} and standard deviation {}, from {min} to {max}", text::exact(mu), text::exact(sigma))
        }
        Distribution::LogNormal { mu, sigma } => {
            let median = text::short(libm::exp(mu), 3);
            format!("log-normal with median {median}, sigma {} of the logarithm, from {min} to {max}", text::exact(sigma))
        }
    }
}

fn axis_in_words(axis: &Axis) -> String {
    let count = text::grouped(axis.len());
    let plural = if axis.len() == 1 { "value" } else { "values" };
    let ends = || format!("{} to {}", format_value(axis.value(0)), format_value(axis.value(axis.len() - 1)));
    match &axis.values {
        Values::List(list) => {
            let shown: Vec<String> = list.iter().take(SHOWN).map(|&value| format_value(value)).collect();
            format!("{count} {plural}: {}{}", shown.join(", "), if list.len() > SHOWN { ", .." } else { "" })
        }
        Values::LogUniform { .. } | Values::IntLogUniform { .. } => format!("{count} {plural}: {}, logarithmically spaced", ends()),
        Values::Uniform { .. } | Values::IntUniform { .. } => format!("{count} {plural}: {}, equally spaced", ends()),
        Values::Steps { step, divisor, .. } => format!("{count} {plural}: {} in steps of {}", ends(), text::exact(step / divisor)),
        Values::IntSteps { step, .. } => format!("{count} {plural}: {} in steps of {step}", ends()),
        Values::Continuous(_) | Values::Quantized { .. } | Values::Mixture(_) => drawn_in_words(&axis.values),
    }
}

fn history(experiment: &Experiment) -> String {
    let recorded = experiment.history.recording_plan(experiment.space.len());
    let runs: Vec<String> = recorded
        .runs
        .iter()
        .map(|runs| match runs {
            HistoryRuns::All => "all runs".into(),
            HistoryRuns::Best(count) => format!("the best {count}"),
            HistoryRuns::Sample(count) => format!("a sample of {count}"),
            HistoryRuns::List(list) => format!("{} listed runs", list.len()),
        })
        .collect();
    let default = if experiment.history.runs.is_none() && experiment.history.every == 1 { "   (default)" } else { "" };
    let epochs = if recorded.epochs { "epoch losses of all runs" } else { "no epoch losses" };
    match (runs.is_empty(), recorded.every) {
        (true, _) => format!("none, {epochs}"),
        (false, 1) => format!("every batch of {}, {epochs}{default}", runs.join(" and ")),
        (false, every) => format!("every {every} batches of {}, {epochs}{default}", runs.join(" and ")),
    }
}

fn rows_name(rows: SurfaceRows) -> &'static str {
    match rows {
        SurfaceRows::Train => "train",
        SurfaceRows::Test => "test",
        SurfaceRows::All => "all",
    }
}

fn surface(experiment: &Experiment) -> String {
    let surface = &experiment.surface;
    let axis = |name: &str, axis: Option<SurfaceAxis>| {
        axis.map_or_else(
            || format!("{name} axis fitted to the paths"),
            |axis| format!("{name} axis {} to {} in {} cells", text::exact(axis.min), text::exact(axis.max), axis.count),
        )
    };
    let text = format!("{}, {}, {} rows", axis("weight", surface.weight), axis("bias", surface.bias), rows_name(surface.rows));
    if surface.requested { text } else { format!("{text}   (default)") }
}

/// The resolved config as JSON, for the manifest.
pub fn resolved(experiment: &Experiment) -> Json {
    let data = &experiment.data;
    let mut section = json!({
        "path": data.path.display().to_string(),
        "feature": data.format.feature,
        "target": data.format.target,
    });
    let CsvFormat { delimiter, decimal, drops_missing, positive, .. } = &data.format;
    let plain = CsvFormat::new("", "");
    if *delimiter != plain.delimiter {
        section["delimiter"] = json!(char::from(*delimiter));
    }
    if *decimal != plain.decimal {
        section["decimal"] = json!(decimal);
    }
    if *drops_missing {
        section["missing"] = json!("drop");
    }
    if let Some(positive) = positive {
        section["positive"] = json!(positive);
    }
    match &data.test {
        TestSize::None => section["test_size"] = json!(0),
        TestSize::Fraction(share) => section["test_size"] = json!(share),
        TestSize::Count(count) => section["test_size"] = json!(count),
        TestSize::Rows { train, test } => {
            section["train_rows"] = json!(train);
            section["test_rows"] = json!(test);
        }
    }
    let recorded = experiment.history.recording_plan(experiment.space.len());
    let space = &experiment.space;
    let branches: Vec<Json> = space.branches.iter().enumerate().map(|(number, own)| branch(own, space.probability(number))).collect();
    let mut sweep = json!({"method": "grid", "runs": space.len()});
    if let Some(sampling) = space.sampling() {
        sweep["method"] = json!(sampling.method().name());
        sweep["seed"] = json!(sampling.seed());
    }
    sweep["blocks"] = json!(branches);
    let surface = &experiment.surface;
    let surface_axis = |axis: Option<SurfaceAxis>| axis.map(|axis| json!({"min": axis.min, "max": axis.max, "count": axis.count}));
    let piecewise = &experiment.piecewise;
    let mut resolved = json!({
        "name": experiment.name,
        "rng": if experiment.rng == Rng::NumpyLegacy { "numpy_legacy" } else { "threefry" },
        "data": section,
        "sweep": sweep,
        "history": {"every": recorded.every, "runs": recorded.runs.iter().map(history_runs).collect::<Vec<_>>(), "epochs": recorded.epochs},
        "surface": {"weight": surface_axis(surface.weight), "bias": surface_axis(surface.bias), "rows": rows_name(surface.rows)},
    });
    if !piecewise.values.is_empty() {
        resolved["schedule"] = json!({"boundaries": piecewise.boundaries, "values": piecewise.values});
    }
    resolved
}

fn history_runs(runs: &HistoryRuns) -> Json {
    match runs {
        HistoryRuns::All => json!("all"),
        HistoryRuns::Best(count) => json!({"best": count}),
        HistoryRuns::Sample(count) => json!({"sample": count}),
        HistoryRuns::List(list) => json!(list),
    }
}

/// A branch with its run numbers, or in a sampled space with its probability.
fn branch(branch: &Branch, probability: Option<f64>) -> Json {
    let constants: Map<String, Json> = constants(branch).map(|(parameter, value)| (parameter.key().into(), value_json(value))).collect();
    let axes: Map<String, Json> = branch.axes.iter().map(|axis| (axis.parameter.key().into(), values_json(&axis.values))).collect();
    if let Some(probability) = probability {
        return json!({"optimizer": branch.optimizer.name(), "probability": probability, "parameters": constants, "axes": axes});
    }
    json!({"optimizer": branch.optimizer.name(), "first": branch.first, "runs": branch.len, "parameters": constants, "axes": axes})
}

fn value_json(value: Value) -> Json {
    match value {
        Value::Float(value) => json!(value),
        Value::Integer(value) => json!(value),
        Value::Boolean(value) => json!(value),
        Value::Choice(word) => json!(word),
        Value::Drawn(Initializer::Uniform { min, max }) => json!({"name": "random_uniform", "minval": min, "maxval": max}),
        Value::Drawn(Initializer::Normal { mean, stddev }) => json!({"name": "random_normal", "mean": mean, "stddev": stddev}),
        Value::Drawn(Initializer::TruncatedNormal { mean, stddev }) => json!({"name": "truncated_normal", "mean": mean, "stddev": stddev}),
    }
}

fn values_json(values: &Values) -> Json {
    match values {
        Values::List(list) => list.iter().map(|&value| value_json(value)).collect(),
        Values::Uniform { min, max, count } => json!({"min": min, "max": max, "count": count, "distribution": "uniform"}),
        Values::LogUniform { min, max, count, .. } => json!({"min": min, "max": max, "count": count, "distribution": "log_uniform"}),
        Values::IntUniform { min, max, count } => json!({"min": min, "max": max, "count": count, "distribution": "int_uniform"}),
        Values::IntLogUniform { min, max, count } => json!({"min": min, "max": max, "count": count, "distribution": "log_uniform"}),
        &Values::Steps { step, divisor, count, .. } => {
            json!({"min": value_json(values.value(0)), "max": value_json(values.value(count - 1)), "step": step / divisor})
        }
        &Values::IntSteps { min, step, count } => json!({"min": min, "max": value_json(values.value(count - 1)), "step": step}),
        Values::Continuous(of) => continuous_json(of, of.bounds),
        Values::Quantized { of, multiples } => {
            let mut json = continuous_json(of, quantized_bounds(of, multiples));
            json["q"] = match **multiples {
                Values::Steps { step, divisor, .. } => json!(step / divisor),
                Values::IntSteps { step, .. } => json!(step),
                _ => Json::Null,
            };
            json
        }
        Values::Mixture(parts) => {
            let part = |(below, values): &(f64, Values)| json!({"probability_of_this_or_earlier": below, "values": values_json(values)});
            parts.iter().map(part).collect()
        }
    }
}

fn continuous_json(of: &Continuous, [min, max]: [f64; 2]) -> Json {
    match of.distribution {
        Distribution::Uniform => json!({"min": min, "max": max, "distribution": "uniform"}),
        Distribution::LogUniform => json!({"min": min, "max": max, "distribution": "log_uniform"}),
        Distribution::Normal { mu, sigma } => json!({"min": min, "max": max, "distribution": "normal", "mu": mu, "sigma": sigma}),
        Distribution::LogNormal { mu, sigma } => json!({"min": min, "max": max, "distribution": "log_normal", "mu": mu, "sigma": sigma}),
    }
}
