//! Sampled sweeps: the values that configs describe, their distributions, and runs that depend on their number alone.

use std::collections::HashMap;

use gradsweep::backend::cpu::Cpu;
use gradsweep::config::{self, ConfigSource, DataLocation, Experiment};
use gradsweep::model::{Optimizer, Parameter, Value};
use gradsweep::sweep::{Problems, replay};
use insta::assert_snapshot;

const DATA: &str = "[data]\npath = \"data.csv\"\nfeature = \"x\"\ntarget = \"y\"\n";

fn experiment(lines: &str) -> Experiment {
    let source = ConfigSource { file: "test.toml", name: "test", data: DataLocation::Bytes(b"x,y\n1,3\n2,5\n4,9\n5,8\n") };
    config::load_text(&format!("{DATA}{lines}"), &source, &[]).unwrap_or_else(|error| panic!("{}", error.render(false)))
}

/// A sampled sweep over some parameters.
fn sampled(method: &str, runs: u64, parameters: &str) -> Experiment {
    experiment(&format!("[sweep]\nmethod = \"{method}\"\nruns = {runs}\nseed = 5\n[sweep.parameters]\n{parameters}\n"))
}

fn numbers(experiment: &Experiment, parameter: Parameter) -> Vec<f64> {
    let runs = 0..experiment.space.len();
    runs.map(|run| experiment.space.run(run).unwrap().settings.number(parameter).unwrap()).collect()
}

const METHODS: [&str; 3] = ["random", "sobol", "latin_hypercube"];

#[test]
fn values_have_their_distributions() {
    // Shares of 20,000 runs are within five standard deviations, at most 0.018, of their probabilities.
    let share = |values: &[f64], low: f64, high: f64| {
        values.iter().filter(|value| (low..high).contains(*value)).count() as f64 / values.len() as f64
    };
    for method in METHODS {
        let space = sampled(
            method,
            20_000,
            "learning_rate = { min = 1e-4, max = 1.0, distribution = \"log_uniform\" }\nclipnorm = { min = 1.0, max = 3.0 }\n\
             initial_bias = { distribution = \"normal\", mu = 2.0, sigma = 3.0 }\n\
             epochs = { distribution = \"log_normal\", mu = 3.0, sigma = 0.5 }\nbatch_size = { min = 1, max = 4 }",
        );
        let rates = numbers(&space, Parameter::LearningRate);
        for decade in [1e-4, 1e-3, 1e-2, 1e-1] {
            assert!((share(&rates, decade, 10.0 * decade) - 0.25).abs() < 0.018, "{method}: {decade}");
        }
        let clips = numbers(&space, Parameter::Clipnorm);
        assert!((share(&clips, 1.0, 1.5) - 0.25).abs() < 0.018 && share(&clips, 1.0, 3.0) == 1.0, "{method}");
        // The normal distribution has 68.27 % within one standard deviation, and 97.72 % below two.
        let biases = numbers(&space, Parameter::InitialBias);
        assert!((share(&biases, -1.0, 5.0) - 0.6827).abs() < 0.018, "{method}");
        assert!((share(&biases, f64::MIN, 8.0) - 0.9772).abs() < 0.006, "{method}");
        // The median of a log-normal distribution is exp(mu), here 20.09; values are rounded to integers.
        let epochs = numbers(&space, Parameter::Epochs);
        assert!((share(&epochs, 0.0, 20.09) - 0.5).abs() < 0.05 && epochs.iter().all(|epochs| epochs.fract() == 0.0 && *epochs >= 1.0));
        let sizes = numbers(&space, Parameter::BatchSize);
        for size in (1..=4).map(f64::from) {
            assert!((share(&sizes, size, size + 1.0) - 0.25).abs() < 0.018, "{method}: {size}");
        }
    }
}

