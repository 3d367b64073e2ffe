//! Resolves a parsed config into an experiment.

use super::checks::{self, CheckContext};
use super::data::{self, DataLocation};
use super::diagnostics::Diagnostics;
use super::error::{Diagnostic, Sources};
use super::experiment::Experiment;
use super::keys::TableKind;
use super::outputs;
use super::scalars;
use super::sweep_spec::SweepSpec;
use super::toml_tree::TomlTable;
use super::unknown_keys;

/// Resolves the tree. Every error is added to the diagnostics; the result is `None` if one prevents the rest from being read.
pub fn resolve(
    root: &TomlTable,
    sources: &Sources,
    name: &str,
    from: DataLocation<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<Experiment> {
    let (errors, misspelt) = unknown_keys::check(root, TableKind::Top);
    diagnostics.errors.extend(errors);
    if root.get("data").is_none() && !misspelt.contains(&"data") {
        diagnostics.errors.push(data::missing());
    }
    let data = diagnostics.table(root.get("data"), TableKind::Data);
    let model = diagnostics.table(root.get("model"), TableKind::Model);
    let training = diagnostics.table(root.get("training"), TableKind::Training);
    let sweep = diagnostics.table(root.get("sweep"), TableKind::Sweep);
    let history = diagnostics.table(root.get("history"), TableKind::History);
    let surface = diagnostics.table(root.get("surface"), TableKind::Surface);

    let name = sweep_name(root, name, diagnostics);
    let spec = SweepSpec::read(root, [&data, &model, &training], &sweep, diagnostics);
    if let Some(spec) = &spec {
        spec.check(sources, diagnostics);
    }
    let read = data::read(&data, from, diagnostics);
    let history = outputs::history(&history, diagnostics);
    let surface = outputs::surface(&surface, diagnostics);
    let (spec, (data_spec, dataset)) = (spec?, read?);
    let space = diagnostics.ok(spec.space())?;
    let experiment = Experiment {
        name: name?,
        text: String::new(),
        sets: Vec::new(),
        data: data_spec,
        dataset,
        rng: spec.rng,
        space,
        piecewise: spec.schedules.piecewise.clone(),
        history: history?,
        surface: surface?,
        warnings: Vec::new(),
    };
    checks::check(&experiment, &CheckContext { spec: &spec, data: &data, root }, diagnostics);
    Some(experiment)
}

/// Reads the name of the sweep, which is also the name of a folder.
fn sweep_name(root: &TomlTable, default: &str, diagnostics: &mut Diagnostics) -> Option<String> {
    let Some(entry) = root.get("name") else { return Some(default.to_string()) };
    let name = diagnostics.ok(scalars::string(&entry.node, "name"))?;
    let bad = name.starts_with('.') || name.chars().any(|c| c.is_control() || r#"/\:*?"<>|"#.contains(c)) || name.len() > 100;
    if bad {
        let diagnostic = Diagnostic::at(&entry.node.location, format!("`name` = {} is not a valid folder name", entry.node.text));
        diagnostics.errors.push(diagnostic.label("the run directory gets this name").help("use letters, digits, - and _"));
        return None;
    }
    Some(name)
}
