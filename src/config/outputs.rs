//! Reads `[history]` and `[surface]`: the outputs in addition to the final parameters of each run.

use super::diagnostics::{CheckedTable, Diagnostics};
use super::error::Diagnostic;
use super::experiment::{HistoryRuns, HistorySpec, SurfaceAxis, SurfaceRows, SurfaceSpec};
use super::keys::{CELLS_MAX, TableKind};
use super::toml_tree::{TomlEntry, TomlNode, TomlValue};
use super::{initializers, scalars};

pub fn history(section: &CheckedTable, diagnostics: &mut Diagnostics) -> Option<HistorySpec> {
    let every = match section.get("every") {
        Some(entry) => diagnostics.ok(scalars::integer(&entry.node, 0, i64::MAX, "history.every")).map(|every| every as u64),
        None => Some(1),
    };
    let runs = match section.get("runs") {
        Some(entry) => history_runs(&entry.node, diagnostics).map(Some),
        None => Some(None),
    };
    let epochs = match section.get("epochs") {
        Some(entry) => diagnostics.ok(scalars::boolean(&entry.node, "history.epochs")).map(Some),
        None => Some(None),
    };
    Some(HistorySpec { every: every?, runs: runs?, epochs: epochs? })
}

fn history_runs(node: &TomlNode, diagnostics: &mut Diagnostics) -> Option<HistoryRuns> {
    let wrong = || {
        Diagnostic::at(&node.location, format!("`history.runs` cannot be {}", node.text))
            .label("must be \"all\", { best = 100 }, { sample = 1000 } or a list of run numbers")
    };
    match &node.value {
        TomlValue::String(text) if text == "all" => Some(HistoryRuns::All),
        TomlValue::Table(table) if table.0.len() == 1 => {
            let checked = diagnostics.inner_table(node, TableKind::HistoryRuns)?;
            let entry = checked.get("best").or_else(|| checked.get("sample"))?;
            let count = diagnostics.ok(scalars::integer(&entry.node, 1, i64::MAX, &format!("history.runs.{}", entry.key)))? as u64;
            Some(if entry.key == "best" { HistoryRuns::Best(count) } else { HistoryRuns::Sample(count) })
        }
        TomlValue::List(items) if !items.is_empty() => {
            let read = |item: &TomlNode| scalars::integer(item, 0, i64::MAX, "history.runs").map(|run| run as u64);
            diagnostics.ok(items.iter().map(read).collect::<Result<_, _>>()).map(HistoryRuns::List)
        }
        TomlValue::List(_) => {
            diagnostics.errors.push(wrong().help("to record no history, write every = 0"));
            None
        }
        _ => {
            diagnostics.errors.push(wrong());
            None
        }
    }
}

pub fn surface(section: &CheckedTable, diagnostics: &mut Diagnostics) -> Option<SurfaceSpec> {
    let [weight, bias] = ["weight", "bias"].map(|key| match section.get(key) {
        Some(entry) => surface_axis(entry, diagnostics).map(Some),
        None => Some(None),
    });
    let rows = match section.get("rows").map(|entry| &entry.node) {
        None => Some(SurfaceRows::Train),
        Some(node) => match &node.value {
            TomlValue::String(text) if text == "train" => Some(SurfaceRows::Train),
            TomlValue::String(text) if text == "test" => Some(SurfaceRows::Test),
            TomlValue::String(text) if text == "all" => Some(SurfaceRows::All),
            _ => {
                let wrong = Diagnostic::at(&node.location, format!("`surface.rows` cannot be {}", node.text));
                diagnostics.errors.push(wrong.label("must be \"train\", \"test\" or \"all\""));
                None
            }
        },
    };
    Some(SurfaceSpec { requested: section.header.is_some(), weight: weight?, bias: bias?, rows: rows? })
}

fn surface_axis(entry: &TomlEntry, diagnostics: &mut Diagnostics) -> Option<SurfaceAxis> {
    let key = format!("surface.{}", entry.key);
    let checked = diagnostics.inner_table(&entry.node, TableKind::SurfaceAxis)?;
    let missing: Vec<&str> = ["min", "max", "count"].into_iter().filter(|key| checked.lacks(key)).collect();
    if !missing.is_empty() {
        let diagnostic = Diagnostic::at(&entry.node.location, format!("`{key}` has no `{}`", missing.join("` and no `")));
        diagnostics.errors.push(diagnostic.label("needs min, max and count").help("leave it out to fit the axis to the runs"));
        return None;
    }
    let [min, max] = ["min", "max"].map(|end| diagnostics.ok(initializers::bounded(&checked.get(end)?.node, &format!("{key}.{end}"))));
    let count = diagnostics.ok(scalars::integer(&checked.get("count")?.node, 2, CELLS_MAX, &format!("{key}.count")))?;
    let (min, max) = (min?, max?);
    if min >= max {
        let node = &checked.get("min")?.node;
        diagnostics.errors.push(Diagnostic::at(&node.location, format!("`{key}` is empty: min must be below max")).label("not below max"));
        return None;
    }
    Some(SurfaceAxis { min, max, count: count as u32 })
}
