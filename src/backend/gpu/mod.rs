//! The GPU backend.
#[derive(Debug, thiserror::Error)]
pub enum Error {}
