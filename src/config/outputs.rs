//! [history] and [surface]: what is kept besides the end of each run.

use super::experiment::{HistoryRuns, HistorySpec, SurfaceAxis, SurfaceRows, SurfaceSpec};
use super::findings::{Checked, Findings};
use super::keys::Section;
use super::mistake::Mistake;
use super::raw::{Entry, Node, Raw};
use super::values;

/// The largest number of cells along an axis of a surface: more than any picture has pixels.
const CELLS_MAX: i64 = 10_000;

pub fn history(section: &Checked, findings: &mut Findings) -> Option<HistorySpec> {
    let every = match section.get("every") {
        Some(entry) => findings.take(values::integer(&entry.node, 0, i64::MAX, "history.every")).map(|every| every as u64),
        None => Some(1),
    };
    let runs = match section.get("runs") {
        Some(entry) => history_runs(&entry.node, findings).map(Some),
        None => Some(None),
    };
    let epochs = match section.get("epochs") {
        Some(entry) => findings.take(values::boolean(&entry.node, "history.epochs")).map(Some),
        None => Some(None),
    };
    Some(HistorySpec { every: every?, runs: runs?, epochs: epochs? })
}

fn history_runs(node: &Node, findings: &mut Findings) -> Option<HistoryRuns> {
    let wrong = || {
        Mistake::at(&node.place, format!("`history.runs` cannot be {}", node.text))
            .label("must be \"all\", { best = 100 }, { sample = 1000 } or a list of run numbers")
    };
    match &node.value {
        Raw::Text(text) if text == "all" => Some(HistoryRuns::All),
        Raw::Table(table) if table.0.len() == 1 => {
            let checked = findings.checked(node, Section::HistoryRuns)?;
            let entry = checked.get("best").or_else(|| checked.get("sample"))?;
            let count = findings.take(values::integer(&entry.node, 1, i64::MAX, &format!("history.runs.{}", entry.key)))? as u64;
            Some(if entry.key == "best" { HistoryRuns::Best(count) } else { HistoryRuns::Sample(count) })
        }
        Raw::List(items) if !items.is_empty() => {
            let read = |item: &Node| values::integer(item, 0, i64::MAX, "history.runs").map(|run| run as u64);
            findings.take(items.iter().map(read).collect::<Result<_, _>>()).map(HistoryRuns::List)
        }
        Raw::List(_) => {
            findings.mistakes.push(wrong().help("to record nothing write every = 0"));
            None
        }
        _ => {
            findings.mistakes.push(wrong());
            None
        }
    }
}

pub fn surface(section: &Checked, findings: &mut Findings) -> Option<SurfaceSpec> {
    let [weight, bias] = ["weight", "bias"].map(|key| match section.get(key) {
        Some(entry) => surface_axis(entry, findings).map(Some),
        None => Some(None),
    });
    let rows = match section.get("rows").map(|entry| &entry.node) {
        None => Some(SurfaceRows::Train),
        Some(node) => match &node.value {
            Raw::Text(text) if text == "train" => Some(SurfaceRows::Train),
            Raw::Text(text) if text == "test" => Some(SurfaceRows::Test),
            Raw::Text(text) if text == "all" => Some(SurfaceRows::All),
            _ => {
                let wrong = Mistake::at(&node.place, format!("`surface.rows` cannot be {}", node.text));
                findings.mistakes.push(wrong.label("must be \"train\", \"test\" or \"all\""));
                None
            }
        },
    };
    Some(SurfaceSpec { asked: section.header.is_some(), weight: weight?, bias: bias?, rows: rows? })
}

fn surface_axis(entry: &Entry, findings: &mut Findings) -> Option<SurfaceAxis> {
    let key = format!("surface.{}", entry.key);
    let checked = findings.checked(&entry.node, Section::SurfaceAxis)?;
    let missing: Vec<&str> = ["min", "max", "count"].into_iter().filter(|key| checked.misses(key)).collect();
    if !missing.is_empty() {
        let mistake = Mistake::at(&entry.node.place, format!("`{key}` has no `{}`", missing.join("` and no `")));
        findings.mistakes.push(mistake.label("needs min, max and count").help("to have it fitted, leave it out"));
        return None;
    }
    let [min, max] = ["min", "max"].map(|end| findings.take(values::float(&checked.get(end)?.node, &format!("{key}.{end}"))));
    let count = findings.take(values::integer(&checked.get("count")?.node, 2, CELLS_MAX, &format!("{key}.count")))?;
    let (min, max) = (min?, max?);
    if min >= max {
        let node = &checked.get("min")?.node;
        findings.mistakes.push(Mistake::at(&node.place, format!("`{key}` is empty: min must be below max")).label("not below max"));
        return None;
    }
    Some(SurfaceAxis { min, max, count: count as u32 })
}
