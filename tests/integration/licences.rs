//! The licence of every dependency, from `cargo metadata`.

use std::process::Command;

#[test]
fn every_dependency_has_a_licence_of_deny_toml() {
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
        // The part of SPDX that occurs: one side of OR must be allowed, and all sides of AND.
        let fine = |one: &str| one.split(" AND ").all(|part| allowed.contains(&part.trim().trim_matches(['(', ')'])));
        let permissive = licence.replace('/', " OR ").split(" OR ").any(fine);
        assert!(permissive, "{}: {licence:?} is not in deny.toml", package["name"]);
    }
}
