//! What a person reads after a mistake in a config: the whole message, each time.

use std::path::Path;

use gradsweep::config;
use insta::assert_snapshot;

const ADVERTISING: &[u8] = include_bytes!("../configs/data/advertising.csv");

/// A config that is right, into which each test puts its mistake.
const DATA: &str = r#"
[data]
path = "advertising.csv"
feature = "TV"
target = "sales"
"#;

/// The report on `config`, read from a file, with paths relative to its folder.
fn report_on(config: &[u8], sets: &[&str]) -> String {
    in_folder(|folder| {
        std::fs::write(folder.join("sweep.toml"), config).unwrap();
        load(&folder.join("sweep.toml"), sets)
    })
}

/// The report on the right config with `lines` below it.
fn report(lines: &str) -> String {
    report_on(format!("{DATA}{lines}").trim_start().as_bytes(), &[])
}

/// The report on a config with its own [data].
fn report_data(data: &str) -> String {
    report_on(data.as_bytes(), &[])
}

fn load(path: &Path, sets: &[&str]) -> String {
    let sets: Vec<String> = sets.iter().map(ToString::to_string).collect();
    match config::load(path, &sets) {
        Ok(experiment) => format!("accepted\n{}", experiment.warnings.join("\n")),
        Err(mistakes) => mistakes.render(false),
    }
}

fn in_folder(work: impl FnOnce(&Path) -> String) -> String {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("advertising.csv"), ADVERTISING).unwrap();
    let report = work(folder.path());
    report.replace(&format!("{}/", folder.path().display()), "").replace(&folder.path().display().to_string(), "sweeps")
}

/// The report on the right config beside another data file, with `lines` in its [data].
fn report_csv_with(csv: &str, lines: &str) -> String {
    in_folder(|folder| {
        std::fs::write(folder.join("advertising.csv"), csv).unwrap();
        std::fs::write(folder.join("sweep.toml"), format!("{DATA}{lines}").trim_start()).unwrap();
        load(&folder.join("sweep.toml"), &[])
    })
}

fn report_csv(csv: &str) -> String {
    report_csv_with(csv, "")
}

mod keys {
    use super::*;

    #[test]
    fn an_alias_of_the_learning_rate() {
        assert_snapshot!(report("\n[training]\nlr = 0.01\n"), @"");
    }

    #[test]
    fn a_misspelt_key() {
        assert_snapshot!(report("\n[training]\nlearning_rte = 0.01\n"), @"");
    }

    #[test]
    fn a_misspelt_key_that_is_needed_is_one_mistake() {
        assert_snapshot!(report_data("[data]\npath = \"advertising.csv\"\nfeatur = \"TV\"\ntarget = \"sales\"\n"), @"");
    }

    #[test]
    fn a_key_of_another_table() {
        assert_snapshot!(report("\n[model]\nepochs = 10\n"), @"");
    }

    #[test]
    fn a_hyperparameter_at_the_top() {
        assert_snapshot!(report_on(format!("lr = 0.1\n{DATA}").as_bytes(), &[]), @"");
    }

    #[test]
    fn a_cap_on_the_runs() {
        assert_snapshot!(report("\n[sweep]\nrun_cap = 50\n"), @"");
    }

    #[test]
    fn a_number_of_runs_of_a_grid() {
        assert_snapshot!(report("\n[sweep]\nruns = 50\n"), @"");
    }

    #[test]
    fn a_key_of_keras_that_is_not_in_this_version() {
        assert_snapshot!(report("\n[training]\nclipnorm = 1.0\n"), @"");
    }

    #[test]
    fn an_unknown_table() {
        assert_snapshot!(report("\n[trainning]\nepochs = 3\n"), @"");
    }

    #[test]
    fn no_data_at_all() {
        assert_snapshot!(report_data("[training]\nepochs = 3\n"), @"");
    }
}

mod values {
    use super::*;

    #[test]
    fn a_number_in_quotes() {
        assert_snapshot!(report("\n[training]\nlearning_rate = \"1e-4\"\n"), @"");
    }

    #[test]
    fn a_float_for_an_integer() {
        assert_snapshot!(report("\n[training]\nepochs = 10.0\n"), @"");
    }

    #[test]
    fn a_batch_size_of_zero() {
        assert_snapshot!(report("\n[training]\nbatch_size = 0\n"), @"");
    }

    #[test]
    fn a_batch_size_in_words() {
        assert_snapshot!(report("\n[training]\nbatch_size = \"ful\"\n"), @"");
    }

