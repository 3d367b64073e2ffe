//! Dispatches of the GPU backend: results do not depend on their sizes, and errors leave the device usable.

use gradsweep::backend::gpu::{Gpu, WorkgroupShape};
use gradsweep::backend::{Backend, EpochSeries, Outcome, RecordOptions};
use gradsweep::internals::gpu::{Probe, ProbeConstants};
use gradsweep::model::{Neuron, Rows};
use gradsweep::store::RunDirectory;
use gradsweep::sweep::{Plan, Problems};
use libtest_mimic::Trial;

use crate::common::program::{folder_with, on_tv, succeeds};
use crate::common::sweeps::{RECORD, experiment, train};

/// The tests of this file.
pub fn trials() -> Vec<Trial> {
    gpu_trials![
        results_do_not_depend_on_dispatch_sizes_and_shapes,
        results_do_not_depend_on_checks_and_unrolling,
        sweeps_do_not_depend_on_chunks,
        joined_groups_give_the_results_of_single_groups,
        metrics_of_many_rows_take_several_dispatches,
        peak_rates_are_positive,
        a_buffer_larger_than_the_memory_is_an_error_and_the_gpu_stays_usable,
    ]
}

/// The results of the runs of a group as strings, floats as bits; unused cells are left out.
fn results(outcome: &Outcome) -> Vec<String> {
    (0..outcome.weight.len()).map(|run| result(outcome, run)).collect()
}

fn result(outcome: &Outcome, run: usize) -> String {
    let history = outcome.history.as_ref().unwrap();
    let points: Vec<_> = (0..history.known_points(outcome.steps[run])).map(|point| history.at(run, point).map(f32::to_bits)).collect();
    let series = |series: &EpochSeries| {
        let batches = history.steps as usize / series.blocks.rows;
        let rows = (0..outcome.steps[run] as usize / batches).map(|epoch| series.blocks.index(run, epoch));
        let row = |at: usize| [series.loss[at], series.mae[at], series.val_loss[at], series.val_mae[at]].map(f32::to_bits);
        rows.map(row).collect::<Vec<_>>()
    };
    let series = outcome.epochs.as_ref().map(series);
    let end = [outcome.weight[run], outcome.bias[run]].map(f32::to_bits);
    format!("{:?} {end:?} {series:?} {points:?}", outcome.statistics(run))
}

fn results_do_not_depend_on_dispatch_sizes_and_shapes(gpu: &Gpu) {
    // Several blocks per epoch, several workgroups, and some runs that diverge.
    let experiment = experiment(
        "test_size = 0.2\n[model]\ninitial_weight = 0.6\ninitial_bias = 0.0\n[training]\nbatch_size = 2\nepochs = 3\n[sweep.parameters]\n\
         optimizer = [\"sgd\", \"rmsprop\", \"adam\"]\nlearning_rate = { min = 1e-6, max = 1e1, count = 150, distribution = \"log_uniform\" }\n",
    );
    let dispatch = |first_dispatch_work: u64, shape: &str, min_recorded_runs: u64, second_pipeline_updates: u64| {
        gpu.tune(|tuning| {
            (tuning.first_dispatch_work, tuning.shape) = (first_dispatch_work, shape.parse::<WorkgroupShape>().unwrap());
            (tuning.recorded_bytes, tuning.min_recorded_runs) = (1, min_recorded_runs);
            tuning.second_pipeline_updates = second_pipeline_updates;
        });
        let (_, outcomes) = train(&experiment, gpu, RECORD);
        outcomes.iter().flat_map(results).collect::<Vec<_>>()
    };
    // One pipeline for all epochs and three run batches; then two pipelines and one run batch.
    let small = dispatch(1, "1x64", 1, u64::MAX);
    assert!(small.len() == 450 && small.iter().any(|run| run.contains("diverged_at: Some")));
    for (work, shape) in [(100_000, "1x64"), (1 << 40, "4x32"), (100_000, "3x256")] {
        for (run, (one, other)) in small.iter().zip(dispatch(work, shape, u64::MAX, 0)).enumerate() {
            assert!(*one == other, "run {run}, {work} updates, {shape}:\n{one}\n{other}");
        }
    }
}

