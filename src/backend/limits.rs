//! Peak rates of a device in microbenchmarks, the ceilings of a roofline model.
//!
//! `gradsweep bench` reports a training speed as a fraction of these rates. Each backend contains its own microbenchmarks.

use serde::Serialize;

/// Peak rates of a device, per second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Limits {
    /// Number of CPU threads that were measured together; `None` for a GPU.
    pub threads: Option<usize>,
    /// Fused multiply-adds of float32 numbers per second.
    pub fused_per_s: f64,
    /// Triples of two square roots and one division of float32 numbers per second.
    pub roots_per_s: f64,
    /// Bytes per second that are written to memory that is already mapped.
    pub filled_bytes_per_s: f64,
}
