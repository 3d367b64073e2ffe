//! The program with `--backend gpu`, and neurons with known steps on the GPU.

use gradsweep::backend::Backend;
use gradsweep::backend::gpu::Gpu;
use libtest_mimic::Trial;

use crate::common::divergence::diverging_runs_are_results;
use crate::common::goldens::{KINK_DIFFERENCES, article, cases, keras};
use crate::common::neurons::{first_steps_without_epsilon, logistic_cycles};

/// The tests of this file.
pub fn trials() -> Vec<Trial> {
    gpu_trials![
        the_article_is_reproduced_on_the_gpu,
        golden_cases_agree_with_keras_on_the_gpu,
        diverging_runs_are_results_on_the_gpu,
        without_a_bias_no_rule_needs_an_epsilon,
        a_logistic_neuron_cycles_at_large_rates,
    ]
}

fn the_article_is_reproduced_on_the_gpu(_: &Gpu) {
    // A deviation of 1e-5 in w is 1e-4 of the loss along the valley.
    article("gpu", 1e-5, 1e-4);
}

fn golden_cases_agree_with_keras_on_the_gpu(gpu: &Gpu) {
    let adapter = gpu.describe().device;
    let different: Vec<&str> = KINK_DIFFERENCES.iter().filter(|(name, _)| adapter.contains(name)).map(|&(_, case)| case).collect();
    keras("gpu", &cases(), &different);
}

fn diverging_runs_are_results_on_the_gpu(_: &Gpu) {
    diverging_runs_are_results("gpu");
}

fn without_a_bias_no_rule_needs_an_epsilon(gpu: &Gpu) {
    first_steps_without_epsilon(gpu);
}

fn a_logistic_neuron_cycles_at_large_rates(gpu: &Gpu) {
    logistic_cycles(gpu);
}
