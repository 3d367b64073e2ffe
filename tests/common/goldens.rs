//! Comparison of `run` and `replay` with the histories that Keras recorded.

use std::collections::HashMap;
use std::fmt::Write as _;

use gradsweep::store::RunDirectory;
use serde_json::Value;

use super::program::{folder_with, numbers, root, succeeds};

fn golden(name: &str) -> String {
    std::fs::read_to_string(root().join("tests/golden").join(name)).unwrap()
}

fn floats(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

/// The largest |a − b| of two columns.
fn worst(a: impl Iterator<Item = f64>, b: &[f64]) -> f64 {
    a.zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, |worst, d| if d <= worst { worst } else { d })
}

/// Compares the article's run with its published history: parameters within `path`, epoch losses within a relative `loss`.
pub fn article(backend: &str, path: f64, loss: f64) {
    let folder = tempfile::tempdir().unwrap();
    let config = root().join("configs/article.toml");
    let arguments = ["run", config.to_str().unwrap(), "--backend", backend, "--out", "out", "--no-plots", "--json"];
    let result: Value = serde_json::from_str(&succeeds(folder.path(), &arguments)).unwrap();
    assert_eq!(result["counts"]["converged"], 0, "the article's run does not reach the optimum");
    assert_eq!(result["counts"]["slow"], 1, "it creeps along the valley");
    let golden: Value = serde_json::from_str(&golden("article.json")).unwrap();
    let steps = numbers(&succeeds(folder.path(), &["replay", "out", "--run", "0"]));
    let steps = &steps[1..];
    assert_eq!(steps.len(), 160);
    for (column, name) in [(1, "weight"), (2, "bias")] {
        let deviation = worst(steps.iter().map(|row| row[column]), &floats(&golden[name]));
        println!("article, {backend}: {name} {deviation:.1e}");
        assert!(deviation <= path, "{name} deviates by {deviation:e}");
    }
    let epochs = numbers(&succeeds(folder.path(), &["replay", "out", "--run", "0", "--epochs"]));
    let published = floats(&golden["epoch_loss"]);
    assert_eq!(epochs.len(), 10);
    let deviation = worst(epochs.iter().zip(&published).map(|(row, loss)| row[1] / loss), &[1.0; 10]);
    println!("article, {backend}: epoch losses {deviation:.1e}");
    assert!(deviation <= loss, "an epoch loss deviates by {deviation:e}");
}

/// The columns of a golden CSV after the first one, by case.
fn by_case(name: &str) -> HashMap<String, Vec<Vec<f64>>> {
    let mut cases: HashMap<String, Vec<Vec<f64>>> = HashMap::new();
    for line in golden(name).lines().skip(1) {
        let (id, cells) = line.split_once(',').unwrap();
        cases.entry(id.to_owned()).or_default().push(cells.split(',').map(|cell| cell.parse().unwrap_or(f64::NAN)).collect());
    }
    cases
}

/// The golden cases.
pub fn cases() -> Vec<Value> {
    serde_json::from_str(&golden("cases.json")).unwrap()
}

fn config(case: &Value) -> String {
    let data = root().join("tests/golden/data").join(case["data"].as_str().unwrap());
    let rows = |value: &Value| format!("\"{}..{}\"", value[0], value[1]);
    let mut text = format!(
        "[data]\npath = \"{}\"\nfeature = {}\ntarget = {}\nscale = {}\ntrain_rows = {}\n",
        data.display(),
        case["feature"],
        case["target"],
        case["scale"],
        rows(&case["rows"])
    );
    if !case["val_rows"].is_null() {
        let _ = writeln!(text, "test_rows = {}", rows(&case["val_rows"]));
    }
    let optimizer: Vec<String> = case["optimizer"].as_object().unwrap().iter().map(|(key, value)| format!("{key} = {value}")).collect();
    let float = |value: &Value| format!("{:?}", value.as_f64().unwrap());
    let _ = writeln!(text, "[model]\nactivation = {}\nloss = {}", case["activation"], case["loss"]);
    let _ = writeln!(text, "initial_weight = {}\ninitial_bias = {}", float(&case["w0"]), float(&case["b0"]));
    let _ = writeln!(text, "[training]\nshuffle = false\nbatch_size = {}\nepochs = {}", case["batch_size"], case["epochs"]);
    let _ = writeln!(text, "optimizer = {{ {} }}", optimizer.join(", "));
    let Some(schedule) = case["schedule"].as_object() else { return text };
    if let Some(rate) = schedule.get("initial_learning_rate") {
        let _ = writeln!(text, "learning_rate = {rate}");
    }
    text += "[training.schedule]\n";
    for (key, value) in schedule.iter().filter(|(key, _)| *key != "initial_learning_rate") {
        let _ = writeln!(text, "{key} = {value}");
    }
    text
}

