//! Variations of a run, as the page of a report requests them.

use gradsweep::analysis::explorer::{
    AxisRequest, ExploreRequest, GridCell, GridRequest, OrbitRequest, PredictionRequest, Variation, explore, grid, orbit, predictions,
};
use gradsweep::backend::cpu::Cpu;
use gradsweep::config::{self, Experiment};
use gradsweep::model::{Optimizer, Params, Verdict};
use gradsweep::sweep::{Problems, replay};
use serde_json::{Value, json};

use crate::common::program::root;
use crate::common::sweeps::{experiment, table};

fn cpu() -> Cpu {
    Cpu::open(None, None).unwrap()
}

fn variation(run: u64, set: &Value) -> Variation {
    serde_json::from_value(json!({ "run": run, "set": set })).unwrap()
}

fn request(run: u64, set: &Value) -> ExploreRequest {
    ExploreRequest { variation: variation(run, set), figures: Vec::new(), command: true }
}

fn shipped(name: &str, sets: &[String]) -> Experiment {
    config::load(&root().join("configs").join(format!("{name}.toml")), sets).unwrap()
}

#[test]
fn arguments_of_a_variation_give_the_bits_of_its_path() {
    let mut without_arguments = Vec::new();
    for (name, runs, set) in [
        ("article", vec![0], json!({ "learning_rate": 0.02, "batch_size": 16 })),
        ("article", vec![0], json!({ "optimizer": "sgd", "momentum": 0.5, "learning_rate": 1e-5, "rho": 0.5 })),
        ("learning_rates", vec![0, 7], json!({ "epochs": 3, "initial_weight": 0.25 })),
        ("learning_rates", vec![3], json!({ "optimizer": "adamw", "amsgrad": true })),
        ("optimizers", vec![0, 4], json!({ "optimizer": "muon" })),
        ("optimizers", vec![0, 3, 9, 12], json!({ "learning_rate": 0.0123 })),
        ("batch_sizes", vec![0, 5], json!({ "training.seed": 4 })),
        ("schedules", vec![0, 6], json!({ "epochs": 4 })),
        ("scaling", vec![0, 9], json!({ "data.scale": "min_max" })),
    ] {
        let experiment = shipped(name, &[]);
        let problems = Problems::new(&experiment).unwrap();
        for run in runs {
            for set in [json!({}), set.clone()] {
                let found = explore(&experiment, &problems, &cpu(), &request(run, &set)).unwrap();
                let Some(sets) = found.explored.sets else {
                    without_arguments.push(format!("{name} {run} {set}"));
                    continue;
                };
                let own = shipped(name, &sets);
                assert_eq!(own.space.len(), 1, "{name} {run}: {sets:?}");
                let expected = replay(&own, &Problems::new(&own).unwrap(), &cpu(), &[0]).unwrap();
                assert_eq!(found.path, expected[0], "{name} {run}: {sets:?}");
            }
        }
    }
    // Arguments cannot remove keys: [training.schedule] has fields that a single schedule lacks, which a config may not have.
    assert_eq!(without_arguments, ["schedules 0 {}", "schedules 0 {\"epochs\":4}", "schedules 6 {}", "schedules 6 {\"epochs\":4}"]);
}

#[test]
fn another_optimizer_has_the_defaults_of_keras_and_the_same_learning_rate() {
    let experiment = shipped("article", &[]);
    let problems = Problems::new(&experiment).unwrap();
    for optimizer in Optimizer::ALL {
        let name = optimizer.name();
        let found = explore(&experiment, &problems, &cpu(), &request(0, &json!({ "optimizer": name }))).unwrap();
        let own = shipped("article", &[format!("training.optimizer={name}")]);
        let expected = replay(&own, &Problems::new(&own).unwrap(), &cpu(), &[0]).unwrap();
        assert_eq!(found.path, expected[0], "{name}");
        let settings: Vec<&str> = found.explored.settings.iter().map(|setting| setting.key).collect();
        let arguments = optimizer.arguments().iter().map(|(parameter, _)| parameter.key()).filter(|key| *key != "relative_step");
        for key in arguments {
            assert!(settings.contains(&key), "{name}: {key} is missing in {settings:?}");
        }
        assert!(found.explored.sets.is_some(), "{name}");
    }
    let message = explore(&experiment, &problems, &cpu(), &request(0, &json!({ "optimizer": "sdg" }))).unwrap_err().to_string();
    assert_eq!(message, "optimizer cannot be \"sdg\"; docs/supported.md lists its type and bounds");
}

