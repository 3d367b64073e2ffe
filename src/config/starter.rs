//! The files that `gradsweep init` writes: a commented config and its data.

/// The text of the config.
pub const STARTER: &str = include_str!("../../configs/starter.toml");

/// The path of the data file, relative to the config.
pub const STARTER_DATA_PATH: &str = "data/advertising.csv";

/// The bundled data, byte for byte as published; configs/data/README.md states its origin.
pub const STARTER_DATA: &[u8] = include_bytes!("../../configs/data/advertising.csv");
