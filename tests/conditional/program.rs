//! The program with `--backend gpu`, and neurons with known steps on the GPU.

use gradsweep::backend::Backend;
use gradsweep::backend::gpu::Gpu;
use libtest_mimic::Trial;
use serde_json::Value;

use crate::common::divergence::diverging_runs_are_results;
use crate::common::goldens::{KINK_DIFFERENCES, article, cases, keras};
use crate::common::neurons::{first_steps_without_epsilon, logistic_cycles};
use crate::common::program::{root, succeeds};

/// The tests of this file.
pub fn trials() -> Vec<Trial> {
    gpu_trials![
        the_article_is_reproduced_on_the_gpu,
        golden_cases_agree_with_keras_on_the_gpu,
        diverging_runs_are_results_on_the_gpu,
        without_a_bias_no_rule_needs_an_epsilon,
        a_logistic_neuron_cycles_at_large_rates,
        shipped_configs_have_the_verdicts_of_the_cpu,
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

fn shipped_configs_have_the_verdicts_of_the_cpu(_: &Gpu) {
    let configs = std::fs::read_dir(root().join("configs")).unwrap().map(|entry| entry.unwrap().path());
    let mut compared = 0;
    for config in configs.filter(|path| path.extension().is_some_and(|extension| extension == "toml")) {
        let counts = |backend: &str| {
            let folder = tempfile::tempdir().unwrap();
            let arguments = ["run", config.to_str().unwrap(), "--backend", backend, "--no-plots", "--json", "--out", "out"];
            let result: Value = serde_json::from_str(&succeeds(folder.path(), &arguments)).unwrap();
            result["counts"].clone()
        };
        let (gpu, cpu) = (counts("gpu"), counts("cpu"));
        println!("{}: {gpu}", config.display());
        assert_eq!(gpu, cpu, "{}", config.display());
        compared += 1;
    }
    assert!(compared >= 10, "{compared}");
}
