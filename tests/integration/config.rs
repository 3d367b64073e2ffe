//! Valid configs: resolved values, warnings, and descriptions.

use std::path::Path;

use gradsweep::config::{self, ConfigSource, DataLocation, Experiment, HistoryRuns, Rng};
use gradsweep::data::TestSize;
use gradsweep::model::{Optimizer, Parameter, Settings, Value};
use insta::assert_snapshot;

const DATA: &str = r#"data = { path = "advertising.csv", feature = "TV", target = "sales" }
"#;

fn with(text: &str, sets: &[&str]) -> Experiment {
    let sets: Vec<String> = sets.iter().map(ToString::to_string).collect();
    let folder = Path::new("configs/data");
    let source = ConfigSource { file: "sweep.toml", name: "sweep", data: DataLocation::Folder(folder) };
    config::load_text(&format!("{DATA}{text}"), &source, &sets).unwrap_or_else(|error| panic!("{error}"))
}

fn resolve(text: &str) -> Experiment {
    with(text, &[])
}

fn settings(experiment: &Experiment, run: u64) -> Settings {
    experiment.space.run(run).unwrap().settings
}

fn numbers(experiment: &Experiment, parameter: Parameter) -> Vec<Option<f64>> {
    (0..experiment.space.len()).map(|run| settings(experiment, run).number(parameter)).collect()
}

mod defaults {
    use super::*;

    #[test]
    fn only_data_gives_one_run_with_keras_defaults() {
        let experiment = resolve("");
        assert_eq!(experiment.space.len(), 1);
        let run = settings(&experiment, 0);
        for (parameter, value) in [
            (Parameter::Optimizer, Value::Choice("rmsprop")),
            (Parameter::LearningRate, Value::Float(0.001)),
            (Parameter::Rho, Value::Float(0.9)),
            (Parameter::Momentum, Value::Float(0.0)),
            (Parameter::Epsilon, Value::Float(1e-7)),
            (Parameter::Centered, Value::Boolean(false)),
            (Parameter::BatchSize, Value::Integer(32)),
            (Parameter::Epochs, Value::Integer(1)),
            (Parameter::Shuffle, Value::Boolean(true)),
            (Parameter::TrainingSeed, Value::Integer(0)),
            (Parameter::InitialWeight, Value::Choice("glorot_uniform")),
            (Parameter::InitialBias, Value::Choice("zeros")),
            (Parameter::DataScale, Value::Choice("none")),
        ] {
            assert_eq!(run.get(parameter), Some(value), "{parameter:?}");
        }
        for parameter in [Parameter::Nesterov, Parameter::Beta1, Parameter::Beta2, Parameter::Amsgrad, Parameter::RngSeed] {
            assert_eq!(run.get(parameter), None, "{parameter:?}");
        }
        assert_eq!((experiment.name.as_str(), experiment.rng, &experiment.data.test), ("sweep", Rng::Threefry, &TestSize::None));
        assert!(experiment.warnings.is_empty() && !experiment.surface.requested);
    }

    #[test]
    fn each_optimizer_has_its_own_learning_rate() {
        let experiment = resolve("[sweep.parameters]\noptimizer = [\"sgd\", \"rmsprop\", \"adam\"]\n");
        assert_eq!(numbers(&experiment, Parameter::LearningRate), [Some(0.01), Some(0.001), Some(0.001)]);
    }
}

mod values {
    use super::*;

    #[test]
    fn the_type_follows_the_parameter() {
        let experiment = resolve("[training]\nlearning_rate = 1\noptimizer = { name = \"SGD\", momentum = 0 }\n");
        let run = settings(&experiment, 0);
        assert_eq!(run.get(Parameter::LearningRate), Some(Value::Float(1.0)));
        assert_eq!(run.get(Parameter::Momentum), Some(Value::Float(0.0)));
        let range = resolve("[sweep.parameters]\nmomentum = { min = 0, max = 1, count = 5 }\n");
        assert_eq!(numbers(&range, Parameter::Momentum), [0.0, 0.25, 0.5, 0.75, 1.0].map(Some));
    }

