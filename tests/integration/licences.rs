//! Every dependency is under a permissive licence: read out of the metadata, with no tool but cargo.

use std::process::Command;

#[test]
fn every_dependency_is_permissive() {
    let output = Command::new(env!("CARGO")).args(["metadata", "--format-version", "1", "--locked"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let deny = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/deny.toml")).unwrap();
    let deny: toml::Table = deny.parse().unwrap();
    let allowed: Vec<&str> = deny["licenses"]["allow"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() > 100);
    for package in packages {
        let licence = package["license"].as_str().unwrap_or("");
        // Enough of SPDX: a choice is fine if one side is; what is joined must all be.
        let fine = |one: &str| one.split(" AND ").all(|part| allowed.contains(&part.trim().trim_matches(['(', ')'])));
        let permissive = licence.replace('/', " OR ").split(" OR ").any(fine);
        assert!(permissive, "{}: {licence:?} is not in deny.toml", package["name"]);
    }
}
