//! Checks of neurons that hold on every backend.

use gradsweep::backend::{Backend, RecordOptions};
use gradsweep::model::Verdict;

use super::sweeps::{load_with, table, train};

/// Without a bias no rule divides by the gradient of the bias, which is 0. So ε = 0 is valid, and the first step has a closed form.
pub fn first_steps_without_epsilon(backend: &dyn Backend) {
    let config = "[data]\npath = \"rows.csv\"\nfeature = \"x\"\ntarget = \"y\"\n[model]\nactivation = \"tanh\"\ninitial_weight = 0.5\n\
                  [training]\nbatch_size = \"full\"\nepochs = 1\n[sweep.parameters]\nuse_bias = [false]\nlearning_rate = [0.01]\n\
                  optimizer = [{ name = \"rmsprop\", epsilon = 0.0 }, { name = \"adagrad\", epsilon = 0.0 }, { name = \"adam\", epsilon = 0.0 }, \
                  { name = \"adamw\", epsilon = 0.0, weight_decay = 0.0 }, { name = \"adamax\", epsilon = 0.0 }]\n";
    // The gradient g is positive. The first steps are η/√(1−ρ), ηg/√(a₀ + g²), and η three times.
    let experiment = load_with(config, b"x,y\n1,-2\n2,-3\n-1,2\n");
    let rows: [(f64, f64); 3] = [(1.0, -2.0), (2.0, -3.0), (-1.0, 2.0)];
    let gradient: f64 = rows.iter().map(|(x, y)| 2.0 * ((0.5 * x).tanh() - y) * (1.0 - (0.5 * x).tanh().powi(2)) * x).sum::<f64>() / 3.0;
    let steps = [0.01 / 0.1_f64.sqrt(), 0.01 * gradient / (0.1 + gradient * gradient).sqrt(), 0.01, 0.01, 0.01];
    let (_, outcomes) = train(&experiment, backend, RecordOptions { every: 0, epochs: false });
    let ends = outcomes.iter().flat_map(|outcome| outcome.weight.iter().zip(&outcome.bias));
    for ((&weight, &bias), step) in ends.zip(steps) {
        let expected = 0.5 - step;
        assert!((f64::from(weight) - expected).abs() <= 1e-6 && bias == 0.0, "{weight}, {bias} against {expected}");
    }
    assert_eq!(outcomes.iter().map(|outcome| outcome.weight.len()).sum::<usize>(), steps.len());
}

/// Logistic neurons on inseparable rows, with full batches at rates far above 2/λmax. The periods come from iterating θ − η·∇J in
/// float64 with another program.
pub fn logistic_cycles(backend: &dyn Backend) {
    let cases: [(f64, &[f64], &[u8], u32); 4] = [
        (5.0, &[-0.9, 1.1, 1.6, 2.7, 2.6, -0.5], &[1, 0, 1, 1, 1, 0], 2),
        (80.0, &[-1.5, 0.1, 1.4, 1.1, -0.4, 1.7, -0.1, 1.3, -0.1, 2.8], &[0, 0, 1, 1, 0, 1, 0, 1, 1, 1], 3),
        (10.0, &[1.8, -0.6, -1.4, 2.2], &[1, 0, 1, 1], 4),
        (10.0, &[1.2, 2.9, 0.6, -0.6, -2.0, 0.0, 2.9, 1.6], &[0, 1, 1, 1, 0, 0, 1, 1], 6),
    ];
    let config = |rate: f64| {
        format!(
            "[data]\npath = \"rows.csv\"\nfeature = \"x\"\ntarget = \"y\"\n[model]\nactivation = \"sigmoid\"\nloss = \"bce\"\ninitial_weight = 0.1\ninitial_bias = 0.0\n[training]\noptimizer = \"sgd\"\nbatch_size = \"full\"\nepochs = 2000\n[sweep.parameters]\nlearning_rate = [1e-2, {rate}]\n"
        )
    };
    for (rate, x, y, period) in &cases {
        let rows: Vec<String> = x.iter().zip(*y).map(|(x, y)| format!("{x},{y}")).collect();
        let experiment = load_with(&config(*rate), format!("x,y\n{}", rows.join("\n")).as_bytes());
        let table = table(&experiment, backend);
        assert_eq!(table.cycle_period, [None, Some(*period)], "rate {rate}, {}", backend.describe().backend);
        assert_eq!(table.verdict[1], Verdict::Cycling);
    }
}
