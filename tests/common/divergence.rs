//! Diverging runs are results: they are stored up to their last finite point, and the program succeeds.

use gradsweep::store::RunDirectory;

use super::finite::assert_finite;
use super::program::{folder_with, on_tv, succeeds};

/// A sweep of SGD at rates up to 100 on raw data, with small batches, so that most runs diverge in the middle of an epoch.
fn diverging(backend: &str) -> (tempfile::TempDir, RunDirectory) {
    let (folder, _) = folder_with(&on_tv(
        "test_size = 0.2\n[model]\ninitial_weight = 0.6\ninitial_bias = 0.0\n[training]\nbatch_size = 10\nepochs = 5\noptimizer = \"sgd\"\n[sweep.parameters]\nlearning_rate = { min = 1e-6, max = 1e2, count = 33, distribution = \"log_uniform\" }\n",
    ));
    succeeds(folder.path(), &["run", "sweep.toml", "--backend", backend, "--out", backend]);
    let directory = RunDirectory::open(&folder.path().join(backend)).unwrap();
    (folder, directory)
}

/// Compares the stored sweep with the float64 reference.
pub fn diverging_runs_are_results(backend: &str) {
    let ((folder, directory), (_reference_folder, reference)) = (diverging(backend), diverging("reference"));
    let (runs, expected_runs) = (directory.runs().unwrap(), reference.runs().unwrap());
    let diverged = directory.manifest().counts.diverged;
    assert!(diverged >= 20, "{diverged}");
    for (row, (batch, expected)) in runs.diverged_at.iter().zip(&expected_runs.diverged_at).enumerate() {
        let Some(batch) = *batch else {
            assert_eq!(*expected, None, "run {row} diverges in the reference");
            continue;
        };
        assert!(expected.is_some_and(|expected| batch.abs_diff(expected) <= 1), "run {row}: {batch}, {expected:?}");
        assert_eq!(runs.steps[row], batch - 1);
        let history = directory.history(runs.run[row]).unwrap();
        assert_eq!(history.last().map(|point| point.step), Some(batch - 1));
        assert!(history.iter().all(|point| point.weight.abs() <= 1e12 && point.bias.abs() <= 1e12));
        let epochs = directory.epochs(runs.run[row]).unwrap();
        assert_eq!(epochs.epoch.len(), 5);
        let known = epochs.loss.iter().filter(|loss| loss.is_finite()).count() as u64;
        assert!(known <= (batch - 1) / 16);
    }
    assert_finite(&folder.path().join(backend));
    assert!(folder.path().join(backend).join("plots/contour.png").exists());
}
