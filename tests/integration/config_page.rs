//! docs/config.md and the JSON Schema: every key of a config, from the tables of `config` and `model`. `GRADSWEEP_WRITE_DOCS=1` writes the page.

use std::fmt::Write as _;

use gradsweep::internals::keys::{self, KEYS, TableKind};
use gradsweep::internals::{accepted_values, format_value};
use gradsweep::model::hyperparameters::TABLE;
use gradsweep::model::{Optimizer, Parameter};
use serde_json::Value as Json;

use crate::common::program::{root, succeeds};

fn schema() -> Json {
    serde_json::from_str(&succeeds(root(), &["schema"])).unwrap()
}

#[test]
fn the_page_lists_every_key() {
    let (path, page) = (root().join("docs/config.md"), page());
    if std::env::var_os("GRADSWEEP_WRITE_DOCS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    assert!(found == page, "docs/config.md is out of date; run the test with GRADSWEEP_WRITE_DOCS=1 to write it");
}

fn page() -> String {
    let mut page = String::from(
        "# Config

A config is a TOML file. The program reads every key, type, default and bound below from the tables that this page is generated from, and a test compares
the page with them. `gradsweep init` writes a commented example; `gradsweep run CONFIG --dry-run` prints a config with its defaults.

`gradsweep schema` prints the same as a JSON Schema, with which editors complete keys and mark mistakes. With the extension Even Better TOML of VS Code, or with
another editor that uses Taplo, write the schema to a file and name it in the first line of a config:

    gradsweep schema > gradsweep.schema.json

```toml
#:schema ./gradsweep.schema.json
```

The schema checks each value alone. Rules that involve several keys, and the columns of the data file, are checked by `--dry-run`.

",
    );
    for (kind, own) in KEYS {
        let hyperparameters: Vec<_> = TABLE.iter().filter(|line| keys::table_kind(line.table) == *kind).collect();
        let title = if *kind == TableKind::Top { "Top of the config" } else { kind.name() };
        let _ = writeln!(page, "## {}\n", title[..1].to_uppercase() + &title[1..]);
        match kind {
            TableKind::Parameters => {
                page.push_str(
                    "Every hyperparameter of `[data]`, `[model]`, `[training]`, `[training.schedule]` and `rng`, as a list or as a range of values. A name that two \
                     tables have is written with its table and in quotes: `\"data.seed\"`. [supported.md](supported.md) lists the names.\n\n",
                );
                continue;
            }
            TableKind::OptimizerTable => page.push_str(
                "In `[training]` an optimizer with arguments; in `[sweep.parameters]` an argument may also be a list or a range. [supported.md](supported.md) lists \
                 the arguments of each optimizer with Keras' defaults.\n\n",
            ),
            _ => {}
        }
        page.push_str("| key | values | default | meaning |\n|---|---|---|---|\n");
        for key in *own {
            let _ = writeln!(page, "| `{}` | {} | {} | {} |", key.name, keys::in_words(&key.accepts), key.default, key.meaning);
        }
        for line in hyperparameters {
            let default = line.default.map_or_else(|| depends(line.parameter).into(), |value| format!("`{}`", format_value(value)));
            let _ = writeln!(page, "| `{}` | {} | {default} | {} |", line.name, accepted_values(line.kind), line.meaning);
        }
        page.push('\n');
    }
    page.truncate(page.trim_end().len());
    page + "\n"
}

/// The default of a hyperparameter that the table of hyperparameters leaves open.
fn depends(parameter: Parameter) -> &'static str {
    if Optimizer::is_argument_of_any(parameter) { "that of the optimizer" } else { "that of the schedule" }
}

/// The schema of a key of a table, by the path of keys.
fn at<'a>(schema: &'a Json, path: &[&str]) -> &'a Json {
    path.iter().fold(schema, |own, key| &own["properties"][key])
}

fn names(table: &Json) -> Vec<String> {
    let mut names: Vec<String> = table["properties"].as_object().unwrap().keys().cloned().collect();
    names.sort_unstable();
    names
}

#[test]
fn the_schema_has_the_keys_of_each_table_and_no_other() {
    let schema = schema();
    let tables: [(TableKind, &[&str]); 8] = [
        (TableKind::Top, &[]),
        (TableKind::Data, &["data"]),
        (TableKind::Model, &["model"]),
        (TableKind::Training, &["training"]),
        (TableKind::Schedule, &["training", "schedule"]),
        (TableKind::Sweep, &["sweep"]),
        (TableKind::History, &["history"]),
        (TableKind::SurfaceAxis, &["surface", "weight"]),
    ];
    for (kind, path) in tables {
        let table = at(&schema, path);
        let mut known: Vec<String> = keys::known(kind, None).into_iter().map(str::to_owned).collect();
        known.sort_unstable();
        assert_eq!(names(table), known, "{kind:?}");
        assert_eq!(table["additionalProperties"], Json::Bool(false), "{kind:?}");
    }
}

/// The bounds are those of Keras' arguments, written here by hand.
#[test]
fn the_schema_has_types_bounds_and_defaults() {
    let schema = schema();
    let beta = at(&schema, &["training", "beta_1"]);
    assert_eq!(
        (beta["type"].as_str(), beta["minimum"].as_f64(), beta["exclusiveMaximum"].as_f64()),
        (Some("number"), Some(0.0), Some(1.0))
    );
    let epochs = at(&schema, &["training", "epochs"]);
    assert_eq!((epochs["type"].as_str(), epochs["minimum"].as_i64(), epochs["default"].as_i64()), (Some("integer"), Some(1), Some(1)));
    let losses = at(&schema, &["model", "loss"])["enum"].as_array().unwrap();
    assert!(losses.contains(&"mse".into()) && losses.contains(&"mean_squared_error".into()));
    assert_eq!(at(&schema, &["data"])["required"], serde_json::json!(["path", "feature", "target"]));
    for name in ["seed", "training.seed", "data.seed"] {
        assert_eq!(at(&schema, &["sweep", "parameters", name]).is_null(), name == "seed", "{name}");
    }
}

/// A key whose default is given as TOML accepts it.
#[test]
fn defaults_of_keys_are_among_their_words() {
    let words = KEYS.iter().flat_map(|(_, own)| own.iter()).filter(|key| key.default.starts_with('"'));
    let mut count = 0;
    for key in words {
        let text = keys::in_words(&key.accepts);
        assert!(text == "a text" || text.contains(key.default), "{}: {} is none of {text}", key.name, key.default);
        count += 1;
    }
    assert!(count >= 5);
}
