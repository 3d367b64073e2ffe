//! Reads a TOML config into an [`Experiment`], or reports its errors with locations and remedies.
//!
//! `toml_tree` holds the text as values with locations, `keys` lists the keys, `sweep_spec` merges defaults into the space of runs (`data`,
//! `sampling`, `ranges`, `distributions`, `optimizers`, `schedules` and `outputs` read single tables), and `checks` compares the config with its data. No other module
//! parses TOML. This module opens the data file, but no device.

mod checks;
mod data;
mod describe;
mod diagnostics;
mod distributions;
mod error;
mod experiment;
mod file;
mod initializers;
pub(crate) mod keys;
mod optimizers;
mod outputs;
mod overrides;
mod range_table;
pub(crate) mod ranges;
mod resolve;
mod sampling;
pub(crate) mod scalars;
mod schedules;
pub(crate) mod schema;
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
pub use file::LARGEST;
pub use schema::schema;
pub use starter::{STARTER, STARTER_DATA, STARTER_DATA_PATH};
pub use step_count::StepCount;

pub(crate) use keys::meant as meant_key;
pub(crate) use overrides::toml as toml_value;

use std::path::Path;

use diagnostics::Diagnostics;
use error::Sources;

/// The origin of a config: its file name for messages, and the location of its data.
#[derive(Clone, Copy, Debug)]
pub struct ConfigSource<'a> {
    /// The name of the file, for messages.
    pub file: &'a str,
    /// The name of the sweep if the config has none.
    pub name: &'a str,
    /// Location of the data.
    pub data: DataLocation<'a>,
}

/// Reads the config at `path`, applies the `--set KEY=VALUE` arguments, and opens its data.
///
/// # Errors
///
/// If the config or its data cannot be read, or a value is invalid. The error holds every message with its place in the file.
pub fn load(path: &Path, sets: &[String]) -> Result<Experiment, ConfigError> {
    let file = path.display().to_string();
    let text = file::read(path).map_err(|diagnostic| ConfigError::new(Sources::new(&file, "", &[]), vec![diagnostic]))?;
    let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or("sweep");
    let folder = path.parent().unwrap_or(Path::new(""));
    load_text(&text, &ConfigSource { file: &file, name, data: DataLocation::Folder(folder) }, sets)
}

/// Reads a config from a string, as [`load`] does from a file. Run directories are opened this way: they contain config and data.
///
/// # Errors
///
/// If the config or its data cannot be read, or a value is invalid. The error holds every message with its place in the file.
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
    if text.len() as u64 > LARGEST {
        diagnostics.errors.push(file::too_large());
        return None;
    }
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