    #[test]
    fn a_number_may_be_written_in_many_ways() {
        for text in ["1e-4", "1E-4", "0.0001", "0.000_1", "1.0e-04"] {
            let experiment = resolve(&format!("[training]\nlearning_rate = {text}\n"));
            assert_eq!(settings(&experiment, 0).get(Parameter::LearningRate), Some(Value::Float(1e-4)), "{text}");
        }
        for text in ["1_000", "0x3E8", "+1000"] {
            let experiment = resolve(&format!("[training]\nepochs = {text}\n"));
            assert_eq!(settings(&experiment, 0).get(Parameter::Epochs), Some(Value::Integer(1000)), "{text}");
        }
    }

    #[test]
    fn integers_step_by_one_and_log_ranges_of_integers_are_rounded() {
        let experiment = resolve("[sweep.parameters]\n\"training.seed\" = { min = 3, max = 5 }\n");
        assert_eq!(numbers(&experiment, Parameter::TrainingSeed), [3.0, 4.0, 5.0].map(Some));
        let experiment = resolve("[sweep.parameters]\nbatch_size = { min = 1, max = 64, count = 4, distribution = \"log_uniform\" }\n");
        assert_eq!(numbers(&experiment, Parameter::BatchSize), [1.0, 4.0, 16.0, 64.0].map(Some));
    }

    #[test]
    fn lists_may_be_tables() {
        for text in ["[0.1, 0.2]", "{ values = [0.1, 0.2] }", "{ values = [0.1, 0.2], distribution = \"categorical\" }"] {
            let experiment = resolve(&format!("[sweep.parameters]\nlearning_rate = {text}\n"));
            assert_eq!(numbers(&experiment, Parameter::LearningRate), [Some(0.1), Some(0.2)], "{text}");
        }
    }

    #[test]
    fn valid_but_unusual_values_give_warnings() {
        let warnings = |text: &str| resolve(text).warnings;
        assert_eq!(
            warnings("[sweep.parameters]\nlearning_rate = [0.1, 0.2, 0.1]\n"),
            ["`learning_rate` lists 0.1 more than once; each occurrence is trained"]
        );
        assert_eq!(
            warnings("[training]\nbatch_size = 500\n"),
            ["batch_size 500 exceeds the 200 training rows; full-batch training will be used"]
        );
        assert_eq!(
            warnings("[sweep.parameters]\n\"data.seed\" = [1, 2]\n"),
            ["`data.seed` has no effect: without test_size the split is not random"]
        );
        assert_eq!(
            warnings("[training]\nema_momentum = 0.9\nema_overwrite_frequency = 10\n"),
            ["`ema_momentum` has no effect without use_ema = true", "`ema_overwrite_frequency` has no effect without use_ema = true"]
        );
        assert!(warnings("[training]\nema_momentum = 0.9\n[sweep.parameters]\nuse_ema = [true, false]\n").is_empty());
    }
}

mod trunk {
    use super::*;

    #[test]
    fn an_axis_without_effect_gives_a_warning() {
        let experiment = resolve(
            r#"
            [training]
            optimizer = { name = "sgd", learning_rate = 0.1 }
            [sweep.parameters]
            learning_rate = [0.2, 0.3]
            "#,
        );
        assert_eq!(experiment.space.len(), 1);
        assert_eq!(experiment.warnings, ["`learning_rate` in [sweep.parameters] has no effect because the optimizer's own table sets it"]);
        assert_eq!(
            resolve("[sweep.parameters]\noptimizer = [\"sgd\", \"sgd\"]\n").warnings,
            ["`optimizer` lists an optimizer more than once; each occurrence is trained"]
        );
    }

