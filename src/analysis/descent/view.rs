//! The panels of a descent, and what they show after some updates.

use super::track::Track;
use crate::analysis::color_by::ColorBy;
use crate::analysis::contour_levels::{self, ContourLevels};
use crate::analysis::fit::{Scatter, optimum_label, prediction, scatter};
use crate::analysis::frame::Frame;
use crate::analysis::framing::frame_around;
use crate::analysis::path_layers::{cased_line, is_round, line_width, lowest_level, marker_legend, panel};
use crate::analysis::ranges::{extent, log_range};
use crate::analysis::runs::Runs;
use crate::analysis::sample::spread;
use crate::analysis::sentences::valley;
use crate::analysis::setting::Setting;
use crate::figure::ticks::{axis, count_axis};
use crate::figure::{AnimationFrame, Axis, Color, Dash, Figure, Layer, LegendEntry, LegendShape, Marker, Panel, Scale, TableRow, palette};
use crate::model::{Parameter, Params};
use crate::text;

/// The axis of J ends at this multiple of J at the start, even if J exceeds it.
const ABOVE_START: f64 = 10.0;

/// The height over the width of the contour where units are equal.
const RATIO: f64 = 0.6;

/// The largest number of columns of the table that tell the settings of the runs.
const SETTINGS: usize = 3;

/// The diameter of the marker of a run.
const MARKER: f64 = 8.0;

/// The panels of an animation: contour, fit, J over the updates, and a table.
pub struct View<'a> {
    runs: Runs<'a>,
    tracks: &'a [Track],
    styles: Vec<(Color, Dash)>,
    frame: Frame,
    scatter: Scatter,
    losses: Axis,
    /// The columns of the table with the settings in which the runs differ.
    settings: Vec<Parameter>,
    /// Updates in one epoch; `None` if the runs differ in it.
    batches: Option<u64>,
    /// The last update of all runs.
    last: u64,
    /// A sentence on the choice of the runs.
    note: String,
}

impl<'a> View<'a> {
    /// The panels for some runs of one problem.
    pub fn new(runs: &Runs<'a>, tracks: &'a [Track], note: String) -> Self {
        let rows: Vec<usize> = tracks.iter().map(|track| track.path.row).collect();
        let surface = runs.surface(rows[0]);
        let frame = frame_around(&surface, tracks.iter().map(|track| &track.path));
        let batches = runs.batches(rows[0]);
        let scatter = scatter(runs, rows[0]);
        let notes: Vec<String> = [note].into_iter().filter(|note| !note.is_empty()).chain(scatter.note.clone()).collect();
        Self {
            runs: *runs,
            tracks,
            styles: styles(runs, &rows),
            frame: if is_round(&surface) { frame.with_ratio([RATIO; 2]) } else { frame },
            scatter,
            losses: loss_axis(tracks, surface.optimum().map(|_| surface.minimum())),
            settings: differing(runs, &rows),
            batches: rows.iter().all(|&row| runs.batches(row) == batches).then_some(batches),
            last: rows.iter().map(|&row| runs.table.steps[row]).max().unwrap_or(0),
            note: notes.join(". "),
        }
    }

    /// The row of the first run, whose problem is that of all.
    fn row(&self) -> usize {
        self.tracks[0].path.row
    }

