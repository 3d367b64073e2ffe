//! Reads the ranges of a sampled sweep, distributions and steps, and probabilities.

use super::diagnostics::{CheckedTable, Diagnostics};
use super::error::Diagnostic;
use super::range_table::{self, RangeTable, Shape};
use super::scalars;
use super::toml_tree::{TomlEntry, TomlValue};
use crate::model::{Kind, Value};
use crate::space::{Continuous, Distribution, Values};
use crate::text;

/// A normal distribution with a smaller share within the bounds is refused.
const LEAST_SHARE: f64 = 0.05;
/// A normal distribution with a smaller share within the bounds of its hyperparameter is reported.
const USUAL_SHARE: f64 = 0.99;

/// Reads `probabilities`, one for each of `count` values.
pub fn probabilities(entry: &TomlEntry, count: usize, key: &str, diagnostics: &mut Diagnostics) -> Option<Vec<f64>> {
    let location = &entry.node.location;
    let TomlValue::List(items) = &entry.node.value else {
        let found = entry.node.value.kind();
        diagnostics.errors.push(Diagnostic::at(location, format!("`{key}.probabilities` must be a list, not {found}")).label(found));
        return None;
    };
    let kind = Kind::Float { min: 0.0, min_open: false, max: 1.0, max_open: false };
    let read: Vec<_> = items.iter().map(|item| diagnostics.ok(scalars::scalar(item, kind, &format!("{key}.probabilities")))).collect();
    let numbers: Vec<f64> = read.into_iter().map(|value| value.and_then(Value::number)).collect::<Option<_>>()?;
    if numbers.len() != count {
        let title =
            format!("`{key}` has {} for its probabilities, but {}", text::count(numbers.len(), "number"), text::count(count, "value"));
        diagnostics.errors.push(Diagnostic::at(location, title).label("must be one for each value"));
        return None;
    }
    let sum: f64 = numbers.iter().sum();
    if (sum - 1.0).abs() > 1e-6 {
        let title = format!("the probabilities of `{key}` sum to {}", text::short(sum, 7));
        diagnostics.errors.push(Diagnostic::at(location, title).label("must sum to 1"));
        return None;
    }
    Some(numbers)
}

/// Reads a range of numbers from which runs are drawn.
pub fn range(range: &RangeTable<'_>, diagnostics: &mut Diagnostics) -> Option<Values> {
    let key = range.key;
    let is_normal = matches!(range.shape, Some(Shape::Normal | Shape::LogNormal));
    let foreign: &[(&str, &str)] = if is_normal {
        &[("count", COUNT_REMEDY), ("step", "use q, which rounds the drawn values to its multiples")]
    } else {
        let remedy = "write distribution = \"normal\" or \"log_normal\" for a mean and a standard deviation";
        &[("count", COUNT_REMEDY), ("mu", remedy), ("sigma", remedy)]
    };
    if let Some((other, remedy)) = foreign.iter().find(|(other, _)| range.table.get(other).is_some()) {
        let title = if *other == "count" {
            format!("`{key}` has a `count`, but this sweep is sampled")
        } else {
            format!("`{key}` has `{other}`, which its distribution does not use")
        };
        diagnostics.errors.push(range.at(other, title).label("not used").help(*remedy));
        return None;
    }
    if let (Some(_), Some(_)) = (range.table.get("q"), range.step()) {
        let both = range.at("q", format!("the range of `{key}` has both `step` and `q`")).label("remove one of them");
        diagnostics.errors.push(both.help("step: equally probable values from min on; q: the drawn numbers are rounded to multiples of q"));
        return None;
    }
    if is_normal {
        return normal_values(range, diagnostics);
    }
    let ends = range.ends(diagnostics)?;
    let is_log = range.shape == Some(Shape::LogUniform);
    let distribution = if is_log { Distribution::LogUniform } else { Distribution::Uniform };
    match (ends, range.step(), range.table.get("q")) {
        (_, Some(_), _) if is_log => {
            diagnostics.errors.push(range.step_in_log("use q to round the drawn values, or a list of values"));
            None
        }
        ([Value::Integer(min), Value::Integer(max)], step, None) if !is_log => diagnostics.ok(range.integer_steps(min, max, step)),
        ([Value::Integer(min), Value::Integer(max)], _, q) => {
            // Each integer has the numbers that are rounded to it.
            let rounded_to = if is_log { [min as f64 - 0.5, max as f64 + 0.5] } else { [min, max].map(|end| end as f64) };
            diagnostics.ok(integers(range, q, Continuous::new(distribution, rounded_to), [min, max]))
        }
        ([low, high], step, q) => {
            let bounds = [low.number()?, high.number()?];
            diagnostics.ok(range.refuse_int_uniform())?;
            match step {
                Some(step) => diagnostics.ok(range.float_steps(bounds[0], bounds[1], step)),
                None => diagnostics.ok(floats(range, q, Continuous::new(distribution, bounds))),
            }
        }
    }
}

