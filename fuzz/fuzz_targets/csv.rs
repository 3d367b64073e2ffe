//! A data file of any bytes, read with the notation that the first byte chooses.

#![no_main]

use gradsweep::data::{CsvFormat, Dataset};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((&notation, file)) = bytes.split_first() else { return };
    let format = CsvFormat {
        delimiter: [b',', b';', b'\t', b' '][usize::from(notation & 3)],
        decimal: if notation & 4 == 0 { '.' } else { ',' },
        drops_missing: notation & 8 != 0,
        positive: (notation & 16 != 0).then(|| "yes".to_owned()),
        ..CsvFormat::new("x", "y")
    };
    match Dataset::parse(file.to_vec(), &format) {
        Ok(data) => {
            assert!(!data.x.is_empty() && data.x.len() == data.y.len() && data.x.len() == data.lines.len());
            assert!(data.x.iter().chain(&data.y).all(|value| value.is_finite()));
            assert!(data.lines.is_sorted_by(|a, b| a < b));
        }
        Err(error) => {
            let text = format!("{error} {:?}", error.remedy());
            assert!(text.len() < 10_000, "{}", text.len());
        }
    }
});
