//! Reads the config of a command: a file, or stdin for `-`.

use std::io::Read;
use std::path::Path;

use gradsweep::config::{self, ConfigSource, DataLocation, Experiment};

use super::failure::Failure;

/// Loads a config. The data path of a config from stdin is relative to the current directory.
pub fn load(path: &Path, sets: &[String]) -> Result<Experiment, Failure> {
    if path != Path::new("-") {
        return Ok(config::load(path, sets)?);
    }
    let mut text = String::new();
    let mut stdin = std::io::stdin().take(config::LARGEST + 1);
    stdin.read_to_string(&mut text).map_err(|error| Failure::usage(format!("cannot read the config from stdin: {error}")))?;
    let source = ConfigSource { file: "<stdin>", name: "stdin", data: DataLocation::Folder(Path::new("")) };
    Ok(config::load_text(&text, &source, sets)?)
}
