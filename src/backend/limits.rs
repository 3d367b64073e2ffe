//! What a machine reaches in loops that do nothing else: fused multiply-adds, roots and divisions, the filling of memory.
//!
//! A speed is told as a share of these. Each backend measures its own, and holds the loops.

use serde::Serialize;

/// A second's worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Limits {
    /// CPU threads that reached it together; `None` for a GPU.
    pub threads: Option<usize>,
    /// Fused multiply-adds of a float32.
    pub fused_per_s: f64,
    /// Two roots and a division of a float32 each.
    pub roots_per_s: f64,
    /// Bytes written to memory that is there already.
    pub filled_bytes_per_s: f64,
}
