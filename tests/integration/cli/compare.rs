//! `compare` on a run directory.

use crate::common::program::{folder_with, root, succeeds};

#[test]
fn compare_by_the_start_has_one_row_per_start() {
    let (folder, _) = folder_with(&format!(
        "[data]\npath = {:?}\nfeature = \"TV\"\ntarget = \"sales\"\n[sweep.parameters]\ninitial_weight = [0.1, 0.2, 0.7]\n",
        root().join("configs/data/advertising.csv")
    ));
    succeeds(folder.path(), &["run", "sweep.toml", "--backend", "cpu", "--no-plots", "--out", "out"]);
    let comparison = succeeds(folder.path(), &["compare", "out", "--by", "initial_weight", "--no-plots", "--json"]);
    let comparison: serde_json::Value = serde_json::from_str(&comparison).unwrap();
    let rows = comparison["rows"].as_array().unwrap();
    let mut groups: Vec<_> = rows.iter().map(|row| (row["value"].as_str().unwrap(), row["runs"].as_u64().unwrap())).collect();
    groups.sort_unstable();
    assert_eq!(groups, [("0.1", 1), ("0.2", 1), ("0.7", 1)]);
}
