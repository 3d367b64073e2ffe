//! `init --from`: the search space of a W&B sweep. The expected values follow from W&B's documentation of its keys.

use gradsweep::model::Parameter;

use crate::common::program::gradsweep;

/// Writes a sweep.yaml, translates it, and checks that the config has no mistakes. Returns the config and the messages.
fn translated(yaml: &str) -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("sweep.yaml"), yaml).unwrap();
    let output = gradsweep(folder.path(), &["init", "--from", "sweep.yaml"]);
    let messages = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{messages}");
    let config = std::fs::read_to_string(folder.path().join("sweep.toml")).unwrap();
    let checked = gradsweep(folder.path(), &["run", "sweep.toml", "--dry-run"]);
    assert!(checked.status.success(), "{config}\n{}", String::from_utf8_lossy(&checked.stderr));
    (config, messages)
}

fn refused(yaml: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("sweep.yaml"), yaml).unwrap();
    let output = gradsweep(folder.path(), &["init", "--from", "sweep.yaml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(!folder.path().join("sweep.toml").exists());
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn a_random_sweep_keeps_its_distributions() {
    let (config, messages) = translated(
        "program: train.py\nname: digits\nmethod: random\nrun_cap: 50\nmetric: {name: loss, goal: minimize}\nparameters:\n  \
         lr: {distribution: log_uniform_values, min: 0.0001, max: 0.1}\n  optimizer: {values: [Adam, sgd]}\n  \
         batch_size: {distribution: q_log_uniform_values, q: 8, min: 8, max: 64}\n  epochs: {min: 1, max: 9}\n  momentum: {min: 0.0, max: 0.9}\n  \
         beta_1: {values: [0.8, 0.9], probabilities: [0.25, 0.75]}\n  epsilon: {distribution: log_normal, mu: -16.0, sigma: 1.0}\n  \
         dropout: {values: [0.1, 0.5]}\n",
    );
    for line in [
        "name = \"digits\"",
        "method = \"random\"",
        "runs = 50",
        "learning_rate = { min = 0.0001, max = 0.1, distribution = \"log_uniform\" }",
        "optimizer = [\"adam\", \"sgd\"]",
        "batch_size = { min = 8, max = 64, distribution = \"log_uniform\", q = 8 }",
        "epochs = { min = 1, max = 9 }",
        "momentum = { min = 0.0, max = 0.9 }",
        "beta_1 = { values = [0.8, 0.9], probabilities = [0.25, 0.75] }",
        "epsilon = { distribution = \"log_normal\", mu = -16.0, sigma = 1.0 }",
    ] {
        assert!(config.lines().any(|own| own == line), "{line}\n{config}");
    }
    for part in ["program: left out", "metric: left out", "parameters.dropout: left out, not a hyperparameter"] {
        assert!(messages.contains(part), "{part}\n{messages}");
    }
}

#[test]
fn a_grid_and_a_bayesian_sweep() {
    let (config, _) = translated(
        "method: grid\nparameters:\n  learning_rate: {values: [0.1, 0.01]}\n  seed: {values: [1, 2, 3]}\n  epochs: {value: 5}\n",
    );
    assert!(
        config.contains("method = \"grid\"\n") && config.contains("\"training.seed\" = [1, 2, 3]\n") && config.contains("epochs = [5]\n")
    );
    let (config, messages) = translated("method: bayes\nparameters:\n  learning_rate: {distribution: log_uniform, min: -9.0, max: -2.0}\n");
    // The bounds of log_uniform are natural logarithms: exp(-9) and exp(-2).
    assert!(config.contains("min = 0.00012340980408667956, max = 0.1353352832366127"), "{config}");
    assert!(config.contains("method = \"sobol\"\nruns = 100\n"));
    assert!(messages.contains("method bayes") && messages.contains("no run_cap"), "{messages}");
}

#[test]
fn what_has_no_counterpart_is_named() {
    assert!(refused("method: random\nparameters:\n  layers: {values: [1, 2]}\n").contains("none of its parameters"));
    assert!(refused("method: magic\nparameters: {}\n").contains("unknown method \"magic\""));
    assert!(refused("parameters: [").contains("sweep.yaml: "));
    let (_, messages) = translated(
        "method: random\nrun_cap: 4\nparameters:\n  learning_rate: {min: 0.1, max: 0.2}\n  rho: {distribution: inv_log_uniform, min: 1.0, max: 2.0}\n  \
         momentum: {parameters: {a: {value: 1}}}\n  epsilon: {min: 0.1, max: 0.2, mean: 3.0}\n",
    );
    for part in ["distribution inv_log_uniform has no counterpart", "nested parameters", "unknown field `mean`"] {
        assert!(messages.contains(part), "{part}\n{messages}");
    }
    let (_, messages) = translated("method: grid\nparameters:\n  learning_rate: {min: 0.1, max: 0.2}\n  epochs: {values: [1, 2]}\n");
    assert!(messages.contains("a grid needs values"), "{messages}");
}

#[test]
fn every_hyperparameter_is_found_by_its_key() {
    for key in Parameter::all().map(Parameter::key) {
        let yaml = format!("method: grid\nparameters:\n  \"{key}\": {{value: 1}}\n");
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("sweep.yaml"), yaml).unwrap();
        assert!(gradsweep(folder.path(), &["init", "--from", "sweep.yaml"]).status.success(), "{key}");
    }
}
