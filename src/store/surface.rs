//! surfaces/<problem>.npy: float32 `[bias, weight]`, and its axes in a .json beside it.

use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::errors::{Error, file};

/// The axes of a surface.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Surface {
    pub problem: usize,
    /// What the cells hold.
    pub quantity: String,
    /// Which rows it is the cost of.
    pub rows: String,
    pub weight: Vec<f64>,
    pub bias: Vec<f64>,
    /// Cells beyond float32, which hold its largest value.
    pub saturated_cells: u64,
}

/// Writes a surface into a run directory. `cells` is `[bias][weight]` in row-major order; what is beyond float32 is written as
/// its largest value.
pub fn write_surface(directory: &Path, surface: &Surface, cells: &[f32]) -> Result<(), Error> {
    let folder = directory.join("surfaces");
    file("create", &folder, std::fs::create_dir_all(&folder))?;
    let path = folder.join(format!("{}.npy", surface.problem));
    if cells.len() != surface.bias.len() * surface.weight.len() {
        let what = format!("{} cells for {} biases and {} weights", cells.len(), surface.bias.len(), surface.weight.len());
        return Err(Error::Damaged { path, what });
    }
    let temporary = path.with_extension("npy.tmp");
    let written = std::fs::File::create(&temporary).and_then(|output| {
        let mut output = std::io::BufWriter::new(output);
        output.write_all(&header(surface.bias.len(), surface.weight.len()))?;
        for cell in cells {
            output.write_all(&cell.min(f32::MAX).to_le_bytes())?;
        }
        output.flush()
    });
    file("write", &temporary, written)?;
    file("rename", &path, std::fs::rename(&temporary, &path))?;
    let axes = path.with_extension("json");
    let text = serde_json::to_string_pretty(surface).map_err(|error| Error::Damaged { path: axes.clone(), what: error.to_string() })?;
    file("write", &axes, std::fs::write(&axes, text + "\n"))
}

/// The header of NPY 1.0: magic, version, length, a dictionary, padded so that the data begin at a multiple of 64.
fn header(rows: usize, columns: usize) -> Vec<u8> {
    let dictionary = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {columns}), }}");
    let len = (10 + dictionary.len() + 1).next_multiple_of(64) - 10;
    let mut header = b"\x93NUMPY\x01\x00".to_vec();
    header.extend((len as u16).to_le_bytes());
    header.extend(format!("{dictionary:<width$}\n", width = len - 1).bytes());
    header
}
