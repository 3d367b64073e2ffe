//! `compare` on a run directory.

use crate::common::program::{folder_with, gradsweep, on_tv, root, succeeds};
use gradsweep::model::Parameter;
use gradsweep::store::RunDirectory;
use gradsweep::table::SettingColumn;

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
    let mut groups: Vec<_> = rows.iter().map(|row| (row["value"].as_f64().unwrap(), row["runs"].as_u64().unwrap())).collect();
    groups.sort_by(|a, b| a.0.total_cmp(&b.0));
    assert_eq!(groups, [(0.1, 1), (0.2, 1), (0.7, 1)]);
}

/// Tables for people stay short; files have every value.
#[test]
fn a_long_table_has_the_best_ten_values_and_the_way_to_see_all() {
    let (folder, _) =
        folder_with(&on_tv("scale = \"standard\"\n[sweep.parameters]\ninitial_weight = { min = 0.0, max = 2.4, count = 25 }\n"));
    let table = |text: &str| text.lines().filter(|line| line.ends_with("  rmsprop, learning_rate 0.001")).count();
    let report = succeeds(folder.path(), &["run", "sweep.toml", "--no-plots", "--out", "out dir"]);
    let all = "and 15 other values: gradsweep compare 'out dir' --by initial_weight --no-plots --top 25 prints all\n";
    assert!(table(&report) == 10 && report.contains(all), "{report}");
    let compare =
        |rest: &[&str]| succeeds(folder.path(), &[&["compare", "out dir", "--by", "initial_weight", "--no-plots"], rest].concat());
    let short = compare(&[]);
    assert!(table(&short) == 10 && short.contains("and 15 other values: --top 25 or --csv prints all\n"), "{short}");
    assert_eq!([table(&compare(&["--top", "25"])), compare(&["--csv"]).lines().count() - 1], [25, 25]);
    assert_eq!(table(&compare(&["--top", "3"])), 3);
}

/// Two optimizers of one name differ in an argument of one table; the other optimizer does not have it.
#[test]
fn an_argument_of_one_optimizer_is_a_column_a_name_and_a_key() {
    let (folder, _) = folder_with(&on_tv(
        "test_size = 0.2\n[sweep.parameters]\nbatch_size = [10, \"full\"]\noptimizer = [{ nesterov = [true, false], name = \"sgd\", \
         learning_rate = [1e-6, 1e-5] }, \"adam\", { name = \"adam\", beta_1 = 0.8 }]\nlearning_rate = [0.1, 0.01]\n\
         \"training.seed\" = { min = 0, max = 1 }\n",
    ));
    succeeds(folder.path(), &["run", "sweep.toml", "--no-plots", "--out", "out"]);
    let runs = RunDirectory::open(&folder.path().join("out")).unwrap().runs().unwrap();
    let column = |parameter| runs.settings.iter().find(|(own, _)| *own == parameter).map(|(_, column)| column.clone());
    // Run numbers: 16 of sgd, then 8 of each adam.
    let expected = [vec![None; 16], vec![Some(0.9); 8], vec![Some(0.8); 8]].concat();
    assert_eq!(column(Parameter::Beta1), Some(SettingColumn::Float(expected)));
    let expected: Vec<Option<bool>> = (0..32).map(|run| (run < 16).then_some(run < 8)).collect();
    assert_eq!(column(Parameter::Nesterov), Some(SettingColumn::Boolean(expected)));
    assert_eq!(column(Parameter::Beta2), None, "all runs with beta_2 have the same value");
    let table = succeeds(folder.path(), &["compare", "out", "--by", "beta_1", "--no-plots", "--json"]);
    let table: serde_json::Value = serde_json::from_str(&table).unwrap();
    let rows = table["rows"].as_array().unwrap();
    let mut groups: Vec<(String, u64, u64)> =
        rows.iter().map(|row| (row["value"].to_string(), row["runs"].as_u64().unwrap(), row["seeds"].as_u64().unwrap())).collect();
    groups.sort_unstable();
    assert_eq!(groups, [("0.8".into(), 8, 2), ("0.9".into(), 8, 2), ("null".into(), 16, 2)]);
    let csv = succeeds(folder.path(), &["compare", "out", "--by", "learning_rate", "--where", "beta_1=0.8", "--no-plots", "--csv"]);
    assert!(csv.lines().skip(1).all(|line| line.contains(",adam,") && line.contains(",0.8,")), "{csv}");
    let report = succeeds(folder.path(), &["run", "sweep.toml", "--no-plots", "--out", "again"]);
    assert!(report.contains("learning_rate 0.1, batch_size 10, beta_1 0."), "{report}");
}

