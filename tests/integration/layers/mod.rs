//! The rules of the source tree: imports follow the order of lib.rs, no folder has an import cycle, and some calls are limited to some folders.

mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use source::SourceFile;

use crate::common::finite::files;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// All files of `src`.
fn sources() -> Vec<SourceFile> {
    let paths = files(&folder()).into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    paths.map(|path| SourceFile::read(&folder(), &path)).collect()
}

/// The folders in the order of lib.rs; the folder of the binary is last.
fn layers() -> Vec<String> {
    let mut layers: Vec<String> = SourceFile::read(&folder(), &folder().join("lib.rs")).children().into_iter().map(str::to_owned).collect();
    assert!(layers.len() >= 11, "{layers:?}");
    layers.push("cli".to_owned());
    layers
}

#[test]
fn a_module_imports_only_modules_above_it() {
    let layers = layers();
    let layer = |name: &str| layers.iter().position(|layer| layer == name);
    for file in sources() {
        let Some(own) = layer(&file.module[0]) else { continue };
        for path in file.paths().iter().filter(|path| path.segments[0] == "crate" && path.segments.len() > 1) {
            let other = layer(&path.segments[1]);
            assert!(
                other.is_none_or(|other| other <= own),
                "{} imports {}, which is below it in lib.rs",
                file.path.display(),
                path.segments.join("::")
            );
        }
    }
}

#[test]
fn no_files_of_a_module_import_each_other_in_a_cycle() {
    let sources = sources();
    let graph = imports(&sources);
    let name = |path: &Path| path.strip_prefix(folder()).unwrap().display().to_string();
    let mut cyclic: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for &file in graph.keys() {
        // A cycle is found from each of its files, and reported once.
        let Some(cycle) = shortest_cycle(&graph, file).filter(|cycle| cycle.iter().all(|other| *other >= file)) else { continue };
        let parents = cycle.iter().map(|&file| sources[file].path.parent().unwrap());
        let common = parents.reduce(|a, b| a.ancestors().find(|ancestor| b.starts_with(ancestor)).unwrap()).unwrap();
        let names: Vec<String> = cycle.iter().map(|&file| name(&sources[file].path)).collect();
        cyclic.entry(name(common)).or_default().push(names.join(" -> "));
    }
    assert!(cyclic.is_empty(), "files import each other:\n{cyclic:#?}");
}

/// For each file the files of its module that it imports, as indices into `sources`.
fn imports(sources: &[SourceFile]) -> BTreeMap<usize, BTreeSet<usize>> {
    let by_module: BTreeMap<&[String], usize> = sources.iter().enumerate().map(|(place, file)| (&file.module[..], place)).collect();
    let exports: Vec<BTreeMap<String, Vec<String>>> = sources.iter().map(exported).collect();
    let mut graph = BTreeMap::new();
    for (place, file) in sources.iter().enumerate() {
        let targets: &mut BTreeSet<usize> = graph.entry(place).or_default();
        for path in file.paths() {
            if path.is_exported && !file.mentions(&path.name) {
                continue;
            }
            let target = defining_file(&by_module, &exports, &absolute(&file.module, &path.segments));
            targets.extend(target.filter(|&target| target != place && sources[target].module[0] == file.module[0]));
        }
    }
    graph
}

/// The re-exports of a file: name, and absolute path.
fn exported(file: &SourceFile) -> BTreeMap<String, Vec<String>> {
    file.paths().into_iter().filter(|path| path.is_exported).map(|path| (path.name, absolute(&file.module, &path.segments))).collect()
}

/// A path in a module without `crate`, `super` and `self`.
fn absolute(module: &[String], segments: &[String]) -> Vec<String> {
    let mut path = if segments[0] == "crate" { Vec::new() } else { module.to_vec() };
    for segment in segments {
        match segment.as_str() {
            "crate" | "self" => {}
            "super" => drop(path.pop()),
            _ => path.push(segment.clone()),
        }
    }
    path
}

/// The file that defines the item of a path; re-exports are followed.
fn defining_file(by_module: &BTreeMap<&[String], usize>, exports: &[BTreeMap<String, Vec<String>>], path: &[String]) -> Option<usize> {
    let (length, file) = (1..=path.len()).rev().find_map(|length| Some((length, *by_module.get(&path[..length])?)))?;
    let Some(exported) = path.get(length).and_then(|name| exports[file].get(name)) else { return Some(file) };
    defining_file(by_module, exports, &[exported, &path[length + 1..]].concat())
}

/// The shortest import cycle through a file; `None` without a cycle.
fn shortest_cycle(graph: &BTreeMap<usize, BTreeSet<usize>>, start: usize) -> Option<Vec<usize>> {
    let mut ways = vec![vec![start]];
    let mut seen = BTreeSet::new();
    while !ways.is_empty() {
        let mut longer = Vec::new();
        for way in ways {
            for &next in &graph[&way[way.len() - 1]] {
                let way = [&way[..], &[next]].concat();
                if next == start {
                    return Some(way);
                }
                if seen.insert(next) {
                    longer.push(way);
                }
            }
        }
        ways = longer;
    }
    None
}

#[test]
fn only_the_command_line_prints() {
    for file in sources().iter().filter(|file| !["cli", "main"].contains(&file.module[0].as_str())) {
        for word in ["println!(", "eprintln!(", "print!(", "eprint!(", "dbg!("] {
            assert!(!file.contains(word), "{} prints with {word}", file.path.display());
        }
    }
}

#[test]
fn every_file_begins_with_a_comment() {
    for file in sources() {
        let code = std::fs::read_to_string(&file.path).unwrap();
        assert!(code.starts_with("//! "), "{} has no opening comment", file.path.display());
    }
}

/// The platform implements the transcendental functions of `std`; those of the crate `libm` have the same bits everywhere.
#[test]
fn no_transcendental_functions_of_std() {
    const PORTABLE: [&str; 7] = ["data", "model", "space", "kernel", "backend", "analysis", "figure"];
    for file in sources().iter().filter(|file| PORTABLE.contains(&file.module[0].as_str())) {
        for word in [".ln()", ".exp()", ".log10()", ".powf(", ".sin()", ".cos()", ".tanh()", ".log2()", ".ln_1p()", ".exp_m1()"] {
            assert!(!file.contains(word), "{} uses {word}", file.path.display());
        }
    }
}