#[test]
fn a_variation_without_changes_is_the_run_of_the_sweep() {
    let experiment = experiment("test_size = 0.2\nscale = \"standard\"\n[sweep.parameters]\nlearning_rate = [0.01, 0.5, 1.5]\n");
    let problems = Problems::new(&experiment).unwrap();
    let table = table(&experiment, &cpu());
    for run in 0..3 {
        let found = explore(&experiment, &problems, &cpu(), &request(run, &json!({}))).unwrap();
        let row = run as usize;
        assert_eq!(found.path, replay(&experiment, &problems, &cpu(), &[run]).unwrap()[0]);
        assert_eq!(found.explored.loss.map(|loss| loss as f32), Some(table.train_loss[row]).filter(|loss| loss.is_finite()));
        assert_eq!(found.explored.verdict, table.verdict[row].in_words(table.cycle_period[row]));
        assert_eq!(found.cost.len(), found.path.len());
        let last = found.cost.last().unwrap();
        assert!((last - f64::from(table.train_loss[row])).abs() <= 1e-5 * last, "{last} and {}", table.train_loss[row]);
    }
}

#[test]
fn directions_are_eigenvectors_of_the_hessian() {
    let experiment = experiment("");
    let problems = Problems::new(&experiment).unwrap();
    let found = explore(&experiment, &problems, &cpu(), &request(0, &json!({}))).unwrap();
    let [[a, c], [d, b]] = problems.all[0].optimum.unwrap().curvature.unwrap().hessian;
    assert_eq!(found.explored.directions.len(), 2);
    for direction in &found.explored.directions {
        let Params([x, y]) = direction.vector;
        let image = [a * x + c * y, d * x + b * y];
        for (image, expected) in image.into_iter().zip([x, y].map(|entry| entry * direction.eigenvalue)) {
            assert!((image - expected).abs() < 1e-9 * a, "{image} and {expected}");
        }
    }
    assert!(found.explored.directions[0].eigenvalue < found.explored.directions[1].eigenvalue);
}

#[test]
fn figures_are_those_of_a_sweep_of_one_run() {
    let experiment = experiment("[sweep.parameters]\nlearning_rate = [0.01, 0.5]\n");
    let problems = Problems::new(&experiment).unwrap();
    let names = ["contour", "losses", "parameters", "fit"];
    let request = ExploreRequest { figures: names.map(str::to_owned).to_vec(), ..request(1, &json!({})) };
    let found = explore(&experiment, &problems, &cpu(), &request).unwrap();
    let mut drawn: Vec<&String> = found.explored.figures.keys().collect();
    drawn.sort();
    assert_eq!(drawn, ["contour", "fit", "losses", "parameters"]);
}

#[test]
fn cells_of_a_grid_are_the_results_of_single_variations() {
    let experiment = experiment("scale = \"standard\"\n[training]\noptimizer = \"sgd\"\nepochs = 20\nbatch_size = 10\n");
    let problems = Problems::new(&experiment).unwrap();
    let axis = |key: &str, min, max, count, log| AxisRequest { key: key.into(), min, max, count, log };
    let request = GridRequest {
        variation: variation(0, &json!({})),
        x: axis("learning_rate", 1e-4, 3.0, 5, true),
        y: axis("momentum", 0.0, 0.9, 3, false),
    };
    let cells = grid(&experiment, &problems, &cpu(), &request).unwrap();
    assert_eq!(cells.len(), 15);
    let mut kinds = [0; 3];
    for (number, cell) in cells.iter().enumerate() {
        let rate = 1e-4 * libm::exp((number % 5) as f64 / 4.0 * libm::log(3.0 / 1e-4));
        let set = json!({ "learning_rate": rate, "momentum": (number / 5) as f64 / 2.0 * 0.9 });
        let one = explore(&experiment, &problems, &cpu(), &self::request(0, &set)).unwrap().explored;
        match cell {
            GridCell::Converged(epochs) => {
                assert_eq!((Some(*epochs as u32), one.verdict.as_str()), (one.epochs_to_reach, Verdict::Converged.name()));
            }
            GridCell::Other(excess) => {
                assert_eq!(one.mean_excess.map(|excess| excess as f32), Some(*excess).filter(|excess| excess.is_finite()));
            }
            GridCell::Diverged(update) => assert_eq!(one.diverged_at, Some(*update as u64)),
        }
        kinds[match cell {
            GridCell::Converged(_) => 0,
            GridCell::Other(_) => 1,
            GridCell::Diverged(_) => 2,
        }] += 1;
    }
    assert!(kinds.iter().all(|count| *count > 0), "{kinds:?}");
}

