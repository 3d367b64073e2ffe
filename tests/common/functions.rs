//! Checks every function of the kernel against its error bound.

use gradsweep::backend::gpu::Gpu;
use gradsweep::internals::kernel::{LossForm, cases};
use gradsweep::model::{Activation, Optimizer};
use gradsweep::verify::verify;

/// Runs `verify`, and checks that it covers every function on the CPU and, if there is one, the GPU.
pub fn verify_every_function(gpu: Option<&Gpu>) {
    let findings = verify(gpu).unwrap();
    for finding in &findings {
        assert!(finding.holds(), "{finding:?}");
        assert!(finding.cases >= 15 && finding.gpu.is_some() == gpu.is_some(), "{finding:?}");
    }
    let all = cases::functions::ALL.len()
        + Activation::ALL.len()
        + LossForm::ALL.len()
        + Optimizer::ALL.len()
        + cases::options::ALL.len()
        + 3
        + 1
        + 2;
    assert_eq!(findings.len(), all);
}
