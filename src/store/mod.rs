//! The run directory: one schema for writer and reader. What is there is always readable.
//!
//! This room knows Parquet, NPY, JSON and file names. It does not know how results came about.

mod manifest;
mod schema;

pub use manifest::{Counts, Manifest, Status, Timings};
pub use schema::{Column, RunTable, Selected};
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("x")]
    X,
}
pub struct Writer;
impl Writer {
    pub fn create(_: &std::path::Path, _: Manifest, _: &str, _: &[u8]) -> Result<Self, Error> {
        Ok(Self)
    }
    pub fn manifest_mut(&mut self) -> &mut Manifest {
        loop {}
    }
    pub fn problems(&mut self, _: &[crate::model::Problem]) -> Result<(), Error> {
        Ok(())
    }
    pub fn chunk(&mut self, _: &RunTable, _: &[Selected], _: &[Selected]) -> Result<(), Error> {
        Ok(())
    }
    pub fn finish(self) -> Result<Manifest, Error> {
        loop {}
    }
}
