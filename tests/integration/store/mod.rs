//! The run directory: rows survive writing and reading, also after an interruption.

mod directories;
mod round_trips;
