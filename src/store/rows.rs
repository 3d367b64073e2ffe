//! The columns of each table, once for writer and reader, and the way between cells and values.

use std::borrow::Cow;
use std::path::Path;

use super::Error;
use super::parquet::{Cells, Field, Kind, TableReader};
use crate::model::optimum::Source;
use crate::model::{self, Parameter, Problem, Verdict};
use crate::table::{Column, RunTable};

/// Columns of history/part-NNNNN.parquet.
pub fn history_fields() -> Vec<Field> {
    let number = |name| Field::new(name, Kind::Float);
    vec![Field::known("run"), Field::known("step"), number("weight"), number("bias")]
}

/// Columns of epochs.parquet.
pub fn epoch_fields() -> Vec<Field> {
    let number = |name| Field::new(name, Kind::Float);
    let series = ["loss", "mae", "val_loss", "val_mae"].map(number);
    [Field::known("run"), Field::known("epoch")].into_iter().chain(series).collect()
}

/// The float32 columns of runs.parquet, and where a table keeps them.
type Float = (&'static str, fn(&RunTable) -> &Vec<f32>, fn(&mut RunTable) -> &mut Vec<f32>);
const FLOATS: [Float; 11] = [
    ("initial_weight", |table| &table.initial_weight, |table| &mut table.initial_weight),
    ("initial_bias", |table| &table.initial_bias, |table| &mut table.initial_bias),
    ("weight", |table| &table.weight, |table| &mut table.weight),
    ("bias", |table| &table.bias, |table| &mut table.bias),
    ("train_loss", |table| &table.train_loss, |table| &mut table.train_loss),
    ("test_loss", |table| &table.test_loss, |table| &mut table.test_loss),
    ("train_mse", |table| &table.train_mse, |table| &mut table.train_mse),
    ("test_mse", |table| &table.test_mse, |table| &mut table.test_mse),
    ("train_mae", |table| &table.train_mae, |table| &mut table.train_mae),
    ("test_mae", |table| &table.test_mae, |table| &mut table.test_mae),
    ("excess", |table| &table.excess, |table| &mut table.excess),
];

/// The float32 columns of a table. A start that the sweep varies is not among them: its column is that of the hyperparameter, in
/// float64 as asked for.
fn floats_of(table: &RunTable) -> impl Iterator<Item = &'static Float> {
    FLOATS.iter().filter(|(name, ..)| !table.settings.iter().any(|(parameter, _)| parameter.key() == *name))
}

/// Columns of runs.parquet, for the hyperparameters of a table.
pub fn run_fields(table: &RunTable) -> Vec<Field> {
    let mut fields = vec![Field::known("run"), Field::known("problem")];
    fields.extend(table.settings.iter().map(|(parameter, column)| match column {
        Column::Float(_) => Field::new(parameter.key(), Kind::Double),
        Column::Integer(_) => Field::new(parameter.key(), Kind::Integer),
        Column::Boolean(_) => Field::new(parameter.key(), Kind::Boolean),
        Column::Text(_) => Field::new(parameter.key(), Kind::Text),
    }));
    fields.extend(floats_of(table).map(|(name, ..)| Field::new(name, Kind::Float)));
    fields.extend([Field::known("steps"), Field::known("passes")]);
    fields.extend(["reached_epoch", "cycle_period", "diverged_at"].map(|name| Field::new(name, Kind::Integer)));
    fields.push(Field::new("verdict", Kind::Text));
    fields
}

/// The cells of a table, in the order of [`run_fields`].
pub fn run_cells(table: &RunTable) -> Vec<Cells<'_>> {
    let mut cells = vec![
        Cells::Integers(table.run.iter().map(|&run| run as i64).collect()),
        Cells::Integers(table.problem.iter().map(|&problem| i64::from(problem)).collect()),
    ];
    cells.extend(table.settings.iter().map(|(_, column)| match column {
        Column::Float(values) => Cells::Double(Cow::Borrowed(values)),
        Column::Integer(values) => Cells::Integer(Cow::Borrowed(values)),
        Column::Boolean(values) => Cells::Boolean(Cow::Borrowed(values)),
        Column::Text(values) => Cells::Words(Cow::Borrowed(values)),
    }));
    cells.extend(floats_of(table).map(|(_, column, _)| Cells::Floats(Cow::Borrowed(column(table)))));
    cells.push(Cells::Integers(table.steps.iter().map(|&steps| steps as i64).collect()));
    cells.push(Cells::Integers(table.crossings.iter().map(|&crossings| i64::from(crossings)).collect()));
    cells.push(Cells::Integer(table.reached_epoch.iter().map(|epoch| epoch.map(i64::from)).collect()));
    cells.push(Cells::Integer(table.cycle_period.iter().map(|period| period.map(i64::from)).collect()));
    cells.push(Cells::Integer(table.diverged_at.iter().map(|batch| batch.map(|batch| batch as i64)).collect()));
    cells.push(Cells::Words(table.verdict.iter().map(|verdict| Some(verdict.name())).collect()));
    cells
}

