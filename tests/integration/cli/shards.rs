//! `run --shard` and `merge`: the merged directory has the rows of an undivided sweep.

use std::path::Path;
use std::process::Output;

use gradsweep::store::{RunDirectory, Status};

use crate::common::program::{folder_with, gradsweep, on_tv, succeeds};

const SHARDS: u64 = 3;

/// A sweep of 100 runs.
fn config() -> String {
    on_tv(
        "scale = \"standard\"\n[training]\nepochs = 5\n[sweep.parameters]\noptimizer = [\"sgd\", \"adam\"]\nlearning_rate = { min = 1e-3, max = 1.0, count = 50 }\n",
    )
}

fn train(folder: &Path, index: u64, more: &[&str]) {
    let shard = format!("{index}/{SHARDS}");
    let text = succeeds(
        folder,
        &[&["run", "sweep.toml", "--backend", "cpu", "--chunk", "20", "--out", "parts", "--shard", &shard], more].concat(),
    );
    assert!(text.contains(&format!("results   parts/shard-{index}-of-{SHARDS}")), "{text}");
}

fn merge(folder: &Path, numbers: &[u64], out: &str) -> Output {
    let names: Vec<String> = numbers.iter().map(|number| format!("parts/shard-{number}-of-{SHARDS}")).collect();
    let mut arguments = vec!["merge"];
    arguments.extend(names.iter().map(String::as_str));
    arguments.extend(["--out", out, "--no-plots"]);
    gradsweep(folder, &arguments)
}

/// All rows of a complete directory.
fn rows(directory: &Path) -> String {
    let directory = RunDirectory::open(directory).unwrap();
    assert_eq!(directory.manifest().status, Status::Complete);
    let all: Vec<u64> = (0..100).collect();
    format!("{:?}{:?}{:?}", directory.runs().unwrap(), directory.epoch_tables(&all).unwrap(), directory.histories(&all).unwrap())
}

#[test]
fn merged_shards_are_the_undivided_sweep() {
    for history in ["", "[history]\nruns = { best = 7 }\n"] {
        let (folder, _) = folder_with(&(config() + history));
        for index in [2, 3, 1] {
            train(folder.path(), index, &[]);
        }
        let output = merge(folder.path(), &[3, 1, 2], "merged");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        succeeds(folder.path(), &["run", "sweep.toml", "--backend", "cpu", "--out", "whole", "--no-plots"]);
        assert!(rows(&folder.path().join("merged")) == rows(&folder.path().join("whole")));
        let counts = |name: &str| RunDirectory::open(&folder.path().join(name)).unwrap().manifest().counts.clone();
        assert_eq!(counts("merged"), counts("whole"));
        // A shard is readable, and says that it is a part.
        let output = gradsweep(folder.path(), &["compare", "parts/shard-2-of-3", "--by", "optimizer", "--no-plots"]);
        assert!(output.status.success() && String::from_utf8_lossy(&output.stderr).contains("has 33 of 100 runs"));
    }
}

#[test]
fn shards_resume_and_a_finished_shard_stays_as_it_is() {
    let (folder, _) = folder_with(&config());
    train(folder.path(), 2, &[]);
    let shard = folder.path().join("parts/shard-2-of-3");
    let whole = RunDirectory::open(&shard).unwrap().runs().unwrap();
    assert!(whole.run.iter().copied().eq(33..66));
    std::fs::remove_file(shard.join("runs/part-00001.parquet")).unwrap();
    let manifest = std::fs::read_to_string(shard.join("manifest.json")).unwrap();
    std::fs::write(shard.join("manifest.json"), manifest.replace("\"runs_done\": 33", "\"runs_done\": 20")).unwrap();
    train(folder.path(), 2, &["--resume"]);
    assert_eq!(format!("{:?}", RunDirectory::open(&shard).unwrap().runs().unwrap()), format!("{whole:?}"));
    let output = gradsweep(folder.path(), &["run", "sweep.toml", "--out", "parts", "--shard", "2/3", "--resume"]);
    assert!(output.status.success() && String::from_utf8_lossy(&output.stderr).contains("nothing is left to do"));
}

#[test]
fn shards_that_do_not_belong_together_are_refused() {
    let (folder, _) = folder_with(&config());
    for index in 1..=SHARDS {
        train(folder.path(), index, &[]);
    }
    let refused = |numbers: &[u64], text: &str| {
        let output = merge(folder.path(), numbers, "merged");
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{message}");
        assert!(message.contains(text), "{message}");
        assert!(!folder.path().join("merged").exists(), "nothing is written");
    };
    refused(&[1, 3], "shard 2/3 is missing");
    refused(&[1, 2], "shard 3/3 is missing");
    refused(&[1, 1, 2, 3], "shard 1/3 is given twice");
    succeeds(folder.path(), &["run", "sweep.toml", "--out", "whole", "--no-plots"]);
    let output = gradsweep(folder.path(), &["merge", "whole", "--out", "merged"]);
    assert!(
        output.status.code() == Some(1) && String::from_utf8_lossy(&output.stderr).contains("whole cannot be merged: it holds no shard"),
        "{output:?}"
    );
    let manifest = folder.path().join("parts/shard-2-of-3/manifest.json");
    let text = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(&manifest, text.replace("\"runs_done\": 33", "\"runs_done\": 20")).unwrap();
    refused(&[1, 2, 3], "parts/shard-2-of-3 cannot be merged: its runs are not all stored");
    std::fs::remove_dir_all(folder.path().join("parts/shard-2-of-3")).unwrap();
    train(folder.path(), 2, &["--set", "training.epochs=6"]);
    refused(&[1, 2, 3], "parts/shard-2-of-3 cannot be merged: epochs is 6 there and 5 in parts/shard-1-of-3");
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    assert_eq!(gradsweep(folder.path(), &["merge", "empty", "--out", "merged"]).status.code(), Some(2));
}
