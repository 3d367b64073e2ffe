//! How speed grows with the number of runs, and from which number on a GPU pays.

use serde::Serialize;

use super::{Contender, repeated};
use crate::backend::{Backend, Outcome, RecordOptions};
use crate::config::Experiment;
use crate::sweep::{Error, Plan, Problems};

/// From one size to the next.
const FACTOR: u64 = 4;

/// A contender's time at each size.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Curve {
    pub name: String,
    /// `cpu` or `gpu`.
    pub backend: String,
    pub history: bool,
    pub points: Vec<Point>,
}

/// A number of runs, and what training them took.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Point {
    pub runs: u64,
    pub steps: u64,
    /// The median of the repetitions.
    pub median_s: f64,
}

impl Point {
    pub fn steps_per_s(&self) -> f64 {
        self.steps as f64 / self.median_s
    }
}

/// The curves of all contenders, without and with histories.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sizes {
    pub curves: Vec<Curve>,
    /// The fewest runs from which on a GPU was faster than every CPU at each size measured: without histories, and with them. `None`
    /// where it never was, or where there is no GPU.
    pub gpu_pays_from: [Option<u64>; 2],
}

/// Measures contenders that open, at sizes of one run, four, sixteen, .. up to `most`. Results were compared before.
pub fn sizes(experiment: &Experiment, problems: &Problems, contenders: &[&Contender<'_>], most: u64, repeats: u32) -> Result<Sizes, Error> {
    let mut counts: Vec<u64> = std::iter::successors(Some(1), |runs| Some(runs * FACTOR)).take_while(|&runs| runs < most).collect();
    counts.push(most);
    let mut curves = Vec::new();
    for contender in contenders {
        let backend = (contender.open)()?;
        for every in [0, 1] {
            let mut points = Vec::new();
            for &runs in &counts {
                points.push(point(experiment, problems, backend.as_ref(), runs, every, repeats)?);
            }
            let kind = backend.describe().backend.to_owned();
            curves.push(Curve { name: contender.name.clone(), backend: kind, history: every > 0, points });
        }
    }
    let gpu_pays_from = [false, true].map(|history| pays_from(&curves, history));
    Ok(Sizes { curves, gpu_pays_from })
}

fn point(experiment: &Experiment, problems: &Problems, backend: &dyn Backend, runs: u64, every: u64, repeats: u32) -> Result<Point, Error> {
    let plan = Plan::new(experiment, problems, 0..runs)?;
    let groups = plan.groups(problems, RecordOptions { every, epochs: false });
    let mut outcomes = vec![Outcome::default(); groups.len()];
    // Buffers and texts are made once in a sweep, and not counted.
    backend.train(&groups, &mut outcomes)?;
    let seconds = repeated(backend, &groups, &mut outcomes, repeats)?;
    let steps = outcomes.iter().flat_map(|outcome| &outcome.steps).sum();
    Ok(Point { runs, steps, median_s: seconds[seconds.len() / 2] })
}

/// See [`Sizes::gpu_pays_from`].
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

    fn curve(backend: &str, history: bool, seconds: &[f64]) -> Curve {
        let points = seconds.iter().enumerate().map(|(i, &median_s)| Point { runs: FACTOR.pow(i as u32), steps: 1, median_s });
        Curve { name: backend.to_owned(), backend: backend.to_owned(), history, points: points.collect() }
    }

    #[test]
    fn a_gpu_pays_where_it_stays_ahead() {
        let cpu = [curve("cpu", false, &[1.0, 2.0, 8.0, 32.0]), curve("cpu", false, &[2.0, 2.0, 4.0, 16.0])];
        let with = |seconds: &[f64]| pays_from(&[&cpu[..], &[curve("gpu", false, seconds)]].concat(), false);
        assert_eq!(with(&[5.0, 5.0, 5.0, 6.0]), Some(64));
        assert_eq!(with(&[5.0, 1.0, 5.0, 6.0]), Some(64), "what is lost again does not count");
        assert_eq!(with(&[5.0, 1.0, 3.0, 6.0]), Some(4));
        assert_eq!(with(&[0.5, 1.0, 3.0, 6.0]), Some(1));
        assert_eq!(with(&[0.5, 1.0, 3.0, 16.0]), None, "as fast is not faster");
        assert_eq!(pays_from(&cpu, false), None);
        assert_eq!(pays_from(&[curve("gpu", true, &[1.0])], false), None);
    }
}