fn results_do_not_depend_on_checks_and_unrolling(gpu: &Gpu) {
    // Moments, tables of step inputs, options, cycles, and rows with joined batch orders.
    let configs = [
        "test_size = 0.2\n[training]\nbatch_size = 10\nepochs = 35\n[sweep.parameters]\noptimizer = [\"sgd\", \"adam\"]\n\
         learning_rate = { min = 1e-6, max = 1e1, count = 70, distribution = \"log_uniform\" }\n",
        "test_size = 0.2\n[training]\nbatch_size = 10\nepochs = 2\n[training.schedule]\nname = \"cosine_decay\"\n[sweep.parameters]\n\
         optimizer = [{ name = \"rmsprop\", clipnorm = 2.0 }, { name = \"nadam\", use_ema = true }]\nlearning_rate = [1e-3, 1e-1]\n\
         \"schedule.decay_steps\" = [10, 20]\n",
        "test_size = 0.2\n[model]\nloss = \"mae\"\n[training]\nbatch_size = 3\nepochs = 2\n[sweep.parameters]\n\
         learning_rate = [1e-3, 1e-1]\n\"training.seed\" = { min = 0, max = 9 }\n",
    ];
    for config in configs {
        let experiment = experiment(config);
        let [checked, unchecked] = [true, false].map(|has_runtime_checks| {
            // Without checks as on hardware, with several steps per turn of a loop.
            gpu.tune(|tuning| {
                (tuning.has_runtime_checks, tuning.builds_batches) = (has_runtime_checks, true);
                tuning.steps_per_turn = if has_runtime_checks { 1 } else { 4 };
            });
            let (_, outcomes) = train(&experiment, gpu, RECORD);
            outcomes.iter().flat_map(results).collect::<Vec<_>>()
        });
        assert!(checked.len() >= 8);
        for (run, (checked, unchecked)) in checked.iter().zip(&unchecked).enumerate() {
            assert_eq!(checked, unchecked, "run {run} of {config}");
        }
    }
}

fn sweeps_do_not_depend_on_chunks(_: &Gpu) {
    let (folder, config) = folder_with(&on_tv(
        "test_size = 0.2\n[training]\nepochs = 2\n[sweep.parameters]\noptimizer = [\"sgd\", \"rmsprop\"]\n\
         learning_rate = { min = 1e-6, max = 1.0, count = 100, distribution = \"log_uniform\" }\n",
    ));
    let tables = ["1000", "64", "37"].map(|chunk| {
        succeeds(folder.path(), &["run", config.to_str().unwrap(), "--backend", "gpu", "--no-plots", "--chunk", chunk, "--out", chunk]);
        format!("{:?}", RunDirectory::open(&folder.path().join(chunk)).unwrap().runs().unwrap())
    });
    assert!(tables[0].len() > 10_000);
    assert!(tables[0] == tables[1] && tables[0] == tables[2]);
}

fn joined_groups_give_the_results_of_single_groups(gpu: &Gpu) {
    for loss in ["mse", "mae"] {
        compare_joined_with_single(gpu, loss);
    }
}

