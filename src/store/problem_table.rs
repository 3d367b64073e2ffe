//! The columns of problems.parquet: a row per problem.

use crate::model::{Curvature, Optimum, Problem, problem};
use crate::table::{Cells, ColumnSource, Columns, StoredColumn};

/// The cells of problems.parquet.
pub struct ProblemTable {
    integers: [(&'static str, Vec<Option<i64>>); 4],
    words: [(&'static str, Vec<Option<&'static str>>); 3],
    numbers: Vec<(&'static str, Vec<Option<f64>>)>,
}

impl ProblemTable {
    /// A row for each problem.
    pub fn new(problems: &[Problem]) -> Self {
        fn column<T>(problems: &[Problem], value: impl Fn(&Problem) -> T) -> Vec<T> {
            problems.iter().map(value).collect()
        }
        Self {
            integers: [
                ("problem", column(problems, |problem| Some(problem.id as i64))),
                ("split_seed", column(problems, |problem| problem.split_seed.map(i64::from))),
                ("train_rows", column(problems, |problem| Some(problem.train.len() as i64))),
                ("test_rows", column(problems, |problem| Some(problem.test.len() as i64))),
            ],
            words: [
                ("scale", column(problems, |problem| Some(problem.scale))),
                ("activation", column(problems, |problem| Some(problem.neuron.activation.name()))),
                ("loss", column(problems, |problem| Some(problem.neuron.loss.name()))),
            ],
            numbers: NUMBERS.iter().map(|(name, value)| (*name, column(problems, value))).collect(),
        }
    }

    /// The columns in the order of the file.
    pub fn columns(&self) -> Columns<'_> {
        let [problem, split_seed, train_rows, test_rows] = self.integers.each_ref().map(|(name, cells)| (*name, Cells::OptionalI64(cells)));
        let [scale, activation, loss] = self.words.each_ref().map(|(name, cells)| (*name, Cells::OptionalWord(cells)));
        let mut columns = vec![problem, scale, split_seed, activation, loss, train_rows, test_rows];
        columns.extend(self.numbers.iter().map(|(name, cells)| (*name, Cells::OptionalF64(cells))));
        columns
    }
}

/// The optima in the rows of a stored table.
///
/// # Errors
/// If a column cannot be read.
pub fn read_optima<S: ColumnSource>(source: &S) -> Result<Vec<Option<Optimum>>, S::Error> {
    let numbers = |name: &str| match source.stored(name)? {
        Some(StoredColumn::Double(numbers)) => Ok(numbers),
        Some(_) => Err(source.wrong_column(name)),
        None => Err(source.missing_column(name)),
    };
    let point = ["optimum_weight", "optimum_bias", "optimum_loss", "optimum_agreement"].map(numbers);
    let curvature = ["hessian_ww", "hessian_wb", "hessian_bb", "eigenvalue_min", "eigenvalue_max"].map(numbers);
    let ([weight, bias, loss, agreement], [ww, wb, bb, min, max]) = (sequence(point)?, sequence(curvature)?);
    let curvature = |row: usize| {
        let across = wb[row]?;
        Some(Curvature { hessian: [[ww[row]?, across], [across, bb[row]?]], eigenvalues: [min[row]?, max[row]?] })
    };
    let optimum = |row: usize| {
        Some(Optimum { weight: weight[row]?, bias: bias[row]?, loss: loss[row]?, agreement: agreement[row]?, curvature: curvature(row) })
    };
    Ok((0..source.rows()).map(optimum).collect())
}

/// All values, or the first error.
fn sequence<T: Default + Clone, E, const N: usize>(results: [Result<Vec<T>, E>; N]) -> Result<[Vec<T>; N], E> {
    let mut values = std::array::from_fn(|_| Vec::new());
    for (value, result) in values.iter_mut().zip(results) {
        *value = result?;
    }
    Ok(values)
}

/// A number of a problem; `None` is null.
type Number = (&'static str, fn(&Problem) -> Option<f64>);

const NUMBERS: [Number; 20] = [
    ("feature_shift", |problem| Some(problem.scaling.shift)),
    ("feature_width", |problem| Some(problem.scaling.width)),
    ("optimum_weight", |problem| Some(problem.optimum?.weight)),
    ("optimum_bias", |problem| Some(problem.optimum?.bias)),
    ("optimum_loss", |problem| Some(problem.optimum?.loss)),
    ("optimum_agreement", |problem| Some(problem.optimum?.agreement)),
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
    ("reached_share", |_| Some(1.0 + problem::RELATIVE_TOLERANCE)),
];