    /// Everything that does not change, with the caption and the table of a frame.
    pub fn background(&self, frame: &AnimationFrame) -> Figure {
        let (runs, surface) = (&self.runs, self.runs.surface(self.row()));
        let map = surface.within(self.frame);
        let levels = ContourLevels::new(&map, lowest_level(&surface, self.tracks.iter().map(|track| &track.path)));
        let mut contour = levels.bands(&map);
        contour.extend(levels.isolines(&map));
        contour.extend(contour_levels::target(&surface, &map));
        let obstacles: Vec<[f64; 2]> =
            self.tracks.iter().flat_map(|track| spread(track.path.points.len(), 40).map(|at| track.path.points[at])).collect();
        contour.extend(levels.labels(&map, surface.optimum(), &obstacles));
        let (mut fit, mut losses) = (self.scatter.layers.clone(), Vec::new());
        let mut legend: Vec<LegendEntry> =
            marker_legend(&surface).into_iter().filter(|entry| entry.shape != LegendShape::Marker(Marker::Filled)).collect();
        if let Some(optimum) = surface.optimum() {
            let points = prediction(runs.problem(self.row()), optimum, self.scatter.x.range);
            fit.push(Layer::Line { points, color: palette::INK, width: 1.6, dash: Dash::Dashed });
            if !matches!(optimum_label(&surface), "optimum") {
                legend.push(LegendEntry {
                    label: optimum_label(&surface).into(),
                    color: palette::INK,
                    shape: LegendShape::Line(Dash::Dashed),
                });
            }
            losses.push(Layer::Rule {
                at: surface.minimum(),
                vertical: false,
                label: "J*".into(),
                color: palette::FAINT,
                dash: Dash::Dashed,
            });
        }
        legend.extend(self.scatter.legend.iter().cloned());
        let plain =
            |title: &str, x: &Axis, y: &Axis, layers| Panel { title: title.into(), x: x.clone(), y: y.clone(), equal_units: false, layers };
        let subject = if self.tracks.len() == 1 { runs.name(self.row()) } else { text::count(self.tracks.len(), "run") };
        Figure {
            name: "descent".into(),
            title: format!("{}: the descent of {subject}", runs.experiment.name),
            caption: frame.caption.clone(),
            note: self.note.clone(),
            columns: 2,
            panels: vec![
                panel("Cost surface J(w, b)".into(), &self.frame, is_round(&surface), contour),
                plain("Prediction", &self.scatter.x, &self.scatter.y, fit),
                plain("J on all training rows", &count_axis("updates", [0.0, self.last.max(1) as f64]), &self.losses, losses),
            ],
            shared_axes: false,
            legend,
            color_bars: Vec::new(),
            table: frame.table.clone(),
            size: [960, 740],
        }
    }

    /// The frame after an update, at which each run is at a point of its path.
    pub fn frame(&self, step: u64, points: &[usize]) -> AnimationFrame {
        let [mut paths, mut ends, mut fits, mut losses, mut last_losses] = [const { Vec::new() }; 5];
        for ((track, &point), &(color, dash)) in self.tracks.iter().zip(points).zip(&self.styles) {
            let (path, theta) = (&track.path, track.path.points[point]);
            let marker = |at| Layer::Markers { points: vec![at], marker: Marker::Filled, color, size: MARKER };
            paths.extend(cased_line(path.points[..=point].to_vec(), color, dash, line_width(path, &self.frame)));
            ends.push(marker(theta));
            let points = prediction(self.runs.problem(path.row), Params(theta), self.scatter.x.range);
            fits.push(Layer::Line { points, color, width: 2.0, dash });
            let points: Vec<[f64; 2]> = track.losses(point).filter(|[_, loss]| self.losses.scale == Scale::Linear || *loss > 0.0).collect();
            last_losses.extend(points.last().map(|&last| marker(last)));
            losses.push(Layer::Line { points, color, width: 1.6, dash });
        }
        let starts: Vec<[f64; 2]> = self.tracks.iter().map(|track| track.path.points[0]).collect();
        paths.push(Layer::Markers { points: starts, marker: Marker::Hollow, color: palette::INK, size: 6.0 });
        paths.append(&mut ends);
        losses.append(&mut last_losses);
        AnimationFrame { caption: self.caption(step), layers: vec![paths, fits, losses], table: self.table(step, points), duration: 0 }
    }

    fn caption(&self, step: u64) -> Vec<String> {
        let epoch = self.batches.map_or_else(String::new, |batches| {
            let [epoch, epochs] = [step, self.last].map(|step| text::grouped(step.div_ceil(batches)));
            format!(", epoch {epoch} of {epochs}")
        });
        let [update, updates] = [step, self.last].map(text::grouped);
        vec![format!("Update {update} of {updates}{epoch}"), valley(&self.runs, self.row())]
    }

