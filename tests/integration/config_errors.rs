//! Invalid configs: the whole rendered error message of each.

use std::path::Path;

use gradsweep::config;
use insta::assert_snapshot;

const ADVERTISING: &[u8] = include_bytes!("../../configs/data/advertising.csv");

/// A valid config, to which each test adds an error.
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

/// The report on the valid config with `lines` appended.
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
        Err(error) => error.render(false),
    }
}

fn in_folder(work: impl FnOnce(&Path) -> String) -> String {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("advertising.csv"), ADVERTISING).unwrap();
    let report = work(folder.path());
    report.replace(&format!("{}/", folder.path().display()), "").replace(&folder.path().display().to_string(), "sweeps")
}

/// The report on the valid config with another data file, and with `lines` in its [data].
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
        assert_snapshot!(report("\n[training]\nlr = 0.01\n"), @r"
    error: unknown key `lr` in [training]
     --> sweep.toml:7:1
      |
    7 | lr = 0.01
      | ^^ no such key
      |
      = help: did you mean `learning_rate`?
    ");
    }

    #[test]
    fn a_misspelt_key() {
        assert_snapshot!(report("\n[training]\nlearning_rte = 0.01\n"), @r"
    error: unknown key `learning_rte` in [training]
     --> sweep.toml:7:1
      |
    7 | learning_rte = 0.01
      | ^^^^^^^^^^^^ no such key
      |
      = help: did you mean `learning_rate`?
    ");
    }

    #[test]
    fn a_misspelt_required_key_is_one_error() {
        assert_snapshot!(report_data("[data]\npath = \"advertising.csv\"\nfeatur = \"TV\"\ntarget = \"sales\"\n"), @r#"
    error: unknown key `featur` in [data]
     --> sweep.toml:3:1
      |
    3 | featur = "TV"
      | ^^^^^^ no such key
      |
      = help: did you mean `feature`?
    "#);
    }

    #[test]
    fn a_key_of_another_table() {
        assert_snapshot!(report("\n[model]\nepochs = 10\n"), @r"
    error: unknown key `epochs` in [model]
     --> sweep.toml:7:1
      |
    7 | epochs = 10
      | ^^^^^^ no such key
      |
      = help: `epochs` belongs in [training]
    ");
    }

    #[test]
    fn a_hyperparameter_at_the_top() {
        assert_snapshot!(report_on(format!("lr = 0.1\n{DATA}").as_bytes(), &[]), @r"
    error: unknown key `lr` at the top of the config
     --> sweep.toml:1:1
      |
    1 | lr = 0.1
      | ^^ no such key
      |
      = help: did you mean `learning_rate`? It belongs in [training]
    ");
    }

    #[test]
    fn a_cap_on_the_runs() {
        assert_snapshot!(report("\n[sweep]\nrun_cap = 50\n"), @r"
    error: unknown key `run_cap` in [sweep]
     --> sweep.toml:7:1
      |
    7 | run_cap = 50
      | ^^^^^^^ no such key
      |
      = help: did you mean `runs`?
      = note: `runs` applies to sampled methods; a grid has one run for every combination of its values
    ");
    }

    #[test]
    fn a_number_of_runs_of_a_grid() {
        assert_snapshot!(report("\n[sweep]\nruns = 50\n"), @r#"
        error: `sweep.runs` applies to sampled methods, but this sweep is a grid
         --> sweep.toml:7:1
          |
        7 | runs = 50
          | ^^^^ not used by a grid
          |
          = help: remove it: a grid has one run for every combination of its values; or write method = "random" for that many random settings
        "#);
    }

    #[test]
    fn an_unsupported_key_of_keras() {
        assert_snapshot!(report("\n[training]\nloss_scale_factor = 1.0\n"), @r"
    error: gradsweep does not support `loss_scale_factor` yet
     --> sweep.toml:7:1
      |
    7 | loss_scale_factor = 1.0
      | ^^^^^^^^^^^^^^^^^ not supported
      |
      = help: remove it
      = note: known keys in [training]: schedule, optimizer, batch_size, epochs, shuffle, seed, and the arguments of optimizers, such as learning_rate
    ");
    }

    #[test]
    fn an_unknown_table() {
        assert_snapshot!(report("\n[trainning]\nepochs = 3\n"), @r"
    error: unknown key `trainning` at the top of the config
     --> sweep.toml:6:2
      |
    6 | [trainning]
      |  ^^^^^^^^^ no such key
      |
      = help: did you mean `training`?
    ");
    }

    #[test]
    fn no_data_at_all() {
        assert_snapshot!(report_data("[training]\nepochs = 3\n"), @r#"
    error: the config has no table [data]
    --> sweep.toml
     = help: add a table [data] with path, feature and target, or the line: data = { path = "data/advertising.csv", feature = "TV", target = "sales" }
     = note: `gradsweep init` writes a commented starter config
    "#);
    }
}

mod values {
    use super::*;

    #[test]
    fn a_number_in_quotes() {
        assert_snapshot!(report("\n[training]\nlearning_rate = \"1e-4\"\n"), @r#"
    error: `training.learning_rate` must be a number from 0 to 1000000, not the string "1e-4"
     --> sweep.toml:7:17
      |
    7 | learning_rate = "1e-4"
      |                 ^^^^^^ a string, because of the quotes
      |
      = help: remove the quotes: 1e-4
    "#);
    }

    #[test]
    fn a_float_for_an_integer() {
        assert_snapshot!(report("\n[training]\nepochs = 10.0\n"), @r"
    error: `training.epochs` must be an integer from 1 to 4,294,967,295, not a float like 10.0
     --> sweep.toml:7:10
      |
    7 | epochs = 10.0
      |          ^^^^ a float
      |
      = help: write 10
    ");
    }

    #[test]
    fn a_batch_size_of_zero() {
        assert_snapshot!(report("\n[training]\nbatch_size = 0\n"), @r#"
    error: `training.batch_size` is out of bounds: 0
     --> sweep.toml:7:14
      |
    7 | batch_size = 0
      |              ^ must be an integer of at least 1, or "full"
    "#);
    }

    #[test]
    fn a_batch_size_in_words() {
        assert_snapshot!(report("\n[training]\nbatch_size = \"ful\"\n"), @r#"
    error: `training.batch_size` cannot be "ful"
     --> sweep.toml:7:14
      |
    7 | batch_size = "ful"
      |              ^^^^^ must be an integer of at least 1, or "full"
      |
      = help: did you mean "full"?
    "#);
    }

    #[test]
    fn a_negative_learning_rate() {
        assert_snapshot!(report("\n[training]\nlearning_rate = -0.1\n"), @r"
    error: `training.learning_rate` is out of bounds: -0.1
     --> sweep.toml:7:17
      |
    7 | learning_rate = -0.1
      |                 ^^^^ must be a number from 0 to 1000000
    ");
    }

    #[test]
    fn a_learning_rate_of_infinity() {
        assert_snapshot!(report("\n[training]\nlearning_rate = inf\n"), @r"
    error: `training.learning_rate` must be a finite number, not inf
     --> sweep.toml:7:17
      |
    7 | learning_rate = inf
      |                 ^^^ not finite
      |
      = help: write a number from 0 to 1000000
    ");
    }

    #[test]
    fn epochs_beyond_32_bits() {
        assert_snapshot!(report("\n[training]\nepochs = 9_000_000_000_000_000_000\n"), @r"
    error: `training.epochs` is out of bounds: 9_000_000_000_000_000_000
     --> sweep.toml:7:10
      |
    7 | epochs = 9_000_000_000_000_000_000
      |          ^^^^^^^^^^^^^^^^^^^^^^^^^ must be an integer from 1 to 4,294,967,295
    ");
    }

    #[test]
    fn epochs_beyond_64_bits() {
        assert_snapshot!(report("\n[training]\nepochs = 99_999_999_999_999_999_999\n"), @r"
    error: `training.epochs` is out of bounds: 99_999_999_999_999_999_999
     --> sweep.toml:7:10
      |
    7 | epochs = 99_999_999_999_999_999_999
      |          ^^^^^^^^^^^^^^^^^^^^^^^^^^ must be an integer from 1 to 4,294,967,295
    ");
    }

    #[test]
    fn more_updates_than_32_bits_count() {
        assert_snapshot!(report("\n[training]\nepochs = 4_000_000_000\nbatch_size = 10\n"), @r"
    error: a run would have 80,000,000,000 updates
     --> sweep.toml:7:10
      |
    7 | epochs = 4_000_000_000
      |          ^^^^^^^^^^^^^ with 200 training rows
      |
      = help: use fewer epochs or a larger batch_size
      = note: a run can have at most 4,294,967,295 updates, because they are counted in 32 bits
    ");
    }

    #[test]
    fn a_list_in_training() {
        assert_snapshot!(report("\n[training]\nlearning_rate = [0.1, 0.01]\n"), @r"
    error: `training.learning_rate` must be a single value, not a list
     --> sweep.toml:7:17
      |
    7 | learning_rate = [0.1, 0.01]
      |                 ^^^^^^^^^^^ must be one value here
      |
      = help: to sweep over it, write in [sweep.parameters]: learning_rate = [0.1, 0.01]
    ");
    }

    #[test]
    fn a_list_of_scales_in_data() {
        assert_snapshot!(report_on(format!("{DATA}scale = [\"none\", \"standard\"]\n").trim_start().as_bytes(), &[]), @r#"
    error: `data.scale` must be a single value, not a list
     --> sweep.toml:5:9
      |
    5 | scale = ["none", "standard"]
      |         ^^^^^^^^^^^^^^^^^^^^ must be one value here
      |
      = help: to sweep over it, write in [sweep.parameters]: "data.scale" = ["none", "standard"]
    "#);
    }

    #[test]
    fn a_boolean_in_quotes() {
        assert_snapshot!(report("\n[training]\nshuffle = \"yes\"\n"), @r#"
    error: `training.shuffle` must be true or false, not the string "yes"
     --> sweep.toml:7:11
      |
    7 | shuffle = "yes"
      |           ^^^^^ a string
      |
      = help: write true, without quotes
    "#);
    }

    #[test]
    fn a_scale_by_another_name() {
        assert_snapshot!(report_on(format!("{DATA}scale = \"standardize\"\n").trim_start().as_bytes(), &[]), @r#"
    error: `data.scale` cannot be "standardize"
     --> sweep.toml:5:9
      |
    5 | scale = "standardize"
      |         ^^^^^^^^^^^^^ must be one of "none", "standard", "min_max"
      |
      = help: did you mean "standard"?
    "#);
    }

    #[test]
    fn an_argument_of_another_initializer() {
        assert_snapshot!(report("\n[model]\ninitial_weight = { name = \"random_normal\", minval = 0.05 }\n"), @r#"
    error: random_normal has no argument `minval`
     --> sweep.toml:7:44
      |
    7 | initial_weight = { name = "random_normal", minval = 0.05 }
      |                                            ^^^^^^ unknown argument
      |
      = help: its arguments: mean, stddev
    "#);
    }

    #[test]
    fn an_unknown_initializer() {
        assert_snapshot!(report("\n[sweep.parameters]\ninitial_bias = [\"zeros\", { name = \"random_norm\" }]\n"), @r#"
    error: there is no initializer "random_norm"
     --> sweep.toml:7:35
      |
    7 | initial_bias = ["zeros", { name = "random_norm" }]
      |                                   ^^^^^^^^^^^^^ no such initializer
      |
      = help: did you mean "random_normal"?
    "#);
    }

    #[test]
    fn an_unknown_activation() {
        assert_snapshot!(report("\n[model]\nactivation = \"leaky_rleu\"\n"), @r#"
    error: `model.activation` cannot be "leaky_rleu"
     --> sweep.toml:7:14
      |
    7 | activation = "leaky_rleu"
      |              ^^^^^^^^^^^^ must be one of "linear", "sigmoid", "tanh", "relu", "relu6", "leaky_relu", "elu", "selu", "softplus", "softsign", "silu", "gelu", "mish", "exponential", "hard_sigmoid"
      |
      = help: did you mean "leaky_relu"?
    "#);
    }

    #[test]
    fn an_unknown_loss() {
        assert_snapshot!(report("\n[model]\nloss = \"huber_loss\"\n"), @r#"
    error: `model.loss` cannot be "huber_loss"
     --> sweep.toml:7:8
      |
    7 | loss = "huber_loss"
      |        ^^^^^^^^^^^^ must be one of "mse", "mae", "huber", "log_cosh", "binary_crossentropy", "hinge", "squared_hinge", "mape", "msle", "poisson"
      |
      = help: did you mean "huber"?
    "#);
    }

    #[test]
    fn a_label_outside_the_losss_domain() {
        assert_snapshot!(report("\n[model]\nloss = \"hinge\"\n"), @r#"
    error: the loss hinge needs labels that are all −1 or 1, or all 0 or 1, but line 2 of the data file has 22.1
     --> sweep.toml:7:8
      |
    7 | loss = "hinge"
      |        ^^^^^^^ does not fit the labels
      |
      = help: encode the classes as −1 and 1, or as 0 and 1
    "#);
    }

    #[test]
    fn a_label_outside_the_domain_of_a_swept_loss() {
        assert_snapshot!(report("\n[sweep.parameters]\nloss = [\"mse\", \"bce\"]\n"), @r#"
    error: the loss binary_crossentropy needs labels that are between 0 and 1, but line 2 of the data file has 22.1
     --> sweep.toml:7:1
      |
    7 | loss = ["mse", "bce"]
      | ^^^^ does not fit the labels
      |
      = help: encode the classes as 0 and 1, or use a loss that accepts any label, such as "mse"
    "#);
    }

    #[test]
    fn a_method_of_another_tool() {
        assert_snapshot!(report("\n[sweep]\nmethod = \"bayes\"\nruns = 10\n"), @r#"
        error: there is no sweep.method "bayes"
         --> sweep.toml:7:10
          |
        7 | method = "bayes"
          |          ^^^^^^^ no such method
          |
          = note: methods: grid, random, sobol, latin_hypercube
        "#);
    }

    #[test]
    fn a_misspelt_method() {
        assert_snapshot!(report("\n[sweep]\nmethod = \"lhs\"\nruns = 10\n"), @r#"
        error: there is no sweep.method "lhs"
         --> sweep.toml:7:10
          |
        7 | method = "lhs"
          |          ^^^^^ no such method
          |
          = help: did you mean "latin_hypercube"?
          = note: methods: grid, random, sobol, latin_hypercube
        "#);
    }

    #[test]
    fn a_sampled_sweep_without_runs() {
        assert_snapshot!(report("\n[sweep]\nmethod = \"sobol\"\n"), @r#"
        error: sweep.method "sobol" needs `runs`, the number of runs
         --> sweep.toml:7:10
          |
        7 | method = "sobol"
          |          ^^^^^^^ the number of runs is missing
          |
          = help: write runs = 1000 in [sweep]
        "#);
    }

    #[test]
    fn more_runs_than_sobol_points() {
        assert_snapshot!(report("\n[sweep]\nmethod = \"sobol\"\nruns = 5_000_000_000\n"), @r#"
        error: sobol has at most 4,294,967,296 runs
         --> sweep.toml:8:8
          |
        8 | runs = 5_000_000_000
          |        ^^^^^^^^^^^^^ too many runs
          |
          = help: use method = "random", which has no such limit
          = note: the index of a Sobol point has 32 bits
        "#);
    }

    #[test]
    fn a_count_in_a_sampled_sweep() {
        assert_snapshot!(report("\n[sweep]\nmethod = \"random\"\nruns = 10\n[sweep.parameters]\nlearning_rate = { min = 0.1, max = 1.0, count = 3 }\n"), @r"
        error: `learning_rate` has a `count`, but this sweep is sampled
          --> sweep.toml:10:49
           |
        10 | learning_rate = { min = 0.1, max = 1.0, count = 3 }
           |                                                 ^ not used
           |
           = help: remove it: sweep.runs is the number of runs; for equally spaced values write `step`, or a list
        ");
    }

    #[test]
    fn probabilities_that_do_not_sum_to_one() {
        assert_snapshot!(report("\n[sweep]\nmethod = \"random\"\nruns = 10\n[sweep.parameters]\nbatch_size = { values = [5, 10], probabilities = [0.5, 0.6] }\noptimizer = { values = [\"sgd\", \"adam\"], probabilities = [1.0] }\n"), @r#"
        error: the probabilities of `batch_size` sum to 1.1
          --> sweep.toml:10:50
           |
        10 | batch_size = { values = [5, 10], probabilities = [0.5, 0.6] }
           |                                                  ^^^^^^^^^^ must sum to 1

        error: `optimizer` has 1 number for its probabilities, but 2 values
          --> sweep.toml:11:57
           |
        11 | optimizer = { values = ["sgd", "adam"], probabilities = [1.0] }
           |                                                         ^^^^^ must be one for each value

        2 errors; nothing was written
        "#);
    }

    #[test]
    fn a_normal_distribution_of_exponents() {
        assert_snapshot!(report("\n[sweep]\nmethod = \"random\"\nruns = 10\n[sweep.parameters]\nlearning_rate = { distribution = \"normal\", mu = -7.0, sigma = 1.0 }\n"), @r#"
        error: the distribution of `learning_rate` is outside of its bounds with a probability of 100.0 %
          --> sweep.toml:10:49
           |
        10 | learning_rate = { distribution = "normal", mu = -7.0, sigma = 1.0 }
           |                                                 ^^^^ `learning_rate` must be a number from 0 to 1000000
           |
           = help: if mu is a logarithm, write distribution = "log_normal": its median is exp(mu), here 0.000912
        "#);
    }

    #[test]
    fn a_normal_distribution_partly_out_of_bounds() {
        assert_snapshot!(report("\n[sweep]\nmethod = \"random\"\nruns = 10\n[sweep.parameters]\nlearning_rate = { distribution = \"normal\", mu = 0.1, sigma = 0.1 }\n"), @r"
        accepted
        15.9 % of the distribution of `learning_rate` is outside of the allowed values and is never drawn
        ");
    }

    #[test]
    fn keys_that_a_distribution_does_not_use() {
        assert_snapshot!(report("\n[sweep]\nmethod = \"random\"\nruns = 10\n[sweep.parameters]\nlearning_rate = { min = 0.1, max = 1.0, mu = 0.5 }\nbeta_1 = { min = 0.1, max = 0.9, q = 0.1, step = 0.1 }\noptimizer = [\"adam\"]\nepochs = { distribution = \"normal\", mu = 10.0 }\n"), @r#"
        error: `learning_rate` has `mu`, which its distribution does not use
          --> sweep.toml:10:46
           |
        10 | learning_rate = { min = 0.1, max = 1.0, mu = 0.5 }
           |                                              ^^^ not used
           |
           = help: write distribution = "normal" or "log_normal" for a mean and a standard deviation

        error: the range of `beta_1` has both `step` and `q`
          --> sweep.toml:11:38
           |
        11 | beta_1 = { min = 0.1, max = 0.9, q = 0.1, step = 0.1 }
           |                                      ^^^ remove one of them
           |
           = help: step: equally probable values from min on; q: the drawn numbers are rounded to multiples of q

        error: the distribution of `epochs` has no `sigma`
          --> sweep.toml:13:10
           |
        13 | epochs = { distribution = "normal", mu = 10.0 }
           |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ normal needs mu and sigma

        3 errors; nothing was written
        "#);
    }

    #[test]
    fn a_q_without_multiples() {
        assert_snapshot!(report("\n[sweep]\nmethod = \"random\"\nruns = 10\n[sweep.parameters]\nbatch_size = { min = 6, max = 9, q = 5 }\n"), @r"
        error: `batch_size` has no multiple of q within its range
          --> sweep.toml:10:38
           |
        10 | batch_size = { min = 6, max = 9, q = 5 }
           |                                      ^ too large
           |
           = help: use a smaller q
        ");
    }

    #[test]
    fn a_name_that_is_a_path() {
        assert_snapshot!(report_on(format!("name = \"../up\"\n{DATA}").as_bytes(), &[]), @r#"
    error: `name` = "../up" is not a valid folder name
     --> sweep.toml:1:8
      |
    1 | name = "../up"
      |        ^^^^^^^ the run directory gets this name
      |
      = help: use letters, digits, - and _
    "#);
    }
}

mod ranges {
    use super::*;

    #[test]
    fn a_log_range_from_zero() {
        assert_snapshot!(report("\n[sweep.parameters]\nlearning_rate = { min = 0, max = 1.0, count = 5, distribution = \"log_uniform\" }\n"), @r#"
    error: the logarithmic range of `learning_rate` needs min > 0, but min = 0
     --> sweep.toml:7:25
      |
    7 | learning_rate = { min = 0, max = 1.0, count = 5, distribution = "log_uniform" }
      |                         ^ must be above 0
      |
      = help: use a small positive min such as 1e-6, or distribution = "uniform"
    "#);
    }

    #[test]
    fn a_log_range_of_exponents() {
        assert_snapshot!(report("\n[sweep.parameters]\nlearning_rate = { min = -9.21, max = -2.3, count = 5, distribution = \"log_uniform\" }\n"), @r#"
    error: the logarithmic range of `learning_rate` needs min > 0, but min = -9.21
     --> sweep.toml:7:25
      |
    7 | learning_rate = { min = -9.21, max = -2.3, count = 5, distribution = "log_uniform" }
      |                         ^^^^^ must be above 0
      |
      = help: if these are exponents, write the values: min = 0.0001, max = 0.1
      = note: in W&B, the bounds of log_uniform are exponents of e; here they are the values themselves, as in W&B's log_uniform_values
    "#);
    }

    #[test]
    fn a_range_without_count() {
        assert_snapshot!(report("\n[sweep.parameters]\nlearning_rate = { min = 1e-4, max = 1.0 }\n"), @r#"
    error: the range of `learning_rate` needs `count` or `step` in a grid
     --> sweep.toml:7:17
      |
    7 | learning_rate = { min = 1e-4, max = 1.0 }
      |                 ^^^^^^^^^^^^^^^^^^^^^^^^^ the number of values is missing
      |
      = help: add count = 10 for ten equally spaced values, including min and max; for logarithmic spacing, also distribution = "log_uniform"
    "#);
    }

    #[test]
    fn a_range_with_count_and_step() {
        assert_snapshot!(report("\n[sweep.parameters]\nmomentum = { min = 0, max = 1.0, count = 5, step = 0.1 }\noptimizer = \"sgd\"\n"), @r"
    error: the range of `momentum` has both `count` and `step`
     --> sweep.toml:7:52
      |
    7 | momentum = { min = 0, max = 1.0, count = 5, step = 0.1 }
      |                                                    ^^^ remove one of them
      |
      = help: write either `count` or `step`
    ");
    }

    #[test]
    fn an_empty_range() {
        assert_snapshot!(report("\n[sweep.parameters]\nlearning_rate = { min = 1.0, max = 0.1, count = 5 }\n"), @r"
    error: the range of `learning_rate` is empty: min is above max
     --> sweep.toml:7:25
      |
    7 | learning_rate = { min = 1.0, max = 0.1, count = 5 }
      |                         ^^^ above max
      |
      = help: swap min and max
    ");
    }

    #[test]
    fn a_count_of_one_for_different_bounds() {
        assert_snapshot!(report("\n[sweep.parameters]\nlearning_rate = { min = 0.1, max = 1.0, count = 1 }\n"), @r"
    error: `learning_rate` has count = 1, but min and max differ
     --> sweep.toml:7:49
      |
    7 | learning_rate = { min = 0.1, max = 1.0, count = 1 }
      |                                                 ^ must be at least 2, because min and max are included
      |
      = help: use count = 2 or more, or set min = max
    ");
    }

    #[test]
    fn a_range_of_words() {
        assert_snapshot!(report("\n[sweep.parameters]\n\"data.scale\" = { min = 0, max = 1 }\n"), @r#"
    error: `data.scale` cannot be a range; it must be one of "none", "standard", "min_max"
     --> sweep.toml:7:16
      |
    7 | "data.scale" = { min = 0, max = 1 }
      |                ^^^^^^^^^^^^^^^^^^^^ a range
      |
      = help: write a list: "data.scale" = [..]
    "#);
    }

    #[test]
    fn an_empty_list() {
        assert_snapshot!(report("\n[sweep.parameters]\nlearning_rate = []\n"), @r"
    error: `learning_rate` has no values
     --> sweep.toml:7:17
      |
    7 | learning_rate = []
      |                 ^^ an empty list gives no runs
      |
      = help: add at least one value, or remove the key
    ");
    }

    #[test]
    fn a_single_value_in_the_sweep() {
        assert_snapshot!(report("\n[sweep.parameters]\nlearning_rate = 0.1\n"), @r"
    error: `learning_rate` in [sweep.parameters] must be a list or a table, not a float
     --> sweep.toml:7:17
      |
    7 | learning_rate = 0.1
      |                 ^^^ a single value
      |
      = help: write a list, [0.1], or move it to training.learning_rate
    ");
    }

    #[test]
    fn an_unknown_distribution() {
        assert_snapshot!(report("\n[sweep.parameters]\nlearning_rate = { min = 0.1, max = 1.0, count = 3, distribution = \"loguniform\" }\n"), @r#"
        error: unknown distribution "loguniform" for `learning_rate`
         --> sweep.toml:7:67
          |
        7 | learning_rate = { min = 0.1, max = 1.0, count = 3, distribution = "loguniform" }
          |                                                                   ^^^^^^^^^^^^ no such distribution
          |
          = help: did you mean "log_uniform"?
          = note: known distributions: uniform, int_uniform, log_uniform, log_uniform_values, normal, log_normal, categorical
        "#);
    }

    #[test]
    fn an_unsupported_distribution() {
        assert_snapshot!(report("\n[sweep.parameters]\nlearning_rate = { min = 0.1, max = 1.0, count = 3, distribution = \"normal\" }\n"), @r#"
        error: "normal" of `learning_rate` applies to sampled methods, but this sweep is a grid
         --> sweep.toml:7:67
          |
        7 | learning_rate = { min = 0.1, max = 1.0, count = 3, distribution = "normal" }
          |                                                                   ^^^^^^^^ not used by a grid
          |
          = help: write method = "random" and runs = 1000 in [sweep], or list the values of the grid
        "#);
    }

    #[test]
    fn an_ambiguous_seed() {
        assert_snapshot!(report("\n[sweep.parameters]\nseed = [0, 1, 2]\n"), @r#"
    error: `seed` is ambiguous in [sweep.parameters]
     --> sweep.toml:7:1
      |
    7 | seed = [0, 1, 2]
      | ^^^^ which seed?
      |
      = help: write "training.seed" (batch order and drawn initial values) or "data.seed" (train/test split)
      = note: with rng = "numpy_legacy" there is one seed for everything, "rng.seed"
    "#);
    }

    #[test]
    fn more_points_than_64_bits() {
        assert_snapshot!(report("\n[sweep.parameters]\nlearning_rate = { min = 1e-4, max = 1, count = 4_000_000_000 }\nepochs = { min = 1, max = 4_000_000_000 }\nmomentum = { min = 0, max = 1, count = 1000 }\n"), @r"
    error: the grid has more than 9,223,372,036,854,775,807 runs, but run numbers are 64-bit integers
     --> sweep.toml:6:8
      |
    6 | [sweep.parameters]
      |        ^^^^^^^^^^ one run for every combination of values
      |
      = help: use fewer values
      = note: values per parameter: learning_rate 4,000,000,000, epochs 4,000,000,000, momentum 1,000
    ");
    }
}

mod optimizers {
    use super::*;

    #[test]
    fn momentum_that_no_optimizer_has() {
        assert_snapshot!(report("\n[training]\noptimizer = \"adam\"\n\n[sweep.parameters]\nmomentum = [0.0, 0.9]\n"), @r"
    error: no optimizer of this sweep has `momentum`
      --> sweep.toml:10:1
       |
    10 | momentum = [0.0, 0.9]
       | ^^^^^^^^ the sweep uses adam
       |
       = help: remove it, or use an optimizer that has it: sgd, rmsprop, muon
    ");
    }

    #[test]
    fn momentum_in_the_table_of_adam() {
        assert_snapshot!(report("\n[sweep.parameters]\noptimizer = [\"sgd\", { name = \"adam\", momentum = 0.9 }]\n"), @r#"
    error: adam has no `momentum`
     --> sweep.toml:7:38
      |
    7 | optimizer = ["sgd", { name = "adam", momentum = 0.9 }]
      |                                      ^^^^^^^^ unknown argument
      |
      = help: sgd, rmsprop and muon have it; remove it here
      = note: arguments of adam: learning_rate, beta_1, beta_2, epsilon, amsgrad
    "#);
    }

    #[test]
    fn a_batch_size_in_the_table_of_sgd() {
        assert_snapshot!(report("\n[training]\noptimizer = { name = \"sgd\", batch_size = 5 }\n"), @r#"
    error: sgd has no `batch_size`
     --> sweep.toml:7:29
      |
    7 | optimizer = { name = "sgd", batch_size = 5 }
      |                             ^^^^^^^^^^ not an argument of an optimizer
      |
      = help: write it in [training], or in [sweep.parameters] as batch_size
    "#);
    }

    #[test]
    fn a_misspelt_argument() {
        assert_snapshot!(report("\n[training]\noptimizer = { name = \"sgd\", momentun = 0.9 }\n"), @r#"
    error: unknown key `momentun` in an optimizer's table
     --> sweep.toml:7:29
      |
    7 | optimizer = { name = "sgd", momentun = 0.9 }
      |                             ^^^^^^^^ no such key
      |
      = help: did you mean `momentum`?
    "#);
    }

    #[test]
    fn a_misspelt_optimizer() {
        assert_snapshot!(report("\n[training]\noptimizer = \"rmspop\"\n"), @r#"
    error: there is no optimizer "rmspop"
     --> sweep.toml:7:13
      |
    7 | optimizer = "rmspop"
      |             ^^^^^^^^ no such optimizer
      |
      = help: did you mean "rmsprop"?
      = note: known optimizers: sgd, rmsprop, adam, adamw, adadelta, adagrad, adamax, adafactor, nadam, ftrl, lion, lamb, muon
    "#);
    }

    #[test]
    fn a_list_of_optimizers_in_training() {
        assert_snapshot!(report("\n[training]\noptimizer = [\"sgd\", \"adam\"]\n"), @r#"
    error: `training.optimizer` must be a single value, not a list
     --> sweep.toml:7:13
      |
    7 | optimizer = ["sgd", "adam"]
      |             ^^^^^^^^^^^^^^^ must be one value here
      |
      = help: to sweep over it, write in [sweep.parameters]: optimizer = ["sgd", "adam"]
    "#);
    }
}

mod generators {
    use super::*;

    #[test]
    fn a_drawn_start_with_numpy_legacy() {
        assert_snapshot!(report_on(format!("rng = {{ name = \"numpy_legacy\", seed = 2 }}\n{DATA}").as_bytes(), &[]), @r#"
    error: `model.initial_weight` must be a number: rng = "numpy_legacy" draws no initial values
     --> sweep.toml:1:7
      |
    1 | rng = { name = "numpy_legacy", seed = 2 }
      |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ the default, glorot_uniform, is drawn at random
      |
      = help: write the value that the notebook started from: model.initial_weight = 0.6
    "#);
    }

    #[test]
    fn a_seed_of_its_own_with_numpy_legacy() {
        assert_snapshot!(report_on(format!("rng = \"numpy_legacy\"\n{DATA}seed = 3\n\n[model]\ninitial_weight = 0.6\n").as_bytes(), &[]), @r#"
    error: `data.seed` has no effect with rng = "numpy_legacy"
     --> sweep.toml:7:8
      |
    7 | seed = 3
      |        ^ numpy_legacy has one seed for everything
      |
      = help: use rng.seed instead
    "#);
    }

    #[test]
    fn a_seed_of_another_generator() {
        assert_snapshot!(report("\n[sweep.parameters]\n\"rng.seed\" = [1, 2]\n"), @r#"
    error: `rng.seed` needs rng = "numpy_legacy"
     --> sweep.toml:7:1
      |
    7 | "rng.seed" = [1, 2]
      | ^^^^^^^^^^ the default generator does not use it
      |
      = help: use "data.seed" (train/test split) or "training.seed" (batch order and drawn initial values)
    "#);
    }
}

mod the_data {
    use super::*;

    #[test]
    fn a_misspelt_feature() {
        assert_snapshot!(report_data("[data]\npath = \"advertising.csv\"\nfeature = \"TVs\"\ntarget = \"sales\"\n"), @r#"
    error: the data file has no column "TVs"
     --> sweep.toml:3:11
      |
    3 | feature = "TVs"
      |           ^^^^^ no such column
      |
      = help: did you mean "TV"?
      = note: columns of the file: "", "TV", "radio", "newspaper", "sales"
    "#);
    }

    #[test]
    fn a_misspelt_file() {
        assert_snapshot!(report_data("[data]\npath = \"advertsing.csv\"\nfeature = \"TV\"\ntarget = \"sales\"\n"), @r#"
    error: there is no file advertsing.csv
     --> sweep.toml:2:8
      |
    2 | path = "advertsing.csv"
      |        ^^^^^^^^^^^^^^^^ file not found
      |
      = help: did you mean advertising.csv?
      = note: data.path is relative to the folder of the config
    "#);
    }

    #[test]
    fn an_empty_file() {
        assert_snapshot!(report_csv(""), @r#"
    error: the data file is empty (0 bytes)
     --> sweep.toml:2:8
      |
    2 | path = "advertising.csv"
      |        ^^^^^^^^^^^^^^^^^ this file
      |
      = help: a data file starts with a line of column names, followed by one line per row
    "#);
    }

    #[test]
    fn a_header_alone() {
        assert_snapshot!(report_csv("TV,sales\n"), @r#"
    error: the data file has a header but no rows
     --> sweep.toml:2:8
      |
    2 | path = "advertising.csv"
      |        ^^^^^^^^^^^^^^^^^ this file
      |
      = help: a data file starts with a line of column names, followed by one line per row
    "#);
    }

    #[test]
    fn a_column_of_words() {
        assert_snapshot!(report_csv("TV,sales\nhigh,1\nlow,2\n"), @r#"
    error: 2 of 2 values in column "TV" are not finite numbers; the first is "high", in line 2 of the file
     --> sweep.toml:3:11
      |
    3 | feature = "TV"
      |           ^^^^ must contain only numbers
      |
      = help: choose a numeric column
    "#);
    }

    #[test]
    fn a_missing_value() {
        assert_snapshot!(report_csv("TV,sales\n1,1\n,2\n3,nan\n"), @r#"
    error: 1 of 3 values in column "TV" are not finite numbers; the first is a missing value, in line 3 of the file
     --> sweep.toml:3:11
      |
    3 | feature = "TV"
      |           ^^^^ must contain only numbers
      |
      = help: set missing = "drop" in [data] to leave out rows with missing values
    "#);
    }

    #[test]
    fn a_file_of_semicolons() {
        assert_snapshot!(report_csv("TV;sales\n1;1\n"), @r#"
    error: the data file has no column "TV"
     --> sweep.toml:3:11
      |
    3 | feature = "TV"
      |           ^^^^ no such column
      |
      = help: the cells are not separated by commas: set delimiter = ";" in [data]
      = note: columns of the file: "TV;sales"
    "#);
    }

    #[test]
    fn a_split_without_training_rows() {
        assert_snapshot!(report_on(format!("{DATA}test_size = 200\n").trim_start().as_bytes(), &[]), @r"
    error: 200 of 200 rows are test rows, so no row is left for training
     --> sweep.toml:5:13
      |
    5 | test_size = 200
      |             ^^^ too many test rows
      |
      = help: use a smaller test_size
    ");
    }

    #[test]
    fn a_test_size_of_all_rows() {
        assert_snapshot!(report_on(format!("{DATA}test_size = 1.0\n").trim_start().as_bytes(), &[]), @r"
    error: `data.test_size` cannot be 1.0
     --> sweep.toml:5:13
      |
    5 | test_size = 1.0
      |             ^^^ must be a fraction below 1, such as 0.2, or a number of rows, such as 40
    ");
    }

    #[test]
    fn rows_past_the_end() {
        assert_snapshot!(report_on(format!("{DATA}train_rows = \"0..300\"\n").trim_start().as_bytes(), &[]), @r#"
    error: row 299 does not exist
     --> sweep.toml:5:14
      |
    5 | train_rows = "0..300"
      |              ^^^^^^^^ the file has 200 rows
      |
      = note: rows are counted from 0, without the header; the end of a range is excluded
    "#);
    }

    #[test]
    fn scaling_a_constant_feature() {
        assert_snapshot!(report_csv_with("TV,sales\n3,1\n3,2\n", "scale = \"standard\"\n"), @r#"
    error: the feature is 3 in every training row, so scale = "standard" would divide by zero
     --> sweep.toml:5:9
      |
    5 | scale = "standard"
      |         ^^^^^^^^^^ cannot scale a constant
      |
      = help: use scale = "none", or another feature
    "#);
    }

    #[test]
    fn values_whose_squares_overflow() {
        assert_snapshot!(report_csv("TV,sales\n1e38,1\n2e38,2\n"), @r#"
    error: the feature values reach 2.0e38, so their squares overflow float32
     --> sweep.toml:3:11
      |
    3 | feature = "TV"
      |           ^^^^ too large
      |
      = help: divide the column by a constant; values up to 1e15 are accepted
      = help: or set data.scale = "standard": the limit applies to the scaled values
    "#);
    }
}

mod the_file {
    use super::*;

    #[test]
    fn a_folder() {
        assert_snapshot!(in_folder(|folder| {
            std::fs::write(folder.join("a.toml"), "").unwrap();
            load(folder, &[])
        }), @r"
    error: sweeps is a folder, not a config file
    --> sweeps
     = help: pass one of its files: a.toml
    ");
    }

    #[test]
    fn not_utf8() {
        assert_snapshot!(report_on(b"# \xE4\nname = 1\n", &[]), @r"
    error: sweep.toml is not UTF-8: line 1, byte 2 of the file
    --> sweep.toml
     = help: save it as UTF-8
    ");
    }

    #[test]
    fn an_empty_config() {
        assert_snapshot!(report_on(b"", &[]), @r"
    error: the config is empty
    --> sweep.toml
     = help: `gradsweep init` writes a commented starter config
     = note: a config needs at least [data] with path, feature and target; [training] and [sweep.parameters] define the runs
    ");
    }

    #[test]
    fn a_missing_config() {
        assert_snapshot!(in_folder(|folder| {
            std::fs::write(folder.join("sweep.toml"), "").unwrap();
            load(&folder.join("sweeep.toml"), &[])
        }), @r"
    error: there is no config file sweeep.toml
    --> sweeep.toml
     = help: did you mean sweep.toml?
    ");
    }

    #[test]
    fn yaml() {
        assert_snapshot!(report_on(b"name: advertising\ndata:\n  path: advertising.csv\n", &[]), @r"
    error: not valid TOML: key with no value, expected `=`
     --> sweep.toml:1:7
      |
    1 | name: advertising
      |       ^
      |
      = help: this looks like YAML, but a config is TOML: write [training], then epochs = 10 on the next line
      = help: `gradsweep init` writes a commented starter config
    ");
    }

    #[test]
    fn json() {
        assert_snapshot!(report_on(b"{\"name\": \"advertising\"}", &[]), @r#"
    error: not valid TOML: invalid key-value pair, expected key
     --> sweep.toml:1:1
      |
    1 | {"name": "advertising"}
      | ^
      |
      = help: this looks like JSON, but a config is TOML: write [training], then epochs = 10 on the next line
      = help: `gradsweep init` writes a commented starter config
    "#);
    }

    #[test]
    fn broken_toml() {
        assert_snapshot!(report("\n[training]\nlearning_rate = 0.1.2\n"), @r"
    error: not valid TOML: invalid float
     --> sweep.toml:7:20
      |
    7 | learning_rate = 0.1.2
      |                    ^^
    ");
    }

    #[test]
    fn two_errors_at_once() {
        assert_snapshot!(report("\n[training]\nlr = 0.01\nepochs = 10.0\n"), @r"
    error: unknown key `lr` in [training]
     --> sweep.toml:7:1
      |
    7 | lr = 0.01
      | ^^ no such key
      |
      = help: did you mean `learning_rate`?

    error: `training.epochs` must be an integer from 1 to 4,294,967,295, not a float like 10.0
     --> sweep.toml:8:10
      |
    8 | epochs = 10.0
      |          ^^^^ a float
      |
      = help: write 10

    2 errors; nothing was written
    ");
    }

    #[test]
    fn errors_after_a_byte_order_mark_and_crlf() {
        assert_snapshot!(report_on(format!("\u{FEFF}{DATA}\n[training]\nlr = 0.01\n").replace('\n', "\r\n").as_bytes(), &[]), @r"
    error: unknown key `lr` in [training]
     --> sweep.toml:8:1
      |
    8 | lr = 0.01
      | ^^ no such key
      |
      = help: did you mean `learning_rate`?
    ");
    }
}

mod sets {
    use super::*;

    #[test]
    fn without_an_equals_sign() {
        assert_snapshot!(report_on(DATA.trim_start().as_bytes(), &["training.epochs"]), @r"
    error: `--set training.epochs` has no `=`
     --> --set:1:1
      |
    1 | training.epochs
      | ^^^^^^^^^^^^^^^
      |
      = help: write --set KEY=VALUE, for example --set training.epochs=20
    ");
    }

    #[test]
    fn a_misspelt_key() {
        assert_snapshot!(report_on(DATA.trim_start().as_bytes(), &["training.epohcs=20"]), @r"
    error: unknown key `epohcs` in [training]
     --> --set:1:10
      |
    1 | training.epohcs=20
      |          ^^^^^^ no such key
      |
      = help: did you mean `epochs`?
    ");
    }

    #[test]
    fn a_wrong_value() {
        assert_snapshot!(report_on(DATA.trim_start().as_bytes(), &["training.epochs=20.5"]), @r"
    error: `training.epochs` must be an integer from 1 to 4,294,967,295, not a float like 20.5
     --> --set:1:17
      |
    1 | training.epochs=20.5
      |                 ^^^^ a float
    ");
    }

    #[test]
    fn a_bare_word_for_a_number() {
        assert_snapshot!(report_on(DATA.trim_start().as_bytes(), &["training.learning_rate=fast"]), @r#"
    error: `training.learning_rate` must be a number from 0 to 1000000, not the string "fast"
     --> --set:1:24
      |
    1 | training.learning_rate=fast
      |                        ^^^^ a string
    "#);
    }

    #[test]
    fn a_broken_list() {
        assert_snapshot!(report_on(DATA.trim_start().as_bytes(), &["sweep.parameters.learning_rate=[0.1, 0.2"]), @r"
    error: not valid TOML: unclosed array, expected `]`
     --> --set:1:41
      |
    1 | sweep.parameters.learning_rate=[0.1, 0.2
      |                                         ^
    ");
    }

    #[test]
    fn a_key_below_a_value() {
        assert_snapshot!(report_on(format!("{DATA}\n[training]\noptimizer = \"sgd\"\n").trim_start().as_bytes(), &["training.optimizer.momentum=0.9"]), @r#"
    error: `optimizer` is a string, not a table
     --> --set:1:10
      |
    1 | training.optimizer.momentum=0.9
      |          ^^^^^^^^^ the config has "sgd"
      |
      = help: replace the whole value: optimizer=..., or write it as a table in the config
    "#);
    }
}

mod other_tables {
    use super::*;

    #[test]
    fn a_run_that_does_not_exist() {
        assert_snapshot!(report("\n[history]\nruns = [0, 17]\n"), @r"
    error: `history.runs` lists run 17, but the sweep has 1 run
     --> sweep.toml:7:8
      |
    7 | runs = [0, 17]
      |        ^^^^^^^ runs are numbered from 0 to 0
    ");
    }

    #[test]
    fn two_ways_to_choose_runs() {
        assert_snapshot!(report("\n[history]\nruns = { best = 10, sample = 10 }\n"), @r#"
    error: `history.runs` cannot be { best = 10, sample = 10 }
     --> sweep.toml:7:8
      |
    7 | runs = { best = 10, sample = 10 }
      |        ^^^^^^^^^^^^^^^^^^^^^^^^^^ must be "all", { best = 100 }, { sample = 1000 } or a list of run numbers
    "#);
    }

    #[test]
    fn a_surface_without_count() {
        assert_snapshot!(report("\n[surface]\nweight = { min = -1, max = 1 }\n"), @r"
    error: `surface.weight` has no `count`
     --> sweep.toml:7:10
      |
    7 | weight = { min = -1, max = 1 }
      |          ^^^^^^^^^^^^^^^^^^^^^ needs min, max and count
      |
      = help: leave it out to fit the axis to the runs
    ");
    }

    #[test]
    fn a_surface_beyond_every_run() {
        assert_snapshot!(report("\n[surface]\nweight = { min = -1, max = 1.7e308, count = 3 }\n"), @r"
    error: `surface.weight.max` is out of bounds: 1.7e308
     --> sweep.toml:7:28
      |
    7 | weight = { min = -1, max = 1.7e308, count = 3 }
      |                            ^^^^^^^ must be from -1e12 to 1e12
    ");
    }

    #[test]
    fn a_surface_without_test_rows() {
        assert_snapshot!(report("\n[surface]\nrows = \"test\"\n"), @r#"
    error: `surface.rows` is "test", but there are no test rows
     --> sweep.toml:7:8
      |
    7 | rows = "test"
      |        ^^^^^^ no test rows
      |
      = help: set data.test_size, or rows = "train"
    "#);
    }
}

mod options_and_schedules {
    use super::*;

    #[test]
    fn a_schedule_without_a_name() {
        assert_snapshot!(report("\n[training.schedule]\ndecay_steps = 10\n"), @r#"
    error: [training.schedule] has no `name`
     --> sweep.toml:6:11
      |
    6 | [training.schedule]
      |           ^^^^^^^^ which schedule?
      |
      = help: write name = "cosine_decay"
      = note: known schedules: none, exponential_decay, inverse_time_decay, piecewise_constant_decay, polynomial_decay, cosine_decay, cosine_decay_restarts
    "#);
    }

    #[test]
    fn a_schedule_that_does_not_exist() {
        assert_snapshot!(report("\n[training.schedule]\nname = \"cosine\"\ndecay_steps = 10\n"), @r#"
    error: `schedule.name` cannot be "cosine"
     --> sweep.toml:7:8
      |
    7 | name = "cosine"
      |        ^^^^^^^^ must be one of "none", "exponential_decay", "inverse_time_decay", "piecewise_constant_decay", "polynomial_decay", "cosine_decay", "cosine_decay_restarts"
      |
      = help: did you mean "cosine_decay"?
    "#);
    }

    #[test]
    fn a_schedule_that_lacks_a_field() {
        assert_snapshot!(report("\n[training.schedule]\nname = \"exponential_decay\"\ndecay_rate = 0.5\n"), @r#"
    error: exponential_decay needs `decay_steps`
     --> sweep.toml:7:8
      |
    7 | name = "exponential_decay"
      |        ^^^^^^^^^^^^^^^^^^^ the number of batches over which the rate decays
      |
      = help: add decay_steps to [training.schedule], or "schedule.decay_steps" to [sweep.parameters]
    "#);
    }

    #[test]
    fn a_field_of_another_schedule() {
        assert_snapshot!(report("\n[training.schedule]\nname = \"cosine_decay\"\ndecay_steps = 10\ndecay_rate = 0.5\n"), @r"
    error: no schedule of this sweep has `decay_rate`
     --> sweep.toml:9:14
      |
    9 | decay_rate = 0.5
      |              ^^^ the sweep uses cosine_decay
      |
      = help: remove it, or use a schedule that has it: exponential_decay, inverse_time_decay
    ");
    }

    #[test]
    fn a_misspelt_field() {
        assert_snapshot!(report("\n[training.schedule]\nname = \"cosine_decay\"\ndecay_step = 10\n"), @r#"
    error: unknown key `decay_step` in [training.schedule]
     --> sweep.toml:8:1
      |
    8 | decay_step = 10
      | ^^^^^^^^^^ no such key
      |
      = help: did you mean `decay_steps`?
    "#);
    }

    #[test]
    fn a_field_that_varies_in_training() {
        assert_snapshot!(report("\n[training.schedule]\nname = \"cosine_decay\"\ndecay_steps = [10, 20]\n"), @r#"
    error: `schedule.decay_steps` must be a single value, not a list
     --> sweep.toml:8:15
      |
    8 | decay_steps = [10, 20]
      |               ^^^^^^^^ must be one value here
      |
      = help: to sweep over it, write in [sweep.parameters]: "schedule.decay_steps" = [10, 20]
    "#);
    }

    #[test]
    fn a_learning_rate_with_piecewise_rates() {
        assert_snapshot!(report("\n[training]\nlearning_rate = 0.1\n[training.schedule]\nname = \"piecewise_constant_decay\"\nboundaries = [10]\nvalues = [0.1, 0.01]\n"), @r"
    error: `learning_rate` has no effect with piecewise_constant_decay
     --> sweep.toml:7:17
      |
    7 | learning_rate = 0.1
      |                 ^^^ the schedule defines the rates
      |
      = help: remove it: the rates are the schedule's `values`
    ");
    }

    #[test]
    fn too_few_rates() {
        assert_snapshot!(report("\n[training.schedule]\nname = \"piecewise_constant_decay\"\nboundaries = [10, 20]\nvalues = [0.1, 0.01]\n"), @r"
    error: `values` has 2 rates for 2 boundaries
     --> sweep.toml:9:10
      |
    9 | values = [0.1, 0.01]
      |          ^^^^^^^^^^^ must have one rate more than boundaries
    ");
    }

    #[test]
    fn decreasing_boundaries() {
        assert_snapshot!(report("\n[training.schedule]\nname = \"piecewise_constant_decay\"\nboundaries = [20, 10]\nvalues = [0.1, 0.01, 0.001]\n"), @r"
    error: `boundaries` must be strictly increasing
     --> sweep.toml:8:14
      |
    8 | boundaries = [20, 10]
      |              ^^^^^^^^ batch numbers, counted from 0 over all epochs
      |
      = help: sort them and remove duplicates
    ");
    }

    #[test]
    fn rates_for_a_cosine() {
        assert_snapshot!(report("\n[training.schedule]\nname = \"cosine_decay\"\ndecay_steps = 10\nvalues = [0.1]\n"), @r"
    error: `values` applies only to piecewise_constant_decay
     --> sweep.toml:9:1
      |
    9 | values = [0.1]
      | ^^^^^^ not used by this sweep
      |
      = help: remove it
    ");
    }

    #[test]
    fn a_schedule_in_an_optimizers_table() {
        assert_snapshot!(report("\n[training]\noptimizer = { name = \"sgd\", schedule = \"cosine_decay\" }\n"), @r#"
    error: unknown key `schedule` in an optimizer's table
     --> sweep.toml:7:29
      |
    7 | optimizer = { name = "sgd", schedule = "cosine_decay" }
      |                             ^^^^^^^^ no such key
      |
      = help: `schedule` belongs in [training]
    "#);
    }

    #[test]
    fn two_clips() {
        assert_snapshot!(report("\n[training]\nclipnorm = 1.0\n[sweep.parameters]\nclipvalue = [\"none\", 2.0]\n"), @r#"
    error: rmsprop cannot use clipnorm and clipvalue together
     --> sweep.toml:9:1
      |
    9 | clipvalue = ["none", 2.0]
      | ^^^^^^^^^ only one of them is allowed
      |
      = help: keep `clipnorm`, or another, alone
    "#);
    }

    #[test]
    fn two_clips_in_a_table() {
        assert_snapshot!(report("\n[training]\noptimizer = { name = \"sgd\", clipnorm = 1.0, global_clipnorm = 1.0 }\n"), @r#"
    error: sgd cannot use clipnorm and global_clipnorm together
     --> sweep.toml:7:45
      |
    7 | optimizer = { name = "sgd", clipnorm = 1.0, global_clipnorm = 1.0 }
      |                                             ^^^^^^^^^^^^^^^ only one of them is allowed
      |
      = help: keep `clipnorm`, or another, alone
    "#);
    }

    #[test]
    fn accumulation_of_one_batch() {
        assert_snapshot!(report("\n[training]\ngradient_accumulation_steps = 1\n"), @r#"
    error: `training.gradient_accumulation_steps` is out of bounds: 1
     --> sweep.toml:7:31
      |
    7 | gradient_accumulation_steps = 1
      |                               ^ must be an integer from 2 to 4,294,967,295, or "none"
    "#);
    }

    #[test]
    fn no_weight_decay_for_adamw() {
        assert_snapshot!(report("\n[training]\noptimizer = { name = \"adamw\", weight_decay = \"none\" }\n"), @r#"
    error: `weight_decay` of adamw cannot be "none"
     --> sweep.toml:7:31
      |
    7 | optimizer = { name = "adamw", weight_decay = "none" }
      |                               ^^^^^^^^^^^^ Keras does not accept None here
      |
      = help: write 0.0 for no decay
    "#);
    }

    #[test]
    fn a_beta_1_of_zero_for_lion() {
        assert_snapshot!(report("\n[training]\noptimizer = \"lion\"\nbeta_1 = 0.0\n"), @r"
    error: `beta_1` of lion must be above 0
     --> sweep.toml:8:10
      |
    8 | beta_1 = 0.0
      |          ^^^ 0 is not allowed for lion
      |
      = help: use beta_1 = 0.9, Keras' default, or another number between 0 and 1
    ");
    }
}

/// Configs with thousands of errors, or with texts of megabytes: the report stays short.
mod large {
    use super::*;
    use std::time::{Duration, Instant};

    #[test]
    fn twenty_errors_are_shown_and_the_others_counted() {
        let lines = |line: &dyn Fn(usize) -> String| (0..4000).map(line).collect::<String>();
        let configs = [
            format!("\n[training]\n{}", lines(&|i| format!("leurning_rote{i} = 1\n"))),
            format!("\n[sweep.parameters]\n{}", lines(&|i| format!("leurning_rote{i} = [1]\n"))),
            format!("\n[sweep.parameters]\nlearning_rate = [\n{}]\n", lines(&|i| format!("\"a{i}\",\n"))),
            format!("\n[sweep.parameters]\nlearning_rate = [{}]\n", lines(&|i| format!("\"a{i}\","))),
            format!("\n[sweep.parameters]\noptimizer = [{}]\n", lines(&|i| format!("\"adum{i}\","))),
            format!("\n[sweep.parameters]\noptimizer = [{}]\n", lines(&|_| "{ name = \"sgd\", momentun = 1 },".into())),
            format!("\n{}", lines(&|i| format!("[trining{i}]\na = 1\n"))),
        ];
        for config in configs {
            let start = Instant::now();
            let report = report(&config);
            assert!(start.elapsed() < Duration::from_secs(1), "{:?} for {}", start.elapsed(), &report[..200]);
            assert_eq!(report.matches("error: ").count(), 20, "{report}");
            assert!(report.ends_with("\n\nand 3,980 more errors; nothing was written"), "{report}");
            assert!(report.len() < 30_000, "{} bytes", report.len());
        }
    }

    #[test]
    fn an_error_far_down_has_its_line() {
        let report = report(&format!("{}[training]\nlr = 1\n", "# comment\n".repeat(100_000)));
        assert!(report.starts_with("error: unknown key `lr` in [training]\n      --> sweep.toml:100006:1\n"), "{report}");
    }

    #[test]
    fn long_texts_are_shortened() {
        let long = "k".repeat(1_000_000);
        let values = "0.25, ".repeat(100_000);
        let configs = [
            format!("\n[training]\n{long} = 1\n"),
            format!("\n[training]\noptimizer = \"{long}\"\n"),
            format!("\n[training]\nlearning_rate = [{values}]\n"),
            format!("\n[sweep.parameters]\nlearning_rate = [\"{long}\"]\n"),
            format!("\n[training]\nepochs = {}\"{long}\"{}\n", "[".repeat(60), "]".repeat(60)),
            format!("name = \"{long}\"\n"),
        ];
        for config in configs {
            let report = report(&config);
            assert!(report.starts_with("error: ") && report.len() < 5_000, "{} bytes", report.len());
        }
        let report = report_csv(&format!("x,y\n1,\"{long}\"\n"));
        assert!(report.len() < 5_000, "{} bytes", report.len());
    }

    #[test]
    fn many_columns_are_counted() {
        let names: Vec<String> = (0..100_000).map(|index| format!("column {index}")).collect();
        let report = report_csv(&format!("{}\n", names.join(",")));
        assert!(report.contains("\"column 19\" and 99,980 more"), "{report}");
        assert!(report.len() < 5_000, "{} bytes", report.len());
    }

    #[test]
    fn a_config_of_more_than_16_mib_is_refused() {
        let report = report_on(&vec![b'\n'; (16 << 20) + 1], &[]);
        assert_eq!(
            report,
            "error: the config is larger than 16 MiB\n--> sweep.toml\n = help: pass a TOML file; data belongs into a CSV file, and a range of rows is written \"0..160\" instead of a list"
        );
        assert!(report_on(&vec![b'\n'; 16 << 20], &[]).starts_with("error: the config is empty"));
    }
}
