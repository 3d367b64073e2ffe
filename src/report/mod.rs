//! The HTML report of a sweep: one file that needs no network. It contains the results, the figures, the config, the data, and the engine as
//! WebAssembly, which trains variations of the runs in the page.
//!
//! The file has four parts: the summary as HTML (`page`), readable without scripts; the results as compressed JSON (`results`); the engine; and the
//! scripts in `page/`, which draw the figures and call the engine. docs/report.md describes the panels.

mod contents;
mod errors;
mod page;
mod results;
mod rows;
mod summary;

pub use contents::Report;
pub use errors::Error;