    #[test]
    fn the_optimizer_varies_slowest_wherever_it_is_written() {
        let experiment = resolve(
            r#"
            [sweep.parameters]
            learning_rate = [0.1, 0.2]
            batch_size = [5, "full"]
            optimizer = ["adam", { name = "sgd", momentum = [0.0, 0.9], nesterov = true }]
            "#,
        );
        let branches: Vec<_> = experiment.space.branches.iter().map(|branch| (branch.optimizer, branch.first, branch.len)).collect();
        assert_eq!(branches, [(Optimizer::Adam, 0, 4), (Optimizer::Sgd, 4, 8)]);
        // In a branch, the axes of the optimizer's table come first, then the others as written; the last varies fastest.
        let axes: Vec<_> = experiment.space.branches[1].axes.iter().map(|axis| axis.parameter).collect();
        assert_eq!(axes, [Parameter::Momentum, Parameter::LearningRate, Parameter::BatchSize]);
        let run = settings(&experiment, 4 + 0b101);
        assert_eq!(run.get(Parameter::Momentum), Some(Value::Float(0.9)));
        assert_eq!(run.get(Parameter::LearningRate), Some(Value::Float(0.1)));
        assert_eq!(run.get(Parameter::BatchSize), Some(Value::Choice("full")));
        assert_eq!(run.get(Parameter::Nesterov), Some(Value::Boolean(true)));
        assert_eq!(run.get(Parameter::Beta1), None);
        let varied = [Parameter::Optimizer, Parameter::LearningRate, Parameter::BatchSize, Parameter::Momentum];
        assert_eq!(experiment.space.varied(), varied);
    }

    #[test]
    fn an_optimizers_table_overrides_training_and_axes() {
        let experiment = resolve(
            r#"
            [training]
            momentum = 0.5
            [sweep.parameters]
            optimizer = ["sgd", { name = "sgd", learning_rate = 0.3, momentum = 0.7 }, "rmsprop"]
            learning_rate = [0.1, 0.2]
            "#,
        );
        assert_eq!(numbers(&experiment, Parameter::LearningRate), [0.1, 0.2, 0.3, 0.1, 0.2].map(Some));
        assert_eq!(numbers(&experiment, Parameter::Momentum), [0.5, 0.5, 0.7, 0.5, 0.5].map(Some));
    }

    #[test]
    fn an_axis_that_an_optimizer_lacks_does_not_multiply_its_runs() {
        let experiment = resolve("[sweep.parameters]\nmomentum = [0.0, 0.5, 0.9]\noptimizer = [\"adam\", \"sgd\"]\n");
        assert_eq!(numbers(&experiment, Parameter::Momentum), [None, Some(0.0), Some(0.5), Some(0.9)]);
    }

    #[test]
    fn one_optimizer_may_be_a_name_or_a_table() {
        for text in ["\"sgd\"", "{ name = \"sgd\" }", "[\"sgd\"]", "{ values = [\"sgd\"] }"] {
            assert_eq!(resolve(&format!("[sweep.parameters]\noptimizer = {text}\n")).space.branches[0].optimizer, Optimizer::Sgd, "{text}");
        }
    }
}

mod names {
    use super::*;

    #[test]
    fn qualified_names_are_accepted_with_and_without_quotes() {
        for text in ["\"data.scale\" = [\"none\", \"standard\"]", "data.scale = [\"none\", \"standard\"]"] {
            let experiment = resolve(&format!("[sweep.parameters]\n{text}\n\"training.epochs\" = [1, 2]\n"));
            let axes: Vec<_> = experiment.space.branches[0].axes.iter().map(|axis| axis.parameter).collect();
            assert_eq!(axes, [Parameter::DataScale, Parameter::Epochs], "{text}");
        }
    }
}

mod sets {
    use super::*;

    const SWEEP: &str =
        "[training]\nepochs = 5\n[sweep.parameters]\nlearning_rate = { min = 0.1, max = 0.3, count = 3 }\ndata.scale = [\"none\"]\n";

    #[test]
    fn override_existing_keys_and_add_new_ones() {
        let experiment = with(SWEEP, &["training.epochs=20", "training.batch_size = full", "name=other", "data.test_size=0.2"]);
        let run = settings(&experiment, 0);
        assert_eq!(run.get(Parameter::Epochs), Some(Value::Integer(20)));
        assert_eq!(run.get(Parameter::BatchSize), Some(Value::Choice("full")));
        assert_eq!((experiment.name.as_str(), &experiment.data.test), ("other", &TestSize::Fraction(0.2)));
        assert_eq!(experiment.sets.len(), 4);
        assert_eq!(experiment.text, format!("{DATA}{SWEEP}"));
    }

