//! The columns of problems.parquet: a row per problem.

use crate::model::optimum::Source;
use crate::model::{Problem, problem};
use crate::table::{Cells, Columns};

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

/// A number of a problem; `None` is null.
type Number = (&'static str, fn(&Problem) -> Option<f64>);

const NUMBERS: [Number; 20] = [
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
    ("reached_share", |_| Some(1.0 + problem::RELATIVE_TOLERANCE)),
];
