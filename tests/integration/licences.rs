//! The licences of dependencies: those of the program from `cargo metadata`, and the list of the crates in the engine of the HTML report.

use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The output of a Cargo command in the folder of the crate.
fn cargo(arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(env!("CARGO")).args(arguments).current_dir(ROOT).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

#[test]
fn every_dependency_has_a_licence_of_deny_toml() {
    let metadata: serde_json::Value = serde_json::from_slice(&cargo(&["metadata", "--format-version", "1", "--locked"])).unwrap();
    let deny = std::fs::read_to_string(format!("{ROOT}/deny.toml")).unwrap();
    let deny: toml::Table = deny.parse().unwrap();
    let allowed: Vec<&str> = deny["licenses"]["allow"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() > 100);
    for package in packages {
        let licence = package["license"].as_str().unwrap_or("");
        // The part of SPDX that occurs: one side of OR must be allowed, and all sides of AND.
        let fine = |one: &str| one.split(" AND ").all(|part| allowed.contains(&part.trim().trim_matches(['(', ')'])));
        let permissive = licence.replace('/', " OR ").split(" OR ").any(fine);
        assert!(permissive, "{}: {licence:?} is not in deny.toml", package["name"]);
    }
}

/// The build of scripts/build-wasm.sh, whose crates every HTML report contains.
#[test]
fn engine_crates_csv_lists_the_crates_in_the_engine() {
    let graph = ["tree", "--locked", "--no-default-features", "--target", "wasm32-unknown-unknown"];
    let lines = ["--edges", "normal,no-proc-macro", "--prefix", "none", "--no-dedupe", "--format", "{p}|{l}|{r}"];
    let tree = String::from_utf8(cargo(&[&graph[..], &lines[..]].concat())).unwrap();
    let mut crates: Vec<String> = tree
        .lines()
        .filter_map(|line| {
            let mut fields = line.split('|');
            let (name, version) = fields.next()?.split_once(" v")?;
            let version = version.split(' ').next()?;
            Some([name, version, &fields.next()?.replace('/', " OR "), fields.next()?].join(","))
        })
        .filter(|line| !line.starts_with("gradsweep,"))
        .collect();
    crates.sort_unstable();
    crates.dedup();
    let expected = format!("crate,version,licence,address\n{}\n", crates.join("\n"));
    let path = format!("{ROOT}/src/report/engine_crates.csv");
    if std::env::var_os("GRADSWEEP_WRITE_DOCS").is_some() {
        std::fs::write(&path, &expected).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == expected, "{path} is out of date; GRADSWEEP_WRITE_DOCS=1 writes it");
}
