//! A config of any bytes: it is read, or its errors are rendered.

#![no_main]

use gradsweep::config::{self, ConfigSource, DataLocation};
use libfuzzer_sys::fuzz_target;

const DATA: &[u8] = b"x,y,class\n1,2,a\n2,3,b\n3,5,a\n4,4,b\n5,7,a\n";

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    // Lines that begin with this mark are `--set` arguments.
    let (sets, lines): (Vec<&str>, Vec<&str>) = text.split_inclusive('\n').partition(|line| line.starts_with("#!"));
    let sets: Vec<String> = sets.iter().map(|set| set[2..].trim_end().to_owned()).collect();
    let source = ConfigSource { file: "sweep.toml", name: "sweep", data: DataLocation::Bytes(DATA) };
    match config::load_text(&lines.concat(), &source, &sets) {
        Ok(experiment) => {
            // The first and the last run have a setting.
            for run in [0, experiment.space.len() - 1] {
                let _ = experiment.space.run(run);
            }
            let _ = config::resolved(&experiment);
        }
        Err(error) => {
            let report = error.render(true);
            assert!(!report.is_empty() && report.len() < 1 << 20);
        }
    }
});
