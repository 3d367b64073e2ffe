//! Exit codes, and what is written: results are results, mistakes write nothing.

use gradsweep::store::{Column, RunDirectory, Status};

use super::{folder_with, gpu_is_there, gradsweep, root, succeeds};
use crate::common::finite::assert_finite;

fn on_tv(rest: &str) -> String {
    format!("[data]\npath = {:?}\nfeature = \"TV\"\ntarget = \"sales\"\n{rest}", root().join("configs/data/advertising.csv"))
}

fn code(output: &std::process::Output) -> i32 {
    output.status.code().expect("no signal")
}

#[test]
fn a_wrong_config_is_2_and_writes_nothing() {
    let (folder, _) = folder_with(&on_tv("[training]\nlr = 0.01\nepochs = 10.0\n"));
    let output = gradsweep(folder.path(), &["run", "sweep.toml"]);
    assert_eq!(code(&output), 2);
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(message.contains("learning_rate") && message.contains("epochs"), "{message}");
    assert!(output.stdout.is_empty() && !folder.path().join("runs").exists());
}

#[test]
fn an_out_that_is_not_empty_is_2() {
    let (folder, _) = folder_with(&on_tv(""));
    std::fs::create_dir(folder.path().join("out")).unwrap();
    std::fs::write(folder.path().join("out/mine.txt"), "mine").unwrap();
    let output = gradsweep(folder.path(), &["run", "sweep.toml", "--out", "out"]);
    assert_eq!(code(&output), 2);
    insta::assert_snapshot!(
        String::from_utf8_lossy(&output.stderr),
        @"error: out is not empty: results are never mixed or overwritten; name another directory with --out, or remove it"
    );
    assert_eq!(std::fs::read_dir(folder.path().join("out")).unwrap().count(), 1);
}

