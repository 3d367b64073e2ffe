//! Reads a config file, with errors for folders, absent files, other encodings and other languages.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::data::nearest_file;
use super::error::Diagnostic;

/// The largest config in bytes: room for a list of two million row numbers. A tree of values takes about forty times its text.
pub const LARGEST: u64 = 16 << 20;

/// The error for a config above [`LARGEST`].
pub fn too_large() -> Diagnostic {
    Diagnostic::whole("the config is larger than 16 MiB")
        .help("pass a TOML file; data belongs into a CSV file, and a range of rows is written \"0..160\" instead of a list")
}

/// The text of the config at `path`.
pub fn read(path: &Path) -> Result<String, Diagnostic> {
    if path.is_dir() {
        return Err(folder(path));
    }
    let mut bytes = Vec::new();
    // Reads one byte more than the limit, so that `load_text` refuses a larger file without its size, which a pipe does not have.
    let read = File::open(path).and_then(|file| file.take(1 + LARGEST).read_to_end(&mut bytes));
    read.map_err(|error| {
        if error.kind() == std::io::ErrorKind::NotFound {
            return absent(path);
        }
        Diagnostic::whole(format!("cannot read {}: {error}", path.display()))
    })?;
    if bytes.len() as u64 > LARGEST {
        return Err(too_large());
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..valid].split(|&byte| byte == b'\n').count();
        let utf16 = error.as_bytes().starts_with(&[0xFF, 0xFE]) || error.as_bytes().starts_with(&[0xFE, 0xFF]);
        let remedy = if utf16 { "it looks like UTF-16: save it as UTF-8" } else { "save it as UTF-8" };
        Diagnostic::whole(format!("{} is not UTF-8: line {line}, byte {valid} of the file", path.display())).help(remedy)
    })
}

/// The error for a config file that does not exist.
fn absent(path: &Path) -> Diagnostic {
    let diagnostic = Diagnostic::whole(format!("there is no config file {}", path.display()));
    match nearest_file(path) {
        Some(guess) => diagnostic.help(format!("did you mean {}?", guess.display())),
        None => diagnostic.help("`gradsweep init` writes a starter config"),
    }
}

/// The error for a folder in place of a config file.
fn folder(path: &Path) -> Diagnostic {
    let diagnostic = Diagnostic::whole(format!("{} is a folder, not a config file", path.display()));
    let mut inside: Vec<String> = std::fs::read_dir(path)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .map(|path| path.display().to_string())
        .collect();
    inside.sort_unstable();
    inside.truncate(6);
    if inside.is_empty() {
        diagnostic.help("pass a TOML file; `gradsweep init` writes a starter config")
    } else {
        diagnostic.help(format!("pass one of its files: {}", inside.join(", ")))
    }
}

/// Whether the text is empty or blank.
pub fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

/// The error for an empty config.
pub fn blank() -> Diagnostic {
    Diagnostic::whole("the config is empty")
        .help("`gradsweep init` writes a commented starter config")
        .note("a config needs at least [data] with path, feature and target; [training] and [sweep.parameters] define the runs")
}

/// Adds a hint to a TOML error if the text looks like JSON or YAML.
pub fn other_language(text: &str, diagnostic: Diagnostic) -> Diagnostic {
    let start = text.trim_start();
    if start.starts_with('{') {
        diagnostic.help("this looks like JSON, but a config is TOML: write [training], then epochs = 10 on the next line").help(STARTER)
    } else if start.starts_with("---") || text.lines().any(is_yaml) {
        diagnostic.help("this looks like YAML, but a config is TOML: write [training], then epochs = 10 on the next line").help(STARTER)
    } else {
        diagnostic
    }
}

const STARTER: &str = "`gradsweep init` writes a commented starter config";

/// Whether a line has the form `key:` or `key: value`, with a bare key.
fn is_yaml(line: &str) -> bool {
    line.split_once(':').is_some_and(|(key, rest)| {
        let key = key.trim_start();
        !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-') && (rest.is_empty() || rest.starts_with(' '))
    })
}
