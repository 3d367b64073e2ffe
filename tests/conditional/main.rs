//! Tests that need equipment: a GPU, the validation layer, Chromium, or a Python with readers of Parquet. Without its equipment a test is ignored, and its output line states
//! the reason.
//!
//! `GRADSWEEP_REQUIRE_GPU=1`, and likewise `_VALIDATION`, `_WEBGPU` and `_READERS`, turns missing equipment into a failure.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a failing test panics")]

use gradsweep::backend::gpu::{Gpu, quiet_environment};
use libtest_mimic::{Arguments, Completion, Trial};

/// A [`Trial`] for each function of a file that takes an open [`Gpu`].
macro_rules! gpu_trials {
    ($($test:ident),* $(,)?) => { vec![$(crate::gpu_trial(concat!(module_path!(), "::", stringify!($test)), $test)),*] };
}

#[path = "../common/mod.rs"]
#[allow(dead_code, reason = "each test binary uses a part of it")]
mod common;
mod device_loss;
mod dispatches;
mod program;
mod readers;
mod twins;
mod validation;
mod webgpu;

#[expect(unsafe_code, reason = "drivers read this environment variable")]
fn main() {
    // SAFETY: the process has one thread.
    unsafe { quiet_environment() };
    if std::env::var_os(validation::PLANT).is_some() {
        validation::plant_hazard();
        return;
    }
    let arguments = Arguments::from_args();
    let trials = [
        device_loss::trials(),
        dispatches::trials(),
        program::trials(),
        readers::trials(),
        twins::trials(),
        validation::trials(),
        webgpu::trials(),
    ];
    libtest_mimic::run(&arguments, trials.into_iter().flatten().collect()).exit();
}

/// A test that opens the GPU. It is ignored if that fails.
fn gpu_trial(path: &str, test: fn(&Gpu)) -> Trial {
    trial(path, move || match Gpu::open(None) {
        Ok(gpu) => {
            test(&gpu);
            Completion::Completed
        }
        Err(error) => missing("GRADSWEEP_REQUIRE_GPU", &error.to_string()),
    })
}

/// A test named by its path without the name of this binary.
fn trial(path: &str, test: impl FnOnce() -> Completion + Send + 'static) -> Trial {
    let (_, name) = path.split_once("::").unwrap();
    Trial::ignorable_test(name, || Ok(test()))
}

/// The result of a test that lacks its equipment: ignored, unless the variable `required` demands the equipment.
fn missing(required: &str, reason: &str) -> Completion {
    assert!(std::env::var_os(required).is_none_or(|value| value != "1"), "{required}=1, but: {reason}");
    Completion::ignored_with(reason.lines().next().unwrap_or_default())
}
