//! Verdicts and their figures: against theory, against histories in float64, and against the float64 reference.

use gradsweep::backend::Backend;
use gradsweep::backend::cpu::Cpu;
use gradsweep::backend::reference::Reference;
use gradsweep::config::{self, Experiment};
use gradsweep::model::Verdict;
use gradsweep::sweep::Problems;
use gradsweep::table::RunTable;

use crate::common::figures;
use crate::common::sweeps::{RECORD, experiment, load_with, table, train};

fn cpu() -> Cpu {
    Cpu::open(None, None).unwrap()
}

/// A sweep of the columns x and y.
fn small(rest: &str, rows: &str) -> Experiment {
    load_with(&format!("[data]\npath = \"data.csv\"\nfeature = \"x\"\ntarget = \"y\"\n{rest}"), format!("x,y\n{rows}").as_bytes())
}

/// The table of a sweep, after a check that the reference has equal verdicts.
fn judged(experiment: &Experiment) -> RunTable {
    let found = table(experiment, &cpu());
    assert_eq!(found.verdict, table(experiment, &Reference).verdict);
    found
}

#[test]
fn verdicts_agree_with_theory() {
    // Full batch on standardised data: both eigenvalues of the Hessian are 2, so each update multiplies the deviation d by f = 1 − 2η. The windows are
    // the updates 1..3 and 4..6: the mean deviations are d·Σfᵏ/3, the mean excesses d²·Σf²ᵏ/3.
    let experiment = experiment(
        "scale = \"standard\"\n[model]\ninitial_weight = 0.6\ninitial_bias = 0.0\n[training]\noptimizer = \"sgd\"\nbatch_size = \"full\"\nepochs = 6\n[sweep.parameters]\nlearning_rate = [0.5, 0.97, 1.1, 1e-4]\n",
    );
    for backend in [&Reference as &dyn Backend, &cpu()] {
        let table = table(&experiment, backend);
        assert_eq!(table.verdict, [Verdict::Converged, Verdict::Oscillating, Verdict::Overshooting, Verdict::Slow]);
        assert_eq!(table.epochs_to_reach, [Some(1), None, None, None]);
        let quadratic = Problems::new(&experiment).unwrap().all[0].quadratic;
        let start = quadratic.excess(f64::from(0.6_f32), 0.0);
        for (run, rate) in [(1, 0.97_f64), (3, 1e-4)] {
            let factor = 1.0 - 2.0 * rate;
            let mean = |power: i32| (4..7).map(|k| factor.powi(power * k)).sum::<f64>() / 3.0;
            let expected = [start * mean(2), mean(1) * mean(1) / mean(2)];
            let found = [table.mean_excess[run], table.drift_share[run]].map(f64::from);
            for (found, expected) in found.into_iter().zip(expected) {
                assert!((found / expected - 1.0).abs() < 1e-4, "rate {rate}: {found} is not {expected}");
            }
            let loss = f64::from(table.mean_loss[run]) - quadratic.loss;
            assert!((loss / expected[0] - 1.0).abs() < 1e-4, "the mean loss is J* + the mean excess");
        }
    }
}

/// On raw data the last updates creep along the valley. The shares are those of NumPy in float64, from the published history in
/// tests/golden/article.json.
#[test]
fn the_run_of_the_article_creeps_along_the_valley() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/article.toml");
    let experiment = config::load(&path, &[]).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let table = judged(&experiment);
    assert_eq!(table.verdict, [Verdict::Slow]);
    let shares = [table.drift_share[0], table.valley_share[0]];
    assert!((shares[0] - 0.889_95).abs() < 1e-4 && (shares[1] - 0.888_81).abs() < 1e-4, "{shares:?}");
}

