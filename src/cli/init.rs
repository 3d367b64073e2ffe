//! `gradsweep init [DIR]`: a commented config and its data, ready to run.

use std::path::Path;

use gradsweep::config::{STARTER, STARTER_DATA, STARTER_DATA_PATH};

use super::args;
use super::failure::Failure;
use super::output::print;

/// The name of the config.
const CONFIG: &str = "sweep.toml";

pub fn init(arguments: &args::Init) -> Result<(), Failure> {
    let config = arguments.directory.join(CONFIG);
    let data = arguments.directory.join(STARTER_DATA_PATH);
    for path in [&config, &data] {
        if path.exists() {
            return Err(Failure::wrong(format!("{} is there already; nothing was written", path.display())));
        }
    }
    let write = |path: &Path, bytes: &[u8]| {
        let folder = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        let written = folder.and_then(|()| std::fs::write(path, bytes));
        written.map_err(|error| Failure::failed(format!("cannot write {}: {error}", path.display())))
    };
    write(&data, STARTER_DATA)?;
    write(&config, STARTER.as_bytes())?;
    print(&format!("{}\n{}\n\nNow: gradsweep run {}\n", config.display(), data.display(), config.display()))
}