const COUNT_REMEDY: &str = "remove it: sweep.runs is the number of runs; for equally spaced values write `step`, or a list";

/// The values of a normal or log-normal distribution.
fn normal_values(range: &RangeTable<'_>, diagnostics: &mut Diagnostics) -> Option<Values> {
    let ends = bounds_of(range, diagnostics)?;
    let q = range.table.get("q");
    if let [Value::Integer(min), Value::Integer(max)] = ends {
        let of = normal(range, [min as f64 - 0.5, max as f64 + 0.5], diagnostics)?;
        return diagnostics.ok(integers(range, q, of, [min, max]));
    }
    let of = normal(range, [ends[0].number()?, ends[1].number()?], diagnostics)?;
    diagnostics.ok(floats(range, q, of))
}

/// The smallest and the largest value of a normal distribution: those of the range, else those of the hyperparameter.
fn bounds_of(range: &RangeTable<'_>, diagnostics: &mut Diagnostics) -> Option<[Value; 2]> {
    let [mut low, mut high] = kind_bounds(range.kind)?;
    for (end, bound) in [("min", &mut low), ("max", &mut high)] {
        if range.table.get(end).is_some() {
            *bound = range.end(end, diagnostics)?;
        }
    }
    if low.number() > high.number() {
        diagnostics.errors.push(range.empty());
        return None;
    }
    Some([low, high])
}

/// Floats, rounded to multiples of `q` if there is one.
fn floats(range: &RangeTable<'_>, q: Option<&TomlEntry>, of: Continuous) -> Result<Values, Diagnostic> {
    let Some(q) = q else { return Ok(Values::Continuous(of)) };
    let key = format!("{}.q", range.key);
    let step = scalars::float(&q.node, &key)?;
    if step <= 0.0 {
        return Err(range.at("q", format!("`{key}` must be above 0")));
    }
    let multiples = Values::multiples(step, of.bounds).ok_or_else(|| no_multiple(range))?;
    Ok(Values::Quantized { of, multiples: Box::new(multiples) })
}

/// Integers, rounded to multiples of `q` if there is one.
fn integers(range: &RangeTable<'_>, q: Option<&TomlEntry>, of: Continuous, [min, max]: [i64; 2]) -> Result<Values, Diagnostic> {
    let step = q.map_or(Ok(1), |q| scalars::integer(&q.node, 1, i64::MAX, &format!("{}.q", range.key)))?;
    let (first, last) = (min.div_euclid(step) + i64::from(min.rem_euclid(step) > 0), max.div_euclid(step));
    let count = u64::try_from(i128::from(last) - i128::from(first) + 1).ok().filter(|&count| count > 0);
    let multiples = Values::IntSteps { min: first * step, step, count: count.ok_or_else(|| no_multiple(range))? };
    Ok(Values::Quantized { of, multiples: Box::new(multiples) })
}

/// The error for a range without a multiple of `q`.
fn no_multiple(range: &RangeTable<'_>) -> Diagnostic {
    range.at("q", format!("`{}` has no multiple of q within its range", range.key)).label("too large").help("use a smaller q")
}