/// For a quadratic cost, mean excess − drift = ½ tr(H·Cov θ) over the window, here from the recorded history in float64.
#[test]
fn the_fluctuation_is_the_covariance_in_the_metric_of_the_hessian() {
    for (scale, rates) in [("standard", "[0.01, 0.1, 0.3]"), ("none", "[1e-3, 1e-2]")] {
        let experiment = experiment(&format!(
            "scale = \"{scale}\"\n[training]\nepochs = 20\nbatch_size = 8\n[sweep.parameters]\noptimizer = [\"sgd\", \"rmsprop\"]\nlearning_rate = {}\n",
            if scale == "none" { "[1e-6, 1e-5]" } else { rates }
        ));
        let problems = Problems::new(&experiment).unwrap();
        let [[a, c], [_, b]] = problems.all[0].quadratic.hessian;
        let (plan, outcomes) = train(&experiment, &cpu(), RECORD);
        let table = table(&experiment, &cpu());
        for (group, outcome) in plan.groups.iter().zip(&outcomes) {
            // An epoch has 25 batches, so the window has 32 updates.
            let history = outcome.history.as_ref().unwrap();
            for (lane, &row) in group.members.iter().enumerate() {
                let points: Vec<[f64; 2]> = (469..=500).map(|step| history.at(lane, step).map(f64::from)).collect();
                let mean = [0, 1].map(|i| points.iter().map(|point| point[i]).sum::<f64>() / 32.0);
                let covariance =
                    |i: usize, j: usize| points.iter().map(|point| (point[i] - mean[i]) * (point[j] - mean[j])).sum::<f64>() / 32.0;
                let expected = 0.5 * (a * covariance(0, 0) + 2.0 * c * covariance(0, 1) + b * covariance(1, 1));
                let [excess, drift] = [table.mean_excess[row as usize], table.drift_share[row as usize]].map(f64::from);
                let found = excess * (1.0 - drift);
                // The drift comes from mean parameters in float32, whose rounding shifts J by about 2⁻²⁴·√(M·w²·E[x²]).
                assert!((found - expected).abs() <= 1e-4 * excess, "{scale}, run {row}: {found} is not {expected}, M = {excess}");
            }
        }
    }
}

/// Under the mean absolute error J is evaluated after every seventh of the 100 updates of a window, and the mean point is over all of them. The expected
/// means are computed from the recorded history in float64.
#[test]
fn a_neuron_trained_from_rows_averages_all_parameters_and_few_losses() {
    let experiment = experiment(
        "scale = \"standard\"\n[model]\nloss = \"mae\"\n[training]\nepochs = 3\nbatch_size = 2\n[sweep.parameters]\nlearning_rate = [0.01, 0.1]\n",
    );
    let problem = &Problems::new(&experiment).unwrap().all[0];
    let (_, outcomes) = train(&experiment, &cpu(), RECORD);
    let history = outcomes[0].history.as_ref().unwrap();
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    for run in 0..2 {
        let mean_loss = |end: usize| {
            let points: Vec<[f32; 2]> = (end - 99..=end).rev().step_by(7).map(|step| history.at(run, step)).collect();
            let [weight, bias] = [0, 1].map(|i| points.iter().map(|point| point[i]).collect::<Vec<f32>>());
            let metrics = Reference.metrics(&problem.neuron, &problem.train, &weight, &bias).unwrap();
            mean(&metrics.loss.iter().map(|&loss| f64::from(loss)).collect::<Vec<f64>>()) - problem.loss_offset()
        };
        let parameter = |i: usize| mean(&(201..=300).map(|step| f64::from(history.at(run, step)[i])).collect::<Vec<f64>>());
        let expected = [parameter(0), parameter(1), mean_loss(300), mean_loss(200)];
        for (slot, expected) in expected.into_iter().enumerate() {
            let found = f64::from(outcomes[0].means[slot][run]);
            assert!((found - expected).abs() < 2e-6 * expected.abs().max(1.0), "run {run}, mean {slot}: {found} is not {expected}");
        }
    }
}

/// The mean over a window of 3,200 updates without a change is the start, although the sums are deviations from a centre whose bias is 14.
#[test]
fn sums_over_long_windows_keep_their_digits() {
    let experiment = experiment(
        "scale = \"standard\"\n[model]\nloss = \"mae\"\ninitial_weight = 0.6\ninitial_bias = 0.0\n[training]\nepochs = 40\nbatch_size = 1\n\
         gradient_accumulation_steps = 100\n[sweep.parameters]\nlearning_rate = [0.0]\n",
    );
    let (_, outcomes) = train(&experiment, &cpu(), RECORD);
    let [[weight], [bias]] = [0, 1].map(|slot| <[f32; 1]>::try_from(&outcomes[0].means[slot][..]).unwrap());
    assert!((weight - 0.6).abs() < 2e-5 && bias.abs() < 2e-5, "{weight}, {bias}");
}

#[test]
fn figures_agree_with_the_reference() {
    // Runs of up to 400 contracting updates in float32.
    figures::agree_with_the_reference(&cpu(), 2e-5);
}

const ENGEL: &[u8] = include_bytes!("../data/engel.csv");

