//! The CPU backend.
#[derive(Debug, thiserror::Error)]
pub enum Error {}
