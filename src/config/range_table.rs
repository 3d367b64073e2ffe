//! The table of a range in `[sweep.parameters]`: its ends and steps, and the values of a grid.

use super::diagnostics::{CheckedTable, Diagnostics};
use super::error::Diagnostic;
use super::scalars;
use super::toml_tree::{TomlNode, TomlValue};
use super::values;
use crate::model::{Kind, Value};
use crate::space::Values;
use crate::text;

/// The value of `distribution`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Uniform,
    IntUniform,
    LogUniform,
    Normal,
    LogNormal,
    Categorical,
}

/// A range table, while its values are computed.
pub struct RangeTable<'a> {
    pub node: &'a TomlNode,
    pub table: &'a CheckedTable,
    pub shape: Option<Shape>,
    pub kind: Kind,
    pub key: &'a str,
}

impl RangeTable<'_> {
    /// The values of a range in a grid.
    pub fn grid(&self, diagnostics: &mut Diagnostics) -> Option<Values> {
        match self.ends(diagnostics)? {
            [Value::Integer(low), Value::Integer(high)] => diagnostics.ok(self.integers(low, high)),
            [low, high] => diagnostics.ok(self.floats(low.number()?, high.number()?)),
        }
    }

    /// The smallest and the largest value: two numbers of the type of the hyperparameter, in order.
    pub fn ends(&self, diagnostics: &mut Diagnostics) -> Option<[Value; 2]> {
        let &Self { node, table, key, .. } = self;
        let missing: Vec<&str> = ["min", "max"].into_iter().filter(|end| table.lacks(end)).collect();
        if !missing.is_empty() {
            let title = format!("the range of `{key}` has no `{}`", missing.join("` and no `"));
            diagnostics.errors.push(Diagnostic::at(&node.location, title).label("a range needs min and max"));
            return None;
        }
        let (min, max) = (&table.get("min")?.node, &table.get("max")?.node);
        if self.shape == Some(Shape::LogUniform) {
            diagnostics.ok(positive(min, max, table, key))?;
        }
        let [low, high] = [self.end("min", diagnostics), self.end("max", diagnostics)];
        let (low, high) = (low?, high?);
        if low.number() > high.number() {
            diagnostics.errors.push(self.empty());
            return None;
        }
        Some([low, high])
    }

    /// One end of the range, which is present.
    pub fn end(&self, end: &str, diagnostics: &mut Diagnostics) -> Option<Value> {
        let node = &self.table.get(end)?.node;
        let value = diagnostics.ok(values::value(node, self.kind, &format!("{}.{end}", self.key)))?;
        if value.number().is_none() {
            let diagnostic = Diagnostic::at(&node.location, format!("a bound of the range of `{}` is the word {}", self.key, node.text));
            diagnostics.errors.push(diagnostic.label("must be a number").help("write a list instead"));
            return None;
        }
        Some(value)
    }

    /// The values of a range of floats.
    fn floats(&self, min: f64, max: f64) -> Result<Values, Diagnostic> {
        self.refuse_int_uniform()?;
        let log = self.shape == Some(Shape::LogUniform);
        match (self.count(min == max)?, self.step()) {
            (Some(count), None) if log => Ok(Values::log_uniform(min, max, count)),
            (Some(count), None) => Ok(Values::Uniform { min, max, count }),
            (None, Some(_)) if log => Err(self.step_in_log("use count instead")),
            (None, Some(step)) => self.float_steps(min, max, step),
            (None, None) => Err(self
                .whole(format!("the range of `{}` needs `count` or `step` in a grid", self.key))
                .label("the number of values is missing")
                .help(if log {
                    "add count = 10 for ten logarithmically spaced values, including min and max"
                } else {
                    "add count = 10 for ten equally spaced values, including min and max; for logarithmic spacing, also distribution = \"log_uniform\""
                })),
            (Some(_), Some(_)) => Err(self.both()),
        }
    }

    /// The values of a range of integers.
    fn integers(&self, min: i64, max: i64) -> Result<Values, Diagnostic> {
        let log = self.shape == Some(Shape::LogUniform);
        match (self.count(min == max)?, self.step()) {
            (Some(count), None) if log => Ok(Values::IntLogUniform { min, max, count }),
            (Some(count), None) => Ok(Values::IntUniform { min, max, count }),
            (None, Some(_)) if log => Err(self.step_in_log("use count instead")),
            (None, None) if log => Err(self
                .whole(format!("the logarithmic range of `{}` needs `count` in a grid", self.key))
                .label("the number of values is missing")
                .help("add count = 10 for ten values, including min and max")),
            (None, step) => self.integer_steps(min, max, step),
            (Some(_), Some(_)) => Err(self.both()),
        }
    }

    /// The error for floats with the distribution of integers.
    pub fn refuse_int_uniform(&self) -> Result<(), Diagnostic> {
        if self.shape != Some(Shape::IntUniform) {
            return Ok(());
        }
        Err(self
            .at("distribution", format!("`{}` is a float, but int_uniform needs integers", self.key))
            .help("remove `distribution` and write step = 1"))
    }

    /// `min`, `min + step`, .. up to `max`.
    pub fn float_steps(&self, min: f64, max: f64, step: &TomlNode) -> Result<Values, Diagnostic> {
        let step = scalars::float(step, &format!("{}.step", self.key))?;
        if step > 0.0 { Ok(Values::steps(min, max, step)) } else { Err(self.at("step", format!("`{}.step` must be above 0", self.key))) }
    }

    /// `min`, `min + step`, .. up to `max`; the step is 1 if there is none.
    pub fn integer_steps(&self, min: i64, max: i64, step: Option<&TomlNode>) -> Result<Values, Diagnostic> {
        let step = step.map_or(Ok(1), |step| scalars::integer(step, 1, i64::MAX, &format!("{}.step", self.key)))?;
        let intervals = (i128::from(max) - i128::from(min)) / i128::from(step);
        Ok(Values::IntSteps { min, step, count: intervals as u64 + 1 })
    }

    fn count(&self, one_point: bool) -> Result<Option<u64>, Diagnostic> {
        let Some(entry) = self.table.get("count") else { return Ok(None) };
        let count = scalars::integer(&entry.node, 1, i64::MAX, &format!("{}.count", self.key))?;
        if count == 1 && !one_point {
            return Err(self
                .at("count", format!("`{}` has count = 1, but min and max differ", self.key))
                .label("must be at least 2, because min and max are included")
                .help("use count = 2 or more, or set min = max"));
        }
        Ok(Some(count as u64))
    }

    /// The value of `step`.
    pub fn step(&self) -> Option<&TomlNode> {
        self.table.get("step").map(|entry| &entry.node)
    }

    /// An error at the whole range.
    pub fn whole(&self, title: String) -> Diagnostic {
        Diagnostic::at(&self.node.location, title)
    }

    /// An error at a key of the range.
    pub fn at(&self, key: &str, title: String) -> Diagnostic {
        Diagnostic::at(self.table.get(key).map_or(&self.node.location, |entry| &entry.node.location), title)
    }

    pub fn empty(&self) -> Diagnostic {
        self.at("min", format!("the range of `{}` is empty: min is above max", self.key)).label("above max").help("swap min and max")
    }

    fn both(&self) -> Diagnostic {
        self.at("step", format!("the range of `{}` has both `count` and `step`", self.key))
            .label("remove one of them")
            .help("write either `count` or `step`")
    }

    pub fn step_in_log(&self, remedy: &'static str) -> Diagnostic {
        self.at("step", format!("the logarithmic range of `{}` cannot have a `step`", self.key))
            .label("its values are logarithmically spaced")
            .help(remedy)
    }
}