/// A normal or log-normal distribution within bounds.
fn normal(range: &RangeTable<'_>, bounds: [f64; 2], diagnostics: &mut Diagnostics) -> Option<Continuous> {
    let key = range.key;
    let missing: Vec<&str> = ["mu", "sigma"].into_iter().filter(|name| range.table.lacks(name)).collect();
    if !missing.is_empty() {
        let title = format!("the distribution of `{key}` has no `{}`", missing.join("` and no `"));
        let label = if range.shape == Some(Shape::Normal) { "normal needs mu and sigma" } else { "log_normal needs mu and sigma" };
        diagnostics.errors.push(range.whole(title).label(label));
        return None;
    }
    let mu = diagnostics.ok(scalars::float(&range.table.get("mu")?.node, &format!("{key}.mu")))?;
    let sigma = diagnostics.ok(scalars::float(&range.table.get("sigma")?.node, &format!("{key}.sigma")))?;
    if sigma <= 0.0 {
        diagnostics.errors.push(range.at("sigma", format!("`{key}.sigma` must be above 0")).label("the standard deviation"));
        return None;
    }
    let is_normal = range.shape == Some(Shape::Normal);
    let distribution = if is_normal { Distribution::Normal { mu, sigma } } else { Distribution::LogNormal { mu, sigma } };
    let drawn = Continuous::new(distribution, bounds);
    let share = drawn.probability_within_bounds();
    if share.is_nan() || share < LEAST_SHARE {
        let title = format!("the distribution of `{key}` is outside of its bounds with a probability of {:.1} %", 100.0 * (1.0 - share));
        let wrong = range.at("mu", title).label(format!("`{key}` must be {}", scalars::accepted_values(range.kind)));
        diagnostics.errors.push(if is_normal && mu < 0.0 && bounds[0] >= 0.0 {
            let value = text::exact(range_table::rounded(libm::exp(mu)));
            wrong.help(format!("if mu is a logarithm, write distribution = \"log_normal\": its median is exp(mu), here {value}"))
        } else if is_normal {
            wrong.help("move mu into the bounds, or use a smaller sigma")
        } else {
            wrong
                .help("move exp(mu) into the bounds, or use a smaller sigma")
                .note("mu and sigma are those of the natural logarithm, as in W&B: mu = -6.9 gives the median 0.001")
        });
        return None;
    }
    if share < USUAL_SHARE && range.table.get("min").is_none() && range.table.get("max").is_none() {
        diagnostics.warn(format!(
            "{:.1} % of the distribution of `{key}` is outside of the allowed values and is never drawn",
            100.0 * (1.0 - share)
        ));
    }
    Some(drawn)
}

/// The smallest and the largest value of a kind of number; an excluded bound is replaced by the next number.
pub fn kind_bounds(kind: Kind) -> Option<[Value; 2]> {
    match kind {
        Kind::Float { min, min_open, max, max_open } => {
            let (low, high) = (if min_open { min.next_up() } else { min }, if max_open { max.next_down() } else { max });
            Some([low, high].map(Value::Float))
        }
        Kind::FloatOr { min, max, .. } => Some([min, max].map(Value::Float)),
        Kind::Integer { min, max } | Kind::IntegerOr { min, max, .. } => Some([min, max].map(Value::Integer)),
        Kind::Boolean | Kind::Choice(_) | Kind::Name(..) => None,
    }
}

/// Checks that the table of a grid has no key and no distribution of sampled sweeps.
pub fn refuse_in_grid(table: &CheckedTable, shape: Option<Shape>, key: &str) -> Result<(), Diagnostic> {
    let has_normal = matches!(shape, Some(Shape::Normal | Shape::LogNormal));
    let by_shape = table.get("distribution").filter(|_| has_normal).map(|entry| (&entry.node.location, entry.node.text.clone()));
    let by_key = ["probabilities", "q", "mu", "sigma"].into_iter().find_map(|name| table.get(name));
    let Some((location, name)) = by_shape.or_else(|| by_key.map(|entry| (&entry.location, format!("`{}`", entry.key)))) else {
        return Ok(());
    };
    Err(Diagnostic::at(location, format!("{name} of `{key}` applies to sampled methods, but this sweep is a grid"))
        .label("not used by a grid")
        .help("write method = \"random\" and runs = 1000 in [sweep], or list the values of the grid"))
}
