//! `run --resume`: after a kill at any moment the directory ends as that of an undisturbed sweep.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use gradsweep::store::{RunDirectory, Status};

use crate::common::finite::files;
use crate::common::program::{folder_with, gradsweep, on_tv, succeeds};

/// A sweep of 1,600 runs in chunks of 64. With test rows every column has values.
fn config() -> String {
    on_tv(
        "scale = \"standard\"\ntest_size = 0.2\n[training]\nepochs = 12\nbatch_size = 10\n[sweep.parameters]\n\
         optimizer = [\"sgd\", \"adam\"]\nlearning_rate = { min = 1e-4, max = 10.0, count = 800, distribution = \"log_uniform\" }\n",
    )
}

const CHUNK: &str = "64";

fn run_arguments<'a>(out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["run", "sweep.toml", "--backend", "cpu", "--chunk", CHUNK, "--out", out], more].concat()
}

fn start(folder: &Path, arguments: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gradsweep"));
    command.args(arguments).current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// The bytes of every file by name. The manifest is without its durations.
fn contents(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let read = |path: &PathBuf| {
        let mut bytes = std::fs::read(path).unwrap();
        if path.ends_with("manifest.json") {
            let mut manifest: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
            manifest["timings"].take();
            bytes = manifest.to_string().into_bytes();
        }
        (path.strip_prefix(directory).unwrap().to_path_buf(), bytes)
    };
    files(directory).iter().map(read).collect()
}

#[track_caller]
fn assert_same(found: &Path, expected: &Path) {
    let [found, expected] = [found, expected].map(contents);
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (name, bytes) in &found {
        assert!(*bytes == expected[name], "{} differs", name.display());
    }
}

/// Pseudorandom numbers, the same in every test run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// Kills the sweep after random times until it was killed `kills` times, resumes it each time, and compares it with an undisturbed sweep. A sweep that ends
/// before its kill is followed by a new one.
fn survives(config: &str, kills: usize, seed: u64) {
    let (folder, _) = folder_with(config);
    let begun = std::time::Instant::now();
    succeeds(folder.path(), &run_arguments("whole", &["--no-plots"]));
    let whole_ms = begun.elapsed().as_millis() as u64;
    let (whole, out) = (folder.path().join("whole"), folder.path().join("out"));
    let mut random = Random(seed);
    let mut killed = 0;
    let mut finished = 0;
    while killed < kills {
        let mut child = start(folder.path(), &run_arguments("out", &["--no-plots", "--resume"]));
        std::thread::sleep(Duration::from_millis(random.below(whole_ms)));
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "{status}");
            finished += 1;
            assert_same(&out, &whole);
            std::fs::remove_dir_all(&out).unwrap();
            continue;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        killed += 1;
        // What is stored is readable, and every run is there once.
        if let Ok(directory) = RunDirectory::open(&out) {
            let runs = directory.runs().unwrap().run;
            assert!(runs.iter().copied().eq(0..runs.len() as u64));
        }
    }
    succeeds(folder.path(), &run_arguments("out", &["--no-plots", "--resume"]));
    assert_same(&out, &whole);
    println!("{killed} kills, {finished} sweeps finished before their kill, every directory equal to the undisturbed one");
}

#[test]
fn a_sweep_survives_ten_kills() {
    survives(&config(), 10, 1);
}

#[test]
#[ignore = "takes half a minute: 100 kills each of a sweep with all histories and one with selected histories"]
fn a_sweep_survives_a_hundred_kills() {
    survives(&config(), 100, 2);
    survives(&(config() + "[history]\nruns = { best = 50 }\n"), 100, 3);
}

#[test]
fn selected_histories_survive_kills() {
    survives(&(config() + "[history]\nruns = { best = 50 }\nepochs = false\n"), 5, 4);
}

