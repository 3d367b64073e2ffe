//! `gradsweep init [DIR]`: writes a commented config and its data.

use std::path::Path;

use gradsweep::config::{STARTER, STARTER_DATA, STARTER_DATA_PATH};

use super::args;
use super::failure::Failure;
use super::output::print;

/// The file name of the config.
const CONFIG: &str = "sweep.toml";

pub fn init(arguments: &args::Init) -> Result<(), Failure> {
    let config = arguments.directory.join(CONFIG);
    let data = arguments.directory.join(STARTER_DATA_PATH);
    for path in [&config, &data] {
        if path.exists() {
            return Err(Failure::usage(format!(
                "{} already exists, and nothing was written; name another directory, for example `gradsweep init my_sweep`",
                path.display()
            )));
        }
    }
    let write = |path: &Path, bytes: &[u8]| {
        let folder = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        let written = folder.and_then(|()| std::fs::write(path, bytes));
        written.map_err(|error| Failure::failed(format!("cannot write {}: {error}", path.display())))
    };
    write(&data, STARTER_DATA)?;
    write(&config, STARTER.as_bytes())?;
    let (config, data) = (config.display(), data.display());
    print(&format!("written   {config}\n          {data}\nnext      gradsweep run {config}\n"))
}
