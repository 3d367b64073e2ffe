//! The rows that are read equal the rows that were written, in any chunks.

use std::fmt::Debug;
use std::path::Path;

use gradsweep::model::Parameter;
use gradsweep::store::{RunDirectory, Status};
use gradsweep::table::{RunTable, SettingColumn};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use proptest::prelude::*;

use crate::common::finite::{assert_finite, files};
use crate::common::known_sweeps::{Known, Sweep, begin, problems, small};

/// Asserts equality of the debug output, in which NaN equals NaN.
#[track_caller]
pub fn same<T: Debug>(found: &T, expected: &T) {
    assert_eq!(format!("{found:?}"), format!("{expected:?}"));
}

/// The names of every file below a folder, relative to it.
pub fn names(folder: &Path) -> Vec<String> {
    files(folder).iter().map(|path| path.strip_prefix(folder).unwrap().to_string_lossy().replace('\\', "/")).collect()
}

fn assert_reads_back(directory: &RunDirectory, sweep: &Sweep, runs: &[Known]) {
    same(&directory.runs().unwrap(), &if runs.is_empty() { RunTable::default() } else { sweep.read_back(runs) });
    for run in runs {
        same(&directory.epochs(run.number).unwrap(), &sweep.epochs(run));
        same(&directory.history(run.number).unwrap(), &sweep.history(run));
    }
}

