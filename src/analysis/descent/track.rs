//! The path of a run as an animation draws it.

use std::collections::BTreeSet;

use crate::analysis::errors::Error;
use crate::analysis::paths::{DrawnPath, PathCache};
use crate::analysis::sample::spread;
use crate::model::Params;

/// The number of evenly spaced points of a path that are drawn, in addition to those of the frames.
const POINTS: usize = 600;

/// The path of a run, with J at each of its points.
pub struct Track {
    pub path: DrawnPath,
    pub losses: Vec<f64>,
}

impl Track {
    /// The tracks of some rows, with the points of the frames at `steps`.
    pub fn all(cache: &PathCache<'_>, rows: &[usize], steps: &[u64]) -> Result<Vec<Self>, Error> {
        let mut tracks = Vec::with_capacity(rows.len());
        let surface = cache.runs().surface(rows[0]);
        cache.visit(rows, |row, path| {
            let kept: BTreeSet<usize> = spread(path.len(), POINTS).chain(steps.iter().map(|&step| point_at(&path.steps, step))).collect();
            let points: Vec<Params<f64>> = kept.iter().map(|&point| path.at(point)).collect();
            let losses = points.iter().map(|&theta| surface.cost(theta)).collect();
            let points = points.into_iter().map(|theta| theta.0).collect();
            let steps = kept.iter().map(|&point| path.steps[point]).collect();
            tracks.push(Self { path: DrawnPath { row, points, steps }, losses });
        })?;
        Ok(tracks)
    }

    /// The position of the last point at or before an update.
    pub fn point_at(&self, step: u64) -> usize {
        point_at(&self.path.steps, step)
    }

    /// J over the updates up to a point.
    pub fn losses(&self, point: usize) -> impl Iterator<Item = [f64; 2]> {
        self.path.steps[..=point].iter().zip(&self.losses).map(|(&step, &loss)| [step as f64, loss])
    }
}

/// The position of the last of some ascending steps that is at or before `step`.
fn point_at(steps: &[u64], step: u64) -> usize {
    steps.partition_point(|&other| other <= step).saturating_sub(1)
}
