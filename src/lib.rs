//! Gradsweep trains every run of a hyperparameter sweep of one neuron, `ŷ = φ(w·x + b)`, in parallel, on the GPU or on all
//! cores, and shows what happened and why.
//!
//! A room imports only rooms above it in this listing; `tests/integration/rooms` watches over that. ARCHITECTURE.md says what each room
//! is for and what it does not know.
//!
//! Without the features `gpu` and `cli` the crate needs no GPU, file, thread or clock, and compiles for wasm32-unknown-unknown.

#![warn(clippy::unwrap_used, clippy::panic)] // A panic is a bug; tests, in crates of their own, may.

// -- the vocabulary
pub mod data;
pub mod model;
pub mod space;
pub mod text;

// -- what is asked
pub mod config;

// -- the mathematics
pub mod kernel;

// -- the work
pub mod backend;
#[cfg(feature = "cli")]
pub mod store;
pub mod sweep;
pub mod table;

// -- understanding
pub mod figure;

#[cfg(feature = "cli")]
pub mod bench;
#[cfg(feature = "gpu")]
pub mod verify;

pub mod analysis;
#[cfg(feature = "cli")]
pub mod plot;