#[test]
fn an_orbit_has_the_last_updates_of_each_run() {
    // On standardised data J − J* of full-batch gradient descent is multiplied by (1 − 2η)² at each update.
    let experiment = experiment("scale = \"standard\"\n[training]\noptimizer = \"sgd\"\nepochs = 6\nbatch_size = \"full\"\n");
    let problems = Problems::new(&experiment).unwrap();
    let x = AxisRequest { key: "learning_rate".into(), min: 0.1, max: 0.3, count: 2, log: false };
    let [excess, weight] =
        orbit(&experiment, &problems, &cpu(), &OrbitRequest { variation: variation(0, &json!({})), x, last: 4 }).unwrap();
    assert_eq!((excess.len(), weight.len()), (8, 8));
    for (run, factor) in [(0, 0.64), (1, 0.16)] {
        for pair in excess[run * 4..run * 4 + 4].windows(2) {
            assert!((pair[1] / pair[0] / factor - 1.0).abs() < 1e-3, "{pair:?}");
        }
    }
}

#[test]
fn wrong_requests_are_errors_with_a_reason() {
    let experiment = experiment("");
    let problems = Problems::new(&experiment).unwrap();
    let message = |request: &ExploreRequest| explore(&experiment, &problems, &cpu(), request).unwrap_err().to_string();
    assert_eq!(message(&request(1, &json!({}))), "the results have no run 1; they have 1 run, numbered from 0");
    assert!(message(&request(0, &json!({ "lr": 0.1 }))).contains("did you mean `learning_rate`?"));
    assert_eq!(message(&request(0, &json!({ "momentum": 2 }))), "momentum cannot be 2; docs/supported.md lists its type and bounds");
    assert_eq!(
        message(&request(0, &json!({ "batch_size": 2.5 }))),
        "batch_size cannot be 2.5; docs/supported.md lists its type and bounds"
    );
    assert!(message(&request(0, &json!({ "epochs": 4_000_000_000_u64, "batch_size": 1 }))).contains("2,000,000,000 updates"));
}

#[test]
fn predictions_use_the_unscaled_feature() {
    let experiment = experiment("scale = \"standard\"\n");
    let problems = Problems::new(&experiment).unwrap();
    let request = PredictionRequest { variation: variation(0, &json!({})), parameters: Params::new(2.0, 3.0), range: [0.0, 100.0] };
    let points = predictions(&experiment, &problems, &request).unwrap();
    // 2 (x − 147.0425) / 85.63933 + 3, with NumPy's mean and population standard deviation of TV.
    let expected = [[0.0, -0.433_994_567_3], [100.0, 1.901_380_965_1]];
    let is_near = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-6;
    assert_eq!(points.len(), 2);
    assert!(points.iter().flatten().zip(expected.iter().flatten()).all(is_near), "{points:?}");
}

#[test]
fn an_unknown_figure_is_refused() {
    let experiment = experiment("");
    let problems = Problems::new(&experiment).unwrap();
    let own = ExploreRequest { figures: vec!["heatmap".into()], ..request(0, &json!({})) };
    let message = explore(&experiment, &problems, &cpu(), &own).unwrap_err().to_string();
    assert_eq!(message, "no picture has the name `heatmap`; the names are contour, parameters, losses and fit");
}
