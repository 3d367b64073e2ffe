//! `gradsweep init [DIR]`: writes a commented config and its data; with `--from` the search space of a W&B sweep.

use std::path::Path;

use gradsweep::config::{STARTER, STARTER_DATA, STARTER_DATA_PATH};

use super::args;
use super::failure::Failure;
use super::output::{note, print};
use super::wandb;

/// The tables of a translated config that a W&B sweep does not have.
const DATA: &str = r#"[data]
path = "data/advertising.csv"     # relative to this file; a comma-separated file with a header
feature = "TV"                    # column x
target = "sales"                  # column y, which the neuron predicts
test_size = 0.2
scale = "standard"

[training]                        # what [sweep.parameters] does not vary
"#;

/// The file name of the config.
const CONFIG: &str = "sweep.toml";

pub fn init(arguments: &args::Init) -> Result<(), Failure> {
    let text = match &arguments.from {
        Some(path) => translated(path)?,
        None => STARTER.to_owned(),
    };
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
    write(&config, text.as_bytes())?;
    let (config, data) = (config.display(), data.display());
    print(&format!("written   {config}\n          {data}\nnext      gradsweep run {config}\n"))
}

/// The starter config with the search space of a W&B sweep. Prints what was changed or left out.
fn translated(path: &Path) -> Result<String, Failure> {
    let named = |error: String| Failure::usage(format!("{}: {error}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| named(error.to_string()))?;
    let translation = wandb::translate(&text).map_err(named)?;
    translation.notes.iter().for_each(|own| note(own));
    let name = toml::Value::String(translation.name.unwrap_or_else(|| "sweep".to_owned()));
    Ok(format!(
        "# The search space of a W&B sweep. [data] and [model] are those of the starter config: put your own in their place.\n\nname = {name}\n\n{DATA}\n{}",
        translation.sweep
    ))
}
