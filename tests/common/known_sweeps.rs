//! Sweeps with known rows, and the outcomes that a backend would have returned for them. Nothing is trained.

use std::path::Path;

use gradsweep::backend::{BlockLayout, EpochSeries, History, Outcome};
use gradsweep::data::{CsvFormat, Dataset, Split};
use gradsweep::internals::Writer;
use gradsweep::internals::{EpochRows, HistoryRows, TrainedRun};
use gradsweep::model::{Neuron, Parameter, Problem, ProblemKey, RunStatistics, Verdict, WindowMeans};
use gradsweep::store::{Counts, Manifest, Point};
use gradsweep::table::{EpochTable, RunTable, SettingColumn};

pub const CONFIG: &str = "name = \"known\"\n# ümlauts and\r\nline ends stay\n";
pub const DATA: &[u8] = b"x,y\r\n1,3\n2,5\n4,9.5\n";

/// A run with known rows.
#[derive(Clone, Debug)]
pub struct Known {
    /// The number of the run, from which all of its values are computed.
    pub number: u64,
    pub diverged_at: Option<u64>,
    /// The epoch whose loss overflows float32, if any.
    pub overflow: Option<usize>,
}

/// A sweep of known runs, numbered from 0.
#[derive(Clone, Debug)]
pub struct Sweep {
    pub every: u64,
    pub epochs: u64,
    pub batches: u64,
    pub tested: bool,
    pub runs: Vec<Known>,
}

impl Sweep {
    fn steps(&self) -> u64 {
        self.epochs * self.batches
    }

    fn counting_steps(&self, run: &Known) -> u64 {
        run.diverged_at.map_or(self.steps(), |batch| batch - 1)
    }

    /// The rows of history/ for a run.
    pub fn history(&self, run: &Known) -> Vec<Point> {
        let counting = self.counting_steps(run);
        let recorded = |&step: &u64| step.is_multiple_of(self.every) || step == self.steps();
        (0..=counting).filter(recorded).map(|step| point(run, step)).collect()
    }

    /// The rows of epochs.parquet for a run; NaN stands for null.
    pub fn epochs(&self, run: &Known) -> EpochTable {
        let mut table = EpochTable::default();
        for epoch in 0..self.epochs {
            let last_batch = (epoch + 1) * self.batches;
            let ended = run.diverged_at.is_none_or(|batch| last_batch < batch);
            let [loss, mae, val_loss, val_mae] = series(run, epoch as usize);
            let known = |value: f32, there: bool| if there && ended && value.is_finite() { value } else { f32::NAN };
            table.run.push(run.number);
            table.epoch.push(epoch);
            table.loss.push(known(loss, true));
            table.mae.push(known(mae, true));
            table.val_loss.push(known(val_loss, self.tested));
            table.val_mae.push(known(val_mae, self.tested));
        }
        table
    }

    /// The rows of runs.parquet. Some numbers are not finite.
    pub fn table(&self, runs: &[Known]) -> RunTable {
        fn of<T>(runs: &[Known], value: impl Fn(u64) -> T) -> Vec<T> {
            runs.iter().map(|run| value(run.number)).collect()
        }
        let number = |shift: u64| of(runs, move |n| if (n + shift) % 7 == 3 { f32::NAN } else { (n * 31 + shift) as f32 / 3.0 });
        let words = ["sgd", "rmsprop", "adam"];
        RunTable {
            run: of(runs, |n| n),
            problem: of(runs, |n| (n % 2) as u32),
            settings: vec![
                (Parameter::Optimizer, SettingColumn::Text(of(runs, |n| Some(words[n as usize % 3])))),
                (Parameter::LearningRate, SettingColumn::Float(of(runs, |n| Some(0.001 * (n + 1) as f64)))),
                (Parameter::BatchSize, SettingColumn::Integer(of(runs, |n| Some(1 + n as i64 % 5)))),
                (Parameter::Momentum, SettingColumn::Float(of(runs, |n| (n % 3 < 2).then_some(0.9 / (n % 4 + 1) as f64)))),
                (Parameter::Nesterov, SettingColumn::Boolean(of(runs, |n| (n % 3 == 0).then_some(n % 2 == 0)))),
                (Parameter::DataScale, SettingColumn::Text(of(runs, |n| Some(if n % 2 == 0 { "none" } else { "standard" })))),
                (Parameter::TrainingSeed, SettingColumn::Integer(of(runs, |n| Some(n as i64)))),
            ],
            initial_weight: of(runs, |n| -(n as f32)),
            initial_bias: of(runs, |_| -0.0),
            weight: of(runs, |n| 1.0 / (n + 1) as f32),
            bias: of(runs, |n| n as f32 * 1e-40),
            steps: runs.iter().map(|run| self.counting_steps(run)).collect(),
            train_loss: of(runs, |n| if n % 5 == 4 { f32::INFINITY } else { n as f32 }),
            test_loss: if self.tested { number(1) } else { of(runs, |_| f32::NAN) },
            train_mse: number(2),
            test_mse: number(3),
            train_mae: number(4),
            test_mae: number(5),
            verdict: runs.iter().map(verdict).collect(),
            epochs_to_reach: of(runs, |n| (n % 4 == 1).then_some(n as u32)),
            excess: of(runs, |n| if n % 9 == 8 { f32::NEG_INFINITY } else { f32::MIN_POSITIVE }),
            mean_loss: number(6),
            mean_excess: number(7),
            drift_share: number(8),
            valley_share: number(9),
            cycle_period: of(runs, |n| (n % 5 == 1).then_some(2 + n as u32)),
            diverged_at: runs.iter().map(|run| run.diverged_at).collect(),
        }
    }