#[test]
fn q_rounds_to_multiples_and_steps_are_equally_probable() {
    let space = sampled(
        "random",
        20_000,
        "optimizer = [\"sgd\"]\nmomentum = { min = 0.0, max = 0.9, q = 0.3 }\nclipnorm = { min = 0.1, max = 0.4, step = 0.1 }\n\
         batch_size = { min = 4, max = 22, q = 5 }",
    );
    let counts = |parameter| {
        let mut counts: HashMap<String, usize> = HashMap::new();
        for value in numbers(&space, parameter) {
            *counts.entry(value.to_string()).or_default() += 1;
        }
        let mut shares: Vec<(String, f64)> = counts.into_iter().map(|(value, count)| (value, count as f64 / 20_000.0)).collect();
        shares.sort_by(|a, b| a.0.parse::<f64>().unwrap().total_cmp(&b.0.parse().unwrap()));
        shares
    };
    let near = |shares: Vec<(String, f64)>, expected: &[(&str, f64)]| {
        let names: Vec<&str> = shares.iter().map(|(value, _)| value.as_str()).collect();
        assert_eq!(names, expected.iter().map(|(value, _)| *value).collect::<Vec<_>>());
        for ((_, own), (value, share)) in shares.iter().zip(expected) {
            assert!((own - share).abs() < 0.018, "{value}: {own}");
        }
    };
    // The ends of a rounded range have half of the share of the others.
    near(counts(Parameter::Momentum), &[("0", 1.0 / 6.0), ("0.3", 1.0 / 3.0), ("0.6", 1.0 / 3.0), ("0.9", 1.0 / 6.0)]);
    near(counts(Parameter::Clipnorm), &[("0.1", 0.25), ("0.2", 0.25), ("0.3", 0.25), ("0.4", 0.25)]);
    // From 4 to 7.5, to 12.5, to 17.5, to 22 of 18.
    near(counts(Parameter::BatchSize), &[("5", 3.5 / 18.0), ("10", 5.0 / 18.0), ("15", 5.0 / 18.0), ("20", 4.5 / 18.0)]);
}

#[test]
fn lists_have_probabilities_and_mix_values_and_ranges() {
    let space = sampled(
        "random",
        20_000,
        "batch_size = { values = [1, 2, \"full\"], probabilities = [0.5, 0.2, 0.3] }\n\
         learning_rate = [0.0, { min = 0.1, max = 1.0 }, { min = 2.0, max = 4.0 }]",
    );
    let share = |of: &dyn Fn(&gradsweep::space::Run) -> bool| {
        (0..20_000).filter(|&run| of(&space.space.run(run).unwrap())).count() as f64 / 20_000.0
    };
    let has = |value: Value| move |run: &gradsweep::space::Run| run.settings.get(Parameter::BatchSize) == Some(value);
    for (value, expected) in [(Value::Integer(1), 0.5), (Value::Integer(2), 0.2), (Value::Choice("full"), 0.3)] {
        assert!((share(&has(value)) - expected).abs() < 0.018, "{value:?}");
    }
    let rate = |low: f64, high: f64| {
        move |run: &gradsweep::space::Run| (low..=high).contains(&run.settings.number(Parameter::LearningRate).unwrap())
    };
    for (low, high) in [(0.0, 0.0), (0.1, 1.0), (2.0, 4.0)] {
        assert!((share(&rate(low, high)) - 1.0 / 3.0).abs() < 0.018, "{low} to {high}");
    }
    // Half of a range has half of its share.
    assert!((share(&rate(0.1, 0.55)) - 1.0 / 6.0).abs() < 0.018);
}

#[test]
fn hyperparameters_depend_on_the_drawn_optimizer() {
    for method in METHODS {
        let space = sampled(
            method,
            9_000,
            "optimizer = { values = [\"rmsprop\", { name = \"sgd\", momentum = { min = 0.5, max = 0.9 } }, \"adam\"], probabilities = [0.5, 0.25, 0.25] }\n\
             rho = { min = 0.8, max = 0.99 }\nlearning_rate = { min = 0.01, max = 0.1 }",
        );
        let mut counts = [0; 3];
        for run in 0..9_000 {
            let run = space.space.run(run).unwrap();
            let [momentum, rho] = [Parameter::Momentum, Parameter::Rho].map(|parameter| run.settings.number(parameter));
            counts[match run.optimizer {
                Optimizer::Rmsprop => {
                    assert!(momentum == Some(0.0) && (0.8..=0.99).contains(&rho.unwrap()));
                    0
                }
                Optimizer::Sgd => {
                    assert!((0.5..=0.9).contains(&momentum.unwrap()) && rho.is_none());
                    1
                }
                _ => {
                    assert!(momentum.is_none() && rho.is_none());
                    2
                }
            }] += 1;
        }
        // Five standard deviations of a count are at most 237.
        assert!(counts.iter().zip([4500, 2250, 2250]).all(|(count, expected): (&i32, i32)| (count - expected).abs() < 237), "{counts:?}");
    }
}

