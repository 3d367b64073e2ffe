//! The runs of a sweep with their settings and problems: the data that diagnosis, comparison and figures read.

use super::bins::Bins;
use super::cost_surface::CostSurface;
use super::levels::Levels;
use super::setting::Setting;
use super::theory::Sgd;
use crate::config::Experiment;
use crate::model::{Kind, Optimizer, Parameter, Params, Problem, Settings, Value};
use crate::table::RunTable;

/// The run table of a sweep with its experiment and problems. A run is identified by its row in the table.
#[derive(Clone, Copy)]
pub struct Runs<'a> {
    pub experiment: &'a Experiment,
    pub problems: &'a [Problem],
    pub table: &'a RunTable,
}

impl<'a> Runs<'a> {
    /// All rows.
    pub fn rows(&self) -> Vec<usize> {
        (0..self.table.run.len()).collect()
    }

    /// The problem of a run.
    pub fn problem(&self, row: usize) -> &'a Problem {
        &self.problems[self.table.problem[row] as usize]
    }

    /// The varied hyperparameters that the config sets, without seeds: seeds make replicates.
    pub fn varied(&self) -> Vec<Parameter> {
        self.experiment.space.chosen().into_iter().filter(|&parameter| !is_seed(parameter)).collect()
    }

    /// Whether the config varies a hyperparameter, other than by the defaults of its optimizers.
    pub fn varies(&self, parameter: Parameter) -> bool {
        self.experiment.space.chosen().contains(&parameter)
    }

    /// The cost surface of a run.
    pub fn surface(&self, row: usize) -> CostSurface<'a> {
        CostSurface::of(self.problem(row))
    }

    /// Weight and bias before the first update.
    pub fn start(&self, row: usize) -> Params<f64> {
        Params::new(self.table.initial_weight[row], self.table.initial_bias[row]).map(f64::from)
    }

    /// Weight and bias after the last update.
    pub fn end(&self, row: usize) -> Params<f64> {
        Params::new(self.table.weight[row], self.table.bias[row]).map(f64::from)
    }

    /// Whether a run left the valid range.
    pub fn has_diverged(&self, row: usize) -> bool {
        self.table.diverged_at[row].is_some()
    }

    /// J after the last update; infinite for a diverged run.
    pub fn loss(&self, row: usize) -> f64 {
        self.unless_diverged(row, self.table.train_loss[row])
    }

    /// J − J* after the last update, or J for a problem without an optimum; infinite for a diverged run.
    pub fn excess(&self, row: usize) -> f64 {
        let has_optimum = self.problem(row).optimum.is_some();
        self.unless_diverged(row, if has_optimum { self.table.excess[row] } else { self.table.train_loss[row] })
    }

    /// The value in float64; infinite for a diverged run.
    fn unless_diverged(&self, row: usize, value: f32) -> f64 {
        if self.has_diverged(row) || !value.is_finite() { f64::INFINITY } else { f64::from(value) }
    }

    /// The mean of J over the last updates; infinite for a diverged run. Rankings compare it, not the J of a single update.
    pub fn mean_loss(&self, row: usize) -> f64 {
        f64::from(self.table.cost(row, false))
    }

    /// The mean of J − J* over the last updates, or of J for a problem without an optimum; infinite for a diverged run.
    pub fn mean_excess(&self, row: usize) -> f64 {
        f64::from(self.table.cost(row, self.problem(row).optimum.is_some()))
    }

    /// The share of the mean of J − J* over the last updates that is the displacement along the flattest direction of the cost; 0 without a
    /// curvature.
    pub fn valley_share(&self, row: usize) -> f64 {
        let share = f64::from(self.table.valley_share[row]);
        if share.is_finite() { share } else { 0.0 }
    }

    /// J on the test rows after the last update; infinite for a diverged run or without test rows.
    pub fn test_loss(&self, row: usize) -> f64 {
        self.unless_diverged(row, self.table.test_loss[row])
    }

    /// The number of epochs until J reached the optimum within the tolerance of the verdict; `None` if it never did.
    pub fn epochs_to_reach(&self, row: usize) -> Option<u32> {
        self.table.epochs_to_reach[row]
    }

    /// The verdict of a run in words.
    pub fn verdict(&self, row: usize) -> String {
        self.table.verdict[row].in_words(self.table.cycle_period[row])
    }

    /// Updates in one epoch.
    pub fn batches(&self, row: usize) -> u64 {
        let rows = self.problem(row).train.len().max(1) as u64;
        let size = self.setting(row, Parameter::BatchSize).number().map_or(rows, |size| size as u64);
        rows.div_ceil(size.clamp(1, rows))
    }

    /// The optimizer of a run.
    pub fn optimizer(&self, row: usize) -> Option<Optimizer> {
        match self.setting(row, Parameter::Optimizer) {
            Setting::Word(name) => Optimizer::from_name(name),
            _ => None,
        }
    }

    /// The stability limit of a run: the largest learning rate at which full-batch training converges. Only plain SGD has one.
    pub fn stability_limit(&self, row: usize) -> Option<f64> {
        let run = self.experiment.space.run(self.table.run[row])?;
        sgd_stability_limit(self.problem(row), &run.settings)
    }

    /// The value of a hyperparameter in a run, varied or not. A batch of all rows has their number. The value is computed from the number of the
    /// run, so the columns of hyperparameters need not be in memory.
    pub fn setting(&self, row: usize, parameter: Parameter) -> Setting {
        match self.experiment.space.value(parameter, self.table.run[row]) {
            Some(Value::Choice("full")) if parameter == Parameter::BatchSize => Setting::Number(self.problem(row).train.len() as f64),
            Some(Value::Choice("none")) if matches!(parameter.facts().kind, Kind::FloatOr { .. } | Kind::IntegerOr { .. }) => {
                Setting::Absent
            }
            value => value.into(),
        }
    }

    /// The bins of a hyperparameter that each run of a sampled sweep draws for itself; `None` if runs are grouped by values.
    pub fn bins(&self, parameter: Parameter) -> Option<Bins> {
        if is_seed(parameter) { None } else { Bins::new(&self.experiment.space, parameter) }
    }

    /// The value of a hyperparameter by which a run is grouped: its bin, if there are bins.
    pub fn level(&self, row: usize, parameter: Parameter) -> Setting {
        let setting = self.setting(row, parameter);
        self.bins(parameter).map_or(setting, |bins| bins.bin(setting))
    }

    /// The values of a hyperparameter over some rows, by which the rows are grouped.
    pub fn levels(&self, rows: &[usize], parameter: Parameter) -> Levels {
        if self.experiment.space.sampling().is_some() {
            let bins = self.bins(parameter);
            return Levels::of_settings(rows, |row| {
                let setting = self.setting(row, parameter);
                bins.as_ref().map_or(setting, |bins| bins.bin(setting))
            });
        }
        Levels::new(&self.experiment.space, self.table, rows, parameter, |row| self.setting(row, parameter))
    }

    /// The distinct values of a hyperparameter over some rows, in order.
    pub fn distinct_settings(&self, rows: &[usize], parameter: Parameter) -> Vec<Setting> {
        self.levels(rows, parameter).settings
    }

    /// The rows grouped by their value of a hyperparameter, values in order.
    pub fn group_by(&self, rows: &[usize], parameter: Parameter) -> Vec<(Setting, Vec<usize>)> {
        let Levels { settings, positions } = self.levels(rows, parameter);
        let mut groups: Vec<(Setting, Vec<usize>)> = settings.into_iter().map(|setting| (setting, Vec::new())).collect();
        for (&row, position) in rows.iter().zip(positions) {
            groups[position as usize].1.push(row);
        }
        groups
    }

    /// The settings that name a run: always the optimizer and the learning rate, then the other hyperparameters that the sweep varies, except
    /// for seeds. Hyperparameters that the run does not have are left out.
    pub fn settings(&self, row: usize) -> Vec<(Parameter, Setting)> {
        let mut parameters = vec![Parameter::Optimizer, Parameter::LearningRate];
        parameters
            .extend(self.varied().into_iter().filter(|parameter| !matches!(parameter, Parameter::Optimizer | Parameter::LearningRate)));
        let settings = parameters.into_iter().map(|parameter| (parameter, self.setting(row, parameter)));
        settings.filter(|(_, setting)| *setting != Setting::Absent).collect()
    }

    /// The settings of a run in words, such as `sgd, learning_rate 0.1, data.scale standard`.
    pub fn name(&self, row: usize) -> String {
        settings_label(&self.settings(row))
    }
}