    #[test]
    fn reach_into_the_sweep() {
        let rates = |set| numbers(&with(SWEEP, &[set]), Parameter::LearningRate);
        assert_eq!(rates("sweep.parameters.learning_rate=[0.7, 0.8]"), [Some(0.7), Some(0.8)]);
        assert_eq!(rates("sweep.parameters.learning_rate.count=2"), [Some(0.1), Some(0.3)]);
        assert_eq!(rates("sweep.parameters.training.learning_rate=[0.7]"), [Some(0.7)]);
        for set in ["sweep.parameters.data.scale=[\"standard\"]", "sweep.parameters.\"data.scale\"=[\"standard\"]"] {
            assert_eq!(settings(&with(SWEEP, &[set]), 0).get(Parameter::DataScale), Some(Value::Choice("standard")), "{set}");
        }
    }

    #[test]
    fn of_a_swept_key_give_a_warning() {
        let warnings = with(SWEEP, &["training.learning_rate=0.5"]).warnings;
        let remedy = "for one value use --set 'sweep.parameters.learning_rate=[0.5]'";
        assert_eq!(warnings, [format!("--set training.learning_rate=0.5 has no effect because [sweep.parameters] varies it; {remedy}")]);
    }
}

mod generators {
    use super::*;

    #[test]
    fn numpy_legacy_has_one_seed() {
        let text = "rng = { name = \"numpy_legacy\", seed = 2 }\nmodel.initial_weight = 0.6\n";
        let experiment = resolve(text);
        let run = settings(&experiment, 0);
        assert_eq!(experiment.rng, Rng::NumpyLegacy);
        assert_eq!(run.get(Parameter::RngSeed), Some(Value::Integer(2)));
        assert_eq!((run.get(Parameter::DataSeed), run.get(Parameter::TrainingSeed)), (None, None));
        let replicates = resolve(&format!("{text}sweep.parameters.rng.seed = {{ min = 0, max = 3 }}\n"));
        assert_eq!(numbers(&replicates, Parameter::RngSeed), [0.0, 1.0, 2.0, 3.0].map(Some));
    }
}

mod data {
    use super::*;

    fn rows(text: &str) -> (Vec<u32>, Vec<u32>) {
        let experiment = with("", &[text]);
        let split = experiment.split(experiment.split_seed(&settings(&experiment, 0)).unwrap()).unwrap();
        (split.train, split.test)
    }

    #[test]
    fn rows_may_be_given_by_number() {
        assert_eq!(rows("data.train_rows=0..3"), (vec![0, 1, 2], vec![]));
        assert_eq!(rows("data.train_rows=[7, 5]"), (vec![7, 5], vec![]));
        let (train, test) = rows("data.test_rows=0..160");
        assert_eq!((train, test.len()), ((160..200).collect(), 160));
    }

    #[test]
    fn unusual_but_valid_data_is_accepted() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("odd.csv");
        for (csv, feature) in
            [("a,b\n3,1\n3,1\n", "a"), ("\"Größe, in m²\",b\n1e14,2\n2,3\n", "Größe, in m²"), ("\u{FEFF}a,b\r\n7,8\r\n", "a")]
        {
            std::fs::write(&file, csv).unwrap();
            let text = format!("\u{FEFF}[data]\r\npath = \"odd.csv\"\r\nfeature = \"{feature}\"\r\ntarget = \"b\"\r\n");
            let source = ConfigSource { file: "sweep.toml", name: "sweep", data: DataLocation::Folder(folder.path()) };
            let experiment = config::load_text(&text, &source, &[]).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(experiment.data.format.feature, feature);
        }
    }

    #[test]
    fn a_run_directory_uses_its_own_copy_of_the_data() {
        let folder = tempfile::tempdir().unwrap();
        let copy = folder.path().join("data.csv");
        std::fs::write(&copy, "TV,sales\n1,2\n2,3\n").unwrap();
        let source = ConfigSource { file: "sweep.toml", name: "sweep", data: DataLocation::File(&copy) };
        let experiment = config::load_text(DATA, &source, &[]).unwrap();
        assert_eq!(experiment.dataset.x, [1.0, 2.0]);
        assert_eq!(experiment.data.path, Path::new("advertising.csv"));
    }
}

