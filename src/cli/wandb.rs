//! Translates the search space of a W&B sweep (`sweep.yaml`) into a config. What has no counterpart is named, and nothing is guessed.
//!
//! Keys and distributions: <https://docs.wandb.ai/guides/sweeps/sweep-config-keys>.

use std::collections::BTreeMap;

use gradsweep::model::Parameter;
use serde::Deserialize;
use serde_yaml_ng::Value;

/// The number of runs of a sampled sweep whose file has no `run_cap`; W&B itself goes on without end.
const DEFAULT_RUNS: u64 = 100;

/// Names of other programs for a hyperparameter.
const ALIASES: [(&str, &str); 8] = [
    ("lr", "learning_rate"),
    ("learning-rate", "learning_rate"),
    ("beta1", "beta_1"),
    ("beta2", "beta_2"),
    ("eps", "epsilon"),
    ("batch-size", "batch_size"),
    ("seed", "training.seed"),
    ("random_seed", "training.seed"),
];

/// A config with the same search space.
pub struct Translation {
    /// The tables `[sweep]` and `[sweep.parameters]`.
    pub sweep: String,
    /// The name of the sweep.
    pub name: Option<String>,
    /// What was changed or left out, a sentence each.
    pub notes: Vec<String>,
}

#[derive(Deserialize)]
struct Sweep {
    method: String,
    name: Option<String>,
    run_cap: Option<u64>,
    #[serde(default)]
    parameters: BTreeMap<String, Value>,
    /// Keys for the program, the metric and the agents.
    #[serde(flatten)]
    others: BTreeMap<String, Value>,
}

/// A parameter of the file. Fields that a distribution does not have are refused.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Space {
    distribution: Option<String>,
    value: Option<Value>,
    values: Option<Vec<Value>>,
    probabilities: Option<Vec<f64>>,
    min: Option<Value>,
    max: Option<Value>,
    mu: Option<f64>,
    sigma: Option<f64>,
    q: Option<f64>,
}

/// Translates the text of a file.
///
/// # Errors
///
/// A message if the text is no YAML, or has no `method` or no parameter that can be translated.
pub fn translate(text: &str) -> Result<Translation, String> {
    let sweep: Sweep = serde_yaml_ng::from_str(text).map_err(|error| error.to_string())?;
    let mut notes = Vec::new();
    let method = match sweep.method.as_str() {
        "grid" => "grid",
        "random" => "random",
        "bayes" => {
            notes.push("method bayes chooses each run by the results of earlier ones; sobol covers the space evenly instead".to_owned());
            "sobol"
        }
        other => return Err(format!("unknown method {other:?}; W&B has grid, random and bayes")),
    };
    let mut lines = vec!["[sweep]".to_owned(), format!("method = \"{method}\"")];
    if method != "grid" {
        if sweep.run_cap.is_none() {
            notes.push(format!("the file has no run_cap, so runs = {DEFAULT_RUNS}"));
        }
        lines.push(format!("runs = {}", sweep.run_cap.unwrap_or(DEFAULT_RUNS)));
    } else if sweep.run_cap.is_some() {
        notes.push("run_cap: a grid has all combinations".to_owned());
    }
    notes.extend(sweep.others.keys().map(|key| format!("{key}: left out, it has no counterpart")));
    lines.extend([String::new(), "[sweep.parameters]".to_owned()]);
    let mut translated = 0;
    for (name, value) in &sweep.parameters {
        let found = key(name)
            .ok_or_else(|| "not a hyperparameter of a neuron or its training".to_owned())
            .and_then(|key| Ok(format!("{} = {}", quoted_key(key), values(value, method)?)));
        match found {
            Ok(line) => {
                translated += 1;
                lines.push(line);
            }
            Err(reason) => notes.push(format!("parameters.{name}: left out, {reason}")),
        }
    }
    if translated == 0 {
        return Err(format!("none of its parameters can be translated\n{}", notes.join("\n")));
    }
    Ok(Translation { sweep: lines.join("\n") + "\n", name: sweep.name, notes })
}