    /// One row for each run, and one for the optimum: settings or weight and bias, J, and the verdict at the end of the run.
    fn table(&self, step: u64, points: &[usize]) -> Vec<TableRow> {
        let has_parameters = self.settings.is_empty();
        let mut head = vec!["run".to_owned()];
        head.extend(self.settings.iter().map(|parameter| parameter.key().to_owned()));
        if has_parameters {
            head.extend(["weight", "bias"].map(String::from));
        }
        if self.batches.is_none() {
            head.push("epoch".into());
        }
        head.extend(["J", "verdict"].map(String::from));
        let columns = head.len();
        let mut rows = vec![TableRow { color: None, cells: head }];
        for ((track, &point), &(color, _)) in self.tracks.iter().zip(points).zip(&self.styles) {
            let (row, theta) = (track.path.row, track.path.points[point]);
            let mut cells = vec![self.runs.table.run[row].to_string()];
            cells.extend(self.settings.iter().map(|&parameter| match self.runs.setting(row, parameter) {
                Setting::Absent => String::new(),
                setting => setting.to_string(),
            }));
            if has_parameters {
                cells.extend(theta.map(text::loss));
            }
            if self.batches.is_none() {
                cells.push(text::grouped(track.path.steps[point].div_ceil(self.runs.batches(row))));
            }
            cells.push(text::loss(track.losses[point]));
            cells.push(if step < self.runs.table.steps[row] {
                String::new()
            } else if let Some(update) = self.runs.table.diverged_at[row] {
                format!("diverged at {}", text::grouped(update))
            } else {
                self.runs.verdict(row)
            });
            rows.push(TableRow { color: Some(color), cells });
        }
        let surface = self.runs.surface(self.row());
        if let Some(optimum) = surface.optimum() {
            let mut cells = vec![String::new(); columns];
            cells[0] = "optimum".into();
            cells[columns - 2] = text::loss(surface.minimum());
            if has_parameters {
                cells[1..3].clone_from_slice(&optimum.map(text::loss).0);
            }
            rows.push(TableRow { color: Some(palette::INK), cells });
        }
        rows
    }
}

/// A colour and a dash for each run: those of the hyperparameter that tells all runs apart, or those of categories.
fn styles(runs: &Runs<'_>, rows: &[usize]) -> Vec<(Color, Dash)> {
    let color_by = ColorBy::new(runs, rows, None, &[]);
    let all_differ = color_by.values().max(1) == rows.len();
    let style = |(index, &row): (usize, &usize)| {
        if all_differ {
            (color_by.color(runs, row), color_by.dash(runs, row))
        } else {
            (palette::category(index), palette::category_dash(index))
        }
    };
    rows.iter().enumerate().map(style).collect()
}

/// The hyperparameters in which some runs differ, without seeds; the first few of many.
fn differing(runs: &Runs<'_>, rows: &[usize]) -> Vec<Parameter> {
    let mut parameters = vec![Parameter::Optimizer, Parameter::LearningRate];
    parameters.extend(runs.varied().into_iter().filter(|parameter| !matches!(parameter, Parameter::Optimizer | Parameter::LearningRate)));
    parameters.retain(|&parameter| runs.distinct_settings(rows, parameter).len() > 1);
    parameters.truncate(SETTINGS);
    parameters
}

/// The axis of J: logarithmic, unless J is negative somewhere.
fn loss_axis(tracks: &[Track], minimum: Option<f64>) -> Axis {
    let start = tracks.iter().map(|track| track.losses[0]).fold(f64::NEG_INFINITY, f64::max);
    let highest = start + (ABOVE_START - 1.0) * start.abs();
    let values = || tracks.iter().flat_map(|track| &track.losses).map(|loss| loss.min(highest)).chain(minimum);
    if values().all(|value| value >= 0.0) { axis("J", Scale::Log, log_range(values())) } else { axis("J", Scale::Linear, extent(values())) }
}