/// A table of the run directory whose columns are asked for by name.
struct Named<'a> {
    path: &'a Path,
    reader: &'a TableReader,
    groups: Vec<usize>,
}

impl Named<'_> {
    fn cells(&self, name: &str) -> Result<Cells<'static>, Error> {
        let damaged = || Error::Damaged { path: self.path.to_path_buf(), what: format!("it has no column `{name}`") };
        self.reader.column(name, &self.groups)?.ok_or_else(damaged)
    }

    fn wrong(&self, name: &str) -> Error {
        Error::Damaged { path: self.path.to_path_buf(), what: format!("column `{name}` has the wrong type or an unknown value") }
    }

    fn integers(&self, name: &str) -> Result<Vec<Option<i64>>, Error> {
        if let Cells::Integer(cells) = self.cells(name)? { Ok(cells.into_owned()) } else { Err(self.wrong(name)) }
    }

    fn known(&self, name: &str) -> Result<Vec<u64>, Error> {
        self.integers(name)?.into_iter().map(|cell| cell.map(|value| value as u64).ok_or_else(|| self.wrong(name))).collect()
    }

    fn floats(&self, name: &str) -> Result<Vec<f32>, Error> {
        if let Cells::Floats(cells) = self.cells(name)? { Ok(cells.into_owned()) } else { Err(self.wrong(name)) }
    }
}

/// The runs of a file.
pub fn read_runs(path: &Path) -> Result<RunTable, Error> {
    let reader = TableReader::open(path)?;
    let names = reader.names();
    let named = Named { path, reader: &reader, groups: reader.groups() };
    let mut table = RunTable { run: named.known("run")?, ..RunTable::default() };
    table.problem = named.known("problem")?.into_iter().map(|problem| problem as u32).collect();
    for parameter in Parameter::all() {
        if names.iter().any(|name| name == parameter.key())
            && let Some(column) = setting(&named, parameter)?
        {
            table.settings.push((parameter, column));
        }
    }
    table.settings.sort_by_key(|(parameter, _)| names.iter().position(|name| name == parameter.key()));
    for (name, _, column) in FLOATS {
        *column(&mut table) = match table.settings.iter().find(|(parameter, _)| parameter.key() == name) {
            Some((_, Column::Float(asked))) => asked.iter().map(|start| start.map_or(f32::NAN, |start| start as f32)).collect(),
            _ => named.floats(name)?,
        };
    }
    table.steps = named.known("steps")?;
    table.reached_epoch = named.integers("reached_epoch")?.into_iter().map(|epoch| epoch.map(|epoch| epoch as u32)).collect();
    table.crossings = named.known("passes")?.into_iter().map(|crossings| crossings as u32).collect();
    // Directories of earlier versions have no cycles.
    let periods =
        if names.iter().any(|name| name == "cycle_period") { named.integers("cycle_period")? } else { vec![None; table.run.len()] };
    table.cycle_period = periods.into_iter().map(|period| period.map(|period| period as u32)).collect();
    table.diverged_at = named.integers("diverged_at")?.into_iter().map(|batch| batch.map(|batch| batch as u64)).collect();
    let Cells::Text(verdicts) = named.cells("verdict")? else { return Err(named.wrong("verdict")) };
    let verdict = |name: Option<String>| name.as_deref().and_then(Verdict::from_name).ok_or_else(|| named.wrong("verdict"));
    table.verdict = verdicts.into_iter().map(verdict).collect::<Result<_, _>>()?;
    Ok(table)
}

