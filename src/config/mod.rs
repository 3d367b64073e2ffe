//! What is asked: a TOML file becomes an [`Experiment`], or a list of mistakes with places and remedies.
//!
//! `raw` mirrors the text with places, `keys` knows which keys there are, `resolve` merges defaults in one passage (`data`,
//! `ranges`, `optimizers`, `schedules` and `outputs` read its parts), `checks` holds the config against the data. Nothing outside this room
//! knows TOML. This room opens the data (columns and counts are checked against the config's words) and no device.

mod checks;
mod data;
mod describe;
pub mod experiment;
mod file;
mod findings;
mod initializers;
mod keys;
mod lengths;
mod mistake;
mod optimizers;
mod outputs;
mod ranges;
mod raw;
mod resolve;
mod schedules;
mod setting;
mod starter;
mod values;

pub use data::DataFrom;
pub use describe::{describe, resolved};
pub use experiment::{DataSpec, Experiment, HistoryRuns, HistorySpec, Recorded, Rng, SurfaceAxis, SurfaceRows, SurfaceSpec};
pub use lengths::Steps;
pub use mistake::Mistakes;
pub use ranges::plain;
pub use starter::{STARTER, STARTER_DATA, STARTER_DATA_PATH};
pub use values::rule;

use std::path::Path;

use findings::Findings;
use mistake::Sources;

/// Where a config's text comes from.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The file's name, for messages.
    pub file: &'a str,
    /// The name of the sweep where the text has none.
    pub name: &'a str,
    pub data: DataFrom<'a>,
}

/// Reads the config at `path`, lays the `--set KEY=VALUE` arguments over it, and opens its data.
pub fn load(path: &Path, sets: &[String]) -> Result<Experiment, Mistakes> {
    let file = path.display().to_string();
    let text = file::read(path).map_err(|mistake| Mistakes::new(Sources::new(&file, "", &[]), vec![mistake]))?;
    let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or("sweep");
    let folder = path.parent().unwrap_or(Path::new(""));
    load_text(&text, &Source { file: &file, name, data: DataFrom::Folder(folder) }, sets)
}

/// As [`load`], from text: so a run directory, which holds its config and its data, is opened again.
pub fn load_text(text: &str, source: &Source<'_>, sets: &[String]) -> Result<Experiment, Mistakes> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let sources = Sources::new(source.file, text, sets);
    let mut findings = Findings::default();
    let experiment = read(text, source, sets, &sources, &mut findings);
    match experiment {
        Some(experiment) if findings.mistakes.is_empty() => {
            Ok(Experiment { text: text.to_string(), sets: sets.to_vec(), warnings: findings.warnings, ..experiment })
        }
        _ => Err(Mistakes::new(sources, findings.mistakes)),
    }
}

fn read(text: &str, source: &Source<'_>, sets: &[String], sources: &Sources, findings: &mut Findings) -> Option<Experiment> {
    if file::is_blank(text) {
        findings.mistakes.push(file::blank());
        return None;
    }
    let mut root = findings.take(raw::parse(text).map_err(|mistake| file::other_language(text, mistake)))?;
    for (index, set) in sets.iter().enumerate() {
        findings.take(raw::set(&mut root, set, index + 1));
    }
    resolve::resolve(&root, sources, source.name, source.data, findings)
}
