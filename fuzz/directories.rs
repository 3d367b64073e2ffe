//! Copies of the run directories in `seeds`, in which one file at a time is replaced.

use std::path::{Path, PathBuf};

/// Lets the program catch panics of the Parquet crate, as it does outside of a fuzzer; any other panic stays a finding.
pub fn allow_panics_of_parquet() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !panic.location().is_some_and(|location| location.file().contains("/parquet-")) {
            report(panic);
        }
    }));
}

/// Copies a run directory of `seeds` into a temporary folder of this process.
pub fn copy(name: &str) -> PathBuf {
    let to = std::env::temp_dir().join(format!("gradsweep-fuzz-{}", std::process::id())).join(name);
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(name);
    for file in files(&from) {
        let path = to.join(file.strip_prefix(&from).expect("a file of the folder"));
        std::fs::create_dir_all(path.parent().expect("a file has a folder")).expect("the temporary folder can be written");
        std::fs::copy(&file, path).expect("the temporary folder can be written");
    }
    to
}

/// The files of a folder and of its folders, in order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the folder exists") {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() { all.extend(files(&path)) } else { all.push(path) }
    }
    all.sort();
    all
}

/// A file with other contents; dropped, it has its own again.
pub struct Replaced {
    path: PathBuf,
    own: Vec<u8>,
}

impl Replaced {
    /// Replaces the file of that number, modulo the number of files.
    pub fn new(folder: &Path, choice: u8, contents: &[u8]) -> Self {
        let files = files(folder);
        let path = files[usize::from(choice) % files.len()].clone();
        let own = std::fs::read(&path).expect("the file exists");
        std::fs::write(&path, contents).expect("the temporary folder can be written");
        Self { path, own }
    }
}

impl Drop for Replaced {
    fn drop(&mut self) {
        std::fs::write(&self.path, &self.own).expect("the temporary folder can be written");
    }
}
