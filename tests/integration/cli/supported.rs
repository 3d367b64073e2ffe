//! docs/supported.md: every name, default and bound from the tables of `model`, with the worst deviation from Keras in the golden cases.
//!
//! The CPU computes the same bits on every machine, so the whole page is compared. `GRADSWEEP_WRITE_DOCS=1` writes it.

use std::fmt::Write as _;

use gradsweep::internals::{accepted_values, format_value};
use gradsweep::model::activation::ACTIVATION_ALIASES;
use gradsweep::model::hyperparameters::TABLE;
use gradsweep::model::initializer::INITIALIZERS;
use gradsweep::model::loss::LOSS_ALIASES;
use gradsweep::model::optimizer::OPTIONS;
use gradsweep::model::{Activation, Loss, Optimizer, Parameter, Schedule, Value};
use serde_json::Value as Json;

use crate::common::goldens::RELATIVE;
use crate::common::program::root;

/// A golden case, and the worst deviation in it.
type Measured<'a> = (&'a Json, f64);

/// Compares the page, or writes it.
pub fn check(measured: &[Measured<'_>]) {
    let (path, page) = (root().join("docs/supported.md"), page(measured));
    if std::env::var_os("GRADSWEEP_WRITE_DOCS").is_some() {
        std::fs::write(path, page).unwrap();
    } else {
        let there = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            there == page,
            "docs/supported.md differs from the measured page; run the test with GRADSWEEP_WRITE_DOCS=1 to write:\n{page}"
        );
    }
}

fn page(measured: &[Measured<'_>]) -> String {
    let mut page = format!(
        "# Supported models and optimizers

The program reads every name, default and bound below from the same tables, and a test compares this page with them. A deviation is the
largest difference from Keras' float32 weight or bias after any batch of any golden case with that rule, relative to the largest
magnitude of the parameter in the case. It is measured on the CPU, which computes the same bits at every SIMD level and thus on every
machine. On a GPU the same {} cases stay within {RELATIVE:e}, except where a rounding error decides on which side of a kink an
input falls; `gradsweep verify` measures the functions of your GPU. Aliases are Keras' other names.

",
        measured.len()
    );
    optimizers(&mut page, measured);
    options(&mut page, measured);
    schedules(&mut page, measured);
    neurons(&mut page, measured);
    parameters(&mut page);
    page
}

/// `12 | 3.1e-7`: cases, and the worst of them.
fn worst(measured: &[Measured<'_>], of: impl Fn(&Json) -> bool) -> String {
    let own: Vec<f64> = measured.iter().filter(|(case, _)| of(case)).map(|(_, deviation)| *deviation).collect();
    if own.is_empty() { "0 | -".into() } else { format!("{} | {:.1e}", own.len(), own.iter().fold(0.0_f64, |worst, own| worst.max(*own))) }
}

fn head(page: &mut String, title: &str, columns: &[&str]) {
    let _ = writeln!(page, "## {title}\n\n| {} |\n|{}", columns.join(" | "), "---|".repeat(columns.len()));
}

fn code(words: &[impl AsRef<str>]) -> String {
    words.iter().map(|word| format!("`{}`", word.as_ref())).collect::<Vec<_>>().join(", ")
}

fn with_default(parameter: Parameter, default: Option<Value>) -> String {
    let name = parameter.facts().name;
    default.map_or_else(|| name.to_owned(), |default| format!("{name} = {}", format_value(default)))
}

fn optimizers(page: &mut String, measured: &[Measured<'_>]) {
    head(page, "Optimizers", &["optimizer", "arguments and Keras' defaults", "cases", "worst deviation"]);
    for optimizer in Optimizer::ALL {
        let arguments: Vec<String> = optimizer.arguments().iter().map(|&(own, default)| with_default(own, Some(default))).collect();
        let own = worst(measured, |case| case["optimizer"]["name"] == optimizer.name());
        let _ = writeln!(page, "| `{}` | {} | {own} |", optimizer.name(), code(&arguments));
    }
}

fn options(page: &mut String, measured: &[Measured<'_>]) {
    page.push_str(
        "\nEvery optimizer also accepts the options of Keras' base class. Default `none` is Keras' `None`: the option is off.\n\n",
    );
    head(page, "Options", &["option", "default", "cases", "worst deviation"]);
    for (option, default) in OPTIONS {
        let name = option.facts().name;
        let default = default.map_or_else(|| "none".into(), |value| format!("`{}`", format_value(value)));
        let own = worst(measured, |case| case["group"] == "option" && case["optimizer"].get(name).is_some());
        let _ = writeln!(page, "| `{name}` | {default} | {own} |");
    }
    page.push('\n');
}

fn schedules(page: &mut String, measured: &[Measured<'_>]) {
    head(page, "Schedules", &["`[training.schedule] name`", "fields and Keras' defaults", "cases", "worst deviation"]);
    for schedule in Schedule::ALL.into_iter().filter(|schedule| *schedule != Schedule::None) {
        let fields: Vec<String> = schedule.arguments().iter().map(|&(own, default)| with_default(own, default)).collect();
        let fields = if schedule == Schedule::PiecewiseConstantDecay { code(&["boundaries", "values"]) } else { code(&fields) };
        let own = worst(measured, |case| case["schedule"]["name"] == schedule.name());
        let _ = writeln!(page, "| `{}` | {fields} | {own} |", schedule.name());
    }
    page.push_str(
        "\nA schedule starts at the run's `learning_rate`, except `piecewise_constant_decay`, which has its own rates in `values`.\n\n",
    );
}

fn neurons(page: &mut String, measured: &[Measured<'_>]) {
    let aliases = |aliases: &[(&'static str, &'static str)], name: &str| {
        code(&aliases.iter().filter(|(_, own)| *own == name).map(|(alias, _)| *alias).collect::<Vec<_>>())
    };
    head(page, "Activations", &["activation", "aliases", "cases", "worst deviation"]);
    for name in Activation::NAMES {
        let own = worst(measured, |case| case["activation"] == name);
        let _ = writeln!(page, "| `{name}` | {} | {own} |", aliases(ACTIVATION_ALIASES, name));
    }
    page.push('\n');
    head(page, "Losses", &["loss", "aliases", "labels", "cases", "worst deviation"]);
    for loss in Loss::ALL {
        let own = worst(measured, |case| case["loss"] == loss.name());
        let _ = writeln!(page, "| `{}` | {} | {} | {own} |", loss.name(), aliases(LOSS_ALIASES, loss.name()), loss.labels().rule());
    }
    let _ = writeln!(
        page,
        "\n`initial_weight` and `initial_bias` are a number or one of {}; random initializers draw from the run's seed.\n",
        code(INITIALIZERS)
    );
}

fn parameters(page: &mut String) {
    head(page, "Hyperparameters", &["key in [sweep.parameters]", "allowed", "default", "meaning"]);
    for line in TABLE {
        let default = line.default.map_or_else(String::new, |value| format!("`{}`", format_value(value)));
        let _ = writeln!(page, "| `{}` | {} | {default} | {} |", line.parameter.key(), accepted_values(line.kind), line.meaning);
    }
    page.push_str("\nArguments of optimizers and fields of schedules have their defaults in the tables above.\n");
}
