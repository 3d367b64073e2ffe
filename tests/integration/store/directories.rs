//! Run directories: accepted and refused paths, and the readable rows after an interruption.

use gradsweep::internals::Writer;
use gradsweep::store::{Error, Manifest, RunDirectory, Status, Surface, require_free, write_surface};

use super::round_trips::{names, same};
use crate::common::known_sweeps::{CONFIG, DATA, begin, small};

#[test]
fn explicit_directory_is_accepted_if_new_or_empty_and_refused_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    let new = folder.path().join("a/b");
    require_free(folder.path()).unwrap();
    require_free(&new).unwrap();
    assert!(!new.exists(), "the check writes nothing");
    let file = folder.path().join("file");
    std::fs::write(&file, "mine").unwrap();
    for taken in [folder.path(), &file] {
        let error = require_free(taken).unwrap_err();
        assert!(matches!(error, Error::NotEmpty { .. }) && error.is_usage(), "{error}");
    }
}

#[test]
fn two_sweeps_never_share_a_directory() {
    let folder = tempfile::tempdir().unwrap();
    let first = begin(folder.path());
    let second = || Writer::create(folder.path(), Manifest::new("late", serde_json::Value::Null), "", b"").err();
    assert!(matches!(second(), Some(Error::Locked { .. })));
    drop(first);
    assert!(matches!(second(), Some(Error::HoldsSweep { .. })));
    assert_eq!(RunDirectory::open(folder.path()).unwrap().config().unwrap(), CONFIG);
}

#[test]
fn a_changed_config_or_data_file_is_an_error() {
    for name in ["sweep.toml", "data.csv"] {
        let folder = tempfile::tempdir().unwrap();
        drop(begin(folder.path()));
        let read = || {
            let directory = RunDirectory::open(folder.path()).unwrap();
            directory.config().and_then(|_| directory.data_path())
        };
        read().unwrap();
        std::fs::write(folder.path().join(name), "x,y\n1,3\n2,5\n4,9.6\n").unwrap();
        let error = read().unwrap_err();
        assert!(matches!(error, Error::Changed { .. }) && error.to_string().contains(name), "{error}");
    }
}

#[test]
fn interrupted_sweep_has_the_rows_of_its_stored_chunks() {
    let folder = tempfile::tempdir().unwrap();
    let sweep = small();
    let mut writer = begin(folder.path());
    writer.manifest_mut().counts.runs_done = 3;
    let (some, others) = sweep.runs.split_at(3);
    sweep.write(&mut writer, some);
    drop(writer);
    // A killed process leaves files under their temporary names, which begin with a dot.
    for table in ["runs", "epochs", "history"] {
        for name in [".part-00001.parquet.tmp", ".part-00001.parquet"] {
            std::fs::write(folder.path().join(table).join(name), "PAR1 cut off").unwrap();
        }
        std::fs::write(folder.path().join(format!(".{table}.parquet.tmp")), "PAR1 cut off").unwrap();
    }
    let directory = RunDirectory::open(folder.path()).unwrap();
    assert_eq!((directory.manifest().status, directory.manifest().counts.runs_done), (Status::Incomplete, 3));
    assert_eq!(directory.config().unwrap(), CONFIG);
    assert_eq!(std::fs::read(directory.data_path().unwrap()).unwrap(), DATA);
    same(&directory.runs().unwrap(), &sweep.read_back(some));
    for run in some {
        same(&directory.epochs(run.number).unwrap(), &sweep.epochs(run));
        same(&directory.history(run.number).unwrap(), &sweep.history(run));
    }
    assert_eq!(directory.history(others[0].number).unwrap(), []);
}

#[test]
fn interrupted_while_parts_are_joined_reads_no_row_twice() {
    let folder = tempfile::tempdir().unwrap();
    let sweep = small();
    let mut writer = begin(folder.path());
    sweep.runs.chunks(2).for_each(|runs| sweep.write(&mut writer, runs));
    let part = folder.path().join("runs/part-00000.parquet");
    let kept = std::fs::read(&part).unwrap();
    writer.finish().unwrap();
    std::fs::create_dir(folder.path().join("runs")).unwrap();
    std::fs::write(part, kept).unwrap();
    same(&RunDirectory::open(folder.path()).unwrap().runs().unwrap(), &sweep.read_back(&sweep.runs));
}

