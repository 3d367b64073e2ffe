//! Weight and bias as a function of the number of updates.

use std::rc::Rc;

use super::color_by::ColorBy;
use super::errors::Error;
use super::framing::frame_around;
use super::path_layers::opacity;
use super::paths::PathCache;
use super::problems::{by_problem, problem_name};
use super::sample;
use super::sentences::distances;
use crate::figure::ticks::{axis, count_axis};
use crate::figure::{Color, Dash, Figure, Layer, Panel, Scale, palette};
use crate::model::Parameter;
use crate::text;

/// One figure with a row of two panels per problem.
pub fn figure(cache: &mut PathCache<'_>, rows: &[usize], style: Option<Parameter>) -> Result<Figure, Error> {
    let runs = cache.runs();
    let problems = by_problem(&runs, rows);
    let color_by = ColorBy::new(&runs, rows, style, &[Parameter::DataScale]);
    let (mut panels, mut shown) = (Vec::new(), 0);
    for own in &problems {
        let drawn = cache.drawn(&sample::drawn(&runs, own))?;
        shown += drawn.len();
        let surface = runs.surface(own[0]);
        let frame = frame_around(&surface, drawn.iter().map(Rc::as_ref));
        let last = drawn.iter().filter_map(|path| path.steps.last()).max().copied().unwrap_or(1).max(1) as f64;
        let alpha = (14.0 / drawn.len() as f64).clamp(0.3, 1.0);
        for (index, (name, range)) in [("weight", frame.weight), ("bias", frame.bias)].into_iter().enumerate() {
            let mut layers: Vec<Layer> = Vec::with_capacity(drawn.len() + 1);
            for path in &drawn {
                let points = || path.steps.iter().zip(&path.points).map(|(&step, point)| [step as f64, point[index]]);
                let relative = points().map(|[step, value]| [step / last, (value - range[0]) / (range[1] - range[0])]);
                let color = Color { alpha: alpha * opacity(relative), ..color_by.color(&runs, path.row) };
                layers.push(Layer::Line { points: points().collect(), color, width: 1.2, dash: Dash::Solid });
            }
            if let Some(at) = surface.optimum().map(|optimum| optimum[index]) {
                let label = format!("optimum {}", text::loss(at));
                layers.push(Layer::Rule { at, vertical: false, label, color: palette::INK, dash: Dash::Dashed });
            }
            let title = if problems.len() > 1 { format!("{name}, {}", problem_name(&runs, own[0])) } else { name.into() };
            panels.push(Panel { title, x: count_axis("updates", [0.0, last]), y: axis(name, Scale::Linear, range), layers });
        }
    }
    let mut caption = distances(&runs, rows);
    if shown < rows.len() {
        caption.push(format!("{shown} of {} are drawn: the best and an evenly spaced sample", text::count(rows.len(), "run")));
    }
    Ok(Figure {
        name: "parameters".into(),
        title: format!("{}: weight and bias after each update", runs.experiment.name),
        caption,
        columns: 2,
        panels,
        shared_axes: false,
        legend: color_by.legend(),
        color_bars: Vec::new(),
        size: [960, 150 + 280 * problems.len() as u32],
    })
}
