//! The tables of runs, epochs and recorded points. Schema, writer and reader of each follow from the list of its columns.

use std::ops::Range;

use super::cells::{Cell, Cells, ColumnSource};
use super::setting_column::SettingColumn;
use crate::model::{Parameter, Verdict};

/// Columns by name, in the order of the file.
pub type Columns<'a> = Vec<(&'static str, Cells<'a>)>;

/// Rows of a table, column by column.
pub trait Table: Default + Send {
    /// The columns in the order of the file.
    fn columns(&self) -> Columns<'_>;
    /// Reads the columns.
    ///
    /// # Errors
    /// If a column is missing or has another type.
    fn read<S: ColumnSource>(source: &S) -> Result<Self, S::Error>;
    /// Removes all rows and keeps the memory.
    fn clear(&mut self);
}

/// Rows of several runs, which a writer copies into a table piece by piece.
pub trait RowSource<T>: Sync {
    /// The number of runs.
    fn runs(&self) -> usize;
    /// The number of rows of a run.
    fn rows(&self, run: usize) -> usize;
    /// Appends the rows of some runs to a table.
    fn append(&self, runs: Range<usize>, table: &mut T);
}

/// A field of a table: one column of the file, or the columns of all hyperparameters.
trait Field: Sized {
    fn add_columns<'a>(&'a self, name: &'static str, columns: &mut Columns<'a>);
    fn read<S: ColumnSource>(source: &S, name: &'static str) -> Result<Self, S::Error>;
    /// The rows at these positions.
    fn select(&self, rows: &[usize]) -> Self;
    fn append(&mut self, other: &Self);
    fn reserve(&mut self, rows: usize);
    fn clear(&mut self);
}

impl<T: Cell> Field for Vec<T> {
    fn add_columns<'a>(&'a self, name: &'static str, columns: &mut Columns<'a>) {
        columns.push((name, T::cells(self)));
    }

    fn read<S: ColumnSource>(source: &S, name: &'static str) -> Result<Self, S::Error> {
        source.column(name)
    }

    fn select(&self, rows: &[usize]) -> Self {
        rows.iter().map(|&row| self[row].clone()).collect()
    }

    fn append(&mut self, other: &Self) {
        self.extend_from_slice(other);
    }

    fn reserve(&mut self, rows: usize) {
        self.reserve_exact(rows);
    }

    fn clear(&mut self) {
        self.clear();
    }
}

impl Field for Vec<(Parameter, SettingColumn)> {
    fn add_columns<'a>(&'a self, _: &'static str, columns: &mut Columns<'a>) {
        columns.extend(self.iter().map(|(parameter, column)| (parameter.key(), column.cells())));
    }

    fn read<S: ColumnSource>(source: &S, _: &'static str) -> Result<Self, S::Error> {
        let mut settings = Vec::new();
        for name in source.names() {
            if let Some(parameter) = Parameter::all().find(|parameter| parameter.key() == name)
                && let Some(column) = source.stored(&name)?
                && !SettingColumn::is_drawn_start(parameter, &column)
            {
                let column = SettingColumn::from_stored(parameter, column).ok_or_else(|| source.wrong_column(&name))?;
                settings.push((parameter, column));
            }
        }
        Ok(settings)
    }

    fn select(&self, rows: &[usize]) -> Self {
        self.iter().map(|(parameter, column)| (*parameter, column.select(rows))).collect()
    }

    fn append(&mut self, other: &Self) {
        if self.is_empty() {
            self.clone_from(other);
        } else {
            self.iter_mut().zip(other).for_each(|((_, column), (_, more))| column.append(more));
        }
    }

    fn reserve(&mut self, rows: usize) {
        for (_, column) in self {
            column.reserve(rows);
        }
    }

    fn clear(&mut self) {
        self.clear();
    }
}

/// The name of a column in the file: that of the field, unless the list gives another one.
macro_rules! column_name {
    ($column:ident) => {
        stringify!($column)
    };
    ($column:ident $name:literal) => {
        $name
    };
}