    #[test]
    fn a_negative_learning_rate() {
        assert_snapshot!(report("\n[training]\nlearning_rate = -0.1\n"), @"");
    }

    #[test]
    fn a_learning_rate_of_infinity() {
        assert_snapshot!(report("\n[training]\nlearning_rate = inf\n"), @"");
    }

    #[test]
    fn epochs_that_no_run_could_count() {
        assert_snapshot!(report("\n[training]\nepochs = 9_000_000_000_000_000_000\n"), @"");
    }

    #[test]
    fn epochs_beyond_64_bits() {
        assert_snapshot!(report("\n[training]\nepochs = 99_999_999_999_999_999_999\n"), @"");
    }

    #[test]
    fn more_updates_than_32_bits_count() {
        assert_snapshot!(report("\n[training]\nepochs = 4_000_000_000\nbatch_size = 10\n"), @"");
    }

    #[test]
    fn a_list_in_training() {
        assert_snapshot!(report("\n[training]\nlearning_rate = [0.1, 0.01]\n"), @"");
    }

    #[test]
    fn a_list_of_scales_in_data() {
        assert_snapshot!(report_on(format!("{DATA}scale = [\"none\", \"standard\"]\n").trim_start().as_bytes(), &[]), @"");
    }

    #[test]
    fn a_boolean_in_quotes() {
        assert_snapshot!(report("\n[training]\nshuffle = \"yes\"\n"), @"");
    }

    #[test]
    fn a_scale_by_another_name() {
        assert_snapshot!(report_on(format!("{DATA}scale = \"standardize\"\n").trim_start().as_bytes(), &[]), @"");
    }

    #[test]
    fn an_activation_that_is_not_in_this_version() {
        assert_snapshot!(report("\n[model]\nactivation = \"relu\"\n"), @"");
    }

    #[test]
    fn a_loss_that_is_not_in_this_version() {
        assert_snapshot!(report("\n[model]\nloss = \"huber\"\n"), @"");
    }

    #[test]
    fn a_sampled_method() {
        assert_snapshot!(report("\n[sweep]\nmethod = \"sobol\"\n"), @"");
    }

    #[test]
    fn a_name_that_is_a_path() {
        assert_snapshot!(report_on(format!("name = \"../up\"\n{DATA}").as_bytes(), &[]), @"");
    }
}

mod ranges {
    use super::*;

    #[test]
    fn a_log_range_from_zero() {
        assert_snapshot!(report("\n[sweep.parameters]\nlearning_rate = { min = 0, max = 1.0, count = 5, distribution = \"log_uniform\" }\n"), @"");
    }

    #[test]
    fn a_log_range_of_exponents() {
        assert_snapshot!(report("\n[sweep.parameters]\nlearning_rate = { min = -9.21, max = -2.3, count = 5, distribution = \"log_uniform\" }\n"), @"");
    }

    #[test]
    fn a_range_without_count() {
        assert_snapshot!(report("\n[sweep.parameters]\nlearning_rate = { min = 1e-4, max = 1.0 }\n"), @"");
    }

    #[test]
    fn a_range_with_both() {
        assert_snapshot!(report("\n[sweep.parameters]\nmomentum = { min = 0, max = 1.0, count = 5, step = 0.1 }\noptimizer = \"sgd\"\n"), @"");
    }

    #[test]
    fn an_empty_range() {
        assert_snapshot!(report("\n[sweep.parameters]\nlearning_rate = { min = 1.0, max = 0.1, count = 5 }\n"), @"");
    }

    #[test]
    fn one_point_between_two_ends() {
        assert_snapshot!(report("\n[sweep.parameters]\nlearning_rate = { min = 0.1, max = 1.0, count = 1 }\n"), @"");
    }

    #[test]
    fn a_range_of_words() {
        assert_snapshot!(report("\n[sweep.parameters]\n\"data.scale\" = { min = 0, max = 1 }\n"), @"");
    }

    #[test]
    fn an_empty_list() {
        assert_snapshot!(report("\n[sweep.parameters]\nlearning_rate = []\n"), @"");
    }

    #[test]
    fn a_single_value_in_the_sweep() {
        assert_snapshot!(report("\n[sweep.parameters]\nlearning_rate = 0.1\n"), @"");
    }

    #[test]
    fn an_unknown_distribution() {
        assert_snapshot!(report("\n[sweep.parameters]\nlearning_rate = { min = 0.1, max = 1.0, count = 3, distribution = \"loguniform\" }\n"), @"");
    }

