//! The final J − J* as a function of a hyperparameter: medians and bands over seeds at the best setting of everything else.

use std::borrow::Cow;

use rustc_hash::FxHashSet;

use super::bands::Band;
use super::color_by::ColorBy;
use super::expected;
use super::problems::{Rankings, problem_name};
use super::ranges::{CostAxis, log_range, padded};
use super::ranking::Ranking;
use super::runs::{Runs, is_seed};
use super::sample::spread;
use super::sentences::{self, distances};
use super::setting::Setting;
use super::statistics;
use crate::figure::ticks::axis;
use crate::figure::{Axis, Dash, Figure, Layer, LegendEntry, LegendShape, Marker, Panel, Scale, Tick, palette};
use crate::model::Parameter;
use crate::model::Scale as AxisScale;
use crate::text;

/// The largest numbers of positions on the x axis, and of lines.
const POSITIONS: usize = 400;
const LINES: usize = 16;

/// The height of the strip for diverged runs above the axis, relative to the height of the axis.
const STRIP: f64 = 0.09;

/// The largest number of points of the theory in a line.
const EXPECTED: usize = 60;

/// The largest number of runs of a line that are drawn one by one, next to the bins of a sampled hyperparameter.
const SCATTERED: usize = 1000;

/// The dash of the theory, in ink.
const EXPECTED_DASH: Dash = Dash::Dotted;

/// The number of SGD's stability limits that are drawn.
const LIMITS: usize = 3;

/// One panel per problem, with one line per value of the hyperparameter that colours distinguish.
pub fn figure(rankings: &Rankings<'_>, by: Parameter, style: Option<Parameter>) -> Figure {
    let (runs, rows) = (&rankings.all.runs(), rankings.all.all_rows());
    let x_axis = SettingAxis::new(by, &runs.distinct_settings(rows, by));
    let problems = if by == Parameter::DataScale { std::slice::from_ref(&rankings.all) } else { rankings.problems() };
    let color_by = ColorBy::with_limit(runs, rows, style, &[by, Parameter::DataScale], LINES);
    let lines: Vec<Vec<Line>> = problems.iter().map(|ranking| lines(ranking, &color_by, &x_axis)).collect();
    let frame = Frame::new(runs, rows, &lines);
    let mut panels: Vec<Panel> =
        problems.iter().zip(&lines).map(|(own, lines)| panel(runs, own.all_rows(), &x_axis, &frame, lines)).collect();
    if problems.len() > 1 {
        for (panel, own) in panels.iter_mut().zip(problems) {
            panel.title = problem_name(runs, own.all_rows()[0]);
        }
    }
    let columns = panels.len().min(2);
    Figure {
        name: format!("final_loss-{}", by.facts().name),
        title: format!("{}: {} for each {}", runs.experiment.name, frame.axis.label, by.key()),
        caption: caption(&rankings.all, &color_by, &x_axis, &frame),
        note: String::new(),
        columns,
        size: [if columns > 1 { 1040 } else { 860 }, 210 + 340 * panels.len().div_ceil(columns) as u32],
        legend: legend(&color_by, &x_axis, &frame, &lines, &panels),
        panels,
        shared_axes: true,
        color_bars: Vec::new(),
        table: Vec::new(),
    }
}

/// The x axis of a hyperparameter: numeric if all values are numbers, else one category per value.
struct SettingAxis {
    parameter: Parameter,
    axis: Axis,
    /// The values in order of position; `None` on a numeric axis.
    categories: Option<Vec<Setting>>,
    /// The number of values at one position: 1, unless a numeric axis has more than [`POSITIONS`] values.
    pooled: usize,
    /// The values in order.
    settings: Vec<Setting>,
    /// Whether the values are bins, whose runs are drawn one by one as well.
    has_bins: bool,
}

