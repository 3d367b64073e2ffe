//! Losses and gradients from rows: the CPU backend against float64, bits across SIMD levels, and float64 gradients against Keras.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use gradsweep::backend::cpu::{Cpu, Simd};
use gradsweep::backend::reference::Reference;
use gradsweep::backend::{Backend, Outcome, RecordOptions};
use gradsweep::config::Experiment;
use gradsweep::internals::kernel::RowEvaluator;
use gradsweep::model::{Activation, Loss, Neuron, Params, Rows};
use serde_json::Value;

use crate::common::neurons::{first_steps_without_epsilon, logistic_cycles};
use crate::common::sweeps::{load, train};

/// Rows of two overlapping classes.
fn classes() -> Rows {
    let x: Vec<f32> = (0..300).map(|i| (i as f32 * 0.618).fract() * 4.0 - 2.0).collect();
    let y = x.iter().enumerate().map(|(i, &x)| if x + (i as f32 * 0.414).fract() > 0.6 { 1.0 } else { 0.0 }).collect();
    Rows { x, y }
}

/// Every pair of activation and loss, except Poisson with activations that may be negative: it takes the logarithm of the prediction.
fn neurons() -> impl Iterator<Item = Neuron> {
    let of = |activation| Loss::ALL.map(|loss| Neuron { activation, loss, use_bias: true, bits: true });
    let positive = [Activation::Sigmoid, Activation::Softplus, Activation::Exponential];
    Activation::ALL.into_iter().flat_map(of).filter(move |own| own.loss != Loss::Poisson || positive.contains(&own.activation))
}

#[test]
fn metrics_of_every_neuron_agree_with_float64_and_across_simd_levels() {
    let rows = classes();
    // 150 points: two whole tiles and a part of one.
    let weight: Vec<f32> = (0..150).map(|i| i as f32 * 0.041 - 3.0).collect();
    let bias: Vec<f32> = (0..150).map(|i| (i % 37) as f32 * 0.1 - 1.8).collect();
    let mut worst = (0.0_f32, Neuron::LINEAR);
    for neuron in neurons() {
        let scalar = Cpu::open(Some(1), Some(Simd::Scalar)).unwrap().metrics(&neuron, &rows, &weight, &bias).unwrap();
        for level in Simd::available() {
            let other = Cpu::open(Some(2), Some(level)).unwrap().metrics(&neuron, &rows, &weight, &bias).unwrap();
            let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(&other.loss), bits(&scalar.loss), "{neuron:?} at {}", level.name());
            assert_eq!(bits(&other.mae), bits(&scalar.mae), "{neuron:?} at {}", level.name());
        }
        let exact = Reference.metrics(&neuron, &rows, &weight, &bias).unwrap();
        for (single, exact) in [(&scalar.loss, &exact.loss), (&scalar.mse, &exact.mse), (&scalar.mae, &exact.mae)] {
            for (&single, &exact) in single.iter().zip(exact) {
                let deviation = (single - exact).abs() / exact.abs().max(1.0);
                // These losses take logarithms of values near 0, which magnify an ulp of z.
                let tolerance = if matches!(neuron.loss, Loss::BinaryCrossentropy | Loss::Poisson) { 5e-5 } else { 5e-6 };
                assert!(deviation <= tolerance, "{neuron:?}: {single} against {exact}");
                worst = if deviation > worst.0 { (deviation, neuron) } else { worst };
            }
        }
    }
    println!("at most {:.1e}, {:?}", worst.0, worst.1);
}

#[test]
fn surface_cells_equal_the_metrics_at_their_points() {
    let (rows, cpu) = (classes(), Cpu::open(Some(2), None).unwrap());
    let neuron = Neuron { activation: Activation::Tanh, loss: Loss::LogCosh, use_bias: true, bits: true };
    let (weight, bias): (Vec<f64>, Vec<f64>) = ((0..70).map(|i| f64::from(i) * 0.1).collect(), vec![-1.0, 0.5, 3.0]);
    let cells = cpu.surface(&neuron, &rows, &weight, &bias).unwrap();
    for (row, &b) in bias.iter().enumerate() {
        let single: Vec<f32> = weight.iter().map(|&w| w as f32).collect();
        let metrics = cpu.metrics(&neuron, &rows, &single, &vec![b as f32; 70]).unwrap();
        assert_eq!(cells[row * 70..(row + 1) * 70], metrics.loss);
    }
}