/// Stops the sweep after some chunks, as SIGKILL does, and returns its folder.
fn killed_sweep() -> tempfile::TempDir {
    let (folder, _) = folder_with(&config());
    let mut child = start(folder.path(), &run_arguments("out", &["--no-plots"]));
    while !folder.path().join("out/runs/part-00001.parquet").exists() {
        assert!(child.try_wait().unwrap().is_none(), "the sweep ends before its second chunk is seen");
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    folder
}

#[test]
fn torn_parts_are_made_again_and_temporary_files_removed() {
    let folder = killed_sweep();
    let out = folder.path().join("out");
    // A part without its footer, a part of other runs, and files that a killed process was writing.
    let epochs = out.join("epochs/part-00001.parquet");
    let bytes = std::fs::read(&epochs).unwrap();
    std::fs::write(&epochs, &bytes[..bytes.len() / 2]).unwrap();
    std::fs::copy(out.join("history/part-00000.parquet"), out.join("history/part-00007.parquet")).unwrap();
    for name in ["runs/.part-00003.parquet.tmp", ".manifest.json.tmp", "history/.part-00009.parquet.tmp"] {
        std::fs::write(out.join(name), "PAR1").unwrap();
    }
    succeeds(folder.path(), &run_arguments("out", &["--no-plots", "--resume"]));
    succeeds(folder.path(), &run_arguments("whole", &["--no-plots"]));
    assert_same(&out, &folder.path().join("whole"));
}

/// The pages of the rows are damaged, but the footer is not.
#[test]
fn damaged_rows_are_made_again() {
    let folder = killed_sweep();
    let out = folder.path().join("out");
    let part = out.join("runs/part-00001.parquet");
    let mut bytes = std::fs::read(&part).unwrap();
    bytes[4..400].fill(0xff);
    std::fs::write(&part, bytes).unwrap();
    succeeds(folder.path(), &run_arguments("out", &["--no-plots", "--resume"]));
    succeeds(folder.path(), &run_arguments("whole", &["--no-plots"]));
    assert_same(&out, &folder.path().join("whole"));
}

#[test]
fn rows_do_not_depend_on_the_chunks_of_a_resumed_sweep() {
    let folder = killed_sweep();
    succeeds(folder.path(), &["run", "sweep.toml", "--backend", "cpu", "--chunk", "37", "--out", "out", "--no-plots", "--resume"]);
    succeeds(folder.path(), &run_arguments("whole", &["--no-plots"]));
    let rows = |name: &str| {
        let directory = RunDirectory::open(&folder.path().join(name)).unwrap();
        let all: Vec<u64> = (0..1600).collect();
        format!("{:?}{:?}{:?}", directory.runs().unwrap(), directory.epoch_tables(&all).unwrap(), directory.histories(&all).unwrap())
    };
    assert!(rows("out") == rows("whole"));
}

#[test]
fn another_config_data_or_version_is_refused_by_its_key() {
    let folder = killed_sweep();
    let refused = |arguments: &[&str], key: &str| {
        let output = gradsweep(folder.path(), arguments);
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(message.contains("cannot be resumed") && message.contains(key), "{message}");
    };
    refused(&run_arguments("out", &["--resume", "--set", "training.epochs=13"]), "epochs is 12 there and 13 here");
    refused(&run_arguments("out", &["--resume", "--set", "data.test_size=0.3"]), "data.test_size is 0.2 there and 0.3 here");
    refused(
        &run_arguments("out", &["--resume", "--set", "sweep.parameters.optimizer=[\"sgd\"]"]),
        "optimizers is sgd, adam there and sgd here",
    );
    let config = std::fs::read_to_string(folder.path().join("sweep.toml")).unwrap();
    let data = std::fs::read_to_string(crate::common::program::root().join("configs/data/advertising.csv")).unwrap();
    std::fs::write(folder.path().join("other.csv"), data.replacen("230.1", "230.2", 1)).unwrap();
    let path = config.lines().find(|line| line.starts_with("path")).unwrap();
    std::fs::write(folder.path().join("other.toml"), config.replace(path, "path = \"other.csv\"")).unwrap();
    refused(&["run", "other.toml", "--out", "out", "--resume", "--set", "name=\"sweep\""], "data.path");
    let manifest = folder.path().join("out/manifest.json");
    let text = std::fs::read_to_string(&manifest).unwrap();
    let version = format!("\"version\": \"{}\"", env!("CARGO_PKG_VERSION"));
    assert!(text.contains(&version));
    std::fs::write(&manifest, text.replace(&version, "\"version\": \"0.0.9\"")).unwrap();
    refused(&run_arguments("out", &["--resume"]), "the version of gradsweep is 0.0.9 there");
    std::fs::write(&manifest, text).unwrap();
    // A comment and another place of the same data change nothing.
    std::fs::write(folder.path().join("sweep.toml"), format!("# a comment\n{config}")).unwrap();
    succeeds(folder.path(), &run_arguments("out", &["--resume", "--no-plots"]));
}

#[test]
fn a_finished_sweep_stays_as_it_is() {
    let (folder, _) = folder_with(&on_tv("[training]\nepochs = 2\n"));
    succeeds(folder.path(), &["run", "sweep.toml", "--out", "out", "--no-plots"]);
    let before = contents(&folder.path().join("out"));
    // A process that was killed after its last write leaves the file of its lock.
    std::fs::write(folder.path().join("out/.lock"), "").unwrap();
    let output = gradsweep(folder.path(), &["run", "sweep.toml", "--out", "out", "--no-plots", "--resume"]);
    assert_eq!(output.status.code(), Some(0));
    let notes = String::from_utf8_lossy(&output.stderr);
    insta::assert_snapshot!(notes, @"the sweep in out is complete: it has all 1 run, and nothing is left to do");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "results   out\n");
    assert!(contents(&folder.path().join("out")) == before);
}