impl SettingAxis {
    fn new(parameter: Parameter, settings: &[Setting]) -> Self {
        let numbers: Vec<f64> = settings.iter().filter_map(|setting| setting.number()).collect();
        let ends: Vec<f64> = settings.iter().filter_map(|setting| setting.ends()).flatten().collect();
        let (min, max) = ends.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(min, max), &v| (min.min(v), max.max(v)));
        if numbers.len() < settings.len() || numbers.is_empty() {
            let ticks = spread(settings.len(), 12).map(|at| Tick { at: at as f64, label: settings[at].to_string() }).collect();
            let range = [-0.5, settings.len() as f64 - 0.5];
            let axis = Axis { label: parameter.key().into(), scale: Scale::Linear, range, ticks };
            return Self { parameter, axis, categories: Some(settings.to_vec()), pooled: 1, settings: settings.to_vec(), has_bins: false };
        }
        let is_log = parameter.facts().scale == AxisScale::Log && min > 0.0;
        let range = if is_log { log_range(ends.into_iter()) } else { padded(min, max) };
        let axis = axis(parameter.key(), if is_log { Scale::Log } else { Scale::Linear }, range);
        let pooled = settings.len().div_ceil(POSITIONS);
        let has_bins = settings.iter().any(|setting| matches!(setting, Setting::Range { .. }));
        Self { parameter, axis, categories: None, pooled, settings: settings.to_vec(), has_bins }
    }

    /// The x coordinate of a value: with pooled values that of the middle one.
    fn position(&self, setting: Setting) -> f64 {
        let index = self.settings.binary_search(&setting).unwrap_or(0);
        if self.categories.is_some() {
            return index as f64;
        }
        let first = index / self.pooled * self.pooled;
        let middle = (first + self.pooled / 2).min(self.settings.len() - 1);
        self.settings[middle].number().unwrap_or(self.axis.range[0])
    }
}

/// The line of one value of the coloured hyperparameter.
struct Line {
    position: usize,
    /// The value; empty if all lines have one colour.
    name: String,
    color: crate::figure::Color,
    dash: Dash,
    /// Median and quantiles of the mean of J − J*; infinite values are left out.
    band: Band,
    /// The theory of plain SGD.
    expected: Vec<[f64; 2]>,
    /// Values and mean J − J* of single runs, if the values of the axis are bins.
    runs: Vec<[f64; 2]>,
    /// Positions at which some run of the best setting diverged.
    diverged: Vec<f64>,
    /// The value with the lowest median, and its point.
    best: Option<(Setting, [f64; 2])>,
}

impl Line {
    /// Whether there is nothing to connect.
    fn is_point(&self) -> bool {
        self.band.median.len() == 1 && self.diverged.is_empty()
    }
}

fn lines(ranking: &Ranking<'_>, color_by: &ColorBy, x_axis: &SettingAxis) -> Vec<Line> {
    let runs = &ranking.runs();
    let groups: Vec<Vec<usize>> = color_by
        .parameter()
        .map_or_else(Vec::new, |parameter| runs.group_by(ranking.all_rows(), parameter).into_iter().map(|(_, own)| own).collect());
    let rankings: Vec<Cow<'_, Ranking<'_>>> = if groups.is_empty() {
        vec![ranking.with_values_of(x_axis.parameter)]
    } else {
        groups.iter().map(|own| Cow::Owned(Ranking::new(runs, own, Some(x_axis.parameter)))).collect()
    };
    let count = rankings.len() as f64;
    let line = |(index, ranking): (usize, &Cow<'_, Ranking<'_>>)| {
        // Lines are next to each other at a category.
        let offset = if x_axis.categories.is_some() { 0.6 * ((index as f64 + 0.5) / count - 0.5) } else { 0.0 };
        let position = color_by.position(runs, ranking.all_rows()[0]);
        let mut line = Line {
            position,
            name: color_by.parameter().map_or_else(String::new, |parameter| runs.level(ranking.all_rows()[0], parameter).to_string()),
            color: color_by.color_at(position),
            dash: color_by.dash_at(position),
            band: Band::default(),
            expected: Vec::new(),
            runs: Vec::new(),
            diverged: Vec::new(),
            best: None,
        };
        if x_axis.has_bins {
            let rows = ranking.all_rows();
            let point = |row: usize| Some([runs.setting(row, x_axis.parameter).number()?, runs.mean_excess(row)]);
            line.runs = spread(rows.len(), SCATTERED).filter_map(|place| point(rows[place])).filter(|point| point[1].is_finite()).collect();
        }
        // The runs of the best setting for each value, in the order of the values.
        let mut tuned: Vec<(Setting, &[usize])> =
            ranking.best_by(x_axis.parameter).iter().map(|group| (group.value, ranking.rows(&group.best))).collect::<Vec<_>>();
        tuned.sort_by_key(|(setting, _)| *setting);
        if x_axis.categories.is_none() && !is_seed(x_axis.parameter) {
            let shown = spread(tuned.len(), EXPECTED).map(|place| tuned[place]);
            line.expected =
                shown.filter_map(|(setting, rows)| Some([x_axis.position(setting), expected::mean_excess(runs, rows)?])).collect();
        }
        for pooled in tuned.chunk_by(|a, b| x_axis.position(a.0) == x_axis.position(b.0)) {
            let x = x_axis.position(pooled[0].0) + offset;
            let own = || pooled.iter().flat_map(|(_, rows)| rows.iter().copied());
            let costs: Vec<f64> = own().map(|row| runs.mean_excess(row)).collect();
            let [low, median, high] = statistics::quantiles(&costs);
            if let Some(median) = median {
                line.band.median.push([x, median]);
                if costs.len() > 1 {
                    line.band.low.push([x, low.unwrap_or(median)]);
                    line.band.high.push([x, high.unwrap_or(f64::MAX)]);
                }
                if line.best.is_none_or(|(_, point)| median < point[1]) {
                    line.best = Some((pooled[pooled.len() / 2].0, [x, median]));
                }
            }
            if own().any(|row| runs.has_diverged(row)) {
                line.diverged.push(x);
            }
        }
        line
    };
    rankings.iter().enumerate().map(line).collect()
}