/// SGD needs about 15 of these epochs; then the noise of mini-batches keeps J at 1.3 × J*. With a tenth of the rate J comes within 1 %.
#[test]
fn a_run_at_the_noise_floor_is_noisy() {
    let experiment = load_with(
        "[data]\npath = \"data.csv\"\nfeature = \"income\"\ntarget = \"foodexp\"\nscale = \"standard\"\n[model]\ninitial_weight = 0.0\n[training]\nepochs = 50\n\
         batch_size = 8\noptimizer = \"sgd\"\n[sweep.parameters]\nlearning_rate = [0.1, 0.01]\n",
        ENGEL,
    );
    let table = judged(&experiment);
    assert_eq!(table.verdict, [Verdict::Noisy, Verdict::Converged]);
    assert!(table.drift_share[0] < 0.5, "{:?}", table.drift_share);
}

#[test]
fn a_constant_target_is_reached_within_rounding() {
    // J* = 0 = Var(y), so only the rounding floor separates a converged run from others.
    let config = "scale = \"standard\"\n[model]\ninitial_weight = 0.0\n[training]\nepochs = 100\nbatch_size = \"full\"\noptimizer = \"sgd\"\n[sweep.parameters]\n";
    let table = judged(&small(&format!("{config}learning_rate = [0.001, 0.1, 0.5]\n"), "0,7\n1,7\n"));
    assert_eq!(table.verdict, [Verdict::Slow, Verdict::Converged, Verdict::Converged]);
    for loss in ["mae", "huber", "log_cosh", "msle", "mape", "poisson"] {
        // Under a linear neuron poisson has no minimum.
        let activation = if loss == "poisson" { "exponential" } else { "linear" };
        let model = format!("[model]\nloss = \"{loss}\"\nactivation = \"{activation}\"\ninitial_bias = 1.0\n");
        let config = config.replace("[model]\n", &model).replace("\"sgd\"", "\"adam\"");
        let rates =
            "learning_rate = [0.1]\nepochs = [4000]\n\"schedule.name\" = [\"cosine_decay\"]\n[training.schedule]\ndecay_steps = 4000\n";
        let table = judged(&small(&format!("{config}{rates}"), "0,7\n1,7\n"));
        assert_eq!(table.verdict, [Verdict::Converged], "{loss}: mean excess {}, J {}", table.mean_excess[0], table.train_loss[0]);
    }
}

#[test]
fn a_single_row_is_reached() {
    let rest = "[model]\ninitial_weight = 0.0\n[training]\nepochs = 200\noptimizer = \"sgd\"\n[sweep.parameters]\nlearning_rate = [0.1]\n";
    assert_eq!(judged(&small(rest, "0.3,-2\n")).verdict, [Verdict::Converged]);
}

#[test]
fn runs_without_a_gradient_are_stuck() {
    // relu(w·x + b) with w = −1, b = −1 on positive x, a sigmoid far out, and a learning rate of 0.
    let dead = "[model]\nactivation = \"relu\"\ninitial_weight = -1.0\ninitial_bias = -1.0\n[training]\nepochs = 20\n[sweep.parameters]\nlearning_rate = [0.1]\n";
    let saturated =
        "[model]\nactivation = \"sigmoid\"\ninitial_weight = 200.0\n[training]\nepochs = 20\n[sweep.parameters]\nlearning_rate = [0.1]\n";
    let zero = "[model]\ninitial_weight = 0.5\n[training]\nepochs = 20\n[sweep.parameters]\nlearning_rate = [0.0]\n";
    for rest in [dead, saturated, zero] {
        let table = judged(&small(rest, "1,0\n2,1\n3,0\n"));
        assert_eq!(table.verdict, [Verdict::Stuck], "{rest}");
        assert_eq!((table.weight[0], table.bias[0]), (table.initial_weight[0], table.initial_bias[0]));
    }
}

/// Separable classes: J falls for ever, so there is no excess, and a run is never converged.
#[test]
fn without_an_optimum_j_is_compared_with_its_lowest_value() {
    let rest = "[model]\nactivation = \"sigmoid\"\nloss = \"binary_crossentropy\"\ninitial_weight = 0.0\n[training]\nepochs = 100\nbatch_size = \"full\"\n\
                optimizer = \"sgd\"\n[sweep.parameters]\nlearning_rate = [0.1, 1.0]\n";
    let table = judged(&small(rest, "-2,0\n-1,0\n1,1\n2,1\n"));
    assert_eq!(table.verdict, [Verdict::Slow; 2]);
    assert!(table.mean_excess.iter().chain(&table.drift_share).all(|figure| figure.is_nan()));
    assert!(table.mean_loss.iter().zip(&table.train_loss).all(|(mean, end)| mean > end), "J still falls");
}

