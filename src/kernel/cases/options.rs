//! Test vectors for the options that wrap a rule: each option alone, with plain SGD.

use super::Tolerance;
use crate::kernel::coefficients::COEFFICIENTS;
use crate::kernel::optimizers::STATE;
use crate::kernel::options::{Clip, OPTION_VALUES, Options, RunCoefficients, RunState};
use crate::model::Params;

/// Tolerance on the device against the host.
pub const OPTION: Tolerance = Tolerance { ulps: 8.0, reason: "WGSL allows 5 ulp for a root and 2.5 for a division, and may fuse products" };
/// Tolerance on the host against float64.
pub const OPTION_ON_HOST: Tolerance = Tolerance { ulps: 4.0, reason: "at most eight roundings, half an ulp each" };

/// The tested options with their keys.
pub const ALL: [(&str, Options); 8] = [
    ("clipnorm", Options { clip: Clip::Each, ..Options::PLAIN }),
    ("clipvalue", Options { clip: Clip::Each, ..Options::PLAIN }),
    ("global_clipnorm", Options { clip: Clip::Global, ..Options::PLAIN }),
    ("weight_decay", Options { decay: true, ..Options::PLAIN }),
    ("gradient_accumulation_steps", Options { accumulation: 3, ..Options::PLAIN }),
    ("use_ema", Options { average: true, ..Options::PLAIN }),
    ("ema_overwrite_frequency", Options { average: true, overwrite: 2, ..Options::PLAIN }),
    ("use_bias", Options { bias: false, ..Options::PLAIN }),
];

/// Arguments of one batch.
#[derive(Clone, Copy, Debug)]
pub struct Batch {
    /// Index of the batch, from 0.
    pub k: u64,
    pub coefficients: RunCoefficients<f32>,
    pub gradient: Params<f32>,
    /// The state before the batch.
    pub state: RunState<f32>,
}

impl Batch {
    /// Batches with and without an update, and gradients within and outside the clipping bound.
    pub fn all() -> Vec<Self> {
        let mut batches = Vec::new();
        let mut rule = [0.0; COEFFICIENTS];
        rule[0] = 0.03;
        for k in [0, 1, 2, 5, 6] {
            for options in [[0.5, 0.1, 0.99], [3.0, 1e-4, 0.5]] {
                let options: [f32; OPTION_VALUES] = options;
                for theta in [[0.0, 0.0], [0.6, -0.021], [-3.0, 30.0], [1e6, -1e-3]] {
                    for gradient in [[1e-6, -2.0], [-40_000.0, 300.0], [0.3, 0.4], [-0.3, 5.0]] {
                        let state = RunState {
                            theta: Params(theta),
                            rule: [0.0; STATE],
                            gradient_sum: Params::new(0.7 * gradient[0], -0.2),
                            average: Params::new(theta[0] + 0.1, 0.9 * theta[1]),
                        };
                        let coefficients = RunCoefficients { rule, options };
                        batches.push(Self { k, coefficients, gradient: Params(gradient), state });
                    }
                }
            }
        }
        batches
    }

    /// Magnitudes that define an ulp of the parameters, the gradient sum and the average after the batch.
    pub fn terms(&self, next: &RunState<f32>) -> [f64; 6] {
        let wide = |value: f32| f64::from(value).abs();
        let pair = |of: &dyn Fn(usize) -> f64| [of(0), of(1)];
        let before = &self.state;
        let parameters = pair(&|i| wide(before.theta[i]) + wide(next.theta[i]) + wide(next.average[i]));
        let sums = pair(&|i| wide(before.gradient_sum[i]) + wide(self.gradient[i]));
        let averages = pair(&|i| wide(before.average[i]) + wide(before.theta[i]) + wide(next.theta[i]));
        [parameters, sums, averages].concat().try_into().unwrap_or([0.0; 6])
    }
}
