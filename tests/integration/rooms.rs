//! The rooms of the house: who may import whom, and that no file speaks of what it should not know.

use std::path::{Path, PathBuf};

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|own| own == extension) {
            found.push(path);
        }
    }
    found
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The rooms in the order of lib.rs.
fn rooms() -> Vec<String> {
    let text = std::fs::read_to_string(source().join("lib.rs")).unwrap();
    text.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).map(str::to_owned).collect()
}

#[test]
fn a_room_imports_only_rooms_above_it() {
    let rooms = rooms();
    assert!(rooms.len() >= 11, "{rooms:?}");
    for (floor, room) in rooms.iter().enumerate() {
        for path in files(&source().join(room), "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            // Tests of a file may look around.
            let text = text.split("#[cfg(test)]").next().unwrap_or_default();
            for part in text.split("crate::").skip(1) {
                let name: String = part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                if let Some(other) = rooms.iter().position(|other| *other == name) {
                    assert!(other <= floor, "{}: `{room}` imports `{name}`, which is below it in lib.rs", path.display());
                }
            }
        }
    }
}

#[test]
fn only_the_command_line_prints() {
    for room in rooms() {
        for path in files(&source().join(&room), "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let text = text.split("#[cfg(test)]").next().unwrap_or_default();
            for word in ["println!(", "eprintln!(", "print!(", "dbg!("] {
                assert!(!text.contains(word), "{} prints with {word}", path.display());
            }
        }
    }
}

#[test]
fn every_file_opens_with_what_it_is_for() {
    for path in files(&source(), "rs") {
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("//! "), "{} has no opening", path.display());
    }
}

#[test]
fn the_reference_takes_no_functions_of_std_whose_bits_differ() {
    // std's transcendental functions are the platform's; the crate `libm` is the same everywhere.
    for room in ["data", "model", "space", "kernel", "backend", "analysis", "figure"] {
        for path in files(&source().join(room), "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            for word in [".ln()", ".exp()", ".log10()", ".powf(", ".sin()", ".cos()", ".tanh()", ".log2()"] {
                assert!(!text.contains(word), "{} uses {word}", path.display());
            }
        }
    }
}
