//! What is asked: a TOML file becomes an [`Experiment`], or a list of mistakes with places and remedies.
//!
//! `raw` mirrors the text with spans, `keys` knows which keys there are, `resolve` merges defaults in one passage. Nothing
//! outside this room knows TOML. This room opens the data (columns and counts are checked against the config's words) and no
//! device.

pub mod experiment;

pub use experiment::{DataSpec, Experiment, HistoryRuns, HistorySpec, Recorded, Rng, SurfaceAxis, SurfaceRows, SurfaceSpec};
