//! The contour of the cost with the paths on it: a picture for each problem.

use std::rc::Rc;

use super::frame::Frame;
use super::ground::Ground;
use super::hue::Hue;
use super::remedy::ILL;
use super::sample::{self, spread};
use super::surface::{self, Bands};
use super::trails::{Trail, Trails};
use super::view::View;
use super::{Error, draw};
use crate::figure::{Color, Dash, Figure, Layer, LegendEntry, LegendShape, Mark, Panel, Scale};
use crate::model::Parameter;
use crate::text;

/// The most problems that get a picture of their own.
const PROBLEMS: usize = 4;

/// How far apart end and optimum are, in shares of the picture, to be two places.
const APART: f64 = 0.08;

/// Of the legend's ten places six are left beside start, end, optimum and reach.
const HUES: usize = 6;

/// The problems of some rows, each with its rows; evenly spread where there are more than fit.
pub fn by_problem(view: &View<'_>, rows: &[usize]) -> Vec<Vec<usize>> {
    let mut ids: Vec<u32> = rows.iter().map(|&row| view.runs.problem[row]).collect();
    ids.sort_unstable();
    ids.dedup();
    // One of each scale, before a second split of any.
    ids.sort_by_key(|&id| {
        let scale = view.problems[id as usize].scale;
        view.problems[..id as usize].iter().filter(|other| other.scale == scale).count()
    });
    ids.truncate(PROBLEMS);
    ids.into_iter().map(|id| rows.iter().copied().filter(|&row| view.runs.problem[row] == id).collect()).collect()
}

/// A picture for each problem.
pub fn figures(trails: &mut Trails<'_>, rows: &[usize], style: Option<Parameter>) -> Result<Vec<Figure>, Error> {
    let problems = by_problem(&trails.view(), rows);
    let several = problems.len() > 1;
    problems.iter().map(|own| figure(trails, own, style, several)).collect()
}

fn figure(trails: &mut Trails<'_>, rows: &[usize], style: Option<Parameter>, several: bool) -> Result<Figure, Error> {
    let view = trails.view();
    let ground = view.ground(rows[0]);
    let drawn = trails.of(&sample::drawn(&view, rows))?;
    let frame = Frame::around(&ground, drawn.iter().map(Rc::as_ref));
    let map = ground.on(frame);
    let bands = Bands::over(&map, ground.reached(), lowest(&ground, drawn.iter().map(Rc::as_ref)));
    let hue = Hue::new(&view, rows, style, &[Parameter::DataScale]);
    let mut layers = bands.areas(&map);
    layers.extend(bands.lines(&map));
    let [line, labels] = gap(&view, rows, &frame);
    layers.extend(line);
    layers.extend(paths(&view, &drawn, &hue, &frame));
    layers.extend(surface::target(&ground, &map));
    layers.extend(labels);
    let seen: Vec<[f64; 2]> = drawn.iter().flat_map(|trail| spread(trail.points.len(), 40).map(|at| trail.points[at])).collect();
    layers.extend(bands.labels(&map, ground.optimum(), &seen));
    let mut legend = hue.legend(LegendShape::Line, HUES);
    legend.extend(marks(&ground));
    let tail = if several { format!(", {}", problem_name(&view, rows[0])) } else { String::new() };
    Ok(Figure {
        name: if several { format!("contour-{}", slug(&view, rows[0])) } else { "contour".into() },
        title: format!("{}: the cost J(w, b) and the paths on it{tail}", view.experiment.name),
        caption: caption(&view, rows, &drawn, &frame),
        columns: 1,
        panels: vec![panel(String::new(), &frame, layers)],
        shared_axes: false,
        legend,
        color_bar: Some(bands.bar(&ground)),
        size: [900, 640],
    })
}

/// A coordinate system of weight and bias.
pub fn panel(title: String, frame: &Frame, layers: Vec<Layer>) -> Panel {
    let (x, y) = (draw::axis("weight", Scale::Linear, frame.weight), draw::axis("bias", Scale::Linear, frame.bias));
    Panel { title, x, y, layers }
}

