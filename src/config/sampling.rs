//! Reads `[sweep]`: the method, and the number of runs and the seed of a sampled sweep.

use super::diagnostics::{CheckedTable, Diagnostics};
use super::error::Diagnostic;
use super::keys;
use super::scalars;
use crate::space::{SOBOL_POINTS, SamplingMethod};
use crate::text;

/// The method of a sampled sweep, its number of runs, and its seed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SamplingSpec {
    pub method: SamplingMethod,
    pub runs: u64,
    pub seed: u32,
}

/// The sampling of a sweep; `None` for a grid. After an error the result has a number of runs that is not used.
pub fn read(sweep: &CheckedTable, diagnostics: &mut Diagnostics) -> Option<SamplingSpec> {
    let Some(method) = method(sweep, diagnostics) else {
        refuse_in_grid(sweep, diagnostics);
        return None;
    };
    let seed = sweep.get("seed").map(|entry| scalars::integer(&entry.node, 0, i64::from(u32::MAX), "sweep.seed"));
    let seed = seed.and_then(|seed| diagnostics.ok(seed)).unwrap_or(0) as u32;
    let runs = runs(sweep, method, diagnostics).unwrap_or(1);
    Some(SamplingSpec { method, runs, seed })
}

/// The number of runs; `None` after an error.
fn runs(sweep: &CheckedTable, method: SamplingMethod, diagnostics: &mut Diagnostics) -> Option<u64> {
    let Some(entry) = sweep.get("runs") else {
        if sweep.lacks("runs") {
            let title = format!("sweep.method \"{}\" needs `runs`, the number of runs", method.name());
            let diagnostic = match sweep.get("method") {
                Some(entry) => Diagnostic::at(&entry.node.location, title),
                None => Diagnostic::whole(title),
            };
            diagnostics.errors.push(diagnostic.label("the number of runs is missing").help("write runs = 1000 in [sweep]"));
        }
        return None;
    };
    let runs = diagnostics.ok(scalars::integer(&entry.node, 1, i64::MAX, "sweep.runs"))? as u64;
    if method == SamplingMethod::Sobol && runs > SOBOL_POINTS {
        let title = format!("sobol has at most {} runs", text::grouped(SOBOL_POINTS));
        diagnostics.errors.push(
            Diagnostic::at(&entry.node.location, title)
                .label("too many runs")
                .help("use method = \"random\", which has no such limit")
                .note("the index of a Sobol point has 32 bits"),
        );
        return None;
    }
    Some(runs)
}

/// The method of a sampled sweep; `None` for a grid, and after an error.
fn method(sweep: &CheckedTable, diagnostics: &mut Diagnostics) -> Option<SamplingMethod> {
    let entry = sweep.get("method")?;
    let name = diagnostics.ok(scalars::string(&entry.node, "sweep.method"))?;
    if let Some((_, method)) = SamplingMethod::ALL.into_iter().find(|(known, _)| *known == name) {
        return Some(method);
    }
    if name != "grid" {
        let alias = if matches!(name.as_str(), "lhs" | "latin" | "lhc") { Some("latin_hypercube") } else { None };
        let diagnostic =
            Diagnostic::at(&entry.node.location, format!("there is no sweep.method {}", entry.node.text)).label("no such method");
        let diagnostic = match alias.or_else(|| keys::nearest(&name, keys::METHODS)) {
            Some(guess) => diagnostic.help(format!("did you mean \"{guess}\"?")),
            None => diagnostic,
        };
        diagnostics.errors.push(diagnostic.note("methods: grid, random, sobol, latin_hypercube"));
    }
    None
}

/// The errors for keys of sampled methods in a grid.
fn refuse_in_grid(sweep: &CheckedTable, diagnostics: &mut Diagnostics) {
    let is_grid = sweep.get("method").is_none_or(|entry| entry.node.text.trim_matches(['"', '\'']) == "grid");
    for key in ["runs", "seed"].into_iter().filter(|_| is_grid) {
        if let Some(entry) = sweep.get(key) {
            let diagnostic = Diagnostic::at(&entry.location, format!("`sweep.{key}` applies to sampled methods, but this sweep is a grid"));
            diagnostics.errors.push(diagnostic.label("not used by a grid").help(if key == "runs" {
                "remove it: a grid has one run for every combination of its values; or write method = \"random\" for that many random settings"
            } else {
                "remove it; the batch order has its own seed, training.seed"
            }));
        }
    }
}
