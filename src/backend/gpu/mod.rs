//! The GPU backend.

use super::{Backend, Description, Group, Metrics, Outcome};
use crate::model::Rows;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the only adapter, {adapter}, computes in software; --software measures it too")]
    OnlySoftware { adapter: String },
    #[error("none")]
    None,
}
pub struct Gpu;
impl Gpu {
    pub fn open(_: Option<&str>) -> Result<Self, Error> {
        Err(Error::None)
    }
    pub fn is_software(&self) -> bool {
        true
    }
}
impl Backend for Gpu {
    fn describe(&self) -> Description {
        Description { backend: "gpu", device: String::new(), detail: String::new(), software: true }
    }
    fn train(&self, _: &[Group<'_>], _: &mut [Outcome]) -> Result<(), super::Error> {
        Ok(())
    }
    fn metrics(&self, _: &Rows, _: &[f32], _: &[f32]) -> Result<Metrics, super::Error> {
        Ok(Metrics::default())
    }
    fn surface(&self, _: &Rows, _: &[f64], _: &[f64]) -> Result<Vec<f32>, super::Error> {
        Ok(Vec::new())
    }
}

#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct Survey {
    pub adapters: Vec<Adapter>,
    pub missing: Vec<Missing>,
}
#[derive(Clone, Debug, serde::Serialize)]
pub struct Adapter {
    pub name: String,
    pub api: String,
    pub driver: String,
    pub software: bool,
    pub binding_mib: u64,
    pub workgroup: u32,
}
#[derive(Clone, Debug, serde::Serialize)]
pub struct Missing {
    pub api: String,
    pub why: String,
    pub helps: Vec<String>,
}
pub fn survey() -> Survey {
    Survey::default()
}
