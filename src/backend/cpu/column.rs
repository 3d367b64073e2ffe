//! Columns: one number for each run of a tile.

use super::vector::{TILE, Vector};
use crate::model::Params;

/// A number for each run of a tile, aligned so that no vector of it crosses a cache line.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub struct Column<T>(pub [T; TILE]);

impl<T: Copy + Default> Default for Column<T> {
    fn default() -> Self {
        Self([T::default(); TILE])
    }
}

impl Column<f32> {
    /// All zeros.
    pub const ZERO: Self = Self([0.0; TILE]);
}

/// The `v`-th vector of the columns of weight and bias.
#[inline(always)]
pub fn load_params<V: Vector>(columns: &Params<Column<f32>>, v: usize) -> Params<V> {
    Params([V::load(&columns.0[0].0, v), V::load(&columns.0[1].0, v)])
}

/// Stores the `v`-th vector of the columns of weight and bias.
#[inline(always)]
pub fn store_params<V: Vector>(values: Params<V>, columns: &mut Params<Column<f32>>, v: usize) {
    values.0[0].store(&mut columns.0[0].0, v);
    values.0[1].store(&mut columns.0[1].0, v);
}

/// The `v`-th vector of the first `used` of several columns; 0 in the other slots.
#[inline(always)]
pub fn load_slots<V: Vector, const N: usize>(columns: &[Column<f32>; N], used: usize, v: usize) -> [V; N] {
    let mut values = [V::splat(0.0); N];
    for slot in 0..used {
        values[slot] = V::load(&columns[slot].0, v);
    }
    values
}

/// Stores the `v`-th vector of the first `used` of several columns.
#[inline(always)]
pub fn store_slots<V: Vector, const N: usize>(values: &[V; N], columns: &mut [Column<f32>; N], used: usize, v: usize) {
    for slot in 0..used {
        values[slot].store(&mut columns[slot].0, v);
    }
}