/// From the steep ends of the surface to its flat middle, with labels between 0 and 1, and with separable rows, whose loss is almost 0.
#[test]
fn surfaces_of_a_logistic_neuron_agree_with_float64() {
    let neuron = Neuron { activation: Activation::Sigmoid, loss: Loss::BinaryCrossentropy, use_bias: true, bits: true };
    let soft =
        |rows: Rows| Rows { y: rows.y.iter().enumerate().map(|(i, y)| if i % 3 == 0 { 0.25 + y / 2.0 } else { *y }).collect(), ..rows };
    let separable = Rows { x: vec![-2.0, -1.5, 1.0, 3.0], y: vec![0.0, 0.0, 1.0, 1.0] };
    let long = Rows { x: classes().x.repeat(9), y: classes().y.repeat(9) };
    let axis = |reach: f64, count: i32| (-count..=count).map(|i| reach * (f64::from(i) / f64::from(count)).powi(3)).collect::<Vec<_>>();
    for rows in [classes(), soft(classes()), separable, long] {
        let weight = [axis(50.0, 60), axis(500.0, 20)].concat();
        let bias = [axis(300.0, 9), axis(400.0, 2)].concat();
        let largest_x = rows.x.iter().fold(0.0, |largest: f64, x| largest.max(f64::from(x.abs())));
        let exact = Reference.surface(&neuron, &rows, &weight, &bias).unwrap();
        let mut levels =
            Simd::available().into_iter().map(|simd| Cpu::open(Some(2), Some(simd)).unwrap().surface(&neuron, &rows, &weight, &bias));
        let cells = levels.next().unwrap().unwrap();
        for (index, (cell, exact)) in cells.iter().zip(&exact).enumerate() {
            let (w, b) = (weight[index % weight.len()], bias[index / weight.len()]);
            // z = wx + b is rounded twice, half an ulp of its terms each; a softplus is within 2.5 ulp. The sum over up to 256 rows rounds each
            // addition by up to half an ulp.
            let terms = w.abs() * largest_x + b.abs();
            let sum = 4.0 + 0.5 * rows.len().min(256) as f64;
            let tolerance = (f64::from(f32::EPSILON) * (terms + sum * f64::from(exact.abs()))) as f32;
            assert!((cell - exact).abs() <= tolerance, "({w}, {b}): {cell} against {exact}");
        }
        assert!(levels.all(|others| others.unwrap() == cells), "SIMD levels differ");
    }
}

#[test]
fn gradients_agree_with_finite_differences() {
    let rows = classes();
    let h = 1e-6;
    for neuron in neurons() {
        let direct = RowEvaluator::of(&neuron);
        let at = |theta: [f64; 2]| direct.over(&rows, Params(theta));
        // No row has a kink at this point.
        let theta = [0.731, 0.277];
        let gradient = at(theta).gradient;
        for i in 0..2 {
            let moved = |t: f64| {
                let mut theta = theta;
                theta[i] += t;
                at(theta).loss
            };
            let quotient = (moved(h) - moved(-h)) / (2.0 * h);
            // A label of 0 contributes 1e9 to a mean percentage error, which leaves few digits for a difference.
            let tolerance = 1e-6 * at(theta).loss.abs().max(quotient.abs()).max(1.0) / if neuron.loss == Loss::Mape { 1e-3 } else { 1.0 };
            assert!((gradient[i] - quotient).abs() <= tolerance, "{neuron:?}: {} against {quotient}", gradient[i]);
        }
        let without = RowEvaluator::of(&Neuron { use_bias: false, ..neuron }).over(&rows, Params(theta));
        assert_eq!(without.gradient, Params::new(gradient[0], 0.0), "{neuron:?}");
    }
}

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

/// A column of a golden CSV.
fn column(file: &str, name: &str) -> Vec<f32> {
    let text = std::fs::read_to_string(golden("data").join(file)).unwrap();
    let mut lines = text.lines();
    let index = lines.next().unwrap().split(',').position(|own| own == name).unwrap();
    lines.map(|line| line.split(',').nth(index).unwrap().parse::<f64>().unwrap() as f32).collect()
}

/// Golden cases of activations, losses and kinks under plain SGD. Each step starts from the parameters of Keras: θ − η·gradient, in float64.
#[test]
fn gradients_agree_with_keras() {
    let cases: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(golden("cases.json")).unwrap()).unwrap();
    let mut histories: HashMap<String, Vec<[f64; 2]>> = HashMap::new();
    for line in std::fs::read_to_string(golden("histories.csv")).unwrap().lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        histories.entry(cells[0].to_owned()).or_default().push([cells[2].parse().unwrap(), cells[3].parse().unwrap()]);
    }
    let mut count = 0;
    for case in &cases {
        let sgd = case["optimizer"].as_object().unwrap();
        if !["activation_loss", "kink"].contains(&case["group"].as_str().unwrap()) || sgd["name"] != "sgd" {
            continue;
        }
        let text = |key: &str| case[key].as_str().unwrap();
        let rows = Rows { x: column(text("data"), text("feature")), y: column(text("data"), text("target")) };
        let named = Neuron {
            activation: Activation::from_name(text("activation")).unwrap(),
            loss: Loss::from_name(text("loss")).unwrap(),
            ..Neuron::LINEAR
        };
        let direct = RowEvaluator::of(&named.on(rows.y.iter().map(|&y| f64::from(y))));
        let rate = sgd["learning_rate"].as_f64().unwrap() as f32;
        let batch = case["batch_size"].as_u64().unwrap() as usize;
        let mut theta = [case["w0"].as_f64().unwrap(), case["b0"].as_f64().unwrap()];
        let id = text("id");
        for (step, keras) in histories[id].iter().enumerate() {
            let first = step * batch % rows.len();
            let own = first..(first + batch).min(rows.len());
            let pairs = rows.x[own.clone()].iter().copied().zip(rows.y[own].iter().copied());
            let gradient = direct.means(pairs, Params(theta)).gradient;
            for i in 0..2 {
                let next = theta[i] - f64::from(rate) * gradient[i];
                assert!((next - keras[i]).abs() <= 5e-7 * keras[i].abs().max(1.0), "{id}, step {step}: {next} against {}", keras[i]);
            }
            theta = *keras;
        }
        count += 1;
    }
    assert!(count >= 40, "{count}");
}