#[test]
fn without_a_sweep_to_resume_a_new_one_starts_and_says_so() {
    let (folder, _) = folder_with(&(on_tv("[training]\nepochs = 2\n") + "[sweep]\nmethod = \"grid\"\n"));
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    for out in ["empty", "missing"] {
        let output = gradsweep(folder.path(), &["run", "sweep.toml", "--out", out, "--no-plots", "--resume"]);
        let notes = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && notes.contains(&format!("{out} holds no sweep yet, so a new sweep starts")), "{notes}");
        assert_eq!(RunDirectory::open(&folder.path().join(out)).unwrap().manifest().status, Status::Complete);
    }
    // Without --out the last of runs/sweep, runs/sweep-2, .. is resumed.
    for _ in 0..2 {
        succeeds(folder.path(), &["run", "sweep.toml", "--no-plots"]);
    }
    let output = gradsweep(folder.path(), &["run", "sweep.toml", "--no-plots", "--resume"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("runs/sweep-2 is complete"));
    // Files of somebody else are not mixed with results.
    std::fs::create_dir(folder.path().join("mine")).unwrap();
    std::fs::write(folder.path().join("mine/notes.txt"), "mine").unwrap();
    let output = gradsweep(folder.path(), &["run", "sweep.toml", "--out", "mine", "--resume"]);
    assert_eq!(output.status.code(), Some(2));
    // The first files of a killed process are its own.
    std::fs::create_dir(folder.path().join("begun")).unwrap();
    std::fs::copy(folder.path().join("sweep.toml"), folder.path().join("begun/sweep.toml")).unwrap();
    std::fs::write(folder.path().join("begun/.data.csv.tmp"), "TV,sa").unwrap();
    succeeds(folder.path(), &["run", "sweep.toml", "--out", "begun", "--no-plots", "--resume"]);
    assert!(!folder.path().join("begun/.data.csv.tmp").exists());
}

#[test]
fn pictures_that_were_not_drawn_are_drawn_by_resuming() {
    let (folder, _) = folder_with(&on_tv("[training]\nepochs = 2\n"));
    succeeds(folder.path(), &["run", "sweep.toml", "--out", "out"]);
    let out = folder.path().join("out");
    let manifest = out.join("manifest.json");
    let text = std::fs::read_to_string(&manifest).unwrap();
    assert!(text.contains("\"pictures\": \"drawn\""));
    let expected: Vec<PathBuf> = contents(&out).into_keys().collect();
    // A process that is killed while it draws leaves the manifest as it was before.
    std::fs::write(&manifest, text.replace("\"drawn\"", "\"pending\"")).unwrap();
    std::fs::remove_dir_all(out.join("plots")).unwrap();
    std::fs::remove_file(out.join("report.html")).unwrap();
    succeeds(folder.path(), &["run", "sweep.toml", "--out", "out", "--resume"]);
    assert_eq!(contents(&out).into_keys().collect::<Vec<PathBuf>>(), expected);
    assert!(std::fs::read_to_string(&manifest).unwrap().contains("\"pictures\": \"drawn\""));
}

#[test]
fn a_second_process_is_refused_while_the_first_one_runs() {
    let (folder, _) = folder_with(&config().replace("epochs = 12", "epochs = 1200"));
    let mut child = start(folder.path(), &run_arguments("out", &["--no-plots"]));
    while RunDirectory::open(&folder.path().join("out")).is_err() {
        std::thread::sleep(Duration::from_millis(1));
    }
    let output = gradsweep(folder.path(), &run_arguments("out", &["--no-plots", "--resume"]));
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(message.contains("error: another process writes to out; wait until it has ended"), "{message}");
}

#[test]
fn sweeps_without_out_that_start_at_once_get_directories_of_their_own() {
    let (folder, _) = folder_with(&on_tv("[training]\nepochs = 2\n"));
    let children: Vec<Child> = (0..4).map(|_| start(folder.path(), &["run", "sweep.toml", "--no-plots"])).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    for name in ["sweep", "sweep-2", "sweep-3", "sweep-4"] {
        assert_eq!(RunDirectory::open(&folder.path().join("runs").join(name)).unwrap().manifest().status, Status::Complete);
    }
}