mod outputs {
    use super::*;

    #[test]
    fn histories_cover_all_runs_or_the_best_and_a_sample() {
        let spec = resolve("").history;
        assert_eq!(spec.recording_plan(10_000).runs, [HistoryRuns::All]);
        assert_eq!(spec.recording_plan(10_001).runs, [HistoryRuns::Best(100), HistoryRuns::Sample(200)]);
        let spec = resolve("[history]\nevery = 5\nruns = { sample = 3 }\nepochs = false\n").history;
        let recorded = spec.recording_plan(1_000_000);
        assert_eq!((recorded.every, recorded.runs, recorded.epochs), (5, vec![HistoryRuns::Sample(3)], false));
    }
}

mod size {
    use super::*;

    #[test]
    fn a_grid_of_a_billion_runs_is_described_quickly() {
        let experiment = resolve(
            r#"
            [sweep.parameters]
            learning_rate = { min = 1e-4, max = 1.0, count = 32768, distribution = "log_uniform" }
            momentum = { min = 0.0, max = 0.99, count = 32768 }
            "#,
        );
        assert_eq!(experiment.space.len(), 1 << 30);
        let text = config::describe(&experiment);
        assert!(text.contains("1,073,741,824") && text.contains("7,516,192,768"), "{text}");
        config::resolved(&experiment);
    }
}

mod bundled {
    use super::*;