#[test]
fn filters_and_keys_are_written_as_users_write_them() {
    let (folder, _) = folder_with(&on_tv(
        "scale = \"standard\"\n[sweep.parameters]\nbatch_size = [10, \"full\"]\noptimizer = [\"adam\", { name = \"sgd\", momentum = [0.0, 0.9] }]\n",
    ));
    succeeds(folder.path(), &["run", "sweep.toml", "--no-plots", "--out", "out"]);
    let rows = |filter: &str| {
        let csv = succeeds(folder.path(), &["compare", "out", "--by", "optimizer", "--where", filter, "--no-plots", "--csv"]);
        csv.lines().count() - 1
    };
    assert_eq!([rows("batch_size=full"), rows("batch_size=200"), rows("momentum=none"), rows("momentum=0.9")], [2, 2, 1, 1]);
    let output = gradsweep(folder.path(), &["compare", "out", "--by", "lr"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("did you mean `learning_rate`?"));
    let output = gradsweep(folder.path(), &["compare", "out", "--by", "optimizer", "--where", "momentum=0.5"]);
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!(
        String::from_utf8_lossy(&output.stderr),
        @"error: no run has momentum = 0.5; the values of momentum are none, 0, 0.9"
    );
}

/// Two sweeps of the same rows are ranked in one table; a sweep of other rows is refused with the reason.
#[test]
fn several_directories_are_ranked_in_one_table() {
    let (folder, _) = folder_with(&on_tv(
        "scale = \"standard\"\ntest_size = 0.2\n[training]\nepochs = 5\n[sweep.parameters]\nlearning_rate = [0.01, 0.1]\n",
    ));
    for (out, set) in [("a", "training.optimizer=adam"), ("b", "training.optimizer=sgd"), ("c", "data.test_size=0.1"), ("d", "data.seed=7")]
    {
        succeeds(folder.path(), &["run", "sweep.toml", "--no-plots", "--out", out, "--set", set]);
    }
    let json = succeeds(folder.path(), &["compare", "a", "b", "--by", "learning_rate", "--json", "--top", "3"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let rows = json["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 3);
    assert!(rows.iter().all(|row| row["directory"] == if row["settings"]["optimizer"] == "sgd" { "b" } else { "a" }));
    let losses: Vec<f64> = rows.iter().map(|row| row["mean_loss"]["median"].as_f64().unwrap()).collect();
    assert!(losses.is_sorted(), "{losses:?}");
    for other in ["c", "d"] {
        let output = gradsweep(folder.path(), &["compare", "a", other, "--by", "learning_rate"]);
        assert_eq!(output.status.code(), Some(1));
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(message.contains(&format!("a and {other} cannot be compared, because their training rows differ")), "{message}");
    }
}

/// R² is 1 − MSE / Var(y), and the accuracy is the fraction of rows on the right side of 0.5.
#[test]
fn comparisons_have_r_squared_or_accuracy() {
    let (folder, _) = folder_with(
        "[data]\npath = \"rows.csv\"\nfeature = \"x\"\ntarget = \"y\"\n[model]\ninitial_weight = 1.0\n[training]\nlearning_rate = 0.0\n",
    );
    std::fs::write(folder.path().join("rows.csv"), "x,y\n-2,0\n-1,0\n1,0\n2,1\n").unwrap();
    let score = |out: &str, sets: &[&str]| {
        let sets = sets.iter().flat_map(|set| ["--set", set]);
        succeeds(folder.path(), &["run", "sweep.toml", "--no-plots", "--out", out].into_iter().chain(sets).collect::<Vec<_>>());
        let json = succeeds(folder.path(), &["compare", out, "--by", "optimizer", "--no-plots", "--json"]);
        serde_json::from_str::<serde_json::Value>(&json).unwrap()["rows"][0]["score"].clone()
    };
    // ŷ = x: MSE = (4 + 1 + 1 + 1) / 4, Var(y) = 3 / 16. A class is predicted by the sign of x.
    assert_eq!(score("linear", &[]), serde_json::json!({ "measure": "r_squared", "rows": "train", "value": 1.0 - 1.75 / 0.1875 }));
    let logistic = ["model.activation=sigmoid", "model.loss=binary_crossentropy"];
    assert_eq!(score("logistic", &logistic), serde_json::json!({ "measure": "accuracy", "rows": "train", "value": 0.75 }));
    assert_eq!(score("hinge", &["model.loss=hinge"]), serde_json::json!({ "measure": "accuracy", "rows": "train", "value": 0.75 }));
}

/// Distributions of initial values are words of the comparison, and their runs over seeds are one setting.
#[test]
fn initializers_are_compared_by_name() {
    let (folder, _) = folder_with(&on_tv(
        "scale = \"standard\"\n[sweep.parameters]\ninitial_weight = [\"glorot_uniform\", { name = \"random_normal\", stddev = 2.0 }, 0.5]\n\
         \"training.seed\" = [0, 1, 2, 3]\n",
    ));
    succeeds(folder.path(), &["run", "sweep.toml", "--no-plots", "--out", "out"]);
    let json = succeeds(folder.path(), &["compare", "out", "--by", "initial_weight", "--no-plots", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let mut rows: Vec<_> = json["rows"].as_array().unwrap().iter().map(|row| (row["value"].to_string(), row["seeds"].as_u64())).collect();
    rows.sort_unstable();
    let random = "\"{ name = \\\"random_normal\\\", mean = 0, stddev = 2 }\"";
    assert_eq!(rows, [("\"glorot_uniform\"".into(), Some(4)), (random.into(), Some(4)), ("0.5".into(), Some(4))]);
    let filtered = ["compare", "out", "--by", "optimizer", "--where", "initial_weight=glorot_uniform", "--no-plots", "--csv"];
    assert_eq!(succeeds(folder.path(), &filtered).lines().count(), 2);
}

/// The pictures of a comparison are in a folder of their own.
#[test]
fn pictures_of_comparisons_replace_no_others() {
    let (folder, _) =
        folder_with(&on_tv("[training]\nepochs = 1\n[sweep.parameters]\noptimizer = [\"sgd\", \"adam\"]\nlearning_rate = [0.01, 0.1]\n"));
    succeeds(folder.path(), &["run", "sweep.toml", "--out", "out"]);
    let svg = |path: &str| std::fs::read_to_string(folder.path().join("out/plots").join(path)).unwrap();
    let of_run = svg("final_loss-learning_rate.svg");
    let printed = succeeds(folder.path(), &["compare", "out", "--by", "learning_rate", "--where", "optimizer=sgd"]);
    assert!(printed.contains("out/plots/compare-learning_rate-optimizer-sgd/final_loss-learning_rate.png"), "{printed}");
    assert_eq!(svg("final_loss-learning_rate.svg"), of_run);
    assert!(svg("compare-learning_rate-optimizer-sgd/final_loss-learning_rate.svg").contains("where optimizer = sgd"));
}

#[test]
fn bins_of_a_sampled_rate_show_their_median_run() {
    let (folder, _) = folder_with(&on_tv(
        "scale = \"standard\"\n[sweep]\nmethod = \"random\"\nruns = 200\n[sweep.parameters]\nlearning_rate = { min = 1e-4, max = 1.0, distribution = \"log_uniform\" }\nmomentum = { min = 0.0, max = 0.9 }\n",
    ));
    succeeds(folder.path(), &["run", "sweep.toml", "--backend", "cpu", "--out", "out", "--no-plots"]);
    let table = succeeds(folder.path(), &["compare", "out", "--by", "learning_rate", "--no-plots"]);
    assert!(table.starts_with("The median run of each bin of learning_rate;"), "{table}");
    assert!(table.contains("setting of the run") && !table.contains("best setting"), "{table}");
    let table = succeeds(folder.path(), &["compare", "out", "--by", "optimizer", "--no-plots"]);
    assert!(table.contains("best setting"), "{table}");
}