/// Four activations and four losses with a few rules and options. No group size is a multiple of a lane count.
const SWEEP: &str = r#"
[data]
path = "data/classes.csv"
feature = "hours"
target = "passed"
test_size = 0.25
scale = "standard"
[training]
epochs = 3
batch_size = 7
[sweep.parameters]
activation = ["sigmoid", "gelu", "mish", "hard_sigmoid"]
loss = ["bce", "squared_hinge", "log_cosh", "mae"]
use_bias = [true, false]
optimizer = ["sgd", { name = "adam", learning_rate = 0.03 }, { name = "lion", weight_decay = 0.1, learning_rate = 0.01 }]
initial_weight = [-1.0, 0.3, 2.0]
"#;

/// Weight, bias and the losses of the last epoch for each run, group by group.
fn ends(experiment: &Experiment, backend: &dyn Backend) -> Vec<[f32; 4]> {
    let (_, outcomes) = train(experiment, backend, RecordOptions { every: 0, epochs: true });
    let of_outcome = |outcome: &Outcome| {
        let epochs = outcome.epochs.as_ref().unwrap();
        let last = |lane: usize| epochs.blocks.index(lane, 2);
        let lanes = 0..outcome.weight.len();
        lanes
            .map(|lane| [outcome.weight[lane], outcome.bias[lane], epochs.loss[last(lane)], epochs.val_loss[last(lane)]])
            .collect::<Vec<_>>()
    };
    outcomes.iter().flat_map(of_outcome).collect()
}

#[test]
fn runs_have_equal_bits_at_every_simd_level_and_agree_with_float64() {
    let experiment = load(SWEEP);
    let scalar = ends(&experiment, &Cpu::open(Some(1), Some(Simd::Scalar)).unwrap());
    assert_eq!(scalar.len(), 4 * 4 * 2 * 3 * 3);
    for level in Simd::available() {
        let other = ends(&experiment, &Cpu::open(Some(2), Some(level)).unwrap());
        let bits = |runs: &[[f32; 4]]| runs.iter().map(|run| run.map(f32::to_bits)).collect::<Vec<_>>();
        assert_eq!(bits(&other), bits(&scalar), "{}", level.name());
    }
    for (single, exact) in scalar.iter().zip(ends(&experiment, &Reference)) {
        for (single, exact) in single.iter().zip(exact) {
            assert!((single - exact).abs() <= 2e-4 * exact.abs().max(1.0), "{single} against {exact}");
        }
    }
}

/// Whole tiles and a partial one, at rates at which no run can diverge and at rates at which many runs do.
#[test]
fn whole_tiles_from_rows_have_equal_bits_at_every_simd_level() {
    for rates in ["min = 1e-4, max = 1.0", "min = 1e-2, max = 1e6"] {
        let experiment = load(&format!(
            r#"
[data]
path = "data/classes.csv"
feature = "hours"
target = "passed"
[model]
activation = "linear"
[training]
batch_size = 16
epochs = 3
[sweep.parameters]
loss = ["mae", "huber", "mape", "squared_hinge"]
optimizer = ["rmsprop", "adam", {{ name = "sgd", momentum = 0.9 }}, "adagrad"]
learning_rate = {{ {rates}, count = 150, distribution = "log_uniform" }}
"#
        ));
        let of = |threads: usize, level: Simd| {
            let (_, outcomes) =
                train(&experiment, &Cpu::open(Some(threads), Some(level)).unwrap(), RecordOptions { every: 0, epochs: false });
            let run = |own: &Outcome, lane: usize| {
                format!("{:x} {:x} {:?}", own.weight[lane].to_bits(), own.bias[lane].to_bits(), own.statistics(lane))
            };
            let runs = outcomes.iter().flat_map(|own| (0..own.weight.len()).map(|lane| run(own, lane)));
            runs.collect::<Vec<_>>()
        };
        let scalar = of(1, Simd::Scalar);
        assert_eq!(scalar.len(), 4 * 4 * 150);
        for level in Simd::available() {
            for (one, other) in scalar.iter().zip(of(2, level)) {
                assert_eq!(*one, other, "{rates} at {}", level.name());
            }
        }
    }
}

#[test]
fn without_a_bias_no_rule_needs_an_epsilon() {
    for backend in [&Reference as &dyn Backend, &Cpu::open(None, None).unwrap()] {
        first_steps_without_epsilon(backend);
    }
}

#[test]
fn a_logistic_neuron_cycles_at_large_rates() {
    for backend in [&Reference as &dyn Backend, &Cpu::open(None, None).unwrap()] {
        logistic_cycles(backend);
    }
}
