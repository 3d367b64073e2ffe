//! Polars, DuckDB and NumPy read a run directory.

use std::path::{Path, PathBuf};
use std::process::Command;

use gradsweep::store::{Surface, write_surface};
use libtest_mimic::{Completion, Trial};
use serde_json::{Value, json};

use crate::common::known_sweeps::{Sweep, begin, problems, small};
use crate::{missing, trial};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/conditional/readers.py");
const REQUIREMENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/.ci/requirements.txt");
/// The variable that turns missing readers into a failure.
const REQUIRED: &str = "GRADSWEEP_REQUIRE_READERS";

/// The tests of this file.
pub fn trials() -> Vec<Trial> {
    vec![trial(concat!(module_path!(), "::polars_duckdb_and_numpy_read_every_file"), || match python() {
        Ok(python) => {
            polars_duckdb_and_numpy_read_every_file(&python);
            Completion::Completed
        }
        Err(reason) => missing(REQUIRED, &reason),
    })]
}

fn polars_duckdb_and_numpy_read_every_file(python: &Path) {
    let sweep = small();
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("run");
    let mut writer = begin(&directory);
    writer.write_problems(&problems()).unwrap();
    sweep.runs.chunks(3).for_each(|runs| sweep.write(&mut writer, runs));
    let (weight, bias) = (vec![-1.0, 0.0, 1.0], vec![0.0, 0.5]);
    let surface = Surface { problem: 0, quantity: "mse".into(), rows: "train".into(), weight, bias, saturated_cells: 1 };
    write_surface(&directory, &surface, &[1.0, 2.5, 3.0, 4.0, 5.0, f32::MAX]).unwrap();
    check(python, &directory, &sweep, "parts");
    writer.finish().unwrap();
    check(python, &directory, &sweep, "whole");
}

fn check(python: &Path, directory: &Path, sweep: &Sweep, state: &str) {
    let expected = directory.with_extension("json");
    std::fs::write(&expected, expectation(sweep).to_string()).unwrap();
    let output = Command::new(python).args([SCRIPT, state]).args([directory, &expected]).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
}

/// The expected columns, with null for values that are not finite.
fn expectation(sweep: &Sweep) -> Value {
    let runs = sweep.read_back(&sweep.runs);
    let names = |verdicts: &[gradsweep::model::Verdict]| verdicts.iter().map(|verdict| verdict.name()).collect::<Vec<_>>();
    let (mut epochs, mut history) = ([const { Vec::new() }; 4], [const { Vec::new() }; 4]);
    for run in &sweep.runs {
        let rows = sweep.epochs(run);
        epochs[0].extend(rows.run.iter().map(|&run| json!(run)));
        epochs[1].extend(rows.epoch.iter().map(|&epoch| json!(epoch)));
        epochs[2].extend(numbers(&rows.loss));
        epochs[3].extend(numbers(&rows.val_mae));
        for point in sweep.history(run) {
            history[0].push(json!(run.number));
            history[1].push(json!(point.step));
            history[2].extend(numbers(&[point.weight]));
            history[3].extend(numbers(&[point.bias]));
        }
    }
    let [run, epoch, loss, val_mae] = epochs;
    let [history_run, step, weight, bias] = history;
    json!({
        "runs": {
            "run": runs.run,
            "problem": runs.problem,
            "steps": runs.steps,
            "bias": numbers(&runs.bias),
            "train_loss": numbers(&runs.train_loss),
            "test_mae": numbers(&runs.test_mae),
            "excess": numbers(&runs.excess),
            "verdict": names(&runs.verdict),
            "mean_excess": numbers(&runs.mean_excess),
            "epochs_to_reach": runs.epochs_to_reach,
            "diverged_at": runs.diverged_at,
        },
        "epochs": { "run": run, "epoch": epoch, "loss": loss, "val_mae": val_mae },
        "history": { "run": history_run, "step": step, "weight": weight, "bias": bias },
        "learning_rate": sweep.runs.iter().map(|run| 0.001 * (run.number + 1) as f64).collect::<Vec<_>>(),
    })
}

/// Float32 values as equal float64 values, which JSON keeps exactly.
fn numbers(values: &[f32]) -> Vec<Value> {
    values.iter().map(|&value| if value.is_finite() { json!(f64::from(value)) } else { Value::Null }).collect()
}

/// A Python that has the readers: the one named by `GRADSWEEP_PYTHON`, `python3`, or the one of `target/tmp/readers`, into which
/// `GRADSWEEP_REQUIRE_READERS=1` installs them. Otherwise the reason why there is none.
fn python() -> Result<PathBuf, String> {
    let named = std::env::var_os("GRADSWEEP_PYTHON").map_or("python3".into(), PathBuf::from);
    let environment = Path::new(env!("CARGO_TARGET_TMPDIR")).join("readers");
    let own = environment.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    if let Some(python) = [&named, &own].into_iter().find(|python| has_readers(python)) {
        return Ok(python.clone());
    }
    if std::env::var_os(REQUIRED).is_none_or(|required| required != "1") {
        return Err(format!(
            "{} has no duckdb, numpy and polars; {REQUIRED}=1 installs them into {}, GRADSWEEP_PYTHON names another Python",
            named.display(),
            environment.display()
        ));
    }
    let runs = |program: &Path, arguments: &[&str]| Command::new(program).args(arguments).status().is_ok_and(|status| status.success());
    let made = runs(&named, &["-m", "venv", &environment.to_string_lossy()])
        && runs(&own, &["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", REQUIREMENTS]);
    if made && has_readers(&own) { Ok(own) } else { Err(format!("pip could not install the readers into {}", environment.display())) }
}

fn has_readers(python: &Path) -> bool {
    Command::new(python).args(["-c", "import duckdb, numpy, polars"]).output().is_ok_and(|output| output.status.success())
}
