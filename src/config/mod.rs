//! What is asked: a TOML file becomes an [`Experiment`], or a list of errors with locations and remedies.
//!
//! `raw` mirrors the text with locations, `keys` knows which keys there are, `resolve` merges defaults in one passage (`data`,
//! `ranges`, `optimizers`, `schedules` and `outputs` read its parts), `checks` holds the config against the data. Nothing outside this room
//! knows TOML. This room opens the data (columns and counts are checked against the config's words) and no device.

mod checks;
mod data;
mod describe;
mod diagnostics;
mod error;
pub mod experiment;
mod file;
mod initializers;
mod keys;
mod optimizers;
mod outputs;
mod overrides;
mod ranges;
mod resolve;
mod scalars;
mod schedules;
mod starter;
mod step_count;
mod sweep_spec;
mod toml_tree;
mod unknown_keys;
mod values;

pub use data::DataLocation;
pub use describe::{describe, resolved};
pub use error::ConfigError;
pub use experiment::{DataSpec, Experiment, HistoryRuns, HistorySpec, RecordingPlan, Rng, SurfaceAxis, SurfaceRows, SurfaceSpec};
pub use ranges::format_value;
pub use scalars::accepted_values;
pub use starter::{STARTER, STARTER_DATA, STARTER_DATA_PATH};
pub use step_count::StepCount;

use std::path::Path;

use diagnostics::Diagnostics;
use error::Sources;

/// Where a config's text comes from.
#[derive(Clone, Copy, Debug)]
pub struct ConfigSource<'a> {
    /// The file's name, for messages.
    pub file: &'a str,
    /// The name of the sweep where the text has none.
    pub name: &'a str,
    pub data: DataLocation<'a>,
}

/// Reads the config at `path`, lays the `--set KEY=VALUE` arguments over it, and opens its data.
pub fn load(path: &Path, sets: &[String]) -> Result<Experiment, ConfigError> {
    let file = path.display().to_string();
    let text = file::read(path).map_err(|diagnostic| ConfigError::new(Sources::new(&file, "", &[]), vec![diagnostic]))?;
    let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or("sweep");
    let folder = path.parent().unwrap_or(Path::new(""));
    load_text(&text, &ConfigSource { file: &file, name, data: DataLocation::Folder(folder) }, sets)
}

/// As [`load`], from text: so a run directory, which holds its config and its data, is opened again.
pub fn load_text(text: &str, source: &ConfigSource<'_>, sets: &[String]) -> Result<Experiment, ConfigError> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let sources = Sources::new(source.file, text, sets);
    let mut diagnostics = Diagnostics::default();
    let experiment = read(text, source, sets, &sources, &mut diagnostics);
    match experiment {
        Some(experiment) if diagnostics.errors.is_empty() => {
            Ok(Experiment { text: text.to_string(), sets: sets.to_vec(), warnings: diagnostics.warnings, ..experiment })
        }
        _ => Err(ConfigError::new(sources, diagnostics.errors)),
    }
}

fn read(text: &str, source: &ConfigSource<'_>, sets: &[String], sources: &Sources, diagnostics: &mut Diagnostics) -> Option<Experiment> {
    if file::is_blank(text) {
        diagnostics.errors.push(file::blank());
        return None;
    }
    let mut root = diagnostics.ok(toml_tree::parse(text).map_err(|diagnostic| file::other_language(text, diagnostic)))?;
    for (index, set) in sets.iter().enumerate() {
        diagnostics.ok(toml_tree::set(&mut root, set, index + 1));
    }
    resolve::resolve(&root, sources, source.name, source.data, diagnostics)
}
