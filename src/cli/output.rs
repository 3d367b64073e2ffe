//! Printing: results to stdout, notes and warnings to stderr.

use std::io::Write;

use gradsweep::internals::text::printable;

use super::failure::Failure;

/// Prints a result. Control characters, which may come from the header of a data file, are escaped.
pub fn print(text: &str) -> Result<(), Failure> {
    write(printable(text).as_bytes())
}

/// Writes bytes to stdout as they are.
pub fn write(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()?;
    Ok(())
}

/// Prints a result as JSON.
pub fn print_json(value: &impl serde::Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value).map_err(Failure::failed)?;
    print(&(text + "\n"))
}

/// Prints a line to stderr.
pub fn note(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", printable(text));
}

/// Prints a warning to stderr.
pub fn warn(text: &str) {
    note(&format!("warning: {text}"));
}