/// Data sets of tests/data: file, feature, target.
const DATA: [(&str, &str, &str); 9] = [
    ("iris", "petal_length", "petal_width"),
    ("diabetes", "bmi", "progression"),
    ("wine", "alcohol", "color_intensity"),
    ("linnerud", "waist", "situps"),
    ("stackloss", "airflow", "stackloss"),
    ("grunfeld", "value", "investment"),
    ("engel", "income", "foodexp"),
    ("nile", "year", "volume"),
    ("longley", "gnp", "employed"),
];

/// Seeds of a setting. Its figures are medians over them, its verdict is the most frequent one.
const SEEDS: usize = 5;

/// Verdict, and M, of each setting of a data set after a number of epochs.
fn settings((file, feature, target): (&str, &str, &str), epochs: u32) -> Vec<(Verdict, f64)> {
    let csv = std::fs::read(format!("{}/tests/data/{file}.csv", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let config = format!(
        "[data]\npath = \"data.csv\"\nfeature = \"{feature}\"\ntarget = \"{target}\"\n[model]\ninitial_weight = 0.0\n[training]\nepochs = {epochs}\n\
         [sweep.parameters]\noptimizer = [\"sgd\", \"rmsprop\", \"adam\"]\n\"data.scale\" = [\"none\", \"standard\"]\nbatch_size = [8, 32]\n\
         learning_rate = {{ min = 1e-4, max = 1.0, count = 13, distribution = \"log_uniform\" }}\n\"training.seed\" = {{ min = 0, max = {} }}\n",
        SEEDS - 1
    );
    let table = table(&load_with(&config, &csv), &cpu());
    let setting = |(verdicts, excesses): (&[Verdict], &[f32])| {
        let count = |verdict: Verdict| verdicts.iter().filter(|own| **own == verdict).count();
        let verdict = Verdict::ALL.into_iter().max_by_key(|&verdict| count(verdict)).unwrap();
        let mut excesses: Vec<f64> =
            excesses.iter().map(|&excess| if excess.is_nan() { f64::INFINITY } else { f64::from(excess) }).collect();
        excesses.sort_by(f64::total_cmp);
        (verdict, excesses[SEEDS / 2])
    };
    table.verdict.chunks(SEEDS).zip(table.mean_excess.chunks(SEEDS)).map(setting).collect()
}

/// What ten times the epochs do to a run is what its verdict says: `slow` runs improve or remain short of updates, `noisy` runs do not improve.
/// `cargo test --release --test integration verdicts_predict -- --nocapture` prints the table of docs/verdicts.md.
#[test]
fn verdicts_predict_the_effect_of_more_epochs() {
    const EPOCHS: u32 = 20;
    let mut table = std::collections::BTreeMap::<Verdict, [usize; 4]>::new();
    for data in DATA {
        for ((verdict, excess), (later_verdict, later)) in settings(data, EPOCHS).into_iter().zip(settings(data, 10 * EPOCHS)) {
            let effect = match later / excess {
                ratio if ratio < 0.5 => 0,
                ratio if ratio < 0.9 => 1,
                _ if later_verdict == Verdict::Slow => 2,
                _ => 3,
            };
            table.entry(verdict).or_default()[effect] += 1;
        }
    }
    println!("verdict        settings   M < 1/2   M < 0.9   still slow   other");
    for (verdict, effects) in &table {
        let [half, less, slow, other] = effects;
        println!("{:<14} {:>8} {half:>9} {less:>9} {slow:>12} {other:>7}", verdict.name(), effects.iter().sum::<usize>());
    }
    let share = |verdict: Verdict, effects: &[usize]| {
        let own = table[&verdict];
        effects.iter().map(|&effect| own[effect]).sum::<usize>() as f64 / own.iter().sum::<usize>() as f64
    };
    let (slow, noisy) = (share(Verdict::Slow, &[0, 1, 2]), share(Verdict::Noisy, &[1, 2, 3]));
    println!("slow: {:.1} % improve or are short of updates; noisy: {:.1} % do not improve by half", 100.0 * slow, 100.0 * noisy);
    assert!(slow >= 0.95 && noisy >= 0.9, "{slow} of the slow, {noisy} of the noisy settings");
}