/// The y axis, with a strip for diverged runs above.
struct Frame {
    cost: CostAxis,
    axis: Axis,
    /// J − J* up to which a run counts as converged; 0 without an optimum.
    threshold: f64,
}

impl Frame {
    fn new(runs: &Runs<'_>, rows: &[usize], lines: &[Vec<Line>]) -> Self {
        let medians = lines.iter().flatten().flat_map(|line| line.band.median.iter().map(|point| point[1]));
        let cost = CostAxis::new(runs, rows, medians);
        let mut axis = cost.axis();
        axis.label = format!("final {}", cost.label);
        if lines.iter().flatten().any(|line| !line.diverged.is_empty()) {
            axis.range[1] = cost.at(1.0 + STRIP);
            axis.ticks.retain(|tick| tick.at <= cost.at(1.0 - STRIP / 3.0));
            axis.ticks.push(Tick { at: cost.at(1.0 + STRIP / 2.0), label: "diverged".into() });
        }
        let threshold = if cost.scale == Scale::Log { runs.surface(rows[0]).convergence_excess() } else { 0.0 };
        Self { cost, axis, threshold }
    }
}

fn panel(runs: &Runs<'_>, rows: &[usize], x_axis: &SettingAxis, frame: &Frame, lines: &[Line]) -> Panel {
    let rule = |at, vertical, dash| Layer::Rule { at, vertical, label: String::new(), color: palette::FAINT, dash };
    let mut layers = Vec::new();
    layers.extend(frame.cost.start.map(|_| rule(frame.cost.range[1], false, Dash::Dotted)));
    if frame.threshold > 0.0 {
        layers.push(rule(frame.threshold, false, Dash::Dashed));
    }
    if x_axis.parameter == Parameter::LearningRate {
        layers.extend(stability_limits(runs, rows, x_axis.axis.range).into_iter().map(|at| rule(at, true, Dash::DashDotted)));
    }
    let is_categorical = x_axis.categories.is_some();
    for line in lines {
        let band = line.band.clone().map_values(|value| frame.cost.clamp(value));
        if is_categorical {
            let whiskers = band.low.iter().zip(&band.high).map(|(low, high)| vec![*low, *high]);
            layers.extend(whiskers.map(|points| Layer::Line { points, color: line.color, width: 1.4, dash: Dash::Solid }));
        } else {
            layers.extend(band.area(line.color));
        }
    }
    for line in lines {
        let inside = line.runs.iter().filter(|point| point[1] <= frame.cost.range[1]);
        let points = inside.map(|&[x, y]| [x, frame.cost.clamp(y)]).collect();
        let color = crate::figure::Color { alpha: 0.35, ..line.color };
        layers.push(Layer::Markers { points, marker: Marker::Dot, color, size: 2.0 });
    }
    for (index, line) in lines.iter().enumerate() {
        let band = line.band.clone().map_values(|value| frame.cost.clamp(value));
        let (color, few) = (line.color, band.median.len() <= 40);
        if !is_categorical {
            layers.push(band.line(color, 1.6, line.dash));
        }
        let (above, inside): (Vec<[f64; 2]>, Vec<[f64; 2]>) = line.band.median.iter().partition(|point| point[1] > frame.cost.range[1]);
        if few || is_categorical {
            layers.push(Layer::Markers {
                points: inside.iter().map(|&[x, y]| [x, frame.cost.clamp(y)]).collect(),
                marker: Marker::Dot,
                color,
                size: 4.0,
            });
        }
        let edge = above.iter().map(|point| [point[0], frame.cost.range[1]]).collect();
        layers.push(Layer::Markers { points: edge, marker: Marker::Above, color, size: 6.0 });
        let height = 1.0 + STRIP * (0.12 + 0.76 * (lines.len() - index) as f64 / (lines.len() + 1) as f64);
        let strip = line.diverged.iter().map(|&x| [x, frame.cost.at(height)]).collect();
        layers.push(Layer::Markers { points: strip, marker: Marker::Tick, color, size: (24.0 / lines.len() as f64).clamp(2.0, 8.0) });
    }
    let mut names = Vec::new();
    for line in lines {
        // E[J] grows without bound at rates where most runs are still far from it.
        let points = line.expected.iter().filter(|point| point[1] <= frame.cost.range[1]).map(|&[x, y]| [x, frame.cost.clamp(y)]).collect();
        layers.push(Layer::Line { points, color: palette::INK, width: 1.2, dash: EXPECTED_DASH });
        if let Some((_, [x, y])) = line.best {
            let at = [x, frame.cost.clamp(y)];
            layers.push(Layer::Markers { points: vec![at], marker: Marker::Hollow, color: line.color, size: 8.0 });
            if line.is_point() && !line.name.is_empty() {
                names.push(Layer::Label { at, text: line.name.clone(), color: line.color });
            }
        }
    }
    layers.extend(names);
    layers.retain(|layer| !matches!(layer, Layer::Markers { points, .. } | Layer::Line { points, .. } if points.is_empty()));
    Panel { title: String::new(), x: x_axis.axis.clone(), y: frame.axis.clone(), equal_units: false, layers }
}

