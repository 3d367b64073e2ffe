//! The program as a user runs it: from the command line, on the bundled data.

mod compare;
mod examples;
mod exit_codes;
mod goldens;
mod same_bits;
mod supported;

use std::io::Write as _;
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

/// Columns of numbers of a CSV text.
pub fn numbers(csv: &str) -> Vec<Vec<f64>> {
    let rows = csv.lines().skip(1);
    rows.map(|row| row.split(',').map(|cell| cell.parse().unwrap_or(f64::NAN)).collect()).collect()
}

/// Whether the GPU tests can run here. Without an adapter they say so, and fail where they are required.
pub fn gpu_is_there() -> bool {
    let list = succeeds(root(), &["adapters", "--json"]);
    let adapters: serde_json::Value = serde_json::from_str(&list).unwrap();
    let there = adapters["adapters"].as_array().is_some_and(|adapters| !adapters.is_empty());
    assert!(there || std::env::var_os("GRADSWEEP_REQUIRE_GPU").is_none(), "no GPU adapter, and the GPU tests are required");
    if !there {
        // Past the harness, which keeps what passing tests print.
        let _ = writeln!(std::io::stderr(), "skipped: a GPU test: no adapter; `gradsweep adapters` says what helps");
    }
    there
}