/// Checks that the bounds of a logarithmic range are positive. W&B's `log_uniform` takes exponents: the message explains the difference.
fn positive(min: &TomlNode, max: &TomlNode, table: &CheckedTable, key: &str) -> Result<(), Diagnostic> {
    let value = |node: &TomlNode| match node.value {
        TomlValue::Float(value) => Some(value),
        TomlValue::Integer(value) => value.map(|value| value as f64),
        _ => None,
    };
    let (Some(low), Some(high)) = (value(min), value(max)) else { return Ok(()) };
    let Some((end, node)) =
        [("min", low, min), ("max", high, max)].into_iter().find(|(_, value, _)| *value <= 0.0).map(|(end, _, node)| (end, node))
    else {
        return Ok(());
    };
    let diagnostic = Diagnostic::at(&node.location, format!("the logarithmic range of `{key}` needs min > 0, but {end} = {}", node.text))
        .label("must be above 0");
    let exponents = low < 0.0 && low < high && high < 20.0;
    let wandb =
        table.get("distribution").is_some_and(|entry| matches!(&entry.node.value, TomlValue::String(name) if name == "log_uniform"));
    Err(if exponents && wandb {
        let bounds = [low, high].map(|end| text::exact(rounded(libm::exp(end))));
        diagnostic.help(format!("if these are exponents, write the values: min = {}, max = {}", bounds[0], bounds[1])).note(
            "in W&B, the bounds of log_uniform are exponents of e; here they are the values themselves, as in W&B's log_uniform_values",
        )
    } else {
        diagnostic.help("use a small positive min such as 1e-6, or distribution = \"uniform\"")
    })
}

/// Rounds a number to three significant digits for a suggested value.
pub fn rounded(value: f64) -> f64 {
    format!("{value:.2e}").parse().unwrap_or(value)
}