/// The column of a hyperparameter; `None` for a start that the sweep does not vary, which is a float32.
fn setting(named: &Named<'_>, parameter: Parameter) -> Result<Option<Column>, Error> {
    let words: &[&'static str] =
        if let model::Kind::Choice(words) | model::Kind::Name(words, _) = parameter.facts().kind { words } else { &[] };
    let word = |cell: Option<String>| match cell {
        None => Ok(None),
        Some(text) => words.iter().find(|word| **word == text).map(|word| Some(*word)).ok_or_else(|| named.wrong(parameter.key())),
    };
    Ok(Some(match named.cells(parameter.key())? {
        Cells::Floats(_) if matches!(parameter, Parameter::InitialWeight | Parameter::InitialBias) => return Ok(None),
        Cells::Double(values) => Column::Float(values.into_owned()),
        Cells::Integer(values) => Column::Integer(values.into_owned()),
        Cells::Boolean(values) => Column::Boolean(values.into_owned()),
        Cells::Text(cells) => Column::Text(cells.into_iter().map(word).collect::<Result<_, _>>()?),
        _ => return Err(named.wrong(parameter.key())),
    }))
}

/// The epochs of some row groups: run, epoch and the four series.
pub fn read_epochs(path: &Path, reader: &TableReader, groups: Vec<usize>) -> Result<(Vec<u64>, Vec<u64>, [Vec<f32>; 4]), Error> {
    let named = Named { path, reader, groups };
    let series = [named.floats("loss")?, named.floats("mae")?, named.floats("val_loss")?, named.floats("val_mae")?];
    Ok((named.known("run")?, named.known("epoch")?, series))
}

/// The history rows of some row groups: run, step, weight, bias.
pub fn read_history(path: &Path, reader: &TableReader, groups: Vec<usize>) -> Result<(Vec<u64>, Vec<u64>, [Vec<f32>; 2]), Error> {
    let named = Named { path, reader, groups };
    Ok((named.known("run")?, named.known("step")?, [named.floats("weight")?, named.floats("bias")?]))
}

/// problems.parquet, a row per problem.
pub fn problem_table(problems: &[Problem]) -> (Vec<Field>, Vec<Cells<'static>>) {
    let (mut fields, mut cells) = (Vec::new(), Vec::new());
    let mut add = |field: Field, column: Cells<'static>| {
        fields.push(field);
        cells.push(column);
    };
    let integers = |value: &dyn Fn(&Problem) -> Option<i64>| Cells::Integer(problems.iter().map(value).collect());
    let texts = |value: &dyn Fn(&Problem) -> &'static str| Cells::Words(problems.iter().map(|problem| Some(value(problem))).collect());
    add(Field::new("problem", Kind::Integer), integers(&|problem| Some(problem.id as i64)));
    add(Field::new("scale", Kind::Text), texts(&|problem| problem.scale));
    add(Field::new("split_seed", Kind::Integer), integers(&|problem| problem.split_seed.map(i64::from)));
    add(Field::new("activation", Kind::Text), texts(&|problem| problem.neuron.activation.name()));
    add(Field::new("loss", Kind::Text), texts(&|problem| problem.neuron.loss.name()));
    add(Field::new("train_rows", Kind::Integer), integers(&|problem| Some(problem.train.len() as i64)));
    add(Field::new("test_rows", Kind::Integer), integers(&|problem| Some(problem.test.len() as i64)));
    let facts: [(&str, fn(&Problem) -> Option<f64>); 20] = [
        ("feature_shift", |problem| Some(problem.scaling.shift)),
        ("feature_width", |problem| Some(problem.scaling.width)),
        ("optimum_weight", |problem| Some(problem.optimum?.weight)),
        ("optimum_bias", |problem| Some(problem.optimum?.bias)),
        ("optimum_loss", |problem| Some(problem.optimum?.loss)),
        ("optimum_agreement", |problem| match problem.optimum?.source {
            Source::Formula => Some(1.0),
            Source::Search { agreement, descents } => Some(f64::from(agreement) / f64::from(descents)),
        }),
        ("hessian_ww", |problem| Some(problem.optimum?.curvature?.hessian[0][0])),
        ("hessian_wb", |problem| Some(problem.optimum?.curvature?.hessian[0][1])),
        ("hessian_bb", |problem| Some(problem.optimum?.curvature?.hessian[1][1])),
        ("eigenvalue_min", |problem| Some(problem.optimum?.curvature?.eigenvalues[0])),
        ("eigenvalue_max", |problem| Some(problem.optimum?.curvature?.eigenvalues[1])),
        ("condition", |problem| problem.optimum?.curvature?.condition()),
        ("reached_loss", |problem| problem.reached_loss()),
        ("sgd_limit", |problem| problem.optimum?.curvature?.stability_limit(0.0, false)),
        ("mean_x", |problem| Some(problem.quadratic.mean_x)),
        ("mean_y", |problem| Some(problem.quadratic.mean_y)),
        ("var_x", |problem| Some(problem.quadratic.var_x)),
        ("var_y", |problem| Some(problem.quadratic.var_y)),
        ("cov_xy", |problem| Some(problem.quadratic.cov_xy)),
        ("reached_share", |_| Some(model::verdict::REACHED_SHARE)),
    ];
    for (name, value) in facts {
        add(Field::new(name, Kind::Double), Cells::Double(problems.iter().map(value).collect()));
    }
    (fields, cells)
}
