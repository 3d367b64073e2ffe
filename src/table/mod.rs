//! The tables of a sweep as values: runs, epochs and recorded points. Each table lists its columns once.
//!
//! This folder opens no files: `store` writes and reads the tables, `sweep` makes them, `analysis` reads them.

mod cells;
mod setting_column;
mod tables;

pub use cells::{Cell, Cells, ColumnSource, StoredColumn};
pub use setting_column::SettingColumn;
pub use tables::{Columns, EpochTable, HistoryTable, RowSource, RunTable, Table};