/// The key of a hyperparameter, by its own name or one of another program.
fn key(name: &str) -> Option<&'static str> {
    let own = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, own)| own);
    Parameter::all().map(Parameter::key).find(|key| *key == own)
}

fn quoted_key(key: &str) -> String {
    if key.contains('.') { format!("\"{key}\"") } else { key.to_owned() }
}

/// The values of a parameter in TOML, or why there are none.
fn values(value: &Value, method: &str) -> Result<String, String> {
    if value.get("parameters").is_some() {
        return Err("nested parameters have no counterpart".to_owned());
    }
    let space: Space = serde_yaml_ng::from_value(value.clone()).map_err(|error| error.to_string())?;
    if let Some(value) = &space.value {
        return Ok(format!("[{}]", literal(value)?));
    }
    if let Some(values) = &space.values {
        let list = values.iter().map(literal).collect::<Result<Vec<_>, _>>()?.join(", ");
        return Ok(match &space.probabilities {
            Some(probabilities) if method != "grid" => format!("{{ values = [{list}], probabilities = {probabilities:?} }}"),
            _ => format!("[{list}]"),
        });
    }
    if method == "grid" {
        return Err("a grid needs values, or a range with a count: { min = .., max = .., count = .. }".to_owned());
    }
    range(&space)
}

/// A distribution in TOML.
fn range(space: &Space) -> Result<String, String> {
    let [min, max] = [&space.min, &space.max];
    let is_integer = |bound: &Option<Value>| bound.as_ref().is_some_and(Value::is_i64);
    let default = if is_integer(min) && is_integer(max) { "int_uniform" } else { "uniform" };
    let name = space.distribution.as_deref().unwrap_or(default);
    let (base, is_rounded) = name.strip_prefix("q_").map_or((name, false), |base| (base, true));
    let number = |field: &'static str, bound: &Option<Value>| {
        bound.as_ref().and_then(Value::as_f64).ok_or_else(|| format!("distribution {name} needs the number {field}"))
    };
    // As written, because an integer hyperparameter takes no 8.0.
    let bounds = || {
        number("min", min).and(number("max", max))?;
        let [min, max] = [min, max].map(|bound| bound.as_ref().map_or_else(|| Ok(String::new()), literal));
        Ok::<_, String>(format!("min = {}, max = {}", min?, max?))
    };
    let moments = || {
        let needed = |field, value: Option<f64>| value.ok_or_else(|| format!("distribution {name} needs the number {field}"));
        Ok::<_, String>(format!("mu = {:?}, sigma = {:?}", needed("mu", space.mu)?, needed("sigma", space.sigma)?))
    };
    let fields = match base {
        "int_uniform" | "uniform" => bounds()?,
        "log_uniform_values" => format!("{}, distribution = \"log_uniform\"", bounds()?),
        // The bounds of W&B's log_uniform are natural logarithms.
        "log_uniform" => {
            let [min, max] = [number("min", min)?.exp(), number("max", max)?.exp()];
            format!("min = {min:?}, max = {max:?}, distribution = \"log_uniform\"")
        }
        "normal" | "log_normal" => format!("distribution = \"{base}\", {}", moments()?),
        _ => return Err(format!("distribution {name} has no counterpart")),
    };
    let step = if is_rounded { format!(", q = {}", space.q.unwrap_or(1.0)) } else { String::new() };
    Ok(format!("{{ {fields}{step} }}"))
}

/// A number, text or truth value in TOML.
fn literal(value: &Value) -> Result<String, String> {
    match value {
        Value::Bool(value) => Ok(value.to_string()),
        Value::Number(number) if number.is_f64() => Ok(format!("{:?}", number.as_f64().unwrap_or(f64::NAN))),
        Value::Number(number) => Ok(number.to_string()),
        // Names of optimizers and activations are lower case here.
        Value::String(text) => Ok(toml::Value::String(text.to_lowercase()).to_string()),
        _ => Err("its values are not numbers, texts or truth values".to_owned()),
    }
}