/// The tolerance of every case, relative to the largest magnitude of a parameter in it.
pub const RELATIVE: f64 = 3e-5;

/// Golden cases that a GPU resolves differently from Keras at a kink: part of the adapter's name, and the case. WGSL may fuse w·x + b, and then a tie is
/// missed. llvmpipe resolves every kink as Keras does. A case must be listed to differ, and must differ while it is listed.
pub const KINK_DIFFERENCES: &[(&str, &str)] = &[];

/// Compares all cases with the backend's histories, final parameters and epoch losses. Cases in `different` are expected to deviate. Returns the worst deviation of
/// each other case.
pub fn keras(backend: &str, cases: &[Value], different: &[&str]) -> Vec<f64> {
    let (histories, epochs, finals) = (by_case("histories.csv"), by_case("epochs.csv"), by_case("finals.csv"));
    assert!(cases.len() == 169, "{} cases", cases.len());
    let mut overall = (0.0_f64, String::new());
    let mut ended_elsewhere = 0;
    let mut measured = Vec::new();
    for case in cases {
        let id = case["id"].as_str().unwrap();
        let (folder, path) = folder_with(&config(case));
        succeeds(folder.path(), &["run", path.to_str().unwrap(), "--backend", backend, "--out", "out", "--no-plots"]);
        let steps = numbers(&succeeds(folder.path(), &["replay", "out", "--run", "0"]));
        let golden = &histories[id];
        let runs = RunDirectory::open(&folder.path().join("out")).unwrap().runs().unwrap();
        let ends = [runs.weight[0], runs.bias[0]];
        assert_eq!(steps.len(), golden.len() + 1, "{id}");
        let mut own = 0.0_f64;
        let is_different = different.contains(&id);
        for column in [1, 2] {
            let theirs: Vec<f64> = golden.iter().map(|row| row[column]).collect();
            // A parameter that is always 0 must be exactly 0.
            let scale = theirs.iter().fold(f64::MIN_POSITIVE, |scale, v| scale.max(v.abs()));
            let deviation = worst(steps[1..].iter().map(|row| row[column]), &theirs) / scale;
            let end = (f64::from(ends[column - 1]) - finals[id][0][column - 1]).abs() / scale;
            own = own.max(deviation).max(end);
            if is_different {
                continue;
            }
            assert!(deviation <= RELATIVE && end <= RELATIVE, "{id}: column {column} deviates by {deviation:e}, its end by {end:e}");
            ended_elsewhere += usize::from(finals[id][0][column - 1] != theirs[theirs.len() - 1]);
            if deviation > overall.0 {
                overall = (deviation, id.to_owned());
            }
        }
        if is_different {
            assert!(own > RELATIVE, "{id} agrees with Keras: remove it from the expected differences");
            continue;
        }
        measured.push(own);
        let ours = numbers(&succeeds(folder.path(), &["replay", "out", "--run", "0", "--epochs"]));
        for (ours, theirs) in ours.iter().zip(&epochs[id]) {
            for (ours, theirs) in [(ours[1], theirs[1]), (ours[3], theirs[2])] {
                assert_eq!(ours.is_nan(), theirs.is_nan(), "{id}");
                assert!(ours.is_nan() || ((ours - theirs) / theirs).abs() <= RELATIVE, "{id}: loss {ours} against {theirs}");
            }
        }
    }
    assert!(ended_elsewhere >= 4, "the averaged parameters are not a point of the path");
    println!("{} cases on {backend}: at most {:.1e} ({})", cases.len(), overall.0, overall.1);
    measured
}
