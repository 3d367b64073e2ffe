//! What several tests share.

pub mod finite;
pub mod sweeps;

use std::io::Write;

use gradsweep::backend::gpu::Gpu;

/// The GPU. Without one: a panic where `GRADSWEEP_REQUIRE_GPU=1` asks for it, else a line that says what was skipped, and why.
pub fn gpu(test: &str) -> Option<Gpu> {
    match Gpu::open(None) {
        Ok(gpu) => Some(gpu),
        Err(error) => {
            assert!(std::env::var_os("GRADSWEEP_REQUIRE_GPU").is_none_or(|value| value != "1"), "{test} needs a GPU: {error}");
            // Not eprintln, which the test harness keeps to itself where a test passes.
            let _ = writeln!(std::io::stderr(), "skipped: {test}: no adapter ({error})");
            None
        }
    }
}
