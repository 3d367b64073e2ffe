//! Training speed by the number of runs, and the number of runs from which a GPU is faster.

use serde::Serialize;

use super::contender::Contender;
use super::workload::{Workload, groups, median};
use crate::backend::Backend;
use crate::config::Experiment;
use crate::sweep::{Error, Plan, Problems};

/// The ratio of one size to the previous one.
const FACTOR: u64 = 4;

/// A contender's time at each size.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Curve {
    /// Name of the contender.
    pub name: String,
    /// `cpu` or `gpu`.
    pub backend: String,
    /// Whether histories were recorded.
    pub history: bool,
    /// Sizes in ascending order.
    pub points: Vec<Point>,
}

/// A number of runs and the time to train them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Point {
    /// Number of runs.
    pub runs: u64,
    /// Updates of all runs.
    pub steps: u64,
    /// The median of the repetitions.
    pub median_s: f64,
}

impl Point {
    /// Updates a second, over all runs.
    pub fn steps_per_s(&self) -> f64 {
        self.steps as f64 / self.median_s
    }
}

/// The curves of all contenders, without and with histories.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sizes {
    /// One curve per contender, without and with histories.
    pub curves: Vec<Curve>,
    /// The smallest measured size from which a GPU was faster than every CPU contender at all larger sizes too: without histories, and
    /// with them. `None` without such a size or without a GPU.
    pub gpu_pays_from: [Option<u64>; 2],
}

/// The inputs that all measurements share. The results of the contenders must have been compared before.
pub struct Bench<'a> {
    pub experiment: &'a Experiment,
    pub problems: &'a Problems,
    pub repeats: u32,
}

impl Bench<'_> {
    /// Measures each contender at 1, 4, 16, .. runs and at `largest` runs.
    pub fn curves(&self, contenders: &[&Contender<'_>], largest: u64) -> Result<Sizes, Error> {
        let mut counts: Vec<u64> = std::iter::successors(Some(1), |runs| Some(runs * FACTOR)).take_while(|&runs| runs < largest).collect();
        counts.push(largest);
        let mut curves = Vec::new();
        for contender in contenders {
            let backend = (contender.open)()?;
            for every in [0, 1] {
                let points = counts.iter().map(|&runs| self.point(backend.as_ref(), runs, every)).collect::<Result<Vec<Point>, Error>>()?;
                let kind = backend.describe().backend.to_owned();
                curves.push(Curve { name: contender.name.clone(), backend: kind, history: every > 0, points });
            }
        }
        let gpu_pays_from = [false, true].map(|history| pays_from(&curves, history));
        Ok(Sizes { curves, gpu_pays_from })
    }

    /// Measures one contender at one number of runs.
    fn point(&self, backend: &dyn Backend, runs: u64, every: u64) -> Result<Point, Error> {
        let plan = Plan::new(self.experiment, self.problems, 0..runs)?;
        let groups = groups(&plan, self.problems, every);
        let mut workload = Workload::new(backend, &groups);
        // The first training allocates buffers and compiles shaders, once per sweep, so it is not timed.
        workload.train()?;
        let seconds = workload.measure_repeatedly(self.repeats)?;
        Ok(Point { runs, steps: workload.steps(), median_s: median(&seconds) })
    }
}

/// The size from which the fastest GPU curve stays ahead of the fastest CPU curve ([`Sizes::gpu_pays_from`]).
fn pays_from(curves: &[Curve], history: bool) -> Option<u64> {
    let of = |backend: &'static str| curves.iter().filter(move |curve| curve.history == history && curve.backend == backend);
    let fastest = |backend, index: usize| of(backend).map(|curve| curve.points[index].median_s).min_by(f64::total_cmp);
    let points = &of("gpu").next()?.points;
    let pays = |&index: &usize| fastest("gpu", index) < fastest("cpu", index);
    (0..points.len()).rev().take_while(pays).last().map(|index| points[index].runs)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A curve with one training time per size.
    fn curve(backend: &str, history: bool, seconds: &[f64]) -> Curve {
        let points = seconds.iter().enumerate().map(|(i, &median_s)| Point { runs: FACTOR.pow(i as u32), steps: 1, median_s });
        Curve { name: backend.to_owned(), backend: backend.to_owned(), history, points: points.collect() }
    }

    #[test]
    fn a_gpu_pays_where_it_stays_ahead() {
        let cpu = [curve("cpu", false, &[1.0, 2.0, 8.0, 32.0]), curve("cpu", false, &[2.0, 2.0, 4.0, 16.0])];
        let with = |seconds: &[f64]| pays_from(&[&cpu[..], &[curve("gpu", false, seconds)]].concat(), false);
        assert_eq!(with(&[5.0, 5.0, 5.0, 6.0]), Some(64));
        assert_eq!(with(&[5.0, 1.0, 5.0, 6.0]), Some(64), "a lead that is lost at a larger size does not count");
        assert_eq!(with(&[5.0, 1.0, 3.0, 6.0]), Some(4));
        assert_eq!(with(&[0.5, 1.0, 3.0, 6.0]), Some(1));
        assert_eq!(with(&[0.5, 1.0, 3.0, 16.0]), None, "equal speed is not faster");
        assert_eq!(pays_from(&cpu, false), None);
        assert_eq!(pays_from(&[curve("gpu", true, &[1.0])], false), None);
    }
}