    #[test]
    fn a_distribution_that_is_not_in_this_version() {
        assert_snapshot!(report("\n[sweep.parameters]\nlearning_rate = { min = 0.1, max = 1.0, count = 3, distribution = \"normal\" }\n"), @"");
    }

    #[test]
    fn a_plain_seed() {
        assert_snapshot!(report("\n[sweep.parameters]\nseed = [0, 1, 2]\n"), @"");
    }

    #[test]
    fn more_points_than_64_bits() {
        assert_snapshot!(report("\n[sweep.parameters]\nlearning_rate = { min = 1e-4, max = 1, count = 4_000_000_000 }\nepochs = { min = 1, max = 4_000_000_000 }\nmomentum = { min = 0, max = 1, count = 1000 }\n"), @"");
    }
}

mod optimizers {
    use super::*;

    #[test]
    fn momentum_that_no_optimizer_has() {
        assert_snapshot!(report("\n[training]\noptimizer = \"adam\"\n\n[sweep.parameters]\nmomentum = [0.0, 0.9]\n"), @"");
    }

    #[test]
    fn momentum_in_the_table_of_adam() {
        assert_snapshot!(report("\n[sweep.parameters]\noptimizer = [\"sgd\", { name = \"adam\", momentum = 0.9 }]\n"), @"");
    }

    #[test]
    fn a_batch_size_in_the_table_of_sgd() {
        assert_snapshot!(report("\n[training]\noptimizer = { name = \"sgd\", batch_size = 5 }\n"), @"");
    }

    #[test]
    fn a_misspelt_argument() {
        assert_snapshot!(report("\n[training]\noptimizer = { name = \"sgd\", momentun = 0.9 }\n"), @"");
    }

    #[test]
    fn a_misspelt_optimizer() {
        assert_snapshot!(report("\n[training]\noptimizer = \"rmspop\"\n"), @"");
    }

    #[test]
    fn an_optimizer_that_is_not_in_this_version() {
        assert_snapshot!(report("\n[sweep.parameters]\noptimizer = [\"sgd\", \"nadam\"]\n"), @"");
    }

    #[test]
    fn a_list_of_optimizers_in_training() {
        assert_snapshot!(report("\n[training]\noptimizer = [\"sgd\", \"adam\"]\n"), @"");
    }
}

mod generators {
    use super::*;

    #[test]
    fn a_drawn_start_with_numpy_legacy() {
        assert_snapshot!(report_on(format!("rng = {{ name = \"numpy_legacy\", seed = 2 }}\n{DATA}").as_bytes(), &[]), @"");
    }

    #[test]
    fn a_seed_of_its_own_with_numpy_legacy() {
        assert_snapshot!(report_on(format!("rng = \"numpy_legacy\"\n{DATA}seed = 3\n\n[model]\ninitial_weight = 0.6\n").as_bytes(), &[]), @"");
    }

    #[test]
    fn a_seed_of_a_generator_that_is_not_asked_for() {
        assert_snapshot!(report("\n[sweep.parameters]\n\"rng.seed\" = [1, 2]\n"), @"");
    }
}

mod the_data {
    use super::*;

    #[test]
    fn a_misspelt_feature() {
        assert_snapshot!(report_data("[data]\npath = \"advertising.csv\"\nfeature = \"TVs\"\ntarget = \"sales\"\n"), @"");
    }

    #[test]
    fn a_misspelt_file() {
        assert_snapshot!(report_data("[data]\npath = \"advertsing.csv\"\nfeature = \"TV\"\ntarget = \"sales\"\n"), @"");
    }

    #[test]
    fn an_empty_file() {
        assert_snapshot!(report_csv(""), @"");
    }

    #[test]
    fn a_header_alone() {
        assert_snapshot!(report_csv("TV,sales\n"), @"");
    }

    #[test]
    fn a_column_of_text() {
        assert_snapshot!(report_csv("TV,sales\nhigh,1\nlow,2\n"), @"");
    }

    #[test]
    fn a_missing_value() {
        assert_snapshot!(report_csv("TV,sales\n1,1\n,2\n3,nan\n"), @"");
    }

    #[test]
    fn a_file_of_semicolons() {
        assert_snapshot!(report_csv("TV;sales\n1;1\n"), @"");
    }

    #[test]
    fn a_split_that_leaves_nothing() {
        assert_snapshot!(report_on(format!("{DATA}test_size = 200\n").trim_start().as_bytes(), &[]), @"");
    }

