//! A run directory, one file of which has other contents: the first byte chooses the file, the others are its contents.

#![no_main]

#[path = "../directories.rs"]
mod directories;

use std::path::PathBuf;
use std::sync::LazyLock;

use gradsweep::config::{self, ConfigSource, DataLocation};
use gradsweep::store::RunDirectory;
use libfuzzer_sys::fuzz_target;

static SWEEP: LazyLock<PathBuf> = LazyLock::new(|| {
    directories::allow_panics_of_parquet();
    directories::copy("sweep")
});

fuzz_target!(|bytes: &[u8]| {
    let Some((&choice, contents)) = bytes.split_first() else { return };
    let file = directories::Replaced::new(&SWEEP, choice, contents);
    if let Ok(directory) = RunDirectory::open(&SWEEP) {
        let _ = (directory.runs(), directory.optima());
        let _ = (directory.epochs(1), directory.history(1));
        if let (Ok(config), Ok(data)) = (directory.config(), directory.data_path()) {
            let source = ConfigSource { file: "sweep.toml", name: &directory.manifest().name, data: DataLocation::File(&data) };
            let _ = config::load_text(&config, &source, &directory.manifest().set).map_err(|error| error.render(false));
        }
    }
    drop(file);
});