/// The largest learning rate at which plain SGD with all rows in a batch converges; `None` for other optimizers and options, or without an
/// optimum.
pub fn sgd_stability_limit(problem: &Problem, settings: &Settings) -> Option<f64> {
    let curvature = problem.optimum.and_then(|optimum| optimum.curvature).filter(|_| Sgd::is_plain(settings))?;
    let nesterov = settings.get(Parameter::Nesterov) == Some(Value::Boolean(true));
    curvature.stability_limit(settings.number(Parameter::Momentum).unwrap_or(0.0), nesterov)
}

/// Settings in words, such as `sgd, learning_rate 0.1`.
pub fn settings_label(settings: &[(Parameter, Setting)]) -> String {
    settings.iter().map(|&(parameter, setting)| setting_label(parameter, setting)).collect::<Vec<String>>().join(", ")
}

/// A value with its key, such as `learning_rate 0.1`; the name of an optimizer needs no key.
pub fn setting_label(parameter: Parameter, setting: Setting) -> String {
    if parameter == Parameter::Optimizer { setting.to_string() } else { format!("{} {setting}", parameter.key()) }
}

/// Whether a hyperparameter is a seed.
pub fn is_seed(parameter: Parameter) -> bool {
    matches!(parameter, Parameter::TrainingSeed | Parameter::DataSeed | Parameter::RngSeed)
}
