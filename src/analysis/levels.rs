//! The values of a hyperparameter over some runs. Statistics calls them the levels of a factor.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::setting::Setting;
use crate::model::Parameter;
use crate::space::{Branch, Space};
use crate::table::RunTable;

/// The distinct values of a hyperparameter over some rows, and the value of each row. Rows are compared by the positions of their values, so
/// that a sweep of a million runs computes each value once.
pub struct Levels {
    /// The distinct values, in order.
    pub settings: Vec<Setting>,
    /// The position of the value of each row in `settings`.
    pub positions: Vec<u32>,
}

impl Levels {
    /// The values of a hyperparameter over some rows of a table. `setting` returns the value of a row.
    pub fn new(space: &Space, table: &RunTable, rows: &[usize], parameter: Parameter, setting: impl Fn(usize) -> Setting) -> Self {
        let mut known: FxHashMap<(u64, u64, u32), u32> = FxHashMap::default();
        let mut values: Vec<Setting> = Vec::new();
        let (mut last, mut branch, mut axis) = (None, None, None);
        let mut position = |&row: &usize| {
            let run = table.run[row];
            if branch.is_none_or(|own: &Branch| !(own.first..own.first + own.len).contains(&run)) {
                branch = space.branch_of(run);
                axis = branch.and_then(|branch| branch.axis_and_stride(parameter)).map(|(axis, stride)| (axis.len(), stride));
            }
            let first = branch.map_or(0, |branch| branch.first);
            let place = axis.map_or(0, |(len, stride)| (run - first) / stride % len);
            // A batch of all rows has the number of rows of its problem.
            let problem = if parameter == Parameter::BatchSize { table.problem[row] } else { 0 };
            let key = (first, place, problem);
            // Neighbouring runs have equal values, except on the last axis.
            if let Some((_, value)) = last.filter(|(last, _)| *last == key) {
                return value;
            }
            let value = *known.entry(key).or_insert_with(|| {
                values.push(setting(row));
                values.len() as u32 - 1
            });
            last = Some((key, value));
            value
        };
        let mut positions: Vec<u32> = rows.iter().map(&mut position).collect();
        let mut settings = values.clone();
        settings.sort_unstable();
        settings.dedup();
        let places: Vec<u32> = values.iter().map(|value| settings.partition_point(|other| other < value) as u32).collect();
        for position in &mut positions {
            *position = places[*position as usize];
        }
        Self { settings, positions }
    }

    /// The values of rows whose runs share no positions.
    pub fn of_settings(rows: &[usize], setting: impl Fn(usize) -> Setting + Sync) -> Self {
        let values: Vec<Setting> = rows.par_iter().map(|&row| setting(row)).collect();
        let mut places: FxHashMap<Setting, u32> = values.iter().map(|&value| (value, 0)).collect();
        let mut settings: Vec<Setting> = places.keys().copied().collect();
        settings.sort_unstable();
        for (place, setting) in settings.iter().enumerate() {
            places.insert(*setting, place as u32);
        }
        let positions = values.iter().map(|value| places[value]).collect();
        Self { settings, positions }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::runs::Runs;
    use crate::config::{self, ConfigSource, DataLocation};
    use crate::sweep::Problems;

    /// Two optimizers with different hyperparameters, an axis with a duplicate, and batches of all rows.
    const CONFIG: &str = "[data]\npath = \"data.csv\"\nfeature = \"x\"\ntarget = \"y\"\n[sweep.parameters]\nbatch_size = [1, \"full\"]\n\
         optimizer = [{ name = \"sgd\", learning_rate = { min = 0.001, max = 0.1, count = 5, distribution = \"log_uniform\" }, momentum = [0.0, 0.9, 0.0] }, \
         { name = \"adam\", learning_rate = 0.1 }]\n\"training.seed\" = [3, 4]\n";

    #[test]
    fn each_row_has_the_value_of_its_run() {
        let source = ConfigSource { file: "test.toml", name: "test", data: DataLocation::Bytes(b"x,y\n1,3\n2,5\n4,9\n") };
        let experiment = config::load_text(CONFIG, &source, &[]).unwrap();
        let problems = Problems::new(&experiment).unwrap();
        // All runs, and runs with gaps in descending order.
        let run: Vec<u64> = (0..experiment.space.len()).collect();
        let table = RunTable { problem: vec![0; run.len()], run, ..RunTable::default() };
        let runs = Runs { experiment: &experiment, problems: &problems.all, table: &table };
        let all = runs.rows();
        let few: Vec<usize> = all.iter().copied().filter(|row| row % 7 != 2).rev().collect();
        for rows in [all, few] {
            for parameter in Parameter::all() {
                let Levels { settings, positions } = runs.levels(&rows, parameter);
                assert!(settings.windows(2).all(|pair| pair[0] < pair[1]), "{settings:?}");
                let values: Vec<Setting> = positions.iter().map(|&position| settings[position as usize]).collect();
                assert_eq!(values, rows.iter().map(|&row| runs.setting(row, parameter)).collect::<Vec<_>>(), "{}", parameter.key());
            }
        }
        let rows = runs.rows();
        let count = |parameter| runs.levels(&rows, parameter).settings.len();
        let parameters = [Parameter::Optimizer, Parameter::LearningRate, Parameter::Momentum, Parameter::BatchSize, Parameter::Epochs];
        // Momentum is 0, 0.9 or absent.
        assert_eq!(parameters.map(count), [2, 5, 3, 2, 1]);
    }
}