/// Lines, then starts, then ends, so that ends are on top.
pub fn paths(view: &View<'_>, drawn: &[Rc<Trail>], hue: &Hue, frame: &Frame) -> Vec<Layer> {
    let crowd = drawn.len() as f64;
    let (width, alpha, size) = (
        if crowd <= 3.0 { 1.8 } else { 1.3 },
        (12.0 / crowd).clamp(0.35, 1.0),
        match drawn.len() {
            0..=3 => 6.0,
            4..=20 => 4.5,
            _ => 3.0,
        },
    );
    let mut lines: Vec<(f64, &Trail)> =
        drawn.iter().map(|trail| (draw::ink(trail.points.iter().map(|&point| frame.share(point))), Rc::as_ref(trail))).collect();
    // The faintest first.
    lines.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut layers = Vec::new();
    for (ink, trail) in lines {
        let color = Color { alpha: alpha * if crowd > 1.0 { ink } else { ink.max(0.5) }, ..hue.color(view, trail.row) };
        layers.push(Layer::Line { points: trail.points.clone(), color, width, dash: Dash::Solid });
    }
    let mut starts: Vec<[f64; 2]> = drawn.iter().filter_map(|trail| trail.points.first().copied()).collect();
    starts.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
    starts.dedup();
    layers.push(Layer::Marks { points: starts, mark: Mark::Hollow, color: draw::INK, size: size + 0.5 });
    for trail in drawn {
        let color = hue.color(view, trail.row);
        layers.push(Layer::Marks { points: vec![trail.end()], mark: Mark::Filled, color, size });
    }
    layers
}

/// The lowest J over its floor that a path comes to: the lowest band of a ground without an optimum.
pub fn lowest<'p>(ground: &Ground<'_>, drawn: impl Iterator<Item = &'p Trail>) -> f64 {
    let ends = drawn.map(|trail| ground.excess(trail.end())).filter(|excess| *excess > 0.0);
    ends.fold(f64::INFINITY, f64::min).min(f64::MAX)
}

/// The way that the best run still had to go, with J at both ends: a line, and labels. Nothing where it is too short to be seen.
fn gap(view: &View<'_>, rows: &[usize], frame: &Frame) -> [Vec<Layer>; 2] {
    let best = view.best(rows).filter(|&row| view.excess(row).is_finite() && frame.contains(view.end(row)));
    let ground = view.ground(rows[0]);
    let label = |at, text| Layer::Label { at, text, color: draw::INK };
    let optimum = ground.optimum();
    let mut labels: Vec<Layer> = optimum.map(|at| label(at, format!("J* {}", text::loss(ground.floor())))).into_iter().collect();
    let mut line = Vec::new();
    if let (Some(best), Some(optimum)) = (best, optimum) {
        let end = view.end(best);
        let [from, to] = [frame.share(end), frame.share(optimum)];
        if libm::hypot(from[0] - to[0], from[1] - to[1]) > APART {
            line.push(Layer::Line { points: vec![end, optimum], color: draw::INK, width: 1.2, dash: Dash::Dashed });
            labels.push(label(end, format!("J {}", text::loss(view.loss(best)))));
        }
    }
    [line, labels]
}

/// What the marks of a contour mean.
pub fn marks(ground: &Ground<'_>) -> Vec<LegendEntry> {
    let entry = |label: &str, shape: LegendShape| LegendEntry { label: label.into(), color: draw::INK, shape };
    let mut legend = vec![entry("start", LegendShape::Mark(Mark::Hollow)), entry("end", LegendShape::Mark(Mark::Filled))];
    if ground.optimum().is_some() {
        legend.push(entry("optimum", LegendShape::Mark(Mark::Cross)));
    }
    if ground.reached() > 0.0 {
        legend.push(entry("counts as reached", LegendShape::DashedLine));
    }
    legend
}

/// `data.scale standard`, and the seed of the split where there is one.
pub fn problem_name(view: &View<'_>, row: usize) -> String {
    let problem = view.problem(row);
    let seeds = view.problems.iter().any(|other| other.scale == problem.scale && other.id != problem.id);
    let seed = problem.split_seed.filter(|_| seeds).map_or_else(String::new, |seed| format!(", split {seed}"));
    format!("data.scale {}{seed}", problem.scale)
}

