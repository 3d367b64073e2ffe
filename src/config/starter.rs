//! What `init` writes: a commented config and the data that it names.

/// The text of the config.
pub const STARTER: &str = include_str!("../../configs/starter.toml");

/// Where the config looks for its data, relative to itself.
pub const STARTER_DATA_PATH: &str = "data/advertising.csv";

/// The bundled data, byte for byte as published; configs/data/README.md states its origin.
pub const STARTER_DATA: &[u8] = include_bytes!("../../configs/data/advertising.csv");
