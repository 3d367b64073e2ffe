//! The descent of one or several runs as an animation: contour with paths, fit, and J over the updates, one frame per update.

mod track;
mod view;

use super::color_by::ColorBy;
use super::errors::Error;
use super::figures::numbered;
use super::path_layers::best_rows;
use super::paths::PathCache;
use super::problems::problem_name;
use super::ranking::Ranking;
use super::runs::Runs;
use super::sentences;
use super::sweep::Sweep;
use crate::figure::{Animation, AnimationFrame};
use crate::text;

use self::track::Track;
use self::view::View;

/// The numbers of runs that are drawn by default, and at most.
const DEFAULT: usize = 5;
const LIMIT: usize = 13;

/// The largest number of frames after the start.
const FRAMES: u64 = 160;

/// The approximate length of the animation without its end, and bounds of the duration of a frame, in hundredths of a second.
const LENGTH: usize = 800;
const DURATIONS: [usize; 2] = [4, 20];
/// The durations of the first and of the last frame, in hundredths of a second.
const FIRST: u16 = 60;
const LAST: u16 = 200;

/// The descent of the runs with some numbers; without numbers, of the best run for each optimizer or other value that colours distinguish, on the
/// cost surface of the best run.
///
/// Each update has a frame. Of more than 160 updates some are left out, fewer of the early ones, because they move the parameters farthest. The last
/// frame shows the end of all runs.
///
/// # Errors
///
/// If there is no such run, the runs have different cost surfaces, or a path cannot be read or replayed.
pub fn descent(sweep: &Sweep<'_>, numbers: &[u64]) -> Result<Animation, Error> {
    let runs = sweep.table();
    let (rows, note) = if numbers.is_empty() { default_rows(&runs)? } else { (chosen_rows(&runs, numbers)?, String::new()) };
    let last = rows.iter().map(|&row| runs.table.steps[row]).max().unwrap_or(0);
    let steps = frame_steps(last);
    let tracks = Track::all(&PathCache::new(sweep), &rows, &steps)?;
    let view = View::new(&runs, &tracks, note);
    let mut frames: Vec<AnimationFrame> = Vec::new();
    let mut shown = Vec::new();
    for &step in &steps {
        let points: Vec<usize> = tracks.iter().map(|track| track.point_at(step)).collect();
        // A history of every n-th batch has no new points in some frames.
        if points != shown || step == last {
            frames.push(view.frame(step, &points));
            shown = points;
        }
    }
    let duration = (LENGTH / frames.len()).clamp(DURATIONS[0], DURATIONS[1]) as u16;
    let end = frames.len() - 1;
    for (index, frame) in frames.iter_mut().enumerate() {
        frame.duration = if index == end { LAST } else { duration.max(if index == 0 { FIRST } else { 0 }) };
    }
    Ok(Animation { background: view.background(&frames[end]), frames })
}

/// The best runs on the cost surface of the best run, and a sentence about this choice.
fn default_rows(runs: &Runs<'_>) -> Result<(Vec<usize>, String), Error> {
    let all = runs.rows();
    let best = Ranking::new(runs, &all, None).best().or_else(|| all.first().copied()).ok_or(Error::NoRuns)?;
    let own: Vec<usize> = all.into_iter().filter(|&row| runs.table.problem[row] == runs.table.problem[best]).collect();
    let color_by = ColorBy::new(runs, &own, None, &[]);
    let mut rows = best_rows(&Ranking::new(runs, &own, None), &color_by, DEFAULT);
    rows.sort_unstable();
    let each = color_by.parameter().map(|parameter| match rows.len() {
        count if count < color_by.values() => {
            format!(" for {count} of {} values of {}", text::grouped(color_by.values() as u64), parameter.key())
        }
        _ => format!(" for each {}", parameter.key()),
    });
    let note = (rows.len() < own.len())
        .then(|| format!("{}: the best{}", sentences::drawn(rows.len(), own.len(), "run"), each.unwrap_or_default()));
    Ok((rows, note.unwrap_or_default()))
}

/// The rows of the runs with some numbers, which must have one cost surface.
fn chosen_rows(runs: &Runs<'_>, numbers: &[u64]) -> Result<Vec<usize>, Error> {
    let rows = numbered(runs, numbers)?;
    if rows.len() > LIMIT {
        return Err(Error::TooManyRuns { count: rows.len(), limit: LIMIT });
    }
    let problem = |row: usize| runs.table.problem[row];
    match rows.iter().find(|&&row| problem(row) != problem(rows[0])) {
        None => Ok(rows),
        Some(&other) => Err(Error::OtherSurface {
            first: runs.table.run[rows[0]],
            second: runs.table.run[other],
            first_problem: problem_name(runs, rows[0]),
            second_problem: problem_name(runs, other),
        }),
    }
}

/// The numbers of updates that frames show: all of them, or about [`FRAMES`] with growing distances. The first is 0, the last `last`.
fn frame_steps(last: u64) -> Vec<u64> {
    let count = last.min(FRAMES);
    // The distances grow from 1 in proportion to the number of the frame.
    let square = |frame: u64| (u128::from(last) * u128::from(frame).pow(2) / u128::from(count.max(1)).pow(2)) as u64;
    (0..=count).map(|frame| square(frame).max(frame)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_show_every_update_of_a_short_run_and_the_early_ones_of_a_long_run() {
        assert_eq!(frame_steps(0), [0]);
        assert_eq!(frame_steps(160), (0..=160).collect::<Vec<u64>>());
        for last in [161, 320, 1_000, 100_000, u64::MAX / 2] {
            let steps = frame_steps(last);
            assert_eq!((steps.len(), steps[0], steps[160]), (161, 0, last));
            let distances: Vec<u64> = steps.windows(2).map(|pair| pair[1] - pair[0]).collect();
            assert!(distances.iter().all(|&distance| distance > 0), "{last}");
            // Up to rounding, distances grow.
            assert!(distances.windows(2).all(|pair| pair[1] + 1 >= pair[0]), "{last}: {distances:?}");
        }
        assert_eq!(frame_steps(320)[..20], (0..20).collect::<Vec<u64>>());
    }
}