/// The stability limits of SGD, one for each momentum: a few inside the range.
fn stability_limits(runs: &Runs<'_>, rows: &[usize], range: [f64; 2]) -> Vec<f64> {
    // A limit does not depend on the learning rate.
    let mut known = FxHashSet::default();
    let is_new = |row: &&usize| {
        known.insert(runs.experiment.space.first_like(runs.table.run[**row], |parameter| parameter == Parameter::LearningRate))
    };
    let mut limits: Vec<f64> = rows.iter().filter(is_new).filter_map(|&row| runs.stability_limit(row)).collect();
    limits.sort_by(f64::total_cmp);
    limits.dedup();
    limits.retain(|limit| (range[0]..=range[1]).contains(limit));
    spread(limits.len(), LIMITS).map(|position| limits[position]).collect()
}

/// The lines with their best values, and the reference lines.
fn legend(color_by: &ColorBy, x_axis: &SettingAxis, frame: &Frame, lines: &[Vec<Line>], panels: &[Panel]) -> Vec<LegendEntry> {
    let best = |position: usize| {
        let own = lines.iter().flatten().filter(|line| line.position == position);
        let values: Vec<String> = own.map(|line| line.best.map_or_else(|| "diverged".into(), |(setting, _)| setting.to_string())).collect();
        values.join(" | ")
    };
    let has_best = lines.iter().flatten().any(|line| line.best.is_some());
    let mut legend: Vec<LegendEntry> = Vec::new();
    for (position, entry) in color_by.entries(lines.iter().flatten().map(|line| line.position).collect()) {
        let own = || lines.iter().flatten().filter(|line| line.position == position);
        let label = if own().any(|line| line.best.is_some()) {
            format!("{}: best at {}", entry.label, best(position))
        } else {
            format!("{}: diverged", entry.label)
        };
        let shape = if own().all(Line::is_point) { LegendShape::Marker(Marker::Hollow) } else { entry.shape };
        legend.push(LegendEntry { label, shape, ..entry });
    }
    let mut add = |label: String, shape| legend.push(LegendEntry { label, color: palette::FAINT, shape });
    if has_best {
        let value = if color_by.parameter().is_none() { format!(": {}", best(0)) } else { String::new() };
        add(format!("best {}{value}", x_axis.parameter.key()), LegendShape::Marker(Marker::Hollow));
    }
    if frame.threshold > 0.0 {
        add("convergence threshold".into(), LegendShape::Line(Dash::Dashed));
    }
    if frame.cost.start.is_some() {
        add("at the start".into(), LegendShape::Line(Dash::Dotted));
    }
    let has = |wanted: fn(&Layer) -> bool| panels.iter().flat_map(|panel| &panel.layers).any(wanted);
    if has(|layer| matches!(layer, Layer::Line { color: palette::INK, .. })) {
        let label = format!("expected {} of sgd (theory)", frame.cost.label);
        legend.push(LegendEntry { label, color: palette::INK, shape: LegendShape::Line(EXPECTED_DASH) });
    }
    let mut add = |label: String, shape| legend.push(LegendEntry { label, color: palette::FAINT, shape });
    if has(|layer| matches!(layer, Layer::Rule { vertical: true, .. })) {
        let limits =
            panels.iter().map(|panel| panel.layers.iter().filter(|layer| matches!(layer, Layer::Rule { vertical: true, .. })).count());
        let several = if limits.max() > Some(1) { "s of sgd, for some momenta" } else { " of sgd" };
        add(format!("stability limit{several} (full batch)"), LegendShape::Line(Dash::DashDotted));
    }
    if has(|layer| matches!(layer, Layer::Markers { marker: Marker::Above, .. })) {
        add("above the start".into(), LegendShape::Marker(Marker::Above));
    }
    legend
}

