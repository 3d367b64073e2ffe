//! Exit codes: 0 for results, also of diverging runs; 2 for a wrong command line or config, after which nothing is written; 130 for an interruption.

use gradsweep::internals::text::grouped;
use gradsweep::store::{RunDirectory, Status};
use gradsweep::table::SettingColumn;

use crate::common::divergence::diverging_runs_are_results;
use crate::common::program::{folder_with, gradsweep, on_tv, succeeds};

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
        @"error: out is not empty, and results are never mixed or overwritten; name another directory with --out, or remove this one"
    );
    assert_eq!(std::fs::read_dir(folder.path().join("out")).unwrap().count(), 1);
}

#[test]
fn a_directory_without_a_manifest_is_2() {
    let (folder, _) = folder_with("");
    for arguments in [&["plot", "."][..], &["animate", "."], &["compare", ".", "--by", "learning_rate"], &["replay", ".", "--run", "0"]] {
        let output = gradsweep(folder.path(), arguments);
        assert_eq!(code(&output), 2, "{arguments:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("is not a run directory"), "{arguments:?}");
    }
}

#[test]
fn a_dry_run_of_a_billion_runs_writes_nothing() {
    let grid = on_tv(
        "[sweep.parameters]\nlearning_rate = { min = 1e-4, max = 1.0, count = 32768, distribution = \"log_uniform\" }\nmomentum = { min = 0.0, max = 0.9, count = 32768 }\n",
    );
    let (folder, _) = folder_with(&format!("{grid}optimizer = \"sgd\"\n"));
    let text = succeeds(folder.path(), &["run", "sweep.toml", "--dry-run"]);
    assert!(text.contains("1,073,741,824"), "{text}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn diverging_runs_are_results_on_the_cpu() {
    diverging_runs_are_results("cpu");
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
    while done() == 0 {
        assert!(child.try_wait().unwrap().is_none(), "the sweep ends before its first chunk is stored");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let directory = RunDirectory::open(&folder.path().join("out")).unwrap();
    let manifest = directory.manifest();
    assert_eq!(manifest.status, Status::Incomplete);
    assert!(manifest.counts.runs_done > 0 && manifest.counts.runs_done < 5000, "{}", manifest.counts.runs_done);
    assert_eq!(directory.runs().unwrap().run.len() as u64, manifest.counts.runs_done);
    assert!(manifest.timings.steps_per_s > 0.0);
    let output = gradsweep(folder.path(), &["compare", "out", "--by", "optimizer", "--no-plots"]);
    let [table, notes] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    assert!(table.contains("rmsprop"), "{table}");
    let done = grouped(manifest.counts.runs_done);
    assert!(notes.contains(&format!("the sweep in out is incomplete: it has {done} of 5,000 runs")), "{notes}");
}

#[test]
fn unusual_but_valid_inputs_are_accepted() {
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
fn compare_ranks_runs_and_refuses_a_filter_without_matches() {
    let (folder, _) = folder_with(&on_tv(
        "scale = \"standard\"\n[training]\nepochs = 3\n[sweep.parameters]\noptimizer = [\"sgd\", \"adam\"]\nlearning_rate = [0.01, 0.1]\n",
    ));
    succeeds(folder.path(), &["run", "sweep.toml", "--out", "out", "--no-plots"]);
    let table = succeeds(folder.path(), &["compare", "out", "--by", "learning_rate", "--where", "optimizer=sgd", "--no-plots"]);
    assert!(table.contains("0.01") && table.contains("0.1"), "{table}");
    let output = gradsweep(folder.path(), &["compare", "out", "--by", "learning_rate", "--where", "optimizer=rmsprop"]);
    assert_eq!(code(&output), 1);
    let runs = RunDirectory::open(&folder.path().join("out")).unwrap().runs().unwrap();
    assert!(runs.settings.iter().any(|(_, column)| matches!(column, SettingColumn::Text(names) if names.contains(&Some("sgd")))));
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

/// Files may not be larger than 32 KiB, so that no picture can be written.
#[test]
#[cfg(unix)]
fn a_failed_picture_does_not_suppress_the_results() {
    let (folder, _) = folder_with(&on_tv(""));
    let script = format!("trap '' XFSZ; ulimit -f 32; '{}' run sweep.toml --out out", env!("CARGO_BIN_EXE_gradsweep"));
    let output = std::process::Command::new("bash").args(["-c", &script]).current_dir(folder.path()).output().unwrap();
    assert_eq!(code(&output), 1);
    let [results, message] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    assert!(results.contains("The run stops before the optimum") && results.contains("results   out"), "{results}");
    assert!(message.contains("error: cannot write out/plots/"), "{message}");
}

#[test]
fn a_config_is_read_from_stdin() {
    let (folder, _) = folder_with("");
    std::fs::write(folder.path().join("rows.csv"), "x,y\n0,1\n1,3\n2,5\n").unwrap();
    let config = "[data]\npath = \"rows.csv\"\nfeature = \"x\"\ntarget = \"y\"\n";
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_gradsweep"))
        .args(["run", "-", "--no-plots", "--set", "training.epochs=2"])
        .current_dir(folder.path())
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), config.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(code(&output), 0);
    assert!(String::from_utf8_lossy(&output.stdout).contains("results   runs/stdin"));
    assert_eq!(RunDirectory::open(&folder.path().join("runs/stdin")).unwrap().config().unwrap(), config);
}

#[test]
fn plot_selects_runs_and_figures_in_three_sizes() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("rows.csv"), "x,y\n1,3\n2,5\n3,8\n").unwrap();
    let config = "[data]\npath = \"rows.csv\"\nfeature = \"x\"\ntarget = \"y\"\n[sweep.parameters]\nlearning_rate = [0.001, 0.1, 10.0]\n";
    std::fs::write(folder.path().join("sweep.toml"), config).unwrap();
    succeeds(folder.path(), &["run", "sweep.toml", "--out", "out", "--no-plots"]);
    // The column is 85 mm wide, the slide 1280 CSS pixels.
    for (size, width) in [("screen", "width=\"900.0000\""), ("column", "width=\"321.2598\""), ("slide", "width=\"1280.0000\"")] {
        succeeds(folder.path(), &["plot", "out", "--size", size, "--only", "contour,fit", "--runs", "0,1", "--out", size]);
        let svg = std::fs::read_to_string(folder.path().join(size).join("contour.svg")).unwrap();
        assert!(svg.contains(width), "{size}: {}", &svg[..200]);
        let mut names: Vec<_> = std::fs::read_dir(folder.path().join(size)).unwrap().map(|file| file.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["contour.png", "contour.svg", "fit.png", "fit.svg"]);
    }
    for arguments in [["--only", "nothing"], ["--runs", "7"], ["--size", "poster"], ["--format", "gif"]] {
        let output = gradsweep(folder.path(), &["plot", "out", arguments[0], arguments[1]]);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
}