#[test]
fn a_directory_without_a_manifest_is_2() {
    let (folder, _) = folder_with("");
    for arguments in [&["plot", "."][..], &["compare", ".", "--by", "learning_rate"], &["replay", ".", "--run", "0"]] {
        let output = gradsweep(folder.path(), arguments);
        assert_eq!(code(&output), 2, "{arguments:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("is no run directory"), "{arguments:?}");
    }
}

#[test]
fn a_dry_run_writes_nothing_however_large_the_grid() {
    let grid = on_tv(
        "[sweep.parameters]\nlearning_rate = { min = 1e-4, max = 1.0, count = 32768, distribution = \"log_uniform\" }\nmomentum = { min = 0.0, max = 0.9, count = 32768 }\n",
    );
    let (folder, _) = folder_with(&format!("{grid}optimizer = \"sgd\"\n"));
    let begun = std::time::Instant::now();
    let text = succeeds(folder.path(), &["run", "sweep.toml", "--dry-run"]);
    assert!(begun.elapsed().as_secs_f64() < 1.0);
    assert!(text.contains("1,073,741,824"), "{text}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

/// SGD at rates up to 100 on raw data, with small batches, so that most runs leave the range somewhere inside an epoch.
fn diverging(backend: &str) -> (tempfile::TempDir, RunDirectory) {
    let (folder, _) = folder_with(&on_tv(
        "test_size = 0.2\n[model]\ninitial_weight = 0.6\ninitial_bias = 0.0\n[training]\nbatch_size = 10\nepochs = 5\noptimizer = \"sgd\"\n[sweep.parameters]\nlearning_rate = { min = 1e-6, max = 1e2, count = 33, distribution = \"log_uniform\" }\n",
    ));
    succeeds(folder.path(), &["run", "sweep.toml", "--backend", backend, "--out", backend]);
    let directory = RunDirectory::open(&folder.path().join(backend)).unwrap();
    (folder, directory)
}

fn diverging_runs_are_results(backend: &str) {
    let ((folder, directory), (_judge, reference)) = (diverging(backend), diverging("reference"));
    let (runs, judged) = (directory.runs().unwrap(), reference.runs().unwrap());
    let diverged = directory.manifest().counts.diverged;
    assert!(diverged >= 20, "{diverged}");
    for (row, (batch, expected)) in runs.diverged_at.iter().zip(&judged.diverged_at).enumerate() {
        let Some(batch) = *batch else {
            assert_eq!(*expected, None, "run {row} diverges in the reference");
            continue;
        };
        assert!(expected.is_some_and(|expected| batch.abs_diff(expected) <= 1), "run {row}: {batch}, {expected:?}");
        assert_eq!(runs.steps[row], batch - 1);
        let history = directory.history(runs.run[row]).unwrap();
        assert_eq!(history.last().map(|point| point.step), Some(batch - 1));
        assert!(history.iter().all(|point| point.weight.abs() <= 1e12 && point.bias.abs() <= 1e12));
        let epochs = directory.epochs(runs.run[row]).unwrap();
        assert_eq!(epochs.epoch.len(), 5);
        let known = epochs.loss.iter().filter(|loss| loss.is_finite()).count() as u64;
        assert!(known <= (batch - 1) / 16);
    }
    assert_finite(&folder.path().join(backend));
    assert!(folder.path().join(backend).join("plots/contour.png").exists());
}

#[test]
fn diverging_runs_are_results_on_the_cpu() {
    diverging_runs_are_results("cpu");
}

#[test]
fn diverging_runs_are_results_on_the_gpu() {
    if gpu_is_there() {
        diverging_runs_are_results("gpu");
    }
}

#[test]
#[cfg(unix)]
fn an_interrupted_sweep_is_130_and_readable() {
    let (folder, _) = folder_with(&on_tv(
        "[training]\nbatch_size = 10\nepochs = 20000\n[sweep.parameters]\nlearning_rate = { min = 1e-5, max = 1e-3, count = 5000 }\n[history]\nevery = 0\nepochs = false\n",
    ));
    let arguments = ["run", "sweep.toml", "--out", "out", "--chunk", "64"];
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_gradsweep")).args(arguments).current_dir(folder.path()).spawn().unwrap();
    let done = || RunDirectory::open(&folder.path().join("out")).map_or(0, |directory| directory.manifest().counts.runs_done);
    let begun = std::time::Instant::now();
    while done() == 0 && begun.elapsed().as_secs() < 60 {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let directory = RunDirectory::open(&folder.path().join("out")).unwrap();
    let manifest = directory.manifest();
    assert_eq!(manifest.status, Status::Incomplete);
    assert!(manifest.counts.runs_done > 0 && manifest.counts.runs_done < 5000, "{}", manifest.counts.runs_done);
    assert_eq!(directory.runs().unwrap().run.len() as u64, manifest.counts.runs_done);
    assert!(manifest.timings.total_s > 0.0 && manifest.timings.steps_per_s > 0.0);
    let table = succeeds(folder.path(), &["compare", "out", "--by", "optimizer", "--no-plots"]);
    assert!(table.contains("rmsprop"), "{table}");
}

#[test]
fn odd_inputs_that_are_right_work() {
    let (folder, _) = folder_with("");
    std::fs::write(folder.path().join("odd.csv"), "\u{feff}\"größe, cm\",constant,ziel\r\n1.5,7,2\r\n2.5,7,3\r\n3.5,7,5\r\n").unwrap();
    for (feature, rest) in [("größe, cm", ""), ("constant", ""), ("größe, cm", "train_rows = [0, 0]\n")] {
        let config =
            format!("\u{feff}name = \"odd\"\r\n[data]\r\npath = \"odd.csv\"\r\nfeature = \"{feature}\"\r\ntarget = \"ziel\"\r\n{rest}");
        std::fs::write(folder.path().join("sweep.toml"), config).unwrap();
        succeeds(folder.path(), &["run", "sweep.toml"]);
    }
    assert!(folder.path().join("runs/odd-3").is_dir());
}

#[test]
fn init_writes_a_config_that_runs() {
    let folder = tempfile::tempdir().unwrap();
    succeeds(folder.path(), &["init", "mine"]);
    let text = succeeds(folder.path(), &["run", "mine/sweep.toml", "--no-plots", "--out", "out"]);
    assert!(text.contains("best"), "{text}");
    assert_eq!(code(&gradsweep(folder.path(), &["init", "mine"])), 2);
}

#[test]
fn compare_ranks_and_refuses_what_matches_nothing() {
    let (folder, _) = folder_with(&on_tv(
        "scale = \"standard\"\n[training]\nepochs = 3\n[sweep.parameters]\noptimizer = [\"sgd\", \"adam\"]\nlearning_rate = [0.01, 0.1]\n",
    ));
    succeeds(folder.path(), &["run", "sweep.toml", "--out", "out", "--no-plots"]);
    let table = succeeds(folder.path(), &["compare", "out", "--by", "learning_rate", "--where", "optimizer=sgd", "--no-plots"]);
    assert!(table.contains("0.01") && table.contains("0.1"), "{table}");
    let output = gradsweep(folder.path(), &["compare", "out", "--by", "learning_rate", "--where", "optimizer=rmsprop"]);
    assert_eq!(code(&output), 1);
    let runs = RunDirectory::open(&folder.path().join("out")).unwrap().runs().unwrap();
    assert!(runs.settings.iter().any(|(_, column)| matches!(column, Column::Text(names) if names.contains(&Some("sgd")))));
    assert_eq!(code(&gradsweep(folder.path(), &["replay", "out", "--run", "4"])), 2);
}

#[test]
#[cfg(unix)]
fn a_closed_pipe_is_no_error() {
    let (folder, _) = folder_with(&on_tv("[training]\nepochs = 2000\nbatch_size = 10\n"));
    succeeds(folder.path(), &["run", "sweep.toml", "--out", "out", "--no-plots"]);
    let script = format!("'{}' replay out --run 0 | head -n 1; exit ${{PIPESTATUS[0]}}", env!("CARGO_BIN_EXE_gradsweep"));
    let output = std::process::Command::new("bash").args(["-c", &script]).current_dir(folder.path()).output().unwrap();
    assert_eq!(code(&output), 0, "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty());
}
