//! A backend configuration that the benchmark measures.

use crate::backend::{Backend, Error};

/// A function that opens a backend. `bench` includes its time in the cold start.
pub type OpenBackend<'a> = Box<dyn Fn() -> Result<Box<dyn Backend>, Error> + 'a>;

/// A backend configuration with its name in the table.
pub struct Contender<'a> {
    /// Name in the table.
    pub name: String,
    /// Opens the backend.
    pub open: OpenBackend<'a>,
    /// Opens the backend without the bookkeeping for verdicts, if it has such a mode.
    pub open_without_verdicts: Option<OpenBackend<'a>>,
}
