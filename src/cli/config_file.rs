//! Reads the config of a command: a file, or stdin for `-`.

use std::io::Read;
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use gradsweep::config::{self, ConfigSource, DataLocation, Experiment};

use super::failure::Failure;
use super::output::note;

/// Loads a config and its data. The data path of a config from stdin is relative to the current directory. A line says that a large file is being read.
pub fn load(path: &Path, sets: &[String]) -> Result<Experiment, Failure> {
    std::thread::scope(|scope| {
        let (loaded, is_loading) = mpsc::channel::<()>();
        let wait = move || {
            if is_loading.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                note("reading the data");
            }
        };
        // Without a thread there is no line, which is no reason to stop.
        let _ = std::thread::Builder::new().spawn_scoped(scope, wait);
        let experiment = read(path, sets);
        drop(loaded);
        experiment
    })
}

/// The time after which a line says that the data is being read.
const PATIENCE: Duration = Duration::from_secs(1);

fn read(path: &Path, sets: &[String]) -> Result<Experiment, Failure> {
    if path != Path::new("-") {
        return Ok(config::load(path, sets)?);
    }
    let mut text = String::new();
    let mut stdin = std::io::stdin().take(config::LARGEST + 1);
    stdin.read_to_string(&mut text).map_err(|error| Failure::usage(format!("cannot read the config from stdin: {error}")))?;
    let source = ConfigSource { file: "<stdin>", name: "stdin", data: DataLocation::Folder(Path::new("")) };
    Ok(config::load_text(&text, &source, sets)?)
}
