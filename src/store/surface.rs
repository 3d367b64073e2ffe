//! `surfaces/<problem>.npy`: a float32 array `[bias, weight]`; `surfaces/<problem>.json`: its axes.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::errors::{Error, file};
use super::files::write_file;

/// The description of a surface: what its cells are, and its axes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Surface {
    /// Number of the problem.
    pub problem: usize,
    /// The loss whose value a cell is, by its name in the config.
    pub quantity: String,
    /// The rows over which the loss is averaged: "train", "test" or "all".
    pub rows: String,
    /// Weight axis.
    pub weight: Vec<f64>,
    /// Bias axis.
    pub bias: Vec<f64>,
    /// Cells beyond float32, stored as its largest value.
    pub saturated_cells: u64,
}

/// Writes a surface into a run directory. `cells` is `[bias][weight]` in row-major order; a cell beyond float32 is written as its
/// largest value.
///
/// # Errors
/// If a file cannot be written, or if the number of cells is not that of the axes.
pub fn write_surface(directory: &Path, surface: &Surface, cells: &[f32]) -> Result<(), Error> {
    let folder = directory.join("surfaces");
    file("create", &folder, std::fs::create_dir_all(&folder))?;
    let path = folder.join(format!("{}.npy", surface.problem));
    if cells.len() != surface.bias.len() * surface.weight.len() {
        let problem = format!("{} cells for {} biases and {} weights", cells.len(), surface.bias.len(), surface.weight.len());
        return Err(Error::Damaged { path, problem });
    }
    let mut bytes = header(surface.bias.len(), surface.weight.len());
    bytes.extend(cells.iter().flat_map(|cell| cell.min(f32::MAX).to_le_bytes()));
    write_file(&path, &bytes)?;
    let axes = path.with_extension("json");
    let json = serde_json::to_string_pretty(surface).map_err(|error| Error::Damaged { path: axes.clone(), problem: error.to_string() })?;
    write_file(&axes, (json + "\n").as_bytes())
}

/// The header of NPY 1.0: magic, version, length, and a dictionary, padded to a multiple of 64 bytes.
fn header(rows: usize, columns: usize) -> Vec<u8> {
    let dictionary = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {columns}), }}");
    let len = (10 + dictionary.len() + 1).next_multiple_of(64) - 10;
    let mut header = b"\x93NUMPY\x01\x00".to_vec();
    header.extend((len as u16).to_le_bytes());
    header.extend(format!("{dictionary:<width$}\n", width = len - 1).bytes());
    header
}