    #[test]
    fn a_share_of_everything() {
        assert_snapshot!(report_on(format!("{DATA}test_size = 1.0\n").trim_start().as_bytes(), &[]), @"");
    }

    #[test]
    fn rows_past_the_end() {
        assert_snapshot!(report_on(format!("{DATA}train_rows = \"0..300\"\n").trim_start().as_bytes(), &[]), @"");
    }

    #[test]
    fn a_constant_feature_that_is_to_be_scaled() {
        assert_snapshot!(report_csv_with("TV,sales\n3,1\n3,2\n", "scale = \"standard\"\n"), @"");
    }

    #[test]
    fn values_whose_squares_overflow() {
        assert_snapshot!(report_csv("TV,sales\n1e38,1\n2e38,2\n"), @"");
    }
}

mod the_file {
    use super::*;

    #[test]
    fn a_folder() {
        assert_snapshot!(in_folder(|folder| {
            std::fs::write(folder.join("a.toml"), "").unwrap();
            load(folder, &[])
        }), @"");
    }

    #[test]
    fn not_utf8() {
        assert_snapshot!(report_on(b"# \xE4\nname = 1\n", &[]), @"");
    }

    #[test]
    fn no_bytes() {
        assert_snapshot!(report_on(b"", &[]), @"");
    }

    #[test]
    fn absent() {
        assert_snapshot!(in_folder(|folder| {
            std::fs::write(folder.join("sweep.toml"), "").unwrap();
            load(&folder.join("sweeep.toml"), &[])
        }), @"");
    }

    #[test]
    fn yaml() {
        assert_snapshot!(report_on(b"name: advertising\ndata:\n  path: advertising.csv\n", &[]), @"");
    }

    #[test]
    fn json() {
        assert_snapshot!(report_on(b"{\"name\": \"advertising\"}", &[]), @"");
    }

    #[test]
    fn broken_toml() {
        assert_snapshot!(report("\n[training]\nlearning_rate = 0.1.2\n"), @"");
    }

    #[test]
    fn two_mistakes_at_once() {
        assert_snapshot!(report("\n[training]\nlr = 0.01\nepochs = 10.0\n"), @"");
    }

    #[test]
    fn mistakes_behind_a_mark_and_crlf() {
        assert_snapshot!(report_on(format!("\u{FEFF}{DATA}\n[training]\nlr = 0.01\n").replace('\n', "\r\n").as_bytes(), &[]), @"");
    }
}

mod sets {
    use super::*;

    #[test]
    fn without_an_equals_sign() {
        assert_snapshot!(report_on(DATA.trim_start().as_bytes(), &["training.epochs"]), @"");
    }

    #[test]
    fn a_misspelt_key() {
        assert_snapshot!(report_on(DATA.trim_start().as_bytes(), &["training.epohcs=20"]), @"");
    }

    #[test]
    fn a_wrong_value() {
        assert_snapshot!(report_on(DATA.trim_start().as_bytes(), &["training.epochs=20.5"]), @"");
    }

    #[test]
    fn a_bare_word_where_a_number_belongs() {
        assert_snapshot!(report_on(DATA.trim_start().as_bytes(), &["training.learning_rate=fast"]), @"");
    }

    #[test]
    fn a_broken_list() {
        assert_snapshot!(report_on(DATA.trim_start().as_bytes(), &["sweep.parameters.learning_rate=[0.1, 0.2"]), @"");
    }

    #[test]
    fn a_key_below_a_value() {
        assert_snapshot!(report_on(format!("{DATA}\n[training]\noptimizer = \"sgd\"\n").trim_start().as_bytes(), &["training.optimizer.momentum=0.9"]), @"");
    }
}

mod other_tables {
    use super::*;

    #[test]
    fn a_run_that_is_not_there() {
        assert_snapshot!(report("\n[history]\nruns = [0, 17]\n"), @"");
    }

    #[test]
    fn two_ways_to_choose_runs() {
        assert_snapshot!(report("\n[history]\nruns = { best = 10, sample = 10 }\n"), @"");
    }

    #[test]
    fn a_surface_without_count() {
        assert_snapshot!(report("\n[surface]\nweight = { min = -1, max = 1 }\n"), @"");
    }

    #[test]
    fn a_surface_of_test_rows_that_are_not_there() {
        assert_snapshot!(report("\n[surface]\nrows = \"test\"\n"), @"");
    }
}