    /// Writes the runs as one chunk of two groups.
    pub fn write(&self, writer: &mut Writer, runs: &[Known]) {
        let (even, odd): (Vec<Known>, Vec<Known>) = runs.iter().cloned().partition(|run| run.number % 2 == 0);
        let outcomes = [self.outcome(&even), self.outcome(&odd)];
        let mut trained: Vec<TrainedRun<'_>> = [even, odd]
            .iter()
            .zip(&outcomes)
            .flat_map(|(group, outcome)| {
                group.iter().enumerate().map(move |(position, run)| TrainedRun { run: run.number, outcome, position })
            })
            .collect();
        trained.sort_by_key(|trained| trained.run);
        Self::write_recorded(&trained, writer);
        writer.write_runs(&self.table(runs)).unwrap();
    }

    /// Writes the epochs and histories of runs, without their rows.
    pub fn write_recorded(trained: &[TrainedRun<'_>], writer: &mut Writer) {
        writer.write_epochs(&EpochRows(trained)).unwrap();
        writer.write_histories(&HistoryRows(trained)).unwrap();
        writer.save_manifest().unwrap();
    }

    /// Writes the histories of several sweeps as one chunk, as for a sweep over the number of epochs.
    pub fn write_histories(sweeps: &[Self], writer: &mut Writer) {
        let outcomes: Vec<Outcome> = sweeps.iter().map(|sweep| sweep.outcome(&sweep.runs)).collect();
        let of_one = |(sweep, outcome): (&'_ Self, _)| {
            let select = move |(position, run): (usize, &Known)| TrainedRun { run: run.number, outcome, position };
            sweep.runs.iter().enumerate().map(select).collect::<Vec<_>>()
        };
        let mut trained: Vec<TrainedRun<'_>> = sweeps.iter().zip(&outcomes).flat_map(of_one).collect();
        trained.sort_by_key(|trained| trained.run);
        writer.write_histories(&HistoryRows(&trained)).unwrap();
        writer.save_manifest().unwrap();
    }

    /// The outcome of a group. Unused cells are infinite, so that a test fails if they are stored.
    fn outcome(&self, runs: &[Known]) -> Outcome {
        let mut history = History { every: self.every, steps: self.steps(), ..History::default() };
        history.blocks = BlockLayout::new(runs.len(), History::points(self.steps(), self.every));
        history.weight = vec![f32::INFINITY; history.blocks.len()];
        history.bias.clone_from(&history.weight);
        let mut epochs = EpochSeries { blocks: BlockLayout::new(runs.len(), self.epochs as usize), ..EpochSeries::default() };
        let nothing = vec![f32::INFINITY; epochs.blocks.len()];
        let tested = if self.tested { nothing.clone() } else { Vec::new() };
        (epochs.loss, epochs.mae, epochs.val_loss, epochs.val_mae) = (nothing.clone(), nothing, tested.clone(), tested);
        let mut outcome = Outcome::default();
        outcome.resize(runs.len(), self.steps(), self.batches as u32);
        for (lane, run) in runs.iter().enumerate() {
            for (index, point) in self.history(run).into_iter().enumerate() {
                let index = history.blocks.index(lane, index);
                (history.weight[index], history.bias[index]) = (point.weight, point.bias);
            }
            let rows = self.epochs(run);
            for epoch in 0..self.epochs as usize {
                if rows.mae[epoch].is_nan() {
                    continue;
                }
                let index = epochs.blocks.index(lane, epoch);
                let columns = [&mut epochs.loss, &mut epochs.mae, &mut epochs.val_loss, &mut epochs.val_mae];
                for (column, value) in columns.into_iter().zip(series(run, epoch)) {
                    if let Some(cell) = column.get_mut(index) {
                        *cell = value;
                    }
                }
            }
            let statistics = RunStatistics {
                start_loss: 1.0,
                last_loss: 1.0,
                epochs_to_reach: None,
                means: WindowMeans::default(),
                has_moved: true,
                cycle_period: None,
                diverged_at: run.diverged_at,
            };
            outcome.set_run(lane, [0.0; 2], &statistics);
        }
        Outcome { history: Some(history), epochs: Some(epochs), ..outcome }
    }

    /// The rows after storing and reading: values that are not finite become null, which is read as NaN.
    pub fn read_back(&self, runs: &[Known]) -> RunTable {
        let mut table = self.table(runs);
        for column in [&mut table.train_loss, &mut table.excess] {
            column.iter_mut().filter(|value| value.is_infinite()).for_each(|value| *value = f32::NAN);
        }
        table
    }
}

fn verdict(run: &Known) -> Verdict {
    if run.diverged_at.is_some() { Verdict::Diverged } else { Verdict::ALL[1 + run.number as usize % (Verdict::ALL.len() - 1)] }
}

fn point(run: &Known, step: u64) -> Point {
    Point { step, weight: run.number as f32 + step as f32 / 1024.0, bias: -(step as f32) - 0.1 }
}

/// loss, mae, `val_loss`, `val_mae` of an epoch.
fn series(run: &Known, epoch: usize) -> [f32; 4] {
    let base = (run.number * 100 + epoch as u64) as f32;
    let loss = if run.overflow == Some(epoch) { f32::INFINITY } else { base + 0.1 };
    [loss, base + 0.2, base + 0.3, base + 0.4]
}

/// A small sweep: runs that end, and runs that diverge at the first batch, in between, and at the last batch.
pub fn small() -> Sweep {
    let run = |number: u64, diverged_at: Option<u64>| Known { number, diverged_at, overflow: (number == 1).then_some(1) };
    let diverged_at = [None, None, Some(1), Some(5), Some(7), None, Some(12)];
    let runs = diverged_at.into_iter().enumerate().map(|(number, diverged_at)| run(number as u64, diverged_at));
    Sweep { every: 5, epochs: 3, batches: 4, tested: true, runs: runs.collect() }
}

/// Two problems of [`DATA`]: one of all rows, and one whose feature is constant on the training rows.
pub fn problems() -> Vec<Problem> {
    let dataset = Dataset::parse(DATA.to_vec(), &CsvFormat::new("x", "y")).unwrap();
    let split = |train: &[u32], test: &[u32]| Split { train: train.to_vec(), test: test.to_vec() };
    vec![
        Problem::new(0, &dataset, split(&[0, 1, 2], &[]), ProblemKey { split_seed: None, scale: "none", neuron: Neuron::LINEAR }).unwrap(),
        Problem::new(1, &dataset, split(&[1], &[2]), ProblemKey { split_seed: Some(7), scale: "none", neuron: Neuron::LINEAR }).unwrap(),
    ]
}

/// Creates a run directory for a sweep of known runs.
pub fn begin(directory: &Path) -> Writer {
    let mut manifest = Manifest::new("known", serde_json::json!({ "training": { "epochs": 3 } }));
    manifest.counts = Counts { runs: 1 << 32, ..Counts::default() };
    let mut writer = Writer::create(directory, manifest, CONFIG, DATA).unwrap();
    writer.write_problems(&problems()).unwrap();
    writer.save_manifest().unwrap();
    writer
}