/// The same for a file's name.
pub fn slug(view: &View<'_>, row: usize) -> String {
    let problem = view.problem(row);
    let seeds = view.problems.iter().any(|other| other.scale == problem.scale && other.id != problem.id);
    let seed = problem.split_seed.filter(|_| seeds).map_or_else(String::new, |seed| format!("-split-{seed}"));
    format!("{}{seed}", problem.scale)
}

/// The shape of the cost around the optimum, and whether it is the data's scale that makes it so.
pub fn valley(view: &View<'_>, row: usize) -> String {
    let (problem, ground) = (view.problem(row), view.ground(row));
    if ground.optimum().is_none() {
        return "there is no optimum: J falls on and on outwards".into();
    }
    match ground.condition() {
        Some(kappa) if kappa >= ILL => {
            let round = matches!(ground, Ground::Paraboloid(_)) && problem.scale != "standard";
            let cure = if round { "; standardise the feature, and it is round" } else { "" };
            format!("κ = {}: the valley is {} times longer than wide{cure}", text::condition(kappa), text::ratio(kappa.sqrt()))
        }
        Some(kappa) => format!("κ = {}", text::condition(kappa)),
        None if matches!(ground, Ground::Paraboloid(_)) => "the feature is constant: a whole line of optima".into(),
        None => "the optimum has a kink or a flat direction".into(),
    }
}

fn caption(view: &View<'_>, rows: &[usize], drawn: &[Rc<Trail>], frame: &Frame) -> Vec<String> {
    let mut caption = vec![distance(view, rows)];
    let mut second = Vec::new();
    if drawn.len() < rows.len() {
        second.push(format!("{} of {} drawn, evenly spread and the best", drawn.len(), text::count(rows.len(), "path")));
    }
    let outside = drawn.iter().filter(|trail| !frame.contains(trail.end())).count();
    if outside > 0 {
        second.push(format!("{} outside the picture", text::count(outside, "end")));
    }
    second.push(valley(view, rows[0]));
    let mut problems: Vec<u32> = view.runs.problem.clone();
    problems.sort_unstable();
    problems.dedup();
    if problems.len() > PROBLEMS {
        second.push(format!("{PROBLEMS} of {} are drawn", text::count(problems.len(), "problem")));
    }
    caption.push(second.join("; "));
    caption
}

/// How far the best of the rows ends from its optimum, in words.
pub fn distance(view: &View<'_>, rows: &[usize]) -> String {
    let Some(best) = view.best(rows) else { return String::new() };
    let ground = view.ground(best);
    let optimum = text::loss(ground.floor());
    if view.excess(best).is_infinite() {
        let all = if rows.len() == 1 { "The run diverges".into() } else { format!("All {} runs diverge", rows.len()) };
        return if ground.optimum().is_some() { format!("{all}; the optimum's J is {optimum}") } else { all };
    }
    let who = if rows.len() == 1 {
        "The run ends".into()
    } else {
        format!("The best of {}, run {} ({}), ends", text::count(rows.len(), "run"), view.runs.run[best], view.name(best))
    };
    let [w, b] = view.end(best);
    let Some([weight, bias]) = ground.optimum() else {
        return format!("{who} at J {}, w {} and b {}", text::loss(view.loss(best)), text::loss(w), text::loss(b));
    };
    let apart = [(w - weight, "w"), (b - bias, "b")];
    let apart = apart.map(|(difference, name)| format!("{} in {name}", text::significant(difference.abs(), 3)));
    if view.loss(best) / ground.floor() < 1.0005 {
        return format!("{who} at J {}, which is the optimum's to four digits", text::loss(view.loss(best)));
    }
    let times = if ground.is_perfect() {
        "where the optimum's is 0".into()
    } else {
        format!("{} × the optimum's {optimum}", text::ratio(view.loss(best) / ground.floor()))
    };
    format!("{who} at J {}, {times}; {} away", text::loss(view.loss(best)), text::list(&apart))
}