#[test]
fn a_latin_hypercube_has_one_run_in_each_stratum_of_values() {
    let space = sampled(
        "latin_hypercube",
        500,
        "learning_rate = { min = 1e-4, max = 1.0, distribution = \"log_uniform\" }\nclipnorm = { min = 1.0, max = 2.0 }",
    );
    let rates = numbers(&space, Parameter::LearningRate).into_iter().map(|rate| (rate.log10() + 4.0) / 4.0);
    let clips = numbers(&space, Parameter::Clipnorm).into_iter().map(|clip| clip - 1.0);
    for units in [rates.collect::<Vec<_>>(), clips.collect()] {
        let mut strata: Vec<u64> = units.iter().map(|unit| (unit * 500.0) as u64).collect();
        strata.sort_unstable();
        assert_eq!(strata, (0..500).collect::<Vec<_>>());
    }
}

#[test]
fn more_runs_of_random_and_sobol_keep_the_first_ones() {
    let parameters = "optimizer = [\"sgd\", \"adam\"]\nlearning_rate = { min = 1e-4, max = 1.0, distribution = \"log_uniform\" }\nbatch_size = [1, 2, 4]";
    for method in ["random", "sobol"] {
        let [few, many] = [1000, 2000].map(|runs| sampled(method, runs, parameters));
        assert!((0..1000).all(|run| few.space.run(run) == many.space.run(run)), "{method}");
        assert!(many.space.run(1999).is_some() && many.space.run(2000).is_none());
    }
    // The strata of a Latin hypercube depend on their number.
    let [few, many] = [1000, 2000].map(|runs| sampled("latin_hypercube", runs, parameters));
    assert!((0..1000).any(|run| few.space.run(run) != many.space.run(run)));
}

#[test]
fn a_run_alone_equals_the_run_in_its_sweep() {
    let cpu = Cpu::open(None, None).unwrap();
    for method in METHODS {
        let experiment = sampled(
            method,
            300,
            "optimizer = [\"sgd\", \"rmsprop\"]\nlearning_rate = { min = 1e-4, max = 0.1, distribution = \"log_uniform\" }\nbatch_size = [1, 2, 4]\n\
             epochs = { min = 1, max = 9 }\n\"data.scale\" = [\"none\", \"standard\"]\n\"training.seed\" = { min = 0, max = 99 }",
        );
        let problems = Problems::new(&experiment).unwrap();
        assert_eq!(problems.all.len(), 2);
        let all = replay(&experiment, &problems, &cpu, &(0..300).collect::<Vec<_>>()).unwrap();
        for run in [0, 1, 17, 150, 299] {
            assert_eq!(replay(&experiment, &problems, &cpu, &[run]).unwrap()[0], all[run as usize], "{method}, run {run}");
        }
    }
}

#[test]
fn the_space_in_words() {
    let experiment = sampled(
        "sobol",
        1000,
        "optimizer = [\"sgd\", { name = \"rmsprop\", rho = { min = 0.5, max = 0.99 } }]\n\
         learning_rate = [0.0, { min = 1e-4, max = 1.0, distribution = \"log_uniform\" }]\nmomentum = { min = 0.0, max = 0.9, q = 0.1 }\n\
         batch_size = { values = [1, 2, \"full\"], probabilities = [0.5, 0.25, 0.25] }\nepochs = { min = 1, max = 100, distribution = \"log_uniform\" }\n\
         clipnorm = { distribution = \"log_normal\", mu = 0.0, sigma = 1.0, min = 0.1, max = 10.0 }\n\"training.seed\" = { min = 0, max = 9 }",
    );
    let text = config::describe(&experiment);
    let lines: Vec<&str> = text.lines().skip_while(|line| !line.starts_with("method")).collect();
    let varied = lines.iter().take_while(|line| !line.contains("nesterov") && !line.contains("(default)")).copied().collect::<Vec<_>>();
    assert_snapshot!(varied.join("\n"), @r#"
    method            sobol, 1,000 runs, seed 5

    optimizer         sgd: 50 % of the runs
      learning_rate   0 (50 %); logarithmically uniform from 0.0001 to 1 (50 %)
      momentum        multiples of 0.1, uniform from 0 to 0.9
      batch_size      1 (50 %); 2 (25 %); "full" (25 %)
      epochs          integers, logarithmically uniform from 1 to 100
      clipnorm        log-normal with median 1, sigma 1 of the logarithm, from 0.1 to 10
      training.seed   integers, uniform from 0 to 9
    "#);
    assert_snapshot!(lines[lines.len() - 2..].join("\n"), @r"
    runs              1,000
    updates           52,034
    ");
}
