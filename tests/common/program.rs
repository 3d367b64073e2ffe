//! Starts the program as a user does.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The folder of the crate.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Runs the program in a folder.
pub fn gradsweep(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gradsweep")).args(arguments).current_dir(folder).output().expect("the program starts")
}

/// Runs the program, which must succeed, and returns its stdout.
pub fn succeeds(folder: &Path, arguments: &[&str]) -> String {
    let output = gradsweep(folder, arguments);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{arguments:?}: {}\n{}", output.status, text(&output.stderr));
    text(&output.stdout)
}

/// A temporary folder with a config in it.
pub fn folder_with(config: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sweep.toml");
    std::fs::write(&path, config).unwrap();
    (folder, path)
}

/// A config of TV on sales; `rest` continues its table [data].
pub fn on_tv(rest: &str) -> String {
    format!("[data]\npath = \"{}\"\nfeature = \"TV\"\ntarget = \"sales\"\n{rest}", root().join("configs/data/advertising.csv").display())
}

/// The cells of a CSV as numbers, without its header.
pub fn numbers(csv: &str) -> Vec<Vec<f64>> {
    let rows = csv.lines().skip(1);
    rows.map(|row| row.split(',').map(|cell| cell.parse().unwrap_or(f64::NAN)).collect()).collect()
}