/// A sweep over seeds has one batch order per seed, with a few runs each. Epoch series need rows, also under the mean squared error.
fn compare_joined_with_single(gpu: &Gpu, loss: &str) {
    let experiment = experiment(&format!(
        "test_size = 0.2\n[model]\nloss = \"{loss}\"\ninitial_weight = 0.6\ninitial_bias = 0.0\n[training]\nbatch_size = 3\nepochs = 5\n\
         [sweep.parameters]\noptimizer = [\"sgd\", \"rmsprop\", \"adam\"]\nlearning_rate = [1e-3, 1e-1, 1e1]\n\
         \"training.seed\" = {{ min = 0, max = 29, count = 30 }}\n"
    ));
    let problems = Problems::new(&experiment).unwrap();
    let plan = Plan::new(&experiment, &problems, 0..experiment.space.len()).unwrap();
    let groups = plan.groups(&problems, RecordOptions { every: 3, epochs: true });
    assert_eq!(groups.len(), 90);
    let mut single = vec![Outcome::default(); groups.len()];
    for (group, single) in groups.iter().zip(&mut single) {
        gpu.train(&[*group], std::slice::from_mut(single)).unwrap();
    }
    let (rows, batches) = (groups[0].order.rows, groups[0].order.batches());
    let epoch_bytes = (rows * 12 + batches * 32) as u64;
    // Batches are built on the host and on the device; with all epochs in one window or two per window, all permutations in one dispatch or 17 per
    // dispatch, and all runs in one run batch or 64 per run batch.
    for (builds_batches, joined_bytes, permutation_bytes, min_recorded_runs) in [
        (false, 1 << 26, 0, u64::MAX),
        (false, 60 * epoch_bytes, 0, 1),
        (true, 1 << 26, 1 << 24, u64::MAX),
        (true, 60 * epoch_bytes, 17 * 4 * rows, 1),
    ] {
        gpu.tune(|tuning| {
            (tuning.builds_batches, tuning.joined_bytes, tuning.permutation_bytes) = (builds_batches, joined_bytes, permutation_bytes);
            (tuning.recorded_bytes, tuning.min_recorded_runs) = (1, min_recorded_runs);
        });
        let mut joined = vec![Outcome::default(); groups.len()];
        gpu.train(&groups, &mut joined).unwrap();
        for ((group, joined), single) in groups.iter().zip(&joined).zip(&single) {
            let context = format!("{:?} {:?}, batches built on the device: {builds_batches}", group.variant, group.order);
            assert_eq!(results(joined), results(single), "{context}");
        }
    }
}

fn metrics_of_many_rows_take_several_dispatches(gpu: &Gpu) {
    // More rows than one dispatch processes, more than a software adapter's loop limit, and an odd number in the last dispatch.
    let x: Vec<f32> = (0..200_001).map(|row| (f64::from(row) * 0.618_034).fract() as f32).collect();
    let y = x.iter().map(|x| 3.0 * x + 1.0).collect();
    let (rows, weight, bias) = (Rows { x, y }, [3.0, 2.0, 0.0], [1.0, 1.0, 0.0]);
    let metrics = gpu.metrics(&Neuron::LINEAR, &rows, &weight, &bias).unwrap();
    // x is uniform in 0 to 1; the errors of the three points are 0, x, and 3x + 1.
    for (value, expected) in metrics.mse.iter().zip([0.0, 1.0 / 3.0, 7.0]).chain(metrics.mae.iter().zip([0.0, 0.5, 2.5])) {
        assert!((f64::from(*value) - expected).abs() <= 1e-4 * expected, "{value} is not {expected}");
    }
    assert_eq!(metrics.loss, metrics.mse);
}

fn peak_rates_are_positive(gpu: &Gpu) {
    let limits = gpu.limits().unwrap().unwrap();
    for limit in [limits.fused_per_s, limits.roots_per_s, limits.filled_bytes_per_s] {
        assert!(limit.is_finite() && limit > 1e6, "{limits:?}");
    }
    assert_eq!(limits.threads, None);
}

fn a_buffer_larger_than_the_memory_is_an_error_and_the_gpu_stays_usable(gpu: &Gpu) {
    let module = "
@group(0) @binding(0) var<storage, read> probe_input: array<f32>;
@group(0) @binding(1) var<storage, read_write> probe_output: array<f32>;

@compute @workgroup_size(1)
fn probe(@builtin(global_invocation_id) id: vec3<u32>) {
    probe_output[id.x] = 2.0 * probe_input[id.x];
}
";
    let probe = Probe { module, constants: ProbeConstants::None, threads: 1, input: &[3.5], outputs: 1 };
    let error = gpu.probe(&Probe { outputs: 1 << 58, ..probe }).unwrap_err().to_string();
    assert!(error.starts_with("the GPU reported an error"), "{error}");
    assert_eq!(gpu.probe(&probe).unwrap(), [7.0]);
}
