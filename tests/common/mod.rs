//! Helpers that several test binaries share.

pub mod divergence;
pub mod figures;
pub mod finite;
pub mod functions;
pub mod goldens;
pub mod known_sweeps;
pub mod neurons;
pub mod program;
pub mod sweeps;
