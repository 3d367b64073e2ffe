//! The runs of a sweep as columns of JSON.

use serde_json::{Value, json};

use super::contents::Report;
use crate::model::Parameter;
use crate::space::spread;
use crate::sweep::setting_columns;
use crate::table::{Cells, RunTable, Table as _};

/// Up to this number of runs, all of them are embedded.
const ALL_UP_TO: usize = 10_000;
/// Of more runs, these numbers of best runs and of evenly spaced runs.
const BEST: usize = 2_000;
const SAMPLE: u64 = 3_000;

/// Columns beside those of hyperparameters.
const RESULTS: [&str; 14] = [
    "run",
    "problem",
    "weight",
    "bias",
    "train_loss",
    "test_loss",
    "mean_loss",
    "mean_excess",
    "drift_share",
    "valley_share",
    "epochs_to_reach",
    "cycle_period",
    "diverged_at",
    "verdict",
];

/// The embedded runs: `{ count, of, columns: [{ name, kind, values }] }`.
pub fn rows(report: &Report<'_>) -> Value {
    let all = report.runs.run.len();
    let selected = if all <= ALL_UP_TO { (0..all).collect() } else { best_and_sample(report.runs) };
    let mut table = report.runs.select(&selected);
    table.settings = setting_columns(report.experiment, report.problems, &table);
    let is_kept = |name: &str| RESULTS.contains(&name) || Parameter::all().any(|parameter| parameter.key() == name);
    let columns: Vec<Value> = table
        .columns()
        .into_iter()
        .filter(|(name, _)| is_kept(name))
        .map(|(name, cells)| {
            let kind = if matches!(cells, Cells::OptionalWord(_) | Cells::OptionalBool(_) | Cells::Verdict(_)) { "text" } else { "number" };
            json!({ "name": name, "kind": kind, "values": values(cells) })
        })
        .collect();
    json!({ "count": table.run.len(), "of": report.manifest.counts.runs, "columns": columns })
}

/// The best runs and a sample, ascending.
fn best_and_sample(table: &RunTable) -> Vec<usize> {
    let cost = |row: usize| {
        let value = if table.mean_excess[row].is_nan() { table.mean_loss[row] } else { table.mean_excess[row] };
        if value.is_nan() { f32::INFINITY } else { value }
    };
    let mut rows: Vec<usize> = (0..table.run.len()).collect();
    rows.select_nth_unstable_by(BEST, |&a, &b| cost(a).total_cmp(&cost(b)).then(a.cmp(&b)));
    rows.truncate(BEST);
    rows.extend(spread(table.run.len() as u64, SAMPLE).map(|row| row as usize));
    rows.sort_unstable();
    rows.dedup();
    rows
}

/// The cells of a column; numbers that are not finite are null.
fn values(cells: Cells<'_>) -> Value {
    match cells {
        Cells::U64(cells) => json!(cells),
        Cells::U32(cells) => json!(cells),
        Cells::F32(cells) => cells.iter().map(|&value| shortest(value)).collect(),
        Cells::OptionalU64(cells) => json!(cells),
        Cells::OptionalU32(cells) => json!(cells),
        Cells::OptionalI64(cells) => json!(cells),
        Cells::OptionalF64(cells) => json!(cells),
        Cells::OptionalBool(cells) => cells.iter().map(|cell| cell.map(|flag| flag.to_string())).collect(),
        Cells::OptionalWord(cells) => json!(cells),
        Cells::Verdict(cells) => cells.iter().map(|verdict| verdict.name()).collect(),
    }
}

/// A float32 in the fewest decimals that give it, instead of the digits of its float64.
fn shortest(value: f32) -> Value {
    if value.is_finite() { value.to_string().parse::<f64>().map_or(Value::Null, |value| json!(value)) } else { Value::Null }
}