fn caption(ranking: &Ranking<'_>, color_by: &ColorBy, x_axis: &SettingAxis, frame: &Frame) -> Vec<String> {
    let (runs, rows, best) = (&ranking.runs(), ranking.all_rows(), ranking.best_of_losses());
    let mut sentences = Vec::new();
    if let [best] = best[..]
        && runs.mean_excess(best).is_finite()
    {
        // Rounding may put J a little below J*.
        let has_optimum = runs.problem(best).optimum.is_some();
        let lowest = if has_optimum { runs.mean_excess(best).max(0.0) } else { runs.mean_excess(best) };
        sentences.push(format!("The lowest {} is {}: {}", frame.cost.label, text::significant(lowest, 2), runs.name(best)));
    }
    let count = |of: &dyn Fn(usize) -> bool| rows.iter().filter(|&&row| of(row)).count();
    let diverged = count(&|row| runs.has_diverged(row));
    let above = count(&|row| (frame.cost.range[1]..f64::INFINITY).contains(&runs.mean_excess(row)));
    let mut ends = Vec::new();
    if diverged == rows.len() && diverged > 1 {
        ends.push(format!("{} runs diverge", sentences::all(diverged)));
    } else if diverged > 0 {
        ends.push(format!(
            "{} of {} {}",
            text::grouped(diverged as u64),
            text::count(rows.len(), "run"),
            if diverged == 1 { "diverges" } else { "diverge" }
        ));
    }
    if above > 0 {
        let of = if diverged == 0 { format!(" of {}", text::count(rows.len(), "run")) } else { String::new() };
        ends.push(format!("{}{of} {} above the start", text::grouped(above as u64), if above == 1 { "ends" } else { "end" }));
    }
    if !ends.is_empty() {
        sentences.push(text::list(&ends));
    }
    let shown = [Some(x_axis.parameter), color_by.parameter(), Some(Parameter::DataScale)];
    let varied = runs.experiment.space.varied();
    let is_seeded = varied.iter().any(|&parameter| is_seed(parameter) && parameter != x_axis.parameter);
    let tuned: Vec<&str> = runs.varied().into_iter().filter(|parameter| !shown.contains(&Some(*parameter))).map(Parameter::key).collect();
    let at_best = if tuned.is_empty() { String::new() } else { format!(" at the best {}", text::list(&tuned)) };
    if x_axis.has_bins {
        let drawn = if rows.len() > SCATTERED { "small dots are a sample of the runs" } else { "small dots are runs" };
        sentences
            .push(format!("Each point is the median run of a bin of {}; the band holds 80 % of its runs; {drawn}", x_axis.parameter.key()));
    } else if x_axis.pooled > 1 {
        sentences
            .push(format!("Each point is the median of {} neighbouring values{at_best}; the band holds 80 % of their runs", x_axis.pooled));
    } else if is_seeded {
        sentences.push(format!("Each point is the median over seeds{at_best}; the band holds 80 % of the seeds"));
    } else if !tuned.is_empty() {
        sentences.push(format!("Each point is the run{at_best}"));
    }
    // J − J* of different losses are not comparable: each loss has a sentence of its own.
    let of_losses = if best.len() > 1 { distances(ranking) } else { Vec::new() };
    of_losses.into_iter().chain(std::iter::once(sentences.join(". "))).filter(|line| !line.is_empty()).collect()
}