#[test]
fn interrupted_between_chunks_leaves_parts_and_no_temporary_file() {
    let folder = tempfile::tempdir().unwrap();
    let sweep = small();
    let mut writer = begin(folder.path());
    let (some, _) = sweep.runs.split_at(4);
    some.chunks(2).for_each(|runs| sweep.write(&mut writer, runs));
    same(&RunDirectory::open(folder.path()).unwrap().runs().unwrap(), &sweep.read_back(some));
    writer.close_incomplete().unwrap();
    let names = names(folder.path());
    assert!(names.iter().all(|name| !name.contains(".tmp")), "{names:?}");
    assert!(names.contains(&"runs/part-00001.parquet".to_owned()) && !names.contains(&"runs.parquet".to_owned()), "{names:?}");
    same(&RunDirectory::open(folder.path()).unwrap().runs().unwrap(), &sweep.read_back(some));
}

#[test]
fn directory_before_its_first_chunk_has_no_rows() {
    let folder = tempfile::tempdir().unwrap();
    drop(begin(folder.path()));
    let directory = RunDirectory::open(folder.path()).unwrap();
    assert_eq!(directory.manifest().status, Status::Incomplete);
    assert!(directory.runs().unwrap().run.is_empty());
    assert_eq!(directory.history(0).unwrap(), []);
}

#[test]
fn other_directories_and_formats_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = folder.path().join("manifest.json");
    for path in [folder.path(), &folder.path().join("absent")] {
        let error = RunDirectory::open(path).unwrap_err();
        assert!(matches!(error, Error::NotARunDirectory { .. }) && error.is_usage(), "{error}");
    }
    std::fs::write(&manifest, r#"{ "format": 99 }"#).unwrap();
    let error = RunDirectory::open(folder.path()).unwrap_err();
    assert!(matches!(error, Error::Format { found: 99, known: 2, .. }) && error.is_usage(), "{error}");
    for damaged in [&b"{ \"format\": 2, "[..], b"", b"\xff\xfe", b"{ \"format\": 2 }"] {
        std::fs::write(&manifest, damaged).unwrap();
        let error = RunDirectory::open(folder.path()).unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }) && !error.is_usage(), "{error}");
    }
}

#[test]
fn damaged_tables_are_errors_that_name_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let sweep = small();
    let mut writer = begin(folder.path());
    sweep.write(&mut writer, &sweep.runs);
    writer.finish().unwrap();
    let directory = RunDirectory::open(folder.path()).unwrap();
    let path = folder.path().join("runs.parquet");
    let whole = std::fs::read(&path).unwrap();
    for cut in [0, 7, whole.len() / 2, whole.len() - 1] {
        std::fs::write(&path, &whole[..cut]).unwrap();
        let error = directory.runs().unwrap_err();
        assert!(error.to_string().contains("runs.parquet"), "{error}");
    }
    // A table of other columns: the epochs in the place of the runs.
    std::fs::copy(folder.path().join("epochs.parquet"), &path).unwrap();
    let error = directory.runs().unwrap_err().to_string();
    assert!(error.contains("runs.parquet") && error.contains("`problem`"), "{error}");
}

#[test]
fn surface_has_the_bytes_of_npy_and_no_infinity() {
    let folder = tempfile::tempdir().unwrap();
    let surface = Surface {
        problem: 3,
        quantity: "mse".into(),
        rows: "train".into(),
        weight: vec![-1.0, 0.0, 1.0],
        bias: vec![0.0, 0.5],
        saturated_cells: 2,
    };
    write_surface(folder.path(), &surface, &[1.0, 2.0, 3.0, 4.0, f32::INFINITY, f32::MAX]).unwrap();
    assert_eq!(names(folder.path()), ["surfaces/3.json", "surfaces/3.npy"]);
    let bytes = std::fs::read(folder.path().join("surfaces/3.npy")).unwrap();
    let mut expected = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
    expected.extend(format!("{:<117}\n", "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }").bytes());
    expected.extend([1.0, 2.0, 3.0, 4.0, f32::MAX, f32::MAX].iter().flat_map(|cell: &f32| cell.to_le_bytes()));
    assert_eq!(bytes, expected);
    let axes: Surface = serde_json::from_slice(&std::fs::read(folder.path().join("surfaces/3.json")).unwrap()).unwrap();
    assert_eq!(axes, surface);
    let fewer = write_surface(folder.path(), &surface, &[1.0]).unwrap_err();
    assert!(fewer.to_string().contains("3.npy"), "{fewer}");
}
