//! Shares of variance of sweeps whose results are set by hand, compared with NumPy.

use gradsweep::analysis::{ImportanceMeasure, importance};
use gradsweep::model::{Parameter, Value};

use crate::analysis::Trained;

/// Trains a sweep of y = x from 0, where J − J* is 1, and replaces its results by powers of ten; `None` stands for a diverged run.
fn sweep(parameters: &str, exponents: &[Option<f64>]) -> Trained {
    let config = "[data]\npath = \"data.csv\"\nfeature = \"x\"\ntarget = \"y\"\n[model]\ninitial_weight = 0.0\ninitial_bias = 0.0\n\
                  [training]\nepochs = 2\nbatch_size = 1\n[sweep.parameters]\n";
    let mut trained = Trained::text(&format!("{config}{parameters}"), "x,y\n-1,-1\n1,1\n");
    trained.runs.mean_excess =
        exponents.iter().map(|exponent| exponent.map_or(f32::NAN, |exponent| 10_f64.powf(exponent) as f32)).collect();
    trained.runs.diverged_at = exponents.iter().map(|exponent| exponent.is_none().then_some(1)).collect();
    trained
}

/// Compares block, key and share of each entry.
fn assert_shares(trained: &Trained, expected: &[(Option<&str>, &str, f64)]) {
    let found = trained.analysed(&trained.cpu, importance);
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for (own, &(block, key, share)) in found.iter().zip(expected) {
        assert_eq!((own.block.as_deref(), own.key), (block, key), "{found:?}");
        assert!((own.share - share).abs() < 1e-6, "{found:?}");
    }
}

#[test]
fn a_grid_with_the_optimizer_has_a_share_per_axis_and_diverged_runs_count_as_the_start() {
    let trained = sweep(
        "optimizer = [\"sgd\", \"adam\"]\nlearning_rate = [0.001, 0.01, 0.1]\n",
        &[Some(-1.0), Some(-3.0), Some(-2.0), Some(-2.0), Some(-5.0), None],
    );
    // v = np.array([[-1, -3, -2], [-2, -5, 0]]); v.mean(0).var() / v.var(), v.mean(1).var() / v.var()
    assert_shares(&trained, &[(None, "learning_rate", 0.696_629_213_483_146_1), (None, "optimizer", 0.011_235_955_056_179_787)]);
}

#[test]
fn optimizers_with_different_axes_are_blocks() {
    let trained = sweep(
        "optimizer = [{ name = \"sgd\", momentum = [0.0, 0.9] }, \"adam\"]\nlearning_rate = [0.01, 0.1]\n",
        &[Some(-1.0), Some(-2.0), Some(-3.0), Some(-5.0), Some(-2.0), Some(-4.0)],
    );
    // s = np.array([[-1, -2], [-3, -5]]); a = np.array([-2, -4]); v = np.r_[s.ravel(), a]; m = v.mean()
    // (4 * (s.mean() - m)**2 + 2 * (a.mean() - m)**2) / 6 / v.var(); s.mean(1).var() / s.var(); s.mean(0).var() / s.var()
    let expected = [
        (None, "optimizer", 0.007_692_307_692_3),
        (Some("sgd"), "momentum", 0.714_285_714_286),
        (Some("sgd"), "learning_rate", 0.257_142_857_143),
    ];
    let order = trained.experiment.space.branches[0].axes[0].parameter.key();
    assert_eq!(order, "momentum", "the hand-made results assume the slow axis");
    assert_shares(&trained, &expected);
}

#[test]
fn no_share_without_two_hyperparameters_or_a_difference() {
    assert_shares(&sweep("learning_rate = [0.01, 0.1]\n", &[Some(-1.0), Some(-2.0)]), &[]);
    assert_shares(&sweep("learning_rate = [0.01, 0.1]\nbatch_size = [1, 2]\n", &[Some(-1.5); 4]), &[]);
    assert_shares(&sweep("loss = [\"mse\", \"mae\"]\nlearning_rate = [0.01, 0.1]\n", &[Some(-1.0), Some(-2.0), Some(-3.0), None]), &[]);
}

/// A sampled sweep of two hyperparameters whose log10(J − J*) is a function of u and v, their positions from 0 to 1.
fn sampled(exponent: impl Fn(f64, f64) -> f64) -> Trained {
    let config = "[data]\npath = \"data.csv\"\nfeature = \"x\"\ntarget = \"y\"\n[model]\ninitial_weight = 0.0\ninitial_bias = 0.0\n\
                  [training]\noptimizer = \"sgd\"\nepochs = 2\nbatch_size = 1\n[sweep]\nmethod = \"random\"\nruns = 4000\n\
                  [sweep.parameters]\nlearning_rate = { min = 0.0, max = 1.0 }\nmomentum = { min = 0.0, max = 0.5 }\n";
    let mut trained = Trained::text(config, "x,y\n-1,-1\n1,1\n");
    let position = |parameter, run| trained.experiment.space.value(parameter, run).and_then(Value::number).unwrap();
    let cost = |run| 10_f64.powf(exponent(position(Parameter::LearningRate, run), 2.0 * position(Parameter::Momentum, run))) as f32;
    trained.runs.mean_excess = (0..4000).map(cost).collect();
    trained.runs.diverged_at = vec![None; 4000];
    trained
}

/// If only u matters, the best tenth are the two upper bins of twenty: Σ p·(q/p − 1)² = 1/0.1 − 1 = 9 for u, and about 0 for v.
/// If u + v matters, both have the same divergence.
#[test]
fn sampled_sweeps_compare_the_best_tenth_with_all_runs() {
    let shares = |trained: Trained| {
        let found = trained.analysed(&trained.cpu, importance);
        assert!(found.iter().all(|share| share.measure == ImportanceMeasure::Divergence && share.block.is_none()), "{found:?}");
        found.into_iter().map(|share| (share.key, share.share)).collect::<Vec<_>>()
    };
    let [(key, share), ..] = shares(sampled(|u, _| -1.0 - u))[..] else { panic!("no share") };
    assert!(key == "learning_rate" && share > 0.98, "{share}");
    let [(_, first), (_, second)] = shares(sampled(|u, v| -1.0 - u - v))[..] else { panic!("not two shares") };
    assert!((first + second - 1.0).abs() < 1e-12 && first < 0.56, "{first}");
    assert!(shares(sampled(|_, _| -1.0)).is_empty());
}
