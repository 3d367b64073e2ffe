//! The run directory: what is written is read, by this program and by others, whole or interrupted.

mod directories;
mod round_trips;