/// Declares a table from the list of its columns.
macro_rules! table {
    ($(#[$about:meta])* $table:ident { $($(#[$column_about:meta])* $column:ident $(= $name:literal)?: $cells:ty,)* }) => {
        $(#[$about])*
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct $table {
            $($(#[$column_about])* pub $column: $cells,)*
        }

        impl Table for $table {
            fn columns(&self) -> Columns<'_> {
                let mut columns = Vec::new();
                $(self.$column.add_columns(column_name!($column $($name)?), &mut columns);)*
                remove_duplicates(&mut columns);
                columns
            }

            fn read<S: ColumnSource>(source: &S) -> Result<Self, S::Error> {
                Ok(Self { $($column: Field::read(source, column_name!($column $($name)?))?,)* })
            }

            fn clear(&mut self) {
                $(Field::clear(&mut self.$column);)*
            }
        }

        impl $table {
            /// The rows at these positions.
            pub fn select(&self, rows: &[usize]) -> Self {
                Self { $($column: self.$column.select(rows),)* }
            }

            /// Appends the rows of another table, which has the same columns unless this one is empty.
            pub fn append(&mut self, other: &Self) {
                $(Field::append(&mut self.$column, &other.$column);)*
            }

            /// Allocates memory for more rows.
            pub fn reserve(&mut self, rows: usize) {
                $(Field::reserve(&mut self.$column, rows);)*
            }
        }
    };
}

/// Keeps the first column of each name: a start that the sweep varies has the column of the hyperparameter, in float64.
fn remove_duplicates(columns: &mut Columns<'_>) {
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let mut position = 0;
    columns.retain(|(name, _)| {
        position += 1;
        !names[..position - 1].contains(name)
    });
}

table! {
    /// Rows of runs.parquet, in ascending order of the runs. A number that is not finite is null in the file.
    RunTable {
        /// Run numbers, ascending.
        run: Vec<u64>,
        /// The run's problem, by its number in problems.parquet.
        problem: Vec<u32>,
        /// The hyperparameters that the sweep varies, and always `optimizer`, `learning_rate` and `batch_size` ("full" is the number
        /// of training rows); each is a column under its key.
        settings: Vec<(Parameter, SettingColumn)>,
        /// Weight before the first update.
        initial_weight: Vec<f32>,
        /// Bias before the first update.
        initial_bias: Vec<f32>,
        /// Final weight.
        weight: Vec<f32>,
        /// Final bias.
        bias: Vec<f32>,
        /// J on the training rows; NaN for a value beyond float32.
        train_loss: Vec<f32>,
        /// J on the test rows; NaN without test rows.
        test_loss: Vec<f32>,
        /// MSE on the training rows.
        train_mse: Vec<f32>,
        /// MSE on the test rows; NaN without test rows.
        test_mse: Vec<f32>,
        /// MAE on the training rows.
        train_mae: Vec<f32>,
        /// MAE on the test rows; NaN without test rows.
        test_mae: Vec<f32>,
        /// J − J* on the training rows at the (weight, bias) of the row.
        excess: Vec<f32>,
        /// Number of valid updates: all, or one less than `diverged_at`.
        steps: Vec<u64>,
        /// The mean of J over the last window of the run: an epoch, or 32 updates if it has fewer, but at most half of the run. NaN for a diverged run.
        mean_loss: Vec<f32>,
        /// The mean of J − J* over the same window; NaN without an optimum.
        mean_excess: Vec<f32>,
        /// J − J* at the mean point of the window, as a share of `mean_excess`. The rest is fluctuation about this point.
        drift_share: Vec<f32>,
        /// The part of `mean_excess` that is the displacement of the mean point along the flattest direction, as a share.
        valley_share: Vec<f32>,
        /// The number of epochs after which J first reached the optimum within the tolerance of the verdict.
        epochs_to_reach: Vec<Option<u32>>,
        /// The period, in epochs, of a run that repeats the same points.
        cycle_period: Vec<Option<u32>>,
        /// The first batch, counted from 1, whose update left the valid range ±1e12 of weight and bias.
        diverged_at: Vec<Option<u64>>,
        /// Verdict.
        verdict: Vec<Verdict>,
    }
}

impl RunTable {
    /// The cost of a run for rankings: the mean over its last updates of J − J* or of J; infinite if the run diverged.
    pub fn cost(&self, row: usize, is_excess: bool) -> f32 {
        let cost = if is_excess { self.mean_excess[row] } else { self.mean_loss[row] };
        if self.diverged_at[row].is_some() || !cost.is_finite() { f32::INFINITY } else { cost }
    }
}

table! {
    /// Rows of epochs.parquet, sorted by run and epoch; NaN is null.
    EpochTable {
        /// Run numbers.
        run: Vec<u64>,
        /// Epoch, counted from 0.
        epoch: Vec<u64>,
        /// The mean of the losses of the epoch's batches, weighted by their rows.
        loss: Vec<f32>,
        /// The mean absolute error, averaged in the same way.
        mae: Vec<f32>,
        /// The loss of the test rows after the epoch.
        val_loss: Vec<f32>,
        /// The mean absolute error of the test rows after the epoch.
        val_mae: Vec<f32>,
    }
}

table! {
    /// Rows of history/: recorded points, sorted by run and step.
    HistoryTable {
        /// Run numbers.
        run: Vec<u64>,
        /// The number of updates before the point; 0 is the start.
        step: Vec<u64>,
        /// Weights.
        weight: Vec<f32>,
        /// Biases.
        bias: Vec<f32>,
    }
}
