//! A table of up to 255 colours for images with one byte per pixel.

use std::collections::HashMap;

use rayon::prelude::*;

/// The number of colours. Index 0 stands for a transparent pixel.
const COLORS: usize = 255;

/// The transparent index.
pub const TRANSPARENT: u8 = 0;

/// The colours of the indices 1, 2, ..
pub struct ColorTable {
    colors: Vec<[u8; 3]>,
}

impl ColorTable {
    /// The table for some images, RGB row by row. Repeatedly takes the colour with the largest error, which is the number of its pixels times the
    /// squared distance to the nearest colour in the table. So frequent colours are exact, and rare ones have a near colour.
    pub fn new(images: &[Vec<u8>]) -> Self {
        let mut counts: HashMap<[u8; 3], u64> = HashMap::new();
        for image in images {
            for run in image.as_chunks::<3>().0.chunk_by(|a, b| a == b) {
                *counts.entry(run[0]).or_default() += run.len() as u64;
            }
        }
        // The largest distance of two colours.
        let far = distance([0; 3], [255; 3]);
        let mut errors: Vec<([u8; 3], u64, u64)> = counts.into_iter().map(|(color, count)| (color, count, far)).collect();
        errors.sort_unstable();
        let mut colors = Vec::with_capacity(COLORS);
        while colors.len() < COLORS {
            let largest = errors.iter().max_by_key(|(_, count, distance)| count * distance);
            let Some(&(chosen, ..)) = largest.filter(|(_, _, distance)| *distance > 0) else { break };
            colors.push(chosen);
            errors.par_iter_mut().with_min_len(2_000).for_each(|(color, _, nearest)| *nearest = (*nearest).min(distance(*color, chosen)));
        }
        Self { colors }
    }

    /// The transparent colour and the colours of the table, RGB.
    pub fn bytes(&self) -> Vec<u8> {
        [&[[255; 3]], self.colors.as_slice()].concat().into_flattened()
    }

    /// Maps pixels to indices.
    pub fn indexer(&self) -> Indexer<'_> {
        Indexer { table: self, found: HashMap::new() }
    }

    /// The index of the nearest colour; the first of equals.
    fn index(&self, color: [u8; 3]) -> u8 {
        let nearest = self.colors.iter().enumerate().min_by_key(|(_, other)| distance(**other, color));
        nearest.map_or(TRANSPARENT, |(position, _)| position as u8 + 1)
    }
}

/// Maps pixels to the indices of a colour table, and remembers the indices of colours.
pub struct Indexer<'t> {
    table: &'t ColorTable,
    found: HashMap<[u8; 3], u8>,
}

impl Indexer<'_> {
    /// The index of each pixel's nearest colour.
    pub fn indices(&mut self, image: &[u8]) -> Vec<u8> {
        let mut indices = Vec::with_capacity(image.len() / 3);
        for run in image.as_chunks::<3>().0.chunk_by(|a, b| a == b) {
            let index = *self.found.entry(run[0]).or_insert_with(|| self.table.index(run[0]));
            indices.resize(indices.len() + run.len(), index);
        }
        indices
    }
}

/// The squared distance of two colours.
fn distance(a: [u8; 3], b: [u8; 3]) -> u64 {
    a.iter().zip(b).map(|(&a, b)| u64::from(a.abs_diff(b)).pow(2)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_colors_are_exact_and_of_many_the_frequent_ones() {
        let few = [[255, 255, 255], [253, 253, 253], [0, 114, 178], [255, 255, 255]].as_flattened().to_vec();
        let table = ColorTable::new(std::slice::from_ref(&few));
        let exact = |table: &ColorTable, color: [u8; 3]| table.colors[usize::from(table.index(color)) - 1] == color;
        assert_eq!(table.colors.len(), 3);
        assert!(few.as_chunks::<3>().0.iter().all(|&color| exact(&table, color)));
        // 4,096 rare colours and 20 frequent ones that differ by 1.
        let rare = (0..16).flat_map(|r| (0..16).flat_map(move |g| (0..16).map(move |b| [r * 17, g * 17, b * 17])));
        let frequent = (0..20).flat_map(|i| std::iter::repeat_n([100 + i, 101, 102], 50_000));
        let table = ColorTable::new(&[rare.clone().chain(frequent).flatten().collect()]);
        assert_eq!(table.colors.len(), COLORS);
        assert!((0..20).all(|i| exact(&table, [100 + i, 101, 102])));
        // 235 colours in 16³ cells of width 17: each has about 17 of these cells, so the farthest is about √3/2 · 17 · 17^(1/3) = 38 away.
        let farthest = rare.map(|color| distance(table.colors[usize::from(table.index(color)) - 1], color)).max();
        assert!(farthest < Some(60 * 60), "{farthest:?}");
    }
}
