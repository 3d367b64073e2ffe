//! Weight and bias against the step, with the optimum as a rule.

use std::rc::Rc;

use super::contour::{by_problem, problem_name};
use super::frame::Frame;
use super::hue::Hue;
use super::trails::Trails;
use super::{Error, draw, sample};
use crate::figure::{Color, Dash, Figure, Layer, LegendShape, Panel, Scale};
use crate::model::Parameter;
use crate::text;

/// A row of two panels for each problem.
pub fn figure(trails: &mut Trails<'_>, rows: &[usize], style: Option<Parameter>) -> Result<Figure, Error> {
    let view = trails.view();
    let problems = by_problem(&view, rows);
    let hue = Hue::new(&view, rows, style, &[Parameter::DataScale]);
    let (mut panels, mut shown) = (Vec::new(), 0);
    for own in &problems {
        let drawn = trails.of(&sample::drawn(&view, own))?;
        shown += drawn.len();
        let ground = view.ground(own[0]);
        let frame = Frame::around(&ground, drawn.iter().map(Rc::as_ref));
        let last = drawn.iter().filter_map(|trail| trail.steps.last()).max().copied().unwrap_or(1).max(1) as f64;
        let alpha = (14.0 / drawn.len() as f64).clamp(0.3, 1.0);
        for (axis, (name, range)) in [("weight", frame.weight), ("bias", frame.bias)].into_iter().enumerate() {
            let mut layers: Vec<Layer> = Vec::with_capacity(drawn.len() + 1);
            for trail in &drawn {
                let height = |value: f64| (value - range[0]) / (range[1] - range[0]);
                let shares = trail.steps.iter().zip(&trail.points).map(|(&step, point)| [step as f64 / last, height(point[axis])]);
                let alpha = alpha * draw::ink(shares);
                let points = trail.steps.iter().zip(&trail.points).map(|(&step, point)| [step as f64, point[axis]]).collect();
                let color = Color { alpha, ..hue.color(&view, trail.row) };
                layers.push(Layer::Line { points, color, width: 1.2, dash: Dash::Solid });
            }
            if let Some(at) = ground.optimum().map(|optimum| optimum[axis]) {
                let label = format!("optimum {}", text::loss(at));
                layers.push(Layer::Rule { at, vertical: false, label, color: draw::INK, dash: Dash::Dashed });
            }
            let title = if problems.len() > 1 { format!("{name}, {}", problem_name(&view, own[0])) } else { name.into() };
            let (x, y) = (draw::axis("updates", Scale::Linear, [0.0, last]), draw::axis(name, Scale::Linear, range));
            panels.push(Panel { title, x, y, layers });
        }
    }
    let mut caption = vec![super::contour::distance(&view, rows)];
    if shown < rows.len() {
        caption.push(format!("{shown} of {} drawn, evenly spread and the best", text::count(rows.len(), "run")));
    }
    Ok(Figure {
        name: "parameters".into(),
        title: format!("{}: weight and bias, update by update", view.experiment.name),
        caption,
        columns: 2,
        panels,
        shared_axes: false,
        legend: hue.legend(LegendShape::Line, 10),
        color_bar: None,
        size: [960, 150 + 280 * problems.len() as u32],
    })
}
