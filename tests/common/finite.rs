//! Checks that no table of a run directory has NaN or infinity.

use std::path::{Path, PathBuf};

use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;

/// Reads every cell of every table with the Parquet crate instead of this crate's reader.
pub fn assert_finite(folder: &Path) {
    let tables = files(folder).into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "parquet"));
    for path in tables {
        let reader = SerializedFileReader::new(std::fs::File::open(&path).unwrap()).unwrap();
        for row in reader.get_row_iter(None).unwrap() {
            for (name, field) in row.unwrap().get_column_iter() {
                let finite = match field {
                    Field::Float(value) => value.is_finite(),
                    Field::Double(value) => value.is_finite(),
                    _ => true,
                };
                assert!(finite, "{} has {field} in {name}", path.display());
            }
        }
    }
}

/// Every file below a folder.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}