    fn load(path: &str) -> Experiment {
        config::load(Path::new(path), &[]).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn every_config_resolves_without_a_warning() {
        let mut counts = Vec::new();
        for entry in std::fs::read_dir("configs").unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "toml") {
                let experiment = load(path.to_str().unwrap());
                assert!(experiment.warnings.is_empty(), "{}: {:?}", path.display(), experiment.warnings);
                assert_eq!(path.file_stem().unwrap().to_str(), Some(experiment.name.as_str()));
                counts.push((experiment.name.clone(), experiment.space.len()));
            }
        }
        counts.sort();
        let expected = [
            ("advertising", 42),
            ("article", 1),
            ("batch_sizes", 75),
            ("cycles", 8),
            ("learning_rates", 26),
            ("logistic", 26),
            ("optimizers", 13),
            ("random", 2000),
            ("scaling", 36),
            ("schedules", 13),
            ("starter", 27),
        ];
        assert_eq!(counts, expected.map(|(name, runs)| (name.to_string(), runs)));
    }

    #[test]
    fn the_starter_is_bundled_with_its_data() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("data")).unwrap();
        std::fs::write(folder.path().join("starter.toml"), config::STARTER).unwrap();
        std::fs::write(folder.path().join(config::STARTER_DATA_PATH), config::STARTER_DATA).unwrap();
        assert_eq!(config::load(&folder.path().join("starter.toml"), &[]).unwrap().space.len(), 27);
    }

    #[test]
    fn the_article_in_words() {
        assert_snapshot!(config::describe(&load("configs/article.toml")), @r#"
        name              article
        data              data/advertising.csv: "TV" -> "sales", 200 rows
        rows              160 train, 40 test
        batches           batch_size 10: 16 batches an epoch
        rng               numpy_legacy
        history           every batch of all runs, epoch losses of all runs   (default)
        surface           weight axis fitted to the paths, bias axis fitted to the paths, train rows   (default)

        optimizer         rmsprop: 1 run, number 0
          learning_rate   0.01
          momentum        0   (default)
          rho             0.9   (default)
          epsilon         1e-7   (default)
          centered        false   (default)
          batch_size      10
          epochs          10
          shuffle         true   (default)
          initial_weight  0.6343067766
          initial_bias    0
          activation      "linear"   (default)
          loss            "mse"   (default)
          use_bias        true   (default)
          data.scale      "none"   (default)
          rng.seed        2

        runs              1
        updates           160
        "#);
    }

    #[test]
    fn a_sweep_in_words() {
        let text = r#"
            [sweep.parameters]
            optimizer = [{ name = "sgd", momentum = { min = 0.0, max = 0.9, step = 0.3 } }, "adam"]
            learning_rate = { min = 1e-3, max = 1, count = 4, distribution = "log_uniform" }
            "#;
        assert_snapshot!(config::describe(&with(text, &["data.test_size=0.2"])), @r#"
        name              sweep
        data              advertising.csv: "TV" -> "sales", 200 rows
        rows              160 train, 40 test
        batches           batch_size 32: 5 batches an epoch
        history           every batch of all runs, epoch losses of all runs   (default)
        surface           weight axis fitted to the paths, bias axis fitted to the paths, train rows   (default)

        optimizer         sgd: 16 runs, numbers 0 to 15
          momentum        4 values: 0 to 0.9 in steps of 0.3
          learning_rate   4 values: 0.001 to 1, logarithmically spaced
          nesterov        false   (default)
          batch_size      32   (default)
          epochs          1   (default)
          shuffle         true   (default)
          training.seed   0   (default)
          initial_weight  "glorot_uniform"   (default)
          initial_bias    "zeros"   (default)
          activation      "linear"   (default)
          loss            "mse"   (default)
          use_bias        true   (default)
          data.scale      "none"   (default)
          data.seed       0   (default)

        optimizer         adam: 4 runs, numbers 16 to 19
          learning_rate   4 values: 0.001 to 1, logarithmically spaced
          beta_1          0.9   (default)
          beta_2          0.999   (default)
          epsilon         1e-7   (default)
          amsgrad         false   (default)
          batch_size      32   (default)
          epochs          1   (default)
          shuffle         true   (default)
          training.seed   0   (default)
          initial_weight  "glorot_uniform"   (default)
          initial_bias    "zeros"   (default)
          activation      "linear"   (default)
          loss            "mse"   (default)
          use_bias        true   (default)
          data.scale      "none"   (default)
          data.seed       0   (default)

        runs              20
        updates           100
        "#);
    }

    #[test]
    fn the_article_as_json() {
        assert_snapshot!(serde_json::to_string_pretty(&config::resolved(&load("configs/article.toml"))).unwrap(), @r#"
        {
          "name": "article",
          "rng": "numpy_legacy",
          "data": {
            "path": "data/advertising.csv",
            "feature": "TV",
            "target": "sales",
            "test_size": 0.2
          },
          "sweep": {
            "method": "grid",
            "runs": 1,
            "blocks": [
              {
                "optimizer": "rmsprop",
                "first": 0,
                "runs": 1,
                "parameters": {
                  "learning_rate": 0.01,
                  "momentum": 0.0,
                  "rho": 0.9,
                  "epsilon": 1e-7,
                  "centered": false,
                  "use_ema": false,
                  "ema_momentum": 0.99,
                  "schedule.name": "none",
                  "batch_size": 10,
                  "epochs": 10,
                  "shuffle": true,
                  "initial_weight": 0.6343067766,
                  "initial_bias": 0.0,
                  "activation": "linear",
                  "loss": "mse",
                  "use_bias": true,
                  "data.scale": "none",
                  "rng.seed": 2
                },
                "axes": {}
              }
            ]
          },
          "history": {
            "every": 1,
            "runs": [
              "all"
            ],
            "epochs": true
          },
          "surface": {
            "weight": null,
            "bias": null,
            "rows": "train"
          }
        }
        "#);
    }
}

mod anything {
    use super::*;
    use proptest::prelude::*;

    /// Fragments of configs, some of them invalid.
    const PIECES: [&str; 40] = [
        "\n",
        "\r\n",
        "\t",
        " ",
        "=",
        "[",
        "]",
        "{",
        "}",
        ",",
        ".",
        "\"",
        "'",
        "#",
        "-",
        "0",
        "1",
        "1e308",
        "-1e-320",
        "nan",
        "inf",
        "9223372036854775807",
        "99999999999999999999",
        "true",
        "\"full\"",
        "\"sgd\"",
        "{ name = \"adam\", beta_1 = [0.1, 0.2] }",
        "[]",
        "{ min = 1, max = 9223372036854775807 }",
        "{ min = 1e-300, max = 1e5, step = 1e-300 }",
        "count = 9223372036854775807",
        "[data]",
        "[sweep.parameters]",
        "optimizer = ",
        "learning_rate = ",
        "rng = \"numpy_legacy\"\n",
        "test_rows = \"0..200\"\n",
        "ü",
        "日本",
        "\u{FEFF}",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        /// Any combination gives an experiment or an error report, which renders with and without colour.
        #[test]
        fn is_read_without_a_panic(
            edits in prop::collection::vec((any::<u16>(), 0_usize..12, 0..PIECES.len()), 1..6),
            set in 0..PIECES.len(),
        ) {
            let mut text = config::STARTER.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n");
            for (position, removed, piece) in edits {
                let boundary = |mut index: usize| { while !text.is_char_boundary(index) { index -= 1 } index };
                let start = boundary(position as usize % (text.len() + 1));
                let end = boundary((start + removed).min(text.len())).max(start);
                text.replace_range(start..end, PIECES[piece]);
            }
            let source = ConfigSource { file: "sweep.toml", name: "sweep", data: DataLocation::File(Path::new("configs/data/advertising.csv")) };
            for sets in [vec![], vec![format!("training.epochs={}", PIECES[set])], vec![format!("sweep.parameters.{}", PIECES[set])]] {
                match config::load_text(&text, &source, &sets) {
                    Ok(experiment) => {
                        prop_assert!(experiment.space.run(experiment.space.len() - 1).is_some());
                        prop_assert!(!config::describe(&experiment).is_empty());
                        config::resolved(&experiment);
                    }
                    Err(error) => {
                        prop_assert!(error.count() > 0);
                        prop_assert!(error.render(false).starts_with("error"));
                        prop_assert!(!error.render(true).is_empty());
                    }
                }
            }
        }
    }
}

mod options_and_schedules {
    use super::*;

    #[test]
    fn each_schedule_is_a_branch_with_its_own_fields() {
        let experiment = resolve(
            "[training.schedule]\ndecay_steps = 10\nboundaries = [5]\nvalues = [0.2, 0.02]\n[sweep.parameters]\noptimizer = [\"sgd\", \"adam\"]\n\"schedule.name\" = [\"none\", \"exponential_decay\", \"piecewise_constant_decay\"]\n\"schedule.decay_rate\" = [0.5, 0.9]\nlearning_rate = [0.1, 0.2, 0.3]\n",
        );
        let lengths: Vec<u64> = experiment.space.branches.iter().map(|branch| branch.len).collect();
        assert_eq!(lengths, [3, 6, 1, 3, 6, 1]);
        let piecewise = &experiment.space.branches[2].settings;
        assert_eq!(piecewise.get(Parameter::LearningRate), Some(Value::Float(0.2)));
        assert_eq!(piecewise.get(Parameter::DecayRate), None);
        let exponential = &experiment.space.branches[1].settings;
        assert_eq!(exponential.get(Parameter::DecaySteps), Some(Value::Integer(10)));
        assert_eq!(exponential.get(Parameter::Staircase), Some(Value::Boolean(false)));
        assert_eq!(
            experiment.space.varied(),
            [Parameter::Optimizer, Parameter::ScheduleName, Parameter::LearningRate, Parameter::DecayRate]
        );
    }

    #[test]
    fn an_optimizers_own_option_wins_and_a_swept_option_multiplies_all() {
        let experiment = resolve(
            "[training]\nweight_decay = 0.5\n[sweep.parameters]\noptimizer = [\"sgd\", { name = \"adamw\", weight_decay = 0.1 }, { name = \"adam\", clipnorm = 1.0 }]\ngradient_accumulation_steps = [\"none\", 2]\n",
        );
        let decays: Vec<_> = experiment.space.branches.iter().map(|branch| branch.settings.number(Parameter::WeightDecay)).collect();
        assert_eq!(decays, [Some(0.5), Some(0.1), Some(0.5)]);
        assert!(experiment.space.branches.iter().all(|branch| branch.len == 2));
        assert_eq!(experiment.space.branches[0].settings.get(Parameter::Clipnorm), None);
    }
}
