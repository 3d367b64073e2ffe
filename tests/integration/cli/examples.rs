//! Bundled configs and `bench`, as a user runs them.

use gradsweep::store::RunDirectory;
use serde_json::Value;

use crate::common::program::{folder_with, gradsweep, on_tv, root, succeeds};

#[test]
fn a_cycling_run_is_reported_with_its_period_and_a_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let config = root().join("configs/cycles.toml");
    let json = |arguments: &[&str]| -> Value {
        let arguments = [&["run", config.to_str().unwrap(), "--json"], arguments].concat();
        serde_json::from_str(&succeeds(folder.path(), &arguments)).unwrap()
    };
    let result = json(&["--out", "out", "--no-plots"]);
    assert_eq!(result["counts"]["converged"], 3, "the rates below 2/λmax = 6.63");
    let runs = RunDirectory::open(&folder.path().join("out")).unwrap().runs().unwrap();
    assert_eq!(runs.cycle_period[..6], [None, None, None, Some(2), Some(4), Some(4)]);
    assert_eq!(result["counts"]["cycling"], runs.cycle_period.iter().flatten().count());
    let only = json(&["--out", "only", "--no-plots", "--set", "sweep.parameters.learning_rate=[8.0]"]);
    let model = &only["diagnosis"]["models"][0];
    let conclusion = model["conclusion"].as_str().unwrap();
    assert!(conclusion.contains("it repeats a cycle of 2 epochs, because learning_rate 8 is too large to settle"), "{conclusion}");
    let remedy = model["remedy"]["set"][0].as_str().unwrap();
    assert_eq!(json(&["--out", "cured", "--no-plots", "--set", remedy])["counts"]["converged"], 1, "{remedy}");
}

#[test]
fn bench_draws_the_speed_at_each_size() {
    let folder = tempfile::tempdir().unwrap();
    let rates = "sweep.parameters.learning_rate={ min = 1e-4, max = 1.0, count = 20, distribution = \"log_uniform\" }";
    let arguments = ["bench", "--backend", "cpu", "--threads", "1", "--repeats", "1", "--json", "--plot", "drawn", "--set", rates];
    let table: Value = serde_json::from_str(&succeeds(folder.path(), &arguments)).unwrap();
    let curves = table["sizes"]["curves"].as_array().unwrap();
    assert_eq!(curves.len(), 2, "one core, without and with histories");
    for curve in curves {
        let points = curve["points"].as_array().unwrap();
        let runs: Vec<_> = points.iter().map(|point| point["runs"].as_u64().unwrap()).collect();
        assert_eq!(runs, [1, 4, 16, 20]);
        assert!(points.iter().all(|point| point["steps"].as_u64() == point["runs"].as_u64().map(|runs| 160 * runs)));
    }
    assert_eq!(table["sizes"]["gpu_pays_from"], serde_json::json!([null, null]));
    for name in ["bench.png", "bench.svg"] {
        assert!(folder.path().join("drawn").join(name).is_file(), "{name}");
    }
    let text = succeeds(folder.path(), &[&["bench", "--sizes"], &arguments[1..7], &arguments[10..]].concat());
    assert!(text.contains("20 runs") && text.contains("No GPU was measured."), "{text}");
}

#[test]
fn bench_below_its_floor_fails() {
    let folder = tempfile::tempdir().unwrap();
    let run = |floor: &str| {
        let sets = ["--set", "sweep.parameters.learning_rate={ min = 1e-4, max = 1.0, count = 256, distribution = \"log_uniform\" }"];
        gradsweep(folder.path(), &[&["bench", "--backend", "cpu", "--repeats", "1", "--json", "--floor", floor], &sets[..]].concat())
    };
    let output = run("0");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let table: Value = serde_json::from_slice(&output.stdout).unwrap();
    // Some SIMD levels have no limit.
    if table["limits"].as_array().is_some_and(|limits| !limits.is_empty()) {
        let share = table["lines"][2]["speed"]["share_of_limit"].as_f64().unwrap();
        assert!(share > 0.0 && share.is_finite(), "{share}");
        let output = run("1e6");
        assert_eq!(output.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&output.stderr).contains("% of the machine's limit, less than 1000000 %"));
    }
}

/// exp(500·x) of a standardised feature is beyond float32; a weight of 0 gives a constant prediction.
#[test]
fn cells_of_a_surface_beyond_float32_are_counted() {
    let (folder, _) = folder_with(&on_tv(
        "scale = \"standard\"\n[model]\nactivation = \"exponential\"\n[surface]\nweight = { min = -1000, max = 1000, count = 5 }\n\
         bias = { min = -1, max = 1, count = 3 }\n",
    ));
    succeeds(folder.path(), &["run", "sweep.toml", "--backend", "cpu", "--no-plots", "--out", "out"]);
    let surface: Value = serde_json::from_slice(&std::fs::read(folder.path().join("out/surfaces/0.json")).unwrap()).unwrap();
    assert_eq!(surface["saturated_cells"], 4 * 3);
}