fn sweeps() -> impl Strategy<Value = Sweep> {
    (1u64..7, 1u64..4, 1u64..6, any::<bool>()).prop_flat_map(|(every, epochs, batches, tested)| {
        let end = (prop::option::of(1..=epochs * batches), prop::option::of(0..epochs as usize));
        prop::collection::vec(end, 1..150).prop_map(move |ends| {
            let run = |(number, (diverged_at, overflow))| Known { number: number as u64, diverged_at, overflow };
            Sweep { every, epochs, batches, tested, runs: ends.into_iter().enumerate().map(run).collect() }
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn round_trip_of_random_sweeps_in_random_chunks(sweep in sweeps(), chunk in 1usize..150, complete in any::<bool>()) {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = begin(folder.path());
        for runs in sweep.runs.chunks(chunk) {
            sweep.write(&mut writer, runs);
        }
        if complete {
            writer.finish().unwrap();
        } else {
            drop(writer);
        }
        let directory = RunDirectory::open(folder.path()).unwrap();
        prop_assert_eq!(directory.manifest().status == Status::Complete, complete);
        assert_reads_back(&directory, &sweep, &sweep.runs);
        assert_finite(folder.path());
        prop_assert!(names(folder.path()).iter().all(|name| !name.contains(".tmp")));
    }
}

#[test]
fn finished_directory_has_the_documented_files() {
    let folder = tempfile::tempdir().unwrap();
    let sweep = small();
    let mut writer = begin(folder.path());
    writer.write_problems(&problems()).unwrap();
    let (some, others) = sweep.runs.split_at(3);
    sweep.write(&mut writer, some);
    sweep.write(&mut writer, others);
    let (manifest, _) = writer.finish().unwrap();
    let expected = [
        "data.csv",
        "epochs.parquet",
        "history/part-00000.parquet",
        "history/part-00001.parquet",
        "manifest.json",
        "problems.parquet",
        "runs.parquet",
        "sweep.toml",
    ];
    assert_eq!(names(folder.path()), expected);
    assert!(!folder.path().join("runs").exists() && !folder.path().join("epochs").exists());
    assert_finite(folder.path());
    assert_eq!(manifest.status, Status::Complete);
    let directory = RunDirectory::open(folder.path()).unwrap();
    assert_eq!(directory.manifest(), &manifest);
}

#[test]
fn varied_start_has_one_column_with_the_config_values() {
    let sweep = small();
    let folder = tempfile::tempdir().unwrap();
    let mut table = sweep.table(&sweep.runs);
    let asked: Vec<f64> = (0..7).map(|number| 0.1 * f64::from(number)).collect();
    table.settings.push((Parameter::InitialWeight, SettingColumn::Float(asked.iter().map(|&start| Some(start)).collect())));
    table.initial_weight = asked.iter().map(|&start| start as f32).collect();
    let mut writer = begin(folder.path());
    writer.write_runs(&table).unwrap();
    writer.finish().unwrap();
    let file = std::fs::File::open(folder.path().join("runs.parquet")).unwrap();
    let mut found = Vec::new();
    for row in SerializedFileReader::new(file).unwrap().get_row_iter(None).unwrap() {
        let row = row.unwrap();
        found.extend(row.get_column_iter().filter(|(name, _)| *name == "initial_weight").map(|(_, field)| field.clone()));
    }
    assert_eq!(found, asked.into_iter().map(Field::Double).collect::<Vec<_>>());
    let read = RunDirectory::open(folder.path()).unwrap().runs().unwrap();
    assert_eq!(read.initial_weight, table.initial_weight);
    assert_eq!(format!("{:?}", read.settings), format!("{:?}", table.settings));
}

#[test]
fn parts_join_to_the_same_rows_as_one_chunk() {
    let sweep = small();
    let tables = [1, 3, 7].map(|chunk| {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = begin(folder.path());
        sweep.runs.chunks(chunk).for_each(|runs| sweep.write(&mut writer, runs));
        writer.finish().unwrap();
        ["runs", "epochs"].map(|table| {
            let file = std::fs::File::open(folder.path().join(table).with_extension("parquet")).unwrap();
            let rows = SerializedFileReader::new(file).unwrap();
            rows.get_row_iter(None).unwrap().map(|row| format!("{:?}", row.unwrap())).collect::<Vec<_>>()
        })
    });
    assert_eq!(tables[0][0].len(), 7);
    assert_eq!(tables[0][1].len(), 21);
    assert_eq!(tables[0], tables[2]);
    assert_eq!(tables[1], tables[2]);
}

#[test]
fn history_of_one_run_among_many_row_groups() {
    let runs = (0..30).map(|number| Known { number, diverged_at: (number == 12).then_some(70_001), overflow: None });
    let sweep = Sweep { every: 1, epochs: 1, batches: 100_000, tested: false, runs: runs.collect() };
    let folder = tempfile::tempdir().unwrap();
    let mut writer = begin(folder.path());
    sweep.write(&mut writer, &sweep.runs);
    let directory = RunDirectory::open(folder.path()).unwrap();
    // The number of parts depends on the number of cores.
    let parts = std::fs::read_dir(folder.path().join("history")).unwrap().map(|part| std::fs::File::open(part.unwrap().path()).unwrap());
    let groups = parts.flat_map(|part| SerializedFileReader::new(part).unwrap().metadata().row_groups().to_vec());
    let rows: Vec<i64> = groups.map(|group| group.num_rows()).collect();
    assert!(rows.len() >= 3 && rows.iter().all(|rows| *rows <= 1 << 20), "{rows:?}");
    for number in [0, 9, 10, 12, 29] {
        assert_eq!(directory.history(number).unwrap(), sweep.history(&sweep.runs[number as usize]), "run {number}");
    }
    assert_eq!(directory.history(30).unwrap(), []);
}

/// More distinct values than a Parquet dictionary holds, with and without nulls.
#[test]
fn columns_of_many_values_are_read_back() {
    let runs = (0..10_000).map(|number| Known { number, diverged_at: None, overflow: None });
    let sweep = Sweep { every: 1, epochs: 1, batches: 1, tested: false, runs: runs.collect() };
    let mut table = sweep.table(&sweep.runs);
    let some = |number: u64| !number.is_multiple_of(7);
    let decay = (0..10_000).map(|number| some(number).then_some(number as f64 * 1e-6 - 0.001)).collect();
    let steps = (0..10_000).map(|number| some(number).then_some(number as i64 * 3 - 50)).collect();
    table.settings.push((Parameter::WeightDecay, SettingColumn::Float(decay)));
    table.settings.push((Parameter::GradientAccumulationSteps, SettingColumn::Integer(steps)));
    let folder = tempfile::tempdir().unwrap();
    let mut writer = begin(folder.path());
    writer.write_runs(&table).unwrap();
    writer.finish().unwrap();
    let found = RunDirectory::open(folder.path()).unwrap().runs().unwrap();
    same(&found.settings, &table.settings);
    same(&(&found.run, &found.train_loss.len()), &(&table.run, &10_000));
    assert_finite(folder.path());
}

/// Steps fit a dictionary of one-byte or two-byte indices, or no dictionary in long runs.
#[test]
fn histories_of_any_length_in_one_chunk() {
    for every in [1, 7] {
        let lengths = [1, 40, 299, 700, 5_000, 70_000 * every];
        let sweep = |(place, &batches): (usize, &u64)| {
            let run = |lane: u64| Known {
                number: lane * lengths.len() as u64 + place as u64,
                diverged_at: (lane % 4 == 3).then(|| batches.div_ceil(lane)),
                overflow: None,
            };
            Sweep { every, epochs: 1, batches, tested: false, runs: (0..if batches < 50_000 { 70 } else { 3 }).map(run).collect() }
        };
        let sweeps: Vec<Sweep> = lengths.iter().enumerate().map(sweep).collect();
        let folder = tempfile::tempdir().unwrap();
        let mut writer = begin(folder.path());
        Sweep::write_histories(&sweeps, &mut writer);
        let directory = RunDirectory::open(folder.path()).unwrap();
        for sweep in &sweeps {
            for run in sweep.runs.iter().step_by(3) {
                assert_eq!(directory.history(run.number).unwrap(), sweep.history(run), "every {every}: run {}", run.number);
            }
        }
    }
}

#[test]
fn histories_of_few_runs_follow_the_table_of_all() {
    let sweep = small();
    let folder = tempfile::tempdir().unwrap();
    let mut writer = begin(folder.path());
    writer.write_runs(&sweep.table(&sweep.runs)).unwrap();
    Sweep::write_recorded(&[], &mut writer);
    writer.finish().unwrap();
    let directory = RunDirectory::open(folder.path()).unwrap();
    same(&directory.runs().unwrap(), &sweep.read_back(&sweep.runs));
    assert_eq!(directory.history(0).unwrap(), []);
    assert!(directory.epochs(0).unwrap().run.is_empty());
    assert!(!folder.path().join("history").exists() && !folder.path().join("epochs.parquet").exists());
}
